//! Releases that this program signs, verified by `ssh-keygen`, `sha256sum` and `openssl`.

use std::fs;
use std::process::Stdio;

use base64ct::{Base64, Encoding as _};

use crate::common::env::{Output, TestEnv};
use crate::common::tools::has;

fn allowed_signers(env: &TestEnv) -> String {
    let key = fs::read_to_string(env.path("key.pub")).unwrap();
    let words: Vec<&str> = key.split_whitespace().take(2).collect();
    format!("release@example.org namespaces=\"openness@v1\" {}\n", words.join(" "))
}

fn ssh_keygen_verify(env: &TestEnv, who: &str, namespace: &str) -> Output {
    let signature = env.signature("lm", ".sshsig");
    let statement = fs::File::open(env.path("lm/.openness/statement.json")).unwrap();
    let mut command = env.command("ssh-keygen");
    command.args(["-Y", "verify", "-f", "allowed", "-I", who, "-n", namespace, "-s"]).arg(signature);
    command.stdin(Stdio::from(statement)).output().unwrap().into()
}

#[test]
fn ssh_keygen_and_sha256sum_verify_a_release() {
    if !has("ssh-keygen") || !has("sha256sum") {
        return;
    }
    let env = TestEnv::signed();
    env.write("allowed", allowed_signers(&env));
    ssh_keygen_verify(&env, "release@example.org", "openness@v1").expect(0);
    assert_ne!(ssh_keygen_verify(&env, "somebody@example.org", "openness@v1").status, 0);
    assert_ne!(ssh_keygen_verify(&env, "release@example.org", "git").status, 0);
    let check = || -> Output {
        let mut command = env.command("sha256sum");
        command.current_dir(env.path("lm")).args(["--strict", "-c", ".openness/SHA256SUMS"]).output().unwrap().into()
    };
    assert_eq!(check().expect(0).out.lines().count(), 5);
    env.write("lm/README.md", "# Tony\n");
    check().expect(1);
}

#[test]
fn hash_prints_the_digests_of_sha256sum() {
    if !has("sha256sum") {
        return;
    }
    let env = TestEnv::release();
    let ours = env.openness(["hash", "lm"]).expect(0).out;
    let mut command = env.command("sha256sum");
    command.current_dir(env.path("lm")).args(["README.md", "weights/a.safetensors", "weights/b.safetensors"]);
    let theirs: Output = command.output().unwrap().into();
    assert_eq!(ours, theirs.out);
}

#[test]
fn openssl_verifies_the_pre_authentication_encoding() {
    if !has("openssl") {
        return;
    }
    let env = TestEnv::signed();
    let bundle = fs::read(env.signature("lm", ".sigstore.json")).unwrap();
    let bundle: serde_json::Value = serde_json::from_slice(&bundle).unwrap();
    let envelope = &bundle["dsseEnvelope"];
    let payload = Base64::decode_vec(envelope["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload, env.read("lm/.openness/statement.json"));
    let kind = envelope["payloadType"].as_str().unwrap();
    let mut pae = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    pae.extend(&payload);
    let signature = Base64::decode_vec(envelope["signatures"][0]["sig"].as_str().unwrap()).unwrap();
    let pem = env.openness(["key", "show", "key.pub", "--form", "pem"]).expect(0).out;
    env.write("pae", &pae);
    env.write("sig", &signature);
    env.write("key.pem", pem);
    let verify = || -> Output {
        let mut command = env.command("openssl");
        command.args(["pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "pae", "-sigfile", "sig"]);
        command.output().unwrap().into()
    };
    verify().expect(0);
    pae[40] ^= 1;
    env.write("pae", pae);
    assert_ne!(verify().status, 0);
}

#[test]
fn an_encrypted_key_of_ssh_keygen_signs() {
    if !has("ssh-keygen") {
        return;
    }
    let env = TestEnv::release();
    let mut command = env.command("ssh-keygen");
    let made =
        command.args(["-q", "-t", "ed25519", "-N", "correct horse", "-a", "4", "-f", "locked"]).output().unwrap();
    assert!(made.status.success());
    let sign = |passphrase: &str| -> Output {
        env.write("passphrase", format!("{passphrase}\n"));
        let mut command = env.program();
        command.env("OPENNESS_PASSPHRASE_FILE", "passphrase").args(["sign", "lm", "--key", "locked"]);
        command.output().unwrap().into()
    };
    let wrong = sign("battery staple").expect(2);
    assert!(wrong.err.contains("passphrase") && !env.path("lm/.openness").exists(), "{wrong:#?}");
    sign("correct horse").expect(0);
    env.openness(["verify", "lm", "--key", "locked.pub"]).expect(0);
    // Nobody to ask.
    let ran = env.openness(["sign", "lm", "--key", "locked"]).expect(2);
    assert!(ran.err.contains("passphrase"), "{ran:#?}");
}

#[test]
fn an_identity_must_be_a_principal_of_the_key() {
    let env = TestEnv::signed();
    env.write("allowed", allowed_signers(&env));
    let verify = |who: &str, time: &str| {
        let time = ["--verify-time", time];
        let arguments =
            ["verify", "lm", "--allowed-signers", "allowed", "--identity", who, time[0], time[1], "--format", "json"];
        env.openness(arguments)
    };
    let now = "2026-11-23T00:00:00Z";
    assert_eq!(
        verify("release@example.org", now).expect(0).json()["signatures"][0]["principal"],
        "release@example.org"
    );
    verify("other@example.org", now).expect(1);
    let line = allowed_signers(&env).replace("namespaces", "valid-before=\"20261001Z\",namespaces");
    env.write("allowed", line);
    let ran = verify("release@example.org", now).expect(1);
    assert_eq!(ran.json()["reasons"], serde_json::json!(["expired-key"]));
    verify("release@example.org", "2026-09-30T00:00:00Z").expect(0);
}
