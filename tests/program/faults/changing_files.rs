//! Files that grow, shrink, disappear or are replaced while they are read.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;
use std::{io, thread};

use rustix::process::{Pid, Signal, kill_process};

use super::writing_commands::{TracedEnv, WritingCommand, say};

/// Large enough that a run takes much longer than the pause between two looks at it; sparse, so it takes no disk space.
const SIZE: u64 = 512 << 20;

pub(super) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Starts a run and returns it when it has read part of the long file; `None` if it ends before that.
pub(super) fn begun(env: &TracedEnv, arguments: &[&str]) -> Option<Child> {
    // If a shell runs the tests in the background, they ignore Ctrl-C, and so would their child processes.
    let mut command = env.command("env");
    command.args(["--default-signal=INT", env!("CARGO_BIN_EXE_openness")]);
    let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let accounts = format!("/proc/{}/io", child.id());
    loop {
        let text = fs::read_to_string(&accounts).unwrap_or_default();
        let read: u64 =
            text.strip_prefix("rchar: ").and_then(|rest| rest.lines().next()).map_or(0, |n| n.parse().unwrap());
        if read > 16 << 20 {
            return Some(child);
        }
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

pub(super) fn long_file(path: &Path) {
    File::create(path).unwrap().set_len(SIZE).unwrap();
}

type Change = fn(&Path) -> io::Result<()>;

const CHANGES: &[(&str, Change)] = &[
    ("grows", |path| OpenOptions::new().append(true).open(path)?.set_len(SIZE + 1)),
    ("shrinks", |path| OpenOptions::new().write(true).open(path)?.set_len(SIZE / 2)),
    ("is emptied", |path| OpenOptions::new().write(true).open(path)?.set_len(0)),
    ("is written", |path| {
        use std::os::unix::fs::FileExt as _;
        OpenOptions::new().write(true).open(path)?.write_at(b"x", SIZE - 1).map(drop)
    }),
];

#[test]
fn a_file_that_changes_while_hashed_is_an_error() {
    for (what, change) in CHANGES {
        let command = WritingCommand::of("sign again");
        let env = command.set();
        let long = env.path("lm/w/long.bin");
        long_file(&long);
        let old = fs::read(env.path("lm/.openness/statement.json")).unwrap();
        let Some(child) = begun(&env, &command.arguments) else {
            say(&format!("skipped: a file that {what} while it is hashed; the machine is too quick"));
            continue;
        };
        signal(&child, Signal::STOP);
        change(&long).unwrap();
        signal(&child, Signal::CONT);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{what}: {text}");
        assert!(text.contains("long.bin"), "{what}: {text}");
        assert_eq!(fs::read(env.path("lm/.openness/statement.json")).unwrap(), old, "{what}");
    }
}

#[test]
fn a_file_that_changes_while_it_is_verified_is_not_verified() {
    let command = WritingCommand::of("sign again");
    for (what, change) in CHANGES {
        let env = command.set();
        let long = env.path("lm/w/long.bin");
        long_file(&long);
        env.run(&command.arguments);
        let Some(child) = begun(&env, &["verify", "lm", "--key", "key.pub"]) else {
            say(&format!("skipped: a file that {what} while it is verified; the machine is too quick"));
            continue;
        };
        signal(&child, Signal::STOP);
        change(&long).unwrap();
        signal(&child, Signal::CONT);
        let output = child.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{what}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// The file that was opened is hashed, even if its name leads to another one by then.
#[test]
fn a_file_replaced_while_hashed_is_hashed_as_it_was() {
    let command = WritingCommand::of("sign again");
    let changes: [(&str, Change); 2] = [
        ("replaced", |path| {
            fs::write(path.with_extension("new"), "other")?;
            fs::rename(path.with_extension("new"), path)
        }),
        ("deleted", |path| fs::remove_file(path)),
    ];
    for (what, change) in changes {
        let env = command.set();
        let long = env.path("lm/w/long.bin");
        long_file(&long);
        let Some(child) = begun(&env, &command.arguments) else {
            say(&format!("skipped: a file that is {what} while it is hashed; the machine is too quick"));
            continue;
        };
        signal(&child, Signal::STOP);
        change(&long).unwrap();
        signal(&child, Signal::CONT);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            // The statement describes the file that was read; the release with the other one does not verify.
            Some(0) => {
                let verified = env.openness(&["verify", "lm", "--key", "key.pub"]);
                assert_eq!(verified.status.code(), Some(1), "{what}");
            }
            Some(2) => assert!(text.contains("long.bin"), "{what}: {text}"),
            other => panic!("{what}: {other:?} {text}"),
        }
    }
}
