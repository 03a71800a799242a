//! Bundles (DSSE in Sigstore's JSON) that are malformed or contain parts that are not checked.

use base64ct::{Base64, Encoding as _};
use openness::sign::dsse;
use serde_json::{Value, json};

use super::reasons::{BAD, check};
use super::release::{SIGNER, UNTRUSTED};
use crate::common::ed25519::add_order;

#[test]
fn bundles_without_exactly_one_signature() {
    check(
        &[
            (
                "two signatures in a bundle",
                |c| {
                    c.bundle(|b| {
                        let signatures = b["dsseEnvelope"]["signatures"].as_array_mut().unwrap();
                        signatures.push(signatures[0].clone());
                    });
                },
                BAD,
            ),
            ("no signature in a bundle", |c| c.bundle(|b| b["dsseEnvelope"]["signatures"] = json!([])), BAD),
            (
                "a second signature by an untrusted key",
                |c| {
                    c.lone_bundle(|b| {
                        let theirs = dsse::sign(b"{}", &UNTRUSTED).unwrap();
                        let theirs: Value = serde_json::from_slice(&theirs).unwrap();
                        let signatures = b["dsseEnvelope"]["signatures"].as_array_mut().unwrap();
                        signatures.push(theirs["dsseEnvelope"]["signatures"][0].clone());
                    });
                },
                BAD,
            ),
            (
                "a second signature that is an empty object",
                |c| c.lone_bundle(|b| b["dsseEnvelope"]["signatures"].as_array_mut().unwrap().push(json!({}))),
                BAD,
            ),
            (
                "signatures that are an object",
                |c| {
                    c.lone_bundle(|b| {
                        b["dsseEnvelope"]["signatures"] = json!({"0": b["dsseEnvelope"]["signatures"][0]});
                    });
                },
                BAD,
            ),
            ("signatures that are null", |c| c.lone_bundle(|b| b["dsseEnvelope"]["signatures"] = Value::Null), BAD),
            (
                "a signature that is a string",
                |c| {
                    c.lone_bundle(|b| {
                        b["dsseEnvelope"]["signatures"] = json!([b["dsseEnvelope"]["signatures"][0]["sig"]]);
                    });
                },
                BAD,
            ),
        ],
        7,
    );
}

#[test]
fn bundles_in_noncanonical_encodings() {
    check(
        &[
            (
                "trailing bytes after a bundle",
                |c| {
                    let mut bytes = c.read(".openness/signatures/k.sigstore.json");
                    bytes.extend(b"{}");
                    c.write(".openness/signatures/k.sigstore.json", bytes);
                },
                BAD,
            ),
            (
                "a repeated key in a bundle",
                |c| {
                    let text = String::from_utf8(c.read(".openness/signatures/k.sigstore.json")).unwrap();
                    c.write(".openness/signatures/k.sigstore.json", text.replacen('{', "{\"mediaType\":\"x\",", 1));
                },
                BAD,
            ),
            ("an unknown key in a bundle", |c| c.bundle(|b| b["extra"] = json!({})), BAD),
            (
                "a bundle of version 0.2",
                |c| {
                    c.bundle(|b| {
                        b["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.2+json".into();
                    });
                },
                BAD,
            ),
            (
                "a repeated `sig` in a bundle",
                |c| c.lone_text(|text| text.replacen("\"sig\":", "\"sig\":\"AAAA\",\"sig\":", 1)),
                BAD,
            ),
            (
                "a repeated `payload` in a bundle",
                |c| c.lone_text(|text| text.replacen("\"payload\":", "\"payload\":\"e30=\",\"payload\":", 1)),
                BAD,
            ),
            (
                "two bundles, one per line",
                |c| {
                    c.lone_text(|text| format!("{text}\n{text}\n"));
                },
                BAD,
            ),
            (
                "a bundle with a byte order mark",
                |c| {
                    c.lone_text(|text| format!("\u{feff}{text}"));
                },
                BAD,
            ),
            (
                "a bundle in a list",
                |c| {
                    c.lone_text(|text| format!("[{text}]"));
                },
                BAD,
            ),
            (
                "deeply nested arrays instead of a bundle",
                |c| {
                    c.only_bundle();
                    c.write(".openness/signatures/k.sigstore.json", "[".repeat(100_000));
                },
                BAD,
            ),
            (
                "a bundle with line breaks, which is valid",
                |c| {
                    c.only_bundle();
                    let value: Value = serde_json::from_slice(&c.read(".openness/signatures/k.sigstore.json")).unwrap();
                    c.write(".openness/signatures/k.sigstore.json", serde_json::to_string_pretty(&value).unwrap());
                },
                &[],
            ),
            (
                "a bundle of version 0.1",
                |c| {
                    c.lone_bundle(|b| {
                        b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1".into();
                    });
                },
                BAD,
            ),
            (
                "a bundle of version 0.4",
                |c| c.lone_bundle(|b| b["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.4+json".into()),
                BAD,
            ),
            (
                "a bundle of version 0.3 in its older spelling",
                |c| {
                    c.lone_bundle(|b| {
                        b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.3".into();
                    });
                },
                &[],
            ),
            ("a bundle without a type", |c| c.lone_bundle(|b| b["mediaType"] = Value::Null), BAD),
            ("a bare envelope", |c| c.lone_bundle(|b| *b = b["dsseEnvelope"].clone()), BAD),
            (
                "a message signature next to the envelope",
                |c| c.lone_bundle(|b| b["messageSignature"] = json!({"signature": ""})),
                BAD,
            ),
            (
                "a message signature instead of the envelope",
                |c| {
                    c.lone_bundle(|b| {
                        b.as_object_mut().unwrap().remove("dsseEnvelope");
                        b["messageSignature"] = json!({"signature": ""});
                    });
                },
                BAD,
            ),
            ("an unknown key in an envelope", |c| c.lone_bundle(|b| b["dsseEnvelope"]["note"] = "x".into()), BAD),
            (
                "an unknown key in a signature",
                |c| c.lone_bundle(|b| b["dsseEnvelope"]["signatures"][0]["cert"] = "x".into()),
                BAD,
            ),
        ],
        20,
    );
}

#[test]
fn bundles_with_unchecked_material() {
    check(
        &[
            (
                "a bundle with a certificate",
                |c| {
                    c.bundle(|b| {
                        b["verificationMaterial"] = json!({"certificate": {"rawBytes": ""}});
                    });
                },
                BAD,
            ),
            (
                "a bundle with a log entry",
                |c| {
                    c.bundle(|b| {
                        b["verificationMaterial"]["tlogEntries"] = json!([{}]);
                    });
                },
                BAD,
            ),
            (
                "a certificate next to the key",
                |c| c.lone_bundle(|b| b["verificationMaterial"]["certificate"] = json!({"rawBytes": "AAAA"})),
                BAD,
            ),
            (
                "a certificate chain",
                |c| {
                    c.lone_bundle(|b| {
                        b["verificationMaterial"] = json!({"x509CertificateChain": {"certificates": []}});
                    });
                },
                BAD,
            ),
            (
                "a timestamp",
                |c| {
                    c.lone_bundle(|b| {
                        b["verificationMaterial"]["timestampVerificationData"] =
                            json!({"rfc3161Timestamps": [{"signedTimestamp": "AAAA"}]});
                    });
                },
                BAD,
            ),
            (
                "log entries that are null",
                |c| c.lone_bundle(|b| b["verificationMaterial"]["tlogEntries"] = Value::Null),
                BAD,
            ),
            (
                "log entries that are an object",
                |c| c.lone_bundle(|b| b["verificationMaterial"]["tlogEntries"] = json!({})),
                BAD,
            ),
            (
                "no list of log entries",
                |c| c.lone_bundle(|b| drop(b["verificationMaterial"].as_object_mut().unwrap().remove("tlogEntries"))),
                &[],
            ),
            (
                "a key with its bytes",
                |c| {
                    c.lone_bundle(|b| {
                        b["verificationMaterial"]["publicKey"]["rawBytes"] =
                            Base64::encode_string(UNTRUSTED.public().as_bytes()).into();
                    });
                },
                BAD,
            ),
            ("no key", |c| c.lone_bundle(|b| b["verificationMaterial"] = json!({"tlogEntries": []})), BAD),
            ("a key that is null", |c| c.lone_bundle(|b| b["verificationMaterial"]["publicKey"] = Value::Null), BAD),
            (
                "no verification material",
                |c| c.lone_bundle(|b| drop(b.as_object_mut().unwrap().remove("verificationMaterial"))),
                BAD,
            ),
        ],
        12,
    );
}

#[test]
fn invalid_signatures() {
    check(
        &[
            (
                "a signature with the group order added to S",
                |c| {
                    c.only_bundle();
                    c.bundle(|b| {
                        let signature = &mut b["dsseEnvelope"]["signatures"][0]["sig"];
                        let mut bytes = Base64::decode_vec(signature.as_str().unwrap()).unwrap();
                        add_order(&mut bytes[32..]);
                        *signature = Base64::encode_string(&bytes).into();
                    });
                },
                BAD,
            ),
            ("a signature of 63 bytes", |c| c.lone_signature(|raw| Base64::encode_string(&raw[..63])), BAD),
            ("a signature of 65 bytes", |c| c.lone_signature(|raw| Base64::encode_string(&[raw, &[0]].concat())), BAD),
            ("a signature of zeros", |c| c.lone_signature(|_| Base64::encode_string(&[0; 64])), BAD),
            ("an empty signature", |c| c.lone_signature(|_| String::new()), BAD),
            (
                "a signature with its halves swapped",
                |c| c.lone_signature(|raw| Base64::encode_string(&[&raw[32..], &raw[..32]].concat())),
                BAD,
            ),
            (
                "a signature in DER",
                |c| c.lone_signature(|raw| Base64::encode_string(&[&[3, 65, 0], raw].concat())),
                BAD,
            ),
        ],
        7,
    );
}

#[test]
fn wrong_key_ids_and_hints() {
    check(
        &[
            (
                "a keyid that differs from the hint",
                |c| {
                    c.bundle(|b| {
                        b["dsseEnvelope"]["signatures"][0]["keyid"] = UNTRUSTED.public().key_id().into();
                    });
                },
                BAD,
            ),
            (
                "an untrusted signature with the trusted key id",
                |c| {
                    let payload = c.read(".openness/statement.json");
                    let theirs = String::from_utf8(dsse::sign(&payload, &UNTRUSTED).unwrap()).unwrap();
                    c.only_bundle();
                    c.write(
                        ".openness/signatures/k.sigstore.json",
                        theirs.replace(&UNTRUSTED.public().key_id(), &SIGNER.public().key_id()),
                    );
                },
                BAD,
            ),
            (
                "a trusted signature with an untrusted key id",
                |c| {
                    c.only_bundle();
                    let ours = String::from_utf8(c.read(".openness/signatures/k.sigstore.json")).unwrap();
                    c.write(
                        ".openness/signatures/k.sigstore.json",
                        ours.replace(&SIGNER.public().key_id(), &UNTRUSTED.public().key_id()),
                    );
                },
                &["untrusted-key"],
            ),
            (
                "a trusted signature without a key id",
                |c| {
                    let ours = String::from_utf8(c.read(".openness/signatures/k.sigstore.json")).unwrap();
                    c.write(".openness/signatures/k.sigstore.json", ours.replace(&SIGNER.public().key_id(), ""));
                },
                &[],
            ),
            ("a keyid without a hint", |c| c.lone_bundle(|b| b["verificationMaterial"]["publicKey"] = json!({})), &[]),
            (
                "a hint without a keyid",
                |c| {
                    c.lone_bundle(|b| {
                        drop(b["dsseEnvelope"]["signatures"][0].as_object_mut().unwrap().remove("keyid"));
                    });
                },
                &[],
            ),
            (
                "a keyid in capitals",
                |c| {
                    c.lone_bundle(|b| {
                        let id = SIGNER.public().key_id().to_uppercase();
                        b["dsseEnvelope"]["signatures"][0]["keyid"] = id.into();
                    });
                },
                BAD,
            ),
            (
                "a keyid and a hint in capitals",
                |c| {
                    c.lone_bundle(|b| {
                        let id = SIGNER.public().key_id().to_uppercase();
                        b["dsseEnvelope"]["signatures"][0]["keyid"] = id.clone().into();
                        b["verificationMaterial"]["publicKey"]["hint"] = id.into();
                    });
                },
                &["untrusted-key"],
            ),
            (
                "a truncated keyid",
                |c| {
                    c.lone_bundle(|b| {
                        b["dsseEnvelope"]["signatures"][0]["keyid"] = SIGNER.public().key_id()[..16].into();
                    });
                },
                BAD,
            ),
            (
                "a keyid that is a number",
                |c| c.lone_bundle(|b| b["dsseEnvelope"]["signatures"][0]["keyid"] = 1.into()),
                BAD,
            ),
            (
                "a hint that is null",
                |c| c.lone_bundle(|b| b["verificationMaterial"]["publicKey"]["hint"] = Value::Null),
                BAD,
            ),
            (
                "a hint that is a path",
                |c| {
                    c.lone_bundle(|b| {
                        b["verificationMaterial"]["publicKey"]["hint"] = "../../key.pub".into();
                        b["dsseEnvelope"]["signatures"][0]["keyid"] = "../../key.pub".into();
                    });
                },
                &["untrusted-key"],
            ),
        ],
        12,
    );
}
