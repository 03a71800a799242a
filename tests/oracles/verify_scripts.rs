//! Shell scripts over ssh-keygen, sha256sum, openssl and the standard library of Python verify what `sign` makes, and
//! find every later change.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::env::TestEnv;
use crate::common::examples::{copy, example};
use crate::common::tools::{has, skipped};

const WHO: &str = "release@example.org";

/// A signed copy of the tiny model, its keys, and trust in them.
struct SignedTiny(TestEnv);

impl SignedTiny {
    fn new() -> Self {
        let tiny = Self(TestEnv::new());
        copy(&example("tiny-lm"), &tiny.path("lm"));
        tiny.key("key");
        tiny.sign("key");
        tiny
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// Makes a key pair, and files that trust it: `NAME.signers`, `NAME.pem`.
    fn key(&self, name: &str) {
        self.0.openness(["key", "generate", "--no-passphrase", "--output", name]).expect(0);
        let public = format!("{name}.pub");
        let line = self.0.read_text(&public);
        let words: Vec<&str> = line.split_whitespace().take(2).collect();
        let signers = format!("{WHO} namespaces=\"openness@v1\" {}\n", words.join(" "));
        self.0.write(&format!("{name}.signers"), signers);
        let pem = self.0.openness(["key", "show", &public, "--form", "pem"]).expect(0).out;
        self.0.write(&format!("{name}.pem"), pem);
    }

    fn sign(&self, key: &str) {
        self.0.openness(["sign", "lm", "--key", key, "--created", "2026-11-23T00:00:00Z"]).expect(0);
    }

    /// Runs a script; its status, and the steps that failed.
    fn script(&self, script: &str, arguments: &[&Path], more: &[&str]) -> (i32, Vec<String>) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/verify_scripts").join(script);
        let output = self.0.command("sh").arg(script).args(arguments).args(more).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let failed = text.lines().filter_map(|line| line.strip_prefix("FAILED  ")).map(str::to_owned).collect();
        (output.status.code().unwrap(), failed)
    }

    fn verify(&self, signers: &str) -> (i32, Vec<String>) {
        self.script("verify.sh", &[&self.path("lm"), &self.path(signers)], &[WHO])
    }

    /// Both envelopes, by the one script.
    fn verify_both(&self, key: &str) -> (i32, Vec<String>) {
        let [release, signers, pem] = ["lm", &format!("{key}.signers"), &format!("{key}.pem")].map(|at| self.path(at));
        self.script("verify.sh", &[&release, &signers], &[WHO, pem.to_str().unwrap()])
    }

    /// Has `ssh-keygen` sign the statement as it is by now, so that only what it says is wrong.
    fn sign_again(&self) {
        let statement = self.path("lm/.openness/statement.json");
        let made = self
            .0
            .command("ssh-keygen")
            .args(["-q", "-Y", "sign", "-n", "openness@v1", "-f"])
            .args([self.path("key"), statement.clone()])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        fs::rename(statement.with_extension("json.sig"), self.only_signature(".sshsig")).unwrap();
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

/// A tiny, where the tools of `verify.sh` are here.
fn tiny() -> Option<SignedTiny> {
    ["ssh-keygen", "sha256sum", "python3"].into_iter().all(has).then(SignedTiny::new)
}

/// A tiny, where the tools of `verify_dsse.sh` are here.
fn dsse_tiny() -> Option<SignedTiny> {
    if !["openssl", "sha256sum", "python3"].into_iter().all(has) {
        return None;
    }
    // Version 1 cannot verify a pure Ed25519 signature of a file, nor can LibreSSL.
    let version = TestEnv::new().command("openssl").arg("version").output().unwrap().stdout;
    if !version.starts_with(b"OpenSSL 3") && !version.starts_with(b"OpenSSL 4") {
        skipped("OpenSSL 3");
        return None;
    }
    Some(SignedTiny::new())
}

fn failed(steps: &[&str]) -> (i32, Vec<String>) {
    (1, steps.iter().map(|step| (*step).to_owned()).collect())
}

const SIGNED: &str = "release@example.org signed the statement";
const DIGESTS: &str = "every file has the digest in SHA256SUMS";

#[test]
fn a_signed_release_verifies_without_this_program() {
    let Some(tiny) = tiny() else { return };
    assert_eq!(tiny.verify("key.signers"), (0, vec![]));
}

#[test]
fn a_second_signature_does_not_spoil_the_first() {
    let Some(tiny) = tiny() else { return };
    tiny.key("second");
    tiny.sign("second");
    assert_eq!(tiny.verify("key.signers"), (0, vec![]));
    assert_eq!(tiny.verify("second.signers"), (0, vec![]));
}

#[test]
fn a_changed_byte_is_found() {
    let Some(tiny) = tiny() else { return };
    let weights = tiny.path("lm/model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&weights, bytes).unwrap();
    assert_eq!(tiny.verify("key.signers"), failed(&[DIGESTS]));
}

#[test]
fn a_changed_byte_is_found_with_changed_sums() {
    let Some(tiny) = tiny() else { return };
    let sum = |tiny: &SignedTiny| {
        let output = tiny.0.command("sha256sum").arg(tiny.path("lm/samples.txt")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()[..64].to_owned()
    };
    let before = sum(&tiny);
    tiny.edit("samples.txt", "the", "The");
    tiny.edit(".openness/SHA256SUMS", &before, &sum(&tiny));
    assert_eq!(tiny.verify("key.signers"), failed(&["SHA256SUMS and the statement say the same: samples.txt"]));
    tiny.edit(".openness/statement.json", &before, &sum(&tiny));
    assert_eq!(tiny.verify("key.signers"), failed(&[SIGNED]));
}

#[test]
fn a_missing_file_is_found() {
    let Some(tiny) = tiny() else { return };
    fs::remove_file(tiny.path("lm/DATA_CARD.md")).unwrap();
    let size = "every file has the size that is signed: DATA_CARD.md";
    assert_eq!(tiny.verify("key.signers"), failed(&[size, DIGESTS]));
}

#[test]
fn an_unsigned_file_is_found_anywhere() {
    let Some(tiny) = tiny() else { return };
    for path in ["extra.py", "code/tokenizer.py", "data/.git"] {
        fs::write(tiny.path("lm").join(path), "").unwrap();
        assert_eq!(tiny.verify("key.signers"), failed(&[&format!("no file is here that is not signed: {path}")]));
        fs::remove_file(tiny.path("lm").join(path)).unwrap();
    }
    fs::create_dir(tiny.path("lm/.git")).unwrap();
    fs::write(tiny.path("lm/.git/config"), "").unwrap();
    assert_eq!(tiny.verify("key.signers"), (0, vec![]));
}

#[test]
fn a_symlink_to_the_same_bytes_is_found() {
    let Some(tiny) = tiny() else { return };
    let (file, aside) = (tiny.path("lm/LICENSE"), tiny.path("LICENSE"));
    fs::rename(&file, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &file).unwrap();
    let size = "every file has the size that is signed: LICENSE";
    assert_eq!(tiny.verify("key.signers"), failed(&[size, "links lead where they did: LICENSE"]));
}

#[test]
fn another_key_is_not_trusted() {
    let Some(tiny) = tiny() else { return };
    tiny.key("other");
    assert_eq!(tiny.verify("other.signers"), failed(&[SIGNED]));
    let wrong =
        format!("nobody@example.org{}", fs::read_to_string(tiny.path("key.signers")).unwrap().trim_start_matches(WHO));
    fs::write(tiny.path("wrong.signers"), wrong).unwrap();
    assert_eq!(tiny.verify("wrong.signers"), failed(&[SIGNED]));
}

#[test]
fn a_signature_for_another_namespace_is_bad() {
    let Some(tiny) = tiny() else { return };
    let signature = tiny.only_signature(".sshsig");
    let statement = tiny.path("lm/.openness/statement.json");
    let made = tiny
        .0
        .command("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", "file", "-f"])
        .args([tiny.path("key"), statement.clone()])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::rename(statement.with_extension("json.sig"), signature).unwrap();
    assert_eq!(tiny.verify("key.signers"), failed(&[SIGNED]));
}

#[test]
fn an_unsigned_release_does_not_verify() {
    let Some(tiny) = tiny() else { return };
    fs::remove_dir_all(tiny.path("lm/.openness")).unwrap();
    assert_eq!(tiny.verify("key.signers").0, 1);
    assert_eq!(tiny.verify("nowhere").0, 2);
}

#[test]
fn the_bundle_verifies_by_openssl() {
    let Some(tiny) = dsse_tiny() else { return };
    assert_eq!(tiny.verify_dsse("key.pem"), (0, vec![]));
    tiny.key("other");
    assert_eq!(tiny.verify_dsse("other.pem"), failed(&["there is a bundle of the key"]));
}

#[test]
fn a_bundle_of_another_statement_is_bad() {
    let Some(tiny) = dsse_tiny() else { return };
    let holds = "the bundle holds the statement, and names the key";
    tiny.edit(".openness/statement.json", "Tiny LM", "Tiny lm");
    assert_eq!(tiny.verify_dsse("key.pem"), failed(&[holds]));
    tiny.edit(".openness/statement.json", "Tiny lm", "Tiny LM");

    let bundle = tiny.only_signature(".sigstore.json");
    let whole = fs::read_to_string(&bundle).unwrap();
    let at = whole.find("\"sig\":\"").unwrap() + "\"sig\":\"".len();
    let other = if whole[at..].starts_with('A') { "B" } else { "A" };
    fs::write(&bundle, format!("{}{other}{}", &whole[..at], &whole[at + 1..])).unwrap();
    assert_eq!(tiny.verify_dsse("key.pem"), failed(&["the key signed it"]));
    fs::write(&bundle, whole.replace("vnd.in-toto+json", "vnd.other+json")).unwrap();
    assert_eq!(tiny.verify_dsse("key.pem"), failed(&[holds]));
}

/// The release as it stands in the repository, with the key that is published beside it, and neither written nor signed here.
#[test]
fn the_example_release_verifies_without_this_program() {
    if dsse_tiny().is_none() || tiny().is_none() {
        return;
    }
    let env = TestEnv::new();
    let pem = env.path("key.pem");
    // The PEM is made of the published line: the prefix of RFC 8410, and the last 32 bytes of it.
    let public = fs::read_to_string(example("keys/example_key.pub")).unwrap();
    let program = "import base64, sys
raw = base64.b64decode(sys.argv[1].split()[1])[-32:]
der = bytes.fromhex('302a300506032b6570032100') + raw
print('-----BEGIN PUBLIC KEY-----\\n%s\\n-----END PUBLIC KEY-----' % base64.b64encode(der).decode())";
    let made = env.command("python3").args(["-I", "-c", program, &public]).output().unwrap();
    fs::write(&pem, made.stdout).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/verify_scripts/verify.sh");
    let output = env
        .command("sh")
        .arg(script)
        .args([example("tiny-lm"), example("keys/allowed_signers")])
        .args([Path::new("example@openness.invalid"), &pem])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    // Who, what it is, which files both ways, and both envelopes.
    assert_eq!(text.lines().filter(|line| line.starts_with("ok ")).count(), 18, "{text}");
}

#[test]
fn one_script_checks_both_envelopes() {
    let Some(tiny) = dsse_tiny() else { return };
    assert_eq!(tiny.verify_both("key"), (0, vec![]));
    // The bundle of somebody else, whom the list of signers does not know.
    tiny.key("other");
    fs::copy(tiny.path("other.pem"), tiny.path("key.pem")).unwrap();
    let strange = ["the key of the bundle is one of the signers", "there is a bundle of the key"];
    assert_eq!(tiny.verify_both("key"), failed(&strange));
}

/// A trusted key signed them, so only what they say can be found wrong.
#[test]
fn false_statements_are_found_despite_good_signatures() {
    const INSIDE: &str = "every name stays inside";
    const SAME: &str = "SHA256SUMS and the statement say the same";
    let Some(tiny) = tiny() else { return };
    let whole = fs::read_to_string(tiny.path("lm/.openness/statement.json")).unwrap();
    let sums = fs::read_to_string(tiny.path("lm/.openness/SHA256SUMS")).unwrap();
    // With the same word put into the sums, where that is wanted.
    for (what, from, to, in_sums, expected) in [
        ("a name that leads out", "\"name\":\"LICENSE\"", "\"name\":\"../LICENSE\"", true, vec![INSIDE]),
        ("a name from the root", "\"name\":\"LICENSE\"", "\"name\":\"/etc/passwd\"", false, vec![INSIDE, SAME]),
        ("a backslash", "\"name\":\"LICENSE\"", "\"name\":\"LICENSE\\\\x\"", false, vec![INSIDE]),
        (
            "a size",
            "\"annotations\":{\"size\":",
            "\"annotations\":{\"size\":1",
            false,
            vec!["every file has the size", "files and bytes are counted right"],
        ),
        (
            "a count",
            "\"coverage\":{\"bytes\":",
            "\"coverage\":{\"bytes\":1",
            false,
            vec!["files and bytes are counted right"],
        ),
        ("a blank", "{\"_type\":", "{ \"_type\":", false, vec!["the statement is in canonical JSON"]),
        ("an escape", "Tiny LM", "Tiny \\u004cM", false, vec!["the statement is in canonical JSON"]),
        (
            "a key twice",
            "{\"_type\":",
            "{\"_type\":1,\"_type\":",
            false,
            vec!["the statement and the sums can be read"],
        ),
        (
            "another type",
            "in-toto.io/Statement/v1",
            "in-toto.io/Statement/v2",
            false,
            vec!["the statement is one of openness"],
        ),
        (
            "another predicate",
            "openness/statement/v1",
            "openness/statement/v2",
            false,
            vec!["the statement is one of openness"],
        ),
        (
            "another manifest",
            "\"path\":\"OPENNESS.toml\"",
            "\"path\":\"README.md\"",
            false,
            vec!["the manifest is the one"],
        ),
        (
            "a last day",
            "\"findings\":",
            "\"expires\":\"2001-01-01\",\"findings\":",
            false,
            vec!["the statement is current"],
        ),
        ("a link", "\"links\":{}", "\"links\":{\"x\":\"y\"}", false, vec!["links lead where they did"]),
    ] {
        assert!(whole.contains(from), "{what}");
        fs::write(tiny.path("lm/.openness/statement.json"), whole.replacen(from, to, 1)).unwrap();
        let changed = if in_sums { sums.replace("  LICENSE\n", "  ../LICENSE\n") } else { sums.clone() };
        fs::write(tiny.path("lm/.openness/SHA256SUMS"), changed).unwrap();
        tiny.sign_again();
        let (status, steps) = tiny.verify("key.signers");
        assert_eq!(status, 1, "{what}: {steps:?}");
        assert!(!steps.iter().any(|step| step == SIGNED), "{what}: {steps:?}");
        for expected in expected {
            assert!(steps.iter().any(|step| step.starts_with(expected)), "{what}: no `{expected}` in {steps:?}");
        }
    }
}
