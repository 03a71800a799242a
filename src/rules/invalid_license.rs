//! `OPN401`.

use crate::finding::{Finding, Proposal, Safety};
use crate::license;
use crate::manifest::{Manifest, Text};

super::rule! {
    /// ## What it does
    /// Reports `license` values that are not SPDX license expressions.
    ///
    /// ## Why it matters
    /// Only an SPDX expression identifies the terms unambiguously. "Apache 2.0", "BSD", and "open" can each be read in
    /// several ways.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache 2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    "OPN401" "invalid-license" Error => Manifest(check)
}

/// The most findings that come with suggestions.
const MAX_SUGGESTIONS: usize = 1000;

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let invalid = stated(manifest).filter_map(|text| Some((text, license::read(text).err()?)));
    for (at, (text, error)) in invalid.enumerate() {
        // Looking for similar ids takes time, and no one reads so many suggestions.
        let near = if at < MAX_SUGGESTIONS { error.suggestions() } else { Vec::new() };
        let help = match near.as_slice() {
            [] => {
                "write an SPDX identifier, `LicenseRef-NAME` with `license-file` or `license-url`, or `NONE`".to_owned()
            }
            near => format!("did you mean {}?", quoted(near)),
        };
        let meant = meant(text, &near);
        findings.push(Finding::new(&INFO, text.span, error.to_string()).help(help).propose(meant));
    }
}

/// Proposes what a text was meant to say, if it is one thing. That is certain if the letters and digits are the same.
fn meant(text: &Text, near: &[String]) -> Option<Proposal> {
    let [meant] = near else { return None };
    let letters = |text: &str| text.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let is_certain = letters(&text.value) == letters(meant);
    Some(Proposal::replace(text.span, &text.value, meant, Safety::of_certain(is_certain)))
}

/// Returns every `license` value of the manifest, in no particular order.
pub(super) fn stated(manifest: &Manifest) -> impl Iterator<Item = &Text> {
    let kinds = &manifest.licenses;
    let tables = [&kinds.code, &kinds.data, &kinds.documentation];
    let terms = tables.into_iter().flatten().chain([&manifest.model.license]);
    let terms = terms.chain(manifest.components.iter().map(|component| &component.terms));
    terms
        .filter_map(|terms| terms.license.as_ref())
        .chain(manifest.model.base.iter().filter_map(|base| base.license.as_ref()))
        .chain(manifest.safeguards.iter().filter_map(|safeguard| safeguard.license.as_ref()))
}

/// Returns words in backticks, joined by "or".
pub(super) fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ")
}
