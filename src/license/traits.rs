//! What licences allow, one trait at a time; and the Hub's licence ids.
//!
//! `None` means that it is not known here, never that a licence is silent. Of a licence that the OSI approves the
//! [Open Source Definition](https://opensource.org/osd) says the traits. No legal advice.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Expression;

/// What one licence allows and asks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Traits {
    /// The SPDX id or `LicenseRef-…`.
    pub id: String,
    /// The full name.
    pub name: String,
    /// Where its terms stand.
    pub source: String,
    /// How they were seen.
    pub read: Read,
    /// The Hub's id.
    pub hub: Option<String>,
    /// Commercial use.
    pub commercial_use: Option<Answer>,
    /// Passing it on.
    pub redistribution: Option<Answer>,
    /// Changing it.
    pub derivatives: Option<Answer>,
    /// Uses or fields are excluded.
    pub field_of_use_limits: Option<Answer>,
    /// Whoever has more users needs another licence.
    pub user_threshold: Option<Threshold>,
    /// Whoever has more revenue needs another licence.
    pub revenue_threshold: Option<Threshold>,
    /// Derivatives keep the licence.
    pub copyleft: Option<Answer>,
    /// A credit, a badge or a name is demanded.
    pub attribution_naming: Option<Answer>,
    /// Outputs may not train other models.
    pub output_training_limit: Option<Answer>,
    /// A policy outside the licence binds too.
    pub acceptable_use_policy: Option<Answer>,
    /// Some countries are excluded.
    pub geo_exclusion: Option<Answer>,
    /// Some commercial use needs a further licence from the licensor.
    pub separate_commercial_license: Option<Answer>,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Answer {
    /// Returns whether the answer is yes.
    #[must_use]
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

/// A number above which a licence ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "WrittenThreshold")]
pub enum Threshold {
    /// There is none.
    None,
    /// Above this number.
    Above(u64),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenThreshold {
    Flag(bool),
    Number(u64),
}

impl From<WrittenThreshold> for Threshold {
    fn from(written: WrittenThreshold) -> Self {
        match written {
            WrittenThreshold::Number(number) => Self::Above(number),
            // `true` without a number says that there is some threshold.
            WrittenThreshold::Flag(there) => {
                if there {
                    Self::Above(0)
                } else {
                    Self::None
                }
            }
        }
    }
}

/// How the terms were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Read {
    /// In their own text.
    Text,
    /// In part, or in somebody's description.
    Description,
    /// By name alone.
    #[default]
    None,
}

/// What a Hub licence id means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubLicense {
    /// An SPDX id, or a `LicenseRef` with its name.
    Named {
        /// The SPDX id or `LicenseRef-…`.
        id: String,
        /// The name, where SPDX has no id.
        name: Option<String>,
    },
    /// A deprecated id: one of these was meant, and only the licensor knows which.
    Either(Vec<String>),
    /// A family of licences, or none at all.
    Vague,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    license: Vec<Traits>,
    spelling: BTreeMap<String, String>,
    vague: Vague,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vague {
    families: Vec<String>,
    nothing: Vec<String>,
}

static DATA: LazyLock<Data> =
    LazyLock::new(|| toml::from_str(include_str!("traits.toml")).expect("the embedded file is read by a test"));

/// Returns what is known of a licence; `None` where nothing is.
#[must_use]
pub fn traits(id: &str) -> Option<Traits> {
    if let Some(known) = DATA.license.iter().find(|traits| traits.id == id) {
        return Some(known.clone());
    }
    spdx::license_id(id).filter(|license| license.is_osi_approved()).map(|license| Traits {
        id: id.to_owned(),
        name: license.full_name.to_owned(),
        source: "https://opensource.org/osd".to_owned(),
        read: Read::Description,
        hub: None,
        commercial_use: Some(Answer::Yes),
        redistribution: Some(Answer::Yes),
        derivatives: Some(Answer::Yes),
        field_of_use_limits: Some(Answer::No),
        user_threshold: Some(Threshold::None),
        revenue_threshold: Some(Threshold::None),
        copyleft: Some(if license.is_copyleft() { Answer::Yes } else { Answer::No }),
        attribution_naming: None,
        output_training_limit: Some(Answer::No),
        acceptable_use_policy: Some(Answer::No),
        geo_exclusion: Some(Answer::No),
        separate_commercial_license: Some(Answer::No),
    })
}

/// Asks a question of every licence of an expression: `Some(true)` where the licensee may choose terms of which it holds,
/// `Some(false)` where there are none, `None` where it is not known.
pub fn ask(expression: &Expression, question: impl Fn(&Traits) -> Option<bool>) -> Option<bool> {
    ask_each(expression, |id| traits(id).and_then(|traits| question(&traits)))
}

/// The same of a question that is answered by a licence's id.
pub fn ask_each(expression: &Expression, answer: impl Fn(&str) -> Option<bool>) -> Option<bool> {
    if !expression.grants(|_| true) {
        // An addition of somebody's own: it could take back anything.
        return None;
    }
    if expression.grants(|id| answer(id) == Some(true)) {
        Some(true)
    } else if expression.grants(|id| answer(id) != Some(false)) {
        None
    } else {
        Some(false)
    }
}

/// Returns what to say after the name of an expression whose traits are not all from the texts themselves; else nothing.
#[must_use]
pub fn caveat(expression: &Expression) -> &'static str {
    let is_described =
        |id: &String| DATA.license.iter().any(|traits| traits.id == *id && traits.read == Read::Description);
    if expression.names().iter().any(is_described) { " (as described, its text was not read whole)" } else { "" }
}

/// Returns every licence with traits of its own, in the order of the file.
#[must_use]
pub fn known() -> &'static [Traits] {
    &DATA.license
}

/// Returns what a licence id of the Hugging Face Hub means; `None` where the Hub has no such id.
#[must_use]
pub fn hub(id: &str) -> Option<HubLicense> {
    if let Some(known) = DATA.license.iter().find(|traits| traits.hub.as_deref() == Some(id)) {
        return Some(HubLicense::Named { id: known.id.clone(), name: Some(known.name.clone()) });
    }
    if let Some(spelling) = DATA.spelling.get(id) {
        return Some(HubLicense::Named { id: spelling.clone(), name: None });
    }
    if DATA.vague.families.iter().chain(&DATA.vague.nothing).any(|vague| vague == id) {
        return Some(HubLicense::Vague);
    }
    let spdx = super::suggest::spdx_ids().find(|spdx| spdx.to_lowercase() == id)?;
    let successors = super::suggest::successors(spdx);
    Some(if successors.is_empty() {
        HubLicense::Named { id: spdx.to_owned(), name: None }
    } else {
        HubLicense::Either(successors)
    })
}

/// Returns the licence ids that a word of a catalogue or a model card may mean; empty where it names none.
#[must_use]
pub fn meant(text: &str) -> Vec<String> {
    let text = text.trim();
    match hub(&text.to_lowercase()) {
        Some(HubLicense::Named { id, .. }) => vec![id],
        Some(HubLicense::Either(ids)) => ids,
        Some(HubLicense::Vague) => Vec::new(),
        None => match super::read(text) {
            Ok(super::License::Expression(expression)) => expression.names(),
            Ok(super::License::None) => Vec::new(),
            Err(error) => error.suggestions,
        },
    }
}

/// Returns whether what somebody else says of a licence, as [`meant`] reads it, cannot be what is declared.
///
/// A `LicenseRef` has the name that its writer chose, so it is another licence only where both are known here.
#[must_use]
pub fn contradicts(meant: &[String], declared: &Expression) -> bool {
    let names = declared.names();
    let is_known = |id: &String| super::is_listed(id) || DATA.license.iter().any(|traits| traits.id == *id);
    let may_be =
        |id: &String| names.contains(id) || (!super::is_listed(id) && (!is_known(id) || !names.iter().all(is_known)));
    !meant.is_empty() && !meant.iter().any(may_be)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_licence_reads_as_an_expression_and_stands_once() {
        let mut ids = BTreeSet::new();
        for known in known() {
            assert!(ids.insert(&known.id), "{}", known.id);
            assert!(super::super::read(&known.id).is_ok(), "{}", known.id);
            assert!(known.source.starts_with("https://"), "{}", known.id);
            assert_eq!(
                known.read == Read::None,
                says_nothing(known),
                "{}: traits and no source, or the reverse",
                known.id
            );
        }
    }

    fn says_nothing(known: &Traits) -> bool {
        let answers = [
            known.commercial_use,
            known.redistribution,
            known.derivatives,
            known.field_of_use_limits,
            known.copyleft,
            known.attribution_naming,
            known.output_training_limit,
            known.acceptable_use_policy,
            known.geo_exclusion,
            known.separate_commercial_license,
        ];
        answers.iter().all(Option::is_none) && known.user_threshold.is_none() && known.revenue_threshold.is_none()
    }

    #[test]
    fn what_was_only_described_is_said_to_be() {
        let caveat = |text: &str| match super::super::read(text).unwrap() {
            super::super::License::Expression(expression) => caveat(&expression),
            super::super::License::None => "",
        };
        assert_ne!(caveat("MIT AND LicenseRef-Falcon-180B-TII-1.0"), "");
        assert_eq!(caveat("MIT AND LicenseRef-Llama-2-Community"), "");
    }

    #[test]
    fn a_community_licence_has_its_threshold_and_an_approved_one_none() {
        let llama = traits("LicenseRef-Llama-3.1-Community").unwrap();
        assert_eq!(llama.user_threshold, Some(Threshold::Above(700_000_000)));
        assert_eq!(traits("MIT").unwrap().user_threshold, Some(Threshold::None));
        assert!(traits("LicenseRef-anything").is_none());
    }

    #[test]
    fn a_card_and_a_manifest_contradict_each_other_only_where_both_are_known() {
        let differs = |card: &str, declared: &str| match super::super::read(declared).unwrap() {
            super::super::License::Expression(expression) => contradicts(&meant(card), &expression),
            super::super::License::None => true,
        };
        assert!(!differs("apache-2.0", "Apache-2.0"));
        assert!(!differs("Apache License 2.0", "Apache-2.0"));
        assert!(!differs("gpl-3.0", "GPL-3.0-or-later"));
        assert!(!differs("mit", "MIT OR Apache-2.0"));
        assert!(!differs("gemma", "LicenseRef-my-name-for-Gemma"));
        assert!(!differs("other", "LicenseRef-mine"));
        assert!(!differs("a licence nobody knows", "MIT"));
        assert!(differs("apache-2.0", "CC-BY-NC-4.0"));
        assert!(differs("gpl-3.0", "GPL-2.0-only"));
        assert!(differs("apache-2.0", "LicenseRef-mine"));
        assert!(differs("gemma", "Apache-2.0"));
        assert!(differs("gemma", "LicenseRef-Llama-2-Community"));
    }

    #[test]
    fn a_question_to_an_expression_is_answered_by_what_may_be_chosen() {
        let ask = |text: &str| match super::super::read(text).unwrap() {
            super::super::License::Expression(expression) => {
                ask(&expression, |traits| traits.commercial_use.map(Answer::is_yes))
            }
            super::super::License::None => None,
        };
        assert_eq!(ask("MIT OR CC-BY-NC-4.0"), Some(true));
        assert_eq!(ask("MIT AND CC-BY-NC-4.0"), Some(false));
        assert_eq!(ask("LicenseRef-mine OR CC-BY-NC-4.0"), None);
        assert_eq!(ask("MIT WITH AdditionRef-mine"), None);
    }

    #[test]
    fn hub_ids_are_spdx_ids_in_lower_case_but_for_the_exceptions() {
        let named = |id: &str| HubLicense::Named { id: id.to_owned(), name: None };
        assert_eq!(hub("apache-2.0"), Some(named("Apache-2.0")));
        assert_eq!(hub("odbl"), Some(named("ODbL-1.0")));
        assert_eq!(hub("bsl-1.0"), Some(named("BSL-1.0")));
        assert_eq!(hub("gpl-3.0"), Some(HubLicense::Either(vec!["GPL-3.0-only".into(), "GPL-3.0-or-later".into()])));
        assert_eq!(hub("cc"), Some(HubLicense::Vague));
        assert!(matches!(hub("gemma"), Some(HubLicense::Named { name: Some(_), .. })));
        assert_eq!(hub("no-such-licence"), None);
    }
}
