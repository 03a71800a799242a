//! The same work on several threads at once. Where the system starts no more threads, the work takes longer, and is done.

use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

/// Does the shares of some work, numbered from 0: the first on this thread, each other on one of its own.
pub(crate) fn run_on_threads<T: Send>(shares: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    shared_by(Builder::new, shares, work)
}

fn shared_by<T: Send>(builder: fn() -> Builder, shares: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let work = &work;
    scope(|scope| {
        let others: Vec<_> =
            (1..shares).map(|share| builder().spawn_scoped(scope, move || work(share)).map_err(|_| share)).collect();
        let mut done: Vec<T> = (0..shares.min(1)).map(work).collect();
        done.extend(others.into_iter().map(|other| other.map_or_else(work, joined)));
        done
    })
}

/// Does one thing here and another beside it.
pub(crate) fn join<A, B: Send>(here: impl FnOnce() -> A, there: impl Fn() -> B + Sync) -> (A, B) {
    scope(|scope: &Scope<'_, '_>| {
        let other = Builder::new().spawn_scoped(scope, &there);
        (here(), other.map_or_else(|_| there(), joined))
    })
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::collections::HashSet;
    use std::thread::{ThreadId, current};

    use super::*;

    fn ran(builder: fn() -> Builder, shares: usize) -> (Vec<usize>, HashSet<ThreadId>) {
        shared_by(builder, shares, |share| (share, current().id())).into_iter().unzip()
    }

    #[test]
    fn every_share_is_done_once_and_on_a_thread_of_its_own() {
        for shares in [0, 1, 2, 7] {
            let (done, threads) = ran(Builder::new, shares);
            assert_eq!((done, threads.len()), ((0..shares).collect(), shares));
        }
    }

    #[test]
    fn what_no_thread_can_be_started_for_is_done_here() {
        // A stack that no machine has room for.
        let (done, threads) = ran(|| Builder::new().stack_size(1 << 60), 5);
        assert_eq!((done, threads), ((0..5).collect(), HashSet::from([current().id()])));
    }

    #[test]
    fn two_things_are_done_beside_one_another() {
        let (here, there) = join(|| current().id(), || current().id());
        assert!(here == current().id() && there != here);
    }

    #[test]
    fn a_panic_of_another_thread_is_ones_own() {
        let panicked = std::panic::catch_unwind(|| run_on_threads(2, |share| assert_eq!(share, 0)));
        assert!(panicked.is_err());
    }
}
