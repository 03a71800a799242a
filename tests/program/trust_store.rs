//! The user's trust store: trusted signers, pinned keys, and the latest verified release of each model.

use std::fs;

use serde_json::json;

use crate::common::env::{MANIFEST, Output, TestEnv, reasons};
use crate::common::tools::has;

const STATE: &str = ".local/state/openness/seen.json";

/// Verifies with the user's trust store.
fn verify_with_store(env: &TestEnv, directory: &str) -> Output {
    env.openness(["verify", directory, "--format", "json"])
}

fn sign_again(env: &TestEnv, manifest: &str, key: &str) {
    env.write("lm/OPENNESS.toml", manifest);
    env.commit("lm");
    env.openness(["sign", "lm", "--key", key, "--replace"]).expect(0);
}

fn numbered(sequence: &str) -> String {
    MANIFEST.replace("sequence = 3\n", sequence)
}

#[test]
fn the_store_is_the_default_trust() {
    let env = TestEnv::signed();
    assert_eq!(reasons(&verify_with_store(&env, "lm").expect(1)), ["untrusted-key"]);
    env.openness(["key", "trust", "add", "lab@example.org", "key.pub"]).expect(0);
    let report = verify_with_store(&env, "lm").expect(0).json();
    assert_eq!(report["signatures"][0]["principal"], "lab@example.org");
    env.openness(["verify", "lm", "--identity", "lab@example.org"]).expect(0);
    env.openness(["verify", "lm", "--identity", "other@example.org"]).expect(1);
    // The store's list can also be passed explicitly.
    let file = env.path(".config/openness/allowed_signers");
    env.openness(["verify", "lm", "--allowed-signers", file.to_str().unwrap()]).expect(0);
    let listed = env.openness(["key", "trust", "list"]).expect(0).out;
    assert!(
        listed.contains("trusted  SHA256:") && listed.contains("seen     release 3  Tiny by Example Lab, verified 2"),
        "{listed}"
    );
    env.openness(["key", "trust", "remove", "lab@example.org"]).expect(0);
    assert_eq!(reasons(&verify_with_store(&env, "lm").expect(1)), ["untrusted-key"]);
}

#[test]
fn a_changed_pinned_key_is_an_alarm() {
    let env = TestEnv::signed();
    env.openness(["key", "generate", "--no-passphrase", "--output", "other"]).expect(0);
    env.openness(["key", "trust", "add", "lab@example.org", "key.pub"]).expect(0);
    env.openness(["key", "trust", "add", "other@example.org", "other.pub"]).expect(0);
    let tiny = ["--producer", "Example Lab", "--model", "Tiny"];
    let pin = |file: &str| {
        let mut arguments = vec!["key", "trust", "pin"];
        arguments.extend(tiny);
        arguments.push(file);
        Output::from(env.program().args(arguments).output().unwrap())
    };
    pin("key.pub").expect(0);
    verify_with_store(&env, "lm").expect(0);
    sign_again(&env, &numbered("sequence = 4\n"), "other");
    let ran = verify_with_store(&env, "lm").expect(1);
    assert_eq!(reasons(&ran), ["untrusted-key", "pinned-key-changed"]);
    let fingerprint = |file: &str| {
        let shown = env.openness(["key", "show", file, "--form", "fingerprint"]).expect(0).out;
        shown.trim().to_owned()
    };
    let detail = format!(
        "`Tiny` by `Example Lab` is signed by another key than the pinned one: pinned {}, signed by {}; ask the \
         producer through a channel other than this release before you trust the new key",
        fingerprint("key.pub"),
        fingerprint("other.pub")
    );
    assert_eq!(ran.json()["alarms"], json!([{"kind": "pinned-key-changed", "detail": detail}]));
    let ran = env.openness(["verify", "lm"]).expect(1);
    assert!(ran.out.contains("ATTENTION"), "{ran:#?}");
    // Without the pin, the other key is trusted for every model.
    env.openness(["key", "trust", "unpin", "--producer", "Example Lab", "--model", "Tiny"]).expect(0);
    verify_with_store(&env, "lm").expect(0);
    // A pin alone also makes a key trusted.
    env.openness(["key", "trust", "remove", "other@example.org"]).expect(0);
    verify_with_store(&env, "lm").expect(1);
    pin("other.pub").expect(0);
    verify_with_store(&env, "lm").expect(0);
    // Both keys can be pinned.
    pin("key.pub").expect(0);
    verify_with_store(&env, "lm").expect(0);
}

#[test]
fn first_use_asks_only_at_a_terminal() {
    let env = TestEnv::signed();
    let ran = env.openness(["verify", "lm"]).expect(1);
    assert!(ran.err.contains("openness key trust add"), "{ran:#?}");
    assert!(!env.path(".config/openness/pins.json").exists());
    if !has("script") {
        return;
    }
    let at_terminal = |answer: &str| -> Output {
        let mut command = env.command("script");
        command.args(["-qec", concat!(env!("CARGO_BIN_EXE_openness"), " verify lm --color never"), "/dev/null"]);
        env.write("answer", format!("{answer}\n"));
        command.stdin(fs::File::open(env.path("answer")).unwrap()).output().unwrap().into()
    };
    let ran = at_terminal("y").expect(1);
    assert!(ran.out.contains("You have no key for Tiny by Example Lab") && ran.out.contains("SHA256:"), "{ran:#?}");
    at_terminal("yes").expect(0);
    verify_with_store(&env, "lm").expect(0);
    // From now on, another key raises an alarm instead of a question.
    env.openness(["key", "generate", "--no-passphrase", "--output", "other"]).expect(0);
    sign_again(&env, &numbered("sequence = 4\n"), "other");
    let ran = at_terminal("yes").expect(1);
    assert!(ran.out.contains("ATTENTION") && !ran.out.contains("You have no key"), "{ran:#?}");
}

#[test]
fn an_older_release_is_refused_once_a_newer_was_verified() {
    let env = TestEnv::signed();
    env.openness(["key", "trust", "add", "lab@example.org", "key.pub"]).expect(0);
    env.git(".", ["clone", "-q", "lm", "old"]);
    verify_with_store(&env, "lm").expect(0);
    sign_again(&env, &numbered("sequence = 4\n"), "key");
    env.commit("lm");
    verify_with_store(&env, "old").expect(0);
    verify_with_store(&env, "lm").expect(0);

    assert_eq!(reasons(&verify_with_store(&env, "old").expect(1)), ["rollback"]);
    let alarm = verify_with_store(&env, "old").json()["alarms"][0].clone();
    let detail = alarm["detail"].as_str().unwrap();
    assert_eq!(alarm["kind"], "rollback");
    assert!(
        detail.starts_with("this is release 3 of the model, but release 4 was verified on this machine on "),
        "{detail}"
    );
    env.openness(["verify", "old", "--no-track-releases"]).expect(0);
    // With `--key`, the history counts only with `--track-releases`.
    env.openness(["verify", "old", "--key", "key.pub"]).expect(0);
    env.openness(["verify", "old", "--key", "key.pub", "--track-releases"]).expect(1);
    verify_with_store(&env, "lm").expect(0);

    // Two releases with the same number.
    sign_again(&env, &numbered("sequence = 4\n").replace("1.0.0", "1.0.1"), "key");
    assert_eq!(reasons(&verify_with_store(&env, "lm").expect(1)), ["rollback"]);
    // A release without a number.
    sign_again(&env, &numbered(""), "key");
    assert_eq!(reasons(&verify_with_store(&env, "lm").expect(1)), ["rollback"]);
    // Refused releases are not remembered.
    sign_again(&env, &numbered("sequence = 5\n"), "key");
    verify_with_store(&env, "lm").expect(0);
    env.openness(["key", "trust", "forget", "--producer", "Example Lab", "--model", "Tiny"]).expect(0);
    verify_with_store(&env, "old").expect(0);
}

#[test]
fn a_release_with_another_predecessor_is_refused() {
    let env = TestEnv::signed();
    env.openness(["key", "trust", "add", "lab@example.org", "key.pub"]).expect(0);
    let digest =
        |env: &TestEnv| verify_with_store(env, "lm").json()["statement"]["sha256"].as_str().unwrap().to_owned();
    verify_with_store(&env, "lm").expect(0);
    let ours = digest(&env);
    let follow = |sequence: u64, digest: &str| {
        sign_again(&env, &numbered(&format!("sequence = {sequence}\nsupersedes = \"{digest}\"\n")), "key");
    };
    let other = ours.replace(|c: char| c.is_ascii_digit(), "a");
    follow(4, &other);
    let ran = verify_with_store(&env, "lm").expect(1);
    assert_eq!(reasons(&ran), ["rollback"]);
    let alarm = ran.json()["alarms"][0].clone();
    let detail = alarm["detail"].as_str().unwrap();
    assert_eq!(alarm["kind"], "rollback");
    assert!(detail.starts_with(&format!("this release supersedes the statement {other}, but ")), "{detail}");
    assert!(detail.ends_with(&format!(" is {ours}: there are two different releases 3")), "{detail}");
    // Release 5 may follow a release 4 that is not known on this machine.
    follow(5, &other);
    env.openness(["verify", "lm", "--key", "key.pub"]).expect(0);
    follow(4, &ours);
    verify_with_store(&env, "lm").expect(0);
    follow(6, &other);
    verify_with_store(&env, "lm").expect(0);
}

#[test]
fn sign_suggests_supersedes() {
    let env = TestEnv::signed();
    let sign = |manifest: &str| {
        env.write("lm/OPENNESS.toml", manifest);
        env.commit("lm");
        env.openness(["sign", "lm", "--key", "key"]).expect(0).err
    };
    let before = verify_with_store(&env, "lm").json()["statement"]["sha256"].as_str().unwrap().to_owned();
    let line = format!("supersedes = \"{before}\"");
    let err = sign(&numbered("sequence = 4\n"));
    assert!(err.contains(&line) && err.contains("this directory held release 3 before"), "{err}");
    // When it is signed again with the line, the previous release is not here anymore.
    assert!(!sign(&numbered(&format!("sequence = 4\n{line}\n"))).contains("supersedes"), "the note appears once");
    let third = verify_with_store(&env, "lm").json()["statement"]["sha256"].as_str().unwrap().to_owned();
    let err = sign(&numbered(&format!("sequence = 5\n{line}\n")));
    assert!(err.contains("`supersedes` does not name the statement of release 4"), "{err}");
    assert!(err.contains(&third), "{err}");
    assert!(!sign(MANIFEST).contains("supersedes"), "an older release is not a successor");
}

#[test]
fn only_what_was_verified_is_remembered() {
    let env = TestEnv::signed();
    verify_with_store(&env, "lm").expect(1);
    assert!(!env.path(STATE).exists());
    env.openness(["key", "trust", "add", "lab@example.org", "key.pub"]).expect(0);
    env.openness(["verify", "lm", "--no-track-releases"]).expect(0);
    env.verify("lm").expect(0);
    assert!(!env.path(STATE).exists());
    fs::remove_file(env.path("lm/weights/a.safetensors")).unwrap();
    env.openness(["verify", "lm", "--partial"]).expect(0);
    assert!(!env.path(STATE).exists());
    env.git("lm", ["checkout", "-q", "."]);
    verify_with_store(&env, "lm").expect(0);
    assert!(env.path(STATE).exists());
}

#[test]
fn an_untrusted_signer_cannot_change_the_history() {
    let env = TestEnv::signed();
    env.openness(["key", "trust", "add", "lab@example.org", "key.pub"]).expect(0);
    verify_with_store(&env, "lm").expect(0);
    env.openness(["key", "generate", "--no-passphrase", "--output", "other"]).expect(0);
    for sequence in ["sequence = 1\n", "sequence = 9007199254740992\n"] {
        sign_again(&env, &numbered(sequence), "other");
        assert_eq!(reasons(&verify_with_store(&env, "lm").expect(1)), ["untrusted-key"]);
    }
    sign_again(&env, &numbered("sequence = 4\n"), "key");
    verify_with_store(&env, "lm").expect(0);
}

#[test]
fn require_sequence_works_without_history() {
    let env = TestEnv::signed();
    let ask = |least: &str| {
        env.openness(["verify", "lm", "--key", "key.pub", "--format", "json", "--require-sequence", least])
    };
    ask("3").expect(0);
    assert_eq!(reasons(&ask("4").expect(1)), ["rollback"]);
    sign_again(&env, &numbered(""), "key");
    assert_eq!(reasons(&ask("1").expect(1)), ["rollback"]);
}

#[test]
fn a_damaged_history_is_an_error() {
    let env = TestEnv::signed();
    env.openness(["key", "trust", "add", "lab@example.org", "key.pub"]).expect(0);
    env.write(STATE, "{");
    assert!(verify_with_store(&env, "lm").expect(2).err.contains("--no-track-releases"));
    env.openness(["verify", "lm", "--no-track-releases"]).expect(0);
    env.write(".config/openness/pins.json", "{");
    env.openness(["verify", "lm", "--no-track-releases"]).expect(2);
}

#[test]
fn without_a_home_directory_keys_must_be_named() {
    let env = TestEnv::signed();
    let run = |arguments: &[&str]| -> Output {
        let mut command = env.program();
        command.env_remove("HOME").args(arguments).output().unwrap().into()
    };
    run(&["verify", "lm", "--key", "key.pub"]).expect(0);
    run(&["verify", "lm"]).expect(1);
    run(&["key", "trust", "list"]).expect(2);
    run(&["verify", "lm", "--key", "key.pub", "--track-releases"]).expect(2);
}

#[test]
fn removing_a_pinned_key_suggests_unpin() {
    let env = TestEnv::signed();
    let fingerprint = env.openness(["key", "show", "key.pub", "--form", "fingerprint"]).expect(0).out;
    let remove = || env.openness(["key", "trust", "remove", fingerprint.trim()]).expect(2).err;
    assert!(remove().contains("key trust list"));
    env.openness(["key", "trust", "pin", "--producer", "p", "--model", "m", "key.pub"]).expect(0);
    assert!(remove().contains("key trust unpin"));
}

#[test]
fn the_principal_shown_is_from_the_key_comment() {
    let env = TestEnv::with_key();
    let line = |comment: &str, arguments: &[&str]| {
        let key = env.openness(["key", "show", "key.pub", "--form", "openssh"]).expect(0).out;
        env.write("other.pub", format!("{} {comment}\n", key.trim_end()));
        let mut command = env.program();
        let ran: Output = command
            .args(["key", "show", "other.pub", "--form", "allowed-signers"])
            .args(arguments)
            .output()
            .unwrap()
            .into();
        ran.expect(0).out.split(' ').next().unwrap().to_owned()
    };
    assert_eq!(line("me@example.org", &[]), "me@example.org");
    assert_eq!(line("me@example.org", &["--principal", "team"]), "team");
    for comment in ["", "a key", "laptop", "me@example.org of old", "\"me@example.org\""] {
        assert_eq!(line(comment, &[]), "you@example.org", "{comment}");
    }
}
