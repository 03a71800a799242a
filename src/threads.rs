//! Running work on several threads. If the system starts no more threads, the work runs on the calling thread instead.

use std::num::NonZero;
use std::thread::{Builder, ScopedJoinHandle, available_parallelism, scope};

/// Returns the number of threads, at least one, for `count` pieces of work if each thread is to have at least `least` of them.
pub(crate) fn worth(count: usize, least: usize) -> usize {
    match count / least {
        0 | 1 => 1,
        shares => shares.min(available_parallelism().map_or(1, NonZero::get)),
    }
}

/// Runs `work(0..shares)` in parallel, the first share on the calling thread, and returns the results in order.
pub(crate) fn run_on_threads<T: Send>(shares: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    run_on_threads_of(Builder::new, shares, work)
}

/// Does what [`run_on_threads`] does, with threads of the given builder.
fn run_on_threads_of<T: Send>(builder: fn() -> Builder, shares: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let work = &work;
    scope(|scope| {
        let others: Vec<_> =
            (1..shares).map(|share| builder().spawn_scoped(scope, move || work(share)).map_err(|_| share)).collect();
        let mut results: Vec<T> = (0..shares.min(1)).map(work).collect();
        results.extend(others.into_iter().map(|other| other.map_or_else(work, result_of)));
        results
    })
}

/// Runs `first` on the calling thread and `second` on another one, and returns both results.
pub(crate) fn join<A, B: Send>(first: impl FnOnce() -> A, second: impl Fn() -> B + Sync) -> (A, B) {
    scope(|scope| {
        let other = Builder::new().spawn_scoped(scope, &second);
        (first(), other.map_or_else(|_| second(), result_of))
    })
}

/// Waits for a thread; if it panicked, the panic continues on the calling thread.
pub(crate) fn result_of<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Returns the results of work on numbered items, in the order of the numbers.
pub(crate) fn in_order<T>(done: impl Iterator<Item = (usize, T)>) -> Vec<T> {
    let mut results: Vec<Option<T>> = Vec::new();
    for (at, result) in done {
        if results.len() <= at {
            results.resize_with(at + 1, || None);
        }
        results[at] = Some(result);
    }
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::collections::HashSet;
    use std::thread::{ThreadId, current};

    use super::*;

    fn ran(builder: fn() -> Builder, shares: usize) -> (Vec<usize>, HashSet<ThreadId>) {
        run_on_threads_of(builder, shares, |share| (share, current().id())).into_iter().unzip()
    }

    #[test]
    fn little_work_stays_on_one_thread() {
        let most = available_parallelism().map_or(1, NonZero::get);
        for (count, shares) in [(0, 1), (1, 1), (19, 1), (20, most.min(2)), (10_000, most.min(1000))] {
            assert_eq!(worth(count, 10), shares, "{count}");
        }
    }

    #[test]
    fn each_share_runs_once_on_its_own_thread() {
        for shares in [0, 1, 2, 7] {
            let (done, threads) = ran(Builder::new, shares);
            assert_eq!((done, threads.len()), ((0..shares).collect(), shares));
        }
    }

    #[test]
    fn without_new_threads_the_calling_thread_does_the_work() {
        // No machine can allocate a stack of this size.
        let (done, threads) = ran(|| Builder::new().stack_size(1 << 60), 5);
        assert_eq!((done, threads), ((0..5).collect(), HashSet::from([current().id()])));
    }

    #[test]
    fn join_runs_the_second_closure_on_another_thread() {
        let (here, there) = join(|| current().id(), || current().id());
        assert!(here == current().id() && there != here);
    }

    #[test]
    fn a_panic_of_another_thread_reaches_the_caller() {
        let panicked = std::panic::catch_unwind(|| run_on_threads(2, |share| assert_eq!(share, 0)));
        assert!(panicked.is_err());
    }
}
