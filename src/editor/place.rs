//! What is at a place of a manifest: a header, a key, a value, a comment.

use super::syntax::{Entry, Form, Key, Syntax, Table, Value};
use crate::source::Span;

/// What is at an offset. A word that ends there is at it too.
#[derive(Debug)]
pub(super) enum Place<'s> {
    /// A name in a header.
    Header {
        table: &'s Table,
        /// The names before it.
        above: Vec<&'s str>,
        /// The name at the offset; empty if there is none yet.
        word: Span,
    },
    /// A key, or the place for one.
    Key {
        /// The path of the table that the key is in.
        above: Vec<&'s str>,
        word: Span,
        /// The other keys of the table, by their first names.
        others: Vec<&'s str>,
        /// Whether `=` or another part of the key follows.
        is_followed: bool,
        /// Whether it is between braces.
        is_inline: bool,
    },
    /// A value, or the place for one.
    Value {
        /// The path of the key.
        path: Vec<&'s str>,
        /// The value; empty if there is none yet.
        span: Span,
        is_item: bool,
        /// The other items of its list.
        others: Vec<Span>,
    },
    /// A comment.
    Comment(Span),
}

impl<'s> Place<'s> {
    /// Returns what is at an offset; `None` between things.
    pub(super) fn at(text: &str, syntax: &'s Syntax, offset: usize) -> Option<Self> {
        let touches = |span: &Span| span.start <= offset && offset <= span.end;
        let comment = syntax.comments.partition_point(|comment| comment.start < offset).checked_sub(1);
        if let Some(comment) = comment.map(|at| syntax.comments[at]).filter(touches) {
            return Some(Self::Comment(comment));
        }
        let table = syntax.table_at(offset);
        let mut above = Vec::new();
        if let Some(header) = &table.header {
            let line_end = text[header.span.start..].find('\n').map_or(text.len(), |at| header.span.start + at);
            if offset <= line_end {
                let at = header.keys.iter().position(|key| touches(&key.span))?;
                let above = header.keys[..at].iter().map(|key| key.name.as_str()).collect();
                return Some(Self::Header { table, above, word: header.keys[at].span });
            }
            above.extend(header.keys.iter().map(|key| key.name.as_str()));
        }
        in_entries(text, &table.entries, above, offset, false)
    }
}

fn in_entries<'s>(
    text: &str,
    entries: &'s [Entry],
    mut above: Vec<&'s str>,
    offset: usize,
    is_inline: bool,
) -> Option<Place<'s>> {
    let at = entries.partition_point(|entry| entry.span.start <= offset).checked_sub(1);
    let entry = at.map(|at| &entries[at]).filter(|entry| offset <= entry.span.end);
    let others = |except: Option<&Entry>| {
        let all = entries.iter().filter(|other| except.is_none_or(|entry| !std::ptr::eq(*other, entry)));
        all.filter_map(|other| other.keys.first()).map(|key| key.name.as_str()).collect()
    };
    let Some(entry) = entry else {
        let is_free = match is_inline {
            true => text[..offset].trim_end().ends_with(['{', ',']),
            false => text[..offset].rfind('\n').map_or(&text[..offset], |at| &text[at + 1..offset]).trim().is_empty(),
        };
        let word = (offset..offset).into();
        return is_free.then(|| Place::Key { above, word, others: others(None), is_followed: false, is_inline });
    };
    let name = |key: &'s Key| key.name.as_str();
    if let Some(at) = entry.keys.iter().position(|key| key.span.start <= offset && offset <= key.span.end) {
        above.extend(entry.keys[..at].iter().map(name));
        let others = if at == 0 { others(Some(entry)) } else { Vec::new() };
        let is_followed = entry.has_sign || at + 1 < entry.keys.len();
        return Some(Place::Key { above, word: entry.keys[at].span, others, is_followed, is_inline });
    }
    let value = entry.value.as_ref()?;
    above.extend(entry.keys.iter().map(name));
    let is_after_sign = text[..offset].trim_end().ends_with('=');
    match value.span.start <= offset || is_after_sign {
        true => in_value(text, value, above, offset),
        false => None,
    }
}

fn in_value<'s>(text: &str, value: &'s Value, path: Vec<&'s str>, offset: usize) -> Option<Place<'s>> {
    let is_inside = value.span.start < offset && offset <= value.span.end;
    match &value.form {
        Form::Scalar => {
            let is_empty = value.span.start == value.span.end;
            let span = if is_empty { (offset..offset).into() } else { value.span };
            Some(Place::Value { path, span, is_item: false, others: Vec::new() })
        }
        Form::Table(entries) => in_entries(text, entries, path, offset, true).filter(|_| is_inside),
        Form::List(_) if !is_inside => None,
        Form::List(items) => {
            let item = items.iter().find(|item| item.span.start <= offset && offset <= item.span.end);
            if let Some(item) = item.filter(|item| !matches!(item.form, Form::Scalar)) {
                return in_value(text, item, path, offset);
            }
            let span = match item {
                Some(item) => item.span,
                None if text[..offset].trim_end().ends_with(['[', ',']) => (offset..offset).into(),
                None => return None,
            };
            let others = items.iter().map(|item| item.span).filter(|other| *other != span).collect();
            Some(Place::Value { path, span, is_item: true, others })
        }
    }
}
