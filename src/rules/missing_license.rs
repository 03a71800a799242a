//! `OPN404`.

use crate::finding::Finding;
use crate::license::{self, Effective};
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Reports released components that have no license, all in one finding.
    ///
    /// ## Why it matters
    /// Without a license, others may look at a component but not use it, whatever its owner intended. If that is the
    /// intent, declare `license = "NONE"`.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
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
    "OPN404" "missing-license" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let released = manifest.components.iter().filter(|component| component.is_released());
    let mut unlicensed =
        released.filter(|component| matches!(license::effective(manifest, component), Effective::Unstated)).peekable();
    let Some(first) = unlicensed.peek().map(|component| component.id.span) else { return };
    let (names, spans): (Vec<String>, Vec<_>) =
        unlicensed.map(|component| (format!("`{}`", *component.id), component.id.span)).unzip();
    let message = match names.as_slice() {
        [only] => format!("{only} is released without a license"),
        _ => format!("{} components are released without a license: {}", names.len(), names.join(", ")),
    };
    let finding = Finding::new(&INFO, first, message)
        .help("add `license` to the component, or a default to `[model]`; if there is no license, write `NONE`");
    findings.push(spans[1..].iter().fold(finding, |finding, span| finding.related(*span, "the same here")));
}
