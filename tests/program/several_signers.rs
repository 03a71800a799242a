//! Several signers, and statements that are signed on another machine.

use std::fs;

use crate::common::env::{MANIFEST, TestEnv};

fn statement(env: &TestEnv) -> String {
    env.openness(["statement", "lm"]).expect(0).out
}

#[test]
fn statement_prints_what_sign_signs() {
    let env = TestEnv::release();
    let printed = statement(&env);
    assert!(!env.path("lm/.openness").exists());
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    assert_eq!(printed.into_bytes(), env.read("lm/.openness/statement.json"));
}

#[test]
fn a_statement_can_be_signed_on_another_machine() {
    let env = TestEnv::release();
    env.openness(["statement", "lm", "--output", "carried.json"]).expect(0);
    fs::create_dir(env.path("vault")).unwrap();
    let ran = env.openness(["sign", "vault", "--statement", "carried.json", "--key", "key"]).expect(0);
    assert!(ran.err.contains("note: signed the statement as given; the files themselves were not checked"), "{ran:#?}");
    fs::rename(env.path("vault/.openness"), env.path("lm/.openness")).unwrap();
    assert_eq!(env.verify("lm").expect(0).json()["verdict"], "verified");
}

#[test]
fn a_second_signer_joins_after_the_first_has_committed() {
    let env = TestEnv::signed();
    env.openness(["key", "generate", "--no-passphrase", "--output", "second"]).expect(0);
    let join = ["sign", "lm", "--statement", "lm/.openness/statement.json", "--key", "second"];
    env.openness(join).expect(0);
    for key in ["key.pub", "second.pub"] {
        env.openness(["verify", "lm", "--key", key]).expect(0);
    }
    let report = env.verify("lm").expect(0).json();
    assert_eq!(report["signatures"].as_array().unwrap().len(), 4);
    // Signing again changes nothing.
    let files = || fs::read_dir(env.path("lm/.openness/signatures")).unwrap().count();
    let before = files();
    env.openness(join).expect(0);
    assert_eq!(files(), before);
}

#[test]
fn a_second_signer_of_another_statement_must_choose() {
    let env = TestEnv::signed();
    env.openness(["key", "generate", "--no-passphrase", "--output", "second"]).expect(0);
    env.write("lm/README.md", "# Tiny, again\n");
    env.commit("lm");
    let names = || {
        let files = fs::read_dir(env.path("lm/.openness/signatures")).unwrap();
        let mut names: Vec<_> = files.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let (before, statement) = (names(), env.read("lm/.openness/statement.json"));
    let ran = env.openness(["sign", "lm", "--key", "second"]).expect(2);
    let err = &ran.err;
    assert!(err.contains("`lm/.openness` contains signatures of other keys over another statement"), "{ran:#?}");
    assert!(
        err.contains("`--statement lm/.openness/statement.json` signs their statement (Tiny 1.0.0, release 3, commit "),
        "{ran:#?}"
    );
    assert!(err.contains("your statement is about Tiny 1.0.0, release 3, commit "), "{ran:#?}");
    assert!(err.contains("`--replace` deletes their signatures"), "{ran:#?}");
    assert_eq!((names(), env.read("lm/.openness/statement.json")), (before.clone(), statement));
    // Both choices work.
    env.openness(["sign", "lm", "--key", "second", "--statement", "lm/.openness/statement.json"]).expect(0);
    assert_eq!(names().len(), 4);
    env.openness(["sign", "lm", "--key", "second", "--replace"]).expect(0);
    assert_eq!(names().len(), 2);
    assert!(names().iter().all(|name| !before.contains(name)));
    env.openness(["verify", "lm", "--key", "second.pub"]).expect(0);
}

#[test]
fn a_statement_that_could_not_be_verified_is_not_signed() {
    let env = TestEnv::release();
    let good = statement(&env);
    for (what, text) in [
        ("a trailing line feed", format!("{good}\n")),
        ("another number of files", good.replace("\"files\":5", "\"files\":4")),
        ("another predicate", good.replace("openness/statement/v1", "openness/statement/v2")),
        ("an extra key", good.replacen('{', "{\"a\":1,", 1)),
        ("a path that leaves the release", good.replace("README.md", "../EADME.md")),
        ("an empty file", String::new()),
    ] {
        assert_ne!(text, good, "{what}");
        env.write("hostile.json", text);
        let ran = env.openness(["sign", "lm", "--statement", "hostile.json", "--key", "key"]).expect(2);
        assert!(ran.err.contains("cannot sign `hostile.json`: "), "{what}: {ran:#?}");
        assert!(!env.path("lm/.openness").exists(), "{what}");
    }
}

#[test]
fn signing_a_statement_repeats_its_waivers() {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", format!("{MANIFEST}\n[claims]\nmof = \"class-1\"\n"));
    env.commit("lm");
    let ran = env.openness(["statement", "lm"]).expect(1);
    assert!(ran.out.is_empty() && ran.err.contains("OPN202"), "{ran:#?}");
    env.openness(["statement", "lm", "--waive", "OPN202", "--output", "s.json"]).expect(0);
    let ran = env.openness(["sign", "lm", "--statement", "s.json", "--key", "key"]).expect(2);
    assert!(ran.err.contains("--waive OPN202"), "{ran:#?}");
    env.openness(["sign", "lm", "--statement", "s.json", "--key", "key", "--waive", "opn202"]).expect(0);
}
