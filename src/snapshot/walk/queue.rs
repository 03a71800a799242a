//! Work that makes more work, for several threads.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What is still to be done. The last that was put in is taken out first, so that a tree is walked in depth, and what waits
/// is no more than the directories beside the way down.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    tasks: Vec<T>,
    /// How many have been taken out and are not done, each of which may put more in.
    taken: usize,
    is_stopped: bool,
}

/// A task that was taken out; it is done when this is dropped.
#[derive(Debug)]
pub(super) struct Taken<'q, T>(&'q Queue<T>);

impl<T> Queue<T> {
    pub(super) fn new(first: T) -> Self {
        let state = State { tasks: vec![first], taken: 0, is_stopped: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // What stands in it is whole at all times.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a task; `None` where none is left and none can come any more.
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

    /// Nobody takes out anything any more.
    pub(super) fn stop(&self) {
        self.state().is_stopped = true;
        self.changed.notify_all();
    }

    /// Whether none waits.
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

    /// Each task of a height puts two of the next in.
    fn fell(queue: &Queue<u32>, felled: &AtomicUsize) {
        while let Some((height, _taken)) = queue.take() {
            felled.fetch_add(1, Ordering::Relaxed);
            for _ in 0..height.min(2) {
                queue.put(height - 1);
            }
        }
    }

    #[test]
    fn all_is_done_once_and_everybody_goes_home() {
        for threads in [1, 2, 7] {
            let (queue, felled) = (Queue::new(10), AtomicUsize::new(0));
            thread::scope(|scope| {
                (0..threads).for_each(|_| drop(scope.spawn(|| fell(&queue, &felled))));
            });
            // A binary tree down to height 1, whose leaves put in one more.
            assert_eq!(felled.into_inner(), (1 << 10) - 1 + (1 << 9), "{threads} threads");
            assert!(queue.take().is_none());
        }
    }

    #[test]
    fn who_waits_hears_of_new_work_of_the_end_and_of_a_stop() {
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
    fn a_panic_leaves_nobody_waiting() {
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
