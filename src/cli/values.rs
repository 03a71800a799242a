//! Values that shells complete although others are accepted too, or are refused with better advice than a list.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};

use super::Failure;
use crate::check::check_waiver;
use crate::decide::Goal;
use crate::finding::closest;
use crate::rules;
use crate::taxonomy::{self, Taxonomy};

/// A parser of values together with words for completions. Hide them from the help with `hide_possible_values`.
#[derive(Clone)]
pub(super) struct Offering<P> {
    words: fn() -> Vec<&'static str>,
    parser: P,
}

impl<P: TypedValueParser> TypedValueParser for Offering<P> {
    type Value = P::Value;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<P::Value, Error> {
        self.parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.words)().into_iter().map(PossibleValue::new)))
    }
}

/// The names of the taxonomies.
pub(super) fn taxonomies() -> Offering<StringValueParser> {
    text(taxonomy::names)
}

/// Returns the taxonomy that a value names.
///
/// # Errors
/// Names the taxonomies, and the one that was probably meant, if there is none of this name.
pub(super) fn taxonomy(word: &str) -> Result<&'static Taxonomy, Failure> {
    taxonomy::named(word).ok_or_else(|| {
        let known: Vec<&str> = taxonomy::all().map(|taxonomy| taxonomy.id.as_str()).collect();
        let near = closest(word, taxonomy::names());
        let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let help = format!("{near}known taxonomies: {}", known.join(", "));
        Failure::new(format!("there is no taxonomy `{word}`")).help(help)
    })
}

/// The taxonomies that have levels.
pub(super) fn goals() -> Offering<StringValueParser> {
    Offering { words: Goal::taxonomies, parser: StringValueParser::new() }
}

/// The codes that can be waived, parsed by `parser`.
pub(super) fn codes<P: TypedValueParser>(parser: P) -> Offering<P> {
    fn waivable() -> Vec<&'static str> {
        rules::all_rules().map(|rule| rule.code).filter(|code| check_waiver(code).is_ok()).collect()
    }
    Offering { words: waivable, parser }
}

/// The codes, names and families of rules, parsed by `parser`.
pub(super) fn targets<P: TypedValueParser>(parser: P) -> Offering<P> {
    fn all() -> Vec<&'static str> {
        rules::families().chain(rules::all_rules().flat_map(|rule| [rule.code, rule.name])).collect()
    }
    Offering { words: all, parser }
}

/// Any text, together with words to complete.
pub(super) fn text(words: fn() -> Vec<&'static str>) -> Offering<StringValueParser> {
    Offering { words, parser: StringValueParser::new() }
}
