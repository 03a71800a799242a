//! Memory use does not grow with the largest file: neither that of this program nor that of the `git` that streams to
//! it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::common::env::{MANIFEST, TestEnv};

const LARGE_BYTES: u64 = 160 * 1024 * 1024;
/// What one process may hold at most, in KiB.
const MOST_KIB: u64 = 100 * 1024;

/// The most that a process held of memory until now, in KiB; `None` where it is gone.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn children(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// Runs the program and returns the peaks of itself and of the largest of its children, in KiB.
#[track_caller]
fn run(env: &TestEnv, place: &str, arguments: &[&str]) -> (u64, u64) {
    let mut command = env.program();
    command.current_dir(env.path(place)).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut own, mut others) = (0, BTreeMap::new());
    while child.try_wait().unwrap().is_none() {
        own = own.max(peak(child.id()).unwrap_or_default());
        for pid in children(child.id()) {
            others.insert(pid, peak(pid).or(others.get(&pid).copied()).unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    (own, others.into_values().max().unwrap_or_default())
}

#[test]
fn memory_does_not_grow_with_the_largest_file() {
    let env = TestEnv::release();
    let corpus = "[component.training-data]\nopenness = \"open\"\ndata-class = \"open\"\nlicense = \"CC0-1.0\"\nfiles = [\"corpus.dat\"]\n";
    let closed = "[component.training-data]\nopenness = \"closed\"\nreason = \"licensed from others\"\n";
    assert!(MANIFEST.contains(closed));
    env.write("lm/OPENNESS.toml", MANIFEST.replace(closed, corpus));
    let file = fs::File::create(env.path("lm/corpus.dat")).unwrap();
    // Not all of it is alike, so that a part that is lost would be noticed.
    file.set_len(LARGE_BYTES).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"one byte of many", LARGE_BYTES - 100).unwrap();
    // As an ordinary object, which is the harder case: Git LFS would leave a pointer.
    env.git("lm", ["config", "core.compression", "1"]);
    env.git("lm", ["add", "-A"]);
    let key = env.path("key").display().to_string();
    let public = format!("{key}.pub");
    let mut most = (0, 0);
    let mut ask = |arguments: &[&str]| {
        let (own, others) = run(&env, "lm", arguments);
        eprintln!("{:>6} KiB, git {others:>6} KiB: openness {}", own, arguments.join(" ").replace(&key, "key"));
        assert!(own > 1000, "the peak was not seen");
        most = (most.0.max(own), most.1.max(others));
    };
    ask(&["hook", "run"]);
    ask(&["check", "--staged"]);
    env.git("lm", ["commit", "-q", "-m", "large"]);
    ask(&["sign", "--key", &key]);
    env.commit("lm");
    ask(&["verify", "--rev", "HEAD", "--key", &public]);
    ask(&["verify", "--key", &public]);
    env.git("lm", ["repack", "-q", "-a", "-d"]);
    ask(&["verify", "--rev", "HEAD", "--key", &public]);
    // What libgit2 cannot read comes from the program alone.
    env.git("lm", ["update-index", "--split-index"]);
    ask(&["verify", "--staged", "--key", &public]);
    assert!(most.0 < MOST_KIB && most.1 < MOST_KIB, "{most:?} KiB for a file of {} KiB", LARGE_BYTES / 1024);
    assert!(most.1 > 0, "no git was seen to stream");
}
