//! Whether a text is a copy of a license.
//!
//! Most copies have the words of the license in a row, which is found without comparing the text with every known license.

use super::text::{self, Likeness};
use super::{models, words};

/// The number of samples that decide whether a closer look is worth it, and their length in words.
const SAMPLES: usize = 9;
const SAMPLE: usize = 6;
/// How many of the samples a text has to contain for a closer look.
const FEW: usize = 3;
/// How many bytes of a text are looked for before the rest is compared.
const BEGINNING: usize = 64;
/// A line at the start with no more words than this is a title or a notice.
const TITLE_WORDS: usize = 9;

/// Returns whether a text is, or contains, the text of a license, with no more differences than copies have.
#[must_use]
pub fn is_copy(text: &str, id: &str) -> bool {
    if models::is_known(id) {
        return text::compare(text, &[id.to_owned()]).0 == Likeness::Same;
    }
    let Some(canonical) = text::canonical(id) else { return false };
    let terms = terms(canonical);
    // Most copies are made by copying: the same words need not be looked for.
    if contains(text, terms) {
        return true;
    }
    let hashes = |text: &str| words::words(text).iter().map(|word| word.hash).collect::<Vec<u32>>();
    let (wanted, found) = (hashes(terms), hashes(text));
    let has = |part: &[u32]| !part.is_empty() && found.windows(part.len()).any(|window| window == part);
    if has(&wanted) {
        return true;
    }
    let step = (wanted.len().saturating_sub(SAMPLE) / SAMPLES).max(1);
    let samples = wanted.windows(SAMPLE).step_by(step).take(SAMPLES);
    samples.filter(|sample| has(sample)).count() >= FEW && text::compare(text, &[id.to_owned()]).0 == Likeness::Same
}

/// Returns whether a text contains another, with the same bytes at the first place where it begins.
fn contains(text: &str, other: &str) -> bool {
    let beginning = other.get(..BEGINNING).unwrap_or(other);
    text.find(beginning).is_some_and(|start| text[start..].starts_with(other))
}

/// Returns a license text without its title, its notices and the instructions at its end.
fn terms(text: &str) -> &str {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.split_whitespace().count() > TITLE_WORDS && !line.trim_start().starts_with("Copyright") {
            break;
        }
        start += line.len();
    }
    let text = text.get(start..).unwrap_or(text);
    text.find("END OF TERMS AND CONDITIONS").map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn a_copy_is_known_with_another_notice_and_in_company() {
        for id in ["MIT", "Apache-2.0", "BSD-3-Clause", "GPL-3.0-only", "CC-BY-4.0", "MPL-2.0"] {
            let text = text::canonical(id).unwrap();
            assert!(is_copy(text, id), "{id}");
            assert!(is_copy(&format!("Licenses\n\n{}\n\nSee also README.", text.to_uppercase()), id), "{id}");
            assert!(!is_copy(&text[..text.len() / 2], id), "{id}");
            assert!(!is_copy("All rights reserved.", id), "{id}");
        }
        let mit = text::canonical("MIT").unwrap().replace("<year>", "2026").replace("<copyright holders>", "Lab");
        assert!(is_copy(&mit, "MIT"));
        assert!(!is_copy(&mit, "Apache-2.0") && !is_copy(&mit, "LicenseRef-lab"));
        assert!(!is_copy(&mit, "LicenseRef-Llama-2-Community"));
    }
}
