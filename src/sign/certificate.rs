//! OpenSSH certificates: a key, who it speaks for, for how long, and a certification authority's signature over that.
//! Format: [PROTOCOL.certkeys].
//!
//! Reading one says nothing about it yet; [`Certificate::judge`] does, for an authority that the verifier trusts.
//!
//! [PROTOCOL.certkeys]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.certkeys

use super::ssh::SshKey;
use super::wire::Reader;

/// The type of certificate that is for people, not for hosts.
const USER: u32 = 1;

/// OpenSSH reads no certificate for more.
const MAX_PRINCIPALS: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    /// Never itself a certificate.
    subject: SshKey,
    serial: u64,
    kind: u32,
    id: String,
    principals: Vec<String>,
    /// Seconds since 1970; the first at which it is valid.
    valid_after: u64,
    /// The first second at which it is valid no more.
    valid_before: u64,
    critical_options: Vec<String>,
    authority: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

/// Why a certificate does not speak for anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    NotYetValid,
    Expired,
    Other(String),
}

impl Certificate {
    /// Reads on after the subject's key; `whole` is the certificate from its first byte.
    pub(super) fn read(subject: SshKey, whole: &[u8], reader: &mut Reader<'_>) -> Option<Self> {
        let serial = reader.u64()?;
        let kind = reader.u32()?;
        let id = reader.text()?.to_owned();
        let principals = strings(reader.string()?).filter(|principals| principals.len() <= MAX_PRINCIPALS)?;
        let (valid_after, valid_before) = (reader.u64()?, reader.u64()?);
        // Options and extensions are pairs of a name and its data.
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

    pub(super) fn subject(&self) -> &SshKey {
        &self.subject
    }

    pub(super) fn serial(&self) -> u64 {
        self.serial
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn principals(&self) -> &[String] {
        &self.principals
    }

    /// The authority's key in the wire format, as the certificate names it.
    pub(super) fn authority_blob(&self) -> &[u8] {
        &self.authority
    }

    /// Checks everything but the principals, at a time in seconds since 1970.
    pub(super) fn judge(&self, authority: &SshKey, at: i64) -> Result<(), Refusal> {
        let other = |reason: &str| Err(Refusal::Other(reason.to_owned()));
        if authority.to_blob() != self.authority || matches!(authority, SshKey::Certificate(_)) {
            return other("the certificate is of another authority");
        }
        if authority.verify(&self.signed, &self.signature).is_err() {
            return other("the authority's signature on the certificate does not hold");
        }
        if self.kind != USER {
            return other("the certificate is not for a user");
        }
        // An option that one does not know must be obeyed by refusing; those that OpenSSH defines restrict logins, and
        // none of them can be obeyed here. `ssh-keygen -Y verify` does not look.
        if let Some(option) = self.critical_options.first() {
            return other(&format!("the certificate has the critical option `{}`", option.escape_debug()));
        }
        if self.principals.is_empty() {
            return other("the certificate names no principal");
        }
        // Before 1970 nothing was valid.
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

/// The names of name–data pairs.
fn strings_paired(bytes: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader::new(bytes);
    let mut names = Vec::new();
    while !reader.is_empty() {
        names.push(reader.text()?.to_owned());
        reader.string()?;
    }
    Some(names)
}
