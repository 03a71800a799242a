//! Every file of a directory, whether or not Git tracks it.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use crate::files::{
    ClaimedDigest, Content, Entry, FileList, FileStat, Files, Kind, Listing, MAX_ENTRIES, ObjectId, Origin, not_a_file,
};
use crate::path::RepoPath;

use super::hub_notes::Notes;
use super::{Error, Storage, hub, submodule, walk};
use crate::beneath::Directory;

/// Every file of a directory.
#[derive(Debug)]
pub(super) struct DirectoryFiles {
    root: Directory,
    /// The cache of the Hugging Face Hub, if the directory is a snapshot in one.
    hub: Option<hub::Cache>,
    list: FileList,
    storage: Vec<Storage>,
    /// Read when first needed.
    notes: OnceLock<Notes>,
}

impl DirectoryFiles {
    pub(super) fn list_all(root: &Path) -> Result<Self, Error> {
        Self::list_within(root, MAX_ENTRIES)
    }

    pub(super) fn list_within(root: &Path, limit: usize) -> Result<Self, Error> {
        let io = |source| Error::Io { path: root.to_path_buf(), source };
        let canonical = root.canonicalize().map_err(io)?;
        if let Some(error) = hub::not_a_snapshot(&canonical) {
            return Err(Error::Hub(error));
        }
        let root = Directory::open_root(&canonical).map_err(io)?;
        let hub = hub::Cache::around(&canonical).map_err(io)?;
        let mut listing = Listing::default();
        walk::walk(&root, hub.as_ref(), limit.min(MAX_ENTRIES), &mut listing)?;
        let (list, storage) = listing.finish();
        Ok(Self { root, hub, list, storage, notes: OnceLock::new() })
    }

    pub(super) fn list_one(file: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { path: file.to_path_buf(), source };
        let canonical = file.canonicalize().map_err(io)?;
        let (Some(above), Some(name)) = (canonical.parent(), canonical.file_name()) else {
            return Err(io(io::ErrorKind::IsADirectory.into()));
        };
        let root = Directory::open_root(above).map_err(io)?;
        let mut listing = Listing::default();
        walk::walk_one(&root, name.as_encoded_bytes(), &mut listing)?;
        let (list, storage) = listing.finish();
        Ok(Self { root, hub: None, list, storage, notes: OnceLock::new() })
    }

    /// Returns the directory, without symbolic links in its path.
    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    fn storage(&self, entry: &Entry) -> Option<&Storage> {
        self.storage.get(self.list.number_of(entry)?)
    }

    fn reader(&self, entry: &Entry) -> io::Result<crate::beneath::Reader> {
        match self.storage(entry) {
            Some(Storage::Disk { .. }) if matches!(entry.kind, Kind::File { .. }) => {
                self.root.open_file(entry.path.as_str())
            }
            Some(Storage::Hub { path, .. }) => {
                let cache = self.hub.as_ref().ok_or_else(|| not_a_file(entry))?;
                cache.directory().open_file(path)
            }
            _ => Err(not_a_file(entry)),
        }
    }
}

impl Files for DirectoryFiles {
    fn origin(&self) -> Origin {
        Origin::Directory
    }

    fn list(&self) -> &FileList {
        &self.list
    }

    fn size(&self, entry: &Entry) -> io::Result<u64> {
        match self.storage(entry) {
            Some(Storage::Disk { size, .. } | Storage::Hub { size, .. }) => Ok(*size),
            _ => Err(not_a_file(entry)),
        }
    }

    fn open(&self, entry: &Entry) -> io::Result<Content> {
        self.reader(entry).map(|reader| Content::new(reader.size(), reader))
    }

    fn open_range(&self, entry: &Entry, range: Range<u64>) -> io::Result<Content> {
        self.reader(entry)?.part(range)
    }

    fn is_on_disk(&self, entry: &Entry) -> bool {
        matches!(self.storage(entry), Some(Storage::Disk { .. } | Storage::Hub { .. }))
    }

    fn stat(&self, entry: &Entry) -> Option<FileStat> {
        match self.storage(entry)? {
            Storage::Disk { stat, .. } => *stat,
            _ => None,
        }
    }

    fn stat_now(&self, entry: &Entry) -> Option<FileStat> {
        self.stat(entry)?;
        self.root.stat(entry.path.as_str())
    }

    // Links within the Hub's cache do not count.
    fn has_other_names(&self, entry: &Entry) -> bool {
        matches!(self.storage(entry), Some(Storage::Disk { has_other_names: true, .. }))
    }

    fn leads_nowhere(&self, entry: &Entry) -> bool {
        matches!(entry.kind, Kind::Symlink { .. }) && self.root.leads_nowhere(entry.path.as_str())
    }

    fn submodule_commit(&self, path: &RepoPath) -> Option<ObjectId> {
        submodule::commit(self.root.path(), path)
    }

    fn claimed_digest(&self, entry: &Entry) -> Option<ClaimedDigest> {
        self.notes.get_or_init(|| Notes::of(self.hub.as_ref())).find(&self.root, entry)
    }
}
