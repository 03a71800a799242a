//! What the words of a manifest mean: keys by its schema, values by the documentation of the words, components, claims and
//! licenses by the taxonomies, rules by their manuals.

use std::fmt::Write as _;

use super::license;
use super::place::Place;
use super::shape::Shape;
use crate::finding::RuleInfo;
use crate::rules;
use crate::source::Span;
use crate::taxonomy::{self, Taxonomy};

/// An explanation of a part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hover {
    /// The part.
    pub span: Span,
    /// Markdown.
    pub text: String,
}

pub(super) fn at(text: &str, place: &Place<'_>, offset: usize) -> Option<Hover> {
    let slice = |span: Span| text.get(span.range()).unwrap_or_default();
    let name = |span: Span| slice(span).trim_matches(['"', '\'']);
    let (span, text) = match place {
        Place::Header { above, word, .. } | Place::Key { above, word, .. } => (*word, of_key(above, name(*word))?),
        Place::Value { path, span, .. } => of_value(path, slice(*span), *span, offset)?,
        Place::Comment(span) => (*span, manual(slice(*span).split_whitespace().find_map(rules::find_rule)?)),
    };
    Some(Hover { span, text })
}

/// Returns the manual of a rule as Markdown, below its name.
#[must_use]
pub fn manual(rule: &RuleInfo) -> String {
    format!("# {} {} ({})\n\n{}", rule.code, rule.name, rule.severity.as_str(), rule.manual())
}

fn of_key(above: &[&str], name: &str) -> Option<String> {
    match above {
        ["component"] => return component(name),
        ["lints"] if rules::find_rule(name).is_some() => return rules::find_rule(name).map(manual),
        ["assessment"] => return taxonomy::named(name).map(of_taxonomy),
        ["assessment", id, "stated"] => {
            let item = taxonomy::named(id)?.item(name)?;
            return Some(titled(name, Some(&item.name)));
        }
        _ => {}
    }
    let path: Vec<&str> = above.iter().copied().chain([name]).collect();
    let shape = Shape::at(&path)?;
    let mut text = titled(&path.join("."), shape.meaning());
    for (word, meaning) in shape.words() {
        let _ = write!(text, "\n- `{word}`: {meaning}");
    }
    if let (["claims"], Some(claimed)) = (above, taxonomy::named(name)) {
        let _ = write!(text, "\n\n{}", of_taxonomy(claimed));
    }
    Some(text)
}

fn titled(name: &str, meaning: Option<&str>) -> String {
    match meaning {
        Some(meaning) => format!("**{name}**\n\n{meaning}\n"),
        None => format!("**{name}**\n"),
    }
}

/// Describes a component, and the items of the taxonomies that look at it.
fn component(id: &str) -> Option<String> {
    let vocabulary = taxonomy::vocabulary();
    let Some(item) = vocabulary.find(id) else {
        return id.starts_with("x-").then(|| titled(id, Some("A component of this project's own.")));
    };
    let mut text = format!("**{id}**: {}\n", item.name);
    if let Some(description) = &item.description {
        let _ = write!(text, "\n{description}\n");
    }
    for (taxonomy, item) in vocabulary.crosswalk(id) {
        let _ = write!(text, "\n- {}: {}", taxonomy.id, item.name);
    }
    Some(text)
}

fn of_taxonomy(taxonomy: &Taxonomy) -> String {
    format!("**{}**: {}\n\n{}\n\n<{}>", taxonomy.id, taxonomy.title, taxonomy.summary, taxonomy.source)
}

fn of_value(path: &[&str], raw: &str, span: Span, offset: usize) -> Option<(Span, String)> {
    let word = raw.trim_matches(['"', '\'']);
    if path.last() == Some(&"license") {
        let start = span.start + raw.find(word).unwrap_or_default();
        let term = license::term_at(word, offset.saturating_sub(start));
        let id = word.get(term.clone())?;
        let described = license::described(id).or_else(|| license::described(id.trim_end_matches('+')))?;
        return Some(((start + term.start..start + term.end).into(), described));
    }
    let shape = Shape::at(path)?;
    let (word, meaning) = shape.words().into_iter().find(|(known, _)| *known == word)?;
    Some((span, format!("`{word}`: {meaning}")))
}

#[cfg(test)]
mod tests {
    use super::super::Document;

    const TEXT: &str = "\
schema = 1
[model]
license = \"MIT OR Apache-2.0\"
[claims]
mof = \"class-3\"
\"mof-1.0\" = \"class-3\"
[component.final-weights]
openness = \"open\" # openness: allow OPN310 why
remote = [{ url = \"u\" }]
[component.x-own]
[assessment.osai-index.stated]
datasources_basemodel = 1
[lints]
OPN301 = \"warn\"
[nothing]
here = 1
";

    #[test]
    fn each_word_is_explained_in_its_place() {
        for (word, says) in [
            ("schema", "**schema**\n\n"),
            ("model]", "**model**\n\n"),
            ("license", "**model.license**\n\n"),
            ("MIT", "**MIT**: MIT License\n\nApproved by the Open Source Initiative."),
            ("Apache", "**Apache-2.0**: Apache License 2.0"),
            ("claims", "**claims**"),
            ("mof", "Model Openness Framework"),
            ("mof-1.0", "- `class-3`: "),
            ("class-3", "`class-3`: Class III"),
            ("component", "**component**\n\n"),
            ("final-weights", "- mof-1.0: "),
            ("openness", "- `partial`: "),
            ("open\"", "`open`: Available to anyone"),
            ("# openness", "# OPN310 "),
            ("url", "**component.final-weights.remote.url**"),
            ("x-own", "of this project's own"),
            ("osai-index", "**osai-index**: "),
            ("datasources_basemodel", "**datasources_basemodel**\n\n"),
            ("OPN301", "# OPN301 "),
            ("warn", "`warn`: "),
        ] {
            let at = TEXT.find(word).unwrap_or_default() + 1;
            let hover = Document::of(TEXT).hover(at).map(|hover| hover.text).unwrap_or_default();
            assert!(hover.contains(says), "{word}: {hover}");
        }
        for word in ["1\n[model]", "OR", "u\" }", "nothing", "here", "= 1\n[lints]"] {
            let at = TEXT.find(word).unwrap_or_default() + usize::from(word.len() > 1);
            assert_eq!(Document::of(TEXT).hover(at), None, "{word}");
        }
    }
}
