//! What is said where a repository does not hold, or does not show, what was asked for: partial clones, sparse checkouts, other
//! working trees, bare repositories, replaced objects, and the data of other version control systems.

use crate::common::env::{MANIFEST, TestEnv, reasons};
use crate::common::repo::TestRepo;
use std::fs;

/// Adds a repository `NAME` that is cloned from the release with these options.
fn clone<'a>(env: &'a TestEnv, name: &str, options: &[&str]) -> TestRepo<'a> {
    env.git("lm", ["config", "uploadpack.allowFilter", "true"]);
    let from = format!("file://{}", env.path("lm").display());
    env.git("", [&["clone", "-q"], options, &[&from, name]].concat());
    env.at(name)
}

#[cfg(unix)]
#[test]
fn a_partial_clone_says_what_was_not_checked() {
    let env = TestEnv::release();
    std::os::unix::fs::symlink("a.safetensors", env.path("lm/weights/link")).unwrap();
    env.commit("lm");
    let repo = clone(&env, "part", &["--sparse", "--filter=blob:none"]);
    let ran = env.openness(["check", "part"]).expect(0);
    assert!(ran.err.contains("the content of 3 files was not checked"), "{ran:#?}");
    assert!(!ran.err.contains("git restore"), "{ran:#?}");
    assert!(ran.err.contains("`weights/a.safetensors`") && ran.err.contains("openness check --fetch"), "{ran:#?}");
    let report = env.openness(["check", "part", "--format", "json"]).expect(0).json();
    assert_eq!(
        report["filesNotRead"],
        serde_json::json!(["weights/a.safetensors", "weights/b.safetensors", "weights/link"])
    );
    let hashed = env.openness(["hash", "part"]).expect(2);
    assert_eq!(hashed.err.matches("is not in this repository").count(), 1, "{hashed:#?}");
    assert!(hashed.err.contains("cannot hash 2 files"), "{hashed:#?}");
    // As it says.
    repo.git(&["fetch", "-q", "--refetch", "--no-filter", "origin"]);
    let ran = env.openness(["check", "part"]).expect(0);
    assert_eq!(ran.err, "");
    env.openness(["hash", "part"]).expect(0);
    // A whole clone has nothing to say.
    assert!(env.openness(["check", "lm", "--format", "json"]).json().get("filesNotRead").is_none());
}

/// Fetching is asked for, gets only what is read, and says why it cannot.
#[cfg(unix)]
#[test]
fn check_fetches_what_a_partial_clone_left_out_on_request() {
    let env = TestEnv::release();
    std::os::unix::fs::symlink("a.safetensors", env.path("lm/weights/link")).unwrap();
    env.write("lm/other/x", "not below the release");
    env.commit("lm");
    for (name, options) in [
        ("thin", &["--sparse", "--filter=blob:none"][..]),
        ("bare.git", &["--bare", "--filter=blob:none"]),
        ("bald", &["--no-checkout", "--filter=blob:none"]),
    ] {
        let repo = clone(&env, name, options);
        let state = if name == "bald" { &["--rev", "HEAD"][..] } else { &[] };
        let check = |more: &[&str]| env.openness([&["check", name, "--format", "json"], state, more].concat());
        let before = check(&[]);
        assert!(before.json().get("filesNotRead").is_some() || before.status != 0, "{name}: {before:#?}");
        let ran = check(&["--fetch"]).expect(0);
        assert!(ran.err.contains("fetched that this partial clone had left out"), "{name}: {ran:#?}");
        assert!(ran.json().get("filesNotRead").is_none(), "{name}: {ran:#?}");
        // Nothing is left to fetch, even without the remote.
        repo.git(&["remote", "set-url", "origin", "file:///nowhere"]);
        let again = check(&["--fetch"]).expect(0);
        assert!(!again.err.contains("fetched"), "{name}: {again:#?}");
    }
    let repo = clone(&env, "cut", &["--sparse", "--filter=blob:none"]);
    repo.git(&["remote", "set-url", "origin", "file:///nowhere"]);
    env.openness(["check", "cut", "--fetch"]).fails_with("nowhere");
    repo.git(&["config", "--unset", "remote.origin.promisor"]);
    env.openness(["check", "cut", "--fetch"]).fails_with("no remote is set as their promisor");
    // A whole clone has nothing to fetch; a plain directory has nowhere to fetch from.
    env.openness(["check", "lm", "--fetch"]).expect(0);
    fs::rename(env.path("lm/.git"), env.path("moved")).unwrap();
    env.openness(["check", "lm", "--fetch"]).fails_with("is not in a Git repository");
}

#[test]
fn a_clone_without_a_checkout_is_not_told_to_start_anew() {
    let env = TestEnv::release();
    clone(&env, "bald", &["--no-checkout"]);
    let ran = env.openness(["check", "bald"]).expect(2);
    assert!(ran.err.contains("nothing is checked out") && !ran.err.contains("openness init"), "{ran:#?}");
    env.openness(["check", "bald", "--rev", "HEAD"]).expect(0);
    env.git("", ["init", "-q", "new"]);
    env.openness(["check", "new"]).fails_with("openness init");
}

#[cfg(unix)]
#[test]
fn files_left_out_by_a_sparse_checkout_are_not_missing() {
    let env = TestEnv::release();
    env.write("lm/docs/x", "x");
    std::os::unix::fs::symlink("x", env.path("lm/docs/link")).unwrap();
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
    let repo = clone(&env, "thin", &["--sparse"]);
    let ran = env.openness(["check", "thin"]).expect(0);
    assert!(!ran.err.contains("missing"), "{ran:#?}");
    let ran = env.openness(["verify", "thin", "--key", "key.pub"]).expect(1);
    assert!(ran.err.contains("leaves out `.openness/`"), "{ran:#?}");
    repo.git(&["sparse-checkout", "add", ".openness"]);
    let ran = env.openness(["verify", "thin", "--key", "key.pub"]).expect(1);
    assert!(ran.err.contains("the sparse checkout of this repository leaves out 4 of 4 absent files"), "{ran:#?}");
    let ran = env.openness(["sign", "thin", "--key", "key", "--dry-run"]).expect(0);
    let told = ran.text();
    assert!(told.contains("left out by the sparse checkout: `docs/x`") && !told.contains("missing:"), "{told}");
    // A file that was deleted is another matter.
    fs::remove_file(env.path("thin/README.md")).unwrap();
    let ran = env.openness(["check", "thin"]);
    assert!(ran.err.contains("missing from the working tree") && ran.err.contains("`README.md`"), "{ran:#?}");
    assert!(!ran.err.contains("docs"), "{ran:#?}");
    repo.git(&["checkout", "-q", "--", "README.md"]);
    repo.git(&["sparse-checkout", "disable"]);
    env.openness(["verify", "thin", "--key", "key.pub"]).expect(0);
}

/// Other files would be read than those that were asked for.
#[test]
fn another_working_tree_is_refused() {
    let env = TestEnv::signed();
    env.write("other/OPENNESS.toml", MANIFEST.replace("Tiny", "Outside"));
    let other = env.path("other").display().to_string();
    for place in ["lm", "lm/weights"] {
        env.git("lm", ["config", "core.worktree", &other]);
        for command in ["check", "show", "hash", "statement"] {
            let ran = env.openness([command, place]).expect(2);
            assert!(ran.err.contains("names another working tree"), "{ran:#?}");
            assert!(!ran.text().contains("Outside"), "{ran:#?}");
        }
        let mut unset = env.command("git");
        unset.current_dir(env.path("lm/.git")).args(["config", "-f", "config", "--unset", "core.worktree"]);
        assert!(unset.status().unwrap().success());
    }
    // The setting may name the directory itself.
    for own in [env.path("lm").display().to_string(), "..".to_owned()] {
        env.git("lm", ["config", "core.worktree", &own]);
        env.openness(["check", "lm"]).expect(0);
        env.git("lm", ["config", "--unset", "core.worktree"]);
    }
}

/// Git itself names the working tree of a submodule, and of a linked tree.
#[test]
fn submodules_and_linked_trees_have_their_own_working_trees() {
    let env = TestEnv::release();
    env.git("", ["init", "-q", "super"]);
    env.git("super", ["-c", "protocol.file.allow=always", "submodule", "add", "-q", "../lm", "sub"]);
    env.openness(["check", "super/sub"]).expect(0);
    env.git("lm", ["worktree", "add", "-q", "../linked", "HEAD"]);
    env.openness(["check", "linked"]).expect(0);
    env.git("", ["clone", "-q", "--separate-git-dir", "apart.git", "lm", "apart"]);
    env.openness(["check", "apart"]).expect(0);
}

#[test]
fn the_commit_of_a_bare_repository_is_named() {
    let env = TestEnv::signed();
    env.git("", ["clone", "-q", "--bare", "lm", "b"]);
    let commit = env.git("lm", ["rev-parse", "HEAD"]);
    for quiet in [&[][..], &["--quiet"]] {
        let arguments = [&["verify", "b", "--key", "key.pub"], quiet].concat();
        let text = env.openness(arguments).expect(0).out;
        assert!(text.contains(&format!("verified (commit {} of a bare repository", &commit[..12])), "{text}");
    }
    let report = env.verify("b").expect(0).json();
    assert!(report["notes"][0].as_str().unwrap().contains(commit.trim()), "{report:#}");
    // Whoever asks for a commit knows, and a working tree is no commit.
    for arguments in [&["verify", "b", "--rev", "HEAD", "--key", "key.pub"][..], &["verify", "lm", "--key", "key.pub"]]
    {
        let text = env.openness(arguments).expect(0).text();
        assert!(!text.contains("bare"), "{text}");
    }
}

/// The commit would be read instead of the files next to it.
#[test]
fn a_working_tree_that_claims_to_be_bare_is_refused() {
    let env = TestEnv::release();
    env.git("lm", ["config", "core.bare", "true"]);
    env.write("lm/OPENNESS.toml", "schema = 99");
    for command in ["check", "show", "hash"] {
        env.openness([command, "lm"]).expect(2).fails_with("`--rev HEAD` reads the commit");
    }
    env.openness(["check", "lm", "--rev", "HEAD"]).expect(0);
    env.git("", ["clone", "-q", "--bare", "lm", "b"]);
    let told = env.openness(["check", "b"]).expect(0).err;
    assert!(told.contains("`b` is a bare repository: its commit "), "{told}");
    env.write("b/modeling.py", "x");
    env.openness(["check", "b"]).expect(2).fails_with("looks like a bare repository but also contains `modeling.py`");
}

/// The objects themselves are verified, and the difference is told.
#[test]
fn replaced_objects_are_told() {
    for format in ["files", "reftable"] {
        let env = TestEnv::signed();
        let option = format!("--ref-format={format}");
        let mut clone = env.command("git");
        if !clone.args(["clone", "-q", &option, "lm", "copy"]).output().unwrap().status.success() {
            crate::common::tools::skipped(&format!("a Git that knows {format}"));
            continue;
        }
        env.git("copy", ["tag", "-a", "-m", "v1", "v1"]);
        let id = |revision: &str| env.git("copy", ["rev-parse", revision]).trim().to_owned();
        let (commit, subtree, blob) = (id("HEAD"), id("HEAD:weights"), id("HEAD:weights/a.safetensors"));
        env.write("copy/weights/a.safetensors", "other weights");
        env.commit("copy");
        let (other, other_subtree, other_blob) = (id("HEAD"), id("HEAD:weights"), id("HEAD:weights/a.safetensors"));
        env.git("copy", ["tag", "-a", "-m", "v2", "v2"]);
        let (tag, other_tag) = (id("v1"), id("v2"));
        env.git("copy", ["reset", "-q", "--hard", &commit]);
        let verify =
            || env.openness(["verify", "copy", "--rev", "v1", "--key", "key.pub", "--format", "json"]).expect(0);
        let told = || {
            let report = verify().json();
            report["alarms"].as_array().unwrap().iter().any(|alarm| alarm["kind"] == "replaced-objects")
        };
        assert!(!told());
        let replacements =
            [(&commit, &other), (&id("v1^{tree}"), &id("v2^{tree}")), (&subtree, &other_subtree), (&blob, &other_blob)];
        for (old, new) in replacements.into_iter().chain([(&tag, &other_tag)]) {
            env.git("copy", ["replace", old, new]);
            assert!(told(), "{old}");
            let text = env.openness(["verify", "copy", "--rev", "v1", "--key", "key.pub", "--quiet"]).expect(0).out;
            assert!(text.contains("git replace"), "{text}");
            env.git("copy", ["replace", "-d", old]);
        }
        // Packed references count too.
        env.git("copy", ["replace", &blob, &other_blob]);
        env.git("copy", ["pack-refs", "--all"]);
        assert!(told());
        env.git("copy", ["replace", "-d", &blob]);
        // Objects of other commits, and a commit with other parents alone, change nothing.
        env.git("copy", ["replace", &other_blob, &blob]);
        env.git("copy", ["replace", "--graft", &commit]);
        assert!(!told());
    }
}

/// A reference is read before anything is known about the repository.
#[cfg(unix)]
#[test]
fn replacements_are_read_only_if_they_are_regular_files() {
    let env = TestEnv::signed();
    fs::create_dir_all(env.path("lm/.git/refs/replace")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", env.path(&format!("lm/.git/refs/replace/{}", "a".repeat(40)))).unwrap();
    env.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub"]).expect(2).fails_with("not a regular file");
    env.verify("lm").expect(0);
}

/// What Jujutsu and others keep next to the files is not part of the release, but nothing to load hides there.
#[test]
fn data_of_other_version_control_systems_is_left_out() {
    let env = TestEnv::signed();
    for name in [".jj/repo/store/type", ".jj/.gitignore", ".hg/requires", ".sl/requires", ".svn/wc.db", ".pijul/config"]
    {
        env.write(&format!("lm/{name}"), "/*\n");
    }
    env.verify("lm").expect(0);
    env.write("lm/.jj/modeling.py", "import os");
    assert_eq!(env.verify("lm").expect(1).json()["files"]["unsigned"], serde_json::json!([".jj/modeling.py"]));
    fs::remove_file(env.path("lm/.jj/modeling.py")).unwrap();
    env.write("lm/sub/.jj/repo", "x");
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["unsigned-files"]);
    fs::remove_dir_all(env.path("lm/sub")).unwrap();
    // A plain directory is signed without it.
    fs::rename(env.path("lm/.git"), env.path("away")).unwrap();
    env.openness(["sign", "lm", "--key", "key", "--replace"]).expect(0);
    let sums = env.read_text("lm/.openness/SHA256SUMS");
    assert!(!sums.contains(".jj/") && sums.contains("README.md"), "{sums}");
    env.verify("lm").expect(0);
    // Git would check it out, and then it would pass for the data of this machine.
    fs::rename(env.path("away"), env.path("lm/.git")).unwrap();
    env.git("lm", ["add", "-f", ".jj/repo/store/type"]);
    env.openness(["check", "lm", "--staged"]).fails_with("another repository starts at this path");
    env.git("lm", ["rm", "-q", "-r", "--cached", ".jj"]);
    env.write("lm/.hgignore", "x");
    env.git("lm", ["add", ".hgignore"]);
    env.openness(["check", "lm", "--staged"]).expect(0);
}
