//! A policy: whatever its text, it is read or refused in words; and a release without a statement meets none.
use openness::policy::{Policy, Unmet};
use openness::sign::Trust;
use openness::snapshot::Snapshot;
use openness::source::Source;
use openness::verify::{Requirements, verify};

/// It is read or refused in words; and a release without a statement meets none.
pub fn run(bytes: &[u8]) {
    let text = super::text(bytes);
    let Ok(policy) = Policy::read(&Source::new("policy.toml", text)) else { return };
    // A directory that holds no release.
    let snapshot = Snapshot::of_directory(std::path::Path::new("fuzz/seeds/policy")).expect("the seeds");
    let trust = Trust::none();
    let requirements = Requirements::new(&trust, jiff::Timestamp::UNIX_EPOCH).policy(&policy);
    let report = verify(&snapshot, &requirements, &|_| {}).expect("a report");
    assert_eq!(report.unmet(), [Unmet::NoStatement]);
}
