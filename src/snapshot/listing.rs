//! What a snapshot is made from, whatever it was taken of: paths in any order, then sorted, told apart and judged once.

use std::borrow::Cow;
use std::collections::HashMap;

use unicode_normalization::is_nfc;

use crate::git::{self, Mode, ObjectId, Repo, TreeEntry};
use crate::path::{PathError, RepoPath, fold, name_collision};

use super::{
    Entry, HUB_NOTES_DIR, Kind, MAX_LINK_BYTES, OPENNESS_DIR, OS_METADATA_FILES, Problem, ProblemKind, Storage, show,
};

/// Entries and problems as they come.
#[derive(Debug, Default)]
pub(super) struct Listing {
    entries: Vec<Entry>,
    openness: Vec<Entry>,
    problems: Vec<Problem>,
}

/// An entry of Git that has a path.
pub(super) struct Admitted {
    pub(super) path: RepoPath,
    pub(super) mode: Mode,
    pub(super) id: ObjectId,
    pub(super) skip_worktree: bool,
}

impl Listing {
    /// Adds what was found under a path, unless the fixed list leaves it out.
    pub(super) fn add(&mut self, path: RepoPath, kind: Kind, place: Storage) {
        if let Kind::Symlink { target } = &kind
            && leaves(&path, target)
        {
            self.problem(path.as_str().as_bytes(), ProblemKind::LinkLeaves(show(target.as_bytes())));
        }
        if path.as_str() != OPENNESS_DIR && path.is_within(OPENNESS_DIR) {
            self.openness.push(Entry { path, kind, place });
        } else if !is_left_out(&path, &kind) {
            self.entries.push(Entry { path, kind, place });
        }
    }

    pub(super) fn problem(&mut self, name: &[u8], kind: ProblemKind) {
        self.problems.push(Problem { name: show(name), kind });
    }

    /// Adds what another listing has.
    pub(super) fn append(&mut self, mut other: Self) {
        self.entries.append(&mut other.entries);
        self.openness.append(&mut other.openness);
        self.problems.append(&mut other.problems);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.openness.len() + self.problems.len()
    }

    /// Adds entries of a tree or an index, whose bytes are objects.
    pub(super) fn add_objects(&mut self, repo: &Repo, listed: Vec<TreeEntry>) -> Result<(), git::Error> {
        self.entries.reserve(listed.len());
        for entry in listed {
            let Some(Admitted { path, mode, id, .. }) = self.admit(entry) else { continue };
            let kind = match mode {
                Mode::File => Kind::File { executable: false },
                Mode::Executable => Kind::File { executable: true },
                Mode::Submodule => Kind::Submodule { commit: id },
                Mode::Symlink => match link_text(repo, &id) {
                    Ok(target) => Kind::Symlink { target },
                    Err(error @ git::Error::NotPresent { .. }) => {
                        self.problem(path.as_str().as_bytes(), ProblemKind::Unreadable(error.to_string()));
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            self.add(path, kind, Storage::Object(id));
        }
        Ok(())
    }

    /// Lets an entry of Git in if it has a path and is neither in conflict nor merely announced.
    pub(super) fn admit(&mut self, entry: TreeEntry) -> Option<Admitted> {
        if entry.stage != 0 {
            self.problem(&entry.path, ProblemKind::Unmerged);
            return None;
        }
        if entry.intent_to_add {
            return None;
        }
        let (mode, id) = (entry.mode, entry.id);
        match RepoPath::from_vec(entry.path) {
            // Git writes no such entry and refuses to check one out; a tree can hold it all the same.
            Ok(path) if is_of_git(&path) => {
                self.problem(path.as_str().as_bytes(), ProblemKind::NestedRepository);
                None
            }
            Ok(path) => Some(Admitted { path, mode, id, skip_worktree: entry.skip_worktree }),
            Err((error, bytes)) => {
                self.problem(&bytes, ProblemKind::Path(error));
                None
            }
        }
    }

    /// Sorts, and tells which names cannot be told apart.
    pub(super) fn finish(mut self) -> (Vec<Entry>, Vec<Entry>, Vec<Problem>) {
        for list in [&mut self.entries, &mut self.openness] {
            list.sort_by(|a, b| a.path.cmp(&b.path));
        }
        let mut duplicates = Vec::new();
        for list in [&mut self.entries, &mut self.openness] {
            list.dedup_by(|later, first| {
                let same = later.path == first.path;
                if same {
                    duplicates.push(first.path.clone());
                }
                same
            });
        }
        for path in duplicates {
            self.problem(path.as_str().as_bytes(), ProblemKind::Duplicate);
        }
        let mut lookalikes = lookalikes(&self.entries);
        self.problems.append(&mut lookalikes);
        self.problems.sort_by(|a, b| (&a.name, a.kind.to_string()).cmp(&(&b.name, b.kind.to_string())));
        self.problems.dedup();
        (self.entries, self.openness, self.problems)
    }
}

fn is_of_git(path: &RepoPath) -> bool {
    // Of few names any component begins with a point.
    let text = path.as_str();
    (text.starts_with('.') || text.contains("/."))
        && path.components().any(|component| component.eq_ignore_ascii_case(".git"))
}

/// Returns whether the fixed list leaves a path out.
fn is_left_out(path: &RepoPath, kind: &Kind) -> bool {
    let is_file = matches!(kind, Kind::File { .. });
    (path.as_str() != HUB_NOTES_DIR && path.is_within(HUB_NOTES_DIR))
        || (is_file && OS_METADATA_FILES.contains(&path.file_name()))
}

fn link_text(repo: &Repo, id: &ObjectId) -> Result<String, git::Error> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let blob = repo.blob(id)?;
    blob.take(MAX_LINK_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|source| git::Error::Object { id: id.to_string(), source: source.into() })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns whether a link points out of the snapshot, going by its text alone: what it passes through is not looked at,
/// since a link on the way is a link of the snapshot and judged itself.
fn leaves(link: &RepoPath, target: &str) -> bool {
    let mut depth = link.components().count() - 1;
    if target.starts_with(['/', '\\']) || target.as_bytes().get(1) == Some(&b':') {
        return true;
    }
    for component in target.split(['/', '\\']) {
        match component {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

/// Finds names that are not in normal form C, and names that a system which folds case and normalises takes for one.
fn lookalikes(entries: &[Entry]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |path: &str, kind| problems.push(Problem { name: path.to_owned(), kind });
    for path in entries.iter().map(|entry| entry.path.as_str()).filter(|path| !path.is_ascii()) {
        if !is_nfc(path) {
            problem(path, ProblemKind::NotNormalized);
        }
    }
    // Hooks list many files, and nearly always there are none.
    if name_collision(entries, |entry| &entry.path).is_none() {
        return problems;
    }
    let mut folded: HashMap<Cow<'_, str>, &RepoPath> = HashMap::with_capacity(entries.len());
    for entry in entries {
        let path = &entry.path;
        if let Some(twin) = folded.insert(fold(path.as_str()), path) {
            problem(path.as_str(), ProblemKind::Collision(twin.clone()));
        }
    }
    // A file `data` and a directory `Data/` are one name too.
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

impl From<PathError> for ProblemKind {
    fn from(error: PathError) -> Self {
        Self::Path(error)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn file(listing: &mut Listing, path: &str) {
        listing.add(path.parse().unwrap(), Kind::File { executable: false }, Storage::Nowhere);
    }

    fn problems(paths: &[&str]) -> Vec<String> {
        let mut listing = Listing::default();
        paths.iter().for_each(|path| file(&mut listing, path));
        listing.finish().2.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_that_some_systems_take_for_one_are_told() {
        let same = "on systems that ignore case or normalise names it is the same as";
        assert_eq!(problems(&["a/Model.bin", "a/model.bin"]), [format!("`a/model.bin`: {same} `a/Model.bin`")]);
        assert_eq!(problems(&["Data", "data/x"]), [format!("`data/x`: {same} `Data`")]);
        assert_eq!(problems(&["Straße", "STRASSE"]), [format!("`Straße`: {same} `STRASSE`")]);
        assert_eq!(problems(&["Caf\u{e9}", "caf\u{e9}"]), [format!("`caf\u{e9}`: {same} `Caf\u{e9}`")]);
        assert_eq!(
            problems(&["cafe\u{301}", "caf\u{e9}"]),
            [
                "`cafe\u{301}`: the name is not in Unicode normal form C".to_owned(),
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
    fn the_fixed_list_is_left_out_and_nothing_beside_it() {
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
        let (entries, openness, _) = listing.finish();
        let names: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(
            names,
            [".cache/huggingfaces", ".gitattributes", ".opennessx", "sub/.cache/huggingface/x", "thumbs.db.bin"]
        );
        assert_eq!(openness.len(), 1);
    }

    #[test]
    fn a_link_leaves_when_its_text_does() {
        let leaves = |link: &str, target| leaves(&link.parse().unwrap(), target);
        for (link, target) in
            [("a", ".."), ("a", "../x"), ("a/b", "../../x"), ("a", "/x"), ("a", "C:\\x"), ("a", "b/../../x")]
        {
            assert!(leaves(link, target), "{link} -> {target}");
        }
        for (link, target) in [("a", "b"), ("a/b", "../x"), ("a/b/c", "../../x"), ("a", "b/../x"), ("a/b", "..")] {
            assert!(!leaves(link, target), "{link} -> {target}");
        }
    }
}
