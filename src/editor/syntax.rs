//! What is written where in a manifest, also in one that is half written.
//!
//! Tables are read one by one, so that a list without an end costs the rest of its table and no more.

use std::borrow::Cow;

use toml_parser::ParseError;
use toml_parser::lexer::{Token, TokenKind};
use toml_parser::parser::{Event, EventKind, RecursionGuard, parse_document};

use crate::source::Span;

/// The deepest nesting that is followed, as in `toml`.
const MAX_DEPTH: u32 = 80;

/// The tables, keys, values and comments of a text, by position.
#[derive(Debug)]
pub(super) struct Syntax {
    /// The first one has no header.
    pub(super) tables: Vec<Table>,
    pub(super) comments: Vec<Span>,
    /// Where something else than what is written was expected.
    pub(super) mistakes: Vec<usize>,
}

/// The text from one header to the next.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) header: Option<Header>,
    pub(super) entries: Vec<Entry>,
    pub(super) span: Span,
}

/// `[model]` or `[[safeguard]]`.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) keys: Vec<Key>,
    pub(super) is_list: bool,
    pub(super) span: Span,
}

/// A key with its value.
#[derive(Debug)]
pub(super) struct Entry {
    /// The parts of the key: two for `a.b = 1`.
    pub(super) keys: Vec<Key>,
    /// Whether `=` follows.
    pub(super) has_sign: bool,
    /// `None` if there is no `=`. A value that is missing is empty.
    pub(super) value: Option<Value>,
    pub(super) span: Span,
}

/// One part of a key.
#[derive(Debug)]
pub(super) struct Key {
    /// The name without quotes.
    pub(super) name: String,
    pub(super) span: Span,
}

/// A value.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) form: Form,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum Form {
    /// A string, a number, a date, `true`; or nothing.
    Scalar,
    List(Vec<Value>),
    Table(Vec<Entry>),
}

impl Syntax {
    pub(super) fn of(text: &str) -> Self {
        let tokens = toml_parser::Source::new(text).lex().into_vec();
        let mut syntax = Self { tables: Vec::new(), comments: Vec::new(), mistakes: Vec::new() };
        let mut errors: Vec<ParseError> = Vec::new();
        let mut starts: Vec<usize> = (0..tokens.len()).filter(|at| is_header(&tokens, *at)).collect();
        if starts.first() != Some(&0) {
            starts.insert(0, 0);
        }
        for (number, start) in starts.iter().enumerate() {
            let end = starts.get(number + 1).copied().unwrap_or(tokens.len());
            let mut reader = Reader::new(text, &mut syntax.comments);
            let mut receive = |event: Event| reader.event(&event);
            parse_document(&tokens[*start..end], &mut RecursionGuard::new(&mut receive, MAX_DEPTH), &mut errors);
            let from = tokens.get(*start).map_or(0, |token| token.span().start());
            let to = tokens.get(end).map_or(text.len(), |token| token.span().start());
            let (table, unread) = reader.finish((from..to).into());
            if number == 0 && table.header.is_some() {
                syntax.tables.push(Table::default());
            }
            syntax.tables.push(table);
            let places = errors.drain(..).map(|error| error.unexpected().map_or(to, |span| span.start()));
            // What is missing at the end of a table is not a mistake in the next one.
            let last = text.floor_char_boundary(to.saturating_sub(1)).max(from);
            syntax.mistakes.extend(places.chain(unread).map(|at| at.min(last)));
        }
        syntax
    }

    /// Returns the table that an offset is in.
    pub(super) fn table_at(&self, offset: usize) -> &Table {
        let after = self.tables.partition_point(|table| table.span.start <= offset);
        &self.tables[after.saturating_sub(1)]
    }
}

/// Returns whether a header begins at a token: a bracket at the start of a line, with a bare name after it that no comma
/// follows, or with nothing after it. Anything else there is an item of a list.
pub(super) fn is_header(tokens: &[Token], at: usize) -> bool {
    let kind = |at: usize| tokens.get(at).map(Token::kind);
    let mut before = at;
    while before > 0 && kind(before - 1) == Some(TokenKind::Whitespace) {
        before -= 1;
    }
    let is_first = before == 0 || kind(before - 1) == Some(TokenKind::Newline);
    if !is_first || kind(at) != Some(TokenKind::LeftSquareBracket) {
        return false;
    }
    let is_list = kind(at + 1) == Some(TokenKind::LeftSquareBracket);
    let after = |at: usize| at + usize::from(kind(at) == Some(TokenKind::Whitespace));
    let name = after(at + 1 + usize::from(is_list));
    match kind(name) {
        Some(TokenKind::Atom) => kind(after(name + 1)) != Some(TokenKind::Comma),
        // A header that has only been begun.
        Some(TokenKind::Newline | TokenKind::Eof | TokenKind::RightSquareBracket) | None => before == at,
        _ => false,
    }
}

/// A list, or a table between braces, that is being read.
enum Frame {
    List { start: usize, items: Vec<Value> },
    Table { start: usize, entries: Vec<Entry>, open: Option<Entry> },
}

/// Reads the events of one table.
struct Reader<'t, 'c> {
    text: &'t str,
    comments: &'c mut Vec<Span>,
    /// Where a name or a value that cannot be read begins.
    mistakes: Vec<usize>,
    table: Table,
    in_header: bool,
    /// Whether the next key goes on the one before.
    is_dotted: bool,
    /// The entry that is being read, outside of every frame.
    open: Option<Entry>,
    frames: Vec<Frame>,
}

impl<'t, 'c> Reader<'t, 'c> {
    fn new(text: &'t str, comments: &'c mut Vec<Span>) -> Self {
        let table = Table::default();
        Self {
            text,
            comments,
            mistakes: Vec::new(),
            table,
            in_header: false,
            is_dotted: false,
            open: None,
            frames: Vec::new(),
        }
    }

    fn event(&mut self, event: &Event) {
        let span: Span = (event.span().start()..event.span().end()).into();
        match event.kind() {
            EventKind::StdTableOpen => self.open_header(span, false),
            EventKind::ArrayTableOpen => self.open_header(span, true),
            EventKind::StdTableClose | EventKind::ArrayTableClose => self.close_header(span.end),
            EventKind::SimpleKey => self.key(span),
            EventKind::KeySep => self.is_dotted = true,
            // The parser makes up a sign, an empty one, where it expects one.
            EventKind::KeyValSep => {
                if let Some(entry) = self.entry().filter(|_| span.start < span.end) {
                    (entry.has_sign, entry.span.end) = (true, span.end);
                }
            }
            EventKind::Scalar => {
                let mut is_wrong = false;
                if let Some(raw) = toml_parser::Source::new(self.text).get(event) {
                    let _ = raw.decode_scalar(&mut Cow::Borrowed(""), &mut |_: ParseError| is_wrong = true);
                }
                self.mistakes.extend(is_wrong.then_some(span.start));
                self.value(Value { form: Form::Scalar, span });
            }
            EventKind::ArrayOpen => self.frames.push(Frame::List { start: span.start, items: Vec::new() }),
            EventKind::InlineTableOpen => {
                self.frames.push(Frame::Table { start: span.start, entries: Vec::new(), open: None });
            }
            EventKind::ArrayClose | EventKind::InlineTableClose => self.close(span.end),
            EventKind::ValueSep => self.end_entry(),
            EventKind::Newline => {
                self.in_header = false;
                if self.frames.is_empty() {
                    self.end_entry();
                }
            }
            EventKind::Comment => self.comments.push(span),
            EventKind::Whitespace | EventKind::Error => {}
        }
    }

    /// Returns the table, and where names and values that cannot be read begin.
    fn finish(mut self, span: Span) -> (Table, Vec<usize>) {
        while !self.frames.is_empty() {
            self.close(span.end);
        }
        self.end_entry();
        self.table.span = span;
        (self.table, self.mistakes)
    }

    fn open_header(&mut self, span: Span, is_list: bool) {
        self.in_header = true;
        self.table.header = Some(Header { keys: Vec::new(), is_list, span });
    }

    fn close_header(&mut self, end: usize) {
        self.in_header = false;
        if let Some(header) = &mut self.table.header {
            header.span.end = end;
        }
    }

    /// Returns the entry that is being read.
    fn entry(&mut self) -> Option<&mut Entry> {
        match self.frames.last_mut() {
            None => self.open.as_mut(),
            Some(Frame::Table { open, .. }) => open.as_mut(),
            Some(Frame::List { .. }) => None,
        }
    }

    fn key(&mut self, span: Span) {
        let raw = self.text.get(span.range()).unwrap_or_default();
        let key = Key { name: raw.trim_matches(['"', '\'']).to_owned(), span };
        // The parser makes up an empty name after a dot.
        self.mistakes.extend((span.start == span.end).then_some(span.start));
        let is_dotted = std::mem::take(&mut self.is_dotted);
        if self.in_header {
            if let Some(header) = &mut self.table.header {
                header.span.end = span.end;
                header.keys.push(key);
            }
            return;
        }
        if !is_dotted {
            self.end_entry();
        }
        match self.entry() {
            Some(entry) => {
                entry.span.end = span.end;
                entry.keys.push(key);
            }
            None => {
                let entry = Entry { keys: vec![key], has_sign: false, value: None, span };
                match self.frames.last_mut() {
                    None => self.open = Some(entry),
                    Some(Frame::Table { open, .. }) => *open = Some(entry),
                    Some(Frame::List { .. }) => {}
                }
            }
        }
    }

    fn end_entry(&mut self) {
        match self.frames.last_mut() {
            None => self.table.entries.extend(self.open.take()),
            Some(Frame::Table { entries, open, .. }) => entries.extend(open.take()),
            Some(Frame::List { .. }) => {}
        }
    }

    fn value(&mut self, value: Value) {
        if let Some(Frame::List { items, .. }) = self.frames.last_mut() {
            items.push(value);
        } else if let Some(entry) = self.entry().filter(|entry| entry.has_sign) {
            entry.span.end = value.span.end;
            entry.value = Some(value);
        }
    }

    fn close(&mut self, end: usize) {
        self.end_entry();
        let (start, form) = match self.frames.pop() {
            None => return,
            Some(Frame::List { start, items }) => (start, Form::List(items)),
            Some(Frame::Table { start, entries, .. }) => (start, Form::Table(entries)),
        };
        self.value(Value { form, span: (start..end).into() });
    }
}
