//! YAML with positions: every scalar is kept as its source text, and every mistake is reported with line and column.
//!
//! Records of other projects rarely follow a schema: `version: 1.0` means the text `1.0`, which a parser that converts
//! it to a number loses. The budgets of [`serde_saphyr`] stop alias bombs. Repeated keys are rejected, because readers
//! disagree about which of them counts.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{NonFiniteFloatPolicy, Spanned};

use super::Error;

/// A YAML value, and the line and column where it starts, both from 1.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) line: u64,
    pub(crate) column: u64,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Reads one document. `first_line` is the line of the file where the text starts, from 1.
pub(crate) fn read(text: &str, first_line: u64) -> Result<Node, Error> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: 250_000, max_aliases: 100, max_anchors: 100, max_depth: 16, max_documents: 1 },
        // Metrics are often `.nan`; the text is kept, whatever the number.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
    };
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
        Error::Yaml { line: line + first_line - 1, column, problem: problem(error.without_snippet()) }
    })?;
    Ok(node(raw, text, first_line))
}

/// Returns what is wrong, for the author of the text. The library speaks to those who call it, about its options.
fn problem(error: &serde_saphyr::Error) -> String {
    match error {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("`{}` occurs twice", key.escape_debug())
        }
        serde_saphyr::Error::DuplicateMappingKey { key: None, .. } => "a key occurs twice".to_owned(),
        serde_saphyr::Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => {
            "a second document starts, and only one is read".to_owned()
        }
        serde_saphyr::Error::Budget { .. } => {
            "it is too large, nested too deeply, or has too many anchors and aliases".to_owned()
        }
        // Without the position, which counts from the start of the front matter.
        other => other.to_string().split(" at line ").next().unwrap_or("").lines().next().unwrap_or("").to_owned(),
    }
}

impl Node {
    pub(crate) fn wrong(&self, problem: impl Into<String>) -> Error {
        Error::Shape { line: self.line, column: self.column, problem: problem.into() }
    }

    pub(crate) fn map(&self, what: &str) -> Result<&[(String, Self)], Error> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(self.wrong(format!("{what} must be a mapping"))),
        }
    }

    /// Returns the value of a key; `None` if it is absent or null.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => {
                entries.iter().find(|(name, _)| name == key).map(|(_, node)| node).filter(|node| !node.is_null())
            }
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Returns the text of a scalar; empty for null. `what` names the value in messages.
    pub(crate) fn text(&self, what: &str) -> Result<&str, Error> {
        match &self.value {
            Value::Text(text) => Ok(text),
            Value::Null => Ok(""),
            Value::List(_) => Err(self.wrong(format!("{what} must be text, not a list"))),
            Value::Map(_) => Err(self.wrong(format!("{what} must be text, not a mapping"))),
        }
    }

    /// Returns the trimmed text of a key; `None` if it is absent, null or empty.
    pub(crate) fn filled(&self, key: &str) -> Result<Option<&str>, Error> {
        let Some(node) = self.get(key) else { return Ok(None) };
        Ok(Some(node.text(&format!("`{key}`"))?.trim()).filter(|text| !text.is_empty()))
    }

    /// Returns the texts of a key that holds one text or a list, without empty ones.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<String>, Error> {
        let Some(node) = self.get(key) else { return Ok(Vec::new()) };
        let what = format!("`{key}`");
        let texts = match &node.value {
            Value::List(items) => items.iter().map(|item| item.text(&what)).collect::<Result<Vec<_>, _>>()?,
            _ => vec![node.text(&what)?],
        };
        Ok(texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect())
    }
}

fn node(raw: Spanned<Raw>, text: &str, first_line: u64) -> Node {
    let at = raw.referenced;
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(written) => Value::Text(written),
        Raw::Scalar(shown) => {
            // The source text: `1.0`, not the float 1.
            let span = raw.defined.span();
            let start = span.byte_offset().and_then(|offset| usize::try_from(offset).ok());
            let length = span.byte_len().and_then(|length| usize::try_from(length).ok());
            let written = start.zip(length).and_then(|(start, length)| text.get(start..start.checked_add(length)?));
            Value::Text(written.map(str::trim).filter(|written| !written.is_empty()).unwrap_or(&shown).to_owned())
        }
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(item, text, first_line)).collect()),
        Raw::Map(entries) => {
            Value::Map(entries.into_iter().map(|(key, value)| (key, node(value, text, first_line))).collect())
        }
    };
    Node { value, line: at.line() + first_line - 1, column: at.column() }
}

enum Raw {
    Null,
    Text(String),
    /// A number or a boolean, as the library formats it.
    Scalar(String),
    List(Vec<Spanned<Self>>),
    Map(Vec<(String, Spanned<Self>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn scalars_keep_their_source_text() {
        let node = read("version: 1.0\nother: '1.0'\ndate: 2024-01\nno: no\nnothing: ~\nhex: 0x10\n", 1).unwrap();
        for (key, text) in [("version", "1.0"), ("other", "1.0"), ("date", "2024-01"), ("no", "no"), ("hex", "0x10")] {
            assert_eq!(node.filled(key).unwrap(), Some(text));
        }
        assert!(node.get("nothing").is_none());
    }

    #[test]
    fn numbers_that_are_not_finite_keep_their_source_text() {
        let node = read("metrics:\n- .nan\n- -.inf\n- .INF\n- 1e999\n- nan\n", 1).unwrap();
        assert_eq!(node.texts("metrics").unwrap(), [".nan", "-.inf", ".INF", "1e999", "nan"]);
    }

    #[test]
    fn a_repeated_key_is_rejected_with_its_position() {
        let error = read("a: 1\nb: 2\na: 3\n", 1).unwrap_err();
        assert!(matches!(error, Error::Yaml { line: 3, .. }), "{error}");
        let shifted = read("a: 1\nb: 2\na: 3\n", 11).unwrap_err();
        assert!(matches!(shifted, Error::Yaml { line: 13, .. }), "{shifted}");
        assert!(shifted.to_string().contains("`a` occurs twice"), "{shifted}");
    }

    #[test]
    fn mistakes_are_reported_without_the_options_of_a_library() {
        let problem = |text: &str| read(text, 1).unwrap_err().to_string();
        assert!(problem("a: 1\n...\nb: 2\n").contains("a second document starts"), "{}", problem("a: 1\n...\nb: 2\n"));
        let aliases = format!("a: &a x\nb: [{}]\n", "*a, ".repeat(200));
        assert!(problem(&aliases).contains("too many anchors and aliases"), "{}", problem(&aliases));
    }

    #[test]
    fn a_list_instead_of_text_is_rejected_with_its_position() {
        let error = read("a:\n  b: [x]\n", 1).unwrap().get("a").unwrap().filled("b").unwrap_err();
        assert!(matches!(error, Error::Shape { line: 2, column: 6, .. }), "{error:?}");
    }

    #[test]
    fn rejects_alias_bombs_and_deep_nesting() {
        let mut bomb = String::from("a0: &a0 [x, x]\n");
        for level in 1..30 {
            bomb.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}, *a{0}]\n", level - 1));
        }
        assert!(read(&bomb, 1).is_err());
        assert!(read(&"[".repeat(10_000), 1).is_err());
    }
}
