//! Checking what is half written: a key without a value, a list without an end.
//!
//! A rule cannot trust what comes after a mistake in syntax. So that findings elsewhere stay while a line is being typed, the
//! keys and headers with such mistakes are left out, and everything else is checked.

use super::syntax::Syntax;
use crate::check::{check_alone, check_text};
use crate::files::Files;
use crate::finding::{Finding, sort_and_dedup};
use crate::manifest::parse::{Parsed, parse};
use crate::source::{Source, Span};

/// The rule about mistakes in syntax.
const SYNTAX: &str = "OPN001";
/// The rule about missing keys.
const MISSING_KEY: &str = "OPN104";
/// The most mistakes in syntax of a text that counts as half written.
const MAX_MISTAKES: usize = 100;

/// Checks a manifest that is being written. Rules about files run if there are `files`.
#[must_use]
pub fn check(source: Source, files: Option<&dyn Files>) -> (Parsed, Vec<Finding>) {
    let (mut parsed, findings) = checked(source, files);
    if parsed.is_readable() {
        return (parsed, findings);
    }
    let text = parsed.source.text();
    let syntax = Syntax::of(text);
    if syntax.mistakes.is_empty() || syntax.mistakes.len() > MAX_MISTAKES {
        return (parsed, findings);
    }
    let left_out = half_written(text, &syntax);
    let (whole, others) = checked(Source::new(parsed.source.name(), without(text, &left_out)), files);
    if !whole.is_readable() {
        return (parsed, findings);
    }
    let overlaps = |span: Span| left_out.iter().any(|out| out.start <= span.end && span.start <= out.end);
    // What is missing may be just what is being written.
    let may_come = |finding: &Finding| {
        finding.rule.code == MISSING_KEY && overlaps(syntax.table_at(finding.primary.span.start).span)
    };
    let mut all: Vec<Finding> = findings.into_iter().filter(|finding| finding.rule.code == SYNTAX).collect();
    all.extend(others.into_iter().filter(|finding| !may_come(finding)).map(|mut finding| {
        finding.fix =
            finding.fix.filter(|fix| !fix.edits.iter().any(|edit| edit.file.is_none() && overlaps(edit.span)));
        finding
    }));
    sort_and_dedup(&mut all);
    parsed.manifest = whole.manifest;
    (parsed, all)
}

fn checked(source: Source, files: Option<&dyn Files>) -> (Parsed, Vec<Finding>) {
    match files {
        Some(files) => check_text(source, files),
        None => {
            let parsed = parse(source);
            let findings = check_alone(&parsed);
            (parsed, findings)
        }
    }
}

/// Returns the keys and headers with mistakes, in order.
fn half_written(text: &str, syntax: &Syntax) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for at in &syntax.mistakes {
        // The mistake may be found at the line break after it.
        let line = text[..*at].rfind('\n').map_or(0, |before| before + 1);
        let line: Span = (line..text[*at..].find('\n').map_or(text.len(), |after| at + after)).into();
        let table = syntax.table_at(line.start);
        let entries = table.entries.iter().map(|entry| entry.span);
        let parts = entries.chain(table.header.iter().map(|header| header.span));
        let part = parts.filter(|part| part.start <= line.end && line.start <= part.end);
        let (start, end) =
            part.fold((line.start, line.end), |(start, end), part| (start.min(part.start), end.max(part.end)));
        spans.push((start..end).into());
    }
    spans.sort_unstable();
    spans
}

/// Puts spaces in the place of spans, so that every other part stays where it is.
fn without(text: &str, spans: &[Span]) -> String {
    let mut result = String::with_capacity(text.len());
    for span in spans {
        let start = span.start.max(result.len());
        if start < span.end {
            result.push_str(&text[result.len()..start]);
            let blank = text[start..span.end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' });
            result.extend(blank);
        }
    }
    result.push_str(&text[result.len()..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"MIT\"\n";

    fn codes(text: &str) -> Vec<(&'static str, usize)> {
        let (parsed, findings) = check(Source::new("OPENNESS.toml", text), None);
        let line = |finding: &Finding| parsed.source.position(finding.primary.span.start).line;
        findings.iter().map(|finding| (finding.rule.code, line(finding))).collect()
    }

    #[test]
    fn findings_elsewhere_stay_while_a_line_is_written() {
        let component = "[component.finale-weights]\nopenness = \"open\"\n";
        let card = "[component.model-card]\nopenness = \"open\"\nlicense = \"Apache 2\"\n";
        let found = codes(&format!("{HEAD}{component}{card}"));
        let others = [("OPN201", 7), ("OPN401", 11)];
        assert!(others.iter().all(|other| found.contains(other)), "{found:?}");
        for half in [
            "li",
            "license",
            "license =",
            "license = \"MI",
            "files = [",
            "files = [\"a\",\n  \"b",
            "remote = [{ url = ",
        ] {
            let found = codes(&format!("{HEAD}{component}{half}\n{card}"));
            let lines = half.matches('\n').count() + 1;
            let others = [("OPN201", 7), ("OPN401", 11 + lines)];
            assert!(others.iter().all(|other| found.contains(other)), "{half}: {found:?}");
            assert!(found.iter().any(|(code, _)| *code == "OPN001"), "{half}: {found:?}");
        }
        // A header, and a key that is required.
        for (text, missing) in [
            (format!("{HEAD}{component}[component.\n{card}"), false),
            (format!("{}{component}{card}", HEAD.replace("name = \"m\"", "name = \"m")), false),
            (format!("{}{component}[release]\n{card}lic\n", HEAD), true),
        ] {
            let found = codes(&text);
            assert!(found.iter().any(|(code, _)| *code == "OPN401"), "{text}: {found:?}");
            assert_eq!(found.iter().any(|(code, _)| *code == "OPN104"), missing, "{text}: {found:?}");
        }
    }

    #[test]
    fn a_fix_never_writes_over_what_is_being_written() {
        let text = format!("{HEAD}lic\n[component.model-card]\nopenness = \"opne\"\n").replace('\n', "\r\n");
        let (_, findings) = check(Source::new("OPENNESS.toml", text.as_str()), None);
        let edits = findings.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits);
        assert!(edits.clone().count() > 0);
        let at = text.find("lic\r").unwrap_or_default();
        assert!({ edits }.all(|edit| edit.span.end < at || at + 3 < edit.span.start), "{findings:#?}");
    }

    #[test]
    fn what_is_left_out_keeps_its_place() {
        assert_eq!(without("ab\ncdé\nx", &[(0..2).into(), (1..7).into()]), "  \n    \nx");
        assert_eq!(without("ab", &[]), "ab");
    }
}
