//! Every rule's manual is true: it has all headings, its failing example fails and its passing one passes.

use std::fs;
use std::path::Path;

use crate::common::env::{Output, TestEnv};
use openness::finding::RuleInfo;
use openness::rules::{RULES, all_rules};

/// One example of a manual: a manifest, or a part of one, and the files next to it.
#[derive(Debug)]
pub(crate) struct Example {
    flags: String,
    manifest: String,
    files: String,
}

pub(crate) fn examples(rule: &RuleInfo, heading: &str) -> Vec<Example> {
    let section = rule.docs.split("## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("{}: no heading `{heading}`", rule.code));
    let mut found: Vec<Example> = Vec::new();
    let mut fence: Option<String> = None;
    let mut body = String::new();
    for line in section.lines() {
        // A doc comment's lines begin with one blank.
        let line = line.strip_prefix(' ').unwrap_or(line);
        match (line.strip_prefix("```"), &fence) {
            (Some(flags), None) => fence = Some(flags.to_owned()),
            (Some(_), Some(flags)) => {
                let text = std::mem::take(&mut body);
                match flags.strip_prefix("toml") {
                    Some(flags) => {
                        let flags = flags.trim().to_owned();
                        found.push(Example { flags, manifest: text, files: String::new() });
                    }
                    None => found.last_mut().unwrap().files = text,
                }
                fence = None;
            }
            (None, Some(_)) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(!found.is_empty(), "{}: `{heading}` has no example", rule.code);
    found
}

/// Adds the parts of the manifest that an example leaves out because they do not matter to it.
fn completed(example: &Example) -> Vec<u8> {
    let Example { manifest, flags, .. } = example;
    let mut text = String::new();
    if !manifest.contains("schema =") {
        text.push_str("schema = 1\n");
    }
    text.push_str(manifest);
    if flags != "bare" {
        if !manifest.contains("[model]") {
            text.push_str("\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n");
        }
        if !manifest.contains("[release]") {
            text.push_str("\n[release]\naccess = \"gradual-staged\"\n");
        }
        if !manifest.contains("[component") {
            text.push_str("\n[component.x-other]\nopenness = \"closed\"\nreason = \"an example\"\n");
        }
    }
    match flags.as_str() {
        "escaped" => unescaped(&text),
        "oversized" => [text.into_bytes(), vec![b'#'; 1 << 20]].concat(),
        _ => text.into_bytes(),
    }
}

/// Decodes `\xHH`, `\r` and `\n`.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        (rest, _) = match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digits = [*high, *low];
                let hex = std::str::from_utf8(&digits).unwrap();
                (after, bytes.push(u8::from_str_radix(hex, 16).unwrap()))
            }
            (b'\\', [b'r', after @ ..]) => (after, bytes.push(b'\r')),
            (b'\\', [b'n', after @ ..]) => (after, bytes.push(b'\n')),
            _ => (after, bytes.push(first)),
        };
    }
    bytes
}

/// Returns a repository `r` in which an example is staged.
pub(crate) fn written(example: &Example) -> TestEnv {
    let env = TestEnv::new();
    for line in example.files.lines() {
        let (name, content) = line.split_once(": ").unwrap_or((line, "content"));
        let content = match content.strip_prefix("@spdx ") {
            Some(id) => {
                let (id, more) = id.split_once(" @and ").unwrap_or((id, ""));
                [openness::license::text::canonical(id).unwrap().as_bytes(), &unescaped(more)].concat()
            }
            None => unescaped(content),
        };
        env.write(&format!("r/{name}"), content);
    }
    env.write("r/OPENNESS.toml", completed(example));
    env.git("r", ["init", "-q"]);
    env.git("r", ["add", "-A"]);
    env
}

/// Runs `check --staged` on it.
pub(crate) fn reported(env: &TestEnv) -> Output {
    env.openness(["check", "--staged", "--format", "json", "r"])
}

/// Returns the codes and messages that `check --staged` finds.
fn found(example: &Example) -> Vec<(String, String)> {
    let report = reported(&written(example)).json();
    let word = |finding: &serde_json::Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|finding| (word(finding, "code"), word(finding, "message"))).collect()
}

fn codes(example: &Example) -> Vec<String> {
    found(example).into_iter().map(|(code, _)| code).collect()
}

#[test]
fn the_failing_example_of_every_rule_fails() {
    for rule in all_rules() {
        for example in examples(rule, "Fails") {
            let found = codes(&example);
            assert!(found.iter().any(|code| code == rule.code), "{}: found {found:?} in {example:#?}", rule.code);
        }
    }
}

#[test]
fn the_passing_example_of_every_rule_passes() {
    for rule in all_rules() {
        for example in examples(rule, "Passes") {
            let found = codes(&example);
            assert!(!found.iter().any(|code| code == rule.code), "{}: found {found:?} in {example:#?}", rule.code);
        }
    }
}

#[test]
fn codes_and_names_are_unique_and_codes_ascend() {
    let codes: Vec<&str> = all_rules().map(|rule| rule.code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
    let mut names: Vec<&str> = all_rules().map(|rule| rule.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn every_manual_has_the_same_headings() {
    for rule in all_rules() {
        let headings: Vec<&str> = rule.docs.lines().filter_map(|line| line.trim_start().strip_prefix("## ")).collect();
        assert_eq!(headings, ["What it does", "Why it matters", "Fails", "Passes"], "{}", rule.code);
    }
}

#[test]
fn every_rule_file_is_in_the_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let files = fs::read_dir(folder).unwrap().count();
    assert_eq!(files, RULES.len());
}

/// A release that consists of twenty thousand pickles has one problem, not twenty thousand.
#[test]
fn files_with_the_same_problem_share_a_finding() {
    const COMPONENT: &str = "[component.final-weights]\nopenness = \"open\"\nlicense = \"Apache-2.0\"\n";
    let many = |ending: &str, content: &str| {
        (0..7).map(|at| format!("w/{at}.{ending}{content}\n")).collect::<Vec<_>>().concat()
    };
    let pickle = "PyTorch archives contain a Python pickle or TorchScript";
    let header = |license: &str| {
        let text = format!("{{\"__metadata__\":{{\"license\":\"{license}\"}}}}");
        format!(": \\x{:02x}\\x00\\x00\\x00\\x00\\x00\\x00\\x00{text}", text.len())
    };
    let pointer =
        format!(": version https://git-lfs.github.com/spec/v1\\noid sha256:{}\\nsize 9\\n\\n", "0".repeat(64));
    for (code, patterns, files, messages) in [
        (
            "OPN310",
            r#"files = ["w/*.pt", "other/*"]"#,
            format!("{}w/no.safetensors\nother/a.pt\nother/b.pkl\n", many("pt", "")),
            vec![format!(
                "9 files may run code when they are loaded: `other/a.pt`, `w/0.pt`, `w/1.pt`, `w/2.pt`, `w/3.pt` and 3 more \
                 ({pickle}); `other/b.pkl` (a Python pickle calls whatever it names)"
            )],
        ),
        (
            "OPN310",
            r#"files = ["w/*.pt"]"#,
            many("pt", ""),
            vec![format!(
                "7 files (`w/0.pt`, `w/1.pt`, `w/2.pt`, `w/3.pt`, `w/4.pt` and 2 more) may run code when they are loaded: {pickle}"
            )],
        ),
        (
            "OPN305",
            "files = [\"m.gguf\"]\n[coverage]\nexclude = [\"w/**\", \"one/*\"]",
            format!("m.gguf\none/a.pt\n{}", many("pt", "")),
            vec![
                format!(
                    "7 files (`w/0.pt`, `w/1.pt`, `w/2.pt`, `w/3.pt`, `w/4.pt` and 2 more) cannot be excluded: {pickle}"
                ),
                format!("`one/a.pt` cannot be excluded: {pickle}"),
            ],
        ),
        (
            "OPN408",
            r#"files = ["**/*.safetensors"]"#,
            format!(
                "{}a.safetensors{}\nb.safetensors{}\n",
                many("safetensors", &header("mit")),
                header("isc"),
                header("apache-2.0")
            ),
            vec![
                "`Apache-2.0` is declared, but the header of `a.safetensors` says `isc`".to_owned(),
                "`Apache-2.0` is declared, but the headers of 7 files (`w/0.safetensors`, `w/1.safetensors`, \
                 `w/2.safetensors`, `w/3.safetensors`, `w/4.safetensors` and 2 more) say `mit`"
                    .to_owned(),
            ],
        ),
        (
            "OPN601",
            r#"files = ["w/*"]"#,
            many("safetensors", &pointer),
            vec![
                "7 Git LFS pointers are not in canonical form: `w/0.safetensors`, `w/1.safetensors`, `w/2.safetensors`, \
                 `w/3.safetensors`, `w/4.safetensors` and 2 more"
                    .to_owned(),
            ],
        ),
    ] {
        let example = Example { flags: String::new(), manifest: format!("{COMPONENT}{patterns}\n"), files };
        let mut reported: Vec<String> =
            found(&example).into_iter().filter(|(found, _)| found == code).map(|(_, message)| message).collect();
        let mut messages = messages;
        reported.sort();
        messages.sort();
        assert_eq!(reported, messages, "{code}");
    }
}
