//! `openness schema`.

use std::io::Write as _;

use super::{Failure, Outcome, Session};

/// Print the JSON Schema of the manifest, for editors
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    session.out.write_all(include_bytes!("../../schemas/openness.schema.json"))?;
    Ok(Outcome::Done)
}
