//! Checks what licenses allow against what a policy requires.

use serde::Deserialize;

use super::{LicenseProblem, Unmet, choice};
use crate::license::terms::{self, Terms};
use crate::license::traits::{self, Threshold, Traits, ask_each, caveat};
use crate::license::{self, Expression, License};
use crate::statement::ComponentFacts;

/// `[licenses.WHICH]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LicenseLines {
    /// Properties that must all hold for a license that the licensee can choose.
    #[serde(default)]
    require: Vec<Property>,
    /// The only acceptable licenses.
    allow: Option<Vec<Listed>>,
}

/// A required property: one of [`WORDS`].
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Property(&'static Word);

/// The SPDX id of a single license.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Listed(String);

/// A property of licenses.
#[derive(Debug)]
struct Word {
    word: &'static str,
    /// Whether a license, by its SPDX id, has the property; `None` if that is not known.
    holds: fn(&str) -> Option<bool>,
}

/// All properties, in the order of the schema.
const WORDS: &[Word] = &[
    Word { word: "osi-approved", holds: |id| Some(license::is_osi_approved(id)) },
    Word { word: "open", holds: |id| Some(is_open(id)) },
    Word { word: "commercial-use", holds: |id| yes(id, |traits| traits.commercial_use) },
    Word { word: "redistribution", holds: |id| yes(id, |traits| traits.redistribution) },
    Word { word: "derivatives", holds: |id| yes(id, |traits| traits.derivatives) },
    Word { word: "no-field-of-use-limits", holds: |id| no(id, |traits| traits.field_of_use_limits) },
    Word { word: "no-acceptable-use-policy", holds: |id| no(id, |traits| traits.acceptable_use_policy) },
    Word { word: "no-user-threshold", holds: |id| none(id, |traits| traits.user_threshold) },
    Word { word: "no-revenue-threshold", holds: |id| none(id, |traits| traits.revenue_threshold) },
    Word { word: "no-separate-commercial-license", holds: |id| no(id, |traits| traits.separate_commercial_license) },
    Word { word: "no-output-training-limit", holds: |id| no(id, |traits| traits.output_training_limit) },
    Word { word: "no-geo-exclusion", holds: |id| no(id, |traits| traits.geo_exclusion) },
    Word { word: "no-copyleft", holds: |id| no(id, |traits| traits.copyleft) },
    Word { word: "no-display", holds: |id| Some(terms::find(id)?.display.is_empty()) },
    Word { word: "no-name-rule", holds: |id| terms::find(id).map(has_no_name_rule) },
];

fn has_no_name_rule(terms: &Terms) -> bool {
    terms.name_prefix.is_none() && terms.name_not_primary.is_none()
}

fn is_open(id: &str) -> bool {
    matches!(license::read(id), Ok(License::Expression(expression)) if expression.is_open())
}

fn yes(id: &str, of: fn(&Traits) -> Option<traits::Answer>) -> Option<bool> {
    of(&traits::traits(id)?).map(traits::Answer::is_yes)
}

fn no(id: &str, of: fn(&Traits) -> Option<traits::Answer>) -> Option<bool> {
    yes(id, of).map(|answer| !answer)
}

fn none(id: &str, of: fn(&Traits) -> Option<Threshold>) -> Option<bool> {
    of(&traits::traits(id)?).map(|threshold| threshold == Threshold::None)
}

impl TryFrom<String> for Property {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        WORDS.iter().find(|word| word.word == text).map(Self).ok_or_else(|| {
            let help = choice(&text, WORDS.iter().map(|word| word.word));
            format!("`{}` is not a known property of licenses; {help}", text.escape_debug())
        })
    }
}

impl TryFrom<String> for Listed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match license::read(&text) {
            Ok(License::Expression(expression)) if expression.is_single() => Ok(Self(text)),
            Ok(_) => Err(format!("`{text}` is not one license; list each license separately")),
            Err(error) => {
                let near = error.suggestions();
                let near = near.first().map(|near| format!("; did you mean `{near}`?"));
                Err(format!("`{}` is not an SPDX id{}", text.escape_debug(), near.unwrap_or_default()))
            }
        }
    }
}

impl LicenseLines {
    /// Returns what is wrong with the license of a released component, going by the statement.
    pub(super) fn unmet(&self, component: &ComponentFacts) -> Vec<Unmet> {
        let unmet = |problem| Unmet::License { component: component.id.clone(), problem };
        let expression = match component.license.as_deref().map(license::read) {
            Some(Ok(License::Expression(expression))) => expression,
            Some(Ok(License::None)) => return vec![unmet(LicenseProblem::Unlicensed)],
            Some(Err(error)) => return vec![unmet(LicenseProblem::Unreadable { message: error.to_string() })],
            None => return vec![unmet(LicenseProblem::NotStated)],
        };
        self.not_allowed(&expression).into_iter().chain(self.lacking(&expression)).map(unmet).collect()
    }

    fn not_allowed(&self, expression: &Expression) -> Option<LicenseProblem> {
        let allow = self.allow.as_ref()?;
        if expression.grants(|id| allow.iter().any(|allowed| allowed.0 == id)) {
            return None;
        }
        let allowed = allow.iter().map(|allowed| allowed.0.clone()).collect();
        Some(LicenseProblem::NotAllowed { license: expression.as_str().to_owned(), allowed })
    }

    fn lacking(&self, expression: &Expression) -> Option<LicenseProblem> {
        // All at once: the licensee chooses one alternative, with everything that belongs to it.
        let all = |license: &str| {
            let answers: Vec<Option<bool>> = self.require.iter().map(|property| (property.0.holds)(license)).collect();
            match () {
                () if answers.contains(&Some(false)) => Some(false),
                () if answers.contains(&None) => None,
                () => Some(true),
            }
        };
        if self.require.is_empty() || ask_each(expression, all) == Some(true) {
            return None;
        }
        let (mut missing, mut unknown) = (Vec::new(), Vec::new());
        for Property(word) in &self.require {
            match ask_each(expression, word.holds) {
                Some(true) => {}
                Some(false) => missing.push(word.word),
                None => unknown.push(word.word),
            }
        }
        let license = expression.as_str().to_owned();
        Some(if missing.is_empty() && unknown.is_empty() {
            let required = self.require.iter().map(|property| property.0.word).collect();
            LicenseProblem::NoSingleChoice { license, required }
        } else {
            LicenseProblem::Properties { license, caveat: caveat(expression), missing, unknown }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn unmet(license: Option<&str>, lines: &str) -> String {
        let lines: LicenseLines = toml::from_str(lines).unwrap();
        let component = ComponentFacts {
            id: "final-weights".to_owned(),
            openness: "open".to_owned(),
            license: license.map(str::to_owned),
            license_name: None,
            data_class: None,
            reason: None,
            files: Vec::new(),
            remote: Vec::new(),
        };
        lines.unmet(&component).iter().map(Unmet::to_string).collect::<Vec<_>>().join(" + ")
    }

    #[test]
    fn an_unknown_property_is_not_met() {
        let free = "require = [\"no-field-of-use-limits\", \"commercial-use\"]";
        for (license, expected) in [
            ("Apache-2.0", ""),
            ("CC-BY-4.0", ""),
            ("Apache-2.0 WITH LLVM-exception", ""),
            ("LicenseRef-Llama-2-Community", "`no-field-of-use-limits` does not hold"),
            ("LicenseRef-Llama-2-Community OR MIT", ""),
            ("LicenseRef-Llama-2-Community AND MIT", "`no-field-of-use-limits` does not hold"),
            ("CC-BY-NC-4.0", "`commercial-use` does not hold"),
            ("LicenseRef-Own", "`no-field-of-use-limits` is not known, `commercial-use` is not known"),
            ("Apache-2.0 WITH AdditionRef-own", "is not known"),
            ("LicenseRef-Falcon-180B-TII-1.0", "is not known"),
            ("NONE", "is released without a license"),
        ] {
            let found = unmet(Some(license), free);
            assert!(
                if expected.is_empty() { found.is_empty() } else { found.contains(expected) },
                "{license}: {found}"
            );
        }
        assert!(unmet(None, free).contains("not known"));
        assert!(unmet(Some("no licence"), free).contains("not an SPDX license expression"));
    }

    #[test]
    fn a_single_choice_must_have_every_property() {
        let lines = "require = [\"no-copyleft\", \"commercial-use\"]";
        assert_eq!(unmet(Some("GPL-3.0-only OR MIT"), lines), "");
        let found = unmet(Some("GPL-3.0-only OR CC-BY-NC-4.0"), lines);
        assert!(found.contains("no single choice gives all of no-copyleft, commercial-use"), "{found}");
    }

    #[test]
    fn only_listed_licenses_are_allowed() {
        let lines = "allow = [\"Apache-2.0\", \"MIT\", \"LicenseRef-Own\"]";
        for (license, is_met) in [
            ("MIT", true),
            ("MIT AND Apache-2.0", true),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only AND MIT", false),
            ("LicenseRef-Own", true),
            ("LicenseRef-Other", false),
        ] {
            assert_eq!(unmet(Some(license), lines).is_empty(), is_met, "{license}");
        }
        assert!(unmet(Some("ISC"), lines).contains("not among `Apache-2.0`, `MIT`, `LicenseRef-Own`"));
    }

    #[test]
    fn unknown_words_and_ids_are_refused_with_a_suggestion() {
        let error = |lines: &str| toml::from_str::<LicenseLines>(lines).unwrap_err().to_string();
        assert!(error("require = [\"osi-aproved\"]").contains("did you mean `osi-approved`?"));
        assert!(error("allow = [\"Apache 2.0\"]").contains("did you mean `Apache-2.0`?"));
        assert!(error("allow = [\"MIT OR ISC\"]").contains("list each license separately"));
        assert!(error("allow = [\"NONE\"]").contains("not one license"));
    }

    #[test]
    fn the_words_are_those_of_the_schema() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../schemas/policy.schema.json")).unwrap();
        let theirs =
            &schema["properties"]["licenses"]["additionalProperties"]["properties"]["require"]["items"]["enum"];
        let ours: Vec<&str> = WORDS.iter().map(|word| word.word).collect();
        assert_eq!(*theirs, serde_json::json!(ours));
    }
}
