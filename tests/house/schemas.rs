//! The published schemas agree with the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use openness::manifest::parse::parse;
use openness::source::Source;
use openness::taxonomy::{self, ClaimValueKind};
use serde_json::Value;

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/openness.schema.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The manifest as JSON. Dates become the strings that they are written as.
fn json(text: &str) -> Value {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(flag) => flag.into(),
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::Array(items) => items.into_iter().map(plain).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        }
    }
    plain(toml::Value::Table(text.parse().unwrap()))
}

fn manifests() -> Vec<(String, String)> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found = Vec::new();
    for name in ["tiny-lm/OPENNESS.toml", "open-washed/OPENNESS.toml"] {
        found.push((name.to_owned(), fs::read_to_string(examples.join(name)).unwrap()));
    }
    for entry in fs::read_dir(examples.join("known")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            found.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
        }
    }
    assert!(found.len() >= 5);
    found
}

#[test]
fn the_examples_are_valid() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (name, text) in manifests() {
        let errors: Vec<String> =
            validator.iter_errors(&json(&text)).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

/// Editors that read schemas of TOML differ about dates: tombi (1.9.6) takes a TOML date only for `"format": "date"`, and a
/// string only without it. taplo (0.9.3) takes both for either.
#[test]
fn dates_may_be_toml_dates_or_strings() {
    fn count(value: &Value, dates: &mut usize) {
        let of_dates =
            |branch: &&Value| branch["pattern"].as_str().is_some_and(|pattern| pattern.starts_with(r"^\d{4}"));
        assert!(value["type"] != "string" || !of_dates(&value), "a date without alternatives: {value}");
        if let Some(branches) = value["anyOf"].as_array().filter(|branches| branches.iter().any(|one| of_dates(&one))) {
            let formats: Vec<&Value> = branches.iter().filter(of_dates).map(|branch| &branch["format"]).collect();
            assert_eq!(formats, [&Value::Null, &Value::from("date")], "{value}");
            *dates += 1;
            return;
        }
        match value {
            Value::Object(members) => members.values().for_each(|member| count(member, dates)),
            Value::Array(items) => items.iter().for_each(|item| count(item, dates)),
            _ => {}
        }
    }
    let mut dates = 0;
    count(&schema(), &mut dates);
    assert!(dates >= 7, "{dates}");
    let head = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n[release]\naccess = \"hosted\"\n";
    let validator = jsonschema::options().should_validate_formats(true).build(&schema()).unwrap();
    for (date, fine) in
        [("2026-11-22", true), ("\"2026-11-22\"", true), ("\"2026-11\"", false), ("2026-11-22T00:00:00Z", false)]
    {
        let text = format!("{head}date = {date}\n");
        assert_eq!(validator.is_valid(&json(&text)), fine, "{date}");
        assert_eq!(parse(Source::new("m", text)).is_sound(), fine, "{date}");
    }
}

#[test]
fn what_the_schema_refuses_check_refuses_too() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let head = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";
    for broken in [
        "unknown = 1\n",
        "modality = [\"smell\"]\n",
        "[component.final-weights]\n",
        "[component.final-weights]\nopenness = \"opne\"\n",
        "[component.final-weights]\nopenness = \"open\"\nfiles = \"a\"\n",
        "[component.final-weights]\nopenness = \"open\"\nremote = [{ url = \"ftp://x\" }]\n",
        "[component.final-weights]\nopenness = \"open\"\nremote = [{ url = \"https://x\", sha256 = \"AB\" }]\n",
        "[release]\naccess = \"hosted\"\nsequence = 0\n",
        "[release]\naccess = \"hosted\"\ndate = \"22.11.2026\"\n",
        "[[safeguard]]\nname = \"x\"\n",
        "[compute]\ntraining-flop = -1\n",
        "[risk]\nfine-tuning-uplift = true\n",
        "[claims]\nmof = [\"class-1\"]\n",
        "[lints]\nOPN310 = \"alow\"\n",
        "[lints]\nlicenses = { level = \"deny\" }\n",
    ] {
        let text = format!("{head}{broken}");
        assert!(!validator.is_valid(&json(&text)), "the schema accepts {broken}");
        assert!(!parse(Source::new("m", text)).is_sound(), "the parser accepts {broken}");
    }
    assert!(validator.is_valid(&json(head)));
}

/// The properties of the schema's object at a path of keys.
fn properties<'s>(schema: &'s Value, path: &[&str]) -> &'s Value {
    let mut at = schema;
    for key in path {
        at = &at["properties"][*key];
        while at.get("items").is_some() {
            at = &at["items"];
        }
        if let Some(reference) = at.get("$ref") {
            at = &schema["definitions"][reference.as_str().unwrap().rsplit('/').next().unwrap()];
        }
    }
    &at["properties"]
}

#[test]
fn schema_and_parser_know_the_same_keys() {
    let schema = schema();
    // A table with one key that nobody knows: the parser's help names those that it knows.
    for (path, text) in [
        (vec!["model"], "[model]\nqqqq = 1\n"),
        (vec!["model", "base"], "[[model.base]]\nqqqq = 1\n"),
        (vec!["licenses"], "[licenses]\nqqqq = 1\n"),
        (vec!["licenses", "code"], "[licenses.code]\nqqqq = 1\n"),
        (vec!["release"], "[release]\nqqqq = 1\n"),
        (vec!["release", "stage"], "[[release.stage]]\nqqqq = 1\n"),
        (vec!["component", "final-weights"], "[component.final-weights]\nqqqq = 1\n"),
        (vec!["component", "final-weights", "remote"], "[[component.final-weights.remote]]\nqqqq = 1\n"),
        (vec!["safeguard"], "[[safeguard]]\nqqqq = 1\n"),
        (vec!["risk"], "[risk]\nqqqq = 1\n"),
        (vec!["risk", "alternative"], "[[risk.alternative]]\nqqqq = 1\n"),
        (vec!["risk", "marginal"], "[[risk.marginal]]\nqqqq = 1\n"),
        (vec!["audit"], "[[audit]]\nqqqq = 1\n"),
        (vec!["safety-case"], "[safety-case]\nqqqq = 1\n"),
        (vec!["training"], "[training]\nqqqq = 1\n"),
        (vec!["transparency"], "[transparency]\nqqqq = 1\n"),
        (vec!["compute"], "[compute]\nqqqq = 1\n"),
        (vec!["access"], "[access]\nqqqq = 1\n"),
        (vec!["access-policy"], "[access-policy]\nqqqq = 1\n"),
        (vec!["access-policy", "regime"], "[[access-policy.regime]]\nqqqq = 1\n"),
        (vec!["use-policy"], "[use-policy]\nqqqq = 1\n"),
        (vec!["eu"], "[eu]\nqqqq = 1\n"),
        (vec!["eu", "modifies"], "[eu.modifies]\nqqqq = 1\n"),
        (vec!["eu", "monetization"], "[eu.monetization]\nqqqq = 1\n"),
        (vec!["eu", "form"], "[eu.form]\nqqqq = 1\n"),
        (vec!["eu", "usage-information"], "[eu.usage-information]\nqqqq = 1\n"),
        (vec!["coverage"], "[coverage]\nqqqq = 1\n"),
        (vec![], "qqqq = 1\n"),
    ] {
        let parsed = parse(Source::new("m", text));
        let unknown = parsed.findings.iter().find(|finding| finding.message.contains("`qqqq`")).unwrap();
        let help = unknown.help.as_deref().unwrap().strip_prefix("known keys: ").unwrap();
        let ours: BTreeSet<&str> = help.split(", ").collect();
        let theirs: BTreeSet<&str> =
            properties(&schema, &path).as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(ours, theirs, "{path:?}");
    }
}

#[test]
fn the_schema_lists_every_claim_with_its_values() {
    let schema = schema();
    let claims = properties(&schema, &["claims"]).as_object().unwrap();
    assert_eq!(schema["properties"]["claims"]["additionalProperties"], false);
    let mut ours = BTreeSet::new();
    for taxonomy in taxonomy::all() {
        let Some(form) = &taxonomy.claim else { continue };
        for name in taxonomy.names() {
            ours.insert(name);
            let words: Vec<&str> =
                claims[name]["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            match form.value {
                ClaimValueKind::Flag => assert_eq!(claims[name]["type"], "boolean", "{name}"),
                ClaimValueKind::Minimum => assert_eq!(claims[name]["type"], "number", "{name}"),
                _ => assert_eq!(words, form.words, "{name}"),
            }
        }
    }
    assert_eq!(claims.keys().map(String::as_str).collect::<BTreeSet<_>>(), ours);
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/policy.schema.json")).unwrap();
    let policy: Value = serde_json::from_str(&text).unwrap();
    let required = policy["properties"]["verdicts"]["properties"].as_object().unwrap();
    assert!(ours.iter().all(|name| required.contains_key(*name)), "{:?}", required.keys());
}

#[test]
fn the_schema_names_the_vocabulary() {
    let schema = schema();
    let described = properties(&schema, &["component"]).as_object().unwrap();
    let theirs: BTreeSet<(&str, &str)> =
        described.iter().map(|(id, shape)| (id.as_str(), shape["description"].as_str().unwrap_or_default())).collect();
    let describe = |item: &taxonomy::Item| match &item.description {
        Some(description) => format!("{}: {description}", item.name),
        None => format!("{}.", item.name),
    };
    let items: Vec<(&str, String)> =
        taxonomy::vocabulary().components().iter().map(|item| (item.id.as_str(), describe(item))).collect();
    let ours: BTreeSet<(&str, &str)> = items.iter().map(|(id, meaning)| (*id, meaning.as_str())).collect();
    assert_eq!(ours, theirs);
}

/// In the form that taplo and other editors show.
#[test]
fn the_schema_describes_every_word() {
    fn walk(value: &Value, found: &mut usize) {
        if let Some(words) = value["enum"].as_array() {
            let meanings = value["x-taplo"]["docs"]["enumValues"].as_array().map_or(0, Vec::len);
            assert_eq!(meanings, words.len(), "{words:?}");
            *found += meanings;
        }
        match value {
            Value::Object(members) => members.values().for_each(|member| walk(member, found)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let mut found = 0;
    walk(&schema(), &mut found);
    assert!(found > 150, "{found}");
}
