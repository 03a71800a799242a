//! Where the user's cache is.

use std::path::PathBuf;

use super::Session;
use crate::digest_cache::Cache;
use crate::snapshot::Snapshot;

/// Returns where the digests of a directory are remembered; `None` where a snapshot is of none, or the user has no place
/// for caches.
pub(super) fn digests(snapshot: &Snapshot) -> Option<Cache> {
    // By its true path, so that it is one directory whatever it is called by.
    let root = snapshot.root()?.canonicalize().ok()?;
    Some(Cache::of(&home()?.join("openness"), &root))
}

/// Says why the next run has to hash again. That is no failure.
pub(super) fn note_not_stored(error: Option<crate::atomic::Error>, session: &Session) {
    if let Some(error) = error {
        session.note(&format!("note: the digests are not remembered: {}", super::Failure::from(error).message));
    }
}

fn home() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return absolute("LOCALAPPDATA").map(|local| local.join("cache"));
    }
    absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))
}
