//! Verifying a release, and copying it once it is verified.

use std::num::NonZero;
use std::path::PathBuf;

use jiff::Timestamp;
use openness::ancestry::{self, Ancestor};
use openness::artifacts::glob::Glob;
use openness::files::Files;
use openness::policy::Policy;
use openness::report::json;
use openness::trust_store::{Pins, ReleaseHistory, Store};
use openness::verify::export::export;
use openness::verify::{Report, Requirements, SignatureFile, SignatureKind, Verdict};
use openness::{Snapshot, Source, oms, sign, tag, verify as library};
use pyo3::prelude::*;

use crate::failure::Failure;
use crate::guarded::Guarded;
use crate::place::Place;
use crate::release::Release;
use crate::trust::{Directories, Trust, of_user};
use crate::work::{self, Job};

/// The JSON of the report, that of what its manifest declares, and how many files were copied.
type Result3 = (String, Option<String>, Option<usize>);

/// Verifies a release, and with `export` copies it if it is verified. Returns what `openness verify --format json` prints,
/// what `openness show --format json` prints about the manifest if that is as signed, and the number of files copied.
#[pyfunction]
#[pyo3(signature = (
    path, trust, *, rev=None, user=false, store=None, identity=None, policy=None, at=None, threads=None, partial=false,
    allow_unsigned=Vec::new(), allow_crlf=false, require_sequence=None, track_releases=false, signatures=Vec::new(),
    require=Vec::new(), bases=Vec::new(), export=None, progress=None
))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword of the Python function")]
pub(crate) fn verify(
    py: Python<'_>,
    path: PathBuf,
    trust: &Bound<'_, Trust>,
    rev: Option<String>,
    user: bool,
    store: Option<Directories>,
    identity: Option<String>,
    policy: Option<(String, String)>,
    at: Option<String>,
    threads: Option<NonZero<usize>>,
    partial: bool,
    allow_unsigned: Vec<String>,
    allow_crlf: bool,
    require_sequence: Option<u64>,
    track_releases: bool,
    signatures: Vec<(String, Vec<u8>)>,
    require: Vec<String>,
    bases: Vec<PathBuf>,
    export: Option<PathBuf>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Result3> {
    let place = Place { path, revision: rev, staged: false };
    let demands = Demands {
        store: store.map(|(settings, state)| Store::new(settings, state)),
        user,
        identity,
        policy,
        at,
        threads,
        partial,
        allow_unsigned,
        allow_crlf,
        require_sequence,
        track_releases,
        signatures,
        require,
        bases,
        export,
    };
    let trust = trust.get();
    work::run(py, progress, |job| demands.verify(&place, trust, job))
}

/// The JSON of the report, that of what its manifest declares, and the release if a trusted signer signed it.
type Opened = (String, Option<String>, Option<Release>);

/// Finds out who signed what, reading no weights, and opens the release for reading by signed blocks.
#[pyfunction]
#[pyo3(signature = (path, trust, *, rev, identity, policy, at, require, require_sequence))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword of the Python function")]
pub(crate) fn open(
    py: Python<'_>,
    path: PathBuf,
    trust: &Bound<'_, Trust>,
    rev: Option<String>,
    identity: Option<String>,
    policy: Option<(String, String)>,
    at: Option<String>,
    require: Vec<String>,
    require_sequence: Option<u64>,
) -> PyResult<Opened> {
    let place = Place { path, revision: rev, staged: false };
    let demands = Demands { identity, policy, at, require, require_sequence, ..Demands::default() };
    let trust = trust.get();
    work::run(py, None, |job| demands.open(&place, trust, job))
}

/// What the caller requires, as given.
#[derive(Default)]
struct Demands {
    /// Whether the user's own trust counts.
    user: bool,
    store: Option<Store>,
    identity: Option<String>,
    policy: Option<(String, String)>,
    at: Option<String>,
    threads: Option<NonZero<usize>>,
    partial: bool,
    allow_unsigned: Vec<String>,
    allow_crlf: bool,
    require_sequence: Option<u64>,
    track_releases: bool,
    signatures: Vec<(String, Vec<u8>)>,
    require: Vec<String>,
    bases: Vec<PathBuf>,
    export: Option<PathBuf>,
}

/// The same, read.
struct Read {
    trust: sign::Trust,
    /// Those of the arguments, and the ECDSA keys in lists of allowed signers.
    signers: oms::Signers,
    at: Timestamp,
    policy: Option<Policy>,
    allow_unsigned: Vec<Glob>,
    signature_files: Vec<SignatureFile>,
    required: Vec<SignatureKind>,
    pins: Option<Pins>,
    history: Option<ReleaseHistory>,
}

impl Demands {
    fn verify(&self, place: &Place, trust: &Trust, job: &Job) -> Result<Result3, Failure> {
        let read = self.read(place, trust)?;
        let snapshot = place.everything()?;
        let files = Guarded::new(&snapshot, job.is_stopped());
        let requirements = add_git(self.requirements(&read), &snapshot, place)?;
        let report = library::verify(&files, &requirements, &|bytes| job.advance(bytes))?;
        let links = self.links(&files, &requirements, &report)?;
        let report = ancestry::check_policy_again(&files, &requirements, &links, report)?;
        self.remember(&report, &read)?;
        let mut text = Vec::new();
        json::ancestry::write(&report, &links, &mut text)?;
        let (text, facts) = (String::from_utf8(text)?, facts(&report)?);
        Ok((text, facts, self.copy(&files, report)?))
    }

    fn open(&self, place: &Place, trust: &Trust, job: &Job) -> Result<Opened, Failure> {
        let read = self.read(place, trust)?;
        let snapshot = place.everything()?;
        let files = Guarded::new(&snapshot, job.is_stopped());
        let requirements = add_git(self.requirements(&read), &snapshot, place)?;
        let report = library::verify_ranges(&files, &requirements, &[], &|_| {})?;
        let mut text = Vec::new();
        json::ancestry::write(&report, &[], &mut text)?;
        let (text, facts) = (String::from_utf8(text)?, facts(&report)?);
        let release = report.partially_verified().ok().map(|release| Release::new(snapshot, release));
        Ok((text, facts, release))
    }

    fn read(&self, place: &Place, trust: &Trust) -> Result<Read, Failure> {
        let user = self.user.then(|| of_user(self.store.as_ref())).transpose()?;
        let glob = |text: &String| {
            text.parse::<Glob>().map_err(|error| Failure::caused_by(&format!("`allow_unsigned`: `{text}`"), error))
        };
        let at = match &self.at {
            Some(time) => time.parse().map_err(|error| Failure::caused_by(&format!("`at`: `{time}`"), error))?,
            None => Timestamp::now(),
        };
        let signers = trust.signers.clone();
        let trust = user.into_iter().fold(trust.trust.clone(), sign::Trust::merge);
        Ok(Read {
            signers: signers.merge(oms::Signers::of_trust(&trust, at)),
            trust,
            at,
            policy: match &self.policy {
                Some((name, text)) => Some(Policy::read(&Source::new(name.clone(), text.clone()))?),
                None => None,
            },
            allow_unsigned: self.allow_unsigned.iter().map(glob).collect::<Result<_, _>>()?,
            signature_files: self.signatures.iter().map(|(name, bytes)| signature(name, bytes, place)).collect(),
            required: self.require.iter().map(|word| kind(word)).collect::<Result<_, _>>()?,
            pins: self.store.as_ref().filter(|_| self.user).map(Store::pins).transpose()?,
            history: match self.store.as_ref().filter(|_| self.track_releases) {
                Some(store) => Some(store.history()?),
                None => None,
            },
        })
    }

    fn requirements<'a>(&'a self, read: &'a Read) -> Requirements<'a> {
        let threads = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        Requirements::new(&read.trust, read.at)
            .identity(self.identity.as_deref())
            .allow_unsigned(&read.allow_unsigned)
            .allow_crlf(self.allow_crlf)
            .pins(read.pins.as_ref())
            .history(read.history.as_ref())
            .least_sequence(self.require_sequence)
            .policy(read.policy.as_ref())
            .oms(&read.signers)
            .signature_files(&read.signature_files)
            .require_signatures(&read.required)
            .threads(self.threads.unwrap_or_else(threads))
    }

    /// Remembers a verified release, so that an older one is noticed later.
    fn remember(&self, report: &Report, read: &Read) -> Result<(), Failure> {
        let (Some(store), Some(_), Verdict::Verified) = (&self.store, &read.history, report.verdict()) else {
            return Ok(());
        };
        let (Some(statement), Some(digest)) = (report.statement(), report.statement_digest()) else { return Ok(()) };
        Ok(store.change_history(|history| history.record(statement, digest, Timestamp::now()))?)
    }

    /// Follows the bases to their statements, if any base names one or the caller names a directory.
    fn links(
        &self,
        files: &dyn Files,
        requirements: &Requirements<'_>,
        report: &Report,
    ) -> Result<Vec<Ancestor>, Failure> {
        let stores = self.bases.iter().map(|directory| Snapshot::of_directory(directory));
        let stores: Vec<Snapshot> = stores.collect::<Result<_, _>>()?;
        let stores: Vec<&dyn Files> = stores.iter().map(|store| -> &dyn Files { store }).collect();
        Ok(ancestry::links(files, &stores, requirements, report))
    }

    fn copy(&self, files: &dyn Files, report: Report) -> Result<Option<usize>, Failure> {
        let Some(directory) = &self.export else { return Ok(None) };
        let release = if self.partial { report.partially_verified() } else { report.verified() };
        match release {
            Ok(release) => Ok(Some(export(files, &release, directory)?.files)),
            Err(_) => Ok(None),
        }
    }
}

/// Adds what Git knows about the tag and the commit, if a revision is verified.
fn add_git<'a>(
    requirements: Requirements<'a>,
    snapshot: &Snapshot,
    place: &Place,
) -> Result<Requirements<'a>, Failure> {
    let (Some(revision), Some(repo), Some(commit)) = (&place.revision, snapshot.repo(), snapshot.commit()) else {
        return Ok(requirements);
    };
    let (trust, at) = (requirements.effective_trust(), requirements.time());
    let tag = tag::inspect(repo, revision, &commit.commit, &trust, at)?;
    let replaced = repo.replaced(&repo.replacements()?, revision, commit)?;
    let requirements = requirements.replaced(replaced);
    let signature = tag::inspect_commit(repo, &commit.commit, &trust, at)?;
    Ok(requirements.tag(tag).commit(signature))
}

/// Returns what the manifest declares, as `openness show --format json` does; `None` if there is none that is as signed.
fn facts(report: &Report) -> Result<Option<String>, Failure> {
    let Some(manifest) = report.manifest() else { return Ok(None) };
    let mut text = Vec::new();
    json::show::write(manifest, report.evaluations(), &mut text)?;
    Ok(Some(String::from_utf8(text)?))
}

/// A bundle that the caller names, with its place in the release if it is there.
fn signature(name: &str, bytes: &[u8], place: &Place) -> SignatureFile {
    let below = || {
        let (file, root) = (PathBuf::from(name).canonicalize().ok()?, place.path.canonicalize().ok()?);
        openness::path::RepoPath::from_relative(file.strip_prefix(root).ok()?).ok()
    };
    let is_too_large = u64::try_from(bytes.len()).is_ok_and(|size| size > oms::MAX_BUNDLE_BYTES);
    let content = if is_too_large { Err(oms::MAX_BUNDLE_BYTES) } else { Ok(bytes.to_vec()) };
    SignatureFile { name: name.to_owned(), path: below(), content }
}

fn kind(word: &str) -> Result<SignatureKind, Failure> {
    match [SignatureKind::Openness, SignatureKind::Oms].into_iter().find(|kind| kind.as_str() == word) {
        Some(kind) => Ok(kind),
        None => Err(Failure::new(format!("`require`: `{word}` is not a kind of signature"))
            .help("expected `openness` or `oms`")),
    }
}
