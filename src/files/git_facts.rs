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

/// The name of a Git object, which is written as 40 or 64 lowercase hex digits. Stored inline, since an index holds many.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The bytes, followed by zeros.
    bytes: [u8; 32],
    length: u8,
}

impl ObjectId {
    /// Returns the bytes of the name, 20 or 32 of them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Returns the hash function that the name was made with.
    #[must_use]
    pub fn object_format(&self) -> ObjectFormat {
        if self.length == 32 { ObjectFormat::Sha256 } else { ObjectFormat::Sha1 }
    }

    /// Returns the first twelve hex digits, as people abbreviate names.
    #[must_use]
    pub fn abbreviated(&self) -> String {
        crate::hex::encode(&self.bytes[..6])
    }

    /// Reads 40 or 64 lowercase hex digits; `None` for anything else.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Self> {
        let digit = |digit: &u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let length = matches!(hex.len(), 40 | 64).then_some(hex.len() / 2)?;
        let mut id = Self { bytes: [0; 32], length: u8::try_from(length).ok()? };
        for (byte, [high, low]) in id.bytes.iter_mut().zip(hex.as_bytes().as_chunks().0) {
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Some(id)
    }

    /// Takes the raw bytes of a name, 20 or 32 of them; `None` for any other number.
    #[must_use]
    pub fn from_raw(bytes: &[u8]) -> Option<Self> {
        let length = matches!(bytes.len(), 20 | 32).then_some(bytes.len())?;
        let mut id = Self { bytes: [0; 32], length: u8::try_from(length).ok()? };
        id.bytes[..length].copy_from_slice(bytes);
        Some(id)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
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
