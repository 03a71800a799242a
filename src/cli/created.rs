//! `--created`: the time that a statement or an export claims to be made at.

use jiff::Timestamp;

use super::{Failure, Session, environment, time};
use crate::files::Files as _;
use crate::snapshot::Snapshot;

/// The flag of every command that writes a time.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(super) struct CreatedArgs {
    /// Claim this time of creation; a date means its start in UTC [default: the time of the commit, else SOURCE_DATE_EPOCH, else
    /// now]
    #[arg(long, value_name = "TIME", value_parser = time::created)]
    created: Option<Timestamp>,
}

impl CreatedArgs {
    /// Returns the time to claim. By default the commit's, if there is one: the same commit then gives the same bytes
    /// everywhere.
    pub(super) fn time(self, snapshot: &Snapshot, session: &Session) -> Result<Timestamp, Failure> {
        if let Some(created) = self.created {
            return Ok(created);
        }
        if let Some(commit) = snapshot.commit() {
            return Ok(Timestamp::from_second(commit.time)?);
        }
        match environment::source_date_epoch()? {
            Some(time) => Ok(time),
            None => Ok(Timestamp::from_second(session.now.as_second())?),
        }
    }

    /// Returns the time to claim for a manifest without files.
    pub(super) fn time_or_now(self, session: &Session) -> Timestamp {
        self.created.unwrap_or(session.now)
    }
}
