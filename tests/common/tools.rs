//! Finds programs and data of other projects on this machine.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use openness::git::UserEnv;

/// Reports that a test is skipped. It does not use `eprintln!`, whose output is hidden if the test passes.
pub(crate) fn skipped(needs: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: needs {needs}");
}

/// Returns the variables of the process that runs the tests, for repositories that the library opens itself.
pub(crate) fn user() -> UserEnv {
    UserEnv::of(std::env::vars_os())
}

/// Returns whether a program is on the path, and reports a skipped test if it is not.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let ending = std::env::consts::EXE_SUFFIX;
    let found = std::env::split_paths(&path).any(|folder| folder.join(format!("{program}{ending}")).is_file());
    if !found {
        skipped(program);
    }
    found
}

/// Returns a path in the data of other projects, which are not part of the package: in `$OPENNESS_SHARED_DATA`, by
/// default `../shared/data`. If it does not exist, reports a skipped test and returns `None`.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("OPENNESS_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        skipped(&format!("shared data at {}", path.display()));
        return None;
    }
    Some(path)
}

/// Returns `$OPENNESS_PYTHON`, by default `python3`, if it has a module; otherwise reports a skipped test and returns
/// `None`.
pub(crate) fn python_with(module: &str) -> Option<String> {
    let python = std::env::var("OPENNESS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_it = Command::new(&python).args(["-c", &format!("import {module}")]).output();
    if !has_it.is_ok_and(|output| output.status.success()) {
        skipped(&format!("{module} in {python}"));
        return None;
    }
    Some(python)
}

/// Returns a program that is installed with `$OPENNESS_PYTHON`, or is on the path; otherwise reports a skipped test and returns
/// `None`.
pub(crate) fn python_program(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::var_os("OPENNESS_PYTHON").map(|python| PathBuf::from(python).with_file_name(&name));
    beside.filter(|path| path.is_file()).or_else(|| has(program).then(|| PathBuf::from(name)))
}
