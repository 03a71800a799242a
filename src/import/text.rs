//! The texts of other projects' files, whose encoding is not always UTF-8.

/// Decodes a text by its byte order mark: UTF-16, or UTF-8 if there is no mark, as Ollama
/// (<https://github.com/ollama/ollama/blob/main/parser/parser.go>) and readers of YAML do. A mistake becomes U+FFFD.
pub(crate) fn decode(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, rest) = bytes.as_chunks::<2>();
        let text = String::from_utf16_lossy(&units.iter().map(|two| unit(*two)).collect::<Vec<_>>());
        if rest.is_empty() { text } else { text + "\u{fffd}" }
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8_lossy(rest).into_owned(),
    }
}

/// Returns whether a text starts with a byte order mark of UTF-16.
pub(crate) fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_tells_the_encoding() {
        for (bytes, text) in [
            (&b"a\xc3\xa9"[..], "a\u{e9}"),
            (b"\xef\xbb\xbfa", "a"),
            (b"\xff\xfea\0\xe9\0", "a\u{e9}"),
            (b"\xfe\xff\0a\0\xe9", "a\u{e9}"),
            (b"\xff\xfea\0\n", "a\u{fffd}"),
            (b"a\xe9b", "a\u{fffd}b"),
            (b"\xffa", "\u{fffd}a"),
            (b"a\xef\xbb\xbf", "a\u{feff}"),
            (b"", ""),
        ] {
            assert_eq!(decode(bytes), text, "{bytes:?}");
        }
        assert!(is_utf16(b"\xff\xfe") && is_utf16(b"\xfe\xffa") && !is_utf16(b"\xef\xbb\xbf") && !is_utf16(b"\xff"));
    }
}
