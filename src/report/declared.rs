//! What is declared, in words that several formats share.

use crate::evaluate::Holds;
use crate::license;
use crate::manifest::{Base, Component, Manifest, UsePolicy};

/// Returns the license of a component as written, or the name of its terms, if it is released and has one.
pub(super) fn license<'a>(manifest: &'a Manifest, component: &'a Component) -> Option<&'a str> {
    component.is_released().then(|| license::effective(manifest, component).description()).flatten()
}

/// Returns the name of a base model with how this one was derived from it, its license with what that limits, and its address.
#[cfg(feature = "human")]
pub(super) fn base(base: &Base) -> String {
    let relation = base.relation.as_ref().map(|relation| relation.as_str());
    let license = base.license.as_ref().map(|license| license::standing::described(license));
    let url = base.url.as_ref().map(|url| url.as_str());
    let facts: Vec<&str> = relation.into_iter().chain(license.as_deref()).chain(url).collect();
    let name = base.name.as_str();
    if facts.is_empty() { name.to_owned() } else { format!("{name} ({})", facts.join(", ")) }
}

/// Returns the name of a base, with its relation and license as stated.
pub(super) fn base_in_short(base: &Base) -> String {
    let relation = base.relation.as_ref().map(|relation| relation.as_str());
    let license = base.license.as_ref().map(|license| license.as_str());
    let facts: Vec<&str> = relation.into_iter().chain(license).collect();
    let name = base.name.as_str();
    if facts.is_empty() { name.to_owned() } else { format!("{name} ({})", facts.join(", ")) }
}

/// Returns how a model is released, its price and its gating; empty if none is stated.
pub(super) fn released(manifest: &Manifest) -> String {
    let access = manifest.release.as_ref().and_then(|release| release.access.as_ref());
    let terms = manifest.access.as_ref();
    let facts = [
        access.map(|access| access.as_str().to_owned()),
        terms.and_then(|terms| terms.price.as_ref()).map(|price| price.as_str().to_owned()),
        terms.and_then(|terms| terms.gating.as_ref()).map(|gating| format!("gating {}", gating.as_str())),
    ];
    facts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Returns the default license as it is stated, with its name and URL; `None` if there is none.
pub(super) fn default_license(manifest: &Manifest) -> Option<String> {
    let terms = &manifest.model.license;
    let texts = [&terms.license, &terms.name, &terms.url];
    let texts: Vec<&str> = texts.into_iter().flatten().map(|text| text.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// Returns what a policy of use says, in one line.
pub(super) fn use_policy(policy: &UsePolicy) -> String {
    let kind = policy.kind.as_ref().map(|kind| kind.as_str().to_owned());
    let document = policy.document.as_ref().map(|document| document.value.clone());
    let clause = match policy.competitor_clause.as_ref().map(|flag| flag.value) {
        Some(true) => Some("competitors may not use the model".to_owned()),
        Some(false) => Some("no clause against competitors".to_owned()),
        None => None,
    };
    let uses: Vec<&str> = policy.prohibits.iter().map(|text| text.as_str()).collect();
    let prohibits = (!uses.is_empty()).then(|| format!("prohibits: {}", uses.join(", ")));
    let enforcement = policy.enforcement.as_ref().map(|text| format!("enforcement: {}", text.as_str()));
    let parts: Vec<String> = [kind, document, clause, prohibits, enforcement].into_iter().flatten().collect();
    if parts.is_empty() { "declared without details".to_owned() } else { parts.join("; ") }
}

/// Returns the patterns of a component's files, then the addresses of its remote parts.
#[cfg(feature = "human")]
pub(super) fn files(component: &Component) -> impl Iterator<Item = &str> {
    let remote = component.remote.iter().map(|remote| remote.url.as_str());
    component.files.iter().map(|pattern| pattern.as_str()).chain(remote)
}

/// Returns whether a claim holds, for people.
pub(super) fn outcome(holds: Holds) -> &'static str {
    match holds {
        Holds::Yes => "holds",
        Holds::No => "does not hold",
        Holds::Undecidable => "needs human review",
    }
}
