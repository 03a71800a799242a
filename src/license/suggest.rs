//! Suggests license expressions for text that is not one.
//!
//! Suggestions are only shown to people; the program never uses one in place of what was written, unless a person asks it to
//! write one (`check --fix`).

use std::sync::LazyLock;

use super::ids::{replacements, spdx_ids};
use super::traits::HubLicense;
use super::{License, stated};
use crate::finding;

/// The most expressions that are suggested in place of one with deprecated ids.
const MAX_CHOICES: usize = 4;
/// The shortest name that is taken for a misspelled id.
const SHORTEST_MISSPELLED: usize = 5;
/// The most edits between an id and a misspelling of it.
const MOST_EDITS: usize = 2;
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
    static LOWERED: LazyLock<Vec<(String, &str)>> =
        LazyLock::new(|| spdx_ids().map(|id| (id.to_lowercase(), id)).collect());
    // What cannot be a misspelling is not compared: a manifest may have thousands of unknown names.
    let may_be = |low: &&str| low.len().abs_diff(bare.len()) <= 2 * MOST_EDITS && is_misspelling(&bare, low);
    let near = finding::closest(&bare, LOWERED.iter().map(|(low, _)| low.as_str()).filter(may_be));
    let near = near.filter(|low| strsim::levenshtein(low, &bare) <= MOST_EDITS);
    near.and_then(|near| LOWERED.iter().find(|(low, _)| low == near)).map_or_else(Vec::new, |(_, id)| or_successors(id))
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

/// Returns whether a name can be a misspelling of an id, both in lower case. Another number is another version, another
/// first letter is usually another name, and between short ids one letter is the whole difference.
fn is_misspelling(name: &str, id: &str) -> bool {
    // The letter O in place of a zero.
    let digits = |text: &str| -> String {
        let text = text.replace(".o", ".0");
        text.chars().filter(char::is_ascii_digit).collect()
    };
    name.chars().count() >= SHORTEST_MISSPELLED
        && name.chars().next() == id.chars().next()
        && digits(name) == digits(id)
}

fn or_successors(id: &str) -> Vec<String> {
    let replacements = replacements(id);
    if replacements.is_empty() { vec![id.to_owned()] } else { replacements }
}

/// Returns a suggested expression with what replaces the deprecated ids in it: once for each choice; nothing if the text is
/// not an expression or there are too many choices.
pub(super) fn without_deprecated(text: &str) -> Vec<String> {
    let Ok(license) = super::read(text) else { return Vec::new() };
    let License::Expression(expression) = license else { return vec![text.to_owned()] };
    let mut choices = vec![text.to_owned()];
    for (id, by) in expression.deprecated().into_iter().filter(|(_, by)| !by.is_empty()) {
        choices = choices.iter().flat_map(|text| by.iter().map(|one| with_term(text, &id, one, &by))).collect();
        if choices.len() > MAX_CHOICES {
            return Vec::new();
        }
    }
    choices.dedup();
    choices
}

/// Replaces a term of an expression by one of its replacements. With a `+`, it can only mean the last.
fn with_term(text: &str, term: &str, by: &str, all: &[String]) -> String {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '(' | ')');
    let words = text.split_inclusive(is_end).map(|part| {
        let word = part.trim_end_matches(is_end);
        match word.strip_suffix('+') {
            _ if word == term => part.replacen(word, by, 1),
            Some(word_of) if word_of == term => part.replacen(word, all.last().map_or(by, String::as_str), 1),
            _ => part.to_owned(),
        }
    });
    words.collect()
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
            ("BSL 1.1", "BUSL-1.1"),
            ("bsl-1.0", "BSL-1.0"),
            ("Apche-2.0", "Apache-2.0"),
            ("bzip2 1.0.5", "bzip2-1.0.5"),
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
    fn suggestions_do_not_lead_to_deprecated_ids() {
        for (text, meant) in [
            ("GPL-2.0 Or MIT", &["GPL-2.0-only OR MIT", "GPL-2.0-or-later OR MIT"][..]),
            ("StandardML-NJ And (wxWindows)", &["SMLNJ AND (LGPL-2.0-or-later WITH WxWindows-exception-3.1)"]),
            ("bzip2 1.0.5", &["bzip2-1.0.6"]),
            ("GPL-2.0 OR Apche-2.0", &["GPL-2.0-only OR Apache-2.0", "GPL-2.0-or-later OR Apache-2.0"]),
            ("GPL-2.0 Or GPL-3.0 Or LGPL-2.1", &[]),
        ] {
            let Err(error) = super::super::read(text) else { panic!("{text} is an expression") };
            assert_eq!(error.suggestions(), meant, "{text}");
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
            "BSL",
            "PD",
            "Artistic",
            "!MIT",
            "MTI",
            "Apache-2.1",
            "Apache-3.0",
            "BSL-2.0",
            "EUPL-1.3",
            "MPL-2.2",
        ] {
            assert!(suggestions(text).is_empty(), "{text}: {:?}", suggestions(text));
        }
    }
}
