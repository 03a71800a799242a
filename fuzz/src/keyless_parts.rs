//! One binary part of a bundle that is signed without a lasting key, in place of the good one: the certificate with its promise
//! of a log, the body of the entry, the promise, the checkpoint, the timestamp.

use std::sync::OnceLock;

use base64ct::{Base64, Encoding as _};
use serde_json::Value;

use super::keyless::authorities;

const FIRST: &str = include_str!("../../crates/openness-keyless/tests/data/rekor1.sigstore.json");
const SECOND: &str = include_str!("../../crates/openness-keyless/tests/data/rekor2.sigstore.json");
/// Where the parts are, and whether they are text instead of base64.
const PARTS: &[(&str, &str, bool)] = &[
    (SECOND, "/verificationMaterial/certificate/rawBytes", false),
    (SECOND, "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp", false),
    (SECOND, "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope", true),
    (SECOND, "/verificationMaterial/tlogEntries/0/canonicalizedBody", false),
    (FIRST, "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope", true),
    (FIRST, "/verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp", false),
    (FIRST, "/verificationMaterial/tlogEntries/0/canonicalizedBody", false),
    (FIRST, "/verificationMaterial/certificate/rawBytes", false),
    (FIRST, "/dsseEnvelope/signatures/0/sig", false),
];

/// The digest that the seeds are over.
fn subject() -> [u8; 32] {
    static FOUND: OnceLock<[u8; 32]> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let bundle: Value = serde_json::from_str(SECOND).expect("JSON");
        let payload = bundle["dsseEnvelope"]["payload"].as_str().expect("a payload");
        let payload: Value =
            serde_json::from_slice(&Base64::decode_vec(payload).expect("base64")).expect("a statement");
        let digest = payload["subject"][0]["digest"]["sha256"].as_str().expect("a digest");
        let pairs = digest.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("hex"));
        let bytes: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect();
        bytes.try_into().expect("32 bytes")
    })
}

/// The first byte says which part, the others what it is.
///
/// # Panics
/// If a bundle with another certificate, entry, promise or signature holds. Checkpoints and timestamps have more than one form
/// (further signatures of witnesses, certificates), so those only must not panic.
pub fn run(bytes: &[u8]) {
    let Some((which, part)) = bytes.split_first() else { return };
    let (bundle, pointer, is_text) = PARTS[usize::from(*which) % PARTS.len()];
    let mut changed: Value = serde_json::from_str(bundle).expect("JSON");
    let place = changed.pointer_mut(pointer).expect("the bundle has the part");
    let text = if is_text { String::from_utf8_lossy(part).into_owned() } else { Base64::encode_string(part) };
    let is_same = *place == text;
    *place = text.into();
    let holds = authorities().certify(&changed.to_string(), &subject()).is_ok();
    let has_forms = pointer.ends_with("envelope") || pointer.ends_with("signedTimestamp");
    assert!(holds == is_same || (holds && has_forms), "{pointer}");
}
