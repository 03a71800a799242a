//! Fixes: the edits that rules propose, as ranges of bytes, and texts with edits made.
//!
//! Edits are made in the text itself and never by writing a parsed document back (as with `toml_edit`): whatever no edit
//! covers stays byte by byte as it is, editors and reports get the ranges that they need, and one lexer reads what is checked
//! and what is fixed.

mod edits;
mod outline;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::{Edit, Finding, Fix};
use crate::source::Source;

pub(crate) use edits::attach;

/// Fixes that can be applied together, and the texts that follow.
#[derive(Debug, Default)]
pub struct Changes {
    manifest: Vec<Edit>,
    others: BTreeMap<String, (Arc<Source>, Vec<Edit>)>,
    titles: Vec<String>,
}

impl Changes {
    /// Chooses fixes of findings, in their order. One that would change the same text as an earlier one in another way is left
    /// for the next time.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>, mut wants: impl FnMut(&Fix) -> bool) -> Self {
        let mut changes = Self::default();
        for fix in findings.into_iter().filter_map(|finding| finding.fix.as_ref()) {
            if wants(fix) && fix.edits.iter().all(|edit| changes.has_room(edit)) {
                changes.add(fix);
            }
        }
        changes
    }

    /// Returns the titles of the fixes.
    #[must_use]
    pub fn titles(&self) -> &[String] {
        &self.titles
    }

    /// Returns whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.titles.is_empty()
    }

    /// Returns the edits of the manifest, in order; they do not overlap.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.manifest
    }

    /// Returns the text of the manifest with the edits made.
    #[must_use]
    pub fn manifest(&self, text: &str) -> String {
        edited(text, &self.manifest)
    }

    /// Returns the other files that change, as they were read, each with its new text.
    pub fn others(&self) -> impl Iterator<Item = (&Source, String)> {
        self.others.values().map(|(source, edits)| (&**source, edited(source.text(), edits)))
    }

    fn of_file(&self, edit: &Edit) -> &[Edit] {
        match edit.path() {
            None => &self.manifest,
            Some(path) => self.others.get(path).map_or(&[], |(_, edits)| edits),
        }
    }

    /// Returns whether an edit is there already, or touches no text of another.
    fn has_room(&self, edit: &Edit) -> bool {
        let edits = self.of_file(edit);
        let next = edits.partition_point(|other| key(other) < key(edit));
        let is_free = |other: &Edit| other == edit || !overlap(other, edit);
        // Edits do not overlap each other, so only neighbors can overlap this one.
        edits[..next].iter().rev().take(2).chain(edits[next..].iter().take(2)).all(is_free)
    }

    fn add(&mut self, fix: &Fix) {
        for edit in &fix.edits {
            let edits = match &edit.file {
                None => &mut self.manifest,
                Some(file) => {
                    &mut self.others.entry(file.name().to_owned()).or_insert_with(|| (file.clone(), Vec::new())).1
                }
            };
            if !edits.contains(edit) {
                let at = edits.partition_point(|other| key(other) <= key(edit));
                edits.insert(at, edit.clone());
            }
        }
        self.titles.push(fix.title.clone());
    }
}

/// The order of edits in a text.
fn key(edit: &Edit) -> (usize, usize) {
    (edit.span.start, edit.span.end)
}

/// Returns whether two edits replace a common part of a text. Two insertions at one place follow each other.
fn overlap(one: &Edit, other: &Edit) -> bool {
    let (one, other) = (one.span, other.span);
    one.start < other.end && other.start < one.end
}

/// Makes edits, which are in order and do not overlap.
fn edited(text: &str, edits: &[Edit]) -> String {
    let mut result = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in edits {
        result.push_str(text.get(at..edit.span.start).unwrap_or_default());
        result.push_str(&edit.text);
        at = edit.span.end;
    }
    result.push_str(text.get(at..).unwrap_or_default());
    result
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::finding::{Safety, rule_info};

    rule_info! {
        /// ## What it does
        /// Nothing.
        RULE = "OPN000" "nothing" Error
    }

    fn finding(edits: &[(usize, usize, &str)]) -> Finding {
        let edits = edits.iter().map(|(start, end, text)| Edit::of_manifest((*start..*end).into(), *text)).collect();
        let mut finding = Finding::new(&RULE, (0..0).into(), "x");
        finding.fix = Some(Fix { title: "do".to_owned(), safety: Safety::Safe, edits });
        finding
    }

    fn applied(findings: &[Finding]) -> (String, usize) {
        let changes = Changes::of(findings, |_| true);
        (changes.manifest("abcdef"), changes.titles().len())
    }

    #[test]
    fn edits_replace_their_spans_and_nothing_else() {
        assert_eq!(applied(&[]), ("abcdef".to_owned(), 0));
        assert_eq!(
            applied(&[finding(&[(4, 5, ""), (0, 1, "xy")]), finding(&[(2, 2, "-")])]),
            ("xyb-cdf".to_owned(), 2)
        );
        // The same edit, wanted by two fixes, is made once; insertions at one place follow each other.
        assert_eq!(applied(&[finding(&[(1, 2, "B")]), finding(&[(1, 2, "B")])]), ("aBcdef".to_owned(), 2));
        assert_eq!(applied(&[finding(&[(6, 6, "1")]), finding(&[(6, 6, "2")])]), ("abcdef12".to_owned(), 2));
    }

    #[test]
    fn a_fix_that_overlaps_an_earlier_one_is_left_out_whole() {
        let later = finding(&[(0, 1, "A"), (3, 4, "D")]);
        for earlier in [(3, 4, "x"), (2, 6, ""), (3, 5, "y")] {
            let (text, made) = applied(&[finding(&[earlier]), later.clone()]);
            assert_eq!((made, text.starts_with('a')), (1, true), "{earlier:?}");
        }
        assert_eq!(applied(&[finding(&[(4, 6, "")]), later.clone()]), ("AbcD".to_owned(), 2), "they only touch");
        assert_eq!(Changes::of(&[later], |_| false).titles().len(), 0);
    }
}
