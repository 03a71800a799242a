//! The page about an audit: a single HTML file, without scripts or external resources.

use std::io::{self, Write};

use super::chart::bars;
use super::{Counts, Tally};
use crate::audit::RunFacts;
use crate::report::html::escaped;
use crate::rules;
use crate::taxonomy;

/// The most values of a chart.
const MOST: usize = 20;

/// The style sheet. Its colors have a contrast of at least 4.5 to 1 in both color schemes.
pub(super) const STYLE: &str = "\
:root{color-scheme:light dark;--bar:#1d4ed8;--line:#d4d4d8;--text:#18181b}\
@media(prefers-color-scheme:dark){:root{--bar:#93c5fd;--line:#52525b;--text:#f4f4f5}}\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
svg text{font:13px system-ui,sans-serif;fill:var(--text)}svg rect{fill:var(--bar)}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;\
border-bottom:1px solid var(--line);overflow-wrap:anywhere}td.n{text-align:right}details{margin:.3rem 0}\
section{margin:2rem 0}code{overflow-wrap:anywhere}";

/// Writes the page.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(run: &RunFacts, tally: &Tally, out: &mut impl Write) -> io::Result<()> {
    head("Audit of openness", out)?;
    writeln!(out, "<h1>Audit of openness</h1>\n<dl>")?;
    let signed: u64 =
        tally.targets - tally.statuses.0.iter().filter(|(word, _)| is_unsigned(word)).map(|(_, n)| n).sum::<u64>();
    for (name, value) in [
        ("Targets", tally.targets.to_string()),
        ("With a signature", signed.to_string()),
        ("Signed by a trusted signer", tally.trusted.to_string()),
        ("Keys and statements checked as of", run.at.clone()),
        ("Program", run.program.clone()),
        ("List of targets, SHA-256", run.targets_sha256.clone()),
    ] {
        writeln!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(&value))?;
    }
    writeln!(out, "</dl>")?;
    counts("Status", "The result for each target as a whole.", &tally.statuses, out)?;
    counts("Reasons", "Why targets are not verified, or could not be read.", &tally.reasons, out)?;
    writeln!(out, "<section>\n<h2>Labels</h2>\n<p>What each taxonomy makes of the declared facts.</p>")?;
    for taxonomy in taxonomy::all() {
        if let Some(counts) = tally.verdicts.get(&taxonomy.id) {
            writeln!(out, "<h3>{}</h3>", escaped(&taxonomy.title))?;
            chart(&taxonomy.title, counts, out)?;
        }
    }
    writeln!(out, "</section>")?;
    counts("Claims", "What producers claim.", &tally.claims, out)?;
    counts("Licenses", "Of the final weights, or else of the model, as declared.", &tally.licenses, out)?;
    counts(
        "Signers",
        "Fingerprints of keys and certificates whose signatures hold, trusted or not.",
        &tally.signers,
        out,
    )?;
    findings(tally, out)?;
    writeln!(
        out,
        "<p>The same numbers are in <code>data.json</code>, and <code>sql/</code> has queries for DuckDB.</p>"
    )?;
    writeln!(out, "</main>\n</body>\n</html>")
}

fn is_unsigned(status: &str) -> bool {
    matches!(status, "unsigned" | "no_manifest" | "invalid_manifest" | "could_not_read")
}

/// Writes the start of a page that loads nothing and runs nothing.
pub(super) fn head(title: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )?;
    writeln!(out, "<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>", escaped(title))
}

fn counts(title: &str, about: &str, counts: &Counts, out: &mut impl Write) -> io::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2>{title}</h2>\n<p>{about}</p>")?;
    chart(title, counts, out)?;
    writeln!(out, "</section>")
}

/// Writes a chart of the most frequent values, and all that a page can hold as a table.
fn chart(title: &str, counts: &Counts, out: &mut impl Write) -> io::Result<()> {
    const IN_TABLE: usize = 500;
    let sorted = counts.sorted();
    writeln!(out, "{}", bars(title, &sorted[..sorted.len().min(MOST)]))?;
    writeln!(out, "<details><summary>As a table</summary>\n<table><tbody>")?;
    for (value, count) in sorted.iter().take(IN_TABLE) {
        writeln!(out, "<tr><th scope=\"row\">{}</th><td class=\"n\">{count}</td></tr>", escaped(value))?;
    }
    writeln!(out, "</tbody></table>")?;
    if sorted.len() > IN_TABLE {
        writeln!(out, "<p>{} more</p>", sorted.len() - IN_TABLE)?;
    }
    writeln!(out, "</details>")
}

fn findings(tally: &Tally, out: &mut impl Write) -> io::Result<()> {
    if tally.codes.is_empty() {
        return Ok(());
    }
    let mut codes: Vec<_> = tally.codes.iter().collect();
    codes.sort_by_key(|(_, count)| std::cmp::Reverse(count.targets));
    let bars_of: Vec<(&str, u64)> =
        codes.iter().take(MOST).map(|(code, count)| (code.as_str(), count.targets)).collect();
    writeln!(out, "<section>\n<h2>Findings</h2>\n<p>The number of targets for each rule.</p>")?;
    writeln!(out, "{}", bars("Findings", &bars_of))?;
    writeln!(
        out,
        "<table>\n<thead><tr><th scope=\"col\">Rule</th><th scope=\"col\">Name</th><th scope=\"col\">Targets</th>\
         <th scope=\"col\">Findings</th></tr></thead>\n<tbody>"
    )?;
    for (code, count) in codes {
        let name = rules::all_rules().find(|rule| rule.code == *code).map_or("", |rule| rule.name);
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escaped(code),
            escaped(name),
            count.targets,
            count.findings
        )?;
    }
    writeln!(out, "</tbody></table>\n</section>")
}
