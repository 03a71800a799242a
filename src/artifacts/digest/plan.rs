//! The order in which files are hashed, the number of threads, and the files that get a thread of their own.

use std::cmp::Reverse;

use openness_sha256::LANES;

/// The size in bytes from which a file should be started early.
const LARGE_FILE_BYTES: u64 = 1024 * 1024;
/// The size in bytes from which a second thread that reads ahead can pay off.
pub(super) const DEDICATED_FILE_BYTES: u64 = 32 * 1024 * 1024;
/// The speed of one, two, … lanes, in tenths of that of one lane; see the measurement in [`openness_sha256`].
const TENTHS_OF_ONE_LANE: [u128; LANES] = [10, 15, 19, 24];

/// The distribution of files among threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Files by their positions among the arguments. Each thread starts with the one at its own number, so that no
    /// thread takes two while another has none; the rest are taken by whichever thread is free.
    pub(super) order: Vec<usize>,
    pub(super) threads: usize,
    /// The number of files that each thread hashes at a time.
    pub(super) lanes: usize,
    /// The number of files, from the front of `order`, that have a dedicated thread until they are done.
    pub(super) dedicated: usize,
    /// Whether there is time left to hash the blocks of these files in threads of their own.
    pub(super) blocks_aside: bool,
}

impl Plan {
    /// Plans the hashing of files with these sizes by at most `available` threads, each of which compresses up to `width` files
    /// at a time.
    pub(super) fn new(sizes: &[u64], available: usize, width: usize) -> Self {
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        // Small ones stay in the order of their directories.
        order.sort_by_key(|at| Reverse(Some(sizes[*at]).filter(|size| *size >= LARGE_FILE_BYTES)));
        let threads = available.min(sizes.len());
        let sorted: Vec<u64> = order.iter().map(|at| sizes[*at]).collect();
        let dedicated = dedicated(&sorted, threads);
        let blocks_aside = has_time_left(&sorted, available, dedicated);
        Self { order, threads, lanes: lanes(&sorted, threads, width), dedicated, blocks_aside }
    }
}

/// Returns the number of files that each thread hashes at a time, so that the threads share the important files evenly.
///
/// If large files are most of the work, small ones do not matter.
fn lanes(sorted: &[u64], threads: usize, width: usize) -> usize {
    let (large, small) = sorted.split_at(sorted.partition_point(|size| *size >= LARGE_FILE_BYTES));
    let count = if sum(large) > sum(small) { large.len() } else { sorted.len() };
    count.div_ceil(threads.max(1)).clamp(2, width)
}

/// Returns the number of files that are so large that the other threads can do the rest in the meantime.
///
/// Such a file determines the total time; other files in the same thread would only slow it down.
fn dedicated(sorted: &[u64], threads: usize) -> usize {
    let mut rest = sum(sorted);
    let is_dedicated = |(thread, size): (usize, &u64)| {
        rest -= u128::from(*size);
        let others = threads - 1 - thread;
        let lanes = (sorted.len() - 1 - thread).div_ceil(others.max(1)).clamp(1, LANES);
        let capacity = u128::try_from(others).unwrap_or(u128::MAX) * TENTHS_OF_ONE_LANE[lanes - 1];
        *size >= DEDICATED_FILE_BYTES && rest * 10 <= capacity * u128::from(*size)
    };
    sorted.iter().take(threads).enumerate().map(is_dedicated).take_while(|is_dedicated| *is_dedicated).count()
}

/// Returns whether the other threads are done with the rest, and with half of the work that the first `dedicated` files are,
/// when the largest of those is done. Hashing blocks several at a time is less than half of it.
fn has_time_left(sorted: &[u64], available: usize, dedicated: usize) -> bool {
    let (files, rest) = sorted.split_at(dedicated);
    let others = u128::try_from(available.saturating_sub(dedicated)).unwrap_or(u128::MAX);
    let largest = files.first().copied().map_or(0, u128::from);
    dedicated > 0 && sum(rest) + sum(files) / 2 <= others.saturating_mul(largest)
}

fn sum(sizes: &[u64]) -> u128 {
    sizes.iter().copied().map(u128::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;
    const GIB: u64 = 1024 * MIB;

    #[test]
    fn large_files_come_first_and_small_ones_keep_their_order() {
        let plan = |sizes: &[u64]| Plan::new(sizes, 2, LANES);
        let expected = Plan { order: vec![3, 1, 0, 2, 4], threads: 2, lanes: 2, dedicated: 0, blocks_aside: false };
        assert_eq!(plan(&[3, 2 * MIB, 1, 5 * MIB, 2]), expected);
        assert_eq!(plan(&[]), Plan { order: vec![], threads: 0, ..expected });
    }

    #[test]
    fn a_dominant_file_gets_a_dedicated_thread() {
        let dedicated = |sizes: &[u64], threads| Plan::new(sizes, threads, LANES).dedicated;
        assert_eq!(dedicated(&[4 * GIB], 2), 1);
        assert_eq!(dedicated(&[4 * GIB], 1), 1);
        assert_eq!(dedicated(&[4 * GIB, 4 * GIB], 2), 2);
        assert_eq!(dedicated(&[9 * GIB, GIB], 2), 2);
        assert_eq!(dedicated(&[4 * GIB, GIB, GIB], 2), 1);
        // The other thread hashes two files at a time, at one and a half times the speed of one.
        assert_eq!(dedicated(&[10 * GIB, 8 * GIB, 7 * GIB], 2), 1);
        assert_eq!(dedicated(&[10 * GIB, 8 * GIB, 7 * GIB + 1], 2), 0);
    }

    #[test]
    fn lanes_are_limited_so_that_every_thread_has_work() {
        let lanes = |sizes: &[u64], threads| Plan::new(sizes, threads, LANES).lanes;
        assert_eq!(lanes(&[GIB; 8], 2), 4);
        assert_eq!(lanes(&[GIB; 5], 2), 3);
        assert_eq!(lanes(&[GIB; 3], 2), 2);
        assert_eq!(lanes(&[GIB; 3], 1), 3);
        assert_eq!(lanes(&[GIB; 9], 1), 4);
        assert_eq!(lanes(&[1; 100], 2), 4);
        assert_eq!(lanes(&[GIB, GIB, GIB, 1, 1, 1, 1, 1], 2), 2);
        assert_eq!(lanes(&[MIB, MIB - 1, MIB - 1, MIB - 1, MIB - 1], 1), 4);
        // The small ones are half of the work, and then slightly less.
        assert_eq!(lanes(&[MIB, MIB / 2, MIB / 2], 1), 3);
        assert_eq!(lanes(&[MIB + 1, MIB / 2, MIB / 2], 1), 2);
        assert_eq!(Plan::new(&[GIB; 40], 2, 16).lanes, 16);
        assert_eq!(Plan::new(&[GIB; 9], 1, 16).lanes, 9);
    }

    #[test]
    fn blocks_are_hashed_aside_where_a_thread_would_be_idle() {
        let aside = |sizes: &[u64], threads| Plan::new(sizes, threads, LANES).blocks_aside;
        assert!(aside(&[4 * GIB], 2));
        assert!(aside(&[4 * GIB, MIB, 5], 2));
        assert!(aside(&[4 * GIB, 10 * MIB, 10 * MIB], 2));
        assert!(aside(&[4 * GIB, 4 * GIB], 3));
        // The other thread is busy, or there is none.
        assert!(!aside(&[4 * GIB, GIB, GIB, GIB], 2));
        assert!(!aside(&[4 * GIB, 2 * GIB], 2));
        assert!(!aside(&[4 * GIB], 1));
        // No file has a thread of its own.
        assert!(!aside(&[GIB; 8], 2));
        assert!(!aside(&[], 2));
    }

    #[test]
    fn more_files_of_one_size_than_threads_share_threads() {
        let dedicated = |sizes: &[u64], threads| Plan::new(sizes, threads, LANES).dedicated;
        assert_eq!(dedicated(&[GIB; 8], 2), 0);
        assert_eq!(dedicated(&[GIB; 3], 2), 0);
        assert_eq!(dedicated(&[GIB; 2], 1), 0);
        // Two dedicated threads; the third thread takes two files, so one is left for the last.
        assert_eq!(dedicated(&[GIB; 5], 4), 2);
        assert_eq!(dedicated(&[MIB; 2], 2), 0);
    }
}
