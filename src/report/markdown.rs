//! Pages in Markdown (CommonMark with GitHub's tables), for release notes and job summaries: about a release, about opening its
//! parts, and about findings.

use std::io::{self, Write};

use super::page::{CHAIN_LIMITS, Page};
use super::{CheckedFile, Summary, counted, manual_url, shown, weighing};
use crate::decide::{Line, Weighing};
use crate::manifest::Manifest;

/// The number of findings of one manifest that a page lists. Job summaries have a limit of 1 MiB.
const MAX_FINDINGS: usize = 500;

/// Writes the page.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(page: &Page<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# Openness of {}\n", escaped(&page.title))?;
    for (name, value) in &page.facts {
        writeln!(out, "- {name}: {}", escaped(value))?;
    }
    if let Some(limit) = &page.limit {
        writeln!(out, "- Use of the weights is limited: {}", escaped(limit))?;
    }
    writeln!(out, "\n## Labels\n\n| label | verdict | why |\n|---|---|---|")?;
    for label in &page.labels {
        writeln!(out, "| {} | {} | {} |", label.name, escaped(&label.verdict), escaped(&label.reason))?;
    }
    for note in &page.base_notes {
        writeln!(out, "\nNote: {}", escaped(note))?;
    }
    if !page.chain.is_empty() {
        writeln!(
            out,
            "\n## Bases\n\n| base | license | this is | weights under | the terms, as encoded |\n|---|---|---|---|---|"
        )?;
        for row in &page.chain {
            let (base, license, offered) = (escaped(&row.base), escaped(&row.license), escaped(&row.offered));
            let outcome = format!("**{}**: {}", row.outcome, escaped(&row.why));
            writeln!(out, "| {base} | {license} | {} | {offered} | {outcome} |", row.relation)?;
        }
        if page.more_bases > 0 {
            writeln!(out, "\nFurther bases: {}", page.more_bases)?;
        }
        writeln!(out, "\n{CHAIN_LIMITS}")?;
    }
    writeln!(out, "\n## Components\n")?;
    writeln!(out, "| component | openness | license | files | reason |\n|---|---|---|---|---|")?;
    for row in &page.components {
        let cell = |text: Option<&str>| text.map_or_else(String::new, escaped);
        let limit = row.limit.as_ref().filter(|_| row.license.is_some());
        let limit = limit.map_or_else(String::new, |limit| format!(" (limits use: {})", escaped(limit)));
        let (id, license, reason) = (escaped(row.id), format!("{}{limit}", cell(row.license)), cell(row.reason));
        let links = row.links.iter().map(|link| format!("`{link}`"));
        let files: Vec<String> = (!row.files.is_empty()).then(|| row.files.clone()).into_iter().chain(links).collect();
        let files = escaped(&files.join(", "));
        writeln!(out, "| {id} | {} | {license} | {files} | {reason} |", row.openness)?;
    }
    if !page.claims.is_empty() {
        writeln!(out, "\n## Claims\n")?;
        for claim in &page.claims {
            writeln!(out, "- {}: **{}**", escaped(&claim.text), claim.outcome)?;
        }
    }
    writeln!(out, "\n## Assessment by taxonomy\n")?;
    writeln!(out, "| taxonomy | verdict |\n|---|---|")?;
    for verdict in &page.verdicts {
        writeln!(out, "| {} | {} |", escaped(&verdict.title), escaped(&verdict.summary))?;
    }
    for verdict in page.verdicts.iter().filter(|verdict| !verdict.shortfalls.is_empty()) {
        let title = format!("{}: {}", verdict.title, verdict.summary);
        writeln!(out, "\n<details><summary>{}</summary>\n", super::html::escaped(&title))?;
        for text in &verdict.shortfalls {
            writeln!(out, "- {}", escaped(text))?;
        }
        writeln!(out, "\n</details>")?;
    }
    if !page.disagreements.is_empty() {
        writeln!(out, "\n## Where taxonomies disagree\n")?;
        for sentence in &page.disagreements {
            writeln!(out, "- {}", escaped(sentence))?;
        }
    }
    writeln!(out, "\n## What no tool can verify\n\n{} {}", escaped(&page.signers), page.limits)
}

/// Writes what speaks for and against opening the parts of a release.
///
/// # Errors
/// Returns any error of the writer.
pub fn write_weighing(manifest: &Manifest, page: &Weighing, out: &mut impl Write) -> io::Result<()> {
    let model = &manifest.model;
    let title = format!("Opening {} {}", model.name.as_str(), model.version.as_str());
    writeln!(out, "# {}\n\n{}\n\n## Parts\n", escaped(&title), weighing::LEAD)?;
    writeln!(out, "| part | declared | serves | adds in risk |\n|---|---|---|---|")?;
    for group in weighing::groups(manifest, &page.components) {
        let cell = |lines: &[Line]| lines.iter().map(line).collect::<Vec<_>>().join("<br>");
        let names: Vec<String> = group.iter().map(|part| escaped(&part.component)).collect();
        let openness = weighing::openness(manifest, group[0]);
        let withheld =
            group[0].withheld.as_ref().map_or_else(String::new, |withheld| format!("<br>{}", line(withheld)));
        let openness = format!("{}{withheld}", escaped(&openness));
        let (serves, adds) = (cell(&group[0].serves), cell(&group[0].adds));
        writeln!(out, "| {} | {openness} | {serves} | {adds} |", names.join(", "))?;
    }
    lines("Risk, as assessed", &page.risks, out)?;
    if !page.alternatives.is_empty() {
        writeln!(out, "\n## Alternatives that were weighed\n")?;
        for weighed in &page.alternatives {
            let basis = weighing::basis(&weighed.basis);
            writeln!(out, "- {}", escaped(&format!("{} ({basis})", weighing::alternative(weighed))))?;
        }
    }
    lines("Duties and thresholds", &page.duties, out)?;
    lines("Not stated", &page.unstated, out)?;
    writeln!(out, "\n## Sources\n")?;
    weighing::sources(page).into_iter().try_for_each(|(name, url)| writeln!(out, "- {}: <{url}>", escaped(name)))
}

/// Writes a table of the findings in each manifest, for the summary of a job.
///
/// # Errors
/// Returns any error of the writer.
pub fn findings(files: &[CheckedFile<'_>], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# Openness check")?;
    for CheckedFile { source, file, findings, .. } in files {
        let counts = Some(Summary::of(*findings).words()).filter(|counts| !counts.is_empty());
        let counts = counts.as_deref().unwrap_or("no problems found");
        writeln!(out, "\n{}: **{counts}**", escaped(file))?;
        if findings.is_empty() {
            continue;
        }
        writeln!(out, "\n| severity | rule | line | finding |\n|---|---|---|---|")?;
        for finding in findings.iter().take(MAX_FINDINGS) {
            let (severity, code, url) = (finding.severity.as_str(), finding.rule.code, manual_url(finding.rule));
            let line = source.position(finding.primary.span.start).line;
            let help = finding.help.as_ref().map_or_else(String::new, |help| format!("<br>help: {}", escaped(help)));
            let message = escaped(&finding.message);
            writeln!(out, "| {severity} | [{code}]({url}) | {line} | {message}{help} |")?;
        }
        let left = findings.len().saturating_sub(MAX_FINDINGS);
        if left > 0 {
            writeln!(out, "\nand {}; `openness check` lists them", counted(left, "more finding"))?;
        }
    }
    Ok(())
}

fn line(line: &Line) -> String {
    escaped(&format!("{} ({})", line.text, weighing::basis(&line.basis)))
}

fn lines(heading: &str, all: &[Line], out: &mut impl Write) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## {heading}\n")?;
    for (basis, texts) in weighing::by_basis(all) {
        match texts.as_slice() {
            [text] => writeln!(out, "- {}", escaped(&format!("{text} ({basis})")))?,
            texts => {
                writeln!(out, "- by {}:", escaped(&basis))?;
                texts.iter().try_for_each(|text| writeln!(out, "  - {}", escaped(text)))?;
            }
        }
    }
    Ok(())
}

/// Escapes text: puts a backslash before every ASCII punctuation character that could start markup (CommonMark §2.4), except
/// for the backticks of our own clauses. Several backticks in a row would end code of our own elsewhere (§6.1), so no text with them
/// has code.
fn escaped(text: &str) -> String {
    let text = shown(text);
    let mut safe = String::with_capacity(text.len() + 8);
    let has_pairs = text.matches('`').count().is_multiple_of(2) && !text.contains("``");
    let (mut in_code, mut before) = (false, ' ');
    for c in text.chars() {
        let follows_word = std::mem::replace(&mut before, c).is_alphanumeric();
        if c == '`' && has_pairs {
            in_code = !in_code;
            safe.push(c);
            continue;
        }
        // A bar ends a cell even within code.
        let needs = match in_code {
            true => c == '|',
            false => matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&'),
        };
        if needs {
            safe.push('\\');
        }
        safe.push(c);
        if c == '@' && !in_code && !follows_word {
            // A space of no width: otherwise GitHub and GitLab notify the user of that name.
            safe.push_str("&#8203;");
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::finding::{Finding, rule_info};
    use crate::source::Source;

    rule_info! {
        /// ## What it does
        /// Nothing.
        RULE = "OPN000" "nothing" Error
    }

    #[test]
    fn findings_are_rows_that_no_text_can_leave() {
        let source = Source::new("OPENNESS.toml", "schema = 1\n[model]\n");
        let all = vec![Finding::new(&RULE, (11..18).into(), "a|b\n# x <b>").help("do `c|d`"); MAX_FINDINGS + 1];
        let one = CheckedFile { source: &source, file: "a_b/OPENNESS.toml", findings: &all[..1], allowed: &[] };
        let text = |files: &[CheckedFile<'_>]| {
            let mut out = Vec::new();
            findings(files, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            text(&[one, CheckedFile { findings: &[], file: "c/OPENNESS.toml", ..one }]),
            "# Openness check\n\na\\_b/OPENNESS.toml: **1 error**\n\n\
             | severity | rule | line | finding |\n|---|---|---|---|\n\
             | error | [OPN000](https://openness-dev.github.io/openness/rules/OPN000) | 2 | \
             a\\|b\\\\n# x \\<b\\><br>help: do `c\\|d` |\n\n\
             c/OPENNESS.toml: **no problems found**\n"
        );
        let many = text(&[CheckedFile { findings: &all, ..one }]);
        assert!(many.ends_with("\nand 1 more finding; `openness check` lists them\n"), "{many}");
    }

    #[test]
    fn text_from_a_manifest_cannot_become_markup() {
        assert_eq!(escaped("a|b [x](http://y) <b>"), "a\\|b \\[x\\](http://y) \\<b\\>");
        assert_eq!(escaped("`a|b_c` is"), "`a\\|b_c` is");
        assert_eq!(escaped("its base ```[x](y) <img>`"), "its base \\`\\`\\`\\[x\\](y) \\<img\\>\\`");
        assert_eq!(escaped("its base `a`[x](y)`b`"), "its base `a`\\[x\\](y)`b`");
        assert_eq!(escaped("an odd ` <i>"), "an odd \\` \\<i\\>");
        assert_eq!(escaped("by @someone, not a@b.org or `@x`"), "by @&#8203;someone, not a@b.org or `@x`");
        assert_eq!(escaped("line\nbreak\u{202e}"), "line\\\\nbreak\\\\u{202e}");
    }
}
