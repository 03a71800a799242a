//! The output of `openness show`.

use std::io::{self, Write};

use super::{Paint, Screen, Style};
use crate::evaluate::{self, Evaluation};
use crate::license;
use crate::manifest::{Manifest, Openness};
use crate::report::shown;
use crate::report::verdict::summary;

/// The number of reasons that are shown without `verbose`.
const MAX_REASONS: usize = 6;

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
    if let Some(access) = manifest.release.as_ref().and_then(|release| release.access.as_ref()) {
        writeln!(out, "released: {}", access.as_str())?;
    }
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
    }
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

/// Whether to show why a verdict is not better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reasons {
    /// Show the first few reasons, or all with `verbose`.
    Few,
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
        let shortfalls: Vec<_> = evaluation.reasons.iter().filter(|reason| reason.outcome.defeats()).collect();
        if reasons == Reasons::Hidden && !style.verbose {
            continue;
        }
        let most = if style.verbose { usize::MAX } else { MAX_REASONS };
        for reason in shortfalls.iter().take(most) {
            paint.wrapped(out, "    ", &shown(&reason.text))?;
        }
        if shortfalls.len() > most {
            writeln!(out, "    and {} more (--verbose)", shortfalls.len() - most)?;
        }
    }
    Ok(())
}
