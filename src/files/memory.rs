//! Files whose bytes are in memory: an upload, a test, a page in a browser.

use std::io::{self, Cursor};
use std::ops::Range;
use std::sync::Arc;

use super::{Content, Entry, FileList, Files, Kind, Listing, Origin, ProblemKind, not_a_file};
use crate::path::RepoPath;

/// Files in memory.
///
/// ```
/// use openness::files::{Files, Memory};
///
/// let files = Memory::new([("OPENNESS.toml", "schema = 1"), ("a/../b", "refused")]);
/// assert_eq!(files.entries().len(), 1);
/// assert_eq!(files.problems().len(), 1, "a path that leaves its directory is a problem, not an entry");
/// ```
#[derive(Debug)]
pub struct Memory {
    list: FileList,
    bytes: Vec<Arc<[u8]>>,
}

impl Memory {
    /// Takes files as pairs of path and bytes. Names that cannot be paths become [`Files::problems`].
    pub fn new<P: AsRef<str>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        let mut listing = Listing::default();
        for (name, bytes) in files {
            let name = name.as_ref();
            match name.parse::<RepoPath>() {
                Ok(path) => listing.add(path, Kind::File { executable: false }, Arc::from(bytes.into())),
                Err(error) => listing.problem(name.as_bytes(), ProblemKind::Path(error)),
            }
        }
        let (list, bytes) = listing.finish();
        Self { list, bytes }
    }

    fn bytes(&self, entry: &Entry) -> io::Result<&Arc<[u8]>> {
        self.list.number_of(entry).and_then(|at| self.bytes.get(at)).ok_or_else(|| not_a_file(entry))
    }
}

impl Files for Memory {
    fn origin(&self) -> Origin {
        Origin::Memory
    }

    fn list(&self) -> &FileList {
        &self.list
    }

    fn size(&self, entry: &Entry) -> io::Result<u64> {
        u64::try_from(self.bytes(entry)?.len()).map_err(io::Error::other)
    }

    fn open(&self, entry: &Entry) -> io::Result<Content> {
        Ok(Content::new(self.size(entry)?, Cursor::new(Arc::clone(self.bytes(entry)?))))
    }

    fn open_range(&self, entry: &Entry, range: Range<u64>) -> io::Result<Content> {
        let size = self.size(entry)?;
        let end = range.end.min(size);
        let start = range.start.min(end);
        let mut cursor = Cursor::new(Arc::clone(self.bytes(entry)?));
        cursor.set_position(start);
        Ok(Content::new(end - start, io::Read::take(cursor, end - start)))
    }

    fn reads_parts(&self, _entry: &Entry) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::io::Read as _;

    use super::*;
    use crate::files::Error;

    fn path(text: &str) -> RepoPath {
        text.parse().unwrap()
    }

    #[test]
    fn memory_lists_in_byte_order_and_reads_up_to_a_limit() {
        let files =
            Memory::new([("b/x", "12345"), ("a", "1"), (".openness/statement.json", "{}"), ("sub/.DS_Store", "")]);
        let names: Vec<&str> = files.entries().iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(names, ["a", "b/x"]);
        assert_eq!(files.openness_files().len(), 1);
        assert_eq!(files.read(&path(".openness/statement.json"), 2).unwrap().unwrap(), b"{}");
        assert_eq!(files.read(&path("b/x"), 5).unwrap().unwrap(), b"12345");
        assert!(matches!(files.read(&path("b/x"), 4), Err(Error::TooLarge { size: 5, limit: 4, .. })));
        assert_eq!(files.read_start(&path("b/x"), 2).unwrap().unwrap(), b"12");
        assert_eq!(files.read(&path("none"), 9).unwrap(), None);
    }

    #[test]
    fn a_part_is_cut_at_the_end_of_the_file() {
        let files = Memory::new([("f", "0123456789")]);
        let entry = &files.entries()[0];
        for (range, expected) in [(2..5, "234"), (0..0, ""), (8..20, "89"), (12..20, ""), (0..u64::MAX, "0123456789")] {
            let mut text = String::new();
            let mut content = files.open_range(entry, range.clone()).unwrap();
            assert_eq!(content.size(), u64::try_from(expected.len()).unwrap(), "{range:?}");
            content.read_to_string(&mut text).unwrap();
            assert_eq!(text, expected, "{range:?}");
        }
    }

    #[test]
    fn an_entry_of_another_source_is_refused() {
        let files = Memory::new([("a", "ours"), ("b", "ours")]);
        let other = Memory::new([("b", "theirs")]);
        let entry = &other.entries()[0];
        assert_eq!(entry.path.as_str(), "b");
        assert!(files.open(entry).is_err() && files.size(entry).is_err());
    }
}
