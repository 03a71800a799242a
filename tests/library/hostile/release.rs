//! A release that verifies, and ways to change and sign it again.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use base64ct::{Base64, Encoding as _};
use jiff::Timestamp;
use openness::artifacts::Inventory;
use openness::artifacts::digest::{self, Options};
use openness::files::{Entry, Files as _};
use openness::json;
use openness::manifest::parse::parse_bytes;
use openness::rules::{self, Passed, Repository};
use openness::sign::{SecretKey, Trust, dsse, keyfile, sshsig};
use openness::snapshot::Snapshot;
use openness::source::Source;
use openness::statement::Statement;
use openness::verify::{Report, Request, verify};
use serde_json::{Value, json};

use crate::common::env::TestEnv;
use crate::common::examples::TINY;

/// Of RFC 8410, §10.3, and of nobody.
pub(crate) const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

pub(crate) static SIGNER: LazyLock<SecretKey> =
    LazyLock::new(|| keyfile::parse(KEY, "the key", &mut |_| None).unwrap());
pub(crate) static STRANGER: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::generate().unwrap());

type Files = Vec<(String, Vec<u8>)>;

/// The files of a release that verifies, and its statement: signed once, as signing takes longer than writing.
static HONEST: LazyLock<(Files, Value)> = LazyLock::new(|| {
    let mut case = Case::empty();
    case.write("OPENNESS.toml", TINY);
    case.write("README.md", "# Tiny\n\nA card.\n");
    case.write("weights/a.safetensors", "weights a\0");
    case.write("weights/b.safetensors", "weights b\0");
    case.sign_tree();
    let own = ["statement.json", "SHA256SUMS", "signatures/k.sigstore.json", "signatures/k.sshsig"];
    let names = ["OPENNESS.toml", "README.md", "weights/a.safetensors", "weights/b.safetensors"].map(str::to_owned);
    let names = names.into_iter().chain(own.map(|name| format!(".openness/{name}")));
    (names.map(|name| (name.clone(), case.read(&name))).collect(), case.statement.clone())
});

/// A release in a directory, and the verifier's own choices.
pub(crate) struct Case {
    pub(crate) env: TestEnv,
    /// The statement that was signed last.
    pub(crate) statement: Value,
    pub(crate) trust: Trust,
    pub(crate) at: Timestamp,
}

impl Case {
    /// A release that verifies.
    pub(crate) fn honest() -> Self {
        let (files, statement) = &*HONEST;
        let mut case = Self::empty();
        for (name, bytes) in files {
            case.write(name, bytes);
        }
        case.statement = statement.clone();
        case
    }

    fn empty() -> Self {
        Self {
            env: TestEnv::new(),
            statement: Value::Null,
            trust: Trust::of_keys([*SIGNER.public()]),
            at: "2026-12-01T00:00:00Z".parse().unwrap(),
        }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.env.path("release")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.env.write(&format!("release/{name}"), bytes);
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        self.env.read(&format!("release/{name}"))
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Signs what is there, in spite of whatever stands against it.
    pub(crate) fn sign_tree(&mut self) {
        let _ = fs::remove_dir_all(self.path(".openness"));
        let snapshot = Snapshot::of_directory(&self.root()).unwrap();
        let parsed = parse_bytes("OPENNESS.toml", &self.read("OPENNESS.toml"));
        let inventory = Inventory::resolve(&parsed.manifest, &snapshot);
        let mut findings = parsed.findings.clone();
        findings.extend(rules::check(&Repository {
            manifest: &parsed.manifest,
            snapshot: &snapshot,
            inventory: &inventory,
        }));
        let waived: Vec<String> = findings.iter().map(|finding| finding.rule.code.to_owned()).collect();
        let passed = Passed::new(&parsed, &findings, &waived).unwrap();
        let entries: Vec<&Entry> = inventory.covered.iter().map(|at| &snapshot.entries()[*at]).collect();
        let hashed = digest::hash_all(&snapshot, &entries, &Options::default(), &|_| {});
        let hashed: Vec<_> = hashed.into_iter().collect::<Result<_, _>>().unwrap();
        let created = "2026-11-22T00:00:00Z".parse().unwrap();
        let statement = Statement::new(&passed, &snapshot, &inventory, &hashed, created).unwrap();
        self.sign_bytes(&statement.to_bytes().unwrap());
    }

    /// Signs bytes, whatever they are, in both envelopes.
    pub(crate) fn sign_bytes(&mut self, bytes: &[u8]) {
        self.write(".openness/statement.json", bytes);
        self.write(".openness/signatures/k.sigstore.json", dsse::sign(bytes, &SIGNER).unwrap());
        self.write(".openness/signatures/k.sshsig", sshsig::sign(bytes, &SIGNER).unwrap());
        self.statement = serde_json::from_slice(bytes).unwrap_or_default();
        self.write(".openness/SHA256SUMS", self.sums());
    }

    pub(crate) fn sums(&self) -> String {
        let line = |subject: &Value| {
            let (digest, name) = (subject["digest"]["sha256"].as_str()?, subject["name"].as_str()?);
            Some(format!("{digest}  {name}\n"))
        };
        self.statement["subject"].as_array().into_iter().flatten().filter_map(line).collect()
    }

    /// Changes the statement and signs it again.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut statement = self.statement.clone();
        change(&mut statement);
        assert_ne!(statement, self.statement, "the change changes nothing");
        self.sign_bytes(&json::canonical(&statement).unwrap());
    }

    /// Changes the subjects, and the counts with them.
    pub(crate) fn subjects(&mut self, change: impl FnOnce(&mut Vec<Value>)) {
        self.edit(|statement| {
            let subjects = statement["subject"].as_array_mut().unwrap();
            change(subjects);
            let bytes: u64 = subjects.iter().map(|subject| subject["annotations"]["size"].as_u64().unwrap()).sum();
            let files = subjects.len();
            statement["predicate"]["coverage"]["files"] = files.into();
            statement["predicate"]["coverage"]["bytes"] = bytes.into();
        });
    }

    /// Signs one more file, which may be none.
    pub(crate) fn subject(&mut self, name: &str, content: &str) {
        let digest = digest::sha256(content.as_bytes());
        let subject =
            json!({ "name": name, "digest": { "sha256": digest.as_str() }, "annotations": { "size": content.len() } });
        self.subjects(|subjects| {
            subjects.push(subject);
            subjects.sort_by_key(|subject| subject["name"].as_str().unwrap().as_bytes().to_vec());
        });
    }

    /// Changes the text of the statement and signs it again.
    pub(crate) fn text(&mut self, change: impl FnOnce(&str) -> String) {
        let text = String::from_utf8(self.read(".openness/statement.json")).unwrap();
        let changed = change(&text);
        assert_ne!(changed, text, "the change changes nothing");
        self.sign_bytes(changed.as_bytes());
        self.statement = serde_json::from_str(&text).unwrap();
        self.write(".openness/SHA256SUMS", self.sums());
    }

    /// Changes the bundle, which is not signed again.
    pub(crate) fn bundle(&mut self, change: impl FnOnce(&mut Value)) {
        let name = ".openness/signatures/k.sigstore.json";
        let bundle: Value = serde_json::from_slice(&self.read(name)).unwrap();
        let mut changed = bundle.clone();
        change(&mut changed);
        assert!(changed != bundle, "the change changes nothing");
        self.write(name, changed.to_string());
    }

    /// Leaves the bundle alone, and changes it without signing it again.
    pub(crate) fn lone_bundle(&mut self, change: impl FnOnce(&mut Value)) {
        self.only_bundle();
        self.bundle(change);
    }

    /// The same with the text of the bundle.
    pub(crate) fn lone_text(&mut self, change: impl FnOnce(&str) -> String) {
        self.only_bundle();
        let name = ".openness/signatures/k.sigstore.json";
        let text = String::from_utf8(self.read(name)).unwrap();
        let changed = change(&text);
        assert_ne!(changed, text, "the change changes nothing");
        self.write(name, changed);
    }

    /// The same with its signature, which comes as raw bytes and goes as it is to be written.
    pub(crate) fn lone_signature(&mut self, change: impl FnOnce(&[u8]) -> String) {
        self.lone_bundle(|bundle| {
            let signature = &mut bundle["dsseEnvelope"]["signatures"][0]["sig"];
            *signature = change(&Base64::decode_vec(signature.as_str().unwrap()).unwrap()).into();
        });
    }

    /// Leaves the bundle alone, with a signature of the trusted key over something else than what a bundle is to sign.
    pub(crate) fn resign(&mut self, encode: impl FnOnce(&[u8]) -> Vec<u8>) {
        let signature = raw_signature(&encode(&self.read(".openness/statement.json")));
        self.lone_signature(|_| Base64::encode_string(&signature));
    }

    /// Puts the bundle in place of both envelopes.
    pub(crate) fn only_bundle(&mut self) {
        self.remove(".openness/signatures/k.sshsig");
    }

    pub(crate) fn only_sshsig(&mut self) {
        self.remove(".openness/signatures/k.sigstore.json");
    }

    /// Takes the SSH signature apart, changes its fields and puts it together.
    pub(crate) fn sshsig(&mut self, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
        self.only_sshsig();
        let name = ".openness/signatures/k.sshsig";
        let text = String::from_utf8(self.read(name)).unwrap();
        let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let blob = Base64::decode_vec(&base64).unwrap();
        let mut rest = &blob[10..];
        let mut fields = Vec::new();
        while !rest.is_empty() {
            let length = usize::try_from(u32::from_be_bytes(rest[..4].try_into().unwrap())).unwrap();
            fields.push(rest[4..4 + length].to_vec());
            rest = &rest[4 + length..];
        }
        change(&mut fields);
        let mut blob = blob[..10].to_vec();
        for field in fields {
            blob.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
            blob.extend(field);
        }
        let base64 = Base64::encode_string(&blob);
        self.write(name, format!("-----BEGIN SSH SIGNATURE-----\n{base64}\n-----END SSH SIGNATURE-----\n"));
    }

    pub(crate) fn allow(&mut self, options: &str) {
        let line = format!("lab@example.org {options} {}\n", SIGNER.public().to_openssh(""));
        self.trust =
            Trust::of_allowed_signers(&Source::new("allowed_signers", line), &jiff::tz::TimeZone::system()).unwrap();
    }

    pub(crate) fn manifest(&mut self, change: impl FnOnce(&str) -> String) {
        self.write("OPENNESS.toml", change(TINY));
        self.sign_tree();
    }

    pub(crate) fn verify(&self) -> Report {
        let snapshot = Snapshot::of_directory(&self.root()).unwrap();
        verify(&snapshot, &Request::new(&self.trust, self.at), &|_| {}).unwrap()
    }
}

/// Ed25519 over any bytes, by the trusted key.
pub(crate) fn raw_signature(message: &[u8]) -> [u8; 64] {
    use ed25519_dalek::pkcs8::DecodePrivateKey as _;
    use ed25519_dalek::{Signer as _, SigningKey};
    SigningKey::from_pkcs8_pem(KEY).unwrap().sign(message).to_bytes()
}
