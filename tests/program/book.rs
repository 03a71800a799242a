//! The guide in `docs/`: its tutorial and its chain of releases run, its manifests and policies are read, and its reference pages are what the
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

/// Replaces what differs from run to run: digests, fingerprints, names of signatures and object names.
fn without_digests(text: &str) -> String {
    let mut shown = String::new();
    let is_in_digest = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    let mut rest = text;
    while let Some(at) = rest.find("SHA256:") {
        let (before, from) = rest.split_at(at + "SHA256:".len());
        let end = from.find(|c| !is_in_digest(c)).unwrap_or(from.len());
        shown.push_str(before);
        shown.push_str(if end == 43 { "…" } else { &from[..end] });
        rest = &from[end..];
    }
    shown.push_str(rest);
    let mut text = String::new();
    for word in shown.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let end = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_hex = end.len() >= 12 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
        text.push_str(if is_hex { "…" } else { end });
        text.push_str(&word[end.len()..]);
    }
    text
}

#[cfg(unix)]
#[test]
fn the_tutorial_runs_and_prints_what_it_shows() {
    runs("tutorial.md", 8);
}

#[cfg(unix)]
#[test]
fn the_guide_to_a_chain_of_three_signers_runs_and_prints_what_it_shows() {
    runs("how-to/lineage.md", 6);
}

/// The directories in which a shell looks for programs, the one of ours first.
#[cfg(unix)]
fn search_path() -> std::ffi::OsString {
    let program = Path::new(env!("CARGO_BIN_EXE_openness")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    std::env::join_paths([program.to_path_buf()].into_iter().chain(std::env::split_paths(&path))).unwrap()
}

/// Runs the commands of a page, and compares what they print with what it shows. It has at least so many.
#[cfg(unix)]
fn runs(page: &str, least: usize) {
    let env = TestEnv::new();
    let path = pages().join(page);
    let mut page = fs::read_to_string(&path).unwrap();
    let search = search_path();
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
                    assert_eq!(text, printed, "the page shows another output; BOOK_UPDATE=1 refreshes it");
                }
            }
            "toml" => {}
            other => panic!("a block of the language `{other}`"),
        }
    }
    assert!(runs >= least, "`{}` has lost its commands", path.display());
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
fn the_reference_of_words_is_what_explain_prints() {
    let env = TestEnv::new();
    let all = env.openness(["explain", "--all", "--format", "markdown"]).expect(0).out;
    let mut end = all.len();
    for (name, heading) in
        [("words", "Words"), ("components", "Components"), ("taxonomies", "Taxonomies"), ("rules", "Rules")]
    {
        let start = all[..end].rfind(&format!("# {heading}\n\n")).expect("a part for each kind");
        is_page(&format!("reference/{name}.md"), &format!("{}\n", all[start..end].trim_end()));
        end = start;
    }
    assert_eq!(end, 0, "nothing is before the rules");
    assert!(all.matches("\n## OPN").count() > 60, "every rule is there");
}

#[test]
fn manifests_and_policies_in_the_guide_are_read() {
    let mut seen = (0, 0);
    // The examples of the rules are those of their manuals, which have tests of their own.
    let pages = markdown(&pages()).into_iter().filter(|path| !path.ends_with("reference/rules.md"));
    for path in pages {
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
            if text.starts_with("# .openness-lints.toml") {
                env.write("lm/.openness-lints.toml", text);
                env.openness(["check", "lm", "--show-settings"]).expect(0);
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

/// Words of the output of a command of the page about features, so that a command that does something else is noticed.
const SHOWN: &[(&str, &str)] = &[
    ("openness check", "warning[OPN313] broken-header"),
    ("openness check --format concise", "OPENNESS.toml:15:10: warning[OPN313]"),
    ("openness check --format json", "\"version\": 1"),
    ("openness check --format sarif", "\"version\": \"2.1.0\""),
    ("openness check --format github", "::warning "),
    ("openness check --format gitlab", "\"check_name\": \"OPN313\""),
    ("openness check --format junit", "<testsuites "),
    ("openness check --format rdjson", "\"diagnostics\""),
    ("openness check --format azure", "##vso[task.logissue "),
    ("openness check --format markdown", "| severity | rule |"),
    ("openness check -W OPN310 -D licenses --show-settings", "--warn OPN310"),
    ("openness check --write-baseline ../known.json", "written to the baseline"),
    ("openness check --baseline ../known.json", "that the baseline has"),
    ("openness check - < OPENNESS.toml", "rules that need no files"),
    ("openness check --color always", "\u{1b}["),
    ("openness completions bash", "complete -F"),
    ("openness man check", ".TH"),
    ("openness hook install", "installed "),
    ("openness hook status", "installed"),
    ("openness hook uninstall", "deleted "),
    ("openness verify --key ../key.pub", "\nverified\n"),
];

#[cfg(unix)]
#[test]
fn every_feature_is_shown_by_its_command() {
    let env = TestEnv::signed();
    let page = fs::read_to_string(pages().join("reference/features.md")).unwrap();
    let search = search_path();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| feature"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() > 30 && rows.iter().all(|row| row.len() == 3), "{rows:#?}");
    let mut ran: Vec<String> = Vec::new();
    for row in &rows {
        let is_command = |code: &&str| code.starts_with("openness ") || code.contains("=1 openness ");
        let commands: Vec<&str> = row[2].split('`').skip(1).step_by(2).filter(is_command).collect();
        assert!(["✔", "~", "✘"].contains(&row[1]), "{row:?}");
        let is_told = !commands.is_empty() || row[2].contains("](") || row[1] != "✔" || row[2].starts_with("always");
        assert!(is_told, "nothing shows it: {row:?}");
        // What a partial clone left out is fetched over a network.
        for command in commands.into_iter().filter(|command| !command.ends_with("--fetch")) {
            let mut shell = env.command("sh");
            shell.current_dir(env.path("lm")).env("PATH", &search).env_remove("NO_COLOR").args(["-c", command]);
            let output = crate::common::env::Output::from(shell.output().expect("the shell"));
            assert_eq!(output.status, 0, "{command}: {output:#?}");
            if let Some((_, words)) = SHOWN.iter().find(|(known, _)| *known == command) {
                assert!(output.text().contains(words), "{command}: {output:#?}");
            }
            ran.push(command.to_owned());
        }
    }
    let missing: Vec<_> = SHOWN.iter().filter(|(command, _)| !ran.iter().any(|known| known == command)).collect();
    assert!(missing.is_empty() && ran.len() > 35, "{missing:?}");
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
