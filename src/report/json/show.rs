//! The output of `openness show --format json`, version 1 (`schemas/show-v1.schema.json`).

use std::io::{self, Write};

use serde::Serialize;

use super::base::BaseV1;
use super::{VERSION, object};
use crate::evaluate::{self, ClaimOutcome, Evaluation, Holds};
use crate::license::{self, standing};
use crate::manifest::{Component, Manifest, Remote, Text, UsePolicy};

/// What is declared, and the evaluation by each taxonomy.
#[derive(Debug, Serialize)]
pub struct ShowV1<'a> {
    version: u32,
    model: ModelV1<'a>,
    components: Vec<ComponentV1<'a>>,
    claims: Vec<ClaimV1>,
    #[serde(rename = "use-policy")]
    use_policy: Option<UsePolicyV1<'a>>,
    evaluations: &'a [Evaluation],
    disagreements: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ModelV1<'a> {
    name: &'a str,
    version: &'a str,
    producer: &'a str,
    access: Option<&'a str>,
    gating: Option<&'a str>,
    price: Option<&'a str>,
    expires: Option<&'a str>,
    license: Option<&'a str>,
    #[serde(rename = "license-name")]
    license_name: Option<&'a str>,
    #[serde(rename = "license-url")]
    license_url: Option<&'a str>,
    base: Vec<BaseV1<'a>>,
}

#[derive(Debug, Serialize)]
struct ComponentV1<'a> {
    id: &'a str,
    openness: &'a str,
    license: Option<&'a str>,
    #[serde(rename = "license-name")]
    license_name: Option<&'a str>,
    #[serde(rename = "data-class")]
    data_class: Option<&'a str>,
    reason: Option<&'a str>,
    #[serde(rename = "reason-kind")]
    reason_kind: Option<&'a str>,
    limit: Option<String>,
    files: Vec<&'a str>,
    remote: Vec<RemoteV1<'a>>,
    documentation: Vec<&'a str>,
}

impl<'a> ComponentV1<'a> {
    fn new(manifest: &'a Manifest, component: &'a Component) -> Self {
        let license = license::effective(manifest, component);
        Self {
            id: &component.id,
            openness: component.openness().as_str(),
            license: license.text(),
            license_name: license.name(),
            data_class: component.data_class.as_ref().map(|class| class.as_str()),
            reason: text(component.reason.as_ref()),
            reason_kind: component.reason_kind.as_ref().map(|kind| kind.as_str()),
            limit: component.is_released().then(|| standing::of(manifest, component).limitation()).flatten(),
            files: texts(&component.files),
            remote: component.remote.iter().map(RemoteV1::from).collect(),
            documentation: texts(&component.documentation),
        }
    }
}

/// A part of a component that is elsewhere.
#[derive(Debug, Serialize)]
struct RemoteV1<'a> {
    url: &'a str,
    sha256: Option<&'a str>,
    size: Option<u64>,
}

impl<'a> From<&'a Remote> for RemoteV1<'a> {
    fn from(remote: &'a Remote) -> Self {
        Self {
            url: remote.url.as_str(),
            sha256: remote.sha256.as_ref().map(|digest| digest.value.as_str()),
            size: remote.size.as_ref().map(|size| size.value),
        }
    }
}

/// A claim of the producer, and what the declared facts yield.
#[derive(Debug, Serialize)]
struct ClaimV1 {
    claim: String,
    taxonomy: &'static str,
    claimed: String,
    derived: String,
    /// `None` if a person has to decide.
    holds: Option<bool>,
}

impl From<ClaimOutcome> for ClaimV1 {
    fn from(outcome: ClaimOutcome) -> Self {
        let ClaimOutcome { key, taxonomy, claimed, derived, holds, .. } = outcome;
        let holds = match holds {
            Holds::Yes => Some(true),
            Holds::No => Some(false),
            Holds::Undecidable => None,
        };
        Self { claim: key, taxonomy, claimed, derived, holds }
    }
}

/// The policy of use.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct UsePolicyV1<'a> {
    kind: Option<&'a str>,
    document: Option<&'a str>,
    prohibits: Vec<&'a str>,
    competitor_clause: Option<bool>,
    enforcement: Option<&'a str>,
}

impl<'a> From<&'a UsePolicy> for UsePolicyV1<'a> {
    fn from(policy: &'a UsePolicy) -> Self {
        Self {
            kind: policy.kind.as_ref().map(|kind| kind.as_str()),
            document: text(policy.document.as_ref()),
            prohibits: texts(&policy.prohibits),
            competitor_clause: policy.competitor_clause.as_ref().map(|flag| flag.value),
            enforcement: text(policy.enforcement.as_ref()),
        }
    }
}

fn text(text: Option<&Text>) -> Option<&str> {
    text.map(|text| text.as_str())
}

fn texts(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(|text| text.as_str()).collect()
}

impl<'a> ShowV1<'a> {
    /// Gathers what the format holds.
    #[must_use]
    pub fn new(manifest: &'a Manifest, evaluations: &'a [Evaluation]) -> Self {
        let model = &manifest.model;
        let release = manifest.release.as_ref();
        let terms = manifest.access.as_ref();
        let (mut claims, _) = evaluate::claims(manifest, evaluations);
        // Those about taxonomies that were not asked for.
        claims.retain(|claim| evaluations.iter().any(|evaluation| evaluation.taxonomy == claim.taxonomy));
        Self {
            version: VERSION,
            model: ModelV1 {
                name: &model.name,
                version: &model.version,
                producer: &model.producer,
                access: release.and_then(|release| release.access.as_ref()).map(|access| access.as_str()),
                gating: terms.and_then(|terms| terms.gating.as_ref()).map(|gating| gating.as_str()),
                price: terms.and_then(|terms| terms.price.as_ref()).map(|price| price.as_str()),
                expires: release.and_then(|release| text(release.expires.as_ref())),
                license: text(model.license.license.as_ref()),
                license_name: text(model.license.name.as_ref()),
                license_url: text(model.license.url.as_ref()),
                base: model.base.iter().map(BaseV1::from).collect(),
            },
            components: manifest.components.iter().map(|found| ComponentV1::new(manifest, found)).collect(),
            claims: claims.into_iter().map(ClaimV1::from).collect(),
            use_policy: manifest.use_policy.as_ref().map(UsePolicyV1::from),
            evaluations,
            disagreements: evaluate::disagreements(manifest, evaluations),
        }
    }
}

/// Writes one JSON object.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(manifest: &Manifest, evaluations: &[Evaluation], out: &mut impl Write) -> io::Result<()> {
    object(&ShowV1::new(manifest, evaluations), out)
}
