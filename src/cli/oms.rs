//! Arguments of `verify` about signatures of OpenSSF Model Signing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Failure, Session, inputs};
use crate::oms::{MAX_BUNDLE_BYTES, Signers};
use crate::path::RepoPath;
use crate::policy::Policy;
use crate::quote;
use crate::report::shown;
use crate::sign::keyless::{EMBEDDED, MAX_ROOT_BYTES, SharedAuthorities, TrustedRoot};
use crate::sign::x509::{Anchors, Certificate};
use crate::sign::{EcdsaKeyError, EcdsaPublicKey, KeyError, Revocations};
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
    /// Trust identities that the authorities of this Sigstore instance certified, as its trusted_root.json names them, at a
    /// time that its logs prove; nothing is fetched. Anyone can have such an identity, so say which one you trust: --identity
    /// or --identity-glob, and --issuer or --issuer-glob, or a policy that names both. `embedded:sigstore` is the root of the
    /// public instance, as it was when this program was made
    #[arg(long, value_name = "FILE")]
    trusted_root: Vec<PathBuf>,
    /// With --trusted-root: require that this service vouched for the identity, such as https://accounts.google.com
    #[arg(long, value_name = "URL", requires = "trusted_root")]
    issuer: Option<String>,
    /// Like --issuer, by a pattern with `*` and `?`
    #[arg(long, value_name = "PATTERN", requires = "trusted_root")]
    issuer_glob: Option<String>,
    /// Require a certificate whose subject or one of whose alternative names matches this pattern, with `*` and `?`; --identity
    /// names one exactly
    #[arg(long, value_name = "PATTERN")]
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

    /// Returns whether a certificate or trusted root is named.
    pub(super) fn names_roots(&self) -> bool {
        !self.root.is_empty() || !self.trusted_root.is_empty()
    }

    /// Reads the certificates and trusted roots that are trusted, and whom of those that they certified. `identity` is the one
    /// that is required exactly.
    pub(super) fn signers(
        &self,
        identity: Option<&str>,
        policy: Option<&Policy>,
        session: &Session,
    ) -> Result<Signers, Failure> {
        if self.identity_glob.is_some() && !self.names_roots() {
            return Err(Failure::new("`--identity-glob` needs `--root` or `--trusted-root`")
                .help("a key has no identity; name the certificate or trusted root that gives one"));
        }
        let mut signers = self.roots()?.merge(self.trusted_roots(session)?);
        if !self.trusted_root.is_empty() {
            let names_signer = identity.is_some() || self.identity_glob.is_some();
            let names_issuer = self.issuer.is_some() || self.issuer_glob.is_some();
            if policy.is_some_and(Policy::names_identities) {
                signers = signers.with_identities_of_policy();
            } else if !names_signer || !names_issuer {
                return Err(Failure::new("`--trusted-root` says who certifies identities, but not which one you trust").help(
                    "add `--identity WHO` and `--issuer URL`, their patterns `--identity-glob` and `--issuer-glob`, or a \
                     `--policy` whose tables of `[oms]` have `identities` and `issuers`",
                ));
            }
        }
        signers = self.issuer.iter().fold(signers, Signers::with_issuer);
        signers = self.issuer_glob.iter().fold(signers, Signers::with_issuer_pattern);
        Ok(self.identity_glob.iter().fold(signers, Signers::with_identity_pattern))
    }

    fn roots(&self) -> Result<Signers, Failure> {
        let mut certificates = Vec::new();
        for file in &self.root {
            let bytes = inputs::read_bounded(file, MAX_ROOTS_BYTES)?;
            if Certificate::from_der(&bytes).is_ok() {
                let name = file.to_string_lossy();
                let name = quote::word(&name);
                return Err(Failure::new(format!("`{}` is a certificate in DER, not in PEM", file.display()))
                    .help(format!("convert it: `openssl x509 -inform der -in {name} -out root.pem`")));
            }
            let text = inputs::text(bytes, &file.display().to_string())?;
            if inputs::is_private(&text) {
                return Err(Failure::new(format!("`{}` is a private key", file.display()))
                    .help("name a certificate; the private key should stay with the signer"));
            }
            let read = Certificate::read_pem(&text);
            certificates.extend(read.map_err(|error| Failure::caused_by(format!("`{}`", file.display()), error))?);
        }
        Ok(Signers::of_certificates(Anchors::of(certificates)))
    }

    fn trusted_roots(&self, session: &Session) -> Result<Signers, Failure> {
        let mut roots: Vec<SharedAuthorities> = Vec::new();
        for file in &self.trusted_root {
            let is_embedded = file.as_os_str() == EMBEDDED;
            let root = match is_embedded {
                true => TrustedRoot::embedded(),
                false => TrustedRoot::read(&inputs::read_text(file, MAX_ROOT_BYTES)?),
            };
            let root = root.map_err(|error| {
                Failure::caused_by(format!("`{}`", file.display()), error)
                    .help(format!("expected a trusted_root.json of a Sigstore instance, or `{EMBEDDED}`"))
            })?;
            if is_embedded {
                session.note(&age(&root, session));
            }
            roots.push(Arc::new(root));
        }
        Ok(Signers::of_authorities(roots))
    }

    /// Reads the signatures that are named. `release` is the directory that is verified.
    pub(super) fn files(&self, release: &Path) -> Result<Vec<SignatureFile>, Failure> {
        let root = release.canonicalize().ok();
        self.signature.iter().map(|file| read(file, root.as_deref())).collect()
    }
}

/// Returns a note about how old the trusted root is that is part of this program.
fn age(root: &TrustedRoot, session: &Session) -> String {
    let newest = root.newest().map_or_else(
        || "it does not say how old it is".to_owned(),
        |newest| {
            let days = session.now.duration_since(newest).as_secs() / (24 * 60 * 60);
            let date = newest.strftime("%Y-%m-%d").to_string();
            format!("its newest authority or log is from {}, {days} days ago", shown(&date))
        },
    );
    format!("note: `{EMBEDDED}` is part of this program; {newest}")
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

/// Reads a revocation list that is not a list of fingerprints.
pub(super) fn revocations(bytes: &[u8], file: &Path) -> Result<Revocations, Failure> {
    Revocations::read(bytes, &file.display().to_string()).map_err(|error| {
        Failure::from(error).help(
            "name a list that `ssh-keygen -k` makes, public keys of OpenSSH, keys or certificates in PEM, or fingerprints \
             (SHA-256 in hex), one a line",
        )
    })
}

/// Says why a file is not a public key that can be trusted.
pub(super) fn not_a_key(text: &str, file: &Path, error: KeyError) -> Failure {
    let name = file.display();
    if text.contains("-----BEGIN CERTIFICATE-----") {
        let word = file.to_string_lossy();
        let word = quote::word(&word);
        return Failure::new(format!("`{name}` is a certificate, not a public key"))
            .help(format!("trust the signer that it is for, or those below it, with `--root {word}`"));
    }
    let is_pem_of_other =
        text.contains("-----BEGIN PUBLIC KEY-----") && matches!(error, KeyError::Type(_) | KeyError::Syntax(_));
    let failure = Failure::caused_by(format!("`{name}`"), error);
    match is_pem_of_other {
        true => failure.help("keys in PEM are Ed25519, or ECDSA on P-256, P-384 or P-521 for OpenSSF Model Signing"),
        false => failure,
    }
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
