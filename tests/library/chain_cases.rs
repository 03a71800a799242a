//! The evaluator of licenses along the chain, compared with a third party's table of steps and with a naive rule.
//!
//! The table is not part of the package. It is read from `$OPENNESS_SHARED_DATA`, by default `../shared/data`:
//! `OPENNESS_SHARED_DATA=DIR cargo test --test library chain_cases` prints how often each agrees with it.

use std::io::Write as _;

use openness::license::chain::{Ancestor, Outcome, Relation, chain};
use openness::license::traits::{self, Answer, Traits};
use openness::license::{self, License};
use openness::lineage::{Lineage, State};
use openness::manifest::parse::parse;
use openness::source::Source;

use crate::common::tools::shared;

/// The steps that we judge otherwise than the table: id, our outcome, the clause, and why.
const OTHERWISE: &[(&str, &str, &str, &str)] = &[];

#[derive(Debug, Default)]
struct Confusion {
    hits: usize,
    false_alarms: usize,
    misses: usize,
    correct_rejections: usize,
}

impl Confusion {
    fn add(&mut self, is_expected: bool, is_found: bool) {
        *match (is_expected, is_found) {
            (true, true) => &mut self.hits,
            (false, true) => &mut self.false_alarms,
            (true, false) => &mut self.misses,
            (false, false) => &mut self.correct_rejections,
        } += 1;
    }
}

impl std::fmt::Display for Confusion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { hits, false_alarms, misses, correct_rejections } = self;
        write!(f, "{hits} found, {misses} missed, {false_alarms} false alarms, {correct_rejections} rightly passed")
    }
}

struct Table {
    columns: [usize; 7],
    rows: Vec<Vec<String>>,
}

impl Table {
    fn read() -> Option<Self> {
        let text = std::fs::read_to_string(shared("licenses/chain-cases.csv")?).unwrap();
        let mut rows = text.lines().map(fields);
        let head = rows.next().unwrap();
        let column = |name: &str| head.iter().position(|field| field == name).unwrap();
        let columns = ["id", "upstream", "relation", "downstream", "context", "expected", "code"].map(column);
        Some(Self { columns, rows: rows.collect() })
    }

    fn rows(&self) -> impl Iterator<Item = [&str; 7]> {
        self.rows.iter().map(|row| self.columns.map(|at| row[at].as_str()))
    }
}

fn license(text: &str) -> Option<License> {
    license::read(text).ok().filter(|_| text != "unknown")
}

#[test]
fn the_handed_steps_are_judged_as_expected_or_the_clause_is_named() {
    let Some(table) = Table::read() else { return };
    let (mut ours, mut naive, mut differing) = (Confusion::default(), Confusion::default(), Vec::new());
    for [id, upstream, relation, downstream, context, expected, _] in table.rows() {
        let found = outcome(upstream, relation, downstream, context);
        ours.add(expected == "conflict", found == Outcome::Conflict);
        naive.add(expected == "conflict", is_naive_conflict(upstream, downstream));
        let otherwise = OTHERWISE.iter().find(|(known, ..)| *known == id);
        match otherwise {
            Some((_, wanted, clause, why)) => {
                assert!(!clause.is_empty() && !why.is_empty(), "{id}");
                assert_eq!(found.as_str(), *wanted, "{id} is in the table of steps that we judge otherwise");
                assert_ne!(expected, *wanted, "{id} is judged as expected: remove it from the table");
            }
            None if found.as_str() != expected => {
                differing.push(format!("{id}: expected {expected}, found {}", found.as_str()));
            }
            None => {}
        }
    }
    // Not `eprintln!`, whose output is hidden if the test passes.
    let _ = writeln!(
        std::io::stderr(),
        "{} steps, {} judged otherwise; conflicts:\n  ours   {ours}\n  naive  {naive}",
        table.rows.len(),
        OTHERWISE.len()
    );
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert!(table.rows.len() >= 56 && ours.misses < naive.misses && ours.false_alarms < naive.false_alarms);
}

/// A name that breaks a rule is an unmet duty, and one that keeps it is not.
#[test]
fn names_in_the_handed_steps_keep_or_break_the_rule() {
    let Some(table) = Table::read() else { return };
    let mut compared = 0;
    for [id, upstream, relation, downstream, context, _, code] in table.rows() {
        let Some(name) = context.strip_prefix("name \"").and_then(|rest| rest.strip_suffix('"')) else { continue };
        let text = format!(
            "schema = 1\n[model]\nname = \"{name}\"\nversion = \"1\"\nproducer = \"Lab\"\nlicense = \"{downstream}\"\n[[model.base]]\nname = \"lab/Base\"\nlicense = \"{upstream}\"\nrelation = \"{relation}\"\n"
        );
        let parsed = parse(Source::new("OPENNESS.toml", text));
        assert!(parsed.is_sound(), "{:#?}", parsed.findings);
        let lineage = Lineage::of(&parsed.manifest, None);
        let rule = lineage.duties.iter().find(|due| due.duty.kind.as_str() == "name-rule");
        let is_broken = rule.is_some_and(|due| due.state == State::Unmet);
        assert_eq!(is_broken, code == "OPN411", "{id}: {rule:?}");
        compared += 1;
    }
    assert!(compared >= 4, "{compared}");
}

fn outcome(upstream: &str, relation: &str, downstream: &str, context: &str) -> Outcome {
    let licenses: Vec<Option<License>> = upstream.split(" ; ").map(license).collect();
    let mut relations = relation.split(" > ").map(|word| match word {
        "copy" => Relation::Copy,
        "quantized" => Relation::Quantized,
        "finetune" => Relation::Finetune,
        "merge" => Relation::Merge,
        "adapter" => Relation::Adapter { holds_base: false },
        "distilled" => Relation::Distilled,
        "trained-on" => Relation::TrainedOn,
        "code-to-weights" => Relation::TrainedWith,
        "application" => Relation::Application,
        "components" => Relation::SideBySide,
        _ => panic!("{word}"),
    });
    let mut last = Relation::Other;
    let ancestors: Vec<Ancestor<'_>> = licenses
        .iter()
        .map(|license| {
            last = relations.next().unwrap_or(last);
            Ancestor { license: license.as_ref(), relation: last }
        })
        .collect();
    let text = match context {
        context if context.contains("names the policy") => Some("subject to the Gemma Prohibited Use Policy"),
        context if context.contains("license-file") => Some("use it as you like"),
        _ => None,
    };
    chain(&ancestors, license(downstream).as_ref(), text).outcome
}

/// A rule that knows only copyleft, commercial use and derivatives, and nothing of relations.
fn is_naive_conflict(upstream: &str, downstream: &str) -> bool {
    let Some(License::Expression(offered)) = license(downstream) else { return false };
    upstream.split(" ; ").filter(|text| *text != "unknown").any(|text| {
        let Some(License::Expression(base)) = license(text) else { return true };
        let of = |question: fn(&Traits) -> Option<Answer>| {
            let ask = |expression| traits::ask(expression, |traits| question(traits).map(Answer::is_yes));
            (ask(&base), ask(&offered))
        };
        let is_dropped = of(|traits| traits.commercial_use) == (Some(false), Some(true));
        let is_closed = of(|traits| traits.derivatives).0 == Some(false);
        let is_copyleft = of(|traits| traits.copyleft).0 == Some(true) && base.as_str() != offered.as_str();
        is_dropped || is_closed || is_copyleft
    })
}

/// Divides a line of CSV; a doubled quote within quotes is a quote.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                fields.last_mut().unwrap().push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}
