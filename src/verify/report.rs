//! The result of a verification. Only this module's parent can make one.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;

use super::note::{Alarm, Note, StatementProblem};
use crate::artifacts::digest::{self, Hashed, Measured};
use crate::evaluate::Evaluation;
use crate::files::{Entry, Problem};
use crate::manifest::Manifest;
use crate::oms::{self, Resource, ShardedFile};
use crate::path::RepoPath;
use crate::policy::Unmet;
use crate::sign::{EnvelopeKind, Fingerprint, Status};
use crate::statement::{Hex, Statement};
use crate::tag::{SignatureFacts, TagReport};
use crate::tlog::{Proof, ProofStatus, ProofVerification};

/// The result of a verification.
///
/// Only [`verify`](super::verify) makes one whose verdict is not [`Verdict::Failed`]. Use [`Report::verified`] to go on with
/// a release only if it is verified.
#[derive(Debug)]
pub struct Report {
    pub(super) verdict: Verdict,
    pub(super) reasons: BTreeSet<Reason>,
    pub(super) signatures: Vec<SignatureReport>,
    pub(super) statement: Option<Arc<Statement>>,
    pub(super) statement_digest: Option<Hex>,
    pub(super) statement_problem: Option<StatementProblem>,
    pub(super) manifest: Option<Manifest>,
    pub(super) files: FilesReport,
    pub(super) claims: Vec<ClaimReport>,
    pub(super) evaluations: Vec<Evaluation>,
    pub(super) tag: Option<TagReport>,
    pub(super) commit: Option<SignatureFacts>,
    pub(super) proofs: Vec<ProofReport>,
    pub(super) unmet: Vec<Unmet>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) notes: Vec<Note>,
    pub(super) oms: Vec<OmsSignatureReport>,
    /// The files that only bundles of OpenSSF Model Signing list.
    pub(super) oms_files: Vec<Resource>,
    /// Those that are listed only in parts.
    pub(super) oms_sharded: Vec<ShardedFile>,
    /// The size of the files that bundles list and that are as signed, in bytes.
    pub(super) oms_bytes: u64,
    /// The digests of files in path order, if they are needed once more.
    pub(super) digests: Option<Vec<(RepoPath, Hashed)>>,
    /// Whether a signature that does not hold is by a signer whom the verifier trusts, as far as that can be seen.
    pub(super) is_bad_by_trusted: bool,
    /// Those of the reasons that do not depend on who signed.
    content_reasons: BTreeSet<Reason>,
    /// The place of the notes that do not depend on who signed.
    content_notes: Range<usize>,
}

/// The overall verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// A trusted key signed the release, every file is as signed, every claim holds, and every requirement is met.
    Verified,
    /// The same, except that signed files are absent or only Git LFS pointers.
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

/// A reason why a release is not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is no signature.
    Unsigned,
    /// No signature is by a key that the verifier trusts.
    UntrustedKey,
    /// A signature or log proof does not hold, or is of another statement.
    BadSignature,
    /// The key is not valid at the time of verification.
    ExpiredKey,
    /// The key was revoked.
    RevokedKey,
    /// A file is not as signed.
    ContentMismatch,
    /// There are files that are not signed.
    UnsignedFiles,
    /// A signed file is absent, or only a Git LFS pointer to it is present.
    Incomplete,
    /// The declared facts do not support a claim.
    ClaimDoesNotHold,
    /// The manifest cannot be read, or breaks rules that the signer did not waive.
    ManifestInvalid,
    /// The signed statement is not valid, or contradicts the manifest.
    StatementInvalid,
    /// The statement has expired.
    ExpiredStatement,
    /// A later release was verified before, or is required.
    Rollback,
    /// A requirement of the verifier is not met; see [`Report::unmet`].
    Policy,
    /// The model is pinned to another key.
    PinnedKeyChanged,
    /// No signature that was checked is good, and there are more than are checked.
    SignaturesLeft,
    /// A file was changed, or replaced, while it was read.
    ChangedWhileRead,
}

impl Reason {
    /// Returns the word of the machine format, for example `untrusted-key`.
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
            Self::PinnedKeyChanged => "pinned-key-changed",
            Self::SignaturesLeft => "signatures-left",
            Self::ChangedWhileRead => "changed-while-read",
        }
    }
}

/// The result for one signature file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignatureReport {
    /// The signature file, in `.openness/signatures/`.
    pub path: RepoPath,
    /// Whether the signature is good, and if not, why.
    pub status: Status,
    /// The format of the file.
    pub envelope: EnvelopeKind,
    /// The fingerprint of the key; `None` if the key is not known.
    pub key: Option<Fingerprint>,
    /// The key as an OpenSSH public key line; `None` unless the signature holds.
    pub public_key: Option<String>,
    /// The principals whose key it is in the verifier's list, separated by commas; `None` unless the key is trusted now or
    /// at another time, or is revoked.
    pub principal: Option<String>,
    /// One clause for people: lower case, no final period.
    pub reason: String,
}

/// The result for one bundle of OpenSSF Model Signing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OmsSignatureReport {
    /// The name of the file.
    pub name: String,
    /// Its path within the release, if it is there.
    pub path: Option<RepoPath>,
    /// `key`, `certificate` or `sigstore`; `None` if the bundle cannot be read.
    pub method: Option<&'static str>,
    /// Whether the signature is good, and if not, why. [`Status::NotCheckable`] if it was not checked: this program cannot, or
    /// was not given anything to trust.
    pub status: Status,
    /// The signer; `None` unless the signature holds.
    pub signer: Option<oms::Signer>,
    /// The name of the model, as signed; `None` unless the signature is good.
    pub model: Option<String>,
    /// The number of files that are signed; `None` unless the signature is good.
    pub listed: Option<usize>,
    /// One clause for people: lower case, no final period. Text of the bundle is escaped.
    pub reason: String,
}

/// The result for one transparency log proof.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProofReport {
    /// The file that contains the proof: in `.openness/signatures/`, or a bundle of OpenSSF Model Signing.
    pub file: String,
    /// The origin of the log, as the proof states it; `None` if the proof cannot be read.
    pub origin: Option<String>,
    /// The index of the entry in the log, from 0, as the proof states it.
    pub index: Option<u64>,
    /// The size of the log in entries, as the proof states it.
    pub size: Option<u64>,
    /// The root hash of the log at that size, as the proof states it.
    pub root: Option<[u8; 32]>,
    /// Whether the proof is good. If it is, what it states is true.
    pub verification: ProofVerification,
    /// The status of the logged signature; `None` if there is no such signature file.
    pub signature: Option<Status>,
}

impl ProofReport {
    /// Returns a report about a proof that cannot be read, by its reason.
    pub(super) fn unreadable(file: impl Into<String>, reason: String) -> Self {
        let verification =
            ProofVerification { status: ProofStatus::Bad, witnesses: Vec::new(), not_later_than: None, reason };
        Self { file: file.into(), origin: None, index: None, size: None, root: None, verification, signature: None }
    }

    /// Returns a report about a proof, before anything is known about what it proves.
    pub(super) fn of(file: impl Into<String>, proof: &Proof) -> Self {
        Self {
            origin: Some(proof.checkpoint.origin.clone()),
            index: Some(proof.index),
            size: Some(proof.checkpoint.size),
            root: Some(proof.checkpoint.root),
            ..Self::unreadable(file, String::new())
        }
    }

    /// Returns whether the proof is good, and is of a good signature by a trusted key.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.verification.status == ProofStatus::Good && self.signature == Some(Status::Good)
    }
}

/// The files by result; each list is in path order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilesReport {
    /// The number of files that are as signed.
    pub verified: usize,
    /// The number of those whose digest was taken from the cache.
    pub cached: usize,
    /// The number of those that were compared block by block, so that the digest of the whole file was not checked; see
    /// [`Requirements::whole_digests`](super::Requirements::whole_digests).
    pub by_blocks: usize,
    /// The number of files of which only the Git LFS pointer is present.
    pub pointers: usize,
    /// Signed files, symbolic links and submodules that are not present.
    pub absent: Vec<RepoPath>,
    /// Files, symbolic links and submodules that are not as signed.
    pub changed: Vec<RepoPath>,
    /// Details of [`changed`](Self::changed), in the same order.
    pub changes: Vec<ChangedFile>,
    /// Files that are as signed except that every LF is CRLF, which the verifier
    /// [allows](super::Requirements::allow_crlf).
    pub crlf: Vec<RepoPath>,
    /// Files that are not signed.
    pub unsigned: Vec<RepoPath>,
    /// Names that cannot be part of a release: invalid paths, devices, and the like. They count as unsigned.
    pub problems: Vec<Problem>,
    /// Files that the signer excluded.
    pub excluded: Vec<RepoPath>,
    /// Files that changed, or were replaced, while they were read, so that nothing is known about them.
    pub changed_while_read: Vec<RepoPath>,
    /// Whether only files with a known name were looked for, because the source cannot list its files. Unsigned files next
    /// to them are not seen.
    pub listed_only: bool,
    /// The parts of files that were checked, if only those were; see [`verify_ranges`](super::verify_ranges).
    pub ranges: Vec<RangeReport>,
}

/// The result for a part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RangeReport {
    /// The path of the file.
    pub path: RepoPath,
    /// The bytes that were asked for: from `start` up to but not including `end`.
    pub bytes: Range<u64>,
    /// The bytes that were read: the blocks that those are in.
    pub checked: Range<u64>,
    /// Whether they are as signed.
    pub verified: bool,
}

/// A file, symbolic link or submodule that is not as signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedFile {
    /// The path.
    pub path: RepoPath,
    /// The signed digest; `None` for a link or a submodule.
    pub expected: Option<Hex>,
    /// The signed size in bytes; `None` for a link or a submodule.
    pub expected_size: Option<u64>,
    /// The digest of the file that is present; `None` if it was not hashed: its size is wrong, or it is not a file. For a Git
    /// LFS pointer, it is the digest that the pointer names.
    pub actual: Option<Hex>,
    /// The size of the file that is present in bytes; `None` if it is not known. For a Git LFS pointer, it is the size that
    /// the pointer names.
    pub actual_size: Option<u64>,
    /// The places of the blocks that are not as signed, in bytes from the start of the file, one range for several blocks in a
    /// row; empty if the file has no signed blocks, or none of them was read.
    pub damaged: Vec<Range<u64>>,
}

impl FilesReport {
    /// Adds a change, whose place [`sort`](Self::sort) finds.
    pub(super) fn add_change(&mut self, change: ChangedFile) {
        self.changed.push(change.path.clone());
        self.changes.push(change);
    }

    /// Puts each list in path order, with every path once.
    pub(super) fn sort(&mut self) {
        for list in [&mut self.absent, &mut self.changed, &mut self.crlf, &mut self.unsigned, &mut self.excluded] {
            list.sort();
            list.dedup();
        }
        self.changes.sort_by(|a, b| a.path.cmp(&b.path));
        self.changes.dedup_by(|a, b| a.path == b.path);
    }

    /// Returns the names of [`unsigned`](Self::unsigned) files and of [`problems`](Self::problems), sorted.
    #[must_use]
    pub fn unsigned_names(&self) -> Vec<&str> {
        let unsigned = self.unsigned.iter().map(RepoPath::as_str);
        let mut names: Vec<&str> = unsigned.chain(self.problems.iter().map(|problem| problem.name.as_str())).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The result for one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClaimReport {
    /// The id of the taxonomy that decides.
    pub taxonomy: &'static str,
    /// The claimed verdict or score.
    pub claimed: String,
    /// The verdict or score that the facts yield.
    pub derived: String,
    /// Whether the claim holds; `None` if it needs human review.
    pub holds: Option<bool>,
}

/// A release that was verified, or at least the part of it that is present.
///
/// It can only come from [`Report::verified`] or [`Report::partially_verified`].
#[derive(Debug)]
pub struct VerifiedRelease {
    /// With its digest; `None` if only bundles of OpenSSF Model Signing are good.
    statement: Option<(Arc<Statement>, Hex)>,
    report: Report,
}

impl Report {
    pub(super) fn new() -> Self {
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
            unmet: Vec::new(),
            alarms: Vec::new(),
            notes: Vec::new(),
            oms: Vec::new(),
            oms_files: Vec::new(),
            oms_sharded: Vec::new(),
            oms_bytes: 0,
            digests: None,
            is_bad_by_trusted: false,
            content_reasons: BTreeSet::new(),
            content_notes: 0..0,
        }
    }

    /// Takes over a report about the content alone.
    pub(super) fn add_content(&mut self, content: Self) {
        let Self {
            reasons,
            statement_problem,
            manifest,
            files,
            claims,
            evaluations,
            notes,
            oms_files,
            oms_sharded,
            oms_bytes,
            ..
        } = content;
        (self.oms_files, self.oms_sharded, self.oms_bytes) = (oms_files, oms_sharded, oms_bytes);
        self.reasons.extend(reasons.iter().copied());
        self.content_reasons = reasons;
        self.statement_problem = statement_problem;
        (self.manifest, self.files, self.claims, self.evaluations) = (manifest, files, claims, evaluations);
        self.content_notes = self.notes.len()..self.notes.len() + notes.len();
        self.notes.extend(notes);
    }

    /// Returns what was [added](Self::add_content) about the content.
    pub(super) fn into_content(mut self) -> Self {
        Self {
            reasons: self.content_reasons,
            notes: self.notes.drain(self.content_notes).collect(),
            statement_problem: self.statement_problem,
            manifest: self.manifest,
            files: self.files,
            claims: self.claims,
            evaluations: self.evaluations,
            oms_files: self.oms_files,
            oms_sharded: self.oms_sharded,
            oms_bytes: self.oms_bytes,
            ..Self::new()
        }
    }

    /// Keeps the digests of files that were hashed, if they are needed once more.
    pub(super) fn keep_digests(&mut self, entries: &[&Entry], measured: &[Result<Measured, digest::Error>]) {
        let Some(kept) = &mut self.digests else { return };
        let hashed = measured.iter().map(|measured| measured.as_ref().ok()?.hashed.as_ref());
        let done = entries.iter().zip(hashed).filter_map(|(entry, hashed)| Some((entry, hashed?)));
        kept.extend(done.map(|(entry, hashed)| (entry.path.clone(), hashed.clone())));
    }

    pub(super) fn add_reason(&mut self, reason: Reason) {
        self.reasons.insert(reason);
    }

    pub(super) fn add_unmet(&mut self, unmet: impl IntoIterator<Item = Unmet>) {
        for unmet in unmet {
            self.reasons.insert(Reason::Policy);
            if !self.unmet.contains(&unmet) {
                self.unmet.push(unmet);
            }
        }
    }

    /// Returns the report about a release whose export showed that what is signed about this file is of different bytes.
    #[cfg(feature = "fs")]
    #[must_use]
    pub fn with_disagreeing_digests(mut self, path: RepoPath) -> Self {
        self.add_reason(Reason::StatementInvalid);
        self.statement_problem.get_or_insert(StatementProblem::DigestsDisagree { path });
        self.conclude()
    }

    pub(super) fn conclude(mut self) -> Self {
        let only_incomplete = self.reasons.iter().all(|reason| *reason == Reason::Incomplete);
        // Who asks for a part of a file gets it as signed, or nothing.
        let are_ranges_verified = self.files.ranges.iter().all(|range| range.verified);
        self.verdict = match (self.reasons.is_empty(), only_incomplete && are_ranges_verified) {
            (true, _) => Verdict::Verified,
            (false, true) => Verdict::Partial,
            (false, false) => Verdict::Failed,
        };
        self
    }

    /// Returns the release if it is verified as a whole, otherwise the report.
    ///
    /// # Errors
    /// The report itself, if the verdict is not [`Verdict::Verified`].
    pub fn verified(self) -> Result<VerifiedRelease, Box<Self>> {
        self.with_verdict(|verdict| verdict == Verdict::Verified)
    }

    /// Returns the release if what is present is verified, even if signed files are absent or only Git LFS pointers;
    /// otherwise the report.
    ///
    /// # Errors
    /// The report itself, if the verdict is [`Verdict::Failed`].
    pub fn partially_verified(self) -> Result<VerifiedRelease, Box<Self>> {
        self.with_verdict(|verdict| matches!(verdict, Verdict::Verified | Verdict::Partial))
    }

    fn with_verdict(self, is_enough: impl FnOnce(Verdict) -> bool) -> Result<VerifiedRelease, Box<Self>> {
        let statement = self.statement.clone().zip(self.statement_digest.clone());
        let is_signed = statement.is_some() || self.is_signed_by_oms();
        if is_signed && is_enough(self.verdict) {
            return Ok(VerifiedRelease { statement, report: self });
        }
        Err(Box::new(self))
    }

    /// Returns the overall verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Returns every reason why the release is not verified, in the order of [`Reason`].
    #[must_use]
    pub fn reasons(&self) -> &BTreeSet<Reason> {
        &self.reasons
    }

    /// Returns the result for each signature file.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureReport] {
        &self.signatures
    }

    /// Returns the result for each bundle of OpenSSF Model Signing.
    #[must_use]
    pub fn oms(&self) -> &[OmsSignatureReport] {
        &self.oms
    }

    /// Returns whether a trusted signer signed the files with OpenSSF Model Signing.
    #[must_use]
    pub fn is_signed_by_oms(&self) -> bool {
        self.oms.iter().any(|signature| signature.status == Status::Good)
    }

    /// Returns the size of the files that such bundles list and that are as signed, in bytes.
    #[must_use]
    pub fn oms_bytes(&self) -> u64 {
        self.oms_bytes
    }

    /// Returns the signed statement; `None` if no signature holds, or if it is not valid.
    #[must_use]
    pub fn statement(&self) -> Option<&Statement> {
        self.statement.as_deref()
    }

    /// Returns the SHA-256 digest of the statement's bytes; `None` if there is no statement.
    #[must_use]
    pub fn statement_digest(&self) -> Option<&Hex> {
        self.statement_digest.as_ref()
    }

    /// Returns why the signed statement is not accepted.
    #[must_use]
    pub fn statement_problem(&self) -> Option<&StatementProblem> {
        self.statement_problem.as_ref()
    }

    /// Returns the manifest as it was signed; `None` if this copy's is not, or cannot be read.
    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// Returns the files by result.
    #[must_use]
    pub fn files(&self) -> &FilesReport {
        &self.files
    }

    /// Returns the result for each claim, derived again from the manifest.
    #[must_use]
    pub fn claims(&self) -> &[ClaimReport] {
        &self.claims
    }

    /// Returns the evaluation by each taxonomy, derived again from the manifest.
    #[must_use]
    pub fn evaluations(&self) -> &[Evaluation] {
        &self.evaluations
    }

    /// Returns the tag by which the release was looked up.
    #[must_use]
    pub fn tag(&self) -> Option<&TagReport> {
        self.tag.as_ref()
    }

    /// Returns the signature of the commit that holds the release.
    #[must_use]
    pub fn commit(&self) -> Option<&SignatureFacts> {
        self.commit.as_ref()
    }

    /// Returns the result for each transparency log proof.
    #[must_use]
    pub fn proofs(&self) -> &[ProofReport] {
        &self.proofs
    }

    /// Returns the requirements that are not met: of the policy, and for a signed tag or a log proof.
    #[must_use]
    pub fn unmet(&self) -> &[Unmet] {
        &self.unmet
    }

    /// Returns signs of a possible attack.
    #[must_use]
    pub fn alarms(&self) -> &[Alarm] {
        &self.alarms
    }

    /// Returns additional information.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Returns the time by which a trusted signature was in a transparency log, according to enough witnesses; the earliest
    /// if there are several.
    #[must_use]
    pub fn logged_by(&self) -> Option<Timestamp> {
        self.proofs.iter().filter(|proof| proof.counts()).filter_map(|proof| proof.verification.not_later_than).min()
    }
}

impl VerifiedRelease {
    /// Returns the signed statement of openness; `None` if the release is signed only by bundles of OpenSSF Model Signing,
    /// which declare nothing.
    #[must_use]
    pub fn statement(&self) -> Option<&Statement> {
        self.statement.as_ref().map(|(statement, _)| &**statement)
    }

    /// Returns the SHA-256 digest of the statement's bytes.
    #[must_use]
    pub fn statement_digest(&self) -> Option<&Hex> {
        self.statement.as_ref().map(|(_, digest)| digest)
    }

    /// Returns the files that only bundles of OpenSSF Model Signing list, in the order of their paths.
    #[must_use]
    pub fn oms_files(&self) -> &[Resource] {
        &self.report.oms_files
    }

    /// Returns the files that such bundles list only in parts, in the order of their paths.
    #[must_use]
    pub fn oms_sharded(&self) -> &[ShardedFile] {
        &self.report.oms_sharded
    }

    /// Returns whether signed files are absent, or only Git LFS pointers.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.report.verdict == Verdict::Partial
    }

    /// Returns the whole report.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Returns the whole report, giving up the proof that it is verified.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_without_a_statement_is_not_a_verified_release() {
        let report = Report::new().conclude();
        assert_eq!(report.verdict(), Verdict::Verified);
        assert!(report.verified().is_err());
    }

    #[test]
    fn an_unmet_requirement_fails_and_is_listed_once() {
        let mut report = Report::new();
        report.add_unmet([Unmet::NoTag, Unmet::NoExpiry, Unmet::NoTag]);
        let report = report.conclude();
        assert_eq!((report.verdict(), report.unmet().len()), (Verdict::Failed, 2));
        assert!(report.partially_verified().is_err());
    }
}
