//! Reads one TOML table key by key, and reports the keys that were not read.
//!
//! Reading never stops at a mistake: a value of the wrong type is reported and counts as absent.

use std::cell::{Cell, RefCell};
use std::str::FromStr;

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use super::{ClaimValue, Sha256Hex, Text, Word, diagnostics, form, portable};
use crate::finding::{Change, Finding, Proposal, RuleInfo, Safety, closest, is_slip, quotable};
use crate::nfc::{is_nfc, nfc};
use crate::path::{RepoPath, is_deceptive};
use crate::source::{Span, Spanned};

/// The number of unknown keys for which a similar known key is looked for, which takes much longer than anything else.
const MAX_SUGGESTIONS: usize = 1000;

/// Collects the findings of all tables, up to a number, and counts the others.
pub(super) struct Sink {
    most: usize,
    findings: RefCell<Vec<Finding>>,
    left: Cell<Option<(&'static RuleInfo, usize)>>,
    suggestions: Cell<usize>,
}

impl Sink {
    pub(super) fn new(most: usize) -> Self {
        let suggestions = Cell::new(MAX_SUGGESTIONS);
        Self { most, findings: RefCell::default(), left: Cell::default(), suggestions }
    }

    pub(super) fn push(&self, finding: Finding) {
        let mut findings = self.findings.borrow_mut();
        if findings.len() < self.most {
            findings.push(finding);
        } else {
            let (rule, number) = self.left.get().unwrap_or((finding.rule, 0));
            self.left.set(Some((rule, number + 1)));
        }
    }

    /// Returns the closest candidate, as [`closest`] does, the first few times.
    fn closest<'c>(&self, word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        let left = self.suggestions.get().checked_sub(1)?;
        self.suggestions.set(left);
        closest(word, candidates)
    }

    /// Returns the findings, and how many more there were, with the rule of the first of those.
    pub(super) fn into_findings(self) -> (Vec<Finding>, Option<(&'static RuleInfo, usize)>) {
        (self.findings.into_inner(), self.left.get())
    }
}

type Value<'a> = &'a TomlSpanned<DeValue<'a>>;

/// A table that is being read, with the keys that were read so far.
pub(super) struct Table<'a> {
    entries: &'a DeTable<'a>,
    /// The header, or the whole table if it is inline.
    pub(super) header: Span,
    /// The name in messages: `` `[model]` ``.
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

    /// Reports every key that was not read.
    pub(super) fn finish(self) {
        let known = self.known.take();
        for key in self.entries.keys() {
            let word = key.get_ref().as_ref();
            if known.contains(&word) {
                continue;
            }
            let span: Span = key.span().into();
            let mut finding =
                Finding::new(&diagnostics::UNKNOWN_KEY, span, format!("{} has no key `{}`", self.name, quotable(word)));
            finding = match self.sink.closest(word, known.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).propose(self.rename(span, word, near)),
                None if word == "$schema" => finding.help("name the schema in a comment instead: `#:schema URL`"),
                None if form::is_rest(word)
                    && let Some(help) = self.split_name(key) =>
                {
                    finding.help(help)
                }
                None => finding.help(format!("known keys: {}", known.join(", "))),
            };
            self.sink.push(finding);
        }
    }

    /// Proposes a known key in place of another one; `None` if the table has it already.
    fn rename(&self, key: Span, word: &str, near: &'static str) -> Option<Proposal> {
        let is_certain = is_slip(word, near);
        (!self.has(near)).then(|| Proposal::rename(key, word, near, Safety::of_certain(is_certain)))
    }

    /// Returns help about a table whose name contains a dot and was written without quotes: `[assessment.mof-1.0]`.
    fn split_name(&self, key: &TomlSpanned<std::borrow::Cow<'_, str>>) -> Option<String> {
        let word = key.get_ref().as_ref();
        let is_table = matches!(self.entries.get(word)?.get_ref(), DeValue::Table(_));
        let path = self.name.strip_prefix("`[")?.strip_suffix("]`")?;
        let (outer, name) = path.rsplit_once('.').filter(|_| is_table)?;
        Some(format!("put a name that contains a dot in quotes: `[{outer}.\"{name}.{word}\"]`"))
    }

    /// Reports a value of the wrong type; `help` is about the right form of this value.
    fn wrong_type(&self, key: &str, value: Value<'_>, expected: &str, help: Option<String>) {
        self.wrong_form(key, value, expected, help, None);
    }

    /// Reports a value of the wrong type whose right form is certain if there is a `change`.
    fn wrong_form(&self, key: &str, value: Value<'_>, expected: &str, help: Option<String>, change: Option<Change>) {
        let message = format!("`{}` takes {expected}, not {}", quotable(key), type_name(value.get_ref()));
        let mut finding = Finding::new(&diagnostics::WRONG_TYPE, value.span().into(), message);
        finding.help = help;
        let title = format!("write `{}` as {expected}", quotable(key));
        self.sink.push(finding.propose(change.map(|change| Proposal::new(title, Safety::Safe, change))));
    }

    pub(super) fn malformed(&self, span: Span, message: String, help: &str) {
        self.sink.push(Finding::new(&diagnostics::MALFORMED, span, message).help(help));
    }

    fn missing(&self, key: &str) {
        self.sink.push(Finding::new(
            &diagnostics::MISSING_KEY,
            self.header,
            format!("{} is missing the key `{key}`", self.name),
        ));
    }

    fn string(&self, key: &str, value: Value<'_>, prose: bool) -> Option<Text> {
        let Some(text) = value.get_ref().as_str() else {
            let help = form::of_string(value.get_ref());
            self.wrong_form(key, value, "a string", help, form::to_string(value));
            return None;
        };
        let span: Span = value.span().into();
        if text.trim().is_empty() {
            self.malformed(span, format!("`{key}` is empty"), "write a value, or remove the key");
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
                    format!("`{key}` is not in Unicode normalization form C (NFC)"),
                )
                .help("write each accented letter as a single character")
                .propose(Proposal::new(
                    "write each accented letter as a single character",
                    Safety::Unsafe,
                    Change::ReplaceString { value: span, to: nfc(text) },
                )),
            );
        }
        Some(Spanned::new(text.to_owned(), span))
    }

    /// Reads one line of text.
    pub(super) fn text(&self, key: &'static str) -> Option<Text> {
        self.value(key).and_then(|value| self.string(key, value, false))
    }

    /// Reads text that may have several lines.
    pub(super) fn prose(&self, key: &'static str) -> Option<Text> {
        self.value(key).and_then(|value| self.string(key, value, true))
    }

    /// Reads one required line of text; empty, at the table's header, if it is missing.
    pub(super) fn required(&self, key: &'static str) -> Text {
        let absent = !self.entries.contains_key(key);
        self.text(key).unwrap_or_else(|| {
            if absent {
                self.missing(key);
            }
            Spanned::new(String::new(), self.header)
        })
    }

    /// Reads a list of one-line texts. A single text is reported, not taken for a list.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Text> {
        self.items(key, "a list of strings", None, |value| form::of_list(key, value))
            .into_iter()
            .filter_map(|value| self.string(key, value, false))
            .collect()
    }

    fn items(
        &self,
        key: &'static str,
        expected: &str,
        main: Option<&str>,
        help: impl FnOnce(&DeValue<'_>) -> Option<String>,
    ) -> Vec<Value<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        match value.get_ref().as_array() {
            Some(array) => array.iter().collect(),
            None => {
                let change = main.map_or_else(|| form::to_list(value), |main| form::to_tables(main, value));
                self.wrong_form(key, value, expected, help(value.get_ref()), change);
                Vec::new()
            }
        }
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<Spanned<bool>> {
        let value = self.value(key)?;
        match value.get_ref().as_bool() {
            Some(flag) => Some(Spanned::new(flag, value.span())),
            None => {
                let help = value.get_ref().is_str().then(|| "write `true` or `false`, without quotes".to_owned());
                self.wrong_form(key, value, "true or false", help, form::to_flag(value));
                None
            }
        }
    }

    /// Reads a whole number from `least` to 2^53, the range in which every JSON reader is exact.
    pub(super) fn count(&self, key: &'static str, least: u64) -> Option<Spanned<u64>> {
        const MOST: u64 = 1 << 53;
        let value = self.value(key)?;
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_form(key, value, "a whole number", form::of_number(value.get_ref()), form::to_number(value));
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

    /// Reads a finite number from 0.
    pub(super) fn number(&self, key: &'static str) -> Option<Spanned<f64>> {
        let value = self.value(key)?;
        match scalar_number(value.get_ref()) {
            None => {
                self.wrong_form(key, value, "a number", form::of_number(value.get_ref()), form::to_number(value));
                None
            }
            Some(number) if number.is_finite() && number >= 0.0 => Some(Spanned::new(number, value.span())),
            Some(number) => {
                self.malformed(
                    value.span().into(),
                    format!("`{key}` is {number}"),
                    "expected a finite number, 0 or greater",
                );
                None
            }
        }
    }

    /// Reads one of a list of words.
    pub(super) fn word<W: Word>(&self, key: &'static str) -> Option<Spanned<W>> {
        let value = self.value(key)?;
        self.one_word(key, value, &|_| None)
    }

    /// Reads one of a list of words, and reports the key if it is missing.
    pub(super) fn required_word<W: Word>(&self, key: &'static str) -> Option<Spanned<W>> {
        if !self.entries.contains_key(key) {
            self.missing(key);
        }
        self.word(key)
    }

    /// Reads a list of words.
    pub(super) fn words<W: Word>(&self, key: &'static str) -> Vec<Spanned<W>> {
        self.items(key, "a list of words", None, |value| form::of_list(key, value))
            .into_iter()
            .filter_map(|value| self.one_word(key, value, &|_| None))
            .collect()
    }

    fn one_word<W: Word>(
        &self,
        key: &str,
        value: Value<'_>,
        advise: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Spanned<W>> {
        let Some(word) = value.get_ref().as_str() else {
            let help = value.get_ref().is_array().then(|| "write a single word, not a list".to_owned());
            let change = form::to_string(value).filter(|_| help.is_some());
            self.wrong_form(key, value, &format!("one of {}", quoted(W::WORDS)), help, change);
            return None;
        };
        let span: Span = value.span().into();
        if let Some(meant) = W::from_word(word) {
            return Some(Spanned::new(meant, span));
        }
        let advice = advise(word);
        let near = self.sink.closest(word, W::WORDS.iter().copied()).filter(|_| advice.is_none());
        let help = match (advice, near) {
            (Some(advice), _) => advice,
            (None, Some(near)) => format!("did you mean `{near}`? Allowed: {}", quoted(W::WORDS)),
            (None, None) => format!("allowed: {}", quoted(W::WORDS)),
        };
        let meant = near.map(|near| Proposal::replace(span, word, near, Safety::of_certain(is_slip(word, near))));
        let message = format!("`{}` is not a value of `{key}`", quotable(word));
        self.sink.push(Finding::new(&diagnostics::UNKNOWN_WORD, span, message).help(help).propose(meant));
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
        self.parsed(key, "write a path relative to the root of the repository, separated by `/`")
    }

    /// Reads a day: a TOML date, or a string of that form. Unless `precise`, a month or a year alone will do.
    pub(super) fn date(&self, key: &'static str, precise: bool) -> Option<Text> {
        let value = self.value(key)?;
        let span: Span = value.span().into();
        let written = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.wrong_type(key, value, "a date", Some("write a day such as `2026-11-22`".to_owned()));
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
            format!("`{key}` is `{}`, which is not a valid date", written.escape_debug()),
            "expected a day such as 2026-11-22",
        );
        None
    }

    /// Reads an `http` or `https` URL.
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
            let message = format!("`{key}` is `{}`, which is not a URL", text.value.escape_debug());
            self.malformed(text.span, message, "expected `https://…`");
        }
    }

    /// Reads a nested table, `[outer.key]` or inline.
    pub(super) fn table(&self, key: &'static str, name: &str) -> Option<Self> {
        let value = self.value(key)?;
        self.as_table(key, value, name, |_| Some(form::header(name)))
    }

    fn as_table(
        &self,
        key: &str,
        value: Value<'a>,
        name: &str,
        help: impl FnOnce(&DeValue<'_>) -> Option<String>,
    ) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table::new(entries, value.span().into(), name, self.sink)),
            _ => {
                self.wrong_type(key, value, "a table", help(value.get_ref()));
                None
            }
        }
    }

    /// Reads the tables of `[[key]]`, or of a list of inline tables. `main` is the key that each of them needs.
    pub(super) fn tables(&self, key: &'static str, name: &str, main: &str) -> Vec<Self> {
        let items = self.items(key, "a list of tables", Some(main), |value| Some(form::of_tables(key, main, value)));
        let table = |value| self.as_table(key, value, name, |value| Some(form::of_table(main, value)));
        items.into_iter().filter_map(table).collect()
    }

    /// Reads every entry as a table, with its key: `[component.ID]`. `main` is the key that each of them needs.
    pub(super) fn named_tables(&self, name: impl Fn(&str) -> String, main: &str) -> Vec<(Text, Self)> {
        let mut tables = Vec::new();
        for (key, value) in self.entries {
            let id = key.get_ref().to_string();
            let name = name(&id);
            if let Some(table) = self.as_table(&id, value, &name, |value| Some(form::below(&name, main, value))) {
                tables.push((self.key_text(key), table));
            }
        }
        tables
    }

    /// Reads every entry as a text, a flag or a number, with its key.
    pub(super) fn scalars(&self) -> Vec<(Text, Spanned<ClaimValue>)> {
        let mut scalars = Vec::new();
        for (key, value) in self.entries {
            let read = match value.get_ref() {
                DeValue::String(_) => self.string(key.get_ref(), value, false).map(|text| ClaimValue::Text(text.value)),
                DeValue::Boolean(flag) => Some(ClaimValue::Flag(*flag)),
                other => {
                    let number = scalar_number(other).filter(|number| number.is_finite());
                    if number.is_none() {
                        let help = form::of_scalar(key.get_ref(), value.get_ref());
                        self.wrong_type(key.get_ref(), value, "a string, a number, true or false", help);
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

    /// Reads every entry as one of a list of words, with its key.
    /// `advise` is asked about a word that is not in the list.
    pub(super) fn named_words<W: Word>(&self, advise: impl Fn(&str) -> Option<String>) -> Vec<(Text, Spanned<W>)> {
        let read = |(key, value): (_, Value<'a>)| {
            let key = self.key_text(key);
            let word = self.one_word(&key, value, &advise)?;
            Some((key, word))
        };
        self.entries.iter().filter_map(read).collect()
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
                "the key is not in Unicode normalization form C (NFC)",
            ));
        }
        Spanned::new(text, span)
    }

    /// Reads a value that is either a text or a table.
    pub(super) fn text_or_table(&self, key: &'static str, name: &str) -> Option<TextOrTable<'a>> {
        let value = self.value(key)?;
        if value.get_ref().is_str() {
            return self.string(key, value, false).map(TextOrTable::Text);
        }
        let help =
            || format!("link to it, `{key} = \"docs/evidence.md\"`, or describe it, `{key} = {{ summary = \"…\" }}`");
        self.as_table(key, value, name, |_| Some(help())).map(TextOrTable::Table)
    }
}

/// A value that is either a text or a table.
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

/// Returns the type of a value with its article, as messages name it.
fn type_name(value: &DeValue<'_>) -> &'static str {
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
