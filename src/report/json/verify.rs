//! The output of `openness verify --format json`, version 1 (`schemas/verify-v1.schema.json`).

use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;

use super::base::BaseV1;
use super::{VERSION, object};
use crate::evaluate::{Evaluation, Verdict};
use crate::license::standing;
use crate::oms::Signer;
use crate::path::RepoPath;
use crate::sign::EnvelopeKind;
use crate::statement::{AllowedFact, ComponentFacts, ModelFacts, Statement};
use crate::tag::{SignatureFacts, TagReport};
use crate::verify::{
    Alarm, ChangedFile, ClaimReport, FilesReport, OmsSignatureReport, ProofReport, RangeReport, Report, SignatureKind,
    SignatureReport,
};

/// The result of a verification.
#[derive(Debug, Serialize)]
pub struct VerifyV1<'a> {
    version: u32,
    tool: ToolV1,
    verdict: &'static str,
    reasons: Vec<&'static str>,
    signatures: Vec<SignatureV1<'a>>,
    statement: Option<StatementV1<'a>>,
    producer: Option<&'a str>,
    base: Vec<BaseV1<'a>>,
    components: Vec<ComponentV1<'a>>,
    files: FilesV1<'a>,
    claims: Vec<ClaimV1<'a>>,
    evaluations: Vec<EvaluationV1>,
    tag: Option<TagV1<'a>>,
    commit: Option<CommitV1<'a>>,
    tlog: Vec<ProofV1<'a>>,
    policy: Vec<String>,
    alarms: Vec<AlarmV1>,
    notes: Vec<String>,
}

impl<'a> VerifyV1<'a> {
    /// Gathers what the format holds.
    #[must_use]
    pub fn new(report: &'a Report) -> Self {
        let predicate = report.statement().map(|statement| &statement.predicate);
        let base = report.manifest().map(|manifest| manifest.model.base.as_slice()).unwrap_or_default();
        Self {
            version: VERSION,
            tool: ToolV1 { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
            verdict: report.verdict().as_str(),
            reasons: report.reasons().iter().map(|reason| reason.as_str()).collect(),
            signatures: signatures(report),
            statement: report.statement().map(|statement| StatementV1::new(statement, report)),
            producer: predicate.map(|predicate| predicate.model.producer.as_str()),
            base: base.iter().map(BaseV1::from).collect(),
            components: predicate.iter().flat_map(|predicate| &predicate.components).map(ComponentV1::from).collect(),
            files: FilesV1::from(report.files()),
            claims: report.claims().iter().map(ClaimV1::from).collect(),
            evaluations: report.evaluations().iter().map(EvaluationV1::from).collect(),
            tag: report.tag().map(TagV1::from),
            commit: report.commit().map(CommitV1::from),
            tlog: report.proofs().iter().map(ProofV1::from).collect(),
            policy: report.unmet().iter().map(ToString::to_string).collect(),
            alarms: report.alarms().iter().map(AlarmV1::from).collect(),
            notes: report.notes().iter().map(ToString::to_string).collect(),
        }
    }
}

/// Writes one JSON object.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    object(&VerifyV1::new(report), out)
}

fn signatures(report: &Report) -> Vec<SignatureV1<'_>> {
    let own = report.signatures().iter().map(SignatureV1::from);
    own.chain(report.oms().iter().map(SignatureV1::from)).collect()
}

#[derive(Debug, Serialize)]
struct ToolV1 {
    name: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
struct ComponentV1<'a> {
    id: &'a str,
    openness: &'a str,
    license: Option<&'a str>,
    #[serde(rename = "licenseName")]
    license_name: Option<&'a str>,
    limit: Option<String>,
}

impl<'a> From<&'a ComponentFacts> for ComponentV1<'a> {
    fn from(component: &'a ComponentFacts) -> Self {
        let license = component.license.as_deref();
        Self {
            id: &component.id,
            openness: &component.openness,
            license,
            license_name: component.license_name.as_deref(),
            limit: match component.is_released() {
                true => standing::limitation_as_signed(license, component.license_name.as_deref()),
                false => None,
            },
        }
    }
}

#[derive(Debug, Serialize)]
struct EvaluationV1 {
    taxonomy: &'static str,
    verdict: Option<&'static str>,
    score: Option<f64>,
}

impl From<&Evaluation> for EvaluationV1 {
    fn from(evaluation: &Evaluation) -> Self {
        Self {
            taxonomy: evaluation.taxonomy,
            verdict: evaluation.verdict.map(Verdict::as_str),
            score: evaluation.score(),
        }
    }
}

#[derive(Debug, Serialize)]
struct SignatureV1<'a> {
    kind: &'static str,
    status: &'static str,
    envelope: &'static str,
    method: Option<&'static str>,
    signer: Option<String>,
    key: Option<String>,
    principal: Option<&'a str>,
    path: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    certified: Option<CertifiedV1<'a>>,
}

/// Who signed without a lasting key.
#[derive(Debug, Serialize)]
struct CertifiedV1<'a> {
    identity: &'a str,
    issuer: &'a str,
    signed_at: String,
    root: &'a str,
}

impl<'a> CertifiedV1<'a> {
    fn of(signer: &'a Signer) -> Option<Self> {
        let Signer::Keyless { identity, issuer, signed_at, root, .. } = signer else { return None };
        Some(Self { identity, issuer, signed_at: signed_at.to_string(), root })
    }
}

impl<'a> From<&'a OmsSignatureReport> for SignatureV1<'a> {
    fn from(signature: &'a OmsSignatureReport) -> Self {
        Self {
            kind: SignatureKind::Oms.as_str(),
            status: signature.status.as_str(),
            envelope: EnvelopeKind::Dsse.as_str(),
            method: signature.method,
            signer: signature.signed_by(),
            key: None,
            principal: None,
            path: &signature.name,
            detail: &signature.reason,
            certified: signature.signer.as_ref().and_then(CertifiedV1::of),
        }
    }
}

impl<'a> From<&'a SignatureReport> for SignatureV1<'a> {
    fn from(signature: &'a SignatureReport) -> Self {
        Self {
            kind: SignatureKind::Openness.as_str(),
            status: signature.status.as_str(),
            envelope: signature.envelope.as_str(),
            method: Some("key"),
            signer: signature.principal.clone().or_else(|| signature.key.map(|key| key.to_string())),
            key: signature.key.map(|key| key.to_string()),
            principal: signature.principal.as_deref(),
            path: signature.path.as_str(),
            detail: &signature.reason,
            certified: None,
        }
    }
}

#[derive(Debug, Serialize)]
struct StatementV1<'a> {
    created: &'a str,
    sequence: Option<u64>,
    waived: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    allowed: &'a [AllowedFact],
    model: &'a ModelFacts,
    expires: Option<&'a str>,
    sha256: Option<&'a str>,
}

impl<'a> StatementV1<'a> {
    fn new(statement: &'a Statement, report: &'a Report) -> Self {
        let predicate = &statement.predicate;
        Self {
            created: &predicate.created,
            sequence: predicate.release.sequence,
            waived: &predicate.waived,
            allowed: predicate.allowed.as_deref().unwrap_or_default(),
            model: &predicate.model,
            expires: predicate.expires.as_deref(),
            sha256: report.statement_digest().map(|digest| digest.0.as_str()),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FilesV1<'a> {
    verified: usize,
    by_blocks: usize,
    cached: usize,
    pointers: usize,
    absent: Vec<&'a str>,
    changed: Vec<&'a str>,
    changes: Vec<ChangeV1<'a>>,
    crlf: Vec<&'a str>,
    unsigned: Vec<&'a str>,
    excluded: Vec<&'a str>,
    changed_while_read: Vec<&'a str>,
    listed_only: bool,
    ranges: Vec<CheckedRangeV1<'a>>,
}

#[derive(Debug, Serialize)]
struct CheckedRangeV1<'a> {
    path: &'a str,
    start: u64,
    end: u64,
    checked: RangeV1,
    verified: bool,
}

impl<'a> From<&'a RangeReport> for CheckedRangeV1<'a> {
    fn from(range: &'a RangeReport) -> Self {
        Self {
            path: range.path.as_str(),
            start: range.bytes.start,
            end: range.bytes.end,
            checked: RangeV1::from(&range.checked),
            verified: range.verified,
        }
    }
}

impl<'a> From<&'a FilesReport> for FilesV1<'a> {
    fn from(files: &'a FilesReport) -> Self {
        let names = |paths: &'a [RepoPath]| paths.iter().map(RepoPath::as_str).collect();
        Self {
            verified: files.verified,
            by_blocks: files.by_blocks,
            cached: files.cached,
            pointers: files.pointers,
            absent: names(&files.absent),
            changed: names(&files.changed),
            changes: files.changes.iter().map(ChangeV1::from).collect(),
            crlf: names(&files.crlf),
            unsigned: files.unsigned_names(),
            excluded: names(&files.excluded),
            changed_while_read: names(&files.changed_while_read),
            listed_only: files.listed_only,
            ranges: files.ranges.iter().map(CheckedRangeV1::from).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeV1<'a> {
    path: &'a str,
    expected: Option<&'a str>,
    actual: Option<&'a str>,
    expected_size: Option<u64>,
    actual_size: Option<u64>,
    damaged: Vec<RangeV1>,
}

/// Bytes of a file, from `start` up to but not including `end`.
#[derive(Debug, Serialize)]
struct RangeV1 {
    start: u64,
    end: u64,
}

impl From<&Range<u64>> for RangeV1 {
    fn from(range: &Range<u64>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

impl<'a> From<&'a ChangedFile> for ChangeV1<'a> {
    fn from(change: &'a ChangedFile) -> Self {
        Self {
            path: change.path.as_str(),
            expected: change.expected.as_ref().map(|digest| digest.0.as_str()),
            actual: change.actual.as_ref().map(|digest| digest.0.as_str()),
            expected_size: change.expected_size,
            actual_size: change.actual_size,
            damaged: change.damaged.iter().map(RangeV1::from).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct ClaimV1<'a> {
    taxonomy: &'a str,
    claimed: &'a str,
    derived: &'a str,
    holds: Option<bool>,
}

impl<'a> From<&'a ClaimReport> for ClaimV1<'a> {
    fn from(claim: &'a ClaimReport) -> Self {
        Self { taxonomy: claim.taxonomy, claimed: &claim.claimed, derived: &claim.derived, holds: claim.holds }
    }
}

#[derive(Debug, Serialize)]
struct AlarmV1 {
    kind: &'static str,
    detail: String,
}

impl From<&Alarm> for AlarmV1 {
    fn from(alarm: &Alarm) -> Self {
        Self { kind: alarm.kind(), detail: alarm.to_string() }
    }
}

#[derive(Debug, Serialize)]
struct TagV1<'a> {
    name: Option<&'a str>,
    tagged: Option<&'a str>,
    object: String,
    status: &'static str,
    key: Option<&'a str>,
    principal: Option<&'a str>,
    tagger: Option<&'a str>,
    claimed: Option<String>,
    detail: &'a str,
}

impl<'a> From<&'a TagReport> for TagV1<'a> {
    fn from(tag: &'a TagReport) -> Self {
        Self {
            name: tag.name.as_deref(),
            tagged: tag.tagged.as_deref(),
            object: tag.object.to_string(),
            status: tag.status.as_str(),
            key: tag.key.as_deref(),
            principal: tag.principal.as_deref(),
            tagger: tag.tagger.as_deref(),
            claimed: tag.claimed.map(|time| time.to_string()),
            detail: &tag.reason,
        }
    }
}

#[derive(Debug, Serialize)]
struct CommitV1<'a> {
    status: &'static str,
    key: Option<&'a str>,
    principal: Option<&'a str>,
    detail: &'a str,
}

impl<'a> From<&'a SignatureFacts> for CommitV1<'a> {
    fn from(facts: &'a SignatureFacts) -> Self {
        Self {
            status: facts.status.as_str(),
            key: facts.key.as_deref(),
            principal: facts.principal.as_deref(),
            detail: &facts.reason,
        }
    }
}

#[derive(Debug, Serialize)]
struct ProofV1<'a> {
    path: &'a str,
    status: &'static str,
    origin: Option<&'a str>,
    index: Option<u64>,
    size: Option<u64>,
    witnesses: Vec<WitnessV1<'a>>,
    not_later_than: Option<String>,
    detail: &'a str,
}

#[derive(Debug, Serialize)]
struct WitnessV1<'a> {
    name: &'a str,
    time: String,
}

impl<'a> From<&'a ProofReport> for ProofV1<'a> {
    fn from(proof: &'a ProofReport) -> Self {
        let verification = &proof.verification;
        let witnesses = verification.witnesses.iter();
        Self {
            path: &proof.file,
            status: verification.status.as_str(),
            origin: proof.origin.as_deref(),
            index: proof.index,
            size: proof.size,
            witnesses: witnesses
                .map(|witness| WitnessV1 { name: &witness.name, time: witness.time.to_string() })
                .collect(),
            not_later_than: verification.not_later_than.map(|time| time.to_string()),
            detail: &verification.reason,
        }
    }
}
