//! Bar charts as SVG.

use std::fmt::Write as _;

use super::super::html::escaped;

/// The height of a bar with its margin, and where bars start and end, in pixels.
const ROW: usize = 22;
const LEFT: usize = 260;
const WIDTH: usize = 360;
/// The longest label, in characters.
const LABEL: usize = 36;

/// Draws a bar for each value, as long as its share of the longest.
pub(super) fn bars(title: &str, values: &[(&str, u64)]) -> String {
    let most = values.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let height = values.len() * ROW + 4;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {height}\" width=\"100%\" role=\"img\" aria-label=\"{}\">\n",
        LEFT + WIDTH + 90,
        escaped(title)
    );
    for (at, (label, count)) in values.iter().enumerate() {
        let share = u64::try_from(WIDTH).unwrap_or(1).saturating_mul(*count) / most;
        let (y, text) = (at * ROW, at * ROW + 15);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{text}\" text-anchor=\"end\">{}</text><rect x=\"{LEFT}\" y=\"{}\" width=\"{}\" height=\"16\" \
             rx=\"2\"><title>{}: {count}</title></rect><text x=\"{}\" y=\"{text}\">{count}</text>",
            LEFT - 8,
            escaped(&cut(label)),
            y + 3,
            share.max(1),
            escaped(label),
            u64::try_from(LEFT).unwrap_or(0) + share.max(1) + 6,
        );
    }
    svg.push_str("</svg>");
    svg
}

fn cut(label: &str) -> String {
    match label.char_indices().nth(LABEL) {
        Some((at, _)) => format!("{}…", &label[..at]),
        None => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share_and_its_label_is_text() {
        let svg = bars("Licenses", &[("MIT", 10), ("<b>", 5), ("rare", 0)]);
        assert!(
            svg.contains(&format!("width=\"{WIDTH}\"")) && svg.contains(&format!("width=\"{}\"", WIDTH / 2)),
            "{svg}"
        );
        assert!(svg.contains("width=\"1\"") && svg.contains("&lt;b&gt;") && !svg.contains("<b>"), "{svg}");
        assert!(bars("None", &[]).ends_with("</svg>"));
    }
}
