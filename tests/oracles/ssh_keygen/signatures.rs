//! Signatures of ours and recorded ones, and the syntax of signature files.

use openness::sign::{Envelope, NAMESPACE, PublicKey, SecretKey, Status, Trust, dsse, sshsig};

use super::keygen::{MESSAGE, SshKeygen, allowed, now};
use super::questions::{Laxer, Question, Stricter, ask};
use super::wire;
use crate::common::ed25519::add_order;
use crate::common::env::TestEnv;
use crate::common::tools::{has, shared};

/// 2025-06-01T12:00:00Z.
const NOON: i64 = 1_748_779_200;

#[test]
fn signatures_equal_those_of_ssh_keygen() {
    let Some(keygen) = SshKeygen::new() else { return };
    keygen.new_key("id");
    for message in [MESSAGE, b"", b"\r\n", &[0xff; 10_000]] {
        assert_eq!(sshsig::sign(message, &keygen.secret("id")).unwrap(), keygen.signature("id", message));
    }
    keygen.write("signature", sshsig::sign(MESSAGE, &keygen.secret("id")).unwrap());
    keygen.write("allowed", format!("me {}\n", keygen.public("id")));
    let verify = format!("-Y verify -f allowed -I me -n {NAMESPACE} -s signature");
    assert!(keygen.keygen(&verify, MESSAGE).0);
    assert!(!keygen.keygen(&verify, b"something else").0);
}

#[test]
fn a_bundle_verifies_with_openssl() {
    if !has("openssl") {
        return;
    }
    let env = TestEnv::new();
    let key = SecretKey::generate().unwrap();
    let bundle: serde_json::Value = serde_json::from_slice(&dsse::sign(MESSAGE, &key).unwrap()).unwrap();
    let signature = bundle["dsseEnvelope"]["signatures"][0]["sig"].as_str().unwrap();
    let signature = <base64ct::Base64 as base64ct::Encoding>::decode_vec(signature).unwrap();
    env.write("key", key.public().to_pem());
    env.write("pae", dsse::pae(dsse::PAYLOAD_TYPE, MESSAGE));
    env.write("signature", signature);
    let verify = || {
        env.command("openssl")
            .args(["pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "pae", "-sigfile", "signature"])
            .output()
            .unwrap()
    };
    assert!(verify().status.success(), "{:?}", verify());
    env.write("pae", dsse::pae(dsse::PAYLOAD_TYPE, b"something else"));
    assert!(!verify().status.success());

    // The name of the key is the digest of its DER.
    let der = env
        .command("openssl")
        .args(["pkey", "-pubin", "-in", "key", "-pubout", "-outform", "DER", "-out", "key.der"])
        .status();
    assert!(der.unwrap().success());
    let digest = env.command("openssl").args(["dgst", "-sha256", "-r", "key.der"]).output();
    let digest = String::from_utf8(digest.unwrap().stdout).unwrap();
    assert_eq!(digest.split(' ').next().unwrap(), key.public().key_id());
    assert_eq!(bundle["verificationMaterial"]["publicKey"]["hint"], key.public().key_id());
}

#[test]
fn ssh_keygen_agrees_on_fingerprints_and_public_keys() {
    let Some(keygen) = SshKeygen::new() else { return };
    keygen.new_key("id");
    let key = PublicKey::parse(&keygen.read("id.pub")).unwrap();
    assert_eq!(&key, keygen.secret("id").public());
    assert_eq!(keygen.must("-l -f id.pub").split(' ').nth(1).unwrap(), key.fingerprint().to_string());
    assert_eq!(key.to_openssh("id@example.org") + "\n", keygen.read("id.pub"));
    assert_eq!(keygen.secret("id").comment(), "id@example.org");
}

#[test]
fn recorded_signatures_verify() {
    let Some(folder) = shared("sshsig") else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let message = std::fs::read(folder.join("msg")).unwrap();
    let trusts = ["allowed", "allowed-exp", "allowed-ns", "allowed-t"].map(|name| allowed(&read(name)));
    let status = |trust: &Trust| {
        Envelope::read_sshsig(read("msg.sig").as_bytes(), &message).unwrap().verify(trust, now()).status
    };
    assert_eq!(trusts.each_ref().map(status), [Status::Good, Status::Expired, Status::Untrusted, Status::Good]);
    // Made for other namespaces, or by keys that we cannot verify with.
    for name in ["rsa", "ecdsa", "ecdsa_sk", "ecdsa_sk_webauthn", "ed25519", "ed25519_sk", "mldsa44-ed25519"] {
        let signature = read(&format!("openssh/{name}.sig"));
        assert!(Envelope::read_sshsig(signature.as_bytes(), b"").is_err(), "{name}");
    }
}

/// Signatures by other keys, over other bytes, for other namespaces, of other versions, in other armour.
#[test]
fn ssh_keygen_agrees_on_signature_files() {
    let Some(keygen) = SshKeygen::new() else { return };
    keygen.new_key("id");
    keygen.must("-q -t rsa -b 2048 -N '' -f rsa");
    keygen.must("-q -t ecdsa -N '' -f ecdsa");
    let key = keygen.public("id");
    let line = format!("me {key}\n");
    let mut questions = Vec::new();
    for name in ["rsa", "ecdsa"] {
        let line = format!("me {}\n", keygen.public(name));
        let signature = keygen.signature(name, MESSAGE);
        questions.push(Question::new(line, "me", NOON, &signature).stricter(Stricter::Algorithm));
    }
    let good = keygen.signature("id", MESSAGE);
    let windows = Question::new(line.clone(), "me", NOON, &good.replace('\n', "\r\n")).named("with Windows' line ends");
    questions.push(windows.laxer(Laxer::LineEnds));
    let mut add = |what: String, signature: &str, stricter: Option<Stricter>| {
        let mut question = Question::new(line.clone(), "me", NOON, signature).named(what);
        question.stricter = stricter;
        questions.push(question);
    };
    for hash in ["sha256", "sha512"] {
        keygen.must(&format!("-q -Y sign -f id -n openness@v1 -O hashalg={hash} signed"));
        add(hash.to_owned(), &keygen.read("signed.sig"), None);
        std::fs::remove_file(keygen.path("signed.sig")).unwrap();
    }
    for namespace in ["git", "file", "openness@v2", "OPENNESS@v1", "openness@v1 "] {
        keygen.write("signed", MESSAGE);
        let made = keygen.command().args(["-q", "-Y", "sign", "-f", "id", "-n", namespace, "signed"]).output().unwrap();
        assert!(made.status.success());
        add(format!("for {namespace:?}"), &keygen.read("signed.sig"), None);
        std::fs::remove_file(keygen.path("signed.sig")).unwrap();
    }
    let body: String = good.lines().filter(|line| !line.starts_with('-')).collect();
    let armour = |body: &str| format!("-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n");
    add("in one line".to_owned(), &armour(&body), None);
    add("without a final line feed".to_owned(), good.trim_end(), None);
    add("a blank line before it".to_owned(), &format!("\n{good}"), None);
    add("words before it".to_owned(), &format!("words\n{good}"), None);
    add("words after it".to_owned(), &format!("{good}words\n"), Some(Stricter::Armour));
    add("twice".to_owned(), &format!("{good}{good}"), Some(Stricter::Armour));
    add("blanks in it".to_owned(), &armour(&format!("{} {}", &body[..40], &body[40..])), Some(Stricter::Armour));
    add("no padding".to_owned(), &armour(body.trim_end_matches('=')), None);
    add("no footer".to_owned(), good.split("-----END").next().unwrap(), None);
    add("the header of a key".to_owned(), &good.replace("SSH SIGNATURE", "OPENSSH PRIVATE KEY"), None);
    add("nothing".to_owned(), "", None);
    let blob = wire::unbase64(&body);
    for end in (0..blob.len()).step_by(13) {
        add(format!("cut at {end}"), &armour(&wire::base64(&blob[..end])), None);
    }
    let mut malleable = blob.clone();
    let end = malleable.len();
    add_order(&mut malleable[end - 32..]);
    add("its S made larger by the order".to_owned(), &armour(&wire::base64(&malleable)), Some(Stricter::Malleable));
    add("a byte more".to_owned(), &armour(&wire::base64(&[&blob[..], &[0]].concat())), None);
    for bit in (0..blob.len() * 8).step_by(23) {
        let mut flipped = blob.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        add(format!("bit {bit} flipped"), &armour(&wire::base64(&flipped)), None);
    }
    ask(&keygen, "signature files", &questions, 4, 70);
}
