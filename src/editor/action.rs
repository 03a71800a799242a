//! What can be changed about findings: their fixes, and comments that allow them.

use super::syntax::Syntax;
use crate::finding::{Edit, Finding, Fix, Safety, Severity};
use crate::rules;
use crate::source::{Source, Span};

/// A change that an editor offers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action {
    /// What is done.
    pub title: String,
    /// The place in the list of findings of the one that it is about.
    pub finding: usize,
    /// The edits, which belong together.
    pub edits: Vec<Edit>,
    /// Whether it can only be what was meant.
    pub is_certain: bool,
}

/// Returns the changes that concern findings in a part of the text: first the fixes, then the comments that allow a finding.
///
/// A comment is written without a reason, and allows nothing until a person writes one.
#[must_use]
pub fn actions(source: &Source, findings: &[Finding], span: Span) -> Vec<Action> {
    let touches = |(_, finding): &(usize, &Finding)| {
        finding.primary.span.start <= span.end && span.start <= finding.primary.span.end
    };
    let here: Vec<(usize, &Finding)> = findings.iter().enumerate().filter(touches).collect();
    if here.is_empty() {
        return Vec::new();
    }
    let syntax = Syntax::of(source.text());
    let fixes = here.iter().filter_map(|(at, finding)| Some(fixed(*at, finding.fix.as_ref()?)));
    let comments = here.iter().filter_map(|(at, finding)| allowed(source, &syntax, *at, finding));
    let mut actions: Vec<Action> = Vec::new();
    for action in fixes.chain(comments) {
        // Two findings of one rule at one key have one fix, or are allowed by one comment.
        if !actions.iter().any(|other| other.edits == action.edits) {
            actions.push(action);
        }
    }
    actions
}

fn fixed(finding: usize, fix: &Fix) -> Action {
    let is_certain = fix.safety == Safety::Safe;
    let title = if is_certain { fix.title.clone() } else { format!("{}, if that is meant", fix.title) };
    Action { title, finding, edits: fix.edits.clone(), is_certain }
}

/// Writes a comment above the key or header of the finding.
fn allowed(source: &Source, syntax: &Syntax, at: usize, finding: &Finding) -> Option<Action> {
    let is_fixed = finding.severity == Severity::Error && rules::has_fixed_level(finding.rule);
    let span = finding.primary.span;
    if is_fixed || span == Span::default() || source.slice(span).starts_with('#') {
        return None;
    }
    let entries = &syntax.table_at(span.start).entries;
    let entry = entries.iter().find(|entry| entry.span.start <= span.start && span.start <= entry.span.end);
    let key = entry.map_or(span.start, |entry| entry.span.start);
    let line = source.line_span(source.position(key).line)?;
    let indent: String = source.slice(line).chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let code = finding.rule.code;
    let comment = format!("{indent}# openness: allow {code} \n");
    Some(Action {
        title: format!("allow {code} here (write the reason at the end of the comment)"),
        finding: at,
        edits: vec![Edit::of_manifest((line.start..line.start).into(), comment)],
        is_certain: false,
    })
}
