//! The output of `openness path`.

use std::io::{self, Write};

use super::{Paint, Screen, Style, changes};
use crate::decide::{Answer, Goal, Path, Reach};
use crate::manifest::Manifest;
use crate::manifest::draft::Change;
use crate::report::shown;

/// Writes the smallest sets of changes that reach a level.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(manifest: &Manifest, goal: &Goal, path: &Path, style: Style, out: &mut impl Write) -> io::Result<()> {
    let out = &mut Screen::new(out, style.color);
    let paint = Paint(style);
    let model = &manifest.model;
    let name = if goal.is_score() { "score at least" } else { "level" };
    writeln!(out, "{}", paint.bold(&shown(&format!("{} {}", model.name.value, model.version.value))))?;
    writeln!(out, "taxonomy: {}", goal.taxonomy().title)?;
    writeln!(out, "{name}: {}; now: {}", goal.level(), path.now)?;
    writeln!(out)?;
    match &path.reach {
        Reach::Already => writeln!(out, "{}", paint.good("reached without any change")),
        Reach::By { answers, all } => reachable(answers, *all, paint, out),
        Reach::Not(reasons) => {
            writeln!(out, "{}", paint.bad("no change of the declared facts reaches it:"))?;
            reasons.iter().try_for_each(|reason| paint.wrapped(out, "  - ", &shown(&reason.text)))
        }
    }
}

fn reachable(answers: &[Answer], all: bool, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let size = answers.first().map_or(0, |answer| answer.changes.len());
    let changes = if size == 1 { "1 change reaches it".to_owned() } else { format!("{size} changes reach it") };
    let ways = match (answers.len(), all) {
        (1, true) => String::new(),
        (count, true) => format!(", in {count} ways"),
        (_, false) => "; other sets of changes may do so too".to_owned(),
    };
    writeln!(out, "{}", paint.bold(&format!("{changes}{ways}")))?;
    let common: Vec<&Change> = match answers.split_first() {
        Some((first, rest)) if !rest.is_empty() => {
            first.changes.iter().filter(|change| rest.iter().all(|answer| answer.changes.contains(change))).collect()
        }
        _ => Vec::new(),
    };
    changes::list(common.iter().copied(), "  ", paint, out)?;
    for (at, answer) in answers.iter().enumerate() {
        let own: Vec<&Change> = answer.changes.iter().filter(|change| !common.contains(change)).collect();
        if answers.len() > 1 {
            writeln!(out, "{}", heading(at, !common.is_empty()))?;
        }
        changes::list(own, if answers.len() > 1 { "    " } else { "  " }, paint, out)?;
    }
    notes(answers, paint, out)
}

/// Says what stands for something else in the changes.
fn notes(answers: &[Answer], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let changes = || answers.iter().flat_map(|answer| &answer.changes);
    let has_text = changes().any(|change| change.to.as_ref().is_some_and(|to| to.to_string().contains('…')));
    let has_license = changes().any(|change| change.key.ends_with(".license"));
    if has_text || has_license {
        writeln!(out)?;
    }
    if has_license {
        paint.wrapped(out, "note: ", "the license stands for any that is as open")?;
    }
    if has_text {
        paint.wrapped(out, "note: ", "`…` stands for a text that only you can write, such as a path or a summary")?;
    }
    Ok(())
}

fn heading(at: usize, has_common: bool) -> &'static str {
    match (at, has_common) {
        (0, true) => "  and",
        (0, false) => "  either",
        _ => "  or",
    }
}
