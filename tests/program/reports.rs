//! `report`, and `check` in the formats of others: what a manifest says stays text, whatever it says.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::common::env::{MANIFEST, Output, TestEnv};
use crate::common::examples::example;
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
        "| final-weights | open | Apache-2.0 | `weights/*.safetensors` |  |",
        "| training-data | closed |  |  | licensed from others |",
        "| Model Openness Framework 1.0 | unclassified |",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
    let page = env.openness(["report", "lm", "--format", "html"]).expect(0).out;
    assert!(page.contains("<summary>training-data: <span class=\"bad\">closed</span></summary>"), "{page}");
    // Nothing of it comes from elsewhere.
    assert!(!page.contains("http://") && !page.contains("src=") && !page.contains("<script"));
    // Like `show`, it says what is committed too, and what is wrong with what cannot be read.
    env.openness(["report", "lm", "--rev", "HEAD"]).expect(0);
    env.write("lm/OPENNESS.toml", "schema = ");
    let ran = env.openness(["report", "lm"]).expect(1);
    assert!(ran.out.is_empty() && ran.err.contains("OPN001"), "{ran:#?}");
}

/// What a derived model declares besides [`MANIFEST`].
const DERIVED: &str = r#"
[[model.base]]
name = "lab/Base-7B"
license = "CC-BY-NC-4.0"
relation = "finetune"

[claims]
mof = "class-2"

[use-policy]
kind = "separate-aup"
competitor-clause = true
"#;

/// Requires that a document has the form that `openness schema NAME` describes.
#[track_caller]
fn conforms(env: &TestEnv, name: &str, document: &Value) {
    let schema = env.openness(["schema", name]).expect(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mistakes: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(mistakes.is_empty(), "{name}: {mistakes:#?}");
    assert!(!validator.is_valid(&serde_json::json!({ "version": 1 })), "{name}");
}

#[test]
fn base_models_claims_reasons_and_files_are_shown_to_people_and_programs() {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", format!("{MANIFEST}{DERIVED}"));
    let words =
        ["lab/Base-7B", "CC-BY-NC-4.0", "class-2", "licensed from others", "weights/*.safetensors", "separate-aup"];
    for arguments in [
        &["show", "lm", "--all"][..],
        &["show", "lm", "--format", "json"],
        &["report", "lm"],
        &["report", "lm", "--format", "html"],
    ] {
        let shown = env.openness(arguments).expect(0).out;
        for word in words {
            assert!(shown.contains(word), "{arguments:?}: {word}: {shown}");
        }
    }
    let json = env.openness(["show", "lm", "--format", "json"]).json();
    conforms(&env, "show", &json);
    assert_eq!(json["claims"][0]["holds"], false);
    assert_eq!(json["model"]["base"][0]["relation"], "finetune");
    env.write("before.toml", MANIFEST);
    let arguments = ["diff", "before.toml", "lm/OPENNESS.toml"];
    let text = env.openness(arguments).expect(0).out;
    let json = env.openness([&arguments[..], &["--format", "json"]].concat()).expect(0).json();
    conforms(&env, "diff", &json);
    for word in ["lab/Base-7B", "class-2", "competitor-clause"] {
        assert!(text.contains(word) && json.to_string().contains(word), "{word}: {text}");
    }
    // Nothing of it is said of a manifest that declares none.
    let plain = env.openness(["show", "before.toml"]).text() + &on_stdin(&env, &["show", "-"], MANIFEST).expect(0).out;
    for word in ["based on", "policy of use", "Claimed"] {
        assert!(!plain.contains(word), "{word}: {plain}");
    }
}

/// A manifest that declares as much as fits in one: every component under terms of its own, bases, claims and a policy.
fn crowded() -> String {
    let licenses = ["MIT", "CC-BY-NC-4.0", "LicenseRef-Llama-4-Community", "LicenseRef-mine", "CC0-1.0", "NONE"];
    let mut text = MANIFEST.replace("name = \"", "name = \"a very long name that goes on ");
    text.push_str(
        "[use-policy]\nkind = \"separate-aup\"\nprohibits = [\"harassment\", \"violence\", \"scams\", \"spam\"]\n",
    );
    text.push_str(
        "[claims]\nmof = \"class-1\"\nosaid = true\ng7 = \"open-source-ai\"\nopen-weights = true\nosai = 1.0\n",
    );
    for base in 0..9 {
        text.push_str(&format!("[[model.base]]\nname = \"lab/Base-{base}\"\nlicense = \"LicenseRef-Gemma-Terms\"\n"));
    }
    for (at, item) in openness::taxonomy::vocabulary().components().iter().enumerate() {
        if text.contains(&format!("[component.{}]", item.id)) {
            continue;
        }
        let openness = ["open", "partial", "closed"][at % 3];
        let license = licenses[at % licenses.len()];
        text.push_str(&format!("[component.{}]\nopenness = \"{openness}\"\nlicense = \"{license}\"\n", item.id));
    }
    text
}

#[test]
fn show_fits_a_screen_of_80_columns_and_45_lines() {
    let env = TestEnv::new();
    let mut manifests = vec![("minimal".to_owned(), MANIFEST.to_owned()), ("crowded".to_owned(), crowded())];
    for name in ["tiny-lm", "open-washed"] {
        manifests.push((name.to_owned(), fs::read_to_string(example(name).join("OPENNESS.toml")).unwrap()));
    }
    for entry in fs::read_dir(example("known")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            manifests.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
        }
    }
    assert!(manifests.len() > 6);
    for (name, text) in manifests {
        let shown = on_stdin(&env, &["show", "-"], &text).expect(0).out;
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines.len() <= 45, "{name}: {} lines\n{shown}", lines.len());
        let wide = lines.iter().find(|line| line.chars().count() > 80);
        assert!(wide.is_none(), "{name}: {wide:?}");
        for label in ["g7-2026", "osaid-1.0", "mof-1.0", "open-weights", "eu-ai-act-open-source"] {
            assert!(shown.contains(label), "{name}: {label}\n{shown}");
        }
    }
}

#[test]
fn open_is_never_said_without_the_license_that_limits_use() {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("Apache-2.0", "LicenseRef-Gemma-Terms"));
    for arguments in [
        &["show", "lm"][..],
        &["show", "lm", "--all"],
        &["report", "lm"],
        &["report", "lm", "--format", "html"],
        &["report", "lm", "--format", "badge"],
        &["weigh", "lm"],
        &["weigh", "lm", "--format", "markdown"],
    ] {
        let shown = env.openness(arguments).expect(0).out;
        let words = ["LicenseRef-Gemma-Terms", "excluded uses"];
        assert!(words.iter().all(|word| shown.contains(word)), "{arguments:?}: {shown}");
    }
    env.write("closed.toml", MANIFEST.replace("openness = \"open\"", "openness = \"closed\""));
    env.write("open.toml", env.read("lm/OPENNESS.toml"));
    for format in ["human", "html", "json"] {
        let shown = env.openness(["diff", "closed.toml", "open.toml", "--format", format]).expect(0).out;
        let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.contains("LicenseRef-Gemma-Terms, which excludes some uses"), "{format}: {shown}");
    }
}

/// What decides a label is on the screen, and not cut off before it is said.
#[test]
fn the_reason_of_a_label_is_said_before_it_is_cut() {
    let env = TestEnv::new();
    let manifest = "schema = 1\n[model]\nname = \"Llama-Tiny\"\nversion = \"1\"\nproducer = \"Lab\"\nlicense = \"LicenseRef-Llama-3.1-Community\"\n[access]\nprice = \"free\"\n[release]\naccess = \"downloadable\"\n[[model.base]]\nname = \"meta-llama/Llama-3.1-8B\"\nrelation = \"finetune\"\nlicense = \"LicenseRef-Llama-3.1-Community\"\n[component.final-weights]\nopenness = \"open\"\n[component.inference-code]\nopenness = \"open\"\nlicense = \"MIT\"\n";
    let shown = on_stdin(&env, &["show", "-"], manifest).expect(0).out;
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for reason in [
        "g7-2026 weights-available-ai: `LicenseRef-Llama-3.1-Community` on `final-weights` restricts use: excluded",
        "osaid-1.0 fails: `LicenseRef-Llama-3.1-Community` on `final-weights` ",
        "mof-1.0 unclassified: `LicenseRef-Llama-3.1-Community` on `final-weights` is not a license that",
        "open-weights fails: `LicenseRef-Llama-3.1-Community` restricts use, modification or redistribution",
        "eu-ai-act-open-source fails: `LicenseRef-Llama-3.1-Community` requires another license above a number",
    ] {
        assert!(words.contains(reason), "{reason}\n{shown}");
    }
    assert!(!words.contains("(from `model.license`)") && !words.contains("note: the base"), "{shown}");
}

#[test]
fn show_prints_the_taxonomies_that_are_asked_for() {
    let env = TestEnv::release();
    let shown = env.openness(["show", "lm", "--taxonomy", "mof,g7"]).expect(0).out;
    assert!(shown.contains("mof-1.0") && shown.contains("g7-2026") && !shown.contains("osaid-1.0"), "{shown}");
    let json = env.openness(["show", "lm", "--taxonomy", "osaid", "--format", "json"]).json();
    conforms(&env, "show", &json);
    assert_eq!(json["evaluations"].as_array().unwrap().len(), 1);
    let unknown = env.openness(["show", "lm", "--taxonomy", "mof,osiad"]).expect(2);
    assert!(unknown.err.contains("there is no taxonomy `osiad`") && unknown.err.contains("did you mean `osaid`?"));
    env.openness(["show", "lm", "--taxonomy", "mof", "--all"]).expect(2);
}

#[test]
fn a_summary_of_training_content_is_evaluated_by_what_it_answers() {
    let env = TestEnv::release();
    let named = |file: &str| format!("{MANIFEST}[eu]\ntraining-summary = \"{file}\"\n");
    let verdict = |env: &TestEnv| {
        let json = env.openness(["show", "lm", "--taxonomy", "eu-summary", "--format", "json"]).json();
        (json["evaluations"][0]["verdict"].clone(), json["evaluations"][0]["missing"].clone())
    };
    env.write("lm/OPENNESS.toml", named("summary.toml"));
    assert_eq!(verdict(&env).0, "stated", "the file is missing");
    env.write("lm/summary.toml", "\"2.3.a\" = true\n");
    let (word, missing) = verdict(&env);
    assert!(word == "incomplete" && missing.as_array().unwrap().contains(&"2.3.b".into()), "{missing}");
    env.write("lm/summary.toml", "\"2.3.a\" = \n");
    assert_eq!(verdict(&env).0, "incomplete", "the file cannot be read");
    env.write("lm/OPENNESS.toml", named("https://example.org/summary"));
    assert_eq!(verdict(&env).0, "stated");
}

#[test]
fn a_license_of_the_weights_is_never_cut_from_the_reasons() {
    let env = TestEnv::with_key();
    let limited = MANIFEST.replace("Apache-2.0", "CC-BY-NC-4.0");
    let shown = on_stdin(&env, &["show", "-", "--all"], &limited).expect(0).out;
    for taxonomy in ["mof-1.0", "osaid-1.0"] {
        let block = shown.split(&format!("\n  {taxonomy} ")).nth(1).unwrap();
        let block = block.split("\n  ").take_while(|line| !line.starts_with(char::is_alphabetic)).skip(1);
        let block = block.collect::<Vec<_>>().join("\n");
        assert!(block.is_empty() || block.contains("CC-BY-NC-4.0"), "{taxonomy}: {shown}");
    }
    assert!(shown.contains("more (--verbose)"), "the list is cut: {shown}");
}

#[test]
fn a_command_that_cannot_run_says_so_in_json() {
    let env = TestEnv::release();
    for (arguments, kind, says) in [
        (&["check", "nowhere", "--format", "json"][..], "environment", "nowhere"),
        (&["show", "nowhere", "--format=json"], "environment", "nowhere"),
        (&["hash", "nowhere", "--format", "json"], "environment", "nowhere"),
        (&["verify", "nowhere", "--format", "json"], "environment", "nowhere"),
        (&["verify", "org/model", "--format", "json"], "environment", "hf download org/model"),
        (&["diff", "nowhere", "lm", "--format", "json"], "usage", "nowhere"),
        (&["explain", "OPN999", "--format", "json"], "usage", "OPN999"),
        (&["verify", "lm", "--format", "json", "--key", "lm/OPENNESS.toml"], "usage", "OPENNESS.toml"),
        (&["check", "lm", "--fromat", "--format", "json"], "usage", "--fromat"),
    ] {
        let ran = env.openness(arguments).expect(2);
        let json = ran.json();
        conforms(&env, "error", &json);
        assert_eq!(json["error"]["kind"], kind, "{arguments:?}");
        assert!(json["error"].to_string().contains(says) && ran.err.contains(says), "{ran:#?}");
    }
    // For people, and for JSON that is only the name of a file, nothing is printed in place of a result.
    for arguments in
        [&["check", "nowhere"][..], &["check", "nowhere", "--format", "human"], &["show", "--", "--format=json"]]
    {
        assert_eq!(env.openness(arguments).expect(2).out, "", "{arguments:?}");
    }
    env.write("lm/OPENNESS.toml", "schema = ");
    for (arguments, status) in [(["show", "lm"], 1), (["hash", "lm"], 2)] {
        let json = env.openness([&arguments[..], &["--format", "json"]].concat()).expect(status).json();
        assert_eq!(json["error"]["kind"], "manifest", "{arguments:?}");
    }
}

#[test]
fn a_result_keeps_its_keys_next_to_an_error() {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("\"README.md\"", "\"README.md\", \"no.bin\""));
    let json = env.openness(["hash", "lm", "--format", "json"]).expect(2).json();
    conforms(&env, "error", &json);
    assert_eq!(json["files"].as_array().map(Vec::len), Some(3), "{json}");
    assert!(json["error"]["message"].as_str().unwrap().contains("no.bin"));
}

#[test]
fn a_badge_shows_one_verdict() {
    let env = TestEnv::release();
    let badge = env.openness(["report", "lm", "--format", "badge"]).expect(0).out;
    assert!(badge.contains("aria-label=\"mof-1.0: unclassified; unsigned\"") && badge.contains("#b91c1c"), "{badge}");
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
        // A rule about the text of a manifest can be explained and not waived. Levels are for names of rules too.
        let is_for_codes = |line: &&str| !line.contains("final-weights") && !line.contains("unmatched-pattern");
        let waive = script.lines().filter(|line| line.contains("OPN301")).filter(is_for_codes);
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
    let region = |result: &Value| result["locations"][0]["physicalLocation"]["region"].clone();
    let wide = log["runs"][0]["results"].as_array().unwrap().iter().map(region);
    assert!(wide.into_iter().any(|region| region["startColumn"] == 12 && region["endColumn"] == 16), "{log:#}");
}

/// Manifests of at most a mebibyte, and of nearly as many words as are read, with as many mistakes as fit.
fn hostile_manifests() -> Vec<(&'static str, String)> {
    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"MIT\"\n";
    let full = |head: &str, unit: &dyn Fn(usize) -> String, tail: &str| {
        let mut text = format!("{HEAD}{head}");
        let mut at = 0;
        while text.len() + unit(at).len() + tail.len() <= 1024 * 1024 {
            text.push_str(&unit(at));
            at += 1;
        }
        text + tail
    };
    vec![
        ("unknown claims", full("[claims]\n", &|at| format!("k{at:08} = true\n"), "")),
        ("wrong claims", full("[claims]\n", &|at| format!("k{at:09} = {{}}\n"), "")),
        ("unknown keys", full("", &|at| format!("k{at:09} = {{}}\n"), "")),
        ("unknown components", full("", &|at| format!("[component.c{at:07}]\nopenness = \"open\"\n"), "")),
        ("wrong words", full("", &|at| format!("[component.x-{at:07}]\nopenness = \"opne\"\n"), "")),
        ("licenses", full("", &|at| format!("[component.x-{at}]\nopenness = \"open\"\nlicense = \"MT{at}\"\n"), "")),
        ("syntax", full("", &|at| format!("a{at:07} b{at:07}\n"), "")),
        (
            "remote",
            full("[component.training-data]\nopenness = \"open\"\nremote = [", &|_| "11111, ".to_owned(), "]\n"),
        ),
        (
            "patterns",
            full("[component.final-weights]\nopenness = \"open\"\nfiles = [", &|at| format!("\"../{at}\", "), "]\n"),
        ),
        ("bases", full("", &|at| format!("[[model.base]]\nname = \"b{at}\"\nlicense = \"X{at}\"\n"), "")),
    ]
}

#[test]
fn a_manifest_full_of_mistakes_is_checked_in_bounded_memory() {
    let env = TestEnv::with_key();
    for (at, (name, text)) in hostile_manifests().into_iter().enumerate() {
        env.write("OPENNESS.toml", &text);
        // Every format once, and for the others the one that holds most.
        let formats = if at == 0 {
            &["human", "json", "sarif", "github", "gitlab", "junit", "rdjson", "azure", "concise"][..]
        } else {
            &["sarif"]
        };
        for format in formats {
            let mut command = env.command("sh");
            // Address space, which is more than what is used.
            let script = format!("ulimit -v 400000; exec \"$0\" check - --format {format} < OPENNESS.toml");
            let ran: Output = command.args(["-c", &script, env!("CARGO_BIN_EXE_openness")]).output().unwrap().into();
            assert!(matches!(ran.status, 0 | 1), "{name}, {format}: {} {}", ran.status, ran.err);
            assert!(!ran.out.is_empty(), "{name}, {format}");
        }
    }
}
