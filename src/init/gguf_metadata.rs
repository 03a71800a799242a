//! The metadata at the start of a GGUF file: texts under `general.`, see
//! [the specification](https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).

/// The number of bytes that are read. The `general.` keys usually come first, and nothing after them is needed.
pub(super) const START_BYTES: u64 = 64 * 1024;
/// The limit for a value; a longer text is not a name.
const MAX_TEXT_BYTES: u64 = 512;

/// Returns the keys (without `general.`) and texts in the order written, as far as `start` goes; none if it is not
/// GGUF.
pub(super) fn general(start: &[u8]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut bytes = Bytes(start);
    if bytes.take(4) != Some(b"GGUF") || !matches!(bytes.u32(), Some(2 | 3)) {
        return found;
    }
    let (Some(_tensors), Some(count)) = (bytes.u64(), bytes.u64()) else { return found };
    for _ in 0..count {
        let Some((key, value)) = bytes.pair() else { break };
        if let (Some(key), Some(value)) = (key.strip_prefix("general."), value) {
            found.push((key.to_owned(), value));
        }
    }
    found
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.u64()?;
        self.take(usize::try_from(length).ok()?)
    }

    /// Reads a key, and its value if that is a short text.
    fn pair(&mut self) -> Option<(String, Option<String>)> {
        let key = String::from_utf8(self.text()?.to_vec()).ok()?;
        let kind = self.u32()?;
        let value = self.value(kind)?;
        Some((key, value))
    }

    fn value(&mut self, kind: u32) -> Option<Option<String>> {
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => {
                let text = self.text()?;
                let is_short = u64::try_from(text.len()).ok()? <= MAX_TEXT_BYTES;
                return Some(is_short.then(|| String::from_utf8(text.to_vec()).ok()).flatten());
            }
            // An array of texts or numbers; arrays of arrays do not occur in practice.
            9 => {
                let (of, count) = (self.u32()?, self.u64()?);
                if of == 9 {
                    return None;
                }
                for _ in 0..count {
                    self.value(of)?;
                }
                return Some(None);
            }
            _ => return None,
        };
        self.take(width)?;
        Some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        let mut bytes = u64::try_from(text.len()).map(u64::to_le_bytes).map(Vec::from).unwrap_or_default();
        bytes.extend(text.bytes());
        bytes
    }

    fn file() -> Vec<u8> {
        let mut bytes = [b"GGUF".to_vec(), 3_u32.to_le_bytes().to_vec()].concat();
        bytes.extend(0_u64.to_le_bytes());
        bytes.extend(4_u64.to_le_bytes());
        bytes.extend([text("general.name"), 8_u32.to_le_bytes().to_vec(), text("Tiny")].concat());
        bytes.extend([text("general.file_type"), 4_u32.to_le_bytes().to_vec(), vec![1, 0, 0, 0]].concat());
        bytes.extend([text("general.tags"), 9_u32.to_le_bytes().to_vec(), 8_u32.to_le_bytes().to_vec()].concat());
        bytes.extend([1_u64.to_le_bytes().to_vec(), text("x")].concat());
        bytes.extend([text("general.license"), 8_u32.to_le_bytes().to_vec(), text("MIT")].concat());
        bytes
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn reads_the_texts_under_general() {
        assert_eq!(general(&file()), [pair("name", "Tiny"), pair("license", "MIT")]);
    }

    #[test]
    fn a_truncated_start_yields_the_pairs_before_the_end() {
        let file = file();
        for length in 0..file.len() {
            assert!(general(&file[..length]).len() <= 1);
        }
        assert_eq!(general(b"GGML...."), []);
        let mut endless = file.clone();
        endless.truncate(24);
        endless.extend([text("a"), 9_u32.to_le_bytes().to_vec(), 0_u32.to_le_bytes().to_vec()].concat());
        endless.extend(u64::MAX.to_le_bytes());
        assert_eq!(general(&endless), []);
    }
}
