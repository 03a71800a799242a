//! The words of `openness weigh` that its formats for people share.

use super::declared;
use crate::decide::{Basis, Part, Weighed, Weighing};
use crate::license::standing;
use crate::manifest::Manifest;

/// What the page is, and is not.
pub(super) const LEAD: &str = "This page decides nothing. Each line names the fact of the manifest, or the publication, that it \
                               rests on; `our reading` marks where a publication does not say which part it is about.";

/// Returns what a line rests on, in parentheses after it.
pub(super) fn basis(basis: &Basis) -> String {
    match basis {
        Basis::Fact { key } => format!("`{key}`"),
        Basis::Source { name, ours: true, .. } => format!("{name}, our reading"),
        Basis::Source { name, .. } => (*name).to_owned(),
        Basis::Taxonomy { id, .. } => format!("`{id}`"),
    }
}

/// Returns how open a part is declared to be; what is released never without what limits its use.
pub(super) fn openness(manifest: &Manifest, part: &Part) -> String {
    let word = part.openness.unwrap_or("not declared").to_owned();
    let Some(component) = manifest.component(&part.component).filter(|component| component.is_released()) else {
        return word;
    };
    let limitation = standing::of(manifest, component).limitation().map(|limits| format!(" (limits use: {limits})"));
    match (declared::license(manifest, component), limitation) {
        (Some(license), Some(limitation)) => format!("{word} under {license}{limitation}"),
        (_, limitation) => word + &limitation.unwrap_or_default(),
    }
}

/// Returns what is said about an alternative.
pub(super) fn alternative(weighed: &Weighed) -> String {
    let serves = match weighed.serves.is_empty() {
        true => "the benefits that it would bring too are not stated".to_owned(),
        false => format!("would bring {} too", weighed.serves.join(", ")),
    };
    let reason = weighed.reason.as_ref().map_or_else(String::new, |reason| format!("; {reason}"));
    format!("{}: {serves}{reason}", weighed.name)
}

/// Returns the publications that the lines name, each once, with their addresses.
pub(super) fn sources(weighing: &Weighing) -> Vec<(&'static str, &'static str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for line in weighing.components.iter().flat_map(|part| part.serves.iter().chain(&part.adds)) {
        if let Basis::Source { name, url, .. } = line.basis
            && !found.contains(&(name, url))
        {
            found.push((name, url));
        }
    }
    found
}
