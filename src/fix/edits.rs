//! Turns what rules propose into edits of a text.

use std::cell::OnceCell;

use super::outline::Outline;
use crate::finding::{Change, Edit, Finding, Fix, Proposal};
use crate::source::{Source, Span};

/// Turns the proposals of findings into fixes. What cannot be written is left out, such as a key whose new name the table has
/// already.
pub(crate) fn attach(source: &Source, findings: &mut [Finding]) {
    let outline = OnceCell::new();
    for finding in findings {
        if let Some(proposal) = finding.proposal.take() {
            finding.fix = fix(source, *proposal, &outline);
        }
    }
}

fn fix(source: &Source, proposal: Proposal, outline: &OnceCell<Outline>) -> Option<Fix> {
    let text = source.text();
    let outline = || outline.get_or_init(|| Outline::of(text));
    let edits = match proposal.change {
        Change::RenameKey { key, to } => {
            let renamed = |place: Span| Edit::of_manifest(place, renamed(source.slice(place), &to));
            outline().places(key, &to)?.map(renamed).collect()
        }
        Change::ReplaceString { value, to } => vec![Edit::of_manifest(value, requoted(source.slice(value), &to))],
        Change::ReplaceValue { value, toml } => vec![Edit::of_manifest(value, toml)],
        Change::Surround { value, before, after } => vec![
            Edit::of_manifest((value.start..value.start).into(), before),
            Edit::of_manifest((value.end..value.end).into(), after),
        ],
        Change::InsertKey { after, key, value } => vec![inserted(source, outline(), after, key, &value)?],
        Change::RemoveItem { item } => vec![without_item(text, outline(), item)?],
        Change::RemoveText { text: removed } => vec![Edit::of_manifest(whole_line(text, removed), "")],
        Change::EndLinesInLf => vec![with_lf(text)?],
        Change::Other(edits) => edits,
    };
    Some(Fix { title: proposal.title, safety: proposal.safety, edits })
}

/// Writes a key in the place of another one: bare if that one is and if it can be.
fn renamed(old: &str, to: &str) -> String {
    let is_bare = !to.is_empty() && to.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if is_bare && !old.starts_with(['"', '\'']) { to.to_owned() } else { requoted(old, to) }
}

/// Writes a string in the place of another one, in quotes of the same kind if it can be.
fn requoted(old: &str, to: &str) -> String {
    let is_plain = |c: char| !c.is_control() && !matches!(c, '\'' | '"' | '\\');
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| old.starts_with(quote)).unwrap_or("\"");
    if to.chars().all(is_plain) {
        return format!("{quote}{to}{quote}");
    }
    let mut written = String::from('"');
    for c in to.chars() {
        match c {
            '"' | '\\' => written.extend(['\\', c]),
            c if c.is_control() => written.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => written.push(c),
        }
    }
    written.push('"');
    written
}

/// Adds a key below the line of another one, or after it in an inline table.
fn inserted(source: &Source, outline: &Outline, after: Span, key: &str, value: &str) -> Option<Edit> {
    let other = outline.value(after)?;
    let written = format!("{key} = {}", requoted("\"", value));
    Some(match other.line_end {
        Some(end) => {
            let before = source.slice(other.before_key);
            Edit::of_manifest((end..end).into(), format!("\n{before}{written}"))
        }
        None => Edit::of_manifest((after.end..after.end).into(), format!(", {written}")),
    })
}

/// Removes an item of a list with one of its commas, and its line if nothing else is on it.
fn without_item(text: &str, outline: &Outline, item: Span) -> Option<Edit> {
    let value = outline.value(item)?;
    let blank_before = |at: usize| text[..at].trim_end_matches([' ', '\t']).len();
    let blank_after = |at: usize| text.len() - text[at..].trim_start_matches([' ', '\t']).len();
    let (mut start, mut end) = match (value.comma_after, value.comma_before) {
        (Some(comma), _) if text[item.end..comma.start].trim().is_empty() => (item.start, comma.end),
        (None, Some(comma)) if text[comma.end..item.start].trim().is_empty() => (comma.start, item.end),
        // A comment is between the item and its comma.
        (Some(_), _) | (None, Some(_)) => return None,
        (None, None) => (item.start, item.end),
    };
    let (line_start, line_end) = (blank_before(start), blank_after(end));
    let is_first = text[..line_start].ends_with('\n');
    let is_last = text[line_end..].starts_with('\n') || text[line_end..].starts_with("\r\n");
    match (is_first, is_last) {
        (true, true) => {
            start = line_start;
            end = line_end + text[line_end..].find('\n')? + 1;
        }
        // The space that followed the comma.
        (false, false) if value.comma_after.is_some() => end = line_end,
        (false, true) if value.comma_after.is_some() => start = line_start,
        _ => {}
    }
    Some(Edit::of_manifest((start..end).into(), ""))
}

/// Returns a span with the whole of its line, if nothing else is on it, or with the space before it if nothing is after it.
fn whole_line(text: &str, span: Span) -> Span {
    let before = text[..span.start].trim_end_matches([' ', '\t']).len();
    let rest = &text[span.end..];
    let is_alone = before == 0 || text[..before].ends_with('\n');
    match rest.strip_prefix('\n') {
        Some(_) if is_alone => (before..span.end + 1).into(),
        None if !rest.is_empty() => span,
        _ => (before..span.end).into(),
    }
}

/// Puts LF in place of CRLF and of CR, from the first to the last of them.
fn with_lf(text: &str) -> Option<Edit> {
    let (first, last) = (text.find('\r')?, text.rfind('\r')?);
    let changed = text[first..=last].replace("\r\n", "\n").replace('\r', "\n");
    // The last line feed is outside of the span.
    let changed = match text[last + 1..].starts_with('\n') {
        true => changed.strip_suffix('\n').unwrap_or(&changed).to_owned(),
        false => changed,
    };
    Some(Edit::of_manifest((first..last + 1).into(), changed))
}
