//! How much of the EU code of practice's Model Documentation Form the declared facts fill.
//!
//! Which facts fill an item is our own reading. Providers that the open-source exemption covers need not fill the form.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, Verdict, embedded, eu, in_sentence, unknown};
use crate::license::{self, Effective};
use crate::manifest::{Manifest, Modality, Text};
use crate::source::{Span, Spanned};
use crate::taxonomy::Item;

items! {
    /// The items of the form.
    Entry {
        Updated = "head.date",
        DocumentVersion = "head.version",
        Provider = "1.1",
        ModelName = "1.2",
        Authenticity = "1.3",
        ReleaseDate = "1.4",
        MarketDate = "1.5",
        Dependencies = "1.6",
        Architecture = "2.1",
        Design = "2.2",
        Inputs = "2.3",
        Outputs = "2.4",
        Parameters = "2.5",
        Channels = "3.1",
        LicenseLink = "3.2",
        LicenseCategory = "3.3",
        Assets = "3.4",
        UsePolicy = "4.1",
        Uses = "4.2",
        Systems = "4.3",
        Integration = "4.4",
        Hardware = "4.5",
        Software = "4.6",
        TrainingDesign = "5.1",
        TrainingRationale = "5.2",
        DataModality = "6.1",
        DataProvenance = "6.2",
        DataSelection = "6.3",
        DataSize = "6.4",
        DataScope = "6.5",
        DataCuration = "6.6",
        UnsuitableSources = "6.7",
        Biases = "6.8",
        TrainingTime = "7.1",
        Computation = "7.2",
        ComputationMethod = "7.3",
        Energy = "8.1",
        EnergyMethod = "8.2",
        Inference = "8.3",
        InferenceMethod = "8.4",
    }
}

/// An answer, and where the manifest gives it.
type Answer = (String, Option<Span>);

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("eu-model-documentation");
    let is_exempt = eu::evaluate(manifest).verdict == Some(Verdict::Meets);
    let mut form = Map::new();
    let mut reasons = Vec::new();
    for item in &taxonomy.items {
        let Some(entry) = Entry::from_id(&item.id) else {
            reasons.push(unknown(item));
            continue;
        };
        let name = in_sentence(&item.name);
        let answer = answer(manifest, item, entry);
        form.insert(item.id.clone(), json!(answer.as_ref().map(|(text, _)| text)));
        reasons.push(match answer {
            Some((text, span)) => Reason::new(&item.id, Outcome::Met, format!("{name}: {text}")).at(span),
            None if is_exempt => {
                let text = format!("{name}: not asked of a provider that the open-source exemption covers");
                Reason::new(&item.id, Outcome::NotApplicable, text)
            }
            // Nothing in a manifest shows that it is signed.
            None if entry == Entry::Authenticity => {
                Reason::new(&item.id, Outcome::Undecidable, format!("{name}: a signature of the release shows it"))
            }
            None => Reason::new(&item.id, Outcome::Unstated, format!("{name}: not stated")),
        });
    }
    let mut details = Map::new();
    details.insert("exempt".to_owned(), is_exempt.into());
    details.insert("form".to_owned(), Value::Object(form));
    Evaluation::new(taxonomy, None, details, reasons)
}

fn answer(manifest: &Manifest, item: &Item, entry: Entry) -> Option<Answer> {
    let model = &manifest.model;
    let eu = manifest.eu.as_ref();
    let form = eu.and_then(|eu| eu.form.as_ref());
    let usage = eu.and_then(|eu| eu.usage_information.as_ref());
    let access = manifest.access.as_ref();
    let text = |text: Option<&Text>| text.map(|text| (text.value.clone(), Some(text.span)));
    match entry {
        Entry::Updated | Entry::ReleaseDate => text(manifest.release.as_ref()?.date.as_ref()),
        Entry::DocumentVersion => {
            let sequence = manifest.release.as_ref()?.sequence.as_ref()?;
            Some((sequence.value.to_string(), Some(sequence.span)))
        }
        Entry::Provider => text(eu?.provider.as_ref()),
        Entry::ModelName => {
            Some((format!("{} {}", model.name.as_str(), model.version.as_str()), Some(model.name.span)))
        }
        Entry::Authenticity => text(access?.endpoints.first()),
        Entry::MarketDate => text(eu?.placed_on_market.as_ref()),
        Entry::Dependencies => dependencies(manifest),
        Entry::Architecture => {
            text(model.architecture.as_ref().or_else(|| eu.and_then(|eu| eu.architecture_information.as_ref())))
        }
        Entry::Design => text(form?.design.as_ref()),
        Entry::Inputs => listed(&usage?.input_modalities),
        Entry::Outputs => listed(&usage?.output_modalities),
        Entry::Parameters => {
            let number = model.parameters.as_ref()?;
            Some((parameters(number.value), Some(number.span)))
        }
        Entry::Channels => {
            let channels: Vec<&Text> =
                model.hub.iter().chain(access.iter().flat_map(|access| &access.endpoints)).collect();
            let shown: Vec<&str> = channels.iter().map(|text| text.as_str()).collect();
            let stated = channels.first().map(|first| (shown.join(", "), Some(first.span)));
            stated.or_else(|| indicator(manifest, "top-distribution-channels"))
        }
        Entry::LicenseLink => license(manifest).map(|(link, _, span)| (link, span)),
        Entry::LicenseCategory => license(manifest).and_then(|(_, category, span)| Some((category?.to_owned(), span))),
        Entry::Assets => assets(manifest),
        Entry::UsePolicy => text(manifest.use_policy.as_ref()?.document.as_ref()),
        Entry::Uses => text(form.and_then(|form| form.intended_uses.as_ref())).or_else(|| {
            let prohibits = &manifest.use_policy.as_ref()?.prohibits;
            listed(prohibits).map(|(uses, span)| (format!("prohibited: {uses}"), span))
        }),
        Entry::Systems => text(form?.systems.as_ref()),
        Entry::Integration => text(usage?.integration.as_ref()),
        Entry::Hardware => text(access?.min_hardware.as_ref()),
        Entry::Software => text(access?.software.as_ref()),
        Entry::TrainingDesign => {
            text(form.and_then(|form| form.training.as_ref())).or_else(|| released(manifest, item))
        }
        Entry::TrainingRationale => text(form?.rationale.as_ref()),
        Entry::DataModality => data_modality(manifest),
        Entry::DataProvenance => indicator(manifest, "data-acquisition-methods"),
        Entry::DataSelection | Entry::DataScope => released(manifest, item),
        Entry::DataSize => indicator(manifest, "data-size"),
        Entry::DataCuration => indicator(manifest, "data-processing-methods"),
        Entry::UnsuitableSources => indicator(manifest, "data-processing-purpose"),
        Entry::Biases => indicator(manifest, "data-processing-techniques"),
        Entry::TrainingTime => indicator(manifest, "development-duration-for-final-training-run"),
        Entry::Computation => {
            let compute = manifest.compute.as_ref()?;
            let flop = compute.cumulative_flop.as_ref().or(compute.training_flop.as_ref())?;
            Some((format!("{:.1e} FLOP", flop.value), Some(flop.span)))
        }
        Entry::ComputationMethod => {
            let method = manifest.compute.as_ref()?.method.as_ref()?;
            Some((method.as_str().to_owned(), Some(method.span)))
        }
        Entry::Energy => indicator(manifest, "energy-usage-for-final-training-run"),
        // The indicators do not ask for methods apart from the figures.
        Entry::EnergyMethod | Entry::InferenceMethod => None,
        Entry::Inference => indicator(manifest, "benchmarked-inference"),
    }
}

fn listed(texts: &[Text]) -> Option<Answer> {
    let shown: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
    Some((shown.join(", "), Some(texts.first()?.span)))
}

/// Returns what `[transparency]` states under an indicator.
fn indicator(manifest: &Manifest, key: &str) -> Option<Answer> {
    let (_, text) = manifest.transparency.iter().find(|(known, _)| *known == key)?;
    Some((text.value.clone(), Some(text.span)))
}

fn released(manifest: &Manifest, item: &Item) -> Option<Answer> {
    let mut found = item.components.iter().filter_map(|id| manifest.component(id));
    let component = found.find(|component| component.is_released())?;
    let places = component.files.iter().map(|pattern| pattern.as_str());
    let places: Vec<&str> = places.chain(component.remote.iter().map(|remote| remote.url.as_str())).collect();
    let place = if places.is_empty() { format!("`{}`", component.id.value) } else { places.join(", ") };
    Some((place, Some(component.id.span)))
}

fn dependencies(manifest: &Manifest) -> Option<Answer> {
    if let Some(first) = manifest.model.base.first() {
        let names: Vec<&str> = manifest.model.base.iter().map(|base| base.name.as_str()).collect();
        return Some((names.join(", "), Some(first.span)));
    }
    indicator(manifest, "model-dependencies")
}

/// Returns the license of the weights, its category, and the position.
fn license(manifest: &Manifest) -> Option<(String, Option<&'static str>, Option<Span>)> {
    let weights = manifest.component("final-weights").filter(|component| component.is_released())?;
    let effective = license::effective(manifest, weights);
    let text = effective.description()?.to_owned();
    let category = match &effective {
        Effective::None(..) => Some("no license"),
        _ => effective.expression().map(|expression| match expression.is_open() {
            true => "free and open source",
            false => "with restrictions on use",
        }),
    };
    Some((text, category, effective.span()))
}

/// Returns the data, the code and other parts that are released next to the weights.
fn assets(manifest: &Manifest) -> Option<Answer> {
    let others =
        manifest.components.iter().filter(|component| component.is_released() && component.id.value != "final-weights");
    let others: Vec<_> = others.collect();
    let names: Vec<&str> = others.iter().map(|component| component.id.as_str()).collect();
    Some((names.join(", "), Some(others.first()?.id.span)))
}

fn data_modality(manifest: &Manifest) -> Option<Answer> {
    let first: &Spanned<Modality> = manifest.model.modality.first()?;
    let words: Vec<&str> = manifest.model.modality.iter().map(|word| word.value.as_str()).collect();
    Some((words.join(", "), Some(first.span)))
}

/// The bands of the form: the first number above each, and its name.
const BANDS: &[(u64, &str)] = &[
    (500_000_000, "1–500M"),
    (5_000_000_000, "500M–5B"),
    (15_000_000_000, "5B–15B"),
    (50_000_000_000, "15B–50B"),
    (100_000_000_000, "50B–100B"),
    (500_000_000_000, "100B–500B"),
    (1_000_000_000_000, "500B–1T"),
    (u64::MAX, ">1T"),
];

/// Returns a number of parameters with two significant figures, and its band. The form does not say to which band an edge
/// belongs, so both are named.
fn parameters(number: u64) -> String {
    let at = BANDS.iter().position(|(end, _)| number <= *end).unwrap_or(BANDS.len() - 1);
    let (end, name) = BANDS[at];
    let band = match BANDS.get(at + 1).filter(|_| number == end) {
        Some((_, next)) => format!("{name} or {next}: the edge is not specified"),
        None => name.to_owned(),
    };
    format!("{:.1e} ({band})", super::real_of(number))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::evaluate::evaluate_one;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn evaluation(text: &str) -> Evaluation {
        let parsed = parse(Source::new("t", text));
        assert!(parsed.is_sound(), "{:#?}", parsed.findings);
        evaluate_one(&parsed.manifest, "eu-model-documentation").unwrap()
    }

    fn of(more: &str) -> Evaluation {
        evaluation(&format!("schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n{more}"))
    }

    #[test]
    fn parameters_are_in_a_band_and_an_edge_in_two() {
        assert_eq!(parameters(8_000_000_000), "8.0e9 (5B–15B)");
        assert_eq!(parameters(5_000_000_000), "5.0e9 (500M–5B or 5B–15B: the edge is not specified)");
        assert_eq!(parameters(5_000_000_001), "5.0e9 (5B–15B)");
        assert_eq!(parameters(2_000_000_000_000), "2.0e12 (>1T)");
    }

    #[test]
    fn a_provider_that_is_not_exempt_sees_what_is_missing() {
        let llama = of(
            "parameters = 8000000000\nlicense = \"LicenseRef-Llama-3.1-Community\"\n[component.final-weights]\nopenness = \"open\"\n",
        );
        let outcome = |id: &str| llama.reasons.iter().find(|reason| reason.item == id).unwrap().outcome;
        assert_eq!(llama.details["exempt"], false);
        assert_eq!(llama.details["form"]["3.3"], "with restrictions on use");
        assert_eq!(
            (outcome("2.5"), outcome("8.1"), outcome("1.3")),
            (Outcome::Met, Outcome::Unstated, Outcome::Undecidable)
        );
    }

    #[test]
    fn nothing_is_asked_of_an_exempt_provider() {
        let tiny = evaluation(include_str!("../../examples/tiny-lm/OPENNESS.toml"));
        assert_eq!(tiny.details["exempt"], true);
        assert!(tiny.reasons.iter().all(|reason| matches!(reason.outcome, Outcome::Met | Outcome::NotApplicable)));
        assert!(tiny.reasons.iter().any(|reason| reason.outcome == Outcome::NotApplicable));
    }
}
