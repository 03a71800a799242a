//! Hashing files with a progress bar.

use std::num::NonZero;

use super::Session;
use super::progress::Progress;
use crate::artifacts::digest::{self, Hashed, Options, Pointers};
use crate::digest_cache::{Cache, HashedFiles};
use crate::files::{Entry, Files};

/// Returns the number of threads to use: one per processor.
pub(super) fn threads() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Returns the options of every command that hashes.
pub(super) fn options(pointers: Pointers) -> Options {
    Options { threads: threads(), pointers }
}

/// Returns a progress bar for hashing these files.
pub(super) fn progress(files: &dyn Files, entries: &[&Entry], session: &Session) -> Progress {
    Progress::new(&session.terminal, "hashing", total_size(files, entries))
}

/// Returns the number of bytes in all these files; `None` if a size is not known.
fn total_size(files: &dyn Files, entries: &[&Entry]) -> Option<u64> {
    entries.iter().try_fold(0_u64, |sum, entry| sum.checked_add(files.size(entry).ok()?))
}

/// Hashes files, in the order given.
pub(super) fn hash_all(
    files: &dyn Files,
    entries: &[&Entry],
    pointers: Pointers,
    session: &Session,
) -> Vec<Result<Hashed, digest::Error>> {
    let progress = progress(files, entries, session);
    digest::hash_all(files, entries, &options(pointers), &|bytes| progress.advance(bytes))
}

/// Hashes files like [`hash_all`], but takes the digests of unchanged files from the cache.
pub(super) fn hash_all_cached(
    files: &dyn Files,
    entries: &[&Entry],
    cache: &Cache,
    pointers: Pointers,
    session: &Session,
) -> HashedFiles {
    let progress = progress(files, entries, session);
    cache.read().hash_all(files, entries, &|_| None, &options(pointers), &|bytes| progress.advance(bytes))
}
