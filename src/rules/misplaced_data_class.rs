//! `OPN208`.

use crate::finding::Finding;
use crate::manifest::{DataClass, Manifest, Openness};
use crate::taxonomy::{self, Kind};

super::rule! {
    /// ## What it does
    /// Finds a `data-class` on what is no data, and one that contradicts the component's openness.
    ///
    /// ## Why it matters
    /// The four classes of the Open Source AI Definition say how far training data can be shared; data that cannot be
    /// shared is not open.
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
    "OPN208" "data-class-misplaced" Error => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for component in &manifest.components {
        let Some(class) = &component.data_class else { continue };
        let kind = taxonomy::vocabulary().find(&component.id).and_then(|item| item.kind);
        if kind.is_some_and(|kind| kind != Kind::Data) {
            let message = format!("`{}` is no data, so it has no data class", *component.id);
            findings.push(Finding::new(&INFO, class.span, message).help("remove `data-class`"));
            continue;
        }
        let Some(openness) = &component.openness else { continue };
        if openness.value == Openness::Open && class.value == DataClass::Unshareable {
            let message = format!("`{}` is declared open, and its data cannot be shared", *component.id);
            findings.push(
                Finding::new(&INFO, class.span, message)
                    .related(openness.span, "declared open here")
                    .help("declare what is released of it: `partial` or `closed`"),
            );
        }
    }
}
