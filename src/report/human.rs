//! Findings for people: miette's graphical report, with our width, our colours and no hyperlinks.

use std::fmt;
use std::io::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::{Summary, counted, shown};
use crate::finding::{Finding, Severity};
use crate::path::is_deceptive;
use crate::source::{Source, Span};

/// What stands left of a line's text, and before a label: line numbers, frames, arrows.
const LABEL_MARGIN: usize = 14;
/// A label narrower than this does not read well, so that it may rather leave the width.
const MIN_LABEL_WIDTH: usize = 24;

/// What the terminal can do, and how much is to be said.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Colours.
    pub color: bool,
    /// Box-drawing characters.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
    /// Every line, where otherwise the first few stand for all.
    pub verbose: bool,
}

/// Words in colour, where there are colours.
#[derive(Debug, Clone, Copy)]
pub struct Paint(pub Style);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A heading, or the word that matters.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What is as it should be.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// What needs a look.
    #[must_use]
    pub fn doubtful(self, text: &str) -> String {
        self.with("33", text)
    }

    /// What is wrong.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.with("31;1", text)
    }

    /// What matters less.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    /// Writes plain text in lines that fit, each behind `indent`, the first as it is and the rest in blanks.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn wrapped(self, out: &mut impl Write, indent: &str, text: &str) -> io::Result<()> {
        let blank = " ".repeat(indent.chars().count());
        let room = self.0.width.saturating_sub(blank.len()).max(20);
        let mut line = String::new();
        let mut lead = indent;
        for word in text.split(' ') {
            let length = line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && length > room {
                writeln!(out, "{lead}{line}")?;
                line.clear();
                lead = &blank;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        writeln!(out, "{lead}{line}")
    }
}

/// Writes each finding that weighs at least so much with the text it is about, then a line that counts them all.
///
/// # Errors
/// Those of the writer.
pub fn findings(
    source: &Source,
    findings: &[Finding],
    least: Severity,
    style: Style,
    out: &mut impl Write,
) -> io::Result<()> {
    let handler = GraphicalReportHandler::new_themed(theme(style))
        .with_links(false)
        .with_width(style.width)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .with_context_lines(1);
    let room = style.width.saturating_sub(LABEL_MARGIN);
    let code = NamedSource::new(shown(source.name()), defused(source.text())).with_language("TOML");
    for finding in findings.iter().filter(|finding| finding.severity >= least) {
        let view = View { finding, code: &code, source, room };
        let mut text = String::new();
        handler.render_report(&mut text, &view).map_err(|_| io::Error::other("the finding could not be rendered"))?;
        out.write_all(trimmed(&text).as_bytes())?;
        writeln!(out)?;
    }
    summary(source, Summary::of(findings), out)
}

fn summary(source: &Source, summary: Summary, out: &mut impl Write) -> io::Result<()> {
    let name = shown(source.name());
    let Summary { errors, warnings, notes } = summary;
    let parts: Vec<String> = [(errors, "error"), (warnings, "warning"), (notes, "note")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| counted(number, noun))
        .collect();
    match parts.as_slice() {
        [] => writeln!(out, "{name}: nothing against it"),
        _ => writeln!(out, "{name}: {}", parts.join(", ")),
    }
}

fn theme(style: Style) -> GraphicalTheme {
    match (style.unicode, style.color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, color) => {
            let mut theme = GraphicalTheme::none();
            if color {
                theme.styles = GraphicalTheme::unicode().styles;
            }
            theme
        }
    }
}

/// miette pads some lines; trailing blanks help nobody and upset diffs.
fn trimmed(text: &str) -> String {
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The text without what could steer a terminal, every byte at its old place.
fn defused(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c.len_utf8() {
            _ if !is_deceptive(c) || c == '\n' || c == '\t' => [Some(c), None],
            1 => [Some('?'), None],
            2 => [Some('\u{B7}'), None],
            3 => [Some('\u{FFFD}'), None],
            _ => [Some('\u{FFFD}'), Some('?')],
        })
        .flatten()
        .collect()
}

struct View<'a> {
    finding: &'a Finding,
    code: &'a NamedSource<String>,
    source: &'a Source,
    room: usize,
}

impl View<'_> {
    fn label(&self, span: Span, text: &str, primary: bool) -> LabeledSpan {
        let end = self.source.text().len();
        let start = span.start.min(end);
        let length = span.end.min(end) - start;
        let text = (!text.is_empty()).then(|| self.wrapped(start, length, text));
        if primary {
            LabeledSpan::new_primary_with_span(text, (start, length))
        } else {
            LabeledSpan::new_with_span(text, (start, length))
        }
    }

    /// A label begins below the middle of its span; what does not fit behind that place goes on below.
    fn wrapped(&self, start: usize, length: usize, text: &str) -> String {
        let middle = self.source.position(start + length / 2).column;
        let room = self.room.saturating_sub(middle).max(MIN_LABEL_WIDTH);
        let options = textwrap::Options::new(room).word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(&shown(text), options)
    }

    /// A finding about the repository as a whole points nowhere.
    fn has_place(&self) -> bool {
        self.finding.primary.span != Span::default()
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.finding, f)
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.finding.message))
    }
}

impl std::error::Error for View<'_> {}

impl Diagnostic for View<'_> {
    fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        let card = self.finding.rule;
        Some(Box::new(format!("{}[{}] {}", self.finding.severity.as_str(), card.code, card.name)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        let help = self.finding.help.as_deref()?;
        Some(Box::new(shown(help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.has_place().then_some(self.code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if !self.has_place() {
            return None;
        }
        let Finding { primary, related, .. } = self.finding;
        let primary = self.label(primary.span, &primary.text, true);
        let related = related.iter().map(|label| self.label(label.span, &label.text, false));
        Some(Box::new(std::iter::once(primary).chain(related)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_replaced_byte_for_byte() {
        for text in ["a\x1b[31mb", "\u{9b}x", "\u{202e}x", "\u{e0041}x", "ä\tb\n"] {
            assert_eq!(defused(text).len(), text.len(), "{text:?}");
            assert!(!defused(text).chars().any(|c| is_deceptive(c) && c != '\n' && c != '\t'));
        }
    }
}
