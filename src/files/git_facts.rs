//! What Git can say about a list of files, without Git: names of objects, commits, attributes.

use std::fmt;

/// The hash function that names objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFormat {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl ObjectFormat {
    /// Returns `sha1` or `sha256`, as the Git setting `extensions.objectFormat` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }
}

/// The kind of a Git object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A file.
    Blob,
    /// A directory.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

impl ObjectKind {
    /// Returns `blob`, `tree`, `commit` or `tag`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
            Self::Tag => "tag",
        }
    }
}

/// The name of a Git object: 40 or 64 lowercase hex digits. Stored inline, since an index holds many.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The digits, followed by NUL.
    hex: [u8; 64],
    length: u8,
}

impl ObjectId {
    /// Returns the hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.hex[..usize::from(self.length)]).unwrap_or_default()
    }

    /// Reads 40 or 64 lowercase hex digits; `None` for anything else.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Self> {
        let good = matches!(hex.len(), 40 | 64) && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let mut id = Self { hex: [0; 64], length: u8::try_from(hex.len()).ok()? };
        id.hex.get_mut(..hex.len())?.copy_from_slice(hex.as_bytes());
        good.then_some(id)
    }

    /// Takes the raw bytes of a name, 20 or 32 of them; `None` for any other number.
    #[must_use]
    pub fn from_raw(bytes: &[u8]) -> Option<Self> {
        let good = matches!(bytes.len(), 20 | 32);
        let mut id = Self { hex: [0; 64], length: u8::try_from(bytes.len() * 2).ok()? };
        for (hex, byte) in id.hex.as_chunks_mut().0.iter_mut().zip(bytes) {
            *hex = crate::hex::digits(*byte);
        }
        good.then_some(id)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A commit and its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFacts {
    /// The hash function of the repository.
    pub object_format: ObjectFormat,
    /// The name of the commit.
    pub commit: ObjectId,
    /// The name of its tree.
    pub tree: ObjectId,
    /// The committer's time, in seconds since 1970.
    pub time: i64,
}

/// What Git says about the state of a repository that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitFacts {
    /// The hash function of the repository.
    pub object_format: ObjectFormat,
    /// The commit, if the list was taken of one.
    pub commit: Option<CommitFacts>,
}

/// The value of an attribute that `.gitattributes` files set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// No line mentions it.
    Unspecified,
    /// `attr`.
    Set,
    /// `-attr`.
    Unset,
    /// `attr=value`.
    Value(String),
}
