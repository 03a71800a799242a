//! Who is trusted, when, and what is said about signatures and files of signers that cannot be used.

use std::fs;

use crate::common::env::{MANIFEST, Output, TestEnv, reasons};
use crate::common::tools::has;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A key line of OpenSSH 10.6, of the right shape.
fn post_quantum(name: &str) -> String {
    use base64ct::{Base64, Encoding as _};
    let mut blob = Vec::new();
    for field in [name.as_bytes(), &[7; 1344]] {
        blob.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
        blob.extend(field);
    }
    format!("{name} {}", Base64::encode_string(&blob))
}

fn public_line(env: &TestEnv) -> String {
    env.openness(["key", "show", "key.pub", "--form", "openssh"]).expect(0).out.trim_end().to_owned()
}

/// Writes `signers` with one line for the key.
fn list(env: &TestEnv, options: &str) {
    env.write("signers", format!("lab@example.org {options}{}\n", public_line(env)));
}

fn verify_by_list(env: &TestEnv) -> Output {
    env.openness(["verify", "lm", "--allowed-signers", "signers", "--format", "json"])
}

/// Runs `openness` at a terminal where every question is answered with `answer`.
fn at_terminal(env: &TestEnv, arguments: &str, answer: &str) -> Output {
    let mut command = env.command("script");
    let program = format!("{} {arguments} --color never", env!("CARGO_BIN_EXE_openness"));
    command.args(["-qec", &program, "/dev/null"]);
    env.write("answer", format!("{answer}\n"));
    command.stdin(fs::File::open(env.path("answer")).unwrap()).output().unwrap().into()
}

#[test]
fn a_draft_is_signed_only_with_a_waiver() {
    let env = TestEnv::release();
    for (written, placeholder) in
        [("version = \"1.0.0\"", "version = \"unknown\""), ("name = \"Tiny\"", "name = \"TBD\"")]
    {
        let draft = MANIFEST.replacen(written, placeholder, 1);
        assert_ne!(draft, MANIFEST);
        env.write("lm/OPENNESS.toml", draft);
        env.commit("lm");
        env.openness(["check", "lm"]).expect(0);
        let refused = env.openness(["sign", "lm", "--key", "key"]).expect(1);
        assert!(refused.text().contains("OPN314") && refused.err.contains("fixed or waived"), "{refused:#?}");
        env.openness(["sign", "lm", "--key", "key", "--dry-run"]).expect(1);
        env.openness(["statement", "lm"]).expect(1);
        assert!(!env.path("lm/.openness").exists());
    }
    env.openness(["sign", "lm", "--key", "key", "--waive", "OPN314"]).expect(0);
    assert_eq!(env.verify("lm").expect(0).json()["statement"]["waived"], serde_json::json!(["OPN314"]));
}

#[test]
fn first_use_asks_only_about_a_release_that_would_be_verified() {
    if !has("script") {
        return;
    }
    let env = TestEnv::signed();
    let pins = env.path(".config/openness/pins.json");
    let no_question = |arguments: &str, status: i32| {
        let ran = at_terminal(&env, arguments, "yes").expect(status);
        assert!(!ran.out.contains("You have no key"), "{ran:#?}");
        assert!(!pins.exists(), "{arguments}");
    };
    env.write("lm/evil.py", "import os\n");
    no_question("verify lm", 1);
    fs::remove_file(env.path("lm/evil.py")).unwrap();

    env.write("lm/README.md", "# Other\n");
    no_question("verify lm", 1);
    env.git("lm", ["checkout", "-q", "README.md"]);

    env.write("policy.toml", "policy = 1\n[statement]\nrequire-expires = true\n");
    no_question("verify lm --policy policy.toml", 1);
    no_question("verify lm --require-sequence 9", 1);

    fs::remove_file(env.path("lm/weights/a.safetensors")).unwrap();
    no_question("verify lm", 1);
    // Whoever accepts missing files may pin the key.
    let ran = at_terminal(&env, "verify lm --partial", "no").expect(1);
    assert!(ran.out.contains("You have no key for Tiny by Example Lab"), "{ran:#?}");
    assert!(!pins.exists());
    env.git("lm", ["checkout", "-q", "weights"]);

    let ran = at_terminal(&env, "verify lm", "yes").expect(0);
    assert!(ran.out.contains("You have no key for Tiny by Example Lab"), "{ran:#?}");
    assert!(pins.exists());
    assert!(!at_terminal(&env, "verify lm", "no").expect(0).out.contains("You have no key"));
}

#[test]
fn a_byte_order_mark_does_not_matter() {
    let env = TestEnv::signed();
    for name in ["key", "key.pub"] {
        env.write(&format!("marked-{name}"), format!("{BYTE_ORDER_MARK}{}", env.read_text(name)));
    }
    #[cfg(unix)]
    env.set_mode("marked-key", 0o600);
    list(&env, "");
    env.write("signers", format!("{BYTE_ORDER_MARK}{}", env.read_text("signers")));
    env.openness(["verify", "lm", "--key", "marked-key.pub"]).expect(0);
    let listed = env.openness(["verify", "lm", "--allowed-signers", "signers", "--identity", "lab@example.org"]);
    assert!(listed.expect(0).out.contains("lab@example.org SHA256:"));
    let revoked = env.openness(["verify", "lm", "--key", "key.pub", "--revoked", "marked-key.pub", "--format", "json"]);
    assert_eq!(reasons(&revoked.expect(1)), ["revoked-key"]);
    assert_eq!(
        env.openness(["key", "show", "marked-key.pub", "--form", "openssh"]).expect(0).out.trim_end(),
        public_line(&env)
    );
    env.openness(["sign", "lm", "--key", "marked-key"]).expect(0);
    env.openness(["key", "trust", "pin", "--producer", "Example Lab", "--model", "Tiny", "marked-key.pub"]).expect(0);
    env.openness(["key", "trust", "add", "lab@example.org", "marked-key.pub"]).expect(0);
    assert!(!env.read_text(".config/openness/allowed_signers").contains(BYTE_ORDER_MARK));
    env.openness(["verify", "lm"]).expect(0);
    // In UTF-16 it is no text that can be read, and the message says why.
    let utf16: Vec<u8> =
        format!("{BYTE_ORDER_MARK}{}", env.read_text("key.pub")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    env.write("utf16.pub", utf16);
    env.openness(["verify", "lm", "--key", "utf16.pub"]).expect(2).fails_with("UTF-16");
}

#[test]
fn a_tag_by_a_retired_key_says_by_which_time_it_is_checked() {
    let env = TestEnv::signed();
    env.openness(["sign", "lm", "--key", "key", "--tag", "v1.0.0"]).expect(0);
    let verify = |time: &str| {
        env.openness(["verify", "lm", "--rev", "v1.0.0", "--allowed-signers", "signers", "--verify-time", time])
    };
    list(&env, "valid-after=\"20250101Z\",valid-before=\"20270101Z\" ");
    assert!(!verify("2026-12-01").expect(0).out.contains("verify-tag"));
    let words = |ran: &Output| ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let retired = words(&verify("2027-06-01").expect(1));
    assert!(retired.contains("was valid only until 2027-01-01T00:00:00Z; it is checked as of 2027-06-01"), "{retired}");
    assert!(retired.contains("`git verify-tag` goes by the time that the object claims instead"), "{retired}");
    // A key that became valid after the tag: good to us, and not to Git.
    list(&env, "valid-after=\"20270101Z\" ");
    let young = words(&verify("2027-06-01").expect(0));
    assert!(young.contains("`git verify-tag` goes by the time that the object claims"), "{young}");
}

#[test]
fn keys_and_signatures_of_other_types_count_neither_way() {
    let env = TestEnv::signed();
    let good = format!("lab@example.org {}\n", public_line(&env));
    for name in ["ssh-mldsa44-ed25519", "ssh-mldsa87-ed448@example.org", "ssh-of-the-future@example.org"] {
        for options in ["", "namespaces=\"openness@v1\" "] {
            env.write("signers", format!("pq@example.org {options}{}\n{good}", post_quantum(name)));
            let notes = verify_by_list(&env).expect(0).json()["notes"].to_string();
            assert!(notes.contains(&format!("`{name}` (line 1)")), "{notes}");
            // Alone, it trusts nobody.
            env.write("signers", format!("pq@example.org {options}{}\n", post_quantum(name)));
            assert_eq!(reasons(&verify_by_list(&env).expect(1)), ["untrusted-key"]);
        }
    }
    env.write("signers", format!("pq@example.org ssh-mldsa44-ed25519 AAAA\n{good}"));
    verify_by_list(&env).expect(2);

    if !has("ssh-keygen") {
        return;
    }
    for arguments in [&["-t", "rsa", "-b", "3072"][..], &["-t", "ecdsa"]] {
        let mut generate = env.command("ssh-keygen");
        let made = generate.args(["-q", "-N", "", "-f", "foreign", "-C", "b@example.org"]).args(arguments).output();
        assert!(made.unwrap().status.success());
        let statement = "lm/.openness/statement.json";
        let mut sign = env.command("ssh-keygen");
        let signed = sign.args(["-q", "-Y", "sign", "-f", "foreign", "-n", "openness@v1", statement]).output();
        assert!(signed.unwrap().status.success());
        let second = env.path("lm/.openness/signatures/second.sshsig");
        fs::rename(env.path("lm/.openness/statement.json.sig"), &second).unwrap();
        let report = env.verify("lm").expect(0).json();
        let statuses: Vec<_> =
            report["signatures"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == "not-checkable").count(), 1, "{report:#}");
        let shown = env.openness(["verify", "lm", "--key", "key.pub"]).expect(0).out;
        assert!(shown.contains("not checked  SHA256:") && !shown.contains("BAD"), "{shown}");
        // It is no second signer.
        env.write("policy.toml", "policy = 1\n[signers]\nrequire = 2\n");
        env.write("signers", format!("{good}b@example.org {}", env.read_text("foreign.pub")));
        let arguments = ["verify", "lm", "--allowed-signers", "signers", "--policy", "policy.toml", "--format", "json"];
        assert_eq!(reasons(&env.openness(arguments).expect(1)), ["policy"]);
        // Nor is a broken one a sign of tampering, as anyone could have put it there.
        let text = fs::read_to_string(&second).unwrap();
        fs::write(&second, text.replacen('\n', "\nAAAA", 1)).unwrap();
        let report = env.verify("lm").expect(0).json();
        assert!(report["signatures"].as_array().unwrap().iter().any(|one| one["status"] == "bad"), "{report:#}");
        for name in ["foreign", "foreign.pub", "lm/.openness/signatures/second.sshsig"] {
            fs::remove_file(env.path(name)).unwrap();
        }
    }
}

#[test]
fn a_key_and_a_list_of_signers_are_told_apart() {
    let env = TestEnv::signed();
    list(&env, "");
    let as_list = env.openness(["verify", "lm", "--allowed-signers", "key.pub"]).expect(2).err;
    assert!(as_list.contains("is a public key") && as_list.contains("`--key key.pub`"), "{as_list}");
    env.openness(["verify", "lm", "--key", "key.pub"]).expect(0);
    let as_key = env.openness(["verify", "lm", "--key", "signers"]).expect(2).err;
    assert!(as_key.contains("allowed_signers file") && as_key.contains("`--allowed-signers signers`"), "{as_key}");
    verify_by_list(&env).expect(0);
    env.openness(["key", "trust", "add", "lab@example.org", "signers"]).expect(2).fails_with("allowed_signers file");
    env.openness(["verify", "lm", "--allowed-signers", "key"]).expect(2).fails_with("private key");
    env.git(".", ["config", "--global", "openness.allowedSigners", env.path("key.pub").to_str().unwrap()]);
    let by_setting = env.openness(["verify", "lm"]).expect(2).err;
    assert!(by_setting.contains("is a public key") && by_setting.contains("openness.allowedSigners"), "{by_setting}");
}

#[test]
fn a_key_of_another_time_or_a_revoked_one_keeps_its_name() {
    let env = TestEnv::signed();
    let principals = |ran: &Output| {
        let report = ran.json();
        report["signatures"].as_array().unwrap().iter().map(|one| one["principal"].clone()).collect::<Vec<_>>()
    };
    for (options, reason) in
        [("valid-before=\"20250101Z\" ", "expired-key"), ("valid-after=\"20990101Z\" ", "expired-key")]
    {
        list(&env, options);
        let ran = verify_by_list(&env).expect(1);
        assert_eq!((reasons(&ran), principals(&ran)), (vec![reason.to_owned()], vec!["lab@example.org".into(); 2]));
        let shown = env.openness(["verify", "lm", "--allowed-signers", "signers"]).expect(1).out;
        assert!(shown.contains("lab@example.org SHA256:"), "{shown}");
    }
    list(&env, "");
    let arguments = ["verify", "lm", "--allowed-signers", "signers", "--revoked", "key.pub", "--format", "json"];
    let ran = env.openness(arguments).expect(1);
    assert_eq!((reasons(&ran), principals(&ran)), (vec!["revoked-key".to_owned()], vec!["lab@example.org".into(); 2]));
    // Trusted for something else is not trusted.
    list(&env, "namespaces=\"git\" ");
    let ran = verify_by_list(&env).expect(1);
    assert_eq!((reasons(&ran), principals(&ran)), (vec!["untrusted-key".to_owned()], vec![serde_json::Value::Null; 2]));
}

#[test]
fn a_local_time_counts_only_where_the_time_zone_is_known() {
    let env = TestEnv::signed();
    let verify = |zone: &str, time: &str| -> Output {
        let mut command = env.program();
        command.env("TZ", zone).args(["verify", "lm", "--allowed-signers", "signers", "--verify-time", time]);
        command.output().unwrap().into()
    };
    // An hour east of Greenwich, the key expired half an hour ago, and in UTC it has half an hour left.
    list(&env, "valid-before=\"20270101\" ");
    const TIME: &str = "2026-12-31T23:30:00Z";
    verify("CET-1", TIME).expect(1);
    verify("UTC", TIME).expect(0);
    verify("", TIME).expect(0);
    for unknown in ["Nowhere/Unknown", "Europe/Berlinn", ":/no/such/file", "Etc/Unknown"] {
        let ran = verify(unknown, TIME).expect(2);
        assert!(ran.err.contains("line 1") && ran.err.contains("is not known") && ran.err.contains("TZ"), "{ran:#?}");
        let ran = verify(unknown, "202612312330").expect(2);
        assert!(ran.err.contains("is not known"), "{ran:#?}");
    }
    list(&env, "valid-before=\"20270101Z\" ");
    for unknown in ["Nowhere/Unknown", "CET-1", "UTC"] {
        verify(unknown, TIME).expect(0);
        verify(unknown, "202612312330Z").expect(0);
    }
    verify("Nowhere/Unknown", "202612312330").expect(2).fails_with("a local time");
    // The user's own list is read in the same way.
    env.write(".config/openness/allowed_signers", format!("a@b valid-before=\"20270101\" {}\n", public_line(&env)));
    let mut command = env.program();
    let ran: Output = command.env("TZ", "Nowhere/Unknown").args(["verify", "lm"]).output().unwrap().into();
    ran.expect(2).fails_with("is not known");
}

#[test]
fn a_line_for_signers_comes_with_what_git_needs() {
    let env = TestEnv::with_key();
    let shown = env.openness(["key", "show", "key.pub", "--form", "allowed-signers"]).expect(0);
    assert_eq!(shown.out.lines().count(), 1, "{shown:#?}");
    assert!(shown.err.contains("namespaces=\"git,openness@v1\""), "{shown:#?}");
    // Both streams together are still a list of signers.
    env.write("signers", shown.text());
    env.openness(["verify", ".", "--allowed-signers", "signers"]).expect(1);
    assert_eq!(env.openness(["key", "show", "key.pub", "--form", "openssh"]).expect(0).err, "");
    let made = env.openness(["key", "generate", "--no-passphrase", "--output", "new"]).expect(0).out;
    assert!(made.contains("namespaces=\"git,openness@v1\""), "{made}");
}
