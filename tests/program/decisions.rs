//! `path` and `what-if`.

use serde_json::{Value, json};

use crate::common::env::{MANIFEST, Output, TestEnv};
use crate::common::examples::example;

fn on_example(env: &TestEnv, name: &str, arguments: &[&str]) -> Output {
    let directory = example(name).display().to_string();
    env.openness(arguments.iter().copied().chain([directory.as_str()]))
}

/// Requires that a document has the form that `openness schema NAME` describes, and that another has not.
#[track_caller]
fn conforms(env: &TestEnv, name: &str, document: &Value) {
    let schema = env.openness(["schema", name]).expect(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mistakes: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(mistakes.is_empty(), "{name}: {mistakes:#?}");
    assert!(!validator.is_valid(&json!({ "version": 1 })), "{name}");
}

#[test]
fn path_prints_the_answers_in_the_form_of_its_schema() {
    let env = TestEnv::new();
    let found = on_example(&env, "tiny-lm", &["path", "seger", "--format", "json"]).expect(0).json();
    let change = json!({ "key": "risk.external-review.status", "from": "absent", "to": "addressed" });
    assert_eq!(
        found,
        json!({
            "version": 1,
            "taxonomy": "seger-2023",
            "level": "complete",
            "reachable": true,
            "answers": [{ "changes": [change] }],
            "unreachable": [],
        })
    );
    conforms(&env, "path", &found);
    let several = on_example(&env, "open-washed", &["path", "osai=0.5", "--format", "json"]).expect(0).json();
    conforms(&env, "path", &several);
}

#[test]
fn path_exits_with_1_only_if_the_level_cannot_be_reached() {
    let env = TestEnv::new();
    let reached = on_example(&env, "tiny-lm", &["path", "mof", "--format", "json"]).expect(0).json();
    assert_eq!(reached["answers"], json!([{ "changes": [] }]));
    conforms(&env, "path", &reached);
    env.write("lm/OPENNESS.toml", format!("{MANIFEST}\n[compute]\ncumulative-flop = 2e25\n"));
    let not = env.openness(["path", "eu", "lm", "--format", "json"]).expect(1).json();
    assert_eq!((&not["reachable"], &not["answers"]), (&json!(false), &json!([])));
    assert_eq!(not["unreachable"][0]["item"], "high-impact");
    conforms(&env, "path", &not);
    env.openness(["path", "eu-open-source", "lm"]).expect(2);
}

#[test]
fn what_if_prints_what_changes_in_the_form_of_its_schema() {
    let env = TestEnv::new();
    let settings = ["--set", "component.training-data.openness=closed", "--set", "compute.cumulative-flop=2e25"];
    let arguments = [&["what-if", "--format", "json"][..], &settings].concat();
    let found = on_example(&env, "tiny-lm", &arguments).expect(0).json();
    conforms(&env, "what-if", &found);
    let of = |id: &str| {
        let all = found["taxonomies"].as_array().unwrap();
        all.iter().find(|taxonomy| taxonomy["taxonomy"] == id).unwrap_or_else(|| panic!("{id}: {found:#}"))
    };
    assert_eq!(
        (&of("mof-1.0")["before"]["verdict"], &of("mof-1.0")["after"]["verdict"]),
        (&json!("class-1"), &json!("class-2"))
    );
    let claim = found["claims"].as_array().unwrap().iter().find(|claim| claim["key"] == "mof").unwrap();
    assert_eq!((&claim["before"]["holds"], &claim["after"]["holds"]), (&json!(true), &json!(false)));
    let crossed: Vec<&Value> = found["thresholds"].as_array().unwrap().iter().map(|item| &item["item"]).collect();
    assert!(crossed.contains(&&json!("high-impact")), "{crossed:?}");
}

#[test]
fn what_if_reports_a_duty_that_is_met() {
    let env = TestEnv::new();
    let arguments = ["what-if", "--format", "json", "--set", "eu.copyright-policy=https://example.org/copyright"];
    let found = on_example(&env, "open-washed", &arguments).expect(0).json();
    let duty = &found["duties"][0];
    assert_eq!((&duty["item"], &duty["before"]["outcome"]), (&json!("copyright-policy"), &json!("unstated")));
    assert_eq!(duty["after"]["outcome"], "met");
}

#[test]
fn weigh_names_what_each_line_rests_on() {
    let env = TestEnv::new();
    for name in ["tiny-lm", "open-washed"] {
        let page = on_example(&env, name, &["weigh", "--format", "json"]).expect(0).json();
        conforms(&env, "weigh", &page);
        assert!(!page["components"].as_array().unwrap().is_empty() && !page["duties"].as_array().unwrap().is_empty());
        for format in ["human", "markdown"] {
            let text = on_example(&env, name, &["weigh", "--format", format]).expect(0).out;
            for word in ["decides nothing", "Kapoor et al. 2024", "our reading", "https://arxiv.org/abs/2403.07918"] {
                assert!(text.contains(word), "{name} {format}: {word}\n{text}");
            }
        }
    }
    env.write("lm/OPENNESS.toml", "schema = \n");
    env.openness(["weigh", "lm"]).expect(1);
}

#[test]
fn what_if_changes_nothing_on_disk() {
    let env = TestEnv::new();
    env.write("lm/OPENNESS.toml", MANIFEST);
    env.openness(["what-if", "lm", "--set", "model.license="]).expect(0);
    for (way, fact) in [
        ("gated", "access.gating=manual"),
        ("staged", "release.access=gradual-staged"),
        ("hosted", "release.access=hosted"),
    ] {
        let of = |setting: &str| env.openness(["what-if", "lm", "--format", "json", "--set", setting]).expect(0).out;
        assert_eq!(of(way), of(fact), "{way}");
    }
    env.openness(["what-if", "lm", "--set", "gatd"]).fails_with("or `--set hosted`");
    assert_eq!(env.read_text("lm/OPENNESS.toml"), MANIFEST);
}

#[test]
fn what_if_reads_a_value_as_the_key_takes_it() {
    let env = TestEnv::new();
    env.write("lm/OPENNESS.toml", MANIFEST);
    let to = |setting: &str| {
        let found = env.openness(["what-if", "lm", "--format", "json", "--set", setting]).expect(0).json();
        found["changes"][0]["to"].clone()
    };
    assert_eq!(to("model.version=2.0"), json!("2.0"));
    assert_eq!(to("compute.training-flop=2.0"), json!(2.0));
    assert_eq!(to("component.data-card={ openness = \"open\" }"), json!({ "openness": "open" }));
    assert_eq!(to("model.license="), Value::Null);
}

/// The order of settings does not matter, although neither of these alone is valid.
#[test]
fn settings_that_belong_together_are_read_together() {
    let env = TestEnv::new();
    env.write("lm/OPENNESS.toml", MANIFEST);
    let settings = ["--set", "component.data-card.license=MIT", "--set", "component.data-card.openness=open"];
    env.openness([&["what-if", "lm"][..], &settings].concat()).expect(0);
    env.openness([&["what-if", "lm"][..], &settings[..2]].concat()).expect(2);
}

#[test]
fn a_wrong_setting_is_named_with_what_was_expected() {
    let env = TestEnv::new();
    env.write("lm/OPENNESS.toml", MANIFEST);
    for (setting, expected) in [
        ("component.trainng-data.openness=open", "did you mean `training-data`?"),
        ("component.training-data.opennes=open", "did you mean `openness`?"),
        ("component.training-data.openness=opne", "did you mean `open`?"),
        ("model.license=Apache2", "did you mean `Apache-2.0`?"),
        ("claims.mof=class-9", "`class-1`, `class-2`, `class-3`"),
        ("model.languages=en", "write `--set 'model.languages=[\"en\"]'`"),
        ("release", "expected `KEY=VALUE`"),
        ("a b=1", "expected a dotted key"),
        ("model.name.x=1", "`model.name` is not a table"),
        ("audit.5.auditor=x", "`audit` has 0 entries"),
    ] {
        let good = "model.version=2";
        for settings in [[good, setting], [setting, good]] {
            let ran = env.openness(["what-if", "lm", "--set", settings[0], "--set", settings[1]]).expect(2);
            assert!(ran.err.contains(expected), "{setting}: {}", ran.err);
            assert!(!ran.err.contains(good), "{setting}: {}", ran.err);
        }
    }
}

/// A suggestion that is copied as it stands is accepted.
#[test]
fn what_is_suggested_is_valid_input() {
    let env = TestEnv::new();
    env.write("lm/OPENNESS.toml", MANIFEST);
    for setting in [
        "component.trainng-data.openness=open",
        "component.training-data.opennes=open",
        "release.acess=hosted",
        "component.training-data.openness=opne",
        "claims.mof=class2",
        "model.license=Apache2",
        "model.languages=en",
        "model.modality=text",
        "component.final-weights.remote=https://example.org/x",
    ] {
        let ran = env.openness(["what-if", "lm", "--set", setting]).expect(2);
        let suggested = ran.err.split("`--set ").nth(1).and_then(|rest| rest.split('`').next());
        let suggested = suggested.unwrap_or_else(|| panic!("{setting}: {ran:#?}")).trim_matches('\'');
        env.openness(["what-if", "lm", "--set", suggested]).expect(0);
    }
    let ran = env.openness(["what-if", "lm", "--set", "risk.benefits=x"]).expect(2);
    assert!(ran.err.contains("write it in the form `--set 'risk.benefits=[\"…\"]'`; allowed: `"), "{ran:#?}");
    // Each level in an error of `path` is one that it takes, and so is what a claim says.
    let ran = env.openness(["path", "osaid=yes", "lm"]).expect(2);
    assert!(ran.err.contains("expected `meets`\nhelp: see `openness explain osaid-1.0`"), "{ran:#?}");
    let by_claim = env.openness(["path", "osaid=true", "lm"]).expect(0).out;
    assert_eq!(by_claim, env.openness(["path", "osaid=meets", "lm"]).expect(0).out);
    let ran = env.openness(["path", "mof=class2", "lm"]).expect(2);
    assert!(ran.err.contains("did you mean `mof-1.0=class-2`?"), "{ran:#?}");
}

#[test]
fn a_page_says_a_thing_once() {
    let env = TestEnv::new();
    env.write("lm/OPENNESS.toml", MANIFEST);
    for format in ["human", "markdown"] {
        let page = env.openness(["weigh", "lm", "--format", format]).expect(0).out;
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(page.matches("the training compute is not stated").count(), 1, "{page}");
        assert_eq!(
            page.matches("science and transparency").count(),
            3,
            "of parts that are not declared, closed, and open: {page}"
        );
    }
}
