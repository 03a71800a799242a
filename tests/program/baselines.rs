//! `check --write-baseline` and `--baseline`: what is known is not reported, and what is new is.

use serde_json::Value;

use crate::common::env::{MANIFEST, Output, TestEnv};

/// A release with an error, two warnings about the weights, and a note about a document.
fn faulty() -> TestEnv {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("\"README.md\"", "\"README.md\", \"no.bin\""));
    env.openness(["check", "lm"]).expect(1);
    let ran = env.openness(["check", "lm", "--write-baseline", "known.json"]).expect(0);
    let notes: Vec<&str> = ran.err.lines().collect();
    assert!(notes.len() == 1 && notes[0].ends_with("written to the baseline `known.json`"), "{ran:#?}");
    env
}

fn check(env: &TestEnv, arguments: &[&str]) -> Output {
    env.openness([&["check", "lm", "--baseline", "known.json", "--format", "json"][..], arguments].concat())
}

fn codes(ran: &Output) -> Vec<String> {
    let json = ran.json();
    let findings = json["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn known_findings_pass_and_lines_may_move() {
    let env = faulty();
    let ran = check(&env, &["--strict"]).expect(0);
    assert_eq!((codes(&ran), ran.json()["summary"]["errors"].as_u64()), (vec![], Some(0)));
    assert!(ran.err.contains("that the baseline has (OPN301, OPN313"), "{ran:#?}");
    let text = env.read_text("lm/OPENNESS.toml");
    env.write("lm/OPENNESS.toml", format!("# one\n# two\n{}", text.replace("[component", "\n[component")));
    assert_eq!(codes(&check(&env, &[]).expect(0)), Vec::<String>::new());
    // The file has a schema, and is the same when it is written again.
    let before = env.read("known.json");
    env.openness(["check", "lm", "--write-baseline", "known.json"]).expect(0);
    assert_eq!(env.read("known.json"), before);
    let schema = env.openness(["schema", "baseline"]).expect(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let written: Value = serde_json::from_slice(&before).unwrap();
    assert!(validator.is_valid(&written) && !validator.is_valid(&serde_json::json!({"version": 1})), "{written:#}");
}

#[test]
fn new_findings_alone_fail() {
    let env = faulty();
    let text = env.read_text("lm/OPENNESS.toml");
    // The same rule at another key, and twice at the same key.
    for new in [
        text.replace("reason =", "files = [\"none.bin\"]\nreason ="),
        text.replace("\"no.bin\"", "\"no.bin\", \"neither.bin\""),
    ] {
        env.write("lm/OPENNESS.toml", new);
        let ran = check(&env, &[]).expect(1);
        assert!(codes(&ran).contains(&"OPN301".to_owned()), "{ran:#?}");
        assert_eq!(ran.json()["summary"]["errors"], 1, "{ran:#?}");
    }
    // What was mended is said, and fails nothing.
    env.write("lm/OPENNESS.toml", MANIFEST);
    let ran = check(&env, &[]).expect(0);
    assert!(ran.err.contains("no longer found: 1 finding of the baseline"), "{ran:#?}");
    let sarif = env.openness(["check", "lm", "--baseline", "known.json", "--format", "sarif"]).expect(0).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty() && results.iter().all(|result| result["suppressions"][0]["kind"] == "external"));
}

#[test]
fn a_baseline_in_the_release_is_not_a_finding_of_its_own() {
    let env = faulty();
    for name in ["lm/.openness-baseline.json", "lm/known.json"] {
        env.openness(["check", "lm", "--write-baseline", name]).expect(0);
        env.git("lm", ["add", "-A"]);
        let known = |arguments: &[&str]| {
            let ran = env.openness([&["check", "lm", "--format", "json", "--baseline", name][..], arguments].concat());
            codes(&ran)
        };
        assert_eq!(known(&["--strict"]), Vec::<String>::new(), "{name}");
        // Written again with the file there, it is the same.
        let before = env.read(name);
        env.openness(["check", "lm", "--write-baseline", name]).expect(0);
        assert_eq!(env.read(name), before, "{name}");
        // Another file is one.
        env.write("lm/other.json", "{}");
        env.git("lm", ["add", "-A"]);
        assert_eq!(known(&[]), ["OPN303"], "{name}");
        env.git("lm", ["rm", "-q", "-f", "other.json"]);
    }
}

#[test]
fn errors_that_cannot_be_waived_are_not_written() {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("[release]", "[release]\nlicence = \"x\""));
    let ran = env.openness(["check", "lm", "--write-baseline", "known.json"]).expect(1);
    assert!(ran.out.contains("OPN101") && !env.read_text("known.json").contains("OPN101"), "{ran:#?}");
    let why = "not written: 1 finding (OPN101), because a baseline cannot have errors that cannot be waived";
    assert!(ran.err.contains(why), "{ran:#?}");
    // What is left fails with the new baseline too, so the status is not another one.
    env.openness(["check", "lm", "--baseline", "known.json"]).expect(1);
    // Nor is what the organization forbids.
    let env = faulty();
    env.write("lm/.openness-lints.toml", "[lints]\nOPN301 = \"forbid\"\n");
    let ran = env.openness(["check", "lm", "--write-baseline", "known.json"]).expect(1);
    assert!(ran.err.contains("(OPN301), because a baseline cannot have what the organization forbids"), "{ran:#?}");
}

#[test]
fn sign_does_not_know_of_a_baseline() {
    let env = faulty();
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).fails_with("OPN301");
}

#[test]
fn a_file_that_is_not_a_baseline_is_an_error() {
    let env = faulty();
    for text in ["", "{}", "{\"version\":2,\"findings\":[]}", "[1]"] {
        env.write("known.json", text);
        let ran = check(&env, &[]).expect(2);
        assert!(ran.err.contains("known.json") && ran.err.contains("--write-baseline"), "{text}: {ran:#?}");
    }
    std::fs::remove_file(env.path("known.json")).unwrap();
    check(&env, &[]).expect(2);
    env.openness(["check", "lm", "--baseline", "known.json", "--write-baseline", "known.json"]).expect(2);
}
