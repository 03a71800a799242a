//! Comments that allow findings: `# openness: allow RULE reason`.

use serde_json::Value;

use crate::common::env::{Output, TestEnv};

const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"Apache-2.0\"\n\
                    [release]\naccess = \"downloadable\"\n";

/// A release with a pickle, OPN310, under these lines.
fn pickled(component: &str) -> TestEnv {
    let env = TestEnv::with_key();
    env.write("lm/OPENNESS.toml", format!("{HEAD}{component}"));
    env.write("lm/w.pkl", b"\x80\x04K\x01.");
    env.write("lm/.gitattributes", "OPENNESS.toml text eol=lf\n");
    env.git("lm", ["init", "-q", "-b", "main"]);
    env.commit("lm");
    env
}

fn codes(ran: &Output) -> Vec<String> {
    let json = ran.json();
    let findings: Vec<&Value> = json["findings"].as_array().unwrap().iter().collect();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_comment_allows_one_rule_in_one_place() {
    let on_line =
        |comment: &str| format!("[component.final-weights]\nopenness = \"open\"\nfiles = [\"w.pkl\"] {comment}\n");
    let allow = "# openness: allow OPN310 weights only";
    for (component, expected) in [
        (on_line(""), &["OPN310"][..]),
        (on_line(allow), &[]),
        (on_line("# openness: allow code-executing-format weights only"), &[]),
        (on_line("# openness: allow opn310 weights only"), &[]),
        (format!("{allow}\n{}", on_line("")), &[]),
        (on_line("").replace("files", &format!("{allow}\n\n# more\nfiles")), &[]),
        (on_line("").replace("[\"w.pkl\"]", &format!("[\n  \"w.pkl\", {allow}\n]")), &[]),
        // The nearest that allow nothing.
        (on_line("").replace("\"open\"", &format!("\"open\" {allow}")), &["OPN119", "OPN310"]),
        (format!("{}[access]\ncontact = \"a@example.org\" {allow}\n", on_line("")), &["OPN119", "OPN310"]),
        (format!("{}{allow}\n", on_line("")), &["OPN119", "OPN310"]),
        (on_line("# openness: allow OPN310: weights only"), &[]),
        (on_line("# openness: allow OPN310"), &["OPN120", "OPN310"]),
        (on_line("# openness: allow OPN310 TODO"), &["OPN120", "OPN310"]),
        (on_line("# openness: allow OPN310 please check"), &["OPN120", "OPN310"]),
        (on_line("# openness: allow OPN301 no such thing"), &["OPN119", "OPN310"]),
        (on_line("# openness: allow OPN999 no such rule"), &["OPN117", "OPN310"]),
        (on_line("# openness: allow files a family"), &["OPN117", "OPN310"]),
        (on_line("# openness: ignore OPN310 another verb"), &["OPN117", "OPN310"]),
        (on_line("# openness: allow OPN101 cannot be waived"), &["OPN118", "OPN310"]),
        (on_line("# an allow OPN310 of another kind"), &["OPN310"]),
    ] {
        let env = pickled(&component);
        let mut found = codes(&env.openness(["check", "lm", "--format", "json"]));
        found.retain(|code| code.starts_with("OPN1") || code == "OPN310");
        found.sort_unstable();
        assert_eq!(found, expected, "{component}");
    }
}

#[test]
fn comments_are_signed_and_shown_and_waive_nothing() {
    let comment = "# openness: allow OPN310 weights only";
    let missing = "# openness: allow OPN301 comes with the next release";
    let component = format!(
        "[component.final-weights]\nopenness = \"open\"\nfiles = [\"w.pkl\"] {comment}\n\
         [component.model-card]\nopenness = \"open\"\nfiles = [\"CARD.md\"] {missing}\n"
    );
    let env = pickled(&component);
    let found = codes(&env.openness(["check", "lm", "--format", "json"]).expect(0));
    assert!(!found.iter().any(|code| ["OPN301", "OPN310", "OPN119"].contains(&code.as_str())), "{found:?}");
    // An error has to be waived, whatever a comment says.
    env.openness(["sign", "lm", "--key", "key"]).fails_with("OPN301");
    env.openness(["sign", "lm", "--key", "key", "--waive", "OPN301"]).expect(0);
    let statement: Value = serde_json::from_slice(&env.read("lm/.openness/statement.json")).unwrap();
    let allowed = serde_json::json!([
        {"code": "OPN301", "reason": "comes with the next release", "where": "component.model-card.files"},
        {"code": "OPN310", "reason": "weights only", "where": "component.final-weights.files"},
    ]);
    assert_eq!(statement["predicate"]["allowed"], allowed);
    let verified = env.openness(["verify", "lm", "--key", "key.pub", "--format", "json"]).expect(0).json();
    assert_eq!(verified["statement"]["allowed"], allowed);
    let schema = env.openness(["schema", "verify"]).expect(0).json();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&verified));
    let text = env.openness(["verify", "lm", "--key", "key.pub"]).expect(0).out;
    assert!(text.contains("allowed by the manifest: OPN310 at component.final-weights.files"), "{text}");
    let sarif = env.openness(["check", "lm", "--format", "sarif"]).expect(0).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let suppressed = results.iter().find(|result| result["ruleId"] == "OPN310").unwrap();
    assert_eq!(suppressed["suppressions"], serde_json::json!([{"kind": "inSource", "justification": "weights only"}]));
}

#[test]
fn a_statement_without_comments_has_no_key_for_them() {
    let env = TestEnv::signed();
    assert!(!env.read_text("lm/.openness/statement.json").contains("\"allowed\""));
}

#[test]
fn a_comment_that_allows_nothing_says_what_to_write() {
    for (comment, says) in [
        (
            "# openness: ignore OPN310 x",
            "a comment can only `allow` a rule, not `ignore` it; help: write `# openness: allow OPN310",
        ),
        (
            "# openness: allow files x",
            "`files` is a family of rules, and a comment allows one rule in one place; help: name the rule",
        ),
        ("# openness: allow OPN31 x", "`OPN31` is not the code or name of a rule; help: did you mean "),
        (
            "# openness: allow OPN310 todo",
            "the reason to allow `OPN310` is still a placeholder, `todo`, so it is not allowed",
        ),
        ("# openness: allow OPN310", "no reason is given to allow `OPN310`, so it is not allowed"),
    ] {
        let env = pickled(&format!("[component.final-weights]\nopenness = \"open\"\nfiles = [\"w.pkl\"] {comment}\n"));
        let ran = env.openness(["check", "lm", "--format", "concise"]);
        assert!(ran.out.contains(says), "{comment}: {}", ran.out);
    }
    // A level that only an organization can set.
    let env = pickled("[lints]\nOPN310 = \"forbid\"\n");
    let ran = env.openness(["check", "lm", "--format", "concise"]).expect(1);
    assert!(
        ran.out.contains("write it in `.openness-lints.toml` at the top of the working tree; here, `deny`"),
        "{}",
        ran.out
    );
}
