//! `OPN201`.

use crate::finding::{Finding, Proposal, Safety, closest, is_slip};
use crate::manifest::Manifest;
use crate::taxonomy;

/// The number of findings up to which a similar name is looked for.
const MAX_SUGGESTIONS: usize = 1000;

super::rule! {
    /// ## What it does
    /// Reports components that are not in the vocabulary.
    ///
    /// ## Why it matters
    /// Releases are compared by component names, and a name that only one project uses cannot be compared. If the
    /// vocabulary has no suitable name, a name of the form `x-NAME` marks the component as specific to the project.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-wieghts]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    ///
    /// [component.x-tokenizer-lab]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/lab" }]
    /// ```
    "OPN201" "unknown-component" Error => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let vocabulary = taxonomy::vocabulary();
    for component in &manifest.components {
        let id = component.id.as_str();
        if vocabulary.find(id).is_some() || is_private(id) {
            continue;
        }
        // To look for a similar name takes much longer than anything else.
        let suggests = findings.len() < MAX_SUGGESTIONS;
        let known = vocabulary.components().iter().map(|item| item.id.as_str()).filter(|_| suggests);
        let near = closest(id, known);
        let meant =
            near.map(|near| Proposal::rename(component.id.span, id, near, Safety::of_certain(is_slip(id, near))));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "see `openness explain vocabulary` for the names, or start your own name with `x-`".to_owned(),
        };
        let message = format!("`{}` is not a component of the vocabulary", id.escape_debug());
        findings.push(Finding::new(&INFO, component.id.span, message).help(help).propose(meant));
    }
}

fn is_private(id: &str) -> bool {
    id.strip_prefix("x-").is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}
