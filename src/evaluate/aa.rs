//! The method of the Artificial Analysis Openness Index: six parts of up to three points each, in percent.
//!
//! The result is computed from the manifest and is not a score that Artificial Analysis gave. A part that the declared
//! facts leave open is a range, and so is the index then. See
//! <https://artificialanalysis.ai/methodology/openness-index>.

use serde_json::{Map, Value, json};

use super::terms::{self, Standing};
use super::{Evaluation, Outcome, Reason, declared, embedded, in_sentence, unknown};
use crate::license::traits::{self, Answer, Traits};
use crate::license::{self, Expression, License};
use crate::manifest::{Component, Disclosure, Manifest, Openness, ReleaseAccess};
use crate::source::Span;

items! {
    /// The parts of the index. Access to data and its license are means of two parts.
    Part {
        WeightsAccess = "weights-access",
        WeightsLicense = "weights-license",
        PretrainingAccess = "pretraining-data-access",
        PosttrainingAccess = "posttraining-data-access",
        PretrainingLicense = "pretraining-data-license",
        PosttrainingLicense = "posttraining-data-license",
        Disclosure = "methodology-disclosure",
        MethodologyLicense = "methodology-license",
    }
}

/// The most points of a part.
const MOST: u8 = 3;
/// The most points of all parts together.
const TOTAL: f64 = 18.0;
/// The number of tokens above which a partial release of pretraining data is substantial.
const SUBSTANTIAL_TOKENS: u64 = 1_000_000_000_000;

/// The points of a part, or the range in which they are, and why.
#[derive(Debug, Clone)]
struct Points {
    low: u8,
    high: u8,
    /// Whether a person has to decide, not the manifest.
    needs_review: bool,
    why: String,
    span: Option<Span>,
}

impl Points {
    fn of(points: u8, why: impl Into<String>) -> Self {
        Self { low: points, high: points, needs_review: false, why: why.into(), span: None }
    }

    /// Points that depend on a fact that is not stated.
    fn unstated(low: u8, high: u8, why: impl Into<String>) -> Self {
        Self { low, high, ..Self::of(low, why) }
    }

    /// Points that depend on what only a person can decide.
    fn review(low: u8, high: u8, why: impl Into<String>) -> Self {
        Self { needs_review: true, ..Self::unstated(low, high, why) }
    }

    fn at(self, span: Option<Span>) -> Self {
        Self { span: span.or(self.span), ..self }
    }

    /// Returns what applies to both parts: the fewer points.
    fn and(self, other: Self) -> Self {
        let (low, high) = (self.low.min(other.low), self.high.min(other.high));
        let decisive = if (other.low, other.high) < (self.low, self.high) { other } else { self };
        Self { low, high, ..decisive }
    }

    fn is_decided(&self) -> bool {
        self.low == self.high
    }

    fn outcome(&self) -> Outcome {
        match (self.is_decided(), self.low) {
            (true, MOST) => Outcome::Met,
            (true, 0) => Outcome::Failed,
            (true, _) => Outcome::Partial,
            (false, _) if self.needs_review => Outcome::Undecidable,
            (false, _) => Outcome::Unstated,
        }
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("aa-openness");
    let (mut parts, mut reasons, mut open) = (Map::new(), Vec::new(), Vec::new());
    let (mut low, mut high) = (0.0, 0.0);
    for item in &taxonomy.items {
        let Some(part) = Part::from_id(&item.id) else {
            reasons.push(unknown(item));
            continue;
        };
        let points = points(manifest, part);
        parts.insert(item.id.clone(), json!({ "low": points.low, "high": points.high }));
        low += weight(part) * f64::from(points.low);
        high += weight(part) * f64::from(points.high);
        if !points.is_decided() {
            open.push(item.id.as_str());
        }
        let shown =
            if points.is_decided() { points.low.to_string() } else { format!("{} to {}", points.low, points.high) };
        let text = format!("{}: {shown} of {MOST}, {}", in_sentence(&item.name), points.why);
        let mut reason = Reason::new(&item.id, points.outcome(), text).at(points.span);
        reason.component = item.components.first().cloned();
        reasons.push(reason);
    }
    let mut details = Map::new();
    if open.is_empty() {
        details.insert("score".to_owned(), json!(percent(low)));
    }
    details.insert("low".to_owned(), json!(percent(low)));
    details.insert("high".to_owned(), json!(percent(high)));
    details.insert("open".to_owned(), open.into());
    details.insert("parts".to_owned(), Value::Object(parts));
    Evaluation::new(taxonomy, None, details, reasons)
}

/// Returns how much a point of a part counts: those on data are means of two stages.
fn weight(part: Part) -> f64 {
    match part {
        Part::WeightsAccess | Part::WeightsLicense | Part::Disclosure | Part::MethodologyLicense => 1.0,
        Part::PretrainingAccess | Part::PosttrainingAccess | Part::PretrainingLicense | Part::PosttrainingLicense => {
            0.5
        }
    }
}

/// Returns points in percent of the total, to two decimals.
fn percent(points: f64) -> f64 {
    (points / TOTAL * 10_000.0).round() / 100.0
}

fn points(manifest: &Manifest, part: Part) -> Points {
    let pretraining = || access_to(manifest, "training-data");
    match part {
        Part::WeightsAccess => weights_access(manifest),
        Part::WeightsLicense => weights_license(manifest),
        Part::PretrainingAccess => pretraining(),
        Part::PretrainingLicense => data_license(manifest, &["training-data"], &pretraining()),
        Part::PosttrainingAccess => {
            posttraining_access(manifest).unwrap_or_else(|| without_posttraining(pretraining()))
        }
        Part::PosttrainingLicense => match posttraining_access(manifest) {
            Some(access) => data_license(manifest, &POSTTRAINING, &access),
            None => without_posttraining(data_license(manifest, &["training-data"], &pretraining())),
        },
        Part::Disclosure => disclosure(manifest),
        Part::MethodologyLicense => methodology_license(manifest),
    }
}

const POSTTRAINING: [&str; 2] = ["fine-tuning-data", "alignment-data"];

fn weights_access(manifest: &Manifest) -> Points {
    let (_, openness, span) = declared(manifest, "final-weights");
    let access = manifest.release.as_ref().and_then(|release| release.access.as_ref()).map(|access| access.value);
    let is_public = matches!(access, Some(ReleaseAccess::Downloadable | ReleaseAccess::FullyOpen));
    match openness {
        Some(Openness::Open) => Points::of(3, "the weights are open").at(span),
        Some(Openness::Partial) if is_public => Points::of(3, "the weights can be downloaded").at(span),
        Some(Openness::Partial) => Points::review(0, 3, "the weights are available in part or to some people").at(span),
        Some(Openness::Closed | Openness::NotApplicable) => interface(manifest, access).at(span),
        None => Points::unstated(0, 3, "`final-weights` is not declared"),
    }
}

/// Returns the points of closed weights, by the interface through which the model is used.
fn interface(manifest: &Manifest, access: Option<ReleaseAccess>) -> Points {
    let settings = manifest.access.as_ref();
    let (_, api, _) = declared(manifest, "api");
    let has_endpoints = settings.is_some_and(|settings| !settings.endpoints.is_empty());
    let has_api = has_endpoints
        || access == Some(ReleaseAccess::CloudApi)
        || matches!(api, Some(Openness::Open | Openness::Partial));
    let hides = settings.and_then(|settings| settings.api_hides_tokens.as_ref());
    match (has_api, hides.map(|hides| hides.value)) {
        (true, Some(true)) => Points::of(1, "an API hides some of the output tokens"),
        (true, Some(false)) => Points::of(2, "an API shows all output tokens"),
        (true, None) => Points::unstated(1, 2, "`access.api-hides-tokens` is not stated"),
        (false, _) if access == Some(ReleaseAccess::FullyClosed) || api.is_some() => {
            Points::of(0, "the weights are closed, and there is no API")
        }
        (false, _) => Points::unstated(0, 2, "the weights are closed, and it is not stated whether there is an API"),
    }
}

fn weights_license(manifest: &Manifest) -> Points {
    let (component, openness, span) = declared(manifest, "final-weights");
    match (component, openness) {
        (Some(component), Some(Openness::Open | Openness::Partial)) => {
            let own = license_of(manifest, component);
            manifest.model.base.iter().fold(own, |points, base| {
                let (text, at) = match &base.license {
                    Some(text) => (text.value.as_str(), Some(text.span)),
                    None => ("", Some(base.span)),
                };
                points.and(base_license(text).at(at))
            })
        }
        (Some(_), Some(_)) => Points::of(0, "the weights are closed").at(span),
        _ => Points::unstated(0, 3, "`final-weights` is not declared"),
    }
}

/// Returns the most points that the license of a base model leaves to what is derived from it.
fn base_license(text: &str) -> Points {
    match license::read(text) {
        _ if text.is_empty() => Points::unstated(0, 3, "the license of a base model is not stated"),
        Ok(License::Expression(expression)) => by_expression(&expression, &format!("`{text}` on a base model")),
        Ok(License::None) => Points::of(0, "a base model has no license"),
        Err(_) => Points::review(0, 3, format!("it is not known what `{text}` on a base model allows")),
    }
}

/// Returns the points for the license of a released component.
fn license_of(manifest: &Manifest, component: &Component) -> Points {
    let id = &component.id.value;
    let terms = terms::of(manifest, component);
    match (&terms.standing, &terms.expression) {
        (Standing::Unstated, _) => Points::unstated(0, 3, format!("no license is stated for `{id}`")),
        (Standing::Without, _) => Points::of(0, format!("`{id}` is released without a license")),
        (_, Some(expression)) => by_expression(expression, &format!("{} on `{id}`", terms.text)),
        (_, None) => Points::review(0, 3, format!("it is not known what {} on `{id}` allows", terms.text)),
    }
    .at(terms.span)
}

/// Returns the points of a license: 1 if it allows commercial use, 2 if also without attribution, 3 if without limits.
fn by_expression(expression: &Expression, name: &str) -> Points {
    let steps = [
        traits::ask(expression, commercial),
        traits::ask(expression, |traits| both(commercial(traits), no_attribution(traits))),
        traits::ask(expression, |traits| both(both(commercial(traits), no_attribution(traits)), no_limit(traits))),
    ];
    let count = |counts: fn(&&Option<bool>) -> bool| steps.iter().take_while(counts).count().min(usize::from(MOST));
    let (low, high) = (count(|step| **step == Some(true)), count(|step| **step != Some(false)));
    let [low, high] = [low, high].map(|points| u8::try_from(points).unwrap_or(MOST));
    let words = ["does not allow commercial use", "requires attribution", "limits use", "allows any use"];
    match low == high {
        true => Points::of(low, format!("{name} {}", words[usize::from(low)])),
        false => Points::review(low, high, format!("it is not known whether {name} limits use in a way that counts")),
    }
}

fn commercial(traits: &Traits) -> Option<bool> {
    traits.commercial_use.map(Answer::is_yes)
}

/// Returns whether no credit is required. A notice that has to be kept, as approved licenses require, is not attribution.
fn no_attribution(traits: &Traits) -> Option<bool> {
    let approved = license::is_osi_approved(&traits.id).then_some(true);
    approved.or_else(|| license::terms::asks_for_credit(&traits.id).map(|asks| !asks))
}

/// Returns whether a license has no limitation; the method does not say whether copyleft counts as one.
fn no_limit(traits: &Traits) -> Option<bool> {
    let not_copyleft = traits.copyleft.and_then(|answer| (!answer.is_yes()).then_some(true));
    both(terms::restriction(traits).map(|restricts| !restricts), not_copyleft)
}

/// Returns whether both hold, if that is known.
fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Returns the points for access to one set of data.
fn access_to(manifest: &Manifest, id: &str) -> Points {
    let (component, openness, span) = declared(manifest, id);
    let is_described = manifest.component("data-card").is_some_and(Component::is_released);
    let tokens = component.and_then(|component| component.released_tokens.as_ref());
    let points = match openness {
        Some(Openness::Open) => Points::of(3, format!("`{id}` is open")),
        Some(Openness::Partial) => match tokens.map(|tokens| tokens.value).filter(|_| id == "training-data") {
            Some(tokens) if tokens > SUBSTANTIAL_TOKENS => {
                Points::of(2, format!("more than a trillion tokens of `{id}` are released"))
            }
            Some(_) => Points::review(0, 1, format!("a trillion tokens of `{id}` or fewer are released")),
            None if id == "training-data" => {
                Points::unstated(0, 2, format!("the `released-tokens` of `{id}` are not stated"))
            }
            None => Points::review(0, 2, format!("whether what is released of `{id}` suffices needs human review")),
        },
        Some(Openness::Closed | Openness::NotApplicable) if is_described => Points::review(
            0,
            1,
            format!("`{id}` is closed; whether `data-card` discloses its sources needs human review"),
        ),
        Some(Openness::Closed | Openness::NotApplicable) => {
            Points::of(0, format!("`{id}` is closed, and no data card is released"))
        }
        None => Points::unstated(0, 3, format!("`{id}` is not declared")),
    };
    points.at(tokens.map(|tokens| tokens.span).or(span))
}

/// Returns the points for access to what the model was tuned on; `None` if it was not tuned.
fn posttraining_access(manifest: &Manifest) -> Option<Points> {
    let sets: Vec<&str> =
        POSTTRAINING.into_iter().filter(|id| declared(manifest, id).1 != Some(Openness::NotApplicable)).collect();
    let points: Vec<Points> = sets.iter().map(|id| access_to(manifest, id)).collect();
    let some_is_open = points.iter().any(|points| points.low == MOST);
    let all = points.into_iter().reduce(Points::and)?;
    // Part of the data is a partial release, which may suffice to train on.
    Some(if some_is_open && all.high < MOST {
        Points::review(0, 2, "only some sets of post-training data are released").at(all.span)
    } else {
        all
    })
}

fn without_posttraining(pretraining: Points) -> Points {
    Points {
        why: format!("the model has no post-training, so as for pretraining (our reading): {}", pretraining.why),
        ..pretraining
    }
}

/// Returns the points for the license of sets of data: none unless substantial data is shared.
fn data_license(manifest: &Manifest, ids: &[&str], access: &Points) -> Points {
    if access.high < 2 {
        return Points::of(0, "no substantial data is shared").at(access.span);
    }
    let released = ids.iter().filter_map(|id| manifest.component(id)).filter(|component| component.is_released());
    let license = released.map(|component| license_of(manifest, component)).reduce(Points::and);
    let license = license.unwrap_or_else(|| Points::unstated(0, 3, "no data is declared as released"));
    match access.low >= 2 {
        true => license,
        false => Points { low: 0, high: license.high, ..access.clone() },
    }
}

fn disclosure(manifest: &Manifest) -> Points {
    let stated = manifest.training.as_ref().and_then(|training| training.disclosure.as_ref());
    if let Some(stated) = stated {
        let points = match stated.value {
            Disclosure::Architecture => 1,
            Disclosure::Partial => 2,
            Disclosure::Full => 3,
        };
        let text = format!("`training.disclosure` is `{}`", stated.value.as_str());
        return Points::of(points, text).at(Some(stated.span));
    }
    let documents = ["technical-report", "research-paper", "model-architecture"];
    let declared: Vec<&Component> = documents.iter().filter_map(|id| manifest.component(id)).collect();
    match declared.iter().find(|component| component.is_released()) {
        Some(component) => {
            let text =
                format!("`{}` is released; `training.disclosure` does not say how much it tells", component.id.value);
            Points::unstated(1, 3, text).at(Some(component.id.span))
        }
        None if declared.len() == documents.len() => {
            Points::of(0, "no report, paper or architecture is released").at(Some(declared[0].id.span))
        }
        None => Points::unstated(0, 3, format!("none of `{}` is declared as released", documents.join("`, `"))),
    }
}

fn methodology_license(manifest: &Manifest) -> Points {
    let framework = framework(manifest);
    let (component, openness, span) = declared(manifest, "training-code");
    let Some(component) = component else {
        return Points::unstated(framework.low, MOST, "`training-code` is not declared");
    };
    let stages = ["fine-tuning-code", "alignment-code"].iter().filter_map(|id| manifest.component(id));
    let stages = stages.filter(|component| component.openness() != Openness::NotApplicable);
    let pipeline: Vec<&Component> = std::iter::once(component).chain(stages).collect();
    if openness != Some(Openness::Open) || pipeline.iter().any(|part| part.openness() != Openness::Open) {
        return framework.at(span);
    }
    let licenses = pipeline.iter().map(|part| license_of(manifest, part)).reduce(Points::and);
    let license = licenses.unwrap_or_else(|| Points::of(0, "there is no pipeline"));
    let (low, high) = (if license.low > 0 { 3 } else { 2 }, if license.high > 0 { 3 } else { 2 });
    let why = match (low, high) {
        (3, _) => "the code of the pipeline is released, and commercial use is allowed".to_owned(),
        (_, 2) => format!("the code of the pipeline is released, but {}", license.why),
        _ => license.why.clone(),
    };
    Points { low, high, why, ..license }
}

/// Returns the points for the frameworks alone.
fn framework(manifest: &Manifest) -> Points {
    let Some(framework) = manifest.component("training-framework").filter(|framework| framework.is_released()) else {
        return Points::of(0, "the code of the whole pipeline is not released, and no framework is named");
    };
    let license = license_of(manifest, framework);
    let (low, high) = (license.low.min(1), license.high.min(1));
    let why = match low {
        1 => "the training framework is available for commercial use, but not the code of the whole pipeline",
        _ => "only the training framework is available",
    };
    Points { low, high, why: why.to_owned(), ..license }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::evaluate::{Holds, claims};
    use crate::manifest::parse::parse;
    use crate::source::Source;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";

    fn evaluation(text: &str) -> Evaluation {
        evaluate(&model(text))
    }

    fn model(text: &str) -> Manifest {
        let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}{text}")));
        assert!(parsed.is_sound(), "{:?}", parsed.findings);
        parsed.manifest
    }

    fn part(id: &str, openness: &str, more: &str) -> String {
        format!("[component.{id}]\nopenness = \"{openness}\"\n{more}")
    }

    fn open(id: &str, license: &str) -> String {
        part(id, "open", &format!("license = \"{license}\"\n"))
    }

    fn closed(ids: &[&str]) -> String {
        ids.iter().map(|id| part(id, "closed", "")).collect()
    }

    const DATA: [&str; 3] = ["training-data", "fine-tuning-data", "alignment-data"];

    fn disclosure(word: &str) -> String {
        format!("[training]\ndisclosure = \"{word}\"\n")
    }

    /// The range of a part.
    fn range(text: &str, id: &str) -> (u64, u64) {
        let evaluation = evaluation(text);
        let points = &evaluation.details["parts"][id];
        (points["low"].as_u64().unwrap(), points["high"].as_u64().unwrap())
    }

    #[test]
    fn published_cells_add_up_to_published_scores() {
        // Access and license of the weights, access to and license of the data (before and after), disclosure, license.
        for (cells, score) in [
            ([3, 3, 3, 3, 1, 1, 3, 3], 88.89),
            ([3, 3, 0, 0, 0, 0, 1, 0], 38.89),
            ([3, 1, 0, 0, 0, 0, 2, 1], 38.89),
            ([3, 3, 1, 0, 0, 0, 2, 1], 52.78),
            ([2, 0, 0, 0, 0, 0, 0, 0], 11.11),
            ([3, 3, 3, 3, 3, 3, 3, 3], 100.0),
        ] {
            let parts = [
                Part::WeightsAccess,
                Part::WeightsLicense,
                Part::PretrainingAccess,
                Part::PosttrainingAccess,
                Part::PretrainingLicense,
                Part::PosttrainingLicense,
                Part::Disclosure,
                Part::MethodologyLicense,
            ];
            let sum: f64 = parts.into_iter().zip(cells).map(|(part, points)| weight(part) * f64::from(points)).sum();
            assert!((percent(sum) - score).abs() < 1e-9, "{cells:?}: {}", percent(sum));
        }
    }

    #[test]
    fn decided_facts_give_a_number() {
        let code: String =
            ["training-code", "fine-tuning-code", "alignment-code"].iter().map(|id| open(id, "Apache-2.0")).collect();
        let data: String = DATA.iter().map(|id| open(id, "ODC-By-1.0")).collect();
        let everything = format!("{}{data}{code}{}", open("final-weights", "Apache-2.0"), disclosure("full"));
        assert_eq!(evaluation(&everything).score(), Some(88.89));
        let weights_only = format!(
            "{}{}{}",
            open("final-weights", "Apache-2.0"),
            closed(&DATA) + &closed(&["training-code"]),
            disclosure("architecture")
        );
        assert_eq!(evaluation(&weights_only).score(), Some(38.89));
        let framework = open("training-framework", "BSD-3-Clause");
        let attribution =
            weights_only.replace("Apache-2.0", "CC-BY-4.0").replace("\"architecture\"", "\"partial\"") + &framework;
        assert_eq!(evaluation(&attribution).score(), Some(38.89));
        let api = format!(
            "[release]\naccess = \"cloud-api\"\n[access]\napi-hides-tokens = false\n{}",
            closed(&["final-weights", "training-code", "technical-report", "research-paper", "model-architecture"])
                + &closed(&DATA)
        );
        assert_eq!(evaluation(&api).score(), Some(11.11));
        let hides = api.replace("tokens = false", "tokens = true");
        assert_eq!(range(&hides, "weights-access"), (1, 1));
    }

    #[test]
    fn open_parts_give_a_range_and_are_named() {
        let empty = evaluation("");
        assert_eq!((empty.score(), empty.scores()), (None, Some((0.0, 100.0))));
        let text = format!(
            "{}{}{}",
            open("final-weights", "MIT"),
            closed(&DATA) + &closed(&["training-code"]),
            open("technical-report", "CC-BY-4.0")
        );
        let found = evaluation(&text);
        assert_eq!((found.score(), found.scores()), (None, Some((38.89, 50.0))));
        assert_eq!(found.details["open"], json!(["methodology-disclosure"]));
        assert!(
            found.reasons.iter().any(|reason| reason.text.starts_with("disclosure of the methodology: 1 to 3 of 3"))
        );
    }

    #[test]
    fn a_claim_holds_for_the_least_score_and_is_open_within_the_range() {
        let facts = format!("{}{}", open("final-weights", "MIT"), closed(&DATA) + &open("technical-report", "MIT"));
        let holds = |least: &str| {
            let manifest = model(&format!("[claims]\naa-openness = {least}\n{facts}{}", closed(&["training-code"])));
            claims(&manifest, &[evaluate(&manifest)]).0[0].holds
        };
        assert_eq!(holds("38.89"), Holds::Yes);
        assert_eq!(holds("38.9"), Holds::Undecidable);
        assert_eq!(holds("50"), Holds::Undecidable);
        assert_eq!(holds("50.01"), Holds::No);
    }

    #[test]
    fn a_license_gets_more_points_the_less_it_asks() {
        let of = |license: &str| range(&open("final-weights", license), "weights-license");
        for (license, expected) in [
            ("Apache-2.0", (3, 3)),
            ("MIT", (3, 3)),
            ("CC0-1.0", (3, 3)),
            ("CC-BY-4.0", (1, 1)),
            ("LicenseRef-Llama-3.1-Community", (1, 1)),
            ("CC-BY-NC-4.0", (0, 0)),
            ("NONE", (0, 0)),
            ("GPL-3.0-only", (2, 3)),
            ("LicenseRef-BigScience-OpenRAIL-M", (1, 2)),
            ("LicenseRef-own", (0, 3)),
            ("MIT AND CC-BY-NC-4.0", (0, 0)),
            ("MIT OR CC-BY-NC-4.0", (3, 3)),
        ] {
            assert_eq!(of(license), expected, "{license}");
        }
        assert_eq!(range(&part("final-weights", "open", ""), "weights-license"), (0, 3));
        assert_eq!(range(&closed(&["final-weights"]), "weights-license"), (0, 0));
    }

    #[test]
    fn a_base_model_bounds_the_license() {
        let of = |base: &str| {
            let text = format!("base = [{{ name = \"b\"{base} }}]\n{}", open("final-weights", "MIT"));
            range(&text, "weights-license")
        };
        assert_eq!(of(", license = \"Apache-2.0\""), (3, 3));
        assert_eq!(of(", license = \"LicenseRef-Llama-3.1-Community\""), (1, 1));
        assert_eq!(of(", license = \"NONE\""), (0, 0));
        assert_eq!(of(", license = \"LicenseRef-own\""), (0, 3));
        assert_eq!(of(""), (0, 3));
    }

    #[test]
    fn weights_behind_an_api_count_by_what_it_shows() {
        let weights = closed(&["final-weights"]);
        let of = |facts: &str| range(&format!("{weights}{facts}"), "weights-access");
        assert_eq!(of(""), (0, 2));
        assert_eq!(of("[release]\naccess = \"fully-closed\"\n"), (0, 0));
        assert_eq!(of("[release]\naccess = \"cloud-api\"\n"), (1, 2));
        assert_eq!(of("[access]\nendpoints = [\"https://example.org\"]\n"), (1, 2));
        assert_eq!(of(&part("api", "open", "")), (1, 2));
        assert_eq!(of(&part("api", "closed", "")), (0, 0));
        let partial = part("final-weights", "partial", "");
        assert_eq!(range(&partial, "weights-access"), (0, 3));
        assert_eq!(range(&format!("{partial}[release]\naccess = \"downloadable\"\n"), "weights-access"), (3, 3));
    }

    #[test]
    fn partial_data_counts_by_the_tokens_released() {
        let of = |openness: &str, more: &str| {
            let text = part("training-data", openness, &format!("license = \"CC0-1.0\"\n{more}"));
            (range(&text, "pretraining-data-access"), range(&text, "pretraining-data-license"))
        };
        assert_eq!(of("open", ""), ((3, 3), (3, 3)));
        assert_eq!(of("partial", "released-tokens = 1000000000001\n"), ((2, 2), (3, 3)));
        assert_eq!(of("partial", "released-tokens = 1000000000000\n"), ((0, 1), (0, 0)));
        assert_eq!(of("partial", ""), ((0, 2), (0, 3)));
        assert_eq!(of("closed", ""), ((0, 0), (0, 0)));
        let described = format!("{}{}", closed(&["training-data"]), part("data-card", "open", ""));
        assert_eq!(range(&described, "pretraining-data-access"), (0, 1));
    }

    #[test]
    fn post_training_data_counts_together() {
        let of = |tuning: &str, alignment: &str| {
            let text = format!("{}{tuning}{alignment}", open("training-data", "CC0-1.0"));
            range(&text, "posttraining-data-access")
        };
        let (tuning, alignment) = (open("fine-tuning-data", "MIT"), open("alignment-data", "MIT"));
        let none = |id: &str| part(id, "not-applicable", "");
        assert_eq!(of(&tuning, &alignment), (3, 3));
        assert_eq!(of(&tuning, &none("alignment-data")), (3, 3));
        assert_eq!(of(&tuning, &closed(&["alignment-data"])), (0, 2));
        assert_eq!(of(&tuning, ""), (0, 3));
        assert_eq!(of(&closed(&["fine-tuning-data"]), &closed(&["alignment-data"])), (0, 0));
        // Without post-training, the points of the pretraining data count.
        assert_eq!(of(&none("fine-tuning-data"), &none("alignment-data")), (3, 3));
    }

    #[test]
    fn a_pipeline_counts_only_if_every_stage_is_open() {
        let of = |text: &str| range(text, "methodology-license");
        let training = open("training-code", "MIT");
        assert_eq!(of(&training), (3, 3));
        assert_eq!(of(&open("training-code", "CC-BY-NC-4.0")), (2, 2));
        assert_eq!(of(&open("training-code", "LicenseRef-own")), (2, 3));
        assert_eq!(of(&format!("{training}{}", closed(&["alignment-code"]))), (0, 0));
        assert_eq!(of(&format!("{training}{}", part("alignment-code", "not-applicable", ""))), (3, 3));
        let framework = open("training-framework", "MIT");
        assert_eq!(of(&format!("{}{framework}", closed(&["training-code"]))), (1, 1));
        let research = open("training-framework", "CC-BY-NC-4.0");
        assert_eq!(of(&format!("{}{research}", closed(&["training-code"]))), (0, 0));
        assert_eq!(of(""), (0, 3));
        assert_eq!(of(&framework), (1, 3));
    }
}
