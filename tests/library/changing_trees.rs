//! Directories that change while they are read: a digest is of the bytes that were there, or reading fails; and only
//! verified bytes are exported.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::num::NonZero;
use std::os::unix::fs::{FileExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use crate::common::env::TestEnv;
use openness::artifacts::digest::{self, Options};
use openness::files::Files as _;
use openness::sign::Trust;
use openness::snapshot::Snapshot;
use openness::verify::export::{Error, export};
use openness::verify::{Reason, Report, Request, Verdict, verify};

/// Larger than what is read at once.
const SMALL: u64 = 3 << 20;
/// Large enough for a thread that reads ahead.
const LARGE: u64 = 40 << 20;

type Change = (&'static str, fn(&Path));

/// What somebody may do to a file while it is read.
const CHANGES: &[Change] = &[
    ("grown", |path| OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap()),
    ("cut", |path| File::options().write(true).open(path).unwrap().set_len(1 << 20).unwrap()),
    ("emptied", |path| drop(File::create(path).unwrap())),
    ("rewritten at its start", |path| File::options().write(true).open(path).unwrap().write_all_at(b"X", 0).unwrap()),
    ("replaced by a file of its size", |path| {
        let size = path.metadata().unwrap().len();
        let other = path.with_extension("other");
        File::create(&other).unwrap().set_len(size).unwrap();
        fs::rename(other, path).unwrap();
    }),
    ("removed", |path| fs::remove_file(path).unwrap()),
];

/// A sparse file, which costs nothing.
fn file(path: &Path, size: u64) {
    File::create(path).unwrap().set_len(size).unwrap();
}

/// Changes the file once, after the first piece of it was read.
fn meanwhile(path: PathBuf, change: fn(&Path)) -> impl Fn(u64) + Sync {
    let once = Once::new();
    move |_| {
        once.call_once(|| {
            // The clock of the file system may be coarse.
            std::thread::sleep(Duration::from_millis(20));
            change(&path);
        });
    }
}

#[test]
fn a_file_that_changes_while_it_is_hashed_has_no_digest() {
    for (size, threads) in [(SMALL, 1), (SMALL, 2), (LARGE, 1), (LARGE, 2)] {
        for (what, change) in CHANGES {
            let env = TestEnv::new();
            let path = env.path("model.bin");
            file(&path, size);
            let snapshot = Snapshot::of_directory(&env.path("")).unwrap();
            let entries: Vec<_> = snapshot.entries().iter().collect();
            let options = Options { threads: NonZero::new(threads).unwrap(), ..Options::default() };
            let hook = meanwhile(path, *change);
            let hashed = digest::hash_all(&snapshot, &entries, &options, &hook).pop().unwrap();
            assert!(hashed.is_err(), "{what}, {size} bytes, {threads} threads: {hashed:?}");
        }
    }
}

/// A release that is signed, of a manifest and a file of [`SMALL`] bytes.
struct Release {
    env: TestEnv,
    trust: Trust,
}

impl Release {
    fn new() -> Self {
        let env = TestEnv::with_key();
        let manifest = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"Apache-2.0\"\n\
                        [component.final-weights]\nopenness = \"open\"\nfiles = [\"model.safetensors\"]\n";
        env.write("lm/OPENNESS.toml", manifest);
        // A header that describes nothing, and zeros that it does not speak of, belong to no tensor: so one that does.
        let header = format!("{{\"w\":{{\"dtype\":\"U8\",\"shape\":[{SMALL}],\"data_offsets\":[0,{SMALL}]}}}}");
        let mut weights = File::create(env.path("lm/model.safetensors")).unwrap();
        weights.write_all(&u64::try_from(header.len()).unwrap().to_le_bytes()).unwrap();
        weights.write_all(header.as_bytes()).unwrap();
        weights.set_len(8 + u64::try_from(header.len()).unwrap() + SMALL).unwrap();
        env.openness(["sign", "lm", "--key", "key", "--created", "2026-11-22T00:00:00Z"]).expect(0);
        let trust = Trust::of_key_text(&env.read_text("key.pub")).unwrap();
        Self { env, trust }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.env.path(name)
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::of_directory(&self.path("lm")).unwrap()
    }

    fn verify(&self, snapshot: &Snapshot, hook: &(dyn Fn(u64) + Sync)) -> Report {
        verify(snapshot, &Request::new(&self.trust, jiff::Timestamp::now()), hook).unwrap()
    }

    /// The names in the directory that exports go to.
    fn exports(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("out")) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[test]
fn a_release_that_changes_while_it_is_verified_is_not_verified() {
    let good = Release::new();
    let report = good.verify(&good.snapshot(), &|_| {});
    assert_eq!(report.verdict, Verdict::Verified, "{report:#?}");
    for (what, change) in CHANGES {
        let release = Release::new();
        let hook = meanwhile(release.path("lm/model.safetensors"), *change);
        let report = release.verify(&release.snapshot(), &hook);
        assert!(report.reasons.contains(&Reason::ContentMismatch), "{what}: {:?}", report.reasons);
        assert_eq!(report.files.changed, ["model.safetensors"], "{what}");
    }
}

#[test]
fn a_file_changed_after_verification_is_not_exported() {
    let turned: &[Change] = &[
        ("turned into a link", |path| {
            fs::rename(path, path.with_file_name("../other")).unwrap();
            symlink("../other", path).unwrap();
        }),
        ("its directory turned into a link", |path| {
            let root = path.parent().unwrap();
            let moved = root.with_file_name("moved");
            fs::rename(root, &moved).unwrap();
            fs::create_dir(root).unwrap();
            symlink(moved.join("model.safetensors"), path).unwrap();
        }),
    ];
    for (what, change) in CHANGES.iter().chain(turned) {
        let release = Release::new();
        let snapshot = release.snapshot();
        let report = release.verify(&snapshot, &|_| {});
        std::thread::sleep(Duration::from_millis(20));
        change(&release.path("lm/model.safetensors"));
        let exported = export(&snapshot, &report, &release.path("out/copy"));
        // The snapshot keeps its directory open, so what was moved with it is still what was verified.
        if *what == "its directory turned into a link" {
            assert!(exported.is_ok(), "{what}: {exported:?}");
            assert!(!release.path("out/copy/model.safetensors").is_symlink());
            continue;
        }
        assert!(matches!(exported, Err(Error::Changed { .. } | Error::Read { .. })), "{what}: {exported:?}");
        assert_eq!(release.exports(), Vec::<String>::new(), "{what}");
    }
}

#[test]
fn an_export_overwrites_nothing() {
    let release = Release::new();
    let snapshot = release.snapshot();
    let report = release.verify(&snapshot, &|_| {});
    fs::create_dir_all(release.path("out")).unwrap();
    fs::create_dir(release.path("elsewhere")).unwrap();
    // A link in place of the directory, to an empty one or to nothing, is something already.
    for target in ["elsewhere", "nowhere"] {
        symlink(release.path(target), release.path("out/link")).unwrap();
        let exported = export(&snapshot, &report, &release.path("out/link"));
        assert!(matches!(exported, Err(Error::Exists { .. })), "{target}: {exported:?}");
        assert_eq!(release.exports(), ["link"], "{target}");
        fs::remove_file(release.path("out/link")).unwrap();
    }
    fs::write(release.path("out/file"), "mine").unwrap();
    assert!(matches!(export(&snapshot, &report, &release.path("out/file")), Err(Error::Exists { .. })));
    assert!(matches!(export(&snapshot, &report, &release.path("out/file/below")), Err(Error::Write { .. })));
    assert_eq!(fs::read(release.path("out/file")).unwrap(), b"mine");
    // An empty directory, and one that is not there, will do; the links on the way are the user's own.
    symlink(release.path("elsewhere"), release.path("out/way")).unwrap();
    export(&snapshot, &report, &release.path("out/way/deep/copy")).unwrap();
    assert!(release.path("elsewhere/deep/copy/model.safetensors").is_file());
    fs::create_dir(release.path("out/empty")).unwrap();
    let exported = export(&snapshot, &report, &release.path("out/empty")).unwrap();
    let sizes =
        ["model.safetensors", "OPENNESS.toml"].map(|name| fs::metadata(release.path("lm").join(name)).unwrap().len());
    assert_eq!((exported.files, exported.bytes), (2, sizes.iter().sum()));
    let copy = Snapshot::of_directory(&release.path("out/empty")).unwrap();
    assert_eq!(release.verify(&copy, &|_| {}).verdict, Verdict::Verified);
}

#[test]
fn a_tree_that_is_too_deep_is_a_problem() {
    let env = TestEnv::new();
    let mut path = env.path("");
    for _ in 0..200 {
        path.push("d");
    }
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("evil.pkl"), "x").unwrap();
    let snapshot = Snapshot::of_directory(&env.path("")).unwrap();
    assert!(snapshot.entries().is_empty());
    let problems: Vec<String> = snapshot.problems().iter().map(ToString::to_string).collect();
    assert!(problems.len() == 1 && problems[0].contains("64 components"), "{problems:?}");
}
