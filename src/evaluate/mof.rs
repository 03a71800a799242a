//! The Model Openness Framework: classes based on which components are released, and under which licenses.
//!
//! [`Interpretation::MotTool`] matches the Model Openness Tool's own evaluator, including its quirks.
//! [`Interpretation::PaperText`] follows the framework's text where the tool departs from it
//! (`taxonomy/mof-1.0-strict.toml`). A partially released component counts as missing in both, because a class requires
//! the whole component.
//! See <https://github.com/lfai/model_openness_tool>, `ModelEvaluator`.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, Verdict, declared, embedded, real, unknown};
use crate::license::{self, Effective, Expression};
use crate::manifest::{Manifest, Openness};
use crate::source::Span;
use crate::taxonomy::{Item, Kind, Taxonomy};

items! {
    /// The rows of the framework, by the tool's component ids.
    RowId {
        ModelArchitecture = "9",
        FinalParameters = "10",
        TechnicalReport = "11",
        EvaluationResults = "12",
        ModelCard = "13",
        DataCard = "14",
        SampleOutputs = "20",
        TrainingCode = "7",
        InferenceCode = "8",
        EvaluationCode = "18",
        EvaluationData = "19",
        SupportingLibraries = "22",
        Datasets = "15",
        DataPreprocessingCode = "16",
        ResearchPaper = "21",
        IntermediateParameters = "24",
        ModelMetadata = "17",
    }
}

items! {
    /// The points on which the framework's text departs from the tool.
    Departure {
        CodeLicense = "code-license",
        DataLicense = "data-license",
        DocumentLicense = "document-license",
        DatasetsAnyTerms = "datasets-any-terms",
    }
}

/// The interpretation of the framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interpretation {
    /// As the Model Openness Tool computes it.
    MotTool,
    /// As the framework's text says.
    PaperText,
}

/// Components that the text counts as datasets in addition to `training-data`, if they are declared.
const FURTHER_DATASETS: &[&str] = &["fine-tuning-data", "alignment-data"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Included,
    Missing,
    Unlicensed,
    Invalid,
}

struct Row {
    /// `None` for a row that this version does not know; it counts as missing.
    id: Option<RowId>,
    item: &'static Item,
    component: &'static str,
    status: Status,
    /// Whether the tool lists the row at all: it leaves out optional components that are absent.
    listed: bool,
    /// Whether the license suits the kind of component.
    appropriate: bool,
    text: String,
    span: Option<Span>,
}

pub(super) fn evaluate(manifest: &Manifest, interpretation: Interpretation) -> Evaluation {
    let rows_of = embedded("mof-1.0");
    let taxonomy = match interpretation {
        Interpretation::MotTool => rows_of,
        Interpretation::PaperText => embedded("mof-1.0-strict"),
    };
    let rows: Vec<Row> = rows_of.items.iter().map(|item| row(manifest, interpretation, rows_of, item)).collect();
    // Least open first, as in the data: class-3, class-2, class-1.
    let classes: Vec<&'static str> = rows_of.groups.iter().map(|group| group.id.as_str()).collect();
    let tally = Tally::new(&rows, &classes);

    let mut progress = Map::new();
    let mut verdict = Verdict::Unclassified;
    for (rank, class) in classes.iter().enumerate() {
        let percent = tally.progress(rank);
        if percent >= 100.0 {
            verdict = Verdict::from_word(class).unwrap_or(Verdict::Undecidable);
        }
        progress.insert((*class).to_owned(), json!(percent));
    }
    let mut details = Map::new();
    details.insert("progress".to_owned(), Value::Object(progress));
    for (key, status) in
        [("missing", Status::Missing), ("invalid", Status::Invalid), ("unlicensed", Status::Unlicensed)]
    {
        details.insert(key.to_owned(), tally.components(status));
    }
    let inappropriate = rows.iter().filter(|row| row.status == Status::Included && row.listed && !row.appropriate);
    details.insert("not-type-appropriate".to_owned(), inappropriate.map(|row| row.component).collect());

    let mut reasons: Vec<Reason> =
        rows.iter().filter(|row| row.listed || required(row.item)).map(|row| reason(row, &tally)).collect();
    if interpretation == Interpretation::PaperText {
        let departures = taxonomy.items.iter().filter(|item| Departure::from_id(&item.id).is_none());
        let undecided: Vec<Reason> = departures.map(unknown).collect();
        if !undecided.is_empty() {
            verdict = Verdict::Undecidable;
        }
        reasons.extend(undecided);
    }
    Evaluation::new(taxonomy, verdict, details, reasons)
}

fn required(item: &Item) -> bool {
    item.required == Some(true)
}

fn row(manifest: &Manifest, interpretation: Interpretation, taxonomy: &'static Taxonomy, item: &'static Item) -> Row {
    let component = item.components.first().map_or("", String::as_str);
    let Some(id) = RowId::from_id(&item.id) else {
        return Row {
            id: None,
            item,
            component,
            status: Status::Missing,
            listed: false,
            appropriate: true,
            text: unknown(item).text,
            span: None,
        };
    };
    let mut row = row_of(manifest, interpretation, taxonomy, (id, item), component);
    if interpretation == Interpretation::PaperText && id == RowId::Datasets {
        for further in FURTHER_DATASETS {
            let is_used = manifest.component(further).is_some_and(|found| found.openness() != Openness::NotApplicable);
            if is_used && row.status == Status::Included {
                row = row_of(manifest, interpretation, taxonomy, (id, item), further);
            }
        }
    }
    row
}

fn row_of(
    manifest: &Manifest,
    interpretation: Interpretation,
    taxonomy: &'static Taxonomy,
    (id, item): (RowId, &'static Item),
    component: &'static str,
) -> Row {
    let (found, openness, span) = declared(manifest, component);
    let absent = |text: &str| Row {
        id: Some(id),
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
        (_, Some(Openness::Partial)) => return absent("is only partially released; the class requires all of it"),
        (_, Some(Openness::Closed)) => return absent("is not released"),
        (_, Some(Openness::NotApplicable)) => {
            return absent("is declared not applicable, but the framework has no such exception");
        }
        _ => return absent("is not declared"),
    };
    let effective = license::effective(manifest, found);
    let kind = item.kind.unwrap_or(Kind::Code);
    let any_terms = interpretation == Interpretation::PaperText && id == RowId::Datasets;
    let (status, appropriate, text) = match effective {
        _ if any_terms => (
            Status::Included,
            true,
            format!("`{component}` is released; the framework does not require a license for raw datasets"),
        ),
        Effective::Unstated => {
            (Status::Unlicensed, true, format!("`{component}` is released, but no license is stated"))
        }
        Effective::None(_, origin) => {
            (Status::Unlicensed, true, format!("`{component}` is released without a license ({origin})"))
        }
        Effective::Custom(_, origin) => (
            Status::Invalid,
            true,
            format!(
                "the terms of `{component}` ({origin}) have no SPDX expression, so they cannot be evaluated as open"
            ),
        ),
        Effective::Stated(text, origin) => {
            let checked =
                effective.expression().map(|expression| check_license(interpretation, taxonomy, kind, &expression));
            let license = &text.value;
            match checked {
                Some((true, true)) => {
                    (Status::Included, true, format!("`{component}` is released under `{license}` ({origin})"))
                }
                Some((true, false)) => (
                    Status::Included,
                    false,
                    format!(
                        "`{component}` is released under `{license}` ({origin}), which is open but not intended for {}",
                        noun(kind)
                    ),
                ),
                Some((false, _)) if interpretation == Interpretation::PaperText => {
                    (Status::Invalid, true, format!("`{license}` ({origin}) on `{component}` is {}", lacking(kind)))
                }
                _ => (
                    Status::Invalid,
                    true,
                    format!(
                        "`{license}` ({origin}) on `{component}` is not a license that the Model Openness Tool counts as open"
                    ),
                ),
            }
        }
    };
    let span = if status == Status::Included { span } else { effective.span().or(span) };
    Row { id: Some(id), item, component, status, listed: true, appropriate, text, span }
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
        Kind::Code => "not OSI-approved, which the framework requires for code",
        Kind::Data => "not an open-data license, which the framework requires for data and weights",
        Kind::Documentation => "not an open-content license, which the framework requires for documents",
    }
}

/// Returns whether the license is open, and whether it suits the kind.
fn check_license(
    interpretation: Interpretation,
    taxonomy: &Taxonomy,
    kind: Kind,
    expression: &Expression,
) -> (bool, bool) {
    let appropriate = || {
        let list = format!("appropriate-{}", kind.as_str());
        expression.grants(|id| taxonomy.list_contains(&list, id))
    };
    match interpretation {
        Interpretation::MotTool => {
            const OPEN: [&str; 3] = ["open-osi-or-fsf", "open-data-and-content", "open-other"];
            (expression.grants(|id| OPEN.iter().any(|list| taxonomy.list_contains(list, id))), appropriate())
        }
        Interpretation::PaperText => {
            let strict = embedded("mof-1.0-strict");
            let open = expression.grants(|id| match kind {
                Kind::Code => license::OPENMDW.contains(&id) || license::is_osi_approved(id),
                Kind::Data => strict.list_contains("data-and-content", id),
                Kind::Documentation => {
                    strict.list_contains("data-and-content", id) || strict.list_contains("documents-too", id)
                }
            });
            (open, open)
        }
    }
}

/// The tool's lists: the rows that count for each class.
struct Tally<'a> {
    classes: Vec<Vec<&'a Row>>,
    /// The number of required rows that each class adds.
    added: Vec<usize>,
    /// Whether the research paper replaces the technical report.
    waived: bool,
}

impl<'a> Tally<'a> {
    fn new(rows: &'a [Row], classes: &[&'static str]) -> Self {
        let class_of =
            |row: &Row| classes.iter().position(|class| row.item.group.as_deref() == Some(class)).unwrap_or(0);
        let mut lists: Vec<Vec<&Row>> = (0..classes.len())
            .map(|rank| {
                rows.iter()
                    .filter(|row| class_of(row) <= rank)
                    // An open optional component does not count toward the requirements.
                    .filter(|row| required(row.item) || (row.listed && row.status != Status::Included))
                    .collect()
            })
            .collect();
        let added = (0..classes.len())
            .map(|rank| rows.iter().filter(|row| class_of(row) == rank && required(row.item)).count())
            .collect();
        // A research paper replaces a technical report that is not included.
        let find = |id: RowId| rows.iter().find(|row| row.id == Some(id));
        let has_report = find(RowId::TechnicalReport).is_some_and(|report| report.status == Status::Included);
        let paper = find(RowId::ResearchPaper).filter(|paper| !has_report && paper.status != Status::Missing);
        if let Some(paper) = paper {
            let last = lists.len() - 1;
            for (rank, list) in lists.iter_mut().enumerate() {
                list.retain(|row| row.id != Some(RowId::TechnicalReport) || row.status != Status::Missing);
                if rank < last {
                    list.push(paper);
                }
            }
        }
        let waived = paper.is_some_and(|paper| paper.status == Status::Included);
        Self { classes: lists, added, waived }
    }

    fn included(&self, rank: usize) -> usize {
        self.classes[rank].iter().filter(|row| row.status == Status::Included).count()
    }

    /// Returns the tool's progress in percent: 0 unless every class before this one is complete.
    fn progress(&self, rank: usize) -> f64 {
        let mut total = 0;
        for step in 0..=rank {
            total += self.added[step];
            // A paper that replaced the report counts once.
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

    /// Returns the components with a status in any class, in the order of the classes.
    fn components(&self, wanted: Status) -> Value {
        let mut found: Vec<&str> = Vec::new();
        for row in self.classes.iter().flatten().filter(|row| row.status == wanted) {
            if !found.contains(&row.component) {
                found.push(row.component);
            }
        }
        found.into()
    }
}

fn reason(row: &Row, tally: &Tally<'_>) -> Reason {
    let outcome = match row.status {
        Status::Included if row.appropriate => Outcome::Met,
        Status::Included => Outcome::Noted,
        _ if row.id.is_none() => Outcome::Undecidable,
        _ if !required(row.item) => Outcome::Noted,
        _ if row.id == Some(RowId::TechnicalReport) && tally.waived => Outcome::NotApplicable,
        _ => Outcome::Failed,
    };
    let mut text = row.text.clone();
    if outcome == Outcome::NotApplicable {
        text.push_str("; the research paper replaces it");
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

    /// A manifest with every row open under a license that suits its kind, except for the components in `rest`.
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

    fn verdicts(rest: &str) -> [&'static str; 2] {
        let manifest = release(rest);
        [Interpretation::MotTool, Interpretation::PaperText]
            .map(|interpretation| evaluate(&manifest, interpretation).verdict.unwrap().as_str())
    }

    #[test]
    fn everything_open_under_suitable_licenses_is_class_1() {
        assert_eq!(verdicts(""), ["class-1", "class-1"]);
    }

    #[test]
    fn only_the_tool_accepts_a_code_license_on_weights() {
        let rest = "[component.final-weights]\nopenness = \"open\"\nlicense = \"Apache-2.0\"\n";
        assert_eq!(verdicts(rest), ["class-1", "unclassified"]);
        let tool = evaluate(&release(rest), Interpretation::MotTool);
        assert_eq!(tool.details["not-type-appropriate"], json!(["final-weights"]));
    }

    #[test]
    fn only_the_text_accepts_pddl() {
        let rest = "[component.evaluation-data]\nopenness = \"open\"\nlicense = \"PDDL-1.0\"\n";
        assert_eq!(verdicts(rest), ["class-3", "class-1"]);
    }

    #[test]
    fn the_tools_misspelled_id_is_open_as_import_writes_it() {
        let with = |license: &str| {
            verdicts(&format!("[component.evaluation-data]\nopenness = \"open\"\nlicense = \"{license}\"\n"))[0]
        };
        assert_eq!(with("LicenseRef-ODC-PDDL-1.0"), "class-1");
        assert_eq!(with("LicenseRef-ODC-PDDL-2.0"), "class-3");
    }

    #[test]
    fn the_tool_requires_a_dataset_license_and_the_text_every_dataset() {
        let rest = "[component.training-data]\nopenness = \"open\"\nlicense = \"NONE\"\n";
        assert_eq!(verdicts(rest), ["class-2", "class-1"]);
        let rest = "[component.fine-tuning-data]\nopenness = \"closed\"\n";
        assert_eq!(verdicts(rest), ["class-1", "class-2"]);
    }

    #[test]
    fn a_partially_released_component_is_missing() {
        let rest = "[component.training-code]\nopenness = \"partial\"\n";
        assert_eq!(verdicts(rest), ["class-3", "class-3"]);
        assert_eq!(evaluate(&release(rest), Interpretation::MotTool).details["missing"], json!(["training-code"]));
    }

    #[test]
    fn a_paper_replaces_the_report_but_not_the_reverse() {
        let without = |id: &str| verdicts(&format!("[component.{id}]\nopenness = \"closed\"\n"))[0];
        assert_eq!(without("technical-report"), "class-1");
        assert_eq!(without("research-paper"), "class-2");
    }

    #[test]
    fn one_open_license_in_a_choice_is_enough() {
        let with = |license: &str| {
            verdicts(&format!("[component.training-code]\nopenness = \"open\"\nlicense = \"{license}\"\n"))[0]
        };
        assert_eq!(with("MIT OR LicenseRef-mine"), "class-1");
        assert_eq!(with("MIT AND LicenseRef-mine"), "class-3");
    }

    #[test]
    fn an_unknown_required_row_is_undecided_and_no_class_is_complete() {
        let item = Item {
            id: "99".to_owned(),
            group: Some("class-3".to_owned()),
            required: Some(true),
            components: vec!["model-card".to_owned()],
            ..Item::default()
        };
        let taxonomy = embedded("mof-1.0");
        let row = row(&release(""), Interpretation::MotTool, taxonomy, Box::leak(Box::new(item)));
        let rows = [row];
        let tally = Tally::new(&rows, &["class-3"]);
        assert_eq!(reason(&rows[0], &tally).outcome, Outcome::Undecidable);
        assert!(tally.progress(0) < 100.0);
    }
}
