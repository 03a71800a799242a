//! Git LFS pointers: small files that stand for large ones and state their SHA-256 and size.
//!
//! ```text
//! version https://git-lfs.github.com/spec/v1
//! oid sha256:e128b228fb1d2dc3e6e6710343f3badb8d3248f7c546a9c5f4c80e47899f5972
//! size 100000
//! ```
//!
//! This reader accepts what `git lfs` accepts, which is more than the
//! [specification](https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md) allows programs to write. Repositories
//! stored with Xet use the same pointers. A pointer identifies content; it does not show that the content exists.
//!
//! A pointer with [extensions](https://github.com/git-lfs/git-lfs/blob/main/docs/extensions.md) does not identify the
//! content of the file: `oid` and `size` are those of what the last extension wrote.

use std::path::PathBuf;
use std::str::FromStr as _;

use crate::manifest::Sha256Hex;

/// The size of the largest file that may be a pointer, in bytes.
pub const MAX_POINTER_BYTES: usize = 1024;

const VERSION: &str = "https://git-lfs.github.com/spec/v1";
/// Versions written before the specification, which `git lfs` still reads.
const FORMER_VERSIONS: &[&str] = &["https://hawser.github.com/spec/v1", "http://git-media.io/v/2"];

/// The content of a pointer file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// The SHA-256 of the content; with extensions, of what Git LFS stores instead.
    pub oid: Sha256Hex,
    /// The size of the content in bytes; with extensions, of what Git LFS stores instead.
    pub size: u64,
    is_canonical: bool,
    has_extensions: bool,
}

impl Pointer {
    /// Reads a pointer; `None` for anything else.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_POINTER_BYTES {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let lines = text.trim().split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let mut lines = lines.filter(|line| !line.is_empty());
        let version = lines.next()?.strip_prefix("version ")?;
        if version != VERSION && !FORMER_VERSIONS.contains(&version) {
            return None;
        }
        let mut extensions: Vec<char> = Vec::new();
        let mut value_of = |key: &str| loop {
            let (found, value) = lines.next()?.split_once(' ')?;
            if found == key {
                return Some(value);
            }
            let priority = extension(found, value).filter(|priority| !extensions.contains(priority))?;
            extensions.push(priority);
        };
        let oid = oid(value_of("oid")?)?;
        let size = value_of("size")?;
        let size = i64::from_str(size).ok().and_then(|size| u64::try_from(size).ok())?;
        if lines.next().is_some() {
            return None;
        }
        let mut pointer = Self { oid, size, is_canonical: false, has_extensions: !extensions.is_empty() };
        // `git lfs` writes no pointer for an empty file.
        pointer.is_canonical = extensions.is_empty() && size > 0 && text == pointer.to_text();
        Some(pointer)
    }

    /// Returns whether the file is exactly as `git lfs` would write it; `git lfs fsck` reports others. A pointer with
    /// extensions, whose content another program has changed, is not canonical.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        self.is_canonical
    }

    /// Returns whether extensions (other programs) change the content before it is stored. The digest and the size of
    /// the content itself are then not known.
    #[must_use]
    pub fn has_extensions(&self) -> bool {
        self.has_extensions
    }

    /// Returns where Git LFS stores the content, below the common directory of a repository.
    #[must_use]
    pub fn object_path(&self) -> PathBuf {
        let oid = self.oid.as_str();
        ["lfs", "objects", &oid[..2], &oid[2..4], oid].iter().collect()
    }

    /// Returns the pointer as `git lfs` writes it, without extensions.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("version {VERSION}\noid sha256:{}\nsize {}\n", self.oid.as_str(), self.size)
    }
}

/// Reads `sha256:HEX`. Like `git lfs`, it accepts only lowercase digits.
fn oid(value: &str) -> Option<Sha256Hex> {
    let digits = value.strip_prefix("sha256:")?;
    digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).then(|| digits.parse().ok())?
}

/// Returns the priority of an extension (a program that changed the content), from a line such as `ext-0-name
/// sha256:…`.
fn extension(key: &str, value: &str) -> Option<char> {
    let (priority, name) = key.strip_prefix("ext-")?.split_once('-')?;
    let mut digits = priority.chars();
    let digit = digits.next().filter(char::is_ascii_digit)?;
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    (digits.next().is_none() && starts_well && oid(value).is_some()).then_some(digit)
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
        // 43 + 76 + 6 bytes, and six digits.
        assert_eq!(pointer().len(), 131);
        let read = Pointer::parse(pointer().as_bytes()).unwrap();
        assert_eq!((read.oid.as_str(), read.size, read.is_canonical()), (OID, 100_000, true));
        assert!(read.object_path().ends_with(format!("lfs/objects/e1/28/{OID}")));
    }

    #[test]
    fn other_pointers_that_git_lfs_reads_are_not_canonical() {
        for text in [
            pointer().replace('\n', "\r\n"),
            pointer().trim_end().to_owned(),
            format!("\n {}\n\n", pointer().replace("oid", "\noid")),
            pointer().replace("git-lfs.github.com", "hawser.github.com"),
            pointer().replace("https://git-lfs.github.com/spec/v1", "http://git-media.io/v/2"),
            pointer().replace("oid ", &format!("ext-0-foo sha256:{OID}\noid ")),
            pointer().replace("size 100000", "size 0100000"),
            pointer().replace("100000", "+100000"),
        ] {
            let read = Pointer::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((read.oid.as_str(), read.size, read.is_canonical()), (OID, 100_000, false), "{text}");
            assert_eq!(read.has_extensions(), text.contains("ext-"), "{text}");
        }
    }

    #[test]
    fn other_files_are_not_pointers() {
        for text in [
            String::new(),
            pointer().replace(OID, &OID.to_uppercase()),
            format!("version https://git-lfs.github.com/spec/v1\nsize 100000\noid sha256:{OID}\n"),
            format!("{}ext-0-foo sha256:{OID}\n", pointer()),
            pointer().replace("oid ", "ext-0-foo bar\noid "),
            pointer().replace("oid ", &format!("ext-10-foo sha256:{OID}\noid ")),
            pointer().replace("oid ", &format!("ext-0-foo sha256:{OID}\next-0-bar sha256:{OID}\noid ")),
            pointer().replace("v1\n", "v9\n"),
            pointer().replace("sha256:", "sha1:"),
            pointer().replace("sha256:e", "sha256:"),
            pointer().replace("100000", "-1"),
            pointer().replace("100000", "9223372036854775808"),
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
