//! `OPN314`.

use super::Repository;
use crate::finding::Finding;
use crate::import::front;
use crate::manifest::{Manifest, Model, is_placeholder};

/// Phrases of templates, in lower case. They are found anywhere in a line, in any case.
const PHRASES: &[&str] = &["[more information needed]", "lorem ipsum", "[insert ", "{{ model_"];
/// Markers of unfinished text. They are found as whole words only, in capitals.
const WORDS: &[&str] = &["TODO", "TBD", "FIXME"];
/// Values that a draft has in place of a name, in any case.
const UNSTATED: &[&str] = &["unknown", "todo", "tbd", "fixme"];

super::rule! {
    /// ## What it does
    /// Reports declared Markdown documents that are empty or still contain the text of a template, models whose `name`,
    /// `version`, or `producer` is still a placeholder such as `unknown`, and components whose `reason` still is one, such as
    /// `please check`.
    ///
    /// `check` only warns. `sign` refuses a model without a name, version or producer of its own unless the finding is waived,
    /// because a signature makes it permanent.
    ///
    /// ## Why it matters
    /// A model card that says `[More Information Needed]` documents nothing, but it counts as documentation for
    /// everyone who only checks that the file exists.
    ///
    /// ## Fails
    /// ```toml
    /// [component.model-card]
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// files = ["README.md"]
    /// ```
    /// ```files
    /// README.md: # A model\n\nTraining data: [More Information Needed]\n
    /// ```
    ///
    /// ```toml
    /// [model]
    /// name = "m"
    /// version = "unknown"
    /// producer = "p"
    /// ```
    ///
    /// ```toml
    /// [component.training-data]
    /// openness = "closed"
    /// reason = "not in this repository; please check"
    /// ```
    ///
    /// ```toml
    /// [component.model-card]
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// files = ["README.md"]
    /// ```
    /// ```files
    /// README.md: ---\nlicense: cc-by-4.0\n---\n# A model\n\n
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.model-card]
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// files = ["README.md"]
    /// ```
    /// ```files
    /// README.md: # A model\n\nTrained on twenty short tales.\n
    /// ```
    "OPN314" "placeholder-text" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    check_values(repository.manifest, findings);
    for (at, span) in repository.documents() {
        let Some(text) = repository.text(at) else { continue };
        let path = repository.path(at);
        let placeholders = placeholders(&text);
        if let Some((line, phrase)) = placeholders.first() {
            let rest = match placeholders.len() - 1 {
                0 => String::new(),
                1 => " and one other placeholder".to_owned(),
                rest => format!(" and {rest} other placeholders"),
            };
            let message = format!("`{path}` still contains `{phrase}` in line {line}{rest}");
            findings.push(Finding::new(&INFO, span, message).help("replace the placeholder, or remove the section"));
        } else if is_empty(&text) {
            let message = format!("`{path}` has no content");
            findings
                .push(Finding::new(&INFO, span, message).help("write the document, or remove it from the manifest"));
        }
    }
}

/// Checks the part of this rule that needs no files.
pub(super) fn check_values(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let Model { name, version, producer, .. } = &manifest.model;
    for (key, text) in [("name", name), ("version", version), ("producer", producer)] {
        if is_unstated(&text.value) {
            let message = format!("`model.{key}` is still `{}`", text.value);
            findings.push(Finding::new(&INFO, text.span, message).help("replace the placeholder before signing"));
        }
    }
    for component in &manifest.components {
        let Some(reason) = component.reason.as_ref().filter(|reason| is_placeholder(&reason.value)) else { continue };
        let message = format!("the reason of `{}` is still a placeholder: `{}`", component.id.value, reason.value);
        findings.push(Finding::new(&INFO, reason.span, message).help("write the reason before signing"));
    }
}

/// Returns the code of this rule if the name, version or producer of the model is still a placeholder.
pub(super) fn unstated_model(manifest: &Manifest) -> Option<&'static str> {
    let Model { name, version, producer, .. } = &manifest.model;
    [name, version, producer].iter().any(|text| is_unstated(&text.value)).then_some(INFO.code)
}

fn is_unstated(value: &str) -> bool {
    UNSTATED.iter().any(|word| value.trim().eq_ignore_ascii_case(word))
}

/// Returns the lines outside code blocks that contain a placeholder, numbered from 1, each with its first placeholder.
fn placeholders(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (number, line) in super::prose(text) {
        // Text between backticks is quoted, not a placeholder.
        let line: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let lower = line.to_lowercase();
        let phrase = PHRASES.iter().find(|phrase| lower.contains(**phrase));
        let word = || {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.find_map(|candidate| WORDS.iter().find(|word| **word == candidate))
        };
        found.extend(phrase.or_else(word).map(|placeholder| (number, *placeholder)));
    }
    found
}

/// Returns whether a document consists of front matter, headings, and blank lines only.
fn is_empty(text: &str) -> bool {
    let body = front::split(text).map_or(text, |parts| parts.body);
    body.lines().all(|line| line.trim().is_empty() || line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_placeholders_in_prose_but_not_in_code() {
        assert_eq!(placeholders("a\n- TODO: write\n"), [(2, "TODO")]);
        assert_eq!(placeholders("[More information needed]"), [(1, "[more information needed]")]);
        assert_eq!(placeholders("```\nTODO\n```\n~~~sh\n# TODO\n~~~\n"), []);
        assert_eq!(placeholders("The TODOs of others, and a todo list.\n"), []);
        assert_eq!(placeholders("see `TODO.md`\n"), []);
    }

    #[test]
    fn a_document_of_headings_is_empty() {
        assert!(is_empty(""));
        assert!(is_empty("---\nlicense: mit\n---\n# M\n\n## D\n"));
        assert!(!is_empty("---\nlicense: mit\n---\nx\n"));
        assert!(!is_empty("---\nx\n"));
    }
}
