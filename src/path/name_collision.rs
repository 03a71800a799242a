//! Names that some systems take for one: those that ignore case, or normalise what is not ASCII.

use std::borrow::Cow;
use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use super::RepoPath;

/// Returns what a path has in common with its lookalikes: Unicode's canonical caseless form (Unicode 3.13, D145).
#[must_use]
pub fn fold(path: &str) -> Cow<'_, str> {
    // Looks at all bytes whatever the first are: without a way out, a processor looks at many at a time.
    if path.bytes().fold(true, |is_plain, byte| is_plain & byte.is_ascii() & !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(path);
    }
    if path.is_ascii() {
        return Cow::Owned(path.to_ascii_lowercase());
    }
    Cow::Owned(caseless::default_case_fold_str(&path.nfd().collect::<String>()).nfc().collect())
}

/// Returns two paths that systems which ignore case, or normalise names, take for one; or a file and the directory of
/// another. `sorted` is in the order of paths, each of them once.
pub fn name_collision<T>(sorted: &[T], path: fn(&T) -> &RepoPath) -> Option<(&RepoPath, &RepoPath)> {
    let named = |name: &str| sorted.binary_search_by(|item| path(item).as_str().cmp(name)).ok();
    // Names that are their own form are no twins of one another, and nearly all names are such. Of the others each is held
    // against those, and against the others.
    let mut others: HashMap<String, usize> = HashMap::new();
    for (at, other) in sorted.iter().map(path).enumerate() {
        let folded = fold(other.as_str());
        if folded == other.as_str() {
            continue;
        }
        if let Some(twin) = named(&folded).or_else(|| others.insert(folded.into_owned(), at)) {
            return Some((path(&sorted[twin.min(at)]), path(&sorted[twin.max(at)])));
        }
    }
    let mut before = "";
    for other in sorted.iter().map(path) {
        let text = other.as_str();
        // In this order most have the directory of the one before.
        let directory = text.rfind('/').map_or("", |end| &text[..=end]);
        if directory == before {
            continue;
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn found(names: &[&str]) -> Option<(String, String)> {
        let mut paths: Vec<RepoPath> = names.iter().map(|name| name.parse().unwrap()).collect();
        paths.sort();
        name_collision(&paths, |path| path).map(|(one, other)| (one.to_string(), other.to_string()))
    }

    #[test]
    fn names_that_are_one_to_some_systems_are_found_among_others() {
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
    fn a_directory_behind_one_whose_name_begins_alike_is_looked_at() {
        assert_eq!(found(&["A", "a-b/x", "a/x"]), Some(("A".to_owned(), "a/x".to_owned())));
        assert_eq!(found(&["B", "a-b/x", "a/b/x"]), None);
    }

    #[test]
    fn other_names_are_not() {
        assert_eq!(found(&[]), None);
        assert_eq!(
            found(&["a", "b", "data/x", "data/y", "Data2", "x/a", "y/A", "\u{e9}", "e", "\u{131}", "i", "Stra\u{df}"]),
            None
        );
        assert_eq!(found(&["data", "data.bin", "data-x", "data0/data", "a/data"]), None);
    }
}
