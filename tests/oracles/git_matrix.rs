//! Every operation on every kind of repository through each backend, with the `git` program as the oracle.
//!
//! `cargo test --test oracles git_matrix -- --nocapture` prints how many operations each backend answered of each kind.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::git_files::{Files, committed, fill, made, same, seen, staged, staged_in};
use crate::common::env::{TIME, TestEnv};
use crate::common::repo::TestRepo;
use crate::common::tools::{skipped, user};
use openness::files::{Files as _, Origin, ProblemKind};
use openness::git::{Attribute, BackendKind, Error, HookEnv, Repo, TreeSource};
use openness::path::RepoPath;
use openness::snapshot::Snapshot;

const READERS: [BackendKind; 2] = [BackendKind::Libgit2, BackendKind::Program];
/// What libgit2 may leave to the program, by a word in the name of the kind: references, or the index.
const BEYOND_LIBGIT2: &[(&str, &[&str])] = &[
    ("reftable", &["HEAD", "unknown", "attributes of a commit"]),
    ("sparse index", &["index", "work tree", "attributes of the index", "attributes of the work tree"]),
    ("split index", &["index", "work tree", "attributes of the index", "attributes of the work tree"]),
];

/// What was asked: kind and reader → answered, and what was left to the other.
#[derive(Default)]
struct Tally(Mutex<Counts>);

type Counts = BTreeMap<(String, BackendKind), (usize, Vec<&'static str>)>;

/// One kind of repository, read by one reader.
struct Case<'a> {
    tally: &'a Tally,
    kind: &'a str,
    reader: BackendKind,
    opened: Repo,
}

impl Case<'_> {
    /// Counts an answer; `None` where libgit2 leaves it to the program, as is known of the kind.
    fn answer<T, E: Display>(&self, what: &'static str, result: Result<T, E>) -> Option<T> {
        let mut counts = self.tally.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (answered, left) = counts.entry((self.kind.to_owned(), self.reader)).or_default();
        match result {
            Ok(answer) => {
                *answered += 1;
                Some(answer)
            }
            Err(error) => {
                let told = error.to_string();
                let is_known =
                    BEYOND_LIBGIT2.iter().any(|(word, whats)| self.kind.contains(word) && whats.contains(&what));
                let is_left = self.reader == BackendKind::Libgit2 && told.contains("without the `git` program");
                assert!(is_known && is_left, "{}, {:?}, {what}: {told}", self.kind, self.reader);
                left.push(what);
                None
            }
        }
    }

    fn note(&self, what: &str) -> String {
        format!("{}, {:?}: {what}", self.kind, self.reader)
    }

    /// A commit: what it holds, and the facts of it.
    fn commit(&self, revision: &str, oracle: &Committed) {
        let Some(snapshot) = self.answer("HEAD", Snapshot::of_revision(&self.opened, revision, None)) else { return };
        same(&self.note("HEAD"), &seen(&snapshot), &oracle.files);
        assert_eq!(snapshot.origin(), Origin::Commit);
        assert_eq!(snapshot.openness_files().len(), 1, "{}", self.note("HEAD"));
        let facts = snapshot.commit().unwrap();
        let found = (facts.commit.to_string(), facts.tree.to_string(), facts.time, facts.object_format.as_str());
        assert_eq!(
            found,
            (oracle.commit.clone(), oracle.tree.clone(), TIME, &*oracle.format),
            "{}",
            self.note("facts")
        );
        let by_id = self.answer("by its id", self.opened.resolve(&oracle.commit)).unwrap();
        assert_eq!(&by_id, facts, "{}", self.note("by its id"));
    }

    fn unknown(&self, revisions: &[&str]) {
        for unknown in revisions {
            let refused = match self.opened.resolve(unknown) {
                Err(Error::UnknownRevision { .. }) => Ok(()),
                Err(error) => Err(error.to_string()),
                Ok(_) => Err(format!("`{unknown}` is known")),
            };
            self.answer("unknown", refused);
        }
    }

    fn attributes(&self, what: &'static str, look: TreeSource<'_>) {
        let (x, bin): (RepoPath, RepoPath) = ("a/x".parse().unwrap(), "w.bin".parse().unwrap());
        for (name, expected) in [
            ("text", [Attribute::Set, Attribute::Unset]),
            ("filter", [Attribute::Unspecified, Attribute::Value("lfs".to_owned())]),
        ] {
            if let Some(found) = self.answer(what, self.opened.attributes(look, name, &[&x, &bin])) {
                assert_eq!(found, expected, "{}", self.note(what));
            }
        }
    }

    /// What is staged, what is on disk, and where hooks are.
    fn work_tree(&self, repo: &TestRepo<'_>, staged: &Files) {
        if let Some(index) = self.answer("index", Snapshot::of_index(&self.opened, None)) {
            same(&self.note("index"), &seen(&index), staged);
        }
        self.attributes("attributes of the index", TreeSource::Staged);
        // The work tree is as staged: no filter is configured, and nothing was changed.
        if let Some(work_tree) = self.answer("work tree", Snapshot::of_work_tree(&self.opened, None)) {
            same(&self.note("work tree"), &seen(&work_tree), staged);
        }
        self.attributes("attributes of the work tree", TreeSource::WorkTree);
        assert_eq!(self.opened.work_dir().unwrap().canonicalize().unwrap(), repo.path, "{}", self.note("its place"));
    }

    fn settings(&self, repo: &TestRepo<'_>) {
        let hooks = self.answer("hooks", self.opened.hooks_dir()).unwrap();
        let oracle = repo.text(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"]);
        assert_eq!(hooks.path, Path::new(&oracle), "{}", self.note("hooks"));
        let version = self.answer("a setting", self.opened.setting("core.repositoryFormatVersion")).unwrap();
        assert_eq!(version, Some(repo.text(&["config", "core.repositoryFormatVersion"])), "{}", self.note("a setting"));
    }

    fn bare(&self) {
        assert!(Snapshot::of_work_tree(&self.opened, None).is_err(), "{}", self.note("no work tree"));
        let index = self.answer("index", Snapshot::of_index(&self.opened, None)).unwrap();
        assert!(index.entries().is_empty(), "{}", self.note("no index"));
    }
}

/// What the oracle says of a commit.
struct Committed {
    files: Files,
    commit: String,
    tree: String,
    format: String,
}

impl Committed {
    fn of(repo: &TestRepo<'_>, revision: &str) -> Self {
        let id = |revision: &str| repo.text(&["--no-replace-objects", "rev-parse", revision]);
        Self {
            files: committed(repo, revision),
            commit: id(revision),
            tree: id(&format!("{revision}^{{tree}}")),
            format: repo.text(&["rev-parse", "--show-object-format"]),
        }
    }
}

impl Tally {
    /// Hands a repository to each reader that can open it.
    fn each(&self, kind: &str, opened: &Repo, ask: impl Fn(&Case<'_>)) {
        for reader in READERS {
            let opened = opened.with_backend(reader).unwrap_or_else(|error| panic!("{kind}, {reader:?}: {error}"));
            ask(&Case { tally: self, kind, reader, opened });
        }
    }

    /// Asks everything about `HEAD`, the index and the work tree.
    fn compare(&self, kind: &str, repo: &TestRepo<'_>) {
        let opened = Repo::discover(&repo.path, &user()).unwrap_or_else(|error| panic!("{kind}: {error}")).unwrap();
        self.compare_opened(kind, repo, &opened, &staged(repo));
        if !opened.is_bare() {
            let below = Repo::discover(&repo.path.join("a"), &user()).unwrap().unwrap();
            assert_eq!(below.git_dir(), opened.git_dir(), "{kind}");
        }
    }

    fn compare_opened(&self, kind: &str, repo: &TestRepo<'_>, opened: &Repo, staged: &Files) {
        let oracle = Committed::of(repo, "HEAD");
        self.each(kind, opened, |case| {
            case.commit("HEAD", &oracle);
            case.unknown(&["no-such-branch", "-x", "HEAD:a", "HEAD~99"]);
            case.attributes("attributes of a commit", TreeSource::Revision("HEAD"));
            case.settings(repo);
            if opened.is_bare() { case.bare() } else { case.work_tree(repo, staged) }
        });
    }

    /// Prints the matrix, and returns the number of kinds and of answers.
    fn print(&self) -> (usize, usize) {
        let counts = self.0.lock().unwrap();
        let (mut kinds, mut answers) = (Vec::new(), 0);
        eprintln!("{:<34}{:>10}{:>10}  left to git", "kind of repository", "libgit2", "git");
        for ((kind, reader), (answered, left)) in &*counts {
            answers += answered;
            if *reader == BackendKind::Program {
                let (by_libgit2, mut left) =
                    counts.get(&(kind.clone(), BackendKind::Libgit2)).cloned().unwrap_or_default();
                left.dedup();
                eprintln!("{kind:<34}{by_libgit2:>10}{answered:>10}  {}", left.join(", "));
                assert!(left.is_empty() || *answered > by_libgit2, "{kind}: nobody answers");
                kinds.push(kind);
            }
            assert!(*reader == BackendKind::Libgit2 || left.is_empty(), "{kind}: the program leaves {left:?}");
        }
        eprintln!("{} kinds of repositories, {answers} answers compared", kinds.len());
        (kinds.len(), answers)
    }
}

#[test]
fn both_backends_agree_with_git_on_every_kind_of_repository() {
    let tally = &Tally::default();
    std::thread::scope(|scope| {
        for kinds in [
            object_formats_and_reference_formats,
            nothing_is_committed_yet,
            what_is_staged,
            linked_worktrees_and_submodules,
            sparse_checkouts_sparse_indexes_and_split_indexes,
            clones_that_do_not_hold_everything,
            replacement_objects,
            what_git_tells_its_hooks,
            quarantine,
        ] {
            scope.spawn(move || kinds(tally));
        }
    });
    let (kinds, answers) = tally.print();
    // A git that cannot make some kinds says so above; today's makes all of them.
    let makes_all = TestEnv::new().init("r", &["--ref-format=reftable", "--object-format=sha256"]).is_ok();
    let (least_kinds, least_answers) = if makes_all { (54, 1200) } else { (30, 700) };
    assert!(kinds >= least_kinds && answers >= least_answers, "{kinds} kinds, {answers} answers");
}

fn object_formats_and_reference_formats(tally: &Tally) {
    for (kind, options) in [
        ("sha1", &["--object-format=sha1"][..]),
        ("sha256", &["--object-format=sha256"]),
        ("reftable", &["--ref-format=reftable"]),
        ("sha256 reftable", &["--object-format=sha256", "--ref-format=reftable"]),
    ] {
        let env = TestEnv::new();
        let Some(repo) = made(kind, env.init("r", options)) else { continue };
        fill(&repo);
        tally.compare(kind, &repo);
        repo.write("a/x", "changed\n").write("new", "new\n");
        repo.git(&["add", "new"]);
        repo.git(&["mv", "empty", "moved"]);
        repo.git(&["tag", "-a", "-m", "t", "v1"]);
        let head = repo.text(&["rev-parse", "HEAD"]);
        let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap();
        let staged = staged(&repo);
        tally.each(&format!("{kind}, changed"), &opened, |case| {
            let index = case.answer("index", Snapshot::of_index(&case.opened, None)).unwrap();
            same(&case.note("index"), &seen(&index), &staged);
            let work_tree = case.answer("work tree", Snapshot::of_work_tree(&case.opened, None)).unwrap();
            assert_eq!(seen(&work_tree)["a/x"].1, b"changed\n");
            if let Some(tagged) = case.answer("HEAD", case.opened.resolve("v1")) {
                assert_eq!(tagged.commit.to_string(), head);
            }
        });

        let bare = env.at("bare.git");
        let formats = options.iter().filter(|option| option.starts_with("--ref-format")).copied();
        let clone: Vec<&str> = ["clone", "--quiet", "--bare", ".", "../bare.git"].into_iter().chain(formats).collect();
        repo.git(&clone);
        tally.compare(&format!("{kind}, bare"), &bare);
    }
}

fn nothing_is_committed_yet(tally: &Tally) {
    for (kind, options) in [
        ("unborn", &[][..]),
        ("unborn sha256", &["--object-format=sha256"]),
        ("unborn reftable", &["--ref-format=reftable"]),
    ] {
        let env = TestEnv::new();
        let Some(repo) = made(kind, env.init("r", options)) else { continue };
        let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap();
        tally.each(kind, &opened, |case| {
            let is_unborn = match case.opened.resolve("HEAD") {
                Err(Error::Unborn) => Ok(()),
                other => Err(format!("{:?}", other.map_err(|error| error.to_string()))),
            };
            case.answer("HEAD", is_unborn);
            case.unknown(&["no-such-branch", "-x"]);
            let index = case.answer("index", Snapshot::of_index(&case.opened, None)).unwrap();
            assert!(index.entries().is_empty());
            case.settings(&repo);
        });
        repo.write("a", "x");
        repo.git(&["add", "a"]);
        let staged = staged(&repo);
        tally.each(kind, &opened, |case| {
            let index = case.answer("index", Snapshot::of_index(&case.opened, None)).unwrap();
            same(&case.note("index"), &seen(&index), &staged);
        });
    }
}

/// What is announced is not staged; a conflict is told; flags for the work tree do not change what is staged; what is
/// deleted is gone, and what is renamed is elsewhere.
fn what_is_staged(tally: &Tally) {
    for (kind, options, split) in [
        ("staged, sha1", &[][..], false),
        ("staged, sha256", &["--object-format=sha256"], false),
        ("staged, reftable", &["--ref-format=reftable"], false),
        ("staged, split index", &[], true),
    ] {
        let env = TestEnv::new();
        let Some(repo) = made(kind, env.init("r", options)) else { continue };
        fill(&repo);
        repo.git(&["checkout", "--quiet", "-b", "side"]);
        repo.write("a/x", "side\n").commit_all();
        repo.git(&["checkout", "--quiet", "main"]);
        repo.write("a/x", "main\n").commit_all();
        assert!(repo.try_git(&["merge", "--quiet", "side"]).is_err());
        repo.git(&["rm", "--quiet", "üñï/cödé"]);
        repo.git(&["mv", "empty", "renamed"]);
        repo.git(&["update-index", "--assume-unchanged", "a-b/x"]);
        repo.git(&["update-index", "--skip-worktree", "a/deep/er/y"]);
        repo.write("a-b/x", "changed, unseen by git\n").write("announced", "text\n");
        fs::remove_file(repo.path.join("a/deep/er/y")).unwrap();
        repo.git(&["add", "-N", "announced"]);
        if split {
            repo.git(&["update-index", "--split-index"]);
        }
        let mut oracle = staged(&repo);
        for not_staged in ["announced", "a/x"] {
            oracle.remove(not_staged);
        }
        assert!(oracle.contains_key("renamed") && !oracle.contains_key("üñï/cödé"));
        let mut on_disk = oracle.clone();
        on_disk.get_mut("a-b/x").unwrap().1 = b"changed, unseen by git\n".to_vec();
        tally.each(kind, &Repo::discover(&repo.path, &user()).unwrap().unwrap(), |case| {
            for (what, snapshot, oracle) in [
                ("index", Snapshot::of_index(&case.opened, None), &oracle),
                ("work tree", Snapshot::of_work_tree(&case.opened, None), &on_disk),
            ] {
                let Some(snapshot) = case.answer(what, snapshot) else { continue };
                same(&case.note(what), &seen(&snapshot), oracle);
                let problems: Vec<String> = snapshot.problems().iter().map(ToString::to_string).collect();
                assert_eq!(problems, ["`a/x`: it has merge conflicts"], "{}", case.note(what));
            }
        });
    }
}

fn linked_worktrees_and_submodules(tally: &Tally) {
    for format in ["sha1", "sha256"] {
        let env = TestEnv::new();
        let repo = env.init("r", &["--object-format", format]).unwrap();
        fill(&repo);
        repo.git(&["worktree", "add", "--quiet", "../linked", "-b", "other"]);
        let linked = env.at("linked");
        linked.write("a/x", "in the linked one\n").commit_all();
        tally.compare(&format!("linked worktree, {format}"), &linked);
        tally.compare(&format!("its main worktree, {format}"), &repo);

        let superproject = env.init("super", &["--object-format", format]).unwrap();
        fill(&superproject);
        let source = repo.path.to_str().unwrap();
        superproject.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", source, "sub"]);
        superproject.commit_all();
        tally.compare(&format!("superproject, {format}"), &superproject);
        tally.compare(&format!("submodule from inside, {format}"), &env.at("super/sub"));
        let on_disk = Snapshot::of_directory(&superproject.path).unwrap();
        assert_eq!(on_disk.problems().len(), 1, "{:?}", on_disk.problems());
        assert_eq!(on_disk.problems()[0].kind, ProblemKind::NestedRepository);
        assert!(on_disk.find(&"sub/a/x".parse().unwrap()).is_some());
    }
}

fn sparse_checkouts_sparse_indexes_and_split_indexes(tally: &Tally) {
    for (kind, commands) in [
        ("sparse checkout", &[&["sparse-checkout", "set", "--no-sparse-index", "a"][..]][..]),
        ("sparse index", &[&["sparse-checkout", "set", "--sparse-index", "a"]]),
        ("split index", &[&["update-index", "--split-index"]]),
        ("index version 4", &[&["update-index", "--index-version", "4"]]),
    ] {
        for options in [&["--object-format=sha1"][..], &["--object-format=sha256"], &["--ref-format=reftable"]] {
            let env = TestEnv::new();
            let Some(repo) = made(kind, env.init("r", options)) else { continue };
            fill(&repo);
            if kind == "split index" {
                repo.git(&["config", "splitIndex.maxPercentChange", "100"]);
            }
            if let Some(message) = commands.iter().find_map(|command| repo.try_git(command).err()) {
                skipped(&format!("a git that makes a {kind} ({message})"));
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
            let format = options[0].rsplit('=').next().unwrap();
            tally.compare(&format!("{kind}, {format}"), &repo);
        }
    }
}

fn clones_that_do_not_hold_everything(tally: &Tally) {
    let env = TestEnv::new();
    let repo = env.init("r", &[]).unwrap();
    fill(&repo);
    repo.write("a/x", "second\n").commit_all();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.path.display());

    repo.git(&["clone", "--quiet", "--depth=1", &url, "../shallow"]);
    tally.compare("shallow", &env.at("shallow"));
    repo.git(&["clone", "--quiet", "--shared", ".", "../alternates"]);
    tally.compare("alternates", &env.at("alternates"));
    repo.git(&["clone", "--quiet", "--filter=blob:none", &url, "../blobless"]);
    let blobless = env.at("blobless");
    tally.compare("blobless, checked out", &blobless);
    // The form of Git before 2.24, which libgit2 alone refuses to open.
    let old_form = |blobless: &TestRepo<'_>| {
        blobless.git(&["config", "core.repositoryFormatVersion", "1"]);
        blobless.git(&["config", "extensions.partialClone", "origin"]);
    };

    // What was never checked out is not there, and nothing fetches it, with a network or without.
    for form in ["blobless", "blobless, old form"] {
        if form != "blobless" {
            old_form(&blobless);
            tally.compare(form, &blobless);
        }
        for is_gone in [false, true] {
            let away = env.path("away");
            if is_gone {
                fs::rename(&repo.path, &away).unwrap();
            }
            let count = || blobless.git(&["count-objects", "-v"]);
            let before = count();
            let opened = Repo::discover(&blobless.path, &user()).unwrap().unwrap();
            tally.each(form, &opened, |case| {
                let snapshot = case.answer("HEAD", Snapshot::of_revision(&case.opened, "HEAD~1", None)).unwrap();
                let entry = snapshot.find(&"a/x".parse().unwrap()).unwrap();
                let told = snapshot.open(entry).unwrap_err().to_string();
                let is_told = told.contains("is not in this repository");
                case.answer("a blob that is not here", if is_told { Ok(()) } else { Err(told) });
            });
            assert_eq!(count(), before, "something was fetched");
            if is_gone {
                fs::rename(&away, &repo.path).unwrap();
            }
        }
    }
}

fn replacement_objects(tally: &Tally) {
    for (kind, options) in [("replaced", &[][..]), ("replaced, reftable", &["--ref-format=reftable"])] {
        let env = TestEnv::new();
        let Some(repo) = made(kind, env.init("r", options)) else { continue };
        fill(&repo);
        repo.write("lie", "lie\n");
        let lie = repo.text(&["hash-object", "-w", "lie"]);
        fs::remove_file(repo.path.join("lie")).unwrap();
        repo.git(&["replace", &repo.text(&["rev-parse", "HEAD:a/x"]), &lie]);
        assert_eq!(repo.git(&["cat-file", "blob", "HEAD:a/x"]), b"lie\n");
        tally.compare(kind, &repo);
    }
}

/// The variables of `git commit`, of `commit -a` and `commit FILE`, of `--git-dir` with `--work-tree`, and of a linked
/// worktree, as `githooks` and conventions of Git have them.
fn what_git_tells_its_hooks(tally: &Tally) {
    let env = TestEnv::new();
    let repo = env.init("r", &[]).unwrap();
    fill(&repo);
    // An index of its own: what is being committed is neither what is staged nor what is on disk.
    let other_index: PathBuf = repo.path.join(".git/next-index-1.lock");
    fs::copy(repo.path.join(".git/index"), &other_index).unwrap();
    repo.write("a/x", "committed\n");
    repo.git_with(("GIT_INDEX_FILE", &other_index), &["add", "a/x"]);
    let (of_commit, of_index) = (staged_in(&repo, &other_index), staged(&repo));
    assert_ne!(of_commit, of_index);
    let git_dir = repo.path.join(".git");
    let env = |git_dir: Option<&Path>, work_tree: Option<&Path>, index: &Path| HookEnv {
        current_dir: repo.path.clone(),
        git_dir: git_dir.map(Into::into),
        work_tree: work_tree.map(Into::into),
        index_file: Some(index.into()),
        user: user(),
        ..HookEnv::default()
    };
    let dot = Some(Path::new("."));
    for (kind, env) in [
        ("hook of commit -a", env(None, None, &other_index)),
        ("hook, index relative", env(None, None, Path::new(".git/next-index-1.lock"))),
        ("hook, GIT_DIR", env(Some(Path::new(".git")), None, &other_index)),
        ("hook, GIT_WORK_TREE=.", env(Some(&git_dir), dot, &other_index)),
    ] {
        let opened = Repo::from_hook_environment(&env).unwrap();
        tally.compare_opened(kind, &repo, &opened, &of_commit);
    }
    repo.write("a/x", "x\n");
    let opened = Repo::from_hook_environment(&env(None, None, Path::new(".git/index"))).unwrap();
    tally.compare_opened("hook of commit", &repo, &opened, &of_index);
}

/// A server's hook, before what is pushed is taken.
fn quarantine(tally: &Tally) {
    for (kind, options) in [
        ("quarantine", &[][..]),
        ("quarantine, sha256", &["--object-format=sha256"]),
        ("quarantine, reftable", &["--ref-format=reftable"]),
    ] {
        let env = TestEnv::new();
        let Some(repo) = made(kind, env.init("r", options)) else { continue };
        fill(&repo);
        let bare = env.init("bare.git", &[options, &["--bare"]].concat()).unwrap();
        let env = HookEnv {
            current_dir: bare.path.clone(),
            git_dir: Some(".".into()),
            object_directory: Some(repo.path.join(".git/objects")),
            alternate_object_directories: vec!["objects".into()],
            user: user(),
            ..HookEnv::default()
        };
        let oracle = Committed::of(&repo, "HEAD");
        tally.each(kind, &Repo::from_hook_environment(&env).unwrap(), |case| {
            case.commit(&oracle.commit, &oracle);
            case.bare();
        });
    }
}

/// Returns whether anything staged is in a directory.
fn repo_has(files: &Snapshot, directory: &str) -> bool {
    files.entries().iter().any(|entry| entry.path.is_within(directory))
}

/// Compares what is new in the index, by either reader, with what Git says.
#[track_caller]
fn same_news(kind: &str, repo: &TestRepo<'_>, last: Option<&str>) -> Vec<String> {
    let oracle = match last {
        Some(last) => repo.git(&["diff", "--cached", "--name-only", "--no-renames", "--diff-filter=d", "-z", last]),
        None => repo.git(&["ls-files", "-z"]),
    };
    let oracle: BTreeSet<&[u8]> = oracle.split(|byte| *byte == 0).collect();
    let mut said = Vec::new();
    for reader in READERS {
        let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap().with_backend(reader).unwrap();
        let next = match Snapshot::of_staged_commit(&opened, None) {
            Ok(next) => next,
            Err(error) if error.to_string().contains("without the `git` program") => {
                assert!(
                    reader == BackendKind::Libgit2 && (kind == "split" || kind.contains("reftable")),
                    "{kind}: {error}"
                );
                continue;
            }
            Err(error) => panic!("{kind}, {reader:?}: {error}"),
        };
        let gone = next.deleted().iter().map(ToString::to_string).collect::<Vec<_>>();
        let by_git = last
            .map(|last| repo.git(&["diff", "--cached", "--name-only", "--no-renames", "--diff-filter=D", "-z", last]));
        let by_git = String::from_utf8(by_git.unwrap_or_default()).unwrap();
        let left = |path: &&str| path.rsplit_once('/').is_none_or(|(above, _)| repo_has(&next, above));
        let by_git: Vec<&str> = by_git.split('\0').filter(|path| !path.is_empty()).filter(left).collect();
        let gone: Vec<&str> = gone.iter().map(String::as_str).filter(left).collect();
        assert_eq!(gone, by_git, "{kind}, {reader:?}");
        let news = next.entries().iter().filter(|entry| next.is_changed(entry)).map(|entry| entry.path.to_string());
        let news: Vec<String> = news.collect();
        let listed = next.entries().iter().map(|entry| entry.path.to_string());
        let expected: Vec<String> = listed.filter(|path| oracle.contains(path.as_bytes())).collect();
        assert_eq!(news, expected, "{kind}, {reader:?}");
        said.push(news);
    }
    said.pop().unwrap()
}

#[test]
fn changed_entries_are_those_that_git_calls_staged() {
    for (kind, options, settings) in [
        ("sha1", &["--object-format=sha1"][..], &[][..]),
        ("sha256", &["--object-format=sha256"], &[]),
        ("version 4", &[], &[["index.version", "4"]]),
        ("without a hash", &[], &[["index.skipHash", "true"]]),
        ("split", &[], &[["core.splitIndex", "true"], ["splitIndex.maxPercentChange", "100"]]),
        ("reftable", &["--ref-format=reftable"], &[]),
    ] {
        let env = TestEnv::new();
        let Some(repo) = made(kind, env.init("r", options)) else { continue };
        settings.iter().for_each(|[key, value]| drop(repo.git(&["config", key, value])));
        repo.write("first", "x");
        repo.git(&["add", "first"]);
        assert_eq!(same_news(kind, &repo, None), ["first"]);
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
