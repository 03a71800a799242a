//! What a GGUF file says of itself: the texts under `general.` at its head.
//! See <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

/// The head that is read; the `general.` keys come first by custom, and what comes later is not needed.
pub(super) const HEAD_BYTES: u64 = 64 * 1024;
/// Longer values are no names.
const MAX_TEXT_BYTES: u64 = 512;

/// Returns the texts under `general.`, in the order written, as far as the head goes; none where it is no GGUF.
pub(super) fn general(head: &[u8]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut bytes = Bytes(head);
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

    /// A key, and its value where that is a short text.
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
            // An array; of texts or numbers, never of arrays in practice.
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
    fn the_texts_at_the_head_are_read() {
        assert_eq!(general(&file()), [pair("name", "Tiny"), pair("license", "MIT")]);
    }

    #[test]
    fn a_head_cut_short_gives_what_came_before_and_another_file_nothing() {
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
