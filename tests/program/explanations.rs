//! `explain` knows every word that a manifest, a policy or an output can say.

use serde_json::Value;

use crate::common::env::TestEnv;

fn validator(env: &TestEnv) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&env.openness(["schema", "explain"]).expect(0).out).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn the_json_of_every_explanation_matches_its_schema() {
    let env = TestEnv::new();
    let validator = validator(&env);
    for (arguments, counts) in [
        (&["--all"][..], None),
        (&["OPN310"], Some([1, 0, 0, 0])),
        (&["final-weights"], Some([0, 0, 1, 0])),
        (&["vocabulary"], Some([0, 0, 34, 0])),
        (&["untrusted-key"], Some([0, 0, 0, 1])),
        (&["forbid-code-on-load"], Some([0, 0, 0, 1])),
    ] {
        let arguments = [&["explain", "--format", "json"], arguments].concat();
        let json = env.openness(&arguments).expect(0).json();
        assert!(validator.is_valid(&json), "{arguments:?}: {:#?}", validator.iter_errors(&json).collect::<Vec<_>>());
        let found = ["rules", "taxonomies", "components", "words"].map(|key| json[key].as_array().unwrap().len());
        match counts {
            None => assert!(found[0] > 60 && found[1] > 15 && found[2] > 30 && found[3] > 150, "{found:?}"),
            // Items of taxonomies have the names of components too.
            Some(counts) => {
                assert_eq!((found[0], found[2], found[3]), (counts[0], counts[2], counts[3]), "{arguments:?}");
            }
        }
    }
    let all = env.openness(["explain", "--format", "json"]).expect(0).out;
    assert_eq!(all, env.openness(["explain", "--all", "--format", "json"]).expect(0).out);
    let broken = serde_json::json!({ "version": 1, "rules": [{ "code": "OPN1" }] });
    assert!(!validator.is_valid(&broken));
}

#[test]
fn every_word_of_the_json_can_be_asked_for() {
    let env = TestEnv::new();
    let json = env.openness(["explain", "--format", "json"]).expect(0).json();
    let of = |list: &Value, key: &str| -> Vec<String> {
        list.as_array().unwrap().iter().map(|entry| entry[key].as_str().unwrap().to_owned()).collect()
    };
    let mut words = of(&json["words"], "name");
    words.extend(json["words"].as_array().unwrap().iter().flat_map(|key| of(&key["values"], "word")));
    words.extend(of(&json["components"], "id"));
    words.extend(of(&json["taxonomies"], "id"));
    words.sort();
    words.dedup();
    // A process for each would take long; these are spread over the list.
    for word in words.iter().step_by(17) {
        let told = env.openness(["explain", word]).expect(0).out;
        // The text may have other words between those of a name: a `component-group` is a group of components.
        assert!(word.split('-').all(|part| told.contains(part)), "{word}: {told}");
    }
}

#[test]
fn a_word_is_explained_wherever_it_occurs() {
    let env = TestEnv::new();
    let open = env.openness(["explain", "open"]).expect(0).out;
    assert!(open.starts_with("component.ID.openness = \"open\": Available to anyone"), "{open}");
    assert!(open.contains("\npolicy, licenses.NAME.require = \"open\": "), "{open}");
    let status = env.openness(["explain", "not-yet-valid"]).expect(0).out;
    assert!(
        status.starts_with("verify JSON, signatures.status = \"not-yet-valid\": The signature is intact"),
        "{status}"
    );
    assert!(status.contains("\n  also in verify JSON, tag.status; verify JSON, commit.status\n"), "{status}");
    let refused = env.openness(["explain", "untrusted-kee"]).expect(2);
    assert!(refused.err.contains("help: did you mean `untrusted-key`?"), "{}", refused.err);
    let both = env.openness(["explain", "--all", "open"]).expect(2);
    assert!(both.err.contains("cannot be used with"), "{}", both.err);
    let markdown = env.openness(["explain", "untrusted-key", "--format", "markdown"]).expect(0).out;
    assert!(
        markdown.starts_with("# Words\n") && markdown.contains("\n  - `untrusted-key`: No signature"),
        "{markdown}"
    );
    assert!(!markdown.contains("`unsigned`"), "only what was asked for: {markdown}");
}

#[test]
fn the_case_does_not_matter_and_paths_and_facts_are_explained_by_their_key() {
    let env = TestEnv::new();
    for (word, same) in [
        ("Final-Weights", "final-weights"),
        ("release.access", "access"),
        ("component.final-weights.openness", "openness"),
        ("mof=class-2", "mof"),
        ("opn202", "OPN202"),
    ] {
        assert_eq!(
            env.openness(["explain", word]).expect(0).out,
            env.openness(["explain", same]).expect(0).out,
            "{word}"
        );
    }
    // Several words are one subject, with or without quotes.
    let quoted = env.openness(["explain", "not stated"]).expect(0).out;
    assert!(quoted.contains("`show` says \"not stated\": The manifest says nothing about it."), "{quoted}");
    assert_eq!(env.openness(["explain", "NOT", "stated"]).expect(0).out, quoted);
    let ran = env.openness(["explain", "zz"]).expect(2);
    assert!(!ran.err.contains("did you mean"), "{}", ran.err);
    assert!(env.openness(["explain", "final-wights"]).expect(2).err.contains("did you mean `final-weights`?"));
}

/// What people read in the output of `verify` and `show` can be asked for.
#[test]
fn the_words_of_an_output_are_explained() {
    let env = TestEnv::signed();
    let mut words = vec!["waived", "excluded", "changed", "score", "stated"];
    env.write("lm/extra.bin", "x");
    let verified = env.openness(["verify", "lm", "--key", "key.pub"]).expect(1).out;
    let first = |line: &str| line.trim().split("  ").next().unwrap_or_default().to_owned();
    let of_lines: Vec<String> =
        verified.lines().filter(|line| line.starts_with("  ") && line.contains("  ")).map(first).collect();
    for word in ["trusted", "as signed", "not signed"] {
        assert!(of_lines.iter().any(|found| found == word), "{word}: {verified}");
        words.push(word);
    }
    for word in words {
        let told = env.openness(["explain", word]).expect(0).out;
        assert!(told.to_lowercase().contains(word), "{word}: {told}");
    }
}

#[test]
fn explanations_fit_the_width() {
    let env = TestEnv::new();
    for subject in ["open", "severity", "mof", "final-weights", "Llama-3.1", "OPN310", "claims", "vocabulary", "verify"]
    {
        for columns in [80, 120] {
            let mut command = env.program();
            command.env("COLUMNS", columns.to_string()).args(["explain", subject]);
            let told = crate::common::env::Output::from(command.output().unwrap()).expect(0).out;
            // A quotation, such as an address or a list of values, stays whole.
            let is_wide = |line: &&str| line.chars().count() > columns && !line.contains("://") && !line.contains('`');
            assert_eq!(told.lines().find(is_wide), None, "{subject} at {columns}: {told}");
        }
    }
}
