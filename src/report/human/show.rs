//! The output of `openness show`.

use std::io::{self, Write};

use serde_json::Value;

use super::{Paint, Screen, Style};
use crate::evaluate::{self, Evaluation, Holds, Outcome, Reason};
use crate::license;
use crate::license::standing::{self, Standing};
use crate::manifest::{Manifest, Openness};
use crate::report::verdict::summary;
use crate::report::{declared, shown};

/// The number of reasons that are shown without `verbose`.
const MAX_REASONS: usize = 6;
/// The number of files of a component that are shown without `verbose`.
const MAX_FILES: usize = 5;

/// Writes what is declared, and the evaluation by each taxonomy.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(manifest: &Manifest, evaluations: &[Evaluation], style: Style, out: &mut impl Write) -> io::Result<()> {
    let out = &mut Screen::new(out, style.color);
    let paint = Paint(style);
    let model = &manifest.model;
    let title = format!("{} {}", shown(&model.name), shown(&model.version));
    writeln!(out, "{} by {}", paint.bold(&title), shown(&model.producer))?;
    let released = declared::released(manifest);
    if !released.is_empty() {
        writeln!(out, "released: {released}")?;
    }
    if let Some(license) = declared::default_license(manifest) {
        paint.wrapped(out, "default license: ", &shown(&license))?;
    }
    for base in &model.base {
        paint.wrapped(out, "based on: ", &shown(&declared::base(base)))?;
    }
    if let Some(policy) = &manifest.use_policy {
        paint.wrapped(out, "policy of use: ", &shown(&declared::use_policy(policy)))?;
    }
    components(manifest, style, out)?;
    claims(manifest, evaluations, style, out)?;
    verdicts(evaluations, Reasons::Few, style, out)?;
    let disagreements = evaluate::disagreements(manifest, evaluations);
    if !disagreements.is_empty() {
        writeln!(out, "\n{}", paint.bold("Where taxonomies disagree"))?;
        for sentence in disagreements {
            paint.wrapped(out, "  ", &shown(&sentence))?;
        }
    }
    Ok(())
}

fn components(manifest: &Manifest, style: Style, out: &mut Screen<'_, impl Write>) -> io::Result<()> {
    let paint = Paint(style);
    writeln!(out, "\n{}", paint.bold("Declared"))?;
    let width = manifest.components.iter().map(|component| component.id.chars().count()).max().unwrap_or(0);
    for component in &manifest.components {
        let word = format!("{:<14}", component.openness().as_str());
        let word = match component.openness() {
            Openness::Open => paint.good(&word),
            Openness::Partial => paint.warn(&word),
            Openness::Closed => paint.bad(&word),
            Openness::NotApplicable => paint.dim(&word),
        };
        let license = license::effective(manifest, component);
        let license = if component.is_released() { license.description().unwrap_or("no license stated") } else { "" };
        writeln!(out, "{}", format!("  {:<width$}  {word}  {}", shown(&component.id), shown(license)).trim_end())?;
        let limits = standing::of(manifest, component).standing;
        if let (Standing::Restricted(limits), true) = (limits, component.is_released()) {
            paint.wrapped(out, "    limits use: ", &limits.join(", "))?;
        }
        if let Some(reason) = &component.reason {
            paint.wrapped(out, "    reason: ", &shown(reason))?;
        }
        let files: Vec<&str> = declared::files(component).collect();
        let most = if style.verbose { usize::MAX } else { MAX_FILES };
        if !files.is_empty() {
            let named = files.iter().take(most).map(|name| format!("`{}`", shown(name))).collect::<Vec<_>>().join(", ");
            let left = files.len().saturating_sub(most);
            let more = if left > 0 { format!(" and {left} more (--verbose)") } else { String::new() };
            paint.wrapped(out, "    files: ", &format!("{named}{more}"))?;
        }
    }
    Ok(())
}

fn claims(
    manifest: &Manifest,
    evaluations: &[Evaluation],
    style: Style,
    out: &mut Screen<'_, impl Write>,
) -> io::Result<()> {
    let paint = Paint(style);
    let (claims, unknown) = evaluate::claims(manifest, evaluations);
    if claims.is_empty() && unknown.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.bold("Claimed"))?;
    for claim in claims {
        let word = declared::outcome(claim.holds);
        let word = match claim.holds {
            Holds::Yes => paint.good(word),
            Holds::No => paint.bad(word),
            Holds::Undecidable => paint.warn(word),
        };
        writeln!(out, "  {} = {}: {word}", shown(&claim.key), shown(&claim.claimed))?;
    }
    for claim in unknown {
        writeln!(out, "  {}: cannot be checked", shown(&claim.key))?;
    }
    Ok(())
}

/// Whether to show why a verdict is not better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reasons {
    /// Show the first few reasons, or all with `verbose`.
    Few,
    /// Show all reasons.
    All,
    /// Show reasons only with `verbose`.
    Hidden,
}

/// Writes the evaluation by each taxonomy.
///
/// # Errors
/// Returns any error of the writer.
pub fn verdicts(evaluations: &[Evaluation], reasons: Reasons, style: Style, out: &mut impl Write) -> io::Result<()> {
    let out = &mut Screen::new(out, style.color);
    let paint = Paint(style);
    writeln!(out, "\n{}", paint.bold("Assessment by taxonomy"))?;
    for evaluation in evaluations {
        writeln!(out, "  {:<24} {}", evaluation.taxonomy, paint.bold(&shown(&summary(evaluation))))?;
        if reasons == Reasons::Hidden && !style.verbose {
            continue;
        }
        if reasons == Reasons::All {
            matrix(evaluation, paint, out)?;
        }
        for limit in evaluation.limits_of_bases() {
            paint.wrapped(out, "    limited: ", &shown(&limit.text))?;
        }
        let is_whole = style.verbose || reasons == Reasons::All;
        let (chosen, left) = chosen(evaluation, if is_whole { usize::MAX } else { MAX_REASONS });
        for reason in chosen {
            paint.wrapped(out, "    ", &shown(&reason.text))?;
        }
        if left > 0 {
            writeln!(out, "    and {left} more (--verbose)")?;
        }
    }
    Ok(())
}

/// Writes the matrix of a framework that has one: what is said of each component that applies.
fn matrix(evaluation: &Evaluation, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let rows = evaluation.details.get("matrix").and_then(Value::as_array);
    for row in rows.into_iter().flatten().filter(|row| row["availability"] != "not-applicable") {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let list = |key: &str| {
            let all: Vec<&str> = row[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if all.is_empty() { "not stated".to_owned() } else { all.join(", ") }
        };
        let (documents, safeguards) = (list("documentation"), list("safeguards"));
        let line = format!(
            "{}; license {}; documentation {documents}; safeguards {safeguards}; distribution {}",
            text("availability"),
            text("license"),
            text("distribution")
        );
        paint.wrapped(out, "    ", &shown(&format!("{}: {line}", text("component"))))?;
    }
    Ok(())
}

/// Returns which reasons against a better verdict to show, in their order, and the number of the others.
///
/// What is declared and defeats the verdict is always shown, such as the license of the weights: what is merely missing can
/// be added, and would not help. The rest fills up to `most`. Nothing defeats a mere count of what is covered.
fn chosen(evaluation: &Evaluation, most: usize) -> (Vec<&Reason>, usize) {
    let reasons = &evaluation.reasons;
    let is_count = evaluation.details.contains_key("coverage");
    let is_decisive = |reason: &&Reason| {
        !is_count
            && reason.span.is_some()
            && matches!(reason.outcome, Outcome::Failed | Outcome::Partial | Outcome::Undecidable)
    };
    let shortfalls = || reasons.iter().filter(|reason| reason.outcome.defeats());
    let mut room = most.saturating_sub(shortfalls().filter(is_decisive).count());
    let mut left = 0;
    let chosen = shortfalls().filter(|reason| {
        let has_room = is_decisive(reason) || room > 0;
        match has_room {
            true if !is_decisive(reason) => room -= 1,
            true => {}
            false => left += 1,
        }
        has_room
    });
    let chosen = chosen.collect();
    (chosen, left)
}
