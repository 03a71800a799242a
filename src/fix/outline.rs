//! Where a TOML text writes its keys, values and list items.

use std::collections::HashMap;

use toml_parser::parser::{Event, EventKind};

use crate::source::Span;

/// The deepest nesting that is followed, as in `toml`.
const MAX_DEPTH: u32 = 80;

/// The keys and values of a text.
#[derive(Debug, Default)]
pub(super) struct Outline {
    keys: Vec<Key>,
    /// Values by the start of their spans.
    values: HashMap<usize, Value>,
    /// The keys with each path, by index.
    by_path: HashMap<String, Vec<usize>>,
}

/// One place where a key is written.
#[derive(Debug)]
struct Key {
    span: Span,
    /// The names from the root on, each after a NUL, and `#` with a number after the name of each list above.
    path: String,
}

/// A value.
#[derive(Debug, Clone, Default)]
pub(super) struct Value {
    pub(super) span: Span,
    /// What is before the last name of its key: the space at the start of the line, and the names above of a dotted key.
    pub(super) before_key: Span,
    /// The end of its line, without the line feed; `None` in an inline table.
    pub(super) line_end: Option<usize>,
    /// The comma before it, if it is an item of a list that is not the first.
    pub(super) comma_before: Option<Span>,
    /// The comma after it, if it is an item of a list.
    pub(super) comma_after: Option<Span>,
}

impl Outline {
    pub(super) fn of(text: &str) -> Self {
        let tokens = toml_parser::Source::new(text).lex().into_vec();
        let mut reader = Reader { text, ..Reader::default() };
        let mut receive = |event: Event| reader.event(&event);
        let mut guarded = toml_parser::parser::RecursionGuard::new(&mut receive, MAX_DEPTH);
        toml_parser::parser::parse_document(&tokens, &mut guarded, &mut ());
        reader.end_line(text.len());
        let mut outline = reader.outline;
        for (at, key) in outline.keys.iter().enumerate() {
            outline.by_path.entry(key.path.clone()).or_default().push(at);
        }
        outline
    }

    /// Returns the value that starts where a span does.
    pub(super) fn value(&self, span: Span) -> Option<&Value> {
        self.values.get(&span.start).filter(|value| value.span == span)
    }

    /// Returns every place of the key at a span, unless its table has the key `to` too.
    pub(super) fn places(&self, span: Span, to: &str) -> Option<impl Iterator<Item = Span>> {
        let at = self.keys.binary_search_by_key(&span.start, |key| key.span.start).ok()?;
        let key = &self.keys[at];
        let (above, _) = key.path.rsplit_once('\0')?;
        let is_taken = self.by_path.contains_key(&format!("{above}\0{to}"));
        let places = self.by_path.get(&key.path).into_iter().flatten().map(|at| self.keys[*at].span);
        (!is_taken && key.span == span).then_some(places)
    }
}

/// A table or list that is being read.
#[derive(Debug)]
struct Frame {
    is_list: bool,
    /// The path of the table, or of the list without the number of the item.
    path: String,
    start: usize,
    items: usize,
    comma: Option<Span>,
    /// The start of the item that was read last.
    last: Option<usize>,
    before_key: Span,
}

#[derive(Debug, Default)]
struct Reader<'t> {
    text: &'t str,
    outline: Outline,
    /// The path of the table whose header was read last.
    table: String,
    /// The path of the key that is being read, and where it starts.
    path: String,
    key_start: Option<usize>,
    is_header: bool,
    /// The numbers of tables of each array of tables.
    arrays: HashMap<String, usize>,
    frames: Vec<Frame>,
    before_key: Span,
    line_start: usize,
    /// The start of the value of the line, whose end is not known yet.
    open: Option<usize>,
}

impl Reader<'_> {
    /// Begins a key, if none was begun.
    fn begin_key(&mut self, span: Span) {
        if self.key_start.is_none() {
            self.key_start = Some(span.start);
            self.path = match self.frames.last() {
                _ if self.is_header => String::new(),
                Some(frame) => frame.path.clone(),
                None => self.table.clone(),
            };
        }
    }

    fn key(&mut self, span: Span) {
        self.begin_key(span);
        // A header goes on in the last table of an array.
        if let Some(number) = self.arrays.get(&self.path).filter(|_| self.is_header) {
            self.path = format!("{}#{number}", self.path);
        }
        let raw = self.text.get(span.range()).unwrap_or_default();
        self.path = format!("{}\0{}", self.path, raw.trim_matches(['"', '\'']));
        self.outline.keys.push(Key { span, path: self.path.clone() });
        let start = self.key_start.unwrap_or(span.start);
        let from = if self.frames.is_empty() { self.line_start } else { start };
        self.before_key = (from..span.start).into();
    }

    fn end_header(&mut self, is_array: bool) {
        self.table = std::mem::take(&mut self.path);
        if is_array {
            *self.arrays.entry(self.table.clone()).or_default() += 1;
        }
        if let Some(number) = self.arrays.get(&self.table) {
            self.table = format!("{}#{number}", self.table);
        }
        (self.key_start, self.is_header) = (None, false);
    }

    fn open(&mut self, start: usize, is_list: bool) {
        let path = match self.frames.last() {
            Some(frame) if frame.is_list => format!("{}#{}", frame.path, frame.items + 1),
            _ => std::mem::take(&mut self.path),
        };
        let before_key = self.before_key;
        self.key_start = None;
        self.frames.push(Frame { is_list, path, start, items: 0, comma: None, last: None, before_key });
    }

    fn close(&mut self, end: usize) {
        if let Some(frame) = self.frames.pop() {
            self.before_key = frame.before_key;
            self.value((frame.start..end).into());
        }
    }

    fn value(&mut self, span: Span) {
        let mut value = Value { span, before_key: self.before_key, ..Value::default() };
        match self.frames.last_mut() {
            Some(frame) if frame.is_list => {
                value.comma_before = frame.comma;
                frame.items += 1;
                frame.last = Some(span.start);
            }
            Some(_) => {}
            None => self.open = Some(span.start),
        }
        self.key_start = None;
        self.outline.values.insert(span.start, value);
    }

    fn comma(&mut self, span: Span) {
        let Some(frame) = self.frames.last_mut().filter(|frame| frame.is_list) else { return };
        frame.comma = Some(span);
        if let Some(value) = frame.last.and_then(|at| self.outline.values.get_mut(&at)) {
            value.comma_after = Some(span);
        }
    }

    fn end_line(&mut self, at: usize) {
        if self.frames.is_empty() {
            let value = self.open.take().and_then(|start| self.outline.values.get_mut(&start));
            if let Some(value) = value {
                value.line_end = Some(at);
            }
            self.key_start = None;
        }
    }
}

impl Reader<'_> {
    fn event(&mut self, event: &Event) {
        let span: Span = (event.span().start()..event.span().end()).into();
        match event.kind() {
            EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                (self.is_header, self.key_start) = (true, None);
                self.frames.clear();
            }
            EventKind::StdTableClose => self.end_header(false),
            EventKind::ArrayTableClose => self.end_header(true),
            EventKind::SimpleKey => self.key(span),
            EventKind::InlineTableOpen => self.open(span.start, false),
            EventKind::ArrayOpen => self.open(span.start, true),
            EventKind::InlineTableClose | EventKind::ArrayClose => self.close(span.end),
            EventKind::Scalar => self.value(span),
            EventKind::ValueSep => self.comma(span),
            EventKind::Newline => {
                self.end_line(span.start);
                self.line_start = span.end;
            }
            EventKind::KeySep
            | EventKind::KeyValSep
            | EventKind::Whitespace
            | EventKind::Comment
            | EventKind::Error => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    const TEXT: &str = "\
schema = 1 # one
[component.a]
files = [\"x\", 'y',
  \"z\" # last
]
component.a = 2
[component . \"b\"]
  deep.er = { a = 1, deep.er = 2 }
[[base]]
name = 1
[base.a]
name = 2
[[base]]
name = 3
list = [{ name = 4 }, { name = 5, title = 6 }]
";

    fn span(word: &str, number: usize) -> Span {
        let (at, found) = TEXT.match_indices(word).nth(number).unwrap();
        (at..at + found.len()).into()
    }

    /// The lines of each place of a key.
    fn lines(word: &str, number: usize, to: &str) -> Option<Vec<usize>> {
        let outline = Outline::of(TEXT);
        let line = |span: Span| TEXT[..span.start].matches('\n').count() + 1;
        outline.places(span(word, number), to).map(|places| places.map(line).collect())
    }

    #[test]
    fn a_key_is_found_wherever_its_table_is_written() {
        assert_eq!(lines("component", 0, "x"), Some(vec![2, 7]), "not the key of the same name in another table");
        assert_eq!(lines("component", 1, "x"), Some(vec![6]));
        assert_eq!(lines("a", 1, "b"), None, "this is not a key");
        assert_eq!(lines("base", 0, "x"), Some(vec![9, 11, 13]));
        for (number, line) in [(0, 10), (1, 12), (2, 14), (3, 15), (4, 15)] {
            let title = (number == 4).then_some(0).map_or_else(|| Some(vec![line]), |_: i32| None);
            assert_eq!(lines("name", number, "title"), title, "tables of one list differ: {number}");
        }
        assert_eq!(lines("schema", 0, "component"), None, "that name is taken");
        assert_eq!(lines("er", 0, "x"), Some(vec![8]));
    }

    #[test]
    fn a_value_is_found_with_its_commas_and_the_end_of_its_line() {
        let outline = Outline::of(TEXT);
        let value = |word: &str| outline.value(span(word, 0)).unwrap().clone();
        let slice = |span: Span| &TEXT[span.range()];
        let (x, y, z) = (value("\"x\""), value("'y'"), value("\"z\""));
        assert_eq!((x.comma_before, x.comma_after.map(slice)), (None, Some(",")));
        assert_eq!((y.comma_before, y.comma_after.is_some()), (x.comma_after, true));
        assert_eq!((z.comma_before, z.comma_after), (y.comma_after, None));
        assert_eq!((x.line_end, value("1").line_end), (None, TEXT.find('\n')));
        let list = value("[\"x\", 'y',\n  \"z\" # last\n]");
        assert_eq!(list.line_end, Some(TEXT.find("\ncomponent.a = 2").unwrap()));
        let table = value("{ a = 1, deep.er = 2 }");
        assert_eq!((slice(table.before_key), table.line_end.is_some()), ("  deep.", true));
        let nested = outline.value(span("2", 1)).unwrap();
        assert_eq!((slice(nested.before_key), nested.line_end), ("deep.", None));
    }
}
