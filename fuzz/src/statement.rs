//! The payload of a signed envelope, read as a statement.

use std::sync::OnceLock;

use openness::sign::envelope::Envelope;
use openness::sign::{SecretKey, Trust, dsse};
use openness::statement::Statement;

/// A statement that is read is written byte for byte the same.
pub fn run(bytes: &[u8]) {
    static KEY: OnceLock<SecretKey> = OnceLock::new();
    let key = KEY.get_or_init(|| SecretKey::generate().expect("a key"));
    let sealed = dsse::sign(bytes, key).expect("bytes are signed whatever they are");
    let envelope = Envelope::read_dsse(&sealed).expect("what was written can be read");
    let opened = envelope.verify(&Trust::of_keys([*key.public()]), jiff::Timestamp::UNIX_EPOCH);
    let signed = opened.signed.expect("the signature holds");
    assert_eq!(signed.payload(), bytes);
    if let Ok(statement) = Statement::read(&signed) {
        assert_eq!(statement.to_bytes().expect("what was read can be written"), bytes);
        let _ = statement.sums();
    }
}
