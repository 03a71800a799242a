//! Every operation on every kind of repository, with the `git` program as the judge.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use common::repo::{Sandbox, TIME, TestRepo};
use openness::artifacts::digest::{Basis, Options, PointedContent, Pointers, hash_all, hash_one, sha256};
use openness::git::{Attribute, Error, HookEnv, Look, Repo};
use openness::path::RepoPath;
use openness::snapshot::{Entry, Kind, Origin, ProblemKind, Snapshot};

/// A file that libgit2 would have to hold in memory; it is streamed.
const LARGE_BYTES: usize = 9 * 1024 * 1024;

/// Path → mode, and the bytes of files or the target of links.
type Files = BTreeMap<String, (String, Vec<u8>)>;

fn fill(repo: &TestRepo<'_>) {
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
fn committed(repo: &TestRepo<'_>, revision: &str) -> Files {
    let listing = repo.git(&["--no-replace-objects", "ls-tree", "-r", "-z", "--full-tree", revision]);
    files(repo, &listing, |facts| (facts[0].to_owned(), facts[2].to_owned()))
}

/// What `ls-files` and `cat-file` say of the index, less `.openness/`.
fn staged(repo: &TestRepo<'_>) -> Files {
    let listing = repo.git(&["ls-files", "--stage", "-z", "--full-name"]);
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
fn seen(snapshot: &Snapshot) -> Files {
    let mut files = Files::new();
    for entry in snapshot.entries() {
        let facts = match &entry.kind {
            Kind::File { executable } => {
                let mut bytes = Vec::new();
                snapshot.open(entry).unwrap().read_to_end(&mut bytes).unwrap();
                (if *executable { "100755" } else { "100644" }.to_owned(), bytes)
            }
            Kind::Symlink { target } => ("120000".to_owned(), target.clone().into_bytes()),
            Kind::Submodule { commit } => ("160000".to_owned(), commit.as_str().as_bytes().to_vec()),
            Kind::Missing => ("missing".to_owned(), Vec::new()),
        };
        assert!(files.insert(entry.path.to_string(), facts).is_none(), "{} twice", entry.path);
    }
    files
}

#[track_caller]
fn same(what: &str, seen: &Files, judge: &Files) {
    assert_eq!(seen.keys().collect::<Vec<_>>(), judge.keys().collect::<Vec<_>>(), "{what}");
    for (path, facts) in seen {
        assert!(*facts == judge[path], "{what}: {path} differs");
    }
}

/// Asks everything about `HEAD`, the index and the work tree, and compares.
fn compare(kind: &str, repo: &TestRepo<'_>) {
    let opened = Repo::discover(&repo.path).unwrap_or_else(|error| panic!("{kind}: {error}")).unwrap();
    let revision = Snapshot::of_revision(&opened, "HEAD", None).unwrap_or_else(|error| panic!("{kind}: {error}"));
    same(&format!("{kind}, HEAD"), &seen(&revision), &committed(repo, "HEAD"));
    assert_eq!(revision.origin(), Origin::Commit);
    assert_eq!(revision.openness_files().len(), 1, "{kind}");

    let commit = revision.commit().unwrap();
    assert_eq!(commit.commit.as_str(), repo.text(&["rev-parse", "HEAD"]), "{kind}");
    let tree = repo.text(&["--no-replace-objects", "rev-parse", "HEAD^{tree}"]);
    assert_eq!(commit.tree.as_str(), tree, "{kind}");
    assert_eq!(commit.time, TIME, "{kind}");
    assert_eq!(commit.object_format.as_str(), repo.text(&["rev-parse", "--show-object-format"]), "{kind}");
    let full = opened.resolve(commit.commit.as_str()).unwrap();
    assert_eq!(&full, commit, "{kind}");
    for unknown in ["no-such-branch", "-x", "HEAD:a", "HEAD~99"] {
        assert!(matches!(opened.resolve(unknown), Err(Error::UnknownRevision { .. })), "{kind} {unknown}");
    }

    let x: RepoPath = "a/x".parse().unwrap();
    let bin: RepoPath = "w.bin".parse().unwrap();
    let looks: &[Look<'_>] = if opened.is_bare() { &[] } else { &[Look::Staged, Look::WorkTree] };
    for look in looks.iter().chain(&[Look::Revision("HEAD")]) {
        let text = opened.attributes(*look, "text", &[&x, &bin]).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(text, [Attribute::Set, Attribute::Unset], "{kind} {look:?}");
        let filter = opened.attributes(*look, "filter", &[&x, &bin]).unwrap();
        assert_eq!(filter, [Attribute::Unspecified, Attribute::Value("lfs".to_owned())], "{kind} {look:?}");
    }
    if opened.is_bare() {
        assert!(Snapshot::of_work_tree(&opened, None).is_err());
        assert!(Snapshot::of_index(&opened, None).unwrap().entries().is_empty(), "{kind}");
        return;
    }
    let index = Snapshot::of_index(&opened, None).unwrap_or_else(|error| panic!("{kind}: {error}"));
    same(&format!("{kind}, index"), &seen(&index), &staged(repo));
    same_news(kind, repo, Some("HEAD"));
    // The work tree is as staged: no filter is configured, and nothing was changed.
    let work_tree = Snapshot::of_work_tree(&opened, None).unwrap_or_else(|error| panic!("{kind}: {error}"));
    same(&format!("{kind}, work tree"), &seen(&work_tree), &staged(repo));
    assert_eq!(opened.work_dir().unwrap().canonicalize().unwrap(), repo.path, "{kind}");
    let hooks = repo.text(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"]);
    assert_eq!(opened.hooks_dir().unwrap().path, Path::new(&hooks), "{kind}");
    let below = Repo::discover(&repo.path.join("a")).unwrap().unwrap();
    assert_eq!(below.git_dir(), opened.git_dir(), "{kind}");
}

/// Makes a repository of one kind, or says that this git cannot.
/// Compares what is new in the index with what Git says.
#[track_caller]
fn same_news(kind: &str, repo: &TestRepo<'_>, last: Option<&str>) -> Vec<String> {
    let opened = Repo::discover(&repo.path).unwrap().unwrap();
    let next = Snapshot::of_next_commit(&opened).unwrap_or_else(|error| panic!("{kind}: {error}"));
    let judge = match last {
        Some(last) => repo.git(&["diff", "--cached", "--name-only", "--no-renames", "--diff-filter=d", "-z", last]),
        None => repo.git(&["ls-files", "-z"]),
    };
    let judge: BTreeSet<&[u8]> = judge.split(|byte| *byte == 0).collect();
    let news = next.entries().iter().filter(|entry| next.is_news(entry)).map(|entry| entry.path.to_string());
    let news: Vec<String> = news.collect();
    let listed = next.entries().iter().map(|entry| entry.path.to_string());
    let expected: Vec<String> = listed.filter(|path| judge.contains(path.as_bytes())).collect();
    assert_eq!(news, expected, "{kind}");
    news
}

fn made<'a>(kind: &str, repo: Result<TestRepo<'a>, String>) -> Option<TestRepo<'a>> {
    repo.inspect_err(|message| eprintln!("skipped: needs a git that makes {kind} repositories ({message})")).ok()
}

#[test]
fn object_formats_and_reference_formats() {
    for (kind, options) in [
        ("sha1", &["--object-format=sha1"][..]),
        ("sha256", &["--object-format=sha256"]),
        ("reftable", &["--ref-format=reftable"]),
        ("sha256-reftable", &["--object-format=sha256", "--ref-format=reftable"]),
    ] {
        let sandbox = Sandbox::new();
        let Some(repo) = made(kind, sandbox.init("r", options)) else { continue };
        fill(&repo);
        compare(kind, &repo);
        repo.write("a/x", "changed\n").write("new", "new\n");
        repo.git(&["add", "new"]);
        repo.git(&["mv", "empty", "moved"]);
        let opened = Repo::discover(&repo.path).unwrap().unwrap();
        same(kind, &seen(&Snapshot::of_index(&opened, None).unwrap()), &staged(&repo));
        same(kind, &seen(&Snapshot::of_revision(&opened, "main", None).unwrap()), &committed(&repo, "main"));
        let work_tree = seen(&Snapshot::of_work_tree(&opened, None).unwrap());
        assert_eq!(work_tree["a/x"].1, b"changed\n");
        assert_eq!(same_news(kind, &repo, Some("HEAD")), ["moved", "new"]);
        repo.git(&["tag", "-a", "-m", "t", "v1"]);
        assert_eq!(opened.resolve("v1").unwrap().commit.as_str(), repo.text(&["rev-parse", "HEAD"]));

        let bare = sandbox.at("bare.git");
        repo.git(&["clone", "--quiet", "--bare", ".", bare.path.to_str().unwrap()]);
        compare(&format!("{kind}, bare"), &bare);
    }
}

#[test]
fn nothing_is_committed_yet() {
    for (kind, options) in [("unborn", &[][..]), ("unborn reftable", &["--ref-format=reftable"])] {
        let sandbox = Sandbox::new();
        let Some(repo) = made(kind, sandbox.init("r", options)) else { continue };
        let opened = Repo::discover(&repo.path).unwrap().unwrap();
        assert!(matches!(opened.resolve("HEAD"), Err(Error::Unborn)), "{kind}");
        assert!(matches!(opened.resolve("other"), Err(Error::UnknownRevision { .. })), "{kind}");
        assert!(Snapshot::of_index(&opened, None).unwrap().entries().is_empty());
        repo.write("a", "x");
        repo.git(&["add", "a"]);
        same(kind, &seen(&Snapshot::of_index(&opened, None).unwrap()), &staged(&repo));
        assert_eq!(same_news(kind, &repo, None), ["a"]);
    }
}

#[test]
fn what_is_new_in_the_index_is_what_git_says_is_staged() {
    for (kind, options, settings) in [
        ("sha1", &["--object-format=sha1"][..], &[][..]),
        ("sha256", &["--object-format=sha256"], &[]),
        ("version 4", &[], &[["index.version", "4"]]),
        ("without a hash", &[], &[["index.skipHash", "true"]]),
        ("split", &[], &[["core.splitIndex", "true"], ["splitIndex.maxPercentChange", "100"]]),
        ("reftable", &["--ref-format=reftable"], &[]),
    ] {
        let sandbox = Sandbox::new();
        let Some(repo) = made(kind, sandbox.init("r", options)) else { continue };
        settings.iter().for_each(|[key, value]| drop(repo.git(&["config", key, value])));
        fill(&repo);
        for path in ["one/two/three/x", "one/two/y", "one-more/x", "other", "becomes/a/file", "is-a-file"] {
            repo.write(path, path);
        }
        repo.commit_all();
        assert!(same_news(kind, &repo, Some("HEAD")).is_empty());
        repo.write("one/two/three/x", "changed").write("one/two/three/z", "new");
        repo.git(&["add", "one"]);
        repo.git(&["update-index", "--chmod=+x", "other"]);
        repo.git(&["rm", "--quiet", "--cached", "one-more/x", "becomes/a/file", "is-a-file"]);
        fs::remove_dir_all(repo.path.join("becomes")).unwrap();
        fs::remove_file(repo.path.join("is-a-file")).unwrap();
        repo.write("becomes", "a file").write("is-a-file/no-more", "x").write("announced", "x");
        repo.git(&["add", "becomes", "is-a-file"]);
        repo.git(&["add", "-N", "announced"]);
        let news = ["becomes", "is-a-file/no-more", "one/two/three/x", "one/two/three/z", "other"];
        assert_eq!(same_news(kind, &repo, Some("HEAD")), news, "{kind}");
        // Git notes the trees of what is staged, and then compares without reading the index's entries.
        repo.git(&["write-tree"]);
        assert_eq!(same_news(kind, &repo, Some("HEAD")), news, "{kind}");
        repo.git(&["read-tree", "HEAD"]);
        assert!(same_news(kind, &repo, Some("HEAD")).is_empty());
    }
}

#[test]
fn linked_worktrees_and_submodules() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("r", &[]).unwrap();
    fill(&repo);
    repo.git(&["worktree", "add", "--quiet", "../linked", "-b", "other"]);
    let linked = sandbox.at("linked");
    linked.write("a/x", "in the linked one\n").commit_all();
    compare("linked worktree", &linked);
    compare("its main worktree", &repo);

    let superproject = sandbox.init("super", &[]).unwrap();
    fill(&superproject);
    let source = repo.path.to_str().unwrap();
    superproject.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", source, "sub"]);
    superproject.commit_all();
    compare("superproject", &superproject);
    compare("submodule from inside", &sandbox.at("super/sub"));
    let on_disk = Snapshot::of_directory(&superproject.path).unwrap();
    assert_eq!(on_disk.problems().len(), 1, "{:?}", on_disk.problems());
    assert_eq!(on_disk.problems()[0].kind, ProblemKind::NestedRepository);
    assert!(on_disk.find(&"sub/a/x".parse().unwrap()).is_some());
}

#[test]
fn sparse_checkouts_sparse_indexes_and_split_indexes() {
    for (kind, commands) in [
        ("sparse checkout", &[&["sparse-checkout", "set", "--no-sparse-index", "a"][..]][..]),
        ("sparse index", &[&["sparse-checkout", "set", "--sparse-index", "a"]]),
        ("split index", &[&["update-index", "--split-index"]]),
        ("index version 4", &[&["update-index", "--index-version", "4"]]),
    ] {
        for format in ["sha1", "sha256"] {
            let sandbox = Sandbox::new();
            let repo = sandbox.init("r", &["--object-format", format]).unwrap();
            fill(&repo);
            if kind == "split index" {
                repo.git(&["config", "splitIndex.maxPercentChange", "100"]);
            }
            if let Some(message) = commands.iter().find_map(|command| repo.try_git(command).err()) {
                eprintln!("skipped: needs a git that makes a {kind} ({message})");
                continue;
            }
            if kind == "split index" {
                repo.write("a/x", "after the split\n");
                repo.git(&["add", "a/x"]);
            }
            let index = fs::read(repo.path.join(".git/index")).unwrap();
            let holds = |extension: &[u8]| index.windows(4).any(|bytes| bytes == extension);
            assert_eq!((holds(b"sdir"), holds(b"link")), (kind == "sparse index", kind == "split index"), "{kind}");
            let is_sparse = kind.starts_with("sparse");
            assert_eq!(repo.path.join("a-b/x").exists(), !is_sparse, "{kind}");
            compare(&format!("{kind}, {format}"), &repo);
        }
    }
}

#[test]
fn clones_that_do_not_hold_everything() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("r", &[]).unwrap();
    fill(&repo);
    repo.write("a/x", "second\n").commit_all();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.path.display());

    repo.git(&["clone", "--quiet", "--depth=1", &url, "../shallow"]);
    compare("shallow", &sandbox.at("shallow"));
    repo.git(&["clone", "--quiet", "--shared", ".", "../alternates"]);
    compare("alternates", &sandbox.at("alternates"));
    repo.git(&["clone", "--quiet", "--filter=blob:none", &url, "../blobless"]);
    let blobless = sandbox.at("blobless");
    compare("blobless, checked out", &blobless);

    // What was never checked out is not there, and nothing fetches it.
    let count = || blobless.git(&["count-objects", "-v"]);
    let before = count();
    let opened = Repo::discover(&blobless.path).unwrap().unwrap();
    let snapshot = Snapshot::of_revision(&opened, "HEAD~1", None).unwrap();
    let entry = snapshot.find(&"a/x".parse().unwrap()).unwrap();
    let error = snapshot.open(entry).unwrap_err();
    assert!(error.to_string().contains("is not in this repository"), "{error}");
    assert_eq!(count(), before);

    // The form of Git before 2.24, which libgit2 alone refuses to open.
    blobless.git(&["config", "core.repositoryFormatVersion", "1"]);
    blobless.git(&["config", "extensions.partialClone", "origin"]);
    compare("blobless, old form", &blobless);
}

#[test]
fn an_extension_that_nobody_knows_is_refused() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("r", &[]).unwrap();
    fill(&repo);
    // Version 0 does not heed extensions; from version 1 on an unknown one has to be refused.
    repo.git(&["config", "extensions.nobodyKnows", "true"]);
    assert!(Repo::discover(&repo.path).unwrap().is_some());
    repo.git(&["config", "core.repositoryFormatVersion", "1"]);
    let error = Repo::discover(&repo.path).unwrap_err();
    assert!(matches!(error, Error::Open { .. }), "{error:?}");
}

#[test]
fn replacement_objects_are_not_believed() {
    for options in [&[][..], &["--ref-format=reftable"]] {
        let sandbox = Sandbox::new();
        let Some(repo) = made("reftable", sandbox.init("r", options)) else { continue };
        fill(&repo);
        let blob = repo.text(&["rev-parse", "HEAD:a/x"]);
        repo.write("lie", "lie\n");
        let lie = repo.text(&["hash-object", "-w", "lie"]);
        fs::remove_file(repo.path.join("lie")).unwrap();
        repo.git(&["replace", &blob, &lie]);
        assert_eq!(repo.git(&["cat-file", "blob", "HEAD:a/x"]), b"lie\n");
        let opened = Repo::discover(&repo.path).unwrap().unwrap();
        assert_eq!(seen(&Snapshot::of_revision(&opened, "HEAD", None).unwrap())["a/x"].1, b"x\n");

        // Nor for a large file, which is streamed, nor for the commit itself.
        repo.write("large", vec![7; LARGE_BYTES]).commit_all();
        repo.git(&["replace", &repo.text(&["rev-parse", "HEAD:large"]), &lie]);
        repo.git(&["replace", "HEAD", "HEAD~1"]);
        let snapshot = Snapshot::of_revision(&opened, "HEAD", None).unwrap();
        assert_eq!(seen(&snapshot)["large"].1.len(), LARGE_BYTES);
        let tree = repo.text(&["--no-replace-objects", "rev-parse", "HEAD^{tree}"]);
        assert_eq!(snapshot.commit().unwrap().tree.as_str(), tree);
        assert_ne!(repo.text(&["rev-parse", "HEAD^{tree}"]), tree);
    }
}

#[test]
fn large_blobs_are_streamed_and_hash_to_what_git_holds() {
    for options in [&[][..], &["--ref-format=reftable"], &["--object-format=sha256"]] {
        let sandbox = Sandbox::new();
        let Some(repo) = made("reftable", sandbox.init("r", options)) else { continue };
        let large: Vec<u8> = (0..LARGE_BYTES).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect();
        for at in 0..4 {
            repo.write(&format!("large{at}"), [&large[..], &[at]].concat());
        }
        for at in 0..50 {
            repo.write(&format!("small{at}"), format!("{at}"));
        }
        repo.commit_all();
        for packed in [false, true] {
            if packed {
                repo.git(&["repack", "-qad"]);
            }
            let opened = Repo::discover(&repo.path).unwrap().unwrap();
            let snapshot = Snapshot::of_revision(&opened, "HEAD", None).unwrap();
            let entries: Vec<&Entry> = snapshot.entries().iter().collect();
            let options = Options { threads: 4.try_into().unwrap(), ..Options::default() };
            for (entry, hashed) in entries.iter().zip(hash_all(&snapshot, &entries, &options, &|_| {})) {
                let hashed = hashed.unwrap();
                assert_eq!(hashed.sha256, sha256(&fs::read(repo.path.join(entry.path.as_str())).unwrap()));
                assert_eq!(hashed.basis, Basis::Bytes);
            }
            // One that is not read to its end leaves nothing behind that the next one would read.
            let large = snapshot.find(&"large0".parse().unwrap()).unwrap();
            let mut first = [0; 10];
            snapshot.open(large).unwrap().read_exact(&mut first).unwrap();
            let again = hash_one(&snapshot, large, Pointers::Believe).unwrap();
            assert_eq!(again.size, u64::try_from(LARGE_BYTES + 1).unwrap());
        }
    }
}

#[test]
fn the_index_of_a_hook_is_the_one_that_is_being_committed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("r", &[]).unwrap();
    fill(&repo);
    repo.write("a/x", "committed with -a\n");
    // The hook keeps the index that it was given, as `commit -a` takes it away afterwards.
    repo.write(
        ".git/hooks/pre-commit",
        "#!/bin/sh\ncp \"$GIT_INDEX_FILE\" .git/kept\necho \"$GIT_INDEX_FILE\" > .git/name\n",
    );
    fs::set_permissions(repo.path.join(".git/hooks/pre-commit"), fs::Permissions::from_mode(0o755)).unwrap();
    repo.git(&["commit", "--quiet", "-a", "-m", "x"]);
    assert!(fs::read_to_string(repo.path.join(".git/name")).unwrap().trim_end().ends_with("index.lock"));
    repo.git(&["reset", "--quiet", "HEAD~1"]);
    let env = HookEnv {
        current_dir: repo.path.clone(),
        git_dir: Some(".git".into()),
        work_tree: Some(".".into()),
        index_file: Some(".git/kept".into()),
        ..HookEnv::default()
    };
    let opened = Repo::from_hook_environment(&env).unwrap();
    assert_eq!(opened.work_dir().unwrap().canonicalize().unwrap(), repo.path);
    assert_eq!(seen(&Snapshot::of_index(&opened, None).unwrap())["a/x"].1, b"committed with -a\n");
    let discovered = Repo::discover(&repo.path).unwrap().unwrap();
    assert_eq!(seen(&Snapshot::of_index(&discovered, None).unwrap())["a/x"].1, b"x\n");
}

#[test]
fn objects_of_a_push_in_quarantine_are_found() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("r", &[]).unwrap();
    fill(&repo);
    let bare = sandbox.init("bare.git", &["--bare"]).unwrap();
    let env = HookEnv {
        current_dir: bare.path.clone(),
        git_dir: Some(".".into()),
        object_directory: Some(repo.path.join(".git/objects")),
        alternate_object_directories: vec!["objects".into()],
        ..HookEnv::default()
    };
    let opened = Repo::from_hook_environment(&env).unwrap();
    let head = repo.text(&["rev-parse", "HEAD"]);
    same("quarantine", &seen(&Snapshot::of_revision(&opened, &head, None).unwrap()), &committed(&repo, "HEAD"));
}

#[test]
fn what_is_announced_is_not_staged_and_what_conflicts_is_told() {
    for options in [&["--object-format=sha1"][..], &["--object-format=sha256"]] {
        for split in [false, true] {
            let sandbox = Sandbox::new();
            let repo = sandbox.init("r", options).unwrap();
            fill(&repo);
            repo.git(&["checkout", "--quiet", "-b", "side"]);
            repo.write("a/x", "side\n").commit_all();
            repo.git(&["checkout", "--quiet", "main"]);
            repo.write("a/x", "main\n").commit_all();
            assert!(repo.try_git(&["merge", "--quiet", "side"]).is_err());
            repo.write("announced", "text\n").write("empty too", "");
            repo.git(&["add", "-N", "announced"]);
            repo.git(&["add", "empty too"]);
            if split {
                repo.git(&["update-index", "--split-index"]);
            }
            let opened = Repo::discover(&repo.path).unwrap().unwrap();
            for snapshot in [Snapshot::of_index(&opened, None).unwrap(), Snapshot::of_work_tree(&opened, None).unwrap()]
            {
                let seen = seen(&snapshot);
                assert!(!seen.contains_key("announced") && !seen.contains_key("a/x"), "{:?}", seen.keys());
                assert!(seen.contains_key("empty") && seen.contains_key("empty too"));
                let problems: Vec<String> = snapshot.problems().iter().map(ToString::to_string).collect();
                assert_eq!(problems, ["`a/x`: it has merge conflicts"]);
            }
        }
    }
}

#[test]
fn a_work_tree_is_what_is_on_disk() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("r", &[]).unwrap();
    fill(&repo);
    fs::remove_file(repo.path.join("empty")).unwrap();
    fs::remove_file(repo.path.join("a/deep/er/y")).unwrap();
    fs::remove_dir_all(repo.path.join("a-b")).unwrap();
    symlink("a", repo.path.join("a-b")).unwrap();
    repo.write("untracked", "u").write(".openness/signatures/new", "s");
    let opened = Repo::discover(&repo.path).unwrap().unwrap();
    let snapshot = Snapshot::of_work_tree(&opened, None).unwrap();
    let missing: Vec<&str> = snapshot
        .entries()
        .iter()
        .filter(|entry| entry.kind == Kind::Missing)
        .map(|entry| entry.path.as_str())
        .collect();
    // `a-b/x` is there only through a link.
    assert_eq!(missing, ["a-b/x", "a/deep/er/y", "empty"]);
    let untracked: RepoPath = "untracked".parse().unwrap();
    assert!(snapshot.find(&untracked).is_none() && snapshot.is_untracked(&untracked));
    assert_eq!(snapshot.read(&untracked, 10).unwrap().unwrap(), b"u");
    assert_eq!(snapshot.openness_files().len(), 2);
}

#[test]
fn no_setting_of_a_hostile_repository_runs_a_program() {
    for options in [&[][..], &["--ref-format=reftable"]] {
        let sandbox = Sandbox::new();
        let Some(repo) = made("reftable", sandbox.init("r", options)) else { continue };
        fill(&repo);
        repo.write("w.bin", "weights").commit_all();
        repo.git(&["update-index", "--split-index"]);
        let trap = repo.path.join(".git/trap");
        fs::write(&trap, format!("#!/bin/sh\necho \"$@\" >> {}.sprung\ncat\n", trap.display())).unwrap();
        fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
        let trap = trap.to_str().unwrap();
        for key in [
            "core.fsmonitor",
            "core.pager",
            "core.sshCommand",
            "core.editor",
            "core.alternateRefsCommand",
            "filter.lfs.clean",
            "filter.lfs.smudge",
            "filter.lfs.process",
            "diff.external",
            "gpg.program",
            "pager.cat-file",
        ] {
            repo.git(&["config", key, trap]);
        }
        repo.git(&["config", "log.showSignature", "true"]);
        repo.write("w.bin", "weightz");
        let opened = Repo::discover(&repo.path).unwrap().unwrap();
        for look in [Look::WorkTree, Look::Staged, Look::Revision("HEAD")] {
            seen(&Snapshot::of(&opened, look, None).unwrap());
            opened.attributes(look, "filter", &[&"w.bin".parse().unwrap()]).unwrap();
        }
        opened.hooks_dir().unwrap();
        opened.setting("core.editor").unwrap();
        let sprung = format!("{trap}.sprung");
        assert!(!Path::new(&sprung).exists(), "{options:?}");
        // The trap is a trap: what people run every day springs it.
        repo.output(&["status"]);
        assert!(Path::new(&sprung).exists(), "{options:?}");
    }
}

#[test]
fn a_pointer_counts_as_the_content_it_names_and_is_confirmed_where_that_is() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("r", &[]).unwrap();
    let oid = sha256(b"weights").as_str().to_owned();
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 7\n");
    repo.write("w.bin", &pointer).commit_all();
    let opened = Repo::discover(&repo.path).unwrap().unwrap();
    let snapshot = Snapshot::of_revision(&opened, "HEAD", None).unwrap();
    let look = |pointers| {
        let hashed = hash_one(&snapshot, &snapshot.entries()[0], pointers).unwrap();
        assert_eq!((hashed.sha256.as_str(), hashed.size), (oid.as_str(), 7));
        let Basis::Pointer { is_canonical: true, content } = hashed.basis else { panic!("{:?}", hashed.basis) };
        content
    };
    assert_eq!(look(Pointers::Confirm), PointedContent::Absent);
    // Smudged by hand: the work tree holds the content.
    repo.write("w.bin", "weights");
    assert_eq!(look(Pointers::Believe), PointedContent::Unread);
    assert_eq!(look(Pointers::Confirm), PointedContent::Confirmed);
    repo.write("w.bin", "WEIGHTS");
    assert_eq!(look(Pointers::Confirm), PointedContent::Absent);
    // As `git lfs fetch` leaves it.
    let store = format!(".git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]);
    repo.write(&store, "weights");
    assert_eq!(look(Pointers::Confirm), PointedContent::Confirmed);
    repo.write(&store, "WEIGHTS");
    assert_eq!(look(Pointers::Confirm), PointedContent::Wrong);
}

#[test]
fn a_bare_repository_hidden_in_a_download_is_not_its_surroundings() {
    let sandbox = Sandbox::new();
    let bare = sandbox.init("download", &["--bare"]).unwrap();
    fs::create_dir(bare.path.join("model")).unwrap();
    assert!(Repo::discover(&bare.path.join("model")).unwrap().is_none());
    assert!(Repo::discover(&bare.path).unwrap().unwrap().is_bare());
    assert!(Repo::discover(&sandbox.path("home")).unwrap().is_none());
}

#[test]
fn hostile_trees_are_listed_as_problems() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("r", &[]).unwrap();
    repo.write("x", "x").commit_all();
    let blob = repo.text(&["rev-parse", "HEAD:x"]);
    // Written by hand: `git mktree` refuses such names.
    let id: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&blob[2 * at..2 * at + 2], 16).unwrap()).collect();
    let mut tree = Vec::new();
    for name in [".git", "..", "a\nb", "con", "x", "x"] {
        tree.extend_from_slice(format!("100644 {name}\0").as_bytes());
        tree.extend_from_slice(&id);
    }
    fs::write(repo.path.join(".git/tree"), &tree).unwrap();
    let tree = repo.text(&["hash-object", "-t", "tree", "--literally", "-w", ".git/tree"]);
    let commit = repo.text(&["commit-tree", "-m", "x", &tree]);
    let opened = Repo::discover(&repo.path).unwrap().unwrap();
    let snapshot = Snapshot::of_revision(&opened, &commit, None).unwrap();
    let problems: Vec<String> = snapshot.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "`..`: the path has a `.` or `..` component",
            "`.git`: another repository begins here",
            "`a\\nb`: the path has the control or invisible character U+000A",
            "`con`: a component of the path is a device name on Windows",
            "`x`: the path stands in the tree more than once",
        ]
    );
}

/// Runs one test of this program again, in surroundings of its own; the test tells by `CHILD` that it is that run.
fn in_surroundings(test: &str, directory: &Path, surroundings: &[(&str, &Path)]) {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env("CHILD", directory).envs(surroundings.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "no test is called `{test}`");
}

fn child() -> Option<std::path::PathBuf> {
    std::env::var_os("CHILD").map(Into::into)
}

#[test]
fn variables_of_git_that_speak_of_another_repository_are_not_heard() {
    if let Some(directory) = child() {
        for name in ["files", "reftable"] {
            let Ok(Some(opened)) = Repo::discover(&directory.join(name)) else { continue };
            assert_eq!(opened.work_dir().unwrap().canonicalize().unwrap(), directory.join(name));
            assert_eq!(seen(&Snapshot::of_revision(&opened, "HEAD", None).unwrap())["which"].1, name.as_bytes());
            assert_eq!(seen(&Snapshot::of_index(&opened, None).unwrap())["which"].1, name.as_bytes());
        }
        return;
    }
    let sandbox = Sandbox::new();
    for (name, options) in [("files", &[][..]), ("reftable", &["--ref-format=reftable"]), ("other", &[])] {
        let Some(repo) = made(name, sandbox.init(name, options)) else { continue };
        repo.write("which", name).commit_all();
    }
    let other = sandbox.path("other/.git");
    in_surroundings(
        "variables_of_git_that_speak_of_another_repository_are_not_heard",
        &sandbox.path(""),
        &[
            ("GIT_DIR", &other),
            ("GIT_INDEX_FILE", &other.join("index")),
            ("GIT_OBJECT_DIRECTORY", &other.join("objects")),
        ],
    );
}

#[test]
fn without_the_program_what_libgit2_reads_is_read_and_the_rest_is_told() {
    if let Some(directory) = child() {
        let opened = Repo::discover(&directory.join("files")).unwrap().unwrap();
        let snapshot = Snapshot::of_revision(&opened, "HEAD", None).unwrap();
        let hashed = hash_one(&snapshot, &snapshot.entries()[0], Pointers::Believe).unwrap();
        assert_eq!(hashed.sha256, sha256(&vec![7; LARGE_BYTES]));
        if let Some(opened) = Repo::discover(&directory.join("reftable")).unwrap() {
            let error = opened.resolve("HEAD").unwrap_err();
            assert!(error.to_string().contains("without the `git` program"), "{error}");
        }
        return;
    }
    let sandbox = Sandbox::new();
    for (name, options) in [("files", &[][..]), ("reftable", &["--ref-format=reftable"])] {
        let Some(repo) = made(name, sandbox.init(name, options)) else { continue };
        repo.write("large", vec![7; LARGE_BYTES]).commit_all();
    }
    let nothing = sandbox.path("home");
    in_surroundings(
        "without_the_program_what_libgit2_reads_is_read_and_the_rest_is_told",
        &sandbox.path(""),
        &[("PATH", &nothing)],
    );
}

#[test]
fn a_repository_of_another_user_is_refused_unless_the_user_trusts_it() {
    if let Some(directory) = child() {
        let repo = directory.join("r");
        let is_trusted = directory.join("home/.gitconfig").exists();
        match Repo::discover(&repo) {
            Ok(Some(opened)) => {
                assert!(is_trusted);
                assert_eq!(seen(&Snapshot::of_revision(&opened, "HEAD", None).unwrap())["x"].1, b"x");
                assert_eq!(seen(&Snapshot::of_index(&opened, None).unwrap())["x"].1, b"x");
            }
            Err(error @ Error::NotOwned { .. }) => {
                assert!(!is_trusted);
                assert!(error.to_string().contains("safe.directory"), "{error}");
            }
            other => panic!("{other:?}"),
        }
        // The program opens it from inside its own directory too, as a hook does.
        if is_trusted {
            let env = HookEnv { current_dir: repo.clone(), git_dir: Some(".git".into()), ..HookEnv::default() };
            assert_eq!(Repo::from_hook_environment(&env).unwrap().work_dir().unwrap(), repo);
        }
        return;
    }
    let sandbox = Sandbox::new();
    let repo = sandbox.init("r", &[]).unwrap();
    repo.write("x", "x").commit_all();
    let chown = sandbox.command("chown").args(["-R", "12345", repo.path.to_str().unwrap()]).output();
    if !chown.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: needs the right to give a file to another user");
        return;
    }
    let (top, home) = (sandbox.path(""), sandbox.path("home"));
    let again = || {
        in_surroundings(
            "a_repository_of_another_user_is_refused_unless_the_user_trusts_it",
            &top,
            &[("HOME", &home), ("XDG_CONFIG_HOME", &home)],
        );
    };
    again();
    for trusted in [repo.path.clone(), top.join("*")] {
        fs::write(home.join(".gitconfig"), format!("[safe]\n\tdirectory = {}\n", trusted.display())).unwrap();
        again();
    }
}

#[test]
fn below_a_prefix_the_paths_begin_there_and_nothing_beside_it_is_seen() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("r", &[]).unwrap();
    fill(&repo);
    repo.write("a/.openness/statement.json", "{}").write("ab/x", "beside").write("a/w.bin", "w").commit_all();
    repo.git(&["rm", "-q", "--cached", "a/w.bin"]);
    let opened = Repo::discover(&repo.path).unwrap().unwrap();
    let prefix: RepoPath = "a".parse().unwrap();
    for (look, files) in [
        (Look::WorkTree, &["deep/er/y", "x"][..]),
        (Look::Staged, &["deep/er/y", "x"]),
        (Look::Revision("HEAD"), &["deep/er/y", "w.bin", "x"]),
    ] {
        let snapshot = Snapshot::of(&opened, look, Some(&prefix)).unwrap();
        assert_eq!(seen(&snapshot).keys().collect::<Vec<_>>(), files, "{look:?}");
        assert_eq!(snapshot.openness_files().len(), 1);
        let text = snapshot.attributes("text", &[&"x".parse().unwrap(), &"deep/er/y".parse().unwrap()]).unwrap();
        assert_eq!(text.unwrap(), [Attribute::Set, Attribute::Unspecified], "{look:?}");
        assert_eq!(snapshot.root().unwrap().canonicalize().unwrap(), repo.path.join("a"));
        assert_eq!(snapshot.read(&"x".parse().unwrap(), 9).unwrap().unwrap(), b"x\n", "{look:?}");
        assert_eq!(snapshot.is_untracked(&"w.bin".parse().unwrap()), files.len() == 2, "{look:?}");
    }
}
