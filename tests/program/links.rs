//! Symbolic links and submodules: in patterns, in a statement, and in a copy.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::common::env::{MANIFEST, Output, TestEnv, copy_tree, reasons};

/// A signed release with links to a file and to a directory.
fn linked() -> TestEnv {
    let env = TestEnv::release();
    symlink("README.md", env.path("lm/latest")).unwrap();
    symlink("weights", env.path("lm/current")).unwrap();
    sign(&env);
    env
}

fn sign(env: &TestEnv) {
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
}

#[test]
fn a_link_in_the_place_of_a_signed_file_is_listed_once() {
    let env = TestEnv::signed();
    env.write("other", "x");
    fs::remove_file(env.path("lm/README.md")).unwrap();
    symlink("../other", env.path("lm/README.md")).unwrap();
    let ran = env.verify("lm").expect(1);
    assert_eq!(found(&ran), (vec!["content-mismatch".to_owned()], json!({ "changed": ["README.md"] })), "{ran:#?}");
    assert!(ran.json()["notes"].to_string().contains("outside the directory"), "{ran:#?}");
    // One that is in the place of nothing is not signed.
    symlink("../other", env.path("lm/more")).unwrap();
    assert_eq!(found(&env.verify("lm").expect(1)).1["unsigned"], json!(["more"]));
}

#[test]
fn a_link_with_a_deceptive_target_cannot_be_signed() {
    let env = TestEnv::release();
    for target in ["a\u{9b}b", "a\u{202e}b", "a\u{2028}b", "a\nb"] {
        symlink(target, env.path("lm/link")).unwrap();
        env.commit("lm");
        let ran = env.openness(["check", "lm", "--format", "json"]).expect(1);
        assert_eq!(ran.json()["findings"][0]["code"], "OPN306", "{ran:#?}");
        let ran = env.openness(["statement", "lm"]).expect(1);
        assert!(!ran.out.contains(target) && !ran.err.contains(target), "{ran:#?}");
        fs::remove_file(env.path("lm/link")).unwrap();
    }
    symlink("nowhere ü", env.path("lm/link")).unwrap();
    env.commit("lm");
    env.openness(["check", "lm"]).expect(0);
}

#[test]
fn a_link_of_git_annex_cannot_be_signed_until_a_copy_has_the_content() {
    let env = TestEnv::with_key();
    let manifest = "schema = 1\n[model]\nname = \"M\"\nversion = \"1.0.0\"\nproducer = \"Lab\"\nlicense = \"MIT\"\n\
        [release]\naccess = \"downloadable\"\n[component.final-weights]\nopenness = \"open\"\nfiles = [\"data*\"]\n";
    env.write("lm/OPENNESS.toml", manifest);
    env.write("lm/.gitattributes", "OPENNESS.toml text eol=lf\n");
    env.write("lm/data-notes.txt", "notes");
    env.git("lm", ["init", "-q", "-b", "main"]);
    // `git annex add` of git-annex 10.20261026 makes such links; `git annex init` sets the filter.
    let object = ".git/annex/objects/0W/9z/SHA256E-s5--ab.csv/SHA256E-s5--ab.csv";
    env.write(&format!("lm/{object}"), "1,2,3");
    env.write("lm/.git/info/attributes", "* filter=annex\n.* !filter\n");
    symlink(object, env.path("lm/data.csv")).unwrap();
    env.commit("lm");
    for more in [&[][..], &["--rev", "HEAD"], &["--staged"]] {
        let ran = env.openness(["check", "lm", "--format", "json"].iter().chain(more)).expect(1);
        let findings = ran.json()["findings"].as_array().unwrap().clone();
        assert_eq!(findings.len(), 1, "{ran:#?}");
        assert_eq!(
            findings[0]["message"],
            "`data.csv`: it is a symbolic link into `.git`, which is not part of a release"
        );
        assert!(findings[0]["help"].as_str().unwrap().starts_with("git-annex keeps the content there"), "{ran:#?}");
    }
    let ran = env.openness(["sign", "lm", "--key", "key"]).expect(1);
    assert!((ran.out.clone() + &ran.err).contains("`data.csv`: it is a symbolic link into `.git`"), "{ran:#?}");
    // The advice.
    assert!(env.command("cp").args(["-rL", "lm", "copy"]).status().unwrap().success());
    fs::remove_dir_all(env.path("copy/.git")).unwrap();
    env.openness(["sign", "copy", "--key", "key"]).expect(0);
    assert_eq!(env.verify("copy").expect(0).json()["verdict"], "verified");
}

/// The reasons and the lists of files that are not empty.
fn found(ran: &Output) -> (Vec<String>, Value) {
    let mut files = ran.json()["files"].take();
    let lists = files.as_object_mut().unwrap();
    lists.retain(|key, list| key != "changes" && list.as_array().is_some_and(|list| !list.is_empty()));
    (reasons(ran), files)
}

/// A description, a change, the reasons and the lists of files.
type Change = (&'static str, fn(&TestEnv), &'static [&'static str], Value);

#[test]
fn a_signed_link_is_absent_or_changed_like_a_file() {
    let changes: [Change; 5] = [
        ("none", |_| {}, &[], json!({})),
        (
            "removed",
            |env| fs::remove_file(env.path("lm/latest")).unwrap(),
            &["incomplete"],
            json!({ "absent": ["latest"] }),
        ),
        (
            "another target",
            |env| {
                fs::remove_file(env.path("lm/current")).unwrap();
                symlink("README.md", env.path("lm/current")).unwrap();
            },
            &["content-mismatch"],
            json!({ "changed": ["current"] }),
        ),
        (
            "a file in its place",
            |env| {
                fs::remove_file(env.path("lm/latest")).unwrap();
                env.write("lm/latest", "# Tiny\n");
            },
            &["content-mismatch"],
            json!({ "changed": ["latest"] }),
        ),
        (
            "a directory in its place",
            |env| {
                fs::remove_file(env.path("lm/current")).unwrap();
                env.write("lm/current/x", "x");
            },
            &["unsigned-files"],
            json!({ "unsigned": ["current/x"] }),
        ),
    ];
    for (what, change, expected, lists) in changes {
        let env = linked();
        change(&env);
        let ran = env.verify("lm");
        let expected: Vec<String> = expected.iter().map(|reason| (*reason).to_owned()).collect();
        assert_eq!(found(&ran), (expected, lists), "{what}: {ran:#?}");
    }
}

#[test]
fn an_export_has_the_signed_links() {
    let env = linked();
    env.openness(["verify", "lm", "--key", "key.pub", "--export", "copy"]).expect(0);
    assert_eq!(fs::read_link(env.path("copy/latest")).unwrap().to_str(), Some("README.md"));
    env.verify("copy").expect(0);
    fs::remove_file(env.path("lm/latest")).unwrap();
    env.openness(["verify", "lm", "--key", "key.pub", "--partial", "--export", "partial"]).expect(0);
    assert!(env.path("partial/latest").symlink_metadata().is_err());
}

/// A signed release with a submodule, `sub`, that is checked out.
fn with_submodule() -> TestEnv {
    let env = TestEnv::release();
    env.write("sub/code.py", "print('good')\n");
    env.git("sub", ["init", "-q", "-b", "main"]);
    env.commit("sub");
    env.git("lm", ["-c", "protocol.file.allow=always", "submodule", "add", "-q", "../sub", "sub"]);
    sign(&env);
    env
}

#[test]
fn a_submodule_that_is_not_checked_out_is_absent() {
    let env = with_submodule();
    env.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub"]).expect(0);
    env.git(".", ["clone", "-q", "lm", "clone"]);
    let ran = env.verify("clone");
    assert_eq!(found(&ran), (vec!["incomplete".to_owned()], json!({ "absent": ["sub"] })), "{ran:#?}");
    env.openness(["verify", "clone", "--key", "key.pub", "--partial"]).expect(0);
    // What is checked out is there, and not signed.
    assert!(!found(&env.verify("lm").expect(1)).1.to_string().contains("absent"));
}

#[test]
fn of_a_submodule_that_is_checked_out_the_commit_is_compared() {
    let env = with_submodule();
    let said = |ran: &Output| ran.json()["notes"].to_string();
    let ran = env.verify("lm").expect(1);
    assert_eq!(found(&ran), (vec!["unsigned-files".to_owned()], json!({ "unsigned": ["sub/code.py"] })), "{ran:#?}");
    assert!(said(&ran).contains("`sub` is a submodule: the signed commit is checked out"), "{ran:#?}");
    let allowed =
        || env.openness(["verify", "lm", "--key", "key.pub", "--allow-unsigned", "sub/**", "--format", "json"]);
    let ran = allowed().expect(0);
    assert_eq!(found(&ran), (vec![], json!({})), "{ran:#?}");
    assert!(said(&ran).contains("its file is not signed itself"), "{ran:#?}");
    // On a branch, as `HEAD` of its own, and in a list of references.
    env.git("lm/sub", ["checkout", "-q", "--detach"]);
    allowed().expect(0);
    env.git("lm/sub", ["checkout", "-q", "main"]);
    env.git("lm/sub", ["pack-refs", "--all"]);
    assert!(said(&allowed().expect(0)).contains("the signed commit is checked out"));
    // Another commit.
    env.git("lm/sub", ["commit", "-q", "--allow-empty", "-m", "more"]);
    let ran = allowed().expect(1);
    assert_eq!(found(&ran), (vec!["content-mismatch".to_owned()], json!({ "changed": ["sub"] })), "{ran:#?}");
    // A repository that was not signed is still none of its own.
    env.git("lm/sub", ["reset", "-q", "--hard", "HEAD~1"]);
    allowed().expect(0);
    env.write("lm/other/.git", "gitdir: ../.git/modules/sub\n");
    assert_eq!(found(&allowed().expect(1)).0, ["unsigned-files"]);
}

#[test]
fn a_link_that_leads_nowhere_is_an_absent_file() {
    let env = TestEnv::signed();
    let card = env.path("lm/README.md");
    for (target, is_absent) in [("nowhere", true), ("none/below", true), ("README.md", true), ("weights", false)] {
        fs::remove_file(&card).unwrap();
        symlink(target, &card).unwrap();
        let report = env.verify("lm").expect(1).json();
        let (list, other) = if is_absent { ("absent", "changed") } else { ("changed", "absent") };
        assert_eq!((&report["files"][list], &report["files"][other]), (&json!(["README.md"]), &json!([])), "{target}");
        let is_named = report["notes"].to_string().contains(&format!("`README.md -> {target}`"));
        assert_eq!(is_named, is_absent, "{target}: {report:#}");
    }
}

#[test]
fn a_snapshot_of_the_hub_without_its_blobs_has_absent_files() {
    let env = TestEnv::signed();
    let snapshot = "hub/models--lab--tiny/snapshots/0123456789abcdef0123456789abcdef01234567";
    let blob = |number: u32| format!("blobs/{number:040x}");
    let link = |from: &str, number: u32| {
        let path = env.path(&format!("{snapshot}/{from}"));
        let _ = fs::remove_file(&path);
        symlink(format!("{}{}", "../".repeat(from.matches('/').count() + 2), blob(number)), path).unwrap();
    };
    copy_tree(&env.path("lm"), &env.path(snapshot));
    fs::remove_dir_all(env.path(&format!("{snapshot}/.git"))).unwrap();
    // The weights alone.
    link("weights/a.safetensors", 1);
    let report = env.verify(snapshot).expect(1).json();
    assert_eq!(
        (&report["files"]["absent"], &report["files"]["changed"]),
        (&json!(["weights/a.safetensors"]), &json!([]))
    );
    let text = env.openness(["verify", snapshot, "--key", "key.pub"]).expect(1).out;
    assert!(text.contains("symbolic links that lead nowhere"), "{text}");
    // The statement too, and at last the signatures.
    link(".openness/statement.json", 2);
    let ran = env.verify(snapshot).expect(1);
    assert!(!reasons(&ran).contains(&"bad-signature".to_owned()), "{ran:#?}");
    for entry in fs::read_dir(env.path(&format!("{snapshot}/.openness/signatures"))).unwrap() {
        link(&format!(".openness/signatures/{}", entry.unwrap().file_name().to_str().unwrap()), 3);
    }
    let ran = env.verify(snapshot).expect(1);
    assert_eq!(reasons(&ran), ["unsigned"]);
    assert!(ran.json()["notes"].to_string().contains("links are not followed"), "{ran:#?}");
}

#[test]
fn a_target_that_is_not_utf_8_is_not_signed() {
    let put = |env: &TestEnv, target: &[u8]| {
        let link = env.path("lm/l");
        let _ = fs::remove_file(&link);
        symlink(OsStr::from_bytes(target), link).unwrap();
    };
    for source in [&[][..], &["--staged"], &["--rev", "HEAD"]] {
        let env = TestEnv::release();
        put(&env, b"README\xff.md");
        env.commit("lm");
        let ran = env.openness(["sign", "lm", "--key", "key"].iter().chain(source)).expect(1);
        assert!(ran.out.contains("OPN306") && ran.out.contains("not UTF-8"), "{source:?}: {ran:#?}");
        // The nearest target that is text.
        put(&env, "README\u{fffd}.md".as_bytes());
        env.commit("lm");
        env.openness(["sign", "lm", "--key", "key"].iter().chain(source)).expect(0);
        env.verify("lm").expect(0);
        put(&env, b"README\xff.md");
        env.verify("lm").expect(1);
    }
}

/// Returns what OPN301 says of a pattern, with its help.
fn unmatched(env: &TestEnv, pattern: &str) -> Option<String> {
    env.write("lm/OPENNESS.toml", MANIFEST.replace("weights/*.safetensors", pattern));
    let report = env.openness(["check", "lm", "--format", "json"]).json();
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["code"] == "OPN301")?;
    Some(format!("{}; {}", found["message"].as_str().unwrap(), found["help"].as_str().unwrap()))
}

#[test]
fn a_pattern_that_names_a_link_names_its_target_instead() {
    let env = linked();
    symlink("nowhere", env.path("lm/gone")).unwrap();
    env.commit("lm");
    assert!(MANIFEST.contains("weights/*.safetensors"));
    for (pattern, expected) in [
        ("latest", "name `README.md` instead"),
        ("current", "name `weights` instead"),
        ("current/a.safetensors", "behind the symbolic link `current`"),
        ("current/a.safetensors", "name `weights/a.safetensors` instead"),
        ("current/*.safetensors", "name `weights` instead"),
        ("gone", "put the file itself there"),
    ] {
        let said = unmatched(&env, pattern).unwrap();
        assert!(said.contains(expected) && !said.contains("did you mean"), "{pattern}: {said}");
    }
    for pattern in ["weights/a.safetensors", "{weights/a.safetensors,latest}"] {
        assert_eq!(unmatched(&env, pattern), None, "{pattern}");
    }
    // A suggestion is never a link.
    assert!(unmatched(&env, "lates").unwrap().contains("add the file"));
}

#[test]
fn a_pattern_in_a_submodule_names_the_submodule() {
    let env = TestEnv::release();
    env.write("sub/model.safetensors", "weights");
    env.git("sub", ["init", "-q", "-b", "main"]);
    env.commit("sub");
    env.git("lm", ["-c", "protocol.file.allow=always", "submodule", "add", "-q", "../sub", "sub"]);
    env.commit("lm");
    for pattern in ["sub", "sub/model.safetensors", "sub/*.safetensors", "sub/**"] {
        let said = unmatched(&env, pattern).unwrap();
        assert!(said.contains("`sub` is a submodule") && !said.contains("git add"), "{pattern}: {said}");
    }
    // A document in it is named by the same words, and one behind a link by its target.
    symlink("weights", env.path("lm/way")).unwrap();
    env.write("lm/weights/card.md", "# Card\n");
    let documented =
        MANIFEST.replace("openness = \"open\"", "openness = \"open\"\ndocumentation = [\"sub/x.md\", \"way/card.md\"]");
    env.write("lm/OPENNESS.toml", &documented);
    env.commit("lm");
    let report = env.openness(["check", "lm", "--format", "json"]).json().to_string();
    assert!(
        report.contains("is in the submodule `sub`") && report.contains("name `weights/card.md` instead"),
        "{report}"
    );
    // Next to it, `git add` is the advice that helps.
    env.write("lm/new/model.safetensors", "weights");
    assert!(unmatched(&env, "new/*").unwrap().contains("git add new/model.safetensors"));
}
