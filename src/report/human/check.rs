//! The output of `openness check`: findings as graphical reports by miette, with our width and colors and no hyperlinks.

use std::fmt;
use std::io::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::excerpt::{CONTEXT_LINES, Excerpt};
use super::style::lines;
use super::{Paint, Screen, Style};
use crate::finding::{Finding, Label, Safety, Severity};
use crate::report::{Summary, counted, shown};
use crate::source::{Source, Span};

/// The number of findings that are shown without `verbose`, the most severe first.
const MAX_FINDINGS: usize = 100;
/// The number of labels that are shown of one finding.
const MAX_LABELS: usize = 12;

/// The columns to the left of a message.
const MESSAGE_MARGIN: usize = 4;
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
    write_partial(source, findings, least, &[], style, out)
}

/// Writes the same, and which rules were not run because they need the files, by code.
///
/// # Errors
/// Returns any error of the writer.
pub fn write_partial(
    source: &Source,
    findings: &[Finding],
    least: Severity,
    not_run: &[&str],
    style: Style,
    out: &mut impl Write,
) -> io::Result<()> {
    let out = &mut Screen::new(out, style.color);
    let handler = GraphicalReportHandler::new_themed(theme(style))
        .with_links(false)
        .with_width(style.width)
        .with_wrap_lines(false)
        .with_context_lines(CONTEXT_LINES);
    let (chosen, left) = chosen(findings, least, if style.verbose { usize::MAX } else { MAX_FINDINGS });
    for finding in chosen {
        let view = View::new(finding, source, style);
        let mut text = String::new();
        handler.render_report(&mut text, &view).map_err(|_| io::Error::other("the finding could not be rendered"))?;
        out.write_all(trimmed(&text).as_bytes())?;
        view.write_below(Paint(style), out)?;
        writeln!(out)?;
    }
    if left > 0 {
        writeln!(out, "and {left} more; `openness check --format json` lists them all\n")?;
    }
    summary(source, Summary::of(findings), not_run, out)?;
    if let Some(text) = fixable(findings) {
        Paint(style).wrapped(out, "", &text)?;
    }
    if not_run.is_empty() {
        return Ok(());
    }
    let text = format!(
        "{} need files and did not run; check the directory of the manifest to run them: {}",
        counted(not_run.len(), "rule"),
        not_run.join(", ")
    );
    Paint(style).wrapped(out, "", &text)
}

/// Returns the findings to show, in their order, and the number of the others. If there are too many, the most severe are
/// shown.
fn chosen(findings: &[Finding], least: Severity, most: usize) -> (Vec<&Finding>, usize) {
    let severe = |severity| findings.iter().filter(move |finding| finding.severity == severity).count();
    let mut room = most;
    let mut quota = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
        let take = if severity < least { 0 } else { severe(severity).min(room) };
        room -= take;
        (severity, take)
    });
    let mut chosen = Vec::new();
    let mut left = 0;
    for finding in findings.iter().filter(|finding| finding.severity >= least) {
        match quota.iter_mut().find(|(severity, take)| *severity == finding.severity && *take > 0) {
            Some((_, take)) => {
                *take -= 1;
                chosen.push(finding);
            }
            None => left += 1,
        }
    }
    (chosen, left)
}

fn summary(source: &Source, summary: Summary, not_run: &[&str], out: &mut impl Write) -> io::Result<()> {
    let name = shown(source.name());
    let Summary { errors, warnings, notes } = summary;
    let parts: Vec<String> = [(errors, "error"), (warnings, "warning"), (notes, "note")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| counted(number, noun))
        .collect();
    match parts.as_slice() {
        [] if !not_run.is_empty() => writeln!(out, "{name}: no problems found by the rules that need no files"),
        [] => writeln!(out, "{name}: no problems found"),
        _ => writeln!(out, "{name}: {}", parts.join(", ")),
    }
}

/// Says how many findings can be fixed, if some can.
fn fixable(findings: &[Finding]) -> Option<String> {
    let with =
        |safety| findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(move |fix| fix.safety == safety);
    match (with(Safety::Safe).count(), with(Safety::Unsafe).count()) {
        (0, 0) => None,
        (safe, 0) => Some(format!("{safe} can be fixed with `openness check --fix`")),
        (0, likely) => Some(format!("{likely} can probably be fixed with `openness check --diff --unsafe-fixes`")),
        (safe, likely) => Some(format!(
            "{safe} can be fixed with `openness check --fix`, and {likely} more, probably, with `--unsafe-fixes`"
        )),
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

/// A finding as miette wants it.
struct View<'a> {
    finding: &'a Finding,
    /// The message, broken into lines.
    message: String,
    code: Excerpt,
    labels: Vec<LabeledSpan>,
    /// The texts of labels that do not fit next to the source text, which shows their numbers, from 1.
    below: Vec<String>,
}

impl<'a> View<'a> {
    fn new(finding: &'a Finding, source: &Source, style: Style) -> Self {
        let labels = std::iter::once(&finding.primary).chain(&finding.related).take(MAX_LABELS);
        // A finding about the repository as a whole has no position.
        let labels: Vec<&Label> = labels.take_while(|_| finding.primary.span != Span::default()).collect();
        let spans: Vec<Span> = labels.iter().map(|label| label.span).collect();
        let (code, places) = Excerpt::new(source, &spans);
        let message = lines(&shown(&finding.message), style.width.saturating_sub(MESSAGE_MARGIN).max(20)).join("\n");
        let mut view = Self { finding, message, code, labels: Vec::new(), below: Vec::new() };
        for (at, (label, place)) in labels.into_iter().zip(places).enumerate() {
            let column = view.code.column(place.0 + place.1 / 2);
            let text = (!label.text.is_empty()).then(|| view.label_text(column, &label.text, style));
            view.labels.push(match at {
                0 => LabeledSpan::new_primary_with_span(text, place),
                _ => LabeledSpan::new_with_span(text, place),
            });
        }
        view
    }

    /// Wraps the text of a label, or returns its number if it does not fit. A label starts below the middle of its span.
    fn label_text(&mut self, middle: usize, text: &str, style: Style) -> String {
        let room = style.width.saturating_sub(LABEL_MARGIN + middle);
        let text = shown(text);
        let lines = lines(&text, room.max(1));
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
        if let Some(list) = self.finding.whole_list().filter(|_| paint.0.verbose) {
            paint.hanging(out, "  ", "  ".len(), &shown(&list))?;
        }
        let hidden = (self.finding.related.len() + 1).saturating_sub(MAX_LABELS);
        if hidden > 0 && !self.labels.is_empty() {
            writeln!(out, "  and {} more", counted(hidden, "place"))?;
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
        f.write_str(&self.message)
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
        (!self.labels.is_empty()).then_some(&self.code)
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
    fn the_most_severe_findings_are_shown_and_the_rest_counted() {
        let source = Source::new("OPENNESS.toml", "schema = 1\n");
        let warning = |at: usize| Finding::new(&RULE, (0..at + 1).into(), "odd").severity(Severity::Warning);
        let mut findings: Vec<Finding> = (0..MAX_FINDINGS).map(warning).collect();
        let text = |findings: &[Finding], verbose| {
            let style = Style { color: false, unicode: true, width: 80, verbose };
            let mut out = Vec::new();
            write(&source, findings, Severity::Note, style, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert!(!text(&findings, false).contains(" more;"));
        findings.push(Finding::new(&RULE, (3..4).into(), "bad"));
        let short = text(&findings, false);
        assert!(short.contains("\nand 1 more; `openness check --format json` lists them all\n"), "{short}");
        assert!(short.contains("× bad") && short.ends_with("OPENNESS.toml: 1 error, 100 warnings\n"), "{short}");
        assert!(!text(&findings, true).contains(" more;"));
    }

    #[test]
    fn a_finding_with_very_many_labels_shows_some_and_counts_the_others() {
        let mut finding = Finding::new(&RULE, (0..7).into(), "bad");
        for _ in 0..MAX_LABELS {
            finding = finding.related((8..9).into(), "too");
        }
        assert!(written(finding, 80).contains("\n  and 1 place more\n"));
    }

    #[test]
    fn no_line_is_much_wider_than_the_window_wherever_the_mistake_is() {
        for at in [0, 100, 2_900, 70_000, 200_000] {
            let line = format!("{}\tWRONG\t{}\n", "\u{202e}a\t".repeat(at), "b".repeat(100_000));
            let start = line.find("WRONG").unwrap();
            let finding = Finding::new(&RULE, (start..start + 5).into(), "bad").label("here it is");
            let style = Style { color: false, unicode: true, width: 80, verbose: false };
            let mut out = Vec::new();
            write(&Source::new("x", line), &[finding], Severity::Note, style, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.contains("WRONG") && text.lines().all(|line| line.chars().count() < 200), "{text}");
        }
    }
}
