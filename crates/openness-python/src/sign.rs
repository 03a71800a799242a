//! Signing a release.

use std::path::PathBuf;

use jiff::Timestamp;
use openness::artifacts::digest::{Options, Pointers};
use openness::check::{Error, check_waiver};
use openness::files::{Files as _, OPENNESS_DIR};
use openness::manifest::path_in;
use openness::path::RepoPath;
use openness::report::json;
use openness::sign::keyfile::{self, Zeroizing};
use openness::source::Source;
use openness::{SecretKey, Snapshot, Statement, atomic, check as library, release};
use pyo3::prelude::*;

use crate::check::no_manifest;
use crate::failure::{Failure, exception};
use crate::guarded::Guarded;
use crate::place::Place;
use crate::work::{self, Job};

/// The fingerprint of the key, the digest of the statement, and the files that were written.
type Signed = (String, String, Vec<PathBuf>);

/// Checks, hashes and signs a release, and writes `.openness/`.
#[pyfunction]
#[pyo3(signature = (
    path, key, *, passphrase=None, rev=None, staged=false, created=None, waive=Vec::new(), output=None, replace=false,
    progress=None
))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword of the Python function")]
pub(crate) fn sign(
    py: Python<'_>,
    path: PathBuf,
    key: Key,
    passphrase: Option<String>,
    rev: Option<String>,
    staged: bool,
    created: Option<String>,
    waive: Vec<String>,
    output: Option<PathBuf>,
    replace: bool,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Signed> {
    let passphrase = passphrase.map(Zeroizing::new);
    let work = Work { place: Place { path, revision: rev, staged }, key, passphrase, created, waive, output, replace };
    work::run(py, progress, |job| work.sign(job))?
        .map_err(|(message, findings)| exception(py, "InvalidManifest", (findings, message)))
}

/// A private key: the file that holds it, or a name and the text of such a file.
#[derive(FromPyObject)]
pub(crate) enum Key {
    Text((String, String)),
    File(PathBuf),
}

struct Work {
    place: Place,
    key: Key,
    passphrase: Option<Zeroizing<String>>,
    created: Option<String>,
    waive: Vec<String>,
    output: Option<PathBuf>,
    replace: bool,
}

/// What keeps a release from being signed, and the findings as JSON.
type Refused = (String, String);

impl Work {
    fn sign(&self, job: &Job) -> Result<Result<Signed, Refused>, Failure> {
        self.waive.iter().try_for_each(|code| check_waiver(code))?;
        // Runs that sign the same directory take turns. If it cannot be locked, the steps below report the reason.
        let lock = atomic::lock(&self.place.path, || {}).ok();
        let statement = match self.statement(job)? {
            Ok(statement) => statement,
            Err(refused) => return Ok(Err(refused)),
        };
        let mut key = self.key()?;
        let directory = self.output.as_deref().unwrap_or(&self.place.path);
        let signed = release::sign(&statement, &mut key)?;
        let lock = match &self.output {
            Some(directory) => {
                std::fs::create_dir_all(directory)
                    .map_err(|error| Failure::caused_by(&format!("cannot create `{}`", directory.display()), error))?;
                drop(lock);
                Some(atomic::lock(directory, || {})?)
            }
            None => lock,
        };
        let change = signed.place(directory, self.replace)?;
        let home = directory.join(OPENNESS_DIR);
        let files: Vec<(RepoPath, &[u8])> =
            change.write.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice())).collect();
        atomic::write_all(&home, &files, &change.remove)?;
        drop(lock);
        let digest = openness::artifacts::digest::sha256(&statement.to_bytes()?);
        let written = change.write.iter().map(|(path, _)| path.below(&home)).collect();
        Ok(Ok((key.public().fingerprint().to_string(), digest.as_str().to_owned(), written)))
    }

    fn statement(&self, job: &Job) -> Result<Result<Statement, Refused>, Failure> {
        let snapshot = self.place.committed()?;
        let files = Guarded::new(&snapshot, job.is_stopped());
        let is_leftover = |path: &RepoPath| path.components().next().is_some_and(atomic::is_leftover);
        if let Some(leftover) = files.entries().iter().find(|entry| is_leftover(&entry.path)) {
            return Err(Failure::new(format!("`{}` is a leftover of an interrupted run", leftover.path))
                .help("delete it before signing"));
        }
        let checked = match library::check(&files) {
            Err(Error::NoManifest) => return Err(no_manifest(&self.place)),
            checked => checked?,
        };
        let passed = match checked.pass(&self.waive) {
            Ok(passed) => passed,
            Err(codes) => {
                let message = format!("not signed: {} must be fixed or waived", codes.join(", "));
                let mut text = Vec::new();
                let source = Source::new(path_in(&self.place.path), checked.parsed().source.text());
                json::check::write(&source, checked.findings(), &[], &[], &mut text)?;
                return Ok(Err((message, String::from_utf8(text)?)));
            }
        };
        let options = Options { pointers: Pointers::Confirm, ..Options::default() };
        Ok(Ok(passed.statement(self.created(&snapshot)?, &options, &|bytes| job.advance(bytes))?))
    }

    /// Returns the time to claim: the commit's by default, so that the same commit gives the same bytes everywhere.
    fn created(&self, snapshot: &Snapshot) -> Result<Timestamp, Failure> {
        match (&self.created, snapshot.commit()) {
            (Some(time), _) => time.parse().map_err(|error| Failure::caused_by(&format!("`created`: `{time}`"), error)),
            (None, Some(commit)) => Ok(Timestamp::from_second(commit.time)?),
            (None, None) => Ok(Timestamp::from_second(Timestamp::now().as_second())?),
        }
    }

    fn key(&self) -> Result<SecretKey, Failure> {
        let mut passphrase = |_: &str| self.passphrase.clone();
        Ok(match &self.key {
            Key::Text((name, text)) => keyfile::parse(text, name, &mut passphrase)?,
            Key::File(path) => keyfile::read(path, &mut passphrase)?,
        })
    }
}
