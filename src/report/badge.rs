//! A badge: the verdict of one taxonomy as a small SVG image, for the top of a README.
//!
//! The image is self-contained: it has no scripts and loads no fonts or other images.

use std::io::{self, Write};

use super::html::escaped;
use super::shown;
use super::verdict::summary;
use crate::evaluate::Evaluation;

/// The approximate width of a character in 11 px Verdana, in px. The text is stretched to fit.
const CHARACTER: usize = 7;
/// The space to the left and right of a text, in px.
const MARGIN: usize = 6;

/// Writes the badge for one evaluation.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    let (label, value) = (evaluation.taxonomy, summary(evaluation));
    let width = |text: &str| shown(text).chars().count() * CHARACTER;
    let (left, right) = (width(label) + 2 * MARGIN, width(&value) + 2 * MARGIN);
    let whole = left + right;
    let (said, shown_label, shown_value) = (escaped(&format!("{label}: {value}")), escaped(label), escaped(&value));
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" aria-label=\"{said}\">\
         <title>{said}</title>\
         <rect width=\"{whole}\" height=\"20\" rx=\"3\" fill=\"#3f3f46\"/>\
         <path d=\"M{left} 0h{}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z\" fill=\"{}\"/>\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\
         <text x=\"{MARGIN}\" y=\"14\" textLength=\"{}\">{shown_label}</text>\
         <text x=\"{}\" y=\"14\" textLength=\"{}\">{shown_value}</text></g></svg>",
        right.saturating_sub(3),
        color(evaluation),
        left - 2 * MARGIN,
        left + MARGIN,
        right - 2 * MARGIN,
    )
}

/// Green if no reason keeps the verdict from being better, red if the verdict is the worst one, otherwise amber. White text
/// has a contrast of at least 4.5 to 1 on each.
fn color(evaluation: &Evaluation) -> &'static str {
    match evaluation.verdict.map(|verdict| verdict.as_str()) {
        Some("fails" | "unclassified" | "absent" | "none" | "fully-closed") => "#b91c1c",
        _ if evaluation.reasons.iter().any(|reason| reason.outcome.defeats()) => "#854d0e",
        _ => "#166534",
    }
}
