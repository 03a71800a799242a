//! Nothing that others wrote reaches a terminal raw, and nothing of theirs is read or printed without a limit.

use std::fs;
use std::time::{Duration, Instant};

use openness::sign::{Namespace, Signer as _, keyfile};
use serde_json::Value;

use crate::common::env::{MANIFEST, Output, TestEnv, reasons, with_input};

/// What a terminal obeys: ESC, a C1 control, an override of the direction, and line breaks.
pub(crate) const PAYLOAD: &str = "x\u{1b}[2J\u{9b}31m\u{202e}\r\nFORGED\n\u{2028}\u{85}y";

/// Returns why an output is not fit for a terminal.
fn harm(text: &str) -> Option<String> {
    let raw = |c: &char| {
        (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(c) = text.chars().find(raw) {
        return Some(format!("U+{:04X} in:\n{}", u32::from(c), text.escape_debug().to_string().replace("\\n", "\n")));
    }
    text.lines().any(|line| line.trim() == "FORGED").then(|| format!("a forged line in:\n{text}"))
}

#[track_caller]
pub(crate) fn harmless(what: &str, ran: &Output) {
    for text in [&ran.out, &ran.err] {
        if let Some(harm) = harm(text) {
            panic!("{what}: {harm}");
        }
    }
    assert!((0..=2).contains(&ran.status), "{what}: {ran:#?}");
}

/// Returns the pointers to all strings of a value.
fn strings(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(number, item)| strings(item, &format!("{at}/{number}"), found));
        }
        Value::Object(members) => members.iter().for_each(|(key, item)| {
            strings(item, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
}

/// Signs a statement with the key `other` in the place of the present one.
fn forge(env: &TestEnv, statement: &[u8]) {
    let text = env.read_text("other");
    let mut key = keyfile::parse(&text, "other", &mut |_| None).unwrap();
    let signature = key.sign_sshsig(Namespace::Openness, statement).unwrap();
    env.write("lm/.openness/statement.json", statement);
    let _ = fs::remove_dir_all(env.path("lm/.openness/signatures"));
    env.write("lm/.openness/signatures/0.sshsig", signature);
}

#[test]
fn no_string_of_a_statement_acts_on_the_terminal() {
    let env = TestEnv::signed();
    env.add_key("other");
    let statement: Value = serde_json::from_slice(&env.read("lm/.openness/statement.json")).unwrap();
    let mut leaves = Vec::new();
    strings(&statement, "", &mut leaves);
    assert!(leaves.len() > 50, "{leaves:?}");
    for leaf in leaves.iter().filter(|leaf| !leaf.starts_with("/subject/")) {
        let mut hostile = statement.clone();
        *hostile.pointer_mut(leaf).unwrap() = Value::String(PAYLOAD.to_owned());
        let bytes = openness::json::canonical(&hostile).unwrap();
        forge(&env, &bytes);
        for arguments in [
            &["verify", "lm", "--key", "other.pub", "--verbose"][..],
            &["verify", "lm", "--key", "other.pub", "--format", "json"],
            &["verify", "lm", "--key", "key.pub", "-q"],
            &["diff", "lm/.openness/statement.json", "lm/OPENNESS.toml"],
            &["diff", "lm/OPENNESS.toml", "lm/.openness/statement.json", "--format", "json"],
        ] {
            harmless(&format!("{leaf}: {arguments:?}"), &env.openness(arguments));
        }
    }
    // The waived codes are the only strings whose list is empty in this release.
    let mut hostile = statement;
    hostile["predicate"]["waived"] = serde_json::json!([PAYLOAD, "OPN301"]);
    forge(&env, &openness::json::canonical(&hostile).unwrap());
    for format in ["human", "json"] {
        harmless("waived", &env.openness(["verify", "lm", "--key", "other.pub", "--format", format]));
    }
}

#[test]
fn no_string_of_a_bundle_acts_on_the_terminal() {
    let env = TestEnv::signed();
    let bundle = env.signature("lm", ".sigstore.json");
    let value: Value = serde_json::from_slice(&fs::read(&bundle).unwrap()).unwrap();
    let mut leaves = Vec::new();
    strings(&value, "", &mut leaves);
    for leaf in leaves {
        let mut hostile = value.clone();
        *hostile.pointer_mut(&leaf).unwrap() = Value::String(PAYLOAD.to_owned());
        fs::write(&bundle, hostile.to_string()).unwrap();
        for format in ["human", "json"] {
            harmless(&leaf, &env.openness(["verify", "lm", "--key", "key.pub", "--format", format]));
        }
    }
}

#[test]
fn no_string_of_a_manifest_acts_on_the_terminal() {
    let env = TestEnv::release();
    let more = "\n[component.x-thing]\nopenness = \"partial\"\nremote = [{ url = \"https://example.org/a\", revision = \"r\" }]\n\
                [claims]\nmof-1.0 = \"class-3\"\n[[safeguard]]\nname = \"s\"\nstage = \"model\"\n[coverage]\nexclude = [\"*.log\"]\n";
    let manifest = format!("{MANIFEST}{more}");
    let marks: Vec<usize> = manifest.match_indices('"').map(|(at, _)| at).collect();
    // Escapes within strings, and the characters themselves; the second is a syntax error in TOML, which is quoted too.
    let escaped = PAYLOAD
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\u{:04X}", u32::from(c)) });
    let escaped: String = escaped.collect();
    let mut spans: Vec<(usize, usize)> = marks.chunks(2).map(|pair| (pair[0] + 1, pair[1])).collect();
    // A key, and a name of a table in quotes.
    let table = manifest.find("x-thing").unwrap();
    spans.push((table, table + 7));
    for (start, end) in spans {
        for payload in [&escaped, PAYLOAD] {
            let quoted = if start == table { format!("\"{payload}\"") } else { payload.to_owned() };
            let hostile = format!("{}{quoted}{}", &manifest[..start], &manifest[end..]);
            env.write("lm/OPENNESS.toml", &hostile);
            for arguments in [
                &["check", "lm"][..],
                &["check", "lm", "--format", "json"],
                &["check", "lm", "--format", "sarif"],
                &["check", "lm", "--format", "github"],
                &["show", "lm"],
                &["report", "lm", "--format", "markdown"],
                &["export", "lm", "--format", "spdx"],
            ] {
                harmless(&format!("{hostile}\n{arguments:?}"), &env.openness(arguments));
            }
        }
    }
}

/// A finding in a line of any length is shown in a window around it.
#[test]
fn a_long_line_is_shown_around_the_mistake() {
    let env = TestEnv::release();
    for before in [10, 150, 2_900, 60_000] {
        let long =
            format!("remote = [{{ url = \"https://example.org/{}\", wrongkey = 1, size = 1 }}]", "a".repeat(before));
        env.write(
            "lm/OPENNESS.toml",
            format!("{MANIFEST}[component.code]\nopenness = \"open\"\n{long}{}\n", " ".repeat(70_000)),
        );
        for command in ["check", "show"] {
            let text = env.openness([command, "lm"]).text();
            assert!(text.contains("wrongkey = 1"), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= 250), "{text}");
        }
    }
}

#[test]
fn people_see_the_first_of_very_many_findings_and_programs_all() {
    let env = TestEnv::new();
    let list = format!("{MANIFEST}[component.x-z]\nopenness = \"open\"\nfiles = [1{}]\n", ",1".repeat(2_999));
    let check = |format: &str| with_input(env.program().args(["check", "-", "--format", format]), list.as_bytes());
    let text = check("human").expect(1).out;
    assert!(text.len() < 10_000 && text.contains("and 2997 more error[OPN102]; `-v` draws them:\n"), "{text}");
    assert!(text.ends_with("-: 3000 errors\n3000 can be fixed with `openness check --fix`\n"), "{text}");
    assert_eq!(check("json").expect(1).json()["findings"].as_array().unwrap().len(), 3_000);
    assert_eq!(check("sarif").expect(1).json()["runs"][0]["results"].as_array().unwrap().len(), 3_000);
    let all = with_input(env.program().args(["check", "-", "-v"]), list.as_bytes()).expect(1).out;
    assert_eq!(all.matches("error[OPN102]").count(), 3_000);
    // Few are drawn whole.
    let few = format!("{MANIFEST}[component.x-z]\nopenness = \"open\"\nfiles = [1{}]\n", ",1".repeat(3));
    let text = with_input(env.program().args(["check", "-"]), few.as_bytes()).out;
    assert!(!text.contains(" more error") && text.matches("error[OPN102]").count() == 4, "{text}");
}

/// Each shape fills a manifest of the largest size with mistakes. The times are for an unoptimized build on a busy machine; what
/// grows with the square takes minutes.
#[test]
fn time_grows_with_the_number_of_mistakes() {
    let env = TestEnv::new();
    let repeat = |line: &dyn Fn(usize) -> String, most: usize| {
        let mut text = MANIFEST.to_owned();
        for number in 0.. {
            let next = line(number);
            if text.len() + next.len() > most {
                break;
            }
            text.push_str(&next);
        }
        text
    };
    for (what, text) in [
        ("unknown keys", repeat(&|n| format!("key{n} = 1\n"), 100_000)),
        ("incomplete tables", repeat(&|n| format!("[[safeguard]]\nname = \"s{n}\"\n"), 100_000)),
        ("broken lines", repeat(&|_| "a\n".to_owned(), 50_000)),
        ("a long table name", {
            let table = format!("[component.{}]\n", "c".repeat(50_000));
            format!("{MANIFEST}{table}{}", repeat(&|n| format!("key{n} = 1\n"), 50_000).replace(MANIFEST, ""))
        }),
        (
            "line breaks in an inline table",
            format!("{MANIFEST}[component.code]\nremote = [{{{}}}]\n", "\n".repeat(400_000)),
        ),
    ] {
        for format in ["human", "json", "sarif", "github", "gitlab", "junit", "rdjson", "azure", "concise"] {
            let begun = Instant::now();
            with_input(env.program().args(["check", "-", "--format", format]), text.as_bytes()).expect(1);
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}, {format}: {:?}", begun.elapsed());
        }
    }
}

#[test]
fn signatures_of_others_do_not_hide_the_trusted_one() {
    let env = TestEnv::signed();
    env.add_key("other");
    let statement = env.read("lm/.openness/statement.json");
    let mut other = keyfile::parse(&env.read_text("other"), "other", &mut |_| None).unwrap();
    let theirs = other.sign_sshsig(Namespace::Openness, &statement).unwrap();
    let add = |from: usize, to: usize| {
        for number in from..to {
            env.write(&format!("lm/.openness/signatures/00000000000000{number:04}.sshsig"), &theirs);
        }
    };
    // 64 with the two of the key, which are all verified, and then more.
    add(0, 62);
    assert_eq!(reasons(&env.verify("lm").expect(0)), [""; 0]);
    add(62, 90);
    let ran = env.verify("lm").expect(0);
    assert!(ran.out.contains("\"verified\""), "{ran:#?}");
    // By what is in the file, where the name says nothing.
    let ours = env.signature("lm", "sigstore.json");
    fs::remove_file(&ours).unwrap();
    let sshsig = ours.with_file_name(ours.file_name().unwrap().to_str().unwrap().replace("sigstore.json", "sshsig"));
    fs::rename(sshsig, env.path("lm/.openness/signatures/zz.sshsig")).unwrap();
    assert_eq!(reasons(&env.verify("lm").expect(0)), [""; 0]);
    // Without a good one, that some were left is a reason of its own.
    fs::remove_file(env.path("lm/.openness/signatures/zz.sshsig")).unwrap();
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["untrusted-key", "signatures-left"]);
    for number in 64..90 {
        fs::remove_file(env.path(&format!("lm/.openness/signatures/00000000000000{number:04}.sshsig"))).unwrap();
    }
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["untrusted-key"]);
}

#[cfg(unix)]
mod files {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    /// Makes a file that is larger than what is read of any; it takes no room.
    fn huge(env: &TestEnv, name: &str) {
        env.write(name, "");
        fs::OpenOptions::new().write(true).open(env.path(name)).unwrap().set_len(1 << 36).unwrap();
    }

    /// Runs the program, which has to end soon.
    #[track_caller]
    fn soon(env: &TestEnv, arguments: &[&str]) -> Output {
        let begun = Instant::now();
        let ran = env.openness(arguments);
        assert!(begun.elapsed() < Duration::from_secs(20), "{arguments:?} took {:?}", begun.elapsed());
        assert!((0..=2).contains(&ran.status), "{arguments:?}: {ran:#?}");
        ran
    }

    #[test]
    fn a_link_in_the_place_of_attributes_is_not_followed() {
        let env = TestEnv::release();
        huge(&env, "huge");
        fs::remove_file(env.path("lm/.gitattributes")).unwrap();
        symlink(env.path("huge"), env.path("lm/.gitattributes")).unwrap();
        env.write("lm/weights/.gitattributes", "*.safetensors ident\n");
        env.commit("lm");
        let text = soon(&env, &["check", "lm"]).text();
        // What Git does read still counts.
        assert!(text.contains("OPN603") && text.contains("weights/a.safetensors"), "{text}");
        // A link out of the release is not signed.
        assert!(soon(&env, &["sign", "lm", "--dry-run"]).text().contains("OPN306"));
        // A regular file in its place is read, also where it is not staged.
        fs::remove_file(env.path("lm/.gitattributes")).unwrap();
        fs::remove_file(env.path("lm/weights/.gitattributes")).unwrap();
        env.write("lm/.gitattributes", "OPENNESS.toml text eol=lf\n*.md ident\n");
        let text = soon(&env, &["check", "lm"]).text();
        assert!(text.contains("OPN603") && text.contains("README.md"), "{text}");
    }

    #[test]
    fn attributes_that_a_repository_names_are_regular_files() {
        let env = TestEnv::release();
        huge(&env, "huge");
        env.git("lm", ["config", "core.attributesFile", "/dev/null"]);
        assert_eq!(soon(&env, &["check", "lm"]).status, 0);
        env.git("lm", ["config", "core.attributesFile", env.path("nowhere").to_str().unwrap()]);
        assert_eq!(soon(&env, &["check", "lm"]).status, 0);
        env.git("lm", ["config", "core.attributesFile", env.path("huge").to_str().unwrap()]);
        assert_eq!(soon(&env, &["check", "lm"]).status, 0);
        env.git("lm", ["config", "--unset", "core.attributesFile"]);
        let _ = fs::remove_file(env.path("lm/.git/info/attributes"));
        symlink(env.path("huge"), env.path("lm/.git/info/attributes")).unwrap();
        assert_eq!(soon(&env, &["check", "lm"]).status, 0);
    }

    #[test]
    fn files_of_a_repository_are_read_only_if_regular_and_small() {
        let env = TestEnv::signed();
        huge(&env, "huge");
        let git = env.path("lm/.git");
        let replaced = |name: &str, run: &dyn Fn() -> Output| {
            let (file, aside) = (git.join(name), env.path("aside"));
            let was_there = fs::rename(&file, &aside).is_ok();
            symlink(env.path("huge"), &file).unwrap();
            let ran = run();
            fs::remove_file(&file).unwrap();
            if was_there {
                fs::rename(&aside, &file).unwrap();
            }
            ran
        };
        let index = replaced("index", &|| soon(&env, &["verify", "lm", "--staged", "--key", "key.pub"]));
        index.expect(2).fails_with("index");
        for name in ["HEAD", "config", "packed-refs", "objects/info/alternates", "refs/heads/main"] {
            let text = replaced(name, &|| soon(&env, &["check", "lm"])).fails_with("will not open");
            assert!(text.contains(name), "{text}");
        }
        assert_eq!(soon(&env, &["check", "lm"]).status, 0);
        // What `init` and `sign` look at by themselves.
        fs::rename(env.path("lm/OPENNESS.toml"), env.path("manifest")).unwrap();
        replaced("packed-refs", &|| soon(&env, &["init", "lm", "-y"])).expect(2);
        fs::rename(env.path("manifest"), env.path("lm/OPENNESS.toml")).unwrap();
        fs::remove_file(env.path("lm/.openness/statement.json")).unwrap();
        symlink(env.path("huge"), env.path("lm/.openness/statement.json")).unwrap();
        soon(&env, &["sign", "lm", "--key", "key"]).expect(2).fails_with("statement.json");
    }

    #[test]
    fn a_look_alike_of_the_hubs_cache_is_not_read_without_a_limit() {
        let env = TestEnv::signed();
        fs::create_dir_all(env.path("lm/models--a--b/snapshots")).unwrap();
        huge(&env, "lm/models--a--b/refs/main");
        soon(&env, &["verify", "lm", "--key", "key.pub"]);
        soon(&env, &["check", "lm"]);
        soon(&env, &["verify", "lm/models--a--b", "--key", "key.pub"]);
    }

    #[test]
    fn a_signature_file_that_is_too_large_is_not_read() {
        let env = TestEnv::signed();
        for number in 0..40 {
            huge(&env, &format!("lm/.openness/signatures/{number}.sshsig"));
        }
        // They are nobody's, so they count neither way.
        let verify = || soon(&env, &["verify", "lm", "--key", "key.pub", "--format", "json"]);
        assert_eq!(verify().expect(0).json()["signatures"].as_array().unwrap().len(), 42);
        let own = env.signature("lm", ".sigstore.json").file_name().unwrap().to_str().unwrap().to_owned();
        huge(&env, &format!("lm/.openness/signatures/{own}"));
        assert_eq!(reasons(&verify().expect(1)), ["bad-signature"]);
        assert!(Path::new(&env.path("lm")).is_dir());
    }
}
