//! The cache of file digests.

use super::{Session, dirs};
use crate::digest_cache::Cache;
use crate::snapshot::Snapshot;

/// Returns the cached digests of a directory; `None` if the snapshot is not of a directory, or if the user has no home
/// directory.
pub(super) fn digests(snapshot: &Snapshot) -> Option<Cache> {
    // The canonical path, so that a directory has one cache whatever path leads to it.
    let root = snapshot.root()?.canonicalize().ok()?;
    Some(Cache::of(&dirs::cache()?, &root))
}

/// Notes why the next run has to hash the files again. This is not a failure.
pub(super) fn note_not_stored(error: Option<crate::atomic::Error>, session: &Session) {
    if let Some(error) = error {
        session.note(&format!("note: cannot store the digests in the cache: {}", super::Failure::from(error)));
    }
}
