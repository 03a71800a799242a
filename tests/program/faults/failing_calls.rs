//! System calls that fail: exit status 2, a message, and the old state or the new; or success and the new state. Never
//! a panic or a false `verified`.

use std::path::Path;
use std::process::Output;

use super::writing_commands::{TracedEnv, WritingCommand, chosen, difference, has_strace, say, stores};

const FAULTS: &[(&str, &[&str])] = &[
    ("ENOSPC", &["write", "fsync", "mkdir", "openat", "renameat2", "rename"]),
    ("EIO", &["read", "write", "fsync", "fstat", "statx", "getdents64", "rename", "renameat2"]),
    ("EACCES", &["openat", "openat2", "mkdir", "rename", "renameat2", "unlink"]),
    ("EMFILE", &["openat", "openat2"]),
    ("EROFS", &["openat", "mkdir", "rename", "renameat2", "unlink", "linkat"]),
];

/// Returns whether the run failed, and requires that it failed in an acceptable way.
fn failed(output: &Output, place: &str) -> bool {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!text.contains("panicked"), "{place}: {text}");
    match output.status.code() {
        Some(0) => false,
        Some(2) => {
            assert!(text.contains("error: ") || may_lose_message(place), "{place}: {text}");
            true
        }
        // Not verified, or findings: a file that could not be read makes the check fail.
        Some(1) => true,
        // The dynamic loader could not load the program.
        Some(127) if text.contains("error while loading shared libraries") => true,
        other => panic!("{place}: {other:?} {text}"),
    }
}

/// A fault of `write` may hit the message itself.
fn may_lose_message(place: &str) -> bool {
    place.contains("write")
}

/// Injects each error into a few calls of each kind that a run makes, and returns the number of runs.
fn each_fault(command: &WritingCommand, mut check: impl FnMut(&str, TracedEnv, Output)) -> usize {
    let mut count = 0;
    for (error, calls) in FAULTS {
        let made = command.set().calls(calls, &command.arguments);
        for (call, times) in made {
            for at in chosen(times, 3) {
                let env = command.set();
                let inject = format!("inject={call}:error={error}:when={at}");
                let output = env.traced(&["-e", &inject], &command.arguments);
                env.take_trace();
                check(&format!("{}, {error} at {call} number {at} of {times}", command.name), env, output);
                count += 1;
            }
        }
    }
    count
}

fn sweep(name: &'static str) -> (usize, usize) {
    let command = WritingCommand::of(name);
    let (old, new) = {
        let env = command.set();
        let old = command.state(&env);
        env.run(&command.arguments);
        (old, command.state(&env))
    };
    let mut failures = 0;
    let tried = each_fault(&command, |place, env, output| {
        let has_failed = failed(&output, place);
        let now = command.state(&env);
        failures += usize::from(has_failed);
        if ["key generate", "init", "verify --cache"].contains(&name) {
            // Several files or digests, each of which is old or new.
            for (file, text) in &now {
                // A draft may leave out a file that could not be read, if the run reports it.
                if file == "lm/OPENNESS.toml" && String::from_utf8_lossy(&output.stderr).contains("it cannot be read") {
                    continue;
                }
                assert!(old.get(file) == Some(text) || new.get(file) == Some(text), "{place}: `{file}` is {text}");
            }
        } else if name == "verify, remembering" {
            stores(&now).iter().zip(stores(&old)).zip(stores(&new)).for_each(|((now, old), new)| {
                assert!(*now == old || *now == new, "{place}: a third state: {}", difference(now, &new));
            });
        } else {
            assert!(now == old || now == new, "{place}: a third state: {}", difference(&now, &new));
        }
        let is_reported = String::from_utf8_lossy(&output.stderr).contains("it cannot be read");
        assert!(
            has_failed || now == new || is_reported || name.starts_with("verify"),
            "{place}: success, but nothing was written"
        );
        // A run that fails removes its temporary files, or names those that it could not remove.
        let text = String::from_utf8_lossy(&output.stderr);
        for left in env.leftovers() {
            let name = left.file_name().unwrap().to_str().unwrap();
            assert!(text.contains(name) || place.contains("unlink"), "{place}: {name} is left: {text}");
        }
        command.aftermath(&env, place);
    });
    (tried, failures)
}

/// A test for each command, so that they run in parallel.
macro_rules! sweeps {
    ($($test:ident: $name:literal,)*) => {$(
        #[test]
        fn $test() {
            if has_strace() {
                let (tried, failures) = sweep($name);
                say(&format!("errors: {} | {tried} faults | {failures} with a failing exit status", $name));
                assert!(tried > 15 && failures > 3, "{tried} {failures}");
            }
        }
    )*};
}

sweeps! {
    sign: "sign",
    sign_again: "sign again",
    init: "init",
    key_generate: "key generate",
    key_trust_add: "key trust add",
    verify_and_remember: "verify, remembering",
    verify_and_export: "verify --export",
    verify_and_repair: "verify --repair-from",
    verify_and_cache: "verify --cache",
    sign_for_model_signing: "model signing",
    sign_a_tag: "sign --tag",
}

/// Releases with a changed, an added and a missing file.
#[test]
fn no_failing_call_verifies_a_bad_release() {
    if !has_strace() {
        return;
    }
    let mut command = WritingCommand::of("verify, remembering");
    command.arguments = vec!["verify", "bad", "--key", "key.pub"];
    let mut tried = 0;
    let ways: [fn(&Path); 3] = [
        |root| std::fs::write(root.join("w/a.bin"), "weighty").unwrap(),
        |root| std::fs::write(root.join("w/c.bin"), "more").unwrap(),
        |root| std::fs::remove_file(root.join("w/b.bin")).unwrap(),
    ];
    for spoil in ways {
        for (error, calls) in FAULTS {
            let spoiled = || {
                let env = command.set();
                std::fs::rename(env.path("lm"), env.path("bad")).unwrap();
                spoil(&env.path("bad"));
                env
            };
            let env = spoiled();
            let trace = format!("trace={}", calls.join(","));
            assert_eq!(env.traced(&["-e", &trace], &command.arguments).status.code(), Some(1));
            let made = env.take_trace();
            for call in *calls {
                let times = made.lines().filter(|line| line.contains(&format!(" {call}("))).count();
                for at in chosen(times, 3) {
                    let inject = format!("inject={call}:error={error}:when={at}");
                    let output = env.traced(&["-e", &inject], &command.arguments);
                    env.take_trace();
                    let text = String::from_utf8_lossy(&output.stdout);
                    let place = format!("{error} at {call} number {at} of {times}");
                    assert!(failed(&output, &place), "{place}: {text}");
                    tried += 1;
                }
            }
        }
    }
    say(&format!("errors: verify of a bad release | {tried} | {tried}"));
    assert!(tried > 50);
}

/// The content is unknown then, so the I/O error is reported, and not a changed file.
#[test]
fn a_failing_read_is_not_called_a_change() {
    if !has_strace() {
        return;
    }
    let env = WritingCommand::of("verify, remembering").set();
    // `strace` matches descriptors by their absolute path, and names relative to the root of the release.
    let weights = env.path("lm/w/b.bin").canonicalize().unwrap();
    for (path, inject, words) in [
        (weights.to_str().unwrap(), "inject=read:error=EIO", "input/output error"),
        ("w/b.bin", "inject=openat2:error=EACCES", "permission denied"),
        ("w/b.bin", "inject=openat2:error=EMFILE", "too many open files"),
    ] {
        let output = env.traced(&["-P", path, "-e", inject], &["verify", "lm", "--key", "key.pub"]);
        env.take_trace();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(2), "{inject}: {out}{err}");
        assert!(out.is_empty() && err.contains("`w/b.bin`") && err.contains(words), "{inject}: {out}{err}");
    }
}

#[test]
fn a_read_only_medium_verifies_and_cannot_be_signed() {
    let command = WritingCommand::of("sign again");
    let env = command.set();
    let old = command.state(&env);
    let on_read_only = |arguments: &[&str]| {
        let script = "mount --bind lm lm && mount -o remount,ro,bind lm && exec \"$@\"";
        let mut command = env.command("unshare");
        command.args(["--mount", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_openness")]).args(arguments).output()
    };
    match on_read_only(&["--version"]) {
        Ok(output) if output.status.success() => {}
        _ => return say("skipped: needs unshare that may mount"),
    }
    let output = on_read_only(&command.arguments).unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.ends_with(": read-only file system\n"), "{text}");
    assert_eq!(command.state(&env), old);
    let env = WritingCommand::of("verify, remembering").set();
    let script = "mount --bind lm lm && mount -o remount,ro,bind lm && exec \"$@\"";
    let mut command = env.command("unshare");
    command.args([
        "--mount",
        "sh",
        "-c",
        script,
        "sh",
        env!("CARGO_BIN_EXE_openness"),
        "verify",
        "lm",
        "--key",
        "key.pub",
    ]);
    assert_eq!(command.output().unwrap().status.code(), Some(0));
}
