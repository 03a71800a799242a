//! The Model Openness Framework: classes by which components are released, and under which licences.
//!
//! [`Reading::Tool`] equals the Model Openness Tool's own evaluator, its oddities included;
//! [`Reading::Text`] follows the framework's text where the tool departs from it (`taxonomy/mof-1.0-strict.toml`).
//! A partly released component counts as missing in both: a class asks for the whole component.
//! See <https://github.com/lfai/model_openness_tool>, `ModelEvaluator`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded, real, standing};
use crate::license::{self, Effective, Expression};
use crate::manifest::{Manifest, Openness};
use crate::source::Span;
use crate::taxonomy::{Item, Kind, Taxonomy};

/// Whose reading of the framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As the Model Openness Tool computes.
    Tool,
    /// As the framework is written.
    Text,
}

/// The row that a research paper may stand in for, and the paper's.
const REPORT: &str = "11";
const PAPER: &str = "21";
const DATASETS: &str = "15";

/// Components beside `training-data` that the text counts as datasets, where they are declared.
const FURTHER_DATASETS: &[&str] = &["fine-tuning-data", "alignment-data"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Included,
    Missing,
    Unlicensed,
    Invalid,
}

struct Row {
    item: &'static Item,
    component: &'static str,
    status: Status,
    /// Whether the tool lists the row at all: an absent optional component is nothing.
    listed: bool,
    appropriate: bool,
    text: String,
    span: Option<Span>,
}

pub(super) fn evaluate(manifest: &Manifest, reading: Reading) -> Evaluation {
    let rows_of = embedded("mof-1.0");
    let taxonomy = match reading {
        Reading::Tool => rows_of,
        Reading::Text => embedded("mof-1.0-strict"),
    };
    let rows: Vec<Row> = rows_of.items.iter().map(|item| row(manifest, reading, rows_of, item)).collect();
    // Least open first, as in the data: class-3, class-2, class-1.
    let classes: Vec<&'static str> = rows_of.groups.iter().map(|group| group.id.as_str()).collect();
    let tally = Tally::new(&rows, &classes);

    let mut progress = Map::new();
    let mut verdict = "unclassified";
    for (rank, class) in classes.iter().enumerate() {
        let percent = tally.progress(rank);
        if percent >= 100.0 {
            verdict = class;
        }
        progress.insert((*class).to_owned(), json!(percent));
    }
    let mut details = Map::new();
    details.insert("progress".to_owned(), Value::Object(progress));
    for (key, status) in
        [("missing", Status::Missing), ("invalid", Status::Invalid), ("unlicensed", Status::Unlicensed)]
    {
        details.insert(key.to_owned(), tally.components(&rows, status));
    }
    let inappropriate = rows.iter().filter(|row| row.status == Status::Included && row.listed && !row.appropriate);
    details.insert("not-type-appropriate".to_owned(), inappropriate.map(|row| row.component).collect());

    let reasons = rows.iter().filter(|row| row.listed || required(row.item)).map(|row| reason(row, &tally)).collect();
    Evaluation { taxonomy: taxonomy.static_id(), verdict: Some(verdict.to_owned()), details, reasons }
}

fn required(item: &Item) -> bool {
    item.required == Some(true)
}

fn row(manifest: &Manifest, reading: Reading, taxonomy: &'static Taxonomy, item: &'static Item) -> Row {
    let component = item.components.first().map_or("", String::as_str);
    let mut row = row_of(manifest, reading, taxonomy, item, component);
    if reading == Reading::Text && item.id == DATASETS {
        for further in FURTHER_DATASETS {
            let declared = manifest.component(further).is_some_and(|found| found.openness() != Openness::NotApplicable);
            if declared && row.status == Status::Included {
                row = row_of(manifest, reading, taxonomy, item, further);
            }
        }
    }
    row
}

fn row_of(
    manifest: &Manifest,
    reading: Reading,
    taxonomy: &'static Taxonomy,
    item: &'static Item,
    component: &'static str,
) -> Row {
    let (found, openness, span) = standing(manifest, component);
    let absent = |text: &str| Row {
        item,
        component,
        status: Status::Missing,
        listed: false,
        appropriate: true,
        text: format!("`{component}` {text}"),
        span,
    };
    let found = match (found, openness) {
        (Some(found), Some(Openness::Open)) => found,
        (_, Some(Openness::Partial)) => return absent("is released in part, and the class asks for the whole"),
        (_, Some(Openness::Closed)) => return absent("is not released"),
        (_, Some(Openness::NotApplicable)) => {
            return absent("is declared not applicable; the framework knows no such exception");
        }
        _ => return absent("is not declared"),
    };
    let effective = license::effective(manifest, found);
    let kind = item.kind.unwrap_or(Kind::Code);
    let any_terms = reading == Reading::Text && item.id == DATASETS;
    let (status, appropriate, text) = match effective {
        _ if any_terms => (
            Status::Included,
            true,
            format!("`{component}` is released; the framework asks no licence of raw datasets"),
        ),
        Effective::Unstated => {
            (Status::Unlicensed, true, format!("`{component}` is released and no licence is stated"))
        }
        Effective::None(_, origin) => {
            (Status::Unlicensed, true, format!("`{component}` is released without a licence ({origin})"))
        }
        Effective::Custom(_, origin) => (
            Status::Invalid,
            true,
            format!("the terms of `{component}` ({origin}) have no SPDX expression, so they cannot be judged open"),
        ),
        Effective::Stated(text, origin) => {
            let judged = effective.expression().map(|expression| judge(reading, taxonomy, kind, &expression));
            let license = &text.value;
            match judged {
                Some((true, true)) => {
                    (Status::Included, true, format!("`{component}` is released under `{license}` ({origin})"))
                }
                Some((true, false)) => (
                    Status::Included,
                    false,
                    format!(
                        "`{component}` is released under `{license}` ({origin}), which is open but not made for {}",
                        noun(kind)
                    ),
                ),
                Some((false, _)) if reading == Reading::Text => {
                    (Status::Invalid, true, format!("`{license}` ({origin}) on `{component}` is {}", lacking(kind)))
                }
                _ => (
                    Status::Invalid,
                    true,
                    format!(
                        "`{license}` ({origin}) on `{component}` is no licence that the framework's tool counts as open"
                    ),
                ),
            }
        }
    };
    let span = if status == Status::Included { span } else { effective.span().or(span) };
    Row { item, component, status, listed: true, appropriate, text, span }
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Code => "code",
        Kind::Data => "data",
        Kind::Documentation => "documents",
    }
}

fn lacking(kind: Kind) -> &'static str {
    match kind {
        Kind::Code => "not approved by the OSI, which the framework asks of code",
        Kind::Data => "no open-data licence, which the framework asks of data and weights",
        Kind::Documentation => "no open-content licence, which the framework asks of documents",
    }
}

/// Returns whether the licence is open, and whether it befits the kind.
fn judge(reading: Reading, taxonomy: &Taxonomy, kind: Kind, expression: &Expression) -> (bool, bool) {
    let appropriate = || {
        let list = format!("appropriate-{}", kind.as_str());
        expression.grants(|id| taxonomy.lists(&list, id))
    };
    match reading {
        Reading::Tool => {
            const OPEN: [&str; 3] = ["open-osi-or-fsf", "open-data-and-content", "open-other"];
            (expression.grants(|id| OPEN.iter().any(|list| taxonomy.lists(list, id))), appropriate())
        }
        Reading::Text => {
            let strict = embedded("mof-1.0-strict");
            let open = expression.grants(|id| match kind {
                Kind::Code => id == "OpenMDW-1.0" || license::is_osi_approved(id),
                Kind::Data => strict.lists("data-and-content", id),
                Kind::Documentation => strict.lists("data-and-content", id) || strict.lists("documents-too", id),
            });
            (open, open)
        }
    }
}

/// The lists of the tool, class by class: item id → status.
struct Tally {
    classes: Vec<Vec<(&'static str, Status)>>,
    /// How many rows each class adds that are required.
    added: Vec<usize>,
    waived: bool,
}

impl Tally {
    fn new(rows: &[Row], classes: &[&'static str]) -> Self {
        let class_of =
            |row: &Row| classes.iter().position(|class| row.item.group.as_deref() == Some(class)).unwrap_or(0);
        let mut lists: Vec<Vec<(&'static str, Status)>> = (0..classes.len())
            .map(|rank| {
                rows.iter()
                    .filter(|row| class_of(row) <= rank)
                    // An open optional component fills no requirement.
                    .filter(|row| required(row.item) || (row.listed && row.status != Status::Included))
                    .map(|row| (row.item.id.as_str(), row.status))
                    .collect()
            })
            .collect();
        let added = (0..classes.len())
            .map(|rank| rows.iter().filter(|row| class_of(row) == rank && required(row.item)).count())
            .collect();
        // A research paper stands in for a technical report that is not included.
        let status: BTreeMap<&str, Status> = rows.iter().map(|row| (row.item.id.as_str(), row.status)).collect();
        let report = status.get(REPORT).copied().unwrap_or(Status::Missing);
        let paper = status.get(PAPER).copied().unwrap_or(Status::Missing);
        let waived = report != Status::Included && paper != Status::Missing;
        if waived {
            let last = lists.len() - 1;
            for (rank, list) in lists.iter_mut().enumerate() {
                list.retain(|(id, status)| *id != REPORT || *status != Status::Missing);
                if rank < last {
                    list.push((PAPER, paper));
                }
            }
        }
        Self { classes: lists, added, waived: waived && paper == Status::Included }
    }

    fn included(&self, rank: usize) -> usize {
        self.classes[rank].iter().filter(|(_, status)| *status == Status::Included).count()
    }

    /// The tool's progress: a class shows some only if every class before it is complete.
    fn progress(&self, rank: usize) -> f64 {
        let mut total = 0;
        for step in 0..=rank {
            total += self.added[step];
            // The paper that stood in for the report counts once.
            if step + 1 == self.added.len() && self.waived {
                total -= 1;
            }
            let included = self.included(step);
            if step == rank {
                return if total == 0 { 0.0 } else { (real(included) / real(total) * 100.0).min(100.0) };
            }
            if included < total {
                return 0.0;
            }
        }
        0.0
    }

    /// The components of a status in any class, in the order of the classes.
    fn components(&self, rows: &[Row], wanted: Status) -> Value {
        let mut found: Vec<&str> = Vec::new();
        for (id, _) in self.classes.iter().flatten().filter(|(_, status)| *status == wanted) {
            let component = rows.iter().find(|row| row.item.id == *id).map_or("", |row| row.component);
            if !found.contains(&component) {
                found.push(component);
            }
        }
        found.into()
    }
}

fn reason(row: &Row, tally: &Tally) -> Reason {
    let outcome = match row.status {
        Status::Included if row.appropriate => Outcome::Met,
        Status::Included => Outcome::Noted,
        _ if !required(row.item) => Outcome::Noted,
        _ if row.item.id == REPORT && tally.waived => Outcome::NotApplicable,
        _ => Outcome::Failed,
    };
    let mut text = row.text.clone();
    if outcome == Outcome::NotApplicable {
        text.push_str("; the research paper stands in for it");
    }
    Reason::new(&row.item.id, outcome, text).component(row.component).level(row.item.group.as_deref()).at(row.span)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;
    use crate::taxonomy;

    /// A manifest with every row open under the licence of its kind, and with what `rest` says instead.
    fn release(rest: &str) -> Manifest {
        let mut text = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n[licenses.code]\nlicense = \"MIT\"\n[licenses.data]\nlicense = \"CDLA-Permissive-2.0\"\n[licenses.documentation]\nlicense = \"CC-BY-4.0\"\n".to_owned();
        for item in &taxonomy::find("mof-1.0").unwrap().items {
            let table = format!("[component.{}]", item.components[0]);
            if !rest.contains(&table) {
                text.push_str(&format!("{table}\nopenness = \"open\"\n"));
            }
        }
        text.push_str(rest);
        let parsed = parse(Source::new("t", text));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        parsed.manifest
    }

    fn verdicts(rest: &str) -> [String; 2] {
        let manifest = release(rest);
        [Reading::Tool, Reading::Text].map(|reading| evaluate(&manifest, reading).verdict.unwrap())
    }

    #[test]
    fn everything_open_under_fitting_licences_is_class_1_in_both_readings() {
        assert_eq!(verdicts(""), ["class-1", "class-1"]);
    }

    #[test]
    fn the_tool_takes_a_code_licence_on_weights_and_warns_and_the_text_does_not() {
        let rest = "[component.final-weights]\nopenness = \"open\"\nlicense = \"Apache-2.0\"\n";
        assert_eq!(verdicts(rest), ["class-1", "unclassified"]);
        let tool = evaluate(&release(rest), Reading::Tool);
        assert_eq!(tool.details["not-type-appropriate"], json!(["final-weights"]));
    }

    #[test]
    fn the_tool_does_not_know_a_public_domain_dedication_that_the_text_takes() {
        let rest = "[component.evaluation-data]\nopenness = \"open\"\nlicense = \"PDDL-1.0\"\n";
        assert_eq!(verdicts(rest), ["class-3", "class-1"]);
    }

    #[test]
    fn the_tools_misspelt_id_is_open_as_an_import_writes_it() {
        let with = |license: &str| {
            verdicts(&format!("[component.evaluation-data]\nopenness = \"open\"\nlicense = \"{license}\"\n"))[0].clone()
        };
        assert_eq!(with("LicenseRef-ODC-PDDL-1.0"), "class-1");
        assert_eq!(with("LicenseRef-ODC-PDDL-2.0"), "class-3");
    }

    #[test]
    fn the_tool_demands_a_licence_of_datasets_and_the_text_asks_that_all_of_them_are_there() {
        let rest = "[component.training-data]\nopenness = \"open\"\nlicense = \"NONE\"\n";
        assert_eq!(verdicts(rest), ["class-2", "class-1"]);
        let rest = "[component.fine-tuning-data]\nopenness = \"closed\"\n";
        assert_eq!(verdicts(rest), ["class-1", "class-2"]);
    }

    #[test]
    fn a_partly_released_component_is_missing() {
        let rest = "[component.training-code]\nopenness = \"partial\"\n";
        assert_eq!(verdicts(rest), ["class-3", "class-3"]);
        assert_eq!(evaluate(&release(rest), Reading::Tool).details["missing"], json!(["training-code"]));
    }

    #[test]
    fn a_paper_stands_in_for_the_report_and_not_the_other_way_round() {
        let without = |id: &str| verdicts(&format!("[component.{id}]\nopenness = \"closed\"\n"))[0].clone();
        assert_eq!(without("technical-report"), "class-1");
        assert_eq!(without("research-paper"), "class-2");
    }

    #[test]
    fn of_two_licences_one_that_is_open_is_enough() {
        let with = |license: &str| {
            verdicts(&format!("[component.training-code]\nopenness = \"open\"\nlicense = \"{license}\"\n"))[0].clone()
        };
        assert_eq!(with("MIT OR LicenseRef-mine"), "class-1");
        assert_eq!(with("MIT AND LicenseRef-mine"), "class-3");
    }
}
