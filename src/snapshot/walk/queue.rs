//! A queue of tasks that add more tasks, for several threads.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The tasks that are left. The last one added is taken first, so that a tree is walked depth-first and only the
/// siblings along the current path wait.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    tasks: Vec<T>,
    /// The number of tasks that were taken and are not done; each of them may add more.
    taken: usize,
    is_stopped: bool,
}

/// A task that was taken. It is done when this is dropped.
#[derive(Debug)]
pub(super) struct Taken<'q, T>(&'q Queue<T>);

impl<T> Queue<T> {
    pub(super) fn new(first: T) -> Self {
        let state = State { tasks: vec![first], taken: 0, is_stopped: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // The state is consistent at all times, so a poisoned lock is harmless.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a task; `None` if none is left and none can be added.
    pub(super) fn take(&self) -> Option<(T, Taken<'_, T>)> {
        let mut state = self.state();
        while !state.is_stopped {
            if let Some(task) = state.tasks.pop() {
                state.taken += 1;
                return Some((task, Taken(self)));
            }
            if state.taken == 0 {
                break;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    pub(super) fn put(&self, task: T) {
        self.state().tasks.push(task);
        self.changed.notify_one();
    }

    /// Makes every thread stop taking tasks.
    pub(super) fn stop(&self) {
        self.state().is_stopped = true;
        self.changed.notify_all();
    }

    /// Returns whether no task is waiting.
    pub(super) fn is_empty(&self) -> bool {
        self.state().tasks.is_empty()
    }
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.taken -= 1;
        if state.taken == 0 && state.tasks.is_empty() {
            drop(state);
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    /// Does tasks; each adds two of the next lower height.
    fn work(queue: &Queue<u32>, done: &AtomicUsize) {
        while let Some((height, _taken)) = queue.take() {
            done.fetch_add(1, Ordering::Relaxed);
            for _ in 0..height.min(2) {
                queue.put(height - 1);
            }
        }
    }

    #[test]
    fn every_task_is_done_once_and_all_threads_end() {
        for threads in [1, 2, 7] {
            let (queue, done) = (Queue::new(10), AtomicUsize::new(0));
            thread::scope(|scope| {
                (0..threads).for_each(|_| drop(scope.spawn(|| work(&queue, &done))));
            });
            // A binary tree down to height 1, whose leaves add one task each.
            assert_eq!(done.into_inner(), (1 << 10) - 1 + (1 << 9), "{threads} threads");
            assert!(queue.take().is_none());
        }
    }

    #[test]
    fn waiting_threads_wake_for_tasks_and_the_end() {
        let queue = Queue::new(1);
        let (first, taken) = queue.take().unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.take().map(|(task, _)| task));
            queue.put(first + 1);
            assert_eq!(waiting.join().unwrap(), Some(2));
            let waiting = scope.spawn(|| queue.take().is_none());
            drop(taken);
            assert!(waiting.join().unwrap());
        });
        queue.put(3);
        queue.stop();
        assert!(queue.take().is_none());
        assert!(!queue.is_empty());
    }

    #[test]
    fn a_panic_does_not_block_other_threads() {
        let queue = Queue::new(());
        let panicked = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let _taken = queue.take().unwrap();
                    panic!("on purpose");
                })
                .join()
        });
        assert!(panicked.is_err() && queue.take().is_none());
    }
}
