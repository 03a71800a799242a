//! Where the content of a Git LFS pointer is on this machine.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::snapshot::{Entry, Snapshot};

use super::super::lfs::Pointer;
use super::PointedContent;

/// Something that has the size of what a pointer names.
pub(super) struct Candidate {
    pub(super) content: Box<dyn Read + Send>,
    /// What became of the content if this turns out not to be it.
    pub(super) otherwise: PointedContent,
}

/// Looks for the content of a pointer in the store of Git LFS, then in the work tree.
///
/// The store is the one beside the objects; a repository's own `lfs.storage` is not followed, since it may be hostile.
pub(super) fn find(snapshot: &Snapshot, entry: &Entry, pointer: &Pointer) -> Option<Candidate> {
    let repo = snapshot.repo()?;
    if let Some(file) = open_sized(&repo.common_dir().join(pointer.object_path()), pointer.size) {
        return Some(Candidate { content: Box::new(file), otherwise: PointedContent::Wrong });
    }
    if snapshot.is_on_disk(entry) {
        return None;
    }
    let file = snapshot.open_in_work_tree(&entry.path).filter(|file| file.size() == pointer.size)?;
    // It may as well be another version, of which a pointer says nothing.
    Some(Candidate { content: Box::new(file), otherwise: PointedContent::Absent })
}

/// Opens a regular file of a certain size.
fn open_sized(path: &Path, size: u64) -> Option<File> {
    let is_it = |metadata: std::fs::Metadata| metadata.is_file() && metadata.len() == size;
    // Looked at first: opening a FIFO would wait.
    path.symlink_metadata().ok().filter(|metadata| is_it(metadata.clone()))?;
    let file = File::open(path).ok()?;
    file.metadata().is_ok_and(is_it).then_some(file)
}
