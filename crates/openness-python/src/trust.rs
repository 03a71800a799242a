//! Who is trusted, compiled once from the texts that the package's `Trust` holds.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use openness::git;
use openness::oms::Signers;
use openness::sign::revoked::MAX_REVOCATION_BYTES;
use openness::sign::x509::{Anchors, Certificate};
use openness::sign::{EcdsaKeyError, EcdsaPublicKey, Revocations};
use openness::trust_store::Store;
use openness::{Source, sign};
use pyo3::prelude::*;

use crate::failure::Failure;

/// The largest file that a setting names, in bytes.
const MAX_SETTING_BYTES: u64 = 32 << 20;

/// Signers that are trusted, for both kinds of signatures.
#[pyclass(frozen, module = "openness._openness")]
#[derive(Debug)]
pub(crate) struct Trust {
    pub(crate) trust: sign::Trust,
    pub(crate) signers: Signers,
}

/// A name for messages, and a text.
type Named = (String, String);

#[pymethods]
impl Trust {
    /// Each argument is a list of texts, each with a name for messages.
    #[new]
    #[pyo3(signature = (*, keys, allowed_signers, certificates, revoked, identity_pattern, user_verification))]
    fn new(
        py: Python<'_>,
        keys: Vec<Named>,
        allowed_signers: Vec<Named>,
        certificates: Vec<Named>,
        revoked: Vec<(String, Vec<u8>)>,
        identity_pattern: Option<String>,
        user_verification: bool,
    ) -> PyResult<Self> {
        let texts = Texts { keys, allowed_signers, certificates, revoked, identity_pattern, user_verification };
        texts.compile().map_err(|failure| failure.into_exception(py))
    }
}

struct Texts {
    keys: Vec<Named>,
    allowed_signers: Vec<Named>,
    certificates: Vec<Named>,
    revoked: Vec<(String, Vec<u8>)>,
    identity_pattern: Option<String>,
    user_verification: bool,
}

impl Texts {
    fn compile(self) -> Result<Trust, Failure> {
        let (mut trust, mut signers) = (sign::Trust::none(), self.authorities()?);
        for (name, text) in &self.keys {
            refuse_private(name, text)?;
            match EcdsaPublicKey::parse(text) {
                Ok(key) => signers = signers.merge(Signers::of_keys([key])),
                Err(error @ (EcdsaKeyError::Curve | EcdsaKeyError::Invalid)) => {
                    return Err(Failure::caused_by(&format!("`{name}`"), error));
                }
                Err(_) => {
                    let key = sign::Trust::of_key_text(text);
                    trust = trust.merge(key.map_err(|error| Failure::caused_by(&format!("`{name}`"), error))?);
                }
            }
        }
        for (name, text) in self.allowed_signers {
            refuse_private(&name, &text)?;
            trust = trust.merge(sign::Trust::of_allowed_signers(&Source::new(name, text), &TimeZone::system())?);
        }
        for (name, bytes) in &self.revoked {
            match std::str::from_utf8(bytes).ok().and_then(fingerprints) {
                Some(found) => {
                    signers = found.iter().fold(signers, |signers, id| signers.revoke(id));
                    trust = trust.revoke(Revocations::of_ids(found));
                }
                None => trust = trust.revoke(Revocations::read(bytes, name)?),
            }
        }
        Ok(Trust { trust: if self.user_verification { trust.require_user_verification() } else { trust }, signers })
    }

    fn authorities(&self) -> Result<Signers, Failure> {
        let mut certificates = Vec::new();
        for (name, text) in &self.certificates {
            refuse_private(name, text)?;
            let read = Certificate::read_pem(text);
            certificates.extend(read.map_err(|error| Failure::caused_by(&format!("`{name}`"), error))?);
        }
        let signers = Signers::of_certificates(Anchors::of(certificates));
        Ok(self.identity_pattern.iter().fold(signers, Signers::with_identity_pattern))
    }
}

fn refuse_private(name: &str, text: &str) -> Result<(), Failure> {
    if text.contains("PRIVATE KEY-----") {
        return Err(Failure::new(format!("`{name}` is a private key"))
            .help("name the public key; the private key should stay with the signer"));
    }
    Ok(())
}

/// Reads a list of fingerprints of keys and certificates, SHA-256 in hex, one a line; `None` if the text is anything else.
fn fingerprints(text: &str) -> Option<Vec<String>> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let digits = lines.filter(|line| !line.is_empty()).map(|line| line.replace(':', "").to_ascii_lowercase());
    let found: Vec<String> = digits.collect();
    let is_digest = |line: &String| line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    (!found.is_empty() && found.iter().all(is_digest)).then_some(found)
}

/// The directories of the user's trust store: settings and state.
pub(crate) type Directories = (PathBuf, PathBuf);

/// Returns the signers that the user trusts: those of the store, and of the file that the user's own Git settings name, as for
/// `openness verify` without `--key` and `--allowed-signers`.
pub(crate) fn of_user(store: Option<&Store>) -> Result<sign::Trust, Failure> {
    let mut trust = match store {
        Some(store) => store.trust(&TimeZone::system())?,
        None => sign::Trust::none(),
    };
    for key in ["openness.allowedSigners", "gpg.ssh.allowedSignersFile"] {
        let Some(file) = git::user_path_setting(key)? else { continue };
        let source = Source::new(file.display().to_string(), String::from_utf8(read(&file, MAX_SETTING_BYTES)?)?);
        trust = trust.merge(sign::Trust::of_allowed_signers(&source, &TimeZone::system())?);
        break;
    }
    Ok(match git::user_path_setting("gpg.ssh.revocationFile")? {
        Some(file) => {
            let limit = u64::try_from(MAX_REVOCATION_BYTES)?;
            trust.revoke(Revocations::read(&read(&file, limit)?, &file.display().to_string())?)
        }
        None => trust,
    })
}

/// Reads a file that the user names, but at most one byte more than `limit`.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let cannot = |error| Failure::caused_by(&format!("cannot read `{}`", path.display()), error);
    #[expect(clippy::disallowed_methods, reason = "the user names it, and what is read of it has a limit")]
    let file = File::open(path).map_err(cannot)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(cannot)?;
    match u64::try_from(bytes.len())? > limit {
        true => Err(Failure::new(format!("`{}` has more than {limit} bytes", path.display()))),
        false => Ok(bytes),
    }
}
