//! Comments that allow findings: `# openness: allow OPN310 reason`.
//!
//! One at the end of a line concerns the key of that line; one on a line of its own, the next key or table. A comment about a
//! table concerns everything in it, up to the next header.

use toml_parser::lexer::TokenKind;

use super::Suppression;
use crate::key_path::KeyPaths;
use crate::source::{Span, Spanned};

const MARK: &str = "# openness:";
/// The most comments that are heeded.
const MAX_SUPPRESSIONS: usize = 200;

/// Reads the comments of a text, in their order.
pub(super) fn suppressions(text: &str) -> Vec<Suppression> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let comments = toml_parser::Source::new(text).lex().filter(|token| token.kind() == TokenKind::Comment);
    let spans = comments.map(|token| Span { start: token.span().start(), end: token.span().end() });
    let marked = spans.filter(|span| text.get(span.range()).is_some_and(|comment| comment.starts_with(MARK)));
    let parts = Part::all(text);
    marked.take(MAX_SUPPRESSIONS).filter_map(|span| suppression(text, span, &parts)).collect()
}

fn suppression(text: &str, span: Span, parts: &[Part]) -> Option<Suppression> {
    let words = text.get(span.start + MARK.len()..span.end)?;
    let rest = words.trim().strip_prefix("allow").filter(|rest| rest.starts_with(char::is_whitespace));
    // Another verb is reported like the name of an unknown rule.
    let rest = rest.unwrap_or(words).trim();
    let (rule, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (place, covers) = concerned(text, span, parts);
    // A colon may be written between the rule and the reason.
    let rule = Spanned::new(rule.trim_end_matches([':', ',', ';']).to_owned(), span);
    Some(Suppression { span, rule, reason: reason.trim().to_owned(), place, covers })
}

/// Returns the key or table that a comment concerns, and its part of the text.
fn concerned(text: &str, comment: Span, parts: &[Part]) -> (String, Span) {
    let before = text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
    let is_alone = text[before..comment.start].trim().is_empty();
    let at = match is_alone {
        false => before,
        true => next_line(text, comment.end),
    };
    let Some(index) = parts.iter().position(|part| part.span.start <= at && at < part.span.end) else {
        return (String::new(), (comment.end..comment.end).into());
    };
    let part = &parts[index];
    let end = match part.is_header {
        true => parts[index + 1..].iter().find(|next| next.is_header).map_or(text.len(), |next| next.span.start),
        false => part.span.end,
    };
    (part.place.clone(), (part.span.start..end).into())
}

/// Returns the start of the next line that is neither empty nor a comment.
fn next_line(text: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(end) = text[at..].find('\n') {
        at += end + 1;
        let line = text[at..].lines().next().unwrap_or_default().trim();
        if !line.is_empty() && !line.starts_with('#') {
            return at;
        }
    }
    text.len()
}

/// Lines that belong to one key, or the header of a table.
struct Part {
    span: Span,
    /// `component.final-weights.files`.
    place: String,
    is_header: bool,
}

impl Part {
    fn all(text: &str) -> Vec<Self> {
        let mut keys = KeyPaths::new(text);
        let mut parts: Vec<Self> = Vec::new();
        let mut location = String::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            keys.advance_to(start);
            let here = keys.location();
            let end = start + line.len();
            let place = here.replace(['[', ']'], "").replace(' ', ".");
            match parts.last_mut().filter(|_| here == location) {
                Some(part) => part.span.end = end,
                None => parts.push(Self {
                    span: (start..end).into(),
                    place,
                    is_header: here.ends_with(']') || here.contains("]#") && !here.contains(' '),
                }),
            }
            location = here;
            start = end;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn a_comment_concerns_its_line_or_the_next_key_or_table() {
        let text = "schema = 1 # openness: allow OPN301 one\n# openness: allow a-name: two words\n\n# more\n[model]\n\
                    name = \"# openness: allow OPN302 no\"\nlist = [\n  1, # openness: allow OPN303\n  2,\n]\n\
                    [component.a]\n# openness: deny OPN304 x\nb = 1\n# openness: allow OPN305 last\n";
        let found = suppressions(text);
        let said: Vec<_> = found.iter().map(|one| (&*one.rule.value, &*one.reason, &*one.place)).collect();
        assert_eq!(
            said,
            [
                ("OPN301", "one", "schema"),
                ("a-name", "two words", "model"),
                ("OPN303", "", "model.list"),
                ("deny", "OPN304 x", "component.a.b"),
                ("OPN305", "last", ""),
            ]
        );
        let covered = |at: usize| &text[found[at].covers.range()];
        assert!(covered(0).starts_with("schema") && !covered(0).contains("[model]"));
        assert!(covered(1).starts_with("[model]") && covered(1).ends_with("]\n") && !covered(1).contains("component"));
        assert!(covered(2).starts_with("list = [") && covered(2).ends_with("]\n"), "{}", covered(2));
        assert_eq!(covered(4), "");
    }
}
