//! `OPN121`.

use std::collections::HashSet;

use crate::finding::{Change, Finding, Proposal, Safety, quotable};
use crate::manifest::{Manifest, Text};

super::rule! {
    /// ## What it does
    /// Reports items that a list of files, documents, languages or capabilities names again.
    ///
    /// ## Why it matters
    /// The second one changes nothing. It is often a copy that someone meant to edit, so a file may be missing.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["a.safetensors", "a.safetensors"]
    /// ```
    /// ```files
    /// a.safetensors
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["a.safetensors", "b.safetensors"]
    /// ```
    /// ```files
    /// a.safetensors
    /// b.safetensors
    /// ```
    "OPN121" "repeated-item" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for (key, items) in lists(manifest) {
        let mut seen = HashSet::new();
        for item in items.iter().filter(|item| !seen.insert(item.as_str())) {
            let word = quotable(item);
            let proposal = Proposal::new(
                format!("remove the second `{word}`"),
                Safety::Safe,
                Change::RemoveItem { item: item.span },
            );
            let first = items.iter().find(|first| first.value == item.value).map_or(item.span, |first| first.span);
            let finding = Finding::new(&INFO, item.span, format!("`{key}` names `{word}` again"));
            findings.push(finding.related(first, "the first time").help("remove one of them").propose(proposal));
        }
    }
}

/// Returns every list of texts, with its key.
fn lists(manifest: &Manifest) -> impl Iterator<Item = (&'static str, &[Text])> {
    let components = manifest.components.iter().flat_map(|component| {
        [("files", component.files.as_slice()), ("documentation", component.documentation.as_slice())]
    });
    let safeguards = manifest.safeguards.iter().map(|safeguard| ("files", safeguard.files.as_slice()));
    let capabilities =
        manifest.risk.iter().map(|risk| ("declared-capabilities", risk.declared_capabilities.as_slice()));
    [("languages", manifest.model.languages.as_slice()), ("exclude", manifest.coverage.exclude.as_slice())]
        .into_iter()
        .chain(components)
        .chain(safeguards)
        .chain(capabilities)
}
