//! Prompts at a real terminal, and the state in which the terminal is left.

use std::fs;
use std::path::Path;

use crate::common::env::{Output, TestEnv, reasons};
use crate::common::tools::has;

/// Runs the program at a terminal and returns what was shown; `None` without Python, which provides the terminal.
fn at_terminal(env: &TestEnv, steps: &[(&str, &str)], arguments: &[&str]) -> Option<String> {
    if !has("python3") {
        return None;
    }
    let mut command = env.command("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/terminal.py"));
    command.args(steps.iter().flat_map(|(wait, keys)| [*wait, *keys])).arg("--");
    let ran: Output = command.arg(env!("CARGO_BIN_EXE_openness")).args(arguments).output().unwrap().into();
    Some(ran.expect(0).out)
}

#[track_caller]
fn expect(shown: &str, words: &[&str]) {
    for word in words {
        assert!(shown.contains(word), "{word}\n--- in:\n{shown}");
    }
}

#[test]
fn a_new_passphrase_is_asked_for_twice_and_never_shown() {
    let env = TestEnv::with_key();
    let generate =
        |name: &str, steps: &[(&str, &str)]| at_terminal(&env, steps, &["key", "generate", "--output", name]);
    let twice = [("New passphrase", r"swordfish\n"), ("Repeat the passphrase", r"swordfish\n")];
    let Some(shown) = generate("locked", &twice) else { return };
    expect(
        &shown,
        &[
            "Creating an Ed25519 key for `openness`: the private key in locked, the public\nkey in locked.pub",
            "(encrypted; keep it secret)",
            "status 0, echo",
        ],
    );
    assert!(!shown.contains("swordfish") && !shown.contains("not asked"), "{shown}");
    assert!(fs::read_to_string(env.path("locked")).unwrap().contains("OPENSSH PRIVATE KEY"));
    if has("ssh-keygen") {
        let mut command = env.command("ssh-keygen");
        Output::from(command.args(["-y", "-P", "swordfish", "-f", "locked"]).output().unwrap()).expect(0);
    }
    let differ = [("New passphrase", r"swordfish\n"), ("Repeat the passphrase", r"swordfihs\n")];
    expect(&generate("other", &differ).unwrap(), &["the passphrases differ", "status 2, echo"]);
    expect(&generate("locked", &[]).unwrap(), &["`locked` already exists", "status 2, echo"]);
    let empty = [("New passphrase", r"\n"), ("Repeat the passphrase", r"\n")];
    expect(&generate("open", &empty).unwrap(), &["(NOT encrypted; keep it secret)", "status 0, echo"]);
    assert!(!env.path("other").exists());
}

#[test]
fn giving_up_at_a_prompt_restores_the_terminal() {
    let env = TestEnv::release();
    let generate = |keys: &str| at_terminal(&env, &[("New passphrase", keys)], &["key", "generate", "--output", "new"]);
    // Ctrl-C ends the program by its signal; Ctrl-D gives no answer.
    let Some(shown) = generate(r"ab\x03") else { return };
    expect(&shown, &["signal 2, echo"]);
    expect(&generate(r"\x04").unwrap(), &["cannot ask for a passphrase", "status 2, echo"]);
    assert!(!env.path("new").exists() && !env.path("new.pub").exists());
    env.write("word", "secret\n");
    let mut command = env.program();
    command.env("OPENNESS_PASSPHRASE_FILE", env.path("word")).args(["key", "generate", "--output", "locked"]);
    Output::from(command.output().unwrap()).expect(0);
    let sign = ["sign", "lm", "--key", "locked"];
    expect(&at_terminal(&env, &[("Passphrase for locked", r"x\x03")], &sign).unwrap(), &["signal 2, echo"]);
    assert!(!env.path("lm/.openness").exists());
    // Typing errors can be corrected in the line, and by trying again.
    let steps = [("Passphrase for locked", r"wrong\n"), ("try again", r"x\x15secrex\x7ft\n")];
    let shown = at_terminal(&env, &steps, &sign).unwrap();
    expect(&shown, &["signed Tiny", "status 0, echo"]);
    let wrong = ("Passphrase for locked", r"wrong\n");
    let shown = at_terminal(&env, &[wrong, wrong, wrong], &sign).unwrap();
    expect(&shown, &["error: wrong passphrase for the key `locked`", "status 2, echo"]);
}

#[test]
fn a_first_signer_is_pinned_only_by_yes() {
    let env = TestEnv::signed();
    let verify = |answer: &str| at_terminal(&env, &[("[yes/no]", answer)], &["verify", "lm", "--color", "never"]);
    for (answer, ended) in [(r"no\n", "status 1"), (r"\x04", "status 1"), (r"\x03", "signal 2")] {
        let Some(shown) = verify(answer) else { return };
        expect(&shown, &["You have no key for Tiny by Example Lab", "SHA256:", ended, "echo"]);
        assert!(!shown.contains("\nverified"), "{shown}");
        assert!(!env.path(".config/openness/pins.json").exists(), "{answer}");
    }
    // Whoever writes another word is asked again.
    let answers = [("[yes/no]", r"y\n"), ("please write yes or no", r"no\n")];
    let shown = at_terminal(&env, &answers, &["verify", "lm", "--color", "never"]).unwrap();
    expect(&shown, &["please write yes or no", "status 1"]);
    assert!(!env.path(".config/openness/pins.json").exists());
    expect(&verify(r"yes\n").unwrap(), &["\nverified", "status 0"]);
    // The question is asked once.
    let shown = at_terminal(&env, &[], &["verify", "lm"]).unwrap();
    assert!(!shown.contains("You have no key") && shown.contains("status 0"), "{shown}");
    // Another key raises an alarm instead of a question.
    env.openness(["key", "generate", "--no-passphrase", "--output", "other"]).expect(0);
    env.openness(["sign", "lm", "--key", "other", "--replace"]).expect(0);
    let shown = at_terminal(&env, &[], &["verify", "lm"]).unwrap();
    expect(
        &shown,
        &[
            "ATTENTION",
            "`Tiny` by `Example Lab` is signed by another key than the pinned one",
            "NOT VERIFIED",
            "status 1",
        ],
    );
    assert_eq!(reasons(&env.openness(["verify", "lm", "--format", "json"])), ["untrusted-key", "pinned-key-changed"]);
}

#[test]
fn notes_and_errors_fit_the_terminal() {
    let env = TestEnv::release();
    let Some(shown) = at_terminal(&env, &[], &["sign", "lm", "--dry-run"]) else { return };
    let note =
        "note: no key to sign with; name one with `--key FILE`, or create one with\n      `openness key generate";
    expect(&shown, &[note]);
    let shown = at_terminal(&env, &[], &["verify", "lm", "--verify-time", "yesterday"]).unwrap();
    expect(&shown, &["error: `--verify-time yesterday` is not a time\nhelp: expected a date such as", "\n      "]);
    for shown in [shown, at_terminal(&env, &[], &["explain", "trusted"]).unwrap()] {
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    }
}
