//! Bundles of an instance that is only for tests: good ones of both generations of the log, and one for each attack, in which
//! everything but one thing is signed properly.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a panic is a failed test, and the files are the test's own"
)]

mod instance;

use std::fs;
use std::path::Path;

use openness_keyless::{Problem, Verifier, embedded};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use instance::{Flaw, IDENTITY, ISSUER, SIGNED_AT, Wish, bundle, trusted_root};

/// The files of the model that the committed bundles are over.
const FILES: &[(&str, &[u8])] = &[("config.json", b"{}\n"), ("weights/a.safetensors", b"weights")];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A statement of OpenSSF Model Signing over the files, and the digest of its subject.
fn statement() -> (Vec<u8>, [u8; 32]) {
    let digests: Vec<u8> = FILES.iter().flat_map(|(_, bytes)| Sha256::digest(bytes)).collect();
    let subject: [u8; 32] = Sha256::digest(digests).into();
    let listed = |(name, bytes): &(&str, &[u8])| serde_json::json!({ "algorithm": "sha256", "digest": hex(&Sha256::digest(bytes)), "name": name });
    let statement = serde_json::json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicate": {
            "resources": FILES.iter().map(listed).collect::<Vec<_>>(),
            "serialization": {
                "allow_symlinks": false, "hash_type": "sha256", "ignore_paths": [".git"], "method": "files",
            },
        },
        "predicateType": "https://model_signing/signature/v1.0",
        "subject": [{ "digest": { "sha256": hex(&subject) }, "name": "m" }],
    });
    (statement.to_string().into_bytes(), subject)
}

fn verifier() -> Verifier {
    Verifier::new(&trusted_root(&Wish::default()).to_string()).unwrap()
}

/// Verifies a bundle, and returns who signed or the kind of the reason against it.
fn verify(wish: &Wish) -> Result<openness_keyless::Certified, (Problem, String)> {
    let (payload, subject) = statement();
    let verifier = Verifier::new(&trusted_root(wish).to_string()).unwrap();
    let found = verifier.verify(&bundle(wish, &payload).to_string(), &subject);
    found.map_err(|error| (error.problem(), error.to_string()))
}

#[test]
fn bundles_of_both_generations_are_verified() {
    for wish in
        [Wish::default(), Wish { has_timestamp: true, ..Wish::default() }, Wish { is_second: true, ..Wish::default() }]
    {
        let found = verify(&wish).unwrap();
        assert_eq!((found.identity.as_str(), found.issuer.as_str()), (IDENTITY, ISSUER));
        assert_eq!(found.times, vec![SIGNED_AT; 1 + usize::from(wish.has_timestamp)]);
    }
}

#[test]
fn each_attack_is_refused_for_its_reason() {
    for (flaw, problem, words) in [
        (Flaw::OtherRoot, Problem::Unknown, "certificate chain"),
        (Flaw::WrongUsage, Problem::Unknown, "certificate chain"),
        (Flaw::UnknownCriticalExtension, Problem::Malformed, "UnsupportedCriticalExtension"),
        (Flaw::ExpiredLeaf, Problem::Time, "CertExpired"),
        (Flaw::EarlyLeaf, Problem::Time, "CertNotValidYet"),
        (Flaw::OtherCertificateLog, Problem::Bad, "certificate timestamp"),
        (Flaw::NoSct, Problem::Bad, "certificate timestamp"),
        (Flaw::NoIssuer, Problem::Malformed, "who vouched"),
        (Flaw::OtherLog, Problem::Bad, ""),
        (Flaw::LaterTree, Problem::Bad, "inclusion proof"),
        (Flaw::OtherPath, Problem::Bad, "inclusion proof"),
        (Flaw::OtherEntry, Problem::Bad, "log entry does not match"),
        (Flaw::OtherStatement, Problem::Bad, "invalid signature"),
        (Flaw::OtherTimestampAuthority, Problem::Unknown, "timestamp"),
        (Flaw::ImpostorTimestampAuthority, Problem::Bad, "signature does not match"),
        (Flaw::TimestampOfOther, Problem::Bad, "hash mismatch"),
        (Flaw::LateTimestamp, Problem::Time, "CertExpired"),
    ] {
        for is_second in [false, true] {
            let wish = Wish { is_second, has_timestamp: true, flaw: Some(flaw) };
            let (found, text) = verify(&wish).unwrap_err();
            assert!(found == problem && text.contains(words), "{flaw:?}, {is_second}: {found:?}: {text}");
        }
    }
}

#[test]
fn times_are_proven_by_promises_or_timestamps_alone() {
    let first = Wish { flaw: Some(Flaw::OtherTime), ..Wish::default() };
    assert_eq!(verify(&first).unwrap_err().0, Problem::Bad);
    let second = Wish { is_second: true, flaw: Some(Flaw::NoTimestamp), ..Wish::default() };
    assert_eq!(verify(&second).unwrap_err().0, Problem::Time);
    // An authority whose certificate is for servers, although the trusted root names it.
    let other = Wish { is_second: true, flaw: Some(Flaw::WrongTimestampUsage), ..Wish::default() };
    assert!(verify(&other).unwrap_err().1.contains("timestamp"));
}

#[test]
fn what_is_signed_is_the_digest_that_the_caller_computed() {
    let (payload, subject) = statement();
    let text = bundle(&Wish::default(), &payload).to_string();
    assert!(verifier().verify(&text, &subject).is_ok());
    let mut other = subject;
    other[0] ^= 1;
    assert_eq!(verifier().verify(&text, &other).unwrap_err().problem(), Problem::Bad);
    // Nor is a bundle of this instance one of another.
    let error = Verifier::new(embedded()).unwrap().verify(&text, &subject).unwrap_err();
    assert_eq!((error.problem(), error.claimed()), (Problem::Unknown, Some((IDENTITY, ISSUER))), "{error}");
}

#[test]
fn bundles_without_a_certificate_or_an_entry_are_refused() {
    let (payload, subject) = statement();
    for (pointer, value) in [
        ("/verificationMaterial/tlogEntries", serde_json::json!([])),
        ("/verificationMaterial/tlogEntries/0/inclusionProof", Value::Null),
        ("/verificationMaterial/certificate", serde_json::json!({})),
        ("/verificationMaterial/certificate/rawBytes", "AAAA".into()),
        ("/dsseEnvelope/signatures", serde_json::json!([])),
        ("/dsseEnvelope/payloadType", "text/plain".into()),
        ("/mediaType", "application/json".into()),
    ] {
        let mut changed = bundle(&Wish::default(), &payload);
        *changed.pointer_mut(pointer).unwrap() = value;
        assert!(verifier().verify(&changed.to_string(), &subject).is_err(), "{pointer}");
    }
    for text in ["", "{}", "[]", "not JSON"] {
        assert_eq!(verifier().verify(text, &subject).unwrap_err().problem(), Problem::Malformed, "{text}");
    }
}

#[test]
fn trusted_roots_that_trust_nothing_are_refused() {
    for (pointer, value) in [
        ("/mediaType", Value::from("application/json")),
        ("/certificateAuthorities", serde_json::json!([])),
        ("/tlogs", serde_json::json!([])),
        ("/ctlogs", serde_json::json!([])),
        ("/tlogs/0/publicKey/rawBytes", "AAAA".into()),
        ("/tlogs/0/publicKey/validFor", serde_json::json!({ "end": "2025-01-01T00:00:00Z" })),
        ("/certificateAuthorities/0/certChain/certificates/0/rawBytes", "AAAA".into()),
    ] {
        let mut root = trusted_root(&Wish::default());
        *root.pointer_mut(pointer).unwrap() = value;
        assert_eq!(Verifier::new(&root.to_string()).unwrap_err().problem(), Problem::TrustedRoot, "{pointer}");
    }
    let newest = Verifier::new(embedded()).unwrap().newest().unwrap();
    assert!(newest > 1_700_000_000, "{newest}");
}

/// The vectors that other tests read. `KEYLESS_VECTORS_UPDATE=1` writes them.
#[test]
fn the_committed_vectors_are_those_of_the_instance() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let (payload, _) = statement();
    let second = Wish { is_second: true, ..Wish::default() };
    for (name, value) in [
        ("trusted_root.json", trusted_root(&Wish::default())),
        ("rekor1.sigstore.json", bundle(&Wish::default(), &payload)),
        ("rekor2.sigstore.json", bundle(&second, &payload)),
        ("tampered.sigstore.json", bundle(&Wish { flaw: Some(Flaw::OtherStatement), ..second.clone() }, &payload)),
        ("other-root.sigstore.json", bundle(&Wish { flaw: Some(Flaw::OtherRoot), ..Wish::default() }, &payload)),
    ] {
        let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
        let file = directory.join(name);
        if std::env::var_os("KEYLESS_VECTORS_UPDATE").is_some() {
            fs::write(&file, &text).unwrap();
        }
        assert!(fs::read_to_string(&file).is_ok_and(|found| found == text), "`{name}` is another");
    }
}
