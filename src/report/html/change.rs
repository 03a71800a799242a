//! The differences between two releases as a page.

use std::io::{self, Write};

use maud::{Markup, html};

use super::{document, text};
use crate::diff::{Change, Difference, Direction, Side};

/// Writes how the openness of two releases differs.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(before: &Side, after: &Side, difference: &Difference, out: &mut impl Write) -> io::Result<()> {
    let name = |side: &Side| format!("{} {}", side.name, side.version);
    let title = format!("Openness of {} compared with {}", name(after), name(before));
    let count = |direction| difference.count(direction);
    let (more, less, other) = (count(Direction::MoreOpen), count(Direction::LessOpen), count(Direction::Other));
    let parts = [
        ("Release", "release", &difference.release),
        ("Base models", "base", &difference.base),
        ("Components", "components", &difference.components),
        ("Policy of use", "policy", &difference.use_policy),
        ("Claims", "claims", &difference.claims),
        ("Verdicts", "verdicts", &difference.verdicts),
    ];
    let body = html! {
        header {
            h1 { (text(&title)) }
            @if more + less + other == 0 {
                p { "No difference in openness." }
            } @else {
                ul.labels {
                    li.good { span.name { "more open" } strong.verdict { "+ " (more) } }
                    li.bad { span.name { "less open" } strong.verdict { "− " (less) } }
                    li { span.name { "otherwise different" } strong.verdict { "~ " (other) } }
                }
            }
        }
        @for (heading, id, changes) in parts {
            @if !changes.is_empty() {
                section aria-labelledby=(id) {
                    h2 id=(id) { (heading) }
                    (table(changes))
                }
            }
        }
        @if !difference.notes.is_empty() {
            section aria-labelledby="notes" {
                h2 #notes { "Limits of the comparison" }
                ul { @for note in &difference.notes { li { (text(note)) } } }
            }
        }
        p { "Nothing is verified here: the page compares what the two releases declare." }
    };
    document(&title, &body, out)
}

fn table(changes: &[Change]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Fact" }
                th scope="col" { "Before" }
                th scope="col" { "After" }
                th scope="col" { "Direction" }
            } }
            tbody { @for change in changes { (row(change)) } }
        }
    }
}

fn row(change: &Change) -> Markup {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not stated".to_owned());
    let (class, word) = match change.direction {
        Direction::MoreOpen => ("good", "+ more open"),
        Direction::LessOpen => ("bad", "− less open"),
        Direction::Other => ("plain", "~ different"),
    };
    html! {
        tr {
            th scope="row" { (text(&change.subject)) ", " (text(&change.fact)) }
            td { span.narrow { "Before: " } (text(&value(&change.before))) }
            td {
                span.narrow { "After: " } (text(&value(&change.after)))
                @if let Some(limit) = &change.limit { " under " (text(limit)) }
            }
            td { span class=(class) { (word) } }
        }
    }
}
