//! What licenses allow, trait by trait, and the license ids of the Hugging Face Hub.
//!
//! `None` means that a trait is unknown, not that a license does not mention it. The traits of OSI-approved licenses follow
//! from the [Open Source Definition](https://opensource.org/osd). Not legal advice.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Expression;
use super::ids::{spdx_ids, successors};
use crate::embedded;

/// The traits of a license: what it allows and requires.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Traits {
    /// The SPDX id or `LicenseRef-…`.
    pub id: String,
    /// The full name.
    pub name: String,
    /// The URL of its terms, or of the description they were taken from.
    pub source: String,
    /// The way in which the terms were read.
    pub read: Read,
    /// Its id on the Hugging Face Hub.
    pub hub: Option<String>,
    /// Whether commercial use is allowed.
    pub commercial_use: Option<Answer>,
    /// Whether redistribution is allowed.
    pub redistribution: Option<Answer>,
    /// Whether modification is allowed.
    pub derivatives: Option<Answer>,
    /// Whether some uses or fields of use are excluded.
    pub field_of_use_limits: Option<Answer>,
    /// The number of users above which another license is needed.
    pub user_threshold: Option<Threshold>,
    /// The revenue above which another license is needed, in the currency of the terms.
    pub revenue_threshold: Option<Threshold>,
    /// Whether derivatives must keep the license.
    pub copyleft: Option<Answer>,
    /// Whether training other models on outputs is limited.
    pub output_training_limit: Option<Answer>,
    /// Whether a separate acceptable use policy is binding.
    pub acceptable_use_policy: Option<Answer>,
    /// Whether some countries are excluded.
    pub geo_exclusion: Option<Answer>,
    /// Whether some commercial use needs a separate license from the licensor.
    pub separate_commercial_license: Option<Answer>,
    /// The number of monthly users above which products have to display a name. The license applies to them all the same.
    pub attribution_threshold: Option<Threshold>,
    /// The revenue, per month or year as the terms say, above which products have to display a name.
    pub attribution_revenue: Option<Threshold>,
    /// Whether the license ends for those who bypass a guardrail of the model.
    pub guardrail_clause: Option<Answer>,
    /// Whether hosting the model as a service is excluded, or needs an agreement.
    pub service_limit: Option<Answer>,
    /// Whether the use of outputs is limited, to some countries or purposes, besides training.
    pub outputs_restricted: Option<Answer>,
}

/// The answer to a question about a license.
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

/// A number above which a license does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "WrittenThreshold")]
pub enum Threshold {
    /// No threshold.
    None,
    /// The license applies up to this number; 0 if there is a threshold but its value is not known.
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
            // `true` means that there is a threshold of unknown value.
            WrittenThreshold::Flag(exists) => {
                if exists {
                    Self::Above(0)
                } else {
                    Self::None
                }
            }
        }
    }
}

/// The way in which the terms of a license were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Read {
    /// The whole text was read.
    Text,
    /// Only part of the text, or a third party's description, was read.
    Description,
    /// Only the name is known.
    #[default]
    None,
}

/// The license that an id of the Hugging Face Hub or a name in words stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HubLicense {
    /// An SPDX id, or a `LicenseRef` with its name.
    Named {
        /// The SPDX id, `LicenseRef-…`, or expression.
        id: String,
        /// The name, if SPDX has no id for the license.
        name: Option<String>,
    },
    /// A deprecated id: one of these was meant, but only the licensor knows which.
    Either(Vec<String>),
    /// A license family, or no license at all.
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
    families: BTreeMap<String, Vec<String>>,
    nothing: Vec<String>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| embedded::read(include_str!("traits.toml")));

/// Returns the known traits of a license, or `None` if nothing is known about it.
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
        output_training_limit: Some(Answer::No),
        acceptable_use_policy: Some(Answer::No),
        geo_exclusion: Some(Answer::No),
        separate_commercial_license: Some(Answer::No),
        attribution_threshold: Some(Threshold::None),
        attribution_revenue: Some(Threshold::None),
        guardrail_clause: Some(Answer::No),
        service_limit: Some(Answer::No),
        outputs_restricted: Some(Answer::No),
    })
}

/// Asks a question about the traits of every license in an expression.
///
/// Returns `Some(true)` if the licensee can choose terms for which the answer is yes, `Some(false)` if there are no such
/// terms, and `None` if that is unknown.
pub fn ask(expression: &Expression, question: impl Fn(&Traits) -> Option<bool>) -> Option<bool> {
    ask_each(expression, |id| traits(id).and_then(|traits| question(&traits)))
}

/// Asks a question that is answered from the id of each license; see [`ask`].
pub fn ask_each(expression: &Expression, answer: impl Fn(&str) -> Option<bool>) -> Option<bool> {
    if !expression.grants(|_| true) {
        // A custom addition could take any permission away.
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

/// Returns a caveat to print after an expression if some of its traits come from descriptions; otherwise an empty string.
#[must_use]
pub fn caveat(expression: &Expression) -> &'static str {
    let is_described =
        |id: &String| DATA.license.iter().any(|traits| traits.id == *id && traits.read == Read::Description);
    if expression.names().iter().any(is_described) {
        " (according to a description; its full text was not read)"
    } else {
        ""
    }
}

/// Returns every license with an entry in the data file, in its order.
#[must_use]
pub fn known() -> &'static [Traits] {
    &DATA.license
}

/// Returns what the ids of the members of a family contain, if the Hub has one of this name.
pub(super) fn family(name: &str) -> Option<&'static [String]> {
    DATA.vague.families.get(name).map(Vec::as_slice)
}

/// Returns the meaning of a license id on the Hugging Face Hub, or `None` if the Hub has no such id.
#[must_use]
pub fn hub(id: &str) -> Option<HubLicense> {
    if let Some(known) = DATA.license.iter().find(|traits| traits.hub.as_deref() == Some(id)) {
        return Some(HubLicense::Named { id: known.id.clone(), name: Some(known.name.clone()) });
    }
    if let Some(spelling) = DATA.spelling.get(id) {
        return Some(HubLicense::Named { id: spelling.clone(), name: None });
    }
    if DATA.vague.families.contains_key(id) || DATA.vague.nothing.iter().any(|vague| vague == id) {
        return Some(HubLicense::Vague);
    }
    let is_lower = !id.bytes().any(|byte| byte.is_ascii_uppercase());
    let spdx = spdx_ids().find(|spdx| is_lower && spdx.eq_ignore_ascii_case(id))?;
    let successors = successors(spdx);
    Some(if successors.is_empty() {
        HubLicense::Named { id: spdx.to_owned(), name: None }
    } else {
        HubLicense::Either(successors)
    })
}

/// Returns whether a license named elsewhere, as read by [`meant`](super::stated::meant), cannot be the declared license.
///
/// The author of a `LicenseRef` chooses its name, so it is a different license only if both licenses are known.
#[must_use]
pub fn contradicts(meant: &[String], declared: &Expression) -> bool {
    let names = declared.names();
    let is_known = |id: &String| {
        super::is_listed(id)
            || DATA.license.iter().any(|traits| traits.id == *id)
            || super::terms::all().any(|terms| terms.id == *id)
    };
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
    fn every_license_parses_and_appears_once() {
        let mut ids = BTreeSet::new();
        for known in known() {
            assert!(ids.insert(&known.id), "{}", known.id);
            assert!(super::super::read(&known.id).is_ok(), "{}", known.id);
            assert!(known.source.starts_with("https://"), "{}", known.id);
            assert_eq!(
                known.read == Read::None,
                says_nothing(known),
                "{}: traits without a source, or the reverse",
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
            known.output_training_limit,
            known.acceptable_use_policy,
            known.geo_exclusion,
            known.separate_commercial_license,
        ];
        answers.iter().all(Option::is_none) && known.user_threshold.is_none() && known.revenue_threshold.is_none()
    }

    #[test]
    fn traits_from_a_description_come_with_a_caveat() {
        let caveat = |text: &str| match super::super::read(text).unwrap() {
            super::super::License::Expression(expression) => caveat(&expression),
            super::super::License::None => "",
        };
        assert_ne!(caveat("MIT AND LicenseRef-Falcon-180B-TII-1.0"), "");
        assert_eq!(caveat("MIT AND LicenseRef-Llama-2-Community"), "");
    }

    #[test]
    fn a_community_license_has_a_threshold_and_an_approved_one_has_not() {
        let llama = traits("LicenseRef-Llama-3.1-Community").unwrap();
        assert_eq!(llama.user_threshold, Some(Threshold::Above(700_000_000)));
        assert_eq!(traits("MIT").unwrap().user_threshold, Some(Threshold::None));
        assert!(traits("LicenseRef-anything").is_none());
    }

    #[test]
    fn a_card_contradicts_a_manifest_only_if_both_licenses_are_known() {
        let differs = |card: &str, declared: &str| match super::super::read(declared).unwrap() {
            super::super::License::Expression(expression) => {
                contradicts(&super::super::stated::meant(card), &expression)
            }
            super::super::License::None => true,
        };
        assert!(!differs("apache-2.0", "Apache-2.0"));
        assert!(!differs("Apache License 2.0", "Apache-2.0"));
        assert!(!differs("gpl-3.0", "GPL-3.0-or-later"));
        assert!(!differs("mit", "MIT OR Apache-2.0"));
        assert!(!differs("gemma", "LicenseRef-my-name-for-Gemma"));
        assert!(!differs("other", "LicenseRef-mine"));
        assert!(!differs("an unknown license", "MIT"));
        assert!(differs("apache-2.0", "CC-BY-NC-4.0"));
        assert!(differs("gpl-3.0", "GPL-2.0-only"));
        assert!(differs("apache-2.0", "LicenseRef-mine"));
        assert!(differs("gemma", "Apache-2.0"));
        assert!(differs("gemma", "LicenseRef-Llama-2-Community"));
    }

    #[test]
    fn an_expression_answers_by_what_the_licensee_can_choose() {
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
    fn hub_ids_are_lower_case_spdx_ids_with_exceptions() {
        let named = |id: &str| HubLicense::Named { id: id.to_owned(), name: None };
        assert_eq!(hub("apache-2.0"), Some(named("Apache-2.0")));
        assert_eq!(hub("odbl"), Some(named("ODbL-1.0")));
        assert_eq!(hub("bsl-1.0"), Some(named("BSL-1.0")));
        assert_eq!(hub("gpl-3.0"), Some(HubLicense::Either(vec!["GPL-3.0-only".into(), "GPL-3.0-or-later".into()])));
        assert_eq!(hub("cc"), Some(HubLicense::Vague));
        assert!(matches!(hub("gemma"), Some(HubLicense::Named { name: Some(_), .. })));
        assert_eq!(hub("no-such-license"), None);
    }
}
