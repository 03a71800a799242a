//! Manifests of well-known releases: the verdicts are those that others reached.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

mod common;

use std::fs::{self, File};
use std::process::Command;

use common::examples::example;
use serde_json::Value;

/// Manifest; class by the Model Openness Tool; whether it passed when the Open Source Initiative tried its definition.
const KNOWN: &[(&str, &str, &str)] = &[
    ("olmo-7b.toml", "class-1", "meets"),
    ("pythia-70m.toml", "class-1", "meets"),
    ("llama-2-70b.toml", "unclassified", "fails"),
];

/// Runs a command on a manifest and reads what it says as JSON; nothing may be against it.
fn said(command: &str, manifest: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_openness"))
        .args([command, "-", "--format", "json"])
        .stdin(File::open(example("known").join(manifest)).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{manifest}: {}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn well_known_releases_get_the_verdicts_that_others_reached() {
    for (manifest, class, osaid) in KNOWN {
        let report = said("show", manifest);
        let verdict = |taxonomy: &str| {
            let evaluations = report["evaluations"].as_array().unwrap();
            evaluations.iter().find(|found| found["taxonomy"] == taxonomy).unwrap()["verdict"].clone()
        };
        assert_eq!(verdict("mof-1.0"), *class, "{manifest}");
        assert_eq!(verdict("osaid-1.0"), *osaid, "{manifest}");
        assert_eq!(said("check", manifest)["findings"].as_array().unwrap().len(), 0, "{manifest}");
    }
}

#[test]
fn every_manifest_of_a_known_release_is_tried_and_claims_nothing_for_others() {
    let files = fs::read_dir(example("known")).unwrap().map(|entry| entry.unwrap().path());
    let mut manifests: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    manifests.sort();
    let mut names: Vec<_> = manifests.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    let mut known: Vec<_> = KNOWN.iter().map(|known| known.0).collect();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known);
    for manifest in manifests {
        assert!(!fs::read_to_string(manifest).unwrap().contains("[claims]"));
    }
}
