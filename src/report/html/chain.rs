//! The bases of a release as a drawing: each base on the left, an arrow with what the release is to it, and the release.

use maud::{Markup, html};

use super::{cut, shown, text, tone};
use crate::report::page::{CHAIN_LIMITS, ChainRow, Page, Tone};

/// The width of the drawing, of a box, and the height of a row, in px.
const WIDTH: usize = 740;
const BOX: usize = 270;
const ROW: usize = 64;
/// The room next to the boxes in px.
const MARGIN: usize = 10;
/// The height of a box in px.
const HEIGHT: usize = 48;
/// The most characters on a line of a box, also in a wide font.
const LETTERS: usize = 27;

/// Writes the section, if there is a base.
pub(super) fn section(page: &Page<'_>) -> Markup {
    if page.chain.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="bases" {
            h2 #bases { "Bases and their licenses" }
            div.scroll tabindex="0" role="region" aria-label="Drawing of the bases" { (drawing(page)) }
            ul.terms {
                @for row in &page.chain {
                    li class=(tone(row.tone)) {
                        strong { (text(&row.base)) }
                        span.limit { (row.outcome) }
                        span { (text(&row.why)) }
                    }
                }
            }
            @if page.more_bases > 0 { p { "Further bases: " (page.more_bases) } }
            p { (CHAIN_LIMITS) }
        }
    }
}

fn drawing(page: &Page<'_>) -> Markup {
    let height = ROW * page.chain.len();
    let middle = height / 2;
    let view = format!("0 0 {WIDTH} {height}");
    let said: Vec<String> = page.chain.iter().map(in_words).collect();
    let mut offered: Vec<&str> = page.chain.iter().map(|row| row.offered.as_str()).collect();
    offered.dedup();
    let own = (WIDTH - BOX - MARGIN, middle.saturating_sub(HEIGHT / 2));
    html! {
        svg viewBox=(view) width=(WIDTH) height=(height) role="img" aria-label=(shown(&said.join(". "))) {
            @for (at, row) in page.chain.iter().enumerate() {
                (link(row, at * ROW + ROW / 2, middle))
                (node((MARGIN, at * ROW + (ROW - HEIGHT) / 2), &row.base, &row.license))
            }
            (node(own, &page.title, &offered.join(", ")))
        }
    }
}

fn in_words(row: &ChainRow) -> String {
    let ChainRow { base, license, relation, offered, outcome, .. } = row;
    format!("{base}, {license}, of which this is {relation} under {offered}: {outcome}")
}

/// Draws a box with two lines of text.
fn node((x, y): (usize, usize), name: &str, license: &str) -> Markup {
    html! {
        rect.track x=(x) y=(y) width=(BOX) height=(HEIGHT) rx="4" {}
        text.head x=(x + 10) y=(y + 19) { (cut(name, LETTERS)) }
        text.soft x=(x + 10) y=(y + 38) { (cut(license, LETTERS)) }
    }
}

/// Draws the arrow from a base, with the relation and a mark that says the outcome without color.
fn link(row: &ChainRow, from: usize, to: usize) -> Markup {
    let mark = match row.tone {
        Tone::Good => "\u{2713}",
        Tone::Some => "?",
        Tone::Bad => "\u{2717}",
        Tone::Plain => "",
    };
    let (start, end) = (MARGIN + BOX, WIDTH - BOX - MARGIN);
    let line = format!("M{start} {from}L{} {from}L{} {to}L{end} {to}", start + 130, end - 16);
    let head = format!("M{end} {to}l-9 -5v10z");
    html! {
        path class=(format!("link l-{}", tone(row.tone))) d=(line) {}
        path class=(format!("g-{}", tone(row.tone))) d=(head) {}
        text.soft x=(start + 6) y=(from - 6) { (mark) " " (row.relation) }
    }
}
