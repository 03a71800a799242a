//! `OPN212`.

use crate::finding::Finding;
use crate::manifest::{ClaimValue, Eu, Manifest, UsageInformation};

/// The key of the claim that this rule checks.
const KEY: &str = "eu-open-source-exemption";

super::rule! {
    /// ## What it does
    /// Reports the claim `eu-open-source-exemption = true` if the manifest does not state the facts that the EU AI Act
    /// requires of every provider who relies on the exemption: the copyright policy, the public summary of the training
    /// content, and the information on usage.
    ///
    /// ## Why it matters
    /// The exemption waives the technical documentation, but not the copyright policy and the training summary (AI Act,
    /// Article 53(1)(c) and (d)), and it only applies if the information on usage is public (Article 53(2)). A manifest
    /// that makes the claim must therefore state all of them.
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
    "OPN212" "unstated-eu-obligation" Error => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let claim =
        manifest.claims.iter().find(|claim| claim.key.value == KEY && claim.value.value == ClaimValue::Flag(true));
    let Some(claim) = claim else { return };
    let empty = Eu::default();
    let eu = manifest.eu.as_ref().unwrap_or(&empty);
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
    let message = format!("the claim `{KEY}` requires facts that are not stated: {}", missing.join(", "));
    let mut finding = Finding::new(&INFO, claim.value.span, message).help("add them to `[eu]`, or remove the claim");
    if manifest.eu.is_some() {
        finding = finding.related(eu.header, "they belong in this table");
    }
    findings.push(finding);
}
