//! Repositories made by the `git` program in a [`TestEnv`].

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::env::TestEnv;

impl TestEnv {
    /// Makes a repository with these options of `git init`; the error is the message of a `git` that cannot.
    pub(crate) fn init(&self, name: &str, options: &[&str]) -> Result<TestRepo<'_>, String> {
        let repo = self.at(name);
        fs::create_dir_all(&repo.path).map_err(|error| error.to_string())?;
        let mut arguments = vec!["init", "--quiet", "--initial-branch=main"];
        arguments.extend(options);
        repo.try_git(&arguments)?;
        Ok(repo)
    }

    /// A repository that exists, such as a clone.
    pub(crate) fn at(&self, name: &str) -> TestRepo<'_> {
        TestRepo { env: self, path: self.path(name) }
    }
}

/// A repository in an environment.
#[derive(Debug)]
pub(crate) struct TestRepo<'a> {
    env: &'a TestEnv,
    pub(crate) path: PathBuf,
}

impl TestRepo<'_> {
    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.env.command("git").current_dir(&self.path).args(arguments).output().expect("the `git` program")
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
        let mut command = self.env.command("git");
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
