//! The Model Documentation Form of the EU code of practice, in Markdown, in the form's order.

use std::fmt::Write as _;

use super::Release;
use crate::evaluate;
use crate::taxonomy;

/// The taxonomy whose items are those of the form.
const FORM: &str = "eu-model-documentation";

/// Fills the form as far as the manifest states the answers.
pub(super) fn export(release: &Release<'_>) -> String {
    let model = &release.manifest.model;
    let mut text =
        format!("# Model Documentation Form: {}\n\n", cell(&format!("{} {}", &*model.name, &*model.version)));
    let evaluation = evaluate::evaluate_one(release.manifest, FORM);
    let (Some(taxonomy), Some(evaluation)) = (taxonomy::find(FORM), evaluation) else { return text };
    if evaluation.details.get("exempt").and_then(serde_json::Value::as_bool) == Some(true) {
        text.push_str("By the declared facts, the open-source exemption applies, so the form need not be filled.\n\n");
    }
    text.push_str("Filled from `OPENNESS.toml`. What it does not state is left open.\n");
    let form = evaluation.details.get("form");
    for group in &taxonomy.groups {
        let _ = write!(text, "\n## {}\n\n| item | | answer | recipients |\n|---|---|---|---|\n", group.name);
        for item in taxonomy.items.iter().filter(|item| item.group.as_deref() == Some(group.id.as_str())) {
            let answer = form.and_then(|form| form.get(&item.id)).and_then(serde_json::Value::as_str);
            let answer = answer.map_or_else(|| "*not stated*".to_owned(), cell);
            let recipients = item.description.as_deref().unwrap_or_default();
            let number = item.id.strip_prefix("head.").map_or(item.id.as_str(), |_| "");
            let _ = writeln!(text, "| {number} | {} | {answer} | {recipients} |", item.name);
        }
    }
    text
}

/// Escapes text for a cell of a table, so that nothing in it is markup.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\r' => safe.push(' '),
            c if c.is_ascii_punctuation()
                && !matches!(c, '.' | ',' | ':' | ';' | '/' | '-' | '(' | ')' | '%' | '\'' | '"') =>
            {
                safe.push('\\');
                safe.push(c);
            }
            c if c.is_control() => {}
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    #[test]
    fn every_item_of_the_form_is_in_its_order() {
        let text =
            "schema = 1\n[model]\nname = \"m | <b>\"\nversion = \"1\"\nproducer = \"p\"\nparameters = 5000000000\n";
        let manifest = parse(Source::new("t", text)).manifest;
        let release = Release { manifest: &manifest, files: &[], created: jiff::Timestamp::UNIX_EPOCH };
        let form = export(&release);
        assert!(
            form.contains("| 2.5 | Number of parameters | 5.0e9 (500M–5B or 5B–15B: the edge is not specified) |"),
            "{form}"
        );
        assert!(
            form.contains("m \\| \\<b\\> 1") && form.contains("| 8.1 | Energy of training | *not stated* |"),
            "{form}"
        );
        let rows = form.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| item")).count();
        assert_eq!(rows, taxonomy::find(FORM).unwrap().items.len());
        assert!(form.find("## Use").unwrap() < form.find("## Energy consumption").unwrap());
    }
}
