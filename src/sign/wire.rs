//! The SSH wire format ([RFC 4251 §5]), canonical base64, and PEM-like armor.
//!
//! Readers return `None` if the bytes are too short; the caller decides what that means.
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

    /// Reads a string that is UTF-8 without NUL, where OpenSSH would end it.
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
    let length = u32::try_from(bytes.len()).expect("signed messages are limited to far below 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Decodes padded standard base64 (RFC 4648 §4); rejects any other encoding of the same bytes.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    // The decoder checks the last characters against what it would write itself, and accepts only the alphabet.
    Base64::decode_vec(text).ok()
}

/// Encodes padded standard base64.
pub(super) fn encode_base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Encodes with header and footer lines, wrapped at 70 columns as OpenSSH does.
pub(super) fn armor(label: &str, bytes: &[u8]) -> String {
    const COLUMNS: usize = 70;
    let mut text = Base64::encode_string(bytes);
    for at in (COLUMNS..text.len()).step_by(COLUMNS).collect::<Vec<_>>().into_iter().rev() {
        text.insert(at, '\n');
    }
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// Decodes what [`armor`] writes: the header first, the footer last, only base64 between them. Lines may end in CR LF,
/// because Git may have converted them.
pub(super) fn dearmor(label: &str, text: &str) -> Result<Vec<u8>, &'static str> {
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    if lines.next() != Some(format!("-----BEGIN {label}-----").as_str()) {
        return Err("does not start with its header line");
    }
    let footer = format!("-----END {label}-----");
    let mut base64 = String::with_capacity(text.len());
    loop {
        match lines.next() {
            None => return Err("has no footer line"),
            Some(line) if line == footer => break,
            Some("") => return Err("contains an empty line"),
            Some(line) => base64.push_str(line),
        }
    }
    match (lines.next(), lines.next()) {
        (None | Some(""), None) => {}
        _ => return Err("has text after its footer line"),
    }
    decode_base64(&base64).ok_or("is not in canonical base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_a_length_beyond_the_end() {
        assert_eq!(Reader::new(&[0, 0, 0, 1, 7]).string(), Some(&[7][..]));
        assert_eq!(Reader::new(&[0, 0, 0, 2, 7]).string(), None);
        assert_eq!(Reader::new(&[255, 255, 255, 255, 7]).string(), None);
    }

    #[test]
    fn only_one_encoding_of_the_last_bytes_is_accepted() {
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
        // Every value of two bytes and of one.
        assert_eq!(read, (1 << 16) + (1 << 8));
    }

    #[test]
    fn only_canonical_base64_is_accepted() {
        assert_eq!(decode_base64("aGk="), Some(b"hi".to_vec()));
        for other in ["aGk", "aGl=", "aGk=\n", " aGk=", "aGk==", "aG k=", "aGk=aGk=", "aG-_", "====", "="] {
            assert_eq!(decode_base64(other), None, "{other:?}");
        }
    }

    #[test]
    fn armor_is_read_back_and_nothing_may_surround_it() {
        let bytes = [7; 200];
        let text = armor("X", &bytes);
        assert!(text.lines().all(|line| line.len() <= 70));
        assert_eq!(dearmor("X", &text), Ok(bytes.to_vec()));
        assert_eq!(dearmor("X", text.trim_end()), Ok(bytes.to_vec()));
        assert_eq!(dearmor("X", &text.replace('\n', "\r\n")), Ok(bytes.to_vec()));
        for other in [
            format!("\n{text}"),
            format!("{text}\n"),
            format!("{text}x"),
            text.replace("END", "EMD"),
            text.replacen('\n', "\n\n", 1),
            text.replacen('\n', "\n ", 1),
        ] {
            assert!(dearmor("X", &other).is_err(), "{other:?}");
        }
    }
}
