//! Names that are the same file on systems that ignore case or normalize Unicode.

use std::borrow::Cow;
use std::collections::HashMap;

use super::RepoPath;
use crate::nfc::{nfc, nfd};

/// Returns the canonical caseless form of a path (Unicode Standard §3.13, D145), which colliding names share.
#[must_use]
pub fn fold(path: &str) -> Cow<'_, str> {
    if is_plain(path) {
        return Cow::Borrowed(path);
    }
    if path.is_ascii() {
        return Cow::Owned(path.to_ascii_lowercase());
    }
    Cow::Owned(nfc(&caseless::default_case_fold_str(&nfd(path))))
}

/// Returns whether a text is its own folded form because it has neither capitals nor characters beyond ASCII.
fn is_plain(text: &str) -> bool {
    // Always looks at every byte: without an early exit, the compiler can vectorize the loop.
    text.bytes().fold(true, |is_plain, byte| is_plain & byte.is_ascii() & !byte.is_ascii_uppercase())
}

/// Returns the positions of the paths that are not in the same directory as the path before, which in sorted order is few of
/// them: the questions below about directories look at these alone. `sorted` is in the order of paths.
pub fn directory_starts<T>(sorted: &[T], path: fn(&T) -> &RepoPath) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut before = "";
    for (at, text) in sorted.iter().map(|item| path(item).as_str()).enumerate() {
        // Byte by byte: names are too short to pay for setting up a faster search.
        let name = text.strip_prefix(before);
        if at == 0 || name.is_none_or(|name| name.bytes().any(|byte| byte == b'/')) {
            before = text.rfind('/').map_or("", |end| &text[..=end]);
            starts.push(at);
        }
    }
    starts
}

/// Returns two paths that collide on systems that ignore case or normalize names, or a file that collides with a
/// directory in the path of another. `sorted` is in the order of paths, without duplicates, and `starts` are its
/// [`directory_starts`].
pub fn name_collision<'a, T>(
    sorted: &'a [T],
    starts: &[usize],
    path: fn(&T) -> &RepoPath,
) -> Option<(&'a RepoPath, &'a RepoPath)> {
    let named = |name: &str| sorted.binary_search_by(|item| path(item).as_str().cmp(name)).ok();
    // Two names that equal their own folded form cannot collide, and nearly all names do. Each of the others is
    // compared with all names.
    let mut others: HashMap<String, usize> = HashMap::new();
    let mut next_directory = starts.iter().peekable();
    let (mut name_start, mut is_directory_plain) = (0, false);
    for (at, other) in sorted.iter().map(path).enumerate() {
        let text = other.as_str();
        if next_directory.next_if(|start| **start == at).is_some() {
            name_start = text.rfind('/').map_or(0, |end| end + 1);
            is_directory_plain = is_plain(&text[..name_start]);
        }
        if is_directory_plain && is_plain(&text[name_start..]) {
            continue;
        }
        let folded = fold(text);
        if folded == text {
            continue;
        }
        if let Some(same) = named(&folded).or_else(|| others.insert(folded.into_owned(), at)) {
            return Some((path(&sorted[same.min(at)]), path(&sorted[same.max(at)])));
        }
    }
    let mut before = "";
    for other in starts.iter().map(|at| path(&sorted[*at])) {
        let text = other.as_str();
        let directory = text.rfind('/').map_or("", |end| &text[..=end]);
        let seen = directory.bytes().zip(before.bytes()).take_while(|(a, b)| a == b).count();
        before = directory;
        for (end, _) in directory.match_indices('/').filter(|(end, _)| *end >= seen) {
            let folded = fold(&text[..end]);
            if let Some(file) = named(&folded).or_else(|| others.get(&*folded).copied()) {
                return Some((path(&sorted[file]), other));
            }
        }
    }
    None
}

/// Returns every directory that is another one on systems that ignore case or normalize names, after that other one.
/// `sorted` is in the order of paths, and `starts` are its [`directory_starts`]. Directories in such a pair are not compared
/// further down.
pub fn directory_collisions<'a, T>(
    sorted: &'a [T],
    starts: &[usize],
    path: fn(&T) -> &RepoPath,
) -> Vec<(&'a str, &'a str)> {
    // By the directory above and the folded name.
    let mut first: HashMap<(&str, Cow<'_, str>), &str> = HashMap::new();
    let mut found = Vec::new();
    let mut before = "";
    for text in starts.iter().map(|at| path(&sorted[*at]).as_str()) {
        let directory = text.rfind('/').map_or("", |end| &text[..=end]);
        let seen = directory.bytes().zip(before.bytes()).take_while(|(a, b)| a == b).count();
        before = directory;
        let mut above = "";
        for (end, _) in directory.match_indices('/') {
            let whole = &text[..end];
            if end >= seen {
                let name = whole.rsplit('/').next().unwrap_or(whole);
                let other = *first.entry((above, fold(name))).or_insert(whole);
                if other != whole && !found.contains(&(other, whole)) {
                    found.push((other, whole));
                }
            }
            above = whole;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn found(names: &[&str]) -> Option<(String, String)> {
        let mut paths: Vec<RepoPath> = names.iter().map(|name| name.parse().unwrap()).collect();
        paths.sort();
        name_collision(&paths, &directory_starts(&paths, |path| path), |path| path)
            .map(|(one, other)| (one.to_string(), other.to_string()))
    }

    #[test]
    fn finds_names_that_collide_on_some_systems() {
        for (one, other) in [
            ("Model.bin", "model.bin"),
            ("MODEL.bin", "Model.bin"),
            ("a/B", "a/b"),
            ("A/b", "a/B"),
            ("Data", "data/x"),
            ("data", "data/x"),
            ("data", "DATA/x/y"),
            ("x/data", "X/Data/y"),
            ("STRASSE", "Straße"),
            ("Caf\u{e9}", "caf\u{e9}"),
            ("cafe\u{301}", "caf\u{e9}"),
            ("\u{e9}", "\u{e9}/x"),
            ("e\u{301}", "\u{e9}/x"),
            ("\u{212b}ngstrom", "\u{e5}ngstrom"),
        ] {
            let (first, second) = found(&["", "a", "data-2", "Data2", "model", "x/a", "y/A", one, other][1..]).unwrap();
            assert!(
                [(one, other), (other, one)].contains(&(first.as_str(), second.as_str())),
                "{one} and {other}: {first} and {second}"
            );
        }
    }

    #[test]
    fn finds_directories_that_collide() {
        let found = |names: &[&str]| {
            let mut paths: Vec<RepoPath> = names.iter().map(|name| name.parse().unwrap()).collect();
            paths.sort();
            let found = directory_collisions(&paths, &directory_starts(&paths, |path| path), |path| path);
            found.iter().map(|(one, other)| format!("{one} {other}")).collect::<Vec<_>>()
        };
        assert_eq!(found(&["Data/a", "data/b"]), ["Data data"]);
        assert_eq!(found(&["Data/a", "data/b", "DATA/sub/c", "data/sub/d"]), ["DATA Data", "DATA data"]);
        assert_eq!(found(&["x/Caf\u{e9}/a", "x/caf\u{e9}/sub/b"]), ["x/Caf\u{e9} x/caf\u{e9}"]);
        assert_eq!(found(&["Stra\u{df}e/a", "STRASSE/b"]), ["STRASSE Stra\u{df}e"]);
        // The names further down are those of the same directory.
        assert_eq!(found(&["A/b/x", "a/B/y"]), ["A a"]);
        assert_eq!(found(&["a/B/x", "a/b/y", "a-c/z"]), ["a/B a/b"]);
        for accepted in [&["a/x", "a/y", "b/a/x", "A2/x"][..], &["x/a", "X"], &["Data"], &[]] {
            assert!(found(accepted).is_empty(), "{accepted:?}");
        }
    }

    #[test]
    fn checks_a_directory_after_one_with_the_same_prefix() {
        assert_eq!(found(&["A", "a-b/x", "a/x"]), Some(("A".to_owned(), "a/x".to_owned())));
        assert_eq!(found(&["B", "a-b/x", "a/b/x"]), None);
    }

    #[test]
    fn names_that_do_not_collide_are_accepted() {
        assert_eq!(found(&[]), None);
        assert_eq!(
            found(&["a", "b", "data/x", "data/y", "Data2", "x/a", "y/A", "\u{e9}", "e", "\u{131}", "i", "Stra\u{df}"]),
            None
        );
        assert_eq!(found(&["data", "data.bin", "data-x", "data0/data", "a/data"]), None);
    }
}
