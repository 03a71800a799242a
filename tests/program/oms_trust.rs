//! Whose signatures of OpenSSF Model Signing count, and what those of others change: nothing.

use std::fs;

use openness::sign::{EcdsaPublicKey, PublicKey};
use serde_json::json;

use super::oms_attacks::{FILES, bundle, changed, statement};
use crate::common::ecdsa;
use crate::common::env::{Output, TestEnv, reasons};

const KEY: &[&str] = &["--key", "ec/p256.pub.pem"];

fn sign(env: &TestEnv, more: &[&str]) {
    let mut command = env.program();
    Output::from(command.args(["sign", "m", "--oms"]).args(more).output().unwrap()).expect(0);
}

fn verify(env: &TestEnv, more: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["verify", "m", "--format", "json"]).args(more).output().unwrap().into()
}

fn text(env: &TestEnv, more: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["verify", "m"]).args(more).output().unwrap().into()
}

fn ecdsa_key(env: &TestEnv, name: &str) -> EcdsaPublicKey {
    EcdsaPublicKey::parse(&env.read_text(name)).unwrap()
}

#[test]
fn a_named_signature_holds_or_the_release_fails() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem"]);
    sign(&env, &["--key", "ec/p384.pem", "--signature", "other.sig"]);
    verify(&env, KEY).expect(0);
    env.write("revoked", format!("{}\n", ecdsa_key(&env, "ec/p384.pub.pem").to_openssh()));
    let named = ["--signature", "other.sig"];
    for (more, reason) in [
        (vec![], Some("untrusted-key")),
        (vec!["--key", "ec/p384.pub.pem"], None),
        (vec!["--key", "ec/p384.pub.pem", "--revoked", "revoked"], Some("revoked-key")),
    ] {
        let ran = verify(&env, &[KEY, &named, &more].concat());
        assert_eq!(reasons(&ran), reason.into_iter().collect::<Vec<_>>(), "{more:?}");
        ran.expect(i32::from(reason.is_some()));
    }
}

#[test]
fn what_a_trusted_signer_may_not_say_fails_next_to_a_good_signature() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem"]);
    let ignores_all = changed(&statement(FILES), |statement| {
        statement["predicate"]["serialization"]["ignore_paths"] = json!(["."]);
    });
    env.write("m/bad.sig", bundle(&ignores_all.to_string()).to_string());
    for named in [&[][..], &["--signature", "m/bad.sig"]] {
        let ran = verify(&env, &[KEY, named].concat()).expect(1);
        assert_eq!(reasons(&ran), ["statement-invalid"]);
    }
}

#[test]
fn a_name_that_not_every_system_can_have_is_not_called_a_bad_signature() {
    let env = ecdsa::model();
    for name in ["a:b", "aux.json", "a?b", "x."] {
        env.write("m/model.sig", bundle(&statement(&[(name, "x")]).to_string()).to_string());
        assert_eq!(reasons(&verify(&env, KEY).expect(1)), ["statement-invalid"]);
        let said = text(&env, KEY).expect(1).out;
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("REFUSED") && !said.contains("BAD SIGNATURE"), "{said}");
        assert!(said.contains("a name that cannot exist on every") && said.contains(&format!("`{name}`")), "{said}");
    }
}

#[test]
fn every_form_of_revocation_ends_a_chain() {
    let env = ecdsa::model();
    let chain = ["--certificate", "ec/leaf.pem", "--certificate", "ec/intermediate.pem"];
    sign(&env, &[&["--key", "ec/p256.pem"][..], &chain].concat());
    let root = ["--root", "ec/root.pem"];
    verify(&env, &root).expect(0);
    let leaf = ecdsa_key(&env, "ec/p256.pub.pem");
    let certificates = ["leaf", "intermediate", "root"].map(|name| {
        let text = env.read_text(&format!("ec/{name}.pem"));
        openness::sign::x509::Certificate::read_pem(&text).unwrap().remove(0)
    });
    let mut lists = vec![
        leaf.to_openssh(),
        leaf.pem_id(),
        leaf.key_id(),
        leaf.to_pem(),
        format!("{}  leaf.pub\n", leaf.pem_id()),
        env.read_text("ec/leaf.pem"),
        env.read_text("ec/root.pem"),
    ];
    for certificate in &certificates {
        let key = certificate.ecdsa_key().unwrap();
        lists.extend([key.to_openssh(), key.pem_id(), certificate.fingerprint(), certificate.key_fingerprint()]);
        let pairs = certificate.fingerprint().to_uppercase().into_bytes();
        let pairs: Vec<&str> = pairs.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
        lists.push(format!("sha256 Fingerprint={}\n", pairs.join(":")));
    }
    for list in lists {
        env.write("revoked", &list);
        let ran = verify(&env, &[&root[..], &["--revoked", "revoked"]].concat()).expect(1);
        assert_eq!(reasons(&ran), ["revoked-key"], "{list}");
    }
    // A list about another key changes nothing; one that cannot be read is refused.
    env.write("revoked", ecdsa_key(&env, "ec/p384.pub.pem").to_openssh());
    verify(&env, &[&root[..], &["--revoked", "revoked"]].concat()).expect(0);
    env.write("revoked", "nonsense\n");
    let refused = text(&env, &[&root[..], &["--revoked", "revoked"]].concat()).expect(2);
    assert!(refused.err.contains("fingerprints (SHA-256 in hex)"), "{refused:?}");
}

#[test]
fn a_fingerprint_revokes_an_ed25519_key_too() {
    let env = TestEnv::signed();
    let key = PublicKey::parse(&env.read_text("key.pub")).unwrap();
    let verify = |list: &str| {
        env.write("revoked", list);
        env.openness(["verify", "lm", "--key", "key.pub", "--revoked", "revoked", "--format", "json"])
    };
    for list in [key.key_id(), key.to_pem(), format!("{}\n# and\n{}\n", "0".repeat(64), key.key_id())] {
        assert_eq!(reasons(&verify(&list).expect(1)), ["revoked-key"], "{list}");
    }
    verify(&"0".repeat(64)).expect(0);
}

#[test]
fn a_strangers_file_in_openness_changes_nothing() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem"]);
    let files = |name: &str| format!("{name}/.openness/signatures");
    env.write(&format!("{}/x.sshsig", files("m")), "garbage\n");
    verify(&env, KEY).expect(0);
    // Nor next to a trusted statement.
    let signed = TestEnv::signed();
    signed.add_key("other");
    let own = signed.signature("lm", ".sshsig").with_extension("tlog-proof");
    signed.write(&format!("{}/x.sshsig", files("lm")), "garbage\n");
    for number in 0..70 {
        signed.write(&format!("{}/{number}.tlog-proof", files("lm")), "garbage\n");
    }
    signed.verify("lm").expect(0);
    fs::write(&own, "garbage\n").unwrap();
    assert_eq!(reasons(&signed.verify("lm").expect(1)), ["bad-signature"]);
    fs::remove_file(own).unwrap();
    // A signature by another key, over something else.
    let other = TestEnv::release();
    other.add_key("other");
    other.write("lm/README.md", "# Other\n");
    other.commit("lm");
    other.openness(["sign", "lm", "--key", "other"]).expect(0);
    for ending in [".sshsig", ".sigstore.json"] {
        let name = other.signature("lm", ending);
        let name = name.file_name().unwrap().to_str().unwrap().to_owned();
        signed.write(&format!("{}/{name}", files("lm")), other.read(&format!("{}/{name}", files("lm"))));
    }
    let ran = signed.verify("lm").expect(0).json();
    assert_eq!(ran["signatures"].as_array().unwrap().len(), 5);
    // Without a signature that counts, it is what is wrong with the release.
    let ran = signed.openness(["verify", "lm", "--key", "other.pub", "--format", "json"]);
    assert!(reasons(&ran.expect(1)).contains(&"bad-signature".to_owned()));
}

#[test]
fn a_bad_signature_of_a_trusted_key_fails_next_to_a_good_one() {
    let signed = TestEnv::signed();
    for ending in [".sshsig", ".sigstore.json"] {
        let file = signed.signature("lm", ending);
        let before = fs::read(&file).unwrap();
        for bytes in [b"garbage\n".to_vec(), before[..before.len() / 2].to_vec()] {
            fs::write(&file, bytes).unwrap();
            assert_eq!(reasons(&signed.verify("lm").expect(1)), ["bad-signature"], "{ending}");
        }
        fs::write(&file, before).unwrap();
    }
    // It is known by the key that it names too.
    let other = TestEnv::release();
    other.write("lm/README.md", "# Other\n");
    other.commit("lm");
    other.openness(["sign", "lm", "--key", "key"]).expect(0);
    let bytes = fs::read(other.signature("lm", ".sshsig")).unwrap();
    signed.write("lm/.openness/signatures/x.sshsig", bytes);
    assert_eq!(reasons(&signed.verify("lm").expect(1)), ["bad-signature"]);
}

#[test]
fn a_damaged_bundle_is_mentioned_with_what_is_wrong() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem"]);
    let whole = env.read("m/model.sig");
    for bytes in [
        whole[..whole.len() / 2].to_vec(),
        Vec::new(),
        ["\u{feff}".as_bytes(), &whole].concat(),
        [&whole[..], b"x"].concat(),
    ] {
        env.write("m/model.sig", &bytes);
        let said = text(&env, KEY).expect(1).out;
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("cannot read `model.sig`: it is not a whole bundle of OpenSSF Model Signing: "),
            "{said}"
        );
    }
    fs::remove_file(env.path("m/model.sig")).unwrap();
    #[cfg(unix)]
    {
        env.write("elsewhere", &whole);
        std::os::unix::fs::symlink("../elsewhere", env.path("m/model.sig")).unwrap();
        let said = text(&env, KEY).expect(1).out;
        assert!(said.contains("`model.sig` is a symbolic link and was not read"), "{said}");
    }
}

#[test]
fn lines_of_allowed_signers_say_why_an_ecdsa_key_does_not_count() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem"]);
    let key = ecdsa_key(&env, "ec/p256.pub.pem").to_openssh();
    let check = |line: &str| {
        env.write("signers", format!("{line}\n"));
        let ran = verify(&env, &["--allowed-signers", "signers", "--verify-time", "2026-06-01"]);
        let signature = ran.json()["signatures"][0].clone();
        (reasons(&ran), signature["status"].as_str().unwrap().to_owned(), signature["detail"].to_string())
    };
    for (options, reason, status, words) in [
        ("valid-before=\"20260101Z\" ", "expired-key", "expired", "was valid only until"),
        ("valid-after=\"20270101Z\" ", "expired-key", "not-yet-valid", "valid only after"),
        ("namespaces=\"git\" ", "untrusted-key", "untrusted", "only for the namespaces `git`"),
    ] {
        let found = check(&format!("lab@example.org {options}{key}"));
        assert_eq!((found.0, &*found.1), (vec![reason.to_owned()], status), "{options}");
        assert!(found.2.contains(words), "{}", found.2);
    }
    // Of two lines about one key, one that admits it is enough.
    let both = format!("a@example.org valid-before=\"20260101Z\" {key}\nlab@example.org {key}");
    assert_eq!(check(&both).1, "good");
    env.write("signers", format!("lab@example.org cert-authority {key}\n"));
    let said = text(&env, &["--allowed-signers", "signers"]).expect(1).out;
    assert!(said.contains("`ecdsa-sha2-nistp256 as"), "{said}");
}

#[test]
fn a_file_of_another_kind_than_a_flag_takes_is_answered_with_what_to_do() {
    let env = ecdsa::model();
    sign(&env, &["--key", "ec/p256.pem"]);
    let der = openness::sign::x509::Certificate::read_pem(&env.read_text("ec/root.pem")).unwrap();
    env.write("root.der", der[0].der());
    env.write(
        "rsa.pub",
        "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALZ0\n-----END PUBLIC KEY-----\n",
    );
    for (flags, words) in [
        (["--key", "ec/leaf.pem"], "with `--root ec/leaf.pem`"),
        (["--key", "rsa.pub"], "ECDSA on P-256, P-384 or P-521"),
        (["--root", "root.der"], "`openssl x509 -inform der -in root.der -out root.pem`"),
    ] {
        let refused = text(&env, &flags).expect(2);
        let said = refused.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{said}");
    }
    // The signer is named once.
    let said = text(&env, &["--key", "ec/p384.pub.pem"]).expect(1).out;
    assert_eq!(said.matches("unknown signer").count(), 1, "{said}");
}
