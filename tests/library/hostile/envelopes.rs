//! Missing, untrusted, misused and malformed signatures.

use std::fs;

use openness::sign::{dsse, sshsig};
use openness::snapshot::Snapshot;
use openness::verify::{Reason, Requirements, verify};

use super::reasons::{BAD, CHANGED, check, reasons};
use super::release::{Case, KEY, SIGNER, UNTRUSTED, raw_signature};
use crate::common::ed25519::add_order;

#[test]
fn an_untrusted_first_signature_hides_no_rollback() {
    let case = Case::honest();
    case.write(
        ".openness/signatures/a.sshsig",
        sshsig::sign(&case.read(".openness/statement.json"), &UNTRUSTED).unwrap(),
    );
    assert_eq!(reasons(&case, &[]), Ok(()));
    let snapshot = Snapshot::of_directory(&case.root()).unwrap();
    for (least, expected) in [(3, vec![]), (4, vec![Reason::Rollback])] {
        let requirements = Requirements::new(&case.trust, case.at).least_sequence(least);
        let report = verify(&snapshot, &requirements, &|_| {}).unwrap();
        assert_eq!(report.reasons().iter().copied().collect::<Vec<_>>(), expected, "{least}");
    }
}

#[test]
fn envelopes_and_proofs_are_limited_in_number() {
    let case = Case::honest();
    let notes = |what: &str| case.verify().notes().iter().filter(|note| note.to_string().contains(what)).count();
    for at in 0..64 {
        case.write(&format!(".openness/signatures/{at:02}.tlog-proof"), "");
    }
    assert_eq!((case.verify().proofs().len(), notes("only the first 64 transparency log proofs")), (64, 0));
    case.write(".openness/signatures/64.tlog-proof", "");
    assert_eq!((case.verify().proofs().len(), notes("only the first 64 transparency log proofs")), (64, 1));
    for at in 0..62 {
        case.write(&format!(".openness/signatures/{at:02}.sshsig"), "");
    }
    assert_eq!((case.verify().signatures().len(), notes("only the first 64 signature files")), (64, 0));
    case.write(".openness/signatures/62.sshsig", "");
    assert_eq!((case.verify().signatures().len(), notes("only the first 64 signature files")), (64, 1));
}

#[test]
fn stripped_signatures() {
    check(
        &[
            ("no signatures directory", |c| fs::remove_dir_all(c.path(".openness/signatures")).unwrap(), &["unsigned"]),
            ("no `.openness` directory", |c| fs::remove_dir_all(c.path(".openness")).unwrap(), &["unsigned"]),
            ("only a bundle", Case::only_bundle, &[]),
            ("only an SSH signature", Case::only_sshsig, &[]),
            (
                "a bundle without a statement file",
                |c| {
                    c.only_bundle();
                    c.remove(".openness/statement.json");
                },
                &[],
            ),
            (
                "an SSH signature without a statement file",
                |c| {
                    c.only_sshsig();
                    c.remove(".openness/statement.json");
                },
                BAD,
            ),
            (
                "a statement that is not the signed one",
                |c| {
                    let text = String::from_utf8(c.read(".openness/statement.json")).unwrap();
                    c.write(".openness/statement.json", text.replace("Tiny", "Tony"));
                },
                BAD,
            ),
            (
                "empty envelopes",
                |c| {
                    c.write(".openness/signatures/k.sshsig", "");
                    c.write(".openness/signatures/k.sigstore.json", "");
                },
                BAD,
            ),
            (
                "an empty envelope that nobody made next to good ones",
                |c| c.write(".openness/signatures/a.sshsig", ""),
                &[],
            ),
        ],
        9,
    );
}

#[test]
fn untrusted_signatures() {
    check(
        &[
            (
                "only untrusted signatures",
                |c| {
                    let payload = c.read(".openness/statement.json");
                    c.write(".openness/signatures/k.sigstore.json", dsse::sign(&payload, &UNTRUSTED).unwrap());
                    c.write(".openness/signatures/k.sshsig", sshsig::sign(&payload, &UNTRUSTED).unwrap());
                },
                &["untrusted-key"],
            ),
            (
                "an untrusted signature next to the trusted one",
                |c| {
                    let payload = c.read(".openness/statement.json");
                    c.write(".openness/signatures/a.sshsig", sshsig::sign(&payload, &UNTRUSTED).unwrap());
                },
                &[],
            ),
            (
                "an untrusted signature over another statement",
                |c| {
                    c.write(".openness/signatures/a.sigstore.json", dsse::sign(b"{}", &UNTRUSTED).unwrap());
                },
                &[],
            ),
            (
                "a trusted signature over another statement",
                |c| {
                    c.write(".openness/signatures/a.sigstore.json", dsse::sign(b"{}", &SIGNER).unwrap());
                },
                BAD,
            ),
            (
                "two signed statements and no statement file",
                |c| {
                    c.only_bundle();
                    c.remove(".openness/statement.json");
                    c.write(".openness/signatures/z.sigstore.json", dsse::sign(b"{}", &SIGNER).unwrap());
                },
                BAD,
            ),
            (
                "more signatures than are checked",
                |c| {
                    let signature = c.read(".openness/signatures/k.sshsig");
                    for at in 0..100 {
                        c.write(&format!(".openness/signatures/{at}.sshsig"), &signature);
                    }
                },
                &[],
            ),
            (
                "the signatures of another release",
                |c| {
                    let other = Case::honest();
                    other.write("README.md", "# Other\n");
                    let mut other = other;
                    other.sign_tree();
                    for name in ["statement.json", "SHA256SUMS", "signatures/k.sshsig", "signatures/k.sigstore.json"] {
                        c.write(&format!(".openness/{name}"), other.read(&format!(".openness/{name}")));
                    }
                },
                CHANGED,
            ),
            (
                "the two envelopes swapped",
                |c| {
                    let (bundle, sshsig) =
                        (c.read(".openness/signatures/k.sigstore.json"), c.read(".openness/signatures/k.sshsig"));
                    c.write(".openness/signatures/k.sshsig", bundle);
                    c.write(".openness/signatures/k.sigstore.json", sshsig);
                },
                BAD,
            ),
            (
                "a key of nobody instead of one of two signatures",
                |c| c.write(".openness/signatures/k.sshsig", KEY),
                &[],
            ),
        ],
        9,
    );
}

#[test]
fn signatures_made_for_something_else() {
    check(
        &[
            ("an SSH signature for Git", |c| c.sshsig(|f| f[1] = b"git".to_vec()), BAD),
            ("an SSH signature for a file", |c| c.sshsig(|f| f[1] = b"file".to_vec()), BAD),
            ("an SSH signature for an empty namespace", |c| c.sshsig(|f| f[1].clear()), BAD),
            ("an SSH signature with a reserved field", |c| c.sshsig(|f| f[2] = b"x".to_vec()), BAD),
            ("an SSH signature with another hash", |c| c.sshsig(|f| f[3] = b"sha256".to_vec()), BAD),
            ("an SSH signature with an unknown hash", |c| c.sshsig(|f| f[3] = b"md5".to_vec()), BAD),
            ("an SSH signature for a namespace of version 2", |c| c.sshsig(|f| f[1] = b"openness@v2".to_vec()), BAD),
            ("an SSH signature for the namespace in capitals", |c| c.sshsig(|f| f[1] = b"OPENNESS@V1".to_vec()), BAD),
            ("an SSH signature for the namespace and NUL", |c| c.sshsig(|f| f[1].push(0)), BAD),
            ("an SSH signature with a hash in capitals", |c| c.sshsig(|f| f[3] = b"SHA512".to_vec()), BAD),
            ("an SSH signature without a hash", |c| c.sshsig(|f| f[3].clear()), BAD),
            (
                "an SSH signature over the magic preamble alone",
                |c| {
                    c.sshsig(|f| {
                        f[4] = ssh_signature(&raw_signature(b"SSHSIG"));
                    });
                },
                BAD,
            ),
        ],
        12,
    );
}

#[test]
fn incomplete_ssh_signatures() {
    check(
        &[
            (
                "an SSH signature with an untrusted key in it",
                |c| {
                    c.sshsig(|f| f[0] = blob_of(UNTRUSTED.public().as_bytes()));
                },
                BAD,
            ),
            (
                "an SSH signature with the identity point as its key",
                |c| {
                    c.sshsig(|f| {
                        let mut neutral = [0; 32];
                        neutral[0] = 1;
                        f[0] = blob_of(&neutral);
                    });
                },
                BAD,
            ),
            (
                "an SSH signature with another algorithm",
                |c| {
                    c.sshsig(|f| {
                        f[4] = [&7_u32.to_be_bytes()[..], b"ssh-rsa", &f[4][15..]].concat();
                    });
                },
                BAD,
            ),
            ("an SSH signature with trailing bytes", |c| c.sshsig(|f| f.push(Vec::new())), BAD),
            ("an SSH signature with a missing field", |c| c.sshsig(|f| drop(f.pop())), BAD),
            (
                "text after an SSH signature",
                |c| {
                    let text = c.read(".openness/signatures/k.sshsig");
                    c.write(".openness/signatures/k.sshsig", [&text[..], b"more\n"].concat());
                },
                BAD,
            ),
            ("an SSH signature of 63 bytes", |c| c.sshsig(|f| f[4] = ssh_signature(&[0; 63])), BAD),
            ("an SSH signature of zeros", |c| c.sshsig(|f| f[4] = ssh_signature(&[0; 64])), BAD),
            (
                "an SSH signature with the group order added to S",
                |c| {
                    c.sshsig(|f| {
                        let end = f[4].len();
                        add_order(&mut f[4][end - 32..]);
                    });
                },
                BAD,
            ),
            ("an SSH signature with a truncated key", |c| c.sshsig(|f| f[0].truncate(50)), BAD),
            ("an SSH signature with bytes after its key", |c| c.sshsig(|f| f[0].push(0)), BAD),
            (
                "an SSH signature with an RSA key",
                |c| c.sshsig(|f| f[0] = [&7_u32.to_be_bytes()[..], b"ssh-rsa"].concat()),
                BAD,
            ),
            (
                "an SSH signature with another PEM label",
                |c| {
                    c.only_sshsig();
                    let text = String::from_utf8(c.read(".openness/signatures/k.sshsig")).unwrap();
                    c.write(".openness/signatures/k.sshsig", text.replace("SSH SIGNATURE", "PGP SIGNATURE"));
                },
                BAD,
            ),
            (
                "the same SSH signature twice in one file",
                |c| {
                    let text = c.read(".openness/signatures/k.sshsig");
                    c.write(".openness/signatures/k.sshsig", [&text[..], &text].concat());
                },
                BAD,
            ),
            (
                "an SSH signature with CRLF line endings, as Git may write",
                |c| {
                    c.only_sshsig();
                    let text = String::from_utf8(c.read(".openness/signatures/k.sshsig")).unwrap();
                    c.write(".openness/signatures/k.sshsig", text.replace('\n', "\r\n"));
                },
                &[],
            ),
        ],
        15,
    );
}

/// Encodes an Ed25519 signature in the SSH wire format.
fn ssh_signature(raw: &[u8]) -> Vec<u8> {
    let length = u32::try_from(raw.len()).unwrap();
    [&11_u32.to_be_bytes()[..], b"ssh-ed25519", &length.to_be_bytes(), raw].concat()
}

fn blob_of(key: &[u8; 32]) -> Vec<u8> {
    [&11_u32.to_be_bytes()[..], b"ssh-ed25519", &32_u32.to_be_bytes(), key].concat()
}
