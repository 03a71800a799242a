//! Arguments of `verify` about evidence in addition to the release's own signatures.

use super::Failure;
use super::logs::LogArgs;
use super::source_args::SourceArgs;
use crate::files::Files as _;
use crate::snapshot::Snapshot;
use crate::tag;
use crate::tlog::Policy;
use crate::verify::Requirements;

/// Flags about tags and logs
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Transparency logs")]
pub(super) struct EvidenceArgs {
    /// Refuse the release unless --rev names a tag signed by a trusted SSH key, under the name that the tag was made with
    #[arg(long, requires = "rev", help_heading = "Tags")]
    require_signed_tag: bool,
    #[command(flatten)]
    logs: LogArgs,
    /// Refuse the release unless one of its trusted signatures is proved to be in a trusted log
    #[arg(long)]
    require_tlog_proof: bool,
}

impl EvidenceArgs {
    /// Returns the trusted logs and witnesses.
    pub(super) fn logs(&self) -> Result<Option<Policy>, Failure> {
        let policy = self.logs.policy()?;
        if self.require_tlog_proof && policy.is_none() {
            return Err(Failure::new("`--require-tlog-proof` needs a log to trust")
                .help("name one with `--log VKEY` or `--tlog-policy FILE`"));
        }
        Ok(policy)
    }

    /// Adds the log proof, and what Git knows about the tag and the commit, to the requirements.
    pub(super) fn add_to<'a>(
        &self,
        requirements: Requirements<'a>,
        files: &Snapshot,
        place: &SourceArgs,
    ) -> Result<Requirements<'a>, Failure> {
        let requirements = requirements
            .require_log_proof(self.require_tlog_proof)
            .in_place_of_directory(place.rev.is_none() && !place.staged && files.commit().is_some());
        let (Some(revision), Some(repo), Some(commit)) = (&place.rev, files.repo(), files.commit()) else {
            return Ok(requirements.require_signed_tag(self.require_signed_tag));
        };
        let (trust, at) = (requirements.effective_trust(), requirements.time());
        let tag = tag::inspect(repo, revision, &commit.commit, &trust, at)?;
        let replaced = repo.replaced(&repo.replacements()?, revision, commit)?;
        let requirements = requirements.replaced(replaced);
        let signature = tag::inspect_commit(repo, &commit.commit, &trust, at)?;
        Ok(requirements.tag(tag).commit(signature).require_signed_tag(self.require_signed_tag))
    }
}
