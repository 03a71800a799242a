//! The releases under `examples/`, and what it takes to try things with copies of them.
#![allow(dead_code, reason = "each test file is a program of its own and uses what it needs")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where an example is.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// Says that a test is skipped; not by `eprintln!`, whose output a passing test swallows.
pub(crate) fn skipped(needs: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: needs {needs}");
}

/// Whether a program runs; where it does not, says so.
pub(crate) fn has(program: &str, argument: &str) -> bool {
    let found = Command::new(program).arg(argument).stdin(Stdio::null()).output().is_ok();
    if !found {
        skipped(program);
    }
    found
}

/// Runs `openness` without the user's settings.
pub(crate) fn openness<const N: usize>(arguments: [&str; N]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_openness"))
        .args(arguments)
        .env_remove("SOURCE_DATE_EPOCH")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Copies a release without its signatures.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != ".openness" {
                copy(&path, &target);
            }
        } else {
            fs::write(target, fs::read(path).unwrap()).unwrap();
        }
    }
}
