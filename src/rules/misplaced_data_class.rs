//! `OPN208`.

use crate::finding::Finding;
use crate::manifest::{DataClass, Manifest, Openness};
use crate::taxonomy::{self, Kind};

super::rule! {
    /// ## What it does
    /// Reports a `data-class` on a component that is not data, and a `data-class` that contradicts the component's
    /// `openness`.
    ///
    /// ## Why it matters
    /// The four data classes of the Open Source AI Definition say how far training data can be shared. Data that cannot
    /// be shared is not open.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-data]
    /// openness = "open"
    /// license = "CC0-1.0"
    /// data-class = "unshareable"
    /// remote = [{ url = "https://example.org/data" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-data]
    /// openness = "partial"
    /// license = "CC0-1.0"
    /// data-class = "unshareable"
    /// reason = "contains personal data"
    /// remote = [{ url = "https://example.org/data" }]
    /// ```
    "OPN208" "misplaced-data-class" Error => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for component in &manifest.components {
        let Some(class) = &component.data_class else { continue };
        let kind = taxonomy::vocabulary().find(&component.id).and_then(|item| item.kind);
        if kind.is_some_and(|kind| kind != Kind::Data) {
            let message = format!("`{}` is not data, so it cannot have a data class", *component.id);
            findings.push(Finding::new(&INFO, class.span, message).help("remove `data-class`"));
            continue;
        }
        let Some(openness) = &component.openness else { continue };
        if openness.value == Openness::Open && class.value == DataClass::Unshareable {
            let message = format!("`{}` is declared `open`, but its data class is `unshareable`", *component.id);
            findings.push(
                Finding::new(&INFO, class.span, message)
                    .related(openness.span, "declared `open` here")
                    .help("declare it `partial` or `closed`"),
            );
        }
    }
}
