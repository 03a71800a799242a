//! The list of targets, in its canonical form: UTF-8, each once, sorted by bytes.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The longest target, in bytes.
const MAX_TARGET_BYTES: usize = 8192;

/// A list of targets. All texts are in one buffer, so that millions of them fit in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    text: String,
    /// Start and length in `text`, sorted by the bytes that they lead to.
    places: Vec<(usize, u16)>,
}

/// Why a text cannot be a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Lists have one target a line.
    #[error("the target `{0}` contains a control character")]
    Control(String),
    /// It has too many bytes.
    #[error("a target has {0} bytes; the limit is {MAX_TARGET_BYTES}")]
    Long(usize),
}

impl Targets {
    /// Makes a list, in whatever order and however often a target is given. Empty texts are left out.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn new<T: AsRef<str>>(targets: impl IntoIterator<Item = T>) -> Result<Self, TargetError> {
        let mut list = Self::default();
        for target in targets {
            list.add(target.as_ref())?;
        }
        list.places.sort_unstable_by(|a, b| slice(&list.text, *a).as_bytes().cmp(slice(&list.text, *b).as_bytes()));
        list.places.dedup_by(|a, b| slice(&list.text, *a) == slice(&list.text, *b));
        Ok(list)
    }

    fn add(&mut self, target: &str) -> Result<(), TargetError> {
        if target.is_empty() {
            return Ok(());
        }
        if target.chars().any(char::is_control) {
            let shown: String = target.chars().take(80).flat_map(char::escape_default).collect();
            return Err(TargetError::Control(shown));
        }
        let length = u16::try_from(target.len()).ok().filter(|length| usize::from(*length) <= MAX_TARGET_BYTES);
        let length = length.ok_or(TargetError::Long(target.len()))?;
        self.places.push((self.text.len(), length));
        self.text.push_str(target);
        Ok(())
    }

    /// Returns the number of targets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns whether there is no target.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns a target by its number, from 0.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<&str> {
        self.places.get(number).map(|place| slice(&self.text, *place))
    }

    /// Returns the targets in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| slice(&self.text, *place))
    }

    /// Returns the SHA-256 digest of the lines, each ended by a line feed.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for target in self.iter() {
            hash.update(target.as_bytes());
            hash.update(b"\n");
        }
        hash.finalize().into()
    }

    /// Returns the lines.
    #[must_use]
    pub fn to_lines(&self) -> String {
        self.iter().fold(String::with_capacity(self.text.len() + self.len()), |mut lines, target| {
            let _ = writeln!(lines, "{target}");
            lines
        })
    }
}

fn slice(text: &str, (start, length): (usize, u16)) -> &str {
    &text[start..start + usize::from(length)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn a_list_is_sorted_by_bytes_and_has_each_target_once() {
        let list = Targets::new(["b", "a", "", "é", "b", "Z"]).unwrap();
        assert_eq!(list.iter().collect::<Vec<_>>(), ["Z", "a", "b", "é"]);
        assert_eq!((list.len(), list.get(3), list.get(4)), (4, Some("é"), None));
        assert!(Targets::new(list.to_lines().lines()).unwrap().iter().eq(list.iter()));
        // printf 'Z\na\nb\n\303\251\n' | sha256sum
        assert_eq!(crate::hex(list.sha256()), "e2a77986d0cb93900a0f82891d7492c22cd8462281d6bb63c38473379aad7668");
    }

    #[test]
    fn a_target_is_one_line_of_limited_length() {
        assert!(matches!(Targets::new(["a\nb"]), Err(TargetError::Control(shown)) if shown == "a\\nb"));
        assert!(Targets::new(["x".repeat(MAX_TARGET_BYTES)]).is_ok());
        assert_eq!(Targets::new(["x".repeat(MAX_TARGET_BYTES + 1)]), Err(TargetError::Long(MAX_TARGET_BYTES + 1)));
    }
}
