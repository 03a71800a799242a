//! The counterpart of signing: checks who signed a release, that its files are as signed, and that its claims hold.
//!
//! Everything in the release is untrusted. The statement is read only from bytes whose signature holds, files are compared
//! with what it says, and verdicts are derived again; what the statement says about itself decides nothing.
//!
//! All requirements go into [`Requirements`], and one [`Report`] comes out. [`Report::verified`] turns it into a
//! [`VerifiedRelease`], which is what `export::export` takes.
//!
//! ```
//! use openness::check::check;
//! use openness::files::Memory;
//! use openness::sign::{SecretKey, Trust, sshsig};
//! use openness::verify::{Reason, Requirements, verify};
//!
//! let manifest = r#"
//! schema = 1
//! [model]
//! name = "Tiny LM"
//! version = "1.0.0"
//! producer = "Example Lab"
//! license = "Apache-2.0"
//! [component.final-weights]
//! openness = "open"
//! files = ["weights.safetensors"]
//! "#;
//! let mut files = vec![("OPENNESS.toml", manifest.into()), ("weights.safetensors", b"bytes".to_vec())];
//!
//! // The producer signs what passes the rules.
//! let (key, now) = (SecretKey::generate()?, jiff::Timestamp::now());
//! let unsigned = Memory::new(files.clone());
//! let checked = check(&unsigned)?;
//! let passed = checked.pass(&[]).expect("no errors");
//! let statement = passed.statement(now, &Default::default(), &|_| {})?.to_bytes()?;
//! let signature = sshsig::sign(&statement, &key)?.into_bytes();
//! files.push((".openness/statement.json", statement));
//! files.push((".openness/signatures/producer.sshsig", signature));
//!
//! // The user trusts the producer's public key, and nothing in the release.
//! let trust = Trust::of_keys([*key.public()]);
//! let requirements = Requirements::new(&trust, now);
//! let report = verify(&Memory::new(files.clone()), &requirements, &|_| {})?;
//! let release = report.verified().expect("every file is as signed");
//! assert_eq!(release.statement().expect("it is signed by a statement").predicate.model.name, "Tiny LM");
//!
//! // One changed byte, and it is not verified.
//! files[1].1[0] ^= 1;
//! let report = verify(&Memory::new(files), &requirements, &|_| {})?;
//! assert!(report.reasons().contains(&Reason::ContentMismatch));
//! assert!(report.verified().is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod claims;
mod diagnose;
mod evidence;
#[cfg(feature = "fs")]
pub mod export;
mod files;
mod line_endings;
mod note;
mod oms;
#[cfg(feature = "oms")]
mod oms_files;
#[cfg(not(feature = "oms"))]
#[path = "verify/no_oms_files.rs"]
mod oms_files;
mod ranges;
mod reader;
#[cfg(feature = "fs")]
mod repair;
mod report;
mod requirements;
mod signatures;
mod signed_blocks;
mod submodules;
mod transparency;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::artifacts::digest;
#[cfg(feature = "fs")]
use crate::digest_cache::CachedDigests;
use crate::files::{Error, Files, OPENNESS_DIR};
use crate::path::RepoPath;
use crate::sign::AgentKey;
use crate::statement::{Hex, Statement};
use crate::threads;
use crate::trust_store::Rollback;

pub use note::{Alarm, Download, DownloadState, LineEndings, Note, StatementProblem};
pub use ranges::{FileRange, RangeError, verify_ranges};
pub use reader::{BlockReader, OpenError};
#[cfg(feature = "fs")]
pub use repair::{OtherCopy, RepairError, Repaired, repair};
pub use report::{
    ChangedFile, ClaimReport, FilesReport, OmsSignatureReport, ProofReport, RangeReport, Reason, Report,
    SignatureReport, Verdict, VerifiedRelease,
};
pub use requirements::{Requirements, SignatureFile, SignatureKind};

/// The size of the largest file in `.openness/` that is read, in bytes. Its contents have limits of their own.
const MAX_ENVELOPE_BYTES: u64 = 257 << 20;
/// The size of the largest file that is read whole, in bytes, to explain a change.
const MAX_TEXT_BYTES: u64 = 16 * 1024 * 1024;

/// Digests that may be taken from a cache, which needs a file system.
#[cfg(not(feature = "fs"))]
type CachedDigests<'a> = &'a std::convert::Infallible;

/// Verifies a release.
///
/// ```no_run
/// use std::path::Path;
///
/// use openness::sign::Trust;
/// use openness::snapshot::Snapshot;
/// use openness::source::Source;
/// use openness::verify::export::export;
/// use openness::verify::{Requirements, verify};
///
/// let signers = std::fs::read_to_string("allowed_signers")?;
/// let trust = Trust::of_allowed_signers(&Source::new("allowed_signers", signers), &jiff::tz::TimeZone::UTC)?;
/// let requirements = Requirements::new(&trust, jiff::Timestamp::now()).identity("release@example.org");
/// let files = Snapshot::of_directory(Path::new("model"))?;
/// match verify(&files, &requirements, &|_| {})?.verified() {
///     Ok(release) => {
///         println!("verified {} files", release.report().files().verified);
///         export(&files, &release, Path::new("verified-copy"))?;
///     }
///     Err(report) => {
///         for reason in report.reasons() {
///             println!("not verified: {}", reason.as_str());
///         }
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `progress` is called with the number of bytes hashed since its last call, from several threads.
///
/// # Errors
/// [`Error`] if files or the repository cannot be read. Whatever is wrong with the release itself is in the report.
pub fn verify(
    files: &dyn Files,
    requirements: &Requirements<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, Error> {
    let ((signed, cached), bundles) = check_all_and_read_cache(files, requirements);
    let (mut report, bundles) = (signed?, bundles?);
    bundles.add_to(requirements, &mut report);
    let statement = report.statement.clone();
    let (mut content, cached) = match &statement {
        Some(statement) => (check_content(files, statement, requirements, &bundles, cached, progress)?, None),
        None if bundles.statements.is_empty() => return conclude(files, requirements, report),
        None => (Report::new(), cached),
    };
    oms_files::compare(files, &bundles, statement.as_deref(), requirements, cached, progress, &mut content)?;
    report.add_content(content);
    conclude(files, requirements, report)
}

/// Checks again who signed a release, and keeps what an earlier report says about its files, which are not read again.
///
/// The requirements must be those of the earlier report, except for the trusted keys, the pins and the bases. If the release now holds
/// another statement, it is not verified.
///
/// # Errors
/// [`Error`] if files or the repository cannot be read.
pub(crate) fn verify_signers_again(
    files: &dyn Files,
    requirements: &Requirements<'_>,
    earlier: Report,
) -> Result<Report, Error> {
    let mut report = check_signatures(files, requirements)?;
    oms::Found::of(files, requirements)?.add_to(requirements, &mut report);
    if report.statement.is_some() {
        if report.statement_digest == earlier.statement_digest {
            report.add_content(earlier.into_content());
        } else {
            report.add_reason(Reason::ContentMismatch);
        }
    }
    conclude(files, requirements, report)
}

/// Checks everything that depends on both the signers and the content.
fn conclude(files: &dyn Files, requirements: &Requirements<'_>, mut report: Report) -> Result<Report, Error> {
    if report.statement.is_some() {
        transparency::proofs(files, requirements.logs, requirements.at, &mut report)?;
    }
    transparency::conclude(&mut report);
    evidence::check(files, requirements, &mut report);
    Ok(report.conclude())
}

/// What a release's signature and its cached digests say.
type Signed<'a> = (Result<Report, Error>, Option<CachedDigests<'a>>);

/// Bundles can be checked while the release's own signatures are.
fn check_all_and_read_cache<'a>(
    files: &dyn Files,
    requirements: &Requirements<'a>,
) -> (Signed<'a>, Result<oms::Found, Error>) {
    let own = || check_signatures_and_read_cache(files, requirements);
    let bundles = || oms::Found::of(files, requirements);
    match requirements.threads.get() > 1 && oms::are_likely(files, requirements) {
        true => threads::join(own, bundles),
        false => (own(), bundles()),
    }
}

/// The cache can be read while signatures are checked.
#[cfg(feature = "fs")]
fn check_signatures_and_read_cache<'a>(files: &dyn Files, requirements: &Requirements<'a>) -> Signed<'a> {
    let signed = || check_signatures(files, requirements);
    match requirements.cache {
        None => (signed(), None),
        Some(cache) => threads::join(signed, || Some(cache.read())),
    }
}

#[cfg(not(feature = "fs"))]
fn check_signatures_and_read_cache<'a>(files: &dyn Files, requirements: &Requirements<'a>) -> Signed<'a> {
    (check_signatures(files, requirements), None)
}

/// Checks everything that does not depend on who signed, and reports nothing else.
fn check_content(
    files: &dyn Files,
    statement: &Statement,
    requirements: &Requirements<'_>,
    bundles: &oms::Found,
    cached: Option<CachedDigests<'_>>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, Error> {
    let mut content = Report::new();
    content.digests = (!bundles.statements.is_empty()).then(Vec::new);
    check_times(statement, requirements.at, &mut content);
    files::files(files, statement, requirements, bundles, cached, progress, &mut content)?;
    files::sums(files, statement, requirements, &mut content)?;
    claims::claims(files, statement, &mut content)?;
    Ok(content)
}

/// Checks who signed what, and reads no files except the signatures and the statement.
///
/// This verifies nothing: the verdict is always [`Verdict::Failed`], even if there is no reason for it.
///
/// # Errors
/// [`Error`] if files or the repository cannot be read.
pub fn check_signatures(files: &dyn Files, requirements: &Requirements<'_>) -> Result<Report, Error> {
    let trust = requirements.effective_trust();
    let signatures = || signatures::signatures(files, &trust, requirements);
    let (found, ahead) = match requirements.threads.get() > 1 && signatures::is_statement_long(files) {
        true => threads::join(signatures, || signatures::read_ahead(files)),
        false => (signatures(), None),
    };
    let (mut report, signed) = found?;
    let Some(signed) = signed else { return Ok(report) };
    let confirmed = ahead.and_then(|ahead| ahead.confirm(&signed));
    let (statement, digest) = confirmed.unwrap_or_else(|| (Statement::read(&signed), digest::sha256(signed.payload())));
    let statement = match statement {
        Ok(statement) => statement,
        Err(error) => {
            report.add_reason(Reason::StatementInvalid);
            report.statement_problem = Some(StatementProblem::Invalid(error));
            return Ok(report);
        }
    };
    let mut is_trusted = signed.is_trusted();
    let model = &statement.predicate.model;
    if let Some(pinned) = requirements.pins.and_then(|pins| pins.find(model)) {
        let Ok(trust) = trust.narrowed_to(pinned) else {
            report.add_reason(Reason::UntrustedKey);
            report.alarms.push(Alarm::PinnedKeyUnreadable { model: model.name.clone() });
            return Ok(report);
        };
        let by_pinned;
        (report, by_pinned) = signatures::signatures(files, &trust, requirements)?;
        is_trusted = by_pinned.is_some_and(|again| again.is_trusted() && again.payload() == signed.payload());
        if !is_trusted {
            report.add_reason(Reason::PinnedKeyChanged);
            report.alarms.push(changed_key(&statement, pinned, &report.signatures));
        }
    }
    let digest = Hex(digest);
    // What an untrusted signer says about a model is not compared with what trusted ones said.
    if is_trusted {
        check_sequence(&statement, &digest, requirements, &mut report);
    }
    report.statement_digest = Some(digest);
    report.statement = Some(Arc::new(statement));
    Ok(report)
}

/// Checks who signed what like [`check_signatures`], with bundles of OpenSSF Model Signing too. It reads no other files.
///
/// # Errors
/// [`Error`] if files or the repository cannot be read.
pub fn check_all_signatures(files: &dyn Files, requirements: &Requirements<'_>) -> Result<Report, Error> {
    let mut report = check_signatures(files, requirements)?;
    oms::Found::of(files, requirements)?.add_to(requirements, &mut report);
    Ok(report)
}

fn check_sequence(statement: &Statement, digest: &Hex, requirements: &Requirements<'_>, report: &mut Report) {
    let found = statement.predicate.release.sequence;
    let too_old = requirements.least_sequence.filter(|least| found.is_none_or(|found| found < *least));
    let required = too_old.map(|least| Rollback::Required { least, found });
    let remembered = requirements.history.and_then(|history| history.check(statement, digest).err());
    for rollback in required.into_iter().chain(remembered) {
        report.add_reason(Reason::Rollback);
        report.alarms.push(Alarm::Rollback(rollback));
    }
}

fn changed_key(statement: &Statement, pinned: &[String], signatures: &[SignatureReport]) -> Alarm {
    let model = &statement.predicate.model;
    let pinned = pinned.iter().filter_map(|line| AgentKey::parse(line).ok()).map(|key| key.fingerprint()).collect();
    let mut found: Vec<_> = signatures.iter().filter_map(|signature| signature.key).collect();
    found.dedup();
    Alarm::PinnedKeyChanged { model: model.name.clone(), producer: model.producer.clone(), pinned, found }
}

fn check_times(statement: &Statement, at: Timestamp, report: &mut Report) {
    if let Ok(created) = statement.predicate.created.parse::<Timestamp>()
        && created > at
    {
        let at = at.round(jiff::Unit::Second).unwrap_or(at);
        report.notes.push(Note::MadeLater { created, at });
    }
    let Some(expires) = &statement.predicate.expires else { return };
    let today = jiff::tz::TimeZone::UTC.to_datetime(at).date();
    match expires.parse::<jiff::civil::Date>() {
        Ok(last) if today <= last => {}
        Ok(_) => report.add_reason(Reason::ExpiredStatement),
        Err(_) => {
            report.add_reason(Reason::StatementInvalid);
            report.statement_problem = Some(StatementProblem::Expires { expires: expires.clone() });
        }
    }
}

/// Reads a file in `.openness/`. One that is too large counts as missing and as a bad signature, not as an error.
fn read_own(files: &dyn Files, path: &RepoPath, report: &mut Report) -> Result<Option<Vec<u8>>, Error> {
    match files.read(path, MAX_ENVELOPE_BYTES) {
        Err(Error::TooLarge { path, limit, .. }) => {
            report.add_reason(Reason::BadSignature);
            report.notes.push(Note::TooLarge { path, limit });
            Ok(None)
        }
        answer => answer,
    }
}

/// Undoes what Git on Windows may do to text files on checkout.
fn without_crlf(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'\r') {
        return bytes.into();
    }
    let mut lines = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte == b'\r' && rest.peek() == Some(&b'\n') {
            continue;
        }
        lines.push(byte);
    }
    lines.into()
}

fn own_path(name: &str) -> RepoPath {
    format!("{OPENNESS_DIR}/{name}").parse().expect("the names of our own files are valid paths")
}

#[cfg(all(test, feature = "keygen"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::check;
    use crate::files::{Content, Entry, FileList, Memory, Origin};
    use crate::policy::{Policy, Unmet};
    use crate::sign::{SecretKey, Trust, sshsig};
    use crate::source::Source;
    use crate::trust_store::Pins;

    const MANIFEST: &str = "schema = 1\n[model]\nname = \"Tiny LM\"\nversion = \"1\"\nproducer = \"Lab\"\n\
                            license = \"Apache-2.0\"\n[component.final-weights]\nopenness = \"open\"\n\
                            files = [\"w.safetensors\"]\n";

    fn key() -> SecretKey {
        SecretKey::generate().unwrap()
    }

    fn signed(key: &SecretKey, at: Timestamp) -> Vec<(&'static str, Vec<u8>)> {
        let mut files = vec![("OPENNESS.toml", MANIFEST.into()), ("w.safetensors", b"weights".to_vec())];
        let unsigned = Memory::new(files.clone());
        let checked = check(&unsigned).unwrap();
        let statement = checked.pass(&[]).unwrap().statement(at, &digest::Options::default(), &|_| {}).unwrap();
        let statement = statement.to_bytes().unwrap();
        files.push((".openness/signatures/key.sshsig", sshsig::sign(&statement, key).unwrap().into_bytes()));
        files.push((".openness/statement.json", statement));
        files
    }

    fn verified(files: Vec<(&'static str, Vec<u8>)>, requirements: &Requirements<'_>) -> Report {
        verify(&Memory::new(files), requirements, &|_| {}).unwrap()
    }

    #[test]
    fn a_signed_release_in_memory_is_verified() {
        let (key, at) = (key(), Timestamp::UNIX_EPOCH);
        let trust = Trust::of_keys([*key.public()]);
        let report = verified(signed(&key, at), &Requirements::new(&trust, at));
        assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
        assert!(matches!(report.notes(), [Note::NoSums { .. }]), "{:?}", report.notes());
        assert!(!report.verified().unwrap().is_partial());
    }

    #[test]
    fn every_requirement_is_part_of_the_one_call() {
        let (key, at) = (key(), Timestamp::UNIX_EPOCH);
        let trust = Trust::of_keys([*key.public()]);
        let policy = Policy::read(&Source::new("p", "policy = 1\n[statement]\nrequire-expires = true\n")).unwrap();
        let requirements = Requirements::new(&trust, at);
        for (requirements, reason, unmet) in [
            (requirements.clone().policy(&policy), Reason::Policy, Some(Unmet::NoExpiry)),
            (requirements.clone().require_signed_tag(true), Reason::Policy, Some(Unmet::NoTag)),
            (requirements.clone().require_log_proof(true), Reason::Policy, Some(Unmet::NotLogged { found: vec![] })),
            (requirements.clone().least_sequence(1), Reason::Rollback, None),
            (requirements.clone().identity("release@example.org"), Reason::UntrustedKey, None),
        ] {
            let report = verified(signed(&key, at), &requirements);
            assert_eq!(report.verdict(), Verdict::Failed, "{requirements:?}");
            assert_eq!(report.reasons().iter().collect::<Vec<_>>(), [&reason]);
            assert_eq!(report.unmet().first(), unmet.as_ref());
            assert!(report.partially_verified().is_err());
        }
    }

    #[test]
    fn a_policy_without_a_statement_is_not_met() {
        let policy = Policy::read(&Source::new("p", "policy = 1\n")).unwrap();
        let trust = Trust::none();
        let report = verified(Vec::new(), &Requirements::new(&trust, Timestamp::UNIX_EPOCH).policy(&policy));
        assert_eq!(report.unmet(), [Unmet::NoStatement]);
        assert!(report.reasons().contains(&Reason::Unsigned));
    }

    #[test]
    fn another_key_than_the_pinned_one_is_reported_as_such() {
        let (pinned, other, at) = (key(), key(), Timestamp::UNIX_EPOCH);
        let mut pins = Pins::default();
        pins.pin("Lab", "Tiny LM", &pinned.public().to_openssh("")).unwrap();
        let trust = Trust::of_keys([*pinned.public(), *other.public()]);
        let requirements = Requirements::new(&trust, at).pins(&pins);
        assert_eq!(verified(signed(&pinned, at), &requirements).verdict(), Verdict::Verified);
        let report = verified(signed(&other, at), &requirements);
        assert!(report.reasons().contains(&Reason::PinnedKeyChanged), "{:?}", report.reasons());
        assert_eq!(
            report.alarms(),
            [Alarm::PinnedKeyChanged {
                model: "Tiny LM".to_owned(),
                producer: "Lab".to_owned(),
                pinned: vec![pinned.public().fingerprint()],
                found: vec![other.public().fingerprint()],
            }]
        );
    }

    /// Files whose manifest is another one from the second time on that it is opened.
    #[derive(Debug)]
    struct Turning {
        files: Memory,
        later: Memory,
        opened: AtomicUsize,
        is_other_first: bool,
    }

    impl Files for Turning {
        fn origin(&self) -> Origin {
            Origin::Memory
        }

        fn list(&self) -> &FileList {
            self.files.list()
        }

        fn size(&self, entry: &Entry) -> io::Result<u64> {
            self.files.size(entry)
        }

        fn open(&self, entry: &Entry) -> io::Result<Content> {
            if entry.path.as_str() != "OPENNESS.toml" {
                return self.files.open(entry);
            }
            let is_first = self.opened.fetch_add(1, Ordering::Relaxed) == 0;
            if is_first == self.is_other_first { self.later.open(entry) } else { self.files.open(entry) }
        }
    }

    #[test]
    fn nothing_is_derived_from_a_manifest_that_is_not_as_signed() {
        let (key, at) = (key(), Timestamp::UNIX_EPOCH);
        let trust = Trust::of_keys([*key.public()]);
        let files = signed(&key, at);
        let mut later = files.clone();
        // Of the same size.
        later[0].1 = MANIFEST.replace("Tiny LM", "Evil LM").into();
        for is_other_first in [true, false] {
            let (files, later) = (Memory::new(files.clone()), Memory::new(later.clone()));
            let files = Turning { files, later, opened: AtomicUsize::new(0), is_other_first };
            let report = verify(&files, &Requirements::new(&trust, at), &|_| {}).unwrap();
            assert!(report.reasons().contains(&Reason::ContentMismatch), "{is_other_first}: {report:#?}");
            let derived = (report.manifest().map(|manifest| manifest.model.name.as_str()), report.evaluations().len());
            // Only what was signed counts, whichever time it was read.
            assert!([(None, 0), (Some("Tiny LM"), crate::taxonomy::all().len())].contains(&derived), "{derived:?}");
        }
        let report = verified(later, &Requirements::new(&trust, at));
        assert_eq!(report.reasons().iter().collect::<Vec<_>>(), [&Reason::ContentMismatch]);
        assert!(report.manifest().is_none() && report.evaluations().is_empty());
    }

    #[test]
    fn names_that_are_not_paths_count_as_unsigned_files() {
        let (key, at) = (key(), Timestamp::UNIX_EPOCH);
        let trust = Trust::of_keys([*key.public()]);
        let mut files = signed(&key, at);
        files.extend([("zebra", vec![]), ("a/../b", vec![])]);
        let report = verified(files, &Requirements::new(&trust, at));
        assert_eq!(report.reasons().iter().collect::<Vec<_>>(), [&Reason::UnsignedFiles]);
        assert_eq!(report.files().unsigned_names(), ["a/../b", "zebra"]);
    }

    #[test]
    fn only_carriage_returns_before_line_feeds_are_removed() {
        for (bytes, without) in [
            ("", ""),
            ("a\nb", "a\nb"),
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\nb\r\n", "a\nb\n"),
            ("\ra\rb\r", "\ra\rb\r"),
            ("a\r\r\n", "a\r\n"),
            ("\n\r", "\n\r"),
        ] {
            assert_eq!(*without_crlf(bytes.as_bytes()), *without.as_bytes(), "{bytes:?}");
        }
    }
}
