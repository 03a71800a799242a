//! What is read of repositories and what is not, with the `git` program as the oracle; see also `git_matrix.rs`.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::git_files::{fill, made, seen};
use crate::common::env::TestEnv;
use crate::common::tools::user;
use openness::artifacts::digest::{Basis, LfsContent, Options, Pointers, hash_all, hash_one, sha256};
use openness::files::{Entry, Files as _, Kind};
use openness::git::{Attribute, Error, HookEnv, Repo, TreeSource};
use openness::path::RepoPath;
use openness::snapshot::Snapshot;

/// A file that libgit2 would have to hold in memory; it is streamed.
const LARGE_BYTES: usize = 9 * 1024 * 1024;

#[test]
fn an_unknown_repository_extension_is_refused() {
    let env = TestEnv::new();
    let repo = env.init("r", &[]).unwrap();
    fill(&repo);
    // Version 0 does not heed extensions; from version 1 on an unknown one has to be refused.
    repo.git(&["config", "extensions.nobodyKnows", "true"]);
    assert!(Repo::discover(&repo.path, &user()).unwrap().is_some());
    repo.git(&["config", "core.repositoryFormatVersion", "1"]);
    let error = Repo::discover(&repo.path, &user()).unwrap_err();
    assert!(matches!(error, Error::Newer { .. }), "{error:?}");
    assert!(error.to_string().contains("the extension `nobodyknows`"), "{error}");
    repo.git(&["config", "--file", ".git/config", "--unset", "extensions.nobodyKnows"]);
    repo.git(&["config", "--file", ".git/config", "core.repositoryFormatVersion", "7"]);
    let error = Repo::discover(&repo.path, &user()).unwrap_err();
    assert!(error.to_string().contains("version 7") && error.to_string().contains("newer Git"), "{error}");
}

#[test]
fn replacement_objects_are_ignored() {
    for options in [&[][..], &["--ref-format=reftable"]] {
        let env = TestEnv::new();
        let Some(repo) = made("reftable", env.init("r", options)) else { continue };
        fill(&repo);
        let blob = repo.text(&["rev-parse", "HEAD:a/x"]);
        repo.write("lie", "lie\n");
        let lie = repo.text(&["hash-object", "-w", "lie"]);
        fs::remove_file(repo.path.join("lie")).unwrap();
        repo.git(&["replace", &blob, &lie]);
        assert_eq!(repo.git(&["cat-file", "blob", "HEAD:a/x"]), b"lie\n");
        let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap();
        assert_eq!(seen(&Snapshot::of_revision(&opened, "HEAD", None).unwrap())["a/x"].1, b"x\n");

        // Nor for a large file, which is streamed, nor for the commit itself.
        repo.write("large", vec![7; LARGE_BYTES]).commit_all();
        repo.git(&["replace", &repo.text(&["rev-parse", "HEAD:large"]), &lie]);
        repo.git(&["replace", "HEAD", "HEAD~1"]);
        let snapshot = Snapshot::of_revision(&opened, "HEAD", None).unwrap();
        assert_eq!(seen(&snapshot)["large"].1.len(), LARGE_BYTES);
        let tree = repo.text(&["--no-replace-objects", "rev-parse", "HEAD^{tree}"]);
        assert_eq!(snapshot.commit().unwrap().tree.to_string(), tree);
        assert_ne!(repo.text(&["rev-parse", "HEAD^{tree}"]), tree);
    }
}

#[test]
fn large_blobs_are_streamed() {
    for options in [&[][..], &["--ref-format=reftable"], &["--object-format=sha256"]] {
        let env = TestEnv::new();
        let Some(repo) = made("reftable", env.init("r", options)) else { continue };
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
            let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap();
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
            let again = hash_one(&snapshot, large, Pointers::Trust).unwrap();
            assert_eq!(again.size, u64::try_from(LARGE_BYTES + 1).unwrap());
        }
    }
}

#[test]
fn a_hook_reads_the_index_that_is_being_committed() {
    let env = TestEnv::new();
    let repo = env.init("r", &[]).unwrap();
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
        user: user(),
        ..HookEnv::default()
    };
    let opened = Repo::from_hook_environment(&env).unwrap();
    assert_eq!(opened.work_dir().unwrap().canonicalize().unwrap(), repo.path);
    assert_eq!(seen(&Snapshot::of_index(&opened, None).unwrap())["a/x"].1, b"committed with -a\n");
    let discovered = Repo::discover(&repo.path, &user()).unwrap().unwrap();
    assert_eq!(seen(&Snapshot::of_index(&discovered, None).unwrap())["a/x"].1, b"x\n");
}

#[test]
fn a_working_tree_is_what_is_on_disk() {
    let env = TestEnv::new();
    let repo = env.init("r", &[]).unwrap();
    fill(&repo);
    fs::remove_file(repo.path.join("empty")).unwrap();
    fs::remove_file(repo.path.join("a/deep/er/y")).unwrap();
    fs::remove_dir_all(repo.path.join("a-b")).unwrap();
    symlink("a", repo.path.join("a-b")).unwrap();
    repo.write("untracked", "u").write(".openness/signatures/new", "s");
    let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap();
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
fn no_setting_of_a_repository_runs_a_program() {
    for options in [&[][..], &["--ref-format=reftable"]] {
        let env = TestEnv::new();
        let Some(repo) = made("reftable", env.init("r", options)) else { continue };
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
        let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap();
        for look in [TreeSource::WorkTree, TreeSource::Staged, TreeSource::Revision("HEAD")] {
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
fn an_lfs_pointer_counts_as_its_content() {
    let env = TestEnv::new();
    let repo = env.init("r", &[]).unwrap();
    let oid = sha256(b"weights").as_str().to_owned();
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 7\n");
    repo.write("w.bin", &pointer).commit_all();
    let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap();
    let snapshot = Snapshot::of_revision(&opened, "HEAD", None).unwrap();
    let look = |pointers| {
        let hashed = hash_one(&snapshot, &snapshot.entries()[0], pointers).unwrap();
        assert_eq!((hashed.sha256.as_str(), hashed.size), (oid.as_str(), 7));
        let Basis::Pointer { is_canonical: true, content } = hashed.basis else { panic!("{:?}", hashed.basis) };
        content
    };
    assert_eq!(look(Pointers::Confirm), LfsContent::Absent);
    // Smudged by hand: the work tree holds the content.
    repo.write("w.bin", "weights");
    assert_eq!(look(Pointers::Trust), LfsContent::Unread);
    assert_eq!(look(Pointers::Confirm), LfsContent::Confirmed);
    repo.write("w.bin", "WEIGHTS");
    assert_eq!(look(Pointers::Confirm), LfsContent::Absent);
    // As `git lfs fetch` leaves it.
    let store = format!(".git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]);
    repo.write(&store, "weights");
    assert_eq!(look(Pointers::Confirm), LfsContent::Confirmed);
    repo.write(&store, "WEIGHTS");
    assert_eq!(look(Pointers::Confirm), LfsContent::Wrong);
}

#[test]
fn a_hidden_bare_repository_is_not_discovered() {
    let env = TestEnv::new();
    let bare = env.init("download", &["--bare"]).unwrap();
    fs::create_dir(bare.path.join("model")).unwrap();
    assert!(Repo::discover(&bare.path.join("model"), &user()).unwrap().is_none());
    assert!(Repo::discover(&bare.path, &user()).unwrap().unwrap().is_bare());
    fs::create_dir(env.path("home")).unwrap();
    assert!(Repo::discover(&env.path("home"), &user()).unwrap().is_none());
}

#[test]
fn hostile_trees_are_listed_as_problems() {
    let env = TestEnv::new();
    let repo = env.init("r", &[]).unwrap();
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
    let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap();
    let snapshot = Snapshot::of_revision(&opened, &commit, None).unwrap();
    let problems: Vec<String> = snapshot.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "`..`: the path has a `.` or `..` component",
            "`.git`: another repository starts at this path",
            "`a\\nb`: the path contains the control or invisible character U+000A",
            "`con`: a component of the path is the name of a device on Windows",
            "`x`: the tree contains this path more than once",
        ]
    );
}

/// Runs one test of this program again, in surroundings of its own; the test tells by `CHILD` that it is that run.
fn in_surroundings(test: &str, directory: &Path, surroundings: &[(&str, &Path)]) {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("git_reading::{test}"), "--nocapture"])
        .env("CHILD", directory)
        .envs(surroundings.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "no test is called `{test}`");
}

fn child() -> Option<std::path::PathBuf> {
    std::env::var_os("CHILD").map(Into::into)
}

#[test]
fn git_variables_for_another_repository_are_ignored() {
    if let Some(directory) = child() {
        for name in ["files", "reftable"] {
            let Ok(Some(opened)) = Repo::discover(&directory.join(name), &user()) else { continue };
            assert_eq!(opened.work_dir().unwrap().canonicalize().unwrap(), directory.join(name));
            assert_eq!(seen(&Snapshot::of_revision(&opened, "HEAD", None).unwrap())["which"].1, name.as_bytes());
            assert_eq!(seen(&Snapshot::of_index(&opened, None).unwrap())["which"].1, name.as_bytes());
        }
        return;
    }
    let env = TestEnv::new();
    for (name, options) in [("files", &[][..]), ("reftable", &["--ref-format=reftable"]), ("other", &[])] {
        let Some(repo) = made(name, env.init(name, options)) else { continue };
        repo.write("which", name).commit_all();
    }
    let other = env.path("other/.git");
    in_surroundings(
        "git_variables_for_another_repository_are_ignored",
        &env.path(""),
        &[
            ("GIT_DIR", &other),
            ("GIT_INDEX_FILE", &other.join("index")),
            ("GIT_OBJECT_DIRECTORY", &other.join("objects")),
        ],
    );
}

#[test]
fn without_git_only_what_libgit2_reads_works() {
    if let Some(directory) = child() {
        let opened = Repo::discover(&directory.join("files"), &user()).unwrap().unwrap();
        let snapshot = Snapshot::of_revision(&opened, "HEAD", None).unwrap();
        let hashed = hash_one(&snapshot, &snapshot.entries()[0], Pointers::Trust).unwrap();
        assert_eq!(hashed.sha256, sha256(&vec![7; LARGE_BYTES]));
        if let Some(opened) = Repo::discover(&directory.join("reftable"), &user()).unwrap() {
            let error = opened.resolve("HEAD").unwrap_err();
            assert!(error.to_string().contains("without the `git` program"), "{error}");
        }
        return;
    }
    let env = TestEnv::new();
    for (name, options) in [("files", &[][..]), ("reftable", &["--ref-format=reftable"])] {
        let Some(repo) = made(name, env.init(name, options)) else { continue };
        repo.write("large", vec![7; LARGE_BYTES]).commit_all();
    }
    let nothing = env.path("nothing");
    fs::create_dir(&nothing).unwrap();
    in_surroundings("without_git_only_what_libgit2_reads_works", &env.path(""), &[("PATH", &nothing)]);
}

#[test]
fn a_repository_of_another_user_needs_safe_directory() {
    if let Some(directory) = child() {
        let repo = directory.join("r");
        let is_trusted = directory.join("home/.gitconfig").exists();
        match Repo::discover(&repo, &user()) {
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
            let env =
                HookEnv { current_dir: repo.clone(), git_dir: Some(".git".into()), user: user(), ..HookEnv::default() };
            assert_eq!(Repo::from_hook_environment(&env).unwrap().work_dir().unwrap(), repo);
        }
        return;
    }
    let env = TestEnv::new();
    let repo = env.init("r", &[]).unwrap();
    repo.write("x", "x").commit_all();
    let chown = env.command("chown").args(["-R", "12345", repo.path.to_str().unwrap()]).output();
    if !chown.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: needs the right to give a file to another user");
        return;
    }
    let (top, home) = (env.path(""), env.path("home"));
    fs::create_dir(&home).unwrap();
    let again = || {
        in_surroundings(
            "a_repository_of_another_user_needs_safe_directory",
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
fn a_prefix_hides_everything_outside_it() {
    let env = TestEnv::new();
    let repo = env.init("r", &[]).unwrap();
    fill(&repo);
    repo.write("a/.openness/statement.json", "{}").write("ab/x", "beside").write("a/w.bin", "w").commit_all();
    repo.git(&["rm", "-q", "--cached", "a/w.bin"]);
    let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap();
    let prefix: RepoPath = "a".parse().unwrap();
    for (look, files) in [
        (TreeSource::WorkTree, &["deep/er/y", "x"][..]),
        (TreeSource::Staged, &["deep/er/y", "x"]),
        (TreeSource::Revision("HEAD"), &["deep/er/y", "w.bin", "x"]),
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
