//! `openness hook`.

mod releases;
mod setup;

use std::ffi::OsString;
use std::io::Write as _;

use clap::{Subcommand, ValueEnum};

use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, environment, manifest};
use crate::finding::Severity;
use crate::git::Repo;
use crate::hook::{Hook, StagedManifest};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::report::human;
use crate::snapshot::Snapshot;

/// Run as a Git hook, or install and uninstall hooks
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check what is being committed; for the hooks `pre-commit` and `pre-merge-commit`
    Run,
    /// Refuse to push release tags without a good, current signature; for the hook `pre-push`
    ///
    /// `git config openness.releaseTags` says which tags are releases (default `v*`). Trusted signers are those that
    /// `openness verify` trusts by default: your own list (`openness key trust`), and the file that
    /// openness.allowedSigners, else gpg.ssh.allowedSignersFile names, without the keys in gpg.ssh.revocationFile. Only
    /// your own and the system's Git settings count, not those of the repository. The updates are read from standard
    /// input, in the format of the hook.
    PrePush {
        /// The name and the address of the remote, which Git passes
        #[arg(hide = true)]
        remote: Vec<OsString>,
    },
    /// Refuse pushed release tags on a server; for the hook `pre-receive`
    ///
    /// Here the settings of the repository count, because a push cannot change those of a server: `git config
    /// openness.allowedSigners FILE` names the trusted signers, with an absolute path. The list of a user does not
    /// count.
    PreReceive,
    /// Install hooks into the repository
    ///
    /// A hook is installed where Git looks for it. If there is a shell script of that name already, a marked block is
    /// added to it; hooks of others are never overwritten.
    Install {
        /// Install these hooks [default: pre-commit and pre-merge-commit]
        #[arg(value_enum, value_name = "HOOK")]
        hooks: Vec<Name>,
        /// Install even if another program runs the hooks, or if other repositories share the directory
        #[arg(long)]
        force: bool,
    },
    /// Remove from the repository's hooks what `install` added
    Uninstall {
        /// Uninstall even if other repositories share the directory
        #[arg(long)]
        force: bool,
    },
    /// Show which hooks are installed
    Status,
}

/// The hooks, as arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(clippy::enum_variant_names, reason = "these are Git's names")]
enum Name {
    /// Before a commit is made
    PreCommit,
    /// Before a merge without conflicts is committed
    PreMergeCommit,
    /// Before a push is sent
    PrePush,
    /// On a server, before a push is accepted
    PreReceive,
}

impl From<Name> for Hook {
    fn from(name: Name) -> Self {
        match name {
            Name::PreCommit => Self::PreCommit,
            Name::PreMergeCommit => Self::PreMergeCommit,
            Name::PrePush => Self::PrePush,
            Name::PreReceive => Self::PreReceive,
        }
    }
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    match args.command {
        Command::Run => check(session),
        Command::PrePush { .. } => releases::pre_push(session),
        Command::PreReceive => releases::pre_receive(session),
        Command::Install { hooks, force } => setup::install(&hooks, force, session),
        Command::Uninstall { force } => setup::uninstall(force, session),
        Command::Status => setup::status(session),
    }
}

/// Checks what is being committed. Prints nothing if there are no findings.
fn check(session: &mut Session) -> Result<Outcome, Failure> {
    let repo = Repo::from_hook_environment(&environment::of_hook()?)?;
    let snapshot = Snapshot::of_staged_commit(&repo)?;
    let path: RepoPath = FILE_NAME.parse()?;
    match StagedManifest::of(&repo, &snapshot, &path)? {
        StagedManifest::File => {}
        StagedManifest::Absent => {
            session.note(&format!("note: `{FILE_NAME}` is not staged, so there is nothing to check"));
            return Ok(Outcome::Done);
        }
        StagedManifest::Deleted => {
            writeln!(session.out, "error: this commit deletes `{FILE_NAME}`")?;
            writeln!(
                session.out,
                "help: restore it with `git restore --staged --worktree {FILE_NAME}`, or commit with `--no-verify` to \
                 delete it"
            )?;
            return Ok(Outcome::Failed);
        }
        StagedManifest::NotAFile => {
            writeln!(session.out, "error: the staged `{FILE_NAME}` is not a regular file")?;
            writeln!(
                session.out,
                "help: it may be a symbolic link, a submodule or an unfinished merge; stage the manifest itself"
            )?;
            return Ok(Outcome::Failed);
        }
    }
    let staged = SourceArgs { staged: true, ..SourceArgs::of_directory(".") };
    let checked = manifest::check(&snapshot, &staged)?;
    let failed = !checked.is_clean();
    let (manifest, mut findings) = checked.into_findings();
    if session.terminal.quiet {
        findings.retain(|finding| finding.severity == Severity::Error);
    }
    if !findings.is_empty() {
        human::check::write(&manifest, &findings, Severity::Note, session.terminal.style, &mut session.out)?;
    }
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}
