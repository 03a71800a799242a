//! The hooks, run by Git itself in real repositories, with the program in `PATH`.

use crate::common::env::{Output, TestEnv, with_input};
use crate::common::tools::skipped;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

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

/// An environment with the program in `PATH`, and repositories.
struct HookEnv(TestEnv);

impl HookEnv {
    fn new() -> Self {
        let env = TestEnv::new();
        fs::create_dir(env.path("bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_openness"), env.path("bin/openness")).unwrap();
        let config = "[user]\n\tname = A\n\temail = a@example.org\n[init]\n\tdefaultBranch = main\n\
                      [commit]\n\tgpgSign = false\n[protocol \"file\"]\n\tallow = always\n";
        env.write(".gitconfig", config);
        Self(env)
    }

    /// A repository with a good manifest, committed, and the hooks installed.
    fn with_repository() -> Self {
        let env = Self::new();
        env.repository("r");
        env.openness("r", "hook install").ok();
        env
    }

    fn repository(&self, name: &str) {
        self.git(".", &format!("init --quiet {name}")).ok();
        self.write(&format!("{name}/OPENNESS.toml"), GOOD);
        self.write(&format!("{name}/model.safetensors"), "weights");
        self.write(&format!("{name}/LICENSE"), include_str!("../../LICENSE-APACHE"));
        self.git(name, "add .").ok();
        self.git(name, "commit --quiet --no-verify -m first").ok();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    fn write(&self, name: &str, text: &str) {
        self.0.write(name, text);
    }

    fn script(&self, name: &str, text: &str) {
        self.write(name, text);
        self.0.set_mode(name, 0o755);
    }

    fn read(&self, name: &str) -> String {
        self.0.read_text(name)
    }

    fn git(&self, place: &str, arguments: &str) -> Output {
        self.run("git", place, arguments, b"")
    }

    fn openness(&self, place: &str, arguments: &str) -> Output {
        self.run(env!("CARGO_BIN_EXE_openness"), place, arguments, b"")
    }

    /// Runs a program with arguments that are separated by single spaces.
    fn run(&self, program: &str, place: &str, arguments: &str, input: &[u8]) -> Output {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(self.path("bin")).chain(std::env::split_paths(&path));
        let mut command = self.0.command(program);
        command
            .args(arguments.split(' '))
            .current_dir(self.path(place))
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("GIT_EDITOR", "true");
        with_input(&mut command, input)
    }

    fn hooks_dir(&self, place: &str) -> PathBuf {
        let printed = self.git(place, "rev-parse --git-path hooks").ok();
        self.path(place).join(printed.trim_end())
    }

    fn break_manifest(&self, repository: &str) {
        self.write(&format!("{repository}/OPENNESS.toml"), &GOOD.replace("final-weights", "finale-weights"));
    }

    fn commits(&self, repository: &str) -> usize {
        self.git(repository, "rev-list --count HEAD").ok().trim().parse().unwrap()
    }
}

#[test]
fn a_bad_manifest_refuses_the_commit() {
    let env = HookEnv::with_repository();
    env.write("r/OPENNESS.toml", &GOOD.replace("1.0.0", "1.0.1"));
    env.git("r", "add .").ok();
    env.git("r", "commit -m good").ok();
    env.break_manifest("r");
    env.git("r", "add .").ok();
    env.git("r", "commit -m bad").fails_with("OPN201");
    let checked = env.openness("r", "check --staged");
    let hook = env.openness("r", "hook run");
    assert_eq!((hook.status, hook.text()), (1, checked.text()), "the hook says what `check --staged` says");
    env.git("r", "commit --no-verify -m bad").ok();
    assert_eq!(env.commits("r"), 3);
}

/// Git gives `commit -a` and `commit FILE` an index of their own.
#[test]
fn the_hook_checks_what_is_committed() {
    let env = HookEnv::with_repository();
    // Bad only on disk.
    env.break_manifest("r");
    env.git("r", "commit --allow-empty -m nothing").ok();
    env.git("r", "commit -a -m all").fails_with("OPN201");
    env.git("r", "commit -m file OPENNESS.toml").fails_with("OPN201");
    // Bad in the index, good in the commit: the named file is taken from disk, the manifest from HEAD.
    env.git("r", "add OPENNESS.toml").ok();
    env.write("r/model.safetensors", "other weights");
    env.git("r", "commit -m file model.safetensors").ok();
    env.git("r", "commit -m index").fails_with("OPN201");
    // Bad in the index, good on disk.
    env.write("r/OPENNESS.toml", &GOOD.replace("1.0.0", "1.0.1"));
    env.git("r", "commit -m index").fails_with("OPN201");
    env.git("r", "commit -a -m all").ok();
    assert_eq!(env.commits("r"), 4);
}

#[test]
fn hooks_work_in_subdirectories_and_separate_git_dirs() {
    let env = HookEnv::with_repository();
    env.write("r/sub/x", "x");
    env.break_manifest("r");
    env.git("r/sub", "commit -a -m sub").fails_with("OPN201");
    let elsewhere = format!("--git-dir={0}/.git --work-tree={0} ", env.path("r").display());
    env.git(".", &format!("{elsewhere}commit -a -m elsewhere")).fails_with("OPN201");
    env.write("r/OPENNESS.toml", &GOOD.replace("1.0.0", "1.0.1"));
    env.git(".", &format!("{elsewhere}commit -a -m elsewhere")).ok();
}

#[test]
fn a_commit_of_weights_alone_is_checked_too() {
    let env = HookEnv::with_repository();
    env.write("r/model.safetensors", "other weights");
    env.git("r", "commit -a -m weights").ok();
    env.git("r", "mv model.safetensors model.gguf").ok();
    env.git("r", "commit -m weights").fails_with("OPN301");
}

#[test]
fn a_commit_that_deletes_the_manifest_is_refused() {
    let env = HookEnv::with_repository();
    env.git("r", "rm --quiet OPENNESS.toml").ok();
    env.git("r", "commit -m gone").fails_with("this commit deletes `OPENNESS.toml`");
    env.git("r", "commit --no-verify -m gone").ok();
    // Then there is nothing to check.
    env.git("r", "commit --allow-empty -m next").ok();
    assert!(env.openness("r", "hook run").ok().contains("nothing to check"));
}

#[test]
fn the_first_commit_of_a_repository_needs_no_manifest() {
    let env = HookEnv::new();
    env.git(".", "init --quiet r").ok();
    env.openness("r", "hook install").ok();
    env.write("r/a", "a");
    env.git("r", "add .").ok();
    env.git("r", "commit -m first").ok();
    // A file added with `--intent-to-add` is not committed.
    env.write("r/OPENNESS.toml", "schema = 99");
    env.git("r", "add -N OPENNESS.toml").ok();
    env.git("r", "commit --allow-empty -m second").ok();
    env.git("r", "add OPENNESS.toml").ok();
    env.git("r", "commit -m third").fails_with("OPENNESS.toml");
}

#[test]
fn a_symlinked_manifest_is_refused() {
    let env = HookEnv::with_repository();
    fs::rename(env.path("r/OPENNESS.toml"), env.path("r/other.toml")).unwrap();
    symlink("other.toml", env.path("r/OPENNESS.toml")).unwrap();
    env.git("r", "add .").ok();
    env.git("r", "commit -m link").fails_with("the staged `OPENNESS.toml` is not a regular file");
}

/// A repository of several models: the hook checks each manifest, wherever it runs.
#[test]
fn every_manifest_of_a_repository_is_checked() {
    let env = HookEnv::with_repository();
    env.git("r", "rm --quiet --cached -r .").ok();
    for file in ["OPENNESS.toml", "model.safetensors", "LICENSE"] {
        for model in ["a", "b"] {
            fs::create_dir_all(env.path(&format!("r/models/{model}"))).unwrap();
            fs::copy(env.path(&format!("r/{file}")), env.path(&format!("r/models/{model}/{file}"))).unwrap();
        }
        fs::remove_file(env.path(&format!("r/{file}"))).unwrap();
    }
    env.git("r", "add .").ok();
    env.git("r", "commit --no-verify -m models").ok();
    for place in ["r", "r/models/a", "r/models"] {
        let told = env.openness(place, "hook run").ok();
        assert!(told.contains("models/a/OPENNESS.toml") && told.contains("models/b/OPENNESS.toml"), "{told}");
    }
    env.break_manifest("r/models/a");
    env.git("r", "add .").ok();
    for place in ["r", "r/models/a", "r/models/b"] {
        let told = env.openness(place, "hook run").fails_with("OPN201");
        assert!(told.contains("models/a/OPENNESS.toml"), "{told}");
        assert!(!told.contains("is staged"), "{told}");
    }
    env.git("r", "commit -m broken").fails_with("OPN201");
    // `check` says where the manifests are.
    env.openness("r", "check --staged").fails_with("name a directory that has one: `models/a`, `models/b`");
    env.git("r", "checkout --quiet HEAD -- .").ok();
    // A manifest alone is not deleted, nor made a link; a whole model is.
    env.git("r", "rm --quiet models/b/OPENNESS.toml").ok();
    env.git("r", "commit -m gone").fails_with("this commit deletes `models/b/OPENNESS.toml`");
    symlink("../a/OPENNESS.toml", env.path("r/models/b/OPENNESS.toml")).unwrap();
    env.git("r", "add .").ok();
    env.git("r", "commit -m link").fails_with("the staged `models/b/OPENNESS.toml` is not a regular file");
    env.git("r", "rm --quiet -r --force models/b").ok();
    env.git("r", "commit -m gone").ok();
    // Files that are left belong to a manifest below.
    env.git("r", "mv models/a models/c").ok();
    env.git("r", "commit -m moved").ok();
    env.git("r", "mv models/c/LICENSE models/LICENSE").ok();
    env.git("r", "commit -m moved").ok();
}

#[test]
fn a_manifest_with_a_name_in_other_letters_is_not_passed_over() {
    let env = HookEnv::with_repository();
    env.git("r", "mv OPENNESS.toml Openness.toml").ok();
    env.git("r", "commit -m renamed").fails_with("the manifest must be named `OPENNESS.toml`");
    env.git("r", "mv Openness.toml OPENNESS.toml").ok();
    // Next to the manifest, or in another directory, it is just a file.
    env.write("r/openness.toml", "x = 1\n");
    env.write("r/tool/openness.toml", "x = 1\n");
    env.git("r", "add .").ok();
    let told = env.openness("r", "hook run");
    assert!(!told.text().contains("must be named"), "{told:#?}");
}

/// A merge without conflicts runs `pre-merge-commit`, one with conflicts `pre-commit`.
#[test]
fn merges_are_checked() {
    let env = HookEnv::with_repository();
    env.git("r", "checkout --quiet -b renames").ok();
    env.git("r", "mv model.safetensors tiny.safetensors").ok();
    env.git("r", "commit --quiet -m renames").ok();
    env.git("r", "checkout --quiet -b narrows main").ok();
    env.write("r/OPENNESS.toml", &GOOD.replace("*.safetensors", "model.safetensors"));
    env.git("r", "commit --quiet -a -m narrows").ok();
    // Each side is good, but the merge is not.
    env.git("r", "merge -m merge renames").fails_with("OPN301");
    env.git("r", "merge --abort").ok();
    env.git("r", "checkout --quiet main").ok();
    env.git("r", "commit --quiet --allow-empty -m main").ok();
    env.git("r", "merge -m merge renames").ok();
    env.git("r", "merge -m merge narrows").fails_with("OPN301");
    env.write("r/OPENNESS.toml", GOOD);
    env.git("r", "commit -a -m fixed").ok();
}

/// Repositories that libgit2 cannot read are read by `git`, inside its own hook.
#[test]
fn every_kind_of_repository_is_checked() {
    for (kind, init, after) in [
        ("sha256", "init --quiet --object-format=sha256 r", "status --short"),
        ("reftable", "init --quiet --ref-format=reftable r", "status --short"),
        ("split index", "init --quiet r", "update-index --split-index"),
        ("sparse index", "init --quiet r", "sparse-checkout set --cone --sparse-index none"),
    ] {
        let env = HookEnv::new();
        if env.git(".", init).status != 0 {
            skipped(&format!("a Git that knows {kind}"));
            continue;
        }
        env.write("r/far/away", "x");
        env.repository("r");
        env.git("r", after).ok();
        env.openness("r", "hook install").ok();
        env.write("r/OPENNESS.toml", &GOOD.replace("1.0.0", "1.0.1"));
        env.git("r", "commit -a -m good").ok();
        env.break_manifest("r");
        env.git("r", "commit -m staged --allow-empty").ok();
        env.git("r", "commit -a -m all").fails_with("OPN201");
        env.git("r", "commit -m file OPENNESS.toml").fails_with("OPN201");
        env.git("r", "rm --quiet --cached OPENNESS.toml").ok();
        env.git("r", "commit -m gone").fails_with("deletes");
    }
}

/// Git does not run `pre-commit` for the picks of a rebase, but for commits made by hand when it stops.
#[test]
fn a_rebase_is_not_disturbed() {
    let env = HookEnv::with_repository();
    env.git("r", "checkout --quiet -b side").ok();
    for number in 1..=2 {
        env.write("r/OPENNESS.toml", &GOOD.replace("1.0.0", &format!("1.0.{number}")));
        env.git("r", "commit --quiet -a -m side").ok();
    }
    env.git("r", "checkout --quiet main").ok();
    env.git("r", "commit --quiet --allow-empty -m main").ok();
    env.git("r", "rebase main side").ok();
    assert_eq!(env.commits("r"), 4);
    env.break_manifest("r");
    env.git("r", "commit --amend -a -m bad").fails_with("OPN201");
}

#[test]
fn the_hook_reports_a_missing_program() {
    let env = HookEnv::with_repository();
    fs::remove_file(env.path("bin/openness")).unwrap();
    if std::process::Command::new("openness").arg("--version").output().is_ok() {
        skipped("a PATH without openness");
        return;
    }
    env.git("r", "commit --allow-empty -m x").fails_with("openness is not in PATH");
}

#[test]
fn hooks_go_where_git_looks_for_them() {
    let env = HookEnv::new();
    for name in ["r", "inner"] {
        env.repository(name);
    }
    env.git("r", "worktree add --quiet ../linked").ok();
    let inner = env.path("inner");
    env.git("r", &format!("submodule --quiet add {} sub", inner.display())).ok();
    env.git("r", "commit --quiet -m sub").ok();
    env.git(".", "clone --quiet --bare r bare.git").ok();
    for place in ["linked", "r/sub", "r"] {
        let before = env.openness(place, "hook status").ok();
        env.openness(place, "hook install").ok();
        let hook = env.hooks_dir(place).join("pre-commit");
        assert_eq!(fs::read_to_string(&hook).unwrap(), include_str!("../../hooks/pre-commit"), "{place}");
        assert_eq!(hook.metadata().unwrap().permissions().mode() & 0o111, 0o111);
        assert!(before.contains(&*env.hooks_dir(place).canonicalize().unwrap().to_string_lossy()), "{before}");
    }
    for place in ["linked", "r/sub", "r"] {
        env.break_manifest(place);
        env.git(place, "commit -a -m bad").fails_with("OPN201");
    }
    env.openness("bare.git", "hook install").fails_with("pre-receive");
    env.openness("bare.git", "hook install pre-receive").ok();
    assert_eq!(env.read("bare.git/hooks/pre-receive"), include_str!("../../hooks/pre-receive"));
    env.openness(".", "hook install").fails_with("the current directory is not in a Git repository");
}

#[test]
fn a_hooks_path_outside_the_repository_is_left_alone() {
    let env = HookEnv::new();
    env.repository("r");
    env.git("r", "config core.hooksPath .githooks").ok();
    env.openness("r", "hook install").ok();
    assert_eq!(env.hooks_dir("r"), env.path("r/.githooks"));
    env.break_manifest("r");
    env.git("r", "commit -a -m bad").fails_with("OPN201");

    env.git("r", "config core.hooksPath ~/shared").ok();
    env.openness("r", "hook install").fails_with("`openness hook run || exit $?`");
    assert!(!env.path("shared").exists());
    env.git("r", "commit -a -m bad").ok();
    env.openness("r", "hook install --force").ok();
    env.git("r", "commit --amend -m bad").fails_with("OPN201");
    env.openness("r", "hook uninstall").fails_with("--force");
    env.openness("r", "hook uninstall --force").ok();
    assert!(!env.path("shared/pre-commit").exists());

    // A symbolic link can lead outside too.
    env.git("r", "config --unset core.hooksPath").ok();
    fs::remove_dir_all(env.path("r/.git/hooks")).unwrap();
    symlink(env.path("shared"), env.path("r/.git/hooks")).unwrap();
    env.openness("r", "hook install").fails_with("outside this repository");
}

#[test]
fn an_existing_hook_script_keeps_working() {
    let env = HookEnv::new();
    env.repository("r");
    let foreign = "#!/bin/sh\necho foreign was here\nexit 0\n";
    env.script("r/.git/hooks/pre-commit", foreign);
    assert!(env.openness("r", "hook install").ok().contains("added to"));
    assert!(env.git("r", "commit --allow-empty -m x").ok().contains("foreign was here"));
    env.break_manifest("r");
    let refused = env.git("r", "commit -a -m bad").fails_with("OPN201");
    assert!(!refused.contains("foreign was here"));
    assert!(env.openness("r", "hook install").ok().contains("already in"));
    env.openness("r", "hook uninstall").ok();
    assert_eq!(env.read("r/.git/hooks/pre-commit"), foreign);
    assert!(!env.path("r/.git/hooks/pre-merge-commit").exists());
    env.git("r", "commit -a -m bad").ok();
}

#[test]
fn a_hook_can_be_uninstalled_alone() {
    let env = HookEnv::new();
    env.repository("r");
    env.openness("r", "hook install pre-commit pre-push").ok();
    let removed = env.openness("r", "hook uninstall pre-push").ok();
    assert!(removed.contains("deleted ") && !removed.contains("pre-commit"), "{removed}");
    assert!(env.path("r/.git/hooks/pre-commit").exists() && !env.path("r/.git/hooks/pre-push").exists());
    let again = env.openness("r", "hook uninstall pre-push pre-receive").ok();
    assert!(again.contains("is not installed in") && again.contains(" as pre-push or pre-receive"), "{again}");
    env.openness("r", "hook uninstall nothing").fails_with("pre-receive");
    env.openness("r", "hook uninstall").ok();
    assert!(!env.path("r/.git/hooks/pre-commit").exists());
}

#[test]
fn a_hook_that_cannot_be_extended_is_left_alone() {
    let env = HookEnv::new();
    env.repository("r");
    let hook = "r/.git/hooks/pre-merge-commit";
    env.script(hook, "#!/usr/bin/env python3\n");
    env.openness("r", "hook install").fails_with("it is not a shell script");
    assert!(!env.path("r/.git/hooks/pre-commit").exists(), "all or none");
    env.write(hook, "#!/bin/sh\n");
    fs::set_permissions(env.path(hook), fs::Permissions::from_mode(0o644)).unwrap();
    env.openness("r", "hook install").fails_with("it is not executable");
    fs::remove_file(env.path(hook)).unwrap();
    env.script("tool", "#!/bin/sh\n");
    symlink(env.path("tool"), env.path(hook)).unwrap();
    env.openness("r", "hook install").fails_with("it is a symbolic link");
    assert_eq!(env.read("tool"), "#!/bin/sh\n");
    assert!(env.openness("r", "hook uninstall").ok().contains("note: openness is not installed in"));
}

#[test]
fn status_reports_hooks_that_would_not_run() {
    let env = HookEnv::with_repository();
    let status = env.openness("r", "hook status").ok();
    assert!(status.contains("\npre-commit        installed\n"), "{status}");
    assert!(status.contains("\npre-push          not installed\n"), "{status}");
    let hook = env.path("r/.git/hooks/pre-commit");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).unwrap();
    env.openness("r", "hook status").fails_with("installed, but not executable, so Git does not run it");
    env.openness("r", "hook install").ok();
    env.openness("r", "hook status").ok();
    let old = env.read("r/.git/hooks/pre-commit").replace("hook run", "check --staged");
    fs::write(&hook, old).unwrap();
    env.openness("r", "hook status").fails_with("installed by another version");
    assert!(env.openness("r", "hook install").ok().contains("updated in"));
    fs::write(&hook, "#!/bin/sh\n# >>> openness >>>\n").unwrap();
    env.openness("r", "hook status").fails_with("damaged");
    env.openness("r", "hook uninstall").fails_with("its openness block is damaged");
}

/// Git runs them from version 2.54 on, and then a file of ours would check each commit twice.
#[test]
fn hooks_in_the_configuration_are_seen() {
    let env = HookEnv::new();
    env.repository("r");
    let version = env.git("r", "--version").ok();
    let mut numbers = version.split_whitespace().nth(2).unwrap().split('.').map(|part| part.parse::<u32>().unwrap());
    let is_run = (numbers.next().unwrap(), numbers.next().unwrap()) >= (2, 54);
    env.git("r", "config hook.check.event pre-commit").ok();
    env.write("command", "openness hook run");
    let command = env.read("command");
    let mut set = env.0.command("git");
    assert!(
        set.current_dir(env.path("r")).args(["config", "hook.check.command", &command]).status().unwrap().success()
    );
    let status = env.openness("r", "hook status");
    assert_eq!(status.status, i32::from(!is_run), "{status:#?}");
    assert!(status.out.contains("\npre-commit        configured as `hook.check.command`"), "{status:#?}");
    assert!(status.out.contains("\npre-merge-commit  not installed\n"), "{status:#?}");
    let told = env.openness("r", "hook install").ok();
    assert!(told.contains("hook.check.command"), "{told}");
    assert_eq!(env.path("r/.git/hooks/pre-commit").exists(), !is_run);
    assert!(env.path("r/.git/hooks/pre-merge-commit").exists());
    env.openness("r", "hook install --force").ok();
    assert!(env.openness("r", "hook status").ok().contains("installed; also configured as `hook.check.command`"));
    // One that is switched off does not count.
    env.git("r", "config hook.check.enabled false").ok();
    assert!(!env.openness("r", "hook status").ok().contains("configured"));
}

#[test]
fn hook_managers_get_a_snippet() {
    for (file, words) in [
        (".pre-commit-config.yaml", "- id: openness"),
        ("prek.toml", "[[repos]]"),
        ("lefthook.yml", "run: openness hook run"),
        (".husky/x", "openness hook run"),
    ] {
        let env = HookEnv::new();
        env.repository("r");
        env.write(&format!("r/{file}"), "");
        let text = env.openness("r", "hook install").ok();
        assert!(text.contains(words) && text.contains("nothing was installed"), "{text}");
        assert!(!env.path("r/.git/hooks/pre-commit").exists());
        env.openness("r", "hook install --force").ok();
        assert!(env.path("r/.git/hooks/pre-commit").exists());
    }
}

/// A repository, a key in an `allowed_signers` file, and a bare repository to push to.
fn with_remote() -> HookEnv {
    let env = HookEnv::with_repository();
    env.openness(".", "key generate --output key --comment lab@example.org --no-passphrase").ok();
    let line = env.openness(".", "key show key.pub --form allowed-signers --principal lab@example.org").ok();
    env.write("allowed_signers", &line);
    env.git(".", "init --quiet --bare server.git").ok();
    env.git("r", "remote add origin ../server.git").ok();
    env
}

fn sign(env: &HookEnv, tag: &str) {
    env.openness("r", "sign --key ../key").ok();
    env.git("r", "add .openness").ok();
    env.git("r", "commit --quiet -m signed").ok();
    env.git("r", &format!("tag {tag}")).ok();
}

#[test]
fn a_server_accepts_only_signed_release_tags() {
    let env = with_remote();
    env.openness("server.git", "hook install pre-receive").ok();
    // Other references are not checked, so no trusted signers are needed.
    env.git("r", "tag nightly").ok();
    env.git("r", "push --quiet origin main nightly").ok();
    env.git("r", "tag v0.1").ok();
    env.git("r", "push origin v0.1").fails_with("no trusted signers are configured on this server");
    let signers = env.path("allowed_signers");
    env.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
    let refused = env.git("r", "push origin v0.1").fails_with("refused: release `v0.1`");
    assert!(refused.contains("pre-receive hook declined"), "{refused}");
    env.git("r", "push origin main:refs/tags/v0.2").fails_with("refused: release `v0.2`");
    env.git("r", "push --quiet origin v0.1:refs/tags/other").ok();

    sign(&env, "v1.0");
    env.git("r", "tag -a -m annotated v1.0-annotated").ok();
    env.git("r", "push origin v1.0 v1.0-annotated").fails_with("it is the release `v1.0` under another name");
    env.git("r", "push origin v1.0").ok();

    // One byte more than was signed.
    env.write("r/model.safetensors", "weights.");
    env.git("r", "commit --quiet -a -m tampered").ok();
    env.git("r", "tag v1.1").ok();
    env.git("r", "push origin v1.1").fails_with("refused: release `v1.1`");
    // An unsigned file.
    env.git("r", "checkout --quiet v1.0").ok();
    env.write("r/evil.py", "x");
    env.git("r", "add .").ok();
    env.git("r", "commit --quiet -m evil").ok();
    env.git("r", "push origin HEAD:refs/tags/v1.2").fails_with("refused: release `v1.2`");
    // A missing signed file.
    env.git("r", "rm --quiet --force LICENSE evil.py").ok();
    env.git("r", "commit --quiet --no-verify -m gone").ok();
    env.git("r", "push origin HEAD:refs/tags/v1.3").fails_with("refused: release `v1.3`");
    // A tag that does not point to a commit.
    env.git("r", "tag v1.4 HEAD:OPENNESS.toml").ok();
    env.git("r", "push origin v1.4").fails_with("the release tag `v1.4` must point to a commit");
    // An older tag under the name of a newer one.
    let refused = env.git("r", "push origin v1.0-annotated:refs/tags/v1.5").fails_with("refused: release `v1.5`");
    assert!(refused.contains("the tag `v1.0-annotated` under another name"), "{refused}");
    // One bad tag refuses the whole push, and the server has only the good ones.
    env.git("r", "push origin v1.1 nightly:refs/heads/n").fails_with("declined");
    let tags = env.git("server.git", "tag --list").ok();
    assert_eq!(tags, "nightly\nother\nv1.0\n");
    env.git("r", "push origin :v1.0").ok();
}

/// A signed commit proves nothing about the name of a tag, which anyone can give it.
#[test]
fn a_server_refuses_another_tag_on_an_old_release() {
    let env = with_remote();
    env.openness("server.git", "hook install pre-receive").ok();
    let signers = env.path("allowed_signers");
    env.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
    sign(&env, "v1.0");
    env.git("r", "tag v1.0-too").ok();
    // Both are new, and only one of them can be the release.
    let told = env.git("r", "push --quiet origin v1.0 v1.0-too").fails_with("refused: release `v1.0-too`");
    assert!(told.contains("it is the release `v1.0` under another name"), "{told}");
    env.git("r", "push --quiet origin v1.0 v1.0-too:refs/tags/too").ok();
    env.git("r", "push origin v1.0:refs/tags/nightly").ok();
    let refused = |place: &str| {
        let told = env.git("r", &format!("push origin {place}")).fails_with("refused: release `v");
        assert!(told.contains("it is the release `v1.0` under another name"), "{told}");
        assert!(told.contains("openness.allowAliasTags"), "{told}");
    };
    refused("v1.0:refs/tags/v2.0");
    env.git("r", "tag -a -m two v2.0-annotated v1.0").ok();
    refused("v2.0-annotated");
    // The same files or the same statement in another commit.
    env.git("r", "commit --quiet --allow-empty -m again").ok();
    refused("HEAD:refs/tags/v2.1");
    // The setting of a server allows it; the one of the pusher does not.
    env.git("r", "config openness.allowAliasTags true").ok();
    refused("v1.0:refs/tags/v2.0");
    env.git("server.git", "config openness.allowAliasTags perhaps").ok();
    env.git("r", "push origin v1.0:refs/tags/v2.0").fails_with("it must be `true` or `false`");
    env.git("server.git", "config openness.allowAliasTags true").ok();
    env.git("r", "push origin v1.0:refs/tags/v2.0").ok();
    env.git("server.git", "config --unset openness.allowAliasTags").ok();
    // A new release is one.
    env.write("r/model.safetensors", "better weights");
    env.git("r", "commit --quiet -a -m better").ok();
    env.openness("r", "sign --key ../key --replace").ok();
    env.git("r", "add .openness").ok();
    env.git("r", "commit --quiet -m signed").ok();
    env.git("r", "push origin HEAD:refs/tags/v3.0").ok();
}

/// A trusted signer may give a release another name.
#[test]
fn a_server_takes_a_signed_tag_on_an_old_release() {
    let env = with_remote();
    env.openness("server.git", "hook install pre-receive").ok();
    let line = env.read("allowed_signers").replace("openness@v1", "git,openness@v1");
    env.write("allowed_signers", &line);
    let signers = env.path("allowed_signers");
    env.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
    sign(&env, "v1.0");
    env.git("r", "config user.email lab@example.org").ok();
    env.openness("r", "sign --key ../key --tag v1.0-lts").ok();
    // A tag without a signature is another name of a signed one that is pushed along, before or after it.
    for tags in ["v1.0 v1.0-lts", "v1.0-lts v1.0"] {
        env.git("r", &format!("push origin {tags}")).fails_with("it is the release `v1.0-lts` under another name");
    }
    env.git("r", "push --quiet origin v1.0").ok();
    env.git("r", "push origin v1.0-lts").ok();
    env.openness(".", "key generate --output mallory --comment mallory --no-passphrase").ok();
    env.git("r", "-c gpg.format=ssh -c user.signingKey=../mallory tag -s -m two v2.0 v1.0^{}").ok();
    env.git("r", "push origin v2.0").fails_with("it is the release `v1.0");
}

/// A repository may hold several releases, each in a directory of its own.
#[test]
fn a_server_checks_every_release_of_a_repository() {
    let env = with_remote();
    env.openness("server.git", "hook install pre-receive").ok();
    let signers = env.path("allowed_signers");
    env.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
    env.git("r", "rm --quiet -r .").ok();
    for model in ["a", "b"] {
        env.write(&format!("r/models/{model}/OPENNESS.toml"), &GOOD.replace("Tiny", model));
        env.write(&format!("r/models/{model}/model.safetensors"), model);
    }
    env.git("r", "add .").ok();
    env.git("r", "commit --quiet --no-verify -m two").ok();
    let sign = |model: &str| {
        env.openness("r", &format!("sign models/{model} --key ../key")).ok();
        env.git("r", "add .").ok();
        env.git("r", "commit --quiet --no-verify -m signed").ok();
    };
    sign("a");
    env.git("r", "tag v1.0").ok();
    let told = env.git("r", "push origin v1.0").fails_with("refused: release `v1.0` in `models/b`");
    assert!(told.contains("openness verify --rev v1.0 models/b"), "{told}");
    assert!(told.contains("release `v1.0` in `models/a`: ") && !told.contains("refused: release `v1.0` in `models/a`"));
    sign("b");
    env.git("r", "tag v1.1").ok();
    env.git("r", "push origin v1.1").ok();
    // One of the two may stay as it is; both are the same release under another name.
    env.git("r", "commit --quiet --allow-empty --no-verify -m again").ok();
    env.git("r", "push origin HEAD:refs/tags/v1.2").fails_with("it is the release `v1.1` under another name");
    env.write("r/models/a/model.safetensors", "better");
    env.git("r", "commit --quiet --no-verify -a -m better").ok();
    env.openness("r", "sign models/a --key ../key --replace").ok();
    env.git("r", "add .").ok();
    env.git("r", "commit --quiet --no-verify -m signed").ok();
    env.git("r", "push origin HEAD:refs/tags/v2.0").ok();
    // Nothing but their directories can be verified.
    let ran = env.openness("r", "verify . --key ../key.pub");
    assert!(ran.err.contains("name a directory with a manifest: `models/a`, `models/b`"), "{ran:#?}");
    env.openness("r", "verify models/a --key ../key.pub").ok();
}

/// Git on the server would show other content under a signed tag.
#[test]
fn a_server_refuses_to_replace_what_a_release_holds() {
    let env = with_remote();
    env.openness("server.git", "hook install pre-receive").ok();
    let signers = env.path("allowed_signers");
    env.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
    let first = env.git("r", "rev-parse HEAD").ok();
    let (first, license) = (first.trim(), env.git("r", "rev-parse HEAD:LICENSE").ok());
    sign(&env, "v1.0");
    let commit = env.git("r", "rev-parse HEAD").ok();
    let commit = commit.trim();
    env.write("r/LICENSE", "none");
    env.git("r", "commit --quiet --no-verify -a -m other").ok();
    env.git("r", &format!("replace {commit} HEAD")).ok();
    env.git("r", &format!("replace {} HEAD:LICENSE", license.trim())).ok();
    env.git("r", &format!("replace {first} HEAD")).ok();
    let replace = |id: &str| format!("push origin refs/replace/{id}");
    // With the release, and after it.
    let told = env.git("r", &format!("{} v1.0", replace(commit))).fails_with("refused: `refs/replace/");
    assert!(told.contains("it would give release `v1.0` other content"), "{told}");
    env.git("r", "push --quiet origin v1.0").ok();
    env.git("r", &replace(commit)).fails_with("refused: `refs/replace/");
    env.git("r", &replace(license.trim())).fails_with("refused: `refs/replace/");
    // An older commit is not a release, and other parents are not other content.
    env.git("r", &replace(first)).ok();
    env.git("r", &format!("replace -d {commit}")).ok();
    env.git("r", &format!("replace --graft {commit}")).ok();
    env.git("r", &replace(commit)).ok();
    // Before the release: then the release is refused.
    env.git("server.git", "update-ref -d refs/tags/v1.0").ok();
    env.git("r", &replace(license.trim())).ok();
    env.git("r", "push origin v1.0").fails_with("Git reads other content");
    env.git("r", &format!("push --quiet origin :refs/replace/{}", license.trim())).ok();
    env.git("r", "push origin v1.0").ok();
}

#[test]
fn a_server_ignores_pushed_trust() {
    let env = with_remote();
    env.openness("server.git", "hook install pre-receive").ok();
    env.openness(".", "key generate --output mallory --comment mallory --no-passphrase").ok();
    let line = env.openness(".", "key show mallory.pub --form allowed-signers --principal mallory").ok();
    env.write("r/allowed_signers", &line);
    env.git("r", "config openness.allowedSigners allowed_signers").ok();
    env.git("r", "add .").ok();
    env.git("r", "commit --quiet -m mallory").ok();
    env.openness("r", "sign --key ../mallory").ok();
    env.git("r", "add .openness").ok();
    env.git("r", "commit --quiet -m signed").ok();
    env.git("r", "tag v1.0").ok();
    env.git("r", "push origin v1.0").fails_with("no trusted signers are configured on this server");
    env.git("server.git", "config openness.allowedSigners allowed_signers").ok();
    env.git("r", "push origin v1.0").fails_with("absolute path");
    let signers = env.path("allowed_signers");
    env.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
    env.git("r", "push origin v1.0").fails_with("refused: release `v1.0`");
}

#[test]
fn an_unsigned_release_tag_is_not_pushed() {
    let env = with_remote();
    let foreign = "#!/bin/sh\nsed 's/^/lfs saw: /'\n";
    env.script("r/.git/hooks/pre-push", foreign);
    env.openness("r", "hook install pre-push").ok();
    // Later parts of the hook, such as those of Git LFS, still get the list of updates on standard input.
    let pushed = env.git("r", "push origin main").ok();
    assert!(pushed.contains("lfs saw: refs/heads/main"), "{pushed}");
    let pushed = env.git("r", "push origin main").ok();
    assert!(!pushed.contains("lfs saw"), "nothing was pushed, so the list is empty: {pushed}");

    env.git("r", "tag v1.0-unsigned").ok();
    env.git("r", "push origin v1.0-unsigned").fails_with("no trusted signers are configured\n");
    // The repository's own settings do not count.
    let signers = env.path("allowed_signers");
    env.git("r", &format!("config openness.allowedSigners {}", signers.display())).ok();
    env.git("r", &format!("config gpg.ssh.allowedSignersFile {}", signers.display())).ok();
    env.git("r", "push origin v1.0-unsigned").fails_with("no trusted signers are configured\n");
    // The user's own list counts, as for `verify`.
    env.openness(".", "key generate --output mallory --comment mallory --no-passphrase").ok();
    env.openness(".", "key trust add mallory mallory.pub").ok();
    env.git("r", "push origin v1.0-unsigned").fails_with("refused: release `v1.0-unsigned`");
    env.openness(".", "key trust remove mallory").ok();
    env.git("r", "push origin v1.0-unsigned").fails_with("no trusted signers are configured\n");
    env.git("r", "config --global gpg.ssh.allowedSignersFile ~/allowed_signers").ok();
    env.git("r", "push origin v1.0-unsigned").fails_with("refused: release `v1.0-unsigned`");
    sign(&env, "v1.0");
    let pushed = env.git("r", "push origin v1.0").ok();
    assert!(pushed.contains("release `v1.0`: verified"), "{pushed}");

    env.git("r", "config openness.releaseTags release-*").ok();
    env.git("r", "push origin v1.0-unsigned").ok();
    env.git("r", "push origin v1.0-unsigned:refs/tags/release-1").fails_with("refused");
    env.git("r", "config openness.releaseTags v[0-9]*").ok();
    env.git("r", "push origin main:refs/heads/other").fails_with("is not a list of tag patterns");

    // A revoked key.
    env.git("r", "config --unset openness.releaseTags").ok();
    fs::copy(env.path("key.pub"), env.path("revoked")).unwrap();
    env.git("r", "config --global gpg.ssh.revocationFile ~/revoked").ok();
    env.git("r", "push origin v1.0:refs/tags/v1.0-again").fails_with("refused: release `v1.0-again`");
}

/// Pushed objects are in quarantine while the hook runs, and `git` reads those that libgit2 cannot or should not read.
#[test]
fn every_kind_of_server_reads_large_files_in_quarantine() {
    for options in ["", "--object-format=sha256 ", "--ref-format=reftable "] {
        let env = HookEnv::new();
        if env.git(".", &format!("init --quiet {options}r")).status != 0 {
            skipped(&format!("a Git that knows {options}"));
            continue;
        }
        env.repository("r");
        env.write("r/model.safetensors", &"weights\n".repeat(2 << 20));
        env.git("r", "commit --quiet -a -m large").ok();
        env.openness(".", "key generate --output key --comment lab --no-passphrase").ok();
        let line = env.openness(".", "key show key.pub --form allowed-signers --principal lab").ok();
        env.write("allowed_signers", &line);
        sign(&env, "v1");
        env.git(".", &format!("init --quiet --bare {options}server.git")).ok();
        env.openness("server.git", "hook install pre-receive").ok();
        let signers = env.path("allowed_signers");
        env.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
        env.git("r", "remote add origin ../server.git").ok();
        env.write("r/model.safetensors", &"Weights\n".repeat(2 << 20));
        env.git("r", "commit --quiet -a -m other").ok();
        env.git("r", "push origin HEAD:refs/tags/v2").fails_with("refused: release `v2`");
        let pushed = env.git("r", "push origin v1").ok();
        assert!(pushed.contains("release `v1`: verified"), "{pushed}");
    }
}

/// Weights in Git LFS are signed by the digest in their pointer, which is enough to verify them.
#[test]
fn lfs_pointers_are_enough_on_a_server() {
    use std::fmt::Write as _;
    let env = with_remote();
    // `printf weights | sha256sum`
    let sums = env.run("sha256sum", "r", "model.safetensors", b"").ok();
    let digest = sums.split(' ').next().unwrap().to_owned();
    let mut pointer = String::new();
    write!(pointer, "version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 7\n").unwrap();
    let object = format!("r/.git/lfs/objects/{}/{}/{digest}", &digest[..2], &digest[2..4]);
    env.write(&object, "weights");
    env.write("r/model.safetensors", &pointer);
    env.write("r/.gitattributes", "*.safetensors filter=lfs -text\n");
    env.git("r", "-c filter.lfs.clean=cat add .").ok();
    env.git("r", "-c filter.lfs.clean=cat commit --quiet -m lfs").ok();
    env.openness("r", "sign --key ../key").ok();
    env.git("r", "add .openness").ok();
    env.git("r", "-c filter.lfs.clean=cat commit --quiet -m signed").ok();
    env.openness("server.git", "hook install pre-receive").ok();
    let signers = env.path("allowed_signers");
    env.git("server.git", &format!("config openness.allowedSigners {}", signers.display())).ok();
    env.git("r", "push origin HEAD:refs/tags/v1.0").ok();
    env.write("r/model.safetensors", &pointer.replace("size 7", "size 8"));
    env.git("r", "-c filter.lfs.clean=cat commit --quiet --no-verify -a -m other").ok();
    env.git("r", "push origin HEAD:refs/tags/v1.1").fails_with("refused: release `v1.1`");
}

/// Files that pin a version of this program name the current one.
#[test]
fn all_files_name_the_same_version() {
    let version = env!("CARGO_PKG_VERSION");
    let package = include_str!("../../packaging/pre-commit/pyproject.toml");
    assert!(package.contains(&format!("version = \"{version}\"\n")));
    assert!(package.contains(&format!("\"openness=={version}\"")));
    let action = include_str!("../../action.yml");
    assert!(action.contains(&format!("default: \"{version}\"\n")));
}

/// Runners skip a hook if none of its files changed, and do not count a deleted manifest as changed.
#[test]
fn every_pre_commit_hook_always_runs() {
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
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
