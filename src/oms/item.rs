//! The items of the list of files. A bundle can have very many, so they are read without a tree of values.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::Refusal;
use crate::json::{self, Strict};

/// One item of `resources`. Members that are not known are ignored, as the specification demands, but none may be repeated.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) name: Option<Cow<'a, str>>,
    algorithm: Option<Cow<'a, str>>,
    digest: Option<Cow<'a, str>>,
}

impl Item<'_> {
    /// Returns `name`, `algorithm` and `digest`.
    pub(super) fn texts(&self) -> Result<[&str; 3], Refusal> {
        fn text<'t>(member: Option<&'t Cow<'_, str>>, path: &str) -> Result<&'t str, Refusal> {
            member.map(|text| &**text).ok_or_else(|| Refusal::Missing { path: path.to_owned() })
        }
        let Self { name, algorithm, digest } = self;
        Ok([
            text(name.as_ref(), "resources.name")?,
            text(algorithm.as_ref(), "resources.algorithm")?,
            text(digest.as_ref(), "resources.digest")?,
        ])
    }
}

impl<'de> Deserialize<'de> for Item<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the name and digest of a file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Item<'de>, A::Error> {
        let mut item = Item::default();
        let mut others = BTreeSet::new();
        while let Some(Text(key)) = entries.next_key()? {
            let member = match &*key {
                "name" => &mut item.name,
                "algorithm" => &mut item.algorithm,
                "digest" => &mut item.digest,
                _ => {
                    if others.contains(&key) {
                        return Err(json::repeated(&key));
                    }
                    entries.next_value::<Strict>()?;
                    others.insert(key);
                    continue;
                }
            };
            let Text(value) = entries.next_value()?;
            if member.replace(value).is_some() {
                return Err(json::repeated(&key));
            }
        }
        Ok(item)
    }
}

/// A string, which is borrowed from the input unless it has escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn read(text: &str) -> Result<Item<'_>, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn strings_are_borrowed_unless_they_have_escapes() {
        let item = read(r#"{"name":"a","more":{"x":[1]},"algorithm":"sh\u0061","digest":"d"}"#).unwrap();
        assert_eq!(item.texts().unwrap(), ["a", "sha", "d"]);
        assert!(matches!((item.name, item.algorithm), (Some(Cow::Borrowed("a")), Some(Cow::Owned(_)))));
    }

    #[test]
    fn what_would_not_be_read_by_everyone_alike_is_refused() {
        for (text, problem) in [
            (r#"{"name":"a","name":"a"}"#, "the key `name` is repeated"),
            (r#"{"name":"a","n\u0061me":"b"}"#, "the key `name` is repeated"),
            (r#"{"x":1,"x":1}"#, "the key `x` is repeated"),
            (r#"{"x":{"y":1,"y":2}}"#, "the key `y` is repeated"),
            (r#"{"name":1}"#, "expected a string"),
            (r#"{"name":null}"#, "expected a string"),
            ("[]", "expected an object with the name and digest of a file"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
        let refusal = read(r#"{"name":"a","digest":"d"}"#).unwrap().texts().unwrap_err().to_string();
        assert!(refusal.contains("resources.algorithm"), "{refusal}");
    }
}
