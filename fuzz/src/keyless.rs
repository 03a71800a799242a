//! A bundle that is signed without a lasting key, for a verifier who trusts one instance.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use openness::oms::{Bundle, Signers};
use openness::sign::Status;
use openness::sign::keyless::{SharedAuthorities, TrustedRoot};

/// The instance that signed the seeds.
pub(crate) const ROOT: &str = include_str!("../../crates/openness-keyless/tests/data/trusted_root.json");
/// The statement of the seeds begins so.
const MODEL: &str = "m";

pub(crate) fn authorities() -> SharedAuthorities {
    static READ: OnceLock<SharedAuthorities> = OnceLock::new();
    Arc::clone(READ.get_or_init(|| Arc::new(TrustedRoot::read(ROOT).expect("a trusted root"))))
}

/// # Panics
/// If a bundle is good that is not by the signer of the seeds over the files of the seeds.
pub fn run(bytes: &[u8]) {
    let Ok(bundle) = Bundle::read(bytes) else { return };
    let signers = Signers::of_authorities([authorities()])
        .with_identity("release@lab.example")
        .with_issuer("https://idp.lab.example/oauth2");
    let at = Timestamp::from_second(2_000_000_000).expect("a time");
    let verification = bundle.verify(&signers, at);
    assert!(!verification.reason.is_empty());
    match verification.statement {
        Some(statement) => {
            assert_eq!(verification.status, Status::Good);
            let statement = statement.expect("the signer signed none that is refused");
            let names: Vec<&str> = statement.resources().iter().map(|file| file.path.as_str()).collect();
            assert_eq!((statement.name(), names), (MODEL, vec!["config.json", "weights/a.safetensors"]));
        }
        None => assert_ne!(verification.status, Status::Good),
    }
    // Of the public instance, nothing is known about it.
    assert_ne!(bundle.verify(&Signers::none(), at).status, Status::Good);
}
