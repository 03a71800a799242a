//! Reads the names and URLs that people write for licenses: in model cards, weight files, records, and manifests.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::ids::{spdx_ids, successors};
use super::traits::{self, HubLicense};
use super::{Expression, License, read};

/// Returns the license that a text names: an SPDX expression, an id of the Hugging Face Hub, a name in words, or the URL of
/// a license. Returns `None` if it names no known license.
///
/// A text that only resembles a name names nothing: that could state rights that were never granted.
#[must_use]
pub fn named(text: &str) -> Option<HubLicense> {
    let text = text.trim();
    if let Ok(License::Expression(expression)) = read(text) {
        return Some(if expression.is_single() { of_id(text) } else { plain(text) });
    }
    let lower = text.to_lowercase();
    if let Some(url) = url(&lower) {
        return of_url(url);
    }
    let of_hub = || HUB_NAMES.iter().find(|(name, _)| *name == lower).map(|(_, id)| of_id(id));
    let found = traits::hub(&lower).or_else(of_hub).or_else(|| of_words(text));
    found.or_else(|| of_doubled(text)).or_else(|| of_several(text))
}

/// What cards on the Hub say in `license_name`, each with the card it was read in.
const HUB_NAMES: &[(&str, &str)] = &[
    // deepseek-ai/DeepSeek-V2
    ("deepseek", "LicenseRef-DeepSeek-1.0"),
    // black-forest-labs/FLUX.1-dev
    ("flux-1-dev-non-commercial-license", "LicenseRef-FLUX-1-dev-Non-Commercial"),
    // mistralai/Codestral-22B-v0.1
    ("mnpl", "LicenseRef-Mistral-MNPL-0.1"),
    // mistralai/Mistral-Large-Instruct-2407
    ("mrl", "LicenseRef-Mistral-MRL-0.1"),
    // stabilityai/stable-diffusion-3.5-large
    ("stabilityai-ai-community", "LicenseRef-Stability-Community"),
];

fn plain(id: &str) -> HubLicense {
    HubLicense::Named { id: id.to_owned(), name: None }
}

/// A deprecated GNU id may mean either of its successors.
fn of_id(id: &str) -> HubLicense {
    if let Some(known) = traits::known().iter().find(|known| known.id == id && !super::is_listed(id)) {
        return HubLicense::Named { id: known.id.clone(), name: Some(known.name.clone()) };
    }
    match successors(id).as_slice() {
        [] => plain(id),
        [only] => plain(only),
        several => HubLicense::Either(several.to_vec()),
    }
}

fn of_words(text: &str) -> Option<HubLicense> {
    static NAMES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
        const OTHERS: &[(&str, &str)] = &[
            ("CC0", "CC0-1.0"),
            ("CC Zero", "CC0-1.0"),
            ("CC0 1.0 Universal", "CC0-1.0"),
            ("BSD 3 Clause New or Revised", "BSD-3-Clause"),
            ("3 Clause BSD", "BSD-3-Clause"),
            ("New BSD", "BSD-3-Clause"),
            ("Modified BSD", "BSD-3-Clause"),
            ("2 Clause BSD", "BSD-2-Clause"),
            ("Simplified BSD", "BSD-2-Clause"),
            ("FreeBSD", "BSD-2-Clause"),
            ("Expat", "MIT"),
            ("Apache Software License 2.0", "Apache-2.0"),
            ("ASL 2.0", "Apache-2.0"),
            ("Boost Software License", "BSL-1.0"),
            // Boost has no version 1.1; MariaDB, which wrote the other, calls it so: https://mariadb.com/bsl11/
            ("BSL 1.1", "BUSL-1.1"),
            ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
            ("GNU General Public License 2.0", "GPL-2.0"),
            ("GNU General Public License 3.0", "GPL-3.0"),
            ("GNU Lesser General Public License 2.1", "LGPL-2.1"),
            ("GNU Lesser General Public License 3.0", "LGPL-3.0"),
            ("GNU Affero General Public License 3.0", "AGPL-3.0"),
            ("GNU GPL 2.0", "GPL-2.0"),
            ("GNU GPL 3.0", "GPL-3.0"),
            ("GNU LGPL 2.1", "LGPL-2.1"),
            ("GNU LGPL 3.0", "LGPL-3.0"),
            ("GNU AGPL 3.0", "AGPL-3.0"),
            ("GNU GPL 2.0 or later", "GPL-2.0-or-later"),
            ("GNU GPL 3.0 or later", "GPL-3.0-or-later"),
            ("ODC BY", "ODC-By-1.0"),
            ("ODbL", "ODbL-1.0"),
            ("The Unlicense", "Unlicense"),
        ];
        let ids = spdx_ids().map(|id| (normalized(id), id.to_owned()));
        let full = spdx::identifiers::LICENSES.iter().filter(|id| id.name != super::NO_ASSERTION);
        let full = full.map(|id| (normalized(id.full_name), id.name.to_owned()));
        let others = OTHERS.iter().map(|(name, id)| (normalized(name), (*id).to_owned()));
        let known = traits::known().iter().map(|known| (normalized(&known.name), known.id.clone()));
        let mut names = BTreeMap::new();
        for (name, id) in ids.chain(others).chain(full).chain(known).filter(|(name, _)| !name.is_empty()) {
            names.entry(name).or_insert(id);
        }
        names
    });
    // `!MIT` is not MIT.
    if text.contains(['!', '?', '~']) {
        return None;
    }
    NAMES.get(&normalized(text)).map(|id| of_id(id))
}

/// Reads a name with the same license again in parentheses: `The MIT License (MIT)`.
fn of_doubled(text: &str) -> Option<HubLicense> {
    let (name, again) = text.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let license = of_words(name)?;
    (named(again)? == license).then_some(license)
}

/// Returns the words of a name that tell licenses apart: `The Apache License, Version 2` → `apache2.0`.
fn normalized(name: &str) -> String {
    const FILLERS: &[&str] = &["the", "license", "licence", "agreement", "version", "v", "international", "unported"];
    let name = name.to_lowercase().replace('+', " or later ");
    let mut normalized = String::with_capacity(name.len());
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '.').map(|word| word.trim_matches('.'));
    for word in words {
        // `gplv3` and `apache2.0` are two words.
        let digits = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
        let (letters, number) = word.split_at(digits);
        let letters = if number.is_empty() { letters } else { letters.strip_suffix('v').unwrap_or(letters) };
        if !FILLERS.contains(&letters) {
            normalized.push_str(letters);
        }
        normalized.push_str(number);
        if !number.is_empty() && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit()) {
            normalized.push_str(".0");
        }
    }
    normalized
}

/// Reads names joined by words or by the slash of old Cargo manifests.
fn of_several(text: &str) -> Option<HubLicense> {
    let lower = text.to_lowercase();
    let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | ' ' | '(' | ')');
    let joined = [(" or ", " OR "), (" and ", " AND "), ("/", " OR "), (" | ", " OR "), (" & ", " AND ")];
    let mut joined = joined.iter().filter(|(mark, _)| lower.contains(mark));
    let (mark, operator) = joined.next()?;
    if joined.next().is_some() {
        return None;
    }
    let parts = lower.split(mark).map(|part| match named(part).filter(|_| part.chars().all(is_id))? {
        HubLicense::Named { id, .. } if !id.contains(' ') => Some(id),
        _ => None,
    });
    let parts: Vec<String> = parts.collect::<Option<_>>()?;
    Some(plain(&parts.join(operator)))
}

/// Returns a lower-case URL without its scheme, `www.`, query and trailing slashes.
fn url(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest
        .or_else(|| Some(text).filter(|text| text.starts_with("www.") || text.starts_with("creativecommons.org/")))?;
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    (!rest.contains(char::is_whitespace)).then(|| rest.trim_end_matches('/'))
}

/// Hosts whose paths end with the name of a license.
const NAMING_HOSTS: &[&str] = &[
    "spdx.org/licenses/",
    "opensource.org/licenses/",
    "opensource.org/license/",
    "choosealicense.com/licenses/",
    "gnu.org/licenses/",
    "gnu.org/licenses/old-licenses/",
    "scancode-licensedb.aboutcode.org/",
];

/// The addresses at which the authors of licenses publish their texts, without the ending of a file.
const TEXT_URLS: &[(&str, &str)] = &[
    ("apache.org/licenses/license-2.0", "Apache-2.0"),
    ("mozilla.org/mpl/2.0", "MPL-2.0"),
    ("mozilla.org/en-us/mpl/2.0", "MPL-2.0"),
    ("mozilla.org/media/mpl/2.0", "MPL-2.0"),
    ("unlicense.org", "Unlicense"),
    ("creativecommons.org/publicdomain/zero/1.0", "CC0-1.0"),
    ("opendatacommons.org/licenses/by/1-0", "ODC-By-1.0"),
    ("opendatacommons.org/licenses/by/1.0", "ODC-By-1.0"),
    ("opendatacommons.org/licenses/odbl/1-0", "ODbL-1.0"),
    ("opendatacommons.org/licenses/odbl/1.0", "ODbL-1.0"),
    ("opendatacommons.org/licenses/pddl/1-0", "PDDL-1.0"),
    ("opendatacommons.org/licenses/pddl/1.0", "PDDL-1.0"),
    ("cdla.dev/permissive-1-0", "CDLA-Permissive-1.0"),
    ("cdla.dev/permissive-2-0", "CDLA-Permissive-2.0"),
    ("cdla.dev/sharing-1-0", "CDLA-Sharing-1.0"),
    // Where they were before.
    ("cdla.io/permissive-1-0", "CDLA-Permissive-1.0"),
    ("cdla.io/sharing-1-0", "CDLA-Sharing-1.0"),
    ("openmdw.ai/license/1-0", "OpenMDW-1.0"),
    ("eclipse.org/legal/epl-2.0", "EPL-2.0"),
    ("eclipse.org/legal/epl-v20", "EPL-2.0"),
    ("eclipse.org/org/documents/epl-2.0/epl-2.0", "EPL-2.0"),
    ("boost.org/license_1_0", "BSL-1.0"),
    // Meta has published its licenses at two addresses.
    ("ai.meta.com/llama/license", "LicenseRef-Llama-2-Community"),
    ("llama.com/llama2/license", "LicenseRef-Llama-2-Community"),
    ("llama.com/llama3/license", "LicenseRef-Llama-3-Community"),
    ("llama.com/llama3_1/license", "LicenseRef-Llama-3.1-Community"),
    ("llama.com/llama3_2/license", "LicenseRef-Llama-3.2-Community"),
    ("llama.com/llama3_3/license", "LicenseRef-Llama-3.3-Community"),
    ("llama.com/llama4/license", "LicenseRef-Llama-4-Community"),
    ("llama.meta.com/llama2/license", "LicenseRef-Llama-2-Community"),
    ("llama.meta.com/llama3/license", "LicenseRef-Llama-3-Community"),
    ("llama.meta.com/llama3_1/license", "LicenseRef-Llama-3.1-Community"),
];

/// What may follow such an address: another form of the same page.
fn is_form_of_page(rest: &str) -> bool {
    matches!(rest, "" | ".html" | ".txt" | ".md" | ".php" | ".en.html" | "/index.html" | "/index.txt" | "/summary")
        || ["/deed", "/legalcode"].iter().any(|form| {
            rest.strip_prefix(form)
                .is_some_and(|rest| rest.is_empty() || (rest.starts_with('.') && !rest.contains('/')))
        })
}

/// Returns a name with the dots that the addresses of the Open Source Initiative have hyphens for: `mpl-2-0` → `mpl-2.0`.
fn with_dots(name: &str) -> String {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = name.split('-').collect();
    let numbers = parts.iter().rev().take_while(|part| is_number(part)).count();
    let (words, version) = parts.split_at(parts.len() - numbers);
    [words, &[&*version.join(".")]].concat().join("-")
}

fn of_url(url: &str) -> Option<HubLicense> {
    if let Some(known) = traits::known().iter().find(|known| self::url(&known.source.to_lowercase()) == Some(url)) {
        return Some(of_id(&known.id));
    }
    if let Some(rest) = url.strip_prefix("creativecommons.org/licenses/") {
        let mut parts = rest.split('/');
        let (kind, version) = (parts.next()?, parts.next()?);
        let jurisdiction = parts.next().filter(|part| !part.starts_with("deed") && !part.starts_with("legalcode"));
        let id = match jurisdiction {
            Some(jurisdiction) => format!("cc-{kind}-{version}-{jurisdiction}"),
            None => format!("cc-{kind}-{version}"),
        };
        return spdx_ids().find(|listed| listed.eq_ignore_ascii_case(&id)).map(plain);
    }
    let is_at = |start: &str| url.strip_prefix(start).is_some_and(is_form_of_page);
    if let Some((_, id)) = TEXT_URLS.iter().find(|(start, _)| is_at(start)) {
        return Some(of_id(id));
    }
    let name = NAMING_HOSTS.iter().find_map(|host| url.strip_prefix(host).filter(|rest| !rest.contains('/')))?;
    let endings = [
        ".html",
        ".txt",
        ".en",
        ".md",
        ".php",
        ".json",
        ".license",
        "-standalone",
        "-txt",
        "-php",
        "-html",
        "-license",
    ];
    let name = endings.iter().fold(name, |name, ending| name.strip_suffix(ending).unwrap_or(name));
    let known = |name: &str| traits::hub(name).or_else(|| of_words(name));
    known(name).or_else(|| known(&with_dots(name))).filter(|license| *license != HubLicense::Vague)
}

/// Returns the license ids that the text in a catalog or model card may mean; empty if it does not name a license.
#[must_use]
pub fn meant(text: &str) -> Vec<String> {
    match named(text) {
        Some(HubLicense::Named { id, .. }) => match read(&id) {
            Ok(License::Expression(expression)) => expression.names(),
            _ => Vec::new(),
        },
        Some(HubLicense::Either(ids)) => ids,
        Some(HubLicense::Vague) | None => Vec::new(),
    }
}

/// Returns whether a text that names no single license still cannot be the declared one: it is a family without it, such as `bsd`, or
/// a name of its own with nothing of the declared names, such as `my-research-license`.
#[must_use]
pub fn excludes(text: &str, declared: &Expression) -> bool {
    let names = declared.names();
    // The author of a private name chooses it, so it may be this one.
    let are_public = names.iter().all(|name| super::is_listed(name) || traits::traits(name).is_some());
    are_public
        && match named(text) {
            Some(HubLicense::Vague) => {
                let members = traits::family(&text.trim().to_ascii_lowercase()).unwrap_or_default();
                !members.is_empty() && !names.iter().any(|name| members.iter().any(|member| name.contains(member)))
            }
            Some(_) => false,
            None => !refers(text) && !names.iter().any(|name| shares_word(text, name)),
        }
}

/// Returns whether a text says where the license is, and not which it is.
fn refers(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "see",
        "license",
        "licence",
        "licensing",
        "terms",
        "file",
        "the",
        "in",
        "of",
        "this",
        "repo",
        "repository",
        "below",
        "above",
        "readme",
        "txt",
        "md",
        "tbd",
        "todo",
        "n",
        "a",
        "none",
    ];
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    lower.contains("://") || words.all(|word| WORDS.contains(&word))
}

/// Returns whether a word of a text is how the id of a license starts, or one of the words that only its full name has.
fn shares_word(text: &str, id: &str) -> bool {
    const COMMON: &[&str] = &[
        "license",
        "licence",
        "public",
        "general",
        "version",
        "creative",
        "commons",
        "attribution",
        "generic",
        "international",
        "unported",
        "universal",
        "clause",
        "software",
        "later",
        "agreement",
    ];
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let id_lower = id.trim_start_matches("LicenseRef-").to_lowercase();
    let start = id_lower.trim_start_matches(|c: char| c.is_ascii_digit());
    let start = &start[..start.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(start.len())];
    let full = spdx::license_id(id).map(|id| id.full_name.to_lowercase()).unwrap_or_default();
    let mut rare = full.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= 5 && !COMMON.contains(word));
    words.iter().any(|word| word.starts_with(start)) || rare.any(|rare| words.contains(&rare))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<String> {
        match named(text)? {
            HubLicense::Named { id, .. } => Some(id),
            HubLicense::Either(ids) => Some(ids.join(" | ")),
            HubLicense::Vague => Some("vague".to_owned()),
        }
    }

    #[test]
    fn a_private_name_or_a_family_can_exclude_what_is_declared() {
        let is_excluded = |text: &str, declared: &str| match read(declared) {
            Ok(License::Expression(expression)) => excludes(text, &expression),
            _ => panic!("{declared}"),
        };
        for (text, declared) in [
            ("my-nc-license", "CC0-1.0"),
            ("foo-license", "MIT"),
            ("bsd", "CC0-1.0"),
            ("cc", "MIT"),
            ("lgpl", "GPL-3.0-only"),
            ("openrail", "Apache-2.0"),
            ("4.0", "CC0-1.0"),
            ("yes", "MIT OR Apache-2.0"),
            ("limited-license", "MIT"),
        ] {
            assert!(is_excluded(text, declared), "{text}, {declared}");
        }
        for (text, declared) in [
            ("mit-license-2026", "MIT"),
            ("Mozilla license", "MPL-2.0"),
            ("bsd", "BSD-3-Clause"),
            ("bsd", "0BSD OR MIT"),
            ("cc", "CC0-1.0"),
            ("gpl", "LGPL-3.0-only"),
            ("openrail", "LicenseRef-BigScience-BLOOM-RAIL-1.0"),
            ("other", "MIT"),
            ("unknown", "MIT"),
            ("see LICENSE.md", "MIT"),
            ("https://example.org/license", "MIT"),
            ("my-nc-license", "LicenseRef-Lab-NC"),
            // `meant` knows these.
            ("apache-2.0", "MIT"),
        ] {
            assert!(!is_excluded(text, declared), "{text}, {declared}");
        }
    }

    #[test]
    fn names_in_words_and_urls_name_a_license() {
        for (text, meant) in [
            ("Apache 2.0", "Apache-2.0"),
            ("apache2", "Apache-2.0"),
            ("Apache License, Version 2.0", "Apache-2.0"),
            ("The MIT License", "MIT"),
            ("MIT License", "MIT"),
            ("openmdw-1.0", "OpenMDW-1.0"),
            ("CC BY-NC 4.0", "CC-BY-NC-4.0"),
            ("Creative Commons Attribution-NonCommercial 4.0 International", "CC-BY-NC-4.0"),
            ("bsd 3-clause", "BSD-3-Clause"),
            ("3-Clause BSD License", "BSD-3-Clause"),
            ("CC0", "CC0-1.0"),
            ("GPLv3+", "GPL-3.0-or-later"),
            ("GNU GPL v3 or later", "GPL-3.0-or-later"),
            ("GNU General Public License v3.0 or later", "GPL-3.0-or-later"),
            ("GPLv3", "GPL-3.0-only | GPL-3.0-or-later"),
            ("gpl-3.0", "GPL-3.0-only | GPL-3.0-or-later"),
            ("bsd", "vague"),
            ("other", "vague"),
            ("gemma", "LicenseRef-Gemma-Terms"),
            ("Llama 2 Community License Agreement", "LicenseRef-Llama-2-Community"),
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            ("mit or apache-2.0", "MIT OR Apache-2.0"),
            ("MIT AND CC-BY-4.0", "MIT AND CC-BY-4.0"),
            ("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
            ("http://creativecommons.org/licenses/by-sa/4.0/legalcode.en", "CC-BY-SA-4.0"),
            ("https://creativecommons.org/licenses/by/3.0/de/deed.de", "CC-BY-3.0-DE"),
            ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
            ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
            ("https://opensource.org/licenses/MIT", "MIT"),
            ("https://opensource.org/license/mit/", "MIT"),
            ("https://opensource.org/license/bsd-3-clause", "BSD-3-Clause"),
            ("https://spdx.org/licenses/MPL-2.0.html", "MPL-2.0"),
            ("https://choosealicense.com/licenses/mit/", "MIT"),
            ("https://www.gnu.org/licenses/gpl-3.0.en.html", "GPL-3.0-only | GPL-3.0-or-later"),
            ("https://ai.google.dev/gemma/terms", "LicenseRef-Gemma-Terms"),
            ("The MIT License (MIT)", "MIT"),
            ("Apache License 2.0 (Apache-2.0)", "Apache-2.0"),
            ("GNU General Public License v3", "GPL-3.0-only | GPL-3.0-or-later"),
            ("GNU Lesser General Public License, version 2.1", "LGPL-2.1-only | LGPL-2.1-or-later"),
            ("https://opensource.org/license/apache-2-0", "Apache-2.0"),
            ("https://opensource.org/license/mpl-2-0/", "MPL-2.0"),
            ("https://opensource.org/license/gpl-3-0", "GPL-3.0-only | GPL-3.0-or-later"),
            ("https://opensource.org/license/lgpl-2-1", "LGPL-2.1-only | LGPL-2.1-or-later"),
            ("https://opensource.org/license/isc-license-txt", "ISC"),
            ("https://opensource.org/license/mit-0", "MIT-0"),
            ("https://opensource.org/license/blueoak-model-1-0-0", "BlueOak-1.0.0"),
            ("https://www.gnu.org/licenses/old-licenses/gpl-2.0-standalone.html", "GPL-2.0-only | GPL-2.0-or-later"),
            ("https://www.llama.com/llama3_1/license/", "LicenseRef-Llama-3.1-Community"),
            ("https://llama.meta.com/llama3/license/", "LicenseRef-Llama-3-Community"),
            ("https://cdla.io/permissive-1-0/", "CDLA-Permissive-1.0"),
            ("https://cdla.dev/permissive-2-0/", "CDLA-Permissive-2.0"),
            ("https://www.mozilla.org/en-US/MPL/2.0/", "MPL-2.0"),
            ("https://creativecommons.org/publicdomain/zero/1.0/legalcode.en", "CC0-1.0"),
            ("https://opendatacommons.org/licenses/odbl/1-0/", "ODbL-1.0"),
            ("https://unlicense.org/", "Unlicense"),
            ("flux-1-dev-non-commercial-license", "LicenseRef-FLUX-1-dev-Non-Commercial"),
            ("stabilityai-ai-community", "LicenseRef-Stability-Community"),
            ("mrl", "LicenseRef-Mistral-MRL-0.1"),
            ("deepseek", "LicenseRef-DeepSeek-1.0"),
        ] {
            assert_eq!(id(text).as_deref(), Some(meant), "{text}");
        }
    }

    #[test]
    fn a_text_that_only_resembles_a_name_names_nothing() {
        for text in [
            "",
            "Apache",
            "Apache-2.O",
            "Apache 3.0",
            "mit-modified",
            "Modified MIT License",
            "CC BY-NC-FOO 4.0",
            "Lab Community License 2.0",
            "MIT, Apache-2.0",
            "MIT or Apache, your choice",
            "MIT/Lab Terms",
            "https://example.org/licenses/MIT",
            "https://creativecommons.org/licenses/",
            "https://creativecommons.org/licenses/by-foo/4.0/",
            "https://github.com/example/model/blob/main/LICENSE",
            "!MIT",
            "The MIT License (modified)",
            "The MIT License (Apache-2.0)",
            "Lab License (MIT)",
            "https://www.apache.org/licenses/LICENSE-2.0-modified",
            "https://cdla.dev/permissive-1-1",
            "https://unlicense.org/foo/MIT",
            "https://www.mozilla.org/en-US/MPL/2.0/FAQ/",
            "https://opensource.org/license/mpl-2-2",
            "https://www.llama.com/llama3_1/use-policy/",
            "https://creativecommons.org/publicdomain/zero/1.0/legalcode.en/other",
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
