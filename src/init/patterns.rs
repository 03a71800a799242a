//! Finding a few patterns that match given files and no others.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifacts::glob::Glob;
use crate::path::RepoPath;

/// More files than this are replaced by one pattern if possible.
const MAX_NAMED: usize = 3;
/// The limit for the number of patterns of a component, to keep lists readable.
pub(super) const MAX_PATTERNS: usize = 40;

/// The owners and the number of some files.
#[derive(Debug, Default)]
struct Group {
    owners: BTreeSet<Option<usize>>,
    files: usize,
}

/// Returns the patterns for each owner in the order of paths. `files` are sorted by path bytes; each has the number of
/// its owner, below `owners`, or none.
///
/// Left out are files that no pattern can name, and patterns beyond [`MAX_PATTERNS`].
pub(super) fn patterns(files: &[(&RepoPath, Option<usize>)], owners: usize) -> Vec<Vec<String>> {
    let mut directories: BTreeMap<&str, Group> = BTreeMap::new();
    // By directory and pattern of the extension.
    let mut groups: BTreeMap<(&str, String), Group> = BTreeMap::new();
    for (path, owner) in files {
        for (at, _) in path.as_str().match_indices('/') {
            let group = directories.entry(&path.as_str()[..at]).or_default();
            group.owners.insert(*owner);
            group.files += 1;
        }
        if let Some(wild) = by_extension(path) {
            let group = groups.entry((directory(path), wild)).or_default();
            group.owners.insert(*owner);
            group.files += 1;
        }
    }
    let mut found: Vec<Vec<String>> = vec![Vec::new(); owners];
    for (path, owner) in files {
        let Some(owner) = *owner else { continue };
        let belongs = |group: &&Group| group.owners.len() == 1 && group.files > MAX_NAMED;
        let whole = path.as_str().match_indices('/').map(|(at, _)| &path.as_str()[..at]);
        let whole = whole.into_iter().find(|directory| directories.get(directory).filter(belongs).is_some());
        let group =
            by_extension(path).filter(|wild| groups.get(&(directory(path), wild.clone())).filter(belongs).is_some());
        let pattern = match (whole, group) {
            (Some(directory), _) => format!("{}/", escaped(directory)),
            (None, Some(wild)) => joined(directory(path), &wild),
            (None, None) => escaped(&shards(path.as_str())),
        };
        let usable = pattern.parse::<Glob>().is_ok_and(|glob| glob.matches(path));
        let own = &mut found[owner];
        if usable && own.len() < MAX_PATTERNS && own.last() != Some(&pattern) && !own.contains(&pattern) {
            own.push(pattern);
        }
    }
    found
}

fn directory(path: &RepoPath) -> &str {
    path.as_str().rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Returns `*.py` for `train.py`, and nothing for a name without an extension.
fn by_extension(path: &RepoPath) -> Option<String> {
    let (_, extension) = path.file_name().rsplit_once('.')?;
    Some(format!("*.{}", escaped(extension)))
}

fn joined(directory: &str, wild: &str) -> String {
    if directory.is_empty() { wild.to_owned() } else { format!("{}/{wild}", escaped(directory)) }
}

/// Returns `model-*-of-00002.safetensors` for the path of a shard. The star is a NUL, which no path contains, until
/// [`escaped`] replaces it.
fn shards(path: &str) -> String {
    let Some((head, tail)) = path.split_once("-of-") else { return path.to_owned() };
    let digits = head.len() - head.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 5 && tail.get(..5).is_some_and(|total| total.bytes().all(|b| b.is_ascii_digit())) {
        return format!("{}\0-of-{tail}", &head[..head.len() - digits]);
    }
    path.to_owned()
}

/// Writes each character that has a meaning in a pattern as a class of its own.
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
                assert!(!matched || *owner == Some(of), "{path} is matched by {of}");
            }
        }
        patterns
    }

    #[test]
    fn a_directory_with_one_owner_becomes_one_pattern() {
        let files: Vec<String> = (0..5000).map(|at| format!("data/{}/{at}.txt", at % 7)).collect();
        let files: Vec<(&str, Option<usize>)> = files.iter().map(|path| (path.as_str(), Some(0))).collect();
        assert_eq!(found(&files), [["data/"]]);
    }

    #[test]
    fn a_pattern_does_not_match_files_of_another_component() {
        let files =
            [("a/1.py", Some(0)), ("a/2.py", Some(0)), ("a/3.py", Some(0)), ("a/4.py", Some(0)), ("a/x.sh", Some(1))];
        assert_eq!(found(&files), [vec!["a/*.py"], vec!["a/x.sh"]]);
        let files =
            [("a/1.py", Some(0)), ("a/2.py", Some(0)), ("a/3.py", Some(0)), ("a/4.py", Some(0)), ("a/z.py", None)];
        assert_eq!(found(&files), [["a/1.py", "a/2.py", "a/3.py", "a/4.py"]]);
    }

    #[test]
    fn shards_become_one_pattern_and_wildcards_are_escaped() {
        let files = [
            ("m-00001-of-00002.safetensors", Some(0)),
            ("m-00002-of-00002.safetensors", Some(0)),
            ("w[1]{a}.bin", Some(1)),
            ("w1a.bin", None),
        ];
        assert_eq!(found(&files), [vec!["m-*-of-00002.safetensors"], vec!["w[[]1][{]a[}].bin"]]);
    }
}
