//! A manifest written as TOML, and the shapes of its tables that are lists in the model.

use serde::{Serialize, Serializer};

use super::{Assessment, Claim, ClaimValue, Component, Lint, Manifest, Text};
use crate::source::Spanned;

impl Manifest {
    /// Writes the manifest as TOML 1.0, with keys in a fixed order.
    ///
    /// Comments are not part of the model, so they are lost. A sound manifest reads back as the same model; for a model
    /// that was built in memory, parse the result and check the findings.
    #[must_use]
    #[allow(clippy::missing_panics_doc, reason = "TOML has all types of the model")]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("the model consists of strings, numbers, booleans, lists and tables")
    }
}

impl Serialize for ClaimValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => match whole(*number) {
                Some(whole) => serializer.serialize_i64(whole),
                None => serializer.serialize_f64(*number),
            },
        }
    }
}

/// Returns a number that is whole and exact as an integer: levels are written `3`, not `3.0`.
fn whole(number: f64) -> Option<i64> {
    let is_whole = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    is_whole.then(|| format!("{number:.0}").parse().ok()).flatten()
}

/// Writes `[assessment.TAXONOMY.stated]`.
pub(super) fn pairs<S: Serializer>(pairs: &[(Text, Spanned<ClaimValue>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key.as_str(), value)))
}

/// Writes `[claims]`.
pub(super) fn claims<S: Serializer>(claims: &[Claim], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(claims.iter().map(|claim| (claim.key.as_str(), &claim.value)))
}

/// Writes `[transparency]`.
pub(super) fn transparency<S: Serializer>(stated: &[(&str, Text)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(stated.iter().map(|(key, text)| (key, text)))
}

/// Writes `[lints]`.
pub(super) fn lints<S: Serializer>(lints: &[Lint], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(lints.iter().map(|lint| (lint.rule.as_str(), &lint.level)))
}

/// Writes `[component.ID]`.
pub(super) fn components<S: Serializer>(components: &[Component], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(components.iter().map(|component| (component.id.as_str(), component)))
}

/// Writes `[assessment.TAXONOMY]`.
pub(super) fn assessments<S: Serializer>(assessments: &[Assessment], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(assessments.iter().map(|assessment| (assessment.taxonomy.as_str(), assessment)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::super::parse::parse;
    use super::super::{Compute, Remote};
    use super::*;
    use crate::source::Source;

    /// Every key of the manifest once.
    const ALL: &str = include_str!("write/every_key.toml");

    fn manifest(text: &str) -> Manifest {
        let parsed = parse(Source::new("OPENNESS.toml", text));
        assert!(parsed.findings.is_empty(), "{:#?}\n{text}", parsed.findings);
        parsed.manifest
    }

    #[test]
    fn every_key_comes_back() {
        let written = manifest(ALL).to_toml();
        let before: toml::Table = ALL.parse().unwrap();
        let after: toml::Table = written.parse().unwrap();
        assert_eq!(before, after, "{written}");
        assert_eq!(manifest(&written).to_toml(), written);
    }

    #[test]
    fn the_examples_read_back_as_the_same_model() {
        for text in [
            include_str!("../../examples/tiny-lm/OPENNESS.toml"),
            include_str!("../../examples/open-washed/OPENNESS.toml"),
        ] {
            let before = manifest(text);
            let after = manifest(&before.to_toml());
            assert_eq!(serde_json::to_value(&before).unwrap(), serde_json::to_value(&after).unwrap());
        }
    }

    #[test]
    fn absent_tables_and_lists_are_not_written() {
        let text = "schema = 1\n\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";
        assert_eq!(manifest(text).to_toml(), text);
    }

    #[test]
    fn extreme_values_of_a_model_in_memory_are_written() {
        let mut manifest = Manifest::default();
        let compute = Compute { training_flop: Some(Spanned::new(f64::NAN, 0..0)), ..Compute::default() };
        manifest.compute = Some(compute);
        let size = Some(Spanned::new(u64::MAX, 0..0));
        let remote = vec![Remote { size, ..Remote::default() }];
        manifest.components.push(Component { remote, ..Component::default() });
        let name = "\u{7}\u{202e}\u{0}\"".to_owned();
        manifest
            .claims
            .push(Claim { key: Spanned::new(name.clone(), 0..0), value: Spanned::new(ClaimValue::Text(name), 0..0) });
        let written = manifest.to_toml();
        assert!(written.contains("size = 18446744073709551615"), "{written}");
        assert!(written.contains("training-flop = nan"), "{written}");
    }
}
