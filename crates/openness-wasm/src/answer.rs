//! Answers requests with what the program prints for the same input.

use std::sync::Arc;

use openness::ancestry;
use openness::artifacts::glob::Glob;
use openness::check::{self, check_alone, rules_not_run};
use openness::decide::{self, Goal, Reach};
use openness::evaluate;
use openness::finding::Severity;
use openness::import;
use openness::jiff::Timestamp;
use openness::lints::Levels;
use openness::manifest::parse::{Parsed, parse_bytes};
use openness::policy::Policy;
use openness::report::json;
use openness::rules;
use openness::source::Source;
use openness::verify::{Requirements, Verdict, verify};

use crate::failure::Failure;
use crate::files::{Bytes, Digests, PageFiles};
use crate::request::{Request, Verify};
use crate::trusted;

/// Whether this module has the texts of licenses.
const HAS_TEXTS: bool = cfg!(feature = "texts");

/// How a request was answered: the program's exit status, and one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done: verified, without errors, reachable.
    Done,
    /// Not so. The answer says why.
    Failed,
    /// The request cannot be answered. The answer is an error.
    Error,
    /// The answer is the list of the numbers of the files to hash first.
    NeedsDigests,
    /// The module lacks the texts of licenses, which the request needs. There is no answer.
    NeedsTexts,
}

impl From<Status> for u32 {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => 0,
            Status::Failed => 1,
            Status::Error => 2,
            Status::NeedsDigests => 3,
            Status::NeedsTexts => 4,
        }
    }
}

/// The answer to a request.
#[derive(Debug)]
pub struct Answer {
    /// How it was answered.
    pub status: Status,
    /// What the program would print.
    pub output: Vec<u8>,
}

/// Answers a request about files that `bytes` reads.
///
/// # Panics
/// Never: an error is written into memory.
#[must_use]
pub fn answer(request: &[u8], bytes: Arc<dyn Bytes>) -> Answer {
    let mut output = Vec::new();
    let status = serde_json::from_slice::<Request>(request)
        .map_err(|error| Failure::caused_by("cannot read the request", &error))
        .and_then(|request| run(&request, bytes, &mut output));
    let status = status.unwrap_or_else(|failure| {
        output.clear();
        failure.write(&mut output).expect("writing to memory does not fail");
        Status::Error
    });
    Answer { status, output }
}

fn run(request: &Request, bytes: Arc<dyn Bytes>, out: &mut Vec<u8>) -> Result<Status, Failure> {
    match request {
        // What a release shows of the duties of its licenses is known only from their texts.
        Request::CheckFiles { .. } | Request::Verify(Verify { policy: Some(_), .. }) if !HAS_TEXTS => {
            Ok(Status::NeedsTexts)
        }
        Request::Verify(request) => verify_files(request, bytes, out),
        Request::CheckFiles { files } => {
            let files = PageFiles::new(files, bytes, Digests::default(), true)?;
            check_files(&files, out)
        }
        Request::Check { manifest } => check_manifest(manifest, out),
        Request::Show { manifest } => {
            let parsed = sound(manifest)?;
            let evaluations = evaluate::evaluate(&parsed.manifest);
            json::show::write(&parsed.manifest, &evaluations, out)?;
            Ok(Status::Done)
        }
        Request::Path { manifest, goal } => {
            let goal = Goal::read(goal)?;
            let parsed = sound(manifest)?;
            let path = decide::path(&parsed.manifest, &goal)?;
            json::path::write(&goal, &path, out)?;
            Ok(if matches!(path.reach, Reach::Not(_)) { Status::Failed } else { Status::Done })
        }
        Request::Import { format, text } => {
            let format = import::Format::from_word(format).ok_or_else(|| {
                Failure::usage(format!("`{format}` is not a format"))
                    .help(format!("the formats are {}", import::Format::WORDS.join(", ")))
            })?;
            out.extend_from_slice(import::import(format, text)?.as_bytes());
            Ok(Status::Done)
        }
        Request::Explain { code } => {
            let rule = rules::all_rules().find(|rule| rule.code == code);
            let rule = rule.ok_or_else(|| Failure::usage(format!("`{code}` is not the code of a rule")))?;
            out.extend_from_slice(rule.manual().as_bytes());
            Ok(Status::Done)
        }
    }
}

fn parse(manifest: &str) -> Parsed {
    parse_bytes("-", manifest.as_bytes())
}

fn sound(manifest: &str) -> Result<Parsed, Failure> {
    let parsed = parse(manifest);
    match parsed.is_sound() {
        true => Ok(parsed),
        false => Err(Failure::manifest("the manifest has errors").help("list its errors with `check`")),
    }
}

fn check_manifest(manifest: &str, out: &mut Vec<u8>) -> Result<Status, Failure> {
    let parsed = parse(manifest);
    let findings = Levels::of(&parsed.manifest).apply(check_alone(&parsed)).findings;
    let not_run = if parsed.is_sound() { rules::codes_needing_files().collect() } else { rules_not_run(&parsed) };
    json::check::write(&parsed.source, &findings, &not_run, &[], out)?;
    Ok(status_of(findings.iter().map(|finding| finding.severity)))
}

fn check_files(files: &PageFiles, out: &mut Vec<u8>) -> Result<Status, Failure> {
    let checked = check::check(files)?;
    let not_run = rules_not_run(checked.parsed());
    let levels = Levels::of(&checked.parsed().manifest);
    let (manifest, findings) = checked.into_findings();
    let findings = levels.apply(findings).findings;
    json::check::write(&manifest, &findings, &not_run, &[], out)?;
    Ok(status_of(findings.iter().map(|finding| finding.severity)))
}

fn status_of(mut severities: impl Iterator<Item = Severity>) -> Status {
    if severities.any(|severity| severity == Severity::Error) { Status::Failed } else { Status::Done }
}

fn verify_files(request: &Verify, bytes: Arc<dyn Bytes>, out: &mut Vec<u8>) -> Result<Status, Failure> {
    let digests = Digests::read(&request.digests, request.ask_for_digests)?;
    let files = PageFiles::new(&request.files, bytes, digests, request.on_disk)?;
    let (trust, signers) = trusted::read(&request.trust)?;
    let at: Timestamp =
        request.at.parse().map_err(|error| Failure::caused_by(&format!("`{}` is not a time", request.at), &error))?;
    let globs = request
        .allow_unsigned
        .iter()
        .map(|glob| glob.parse::<Glob>().map_err(|error| Failure::caused_by(&format!("the pattern `{glob}`"), &error)));
    let allow_unsigned: Vec<Glob> = globs.collect::<Result<_, _>>()?;
    let policy = request.policy.as_deref().map(|text| Policy::read(&Source::new("policy", text))).transpose()?;
    let requirements = Requirements::new(&trust, at)
        .identity(request.identity.as_deref())
        .allow_unsigned(&allow_unsigned)
        .allow_crlf(request.allow_crlf)
        .least_sequence(request.require_sequence)
        .policy(policy.as_ref())
        .oms(&signers);
    let report = verify(&files, &requirements, &|_| {})?;
    let missing = files.missing_digests();
    if !missing.is_empty() {
        serde_json::to_writer(out, &missing)?;
        return Ok(Status::NeedsDigests);
    }
    let links = ancestry::links(&files, &[], &requirements, &report);
    let report = ancestry::check_policy_again(&files, &requirements, &links, report)?;
    json::ancestry::write(&report, &links, out)?;
    Ok(match report.verdict() {
        Verdict::Verified => Status::Done,
        Verdict::Partial if request.partial => Status::Done,
        _ => Status::Failed,
    })
}
