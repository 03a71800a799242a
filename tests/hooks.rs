//! The hooks as Git runs them: real repositories, the program found through PATH, and Git as the judge.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const GOOD: &str = r#"schema = 1

[model]
name = "Tiny"
version = "1.0.0"
producer = "Lab"
license = "Apache-2.0"

[release]
access = "downloadable"
date = 2026-01-02

[component.final-weights]
openness = "open"
files = ["*.safetensors"]
"#;

/// A home of its own, so that nobody's settings count, and a PATH on which the program is.
struct World {
    dir: tempfile::TempDir,
}

/// What a command came to.
struct Ran {
    code: i32,
    text: String,
}

impl Ran {
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.text);
        self.text
    }

    #[track_caller]
    fn fails_with(self, words: &str) -> String {
        assert_ne!(self.code, 0, "{}", self.text);
        assert!(self.text.contains(words), "no `{words}` in:\n{}", self.text);
        self.text
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self { code: output.status.code().unwrap_or(-1), text: String::from_utf8_lossy(&text).into_owned() }
    }
}

impl World {
    fn new() -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir_all(world.path("bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_openness"), world.path("bin/openness")).unwrap();
        let config = "[user]\n\tname = A\n\temail = a@example.org\n[init]\n\tdefaultBranch = main\n\
                      [commit]\n\tgpgSign = false\n[protocol \"file\"]\n\tallow = always\n";
        fs::write(world.path(".gitconfig"), config).unwrap();
        world
    }

    /// A repository with a good manifest, committed, and the hooks installed.
    fn with_repository() -> Self {
        let world = Self::new();
        world.repository("r");
        world.openness("r", "hook install").ok();
        world
    }

    fn repository(&self, name: &str) {
        self.git(".", &format!("init --quiet {name}")).ok();
        self.write(&format!("{name}/OPENNESS.toml"), GOOD);
        self.write(&format!("{name}/model.safetensors"), "weights");
        self.write(&format!("{name}/LICENSE"), include_str!("../LICENSE-APACHE"));
        self.git(name, "add .").ok();
        self.git(name, "commit --quiet --no-verify -m first").ok();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn script(&self, name: &str, text: &str) {
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn git(&self, place: &str, arguments: &str) -> Ran {
        self.run("git", place, arguments, b"")
    }

    fn openness(&self, place: &str, arguments: &str) -> Ran {
        self.run(env!("CARGO_BIN_EXE_openness"), place, arguments, b"")
    }

    /// Runs a program with the arguments of a line, none of which has a blank.
    fn run(&self, program: &str, place: &str, arguments: &str, input: &[u8]) -> Ran {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(self.path("bin")).chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        let mut child = command
            .args(arguments.split(' '))
            .current_dir(self.path(place))
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", self.dir.path())
            .env("XDG_CONFIG_HOME", self.path("none"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_EDITOR", "true")
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may not be interested.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap().into()
    }

    fn hooks_dir(&self, place: &str) -> PathBuf {
        let told = self.git(place, "rev-parse --git-path hooks").ok();
        self.path(place).join(told.trim_end())
    }

    fn break_manifest(&self, repository: &str) {
        self.write(&format!("{repository}/OPENNESS.toml"), &GOOD.replace("final-weights", "finale-weights"));
    }

    fn commits(&self, repository: &str) -> usize {
        self.git(repository, "rev-list --count HEAD").ok().trim().parse().unwrap()
    }
}

#[test]
fn a_commit_is_made_with_a_good_manifest_and_refused_with_a_bad_one() {
    let world = World::with_repository();
    world.write("r/OPENNESS.toml", &GOOD.replace("1.0.0", "1.0.1"));
    world.git("r", "add .").ok();
    world.git("r", "commit -m good").ok();
    world.break_manifest("r");
    world.git("r", "add .").ok();
    world.git("r", "commit -m bad").fails_with("OPN201");
    let checked = world.openness("r", "check --staged");
    let hook = world.openness("r", "hook run");
    assert_eq!((hook.code, hook.text), (1, checked.text), "the hook says what `check --staged` says");
    world.git("r", "commit --no-verify -m bad").ok();
    assert_eq!(world.commits("r"), 3);
}

/// Git gives `commit -a` and `commit FILE` an index of their own.
#[test]
fn what_is_committed_counts_and_not_what_is_staged_or_on_disk() {
    let world = World::with_repository();
    // Bad on disk alone.
    world.break_manifest("r");
    world.git("r", "commit --allow-empty -m nothing").ok();
    world.git("r", "commit -a -m all").fails_with("OPN201");
    world.git("r", "commit -m file OPENNESS.toml").fails_with("OPN201");
    // Bad in the index, good in the commit: the file that is named is taken from disk, the manifest from HEAD.
    world.git("r", "add OPENNESS.toml").ok();
    world.write("r/model.safetensors", "other weights");
    world.git("r", "commit -m file model.safetensors").ok();
    world.git("r", "commit -m index").fails_with("OPN201");
    // Bad in the index, good on disk.
    world.write("r/OPENNESS.toml", &GOOD.replace("1.0.0", "1.0.1"));
    world.git("r", "commit -m index").fails_with("OPN201");
    world.git("r", "commit -a -m all").ok();
    assert_eq!(world.commits("r"), 4);
}

#[test]
fn it_works_from_a_subdirectory_and_with_a_directory_of_git_elsewhere() {
    let world = World::with_repository();
    world.write("r/sub/x", "x");
    world.break_manifest("r");
    world.git("r/sub", "commit -a -m sub").fails_with("OPN201");
    let elsewhere = format!("--git-dir={0}/.git --work-tree={0} ", world.path("r").display());
    world.git(".", &format!("{elsewhere}commit -a -m elsewhere")).fails_with("OPN201");
    world.write("r/OPENNESS.toml", &GOOD.replace("1.0.0", "1.0.1"));
    world.git(".", &format!("{elsewhere}commit -a -m elsewhere")).ok();
}

#[test]
fn a_commit_of_weights_alone_is_checked_too() {
    let world = World::with_repository();
    world.write("r/model.safetensors", "other weights");
    world.git("r", "commit -a -m weights").ok();
    world.git("r", "mv model.safetensors model.gguf").ok();
    world.git("r", "commit -m weights").fails_with("OPN301");
}

#[test]
fn a_commit_that_deletes_the_manifest_is_refused() {
    let world = World::with_repository();
    world.git("r", "rm --quiet OPENNESS.toml").ok();
    world.git("r", "commit -m gone").fails_with("this commit deletes `OPENNESS.toml`");
    world.git("r", "commit --no-verify -m gone").ok();
    // Then there is nothing to check.
    world.git("r", "commit --allow-empty -m next").ok();
    let told = world.openness("r", "hook run");
    assert!(told.ok().contains("nothing to check"));
}

#[test]
fn the_first_commit_of_a_repository_needs_no_manifest() {
    let world = World::new();
    world.git(".", "init --quiet r").ok();
    world.openness("r", "hook install").ok();
    world.write("r/a", "a");
    world.git("r", "add .").ok();
    world.git("r", "commit -m first").ok();
    // What is only announced is not committed.
    world.write("r/OPENNESS.toml", "schema = 99");
    world.git("r", "add -N OPENNESS.toml").ok();
    world.git("r", "commit --allow-empty -m second").ok();
    world.git("r", "add OPENNESS.toml").ok();
    world.git("r", "commit -m third").fails_with("OPENNESS.toml");
}

#[test]
fn a_manifest_that_is_a_link_is_refused() {
    let world = World::with_repository();
    fs::rename(world.path("r/OPENNESS.toml"), world.path("r/other.toml")).unwrap();
    symlink("other.toml", world.path("r/OPENNESS.toml")).unwrap();
    world.git("r", "add .").ok();
    world.git("r", "commit -m link").fails_with("is no file");
}

/// A merge without conflicts runs `pre-merge-commit`, one with conflicts `pre-commit`.
#[test]
fn merges_are_checked() {
    let world = World::with_repository();
    world.git("r", "checkout --quiet -b renames").ok();
    world.git("r", "mv model.safetensors tiny.safetensors").ok();
    world.git("r", "commit --quiet -m renames").ok();
    world.git("r", "checkout --quiet -b narrows main").ok();
    world.write("r/OPENNESS.toml", &GOOD.replace("*.safetensors", "model.safetensors"));
    world.git("r", "commit --quiet -a -m narrows").ok();
    // Each side is good, both together are not.
    world.git("r", "merge -m merge renames").fails_with("OPN301");
    world.git("r", "merge --abort").ok();
    world.git("r", "checkout --quiet main").ok();
    world.git("r", "commit --quiet --allow-empty -m main").ok();
    world.git("r", "merge -m merge renames").ok();
    world.git("r", "merge -m merge narrows").fails_with("OPN301");
    world.write("r/OPENNESS.toml", GOOD);
    world.git("r", "commit -a -m mended").ok();
}

/// What libgit2 cannot read is asked of `git`, inside its own hook.
#[test]
fn every_kind_of_repository_is_checked() {
    for (kind, init, after) in [
        ("sha256", "init --quiet --object-format=sha256 r", "status --short"),
        ("reftable", "init --quiet --ref-format=reftable r", "status --short"),
        ("split index", "init --quiet r", "update-index --split-index"),
        ("sparse index", "init --quiet r", "sparse-checkout set --cone --sparse-index none"),
    ] {
        let world = World::new();
        if world.git(".", init).code != 0 {
            let _ = writeln!(std::io::stderr(), "skipped: needs a Git that knows {kind}");
            continue;
        }
        world.write("r/far/away", "x");
        world.repository("r");
        world.git("r", after).ok();
        world.openness("r", "hook install").ok();
        world.write("r/OPENNESS.toml", &GOOD.replace("1.0.0", "1.0.1"));
        world.git("r", "commit -a -m good").ok();
        world.break_manifest("r");
        world.git("r", "commit -m staged --allow-empty").ok();
        world.git("r", "commit -a -m all").fails_with("OPN201");
        world.git("r", "commit -m file OPENNESS.toml").fails_with("OPN201");
        world.git("r", "rm --quiet --cached OPENNESS.toml").ok();
        world.git("r", "commit -m gone").fails_with("deletes");
    }
}

/// Git runs `pre-commit` for no pick of a rebase, but for what is committed by hand when it stops.
#[test]
fn a_rebase_is_not_disturbed() {
    let world = World::with_repository();
    world.git("r", "checkout --quiet -b side").ok();
    for number in 1..=2 {
        world.write("r/OPENNESS.toml", &GOOD.replace("1.0.0", &format!("1.0.{number}")));
        world.git("r", "commit --quiet -a -m side").ok();
    }
    world.git("r", "checkout --quiet main").ok();
    world.git("r", "commit --quiet --allow-empty -m main").ok();
    world.git("r", "rebase main side").ok();
    assert_eq!(world.commits("r"), 4);
    world.break_manifest("r");
    world.git("r", "commit --amend -a -m bad").fails_with("OPN201");
}

#[test]
fn the_block_tells_when_the_program_is_not_there() {
    let world = World::with_repository();
    fs::remove_file(world.path("bin/openness")).unwrap();
    if Command::new("openness").arg("--version").stdout(Stdio::null()).status().is_ok() {
        let _ = writeln!(std::io::stderr(), "skipped: needs a PATH without openness");
        return;
    }
    world.git("r", "commit --allow-empty -m x").fails_with("openness is not in PATH");
}

#[test]
fn hooks_go_where_git_looks_for_them() {
    let world = World::new();
    for name in ["r", "inner"] {
        world.repository(name);
    }
    world.git("r", "worktree add --quiet ../linked").ok();
    let inner = world.path("inner");
    world.git("r", &format!("submodule --quiet add {} sub", inner.display())).ok();
    world.git("r", "commit --quiet -m sub").ok();
    world.git(".", "clone --quiet --bare r bare.git").ok();
    for place in ["linked", "r/sub", "r"] {
        let before = world.openness(place, "hook status").ok();
        world.openness(place, "hook install").ok();
        let hook = world.hooks_dir(place).join("pre-commit");
        assert_eq!(fs::read_to_string(&hook).unwrap(), include_str!("../hooks/pre-commit"), "{place}");
        assert_eq!(hook.metadata().unwrap().permissions().mode() & 0o111, 0o111);
        assert!(before.contains(&*world.hooks_dir(place).canonicalize().unwrap().to_string_lossy()), "{before}");
    }
    for place in ["linked", "r/sub", "r"] {
        world.break_manifest(place);
        world.git(place, "commit -a -m bad").fails_with("OPN201");
    }
    world.openness("bare.git", "hook install").fails_with("pre-receive");
    world.openness("bare.git", "hook install pre-receive").ok();
    assert_eq!(world.read("bare.git/hooks/pre-receive"), include_str!("../hooks/pre-receive"));
    world.openness(".", "hook install").fails_with("no Git repository");
}

#[test]
fn a_configured_directory_is_used_inside_the_repository_and_left_alone_outside() {
    let world = World::new();
    world.repository("r");
    world.git("r", "config core.hooksPath .githooks").ok();
    world.openness("r", "hook install").ok();
    assert_eq!(world.hooks_dir("r"), world.path("r/.githooks"));
    world.break_manifest("r");
    world.git("r", "commit -a -m bad").fails_with("OPN201");

    world.git("r", "config core.hooksPath ~/shared").ok();
    world.openness("r", "hook install").fails_with("`openness hook run || exit $?`");
    assert!(!world.path("shared").exists());
    world.git("r", "commit -a -m bad").ok();
    world.openness("r", "hook install --force").ok();
    world.git("r", "commit --amend -m bad").fails_with("OPN201");
    world.openness("r", "hook uninstall").fails_with("--force");
    world.openness("r", "hook uninstall --force").ok();
    assert!(!world.path("shared/pre-commit").exists());

    // A link leads outside as well.
    world.git("r", "config --unset core.hooksPath").ok();
    fs::remove_dir_all(world.path("r/.git/hooks")).unwrap();
    symlink(world.path("shared"), world.path("r/.git/hooks")).unwrap();
    world.openness("r", "hook install").fails_with("outside this repository");
}

#[test]
fn a_script_of_somebody_else_keeps_its_work() {
    let world = World::new();
    world.repository("r");
    let foreign = "#!/bin/sh\necho foreign was here\nexit 0\n";
    world.script("r/.git/hooks/pre-commit", foreign);
    assert!(world.openness("r", "hook install").ok().contains("added to"));
    assert!(world.git("r", "commit --allow-empty -m x").ok().contains("foreign was here"));
    world.break_manifest("r");
    let refused = world.git("r", "commit -a -m bad").fails_with("OPN201");
    assert!(!refused.contains("foreign was here"));
    assert!(world.openness("r", "hook install").ok().contains("already in"));
    world.openness("r", "hook uninstall").ok();
    assert_eq!(world.read("r/.git/hooks/pre-commit"), foreign);
    assert!(!world.path("r/.git/hooks/pre-merge-commit").exists());
    world.git("r", "commit -a -m bad").ok();
}

#[test]
fn a_hook_that_cannot_take_the_block_is_left_alone_with_all_others() {
    let world = World::new();
    world.repository("r");
    let hook = "r/.git/hooks/pre-merge-commit";
    world.script(hook, "#!/usr/bin/env python3\n");
    world.openness("r", "hook install").fails_with("it is no shell script");
    assert!(!world.path("r/.git/hooks/pre-commit").exists(), "all or none");
    world.write(hook, "#!/bin/sh\n");
    fs::set_permissions(world.path(hook), fs::Permissions::from_mode(0o644)).unwrap();
    world.openness("r", "hook install").fails_with("it is not executable");
    fs::remove_file(world.path(hook)).unwrap();
    world.script("tool", "#!/bin/sh\n");
    symlink(world.path("tool"), world.path(hook)).unwrap();
    world.openness("r", "hook install").fails_with("it is a link");
    assert_eq!(world.read("tool"), "#!/bin/sh\n");
    assert!(world.openness("r", "hook uninstall").ok().contains("nothing of ours"));
}

#[test]
fn status_tells_what_would_not_run() {
    let world = World::with_repository();
    let told = world.openness("r", "hook status").ok();
    assert!(told.contains("pre-commit        installed\n") && told.contains("pre-push          none\n"), "{told}");
    let hook = world.path("r/.git/hooks/pre-commit");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).unwrap();
    world.openness("r", "hook status").fails_with("not executable");
    world.openness("r", "hook install").ok();
    world.openness("r", "hook status").ok();
    let old = world.read("r/.git/hooks/pre-commit").replace("hook run", "check --staged");
    fs::write(&hook, old).unwrap();
    world.openness("r", "hook status").fails_with("another version");
    assert!(world.openness("r", "hook install").ok().contains("brought up to date"));
    fs::write(&hook, "#!/bin/sh\n# >>> openness >>>\n").unwrap();
    world.openness("r", "hook status").fails_with("damaged");
    world.openness("r", "hook uninstall").fails_with("damaged");
}

#[test]
fn where_another_program_runs_the_hooks_its_snippet_is_shown() {
    for (file, words) in [
        (".pre-commit-config.yaml", "- id: openness"),
        ("prek.toml", "[[repos]]"),
        ("lefthook.yml", "run: openness hook run"),
        (".husky/x", "openness hook run"),
    ] {
        let world = World::new();
        world.repository("r");
        world.write(&format!("r/{file}"), "");
        let told = world.openness("r", "hook install").ok();
        assert!(told.contains(words) && told.contains("nothing was installed"), "{told}");
        assert!(!world.path("r/.git/hooks/pre-commit").exists());
        world.openness("r", "hook install --force").ok();
        assert!(world.path("r/.git/hooks/pre-commit").exists());
    }
}

/// A repository with a key that its user trusts, and a bare one to push to.
fn with_remote() -> World {
    let world = World::with_repository();
    world.openness(".", "key generate --output key --comment lab@example.org --no-passphrase").ok();
    let line = world.openness(".", "key show key.pub --form allowed-signers --principal lab@example.org").ok();
    world.write("allowed_signers", &line);
    world.git(".", "init --quiet --bare server.git").ok();
    world.git("r", "remote add origin ../server.git").ok();
    world
}

fn sign(world: &World, tag: &str) {
    world.openness("r", "sign --key ../key").ok();
    world.git("r", "add .openness").ok();
    world.git("r", "commit --quiet -m signed").ok();
    world.git("r", &format!("tag {tag}")).ok();
}

#[test]
fn a_server_takes_signed_release_tags_alone() {
    let world = with_remote();
    world.openness("server.git", "hook install pre-receive").ok();
    // Other references are not its business, and need no trust.
    world.git("r", "tag nightly").ok();
    world.git("r", "push --quiet origin main nightly").ok();
    world.git("r", "tag v0.1").ok();
    world.git("r", "push origin v0.1").fails_with("this server trusts nobody");
    let signers = world.path("allowed_signers");
    world.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
    let refused = world.git("r", "push origin v0.1").fails_with("refused: release `v0.1`");
    assert!(refused.contains("pre-receive hook declined"), "{refused}");
    world.git("r", "push origin main:refs/tags/v0.2").fails_with("refused: release `v0.2`");
    world.git("r", "push --quiet origin v0.1:refs/tags/other").ok();

    sign(&world, "v1.0");
    world.git("r", "tag -a -m annotated v1.0-annotated").ok();
    world.git("r", "push origin v1.0 v1.0-annotated").ok();

    // One byte more than what was signed.
    world.write("r/model.safetensors", "weights.");
    world.git("r", "commit --quiet -a -m tampered").ok();
    world.git("r", "tag v1.1").ok();
    world.git("r", "push origin v1.1").fails_with("refused: release `v1.1`");
    // A file that nobody signed.
    world.git("r", "checkout --quiet v1.0").ok();
    world.write("r/evil.py", "x");
    world.git("r", "add .").ok();
    world.git("r", "commit --quiet -m evil").ok();
    world.git("r", "push origin HEAD:refs/tags/v1.2").fails_with("refused: release `v1.2`");
    // A signed file that is gone.
    world.git("r", "rm --quiet --force LICENSE evil.py").ok();
    world.git("r", "commit --quiet --no-verify -m gone").ok();
    world.git("r", "push origin HEAD:refs/tags/v1.3").fails_with("refused: release `v1.3`");
    // A tag of what is no commit.
    world.git("r", "tag v1.4 HEAD:OPENNESS.toml").ok();
    world.git("r", "push origin v1.4").fails_with("`v1.4` has to lead to a commit");
    // An older tag that is put in the place of a newer.
    let refused = world.git("r", "push origin v1.0-annotated:refs/tags/v1.5").fails_with("refused: release `v1.5`");
    assert!(refused.contains("the tag `v1.0-annotated` under another name"), "{refused}");
    // One bad tag refuses the push, and what is on the server is what was good.
    world.git("r", "push origin v1.1 nightly:refs/heads/n").fails_with("declined");
    let tags = world.git("server.git", "tag --list").ok();
    assert_eq!(tags, "nightly\nother\nv1.0\nv1.0-annotated\n");
    world.git("r", "push origin :v1.0").ok();
}

#[test]
fn a_server_does_not_take_trust_from_what_is_pushed() {
    let world = with_remote();
    world.openness("server.git", "hook install pre-receive").ok();
    world.openness(".", "key generate --output mallory --comment mallory --no-passphrase").ok();
    let line = world.openness(".", "key show mallory.pub --form allowed-signers --principal mallory").ok();
    world.write("r/allowed_signers", &line);
    world.git("r", "config openness.allowedSigners allowed_signers").ok();
    world.git("r", "add .").ok();
    world.git("r", "commit --quiet -m mallory").ok();
    world.openness("r", "sign --key ../mallory").ok();
    world.git("r", "add .openness").ok();
    world.git("r", "commit --quiet -m signed").ok();
    world.git("r", "tag v1.0").ok();
    world.git("r", "push origin v1.0").fails_with("this server trusts nobody");
    world.git("server.git", "config openness.allowedSigners allowed_signers").ok();
    world.git("r", "push origin v1.0").fails_with("absolute path");
    let signers = world.path("allowed_signers");
    world.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
    world.git("r", "push origin v1.0").fails_with("refused: release `v1.0`");
}

#[test]
fn a_release_tag_leaves_the_machine_only_when_signed() {
    let world = with_remote();
    let foreign = "#!/bin/sh\nsed 's/^/lfs saw: /'\n";
    world.script("r/.git/hooks/pre-push", foreign);
    world.openness("r", "hook install pre-push").ok();
    // Hooks that follow, such as that of Git LFS, read what was pushed as if we had not.
    let pushed = world.git("r", "push origin main").ok();
    assert!(pushed.contains("lfs saw: refs/heads/main"), "{pushed}");
    let pushed = world.git("r", "push origin main").ok();
    assert!(!pushed.contains("lfs saw"), "nothing is pushed, and nothing is read: {pushed}");

    world.git("r", "tag v1.0-unsigned").ok();
    world.git("r", "push origin v1.0-unsigned").fails_with("nobody is said to be trusted");
    // The repository's own setting does not count.
    let signers = world.path("allowed_signers");
    world.git("r", &format!("config openness.allowedSigners {}", signers.display())).ok();
    world.git("r", &format!("config gpg.ssh.allowedSignersFile {}", signers.display())).ok();
    world.git("r", "push origin v1.0-unsigned").fails_with("nobody is said to be trusted");
    // The user's own list, as `verify` goes by it.
    world.openness(".", "key generate --output mallory --comment mallory --no-passphrase").ok();
    world.openness(".", "key trust add mallory mallory.pub").ok();
    world.git("r", "push origin v1.0-unsigned").fails_with("refused: release `v1.0-unsigned`");
    world.openness(".", "key trust remove mallory").ok();
    world.git("r", "push origin v1.0-unsigned").fails_with("nobody is said to be trusted");
    world.git("r", "config --global gpg.ssh.allowedSignersFile ~/allowed_signers").ok();
    world.git("r", "push origin v1.0-unsigned").fails_with("refused: release `v1.0-unsigned`");
    sign(&world, "v1.0");
    let pushed = world.git("r", "push origin v1.0").ok();
    assert!(pushed.contains("release `v1.0`: verified"), "{pushed}");

    world.git("r", "config openness.releaseTags release-*").ok();
    world.git("r", "push origin v1.0-unsigned").ok();
    world.git("r", "push origin v1.0-unsigned:refs/tags/release-1").fails_with("refused");
    world.git("r", "config openness.releaseTags v[0-9]*").ok();
    world.git("r", "push origin main:refs/heads/other").fails_with("is no list of patterns");

    // Somebody whom we trusted.
    world.git("r", "config --unset openness.releaseTags").ok();
    fs::copy(world.path("key.pub"), world.path("revoked")).unwrap();
    world.git("r", "config --global gpg.ssh.revocationFile ~/revoked").ok();
    world.git("r", "push origin v1.0:refs/tags/v1.0-again").fails_with("refused: release `v1.0-again`");
}

/// What is pushed is in quarantine while the hook runs, and what libgit2 cannot or should not read is read by `git`.
#[test]
fn every_kind_of_server_reads_large_files_in_quarantine() {
    for options in ["", "--object-format=sha256 ", "--ref-format=reftable "] {
        let world = World::new();
        if world.git(".", &format!("init --quiet {options}r")).code != 0 {
            let _ = writeln!(std::io::stderr(), "skipped: needs a Git that knows {options}");
            continue;
        }
        world.repository("r");
        world.write("r/model.safetensors", &"weights\n".repeat(2 << 20));
        world.git("r", "commit --quiet -a -m large").ok();
        world.openness(".", "key generate --output key --comment lab --no-passphrase").ok();
        let line = world.openness(".", "key show key.pub --form allowed-signers --principal lab").ok();
        world.write("allowed_signers", &line);
        sign(&world, "v1");
        world.git(".", &format!("init --quiet --bare {options}server.git")).ok();
        world.openness("server.git", "hook install pre-receive").ok();
        let signers = world.path("allowed_signers");
        world.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
        world.git("r", "remote add origin ../server.git").ok();
        world.write("r/model.safetensors", &"Weights\n".repeat(2 << 20));
        world.git("r", "commit --quiet -a -m other").ok();
        world.git("r", "push origin HEAD:refs/tags/v2").fails_with("refused: release `v2`");
        let pushed = world.git("r", "push origin v1").ok();
        assert!(pushed.contains("release `v1`: verified"), "{pushed}");
    }
}

/// Weights that Git LFS keeps elsewhere are signed by what their pointer says.
#[test]
fn pointers_of_git_lfs_will_do_on_a_server() {
    use std::fmt::Write as _;
    let world = with_remote();
    // `printf weights | sha256sum`
    let sums = world.run("sha256sum", "r", "model.safetensors", b"").ok();
    let digest = sums.split(' ').next().unwrap().to_owned();
    let mut pointer = String::new();
    write!(pointer, "version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 7\n").unwrap();
    let object = format!("r/.git/lfs/objects/{}/{}/{digest}", &digest[..2], &digest[2..4]);
    world.write(&object, "weights");
    world.write("r/model.safetensors", &pointer);
    world.write("r/.gitattributes", "*.safetensors filter=lfs -text\n");
    world.git("r", "-c filter.lfs.clean=cat add .").ok();
    world.git("r", "-c filter.lfs.clean=cat commit --quiet -m lfs").ok();
    world.openness("r", "sign --key ../key").ok();
    world.git("r", "add .openness").ok();
    world.git("r", "-c filter.lfs.clean=cat commit --quiet -m signed").ok();
    world.openness("server.git", "hook install pre-receive").ok();
    let signers = world.path("allowed_signers");
    world.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
    world.git("r", "push origin HEAD:refs/tags/v1.0").ok();
    world.write("r/model.safetensors", &pointer.replace("size 7", "size 8"));
    world.git("r", "-c filter.lfs.clean=cat commit --quiet --no-verify -a -m other").ok();
    world.git("r", "push origin HEAD:refs/tags/v1.1").fails_with("refused: release `v1.1`");
}

/// What others install by a version names the version of this crate.
#[test]
fn every_place_that_names_the_version_names_the_same() {
    let version = env!("CARGO_PKG_VERSION");
    let package = include_str!("../packaging/pre-commit/pyproject.toml");
    assert!(package.contains(&format!("version = \"{version}\"\n")));
    assert!(package.contains(&format!("\"openness=={version}\"")));
    let action = include_str!("../action.yml");
    assert!(action.contains(&format!("default: \"{version}\"\n")));
}

/// Runners skip a hook whose files are not among those that changed, and a deleted manifest is none of them.
#[test]
fn every_hook_for_runners_always_runs() {
    let hooks = include_str!("../.pre-commit-hooks.yaml");
    let hooks: Vec<&str> = hooks.split("- id: ").skip(1).collect();
    let ids: Vec<&str> = hooks.iter().filter_map(|hook| hook.lines().next()).collect();
    assert_eq!(ids, ["openness", "openness-system", "openness-src"]);
    for hook in hooks {
        for line in [
            "entry: openness hook run",
            "always_run: true",
            "pass_filenames: false",
            "require_serial: true",
            "stages: [pre-commit, pre-merge-commit, pre-push, manual]",
        ] {
            assert!(hook.contains(&format!("  {line}\n")), "{line}");
        }
    }
}
