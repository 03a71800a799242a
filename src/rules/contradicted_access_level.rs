//! `OPN209`.

use crate::finding::Finding;
use crate::manifest::{Manifest, Openness, ReleaseAccess};

super::rule! {
    /// ## What it does
    /// Reports a `release.access` level that the components contradict: `fully-open` without open weights, training
    /// data, and training code; `downloadable` without released weights; and `fully-closed`, `hosted`, or `cloud-api`
    /// with open weights.
    ///
    /// ## Why it matters
    /// The access level is the first thing that people read. Solaiman (2023) calls a release fully open if all of its
    /// components are public, and downloadable if its weights can be downloaded.
    ///
    /// ## Fails
    /// ```toml
    /// [release]
    /// access = "fully-open"
    ///
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [release]
    /// access = "downloadable"
    ///
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    "OPN209" "contradicted-access-level" Error => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let Some(access) = manifest.release.as_ref().and_then(|release| release.access.as_ref()) else { return };
    let released = |id: &str| manifest.component(id).is_some_and(|component| component.is_released());
    let mut contradiction = |message: String, help: &str, component: Option<&str>| {
        let mut finding = Finding::new(&INFO, access.span, message).help(help);
        if let Some(component) = component.and_then(|id| manifest.component(id)) {
            let span = component.openness.as_ref().map_or(component.id.span, |openness| openness.span);
            finding = finding.related(span, "this contradicts the access level");
        }
        findings.push(finding);
    };
    match access.value {
        ReleaseAccess::FullyOpen => {
            for id in ["final-weights", "training-data", "training-code"] {
                let fits = manifest
                    .component(id)
                    .is_some_and(|component| matches!(component.openness(), Openness::Open | Openness::NotApplicable));
                if !fits {
                    let message = format!("the release is declared `fully-open`, but `{id}` is not open");
                    contradiction(message, "declare `downloadable`, or release the component as `open`", Some(id));
                }
            }
        }
        ReleaseAccess::Downloadable if !released("final-weights") && !released("base-weights") => {
            let message = "the release is declared `downloadable`, but no weights are released".to_owned();
            contradiction(message, "declare the weights, or choose another level", Some("final-weights"));
        }
        ReleaseAccess::FullyClosed | ReleaseAccess::Hosted | ReleaseAccess::CloudApi => {
            let open = manifest.component("final-weights").filter(|c| c.openness() == Openness::Open);
            if open.is_some() {
                let message = format!("the release is declared `{}`, but its weights are open", access.as_str());
                contradiction(
                    message,
                    "declare `downloadable`; anyone can download the weights",
                    Some("final-weights"),
                );
            }
        }
        ReleaseAccess::Downloadable | ReleaseAccess::GradualStaged => {}
    }
}
