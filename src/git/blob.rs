//! The bytes of one blob.

use std::io::{self, Read};

use super::program;

/// The bytes of a blob.
pub(crate) enum Blob {
    Loaded(io::Cursor<Vec<u8>>),
    Streamed(program::Stream),
}

impl Blob {
    /// Returns the size of the whole blob in bytes.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Loaded(bytes) => bytes.get_ref().len().try_into().unwrap_or(u64::MAX),
            Self::Streamed(stream) => stream.size(),
        }
    }
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Loaded(bytes) => bytes.read(buffer),
            Self::Streamed(stream) => stream.read(buffer),
        }
    }
}
