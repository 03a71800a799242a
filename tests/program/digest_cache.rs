//! Digests from the cache: when they are used, and what a forged cache can do.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use openness::artifacts::digest::sha256;

use crate::common::env::{Output, TestEnv, reasons};

/// A signed release whose files are old enough for their digests to be cached.
fn settled() -> TestEnv {
    let env = TestEnv::signed();
    std::thread::sleep(Duration::from_millis(2100));
    env
}

/// The only file in the cache.
fn cache(env: &TestEnv) -> PathBuf {
    let mut files = fs::read_dir(env.path(".cache/openness")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    file
}

/// Gives the cached digest of a file the current stat data, so that the cache still applies after a change.
fn poison(env: &TestEnv, name: &str) {
    use std::os::unix::fs::MetadataExt as _;
    let found = env.path("lm").join(name).metadata().unwrap();
    let text = fs::read_to_string(cache(env)).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.pop();
    let line = lines.iter_mut().find(|line| line.ends_with(&format!(" {name}"))).unwrap();
    // That of the file, and that of its blocks.
    let digests = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let times = [found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()].map(|number| number.to_string());
    *line = format!("{digests} {} {} {} {} {name}", found.len(), times.join(" "), found.ino(), found.dev());
    let body = lines.join("\n") + "\n";
    fs::write(cache(env), format!("{body}{}\n", sha256(body.as_bytes()).as_str())).unwrap();
}

#[test]
fn a_verdict_from_the_cache_says_so() {
    let env = settled();
    let verify = |flags: &[&str]| {
        let mut command = env.program();
        let ran = command.args(["verify", "lm", "--key", "key.pub"]).args(flags).output().unwrap();
        Output::from(ran)
    };
    assert!(!env.path(".cache").exists());
    let first = verify(&["--cache"]).expect(0);
    assert!(first.out.ends_with("\nverified\n"), "{}", first.out);
    let second = verify(&["--cache"]).expect(0);
    let said = "\nverified (using cached digests for 5 of 5 files, which were not read)\n";
    assert!(second.out.ends_with(said), "{}", second.out);
    let quiet = verify(&["--cache", "--quiet"]).expect(0);
    assert_eq!(quiet.out, said[1..]);
    assert_eq!(verify(&["--cache", "--format", "json"]).expect(0).json()["files"]["cached"], 5);
    for flags in [&[][..], &["--no-cache"], &["--cache", "--no-cache"]] {
        let plain = verify(flags).expect(0);
        assert!(plain.out.ends_with("\nverified\n"), "{}", plain.out);
    }
    // A changed file is read.
    env.write("lm/weights/a.safetensors", "weights c");
    let changed = verify(&["--cache", "--format", "json"]).expect(1);
    assert_eq!(reasons(&changed), ["content-mismatch"]);
    assert_eq!(changed.json()["files"]["cached"], 4);
}

#[test]
fn a_forged_cache_matters_only_with_the_cache_flag() {
    let env = settled();
    let json = ["verify", "lm", "--key", "key.pub", "--format", "json"];
    let cached = ["verify", "lm", "--key", "key.pub", "--format", "json", "--cache"];
    env.openness(cached).expect(0);
    env.write("lm/weights/a.safetensors", "weights X");
    poison(&env, "weights/a.safetensors");
    assert_eq!(reasons(&env.openness(json).expect(1)), ["content-mismatch"]);
    let deceived = env.openness(cached).expect(0).json();
    assert_eq!((&deceived["verdict"], &deceived["files"]["cached"]), (&"verified".into(), &5.into()));
    // Signing always reads the files.
    fs::remove_dir_all(env.path("lm/.git")).unwrap();
    let created = ["sign", "lm", "--replace", "--key", "key", "--created", "2026-11-22T00:00:00Z"];
    env.openness(created).expect(0);
    let sums = String::from_utf8(env.read("lm/.openness/SHA256SUMS")).unwrap();
    assert!(sums.contains(&format!("{}  weights/a.safetensors", sha256(b"weights X").as_str())), "{sums}");
    env.openness(json).expect(0);
    // A cached digest that differs from the signed one is not used: the file is read.
    assert_eq!(env.openness(cached).expect(0).json()["verdict"], "verified");
}

#[test]
fn a_dry_run_writes_nothing() {
    let env = settled();
    let before = env.read("lm/.openness/statement.json");
    fs::remove_dir_all(env.path("lm/.git")).unwrap();
    fs::remove_dir_all(env.path("lm/.openness")).unwrap();
    let dry = ["sign", "lm", "--dry-run", "--created", "2026-11-22T00:00:00Z"];
    let first = env.openness(dry).expect(0);
    assert_eq!(first.out, "would sign Tiny 1.0.0: 5 files, 443 bytes\n");
    assert!(!first.err.contains("cache"), "{}", first.err);
    let second = env.openness(dry).expect(0);
    assert_eq!(second.out, first.out);
    assert!(second.err.contains("note: used 5 digests from the cache"), "{}", second.err);
    let uncached = env.openness(["sign", "lm", "--dry-run", "--no-cache"]).expect(0);
    assert!(!uncached.err.contains("cache"), "{}", uncached.err);
    assert!(!env.path("lm/.openness").exists());
    assert!(!before.is_empty());
    // Findings make it fail, as when signing.
    env.write("lm/OPENNESS.toml", "schema = 1\n");
    env.openness(dry).expect(1);
    // `--no-cache` requires `--dry-run`.
    env.openness(["sign", "lm", "--no-cache", "--key", "key"]).expect(2);
}

#[test]
fn without_a_cache_directory_everything_is_hashed() {
    let env = settled();
    fs::write(env.path(".cache"), "a file where the directory should be").unwrap();
    for _ in 0..2 {
        let ran = env.openness(["verify", "lm", "--key", "key.pub", "--cache"]).expect(0);
        assert!(
            ran.out.contains("the digests were not stored in the cache") && ran.out.ends_with("\nverified\n"),
            "{}",
            ran.out
        );
    }
    let mut command = env.program();
    let ran = command.env_remove("HOME").args(["verify", "lm", "--key", "key.pub", "--cache"]).output().unwrap();
    assert!(String::from_utf8_lossy(&ran.stdout).ends_with("\nverified\n"), "{ran:?}");
}
