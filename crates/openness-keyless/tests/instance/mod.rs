//! A Sigstore instance that is only for tests: a root and an intermediate authority, logs of certificates and of signatures
//! (Rekor 1 and 2), and a timestamp authority (RFC 3161), all with keys that anyone can compute.
//!
//! Signing is deterministic, so the same wish gives the same bytes.

mod der;

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use der::{bits, boolean, integer, octets, oid, sequence, set, text, time, tlv, utc_time};

/// Who signs, and who vouches for it.
pub(crate) const IDENTITY: &str = "release@lab.example";
pub(crate) const ISSUER: &str = "https://idp.lab.example/oauth2";
/// 2026-01-01T00:05:00Z: in the middle of the time for which the leaf is valid.
pub(crate) const SIGNED_AT: i64 = 1_767_225_900;
const SIGNED_AT_TEXT: &str = "20260101000500Z";
const ORIGIN: &str = "rekor.test.example";
const ORIGIN_2: &str = "log2.test.example";
const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";

/// A key of which the name is the secret.
#[derive(Clone)]
struct Key(p256::ecdsa::SigningKey);

impl Key {
    fn of(name: &str) -> Self {
        Self(p256::ecdsa::SigningKey::from_slice(&Sha256::digest(format!("openness test: {name}"))).unwrap())
    }

    fn spki(&self) -> Vec<u8> {
        let point = self.0.verifying_key().to_sec1_point(false);
        let algorithm = sequence(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")]);
        sequence(&[algorithm, bits(point.as_bytes())])
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: p256::ecdsa::DerSignature = self.0.sign(message);
        signature.as_bytes().to_vec()
    }
}

/// What a bundle should be like. The default is a good one.
#[derive(Clone, Default)]
pub(crate) struct Wish {
    /// Rekor 2 with a timestamp, in place of Rekor 1.
    pub(crate) is_second: bool,
    /// A timestamp next to an entry of Rekor 1.
    pub(crate) has_timestamp: bool,
    pub(crate) flaw: Option<Flaw>,
}

/// One thing that is wrong, everything else being signed properly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// An authority of the same names with another key, whose certificate the bundle cannot bring along.
    OtherRoot,
    /// The leaf is for servers.
    WrongUsage,
    /// The leaf has a critical extension that no verifier knows.
    UnknownCriticalExtension,
    /// The leaf ended a year before.
    ExpiredLeaf,
    /// The leaf begins a year later.
    EarlyLeaf,
    /// The log of certificates did not sign the promise in the leaf.
    OtherCertificateLog,
    /// The leaf has no promise of a log of certificates.
    NoSct,
    /// The leaf names who signs, but not who vouches for it.
    NoIssuer,
    /// A log with another key has the entry.
    OtherLog,
    /// The promise of the log is for another time.
    OtherTime,
    /// The checkpoint is of a later tree.
    LaterTree,
    /// The path does not lead to the root.
    OtherPath,
    /// The entry is of another signature.
    OtherEntry,
    /// The signature is over another statement.
    OtherStatement,
    /// The timestamp is by an authority that the root does not name.
    OtherTimestampAuthority,
    /// An authority under the name of the trusted one.
    ImpostorTimestampAuthority,
    /// The timestamp is over another signature.
    TimestampOfOther,
    /// The timestamp is of a time when the leaf was not valid.
    LateTimestamp,
    /// The certificate of the timestamp authority is for servers.
    WrongTimestampUsage,
    /// There is no timestamp, although Rekor 2 has no times.
    NoTimestamp,
}

impl Wish {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn name(common: &str) -> Vec<u8> {
    sequence(&[set(&[sequence(&[oid("2.5.4.3"), text(common)])])])
}

fn extension(id: &str, is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if is_critical { boolean() } else { Vec::new() };
    sequence(&[oid(id), critical, octets(value)])
}

fn ecdsa_sha256() -> Vec<u8> {
    sequence(&[oid("1.2.840.10045.4.3.2")])
}

/// The parts of a certificate.
struct Certificate<'a> {
    subject: Vec<u8>,
    key: &'a Key,
    issuer: Vec<u8>,
    by: &'a Key,
    serial: u8,
    from: &'a str,
    to: &'a str,
    extensions: Vec<Vec<u8>>,
}

impl Certificate<'_> {
    fn tbs(&self) -> Vec<u8> {
        sequence(&[
            tlv(0xa0, &[integer(2)]),
            integer(self.serial),
            ecdsa_sha256(),
            self.issuer.clone(),
            sequence(&[utc_time(self.from), utc_time(self.to)]),
            self.subject.clone(),
            self.key.spki(),
            tlv(0xa3, &[sequence(&self.extensions)]),
        ])
    }

    fn sign(&self) -> Vec<u8> {
        let tbs = self.tbs();
        let signature = self.by.sign(&tbs);
        sequence(&[tbs, ecdsa_sha256(), bits(&signature)])
    }
}

fn authority(subject: &str, key: &Key, issuer: &str, by: &Key, serial: u8) -> Vec<u8> {
    let constraints = extension("2.5.29.19", true, &sequence(&[boolean()]));
    let usage = extension("2.5.29.15", true, &tlv(0x03, &[vec![1, 0x06]]));
    let (subject, issuer) = (name(subject), name(issuer));
    let (from, to) = ("20250101000000Z", "20450101000000Z");
    Certificate { subject, key, issuer, by, serial, from, to, extensions: vec![constraints, usage] }.sign()
}

fn usage(id: &str) -> Vec<u8> {
    extension("2.5.29.37", id == TIME_STAMPING, &sequence(&[oid(id)]))
}

/// The certificate of the signer, with the promise of the log of certificates.
fn leaf(wish: &Wish) -> Vec<u8> {
    let by = Key::of(if wish.has(Flaw::OtherRoot) { "other root" } else { "intermediate" });
    let (from, to) = match wish.flaw {
        Some(Flaw::ExpiredLeaf) => ("20250101000000Z", "20250101001000Z"),
        Some(Flaw::EarlyLeaf) => ("20270101000000Z", "20270101001000Z"),
        _ => ("20260101000000Z", "20260101001000Z"),
    };
    let mut extensions = vec![
        extension("2.5.29.15", true, &tlv(0x03, &[vec![7, 0x80]])),
        usage(if wish.has(Flaw::WrongUsage) { SERVER } else { CODE_SIGNING }),
        extension("2.5.29.17", true, &sequence(&[tlv(0x81, &[IDENTITY.as_bytes().to_vec()])])),
    ];
    if !wish.has(Flaw::NoIssuer) {
        extensions.push(extension("1.3.6.1.4.1.57264.1.8", false, &text(ISSUER)));
    }
    if wish.has(Flaw::UnknownCriticalExtension) {
        extensions.push(extension("1.3.6.1.4.1.99999.1", true, &text("x")));
    }
    let key = Key::of("leaf");
    let subject = sequence(&[]);
    let mut leaf =
        Certificate { subject, key: &key, issuer: name("Test Intermediate"), by: &by, serial: 9, from, to, extensions };
    if !wish.has(Flaw::NoSct) {
        let sct = sct(wish, &leaf.tbs(), &by);
        leaf.extensions.push(extension("1.3.6.1.4.1.11129.2.4.2", false, &octets(&sct)));
    }
    leaf.sign()
}

/// RFC 6962 §3.2 and §3.3: a list of one timestamp.
fn sct(wish: &Wish, tbs: &[u8], issuer: &Key) -> Vec<u8> {
    let log = Key::of("certificate log");
    let signer = if wish.has(Flaw::OtherCertificateLog) { Key::of("other log") } else { log.clone() };
    let time = u64::try_from(SIGNED_AT - 300).unwrap() * 1000;
    let length = u32::try_from(tbs.len()).unwrap().to_be_bytes();
    let signed =
        [&[0, 0][..], &time.to_be_bytes(), &[0, 1], &digest(&issuer.spki()), &length[1..], tbs, &[0, 0]].concat();
    let signature = signer.sign(&signed);
    let short = |length: usize| u16::try_from(length).unwrap().to_be_bytes();
    let sct = [&[0][..], &digest(&log.spki()), &time.to_be_bytes(), &[0, 0, 4, 3], &short(signature.len()), &signature]
        .concat();
    [&short(sct.len() + 2)[..], &short(sct.len()), &sct].concat()
}

fn certificate_pem(der: &[u8]) -> String {
    let text = base64(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// DSSE, "pre-authentication encoding".
fn pae(payload: &[u8]) -> Vec<u8> {
    [format!("DSSEv1 28 application/vnd.in-toto+json {} ", payload.len()).as_bytes(), payload].concat()
}

/// RFC 6962 §2.1: a tree of two leaves of which the entry is the second. Returns the root and the path.
fn tree(entry: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let other = digest(&[&[0][..], b"another entry"].concat());
    let leaf = digest(&[&[0][..], entry].concat());
    (digest(&[&[1][..], &other, &leaf].concat()), other)
}

fn ed25519(name: &str) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&Sha256::digest(format!("openness test: {name}")).into())
}

fn ed25519_spki(key: &ed25519_dalek::SigningKey) -> Vec<u8> {
    sequence(&[sequence(&[oid("1.3.101.112")]), bits(key.verifying_key().as_bytes())])
}

/// The id of the second log: that of a key of a signed note (C2SP signed-note).
fn second_log_id() -> Vec<u8> {
    let key = ed25519("log 2").verifying_key();
    digest(&[format!("{ORIGIN_2}\n").as_bytes(), &[1], key.as_bytes()].concat())
}

/// The entry of a log about a signature.
fn entry(wish: &Wish, payload: &[u8], signature: &[u8], certificate: &[u8]) -> Value {
    let signature = if wish.has(Flaw::OtherEntry) { Key::of("leaf").sign(b"other") } else { signature.to_vec() };
    let body = match wish.is_second {
        true => json!({
            "apiVersion": "0.0.2", "kind": "hashedrekord",
            "spec": { "hashedRekordV002": {
                "data": { "algorithm": "SHA2_256", "digest": base64(&digest(&pae(payload))) },
                "signature": { "content": base64(&signature), "verifier": {
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "x509Certificate": { "rawBytes": base64(certificate) },
                } },
            } },
        }),
        false => json!({
            "apiVersion": "0.0.1", "kind": "dsse",
            "spec": {
                "envelopeHash": { "algorithm": "sha256", "value": hex(&digest(b"an envelope")) },
                "payloadHash": { "algorithm": "sha256", "value": hex(&digest(payload)) },
                "signatures": [{
                    "signature": base64(&signature),
                    "verifier": base64(certificate_pem(certificate).as_bytes()),
                }],
            },
        }),
    };
    let body = body.to_string();
    let (mut root, mut path) = tree(body.as_bytes());
    if wish.has(Flaw::OtherPath) {
        path[0] ^= 1;
    }
    let size = 2;
    if wish.has(Flaw::LaterTree) {
        root = digest(b"a later tree");
    }
    let mut entry = json!({
        "logIndex": "1",
        "canonicalizedBody": base64(body.as_bytes()),
        "inclusionProof": {
            "logIndex": "1", "rootHash": base64(&root), "treeSize": size.to_string(), "hashes": [base64(&path)],
        },
    });
    let origin = if wish.is_second { ORIGIN_2 } else { ORIGIN };
    let note = format!("{origin}\n{size}\n{}\n", base64(&root));
    let (id, signed) = match wish.is_second {
        true => {
            let key = ed25519(if wish.has(Flaw::OtherLog) { "other log" } else { "log 2" });
            (second_log_id(), key.sign(note.as_bytes()).to_bytes().to_vec())
        }
        false => {
            let key = Key::of(if wish.has(Flaw::OtherLog) { "other log" } else { "log" });
            (digest(&Key::of("log").spki()), key.sign(note.as_bytes()))
        }
    };
    let line = base64(&[&id[..4], &signed].concat());
    entry["inclusionProof"]["checkpoint"] = json!({ "envelope": format!("{note}\n\u{2014} {origin} {line}\n") });
    entry["logId"] = json!({ "keyId": base64(&id) });
    if wish.is_second {
        entry["kindVersion"] = json!({ "kind": "hashedrekord", "version": "0.0.2" });
        return entry;
    }
    let promised = SIGNED_AT - i64::from(wish.has(Flaw::OtherTime));
    // RFC 8785: the members in this order.
    let promise = format!(
        "{{\"body\":\"{}\",\"integratedTime\":{promised},\"logID\":\"{}\",\"logIndex\":1}}",
        base64(body.as_bytes()),
        hex(&id)
    );
    let key = Key::of(if wish.has(Flaw::OtherLog) { "other log" } else { "log" });
    entry["kindVersion"] = json!({ "kind": "dsse", "version": "0.0.1" });
    entry["integratedTime"] = json!(SIGNED_AT.to_string());
    entry["inclusionPromise"] = json!({ "signedEntryTimestamp": base64(&key.sign(promise.as_bytes())) });
    entry
}

fn timestamp_issuer(wish: &Wish) -> Vec<u8> {
    let is_other = wish.has(Flaw::OtherTimestampAuthority);
    name(if is_other { "Other Timestamp Root" } else { "Test Timestamp Root" })
}

fn timestamp_leaf(wish: &Wish) -> (Vec<u8>, Key) {
    let is_other = wish.has(Flaw::OtherTimestampAuthority) || wish.has(Flaw::ImpostorTimestampAuthority);
    let key = Key::of(if is_other { "other timestamps" } else { "timestamps" });
    let by = Key::of(if is_other { "other timestamp root" } else { "timestamp root" });
    let extensions = vec![
        extension("2.5.29.15", true, &tlv(0x03, &[vec![7, 0x80]])),
        usage(if wish.has(Flaw::WrongTimestampUsage) { SERVER } else { TIME_STAMPING }),
    ];
    let (subject, issuer) = (name("Test Timestamps"), timestamp_issuer(wish));
    let (from, to) = ("20250101000000Z", "20450101000000Z");
    let leaf = Certificate { subject, key: &key, issuer, by: &by, serial: 5, from, to, extensions };
    (leaf.sign(), key)
}

/// RFC 3161 §2.4.2: a response with a token over these bytes.
fn timestamp(wish: &Wish, over: &[u8]) -> Vec<u8> {
    let (certificate, key) = timestamp_leaf(wish);
    let sha256 = || sequence(&[oid("2.16.840.1.101.3.4.2.1")]);
    let imprint = digest(if wish.has(Flaw::TimestampOfOther) { b"other" } else { over });
    let at = if wish.has(Flaw::LateTimestamp) { "20260101010000Z" } else { SIGNED_AT_TEXT };
    let info = sequence(&[
        integer(1),
        oid("1.3.6.1.4.1.57264.2"),
        sequence(&[sha256(), octets(&imprint)]),
        integer(7),
        time(at),
    ]);
    let content = oid("1.2.840.113549.1.9.16.1.4");
    let attribute = |id: &str, value: Vec<u8>| sequence(&[oid(id), set(&[value])]);
    let attributes = [
        attribute("1.2.840.113549.1.9.3", content.clone()),
        attribute("1.2.840.113549.1.9.4", octets(&digest(&info))),
        attribute("1.2.840.113549.1.9.16.2.47", sequence(&[sequence(&[sequence(&[octets(&digest(&certificate))])])])),
    ];
    let signed = set(&attributes);
    let mut implicit = signed.clone();
    implicit[0] = 0xa0;
    let signer = sequence(&[
        integer(1),
        sequence(&[timestamp_issuer(wish), integer(5)]),
        sha256(),
        implicit,
        ecdsa_sha256(),
        octets(&key.sign(&signed)),
    ]);
    let data = sequence(&[
        integer(3),
        set(&[sha256()]),
        sequence(&[content, tlv(0xa0, &[octets(&info)])]),
        tlv(0xa0, &[certificate]),
        set(&[signer]),
    ]);
    let token = sequence(&[oid("1.2.840.113549.1.7.2"), tlv(0xa0, &[data])]);
    sequence(&[sequence(&[integer(0)]), token])
}

/// A bundle over a statement.
pub(crate) fn bundle(wish: &Wish, payload: &[u8]) -> Value {
    let certificate = leaf(wish);
    let key = Key::of("leaf");
    let signature = match wish.has(Flaw::OtherStatement) {
        true => key.sign(&pae(b"{}")),
        false => key.sign(&pae(payload)),
    };
    let mut material = json!({
        "certificate": { "rawBytes": base64(&certificate) },
        "tlogEntries": [entry(wish, payload, &signature, &certificate)],
    });
    if (wish.is_second || wish.has_timestamp) && !wish.has(Flaw::NoTimestamp) {
        let token = base64(&timestamp(wish, &signature));
        material["timestampVerificationData"] = json!({ "rfc3161Timestamps": [{ "signedTimestamp": token }] });
    }
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": material,
        "dsseEnvelope": {
            "payload": base64(payload),
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{ "sig": base64(&signature) }],
        },
    })
}

/// What a verifier of the instance trusts: its `trusted_root.json`. Of the flaws, only that of the usage of timestamps is in it.
pub(crate) fn trusted_root(wish: &Wish) -> Value {
    let window = json!({ "start": "2025-01-01T00:00:00Z" });
    let log = |url: &str, key: &[u8], details: &str, id: &[u8]| {
        json!({
            "baseUrl": url, "hashAlgorithm": "SHA2_256",
            "publicKey": { "rawBytes": base64(key), "keyDetails": details, "validFor": window },
            "logId": { "keyId": base64(id) },
        })
    };
    let chain = |certificates: &[Vec<u8>]| {
        let raw = |der: &Vec<u8>| json!({ "rawBytes": base64(der) });
        json!({ "certificates": certificates.iter().map(raw).collect::<Vec<_>>() })
    };
    let authority_of = |uri: &str, certificates: &[Vec<u8>]| {
        json!({
            "subject": { "organization": "test.example", "commonName": "test" },
            "uri": uri, "certChain": chain(certificates), "validFor": window,
        })
    };
    let (root, intermediate) = (Key::of("root"), Key::of("intermediate"));
    let authorities = [
        authority("Test Intermediate", &intermediate, "Test Root", &root, 2),
        authority("Test Root", &root, "Test Root", &root, 1),
    ];
    let timestamp_root = Key::of("timestamp root");
    let timestamps = [
        timestamp_leaf(&Wish { flaw: wish.flaw.filter(|flaw| *flaw == Flaw::WrongTimestampUsage), ..wish.clone() }).0,
        authority("Test Timestamp Root", &timestamp_root, "Test Timestamp Root", &timestamp_root, 3),
    ];
    let (first, certificates) = (Key::of("log").spki(), Key::of("certificate log").spki());
    let second = ed25519_spki(&ed25519("log 2"));
    json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [
            log("https://rekor.test.example", &first, "PKIX_ECDSA_P256_SHA_256", &digest(&first)),
            log("https://log2.test.example", &second, "PKIX_ED25519", &second_log_id()),
        ],
        "certificateAuthorities": [authority_of("https://fulcio.test.example", &authorities)],
        "ctlogs": [log("https://ct.test.example", &certificates, "PKIX_ECDSA_P256_SHA_256", &digest(&certificates))],
        "timestampAuthorities": [authority_of("https://timestamp.test.example", &timestamps)],
    })
}
