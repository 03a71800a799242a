//! Attacks on signatures of OpenSSF Model Signing: tampered releases, and bundles that a trusted signer signed although nobody
//! should accept what they say.

use std::fs;

use base64ct::{Base64, Encoding as _};
use openness::sign::{EcdsaSecretKey, dsse, keyfile};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::common::ecdsa;
use crate::common::env::{Output, TestEnv, copy_tree, reasons};

const KEY: &[&str] = &["--key", "ec/p256.pub.pem"];

fn verify(env: &TestEnv, more: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["verify", "m", "--format", "json"]).args(more).output().unwrap().into()
}

fn signer() -> EcdsaSecretKey {
    keyfile::parse_ecdsa(include_str!("../data/oms/p256.pem"), "a key", &mut |_| None).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files of [`ecdsa::model`] that a bundle lists, in the order of their paths.
pub(crate) const FILES: &[(&str, &str)] = &[
    (".env", "X=1\n"),
    ("config.json", "{}\n"),
    ("weights-b/a.safetensors", "weights b"),
    ("weights/a.safetensors", "weights"),
];

/// A statement over files, as every tool of OMS would read it.
pub(crate) fn statement(files: &[(&str, &str)]) -> Value {
    let digests: Vec<[u8; 32]> = files.iter().map(|(_, text)| Sha256::digest(text).into()).collect();
    let resources = files.iter().zip(&digests);
    let resources =
        resources.map(|((name, _), digest)| json!({ "algorithm": "sha256", "digest": hex(digest), "name": name }));
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicate": {
            "resources": resources.collect::<Vec<_>>(),
            "serialization": { "allow_symlinks": false, "hash_type": "sha256", "ignore_paths": [".git"], "method": "files" },
        },
        "predicateType": "https://model_signing/signature/v1.0",
        "subject": [{ "digest": { "sha256": hex(&Sha256::digest(digests.concat())) }, "name": "m" }],
    })
}

/// A bundle of the trusted signer over a payload.
pub(crate) fn bundle(payload: &str) -> Value {
    let key = signer();
    let signature = key.sign(&dsse::pae(dsse::PAYLOAD_TYPE, payload.as_bytes())).unwrap();
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": { "publicKey": { "hint": key.public().pem_id() } },
        "dsseEnvelope": {
            "payload": Base64::encode_string(payload.as_bytes()),
            "payloadType": dsse::PAYLOAD_TYPE,
            "signatures": [{ "sig": Base64::encode_string(&signature) }],
        },
    })
}

/// Returns a copy that `change` changed.
pub(crate) fn changed(value: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut value = value.clone();
    change(&mut value);
    value
}

/// What a release consists of, name by name.
fn listing(env: &TestEnv) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![env.path("m")];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            found.push(format!("{} {:?}", path.display(), path.is_file().then(|| fs::read(&path).unwrap())));
            if path.is_dir() {
                left.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_tampering_of_a_release_is_found() {
    let signed = ecdsa::model();
    let mut command = signed.program();
    Output::from(command.args(["sign", "m", "--oms", "--key", "ec/p256.pem"]).output().unwrap()).expect(0);
    verify(&signed, KEY).expect(0);
    let write = |name: &'static str, bytes: &'static [u8]| move |env: &TestEnv| env.write(&format!("m/{name}"), bytes);
    let remove = |name: &'static str| move |env: &TestEnv| fs::remove_file(env.path(&format!("m/{name}"))).unwrap();
    let rename = |from: &'static str, to: &'static str| {
        move |env: &TestEnv| fs::rename(env.path(&format!("m/{from}")), env.path(&format!("m/{to}"))).unwrap()
    };
    type Tampering = Box<dyn Fn(&TestEnv)>;
    let bit = |pointer: &'static str| -> Tampering {
        Box::new(move |env: &TestEnv| {
            let bundle: Value = serde_json::from_slice(&env.read("m/model.sig")).unwrap();
            let bundle = changed(&bundle, |bundle| {
                let value = bundle.pointer_mut(pointer).unwrap();
                let mut bytes = Base64::decode_vec(value.as_str().unwrap()).unwrap();
                let last = bytes.len() - 12;
                bytes[last] ^= 1;
                *value = Base64::encode_string(&bytes).into();
            });
            env.write("m/model.sig", bundle.to_string());
        })
    };
    let tamperings: Vec<(&str, Tampering, &[&str])> = vec![
        ("a flipped bit", Box::new(write("weights/a.safetensors", b"weighus")), &["content-mismatch"]),
        ("bytes at the end", Box::new(write("weights/a.safetensors", b"weights\0")), &["content-mismatch"]),
        ("bytes cut off", Box::new(write("weights/a.safetensors", b"weight")), &["content-mismatch"]),
        ("an emptied file", Box::new(write("weights/a.safetensors", b"")), &["content-mismatch"]),
        ("other line ends", Box::new(write("config.json", b"{}\r\n")), &["content-mismatch"]),
        ("a hidden file changed", Box::new(write(".env", b"X=2\n")), &["content-mismatch"]),
        (
            "a Git LFS pointer",
            Box::new(write(
                "weights/a.safetensors",
                b"version https://git-lfs.github.com/spec/v1\noid sha256:\
                  0000000000000000000000000000000000000000000000000000000000000000\nsize 7\n",
            )),
            &["content-mismatch"],
        ),
        ("a file removed", Box::new(remove("config.json")), &["incomplete"]),
        ("a file renamed", Box::new(rename("config.json", "config.jsn")), &["unsigned-files", "incomplete"]),
        ("a directory renamed", Box::new(rename("weights", "weight")), &["unsigned-files", "incomplete"]),
        (
            "two files swapped",
            Box::new(move |env| {
                rename("weights", "x")(env);
                rename("weights-b", "weights")(env);
                rename("x", "weights-b")(env);
            }),
            &["content-mismatch"],
        ),
        ("code added", Box::new(write("modeling.py", b"import os\n")), &["unsigned-files"]),
        ("weights added deep down", Box::new(write("weights/b/c/d.bin", b"x")), &["unsigned-files"]),
        ("a hidden file added", Box::new(write(".envrc", b"x")), &["unsigned-files"]),
        ("the statement changed", bit("/dsseEnvelope/payload"), &["bad-signature"]),
        ("the signature changed", bit("/dsseEnvelope/signatures/0/sig"), &["bad-signature"]),
        ("the signature removed", Box::new(remove("model.sig")), &["unsigned"]),
        ("the signature emptied", Box::new(write("model.sig", b"")), &["unsigned"]),
        (
            "signed by somebody else",
            Box::new(|env| {
                let mut command = env.program();
                command.args(["sign", "m", "--oms", "--key", "ec/p384.pem", "--replace"]);
                Output::from(command.output().unwrap()).expect(0);
            }),
            &["untrusted-key"],
        ),
        (
            "the signature of another release",
            Box::new(|env| {
                let files = [("config.json", "{ }\n"), FILES[2], FILES[3]];
                env.write("m/model.sig", bundle(&statement(&files).to_string()).to_string());
            }),
            &["content-mismatch", "unsigned-files"],
        ),
        #[cfg(unix)]
        (
            "a link to another file",
            Box::new(move |env| {
                rename("config.json", "../config.json")(env);
                std::os::unix::fs::symlink("../config.json", env.path("m/config.json")).unwrap();
            }),
            &["content-mismatch", "unsigned-files"],
        ),
        (
            "a directory instead of a file",
            Box::new(move |env| {
                remove("config.json")(env);
                env.write("m/config.json/x", "x");
            }),
            &["unsigned-files", "incomplete"],
        ),
    ];
    for (name, tamper, expected) in tamperings {
        let env = TestEnv::with_key();
        ecdsa::add_to(&env);
        copy_tree(&signed.path("m"), &env.path("m"));
        tamper(&env);
        let before = listing(&env);
        let ran = verify(&env, KEY).expect(1);
        assert_eq!(reasons(&ran), expected, "{name}: {ran:#?}");
        assert_eq!(listing(&env), before, "{name} wrote something");
    }
}

/// Returns why the verifier refuses this bundle of a signer whom they trust.
fn refused(env: &TestEnv, bundle: &str, reason: &str) -> String {
    env.write("m/model.sig", bundle);
    let before = listing(env);
    let ran = verify(env, &[KEY, &["--signature", "m/model.sig"]].concat());
    assert_eq!((reasons(&ran), ran.status), (vec![reason.to_owned()], 1), "{ran:#?}");
    assert_eq!(listing(env), before);
    ran.json()["signatures"][0]["detail"].as_str().unwrap().to_owned()
}

#[test]
fn every_statement_that_nobody_should_accept_is_refused_for_its_own_reason() {
    let env = ecdsa::model();
    let good = statement(FILES);
    env.write("m/model.sig", bundle(&good.to_string()).to_string());
    verify(&env, KEY).expect(0);
    let with = |pointer: &str, value: Value| {
        changed(&good, |statement| *statement.pointer_mut(pointer).unwrap() = value).to_string()
    };
    let serialization = |name: &str, value: Value| {
        changed(&good, |statement| statement["predicate"]["serialization"][name] = value).to_string()
    };
    let listing = |files: &[(&str, &str)]| statement(files).to_string();
    let upper = good.pointer("/predicate/resources/0/digest").unwrap().as_str().unwrap().to_uppercase();
    let mut found: Vec<String> = Vec::new();
    for (attack, payload, words) in [
        ("a path that leaves the model", listing(&[("../config.json", "{}\n")]), "`../config.json`"),
        ("an absolute path", listing(&[("/etc/passwd", "x")]), "`/etc/passwd`"),
        ("a path with a backslash", listing(&[("a\\b", "x")]), "`a\\\\b`"),
        ("a file listed twice", listing(&[FILES[1], FILES[1]]), "twice"),
        ("a list out of order", listing(&[FILES[1], FILES[0]]), "`.env`"),
        ("no files", listing(&[]), "no file"),
        ("the whole model ignored", serialization("ignore_paths", json!(["."])), "the whole model"),
        ("a digest in upper case", with("/predicate/resources/0/digest", upper.into()), "64 lower-case hex digits"),
        ("another algorithm", with("/predicate/resources/0/algorithm", "blake3".into()), "`blake3`"),
        ("another type of digests", serialization("hash_type", "blake2b".into()), "only `sha256` is supported"),
        ("an unknown way of hashing", serialization("method", "tree".into()), "neither `files` nor `shards`"),
        ("a key that nothing checks", serialization("chunk_size", 4096.into()), "`chunk_size`"),
        ("parts without their size", serialization("method", "shards".into()), "shard_size` is missing"),
        (
            "parts with gaps",
            changed(&statement(&[("config.json:1:3", "}\n")]), |statement| {
                statement["predicate"]["serialization"]["method"] = "shards".into();
                statement["predicate"]["serialization"]["shard_size"] = 10.into();
            })
            .to_string(),
            "it lists parts of files",
        ),
        ("an unknown predicate", with("/predicateType", "https://model_signing/signature/v9".into()), "signature/v9`"),
        ("another root", with("/subject/0/digest/sha256", "0".repeat(64).into()), "but the signed one is 0000"),
        ("two subjects", with("/subject", json!([good["subject"][0], good["subject"][0]])), "`subject`"),
        (
            "a key of an object repeated",
            good.to_string().replacen("\"_type\"", "\"predicateType\":\"x\",\"_type\"", 1),
            "repeats a key",
        ),
    ] {
        let detail = refused(&env, &bundle(&payload).to_string(), "statement-invalid");
        assert!(detail.contains(words), "{attack}: {detail}");
        assert!(!found.contains(&detail), "{attack} has the reason of another: {detail}");
        found.push(detail);
    }
}

#[test]
fn every_malformed_bundle_is_refused_for_its_own_reason() {
    let env = ecdsa::model();
    let good = bundle(&statement(FILES).to_string());
    env.write("m/model.sig", good.to_string());
    verify(&env, KEY).expect(0);
    let with = |change: &dyn Fn(&mut Value)| changed(&good, change).to_string();
    let chain = |count: usize| {
        let der = Base64::encode_string(b"no certificate");
        json!({ "x509CertificateChain": { "certificates": vec![json!({ "rawBytes": der }); count] } })
    };
    let mut found: Vec<String> = Vec::new();
    for (attack, text, words) in [
        ("nothing", String::new(), "not valid JSON"),
        ("another file", "weights".to_owned(), "not valid JSON"),
        ("cut off", good.to_string()[..200].to_owned(), "not valid JSON"),
        ("a key repeated", good.to_string().replacen('{', "{\"mediaType\":\"x\",", 1), "repeats a key"),
        (
            "two signatures",
            with(&|bundle| {
                let signature = bundle["dsseEnvelope"]["signatures"][0].clone();
                bundle["dsseEnvelope"]["signatures"].as_array_mut().unwrap().push(signature);
            }),
            "2 signatures instead of one",
        ),
        ("no signature", with(&|bundle| bundle["dsseEnvelope"]["signatures"] = json!([])), "0 signatures"),
        ("another media type", with(&|bundle| bundle["mediaType"] = "text/plain".into()), "media type"),
        ("another payload", with(&|bundle| bundle["dsseEnvelope"]["payloadType"] = "x".into()), "`payloadType`"),
        ("an unknown member", with(&|bundle| bundle["extra"] = 1.into()), "`extra`"),
        (
            "no envelope",
            with(&|bundle| drop(bundle.as_object_mut().unwrap().remove("dsseEnvelope"))),
            "dsseEnvelope` is missing",
        ),
        (
            "a key and a chain",
            with(&|bundle| bundle["verificationMaterial"]["certificate"] = json!({ "rawBytes": "AA==" })),
            "exactly one key or certificate",
        ),
        (
            "a log entry that nothing checks",
            with(&|bundle| bundle["verificationMaterial"]["tlogEntries"] = json!([{}])),
            "`tlogEntries`",
        ),
    ] {
        let detail = refused(&env, &text, "bad-signature");
        assert!(detail.contains(words), "{attack}: {detail}");
        if !words.starts_with("not valid") {
            assert!(!found.contains(&detail), "{attack} has the reason of another: {detail}");
        }
        found.push(detail);
    }
    // Chains, with a root of the verifier.
    for (count, words) in [(1, "certificate"), (9, "certificates")] {
        env.write("m/model.sig", with(&|bundle| bundle["verificationMaterial"] = chain(count)));
        let ran = verify(&env, &["--root", "ec/root.pem", "--signature", "m/model.sig"]).expect(1);
        let detail = ran.json()["signatures"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(words) && !found.contains(&detail), "{detail}");
        found.push(detail);
    }
}

#[test]
fn a_bundle_of_200_mb_is_refused_without_being_read() {
    let env = ecdsa::model();
    let file = fs::File::create(env.path("m/model.sig")).unwrap();
    file.set_len(200 << 20).unwrap();
    drop(file);
    let ran = verify(&env, &[KEY, &["--signature", "m/model.sig"]].concat()).expect(1);
    assert_eq!(reasons(&ran), ["bad-signature"]);
    let detail = ran.json()["signatures"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("more than 134217728 bytes"), "{detail}");
    // The same file elsewhere, and one that is not there.
    fs::rename(env.path("m/model.sig"), env.path("large.sig")).unwrap();
    assert_eq!(reasons(&verify(&env, &[KEY, &["--signature", "large.sig"]].concat()).expect(1)), ["bad-signature"]);
    verify(&env, &[KEY, &["--signature", "none.sig"]].concat()).expect(2);
}

#[test]
fn ignored_paths_that_exist_are_named_and_hide_no_code() {
    let env = ecdsa::model();
    let ignoring = changed(&statement(FILES), |statement| {
        statement["predicate"]["serialization"]["ignore_paths"] = json!([".git", "cache", "../outside"]);
    });
    env.write("m/model.sig", bundle(&ignoring.to_string()).to_string());
    env.write("m/cache/log.txt", "1\n");
    let report = verify(&env, KEY).expect(0).json();
    assert_eq!(report["files"]["excluded"], json!([".gitattributes", "cache/log.txt"]));
    // Every tool of OMS leaves out what Git and its hosts read, so it is only named.
    env.write("m/.github/weights.pt", "x");
    let excluded = verify(&env, KEY).expect(0).json()["files"]["excluded"].clone();
    assert_eq!(excluded, json!([".gitattributes", ".github/weights.pt", "cache/log.txt"]));
    for name in ["cache/run.py", "cache/weights.pkl", "cache/weights.pt", "cache2/log.txt", "outside"] {
        env.write(&format!("m/{name}"), "x");
        assert_eq!(reasons(&verify(&env, KEY).expect(1)), ["unsigned-files"], "{name}");
        fs::remove_file(env.path(&format!("m/{name}"))).unwrap();
    }
    verify(&env, KEY).expect(0);
}

#[test]
fn both_orders_of_an_ambiguous_tree_are_read() {
    let env = ecdsa::model();
    // By components, `weights` is before `weights-b`; by bytes, `-` is before `/`.
    let by_component = [FILES[0], FILES[1], FILES[3], FILES[2]];
    for files in [FILES, &by_component] {
        env.write("m/model.sig", bundle(&statement(files).to_string()).to_string());
        assert_eq!(verify(&env, KEY).expect(0).json()["files"]["verified"], 4);
    }
    let neither = [FILES[1], FILES[3], FILES[2], FILES[0]];
    refused(&env, &bundle(&statement(&neither).to_string()).to_string(), "statement-invalid");
}
