//! The portable subset of TOML: UTF-8 without a byte order mark, lines that end in LF, no deceptive characters, TOML
//! 1.0.
//!
//! TOML readers disagree about everything outside it, and a signed file must mean the same to all of them. Deceptive
//! characters that are written as escapes (`"\u202E"`) are found when values are read, in `table`.

use toml_parser::decoder::Encoding;
use toml_parser::parser::{Event, EventKind};

use super::diagnostics;
use crate::finding::{Change, Finding, Proposal, Safety};
use crate::path::is_deceptive;
use crate::source::{Source, Span};

/// The most tokens of a manifest that is read: words, marks and spaces. Each takes a hundred bytes of memory or more.
pub(super) const MAX_TOKENS: usize = 400_000;
/// The most findings of one kind that are reported.
const MAX_OF_A_KIND: usize = 20;

/// Reports everything outside the portable subset, except bytes that are not UTF-8.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    characters(source.text(), &mut findings);
    toml_1_1(source.text(), &mut findings);
    findings
}

fn characters(text: &str, findings: &mut Vec<Finding>) {
    if text.starts_with('\u{FEFF}') {
        findings.push(
            Finding::new(&diagnostics::BYTE_ORDER_MARK, (0..3).into(), "the manifest starts with a byte order mark")
                .help("save the file as UTF-8 without a byte order mark")
                .propose(Proposal::new(
                    "remove the byte order mark",
                    Safety::Safe,
                    Change::RemoveText { text: (0..3).into() },
                )),
        );
    }
    let returns = text.matches('\r').count();
    if let Some(first) = text.find('\r') {
        let lines = if returns == 1 { "1 carriage return".to_owned() } else { format!("{returns} carriage returns") };
        findings.push(
            Finding::new(
                &diagnostics::CARRIAGE_RETURN,
                (first..first + 1).into(),
                format!("the manifest has {lines}; lines must end in LF"),
            )
            .help("convert the line endings, and add `OPENNESS.toml text eol=lf` to .gitattributes to keep them")
            .propose(Proposal::new("end each line in LF", Safety::Safe, Change::EndLinesInLf)),
        );
    }
    let deceptive = text
        .char_indices()
        .skip(usize::from(text.starts_with('\u{FEFF}')))
        .filter(|(_, c)| is_deceptive(*c) && !matches!(c, '\n' | '\r' | '\t'))
        // TOML itself does not allow raw C0 controls and DEL; each mistake is reported once.
        .filter(|(_, c)| !(c.is_ascii_control()));
    for (at, c) in deceptive.take(MAX_OF_A_KIND) {
        findings.push(deceptive_character(c, (at..at + c.len_utf8()).into()));
    }
}

/// Returns the length of the text up to the line of the syntax error with this number, and the number of errors after it; the
/// whole length if there are fewer.
///
/// The crate that reads TOML makes an error with a message of its own for each; a megabyte of them takes very much memory.
///
/// # Errors
/// The number of tokens if there are more than [`MAX_TOKENS`].
pub(super) fn readable(text: &str, most: usize) -> Result<(usize, usize), usize> {
    let tokens = toml_parser::Source::new(text).lex().into_vec();
    if tokens.len() > MAX_TOKENS {
        return Err(tokens.len());
    }
    let mut errors = Errors { most, seen: 0, at: None };
    let mut ignore = |_: Event| {};
    let mut guarded = toml_parser::parser::RecursionGuard::new(&mut ignore, 80);
    toml_parser::parser::parse_document(&tokens, &mut guarded, &mut errors);
    let end = errors.at.and_then(|at| text.get(at..)?.find('\n').map(|line| at + line + 1));
    Ok((end.unwrap_or(text.len()), errors.seen.saturating_sub(most)))
}

/// Counts errors.
struct Errors {
    most: usize,
    seen: usize,
    /// The position of the last one that is kept.
    at: Option<usize>,
}

impl toml_parser::ErrorSink for Errors {
    fn report_error(&mut self, error: toml_parser::ParseError) {
        self.seen += 1;
        if self.seen == self.most {
            self.at = error.unexpected().map(|span| span.start());
        }
    }
}

/// Makes the finding for a deceptive character.
pub(super) fn deceptive_character(c: char, span: Span) -> Finding {
    Finding::new(
        &diagnostics::DECEPTIVE_CHARACTER,
        span,
        format!("the control or invisible character U+{:04X} is not allowed", u32::from(c)),
    )
    .help("remove it; it can make the manifest look different from what programs read")
}

fn toml_1_1(text: &str, findings: &mut Vec<Finding>) {
    let source = toml_parser::Source::new(text);
    let tokens = source.lex().into_vec();
    let mut scan = Scan { text, open: Vec::new(), comma: None, found: Vec::new() };
    let mut receive = |event: Event| scan.event(event);
    // The same limit as in `toml`, which reports deeper nesting.
    let mut guarded = toml_parser::parser::RecursionGuard::new(&mut receive, 80);
    toml_parser::parser::parse_document(&tokens, &mut guarded, &mut ());
    for (span, what, proposal) in scan.found.into_iter().take(MAX_OF_A_KIND) {
        findings.push(
            Finding::new(&diagnostics::NOT_TOML_1_0, span, format!("{what} requires TOML 1.1"))
                .help("use TOML 1.0, which every reader supports")
                .propose(proposal),
        );
    }
}

struct Scan<'t> {
    text: &'t str,
    /// The open tables and lists, and whether a line break in them was reported.
    open: Vec<(EventKind, bool)>,
    /// The comma before what comes next.
    comma: Option<Span>,
    found: Vec<(Span, &'static str, Option<Proposal>)>,
}

impl Scan<'_> {
    fn event(&mut self, event: Event) {
        let span: Span = (event.span().start()..event.span().end()).into();
        match event.kind() {
            EventKind::InlineTableOpen | EventKind::ArrayOpen => self.open.push((event.kind(), false)),
            EventKind::InlineTableClose => {
                if let Some(comma) = self.comma {
                    let change = Change::RemoveText { text: comma };
                    let proposal = Proposal::new("remove the trailing comma", Safety::Safe, change);
                    self.found.push((span, "a trailing comma in an inline table", Some(proposal)));
                }
                self.open.pop();
            }
            EventKind::ArrayClose => {
                self.open.pop();
            }
            EventKind::Newline | EventKind::Comment
                // One finding per table, not per line.
                if let Some((EventKind::InlineTableOpen, is_reported @ false)) = self.open.last_mut() =>
            {
                *is_reported = true;
                self.found.push((span, "a line break in an inline table", None));
            }
            EventKind::Scalar | EventKind::SimpleKey => self.scalar(&event, span),
            _ => {}
        }
        if !matches!(event.kind(), EventKind::Whitespace | EventKind::Newline | EventKind::Comment) {
            self.comma = (event.kind() == EventKind::ValueSep).then_some(span);
        }
    }

    fn scalar(&mut self, event: &Event, span: Span) {
        let raw = self.text.get(span.range()).unwrap_or("");
        match event.encoding() {
            Some(Encoding::BasicString | Encoding::MlBasicString) => {
                let mut characters = raw.char_indices();
                while let Some((at, c)) = characters.next() {
                    if c == '\\'
                        && let Some((_, escape @ ('e' | 'x'))) = characters.next()
                    {
                        let what = if escape == 'e' { "the escape `\\e`" } else { "the escape `\\x`" };
                        let start = span.start + at;
                        self.found.push(((start..start + 2).into(), what, None));
                    }
                }
            }
            None if event.kind() == EventKind::Scalar && is_time_without_seconds(raw) => {
                self.found.push((span, "a time without seconds", None));
            }
            _ => {}
        }
    }
}

fn is_time_without_seconds(raw: &str) -> bool {
    let time = raw.rsplit_once(['T', 't', ' ']).map_or(raw, |(_, time)| time);
    let digits: Vec<u8> = time.bytes().take(6).collect();
    let shape = matches!(digits.as_slice(), [a, b, b':', c, d, ..] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()));
    shape && digits.get(5) != Some(&b':')
}
