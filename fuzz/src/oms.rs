//! A bundle of OpenSSF Model Signing, and the statement in one.

use jiff::Timestamp;
use openness::oms::{Bundle, Order, Signers, Statement};
use openness::sign::{EcdsaPublicKey, Status};

/// A key that did not sign any seed.
const KEY: &str = include_str!("../../tests/data/oms/p521.pub.pem");

/// # Panics
/// If a bundle is taken for that of a key that did not sign it, or a statement is accepted that lists no files, or lists them
/// in no order.
pub fn run(bytes: &[u8]) {
    let likely = Bundle::is_likely(bytes);
    if let Ok(bundle) = Bundle::read(bytes) {
        assert!(likely || !bundle.is_of_oms(), "what can be read is recognized");
        let key = EcdsaPublicKey::parse(KEY).expect("a public key");
        let verification = bundle.verify(&Signers::of_keys([key]), Timestamp::UNIX_EPOCH);
        assert_ne!(verification.status, Status::Good);
        assert!(verification.statement.is_none() && !verification.reason.is_empty());
    }
    let Ok(statement) = Statement::read_unsigned(bytes) else { return };
    let resources = statement.resources();
    let parts: usize = statement.sharded().iter().map(|file| file.parts.len()).sum();
    assert!(resources.is_empty() != (parts == 0), "either whole files or parts");
    for file in statement.sharded() {
        let mut end = 0;
        for (part, _) in &file.parts {
            assert!(part.start == end && part.end > end, "{file:?}");
            end = part.end;
        }
        assert_eq!(end, file.size());
    }
    let names: Vec<_> = statement.sharded().iter().map(|file| &file.path).collect();
    assert!(names.is_sorted_by(|one, next| one < next), "{statement:?}");
    if resources.is_empty() {
        return;
    }
    let in_order = resources.iter().zip(resources.iter().skip(1)).all(|(one, next)| one.path < next.path);
    assert!(in_order, "{statement:?}");
    let files = resources.iter().map(|resource| (resource.path.clone(), resource.sha256)).collect();
    let again = Statement::of(statement.name(), files, &[]).expect("at least one file");
    assert_eq!(again.resources(), resources);
    assert!(again.root() == statement.root() || statement.order() == Order::Components);
}
