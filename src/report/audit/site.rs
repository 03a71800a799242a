//! A static site about an audit: a page for each target, and an index that filters in the browser, without a server.

use std::io::{self, Write};

use super::page::{STYLE, head};
use crate::audit::{FindingRow, Row};
use crate::report::html::escaped;
use crate::report::shown;
use crate::taxonomy;

/// The script of the index. It makes text only of what it reads, never markup.
const SCRIPT: &str = include_str!("index.js");
/// Its digest, so that the browser runs no other script.
const SCRIPT_SHA256: &str = "sha256-0AnH6dp+M+NBVFdh2k1M7qS/fsIonzX91fMQnIu7ojM=";
/// The most findings on a page.
const MOST: usize = 200;

/// What the site says about one target.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The row.
    pub row: &'a Row,
    /// Its findings.
    pub findings: &'a [FindingRow],
    /// The taxonomies of the row's verdicts.
    pub taxonomies: &'a [String],
    /// The path of the page below the site.
    pub page: &'a str,
}

impl Entry<'_> {
    /// Returns the name of the model, or else the target.
    fn name(&self) -> &str {
        self.row.model.as_deref().unwrap_or(&self.row.target)
    }

    fn verdict(&self, taxonomy: &str) -> Option<&str> {
        let at = self.taxonomies.iter().position(|id| id == taxonomy)?;
        self.row.verdicts.get(at)?.as_deref()
    }
}

/// Writes the page of one target.
///
/// # Errors
/// Returns any error of the writer.
pub fn write_entry(entry: &Entry<'_>, out: &mut impl Write) -> io::Result<()> {
    let row = entry.row;
    head(&format!("Openness of {}", entry.name()), out)?;
    writeln!(out, "<p><a href=\"../../index.html\">All models</a></p>\n<h1>{}</h1>\n<dl>", escaped(entry.name()))?;
    let hex = |digest: &Option<[u8; 32]>| digest.map(|digest| crate::hex::encode(&digest));
    for (name, value) in [
        ("Target", Some(row.target.clone())),
        ("Commit", row.revision.clone()),
        ("Version", row.model_version.clone()),
        ("Producer", row.producer.clone()),
        ("Status", Some(row.status.to_string())),
        ("Reasons", some(&row.reasons)),
        ("Detail", row.detail.clone()),
        ("License", row.license.clone()),
        ("Claims", some(&row.claims)),
        ("Signers", some(&row.signers)),
        ("Signed by a trusted signer", Some(if row.trusted { "yes" } else { "no" }.to_owned())),
        ("OpenSSF Model Signing", row.oms.clone()),
        ("Files", Some(row.files.to_string())),
        ("Bytes", Some(row.bytes.to_string())),
        ("Manifest, SHA-256", hex(&row.manifest_sha256)),
        ("Statement, SHA-256", hex(&row.statement_sha256)),
    ] {
        if let Some(value) = value {
            writeln!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(&value))?;
        }
    }
    writeln!(out, "</dl>")?;
    verdicts(entry, out)?;
    findings(entry, out)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

fn some(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| list.join(", "))
}

fn verdicts(entry: &Entry<'_>, out: &mut impl Write) -> io::Result<()> {
    if entry.row.verdicts.iter().all(Option::is_none) {
        return Ok(());
    }
    writeln!(out, "<h2>Assessment by taxonomy</h2>\n<table><tbody>")?;
    for (id, verdict) in entry.taxonomies.iter().zip(&entry.row.verdicts) {
        let title = taxonomy::find(id).map_or(id.as_str(), |taxonomy| &taxonomy.title);
        if let Some(verdict) = verdict {
            writeln!(out, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escaped(title), escaped(verdict))?;
        }
    }
    writeln!(out, "</tbody></table>")
}

fn findings(entry: &Entry<'_>, out: &mut impl Write) -> io::Result<()> {
    if entry.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Findings</h2>\n<table><tbody>")?;
    for finding in entry.findings.iter().take(MOST) {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
            escaped(&finding.code),
            escaped(&finding.severity),
            finding.line,
            escaped(&finding.message)
        )?;
    }
    writeln!(out, "</tbody></table>")?;
    if entry.findings.len() > MOST {
        writeln!(out, "<p>{} more</p>", entry.findings.len() - MOST)?;
    }
    Ok(())
}

/// Writes the index, whose rows come one after another: `next` returns `false` after the last.
///
/// # Errors
/// Returns any error of the writer, or of `next`.
pub fn write_index<W: Write>(
    out: &mut W,
    mut next: impl FnMut(&mut dyn FnMut(&Entry<'_>) -> io::Result<()>) -> io::Result<()>,
) -> io::Result<()> {
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src '{SCRIPT_SHA256}'\">"
    )?;
    writeln!(out, "<title>Openness of models</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>")?;
    writeln!(out, "<h1>Openness of models</h1>\n<form id=\"filter\">")?;
    writeln!(out, "<label>Name <input name=\"text\" type=\"search\"></label>")?;
    for (name, label) in [("status", "Status"), ("license", "License"), ("class", "MOF class")] {
        writeln!(out, "<label>{label} <select name=\"{name}\"><option>all</option></select></label>")?;
    }
    writeln!(out, "</form>\n<p id=\"count\" aria-live=\"polite\"></p>")?;
    writeln!(out, "<noscript><p>The list needs JavaScript, which runs from this file alone.</p></noscript>")?;
    writeln!(
        out,
        "<table><thead><tr><th scope=\"col\">Model</th><th scope=\"col\">Target</th><th scope=\"col\">Status</th>\
         <th scope=\"col\">License</th><th scope=\"col\">MOF class</th></tr></thead><tbody id=\"rows\"></tbody></table>"
    )?;
    write!(out, "<script id=\"data\" type=\"application/json\">[")?;
    let mut is_first = true;
    next(&mut |entry| {
        let row = entry.row;
        let license = row.license.as_deref().unwrap_or_default();
        let class = entry.verdict("mof-1.0").unwrap_or_default();
        let fields = [entry.name(), &row.target, row.status.as_str(), license, class, entry.page];
        let json = serde_json::to_string(&fields.map(|field| shown(field).to_string()))?;
        let comma = if std::mem::take(&mut is_first) { "\n" } else { ",\n" };
        // No end tag, and no start of a comment, can be in the data.
        write!(out, "{comma}{}", json.replace('<', "\\u003c"))
    })?;
    writeln!(out, "\n]</script>\n<script>{SCRIPT}</script>\n</main>\n</body>\n</html>")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use base64ct::{Base64, Encoding as _};

    use super::*;
    use crate::audit::Status;

    fn row() -> Row {
        let mut row = Row::empty("models/a", Status::Verified, 1);
        row.model = Some("</script><script>alert(1)</script>".to_owned());
        row.license = Some("<!--".to_owned());
        row.verdicts = vec![Some("class-1".to_owned())];
        row
    }

    #[test]
    fn the_policy_allows_this_script_alone() {
        let digest = crate::artifacts::digest::sha256(SCRIPT.as_bytes()).to_bytes();
        assert_eq!(SCRIPT_SHA256, format!("sha256-{}", Base64::encode_string(&digest)));
        assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("</script"));
    }

    #[test]
    fn nothing_that_a_release_says_becomes_markup() {
        let (row, taxonomies) = (row(), ["mof-1.0".to_owned()]);
        let entry = Entry { row: &row, findings: &[], taxonomies: &taxonomies, page: "m/00/0.html" };
        let mut page = Vec::new();
        write_entry(&entry, &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
        let mut index = Vec::new();
        write_index(&mut index, |each| each(&entry).and_then(|()| each(&entry))).unwrap();
        let index = String::from_utf8(index).unwrap();
        assert_eq!((index.matches("<script").count(), index.matches("</script").count()), (2, 2), "{index}");
        let data = index.split_once("application/json\">").unwrap().1.split_once("</script>").unwrap().0;
        let data: Vec<Vec<String>> = serde_json::from_str(data).unwrap();
        assert_eq!(data.len(), 2);
        assert_eq!(data[0][0], "</script><script>alert(1)</script>");
    }
}
