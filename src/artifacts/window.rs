//! Reads a few parts of a large file: what is skipped is not read.

use std::io::{self, BufRead as _, BufReader, Read};

use crate::files::{Content, Entry, Files};

/// Reading on is faster than opening the file again at a later position, up to this many bytes.
const READ_ON_BYTES: u64 = 64 * 1024;

/// A file, and the position of the next byte to be read.
#[derive(Debug)]
pub(super) struct Window<'f> {
    files: &'f dyn Files,
    entry: &'f Entry,
    size: u64,
    position: u64,
    content: Option<BufReader<Content>>,
}

impl<'f> Window<'f> {
    /// Starts at the first byte of a file.
    pub(super) fn open(files: &'f dyn Files, entry: &'f Entry) -> io::Result<Self> {
        let size = files.size(entry)?;
        Ok(Self { files, entry, size, position: 0, content: None })
    }

    /// Returns the size of the file in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Returns the position of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Moves to a position, which may be behind the end.
    pub(super) fn seek(&mut self, position: u64) -> io::Result<()> {
        match (&mut self.content, position.checked_sub(self.position)) {
            (Some(content), Some(ahead)) if ahead <= READ_ON_BYTES => {
                io::copy(&mut content.take(ahead), &mut io::sink())?;
            }
            _ => self.content = None,
        }
        self.position = position;
        Ok(())
    }

    /// Returns the next bytes, which stay the next ones: a few thousand, or fewer at the end of the file.
    pub(super) fn peek(&mut self) -> io::Result<&[u8]> {
        if self.position >= self.size {
            return Ok(&[]);
        }
        self.content()?.fill_buf()
    }

    fn content(&mut self) -> io::Result<&mut BufReader<Content>> {
        let content = match self.content.take() {
            Some(content) => content,
            None => BufReader::new(self.files.open_range(self.entry, self.position..self.size)?),
        };
        Ok(self.content.insert(content))
    }

    /// Reads exactly `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads exactly `count` bytes, or fails if there are not so many.
    pub(super) fn vector(&mut self, count: u64) -> io::Result<Vec<u8>> {
        if count > self.size.saturating_sub(self.position) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; usize::try_from(count).map_err(io::Error::other)?];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size {
            return Ok(0);
        }
        let count = self.content()?.read(buffer)?;
        self.position += u64::try_from(count).map_err(io::Error::other)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::Memory;

    #[test]
    fn reads_at_any_position() {
        let bytes: Vec<u8> = (0..=255).cycle().take(200_000).collect();
        let files = Memory::new([("f", bytes.clone())]);
        let mut window = Window::open(&files, &files.entries()[0]).unwrap();
        for at in [0, 3, 100_000, 100_001, 190_000, 5, 199_999] {
            window.seek(at).unwrap();
            assert_eq!(window.peek().unwrap()[0], bytes[usize::try_from(at).unwrap()]);
            assert_eq!(window.array::<1>().unwrap()[0], bytes[usize::try_from(at).unwrap()]);
            assert_eq!(window.position(), at + 1);
        }
        assert!(window.array::<1>().is_err());
        window.seek(u64::MAX).unwrap();
        assert!(window.peek().unwrap().is_empty());
        assert!(window.array::<1>().is_err() && window.vector(1).is_err());
    }
}
