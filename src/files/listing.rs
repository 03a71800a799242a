//! Making a list of files: paths in any order, then sorted, told apart and checked once.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::nfc::is_nfc;
use crate::path::{RepoPath, directory_starts, fold, is_deceptive, name_collision};

use super::{Entry, HUB_NOTES_DIR, Kind, OPENNESS_DIR, OS_METADATA_FILES, Problem, ProblemKind};

/// A finished list: each path once, in byte order.
#[derive(Debug, Default)]
pub struct FileList {
    entries: Vec<Entry>,
    openness: Vec<Entry>,
    left_out: Vec<Entry>,
    problems: Vec<Problem>,
    directory_starts: Vec<usize>,
}

impl FileList {
    /// Returns every path once, in byte order, without those below `.openness/`.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the files below `.openness/`, in byte order.
    #[must_use]
    pub fn openness_files(&self) -> &[Entry] {
        &self.openness
    }

    /// Returns the files that the fixed list leaves out although another tool may have signed them: the notes of the Hub's client
    /// and what desktops leave behind, in byte order. They are part of no release.
    #[must_use]
    pub fn left_out(&self) -> &[Entry] {
        &self.left_out
    }

    /// Returns what cannot be an entry, or should not be, in the order of names.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns the [`directory_starts`] of the entries.
    #[must_use]
    pub fn directory_starts(&self) -> &[usize] {
        &self.directory_starts
    }

    /// Returns the entry at a path, in `.openness/` or outside it.
    #[must_use]
    pub fn find(&self, path: &RepoPath) -> Option<&Entry> {
        let of = |entries: &'_ [Entry]| entries.binary_search_by(|entry| entry.path.cmp(path)).ok();
        of(&self.entries).map(|at| &self.entries[at]).or_else(|| of(&self.openness).map(|at| &self.openness[at]))
    }

    /// Returns the entry at a path, also if the fixed list leaves it out.
    #[must_use]
    pub fn find_all(&self, path: &RepoPath) -> Option<&Entry> {
        let left_out = || self.left_out.binary_search_by(|entry| entry.path.cmp(path)).ok();
        self.find(path).or_else(|| self.left_out.get(left_out()?))
    }

    /// Returns the symbolic link or submodule that a path is behind. No such path is listed.
    #[must_use]
    pub fn in_the_way(&self, path: &str) -> Option<&Entry> {
        let ends = path.match_indices('/').map(|(at, _)| at);
        let above = ends.filter_map(|end| self.find(&path.get(..end)?.parse().ok()?));
        above.into_iter().find(|entry| matches!(entry.kind, Kind::Symlink { .. } | Kind::Submodule { .. }))
    }

    /// Returns the path that a symbolic link leads to, going by its text alone; `None` if that is out of the list.
    #[must_use]
    pub fn target(&self, link: &Entry) -> Option<String> {
        let Kind::Symlink { target } = &link.kind else { return None };
        resolve(&link.path, target).map(|path| path.join("/"))
    }

    /// Returns whether the target of a symbolic link is neither in the list nor outside it nor behind another link.
    #[must_use]
    pub fn lacks_target(&self, link: &Entry) -> bool {
        let Some(whole) = self.target(link) else { return false };
        let found = whole.parse().ok().and_then(|path| self.find(&path));
        match found {
            // Nothing is said of what is behind other links.
            Some(found) => found.path == link.path,
            None => !whole.is_empty() && self.in_the_way(&whole).is_none() && !self.has_below(&whole),
        }
    }

    /// Returns whether anything listed is below a path.
    #[must_use]
    pub fn has_below(&self, path: &str) -> bool {
        let below = format!("{path}/");
        let at = self.entries.partition_point(|entry| entry.path.as_str() < below.as_str());
        self.entries.get(at).is_some_and(|entry| entry.path.as_str().starts_with(&below))
    }

    /// Returns the number of an entry, by which its source keeps what belongs to it; `None` for an entry of another list.
    #[must_use]
    pub fn number_of(&self, entry: &Entry) -> Option<usize> {
        let at = usize::try_from(entry.at).ok()?;
        let own = match at.checked_sub(self.entries.len()) {
            None => self.entries.get(at),
            Some(at) => match at.checked_sub(self.openness.len()) {
                None => self.openness.get(at),
                Some(at) => self.left_out.get(at),
            },
        };
        own.is_some_and(|own| own.path == entry.path).then_some(at)
    }
}

/// A list in the making. `S` is what a source keeps for each entry, such as where its bytes are.
#[derive(Debug)]
pub struct Listing<S> {
    entries: Part<S>,
    openness: Part<S>,
    left_out: Part<S>,
    problems: Vec<Problem>,
}

impl<S> Default for Listing<S> {
    fn default() -> Self {
        Self { entries: Part::default(), openness: Part::default(), left_out: Part::default(), problems: Vec::new() }
    }
}

impl<S> Listing<S> {
    /// Adds what was found at a path, unless the fixed list leaves it out.
    pub fn add(&mut self, path: RepoPath, kind: Kind, storage: S) {
        if let Some(entry) = self.sift(path, kind, storage) {
            self.entries.entries.push(entry);
        }
    }

    /// Adds what `read` makes of each item. Where an item is as large as an entry, no memory is needed for the entries, which is
    /// much for a long list.
    pub fn add_all<T>(&mut self, items: Vec<T>, mut read: impl FnMut(T, &mut Self) -> Option<(RepoPath, Kind, S)>) {
        self.entries.kept.reserve(items.len());
        let sift = |item| {
            let (path, kind, storage) = read(item, self)?;
            self.sift(path, kind, storage)
        };
        let mut entries: Vec<Entry> = items.into_iter().filter_map(sift).collect();
        match self.entries.entries.is_empty() {
            true => self.entries.entries = entries,
            false => self.entries.entries.append(&mut entries),
        }
    }

    /// Keeps what belongs to an entry, and returns the entry unless it is in `.openness/` or left out.
    fn sift(&mut self, path: RepoPath, kind: Kind, storage: S) -> Option<Entry> {
        if is_left_out(&path, &kind) {
            self.left_out.entries.push(Entry { path, kind, at: 0 });
            self.left_out.kept.push(storage);
            return None;
        }
        if let Kind::Symlink { target } = &kind
            && let Some(problem) = problem_of_link(&path, target)
        {
            self.problem(path.as_str().as_bytes(), problem);
        }
        let entry = Entry { path, kind, at: 0 };
        if entry.path.as_str() != OPENNESS_DIR && entry.path.is_within(OPENNESS_DIR) {
            self.openness.entries.push(entry);
            self.openness.kept.push(storage);
            return None;
        }
        self.entries.kept.push(storage);
        Some(entry)
    }

    /// Adds a name that cannot be an entry, or should not be.
    pub fn problem(&mut self, name: &[u8], kind: ProblemKind) {
        // Names that are left out are not problems.
        if name.strip_prefix(HUB_NOTES_DIR.as_bytes()).is_some_and(|rest| rest.starts_with(b"/")) {
            return;
        }
        self.problems.push(Problem { name: printable(name), kind });
    }

    /// Adds everything of another listing.
    pub fn append(&mut self, mut other: Self) {
        self.entries.append(other.entries);
        self.openness.append(other.openness);
        self.left_out.append(other.left_out);
        self.problems.append(&mut other.problems);
    }

    /// Returns how many entries and problems there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.entries.len() + self.openness.entries.len() + self.left_out.entries.len() + self.problems.len()
    }

    /// Returns whether nothing was added yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sorts, and finds the names that cannot be told apart. The second half is what the source keeps, by
    /// [`FileList::number_of`].
    #[must_use]
    pub fn finish(mut self) -> (FileList, Vec<S>) {
        let duplicates = [self.entries.sort(), self.openness.sort()].concat();
        drop(self.left_out.sort());
        for path in duplicates {
            self.problem(path.as_str().as_bytes(), ProblemKind::Duplicate);
        }
        let Part { mut entries, kept: mut storage } = self.entries;
        let Part { entries: mut openness, kept: mut storage_of_openness } = self.openness;
        let Part { entries: mut left_out, kept: mut storage_of_left_out } = self.left_out;
        storage.append(&mut storage_of_openness);
        storage.append(&mut storage_of_left_out);
        entries
            .iter_mut()
            .chain(&mut openness)
            .chain(&mut left_out)
            .enumerate()
            .for_each(|(at, entry)| entry.at = number(at));
        let mut problems = self.problems;
        let directory_starts = directory_starts(&entries, |entry| &entry.path);
        problems.append(&mut lookalikes(&entries, &directory_starts));
        problems.sort_by(|a, b| (&a.name, a.kind.to_string()).cmp(&(&b.name, b.kind.to_string())));
        problems.dedup();
        (FileList { entries, openness, left_out, problems, directory_starts }, storage)
    }
}

/// Entries, and what the source keeps for each, in the same order. Apart, because most lists come sorted and then nothing
/// has to be moved.
#[derive(Debug)]
struct Part<S> {
    entries: Vec<Entry>,
    kept: Vec<S>,
}

impl<S> Default for Part<S> {
    fn default() -> Self {
        Self { entries: Vec::new(), kept: Vec::new() }
    }
}

impl<S> Part<S> {
    fn append(&mut self, mut other: Self) {
        self.entries.append(&mut other.entries);
        self.kept.append(&mut other.kept);
    }

    /// Sorts by path, keeps the first of those with the same path, and returns the paths of the others.
    fn sort(&mut self) -> Vec<RepoPath> {
        let mut duplicates = Vec::new();
        if self.entries.is_sorted_by(|a, b| a.path < b.path) {
            return duplicates;
        }
        self.entries.iter_mut().enumerate().for_each(|(at, entry)| entry.at = number(at));
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
        self.entries.dedup_by(|later, first| {
            let same = later.path == first.path;
            if same {
                duplicates.push(first.path.clone());
            }
            same
        });
        let mut kept: Vec<Option<S>> = std::mem::take(&mut self.kept).into_iter().map(Some).collect();
        let mut take = |at: u32| kept.get_mut(usize::try_from(at).ok()?)?.take();
        self.kept = self.entries.iter().filter_map(|entry| take(entry.at)).collect();
        duplicates
    }
}

/// Returns the number of the entry at a position. Sources list at most `MAX_ENTRIES`; a number beyond `u32` belongs to no entry.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Returns a name that is safe to print: what is not UTF-8 becomes U+FFFD, and what could control a terminal is escaped.
fn printable(name: &[u8]) -> String {
    let text: Cow<'_, str> = String::from_utf8_lossy(name);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_deceptive(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// Returns whether the fixed list leaves a path out.
fn is_left_out(path: &RepoPath, kind: &Kind) -> bool {
    let is_file = matches!(kind, Kind::File { .. });
    (path.as_str() != HUB_NOTES_DIR && path.is_within(HUB_NOTES_DIR))
        || (is_file && OS_METADATA_FILES.iter().any(|name| path.is_named(name)))
}

/// Returns what is wrong with a symbolic link, going by its text alone. What it passes through does not matter: a link on the
/// way is an entry itself and is checked there.
fn problem_of_link(link: &RepoPath, target: &str) -> Option<ProblemKind> {
    match resolve(link, target) {
        None => Some(ProblemKind::LinkLeaves(printable(target.as_bytes()))),
        Some(path) if path.first().is_some_and(|first| first.eq_ignore_ascii_case(".git")) => {
            Some(ProblemKind::LinkIntoGit(printable(target.as_bytes())))
        }
        Some(_) => target.chars().find(|c| is_deceptive(*c)).map(ProblemKind::LinkTarget),
    }
}

/// Returns the components of the path that a link leads to, going by its text alone; `None` if that is out of the list.
fn resolve<'a>(link: &'a RepoPath, target: &'a str) -> Option<Vec<&'a str>> {
    if target.starts_with(['/', '\\']) || target.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let mut path: Vec<&str> = link.components().collect();
    path.pop();
    for component in target.split(['/', '\\']) {
        match component {
            "" | "." => {}
            ".." => drop(path.pop()?),
            other => path.push(other),
        }
    }
    Some(path)
}

/// Finds names that are not in normalization form C, and names that are the same on a system that ignores case or
/// normalizes.
fn lookalikes(entries: &[Entry], starts: &[usize]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |path: &str, kind| problems.push(Problem { name: path.to_owned(), kind });
    for path in entries.iter().map(|entry| entry.path.as_str()).filter(|path| !path.is_ascii()) {
        if !is_nfc(path) {
            problem(path, ProblemKind::NotNormalized);
        }
    }
    // Nearly always there is no collision, and hooks list many files.
    if name_collision(entries, starts, |entry| &entry.path).is_none() {
        return problems;
    }
    let mut folded: HashMap<Cow<'_, str>, &RepoPath> = HashMap::with_capacity(entries.len());
    for entry in entries {
        let path = &entry.path;
        if let Some(twin) = folded.insert(fold(path.as_str()), path) {
            problem(path.as_str(), ProblemKind::Collision(twin.clone()));
        }
    }
    // A file `data` and a directory `Data/` are the same name too.
    for entry in entries {
        let path = entry.path.as_str();
        for (at, _) in path.match_indices('/') {
            if let Some(twin) = folded.get(&fold(&path[..at])) {
                problem(path, ProblemKind::Collision((*twin).clone()));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn file(listing: &mut Listing<()>, path: &str) {
        listing.add(path.parse().unwrap(), Kind::File { executable: false }, ());
    }

    fn problems(paths: &[&str]) -> Vec<String> {
        let mut listing = Listing::default();
        paths.iter().for_each(|path| file(&mut listing, path));
        listing.finish().0.problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_that_some_systems_treat_as_one_are_problems() {
        let same = "on systems that ignore case or normalize names it is the same as";
        assert_eq!(problems(&["a/Model.bin", "a/model.bin"]), [format!("`a/model.bin`: {same} `a/Model.bin`")]);
        assert_eq!(problems(&["Data", "data/x"]), [format!("`data/x`: {same} `Data`")]);
        assert_eq!(problems(&["Straße", "STRASSE"]), [format!("`Straße`: {same} `STRASSE`")]);
        assert_eq!(problems(&["Caf\u{e9}", "caf\u{e9}"]), [format!("`caf\u{e9}`: {same} `Caf\u{e9}`")]);
        assert_eq!(
            problems(&["cafe\u{301}", "caf\u{e9}"]),
            [
                "`cafe\u{301}`: the name is not in Unicode normalization form C (NFC)".to_owned(),
                format!("`caf\u{e9}`: {same} `cafe\u{301}`")
            ]
        );
        let long = "x".repeat(250);
        assert_eq!(problems(&[&format!("{long}/{long}/Y"), &format!("{long}/{long}/y")]).len(), 1);
        assert_eq!(
            problems(&["a/b/c/d", "a/b/c/e", "a/B"]),
            [format!("`a/b/c/d`: {same} `a/B`"), format!("`a/b/c/e`: {same} `a/B`")]
        );
        assert!(problems(&["a", "b", "data/x", "data/y", "Data2"]).is_empty());
    }

    #[test]
    fn many_are_added_like_each_alone() {
        let paths = ["b/c", ".openness/x", ".DS_Store", "a", "b/Thumbs.db", "not added", "a", ".cache/huggingface/y"];
        let is_added = |path: &str| path != "not added";
        let (mut each, mut all) = (Listing::default(), Listing::default());
        for listing in [&mut each, &mut all] {
            listing.add("0".parse().unwrap(), Kind::File { executable: false }, "0");
        }
        for path in paths.into_iter().filter(|path| is_added(path)) {
            each.add(path.parse().unwrap(), Kind::File { executable: false }, path);
        }
        all.add_all(paths.to_vec(), |path, listing| {
            if is_added(path) {
                return Some((path.parse().unwrap(), Kind::File { executable: false }, path));
            }
            listing.problem(path.as_bytes(), ProblemKind::Unmerged);
            None
        });
        let (each, kept_of_each) = each.finish();
        let (all, kept) = all.finish();
        assert_eq!((all.problems().len(), each.problems().len()), (2, 1));
        let names = |list: &FileList| -> Vec<String> {
            let entries = list.entries().iter().chain(list.openness_files()).chain(list.left_out());
            entries.map(|entry| entry.path.to_string()).collect()
        };
        let left_out = [".DS_Store", ".cache/huggingface/y", "b/Thumbs.db"];
        let expected = [&["0", "a", "b/c", ".openness/x"][..], &left_out].concat();
        assert_eq!(
            (names(&all), names(&each)),
            (expected.iter().map(ToString::to_string).collect(), expected.iter().map(ToString::to_string).collect())
        );
        assert_eq!((kept, kept_of_each), (expected.clone(), expected));
        let store = left_out[0].parse().unwrap();
        assert!(all.find(&store).is_none());
        assert_eq!(all.number_of(all.find_all(&store).unwrap()), Some(4));
    }

    #[test]
    fn only_the_fixed_list_is_left_out() {
        let mut listing = Listing::default();
        for path in [
            ".openness/statement.json",
            ".opennessx",
            ".cache/huggingface/download/x.lock",
            ".cache/huggingfaces",
            "sub/.cache/huggingface/x",
            "sub/.DS_Store",
            "Thumbs.db",
            "thumbs.db.bin",
            ".gitattributes",
        ] {
            file(&mut listing, path);
        }
        let (FileList { entries, openness, .. }, _) = listing.finish();
        let names: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(
            names,
            [".cache/huggingfaces", ".gitattributes", ".opennessx", "sub/.cache/huggingface/x", "thumbs.db.bin"]
        );
        assert_eq!(openness.len(), 1);
    }

    #[test]
    fn a_symlink_leaves_if_its_text_does() {
        let of = |link: &str, target: &str| problem_of_link(&link.parse().unwrap(), target);
        let leaves = |link, target| matches!(of(link, target), Some(ProblemKind::LinkLeaves(_)));
        for (link, target) in
            [("a", ".."), ("a", "../x"), ("a/b", "../../x"), ("a", "/x"), ("a", "C:\\x"), ("a", "b/../../x")]
        {
            assert!(leaves(link, target), "{link} -> {target}");
        }
        for (link, target) in [("a", "b"), ("a/b", "../x"), ("a/b/c", "../../x"), ("a", "b/../x"), ("a/b", "..")] {
            assert_eq!(of(link, target), None, "{link} -> {target}");
        }
    }

    #[test]
    fn a_symlink_into_the_data_of_git_is_a_problem() {
        let is_into_git = |link: &str, target: &str| {
            matches!(problem_of_link(&link.parse().unwrap(), target), Some(ProblemKind::LinkIntoGit(_)))
        };
        let object = ".git/annex/objects/0W/9z/SHA256E-s8--ab.bin/SHA256E-s8--ab.bin";
        for (link, target) in
            [("a", object), ("a/b", "../.git/annex/x"), ("a", ".git"), ("a", "b/../.GIT/x"), ("a", "./.git\\x")]
        {
            assert!(is_into_git(link, target), "{link} -> {target}");
        }
        for (link, target) in [
            ("a", "git/annex"),
            ("a", ".gitattributes"),
            ("a/b", ".git/annex/x"),
            ("a", "b/.git/x"),
            ("a", "../.git/x"),
        ] {
            assert!(!is_into_git(link, target), "{link} -> {target}");
        }
    }
}
