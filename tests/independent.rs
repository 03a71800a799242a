//! What `sign` makes is verified without this program: by two shell scripts over ssh-keygen, sha256sum, openssl and the
//! standard library of Python. Whatever is changed afterwards, they find it too.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::examples::{copy, example, openness};
use common::tools::{has, skipped};

const WHO: &str = "release@example.org";

/// A signed copy of the tiny model, its keys, and trust in them.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        copy(&example("tiny-lm"), &desk.path("lm"));
        desk.key("key");
        desk.sign("key");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a key pair, and files that trust it: `NAME.signers`, `NAME.pem`.
    fn key(&self, name: &str) {
        let path = self.path(name);
        let made = openness(["key", "generate", "--no-passphrase", "--output", path.to_str().unwrap()]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let public = self.path(&format!("{name}.pub"));
        let line = fs::read_to_string(&public).unwrap();
        let words: Vec<&str> = line.split_whitespace().take(2).collect();
        let signers = format!("{WHO} namespaces=\"openness@v1\" {}\n", words.join(" "));
        fs::write(self.path(&format!("{name}.signers")), signers).unwrap();
        let pem = openness(["key", "show", public.to_str().unwrap(), "--form", "pem"]);
        fs::write(self.path(&format!("{name}.pem")), pem.stdout).unwrap();
    }

    fn sign(&self, key: &str) {
        let (release, key) = (self.path("lm"), self.path(key));
        let signed = openness([
            "sign",
            release.to_str().unwrap(),
            "--key",
            key.to_str().unwrap(),
            "--created",
            "2026-11-23T00:00:00Z",
        ]);
        assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    }

    /// Runs a script; its status, and the steps that failed.
    fn script(&self, script: &str, arguments: &[&Path], more: &[&str]) -> (i32, Vec<String>) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent").join(script);
        let output =
            Command::new("sh").arg(script).args(arguments).args(more).env_remove("SSH_AUTH_SOCK").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let failed = text.lines().filter_map(|line| line.strip_prefix("FAILED  ")).map(str::to_owned).collect();
        (output.status.code().unwrap(), failed)
    }

    fn verify(&self, signers: &str) -> (i32, Vec<String>) {
        self.script("verify.sh", &[&self.path("lm"), &self.path(signers)], &[WHO])
    }

    fn verify_dsse(&self, key: &str) -> (i32, Vec<String>) {
        self.script("verify_dsse.sh", &[&self.path("lm"), &self.path(key)], &[])
    }

    /// Replaces the first of some bytes in a file of the release.
    fn edit(&self, path: &str, from: &str, to: &str) {
        let path = self.path("lm").join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    fn only_signature(&self, suffix: &str) -> PathBuf {
        let signatures = fs::read_dir(self.path("lm/.openness/signatures")).unwrap();
        let mut found =
            signatures.map(|entry| entry.unwrap().path()).filter(|path| path.to_str().unwrap().ends_with(suffix));
        let only = found.next().unwrap();
        assert!(found.next().is_none());
        only
    }
}

/// A desk, where the tools of `verify.sh` are here.
fn desk() -> Option<Desk> {
    ["ssh-keygen", "sha256sum", "python3"].into_iter().all(has).then(Desk::new)
}

/// A desk, where the tools of `verify_dsse.sh` are here.
fn dsse_desk() -> Option<Desk> {
    if !["openssl", "sha256sum", "python3"].into_iter().all(has) {
        return None;
    }
    // Version 1 cannot verify a pure Ed25519 signature of a file, nor can LibreSSL.
    let version = Command::new("openssl").arg("version").output().unwrap().stdout;
    if !version.starts_with(b"OpenSSL 3") && !version.starts_with(b"OpenSSL 4") {
        skipped("OpenSSL 3");
        return None;
    }
    Some(Desk::new())
}

fn failed(steps: &[&str]) -> (i32, Vec<String>) {
    (1, steps.iter().map(|step| (*step).to_owned()).collect())
}

const SIGNED: &str = "release@example.org signed the statement";
const DIGESTS: &str = "every file has the digest in SHA256SUMS";

#[test]
fn a_signed_release_verifies_without_this_program() {
    let Some(desk) = desk() else { return };
    assert_eq!(desk.verify("key.signers"), (0, vec![]));
}

#[test]
fn a_second_signature_does_not_spoil_the_first() {
    let Some(desk) = desk() else { return };
    desk.key("second");
    desk.sign("second");
    assert_eq!(desk.verify("key.signers"), (0, vec![]));
    assert_eq!(desk.verify("second.signers"), (0, vec![]));
}

#[test]
fn a_changed_byte_is_found() {
    let Some(desk) = desk() else { return };
    let weights = desk.path("lm/model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&weights, bytes).unwrap();
    assert_eq!(desk.verify("key.signers"), failed(&[DIGESTS]));
}

#[test]
fn a_changed_byte_is_found_though_the_sums_were_changed_too() {
    let Some(desk) = desk() else { return };
    let sum = |desk: &Desk| {
        let output = Command::new("sha256sum").arg(desk.path("lm/samples.txt")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()[..64].to_owned()
    };
    let before = sum(&desk);
    desk.edit("samples.txt", "the", "The");
    desk.edit(".openness/SHA256SUMS", &before, &sum(&desk));
    assert_eq!(desk.verify("key.signers"), failed(&["SHA256SUMS and the statement say the same: samples.txt"]));
    desk.edit(".openness/statement.json", &before, &sum(&desk));
    assert_eq!(desk.verify("key.signers"), failed(&[SIGNED]));
}

#[test]
fn a_missing_file_is_found() {
    let Some(desk) = desk() else { return };
    fs::remove_file(desk.path("lm/DATA_CARD.md")).unwrap();
    assert_eq!(desk.verify("key.signers"), failed(&[DIGESTS]));
}

#[test]
fn a_file_that_is_not_signed_is_found_wherever_it_lies() {
    let Some(desk) = desk() else { return };
    for path in ["extra.py", "code/tokenizer.py", "data/.git"] {
        fs::write(desk.path("lm").join(path), "").unwrap();
        assert_eq!(desk.verify("key.signers"), failed(&[&format!("no file is here that is not signed: {path}")]));
        fs::remove_file(desk.path("lm").join(path)).unwrap();
    }
    fs::create_dir(desk.path("lm/.git")).unwrap();
    fs::write(desk.path("lm/.git/config"), "").unwrap();
    assert_eq!(desk.verify("key.signers"), (0, vec![]));
}

#[test]
fn a_link_in_place_of_a_file_is_found_though_it_leads_to_the_same_bytes() {
    let Some(desk) = desk() else { return };
    let (file, aside) = (desk.path("lm/LICENSE"), desk.path("LICENSE"));
    fs::rename(&file, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &file).unwrap();
    assert_eq!(desk.verify("key.signers"), failed(&["links lead where they did: LICENSE"]));
}

#[test]
fn another_key_is_not_trusted() {
    let Some(desk) = desk() else { return };
    desk.key("other");
    assert_eq!(desk.verify("other.signers"), failed(&[SIGNED]));
    let wrong =
        format!("nobody@example.org{}", fs::read_to_string(desk.path("key.signers")).unwrap().trim_start_matches(WHO));
    fs::write(desk.path("wrong.signers"), wrong).unwrap();
    assert_eq!(desk.verify("wrong.signers"), failed(&[SIGNED]));
}

#[test]
fn a_signature_for_another_namespace_is_bad() {
    let Some(desk) = desk() else { return };
    let signature = desk.only_signature(".sshsig");
    let statement = desk.path("lm/.openness/statement.json");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", "file", "-f"])
        .args([desk.path("key"), statement.clone()])
        .env_remove("SSH_AUTH_SOCK")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::rename(statement.with_extension("json.sig"), signature).unwrap();
    assert_eq!(desk.verify("key.signers"), failed(&[SIGNED]));
}

#[test]
fn what_is_not_signed_does_not_verify() {
    let Some(desk) = desk() else { return };
    fs::remove_dir_all(desk.path("lm/.openness")).unwrap();
    assert_eq!(desk.verify("key.signers").0, 1);
    assert_eq!(desk.verify("nowhere").0, 2);
}

#[test]
fn the_bundle_verifies_by_openssl() {
    let Some(desk) = dsse_desk() else { return };
    assert_eq!(desk.verify_dsse("key.pem"), (0, vec![]));
    desk.key("other");
    assert_eq!(desk.verify_dsse("other.pem"), failed(&["there is a bundle of the key"]));
}

#[test]
fn a_bundle_of_another_statement_or_with_another_signature_is_bad() {
    let Some(desk) = dsse_desk() else { return };
    let holds = "the bundle holds the statement, and names the key";
    desk.edit(".openness/statement.json", "Tiny LM", "Tiny lm");
    assert_eq!(desk.verify_dsse("key.pem"), failed(&[holds]));
    desk.edit(".openness/statement.json", "Tiny lm", "Tiny LM");

    let bundle = desk.only_signature(".sigstore.json");
    let whole = fs::read_to_string(&bundle).unwrap();
    let at = whole.find("\"sig\":\"").unwrap() + "\"sig\":\"".len();
    let other = if whole[at..].starts_with('A') { "B" } else { "A" };
    fs::write(&bundle, format!("{}{other}{}", &whole[..at], &whole[at + 1..])).unwrap();
    assert_eq!(desk.verify_dsse("key.pem"), failed(&["the key signed it"]));
    fs::write(&bundle, whole.replace("vnd.in-toto+json", "vnd.other+json")).unwrap();
    assert_eq!(desk.verify_dsse("key.pem"), failed(&[holds]));
}
