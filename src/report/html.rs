//! A page about a release as a single HTML file, without scripts or external resources, for print, dark mode and narrow screens.
//!
//! The markup is written with `maud`, which escapes every value; only the style sheet is passed on as it is.

mod bars;
mod chain;
mod change;
mod matrix;
mod style;

use std::io::{self, Write};

pub use change::write as write_difference;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::page::{Page, Tone};
use super::shown;

/// Writes the page.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(page: &Page<'_>, out: &mut impl Write) -> io::Result<()> {
    let title = format!("Openness of {}", page.title);
    let body = html! {
        header {
            h1 { (text(&title)) }
            @if let Some(limit) = &page.limit {
                p.banner { strong { "Use of the weights is limited. " } (text(limit)) }
            }
            dl.facts {
                @for facts in page.facts.chunk_by(|one, next| one.0 == next.0) {
                    div {
                        dt { (facts.first().map_or("", |(name, _)| *name)) }
                        @for (_, value) in facts { dd { (text(value)) } }
                    }
                }
            }
        }
        section aria-labelledby="labels" {
            h2 #labels { "Labels" }
            ul.labels {
                @for label in &page.labels {
                    li class=(tone(label.tone)) {
                        span.name { (label.name) }
                        strong.verdict { (text(&label.verdict)) }
                        span.reason { (text(&label.reason)) }
                    }
                }
            }
            @for note in &page.base_notes {
                p.note { (text(note)) }
            }
        }
        (chain::section(page))
        (matrix::section(page))
        (bars::section(page))
        (licenses(page))
        @if !page.claims.is_empty() {
            section aria-labelledby="claims" {
                h2 #claims { "Claims of the producer" }
                ul { @for claim in &page.claims {
                    li { (text(&claim.text)) ": " strong { (claim.outcome) } }
                } }
            }
        }
        (components(page))
        (taxonomies(page))
        @if !page.disagreements.is_empty() {
            section aria-labelledby="disagreements" {
                h2 #disagreements { "Where taxonomies disagree" }
                ul { @for sentence in &page.disagreements { li { (text(sentence)) } } }
            }
        }
        section aria-labelledby="proof" {
            h2 #proof { "Who signed, and what is not proved" }
            p { (text(&page.signers)) }
            p { (text(page.limits)) }
        }
    };
    document(&title, &body, out)
}

/// Writes a document around the content of its `main` element.
fn document(title: &str, body: &Markup, out: &mut impl Write) -> io::Result<()> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // The page loads nothing and runs nothing, whatever a manifest contains.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (shown(title)) }
                style { (style::sheet()) }
            }
            body { main { (body) } }
        }
    };
    writeln!(out, "{}", page.into_string())
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Some => "some",
        Tone::Bad => "bad",
        Tone::Plain => "plain",
    }
}

fn licenses(page: &Page<'_>) -> Markup {
    html! {
        section aria-labelledby="licenses" {
            h2 #licenses { "Licenses and their limits" }
            @if page.terms.is_empty() { p { "No component is released." } }
            ul.terms {
                @for terms in &page.terms {
                    li class=(tone(terms.tone)) {
                        strong { (text(&terms.license)) }
                        span.limit { (text(&terms.limit)) }
                        span { (text(&terms.components)) }
                    }
                }
            }
        }
    }
}

fn components(page: &Page<'_>) -> Markup {
    html! {
        section aria-labelledby="components" {
            h2 #components { "Components" }
            @if page.components.is_empty() { p { "No component is declared." } }
            @for row in &page.components {
                details {
                    summary { (text(row.id)) ": " span class=(tone(row.tone)) { (row.openness) } }
                    dl {
                        @if let Some(license) = row.license { dt { "License" } dd { (text(license)) } }
                        @if let Some(limit) = &row.limit { dt { "Limits use" } dd { (text(limit)) } }
                        @if !row.files.is_empty() { dt { "Files" } dd { (text(&row.files)) } }
                        @if !row.links.is_empty() {
                            dt { "Elsewhere" }
                            @for link in &row.links { dd { (anchor(link)) } }
                        }
                        @if let Some(reason) = row.reason { dt { "Reason" } dd { (text(reason)) } }
                    }
                }
            }
        }
    }
}

fn taxonomies(page: &Page<'_>) -> Markup {
    html! {
        section aria-labelledby="taxonomies" {
            h2 #taxonomies { "Assessment by taxonomy" }
            @for verdict in &page.verdicts {
                details {
                    summary { (text(&verdict.title)) ": " strong { (text(&verdict.summary)) } }
                    p { "Source: " (anchor(&verdict.source)) }
                    @if verdict.shortfalls.is_empty() {
                        p { "Nothing keeps the verdict from being better." }
                    } @else {
                        p { "What a better verdict lacks:" }
                        ul { @for found in &verdict.shortfalls { li { (text(found)) } } }
                    }
                }
            }
        }
    }
}

/// Writes a link, if the address is one of the web; otherwise only its text.
fn anchor(address: &str) -> Markup {
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    html! {
        @if is_web { a href=(shown(address)) rel="noreferrer nofollow" { (shown(address)) } } @else { (text(address)) }
    }
}

/// Writes text. Pairs of backticks become `<code>`.
fn text(text: &str) -> Markup {
    let text = shown(text);
    let parts: Vec<&str> = text.split('`').collect();
    let has_pairs = parts.len() % 2 == 1;
    html! {
        @if has_pairs {
            @for (at, part) in parts.iter().enumerate() {
                @if at % 2 == 1 { code { (part) } } @else { (part) }
            }
        } @else { (&*text) }
    }
}

/// Returns text as it is shown in a drawing, with at most `room` characters.
fn cut(text: &str, room: usize) -> String {
    let text = shown(text);
    if text.chars().count() <= room {
        return text.into_owned();
    }
    let kept: String = text.chars().take(room - 1).collect();
    format!("{}…", kept.trim_end())
}

/// Escapes text for an element or a quoted attribute. Pairs of backticks become `<code>`.
pub(super) fn escaped(value: &str) -> String {
    text(value).into_string()
}

/// Text of our own that is markup already.
fn raw(markup: &str) -> PreEscaped<&str> {
    PreEscaped(markup)
}

#[cfg(test)]
mod tests {
    use super::{anchor, escaped};

    #[test]
    fn text_from_a_manifest_cannot_become_markup() {
        assert_eq!(escaped("<script>\"&</script>"), "&lt;script&gt;&quot;&amp;&lt;/script&gt;");
        assert_eq!(escaped("`<x>` is"), "<code>&lt;x&gt;</code> is");
        assert_eq!(escaped("an odd `"), "an odd `");
    }

    #[test]
    fn only_addresses_of_the_web_become_links() {
        assert_eq!(anchor("javascript:alert(1)").into_string(), "javascript:alert(1)");
        let link = anchor("https://example.org/\"><b>").into_string();
        assert!(link.starts_with("<a href=\"https://example.org/&quot;&gt;&lt;b&gt;\""), "{link}");
    }
}
