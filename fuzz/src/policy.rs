//! A policy file.
use openness::policy::{Policy, Unmet};
use openness::sign::Trust;
use openness::snapshot::Snapshot;
use openness::source::Source;
use openness::verify::{Requirements, verify};

/// Any text is accepted or refused with a message, and a release without a statement never meets a policy.
pub fn run(bytes: &[u8]) {
    let text = super::text(bytes);
    let Ok(policy) = Policy::read(&Source::new("policy.toml", text)) else { return };
    // A directory without a release.
    let snapshot = Snapshot::of_directory(std::path::Path::new("fuzz/seeds/policy")).expect("the seeds");
    let trust = Trust::none();
    let requirements = Requirements::new(&trust, jiff::Timestamp::UNIX_EPOCH).policy(&policy);
    let report = verify(&snapshot, &requirements, &|_| {}).expect("a report");
    assert_eq!(report.unmet(), [Unmet::NoStatement]);
}
