//! What became more or less open: the output of `diff`.

use std::io::{self, Write};

use serde::Serialize;

use super::human::{Paint, Style};
use super::{json, shown};
use crate::diff::{Change, Difference, Direction, Side};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    before: Model<'a>,
    after: Model<'a>,
    #[serde(flatten)]
    difference: &'a Difference,
    summary: Summary,
}

#[derive(Serialize)]
struct Model<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Summary {
    more_open: usize,
    less_open: usize,
    other: usize,
}

impl Summary {
    fn of(difference: &Difference) -> Self {
        Self {
            more_open: difference.count(Direction::MoreOpen),
            less_open: difference.count(Direction::LessOpen),
            other: difference.count(Direction::Other),
        }
    }
}

/// Writes one JSON object, version 1.
///
/// # Errors
/// Those of the writer.
pub fn json(before: &Side, after: &Side, difference: &Difference, out: &mut impl Write) -> io::Result<()> {
    fn model(side: &Side) -> Model<'_> {
        Model { name: &side.name, version: &side.version }
    }
    let report = Report {
        version: json::VERSION,
        before: model(before),
        after: model(after),
        difference,
        summary: Summary::of(difference),
    };
    json::object(&report, out)
}

/// Writes a page for people.
///
/// # Errors
/// Those of the writer.
pub fn human(
    before: &Side,
    after: &Side,
    difference: &Difference,
    style: Style,
    out: &mut impl Write,
) -> io::Result<()> {
    let paint = Paint(style);
    let title = |side: &Side| paint.bold(&shown(&format!("{} {}", side.name, side.version)));
    let arrow = if style.unicode { "→" } else { "->" };
    writeln!(out, "{} {arrow} {}", title(before), title(after))?;
    let parts =
        [("Release", &difference.release), ("Components", &difference.components), ("Verdicts", &difference.verdicts)];
    for (heading, changes) in parts.into_iter().filter(|(_, changes)| !changes.is_empty()) {
        writeln!(out, "\n{}", paint.bold(heading))?;
        for change in changes {
            writeln!(out, "{}", line(change, arrow, paint))?;
        }
    }
    let Summary { more_open, less_open, other } = Summary::of(difference);
    writeln!(out)?;
    if more_open + less_open + other == 0 {
        writeln!(out, "no difference in openness")?;
    } else {
        writeln!(out, "{more_open} more open, {less_open} less open, {other} otherwise different")?;
    }
    for note in &difference.notes {
        paint.wrapped(out, "note: ", &shown(note))?;
    }
    Ok(())
}

fn line(change: &Change, arrow: &str, paint: Paint) -> String {
    let said = |text: &Option<String>| text.as_deref().map_or("not stated".to_owned(), |text| shown(text).into_owned());
    let fact = if matches!(change.fact.as_str(), "openness" | "verdict") { "" } else { &change.fact };
    let subject = shown(&change.subject);
    let subject = if fact.is_empty() { subject.into_owned() } else { format!("{subject}, {}", shown(fact)) };
    let text = format!("{subject}: {} {arrow} {}", said(&change.before), said(&change.after));
    // Signs, so that nobody has to see colours.
    match change.direction {
        Direction::MoreOpen => paint.good(&format!("  + {text}")),
        Direction::LessOpen => paint.bad(&format!("  - {text}")),
        Direction::Other => format!("  ~ {text}"),
    }
}
