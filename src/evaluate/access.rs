//! Who gets access to what (Kembery & Reed 2024), and what access auditors had (Casper et al. 2024).
//!
//! See <https://arxiv.org/abs/2411.10547> and <https://arxiv.org/abs/2401.14446>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, Verdict, embedded, evidence, unknown};
use crate::manifest::{AccessPolicy, Audit, AuditAccess, Manifest};
use crate::taxonomy::Item;

items! {
    /// The parts of a responsible access policy.
    PolicyPart {
        Document = "policy",
        CapabilityTests = "capability-tests",
        RiskProfiles = "risk-profiles",
        PreCommitments = "pre-commitments",
        Regimes = "regimes",
    }
}

items! {
    /// The facts that are reported about an audit.
    AuditFact {
        Access = "access",
        Methods = "methods",
        Report = "report",
    }
}

pub(super) fn decisions(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("access-decisions");
    let empty = AccessPolicy::default();
    let policy = manifest.access_policy.as_ref().unwrap_or(&empty);
    let header = manifest.access_policy.as_ref().map(|policy| policy.header);
    let reasons: Vec<Reason> = taxonomy.items.iter().map(|item| part(policy, item).or_at(header)).collect();
    let verdict = evidence::verdict(reasons.iter().map(|reason| reason.outcome));
    let regimes: Vec<Value> = policy
        .regimes
        .iter()
        .map(|regime| {
            json!({
                "audience": regime.audience.value,
                "style": regime.style.value,
                "aspect": regime.aspect.as_ref().map(|text| &text.value),
                "conditions": regime.conditions.as_ref().map(|text| &text.value),
                "revocable": regime.revocable.as_ref().map(|flag| flag.value),
            })
        })
        .collect();
    let mut details = Map::new();
    details.insert("regimes".to_owned(), Value::Array(regimes));
    Evaluation::new(taxonomy, verdict, details, reasons)
}

fn part(policy: &AccessPolicy, item: &Item) -> Reason {
    let Some(part) = PolicyPart::from_id(&item.id) else { return unknown(item) };
    let shown = |evidence| {
        let (outcome, text, span) = evidence::check(evidence);
        Reason::new(&item.id, outcome, format!("`access-policy.{}` {text}", item.id)).at(span)
    };
    match part {
        PolicyPart::Document => match &policy.document {
            Some(document) => {
                Reason::new(&item.id, Outcome::Met, "`access-policy` names its document").at(document.span)
            }
            None => Reason::new(&item.id, Outcome::Unstated, "`access-policy` does not name a document"),
        },
        PolicyPart::CapabilityTests => shown(policy.capability_tests.as_ref()),
        PolicyPart::RiskProfiles => shown(policy.risk_profiles.as_ref()),
        PolicyPart::PreCommitments => shown(policy.pre_commitments.as_ref()),
        PolicyPart::Regimes => match policy.regimes.first() {
            Some(first) => Reason::new(&item.id, Outcome::Met, "`access-policy` lists access regimes").at(first.span),
            None => Reason::new(&item.id, Outcome::Unstated, "`access-policy` does not list any access regime"),
        },
    }
}

pub(super) fn audits(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("audit-access");
    let mut reasons = Vec::new();
    for audit in &manifest.audits {
        reasons.extend(taxonomy.items.iter().map(|item| reported(audit, item)));
    }
    if manifest.audits.is_empty() {
        reasons.push(Reason::new("access", Outcome::Unstated, "no audit is declared"));
    }
    let all_access = || manifest.audits.iter().flat_map(|audit| &audit.access).map(|access| access.value);
    let widest = all_access().filter(|access| *access != AuditAccess::OutsideTheBox).max();
    let outside = all_access().any(|access| access == AuditAccess::OutsideTheBox);
    let audits: Vec<Value> = manifest
        .audits
        .iter()
        .map(|audit| {
            json!({
                "auditor": audit.auditor.value,
                "access": audit.access.iter().map(|access| access.value.as_str()).collect::<Vec<_>>(),
                "methods": audit.methods.iter().map(|text| &text.value).collect::<Vec<_>>(),
                "report": audit.report.as_ref().map(|text| &text.value),
                "independent": audit.independent.as_ref().map(|flag| flag.value),
            })
        })
        .collect();
    let mut details = Map::new();
    details.insert("outside-the-box".to_owned(), outside.into());
    details.insert("audits".to_owned(), Value::Array(audits));
    Evaluation::new(taxonomy, widest.map_or(Verdict::Nothing, Verdict::from), details, reasons)
}

fn reported(audit: &Audit, item: &Item) -> Reason {
    let Some(fact) = AuditFact::from_id(&item.id) else { return unknown(item) };
    let (is_reported, yes, no, otherwise) = match fact {
        AuditFact::Access => (
            !audit.access.is_empty(),
            "states what access it had",
            "does not state what access it had",
            Outcome::Unstated,
        ),
        AuditFact::Methods => {
            (!audit.methods.is_empty(), "states its methods", "does not state its methods", Outcome::Unstated)
        }
        AuditFact::Report => (audit.report.is_some(), "has a report", "does not name a report", Outcome::Noted),
    };
    let (outcome, text) = if is_reported { (Outcome::Met, yes) } else { (otherwise, no) };
    Reason::new(&item.id, outcome, format!("the audit by `{}` {text}", audit.auditor.value)).at(audit.span)
}
