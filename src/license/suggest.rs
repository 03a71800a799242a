//! Suggests license expressions for text that is not one.
//!
//! Suggestions are only shown to people; the program never uses one in place of what was written.

use super::ids::{spdx_ids, successors};
use super::stated;
use super::traits::HubLicense;
use crate::finding;

/// Returns the expressions that were probably meant, most likely first; empty if nothing is similar.
pub(super) fn suggestions(text: &str) -> Vec<String> {
    let bare = bare(text);
    if bare.is_empty() {
        return Vec::new();
    }
    if bare == "none" || bare == "unlicensed" {
        return vec![super::NONE.to_owned()];
    }
    match stated::named(text) {
        Some(HubLicense::Named { id, .. }) => return vec![id],
        Some(HubLicense::Either(ids)) => return ids,
        // A license family: suggesting any member of it would be a guess.
        Some(HubLicense::Vague) => return Vec::new(),
        None => {}
    }
    let plain = text.trim();
    // The crate ignores the rest of the text, but a suggestion that drops half of it would be a different license.
    if let Some((id, _)) = spdx::imprecise_license_id(plain).filter(|(_, length)| *length == plain.len()) {
        return or_successors(id.name);
    }
    let lowered: Vec<(String, &str)> = spdx_ids().map(|id| (id.to_lowercase(), id)).collect();
    let near = finding::closest(&bare, lowered.iter().map(|(low, _)| low.as_str()));
    let near = near.filter(|low| strsim::levenshtein(low, &bare) <= 2);
    near.and_then(|near| lowered.iter().find(|(low, _)| low == near)).map_or_else(Vec::new, |(_, id)| or_successors(id))
}

/// Strips a name of the words that people add to it: `The MIT License.` → `mit`.
fn bare(text: &str) -> String {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | ','));
    let words = words.filter(|word| !matches!(*word, "" | "the" | "license" | "licence" | "agreement"));
    words.collect::<Vec<_>>().join("-")
}

fn or_successors(id: &str) -> Vec<String> {
    let successors = successors(id);
    if successors.is_empty() { vec![id.to_owned()] } else { successors }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_get_a_suggestion() {
        for (text, meant) in [
            ("Apache 2.0", "Apache-2.0"),
            ("apache-2.0", "Apache-2.0"),
            ("Apache License 2.0", "Apache-2.0"),
            ("Apache License, Version 2.0", "Apache-2.0"),
            ("The MIT License", "MIT"),
            ("cc-by-4", "CC-BY-4.0"),
            ("CC BY 4.0", "CC-BY-4.0"),
            ("Apache-2.O", "Apache-2.0"),
            ("odbl", "ODbL-1.0"),
            ("llama3.1", "LicenseRef-Llama-3.1-Community"),
            ("Llama 2 Community License Agreement", "LicenseRef-Llama-2-Community"),
            ("gemma", "LicenseRef-Gemma-Terms"),
            ("none", "NONE"),
            ("unlicensed", "NONE"),
        ] {
            assert_eq!(suggestions(text), [meant], "{text}");
        }
    }

    #[test]
    fn a_gnu_license_without_a_suffix_gets_both_suggestions() {
        for text in ["gpl-3.0", "GPLv3", "GPL 3"] {
            assert_eq!(suggestions(text), ["GPL-3.0-only", "GPL-3.0-or-later"], "{text}");
        }
    }

    #[test]
    fn dissimilar_text_gets_no_suggestion() {
        for text in [
            "",
            "Proprietary",
            "bsd",
            "other",
            "all rights reserved",
            "mc4, cc100, wikipedia",
            "MIT or Apache, your choice",
        ] {
            assert!(suggestions(text).is_empty(), "{text}: {:?}", suggestions(text));
        }
    }
}
