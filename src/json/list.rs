//! Values of which one list is long.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{StrictVisitor, object};

/// Reads one JSON value like [`super::read`], except for the list at `path`, which are the keys of objects from the outermost one:
/// its items are read as `T`, which is expected to be as strict, and the value holds an empty list there.
///
/// A tree of a long list takes several times the memory of what is needed of it.
pub(crate) fn read_with_list<'de, T: Deserialize<'de>>(
    bytes: &'de [u8],
    path: &[&str],
) -> Result<(Value, Vec<T>), serde_json::Error> {
    let mut items = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = WithList { path, items: &mut items }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((value, items))
}

/// Reads a value, and the items of the list at `path` within it.
struct WithList<'p, T> {
    path: &'p [&'p str],
    items: &'p mut Vec<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for WithList<'_, T> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Everything but an object on the path and the list at its end is read as [`StrictVisitor`] reads it.
impl<'de, T: Deserialize<'de>> Visitor<'de> for WithList<'_, T> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        StrictVisitor.expecting(f)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        StrictVisitor.visit_unit()
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        StrictVisitor.visit_bool(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        StrictVisitor.visit_i64(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        StrictVisitor.visit_u64(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        StrictVisitor.visit_f64(value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        StrictVisitor.visit_str(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        if !self.path.is_empty() {
            return StrictVisitor.visit_seq(sequence);
        }
        while let Some(item) = sequence.next_element()? {
            self.items.push(item);
        }
        Ok(Value::Array(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Value, A::Error> {
        let Some((next, path)) = self.path.split_first() else { return StrictVisitor.visit_map(entries) };
        let items = self.items;
        object(entries, |key, entries| match key == *next {
            true => entries.next_value_seed(WithList { path, items: &mut *items }),
            false => entries.next_value_seed(StrictVisitor),
        })
    }
}
