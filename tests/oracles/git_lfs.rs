//! Git LFS as the oracle for its pointers and repositories.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::common::env::TestEnv;
use crate::common::repo::TestRepo;
use crate::common::tools::{has, user};
use openness::artifacts::digest::{Basis, LfsContent, Options, Pointers, hash_all, sha256};
use openness::artifacts::lfs::Pointer;
use openness::files::{Entry, Files as _};
use openness::git::{Repo, TreeSource};
use openness::snapshot::Snapshot;

const OID: &str = "e128b228fb1d2dc3e6e6710343f3badb8d3248f7c546a9c5f4c80e47899f5972";

/// A repository in a home where Git LFS is set up; `None`, and said so, where there is no Git LFS.
fn with_lfs(env: &TestEnv) -> Option<TestRepo<'_>> {
    if !has("git-lfs") {
        return None;
    }
    let repo = env.init("r", &[]).unwrap();
    repo.git(&["lfs", "install", "--skip-repo"]);
    Some(repo)
}

fn pointer() -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 100000\n")
}

/// Every form by a name: of lines in other orders, with other ends, blanks, numbers and versions.
fn forms() -> BTreeMap<&'static str, String> {
    let with = |from: &str, to: &str| pointer().replace(from, to);
    let before = |key: &str, lines: &str| with(&format!("{key} "), &format!("{lines}\n{key} "));
    let extension = format!("ext-0-foo sha256:{OID}");
    BTreeMap::from([
        ("as git lfs writes it", pointer()),
        ("crlf", with("\n", "\r\n")),
        ("crlf in one line", with("\noid", "\r\noid")),
        ("cr", with("\n", "\r")),
        ("no last line feed", pointer().trim_end().to_owned()),
        ("blank lines after", format!("{}\n\n\n", pointer())),
        ("blanks after", format!("{}  ", pointer())),
        ("tab after", format!("{}\t", pointer().trim_end())),
        ("no-break space after", format!("{}\u{a0}", pointer().trim_end())),
        ("blank after the size", with("100000\n", "100000 \n")),
        ("blank after the oid", with("\nsize", " \nsize")),
        ("blank before", format!(" {}", pointer())),
        ("line before", format!("\n{}", pointer())),
        ("blank line within", before("oid", "")),
        ("byte order mark", format!("\u{feff}{}", pointer())),
        ("oid in upper case", with(OID, &OID.to_uppercase())),
        ("oid too short", with("sha256:e", "sha256:")),
        ("oid too long", with(OID, &format!("{OID}00"))),
        ("oid of sha1", with("sha256:", "sha1:")),
        ("hawser", with("git-lfs.github.com", "hawser.github.com")),
        ("git-media", with("https://git-lfs.github.com/spec/v1", "http://git-media.io/v/2")),
        ("version 2", with("spec/v1", "spec/v2")),
        ("version with a slash", with("spec/v1", "spec/v1/")),
        ("version over http", with("https", "http")),
        ("size with a zero", with("100000", "0100000")),
        ("size with a plus", with("100000", "+100000")),
        ("size with a minus", with("100000", "-1")),
        ("size zero", with("100000", "0")),
        ("size minus zero", with("100000", "-0")),
        ("size in hexadecimal", with("100000", "0x10")),
        ("size with an underscore", with("100000", "100_000")),
        ("largest size", with("100000", "9223372036854775807")),
        ("size too large", with("100000", "9223372036854775808")),
        ("no size", with("size 100000\n", "")),
        ("size twice", format!("{}size 5\n", pointer())),
        ("size before oid", format!("version https://git-lfs.github.com/spec/v1\nsize 100000\noid sha256:{OID}\n")),
        ("tab between", with("oid ", "oid\t")),
        ("two blanks", with("oid ", "oid  ")),
        ("another line", format!("{}print(1)\n", pointer())),
        ("another key", format!("{}x y\n", pointer())),
        ("extension", before("oid", &extension)),
        ("extension between", before("size", &extension)),
        ("extension after", format!("{}{extension}\n", pointer())),
        ("two extensions", before("oid", &format!("{extension}\next-1-bar sha256:{OID}"))),
        ("two extensions of one priority", before("oid", &format!("{extension}\next-0-bar sha256:{OID}"))),
        ("extension without a name", before("oid", &format!("ext-0- sha256:{OID}"))),
        ("extension of priority ten", before("oid", &format!("ext-10-foo sha256:{OID}"))),
        ("extension without an oid", before("oid", "ext-0-foo bar")),
        ("1024 bytes", format!("{}{}", pointer(), "\n".repeat(1024 - pointer().len()))),
        ("1025 bytes", format!("{}{}", pointer(), "\n".repeat(1025 - pointer().len()))),
        ("not that", "weights".to_owned()),
    ])
}

/// Where we are stricter, on purpose: the specification's limit, and content that another program has changed, so that
/// the pointer does not name the bytes of the work tree.
const STRICTER: &[(&str, (bool, bool))] =
    &[("1025 bytes", (false, false)), ("extension", (true, false)), ("two extensions", (true, false))];

#[test]
fn git_lfs_agrees_on_pointers() {
    let env = TestEnv::new();
    let Some(repo) = with_lfs(&env) else { return };
    let (mut differing, mut pointers) = (Vec::new(), 0);
    for (name, text) in forms() {
        repo.write("form", &text);
        let check = |strict: &[&str]| {
            let arguments = [&["lfs", "pointer", "--check", "--file=form"], strict].concat();
            repo.output(&arguments).status.code().unwrap()
        };
        // Status 1: no pointer; 2, under --strict: not as it would be written.
        let oracle = (check(&[]) == 0, check(&["--strict"]) == 0);
        let read = Pointer::parse(text.as_bytes());
        let ours = (read.is_some(), read.as_ref().is_some_and(Pointer::is_canonical));
        pointers += usize::from(oracle.0);
        if ours != oracle {
            differing.push((name, ours));
        }
    }
    assert_eq!(differing, STRICTER, "differs from git-lfs");
    assert!(pointers > 15, "the oracle reads {pointers} forms as pointers");
}

/// Path → what was declared of it by Git LFS itself: `OID PATH` for each pointer of a commit.
fn listed(repo: &TestRepo<'_>, revision: &str) -> BTreeMap<String, String> {
    let listing = repo.text(&["lfs", "ls-files", "--long", revision]);
    let line = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (oid, _, path) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        (path.to_owned(), oid.to_owned())
    };
    listing.lines().map(line).collect()
}

/// Path → digest and basis, as we read one state of a repository.
fn read(repo: &TestRepo<'_>, look: TreeSource<'_>) -> BTreeMap<String, (String, Basis)> {
    let opened = Repo::discover(&repo.path, &user()).unwrap().unwrap();
    let snapshot = Snapshot::of(&opened, look, None).unwrap();
    let entries: Vec<&Entry> = snapshot.entries().iter().collect();
    let options = Options { pointers: Pointers::Confirm, ..Options::default() };
    let hashed = hash_all(&snapshot, &entries, &options, &|_| {});
    let of = |(entry, hashed): (&&Entry, Result<_, _>)| {
        let hashed: openness::artifacts::digest::Hashed = hashed.unwrap();
        (entry.path.to_string(), (hashed.sha256.as_str().to_owned(), hashed.basis))
    };
    entries.iter().zip(hashed).map(of).collect()
}

fn content(found: &BTreeMap<String, (String, Basis)>, path: &str) -> Option<LfsContent> {
    match found[path].1 {
        Basis::Bytes => None,
        Basis::Pointer { content, .. } => Some(content),
    }
}

#[test]
fn git_lfs_agrees_on_repositories() {
    let env = TestEnv::new();
    let Some(repo) = with_lfs(&env) else { return };
    repo.git(&["lfs", "track", "*.bin"]);
    let large = [b"weights\n".repeat(40_000), b"end".to_vec()].concat();
    repo.write("small.bin", "weights").write("dir/large.bin", &large).write("empty.bin", "").write("text", "text\n");
    repo.commit_all();

    let oracle = listed(&repo, "HEAD");
    assert_eq!(oracle.keys().collect::<Vec<_>>(), ["dir/large.bin", "small.bin"], "an empty file has no pointer");
    for look in [TreeSource::Revision("HEAD"), TreeSource::Staged] {
        let found = read(&repo, look);
        for (path, oid) in &oracle {
            assert_eq!(found[path].0, *oid, "{look:?} {path}");
            let confirmed = Basis::Pointer { is_canonical: true, content: LfsContent::Confirmed };
            assert_eq!(found[path].1, confirmed, "{look:?} {path}");
        }
        assert_eq!(found["empty.bin"], (sha256(b"").as_str().to_owned(), Basis::Bytes));
    }
    // In the work tree the content stands where the pointer is committed.
    let found = read(&repo, TreeSource::WorkTree);
    assert_eq!(found["dir/large.bin"], (oracle["dir/large.bin"].clone(), Basis::Bytes));

    // Without the content: a bare clone, and a checkout that skips it.
    let bare = env.at("bare.git");
    repo.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    assert_eq!(listed(&bare, "HEAD"), oracle);
    let found = read(&bare, TreeSource::Revision("HEAD"));
    for (path, oid) in &oracle {
        assert_eq!((&found[path].0, content(&found, path)), (oid, Some(LfsContent::Absent)), "{path}");
    }
    let mut clone = env.command("git");
    clone.env("GIT_LFS_SKIP_SMUDGE", "1").current_dir(&repo.path).args(["clone", "--quiet", ".", "../skipped"]);
    assert!(clone.status().unwrap().success());
    let skipped = env.at("skipped");
    for look in [TreeSource::WorkTree, TreeSource::Revision("HEAD")] {
        let found = read(&skipped, look);
        for (path, oid) in &oracle {
            assert_eq!((&found[path].0, content(&found, path)), (oid, Some(LfsContent::Absent)), "{look:?} {path}");
        }
    }
    // `git lfs pull` fetches it.
    skipped.git(&["lfs", "pull"]);
    assert_eq!(read(&skipped, TreeSource::WorkTree)["dir/large.bin"], (oracle["dir/large.bin"].clone(), Basis::Bytes));
    assert_eq!(content(&read(&skipped, TreeSource::Revision("HEAD")), "small.bin"), Some(LfsContent::Confirmed));
}

#[test]
fn git_lfs_agrees_on_corrupt_objects() {
    let env = TestEnv::new();
    let Some(repo) = with_lfs(&env) else { return };
    repo.git(&["lfs", "track", "*.bin"]);
    repo.write("a.bin", "weights").write("b.bin", "weights, too").commit_all();
    repo.git(&["lfs", "fsck"]);
    let oid = &listed(&repo, "HEAD")["a.bin"];
    let object: PathBuf = repo.path.join(format!(".git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]));
    fs::set_permissions(&object, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&object, "WEIGHTS").unwrap();
    let output = repo.output(&["lfs", "fsck", "--objects", "--dry-run"]);
    let oracle = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && oracle.contains("a.bin") && !oracle.contains("b.bin"), "{oracle}");
    let found = read(&repo, TreeSource::Revision("HEAD"));
    assert_eq!(content(&found, "a.bin"), Some(LfsContent::Wrong));
    assert_eq!(content(&found, "b.bin"), Some(LfsContent::Confirmed));
    // Without being told otherwise it moves the object away; the work tree still has the content.
    repo.output(&["lfs", "fsck", "--objects"]);
    assert!(!object.exists());
    assert_eq!(content(&read(&repo, TreeSource::Revision("HEAD")), "a.bin"), Some(LfsContent::Confirmed));
}

/// As the rules OPN601 and OPN604 tell: `git lfs fsck --pointers` finds the same files.
#[test]
fn pointers_that_git_lfs_reports_are_findings() {
    let env = TestEnv::new();
    let Some(repo) = with_lfs(&env) else { return };
    repo.git(&["lfs", "track", "*.bin"]);
    repo.write("OPENNESS.toml", include_str!("../../examples/tiny-lm/OPENNESS.toml")).commit_all();
    for (path, text) in
        [("good.bin", pointer()), ("crlf.bin", pointer().replace('\n', "\r\n")), ("raw.bin", "weights".to_owned())]
    {
        // Past the filter, as somebody does without Git LFS.
        repo.write(path, text);
        let id = repo.text(&["hash-object", "-w", "--no-filters", path]);
        repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},{path}")]);
    }
    repo.git(&["commit", "--quiet", "--message", "by hand"]);
    let output = repo.output(&["lfs", "fsck", "--pointers"]);
    let oracle = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let blob = |path: &str| repo.text(&["rev-parse", &format!("HEAD:{path}")]);
    let run = env
        .program()
        .args(["check", repo.path.to_str().unwrap(), "--rev", "HEAD", "--format", "json"])
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    for (code, path) in [("OPN601", "crlf.bin"), ("OPN604", "raw.bin")] {
        // It names what stands where a pointer should by its path, and a pointer by its blob.
        assert!(oracle.contains(path) || oracle.contains(&blob(path)), "the oracle does not name {path}: {oracle}");
        let findings = report["findings"].as_array().unwrap();
        let of_code: Vec<String> =
            findings.iter().filter(|finding| finding["code"] == code).map(ToString::to_string).collect();
        assert!(of_code.len() == 1 && of_code[0].contains(path) && !of_code[0].contains("good.bin"), "{of_code:?}");
    }
    assert!(!oracle.contains("good.bin") && !oracle.contains(&blob("good.bin")), "{oracle}");
}
