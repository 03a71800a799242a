//! The SSH wire format ([RFC 4251 §5]), base64 that has one spelling per value, and the PEM-like armour around both.
//!
//! Readers answer `None` for what is too short; what that means is for the caller to say.
//!
//! [RFC 4251 §5]: https://www.rfc-editor.org/rfc/rfc4251#section-5

use base64ct::{Base64, Encoding};

/// Reads fields from the front of a buffer.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        self.bytes(length)
    }

    /// A string that is UTF-8 and holds no NUL, at which OpenSSH would end it.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string()?).ok().filter(|text| !text.contains('\0'))
    }

    pub(super) fn remaining(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Appends a length-prefixed string.
pub(super) fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("what is signed is capped far below 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Decodes padded standard base64; another spelling of the same bytes is refused.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    // It compares the last letters with those that it would write, and knows none but the alphabet's.
    Base64::decode_vec(text).ok()
}

/// Encodes padded standard base64.
pub(super) fn encode_base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Wraps at 70 columns, as OpenSSH does.
pub(super) fn armour(label: &str, bytes: &[u8]) -> String {
    const COLUMNS: usize = 70;
    let mut text = Base64::encode_string(bytes);
    for at in (COLUMNS..text.len()).step_by(COLUMNS).collect::<Vec<_>>().into_iter().rev() {
        text.insert(at, '\n');
    }
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// Reads what [`armour`] writes: the header first, the footer last, only base64 between them. Lines may end in CR LF, since
/// Git may have checked them out so.
pub(super) fn dearmour(label: &str, text: &str) -> Result<Vec<u8>, &'static str> {
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    if lines.next() != Some(format!("-----BEGIN {label}-----").as_str()) {
        return Err("does not begin with its header line");
    }
    let footer = format!("-----END {label}-----");
    let mut base64 = String::with_capacity(text.len());
    loop {
        match lines.next() {
            None => return Err("has no footer line"),
            Some(line) if line == footer => break,
            Some("") => return Err("has an empty line in it"),
            Some(line) => base64.push_str(line),
        }
    }
    match (lines.next(), lines.next()) {
        (None | Some(""), None) => {}
        _ => return Err("goes on after its footer line"),
    }
    decode_base64(&base64).ok_or("is not in canonical base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_beyond_the_end_is_refused() {
        assert_eq!(Reader::new(&[0, 0, 0, 1, 7]).string(), Some(&[7][..]));
        assert_eq!(Reader::new(&[0, 0, 0, 2, 7]).string(), None);
        assert_eq!(Reader::new(&[255, 255, 255, 255, 7]).string(), None);
    }

    #[test]
    fn no_two_spellings_of_the_last_bytes_are_read() {
        let letters = || (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain([b'+', b'/']).map(char::from);
        let mut read = 0;
        for one in letters() {
            for two in letters() {
                let short = format!("aGkh{one}{two}==");
                for text in letters().map(|three| format!("aGkh{one}{two}{three}=")).chain([short]) {
                    let Some(bytes) = decode_base64(&text) else { continue };
                    assert_eq!(encode_base64(&bytes), text);
                    read += 1;
                }
            }
        }
        // Each of two bytes, and each of one.
        assert_eq!(read, (1 << 16) + (1 << 8));
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(decode_base64("aGk="), Some(b"hi".to_vec()));
        for other in ["aGk", "aGl=", "aGk=\n", " aGk=", "aGk==", "aG k=", "aGk=aGk=", "aG-_", "====", "="] {
            assert_eq!(decode_base64(other), None, "{other:?}");
        }
    }

    #[test]
    fn armour_is_read_back_and_nothing_may_surround_it() {
        let bytes = [7; 200];
        let text = armour("X", &bytes);
        assert!(text.lines().all(|line| line.len() <= 70));
        assert_eq!(dearmour("X", &text), Ok(bytes.to_vec()));
        assert_eq!(dearmour("X", text.trim_end()), Ok(bytes.to_vec()));
        assert_eq!(dearmour("X", &text.replace('\n', "\r\n")), Ok(bytes.to_vec()));
        for other in [
            format!("\n{text}"),
            format!("{text}\n"),
            format!("{text}x"),
            text.replace("END", "EMD"),
            text.replacen('\n', "\n\n", 1),
            text.replacen('\n', "\n ", 1),
        ] {
            assert!(dearmour("X", &other).is_err(), "{other:?}");
        }
    }
}
