//! The environment of one test: a directory of its own, programs that see no settings of the user, fixed dates and
//! keys.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The time of every commit and tag, in seconds since 1970: 2026-11-22T00:00:00Z.
pub(crate) const TIME: i64 = 1_795_305_600;

/// The manifest of [`TestEnv::release`], in which no rule finds a problem.
pub(crate) const MANIFEST: &str = concat!(
    include_str!("tiny.toml"),
    "
[component.training-data]
openness = \"closed\"
reason = \"licensed from others\"
"
);

/// Two key pairs, `key` and `other`, without a passphrase. Their private halves are public: never trust them.
const KEYS: [(&str, &str, &str); 2] = [
    ("key", include_str!("keys/key"), include_str!("keys/key.pub")),
    ("other", include_str!("keys/other"), include_str!("keys/other.pub")),
];

/// A temporary directory, which is also the home directory of the programs that run in it.
#[derive(Debug)]
pub(crate) struct TestEnv {
    root: PathBuf,
    /// Deletes the directory.
    _directory: TempDir,
}

/// The exit status and the output of a program.
#[derive(Debug)]
pub(crate) struct Output {
    /// -1 if a signal ended the program.
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Output {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("not JSON: {error}: {self:#?}"))
    }

    /// Both streams, standard output first.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// Requires exit status 0 and returns both streams.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        self.expect(0).text()
    }

    /// Requires another exit status and these words in the output, which it returns.
    #[track_caller]
    pub(crate) fn fails_with(self, words: &str) -> String {
        assert_ne!(self.status, 0, "{self:#?}");
        let text = self.text();
        assert!(text.contains(words), "no `{words}` in:\n{text}");
        text
    }

    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }
}

impl From<std::process::Output> for Output {
    fn from(output: std::process::Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl TestEnv {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        // Where the directory for temporary files is behind a symlink, programs report the path that it leads to.
        Self { root: directory.path().canonicalize().expect("it was just made"), _directory: directory }
    }

    /// A directory with the key pair `key`, `key.pub`.
    pub(crate) fn with_key() -> Self {
        let env = Self::new();
        env.add_key("key");
        env
    }

    /// The same, with a Git repository `lm` whose only commit holds a release.
    pub(crate) fn release() -> Self {
        let env = Self::with_key();
        env.write("lm/OPENNESS.toml", MANIFEST);
        env.write("lm/weights/a.safetensors", "weights a");
        env.write("lm/weights/b.safetensors", "weights b");
        env.write("lm/README.md", "# Tiny\n");
        env.write("lm/.gitattributes", "OPENNESS.toml text eol=lf\n");
        env.git("lm", ["init", "-q", "-b", "main"]);
        env.commit("lm");
        env
    }

    /// The same, signed and committed again.
    pub(crate) fn signed() -> Self {
        let env = Self::release();
        env.openness(["sign", "lm", "--key", "key"]).expect(0);
        env.commit("lm");
        env
    }

    /// Adds a key pair of [`KEYS`], which only this user can read.
    pub(crate) fn add_key(&self, name: &str) {
        let (_, private, public) = KEYS.iter().find(|(known, ..)| *known == name).expect("the name of a key pair");
        self.write(name, private);
        self.write(&format!("{name}.pub"), public);
        #[cfg(unix)]
        self.set_mode(name, 0o600);
    }

    /// The path of a file in the directory; of the directory itself for an empty name.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.root.clone() } else { self.root.join(name) }
    }

    /// Writes a file, and makes the directories that it needs.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file in the directory")).expect("a directory");
        fs::write(path, bytes).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn read_text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("text")
    }

    #[cfg(unix)]
    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).expect("a file of our own");
    }

    /// A program in the directory, with nothing of the surroundings but `PATH`: no settings of the user or the machine, no
    /// agent, no input.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.root)
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "A U Thor")
            .env("GIT_AUTHOR_EMAIL", "author@example.org")
            .env("GIT_AUTHOR_DATE", format!("{TIME} +0000"))
            .env("GIT_COMMITTER_NAME", "C O Mitter")
            .env("GIT_COMMITTER_EMAIL", "committer@example.org")
            .env("GIT_COMMITTER_DATE", format!("{TIME} +0200"))
            .env("SSH_ASKPASS_REQUIRE", "never")
            .stdin(Stdio::null());
        command
    }

    /// `openness` in the directory.
    pub(crate) fn program(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_openness"))
    }

    /// Runs `openness` in the directory.
    pub(crate) fn openness<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Output {
        self.program().args(arguments).output().expect("the program").into()
    }

    /// Runs `git` in a directory, which has to succeed, and returns its standard output.
    #[track_caller]
    pub(crate) fn git<A: AsRef<OsStr>>(&self, directory: &str, arguments: impl IntoIterator<Item = A>) -> String {
        let mut command = self.command("git");
        command.current_dir(self.path(directory)).args(arguments);
        let ran: Output = command.output().expect("the `git` program").into();
        assert_eq!(ran.status, 0, "{command:?}: {ran:#?}");
        ran.out
    }

    /// Commits everything in a repository.
    #[track_caller]
    pub(crate) fn commit(&self, repository: &str) {
        self.git(repository, ["add", "-A"]);
        self.git(repository, ["commit", "-q", "-m", "commit"]);
    }

    /// Verifies a directory with the key, in JSON.
    pub(crate) fn verify(&self, directory: &str) -> Output {
        self.openness(["verify", directory, "--key", "key.pub", "--format", "json"])
    }

    /// The only file in `.openness/signatures` of a directory with that ending.
    pub(crate) fn signature(&self, directory: &str, ending: &str) -> PathBuf {
        let folder = self.path(directory).join(".openness/signatures");
        let entries = fs::read_dir(folder).expect("signatures").map(|entry| entry.expect("an entry").path());
        let found: Vec<PathBuf> = entries.filter(|path| path.to_str().expect("text").ends_with(ending)).collect();
        let [only] = found.as_slice() else { panic!("not one file that ends with `{ending}`: {found:?}") };
        only.clone()
    }
}

/// The reasons in the JSON of a verification.
pub(crate) fn reasons(ran: &Output) -> Vec<String> {
    let report = ran.json();
    let reasons = report["reasons"].as_array().expect("a list").iter();
    reasons.map(|reason| reason.as_str().expect("a word").to_owned()).collect()
}

/// Runs a program with that input.
pub(crate) fn with_input(command: &mut Command, input: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program");
    // The program may end without reading its input.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("a program that ends").into()
}

/// Copies a directory with everything in it.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file that can be copied");
        }
    }
}
