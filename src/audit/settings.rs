//! What the user decides about an audit, as texts that can be sent to another process or machine.

use base64ct::{Base64, Encoding as _};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::artifacts::digest;
use crate::oms::{self, Signers};
use crate::policy::{self, Policy};
use crate::sign::x509::{Anchors, Certificate, CertificateError};
use crate::sign::{EcdsaKeyError, EcdsaPublicKey, KeyError, Revocations, Trust, revoked, trust};
use crate::source::Source;

/// Everything that decides what is in a row, besides the files and the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Settings {
    /// How much is done for each target.
    pub mode: Mode,
    /// The time by which keys and statements are checked, RFC 3339.
    pub at: String,
    /// The name of the time zone in which lists of signers have times without one, such as `Europe/Vienna`; such times are
    /// errors without it.
    pub time_zone: Option<String>,
    /// Public keys to trust.
    pub keys: Vec<Document>,
    /// `allowed_signers` files with signers to trust.
    pub allowed_signers: Vec<Document>,
    /// PEM files with certificates to trust.
    pub roots: Vec<Document>,
    /// Revocation lists, in base64.
    pub revoked: Vec<Document>,
    /// The principal that has to have signed.
    pub identity: Option<String>,
    /// The verifier's policy.
    pub policy: Option<Document>,
    /// What is not exceeded for one target.
    pub limits: Limits,
}

/// How much is done for each target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Everything: check the manifest, verify signatures, and compare each file with what is signed.
    Verify,
    /// Check the manifest and the signatures; read no weights.
    CheckOnly,
}

impl Mode {
    /// Returns `verify` or `check-only`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::CheckOnly => "check-only",
        }
    }
}

/// A file that the user names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its name, for messages.
    pub name: String,
    /// Its content.
    pub text: String,
}

impl Document {
    /// Returns a file with this text.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Returns a file with these bytes, in base64.
    #[must_use]
    pub fn of_bytes(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self::new(name, Base64::encode_string(bytes))
    }
}

/// What is not exceeded for one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The number of files.
    pub files: u64,
    /// The size of all files in bytes, where they are compared with what is signed.
    pub bytes: u64,
    /// The seconds until a worker is ended.
    pub seconds: u64,
}

impl Limits {
    /// Returns the limits that hold unless the user sets others.
    #[must_use]
    pub fn default_of(mode: Mode) -> Self {
        let seconds = match mode {
            Mode::Verify => 3600,
            Mode::CheckOnly => 60,
        };
        Self { files: 100_000, bytes: u64::MAX, seconds }
    }
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The time is not RFC 3339.
    #[error("`{0}` is not a time")]
    Time(String),
    /// The system does not know the time zone.
    #[error("the time zone `{0}` is not known")]
    TimeZone(String),
    /// A public key cannot be used.
    #[error("`{name}`")]
    Key {
        /// The file.
        name: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// An ECDSA key cannot be used.
    #[error("`{name}`")]
    EcdsaKey {
        /// The file.
        name: String,
        /// What is wrong with it.
        source: EcdsaKeyError,
    },
    /// A list of signers cannot be used.
    #[error(transparent)]
    Signers(#[from] trust::Error),
    /// A certificate cannot be used.
    #[error("`{name}`")]
    Root {
        /// The file.
        name: String,
        /// What is wrong with it.
        source: CertificateError,
    },
    /// A revocation list cannot be used.
    #[error(transparent)]
    Revoked(#[from] revoked::Error),
    /// A revocation list is not in base64.
    #[error("`{0}` is not in base64")]
    Base64(String),
    /// The policy cannot be used.
    #[error(transparent)]
    Policy(#[from] policy::Error),
}

impl Settings {
    /// Returns settings by which no key is trusted, with the default limits.
    #[must_use]
    pub fn new(mode: Mode, at: Timestamp) -> Self {
        Self {
            mode,
            at: at.to_string(),
            time_zone: None,
            keys: Vec::new(),
            allowed_signers: Vec::new(),
            roots: Vec::new(),
            revoked: Vec::new(),
            identity: None,
            policy: None,
            limits: Limits::default_of(mode),
        }
    }

    /// Returns the digest of everything but the time and the names of files.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let mut plain = Self { at: String::new(), ..self.clone() };
        let lists = [&mut plain.keys, &mut plain.allowed_signers, &mut plain.roots, &mut plain.revoked];
        for document in lists.into_iter().flatten().chain(&mut plain.policy) {
            document.name.clear();
        }
        // Texts and numbers can always be written.
        let json = serde_json::to_vec(&plain).unwrap_or_default();
        digest::sha256(&json).to_bytes()
    }

    /// Returns the settings that are fit to be shown: the mode, the limits, and how many signers are named.
    #[must_use]
    pub fn shown(&self) -> serde_json::Value {
        serde_json::json!({
            "mode": self.mode,
            "identity": self.identity,
            "keys": self.keys.len(),
            "allowedSigners": self.allowed_signers.len(),
            "roots": self.roots.len(),
            "revoked": self.revoked.len(),
            "policy": self.policy.is_some(),
            "limits": self.limits,
        })
    }

    pub(super) fn time(&self) -> Result<Timestamp, SettingsError> {
        self.at.parse().map_err(|_| SettingsError::Time(self.at.clone()))
    }

    /// Returns whom the settings trust: for statements, and for bundles of OpenSSF Model Signing.
    pub(super) fn trust(&self) -> Result<(Trust, Signers), SettingsError> {
        let (mut trust, mut signers) = (Trust::none(), self.anchors()?);
        for document in &self.keys {
            let name = document.name.clone();
            match EcdsaPublicKey::parse(&document.text) {
                Ok(key) => signers = signers.merge(Signers::of_keys([key])),
                Err(source @ (EcdsaKeyError::Curve | EcdsaKeyError::Invalid)) => {
                    return Err(SettingsError::EcdsaKey { name, source });
                }
                Err(_) => {
                    let key = Trust::of_key_text(&document.text);
                    trust = trust.merge(key.map_err(|source| SettingsError::Key { name, source })?);
                }
            }
        }
        let zone = match &self.time_zone {
            None => TimeZone::unknown(),
            Some(name) => TimeZone::get(name).map_err(|_| SettingsError::TimeZone(name.clone()))?,
        };
        for document in &self.allowed_signers {
            let source = Source::new(document.name.clone(), document.text.clone());
            trust = trust.merge(Trust::of_allowed_signers(&source, &zone)?);
        }
        for document in &self.revoked {
            let bytes = Base64::decode_vec(&document.text).map_err(|_| SettingsError::Base64(document.name.clone()))?;
            match std::str::from_utf8(&bytes).ok().and_then(oms::revoked_fingerprints) {
                Some(fingerprints) => {
                    signers = fingerprints.iter().fold(signers, |signers, id| signers.revoke(id));
                    trust = trust.revoke(Revocations::of_ids(fingerprints));
                }
                None => trust = trust.revoke(Revocations::read(&bytes, &document.name)?),
            }
        }
        Ok((trust, signers))
    }

    fn anchors(&self) -> Result<Signers, SettingsError> {
        let mut certificates = Vec::new();
        for document in &self.roots {
            let read = Certificate::read_pem(&document.text);
            certificates.extend(read.map_err(|source| SettingsError::Root { name: document.name.clone(), source })?);
        }
        Ok(Signers::of_certificates(Anchors::of(certificates)))
    }

    pub(super) fn policy(&self) -> Result<Option<Policy>, SettingsError> {
        let read = |document: &Document| Policy::read(&Source::new(document.name.clone(), document.text.clone()));
        Ok(self.policy.as_ref().map(read).transpose()?)
    }
}
