//! Chains from a signer's certificate to one that the verifier trusts (RFC 5280 §6).

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Certificate, CertificateError, MAX_CERTIFICATES};
use crate::sign::Revocations;

/// The most signatures that are checked to find a chain.
const MAX_CHECKS: usize = 64;

/// The certificates that a verifier trusts, and those that are revoked. An anchor is trusted as it is, byte by byte: a root, an
/// intermediate authority, or the signer's own certificate.
#[derive(Debug, Clone, Default)]
pub struct Anchors {
    certificates: Vec<Certificate>,
    /// SHA-256 in hex, of certificates or of their public keys.
    revoked: BTreeSet<String>,
    /// Lists of revoked keys, which hold for the keys of certificates too.
    lists: Vec<Arc<Revocations>>,
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
        Self { certificates: certificates.into_iter().collect(), ..Self::default() }
    }

    /// Refuses every chain with a certificate, or a public key, of which this is the SHA-256 in lower-case hex.
    pub fn revoke(&mut self, fingerprint: impl Into<String>) {
        self.revoked.insert(fingerprint.into());
    }

    /// Refuses every chain with a key that one of these lists names.
    pub(crate) fn revoke_by(&mut self, lists: &[Arc<Revocations>]) {
        self.lists.extend(lists.iter().cloned());
    }

    /// Returns whether a certificate is revoked, by itself or by its key.
    #[must_use]
    pub fn revokes(&self, certificate: &Certificate) -> bool {
        (!self.revoked.is_empty() && certificate.has_id(|id| self.revoked.contains(id)))
            || (!self.lists.is_empty()
                && certificate.ssh_blob().is_some_and(|blob| self.lists.iter().any(|list| list.has_key(&blob))))
    }

    /// Trusts the certificates of both, except for those that either revokes.
    pub fn extend(&mut self, other: Self) {
        self.certificates.extend(other.certificates);
        self.revoked.extend(other.revoked);
        self.lists.extend(other.lists);
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
        let mut search =
            Search { anchors: self, pool: &pool, checks: MAX_CHECKS, at, refused: None, unsupported: None };
        match search.extend(&mut vec![signer]) {
            Some(chain) => Ok(chain),
            None => {
                let no_anchor = CertificateError::NoAnchor { subject: signer.subject() };
                Err(search.refused.or(search.unsupported).unwrap_or(no_anchor))
            }
        }
    }

    /// Checks a whole chain.
    fn check(&self, chain: &[&Certificate], at: Timestamp) -> Result<(), CertificateError> {
        for certificate in chain {
            check_time(certificate, at)?;
            if self.revokes(certificate) {
                return Err(CertificateError::Revoked { subject: certificate.subject() });
            }
        }
        check_usage(chain)
    }
}

/// Checks whether a chain of certificates, the signer's first, can be accepted by anyone who trusts the last one or another above
/// it, now or at another time.
///
/// # Errors
/// [`CertificateError`] if not.
pub fn check_for_signing(certificates: &[Certificate]) -> Result<(), CertificateError> {
    if certificates.len() > MAX_CERTIFICATES {
        return Err(CertificateError::TooMany { count: certificates.len() });
    }
    let Some(signer) = certificates.first() else { return Ok(()) };
    let mut chain = vec![signer];
    // Certificates that do not belong to the chain are passed over, as a verifier does.
    while let Some(last) = chain.last()
        && let Some(issuer) = certificates
            .iter()
            .find(|issuer| !chain.contains(issuer) && last.names_issuer(issuer) && last.is_signed_by(issuer))
    {
        chain.push(issuer);
    }
    check_usage(&chain)
}

/// Checks what the certificates of a chain are for.
fn check_usage(chain: &[&Certificate]) -> Result<(), CertificateError> {
    let Some((signer, issuers)) = chain.split_first() else { return Ok(()) };
    let invalid =
        |certificate: &Certificate, problem| Err(CertificateError::Invalid { subject: certificate.subject(), problem });
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

/// A depth-first search for a chain.
struct Search<'a> {
    anchors: &'a Anchors,
    pool: &'a [Certificate],
    /// The number of signatures that may still be checked.
    checks: usize,
    at: Timestamp,
    /// Why the first chain to an anchor is not accepted.
    refused: Option<CertificateError>,
    /// A certificate whose signature cannot be checked, where a chain could lead on.
    unsupported: Option<CertificateError>,
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
            if !last.has_known_signature(issuer) {
                self.unsupported.get_or_insert_with(|| CertificateError::Invalid {
                    subject: last.subject(),
                    problem: "is signed with an algorithm or key that is not supported; ECDSA on P-256, P-384 and P-521 and RSA \
                              with SHA-256, SHA-384 and SHA-512 are",
                });
                continue;
            }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    /// Reads a certificate that `tests/data/oms/pki/make.sh` made.
    macro_rules! pki {
        ($name:literal) => {
            Certificate::read_pem(include_str!(concat!("../../../tests/data/oms/pki/", $name, ".pem")))
                .unwrap()
                .remove(0)
        };
    }

    /// A time at which everything is valid except for `short.pem`.
    fn now() -> Timestamp {
        "2040-01-01T00:00:00Z".parse().unwrap()
    }

    fn chain(anchor: Certificate, certificates: &[Certificate], at: Timestamp) -> Result<Chain, CertificateError> {
        let ders: Vec<Vec<u8>> = certificates.iter().map(|certificate| certificate.der().to_vec()).collect();
        Anchors::of([anchor]).chain(&ders, at)
    }

    fn refused(certificates: &[Certificate]) -> CertificateError {
        chain(pki!("root"), certificates, now()).unwrap_err()
    }

    #[test]
    fn chains_lead_to_an_anchor_in_any_order() {
        for (anchor, certificates) in [
            (pki!("root"), vec![pki!("leaf"), pki!("intermediate")]),
            (pki!("root"), vec![pki!("leaf"), pki!("root"), pki!("other"), pki!("intermediate")]),
            (pki!("intermediate"), vec![pki!("leaf")]),
            (pki!("leaf"), vec![pki!("leaf")]),
            (pki!("root"), vec![pki!("self-issued"), pki!("intermediate")]),
            (pki!("rsa-root"), vec![pki!("by-rsa")]),
            (pki!("root"), vec![pki!("unknown"), pki!("intermediate")]),
            (pki!("self-signed"), vec![pki!("self-signed")]),
        ] {
            let found = chain(anchor.clone(), &certificates, now()).unwrap();
            assert_eq!((found.signer(), found.anchor()), (&certificates[0], &anchor));
        }
        let names = pki!("leaf").names();
        assert_eq!(names, ["release@example.org", "https://example.org/releases"]);
        assert_eq!(pki!("leaf").subject(), "CN=Example Lab");
    }

    #[test]
    fn a_root_that_only_the_signature_brings_is_not_trusted() {
        for certificates in [
            vec![pki!("leaf"), pki!("intermediate"), pki!("root")],
            vec![pki!("by-rsa"), pki!("rsa-root")],
            vec![pki!("self-signed")],
        ] {
            // An anchor of the same name with another key.
            let error = chain(pki!("other"), &certificates, now()).unwrap_err();
            assert!(matches!(error, CertificateError::NoAnchor { .. }), "{error}");
        }
        assert!(matches!(refused(&[pki!("leaf")]), CertificateError::NoAnchor { .. }));
        assert!(Anchors::default().chain(&[pki!("leaf").der().to_vec()], now()).is_err());
        assert!(Anchors::of([pki!("root")]).chain(&[], now()).is_err());
    }

    #[test]
    fn a_signature_that_cannot_be_checked_is_called_that() {
        let error = chain(pki!("ed25519-root"), &[pki!("by-ed25519")], now()).unwrap_err();
        assert!(error.to_string().contains("an algorithm or key that is not supported"), "{error}");
        // It says nothing about chains that do not need it.
        let error = chain(pki!("root"), &[pki!("by-ed25519")], now()).unwrap_err();
        assert!(matches!(error, CertificateError::NoAnchor { .. }), "{error}");
    }

    #[test]
    fn an_expired_certificate_anywhere_ends_the_chain() {
        let at = |time: &str| time.parse::<Timestamp>().unwrap();
        let short = [pki!("short"), pki!("intermediate")];
        let leaf = [pki!("leaf"), pki!("intermediate")];
        for (certificates, time, expired) in [
            (&short, "2040-01-01T00:00:00Z", true),
            (&leaf, "2200-01-01T00:00:00Z", true),
            (&leaf, "2020-01-01T00:00:00Z", false),
        ] {
            let error = chain(pki!("root"), certificates, at(time)).unwrap_err();
            assert!(matches!(error, CertificateError::Time { is_expired, .. } if is_expired == expired), "{error}");
        }
        let (from, to) = pki!("short").validity();
        for (second, is_valid) in [(from - 1, false), (from, true), (to, true), (to + 1, false)] {
            let time = Timestamp::from_second(second).unwrap();
            let anchor = pki!("short");
            assert_eq!(chain(anchor, &[pki!("short")], time).is_ok(), is_valid, "{second}");
        }
    }

    #[test]
    fn a_certificate_that_is_not_an_authority_issues_nothing() {
        for (certificates, problem) in [
            (vec![pki!("by-plain"), pki!("plain")], "not that of an authority"),
            (vec![pki!("by-server"), pki!("server")], "not for signing code"),
            (vec![pki!("leaf"), pki!("below-limited"), pki!("limited")], "fewer certificates"),
        ] {
            let error = refused(&certificates).to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn a_certificate_for_another_use_signs_no_release() {
        for leaf in [pki!("for-servers"), pki!("for-certificates"), pki!("without-usage")] {
            let error = refused(&[leaf, pki!("intermediate")]).to_string();
            assert!(error.contains("not for signatures"), "{error}");
        }
        // An RSA key, or an authority, signs none either.
        assert!(chain(pki!("rsa-root"), &[pki!("rsa-root")], now()).is_err());
        assert!(chain(pki!("root"), &[pki!("intermediate")], now()).is_err());
    }

    #[test]
    fn a_chain_to_sign_with_is_checked_without_a_verifier() {
        for (chain, is_accepted) in [
            (vec![pki!("leaf")], true),
            (vec![pki!("short"), pki!("intermediate"), pki!("root")], true),
            (vec![pki!("by-rsa"), pki!("rsa-root")], true),
            (vec![pki!("self-signed")], true),
            (vec![pki!("for-servers")], false),
            (vec![pki!("by-plain"), pki!("plain")], false),
            (vec![pki!("leaf"), pki!("limited"), pki!("below-limited")], false),
            (vec![pki!("leaf"); 9], false),
        ] {
            assert_eq!(check_for_signing(&chain).is_ok(), is_accepted, "{chain:?}");
        }
    }

    #[test]
    fn one_of_several_certificates_in_a_file_is_named() {
        let good = include_str!("../../../tests/data/oms/pki/leaf.pem");
        let bad = include_str!("../../../tests/data/oms/pki/unknown-critical.pem");
        let error = Certificate::read_pem(&format!("{good}{bad}")).unwrap_err().to_string();
        assert!(
            error.starts_with("certificate 2 of 2: the certificate of `CN=Example Lab` has the critical"),
            "{error}"
        );
        let error = Certificate::read_pem(bad).unwrap_err().to_string();
        assert!(error.starts_with("the certificate of `CN=Example Lab`"), "{error}");
    }

    #[test]
    fn extensions_that_must_be_understood_and_are_not_are_refused() {
        for text in [
            include_str!("../../../tests/data/oms/pki/unknown-critical.pem"),
            include_str!("../../../tests/data/oms/pki/constrained.pem"),
        ] {
            let error = Certificate::read_pem(text).unwrap_err();
            assert!(
                matches!(error, CertificateError::UnknownExtension { .. } | CertificateError::Invalid { .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn revoked_certificates_and_keys_end_the_chain() {
        let certificates = [pki!("leaf"), pki!("intermediate")].map(|certificate| certificate.der().to_vec());
        for revoked in [
            pki!("leaf").fingerprint(),
            pki!("intermediate").fingerprint(),
            pki!("leaf").key_fingerprint(),
            pki!("root").fingerprint(),
            pki!("leaf").ecdsa_key().unwrap().pem_id(),
            pki!("root").ecdsa_key().unwrap().pem_id(),
        ] {
            let mut anchors = Anchors::of([pki!("root")]);
            assert!(anchors.chain(&certificates, now()).is_ok());
            anchors.revoke(revoked);
            assert!(matches!(anchors.chain(&certificates, now()), Err(CertificateError::Revoked { .. })));
        }
    }

    #[test]
    fn lists_of_openssh_revoke_the_keys_of_certificates() {
        let chains = [vec![pki!("leaf"), pki!("intermediate"), pki!("root")], vec![pki!("by-rsa"), pki!("rsa-root")]];
        for chain in chains {
            let anchor = chain.last().unwrap().clone();
            let ders: Vec<Vec<u8>> = chain.iter().map(|certificate| certificate.der().to_vec()).collect();
            for certificate in &chain {
                let blob = certificate.ssh_blob().unwrap();
                let name =
                    String::from_utf8_lossy(&blob[4..]).chars().take_while(|c| !c.is_control()).collect::<String>();
                let line = format!("{name} {}\n", crate::sign::wire::encode_base64(&blob));
                let list = Arc::new(Revocations::read(line.as_bytes(), "list").unwrap());
                let mut anchors = Anchors::of([anchor.clone()]);
                assert!(anchors.chain(&ders, now()).is_ok());
                anchors.revoke_by(&[list]);
                assert!(matches!(anchors.chain(&ders, now()), Err(CertificateError::Revoked { .. })), "{line}");
            }
        }
    }

    #[test]
    fn long_lists_and_large_certificates_are_refused() {
        let many = vec![pki!("leaf"); 9];
        assert_eq!(refused(&many), CertificateError::TooMany { count: 9 });
        assert!(matches!(refused(&many[..8]), CertificateError::NoAnchor { .. }));
        let anchors = Anchors::of([pki!("root")]);
        assert_eq!(anchors.chain(&[vec![0x30; 64 << 10 | 1]], now()).unwrap_err(), CertificateError::TooLarge);
    }

    #[test]
    fn no_changed_byte_of_a_certificate_is_accepted() {
        let (leaf, rest) = (pki!("leaf"), pki!("intermediate").der().to_vec());
        let anchors = Anchors::of([pki!("root")]);
        for at in 0..leaf.der().len() {
            for bit in [1, 0x80] {
                let mut changed = leaf.der().to_vec();
                changed[at] ^= bit;
                assert!(anchors.chain(&[changed, rest.clone()], now()).is_err(), "byte {at}");
            }
        }
        let longer = [leaf.der(), &[0]].concat();
        assert_eq!(Certificate::from_der(&longer), Err(CertificateError::Der));
    }
}
