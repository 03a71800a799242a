//! A page about a release as a single HTML file, without scripts or external resources, for print, dark mode and narrow screens.

use std::io::{self, Write};

use super::page::Page;
use super::shown;

/// The style sheet. Its colors have a contrast of at least 4.5 to 1 (WCAG 2.2 §1.4.3) in both color schemes.
const STYLE: &str = "\
:root{color-scheme:light dark;--good:#166534;--some:#854d0e;--bad:#b91c1c;--line:#d4d4d8}\
@media(prefers-color-scheme:dark){:root{--good:#86efac;--some:#fde047;--bad:#fca5a5;--line:#52525b}}\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;\
border-bottom:1px solid var(--line);overflow-wrap:anywhere}thead th{white-space:nowrap}dt{font-weight:600}dd{margin:0 0 .5rem}\
.open{color:var(--good)}.partial{color:var(--some)}.closed{color:var(--bad)}details{margin:.3rem 0}";

/// Writes the page.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(page: &Page<'_>, out: &mut impl Write) -> io::Result<()> {
    let title = escaped(&page.title);
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    // The page loads nothing and runs nothing, whatever a manifest contains.
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )?;
    writeln!(out, "<title>Openness of {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>")?;
    writeln!(out, "<h1>Openness of {title}</h1>\n<dl>")?;
    for (name, value) in &page.facts {
        writeln!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(value))?;
    }
    writeln!(out, "</dl>\n<h2>Components</h2>\n<table>")?;
    head(&["Component", "Openness", "License", "Files", "Reason"], out)?;
    for row in &page.components {
        let cell = |text: Option<&str>| text.map_or_else(String::new, escaped);
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"{}\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(row.id),
            row.openness,
            row.openness,
            cell(row.license),
            escaped(&row.files),
            cell(row.reason)
        )?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    if !page.claims.is_empty() {
        list("Claims", page.claims.iter().map(|claim| format!("{}: {}", claim.text, claim.outcome)), out)?;
    }
    writeln!(out, "<h2>Assessment by taxonomy</h2>\n<table>")?;
    head(&["Taxonomy", "Verdict"], out)?;
    for verdict in &page.verdicts {
        writeln!(out, "<tr><th scope=\"row\">{}</th><td>{}", escaped(&verdict.title), escaped(&verdict.summary))?;
        if !verdict.shortfalls.is_empty() {
            writeln!(out, "<details><summary>what a better verdict lacks</summary>\n<ul>")?;
            for text in &verdict.shortfalls {
                writeln!(out, "<li>{}</li>", escaped(text))?;
            }
            writeln!(out, "</ul>\n</details>")?;
        }
        writeln!(out, "</td></tr>")?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    if !page.disagreements.is_empty() {
        list("Where taxonomies disagree", page.disagreements.iter().cloned(), out)?;
    }
    writeln!(out, "<h2>What no tool can verify</h2>\n<p>{}</p>", escaped(page.limits))?;
    writeln!(out, "</main>\n</body>\n</html>")
}

fn head(names: &[&str], out: &mut impl Write) -> io::Result<()> {
    write!(out, "<thead><tr>")?;
    for name in names {
        write!(out, "<th scope=\"col\">{name}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")
}

fn list(title: &str, items: impl Iterator<Item = String>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<h2>{title}</h2>\n<ul>")?;
    for item in items {
        writeln!(out, "<li>{}</li>", escaped(&item))?;
    }
    writeln!(out, "</ul>")
}

/// Escapes text for an element or a quoted attribute. Pairs of backticks become `<code>`.
pub(super) fn escaped(text: &str) -> String {
    let text = shown(text);
    let has_pairs = text.matches('`').count().is_multiple_of(2);
    let mut safe = String::with_capacity(text.len() + 8);
    let mut in_code = false;
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '`' if has_pairs => {
                safe.push_str(if in_code { "</code>" } else { "<code>" });
                in_code = !in_code;
            }
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_from_a_manifest_cannot_become_markup() {
        assert_eq!(escaped("<script>'\"&</script>"), "&lt;script&gt;&#39;&quot;&amp;&lt;/script&gt;");
        assert_eq!(escaped("`<x>` is"), "<code>&lt;x&gt;</code> is");
        assert_eq!(escaped("an odd `"), "an odd `");
    }
}
