//! [DSSE] in a [Sigstore bundle] v0.3 with a public key: pure Ed25519 over the pre-authentication encoding of an in-toto
//! statement.
//!
//! The reader takes less than the two specifications allow. What is optional there and not understood here (certificates,
//! transparency log entries, time stamps, further signatures) would be material that nobody checked.
//!
//! [DSSE]: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
//! [Sigstore bundle]: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto

use base64ct::{Base64, Base64Url, Encoding};
use serde_json::{Map, Value, json};

use super::MAX_ENVELOPE_BYTES;
use super::envelope::ReadError;
use super::key::{SecretKey, SignError};

/// The type of what is signed; inside the signature, so that it cannot be taken for something else.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// How version 0.3 was spelled at first.
const LEGACY_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.3";

/// The pre-authentication encoding, which is what is signed: `DSSEv1 LENGTH TYPE LENGTH PAYLOAD`.
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Signs an in-toto statement; the same statement and key give the same bytes.
///
/// # Errors
/// [`SignError`] where the machine computes wrongly.
#[expect(clippy::missing_panics_doc, reason = "strings can always be written as JSON")]
pub fn sign(payload: &[u8], key: &SecretKey) -> Result<Vec<u8>, SignError> {
    let signature = key.sign(&pae(PAYLOAD_TYPE, payload))?;
    let key_id = key.public().key_id();
    let bundle = json!({
        "mediaType": MEDIA_TYPE,
        // The bundle's specification wants `hint` and `keyid` equal. `tlogEntries` may be absent there, but the schema of
        // OpenSSF Model Signing asks for it.
        "verificationMaterial": { "publicKey": { "hint": key_id }, "tlogEntries": [] },
        "dsseEnvelope": {
            "payload": Base64::encode_string(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{ "sig": Base64::encode_string(&signature), "keyid": key_id }],
        },
    });
    Ok(crate::json::canonical(&bundle).expect("it holds strings only"))
}

/// A bundle, taken apart.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) payload: Vec<u8>,
    pub(super) signature: [u8; 64],
    /// Selects among the keys of the verifier; proves nothing.
    pub(super) hint: Option<String>,
}

/// Takes a bundle apart. What its payload is thought to be need not be decoded where it is that.
pub(super) fn read(bytes: &[u8], expected: Option<&[u8]>) -> Result<Parts, ReadError> {
    if bytes.len() > MAX_ENVELOPE_BYTES {
        return Err(ReadError::TooLarge);
    }
    let value = crate::json::read(bytes).map_err(ReadError::Json)?;
    let bundle = Node { value: &value, path: "bundle" };
    let [media_type, material, envelope] =
        bundle.members(["mediaType", "verificationMaterial", "dsseEnvelope"], &[])?.0;
    if ![MEDIA_TYPE, LEGACY_MEDIA_TYPE].contains(&media_type.text()?) {
        return Err(media_type.error("is not that of a Sigstore bundle v0.3"));
    }

    if let Some(object) = material.value.as_object()
        && ["certificate", "x509CertificateChain"].iter().any(|name| object.contains_key(*name))
    {
        return Err(ReadError::Certificate);
    }
    let ([public_key], others) = material.members(["publicKey"], &["tlogEntries"])?;
    if let Some(entries) = others.get("tlogEntries")
        && entries.as_array().is_none_or(|entries| !entries.is_empty())
    {
        return Err(ReadError::Bundle {
            path: "tlogEntries",
            problem: "is not the empty list; transparency logs are not supported",
        });
    }
    let (_, material) = public_key.members([], &["hint"])?;
    let hint = optional_text(material, "hint")?;

    let [payload, payload_type, signatures] = envelope.members(["payload", "payloadType", "signatures"], &[])?.0;
    if payload_type.text()? != PAYLOAD_TYPE {
        return Err(payload_type.error("is not that of an in-toto statement"));
    }
    let [signature] = signatures.value.as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(signatures.error("does not hold exactly one signature"));
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

/// A value and what it is called in messages.
#[derive(Clone, Copy)]
struct Node<'a> {
    value: &'a Value,
    path: &'static str,
}

impl<'a> Node<'a> {
    fn error(self, problem: &'static str) -> ReadError {
        ReadError::Bundle { path: self.path, problem }
    }

    /// The required members, and the object itself for the optional ones; any other member is an error.
    fn members<const N: usize>(
        self,
        required: [&'static str; N],
        optional: &[&str],
    ) -> Result<([Self; N], &'a Map<String, Value>), ReadError> {
        let object = self.value.as_object().ok_or(self.error("is no object"))?;
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
        self.value.as_str().ok_or(self.error("is no string"))
    }

    /// Whether it is what we would write. Piece by piece: the whole would be megabytes, to be thrown away.
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

    /// Either alphabet, as DSSE demands; padded, and one spelling for each.
    fn base64(self) -> Result<Vec<u8>, ReadError> {
        let text = self.text()?;
        if let Some(bytes) = super::wire::decode_base64(text) {
            return Ok(bytes);
        }
        Base64Url::decode_vec(text).map_err(|_| self.error("is not in canonical base64"))
    }
}

/// Absent and empty mean the same in both specifications.
fn optional_text(object: &Map<String, Value>, path: &'static str) -> Result<Option<String>, ReadError> {
    match object.get(path) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(ReadError::Bundle { path, problem: "is no string" }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;

    const PAYLOAD: &[u8] = br#"{"_type":"https://in-toto.io/Statement/v1"}"#;

    fn sealed() -> Value {
        let key = SecretKey::generate().unwrap();
        serde_json::from_slice(&sign(PAYLOAD, &key).unwrap()).unwrap()
    }

    fn reread(value: &Value) -> Result<Parts, ReadError> {
        read(value.to_string().as_bytes(), None)
    }

    /// The example of the specification.
    #[test]
    fn the_pre_authentication_encoding_is_that_of_the_specification() {
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(pae("http://example.com/HelloWorld", b"hello world"), expected);
        assert_eq!(pae("é", b""), "DSSEv1 2 é 0 ".as_bytes());
    }

    #[test]
    fn a_bundle_has_these_bytes() {
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
    fn what_we_seal_is_read_and_either_base64_too() {
        let mut bundle = sealed();
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
    fn what_is_expected_changes_nothing_of_what_is_read() {
        let bytes = sealed().to_string().into_bytes();
        let mut other = PAYLOAD.to_vec();
        other[3] ^= 1;
        for expected in [PAYLOAD, &other, &PAYLOAD[1..], b""] {
            assert_eq!(read(&bytes, Some(expected)).unwrap().payload, PAYLOAD);
        }
        // About the pieces in which it is compared.
        for length in [3071, 3072, 3073, 3074, 3075, 6144, 9000] {
            let payload: Vec<u8> = (0..=250).cycle().take(length).collect();
            let mut long = sealed();
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
        let mut empty = sealed();
        empty["dsseEnvelope"]["payload"] = "".into();
        assert_eq!(read(empty.to_string().as_bytes(), Some(PAYLOAD)).unwrap().payload, b"");
        empty["dsseEnvelope"]["payload"] = "=".into();
        assert!(read(empty.to_string().as_bytes(), Some(b"")).is_err());
    }

    #[test]
    fn what_is_not_exactly_such_a_bundle_is_refused() {
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
            let mut bundle = sealed();
            *bundle.pointer_mut(pointer).unwrap() = value.clone();
            assert!(reread(&bundle).is_err(), "{pointer} {value}");
        }
        let mut twice = sealed();
        let signature = twice["dsseEnvelope"]["signatures"][0].clone();
        twice["dsseEnvelope"]["signatures"].as_array_mut().unwrap().push(signature);
        assert!(reread(&twice).is_err());
        for pointer in ["", "/verificationMaterial", "/dsseEnvelope", "/dsseEnvelope/signatures/0"] {
            let mut bundle = sealed();
            bundle.pointer_mut(pointer).unwrap()["extra"] = json!(null);
            assert!(matches!(reread(&bundle), Err(ReadError::Unknown { .. })), "{pointer}");
        }
    }

    #[test]
    fn bytes_around_the_bundle_and_repeated_keys_are_refused() {
        let text = sealed().to_string();
        assert!(read(format!(" {text}\n").as_bytes(), None).is_ok());
        assert!(read(format!("{text}{{}}").as_bytes(), None).is_err());
        assert!(read(format!("\u{feff}{text}").as_bytes(), None).is_err());
        let repeated = text.replacen('{', r#"{"mediaType":"x","#, 1);
        assert!(matches!(read(repeated.as_bytes(), None), Err(ReadError::Json(_))));
        assert!(matches!(read(&vec![b' '; MAX_ENVELOPE_BYTES + 1], None), Err(ReadError::TooLarge)));
    }

    #[test]
    fn certificates_have_a_message_of_their_own() {
        for material in ["certificate", "x509CertificateChain"] {
            let mut bundle = sealed();
            bundle["verificationMaterial"] = json!({ material: { "rawBytes": "" } });
            assert!(matches!(reread(&bundle), Err(ReadError::Certificate)));
        }
    }
}
