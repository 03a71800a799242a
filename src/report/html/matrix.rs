//! The matrix of components and what is said of each, as a picture.

use maud::{Markup, html};

use super::{cut, shown, text, tone};
use crate::report::page::{Cell, Page};

/// The height of a row and of the head, in px.
const ROW: usize = 26;
const HEAD: usize = 34;
/// The start of each column, and the width of the picture, in px.
const COLUMNS: [usize; 5] = [212, 322, 452, 712, 852];
const WIDTH: usize = 1012;
/// The most characters of a cell of each column; the whole text is in the title of the cell.
const ROOM: [usize; 5] = [12, 13, 29, 15, 18];
const NAME_ROOM: usize = 26;
const NAMES: [&str; 5] = ["availability", "documentation", "license and its limits", "safeguards", "distribution"];

/// Writes the section with the matrix.
pub(super) fn section(page: &Page<'_>) -> Markup {
    if page.matrix.is_empty() {
        return html! {};
    }
    let height = HEAD + ROW * page.matrix.len();
    let view = format!("0 0 {WIDTH} {height}");
    html! {
        section aria-labelledby="matrix" {
            h2 #matrix { "What is open" }
            div.scroll tabindex="0" role="region" aria-label="Matrix of components" {
                svg viewBox=(view) width=(WIDTH) height=(height) role="img" aria-labelledby="matrix-title" aria-describedby="matrix-text" {
                    title #matrix-title { "Components by availability, documentation, license, safeguards and distribution" }
                    desc #matrix-text { (shown(&page.matrix_text)) }
                    text.head x="10" y="22" { "component" }
                    @for (at, name) in NAMES.iter().enumerate() {
                        text.head x=(COLUMNS[at]) y="22" { (*name) }
                    }
                    @for (at, row) in page.matrix.iter().enumerate() {
                        (line(at, &row.component, &row.cells))
                    }
                }
            }
            p.key { (text(&page.matrix_key)) }
        }
    }
}

fn line(at: usize, component: &str, cells: &[Cell; 5]) -> Markup {
    let top = HEAD + ROW * at;
    let base = top + 18;
    html! {
        @if at.is_multiple_of(2) { rect.row x="0" y=(top) width=(WIDTH) height=(ROW) {} }
        text x="10" y=(base) { (cut(component, NAME_ROOM)) }
        @for (column, cell) in cells.iter().enumerate() {
            @let class = format!("g-{}", tone(cell.tone));
            g {
                title { (shown(&cell.text)) }
                (mark(&class, cell.mark, COLUMNS[column], top + 8))
                // What every id of a private license begins with would leave no room for its limits.
                @let said = cell.text.strip_prefix("LicenseRef-").unwrap_or(&cell.text);
                text x=(COLUMNS[column] + 16) y=(base) { (cut(said, ROOM[column])) }
            }
        }
    }
}

/// Draws the mark of a cell. Its shape says the same as its color.
fn mark(class: &str, fill: u8, x: usize, y: usize) -> Markup {
    let middle = x + 5;
    html! {
        @match fill {
            2 => { circle class=(class) cx=(middle) cy=(y + 5) r="5" {} }
            1 => { path class=(class) d=(format!("M{middle} {y}a5 5 0 0 0 0 10z")) {} }
            0 => { path class=(class) d=(format!("M{x} {}h10v3h-10z", y + 4)) {} }
            _ => { circle.g-plain cx=(middle) cy=(y + 5) r="3" {} }
        }
    }
}
