//! Answers by the `git` program, for what libgit2 does not support and for large blobs.
//!
//! The repository may be hostile, so the program is asked only questions that run nothing else: no hooks, no
//! file-system monitor, no filters, no replacement objects, no fetching of objects that a partial clone left out, and
//! without the `GIT_*` variables, which could be about another repository.

mod tags;

use std::collections::{BTreeSet, HashSet};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::beneath::read_regular;
use crate::files::{Attribute, CommitFacts, MAX_ENTRIES, ObjectFormat, ObjectId};
use crate::path::RepoPath;

use super::backend::{Answer, Backend, Mode, StagedCommit, TreeEntry, starts_at_head};
use super::error::Error;
use super::guard::MAX_POINTER_BYTES;
use super::location::{Location, TreeSource, UserEnv};

/// The program, with the repository that it is asked about.
pub(super) struct Program {
    location: Location,
    /// Processes of `git cat-file --batch` that wait for the next question.
    idle: Arc<Mutex<Vec<Batch>>>,
}

impl Program {
    /// Returns the program for a repository that was found before; `None` if it cannot be run.
    pub(super) fn at(location: &Location) -> Option<Self> {
        let runs = command(&location.user)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success());
        runs.then(|| Self { location: location.clone(), idle: Arc::default() })
    }

    /// Finds the repository that `path` is in. `what` is what libgit2 does not support in it.
    pub(super) fn discover(
        path: &Path,
        what: &str,
        user: &UserEnv,
    ) -> Result<Option<(Self, Location, ObjectFormat)>, Error> {
        let ask = |question: &[&str]| {
            // From inside the directory, not with `--git-dir`: only then does Git check who owns the repository.
            let mut command = command(user);
            command.arg("-C").arg(path).arg("rev-parse").arg("--path-format=absolute").args(question);
            match command.stdin(Stdio::null()).output() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    Err(Error::Unsupported { what: what.to_owned() })
                }
                Err(source) => Err(Error::Io { doing: "run `git` in", path: path.to_path_buf(), source }),
                Ok(output) => Ok(output),
            }
        };
        let output = ask(&["--show-object-format", "--is-bare-repository", "--absolute-git-dir", "--git-common-dir"])?;
        if !output.status.success() {
            let message = message_of(&output);
            if message.contains("not a git repository") {
                return Ok(None);
            }
            if message.contains("dubious ownership") {
                return Err(Error::NotOwned { path: path.to_path_buf() });
            }
            if let Some(what) = newer(&message) {
                return Err(Error::Newer { path: path.to_path_buf(), what });
            }
            return Err(Error::Open { path: path.to_path_buf(), source: message.into() });
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let &[format, bare, git_dir, common_dir] = text.lines().collect::<Vec<_>>().as_slice() else {
            return Err(Error::Open { path: path.to_path_buf(), source: "its path contains a line feed".into() });
        };
        let object_format = if format == "sha256" { ObjectFormat::Sha256 } else { ObjectFormat::Sha1 };
        let work_dir = if bare == "true" {
            None
        } else {
            let output = ask(&["--show-toplevel"])?;
            let top = String::from_utf8_lossy(&output.stdout).trim_end_matches(['\r', '\n']).to_owned();
            let is_known = output.status.success() && !top.is_empty();
            if is_known { Some(top.into()) } else { work_dir_of(Path::new(git_dir)) }
        };
        let location = Location::new(git_dir.into(), common_dir.into(), work_dir, user.clone());
        Ok(Some((Self { location: location.clone(), idle: Arc::default() }, location, object_format)))
    }

    pub(super) fn blob_size(&self, id: &ObjectId) -> Result<u64, Error> {
        // The header of `--batch` contains the size; closing the pipe discards the bytes.
        Ok(self.blob(id)?.size())
    }

    /// Opens a blob for reading from its start to its end.
    pub(super) fn blob(&self, id: &ObjectId) -> Result<Stream, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut batch = match idle {
            Some(batch) => batch,
            None => Batch::start(self.command())?,
        };
        let size = batch.ask(id)?;
        Ok(Stream { batch: Some(batch), size, left: size, idle: Arc::clone(&self.idle) })
    }

    fn command(&self) -> Command {
        let mut command = command(&self.location.user);
        command.env("GIT_DIR", &self.location.git_dir);
        if let Some(work_dir) = &self.location.work_dir {
            command.env("GIT_WORK_TREE", work_dir).current_dir(work_dir);
        }
        if let Some(index_file) = &self.location.index_file {
            command.env("GIT_INDEX_FILE", index_file);
        }
        if let Ok(dirs) = std::env::join_paths(&self.location.object_dirs)
            && !dirs.is_empty()
        {
            command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", dirs);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let output = self.output(arguments, &[])?;
        if output.status.success() { Ok(output.stdout) } else { Err(failed(arguments, &output)) }
    }

    fn output(&self, arguments: &[&str], input: &[u8]) -> Result<Output, Error> {
        let mut command = self.command();
        command.args(arguments);
        let fail = |source| Error::Io { doing: "run `git` for", path: self.location.git_dir.clone(), source };
        run_with(command, input).map_err(fail)
    }

    fn commit_of(&self, revision: &str) -> Result<Option<ObjectId>, Error> {
        let name = format!("{revision}^{{commit}}");
        let output = self.output(&["rev-parse", "--verify", "--quiet", &name], &[])?;
        Ok(ObjectId::from_hex(String::from_utf8_lossy(&output.stdout).trim()).filter(|_| output.status.success()))
    }

    fn read(&self, id: &ObjectId) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let fail = |source: io::Error| Error::Object { id: id.to_string(), source: source.into() };
        self.blob(id)?.read_to_end(&mut bytes).map_err(fail)?;
        Ok(bytes)
    }

    /// Returns the paths that were announced with `git add -N`. Only `--debug` shows the flag.
    fn announced(&self) -> Result<Vec<Vec<u8>>, Error> {
        const INTENT_TO_ADD: u32 = 1 << 29; // CE_INTENT_TO_ADD, read-cache-ll.h
        let bytes = self.run(&["ls-files", "--debug", "-z", "--full-name"])?;
        let mut announced = Vec::new();
        let mut rest = bytes.as_slice();
        // PATH NUL, then lines that begin with two spaces, the last of which ends with `flags: HEX`.
        while let Some(end) = rest.iter().position(|b| *b == 0) {
            let path = rest[..end].to_vec();
            rest = &rest[end + 1..];
            while rest.starts_with(b"  ") {
                let line_end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1);
                let line = String::from_utf8_lossy(&rest[..line_end]);
                let flags = line.split_once("flags: ").map(|(_, hex)| u32::from_str_radix(hex.trim(), 16));
                if let Some(Ok(flags)) = flags
                    && flags & INTENT_TO_ADD != 0
                {
                    announced.push(path.clone());
                }
                rest = &rest[line_end..];
            }
        }
        Ok(announced)
    }

    fn config(&self, options: &[&str], key: &str) -> Result<Option<String>, Error> {
        // Settings on the command line would count as settings, so this question is asked without ours.
        let mut command = bare_command(&self.location.user);
        command.env("GIT_DIR", &self.location.git_dir).arg("config").args(options).args(["-z", "--get", key]);
        let fail = |source| Error::Io { doing: "run `git` for", path: self.location.git_dir.clone(), source };
        let output = command.stdin(Stdio::null()).output().map_err(fail)?;
        match output.status.code() {
            Some(0) => Ok(Some(String::from_utf8_lossy(&output.stdout).trim_end_matches('\0').to_owned())),
            Some(1) => Ok(None),
            _ => Err(failed(&["config"], &output)),
        }
    }
}

/// Fetches objects by name from a remote, as Git itself does when it needs one that a partial clone left out.
pub(super) fn fetch(location: &Location, remote: &str, objects: &BTreeSet<ObjectId>) -> Result<(), Error> {
    // Without the restrictions of the other questions: the remote's settings decide how it is reached.
    let mut command = location.user.command("git");
    command.env("GIT_DIR", &location.git_dir).env("LC_ALL", "C");
    command.args(["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head"]);
    command.args(["--recurse-submodules=no", "--filter=blob:none", "--stdin", "--", remote]);
    let names: String = objects.iter().map(|id| format!("{id}\n")).collect();
    let output = run_with(command, names.as_bytes()).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::Unsupported { what: "what a partial clone left out".to_owned() },
        _ => Error::Io { doing: "run `git` for", path: location.git_dir.clone(), source },
    })?;
    if output.status.success() { Ok(()) } else { Err(failed(&["fetch"], &output)) }
}

/// Runs a command with this standard input, and collects what it prints.
fn run_with(mut command: Command, input: &[u8]) -> io::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // If the program stops reading, it says why on its standard error.
            stdin.map(|mut stdin| stdin.write_all(input)).and_then(Result::ok);
        });
        child.wait_with_output()
    })
}

/// Returns the version of the installed program, such as `(2, 54)`; `None` if it cannot be run.
pub(super) fn version(user: &UserEnv) -> Option<(u32, u32)> {
    let output = command(user).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.strip_prefix("git version ")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

impl Backend for Program {
    fn resolve(&self, revision: &str) -> Answer<CommitFacts> {
        let Some(commit) = self.commit_of(revision)? else {
            if starts_at_head(revision) && self.commit_of("HEAD")?.is_none() {
                return Err(Error::Unborn.into());
            }
            return Err(Error::UnknownRevision { revision: revision.to_owned() }.into());
        };
        // The raw object: `git show` may run a program if `log.showSignature` is set.
        let bytes = self.read(&commit)?;
        let malformed =
            || Error::Object { id: commit.to_string(), source: "it is not a commit as Git writes them".into() };
        let header = |key: &str| {
            let lines = bytes.split(|b| *b == b'\n').take_while(|line| !line.is_empty());
            lines.filter_map(|line| line.strip_prefix(key.as_bytes())).map(|value| value.to_vec()).next()
        };
        let tree = header("tree ").and_then(|hex| ObjectId::from_hex(&String::from_utf8_lossy(&hex)));
        let committer = header("committer ").ok_or_else(malformed)?;
        // `NAME <MAIL> SECONDS ZONE`
        let committer = String::from_utf8_lossy(&committer).into_owned();
        let time = committer.rsplit(' ').nth(1).and_then(|seconds| seconds.parse().ok()).ok_or_else(malformed)?;
        let tree = tree.ok_or_else(malformed)?;
        Ok(CommitFacts { object_format: tree.object_format(), commit, tree, time })
    }

    fn tree(&self, tree: &ObjectId) -> Answer<Vec<TreeEntry>> {
        let bytes = self.run(&["ls-tree", "-r", "-z", "--full-tree", &tree.to_string()])?;
        let mut listed = Vec::new();
        for line in records(&bytes) {
            // `MODE TYPE ID TAB PATH`
            let (facts, path) = split_once(line, b'\t').ok_or_else(|| unexpected("ls-tree", line))?;
            let facts = String::from_utf8_lossy(facts);
            let mut facts = facts.split(' ');
            let mode = facts.next().and_then(mode_of_octal);
            let id = facts.nth(1).and_then(ObjectId::from_hex);
            let (Some(mode), Some(id)) = (mode, id) else { return Err(unexpected("ls-tree", line).into()) };
            let path = path.to_vec();
            push(&mut listed, TreeEntry { path, mode, id, stage: 0, intent_to_add: false, skip_worktree: false })?;
        }
        Ok(listed)
    }

    fn index(&self) -> Answer<Vec<TreeEntry>> {
        let bytes = self.run(&["ls-files", "--stage", "-t", "-z", "--full-name"])?;
        let mut listed = Vec::new();
        for line in records(&bytes) {
            // `TAG MODE ID STAGE TAB PATH`
            let (facts, path) = split_once(line, b'\t').ok_or_else(|| unexpected("ls-files", line))?;
            let facts = String::from_utf8_lossy(facts);
            let &[tag, mode, id, stage] = facts.split(' ').collect::<Vec<_>>().as_slice() else {
                return Err(unexpected("ls-files", line).into());
            };
            let (Some(mode), Some(id), Ok(stage)) = (mode_of_octal(mode), ObjectId::from_hex(id), stage.parse()) else {
                return Err(unexpected("ls-files", line).into());
            };
            let path = path.to_vec();
            push(&mut listed, TreeEntry { path, mode, id, stage, intent_to_add: false, skip_worktree: tag == "S" })?;
        }
        // A path that is announced but not staged is in the index as an empty file.
        if listed.iter().any(|entry| is_empty_blob(&entry.id)) {
            let announced = self.announced()?;
            for entry in &mut listed {
                entry.intent_to_add = is_empty_blob(&entry.id) && announced.contains(&entry.path);
            }
        }
        Ok(listed)
    }

    fn staged_commit(&self) -> Answer<StagedCommit> {
        let entries = self.index()?;
        if self.commit_of("HEAD")?.is_none() {
            let changed = (0..entries.len()).collect();
            return Ok(StagedCommit { entries, changed, deleted: Vec::new() });
        }
        let question = [
            "diff-index",
            "--cached",
            "--name-only",
            "--no-renames",
            "--ignore-submodules=none",
            "--ita-invisible-in-index",
            "-z",
            "HEAD",
        ];
        let bytes = self.run(&question)?;
        let differing: HashSet<&[u8]> = records(&bytes).collect();
        let changed = (0..entries.len()).filter(|at| differing.contains(entries[*at].path.as_slice())).collect();
        let staged = entries.iter().filter(|entry| !entry.intent_to_add);
        let staged: HashSet<&[u8]> = staged.map(|entry| entry.path.as_slice()).collect();
        let deleted = differing.difference(&staged).map(|path| path.to_vec()).collect();
        Ok(StagedCommit { entries, changed, deleted })
    }

    fn attributes(&self, state: TreeSource<'_>, name: &str, paths: &[&RepoPath]) -> Answer<Vec<Attribute>> {
        let source;
        let mut arguments = vec!["check-attr", "-z", "--stdin"];
        match state {
            TreeSource::WorkTree => {}
            TreeSource::Staged => arguments.push("--cached"),
            TreeSource::Revision(revision) => {
                source = format!("--source={}", self.resolve(revision)?.tree);
                arguments.push(&source);
            }
        }
        arguments.push(name);
        let input: Vec<u8> = paths.iter().flat_map(|path| [path.as_str().as_bytes(), b"\0"].concat()).collect();
        let output = self.output(&arguments, &input)?;
        if !output.status.success() {
            return Err(failed(&arguments, &output).into());
        }
        // PATH NUL ATTRIBUTE NUL VALUE NUL
        let values = records(&output.stdout).skip(2).step_by(3).map(|value| match value {
            b"unspecified" => Attribute::Unspecified,
            b"set" => Attribute::Set,
            b"unset" => Attribute::Unset,
            value => Attribute::Value(String::from_utf8_lossy(value).into_owned()),
        });
        let values: Vec<Attribute> = values.collect();
        if values.len() == paths.len() { Ok(values) } else { Err(unexpected("check-attr", &output.stdout).into()) }
    }

    fn setting(&self, key: &str) -> Answer<Option<String>> {
        Ok(self.config(&[], key)?)
    }

    fn settings_of(&self, section: &str) -> Answer<Vec<(String, String)>> {
        let mut command = bare_command(&self.location.user);
        let pattern = format!("^{section}\\.");
        command.env("GIT_DIR", &self.location.git_dir).args(["config", "-z", "--get-regexp", &pattern]);
        let fail = |source| Error::Io { doing: "run `git` for", path: self.location.git_dir.clone(), source };
        let output = command.stdin(Stdio::null()).output().map_err(fail)?;
        match output.status.code() {
            Some(0) => {}
            Some(1) => return Ok(Vec::new()),
            _ => return Err(failed(&["config"], &output).into()),
        }
        // KEY LF VALUE NUL, or KEY NUL without a value.
        let setting = |record: &[u8]| {
            let text = String::from_utf8_lossy(record);
            text.split_once('\n').map_or_else(
                || (text.to_string(), "true".to_owned()),
                |(key, value)| (key.to_owned(), value.to_owned()),
            )
        };
        Ok(records(&output.stdout).map(setting).collect())
    }

    fn path_setting(&self, key: &str) -> Answer<Option<PathBuf>> {
        Ok(self.config(&["--type=path"], key)?.map(PathBuf::from))
    }
}

/// A running `git cat-file --batch`: the name of an object goes in, a header and the bytes come out.
struct Batch {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Batch {
    fn start(mut command: Command) -> Result<Self, Error> {
        let failed = |message: String| Error::Program { command: "cat-file".to_owned(), message };
        let mut child = command
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("it was started without standard input or output".to_owned()));
        };
        Ok(Self { child, stdin, stdout: BufReader::with_capacity(64 * 1024, stdout) })
    }

    /// Asks for an object and reads the header. Returns the size in bytes; the bytes come next.
    fn ask(&mut self, id: &ObjectId) -> Result<u64, Error> {
        let fail = |source: io::Error| Error::Object { id: id.to_string(), source: source.into() };
        writeln!(self.stdin, "{id}").and_then(|()| self.stdin.flush()).map_err(fail)?;
        let mut header = String::new();
        self.stdout.read_line(&mut header).map_err(fail)?;
        // `ID SP TYPE SP SIZE LF`, or `ID SP missing LF`
        let words: Vec<&str> = header.trim_end().split(' ').collect();
        match words.as_slice() {
            [_, "missing"] => Err(Error::NotPresent { id: *id }),
            [_, "blob" | "commit", size] => {
                size.parse().map_err(|error: std::num::ParseIntError| fail(io::Error::other(error)))
            }
            _ => Err(fail(io::Error::other(format!("`git cat-file` answered `{}`", header.trim_end())))),
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // It may be in the middle of writing bytes that are not needed. Without the wait it would stay in the process
        // table.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The bytes of one object, streamed by `git cat-file --batch`.
pub(crate) struct Stream {
    batch: Option<Batch>,
    size: u64,
    left: u64,
    idle: Arc<Mutex<Vec<Batch>>>,
}

impl Stream {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Reads the line feed after the bytes and returns the process for the next question.
    fn finish(&mut self) -> io::Result<()> {
        if let Some(mut batch) = self.batch.take() {
            let mut end = [0];
            batch.stdout.read_exact(&mut end)?;
            if end != *b"\n" {
                return Err(io::Error::other("`git cat-file` sent more bytes than it announced"));
            }
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
        }
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if self.left == 0 {
            self.finish()?;
            return Ok(0);
        }
        let Some(batch) = &mut self.batch else { return Ok(0) };
        let read = batch.stdout.read(&mut buffer[..wanted])?;
        if read == 0 && wanted > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "`git cat-file` stopped before the end"));
        }
        self.left -= u64::try_from(read).unwrap_or_default();
        Ok(read)
    }
}

/// Returns what Git says that it does not support in a repository, in the words of its `verify_repository_format`.
fn newer(message: &str) -> Option<String> {
    if let Some((_, names)) = message.split_once("unknown repository extension") {
        let names: Vec<String> =
            names.lines().skip(1).map(|name| format!("`{}`", name.trim().escape_debug())).collect();
        return Some(format!("it has the extension {}", names.join(", ")));
    }
    let (_, version) = message.split_once("Expected git repo version")?.1.split_once("found ")?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("its format is version {digits}"))
}

/// Returns the working tree that a `.git` directory belongs to. Git itself does not answer that from inside `.git`.
fn work_dir_of(git_dir: &Path) -> Option<PathBuf> {
    if git_dir.file_name().is_some_and(|name| name == ".git") {
        return git_dir.parent().map(Path::to_path_buf);
    }
    // A linked working tree: the file `gitdir` says where its `.git` is.
    let dot_git = String::from_utf8(read_regular(git_dir, "gitdir", MAX_POINTER_BYTES).ok()?).ok()?;
    git_dir.join(dot_git.trim_end_matches(['\r', '\n'])).parent().map(Path::to_path_buf)
}

/// Returns the command as it is run for a repository that may be hostile.
fn command(user: &UserEnv) -> Command {
    let mut command = bare_command(user);
    // `core.bigFileThreshold` lets `cat-file` stream instead of loading a whole blob.
    for setting in
        ["core.fsmonitor=false", "core.hooksPath=/dev/null", "core.bigFileThreshold=4m", "protocol.allow=never"]
    {
        command.arg("-c").arg(setting);
    }
    command
}

/// Returns the command without settings.
fn bare_command(user: &UserEnv) -> Command {
    let mut command = user.command("git");
    command
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
    command
}

fn failed(arguments: &[&str], output: &Output) -> Error {
    Error::Program { command: arguments.first().copied().unwrap_or_default().to_owned(), message: message_of(output) }
}

fn message_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

fn unexpected(command: &str, line: &[u8]) -> Error {
    let line = String::from_utf8_lossy(line).chars().take(200).flat_map(char::escape_debug).collect::<String>();
    Error::Program { command: command.to_owned(), message: format!("it answered `{line}`") }
}

fn push(listed: &mut Vec<TreeEntry>, entry: TreeEntry) -> Result<(), Error> {
    if listed.len() >= MAX_ENTRIES {
        return Err(Error::TooMany);
    }
    listed.push(entry);
    Ok(())
}

/// Splits at NUL; the last record also ends with one.
fn records(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.strip_suffix(b"\0").into_iter().flat_map(|bytes| bytes.split(|b| *b == 0))
}

fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|b| *b == at)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

fn mode_of_octal(text: &str) -> Option<Mode> {
    Mode::from_bits(u32::from_str_radix(text, 8).ok()?)
}

/// Returns whether a name is that of the empty blob, in either object format.
fn is_empty_blob(id: &ObjectId) -> bool {
    matches!(
        id.to_string().as_str(),
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391" | "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"
    )
}
