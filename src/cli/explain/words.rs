//! The words that a manifest uses: tables, keys and values, as its schema and the documentation of the values describe them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::manifest::{DEFINED, Defined};
use crate::taxonomy::{self, ClaimValueKind, Taxonomy};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../schemas/openness.schema.json")).expect("a test reads the schema")
});

/// A key of the manifest, or a table.
struct Key {
    /// Where it is written: `[model]`, `model.base`.
    place: String,
    name: &'static str,
    meaning: &'static str,
    /// The words that it takes, if it takes one of a list.
    words: Vec<&'static str>,
}

/// Explains a table, key or value of the manifest, wherever the word occurs in it.
pub(super) fn explain(word: &str) -> Option<String> {
    let mut text = String::new();
    for key in keys().iter().filter(|key| key.name == word) {
        let _ = writeln!(text, "{}: {}", key.place, key.meaning);
        list(&mut text, meanings(&key.words));
    }
    if word == "claims" {
        text.push_str("A claim about a taxonomy is one line; each is checked against the facts in the manifest.\n");
        list(&mut text, taxonomy::all().iter().filter_map(claim));
    }
    for key in keys() {
        if let Some((_, meaning)) = meanings(&key.words).find(|(known, _)| *known == word) {
            let _ = writeln!(text, "{} = \"{word}\": {meaning}", key.place);
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Returns every word that [`explain`] explains.
pub(super) fn all() -> BTreeSet<&'static str> {
    keys().iter().flat_map(|key| std::iter::once(key.name).chain(key.words.iter().copied())).collect()
}

fn list(text: &mut String, items: impl Iterator<Item = (impl AsRef<str>, impl AsRef<str>)>) {
    for (word, meaning) in items {
        let _ = writeln!(text, "  {:<26} {}", word.as_ref(), meaning.as_ref());
    }
}

/// Returns how a claim about a taxonomy is written, and the taxonomy's title.
fn claim(taxonomy: &'static Taxonomy) -> Option<(String, String)> {
    let form = taxonomy.claim.as_ref()?;
    let values = match form.value {
        ClaimValueKind::Rank | ClaimValueKind::Word => {
            form.words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
        }
        ClaimValueKind::Flag => "true".to_owned(),
        ClaimValueKind::Minimum => format!("the lowest score, from 0 to {}", form.maximum),
    };
    Some((form.key.clone(), format!("{values}: {}", taxonomy.title)))
}

/// Returns each of the words with its meaning, if this is a list of words whose meanings are known.
fn meanings(words: &[&str]) -> impl Iterator<Item = (&'static str, &'static str)> {
    DEFINED
        .iter()
        .copied()
        .find(|defined| !words.is_empty() && defined.words == words)
        .into_iter()
        .flat_map(Defined::iter)
}

/// Returns every table and key of the manifest, except for the names of components and claims.
fn keys() -> Vec<Key> {
    let mut found = Vec::new();
    collect(&SCHEMA["properties"], "", &mut found);
    collect(&SCHEMA["definitions"]["component"]["properties"], "component.ID", &mut found);
    collect(&SCHEMA["definitions"]["evidence"]["anyOf"][1]["properties"], "EVIDENCE", &mut found);
    found
}

fn collect(properties: &'static Value, table: &str, found: &mut Vec<Key>) {
    for (name, value) in properties.as_object().into_iter().flat_map(Map::iter) {
        let Some(meaning) = value["description"].as_str() else { continue };
        let place = if table.is_empty() { name.clone() } else { format!("{table}.{name}") };
        let words = value["enum"].as_array().or_else(|| value["items"]["enum"].as_array());
        let words = words.into_iter().flatten().filter_map(Value::as_str).collect();
        found.push(Key { place: place.clone(), name, meaning, words });
        if !matches!(name.as_str(), "claims" | "component") {
            for nested in [value, &value["items"], &value["additionalProperties"]] {
                collect(&nested["properties"], &place, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn each_list_of_words_in_the_schema_has_meanings() {
        for key in keys() {
            assert_eq!(meanings(&key.words).count(), key.words.len(), "{}: {:?}", key.place, key.words);
            assert!(meanings(&key.words).all(|(_, meaning)| meaning.ends_with('.')), "{}", key.place);
        }
    }

    #[test]
    fn words_of_a_manifest_are_defined() {
        for (word, says) in [
            ("open", "component.ID.openness = \"open\": Available to anyone"),
            ("open", "component.ID.data-class = \"open\": "),
            ("closed", "`reason` says why"),
            ("openness", "  partial  "),
            ("claims", "  mof                        \"class-1\", \"class-2\", \"class-3\": "),
            ("claims", "  osaid "),
            ("reason", "component.ID.reason: "),
            ("base", "model.base: "),
            ("relation", "  quantized "),
            ("competitor-clause", "use-policy.competitor-clause: "),
            ("exclude", "coverage.exclude: "),
            ("black-box", "audit.access = \"black-box\": "),
        ] {
            let text = explain(word).unwrap();
            assert!(text.contains(says), "{word}: {text}");
        }
        for word in ["", "opne", "ID", "Open"] {
            assert_eq!(explain(word), None, "{word}");
        }
        assert!(all().into_iter().all(|word| explain(word).is_some()));
    }
}
