//! `openness explain`.

mod licenses;
mod words;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde::Serialize;

use super::{Failure, Format, Outcome, Session, values};
use crate::finding::{RuleInfo, closest};
use crate::report::human::Paint;
use crate::report::json;
use crate::rules;
use crate::taxonomy;

/// Explain a rule, a taxonomy, a component, a license or another word of the manifest
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Explain this rule (by code, OPN202, or name), taxonomy (mof-1.0 or mof), component (final-weights), license (Llama-3.1,
    /// MIT), or key or value of the manifest (claims, open), or list the components (vocabulary) [default: list rules and taxonomies]
    #[arg(value_parser = values::text(subjects), hide_possible_values = true)]
    subject: Option<String>,
    /// Print in this format; `json` is for rules alone
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Serialize)]
struct RulesV1 {
    version: u32,
    rules: Vec<RuleV1>,
}

#[derive(Serialize)]
struct RuleV1 {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    summary: String,
    manual: String,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    if args.format == Format::Json {
        json::object(&rules_v1(args.subject.as_deref())?, &mut session.out.document())?;
        return Ok(Outcome::Done);
    }
    let text = match args.subject.as_deref() {
        None => overview(),
        Some(subject) => manual(subject, Paint(session.terminal.style))?,
    };
    session.out.document().write_all(text.as_bytes())?;
    Ok(Outcome::Done)
}

/// Returns all rules, or the one with this code or name.
fn rules_v1(subject: Option<&str>) -> Result<RulesV1, Failure> {
    let diagnostics = match subject {
        None => rules::all_rules().collect(),
        Some(subject) => match rules::find_rule(subject) {
            Some(rule) => vec![rule],
            None => return Err(Failure::new(format!("there is no rule `{subject}`"))),
        },
    };
    let rule = |rule: &'static RuleInfo| RuleV1 {
        code: rule.code,
        name: rule.name,
        severity: rule.severity.as_str(),
        summary: rule.summary(),
        manual: rule.manual(),
    };
    Ok(RulesV1 { version: json::VERSION, rules: diagnostics.into_iter().map(rule).collect() })
}

fn overview() -> String {
    let mut text = String::from("Rules\n");
    for rule in rules::all_rules() {
        let _ = writeln!(text, "  {} {:<24} {}", rule.code, rule.name, rule.severity.as_str());
    }
    text.push_str("\nTaxonomies\n");
    for taxonomy in taxonomy::all() {
        let short = if taxonomy.short == taxonomy.id { String::new() } else { format!(", {}", taxonomy.short) };
        let _ = writeln!(text, "  {:<26} {}", format!("{}{short}", taxonomy.id), taxonomy.title);
    }
    text.push_str(
        "\nList the components with `openness explain vocabulary`, and the claims with `openness explain claims`.\n",
    );
    text
}

fn manual(subject: &str, paint: Paint) -> Result<String, Failure> {
    if let Some(rule) = rules::find_rule(subject) {
        return Ok(format!("{}\n\n{}", head(rule), String::from_utf8_lossy(&page(&rule.manual(), paint)?)));
    }
    let vocabulary = taxonomy::vocabulary();
    if subject == "vocabulary" {
        let mut text = String::from("Components\n");
        for item in vocabulary.components() {
            let _ = writeln!(text, "  {:<26} {}", item.id, item.name);
        }
        text.push_str("\nThe IDs of a project's own components begin with `x-`.\n");
        return Ok(text);
    }
    if let Some(text) = description(subject) {
        return Ok(text);
    }
    let failure =
        Failure::new(format!("there is no rule, taxonomy, component, license or word of the manifest `{subject}`"));
    Err(match closest(subject, subjects()) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("list rules and taxonomies with `openness explain`"),
    })
}

/// Returns every word that can be explained.
fn subjects() -> Vec<&'static str> {
    let names = rules::all_rules().flat_map(|rule| [rule.code, rule.name]);
    let names = names.chain(taxonomy::names()).chain(["vocabulary"]);
    let names = names.chain(taxonomy::vocabulary().components().iter().map(|item| item.id.as_str()));
    let mut names: Vec<&str> = names.chain(words::all()).chain(licenses::all()).collect();
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    names
}

fn head(rule: &RuleInfo) -> String {
    format!("{} {} ({})", rule.code, rule.name, rule.severity.as_str())
}

/// Describes all that a word stands for: a taxonomy, a component, a table, a key, a value, a license with encoded terms.
fn description(subject: &str) -> Option<String> {
    let taxonomy = taxonomy::named(subject).map(describe);
    let parts = [taxonomy, component(subject), words::explain(subject), licenses::explain(subject)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// Describes a component, and which items of the taxonomies look at it.
fn component(id: &str) -> Option<String> {
    let vocabulary = taxonomy::vocabulary();
    let item = vocabulary.find(id)?;
    let mut text = format!("{}: {}\n", item.id, item.name);
    text.extend(item.description.iter().flat_map(|description| [description.as_str(), "\n"]));
    for (taxonomy, item) in vocabulary.crosswalk(id) {
        let _ = writeln!(text, "  {:<24} {}", taxonomy.id, item.name);
    }
    Some(text)
}

/// Returns the manual of a rule in Markdown, for editors.
pub(super) fn of_rule(rule: &RuleInfo) -> String {
    format!("# {}\n\n{}", head(rule), rule.manual())
}

/// Describes a taxonomy or a component in Markdown, for editors.
pub(super) fn of_word(subject: &str) -> Option<String> {
    description(subject).map(|text| format!("```text\n{text}```"))
}

/// Formats a manual for a terminal: bold headings, wrapped paragraphs, indented examples.
fn page(docs: &str, paint: Paint) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut paragraph = String::new();
    let mut in_example = false;
    for line in docs.lines() {
        if let Some(fence) = line.strip_prefix("```") {
            in_example = !in_example;
            if in_example && fence == "files" {
                writeln!(out, "  with these files")?;
            }
        } else if in_example {
            writeln!(out, "{}", format!("    {line}").trim_end())?;
        } else if line.is_empty() || line.starts_with("## ") {
            if !paragraph.is_empty() {
                paint.wrapped(&mut out, "", &std::mem::take(&mut paragraph))?;
            }
            match line.strip_prefix("## ") {
                Some(heading) => writeln!(out, "{}", paint.bold(heading))?,
                None => writeln!(out)?,
            }
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line);
        }
    }
    if !paragraph.is_empty() {
        paint.wrapped(&mut out, "", &paragraph)?;
    }
    Ok(out)
}

fn describe(taxonomy: &taxonomy::Taxonomy) -> String {
    let mut text = format!("{}: {}\n{}\n", taxonomy.id, taxonomy.title, taxonomy.summary);
    let others: Vec<String> = taxonomy.names().skip(1).map(|name| format!("`{name}`")).collect();
    if !others.is_empty() {
        let _ = writeln!(text, "also named {}", others.join(", "));
    }
    let _ = writeln!(text, "source: {}", taxonomy.source);
    for item in &taxonomy.items {
        let ours = if item.ours { " (our reading)" } else { "" };
        let _ = writeln!(text, "  {:<30} {}{ours}", item.id, item.name);
    }
    for list in taxonomy.lists.iter().filter(|list| list.vocabulary) {
        let ours = if list.ours { " (our group)" } else { "" };
        let _ = writeln!(text, "{}{ours}:\n  {}", list.name, list.members.join(", "));
    }
    text
}
