//! The whole statement of a release that has one of everything, contradictions between statement and manifest, and the
//! counts of a verification.

use std::fs;
use std::num::NonZero;
use std::ops::Deref as _;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::env::TestEnv;
use crate::common::repo::TestRepo;
use crate::common::tools::user;
use openness::artifacts::digest::{self, Options, Pointers};
use openness::git::Repo;
use openness::manifest::parse::{Parsed, parse_bytes};
use openness::path::RepoPath;
use openness::sign::{SecretKey, Trust, dsse};
use openness::snapshot::Snapshot;
use openness::statement::{Body, Statement};
use openness::verify::{FilesReport, Reason, Requirements, verify};
use openness::{check, json};
use serde_json::{Value, json};

const MANIFEST: &str = r#"schema = 1

[model]
name = "Tiny"
version = "1.0.0"
producer = "Example Lab"
license = "Apache-2.0"

[release]
access = "downloadable"
date = 2026-11-22
sequence = 3
supersedes = "0000000000000000000000000000000000000000000000000000000000000001"
expires = 2027-11-22

[claims]
"mof-1.0" = "class-iii"
"x-flag" = true
"x-number" = 7

[component.final-weights]
openness = "open"
files = ["weights/*"]

[component.training-data]
openness = "partial"
license = "CC-BY-4.0"
data-class = "public"
reason = "a third of it is not ours to give away"
remote = [
  { url = "https://example.org/a", sha256 = "0000000000000000000000000000000000000000000000000000000000000002", size = 5 },
  { url = "https://example.org/b" },
]

[coverage]
exclude = ["notes/*"]
reason = "notes are not part of the release"
"#;

/// Makes a repository with a Git LFS pointer whose content is stored, one whose content is not, a symlink, a submodule
/// and an excluded file.
fn release(env: &TestEnv) -> TestRepo<'_> {
    let repo = env.init("repo", &[]).unwrap();
    let pointer = |content: &str| {
        let oid = digest::sha256(content.as_bytes());
        let text = format!(
            "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
            oid.as_str(),
            content.len()
        );
        (oid.as_str().to_owned(), text)
    };
    let (oid, here) = pointer("weights that are here");
    repo.write(&format!(".git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]), "weights that are here");
    repo.write("OPENNESS.toml", MANIFEST)
        .write("notes/n.txt", "a note\n")
        .write("weights/a", "weights a\0")
        .write("weights/here", here)
        .write("weights/absent", pointer("weights that are not here").1);
    symlink("weights/a", repo.path.join("alias")).unwrap();
    repo.commit_all();
    let commit = repo.text(&["rev-parse", "HEAD"]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},module")]);
    repo.git(&["commit", "--quiet", "--message", "a submodule"]);
    repo
}

fn path(text: &str) -> RepoPath {
    text.parse().unwrap()
}

fn read(text: &str) -> Parsed {
    let parsed = parse_bytes("OPENNESS.toml", text.as_bytes());
    assert!(parsed.is_sound(), "{:?}", parsed.findings);
    parsed
}

/// Returns the statement of the last commit, with all errors waived, and the numbers of errors, warnings and notes.
fn state(repo: &TestRepo<'_>) -> (Statement, [usize; 3]) {
    let found = Repo::discover(repo.path(), &user()).unwrap().unwrap();
    let snapshot = Snapshot::of_revision(&found, "HEAD", None).unwrap();
    let checked = check(&snapshot).unwrap();
    let findings = checked.findings();
    let waived: Vec<String> = findings.iter().map(|finding| finding.rule.code.to_owned()).collect();
    let options = Options { threads: NonZero::new(1).unwrap(), pointers: Pointers::Confirm };
    let created = "2026-11-23T00:00:00Z".parse().unwrap();
    let statement = checked.pass(&waived).unwrap().statement(created, &options, &|_| {}).unwrap();
    let counts = ["error", "warning", "note"]
        .map(|word| findings.iter().filter(|finding| finding.severity.as_str() == word).count());
    (statement, counts)
}

#[test]
fn a_statement_holds_every_fact_of_the_release() {
    let env = TestEnv::new();
    let repo = release(&env);
    let (statement, [errors, warnings, notes]) = state(&repo);
    let mut value: Value = serde_json::from_slice(&statement.to_bytes().unwrap()).unwrap();
    let predicate = &mut value["predicate"];
    // The verdicts are those of the evaluators, which have tests of their own.
    let taxonomies = predicate["taxonomies"].take();
    assert!(taxonomies.as_array().unwrap().iter().any(|one| one["id"] == "mof-1.0"), "{taxonomies}");
    let waived = predicate["waived"].take();
    assert!(errors > 0 && errors != warnings + notes, "{errors}, {warnings} and {notes}: the counts must differ");
    assert!(!waived.as_array().unwrap().is_empty(), "{waived}");
    let files = ["OPENNESS.toml", "weights/a", "weights/absent", "weights/here"];
    let names: Vec<&str> = statement.subject.iter().map(|subject| subject.name.as_str()).collect();
    assert_eq!(names, files);
    let sizes: Vec<u64> = statement.subject.iter().map(|subject| subject.annotations.size).collect();
    assert_eq!(sizes[1..], [10, 25, 21]);
    let digest = |number: u8| format!("{number:064}");
    assert_eq!(
        *predicate,
        json!({
            "manifest": { "path": "OPENNESS.toml", "sha256": digest::sha256(MANIFEST.as_bytes()).as_str() },
            "model": { "name": "Tiny", "version": "1.0.0", "producer": "Example Lab" },
            "release": { "access": "downloadable", "date": "2026-11-22", "sequence": 3, "supersedes": digest(1) },
            "expires": "2027-11-22",
            "created": "2026-11-23T00:00:00Z",
            "claims": { "mof-1.0": "class-iii", "x-flag": true, "x-number": 7 },
            "components": [
                {
                    "id": "final-weights", "openness": "open", "license": "Apache-2.0",
                    "files": files[1..], "remote": [],
                },
                {
                    "id": "training-data", "openness": "partial", "license": "CC-BY-4.0", "dataClass": "public",
                    "reason": "a third of it is not ours to give away", "files": [],
                    "remote": [
                        { "url": "https://example.org/a", "sha256": digest(2), "size": 5 },
                        { "url": "https://example.org/b" },
                    ],
                },
            ],
            "taxonomies": null,
            "waived": null,
            "findings": { "errors": errors, "warnings": warnings, "notes": notes },
            "coverage": {
                "files": 4,
                "bytes": sizes.iter().sum::<u64>(),
                "exclude": ["notes/*"],
                "excluded": ["notes/n.txt"],
                "links": { "alias": "weights/a" },
                "submodules": { "module": repo.text(&["rev-parse", "HEAD~"]) },
                "lfs": { "confirmed": 1, "unconfirmed": 1 },
            },
            "git": {
                "objectFormat": "sha1",
                "commit": repo.text(&["rev-parse", "HEAD"]),
                "tree": repo.text(&["rev-parse", "HEAD^{tree}"]),
            },
        })
    );
}

#[test]
fn a_contradiction_names_the_field_that_differs() {
    let env = TestEnv::new();
    let (statement, _) = state(&release(&env));
    assert_eq!(statement.contradicts(&read(MANIFEST).manifest), None);
    for (from, to, what) in [
        ("1.0.0", "1.0.1", "model"),
        ("sequence = 3", "sequence = 4", "release"),
        ("date = 2026-11-22", "date = 2026-11-21", "release"),
        ("expires = 2027-11-22\n", "", "expires"),
        ("class-iii", "class-ii", "claims"),
        ("\"x-number\" = 7\n", "", "claims"),
        ("notes/*", "notes/**", "coverage.exclude"),
        ("[component.final-weights]\nopenness = \"open\"\nfiles = [\"weights/*\"]\n", "", "components"),
        ("openness = \"open\"", "openness = \"partial\"", "components.final-weights"),
        ("files = [\"weights/*\"]", "files = [\"weights/a\"]", "components.final-weights"),
        ("size = 5", "size = 6", "components.training-data"),
        ("data-class = \"public\"", "data-class = \"open\"", "components.training-data"),
    ] {
        assert!(MANIFEST.contains(from), "{from}");
        let said = statement.contradicts(&read(&MANIFEST.replace(from, to)).manifest);
        assert_eq!(said, Some(format!("its `{what}` differs from the manifest")), "{from} → {to}");
    }
}

/// Verifies a release and returns its files by result, and the notes.
fn files(snapshot: &Snapshot, trust: &Trust) -> (FilesReport, Vec<String>) {
    let requirements = Requirements::new(trust, "2026-12-01T00:00:00Z".parse().unwrap()).allow_crlf(true);
    let report = verify(snapshot, &requirements, &|_| {}).unwrap();
    // No taxonomy defines the claims.
    let reasons: Vec<Reason> = report.reasons().iter().copied().collect();
    assert_eq!(reasons, [Reason::Incomplete, Reason::ClaimDoesNotHold]);
    (report.files().clone(), report.notes().iter().map(ToString::to_string).collect())
}

#[test]
fn an_lfs_pointer_counts_only_where_content_is_missing() {
    let env = TestEnv::new();
    let repo = release(&env);
    let key = SecretKey::generate().unwrap();
    let trust = Trust::of_keys([*key.public()]);
    let (statement, _) = state(&repo);
    let bytes = statement.to_bytes().unwrap();
    repo.write(".openness/statement.json", &bytes)
        .write(".openness/SHA256SUMS", statement.sums())
        .write(".openness/signatures/k.sigstore.json", dsse::sign(&bytes, &key).unwrap())
        .commit_all();
    let found = Repo::discover(repo.path(), &user()).unwrap().unwrap();

    let (commit, notes) = files(&Snapshot::of_revision(&found, "HEAD", None).unwrap(), &trust);
    assert_eq!((commit.verified, commit.pointers, commit.excluded), (3, 1, vec![path("notes/n.txt")]));
    assert_eq!(notes, [""; 0]);
    // The store of Git LFS does not count for files on disk: a loader would read the pointers.
    let (tree, _) = files(&Snapshot::of_work_tree(&found, None).unwrap(), &trust);
    assert_eq!((tree.verified, tree.pointers), (2, 2));
    let directory = || files(&Snapshot::of_directory(repo.path()).unwrap(), &trust);
    assert_eq!((directory().0.verified, directory().0.pointers), (2, 2));

    // With the line endings of a checkout by Git on Windows.
    repo.write("OPENNESS.toml", MANIFEST.replace('\n', "\r\n"));
    let (crlf, notes) = directory();
    assert_eq!((crlf.verified, crlf.pointers, crlf.crlf), (1, 2, vec![path("OPENNESS.toml")]));
    assert_eq!(notes, [""; 0]);
    repo.write("OPENNESS.toml", MANIFEST);

    let note = |names: &str| {
        format!(
            "hard links give other names to {names}, through which they can be changed; `--export` makes separate copies"
        )
    };
    fs::hard_link(repo.path.join("weights/a"), env.path("a")).unwrap();
    assert_eq!(directory().1, [note("`weights/a`")]);
    fs::hard_link(repo.path.join("weights/here"), env.path("here")).unwrap();
    assert_eq!(directory().1, [note("`weights/a`, `weights/here`")]);
}

#[test]
fn a_statement_that_is_too_large_is_not_read() {
    for (size, fine) in [(192 << 20, true), ((192 << 20) + 1, false)] {
        // Neither is JSON, so reading ends at the first byte.
        let error = Statement::prepared(&vec![0; size], &[]).unwrap_err();
        assert_eq!(matches!(error, openness::statement::Error::Json(_)), fine, "{size}: {error}");
        assert_eq!(matches!(error, openness::statement::Error::TooLarge(_)), !fine, "{size}: {error}");
    }
}

#[test]
fn a_file_of_another_size_is_not_hashed() {
    let env = TestEnv::new();
    let repo = env.init("repo", &[]).unwrap();
    let weights = |size: u64| fs::File::create(repo.path.join("weights")).unwrap().set_len(size).unwrap();
    weights(17 << 20);
    repo.write("OPENNESS.toml", MANIFEST).commit_all();
    let key = SecretKey::generate().unwrap();
    let bytes = state(&repo).0.to_bytes().unwrap();
    repo.write(".openness/statement.json", &bytes)
        .write(".openness/signatures/k.sigstore.json", dsse::sign(&bytes, &key).unwrap());
    for (size, changed, least, most) in [(17 << 20, false, 17 << 20, 18 << 20), (18 << 20, true, 1, 1 << 20)] {
        weights(size);
        let read = AtomicU64::new(0);
        let trust = Trust::of_keys([*key.public()]);
        let requirements = Requirements::new(&trust, "2026-12-01T00:00:00Z".parse().unwrap());
        let snapshot = Snapshot::of_directory(repo.path()).unwrap();
        let progress = |bytes| {
            read.fetch_add(bytes, Ordering::Relaxed);
        };
        let report = verify(&snapshot, &requirements, &progress).unwrap();
        assert_eq!(report.files().changed == [path("weights")], changed, "{:?}", report.files());
        let read = read.into_inner();
        assert!((least..most).contains(&read), "{read} of {size} bytes were read");
    }
}

#[test]
fn changed_line_endings_are_recognized_in_long_texts() {
    let env = TestEnv::new();
    let repo = env.init("repo", &[]).unwrap();
    // Longer than what is read whole.
    let text = "a line of a long text\n".repeat(1_000_000);
    repo.write("weights/text", &text).write("OPENNESS.toml", MANIFEST).commit_all();
    let key = SecretKey::generate().unwrap();
    let bytes = state(&repo).0.to_bytes().unwrap();
    repo.write(".openness/statement.json", &bytes)
        .write(".openness/signatures/k.sigstore.json", dsse::sign(&bytes, &key).unwrap())
        .write("weights/text", text.replace('\n', "\r\n"));
    let trust = Trust::of_keys([*key.public()]);
    for is_allowed in [false, true] {
        let requirements = Requirements::new(&trust, "2026-12-01T00:00:00Z".parse().unwrap()).allow_crlf(is_allowed);
        let report = verify(&Snapshot::of_directory(repo.path()).unwrap(), &requirements, &|_| {}).unwrap();
        let FilesReport { verified, changed, crlf, .. } = report.files();
        let text = vec![path("weights/text")];
        let expected = if is_allowed { (&vec![], &text) } else { (&text, &vec![]) };
        assert_eq!((*verified, (changed, crlf)), (1, expected), "{is_allowed}");
    }
}

#[test]
fn component_files_must_be_sorted_subjects_without_duplicates() {
    let env = TestEnv::new();
    let (statement, _) = state(&release(&env));
    let with = |files: Vec<RepoPath>| {
        let mut body = statement.deref().clone();
        body.predicate.components[0].files = files;
        Body::read_unverified(&json::canonical(&body).unwrap()).map(drop).map_err(|error| error.to_string())
    };
    let (one, other) = (path("weights/a"), path("weights/here"));
    assert_eq!(with(vec![one.clone(), other.clone()]), Ok(()));
    assert_eq!(with(vec![]), Ok(()));
    for (files, problem) in [
        (
            vec![other.clone(), one.clone()],
            "the files of `final-weights` are not sorted: `weights/here` before `weights/a`",
        ),
        (vec![one.clone(), one.clone()], "the files of `final-weights` are not sorted: `weights/a` before `weights/a`"),
        (vec![one, path("weights/b"), other], "`weights/b` of `final-weights` is not a subject"),
    ] {
        assert_eq!(with(files), Err(format!("the statement contradicts itself: {problem}")));
    }
}
