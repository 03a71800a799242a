//! Reading one TOML table by hand: each key asked for by name and type, what is left over reported.
//!
//! Nothing stops at a mistake: a value of the wrong type is a finding and reads as absent.

use std::cell::RefCell;
use std::str::FromStr;

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};
use unicode_normalization::is_nfc;

use super::{ClaimValue, Sha256Hex, Text, diagnostics, portable};
use crate::finding::{Finding, closest};
use crate::path::{RepoPath, is_deceptive};
use crate::source::{Span, Spanned};

/// Where the walk leaves its findings.
#[derive(Default)]
pub(super) struct Sink(RefCell<Vec<Finding>>);

impl Sink {
    pub(super) fn push(&self, finding: Finding) {
        self.0.borrow_mut().push(finding);
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.0.into_inner()
    }
}

type Value<'a> = &'a TomlSpanned<DeValue<'a>>;

/// A table that is being read.
pub(super) struct Table<'a> {
    entries: &'a DeTable<'a>,
    /// The header, or the whole of an inline table.
    pub(super) header: Span,
    /// As messages name it: `` `[model]` ``.
    name: String,
    known: RefCell<Vec<&'static str>>,
    sink: &'a Sink,
}

impl<'a> Table<'a> {
    pub(super) fn new(entries: &'a DeTable<'a>, header: Span, name: impl Into<String>, sink: &'a Sink) -> Self {
        Self { entries, header, name: name.into(), known: RefCell::default(), sink }
    }

    fn value(&self, key: &'static str) -> Option<Value<'a>> {
        self.known.borrow_mut().push(key);
        self.entries.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Reports every key that was not asked for.
    pub(super) fn finish(self) {
        let known = self.known.into_inner();
        for key in self.entries.keys() {
            let word = key.get_ref().as_ref();
            if known.contains(&word) {
                continue;
            }
            let span: Span = key.span().into();
            let mut finding = Finding::new(
                &diagnostics::UNKNOWN_KEY,
                span,
                format!("{} has no key `{}`", self.name, word.escape_debug()),
            );
            finding = match closest(word, known.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None if word == "$schema" => finding.help("name the schema in a comment: `#:schema URL`"),
                None => finding.help(format!("known here: {}", known.join(", "))),
            };
            self.sink.push(finding);
        }
    }

    fn wrong_type(&self, key: &str, value: Value<'_>, expected: &str) {
        self.sink.push(Finding::new(
            &diagnostics::WRONG_TYPE,
            value.span().into(),
            format!("`{key}` takes {expected}, not {}", described(value.get_ref())),
        ));
    }

    pub(super) fn malformed(&self, span: Span, message: String, help: &str) {
        self.sink.push(Finding::new(&diagnostics::MALFORMED, span, message).help(help));
    }

    fn missing(&self, key: &str) {
        self.sink.push(Finding::new(
            &diagnostics::MISSING_KEY,
            self.header,
            format!("{} lacks the key `{key}`", self.name),
        ));
    }

    fn string(&self, key: &str, value: Value<'_>, prose: bool) -> Option<Text> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "a string");
            return None;
        };
        let span: Span = value.span().into();
        if text.trim().is_empty() {
            self.malformed(span, format!("`{key}` is empty"), "say it, or leave the key out");
            return None;
        }
        let allowed = |c: char| prose && matches!(c, '\n' | '\t');
        if let Some(c) = text.chars().find(|c| is_deceptive(*c) && !allowed(*c)) {
            self.sink.push(portable::deceptive_character(c, span));
        }
        if !is_nfc(text) {
            self.sink.push(
                Finding::new(
                    &diagnostics::NOT_NORMALIZED,
                    span,
                    format!("`{key}` is not in Unicode normalisation form C"),
                )
                .help("write accented letters as one character"),
            );
        }
        Some(Spanned::new(text.to_owned(), span))
    }

    /// One line of text.
    pub(super) fn text(&self, key: &'static str) -> Option<Text> {
        self.value(key).and_then(|value| self.string(key, value, false))
    }

    /// Text that may have several lines.
    pub(super) fn prose(&self, key: &'static str) -> Option<Text> {
        self.value(key).and_then(|value| self.string(key, value, true))
    }

    /// One line of text that has to be there; empty at the header where it is not.
    pub(super) fn required(&self, key: &'static str) -> Text {
        let absent = !self.entries.contains_key(key);
        self.text(key).unwrap_or_else(|| {
            if absent {
                self.missing(key);
            }
            Spanned::new(String::new(), self.header)
        })
    }

    /// A list of one-line texts; a lone text is an error that says so.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Text> {
        self.items(key, "a list of strings").into_iter().filter_map(|value| self.string(key, value, false)).collect()
    }

    fn items(&self, key: &'static str, expected: &str) -> Vec<Value<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        match value.get_ref().as_array() {
            Some(array) => array.iter().collect(),
            None => {
                self.wrong_type(key, value, expected);
                Vec::new()
            }
        }
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<Spanned<bool>> {
        let value = self.value(key)?;
        match value.get_ref().as_bool() {
            Some(flag) => Some(Spanned::new(flag, value.span())),
            None => {
                self.wrong_type(key, value, "true or false");
                None
            }
        }
    }

    /// A whole number from `least` to 2^53, which every JSON reader keeps exactly.
    pub(super) fn count(&self, key: &'static str, least: u64) -> Option<Spanned<u64>> {
        const MOST: u64 = 1 << 53;
        let value = self.value(key)?;
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(key, value, "a whole number");
            return None;
        };
        match u64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()) {
            Ok(number) if (least..=MOST).contains(&number) => Some(Spanned::new(number, value.span())),
            _ => {
                let message = format!("`{key}` is {integer}, which is out of range");
                self.malformed(value.span().into(), message, &format!("expected a whole number from {least} to 2^53"));
                None
            }
        }
    }

    /// A finite number that is not negative.
    pub(super) fn number(&self, key: &'static str) -> Option<Spanned<f64>> {
        let value = self.value(key)?;
        match scalar_number(value.get_ref()) {
            None => {
                self.wrong_type(key, value, "a number");
                None
            }
            Some(number) if number.is_finite() && number >= 0.0 => Some(Spanned::new(number, value.span())),
            Some(number) => {
                self.malformed(value.span().into(), format!("`{key}` is {number}"), "expected a number from 0 up");
                None
            }
        }
    }

    /// One of a list of words.
    pub(super) fn word<T>(
        &self,
        key: &'static str,
        words: &'static [&'static str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let value = self.value(key)?;
        self.one_word(key, value, words, read)
    }

    pub(super) fn required_word<T>(
        &self,
        key: &'static str,
        words: &'static [&'static str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Spanned<T>> {
        if !self.entries.contains_key(key) {
            self.missing(key);
        }
        self.word(key, words, read)
    }

    /// A list of words.
    pub(super) fn words<T>(
        &self,
        key: &'static str,
        words: &'static [&'static str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<Spanned<T>> {
        self.items(key, "a list of words")
            .into_iter()
            .filter_map(|value| self.one_word(key, value, words, &read))
            .collect()
    }

    fn one_word<T>(
        &self,
        key: &str,
        value: Value<'_>,
        words: &'static [&'static str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let Some(word) = value.get_ref().as_str() else {
            self.wrong_type(key, value, &format!("one of {}", quoted(words)));
            return None;
        };
        let span: Span = value.span().into();
        if let Some(meant) = read(word) {
            return Some(Spanned::new(meant, span));
        }
        let help = match closest(word, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? Allowed: {}", quoted(words)),
            None => format!("allowed: {}", quoted(words)),
        };
        let message = format!("`{}` is no value of `{key}`", word.escape_debug());
        self.sink.push(Finding::new(&diagnostics::UNKNOWN_WORD, span, message).help(help));
        None
    }

    fn parsed<T: FromStr>(&self, key: &'static str, help: &str) -> Option<Spanned<T>>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.text(key)?;
        match text.value.parse() {
            Ok(value) => Some(Spanned::new(value, text.span)),
            Err(error) => {
                self.malformed(text.span, format!("`{key}`: {error}"), help);
                None
            }
        }
    }

    pub(super) fn sha256(&self, key: &'static str) -> Option<Spanned<Sha256Hex>> {
        self.parsed(key, "write the digest as `sha256sum` prints it")
    }

    pub(super) fn path(&self, key: &'static str) -> Option<Spanned<RepoPath>> {
        self.parsed(key, "write a path relative to the root of the repository, with `/`")
    }

    /// A day: a TOML date, or a string of that form. `precise` refuses a month or a year alone.
    pub(super) fn date(&self, key: &'static str, precise: bool) -> Option<Text> {
        let value = self.value(key)?;
        let span: Span = value.span().into();
        let written = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.wrong_type(key, value, "a date");
                return None;
            }
        };
        let loose = match written.len() {
            4 => format!("{written}-01-01"),
            7 => format!("{written}-01"),
            _ => written.clone(),
        };
        let candidate = if precise { &written } else { &loose };
        let is_day = candidate.len() == 10 && candidate.parse::<jiff::civil::Date>().is_ok();
        if is_day {
            return Some(Spanned::new(written, span));
        }
        self.malformed(
            span,
            format!("`{key}` is `{}`, which is no date", written.escape_debug()),
            "expected a day, as 2026-11-22",
        );
        None
    }

    /// An `http` or `https` URL.
    pub(super) fn url(&self, key: &'static str) -> Option<Text> {
        let text = self.text(key)?;
        self.check_url(key, &text);
        Some(text)
    }

    pub(super) fn required_url(&self, key: &'static str) -> Text {
        let text = self.required(key);
        if !text.value.is_empty() {
            self.check_url(key, &text);
        }
        text
    }

    fn check_url(&self, key: &str, text: &Text) {
        let rest = text.value.strip_prefix("https://").or_else(|| text.value.strip_prefix("http://"));
        let good =
            rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace));
        if !good {
            let message = format!("`{key}` is `{}`, which is no URL", text.value.escape_debug());
            self.malformed(text.span, message, "expected `https://…`");
        }
    }

    /// A nested table, `[outer.key]` or inline.
    pub(super) fn table(&self, key: &'static str, name: &str) -> Option<Self> {
        let value = self.value(key)?;
        self.as_table(key, value, name)
    }

    fn as_table(&self, key: &str, value: Value<'a>, name: &str) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table::new(entries, value.span().into(), name, self.sink)),
            _ => {
                self.wrong_type(key, value, "a table");
                None
            }
        }
    }

    /// The tables of `[[key]]`, or of a list of inline tables.
    pub(super) fn tables(&self, key: &'static str, name: &str) -> Vec<Self> {
        self.items(key, "a list of tables").into_iter().filter_map(|value| self.as_table(key, value, name)).collect()
    }

    /// Every entry that is a table, with the key that names it: `[component.ID]`.
    pub(super) fn named_tables(&self, name: impl Fn(&str) -> String) -> Vec<(Text, Self)> {
        let mut tables = Vec::new();
        for (key, value) in self.entries {
            let id = key.get_ref().to_string();
            if let Some(table) = self.as_table(&id, value, &name(&id)) {
                tables.push((self.key_text(key), table));
            }
        }
        tables
    }

    /// Every entry, which must be a text, a flag or a number.
    pub(super) fn scalars(&self) -> Vec<(Text, Spanned<ClaimValue>)> {
        let mut scalars = Vec::new();
        for (key, value) in self.entries {
            let read = match value.get_ref() {
                DeValue::String(_) => self.string(key.get_ref(), value, false).map(|text| ClaimValue::Text(text.value)),
                DeValue::Boolean(flag) => Some(ClaimValue::Flag(*flag)),
                other => {
                    let number = scalar_number(other).filter(|number| number.is_finite());
                    if number.is_none() {
                        self.wrong_type(key.get_ref(), value, "a string, a number, true or false");
                    }
                    number.map(ClaimValue::Number)
                }
            };
            if let Some(read) = read {
                scalars.push((self.key_text(key), Spanned::new(read, value.span())));
            }
        }
        scalars
    }

    fn key_text(&self, key: &TomlSpanned<std::borrow::Cow<'_, str>>) -> Text {
        let text = key.get_ref().to_string();
        let span: Span = key.span().into();
        if let Some(c) = text.chars().find(|c| is_deceptive(*c)) {
            self.sink.push(portable::deceptive_character(c, span));
        }
        if !is_nfc(&text) {
            self.sink.push(Finding::new(
                &diagnostics::NOT_NORMALIZED,
                span,
                "the key is not in Unicode normalisation form C",
            ));
        }
        Spanned::new(text, span)
    }

    /// A value that is a text or a table: the caller says what each means.
    pub(super) fn text_or_table(&self, key: &'static str, name: &str) -> Option<TextOrTable<'a>> {
        let value = self.value(key)?;
        if value.get_ref().is_str() {
            return self.string(key, value, false).map(TextOrTable::Text);
        }
        self.as_table(key, value, name).map(TextOrTable::Table)
    }
}

/// Either form of a value that takes two.
pub(super) enum TextOrTable<'a> {
    /// `"docs/risk.md"`.
    Text(Text),
    /// `{ document = "docs/risk.md" }`.
    Table(Table<'a>),
}

fn scalar_number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(float) => float.as_str().replace('_', "").parse().ok(),
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().replace('_', "").parse().ok(),
        _ => None,
    }
}

fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
