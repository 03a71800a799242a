//! SIGKILL before every call that changes something: the old state or the new, and the next run succeeds.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use super::writing_commands::{State, WritingCommand, chosen, difference, has_strace, say, stores};
use crate::common::env::TestEnv;

/// System calls that change files or their names.
const CALLS: &[&str] = &[
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
    "chmod",
    "fchmod",
    "fchmodat",
    "ftruncate",
    "copy_file_range",
    "sendfile",
    "flock",
];

fn sweep(name: &'static str) -> (usize, usize, usize) {
    let command = WritingCommand::of(name);
    let env = command.set();
    let (calls, new) = {
        let calls = env.calls(CALLS, &command.arguments);
        (calls, command.state(&env))
    };
    let (mut kills, mut olds, mut leftovers) = (0, 0, 0);
    for (call, count) in calls {
        for at in chosen(count, 3) {
            let env = command.set();
            let old = command.state(&env);
            assert_ne!(old, new, "{name}: nothing was written");
            let before = env.verdict();
            let output = env.traced(&["-e", &format!("inject={call}:signal=SIGKILL:when={at}")], &command.arguments);
            let place = format!("{name}, killed before {call} number {at} of {count}");
            assert_eq!(output.status.signal(), Some(9), "{place}: {output:?}");
            env.take_trace();
            let now = command.state(&env);
            kills += 1;
            olds += usize::from(now == old);
            leftovers += usize::from(!env.leftovers().is_empty());
            is_old_or_new(name, &place, &old, &now, &new);
            // A leftover with files counts as unsigned files; otherwise the verdict does not change with the kill.
            if name.starts_with("sign") {
                let after = env.verdict();
                let good = "\"verified\" []";
                let is_clean = !env.leftovers().iter().any(|left| has_files(left));
                let expected = match (now == old, is_clean) {
                    (false, true) => good.to_owned(),
                    (true, true) => before.clone(),
                    (false, false) => "\"failed\" [\"unsigned-files\"]".to_owned(),
                    (true, false) if before == good => "\"failed\" [\"unsigned-files\"]".to_owned(),
                    (true, false) => after.clone(),
                };
                assert_eq!(after, expected, "{place}");
                assert!(now != old || before == good || !after.contains("\"verified\""), "{place}: {after}");
            }
            if command.aftermath(&env, &place) {
                continue;
            }
            // The next run succeeds, or refuses to overwrite what the killed one completed.
            let again = env.openness(&command.arguments);
            let text = String::from_utf8_lossy(&again.stderr).into_owned();
            let exists = text.contains("already exists");
            assert!(again.status.success() || (now != old && exists), "{place}, and again: {text}");
            let done = command.state(&env);
            is_old_or_new(name, &place, &new, &done, &new);
            if name.starts_with("sign") {
                assert_eq!(env.verdict(), "\"verified\" []", "{place}, and again");
            }
            if name.starts_with("sign") || name == "key generate" {
                assert!(env.leftovers().is_empty(), "{place}, and again: {:?}", env.leftovers());
            }
        }
    }
    assert!(kills > 0, "{name}: there was nothing to kill");
    (kills, olds, leftovers)
}

/// Empty directories do not count, because only files are signed.
fn has_files(left: &Path) -> bool {
    !left.is_dir() || left.read_dir().unwrap().any(|entry| has_files(&entry.unwrap().path()))
}

fn is_old_or_new(name: &str, place: &str, old: &State, now: &State, new: &State) {
    if now == old || now == new {
        return;
    }
    match name {
        // Independent files, each of which is old or new.
        "init" | "hook install" | "hook uninstall" | "licenses --write" => {
            for file in old.keys().chain(new.keys()).chain(now.keys()) {
                let now = now.get(file);
                assert!(now == old.get(file) || now == new.get(file), "{place}: `{file}` is {now:?}");
            }
        }
        // The private key is written first; the public one can be derived from it.
        "key generate" => {
            assert_eq!(now.keys().filter(|key| key.starts_with("new")).collect::<Vec<_>>(), ["new"], "{place}");
            assert_eq!(now.get("new"), new.get("new"), "{place}");
        }
        // Two stores, each of which is as a whole old or new.
        "verify, remembering" => {
            for ((now, old), new) in stores(now).iter().zip(stores(old)).zip(stores(new)) {
                assert!(*now == old || *now == new, "{place}: a third state: {}", difference(now, &new));
            }
        }
        _ => panic!("{place}: a third state, which differs from the new one in {}", difference(now, new)),
    }
}

/// A test for each command, so that they run in parallel.
macro_rules! sweeps {
    ($($test:ident: $name:literal,)*) => {$(
        #[test]
        fn $test() {
            if has_strace() {
                let (kills, olds, leftovers) = sweep($name);
                let news = kills - olds;
                say(&format!("killed: {} | {kills} kills | old after {olds} | new after {news} | leftovers {leftovers}", $name));
                assert!(kills > 2 && olds > 0 && news > 0);
            }
        }
    )*};
}

sweeps! {
    sign: "sign",
    sign_again: "sign again",
    sign_next_to_another: "sign next to another",
    sign_a_statement: "sign --statement",
    statement: "statement --output",
    check: "check --output",
    write_baseline: "check --write-baseline",
    init: "init",
    licenses: "licenses --write",
    key_generate: "key generate",
    hook_install: "hook install",
    hook_uninstall: "hook uninstall",
    key_trust_add: "key trust add",
    key_trust_pin: "key trust pin",
    verify_and_remember: "verify, remembering",
    verify_and_export: "verify --export",
    verify_and_repair: "verify --repair-from",
    verify_and_cache: "verify --cache",
    sign_for_model_signing: "model signing",
    sign_a_tag: "sign --tag",
}

/// Here the `git` program writes the reference, and may be killed instead: calls are counted for each process.
#[test]
fn sign_a_tag_in_a_reftable_repository() {
    if !has_strace() {
        return;
    }
    if TestEnv::new().init("r", &["--ref-format=reftable"]).is_err() {
        return say("skipped: needs a git that makes reftable repositories (2.45 or newer)");
    }
    let command = WritingCommand::of("sign --tag, reftable");
    let (mut kills, mut olds, mut locks) = (0, 0, 0);
    for (call, count) in command.set().calls(CALLS, &command.arguments) {
        for at in chosen(count, 3) {
            let env = command.set();
            let output = env.traced(&["-e", &format!("inject={call}:signal=SIGKILL:when={at}")], &command.arguments);
            env.take_trace();
            let place = format!("{}, killed before {call} number {at} of {count}", command.name);
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let git = |arguments: &[&str]| env.command("git").args(["-C", "lm"]).args(arguments).output().unwrap();
            let is_there = git(&["show-ref", "--verify", "refs/tags/v1"]).status.success();
            match (output.status.signal(), output.status.code()) {
                (Some(9), _) => kills += 1,
                // `git` or one of its child processes was killed.
                (_, Some(2)) if text.contains("error: ") => kills += 1,
                // No single process makes that many calls.
                (_, Some(0)) => assert!(is_there, "{place}: {text}"),
                other => panic!("{place}: {other:?} {text}"),
            }
            olds += usize::from(!is_there);
            let fsck = git(&["fsck", "--strict"]);
            assert!(fsck.status.success(), "{place}: {}", String::from_utf8_lossy(&fsck.stderr));
            let lock = env.path("lm/.git/reftable/tables.list.lock");
            if lock.exists() && !is_there {
                // As after a killed `git tag`, the user has to remove the lock.
                let held = env.openness(&command.arguments);
                let text = String::from_utf8_lossy(&held.stderr);
                assert!(held.status.code() == Some(2) && text.contains("lock"), "{place}, and again: {text}");
                locks += 1;
            }
            if lock.exists() {
                std::fs::remove_file(lock).unwrap();
            }
            let again = env.openness(&command.arguments);
            let text = String::from_utf8_lossy(&again.stderr);
            let is_refused = text.contains("there is already a tag `v1`");
            assert!(again.status.success() != is_there && is_refused == is_there, "{place}, and again: {text}");
            env.run(&["verify", "lm", "--key", "key.pub", "--rev", "v1"]);
        }
    }
    say(&format!("killed: {} | {kills} kills | old after {olds} | locks {locks}", command.name));
    assert!(kills > 2 && olds > 0, "{kills} {olds}");
}
