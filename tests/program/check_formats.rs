//! The formats of `check` for editors and CI services, and `check --output`.

use serde_json::Value;

use crate::common::env::{MANIFEST, Output, TestEnv, with_input};

/// The formats for services, with which notes about rules that were not run go to standard error.
const FORMATS: [&str; 7] = ["sarif", "github", "concise", "gitlab", "junit", "rdjson", "azure"];

/// A release with an error, a pattern that matches nothing, and warnings about its files.
fn faulty() -> TestEnv {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("\"README.md\"", "\"README.md\", \"no.bin\""));
    env
}

fn check(env: &TestEnv, format: &str, more: &[&str]) -> Output {
    env.openness([&["check", "lm", "--format", format][..], more].concat())
}

/// The place of each finding in the JSON format: line, column, code and severity.
fn expected(env: &TestEnv) -> Vec<(u64, u64, String, String)> {
    let json = check(env, "json", &[]).expect(1).json();
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let found = json["findings"].as_array().unwrap().iter().map(|finding| {
        let start = &finding["span"]["start"];
        let (line, column) = (start["line"].as_u64().unwrap(), start["column"].as_u64().unwrap());
        (line, column, word(finding, "code"), word(finding, "severity"))
    });
    let found: Vec<_> = found.collect();
    assert!(found.iter().any(|(.., severity)| severity == "error") && found.len() > 1, "{found:?}");
    found
}

#[test]
fn every_format_names_every_finding_and_its_place() {
    let env = faulty();
    let expected = expected(&env);
    let concise = check(&env, "concise", &[]).expect(1).out;
    assert_eq!(concise.lines().count(), expected.len(), "{concise}");
    let junit = check(&env, "junit", &[]).expect(1).out;
    let azure = check(&env, "azure", &[]).expect(1).out;
    let gitlab = check(&env, "gitlab", &[]).expect(1).json();
    let rdjson = check(&env, "rdjson", &[]).expect(1).json();
    for (at, (line, column, code, severity)) in expected.iter().enumerate() {
        let place = format!("lm/OPENNESS.toml:{line}:{column}: {severity}[{code}] ");
        assert!(concise.lines().any(|found| found.starts_with(&place)), "{place}: {concise}");
        let place = format!("OPENNESS.toml:{line}:{column}: {severity}: ");
        assert!(junit.contains(&place) && junit.contains(&format!("<testcase name=\"{code} ")), "{place}: {junit}");
        let issue =
            format!("type={severity};sourcepath=OPENNESS.toml;linenumber={line};columnnumber={column};code={code};]");
        assert!(azure.contains(&format!("##vso[task.logissue {issue}")), "{issue}: {azure}");
        assert_eq!(gitlab[at]["check_name"], **code);
        assert_eq!(gitlab[at]["location"]["path"], "OPENNESS.toml");
        assert_eq!(gitlab[at]["location"]["positions"]["begin"]["line"], *line);
        let diagnostic = &rdjson["diagnostics"][at];
        assert_eq!(diagnostic["code"]["value"], **code);
        assert_eq!(diagnostic["severity"], severity.to_uppercase());
        assert_eq!(diagnostic["location"]["range"]["start"]["line"], *line);
    }
}

#[test]
fn without_findings_each_format_is_whole_and_the_check_passes() {
    let env = TestEnv::new();
    let clean = |format| {
        let ran = with_input(env.program().args(["check", "-", "--format", format]), MANIFEST.as_bytes()).expect(0);
        // That rules did not run is said in every format.
        assert!(ran.err.contains("OPN301"), "{format}: {ran:#?}");
        ran
    };
    assert_eq!((clean("concise").out, clean("azure").out), (String::new(), String::new()));
    assert_eq!(clean("gitlab").json(), serde_json::json!([]));
    assert_eq!(clean("rdjson").json()["diagnostics"], serde_json::json!([]));
    assert_eq!(clean("sarif").json()["runs"][0]["results"], serde_json::json!([]));
    let junit = clean("junit").out;
    assert!(junit.contains("failures=\"0\"") && junit.contains("<testcase name=\"check\""), "{junit}");
}

#[test]
fn a_concise_path_can_be_opened_from_the_current_directory() {
    let env = faulty();
    let mut command = env.program();
    let inside: Output =
        command.current_dir(env.path("lm")).args(["check", "--format", "concise"]).output().unwrap().into();
    assert!(inside.expect(1).out.lines().all(|line| line.starts_with("OPENNESS.toml:")));
    let ran =
        with_input(env.program().args(["check", "-", "--format", "concise", "--quiet"]), b"schema = 2\n").expect(1);
    assert!(!ran.out.is_empty() && ran.out.lines().all(|line| line.starts_with("-:") && line.contains(": error[")));
}

#[test]
fn fingerprints_of_gitlab_stay_when_lines_move() {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("[release]", "[release]\nlicence = \"MIT\""));
    let fingerprints = || -> Vec<String> {
        let issues = check(&env, "gitlab", &[]).expect(1).json();
        issues.as_array().unwrap().iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let before = fingerprints();
    let text = env.read_text("lm/OPENNESS.toml");
    env.write("lm/OPENNESS.toml", text.replace("[model]", "# one\n# two\n[model]"));
    assert_eq!(fingerprints(), before);
    // Another key is another finding.
    env.write("lm/OPENNESS.toml", text.replace("licence =", "lisence ="));
    assert_ne!(fingerprints(), before);
}

#[test]
fn output_writes_the_same_findings_to_a_file() {
    let env = faulty();
    for format in ["human", "json"].into_iter().chain(FORMATS) {
        let printed = check(&env, format, &[]).expect(1).out;
        env.write("findings", "an older and much longer file".repeat(1000));
        let ran = check(&env, format, &["--output", "findings"]).expect(1);
        assert_eq!((ran.out.as_str(), env.read_text("findings")), ("", printed), "{format}");
    }
    // Colors are for terminals, except if they are asked for.
    let colored = |when: &str| {
        let mut command = env.program();
        command.env("CLICOLOR_FORCE", "1").args(["check", "lm", "--output", "findings", "--color", when]);
        assert_eq!(command.status().unwrap().code(), Some(1));
        env.read_text("findings").contains('\u{1b}')
    };
    assert_eq!((colored("auto"), colored("always"), colored("never")), (false, true, false));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let env = TestEnv::release();
    let ran = check(&env, "sarif", &["--output", "nowhere/findings"]).expect(2);
    assert!(ran.err.contains("nowhere") && ran.out.is_empty(), "{ran:#?}");
    // The manifest that cannot be found leaves the file of an earlier run as it was.
    env.write("findings", "earlier");
    env.openness(["check", "elsewhere", "--output", "findings"]).expect(2);
    assert_eq!(env.read_text("findings"), "earlier");
}

/// Warnings are results, as with other linters; what is said in addition to results is left out.
#[test]
fn quiet_leaves_out_notes_and_keeps_warnings() {
    let env = TestEnv::release();
    env.write("lm/.gitattributes", "");
    env.git("lm", ["add", "-A"]);
    let loud = env.openness(["check", "lm"]).expect(0);
    assert!(loud.out.contains("warning[") && loud.out.contains("note["), "{loud:#?}");
    for format in ["human", "concise"] {
        let ran = env.openness(["check", "lm", "--quiet", "--format", format]).expect(0);
        assert!(ran.out.contains("warning[") && !ran.out.contains("note["), "{ran:#?}");
        assert_eq!(ran.err, "", "{format}");
    }
}
