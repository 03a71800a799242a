//! The files of a repository as the `git` program and as a snapshot list them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use openness::files::{Files as _, Kind};
use openness::snapshot::Snapshot;

use crate::common::repo::TestRepo;
use crate::common::tools::skipped;

/// Path → mode, and the bytes of files or the target of links.
pub(crate) type Files = BTreeMap<String, (String, Vec<u8>)>;

pub(crate) fn fill(repo: &TestRepo<'_>) {
    repo.write("OPENNESS.toml", "schema = 1\n")
        .write("a-b/x", "before a/x by byte, after it by tree\n")
        .write("a/x", "x\n")
        .write("a/deep/er/y", "y\n")
        .write("empty", "")
        .write("üñï/cödé", "text\n")
        .write("run.sh", "#!/bin/sh\n")
        .write(".gitattributes", "*.bin filter=lfs -text\na/* text\n")
        .write(".openness/statement.json", "{}");
    fs::set_permissions(repo.path.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("a/x", repo.path.join("alias")).unwrap();
    repo.commit_all();
}

/// What `ls-tree` and `cat-file` say of a commit, less `.openness/`.
pub(crate) fn committed(repo: &TestRepo<'_>, revision: &str) -> Files {
    let listing = repo.git(&["--no-replace-objects", "ls-tree", "-r", "-z", "--full-tree", revision]);
    files(repo, &listing, |facts| (facts[0].to_owned(), facts[2].to_owned()))
}

/// What `ls-files` and `cat-file` say of the index, less `.openness/`.
pub(crate) fn staged(repo: &TestRepo<'_>) -> Files {
    staged_in(repo, &repo.path.join(repo.text(&["rev-parse", "--git-path", "index"])))
}

/// The same of another index file.
pub(crate) fn staged_in(repo: &TestRepo<'_>, index: &Path) -> Files {
    let listing = repo.git_with(("GIT_INDEX_FILE", index), &["ls-files", "--stage", "-z", "--full-name"]);
    files(repo, &listing, |facts| (facts[0].to_owned(), facts[1].to_owned()))
}

fn files(repo: &TestRepo<'_>, listing: &[u8], facts: impl Fn(&[&str]) -> (String, String)) -> Files {
    let text = std::str::from_utf8(listing).unwrap();
    let mut files = Files::new();
    for line in text.split_terminator('\0') {
        let (left, path) = line.split_once('\t').unwrap();
        let (mode, id) = facts(&left.split(' ').collect::<Vec<_>>());
        if path.starts_with(".openness/") {
            continue;
        }
        let bytes = if mode == "160000" {
            id.into_bytes()
        } else {
            repo.git(&["--no-replace-objects", "cat-file", "blob", &id])
        };
        files.insert(path.to_owned(), (mode, bytes));
    }
    files
}

/// What a snapshot says.
pub(crate) fn seen(snapshot: &Snapshot) -> Files {
    let mut files = Files::new();
    for entry in snapshot.entries() {
        let facts = match &entry.kind {
            Kind::File { executable } => {
                let mut bytes = Vec::new();
                snapshot.open(entry).unwrap().read_to_end(&mut bytes).unwrap();
                (if *executable { "100755" } else { "100644" }.to_owned(), bytes)
            }
            Kind::Symlink { target } => ("120000".to_owned(), target.clone().into_bytes()),
            Kind::Submodule { commit } => ("160000".to_owned(), commit.to_string().into_bytes()),
            Kind::Missing => ("missing".to_owned(), Vec::new()),
        };
        assert!(files.insert(entry.path.to_string(), facts).is_none(), "{} twice", entry.path);
    }
    files
}

#[track_caller]
pub(crate) fn same(what: &str, seen: &Files, oracle: &Files) {
    assert_eq!(seen.keys().collect::<Vec<_>>(), oracle.keys().collect::<Vec<_>>(), "{what}");
    for (path, facts) in seen {
        assert!(*facts == oracle[path], "{what}: {path} differs");
    }
}

/// Makes a repository of one kind, or says that this git cannot.
pub(crate) fn made<'a>(kind: &str, repo: Result<TestRepo<'a>, String>) -> Option<TestRepo<'a>> {
    repo.inspect_err(|message| skipped(&format!("a git that makes {kind} repositories ({message})"))).ok()
}
