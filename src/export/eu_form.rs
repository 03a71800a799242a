//! The Model Documentation Form of the EU code of practice, in Markdown, in the form's order.

use std::fmt::Write as _;

use super::{File, Release};
use crate::evaluate;
use crate::taxonomy;

/// The taxonomy whose items are those of the form.
const FORM: &str = "eu-model-documentation";
/// The item about evidence that a copy is authentic, such as digests.
const AUTHENTICITY: &str = "1.3";
const WEIGHTS: &str = "final-weights";
/// The most files whose digests are listed.
const MAX_FILES: usize = 16;

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
            let digests = || (item.id == AUTHENTICITY).then(|| digests(release)).flatten();
            let answer = answer.map(str::to_owned).or_else(digests);
            let answer = answer.map_or_else(|| "*not stated*".to_owned(), |answer| cell(&answer));
            let recipients = item.description.as_deref().unwrap_or_default();
            let number = item.id.strip_prefix("head.").map_or(item.id.as_str(), |_| "");
            let _ = writeln!(text, "| {number} | {} | {answer} | {recipients} |", item.name);
        }
    }
    text
}

/// Returns the digests of the weights, which show that a copy is authentic.
fn digests(release: &Release<'_>) -> Option<String> {
    let is_weights = |at: &usize| release.manifest.components.get(*at).is_some_and(|part| *part.id == *WEIGHTS);
    let weights: Vec<&File> = release.files.iter().filter(|file| file.components.iter().any(is_weights)).collect();
    let shown = weights.iter().take(MAX_FILES).map(|file| format!("{} of {}", file.sha256.as_str(), file.path));
    let mut text = shown.collect::<Vec<_>>().join("; ");
    if let Some(more) = weights.len().checked_sub(MAX_FILES).filter(|more| *more > 0) {
        let _ = write!(text, "; {more} more are in the signed statement");
    }
    (!text.is_empty()).then(|| format!("SHA-256 {text}"))
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
    fn the_digests_of_the_weights_are_evidence_of_authenticity() {
        let text = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n[component.model-card]\nopenness = \"open\"\n[component.final-weights]\nopenness = \"open\"\n";
        let manifest = parse(Source::new("t", text)).manifest;
        let file = |at: usize, component: usize| File {
            path: format!("w-{at}.bin").parse().unwrap(),
            sha256: format!("{at:064}").parse().unwrap(),
            components: vec![component],
        };
        let form =
            |files: &[File]| export(&Release { manifest: &manifest, files, created: jiff::Timestamp::UNIX_EPOCH });
        let row = |form: &str| form.lines().find(|line| line.starts_with("| 1.3 |")).unwrap().to_owned();
        assert!(row(&form(&[file(0, 0)])).contains("*not stated*"));
        let one = row(&form(&[file(0, 0), file(1, 1)]));
        assert!(one.contains("SHA-256 ") && one.contains(" of w-1.bin") && !one.contains("w-0.bin"), "{one}");
        let many: Vec<File> = (0..20).map(|at| file(at, 1)).collect();
        assert!(row(&form(&many)).contains("4 more are in the signed statement"));
    }

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
