//! `OPN405`.

use super::invalid_license::{quoted, stated};
use crate::finding::{Finding, Proposal, Safety};
use crate::license::{self, License};
use crate::manifest::{Manifest, Text};

super::rule! {
    /// ## What it does
    /// Reports deprecated SPDX license identifiers.
    ///
    /// ## Why it matters
    /// `GPL-3.0` does not say whether later versions of the license may be used. Its successors, `GPL-3.0-only` and
    /// `GPL-3.0-or-later`, do.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-code]
    /// openness = "open"
    /// license = "GPL-3.0"
    /// remote = [{ url = "https://example.org/code" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-code]
    /// openness = "open"
    /// license = "GPL-3.0-or-later"
    /// remote = [{ url = "https://example.org/code" }]
    /// ```
    "OPN405" "deprecated-license" Warning => Manifest(check)
}

/// Proposes the successor of a deprecated id; of two, the one for this version only, which is what the list calls the old id.
/// An id with `+` can only mean the other one.
fn renewed(text: &Text, id: &str, successors: &[String]) -> Option<Proposal> {
    let (first, last) = (successors.first()?, successors.last()?);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+' | ':');
    let mut is_certain = true;
    let renewed: Vec<String> = text
        .value
        .split_inclusive(|c: char| !is_part(c))
        .map(|part| {
            let word = part.trim_end_matches(|c: char| !is_part(c));
            let successor = if word == id {
                is_certain &= successors.len() == 1;
                first
            } else if word.strip_suffix('+') == Some(id) {
                last
            } else {
                return part.to_owned();
            };
            part.replacen(word, successor, 1)
        })
        .collect();
    let renewed = renewed.concat();
    (renewed != text.value).then(|| Proposal::replace(text.span, &text.value, &renewed, Safety::of_certain(is_certain)))
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for text in stated(manifest) {
        let Ok(License::Expression(expression)) = license::read(text) else { continue };
        for (id, successors) in expression.deprecated() {
            let mut finding =
                Finding::new(&INFO, text.span, format!("the SPDX license identifier `{id}` is deprecated"));
            if !successors.is_empty() {
                finding = finding.help(format!("use {}", quoted(&successors)));
                finding = finding.propose(renewed(text, &id, &successors));
            }
            findings.push(finding);
        }
    }
}
