//! The shape of a manifest, from its schema: which keys a table has, what each means, and which values it takes.

use std::sync::LazyLock;

use serde_json::{Map, Value};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../schemas/openness.schema.json")).expect("a test reads the schema")
});

/// A part of the schema: a table or a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    node: &'static Value,
    /// The description of the key, where the node is described elsewhere.
    meaning: Option<&'static str>,
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    /// A list of tables.
    Tables,
    /// A list of texts or words.
    List,
    /// A path or URL, or a table.
    Evidence,
    Text,
    Date,
    Number,
    Flag,
    /// Anything that is not a table.
    Scalar,
}

impl Shape {
    /// Returns the shape of a whole manifest.
    pub(super) fn root() -> Self {
        Self { node: &SCHEMA, meaning: None }
    }

    /// Returns the shape of a key, or of a table, by its path. A path does not count the tables of a list.
    pub(super) fn at(path: &[&str]) -> Option<Self> {
        path.iter().try_fold(Self::root(), |shape, name| shape.key(name))
    }

    /// Returns the table that holds the keys: the item of a list, the table in place of a text.
    fn table(self) -> &'static Value {
        let node = match self.node["type"].as_str() {
            Some("array") => followed(&self.node["items"]),
            _ => self.node,
        };
        node["anyOf"].as_array().and_then(|forms| forms.iter().find(|form| form["type"] == "object")).unwrap_or(node)
    }

    pub(super) fn key(self, name: &str) -> Option<Self> {
        let table = self.table();
        let own = name.strip_prefix("x-").filter(|rest| !rest.is_empty());
        let of_own = || table["patternProperties"].as_object()?.values().next().filter(|_| own.is_some());
        let others = || Some(&table["additionalProperties"]).filter(|others| others.is_object());
        let node = table["properties"].get(name).or_else(of_own).or_else(others)?;
        Some(Self { node: followed(node), meaning: node["description"].as_str() })
    }

    /// Returns the keys that have names of their own, in the order of the schema.
    pub(super) fn keys(self) -> impl Iterator<Item = (&'static str, Self)> {
        let properties = self.table()["properties"].as_object().into_iter().flat_map(Map::iter);
        properties
            .map(|(name, node)| (name.as_str(), Self { node: followed(node), meaning: node["description"].as_str() }))
    }

    /// Returns whether a table must have a key.
    pub(super) fn requires(self, key: &str) -> bool {
        self.table()["required"].as_array().is_some_and(|required| required.iter().any(|name| name == key))
    }

    pub(super) fn meaning(self) -> Option<&'static str> {
        self.meaning.or_else(|| self.node["description"].as_str())
    }

    /// Returns the words that a value or an item of a list is one of, each with its meaning.
    pub(super) fn words(self) -> Vec<(&'static str, &'static str)> {
        let node = if self.node["enum"].is_array() { self.node } else { &self.node["items"] };
        let words = node["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let meanings = node["x-taplo"]["docs"]["enumValues"].as_array().into_iter().flatten().filter_map(Value::as_str);
        words.zip(meanings.chain(std::iter::repeat(""))).collect()
    }

    /// Returns whether the value can be the path of a file.
    pub(super) fn is_path(self) -> bool {
        let texts = [self.meaning(), self.node["items"]["description"].as_str()];
        self.kind() == Kind::Evidence || texts.into_iter().flatten().any(|text| text.to_lowercase().contains("path"))
    }

    pub(super) fn kind(self) -> Kind {
        if self.node["enum"].is_array() {
            return Kind::Text;
        }
        if let Some(forms) = self.node["anyOf"].as_array() {
            let has_table = forms.iter().any(|form| form["type"] == "object");
            return if has_table { Kind::Evidence } else { Kind::Date };
        }
        match self.node["type"].as_str() {
            Some("object") => Kind::Table,
            Some("array") if followed(&self.node["items"])["type"] == "object" => Kind::Tables,
            Some("array") => Kind::List,
            Some("boolean") => Kind::Flag,
            Some("integer" | "number") => Kind::Number,
            Some("string") => Kind::Text,
            _ if self.node["const"].is_number() => Kind::Number,
            _ => Kind::Scalar,
        }
    }
}

/// Follows a reference to a definition.
fn followed(node: &'static Value) -> &'static Value {
    let name = node["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/definitions/"));
    name.map_or(node, |name| &SCHEMA["definitions"][name])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn a_path_leads_to_the_key_and_no_other_does() {
        for (path, kind) in [
            (&["model"][..], Kind::Table),
            (&["model", "base"], Kind::Tables),
            (&["model", "base", "relation"], Kind::Text),
            (&["model", "modality"], Kind::List),
            (&["model", "date"], Kind::Date),
            (&["component", "final-weights", "remote", "size"], Kind::Number),
            (&["component", "x-own", "openness"], Kind::Text),
            (&["risk", "external-review"], Kind::Evidence),
            (&["risk", "external-review", "summary"], Kind::Text),
            (&["access", "eu-disallowed"], Kind::Flag),
            (&["assessment", "mof-1.0", "stated", "anything"], Kind::Scalar),
            (&["lints", "OPN310"], Kind::Text),
            (&["schema"], Kind::Number),
        ] {
            let shape = Shape::at(path).unwrap_or_else(|| panic!("{path:?}"));
            assert_eq!(shape.kind(), kind, "{path:?}");
            assert!(path.len() == 2 && path[0] == "component" || shape.meaning().is_some() || path[0] == "assessment");
        }
        for path in [&["modle"][..], &["component", "finale-weights"], &["component", "x-"], &["model", "name", "x"]] {
            assert!(Shape::at(path).is_none(), "{path:?}");
        }
    }

    #[test]
    fn every_word_has_a_meaning() {
        fn walk(shape: Shape, path: &str, found: &mut usize) {
            for (word, meaning) in shape.words() {
                assert!(meaning.ends_with('.'), "{path} = {word}");
                *found += 1;
            }
            for (name, key) in shape.keys() {
                walk(key, &format!("{path}.{name}"), found);
            }
        }
        let mut found = 0;
        walk(Shape::root(), "", &mut found);
        assert!(found > 150, "{found}");
    }
}
