//! A baseline: the findings that are known already, so that only new ones are reported.
//!
//! An entry is the code of a rule, the table and key that the finding is about, and the files or names that it lists. Lines,
//! messages and values may change. A finding is known if an entry has its code and key and everything that it lists, and each
//! entry stands for one finding. Errors that cannot be waived are never known.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Allowed, By, Reported, is_fixed};
use crate::finding::Finding;
use crate::json;
use crate::key_path::KeyPaths;
use crate::source::{Source, Span};

/// The largest baseline that is read, in bytes.
pub const MAX_BASELINE_BYTES: usize = 64 << 20;
/// The rule that reports files without a component, which a baseline need not have.
const UNDECLARED_FILE: &str = "OPN303";
/// The version of the format.
const VERSION: u32 = 1;

/// The findings that are known already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    findings: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    key: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    items: BTreeSet<String>,
}

/// Why a file is not a baseline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is not JSON of this form.
    #[error("it is not a baseline")]
    Json(#[from] serde_json::Error),
    /// It has another version.
    #[error("it has version {0}; this program reads version {VERSION}")]
    Version(u32),
}

impl Baseline {
    /// Makes the baseline of some findings. `own` is the path of the baseline, if it is one of the files that were checked.
    #[must_use]
    pub fn of(source: &Source, findings: &[Finding], own: Option<&str>) -> Self {
        let mut keys = KeyPaths::new(source.text());
        let known = findings.iter().filter(|finding| !is_fixed(finding) && !is_about(finding, own));
        let mut findings: Vec<Entry> = known.map(|finding| entry(&mut keys, finding, own)).collect();
        findings.sort_unstable();
        Self { version: VERSION, findings }
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// [`Error`].
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let baseline: Self = serde_json::from_value(json::read(bytes)?)?;
        match baseline.version {
            VERSION => Ok(baseline),
            other => Err(Error::Version(other)),
        }
    }

    /// Writes the baseline as JSON, sorted, with a final line feed.
    ///
    /// # Errors
    /// None in practice: JSON has all types of a baseline.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        json::pretty(self, &mut bytes)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Returns the number of findings that are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Returns whether no finding is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Leaves out what is known, and what is about the baseline's `own` path alone. Also returns the number of entries that no finding has any more.
    #[must_use]
    pub fn apply(&self, source: &Source, own: Option<&str>, reported: Reported) -> (Reported, usize) {
        let mut known: BTreeMap<(String, String), Vec<&BTreeSet<String>>> = BTreeMap::new();
        for Entry { code, key, items } in &self.findings {
            known.entry((code.clone(), key.clone())).or_default().push(items);
        }
        for entries in known.values_mut() {
            // The one that lists least is taken first.
            entries.sort_unstable_by_key(|items| items.len());
        }
        let mut keys = KeyPaths::new(source.text());
        let Reported { findings, mut allowed, forbidden } = reported;
        let mut new = Vec::new();
        for finding in findings {
            let Entry { code, key, items } = entry(&mut keys, &finding, own);
            let entries =
                known.get_mut(&(code, key)).filter(|_| !is_fixed(&finding) && !forbidden.contains(&finding.rule.code));
            let found = entries.and_then(|entries| {
                let at = entries.iter().position(|known| items.is_subset(known))?;
                Some(entries.remove(at))
            });
            match found {
                None if is_about(&finding, own) => allowed.push(Allowed { finding, by: By::Baseline }),
                Some(_) => allowed.push(Allowed { finding, by: By::Baseline }),
                None => new.push(finding),
            }
        }
        (Reported { findings: new, allowed, forbidden }, known.values().map(Vec::len).sum())
    }
}

/// Returns whether a finding says no more than that the baseline belongs to no component.
fn is_about(finding: &Finding, own: Option<&str>) -> bool {
    own.is_some_and(|own| finding.rule.code == UNDECLARED_FILE && finding.items == [own])
}

fn entry(keys: &mut KeyPaths<'_>, finding: &Finding, own: Option<&str>) -> Entry {
    let span = finding.primary.span;
    // A finding about the whole repository has no key.
    let key = if span == Span::default() {
        String::new()
    } else {
        keys.advance_to(span.start);
        keys.location()
    };
    let items = finding.items.iter().filter(|item| Some(item.as_str()) != own).cloned().collect();
    Entry { code: finding.rule.code.to_owned(), key, items }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::rules::find_rule;

    const TEXT: &str = "schema = 1\n[component.a]\nfiles = [\"x\"]\n[component.b]\nfiles = [\"y\"]\n";

    fn finding(code: &str, word: &str, items: &[&str]) -> Finding {
        let at = TEXT.find(word).unwrap();
        Finding::new(find_rule(code).unwrap(), (at..at + 1).into(), "x").items(items)
    }

    /// How many findings are new, and how many entries are gone.
    fn left(known: &[Finding], text: &str, now: Vec<Finding>) -> (usize, usize) {
        let baseline = Baseline::of(&Source::new("m", TEXT), known, None);
        assert_eq!(Baseline::read(&baseline.to_json().unwrap()).unwrap(), baseline);
        let reported = Reported { findings: now, ..Reported::default() };
        let (reported, gone) = baseline.apply(&Source::new("m", text), None, reported);
        (reported.findings.len(), gone)
    }

    #[test]
    fn a_finding_is_known_by_code_key_and_items() {
        let known = || vec![finding("OPN310", "\"x\"", &["p", "q"]), finding("OPN301", "\"x\"", &[])];
        assert_eq!(left(&known(), TEXT, known()), (0, 0));
        for (now, expected) in [
            (finding("OPN310", "\"x\"", &["q"]), (0, 1)),
            (finding("OPN310", "\"x\"", &["q", "r"]), (1, 2)),
            (finding("OPN310", "\"y\"", &["p"]), (1, 2)),
            (finding("OPN302", "\"x\"", &[]), (1, 2)),
        ] {
            assert_eq!(left(&known(), TEXT, vec![now]), expected);
        }
        // One entry stands for one finding.
        assert_eq!(left(&known(), TEXT, [known(), known()].concat()), (2, 0));
    }

    #[test]
    fn lines_may_move_and_findings_without_a_place_have_no_key() {
        let whole = || Finding::new(find_rule("OPN303").unwrap(), Span::default(), "x").items(["a"]);
        let more = "# a comment\n";
        let mut moved = finding("OPN310", "\"y\"", &[]);
        let known = [moved.clone(), whole()];
        moved.primary.span = (moved.primary.span.start + more.len()..moved.primary.span.end + more.len()).into();
        assert_eq!(left(&known, &format!("{more}{TEXT}"), vec![moved, whole()]), (0, 0));
    }

    #[test]
    fn errors_that_cannot_be_waived_are_never_known() {
        let fixed = || finding("OPN306", "\"x\"", &[]);
        assert_eq!(left(&[fixed()], TEXT, vec![fixed()]), (1, 0));
        let forged = br#"{"version":1,"findings":[{"code":"OPN306","key":"[component.a] files"}]}"#;
        let reported = Reported { findings: vec![fixed()], allowed: Vec::new(), forbidden: Vec::new() };
        let (reported, _) = Baseline::read(forged).unwrap().apply(&Source::new("m", TEXT), None, reported);
        assert_eq!(reported.findings.len(), 1);
    }

    #[test]
    fn only_baselines_of_this_version_are_read() {
        for text in ["", "[]", "{\"version\":1}", "{\"version\":1,\"findings\":[{\"code\":\"OPN301\"}]}"] {
            assert!(matches!(Baseline::read(text.as_bytes()), Err(Error::Json(_))), "{text}");
        }
        assert!(matches!(Baseline::read(b"{\"version\":2,\"findings\":[]}"), Err(Error::Version(2))));
        assert!(Baseline::read(b"{\"version\":1,\"findings\":[]}").unwrap().is_empty());
    }
}
