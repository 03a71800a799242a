//! A policy: whatever its text, it is read or refused in words; and a release without a statement meets none.
use openness::policy::Policy;
use openness::sign::Trust;
use openness::snapshot::Snapshot;
use openness::source::Source;
use openness::verify::{Request, introduce};

/// It is read or refused in words; and a release without a statement meets none.
pub fn run(bytes: &[u8]) {
    let text = super::text(bytes);
    let Ok(policy) = Policy::read(&Source::new("policy.toml", text)) else { return };
    // A directory that holds no release.
    let snapshot = Snapshot::of_directory(std::path::Path::new("fuzz/seeds/policy")).expect("the seeds");
    let trust = Trust::none();
    let report = introduce(&snapshot, &Request::new(&trust, jiff::Timestamp::UNIX_EPOCH)).expect("a report");
    assert_eq!(policy.unmet(&report, jiff::Timestamp::UNIX_EPOCH).len(), 1);
}
