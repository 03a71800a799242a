//! What points to a source is a source: `Box<dyn Files>`, `Arc<dyn Files>`, and types with a choice of sources.

use std::fmt;
use std::io;
use std::ops::{Deref, Range};

use super::{
    Attribute, ClaimedDigest, CommitFacts, Content, Entry, Error, FileList, FileStat, Files, GitFacts, LfsObject,
    ObjectId, Origin, Problem,
};
use crate::path::RepoPath;

/// Passes every question on to the source. A test compares this list with that of the trait, because a question that is
/// missing here would get the answer of a source that knows nothing.
impl<P> Files for P
where
    P: Deref<Target = dyn Files> + fmt::Debug + Send + Sync,
{
    fn origin(&self) -> Origin {
        (**self).origin()
    }

    fn list(&self) -> &FileList {
        (**self).list()
    }

    fn size(&self, entry: &Entry) -> io::Result<u64> {
        (**self).size(entry)
    }

    fn open(&self, entry: &Entry) -> io::Result<Content> {
        (**self).open(entry)
    }

    fn open_range(&self, entry: &Entry, range: Range<u64>) -> io::Result<Content> {
        (**self).open_range(entry, range)
    }

    fn entries(&self) -> &[Entry] {
        (**self).entries()
    }

    fn openness_files(&self) -> &[Entry] {
        (**self).openness_files()
    }

    fn problems(&self) -> &[Problem] {
        (**self).problems()
    }

    fn find(&self, path: &RepoPath) -> Option<&Entry> {
        (**self).find(path)
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        (**self).read(path, limit)
    }

    fn read_start(&self, path: &RepoPath, count: u64) -> Result<Option<Vec<u8>>, Error> {
        (**self).read_start(path, count)
    }

    fn open_path(&self, path: &RepoPath) -> io::Result<Option<Content>> {
        (**self).open_path(path)
    }

    fn git(&self) -> Option<&GitFacts> {
        (**self).git()
    }

    fn commit(&self) -> Option<&CommitFacts> {
        (**self).commit()
    }

    fn attributes(&self, name: &str, paths: &[&RepoPath]) -> io::Result<Option<Vec<Attribute>>> {
        (**self).attributes(name, paths)
    }

    fn is_changed(&self, entry: &Entry) -> bool {
        (**self).is_changed(entry)
    }

    fn untracked(&self) -> Vec<RepoPath> {
        (**self).untracked()
    }

    fn is_on_disk(&self, entry: &Entry) -> bool {
        (**self).is_on_disk(entry)
    }

    fn stat(&self, entry: &Entry) -> Option<FileStat> {
        (**self).stat(entry)
    }

    fn stat_now(&self, entry: &Entry) -> Option<FileStat> {
        (**self).stat_now(entry)
    }

    fn has_other_names(&self, entry: &Entry) -> bool {
        (**self).has_other_names(entry)
    }

    fn leads_nowhere(&self, entry: &Entry) -> bool {
        (**self).leads_nowhere(entry)
    }

    fn submodule_commit(&self, path: &RepoPath) -> Option<ObjectId> {
        (**self).submodule_commit(path)
    }

    fn lfs_object(&self, entry: &Entry, oid: &str, size: u64) -> Option<LfsObject> {
        (**self).lfs_object(entry, oid, size)
    }

    fn claimed_digest(&self, entry: &Entry) -> Option<ClaimedDigest> {
        (**self).claimed_digest(entry)
    }

    fn computed_digest(&self, entry: &Entry) -> Option<io::Result<[u8; 32]>> {
        (**self).computed_digest(entry)
    }

    fn lists_everything(&self) -> bool {
        (**self).lists_everything()
    }

    fn host_commit(&self) -> Option<&str> {
        (**self).host_commit()
    }

    fn reads_parts(&self, entry: &Entry) -> bool {
        (**self).reads_parts(entry)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::files::Memory;

    /// Returns the names of the methods between a line that starts with `from` and the next line that is `}`.
    fn methods<'a>(text: &'a str, from: &str) -> BTreeSet<&'a str> {
        let body = text.split(from).nth(1).unwrap().split("\n}").next().unwrap();
        let lines = body.lines().filter_map(|line| line.strip_prefix("    fn "));
        lines.map(|line| line.split(['(', '<']).next().unwrap()).collect()
    }

    #[test]
    fn every_question_is_passed_on() {
        let asked = methods(include_str!("../files.rs"), "\npub trait Files");
        let passed = methods(include_str!("pointer.rs"), "\nimpl<P> Files for P");
        assert!(asked.len() > 20 && asked.contains("claimed_digest"), "{asked:?}");
        assert_eq!(asked, passed);
    }

    #[test]
    fn a_shared_source_answers_like_the_source() {
        let shared: Arc<dyn Files> = Arc::new(Memory::new([("a/b", "1")]));
        let files: &dyn Files = &shared;
        assert_eq!(files.read(&"a/b".parse().unwrap(), 9).unwrap().unwrap(), b"1");
        assert_eq!((files.entries().len(), files.origin()), (1, Origin::Memory));
    }
}
