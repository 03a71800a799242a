//! Unambiguous JSON: input with repeated keys is rejected, and output is canonical (RFC 8785).

mod canonical;
mod pretty;

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

pub use canonical::canonical;
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

struct Strict(Value);

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

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key `{}` is repeated", key.escape_debug())));
            }
            let value = entries.next_value_seed(Self)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
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
    use super::*;

    #[test]
    fn rejects_a_repeated_key_at_any_depth() {
        assert!(read(br#"{"a":{"b":1}}"#).is_ok());
        assert!(read(br#"{"a":1,"a":1}"#).is_err());
        assert!(read(br#"[{"a":{"b":1,"b":2}}]"#).is_err());
        assert!(read(br#"{"a":1,"\u0061":2}"#).is_err());
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
