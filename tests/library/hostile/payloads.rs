//! Bundles with a wrong payload, or a signature over another encoding of it.

use base64ct::{Base64, Base64Unpadded, Base64Url, Encoding as _};
use openness::sign::dsse;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use super::reasons::{BAD, check};

#[test]
fn payloads_of_another_type() {
    check(
        &[
            ("another payload type", |c| c.bundle(|b| b["dsseEnvelope"]["payloadType"] = "text/plain".into()), BAD),
            ("another payload", |c| c.bundle(|b| b["dsseEnvelope"]["payload"] = "e30=".into()), BAD),
            (
                "the payload type of JSON",
                |c| c.lone_bundle(|b| b["dsseEnvelope"]["payloadType"] = "application/json".into()),
                BAD,
            ),
            (
                "the payload type in capitals",
                |c| c.lone_bundle(|b| b["dsseEnvelope"]["payloadType"] = "Application/vnd.in-toto+json".into()),
                BAD,
            ),
            (
                "the payload type with a parameter",
                |c| {
                    c.lone_bundle(|b| {
                        b["dsseEnvelope"]["payloadType"] = "application/vnd.in-toto+json; charset=utf-8".into();
                    });
                },
                BAD,
            ),
            (
                "the payload type with a trailing space",
                |c| c.lone_bundle(|b| b["dsseEnvelope"]["payloadType"] = "application/vnd.in-toto+json ".into()),
                BAD,
            ),
            (
                "the payload type of OpenVEX",
                |c| c.lone_bundle(|b| b["dsseEnvelope"]["payloadType"] = "text/vex+json".into()),
                BAD,
            ),
            ("an empty payload type", |c| c.lone_bundle(|b| b["dsseEnvelope"]["payloadType"] = "".into()), BAD),
            ("a payload type that is null", |c| c.lone_bundle(|b| b["dsseEnvelope"]["payloadType"] = Value::Null), BAD),
            (
                "a signature over another payload type",
                |c| c.resign(|payload| dsse::pae("application/json", payload)),
                BAD,
            ),
            (
                "a signature over the encoding of an earlier DSSE version",
                |c| {
                    c.resign(|payload| {
                        let kind = dsse::PAYLOAD_TYPE;
                        let number = |number: usize| u64::try_from(number).unwrap().to_le_bytes();
                        [&number(2)[..], &number(kind.len()), kind.as_bytes(), &number(payload.len()), payload].concat()
                    });
                },
                BAD,
            ),
            (
                "a signature over the payload in base64",
                |c| c.resign(|payload| dsse::pae(dsse::PAYLOAD_TYPE, Base64::encode_string(payload).as_bytes())),
                BAD,
            ),
            (
                "a signature over the digest of what is signed",
                |c| c.resign(|payload| Sha512::digest(dsse::pae(dsse::PAYLOAD_TYPE, payload)).to_vec()),
                BAD,
            ),
            (
                "a signature over the SSHSIG encoding",
                |c| {
                    c.resign(|payload| {
                        openness::sign::sshsig::to_be_signed(openness::sign::Namespace::Openness, payload)
                    });
                },
                BAD,
            ),
            ("a signature over the payload without its type", |c| c.resign(<[u8]>::to_vec), BAD),
        ],
        15,
    );
}

#[test]
fn noncanonical_base64() {
    check(
        &[
            (
                "a payload with a trailing line feed",
                |c| {
                    c.bundle(|b| {
                        let payload = b["dsseEnvelope"]["payload"].as_str().unwrap().to_owned();
                        b["dsseEnvelope"]["payload"] = format!("{payload}\n").into();
                    });
                },
                BAD,
            ),
            (
                "a payload in URL-safe base64, which DSSE allows",
                |c| {
                    // With characters that the two alphabets encode differently.
                    c.manifest(|m| m.replace("Example Lab", "Example ???>>>??? Lab"));
                    c.bundle(|b| {
                        let payload = Base64::decode_vec(b["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
                        b["dsseEnvelope"]["payload"] = Base64Url::encode_string(&payload).into();
                    });
                },
                &[],
            ),
            (
                "a payload without padding",
                |c| {
                    c.lone_bundle(|b| {
                        let text = b["dsseEnvelope"]["payload"].as_str().unwrap().to_owned();
                        let payload = Base64::decode_vec(&text).unwrap();
                        b["dsseEnvelope"]["payload"] =
                            Base64Unpadded::encode_string(&payload[..payload.len() - payload.len() % 3 - 1]).into();
                    });
                },
                BAD,
            ),
            (
                "a payload with a leading space",
                |c| {
                    c.lone_bundle(|b| {
                        let text = b["dsseEnvelope"]["payload"].as_str().unwrap();
                        b["dsseEnvelope"]["payload"] = format!(" {text}").into();
                    });
                },
                BAD,
            ),
            (
                "a payload with excess padding",
                |c| {
                    c.lone_bundle(|b| {
                        let text = b["dsseEnvelope"]["payload"].as_str().unwrap();
                        b["dsseEnvelope"]["payload"] = format!("{text}====").into();
                    });
                },
                BAD,
            ),
            ("an empty payload", |c| c.lone_bundle(|b| b["dsseEnvelope"]["payload"] = "".into()), BAD),
            ("a payload that is an object", |c| c.lone_bundle(|b| b["dsseEnvelope"]["payload"] = json!({})), BAD),
            ("a signature without padding", |c| c.lone_signature(Base64Unpadded::encode_string), BAD),
            (
                "a signature with nonzero trailing bits",
                |c| {
                    c.lone_signature(|raw| {
                        let text = Base64::encode_string(raw);
                        let last = text.trim_end_matches('=').len() - 1;
                        let spare = char::from(text.as_bytes()[last] + 1);
                        format!("{}{spare}==", &text[..last])
                    });
                },
                BAD,
            ),
            ("a signature in URL-safe base64, which DSSE allows", |c| c.lone_signature(Base64Url::encode_string), &[]),
            (
                "a signature in hexadecimal",
                |c| c.lone_signature(|raw| raw.iter().map(|byte| format!("{byte:02x}")).collect()),
                BAD,
            ),
        ],
        11,
    );
}
