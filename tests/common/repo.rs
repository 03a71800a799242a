//! Repositories built with the `git` program: fixed author and date, a home of their own, an empty environment.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::tools;

/// When everything is committed: 2001-09-09, the second 10^9.
pub(crate) const TIME: i64 = 1_000_000_000;

/// A directory that goes away with the value, and in it a home without settings.
#[derive(Debug)]
pub(crate) struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(dir.path().join("home")).expect("a home");
        Self { dir }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().expect("it exists").join(name)
    }

    /// Makes a repository; `options` are those of `git init`.
    pub(crate) fn init(&self, name: &str, options: &[&str]) -> Result<TestRepo<'_>, String> {
        let repo = TestRepo { sandbox: self, path: self.path(name) };
        fs::create_dir_all(&repo.path).map_err(|error| error.to_string())?;
        let mut arguments = vec!["init", "--quiet", "--initial-branch=main"];
        arguments.extend(options);
        repo.try_git(&arguments)?;
        Ok(repo)
    }

    /// A repository that is there already, such as one that was cloned.
    pub(crate) fn at(&self, name: &str) -> TestRepo<'_> {
        TestRepo { sandbox: self, path: self.path(name) }
    }

    /// The program with nothing of the surroundings but the path to it.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = tools::command(program, &self.path("home"));
        command.env("GIT_AUTHOR_DATE", format!("{TIME} +0000")).env("GIT_COMMITTER_DATE", format!("{TIME} +0200"));
        command
    }
}

/// A repository in a sandbox.
#[derive(Debug)]
pub(crate) struct TestRepo<'a> {
    sandbox: &'a Sandbox,
    pub(crate) path: PathBuf,
}

impl TestRepo<'_> {
    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.sandbox.command("git").current_dir(&self.path).args(arguments).output().expect("the `git` program")
    }

    /// Runs git; the error is what it said.
    pub(crate) fn try_git(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let output = self.output(arguments);
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(format!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }

    /// Runs git and returns its standard output.
    pub(crate) fn git(&self, arguments: &[&str]) -> Vec<u8> {
        self.try_git(arguments).unwrap_or_else(|message| panic!("{message}"))
    }

    /// Runs git with one more variable.
    pub(crate) fn git_with(&self, (name, value): (&str, &Path), arguments: &[&str]) -> Vec<u8> {
        let mut command = self.sandbox.command("git");
        let output = command.current_dir(&self.path).env(name, value).args(arguments).output().expect("the program");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Runs git and returns its standard output as text without the line end.
    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.git(arguments)).expect("text").trim_end().to_owned()
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().expect("below the repository")).expect("a directory");
        fs::write(path, bytes).expect("a file");
        self
    }

    pub(crate) fn commit_all(&self) -> &Self {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "all"]);
        self
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
