//! Licence texts: is this the text of that licence, and if not, of which?
//!
//! The comparison is that of the `spdx` crate: n-grams of the normalised text, so that wrapping, years and names do not
//! count.

use std::sync::LazyLock;

use spdx::detection::TextData;

/// How alike two texts must be to be the same licence; the `spdx` crate's own scanner takes 0.9.
const SAME: f32 = 0.9;
/// Below this a text is something else altogether; between, it may be a licence with additions.
const RELATED: f32 = 0.5;

/// What a text is compared with where it is not the one declared.
const COMMON: &[&str] = &[
    "Apache-2.0",
    "MIT",
    "BSD-3-Clause",
    "BSD-2-Clause",
    "ISC",
    "MPL-2.0",
    "GPL-3.0-only",
    "GPL-2.0-only",
    "LGPL-3.0-only",
    "LGPL-2.1-only",
    "AGPL-3.0-only",
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "CDLA-Permissive-1.0",
    "CDLA-Permissive-2.0",
    "CDLA-Sharing-1.0",
    "ODbL-1.0",
    "ODC-By-1.0",
    "PDDL-1.0",
    "Unlicense",
    "BSL-1.0",
    "UPL-1.0",
    "EUPL-1.2",
    "MulanPSL-2.0",
    "OpenMDW-1.0",
];

static COMMON_TEXTS: LazyLock<Vec<(&str, TextData)>> =
    LazyLock::new(|| COMMON.iter().filter_map(|id| Some((*id, TextData::new(canonical(id)?)))).collect());

/// What a text is, beside what it is declared to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Likeness {
    /// The text of a licence declared.
    Same,
    /// The text of another licence: its SPDX id.
    Other(&'static str),
    /// Not the text of any licence declared, nor of one that we know.
    Different,
    /// There is nothing to compare with (`LicenseRef-…`), or too little difference to cry wolf.
    Unknown,
}

/// Returns the canonical text of an SPDX id.
#[must_use]
pub fn canonical(id: &str) -> Option<&'static str> {
    let texts = spdx::text::LICENSE_TEXTS;
    let find = |id: &str| texts.iter().find(|(name, _)| *name == id).map(|(_, text)| *text);
    // `-or-later` and `-only` share a text.
    find(id).or_else(|| find(&id.replace("-or-later", "-only")))
}

/// Returns the SPDX id of the common licence whose text this is as a whole; `None` for anything else.
///
/// Of licences that share a text (`GPL-3.0-only` and `GPL-3.0-or-later`) it is the one that grants less.
#[must_use]
pub fn identify(text: &str) -> Option<&'static str> {
    closest(&TextData::new(text))
}

/// Compares a text with those of the licences declared.
///
/// A file may hold several licences, or one with a preamble, so a declared text that is contained counts as the same.
#[must_use]
pub fn compare(text: &str, declared: &[String]) -> Likeness {
    let found = TextData::new(text);
    let known: Vec<&str> = declared.iter().filter_map(|id| canonical(id)).collect();
    if known.is_empty() {
        return Likeness::Unknown;
    }
    let mut best = 0.0_f32;
    for canonical in known {
        let canonical = TextData::new(canonical);
        let (_, within) = found.optimize_bounds(&canonical);
        best = best.max(canonical.match_score(&found)).max(within);
    }
    if best >= SAME {
        return Likeness::Same;
    }
    match closest(&found) {
        Some(id) => Likeness::Other(id),
        None if best >= RELATED => Likeness::Unknown,
        None => Likeness::Different,
    }
}

fn closest(found: &TextData) -> Option<&'static str> {
    let scores = COMMON_TEXTS.iter().map(|(id, canonical)| (canonical.match_score(found), *id));
    scores.filter(|(score, _)| *score >= SAME).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn compared(text: &str, declared: &str) -> Likeness {
        compare(text, &[declared.to_owned()])
    }

    #[test]
    fn a_text_is_its_own_licence_whatever_the_wrapping_year_and_holder() {
        let mit = canonical("MIT").unwrap().replace("<year>", "2026").replace("<copyright holders>", "Example Lab");
        assert_eq!(compared(&mit, "MIT"), Likeness::Same);
        let (head, body) = mit.split_once("Permission").unwrap();
        assert_eq!(compared(&format!("{head}Permission{}", body.replace('\n', " ")), "MIT"), Likeness::Same);
    }

    #[test]
    fn a_text_is_identified_as_a_whole_or_not_at_all() {
        assert_eq!(identify(canonical("Apache-2.0").unwrap()), Some("Apache-2.0"));
        let both = [canonical("Apache-2.0").unwrap(), canonical("GPL-3.0-only").unwrap()].concat();
        assert_eq!(identify(&both), None);
        assert_eq!(identify("all rights reserved"), None);
    }

    #[test]
    fn a_text_of_another_licence_is_named() {
        assert_eq!(compared(canonical("Apache-2.0").unwrap(), "MIT"), Likeness::Other("Apache-2.0"));
        assert_eq!(compared(canonical("CC-BY-NC-4.0").unwrap(), "Apache-2.0"), Likeness::Other("CC-BY-NC-4.0"));
    }

    #[test]
    fn what_is_no_licence_is_different_and_a_licenseref_cannot_be_compared() {
        assert_eq!(compared("all rights reserved", "MIT"), Likeness::Different);
        assert_eq!(compared("all rights reserved", "LicenseRef-Lab"), Likeness::Unknown);
    }
}
