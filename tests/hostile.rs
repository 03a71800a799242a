//! What somebody may put before a verifier, and what becomes of it: one line for each, properly signed by a trusted key where
//! the point is what lies behind the signature.
//!
//! Each line names the reasons that the verification has to give, all of them and no other. An empty list is a release that
//! verifies: the nearest thing that is let be.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use base64ct::{Base64, Base64Url, Encoding as _};
use jiff::Timestamp;
use openness::artifacts::Inventory;
use openness::artifacts::digest::{self, Options};
use openness::json;
use openness::manifest::parse::parse_bytes;
use openness::rules::{self, Passed, Repository};
use openness::sign::{PublicKey, Revocations, SecretKey, Trust, dsse, keyfile, sshsig};
use openness::snapshot::{Entry, Snapshot};
use openness::source::Source;
use openness::statement::Statement;
use openness::verify::{Report, Request, Verdict, verify};
use serde_json::{Value, json};

const MANIFEST: &str = r#"schema = 1

[model]
name = "Tiny"
version = "1.0.0"
producer = "Example Lab"
license = "Apache-2.0"

[release]
access = "downloadable"
sequence = 3

[component.final-weights]
openness = "open"
files = ["weights/*.safetensors"]

[component.model-card]
openness = "open"
license = "CC-BY-4.0"
files = ["README.md"]
"#;

/// Of RFC 8410, §10.3, and of nobody.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

static SIGNER: LazyLock<SecretKey> = LazyLock::new(|| keyfile::parse(KEY, "the key", &mut |_| None).unwrap());
static STRANGER: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::generate().unwrap());

/// A release in a directory, and the verifier's own choices.
struct Case {
    folder: tempfile::TempDir,
    /// The statement that was signed last.
    statement: Value,
    trust: Trust,
    at: Timestamp,
}

impl Case {
    /// A release that verifies.
    fn honest() -> Self {
        let mut case = Self {
            folder: tempfile::tempdir().unwrap(),
            statement: Value::Null,
            trust: Trust::of_keys([*SIGNER.public()]),
            at: "2026-12-01T00:00:00Z".parse().unwrap(),
        };
        case.write("OPENNESS.toml", MANIFEST);
        case.write("README.md", "# Tiny\n\nA card.\n");
        case.write("weights/a.safetensors", "weights a\0");
        case.write("weights/b.safetensors", "weights b\0");
        case.sign_tree();
        case
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("release")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Signs what is there, in spite of whatever stands against it.
    fn sign_tree(&mut self) {
        let _ = fs::remove_dir_all(self.path(".openness"));
        let snapshot = Snapshot::of_directory(&self.root()).unwrap();
        let parsed = parse_bytes("OPENNESS.toml", &self.read("OPENNESS.toml"));
        let inventory = Inventory::resolve(&parsed.manifest, &snapshot);
        let mut findings = parsed.findings.clone();
        findings.extend(rules::check(&Repository {
            manifest: &parsed.manifest,
            snapshot: &snapshot,
            inventory: &inventory,
        }));
        let despite: Vec<String> = findings.iter().map(|finding| finding.card.code.to_owned()).collect();
        let passed = Passed::new(&parsed, &findings, &despite).unwrap();
        let entries: Vec<&Entry> = inventory.covered.iter().map(|at| &snapshot.entries()[*at]).collect();
        let hashed = digest::hash_all(&snapshot, &entries, &Options::default(), &|_| {});
        let hashed: Vec<_> = hashed.into_iter().collect::<Result<_, _>>().unwrap();
        let created = "2026-11-22T00:00:00Z".parse().unwrap();
        let statement = Statement::new(&passed, &snapshot, &inventory, &hashed, created).unwrap();
        self.sign_bytes(&statement.to_bytes().unwrap());
    }

    /// Signs bytes, whatever they are, in both envelopes.
    fn sign_bytes(&mut self, bytes: &[u8]) {
        self.write(".openness/statement.json", bytes);
        self.write(".openness/signatures/k.sigstore.json", dsse::seal(bytes, &SIGNER).unwrap());
        self.write(".openness/signatures/k.sshsig", sshsig::seal(bytes, &SIGNER).unwrap());
        self.statement = serde_json::from_slice(bytes).unwrap_or_default();
        self.write(".openness/SHA256SUMS", self.sums());
    }

    fn sums(&self) -> String {
        let line = |subject: &Value| {
            let (digest, name) = (subject["digest"]["sha256"].as_str()?, subject["name"].as_str()?);
            Some(format!("{digest}  {name}\n"))
        };
        self.statement["subject"].as_array().into_iter().flatten().filter_map(line).collect()
    }

    /// Changes the statement and signs it again.
    fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut statement = self.statement.clone();
        change(&mut statement);
        assert_ne!(statement, self.statement, "the change changes nothing");
        self.sign_bytes(&json::canonical(&statement).unwrap());
    }

    /// Changes the subjects, and the counts with them.
    fn subjects(&mut self, change: impl FnOnce(&mut Vec<Value>)) {
        self.edit(|statement| {
            let subjects = statement["subject"].as_array_mut().unwrap();
            change(subjects);
            let bytes: u64 = subjects.iter().map(|subject| subject["annotations"]["size"].as_u64().unwrap()).sum();
            let files = subjects.len();
            statement["predicate"]["coverage"]["files"] = files.into();
            statement["predicate"]["coverage"]["bytes"] = bytes.into();
        });
    }

    /// Signs one more file, which may be none.
    fn subject(&mut self, name: &str, content: &str) {
        let digest = digest::sha256(content.as_bytes());
        let subject =
            json!({ "name": name, "digest": { "sha256": digest.as_str() }, "annotations": { "size": content.len() } });
        self.subjects(|subjects| {
            subjects.push(subject);
            subjects.sort_by_key(|subject| subject["name"].as_str().unwrap().as_bytes().to_vec());
        });
    }

    /// Changes the text of the statement and signs it again.
    fn text(&mut self, change: impl FnOnce(&str) -> String) {
        let text = String::from_utf8(self.read(".openness/statement.json")).unwrap();
        let changed = change(&text);
        assert_ne!(changed, text, "the change changes nothing");
        self.sign_bytes(changed.as_bytes());
        self.statement = serde_json::from_str(&text).unwrap();
        self.write(".openness/SHA256SUMS", self.sums());
    }

    /// Changes the bundle, which is not signed again.
    fn bundle(&mut self, change: impl FnOnce(&mut Value)) {
        let name = ".openness/signatures/k.sigstore.json";
        let mut bundle: Value = serde_json::from_slice(&self.read(name)).unwrap();
        change(&mut bundle);
        self.write(name, bundle.to_string());
    }

    /// Puts the bundle in place of both envelopes.
    fn only_bundle(&mut self) {
        self.remove(".openness/signatures/k.sshsig");
    }

    fn only_sshsig(&mut self) {
        self.remove(".openness/signatures/k.sigstore.json");
    }

    /// Takes the SSH signature apart, changes its fields and puts it together.
    fn sshsig(&mut self, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
        self.only_sshsig();
        let name = ".openness/signatures/k.sshsig";
        let text = String::from_utf8(self.read(name)).unwrap();
        let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let blob = Base64::decode_vec(&base64).unwrap();
        let mut rest = &blob[10..];
        let mut fields = Vec::new();
        while !rest.is_empty() {
            let length = usize::try_from(u32::from_be_bytes(rest[..4].try_into().unwrap())).unwrap();
            fields.push(rest[4..4 + length].to_vec());
            rest = &rest[4 + length..];
        }
        change(&mut fields);
        let mut blob = blob[..10].to_vec();
        for field in fields {
            blob.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
            blob.extend(field);
        }
        let base64 = Base64::encode_string(&blob);
        self.write(name, format!("-----BEGIN SSH SIGNATURE-----\n{base64}\n-----END SSH SIGNATURE-----\n"));
    }

    fn allow(&mut self, options: &str) {
        let line = format!("lab@example.org {options} {}\n", SIGNER.public().to_openssh(""));
        self.trust = Trust::of_allowed_signers(&Source::new("allowed_signers", line)).unwrap();
    }

    fn manifest(&mut self, change: impl FnOnce(&str) -> String) {
        self.write("OPENNESS.toml", change(MANIFEST));
        self.sign_tree();
    }

    fn verify(&self) -> Report {
        let snapshot = Snapshot::of_directory(&self.root()).unwrap();
        verify(&snapshot, &Request::new(&self.trust, self.at), &|_| {}).unwrap()
    }
}

type Line = (&'static str, fn(&mut Case), &'static [&'static str]);

/// Every line is tried before the first failure is told.
fn judge(lines: &[Line], least: usize) {
    assert!(lines.len() >= least, "lines have gone");
    let names: BTreeSet<&str> = lines.iter().map(|(what, ..)| *what).collect();
    assert_eq!(names.len(), lines.len(), "two lines of one name");
    let mut wrong = Vec::new();
    for (what, change, expected) in lines {
        let mut case = Case::honest();
        change(&mut case);
        let report = case.verify();
        let found: Vec<&str> = report.reasons.iter().map(|reason| reason.as_str()).collect();
        let verdict = match *expected {
            [] => Verdict::Verified,
            ["incomplete"] => Verdict::Partial,
            _ => Verdict::Failed,
        };
        if found != *expected || report.verdict != verdict {
            wrong.push(format!(
                "{what}: {:?} {found:?}, expected {expected:?}\n  {:?}\n  {:?}",
                report.verdict, report.statement_problem, report.notes
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
}

const INVALID: &[&str] = &["statement-invalid"];
const BAD: &[&str] = &["bad-signature"];
const CHANGED: &[&str] = &["content-mismatch"];
const UNSIGNED: &[&str] = &["unsigned-files"];

#[test]
fn an_honest_release_verifies() {
    assert_eq!(Case::honest().verify().verdict, Verdict::Verified);
}

#[test]
fn names_that_no_release_may_have_are_refused_though_signed() {
    let long = "a".repeat(256);
    let deep = vec!["a"; 65].join("/");
    let longer = vec!["a".repeat(100); 45].join("/");
    let names = [
        "",
        ".",
        "..",
        "../outside",
        "a/../../outside",
        "a/..",
        "/etc/passwd",
        "//a",
        "a//b",
        "a/",
        "./a",
        "a/./b",
        "a\\b",
        "..\\outside",
        "C:/x",
        "c:x",
        "a/d:/x",
        "NUL",
        "nul",
        "aux.txt",
        "a/COM1",
        "LPT9.bin",
        "CON .txt",
        "CONOUT$",
        "a.",
        "a ",
        "a./b",
        "a /b",
        "a\u{7}",
        "a\nb",
        "a\tb",
        "a\0b",
        "a\u{1b}[2Jb",
        "a\u{85}b",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{200b}b",
        "\u{feff}a",
        "a\u{ad}b",
        "a\u{2028}b",
        ".openness/statement.json",
        ".openness/x",
        &long,
        &deep,
        &longer,
    ];
    for name in names {
        let mut case = Case::honest();
        case.subject(name, "x");
        let report = case.verify();
        let found: Vec<&str> = report.reasons.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(found, INVALID, "{name:?}: {:?}", report.statement_problem);
        assert!(report.files.changed.is_empty() && report.files.verified == 0, "{name:?}: a file was looked at");
    }
    assert!(names.len() >= 40);
}

#[test]
fn statements_that_are_signed_and_unsound() {
    judge(
        &[
            ("the subjects are unsorted", |c| c.subjects(|s| s.reverse()), INVALID),
            ("two subjects are swapped", |c| c.subjects(|s| s.swap(0, 1)), INVALID),
            ("a subject stands twice", |c| c.subjects(|s| s.insert(1, s[1].clone())), INVALID),
            (
                "a subject stands twice with two digests",
                |c| {
                    c.subjects(|s| {
                        let mut other = s[1].clone();
                        other["digest"]["sha256"] = "0".repeat(64).into();
                        s.insert(1, other);
                    });
                },
                INVALID,
            ),
            ("there is no subject", |c| c.subjects(Vec::clear), INVALID),
            ("the subjects are an object", |c| c.edit(|s| s["subject"] = json!({})), INVALID),
            ("the subjects are null", |c| c.edit(|s| s["subject"] = Value::Null), INVALID),
            ("the manifest is no subject", |c| c.subjects(|s| drop(s.remove(0))), INVALID),
            ("a subject is a string", |c| c.edit(|s| s["subject"][1] = "README.md".into()), INVALID),
            ("a size is a string", |c| c.edit(|s| s["subject"][1]["annotations"]["size"] = "17".into()), INVALID),
            ("a size is negative", |c| c.edit(|s| s["subject"][1]["annotations"]["size"] = json!(-17)), INVALID),
            ("a size is a fraction", |c| c.edit(|s| s["subject"][1]["annotations"]["size"] = json!(17.5)), INVALID),
            (
                "the sizes overflow",
                |c| {
                    c.edit(|s| {
                        s["subject"][1]["annotations"]["size"] = u64::MAX.into();
                        s["subject"][2]["annotations"]["size"] = u64::MAX.into();
                    });
                },
                INVALID,
            ),
            ("there is no size", |c| c.edit(|s| s["subject"][1]["annotations"] = json!({})), INVALID),
            ("there is no digest", |c| c.edit(|s| s["subject"][1]["digest"] = json!({})), INVALID),
            ("a digest is SHA-1", |c| c.edit(|s| s["subject"][1]["digest"] = json!({"sha1": "0".repeat(40)})), INVALID),
            ("a second digest", |c| c.edit(|s| s["subject"][1]["digest"]["md5"] = "0".into()), INVALID),
            (
                "a digest in capitals",
                |c| {
                    c.edit(|s| {
                        let digest = &mut s["subject"][1]["digest"]["sha256"];
                        *digest = digest.as_str().unwrap().to_uppercase().into();
                    });
                },
                INVALID,
            ),
            ("a digest too short", |c| c.edit(|s| s["subject"][1]["digest"]["sha256"] = "ab".into()), INVALID),
            ("a subject says more", |c| c.edit(|s| s["subject"][1]["uri"] = "https://x".into()), INVALID),
            ("an annotation says more", |c| c.edit(|s| s["subject"][1]["annotations"]["mode"] = "755".into()), INVALID),
            ("the statement says more", |c| c.edit(|s| s["note"] = "trust me".into()), INVALID),
            ("the predicate says more", |c| c.edit(|s| s["predicate"]["verified"] = true.into()), INVALID),
            (
                "the predicate says less",
                |c| c.edit(|s| drop(s["predicate"].as_object_mut().unwrap().remove("despite"))),
                INVALID,
            ),
            ("the predicate is null", |c| c.edit(|s| s["predicate"] = Value::Null), INVALID),
            (
                "another statement type",
                |c| c.edit(|s| s["_type"] = "https://in-toto.io/Statement/v0.1".into()),
                INVALID,
            ),
            (
                "a predicate of SLSA",
                |c| c.edit(|s| s["predicateType"] = "https://slsa.dev/provenance/v1".into()),
                INVALID,
            ),
            (
                "a predicate of OpenSSF Model Signing",
                |c| c.edit(|s| s["predicateType"] = "https://model_signing/signature/v1.0".into()),
                INVALID,
            ),
            (
                "a predicate of another version",
                |c| c.edit(|s| s["predicateType"] = "https://openness/statement/v2".into()),
                INVALID,
            ),
            ("the number of files lies", |c| c.edit(|s| s["predicate"]["coverage"]["files"] = 3.into()), INVALID),
            ("the number of bytes lies", |c| c.edit(|s| s["predicate"]["coverage"]["bytes"] = 3.into()), INVALID),
            (
                "the manifest's digest lies",
                |c| c.edit(|s| s["predicate"]["manifest"]["sha256"] = "0".repeat(64).into()),
                INVALID,
            ),
            ("the manifest is elsewhere", |c| c.edit(|s| s["predicate"]["manifest"]["path"] = "../x".into()), INVALID),
            (
                "a component has a file that is not signed",
                |c| c.edit(|s| s["predicate"]["components"][0]["files"] = json!(["other"])),
                INVALID,
            ),
            (
                "a file is signed and left out",
                |c| c.edit(|s| s["predicate"]["coverage"]["excluded"] = json!(["README.md"])),
                INVALID,
            ),
            (
                "a file is signed and a link",
                |c| c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"README.md": "x"})),
                INVALID,
            ),
            (
                "a file is signed and a submodule",
                |c| c.edit(|s| s["predicate"]["coverage"]["submodules"] = json!({"README.md": "x"})),
                INVALID,
            ),
            (
                "a link leaves by its name",
                |c| c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"../x": "y"})),
                INVALID,
            ),
            ("the time is no time", |c| c.edit(|s| s["predicate"]["created"] = "yesterday".into()), INVALID),
            ("the last day is no day", |c| c.edit(|s| s["predicate"]["expires"] = "never".into()), INVALID),
            ("the sequence is text", |c| c.edit(|s| s["predicate"]["release"]["sequence"] = "3".into()), INVALID),
            ("despite is text", |c| c.edit(|s| s["predicate"]["despite"] = "OPN202".into()), INVALID),
        ],
        42,
    );
}

#[test]
fn statements_that_lie_about_the_manifest() {
    judge(
        &[
            ("another model", |c| c.edit(|s| s["predicate"]["model"]["name"] = "Llama".into()), INVALID),
            ("another version", |c| c.edit(|s| s["predicate"]["model"]["version"] = "9".into()), INVALID),
            ("another producer", |c| c.edit(|s| s["predicate"]["model"]["producer"] = "Meta".into()), INVALID),
            ("a later release", |c| c.edit(|s| s["predicate"]["release"]["sequence"] = 9.into()), INVALID),
            ("a wider release", |c| c.edit(|s| s["predicate"]["release"]["access"] = "fully-open".into()), INVALID),
            (
                "no last day",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2027-01-01\n"));
                    c.edit(|s| drop(s["predicate"].as_object_mut().unwrap().remove("expires")));
                },
                INVALID,
            ),
            (
                "a later last day",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-12-24\n"));
                    c.edit(|s| s["predicate"]["expires"] = "2099-01-01".into());
                },
                INVALID,
            ),
            (
                "a claim that the manifest does not make",
                |c| {
                    c.edit(|s| s["predicate"]["claims"] = json!({"mof": "class-1"}));
                },
                INVALID,
            ),
            (
                "a component more open than declared",
                |c| {
                    c.manifest(|m| format!("{m}\n[component.training-data]\nopenness = \"closed\"\nreason = \"x\"\n"));
                    c.edit(|s| s["predicate"]["components"][2]["openness"] = "open".into());
                },
                INVALID,
            ),
            (
                "a component more",
                |c| {
                    c.edit(|s| {
                        let components = s["predicate"]["components"].as_array_mut().unwrap();
                        let mut other = components[0].clone();
                        other["id"] = "training-code".into();
                        components.push(other);
                    });
                },
                INVALID,
            ),
            (
                "a component less",
                |c| {
                    c.edit(|s| drop(s["predicate"]["components"].as_array_mut().unwrap().pop()));
                },
                INVALID,
            ),
            ("another licence", |c| c.edit(|s| s["predicate"]["components"][0]["license"] = "MIT".into()), INVALID),
            (
                "exclusions that the manifest does not make",
                |c| {
                    c.write("hidden.txt", "x");
                    c.edit(|s| s["predicate"]["coverage"]["exclude"] = json!(["**"]));
                },
                INVALID,
            ),
            (
                "a verdict that the facts do not yield",
                |c| {
                    c.edit(|s| {
                        let taxonomies = s["predicate"]["taxonomies"].as_array_mut().unwrap();
                        let mof = taxonomies.iter_mut().find(|taxonomy| taxonomy["id"] == "mof-1.0").unwrap();
                        mof["evaluation"]["verdict"] = "class-1".into();
                    });
                },
                INVALID,
            ),
            (
                "a claim that the facts do not bear out",
                |c| {
                    c.manifest(|m| format!("{m}\n[claims]\nmof = \"class-1\"\n"));
                },
                &["claim-does-not-hold"],
            ),
            (
                "an unknown claim",
                |c| {
                    c.manifest(|m| format!("{m}\n[claims]\nopen-as-can-be = true\n"));
                },
                &["claim-does-not-hold"],
            ),
            (
                "a manifest against its rules, and no word of it",
                |c| {
                    c.manifest(|m| m.replace("openness = \"open\"\nfiles", "openness = \"closed\"\nfiles"));
                    c.edit(|s| s["predicate"]["despite"] = json!([]));
                },
                &["manifest-invalid"],
            ),
            (
                "a broken manifest, signed in spite of that",
                |c| {
                    let broken = format!("{MANIFEST}\n[[[\n");
                    c.write("OPENNESS.toml", &broken);
                    let digest = digest::sha256(broken.as_bytes());
                    c.subjects(|s| s[0]["annotations"]["size"] = broken.len().into());
                    c.edit(|s| {
                        s["subject"][0]["digest"]["sha256"] = digest.as_str().into();
                        s["predicate"]["manifest"]["sha256"] = digest.as_str().into();
                        s["predicate"]["despite"] = json!(["OPN001", "OPN002", "OPN003", "OPN004"]);
                    });
                },
                &["manifest-invalid"],
            ),
            (
                "the card in the manifest's place",
                |c| {
                    c.edit(|s| {
                        let card = s["subject"][1]["digest"]["sha256"].clone();
                        s["predicate"]["manifest"] = json!({"path": "README.md", "sha256": card});
                    });
                },
                INVALID,
            ),
            (
                "another manifest of the same release",
                |c| {
                    c.write("docs/OPENNESS.toml", MANIFEST);
                    c.sign_tree();
                    c.edit(|s| s["predicate"]["manifest"]["path"] = "docs/OPENNESS.toml".into());
                },
                INVALID,
            ),
            (
                "verdicts left out, which are derived anyway",
                |c| c.edit(|s| s["predicate"]["taxonomies"] = json!([])),
                &[],
            ),
            (
                "a commit that never was, which proves nothing",
                |c| {
                    c.edit(|s| s["predicate"]["git"] = json!({"objectFormat": "sha1", "commit": "0".repeat(40)}));
                },
                &[],
            ),
            (
                "a day that has passed",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-11-30\n"));
                },
                &["expired-statement"],
            ),
            (
                "the last day",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-12-01\n"));
                },
                &[],
            ),
        ],
        24,
    );
}

#[test]
fn statements_in_another_spelling() {
    judge(
        &[
            ("a line feed after it", |c| c.text(|t| format!("{t}\n")), INVALID),
            ("a blank before it", |c| c.text(|t| format!(" {t}")), INVALID),
            ("a byte order mark", |c| c.text(|t| format!("\u{feff}{t}")), INVALID),
            ("a second value after it", |c| c.text(|t| format!("{t}{t}")), INVALID),
            ("a comment", |c| c.text(|t| format!("/**/{t}")), INVALID),
            (
                "indented",
                |c| c.text(|t| serde_json::to_string_pretty(&serde_json::from_str::<Value>(t).unwrap()).unwrap()),
                INVALID,
            ),
            (
                "a key twice",
                |c| c.text(|t| t.replacen('{', "{\"_type\":\"https://in-toto.io/Statement/v1\",", 1)),
                INVALID,
            ),
            (
                "a key twice further down",
                |c| c.text(|t| t.replacen("\"annotations\":{", "\"annotations\":{\"size\":1,", 1)),
                INVALID,
            ),
            (
                "a key twice, once escaped",
                |c| c.text(|t| t.replacen("\"annotations\":{", "\"annotations\":{\"\\u0073ize\":1,", 1)),
                INVALID,
            ),
            ("an escape for a letter", |c| c.text(|t| t.replacen("README.md", "\\u0052EADME.md", 1)), INVALID),
            ("an escaped slash", |c| c.text(|t| t.replacen("weights/a", "weights\\/a", 1)), INVALID),
            (
                "a number with a fraction of nothing",
                |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4.0", 1)),
                INVALID,
            ),
            ("a number with an exponent", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4e0", 1)), INVALID),
            ("a lone surrogate", |c| c.text(|t| t.replacen("Tiny", "\\ud800", 1)), INVALID),
            (
                "keys in another order",
                |c| {
                    c.text(|t| {
                        let rest = t.strip_prefix("{\"_type\":\"https://in-toto.io/Statement/v1\",").unwrap();
                        format!("{{{},\"_type\":\"https://in-toto.io/Statement/v1\"}}", rest.strip_suffix('}').unwrap())
                    });
                },
                INVALID,
            ),
            ("a deep well", |c| c.sign_bytes("[".repeat(100_000).as_bytes()), INVALID),
            ("no JSON", |c| c.sign_bytes(b"hello"), INVALID),
            ("nothing", |c| c.sign_bytes(b""), INVALID),
            ("no UTF-8", |c| c.sign_bytes(b"{\"_type\":\"\xff\"}"), INVALID),
            ("a list", |c| c.sign_bytes(b"[]"), INVALID),
            ("TOML", |c| c.sign_bytes(MANIFEST.as_bytes()), INVALID),
        ],
        21,
    );
}

#[test]
fn trees_that_are_not_what_was_signed() {
    judge(
        &[
            (
                "one bit",
                |c| {
                    let mut bytes = c.read("weights/a.safetensors");
                    bytes[0] ^= 1;
                    c.write("weights/a.safetensors", bytes);
                },
                CHANGED,
            ),
            ("a byte less", |c| c.write("weights/a.safetensors", "weights a"), CHANGED),
            ("a byte more", |c| c.write("weights/a.safetensors", "weights a\0\0"), CHANGED),
            ("an empty file", |c| c.write("weights/a.safetensors", ""), CHANGED),
            (
                "two files swapped",
                |c| {
                    c.write("weights/a.safetensors", "weights b\0");
                    c.write("weights/b.safetensors", "weights a\0");
                },
                CHANGED,
            ),
            (
                "a size that lies",
                |c| {
                    c.subjects(|s| s[2]["annotations"]["size"] = 1.into());
                },
                CHANGED,
            ),
            (
                "a digest that lies",
                |c| c.edit(|s| s["subject"][2]["digest"]["sha256"] = "0".repeat(64).into()),
                CHANGED,
            ),
            ("a manifest changed", |c| c.write("OPENNESS.toml", MANIFEST.replace("Apache-2.0", "MIT")), CHANGED),
            ("a file less", |c| c.remove("weights/a.safetensors"), &["incomplete"]),
            ("a file that is signed and nowhere", |c| c.subject("other.txt", "x"), &["incomplete"]),
            ("a file of Git's own that is signed", |c| c.subject(".git/hooks/pre-commit", "x"), &["incomplete"]),
            ("no manifest", |c| c.remove("OPENNESS.toml"), &["incomplete", "manifest-invalid"]),
            (
                "a file renamed",
                |c| fs::rename(c.path("README.md"), c.path("LIESMICH.md")).unwrap(),
                &["unsigned-files", "incomplete"],
            ),
            (
                "a file in another case",
                |c| fs::rename(c.path("README.md"), c.path("readme.md")).unwrap(),
                &["unsigned-files", "incomplete"],
            ),
            ("code more", |c| c.write("modeling.py", "import os"), UNSIGNED),
            ("a hidden file more", |c| c.write(".env", "x"), UNSIGNED),
            ("a workflow more", |c| c.write(".github/workflows/x.yml", "x"), UNSIGNED),
            ("attributes more", |c| c.write(".gitattributes", "* filter=evil"), UNSIGNED),
            ("an empty file more", |c| c.write("weights/__init__.py", ""), UNSIGNED),
            ("a repository inside", |c| c.write("weights/.git/config", "x"), UNSIGNED),
            ("an empty directory, which is nothing", |c| fs::create_dir(c.path("empty")).unwrap(), &[]),
            ("Git's own directory, which no loader reads", |c| c.write(".git/config", "x"), &[]),
            ("litter of a desktop", |c| c.write("weights/.DS_Store", "x"), &[]),
            ("notes of the Hub", |c| c.write(".cache/huggingface/x", "x"), &[]),
            ("another cache", |c| c.write(".cache/other/x", "x"), UNSIGNED),
            ("a twin in another case", |c| c.write("readme.md", "x"), UNSIGNED),
            (
                "a twin in another case, signed",
                |c| {
                    c.write("readme.md", "x");
                    c.subject("readme.md", "x");
                },
                INVALID,
            ),
            (
                "a twin in another normal form, signed",
                |c| {
                    for name in ["caf\u{e9}.txt", "cafe\u{301}.txt"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "pickles left out by the manifest",
                |c| {
                    c.write("assets/x.pkl", "cos\nsystem\n");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "pictures left out by the manifest",
                |c| {
                    c.write("assets/x.png", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                &[],
            ),
            (
                "pictures beside those left out",
                |c| {
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                    c.write("asset/x.png", "x");
                },
                UNSIGNED,
            ),
            (
                "a pointer in place of its content",
                |c| {
                    let content = b"weights a\0";
                    c.write("weights/a.safetensors", pointer(digest::sha256(content).as_str(), content.len()));
                },
                &["incomplete"],
            ),
            (
                "a pointer to something else",
                |c| c.write("weights/a.safetensors", pointer(&"0".repeat(64), 10)),
                CHANGED,
            ),
            (
                "a pointer that lies about the size",
                |c| {
                    c.write("weights/a.safetensors", pointer(digest::sha256(b"weights a\0").as_str(), 11));
                },
                CHANGED,
            ),
            ("a card with Windows' line ends", |c| c.write("README.md", "# Tiny\r\n\r\nA card.\r\n"), &[]),
            ("a card with a carriage return alone", |c| c.write("README.md", "# Tiny\n\rA card.\n"), CHANGED),
            (
                "weights with Windows' line ends",
                |c| {
                    c.write("weights/a.safetensors", "a\n\0");
                    c.sign_tree();
                    c.write("weights/a.safetensors", "a\r\n\0");
                },
                CHANGED,
            ),
            (
                "sums that lie",
                |c| {
                    let sums = c.sums();
                    c.write(".openness/SHA256SUMS", sums.replacen(|d: char| d.is_ascii_hexdigit(), "x", 1));
                },
                CHANGED,
            ),
            (
                "sums that say more",
                |c| {
                    let sums = c.sums();
                    c.write(".openness/SHA256SUMS", format!("{sums}{}  evil.py\n", "0".repeat(64)));
                },
                CHANGED,
            ),
            ("no sums, which are derived", |c| c.remove(".openness/SHA256SUMS"), &[]),
            ("something else beside the signatures", |c| c.write(".openness/signatures/README", "x"), UNSIGNED),
            ("something of its own in our directory", |c| c.write(".openness/evil.py", "import os"), UNSIGNED),
        ],
        42,
    );
}

fn pointer(oid: &str, size: usize) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n")
}

#[cfg(unix)]
#[test]
fn links_pipes_and_names_that_only_unix_has() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    fn link(c: &Case, target: impl AsRef<Path>, name: &str) {
        let _ = fs::remove_file(c.path(name));
        symlink(target, c.path(name)).unwrap();
    }
    judge(
        &[
            (
                "a link in place of a file",
                |c| {
                    fs::rename(c.path("README.md"), c.folder.path().join("moved")).unwrap();
                    link(c, "../moved", "README.md");
                },
                &["content-mismatch", "unsigned-files"],
            ),
            (
                "a link in place of a directory",
                |c| {
                    fs::rename(c.path("weights"), c.folder.path().join("weights")).unwrap();
                    link(c, "../weights", "weights");
                },
                &["unsigned-files", "incomplete"],
            ),
            ("a link more", |c| link(c, "README.md", "card"), UNSIGNED),
            ("a link that leads out", |c| link(c, "/etc/passwd", "passwd"), UNSIGNED),
            ("a link to itself", |c| link(c, "loop", "loop"), UNSIGNED),
            (
                "a link that is signed",
                |c| {
                    link(c, "README.md", "card");
                    c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"card": "README.md"}));
                },
                &[],
            ),
            (
                "a signed link that leads elsewhere",
                |c| {
                    link(c, "../../secret", "card");
                    c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"card": "README.md"}));
                },
                &["content-mismatch", "unsigned-files"],
            ),
            (
                "a signed link that leads to another file",
                |c| {
                    link(c, "OPENNESS.toml", "card");
                    c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"card": "README.md"}));
                },
                CHANGED,
            ),
            (
                "a pipe in place of a file",
                |c| {
                    c.remove("README.md");
                    rustix::fs::mkfifoat(rustix::fs::CWD, c.path("README.md"), 0o600.into()).unwrap();
                },
                &["unsigned-files", "incomplete"],
            ),
            (
                "a pipe more",
                |c| {
                    rustix::fs::mkfifoat(rustix::fs::CWD, c.path("pipe"), 0o600.into()).unwrap();
                },
                UNSIGNED,
            ),
            (
                "a socket more",
                |c| {
                    drop(std::os::unix::net::UnixListener::bind(c.path("s")).unwrap());
                },
                UNSIGNED,
            ),
            (
                "a directory in place of a file",
                |c| {
                    c.remove("README.md");
                    c.write("README.md/x", "x");
                },
                &["unsigned-files", "incomplete"],
            ),
            ("a name with a line feed", |c| c.write("a\nb", "x"), UNSIGNED),
            ("a name that steers the terminal", |c| c.write("\u{1b}[2J", "x"), UNSIGNED),
            (
                "a name that is not UTF-8",
                |c| {
                    fs::write(c.root().join(std::ffi::OsStr::from_bytes(b"a\xffb")), "x").unwrap();
                },
                UNSIGNED,
            ),
            ("a name with a backslash", |c| c.write("weights\\a.safetensors", "x"), UNSIGNED),
            (
                "a hard link, which is a file",
                |c| {
                    fs::rename(c.path("README.md"), c.folder.path().join("card")).unwrap();
                    fs::hard_link(c.folder.path().join("card"), c.path("README.md")).unwrap();
                },
                &[],
            ),
            (
                "our directory is a link",
                |c| {
                    fs::rename(c.path(".openness"), c.folder.path().join("o")).unwrap();
                    link(c, "../o", ".openness");
                },
                &["unsigned"],
            ),
            (
                "the signatures are a link",
                |c| {
                    fs::rename(c.path(".openness/signatures"), c.folder.path().join("s")).unwrap();
                    link(c, "../../s", ".openness/signatures");
                },
                &["unsigned"],
            ),
            (
                "the statement is a link",
                |c| {
                    fs::rename(c.path(".openness/statement.json"), c.folder.path().join("s")).unwrap();
                    link(c, "../../s", ".openness/statement.json");
                },
                &["bad-signature", "unsigned-files"],
            ),
            (
                "a signature is a pipe",
                |c| {
                    c.remove(".openness/signatures/k.sshsig");
                    rustix::fs::mkfifoat(rustix::fs::CWD, c.path(".openness/signatures/k.sshsig"), 0o600.into())
                        .unwrap();
                },
                UNSIGNED,
            ),
        ],
        21,
    );
}

#[test]
fn envelopes_that_are_not_ours_or_not_whole() {
    judge(
        &[
            ("no envelope", |c| fs::remove_dir_all(c.path(".openness/signatures")).unwrap(), &["unsigned"]),
            ("nothing of ours", |c| fs::remove_dir_all(c.path(".openness")).unwrap(), &["unsigned"]),
            ("a bundle alone", Case::only_bundle, &[]),
            ("an SSH signature alone", Case::only_sshsig, &[]),
            (
                "a bundle without the statement beside it",
                |c| {
                    c.only_bundle();
                    c.remove(".openness/statement.json");
                },
                &[],
            ),
            (
                "an SSH signature without what it signs",
                |c| {
                    c.only_sshsig();
                    c.remove(".openness/statement.json");
                },
                BAD,
            ),
            (
                "a statement that nobody signed",
                |c| {
                    let text = String::from_utf8(c.read(".openness/statement.json")).unwrap();
                    c.write(".openness/statement.json", text.replace("Tiny", "Tony"));
                },
                BAD,
            ),
            (
                "empty envelopes",
                |c| {
                    c.write(".openness/signatures/k.sshsig", "");
                    c.write(".openness/signatures/k.sigstore.json", "");
                },
                BAD,
            ),
            ("an empty envelope beside a good one", |c| c.write(".openness/signatures/a.sshsig", ""), BAD),
            (
                "two signatures in a bundle",
                |c| {
                    c.bundle(|b| {
                        let signatures = b["dsseEnvelope"]["signatures"].as_array_mut().unwrap();
                        signatures.push(signatures[0].clone());
                    });
                },
                BAD,
            ),
            ("no signature in a bundle", |c| c.bundle(|b| b["dsseEnvelope"]["signatures"] = json!([])), BAD),
            (
                "bytes after a bundle",
                |c| {
                    let mut bytes = c.read(".openness/signatures/k.sigstore.json");
                    bytes.extend(b"{}");
                    c.write(".openness/signatures/k.sigstore.json", bytes);
                },
                BAD,
            ),
            (
                "a key of a bundle twice",
                |c| {
                    let text = String::from_utf8(c.read(".openness/signatures/k.sigstore.json")).unwrap();
                    c.write(".openness/signatures/k.sigstore.json", text.replacen('{', "{\"mediaType\":\"x\",", 1));
                },
                BAD,
            ),
            ("a bundle that says more", |c| c.bundle(|b| b["extra"] = json!({})), BAD),
            (
                "a bundle of another version",
                |c| {
                    c.bundle(|b| {
                        b["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.2+json".into();
                    });
                },
                BAD,
            ),
            (
                "a bundle with a certificate",
                |c| {
                    c.bundle(|b| {
                        b["verificationMaterial"] = json!({"certificate": {"rawBytes": ""}});
                    });
                },
                BAD,
            ),
            (
                "a bundle with a transparency log",
                |c| {
                    c.bundle(|b| {
                        b["verificationMaterial"]["tlogEntries"] = json!([{}]);
                    });
                },
                BAD,
            ),
            ("another payload type", |c| c.bundle(|b| b["dsseEnvelope"]["payloadType"] = "text/plain".into()), BAD),
            ("another payload", |c| c.bundle(|b| b["dsseEnvelope"]["payload"] = "e30=".into()), BAD),
            (
                "a payload in loose base64",
                |c| {
                    c.bundle(|b| {
                        let payload = b["dsseEnvelope"]["payload"].as_str().unwrap().to_owned();
                        b["dsseEnvelope"]["payload"] = format!("{payload}\n").into();
                    });
                },
                BAD,
            ),
            (
                "a payload in the other base64, which DSSE allows",
                |c| {
                    c.bundle(|b| {
                        let payload = Base64::decode_vec(b["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
                        b["dsseEnvelope"]["payload"] = Base64Url::encode_string(&payload).into();
                    });
                },
                &[],
            ),
            (
                "a signature of the payload without its type",
                |c| {
                    c.only_bundle();
                    let payload = c.read(".openness/statement.json");
                    let signature = raw_signature(&payload);
                    c.bundle(|b| b["dsseEnvelope"]["signatures"][0]["sig"] = Base64::encode_string(&signature).into());
                },
                BAD,
            ),
            (
                "a signature with its S made larger by the order",
                |c| {
                    c.only_bundle();
                    c.bundle(|b| {
                        let signature = &mut b["dsseEnvelope"]["signatures"][0]["sig"];
                        let mut bytes = Base64::decode_vec(signature.as_str().unwrap()).unwrap();
                        add_order(&mut bytes[32..]);
                        *signature = Base64::encode_string(&bytes).into();
                    });
                },
                BAD,
            ),
            (
                "a keyid that is not the hint",
                |c| {
                    c.bundle(|b| {
                        b["dsseEnvelope"]["signatures"][0]["keyid"] = STRANGER.public().key_id().into();
                    });
                },
                BAD,
            ),
            (
                "a stranger's signature under a trusted name",
                |c| {
                    let payload = c.read(".openness/statement.json");
                    let theirs = String::from_utf8(dsse::seal(&payload, &STRANGER).unwrap()).unwrap();
                    c.only_bundle();
                    c.write(
                        ".openness/signatures/k.sigstore.json",
                        theirs.replace(&STRANGER.public().key_id(), &SIGNER.public().key_id()),
                    );
                },
                BAD,
            ),
            (
                "a trusted signature under a stranger's name",
                |c| {
                    c.only_bundle();
                    let ours = String::from_utf8(c.read(".openness/signatures/k.sigstore.json")).unwrap();
                    c.write(
                        ".openness/signatures/k.sigstore.json",
                        ours.replace(&SIGNER.public().key_id(), &STRANGER.public().key_id()),
                    );
                },
                &["untrusted-key"],
            ),
            (
                "a trusted signature under no name",
                |c| {
                    let ours = String::from_utf8(c.read(".openness/signatures/k.sigstore.json")).unwrap();
                    c.write(".openness/signatures/k.sigstore.json", ours.replace(&SIGNER.public().key_id(), ""));
                },
                &[],
            ),
            (
                "a stranger's signatures alone",
                |c| {
                    let payload = c.read(".openness/statement.json");
                    c.write(".openness/signatures/k.sigstore.json", dsse::seal(&payload, &STRANGER).unwrap());
                    c.write(".openness/signatures/k.sshsig", sshsig::seal(&payload, &STRANGER).unwrap());
                },
                &["untrusted-key"],
            ),
            (
                "a stranger's signature beside ours",
                |c| {
                    let payload = c.read(".openness/statement.json");
                    c.write(".openness/signatures/a.sshsig", sshsig::seal(&payload, &STRANGER).unwrap());
                },
                &[],
            ),
            (
                "a stranger's signature of another statement beside ours",
                |c| {
                    c.write(".openness/signatures/a.sigstore.json", dsse::seal(b"{}", &STRANGER).unwrap());
                },
                &[],
            ),
            (
                "our signature of another statement beside ours",
                |c| {
                    c.write(".openness/signatures/a.sigstore.json", dsse::seal(b"{}", &SIGNER).unwrap());
                },
                BAD,
            ),
            (
                "two statements and none to choose by",
                |c| {
                    c.only_bundle();
                    c.remove(".openness/statement.json");
                    c.write(".openness/signatures/z.sigstore.json", dsse::seal(b"{}", &SIGNER).unwrap());
                },
                BAD,
            ),
            ("an SSH signature for Git", |c| c.sshsig(|f| f[1] = b"git".to_vec()), BAD),
            ("an SSH signature for a file", |c| c.sshsig(|f| f[1] = b"file".to_vec()), BAD),
            ("an SSH signature for nothing", |c| c.sshsig(|f| f[1].clear()), BAD),
            ("an SSH signature with a reserved field", |c| c.sshsig(|f| f[2] = b"x".to_vec()), BAD),
            ("an SSH signature of another hash", |c| c.sshsig(|f| f[3] = b"sha256".to_vec()), BAD),
            ("an SSH signature of an unknown hash", |c| c.sshsig(|f| f[3] = b"md5".to_vec()), BAD),
            (
                "an SSH signature with a stranger's key in it",
                |c| {
                    c.sshsig(|f| f[0] = blob_of(STRANGER.public().as_bytes()));
                },
                BAD,
            ),
            (
                "an SSH signature with the neutral key in it",
                |c| {
                    c.sshsig(|f| {
                        let mut neutral = [0; 32];
                        neutral[0] = 1;
                        f[0] = blob_of(&neutral);
                    });
                },
                BAD,
            ),
            (
                "an SSH signature of another algorithm",
                |c| {
                    c.sshsig(|f| {
                        f[4] = [&7_u32.to_be_bytes()[..], b"ssh-rsa", &f[4][15..]].concat();
                    });
                },
                BAD,
            ),
            ("an SSH signature with bytes after it", |c| c.sshsig(|f| f.push(Vec::new())), BAD),
            ("an SSH signature with a field of it missing", |c| c.sshsig(|f| drop(f.pop())), BAD),
            (
                "text after an SSH signature",
                |c| {
                    let text = c.read(".openness/signatures/k.sshsig");
                    c.write(".openness/signatures/k.sshsig", [&text[..], b"more\n"].concat());
                },
                BAD,
            ),
            ("a key where a signature should be", |c| c.write(".openness/signatures/k.sshsig", KEY), BAD),
            (
                "the envelopes exchanged",
                |c| {
                    let (bundle, sshsig) =
                        (c.read(".openness/signatures/k.sigstore.json"), c.read(".openness/signatures/k.sshsig"));
                    c.write(".openness/signatures/k.sshsig", bundle);
                    c.write(".openness/signatures/k.sigstore.json", sshsig);
                },
                BAD,
            ),
            (
                "the signatures of another release",
                |c| {
                    let other = Case::honest();
                    other.write("README.md", "# Other\n");
                    let mut other = other;
                    other.sign_tree();
                    for name in ["statement.json", "SHA256SUMS", "signatures/k.sshsig", "signatures/k.sigstore.json"] {
                        c.write(&format!(".openness/{name}"), other.read(&format!(".openness/{name}")));
                    }
                },
                CHANGED,
            ),
            (
                "more signatures than anybody needs",
                |c| {
                    let signature = c.read(".openness/signatures/k.sshsig");
                    for at in 0..100 {
                        c.write(&format!(".openness/signatures/{at}.sshsig"), &signature);
                    }
                },
                &[],
            ),
        ],
        47,
    );
}

fn raw_signature(message: &[u8]) -> [u8; 64] {
    use ed25519_dalek::pkcs8::DecodePrivateKey as _;
    use ed25519_dalek::{Signer as _, SigningKey};
    SigningKey::from_pkcs8_pem(KEY).unwrap().sign(message).to_bytes()
}

/// RFC 8032, §5.1: the order of the group, in little-endian bytes.
fn add_order(scalar: &mut [u8]) {
    let mut order = [0_u8; 32];
    order[..16].copy_from_slice(&27_742_317_777_372_353_535_851_937_790_883_648_493_u128.to_le_bytes());
    order[31] = 0x10;
    let mut carry = 0_u16;
    for (byte, added) in scalar.iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(added) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}

fn blob_of(key: &[u8; 32]) -> Vec<u8> {
    [&11_u32.to_be_bytes()[..], b"ssh-ed25519", &32_u32.to_be_bytes(), key].concat()
}

#[test]
fn keys_that_are_not_trusted_here_or_now() {
    judge(
        &[
            ("nobody is trusted", |c| c.trust = Trust::none(), &["untrusted-key"]),
            ("somebody else is trusted", |c| c.trust = Trust::of_keys([*STRANGER.public()]), &["untrusted-key"]),
            ("trusted by name", |c| c.allow(""), &[]),
            ("trusted for our namespace", |c| c.allow("namespaces=\"openness@v1\""), &[]),
            ("trusted for Git alone", |c| c.allow("namespaces=\"git\""), &["untrusted-key"]),
            (
                "trusted for a namespace of another version",
                |c| c.allow("namespaces=\"openness@v2\""),
                &["untrusted-key"],
            ),
            ("trusted to certify alone", |c| c.allow("cert-authority"), &["untrusted-key"]),
            ("trusted until yesterday", |c| c.allow("valid-before=\"20261130Z\""), &["expired-key"]),
            ("trusted from tomorrow", |c| c.allow("valid-after=\"20261202Z\""), &["expired-key"]),
            ("trusted today", |c| c.allow("valid-after=\"20261130Z\",valid-before=\"20261202Z\""), &[]),
            (
                "the time of signing does not prolong trust",
                |c| {
                    // Signed, as it says, while the key was valid; judged when it is not.
                    c.allow("valid-before=\"20261123Z\"");
                },
                &["expired-key"],
            ),
            (
                "asked for as somebody else",
                |c| {
                    c.allow("");
                    c.trust = std::mem::take(&mut c.trust).with_identity("other@example.org".to_owned());
                },
                &["untrusted-key"],
            ),
            (
                "asked for as who it is",
                |c| {
                    c.allow("");
                    c.trust = std::mem::take(&mut c.trust).with_identity("lab@example.org".to_owned());
                },
                &[],
            ),
            (
                "revoked, however trusted",
                |c| {
                    c.trust = std::mem::take(&mut c.trust).revoke(Revocations::of_keys([*SIGNER.public()]));
                },
                &["revoked-key"],
            ),
            (
                "somebody else revoked",
                |c| {
                    c.trust = std::mem::take(&mut c.trust).revoke(Revocations::of_keys([*STRANGER.public()]));
                },
                &[],
            ),
            (
                "trusted by what the release itself brings",
                |c| {
                    c.trust = Trust::none();
                    let line = format!("* {}\n", SIGNER.public().to_openssh(""));
                    c.write("allowed_signers", line);
                    c.write(".openness/allowed_signers", "* ssh-ed25519 AAAA");
                    c.sign_tree();
                },
                &["untrusted-key"],
            ),
            (
                "revoked beside a stranger's signature",
                |c| {
                    let payload = c.read(".openness/statement.json");
                    c.write(".openness/signatures/a.sshsig", sshsig::seal(&payload, &STRANGER).unwrap());
                    c.trust = std::mem::take(&mut c.trust).revoke(Revocations::of_keys([*SIGNER.public()]));
                },
                &["untrusted-key", "revoked-key"],
            ),
        ],
        17,
    );
    assert!(PublicKey::from_bytes(&[0; 32]).is_err());
}
