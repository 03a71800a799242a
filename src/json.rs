//! Unambiguous JSON: input with repeated keys is rejected, and output is canonical (RFC 8785).

mod canonical;
#[cfg(feature = "oms")]
mod list;
mod pretty;
pub(crate) mod python;

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

pub use canonical::canonical;
#[cfg(feature = "oms")]
pub(crate) use list::read_with_list;
pub use pretty::pretty;

/// Reads one JSON value, and rejects repeated keys and trailing bytes.
///
/// Of two equal keys, `serde_json::Value` would keep the last, and other readers the first.
///
/// # Errors
/// The error of `serde_json`, with line and column, if the bytes are not exactly one JSON value or a key is repeated.
pub fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let Strict(value) = Strict::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Reads an object without repeated keys. `value` reads the value of a key.
fn object<'de, A: MapAccess<'de>>(
    mut entries: A,
    mut value: impl FnMut(&str, &mut A) -> Result<Value, A::Error>,
) -> Result<Value, A::Error> {
    let mut map = Map::new();
    while let Some(key) = entries.next_key::<String>()? {
        if map.contains_key(&key) {
            return Err(repeated(&key));
        }
        let value = value(&key, &mut entries)?;
        map.insert(key, value);
    }
    Ok(Value::Object(map))
}

/// The error about a key that an object has twice.
pub(crate) fn repeated<E: serde::de::Error>(key: &str) -> E {
    E::custom(format_args!("the key `{}` is repeated", key.escape_debug()))
}

/// A value that is read strictly, on its own or within another one.
pub(crate) struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> DeserializeSeed<'de> for StrictVisitor {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("the number is out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(Self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Value, A::Error> {
        object(entries, |_, entries| entries.next_value_seed(Self))
    }
}

/// Deserializes a string and parses it; a helper for `Deserialize`. Borrows the string from the input if possible.
///
/// # Errors
/// An error of the deserializer if the value is not a string or cannot be parsed.
pub fn parsed<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
{
    deserializer.deserialize_str(ParsedVisitor(PhantomData))
}

struct ParsedVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for ParsedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn rejects_a_repeated_key_at_any_depth() {
        assert!(read(br#"{"a":{"b":1}}"#).is_ok());
        assert!(read(br#"{"a":1,"a":1}"#).is_err());
        assert!(read(br#"[{"a":{"b":1,"b":2}}]"#).is_err());
        assert!(read(br#"{"a":1,"\u0061":2}"#).is_err());
    }

    #[test]
    fn a_list_within_a_value_is_read_by_itself() {
        let read = |text: &'static str| read_with_list::<String>(text.as_bytes(), &["a", "b"]).ok();
        let value = |text: &str| super::read(text.as_bytes()).unwrap();
        assert_eq!(
            read(r#"{"x":[1],"a":{"c":{"b":["no"]},"b":["1","2"]}}"#),
            Some((value(r#"{"x":[1],"a":{"c":{"b":["no"]},"b":[]}}"#), vec!["1".to_owned(), "2".to_owned()]))
        );
        // Other shapes are values like any other.
        for text in
            [r#"{"a":{"b":{"b":[1]}}}"#, r#"{"a":[{"b":["1"]}]}"#, r#"{"a":{}}"#, "[1]", "1", "null", "\"b\"", "-1.5"]
        {
            assert_eq!(
                read_with_list::<String>(text.as_bytes(), &["a", "b"]).unwrap(),
                (value(text), Vec::new()),
                "{text}"
            );
        }
        for text in
            [r#"{"a":{"b":[1]}}"#, r#"{"a":{"b":["1"],"b":[]}}"#, r#"{"a":1,"a":{"b":[]}}"#, r#"{"a":{"b":[]}}x"#, ""]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn rejects_trailing_bytes() {
        assert!(read(b"{} \n").is_ok());
        assert!(read(b"{}x").is_err());
        assert!(read(b"{}{}").is_err());
        assert!(read(b"").is_err());
    }

    #[test]
    fn rejects_deep_nesting_without_overflow() {
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn output_is_canonical() {
        let value = read(br#"{ "b": 1.0, "a": "\u20ac\n" }"#).ok();
        assert_eq!(value.and_then(|v| canonical(&v).ok()), Some("{\"a\":\"€\\n\",\"b\":1}".as_bytes().to_vec()));
    }
}
