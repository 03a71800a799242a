//! What else `verify` asks for beside the release's own signatures.

use jiff::Timestamp;

use super::Failure;
use super::logs::LogArgs;
use super::source_args::SourceArgs;
use crate::files::Files as _;
use crate::sign::Trust;
use crate::snapshot::Snapshot;
use crate::tag;
use crate::tlog::Policy;
use crate::verify::Report;

/// Flags about tags and logs
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Transparency logs")]
pub(super) struct EvidenceArgs {
    /// Refuse the release unless --rev names a tag that somebody trusted signed, as `git verify-tag` would say: with an SSH
    /// key, under the name that the tag was made with
    #[arg(long, requires = "rev", help_heading = "Tags")]
    require_signed_tag: bool,
    #[command(flatten)]
    logs: LogArgs,
    /// Refuse the release unless a trusted signature of it is proved to stand in a log that is believed
    #[arg(long)]
    require_tlog_proof: bool,
}

impl EvidenceArgs {
    /// Returns which logs are believed.
    pub(super) fn logs(&self) -> Result<Option<Policy>, Failure> {
        let policy = self.logs.policy()?;
        if self.require_tlog_proof && policy.is_none() {
            return Err(Failure::new("`--require-tlog-proof` without a log to believe")
                .help("`--log VKEY` or `--tlog-policy FILE` names one"));
        }
        Ok(policy)
    }

    /// Adds what there is to the report, and holds against it what is asked for and is not there.
    pub(super) fn add(
        &self,
        report: Report,
        snapshot: &Snapshot,
        place: &SourceArgs,
        trust: &Trust,
        at: Timestamp,
    ) -> Result<Report, Failure> {
        let report = if self.require_tlog_proof { report.require_proof() } else { report };
        let (Some(revision), Some(repo), Some(commit)) = (&place.rev, snapshot.repo(), snapshot.commit()) else {
            return Ok(report);
        };
        let tag = tag::inspect(repo, revision, &commit.commit, trust, at)?;
        let signature = tag::inspect_commit(repo, &commit.commit, trust, at)?;
        Ok(report.with_tag(tag, signature, self.require_signed_tag))
    }
}
