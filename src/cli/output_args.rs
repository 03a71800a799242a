//! The argument that says where the result goes: `--output`.

use std::path::PathBuf;

use super::Session;

/// Where the result goes.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct OutputArgs {
    /// Write the result to this file, in one step [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl OutputArgs {
    /// Sends what a command prints from now on to the file, if one is named. A file gets colors only if they are asked for.
    pub(super) fn redirect(&self, session: &mut Session) {
        if let Some(file) = self.output.clone() {
            session.terminal.style.color = session.terminal.colors_files;
            session.out.redirect(file, session.terminal.style.color);
        }
    }
}
