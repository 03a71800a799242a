//! `openness explain`.

mod licenses;
mod listed;
mod markdown;
mod words;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::LazyLock;

use listed::ExplainV1;

use super::output_args::OutputArgs;
use super::{Failure, Outcome, Session, values};
use crate::finding::{RuleInfo, closest};
use crate::report::human::Paint;
use crate::report::json;
use crate::rules;
use crate::taxonomy;

/// Explain a rule, a taxonomy, a component, a license, or a word of the manifest, of a policy or of an output
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Explain this rule (by code, OPN202, or name), taxonomy (mof-1.0 or mof), component (final-weights), license (Llama-3.1,
    /// MIT), or word or words of the manifest, of a policy or of an output (claims, open, untrusted-key, not stated), or list the
    /// components (vocabulary) [default: list rules and taxonomies]
    #[arg(value_parser = values::text(|| subjects().to_vec()), hide_possible_values = true)]
    subject: Vec<String>,
    /// Explain everything
    #[arg(long, conflicts_with = "subject")]
    all: bool,
    /// Print in this format; without SUBJECT, `json` and `markdown` explain everything
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

/// The formats of explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Text for people
    Human,
    /// JSON for programs, version 1
    Json,
    /// Markdown, for documentation
    Markdown,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    let subject = Some(args.subject.join(" ")).filter(|words| !words.is_empty());
    let subject = subject.as_deref().map(meant);
    let paint = Paint(session.terminal.style);
    let listed = || match subject {
        None => Ok(ExplainV1::all()),
        Some(subject) => ExplainV1::of(subject).ok_or_else(|| unknown(subject)),
    };
    let text = match (args.format, subject) {
        (Format::Json, _) => {
            json::object(&listed()?, &mut session.out.document())?;
            return Ok(Outcome::Done);
        }
        (Format::Markdown, _) => markdown::page(&listed()?),
        (Format::Human, None) if args.all => everything(paint)?,
        (Format::Human, None) => fitted(&overview(), paint)?,
        (Format::Human, Some(subject)) => manual(subject, paint)?,
    };
    session.out.document().write_all(text.as_bytes())?;
    Ok(Outcome::Done)
}

/// Returns the manual of each rule, and the description of each taxonomy, component and word.
fn everything(paint: Paint) -> Result<String, Failure> {
    let mut parts = Vec::new();
    for rule in rules::all_rules() {
        parts.push(manual(rule.code, paint)?);
    }
    let taxonomies = taxonomy::all().map(describe);
    let components = taxonomy::vocabulary().components().iter().filter_map(|item| component(&item.id));
    let words = words::all().into_iter().filter_map(words::explain);
    for text in taxonomies.chain(components).chain(words) {
        parts.push(fitted(&text, paint)?);
    }
    Ok(parts.join("\n"))
}

/// Wraps the lines of an explanation that are wider than the terminal. What follows a column stays in the next one.
fn fitted(text: &str, paint: Paint) -> io::Result<String> {
    let mut out = Vec::new();
    for line in text.lines() {
        if line.chars().count() <= paint.0.width {
            writeln!(out, "{line}")?;
            continue;
        }
        let start = line.len() - line.trim_start().len();
        // A column is at least two spaces from the word before it.
        let column = line[start..].find("  ").map(|at| start + at);
        let column = column.map(|at| line.len() - line[at..].trim_start().len()).filter(|_| start > 0);
        let (lead, rest) = line.split_at(column.unwrap_or(start));
        paint.wrapped(&mut out, lead, rest)?;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn overview() -> String {
    let mut text = String::from("Rules\n");
    for rule in rules::all_rules() {
        let _ = writeln!(text, "  {} {:<24} {}", rule.code, rule.name, rule.severity.as_str());
    }
    text.push_str("\nTaxonomies\n");
    for taxonomy in taxonomy::all() {
        let short = if taxonomy.short == taxonomy.id { String::new() } else { format!(", {}", taxonomy.short) };
        let _ = writeln!(text, "  {:<32} {}", format!("{}{short}", taxonomy.id), taxonomy.title);
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
        return Ok(fitted(&text, paint)?);
    }
    match description(subject) {
        Some(text) => Ok(fitted(&text, paint)?),
        None => Err(unknown(subject)),
    }
}

fn unknown(subject: &str) -> Failure {
    let failure = Failure::new(format!("there is no rule, taxonomy, component, license or other word `{subject}`"));
    // Anything is close to a word of two letters.
    match closest(subject, subjects().iter().copied()).filter(|_| subject.chars().count() > 2) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("list rules and taxonomies with `openness explain`"),
    }
}

/// Returns the word that is meant: the case does not matter, and of a path or a fact, as messages spell them
/// (`release.access`, `mof=class-2`), the key is explained.
fn meant(subject: &str) -> &str {
    let fact = subject.split('=').next().unwrap_or(subject);
    let key = fact.rsplit('.').next().unwrap_or(fact);
    let known = |word: &str| subjects().iter().copied().find(|known| known.eq_ignore_ascii_case(word));
    [subject, fact, key].into_iter().find_map(known).unwrap_or(subject)
}

/// Returns every word that can be explained.
fn subjects() -> &'static [&'static str] {
    static SUBJECTS: LazyLock<Vec<&str>> = LazyLock::new(all_subjects);
    &SUBJECTS
}

fn all_subjects() -> Vec<&'static str> {
    let names = rules::all_rules().flat_map(|rule| [rule.code, rule.name]);
    let names = names.chain(taxonomy::names()).chain(["vocabulary"]);
    let names = names.chain(taxonomy::vocabulary().components().iter().map(|item| item.id.as_str()));
    let items = taxonomy::all().flat_map(|taxonomy| taxonomy.items.iter().map(|item| item.id.as_str()));
    let mut names: Vec<&str> = names.chain(words::all()).chain(items).chain(licenses::all()).collect();
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
    let parts = [taxonomy, component(subject), words::explain(subject), items(subject), licenses::explain(subject)];
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

/// Describes the items of taxonomies that have this id, except for those that the component of this id names already.
fn items(id: &str) -> Option<String> {
    let mut text = String::new();
    for taxonomy in taxonomy::all() {
        let Some(item) = taxonomy.item(id) else { continue };
        if taxonomy::vocabulary().find(id).is_some() && item.components.iter().any(|component| component == id) {
            continue;
        }
        let description = item.description.as_ref().map_or_else(String::new, |text| format!(": {text}"));
        let ours = if item.ours { " (our reading)" } else { "" };
        let _ = writeln!(text, "item of {}: {}{description}{ours}", taxonomy.id, item.name);
    }
    (!text.is_empty()).then_some(text)
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

fn describe(taxonomy: &'static taxonomy::Taxonomy) -> String {
    let mut text = format!("{}: {}\n{}\n", taxonomy.id, taxonomy.title, taxonomy.summary);
    let others: Vec<String> = taxonomy.names().skip(1).map(|name| format!("`{name}`")).collect();
    if !others.is_empty() {
        let _ = writeln!(text, "also named {}", others.join(", "));
    }
    if let Some((key, values)) = words::claimed(taxonomy) {
        let _ = writeln!(text, "a claim is `{key}`: {values}");
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
