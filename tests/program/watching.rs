//! `check --watch`, as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::common::env::{MANIFEST, TestEnv};

/// Longer than any check takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What it prints on each stream: lines of one may arrive before earlier ones of the other.
struct Watching {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
    });
    lines
}

/// Waits until a line has these words.
#[track_caller]
fn wait_for(lines: &Receiver<String>, words: &str) {
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) if line.contains(words) => return,
            Ok(line) => seen.push(line),
            Err(_) => panic!("no `{words}` in {seen:#?}"),
        }
    }
}

impl Watching {
    fn start(env: &TestEnv, arguments: &[&str]) -> Self {
        let mut command = env.program();
        command.args(["check", "--watch"]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = lines_of(child.stdout.take().unwrap());
        let err = lines_of(child.stderr.take().unwrap());
        Self { child, out, err }
    }

    #[track_caller]
    fn says(&self, words: &str) {
        wait_for(&self.out, words);
    }

    #[track_caller]
    fn notes(&self, words: &str) {
        wait_for(&self.err, words);
    }

    /// Waits until the program waits for changes.
    #[track_caller]
    fn waits(&self) {
        self.notes("; Ctrl-C ends it");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_change_is_checked_again_until_a_signal() {
    let env = TestEnv::release();
    let mut watching = Watching::start(&env, &["lm"]);
    watching.says("OPENNESS.toml: 3 warnings");
    watching.waits();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("\"README.md\"", "\"README.md\", \"no.bin\""));
    watching.says("error[OPN301]");
    watching.says("OPENNESS.toml: 1 error, 3 warnings");
    watching.waits();
    // A manifest that is gone, or half written, is no reason to end.
    std::fs::remove_file(env.path("lm/OPENNESS.toml")).unwrap();
    watching.notes("error: ");
    watching.waits();
    env.write("lm/OPENNESS.toml", "schema = ");
    watching.says("error[OPN001]");
    watching.waits();
    // A file next to the manifest counts too.
    env.write("lm/OPENNESS.toml", MANIFEST);
    watching.says("OPENNESS.toml: 3 warnings");
    watching.waits();
    std::fs::remove_file(env.path("lm/README.md")).unwrap();
    watching.notes("README.md");
    watching.waits();
    let pid = watching.child.id().to_string();
    // Not an interrupt, which a shell that runs the tests in the background has them ignore.
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(watching.child.wait().unwrap().signal(), Some(15));
}

#[test]
fn a_manifest_that_git_does_not_track_yet_is_watched() {
    let env = TestEnv::release();
    env.write("new/OPENNESS.toml", MANIFEST);
    env.git("new", ["init", "-q"]);
    let watching = Watching::start(&env, &["new"]);
    watching.waits();
    env.write("new/OPENNESS.toml", "schema = ");
    watching.says("error[OPN001]");
    watching.waits();
}

#[test]
fn staged_files_and_levels_are_watched_too() {
    let env = TestEnv::release();
    let watching = Watching::start(&env, &["lm", "--staged", "--format", "concise"]);
    watching.waits();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("\"README.md\"", "\"README.md\", \"no.bin\""));
    env.git("lm", ["add", "OPENNESS.toml"]);
    watching.says("error[OPN301]");
    watching.waits();
    env.write("lm/.openness-lints.toml", "[lints]\nOPN301 = \"warn\"\n");
    watching.says("warning[OPN301]");
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let env = TestEnv::release();
    for (arguments, says) in [
        (&["lm", "--format", "json"][..], "`--watch` prints for people"),
        (&["-"], "`--watch` needs files on disk"),
        (&["lm", "--output", "x"], "cannot be used with"),
        (&["lm", "--fix"], "cannot be used with"),
        (&["lm", "--rev", "HEAD"], "cannot be used with"),
        (&["absent"], "cannot read `absent`"),
    ] {
        let ran = env.openness([&["check", "--watch"], arguments].concat()).expect(2);
        assert!(ran.err.contains(says), "{ran:#?}");
    }
}
