//! The words of the formats: tables, keys and values of manifests and policies, and the words of outputs, as the schemas and
//! the documentation of the values describe them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::super::schema;
use crate::evaluate::Verdict;
use crate::manifest::{DEFINED, Defined};
use crate::report::human::printed::{PRINTED, Printed};
use crate::rules::{self, Target};
use crate::taxonomy::{self, ClaimValueKind, Taxonomy};

/// Every key, form by form.
static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let mut found = Vec::new();
    let manifest = parsed(schema::of_manifest());
    collect(Form::Manifest, &manifest["properties"], "", &mut found);
    collect(Form::Manifest, &manifest["definitions"]["component"]["properties"], "component.ID", &mut found);
    collect(Form::Manifest, &manifest["definitions"]["evidence"]["anyOf"][1]["properties"], "EVIDENCE", &mut found);
    collect(Form::Policy, &parsed(schema::of_policy())["properties"], "", &mut found);
    found.push(verdicts());
    for (output, schema) in schema::of_outputs() {
        let schema = parsed(schema);
        listed(&Form::Output(output), &schema, "", &mut found);
    }
    found.extend([component_groups(), families()]);
    found.extend(PRINTED.iter().map(printed));
    found
});

/// Where a word is written or printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// In `OPENNESS.toml`.
    Manifest,
    /// In a policy of `verify --policy`.
    Policy,
    /// In `show` and `verify`, and as a claim.
    Verdict,
    /// In JSON that the program writes: the name of the schema.
    Output(String),
    /// In the output of a command for people.
    Printed,
    /// In requirements on components.
    Group,
    /// In levels of rules.
    Family,
}

/// A table, a key, or a list of words.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) form: Form,
    /// Where it is in its form: `model.base`, `findings.severity`.
    pub(super) place: String,
    pub(super) name: String,
    pub(super) meaning: String,
    /// The words that it takes, with their meanings, if it takes one of a list.
    pub(super) values: Vec<(String, Cow<'static, str>)>,
}

impl Key {
    /// Returns where the key is, for people.
    pub(super) fn label(&self) -> String {
        match &self.form {
            Form::Manifest => self.place.clone(),
            Form::Policy => format!("policy, {}", self.place),
            Form::Verdict | Form::Group | Form::Family | Form::Printed => self.place.clone(),
            Form::Output(output) => format!("{output} JSON, {}", self.place),
        }
    }

    /// Returns whether a word is one of the values. In outputs for people, capitals only make it stand out.
    fn has(&self, known: &str, word: &str) -> bool {
        known == word || (self.form == Form::Printed && known.eq_ignore_ascii_case(word))
    }

    /// Returns how the place of a value is written before the value.
    fn before_value(&self) -> String {
        match self.form {
            Form::Printed => format!("`{}` says", self.place),
            _ => format!("{} =", self.label()),
        }
    }

    /// Returns the word of the machine format for the form.
    pub(super) fn form_word(&self) -> &str {
        match &self.form {
            Form::Manifest => "manifest",
            Form::Policy => "policy",
            Form::Verdict => "verdict",
            Form::Output(output) => output,
            Form::Printed => "printed",
            Form::Group => "component-group",
            Form::Family => "rule-family",
        }
    }
}

/// Returns every key, form by form.
pub(super) fn keys() -> &'static [Key] {
    &KEYS
}

/// Explains a table, key or value, wherever the word occurs.
pub(super) fn explain(word: &str) -> Option<String> {
    let mut text = String::new();
    // Several outputs have the same keys, and the same words.
    let mut told = Told::default();
    for key in keys().iter().filter(|key| key.name == word) {
        if key.values.is_empty() {
            told.add(key.meaning.clone(), key.label(), key.label());
            continue;
        }
        let _ = writeln!(text, "{}: {}", key.label(), key.meaning);
        list(&mut text, key.values.iter().map(|(word, meaning)| (word, meaning)));
    }
    told.write(&mut text);
    if word == "claims" {
        text.push_str("A claim about a taxonomy is one line; each is checked against the facts in the manifest.\n");
        list(&mut text, taxonomy::all().filter_map(claim));
    }
    let mut told = Told::default();
    for key in keys() {
        for (known, meaning) in key.values.iter().filter(|(known, _)| key.has(known, word)) {
            told.add(meaning.to_string(), format!("{} \"{known}\"", key.before_value()), key.label());
        }
    }
    told.write(&mut text);
    (!text.is_empty()).then_some(text)
}

/// Meanings, each with its first place and the names of the others.
#[derive(Default)]
struct Told(Vec<(String, String, Vec<String>)>);

impl Told {
    fn add(&mut self, meaning: String, lead: String, label: String) {
        match self.0.iter_mut().find(|(known, ..)| *known == meaning) {
            Some((_, _, others)) => others.push(label),
            None => self.0.push((meaning, lead, Vec::new())),
        }
    }

    fn write(self, text: &mut String) {
        for (meaning, lead, others) in self.0 {
            let _ = writeln!(text, "{lead}: {meaning}");
            if !others.is_empty() {
                let _ = writeln!(text, "  also in {}", others.join("; "));
            }
        }
    }
}

/// Returns every word that [`explain`] explains.
pub(super) fn all() -> BTreeSet<&'static str> {
    let words = |key: &'static Key| key.values.iter().map(|(word, _)| word.as_str());
    keys().iter().flat_map(|key| std::iter::once(key.name.as_str()).chain(words(key))).collect()
}

fn list(text: &mut String, items: impl Iterator<Item = (impl AsRef<str>, impl AsRef<str>)>) {
    for (word, meaning) in items {
        let _ = writeln!(text, "  {:<26} {}", word.as_ref(), meaning.as_ref());
    }
}

/// Returns how a claim about a taxonomy is written, and the taxonomy's title.
fn claim(taxonomy: &'static Taxonomy) -> Option<(String, String)> {
    let (key, values) = claimed(taxonomy)?;
    Some((key.to_owned(), format!("{values}: {}", taxonomy.title)))
}

/// Returns the key of claims about a taxonomy, and what it takes.
pub(super) fn claimed(taxonomy: &'static Taxonomy) -> Option<(&'static str, String)> {
    let form = taxonomy.claim.as_ref()?;
    let values = match form.value {
        ClaimValueKind::Rank | ClaimValueKind::Word => {
            form.words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
        }
        ClaimValueKind::Flag => "true".to_owned(),
        ClaimValueKind::Minimum => format!("the lowest score, from 0 to {}", form.maximum),
    };
    Some((&form.key, values))
}

fn parsed(schema: &str) -> Value {
    serde_json::from_str(schema).expect("a test reads the schemas")
}

/// Adds the keys of a form that people write, except for the names of components, claims and taxonomies.
fn collect(form: Form, properties: &Value, table: &str, found: &mut Vec<Key>) {
    for (name, value) in properties.as_object().into_iter().flat_map(Map::iter) {
        let place = below(table, name);
        if let Some(meaning) = value["description"].as_str() {
            let values = values(value).or_else(|| values(&value["items"])).unwrap_or_default();
            let (name, meaning) = (name.clone(), meaning.to_owned());
            found.push(Key { form: form.clone(), place: place.clone(), name, meaning, values });
        }
        if !matches!(name.as_str(), "claims" | "component" | "verdicts") {
            for nested in [value, &value["items"]] {
                collect(form.clone(), &nested["properties"], &place, found);
            }
            collect(form.clone(), &value["additionalProperties"]["properties"], &below(&place, "NAME"), found);
        }
    }
}

/// Adds the keys in the schema of an output, and its lists of words.
fn listed(form: &Form, schema: &Value, place: &str, found: &mut Vec<Key>) {
    let words = [schema, &schema["items"], &schema["propertyNames"]].into_iter().find_map(values);
    let values = words.unwrap_or_default();
    let meaning = schema["description"].as_str().unwrap_or_default().to_owned();
    let is_new = !found.iter().any(|key| key.form == *form && key.place == place);
    if !place.is_empty() && (!values.is_empty() || (is_new && !meaning.is_empty())) {
        let name = place.rsplit('.').next().unwrap_or_default().to_owned();
        found.push(Key { form: form.clone(), place: place.to_owned(), name, meaning, values });
    }
    for table in ["properties", "definitions", "$defs"] {
        for (name, value) in schema[table].as_object().into_iter().flat_map(Map::iter) {
            listed(form, value, &below(place, name), found);
        }
    }
    let choices = ["anyOf", "oneOf"].into_iter().filter_map(|choices| schema[choices].as_array()).flatten();
    for nested in choices.chain([&schema["items"], &schema["additionalProperties"]]) {
        if nested.is_object() && nested["enum"].is_null() {
            listed(form, nested, place, found);
        }
    }
}

fn below(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// Returns the words of a list with their meanings: those in the schema, or those of a list of the manifest. `None` if it
/// does not list words.
fn values(schema: &Value) -> Option<Vec<(String, Cow<'static, str>)>> {
    let words = schema["enum"].as_array()?;
    let of_manifest = || {
        let known: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        let defined = DEFINED.iter().copied().find(|defined| defined.words == known);
        defined.into_iter().flat_map(Defined::iter).map(|(word, meaning)| (word.to_owned(), meaning.into())).collect()
    };
    let Some(meanings) = schema["enumDescriptions"].as_array() else { return Some(of_manifest()) };
    let pairs = words.iter().zip(meanings);
    let with =
        |(word, meaning): (&Value, &Value)| Some((word.as_str()?.to_owned(), Cow::Owned(meaning.as_str()?.to_owned())));
    Some(pairs.filter_map(with).collect())
}

fn printed(printed: &'static Printed) -> Key {
    Key {
        form: Form::Printed,
        place: printed.command.to_owned(),
        name: printed.command.to_owned(),
        meaning: format!("Words of the output of `openness {}` for people.", printed.command),
        values: printed.words.iter().map(|(word, meaning)| ((*word).to_owned(), (*meaning).into())).collect(),
    }
}

fn verdicts() -> Key {
    Key {
        form: Form::Verdict,
        place: "verdict".to_owned(),
        name: "verdict".to_owned(),
        meaning: "What a taxonomy makes of the declared facts, in one word.".to_owned(),
        values: Verdict::MEANINGS.iter().map(|(word, meaning)| ((*word).to_owned(), meaning.trim().into())).collect(),
    }
}

fn component_groups() -> Key {
    let vocabulary = taxonomy::vocabulary();
    let members = |group: &str| {
        let members = vocabulary.components().iter().filter(|item| item.group.as_deref() == Some(group));
        members.map(|item| item.id.as_str()).collect::<Vec<_>>().join(", ")
    };
    let groups = vocabulary.taxonomy().groups.iter();
    let named = groups.map(|group| (group.id.clone(), Cow::Owned(format!("The components {}.", members(&group.id)))));
    Key {
        form: Form::Group,
        place: "group of components".to_owned(),
        name: "component-group".to_owned(),
        meaning: "What a policy names to require something of several components.".to_owned(),
        values: named.chain([("all".to_owned(), "Every component.".into())]).collect(),
    }
}

fn families() -> Key {
    let codes = |family: &'static str| {
        let target = Target::from_word(family);
        let included = rules::all_rules().filter(|info| target.is_some_and(|target| target.includes(info)));
        let codes: Vec<&str> = included.map(|info| info.code).collect();
        format!("The {} rules {} to {}.", codes.len(), codes.first().unwrap_or(&""), codes.last().unwrap_or(&""))
    };
    Key {
        form: Form::Family,
        place: "family of rules".to_owned(),
        name: "rule-family".to_owned(),
        meaning: "What `[lints]`, `--allow`, `--warn` and `--deny` name to set the level of several rules.".to_owned(),
        values: rules::families().map(|family| (family.to_owned(), codes(family).into())).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    /// Adds the words of every list in a schema.
    fn listed(schema: &Value, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(keys) => {
                let words = keys.get("enum").and_then(Value::as_array).into_iter().flatten();
                found.extend(words.filter_map(Value::as_str).map(str::to_owned));
                keys.values().for_each(|value| listed(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| listed(item, found)),
            _ => {}
        }
    }

    #[test]
    fn each_word_that_a_schema_lists_is_explained() {
        let mut words = BTreeSet::new();
        listed(&parsed(schema::of_manifest()), &mut words);
        listed(&parsed(schema::of_policy()), &mut words);
        schema::of_outputs().for_each(|(_, schema)| listed(&parsed(schema), &mut words));
        assert!(words.len() > 200, "{}", words.len());
        let all = all();
        let is_known = |word: &&String| {
            all.contains(word.as_str()) || taxonomy::vocabulary().find(word).is_some() || is_item(word)
        };
        let unknown: Vec<&String> = words.iter().filter(|word| !is_known(word)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    /// Adds the keys of every object in a schema.
    fn properties(schema: &Value, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(keys) => {
                let names = keys.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
                found.extend(names.cloned());
                keys.values().for_each(|value| properties(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| properties(item, found)),
            _ => {}
        }
    }

    #[test]
    fn each_key_of_an_output_is_explained() {
        let mut names = BTreeSet::new();
        schema::of_outputs().for_each(|(_, schema)| properties(&parsed(schema), &mut names));
        assert!(names.len() > 150, "{}", names.len());
        let all = all();
        let unknown: Vec<&String> = names.iter().filter(|name| !all.contains(name.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    fn is_item(word: &str) -> bool {
        taxonomy::all().any(|taxonomy| taxonomy.item(word).is_some())
    }

    #[test]
    fn each_word_has_a_meaning_in_sentences() {
        for key in keys() {
            assert!(key.meaning.len() > 6, "{}: {}", key.label(), key.meaning);
            assert!(key.values.iter().all(|(_, meaning)| meaning.ends_with('.')), "{}: {:?}", key.label(), key.values);
        }
    }

    #[test]
    fn words_of_the_formats_are_defined() {
        for (word, says) in [
            ("open", "component.ID.openness = \"open\": Available to anyone"),
            ("open", "component.ID.data-class = \"open\": "),
            ("open", "policy, licenses.NAME.require = \"open\": "),
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
            ("unsigned-files", "verify JSON, reasons = \"unsigned-files\": There are files that are not signed."),
            ("reasons", "  untrusted-key "),
            ("class-2", "verdict = \"class-2\": Model Openness Framework: Class II"),
            ("unstated", "show JSON, evaluations.reasons.outcome = \"unstated\": "),
            ("unstated", "\n  also in what-if JSON, found.outcome\n"),
            ("score", "show JSON, evaluations.score: "),
            ("waived", "`verify` says \"waived\": `check` has findings of "),
            ("waived", "JSON, predicate.waived: "),
            ("Unknown Signer", "`verify` says \"unknown signer\": "),
            ("excluded", "`verify` says \"excluded\": The signer left the file out"),
            ("not stated", "`show` says \"not stated\": "),
            ("forbid-code-on-load", "policy, files.forbid-code-on-load: Whether"),
            ("allow-waived", "policy, statement.allow-waived: "),
            ("osi-approved", "policy, licenses.NAME.require = \"osi-approved\": "),
            ("weights", "group of components = \"weights\": The components base-weights, "),
            ("files", "family of rules = \"files\": The "),
            ("no_manifest", "audit-done JSON, "),
            ("internal", "error JSON, error.kind"),
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
