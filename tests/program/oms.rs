//! Signatures of OpenSSF Model Signing: `sign --oms`, `verify --signature`, and both forms next to each other.

use crate::common::ecdsa;
use crate::common::env::{Output, TestEnv, reasons};

fn sign(env: &TestEnv, more: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["sign", "m", "--oms"]).args(more).output().unwrap().into()
}

fn verify(env: &TestEnv, more: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["verify", "m", "--format", "json"]).args(more).output().unwrap().into()
}

#[test]
fn a_model_without_a_manifest_is_signed_and_verified() {
    let env = ecdsa::model();
    for (key, public) in [("p256", "p256"), ("p256-sec1", "p256"), ("p384", "p384"), ("p521", "p521")] {
        let (key, public) = (format!("ec/{key}.pem"), format!("ec/{public}.pub.pem"));
        let ran = sign(&env, &["--key", &key, "--replace"]).expect(0);
        assert!(ran.out.contains("4 files") && ran.err.contains("nothing is declared"), "{ran:#?}");
        let bundle = env.read("m/model.sig");
        sign(&env, &["--key", &key]).expect(0);
        assert_eq!(env.read("m/model.sig"), bundle, "the same bytes");
        let report = verify(&env, &["--key", &public]).expect(0).json();
        assert_eq!((&report["verdict"], &report["files"]["verified"]), (&"verified".into(), &4.into()));
        assert_eq!(report["statement"], serde_json::Value::Null);
        assert_eq!(report["files"]["excluded"], serde_json::json!([".gitattributes"]));
        let signature = &report["signatures"][0];
        assert_eq!(
            (&signature["kind"], &signature["method"], &signature["status"]),
            (&"oms".into(), &"key".into(), &"good".into())
        );
    }
    let text = env.openness(["verify", "m", "--key", "ec/p521.pub.pem"]).ok();
    assert!(text.contains("trusted  P-521 key ") && text.contains("declares how open the model is"), "{text}");
}

#[test]
fn a_bundle_belongs_to_no_component_and_other_files_of_its_name_do() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem"]).expect(0);
    env.write("m/other.sig", "untrusted comment: not a bundle\n");
    let manifest = "schema = 1\n[model]\nname = \"M\"\nversion = \"1\"\nproducer = \"Lab\"\nlicense = \"MIT\"\n\
                    [component.final-weights]\nopenness = \"open\"\nfiles = [\"weights/*\"]\n";
    env.write("m/OPENNESS.toml", manifest);
    let mut command = env.program();
    let report: Output = command.args(["check", "m", "--format", "json"]).output().unwrap().into();
    let report = report.json();
    let found = report["findings"].as_array().unwrap().iter().find(|found| found["code"] == "OPN303").unwrap();
    let items = found["items"].to_string();
    assert!(items.contains("other.sig") && !items.contains("model.sig"), "{items}");
}

#[test]
fn every_kind_of_key_file_signs_and_others_are_refused() {
    let env = ecdsa::model();
    let mut command = env.program();
    command.args(["sign", "m", "--oms", "--key", "ec/p256-encrypted.pem"]);
    env.write("passphrase", "passphrase\n");
    let ran: Output = command.env("OPENNESS_PASSPHRASE_FILE", env.path("passphrase")).output().unwrap().into();
    ran.expect(0);
    verify(&env, &["--key", "ec/p256.pub.pem"]).expect(0);
    let mut command = env.program();
    let text = env.read_text("ec/p256.pem");
    let ran: Output =
        command.args(["sign", "m", "--oms", "--key-env", "KEY"]).env("KEY", text).output().unwrap().into();
    ran.expect(0);
    for (key, words) in [("key", "format of OpenSSH"), ("ec/p256.pub.pem", "public key"), ("ec/none", "no such file")] {
        let ran = sign(&env, &["--key", key]).expect(2);
        assert!(ran.err.contains(words), "{ran:#?}");
    }
    sign(&env, &[]).fails_with("`--oms` needs an ECDSA key");
    env.openness(["sign", "m", "--key", "ec/p256.pem"]).expect(2);
}

#[test]
fn signatures_of_others_are_not_overwritten() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem"]).expect(0);
    let before = env.read("m/model.sig");
    sign(&env, &["--key", "ec/p384.pem"]).fails_with("by another signer");
    sign(&env, &["--key", "ec/p256.pem", "--signature", "m/config.json"]).fails_with("is not a signature");
    assert_eq!(env.read("m/model.sig"), before);
    // Two signers of the same files, each of which can sign again.
    sign(&env, &["--key", "ec/p384.pem", "--signature", "m/second.sig"]).expect(0);
    sign(&env, &["--key", "ec/p256.pem"]).expect(0);
    for key in ["ec/p256.pub.pem", "ec/p384.pub.pem"] {
        let report = verify(&env, &["--key", key]).expect(0).json();
        assert_eq!(report["signatures"].as_array().unwrap().len(), 2);
    }
    sign(&env, &["--key", "ec/p384.pem", "--replace"]).expect(0);
}

#[test]
fn what_cannot_be_signed_is_named() {
    let env = TestEnv::with_key();
    ecdsa::add_to(&env);
    env.write("m/.gitignore", "x\n");
    sign(&env, &["--key", "ec/p256.pem"]).fails_with("there are no files to sign");
    #[cfg(unix)]
    {
        env.write("m/a", "a");
        std::os::unix::fs::symlink("a", env.path("m/link")).unwrap();
        sign(&env, &["--key", "ec/p256.pem"]).fails_with("`link` is a symbolic link");
    }
    assert!(!env.path("m/model.sig").exists());
}

#[test]
fn every_tampering_fails_with_its_reason() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem", "--signature", "elsewhere.sig"]).expect(0);
    let check = |found: &[&str]| {
        let ran = verify(&env, &["--key", "ec/p256.pub.pem", "--signature", "elsewhere.sig"]);
        assert_eq!(
            (reasons(&ran), ran.status),
            (found.iter().map(ToString::to_string).collect(), i32::from(!found.is_empty()))
        );
    };
    check(&[]);
    env.write("m/config.json", "{ }\n");
    check(&["content-mismatch"]);
    env.write("m/config.json", "{}\r\n");
    check(&["content-mismatch"]);
    env.write("m/config.json", "{}\n");
    env.write("m/weights/evil.py", "import os");
    check(&["unsigned-files"]);
    std::fs::remove_file(env.path("m/weights/evil.py")).unwrap();
    std::fs::rename(env.path("m/config.json"), env.path("m/c.json")).unwrap();
    check(&["unsigned-files", "incomplete"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("c.json", env.path("m/config.json")).unwrap();
        check(&["content-mismatch", "unsigned-files"]);
        std::fs::remove_file(env.path("m/config.json")).unwrap();
    }
    std::fs::rename(env.path("m/c.json"), env.path("m/config.json")).unwrap();
    check(&[]);
    let mut bundle = env.read("elsewhere.sig");
    bundle.truncate(bundle.len() - 3);
    env.write("elsewhere.sig", bundle);
    check(&["bad-signature"]);
    verify(&env, &["--key", "ec/p256.pub.pem", "--signature", "missing.sig"]).expect(2);
}

#[test]
fn both_forms_live_next_to_each_other() {
    let env = TestEnv::signed();
    ecdsa::add_to(&env);
    env.openness(["sign", "lm", "--oms", "--key", "ec/p256.pem"]).expect(0);
    let keys = ["--key", "key.pub", "--key", "ec/p256.pub.pem"];
    let verify = |more: &[&str]| -> Output {
        let mut command = env.program();
        command.args(["verify", "lm", "--format", "json"]).args(more).output().unwrap().into()
    };
    for required in [&[][..], &["--require", "openness,oms"]] {
        let report = verify(&[&keys, required].concat()).expect(0).json();
        assert_eq!(report["files"]["verified"], 5);
        assert_eq!(report["signatures"].as_array().unwrap().iter().filter(|s| s["status"] == "good").count(), 3);
    }
    // Neither counts against a verifier who knows only the other.
    verify(&["--key", "key.pub"]).expect(0);
    let report = verify(&["--key", "ec/p256.pub.pem"]).expect(0).json();
    assert_eq!(report["statement"], serde_json::Value::Null);
    assert_eq!(reasons(&verify(&["--key", "key.pub", "--require", "oms"]).expect(1)), ["policy"]);
    std::fs::remove_file(env.path("lm/model.sig")).unwrap();
    assert_eq!(reasons(&verify(&[&keys[..], &["--require", "openness,oms"]].concat()).expect(1)), ["policy"]);
    assert_eq!(reasons(&verify(&["--key", "ec/p256.pub.pem"]).expect(1)), ["untrusted-key"]);
}

#[test]
fn certificates_are_trusted_by_the_roots_that_the_verifier_names() {
    let env = ecdsa::model();
    let chain =
        ["--certificate", "ec/leaf.pem", "--certificate", "ec/intermediate.pem", "--certificate", "ec/root.pem"];
    sign(&env, &[&["--key", "ec/p256.pem"][..], &chain].concat()).expect(0);
    sign(&env, &["--key", "ec/p384.pem", "--certificate", "ec/leaf.pem"]).fails_with("is of another key");
    let at = ["--verify-time", "2040-01-01"];
    let check = |more: &[&str]| verify(&env, &[&at[..], more].concat());
    for root in ["ec/root.pem", "ec/intermediate.pem", "ec/leaf.pem"] {
        let report = check(&["--root", root]).expect(0).json();
        let signer = report["signatures"][0]["signer"].as_str().unwrap();
        assert!(signer.starts_with("CN=Example Lab (release@example.org, "), "{signer}");
    }
    assert_eq!(reasons(&check(&["--root", "ec/other.pem"]).expect(1)), ["untrusted-key"]);
    assert_eq!(reasons(&check(&[]).expect(1)), ["untrusted-key"]);
    // The key alone is not what was asked for.
    assert_eq!(reasons(&check(&["--key", "ec/p256.pub.pem"]).expect(1)), ["untrusted-key"]);
    for (who, status) in [("release@example.org", 0), ("CN=Example Lab", 0), ("evil@example.org", 1), ("", 1)] {
        check(&["--root", "ec/root.pem", "--identity", who]).expect(status);
    }
    for (pattern, status) in
        [("*@example.org", 0), ("https://example.org/*", 0), ("*@example.com", 1), ("CN=Example", 1)]
    {
        check(&["--root", "ec/root.pem", "--identity-glob", pattern]).expect(status);
    }
    let expired = verify(&env, &["--root", "ec/root.pem", "--verify-time", "2200-01-01"]).expect(1);
    assert_eq!(reasons(&expired), ["expired-key"]);
    let text = env.openness(["verify", "m", "--root", "ec/root.pem", "--verify-time", "2200-01-01"]).text();
    assert!(text.contains("is valid only from"), "{text}");
    check(&["--root", "ec/p256.pem"]).fails_with("is a private key");
    check(&["--root", "ec/p256.pub.pem"]).fails_with("not a certificate");
}

#[test]
fn revoked_keys_and_certificates_are_listed_by_fingerprint() {
    let env = ecdsa::model();
    let signed = sign(&env, &["--key", "ec/p256.pem"]).expect(0);
    let id = signed.out.split("key ").nth(1).unwrap().split(':').next().unwrap();
    env.write("revoked", format!("# stolen\n{}\n", id.to_uppercase()));
    let trusted = ["--key", "ec/p256.pub.pem", "--revoked"];
    assert_eq!(reasons(&verify(&env, &[&trusted[..], &["revoked"]].concat()).expect(1)), ["revoked-key"]);
    env.write("revoked", format!("{}\n", "0".repeat(64)));
    verify(&env, &[&trusted[..], &["revoked"]].concat()).expect(0);
    env.write("revoked", format!("{id}\nnonsense\n"));
    verify(&env, &[&trusted[..], &["revoked"]].concat()).expect(2);
}

#[test]
fn a_policy_says_by_whom_a_model_must_be_signed() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem"]).expect(0);
    let check = |policy: &str| {
        env.write("policy.toml", format!("policy = 1\n{policy}\n"));
        verify(&env, &["--key", "ec/p256.pub.pem", "--policy", "policy.toml"])
    };
    check("[oms.\"m*\"]\nmethods = [\"key\"]").expect(0);
    for policy in [
        "[oms.\"m*\"]\nmethods = [\"certificate\"]",
        "[oms.\"*\"]\n[oms.\"m\"]\nidentities = [\"*\"]",
        "[oms.\"other\"]",
        "[oms.\"m\"]\n[statement]\nrequire-expires = true",
        "[oms]",
        "",
    ] {
        assert_eq!(reasons(&check(policy).expect(1)), ["policy"], "{policy}");
    }
    check("[oms.m]\nroots = [\"AB\"]").expect(2);
    // A release that only a statement signs is not what the policy demands.
    env.write("policy.toml", "policy = 1\n[oms.\"*\"]\n");
    let env = TestEnv::signed();
    env.write("policy.toml", "policy = 1\n[oms.\"*\"]\n");
    let ran = env.openness(["verify", "lm", "--key", "key.pub", "--policy", "policy.toml", "--format", "json"]);
    assert_eq!(reasons(&ran.expect(1)), ["policy"]);
}

#[test]
fn a_single_file_is_a_model_too() {
    let env = ecdsa::model();
    env.openness(["sign", "m/config.json", "--oms", "--key", "ec/p256.pem"]).expect(0);
    let verify = |file: &str| {
        env.openness([
            "verify",
            file,
            "--signature",
            "m/config.json.sig",
            "--key",
            "ec/p256.pub.pem",
            "--format",
            "json",
        ])
    };
    // What is next to it does not count.
    assert_eq!(verify("m/config.json").expect(0).json()["files"]["verified"], 1);
    assert_eq!(reasons(&verify("m").expect(1)), ["unsigned-files"]);
    std::fs::rename(env.path("m/config.json"), env.path("m/other.json")).unwrap();
    // The name is not signed.
    verify("m/other.json").expect(0);
    env.write("m/config.json", "{ }\n");
    assert_eq!(reasons(&verify("m/config.json").expect(1)), ["content-mismatch"]);
    env.openness(["verify", "m/config.json"]).expect(2).fails_with("no signature of it is named");
}

#[cfg(unix)]
#[test]
fn a_command_runs_only_on_a_verified_copy() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem"]).expect(0);
    let run = |command: &[&str]| -> Output {
        let mut program = env.program();
        program.args(["verify", "m", "--key", "ec/p256.pub.pem", "--export", "copy", "--"]).args(command);
        program.output().unwrap().into()
    };
    let ran = run(&["cat", "copy/config.json"]).expect(0);
    assert_eq!(ran.out, "{}\n");
    assert!(ran.err.contains("verified"), "{ran:#?}");
    std::fs::remove_dir_all(env.path("copy")).unwrap();
    run(&["sh", "-c", "exit 7"]).expect(7);
    assert!(env.path("copy/model.sig").exists());
    std::fs::remove_dir_all(env.path("copy")).unwrap();
    run(&["no-such-program"]).fails_with("cannot run `no-such-program`");
    std::fs::remove_dir_all(env.path("copy")).unwrap();
    env.write("m/config.json", "{ }\n");
    let ran = run(&["touch", "ran"]).expect(1);
    assert!(!env.path("ran").exists() && !env.path("copy").exists(), "{ran:#?}");
    env.openness(["verify", "m", "--key", "ec/p256.pub.pem", "--", "true"]).fails_with("--export");
}

#[test]
fn ecdsa_keys_of_allowed_signers_are_trusted_by_their_principals() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p384.pem"]).expect(0);
    let bare = |more: &[&str]| -> Output {
        let mut command = env.program();
        command.args(["verify", "m", "--format", "json"]).args(more).output().unwrap().into()
    };
    bare(&[]).expect(1);
    let added = env.openness(["key", "trust", "add", "release@example.org", "ec/p384.pub.pem"]).expect(0);
    let fingerprint = added.out.split_whitespace().find(|word| word.starts_with("SHA256:")).unwrap().to_owned();
    let report = bare(&[]).expect(0).json();
    let signer = report["signatures"][0]["signer"].as_str().unwrap();
    assert!(signer.starts_with("release@example.org, P-384 key "), "{signer}");
    bare(&["--identity", "release@example.org"]).expect(0);
    bare(&["--identity", "other@example.org"]).expect(1);
    // `ssh-keygen` names the key by the same fingerprint, and its line can be listed in a file.
    let list = env.openness(["key", "trust", "list"]).expect(0).out;
    assert!(list.contains(&fingerprint), "{list}");
    let line = openness::sign::EcdsaPublicKey::parse(&env.read_text("ec/p384.pub.pem")).unwrap().to_openssh();
    env.write("allowed", format!("a@b valid-before=\"20200101Z\" {line}\n"));
    bare(&["--allowed-signers", "allowed"]).expect(1);
    env.write("allowed", format!("a@b namespaces=\"git\" {line}\n"));
    bare(&["--allowed-signers", "allowed"]).expect(1);
    env.write("allowed", format!("a@b {line}\n"));
    bare(&["--allowed-signers", "allowed"]).expect(0);
    // A list of revoked keys in OpenSSH's format overrides it.
    env.write("revoked", format!("{line}\n"));
    let ran = bare(&["--allowed-signers", "allowed", "--revoked", "revoked"]).expect(1);
    assert_eq!(reasons(&ran), ["revoked-key"]);
    env.openness(["key", "trust", "remove", &fingerprint]).expect(0);
    bare(&[]).expect(1);
}

#[test]
fn ignored_paths_are_left_out_and_listed() {
    let env = ecdsa::model();
    env.write("m/logs/run.txt", "1\n");
    sign(&env, &["--key", "ec/p256.pem", "--ignore", "logs"]).expect(0);
    let report = verify(&env, &["--key", "ec/p256.pub.pem"]).expect(0).json();
    assert_eq!(report["files"]["excluded"], serde_json::json!([".gitattributes", "logs/run.txt"]));
    env.write("m/logs/run.txt", "2\n");
    verify(&env, &["--key", "ec/p256.pub.pem"]).expect(0);
    // What would run when it is loaded is never left out unnoticed.
    env.write("m/logs/run.py", "import os\n");
    assert_eq!(reasons(&verify(&env, &["--key", "ec/p256.pub.pem"]).expect(1)), ["unsigned-files"]);
    for (path, words) in [("log", "no such file"), ("../m", "--ignore ../m"), (".", "--ignore .")] {
        sign(&env, &["--key", "ec/p256.pem", "--ignore", path]).fails_with(words);
    }
}
