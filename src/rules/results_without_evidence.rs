//! `OPN211`.

use crate::finding::Finding;
use crate::manifest::{Component, DataClass, Manifest};

super::rule! {
    /// ## What it does
    /// Finds evaluation results where nothing is declared of the code and the data that they came from, and data that
    /// others cannot have and that no document describes.
    ///
    /// ## Why it matters
    /// A result that nobody can repeat is a claim; that it cannot be repeated is worth saying. Data that can be neither had
    /// nor read about tells nobody anything.
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
        let message = "results are released, and nothing is declared of the code and the data that gave them";
        findings.push(
            Finding::new(&INFO, results.id.span, message)
                .help("declare `evaluation-code` and `evaluation-data`: closed, or by the address of a public harness and benchmark"),
        );
    }
    let described = ["data-card", "technical-report", "research-paper"].into_iter().any(is_released);
    for component in &manifest.components {
        let Some(class) = &component.data_class else { continue };
        let is_out_of_reach = matches!(class.value, DataClass::Unshareable | DataClass::Obtainable);
        if is_out_of_reach && !described && component.documentation.is_empty() {
            let message = format!("`{}` is `{}`, and no document describes it", *component.id, class.value.as_str());
            findings.push(
                Finding::new(&INFO, class.span, message)
                    .help("name a document under `documentation`, or declare `data-card` or `technical-report`"),
            );
        }
    }
}
