//! The guide in `docs/`: its tutorial runs, its manifests and policies are read, and its reference pages are what the
//! program prints. To refresh what the pages show: `BOOK_UPDATE=1 cargo test --test program book`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::env::TestEnv;

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src")
}

fn is_update() -> bool {
    std::env::var_os("BOOK_UPDATE").is_some()
}

/// A fenced block of a page.
struct Block<'a> {
    language: &'a str,
    /// Where its content is in the page.
    range: std::ops::Range<usize>,
    /// The exit status that the comment before it announces.
    status: i32,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut at = 0;
    let mut status = 0;
    let mut lines = page.split_inclusive('\n');
    while let Some(line) = lines.next() {
        at += line.len();
        if let Some(comment) = line.strip_prefix("<!-- exits with ") {
            status = comment.split(' ').next().and_then(|digits| digits.parse().ok()).expect("an exit status");
        }
        let Some(language) = line.strip_prefix("```") else { continue };
        let start = at;
        for line in lines.by_ref() {
            at += line.len();
            if line.starts_with("```") {
                blocks.push(Block { language: language.trim(), range: start..at - line.len(), status });
                break;
            }
        }
        status = 0;
    }
    blocks
}

/// Replaces what differs from run to run: digests, fingerprints and object names.
fn without_digests(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split_inclusive([' ', '\n', '`', '(', ')']) {
        let end = word.trim_end_matches([' ', '\n', '`', '(', ')', ':']);
        let rest = &word[end.len()..];
        let is_hex = end.len() >= 12 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
        match end.strip_prefix("SHA256:").filter(|digest| digest.len() == 43) {
            Some(_) => shown.push_str("SHA256:…"),
            None if is_hex => shown.push('…'),
            // Named by the key, which is another one each time.
            None if let Some((before, name)) = end.split_once("signatures/") => {
                shown.extend([before, "signatures/…", name.find('.').map_or("", |at| &name[at..])]);
            }
            None => shown.push_str(end),
        }
        shown.push_str(rest);
    }
    shown
}

#[cfg(unix)]
#[test]
fn the_tutorial_runs_and_prints_what_it_shows() {
    let env = TestEnv::new();
    let path = pages().join("tutorial.md");
    let mut page = fs::read_to_string(&path).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_openness")).parent().unwrap();
    let search = std::env::join_paths(
        [program.to_path_buf()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let mut directory = env.path("");
    let mut printed: Option<String> = None;
    let mut replacements = Vec::new();
    let mut runs = 0;
    for block in blocks(&page) {
        let text = &page[block.range.clone()];
        match block.language {
            "sh" => {
                let script = format!("set -e\n{{ {text}\n}} 2>&1\n");
                let script = format!("trap 'pwd > \"$HOME/where\"' EXIT\n{script}");
                let mut command = env.command("sh");
                command.current_dir(&directory).env("PATH", &search).arg("-c").arg(&script);
                let output = command.output().expect("the shell");
                let text_out = String::from_utf8(output.stdout).expect("text");
                assert_eq!(output.status.code(), Some(block.status), "{text}\n{text_out}");
                directory = PathBuf::from(env.read_text("where").trim_end());
                printed = Some(without_digests(&text_out));
                runs += 1;
            }
            "text" => {
                let printed = printed.take().expect("a command comes before what it prints");
                if is_update() {
                    replacements.push((block.range, printed));
                } else {
                    assert_eq!(text, printed, "the tutorial shows another output");
                }
            }
            other => panic!("a block of the language `{other}`"),
        }
    }
    assert!(runs >= 8, "the tutorial has lost its commands");
    for (range, printed) in replacements.into_iter().rev() {
        page.replace_range(range, &printed);
    }
    if is_update() {
        fs::write(&path, page).unwrap();
    }
}

/// Compares a page with its text, or writes it.
fn is_page(name: &str, text: &str) {
    let path = pages().join(name);
    if is_update() {
        fs::write(&path, text).unwrap();
        return;
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(page == text, "`{name}` is not what the program prints; BOOK_UPDATE=1 refreshes it");
}

#[test]
fn the_reference_of_commands_is_the_help() {
    let env = TestEnv::new();
    let help = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.push("--help");
        env.openness(all).expect(0).out
    };
    let mut page = String::from(
        "# Commands\n\nWhat `openness COMMAND --help` prints. `git openness COMMAND` works too, and `openness man COMMAND` is\nthe same as a manual page.\n",
    );
    let commands = |text: &str| -> Vec<String> {
        let list = text.split("\nCommands:\n").nth(1).unwrap_or_default();
        let list = list.split("\n\n").next().unwrap_or_default();
        let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
    };
    let top = help(&[]);
    let names = commands(&top);
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let text = help(&[&name]);
        let nested = commands(&text);
        write!(page, "\n## {name}\n\n```text\n{text}```\n").unwrap();
        for inner in nested {
            write!(page, "\n### {name} {inner}\n\n```text\n{}```\n", help(&[&name, &inner])).unwrap();
        }
    }
    is_page("reference/commands.md", &page);
}

#[test]
fn the_reference_of_rules_is_what_explain_prints() {
    let env = TestEnv::new();
    let list = env.openness(["explain"]).expect(0).out;
    let codes = list.lines().filter_map(|line| line.trim_start().split(' ').next()).filter(|word| {
        word.strip_prefix("OPN").is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()))
    });
    let mut page = String::from(
        "# Rules\n\nWhat `openness explain CODE` prints for each rule. Codes are never used again for another rule.\n",
    );
    let mut count = 0;
    for code in codes {
        let text = env.openness(["explain", code]).expect(0).out;
        let (title, body) = text.split_once('\n').expect("a title");
        write!(page, "\n## {title}\n\n```text\n{}\n```\n", body.trim()).unwrap();
        count += 1;
    }
    assert!(count > 60, "{count} rules");
    is_page("reference/rules.md", &page);
}

#[test]
fn manifests_and_policies_in_the_guide_are_read() {
    let mut seen = (0, 0);
    for path in markdown(&pages()) {
        let page = fs::read_to_string(&path).unwrap();
        for block in blocks(&page).into_iter().filter(|block| block.language == "toml") {
            let text = &page[block.range];
            let env = TestEnv::signed();
            if text.contains("policy = 1") {
                env.write("policy.toml", text);
                let verified = env.openness(["verify", "lm", "--key", "key.pub", "--policy", "policy.toml"]);
                assert_ne!(verified.status, 2, "{}: {text}\n{verified:#?}", path.display());
                seen.0 += 1;
                continue;
            }
            let mut manifest = env.read_text("lm/OPENNESS.toml");
            if text.contains("[component.final-weights]") {
                let end = manifest.find("[component.").expect("the tiny manifest has components");
                manifest.truncate(end);
            }
            env.write("lm/OPENNESS.toml", format!("{manifest}\n{text}"));
            let checked = env.openness(["check", "lm", "--format", "concise"]);
            // Facts may be missing around a fragment, but each of its keys and values is one.
            for code in ["error[OPN0", "error[OPN1"] {
                assert!(!checked.out.contains(code), "{}: {text}\n{}", path.display(), checked.out);
            }
            seen.1 += 1;
        }
    }
    assert!(seen.0 >= 2 && seen.1 >= 3, "{seen:?}");
}

fn markdown(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(markdown(&path));
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_page_is_in_the_summary_and_every_link_leads_to_a_page() {
    let root = pages();
    let summary = fs::read_to_string(root.join("SUMMARY.md")).unwrap();
    for path in markdown(&root) {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let page = fs::read_to_string(&path).unwrap();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "{name} is not in the summary");
        // Links in examples are not links.
        let mut prose = String::new();
        let mut start = 0;
        for block in blocks(&page) {
            prose.push_str(&page[start..block.range.start]);
            start = block.range.end;
        }
        prose.push_str(&page[start..]);
        for link in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") {
                continue;
            }
            let target = link.split('#').next().unwrap();
            assert!(path.parent().unwrap().join(target).is_file(), "{name}: `{link}` leads nowhere");
        }
    }
}
