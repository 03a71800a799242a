//! A registry that verifies an upload before publishing it.
//!
//! The upload is in memory, as (name, bytes) pairs from a web framework. Trusted keys come from the registry's own
//! list, never from the upload. The answer is the same JSON as that of `openness verify --format json`.
//!
//! ```sh
//! cargo run --no-default-features --features keygen --example verify_upload
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use openness::files::Memory;
use openness::jiff::Timestamp;
use openness::report::json;
use openness::{PublicKey, Requirements, SecretKey, Trust, check, release, verify};

/// The uploaded files as (name, bytes) pairs.
type Upload = Vec<(String, Vec<u8>)>;

/// The registry's answer to an upload.
struct Answer {
    accepted: bool,
    json: String,
}

/// Verifies an upload against the keys that the registry has on file for the account.
fn receive(upload: Upload, account_keys: &[PublicKey], now: Timestamp) -> Result<Answer, Box<dyn Error>> {
    let trust = Trust::of_keys(account_keys.iter().copied());
    let files = Memory::new(upload);
    // A name that would escape the release directory, such as `../x`, is reported as a problem, not listed as a file.
    if let Some(problem) = files_problem(&files) {
        return Ok(Answer { accepted: false, json: format!("{{\"error\":{problem:?}}}") });
    }
    let report = verify(&files, &Requirements::new(&trust, now), &|_| {})?;
    let mut out = Vec::new();
    json::verify::write(&report, &mut out)?;
    Ok(Answer { accepted: report.verified().is_ok(), json: String::from_utf8(out)? })
}

fn files_problem(files: &Memory) -> Option<String> {
    use openness::Files as _;
    files.problems().first().map(ToString::to_string)
}

fn main() -> Result<(), Box<dyn Error>> {
    let now = Timestamp::now();
    let mut producer = SecretKey::generate()?;
    let upload = sign(&mut producer, now)?;

    let answer = receive(upload.clone(), &[*producer.public()], now)?;
    println!("as signed: accepted {}", answer.accepted);

    let mut changed = upload.clone();
    changed[1].1.push(b'!');
    let answer = receive(changed, &[*producer.public()], now)?;
    println!("with one byte added: accepted {}", answer.accepted);
    println!("{}", answer.json.trim_end());

    let other = SecretKey::generate()?;
    let answer = receive(upload, &[*other.public()], now)?;
    println!("signed with a key that is not the account's: accepted {}", answer.accepted);
    Ok(())
}

/// Checks and signs a release, as the producer would usually do with the command line.
fn sign(key: &mut SecretKey, now: Timestamp) -> Result<Upload, Box<dyn Error>> {
    let manifest = "schema = 1\n[model]\nname = \"Tiny LM\"\nversion = \"1.0.0\"\nproducer = \"Example Lab\"\n\
                    license = \"Apache-2.0\"\n[component.final-weights]\nopenness = \"open\"\nfiles = [\"*.safetensors\"]\n";
    let mut upload: Upload =
        vec![("OPENNESS.toml".into(), manifest.into()), ("model.safetensors".into(), b"weights".to_vec())];
    let files = Memory::new(upload.clone());
    let checked = check(&files)?;
    let passed = checked.pass(&[]).map_err(|codes| format!("not signed: {codes:?}"))?;
    let signed = release::sign(&passed.statement(now, &Default::default(), &|_| {})?, key)?;
    upload.extend(signed.files().into_iter().map(|(path, bytes)| (format!(".openness/{path}"), bytes)));
    Ok(upload)
}
