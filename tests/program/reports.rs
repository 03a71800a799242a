//! `report`, and `check` in the formats of others: what a manifest says stays text, whatever it says.

use std::io::Write as _;
use std::process::Stdio;

use crate::common::env::{MANIFEST, Output, TestEnv};
use crate::common::tools::has;

/// A manifest whose words are markup and commands; what could steer a terminal is no manifest.
fn hostile() -> String {
    MANIFEST
        .replace("Example Lab", "</title><script>alert(1)</script>|%0A::error::x")
        .replace("licensed from others", "'\\\"--> <img src=x onerror=y> `<b>` | ]]> &amp;")
}

fn on_stdin(env: &TestEnv, arguments: &[&str], manifest: &str) -> Output {
    let mut command = env.program();
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(manifest.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_report_page_shows_declarations_and_verdicts() {
    let env = TestEnv::release();
    let page = env.openness(["report", "lm"]).expect(0).out;
    for line in [
        "# Openness of Tiny 1.0.0",
        "- Producer: Example Lab",
        "- Released: downloadable",
        "| final-weights | open | Apache-2.0 |  |",
        "| training-data | closed |  | licensed from others |",
        "| Model Openness Framework 1.0 | unclassified |",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
    let page = env.openness(["report", "lm", "--format", "html"]).expect(0).out;
    assert!(page.contains("<th scope=\"row\">training-data</th><td class=\"closed\">closed</td>"), "{page}");
    // Nothing of it comes from elsewhere.
    assert!(!page.contains("http://") && !page.contains("src=") && !page.contains("<script"));
    // Like `show`, it says what is committed too, and what is wrong with what cannot be read.
    env.openness(["report", "lm", "--rev", "HEAD"]).expect(0);
    env.write("lm/OPENNESS.toml", "schema = ");
    let ran = env.openness(["report", "lm"]).expect(1);
    assert!(ran.out.is_empty() && ran.err.contains("OPN001"), "{ran:#?}");
}

#[test]
fn a_badge_shows_one_verdict() {
    let env = TestEnv::release();
    let badge = env.openness(["report", "lm", "--format", "badge"]).expect(0).out;
    assert!(badge.contains("aria-label=\"mof-1.0: unclassified\"") && badge.contains("#b91c1c"), "{badge}");
    let score = env.openness(["report", "lm", "--format", "badge", "--taxonomy", "osai-index"]).expect(0).out;
    assert!(score.contains("<title>osai-index: score 0."), "{score}");
    let named = |name: &str| env.openness(["report", "lm", "--format", "badge", "--taxonomy", name]);
    for name in ["mof", "mof-1.0"] {
        assert_eq!(named(name).expect(0).out, badge, "{name}");
    }
    let ran = named("mof1").expect(2);
    assert!(ran.err.contains("there is no taxonomy `mof1`") && ran.err.contains("did you mean `mof`?"), "{ran:#?}");
    if has("python3") {
        let mut command = env.command("python3");
        command.args([
            "-c",
            "import sys, xml.dom.minidom as m; [m.parseString(a) for a in sys.argv[1:]]",
            &badge,
            &score,
        ]);
        assert!(command.status().unwrap().success());
    }
}

#[test]
fn completions_offer_taxonomies_components_and_rule_codes() {
    let env = TestEnv::with_key();
    for shell in ["bash", "zsh", "fish"] {
        let script = env.openness(["completions", shell]).expect(0).out;
        for word in ["osaid-1.0", "osaid", "final-weights", "OPN202", "unsupported-claim", "claims"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        // A rule about the text of a manifest can be explained and not waived.
        let waive = script.lines().filter(|line| line.contains("OPN301") && !line.contains("final-weights"));
        assert!(waive.clone().count() > 0 && waive.clone().all(|line| !line.contains("OPN001")), "{shell}");
    }
    let help = env.openness(["report", "--help"]).expect(0).out;
    assert!(!help.contains("eiras-2024"), "the help is not a list of all values: {help}");
}

#[test]
fn report_pages_escape_hostile_text() {
    let env = TestEnv::with_key();
    let html = on_stdin(&env, &["report", "-", "--format", "html"], &hostile()).expect(0).out;
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    let markdown = on_stdin(&env, &["report", "-"], &hostile()).expect(0).out;
    assert!(markdown.contains("\\<script\\>alert(1)\\</script\\>\\|%0A"), "{markdown}");
}

#[test]
fn annotations_use_repository_paths() {
    let env = TestEnv::release();
    env.write("lm/sub/model/OPENNESS.toml", MANIFEST.replace("final-weights", "finale-weights"));
    env.commit("lm");
    let ran = env.openness(["check", "lm/sub/model", "--format", "github"]).expect(1);
    let annotation =
        "::error file=sub/model/OPENNESS.toml,line=13,endLine=13,col=12,endColumn=26,title=OPN201 unknown-component::";
    assert!(ran.out.lines().any(|line| line.starts_with(annotation)), "{ran:#?}");
    // One line a finding and one for the sum: no word of the manifest begins another.
    let ran = on_stdin(&env, &["check", "-", "--format", "github"], &hostile());
    let count =
        on_stdin(&env, &["check", "-", "--format", "json"], &hostile()).json()["findings"].as_array().unwrap().len();
    assert_eq!(ran.out.lines().count(), count + 1, "{ran:#?}");
    assert!(ran.out.lines().rev().skip(1).all(|line| line.starts_with("::")), "{ran:#?}");
}

/// What code scanning asks of SARIF beyond its schema: see `conventions` of GitHub's manual.
#[test]
fn sarif_has_what_code_scanning_requires() {
    let env = TestEnv::release();
    env.write("lm/a b/OPENNESS.toml", MANIFEST.replace("final-weights", "finale-weights"));
    env.commit("lm");
    let log = env.openness(["check", "lm/a b", "--format", "sarif"]).expect(1).json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[at]["id"], result["ruleId"]);
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b/OPENNESS.toml");
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
    }
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            let text = rule[text]["text"].as_str().unwrap();
            assert!(!text.trim().is_empty() && !text.starts_with(' '), "{rule}");
        }
    }
    let unknown = results.iter().find(|result| result["ruleId"] == "OPN201").unwrap();
    let region = &unknown["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startColumn"], &region["endColumn"]), (&12.into(), &26.into()), "{unknown}");
    // Columns count UTF-16: a character outside the basic plane is two.
    let astral = MANIFEST.replace("openness = \"open\"\nfiles", "openness = \"\u{1F600}\"\nfiles");
    let log = on_stdin(&env, &["check", "-", "--format", "sarif"], &astral).json();
    let region = |result: &serde_json::Value| result["locations"][0]["physicalLocation"]["region"].clone();
    let wide = log["runs"][0]["results"].as_array().unwrap().iter().map(region);
    assert!(wide.into_iter().any(|region| region["startColumn"] == 12 && region["endColumn"] == 16), "{log:#}");
}
