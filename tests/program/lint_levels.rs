//! Levels of rules: `[lints]`, `--allow`, `--warn`, `--deny`, `--strict`, and what they never change.

use serde_json::Value;

use crate::common::env::{MANIFEST, Output, TestEnv, with_input};

/// A release with a warning about a pickle, OPN310, and nothing else.
fn pickled(lints: &str) -> TestEnv {
    let env = TestEnv::with_key();
    let files = "[component.final-weights]\nopenness = \"open\"\nfiles = [\"w.pkl\"]\n";
    let head = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"Apache-2.0\"\n";
    let release = "[release]\naccess = \"downloadable\"\n";
    env.write("lm/OPENNESS.toml", format!("{head}{release}{files}{lints}"));
    env.write("lm/w.pkl", b"\x80\x04K\x01.");
    env.write("lm/.gitattributes", "OPENNESS.toml text eol=lf\n");
    env.git("lm", ["init", "-q", "-b", "main"]);
    env.commit("lm");
    env
}

fn check(env: &TestEnv, arguments: &[&str]) -> Output {
    env.openness([&["check", "lm", "--format", "json"][..], arguments].concat())
}

/// The codes and severities that `check` reports.
fn reported(ran: &Output) -> Vec<(String, String)> {
    let json = ran.json();
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let findings = json["findings"].as_array().unwrap().iter();
    findings.map(|finding| (word(finding, "code"), word(finding, "severity"))).collect()
}

#[test]
fn a_manifest_sets_the_levels_of_rules_and_families() {
    for (lints, status, expected) in [
        ("", 0, Some("warning")),
        ("[lints]\nOPN310 = \"allow\"\n", 0, None),
        ("[lints]\nopn310 = \"allow\"\n", 0, None),
        ("[lints]\ncode-executing-format = \"allow\"\n", 0, None),
        ("[lints]\nfiles = \"deny\"\n", 1, Some("error")),
        ("[lints]\nfiles = \"deny\"\nOPN310 = \"allow\"\n", 0, None),
        ("[lints]\nlicenses = \"deny\"\n", 0, Some("warning")),
    ] {
        let env = pickled(lints);
        let ran = check(&env, &[]).expect(status);
        let severity = reported(&ran).into_iter().find(|(code, _)| code == "OPN310").map(|(_, severity)| severity);
        assert_eq!(severity.as_deref(), expected, "{lints}{ran:#?}");
        // What is allowed is in no key of the document, and what the others are is counted as reported.
        assert_eq!(ran.out.contains("OPN310"), expected.is_some(), "{lints}{ran:#?}");
        let counted = |key: &str| ran.json()["summary"][key].as_u64().unwrap();
        assert_eq!(counted("errors") > 0, status == 1, "{lints}");
        assert_eq!(
            ran.err.contains("not reported: 1 finding that the manifest or the command line allows (OPN310)"),
            expected.is_none(),
            "{lints}{ran:#?}"
        );
        // The hook, which checks what is committed, agrees.
        env.git("lm", ["rm", "-q", "--cached", ".gitattributes"]);
        let mut hook = env.program();
        let hook: Output = hook.current_dir(env.path("lm")).args(["hook", "run"]).output().unwrap().into();
        assert_eq!(hook.text().contains("OPN310"), expected.is_some(), "{lints}{hook:#?}");
    }
}

#[test]
fn the_command_line_counts_before_the_manifest() {
    let env = pickled("[lints]\nOPN310 = \"allow\"\n");
    for (arguments, status, expected) in [
        (&["-D", "all"][..], 1, Some("error")),
        (&["--warn", "files"], 0, Some("warning")),
        (&["-D", "all", "-A", "OPN310"], 0, None),
        (&["-A", "OPN310", "-D", "code-executing-format"], 1, Some("error")),
        (&["--strict"], 0, None),
        (&["--strict", "-W", "OPN310"], 1, Some("warning")),
        (&["--strict", "-W", "OPN310", "--quiet"], 1, Some("warning")),
    ] {
        let ran = check(&env, arguments).expect(status);
        let severity = reported(&ran).into_iter().find(|(code, _)| code == "OPN310").map(|(_, severity)| severity);
        assert_eq!(severity.as_deref(), expected, "{arguments:?}");
    }
    // What fails is shown, in quiet too, and said to fail.
    let ran = env.openness(["check", "lm", "--strict", "-W", "OPN310"]).expect(1);
    assert!(ran.out.contains("warning[OPN310]") && ran.err.contains("warnings fail"), "{ran:#?}");
    let ran = env.openness(["check", "lm", "--strict", "-W", "OPN310", "--quiet"]).expect(1);
    assert!(ran.out.contains("warning[OPN310]") && ran.err.is_empty(), "{ran:#?}");
    let junit = env.openness(["check", "lm", "--strict", "-W", "OPN310", "--format", "junit"]).expect(1).out;
    assert!(junit.contains("failures=\"1\"") && junit.contains("<failure type=\"warning\""), "{junit}");
}

#[test]
fn levels_change_nothing_that_sign_demands_or_verify_sees() {
    // `deny` does not keep a release from being signed, and the statement is the same but for the manifest's digest.
    let env = pickled("[lints]\nall = \"deny\"\n");
    check(&env, &[]).expect(1);
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.openness(["verify", "lm", "--key", "key.pub"]).expect(0);
    // An error that is allowed still has to be waived.
    let env = pickled("[lints]\nall = \"allow\"\n");
    let text = env.read_text("lm/OPENNESS.toml").replace("\"w.pkl\"", "\"w.pkl\", \"no.bin\"");
    env.write("lm/OPENNESS.toml", text);
    env.commit("lm");
    let ran = check(&env, &["--strict"]).expect(0);
    assert_eq!(reported(&ran), []);
    env.openness(["sign", "lm", "--key", "key"]).fails_with("OPN301");
    env.openness(["sign", "lm", "--key", "key", "--waive", "OPN301"]).expect(0);
    let report = env.openness(["verify", "lm", "--key", "key.pub", "--format", "json"]).json();
    assert_eq!(report["statement"]["waived"], serde_json::json!(["OPN301"]));
}

#[test]
fn errors_that_cannot_be_waived_cannot_be_allowed() {
    let broken = MANIFEST.replace("[release]", "[release]\nlicence = \"x\"") + "[lints]\nall = \"allow\"\n";
    let env = TestEnv::new();
    let ran = with_input(env.program().args(["check", "-", "--format", "json", "-A", "schema"]), broken.as_bytes());
    assert!(reported(&ran.expect(1)).contains(&("OPN101".to_owned(), "error".to_owned())));
    for (arguments, says) in [
        (["-A", "OPN101"], "the level of OPN101 cannot be lowered"),
        (["--warn", "unportable-file"], "the level of OPN306 cannot be lowered"),
        (["-A", "OPN31"], "did you mean `OPN301`?"),
        (["-D", "license"], "did you mean `licenses`?"),
        (["-D", "xyzzy"], "no rule has the code or name `xyzzy`, and no family"),
    ] {
        let ran = env.openness([&["check", "-"][..], &arguments].concat()).expect(2);
        assert!(ran.err.contains(says), "{arguments:?}: {ran:#?}");
    }
    // To raise it is allowed, and changes nothing.
    let ran = with_input(env.program().args(["check", "-", "-D", "OPN306"]), MANIFEST.as_bytes());
    ran.expect(0);
}

#[test]
fn settings_without_effect_are_reported() {
    for (lints, code, says) in [
        ("OPN31 = \"allow\"\n", "OPN117", "did you mean `OPN301`?"),
        ("code-executing-formats = \"allow\"\n", "OPN117", "did you mean `code-executing-format`?"),
        ("OPN306 = \"allow\"\n", "OPN118", "OPN306 cannot be waived"),
        ("unknown-key = \"warn\"\n", "OPN118", "OPN101 cannot be waived"),
        ("OPN310 = \"alow\"\n", "OPN103", "did you mean `allow`?"),
        ("OPN310 = true\n", "OPN102", "allow"),
    ] {
        let env = pickled(&format!("[lints]\n{lints}"));
        let json = check(&env, &[]).json();
        let findings = json["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["code"] == code);
        assert!(found.is_some_and(|found| found.to_string().contains(says)), "{lints}{json:#}");
    }
    let env = pickled("[lints]\nOPN306 = \"deny\"\nOPN310 = \"allow\"\nfiles = \"warn\"\n");
    assert_eq!(reported(&check(&env, &[]).expect(0)), []);
}

#[test]
fn sarif_lists_allowed_findings_as_suppressed() {
    let env = pickled("[lints]\nfiles = \"allow\"\n");
    let results = |arguments: &[&str]| {
        let sarif = env.openness([&["check", "lm", "--format", "sarif"][..], arguments].concat()).expect(0).json();
        sarif["runs"][0]["results"].clone()
    };
    let by_manifest = results(&[]);
    assert_eq!(by_manifest[0]["ruleId"], "OPN310");
    assert_eq!(
        by_manifest[0]["suppressions"],
        serde_json::json!([{"kind": "inSource", "justification": "`[lints]` allows files"}])
    );
    let by_argument = results(&["-A", "OPN310"]);
    assert_eq!(by_argument[0]["suppressions"][0]["kind"], "external");
    assert_eq!(by_argument[0]["partialFingerprints"], by_manifest[0]["partialFingerprints"]);
    assert_eq!(results(&["-W", "files"])[0]["suppressions"], serde_json::json!([]));
}

#[test]
fn show_settings_names_the_level_of_every_rule_and_its_origin() {
    let env = pickled("[lints]\nlicenses = \"deny\"\nOPN310 = \"allow\"\nall = \"warn\"\n");
    let shown = env.openness(["check", "lm", "--show-settings", "-D", "OPN310"]).expect(0).out;
    let line = |code: &str| {
        let found = shown.lines().find(|line| line.starts_with(code)).unwrap();
        found.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("OPN310"), "code-executing-format error --deny OPN310");
    assert_eq!(line("OPN404"), "missing-license error [lints] licenses");
    assert_eq!(line("OPN206"), "missing-reason warning [lints] all");
    assert_eq!(line("OPN001"), "syntax-error error default");
    let shown = env.openness(["check", "lm", "--show-settings", "-A", "git"]).expect(0).out;
    assert!(
        shown.lines().any(|line| line.starts_with("OPN310") && line.ends_with("allowed  [lints] OPN310")),
        "{shown}"
    );
}
