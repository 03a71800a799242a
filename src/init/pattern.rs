//! Files → the few patterns that match them and no others.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifacts::glob::Glob;
use crate::path::RepoPath;

/// More files than this are named together where one pattern can.
const NAMED: usize = 3;
/// The most patterns of a component; a longer list is none that anybody reads.
pub(super) const MOST: usize = 40;

/// What is known of a directory: which components its files belong to.
#[derive(Debug, Default)]
struct Below {
    owners: BTreeSet<Option<usize>>,
    files: usize,
}

/// Returns the patterns of each owner, in the order of paths. `files` are in the order of path bytes, each with its owner.
/// A file that no pattern can name alone, and those past the most that anybody reads, are left out.
pub(super) fn patterns(files: &[(&RepoPath, Option<usize>)], owners: usize) -> Vec<Vec<String>> {
    let mut directories: BTreeMap<&str, Below> = BTreeMap::new();
    // Directory, ending and whether it is one of a series → owners.
    let mut groups: BTreeMap<(&str, String), Below> = BTreeMap::new();
    for (path, owner) in files {
        for (at, _) in path.as_str().match_indices('/') {
            let below = directories.entry(&path.as_str()[..at]).or_default();
            below.owners.insert(*owner);
            below.files += 1;
        }
        if let Some(wild) = by_ending(path) {
            let group = groups.entry((directory(path), wild)).or_default();
            group.owners.insert(*owner);
            group.files += 1;
        }
    }
    let mut found: Vec<Vec<String>> = vec![Vec::new(); owners];
    for (path, owner) in files {
        let Some(owner) = *owner else { continue };
        let belongs = |below: &&Below| below.owners.len() == 1 && below.files > NAMED;
        let whole = path.as_str().match_indices('/').map(|(at, _)| &path.as_str()[..at]);
        let whole = whole.into_iter().find(|directory| directories.get(directory).filter(belongs).is_some());
        let group =
            by_ending(path).filter(|wild| groups.get(&(directory(path), wild.clone())).filter(belongs).is_some());
        let pattern = match (whole, group) {
            (Some(directory), _) => format!("{}/", escaped(directory)),
            (None, Some(wild)) => joined(directory(path), &wild),
            (None, None) => escaped(&shards(path.as_str())),
        };
        let usable = pattern.parse::<Glob>().is_ok_and(|glob| glob.matches(path));
        let own = &mut found[owner];
        if usable && own.len() < MOST && own.last() != Some(&pattern) && !own.contains(&pattern) {
            own.push(pattern);
        }
    }
    found
}

fn directory(path: &RepoPath) -> &str {
    path.as_str().rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// `*.py` for `train.py`; nothing for a name without an ending.
fn by_ending(path: &RepoPath) -> Option<String> {
    let (_, ending) = path.file_name().rsplit_once('.')?;
    Some(format!("*.{}", escaped(ending)))
}

fn joined(directory: &str, wild: &str) -> String {
    if directory.is_empty() { wild.to_owned() } else { format!("{}/{wild}", escaped(directory)) }
}

/// `model-*-of-00002.safetensors` for each of the two, marked for [`escaped`] by a NUL, which no path has.
fn shards(path: &str) -> String {
    let Some((head, tail)) = path.split_once("-of-") else { return path.to_owned() };
    let digits = head.len() - head.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 5 && tail.get(..5).is_some_and(|total| total.bytes().all(|b| b.is_ascii_digit())) {
        return format!("{}\0-of-{tail}", &head[..head.len() - digits]);
    }
    path.to_owned()
}

/// Writes what would mean something in a pattern as a class of one.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => pattern.push('*'),
            '*' | '?' | '[' | '{' | '}' => pattern.extend(['[', c, ']']),
            c => pattern.push(c),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn found(files: &[(&str, Option<usize>)]) -> Vec<Vec<String>> {
        let mut paths: Vec<(RepoPath, Option<usize>)> =
            files.iter().map(|(path, owner)| (path.parse().unwrap(), *owner)).collect();
        paths.sort();
        let paths: Vec<(&RepoPath, Option<usize>)> = paths.iter().map(|(path, owner)| (path, *owner)).collect();
        let owners = files.iter().filter_map(|(_, owner)| *owner).max().map_or(0, |most| most + 1);
        let patterns = patterns(&paths, owners);
        for (path, owner) in &paths {
            for (of, list) in patterns.iter().enumerate() {
                let matched = list.iter().any(|pattern| pattern.parse::<Glob>().unwrap().matches(path));
                assert!(!matched || *owner == Some(of), "{path} is taken by {of}");
            }
        }
        patterns
    }

    #[test]
    fn a_directory_of_one_kind_is_one_pattern() {
        let files: Vec<String> = (0..5000).map(|at| format!("data/{}/{at}.txt", at % 7)).collect();
        let files: Vec<(&str, Option<usize>)> = files.iter().map(|path| (path.as_str(), Some(0))).collect();
        assert_eq!(found(&files), [["data/"]]);
    }

    #[test]
    fn a_pattern_takes_no_file_of_another_component() {
        let files =
            [("a/1.py", Some(0)), ("a/2.py", Some(0)), ("a/3.py", Some(0)), ("a/4.py", Some(0)), ("a/x.sh", Some(1))];
        assert_eq!(found(&files), [vec!["a/*.py"], vec!["a/x.sh"]]);
        let files =
            [("a/1.py", Some(0)), ("a/2.py", Some(0)), ("a/3.py", Some(0)), ("a/4.py", Some(0)), ("a/z.py", None)];
        assert_eq!(found(&files), [["a/1.py", "a/2.py", "a/3.py", "a/4.py"]]);
    }

    #[test]
    fn shards_are_one_pattern_and_names_with_wildcards_stand_for_themselves() {
        let files = [
            ("m-00001-of-00002.safetensors", Some(0)),
            ("m-00002-of-00002.safetensors", Some(0)),
            ("w[1]{a}.bin", Some(1)),
            ("w1a.bin", None),
        ];
        assert_eq!(found(&files), [vec!["m-*-of-00002.safetensors"], vec!["w[[]1][{]a[}].bin"]]);
    }
}
