//! A tag or commit object.
use openness::git::ObjectFormat;
use openness::tag::{object, verify_tag};

/// Nothing is good unless the trusted key signed it, and the signed payload is never longer than the object.
pub fn run(bytes: &[u8]) {
    if let Some(facts) = verify_tag(bytes, &super::trust(), jiff::Timestamp::UNIX_EPOCH) {
        assert!(!facts.status.is_good());
    }
    let tag = object::read_tag(bytes);
    for parts in tag.into_iter().chain(
        [ObjectFormat::Sha1, ObjectFormat::Sha256].into_iter().filter_map(|format| object::read_commit(bytes, format)),
    ) {
        assert!(parts.payload.len() <= bytes.len());
    }
}
