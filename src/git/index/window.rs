//! The part of an index file that is in memory.
//!
//! An index of many files has many megabytes, and memory that is used once costs more than reading the file.

use std::io::{self, Read};

use super::rest::Rest;
use super::{Error, Failure};

/// How much is read at a time, in bytes.
pub(super) const PART: usize = 128 * 1024;
/// How much is there before an entry is read, in bytes, if the file has so much: more than nearly all entries have.
const USUAL: usize = 4096;

/// A file that is read from the front, without the hash at its end.
pub(super) struct Window<R> {
    file: R,
    /// How many bytes of the file are left after those in the window.
    left: u64,
    bytes: Vec<u8>,
    /// The bytes of the window that were read from the file and not used yet.
    start: usize,
    end: usize,
    part: usize,
}

impl<R: Read> Window<R> {
    /// Takes a file, of which the first `size` bytes are read.
    pub(super) fn new(file: R, size: u64, part: usize) -> Self {
        Self { file, left: size, bytes: Vec::new(), start: 0, end: 0, part }
    }

    /// Reads something from the front. If it fails while a part of the file is not in memory, everything is read and it is
    /// tried again: an entry may be longer than the window.
    pub(super) fn read<T>(&mut self, parse: &mut dyn FnMut(&mut Rest<'_>) -> Result<T, Error>) -> Result<T, Failure> {
        if self.end - self.start < USUAL.min(self.part) && self.left > 0 {
            self.fill(self.part)?;
        }
        loop {
            let mut rest = Rest { bytes: &self.bytes[self.start..self.end] };
            match parse(&mut rest) {
                Ok(found) => {
                    self.start = self.end - rest.bytes.len();
                    return Ok(found);
                }
                Err(error) if self.left == 0 => return Err(error.into()),
                Err(_) => self.fill(usize::MAX)?,
            }
        }
    }

    /// Returns everything that was not used yet.
    pub(super) fn rest(&mut self) -> io::Result<Rest<'_>> {
        self.fill(usize::MAX)?;
        Ok(Rest { bytes: &self.bytes[self.start..self.end] })
    }

    /// Reads to the end of the file, where a file that changed meanwhile is noticed.
    pub(super) fn finish(mut self) -> io::Result<()> {
        io::copy(&mut self.file, &mut io::sink()).map(drop)
    }

    /// Reads `most` more bytes, or what is left of the file.
    fn fill(&mut self, most: usize) -> io::Result<()> {
        self.bytes.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let more = usize::try_from(self.left).unwrap_or(usize::MAX).min(most);
        let whole = self.end.checked_add(more).ok_or(io::ErrorKind::OutOfMemory)?;
        if self.bytes.len() < whole {
            self.bytes.try_reserve_exact(whole - self.bytes.len())?;
            self.bytes.resize(whole, 0);
        }
        self.file.read_exact(&mut self.bytes[self.end..whole])?;
        self.end = whole;
        self.left = self.left.saturating_sub(u64::try_from(more).unwrap_or(u64::MAX));
        Ok(())
    }
}
