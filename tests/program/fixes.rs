//! `check --fix` and `--diff`: a fix removes its finding and changes nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::common::env::{Output, TestEnv, with_input};
use crate::rule_manuals;
use openness::rules::all_rules;

/// A release without findings that can be fixed, written as people write: comments, both kinds of quotes, odd spaces.
const GOOD: &str = r##"#:schema https://example.org/openness.schema.json
# The release of Tiny.
schema = 1

[model] # what it is
name    = "Tiny"      # the name
version = '1.0.0'
producer = "Example Lab"
license = "MIT OR Apache-2.0"  # either
languages = [
  "en", # English
  "de", # German
]

[release]
access = "downloadable"

# Weights.
[component.final-weights]
openness = 'open' # fully
license= 'LicenseRef-Tiny' # ours
license-file = 'LICENSE-Tiny'
files = [ 'weights/*.safetensors', "more/a.safetensors" ] # all

[component."model-card"]
openness = "open"
license = "CC-BY-4.0"
  documentation = ["README.md"]

[component.training-data]
openness = "closed"
reason = """
licensed
from others"""

[claims] # none
release-gradient = "downloadable"

[[safeguard]]
name = "one" # of two
stage = "system"

[[safeguard]]
name = "two"
stage = "output"
removable = true

[lints]
code-executing-format = "allow"
"##;

/// The files next to it.
const FILES: [(&str, &str); 6] = [
    ("weights/a.safetensors", "weights a"),
    ("more/a.safetensors", "weights b"),
    ("README.md", "# Tiny\n"),
    ("LICENSE-Tiny", "Do what you want.\n"),
    ("LICENSE-MIT", "x"),
    (".gitattributes", "OPENNESS.toml text eol=lf\n"),
];

fn release(manifest: &str) -> TestEnv {
    let env = TestEnv::new();
    for (path, text) in FILES {
        env.write(&format!("lm/{path}"), text);
    }
    env.write("lm/OPENNESS.toml", manifest);
    env.git("lm", ["init", "-q", "-b", "main"]);
    env.commit("lm");
    env
}

fn findings(ran: &Output) -> Vec<Value> {
    ran.json()["findings"].as_array().unwrap().clone()
}

fn check(env: &TestEnv, arguments: &[&str]) -> Output {
    env.openness([&["check", "lm", "--format", "json"][..], arguments].concat())
}

/// A text with the edits of a fix made, by their byte offsets.
fn edited(text: &str, edits: &[&Value]) -> String {
    let mut edits: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let at = |end: &str| usize::try_from(edit["span"][end]["offset"].as_u64().unwrap()).unwrap();
            (at("start"), at("end"), edit["text"].as_str().unwrap())
        })
        .collect();
    edits.sort_by_key(|(start, ..)| *start);
    let mut text = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        text.replace_range(start..end, new);
    }
    text
}

/// Every value of a TOML text by its path, as a reader that shares no code with the program sees it.
fn values(text: &str) -> BTreeMap<String, String> {
    fn add(path: &str, value: &toml_before::Value, all: &mut BTreeMap<String, String>) {
        match value {
            toml_before::Value::Table(table) => {
                table.iter().for_each(|(key, value)| add(&format!("{path}.{key}"), value, all));
            }
            toml_before::Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, value)| add(&format!("{path}[{at}]"), value, all));
            }
            other => {
                all.insert(path.to_owned(), other.to_string());
            }
        }
    }
    let mut all = BTreeMap::new();
    add("", &text.parse().unwrap_or_else(|error| panic!("{error}: {text}")), &mut all);
    all
}

fn comments(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(|line| line.split_once('#').map(|(_, comment)| comment)).collect()
}

/// Mistakes in the release above: the rule, what is right there, and what is written instead. `true` if what was meant is
/// certain.
const MISTAKES: &[(&str, &str, &str, bool)] = &[
    // Keys.
    ("OPN101", "license= 'LicenseRef", "lisense= 'LicenseRef", true),
    ("OPN101", "  documentation = ", "  documentatoin = ", true),
    ("OPN101", "removable = true", "remvable = true", true),
    ("OPN101", "producer = ", "producers_ = ", false),
    ("OPN101", "[release]", "[releas]", true),
    // Values.
    ("OPN103", "openness = 'open' # fully", "openness = 'opne' # fully", true),
    ("OPN103", "access = \"downloadable\"", "access = \"downloads\"", false),
    ("OPN103", "stage = \"output\"", "stage = '''outputs'''", true),
    // Types.
    ("OPN102", "documentation = [\"README.md\"]", "documentation = \"README.md\"", true),
    ("OPN102", "license = \"CC-BY-4.0\"", "license = [\"CC-BY-4.0\"]", true),
    ("OPN102", "removable = true", "removable = \"true\"", true),
    ("OPN102", "openness = \"closed\"", "openness = [\"closed\"]", true),
    // Components.
    ("OPN201", "[component.final-weights]", "[component.final-wieghts]", true),
    ("OPN201", "[component.\"model-card\"]", "[component.\"modelcard\"]", true),
    ("OPN201", "[component.training-data]", "[component.training_data]", true),
    // Claims and levels.
    ("OPN205", "release-gradient =", "relase-gradient =", true),
    ("OPN205", "gradient = \"downloadable\"", "gradient = \"downloadabel\"", true),
    ("OPN117", "code-executing-format =", "code-executing-formats =", true),
    // Licenses.
    ("OPN401", "\"MIT OR Apache-2.0\"", "\"MIT Or Apache-2.0\"", true),
    ("OPN401", "\"MIT OR Apache-2.0\"", "\"MIT Or apache-2.0\"", true),
    ("OPN401", "\"MIT OR Apache-2.0\"", "\"MIT / Apache 2.0\"", false),
    ("OPN401", "license = \"CC-BY-4.0\"", "license = 'CC BY 4.0'", true),
    ("OPN401", "license = \"CC-BY-4.0\"", "license = \"cc-by-4\"", false),
    // Patterns and files.
    ("OPN301", "\"more/a.safetensors\"", "\"more/a.safetensor\"", false),
    ("OPN302", "\"more/a.safetensors\"", "\"./more\\\\a.safetensors\"", true),
    ("OPN406", "'LICENSE-Tiny'", "'LICENSE-TINY'", true),
    ("OPN406", "'LICENSE-Tiny'", "'LICENSE-Tinny'", false),
    ("OPN402", "\nlicense-file = 'LICENSE-Tiny'", "", true),
    // Repetitions.
    ("OPN121", "\"more/a.safetensors\" ] # all", "\"more/a.safetensors\", 'more/a.safetensors' ] # all", true),
    ("OPN121", "  \"de\", # German\n", "  \"de\", # German\n  \"en\",\n", true),
    ("OPN121", "\"more/a.safetensors\" ]", "\"more/a.safetensors\", 'weights/*.safetensors', ]", true),
    // The text itself.
    ("OPN003", "#:schema", "\u{feff}#:schema", true),
    ("OPN119", "reason = \"\"\"", "# openness: allow OPN202 it was wrong\nreason = \"\"\"", true),
    ("OPN119", "name = \"two\"", "name = \"two\" # openness: allow OPN202 it was wrong", true),
];

#[test]
fn a_fix_gives_back_the_manifest_without_the_mistake() {
    let good: Vec<Value> = findings(&check(&release(GOOD), &[]));
    assert!(good.iter().all(|finding| finding["fix"].is_null()), "{good:#?}");
    let keep = |found: &[Value]| found.iter().map(|one| one["message"].to_string()).collect::<BTreeSet<_>>();
    for &(code, right, wrong, is_certain) in MISTAKES {
        assert_eq!(GOOD.matches(right).count(), 1, "{right}");
        let bad = GOOD.replace(right, wrong);
        let env = release(&bad);
        let before = findings(&check(&env, &[]));
        let found = before.iter().find(|finding| finding["code"] == code && !finding["fix"].is_null());
        let Some(found) = found else { panic!("{code} {wrong}: {before:#?}") };
        assert_eq!(found["fix"]["safety"], if is_certain { "safe" } else { "unsafe" }, "{wrong}: {found:#}");
        // The program makes the edits that its report lists.
        let edits: Vec<&Value> = found["fix"]["edits"].as_array().unwrap().iter().collect();
        assert!(edits.iter().all(|edit| edit["path"].is_null()));
        let ran = check(&env, if is_certain { &["--fix"][..] } else { &["--fix", "--unsafe-fixes"] });
        let after = env.read_text("lm/OPENNESS.toml");
        assert_eq!(edited(&bad, &edits), after, "{wrong}");
        assert!(ran.err.contains("note: fixed 1 finding in `lm/OPENNESS.toml`:"), "{wrong}: {}", ran.err);
        assert_eq!(keep(&findings(&ran)), keep(&good), "{wrong}: no finding is left, and none is new");
        // Except for quotes, where the mistake had others, what was right is there again.
        let quotes = |text: &str| text.replace("'''", "'").replace('\'', "\"");
        assert_eq!(quotes(&after).replace(", ]", " ]"), quotes(GOOD), "{code} {wrong}");
        if code != "OPN119" {
            assert_eq!(comments(&after), comments(&bad), "{wrong}");
        }
        assert_eq!(values(&after), values(GOOD), "{wrong}");
    }
}

#[test]
fn what_is_only_likely_is_changed_only_on_request() {
    let bad = GOOD.replace("\"more/a.safetensors\"", "\"more/a.safetensor\"").replace("removable", "remvable");
    let env = release(&bad);
    let ran = check(&env, &["--fix"]).expect(1);
    assert_eq!(env.read_text("lm/OPENNESS.toml"), bad.replace("remvable", "removable"));
    assert!(findings(&ran).iter().any(|finding| finding["code"] == "OPN301"), "{ran:#?}");
    check(&env, &["--fix", "--unsafe-fixes"]).expect(0);
    assert_eq!(env.read_text("lm/OPENNESS.toml"), GOOD);
    let ran = env.openness(["check", "lm", "--unsafe-fixes"]).expect(2);
    assert!(ran.err.contains("`--unsafe-fixes` changes nothing without `--fix` or `--diff`"), "{ran:#?}");
    // What a comment or a level allows is not changed.
    let env = release(
        &GOOD
            .replace("code-executing-format = \"allow\"", "OPN406 = \"allow\"")
            .replace("'LICENSE-Tiny'", "'LICENSE-TINY'"),
    );
    let ran = check(&env, &["--fix"]);
    assert!(!ran.err.contains("fixed"), "{ran:#?}");
}

#[test]
fn a_key_that_its_table_has_already_and_placeholders_are_left() {
    for (right, wrong, code) in [
        ("openness = 'open' # fully", "openness = 'open'\nopeness = 'open'", "OPN101"),
        ("name    = \"Tiny\"", "name = \"unknown\"", "OPN314"),
        ("version = '1.0.0'\n", "", "OPN104"),
        ("license = \"CC-BY-4.0\"", "license = \"my own\"", "OPN401"),
        ("files = [ 'weights/*.safetensors', \"more/a.safetensors\" ]", "files = [ 'none.bin' ]", "OPN301"),
    ] {
        let bad = GOOD.replace(right, wrong);
        let env = release(&bad);
        let ran = check(&env, &["--fix", "--unsafe-fixes"]);
        let found = findings(&ran);
        assert!(found.iter().any(|finding| finding["code"] == code && finding["fix"].is_null()), "{wrong}: {found:#?}");
        assert_eq!(env.read_text("lm/OPENNESS.toml"), bad);
    }
}

#[test]
fn deprecated_ids_get_their_successor() {
    for (id, successor, arguments) in [
        ("GPL-3.0", "GPL-3.0-only", &["--fix", "--unsafe-fixes"][..]),
        (
            "MIT OR (LGPL-2.1 AND LGPL-2.1-only)",
            "MIT OR (LGPL-2.1-only AND LGPL-2.1-only)",
            &["--fix", "--unsafe-fixes"],
        ),
    ] {
        let bad = GOOD.replace("MIT OR Apache-2.0", id);
        let env = release(&bad);
        let ran = check(&env, arguments);
        assert!(findings(&ran).iter().all(|finding| finding["code"] != "OPN405"), "{ran:#?}");
        assert_eq!(env.read_text("lm/OPENNESS.toml"), GOOD.replace("MIT OR Apache-2.0", successor));
    }
}

#[test]
fn line_endings_and_trailing_commas_become_portable() {
    let env = release(GOOD);
    env.write("lm/OPENNESS.toml", GOOD.replace('\n', "\r\n"));
    check(&env, &["--fix"]).expect(0);
    assert_eq!(env.read_text("lm/OPENNESS.toml"), GOOD);
    let remote = |end: &str| {
        let list = format!("remote = [{{ url = \"https://example.org/card\"{end} }}]");
        GOOD.replace("  documentation = [\"README.md\"]", &list)
    };
    env.write("lm/OPENNESS.toml", remote(","));
    check(&env, &["--fix"]);
    assert_eq!(env.read_text("lm/OPENNESS.toml"), remote(""));
}

#[test]
fn git_attributes_and_pointers_are_fixed_next_to_the_manifest() {
    const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:\
                           e128b228fb1d2dc3e6e6710343f3badb8d3248f7c546a9c5f4c80e47899f5972\nsize 100000\n";
    let env = release(GOOD);
    env.write("lm/.gitattributes", "*.bin filter=lfs");
    env.write("lm/weights/a.safetensors", POINTER.trim_end().replace('\n', "\r\n"));
    env.commit("lm");
    let ran = check(&env, &["--fix"]);
    assert_eq!(env.read_text("lm/.gitattributes"), "*.bin filter=lfs\nOPENNESS.toml text eol=lf\n");
    assert_eq!(env.read_text("lm/weights/a.safetensors"), POINTER);
    assert_eq!(env.read_text("lm/OPENNESS.toml"), GOOD);
    assert!(
        findings(&ran).iter().all(|finding| finding["code"] != "OPN601" && finding["code"] != "OPN602"),
        "{ran:#?}"
    );
    // A file that is new to Git is made.
    env.git("lm", ["rm", "-q", "-f", ".gitattributes"]);
    let ran = check(&env, &["--fix"]);
    assert!(ran.err.contains("`lm/.gitattributes` is new: run `git add lm/.gitattributes`"), "{ran:#?}");
    assert_eq!(env.read_text("lm/.gitattributes"), "OPENNESS.toml text eol=lf\n");
    // A link to another file is not replaced.
    #[cfg(unix)]
    {
        env.write("lm/other", "mine\n");
        std::fs::remove_file(env.path("lm/.gitattributes")).unwrap();
        std::os::unix::fs::symlink("other", env.path("lm/.gitattributes")).unwrap();
        let ran = check(&env, &["--fix"]).expect(2);
        assert!(ran.err.contains("is not as it was when it was checked; nothing was written"), "{ran:#?}");
        assert_eq!(env.read_text("lm/other"), "mine\n");
        std::fs::remove_file(env.path("lm/.gitattributes")).unwrap();
    }
    // Attributes that change bytes are undone for the files that they change, if a person agrees.
    env.write("lm/.gitattributes", "OPENNESS.toml text eol=lf\nmore/* ident\n");
    env.commit("lm");
    check(&env, &["--fix", "--unsafe-fixes"]);
    assert_eq!(
        env.read_text("lm/.gitattributes"),
        "OPENNESS.toml text eol=lf\nmore/* ident\n/more/a.safetensors -ident\n"
    );
    env.git("lm", ["add", "-A"]);
    assert_eq!(
        env.git("lm", ["check-attr", "ident", "--", "more/a.safetensors"]),
        "more/a.safetensors: ident: unset\n"
    );
    assert!(findings(&check(&env, &["--staged"])).iter().all(|finding| finding["code"] != "OPN603"));
}

#[test]
fn a_diff_is_a_patch_that_git_applies() {
    let bad = GOOD.replace("removable", "remvable").replace("license= '", "lisense= '");
    let env = release(&bad);
    env.write("lm/.gitattributes", "x\n");
    env.commit("lm");
    let before = env.read_text("lm/OPENNESS.toml");
    let ran = env.openness(["check", "lm", "--diff"]).expect(1);
    assert_eq!(env.read_text("lm/OPENNESS.toml"), before, "`--diff` changes nothing");
    assert!(ran.out.contains("--- a/lm/OPENNESS.toml\n+++ b/lm/OPENNESS.toml\n@@"), "{ran:#?}");
    let patch = ran.out;
    check(&env, &["--fix"]);
    let (manifest, attributes) = (env.read_text("lm/OPENNESS.toml"), env.read_text("lm/.gitattributes"));
    env.git("lm", ["checkout", "-q", "."]);
    let applied = with_input(env.command("git").arg("apply").arg("-").current_dir(env.path("")), patch.as_bytes());
    assert_eq!(applied.status, 0, "{applied:#?}\n{patch}");
    assert_eq!((env.read_text("lm/OPENNESS.toml"), env.read_text("lm/.gitattributes")), (manifest, attributes));
    // Nothing is left to change, and what is staged or piped can be shown too.
    let ran = env.openness(["check", "lm", "--diff"]).expect(0);
    assert_eq!(ran.out, "");
    env.openness(["check", "lm", "--staged", "--diff"]).expect(1);
    let piped = with_input(env.program().args(["check", "-", "--diff"]), bad.as_bytes()).expect(1);
    assert!(
        piped.out.contains("-lisense= 'LicenseRef-Tiny' # ours\n+license= 'LicenseRef-Tiny' # ours\n"),
        "{piped:#?}"
    );
}

#[test]
fn only_files_on_disk_are_fixed() {
    let bad = GOOD.replace("removable", "remvable");
    let env = release(&bad);
    for (arguments, says, help) in [
        (&["check", "lm", "--fix", "--staged"][..], "not what is staged", "without `--staged`"),
        (&["check", "lm", "--fix", "--rev", "HEAD"], "not a commit", "check out the commit"),
        (&["check", "-", "--fix"], "not standard input", "`--diff`"),
    ] {
        let ran = env.openness(arguments).expect(2);
        assert!(ran.err.contains(says) && ran.err.contains(help), "{ran:#?}");
    }
    assert_eq!(env.read_text("lm/OPENNESS.toml"), bad);
}

#[test]
fn reports_carry_the_fixes() {
    let env = release(&GOOD.replace("removable", "remvable"));
    let sarif = env.openness(["check", "lm", "--format", "sarif"]).expect(1).json();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["fixes"][0]["description"]["text"], "replace `remvable` with `removable`");
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "OPENNESS.toml");
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "removable");
    assert_eq!(change["replacements"][0]["deletedRegion"]["endColumn"], 9);
    let rdjson = env.openness(["check", "lm", "--format", "rdjson"]).expect(1).json();
    assert_eq!(rdjson["diagnostics"][0]["suggestions"][0]["text"], "removable");
    let text = env.openness(["check", "lm"]).expect(1).out;
    assert!(text.contains("\n1 can be fixed with `openness check --fix lm`\n"), "{text}");
}

/// The text of a file in the repository of an example; empty if it is not there.
fn text_of(env: &TestEnv, path: &str) -> String {
    let name = format!("r/{path}");
    if env.path(&name).exists() { env.read_text(&name) } else { String::new() }
}

/// What the manual of a rule shows as wrong: if there is a fix, it removes the finding, and the result is TOML.
#[test]
fn fixes_of_the_examples_remove_their_findings() {
    let mut fixed = BTreeSet::new();
    for rule in all_rules() {
        for example in rule_manuals::examples(rule, "Fails") {
            let env = rule_manuals::written(&example);
            let found = findings(&rule_manuals::reported(&env));
            let found = found.iter().find(|finding| finding["code"] == rule.code && !finding["fix"].is_null());
            let Some(finding) = found else { continue };
            let edits = finding["fix"]["edits"].as_array().unwrap();
            let path = |edit: &Value| edit["path"].as_str().unwrap_or("OPENNESS.toml").to_owned();
            let paths: BTreeSet<String> = edits.iter().map(path).collect();
            for name in paths {
                let of_file: Vec<&Value> = edits.iter().filter(|edit| path(edit) == name).collect();
                env.write(&format!("r/{name}"), edited(&text_of(&env, &name), &of_file));
            }
            env.git("r", ["add", "-A"]);
            let left = findings(&rule_manuals::reported(&env));
            let same = |one: &&Value| one["code"] == finding["code"] && one["message"] == finding["message"];
            assert!(!left.iter().any(|one| same(&one)), "{}: {finding:#}\n{left:#?}", rule.code);
            values(&env.read_text("r/OPENNESS.toml"));
            fixed.insert(rule.code);
        }
    }
    let expected = [
        "OPN003", "OPN004", "OPN006", "OPN008", "OPN103", "OPN117", "OPN119", "OPN121", "OPN201", "OPN205", "OPN301",
        "OPN401", "OPN405", "OPN601", "OPN602", "OPN603",
    ];
    assert_eq!(fixed.into_iter().collect::<Vec<_>>(), expected);
}
