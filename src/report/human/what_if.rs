//! The output of `openness what-if`.

use std::io::{self, Write};

use super::{Paint, Screen, Style, changes};
use crate::decide::{ClaimChange, ClaimState, ItemChange, Summary, TaxonomyChange, WhatIf};
use crate::manifest::Manifest;
use crate::report::{declared, shown};

/// The number of items of a taxonomy that are shown without `verbose`.
const MAX_ITEMS: usize = 4;

/// Writes what follows from changes to the facts of a manifest.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(manifest: &Manifest, what_if: &WhatIf, style: Style, out: &mut impl Write) -> io::Result<()> {
    let out = &mut Screen::new(out, style.color);
    let paint = Paint(style);
    let model = &manifest.model;
    let title = format!("{} {}", model.name.value, model.version.value);
    writeln!(out, "{}", paint.bold(&shown(&format!("If {title} stated"))))?;
    changes::list(&what_if.changes, "  ", paint, out)?;
    let is_decided = |change: &&TaxonomyChange| {
        change.before.verdict != change.after.verdict || change.before.score != change.after.score
    };
    let (verdicts, others): (Vec<_>, Vec<_>) = what_if.taxonomies.iter().partition(is_decided);
    taxonomies("Verdicts and scores", &verdicts, paint, out)?;
    claims(&what_if.claims, paint, out)?;
    items("Duties", &what_if.duties, paint, out)?;
    items("Thresholds", &what_if.thresholds, paint, out)?;
    taxonomies("The same verdict, with other facts", &others, paint, out)?;
    if what_if.taxonomies.is_empty() && what_if.claims.is_empty() {
        writeln!(out, "\nno verdict, claim, duty or threshold would change")?;
    }
    Ok(())
}

fn heading(name: &str, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n{}", paint.bold(name))
}

fn arrow(paint: Paint) -> &'static str {
    if paint.0.unicode { "→" } else { "->" }
}

fn taxonomies(name: &str, changes: &[&TaxonomyChange], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    heading(name, paint, out)?;
    for change in changes {
        let (before, after) = (summary(&change.before), summary(&change.after));
        let both = if before == after { after } else { format!("{before} {} {after}", arrow(paint)) };
        paint.wrapped(out, "  ", &format!("{}: {both}", change.taxonomy))?;
        let most = if paint.0.verbose { usize::MAX } else { MAX_ITEMS };
        for item in change.items.iter().take(most) {
            paint.wrapped(out, "    - ", &shown(&text(item)))?;
        }
        let left = change.items.len().saturating_sub(most);
        if left > 0 {
            writeln!(out, "    - and {left} more (--verbose)")?;
        }
    }
    Ok(())
}

/// Returns the verdict, the score, or the number of items that are met.
fn summary(summary: &Summary) -> String {
    match (summary.verdict, summary.score) {
        (Some(verdict), _) => verdict.to_owned(),
        (None, Some(score)) => format!("score {score}"),
        (None, None) => format!("{} of {} items met or stated", summary.met, summary.items),
    }
}

/// Returns what is said about an item after the changes, or that what was said no longer is.
fn text(item: &ItemChange) -> String {
    match (&item.before, &item.after) {
        (_, Some(after)) => after.text.clone(),
        (Some(before), None) => format!("no longer: {}", before.text),
        (None, None) => item.item.clone(),
    }
}

fn claims(claims: &[ClaimChange], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    if claims.is_empty() {
        return Ok(());
    }
    heading("Claims", paint, out)?;
    for claim in claims {
        let side = |state: Option<&ClaimState>| match state {
            Some(state) => format!("{} {}", state.claimed, declared::outcome(state.holds)),
            None => "not claimed".to_owned(),
        };
        let (before, after) = (side(claim.before.as_ref()), side(claim.after.as_ref()));
        paint.wrapped(out, "  ", &shown(&format!("{}: {before} {} {after}", claim.key, arrow(paint))))?;
    }
    Ok(())
}

fn items(name: &str, changes: &[ItemChange], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    heading(name, paint, out)?;
    changes.iter().try_for_each(|item| paint.wrapped(out, "  - ", &shown(&text(item))))
}
