//! The outline of a manifest: its tables and their keys.

use super::syntax::{Entry, Form, Syntax, Value};
use crate::source::Span;

/// What a symbol stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SymbolKind {
    /// A table.
    Table,
    /// A table of a list.
    Item,
    /// A key whose value is a list.
    List,
    /// Any other key.
    Key,
}

/// A table or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Symbol {
    /// The name, as in `component.final-weights`.
    pub name: String,
    /// The value of a key, or of the key that names a table of a list, if it is short.
    pub detail: Option<String>,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    /// What is in it.
    pub children: Vec<Self>,
}

/// The longest value that is shown, in bytes.
const MAX_DETAIL: usize = 60;

pub(super) fn of(text: &str, syntax: &Syntax) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    for table in &syntax.tables {
        let children = entries(text, &table.entries);
        let Some(header) = &table.header else {
            symbols.extend(children);
            continue;
        };
        let names: Vec<&str> = header.keys.iter().map(|key| key.name.as_str()).collect();
        let end = text[table.span.range()].trim_end().len() + table.span.start;
        symbols.push(Symbol {
            name: names.join("."),
            detail: children.first().filter(|_| header.is_list).and_then(|child| child.detail.clone()),
            kind: if header.is_list { SymbolKind::Item } else { SymbolKind::Table },
            span: (header.span.start..end.max(header.span.end)).into(),
            name_span: header.span,
            children,
        });
    }
    symbols
}

fn entries(text: &str, entries: &[Entry]) -> Vec<Symbol> {
    entries.iter().map(|entry| of_entry(text, entry)).collect()
}

fn of_entry(text: &str, entry: &Entry) -> Symbol {
    let names: Vec<&str> = entry.keys.iter().map(|key| key.name.as_str()).collect();
    let name_span = match (entry.keys.first(), entry.keys.last()) {
        (Some(first), Some(last)) => (first.span.start..last.span.end).into(),
        _ => entry.span,
    };
    let (kind, children) = match entry.value.as_ref().map(|value| &value.form) {
        Some(Form::Table(inner)) => (SymbolKind::Table, entries(text, inner)),
        Some(Form::List(items)) => {
            (SymbolKind::List, items.iter().enumerate().filter_map(|item| of_item(text, item)).collect())
        }
        _ => (SymbolKind::Key, Vec::new()),
    };
    let detail = entry.value.as_ref().map(|value| text[value.span.range()].trim());
    let detail = detail.filter(|value| !value.is_empty() && value.len() <= MAX_DETAIL && !value.contains('\n'));
    Symbol { name: names.join("."), detail: detail.map(str::to_owned), kind, span: entry.span, name_span, children }
}

/// Returns a table that is an item of a list.
fn of_item(text: &str, (number, item): (usize, &Value)) -> Option<Symbol> {
    let Form::Table(inner) = &item.form else { return None };
    let children = entries(text, inner);
    let detail = children.first().and_then(|child| child.detail.clone());
    let (name, kind) = (format!("{}", number + 1), SymbolKind::Item);
    Some(Symbol { name, detail, kind, span: item.span, name_span: item.span, children })
}
