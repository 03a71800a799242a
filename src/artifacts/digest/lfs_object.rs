//! The content of a Git LFS pointer, where it is on this machine.

use crate::files::{Entry, Files};

use super::super::lfs::Pointer;
use super::PointedContent;

/// Something that has the size of what a pointer names.
pub(super) struct Candidate {
    pub(super) content: Box<crate::files::Content>,
    /// What became of the content if this turns out not to be it.
    pub(super) otherwise: PointedContent,
}

/// Looks for the content of a pointer.
pub(super) fn find(files: &dyn Files, entry: &Entry, pointer: &Pointer) -> Option<Candidate> {
    let object = files.lfs_object(entry, pointer.oid.as_str(), pointer.size)?;
    // In a working tree it may as well be another version, about which a pointer says nothing.
    let otherwise = if object.is_stored { PointedContent::Wrong } else { PointedContent::Absent };
    Some(Candidate { content: Box::new(object.content), otherwise })
}
