//! [DSSE v1.0.2] in a [Sigstore bundle] v0.3 with a public key: pure Ed25519 over the pre-authentication encoding of an
//! in-toto statement.
//!
//! The reader accepts less than the two specifications allow. Optional parts that it does not verify (certificates,
//! transparency log entries, timestamps, further signatures) are rejected instead of ignored.
//!
//! [DSSE v1.0.2]: https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
//! [Sigstore bundle]: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto

use base64ct::{Base64, Base64Url, Encoding};
use serde_json::{Map, Value, json};

use super::MAX_ENVELOPE_BYTES;
use super::key::{FaultySignature, PublicKey, SecretKey};
use super::status::ReadError;

/// The payload type of in-toto statements. It is signed along with the payload (in-toto attestation framework,
/// "Envelope").
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// The first spelling of version 0.3.
const LEGACY_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.3";

/// Returns the pre-authentication encoding, the bytes that are signed: `DSSEv1 LENGTH TYPE LENGTH PAYLOAD` (DSSE
/// v1.0.2, "Signature Definition"). Lengths are in bytes.
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Signs an in-toto statement and returns the bundle. The same statement and key give the same bytes.
///
/// # Errors
/// [`FaultySignature`] if the signature does not verify.
pub fn sign(payload: &[u8], key: &SecretKey) -> Result<Vec<u8>, FaultySignature> {
    let signature = key.sign(&pae(PAYLOAD_TYPE, payload))?;
    Ok(assemble(payload, key.public(), &signature))
}

/// Makes a bundle of an in-toto statement and a raw signature over its [`pae`] with [`PAYLOAD_TYPE`].
///
/// Nothing is verified: read the result back with [`super::Envelope::read_dsse`].
#[expect(clippy::missing_panics_doc, reason = "strings can always be written as JSON")]
#[must_use]
pub fn assemble(payload: &[u8], key: &PublicKey, signature: &[u8; 64]) -> Vec<u8> {
    let key_id = key.key_id();
    let bundle = json!({
        "mediaType": MEDIA_TYPE,
        // The bundle specification requires `hint` and `keyid` to be equal. It allows `tlogEntries` to be absent, but
        // the schema of OpenSSF Model Signing requires it.
        "verificationMaterial": { "publicKey": { "hint": key_id }, "tlogEntries": [] },
        "dsseEnvelope": {
            "payload": Base64::encode_string(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{ "sig": Base64::encode_string(signature), "keyid": key_id }],
        },
    });
    crate::json::canonical(&bundle).expect("it holds strings only")
}

/// The parts of a bundle.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) payload: Vec<u8>,
    pub(super) signature: [u8; 64],
    /// The claimed key id. It selects among the verifier's keys and proves nothing.
    pub(super) hint: Option<String>,
}

/// Splits a bundle into its parts; nothing is verified. If the payload is `expected`, it is compared instead of
/// decoded.
pub(super) fn read(bytes: &[u8], expected: Option<&[u8]>) -> Result<Parts, ReadError> {
    if bytes.len() > MAX_ENVELOPE_BYTES {
        return Err(ReadError::TooLarge);
    }
    let value = crate::json::read(bytes).map_err(|error| ReadError::Json(error.into()))?;
    split(&value, expected).map_err(|error| match foreign(&value) {
        Some(why) => ReadError::Foreign { why, named_keys: named_keys(&value), error: Box::new(error) },
        None => error,
    })
}

fn split(value: &Value, expected: Option<&[u8]>) -> Result<Parts, ReadError> {
    let bundle = Node { value, path: "bundle" };
    let [media_type, material, envelope] =
        bundle.members(["mediaType", "verificationMaterial", "dsseEnvelope"], &[])?.0;
    if ![MEDIA_TYPE, LEGACY_MEDIA_TYPE].contains(&media_type.text()?) {
        return Err(media_type.error("is not the media type of a Sigstore bundle v0.3"));
    }

    let ([public_key], others) = material.members(["publicKey"], &["tlogEntries"])?;
    if let Some(entries) = others.get("tlogEntries")
        && entries.as_array().is_none_or(|entries| !entries.is_empty())
    {
        return Err(ReadError::Bundle {
            path: "tlogEntries",
            problem: "is not an empty list; transparency log entries are not supported",
        });
    }
    let (_, material) = public_key.members([], &["hint"])?;
    let hint = optional_text(material, "hint")?;

    let [payload, payload_type, signatures] = envelope.members(["payload", "payloadType", "signatures"], &[])?.0;
    if payload_type.text()? != PAYLOAD_TYPE {
        return Err(payload_type.error("is not the payload type of an in-toto statement"));
    }
    let [signature] = signatures.value.as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(signatures.error("does not contain exactly one signature"));
    };
    let ([signature], others) = Node { value: signature, path: "signatures" }.members(["sig"], &["keyid"])?;
    let key_id = optional_text(others, "keyid")?;
    if let (Some(hint), Some(key_id)) = (&hint, &key_id)
        && hint != key_id
    {
        return Err(ReadError::Bundle { path: "keyid", problem: "differs from the bundle's `hint`" });
    }
    Ok(Parts {
        payload: match expected {
            Some(expected) if payload.is_base64_of(expected)? => expected.to_vec(),
            _ => payload.base64()?,
        },
        signature: signature.base64()?.try_into().map_err(|_| signature.error("is not 64 bytes long"))?,
        hint: hint.or(key_id),
    })
}

/// The media types of all versions of Sigstore bundles start with this.
const ANY_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle";

/// Tells what a bundle that was rejected is, if it is a whole bundle as other tools make it: OpenSSF Model Signing, cosign
/// and the like. Anything that is missing or malformed makes it a broken bundle instead, of which nothing is known.
fn foreign(bundle: &Value) -> Option<&'static str> {
    let text = |pointer: &str| bundle.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let bytes = |pointer: &str| text(pointer).and_then(super::wire::decode_base64);
    let is_filled = |pointer: &str| match bundle.pointer(pointer) {
        Some(Value::Array(items)) => items.iter().all(Value::is_object) && !items.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
        _ => false,
    };
    let media_type = text("/mediaType").filter(|media_type| media_type.starts_with(ANY_MEDIA_TYPE))?;
    let is_certified = bytes("/verificationMaterial/certificate/rawBytes").is_some()
        || bytes("/verificationMaterial/x509CertificateChain/certificates/0/rawBytes").is_some();
    if !is_certified && !bundle.pointer("/verificationMaterial/publicKey").is_some_and(Value::is_object) {
        return None;
    }
    let envelope = bundle.get("dsseEnvelope");
    if envelope.is_none() && bytes("/messageSignature/signature").is_some() {
        return Some("the bundle is a signature of a file instead of a statement");
    }
    bytes("/dsseEnvelope/payload")?;
    let payload_type = text("/dsseEnvelope/payloadType")?;
    let [_] = envelope?.get("signatures")?.as_array()?.as_slice() else { return None };
    let signature = bytes("/dsseEnvelope/signatures/0/sig")?;
    if is_certified {
        return Some("the bundle is signed with an X.509 certificate");
    }
    if payload_type != PAYLOAD_TYPE {
        return Some("the bundle holds something else than an in-toto statement");
    }
    if signature.len() != 64 {
        return Some("the bundle is signed with a key that is not an Ed25519 key");
    }
    if media_type != MEDIA_TYPE && media_type != LEGACY_MEDIA_TYPE {
        return Some("the bundle is a Sigstore bundle of another version than 0.3");
    }
    let with_evidence = "/verificationMaterial/timestampVerificationData";
    if is_filled("/verificationMaterial/tlogEntries") || is_filled(with_evidence) {
        return Some("the bundle contains transparency log entries or timestamps");
    }
    None
}

/// Returns the ids of the keys that a bundle names.
fn named_keys(bundle: &Value) -> Vec<String> {
    let hint = bundle.pointer("/verificationMaterial/publicKey/hint");
    let signatures = bundle.pointer("/dsseEnvelope/signatures").and_then(Value::as_array);
    let ids = signatures.into_iter().flatten().filter_map(|signature| signature.get("keyid"));
    hint.into_iter().chain(ids).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A value and its name in messages.
#[derive(Clone, Copy)]
struct Node<'a> {
    value: &'a Value,
    path: &'static str,
}

impl<'a> Node<'a> {
    fn error(self, problem: &'static str) -> ReadError {
        ReadError::Bundle { path: self.path, problem }
    }

    /// Returns the required members, and the object itself for the optional ones. Any other member is an error.
    fn members<const N: usize>(
        self,
        required: [&'static str; N],
        optional: &[&str],
    ) -> Result<([Self; N], &'a Map<String, Value>), ReadError> {
        let object = self.value.as_object().ok_or(self.error("is not an object"))?;
        if let Some(unknown) =
            object.keys().find(|name| !required.contains(&name.as_str()) && !optional.contains(&name.as_str()))
        {
            return Err(ReadError::Unknown { path: self.path, name: unknown.escape_debug().to_string() });
        }
        let mut found = [self; N];
        for (node, path) in found.iter_mut().zip(required) {
            let value = object.get(path).ok_or(ReadError::Bundle { path, problem: "is missing" })?;
            *node = Node { value, path };
        }
        Ok((found, object))
    }

    fn text(self) -> Result<&'a str, ReadError> {
        self.value.as_str().ok_or(self.error("is not a string"))
    }

    /// Tells whether the text is the base64 of `bytes`. Compared in pieces, because the whole text may be megabytes.
    fn is_base64_of(self, bytes: &[u8]) -> Result<bool, ReadError> {
        const QUANTA: usize = 1024;
        let text = self.text()?.as_bytes();
        let mut buffer = [0; 4 * QUANTA];
        let mut is_same = |(coded, plain): (&[u8], &[u8])| {
            Base64::encode(plain, &mut buffer).is_ok_and(|written| written.as_bytes() == coded)
        };
        Ok(text.len() == Base64::encoded_len(bytes)
            && text.chunks(4 * QUANTA).zip(bytes.chunks(3 * QUANTA)).all(&mut is_same))
    }

    /// Decodes either alphabet (DSSE v1.0.2, protocol.md), padded and canonical.
    fn base64(self) -> Result<Vec<u8>, ReadError> {
        let text = self.text()?;
        if let Some(bytes) = super::wire::decode_base64(text) {
            return Ok(bytes);
        }
        Base64Url::decode_vec(text).map_err(|_| self.error("is not in canonical base64"))
    }
}

/// Returns an optional text. Absent and empty mean the same in both specifications.
fn optional_text(object: &Map<String, Value>, path: &'static str) -> Result<Option<String>, ReadError> {
    match object.get(path) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(ReadError::Bundle { path, problem: "is not a string" }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;

    const PAYLOAD: &[u8] = br#"{"_type":"https://in-toto.io/Statement/v1"}"#;

    fn bundle() -> Value {
        let key = SecretKey::generate().unwrap();
        serde_json::from_slice(&sign(PAYLOAD, &key).unwrap()).unwrap()
    }

    fn reread(value: &Value) -> Result<Parts, ReadError> {
        read(value.to_string().as_bytes(), None)
    }

    /// The example of the specification (DSSE v1.0.2, protocol.md).
    #[test]
    fn the_pre_authentication_encoding_matches_the_specification() {
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(pae("http://example.com/HelloWorld", b"hello world"), expected);
        assert_eq!(pae("é", b""), "DSSEv1 2 é 0 ".as_bytes());
    }

    #[test]
    fn the_bytes_of_a_bundle_are_stable() {
        let key = SecretKey::from_seed(&[7; 32], String::new());
        let bundle = String::from_utf8(sign(b"{}", &key).unwrap()).unwrap();
        let expected = concat!(
            r#"{"dsseEnvelope":{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":["#,
            r#"{"keyid":"324be2dea8bc44461b0233e51fa48902ed6b1cc671e7739af2551e0bfe68f54e","#,
            r#""sig":"ORWHcfVKKs0+69xrM4Hl2nryPn9M4PmOocDR/jPbienxZfBMuMYsdAfknGU0gWMyeM5vRFTMIwnIa3ubN8lhBg=="}]},"#,
            r#""mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"#,
            r#""publicKey":{"hint":"324be2dea8bc44461b0233e51fa48902ed6b1cc671e7739af2551e0bfe68f54e"},"#,
            r#""tlogEntries":[]}}"#
        );
        assert_eq!(bundle, expected);
    }

    #[test]
    fn signed_bundles_are_read_in_either_base64_alphabet() {
        let mut bundle = bundle();
        let parts = reread(&bundle).unwrap();
        assert_eq!(parts.payload, PAYLOAD);
        bundle["dsseEnvelope"]["payload"] = Base64Url::encode_string(&[0xff; 2]).into();
        assert_eq!(reread(&bundle).unwrap().payload, [0xff; 2]);
        bundle["mediaType"] = LEGACY_MEDIA_TYPE.into();
        bundle["verificationMaterial"] = json!({ "publicKey": {} });
        assert_eq!(reread(&bundle).unwrap().hint, parts.hint);
        bundle["dsseEnvelope"]["signatures"][0].as_object_mut().unwrap().remove("keyid");
        assert_eq!(reread(&bundle).unwrap().hint, None);
    }

    #[test]
    fn an_expected_payload_does_not_change_the_result() {
        let bytes = bundle().to_string().into_bytes();
        let mut other = PAYLOAD.to_vec();
        other[3] ^= 1;
        for expected in [PAYLOAD, &other, &PAYLOAD[1..], b""] {
            assert_eq!(read(&bytes, Some(expected)).unwrap().payload, PAYLOAD);
        }
        // Around the size of the pieces in which it is compared.
        for length in [3071, 3072, 3073, 3074, 3075, 6144, 9000] {
            let payload: Vec<u8> = (0..=250).cycle().take(length).collect();
            let mut long = bundle();
            long["dsseEnvelope"]["payload"] = Base64::encode_string(&payload).into();
            let node = Node { value: &long["dsseEnvelope"]["payload"], path: "payload" };
            assert!(node.is_base64_of(&payload).unwrap());
            for at in [0, 3070, length - 1] {
                let mut other = payload.clone();
                other[at] ^= 1;
                assert!(!node.is_base64_of(&other).unwrap(), "{length}, {at}");
                assert_eq!(read(long.to_string().as_bytes(), Some(&other)).unwrap().payload, payload);
            }
            assert!(!node.is_base64_of(&payload[1..]).unwrap());
            assert_eq!(read(long.to_string().as_bytes(), Some(&payload)).unwrap().payload, payload);
        }
        let mut empty = bundle();
        empty["dsseEnvelope"]["payload"] = "".into();
        assert_eq!(read(empty.to_string().as_bytes(), Some(PAYLOAD)).unwrap().payload, b"");
        empty["dsseEnvelope"]["payload"] = "=".into();
        assert!(read(empty.to_string().as_bytes(), Some(b"")).is_err());
    }

    #[test]
    fn rejects_any_other_bundle() {
        let key_id = "0".repeat(64);
        for (pointer, value) in [
            ("/mediaType", json!("application/vnd.dev.sigstore.bundle.v0.2+json")),
            ("/mediaType", json!("application/vnd.dev.sigstore.bundle.v0.3+json ")),
            ("/mediaType", json!(3)),
            ("/verificationMaterial", json!({})),
            ("/verificationMaterial/publicKey", json!({ "hint": key_id })),
            ("/verificationMaterial/publicKey", json!({ "hint": 1 })),
            ("/verificationMaterial/publicKey", json!({ "hint": "", "rawBytes": "" })),
            ("/verificationMaterial/tlogEntries", json!([{}])),
            ("/verificationMaterial/tlogEntries", json!(null)),
            ("/dsseEnvelope/payloadType", json!("application/vnd.in-toto+json; charset=utf-8")),
            ("/dsseEnvelope/payloadType", json!("text/plain")),
            ("/dsseEnvelope/payload", json!("e30")),
            ("/dsseEnvelope/payload", json!("e31=")),
            ("/dsseEnvelope/payload", json!("__9=")),
            ("/dsseEnvelope/payload", json!("_/8=")),
            ("/dsseEnvelope/payload", json!("e3 0=")),
            ("/dsseEnvelope/payload", json!({})),
            ("/dsseEnvelope/signatures", json!([])),
            ("/dsseEnvelope/signatures", json!({})),
            ("/dsseEnvelope/signatures/0/sig", json!("")),
            ("/dsseEnvelope/signatures/0/sig", json!(Base64::encode_string(&[0; 65]))),
            ("/dsseEnvelope/signatures/0/keyid", json!(key_id)),
            ("/dsseEnvelope/signatures/0", json!({ "sig": Base64::encode_string(&[0; 64]), "cert": "" })),
            ("/dsseEnvelope", json!("")),
        ] {
            let mut bundle = bundle();
            *bundle.pointer_mut(pointer).unwrap() = value.clone();
            assert!(reread(&bundle).is_err(), "{pointer} {value}");
        }
        let mut twice = bundle();
        let signature = twice["dsseEnvelope"]["signatures"][0].clone();
        twice["dsseEnvelope"]["signatures"].as_array_mut().unwrap().push(signature);
        assert!(reread(&twice).is_err());
        for pointer in ["", "/verificationMaterial", "/dsseEnvelope", "/dsseEnvelope/signatures/0"] {
            let mut bundle = bundle();
            bundle.pointer_mut(pointer).unwrap()["extra"] = json!(null);
            assert!(matches!(reread(&bundle), Err(ReadError::Unknown { .. })), "{pointer}");
        }
    }

    #[test]
    fn rejects_trailing_bytes_and_repeated_keys() {
        let text = bundle().to_string();
        assert!(read(format!(" {text}\n").as_bytes(), None).is_ok());
        assert!(read(format!("{text}{{}}").as_bytes(), None).is_err());
        assert!(read(format!("\u{feff}{text}").as_bytes(), None).is_err());
        let repeated = text.replacen('{', r#"{"mediaType":"x","#, 1);
        assert!(matches!(read(repeated.as_bytes(), None), Err(ReadError::Json(_))));
        assert!(matches!(read(&vec![b' '; MAX_ENVELOPE_BYTES + 1], None), Err(ReadError::TooLarge)));
    }

    #[test]
    fn whole_bundles_of_other_tools_are_foreign_and_broken_ones_are_not() {
        let certificate = json!({ "rawBytes": "AAAA" });
        let der = Base64::encode_string(&[&[0x30, 68][..], &[7; 68]].concat());
        let change = |changes: &[(&str, Value)]| {
            let mut bundle = bundle();
            for (pointer, value) in changes {
                *bundle.pointer_mut(pointer).unwrap() = value.clone();
            }
            bundle
        };
        let material = "/verificationMaterial";
        let old_version = json!("application/vnd.dev.sigstore.bundle+json;version=0.2");
        let mut of_a_file = bundle();
        let object = of_a_file.as_object_mut().unwrap();
        object.remove("dsseEnvelope");
        object.insert("messageSignature".to_owned(), json!({ "messageDigest": {}, "signature": der }));
        let foreign = [
            change(&[(material, json!({ "certificate": certificate, "tlogEntries": [{}] }))]),
            change(&[(material, json!({ "x509CertificateChain": { "certificates": [certificate] } }))]),
            change(&[("/dsseEnvelope/signatures/0/sig", json!(der))]),
            change(&[("/dsseEnvelope/payloadType", json!("text/plain"))]),
            change(&[("/mediaType", old_version.clone())]),
            change(&[("/verificationMaterial/tlogEntries", json!([{ "logIndex": "1" }]))]),
            of_a_file.clone(),
        ];
        for bundle in foreign {
            let error = reread(&bundle).unwrap_err();
            assert!(matches!(error, ReadError::Foreign { .. }), "{bundle}: {error:?}");
            // Without the media type it is nothing known.
            let mut untyped = bundle.clone();
            untyped["mediaType"] = json!("application/json");
            let error = reread(&untyped).unwrap_err();
            assert!(!matches!(error, ReadError::Foreign { .. }), "{untyped}: {error:?}");
        }
        of_a_file["messageSignature"]["signature"] = json!("");
        let broken = [
            change(&[(material, json!({ "certificate": { "rawBytes": "" } }))]),
            change(&[(material, json!({ "x509CertificateChain": { "certificates": [] } }))]),
            change(&[(material, json!({}))]),
            change(&[("/dsseEnvelope/signatures/0/sig", json!(""))]),
            change(&[("/dsseEnvelope/payloadType", json!(""))]),
            change(&[("/dsseEnvelope/payload", json!("e30")), ("/mediaType", old_version)]),
            change(&[("/verificationMaterial/tlogEntries", json!({}))]),
            of_a_file,
        ];
        for bundle in broken {
            let error = reread(&bundle).unwrap_err();
            assert!(!matches!(error, ReadError::Foreign { .. }), "{bundle}: {error:?}");
        }
    }

    #[test]
    fn a_foreign_bundle_lists_the_keys_that_it_names() {
        let mut bundle = bundle();
        bundle["dsseEnvelope"]["payloadType"] = json!("text/plain");
        let id = bundle["verificationMaterial"]["publicKey"]["hint"].as_str().unwrap().to_owned();
        bundle["dsseEnvelope"]["signatures"][0]["keyid"] = json!("other");
        let Err(ReadError::Foreign { named_keys, .. }) = reread(&bundle) else { panic!("{bundle}") };
        assert_eq!(named_keys, [id, "other".to_owned()]);
    }
}
