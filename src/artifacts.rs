//! Assigning files to components: the manifest's patterns resolved against a list of files.
//!
//! An [`Inventory`] lists each pattern with its matches, even if there are none; rules check the list. Resolving opens
//! no file. Files are hashed by [`digest`] when a release is signed or verified.

pub mod digest;
pub(crate) mod download_marker;
pub mod format;
pub mod git_blob;
pub mod glob;
pub mod header;
pub(crate) mod housekeeping;
pub mod lfs;
pub mod completeness;
pub mod notable;
pub mod oms_bundle;
mod onnx;
mod window;

use crate::files::{Entry, Files, Kind};
use crate::manifest::{FILE_NAME, Manifest, Text};
use crate::path::RepoPath;
use crate::source::Span;

use glob::{Glob, GlobError};

/// The files of a release, divided as the manifest says. Numbers are positions in [`Files::entries`], in ascending
/// order.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Inventory {
    /// The components, in the order of `manifest.components`.
    pub components: Vec<Claimed>,
    /// The safeguards, in the order of `manifest.safeguards`.
    pub safeguards: Vec<Claimed>,
    /// The exclude patterns, in the order of `manifest.coverage.exclude`.
    pub exclude: Vec<Pattern>,
    /// Regular files that an exclude pattern matches, whether or not a component claims them too.
    pub excluded: Vec<usize>,
    /// Regular files that nothing claims or excludes, except the manifest. A signature covers them anyway.
    pub undeclared: Vec<usize>,
    /// The files that a signature covers: every regular file that is not excluded.
    pub covered: Vec<usize>,
    claims: Claims,
}

/// For each entry, the components that claim it. Two lists for all entries, because a release may have many.
#[derive(Debug, Clone, Default)]
struct Claims {
    /// For each entry, where its components start in `components`; at last, the number of `components`.
    starts: Vec<usize>,
    components: Vec<usize>,
}

impl Claims {
    fn of(components: &[Claimed], count: usize) -> Self {
        let all =
            || components.iter().enumerate().flat_map(|(at, claimed)| claimed.entries.iter().map(move |e| (*e, at)));
        // At first, `starts[entry + 1]` is where the next component of the entry goes.
        let mut starts = vec![0; count + 2];
        all().for_each(|(entry, _)| starts[entry + 2] += 1);
        for at in 2..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut sorted = vec![0; starts.last().copied().unwrap_or_default()];
        for (entry, component) in all() {
            sorted[starts[entry + 1]] = component;
            starts[entry + 1] += 1;
        }
        starts.pop();
        Self { starts, components: sorted }
    }

    fn of_entry(&self, entry: usize) -> &[usize] {
        match (self.starts.get(entry), self.starts.get(entry + 1)) {
            (Some(start), Some(end)) => &self.components[*start..*end],
            _ => &[],
        }
    }
}

/// The files that the patterns of one table match.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Claimed {
    /// The patterns, in the order written.
    pub patterns: Vec<Pattern>,
    /// The entries that any of them matches, each once: files, symbolic links, submodules, and files missing on disk.
    pub entries: Vec<usize>,
}

/// A pattern with its matches.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Pattern {
    /// The pattern as written.
    pub text: String,
    /// Its position in the manifest.
    pub span: Span,
    /// The entries that it matches, or why it is not a valid pattern.
    pub matches: Result<Vec<usize>, GlobError>,
}

impl Inventory {
    /// Resolves the patterns of a manifest against a list of files.
    #[must_use]
    pub fn resolve(manifest: &Manifest, files: &dyn Files) -> Self {
        let entries = files.entries();
        let components: Vec<Claimed> =
            manifest.components.iter().map(|component| Claimed::resolve(&component.files, entries)).collect();
        let safeguards: Vec<Claimed> =
            manifest.safeguards.iter().map(|safeguard| Claimed::resolve(&safeguard.files, entries)).collect();
        let exclude: Vec<Pattern> =
            manifest.coverage.exclude.iter().map(|text| Pattern::resolve(text, entries)).collect();

        let mut is_claimed = vec![false; entries.len()];
        for claimed in components.iter().chain(&safeguards) {
            claimed.entries.iter().for_each(|&entry| is_claimed[entry] = true);
        }
        let mut is_excluded = vec![false; entries.len()];
        for pattern in &exclude {
            pattern.entries().iter().for_each(|&entry| is_excluded[entry] = true);
        }

        let regular = || entries.iter().enumerate().filter(|(_, entry)| matches!(entry.kind, Kind::File { .. }));
        let (excluded, covered): (Vec<usize>, Vec<usize>) =
            regular().map(|(at, _)| at).partition(|&at| is_excluded[at]);
        let undeclared = regular()
            .filter(|(at, entry)| !is_claimed[*at] && !is_excluded[*at] && entry.path.as_str() != FILE_NAME)
            .map(|(at, _)| at)
            .collect();
        let claims = Claims::of(&components, entries.len());
        Self { components, safeguards, exclude, excluded, undeclared, covered, claims }
    }

    /// Returns the components that claim an entry, as positions in `components`, in ascending order.
    #[must_use]
    pub fn claimed_by(&self, entry: usize) -> &[usize] {
        self.claims.of_entry(entry)
    }
}

impl Claimed {
    fn resolve(patterns: &[Text], entries: &[Entry]) -> Self {
        let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::resolve(text, entries)).collect();
        let matched = each_once(entries.len(), patterns.iter().map(|pattern| pattern.entries().iter().copied()));
        Self { patterns, entries: matched }
    }
}

impl Pattern {
    fn resolve(text: &Text, entries: &[Entry]) -> Self {
        let matches = text.value.parse::<Glob>().map(|glob| select(&glob, entries, |entry| &entry.path));
        Self { text: text.value.clone(), span: text.span, matches }
    }

    /// Returns the entries that it matches; none if it is not a valid pattern.
    #[must_use]
    pub fn entries(&self) -> &[usize] {
        self.matches.as_deref().unwrap_or_default()
    }
}

/// Returns the union of selections of numbers below `count`, in ascending order.
///
/// It takes time proportional to all selections together, but memory only for three times `count` numbers, however many
/// selections there are: the patterns may be an attacker's.
#[must_use]
pub fn each_once<S: IntoIterator<Item = usize>>(count: usize, selections: impl Iterator<Item = S>) -> Vec<usize> {
    let mut matched = Vec::new();
    for selection in selections {
        matched.extend(selection);
        if matched.len() > count.saturating_mul(2) {
            matched.sort_unstable();
            matched.dedup();
        }
    }
    matched.sort_unstable();
    matched.dedup();
    matched
}

/// Returns the positions of the items that a pattern matches, in ascending order. `sorted` is in the order of paths.
///
/// Only items at or below the literal start of the pattern are compared, so that a manifest may name many files one by
/// one.
pub fn select<T>(glob: &Glob, sorted: &[T], path: impl Fn(&T) -> &RepoPath) -> Vec<usize> {
    let root = glob.root();
    let before = |name: &str| sorted.partition_point(|item| path(item).as_str() < name);
    // `0` follows `/`. Paths between `root` and `root/`, such as `root.txt`, are neither the root nor below it.
    let (itself, below) = match root {
        "" => (None, 0..sorted.len()),
        root => (Some(before(root)), before(&format!("{root}/"))..before(&format!("{root}0"))),
    };
    let matches = |at: &usize| sorted.get(*at).is_some_and(|item| glob.matches(path(item)));
    let is_root = |at: &usize| sorted.get(*at).is_some_and(|item| path(item).as_str() == root) && matches(at);
    let is_all = glob.is_all_below_root();
    itself.into_iter().filter(is_root).chain(below.filter(|at| is_all || matches(at))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;

    use super::*;
    use crate::manifest::{Component, Coverage, Openness, Safeguard, Terms};
    use crate::snapshot::Snapshot;
    use crate::source::Spanned;

    fn texts(patterns: &[&str]) -> Vec<Text> {
        patterns.iter().map(|text| Spanned::new((*text).to_owned(), 0..0)).collect()
    }

    fn component(id: &str, files: &[&str]) -> Component {
        Component {
            id: Spanned::new(id.to_owned(), 0..0),
            openness: Some(Spanned::new(Openness::Open, 0..0)),
            terms: Terms::default(),
            files: texts(files),
            remote: Vec::new(),
            documentation: Vec::new(),
            reason: None,
            reason_kind: None,
            data_class: None,
            safeguards: Vec::new(),
            released_tokens: None,
            description: None,
        }
    }

    #[test]
    fn select_finds_what_matches_finds() {
        let names = ["a", "w", "w.bin", "w/a.bin", "w/b.bin", "w/x/c.bin", "w0", "x"];
        let patterns =
            ["w", "w/", "w/*", "w/*.bin", "w/**", "w/x/c.bin", "w*", "**/*.bin", "*", "**", "v/*", "w/{a,b}.bin"];
        // With and without the root itself.
        for left_out in [None, Some("w"), Some("w.bin"), Some("w/a.bin"), Some("w/x/c.bin"), Some("x")] {
            let kept = names.iter().filter(|name| Some(**name) != left_out);
            let paths: Vec<RepoPath> = kept.map(|name| name.parse().unwrap()).collect();
            for pattern in patterns {
                let glob: Glob = pattern.parse().unwrap();
                let matched: Vec<usize> = (0..paths.len()).filter(|at| glob.matches(&paths[*at])).collect();
                assert_eq!(select(&glob, &paths, |path| path), matched, "{pattern} without {left_out:?}");
            }
        }
    }

    #[test]
    fn a_union_of_many_selections_takes_little_memory() {
        let all = || (0..10).rev();
        assert_eq!(each_once(10, (0..1000).map(|_| all())), (0..10).collect::<Vec<_>>());
        assert_eq!(each_once(10, [vec![7, 3], vec![], vec![3, 9]].into_iter()), [3, 7, 9]);
        assert!(each_once(10, (0..1000).map(|_| all())).capacity() <= 64);
        assert!(each_once(0, std::iter::empty::<Vec<usize>>()).is_empty());
    }

    #[test]
    fn every_file_is_claimed_excluded_or_undeclared() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["OPENNESS.toml", "README.md", "src/a.py", "src/b.py", "w.bin", "scratch/x", "guard/g.py"] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let snapshot = Snapshot::of_directory(dir.path()).unwrap();
        let manifest = Manifest {
            components: vec![
                component("final-weights", &["*.bin", "none/*", "../up"]),
                component("training-code", &["src", "src/a.py"]),
            ],
            safeguards: vec![Safeguard {
                span: Span::default(),
                name: Text::default(),
                stage: None,
                kind: None,
                policy: None,
                independent: None,
                removable: None,
                files: texts(&["guard/"]),
                license: None,
                description: None,
            }],
            coverage: Coverage { exclude: texts(&["scratch/**"]), reason: None },
            ..Manifest::default()
        };
        let inventory = Inventory::resolve(&manifest, &snapshot);
        let names = |at: &[usize]| at.iter().map(|at| snapshot.entries()[*at].path.as_str()).collect::<Vec<_>>();
        assert_eq!(names(&inventory.components[0].entries), ["w.bin"]);
        assert_eq!(inventory.components[0].patterns[1].matches, Ok(vec![]));
        assert_eq!(inventory.components[0].patterns[2].matches, Err(GlobError::Escapes));
        assert_eq!(names(&inventory.components[1].entries), ["src/a.py", "src/b.py"]);
        assert_eq!(names(&inventory.excluded), ["scratch/x"]);
        assert_eq!(names(&inventory.undeclared), ["README.md"]);
        assert_eq!(
            names(&inventory.covered),
            ["OPENNESS.toml", "README.md", "guard/g.py", "src/a.py", "src/b.py", "w.bin"]
        );
        let claimed = snapshot.entries().iter().position(|entry| entry.path.as_str() == "src/a.py").unwrap();
        assert_eq!(inventory.claimed_by(claimed), [1]);
    }
}
