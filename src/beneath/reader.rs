//! Reading a file on disk that must not change in the meantime.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::ops::Range;

use crate::files::{ChangedWhileRead, Content};

/// A file on disk. Reading to its end fails if it changed since it was opened.
#[derive(Debug)]
pub(crate) struct Reader {
    file: File,
    before: Identity,
    read: u64,
    /// Whether all was read, and the file was still the same then.
    is_done: bool,
}

impl Reader {
    /// Takes a file that was just opened, and refuses it if it is not a regular file.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let before = Identity::of(&file.metadata()?)?;
        Ok(Self { file, before, read: 0, is_done: false })
    }

    pub(crate) fn size(&self) -> u64 {
        self.before.size
    }

    /// Limits reading to a part: from `range.start` up to but not including `range.end`, or to the end of the file.
    pub(crate) fn part(mut self, range: Range<u64>) -> io::Result<Content> {
        let end = range.end.min(self.before.size);
        let start = range.start.min(end);
        if start > 0 {
            self.file.seek(SeekFrom::Start(start))?;
        }
        read_ahead(&self.file, start..end);
        Ok(Content::new(end - start, Part { file: self.file, before: self.before, left: end - start }))
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_done || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.file.read(buffer)?;
        self.read = self.read.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        if self.read > self.before.size || (count == 0 && self.read != self.before.size) {
            return Err(changed());
        }
        if self.read == self.before.size {
            // If it is still the same, it has no more, which takes one question and not two.
            if Identity::of(&self.file.metadata()?)? != self.before {
                return Err(changed());
            }
            self.is_done = true;
        }
        Ok(count)
    }

    /// Reads the rest into memory that is not cleared first, which takes as long as reading.
    fn read_to_end(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let left = self.before.size.saturating_sub(self.read);
        // One more, to see the end of the file without growing.
        let room = usize::try_from(left).ok().and_then(|left| left.checked_add(1));
        bytes.try_reserve_exact(room.ok_or(io::ErrorKind::OutOfMemory)?)?;
        let count = (&mut self.file).take(left.saturating_add(1)).read_to_end(bytes)?;
        let is_whole = u64::try_from(count).is_ok_and(|count| count == left);
        if !is_whole || Identity::of(&self.file.metadata()?)? != self.before {
            return Err(changed());
        }
        self.read = self.before.size;
        Ok(count)
    }
}

/// A part of a file. Reading to its end fails if the file changed since it was opened.
struct Part {
    file: File,
    before: Identity,
    left: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.file.read(&mut buffer[..most])?;
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        let is_short = count == 0 && most > 0;
        let is_at_end = self.left == 0 && most > 0;
        if is_short || (is_at_end && Identity::of(&self.file.metadata()?)? != self.before) {
            return Err(changed());
        }
        Ok(count)
    }
}

/// Asks the system to read a large part that is about to be read, so that a disk has several to read at once. Small ones are
/// read faster without another system call.
fn read_ahead(file: &File, part: Range<u64>) {
    #[cfg(target_os = "linux")]
    if let Some(length) = std::num::NonZero::new(part.end - part.start).filter(|length| length.get() >= 1 << 20) {
        // It is only advice.
        let _ = rustix::fs::fadvise(file, part.start, Some(length), rustix::fs::Advice::WillNeed);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, part);
}

fn changed() -> io::Error {
    io::Error::other(ChangedWhileRead)
}

/// The facts about a file that have to stay the same while it is read.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    size: u64,
    modified: Option<std::time::SystemTime>,
    #[cfg(unix)]
    inode: (u64, u64),
    /// The time of the last change of the inode, which unlike the modification time cannot be set back.
    #[cfg(unix)]
    inode_changed: (i64, i64),
}

impl Identity {
    fn of(metadata: &Metadata) -> io::Result<Self> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        if !metadata.is_file() {
            return Err(super::not_a_regular_file());
        }
        Ok(Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            inode: (metadata.dev(), metadata.ino()),
            #[cfg(unix)]
            inode_changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;
    use std::path::Path;

    use super::*;

    type Change = (&'static str, fn(&Path));

    #[test]
    fn any_change_while_reading_is_an_error() {
        let changes: &[Change] = &[
            ("grown", |path| fs::write(path, "inside, and more").unwrap()),
            ("shrunk", |path| fs::write(path, "in").unwrap()),
            ("rewritten", |path| fs::write(path, "INSIDE").unwrap()),
            ("replaced", |path| {
                let new = path.with_extension("new");
                fs::write(&new, "inside").unwrap();
                fs::rename(new, path).unwrap();
            }),
            ("removed", |path| fs::remove_file(path).unwrap()),
            ("set back", |path| {
                let before = path.metadata().unwrap().modified().unwrap();
                fs::write(path, "INSIDE").unwrap();
                File::options().write(true).open(path).unwrap().set_modified(before).unwrap();
            }),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for ((what, change), is_whole) in changes.iter().flat_map(|change| [(change, true), (change, false)]) {
            fs::write(&path, "inside").unwrap();
            let mut reader = Reader::new(File::open(&path).unwrap()).unwrap();
            reader.read_exact(&mut [0; 1]).unwrap();
            // The clock of the file system may have a coarse resolution.
            std::thread::sleep(std::time::Duration::from_millis(20));
            change(&path);
            // In a reader of another type, `read_to_end` calls `read` until there is no more.
            let error = match is_whole {
                true => reader.read_to_end(&mut Vec::new()),
                false => Read::by_ref(&mut reader).take(1000).read_to_end(&mut Vec::new()),
            };
            assert_eq!(error.expect_err(what).to_string(), "it changed while it was read", "{what}");
        }
        fs::write(&path, "inside").unwrap();
        let mut text = String::new();
        Reader::new(File::open(&path).unwrap()).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "inside");
        for content in ["", "inside"] {
            fs::write(&path, content).unwrap();
            let mut reader = Reader::new(File::open(&path).unwrap()).unwrap();
            assert_eq!(reader.read(&mut []).unwrap(), 0);
            assert_eq!(reader.read(&mut [0; 100]).unwrap(), content.len());
            // The end is known, and stays where it was.
            assert_eq!(reader.read(&mut [0; 100]).unwrap(), 0);
        }
    }
}
