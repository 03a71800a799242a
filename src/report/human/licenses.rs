//! The output of `openness licenses`.

use std::io::{self, Write};

use super::{Paint, Screen, Style};
use crate::license;
use crate::license::chain::{Basis, Duty, Outcome};
use crate::license::traits::{self, Answer, Traits};
use crate::license::{License, osadl};
use crate::lineage::{Addition, Due, Lineage, Link, State, additions, asks, noun, question, reading};
use crate::manifest::{Manifest, Relation};
use crate::report::shown;

/// What is outside the encoded terms.
const OUTSIDE: &str = "This is a reading of terms as encoded, and not legal advice. Exceptions (fair use, text and data mining), \
     patents, trademarks, contracts by click and the lawfulness of training are outside. Whether weights are protected at all \
     is open; the outcomes assume that the licenses bind.";

/// A question that people have about a license.
type Question = (&'static str, fn(&Traits) -> Option<bool>);

/// What people want to do.
const QUESTIONS: &[Question] = &[
    ("use it commercially", |traits| traits.commercial_use.map(Answer::is_yes)),
    ("use it in every field", |traits| traits.field_of_use_limits.map(|answer| !answer.is_yes())),
    ("pass it on", |traits| traits.redistribution.map(Answer::is_yes)),
    ("pass on changed versions", |traits| traits.derivatives.map(Answer::is_yes)),
    ("train other models on its outputs", |traits| traits.output_training_limit.map(|answer| !answer.is_yes())),
];

/// Writes what the terms of a release and of its bases let people do, and ask for.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(manifest: &Manifest, lineage: &Lineage<'_>, style: Style, out: &mut impl Write) -> io::Result<()> {
    let out = &mut Screen::new(out, style.color);
    let paint = Paint(style);
    let model = &manifest.model;
    writeln!(out, "{}", paint.bold(&format!("{} {}", shown(&model.name), shown(&model.version))))?;
    permissions(lineage, paint, out)?;
    if lineage.links.is_empty() {
        writeln!(out, "\nThe manifest names no base, so no other license is compared with it.")?;
    } else {
        writeln!(out, "\n{}", paint.bold("Bases"))?;
        for link in &lineage.links {
            base(lineage, link, paint, out)?;
        }
    }
    duties(lineage, paint, out)?;
    let (asked, limits) = lineage.recipients();
    passing_on(lineage, &asked, paint, out)?;
    if !limits.is_empty() {
        writeln!(out, "\n{}", paint.bold("Limits that go along"))?;
        for limit in &limits {
            paint.wrapped(out, "  ", &shown(&format!("{} (`{}`, clause {})", limit.words, limit.of, limit.clause)))?;
        }
    }
    to_add(lineage, paint, out)?;
    if lineage.links.is_empty() && asked.is_empty() && limits.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let is_osadl = |link: &Link<'_>| link.verdict.grounds.iter().any(|ground| ground.basis == Basis::Osadl);
    if lineage.links.iter().any(is_osadl) {
        paint.wrapped(out, "", &format!("{}.", osadl::NOTICE))?;
    }
    paint.wrapped(out, "", OUTSIDE)
}

fn permissions(lineage: &Lineage<'_>, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    for offered in &lineage.offered {
        let written = offered.written.unwrap_or("no license stated");
        let heading = match lineage.links.iter().any(|link| contains_base(link.stated)) {
            true => format!("What the terms of `{written}` and of the bases let people do, as encoded"),
            false => format!("What the terms of `{written}` let people do, as encoded"),
        };
        writeln!(out)?;
        for line in paint.fitting(0, &shown(&heading), usize::MAX) {
            writeln!(out, "{}", paint.bold(&line))?;
        }
        for (what, question) in QUESTIONS {
            let answer = lineage.links.iter().fold(ask(offered.license.as_ref(), *question), |answer, link| {
                if !contains_base(link.stated) {
                    return answer;
                }
                let base = link.license().and_then(|text| license::read(text).ok());
                worse(answer, ask(base.as_ref(), *question))
            });
            let word = match answer {
                Some(true) => paint.good("yes      "),
                Some(false) => paint.bad("no       "),
                None => paint.warn("not known"),
            };
            writeln!(out, "  {word}  {what}")?;
        }
    }
    Ok(())
}

/// Writes what the license of the release asks of people who pass it on, unless its bases ask for the same already.
fn passing_on(lineage: &Lineage<'_>, asked: &[Duty], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let is_new = |duty: &&Duty| !lineage.duties.iter().any(|due| due.duty.of == duty.of);
    let asked: Vec<&Duty> = asked.iter().filter(is_new).collect();
    if asked.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.bold("What its license asks of people who pass it on, as encoded"))?;
    for duty in asked {
        paint.wrapped(out, "  ", &shown(&format!("{} (`{}`, clause {})", asks(duty), duty.of, duty.clause)))?;
    }
    Ok(())
}

fn ask(license: Option<&License>, question: fn(&Traits) -> Option<bool>) -> Option<bool> {
    match license {
        Some(License::Expression(expression)) => traits::ask(expression, question),
        Some(License::None) => Some(false),
        None => None,
    }
}

/// Returns whether a release contains its base, or may.
fn contains_base(relation: Option<Relation>) -> bool {
    !matches!(relation, Some(Relation::Distilled | Relation::TrainedOn | Relation::TrainedWith))
}

/// Both have to allow it.
fn worse(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Writes what can be added, for `--write`, and what only people can add.
fn to_add(lineage: &Lineage<'_>, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let additions = additions(lineage);
    if additions.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.bold("What can be added"))?;
    for addition in &additions {
        let text = match addition {
            Addition::File { path, .. } => format!("`--write` adds `{path}`, the text of the license"),
            Addition::NoticeLine(line) => format!("`--write` adds to the Notice file: {line}"),
            Addition::ByHand { license, source } => {
                format!("by hand: a copy of `{license}` from the licensor (its terms were read in {source})")
            }
        };
        paint.wrapped(out, "  ", &shown(&text))?;
    }
    Ok(())
}

fn base(lineage: &Lineage<'_>, link: &Link<'_>, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let quoted = |license: Option<&str>, without: &str| license.map_or(without.to_owned(), |text| format!("`{text}`"));
    let license = quoted(link.license(), "license not stated");
    let offered = lineage.offered(link).and_then(|offered| offered.written);
    let offered = quoted(offered, "no license that is stated");
    let outcome = link.verdict.outcome;
    let word = match outcome {
        Outcome::Compatible => paint.good("nothing in the encoded terms speaks against it"),
        Outcome::Obligations => paint.good("allowed by the encoded terms, on conditions"),
        Outcome::Review => paint.warn("a question is open"),
        Outcome::Conflict => paint.bad("conflict"),
    };
    paint.wrapped(
        out,
        "  ",
        &shown(&format!(
            "{} ({license}), of which this is {}, offered under {offered}",
            link.name(),
            noun(link.stated)
        )),
    )?;
    writeln!(out, "    {word}")?;
    for ground in &link.verdict.grounds {
        paint.wrapped(out, "    - ", &shown(&format!("{} ({})", ground.why, reading(ground))))?;
    }
    if outcome >= Outcome::Review
        && let Some(settle) = question(&link.verdict.grounds).and_then(|ground| ground.settle.as_ref())
    {
        let lead = if outcome == Outcome::Conflict { "what would resolve it" } else { "what would settle it" };
        paint.wrapped(out, "    ", &shown(&format!("{lead}: {settle}")))?;
    }
    if let Some(kept) = lineage.keeping(link).filter(|_| outcome == Outcome::Conflict) {
        paint.wrapped(out, "    ", &shown(&format!("offer `{kept}`, or start from another base")))?;
    }
    Ok(())
}

fn duties(lineage: &Lineage<'_>, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    if lineage.duties.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.bold("To pass this release on, the terms of its bases, as encoded, ask for"))?;
    for Due { duty, state } in &lineage.duties {
        let (mark, where_shown) = match state {
            State::Met(path) => (paint.good("met          "), format!(" in `{path}`")),
            State::Unmet => (paint.bad("not met      "), String::new()),
            State::NotCheckable => (paint.warn("not checkable"), String::new()),
        };
        let text = format!("{}{where_shown} (`{}`, clause {})", asks(duty), duty.of, duty.clause);
        paint.hanging(out, &format!("  {mark}  "), 17, &shown(&text))?;
    }
    Ok(())
}
