//! Looking paths up in a sorted list, when they are asked for in order too.

use std::cmp::Ordering;

use super::RepoPath;

/// A sorted list that is looked through once, from path to path: all lookups together take as long as the list, where
/// searching it for each would take as long as its logarithm each.
#[derive(Debug)]
pub struct Ascending<'a, T> {
    all: &'a [T],
    rest: &'a [T],
    path: fn(&T) -> &RepoPath,
}

impl<'a, T> Ascending<'a, T> {
    /// Begins at the first; `sorted` is in the order of paths, each of them once.
    pub fn new(sorted: &'a [T], path: fn(&T) -> &RepoPath) -> Self {
        Self { all: sorted, rest: sorted, path }
    }

    /// Returns what has that path. Whoever asks for one that comes before the last one starts over.
    pub fn find(&mut self, path: &RepoPath) -> Option<&'a T> {
        let of = self.path;
        // Nearly always the next one is asked for, which one comparison tells.
        let mut is_known_to_follow = false;
        loop {
            let next = self.rest.first();
            match next.map_or(Ordering::Greater, |item| of(item).cmp(path)) {
                Ordering::Equal => {
                    self.rest = &self.rest[1..];
                    return next;
                }
                Ordering::Less => {
                    self.rest = &self.rest[1..];
                    is_known_to_follow = true;
                }
                Ordering::Greater => {
                    let passed = &self.all[..self.all.len() - self.rest.len()];
                    if is_known_to_follow || passed.last().is_none_or(|last| of(last) < path) {
                        return None;
                    }
                    self.rest = self.all;
                    is_known_to_follow = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn every_path_is_found_in_whatever_order_and_no_other() {
        let paths = |names: &[&str]| -> Vec<RepoPath> { names.iter().map(|name| name.parse().unwrap()).collect() };
        let list = paths(&["a", "a.b", "a/b", "b", "d"]);
        let all = paths(&["0", "a", "a-", "a.b", "a/a", "a/b", "b", "c", "d", "e"]);
        for one in &all {
            for other in &all {
                let mut ascending = Ascending::new(&list, |path| path);
                for asked in [one, other, other] {
                    assert_eq!(ascending.find(asked), list.iter().find(|path| *path == asked), "{one}, {other}");
                }
            }
        }
        assert_eq!(Ascending::new(&[], |path| path).find(&all[0]), None);
    }
}
