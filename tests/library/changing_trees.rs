//! Trees that change while they are read: a digest is of one state of the file or an error, and only verified bytes are
//! exported.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::num::NonZero;
use std::os::unix::fs::{FileExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use crate::common::env::TestEnv;
use openness::artifacts::digest::{self, Options};
use openness::files::{Content, Entry, FileList, Files, Origin};
use openness::sign::Trust;
use openness::snapshot::Snapshot;
use openness::verify::export::{Error, export};
use openness::verify::{Reason, Report, Requirements, Verdict, VerifiedRelease, verify};

/// Larger than one read.
const SMALL: u64 = 3 << 20;
/// Large enough for a read-ahead thread.
const LARGE: u64 = 40 << 20;

type Change = (&'static str, fn(&Path));

/// Changes that another program may make to a file while it is read.
const CHANGES: &[Change] = &[
    ("extended", |path| OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap()),
    ("truncated", |path| File::options().write(true).open(path).unwrap().set_len(1 << 20).unwrap()),
    ("emptied", |path| drop(File::create(path).unwrap())),
    ("overwritten at its start", |path| File::options().write(true).open(path).unwrap().write_all_at(b"X", 0).unwrap()),
    ("replaced by a file of the same size", |path| {
        let size = path.metadata().unwrap().len();
        let other = path.with_extension("other");
        File::create(&other).unwrap().set_len(size).unwrap();
        fs::rename(other, path).unwrap();
    }),
    ("removed", |path| fs::remove_file(path).unwrap()),
];

/// Creates a sparse file, which takes no space.
fn file(path: &Path, size: u64) {
    File::create(path).unwrap().set_len(size).unwrap();
}

/// Changes the file once, after the first part of it was read.
fn meanwhile(path: PathBuf, change: fn(&Path)) -> impl Fn(u64) + Sync {
    let once = Once::new();
    move |_| {
        once.call_once(|| {
            // The file system's clock may have a low resolution.
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

/// A signed release: a manifest and weights of [`SMALL`] bytes.
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
        // Bytes that do not belong to a tensor would be an error, so the header describes one tensor of all of them.
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
        verify(snapshot, &Requirements::new(&self.trust, jiff::Timestamp::now()), hook).unwrap()
    }

    fn verified(&self, snapshot: &Snapshot) -> VerifiedRelease {
        self.verify(snapshot, &|_| {}).verified().unwrap()
    }

    /// Returns the names in the directory that exports are written to.
    fn exports(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("out")) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[test]
fn a_release_that_changes_while_it_is_verified_is_not_verified() {
    let good = Release::new();
    let report = good.verify(&good.snapshot(), &|_| {});
    assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
    for (what, change) in CHANGES {
        let release = Release::new();
        let hook = meanwhile(release.path("lm/model.safetensors"), *change);
        let report = release.verify(&release.snapshot(), &hook);
        // Some changes show while the file is read, others only in its bytes.
        let of = [Reason::ContentMismatch, Reason::ChangedWhileRead];
        assert!(of.iter().any(|reason| report.reasons().contains(reason)), "{what}: {:?}", report.reasons());
        let files = report.files();
        let found = [files.changed.as_slice(), files.changed_while_read.as_slice()].concat();
        assert_eq!(found, ["model.safetensors".parse().unwrap()], "{what}");
    }
}

#[test]
fn a_file_changed_after_verification_is_not_exported() {
    let turned: &[Change] = &[
        ("replaced by a symlink", |path| {
            fs::rename(path, path.with_file_name("../other")).unwrap();
            symlink("../other", path).unwrap();
        }),
        ("its directory moved and a symlink put in its place", |path| {
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
        let verified = release.verified(&snapshot);
        std::thread::sleep(Duration::from_millis(20));
        change(&release.path("lm/model.safetensors"));
        let exported = export(&snapshot, &verified, &release.path("out/copy"));
        // The snapshot keeps its directory open, so it still reads the verified file, wherever it was moved.
        if *what == "its directory moved and a symlink put in its place" {
            assert!(exported.is_ok(), "{what}: {exported:?}");
            assert!(!release.path("out/copy/model.safetensors").is_symlink());
            continue;
        }
        assert!(matches!(exported, Err(Error::Changed { .. } | Error::Read { .. })), "{what}: {exported:?}");
        assert_eq!(release.exports(), Vec::<String>::new(), "{what}");
    }
}

/// Files of which opening the first one does something else before.
struct Meanwhile<'a> {
    files: &'a Snapshot,
    once: Once,
    act: &'a (dyn Fn() + Send + Sync),
}

// What it does cannot be shown.
impl std::fmt::Debug for Meanwhile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.files.fmt(f)
    }
}

impl Files for Meanwhile<'_> {
    fn origin(&self) -> Origin {
        self.files.origin()
    }

    fn list(&self) -> &FileList {
        self.files.list()
    }

    fn size(&self, entry: &Entry) -> std::io::Result<u64> {
        self.files.size(entry)
    }

    fn open(&self, entry: &Entry) -> std::io::Result<Content> {
        self.once.call_once(self.act);
        self.files.open(entry)
    }
}

/// The temporary directory of an export that is under way.
fn staging(out: &Path) -> PathBuf {
    let mut entries = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(".openness-")).unwrap()
}

type Swap = (&'static str, fn(&Path, &Path), bool);

#[test]
fn an_export_never_writes_through_a_link_that_is_put_in_its_way() {
    let swaps: [Swap; 4] = [
        (
            "its parent",
            |out, other| {
                fs::rename(out, out.with_file_name("moved")).unwrap();
                symlink(other, out).unwrap();
            },
            true,
        ),
        (
            "the temporary directory",
            |out, other| {
                let new = staging(out);
                fs::rename(&new, out.join("aside")).unwrap();
                symlink(other, new).unwrap();
            },
            false,
        ),
        ("a directory in it", |out, other| symlink(other, staging(out).join(".openness")).unwrap(), false),
        (
            "a file in it",
            |out, other| symlink(other.join("new"), staging(out).join("model.safetensors")).unwrap(),
            false,
        ),
    ];
    for (what, swap, is_made) in swaps {
        let release = Release::new();
        let snapshot = release.snapshot();
        let verified = release.verified(&snapshot);
        fs::create_dir(release.path("other")).unwrap();
        let act = || swap(&release.path("out"), &release.path("other"));
        let files = Meanwhile { files: &snapshot, once: Once::new(), act: &act };
        let exported = export(&files, &verified, &release.path("out/copy"));
        assert_eq!(exported.is_ok(), is_made, "{what}: {exported:?}");
        assert_eq!(fs::read_dir(release.path("other")).unwrap().count(), 0, "{what}");
        // The directory that was checked is the one that is written to, wherever it was moved.
        let copy = release.path("moved/copy/model.safetensors");
        assert_eq!(copy.is_file(), is_made, "{what}");
        assert!(release.path("out/copy").symlink_metadata().is_err(), "{what}");
    }
}

#[test]
fn an_export_overwrites_nothing() {
    let release = Release::new();
    let snapshot = release.snapshot();
    let verified = release.verified(&snapshot);
    fs::create_dir_all(release.path("out")).unwrap();
    fs::create_dir(release.path("elsewhere")).unwrap();
    // A symlink at the target counts as existing, whether it leads to an empty directory or nowhere.
    for target in ["elsewhere", "nowhere"] {
        symlink(release.path(target), release.path("out/link")).unwrap();
        let exported = export(&snapshot, &verified, &release.path("out/link"));
        assert!(matches!(exported, Err(Error::Exists { .. })), "{target}: {exported:?}");
        assert_eq!(release.exports(), ["link"], "{target}");
        fs::remove_file(release.path("out/link")).unwrap();
    }
    fs::write(release.path("out/file"), "mine").unwrap();
    assert!(matches!(export(&snapshot, &verified, &release.path("out/file")), Err(Error::Exists { .. })));
    assert!(matches!(export(&snapshot, &verified, &release.path("out/file/below")), Err(Error::Write { .. })));
    assert_eq!(fs::read(release.path("out/file")).unwrap(), b"mine");
    // An empty directory or a missing one is accepted; symlinks in its parents are the user's own.
    symlink(release.path("elsewhere"), release.path("out/way")).unwrap();
    export(&snapshot, &verified, &release.path("out/way/deep/copy")).unwrap();
    assert!(release.path("elsewhere/deep/copy/model.safetensors").is_file());
    fs::create_dir(release.path("out/empty")).unwrap();
    let exported = export(&snapshot, &verified, &release.path("out/empty")).unwrap();
    let sizes =
        ["model.safetensors", "OPENNESS.toml"].map(|name| fs::metadata(release.path("lm").join(name)).unwrap().len());
    assert_eq!((exported.files, exported.bytes), (2, sizes.iter().sum()));
    let copy = Snapshot::of_directory(&release.path("out/empty")).unwrap();
    assert_eq!(release.verify(&copy, &|_| {}).verdict(), Verdict::Verified);
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
