//! The bundles of the conformance suite of Sigstore. `OPENNESS_SIGSTORE_CONFORMANCE` names a copy of the suite.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a panic is a failed test, and the files are the test's own"
)]

use std::fs;
use std::path::{Path, PathBuf};

use openness_keyless::{Verifier, embedded};
use sha2::{Digest as _, Sha256};

/// Whom the suite expects unless a case says otherwise (`test/test_bundle.py`).
const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/\
                        extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Verifies a case as a program would that the suite starts.
fn verify(directory: &Path, artifact: &Path) -> Result<(), String> {
    let text = |name: &str| fs::read_to_string(directory.join(name));
    let own = directory.join("artifact");
    let artifact = if own.is_file() { own } else { artifact.to_owned() };
    let digest: [u8; 32] = Sha256::digest(fs::read(artifact).unwrap()).into();
    let root = text("trusted_root.json");
    let root = root.as_deref().unwrap_or(embedded());
    let verifier = Verifier::new(root).map_err(|error| error.to_string())?;
    let bundle = text("bundle.sigstore.json").map_err(|error| error.to_string())?;
    if directory.file_name().unwrap().to_str().unwrap().starts_with("managed-key") {
        let key = text("key.pub").map_err(|error| error.to_string())?;
        return verifier.verify_with_key(&bundle, &digest, &key).map(drop).map_err(|error| error.to_string());
    }
    let found = verifier.verify(&bundle, &digest).map_err(|error| format!("{:?}: {error}", error.problem()))?;
    let trimmed =
        |name: &str, otherwise: &str| text(name).map_or_else(|_| otherwise.to_owned(), |t| t.trim().to_owned());
    let (identity, issuer) = (trimmed("identity", IDENTITY), trimmed("issuer", ISSUER));
    if (&found.identity, &found.issuer) == (&identity, &issuer) { Ok(()) } else { Err(format!("signed by {found:?}")) }
}

#[test]
fn bundles_of_the_suite_are_decided_as_it_demands() {
    let Some(root) = std::env::var_os("OPENNESS_SIGSTORE_CONFORMANCE").map(PathBuf::from) else {
        println!("SKIPPED: the conformance suite of Sigstore in OPENNESS_SIGSTORE_CONFORMANCE");
        return;
    };
    let cases = root.join("test/assets/bundle-verify");
    let (mut passed, mut wrong) = (0, Vec::new());
    for entry in fs::read_dir(&cases).unwrap() {
        let directory = entry.unwrap().path();
        if !directory.is_dir() {
            continue;
        }
        let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
        let found = verify(&directory, &cases.join("a.txt"));
        if found.is_ok() != name.ends_with("_fail") {
            println!("{name}: {}", found.as_ref().err().map_or("verified", String::as_str));
            passed += 1;
        } else {
            wrong.push(format!("{name}: {found:?}"));
        }
    }
    println!("{passed} cases as expected");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(passed >= 70, "{passed}");
}
