//! `OPN314`.

use super::Repository;
use crate::finding::Finding;
use crate::manifest::Model;

/// What templates leave for people to replace. Words in capitals stand alone; the rest is found within a line.
const PHRASES: &[&str] = &["[more information needed]", "lorem ipsum", "[insert ", "{{ model_"];
const WORDS: &[&str] = &["TODO", "TBD", "FIXME"];
/// What a draft of ours, or of anybody, says in place of a name.
const UNSTATED: &[&str] = &["unknown", "todo", "tbd", "fixme"];

super::rule! {
    /// ## What it does
    /// Finds declared Markdown documents that are empty, or in which a template's text was never replaced; and models whose
    /// name, version or producer is still a draft's `unknown`.
    ///
    /// ## Why it matters
    /// A model card that says `[More Information Needed]` documents nothing, and counts as documentation wherever only
    /// the file is looked for.
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
    let Model { name, version, producer, .. } = &repository.manifest.model;
    for (key, text) in [("name", name), ("version", version), ("producer", producer)] {
        if UNSTATED.iter().any(|word| text.value.eq_ignore_ascii_case(word)) {
            let message = format!("`{key}` of `[model]` is still `{}`", text.value);
            findings.push(Finding::new(&INFO, text.span, message).help("write what it is called before it is signed"));
        }
    }
    for (at, span) in repository.documents() {
        let Some(text) = repository.text(at) else { continue };
        let path = repository.path(at);
        let places = places(&text);
        if let Some((line, phrase)) = places.first() {
            let rest = match places.len() - 1 {
                0 => String::new(),
                rest => format!(", and {rest} more like it"),
            };
            let message = format!("`{path}` still says `{phrase}` in line {line}{rest}");
            findings.push(Finding::new(&INFO, span, message).help("write what belongs there, or take the section out"));
        } else if is_empty(&text) {
            let message = format!("`{path}` says nothing");
            findings.push(Finding::new(&INFO, span, message).help("write the document, or do not declare it"));
        }
    }
}

/// Lines with a placeholder, counted from 1, outside of blocks of code.
fn places(text: &str) -> Vec<(usize, &'static str)> {
    let mut places = Vec::new();
    for (number, line) in super::prose(text) {
        // What stands between backticks is spoken of, not said.
        let line: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let lower = line.to_lowercase();
        let phrase = PHRASES.iter().find(|phrase| lower.contains(**phrase));
        let word = || {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.find_map(|found| WORDS.iter().find(|word| **word == found))
        };
        places.extend(phrase.or_else(word).map(|found| (number, *found)));
    }
    places
}

/// Whether there is nothing but front matter, headings and blank lines.
fn is_empty(text: &str) -> bool {
    let body = match text.strip_prefix("---").and_then(|rest| rest.split_once("\n---")) {
        Some((_, body)) => body.trim_start_matches(|c: char| c != '\n'),
        None => text,
    };
    body.lines().all(|line| line.trim().is_empty() || line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_found_in_prose_and_not_in_code() {
        assert_eq!(places("a\n- TODO: write\n"), [(2, "TODO")]);
        assert_eq!(places("[More information needed]"), [(1, "[more information needed]")]);
        assert_eq!(places("```\nTODO\n```\n~~~sh\n# TODO\n~~~\n"), []);
        assert_eq!(places("The TODOs of others, and a todo list.\n"), []);
        assert_eq!(places("see `TODO.md`\n"), []);
    }

    #[test]
    fn headings_alone_say_nothing() {
        assert!(is_empty(""));
        assert!(is_empty("---\nlicense: mit\n---\n# M\n\n## D\n"));
        assert!(!is_empty("---\nlicense: mit\n---\nx\n"));
        assert!(!is_empty("---\nx\n"));
    }
}
