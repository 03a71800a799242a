//! The license compatibility matrix of OSADL, which speaks of software that is joined in one work.
//!
//! The data is © Open Source Automation Development Lab (OSADL) eG and contributors, under CC-BY-4.0; see `osadl.NOTICE.md`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The credit that the license of the matrix asks for.
pub const NOTICE: &str = "OSADL Open Source License Compatibility Matrix of 2024-11-04, \
     © 2017-2024 Open Source Automation Development Lab (OSADL) eG and contributors, CC-BY-4.0, converted";
/// The date of the matrix.
pub const DATE: &str = "2024-11-04";

/// What the matrix says of a pair of licenses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// The same license.
    Same,
    /// Compatible.
    Yes,
    /// Incompatible.
    No,
    /// Not known.
    Unknown,
    /// Compatible on a condition, which is given as the matrix has it.
    Dependent(Option<&'static str>),
}

/// The data, of which only the lists of licenses and of rows are needed for most questions.
const DATA: &str = include_str!("osadl.json");

struct Matrix {
    rows: Vec<&'static str>,
    places: BTreeMap<&'static str, usize>,
}

/// The sentences of conditions, by pair.
#[derive(Deserialize)]
struct Conditions {
    interpretations: Vec<String>,
    interpretation_of: BTreeMap<String, usize>,
}

static MATRIX: LazyLock<Matrix> = LazyLock::new(|| {
    let licenses = strings("licenses").enumerate();
    Matrix { rows: strings("rows").collect(), places: licenses.map(|(at, id)| (id, at)).collect() }
});
static CONDITIONS: LazyLock<Conditions> =
    LazyLock::new(|| serde_json::from_str(DATA).expect("the embedded file is valid: a test reads it"));

/// Returns the strings of a list, which are one a line and contain nothing that JSON escapes.
fn strings(name: &str) -> impl Iterator<Item = &'static str> {
    let start = DATA.find(&format!("\n \"{name}\": [\n")).unwrap_or(DATA.len());
    let lines = DATA[start..].lines().skip(2).take_while(|line| line.starts_with("  "));
    lines.map(|line| line.trim().trim_end_matches(',').trim_matches('"'))
}

/// Returns what the matrix says of a work under `outbound` that contains material under `inbound`, or `None` if it does not
/// know both.
#[must_use]
pub fn entry(outbound: &str, inbound: &str) -> Option<Entry> {
    let matrix = &*MATRIX;
    let (row, column) = (matrix.places.get(outbound)?, matrix.places.get(inbound)?);
    Some(match matrix.rows.get(*row)?.as_bytes().get(*column)? {
        b'S' => Entry::Same,
        b'Y' => Entry::Yes,
        b'N' => Entry::No,
        b'C' => {
            let conditions = &*CONDITIONS;
            let at = conditions.interpretation_of.get(&format!("{outbound} <- {inbound}"));
            Entry::Dependent(at.and_then(|at| conditions.interpretations.get(*at)).map(String::as_str))
        }
        _ => Entry::Unknown,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn the_matrix_is_whole_and_dated() {
        let matrix = &*MATRIX;
        assert_eq!((matrix.places.len(), matrix.rows.len()), (115, 115));
        let parsed: serde_json::Value = serde_json::from_str(DATA).unwrap();
        assert!(parsed["licenses"].as_array().unwrap().iter().eq(strings("licenses")));
        assert!(parsed["rows"].as_array().unwrap().iter().eq(strings("rows")));
        assert!(matrix.rows.iter().all(|row| row.len() == 115));
        let count = |letter: char| matrix.rows.iter().flat_map(|row| row.chars()).filter(|c| *c == letter).count();
        assert_eq!(['Y', 'N', 'U', 'S', 'C'].map(count), [8613, 3419, 1018, 115, 60]);
        assert!(DATA.contains(&format!("\"source_timestamp\": \"{DATE}")));
        assert!(include_str!("osadl.NOTICE.md").contains("CC-BY-4.0"));
    }

    #[test]
    fn a_pair_is_not_its_reverse() {
        assert_eq!(entry("MIT", "GPL-3.0-only"), Some(Entry::No));
        assert_eq!(entry("GPL-3.0-only", "MIT"), Some(Entry::Yes));
        assert_eq!(entry("GPL-2.0-or-later", "Apache-2.0"), Some(Entry::No));
        assert_eq!(entry("GPL-3.0-only", "EUPL-1.2"), Some(Entry::Yes));
        assert_eq!(entry("EUPL-1.2", "GPL-3.0-only"), Some(Entry::No));
        assert!(matches!(entry("GPL-3.0-only", "AGPL-3.0-only"), Some(Entry::Dependent(Some(_)))));
        assert_eq!(entry("MIT", "CC-BY-4.0"), None);
    }
}
