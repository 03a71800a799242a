//! One certificate: decoding, and what it says about itself.

use std::fmt;

use pkcs8::ObjectIdentifier;
use sha2::{Digest as _, Sha256};
use x509_cert::certificate::Version;
use x509_cert::der::{Decode as _, Encode as _, pem};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};

use super::signature::{is_known_algorithm, is_signature_by, rsa_blob};
use super::{CertificateError, MAX_CERTIFICATE_BYTES};
use crate::hex::encode as hex;
use crate::sign::ecdsa::EcdsaPublicKey;
use crate::sign::ssh::without_byte_order_mark;

/// RFC 5280 §4.2: the extensions that are understood, or that say nothing where no policy is required.
const KNOWN_EXTENSIONS: &[&str] = &[
    "2.5.29.14", // subjectKeyIdentifier
    "2.5.29.15", // keyUsage
    "2.5.29.17", // subjectAltName
    "2.5.29.19", // basicConstraints
    "2.5.29.32", // certificatePolicies
    "2.5.29.35", // authorityKeyIdentifier
    "2.5.29.37", // extKeyUsage
];
/// Names that an authority may certify. It is not supported, and ignoring it would lift the limit.
const NAME_CONSTRAINTS: &str = "2.5.29.30";
const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
const ANY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// A certificate. Whether it is trusted is another question.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    certificate: x509_cert::Certificate,
}

/// Certificates are equal if their bytes are.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`CertificateError`] if it is not one, or does not follow RFC 5280.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::TooLarge);
        }
        let certificate = x509_cert::Certificate::from_der(der).map_err(|_| CertificateError::Der)?;
        // Other encodings of the same values are refused; so the encoding of a part is the part that was signed.
        if certificate.to_der().ok().as_deref() != Some(der) {
            return Err(CertificateError::Der);
        }
        let certificate = Self { der: der.to_vec(), certificate };
        certificate.check_form()?;
        Ok(certificate)
    }

    /// Reads the certificates of a PEM file, at least one.
    ///
    /// # Errors
    /// [`CertificateError`] if one of them cannot be read.
    pub fn read_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        const START: &str = "-----BEGIN CERTIFICATE-----";
        let text = without_byte_order_mark(text);
        let read = |at: usize| {
            let end = text[at..].find("-----END CERTIFICATE-----").ok_or(CertificateError::Pem)?;
            let block = &text[at..at + end + "-----END CERTIFICATE-----".len()];
            let (_, der) = pem::decode_vec(block.as_bytes()).map_err(|_| CertificateError::Pem)?;
            Self::from_der(&der)
        };
        let count = text.matches(START).count();
        let mut certificates = Vec::new();
        for (at, _) in text.match_indices(START) {
            certificates.push(read(at).map_err(|error| match count {
                1 => error,
                _ => CertificateError::Numbered { number: certificates.len() + 1, count, source: Box::new(error) },
            })?);
        }
        if certificates.is_empty() { Err(CertificateError::Pem) } else { Ok(certificates) }
    }

    /// Returns the DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the SHA-256 of the DER in lower-case hex.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(&self.der))
    }

    /// Returns the SHA-256 of the public key in lower-case hex.
    #[must_use]
    pub fn key_fingerprint(&self) -> String {
        hex(&Sha256::digest(self.spki()))
    }

    /// Returns whether this name is that of the certificate or of its key: SHA-256 in lower-case hex, of either in DER, or of the
    /// key's PEM text.
    #[must_use]
    pub fn has_id(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        let pem = pem::encode_string("PUBLIC KEY", pem::LineEnding::LF, &self.spki()).unwrap_or_default();
        [self.fingerprint(), self.key_fingerprint(), hex(&Sha256::digest(pem))].iter().any(|id| is_meant(id))
    }

    /// Returns the public key in the wire format of OpenSSH; `None` if it has none, or is of another algorithm.
    pub(super) fn ssh_blob(&self) -> Option<Vec<u8>> {
        match self.ecdsa_key() {
            Some(key) => Some(key.to_blob()),
            None => rsa_blob(self.certificate.tbs_certificate().subject_public_key_info()),
        }
    }

    /// Returns the subject as in RFC 4514, such as `CN=Example Lab,C=CH`. Control characters in it are escaped.
    #[must_use]
    pub fn subject(&self) -> String {
        without_controls(&self.certificate.tbs_certificate().subject().to_string())
    }

    /// Returns the alternative names of the subject: addresses, host names and URIs. Control characters in them are escaped.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let Some(names) = self.extension::<SubjectAltName>() else { return Vec::new() };
        let text = |name: &GeneralName| match name {
            GeneralName::Rfc822Name(name)
            | GeneralName::DnsName(name)
            | GeneralName::UniformResourceIdentifier(name) => Some(without_controls(name.as_str())),
            _ => None,
        };
        names.0.iter().filter_map(text).collect()
    }

    /// Returns the public key if it is on P-256, P-384 or P-521.
    #[must_use]
    pub fn ecdsa_key(&self) -> Option<EcdsaPublicKey> {
        EcdsaPublicKey::from_spki(&self.spki()).ok()
    }

    /// Returns the first and the last second at which the certificate is valid, since 1970.
    pub(super) fn validity(&self) -> (i64, i64) {
        let validity = self.certificate.tbs_certificate().validity();
        let second =
            |time: &x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        (second(&validity.not_before), second(&validity.not_after))
    }

    /// Returns whether the subject of `issuer` is the issuer of this certificate, byte by byte.
    pub(super) fn names_issuer(&self, issuer: &Self) -> bool {
        let ours = self.certificate.tbs_certificate().issuer().to_der();
        ours.is_ok() && ours == issuer.certificate.tbs_certificate().subject().to_der()
    }

    /// Returns whether subject and issuer are the same name. That says nothing about who signed.
    pub(super) fn is_self_issued(&self) -> bool {
        self.names_issuer(self)
    }

    /// Returns whether the key of `issuer` signed this certificate.
    pub(super) fn is_signed_by(&self, issuer: &Self) -> bool {
        let (Ok(message), Some(signature)) =
            (self.certificate.tbs_certificate().to_der(), self.certificate.signature().as_bytes())
        else {
            return false;
        };
        let key = issuer.certificate.tbs_certificate().subject_public_key_info();
        is_signature_by(key, self.certificate.signature_algorithm().oid, &message, signature)
    }

    /// Returns whether the signature of this certificate could be that of a key of `issuer`, by its algorithm.
    pub(super) fn has_known_signature(&self, issuer: &Self) -> bool {
        let key = issuer.certificate.tbs_certificate().subject_public_key_info();
        is_known_algorithm(key, self.certificate.signature_algorithm().oid)
    }

    /// Returns whether this is the certificate of an authority, and how many others may follow it in a chain.
    pub(super) fn authority(&self) -> Option<Option<usize>> {
        let constraints = self.extension::<BasicConstraints>()?;
        let may_sign = self.extension::<KeyUsage>().is_none_or(|usage| usage.key_cert_sign());
        (constraints.ca && may_sign).then(|| constraints.path_len_constraint.map(usize::from))
    }

    /// Returns whether the usages of this certificate include signing code; all do if there are none.
    pub(super) fn allows_code_signing(&self) -> bool {
        let usages = self.extension::<ExtendedKeyUsage>();
        usages.is_none_or(|usages| usages.0.iter().any(|usage| [CODE_SIGNING, ANY_USAGE].contains(usage)))
    }

    /// Returns whether the key may sign a release: for signatures and for code, as far as it says so, and it must say one.
    pub(super) fn may_sign_releases(&self) -> bool {
        let usage = self.extension::<KeyUsage>();
        let is_limited = usage.is_some() || self.extension::<ExtendedKeyUsage>().is_some();
        is_limited && usage.is_none_or(|usage| usage.digital_signature()) && self.allows_code_signing()
    }

    fn spki(&self) -> Vec<u8> {
        self.certificate.tbs_certificate().subject_public_key_info().to_der().unwrap_or_default()
    }

    fn extension<'a, T>(&'a self) -> Option<T>
    where
        T: x509_cert::der::Decode<'a, Error = x509_cert::der::Error> + x509_cert::der::oid::AssociatedOid,
    {
        // Those that cannot be decoded were refused before.
        self.certificate.tbs_certificate().get_extension::<T>().ok().flatten().map(|(_, value)| value)
    }

    /// Checks what RFC 5280 demands of every certificate.
    fn check_form(&self) -> Result<(), CertificateError> {
        let invalid = |problem| Err(CertificateError::Invalid { subject: self.subject(), problem });
        let tbs = self.certificate.tbs_certificate();
        if tbs.version() != Version::V3 {
            return invalid("is not of version 3");
        }
        if tbs.signature() != self.certificate.signature_algorithm() {
            return invalid("names two different signature algorithms");
        }
        let extensions = tbs.extensions().map_or(&[][..], Vec::as_slice);
        for (at, extension) in extensions.iter().enumerate() {
            let oid = extension.extn_id.to_string();
            if extensions[..at].iter().any(|other| other.extn_id == extension.extn_id) {
                return invalid("has the same extension twice");
            }
            if oid == NAME_CONSTRAINTS {
                return invalid("limits names (name constraints), which is not supported");
            }
            if extension.critical && !KNOWN_EXTENSIONS.contains(&&*oid) {
                return Err(CertificateError::UnknownExtension { subject: self.subject(), oid });
            }
        }
        let are_readable = tbs.get_extension::<BasicConstraints>().is_ok()
            && tbs.get_extension::<KeyUsage>().is_ok()
            && tbs.get_extension::<ExtendedKeyUsage>().is_ok()
            && tbs.get_extension::<SubjectAltName>().is_ok();
        if are_readable { Ok(()) } else { invalid("has an extension that cannot be read") }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("subject", &self.subject()).field("sha256", &self.fingerprint()).finish()
    }
}

/// Escapes control characters, and nothing else: the rest is compared with what a verifier requires.
fn without_controls(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    escaped
}
