//! Headers of weights: what safetensors and GGUF files say of themselves, read without their numbers.
//!
//! A header is judged as strictly as the strictest loader does: whoever reads more leniently may load something else than
//! the next one. Only a type of numbers that is not known here passes, for formats grow. See [safetensors](https://huggingface.co/docs/safetensors/index#format) and
//! [GGUF](https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). Not for what the tensors hold.

mod gguf;
mod safetensors;

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read};

use crate::path::RepoPath;

/// A format whose header is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON, then numbers.
    Safetensors,
    /// Keys and values, then numbers; of ggml and llama.cpp.
    Gguf,
}

impl Format {
    /// Returns the format that a file's name tells; `None` for any other.
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

/// What a header says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Keys and texts, in the order written; of GGUF only those under `general.`.
    pub metadata: Vec<(String, String)>,
    /// How many tensors there are.
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
    /// Whatever the file is, it does not begin as its format does.
    #[error("it is no {0} file, whatever its name says")]
    Foreign(Format),
    /// Reading it would take the memory of whoever loads it.
    #[error("its header has more than {limit} bytes, which loaders refuse")]
    TooLarge {
        /// The most that is read.
        limit: u64,
    },
    /// The end of the file comes before what the header promises.
    #[error("it is cut off: {what} would end at byte {needed}, and the file has {size}")]
    Truncated {
        /// What is missing.
        what: String,
        /// One past the last byte that should be there.
        needed: u64,
        /// The size of the file.
        size: u64,
    },
    /// The header is not written as its format demands.
    #[error("its header is malformed: {0}")]
    Malformed(String),
    /// A tensor is not where it could be.
    #[error("the tensor `{}` {problem}", .name.escape_debug())]
    Tensor {
        /// The tensor's name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Bytes that belong to no tensor.
    #[error("{0} bytes at its end belong to no tensor")]
    Trailing(u64),
    /// The machine said no.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
}

/// Reads the header of a file of `size` bytes from its beginning.
///
/// # Errors
/// [`HeaderError`].
pub fn read(format: Format, reader: &mut dyn Read, size: u64) -> Result<Header, HeaderError> {
    match format {
        Format::Safetensors => safetensors::read(reader, size),
        Format::Gguf => gguf::read(reader, size),
    }
}

/// Names that may stand once.
#[derive(Debug, Default)]
struct Names(HashSet<String>);

impl Names {
    fn add(&mut self, what: &str, name: &str) -> Result<(), HeaderError> {
        if self.0.insert(name.to_owned()) {
            return Ok(());
        }
        Err(HeaderError::Malformed(format!("the {what} `{}` stands twice", name.escape_debug())))
    }
}
