//! Records of the Model Openness Tool and manifests of known releases, with their bases filled in from public facts.
//!
//! The bases of records are what the records themselves name as `origin`, where that is a model and not an architecture or a
//! family, with the license that the model is published under; the others are from model cards. All other records are of models
//! that were trained from scratch, or whose origin is not public.

use std::fmt::Write as _;
use std::io::Write as _;

use openness::import::{Format, import};
use openness::license::chain::Outcome;
use openness::lineage::{Lineage, State};
use openness::manifest::Manifest;
use openness::manifest::parse::parse;
use openness::source::Source;

use crate::common::examples::example;
use crate::common::tools::shared;

struct Known {
    record: &'static str,
    base: &'static str,
    license: &'static str,
    relation: &'static str,
    /// Where the base and its license are stated.
    source: &'static str,
    outcome: Outcome,
    /// Kinds of duties that the facts of the record do not meet, whatever files there are.
    unmet: &'static [&'static str],
}

/// A fine-tune whose record names the base as `origin`; the license is on the page of the base on the Hub.
const fn origin(record: &'static str, base: &'static str, license: &'static str, outcome: Outcome) -> Known {
    Known { record, base, license, relation: "finetune", source: "origin; page of the base", outcome, unmet: &[] }
}

const RECORDS: &[Known] = &[
    origin("Aquila-VL-2B.yml", "Qwen/Qwen2.5-1.5B-Instruct", "Apache-2.0", Outcome::Obligations),
    Known {
        record: "CodeGemma-7B-Instruct.yml",
        base: "google/gemma-7b",
        license: "LicenseRef-Gemma-Terms",
        relation: "finetune",
        source: "origin; ai.google.dev/gemma/docs/codegemma/model_card",
        // The record calls the license of the weights `gemma`, which is not an SPDX id.
        outcome: Outcome::Review,
        unmet: &[],
    },
    origin("Granite-20B-Code-Instruct.yml", "ibm-granite/granite-20b-code-base", "Apache-2.0", Outcome::Obligations),
    origin("Granite-4.0-Micro.yml", "ibm-granite/granite-4.0-micro-base", "Apache-2.0", Outcome::Obligations),
    origin(
        "Granite-4.0-Tiny-Preview.yml",
        "ibm-granite/granite-4.0-tiny-base-preview",
        "Apache-2.0",
        Outcome::Obligations,
    ),
    origin("OpenELM-3B-Instruct.yml", "apple/OpenELM-3B", "LicenseRef-Apple-Sample-Code", Outcome::Review),
    origin("OpenELM-450M-Instruct.yml", "apple/OpenELM-450M", "LicenseRef-Apple-Sample-Code", Outcome::Review),
    Known {
        record: "Meta-Llama-3-70B-Instruct.yml",
        base: "meta-llama/Meta-Llama-3-70B",
        license: "LicenseRef-Llama-3-Community",
        relation: "finetune",
        source: "model card: the instruction tuned variant of Meta-Llama-3-70B",
        // The record has the name of the license, and no id.
        outcome: Outcome::Review,
        // "Meta-Llama-3" does not begin with "Llama 3". The licensor is not bound by its own rule.
        unmet: &["name-rule"],
    },
    Known {
        record: "RWKV-v4-(Raven).yml",
        base: "BlinkDL/rwkv-4-pile-14b",
        license: "Apache-2.0",
        relation: "finetune",
        source: "model card: Raven is fine-tuned from the Pile models",
        outcome: Outcome::Obligations,
        unmet: &[],
    },
];

/// Data of the known releases; none of the three has a base model.
const RELEASES: &[Known] = &[
    Known {
        record: "olmo-7b.toml",
        base: "allenai/dolma",
        license: "ODC-By-1.0",
        relation: "trained-on",
        source: "huggingface.co/datasets/allenai/dolma",
        outcome: Outcome::Obligations,
        unmet: &[],
    },
    Known {
        record: "pythia-70m.toml",
        base: "EleutherAI/pile",
        license: "",
        relation: "trained-on",
        source: "pile.eleuther.ai: parts under many licenses",
        outcome: Outcome::Review,
        unmet: &[],
    },
];

fn with_base(text: &str, known: &Known) -> Manifest {
    let mut entry = format!("[[model.base]]\nname = \"{}\"\nrelation = \"{}\"\n", known.base, known.relation);
    if !known.license.is_empty() {
        writeln!(entry, "license = \"{}\"", known.license).unwrap();
    }
    let (model, rest) = text.split_once("\n[model]\n").unwrap();
    // A table of the array may follow the keys of `[model]`, which end at the next header.
    let end = rest.find("\n[").map_or(rest.len(), |at| at + 1);
    let text = format!("{model}\n[model]\n{}\n{entry}{}", &rest[..end], &rest[end..]);
    let parsed = parse(Source::new(known.record, text.clone()));
    assert!(parsed.is_sound(), "{}: {:#?}\n{text}", known.record, parsed.findings);
    parsed.manifest
}

/// Returns what is otherwise than known.
fn differing(manifest: &Manifest, known: &Known) -> Option<String> {
    let lineage = Lineage::of(manifest, None);
    assert!(!known.source.is_empty());
    let unmet = lineage.duties.iter().filter(|due| due.state == State::Unmet).map(|due| due.duty.kind.as_str());
    let unmet: Vec<&str> = unmet.collect();
    let grounds: Vec<&str> =
        lineage.links.iter().flat_map(|link| &link.verdict.grounds).map(|ground| ground.why.as_str()).collect();
    let is_as_known = lineage.outcome() == known.outcome && unmet == known.unmet;
    (!is_as_known).then(|| format!("{}: {:?}, unmet {unmet:?}: {grounds:?}", known.record, lineage.outcome()))
}

fn check(manifest: &Manifest, known: &Known) {
    assert_eq!(differing(manifest, known), None);
}

#[test]
fn records_with_their_bases_get_the_outcome_of_their_terms() {
    let Some(directory) = shared("mot/models") else { return };
    let (mut records, mut with_bases, mut otherwise) = (0, 0, Vec::new());
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = import(Format::Mot, &std::fs::read_to_string(&path).unwrap()).unwrap();
        records += 1;
        match RECORDS.iter().find(|known| known.record == name) {
            Some(known) => {
                otherwise.extend(differing(&with_base(&text, known), known));
                with_bases += 1;
            }
            None => {
                let manifest = parse(Source::new("OPENNESS.toml", text)).manifest;
                let lineage = Lineage::of(&manifest, None);
                assert!(lineage.links.is_empty() && lineage.duties.is_empty(), "{name}");
            }
        }
    }
    let _ = writeln!(std::io::stderr(), "{records} records, {with_bases} with bases");
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
    assert!(records >= 40 && with_bases == RECORDS.len());
}

#[test]
fn known_releases_with_their_data_get_the_outcome_of_their_terms() {
    for known in RELEASES {
        let text = std::fs::read_to_string(example("known").join(known.record)).unwrap();
        check(&with_base(&text, known), known);
    }
    let llama = std::fs::read_to_string(example("known").join("llama-2-70b.toml")).unwrap();
    assert!(Lineage::of(&parse(Source::new("l", llama)).manifest, None).links.is_empty());
}

/// The same model under another label: what the chain is for.
#[test]
fn a_known_model_that_is_relabeled_is_a_conflict() {
    let text = std::fs::read_to_string(example("known").join("llama-2-70b.toml")).unwrap();
    let own = Known {
        record: "llama-2-70b.toml",
        base: "meta-llama/Llama-2-70b-hf",
        license: "LicenseRef-Llama-2-Community",
        relation: "quantized",
        source: "repository: LICENSE",
        outcome: Outcome::Obligations,
        unmet: &[],
    };
    check(&with_base(&text, &own), &own);
    let relabeled = text.replace("\"LicenseRef-Llama-2-Community\"", "\"Apache-2.0\"");
    let washed = Known { outcome: Outcome::Conflict, ..own };
    check(&with_base(&relabeled, &washed), &washed);
}
