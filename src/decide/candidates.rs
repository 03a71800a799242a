//! The changes that a search tries: for each fact that some taxonomy looks at, the values that serve openness.
//!
//! What a producer cannot decide is not changed: the compute that was used, the terms of a base model, or what an imported
//! record says. Neither are names, files and addresses, from which no verdict is derived.

use serde_json::{Value, json};

use crate::manifest::draft::Draft;
use crate::manifest::{AuditAccess, Gating, Manifest, Openness, ReleaseAccess, Status, SystemicRisk};
use crate::taxonomy::{Kind, vocabulary};

/// What stands for a text that only the producer can write: a path, a URL or a summary.
pub(super) const TEXT: &str = "…";

/// The five facts that count as monetization in `[eu.monetization]`.
const MONETIZATION: [&str; 5] = [
    "dual-licensing",
    "mandatory-paid-support",
    "mandatory-purchase-for-access",
    "exclusive-paid-or-ad-hosting",
    "personal-data-required",
];
const STEPS: [&str; 6] = [
    "threat-identification",
    "existing-risk",
    "existing-defenses",
    "marginal-risk-evidence",
    "ease-of-defense",
    "uncertainty-assumptions",
];
const RISK: [&str; 6] = [
    "dangerous-capability-evaluation",
    "fine-tuning-uplift",
    "safeguard-robustness",
    "offense-defense-effect",
    "irreversibility-acknowledged",
    "external-review",
];

/// A value that a fact could have.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) key: String,
    pub(super) to: Option<Value>,
    /// Among the values of one key that each imply the weaker ones, the place of this one, weakest first; 0 for others.
    pub(super) rank: usize,
    /// Whether it is the value of its key that serves openness most.
    pub(super) is_best: bool,
}

/// Returns the candidates in the order in which they are tried; of the same key, the least change first.
pub(super) fn candidates(manifest: &Manifest, draft: &Draft) -> Vec<Candidate> {
    let mut found = List { draft, candidates: Vec::new() };
    components(manifest, &mut found);
    licenses(&mut found);
    access(manifest, &mut found);
    eu(&mut found);
    risk(manifest, &mut found);
    audits(manifest, &mut found);
    access_policy(&mut found);
    found.candidates
}

struct List<'d> {
    draft: &'d Draft,
    candidates: Vec<Candidate>,
}

impl List<'_> {
    fn stated(&self, key: &str) -> Option<Value> {
        self.draft.get(key).ok().flatten()
    }

    /// Adds a candidate, unless the fact has that value.
    fn push(&mut self, key: impl Into<String>, to: Option<Value>, rank: usize, is_best: bool) {
        let key = key.into();
        if self.stated(&key) != to {
            self.candidates.push(Candidate { key, to, rank, is_best });
        }
    }

    fn set(&mut self, key: impl Into<String>, to: Value) {
        self.push(key, Some(to), 0, true);
    }

    /// Adds values of one key, weakest first, each of which also serves where a weaker one does.
    fn ranked(&mut self, key: &str, values: impl IntoIterator<Item = Value, IntoIter: ExactSizeIterator>) {
        let values = values.into_iter();
        let last = values.len().saturating_sub(1);
        for (rank, value) in values.enumerate() {
            self.push(key, Some(value), rank, rank == last);
        }
    }

    fn remove(&mut self, key: &str) {
        self.push(key, None, 0, true);
    }

    /// Adds a candidate that states something, unless it is stated.
    fn state(&mut self, key: impl Into<String>, to: Value) {
        let key = key.into();
        if self.stated(&key).is_none() {
            self.set(key, to);
        }
    }

    /// Adds a candidate that denies something, unless it is not stated.
    fn deny(&mut self, key: &str) {
        if self.stated(key).is_some() {
            self.set(key, json!(false));
        }
    }

    /// Adds candidates for evidence: there is some, it has a document or a summary, and the step was taken in full.
    fn evidence(&mut self, key: String) {
        match self.stated(&key) {
            None => self.set(key, json!(TEXT)),
            Some(Value::Object(table)) => {
                if !table.contains_key("document") && !table.contains_key("summary") {
                    self.set(format!("{key}.summary"), json!(TEXT));
                }
                if table.contains_key("status") {
                    self.set(format!("{key}.status"), json!(Status::Addressed.as_str()));
                }
            }
            Some(_) => {}
        }
    }
}

fn components(manifest: &Manifest, found: &mut List<'_>) {
    for item in vocabulary().components() {
        let key = format!("component.{}.openness", item.id);
        found.set(key.clone(), json!(Openness::Open.as_str()));
        // What the manifest does not mention may not exist. What it calls closed does.
        if manifest.component(&item.id).is_none() {
            found.push(key, Some(json!(Openness::NotApplicable.as_str())), 0, false);
        }
    }
}

/// Returns a license that every taxonomy accepts for a kind of component.
fn open_license(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Code) | None => "Apache-2.0",
        Some(Kind::Data) => "CDLA-Permissive-2.0",
        Some(Kind::Documentation) => "CC-BY-4.0",
    }
}

fn licenses(found: &mut List<'_>) {
    // The second is meant for weights, data and documents as well.
    found.ranked("model.license", [json!("Apache-2.0"), json!("OpenMDW-1.0")]);
    for kind in [Kind::Code, Kind::Data, Kind::Documentation] {
        found.set(format!("licenses.{}.license", kind.as_str()), json!(open_license(Some(kind))));
    }
    for item in vocabulary().components() {
        found.set(format!("component.{}.license", item.id), json!(open_license(item.kind)));
    }
}

fn access(manifest: &Manifest, found: &mut List<'_>) {
    found.ranked("release.access", ReleaseAccess::WORDS.iter().map(|word| json!(word)));
    if let Some(access) = &manifest.access {
        if access.gating.is_some() {
            found.set("access.gating", json!(Gating::None.as_str()));
        }
        if access.gating.is_some() || access.verification_discriminates.is_some() {
            found.set("access.verification-discriminates", json!(false));
        }
    }
    found.deny("access.eu-disallowed");
    found.remove("access.eligibility");
    found.deny("use-policy.competitor-clause");
    found.remove("use-policy.prohibits");
}

fn eu(found: &mut List<'_>) {
    for word in MONETIZATION {
        found.set(format!("eu.monetization.{word}"), json!(false));
    }
    for word in ["input-modalities", "output-modalities"] {
        found.state(format!("eu.usage-information.{word}"), json!([TEXT]));
    }
    for word in ["capabilities", "limitations", "integration"] {
        found.state(format!("eu.usage-information.{word}"), json!(TEXT));
    }
    // A risk that is presumed or designated is not the producer's to deny.
    found.state("eu.systemic-risk", json!(SystemicRisk::No.as_str()));
    for word in ["copyright-policy", "training-summary", "architecture-information"] {
        found.state(format!("eu.{word}"), json!(TEXT));
    }
}

fn risk(manifest: &Manifest, found: &mut List<'_>) {
    for word in RISK {
        found.evidence(format!("risk.{word}"));
    }
    found.state("risk.alternatives-considered", json!([TEXT]));
    let threats = manifest.risk.as_ref().map_or(0, |risk| risk.marginal.len());
    if threats == 0 {
        let analysis = |steps: &[&str]| {
            let steps = steps.iter().map(|step| ((*step).to_owned(), json!(TEXT)));
            Value::Object(std::iter::once(("vector".to_owned(), json!(TEXT))).chain(steps).collect())
        };
        // The first step alone is an assessment that is not complete.
        found.ranked("risk.marginal.0", [analysis(&STEPS[..1]), analysis(&STEPS)]);
    }
    for at in 0..threats {
        for step in STEPS {
            found.evidence(format!("risk.marginal.{at}.{step}"));
        }
    }
}

fn audits(manifest: &Manifest, found: &mut List<'_>) {
    let access = [AuditAccess::BlackBox, AuditAccess::GrayBox, AuditAccess::WhiteBox];
    let audit = |access: AuditAccess| json!({ "auditor": TEXT, "access": [access.as_str()] });
    found.ranked(&format!("audit.{}", manifest.audits.len()), access.map(audit));
}

fn access_policy(found: &mut List<'_>) {
    found.state("access-policy.document", json!(TEXT));
    for word in ["capability-tests", "risk-profiles", "pre-commitments"] {
        found.evidence(format!("access-policy.{word}"));
    }
    if found.stated("access-policy.regime").is_none() {
        found.set("access-policy.regime.0", json!({ "audience": TEXT, "style": TEXT }));
    }
}
