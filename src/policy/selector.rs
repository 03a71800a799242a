//! Selects the components that a requirement is about.

use serde::Deserialize;

use super::choice;
use crate::taxonomy;

/// The word for every component.
const ALL: &str = "all";

/// `all`, a component group of the vocabulary, or one component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Selector(String);

/// One component: of the vocabulary, or a project's own (`x-…`).
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Component(String);

impl Selector {
    /// Returns the component's id if the selector names a single component.
    pub(super) fn component(&self) -> Option<&str> {
        (self.0 != ALL && !groups().any(|group| group == self.0)).then_some(&*self.0)
    }

    pub(super) fn matches(&self, component: &str) -> bool {
        let group = || taxonomy::vocabulary().find(component).and_then(|item| item.group.as_deref());
        self.0 == ALL || self.0 == component || group() == Some(&self.0)
    }
}

impl Component {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Selector {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let known = [ALL].into_iter().chain(groups());
        if is_component(&word) || known.clone().any(|known| known == word) {
            return Ok(Self(word));
        }
        let help = choice(&word, known.chain(components()));
        Err(format!("`{}` is not a component or a component group; {help}", word.escape_debug()))
    }
}

impl TryFrom<String> for Component {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        if is_component(&word) {
            return Ok(Self(word));
        }
        Err(format!("`{}` is not a component; {}", word.escape_debug(), choice(&word, components())))
    }
}

fn is_component(word: &str) -> bool {
    taxonomy::vocabulary().find(word).is_some() || word.strip_prefix("x-").is_some_and(|name| !name.is_empty())
}

fn components() -> impl Iterator<Item = &'static str> + Clone {
    taxonomy::vocabulary().components().iter().map(|item| item.id.as_str())
}

fn groups() -> impl Iterator<Item = &'static str> + Clone {
    taxonomy::vocabulary().taxonomy().groups.iter().map(|group| group.id.as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn selector(word: &str) -> Result<Selector, String> {
        word.to_owned().try_into()
    }

    #[test]
    fn a_group_matches_only_its_components() {
        let weights = selector("weights").unwrap();
        assert!(weights.matches("final-weights") && weights.matches("base-weights"));
        assert!(!weights.matches("training-data") && !weights.matches("x-own"));
        assert_eq!(weights.component(), None);
        assert!(selector("all").unwrap().matches("x-own"));
        let own = selector("x-own").unwrap();
        assert!(own.matches("x-own") && !own.matches("x-other"));
        assert_eq!(own.component(), Some("x-own"));
    }

    #[test]
    fn unknown_words_are_refused_with_a_suggestion() {
        assert!(selector("wieghts").unwrap_err().contains("`weights`"));
        assert!(selector("final-wieghts").unwrap_err().contains("`final-weights`"));
        for word in ["", "x-", "ALL", "*"] {
            assert!(selector(word).is_err(), "{word}");
        }
        assert!(Component::try_from("weights".to_owned()).is_err());
        assert!(Component::try_from("model-crad".to_owned()).unwrap_err().contains("`model-card`"));
    }
}
