//! OpenSSH certificates: a key, the principals that may use it, its validity, and the signature of a certification
//! authority. Format: [PROTOCOL.certkeys].
//!
//! Reading a certificate does not verify it; [`Certificate::check`] does, for an authority that the verifier trusts.
//!
//! [PROTOCOL.certkeys]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.certkeys

use super::SshKey;
use crate::sign::wire::Reader;

/// The type of user certificates, as opposed to host certificates.
const USER: u32 = 1;

/// The limit of OpenSSH.
const MAX_PRINCIPALS: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sign) struct Certificate {
    /// The certified key; never a certificate itself.
    subject: SshKey,
    serial: u64,
    kind: u32,
    id: String,
    principals: Vec<String>,
    /// The first second at which the certificate is valid, since 1970.
    valid_after: u64,
    /// The first second at which the certificate is no longer valid, since 1970.
    valid_before: u64,
    critical_options: Vec<String>,
    /// The authority's key in the wire format.
    authority: Vec<u8>,
    /// The bytes that the authority signed.
    signed: Vec<u8>,
    signature: Vec<u8>,
}

/// Why a certificate is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sign) enum Refusal {
    NotYetValid,
    Expired,
    /// Any other reason, as one clause.
    Other(String),
}

impl Certificate {
    /// Reads the fields after the subject's key. `whole` is the certificate from its first byte.
    pub(in crate::sign) fn read(subject: SshKey, whole: &[u8], reader: &mut Reader<'_>) -> Option<Self> {
        let serial = reader.u64()?;
        let kind = reader.u32()?;
        let id = reader.text()?.to_owned();
        let principals = strings(reader.string()?).filter(|principals| principals.len() <= MAX_PRINCIPALS)?;
        let (valid_after, valid_before) = (reader.u64()?, reader.u64()?);
        // Options and extensions are pairs of a name and data.
        let critical_options = strings_paired(reader.string()?)?;
        strings_paired(reader.string()?)?;
        let _reserved = reader.string()?;
        let authority = reader.string()?.to_vec();
        let signed = whole.get(..whole.len() - reader.remaining())?.to_vec();
        let signature = reader.string()?.to_vec();
        Some(Self {
            subject,
            serial,
            kind,
            id,
            principals,
            valid_after,
            valid_before,
            critical_options,
            authority,
            signed,
            signature,
        })
    }

    pub(in crate::sign) fn subject(&self) -> &SshKey {
        &self.subject
    }

    pub(in crate::sign) fn serial(&self) -> u64 {
        self.serial
    }

    pub(in crate::sign) fn id(&self) -> &str {
        &self.id
    }

    pub(in crate::sign) fn principals(&self) -> &[String] {
        &self.principals
    }

    /// Returns the authority's key in the wire format, as the certificate names it.
    pub(in crate::sign) fn authority_blob(&self) -> &[u8] {
        &self.authority
    }

    /// Verifies everything except the principals. `at` is the time in seconds since 1970.
    pub(in crate::sign) fn check(&self, authority: &SshKey, at: i64) -> Result<(), Refusal> {
        let other = |reason: &str| Err(Refusal::Other(reason.to_owned()));
        if authority.to_blob() != self.authority || matches!(authority, SshKey::Certificate(_)) {
            return other("the certificate was issued by another authority");
        }
        if authority.verify(&self.signed, &self.signature).is_err() {
            return other("the authority's signature on the certificate is invalid");
        }
        if self.kind != USER {
            return other("the certificate is not a user certificate");
        }
        // PROTOCOL.certkeys: a certificate with an unknown critical option must be rejected. The options that OpenSSH
        // defines restrict logins and cannot be enforced for signatures. `ssh-keygen -Y verify` ignores them.
        if let Some(option) = self.critical_options.first() {
            return other(&format!("the certificate has the critical option `{}`", option.escape_debug()));
        }
        if self.principals.is_empty() {
            return other("the certificate lists no principals");
        }
        // No certificate was valid before 1970.
        let at = u64::try_from(at).map_err(|_| Refusal::NotYetValid)?;
        if at < self.valid_after {
            return Err(Refusal::NotYetValid);
        }
        if at >= self.valid_before {
            return Err(Refusal::Expired);
        }
        Ok(())
    }
}

fn strings(bytes: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader::new(bytes);
    let mut found = Vec::new();
    while !reader.is_empty() {
        found.push(reader.text()?.to_owned());
    }
    Some(found)
}

/// Returns the names of a list of name–data pairs.
fn strings_paired(bytes: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader::new(bytes);
    let mut names = Vec::new();
    while !reader.is_empty() {
        names.push(reader.text()?.to_owned());
        reader.string()?;
    }
    Some(names)
}
