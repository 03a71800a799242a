//! Arguments of `verify` about signatures of OpenSSF Model Signing.

use std::path::{Path, PathBuf};

use super::{Failure, inputs};
use crate::oms::{MAX_BUNDLE_BYTES, Signers};
use crate::path::RepoPath;
use crate::sign::x509::{Anchors, Certificate};
use crate::sign::{EcdsaKeyError, EcdsaPublicKey};
use crate::verify::{SignatureFile, SignatureKind};

/// The largest file of certificates that is read, in bytes.
const MAX_ROOTS_BYTES: usize = 1 << 20;

/// Flags about signatures of other tools
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "OpenSSF Model Signing")]
pub(super) struct OmsArgs {
    /// Require that this signature holds, wherever the file is: a bundle of OpenSSF Model Signing, such as model.sig
    /// [default: each *.sig and *.sigstore.json in PATH that is one; those by signers that you do not trust do not count]
    #[arg(long, value_name = "FILE")]
    signature: Vec<PathBuf>,
    /// Trust signers whose certificates have a chain to one of those in this PEM file: roots, authorities below them, or the
    /// signer's own. Nothing else is trusted: no root that comes with a signature, and none of the system. With this, no other
    /// signers are trusted than those that --key, --allowed-signers and --root name
    #[arg(long, value_name = "FILE")]
    root: Vec<PathBuf>,
    /// Require a certificate whose subject or one of whose alternative names matches this pattern, with `*` and `?`; --identity
    /// names one exactly
    #[arg(long, value_name = "PATTERN", requires = "root")]
    identity_glob: Option<String>,
    /// Require a trusted signature in each of these forms, so that none of them can be removed unnoticed
    #[arg(long, value_name = "FORM", value_enum, value_delimiter = ',')]
    require: Vec<Form>,
}

/// A form of signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// The statement in `.openness/`
    Openness,
    /// A bundle of OpenSSF Model Signing
    Oms,
}

impl OmsArgs {
    /// Returns the forms that are required.
    pub(super) fn required(&self) -> Vec<SignatureKind> {
        let kind = |form: &Form| match form {
            Form::Openness => SignatureKind::Openness,
            Form::Oms => SignatureKind::Oms,
        };
        self.require.iter().map(kind).collect()
    }

    /// Returns whether a certificate is named.
    pub(super) fn names_roots(&self) -> bool {
        !self.root.is_empty()
    }

    /// Reads the certificates that are trusted.
    pub(super) fn roots(&self) -> Result<Signers, Failure> {
        let mut certificates = Vec::new();
        for file in &self.root {
            let text = inputs::read_text(file, MAX_ROOTS_BYTES)?;
            if inputs::is_private(&text) {
                return Err(Failure::new(format!("`{}` is a private key", file.display()))
                    .help("name a certificate; the private key should stay with the signer"));
            }
            let read = Certificate::read_pem(&text);
            certificates.extend(read.map_err(|error| Failure::caused_by(format!("`{}`", file.display()), error))?);
        }
        let signers = Signers::of_certificates(Anchors::of(certificates));
        Ok(self.identity_glob.iter().fold(signers, Signers::with_identity_pattern))
    }

    /// Reads the signatures that are named. `release` is the directory that is verified.
    pub(super) fn files(&self, release: &Path) -> Result<Vec<SignatureFile>, Failure> {
        let root = release.canonicalize().ok();
        self.signature.iter().map(|file| read(file, root.as_deref())).collect()
    }
}

/// Reads a signature, and finds its place in the release.
fn read(file: &Path, root: Option<&Path>) -> Result<SignatureFile, Failure> {
    let limit = usize::try_from(MAX_BUNDLE_BYTES).unwrap_or(usize::MAX);
    let bytes = inputs::read_bounded(file, limit)?;
    let content = if bytes.len() > limit { Err(MAX_BUNDLE_BYTES) } else { Ok(bytes) };
    Ok(SignatureFile { name: file.display().to_string(), path: root.and_then(|root| place(file, root)), content })
}

fn place(file: &Path, root: &Path) -> Option<RepoPath> {
    let file = file.canonicalize().ok()?;
    let below = file.strip_prefix(root).ok()?;
    let components: Vec<&str> = below.iter().map(|component| component.to_str()).collect::<Option<_>>()?;
    components.join("/").parse().ok()
}

/// Reads an ECDSA public key, which signs bundles of OpenSSF Model Signing; `None` if the text is not one.
pub(super) fn key(text: &str, file: &Path) -> Result<Option<EcdsaPublicKey>, Failure> {
    match EcdsaPublicKey::parse(text) {
        Ok(key) => Ok(Some(key)),
        Err(error @ (EcdsaKeyError::Curve | EcdsaKeyError::Invalid)) => {
            Err(Failure::caused_by(format!("`{}`", file.display()), error))
        }
        Err(_) => Ok(None),
    }
}
