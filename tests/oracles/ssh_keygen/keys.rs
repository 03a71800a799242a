//! Key files by this program, by `ssh-keygen` and by `openssl`.

use std::process::Stdio;

use openness::sign::{PublicKey, SecretKey, Status, Trust, keyfile};
use zeroize::Zeroizing;

use super::keygen::{MESSAGE, SshKeygen, now, open};
use super::wire;
use crate::common::env::TestEnv;
use crate::common::tools::has;

#[test]
fn encrypted_keys_of_ssh_keygen_are_read() {
    let Some(keygen) = SshKeygen::new() else { return };
    for (name, arguments) in
        [("ctr", ""), ("cbc", " -Z aes256-cbc"), ("gcm", " -Z aes256-gcm@openssh.com"), ("a", " -a 3")]
    {
        keygen.must(&format!("-q -t ed25519 -N correct-horse -C c -f {name}{arguments}"));
        let mut asked = Vec::new();
        let read = |word: Option<&str>, asked: &mut Vec<String>| {
            keyfile::read(&keygen.path(name), &mut |subject| {
                asked.push(subject.to_owned());
                word.map(|word| Zeroizing::new(word.to_owned()))
            })
        };
        let key = read(Some("correct-horse"), &mut asked).unwrap();
        assert_eq!(key.public(), &PublicKey::parse(&keygen.read(&format!("{name}.pub"))).unwrap());
        assert_eq!((asked.len(), key.comment()), (1, "c"));
        assert!(matches!(read(Some("wrong"), &mut asked), Err(keyfile::Error::WrongPassphrase { .. })));
        assert!(matches!(read(Some(""), &mut asked), Err(keyfile::Error::WrongPassphrase { .. })));
        assert!(matches!(read(None, &mut asked), Err(keyfile::Error::NoPassphrase { .. })));
    }
}

#[test]
fn other_key_types_are_refused_by_name() {
    let Some(keygen) = SshKeygen::new() else { return };
    for (kind, expected) in [("rsa", "ssh-rsa"), ("ecdsa", "ecdsa-sha2-nistp256")] {
        keygen.must(&format!("-q -t {kind} -N '' -f {kind}"));
        let error = keyfile::read(&keygen.path(kind), &mut |_| None).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        let error = PublicKey::parse(&keygen.read(&format!("{kind}.pub"))).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    keygen.must("-q -t rsa -m PEM -N '' -f old");
    let error = keyfile::read(&keygen.path("old"), &mut |_| None).unwrap_err();
    assert!(error.to_string().contains("RSA"), "{error}");
}

#[test]
fn files_that_are_not_private_keys_are_refused_by_name() {
    let Some(keygen) = SshKeygen::new() else { return };
    for name in ["id", "ca"] {
        keygen.new_key(name);
    }
    let security_key = wire::sk_blob(&wire::key(7).verifying_key().to_bytes(), "ssh:");
    keygen.write("sk.pub", wire::line(wire::SK, &security_key) + "\n");
    for name in ["id", "sk"] {
        keygen.must(&format!("-q -s ca -I x {name}.pub"));
    }
    for (file, kind) in [
        ("sk.pub", "sk-ssh-ed25519@openssh.com"),
        ("id-cert.pub", "ssh-ed25519-cert-v01@openssh.com"),
        ("sk-cert.pub", "sk-ssh-ed25519-cert-v01@openssh.com"),
    ] {
        let error = PublicKey::parse(&keygen.read(file)).unwrap_err().to_string();
        assert_eq!(error, format!("the key is of type `{kind}`; only Ed25519 is supported"), "{file}");
    }
}

#[test]
fn our_key_files_are_read_by_ssh_keygen() {
    let Some(keygen) = SshKeygen::new() else { return };
    for (name, passphrase) in [("plain", None), ("encrypted", Some("correct horse"))] {
        let key = SecretKey::generate().unwrap();
        keyfile::write_new(&keygen.path(name), &key, "me and you", passphrase).unwrap();
        // Without blanks in arguments the passphrase is changed first.
        if let Some(passphrase) = passphrase {
            let status = keygen
                .command()
                .args(["-q", "-p", "-P", passphrase, "-N", "", "-f", name])
                .stdout(Stdio::null())
                .status();
            assert!(status.unwrap().success());
        }
        assert_eq!(keygen.must(&format!("-y -f {name}")), key.public().to_openssh("me and you") + "\n");
        assert_eq!(keygen.read(&format!("{name}.pub")), key.public().to_openssh("me and you") + "\n");
        let signature = keygen.signature(name, MESSAGE);
        assert_eq!(open(&signature, &Trust::of_keys([*key.public()]), now()).status, Status::Good);
    }
}

#[test]
fn keys_of_openssl_are_read() {
    if !has("openssl") {
        return;
    }
    let env = TestEnv::new();
    let openssl = |arguments: &str| {
        let output = env.command("openssl").args(arguments.split(' ')).output().unwrap();
        assert!(output.status.success(), "openssl {arguments}: {output:?}");
    };
    let read = |name: &str, word: Option<&str>| {
        let text = env.read_text(name);
        keyfile::parse(&text, name, &mut |_| word.map(|word| Zeroizing::new(word.to_owned())))
    };
    openssl("genpkey -algorithm ed25519 -out plain");
    openssl("pkey -in plain -pubout -out public");
    openssl("pkcs8 -topk8 -in plain -out pbkdf2 -passout pass:correct");
    openssl("pkcs8 -topk8 -scrypt -in plain -out scrypt -passout pass:correct");
    let public = env.read_text("public");
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
