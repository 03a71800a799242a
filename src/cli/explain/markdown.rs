//! What is explained, as a page in Markdown. The reference of the guide is made of it.

use std::fmt::Write as _;

use super::listed::{ComponentV1, ExplainV1, RuleV1, TaxonomyV1, WordV1};

/// Returns a page with one part, headed at the first level, for each kind of thing that there is.
pub(super) fn page(listed: &ExplainV1) -> String {
    let mut parts = Vec::new();
    if !listed.rules.is_empty() {
        let rules: String = listed.rules.iter().map(rule).collect();
        parts.push(format!("# Rules\n\nCodes are never used again for another rule.\n{rules}"));
    }
    if !listed.taxonomies.is_empty() {
        let taxonomies: String = listed.taxonomies.iter().map(taxonomy).collect();
        parts.push(format!("# Taxonomies\n\nTheir ids never change once they are released.\n{taxonomies}"));
    }
    if !listed.components.is_empty() {
        let components: String = listed.components.iter().map(component).collect();
        parts.push(format!("# Components\n\nThe ids of a project's own components begin with `x-`.\n\n{components}"));
    }
    if !listed.words.is_empty() {
        parts.push(format!("# Words\n\nWhat a manifest, a policy and each output can say.\n{}", words(&listed.words)));
    }
    parts.join("\n")
}

/// Returns the manual of a rule: its headings are below that of the rule.
fn rule(rule: &RuleV1) -> String {
    let mut text = format!("\n## {} {} ({})\n\n", rule.code, rule.name, rule.severity);
    let mut in_example = false;
    for line in rule.manual.lines() {
        if let Some(fence) = line.strip_prefix("```") {
            in_example = !in_example;
            if in_example && fence == "files" {
                text.push_str("with these files\n\n");
            }
            // Words after the language are for the tests of the examples.
            let language = if fence.starts_with("toml") {
                "toml"
            } else if in_example {
                "text"
            } else {
                ""
            };
            let _ = writeln!(text, "```{language}");
        } else if in_example {
            let _ = writeln!(text, "{line}");
        } else if let Some(heading) = line.strip_prefix("## ") {
            let _ = writeln!(text, "### {heading}\n");
        } else {
            let _ = writeln!(text, "{}", prose(line));
        }
    }
    // A heading of the manual may be followed by an empty line or not.
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    text
}

fn taxonomy(taxonomy: &TaxonomyV1) -> String {
    let mut text = format!("\n## {}\n\n{}. {}\n\n", taxonomy.id, prose(taxonomy.title), prose(taxonomy.summary));
    let names: Vec<String> = taxonomy.names.iter().map(|name| format!("`{name}`")).collect();
    if !names.is_empty() {
        let _ = writeln!(text, "- Also named {}.", names.join(", "));
    }
    if let Some(claim) = &taxonomy.claim {
        let _ = writeln!(text, "- A claim is `{} = …`: {}.", claim.key, prose(&claim.values));
    }
    let _ = writeln!(
        text,
        "- Source: <{}>, version {}, as of {}, license {}.",
        taxonomy.source, taxonomy.version, taxonomy.date, taxonomy.license
    );
    if taxonomy.items.is_empty() {
        return text;
    }
    text.push_str("\n| item | what it asks for | components |\n|---|---|---|\n");
    for item in &taxonomy.items {
        let mut what = item.name.to_owned();
        if let Some(description) = item.description {
            let _ = write!(what, ": {description}");
        }
        if item.ours {
            what.push_str(" (our reading)");
        }
        let components: Vec<String> = item.components.iter().map(|id| format!("`{id}`")).collect();
        let _ = writeln!(text, "| `{}` | {} | {} |", item.id, cell(&what), components.join(", "));
    }
    text
}

fn component(component: &ComponentV1) -> String {
    let group = component.group.map_or_else(String::new, |group| format!(" ({group})"));
    let description = component.description.unwrap_or(component.name);
    format!("- `{}`{group}: {}\n", component.id, prose(description))
}

fn words(words: &[WordV1]) -> String {
    let mut text = String::new();
    let mut form = "";
    for key in words {
        if key.form != form {
            form = key.form;
            let _ = writeln!(text, "\n## {}\n", title(form));
        }
        let _ = writeln!(text, "- `{}`: {}", key.place, prose(key.meaning));
        for value in &key.values {
            let _ = writeln!(text, "  - `{}`: {}", value.word, prose(value.meaning));
        }
    }
    text
}

fn title(form: &str) -> String {
    match form {
        "manifest" => "The manifest".to_owned(),
        "policy" => "A policy".to_owned(),
        "verdict" => "Verdicts of taxonomies".to_owned(),
        "component-group" => "Groups of components".to_owned(),
        "rule-family" => "Families of rules".to_owned(),
        "statement" => "A statement".to_owned(),
        "error" => "Errors in JSON".to_owned(),
        "printed" => "What is printed for people".to_owned(),
        output if output.starts_with("audit") => format!("The output of `audit`: {}", &output["audit-".len()..]),
        output => format!("The output of `{output}`"),
    }
}

fn cell(text: &str) -> String {
    prose(text).replace('|', "\\|")
}

/// Escapes what a renderer of Markdown would take for markup of HTML, outside code.
fn prose(text: &str) -> String {
    let mut escaped = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at > 0 {
            escaped.push('`');
        }
        match at % 2 {
            0 => escaped.push_str(&part.replace('<', "&lt;").replace('*', "\\*")),
            _ => escaped.push_str(part),
        }
    }
    escaped
}
