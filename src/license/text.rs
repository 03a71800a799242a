//! License texts: whether a text is that of a given license, and if not, of which license.
//!
//! Texts are compared by the `spdx` crate: it compares n-grams of the normalized text, so line wrapping, years and names do
//! not matter.

use std::sync::LazyLock;

use spdx::detection::TextData;

/// The similarity, from 0 to 1, from which two texts are the same license; the `spdx` crate's own scanner uses 0.9.
const SAME: f32 = 0.9;
/// The similarity below which a text is unrelated; between the two, it may be a license with additions.
const RELATED: f32 = 0.5;

/// The licenses that a text is compared with if it is not the declared license.
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

/// The result of comparing a text with the declared licenses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Likeness {
    /// The text of a declared license.
    Same,
    /// The text of another license, with its SPDX id.
    Other(&'static str),
    /// Neither the text of a declared license nor of another known license.
    Different,
    /// Nothing to compare with (`LicenseRef-…`), or too similar to a declared license to report a mismatch.
    Unknown,
}

/// Returns the canonical text of the license with this SPDX id.
#[must_use]
pub fn canonical(id: &str) -> Option<&'static str> {
    let texts = spdx::text::LICENSE_TEXTS;
    let find = |id: &str| texts.iter().find(|(name, _)| *name == id).map(|(_, text)| *text);
    // `-or-later` and `-only` share the same text.
    find(id).or_else(|| find(&id.replace("-or-later", "-only")))
}

/// Returns the SPDX id of the common license that the whole text matches, or `None` if there is no match.
///
/// If licenses share a text (`GPL-3.0-only` and `GPL-3.0-or-later`), this is the one that grants less.
#[must_use]
pub fn identify(text: &str) -> Option<&'static str> {
    closest(&TextData::new(text))
}

/// Compares a text with the texts of the declared licenses, given by SPDX id.
///
/// A file may contain several licenses, or a license with a preamble, so containing a declared license text counts as the
/// same.
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
    fn wrapping_year_and_holder_do_not_matter() {
        let mit = canonical("MIT").unwrap().replace("<year>", "2026").replace("<copyright holders>", "Example Lab");
        assert_eq!(compared(&mit, "MIT"), Likeness::Same);
        let (head, body) = mit.split_once("Permission").unwrap();
        assert_eq!(compared(&format!("{head}Permission{}", body.replace('\n', " ")), "MIT"), Likeness::Same);
    }

    #[test]
    fn only_a_whole_text_is_identified() {
        assert_eq!(identify(canonical("Apache-2.0").unwrap()), Some("Apache-2.0"));
        let both = [canonical("Apache-2.0").unwrap(), canonical("GPL-3.0-only").unwrap()].concat();
        assert_eq!(identify(&both), None);
        assert_eq!(identify("all rights reserved"), None);
    }

    #[test]
    fn the_text_of_another_license_is_named() {
        assert_eq!(compared(canonical("Apache-2.0").unwrap(), "MIT"), Likeness::Other("Apache-2.0"));
        assert_eq!(compared(canonical("CC-BY-NC-4.0").unwrap(), "Apache-2.0"), Likeness::Other("CC-BY-NC-4.0"));
    }

    #[test]
    fn unrelated_text_is_different_and_a_licenseref_is_unknown() {
        assert_eq!(compared("all rights reserved", "MIT"), Likeness::Different);
        assert_eq!(compared("all rights reserved", "LicenseRef-Lab"), Likeness::Unknown);
    }
}
