//! Keys that are not trusted, or not for this purpose or at this time.

use openness::sign::{PublicKey, Revocations, Trust, sshsig};

use super::reasons::check_signed;
use super::release::{SIGNER, UNTRUSTED};

#[test]
fn keys_that_are_trusted_for_something_else() {
    check_signed(
        &[
            ("no key is trusted", |c| c.trust = Trust::none(), &["untrusted-key"]),
            ("only another key is trusted", |c| c.trust = Trust::of_keys([*UNTRUSTED.public()]), &["untrusted-key"]),
            ("trusted by principal", |c| c.allow(""), &[]),
            ("trusted for the namespace", |c| c.allow("namespaces=\"openness@v1\""), &[]),
            ("trusted only for Git", |c| c.allow("namespaces=\"git\""), &["untrusted-key"]),
            ("trusted for a namespace of version 2", |c| c.allow("namespaces=\"openness@v2\""), &["untrusted-key"]),
            ("trusted only to certify", |c| c.allow("cert-authority"), &["untrusted-key"]),
            (
                "another identity required",
                |c| {
                    c.allow("");
                    c.trust = std::mem::take(&mut c.trust).with_identity("other@example.org".to_owned());
                },
                &["untrusted-key"],
            ),
            (
                "the right identity required",
                |c| {
                    c.allow("");
                    c.trust = std::mem::take(&mut c.trust).with_identity("lab@example.org".to_owned());
                },
                &[],
            ),
        ],
        9,
    );
}

#[test]
fn keys_that_the_release_itself_brings() {
    check_signed(
        &[(
            "trusted only by a list in the release",
            |c| {
                c.trust = Trust::none();
                let line = format!("* {}\n", SIGNER.public().to_openssh(""));
                c.write("allowed_signers", line);
                c.write(".openness/allowed_signers", "* ssh-ed25519 AAAA");
                c.sign_tree();
            },
            &["untrusted-key"],
        )],
        1,
    );
}

#[test]
fn expired_and_backdated_keys() {
    check_signed(
        &[
            ("trusted until yesterday", |c| c.allow("valid-before=\"20261130Z\""), &["expired-key"]),
            ("trusted from tomorrow", |c| c.allow("valid-after=\"20261202Z\""), &["expired-key"]),
            ("trusted today", |c| c.allow("valid-after=\"20261130Z\",valid-before=\"20261202Z\""), &[]),
            (
                "the claimed time of signing does not extend trust",
                |c| {
                    // The claimed time of signing is within the validity of the key, the time of verification is not.
                    c.allow("valid-before=\"20261123Z\"");
                },
                &["expired-key"],
            ),
        ],
        4,
    );
}

#[test]
fn revoked_keys() {
    check_signed(
        &[
            (
                "trusted and revoked",
                |c| {
                    c.trust = std::mem::take(&mut c.trust).revoke(Revocations::of_keys([*SIGNER.public()]));
                },
                &["revoked-key"],
            ),
            (
                "another key revoked",
                |c| {
                    c.trust = std::mem::take(&mut c.trust).revoke(Revocations::of_keys([*UNTRUSTED.public()]));
                },
                &[],
            ),
            (
                "revoked, with an untrusted signature next to it",
                |c| {
                    let payload = c.read(".openness/statement.json");
                    c.write(".openness/signatures/a.sshsig", sshsig::sign(&payload, &UNTRUSTED).unwrap());
                    c.trust = std::mem::take(&mut c.trust).revoke(Revocations::of_keys([*SIGNER.public()]));
                },
                &["untrusted-key", "revoked-key"],
            ),
            (
                "revoked, and trusted by a valid line",
                |c| {
                    c.allow("valid-before=\"20991231Z\"");
                    c.trust = std::mem::take(&mut c.trust).revoke(Revocations::of_keys([*SIGNER.public()]));
                },
                &["revoked-key"],
            ),
        ],
        4,
    );
}

#[test]
fn a_weak_key_is_refused() {
    assert!(PublicKey::from_bytes(&[0; 32]).is_err());
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert!(PublicKey::from_bytes(&neutral).is_err());
}
