//! Chains from a signer's certificate to one that the verifier trusts (RFC 5280 §6).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Certificate, CertificateError, MAX_CERTIFICATES};

/// The most signatures that are checked to find a chain.
const MAX_CHECKS: usize = 64;

/// The certificates that a verifier trusts, and those that are revoked. An anchor is trusted as it is, byte by byte: a root, an
/// intermediate authority, or the signer's own certificate.
#[derive(Debug, Clone, Default)]
pub struct Anchors {
    certificates: Vec<Certificate>,
    /// SHA-256 in hex, of certificates or of their public keys.
    revoked: BTreeSet<String>,
}

/// A chain that is accepted, the signer's certificate first and the anchor last. They may be the same.
#[derive(Debug, Clone)]
pub struct Chain(Vec<Certificate>);

impl Chain {
    /// Returns the signer's certificate.
    #[must_use]
    pub fn signer(&self) -> &Certificate {
        &self.0[0]
    }

    /// Returns the certificate that the verifier trusts.
    #[must_use]
    pub fn anchor(&self) -> &Certificate {
        &self.0[self.0.len() - 1]
    }
}

impl Anchors {
    /// Trusts these certificates.
    #[must_use]
    pub fn of(certificates: impl IntoIterator<Item = Certificate>) -> Self {
        Self { certificates: certificates.into_iter().collect(), revoked: BTreeSet::new() }
    }

    /// Refuses every chain with a certificate, or a public key, of which this is the SHA-256 in lower-case hex.
    pub fn revoke(&mut self, fingerprint: impl Into<String>) {
        self.revoked.insert(fingerprint.into());
    }

    /// Trusts the certificates of both, except for those that either revokes.
    pub fn extend(&mut self, other: Self) {
        self.certificates.extend(other.certificates);
        self.revoked.extend(other.revoked);
    }

    /// Returns whether no certificate is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Finds a chain from the first of these certificates to an anchor, valid at the time `at`. The others may help, and are
    /// not trusted.
    ///
    /// # Errors
    /// [`CertificateError`] if there is none; about the first chain if several lead to an anchor.
    pub fn chain(&self, certificates: &[Vec<u8>], at: Timestamp) -> Result<Chain, CertificateError> {
        if certificates.len() > MAX_CERTIFICATES {
            return Err(CertificateError::TooMany { count: certificates.len() });
        }
        let pool = certificates.iter().map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>()?;
        let Some(signer) = pool.first() else { return Err(CertificateError::TooMany { count: 0 }) };
        let mut search = Search { anchors: self, pool: &pool, checks: MAX_CHECKS, at, refused: None };
        match search.extend(&mut vec![signer]) {
            Some(chain) => Ok(chain),
            None => Err(search.refused.unwrap_or(CertificateError::NoAnchor { subject: signer.subject() })),
        }
    }

    /// Checks a whole chain.
    fn check(&self, chain: &[&Certificate], at: Timestamp) -> Result<(), CertificateError> {
        for certificate in chain {
            check_time(certificate, at)?;
            if [certificate.fingerprint(), certificate.key_fingerprint()].iter().any(|id| self.revoked.contains(id)) {
                return Err(CertificateError::Revoked { subject: certificate.subject() });
            }
        }
        let Some((signer, issuers)) = chain.split_first() else { return Ok(()) };
        let invalid = |certificate: &Certificate, problem| {
            Err(CertificateError::Invalid { subject: certificate.subject(), problem })
        };
        if signer.ecdsa_key().is_none() {
            return invalid(signer, "is not of an ECDSA key on P-256, P-384 or P-521");
        }
        if !signer.may_sign_releases() {
            return invalid(signer, "is not for signatures (`digitalSignature`) of code (`codeSigning`)");
        }
        let mut below = 0;
        for (at, issuer) in issuers.iter().enumerate() {
            let Some(limit) = issuer.authority() else { return invalid(issuer, "is not that of an authority") };
            if limit.is_some_and(|limit| below > limit) {
                return invalid(issuer, "allows fewer certificates below it");
            }
            // An anchor is trusted by the verifier's own decision.
            if at + 1 < issuers.len() && !issuer.allows_code_signing() {
                return invalid(issuer, "is not for signing code (`codeSigning`)");
            }
            below += usize::from(!issuer.is_self_issued());
        }
        Ok(())
    }
}

/// A depth-first search for a chain.
struct Search<'a> {
    anchors: &'a Anchors,
    pool: &'a [Certificate],
    /// The number of signatures that may still be checked.
    checks: usize,
    at: Timestamp,
    /// Why the first chain to an anchor is not accepted.
    refused: Option<CertificateError>,
}

impl<'a> Search<'a> {
    fn extend(&mut self, chain: &mut Vec<&'a Certificate>) -> Option<Chain> {
        let last = *chain.last()?;
        if self.anchors.certificates.contains(last) {
            match self.anchors.check(chain, self.at) {
                Ok(()) => return Some(Chain(chain.iter().map(|certificate| (*certificate).clone()).collect())),
                Err(error) => drop(self.refused.get_or_insert(error)),
            }
        }
        if chain.len() == MAX_CERTIFICATES {
            return None;
        }
        for issuer in self.anchors.certificates.iter().chain(self.pool) {
            if chain.contains(&issuer) || !last.names_issuer(issuer) {
                continue;
            }
            self.checks = self.checks.checked_sub(1)?;
            if last.is_signed_by(issuer) {
                chain.push(issuer);
                let found = self.extend(chain);
                chain.pop();
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }
}

fn check_time(certificate: &Certificate, at: Timestamp) -> Result<(), CertificateError> {
    let (from, to) = certificate.validity();
    let second = at.as_second();
    if (from..=to).contains(&second) {
        return Ok(());
    }
    let text = |second| Timestamp::from_second(second).map_or_else(|_| format!("{second} s"), |time| time.to_string());
    Err(CertificateError::Time {
        subject: certificate.subject(),
        from: text(from),
        to: text(to),
        is_expired: second > to,
    })
}
