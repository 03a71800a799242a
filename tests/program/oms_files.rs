//! Which files signatures of OpenSSF Model Signing cover, and which files `sign --oms` writes.

use std::fs;

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};

use super::oms_attacks::{bundle, statement};
use crate::common::ecdsa;
use crate::common::env::{Output, TestEnv, reasons};

const KEY: &[&str] = &["--key", "ec/p256.pub.pem"];

fn sign(env: &TestEnv, path: &str, more: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["sign", path, "--oms", "--key", "ec/p256.pem"]).args(more).output().unwrap().into()
}

fn verify(env: &TestEnv, path: &str, more: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["verify", path, "--format", "json"]).args(KEY).args(more).output().unwrap().into()
}

/// The statement in a bundle on disk.
fn signed(env: &TestEnv, name: &str) -> Value {
    let bundle: Value = serde_json::from_slice(&env.read(name)).unwrap();
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    serde_json::from_slice(&Base64::decode_vec(payload).unwrap()).unwrap()
}

#[test]
fn files_that_releases_leave_out_are_compared_if_a_bundle_lists_them() {
    let env = ecdsa::model();
    fs::remove_dir_all(env.path("m")).unwrap();
    env.write("m/.DS_Store", "store");
    env.write("m/.cache/huggingface/download/w.metadata", "notes");
    env.write("m/w", "weights");
    let listed = [(".DS_Store", "store"), (".cache/huggingface/download/w.metadata", "notes"), ("w", "weights")];
    env.write("m.sig", bundle(&statement(&listed).to_string()).to_string());
    let check = || verify(&env, "m", &["--signature", "m.sig"]);
    let report = check().expect(0).json();
    assert_eq!((&report["files"]["verified"], &report["files"]["excluded"]), (&json!(3), &json!([])));
    env.openness(["verify", "m", "--key", "ec/p256.pub.pem", "--signature", "m.sig", "--export", "copy"]).expect(0);
    assert_eq!(env.read("copy/.cache/huggingface/download/w.metadata"), b"notes");
    for (name, before) in listed {
        env.write(&format!("m/{name}"), "changed");
        assert_eq!(reasons(&check().expect(1)), ["content-mismatch"], "{name}");
        env.write(&format!("m/{name}"), before);
    }
    fs::remove_file(env.path("m/.DS_Store")).unwrap();
    assert_eq!(reasons(&check().expect(1)), ["incomplete"]);
}

#[test]
fn files_that_releases_leave_out_are_recorded_and_reported() {
    let env = ecdsa::model();
    env.write("m/.DS_Store", "store");
    env.write("m/weights/Thumbs.db", "thumbs");
    env.write("m/.cache/huggingface/download/w.metadata", "notes");
    env.write("m/.cache/huggingface/download/w.lock", "");
    sign(&env, "m", &[]).expect(0);
    let ignored = signed(&env, "m/model.sig")["predicate"]["serialization"]["ignore_paths"].clone();
    let left_out = [".DS_Store", ".cache/huggingface", "weights/Thumbs.db"];
    for path in left_out {
        assert!(ignored.as_array().unwrap().contains(&json!(path)), "{path}: {ignored}");
    }
    let report = verify(&env, "m", &[]).expect(0).json();
    assert_eq!(report["files"]["excluded"], json!([&left_out[..2], &[".gitattributes"], &left_out[2..]].concat()));
    // One that is there only now is not covered either, and is no problem.
    env.write("m/desktop.ini", "x");
    let report = verify(&env, "m", &[]).expect(0).json();
    assert!(report["files"]["excluded"].as_array().unwrap().contains(&json!("desktop.ini")));
    let marker = ".complete/datasets/lab/text/1/bundle.complete";
    env.write(&format!("m/{marker}"), "");
    let report = verify(&env, "m", &[]).expect(0).json();
    assert!(report["files"]["excluded"].as_array().unwrap().contains(&json!(marker)));
    env.write(&format!("m/{marker}"), "x");
    assert_eq!(reasons(&verify(&env, "m", &[]).expect(1)), ["unsigned-files"]);
}

#[test]
fn a_model_of_one_file_is_signed_without_its_name() {
    let env = ecdsa::model();
    env.write("one.bin", "weights");
    sign(&env, "one.bin", &[]).expect(0);
    let signed = signed(&env, "one.bin.sig");
    assert_eq!(
        (&signed["predicate"]["resources"][0]["name"], &signed["subject"][0]["name"]),
        (&json!("."), &json!("one.bin"))
    );
    verify(&env, "one.bin", &["--signature", "one.bin.sig"]).expect(0);
    // As with `model_signing`, the file may be renamed; its bytes may not change.
    fs::rename(env.path("one.bin"), env.path("renamed.bin")).unwrap();
    verify(&env, "renamed.bin", &["--signature", "one.bin.sig"]).expect(0);
    env.write("renamed.bin", "weighus");
    assert_eq!(reasons(&verify(&env, "renamed.bin", &["--signature", "one.bin.sig"]).expect(1)), ["content-mismatch"]);
    // In a directory the name is what tells the file.
    env.write("d/renamed.bin", "weights");
    let found = verify(&env, "d", &["--signature", "one.bin.sig"]).expect(1);
    assert_eq!(reasons(&found), ["unsigned-files", "incomplete"]);
    env.write("e/one.bin", "weights");
    verify(&env, "e", &["--signature", "one.bin.sig"]).expect(0);
    // A file that a bundle lists by its name keeps it.
    env.write("named.sig", bundle(&statement(&[("one.bin", "weights")]).to_string()).to_string());
    env.write("renamed.bin", "weights");
    verify(&env, "renamed.bin", &["--signature", "named.sig"]).expect(1);
}

#[test]
fn only_signatures_are_ever_replaced() {
    let env = ecdsa::model();
    for name in ["m/config.json", "m/weights/a.safetensors", "ec/leaf.pem"] {
        let before = env.read(name);
        let refused = sign(&env, "m", &["--signature", name, "--replace"]).expect(2);
        assert!(refused.err.contains("is not a signature") && !refused.err.contains("`--replace`"), "{refused:?}");
        assert_eq!(env.read(name), before);
    }
    // What is left of one may be replaced.
    sign(&env, "m", &[]).expect(0);
    let whole = env.read("m/model.sig");
    for damaged in [&b""[..], &whole[..whole.len() / 2]] {
        env.write("m/model.sig", damaged);
        sign(&env, "m", &["--replace"]).expect(0);
        assert_eq!(env.read("m/model.sig"), whole);
    }
}

#[test]
fn a_certificate_that_every_verifier_refuses_signs_nothing() {
    let env = ecdsa::model();
    for (name, text) in [
        ("servers", include_str!("../data/oms/pki/for-servers.pem")),
        ("certificates", include_str!("../data/oms/pki/for-certificates.pem")),
        ("without", include_str!("../data/oms/pki/without-usage.pem")),
        ("by-plain", include_str!("../data/oms/pki/by-plain.pem")),
        ("plain", include_str!("../data/oms/pki/plain.pem")),
    ] {
        env.write(&format!("{name}.pem"), text);
    }
    let with = |files: &[&str]| {
        let flags: Vec<&str> = files.iter().flat_map(|file| ["--certificate", file]).collect();
        sign(&env, "m", &flags)
    };
    for (files, words) in [
        (&["servers.pem"][..], "(`codeSigning`)"),
        (&["certificates.pem"], "(`digitalSignature`)"),
        (&["without.pem"], "(`digitalSignature`)"),
        (&["by-plain.pem", "plain.pem"], "is not that of an authority"),
        (&["ec/leaf.pem"; 10], "there are 10 certificates; the limit is 8"),
    ] {
        let refused = with(files).expect(2);
        let said = refused.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{files:?}: {said}");
        assert!(!env.path("m/model.sig").exists());
    }
    // The time does not matter: a verifier may check as of another one.
    with(&["ec/short.pem", "ec/intermediate.pem"]).expect(0);
    with(&["ec/leaf.pem", "ec/intermediate.pem", "ec/root.pem"]).fails_with("by another signer");
    fs::remove_file(env.path("m/model.sig")).unwrap();
    with(&["ec/leaf.pem", "ec/intermediate.pem", "ec/root.pem"]).expect(0);
}

#[test]
fn a_directory_to_leave_out_may_end_in_a_slash() {
    let env = ecdsa::model();
    sign(&env, "m", &["--ignore", "weights/"]).expect(0);
    assert_eq!(
        verify(&env, "m", &[]).expect(0).json()["files"]["excluded"],
        json!([".gitattributes", "weights/a.safetensors"])
    );
}
