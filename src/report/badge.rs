//! A badge as a small SVG image, for the top of a README: the verdict of one taxonomy, what limits the use of the weights,
//! and the key that signed.
//!
//! The image is self-contained: it has no scripts and loads no fonts or other images.

use std::io::{self, Write};

use maud::html;

use super::overview::{self, Rank};
use super::shown;
use super::verdict::summary;
use crate::evaluate::Evaluation;
use crate::manifest::Manifest;

/// The approximate width of a character in 11 px Verdana, in px. The text is stretched to fit.
const CHARACTER: usize = 7;
/// The space to the left and right of a text, in px.
const MARGIN: usize = 6;
/// The most characters of the limits; the title has them whole.
const ROOM: usize = 60;

/// Writes the badge for one evaluation. `keys` are the ids of keys that signatures next to the manifest are named after,
/// which the badge calls unverified.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(manifest: &Manifest, evaluation: &Evaluation, keys: &[String], out: &mut impl Write) -> io::Result<()> {
    let limit = overview::limit_of_weights(manifest);
    let mut parts = vec![(evaluation.taxonomy.to_owned(), GRAY), (summary(evaluation), color(evaluation))];
    let base = evaluation.limits_of_bases().next().and_then(|reason| reason.base.as_deref());
    parts.extend(base.map(|base| (format!("limited by the base {}", cut(base)), AMBER)));
    parts.extend(limit.as_ref().map(|limit| (format!("limited: {}", cut(limit)), AMBER)));
    let key = keys.first().map(|key| match keys.len() {
        1 => format!("signature by {key}, unverified"),
        more => format!("signatures by {key} and {} more, unverified", more - 1),
    });
    parts.push((key.unwrap_or_else(|| "unsigned".to_owned()), GRAY));
    let whole = limit.map_or_else(String::new, |limit| format!("; use of the weights is limited: {limit}"));
    let signed = parts.last().map_or("", |(text, _)| text.as_str());
    let whole = match evaluation.limits_of_bases().next() {
        Some(reason) => format!("{whole}; {}", reason.text),
        None => whole,
    };
    let said = format!("{}: {}{whole}; {signed}", evaluation.taxonomy, summary(evaluation));
    let mut at = 0;
    let placed: Vec<(usize, usize, String, &str)> = parts
        .into_iter()
        .map(|(text, color)| {
            let text = shown(&text).into_owned();
            let width = text.chars().count() * CHARACTER + 2 * MARGIN;
            at += width;
            (at - width, width, text, color)
        })
        .collect();
    let image = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(at) height="20" role="img" aria-label=(shown(&said)) {
            title { (shown(&said)) }
            clipPath id="r" { rect width=(at) height="20" rx="3" {} }
            g clip-path="url(#r)" {
                @for (start, width, _, color) in &placed { rect x=(start) width=(width) height="20" fill=(color) {} }
            }
            g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" {
                @for (start, width, text, _) in &placed {
                    text x=(start + MARGIN) y="14" textLength=(width - 2 * MARGIN) { (text) }
                }
            }
        }
    };
    writeln!(out, "{}", image.into_string())
}

const GRAY: &str = "#3f3f46";
const AMBER: &str = "#854d0e";

fn cut(text: &str) -> String {
    if text.chars().count() <= ROOM {
        return text.to_owned();
    }
    let kept: String = text.chars().take(ROOM - 1).collect();
    format!("{}…", kept.trim_end())
}

/// Green if no reason keeps the verdict from being better, red if the verdict is the worst one, otherwise amber. White text
/// has a contrast of at least 4.5 to 1 on each.
fn color(evaluation: &Evaluation) -> &'static str {
    match overview::rank(evaluation) {
        Rank::Worst => "#b91c1c",
        Rank::Between => AMBER,
        Rank::Best => "#166534",
    }
}
