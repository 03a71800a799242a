//! In which order files are hashed, by how many threads, and which by themselves.

use std::cmp::Reverse;

use super::lanes::LANES;

/// From here on a file is worth starting early.
const LARGE_FILE_BYTES: u64 = 1024 * 1024;
/// From here on a file may be worth a second thread that reads ahead; below, the thread costs more than it saves.
pub(super) const LONE_FILE_BYTES: u64 = 32 * 1024 * 1024;
/// What so many lanes do in the time in which one does ten; see the measurement in [`super::lanes`].
const TENTHS_OF_ONE_LANE: [u128; LANES] = [10, 15, 19, 24];

/// Who hashes what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Files by their places in the question. Each thread begins with the one at its own number, so that no thread takes
    /// two while another has none; those behind are taken as threads get to them.
    pub(super) order: Vec<usize>,
    pub(super) threads: usize,
    /// How many files each thread hashes at a time.
    pub(super) lanes: usize,
    /// How many files, from the front, have a thread for themselves until they are done.
    pub(super) lone: usize,
}

impl Plan {
    /// Plans the hashing of files of such sizes by at most so many threads.
    pub(super) fn new(sizes: &[u64], threads: usize) -> Self {
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        // The small ones stay as they stand, in the order of their directories.
        order.sort_by_key(|at| Reverse(Some(sizes[*at]).filter(|size| *size >= LARGE_FILE_BYTES)));
        let threads = threads.min(sizes.len());
        let sorted: Vec<u64> = order.iter().map(|at| sizes[*at]).collect();
        Self { order, threads, lanes: lanes(&sorted, threads), lone: lone(&sorted, threads) }
    }
}

/// Returns how many files each thread hashes at a time, so that the threads share the files that matter evenly.
///
/// Where large files are most of the work, the small ones beside them do not matter.
fn lanes(sorted: &[u64], threads: usize) -> usize {
    let (large, small) = sorted.split_at(sorted.partition_point(|size| *size >= LARGE_FILE_BYTES));
    let count = if sum(large) > sum(small) { large.len() } else { sorted.len() };
    count.div_ceil(threads.max(1)).clamp(2, LANES)
}

/// Returns how many files are so large that the other threads can do all the rest meanwhile.
///
/// Such a file decides when the work is done; others beside it in the same thread would only slow it down.
fn lone(sorted: &[u64], threads: usize) -> usize {
    let mut rest = sum(sorted);
    let is_lone = |(thread, size): (usize, &u64)| {
        rest -= u128::from(*size);
        let others = threads - 1 - thread;
        let lanes = (sorted.len() - 1 - thread).div_ceil(others.max(1)).clamp(1, LANES);
        let capacity = u128::try_from(others).unwrap_or(u128::MAX) * TENTHS_OF_ONE_LANE[lanes - 1];
        *size >= LONE_FILE_BYTES && rest * 10 <= capacity * u128::from(*size)
    };
    sorted.iter().take(threads).enumerate().map(is_lone).take_while(|is_lone| *is_lone).count()
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
    fn large_files_come_first_and_small_ones_as_they_stand() {
        let plan = Plan::new(&[3, 2 * MIB, 1, 5 * MIB, 2], 2);
        assert_eq!(plan, Plan { order: vec![3, 1, 0, 2, 4], threads: 2, lanes: 2, lone: 0 });
        assert_eq!(Plan::new(&[], 2), Plan { order: vec![], threads: 0, lanes: 2, lone: 0 });
    }

    #[test]
    fn a_file_that_outweighs_the_others_has_a_thread_for_itself() {
        let lone = |sizes: &[u64], threads| Plan::new(sizes, threads).lone;
        assert_eq!(lone(&[4 * GIB], 2), 1);
        assert_eq!(lone(&[4 * GIB], 1), 1);
        assert_eq!(lone(&[4 * GIB, 4 * GIB], 2), 2);
        assert_eq!(lone(&[9 * GIB, GIB], 2), 2);
        assert_eq!(lone(&[4 * GIB, GIB, GIB], 2), 1);
        // The other thread hashes two at a time, as much as one and a half.
        assert_eq!(lone(&[10 * GIB, 8 * GIB, 7 * GIB], 2), 1);
        assert_eq!(lone(&[10 * GIB, 8 * GIB, 7 * GIB + 1], 2), 0);
    }

    #[test]
    fn threads_hash_as_many_at_a_time_as_leave_work_for_all() {
        let lanes = |sizes: &[u64], threads| Plan::new(sizes, threads).lanes;
        assert_eq!(lanes(&[GIB; 8], 2), 4);
        assert_eq!(lanes(&[GIB; 5], 2), 3);
        assert_eq!(lanes(&[GIB; 3], 2), 2);
        assert_eq!(lanes(&[GIB; 3], 1), 3);
        assert_eq!(lanes(&[GIB; 9], 1), 4);
        assert_eq!(lanes(&[1; 100], 2), 4);
        assert_eq!(lanes(&[GIB, GIB, GIB, 1, 1, 1, 1, 1], 2), 2);
        assert_eq!(lanes(&[MIB, MIB - 1, MIB - 1, MIB - 1, MIB - 1], 1), 4);
        // The small ones are half of the work, and then one byte less.
        assert_eq!(lanes(&[MIB, MIB / 2, MIB / 2], 1), 3);
        assert_eq!(lanes(&[MIB + 1, MIB / 2, MIB / 2], 1), 2);
    }

    #[test]
    fn files_of_one_size_share_threads_when_there_are_more_of_them() {
        let lone = |sizes: &[u64], threads| Plan::new(sizes, threads).lone;
        assert_eq!(lone(&[GIB; 8], 2), 0);
        assert_eq!(lone(&[GIB; 3], 2), 0);
        assert_eq!(lone(&[GIB; 2], 1), 0);
        // Two by themselves; the third thread takes two, and so the last has one.
        assert_eq!(lone(&[GIB; 5], 4), 2);
        assert_eq!(lone(&[MIB; 2], 2), 0);
    }
}
