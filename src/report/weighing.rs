//! The words of `openness weigh` that its formats for people share.

use crate::decide::{Basis, Weighed, Weighing};

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
