//! The tools of others: whether they are here, and an environment in which nobody's settings count.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Says that a test is skipped; not by `eprintln!`, whose output a passing test swallows.
pub(crate) fn skipped(needs: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: needs {needs}");
}

/// Whether a program is on the path; where it is not, says so.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let ending = std::env::consts::EXE_SUFFIX;
    let found = std::env::split_paths(&path).any(|folder| folder.join(format!("{program}{ending}")).is_file());
    if !found {
        skipped(program);
    }
    found
}

/// A folder or file among the data of other projects, which are not part of the package: in `$OPENNESS_SHARED_DATA`, else in
/// `../shared/data`. `None`, and says so, where it is not there.
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

/// A Python that has a module, from `$OPENNESS_PYTHON`, else `python3`. `None`, and says so, where it has not.
pub(crate) fn python_with(module: &str) -> Option<String> {
    let python = std::env::var("OPENNESS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_it = Command::new(&python).args(["-c", &format!("import {module}")]).output();
    if !has_it.is_ok_and(|output| output.status.success()) {
        skipped(&format!("{module} in {python}"));
        return None;
    }
    Some(python)
}

/// A program with nothing of the surroundings but the path to it, a home without settings, and a name to commit by.
pub(crate) fn command(program: impl AsRef<OsStr>, home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "A U Thor")
        .env("GIT_AUTHOR_EMAIL", "author@example.org")
        .env("GIT_COMMITTER_NAME", "C O Mitter")
        .env("GIT_COMMITTER_EMAIL", "committer@example.org")
        .stdin(Stdio::null());
    command
}
