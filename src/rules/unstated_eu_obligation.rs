//! `OPN212`.

use crate::finding::Finding;
use crate::manifest::{ClaimValue, Eu, Manifest, UsageInformation};

/// The claim.
const KEY: &str = "eu-open-source-exemption";

super::rule! {
    /// ## What it does
    /// Finds the claim `eu-open-source-exemption` without the facts that the AI Act asks of everybody who makes it: the
    /// copyright policy, the public summary of training content, and the information on usage.
    ///
    /// ## Why it matters
    /// The open-source route waives the technical documentation, not the policy and the summary (Article 53(1)(c) and (d)).
    /// That they are not stated is no open question: with the claim, they are owed.
    ///
    /// ## Fails
    /// ```toml
    /// [claims]
    /// eu-open-source-exemption = true
    ///
    /// [eu]
    /// training-summary = "https://example.org/summary"
    ///
    /// [eu.usage-information]
    /// input-modalities = ["text"]
    /// output-modalities = ["text"]
    /// capabilities = "https://example.org/card"
    /// limitations = "https://example.org/card"
    /// integration = "https://example.org/card"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [claims]
    /// eu-open-source-exemption = true
    ///
    /// [eu]
    /// copyright-policy = "https://example.org/policy"
    /// training-summary = "https://example.org/summary"
    ///
    /// [eu.usage-information]
    /// input-modalities = ["text"]
    /// output-modalities = ["text"]
    /// capabilities = "https://example.org/card"
    /// limitations = "https://example.org/card"
    /// integration = "https://example.org/card"
    /// ```
    "OPN212" "eu-duty-unstated" Error => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let claim =
        manifest.claims.iter().find(|claim| claim.key.value == KEY && claim.value.value == ClaimValue::Flag(true));
    let Some(claim) = claim else { return };
    let nothing = Eu::default();
    let eu = manifest.eu.as_ref().unwrap_or(&nothing);
    let no_usage = UsageInformation::default();
    let usage = eu.usage_information.as_ref().unwrap_or(&no_usage);
    let missing: Vec<String> = [
        ("copyright-policy", eu.copyright_policy.is_none()),
        ("training-summary", eu.training_summary.is_none()),
        ("usage-information.input-modalities", usage.input_modalities.is_empty()),
        ("usage-information.output-modalities", usage.output_modalities.is_empty()),
        ("usage-information.capabilities", usage.capabilities.is_none()),
        ("usage-information.limitations", usage.limitations.is_none()),
        ("usage-information.integration", usage.integration.is_none()),
    ]
    .into_iter()
    .filter(|(_, is_missing)| *is_missing)
    .map(|(key, _)| format!("`eu.{key}`"))
    .collect();
    if missing.is_empty() {
        return;
    }
    let message = format!("the exemption is claimed, and {} is not stated", missing.join(", "));
    let mut finding = Finding::new(&INFO, claim.value.span, message).help("state it, or take the claim back");
    if manifest.eu.is_some() {
        finding = finding.related(eu.header, "it belongs here");
    }
    findings.push(finding);
}
