//! The mirror of signing: who signed, are the bytes the same, do the claims hold.
//!
//! Everything that stands in the repository is hostile here. The statement is read only from bytes whose signature
//! holds, files are compared with what was read from there, and verdicts are derived anew; what the statement says of
//! itself decides nothing.

mod claims;
mod evidence;
mod diagnose;
pub mod export;
mod files;
mod signatures;
pub mod transparency;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::num::NonZero;

use jiff::Timestamp;
use serde::Serialize;

use crate::artifacts::digest;
use crate::artifacts::glob::Glob;
use crate::digest_cache::Cache;
use crate::evaluate;
use crate::files::{Files, OPENNESS_DIR};
use crate::manifest::Manifest;
use crate::path::RepoPath;
use crate::sign::{AgentKey, EnvelopeKind, Status, Trust};
use crate::statement::{Hex, Statement};
use crate::tag::{SignatureFacts, TagReport};
use crate::threads;
use crate::tlog;
use crate::trust_store::{Pins, ReleaseHistory, Rollback};

use transparency::ProofReport;

/// The largest file in `.openness/` that is read; what is in it has limits of its own.
const MAX_ENVELOPE_BYTES: u64 = 257 << 20;

/// What the verifier asks for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Whom to believe.
    pub trust: &'a Trust,
    /// The time to judge by: now, or what the verifier says; never what the signed object claims.
    pub at: Timestamp,
    /// Files that may be there unsigned, by the verifier's own choice.
    pub allow_unsigned: &'a [Glob],
    /// The only keys that may speak for some models.
    pub pins: Option<&'a Pins>,
    /// What was verified before, to tell an older release from the newest.
    pub seen: Option<&'a ReleaseHistory>,
    /// The least release number that will do.
    pub least_sequence: Option<u64>,
    /// Which transparency logs and witnesses to believe.
    pub logs: Option<&'a tlog::Policy>,
    /// How many threads hash.
    pub threads: NonZero<usize>,
    /// Digests of files that were hashed before, where the verifier is content with those; [`FilesReport::cached`] tells how many
    /// there were.
    pub cache: Option<&'a Cache>,
}

impl<'a> Request<'a> {
    /// Asks by this trust at this time, and for nothing beside.
    #[must_use]
    pub fn new(trust: &'a Trust, at: Timestamp) -> Self {
        let threads = NonZero::<usize>::MIN;
        Self {
            trust,
            at,
            allow_unsigned: &[],
            pins: None,
            seen: None,
            least_sequence: None,
            logs: None,
            threads,
            cache: None,
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// The one word.
    pub verdict: Verdict,
    /// Every reason against it, in the order of [`Reason`].
    pub reasons: BTreeSet<Reason>,
    /// Each signature that was found.
    pub signatures: Vec<SignatureReport>,
    /// The statement; absent where no signature holds, or where it cannot be read.
    pub statement: Option<Statement>,
    /// The digest of the statement's bytes, where it could be read.
    pub statement_digest: Option<Hex>,
    /// Why the statement cannot be believed, in words.
    pub statement_problem: Option<String>,
    /// The manifest that stands here; absent where it cannot be read. It is what was signed where its file is verified.
    pub manifest: Option<Manifest>,
    /// The files.
    pub files: FilesReport,
    /// The claims, derived anew.
    pub claims: Vec<ClaimReport>,
    /// What each taxonomy makes of the facts, derived anew.
    pub evaluations: Vec<evaluate::Evaluation>,
    /// The tag that the release was looked up by; `None` where it was none.
    pub tag: Option<TagReport>,
    /// The signature of the commit that was looked at; `None` where it has none, or where no commit was named.
    pub commit: Option<SignatureFacts>,
    /// The proofs of transparency logs beside the signatures.
    pub proofs: Vec<ProofReport>,
    /// Each line of a policy that is not met, or of the verifier's further demands; see [`crate::policy`].
    pub policy: Vec<String>,
    /// What somebody may be up to, in whole clauses: a changed key, an older release.
    pub alarms: Vec<String>,
    /// What is worth knowing beside.
    pub notes: Vec<String>,
}

/// The one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Signed by somebody trusted, every file as signed, every claim borne out.
    Verified,
    /// The same of what is here; signed files are absent or only pointers.
    Partial,
    /// Anything else.
    Failed,
}

impl Verdict {
    /// Returns `verified`, `partial` or `failed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// Why a release is not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// There is no signature.
    Unsigned,
    /// No signature is by a key that the verifier trusts.
    UntrustedKey,
    /// A signature does not hold, or speaks of another statement.
    BadSignature,
    /// The key was not valid at the time of judging.
    ExpiredKey,
    /// The key was revoked.
    RevokedKey,
    /// A file is not as it was signed.
    ContentMismatch,
    /// A file is there that was not signed.
    UnsignedFiles,
    /// A signed file is absent or only a pointer.
    Incomplete,
    /// The facts do not bear out a claim.
    ClaimDoesNotHold,
    /// The manifest is no sound manifest.
    ManifestInvalid,
    /// What was signed is no sound statement.
    StatementInvalid,
    /// The statement says that it is stale by now.
    ExpiredStatement,
    /// A later release was verified before, or is asked for.
    Rollback,
    /// The verifier's policy asks for more.
    Policy,
}

impl Reason {
    /// Returns the word of the machine format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::UntrustedKey => "untrusted-key",
            Self::BadSignature => "bad-signature",
            Self::ExpiredKey => "expired-key",
            Self::RevokedKey => "revoked-key",
            Self::ContentMismatch => "content-mismatch",
            Self::UnsignedFiles => "unsigned-files",
            Self::Incomplete => "incomplete",
            Self::ClaimDoesNotHold => "claim-does-not-hold",
            Self::ManifestInvalid => "manifest-invalid",
            Self::StatementInvalid => "statement-invalid",
            Self::ExpiredStatement => "expired-statement",
            Self::Rollback => "rollback",
            Self::Policy => "policy",
        }
    }
}

/// One signature file.
#[derive(Debug)]
pub struct SignatureReport {
    /// Its place.
    pub path: RepoPath,
    /// What became of it.
    pub status: Status,
    /// What holds it.
    pub envelope: EnvelopeKind,
    /// The fingerprint, where the key is known.
    pub key: Option<String>,
    /// The key as a public key file spells it, where the signature holds.
    pub public_key: Option<String>,
    /// Who, where trusted.
    pub principal: Option<String>,
    /// One clause for people.
    pub reason: String,
}

/// The files, by what became of them; each list in the order of path bytes.
#[derive(Debug, Default, Serialize)]
pub struct FilesReport {
    /// Here, and as signed.
    pub verified: usize,
    /// Of these, not hashed now but remembered from an earlier run.
    pub cached: usize,
    /// Only a Git LFS pointer to what was signed.
    pub pointers: usize,
    /// Signed, and not here.
    pub absent: Vec<String>,
    /// Here, and not as signed.
    pub changed: Vec<String>,
    /// Here, and not signed.
    pub unsigned: Vec<String>,
    /// Here, and left out by the signed exclusions.
    pub excluded: Vec<String>,
}

/// One claim.
#[derive(Debug, Serialize)]
pub struct ClaimReport {
    /// The taxonomy that decides.
    pub taxonomy: String,
    /// What is claimed.
    pub claimed: String,
    /// What the facts yield.
    pub derived: String,
    /// Whether they agree; `None` where no tool can tell.
    pub holds: Option<bool>,
}

impl Report {
    fn new() -> Self {
        Self {
            verdict: Verdict::Failed,
            reasons: BTreeSet::new(),
            signatures: Vec::new(),
            statement: None,
            statement_digest: None,
            statement_problem: None,
            manifest: None,
            files: FilesReport::default(),
            claims: Vec::new(),
            evaluations: Vec::new(),
            tag: None,
            commit: None,
            proofs: Vec::new(),
            policy: Vec::new(),
            alarms: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn against(&mut self, reason: Reason) {
        self.reasons.insert(reason);
    }

    /// Holds against the release what a policy asks for and it does not give.
    #[must_use]
    pub fn held_to(mut self, unmet: Vec<String>) -> Self {
        if !unmet.is_empty() {
            self.against(Reason::Policy);
        }
        self.policy.extend(unmet);
        self.conclude()
    }

    fn conclude(mut self) -> Self {
        let only_incomplete = self.reasons.iter().all(|reason| *reason == Reason::Incomplete);
        self.verdict = match (self.reasons.is_empty(), only_incomplete) {
            (true, _) => Verdict::Verified,
            (false, true) => Verdict::Partial,
            (false, false) => Verdict::Failed,
        };
        self
    }
}

/// Verifies what a snapshot holds.
///
/// # Errors
/// Only where the work could not be done; whatever is wrong with the release stands in the report.
pub fn verify(
    snapshot: &dyn Files,
    request: &Request<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, crate::files::Error> {
    // What is remembered can be read while signatures are checked.
    let introduce = || introduce(snapshot, request);
    let (introduced, remembered) = match request.cache {
        None => (introduce(), None),
        Some(cache) => threads::join(introduce, || Some(cache.read())),
    };
    let mut report = introduced?;
    let Some(statement) = report.statement.take() else { return Ok(report.conclude()) };
    expiry(&statement, request.at, &mut report);
    files::files(snapshot, &statement, request, remembered, progress, &mut report)?;
    files::sums(snapshot, &statement, &mut report)?;
    claims::claims(snapshot, &statement, &mut report)?;
    transparency::proofs(snapshot, request.logs, request.at, &mut report)?;
    report.statement = Some(statement);
    Ok(report.conclude())
}

/// Says who signed what, without looking at any file but the signatures and the statement. Nothing is verified by that: the
/// verdict is never better than failed.
///
/// # Errors
/// As [`verify`].
pub fn introduce(snapshot: &dyn Files, request: &Request<'_>) -> Result<Report, crate::files::Error> {
    let (mut report, signed) = signatures::signatures(snapshot, request.trust, request)?;
    let Some(signed) = signed else { return Ok(report) };
    let statement = match Statement::read(&signed) {
        Ok(statement) => statement,
        Err(error) => {
            report.against(Reason::StatementInvalid);
            report.statement_problem = Some(error.to_string());
            return Ok(report);
        }
    };
    let mut is_trusted = signed.is_trusted();
    let model = &statement.predicate.model;
    if let Some(pinned) = request.pins.and_then(|pins| pins.find(model)) {
        let Ok(trust) = request.trust.narrowed_to(pinned) else {
            report.against(Reason::UntrustedKey);
            report.alarms.push(format!("the pinned key of `{}` cannot be read", model.name));
            return Ok(report);
        };
        let (again, by_pinned) = signatures::signatures(snapshot, &trust, request)?;
        is_trusted = by_pinned.is_some_and(|again| again.is_trusted() && again.payload() == signed.payload());
        report = again;
        if !is_trusted {
            report.against(Reason::UntrustedKey);
            report.alarms.push(changed_key(&statement, pinned, &report.signatures));
        }
    }
    let digest = Hex(digest::sha256(signed.payload()));
    // What somebody unknown says of a model is no ground to compare it with what others said.
    if is_trusted {
        let least = request.least_sequence;
        let sequence = statement.predicate.release.sequence;
        let too_old = least.filter(|least| sequence.is_none_or(|found| found < *least));
        let required = too_old.map(|least| Rollback::Required { least, found: sequence });
        let remembered = request.seen.and_then(|seen| seen.check(&statement, &digest).err());
        for rollback in required.into_iter().chain(remembered) {
            report.against(Reason::Rollback);
            report.alarms.push(rollback.to_string());
        }
    }
    report.statement_digest = Some(digest);
    report.statement = Some(statement);
    Ok(report)
}

fn changed_key(statement: &Statement, pinned: &[String], signatures: &[SignatureReport]) -> String {
    let model = &statement.predicate.model;
    let pinned: Vec<String> =
        pinned.iter().filter_map(|line| AgentKey::parse(line).ok()).map(|key| key.fingerprint().to_string()).collect();
    let mut found: Vec<&str> = signatures.iter().filter_map(|signature| signature.key.as_deref()).collect();
    found.dedup();
    format!(
        "the key of `{}` by `{}` is not the one that it is pinned to: pinned is {}, signed has {}; ask the producer by \
         another way than this release before you trust the new key",
        model.name,
        model.producer,
        pinned.join(", "),
        if found.is_empty() { "an unknown key".to_owned() } else { found.join(", ") }
    )
}

fn expiry(statement: &Statement, at: Timestamp, report: &mut Report) {
    let Some(expires) = &statement.predicate.expires else { return };
    let today = jiff::tz::TimeZone::UTC.to_datetime(at).date();
    match expires.parse::<jiff::civil::Date>() {
        Ok(last) if today <= last => {}
        Ok(_) => report.against(Reason::ExpiredStatement),
        Err(_) => {
            report.against(Reason::StatementInvalid);
            report.statement_problem = Some(format!("`expires` is `{expires}`, which is no day"));
        }
    }
}

/// Reads a file of ours. One that is too large is as good as none, and its size is the release's fault, not the machine's.
fn read_own(
    snapshot: &dyn Files,
    path: &RepoPath,
    report: &mut Report,
) -> Result<Option<Vec<u8>>, crate::files::Error> {
    match snapshot.read(path, MAX_ENVELOPE_BYTES) {
        Err(error @ crate::files::Error::TooLarge { .. }) => {
            report.against(Reason::BadSignature);
            report.notes.push(error.to_string());
            Ok(None)
        }
        answer => answer,
    }
}

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
    format!("{OPENNESS_DIR}/{name}").parse().expect("our own names are proper paths")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_carriage_returns_that_end_a_line_go() {
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
