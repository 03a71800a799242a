//! What verified releases say of themselves, kept for models that are made from them.
//!
//! The copies are as untrusted as any release: each run that follows a base to them checks their signatures again.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Failure, Session, dirs};
use crate::ancestry::{self, Copies};
use crate::atomic::Staging;
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
    let count = fs::read_dir(&bases).map_or(0, Iterator::count);
    let size: usize = copies.files.iter().map(|(_, bytes)| bytes.len()).sum();
    if bases.join(copies.statement.as_str()).is_dir() || count >= MAX_RELEASES || size > MAX_BYTES {
        return;
    }
    if let Err(error) = place(&bases, &copies) {
        session.note(&format!("note: the statement was not kept for models made from this one: {error}"));
    }
}

/// Writes all of a release's copies, or nothing.
fn place(bases: &Path, copies: &Copies) -> Result<(), Failure> {
    let of = |path: &Path| {
        let doing = format!("cannot write `{}`", path.display());
        move |error| Failure::caused_by(doing, error)
    };
    fs::create_dir_all(bases).map_err(of(bases))?;
    let staging = Staging::new(bases).map_err(of(bases))?;
    for (path, bytes) in &copies.files {
        let name = Path::new(path.as_str()).strip_prefix(Path::new(BASES_DIR).join(copies.statement.as_str()));
        let Ok(name) = name else { continue };
        let file = staging.path().join(name);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(of(parent))?;
        }
        fs::write(&file, bytes).map_err(of(&file))?;
    }
    let target = bases.join(copies.statement.as_str());
    staging.place(&target).map_err(of(&target))
}
