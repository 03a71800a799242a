//! Checking and showing a manifest.

use std::path::PathBuf;

use openness::check::{Error, check_alone, rules_not_run};
use openness::files::{Files as _, Kind};
use openness::lints::Levels;
use openness::manifest::parse::{Parsed, parse_bytes};
use openness::manifest::{FILE_NAME, path_in};
use openness::path::RepoPath;
use openness::report::json;
use openness::source::Source;
use openness::{Snapshot, check as library, evaluate};
use pyo3::prelude::*;

use crate::failure::{Failure, exception};
use crate::guarded::Guarded;
use crate::place::Place;
use crate::work;

/// Checks a manifest and its files. Returns what `openness check --format json` prints.
#[pyfunction]
#[pyo3(signature = (path, *, rev=None, staged=false))]
pub(crate) fn check(py: Python<'_>, path: PathBuf, rev: Option<String>, staged: bool) -> PyResult<String> {
    let place = Place { path, revision: rev, staged };
    work::run(py, None, |job| {
        let snapshot = place.tracked()?;
        let files = Guarded::new(&snapshot, job.is_stopped());
        let checked = match library::check(&files) {
            Err(Error::NoManifest) => return Err(no_manifest(&place)),
            checked => checked?,
        };
        let (not_run, levels) = (rules_not_run(checked.parsed()), Levels::of(&checked.parsed().manifest));
        let (source, findings) = checked.into_findings();
        let source = Source::new(path_in(&place.path), source.text());
        let findings = levels.apply(findings).findings;
        let mut text = Vec::new();
        json::check::write(&source, &findings, &not_run, &unread(&snapshot)?, &mut text)?;
        Ok(String::from_utf8(text)?)
    })
}

/// What `show` returns: the JSON of `openness show`, or that of `openness check` if the manifest has errors.
type Shown = Result<String, String>;

/// Shows what a manifest declares, and what each taxonomy makes of it. Returns what `openness show --format json` prints.
#[pyfunction]
#[pyo3(signature = (path, *, rev=None, staged=false))]
pub(crate) fn show(py: Python<'_>, path: PathBuf, rev: Option<String>, staged: bool) -> PyResult<String> {
    let place = Place { path, revision: rev, staged };
    let shown = work::run(py, None, |job| {
        let snapshot = place.tracked()?;
        let files = Guarded::new(&snapshot, job.is_stopped());
        match files.read_start(&FILE_NAME.parse()?, library::read_limit())? {
            Some(bytes) => facts(&parse_bytes(&path_in(&place.path), &bytes)),
            None => Err(no_manifest(&place)),
        }
    })?;
    shown.map_err(|findings| exception(py, "InvalidManifest", (findings,)))
}

fn facts(parsed: &Parsed) -> Result<Shown, Failure> {
    let mut text = Vec::new();
    if !parsed.is_sound() {
        let findings = check_alone(parsed);
        json::check::write(&parsed.source, &findings, &rules_not_run(parsed), &[], &mut text)?;
        return Ok(Err(String::from_utf8(text)?));
    }
    json::show::write(&parsed.manifest, &evaluate::evaluate(&parsed.manifest), &mut text)?;
    Ok(Ok(String::from_utf8(text)?))
}

/// Returns the files whose content was not checked: those that are not on disk, or that a partial clone left out.
fn unread(snapshot: &Snapshot) -> Result<Vec<RepoPath>, Failure> {
    let mut unread = snapshot.not_fetched()?;
    let missing = snapshot.entries().iter().filter(|entry| entry.kind == Kind::Missing);
    unread.extend(missing.map(|entry| entry.path.clone()));
    unread.sort_unstable();
    unread.dedup();
    Ok(unread)
}

pub(crate) fn no_manifest(place: &Place) -> Failure {
    Failure::new(format!("`{FILE_NAME}` not found in `{}`", place.path.display()))
        .help("run `openness init` to write a first manifest, or name another directory")
}
