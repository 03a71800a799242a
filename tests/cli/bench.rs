//! A workbench: a temporary directory with a repository, a key and nobody's configuration.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::tools;
pub(crate) use crate::common::tools::has;

/// A manifest that has nothing against it, for [`Bench::release`].
pub(crate) const MANIFEST: &str = concat!(
    include_str!("../common/tiny.toml"),
    "
[component.training-data]
openness = \"closed\"
reason = \"licensed from others\"
"
);

pub(crate) struct Bench {
    pub(crate) directory: TempDir,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no JSON: {error}: {self:#?}"))
    }

    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Bench {
    /// A directory with a key `key`, `key.pub` and nothing else.
    pub(crate) fn new() -> Self {
        let bench = Self { directory: tempfile::tempdir().unwrap() };
        bench.openness(["key", "generate", "--no-passphrase", "--output", "key"]).expect(0);
        bench
    }

    /// The same, with a Git repository `lm` whose only commit holds a release.
    pub(crate) fn release() -> Self {
        let bench = Self::new();
        bench.write("lm/OPENNESS.toml", MANIFEST);
        bench.write("lm/weights/a.safetensors", "weights a");
        bench.write("lm/weights/b.safetensors", "weights b");
        bench.write("lm/README.md", "# Tiny\n");
        bench.write("lm/.gitattributes", "OPENNESS.toml text eol=lf\n");
        bench.git("lm", ["init", "-q", "-b", "main"]);
        bench.commit("lm");
        bench
    }

    /// The same, signed and committed again.
    pub(crate) fn signed() -> Self {
        let bench = Self::release();
        bench.openness(["sign", "lm", "--key", "key"]).expect(0);
        bench.commit("lm");
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = tools::command(program, self.directory.path());
        command
            .current_dir(self.directory.path())
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_AUTHOR_DATE", "2026-11-22T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-11-22T00:00:00Z");
        command
    }

    pub(crate) fn openness<const N: usize>(&self, arguments: [&str; N]) -> Ran {
        self.command(env!("CARGO_BIN_EXE_openness")).args(arguments).output().unwrap().into()
    }

    #[track_caller]
    pub(crate) fn git<const N: usize>(&self, directory: &str, arguments: [&str; N]) -> String {
        let ran: Ran = self.command("git").current_dir(self.path(directory)).args(arguments).output().unwrap().into();
        assert_eq!(ran.status, 0, "git {arguments:?}: {ran:#?}");
        ran.out
    }

    pub(crate) fn commit(&self, directory: &str) {
        self.git(directory, ["add", "-A"]);
        self.git(directory, ["commit", "-q", "-m", "commit"]);
    }

    /// Verifies a directory with the key, in JSON.
    pub(crate) fn verify(&self, directory: &str) -> Ran {
        self.openness(["verify", directory, "--key", "key.pub", "--format", "json"])
    }

    /// The only file in `.openness/signatures` with that ending.
    pub(crate) fn signature(&self, directory: &str, ending: &str) -> PathBuf {
        let folder = self.path(directory).join(".openness/signatures");
        let mut found = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        found.find(|path| path.to_str().unwrap().ends_with(ending)).unwrap()
    }
}

/// The reasons of a verification.
pub(crate) fn reasons(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    report["reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap().to_owned()).collect()
}

pub(crate) fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
