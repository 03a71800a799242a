//! An X.509 certificate, and its chain to a root.

use jiff::Timestamp;
use openness::sign::x509::{Anchors, Certificate};

const ROOT: &str = include_str!("../../tests/data/oms/pki/root.pem");

/// # Panics
/// If a certificate is not what its bytes are, or a chain leads anywhere else than to the root.
pub fn run(bytes: &[u8]) {
    let root = Certificate::read_pem(ROOT).expect("a certificate").remove(0);
    let anchors = Anchors::of([root.clone()]);
    if let Ok(certificate) = Certificate::from_der(bytes) {
        assert_eq!(certificate.der(), bytes);
        let shown = certificate.subject() + &certificate.names().concat();
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
        let _ = (certificate.ecdsa_key(), certificate.fingerprint(), certificate.key_fingerprint());
    }
    let at: Timestamp = "2040-01-01T00:00:00Z".parse().expect("a time");
    if let Ok(chain) = anchors.chain(&[bytes.to_vec()], at) {
        assert_eq!((chain.signer().der(), chain.anchor()), (bytes, &root));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Certificate::read_pem(text);
    }
}
