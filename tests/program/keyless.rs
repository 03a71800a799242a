//! Signatures without a lasting key: `verify --trusted-root`. The vectors are of an instance that is only for tests, made by
//! `crates/openness-keyless/tests/own_instance.rs`.

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::common::ecdsa;
use crate::common::env::{Output, TestEnv, reasons};

const IDENTITY: &str = "release@lab.example";
const ISSUER: &str = "https://idp.lab.example/oauth2";
const BY_LAB: &[&str] = &["--trusted-root", "root.json", "--identity", IDENTITY, "--issuer", ISSUER];

macro_rules! vector {
    ($name:literal) => {
        include_str!(concat!("../../crates/openness-keyless/tests/data/", $name))
    };
}

/// A model with this bundle.
fn signed(bundle: &str) -> TestEnv {
    let env = TestEnv::with_key();
    ecdsa::add_to(&env);
    env.write("m/config.json", "{}\n");
    env.write("m/weights/a.safetensors", "weights");
    env.write("m/model.sig", bundle);
    env.write("root.json", vector!("trusted_root.json"));
    env
}

fn verify(env: &TestEnv, more: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["verify", "m", "--format", "json"]).args(more);
    // After the time of the signatures, whatever the clock of the tests says.
    if !more.contains(&"--verify-time") {
        command.args(["--verify-time", "2026-06-01"]);
    }
    command.output().unwrap().into()
}

#[test]
fn identities_are_verified_by_both_generations_of_logs() {
    for bundle in [vector!("rekor1.sigstore.json"), vector!("rekor2.sigstore.json")] {
        let env = signed(bundle);
        let report = verify(&env, BY_LAB).expect(0).json();
        assert_eq!((&report["verdict"], &report["files"]["verified"]), (&"verified".into(), &2.into()));
        let signature = &report["signatures"][0];
        assert_eq!((&signature["method"], &signature["status"]), (&"sigstore".into(), &"good".into()));
        let certified = &signature["certified"];
        assert_eq!((&certified["identity"], &certified["issuer"]), (&IDENTITY.into(), &ISSUER.into()));
        assert_eq!(certified["signed_at"], "2026-01-01T00:05:00Z");
        let globs =
            ["--trusted-root", "root.json", "--identity-glob", "*@lab.example", "--issuer-glob", "https://idp.*"];
        verify(&env, &globs).expect(0);
        env.write("m/config.json", "{ }\n");
        assert_eq!(reasons(&verify(&env, BY_LAB).expect(1)), ["content-mismatch"]);
    }
}

#[test]
fn people_read_who_signed_when_and_who_vouched_for_it() {
    let env = signed(vector!("rekor2.sigstore.json"));
    let mut command = env.program();
    let ran: Output =
        command.args(["verify", "m", "--verify-time", "2026-06-01"]).args(BY_LAB).output().unwrap().into();
    let words = format!("{IDENTITY}, vouched for by {ISSUER}, signed at 2026-01-01T00:05:00Z");
    assert!(ran.expect(0).out.contains(&words));
}

#[test]
fn other_identities_and_other_services_are_not_trusted() {
    let env = signed(vector!("rekor1.sigstore.json"));
    let root = ["--trusted-root", "root.json"];
    for who in [
        ["--identity", "release@lab.example.evil", "--issuer", ISSUER],
        ["--identity", "Release@lab.example", "--issuer", ISSUER],
        ["--identity", IDENTITY, "--issuer", "https://idp.lab.example/oauth2/"],
        ["--identity-glob", "*@evil.example", "--issuer", ISSUER],
        ["--identity", IDENTITY, "--issuer-glob", "https://idp.lab.example"],
    ] {
        let ran = verify(&env, &[&root[..], &who].concat()).expect(1);
        assert_eq!(reasons(&ran), ["untrusted-key"], "{who:?}");
        assert_eq!(ran.json()["signatures"][0]["status"], "untrusted");
    }
    for who in [&[][..], &["--identity", IDENTITY], &["--issuer", ISSUER], &["--issuer-glob", "*"]] {
        verify(&env, &[&root[..], who].concat()).fails_with("not which one you trust");
    }
    env.openness(["verify", "m", "--issuer", ISSUER]).expect(2);
    env.openness(["verify", "m", "--identity-glob", "*"]).fails_with("needs `--root` or `--trusted-root`");
    // Without a trusted root, nothing is known about it.
    let report = verify(&env, &["--key", "ec/p256.pub.pem"]).expect(1).json();
    assert_eq!(report["signatures"][0]["status"], "not-checkable");
}

#[test]
fn tampered_bundles_are_bad_and_those_of_other_authorities_unknown() {
    let env = signed(vector!("tampered.sigstore.json"));
    assert_eq!(reasons(&verify(&env, BY_LAB).expect(1)), ["bad-signature"]);
    // For a verifier who trusts another identity, it is one signature more by an untrusted party.
    let other = ["--trusted-root", "root.json", "--identity", "x@lab.example", "--issuer", ISSUER];
    assert_eq!(reasons(&verify(&env, &other).expect(1)), ["untrusted-key"]);
    env.write("m/model.sig", vector!("other-root.sigstore.json"));
    assert_eq!(reasons(&verify(&env, BY_LAB).expect(1)), ["untrusted-key"]);
    let embedded = ["--trusted-root", "embedded:sigstore", "--identity", IDENTITY, "--issuer", ISSUER];
    let ran = verify(&env, &embedded).expect(1);
    assert!(ran.err.contains("is part of this program; its newest authority or log is from 20"), "{ran:#?}");
    assert_eq!(reasons(&ran), ["untrusted-key"]);
}

#[test]
fn revoked_certificates_and_earlier_times_are_refused() {
    let env = signed(vector!("rekor2.sigstore.json"));
    let early = verify(&env, &[BY_LAB, &["--verify-time", "2026-01-01T00:04:59Z"]].concat()).expect(1);
    assert_eq!(reasons(&early), ["expired-key"]);
    verify(&env, &[BY_LAB, &["--verify-time", "2026-01-01T00:05:00Z"]].concat()).expect(0);
    // Ten years later, it is as good as then.
    verify(&env, &[BY_LAB, &["--verify-time", "2036-01-01"]].concat()).expect(0);
    let bundle: Value = serde_json::from_str(vector!("rekor2.sigstore.json")).unwrap();
    let certificate = bundle["verificationMaterial"]["certificate"]["rawBytes"].as_str().unwrap();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n");
    let read = openness::sign::x509::Certificate::read_pem(&pem);
    let lines = certificate.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap());
    let pem =
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.collect::<Vec<_>>().join("\n"));
    let certificate = read.or_else(|_| openness::sign::x509::Certificate::read_pem(&pem)).unwrap().remove(0);
    for id in [certificate.fingerprint(), certificate.key_fingerprint()] {
        env.write("revoked", format!("{id}\n"));
        assert_eq!(reasons(&verify(&env, &[BY_LAB, &["--revoked", "revoked"]].concat()).expect(1)), ["revoked-key"]);
    }
}

#[test]
fn a_policy_can_say_which_identities_may_sign_which_models() {
    let env = signed(vector!("rekor1.sigstore.json"));
    let root = ["--trusted-root", "root.json", "--policy", "policy.toml"];
    let policy = |identity: &str, issuer: &str| {
        env.write(
            "policy.toml",
            format!(
                "policy = 1\n[oms.\"m*\"]\nmethods = [\"sigstore\"]\nidentities = [\"{identity}\"]\nissuers = [\"{issuer}\"]\n"
            ),
        );
    };
    policy("*@lab.example", ISSUER);
    verify(&env, &root).expect(0);
    for (identity, issuer) in [("*@other.example", ISSUER), ("*@lab.example", "https://other.example")] {
        policy(identity, issuer);
        let ran = verify(&env, &root).expect(1);
        assert_eq!(ran.json()["signatures"][0]["status"], "untrusted", "{ran:#?}");
        // The signature of another trusted signer is not enough for the policy, and that of the other identity covers nothing.
        let ran = verify(&env, &[&root[..], &["--key", "ec/p256.pub.pem"]].concat()).expect(1);
        assert_eq!(ran.json()["files"]["verified"], 0);
    }
    // A policy that does not name both does not stand in for the flags.
    env.write("policy.toml", "policy = 1\n[oms.\"*\"]\nidentities = [\"*\"]\n");
    verify(&env, &root).fails_with("not which one you trust");
}

#[test]
fn an_untrusted_bundle_next_to_a_trusted_one_changes_nothing() {
    let env = signed(vector!("rekor1.sigstore.json"));
    let mut command = env.program();
    command.args(["sign", "m", "--oms", "--key", "ec/p256.pem", "--signature", "m/key.sig"]);
    Output::from(command.output().unwrap()).expect(0);
    let key = ["--key", "ec/p256.pub.pem"];
    verify(&env, &key).expect(0);
    let others = ["--trusted-root", "root.json", "--identity-glob", "*@other.example", "--issuer-glob", "*"];
    let report = verify(&env, &[&key[..], &others].concat()).expect(0).json();
    assert_eq!(report["signatures"].as_array().unwrap().len(), 2);
    // Both hold for a verifier who trusts both.
    let both = ["--trusted-root", "root.json", "--identity-glob", "*@lab.example", "--issuer-glob", "*"];
    verify(&env, &[&key[..], &both].concat()).expect(0);
}

#[test]
fn trusted_roots_that_cannot_be_used_are_named() {
    let env = signed(vector!("rekor1.sigstore.json"));
    for (text, words) in [
        ("", "is not a trusted root of Sigstore"),
        ("{}", "is not a trusted root of Sigstore"),
        ("{\"mediaType\": \"application/json\"}", "media type"),
        (vector!("rekor1.sigstore.json"), "media type"),
    ] {
        env.write("root.json", text);
        let ran = verify(&env, BY_LAB).expect(2);
        assert!(ran.err.contains(words) && ran.err.contains("root.json"), "{ran:#?}");
    }
    let none = ["--trusted-root", "none.json", "--identity", IDENTITY, "--issuer", ISSUER];
    verify(&env, &none).expect(2);
}

#[test]
fn a_policy_lets_only_listed_models_be_unsigned() {
    let env = signed(vector!("rekor1.sigstore.json"));
    let root = ["--trusted-root", "root.json", "--policy", "policy.toml"];
    let signers = format!("[oms.\"*\"]\nidentities = [\"{IDENTITY}\"]\nissuers = [\"{ISSUER}\"]\n");
    env.write("policy.toml", format!("policy = 1\nunsigned = [\"scratch-*\", \"m\"]\n{signers}"));
    verify(&env, &root).expect(0);
    std::fs::remove_file(env.path("m/model.sig")).unwrap();
    let ran = verify(&env, &root).expect(0);
    assert!(ran.err.contains("nothing about it was verified"), "{ran:#?}");
    assert_eq!(ran.json()["verdict"], "failed");
    verify(&env, &[&root[..], &["--require", "oms"]].concat()).expect(1);
    verify(&env, &[&root[..], &["--export", "copy"]].concat()).expect(1);
    assert!(!env.path("copy").exists());
    // A signature that is not good is not the same as none.
    env.write("m/model.sig", vector!("tampered.sigstore.json"));
    verify(&env, &root).expect(1);
    std::fs::remove_file(env.path("m/model.sig")).unwrap();
    env.write("policy.toml", format!("policy = 1\nunsigned = [\"scratch-*\"]\n{signers}"));
    verify(&env, &root).expect(1);
    env.write("policy.toml", format!("policy = 1\nunsigned = [\"a,b\"]\n{signers}"));
    verify(&env, &root).fails_with("one pattern for each");
}

/// The log of the second generation in the trusted root of the test instance.
const LOG: &str = "log2.test.example";
/// 2026-01-01T00:06:00Z.
const WITNESSED: u64 = 1_767_225_960;

/// Returns a verifier key of C2SP: type 1 is a log, type 4 a witness.
fn vkey(name: &str, kind: u8, key: &[u8]) -> (String, [u8; 4]) {
    let typed = [&[kind], key].concat();
    let digest = Sha256::new().chain_update(name).chain_update("\n").chain_update(&typed).finalize();
    let id = [digest[0], digest[1], digest[2], digest[3]];
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    (format!("{name}+{hex}+{}", Base64::encode_string(&typed)), id)
}

fn witness(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// Returns the verifier keys of the log and of the witness with this seed.
fn keys(seed: u8) -> (String, String) {
    let root: Value = serde_json::from_str(vector!("trusted_root.json")).unwrap();
    let key = root["tlogs"][1]["publicKey"]["rawBytes"].as_str().unwrap();
    let key = Base64::decode_vec(key).unwrap();
    let log = vkey(LOG, 1, &key[key.len() - 32..]).0;
    (log, vkey(&format!("w{seed}.example"), 4, witness(seed).verifying_key().as_bytes()).0)
}

/// Returns the bundle with a cosignature of its checkpoint by the witness with this seed, over the text that `change` returns.
fn cosigned(bundle: &str, seed: u8, change: impl Fn(&str) -> String) -> String {
    let mut bundle: Value = serde_json::from_str(bundle).unwrap();
    let note = &mut bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]["envelope"];
    let envelope = note.as_str().unwrap().to_owned();
    let text = format!("{}\n", envelope.split("\n\n").next().unwrap());
    let (name, key) = (format!("w{seed}.example"), witness(seed));
    let signature = key.sign(format!("cosignature/v1\ntime {WITNESSED}\n{}", change(&text)).as_bytes()).to_bytes();
    let id = vkey(&name, 4, key.verifying_key().as_bytes()).1;
    let line = Base64::encode_string(&[&id[..], &WITNESSED.to_be_bytes(), &signature].concat());
    *note = format!("{envelope}— {name} {line}\n").into();
    bundle.to_string()
}

#[test]
fn the_verifiers_witnesses_of_a_log_can_be_required() {
    let env = signed(&cosigned(vector!("rekor2.sigstore.json"), 1, str::to_owned));
    let (log, first) = keys(1);
    let (_, second) = keys(2);
    let run = |more: &[&str]| verify(&env, &[BY_LAB, more].concat());
    // Who names no log hears nothing about it.
    assert_eq!(run(&[]).expect(0).json()["tlog"], serde_json::json!([]));
    let required = ["--require-tlog-proof", "--log", &log];
    let report = run(&[&required[..], &["--witness", &first]].concat()).expect(0).json();
    let proof = &report["tlog"][0];
    assert_eq!((&proof["status"], &proof["path"]), (&"good".into(), &"model.sig".into()));
    assert_eq!(proof["origin"], LOG);
    assert_eq!(proof["not_later_than"], "2026-01-01T00:06:00Z");
    assert_eq!(proof["witnesses"][0]["name"], "w1.example");
    run(&required).expect(0);
    // Not by another witness, not by two, not in a log that the verifier does not name.
    for (more, status) in [
        (vec!["--log", &log, "--witness", &second], "too-few-witnesses"),
        (vec!["--log", &log, "--witness", &first, "--witness", &second], "too-few-witnesses"),
        (vec!["--log", &vkey("log.other.example", 1, witness(3).verifying_key().as_bytes()).0], "unknown-log"),
        (vec!["--log", &vkey(LOG, 1, witness(3).verifying_key().as_bytes()).0], "unknown-log"),
        (vec!["--log", &log, "--witness", &first, "--verify-time", "2026-01-01T00:00:30Z"], ""),
    ] {
        let ran = run(&[&["--require-tlog-proof"][..], &more].concat()).expect(1);
        let expected = if status.is_empty() { "expired-key" } else { "policy" };
        assert!(reasons(&ran).contains(&expected.to_owned()), "{more:?}: {ran:#?}");
        if !status.is_empty() {
            assert_eq!(ran.json()["tlog"][0]["status"], status, "{more:?}");
            // It is only reported unless it is required.
            run(&more).expect(0);
        }
    }
    run(&["--log", &log, "--witness", &first, "--witness", &second, "--witness-threshold", "1"]).expect(0);
    // A policy file says the same.
    env.write("logs", format!("log {log}\nwitness w {first}\nquorum w\n"));
    run(&["--require-tlog-proof", "--tlog-policy", "logs"]).expect(0);
    env.write("logs", format!("log {log}\nwitness w {second}\nquorum w\n"));
    assert_eq!(reasons(&run(&["--require-tlog-proof", "--tlog-policy", "logs"]).expect(1)), ["policy"]);
}

#[test]
fn a_witness_that_signed_another_tree_makes_the_signature_bad() {
    let other = |text: &str| text.replace(LOG, "log.other.example");
    let env = signed(&cosigned(vector!("rekor2.sigstore.json"), 1, other));
    let ((log, first), (_, second)) = (keys(1), keys(2));
    let run = |more: &[&str]| verify(&env, &[BY_LAB, &["--log", &log], more].concat());
    let ran = run(&["--witness", &first]).expect(1);
    assert_eq!(reasons(&ran), ["bad-signature"]);
    assert_eq!(ran.json()["tlog"][0]["status"], "bad");
    // For others, it is the line of a witness whom they do not know.
    run(&["--witness", &second]).expect(0);
    run(&[]).expect(0);
}

#[test]
fn logs_without_cosignatures_and_strangers_entries_prove_nothing() {
    let (log, first) = keys(1);
    let required = ["--require-tlog-proof", "--log", &log, "--witness", &first];
    // The first generation signs its checkpoints with ECDSA, which no verifier key is of.
    let env = signed(&cosigned(vector!("rekor1.sigstore.json"), 1, str::to_owned));
    let ran = verify(&env, &[BY_LAB, &required].concat()).expect(1);
    assert_eq!((reasons(&ran), &ran.json()["tlog"][0]["status"]), (vec!["policy".to_owned()], &"unknown-log".into()));
    // The entry of a signature that is not trusted is not reported, and does not stand in for that of a trusted one.
    let env = signed(&cosigned(vector!("rekor2.sigstore.json"), 1, str::to_owned));
    let mut command = env.program();
    command.args(["sign", "m", "--oms", "--key", "ec/p256.pem", "--signature", "m/key.sig"]);
    Output::from(command.output().unwrap()).expect(0);
    let other = ["--trusted-root", "root.json", "--identity-glob", "x@lab.example", "--issuer-glob", "*"];
    let ran = verify(&env, &[&other[..], &["--key", "ec/p256.pub.pem"], &required].concat()).expect(1);
    assert_eq!((reasons(&ran), &ran.json()["tlog"]), (vec!["policy".to_owned()], &serde_json::json!([])));
}
