//! Headers of weights: the metadata of [safetensors](https://huggingface.co/docs/safetensors/index#format) and
//! [GGUF](https://github.com/ggml-org/ggml/blob/master/docs/gguf.md) files, read without the numbers.
//!
//! A header is checked as strictly as by the strictest loader, because more lenient loaders may disagree about what a
//! file contains. Only unknown types of numbers are accepted, since formats grow.

mod gguf;
mod safetensors;

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read};

use crate::path::RepoPath;

/// A format whose header can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// safetensors: JSON, then numbers.
    Safetensors,
    /// GGUF, of ggml and llama.cpp: keys and values, then numbers.
    Gguf,
}

impl Format {
    /// Returns the format by the extension of a file; `None` for any other.
    #[must_use]
    pub fn of(path: &RepoPath) -> Option<Self> {
        match path {
            path if path.has_extension("safetensors") => Some(Self::Safetensors),
            path if path.has_extension("gguf") => Some(Self::Gguf),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safetensors => "safetensors",
            Self::Gguf => "GGUF",
        })
    }
}

/// The content of a header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// Keys and texts, in the order written; for GGUF only those under `general.`.
    pub metadata: Vec<(String, String)>,
    /// The number of tensors.
    pub tensors: usize,
}

impl Header {
    /// Returns the text under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(name, _)| name == key).map(|(_, text)| text.as_str())
    }
}

/// Why a header cannot be relied on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The file does not start like a file of its format.
    #[error("it is not a {0} file, despite its name")]
    Foreign(Format),
    /// Reading the header would take too much memory.
    #[error("its header has more than {limit} bytes, which loaders refuse")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The file ends before what the header describes.
    #[error("it is truncated: {what} would end at byte {needed}, but the file has {size} bytes")]
    Truncated {
        /// The missing part, as a noun phrase.
        what: String,
        /// The size in bytes that the file should have at least.
        needed: u64,
        /// The size of the file in bytes.
        size: u64,
    },
    /// The header does not follow its format, as a clause.
    #[error("its header is malformed: {0}")]
    Malformed(String),
    /// The description of a tensor is wrong.
    #[error("the tensor `{}` {problem}", .name.escape_debug())]
    Tensor {
        /// The tensor's name.
        name: String,
        /// The problem, as a predicate of the tensor.
        problem: String,
    },
    /// This number of bytes at the end does not belong to a tensor.
    #[error("{0} bytes at its end do not belong to a tensor")]
    Trailing(u64),
    /// I/O error.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
}

/// Reads the header of a file of `size` bytes from its start, and checks it against the size.
///
/// # Errors
/// Any [`HeaderError`].
pub fn read(format: Format, reader: &mut dyn Read, size: u64) -> Result<Header, HeaderError> {
    match format {
        Format::Safetensors => safetensors::read(reader, size),
        Format::Gguf => gguf::read(reader, size),
    }
}

/// Names that may occur only once.
#[derive(Debug, Default)]
struct Names(HashSet<String>);

impl Names {
    fn add(&mut self, what: &str, name: &str) -> Result<(), HeaderError> {
        if self.0.insert(name.to_owned()) {
            return Ok(());
        }
        Err(HeaderError::Malformed(format!("the {what} `{}` occurs twice", name.escape_debug())))
    }
}
