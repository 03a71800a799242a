//! Keys that are not trusted, not yet or no longer valid, or revoked.

use openness::sign::{PublicKey, Revocations, Trust, sshsig};

use super::reasons::check_signed;
use super::release::{SIGNER, STRANGER};

#[test]
fn keys_that_are_trusted_for_something_else() {
    check_signed(
        &[
            ("nobody is trusted", |c| c.trust = Trust::none(), &["untrusted-key"]),
            ("somebody else is trusted", |c| c.trust = Trust::of_keys([*STRANGER.public()]), &["untrusted-key"]),
            ("trusted by name", |c| c.allow(""), &[]),
            ("trusted for our namespace", |c| c.allow("namespaces=\"openness@v1\""), &[]),
            ("trusted for Git alone", |c| c.allow("namespaces=\"git\""), &["untrusted-key"]),
            (
                "trusted for a namespace of another version",
                |c| c.allow("namespaces=\"openness@v2\""),
                &["untrusted-key"],
            ),
            ("trusted to certify alone", |c| c.allow("cert-authority"), &["untrusted-key"]),
            (
                "asked for as somebody else",
                |c| {
                    c.allow("");
                    c.trust = std::mem::take(&mut c.trust).with_identity("other@example.org".to_owned());
                },
                &["untrusted-key"],
            ),
            (
                "asked for as who it is",
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
            "trusted by what the release itself brings",
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
                "the time of signing does not prolong trust",
                |c| {
                    // Signed, as it says, while the key was valid; checked when it is not.
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
                "revoked, however trusted",
                |c| {
                    c.trust = std::mem::take(&mut c.trust).revoke(Revocations::of_keys([*SIGNER.public()]));
                },
                &["revoked-key"],
            ),
            (
                "somebody else revoked",
                |c| {
                    c.trust = std::mem::take(&mut c.trust).revoke(Revocations::of_keys([*STRANGER.public()]));
                },
                &[],
            ),
            (
                "revoked beside a stranger's signature",
                |c| {
                    let payload = c.read(".openness/statement.json");
                    c.write(".openness/signatures/a.sshsig", sshsig::sign(&payload, &STRANGER).unwrap());
                    c.trust = std::mem::take(&mut c.trust).revoke(Revocations::of_keys([*SIGNER.public()]));
                },
                &["untrusted-key", "revoked-key"],
            ),
            (
                "revoked, and trusted by a line that is still valid",
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
