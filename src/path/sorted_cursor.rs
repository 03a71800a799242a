//! Looks up paths in a sorted list, quickly if they are requested in order.

use std::cmp::Ordering;

use super::RepoPath;

/// A cursor in a sorted list. Looking up many paths in order takes about one pass over the list in total; a single
/// lookup takes at most twice as long as a binary search, even if an attacker chose the paths.
#[derive(Debug)]
pub struct SortedCursor<'a, T> {
    all: &'a [T],
    rest: &'a [T],
    path: fn(&T) -> &RepoPath,
}

impl<'a, T> SortedCursor<'a, T> {
    /// Starts at the first item. `sorted` is in the order of paths, without duplicates.
    pub fn new(sorted: &'a [T], path: fn(&T) -> &RepoPath) -> Self {
        Self { all: sorted, rest: sorted, path }
    }

    /// Returns the item with that path. Searches from the previous result in steps that double, so paths that are far
    /// apart do not cause a walk over the list.
    pub fn find(&mut self, path: &RepoPath) -> Option<&'a T> {
        let compare = |item: &T| (self.path)(item).cmp(path);
        let found = match self.rest.first().map(compare) {
            // Usually the next item is requested.
            Some(Ordering::Equal) => Ok(0),
            Some(Ordering::Less) => {
                let mut bound = 1;
                while self.rest.get(bound).is_some_and(|item| compare(item) == Ordering::Less) {
                    bound *= 2;
                }
                let end = self.rest.len().min(bound + 1);
                self.rest[bound / 2..end]
                    .binary_search_by(compare)
                    .map(|at| bound / 2 + at)
                    .map_err(|at| bound / 2 + at)
            }
            Some(Ordering::Greater) | None => {
                let passed = &self.all[..self.all.len() - self.rest.len()];
                self.rest = self.all;
                passed.binary_search_by(compare)
            }
        };
        let (at, next) = found.map_or_else(|at| (None, at), |at| (Some(at), at + 1));
        let answer = at.map(|at| &self.rest[at]);
        self.rest = &self.rest[next..];
        answer
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn no_order_of_lookups_walks_the_list() {
        use std::cell::Cell;
        thread_local!(static COMPARED: Cell<usize> = const { Cell::new(0) });
        let list: Vec<RepoPath> = (0..10_000).map(|at| format!("{at:05}").parse().unwrap()).collect();
        let count = |order: &mut dyn Iterator<Item = usize>, restart: bool| {
            let new = || {
                SortedCursor::new(&list, |path| {
                    COMPARED.set(COMPARED.get() + 1);
                    path
                })
            };
            COMPARED.set(0);
            let mut cursor = new();
            for at in order {
                if restart {
                    cursor = new();
                }
                assert_eq!(cursor.find(&list[at]), Some(&list[at]));
            }
            COMPARED.get()
        };
        assert_eq!(count(&mut (0..10_000), false), 10_000);
        // Always the last item, backward, and alternating: at most twice the logarithm, plus the first comparison.
        assert!(count(&mut [9_999; 100].into_iter(), true) <= 100 * 30);
        assert!(count(&mut (0..10_000).rev(), false) <= 10_000 * 30);
        assert!(count(&mut (0..100).flat_map(|at| [at, 9_999 - at]), false) <= 200 * 30);
    }

    #[test]
    fn finds_every_path_in_any_order_and_no_other() {
        let paths = |names: &[&str]| -> Vec<RepoPath> { names.iter().map(|name| name.parse().unwrap()).collect() };
        let list = paths(&["a", "a.b", "a/b", "b", "d"]);
        let all = paths(&["0", "a", "a-", "a.b", "a/a", "a/b", "b", "c", "d", "e"]);
        for one in &all {
            for other in &all {
                let mut cursor = SortedCursor::new(&list, |path| path);
                for asked in [one, other, other] {
                    assert_eq!(cursor.find(asked), list.iter().find(|path| *path == asked), "{one}, {other}");
                }
            }
        }
        assert_eq!(SortedCursor::new(&[], |path| path).find(&all[0]), None);
    }
}
