//! The output of `openness show` without options: one screen of at most [`MOST_LINES`] lines of 80 columns.

use std::io::{self, Write};

use super::{Paint, Screen, Style};
use crate::evaluate::{self, Evaluation, Holds};
use crate::license::standing;
use crate::manifest::{Manifest, Openness};
use crate::report::overview::{self, Rank, Terms};
use crate::report::verdict::summary;
use crate::report::{counted, declared, shown};
use crate::taxonomy;

/// The height of the screen that the output fits on, in lines. A test holds examples and records to it.
pub const MOST_LINES: usize = 45;

/// The most lines of each part. Together with headings and empty lines, they are [`MOST_LINES`].
const BASE_LINES: usize = 2;
const COMPONENT_LINES: usize = 9;
const LABEL_LINES: usize = 2;
const CLAIMS: usize = 3;
const FAMILY_LINES: usize = 2;
/// The columns of the first word of a line, and of the id of a component or a taxonomy.
const NAME: usize = 16;
const ID: usize = 24;

/// Writes what a release is, what is open under which terms, and the verdicts with one reason each.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(manifest: &Manifest, evaluations: &[Evaluation], style: Style, out: &mut impl Write) -> io::Result<()> {
    let out = &mut Screen::new(out, style.color);
    let paint = Paint(style);
    head(manifest, paint, out)?;
    components(manifest, paint, out)?;
    labels(manifest, evaluations, paint, out)?;
    claims(manifest, evaluations, paint, out)?;
    writeln!(out)?;
    for family in overview::families(evaluations) {
        let short = |id| taxonomy::find(id).map_or(id, |found| found.short);
        let verdict = |evaluation: &&Evaluation| format!("{} {}", short(evaluation.taxonomy), summary(evaluation));
        let verdicts: Vec<String> = family.evaluations.iter().map(verdict).collect();
        let lead = format!("  {:<NAME$}", family.name);
        paint.fitted(out, &lead, NAME + 2, &shown(&verdicts.join("; ")), FAMILY_LINES)?;
    }
    let contested = evaluate::disagreements(manifest, evaluations).len();
    let contested = if contested == 0 {
        String::new()
    } else {
        format!("{} between taxonomies; ", counted(contested, "disagreement"))
    };
    paint.wrapped(out, "", &format!("{contested}`--all` shows everything, `--taxonomy ID` the reasons of one taxonomy"))
}

fn head(manifest: &Manifest, paint: Paint, out: &mut Screen<'_, impl Write>) -> io::Result<()> {
    let model = &manifest.model;
    let title = paint.bold(&shown(&format!("{} {}", model.name.as_str(), model.version.as_str())));
    writeln!(out, "{title} by {}", shown(&model.producer))?;
    let released = declared::released(manifest);
    if !released.is_empty() {
        writeln!(out, "released: {released}")?;
    }
    let bases = model.base.iter().map(declared::base).collect::<Vec<_>>();
    if let Some(first) = bases.first() {
        let more = if bases.len() > 1 { format!(" and {} more", bases.len() - 1) } else { String::new() };
        paint.fitted(out, "based on: ", 10, &shown(&format!("{first}{more}")), BASE_LINES)?;
    }
    if let Some(policy) = &manifest.use_policy {
        paint.fitted(out, "policy of use: ", 15, &shown(&declared::use_policy(policy)), 1)?;
    }
    Ok(())
}

fn components(manifest: &Manifest, paint: Paint, out: &mut Screen<'_, impl Write>) -> io::Result<()> {
    let groups = overview::by_terms(manifest);
    if groups.is_empty() {
        return writeln!(out, "\n{}", paint.bold("No component is declared"));
    }
    writeln!(out, "\n{}", paint.bold("What is open, and under which terms"))?;
    if manifest.components.len() <= COMPONENT_LINES {
        return each(manifest, paint, out);
    }
    let mut room = COMPONENT_LINES;
    for (at, group) in groups.iter().enumerate() {
        let left: usize = groups[at..].iter().map(|group| group.components.len()).sum();
        let is_last = at + 1 == groups.len();
        if room == 0 || (room == 1 && !is_last) {
            return writeln!(out, "  and {} (--all)", counted(left, "more component"));
        }
        // One line is kept for what may have to be left out.
        let most = if is_last { room.min(2) } else { (room - 1).min(2) };
        room -= group_lines(group, most, paint, out)?;
    }
    Ok(())
}

/// Writes each component with its terms, or the reason why it is not open.
fn each(manifest: &Manifest, paint: Paint, out: &mut Screen<'_, impl Write>) -> io::Result<()> {
    let most = if 2 * manifest.components.len() <= COMPONENT_LINES { 2 } else { 1 };
    for component in &manifest.components {
        let openness = component.openness();
        let limitation = component.is_released().then(|| standing::of(manifest, component).limitation()).flatten();
        let word = in_words(openness);
        let license = declared::license(manifest, component);
        let license = license.map(|license| format!(" under {license}")).unwrap_or_default();
        let limitation = limitation.map(|limits| format!(" (limits use: {limits})")).unwrap_or_default();
        let reason = component.reason.as_ref().map(|reason| format!(": {}", reason.as_str())).unwrap_or_default();
        let lead = format!("  {:<ID$}", component.id.as_str());
        paint.fitted(out, &lead, ID + 2, &shown(&format!("{word}{license}{limitation}{reason}")), most)?;
    }
    Ok(())
}

/// Returns the words for an openness.
pub(super) fn in_words(openness: Openness) -> &'static str {
    match openness {
        Openness::NotApplicable => "not applicable",
        openness => openness.as_str(),
    }
}

fn group_lines(group: &Terms<'_>, most: usize, paint: Paint, out: &mut Screen<'_, impl Write>) -> io::Result<usize> {
    let word = in_words(group.openness);
    let padded = format!("{word:<NAME$}");
    let word = match group.openness {
        Openness::Open if group.limitation.is_none() => paint.good(&padded),
        Openness::Open | Openness::Partial => paint.warn(&padded),
        Openness::Closed => paint.bad(&padded),
        Openness::NotApplicable => paint.dim(&padded),
    };
    let ids = group.components.join(", ");
    let text = match (group.license, &group.limitation) {
        (Some(license), Some(limitation)) => format!("{ids} under {license} (limits use: {limitation})"),
        (Some(license), None) => format!("{ids} under {license}"),
        (None, Some(limitation)) => format!("{ids}: {limitation}"),
        (None, None) => ids,
    };
    // The terms come first where the list of components would push them off the screen.
    let text = match group.license {
        Some(license) if group.components.len() > 2 => {
            let terms = |limitation: &str| format!("{license}{limitation}: {}", group.components.join(", "));
            match &group.limitation {
                None => terms(""),
                Some(limits) => {
                    let whole = terms(&format!(" (limits use: {limits})"));
                    let fits = paint.fitting(NAME + 2, &shown(&whole), usize::MAX).len() <= most;
                    // Which components it is about matters more than how their use is limited.
                    if fits { whole } else { terms(" (limits use)") }
                }
            }
        }
        _ => text,
    };
    paint.fitted(out, &format!("  {word}"), NAME + 2, &shown(&text), most)
}

fn labels(
    manifest: &Manifest,
    evaluations: &[Evaluation],
    paint: Paint,
    out: &mut Screen<'_, impl Write>,
) -> io::Result<()> {
    let labels = overview::labels(evaluations);
    if labels.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.bold("Labels"))?;
    for label in labels {
        let verdict = shown(&label.verdict);
        let word = match label.standing {
            Rank::Best => paint.good(&verdict),
            Rank::Between => paint.warn(&verdict),
            Rank::Worst => paint.bad(&verdict),
        };
        let text = format!("{verdict}: {}", shown(&label.reason));
        let mut lead = format!("  {:<ID$}", label.evaluation.taxonomy);
        for line in paint.fitting(2 + ID, &text, LABEL_LINES) {
            let rest = line.strip_prefix(&*verdict).filter(|_| !lead.trim().is_empty());
            let line = rest.map_or(line.clone(), |rest| format!("{word}{rest}"));
            writeln!(out, "{lead}{line}")?;
            lead = " ".repeat(2 + ID);
        }
    }
    // The first base is at the top, with what limits its use.
    let limits = overview::limits_of_bases(manifest);
    let first = manifest.model.base.first().map(|base| format!("the base `{}` is", base.name.value));
    if let Some(limit) = limits.iter().find(|limit| !first.as_ref().is_some_and(|first| limit.starts_with(first))) {
        paint.fitted(out, "  note: ", 8, &shown(limit), 1)?;
    }
    Ok(())
}

fn claims(
    manifest: &Manifest,
    evaluations: &[Evaluation],
    paint: Paint,
    out: &mut Screen<'_, impl Write>,
) -> io::Result<()> {
    let (mut claims, unknown) = evaluate::claims(manifest, evaluations);
    if claims.is_empty() && unknown.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    // What does not hold is never left out for what does.
    claims.sort_by_key(|claim| match claim.holds {
        Holds::No => 0,
        Holds::Undecidable => 1,
        Holds::Yes => 2,
    });
    let holding = claims.iter().filter(|claim| claim.holds == Holds::Yes).count();
    if holding == claims.len() && unknown.is_empty() && holding > 0 {
        let named: Vec<String> = claims.iter().map(|claim| format!("{} = {}", claim.key, claim.claimed)).collect();
        let lead = format!("  {}{}", paint.bold("claims "), paint.good("hold     "));
        paint.fitted(out, &lead, NAME + 2, &shown(&named.join(", ")), CLAIMS)?;
        return Ok(());
    }
    let more = claims.len().saturating_sub(CLAIMS - 1);
    for claim in claims.iter().take(if more > 1 { CLAIMS - 1 } else { CLAIMS }) {
        let word = declared::outcome(claim.holds);
        let word = match claim.holds {
            Holds::Yes => paint.good(word),
            Holds::No => paint.bad(word),
            Holds::Undecidable => paint.warn(word),
        };
        writeln!(out, "  {:<NAME$}{} = {}: {word}", "claim", shown(&claim.key), shown(&claim.claimed))?;
    }
    if more > 1 || !unknown.is_empty() {
        let unknown =
            if unknown.is_empty() { String::new() } else { format!(", {} that cannot be checked", unknown.len()) };
        writeln!(out, "  {:<NAME$}{} in all{unknown} (--all)", "", counted(claims.len(), "claim"))?;
    }
    Ok(())
}
