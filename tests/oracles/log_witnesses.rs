//! A checkpoint of a public Rekor 2 log that public witnesses cosigned, in a bundle of the conformance suite of Sigstore.
//! `OPENNESS_SIGSTORE_CONFORMANCE` names a copy of the suite.

use std::fs;
use std::path::PathBuf;

use openness::jiff::Timestamp;
use openness::sign::keyless::{Authorities as _, TrustedRoot};
use openness::tlog::note::VerifierKey;
use openness::tlog::{self, Policy, Proof, ProofStatus};
use sha2::{Digest as _, Sha256};

use crate::common::tools::skipped;

/// The log, as its operator publishes its key.
const LOG: &str = "log2025-alpha3.rekor.sigstage.dev+d3d3a70c+AZQ93VXPMmj9uZj7U/7CefQ9yy8RgYFv6mKzOseipjqp";
/// Witnesses of <https://witness-network.org>, as their operators publish their keys.
const WITNESSES: [&str; 3] = [
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
    "staging.witness.transparency.goog/ring-any-bells+2e1a8dc9+BG5JTpLc3FJtwzgh1Uv+Qelz9qeOH2bfWjS1s0s+y4rL",
    "witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G",
];
/// One that did not cosign the checkpoint.
const ABSENT: &str = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";

#[test]
fn public_witnesses_of_a_public_log_are_counted() {
    let Some(suite) = std::env::var_os("OPENNESS_SIGSTORE_CONFORMANCE").map(PathBuf::from) else {
        return skipped("the conformance suite of Sigstore in OPENNESS_SIGSTORE_CONFORMANCE");
    };
    let cases = suite.join("test/assets/bundle-verify");
    let text = |name: &str| fs::read_to_string(cases.join("rekor2-dsse-happy-path").join(name)).unwrap();
    let subject: [u8; 32] = Sha256::digest(fs::read(cases.join("a.txt")).unwrap()).into();
    let root = TrustedRoot::read(&text("trusted_root.json")).unwrap();
    let certified = root.certify(&text("bundle.sigstore.json"), &subject).unwrap();
    let [entry] = &certified.entries[..] else { panic!("{certified:?}") };
    let judge = |witnesses: &[&str], threshold: usize, checkpoint: &str| {
        let keys = |texts: &[&str]| texts.iter().map(|text| VerifierKey::parse(text).unwrap()).collect::<Vec<_>>();
        let policy = Policy::of(keys(&[LOG]), keys(witnesses), threshold).unwrap();
        let proof = Proof::of(entry.index, entry.path.clone(), checkpoint).unwrap();
        tlog::verify(&proof, &entry.body, Some(&policy), Timestamp::MAX)
    };
    let found = judge(&WITNESSES, 3, &entry.checkpoint);
    assert_eq!((found.status, found.witnesses.len()), (ProofStatus::Good, 3), "{found:?}");
    println!("{:?}", found.witnesses);
    assert_eq!(judge(&[WITNESSES[0], ABSENT], 2, &entry.checkpoint).status, ProofStatus::TooFewWitnesses);
    // The line of one witness under the name of another tree of the same log.
    let later = entry.checkpoint.replacen("\n4026479\n", "\n4026480\n", 1);
    assert_eq!(judge(&WITNESSES, 1, &later).status, ProofStatus::Bad);
}
