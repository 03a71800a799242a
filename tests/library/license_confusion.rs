//! What license texts are confused with: each published text in the forms in which copies come, each declared as its near
//! siblings, and texts to which something was added or in which something was changed.
//!
//! `cargo test --release --test library license_confusion -- --include-ignored --nocapture` prints the tables for the whole SPDX
//! list; without `--include-ignored`, for every fortieth text.

#![allow(clippy::print_stdout, reason = "the tables are read by people")]

use std::collections::BTreeMap;

use openness::license::text::{Contents, Likeness, compare, contents};
use spdx::text::{EXCEPTION_TEXTS, LICENSE_TEXTS};

/// A text of the SPDX list, with its id.
type Text = (&'static str, &'static str);

/// Returns the texts of all current licenses and exceptions.
fn texts() -> Vec<Text> {
    let is_current = |id: &str| {
        let is_deprecated = spdx::license_id(id).map_or_else(
            || spdx::exception_id(id).is_none_or(spdx::ExceptionId::is_deprecated),
            spdx::LicenseId::is_deprecated,
        );
        id != "NOASSERTION" && !is_deprecated
    };
    LICENSE_TEXTS.iter().chain(EXCEPTION_TEXTS).copied().filter(|(id, _)| is_current(id)).collect()
}

fn text(id: &str) -> &'static str {
    texts().into_iter().find(|(other, _)| *other == id).unwrap().1
}

/// Returns a text with other line breaks.
fn reflowed(text: &str) -> String {
    let mut lines = String::new();
    for paragraph in text.split("\n\n") {
        let mut length = 0;
        for word in paragraph.split_whitespace() {
            lines.push(if length > 0 && length + word.len() > 60 { '\n' } else { ' ' });
            length = if length + word.len() > 60 { word.len() } else { length + 1 + word.len() };
            lines.push_str(word);
        }
        lines.push_str("\n\n");
    }
    lines
}

const COPYRIGHT: &str = "Copyright (c) 2019-2026 The Example Authors <lab@example.org>";
const APPENDIX: &str = "APPENDIX: How to apply the license to your work.\n\n   To apply the license to your work, attach the \
                        following boilerplate notice, with the fields enclosed by brackets \"[]\" replaced with your own \
                        identifying information.\n\n   Copyright [yyyy] [name of copyright owner]\n";

/// The forms in which a text is found. The last one is that of a file with another license before it.
const FORMS: &[&str] =
    &["as published", "reflowed", "with another notice", "with an appendix", "after another license"];

fn in_form(form: usize, (id, text): Text) -> String {
    match form {
        0 => text.to_owned(),
        1 => reflowed(text),
        2 => format!("{COPYRIGHT}\n\n{text}"),
        3 => format!("{}\n\n{APPENDIX}", text.trim_end()),
        _ => format!("{}\n\n{text}", self::text(if id == "MIT" { "ISC" } else { "MIT" })),
    }
}

/// What a text was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taken {
    Itself,
    /// For itself and others that have the same words.
    SameWords,
    Another,
    Nothing,
}

fn taken(found: &Contents, id: &str, licenses: usize) -> Taken {
    let is_clean = found.surplus.is_empty() && found.licenses.iter().all(|found| found.is_unchanged());
    match found.licenses.iter().find(|found| found.ids.contains(&id)) {
        Some(own) if is_clean && found.licenses.len() == licenses && own.ids.len() == 1 => Taken::Itself,
        Some(_) if is_clean && found.licenses.len() == licenses => Taken::SameWords,
        _ if found.licenses.is_empty() => Taken::Nothing,
        _ => Taken::Another,
    }
}

/// Finds every `step`-th text in every form, prints the table, and returns the counts by form and the groups of ids that have the
/// same words.
fn found_in_each_form(step: usize) -> (Vec<BTreeMap<Taken, usize>>, Vec<String>) {
    let (mut table, mut groups, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for (form, name) in FORMS.iter().enumerate() {
        let mut counts = BTreeMap::new();
        for text in texts().into_iter().step_by(step) {
            let found = contents(&in_form(form, text));
            let taken = taken(&found, text.0, if name.starts_with("after") { 2 } else { 1 });
            *counts.entry(taken).or_insert(0) += 1;
            if matches!(taken, Taken::Another | Taken::Nothing) {
                wrong.push(format!("{} {name}: {found:?}", text.0));
            }
            groups.extend(found.licenses.iter().filter(|found| found.ids.len() > 1).map(|found| found.ids.join(" = ")));
        }
        println!("{name:>21}: {counts:?}");
        table.push(counts);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    groups.sort();
    groups.dedup();
    (table, groups)
}

/// Returns the words of a text, sorted.
fn sorted_words(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    words.sort();
    words
}

/// Returns whether two texts share at least 80 % of the words of the longer one.
fn are_near(a: &[String], b: &[String]) -> bool {
    let longer = a.len().max(b.len());
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while a.len().min(b.len()) * 5 >= longer * 4 && i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, shared) = (i + 1, j + 1, shared + 1),
        }
    }
    shared * 5 >= longer * 4
}

/// Declares every near sibling for every `step`-th text, prints the table, and returns the counts.
fn declared_as_siblings(step: usize) -> BTreeMap<&'static str, usize> {
    let all = texts();
    let words: Vec<Vec<String>> = all.iter().map(|(_, text)| sorted_words(text)).collect();
    let (mut counts, mut wrong) = (BTreeMap::new(), Vec::new());
    for (i, (id, text)) in all.iter().enumerate().step_by(step) {
        let mut own: Option<Contents> = None;
        for (j, (declared, _)) in all.iter().enumerate() {
            if i == j || !are_near(&words[i], &words[j]) {
                continue;
            }
            let own = own.get_or_insert_with(|| contents(text));
            let has_same_words = own.only().is_some_and(|found| found.ids.contains(declared));
            let likeness = compare(text, &[(*declared).to_owned()]).0;
            let result = match &likeness {
                Likeness::Same if has_same_words => "the same words",
                Likeness::Other(other) if own.only().is_some_and(|found| found.ids.contains(other)) => "told apart",
                // What an exception is called does not matter where a license is declared.
                Likeness::Different if spdx::exception_id(id).is_some() => "no license",
                _ => "taken for the declared one or a third",
            };
            *counts.entry(result).or_insert(0) += 1;
            if result.starts_with("taken") {
                wrong.push(format!("text of {id}, declared {declared}: {likeness:?}"));
            }
        }
    }
    println!("declared as siblings: {counts:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    counts
}

#[test]
fn some_texts_are_taken_for_themselves_in_every_form() {
    found_in_each_form(40);
    declared_as_siblings(40);
}

/// The numbers for the whole list. The ids in a group share their words, so that no text can tell which of them was meant.
#[test]
#[ignore = "slow without optimization"]
fn every_text_is_taken_for_itself_in_every_form() {
    let (table, groups) = found_in_each_form(1);
    for counts in table {
        assert_eq!(counts, BTreeMap::from([(Taken::Itself, 747), (Taken::SameWords, 52)]));
    }
    assert_eq!(groups, SAME_WORDS);
    let siblings = declared_as_siblings(1);
    assert_eq!(siblings, BTreeMap::from([("no license", 18), ("the same words", 200), ("told apart", 1774)]));
}

/// Licenses with the same words.
const SAME_WORDS: &[&str] = &[
    "AGPL-1.0-only = AGPL-1.0-or-later",
    "AGPL-3.0-only = AGPL-3.0-or-later",
    "CAL-1.0 = CAL-1.0-Combined-Work-Exception",
    "GFDL-1.1-invariants-only = GFDL-1.1-invariants-or-later = GFDL-1.1-no-invariants-only = GFDL-1.1-no-invariants-or-later = GFDL-1.1-only = GFDL-1.1-or-later",
    "GFDL-1.2-invariants-only = GFDL-1.2-invariants-or-later = GFDL-1.2-no-invariants-only = GFDL-1.2-no-invariants-or-later = GFDL-1.2-only = GFDL-1.2-or-later",
    "GFDL-1.3-invariants-only = GFDL-1.3-invariants-or-later = GFDL-1.3-no-invariants-only = GFDL-1.3-no-invariants-or-later = GFDL-1.3-only = GFDL-1.3-or-later",
    "GPL-1.0-only = GPL-1.0-or-later",
    "GPL-2.0-only = GPL-2.0-or-later",
    "GPL-3.0-only = GPL-3.0-or-later",
    "LGPL-2.0-only = LGPL-2.0-or-later",
    "LGPL-2.1-only = LGPL-2.1-or-later",
    "LGPL-3.0-only = LGPL-3.0-or-later",
    "MPL-2.0 = MPL-2.0-no-copyleft-exception",
    "OFL-1.0 = OFL-1.0-RFN = OFL-1.0-no-RFN",
    "OFL-1.1 = OFL-1.1-RFN = OFL-1.1-no-RFN",
    "SMLNJ = StandardML-NJ",
    "wxWindows = WxWindows-exception-3.1",
];

/// Conditions of the kinds that are added to the licenses of models: on purpose, for whom, for how long, for what price, with what
/// duties, of which part, and in other languages and letters.
const ADDED: &[&str] = &[
    "Our only modification: if the Software is used for any commercial product or service with more than 100 million monthly active users, or more than 20 million US dollars of monthly revenue, prominently display \"Example K2\" on its user interface.",
    "If the Software is used for a commercial product, display \"Example M2\" on its website.",
    "The Software may not be used for military purposes.",
    "You acknowledge that this software is not designed, licensed or intended for use in the operation of any nuclear facility.",
    "This license is granted to everyone, except for the following entities and any of their subsidiaries: Example Corporation.",
    "This license is granted for twelve months from the date of download.",
    "This version is licensed until 2027-12-31.",
    "Permission to use the weights ends on 31 December 2026.",
    "The weights may be tested and benchmarked by registered participants of the challenge.",
    "Customers of Example Lab only.",
    "Only for members of Example Lab",
    "Please register at https://example.org before you download the weights.",
    "Users send a copy of their modifications to the authors within 30 days.",
    "Model weights are licensed separately under the Example Model License.",
    "The weights are covered by the Example License, see WEIGHTS.",
    "Weights: CC BY-NC 4.0",
    "License for weights: cc-by-nc-4.0",
    "Outputs belong to Example Lab.",
    "All rights reserved by Example Lab; no license is granted to the weights.",
    "Evaluation copy.",
    "If you make more than $1,000,000 a year, talk to us first.",
    "Contact us for business use.",
    "N\u{43e}n-c\u{43e}mmercial use \u{43e}nly.",
    "Nur zu Forschungszwecken.",
    "Usage réservé à la recherche.",
    "Solo para investigación.",
    "Solo per la ricerca.",
    "Apenas para pesquisa.",
    "Только для некоммерческого использования.",
    "研究目的でのみ使用できます。",
    "비상업적 용도로만 사용할 수 있습니다.",
    "本模型只能用于学术研究。",
];

/// What is next to licenses of models and limits nothing.
const HARMLESS: &[&str] = &[
    "Example Model 7B, release of May 2026.",
    "This repository contains the weights of Example 7B.",
    "The code in src/ was written by Ann Example.",
    "For questions, write to lab@example.org.",
    "Version 2.0, January 2026",
    "Model card: README.md",
    "The research was supported by the National Science Foundation under grant 12345.",
    "This work was funded by the European Union under Horizon 2020.",
    "Copyright 2026 The Commercial Bank of Example",
    "Trained on 8 accelerators for 30 days.",
    "See the NOTICE file for details.",
    "A copy of the license is in LICENSES/Apache-2.0.txt.",
    "Example is a registered trademark of Example Inc.",
    "Alternatively, this software may be used under the MIT license.",
    "Developed in cooperation with the University of Example.",
    "Based on example.cpp, Copyright (c) 2023 Georg Beispiel.",
    "Thanks to all users of the model.",
    "Κέντρο Έρευνας Example, Москва",
];

/// What was changed within a license, from what, and to what.
const CHANGED: &[(&str, &str, &str)] = &[
    ("MIT", "and/or sell copies", "and/or use copies"),
    ("MIT", "free of charge, to any person", "for a fee, to any person"),
    ("MIT", "granted, free of charge, to", "granted for one year, free of charge, to"),
    ("MIT", "to any person obtaining", "to any student obtaining"),
    ("MIT", "to any person obtaining", "to any nonprofit organization obtaining"),
    (
        "MIT",
        "subject to the following conditions:",
        "subject to the policy at https://example.org and these conditions:",
    ),
    ("BSD-2-Clause", "with or without modification, are", "without modification, are"),
    ("BSD-2-Clause", "in source and binary forms", "in source form"),
    ("BSD-3-Clause", "the above copyright notice, this list", "the above copyright notice unmodified, this list"),
    ("Apache-2.0", "a perpetual, worldwide, non-exclusive", "a one-year, worldwide, non-exclusive"),
    ("Apache-2.0", "a perpetual, worldwide, non-exclusive", "a perpetual, US-wide, non-exclusive"),
    ("Apache-2.0", "a perpetual, worldwide, non-exclusive", "a perpetual, worldwide, exclusive"),
    ("Apache-2.0", "royalty-free, irrevocable copyright", "royalty-free copyright"),
    ("Apache-2.0", "in Source or Object form.", "in Source form."),
    ("CC-BY-4.0", "in whole or in part; and", "in whole or in part, for NonCommercial purposes only; and"),
    (
        "CC-BY-4.0",
        "produce, reproduce, and Share Adapted Material",
        "produce and reproduce, but not Share, Adapted Material",
    ),
];

/// Returns whether the license is there unchanged and alone.
fn is_plain(text: &str, id: &str) -> bool {
    let (likeness, contents) = compare(text, &[id.to_owned()]);
    likeness == Likeness::Same && contents.only().is_some_and(|found| found.ids.contains(&id))
}

#[test]
fn added_conditions_are_quoted_and_notices_are_not() {
    let mut wrong = Vec::new();
    for id in ["MIT", "Apache-2.0"] {
        for (added, is_condition) in
            ADDED.iter().map(|added| (added, true)).chain(HARMLESS.iter().map(|added| (added, false)))
        {
            for changed in [format!("{}\n\n{added}\n", text(id)), format!("{added}\n\n{}", text(id))] {
                let (_, contents) = compare(&changed, &[id.to_owned()]);
                let mut quoted = contents.surplus.iter().chain(contents.licenses.iter().flat_map(|found| &found.added));
                if is_plain(&changed, id) == is_condition || quoted.next().is_some() != is_condition {
                    wrong.push(format!("{id}: {added}: {contents:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn changed_terms_are_not_the_license() {
    let mut wrong = Vec::new();
    for (id, from, to) in CHANGED {
        let plain = reflowed(text(id)).replace('\n', " ");
        let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain.contains(from) && is_plain(&plain, id), "{id}: {from}");
        if is_plain(&plain.replacen(from, to, 1), id) {
            wrong.push(format!("{id}: `{from}` became `{to}`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Licenses that are one sentence or one number away from each other, as they were confused in published releases.
#[test]
fn texts_of_other_licenses_are_named() {
    for (declared, other) in [
        ("BSD-3-Clause", "BSD-4-Clause"),
        ("BSD-3-Clause", "BSD-3-Clause-No-Military-License"),
        ("BSD-3-Clause", "BSD-3-Clause-No-Nuclear-License"),
        ("MIT", "JSON"),
        ("CC-BY-4.0", "CC-BY-NC-4.0"),
        ("CC-BY-4.0", "CC-BY-3.0"),
        ("GPL-3.0-only", "AGPL-3.0-only"),
        ("GPL-3.0-only", "LGPL-3.0-only"),
        ("Apache-2.0", "Apache-1.1"),
    ] {
        assert_eq!(compare(text(other), &[declared.to_owned()]).0, Likeness::Other(other), "{declared}");
    }
    let both = [text("Apache-2.0"), text("CC-BY-NC-4.0")].join("\n\n");
    assert!(!is_plain(&both, "Apache-2.0"));
}

/// A version that is not on the SPDX list is not the one that is; another title, or none, does not matter.
#[test]
fn another_version_is_another_license() {
    let listed = text("CPL-1.0");
    let (title, rest) = listed.split_once('\n').unwrap();
    assert!(title.ends_with("Version 1.0") && is_plain(listed, "CPL-1.0"));
    let (likeness, _) = compare(&listed.replacen("Version 1.0", "Version 0.5", 1), &["CPL-1.0".to_owned()]);
    assert!(matches!(likeness, Likeness::Changed { .. }), "{likeness:?}");
    assert!(is_plain(rest, "CPL-1.0") && is_plain(&format!("Example Model 7B License\n{rest}"), "CPL-1.0"));
}

/// The numbers of the paragraphs of the official text differ from those on the SPDX list.
#[test]
fn another_numbering_is_the_same_license() {
    let listed = text("CC-BY-ND-4.0");
    let official = listed
        .replace("2. For the avoidance", "For the avoidance")
        .replace("3. You may satisfy", "2. You may satisfy")
        .replace("4. If requested", "3. If requested");
    assert!(official != listed && is_plain(&official, "CC-BY-ND-4.0"));
}

/// Returns the model licenses in the directory that `MODEL_LICENSES` names, with their ids.
fn model_licenses() -> Vec<(&'static str, String)> {
    let Some(directory) = std::env::var_os("MODEL_LICENSES") else {
        println!("skipped: MODEL_LICENSES does not name a directory of license texts");
        return Vec::new();
    };
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) else { continue };
        // Files of ScanCode's list begin with facts about the license.
        let text = text.strip_prefix("---\n").and_then(|rest| Some(rest.split_once("\n---\n")?.1)).unwrap_or(&text);
        let found = contents(text).only().map(|found| found.id()).filter(|id| id.starts_with("LicenseRef-"));
        texts.extend(found.map(|id| (id, text.to_owned())));
    }
    texts.sort();
    texts.dedup_by_key(|(id, _)| *id);
    assert!(!texts.is_empty(), "no text is known");
    println!("{} model licenses", texts.len());
    texts
}

#[test]
fn changes_of_model_licenses_are_found() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (id, text) in model_licenses() {
        let is_unchanged = |text: &str| is_plain(text, id);
        let middle = text[..text.len() / 2].rfind("\n\n").unwrap_or(0);
        for added in ADDED.iter().chain(HARMLESS) {
            let is_harmless = HARMLESS.contains(added);
            let amid = format!("{}\n\n{added}{}", &text[..middle], &text[middle..]);
            for changed in [format!("{text}\n\n{added}\n"), format!("{added}\n\n{text}"), amid] {
                count += 1;
                if is_unchanged(&changed) != is_harmless {
                    wrong.push(format!("{id}: {added}: {:?}", compare(&changed, &[id.to_owned()])));
                }
            }
        }
        // Copies that say the same.
        let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let marked = text.replace("\n\n", "\n\n> ");
        let without_title = text.trim_start().split_once('\n').map_or("", |(_, rest)| rest);
        let with_notice = format!("{COPYRIGHT}\n\n{}\n\nThe model was trained by Example Lab.\n", reflowed(&text));
        for copy in [plain.clone(), marked, without_title.to_owned(), with_notice] {
            count += 1;
            if !is_unchanged(&copy) {
                wrong.push(format!("{id}, a copy: {:?}", compare(&copy, &[id.to_owned()])));
            }
        }
        // A sentence, or one word, taken away; a limit that was changed.
        let words: Vec<&str> = plain.split(' ').collect();
        for at in (40..words.len() - 60).step_by(words.len() / 7) {
            count += 1;
            let cut = [&words[..at], &words[at + 17..]].concat().join(" ");
            if is_unchanged(&cut) {
                wrong.push(format!("{id}: without `{}`", words[at..at + 17].join(" ")));
            }
        }
        for (from, to) in [
            (" not ", " "),
            ("700 million", "70 million"),
            ("100 million", "200 million"),
            ("non-commercial", "commercial"),
        ] {
            if plain.contains(from) {
                count += 1;
                if is_unchanged(&plain.replacen(from, to, 1)) {
                    wrong.push(format!("{id}: `{from}` became `{to}`"));
                }
            }
        }
    }
    println!("changed model licenses: {} of {count} right", count - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every license, declared as every other one.
#[test]
fn model_licenses_are_told_apart() {
    let texts = model_licenses();
    for (id, text) in &texts {
        let notice = format!("{COPYRIGHT}\n\n{text}\n\nNo use by armed forces.\n");
        for (declared, _) in texts.iter().filter(|(other, _)| other != id) {
            assert_eq!(compare(text, &[(*declared).to_owned()]).0, Likeness::Other(id), "{declared}");
        }
        let (likeness, contents) = compare(&notice, &[(*id).to_owned()]);
        let ids: Vec<&str> = contents.licenses.iter().map(|found| found.id()).collect();
        assert_eq!((likeness, ids), (Likeness::Same, vec![*id]));
        assert!(
            contents.surplus.iter().any(|quoted| quoted.starts_with("No use by armed forces")),
            "{id}: {contents:?}"
        );
    }
}
