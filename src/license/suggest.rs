//! What was probably meant by a text that is no licence expression.
//!
//! A suggestion is for a person to take or leave; nothing here is taken for what somebody wrote.

use super::traits::{self, HubLicense};
use crate::finding;

/// Returns what was probably meant, the likeliest first; empty where nothing is near.
pub(super) fn suggestions(text: &str) -> Vec<String> {
    let bare = bare(text);
    if bare.is_empty() {
        return Vec::new();
    }
    if bare == "none" || bare == "unlicensed" {
        return vec![super::NONE.to_owned()];
    }
    // `v2`, `version 2` and `-2` are one version, and people leave off its `.0`.
    let versioned = bare.replace("-version-", "-").replace("-v", "-");
    let versioned = split_version(&versioned);
    let full = format!("{versioned}.0");
    if let Some(id) = spdx_ids().find(|id| [&bare, &versioned, &full].iter().any(|form| id.eq_ignore_ascii_case(form)))
    {
        return or_successors(id);
    }
    match traits::hub(&text.trim().to_lowercase()).or_else(|| traits::hub(&bare)) {
        Some(HubLicense::Named { id, .. }) => return vec![id],
        Some(HubLicense::Either(ids)) => return ids,
        // A family: whichever member one named, it would be a guess.
        Some(HubLicense::Vague) => return Vec::new(),
        None => {}
    }
    if let Some(known) = traits::known().iter().find(|known| self::bare(&known.name) == bare) {
        return vec![known.id.clone()];
    }
    let plain = text.trim();
    // The crate ignores what follows; a suggestion that drops half of the text would be another licence.
    if let Some((id, _)) = spdx::imprecise_license_id(plain).filter(|(_, length)| *length == plain.len()) {
        return or_successors(id.name);
    }
    let lowered: Vec<(String, &str)> = spdx_ids().map(|id| (id.to_lowercase(), id)).collect();
    let near = finding::closest(&bare, lowered.iter().map(|(low, _)| low.as_str()));
    let near = near.filter(|low| strsim::levenshtein(low, &bare) <= 2);
    near.and_then(|near| lowered.iter().find(|(low, _)| low == near)).map_or_else(Vec::new, |(_, id)| or_successors(id))
}

/// A name without what people write around it: `The MIT License.` → `mit`.
fn bare(text: &str) -> String {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | ','));
    let words = words.filter(|word| !matches!(*word, "" | "the" | "license" | "licence" | "agreement"));
    words.collect::<Vec<_>>().join("-")
}

/// `gplv3` → `gpl-3`; anything else as it is.
fn split_version(text: &str) -> String {
    match text.rsplit_once('v') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() => {
            format!("{}-{version}", name.trim_end_matches('-'))
        }
        _ => text.to_owned(),
    }
}

fn or_successors(id: &str) -> Vec<String> {
    let successors = successors(id);
    if successors.is_empty() { vec![id.to_owned()] } else { successors }
}

pub(super) fn spdx_ids() -> impl Iterator<Item = &'static str> {
    spdx::identifiers::LICENSES.iter().map(|license| license.name)
}

/// Returns the ids to use instead of a deprecated GNU id; empty for every other.
pub(super) fn successors(id: &str) -> Vec<String> {
    let base = id.trim_end_matches('+');
    let only = format!("{base}-only");
    let later = format!("{base}-or-later");
    match spdx::license_id(&only) {
        Some(_) if id.ends_with('+') => vec![later],
        Some(_) => vec![only, later],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_told_what_was_meant() {
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
    fn a_gnu_licence_without_its_suffix_could_be_either() {
        for text in ["gpl-3.0", "GPLv3", "GPL 3"] {
            assert_eq!(suggestions(text), ["GPL-3.0-only", "GPL-3.0-or-later"], "{text}");
        }
    }

    #[test]
    fn what_resembles_nothing_has_no_suggestion() {
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
