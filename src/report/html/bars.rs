//! The graded indices as bars, with what is not decided drawn as such.

use maud::{Markup, html};

use crate::report::page::{Bar, Page};

/// The width and height of a bar, in px.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 18.0;

/// Writes the section with the indices, if any was evaluated.
pub(super) fn section(page: &Page<'_>) -> Markup {
    if page.bars.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="indices" {
            h2 #indices { "Graded indices" }
            p { "Solid is what the declared facts suffice for; dashed is what they leave open. The scores are derived from the \
                 manifest and are not those of the indices' authors." }
            div.bars { @for bar in &page.bars { (figure(bar)) } }
        }
    }
}

fn figure(bar: &Bar) -> Markup {
    let at = |value: f64| (value / bar.most).clamp(0.0, 1.0) * WIDTH;
    let (low, high) = (at(bar.low), at(bar.high));
    let number = |value: f64| format!("{value:.1}");
    let view = format!("0 0 {WIDTH} {HEIGHT}");
    html! {
        figure {
            figcaption { strong { (bar.name) } ": " (bar.text) }
            svg viewBox=(view) width=(WIDTH) height=(HEIGHT) role="img" aria-label=(format!("{}: {}", bar.name, bar.text)) {
                rect.track x="0.5" y="0.5" width=(WIDTH - 1.0) height=(HEIGHT - 1.0) rx="3" {}
                @if low > 0.0 { rect.sure x="0" y="0" width=(number(low)) height=(HEIGHT) rx="3" {} }
                @if high > low {
                    rect.unsure x=(number(low)) y="0.5" width=(number((high - low - 0.5).max(0.5))) height=(HEIGHT - 1.0) {}
                }
            }
        }
    }
}
