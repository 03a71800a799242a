//! What it takes to use a model (Solaiman et al. 2025): a table of axes and variables, without levels.
//!
//! See <https://arxiv.org/abs/2502.16701>. The paper's own table of variables was not available, as the data says.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded, in_sentence, unknown};
use crate::manifest::{Access, Component, Manifest};
use crate::source::Span;
use crate::taxonomy::Item;

items! {
    /// The variables.
    Variable {
        Compute = "compute",
        Memory = "memory",
        Storage = "storage",
        Software = "software",
        Interface = "interface",
        Documentation = "documentation",
        Eligibility = "eligibility",
        Languages = "languages",
        Modalities = "modalities",
        Quality = "quality",
        Distribution = "distribution",
        Manageability = "manageability",
    }
}

/// What is stated about a variable.
struct Stated {
    text: String,
    span: Option<Span>,
    is_computed: bool,
}

impl Stated {
    fn new(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), span: Some(span), is_computed: false }
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("access-2025");
    let mut reasons = Vec::new();
    let mut axes = Map::new();
    for item in &taxonomy.items {
        let Some(variable) = Variable::from_id(&item.id) else {
            reasons.push(unknown(item));
            continue;
        };
        let name = in_sentence(&item.name);
        let stated = stated(manifest, item, variable);
        let (state, value) = match &stated {
            Some(stated) if stated.is_computed => ("computed", Some(&stated.text)),
            Some(stated) => ("stated", Some(&stated.text)),
            None => ("not stated", None),
        };
        let axis = axes.entry(item.group.clone().unwrap_or_default()).or_insert_with(|| Value::Object(Map::new()));
        if let Some(axis) = axis.as_object_mut() {
            axis.insert(item.id.clone(), json!({ "state": state, "value": value }));
        }
        reasons.push(match stated {
            Some(stated) => Reason::new(&item.id, Outcome::Met, format!("{name}: {}", stated.text)).at(stated.span),
            None => Reason::new(&item.id, Outcome::Unstated, format!("{name}: not stated")),
        });
    }
    let mut details = Map::new();
    details.insert("axes".to_owned(), Value::Object(axes));
    Evaluation::new(taxonomy, None, details, reasons)
}

fn stated(manifest: &Manifest, item: &Item, variable: Variable) -> Option<Stated> {
    let access = manifest.access.as_ref();
    let gib = |gib: f64| format!("{gib} GiB");
    match variable {
        Variable::Compute => {
            let hardware = access?.min_hardware.as_ref()?;
            Some(Stated::new(hardware.value.clone(), hardware.span))
        }
        Variable::Memory => access?.memory_gib.as_ref().map(|size| Stated::new(gib(size.value), size.span)),
        Variable::Storage => access
            .and_then(|access| access.storage_gib.as_ref())
            .map(|size| Stated::new(gib(size.value), size.span))
            .or_else(|| storage(manifest)),
        Variable::Software => access
            .and_then(|access| access.software.as_ref())
            .map(|software| Stated::new(software.value.clone(), software.span))
            .or_else(|| released(manifest, item)),
        Variable::Interface | Variable::Documentation | Variable::Quality => released(manifest, item),
        Variable::Eligibility => eligibility(access?),
        Variable::Languages => listed(manifest.model.languages.iter().map(|text| (text.as_str(), text.span))),
        Variable::Modalities => listed(manifest.model.modality.iter().map(|word| (word.value.as_str(), word.span))),
        Variable::Distribution => listed(
            manifest
                .model
                .hub
                .iter()
                .chain(access.iter().flat_map(|access| &access.endpoints))
                .map(|text| (text.as_str(), text.span)),
        ),
        Variable::Manageability => {
            let contact = access.and_then(|access| access.contact.as_ref());
            let contact = contact.map(|contact| Stated::new(format!("contact `{}`", contact.value), contact.span));
            let regimes = manifest.access_policy.iter().flat_map(|policy| &policy.regimes);
            let mut revocable = regimes.filter_map(|regime| regime.revocable.as_ref()).filter(|flag| flag.value);
            contact.or_else(|| revocable.next().map(|flag| Stated::new("access can be revoked", flag.span)))
        }
    }
}

/// Returns the sum of the sizes that the manifest states for remote weights, if it states all of them.
fn storage(manifest: &Manifest) -> Option<Stated> {
    const GIB: u64 = 1 << 30;
    let weights = manifest.component("final-weights")?;
    let sizes: Option<Vec<u64>> = weights.remote.iter().map(|remote| Some(remote.size.as_ref()?.value)).collect();
    let bytes: u64 = sizes.filter(|sizes| !sizes.is_empty() && weights.files.is_empty())?.iter().sum();
    let tenths = bytes.saturating_mul(10) / GIB;
    let text = format!("{}.{} GiB, from the sizes of the remote weights", tenths / 10, tenths % 10);
    Some(Stated { text, span: Some(weights.id.span), is_computed: true })
}

fn released(manifest: &Manifest, item: &Item) -> Option<Stated> {
    let found = item.components.iter().filter_map(|id| manifest.component(id));
    let found = found.filter(|component| component.is_released()).map(|component: &Component| {
        Stated::new(format!("`{}` is {}", component.id.value, component.openness().as_str()), component.id.span)
    });
    found.into_iter().next()
}

fn eligibility(access: &Access) -> Option<Stated> {
    let first = access.eligibility.first().map(|text| Stated::new(text.value.clone(), text.span));
    first.or_else(|| {
        access.gating.as_ref().map(|gating| Stated::new(format!("gating {}", gating.as_str()), gating.span))
    })
}

fn listed<'m>(mut words: impl Iterator<Item = (&'m str, Span)>) -> Option<Stated> {
    let (first, span) = words.next()?;
    let all: Vec<&str> = std::iter::once(first).chain(words.map(|(word, _)| word)).collect();
    Some(Stated::new(all.join(", "), span))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::evaluate::evaluate_one;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn axes(more: &str) -> Value {
        let text = format!("schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n{more}");
        let parsed = parse(Source::new("t", text));
        assert!(parsed.is_sound(), "{:#?}", parsed.findings);
        evaluate_one(&parsed.manifest, "access-2025").unwrap().details["axes"].clone()
    }

    #[test]
    fn hardware_is_one_of_three_facts_of_resourcing() {
        let found = axes("[access]\nmin-hardware = \"one GPU\"\n");
        assert_eq!(found["resourcing"]["compute"], json!({ "state": "stated", "value": "one GPU" }));
        assert_eq!(found["resourcing"]["memory"]["state"], "not stated");
        assert_eq!(axes("")["resourcing"]["compute"]["state"], "not stated");
    }

    #[test]
    fn storage_is_computed_from_sizes_only_if_all_are_stated() {
        let weights = |remote: &str| format!("[component.final-weights]\nopenness = \"open\"\nremote = [{remote}]\n");
        let sized = |size: &str| format!("{{ url = \"https://example.org/{size}\", size = {size} }}");
        let both = format!("{}, {}", sized("1073741824"), sized("536870912"));
        let found = axes(&weights(&both));
        assert_eq!(found["resourcing"]["storage"]["state"], "computed");
        assert!(found["resourcing"]["storage"]["value"].as_str().unwrap().starts_with("1.5 GiB"));
        let one = format!("{}, {{ url = \"https://example.org/x\" }}", sized("1073741824"));
        assert_eq!(axes(&weights(&one))["resourcing"]["storage"]["state"], "not stated");
    }
}
