//! A transparency log proof.
use std::sync::LazyLock;

use openness::tlog::note::{Note, VerifierKey};
use openness::tlog::{Policy, Proof, ProofStatus, verify};

/// A policy that trusts two keys of RFC 8032 §7.1: one under the name of the seeds' log, and one as a witness.
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let key = |vkey| VerifierKey::parse(vkey).expect("a verifier key");
    let log = key("log.example+814a2008+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea");
    let witness = key("w.example+0e2d849b+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM");
    Policy::of(vec![log], vec![witness], 1).expect("a policy")
});

/// No proof is good, because no trusted log signed a seed.
pub fn run(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Note::read(text);
        let _ = VerifierKey::parse(text);
    }
    let _ = Policy::read(bytes);
    if let Ok(proof) = Proof::read(bytes) {
        for policy in [None, Some(&*POLICY)] {
            let verification = verify(&proof, b"an entry", policy, jiff::Timestamp::UNIX_EPOCH);
            assert_ne!(verification.status, ProofStatus::Good);
        }
    }
}
