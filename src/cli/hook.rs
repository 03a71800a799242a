//! `openness hook`.

mod releases;
mod server;
mod setup;

use std::ffi::OsString;
use std::io::Write as _;

use clap::{Subcommand, ValueEnum};

use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, environment, levels, manifest};
use crate::finding::Severity;
use crate::git::Repo;
use crate::hook::{Hook, ManifestState, StagedManifest};
use crate::lints::Levels;
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::quote;
use crate::report::human;
use crate::snapshot::Snapshot;
use crate::source::Source;

/// Run as a Git hook, or install and uninstall hooks
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check what is being committed; for the hooks `pre-commit` and `pre-merge-commit`
    ///
    /// Every `OPENNESS.toml` that is staged is checked, with the files of its directory, whichever directory of the
    /// repository the hook runs in.
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
    ///
    /// Another tag on a release that the server has is refused unless a trusted signer signed the tag, because anyone could
    /// pass off an old release as a new one; `git config openness.allowAliasTags true` accepts such tags. Replacements
    /// (refs/replace) of what belongs to a release are refused, too.
    PreReceive,
    /// Install hooks into the repository
    ///
    /// A hook is installed where Git looks for it. If there is a shell script of that name already, a marked block is
    /// added to it; hooks of others are never overwritten. A hook that the Git configuration runs already
    /// (hook.NAME.command, Git 2.54) is left out.
    Install {
        /// Install these hooks [default: pre-commit and pre-merge-commit]
        #[arg(value_enum, value_name = "HOOK")]
        hooks: Vec<Name>,
        /// Install even if another program or the Git configuration runs the hooks, or if other repositories share the directory
        #[arg(long)]
        force: bool,
    },
    /// Remove from the repository's hooks what `install` added
    Uninstall {
        /// Uninstall these hooks [default: all]
        #[arg(value_enum, value_name = "HOOK")]
        hooks: Vec<Name>,
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
        Command::Uninstall { hooks, force } => setup::uninstall(&hooks, force, session),
        Command::Status => setup::status(session),
    }
}

/// Checks every manifest of what is being committed. Prints nothing if there are no findings.
fn check(session: &mut Session) -> Result<Outcome, Failure> {
    let repo = Repo::from_hook_environment(&environment::of_hook()?)?;
    let index = Snapshot::of_staged_commit(&repo, None)?;
    let manifests = StagedManifest::all(&index, index.deleted());
    if manifests.is_empty() {
        let how = match index.is_untracked(&FILE_NAME.parse()?) {
            true => format!("; the file is untracked: run `git add {FILE_NAME}`, with `-f` if Git ignores it"),
            false => String::new(),
        };
        session.note(&format!("note: no `{FILE_NAME}` is staged, so there is nothing to check{how}"));
    }
    let mut outcome = Outcome::Done;
    for manifest in manifests {
        let is_good = match manifest.state {
            ManifestState::File => check_manifest(&repo, &index, &manifest, session)?,
            state => {
                refuse(&manifest.path, state, session)?;
                false
            }
        };
        if !is_good {
            outcome = Outcome::Failed;
        }
    }
    // The process ends next. Freeing the names of 20,000 files one by one would take 6 % of the hook's time.
    std::mem::forget(index);
    Ok(outcome)
}

/// Says why a manifest that is not a file refuses the commit.
fn refuse(path: &RepoPath, state: ManifestState, session: &mut Session) -> Result<(), Failure> {
    let (error, help) = match state {
        ManifestState::Deleted => (
            format!("this commit deletes `{path}`"),
            format!(
                "restore it with `git restore --staged --worktree {}`, or commit with `--no-verify` to delete it",
                quote::operand(path.as_str())
            ),
        ),
        ManifestState::OtherCase => (
            format!("the staged `{path}` is not checked: the manifest must be named `{FILE_NAME}`"),
            format!("rename it with `git mv {} {FILE_NAME}`", quote::operand(path.as_str())),
        ),
        ManifestState::NotAFile | ManifestState::File => (
            format!("the staged `{path}` is not a regular file"),
            "it may be a symbolic link, a submodule or an unfinished merge; stage the manifest itself".to_owned(),
        ),
    };
    writeln!(session.out, "error: {error}")?;
    writeln!(session.out, "help: {help}")?;
    Ok(())
}

/// Checks one manifest and the files of its directory, prints the findings, and returns whether none is an error.
fn check_manifest(
    repo: &Repo,
    index: &Snapshot,
    staged_manifest: &StagedManifest,
    session: &mut Session,
) -> Result<bool, Failure> {
    let staged = SourceArgs { staged: true, ..SourceArgs::of_directory(".") };
    let path = &staged_manifest.path;
    let directory = staged_manifest.directory();
    let below = directory.as_ref().map(|directory| Snapshot::of_staged_commit(repo, Some(directory))).transpose()?;
    let checked = manifest::check(below.as_ref().unwrap_or(index), &staged)?;
    let organization = repo.work_dir().map(levels::of_top).transpose()?.flatten();
    let organization = organization.map(|(read, _)| read).unwrap_or_default();
    let levels = Levels::of(&checked.parsed().manifest).under(&organization);
    let (source, findings) = checked.into_findings();
    let mut findings = levels.apply(findings).findings;
    let is_clean = findings.iter().all(|finding| finding.severity != Severity::Error);
    if session.terminal.quiet {
        findings.retain(|finding| finding.severity >= Severity::Warning);
    }
    if !findings.is_empty() {
        findings = manifest::seen_from_here(findings, path.as_str());
        let source = Source::new(path.as_str(), source.text());
        human::check::write(&source, &findings, Severity::Note, session.terminal.style, &mut session.out)?;
    }
    Ok(is_clean)
}
