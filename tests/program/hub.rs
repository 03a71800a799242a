//! Releases that `huggingface_hub` itself downloads, in each of its layouts, from a Hub on the loopback interface
//! (`hub.py`), and the explanations for damaged ones.
//!
//! `OPENNESS_PYTHON` names a Python that has the package `huggingface_hub`; the default is `python3`.

use std::fs;
use std::path::{Path, PathBuf};

use openness::artifacts::digest::sha256;
use serde_json::Value;

use crate::common::env::{Output, TestEnv, copy_tree, reasons};
use crate::common::tools::python_with;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const WEIGHTS: &str = "weights/a.safetensors";
const LAYOUTS: &[&str] = &["cache", "copies", "local", "shared"];

/// Downloads `lm` in one layout and returns the name of the snapshot or folder.
#[track_caller]
fn download(env: &TestEnv, python: &str, layout: &str, flags: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/hub.py");
    let mut command = env.command(python);
    command.arg(script).arg(env.path("lm")).arg(env.path(layout)).arg(layout).args(flags);
    let ran: Output = command.output().unwrap().into();
    ran.expect(0);
    match layout {
        "local" => "local/local".to_owned(),
        _ => format!("{layout}/hub/models--lab--tiny/snapshots/{COMMIT}"),
    }
}

/// The file at the end of all symbolic links.
fn behind(env: &TestEnv, snapshot: &str, path: &str) -> PathBuf {
    env.path(snapshot).join(path).canonicalize().unwrap()
}

/// Replaces a file, which may be read-only, by one with other bytes.
fn spoil(path: &Path, bytes: &str) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn notes(report: &Value) -> String {
    let notes = report["notes"].as_array().unwrap();
    notes.iter().map(|note| format!("{}\n", note.as_str().unwrap())).collect()
}

/// Requires verification to fail only because a file changed, and returns the notes.
#[track_caller]
fn changed(env: &TestEnv, snapshot: &str) -> String {
    let ran = env.verify(snapshot).expect(1);
    assert_eq!(reasons(&ran), ["content-mismatch"], "{ran:#?}");
    notes(&ran.json())
}

#[test]
fn every_huggingface_hub_layout_verifies() {
    let Some(python) = python_with("huggingface_hub") else { return };
    let env = TestEnv::signed();
    for layout in LAYOUTS {
        let snapshot = download(&env, &python, layout, &[]);
        let report = env.verify(&snapshot).expect(0).json();
        assert_eq!((&report["verdict"], &report["files"]["verified"]), (&"verified".into(), &5.into()), "{layout}");
        assert_eq!(notes(&report), "", "{layout}");

        // One bit of the weights, and one of a small file.
        let weights = behind(&env, &snapshot, WEIGHTS);
        let (good, readme) = (fs::read(&weights).unwrap(), behind(&env, &snapshot, "README.md"));
        spoil(&weights, "weights A");
        spoil(&readme, "# Tinz\n");
        let notes = changed(&env, &snapshot);
        let (signed, found) = (sha256(&good), sha256(b"weights A"));
        for words in [&signed.as_str()[..16], &found.as_str()[..16], "the download was damaged", "Git blob"] {
            assert!(notes.contains(words), "{layout}: no `{words}` in {notes}");
        }
        assert_eq!(notes.matches("the download was damaged").count(), 2, "{layout}: {notes}");
        // Cut short, as on a full disk.
        spoil(&weights, "weigh");
        assert!(changed(&env, &snapshot).contains("the download was damaged"), "{layout}");

        // The suggested fix works. The package never replaces copies in a cache, not even with `--force-download`.
        if *layout == "copies" {
            assert!(notes.contains("delete this file") && !notes.contains("--force-download"), "{notes}");
            fs::remove_file(&weights).unwrap();
            fs::remove_file(&readme).unwrap();
            download(&env, &python, layout, &[]);
        } else {
            assert!(notes.contains("`hf download … --force-download`"), "{notes}");
            download(&env, &python, layout, &["--force-download"]);
        }
        env.verify(&snapshot).expect(0);
    }
}

#[test]
fn a_complete_download_is_not_called_damaged() {
    let Some(python) = python_with("huggingface_hub") else { return };
    let env = TestEnv::signed();
    // The Hub serves files that were changed after signing.
    env.write("lm/weights/a.safetensors", "weights by mallory");
    env.write("lm/README.md", "# Mallory\n");
    for layout in LAYOUTS {
        let snapshot = download(&env, &python, layout, &[]);
        let notes = changed(&env, &snapshot);
        assert_eq!(
            notes.matches("the download is intact but differs from the signed file").count(),
            2,
            "{layout}: {notes}"
        );
        assert!(!notes.contains("--force-download"), "{layout}: {notes}");
        // Then the download is damaged too.
        spoil(&behind(&env, &snapshot, WEIGHTS), "weights by mallorx");
        let notes = changed(&env, &snapshot);
        assert!(notes.contains("was not the signed one, and seems to have been damaged"), "{layout}: {notes}");
    }
}

#[test]
fn for_a_hub_repository_the_error_names_the_snapshot() {
    let Some(python) = python_with("huggingface_hub") else { return };
    let env = TestEnv::signed();
    for layout in ["cache", "copies", "shared"] {
        let snapshot = download(&env, &python, layout, &[]);
        for place in [format!("{layout}/hub"), format!("{layout}/hub/models--lab--tiny")] {
            let ran = env.verify(&place).expect(2);
            assert!(ran.err.contains(&format!("give `{}`", behind(&env, &snapshot, "").display())), "{ran:#?}");
        }
    }
}

/// A Xet hash has as many digits as SHA-256, but is another function.
#[test]
fn a_xet_hash_is_not_used() {
    let env = TestEnv::signed();
    let other = "weights of mallory";
    let digest = sha256(other.as_bytes()).as_str().to_owned();
    // A folder whose notes have no etag, and whose list has only a Xet hash, forged to match the file.
    copy_tree(&env.path("lm"), &env.path("local"));
    fs::remove_dir_all(env.path("local/.git")).unwrap();
    env.write("local/weights/a.safetensors", other);
    env.write("local/.cache/huggingface/download/weights/a.safetensors.metadata", format!("{COMMIT}\nx\n1\n"));
    let list = format!("{{\"format_version\":1,\"files\":{{\"{WEIGHTS}\":{{\"xet_hash\":\"{digest}\"}}}}}}");
    env.write(&format!("local/.cache/huggingface/trees/{COMMIT}.json"), list);
    assert_eq!(changed(&env, "local"), "");
}

/// An attacker who changes a file can change the notes too, so they are never a reason to accept it.
#[test]
fn hostile_hub_metadata_proves_nothing() {
    let env = TestEnv::signed();
    copy_tree(&env.path("lm"), &env.path("local"));
    fs::remove_dir_all(env.path("local/.git")).unwrap();
    let signed = sha256(&env.read("lm/weights/a.safetensors"));
    env.write("local/weights/a.safetensors", "weights of mallory");
    let metadata = "local/.cache/huggingface/download/weights/a.safetensors.metadata";
    for (bytes, expected) in [
        (format!("{COMMIT}\n{}\n1.0\n", signed.as_str()), "the download was damaged"),
        (format!("{COMMIT}\n{}\n1.0\n", sha256(b"weights of mallory").as_str()), "the download is intact"),
        (format!("{COMMIT}\n\u{1b}]0;owned\u{7}{}\n1.0\n", signed.as_str()), ""),
        (format!("../../../../../etc/passwd\n{}\n1.0\n", "../".repeat(20)), ""),
        ("x".repeat(1 << 20), ""),
        (String::new(), ""),
    ] {
        env.write(metadata, &bytes);
        let notes = changed(&env, "local");
        assert!(notes.contains(expected) && notes.is_empty() == expected.is_empty(), "{notes}");
        assert!(!notes.contains(['\u{1b}', '\u{7}']));
    }
    // For a small file the Hub records its Git blob id.
    fs::remove_file(env.path(metadata)).unwrap();
    copy_tree(&env.path("lm/weights"), &env.path("local/weights"));
    let [signed, actual] = ["# Tiny\n\nA card.\n", "# Mallory\n"].map(|text| {
        env.write("local/README.md", text);
        env.git("local", ["hash-object", "--no-filters", "README.md"]).trim().to_owned()
    });
    let source = "local/.cache/huggingface/download/README.md.metadata";
    for (etag, expected) in [
        (&actual, format!("says Git blob {}…, and so does this file: the download is intact", &actual[..16])),
        (
            &signed,
            format!("says Git blob {}…, but this file is {}…: the download was damaged", &signed[..16], &actual[..16]),
        ),
    ] {
        env.write(source, format!("{COMMIT}\n{etag}\n1\n"));
        let notes = changed(&env, "local");
        assert!(notes.contains(&expected), "{notes}");
    }
    fs::copy(env.path("lm/README.md"), env.path("local/README.md")).unwrap();
    fs::remove_file(env.path(source)).unwrap();
    // Notes that contradict an unchanged file are ignored.
    env.write("local/.cache/huggingface/download/README.md.metadata", format!("{COMMIT}\n{}\n1\n", "0".repeat(64)));
    let report = env.verify("local").expect(0).json();
    assert_eq!(notes(&report), "");
}
