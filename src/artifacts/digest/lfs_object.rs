//! Finding the content of a Git LFS pointer on this machine.

use crate::files::{Entry, Files};

use super::super::lfs::Pointer;
use super::LfsContent;

/// A file of the size that a pointer states.
pub(super) struct Candidate {
    pub(super) content: Box<crate::files::Content>,
    /// The state of the content if this file turns out to be another one.
    pub(super) otherwise: LfsContent,
}

/// Looks for the content of a pointer by its size. Git LFS does not store the content of a pointer with extensions.
pub(super) fn find(files: &dyn Files, entry: &Entry, pointer: &Pointer) -> Option<Candidate> {
    if pointer.has_extensions() {
        return None;
    }
    let object = files.lfs_object(entry, pointer.oid.as_str(), pointer.size)?;
    // A file in the working tree may just as well be another version.
    let otherwise = if object.is_stored { LfsContent::Wrong } else { LfsContent::Absent };
    Some(Candidate { content: Box::new(object.content), otherwise })
}
