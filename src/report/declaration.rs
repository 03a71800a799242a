//! What is declared, and what each taxonomy makes of it: the output of `show`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::human::{Paint, Style};
use super::{json, shown};
use crate::evaluate::{self, Evaluation, Outcome, Reason};
use crate::license;
use crate::manifest::{Manifest, Openness};
use crate::taxonomy;

/// Reasons past this number are shown on request.
const MAX_REASONS: usize = 6;

#[derive(Serialize)]
struct Declaration<'a> {
    version: u32,
    model: Model<'a>,
    components: Vec<Component<'a>>,
    evaluations: &'a [Evaluation],
    disagreements: Vec<String>,
}

#[derive(Serialize)]
struct Model<'a> {
    name: &'a str,
    version: &'a str,
    producer: &'a str,
}

#[derive(Serialize)]
struct Component<'a> {
    id: &'a str,
    openness: &'a str,
    license: Option<&'a str>,
}

fn components(manifest: &Manifest) -> Vec<Component<'_>> {
    manifest
        .components
        .iter()
        .map(|component| Component {
            id: &component.id,
            openness: component.openness().as_str(),
            license: license::effective(manifest, component).text(),
        })
        .collect()
}

/// Writes one JSON object, version 1.
///
/// # Errors
/// Those of the writer.
pub fn json(manifest: &Manifest, evaluations: &[Evaluation], out: &mut impl Write) -> io::Result<()> {
    let model = &manifest.model;
    let declaration = Declaration {
        version: json::VERSION,
        model: Model { name: &model.name, version: &model.version, producer: &model.producer },
        components: components(manifest),
        evaluations,
        disagreements: evaluate::disagreements(manifest, evaluations),
    };
    json::object(&declaration, out)
}

/// Writes a page for people.
///
/// # Errors
/// Those of the writer.
pub fn human(manifest: &Manifest, evaluations: &[Evaluation], style: Style, out: &mut impl Write) -> io::Result<()> {
    let paint = Paint(style);
    let model = &manifest.model;
    let title = format!("{} {}", shown(&model.name), shown(&model.version));
    writeln!(out, "{} by {}", paint.bold(&title), shown(&model.producer))?;
    if let Some(access) = manifest.release.as_ref().and_then(|release| release.access.as_ref()) {
        writeln!(out, "released: {}", access.as_str())?;
    }
    writeln!(out, "\n{}", paint.bold("Declared"))?;
    let rows = components(manifest);
    let width = rows.iter().map(|row| row.id.chars().count()).max().unwrap_or(0);
    for (row, component) in rows.iter().zip(&manifest.components) {
        let word = format!("{:<14}", row.openness);
        let word = match component.openness() {
            Openness::Open => paint.good(&word),
            Openness::Partial => paint.doubtful(&word),
            Openness::Closed => paint.bad(&word),
            Openness::NotApplicable => paint.faint(&word),
        };
        let license = if component.is_released() { row.license.unwrap_or("no licence stated") } else { "" };
        writeln!(out, "{}", format!("  {:<width$}  {word}  {}", shown(row.id), shown(license)).trim_end())?;
    }
    verdicts(evaluations, Reasons::Named, style, out)?;
    let disagreements = evaluate::disagreements(manifest, evaluations);
    if !disagreements.is_empty() {
        writeln!(out, "\n{}", paint.bold("Where taxonomies disagree"))?;
        for sentence in disagreements {
            paint.wrapped(out, "  ", &shown(&sentence))?;
        }
    }
    Ok(())
}

/// Whether the entries that led to a verdict are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reasons {
    /// The first few, or all on request.
    Named,
    /// Only on request.
    Left,
}

/// Writes what each taxonomy makes of the facts.
///
/// # Errors
/// Those of the writer.
pub fn verdicts(evaluations: &[Evaluation], reasons: Reasons, style: Style, out: &mut impl Write) -> io::Result<()> {
    let paint = Paint(style);
    writeln!(out, "\n{}", paint.bold("What each taxonomy makes of it"))?;
    for evaluation in evaluations {
        writeln!(out, "  {:<24} {}", evaluation.taxonomy, paint.bold(&shown(&summary(evaluation))))?;
        let against: Vec<_> = evaluation.reasons.iter().filter(|reason| decides(reason.outcome)).collect();
        if reasons == Reasons::Left && !style.verbose {
            continue;
        }
        let most = if style.verbose { usize::MAX } else { MAX_REASONS };
        for reason in against.iter().take(most) {
            paint.wrapped(out, "    ", &shown(&reason.text))?;
        }
        if against.len() > most {
            writeln!(out, "    and {} more (--verbose)", against.len() - most)?;
        }
    }
    Ok(())
}

/// What people call the taxonomy.
pub(super) fn title(evaluation: &Evaluation) -> String {
    taxonomy::find(evaluation.taxonomy).map_or_else(|| evaluation.taxonomy.to_owned(), |found| found.title.clone())
}

/// The verdict, or what stands in its place.
pub(super) fn summary(evaluation: &Evaluation) -> String {
    if let Some(verdict) = &evaluation.verdict {
        return verdict.as_str().to_owned();
    }
    if let Some(score) = evaluation.details.get("score") {
        return format!("score {score}");
    }
    if let Some(cells) = evaluation.details.get("cells").and_then(Value::as_object) {
        return levels(cells.values());
    }
    // A description has no verdict: how much of it is stated says more than nothing.
    let stated = |reason: &&Reason| matches!(reason.outcome, Outcome::Met | Outcome::Partial | Outcome::Noted);
    let known = evaluation.reasons.iter().filter(stated).count();
    format!("{known} of {} stated", evaluation.reasons.len())
}

/// How many cells there are of each level: `5 ×8, N/A ×4`.
fn levels<'v>(cells: impl Iterator<Item = &'v Value>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for cell in cells {
        let level = cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
        *counts.entry(level).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().map(|(level, count)| format!("level {level} ×{count}")).collect();
    parts.join(", ")
}

fn decides(outcome: Outcome) -> bool {
    outcome.defeats()
}
