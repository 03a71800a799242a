//! `OPN308`.

use super::Repository;
use super::unmatched_pattern::behind;
use crate::finding::{Finding, closest};
use crate::manifest::{Evidence, Manifest, Text};

super::rule! {
    /// ## What it does
    /// Reports documents that the manifest refers to by path and that are not in the repository.
    ///
    /// ## Why it matters
    /// Evidence that cannot be read is not evidence.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-data]
    /// openness = "open"
    /// license = "CC0-1.0"
    /// remote = [{ url = "https://example.org/data" }]
    /// documentation = ["docs/datacard.md"]
    /// ```
    /// ```files
    /// docs/data-card.md
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-data]
    /// openness = "open"
    /// license = "CC0-1.0"
    /// remote = [{ url = "https://example.org/data" }]
    /// documentation = ["docs/data-card.md", "https://example.org/card"]
    /// ```
    /// ```files
    /// docs/data-card.md
    /// ```
    "OPN308" "missing-document" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let entries = repository.files.entries();
    for text in documents(repository.manifest) {
        let path = text.split('#').next().unwrap_or_default();
        if is_url(path) || repository.is_present(path) {
            continue;
        }
        let (place, help) = behind(repository, path).unwrap_or_else(|| {
            let help = match closest(path, entries.iter().map(|entry| entry.path.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add the file, or give its URL".to_owned(),
            };
            ("not in the repository".to_owned(), help)
        });
        let message = format!("`{}` is {place}", path.escape_debug());
        findings.push(Finding::new(&INFO, text.span, message).help(help));
    }
}

fn is_url(text: &str) -> bool {
    ["https://", "http://", "doi:", "arxiv:", "mailto:"].iter().any(|scheme| text.starts_with(scheme))
}

/// Returns every document that the manifest refers to, by path or by URL.
pub(super) fn documents(manifest: &Manifest) -> Vec<&Text> {
    let mut documents: Vec<&Text> = manifest.components.iter().flat_map(|component| &component.documentation).collect();
    let mut evidence: Vec<&Option<Evidence>> = Vec::new();
    if let Some(risk) = &manifest.risk {
        documents.extend(&risk.document);
        evidence.extend([
            &risk.dangerous_capability_evaluation,
            &risk.fine_tuning_uplift,
            &risk.safeguard_robustness,
            &risk.offense_defense_effect,
            &risk.irreversibility_acknowledged,
            &risk.external_review,
        ]);
        for threat in &risk.marginal {
            evidence.extend([
                &threat.threat_identification,
                &threat.existing_risk,
                &threat.existing_defenses,
                &threat.marginal_risk_evidence,
                &threat.ease_of_defense,
                &threat.uncertainty_assumptions,
            ]);
        }
    }
    if let Some(policy) = &manifest.access_policy {
        documents.extend(&policy.document);
        evidence.extend([&policy.capability_tests, &policy.risk_profiles, &policy.pre_commitments]);
    }
    documents.extend(evidence.into_iter().flatten().filter_map(|evidence| evidence.document.as_ref()));
    documents.extend(manifest.audits.iter().filter_map(|audit| audit.report.as_ref()));
    documents.extend(manifest.compute.iter().filter_map(|compute| compute.document.as_ref()));
    documents.extend(manifest.use_policy.iter().filter_map(|policy| policy.document.as_ref()));
    if let Some(eu) = &manifest.eu {
        documents
            .extend([&eu.copyright_policy, &eu.training_summary, &eu.architecture_information].into_iter().flatten());
    }
    documents
}
