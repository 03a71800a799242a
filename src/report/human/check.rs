//! The output of `openness check`: findings as graphical reports by miette, with our width and colors and no hyperlinks.

use std::fmt;
use std::io::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::{Paint, Style};
use crate::finding::{Finding, Label, Severity};
use crate::path::is_deceptive;
use crate::report::{Summary, counted, shown};
use crate::source::{Source, Span};

/// The columns to the left of a line's text and of a label: line numbers, frames, arrows.
const LABEL_MARGIN: usize = 14;
/// The narrowest column in which a label is wrapped. One that does not fit goes below the source text.
const MIN_LABEL_WIDTH: usize = 24;
/// The number of lines above which a label goes below the source text.
const MAX_LABEL_LINES: usize = 3;

/// Writes each finding of at least this severity with its source text, then a line that counts all findings.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(
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
    let code = NamedSource::new(shown(source.name()), defused(source.text())).with_language("TOML");
    for finding in findings.iter().filter(|finding| finding.severity >= least) {
        let view = View::new(finding, source, &code, style);
        let mut text = String::new();
        handler.render_report(&mut text, &view).map_err(|_| io::Error::other("the finding could not be rendered"))?;
        out.write_all(trimmed(&text).as_bytes())?;
        view.write_below(Paint(style), out)?;
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
        [] => writeln!(out, "{name}: no problems found"),
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

/// Removes the spaces with which miette pads some lines; they make diffs hard to read.
fn trimmed(text: &str) -> String {
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Replaces characters that could control a terminal, and keeps every byte offset.
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

/// A finding as miette wants it.
struct View<'a> {
    finding: &'a Finding,
    code: &'a NamedSource<String>,
    labels: Vec<LabeledSpan>,
    /// The texts of labels that do not fit next to the source text, which shows their numbers, from 1.
    below: Vec<String>,
}

impl<'a> View<'a> {
    fn new(finding: &'a Finding, source: &Source, code: &'a NamedSource<String>, style: Style) -> Self {
        let mut view = Self { finding, code, labels: Vec::new(), below: Vec::new() };
        // A finding about the repository as a whole has no position.
        if finding.primary.span != Span::default() {
            let labels = std::iter::once(&finding.primary).chain(&finding.related);
            for (at, Label { span, text }) in labels.enumerate() {
                let end = source.text().len();
                let start = span.start.min(end);
                let range = (start, span.end.min(end) - start);
                let text = (!text.is_empty()).then(|| view.label_text(source, range, text, style));
                view.labels.push(match at {
                    0 => LabeledSpan::new_primary_with_span(text, range),
                    _ => LabeledSpan::new_with_span(text, range),
                });
            }
        }
        view
    }

    /// Wraps the text of a label, or returns its number if it does not fit. A label starts below the middle of its span.
    fn label_text(&mut self, source: &Source, (start, length): (usize, usize), text: &str, style: Style) -> String {
        let middle = source.position(start + length / 2).column;
        let room = style.width.saturating_sub(LABEL_MARGIN + middle);
        let text = shown(text);
        let options =
            textwrap::Options::new(room.max(1)).word_splitter(textwrap::WordSplitter::NoHyphenation).break_words(false);
        let lines = textwrap::wrap(&text, options);
        let most = if room < MIN_LABEL_WIDTH { 1 } else { MAX_LABEL_LINES };
        if lines.len() <= most && lines.iter().all(|line| line.chars().count() <= room) {
            return lines.join("\n");
        }
        self.below.push(text.into_owned());
        format!("({})", self.below.len())
    }

    /// Writes the labels that did not fit, the help, and where to read more.
    fn write_below(&self, paint: Paint, out: &mut impl Write) -> io::Result<()> {
        for (at, text) in self.below.iter().enumerate() {
            paint.wrapped(out, &format!("  ({}) ", at + 1), text)?;
        }
        if let Some(help) = self.finding.help.as_deref() {
            paint.hanging(out, &format!("  {} ", paint.label("help:")), "  help: ".len(), &shown(help))?;
        }
        let more = format!("  = read more: openness explain {}", self.finding.rule.code);
        writeln!(out, "{}", paint.dim(&more))
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
        let rule = self.finding.rule;
        Some(Box::new(format!("{}[{}] {}", self.finding.severity.as_str(), rule.code, rule.name)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.labels.is_empty()).then_some(self.code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels: Box<dyn Iterator<Item = LabeledSpan>> = Box::new(self.labels.iter().cloned());
        (!self.labels.is_empty()).then_some(labels)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::finding::rule_info;

    rule_info! {
        /// ## What it does
        /// Nothing.
        RULE = "OPN000" "nothing" Error
    }

    fn written(finding: Finding, width: usize) -> String {
        let source = Source::new("OPENNESS.toml", "license = \"LicenseRef-Turnstile-Community\"\n");
        let style = Style { color: false, unicode: true, width, verbose: false };
        let mut out = Vec::new();
        write(&source, &[finding], Severity::Note, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_ends_with_a_pointer_to_its_manual() {
        let text = written(Finding::new(&RULE, (0..7).into(), "bad").help("do so"), 80);
        assert!(
            text.contains("\n  help: do so\n  = read more: openness explain OPN000\n\nOPENNESS.toml: 1 error"),
            "{text}"
        );
    }

    #[test]
    fn a_long_label_goes_below_in_a_narrow_terminal() {
        let label = "the license is not one that the framework counts as open, and its text was not read whole either";
        let finding = || Finding::new(&RULE, (10..42).into(), "bad").label(label);
        let narrow = written(finding(), 60);
        assert!(narrow.contains("╰── (1)\n") && narrow.contains("\n  (1) the license is not one that the"), "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 60), "{narrow}");
        assert!(!written(finding(), 120).contains("(1)"));
    }

    #[test]
    fn control_characters_are_replaced_byte_for_byte() {
        for text in ["a\x1b[31mb", "\u{9b}x", "\u{202e}x", "\u{e0041}x", "ä\tb\n"] {
            assert_eq!(defused(text).len(), text.len(), "{text:?}");
            assert!(!defused(text).chars().any(|c| is_deceptive(c) && c != '\n' && c != '\t'));
        }
    }
}
