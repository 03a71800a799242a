//! A page about a release in Markdown (CommonMark with GitHub's tables), for release notes and job summaries.

use std::io::{self, Write};

use super::page::Page;
use super::shown;

/// Writes the page.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(page: &Page<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# Openness of {}\n", escaped(&page.title))?;
    for (name, value) in &page.facts {
        writeln!(out, "- {name}: {}", escaped(value))?;
    }
    writeln!(out, "\n## Components\n")?;
    writeln!(out, "| component | openness | license | files | reason |\n|---|---|---|---|---|")?;
    for row in &page.components {
        let cell = |text: Option<&str>| text.map_or_else(String::new, escaped);
        let (id, license, files, reason) = (escaped(row.id), cell(row.license), escaped(&row.files), cell(row.reason));
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
    writeln!(out, "\n## What no tool can verify\n\n{}", page.limits)
}

/// Escapes text: puts a backslash before every ASCII punctuation character that could start markup (CommonMark §2.4), except
/// for the backticks of our own clauses.
fn escaped(text: &str) -> String {
    let text = shown(text);
    let mut safe = String::with_capacity(text.len() + 8);
    let has_pairs = text.matches('`').count().is_multiple_of(2);
    let mut in_code = false;
    for c in text.chars() {
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
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_from_a_manifest_cannot_become_markup() {
        assert_eq!(escaped("a|b [x](http://y) <b>"), "a\\|b \\[x\\](http://y) \\<b\\>");
        assert_eq!(escaped("`a|b_c` is"), "`a\\|b_c` is");
        assert_eq!(escaped("an odd ` <i>"), "an odd \\` \\<i\\>");
        assert_eq!(escaped("line\nbreak\u{202e}"), "line\\\\nbreak\\\\u{202e}");
    }
}
