//! Good and bad bundles as other libraries see them: `securesystemslib`, `in-toto-attestation` and `cryptography` for
//! Python, `@sigstore/verify` for Node.js. `OPENNESS_PYTHON` names a Python, `OPENNESS_NODE_MODULES` a directory of
//! packages; a library that is not installed is reported as skipped.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::ed25519::add_order;
use crate::common::env::TestEnv;
use crate::common::examples::example;
use crate::common::tools::{has, python_with, skipped};
use base64ct::{Base64, Base64Url, Encoding as _};
use openness::sign::{Envelope, SecretKey, Status, Trust, dsse};
use serde_json::{Value, json};

/// What a oracle says otherwise than we do, and why.
type Otherwise = (&'static str, &'static str);

/// What is done to a good bundle, whether we take it, and who does not agree.
type Line = (&'static str, fn(&mut Value), bool, &'static [Otherwise]);

const STATEMENT_HOLDS: Otherwise = ("in_toto", "it reads the statement and does not look at the signature");
const BYTES_HOLD: Otherwise = ("cryptography", "it is given the bytes of payload and signature, which do hold");

fn sig(bundle: &mut Value) -> &mut Value {
    &mut bundle["dsseEnvelope"]["signatures"][0]["sig"]
}

fn resign(bundle: &mut Value, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let raw = Base64::decode_vec(sig(bundle).as_str().unwrap()).unwrap();
    *sig(bundle) = Base64::encode_string(&change(raw)).into();
}

const LINES: &[Line] = &[
    ("as it was made", |_| {}, true, &[]),
    (
        "one bit of the signature",
        |b| {
            resign(b, |mut raw| {
                raw[0] ^= 1;
                raw
            });
        },
        false,
        &[STATEMENT_HOLDS],
    ),
    ("one byte less", |b| resign(b, |raw| raw[..63].to_vec()), false, &[STATEMENT_HOLDS]),
    ("a signature of zeros", |b| resign(b, |_| vec![0; 64]), false, &[STATEMENT_HOLDS]),
    (
        "an S larger by the order",
        |b| {
            resign(b, |mut raw| {
                add_order(&mut raw[32..]);
                raw
            });
        },
        false,
        &[STATEMENT_HOLDS],
    ),
    ("another payload", |b| b["dsseEnvelope"]["payload"] = "e30=".into(), false, &[]),
    ("another payload type", |b| b["dsseEnvelope"]["payloadType"] = "text/plain".into(), false, &[STATEMENT_HOLDS]),
    ("no signature", |b| b["dsseEnvelope"]["signatures"] = json!([]), false, &[STATEMENT_HOLDS]),
    (
        "the payload in the other base64",
        |b| {
            let payload = Base64::decode_vec(b["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
            b["dsseEnvelope"]["payload"] = Base64Url::encode_string(&payload).into();
        },
        true,
        &[
            ("cryptography", "its script reads the standard alphabet alone"),
            ("in_toto", "its script reads the standard alphabet alone"),
        ],
    ),
    (
        "no keyid",
        |b| drop(b["dsseEnvelope"]["signatures"][0].as_object_mut().unwrap().remove("keyid")),
        true,
        &[("securesystemslib", "it finds keys by their id alone")],
    ),
    (
        "the keyid of somebody else",
        |b| b["dsseEnvelope"]["signatures"][0]["keyid"] = "0".repeat(64).into(),
        false,
        &[STATEMENT_HOLDS, BYTES_HOLD, ("sigstore", "it goes by the hint, and does not compare the keyid with it")],
    ),
    (
        "the signature twice",
        |b| {
            let signatures = b["dsseEnvelope"]["signatures"].as_array_mut().unwrap();
            signatures.push(signatures[0].clone());
        },
        false,
        &[STATEMENT_HOLDS, BYTES_HOLD],
    ),
    (
        "a certificate in place of the key",
        |b| b["verificationMaterial"] = json!({"certificate": {"rawBytes": "AAAA"}, "tlogEntries": []}),
        false,
        &[STATEMENT_HOLDS, BYTES_HOLD, ("securesystemslib", "it reads the envelope and not the bundle")],
    ),
];

/// A folder with the example's statement in bundles, and the key.
struct Bundles {
    env: TestEnv,
    key: SecretKey,
}

impl Bundles {
    fn new() -> Self {
        let bundles = Self { env: TestEnv::new(), key: SecretKey::generate().unwrap() };
        let statement = fs::read(example("tiny-lm").join(".openness/statement.json")).unwrap();
        // With letters whose base64 differs in the two alphabets.
        let statement = String::from_utf8(statement).unwrap().replace("Tiny LM", "Tiny LM ???>>>???");
        let bundle = dsse::sign(statement.as_bytes(), &bundles.key).unwrap();
        let bundle: Value = serde_json::from_slice(&bundle).unwrap();
        for (at, (_, change, ..)) in LINES.iter().enumerate() {
            let mut changed = bundle.clone();
            change(&mut changed);
            assert!(at == 0 || changed != bundle, "line {at} changes nothing");
            bundles.env.write(&at.to_string(), changed.to_string());
        }
        bundles.env.write("key.pem", bundles.key.public().to_pem());
        bundles
    }

    fn ours(&self, at: usize) -> bool {
        let bundle = self.env.read(&at.to_string());
        let trust = Trust::of_keys([*self.key.public()]);
        let now = "2026-12-01T00:00:00Z".parse().unwrap();
        Envelope::read_dsse(&bundle).is_ok_and(|envelope| envelope.verify(&trust, now).status == Status::Good)
    }

    /// Runs a oracle over all bundles, and compares its answers with ours.
    fn compare(&self, command: &mut Command, oracles: &[&str]) {
        let output = command.args((0..LINES.len()).map(|at| at.to_string())).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut wrong = Vec::new();
        let mut agreed: BTreeMap<&str, usize> = BTreeMap::new();
        for line in text.lines() {
            let [at, oracle, answer] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let at: usize = at.parse().unwrap();
            let (what, _, expected, otherwise) = LINES[at];
            assert_eq!(self.ours(at), expected, "we: {what}");
            let differs = otherwise.iter().any(|(who, _)| *who == oracle);
            if (answer == "yes") == (expected != differs) {
                *agreed.entry(oracles.iter().find(|name| **name == oracle).unwrap()).or_default() += 1;
            } else {
                wrong.push(format!("{oracle} says {answer} to: {what}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        for oracle in oracles {
            assert_eq!(agreed[oracle], LINES.len(), "{oracle}");
            println!("{oracle}: {} answers as expected", LINES.len());
        }
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/bundle_libraries").join(name)
}

#[test]
fn python_libraries_agree_on_bundles() {
    let modules = ["securesystemslib", "in_toto_attestation", "cryptography"];
    let Some(python) = modules.map(python_with).into_iter().collect::<Option<Vec<_>>>() else { return };
    let bundles = Bundles::new();
    let hex: String = bundles.key.public().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut command = bundles.env.command(&python[0]);
    command.arg(script("bundles.py")).args([bundles.key.public().key_id(), hex]);
    bundles.compare(&mut command, &["securesystemslib", "cryptography", "in_toto"]);
}

#[test]
fn sigstore_for_node_agrees_on_bundles() {
    let Some(modules) = std::env::var_os("OPENNESS_NODE_MODULES") else {
        return skipped("@sigstore/verify in $OPENNESS_NODE_MODULES");
    };
    if !has("node") {
        return;
    }
    let bundles = Bundles::new();
    let mut command = bundles.env.command("node");
    command.env("NODE_PATH", modules).arg(script("bundles.cjs")).arg("key.pem");
    bundles.compare(&mut command, &["sigstore"]);
}
