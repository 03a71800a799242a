//! `openness explain`.

use std::fmt::Write as _;
use std::io::Write as _;

use super::{Failure, Outcome, Session};
use crate::finding::closest;
use crate::rules;
use crate::taxonomy;

/// Show the manual of a rule, a taxonomy or a component
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A code (OPN202), a rule's name, a taxonomy (mof-1.0), a component (final-weights), `vocabulary`; nothing lists all
    subject: Option<String>,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let text = match args.subject.as_deref() {
        None => overview(),
        Some(subject) => manual(subject)?,
    };
    session.out.write_all(text.as_bytes())?;
    Ok(Outcome::Done)
}

fn overview() -> String {
    let mut text = String::from("Rules\n");
    for card in rules::all_cards() {
        let _ = writeln!(text, "  {} {:<24} {}", card.code, card.name, card.severity.as_str());
    }
    text.push_str("\nTaxonomies\n");
    for taxonomy in taxonomy::all() {
        let _ = writeln!(text, "  {:<24} {}", taxonomy.id, taxonomy.title);
    }
    text.push_str("\n`openness explain vocabulary` lists the components.\n");
    text
}

fn manual(subject: &str) -> Result<String, Failure> {
    if let Some(card) = rules::find_card(subject) {
        let head = format!("{} {} ({})", card.code, card.name, card.severity.as_str());
        return Ok(format!("{head}\n\n{}\n", plain(card.docs)));
    }
    if let Some(taxonomy) = taxonomy::find(subject) {
        return Ok(describe(taxonomy));
    }
    let vocabulary = taxonomy::vocabulary();
    if subject == "vocabulary" {
        let mut text = String::from("Components\n");
        for item in vocabulary.components() {
            let _ = writeln!(text, "  {:<26} {}", item.id, item.name);
        }
        text.push_str("\nA project's own component begins with `x-`.\n");
        return Ok(text);
    }
    if let Some(item) = vocabulary.find(subject) {
        let mut text = format!("{}: {}\n", item.id, item.name);
        for (taxonomy, item) in vocabulary.crosswalk(subject) {
            let _ = writeln!(text, "  {:<24} {}", taxonomy.id, item.name);
        }
        return Ok(text);
    }
    let names = rules::all_cards().flat_map(|card| [card.code, card.name]);
    let names = names.chain(taxonomy::all().iter().map(|taxonomy| taxonomy.id.as_str()));
    let names = names.chain(vocabulary.components().iter().map(|item| item.id.as_str()));
    let failure = Failure::new(format!("there is no manual of `{subject}`"));
    Err(match closest(subject, names) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("`openness explain` lists what there is"),
    })
}

/// The manual without the marks that only a renderer needs.
fn plain(docs: &str) -> String {
    let lines = docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
    let lines = lines.filter(|line| !line.starts_with("```"));
    let text: Vec<&str> = lines.map(|line| line.strip_prefix("## ").unwrap_or(line)).collect();
    text.join("\n").trim_end().to_owned()
}

fn describe(taxonomy: &taxonomy::Taxonomy) -> String {
    let mut text = format!("{}: {}\nsource: {}\n", taxonomy.id, taxonomy.title, taxonomy.source);
    for item in &taxonomy.items {
        let _ = writeln!(text, "  {:<30} {}", item.id, item.name);
    }
    text
}
