//! Signatures, trust and key files held against OpenSSH and OpenSSL, which know nothing of us.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use openness::sign::{
    Envelope, NAMESPACE, Opened, PublicKey, Revocations, SecretKey, Status, Trust, dsse, keyfile, sshsig,
};
use openness::source::Source;
use zeroize::Zeroizing;

/// Not `eprintln!`, whose output a passing test swallows.
fn skipped(needs: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: needs {needs}");
}

fn has(program: &str, argument: &str) -> bool {
    let found = Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        skipped(program);
    }
    found
}

fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("OPENNESS_SHARED_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        skipped(&format!("shared data at {}", path.display()));
        return None;
    }
    Some(path)
}

/// A folder with keys of its own, in which `ssh-keygen` runs.
struct Desk(tempfile::TempDir);

impl Desk {
    /// `None` where there is no `ssh-keygen`.
    fn new() -> Option<Self> {
        has("ssh-keygen", "-?").then(|| Self(tempfile::tempdir().unwrap()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `ssh-keygen` with the arguments of a line, which have no blanks, and tells whether it succeeded.
    fn keygen(&self, arguments: &str, input: &[u8]) -> (bool, String) {
        let mut child = Command::new("ssh-keygen")
            .args(arguments.split(' ').map(|argument| if argument == "''" { "" } else { argument }))
            .current_dir(self.0.path())
            .env_remove("SSH_AUTH_SOCK")
            .env("SSH_ASKPASS_REQUIRE", "never")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may have refused its arguments and gone.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    fn must(&self, arguments: &str) -> String {
        let (succeeded, text) = self.keygen(arguments, b"");
        assert!(succeeded, "ssh-keygen {arguments}: {text}");
        text
    }

    fn new_key(&self, name: &str) {
        self.must(&format!("-q -t ed25519 -N '' -C {name}@example.org -f {name}"));
    }

    fn secret(&self, name: &str) -> SecretKey {
        keyfile::read(&self.path(name), &mut |_| None).unwrap()
    }

    /// The type and the key of `NAME.pub`.
    fn public(&self, name: &str) -> String {
        self.read(&format!("{name}.pub")).splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// Has `ssh-keygen` sign; `-f NAME` may be a certificate.
    fn signature(&self, name: &str, message: &[u8]) -> String {
        self.write("signed", message);
        let _ = std::fs::remove_file(self.path("signed.sig"));
        self.must(&format!("-q -Y sign -f {name} -n {NAMESPACE} signed"));
        self.read("signed.sig")
    }
}

const MESSAGE: &[u8] = b"{\"_type\":\"https://in-toto.io/Statement/v1\"}";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-01-01T00:00:00Z")
}

fn allowed(text: &str) -> Trust {
    Trust::of_allowed_signers(&Source::new("allowed_signers", text)).unwrap()
}

fn open(signature: &str, trust: &Trust, time: Timestamp) -> Opened {
    Envelope::read_sshsig(signature.as_bytes(), MESSAGE).unwrap().open(trust, time)
}

#[test]
fn what_we_sign_is_what_ssh_keygen_signs_byte_for_byte() {
    let Some(desk) = Desk::new() else { return };
    desk.new_key("id");
    for message in [MESSAGE, b"", b"\r\n", &[0xff; 10_000]] {
        assert_eq!(sshsig::seal(message, &desk.secret("id")).unwrap(), desk.signature("id", message));
    }
    desk.write("signature", sshsig::seal(MESSAGE, &desk.secret("id")).unwrap());
    desk.write("allowed", format!("me {}\n", desk.public("id")));
    let verify = format!("-Y verify -f allowed -I me -n {NAMESPACE} -s signature");
    assert!(desk.keygen(&verify, MESSAGE).0);
    assert!(!desk.keygen(&verify, b"something else").0);
}

#[test]
fn a_bundle_verifies_with_openssl() {
    if !has("openssl", "version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let key = SecretKey::generate().unwrap();
    let bundle: serde_json::Value = serde_json::from_slice(&dsse::seal(MESSAGE, &key).unwrap()).unwrap();
    let signature = bundle["dsseEnvelope"]["signatures"][0]["sig"].as_str().unwrap();
    let signature = <base64ct::Base64 as base64ct::Encoding>::decode_vec(signature).unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("key"), key.public().to_pem()).unwrap();
    std::fs::write(path("pae"), dsse::pae(dsse::PAYLOAD_TYPE, MESSAGE)).unwrap();
    std::fs::write(path("signature"), signature).unwrap();
    let verify = || {
        Command::new("openssl")
            .args(["pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "pae", "-sigfile", "signature"])
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    assert!(verify().status.success(), "{:?}", verify());
    std::fs::write(path("pae"), dsse::pae(dsse::PAYLOAD_TYPE, b"something else")).unwrap();
    assert!(!verify().status.success());

    // The name of the key is the digest of its DER.
    let der = Command::new("openssl")
        .args(["pkey", "-pubin", "-in", "key", "-pubout", "-outform", "DER", "-out", "key.der"])
        .current_dir(folder.path())
        .status();
    assert!(der.unwrap().success());
    let digest = Command::new("openssl").args(["dgst", "-sha256", "-r", "key.der"]).current_dir(folder.path()).output();
    let digest = String::from_utf8(digest.unwrap().stdout).unwrap();
    assert_eq!(digest.split(' ').next().unwrap(), key.public().key_id());
    assert_eq!(bundle["verificationMaterial"]["publicKey"]["hint"], key.public().key_id());
}

#[test]
fn fingerprints_and_public_keys_read_as_in_ssh_keygen() {
    let Some(desk) = Desk::new() else { return };
    desk.new_key("id");
    let key = PublicKey::parse(&desk.read("id.pub")).unwrap();
    assert_eq!(&key, desk.secret("id").public());
    assert_eq!(desk.must("-l -f id.pub").split(' ').nth(1).unwrap(), key.fingerprint().to_string());
    assert_eq!(key.to_openssh("id@example.org") + "\n", desk.read("id.pub"));
    assert_eq!(desk.secret("id").comment(), "id@example.org");
}

#[test]
fn allowed_signers_are_judged_as_by_ssh_keygen() {
    let Some(desk) = Desk::new() else { return };
    for name in ["id", "other"] {
        desk.new_key(name);
    }
    desk.must("-q -t rsa -b 2048 -N '' -f rsa");
    desk.must("-q -t ecdsa -N '' -f ecdsa");
    let signature = desk.signature("id", MESSAGE);
    let (key, other, rsa, ecdsa) = (desk.public("id"), desk.public("other"), desk.public("rsa"), desk.public("ecdsa"));
    let time = "20250601120000Z";
    let cases: Vec<(String, &str, &str, bool)> = vec![
        // Principals.
        (format!("me {key}"), "me", time, true),
        (format!("me {key}"), "you", time, false),
        (format!("me {key}"), "Me", time, false),
        (format!("ME,me {key}"), "me", time, true),
        (format!("*@b {key}"), "a@b", time, true),
        (format!("*@b,!a@b {key}"), "a@b", time, false),
        (format!("!a@b,*@b {key}"), "c@b", time, true),
        (format!("!a@b {key}"), "c@b", time, false),
        (format!("?@b {key}"), "aa@b", time, false),
        (format!("\"me\" {key}"), "me", time, true),
        (format!("\"me\"{key}"), "me", time, true),
        (format!("\"me,you\" {key}"), "you", time, true),
        (format!("m\"e,you\" {key}"), "me", time, true),
        (format!("  \tme\t {key} a comment with \"quotes"), "me", time, true),
        (format!("me  {}", key.replace(' ', "  \t ")), "me", time, true),
        (format!("me {key}\r"), "me", time, true),
        (format!("me {key} comment\r"), "me", time, true),
        // Several lines; comments; other keys.
        (format!("# me {key}"), "me", time, false),
        (format!("  # me {key}"), "me", time, false),
        (format!("#\n\n   \n# x\nme {other}\nme {key}"), "me", time, true),
        (format!("me {other}"), "me", time, false),
        (format!("me {rsa}\nme {ecdsa}\nme {key}"), "me", time, true),
        (format!("me {rsa}"), "me", time, false),
        (format!("you {key}\nme {key}"), "me", time, true),
        (format!("me valid-before=\"20200101Z\" {key}\nme {key}"), "me", time, true),
        // Options.
        (format!("me cert-authority {key}"), "me", time, false),
        (format!("me namespaces=\"openness@v1\" {key}"), "me", time, true),
        (format!("me NameSpaces=\"openness@v1\" {key}"), "me", time, true),
        (format!("me namespaces=\"openness@*\" {key}"), "me", time, true),
        (format!("me namespaces=\"git,openness@v1\" {key}"), "me", time, true),
        (format!("me namespaces=\"git\" {key}"), "me", time, false),
        (format!("me namespaces=\"\" {key}"), "me", time, false),
        (format!("me namespaces=\"*,!openness@v1\" {key}"), "me", time, false),
        (format!("me namespaces=\"OPENNESS@v1\" {key}"), "me", time, false),
        (format!("me namespaces=\"a\\\"b,openness@v1\" {key}"), "me", time, true),
        (format!("me namespaces=\"a b,openness@v1\" {key}"), "me", time, true),
        (format!("me ,namespaces=\"openness@v1\" {key}"), "me", time, true),
        (format!("me namespaces=\"openness@v1\",,valid-after=\"20200101Z\" {key}"), "me", time, true),
        // Times; both ends are valid.
        (format!("me valid-before=\"20250601120000Z\" {key}"), "me", time, true),
        (format!("me valid-before=\"20250601120000Z\" {key}"), "me", "20250601120001Z", false),
        (format!("me valid-after=\"20250601120000Z\" {key}"), "me", time, true),
        (format!("me valid-after=\"20250601120000Z\" {key}"), "me", "20250601115959Z", false),
        (format!("me valid-after=\"202506011200Z\" {key}"), "me", "20250601115959Z", false),
        (format!("me valid-after=\"20250601z\" {key}"), "me", "20250531235959Z", false),
        (format!("me valid-after=\"20250601utc\" {key}"), "me", "20250601000000Z", true),
        (format!("me valid-after=\"20250101Z\",valid-before=\"20260101Z\" {key}"), "me", time, true),
        (format!("me valid-after=\"2019 1 1Z\" {key}"), "me", time, true),
        (format!("me valid-before=\"99991231Z\" {key}"), "me", time, true),
        (format!("me valid-before=\"99991231\" {key}"), "me", time, true),
        (format!("me valid-after=\"99991231235959Z\" {key}"), "me", time, false),
        (format!("me valid-before=\"20240231Z\" {key}"), "me", "20240302000000Z", true),
        (format!("me valid-before=\"20240231Z\" {key}"), "me", "20240302000001Z", false),
        (format!("me valid-before=\"20240101005961Z\" {key}"), "me", "20240101010001Z", true),
        (format!("me valid-before=\"20240101005961Z\" {key}"), "me", "20240101010002Z", false),
    ];
    for (line, who, time, expected) in cases {
        desk.write("allowed", format!("{line}\n"));
        let verify = format!("-Y verify -f allowed -I {who} -n {NAMESPACE} -s signed.sig -O verify-time={time}");
        let (theirs, said) = desk.keygen(&verify, MESSAGE);
        assert_eq!(theirs, expected, "ssh-keygen on `{line}` for {who} at {time}: {said}");

        let civil = jiff::civil::DateTime::strptime("%Y%m%d%H%M%SZ", time).unwrap();
        let time = jiff::tz::TimeZone::UTC.to_timestamp(civil).unwrap();
        let opened = open(&signature, &allowed(&line).with_identity(who.to_owned()), time);
        assert_eq!(opened.status == Status::Good, expected, "we on `{line}` for {who} at {time}: {opened:?}");
        assert_eq!(opened.principal.as_deref(), expected.then_some(who));
        assert_eq!(opened.signed.unwrap().is_trusted(), expected);
    }
}

#[test]
fn lines_that_ssh_keygen_complains_of_are_errors() {
    let Some(desk) = Desk::new() else { return };
    desk.new_key("id");
    desk.signature("id", MESSAGE);
    let key = desk.public("id");
    for line in [
        "me".to_owned(),
        key.clone(),
        format!("\"me {key}"),
        format!("me no-touch-required {key}"),
        format!("me verify-required {key}"),
        format!("me cert-authority, {key}"),
        format!("me , {key}"),
        format!("me namespaces=openness@v1 {key}"),
        format!("me namespaces=\"openness@v1 {key}"),
        format!("me namespaces=\"openness@v1\",namespaces=\"openness@v1\" {key}"),
        format!("me valid-after=\"20200101Z\",valid-after=\"20200101Z\" {key}"),
        format!("me valid-after=\"20200101Z\",valid-before=\"20200101Z\" {key}"),
        format!("me valid-before=\"2099\" {key}"),
        format!("me valid-before=\"20991301Z\" {key}"),
        format!("me valid-before=\"20990132Z\" {key}"),
        format!("me valid-before=\"2099010124Z\" {key}"),
        format!("me valid-before=\"209901012400Z\" {key}"),
        format!("me valid-before=\"2099-1-1\" {key}"),
        format!("me valid-before=\"\" {key}"),
        format!("me valid-after=\"19700101Z\" {key}"),
        format!("me valid-before=\"19690101Z\" {key}"),
        format!("me ssh-ed448 {}", key.split(' ').nth(1).unwrap()),
        format!("me {}", key.replace("ssh-ed25519", "ssh-rsa")),
        format!("me {}", &key[..key.len() - 4]),
        "me cert-authority".to_owned(),
    ] {
        desk.write("allowed", format!("{line}\n"));
        let verify = format!("-Y verify -f allowed -I me -n {NAMESPACE} -s signed.sig");
        let (theirs, said) = desk.keygen(&verify, MESSAGE);
        assert!(!theirs, "ssh-keygen on `{line}`: {said}");
        let error = Trust::of_allowed_signers(&Source::new("allowed", format!("# here\n{line}"))).map(|_| ());
        let error = error.expect_err(&line);
        assert_eq!((error.lines.len(), error.lines[0].line), (1, 2), "{error}");
    }
}

#[test]
fn every_bad_line_is_reported_at_once() {
    let source = Source::new("allowed", "me\n\n# fine\nyou nonsense AAAA\n");
    let error = Trust::of_allowed_signers(&source).unwrap_err();
    assert_eq!(error.lines.iter().map(|bad| bad.line).collect::<Vec<_>>(), [1, 4]);
}

#[test]
fn times_outside_validity_have_their_own_status() {
    let Some(desk) = Desk::new() else { return };
    desk.new_key("id");
    let (key, signature) = (desk.public("id"), desk.signature("id", MESSAGE));
    let status = |line: String| open(&signature, &allowed(&line), now()).status;
    assert_eq!(status(format!("me {key}")), Status::Good);
    assert_eq!(status(format!("me valid-before=\"20200101Z\" {key}")), Status::Expired);
    assert_eq!(status(format!("me valid-after=\"20990101Z\" {key}")), Status::NotYetValid);
    assert_eq!(status(format!("me namespaces=\"git\" {key}")), Status::Untrusted);
    assert_eq!(status(String::new()), Status::Untrusted);
    let principal = open(&signature, &allowed(&format!("a,*@b {key}")), now()).principal;
    assert_eq!(principal.as_deref(), Some("a,*@b"));
}

#[test]
fn a_bare_key_speaks_for_nobody_by_name() {
    let key = SecretKey::generate().unwrap();
    let signature = sshsig::seal(MESSAGE, &key).unwrap();
    let trust = || Trust::of_keys([*key.public()]);
    let opened = open(&signature, &trust(), now());
    assert_eq!((opened.status, opened.principal), (Status::Good, None));
    assert_eq!(open(&signature, &trust().with_identity("me".to_owned()), now()).status, Status::Untrusted);
    assert_eq!(open(&signature, &Trust::none(), now()).status, Status::Untrusted);
    assert!(open(&signature, &Trust::none(), now()).signed.is_some_and(|signed| signed.verified().is_none()));
}

#[test]
fn certificates_are_judged_as_by_ssh_keygen() {
    let Some(desk) = Desk::new() else { return };
    for name in ["id", "ca", "evil"] {
        desk.new_key(name);
    }
    desk.must("-q -t rsa -b 2048 -N '' -f rsa");
    let (ca, key) = (desk.public("ca"), desk.public("id"));
    // Arguments to make the certificate, the line, who, and whether both say yes.
    let validity = "-V 20200101:20991231";
    for (certify, line, who, theirs_expected, ours_expected) in [
        (format!("-s ca -I x -n a@b {validity}"), format!("*@b cert-authority {ca}"), "a@b", true, true),
        (format!("-s ca -I x -n a@b,c@b {validity}"), format!("*@b cert-authority {ca}"), "c@b", true, true),
        (format!("-s ca -I x -n a@b {validity}"), format!("*@b cert-authority {ca}"), "c@b", false, false),
        (format!("-s ca -I x -n a@b {validity}"), format!("*@c cert-authority {ca}"), "a@b", false, false),
        (format!("-s ca -I x -n a@b {validity}"), format!("*@b,!a@b cert-authority {ca}"), "a@b", false, false),
        (format!("-s ca -I x -n a@b {validity}"), format!("*@b {ca}"), "a@b", false, false),
        (format!("-s ca -I x -n a@b {validity}"), format!("*@b {key}"), "a@b", false, false),
        (format!("-s ca -I x -n a@b {validity}"), format!("*@b cert-authority {key}"), "a@b", false, false),
        (format!("-s ca -I x {validity}"), format!("*@b cert-authority {ca}"), "a@b", false, false),
        (format!("-s ca -I x -n * {validity}"), format!("*@b cert-authority {ca}"), "a@b", false, false),
        (format!("-s ca -h -I x -n a@b {validity}"), format!("*@b cert-authority {ca}"), "a@b", false, false),
        (format!("-s evil -I x -n a@b {validity}"), format!("*@b cert-authority {ca}"), "a@b", false, false),
        ("-s ca -I x -n a@b -V 20100101:20200101".to_owned(), format!("*@b cert-authority {ca}"), "a@b", false, false),
        ("-s ca -I x -n a@b -V 20900101:20990101".to_owned(), format!("*@b cert-authority {ca}"), "a@b", false, false),
        (
            format!("-s ca -I x -n a@b {validity}"),
            format!("*@b cert-authority,namespaces=\"git\" {ca}"),
            "a@b",
            false,
            false,
        ),
        (
            format!("-s ca -I x -n a@b {validity}"),
            format!("*@b cert-authority,valid-before=\"20200101Z\" {ca}"),
            "a@b",
            false,
            false,
        ),
        // Stricter than `ssh-keygen`, which does not look at critical options; and we have no RSA.
        (
            format!("-s ca -I x -n a@b -O force-command=true {validity}"),
            format!("*@b cert-authority {ca}"),
            "a@b",
            true,
            false,
        ),
        (
            format!("-s rsa -I x -n a@b {validity}"),
            format!("*@b cert-authority {}", desk.public("rsa")),
            "a@b",
            true,
            false,
        ),
    ] {
        let _ = std::fs::remove_file(desk.path("id-cert.pub"));
        desk.must(&format!("-q {certify} id.pub"));
        let signature = desk.signature("id-cert.pub", MESSAGE);
        desk.write("allowed", format!("{line}\n"));
        let verify = format!("-Y verify -f allowed -I {who} -n {NAMESPACE} -s signed.sig -O verify-time=20260101Z");
        let (theirs, said) = desk.keygen(&verify, MESSAGE);
        assert_eq!(theirs, theirs_expected, "ssh-keygen on `{certify}` and `{line}` for {who}: {said}");
        let opened = open(&signature, &allowed(&line).with_identity(who.to_owned()), now());
        assert_eq!(opened.status == Status::Good, ours_expected, "we on `{certify}` and `{line}`: {opened:?}");
        assert!(opened.signed.is_some());
        if ours_expected {
            assert_eq!(open(&signature, &allowed(&line), now()).status, Status::Good);
        }
    }
}

#[test]
fn what_is_revoked_is_revoked_whatever_else_is_said() {
    let Some(desk) = Desk::new() else { return };
    for name in ["id", "other", "ca"] {
        desk.new_key(name);
    }
    desk.must("-q -t rsa -b 2048 -N '' -f rsa");
    desk.must("-q -s ca -I the-id -z 23 -n a@b -V 20200101:20991231 id.pub");
    let fingerprint = |name: &str, hash: &str| {
        desk.must(&format!("-l -E {hash} -f {name}.pub")).split(' ').nth(1).unwrap().to_owned()
    };
    let sha256 = fingerprint("id", "sha256");
    // What `ssh-keygen -k` is told, whether the plain key is revoked, and whether the certificate is.
    let specifications = [
        ("serial: 23".to_owned(), false, true),
        ("serial: 24".to_owned(), false, false),
        ("serial: 20-30".to_owned(), false, true),
        ("serial: 1-22\nserial: 24-99".to_owned(), false, false),
        ("serial: 1\nserial: 3\nserial: 21\nserial: 23\nserial: 40".to_owned(), false, true),
        ("serial: 1\nserial: 3\nserial: 22\nserial: 24\nserial: 40".to_owned(), false, false),
        ("id: the-id".to_owned(), false, true),
        ("id: another-id".to_owned(), false, false),
        (format!("key: {}", desk.public("id")), true, true),
        (format!("key: {}", desk.public("ca")), false, true),
        (format!("key: {}", desk.public("other")), false, false),
        (format!("sha1: {}", desk.public("id")), true, true),
        (format!("sha256: {}", desk.public("id")), true, true),
        (format!("hash: {sha256}"), true, true),
        (format!("sha1: {}", desk.public("other")), false, false),
    ];
    let trust = || allowed(&format!("a@b {}\na@b cert-authority {}", desk.public("id"), desk.public("ca")));
    let check = |name: &str, list: &[u8], what: &str, expected: bool| {
        desk.write("revoked", list);
        desk.write("allowed", format!("a@b {}\na@b cert-authority {}\n", desk.public("id"), desk.public("ca")));
        let signature = desk.signature(name, MESSAGE);
        let verify = format!("-Y verify -f allowed -r revoked -I a@b -n {NAMESPACE} -s signed.sig");
        let (accepted, said) = desk.keygen(&verify, MESSAGE);
        assert_eq!(accepted, !expected, "ssh-keygen on {name}, `{what}`: {said}");
        let opened = open(&signature, &trust().revoke(Revocations::read(list, "revoked").unwrap()), now());
        let status = if expected { Status::Revoked } else { Status::Good };
        assert_eq!(opened.status, status, "we on {name}, `{what}`: {opened:?}");
    };
    for authority in ["ca.pub", "none"] {
        for (specification, key, certificate) in &specifications {
            desk.write("specification", format!("{specification}\n"));
            desk.must(&format!("-q -k -f krl -s {authority} specification"));
            let list = std::fs::read(desk.path("krl")).unwrap();
            check("id", &list, specification, *key);
            check("id-cert.pub", &list, specification, *certificate);
        }
    }
    desk.write("specification", "serial: 23\n");
    desk.must("-q -k -f krl -s other.pub specification");
    check("id-cert.pub", &std::fs::read(desk.path("krl")).unwrap(), "serial: 23 of another authority", false);

    let plain = |names: &[&str]| {
        let lines: Vec<_> = names.iter().map(|name| desk.read(&format!("{name}.pub"))).collect();
        format!("# gone\n\n{}", lines.concat()).into_bytes()
    };
    check("id", &plain(&["other", "rsa", "id"]), "a list of keys", true);
    check("id", &plain(&["other", "rsa"]), "a list of keys", false);
    check("id-cert.pub", &plain(&["rsa", "ca"]), "a list of keys", true);
    check("id", &plain(&["id-cert"]), "a list of certificates", true);

    // What is not understood to its end is refused.
    desk.write("specification", "serial: 23\nserial: 25\nid: x\n");
    desk.must("-q -k -f krl -s ca.pub specification");
    let whole = std::fs::read(desk.path("krl")).unwrap();
    let readable: Vec<_> = (1..whole.len()).filter(|end| Revocations::read(&whole[..*end], "krl").is_ok()).collect();
    // Sections have no count, so that a list cut between two of them is a list.
    assert!(readable.len() <= 1, "{readable:?} of {}", whole.len());
    assert!(Revocations::read(b"nonsense\n", "list").is_err());
}

#[test]
fn a_revoked_key_is_revoked_in_a_bundle_too() {
    let key = SecretKey::generate().unwrap();
    let bundle = dsse::seal(MESSAGE, &key).unwrap();
    let trust = Trust::of_keys([*key.public()]).revoke(Revocations::of_keys([*key.public()]));
    let opened = Envelope::read_dsse(&bundle).unwrap().open(&trust, now());
    assert_eq!(opened.status, Status::Revoked);
    assert!(opened.signed.unwrap().verified().is_none());
}

#[test]
fn encrypted_keys_of_ssh_keygen_are_read() {
    let Some(desk) = Desk::new() else { return };
    for (name, arguments) in
        [("ctr", ""), ("cbc", " -Z aes256-cbc"), ("gcm", " -Z aes256-gcm@openssh.com"), ("a", " -a 3")]
    {
        desk.must(&format!("-q -t ed25519 -N correct-horse -C c -f {name}{arguments}"));
        let mut asked = Vec::new();
        let read = |word: Option<&str>, asked: &mut Vec<String>| {
            keyfile::read(&desk.path(name), &mut |subject| {
                asked.push(subject.to_owned());
                word.map(|word| Zeroizing::new(word.to_owned()))
            })
        };
        let key = read(Some("correct-horse"), &mut asked).unwrap();
        assert_eq!(key.public(), &PublicKey::parse(&desk.read(&format!("{name}.pub"))).unwrap());
        assert_eq!((asked.len(), key.comment()), (1, "c"));
        assert!(matches!(read(Some("wrong"), &mut asked), Err(keyfile::Error::WrongPassphrase { .. })));
        assert!(matches!(read(Some(""), &mut asked), Err(keyfile::Error::WrongPassphrase { .. })));
        assert!(matches!(read(None, &mut asked), Err(keyfile::Error::NoPassphrase { .. })));
    }
}

#[test]
fn other_keys_of_ssh_keygen_are_refused_by_name() {
    let Some(desk) = Desk::new() else { return };
    for (kind, expected) in [("rsa", "ssh-rsa"), ("ecdsa", "ecdsa-sha2-nistp256")] {
        desk.must(&format!("-q -t {kind} -N '' -f {kind}"));
        let error = keyfile::read(&desk.path(kind), &mut |_| None).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        let error = PublicKey::parse(&desk.read(&format!("{kind}.pub"))).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    desk.must("-q -t rsa -m PEM -N '' -f old");
    let error = keyfile::read(&desk.path("old"), &mut |_| None).unwrap_err();
    assert!(error.to_string().contains("RSA"), "{error}");
}

#[test]
fn our_key_files_are_read_by_ssh_keygen() {
    let Some(desk) = Desk::new() else { return };
    for (name, passphrase) in [("plain", None), ("encrypted", Some("correct horse"))] {
        let key = SecretKey::generate().unwrap();
        keyfile::write_new(&desk.path(name), &key, "me and you", passphrase).unwrap();
        // Without blanks in arguments the passphrase is changed first.
        if let Some(passphrase) = passphrase {
            let status = Command::new("ssh-keygen")
                .args(["-q", "-p", "-P", passphrase, "-N", "", "-f", name])
                .current_dir(desk.path(""))
                .stdout(Stdio::null())
                .status();
            assert!(status.unwrap().success());
        }
        assert_eq!(desk.must(&format!("-y -f {name}")), key.public().to_openssh("me and you") + "\n");
        assert_eq!(desk.read(&format!("{name}.pub")), key.public().to_openssh("me and you") + "\n");
        let signature = desk.signature(name, MESSAGE);
        assert_eq!(open(&signature, &Trust::of_keys([*key.public()]), now()).status, Status::Good);
    }
}

#[test]
fn keys_of_openssl_are_read() {
    if !has("openssl", "version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "openssl {arguments}: {output:?}");
    };
    let read = |name: &str, word: Option<&str>| {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        keyfile::parse(&text, name, &mut |_| word.map(|word| Zeroizing::new(word.to_owned())))
    };
    openssl("genpkey -algorithm ed25519 -out plain");
    openssl("pkey -in plain -pubout -out public");
    openssl("pkcs8 -topk8 -in plain -out pbkdf2 -passout pass:correct");
    openssl("pkcs8 -topk8 -scrypt -in plain -out scrypt -passout pass:correct");
    let public = std::fs::read_to_string(folder.path().join("public")).unwrap();
    let key = PublicKey::parse(&public).unwrap();
    assert_eq!(key.to_pem(), public);
    assert_eq!(read("plain", None).unwrap().public(), &key);
    for name in ["pbkdf2", "scrypt"] {
        assert_eq!(read(name, Some("correct")).unwrap().public(), &key);
        assert!(matches!(read(name, Some("wrong")), Err(keyfile::Error::WrongPassphrase { .. })));
        assert!(matches!(read(name, None), Err(keyfile::Error::NoPassphrase { .. })));
    }
    assert!(read("public", None).is_err());
    for (name, arguments, expected) in [
        ("rsa", "genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out rsa", "RSA"),
        ("ec", "genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out ec", "ECDSA"),
        ("x25519", "genpkey -algorithm x25519 -out x25519", "X25519"),
        ("ed448", "genpkey -algorithm ed448 -out ed448", "Ed448"),
    ] {
        openssl(arguments);
        let error = read(name, None).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

/// Software FIDO signatures and a recorded one of real hardware.
#[test]
fn security_keys_must_be_touched() {
    let Some(folder) = shared("sshsig") else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let message = std::fs::read(folder.join("msg")).unwrap();
    let open =
        |name: &str, trust: &Trust| Envelope::read_sshsig(read(name).as_bytes(), &message).unwrap().open(trust, now());
    let trust = || allowed(&read("allowed-sk"));
    let touched = open("sk-up.sig", &trust());
    assert_eq!((touched.status, touched.principal.as_deref()), (Status::Good, Some("sk@example.org")));
    let untouched = open("sk-none.sig", &trust());
    assert_eq!(untouched.status, Status::Bad, "{untouched:?}");
    assert!(untouched.signed.is_none());
    assert_eq!(open("sk-upuv.sig", &trust()).status, Status::Good);
    assert_eq!(open("sk-up.sig", &trust().require_user_verification()).status, Status::Untrusted);
    assert_eq!(open("sk-upuv.sig", &trust().require_user_verification()).status, Status::Good);
    assert_eq!(open("sk-up.sig", &Trust::of_key_text(&read("sk.pub")).unwrap()).status, Status::Good);
    assert_eq!(open("sk-up.sig", &Trust::none()).status, Status::Untrusted);
    let elsewhere = Envelope::read_sshsig(read("sk-up.sig").as_bytes(), b"else").unwrap().open(&trust(), now());
    assert_eq!(elsewhere.status, Status::Bad);

    let public = read("sk.pub");
    let (fingerprint, name) = (touched.key.unwrap().to_string(), folder.join("sk.pub"));
    if has("ssh-keygen", "-?") {
        let output = Command::new("ssh-keygen").args([Path::new("-lf"), &name]).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains(&fingerprint), "{public}");
    }
}

#[test]
fn recorded_signatures_are_read_as_recorded() {
    let Some(folder) = shared("sshsig") else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let message = std::fs::read(folder.join("msg")).unwrap();
    let trusts = ["allowed", "allowed-exp", "allowed-ns", "allowed-t"].map(|name| allowed(&read(name)));
    let status =
        |trust: &Trust| Envelope::read_sshsig(read("msg.sig").as_bytes(), &message).unwrap().open(trust, now()).status;
    assert_eq!(trusts.each_ref().map(status), [Status::Good, Status::Expired, Status::Untrusted, Status::Good]);
    // Made for other namespaces, or by keys that we cannot verify with.
    for name in ["rsa", "ecdsa", "ecdsa_sk", "ecdsa_sk_webauthn", "ed25519", "ed25519_sk", "mldsa44-ed25519"] {
        let signature = read(&format!("openssh/{name}.sig"));
        assert!(Envelope::read_sshsig(signature.as_bytes(), b"").is_err(), "{name}");
    }
}
