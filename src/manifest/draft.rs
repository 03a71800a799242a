//! A manifest with some facts changed, in memory: nothing is written, and comments do not matter.

use serde::Serialize;
use serde_json::Value;
use toml::Table;
use toml::value::Array;

use super::Manifest;
use super::parse::{Parsed, parse};
use crate::source::Source;

/// The most keys that one dotted key may have.
const MAX_DEPTH: usize = 16;

/// The change of one fact: a key, its value before, and its value after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The key, dotted as in TOML: `component.data-card.openness`. A number is the place in a list, from 0: `audit.0.report`.
    pub key: String,
    /// The value before; `None` if the fact was not stated.
    pub from: Option<Value>,
    /// The value after; `None` if the fact is no longer stated.
    pub to: Option<Value>,
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// The key is not a dotted key.
    #[error("`{0}` is not a key; expected a dotted key such as `component.data-card.openness`")]
    NotAKey(String),
    /// A part of the key names a value that has no keys of its own.
    #[error("`{key}`: `{at}` is not a table or a list, so it has no `{part}`")]
    NotATable {
        /// The whole key.
        key: String,
        /// The part of the key that names the value.
        at: String,
        /// The part of the key that should be in it.
        part: String,
    },
    /// A list has no such place.
    #[error("`{key}`: `{at}` has {length} entries, and `{part}` is not the number of one of them or of the next")]
    NoPlace {
        /// The whole key.
        key: String,
        /// The part of the key that names the list.
        at: String,
        /// The part of the key that should be the number of an entry.
        part: String,
        /// The number of entries.
        length: usize,
    },
    /// The value has no form in TOML.
    #[error("the value of `{0}` cannot be written in TOML")]
    NotAValue(String),
    /// The manifest itself cannot be written as a table.
    #[error("the manifest has a number that is too large to change its facts in memory")]
    TooLarge,
}

/// A manifest whose facts can be changed by key.
#[derive(Debug, Clone)]
pub struct Draft {
    table: Table,
}

impl Draft {
    /// Starts from the facts of a manifest.
    ///
    /// # Errors
    /// [`DraftError::TooLarge`] if the manifest has a number that other tools cannot read from TOML.
    pub fn of(manifest: &Manifest) -> Result<Self, DraftError> {
        manifest.to_toml().parse().map(|table| Self { table }).map_err(|_| DraftError::TooLarge)
    }

    /// Returns the value of a key; `None` if it is not stated.
    ///
    /// # Errors
    /// [`DraftError::NotAKey`] if it is not a dotted key.
    pub fn get(&self, key: &str) -> Result<Option<Value>, DraftError> {
        let parts = parts(key)?;
        let mut parts = parts.iter();
        let mut at = parts.next().and_then(|first| self.table.get(first));
        for part in parts {
            at = match at {
                Some(toml::Value::Table(table)) => table.get(part),
                Some(toml::Value::Array(list)) => part.parse::<usize>().ok().and_then(|place| list.get(place)),
                _ => None,
            };
        }
        Ok(at.and_then(|value| serde_json::to_value(value).ok()))
    }

    /// Returns the change that gives a key a value, or removes it, in this manifest.
    ///
    /// # Errors
    /// [`DraftError::NotAKey`] if it is not a dotted key.
    pub fn change(&self, key: &str, to: Option<Value>) -> Result<Change, DraftError> {
        Ok(Change { key: key.to_owned(), from: self.get(key)?, to })
    }

    /// Makes changes, in order, and reads the result as any other manifest is read.
    ///
    /// # Errors
    /// Any [`DraftError`] about a change. What is wrong with a value is a finding of the result.
    pub fn with<'c>(&self, changes: impl IntoIterator<Item = &'c Change>) -> Result<Parsed, DraftError> {
        let mut table = self.table.clone();
        for change in changes {
            let parts = parts(&change.key)?;
            match &change.to {
                Some(value) => {
                    let value = toml::Value::try_from(value).map_err(|_| DraftError::NotAValue(change.key.clone()))?;
                    set(&mut table, &change.key, &parts, value)?;
                }
                None => remove(&mut table, &parts),
            }
        }
        let text = toml::to_string(&table).map_err(|_| DraftError::TooLarge)?;
        Ok(parse(Source::new(super::FILE_NAME, text)))
    }
}

/// Reads the value of a setting as people write it: a value of TOML, or else a text without quotes.
#[must_use]
pub fn value_of(text: &str) -> Value {
    let read = format!("value = {text}").parse::<Table>().ok().filter(|table| table.len() == 1);
    let value = read.and_then(|table| serde_json::to_value(&table["value"]).ok()).filter(|value| !value.is_null());
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Splits a dotted key, in which a part with a dot is in quotes: `assessment."mof-1.0".source`.
pub(crate) fn parts(key: &str) -> Result<Vec<String>, DraftError> {
    // A search splits the same keys thousands of times, nearly all of which are bare.
    bare_parts(key).map_or_else(|| parsed_parts(key), Ok)
}

/// Splits a key whose parts are bare keys of TOML; `None` for any other.
fn bare_parts(key: &str) -> Option<Vec<String>> {
    let is_bare = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    let parts: Vec<&str> = key.split('.').collect();
    let is_known = parts.len() <= MAX_DEPTH && parts.iter().all(|part| is_bare(part));
    is_known.then(|| parts.into_iter().map(str::to_owned).collect())
}

/// Splits any key, as TOML does.
fn parsed_parts(key: &str) -> Result<Vec<String>, DraftError> {
    let wrong = || DraftError::NotAKey(key.to_owned());
    let is_quoted = key.contains(['"', '\'']);
    if key.contains(['\n', '\r']) || (!is_quoted && key.contains(['#', '=', '['])) {
        return Err(wrong());
    }
    let mut table: Table = format!("{key} = 0").parse().map_err(|_| wrong())?;
    let mut parts = Vec::new();
    loop {
        let mut entries = table.into_iter();
        let (Some((part, value)), None) = (entries.next(), entries.next()) else { return Err(wrong()) };
        parts.push(part);
        match value {
            toml::Value::Table(inner) if parts.len() < MAX_DEPTH => table = inner,
            toml::Value::Integer(0) => return Ok(parts),
            _ => return Err(wrong()),
        }
    }
}

/// A table or a list that has entries of its own.
enum Place<'t> {
    Table(&'t mut Table),
    List(&'t mut Array),
}

fn set(table: &mut Table, key: &str, parts: &[String], value: toml::Value) -> Result<(), DraftError> {
    let Some((last, before)) = parts.split_last() else { return Err(DraftError::NotAKey(key.to_owned())) };
    let mut place = Place::Table(table);
    for (depth, part) in before.iter().enumerate() {
        let at = || parts[..depth].join(".");
        let inner = match place {
            Place::Table(table) => {
                // An entry that does not exist is a list if a number follows.
                let is_list = parts[depth + 1].parse::<usize>().is_ok();
                let empty = if is_list { toml::Value::Array(Array::new()) } else { toml::Value::Table(Table::new()) };
                table.entry(part.clone()).or_insert(empty)
            }
            Place::List(list) => entry(list, key, at, part, toml::Value::Table(Table::new()))?,
        };
        place = match inner {
            toml::Value::Table(table) => Place::Table(table),
            toml::Value::Array(list) => Place::List(list),
            _ => {
                let (at, part) = (parts[..=depth].join("."), parts[depth + 1].clone());
                return Err(DraftError::NotATable { key: key.to_owned(), at, part });
            }
        };
    }
    match place {
        Place::Table(table) => {
            table.insert(last.clone(), value);
        }
        Place::List(list) => {
            *entry(list, key, || before.join("."), last, toml::Value::Integer(0))? = value;
        }
    }
    Ok(())
}

/// Returns an entry of a list, which becomes `new` if it is the next one.
fn entry<'t>(
    list: &'t mut Array,
    key: &str,
    at: impl Fn() -> String,
    part: &str,
    new: toml::Value,
) -> Result<&'t mut toml::Value, DraftError> {
    let length = list.len();
    let no_place = || DraftError::NoPlace { key: key.to_owned(), at: at(), part: part.to_owned(), length };
    let place = part.parse::<usize>().ok().filter(|place| *place <= length).ok_or_else(no_place)?;
    if place == length {
        list.push(new);
    }
    list.get_mut(place).ok_or_else(no_place)
}

/// Removes a key, and the tables that become empty; if it is not there, nothing changes.
fn remove(table: &mut Table, parts: &[String]) {
    let Some((first, rest)) = parts.split_first() else { return };
    if rest.is_empty() {
        table.remove(first);
        return;
    }
    let Some(inner) = table.get_mut(first) else { return };
    match inner {
        toml::Value::Table(inner) => remove(inner, rest),
        toml::Value::Array(list) => {
            let Some(place) = rest[0].parse::<usize>().ok().filter(|place| *place < list.len()) else { return };
            match (&mut list[place], &rest[1..]) {
                (_, []) => drop(list.remove(place)),
                (toml::Value::Table(entry), deeper) => remove(entry, deeper),
                _ => {}
            }
        }
        _ => return,
    }
    let is_empty = match inner {
        toml::Value::Table(inner) => inner.is_empty(),
        toml::Value::Array(list) => list.is_empty(),
        _ => false,
    };
    if is_empty {
        table.remove(first);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use serde_json::json;

    use super::*;
    use crate::manifest::{Component, Remote};
    use crate::source::Spanned;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";

    fn draft(rest: &str) -> Draft {
        let parsed = parse(Source::new("m", format!("{HEAD}{rest}")));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        Draft::of(&parsed.manifest).unwrap()
    }

    fn after(draft: &Draft, key: &str, to: Option<Value>) -> Result<String, DraftError> {
        draft.with(&[draft.change(key, to)?]).map(|parsed| parsed.source.text().to_owned())
    }

    #[test]
    fn sets_and_removes_a_fact_and_keeps_the_others() {
        let draft = draft("[component.data-card]\nopenness = \"closed\"\nreason = \"later\"\n");
        let change = draft.change("component.data-card.openness", Some(json!("open"))).unwrap();
        assert_eq!(change.from, Some(json!("closed")));
        let opened = draft.with([&change]).unwrap();
        assert!(opened.is_sound() && opened.manifest.components[0].is_released());
        assert_eq!(opened.manifest.components[0].reason.as_ref().unwrap().value, "later");
        let text = after(&draft, "component.data-card", None).unwrap();
        assert!(!text.contains("component"), "an empty table is removed too: {text}");
        assert_eq!(after(&draft, "component.x.y.z", None), after(&draft, "nothing", None));
    }

    #[test]
    fn a_number_is_an_entry_of_a_list_or_the_next_one() {
        let draft = draft("[[audit]]\nauditor = \"a\"\n");
        let audits = |key: &str, to| {
            let parsed = draft.with(&[draft.change(key, to).unwrap()]);
            parsed.map(|parsed| {
                parsed.manifest.audits.iter().map(|audit| audit.auditor.value.clone()).collect::<Vec<_>>()
            })
        };
        assert_eq!(audits("audit.0.auditor", Some(json!("b"))).unwrap(), ["b"]);
        assert_eq!(audits("audit.1.auditor", Some(json!("b"))).unwrap(), ["a", "b"]);
        assert_eq!(audits("audit.0", None).unwrap(), [""; 0]);
        assert_eq!(
            audits("audit.2.auditor", Some(json!("b"))).unwrap_err().to_string(),
            "`audit.2.auditor`: `audit` has 1 entries, and `2` is not the number of one of them or of the next"
        );
        let text = after(&draft, "safeguard.0", Some(json!({ "name": "s", "stage": "prompt" }))).unwrap();
        assert!(text.contains("[[safeguard]]"), "{text}");
    }

    #[test]
    fn a_key_in_quotes_may_contain_dots() {
        let draft = draft("[assessment.\"mof-1.0\"]\nsource = \"https://example.org\"\n");
        assert_eq!(draft.get("assessment.\"mof-1.0\".source").unwrap(), Some(json!("https://example.org")));
        assert_eq!(draft.get("assessment.mof-1.0.source").unwrap(), None);
    }

    #[test]
    fn bare_keys_are_split_as_toml_splits_them() {
        let deep = |depth: usize| vec!["a"; depth].join(".");
        for key in ["a", "audit.0.report", "x_y.z-1.A", "1.0", "-", &deep(MAX_DEPTH)] {
            assert_eq!(bare_parts(key).map(Ok), Some(parsed_parts(key)), "{key}");
        }
        for other in ["", ".", "a.", ".a", "a..b", " a", "a b", "a=b", "\"a\".b", "ä", &deep(MAX_DEPTH + 1)] {
            assert_eq!(bare_parts(other), None, "{other}");
        }
        assert!(parts(&deep(MAX_DEPTH)).is_ok() && parts(&deep(MAX_DEPTH + 1)).is_err());
    }

    #[test]
    fn refuses_what_is_not_a_key_or_not_a_table() {
        let draft = draft("");
        for wrong in ["", "a b", "a =", "a\nb", "a..b", "a = 1\nb", "[a]\nb", "a = 0 #", "#"] {
            assert_eq!(draft.get(wrong), Err(DraftError::NotAKey(wrong.to_owned())), "{wrong}");
        }
        let error = after(&draft, "model.name.first", Some(json!(1))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`model.name.first`: `model.name` is not a table or a list, so it has no `first`"
        );
        assert_eq!(after(&draft, "model.name", Some(Value::Null)), Err(DraftError::NotAValue("model.name".to_owned())));
    }

    #[test]
    fn a_wrong_value_is_a_finding_of_the_result() {
        let draft = draft("");
        let change = draft.change("component.data-card.openness", Some(json!("opne"))).unwrap();
        let parsed = draft.with([&change]).unwrap();
        assert!(!parsed.is_sound());
    }

    #[test]
    fn a_value_is_read_as_toml_or_else_as_text() {
        for (text, value) in [
            ("open", json!("open")),
            ("\"open\"", json!("open")),
            ("true", json!(true)),
            ("1e26", json!(1e26)),
            ("[\"a\", \"b\"]", json!(["a", "b"])),
            ("{ summary = \"s\" }", json!({ "summary": "s" })),
            ("a = 1\nb = 2", json!("a = 1\nb = 2")),
            ("1\nb = 2", json!("1\nb = 2")),
            ("", json!("")),
        ] {
            assert_eq!(value_of(text), value, "{text}");
        }
    }

    #[test]
    fn a_number_that_toml_cannot_hold_is_an_error() {
        let remote = vec![Remote { size: Some(Spanned::new(u64::MAX, 0..0)), ..Remote::default() }];
        let manifest =
            Manifest { components: vec![Component { remote, ..Component::default() }], ..Manifest::default() };
        assert_eq!(Draft::of(&manifest).unwrap_err(), DraftError::TooLarge);
    }
}
