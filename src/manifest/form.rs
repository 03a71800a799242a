//! The right form of a value that has the wrong type, as valid TOML that can be copied into the manifest.

use toml::Spanned;
use toml::de::DeValue;

use crate::finding::Change;
use crate::path::is_deceptive;

/// The longest value that is repeated in help, in bytes.
const MAX_REPEATED: usize = 200;
/// What stands for a value that cannot be repeated.
const ANY: &str = "\"…\"";

/// Returns a string as it is written in TOML, or a placeholder if it is long or needs escapes.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| !matches!(c, '"' | '\\') && !is_deceptive(c);
    if text.len() <= MAX_REPEATED && text.chars().all(is_plain) { format!("\"{text}\"") } else { ANY.to_owned() }
}

/// Returns the text of a value as a string in TOML.
fn as_string(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => quoted(number.as_str()),
        DeValue::Float(number) => quoted(number.as_str()),
        DeValue::Boolean(flag) => quoted(&flag.to_string()),
        DeValue::Datetime(time) => quoted(&time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => return None,
    })
}

/// Returns how to make a string of a value.
pub(super) fn to_string(value: &Spanned<DeValue<'_>>) -> Option<Change> {
    let span = value.span().into();
    match value.get_ref() {
        DeValue::Array(items) => {
            let [only] = &items[..] else { return None };
            only.get_ref().as_str().map(|text| Change::ReplaceString { value: span, to: text.to_owned() })
        }
        // Quotes do not make a word of a truth value.
        DeValue::String(_) | DeValue::Table(_) | DeValue::Boolean(_) => None,
        _ => Some(Change::Surround { value: span, before: "\"".to_owned(), after: "\"" }),
    }
}

/// Returns how to make a list of a string.
pub(super) fn to_list(value: &Spanned<DeValue<'_>>) -> Option<Change> {
    let span = value.span().into();
    value.get_ref().is_str().then(|| Change::Surround { value: span, before: "[".to_owned(), after: "]" })
}

/// Returns how to make a list of one table with the key `main` of a string.
pub(super) fn to_tables(main: &str, value: &Spanned<DeValue<'_>>) -> Option<Change> {
    let span = value.span().into();
    value.get_ref().is_str().then(|| Change::Surround { value: span, before: format!("[{{ {main} = "), after: " }]" })
}

/// Returns how to make a truth value of a string.
pub(super) fn to_flag(value: &Spanned<DeValue<'_>>) -> Option<Change> {
    let word = value.get_ref().as_str().filter(|word| matches!(*word, "true" | "false"))?;
    Some(Change::ReplaceValue { value: value.span().into(), toml: word.to_owned() })
}

/// Returns how to make a number of a string.
pub(super) fn to_number(value: &Spanned<DeValue<'_>>) -> Option<Change> {
    let DeValue::String(text) = value.get_ref() else { return None };
    // What is a number in TOML too.
    let is_number = text.parse::<f64>().is_ok_and(f64::is_finite) && text.starts_with(|c: char| matches!(c, '1'..='9'));
    let is_whole = text.bytes().all(|b| b.is_ascii_digit());
    let is_decimal = text.split_once('.').is_some_and(|(whole, rest)| {
        [whole, rest].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    });
    let is_power = text.split_once(['e', 'E']).is_some_and(|(base, power)| {
        [base, power].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    });
    let is_toml = is_number && (is_whole || is_decimal || is_power);
    is_toml.then(|| Change::ReplaceValue { value: value.span().into(), toml: text.to_string() })
}

/// Returns help about a value that should be a string.
pub(super) fn of_string(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Array(items) => {
            let first = items.first().and_then(|item| as_string(item.get_ref()));
            Some(format!("write a single string, not a list: `{}`", first.as_deref().unwrap_or(ANY)))
        }
        DeValue::Boolean(_) => Some("write words in quotes, not `true` or `false`".to_owned()),
        other => Some(format!("put it in quotes: `{}`", as_string(other)?)),
    }
}

/// Returns help about a value that should be a list of strings.
pub(super) fn of_list(key: &str, value: &DeValue<'_>) -> Option<String> {
    Some(format!("write a list: `{key} = [{}]`", as_string(value)?))
}

/// Returns help about a value that should be a number.
pub(super) fn of_number(value: &DeValue<'_>) -> Option<String> {
    let text = value.as_str()?.trim();
    text.parse::<f64>().ok()?;
    Some(format!("write the number without quotes: `{}`", quoted(text).trim_matches('"')))
}

/// Returns help about a value that should be a list of tables, each of which needs the key `main`.
pub(super) fn of_tables(key: &str, main: &str, value: &DeValue<'_>) -> String {
    match value {
        DeValue::Table(_) => {
            format!("write a list of tables: `{key} = [{{ {main} = {ANY} }}]`, or two brackets around a header")
        }
        other => format!("write a list of tables: `{key} = [{}]`", table(main, other)),
    }
}

/// Returns help about an item that should be a table with the key `main`.
pub(super) fn of_table(main: &str, value: &DeValue<'_>) -> String {
    format!("write a table: `{}`", table(main, value))
}

fn table(main: &str, value: &DeValue<'_>) -> String {
    format!("{{ {main} = {} }}", as_string(value).as_deref().unwrap_or(ANY))
}

/// Returns help about a value that should be the table with this name, such as `` `[release]` ``.
pub(super) fn header(name: &str) -> String {
    format!("write its keys on lines of their own, below the header {name}")
}

/// Returns help about a value that should be the table with this name and the key `main`.
pub(super) fn below(name: &str, main: &str, value: &DeValue<'_>) -> String {
    let value = as_string(value);
    format!("write `{main} = {}` below the header {name}", value.as_deref().unwrap_or(ANY))
}

/// Returns help about a value that should be a string, a number, true or false.
pub(super) fn of_scalar(key: &str, value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Table(_) => {
            let (rest, leaf) = only_leaf(value)?;
            is_rest(&rest).then(|| {
                format!("put a name that contains a dot in quotes: `{} = {leaf}`", quoted(&format!("{key}.{rest}")))
            })
        }
        DeValue::Array(_) => Some("write a single value, not a list".to_owned()),
        DeValue::Datetime(_) => of_string(value),
        _ => None,
    }
}

/// Returns the dotted key and the value of a table with a single value in it, however deep.
fn only_leaf(value: &DeValue<'_>) -> Option<(String, String)> {
    let mut names = Vec::new();
    let mut at = value;
    while let DeValue::Table(entries) = at {
        let (key, value) = entries.iter().next().filter(|_| entries.len() == 1 && names.len() < 4)?;
        names.push(key.get_ref().as_ref());
        at = value.get_ref();
    }
    let leaf = match at {
        DeValue::String(_) => as_string(at)?,
        other => as_string(other)?.trim_matches('"').to_owned(),
    };
    Some((names.join("."), leaf))
}

/// Returns whether a key may be the rest of a name that contains a dot, such as the `0` of `mof-1.0`.
pub(super) fn is_rest(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_digit())
}
