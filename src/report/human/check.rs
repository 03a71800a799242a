//! The output of `openness check`: findings as graphical reports by miette, with our width and colors and no hyperlinks.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::excerpt::{CONTEXT_LINES, Excerpt};
use super::style::lines;
use super::{Paint, Screen, Style};
use crate::finding::{Finding, Label, Safety, Severity};
use crate::manifest::FILE_NAME;
use crate::quote;
use crate::report::statistics::Count;
use crate::report::{Summary, counted, shown};
use crate::source::{Source, Span};

/// The number of findings of one rule that are drawn without `verbose`.
const MAX_ALIKE: usize = 3;
/// The number of the others that have a line each.
const MAX_OTHERS: usize = 8;
/// The number of labels that are shown of one finding.
const MAX_LABELS: usize = 12;

/// The columns to the left of a message.
const MESSAGE_MARGIN: usize = 4;
/// The columns to the left of a line's text and of a label: line numbers, frames, arrows.
const LABEL_MARGIN: usize = 14;
/// The longest label that stands next to the source text, in characters: a few words. Others go below it.
const MAX_LABEL_WIDTH: usize = 48;

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
    let mut alike = Alike::of(findings, if style.verbose { usize::MAX } else { MAX_ALIKE });
    for finding in findings.iter().filter(|finding| finding.severity >= least) {
        let Some(others) = alike.next(finding) else { continue };
        let view = View::new(finding, source, style);
        let mut text = String::new();
        handler.render_report(&mut text, &view).map_err(|_| io::Error::other("the finding could not be rendered"))?;
        out.write_all(trimmed(&text).as_bytes())?;
        view.write_below(Paint(style), out)?;
        writeln!(out)?;
        if !others.is_empty() {
            write_others(&others, source, Paint(style), out)?;
            writeln!(out)?;
        }
    }
    summary(source, Summary::of(findings), not_run, out)?;
    if let Some(text) = fixable(findings, source) {
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

fn summary(source: &Source, summary: Summary, not_run: &[&str], out: &mut impl Write) -> io::Result<()> {
    let name = shown(source.name());
    match summary.words().as_str() {
        "" if !not_run.is_empty() => writeln!(out, "{name}: no problems found by the rules that need no files"),
        "" => writeln!(out, "{name}: no problems found"),
        counts => writeln!(out, "{name}: {counts}"),
    }
}

/// Writes a line that counts the findings in what has this name.
///
/// # Errors
/// Returns any error of the writer.
pub fn write_total<'a>(
    name: &str,
    findings: impl IntoIterator<Item = &'a Finding>,
    out: &mut impl Write,
) -> io::Result<()> {
    let counts = Some(Summary::of(findings).words()).filter(|counts| !counts.is_empty());
    let counts = counts.as_deref().unwrap_or("no problems found");
    writeln!(out, "{}: {counts}", shown(name))
}

/// Writes how many findings of each rule there are, the most frequent first.
///
/// # Errors
/// Returns any error of the writer.
pub fn write_statistics(counts: &[Count], out: &mut impl Write) -> io::Result<()> {
    let width = counts.iter().map(|count| count.findings.to_string().len()).max().unwrap_or_default();
    for Count { rule, severity, findings, fixable } in counts {
        let fixes = if *fixable > 0 { format!("  ({fixable} with a fix)") } else { String::new() };
        let line = format!("{findings:>width$}  {:<8} {}  {}{fixes}", severity.as_str(), rule.code, rule.name);
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Findings of the same rule with the same severity, of which only the first few are drawn.
struct Alike<'a> {
    most: usize,
    /// By rule and severity, all findings, and the number of those that were reached.
    all: BTreeMap<(&'static str, Severity), (Vec<&'a Finding>, usize)>,
}

impl<'a> Alike<'a> {
    fn of(findings: &'a [Finding], most: usize) -> Self {
        let mut all: BTreeMap<_, (Vec<&Finding>, usize)> = BTreeMap::new();
        for finding in findings {
            all.entry((finding.rule.code, finding.severity)).or_default().0.push(finding);
        }
        Self { most, all }
    }

    /// Returns `None` for a finding that is not drawn; for the last one that is, those that are not; and none for the others.
    fn next(&mut self, finding: &Finding) -> Option<Vec<&'a Finding>> {
        let (all, reached) = self.all.get_mut(&(finding.rule.code, finding.severity))?;
        *reached += 1;
        // A single one that is left is drawn too: a line about it would say less.
        if all.len() <= self.most.saturating_add(1) {
            return Some(Vec::new());
        }
        let others = if *reached == self.most { all[self.most..].to_vec() } else { Vec::new() };
        (*reached <= self.most).then_some(others)
    }
}

/// Says how many findings are not drawn, with one line for each of the first.
fn write_others(others: &[&Finding], source: &Source, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let Some(first) = others.first() else { return Ok(()) };
    let (severity, code) = (first.severity.as_str(), first.rule.code);
    writeln!(out, "and {} more {severity}[{code}]; `-v` draws them:", others.len())?;
    for finding in others.iter().take(MAX_OTHERS) {
        let lead = format!("  line {}: ", source.position(finding.primary.span.start).line);
        paint.fitted(out, &lead, lead.chars().count(), &shown(&finding.message), 1)?;
    }
    let left = others.len().saturating_sub(MAX_OTHERS);
    if left > 0 {
        writeln!(out, "  … and {left} more")?;
    }
    Ok(())
}

/// Says how many findings can be fixed, if some can.
fn fixable(findings: &[Finding], source: &Source) -> Option<String> {
    // The path that the program was given, so that the command works where it ran.
    let directory = source.name().strip_suffix(FILE_NAME).map_or("", |directory| directory.trim_end_matches('/'));
    let place = if matches!(directory, "" | ".") { String::new() } else { format!(" {}", quote::operand(directory)) };
    let with =
        |safety| findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(move |fix| fix.safety == safety);
    match (with(Safety::Safe).count(), with(Safety::Unsafe).count()) {
        (0, 0) => None,
        (safe, 0) => Some(format!("{safe} can be fixed with `openness check --fix{place}`")),
        (0, likely) => {
            Some(format!("{likely} can probably be fixed with `openness check --diff --unsafe-fixes{place}`"))
        }
        (safe, likely) => Some(format!(
            "{safe} can be fixed with `openness check --fix{place}`, and {likely} more, probably, with `--unsafe-fixes`"
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
    /// The number of labels that are not shown.
    hidden: usize,
}

impl<'a> View<'a> {
    fn new(finding: &'a Finding, source: &Source, style: Style) -> Self {
        // A finding about the repository as a whole has no position.
        let labels = std::iter::once(&finding.primary).chain(&finding.related);
        let mut labels = by_place(labels.take_while(|_| finding.primary.span != Span::default()));
        let hidden = labels.len().saturating_sub(MAX_LABELS);
        labels.truncate(MAX_LABELS);
        let spans: Vec<Span> = labels.iter().map(|(span, _)| *span).collect();
        let (code, places) = Excerpt::new(source, &spans, style.width);
        let message = lines(&shown(&finding.message), style.width.saturating_sub(MESSAGE_MARGIN).max(20)).join("\n");
        let mut view = Self { finding, message, code, labels: Vec::new(), below: Vec::new(), hidden };
        // Numbers go down the page, in whichever order the labels are.
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by_key(|at| places[*at]);
        let mut texts: Vec<Option<String>> = vec![None; labels.len()];
        for at in order {
            let column = view.code.column(places[at].0 + places[at].1 / 2);
            let text = &labels[at].1;
            texts[at] = (!text.is_empty()).then(|| view.label_text(column, text, style));
        }
        for (at, (text, place)) in texts.into_iter().zip(places).enumerate() {
            view.labels.push(match at {
                0 => LabeledSpan::new_primary_with_span(text, place),
                _ => LabeledSpan::new_with_span(text, place),
            });
        }
        view
    }

    /// Returns the text of a label, or its number if it is more than a few words. A label starts below the middle of its span.
    fn label_text(&mut self, middle: usize, text: &str, style: Style) -> String {
        let room = style.width.saturating_sub(LABEL_MARGIN + middle);
        let text = shown(text);
        if text.chars().count() <= room.min(MAX_LABEL_WIDTH) {
            return text.into_owned();
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
        if self.hidden > 0 {
            writeln!(out, "  and {} more", counted(self.hidden, "place"))?;
        }
        let more = format!("  = read more: openness explain {}", self.finding.rule.code);
        writeln!(out, "{}", paint.dim(&more))
    }
}

/// Returns one label for each place, in the order of the first: the license that defeats six components is one label.
fn by_place<'l>(labels: impl Iterator<Item = &'l Label>) -> Vec<(Span, String)> {
    let mut places: Vec<(Span, Vec<&str>)> = Vec::new();
    for Label { span, text } in labels {
        match places.iter_mut().find(|(known, _)| known == span) {
            Some((_, texts)) if texts.contains(&text.as_str()) => {}
            Some((_, texts)) => texts.push(text),
            None => places.push((*span, vec![text])),
        }
    }
    places.into_iter().map(|(span, texts)| (span, together(texts))).collect()
}

/// Joins texts about the same place. Those that differ in one quoted word are one text with all of these words.
fn together(texts: Vec<&str>) -> String {
    let mut joined: Vec<Vec<String>> = Vec::new();
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let is_quoted = |word: &str| word.len() > 2 && word.starts_with('`') && word.ends_with('`');
        let differs = |known: &[String]| {
            let mut different = (0..words.len()).filter(|at| known[*at] != words[*at]);
            different.next().filter(|at| different.next().is_none() && is_quoted(&words[*at]))
        };
        let like = joined.iter_mut().filter(|known| known.len() == words.len());
        let found = like.filter_map(|known| differs(known).map(|at| (known, at))).next();
        match found {
            // A list of words counts as one word, so that a third text is compared in the same way.
            Some((known, at)) if is_quoted(&known[at]) => known[at] = format!("{}, {}", known[at], words[at]),
            _ => joined.push(words),
        }
    }
    joined.iter().map(|words| words.join(" ")).collect::<Vec<_>>().join("; ")
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
        // A few words stay at their place.
        let short = Finding::new(&RULE, (10..42).into(), "bad").label("not open");
        assert!(written(short, 60).contains("╰── not open\n"));
    }

    #[test]
    fn of_findings_of_one_rule_a_few_are_drawn_and_the_others_are_counted() {
        let source = Source::new("OPENNESS.toml", "a = 1\n".repeat(20));
        let warning =
            |line: usize| Finding::new(&RULE, (line * 6..line * 6 + 1).into(), "odd").severity(Severity::Warning);
        let text = |count, verbose| {
            let mut findings: Vec<Finding> = (0..count).map(warning).collect();
            findings.push(Finding::new(&RULE, (0..1).into(), "bad"));
            let style = Style { color: false, unicode: true, width: 80, verbose };
            let mut out = Vec::new();
            write(&source, &findings, Severity::Note, style, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let drawn = |text: &str| text.matches("⚠ odd").count();
        let short = text(5, false);
        assert_eq!(drawn(&short), 3, "{short}");
        let others = "\nand 2 more warning[OPN000]; `-v` draws them:\n  line 4: odd\n  line 5: odd\n\n";
        assert!(short.contains(others), "{short}");
        assert!(short.contains("× bad") && short.ends_with("OPENNESS.toml: 1 error, 5 warnings\n"), "{short}");
        assert!(text(20, false).contains("  line 11: odd\n  … and 9 more\n\n"), "{}", text(20, false));
        assert_eq!(drawn(&text(20, true)), 20, "verbose draws all");
        assert!(!text(20, true).contains(" more warning"));
        // A single one is drawn instead of counted.
        assert_eq!(drawn(&text(4, false)), 4);
        assert!(!text(4, false).contains(" more warning"));
    }

    #[test]
    fn labels_of_one_place_are_one_label() {
        let mut finding = Finding::new(&RULE, (0..7).into(), "bad").label("here");
        for component in ["a", "b", "c"] {
            finding = finding.related((10..42).into(), format!("on `{component}` this is closed"));
        }
        let text = written(finding, 80);
        assert!(text.contains("╰── on `a`, `b`, `c` this is closed\n"), "{text}");
        assert_eq!(
            together(vec!["not on `a` yet", "not on `b` yet", "not on `c` yet", ""]),
            "not on `a`, `b`, `c` yet"
        );
        assert_eq!(together(vec!["it is closed", "it is missing"]), "it is closed; it is missing");
        assert_eq!(together(vec!["`a` is `b`", "`c` is `d`"]), "`a` is `b`; `c` is `d`");
    }

    #[test]
    fn a_finding_with_very_many_labels_shows_some_and_counts_the_others() {
        let mut finding = Finding::new(&RULE, (0..7).into(), "bad");
        for at in 0..MAX_LABELS {
            finding = finding.related((8 + at..9 + at).into(), "too");
        }
        assert!(written(finding, 80).contains("\n  and 1 place more\n"));
    }

    #[test]
    fn no_line_is_wider_than_the_window_wherever_the_mistake_is() {
        for at in [0, 100, 2_900, 70_000, 200_000] {
            let line = format!("{}\tWRONG\t{}\n", "\u{202e}a\t".repeat(at), "b".repeat(100_000));
            let start = line.find("WRONG").unwrap();
            let finding = Finding::new(&RULE, (start..start + 5).into(), "bad").label("here it is");
            let style = Style { color: false, unicode: true, width: 80, verbose: false };
            let mut out = Vec::new();
            write(&Source::new("x", line), &[finding], Severity::Note, style, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.contains("WRONG") && text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }
}
