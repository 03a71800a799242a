//! `openness schema`.

use std::io::Write as _;

use clap::ValueEnum;

use super::{Failure, Outcome, Session};

/// Print a JSON Schema: of the manifest, for editors; of what others write or read
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of what
    #[arg(value_enum, default_value_t = Subject::Manifest, value_name = "WHAT")]
    subject: Subject,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// OPENNESS.toml
    Manifest,
    /// The file of `verify --policy`
    Policy,
    /// What `check --format json` prints
    Check,
    /// What `verify --format json` prints
    Verify,
    /// What `sign` signs
    Statement,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    session.out.write_all(match args.subject {
        Subject::Manifest => include_bytes!("../../schemas/openness.schema.json"),
        Subject::Policy => include_bytes!("../../schemas/policy.schema.json"),
        Subject::Check => include_bytes!("../../schemas/check-v1.schema.json"),
        Subject::Verify => include_bytes!("../../schemas/verify-v1.schema.json"),
        Subject::Statement => include_bytes!("../../schemas/statement-v1.schema.json"),
    })?;
    Ok(Outcome::Done)
}
