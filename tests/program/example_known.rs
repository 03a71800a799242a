//! Manifests of known releases get the verdicts that others published.

use std::fs;

use crate::common::env::{TestEnv, with_input};
use crate::common::examples::example;
use serde_json::Value;

/// Manifest; class by the Model Openness Tool; whether it passed when the Open Source Initiative tried its definition.
const KNOWN: &[(&str, &str, &str)] = &[
    ("olmo-7b.toml", "class-1", "meets"),
    ("pythia-70m.toml", "class-1", "meets"),
    ("llama-2-70b.toml", "unclassified", "fails"),
];

/// Runs a command on a manifest, which finds no errors, and returns its JSON.
fn said(command: &str, manifest: &str) -> Value {
    let text = fs::read(example("known").join(manifest)).unwrap();
    with_input(TestEnv::new().program().args([command, "-", "--format", "json"]), &text).expect(0).json()
}

#[test]
fn known_releases_get_their_published_verdicts() {
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
fn known_manifests_make_no_claims() {
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
