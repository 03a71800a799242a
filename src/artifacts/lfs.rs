//! Git LFS pointers: small files that stand for large ones, and name their SHA-256 and size.
//!
//! ```text
//! version https://git-lfs.github.com/spec/v1
//! oid sha256:e128b228fb1d2dc3e6e6710343f3badb8d3248f7c546a9c5f4c80e47899f5972
//! size 100000
//! ```
//!
//! Reads what `git lfs` itself reads, which is more than the
//! [specification](https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md) allows to write. Repositories stored with
//! Xet use the same pointers. A pointer says what content is meant, not that anybody has it.

use std::path::PathBuf;

use crate::manifest::Sha256Hex;

/// The largest file that may be a pointer.
pub const MAX_POINTER_BYTES: usize = 1024;

const VERSION: &str = "https://git-lfs.github.com/spec/v1";
/// Written by programs before the specification; still read.
const FORMER_VERSIONS: &[&str] = &["https://hawser.github.com/spec/v1", "http://git-media.io/v/2"];

/// What a pointer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// The SHA-256 of the content.
    pub oid: Sha256Hex,
    /// Its size in bytes.
    pub size: u64,
    is_canonical: bool,
}

impl Pointer {
    /// Reads a pointer; `None` for anything else.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_POINTER_BYTES {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.trim_end().split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let version = lines.next()?.strip_prefix("version ")?;
        if version != VERSION && !FORMER_VERSIONS.contains(&version) {
            return None;
        }
        let (mut oid, mut size): (Option<Sha256Hex>, Option<u64>) = (None, None);
        let mut has_others = false;
        for line in lines {
            let (key, value) = line.split_once(' ')?;
            match key {
                "oid" if oid.is_none() => {
                    oid = Some(value.strip_prefix("sha256:")?.to_ascii_lowercase().parse().ok()?);
                }
                "size" if size.is_none() && value.bytes().all(|b| b.is_ascii_digit()) => {
                    size = Some(value.parse().ok()?);
                }
                _ if key.starts_with("ext-") => has_others = true,
                _ => return None,
            }
        }
        let mut pointer = Self { oid: oid?, size: size?, is_canonical: false };
        pointer.is_canonical = !has_others && text == pointer.to_text();
        Some(pointer)
    }

    /// Returns whether it was written exactly as `git lfs` writes it; `git lfs fsck` complains of others.
    /// One with extensions, whose content some other program has changed, is not.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        self.is_canonical
    }

    /// Returns where Git LFS keeps the content, below the common directory of a repository.
    #[must_use]
    pub fn object_path(&self) -> PathBuf {
        let oid = self.oid.as_str();
        ["lfs", "objects", &oid[..2], &oid[2..4], oid].iter().collect()
    }

    fn to_text(&self) -> String {
        format!("version {VERSION}\noid sha256:{}\nsize {}\n", self.oid.as_str(), self.size)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    const OID: &str = "e128b228fb1d2dc3e6e6710343f3badb8d3248f7c546a9c5f4c80e47899f5972";

    fn pointer() -> String {
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 100000\n")
    }

    #[test]
    fn a_pointer_as_git_lfs_writes_it_is_canonical() {
        // 43 + 76 + 6 bytes and the digits.
        assert_eq!(pointer().len(), 131);
        let read = Pointer::parse(pointer().as_bytes()).unwrap();
        assert_eq!((read.oid.as_str(), read.size, read.is_canonical()), (OID, 100_000, true));
        assert!(read.object_path().ends_with(format!("lfs/objects/e1/28/{OID}")));
    }

    #[test]
    fn what_git_lfs_reads_is_read_and_not_called_canonical() {
        for text in [
            pointer().replace('\n', "\r\n"),
            pointer().trim_end().to_owned(),
            pointer().replace(OID, &OID.to_uppercase()),
            pointer().replace("git-lfs.github.com", "hawser.github.com"),
            pointer().replace("https://git-lfs.github.com/spec/v1", "http://git-media.io/v/2"),
            pointer().replace("oid ", &format!("ext-0-foo sha256:{OID}\noid ")),
            pointer().replace("size 100000", "size 0100000"),
        ] {
            let read = Pointer::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((read.oid.as_str(), read.size, read.is_canonical()), (OID, 100_000, false), "{text}");
        }
    }

    #[test]
    fn what_is_no_pointer_is_none() {
        for text in [
            String::new(),
            format!(" {}", pointer()),
            pointer().replace("v1\n", "v9\n"),
            pointer().replace("sha256:", "sha1:"),
            pointer().replace("sha256:e", "sha256:"),
            pointer().replace("100000", "-1"),
            pointer().replace("100000", "+1"),
            pointer().replace("100000", "99999999999999999999"),
            pointer().replace("size 100000\n", ""),
            format!("{}size 5\n", pointer()),
            format!("{}print(1)\n", pointer()),
            format!("{}x y\n", pointer()),
            format!("{}{}", pointer(), "\n".repeat(1024)),
        ] {
            assert_eq!(Pointer::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Pointer::parse(b"version https://git-lfs.github.com/spec/v1\noid \xff"), None);
    }
}
