//! The corpus test of license texts: every text of the SPDX list against every other, changed copies, added conditions.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic is a failed test")]

use super::text::{Contents, Likeness, canonical, compare, contents};

/// Returns the current licenses of the SPDX list, every `step`-th of them.
fn texts(step: usize) -> Vec<(&'static str, &'static str)> {
    let is_current = |id: &str| id != "NOASSERTION" && spdx::license_id(id).is_some_and(|id| !id.is_deprecated());
    let texts = spdx::text::LICENSE_TEXTS.iter().copied().filter(|(id, _)| is_current(id));
    texts.step_by(step).collect()
}

fn is_only(contents: &Contents, id: &str) -> bool {
    contents.only().is_some_and(|found| found.ids.contains(&id))
}

/// Licenses that models, data and code are released under most often.
const COMMON: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MPL-2.0",
    "GPL-2.0-only",
    "GPL-3.0-or-later",
    "LGPL-3.0-only",
    "AGPL-3.0-only",
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-3.0",
    "ODbL-1.0",
    "CDLA-Permissive-2.0",
    "OpenMDW-1.0",
    "BSL-1.0",
    "Unlicense",
];

/// Conditions of the kinds that are added to licenses of models, in our own words.
const CONDITIONS: &[&str] = &[
    "The Software may not be used for military purposes.",
    "Further condition: whoever has more than one million users in a month has to ask the authors for a written licence before any commercial use.",
    "If your products have more than 50 million monthly active users, display \"Example-1\" prominently in the user interface of each of them.",
    "This model is for research purposes only.",
    "Commercial use is prohibited without the prior written consent of Example Lab.",
    "You must not use the outputs to train or improve any other language model.",
    "Only for non-commercial use.",
    "Use by persons in the European Union is excluded.",
    "Companies with annual revenue above 10 million dollars need a separate license.",
    "By using the model you agree to the acceptable use policy at https://example.org/policy.",
    "The weights are exclusively available to academic institutions.",
    "Attribution: show the words \"Built with Example\" on your website.",
    "No use in weapons, surveillance or policing.",
    "Do not use this for facial recognition.",
    "The logo of Example Lab has to remain visible in each application.",
    "It is forbidden to resell access to the model.",
    "This license terminates if you sue Example Lab.",
    "Whoever uses the model has a moral obligation to act ethically.",
    "Additional Terms: hosting as a paid service requires a commercial license.",
    "Das Modell darf nicht für militärische Zwecke verwendet werden.",
    "L'utilisation commerciale de ce modèle est interdite.",
    "Queda prohibido el uso comercial de este modelo.",
    "本模型仅限学术研究使用，不得用于商业用途。",
];

/// What copies of licenses have in addition without changing them.
const HARMLESS: &[&str] = &[
    "Copyright (c) 2019-2026 The Example Authors <lab@example.org>",
    "Copyright 2021 Foo Inc. All rights reserved.\nCopyright (c) 2022, 2023 Bar e.V.\n© Universität Beispielstadt",
    "SPDX-License-Identifier: MIT",
    "This project is licensed under the terms below.",
    "The following license applies to all files in this repository, unless otherwise noted.",
    "---------------------------------------------------------------",
    "Third-party software: this model was made with the help of libfoo (https://example.org/libfoo).",
    "See https://example.org/LICENSE for details.",
    "Authors: Ann Example, Bob Beispiel, and many others",
    "We thank our colleagues and the community.",
    "Example is a trademark of Example Lab.",
];

/// What a person has to read, because no list of words knows it.
const REMARKS: &[&str] = &[
    "Whoever earns money with it buys us a beer.",
    "Vegetarians get support first.",
    "The weights were computed on a machine of the university.",
    "Please be kind to each other when you work with this.",
    "Ez a modell a tanszék tulajdona marad.",
];

/// Prints how many are right, and fails if any is wrong.
fn report(name: &str, count: usize, wrong: &[String]) {
    println!("{name}: {} of {count} right", count - wrong.len());
    assert!(wrong.is_empty(), "{name}: {} of {count} wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn conditions_are_found(ids: &[&str]) {
    let (mut count, mut wrong) = (0, Vec::new());
    for id in ids {
        let text = canonical(id).unwrap();
        let middle = text.len() / 2 + text[text.len() / 2..].find("\n\n").unwrap_or(text.len() / 2);
        for condition in CONDITIONS {
            let after = format!("{text}\n\n{condition}\n");
            let before = format!("{condition}\n\n{text}");
            let joined = format!("{}\n{condition}", text.trim_end());
            let amid = format!("{}\n\n{condition}{}", &text[..middle], &text[middle..]);
            for (place, changed) in [("after", after), ("before", before), ("joined", joined), ("amid", amid)] {
                count += 1;
                let (likeness, contents) = compare(&changed, &[(*id).to_owned()]);
                let is_quoted = contents
                    .surplus
                    .iter()
                    .chain(contents.licenses.iter().flat_map(|found| &found.added))
                    .next()
                    .is_some();
                if contents.only().is_some() || !is_quoted {
                    wrong.push(format!("{id}, {place}: {condition}: {likeness:?}"));
                }
            }
        }
    }
    report("added conditions", count, &wrong);
}

fn notices_are_harmless(ids: &[&str]) {
    let (mut count, mut wrong) = (0, Vec::new());
    for id in ids {
        let text = canonical(id).unwrap();
        for notice in HARMLESS {
            for changed in [format!("{text}\n\n{notice}\n"), format!("{notice}\n\n{text}"), format!("{notice}\n{text}")]
            {
                count += 1;
                let (likeness, contents) = compare(&changed, &[(*id).to_owned()]);
                if likeness != Likeness::Same || !is_only(&contents, id) {
                    wrong.push(format!("{id}: {notice}: {likeness:?} {contents:?}"));
                }
            }
        }
    }
    report("notices", count, &wrong);
}

fn what_is_left_over_is_quoted(ids: &[&str]) {
    let (mut count, mut wrong) = (0, Vec::new());
    for id in ids {
        let text = canonical(id).unwrap();
        for remark in REMARKS {
            for changed in [format!("{text}\n\n{remark}\n"), format!("{remark}\n\n{text}")] {
                count += 1;
                let (likeness, contents) = compare(&changed, &[(*id).to_owned()]);
                if likeness != Likeness::Same || contents.remarks != [remark.trim_end_matches('.')] {
                    wrong.push(format!("{id}: {remark}: {likeness:?} {contents:?}"));
                }
            }
        }
    }
    report("remarks", count, &wrong);
}

fn two_texts_are_both_found(ids: &[&str]) {
    let (mut count, mut wrong) = (0, Vec::new());
    for a in ids {
        for b in ids.iter().filter(|b| *b != a) {
            count += 1;
            let both = format!("{}\n\n{}", canonical(a).unwrap(), canonical(b).unwrap());
            for id in [a, b] {
                let (likeness, contents) = compare(&both, &[(*id).to_owned()]);
                if likeness != Likeness::Same || !contents.surplus.is_empty() {
                    wrong.push(format!("{a}, then {b}, {id} declared: {likeness:?} {:?}", contents.surplus));
                }
            }
        }
    }
    report("two texts in one file", count, &wrong);
}

fn every_text_is_itself(step: usize) {
    let wrap = |text: &str, width: usize| {
        let mut wrapped = String::new();
        for paragraph in text.split("\n\n") {
            let mut length = 0;
            for word in paragraph.split_whitespace() {
                if length + word.len() > width {
                    wrapped.push('\n');
                    length = 0;
                } else if length > 0 {
                    wrapped.push(' ');
                }
                wrapped.push_str(word);
                length += word.len() + 1;
            }
            wrapped.push_str("\n\n");
        }
        wrapped
    };
    let prefix = |text: &str, prefix: &str| text.lines().map(|line| format!("{prefix}{line}\n")).collect::<String>();
    let filled = |text: &str| {
        let of = [
            ("<year>", "2026"),
            ("<copyright holders>", "Example Lab and others"),
            ("<owner>", "Example Lab"),
            ("<organization>", "Example Organization of Sciences"),
            ("[yyyy]", "2026"),
            ("[name of copyright owner]", "Example Lab"),
        ];
        of.iter().fold(text.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
    };
    let quoted = |text: &str| {
        let mut open = false;
        let quote = |c| match c {
            '"' => {
                open = !open;
                if open { '„' } else { '“' }
            }
            c => c,
        };
        text.chars().map(quote).collect::<String>()
    };
    let mut wrong = Vec::new();
    let texts = texts(step);
    for (id, text) in &texts {
        let copies = [
            ("as it is", (*text).to_owned()),
            ("wrapped", wrap(text, 60)),
            ("unwrapped", wrap(text, usize::MAX)),
            ("with CR LF", text.replace('\n', "\r\n")),
            ("in upper case", text.to_uppercase()),
            ("quoted", prefix(text, "> ")),
            ("in a comment", prefix(text, " * ")),
            ("with other quotation marks", quoted(text)),
            ("filled in", filled(text)),
        ];
        for (name, copy) in copies {
            let (likeness, contents) = compare(&copy, &[(*id).to_owned()]);
            if likeness != Likeness::Same || !is_only(&contents, id) || !contents.remarks.is_empty() {
                wrong.push(format!("{id} {name}: {likeness:?} {:?}", contents.remarks));
            }
        }
        if !is_only(&contents(text), id) {
            wrong.push(format!("{id} is not found: {:?}", contents(text)));
        }
    }
    report("copies of each text", texts.len() * 10, &wrong);
}

/// Compares each text with each license that shares `share` of its words, as if that were declared.
#[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "a share needs no precision")]
fn no_text_is_another(step: usize, share: f64) {
    let all = texts(1);
    let sorted = |text: &str| {
        let words = text.to_lowercase();
        let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut words: Vec<String> = words.map(str::to_owned).collect();
        words.sort();
        words
    };
    let shared = |a: &[String], b: &[String]| {
        let (mut i, mut j, mut count) = (0, 0, 0);
        while i < a.len() && j < b.len() {
            match a[i].cmp(&b[j]) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => (i, j, count) = (i + 1, j + 1, count + 1),
            }
        }
        count as f64 / a.len().max(b.len()) as f64
    };
    let words: Vec<Vec<String>> = all.iter().map(|(_, text)| sorted(text)).collect();
    let (mut count, mut wrong) = (0, Vec::new());
    for (i, (id, text)) in all.iter().enumerate().step_by(step) {
        let own = contents(text).only().map(|found| found.ids.clone()).unwrap_or_default();
        for (j, (declared, _)) in all.iter().enumerate() {
            let lengths = (words[i].len().min(words[j].len()), words[i].len().max(words[j].len()));
            if own.contains(declared)
                || (lengths.0 as f64) < lengths.1 as f64 * share
                || shared(&words[i], &words[j]) < share
            {
                continue;
            }
            count += 1;
            match compare(text, &[(*declared).to_owned()]).0 {
                Likeness::Other(other) if own.contains(&other) => {}
                likeness => wrong.push(format!("text of {id}, {declared} declared: {likeness:?}")),
            }
        }
    }
    report("near twins", count, &wrong);
}

#[test]
fn some_texts_are_known_and_told_from_their_twins() {
    every_text_is_itself(90);
    no_text_is_another(120, 0.8);
}

#[test]
fn added_conditions_are_found_in_some_licenses() {
    conditions_are_found(&["MIT", "Apache-2.0"]);
    notices_are_harmless(&["MIT", "BSD-3-Clause"]);
    what_is_left_over_is_quoted(&["MIT", "Apache-2.0", "0BSD"]);
}

#[test]
fn two_texts_in_one_file_are_found_in_either_order() {
    two_texts_are_both_found(&["MIT", "CC0-1.0", "BSD-3-Clause", "BSD-2-Clause"]);
}

#[test]
#[ignore = "slow without optimization: `cargo test --release --lib license::corpus -- --ignored`"]
fn every_text_is_known() {
    every_text_is_itself(1);
}

#[test]
#[ignore = "slow without optimization"]
fn every_text_is_told_from_every_near_twin() {
    no_text_is_another(1, 0.8);
}

#[test]
#[ignore = "slow without optimization"]
fn added_conditions_are_found_in_common_licenses() {
    conditions_are_found(COMMON);
}

#[test]
#[ignore = "slow without optimization"]
fn notices_do_not_change_common_licenses() {
    notices_are_harmless(COMMON);
    what_is_left_over_is_quoted(COMMON);
}

#[test]
#[ignore = "slow without optimization"]
fn two_common_texts_in_one_file_are_found_in_either_order() {
    two_texts_are_both_found(COMMON);
}
