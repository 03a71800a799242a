//! Files whose reading can be stopped.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use openness::Snapshot;
use openness::files::{
    Attribute, ClaimedDigest, Content, Entry, FileList, FileStat, Files, GitFacts, LfsObject, Origin,
};
use openness::path::RepoPath;

/// The files of a snapshot. Once the flag is set, nothing more is read of them.
#[derive(Debug)]
pub(crate) struct Guarded<'a> {
    files: &'a Snapshot,
    is_stopped: Arc<AtomicBool>,
}

impl<'a> Guarded<'a> {
    pub(crate) fn new(files: &'a Snapshot, is_stopped: Arc<AtomicBool>) -> Self {
        Self { files, is_stopped }
    }

    fn go_on(&self) -> io::Result<()> {
        go_on(&self.is_stopped)
    }

    fn guard(&self, content: Content) -> Content {
        Content::new(content.size(), Stoppable { content, is_stopped: Arc::clone(&self.is_stopped) })
    }
}

/// Fails if the flag is set. The result of the work is then dropped, and this error with it.
fn go_on(is_stopped: &AtomicBool) -> io::Result<()> {
    match is_stopped.load(Ordering::Relaxed) {
        false => Ok(()),
        // Not `Interrupted`, on which readers try again.
        true => Err(io::Error::other("the caller stopped the work")),
    }
}

struct Stoppable {
    content: Content,
    is_stopped: Arc<AtomicBool>,
}

impl Read for Stoppable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        go_on(&self.is_stopped)?;
        self.content.read(buffer)
    }
}

impl Files for Guarded<'_> {
    fn origin(&self) -> Origin {
        self.files.origin()
    }

    fn list(&self) -> &FileList {
        self.files.list()
    }

    fn size(&self, entry: &Entry) -> io::Result<u64> {
        self.files.size(entry)
    }

    fn open(&self, entry: &Entry) -> io::Result<Content> {
        self.go_on()?;
        Ok(self.guard(self.files.open(entry)?))
    }

    fn open_range(&self, entry: &Entry, range: Range<u64>) -> io::Result<Content> {
        self.go_on()?;
        Ok(self.guard(self.files.open_range(entry, range)?))
    }

    fn open_path(&self, path: &RepoPath) -> io::Result<Option<Content>> {
        self.go_on()?;
        Ok(self.files.open_path(path)?.map(|content| self.guard(content)))
    }

    fn git(&self) -> Option<&GitFacts> {
        self.files.git()
    }

    fn attributes(&self, name: &str, paths: &[&RepoPath]) -> io::Result<Option<Vec<Attribute>>> {
        self.go_on()?;
        self.files.attributes(name, paths)
    }

    fn is_changed(&self, entry: &Entry) -> bool {
        self.files.is_changed(entry)
    }

    fn untracked(&self) -> Vec<RepoPath> {
        self.files.untracked()
    }

    fn is_on_disk(&self, entry: &Entry) -> bool {
        self.files.is_on_disk(entry)
    }

    fn stat(&self, entry: &Entry) -> Option<FileStat> {
        self.files.stat(entry)
    }

    fn stat_now(&self, entry: &Entry) -> Option<FileStat> {
        self.files.stat_now(entry)
    }

    fn has_other_names(&self, entry: &Entry) -> bool {
        self.files.has_other_names(entry)
    }

    fn leads_nowhere(&self, entry: &Entry) -> bool {
        self.files.leads_nowhere(entry)
    }

    fn lfs_object(&self, entry: &Entry, oid: &str, size: u64) -> Option<LfsObject> {
        let found = self.files.lfs_object(entry, oid, size)?;
        Some(LfsObject { content: self.guard(found.content), ..found })
    }

    fn claimed_digest(&self, entry: &Entry) -> Option<ClaimedDigest> {
        self.files.claimed_digest(entry)
    }
}
