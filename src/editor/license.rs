//! Licenses as editors show them: by name, and what they allow.

use crate::license::standing::{Standing, clauses, standing};
use crate::license::{self, License};

/// Returns what a license is called and what it allows, as Markdown; `None` if nothing is known about it.
pub(super) fn described(id: &str) -> Option<String> {
    let name = license::named(id)?;
    let mut text = format!("**{id}**: {}", name.name);
    let Ok(License::Expression(expression)) = license::read(id) else { return Some(text) };
    text.push_str(match standing(&expression) {
        Standing::OsiApproved => "\n\nApproved by the Open Source Initiative.",
        Standing::Unrestricted => "\n\nDoes not restrict use.",
        _ => "",
    });
    let clauses = clauses(&expression);
    if !clauses.is_empty() {
        text.push_str("\n\nThis license ");
        text.push_str(&clauses.join(", "));
        text.push('.');
    }
    if name.is_deprecated {
        text.push_str("\n\nThe id is deprecated.");
    }
    Some(text)
}

/// Returns the term of an expression that is around an offset in it, without parentheses and `+`.
pub(super) fn term_at(expression: &str, offset: usize) -> std::ops::Range<usize> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')');
    let offset = offset.min(expression.len());
    let start = expression[..offset].rfind(ends).map_or(0, |at| at + 1);
    let end = expression[offset..].find(ends).map_or(expression.len(), |at| offset + at);
    start..end
}
