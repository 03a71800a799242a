//! Hashing files with a progress bar.

use std::num::NonZero;

use super::Session;
use super::progress::Progress;
use crate::artifacts::digest::{self, Hashed, Options, Pointers};
use crate::digest_cache::{Cache, Recalled};
use crate::snapshot::{Entry, Snapshot};

/// Returns the number of threads to use: one per processor.
pub(super) fn threads() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Returns the number of bytes in all these files; `None` if a size is not known.
pub(super) fn total_size(snapshot: &Snapshot, entries: &[&Entry]) -> Option<u64> {
    entries.iter().try_fold(0_u64, |sum, entry| sum.checked_add(snapshot.size(entry).ok()?))
}

/// Hashes files, in the order given.
pub(super) fn hash_all(
    snapshot: &Snapshot,
    entries: &[&Entry],
    pointers: Pointers,
    session: &Session,
) -> Vec<Result<Hashed, digest::Error>> {
    let progress = Progress::new(&session.terminal, "hashing", total_size(snapshot, entries));
    digest::hash_all(snapshot, entries, &Options { threads: threads(), pointers }, &|bytes| progress.advance(bytes))
}

/// Hashes files like [`hash_all`], but takes the digests of unchanged files from the cache.
pub(super) fn hash_all_cached(
    snapshot: &Snapshot,
    entries: &[&Entry],
    cache: &Cache,
    pointers: Pointers,
    session: &Session,
) -> Recalled {
    let progress = Progress::new(&session.terminal, "hashing", total_size(snapshot, entries));
    let options = Options { threads: threads(), pointers };
    cache.read().hash_all(snapshot, entries, &|_| None, &options, &|bytes| progress.advance(bytes))
}
