//! Statements so long that they are read on another thread than the one that verifies their signatures.

use std::num::NonZero;

use openness::artifacts::digest;
use openness::files::Memory;
use openness::jiff::Timestamp;
use openness::verify::Reason;
use openness::{Requirements, SecretKey, Trust, check, release, verify};

const MANIFEST: &str = r#"
schema = 1
[model]
name = "Tiny LM"
version = "1.0.0"
producer = "Example Lab"
license = "Apache-2.0"
[component.training-data]
openness = "open"
data-class = "open"
files = ["data/*"]
"#;
const STATEMENT: &str = ".openness/statement.json";

type File = (String, Vec<u8>);

/// A release of 1,500 files, signed by a key.
fn signed(key: &mut SecretKey, content: &str) -> Vec<File> {
    let mut files = vec![("OPENNESS.toml".to_owned(), MANIFEST.into())];
    files.extend((0..1500).map(|at| (format!("data/{}-{at:04}.csv", "part".repeat(20)), content.into())));
    let unsigned = Memory::new(files.clone());
    let checked = check(&unsigned).unwrap();
    let passed = checked.pass(&["OPN303".to_owned()]).unwrap();
    let statement = passed.statement(Timestamp::UNIX_EPOCH, &digest::Options::default(), &|_| {}).unwrap();
    let signed = release::sign(&statement, key).unwrap();
    files.extend(signed.files().into_iter().map(|(path, bytes)| (format!(".openness/{path}"), bytes)));
    files
}

/// Verifies with one thread and with two, and returns the reasons, which must be the same.
fn reasons(trust: &Trust, files: &[File]) -> Vec<Reason> {
    let reasons = [1, 2].map(|threads| {
        let requirements = Requirements::new(trust, Timestamp::UNIX_EPOCH).threads(NonZero::new(threads).unwrap());
        let report = verify(&Memory::new(files.to_vec()), &requirements, &|_| {}).unwrap();
        let reasons: Vec<Reason> = report.reasons().iter().copied().collect();
        assert_eq!(report.verified().is_ok(), reasons.is_empty());
        reasons
    });
    assert_eq!(reasons[0], reasons[1]);
    reasons[0].clone()
}

fn statement(files: &mut [File]) -> &mut Vec<u8> {
    &mut files.iter_mut().find(|(path, _)| path == STATEMENT).unwrap().1
}

#[test]
fn a_long_statement_is_verified_with_any_number_of_threads() {
    let mut key = SecretKey::generate().unwrap();
    let trust = Trust::of_keys([*key.public()]);
    let mut files = signed(&mut key, "x");
    assert!(statement(&mut files).len() > 256 << 10);
    assert_eq!(reasons(&trust, &files), []);

    let mut changed = files.clone();
    let at = statement(&mut changed).len() / 2;
    statement(&mut changed)[at] ^= 1;
    assert_eq!(reasons(&trust, &changed), [Reason::BadSignature]);

    // Another good statement of the same length, which these signatures are not of.
    let mut others = signed(&mut key, "y");
    let mut swapped = files.clone();
    std::mem::swap(statement(&mut swapped), statement(&mut others));
    assert!(reasons(&trust, &swapped).contains(&Reason::BadSignature));

    assert_eq!(reasons(&trust, &signed(&mut SecretKey::generate().unwrap(), "x")), [Reason::UntrustedKey]);
}
