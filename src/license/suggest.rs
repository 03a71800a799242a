//! Suggests license expressions for text that is not one.
//!
//! Suggestions are only shown to people; the program never uses one in place of what was written, unless a person asks it to
//! write one (`check --fix`).

use super::ids::{spdx_ids, successors};
use super::stated;
use super::traits::HubLicense;
use crate::finding;

/// The longest text in which operators are corrected, in bytes.
const MAX_OPERATOR_TEXT: usize = 500;

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

/// Returns a text with the operators of SPDX in place of what people write for them, and with the ids that its terms can only
/// mean; `None` if it has no operator, or a term that may mean several.
pub(super) fn with_operators(text: &str) -> Option<String> {
    if text.len() > MAX_OPERATOR_TEXT {
        return None;
    }
    let mut words: Vec<String> = Vec::new();
    let mut term: Vec<&str> = Vec::new();
    let mut operators = 0;
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    for word in spaced.split_whitespace().chain([""]) {
        let operator = match word.to_lowercase().as_str() {
            "or" | "/" | "|" | "||" => "OR",
            "and" | "&" | "&&" => "AND",
            "with" => "WITH",
            "(" => "(",
            ")" => ")",
            "" => "",
            _ => {
                term.push(word);
                continue;
            }
        };
        if !term.is_empty() {
            words.push(meant_term(&std::mem::take(&mut term).join(" "))?);
        }
        operators += usize::from(operator.len() > 1);
        words.push(operator.to_owned());
    }
    let joined = words.join(" ").replace("( ", "(").replace(" )", ")");
    (operators > 0).then(|| joined.trim_end().to_owned())
}

/// Returns the only id that a term can mean.
fn meant_term(term: &str) -> Option<String> {
    let is_known = spdx::license_id(term).is_some() || spdx::exception_id(term).is_some();
    if is_known || term.starts_with("LicenseRef-") || term.starts_with("DocumentRef-") {
        return Some(term.to_owned());
    }
    match suggestions(term).as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
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
    fn operators_are_those_of_spdx() {
        for (text, meant) in [
            ("MIT Or Apache-2.0", Some("MIT OR Apache-2.0")),
            ("MIT / Apache 2.0", Some("MIT OR Apache-2.0")),
            ("(mit and BSD-3-Clause) Or LicenseRef-x", Some("(MIT AND BSD-3-Clause) OR LicenseRef-x")),
            ("Apache-2.0 with LLVM-exception", Some("Apache-2.0 WITH LLVM-exception")),
            ("MIT or GPLv3", None),
            ("MIT or Apache, your choice", None),
            ("Apache 2.0", None),
            ("", None),
        ] {
            assert_eq!(with_operators(text).as_deref(), meant, "{text}");
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
