//! Standard output.

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;

use super::Failure;
use crate::atomic;
use crate::report::human::safe;

/// The number of bytes that are held back.
const MAX_HELD: usize = 4 << 20;

/// Standard output, written in one piece at the end unless it is very long, or the file that takes its place. A reader that stops
/// reading does not change the exit status.
///
/// `write!` and `writeln!` print lines for people, in which nothing of others can control the terminal; see
/// [`Screen`](crate::report::human::Screen). Documents, such as JSON, are written with [`Out::document`].
#[derive(Debug, Default)]
pub(super) struct Out {
    held: Vec<u8>,
    color: bool,
    /// The file that is written in place of standard output.
    file: Option<PathBuf>,
    /// Whether the reader stopped reading.
    is_gone: bool,
    /// Whether something was written before the end.
    has_begun: bool,
}

impl Out {
    pub(super) fn new(color: bool) -> Self {
        Self { color, ..Self::default() }
    }

    /// Writes to a file from now on, in one step at the end.
    pub(super) fn redirect(&mut self, file: PathBuf, color: bool) {
        (self.file, self.color) = (Some(file), color);
    }

    /// Leaves the file as it is, and drops what was meant for it.
    pub(super) fn give_up_file(&mut self) {
        if self.file.take().is_some() {
            self.held.clear();
        }
    }

    /// Returns whether nothing is held back.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Returns whether the reader stopped reading.
    pub(super) fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Returns a writer for a whole document, whose format does its own escaping.
    pub(super) fn document(&mut self) -> Document<'_> {
        Document(self)
    }

    /// Takes what is held back, to be printed elsewhere.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Returns whether something was written already, so that what is held back is not all.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Writes what is held back.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        match self.file.take() {
            Some(file) => Ok(atomic::write(&file, &self.take())?),
            None => self.flush_held().map_err(|error| Failure::caused_by("cannot write to standard output", error)),
        }
    }

    fn flush_held(&mut self) -> io::Result<()> {
        let held = self.take();
        if self.is_gone {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        match out.write_all(&held).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_gone = true;
                Ok(())
            }
            result => result,
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() > MAX_HELD && self.file.is_none() {
            self.has_begun = true;
            self.flush_held()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        let safe = safe(text, self.color);
        self.write_all(safe.as_bytes())
    }
}

/// See [`Out::document`].
#[derive(Debug)]
pub(super) struct Document<'o>(&'o mut Out);

impl Write for Document<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
