//! Finds unknown keys in a policy: a requirement under a misspelled key would never be checked.

use toml::de::{DeTable, DeValue};

use super::choice;

/// Table → its keys; the empty name is the top level. Tables with arbitrary keys are not listed.
pub(super) const SHAPE: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "policy",
            "roles",
            "signers",
            "verdicts",
            "files",
            "components",
            "licenses",
            "evidence",
            "coverage",
            "lineage",
            "statement",
            "oms",
            "unsigned",
        ],
    ),
    ("signers", &["require", "of", "roles"]),
    ("files", &["forbid", "forbid-code-on-load", "allow-code-on-load", "whole-digests"]),
    ("components", &["require", "require-open"]),
    ("licenses.*", &["require", "allow"]),
    ("evidence", &["items", "documentation", "remote-digests", "signed-tag", "tlog-proof"]),
    ("coverage", &["forbid-exclude"]),
    ("lineage", &["require", "review", "signed-bases", "allow-waived"]),
    ("oms.*", &["methods", "identities", "issuers", "signers", "roots"]),
    ("statement", &["maximum-age-days", "allow-waived", "require-expires", "minimum-sequence"]),
];

/// Returns the byte offset of the first unknown key, and a message about it.
pub(super) fn unknown(text: &str) -> Option<(usize, String)> {
    // Syntax errors are reported by the reader that follows.
    let table = DeTable::parse(text).ok()?;
    let mut found = Vec::new();
    look(table.get_ref(), "", "", &mut found);
    found.into_iter().min_by_key(|(at, _)| *at)
}

fn look(table: &DeTable<'_>, shape: &str, name: &str, found: &mut Vec<(usize, String)>) {
    let known = SHAPE.iter().find(|(table, _)| *table == shape).map(|(_, keys)| *keys);
    for (key, value) in table {
        let word = key.get_ref().as_ref();
        if known.is_some_and(|known| !known.contains(&word)) {
            let table = if name.is_empty() { "a policy".to_owned() } else { format!("`[{name}]`") };
            let help = choice(word, known.into_iter().flatten().copied());
            found.push((key.span().start, format!("{table} has no key `{}`; {help}", word.escape_debug())));
            continue;
        }
        let DeValue::Table(below) = value.get_ref() else { continue };
        let shape = match (shape, word) {
            ("", "licenses") => "licenses".to_owned(),
            ("licenses", _) => "licenses.*".to_owned(),
            ("", "oms") => "oms".to_owned(),
            ("oms", _) => "oms.*".to_owned(),
            ("", word) if SHAPE.iter().any(|(table, _)| *table == word) => word.to_owned(),
            _ => continue,
        };
        let name = if name.is_empty() { word.to_owned() } else { format!("{name}.{word}") };
        look(below, &shape, &name, found);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_schema() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../schemas/policy.schema.json")).unwrap();
        for (table, keys) in SHAPE {
            let mut at = &schema;
            for name in table.split('.').filter(|name| !name.is_empty()) {
                at = if name == "*" { &at["additionalProperties"] } else { &at["properties"][name] };
            }
            let theirs: Vec<&String> = at["properties"].as_object().unwrap().keys().collect();
            assert_eq!(theirs, *keys, "[{table}]");
        }
    }

    #[test]
    fn a_misspelled_key_is_found_and_the_right_one_suggested() {
        for (text, expected) in [
            ("polcy = 1", "a policy has no key `polcy`; did you mean `policy`?"),
            ("[licences]", "did you mean `licenses`?"),
            ("[signers]\nrequires = 2", "`[signers]` has no key `requires`; did you mean `require`?"),
            ("[licenses.weights]\nalow = []", "`[licenses.weights]` has no key `alow`; did you mean `allow`?"),
            ("[files]\nzebra = 1", "known are forbid, forbid-code-on-load, allow-code-on-load"),
        ] {
            let (_, message) = unknown(text).unwrap();
            assert!(message.contains(expected), "{message}");
        }
        assert_eq!(
            unknown("policy = 1\n[roles]\nanything = []\n[verdicts]\nx = 1\n[signers]\nroles = { y = 1 }"),
            None
        );
        assert_eq!(unknown("policy = 1\n[files]\nforbid = []\nforbidden = []").unwrap().0, 31);
    }
}
