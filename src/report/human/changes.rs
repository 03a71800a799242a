//! Changes of facts, one on a line.

use std::io::{self, Write};

use serde_json::Value;

use super::Paint;
use crate::manifest::draft::Change;
use crate::report::shown;

/// Writes changes as a list.
pub(super) fn list<'c>(
    changes: impl IntoIterator<Item = &'c Change>,
    indent: &str,
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    let arrow = if paint.0.unicode { "→" } else { "->" };
    changes.into_iter().try_for_each(|change| {
        let text = format!("{}: {} {arrow} {}", change.key, stated(change.from.as_ref()), stated(change.to.as_ref()));
        paint.wrapped(out, &format!("{indent}- "), &shown(&text))
    })
}

/// Returns a value as people write it.
fn stated(value: Option<&Value>) -> String {
    match value {
        None => "not stated".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => toml(other),
    }
}

/// Returns a value as it is written in the manifest, on one line.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let entries: Vec<String> = table.iter().map(|(key, value)| format!("{key} = {}", toml(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Number(number) => number.to_string().replace("e+", "e"),
        other => other.to_string(),
    }
}
