//! Commands that write files, the states they start from, and `strace` to make their system calls fail.

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

/// The lock that Git holds while it writes the reference.
const TAG_LOCK: &str = "lm/.git/refs/tags/v1.lock";

/// Prints a line, even if the test passes: the output of `eprintln!` would be captured.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A command that writes files, and the state that it starts from.
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
            "sign next to another" => command(SIGN, |env| {
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
            "model signing" => command(&["sign", "lm", "--oms", "--key", "ec.pem"], |env| {
                env.release();
                env.write("ec.pem", include_str!("../../data/oms/p256.pem"));
                fs::set_permissions(env.path("ec.pem"), fs::Permissions::from_mode(0o600)).unwrap();
                env.run(&["sign", "lm", "--oms", "--key", "ec.pem"]);
                env.write("lm/w/a.bin", "other weights");
            }),
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
            "check --output" => command(&["check", "lm", "--format", "sarif", "--output", "log.sarif"], |env| {
                env.release();
                env.write("log.sarif", "an older one");
            }),
            "check --write-baseline" => command(&["check", "lm", "--write-baseline", "known.json"], |env| {
                env.release();
                env.write("known.json", "an older one");
            }),
            "init" => command(&["init", "lm"], |env| {
                env.release();
                fs::remove_file(env.path("lm/OPENNESS.toml")).unwrap();
            }),
            "licenses --write" => command(&["licenses", "lm", "--write"], |env| {
                env.release();
                let bases = "[[model.base]]\nname = \"a\"\nlicense = \"CC-BY-4.0\"\nrelation = \"trained-on\"\n\
                             [[model.base]]\nname = \"b\"\nlicense = \"Apache-2.0\"\nrelation = \"finetune\"\n";
                env.write("lm/OPENNESS.toml", format!("{MANIFEST}{bases}"));
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
            "verify --repair-from" => command(&["verify", "lm", "--key", "key.pub", "--repair-from", "good"], |env| {
                env.signed();
                env.write("good/w/b.bin", vec![7; 5000]);
                env.write("lm/w/b.bin", vec![8; 5000]);
            }),
            "verify --cache" => command(&["verify", "lm", "--key", "key.pub", "--cache"], |env| env.signed()),
            "audit" => command(
                &[
                    "audit",
                    "lm",
                    "lm/.",
                    "lm/./.",
                    "gone",
                    "--key",
                    "key.pub",
                    "--verify-time",
                    "2026-11-30",
                    "--shard-size",
                    "3",
                    "--threads",
                    "1",
                    "--out",
                    "out",
                ],
                |env| env.signed(),
            ),
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

    /// Makes a fresh environment.
    pub(super) fn set(&self) -> TracedEnv {
        if self.name != "verify --cache" {
            return self.make();
        }
        // Only digests of files that have not changed for two seconds are cached, so many environments wait at once.
        static SETTLED: Mutex<Vec<TracedEnv>> = Mutex::new(Vec::new());
        let mut settled = SETTLED.lock().unwrap();
        if settled.is_empty() {
            settled.extend((0..24).map(|_| self.make()));
            thread::sleep(Duration::from_millis(2100));
        }
        settled.pop().unwrap()
    }

    /// Copies the starting state, which is prepared once.
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
        // The same keys each time, so that states can be compared.
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

    /// Runs the command again after a failed run and checks the result; `false` if it has no checks of its own.
    pub(super) fn aftermath(&self, env: &TracedEnv, place: &str) -> bool {
        match self.name {
            "sign --tag" => {
                let fsck = env.command("git").args(["-C", "lm", "fsck", "--strict"]).output().unwrap();
                assert!(fsck.status.success(), "{place}: {}", String::from_utf8_lossy(&fsck.stderr));
                let (is_there, lock) = (env.path("lm/.git/refs/tags/v1").exists(), env.path(TAG_LOCK));
                if lock.exists() && !is_there {
                    // As after a killed `git tag`, the user has to remove the lock.
                    let held = env.openness(&self.arguments);
                    let text = String::from_utf8_lossy(&held.stderr);
                    let is_named = text.contains(lock.to_str().unwrap());
                    assert!(held.status.code() == Some(2) && is_named, "{place}, and again: {text}");
                    fs::remove_file(lock).unwrap();
                }
                let again = env.openness(&self.arguments);
                let text = String::from_utf8_lossy(&again.stderr);
                let is_refused = text.contains("there is already a tag `v1`");
                assert!(again.status.success() != is_there && is_refused == is_there, "{place}, and again: {text}");
                env.run(&["verify", "lm", "--key", "key.pub", "--rev", "v1"]);
            }
            "verify --cache" => {
                // Two hours later, a run that caches digests deletes the leftovers.
                for left in env.leftovers() {
                    let time = SystemTime::now() - Duration::from_secs(2 * 60 * 60);
                    fs::File::options().write(true).open(left).unwrap().set_modified(time).unwrap();
                }
                env.run(&self.arguments);
                assert!(env.leftovers().is_empty(), "{place}, and again: {:?}", env.leftovers());
                let cached = env.openness(&self.arguments).stdout;
                let text = String::from_utf8_lossy(&cached);
                assert!(text.contains("using cached digests for 3 of 3 files"), "{place}, and again: {text}");
                // Same size and modification time, other bytes.
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

    /// The files with their modes and contents, the same in every environment and without what a killed run may leave.
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
                    // Empty directories do not count.
                    open.push(path);
                    continue;
                }
                // `git fsck` checks objects; the index contains times and inodes; Git leaves locks too.
                if name.starts_with("lm/.git/objects/") || name == "lm/.git/index" || name == TAG_LOCK {
                    continue;
                }
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                if name.ends_with(".digests") {
                    state.extend(digests(&text));
                    continue;
                }
                let text = match name.as_str() {
                    // Contents that differ from run to run.
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

/// The records of a cache file, without times, inodes and its name.
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

/// The state of each file, by name.
pub(super) type State = BTreeMap<String, String>;

/// What was seen of releases, and the statements that are kept for models made from them: written one after the other.
pub(super) fn stores(state: &State) -> [State; 2] {
    let (bases, seen) = state.clone().into_iter().partition(|(file, _)| file.contains("/openness/bases/"));
    [seen, bases]
}

/// The differences between two states, in one line.
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

/// A directory with two keys.
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

    /// A program, run in this directory and without the user's settings.
    pub(super) fn command(&self, program: &str) -> Command {
        self.0.command(program)
    }

    pub(super) fn openness(&self, arguments: &[&str]) -> Output {
        self.0.program().args(arguments).output().unwrap()
    }

    /// Runs a command that must succeed.
    pub(super) fn run(&self, arguments: &[&str]) {
        let output = self.openness(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(super) fn git(&self, arguments: &[&str]) {
        assert!(self.command("git").args(arguments).status().unwrap().success());
    }

    /// The verdict and the reasons of `verify` as JSON; `null` if it printed no report.
    pub(super) fn verdict(&self) -> String {
        let output = self.openness(&["verify", "lm", "--key", "key.pub", "--key", "key2.pub", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        format!("{} {}", report["verdict"], report["reasons"])
    }

    fn is_key(&self, name: &str) -> bool {
        self.openness(&["key", "show", name]).status.success()
    }

    /// The temporary files and directories that a killed run left.
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

    /// Runs the program under `strace` with further options, which name the fault to inject.
    pub(super) fn traced(&self, options: &[&str], arguments: &[&str]) -> Output {
        let mut command = self.command("strace");
        command.args(["-f", "-qq", "-o"]).arg(self.trace());
        // If a call must fail, only that call is traced; with a seccomp filter, the others run at full speed.
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

    /// The number of times that a normal run makes each system call, in the order of the first calls.
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

    /// Returns the output of `strace`, and deletes the file.
    pub(super) fn take_trace(&self) -> String {
        let text = fs::read_to_string(self.trace()).unwrap_or_default();
        let _ = fs::remove_file(self.trace());
        text
    }
}

/// Returns whether `strace` is installed and permitted, and reports a skipped test if not.
pub(super) fn has_strace() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    let has = *HAS.get_or_init(|| traces(&[]));
    if !has {
        say("skipped: needs strace that may trace");
    }
    has
}

/// Returns whether `strace` has `--seccomp-bpf`, since version 5.3.
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

/// The places to try out of `count`: a handful, or all with `OPENNESS_FAULTS=full`.
pub(super) fn chosen(count: usize, handful: usize) -> Vec<usize> {
    if std::env::var_os("OPENNESS_FAULTS").is_some_and(|value| value == "full") || count <= handful {
        return (1..=count).collect();
    }
    // The ends, and evenly between.
    (0..handful).map(|at| 1 + at * (count - 1) / (handful - 1)).collect()
}
