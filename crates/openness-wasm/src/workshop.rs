//! Work on manifests: checking, ways to a level, imports and manuals.

use openness::check::{check_alone, rules_not_run};
use openness::decide::{self, Goal, Reach};
use openness::finding::Severity;
use openness::import::Format;
use openness::lints::Levels;
use openness::report::json;
use openness::rules;

use crate::answer::{Status, parse, sound};
use crate::failure::Failure;
#[cfg(feature = "texts")]
use crate::files::PageFiles;

/// Answers as `openness check -`.
pub(crate) fn check_manifest(manifest: &str, out: &mut Vec<u8>) -> Result<Status, Failure> {
    let parsed = parse(manifest);
    let findings = Levels::of(&parsed.manifest).apply(check_alone(&parsed)).findings;
    let not_run = if parsed.is_sound() { rules::codes_needing_files().collect() } else { rules_not_run(&parsed) };
    json::check::write(&parsed.source, &findings, &not_run, &[], out)?;
    Ok(status_of(findings.iter().map(|finding| finding.severity)))
}

/// Answers as `openness check`, for which license texts are compared.
#[cfg(feature = "texts")]
pub(crate) fn check_files(files: &PageFiles, out: &mut Vec<u8>) -> Result<Status, Failure> {
    let checked = openness::check(files)?;
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

/// Answers as `openness path GOAL -`.
pub(crate) fn path(manifest: &str, goal: &str, out: &mut Vec<u8>) -> Result<Status, Failure> {
    let goal = Goal::read(goal)?;
    let parsed = sound(manifest)?;
    let path = decide::path(&parsed.manifest, &goal)?;
    json::path::write(&goal, &path, out)?;
    Ok(if matches!(path.reach, Reach::Not(_)) { Status::Failed } else { Status::Done })
}

/// Answers as `openness import FORMAT FILE`.
pub(crate) fn import(format: &str, text: &str, out: &mut Vec<u8>) -> Result<Status, Failure> {
    let format = Format::from_word(format).ok_or_else(|| {
        Failure::usage(format!("`{format}` is not a format"))
            .help(format!("the formats are {}", Format::WORDS.join(", ")))
    })?;
    out.extend_from_slice(openness::import::import(format, text)?.as_bytes());
    Ok(Status::Done)
}

/// Answers as `openness explain CODE`.
pub(crate) fn explain(code: &str, out: &mut Vec<u8>) -> Result<Status, Failure> {
    let rule = rules::all_rules().find(|rule| rule.code == code);
    let rule = rule.ok_or_else(|| Failure::usage(format!("`{code}` is not the code of a rule")))?;
    out.extend_from_slice(rule.manual().as_bytes());
    Ok(Status::Done)
}
