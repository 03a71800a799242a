//! Looking paths up in a sorted list, when they are asked for in order too.

use std::cmp::Ordering;

use super::RepoPath;

/// A sorted list that is looked through from path to path: many lookups in order take about as long as the list together,
/// and one alone no longer than twice a binary search, whoever chose the paths.
#[derive(Debug)]
pub struct SortedCursor<'a, T> {
    all: &'a [T],
    rest: &'a [T],
    path: fn(&T) -> &RepoPath,
}

impl<'a, T> SortedCursor<'a, T> {
    /// Begins at the first; `sorted` is in the order of paths, each of them once.
    pub fn new(sorted: &'a [T], path: fn(&T) -> &RepoPath) -> Self {
        Self { all: sorted, rest: sorted, path }
    }

    /// Returns what has that path. Looks from where the last one was found, in steps that double, so that few paths that stand
    /// far apart take no walk of the list each.
    pub fn find(&mut self, path: &RepoPath) -> Option<&'a T> {
        let compare = |item: &T| (self.path)(item).cmp(path);
        let found = match self.rest.first().map(compare) {
            // Nearly always the next one is asked for.
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
    fn whatever_is_asked_in_whatever_order_no_lookup_walks_the_list() {
        use std::cell::Cell;
        thread_local!(static ASKED: Cell<usize> = const { Cell::new(0) });
        let list: Vec<RepoPath> = (0..10_000).map(|at| format!("{at:05}").parse().unwrap()).collect();
        let count = |order: &mut dyn Iterator<Item = usize>, anew: bool| {
            let new = || {
                SortedCursor::new(&list, |path| {
                    ASKED.set(ASKED.get() + 1);
                    path
                })
            };
            ASKED.set(0);
            let mut ascending = new();
            for at in order {
                if anew {
                    ascending = new();
                }
                assert_eq!(ascending.find(&list[at]), Some(&list[at]));
            }
            ASKED.get()
        };
        assert_eq!(count(&mut (0..10_000), false), 10_000);
        // The last one each time, backwards, and by turns: at most twice the logarithm, and the first look.
        assert!(count(&mut [9_999; 100].into_iter(), true) <= 100 * 30);
        assert!(count(&mut (0..10_000).rev(), false) <= 10_000 * 30);
        assert!(count(&mut (0..100).flat_map(|at| [at, 9_999 - at]), false) <= 200 * 30);
    }

    #[test]
    fn every_path_is_found_in_whatever_order_and_no_other() {
        let paths = |names: &[&str]| -> Vec<RepoPath> { names.iter().map(|name| name.parse().unwrap()).collect() };
        let list = paths(&["a", "a.b", "a/b", "b", "d"]);
        let all = paths(&["0", "a", "a-", "a.b", "a/a", "a/b", "b", "c", "d", "e"]);
        for one in &all {
            for other in &all {
                let mut ascending = SortedCursor::new(&list, |path| path);
                for asked in [one, other, other] {
                    assert_eq!(ascending.find(asked), list.iter().find(|path| *path == asked), "{one}, {other}");
                }
            }
        }
        assert_eq!(SortedCursor::new(&[], |path| path).find(&all[0]), None);
    }
}
