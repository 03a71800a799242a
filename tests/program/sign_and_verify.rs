//! From manifest through `check` and `sign` to `verify`, and releases that were tampered with.

use std::fs;
use std::process::Stdio;

use serde_json::json;

use crate::common::env::{MANIFEST, Output, TestEnv, copy_tree, reasons};
use crate::common::tools::has;

#[test]
fn a_release_is_checked_signed_committed_cloned_and_verified() {
    let env = TestEnv::release();
    env.openness(["check", "lm"]).expect(0);
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
    env.git(".", ["clone", "-q", "lm", "clone"]);
    let report = env.verify("clone").expect(0).json();
    assert_eq!(report["verdict"], "verified");
    assert_eq!(report["files"]["verified"], 5);
    assert_eq!(report["statement"]["sequence"], 3);
    assert_eq!(report["statement"]["created"], "2026-11-22T00:00:00Z");
    assert_eq!(report["signatures"][0]["status"], "good");
}

#[test]
fn a_commit_and_a_bare_repository_verify_without_a_working_tree() {
    let env = TestEnv::signed();
    env.git(".", ["clone", "-q", "--bare", "lm", "bare.git"]);
    assert_eq!(env.verify("bare.git").expect(0).json()["verdict"], "verified");
    fs::remove_file(env.path("lm/weights/a.safetensors")).unwrap();
    let arguments = ["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--format", "json"];
    assert_eq!(env.openness(arguments).expect(0).json()["verdict"], "verified");
}

#[test]
fn a_plain_directory_is_signed_and_verified() {
    let env = TestEnv::with_key();
    env.write("plain/OPENNESS.toml", MANIFEST);
    env.write("plain/weights/a.safetensors", "weights");
    env.write("plain/README.md", "# Tiny\n");
    let created = ["sign", "plain", "--key", "key", "--created", "2026-11-22T00:00:00Z"];
    env.openness(created).expect(0);
    assert_eq!(env.verify("plain").expect(0).json()["statement"]["created"], "2026-11-22T00:00:00Z");
}

#[test]
fn the_same_commit_gives_the_same_bytes_wherever_it_is_signed() {
    let env = TestEnv::release();
    env.git(".", ["clone", "-q", "lm", "one"]);
    env.git(".", ["clone", "-q", "lm", "deeper/two"]);
    for directory in ["one", "deeper/two"] {
        env.openness(["sign", directory, "--key", "key"]).expect(0);
    }
    let files = |directory: &str| {
        let mut files = vec![".openness/statement.json".to_owned(), ".openness/SHA256SUMS".to_owned()];
        for entry in fs::read_dir(env.path(directory).join(".openness/signatures")).unwrap() {
            files.push(format!(".openness/signatures/{}", entry.unwrap().file_name().to_str().unwrap()));
        }
        files.sort();
        files.into_iter().map(|name| (env.read(&format!("{directory}/{name}")), name)).collect::<Vec<_>>()
    };
    let (one, two) = (files("one"), files("deeper/two"));
    assert_eq!(one.len(), 4);
    assert_eq!(one, two);
}

#[test]
fn sign_signs_the_commit_not_the_working_tree() {
    let env = TestEnv::release();
    env.write("lm/weights/a.safetensors", "edited and not committed");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["content-mismatch"]);
    env.git("lm", ["checkout", "-q", "."]);
    env.verify("lm").expect(0);
}

#[test]
fn sign_reports_a_working_tree_that_differs() {
    let env = TestEnv::release();
    let note = |arguments: &[&str]| {
        let ran: Output = env.program().args(arguments).output().unwrap().into();
        let err = ran.expect(0).err;
        err.lines().find(|line| line.contains("working tree")).map(str::to_owned)
    };
    assert_eq!(note(&["sign", "lm", "--dry-run"]), None);
    env.write("lm/README.md", "# Tiny, and more\n");
    env.write("lm/new.txt", "x");
    fs::remove_file(env.path("lm/weights/b.safetensors")).unwrap();
    let expected = "note: the working tree differs from the signed commit: modified: `README.md`; missing: \
                    `weights/b.safetensors`; not in the commit: `new.txt`";
    assert_eq!(note(&["sign", "lm", "--dry-run"]).as_deref(), Some(expected));
    assert_eq!(note(&["sign", "lm", "--key", "key"]).as_deref(), Some(expected));
    // Not if the commit is named explicitly.
    assert_eq!(note(&["sign", "lm", "--dry-run", "--rev", "HEAD"]), None);
    // A bare repository has no working tree; Git's own files there do not count.
    env.git("", ["clone", "-q", "--bare", "lm", "bare.git"]);
    assert_eq!(note(&["sign", "bare.git", "--dry-run"]), None);
    // Nor once the working tree equals the commit.
    env.git("lm", ["checkout", "-q", "."]);
    fs::remove_file(env.path("lm/new.txt")).unwrap();
    assert_eq!(note(&["sign", "lm", "--dry-run"]), None);
}

#[test]
fn tracked_files_missing_on_disk_are_reported() {
    let env = TestEnv::release();
    fs::remove_file(env.path("lm/weights/b.safetensors")).unwrap();
    let ran = env.openness(["check", "lm"]).expect(0);
    assert!(
        ran.err.contains(
            "tracked files are missing from the working tree and their content was not checked: `weights/b.safetensors`"
        ),
        "{ran:#?}"
    );
    let ran = env.openness(["hash", "lm"]).expect(2);
    assert!(ran.err.contains("cannot hash `weights/b.safetensors`: it is missing on disk"), "{ran:#?}");
    let ran = env.openness(["check", "lm", "--staged"]).expect(0);
    assert!(!ran.err.contains("missing"), "{ran:#?}");
}

#[test]
fn quiet_shows_warnings_since_they_are_results() {
    let env = TestEnv::release();
    let whole = env.openness(["check", "lm"]).expect(0).out;
    assert!(whole.lines().count() > 9 && whole.ends_with(" warnings\n"), "{whole}");
    assert_eq!(env.openness(["check", "lm", "--quiet"]).expect(0).out, whole);
}

#[test]
fn the_index_can_be_signed_before_it_is_committed() {
    let env = TestEnv::release();
    env.write("lm/weights/c.safetensors", "staged");
    env.git("lm", ["add", "-A"]);
    let created = ["sign", "lm", "--staged", "--key", "key", "--created", "2026-11-22T00:00:00Z"];
    env.openness(created).expect(0);
    assert_eq!(env.verify("lm").expect(0).json()["files"]["verified"], 6);
}

#[test]
fn every_kind_of_tampering_has_its_own_reason() {
    type Tamper = fn(&TestEnv);
    let ways: &[(&str, Tamper, &[&str])] = &[
        (
            "one flipped bit",
            |b| {
                let mut bytes = b.read("lm/weights/a.safetensors");
                bytes[3] ^= 1;
                b.write("lm/weights/a.safetensors", bytes);
            },
            &["content-mismatch"],
        ),
        ("an added file", |b| b.write("lm/modeling.py", "import os"), &["unsigned-files"]),
        (
            "an added file that Git ignores",
            |b| {
                b.write("lm/.git/info/exclude", "hidden.py\n");
                b.write("lm/hidden.py", "import os");
            },
            &["unsigned-files"],
        ),
        ("an added file in .openness", |b| b.write("lm/.openness/evil.py", "import os"), &["unsigned-files"]),
        (
            "an added file among the signatures",
            |b| b.write("lm/.openness/signatures/evil.py", "import os"),
            &["unsigned-files"],
        ),
        ("a removed file", |b| fs::remove_file(b.path("lm/README.md")).unwrap(), &["incomplete"]),
        (
            "an added claim",
            |b| {
                b.write("lm/OPENNESS.toml", format!("{MANIFEST}\n[claims]\nmof = \"class-1\"\n"));
            },
            // Nothing is derived from a manifest that is not as signed.
            &["content-mismatch"],
        ),
        ("every signature removed", |b| fs::remove_dir_all(b.path("lm/.openness/signatures")).unwrap(), &["unsigned"]),
        (".openness removed", |b| fs::remove_dir_all(b.path("lm/.openness")).unwrap(), &["unsigned"]),
        (
            "the statement edited",
            |b| {
                let text = String::from_utf8(b.read("lm/.openness/statement.json")).unwrap();
                b.write("lm/.openness/statement.json", text.replace("Tiny", "Tony"));
            },
            &["bad-signature"],
        ),
        (
            "the sums edited",
            |b| {
                let text = String::from_utf8(b.read("lm/.openness/SHA256SUMS")).unwrap();
                b.write("lm/.openness/SHA256SUMS", text.replace('a', "b"));
            },
            &["content-mismatch"],
        ),
        (
            "a changed signature",
            |b| {
                let path = b.signature("lm", ".sshsig");
                let text = fs::read_to_string(&path).unwrap();
                fs::write(path, text.replacen("AAAA", "AAAB", 2)).unwrap();
            },
            &["bad-signature"],
        ),
    ];
    for (what, tamper, expected) in ways {
        let env = TestEnv::signed();
        env.verify("lm").expect(0);
        tamper(&env);
        let ran = env.verify("lm");
        assert_eq!(
            (ran.status, reasons(&ran)),
            (1, expected.iter().map(|r| (*r).to_owned()).collect()),
            "{what}: {ran:#?}"
        );
    }
}

#[test]
fn without_a_key_no_signer_is_trusted() {
    let env = TestEnv::signed();
    env.openness(["key", "generate", "--no-passphrase", "--output", "other"]).expect(0);
    let ran = env.openness(["verify", "lm", "--key", "other.pub", "--format", "json"]).expect(1);
    assert_eq!(reasons(&ran), ["untrusted-key"]);
    let ran = env.openness(["verify", "lm", "--format", "json"]).expect(1);
    assert_eq!(reasons(&ran), ["untrusted-key"]);
    assert_eq!(ran.json()["signatures"][0]["status"], "untrusted");
}

#[test]
fn either_envelope_alone_is_enough() {
    for ending in [".sshsig", ".sigstore.json"] {
        let env = TestEnv::signed();
        fs::remove_file(env.signature("lm", ending)).unwrap();
        assert_eq!(env.verify("lm").expect(0).json()["verdict"], "verified", "without {ending}");
    }
}

#[test]
fn missing_files_need_the_partial_flag() {
    let env = TestEnv::signed();
    fs::remove_file(env.path("lm/weights/a.safetensors")).unwrap();
    let report = env.verify("lm").expect(1).json();
    assert_eq!(report["verdict"], "partial");
    assert_eq!(report["files"]["absent"], serde_json::json!(["weights/a.safetensors"]));
    let partial = ["verify", "lm", "--key", "key.pub", "--partial"];
    env.openness(partial).expect(0);
    env.write("lm/weights/b.safetensors", "changed");
    env.openness(partial).expect(1);
}

#[test]
fn unsigned_files_need_allow_unsigned() {
    let env = TestEnv::signed();
    env.write("lm/cache/x.tmp", "x");
    env.openness(["verify", "lm", "--key", "key.pub", "--allow-unsigned", "cache/**"]).expect(0);
    env.openness(["verify", "lm", "--key", "key.pub", "--allow-unsigned", "other/**"]).expect(1);
}

#[test]
fn changed_line_endings_are_named() {
    let env = TestEnv::signed();
    for name in ["lm/OPENNESS.toml", "lm/README.md"] {
        let text = String::from_utf8(env.read(name)).unwrap();
        env.write(name, text.replace('\n', "\r\n"));
    }
    let report = env.verify("lm").expect(1).json();
    let names = json!(["OPENNESS.toml", "README.md"]);
    assert_eq!((&report["files"]["changed"], &report["files"]["crlf"]), (&names, &json!([])));
    let notes = report["notes"].to_string();
    assert!(notes.contains("only the line endings of `OPENNESS.toml`, `README.md`"), "{notes}");
    // What was signed is known still.
    assert_eq!(report["evaluations"].as_array().unwrap().len(), openness::taxonomy::all().len());

    let allowed = ["verify", "lm", "--key", "key.pub", "--format", "json", "--allow-crlf"];
    let report = env.openness(allowed).expect(0).json();
    assert_eq!((&report["verdict"], &report["files"]["verified"]), (&"verified".into(), &3.into()));
    assert_eq!((&report["files"]["changed"], &report["files"]["crlf"]), (&json!([]), &names));
}

#[test]
fn scripts_with_other_line_endings_are_never_accepted() {
    let env = TestEnv::release();
    let texts = [("run.bat", "echo 1\n"), ("tool", "#!/bin/sh\n"), ("setup.rb", "p 1\n"), ("notes.txt", "a\nb\n")];
    for (name, text) in texts {
        env.write(&format!("lm/{name}"), text);
    }
    env.write("lm/windows.bat", "echo 2\r\n");
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    let allowed = ["verify", "lm", "--key", "key.pub", "--format", "json", "--allow-crlf"];
    env.openness(allowed).expect(0);
    for (name, text) in texts {
        let name = format!("lm/{name}");
        env.write(&name, text.replace('\n', "\r\n"));
        let report = env.openness(allowed).json();
        let is_text = name.ends_with(".txt");
        assert_eq!(report["verdict"], if is_text { "verified" } else { "failed" }, "{name}: {report:#}");
        assert_eq!(report["files"]["crlf"].as_array().unwrap().len(), usize::from(is_text), "{name}");
        env.write(&name, text);
    }
    // One carriage return in one line of a text is not what Git does.
    env.write("lm/notes.txt", "a\r\nb\n");
    env.openness(allowed).expect(1);
}

#[test]
fn verify_and_sha256sum_agree() {
    type Change = (&'static str, fn(&TestEnv), bool);
    if !has("sha256sum") {
        return;
    }
    let changes: [Change; 5] = [
        ("unchanged", |_| {}, true),
        ("a text with CRLF", |env| env.write("lm/README.md", "# Tiny\r\n"), false),
        ("the sums with CRLF", |env| crlf(env, "lm/.openness/SHA256SUMS"), false),
        ("a carriage return at the end", |env| env.write("lm/README.md", "# Tiny\n\r"), false),
        ("no final line feed", |env| env.write("lm/README.md", "# Tiny"), false),
    ];
    for (what, change, is_verified) in changes {
        let env = TestEnv::signed();
        change(&env);
        let mut command = env.command("sha256sum");
        command.current_dir(env.path("lm")).args(["--strict", "-c", ".openness/SHA256SUMS"]);
        let is_good = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success();
        assert_eq!(env.verify("lm").status == 0, is_verified, "{what}");
        // Newer releases of `sha256sum` read sums with CRLF, so they may accept more.
        assert!(is_good || !is_verified, "{what}");
        if what != "the sums with CRLF" {
            assert_eq!(is_good, is_verified, "{what}");
        }
    }
}

fn crlf(env: &TestEnv, name: &str) {
    let text = String::from_utf8(env.read(name)).unwrap();
    env.write(name, text.replace('\n', "\r\n"));
}

#[test]
fn json_says_what_is_declared_and_what_changed() {
    let env = TestEnv::release();
    let base = "[[model.base]]\nname = \"lab/base\"\nrelation = \"finetune\"\nlicense = \"CC-BY-NC-4.0\"\n";
    env.write("lm/OPENNESS.toml", format!("{MANIFEST}\n{base}"));
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key", "--waive", "OPN410"]).expect(0);
    let report = env.verify("lm").expect(0).json();
    assert_eq!(report["tool"], json!({ "name": "openness", "version": env!("CARGO_PKG_VERSION") }));
    assert_eq!(report["producer"], "Example Lab");
    let expected = json!([{"name": "lab/base", "url": null, "relation": "finetune", "license": "CC-BY-NC-4.0", "digest": null, "statement": null}]);
    assert_eq!(report["base"], expected);
    let weights =
        json!({"id": "final-weights", "openness": "open", "license": "Apache-2.0", "licenseName": null, "limit": null});
    assert!(report["components"].as_array().unwrap().contains(&weights), "{report:#}");
    let shown = env.openness(["show", "lm", "--format", "json"]).json();
    let ids = |report: &serde_json::Value| -> Vec<_> {
        let evaluations = report["evaluations"].as_array().unwrap().iter();
        evaluations.map(|found| (found["taxonomy"].clone(), found["verdict"].clone())).collect()
    };
    assert_eq!(ids(&report), ids(&shown));
    let text = env.openness(["verify", "lm", "--key", "key.pub"]).expect(0).out;
    assert!(text.contains("derived from lab/base (finetune), under CC-BY-NC-4.0, which forbids commercial"), "{text}");

    let digest = |text: &str| openness::artifacts::digest::sha256(text.as_bytes()).as_str().to_owned();
    env.write("lm/README.md", "# Changed\n");
    env.write("lm/OPENNESS.toml", MANIFEST);
    let report = env.verify("lm").expect(1).json();
    assert_eq!(report["files"]["changed"], json!(["OPENNESS.toml", "README.md"]));
    let changes = &report["files"]["changes"];
    assert_eq!((changes.as_array().unwrap().len(), &changes[0]["path"]), (2, &"OPENNESS.toml".into()));
    let card = json!({
        "path": "README.md", "expected": digest("# Tiny\n"), "actual": digest("# Changed\n"),
        "expectedSize": 7, "actualSize": 10, "damaged": [],
    });
    assert_eq!(changes[1], card);
    // Nothing is taken from a manifest that is not as signed; the statement is.
    assert_eq!((&report["base"], &report["evaluations"]), (&json!([]), &json!([])));
    assert_eq!(report["components"].as_array().unwrap().len(), 3);
}

#[test]
fn facts_are_written_only_of_a_manifest_that_is_as_signed() {
    let env = TestEnv::signed();
    let verify = |facts: &str| env.openness(["verify", "lm", "--key", "key.pub", "--quiet", "--facts", facts]);
    verify("facts.json").expect(0);
    assert_eq!(env.read_text("facts.json"), env.openness(["show", "lm", "--format", "json"]).expect(0).out);
    env.write("lm/weights/a.safetensors", "other");
    verify("of-changed-weights.json").expect(1);
    assert_eq!(env.read("of-changed-weights.json"), env.read("facts.json"), "the manifest is still as signed");
    env.write("lm/OPENNESS.toml", MANIFEST.replace("1.0.0", "1.0.1"));
    verify("none.json").expect(1);
    assert!(!env.path("none.json").exists());
}

#[test]
fn the_license_of_open_weights_is_shown_with_its_limits() {
    for (openness, license, expected) in [
        ("open", "Apache-2.0", Some("license of the weights: Apache-2.0\n")),
        ("open", "CC-BY-NC-4.0", Some("license of the weights: CC-BY-NC-4.0, which forbids commercial use")),
        ("open", "MIT OR CC-BY-NC-4.0", Some("license of the weights: MIT OR CC-BY-NC-4.0\n")),
        ("closed", "CC-BY-NC-4.0", None),
    ] {
        let env = TestEnv::release();
        let manifest = MANIFEST.replace("Apache-2.0", license);
        let manifest = match openness {
            "open" => manifest,
            _ => manifest.replacen("openness = \"open\"", "openness = \"closed\"\nreason = \"not yet\"", 1),
        };
        env.write("lm/OPENNESS.toml", format!("{manifest}# changed\n"));
        env.commit("lm");
        env.openness(["sign", "lm", "--key", "key", "--waive", "OPN209", "--waive", "OPN309"]).expect(0);
        let out = env.openness(["verify", "lm", "--key", "key.pub"]).out;
        match expected {
            Some(expected) => assert!(out.contains(expected), "{license}: {out}"),
            None => assert!(out.contains("Declared") && !out.contains("license of the weights"), "{out}"),
        }
    }
}

#[test]
fn the_last_line_names_what_the_signer_left_out() {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", format!("{MANIFEST}\n[coverage]\nexclude = [\"*.log\"]\nreason = \"local\"\n"));
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    let last = || env.openness(["verify", "lm", "--key", "key.pub", "--quiet"]).out;
    assert_eq!(last(), "verified\n");
    env.write("lm/a.log", "x");
    assert_eq!(last(), "verified, except 1 file that the signer left out\n");
    env.write("lm/b.log", "x");
    assert_eq!(last(), "verified, except 2 files that the signer left out\n");
    fs::remove_file(env.path("lm/README.md")).unwrap();
    assert_eq!(last(), "partly verified, except 2 files that the signer left out: signed files are missing\n");
    env.write("lm/README.md", "other");
    assert_eq!(last(), "NOT VERIFIED: files are not what was signed\n");
}

#[test]
fn errors_prevent_signing_unless_waived() {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", format!("{MANIFEST}\n[claims]\nmof = \"class-1\"\n"));
    env.commit("lm");
    env.openness(["check", "lm"]).expect(1);
    let ran = env.openness(["sign", "lm", "--key", "key"]).expect(1);
    assert!(ran.out.contains("OPN202") && !env.path("lm/.openness").exists(), "{ran:#?}");
    env.openness(["sign", "lm", "--key", "key", "--waive", "OPN301"]).expect(1);
    env.openness(["sign", "lm", "--key", "key", "--waive", "OPN202"]).expect(0);
    let ran = env.verify("lm").expect(1);
    assert_eq!(reasons(&ran), ["claim-does-not-hold"]);
    assert_eq!(ran.json()["statement"]["waived"], serde_json::json!(["OPN202"]));
}

#[test]
fn a_second_signer_does_not_overwrite_signatures() {
    let env = TestEnv::signed();
    env.openness(["key", "generate", "--no-passphrase", "--output", "second"]).expect(0);
    // The statement names its commit, and HEAD is a later one.
    let ran = env.openness(["sign", "lm", "--key", "second"]).expect(2);
    assert!(ran.err.contains("signatures of other keys over another statement"), "{ran:#?}");
    env.verify("lm").expect(0);
    env.openness(["sign", "lm", "--key", "second", "--rev", "HEAD~1"]).expect(0);
    assert_eq!(env.verify("lm").expect(0).json()["signatures"].as_array().unwrap().len(), 4);
    env.openness(["verify", "lm", "--key", "second.pub"]).expect(0);
    env.openness(["sign", "lm", "--key", "second", "--replace"]).expect(0);
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["untrusted-key"]);
}

#[test]
fn excluded_files_are_in_the_statement_and_the_report() {
    let env = TestEnv::release();
    env.write("lm/assets/logo.png", "png");
    env.write("lm/OPENNESS.toml", format!("{MANIFEST}\n[coverage]\nexclude = [\"assets/**\"]\n"));
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.write("lm/assets/logo.png", "another");
    let report = env.verify("lm").expect(0).json();
    assert_eq!(report["files"]["excluded"], serde_json::json!(["assets/logo.png"]));
    // Files that can run code when they are loaded are never excluded.
    env.write("lm/assets/x.pkl", "cos\nsystem\n");
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["unsigned-files"]);
}

#[test]
fn a_subdirectory_can_be_a_release() {
    let env = TestEnv::with_key();
    env.write("mono/model/OPENNESS.toml", MANIFEST);
    env.write("mono/model/weights/a.safetensors", "a");
    env.write("mono/model/README.md", "# Tiny\n");
    env.write("mono/elsewhere.txt", "x");
    env.git("mono", ["init", "-q", "-b", "main"]);
    env.commit("mono");
    env.openness(["sign", "mono/model", "--key", "key"]).expect(0);
    assert_eq!(env.verify("mono/model").expect(0).json()["files"]["verified"], 3);
    env.commit("mono");
    let arguments = ["verify", "mono/model", "--rev", "HEAD", "--key", "key.pub", "--format", "json"];
    assert_eq!(env.openness(arguments).expect(0).json()["files"]["verified"], 3);
}

#[test]
fn git_openness_is_the_same_program() {
    let env = TestEnv::signed();
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_git-openness")).parent().unwrap().to_path_buf();
    let path = std::env::join_paths([folder, "/usr/bin".into(), "/bin".into(), "/usr/local/bin".into()]).unwrap();
    let output =
        env.command("git").env("PATH", path).args(["openness", "verify", "lm", "--key", "key.pub", "-q"]).output();
    assert!(output.unwrap().status.success());
}

#[test]
fn a_copied_signature_does_not_verify() {
    let env = TestEnv::signed();
    env.write("other/OPENNESS.toml", MANIFEST.replace("Tiny", "Other"));
    env.write("other/weights/a.safetensors", "evil");
    env.write("other/README.md", "# Other\n");
    copy_tree(&env.path("lm/.openness"), &env.path("other/.openness"));
    let found = reasons(&env.verify("other").expect(1));
    assert!(found.contains(&"content-mismatch".to_owned()), "{found:?}");
}

#[test]
fn a_name_in_advice_is_one_word_for_a_shell() {
    let env = TestEnv::with_key();
    env.write("new/OPENNESS.toml", MANIFEST);
    env.write("new/weights/$(touch pwned).safetensors", "a");
    env.write("new/README.md", "# x\n");
    env.git("new", ["init", "-q", "-b", "main"]);
    let ran = env.openness(["check", "new", "--format", "json"]).expect(1);
    let findings = ran.json()["findings"].to_string();
    let advice = "git add 'weights/$(touch pwned).safetensors'";
    assert!(findings.contains(&format!("run `{advice}`")), "{ran:#?}");
    let done = env.command("sh").args(["-c", advice]).current_dir(env.path("new")).status().unwrap();
    assert!(done.success() && !env.path("new/pwned").exists());
    assert!(env.git("new", ["ls-files"]).contains("$(touch pwned)"));
}

#[test]
fn a_file_is_verified_with_its_signature_only() {
    let env = TestEnv::signed();
    for (file, directory) in
        [("lm/OPENNESS.toml", "`lm`"), ("lm/.openness/statement.json", "`lm`"), ("lm/.openness/SHA256SUMS", "`lm`")]
    {
        let ran = env.openness(["verify", file, "--key", "key.pub"]).expect(2);
        assert!(ran.err.contains(&format!("name its directory: {directory}")), "{ran:#?}");
    }
}

#[test]
fn a_name_of_several_commits_is_not_verified() {
    let env = TestEnv::signed();
    let verify = |rev: &str| env.openness(["verify", "lm", "--rev", rev, "--key", "key.pub"]);
    env.git("lm", ["tag", "v1"]);
    env.git("lm", ["branch", "v1"]);
    // All lead to the same.
    verify("v1").expect(0);
    env.git("lm", ["symbolic-ref", "HEAD", "refs/heads/v1"]);
    env.git("lm", ["commit", "-q", "--allow-empty", "-m", "other"]);
    for rev in ["v1", "v1^{commit}", "v1~0"] {
        let ran = verify(rev).expect(2);
        let [tag, branch] =
            ["`refs/tags/v1` is commit", "`refs/heads/v1` is commit"].map(|text| ran.err.contains(text));
        assert!(ran.err.contains("`v1` is ambiguous") && tag && branch, "{ran:#?}");
    }
    verify("refs/tags/v1").expect(0);
    verify("HEAD").expect(0);
    // A file that Git takes for a reference.
    env.git("lm", ["tag", "v2", "refs/tags/v1"]);
    env.write("lm/.git/v2", env.git("lm", ["rev-parse", "HEAD"]));
    assert!(verify("v2").expect(2).err.contains("`.git/v2` is a file"));
    env.write("lm/.git/v2", "not a reference\n");
    verify("v2").expect(0);
}

#[test]
fn a_manifest_that_is_a_pointer_is_reported_as_one() {
    let env = TestEnv::release();
    let oid = "0".repeat(64);
    env.write("lm/OPENNESS.toml", format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 300\n"));
    let ran = env.openness(["check", "lm", "--format", "json"]).expect(1);
    let findings = ran.json()["findings"].clone();
    assert_eq!((findings.as_array().map(Vec::len), &findings[0]["code"]), (Some(1), &"OPN001".into()), "{ran:#?}");
    assert!(findings[0]["message"].as_str().unwrap().contains("Git LFS pointer"), "{ran:#?}");
}

#[test]
fn untracked_files_are_reported_with_git_add() {
    let env = TestEnv::with_key();
    env.write("new/OPENNESS.toml", MANIFEST);
    env.write("new/weights/a.safetensors", "a");
    env.write("new/README.md", "# x\n");
    env.git("new", ["init", "-q", "-b", "main"]);
    let ran = env.openness(["check", "new"]).expect(1);
    assert!(ran.out.contains("run `git add weights/a.safetensors` in `new`"), "{ran:#?}");
    env.git("new", ["add", "-A"]);
    env.openness(["check", "new"]).expect(0);
    // Nothing is committed yet, and `sign` signs commits.
    let ran = env.openness(["sign", "new", "--key", "key"]).expect(2);
    assert!(ran.err.contains("commit"), "{ran:#?}");
}

#[test]
fn unportable_names_cannot_be_waived() {
    let env = TestEnv::release();
    env.write("lm/weights/A.safetensors", "collides with a.safetensors");
    env.commit("lm");
    let ran = env.openness(["sign", "lm", "--key", "key", "--waive", "OPN306"]).expect(2);
    assert!(ran.err.contains("`OPN306` cannot be waived"), "{ran:#?}");
    let ran = env.openness(["sign", "lm", "--key", "key"]).expect(1);
    assert!(ran.out.contains("OPN306") && ran.err.contains("OPN306 must be fixed\n"), "{ran:#?}");
    assert!(!env.path("lm/.openness").exists());
}

#[test]
fn a_bare_repository_is_signed_into_a_new_directory() {
    let env = TestEnv::release();
    env.git(".", ["clone", "-q", "--bare", "lm", "bare.git"]);
    env.openness(["sign", "bare.git", "--key", "key"]).expect(2);
    env.openness(["sign", "bare.git", "--key", "key", "--output", "out/new"]).expect(0);
    assert!(env.path("out/new/.openness/statement.json").exists());
}

/// A dry run says what would be wrong with the key, and asks for nothing.
#[test]
fn a_dry_run_looks_at_the_key() {
    let env = TestEnv::release();
    let dry = |arguments: &[&str]| env.openness([&["sign", "lm", "--dry-run"][..], arguments].concat());
    let fingerprint = env.openness(["key", "show", "key.pub"]).expect(0).out;
    let fingerprint = fingerprint.split_whitespace().find(|word| word.starts_with("SHA256:")).unwrap().to_owned();
    assert!(dry(&["--key", "key"]).expect(0).out.starts_with(&format!("would sign Tiny 1.0.0 by {fingerprint}: ")));
    env.write("text", "hello\n");
    for (arguments, says) in [
        (&["--key", "nowhere"][..], "cannot read the key `nowhere`: no such file or directory"),
        (&["--key", "lm"], "it is a directory"),
        (&["--key", "text"], "cannot use the key `text`"),
        (&["--key", "key.pub"], "ssh-agent"),
        (&["--key-env", "NOT_SET"], "`NOT_SET` is not set"),
    ] {
        let ran = dry(arguments).expect(2);
        assert!(ran.err.contains(says), "{arguments:?}: {ran:#?}");
        // The same as when signing.
        let signed = env.openness([&["sign", "lm"][..], arguments].concat()).expect(2);
        assert_eq!(signed.err, ran.err, "{arguments:?}");
    }
    // No key is needed to see what would be signed, but that is said.
    let ran = dry(&[]).expect(0);
    assert!(ran.err.contains("note: no key to sign with; name one with `--key FILE`"), "{ran:#?}");
    assert!(!dry(&["--quiet"]).expect(0).err.contains("key"));
    // An encrypted key is read as far as that goes without its passphrase.
    env.write("word", "secret\n");
    let with_word = |arguments: &[&str]| -> Output {
        let mut command = env.program();
        command.env("OPENNESS_PASSPHRASE_FILE", "word").args(arguments).output().unwrap().into()
    };
    with_word(&["key", "generate", "--output", "locked"]).expect(0);
    let ran = dry(&["--key", "locked"]).expect(0);
    assert!(ran.err.contains("note: the key `locked` is encrypted; signing asks for its passphrase"), "{ran:#?}");
    assert!(with_word(&["sign", "lm", "--dry-run", "--key", "locked"]).expect(0).out.contains(" by SHA256:"));
    env.write("word", "wrong\n");
    with_word(&["sign", "lm", "--dry-run", "--key", "locked"]).fails_with("wrong passphrase for the key `locked`");
    // The same for OpenSSF Model Signing, whose keys are others.
    dry(&["--oms", "--key", "key"]).fails_with("key");
    let ran = dry(&["--oms"]).expect(0);
    assert!(ran.err.contains("note: `--oms` needs an ECDSA key; name one with `--key FILE`"), "{ran:#?}");
    assert!(!env.path("lm/.openness").exists() && !env.path("lm/model.sig").exists());
    // What has no dry run is refused instead of done.
    dry(&["--tag", "v1", "--key", "key"]).fails_with("cannot be used with");
    dry(&["--tlog-proof", "text"]).fails_with("cannot be used with");
    assert_eq!(env.git("lm", ["tag"]).trim(), "");
}

#[test]
fn a_time_before_the_claimed_one_is_noted_and_a_wrong_form_names_the_right_one() {
    let env = TestEnv::signed();
    let verify = |time: &str| env.openness(["verify", "lm", "--key", "key.pub", "--verify-time", time]);
    let note = "the statement says that it was made at 2026-11-22T00:00:00Z, after the time for which it is verified, ";
    let text = |time: &str| verify(time).expect(0).out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text("2026-11-21").contains(&format!("{note}2026-11-21T00:00:00Z")), "{}", text("2026-11-21"));
    assert!(!text("2026-11-22").contains(note) && !text("2026-11-23").contains(note));
    for wrong in ["yesterday", "22.11.2026", "2026-11"] {
        let ran = verify(wrong).expect(2);
        let help = "help: expected a date such as 2026-11-22, or a time such as 2026-11-22T00:00:00Z";
        assert!(ran.err.contains(help), "{wrong}: {ran:#?}");
    }
    let created = |time: &str| env.openness(["statement", "lm", "--created", time]);
    let ran = created("yesterday").expect(2);
    assert!(ran.err.contains("'--created <TIME>': expected a date such as 2026-11-22, or a time such as"), "{ran:#?}");
    assert_eq!(created("2026-11-22").expect(0).out, created("2026-11-22T00:00:00Z").expect(0).out);
}

#[test]
fn a_missing_manifest_is_not_called_invalid() {
    let env = TestEnv::signed();
    fs::remove_file(env.path("lm/OPENNESS.toml")).unwrap();
    let ran = env.openness(["verify", "lm", "--key", "key.pub", "--quiet"]).expect(1);
    assert!(ran.out.contains("the manifest is missing") && !ran.out.contains("invalid"), "{ran:#?}");
    env.write("lm/OPENNESS.toml", "schema = 1\n");
    let ran = env.openness(["verify", "lm", "--key", "key.pub", "--quiet"]).expect(1);
    assert!(!ran.out.contains("missing"), "{ran:#?}");
}

#[test]
fn what_can_be_waived_is_told_with_the_flag_and_a_path_after_it_is_recognized() {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("weights/*", "wieghts/*"));
    env.commit("lm");
    let ran = env.openness(["sign", "lm", "--key", "key"]).expect(1);
    assert!(ran.err.ends_with("not signed: OPN301 must be fixed or waived (`--waive OPN301`)\n"), "{ran:#?}");
    let ran = env.openness(["sign", "--key", "key", "--waive", "OPN301", "lm"]).expect(2);
    assert!(
        ran.err.contains("no rule has the code `lm`; a path has to come before `--waive`, or after `--`"),
        "{ran:#?}"
    );
    env.openness(["sign", "--key", "key", "--waive", "OPN301", "--", "lm"]).expect(0);
}
