//! Tells whether a NumPy array holds objects, which are a pickle, by its header:
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

/// The beginning of every array.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// The number of bytes that tell how long the header is.
pub(super) const PREFIX_BYTES: usize = 12;
/// The longest header that is read; that of an array with a thousand fields has about 30 KiB.
const MAX_HEADER_BYTES: usize = 1024 * 1024;

/// Returns whether the array that `start` begins holds objects. `start` has at least [`PREFIX_BYTES`], or the whole array;
/// `more` returns as many bytes from the same position on, or fewer if there are not so many.
///
/// A header that is too long to be read is taken for one of objects.
pub(super) fn has_objects<E>(start: &[u8], more: impl FnOnce(usize) -> Result<Vec<u8>, E>) -> Result<bool, E> {
    let Some(length) = header_end(start) else { return Ok(false) };
    if length > MAX_HEADER_BYTES {
        return Ok(true);
    }
    let header = more(length)?;
    Ok(names_objects(header.get(10..).unwrap_or_default()))
}

/// Returns the position where a header ends; `None` if it is not that of an array.
fn header_end(start: &[u8]) -> Option<usize> {
    let rest = start.strip_prefix(MAGIC)?;
    let (start, length) = match *rest {
        [1, _, low, high, ..] => (10, u32::from(u16::from_le_bytes([low, high]))),
        [_, _, a, b, c, d, ..] => (12, u32::from_le_bytes([a, b, c, d])),
        _ => return None,
    };
    usize::try_from(length).ok()?.checked_add(start)
}

/// Returns whether a header names the type of objects. The header is a Python literal, and in a structured type the name
/// of a field comes right after a parenthesis, before its type.
fn names_objects(header: &[u8]) -> bool {
    let mut before = b' ';
    let mut at = 0;
    while let Some(&byte) = header.get(at) {
        at += 1;
        if !matches!(byte, b'\'' | b'"') {
            if !byte.is_ascii_whitespace() {
                before = byte;
            }
            continue;
        }
        let text = &header[at..];
        let Some(length) = text.iter().position(|other| *other == byte) else { return false };
        let text = &text[..length];
        // No writer escapes letters, or writes a text in two parts.
        let is_disguised = text.contains(&b'\\') || matches!(before, b'\'' | b'"');
        if before != b'(' && (is_disguised || is_object_type(text)) {
            return true;
        }
        before = byte;
        at += length + 1;
    }
    false
}

/// Returns whether a type is that of objects, or a list of types with it: `|O`, `O8`, `object`, `f8,O`.
fn is_object_type(text: &[u8]) -> bool {
    text.split(|byte| *byte == b',').any(|part| {
        let is_prefix = |byte: &u8| byte.is_ascii_digit() || b"|<>=() ".contains(byte);
        let kind = &part[part.iter().take_while(|byte| is_prefix(byte)).count()..];
        matches!(kind.trim_ascii_end(), b"O" | b"O4" | b"O8" | b"object" | b"object_")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn array(kind: &str, version: u8) -> Vec<u8> {
        let text = format!("{{'descr': {kind}, 'fortran_order': False, 'shape': (3,), }}\n");
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        let length = if version == 1 { &length[..2] } else { &length };
        [MAGIC, &[version, 0], length, text.as_bytes(), b"12345678"].concat()
    }

    fn holds_objects(array: &[u8]) -> bool {
        has_objects(&array[..array.len().min(PREFIX_BYTES)], |length| {
            Ok::<_, ()>(array[..array.len().min(length)].to_vec())
        })
        .unwrap()
    }

    #[test]
    fn objects_are_found_wherever_the_type_is() {
        let wide: String = (0..100).map(|number| format!("('column_number_{number}', '<f8'), ")).collect();
        for kind in [
            "'|O'",
            "'O'",
            "\"|O8\"",
            "'object'",
            "'f8,O'",
            "[('a', '<f4'), ('o', '|O')]",
            "[('a', [('b', '|O')])]",
            "[('o', '|O', (2,))]",
            "'\\x4f'",
            "'|' 'O'",
            &format!("[{wide}('o', '|O')]"),
        ] {
            for version in 1..=3 {
                assert!(holds_objects(&array(kind, version)), "{kind} {version}");
            }
        }
    }

    #[test]
    fn names_of_fields_and_numbers_are_not_objects() {
        for kind in ["'<f8'", "'|V10'", "'<U1'", "[('O', '<f8'), ('object', '|b1')]", "'<M8[us]'"] {
            for version in 1..=3 {
                assert!(!holds_objects(&array(kind, version)), "{kind} {version}");
            }
        }
        // Objects in the data, an array that is cut off, and other bytes.
        assert!(!holds_objects(&[array("'<f8'", 1), b"'|O'".to_vec()].concat()));
        assert!(!holds_objects(&array("'<f8'", 1)[..20]) && !holds_objects(MAGIC) && !holds_objects(b"content"));
    }

    #[test]
    fn a_header_that_is_too_long_is_not_read() {
        let start = [MAGIC, &[2, 0, 0xff, 0xff, 0xff, 0xff], b"{"].concat();
        assert!(holds_objects(&start));
    }
}
