//! Who gets which access to what (Kembery & Reed 2024), and which access auditors had (Casper et al. 2024).
//!
//! See <https://arxiv.org/abs/2411.10547> and <https://arxiv.org/abs/2401.14446>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded, evidence};
use crate::manifest::{AccessPolicy, Audit, AuditAccess, Manifest};

pub(super) fn decisions(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("access-decisions");
    let nothing = AccessPolicy::default();
    let policy = manifest.access_policy.as_ref().unwrap_or(&nothing);
    let header = manifest.access_policy.as_ref().map(|policy| policy.header);
    let mut reasons = Vec::new();
    for item in &taxonomy.items {
        let (outcome, text, span) = match item.id.as_str() {
            "policy" => match &policy.document {
                Some(document) => (Outcome::Met, "names its document", Some(document.span)),
                None => (Outcome::Unstated, "names no document", None),
            },
            "capability-tests" => evidence::judge(policy.capability_tests.as_ref()),
            "risk-profiles" => evidence::judge(policy.risk_profiles.as_ref()),
            "pre-commitments" => evidence::judge(policy.pre_commitments.as_ref()),
            _ => match policy.regimes.first() {
                Some(first) => (Outcome::Met, "names regimes", Some(first.span)),
                None => (Outcome::Unstated, "names no regime", None),
            },
        };
        let what = match item.id.as_str() {
            "policy" | "regimes" => "`access-policy`".to_owned(),
            id => format!("`access-policy.{id}`"),
        };
        reasons.push(Reason::new(&item.id, outcome, format!("{what} {text}")).at(span.or(header)));
    }
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
    Evaluation { taxonomy: taxonomy.static_id(), verdict: Some(verdict.to_owned()), details, reasons }
}

pub(super) fn audits(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("audit-access");
    let mut reasons = Vec::new();
    for audit in &manifest.audits {
        reasons.extend(reported(audit));
    }
    if manifest.audits.is_empty() {
        reasons.push(Reason::new("access", Outcome::Unstated, "no audit is declared"));
    }
    let widest = manifest
        .audits
        .iter()
        .flat_map(|audit| &audit.access)
        .map(|access| access.value)
        .filter(|access| *access != AuditAccess::OutsideTheBox)
        .max();
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
    let outside = manifest.audits.iter().flat_map(|audit| &audit.access);
    let outside = outside.into_iter().any(|access| access.value == AuditAccess::OutsideTheBox);
    let mut details = Map::new();
    details.insert("outside-the-box".to_owned(), outside.into());
    details.insert("audits".to_owned(), Value::Array(audits));
    let verdict = widest.map_or("none", AuditAccess::as_str);
    Evaluation { taxonomy: taxonomy.static_id(), verdict: Some(verdict.to_owned()), details, reasons }
}

fn reported(audit: &Audit) -> [Reason; 3] {
    let of = |what: &str| format!("the audit by `{}` {what}", audit.auditor.value);
    let reason = |item: &str, there: bool, has: &str, lacks: &str, otherwise: Outcome| {
        let outcome = if there { Outcome::Met } else { otherwise };
        Reason::new(item, outcome, of(if there { has } else { lacks })).at(audit.span)
    };
    [
        reason(
            "access",
            !audit.access.is_empty(),
            "says which access it had",
            "does not say which access it had",
            Outcome::Unstated,
        ),
        reason("methods", !audit.methods.is_empty(), "names its methods", "names no method", Outcome::Unstated),
        reason("report", audit.report.is_some(), "is published", "names no report", Outcome::Noted),
    ]
}
