//! What verified releases say of themselves, kept for models that are made from them.
//!
//! The copies are as untrusted as any release: each run that follows a base to them checks their signatures again.

use std::path::{Path, PathBuf};

use super::{Failure, Session, dirs};
use crate::ancestry;
use crate::atomic;
use crate::files::OPENNESS_DIR;
use crate::release::BASES_DIR;
use crate::snapshot::Snapshot;

/// The number of releases that are kept.
const MAX_RELEASES: usize = 1000;
/// The most bytes that are kept of a release.
const MAX_BYTES: usize = 4 << 20;

/// The directory that is read like that of a release, in the user's cache.
fn root() -> Option<PathBuf> {
    Some(dirs::cache()?.join("bases"))
}

/// Returns what was kept; `None` if there is nothing.
pub(super) fn store() -> Option<Snapshot> {
    let root = root()?;
    root.join(OPENNESS_DIR).is_dir().then(|| Snapshot::of_directory(&root).ok())?
}

/// Keeps the statement, signatures and manifest of a release. A failure does not count against the release.
pub(super) fn keep(release: &Snapshot, session: &Session) {
    let (Some(root), Some(copies)) = (root(), ancestry::copies(release)) else { return };
    let home = root.join(OPENNESS_DIR);
    let bases = home.join(BASES_DIR);
    let count = std::fs::read_dir(&bases).map_or(0, Iterator::count);
    let size: usize = copies.files.iter().map(|(_, bytes)| bytes.len()).sum();
    if bases.join(copies.statement.as_str()).is_dir() || count >= MAX_RELEASES || size > MAX_BYTES {
        return;
    }
    for (path, bytes) in &copies.files {
        if let Err(error) = write(&home.join(path.as_str()), bytes) {
            session.note(&format!("note: the statement was not kept for models made from this one: {error}"));
            return;
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .map_err(|error| Failure::caused_by(format!("cannot create `{}`", parent.display()), error))?;
    }
    Ok(atomic::write(path, bytes)?)
}
