//! Licenses from end to end: what `check` and `init` make of license texts and of the names of licenses.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use openness::check;
use openness::files::Memory;
use openness::init::{GitHints, Survey};
use openness::license::text::canonical;

const MILITARY: &str = "The Software must not be used for military purposes";
const THRESHOLD: &str = "Anyone with more than two million users per month needs a separate license";

fn findings(license: &str, files: &[(&str, &str)], more: &str) -> Vec<(&'static str, String)> {
    let manifest = format!(
        "schema = 1\n[model]\nname = \"Tiny\"\nversion = \"1\"\nproducer = \"Lab\"\nlicense = \"{license}\"\nlicense-file = \"LICENSE\"\n[release]\naccess = \"downloadable\"\n[component.final-weights]\nopenness = \"open\"\nfiles = [\"w.npz\"]\n{more}"
    );
    let mut all = vec![("OPENNESS.toml".to_owned(), manifest.into_bytes()), ("w.npz".to_owned(), b"weights".to_vec())];
    all.extend(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    let files = Memory::new(all);
    let checked = check(&files).unwrap();
    let of_licenses = checked.findings().iter().filter(|finding| finding.rule.code.starts_with("OPN4"));
    of_licenses.map(|finding| (finding.rule.code, finding.message.clone())).collect()
}

fn codes(license: &str, text: &str) -> Vec<&'static str> {
    findings(license, &[("LICENSE", text)], "").into_iter().map(|(code, _)| code).collect()
}

fn text(id: &str) -> &'static str {
    canonical(id).unwrap()
}

fn drafted(files: &[(&str, &str)]) -> String {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    Survey::of(&Memory::new(files), "tiny", &GitHints::default()).draft()
}

#[test]
fn the_nearest_license_decides_and_not_the_declared_one() {
    for (declared, found) in [
        ("CC-BY-4.0", "CC-BY-NC-ND-4.0"),
        ("CC-BY-SA-4.0", "CC-BY-4.0"),
        ("GPL-3.0-only", "AGPL-3.0-only"),
        ("BSD-2-Clause", "BSD-3-Clause"),
        ("BSD-3-Clause", "BSD-2-Clause"),
        ("MIT", "MIT-0"),
        ("MIT", "X11"),
        ("ISC", "0BSD"),
    ] {
        let found_findings = findings(declared, &[("LICENSE", text(found))], "");
        let expected = format!("`{declared}` is declared, but `LICENSE` contains the text of `{found}`");
        assert!(
            found_findings.iter().any(|(code, message)| *code == "OPN403" && *message == expected),
            "{found_findings:?}"
        );
        assert_eq!(codes(found, text(found)), Vec::<&str>::new(), "{found}");
    }
    assert_eq!(codes("GPL-3.0-or-later", text("GPL-3.0-only")), Vec::<&str>::new());
}

#[test]
fn added_conditions_are_quoted() {
    for id in ["MIT", "Apache-2.0", "BSD-3-Clause"] {
        for condition in [MILITARY, THRESHOLD] {
            let found = findings(id, &[("LICENSE", &format!("{}\n\n{condition}\n", text(id)))], "");
            let [(code, message)] = found.as_slice() else { panic!("{id}: {found:?}") };
            assert!(*code == "OPN409" && message.contains(condition), "{message}");
        }
    }
    let within = text("MIT").replace("without restriction,", "for non-commercial purposes only,");
    assert!(codes("MIT", &within).contains(&"OPN409"), "{:?}", codes("MIT", &within));
    let lacking = text("MIT").replace("WITHOUT WARRANTY OF ANY KIND", "WITH A WARRANTY OF TWO YEARS");
    assert_ne!(codes("MIT", &lacking), Vec::<&str>::new());
}

#[test]
fn copies_with_notices_and_filled_in_names_are_accepted() {
    let bsd = text("BSD-3-Clause").replace("copyright holder nor", "Example Institute of Technology nor");
    let apache = text("Apache-2.0").split("APPENDIX").next().unwrap();
    let later = format!(
        "Copyright (C) 2026 Lab\n\nThis program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public License as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version.\n\n{}",
        text("GPL-3.0-only")
    );
    for (id, copy) in [("BSD-3-Clause", bsd.as_str()), ("Apache-2.0", apache), ("GPL-3.0-or-later", &later)] {
        assert_eq!(codes(id, copy), Vec::<&str>::new(), "{id}");
    }
}

#[test]
fn several_texts_in_one_file_are_found_in_any_order() {
    for order in [["MIT", "CC0-1.0"], ["CC0-1.0", "MIT"]] {
        let both = order.map(text).join("\n\n");
        assert_eq!(codes("MIT", &both), Vec::<&str>::new());
        assert_eq!(codes("MIT AND CC0-1.0", &both), Vec::<&str>::new());
        assert_eq!(codes("ISC", &both), ["OPN403"]);
    }
    let hidden = [text("Apache-2.0"), text("CC-BY-NC-4.0")].join("\n\n");
    assert_eq!(codes("Apache-2.0", &hidden), ["OPN409"]);
    assert_eq!(codes("Apache-2.0 AND CC-BY-NC-4.0", &hidden), Vec::<&str>::new());
}

#[test]
fn a_draft_names_a_license_only_if_the_text_is_that_license() {
    for id in ["MIT", "JSON", "CC-BY-NC-ND-4.0"] {
        let draft = drafted(&[("w.safetensors", "x"), ("LICENSE", text(id))]);
        assert!(draft.contains(&format!("license = \"{id}\"")), "{draft}");
    }
    let changed = format!("{}\n{MILITARY}\n", text("MIT"));
    let draft = drafted(&[("w.safetensors", "x"), ("LICENSE", &changed)]);
    assert!(draft.contains("license = \"LicenseRef-LICENSE\"") && draft.contains(MILITARY), "{draft}");
    let card = "---\nlicense: mit\n---\n# Tiny\n";
    let draft = drafted(&[("w.safetensors", "x"), ("LICENSE", &changed), ("README.md", card)]);
    assert!(!draft.contains("license = \"MIT\"") && draft.contains(MILITARY), "{draft}");
}

#[test]
fn a_base_that_limits_more_than_the_label_is_named() {
    let base = |license: &str, relation: &str| {
        format!("[[model.base]]\nname = \"lab/Base\"\nlicense = \"{license}\"\nrelation = \"{relation}\"\n")
    };
    let codes = |license: &str, base: &str| {
        let found = findings(license, &[("LICENSE", text(license.split(' ').next().unwrap()))], base);
        found.into_iter().filter(|(code, _)| *code == "OPN410").map(|(_, message)| message).collect::<Vec<_>>()
    };
    let found = codes("MIT", &base("CC-BY-NC-4.0", "finetune"));
    assert!(found.len() == 1 && found[0].contains("CC-BY-NC-4.0") && found[0].contains("lab/Base"), "{found:?}");
    assert_eq!(codes("MIT", &base("CC-BY-ND-4.0", "merge")).len(), 1);
    assert_eq!(codes("MIT OR CC-BY-NC-4.0", &base("CC-BY-NC-4.0", "finetune")).len(), 1);
    for (license, base) in [
        ("MIT", base("Apache-2.0", "finetune")),
        ("MIT", base("CC-BY-NC-4.0", "distilled")),
        ("MIT", base("MIT OR CC-BY-NC-4.0", "finetune")),
        ("MIT AND CC-BY-NC-4.0", base("CC-BY-NC-4.0", "finetune")),
        ("CC-BY-NC-4.0", base("CC-BY-NC-4.0", "quantized")),
        ("MIT", base("CC-BY-ND-4.0", "quantized")),
        ("MIT", base("LicenseRef-Unheard-Of", "finetune")),
    ] {
        assert_eq!(codes(license, &base), Vec::<String>::new(), "{license} {base}");
    }
}
