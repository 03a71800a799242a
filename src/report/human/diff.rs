//! The output of `openness diff`.

use std::io::{self, Write};

use super::style::lines;
use super::{Paint, Screen, Style};
use crate::diff::{Change, Difference, Direction, Side};
use crate::report::shown;

/// Writes how the openness of two releases differs.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(
    before: &Side,
    after: &Side,
    difference: &Difference,
    style: Style,
    out: &mut impl Write,
) -> io::Result<()> {
    let out = &mut Screen::new(out, style.color);
    let paint = Paint(style);
    let title = |side: &Side| paint.bold(&shown(&format!("{} {}", side.name, side.version)));
    let arrow = if style.unicode { "→" } else { "->" };
    writeln!(out, "{} {arrow} {}", title(before), title(after))?;
    let parts = [
        ("Release", &difference.release),
        ("Base models", &difference.base),
        ("Components", &difference.components),
        ("Policy of use", &difference.use_policy),
        ("Claims", &difference.claims),
        ("Verdicts", &difference.verdicts),
    ];
    // What a license limits is said once.
    let mut said: Vec<&str> = Vec::new();
    for (heading, changes) in parts.into_iter().filter(|(_, changes)| !changes.is_empty()) {
        writeln!(out, "\n{}", paint.bold(heading))?;
        for change in changes {
            let limit = change.limit.as_deref().unwrap_or_default();
            let is_said = said.contains(&limit);
            if !is_said {
                said.push(limit);
            }
            line(change, is_said, arrow, paint, out)?;
        }
    }
    let count = |direction| difference.count(direction);
    let (more, less, other) = (count(Direction::MoreOpen), count(Direction::LessOpen), count(Direction::Other));
    writeln!(out)?;
    if more + less + other == 0 {
        writeln!(out, "no difference in openness")?;
    } else {
        writeln!(out, "{more} more open, {less} less open, {other} otherwise different")?;
    }
    for note in &difference.notes {
        paint.wrapped(out, "note: ", &shown(note))?;
    }
    Ok(())
}

fn line(change: &Change, is_limit_said: bool, arrow: &str, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let said = |text: &Option<String>| text.as_deref().map_or("not stated".to_owned(), |text| shown(text).into_owned());
    let is_implied = matches!(change.fact.as_str(), "openness" | "verdict" | "claim" | "base");
    let fact = if is_implied { "" } else { &change.fact };
    let subject = shown(&change.subject);
    let subject = if fact.is_empty() { subject.into_owned() } else { format!("{subject}, {}", shown(fact)) };
    let limit = match change.limit.as_ref().map(|limit| (limit, limit.split_once(", which "))) {
        Some((_, Some((license, _)))) if is_limit_said => format!(" under {}, which limits use", shown(license)),
        Some((limit, _)) => format!(" under {}", shown(limit)),
        None => String::new(),
    };
    let text = format!("{subject}: {} {arrow} {}{limit}", said(&change.before), said(&change.after));
    // Signs, so that the meaning does not depend on colors.
    let mut lead = match change.direction {
        Direction::MoreOpen => "  + ",
        Direction::LessOpen => "  - ",
        Direction::Other => "  ~ ",
    };
    for line in lines(&text, paint.0.width.saturating_sub(lead.len())) {
        let line = format!("{lead}{line}");
        match change.direction {
            Direction::MoreOpen => writeln!(out, "{}", paint.good(&line))?,
            Direction::LessOpen => writeln!(out, "{}", paint.bad(&line))?,
            Direction::Other => writeln!(out, "{line}")?,
        }
        lead = "    ";
    }
    Ok(())
}
