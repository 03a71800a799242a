//! Releases as `huggingface_hub` itself lays them out, downloaded from a Hub on the loopback (`hub.py`), and what is
//! said where they are damaged.
//!
//! `OPENNESS_PYTHON` names a Python with the package `huggingface_hub`; default `python3`.

use std::fs;
use std::path::{Path, PathBuf};

use openness::artifacts::digest::sha256;
use serde_json::Value;

use crate::common::env::{Output, TestEnv, copy_tree, reasons};
use crate::common::tools::python_with;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const WEIGHTS: &str = "weights/a.safetensors";
const LAYOUTS: &[&str] = &["cache", "copies", "local", "shared"];

/// Downloads `lm` in one layout and returns the snapshot, or the folder.
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

/// The file behind all links.
fn behind(env: &TestEnv, snapshot: &str, path: &str) -> PathBuf {
    env.path(snapshot).join(path).canonicalize().unwrap()
}

/// Puts other bytes in the place of a file, which may be read-only.
fn spoil(path: &Path, bytes: &str) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn notes(report: &Value) -> String {
    let notes = report["notes"].as_array().unwrap();
    notes.iter().map(|note| format!("{}\n", note.as_str().unwrap())).collect()
}

/// Verifies what must not verify, for the reason that a file changed, and returns the notes.
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
        let told = changed(&env, &snapshot);
        let (signed, found) = (sha256(&good), sha256(b"weights A"));
        for words in [&signed.as_str()[..16], &found.as_str()[..16], "a damaged download", "Git blob"] {
            assert!(told.contains(words), "{layout}: no `{words}` in {told}");
        }
        assert_eq!(told.matches("a damaged download").count(), 2, "{layout}: {told}");
        // Cut short, as a full disk leaves it.
        spoil(&weights, "weigh");
        assert!(changed(&env, &snapshot).contains("a damaged download"), "{layout}");

        // What it advises is what mends it: the package leaves copies in a cache as they are, even when it is forced.
        if *layout == "copies" {
            assert!(told.contains("delete this file") && !told.contains("--force-download"), "{told}");
            fs::remove_file(&weights).unwrap();
            fs::remove_file(&readme).unwrap();
            download(&env, &python, layout, &[]);
        } else {
            assert!(told.contains("`hf download … --force-download`"), "{told}");
            download(&env, &python, layout, &["--force-download"]);
        }
        env.verify(&snapshot).expect(0);
    }
}

#[test]
fn a_complete_download_is_not_called_damaged() {
    let Some(python) = python_with("huggingface_hub") else { return };
    let env = TestEnv::signed();
    // What the Hub serves was changed after it was signed.
    env.write("lm/weights/a.safetensors", "weights by mallory");
    env.write("lm/README.md", "# Mallory\n");
    for layout in LAYOUTS {
        let snapshot = download(&env, &python, layout, &[]);
        let told = changed(&env, &snapshot);
        assert_eq!(told.matches("that seems whole").count(), 2, "{layout}: {told}");
        assert!(!told.contains("--force-download"), "{layout}: {told}");
        // And then it is damaged too.
        spoil(&behind(&env, &snapshot, WEIGHTS), "weights by mallorx");
        let told = changed(&env, &snapshot);
        assert!(told.contains("not what was signed, and it seems to have been damaged"), "{layout}: {told}");
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

/// A hash of Xet has as many digits as SHA-256, and is another function.
#[test]
fn a_hash_of_xet_explains_nothing() {
    let env = TestEnv::signed();
    let other = "weights of mallory";
    let digest = sha256(other.as_bytes()).as_str().to_owned();
    // A folder whose notes have no etag, and whose list has nothing but a hash of Xet, which is made to fit.
    copy_tree(&env.path("lm"), &env.path("local"));
    fs::remove_dir_all(env.path("local/.git")).unwrap();
    env.write("local/weights/a.safetensors", other);
    env.write("local/.cache/huggingface/download/weights/a.safetensors.metadata", format!("{COMMIT}\nx\n1\n"));
    let list = format!("{{\"format_version\":1,\"files\":{{\"{WEIGHTS}\":{{\"xet_hash\":\"{digest}\"}}}}}}");
    env.write(&format!("local/.cache/huggingface/trees/{COMMIT}.json"), list);
    assert_eq!(changed(&env, "local"), "");
}

/// Whoever changed the file may have changed the notes: they are never a reason to believe it.
#[test]
fn hostile_hub_metadata_proves_nothing() {
    let env = TestEnv::signed();
    copy_tree(&env.path("lm"), &env.path("local"));
    fs::remove_dir_all(env.path("local/.git")).unwrap();
    let signed = sha256(&env.read("lm/weights/a.safetensors"));
    env.write("local/weights/a.safetensors", "weights of mallory");
    let metadata = "local/.cache/huggingface/download/weights/a.safetensors.metadata";
    for (bytes, told) in [
        (format!("{COMMIT}\n{}\n1.0\n", signed.as_str()), "a damaged download"),
        (format!("{COMMIT}\n{}\n1.0\n", sha256(b"weights of mallory").as_str()), "seems whole"),
        (format!("{COMMIT}\n\u{1b}]0;owned\u{7}{}\n1.0\n", signed.as_str()), ""),
        (format!("../../../../../etc/passwd\n{}\n1.0\n", "../".repeat(20)), ""),
        ("x".repeat(1 << 20), ""),
        (String::new(), ""),
    ] {
        env.write(metadata, &bytes);
        let notes = changed(&env, "local");
        assert!(notes.contains(told) && notes.is_empty() == told.is_empty(), "{notes}");
        assert!(!notes.contains(['\u{1b}', '\u{7}']));
    }
    // Of a small file the Hub notes the id of its blob, as Git computes it.
    fs::remove_file(env.path(metadata)).unwrap();
    copy_tree(&env.path("lm/weights"), &env.path("local/weights"));
    let [signed, here] = ["# Tiny\n\nA card.\n", "# Mallory\n"].map(|text| {
        env.write("local/README.md", text);
        env.git("local", ["hash-object", "--no-filters", "README.md"]).trim().to_owned()
    });
    let source = "local/.cache/huggingface/download/README.md.metadata";
    for (etag, told) in [
        (&here, format!("says Git blob {}…, and so do the bytes here: a download that seems whole", &here[..16])),
        (
            &signed,
            format!("says Git blob {}…, and the bytes here are {}…: a damaged download", &signed[..16], &here[..16]),
        ),
    ] {
        env.write(source, format!("{COMMIT}\n{etag}\n1\n"));
        let notes = changed(&env, "local");
        assert!(notes.contains(&told), "{notes}");
    }
    fs::copy(env.path("lm/README.md"), env.path("local/README.md")).unwrap();
    fs::remove_file(env.path(source)).unwrap();
    // A file that was not changed is not defamed by its notes either.
    env.write("local/.cache/huggingface/download/README.md.metadata", format!("{COMMIT}\n{}\n1\n", "0".repeat(64)));
    let report = env.verify("local").expect(0).json();
    assert_eq!(notes(&report), "");
}
