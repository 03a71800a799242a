//! The mirror of signing: who signed, are the bytes the same, do the claims hold.
//!
//! Everything that stands in the repository is hostile here. The statement is read only from bytes whose signature
//! holds, files are compared with what was read from there, and verdicts are derived anew; what the statement says of
//! itself decides nothing.

pub mod export;

use std::collections::BTreeSet;
use std::num::NonZero;

use jiff::Timestamp;
use serde::Serialize;

use crate::artifacts::digest::{self, Basis, Hashed, PointedContent, Pointers};
use crate::artifacts::format::runs_on_load;
use crate::artifacts::glob::Glob;
use crate::evaluate::{self, Holds};
use crate::finding::Severity;
use crate::json;
use crate::manifest::parse;
use crate::path::RepoPath;
use crate::release::{BUNDLE_ENDING, SIGNATURES_DIR, SSHSIG_ENDING, STATEMENT_FILE, SUMS_FILE};
use crate::sign::{AgentKey, Envelope, EnvelopeKind, Opened, PublicKey, Signed, Status, Trust};
use crate::snapshot::{Entry, Kind, OPENNESS_DIR, Origin, Snapshot};
use crate::statement::{Hex, Statement, Subject, TaxonomyFacts};
use crate::trust_store::{Pins, Rollback, Seen};
use crate::{manifest, rules};

/// The largest file in `.openness/` that is read; what is in it has limits of its own.
const MAX_ENVELOPE_BYTES: u64 = 257 << 20;
/// The most envelopes that are looked at.
const MAX_ENVELOPES: usize = 64;
/// The largest file that is read whole to see whether only its line endings changed.
const MAX_TEXT_BYTES: u64 = 16 * 1024 * 1024;

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
    pub seen: Option<&'a Seen>,
    /// The least release number that will do.
    pub least_sequence: Option<u64>,
    /// How many threads hash.
    pub threads: NonZero<usize>,
}

impl<'a> Request<'a> {
    /// Asks by this trust at this time, and for nothing beside.
    #[must_use]
    pub fn new(trust: &'a Trust, at: Timestamp) -> Self {
        let threads = NonZero::<usize>::MIN;
        Self { trust, at, allow_unsigned: &[], pins: None, seen: None, least_sequence: None, threads }
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
    /// The files.
    pub files: Files,
    /// The claims, derived anew.
    pub claims: Vec<ClaimReport>,
    /// What each taxonomy makes of the facts, derived anew.
    pub evaluations: Vec<evaluate::Evaluation>,
    /// Each line of a policy that is not met; see [`crate::policy`].
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
pub struct Files {
    /// Here, and as signed.
    pub verified: usize,
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
            files: Files::default(),
            claims: Vec::new(),
            evaluations: Vec::new(),
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
        self.policy = unmet;
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
    snapshot: &Snapshot,
    request: &Request<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, crate::snapshot::Error> {
    let mut report = introduce(snapshot, request)?;
    let Some(statement) = report.statement.take() else { return Ok(report.conclude()) };
    expiry(&statement, request.at, &mut report);
    files(snapshot, &statement, request, progress, &mut report)?;
    sums(snapshot, &statement, &mut report)?;
    claims(snapshot, &statement, &mut report)?;
    report.statement = Some(statement);
    Ok(report.conclude())
}

/// Says who signed what, without looking at any file but the signatures and the statement. Nothing is verified by that: the
/// verdict is never better than failed.
///
/// # Errors
/// As [`verify`].
pub fn introduce(snapshot: &Snapshot, request: &Request<'_>) -> Result<Report, crate::snapshot::Error> {
    let (mut report, signed) = signatures(snapshot, request.trust, request.at)?;
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
        let (again, by_pinned) = signatures(snapshot, &trust, request.at)?;
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

/// Opens every envelope and returns the bytes that the best one signs.
fn signatures(
    snapshot: &Snapshot,
    trust: &Trust,
    at: Timestamp,
) -> Result<(Report, Option<Signed>), crate::snapshot::Error> {
    let mut report = Report::new();
    let statement_bytes = read_own(snapshot, &own_path(STATEMENT_FILE), &mut report)?;
    let mut found = Vec::new();
    let signatures = own_path(SIGNATURES_DIR);
    for entry in snapshot.openness_files().iter().filter(|entry| entry.path.is_within(signatures.as_str())) {
        let path = entry.path.clone();
        let envelope = match path.as_str() {
            name if name.ends_with(BUNDLE_ENDING) => EnvelopeKind::Dsse,
            name if name.ends_with(SSHSIG_ENDING) => EnvelopeKind::SshSig,
            // Reported with the files that nobody signed.
            _ => continue,
        };
        if found.len() == MAX_ENVELOPES {
            report.notes.push(format!("only the first {MAX_ENVELOPES} signature files were looked at"));
            break;
        }
        found.push((path, envelope));
    }
    if found.is_empty() {
        report.against(Reason::Unsigned);
        return Ok((report, None));
    }
    let mut envelopes = Vec::new();
    for (path, kind) in found {
        // Armour is text, and none of it is signed: Git may have given it other line endings.
        let bytes = without_crlf(&read_own(snapshot, &path, &mut report)?.unwrap_or_default());
        let read = match (kind, &statement_bytes) {
            (EnvelopeKind::Dsse, _) => Envelope::read_dsse(&bytes).map_err(|error| error.to_string()),
            (EnvelopeKind::SshSig, Some(statement)) => {
                Envelope::read_sshsig(&bytes, statement).map_err(|error| error.to_string())
            }
            (EnvelopeKind::SshSig, None) => Err(format!("`{STATEMENT_FILE}`, which it signs, is absent")),
        };
        envelopes.push((path, kind, read));
    }
    // A bundle names its key by digest only. The keys inside the other envelopes let us say more than "unknown".
    let hints: Vec<PublicKey> =
        envelopes.iter().filter_map(|(_, _, read)| read.as_ref().ok().and_then(Envelope::claimed_key)).collect();
    let mut best: Option<Signed> = None;
    for (path, kind, read) in envelopes {
        let opened = match read {
            Ok(envelope) => envelope.open_with_hints(trust, at, &hints),
            Err(reason) => {
                Opened { kind, key: None, public_key: None, principal: None, status: Status::Bad, signed: None, reason }
            }
        };
        let Opened { mut status, mut reason, mut signed, .. } = opened;
        if let (Some(bytes), Some(statement)) = (&signed, &statement_bytes)
            && bytes.payload() != statement.as_slice()
        {
            status = Status::Bad;
            reason = format!("it signs another statement than `{STATEMENT_FILE}`");
            signed = None;
        }
        if let (Some(bytes), Some(best)) = (&signed, &best)
            && bytes.payload() != best.payload()
        {
            status = Status::Bad;
            reason = "it signs another statement than a signature beside it".to_owned();
            signed = None;
        }
        report.signatures.push(SignatureReport {
            path,
            status,
            envelope: kind,
            key: opened.key.map(|key| key.to_string()),
            public_key: opened.public_key,
            principal: opened.principal,
            reason,
        });
        if let Some(signed) = signed
            && best.as_ref().is_none_or(|best| signed.is_trusted() && !best.is_trusted())
        {
            best = Some(signed);
        }
    }
    judge_signatures(&mut report);
    Ok((report, best))
}

/// Reads a file of ours. One that is too large is as good as none, and its size is the release's fault, not the machine's.
fn read_own(
    snapshot: &Snapshot,
    path: &RepoPath,
    report: &mut Report,
) -> Result<Option<Vec<u8>>, crate::snapshot::Error> {
    match snapshot.read(path, MAX_ENVELOPE_BYTES) {
        Err(error @ crate::snapshot::Error::TooLarge { .. }) => {
            report.against(Reason::BadSignature);
            report.notes.push(error.to_string());
            Ok(None)
        }
        answer => answer,
    }
}

/// A bad signature counts even beside a good one: somebody has been at the files. Anything else counts only where no
/// signature is good, because others may sign whom this verifier does not know.
fn judge_signatures(report: &mut Report) {
    let statuses: Vec<Status> = report.signatures.iter().map(|signature| signature.status).collect();
    if statuses.contains(&Status::Bad) {
        report.against(Reason::BadSignature);
    }
    if statuses.contains(&Status::Good) {
        return;
    }
    for status in statuses {
        match status {
            Status::Good | Status::Bad => {}
            Status::Untrusted => report.against(Reason::UntrustedKey),
            Status::Expired | Status::NotYetValid => report.against(Reason::ExpiredKey),
            Status::Revoked => report.against(Reason::RevokedKey),
        }
    }
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

fn files(
    snapshot: &Snapshot,
    statement: &Statement,
    request: &Request<'_>,
    progress: &(dyn Fn(u64) + Sync),
    report: &mut Report,
) -> Result<(), crate::snapshot::Error> {
    let coverage = &statement.predicate.coverage;
    let excludes: Vec<Glob> = coverage.exclude.iter().filter_map(|glob| glob.parse().ok()).collect();
    let mut files = Files::default();
    let mut present: Vec<&Entry> = Vec::new();
    for entry in snapshot.entries() {
        let path = &entry.path;
        let name = || path.to_string();
        let subject = statement.find(path);
        match (&entry.kind, subject) {
            (Kind::File { .. }, Some(subject)) if cannot_be(snapshot, entry, subject) => files.changed.push(name()),
            (Kind::File { .. }, Some(_)) => present.push(entry),
            (Kind::File { .. }, None) => {
                let runs_on_load = runs_on_load(path).is_some();
                if excludes.iter().any(|glob| glob.matches(path)) && !runs_on_load {
                    files.excluded.push(name());
                } else if request.allow_unsigned.iter().any(|glob| glob.matches(path)) {
                    report.notes.push(format!("`{path}` is not signed; allowed by --allow-unsigned"));
                } else {
                    files.unsigned.push(name());
                }
            }
            (Kind::Symlink { target }, None) => match coverage.links.get(path) {
                Some(signed) if signed == target => {}
                Some(_) => files.changed.push(name()),
                None => files.unsigned.push(name()),
            },
            (Kind::Submodule { commit }, None) => match coverage.submodules.get(path) {
                Some(signed) if signed == commit.as_str() => {}
                Some(_) => files.changed.push(name()),
                None => files.unsigned.push(name()),
            },
            (Kind::Symlink { .. } | Kind::Submodule { .. }, Some(_)) => files.changed.push(name()),
            (Kind::Missing, _) => {}
        }
    }
    // What is ours is not signed, so nothing else may hide among it.
    files.unsigned.extend(
        snapshot.openness_files().iter().filter(|entry| !is_own(&entry.path)).map(|entry| entry.path.to_string()),
    );
    // What has no proper path, or is no file, cannot have been signed.
    files.unsigned.extend(snapshot.problems().iter().map(|problem| problem.name.clone()));
    let here: BTreeSet<&RepoPath> = present.iter().map(|entry| &entry.path).collect();
    let gone = statement.subject.iter().map(|subject| &subject.name).filter(|name| !here.contains(name));
    let changed: BTreeSet<String> = files.changed.iter().cloned().collect();
    files.absent = gone.map(ToString::to_string).filter(|name| !changed.contains(name)).collect();

    let options = digest::Options { threads: request.threads, pointers: Pointers::Confirm };
    let results = digest::hash_all(snapshot, &present, &options, progress);
    for (entry, result) in present.iter().zip(results) {
        let Some(subject) = statement.find(&entry.path) else { continue };
        let (expected, size) = (&subject.digest.sha256.0, subject.annotations.size);
        match result {
            Ok(Hashed { sha256, size: found, basis }) if sha256 == *expected && found == size => match basis {
                Basis::Bytes => files.verified += 1,
                Basis::Pointer { content: PointedContent::Wrong, .. } => files.changed.push(entry.path.to_string()),
                // On disk a loader would load the pointer, wherever the content may be.
                Basis::Pointer { content: PointedContent::Confirmed, .. } if snapshot.origin() != Origin::Directory => {
                    files.verified += 1;
                }
                Basis::Pointer { .. } => files.pointers += 1,
            },
            Ok(_) if differs_by_line_endings(snapshot, entry, expected.as_str())? => {
                files.verified += 1;
                report
                    .notes
                    .push(format!("`{}` has CRLF line endings here, and is otherwise as it was signed", entry.path));
            }
            Ok(_) => files.changed.push(entry.path.to_string()),
            Err(error) => {
                files.changed.push(entry.path.to_string());
                report.notes.push(error.to_string());
            }
        }
    }
    for list in [&mut files.absent, &mut files.changed, &mut files.unsigned, &mut files.excluded] {
        list.sort();
        list.dedup();
    }
    if !files.changed.is_empty() {
        report.against(Reason::ContentMismatch);
    }
    if !files.unsigned.is_empty() {
        report.against(Reason::UnsignedFiles);
    }
    if files.pointers > 0 || !files.absent.is_empty() {
        report.against(Reason::Incomplete);
    }
    report.files = files;
    Ok(())
}

/// Whether a file is too large, or too small, to be what was signed: not worth the reading, which may take hours where
/// somebody put a sparse file of terabytes. A small file may be a pointer, or a text with other line endings.
fn cannot_be(snapshot: &Snapshot, entry: &Entry, subject: &Subject) -> bool {
    snapshot.size(entry).is_ok_and(|size| size != subject.annotations.size && size > MAX_TEXT_BYTES)
}

/// Git on Windows turns LF into CRLF on checkout. The text says the same; the bytes do not.
fn differs_by_line_endings(snapshot: &Snapshot, entry: &Entry, expected: &str) -> Result<bool, crate::snapshot::Error> {
    let Ok(Some(bytes)) = snapshot.read(&entry.path, MAX_TEXT_BYTES) else { return Ok(false) };
    if bytes.contains(&0) {
        return Ok(false);
    }
    Ok(digest::sha256(&without_crlf(&bytes)).as_str() == expected)
}

fn without_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte == b'\r' && rest.peek() == Some(&b'\n') {
            continue;
        }
        lines.push(byte);
    }
    lines
}

/// The sums file is for people without this program; one that lies to them is a changed file.
fn sums(snapshot: &Snapshot, statement: &Statement, report: &mut Report) -> Result<(), crate::snapshot::Error> {
    let path = own_path(SUMS_FILE);
    let Some(bytes) = read_own(snapshot, &path, report)? else {
        report.notes.push(format!("`{path}` is absent; it is derived, and nothing rests on it"));
        return Ok(());
    };
    if without_crlf(&bytes) != statement.sums().as_bytes() {
        report.files.changed.push(path.to_string());
        report.against(Reason::ContentMismatch);
    }
    Ok(())
}

fn claims(snapshot: &Snapshot, statement: &Statement, report: &mut Report) -> Result<(), crate::snapshot::Error> {
    let path = &statement.predicate.manifest.path;
    let limit = u64::try_from(manifest::MAX_MANIFEST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let Ok(Some(bytes)) = snapshot.read(path, limit) else {
        report.against(Reason::ManifestInvalid);
        report.notes.push(format!("the manifest `{path}` cannot be read here, so no claim could be checked"));
        return Ok(());
    };
    let parsed = parse::parse_bytes(path.as_str(), &without_crlf(&bytes));
    let mut findings = parsed.findings.clone();
    if parsed.is_sound() {
        findings.extend(rules::check_manifest(&parsed.manifest));
    }
    let despite = &statement.predicate.despite;
    let unsound: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error && finding.card.code != rules::CLAIM_CODE)
        .map(|finding| finding.card.code)
        .filter(|code| !despite.iter().any(|despite| despite == code))
        .collect();
    if !unsound.is_empty() || !parsed.is_sound() {
        report.against(Reason::ManifestInvalid);
        report.notes.push(match unsound.as_slice() {
            // What cannot be read is signed in spite of nothing, whatever the statement says.
            [] => "the manifest cannot be read as a whole".to_owned(),
            codes => format!("the manifest does not pass its own rules: {}", codes.join(", ")),
        });
    }
    let evaluations = evaluate::evaluate(&parsed.manifest);
    let (outcomes, unknown) = evaluate::claims(&parsed.manifest, &evaluations);
    report.claims = outcomes
        .iter()
        .map(|outcome| ClaimReport {
            taxonomy: outcome.taxonomy.to_owned(),
            claimed: outcome.claimed.clone(),
            derived: outcome.derived.clone(),
            holds: match outcome.holds {
                Holds::Yes => Some(true),
                Holds::No => Some(false),
                Holds::Undecidable => None,
            },
        })
        .collect();
    if !unknown.is_empty() || report.claims.iter().any(|claim| claim.holds == Some(false)) {
        report.against(Reason::ClaimDoesNotHold);
    }
    // A manifest that has changed is already reported, and says what it likes.
    if !report.reasons.contains(&Reason::ContentMismatch) {
        if let Some(contradiction) = statement.contradicts(&parsed.manifest).filter(|_| parsed.is_sound()) {
            report.against(Reason::StatementInvalid);
            report.statement_problem = Some(contradiction);
        }
        compare_verdicts(statement, &evaluations, report);
    }
    report.evaluations = evaluations;
    Ok(())
}

/// The signer's verdicts and ours rest on the same facts. Where the taxonomy's data is the same too, they must be equal.
fn compare_verdicts(statement: &Statement, evaluations: &[evaluate::Evaluation], report: &mut Report) {
    let ours = TaxonomyFacts::of(evaluations);
    for theirs in &statement.predicate.taxonomies {
        match ours.iter().find(|fact| fact.id == theirs.id) {
            None => report.notes.push(format!("the taxonomy `{}` is not known here", theirs.id)),
            Some(our) if our.data != theirs.data => {
                report.notes.push(format!("the data of `{}` has changed since it was signed", theirs.id));
            }
            // Compared as they are signed: JSON knows no difference between 1 and 1.0.
            Some(our) if json::canonical(&our.evaluation).ok() != json::canonical(&theirs.evaluation).ok() => {
                report.against(Reason::StatementInvalid);
                report.statement_problem =
                    Some(format!("the verdict signed for `{}` is not what the facts yield", theirs.id));
            }
            Some(_) => {}
        }
    }
}

/// Whether `sign` writes files of that name.
fn is_own(path: &RepoPath) -> bool {
    let [statement, sums, signatures] = [STATEMENT_FILE, SUMS_FILE, SIGNATURES_DIR].map(own_path);
    let is_envelope = path.is_within(signatures.as_str()) && path.components().count() == 3;
    *path == statement
        || *path == sums
        || (is_envelope && [BUNDLE_ENDING, SSHSIG_ENDING].iter().any(|ending| path.as_str().ends_with(ending)))
}

fn own_path(name: &str) -> RepoPath {
    format!("{OPENNESS_DIR}/{name}").parse().expect("our own names are proper paths")
}
