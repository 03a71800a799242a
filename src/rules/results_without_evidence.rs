//! `OPN211`.

use crate::finding::Finding;
use crate::manifest::{Component, DataClass, Manifest};

super::rule! {
    /// ## What it does
    /// Reports released evaluation results for which neither the evaluation code nor the evaluation data is declared.
    /// It also reports data that others cannot freely get (`data-class` is `obtainable` or `unshareable`) if no
    /// document describes it.
    ///
    /// ## Why it matters
    /// A result that cannot be reproduced is only a claim, and readers should know that. Data that can be neither
    /// inspected nor read about tells readers nothing.
    ///
    /// ## Fails
    /// ```toml
    /// [component.evaluation-results]
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// remote = [{ url = "https://example.org/results" }]
    /// ```
    ///
    /// ```toml
    /// [component.training-data]
    /// openness = "partial"
    /// data-class = "unshareable"
    /// reason = "contains personal data"
    /// license = "CC-BY-4.0"
    /// files = []
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.evaluation-results]
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// remote = [{ url = "https://example.org/results" }]
    ///
    /// [component.evaluation-code]
    /// openness = "open"
    /// license = "MIT"
    /// remote = [{ url = "https://example.org/harness" }]
    /// ```
    "OPN211" "results-without-evidence" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let is_released = |id: &str| manifest.component(id).is_some_and(Component::is_released);
    if let Some(results) = manifest.component("evaluation-results").filter(|results| results.is_released())
        && !["evaluation-code", "evaluation-data"].into_iter().any(|id| manifest.component(id).is_some())
    {
        let message =
            "evaluation results are released, but neither `evaluation-code` nor `evaluation-data` is declared";
        findings.push(
            Finding::new(&INFO, results.id.span, message)
                .help("declare them, as `closed` or with the `remote` location of a public harness and benchmark"),
        );
    }
    let described = ["data-card", "technical-report", "research-paper"].into_iter().any(is_released);
    for component in &manifest.components {
        let Some(class) = &component.data_class else { continue };
        let is_restricted = matches!(class.value, DataClass::Unshareable | DataClass::Obtainable);
        if is_restricted && !described && component.documentation.is_empty() {
            let message = format!("`{}` is `{}`, but no document describes it", *component.id, class.value.as_str());
            findings.push(
                Finding::new(&INFO, class.span, message)
                    .help("list a document under `documentation`, or release a `data-card` or `technical-report`"),
            );
        }
    }
}
