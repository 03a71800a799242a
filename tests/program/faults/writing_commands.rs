//! Commands that write something, the state they start from, and `strace` to make their system calls fail.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::common::env::{TestEnv, copy_tree};

const MANIFEST: &str = r#"schema = 1
[model]
name = "tiny"
version = "1"
producer = "Example"
[release]
access = "downloadable"
sequence = 1
[component.final-weights]
openness = "open"
license = "Apache-2.0"
files = ["w/**"]
"#;

const SIGN: &[&str] =
    &["sign", "lm", "--waive", "OPN301", "OPN302", "--created", "2026-01-01T00:00:00Z", "--key", "key"];

/// By which Git holds others off while it writes the reference.
const TAG_LOCK: &str = "lm/.git/refs/tags/v1.lock";

/// Not by `eprintln!`, whose output a passing test swallows.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A command about to write, and what it begins with.
pub(super) struct WritingCommand {
    pub(super) name: &'static str,
    pub(super) arguments: Vec<&'static str>,
    prepare: fn(&TracedEnv),
}

impl WritingCommand {
    pub(super) fn of(name: &'static str) -> Self {
        let command = |arguments: &[&'static str], prepare| Self { name, arguments: arguments.to_vec(), prepare };
        match name {
            "sign" => command(SIGN, |env| env.release()),
            "sign again" => command(SIGN, |env| {
                env.signed();
                env.write("lm/w/a.bin", "other weights");
            }),
            "sign beside another" => command(SIGN, |env| {
                env.release();
                let mut by_other = SIGN.to_vec();
                *by_other.last_mut().unwrap() = "key2";
                env.run(&by_other);
            }),
            "sign --statement" => command(
                &["sign", "lm", "--statement", "st.json", "--waive", "OPN301", "OPN302", "--key", "key"],
                |env| {
                    env.release();
                    env.run(&[
                        "statement",
                        "lm",
                        "--waive",
                        "OPN301",
                        "OPN302",
                        "--created",
                        "2026-01-01T00:00:00Z",
                        "--output",
                        "st.json",
                    ]);
                },
            ),
            "statement --output" => command(
                &[
                    "statement",
                    "lm",
                    "--waive",
                    "OPN301",
                    "OPN302",
                    "--created",
                    "2026-01-01T00:00:00Z",
                    "--output",
                    "st.json",
                ],
                |env| {
                    env.release();
                    env.write("st.json", "an older one");
                },
            ),
            "init" => command(&["init", "lm"], |env| {
                env.release();
                fs::remove_file(env.path("lm/OPENNESS.toml")).unwrap();
            }),
            "key generate" => command(&["key", "generate", "--no-passphrase", "--output", "new"], |_| {}),
            "hook install" => command(&["hook", "install"], |env| {
                env.release();
                env.git(&["init", "-q", "."]);
                env.write(".git/hooks/pre-commit", "#!/bin/sh\necho mine\n");
                fs::set_permissions(env.path(".git/hooks/pre-commit"), fs::Permissions::from_mode(0o755)).unwrap();
            }),
            "hook uninstall" => command(&["hook", "uninstall"], |env| {
                env.release();
                env.git(&["init", "-q", "."]);
                env.run(&["hook", "install"]);
            }),
            "key trust add" => command(&["key", "trust", "add", "me@example.org", "key.pub"], |env| {
                env.run(&["key", "trust", "add", "other@example.org", "key2.pub"]);
            }),
            "key trust pin" => {
                command(&["key", "trust", "pin", "--producer", "Example", "--model", "tiny", "key.pub"], |env| {
                    env.run(&["key", "trust", "pin", "--producer", "Example", "--model", "other", "key.pub"]);
                })
            }
            "verify, remembering" => command(&["verify", "lm", "--key", "key.pub", "--memory"], |env| env.signed()),
            "verify --export" => command(&["verify", "lm", "--key", "key.pub", "--export", "out"], |env| {
                env.signed();
                fs::create_dir(env.path("out")).unwrap();
            }),
            "verify --cache" => command(&["verify", "lm", "--key", "key.pub", "--cache"], |env| env.signed()),
            "sign --tag" => command(&["sign", "lm", "--key", "key", "--tag", "v1"], |env| {
                env.signed();
                env.git(&["init", "--quiet", "--initial-branch=main", "lm"]);
                env.git(&["-C", "lm", "add", "--all"]);
                env.git(&["-C", "lm", "commit", "--quiet", "--message", "release"]);
            }),
            "sign --tag, reftable" => command(&["sign", "lm", "--key", "key", "--tag", "v1"], |env| {
                env.signed();
                env.git(&["init", "--quiet", "--initial-branch=main", "--ref-format=reftable", "lm"]);
                env.git(&["-C", "lm", "add", "--all"]);
                env.git(&["-C", "lm", "commit", "--quiet", "--message", "release"]);
            }),
            _ => panic!("no command is called {name}"),
        }
    }

    /// Makes the place anew.
    pub(super) fn set(&self) -> TracedEnv {
        if self.name != "verify --cache" {
            return self.make();
        }
        // Only of files that have not changed for two seconds digests are remembered; many places wait for that at once.
        static SETTLED: Mutex<Vec<TracedEnv>> = Mutex::new(Vec::new());
        let mut settled = SETTLED.lock().unwrap();
        if settled.is_empty() {
            settled.extend((0..24).map(|_| self.make()));
            thread::sleep(Duration::from_millis(2100));
        }
        settled.pop().unwrap()
    }

    /// Copies what the command begins with, which is prepared once.
    fn make(&self) -> TracedEnv {
        static PREPARED: Mutex<BTreeMap<&str, Arc<TracedEnv>>> = Mutex::new(BTreeMap::new());
        let known = PREPARED.lock().unwrap().get(self.name).cloned();
        let prepared = known.unwrap_or_else(|| {
            let env = Arc::new(self.prepared());
            PREPARED.lock().unwrap().insert(self.name, env.clone());
            env
        });
        let env = TracedEnv(TestEnv::new());
        copy_tree(&prepared.path(""), &env.path(""));
        env
    }

    fn prepared(&self) -> TracedEnv {
        let env = TracedEnv(TestEnv::new());
        // The same each time, so that states can be compared.
        static KEYS: OnceLock<Vec<(&str, Vec<u8>)>> = OnceLock::new();
        let keys = KEYS.get_or_init(|| {
            let env = TracedEnv(TestEnv::new());
            env.run(&["key", "generate", "--no-passphrase", "--output", "key"]);
            env.run(&["key", "generate", "--no-passphrase", "--output", "key2"]);
            ["key", "key.pub", "key2", "key2.pub"].map(|name| (name, fs::read(env.path(name)).unwrap())).to_vec()
        });
        for (name, bytes) in keys {
            env.write(name, bytes);
            fs::set_permissions(env.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::create_dir(env.path("lm")).unwrap();
        (self.prepare)(&env);
        env
    }

    /// Tries again after a run that went wrong, and what has to hold then; `false` for a command that needs nothing of its own.
    pub(super) fn aftermath(&self, env: &TracedEnv, place: &str) -> bool {
        match self.name {
            "sign --tag" => {
                let fsck = env.command("git").args(["-C", "lm", "fsck", "--strict"]).output().unwrap();
                assert!(fsck.status.success(), "{place}: {}", String::from_utf8_lossy(&fsck.stderr));
                let (is_there, lock) = (env.path("lm/.git/refs/tags/v1").exists(), env.path(TAG_LOCK));
                if lock.exists() && !is_there {
                    // As with `git tag`, whoever killed it has to say that nobody is at it.
                    let held = env.openness(&self.arguments);
                    let text = String::from_utf8_lossy(&held.stderr);
                    let is_told = text.contains(lock.to_str().unwrap());
                    assert!(held.status.code() == Some(2) && is_told, "{place}, and again: {text}");
                    fs::remove_file(lock).unwrap();
                }
                let again = env.openness(&self.arguments);
                let text = String::from_utf8_lossy(&again.stderr);
                let is_told = text.contains("there is a tag `v1` already");
                assert!(again.status.success() != is_there && is_told == is_there, "{place}, and again: {text}");
                env.run(&["verify", "lm", "--key", "key.pub", "--rev", "v1"]);
            }
            "verify --cache" => {
                // What it left is deleted by a run that remembers something, two hours later.
                for left in env.leftovers() {
                    let time = SystemTime::now() - Duration::from_secs(2 * 60 * 60);
                    fs::File::options().write(true).open(left).unwrap().set_modified(time).unwrap();
                }
                env.run(&self.arguments);
                assert!(env.leftovers().is_empty(), "{place}, and again: {:?}", env.leftovers());
                let remembered = env.openness(&self.arguments).stdout;
                let text = String::from_utf8_lossy(&remembered);
                assert!(text.contains("digests from the cache for 3 of 3 files"), "{place}, and again: {text}");
                // As long as before and, so it says, as old.
                let weights = env.path("lm/w/a.bin");
                let time = fs::metadata(&weights).unwrap().modified().unwrap();
                fs::write(&weights, "WEIGHTS").unwrap();
                fs::File::options().write(true).open(&weights).unwrap().set_modified(time).unwrap();
                let changed = env.openness(&self.arguments);
                assert_eq!(changed.status.code(), Some(1), "{place}: {}", String::from_utf8_lossy(&changed.stdout));
            }
            _ => return false,
        }
        true
    }

    /// What is there, in words that are the same wherever it is, without what a killed run may leave.
    pub(super) fn state(&self, env: &TracedEnv) -> State {
        let mut state = BTreeMap::new();
        let mut open = vec![env.path("")];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(&directory).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(env.path("")).unwrap().to_str().unwrap().to_owned();
                if is_leftover(&path) || name.ends_with("/lock") {
                    continue;
                }
                let metadata = path.symlink_metadata().unwrap();
                if metadata.is_dir() {
                    // That an empty directory stands ready is no state.
                    open.push(path);
                    continue;
                }
                // Objects are for `git fsck`; the index knows times and inodes; a lock is what Git leaves too.
                if name.starts_with("lm/.git/objects/") || name == "lm/.git/index" || name == TAG_LOCK {
                    continue;
                }
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                if name.ends_with(".digests") {
                    state.extend(digests(&text));
                    continue;
                }
                let text = match name.as_str() {
                    // What differs from run to run.
                    _ if name.ends_with("seen.json") => text.split("\"verified\":").next().unwrap().to_owned(),
                    "new" => format!("private key, whole: {}", env.is_key("new")),
                    "new.pub" => format!("public key, whole: {}", env.is_key("new.pub")),
                    "key" | "key.pub" | "key2" | "key2.pub" => continue,
                    _ => text,
                };
                state.insert(name, format!("{:o} {text}", metadata.permissions().mode() & 0o777));
            }
        }
        state
    }
}

/// A file of digests, record for record, without times, inodes and what it is called by.
fn digests(text: &str) -> State {
    let (records, end) = text.trim_end().rsplit_once('\n').unwrap_or_default();
    let mut state = State::new();
    state.insert("digests".to_owned(), format!("ends with {} digits and {:?}", end.len(), text.chars().last()));
    for record in records.lines() {
        let words: Vec<&str> = record.splitn(9, ' ').collect();
        state.insert(format!("digests: {}", words[words.len() - 1]), words[0].to_owned());
    }
    state
}

/// What is there, file for file.
pub(super) type State = BTreeMap<String, String>;

/// Where two states differ, in one line.
pub(super) fn difference(one: &State, other: &State) -> String {
    let files: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differ = files.into_iter().filter(|file| one.get(*file) != other.get(*file));
    differ
        .map(|file| format!("{file}: {:?} and {:?}", one.get(file), other.get(file)))
        .map(|text| text.chars().take(3000).collect::<String>())
        .collect::<Vec<_>>()
        .join("; ")
}

pub(super) fn is_leftover(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with(".openness-") && name.ends_with(".tmp"))
}

/// A directory of its own, with two keys.
pub(super) struct TracedEnv(TestEnv);

impl TracedEnv {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.0.write(name, bytes);
    }

    pub(super) fn release(&self) {
        self.write("lm/OPENNESS.toml", MANIFEST);
        self.write("lm/w/a.bin", "weights");
        self.write("lm/w/b.bin", vec![7; 5000]);
    }

    pub(super) fn signed(&self) {
        self.release();
        self.run(SIGN);
    }

    /// The program or another one, here and without the user's settings.
    pub(super) fn command(&self, program: &str) -> Command {
        self.0.command(program)
    }

    pub(super) fn openness(&self, arguments: &[&str]) -> Output {
        self.0.program().args(arguments).output().unwrap()
    }

    /// Runs what has to succeed.
    pub(super) fn run(&self, arguments: &[&str]) {
        let output = self.openness(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(super) fn git(&self, arguments: &[&str]) {
        assert!(self.command("git").args(arguments).status().unwrap().success());
    }

    /// What `verify` says, as JSON; `None` where it could not say.
    pub(super) fn verdict(&self) -> String {
        let output = self.openness(&["verify", "lm", "--key", "key.pub", "--key", "key2.pub", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        format!("{} {}", report["verdict"], report["reasons"])
    }

    fn is_key(&self, name: &str) -> bool {
        self.openness(&["key", "show", name]).status.success()
    }

    /// Names of what a killed run left, anywhere.
    pub(super) fn leftovers(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![self.path("")];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if is_leftover(&path) {
                    found.push(path);
                } else if path.is_dir() {
                    open.push(path);
                }
            }
        }
        found
    }

    /// Runs the program under `strace` with further options, which name what goes wrong.
    pub(super) fn traced(&self, options: &[&str], arguments: &[&str]) -> Output {
        let mut command = self.command("strace");
        command.args(["-f", "-qq", "-o"]).arg(self.trace());
        // Where a call is to fail, only that call is traced; with a seccomp filter, the others run at full speed.
        if let Some(call) = options.iter().find_map(|option| option.strip_prefix("inject=")?.split(':').next()) {
            command.args(["-e", &format!("trace={call}")]);
        }
        // (With the filter, strace 6.1 does not send signals.)
        let is_signal = options.iter().any(|option| option.contains(":signal="));
        if !is_signal && has_seccomp_filter() {
            command.arg("--seccomp-bpf");
        }
        command.args(options).arg(env!("CARGO_BIN_EXE_openness")).args(arguments).output().unwrap()
    }

    fn trace(&self) -> PathBuf {
        self.path("").with_extension("strace")
    }

    /// How often an undisturbed run makes each system call, in the order of first calls.
    pub(super) fn calls(&self, names: &[&str], arguments: &[&str]) -> Vec<(String, usize)> {
        let output = self.traced(&["-e", &format!("trace={}", names.join(","))], arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut counts: Vec<(String, usize)> = Vec::new();
        for line in self.take_trace().lines() {
            let call = line.split_whitespace().nth(1).unwrap_or_default();
            let Some((name, _)) = call.split_once('(') else { continue };
            match counts.iter_mut().find(|(other, _)| other == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name.to_owned(), 1)),
            }
        }
        counts
    }

    /// What `strace` wrote, which is then no part of the command.
    pub(super) fn take_trace(&self) -> String {
        let text = fs::read_to_string(self.trace()).unwrap_or_default();
        let _ = fs::remove_file(self.trace());
        text
    }
}

/// Returns whether there is an `strace` that may trace, and reports a skipped test if not.
pub(super) fn has_strace() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    let has = *HAS.get_or_init(|| traces(&[]));
    if !has {
        say("skipped: needs strace that may trace");
    }
    has
}

/// Returns whether `strace` can leave untraced calls alone: since 5.3.
fn has_seccomp_filter() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| traces(&["-f", "--seccomp-bpf"]))
}

fn traces(options: &[&str]) -> bool {
    let mut command = Command::new("strace");
    command.args(options).args([
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=getpid",
        "-e",
        "inject=getpid:retval=1",
        "true",
    ]);
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success() && output.stderr.is_empty())
}

/// Of so many places, those that are tried: a handful, or all where asked.
pub(super) fn chosen(count: usize, handful: usize) -> Vec<usize> {
    if std::env::var_os("OPENNESS_FAULTS").is_some_and(|value| value == "full") || count <= handful {
        return (1..=count).collect();
    }
    // The ends, and evenly between.
    (0..handful).map(|at| 1 + at * (count - 1) / (handful - 1)).collect()
}
