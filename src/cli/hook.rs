//! `openness hook`.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::{Failure, Outcome, Session, place};
use crate::finding::Severity;
use crate::git::{HookEnv, Repo};
use crate::hook::install::{self, Change, HookDir, State};
use crate::hook::push::{self, DEFAULT_RELEASE_TAGS, ReleaseTags, Update};
use crate::hook::{Hook, StagedManifest};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::report::{human, shown, verification};
use crate::sign::Trust;
use crate::snapshot::Snapshot;
use crate::tag;
use crate::verify::{Request, verify};

/// The most that is read of what is pushed: some hundred thousand references.
const MAX_UPDATES_BYTES: u64 = 64 * 1024 * 1024;

/// Run as a Git hook, or put hooks into a repository and take them out
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check what is being committed, as `pre-commit` and `pre-merge-commit` do
    Run,
    /// Refuse to push release tags without a good and current signature; reads what Git gives to `pre-push`
    ///
    /// Which tags are releases says `git config openness.releaseTags` (default `v*`). Trusted is whom `openness verify`
    /// trusts without being told: your own list (`openness key trust`), and by your own or the machine's configuration
    /// `openness.allowedSigners`, else `gpg.ssh.allowedSignersFile`, less `gpg.ssh.revocationFile`. The repository's own
    /// configuration is not asked.
    PrePush {
        /// What Git says of the other side: its name and its address
        #[arg(hide = true)]
        remote: Vec<OsString>,
    },
    /// The same on a server, before release tags are taken; reads what Git gives to `pre-receive`
    ///
    /// Here the repository's own configuration is the server's, since nothing that is pushed can change it, and names the
    /// signers: `git config openness.allowedSigners FILE`, an absolute path. The list of a user is not asked.
    PreReceive,
    /// Put hooks into the repository
    ///
    /// The hook goes where Git looks for it, or as a marked block into a shell script that is there already. Nothing
    /// of somebody else is overwritten.
    Install {
        /// Which hooks; default pre-commit and pre-merge-commit
        #[arg(value_enum, value_name = "HOOK")]
        hooks: Vec<Name>,
        /// Install even where another program runs the hooks, or where other repositories share the directory
        #[arg(long)]
        force: bool,
    },
    /// Take out of the repository's hooks what `install` put there
    Uninstall {
        /// Even where other repositories share the directory
        #[arg(long)]
        force: bool,
    },
    /// Show which hooks are in the repository
    Status,
}

/// The hooks, for the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(clippy::enum_variant_names, reason = "Git names them so")]
enum Name {
    /// Before a commit is made
    PreCommit,
    /// Before a merge without conflicts is committed
    PreMergeCommit,
    /// Before anything is sent
    PrePush,
    /// On a server, before anything is taken
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
        Command::PrePush { .. } => {
            let repo = Repo::from_hook_environment(&environment()?)?;
            releases(&repo, push::parse_pre_push(&updates()?)?, user_trust, session)
        }
        Command::PreReceive => {
            let repo = Repo::from_hook_environment(&environment()?)?;
            releases(&repo, push::parse_pre_receive(&updates()?)?, || server_trust(&repo), session)
        }
        Command::Install { hooks, force } => install(&hooks, force, session),
        Command::Uninstall { force } => uninstall(force, session),
        Command::Status => status(session),
    }
}

/// Checks what is being committed. Says nothing where there is nothing to say.
fn check(session: &mut Session) -> Result<Outcome, Failure> {
    let repo = Repo::from_hook_environment(&environment()?)?;
    let snapshot = Snapshot::of_staged_commit(&repo)?;
    let path: RepoPath = FILE_NAME.parse()?;
    match StagedManifest::of(&repo, &snapshot, &path)? {
        StagedManifest::File => {}
        StagedManifest::Absent => {
            session.note(&format!("note: no `{FILE_NAME}` is staged, so there is nothing to check"));
            return Ok(Outcome::Done);
        }
        StagedManifest::Deleted => {
            writeln!(session.out, "error: this commit deletes `{FILE_NAME}`")?;
            writeln!(
                session.out,
                "help: `git restore --staged --worktree {FILE_NAME}` brings it back; if it is to go, commit with `--no-verify`"
            )?;
            return Ok(Outcome::Against);
        }
        StagedManifest::NotAFile => {
            writeln!(session.out, "error: what is staged as `{FILE_NAME}` is no file")?;
            writeln!(
                session.out,
                "help: it may be a link, a submodule or an unfinished merge; stage the manifest itself"
            )?;
            return Ok(Outcome::Against);
        }
    }
    let staged = place::SourceArgs { path: PathBuf::from("."), staged: true, rev: None };
    let checked = place::check(&snapshot, &staged)?;
    let failed = !checked.is_clean();
    let (source, mut findings) = checked.into_findings();
    if session.terminal.quiet {
        findings.retain(|finding| finding.severity == Severity::Error);
    }
    if !findings.is_empty() {
        human::findings(&source, &findings, Severity::Note, session.terminal.style, &mut session.out)?;
    }
    Ok(if failed { Outcome::Against } else { Outcome::Done })
}

/// Verifies each release tag among what is pushed. Trust is read only where there is one.
fn releases(
    repo: &Repo,
    updates: Vec<Update>,
    trust: impl FnOnce() -> Result<Trust, Failure>,
    session: &mut Session,
) -> Result<Outcome, Failure> {
    let patterns = repo.setting("openness.releaseTags")?;
    let tags: ReleaseTags = patterns
        .as_deref()
        .unwrap_or(DEFAULT_RELEASE_TAGS)
        .parse()
        .map_err(|error| Failure::new(format!("`openness.releaseTags` of your Git configuration: {error}")))?;
    let named = |update: &Update| Some((tags.find(&update.reference)?.to_owned(), update.object.clone()?));
    let releases: Vec<(String, String)> = updates.iter().filter_map(named).collect();
    if releases.is_empty() {
        return Ok(Outcome::Done);
    }
    let trust = trust()?;
    let mut outcome = Outcome::Done;
    for (name, object) in releases {
        // Whoever has no key could pass an old release off as a new one by an old tag under a new name.
        if let Some(made_as) = tag::made_as(repo, &object)?.filter(|made_as| *made_as != name) {
            writeln!(
                session.out,
                "refused: release `{}`: it is the tag `{}` under another name",
                shown(&name),
                shown(&made_as)
            )?;
            writeln!(session.out, "help: make a tag of that name, with `openness sign --tag` or `git tag -s`")?;
            outcome = Outcome::Against;
            continue;
        }
        let snapshot = Snapshot::of_revision(repo, &object, None)
            .map_err(|error| Failure::from(error).help(format!("the release tag `{name}` has to lead to a commit")))?;
        let at = jiff::Timestamp::now();
        // Older releases are pushed too, and servers remember nobody's releases: no pins, no memory.
        let request = Request { threads: super::sign::threads(), ..Request::new(&trust, at) };
        let report = verify(&snapshot, &request, &|_| {})?;
        let may_pass = push::may_pass(&report);
        if may_pass && session.terminal.quiet {
            continue;
        }
        write!(session.out, "{} `{}`: ", if may_pass { "release" } else { "refused: release" }, shown(&name))?;
        verification::human(&report, session.terminal.style, true, &mut session.out)?;
        if !may_pass {
            writeln!(
                session.out,
                "help: `openness verify --rev {}` says more; `openness sign` signs what is committed, and the signature \
                 has to be committed before the tag is made",
                shown(&name)
            )?;
            outcome = Outcome::Against;
        }
    }
    Ok(outcome)
}

fn updates() -> Result<Vec<u8>, Failure> {
    let cannot =
        |error: std::io::Error| Failure::new(format!("cannot read what is pushed from standard input: {error}"));
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX_UPDATES_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if u64::try_from(bytes.len())? > MAX_UPDATES_BYTES {
        return Err(Failure::new(format!("more than {MAX_UPDATES_BYTES} bytes of references are pushed at once")));
    }
    Ok(bytes)
}

/// Whom the user or the machine trusts, whatever the repository says: the same as `openness verify` without arguments.
fn user_trust() -> Result<Trust, Failure> {
    let trust = super::trust::standing(super::trust::store().as_ref())?;
    if trust.is_empty() {
        return Err(Failure::new("a release tag is pushed, and nobody is said to be trusted to sign it").help(
            "name the signer: `openness key trust add WHO PUBFILE`, or an OpenSSH allowed_signers file: `git config \
             --global openness.allowedSigners FILE`; the configuration of the repository itself is not asked",
        ));
    }
    Ok(trust)
}

/// Whom a server trusts. Its repository's configuration is its own: nothing that is pushed can change it.
fn server_trust(repo: &Repo) -> Result<Trust, Failure> {
    let Some(signers) = server_path(repo, "openness.allowedSigners")? else {
        return Err(Failure::new("a release tag is pushed, and this server trusts nobody to sign it")
            .help("on the server: `git config openness.allowedSigners FILE`, an OpenSSH allowed_signers file"));
    };
    let trust = super::verify::allowed_signers(&signers)?;
    Ok(match server_path(repo, "gpg.ssh.revocationFile")? {
        Some(revoked) => trust.revoke(super::verify::revocations(&revoked)?),
        None => trust,
    })
}

fn server_path(repo: &Repo, key: &str) -> Result<Option<PathBuf>, Failure> {
    let Some(path) = repo.setting(key)?.filter(|path| !path.is_empty()).map(PathBuf::from) else { return Ok(None) };
    if path.is_absolute() {
        return Ok(Some(path));
    }
    Err(Failure::new(format!("`{key}` is `{}` on this server", path.display())).help("it has to be an absolute path"))
}

/// What Git tells its hooks.
fn environment() -> Result<HookEnv, Failure> {
    let path = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let alternates = std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
    Ok(HookEnv {
        current_dir: std::env::current_dir()
            .map_err(|error| Failure::new(format!("cannot tell the current directory: {error}")))?,
        git_dir: path("GIT_DIR"),
        work_tree: path("GIT_WORK_TREE"),
        index_file: path("GIT_INDEX_FILE"),
        object_directory: path("GIT_OBJECT_DIRECTORY"),
        alternate_object_directories: std::env::split_paths(&alternates)
            .filter(|path| !path.as_os_str().is_empty())
            .collect(),
    })
}

fn here() -> Result<(Repo, HookDir), Failure> {
    let repo = Repo::discover(Path::new("."))?
        .ok_or_else(|| Failure::new("there is no Git repository here").help("hooks belong to one; see `git init`"))?;
    let place = HookDir::of(&repo)?;
    Ok((repo, place))
}

fn install(names: &[Name], force: bool, session: &mut Session) -> Result<Outcome, Failure> {
    let (repo, place) = here()?;
    let hooks: Vec<Hook> = match names {
        [] if repo.is_bare() => {
            return Err(Failure::new("nothing is committed in a bare repository")
                .help("`openness hook install pre-receive` verifies release tags that are pushed here"));
        }
        [] => vec![Hook::PreCommit, Hook::PreMergeCommit],
        names => names.iter().copied().map(Hook::from).collect(),
    };
    if let Some((runner, file)) = place.runner().filter(|_| !force) {
        session.note(&format!(
            "note: `{file}` says that another program runs the hooks here, so nothing was installed; add to its \
             configuration what follows, or use `--force`"
        ));
        write!(session.out, "{}", runner.snippet())?;
        return Ok(Outcome::Done);
    }
    refuse_outside(&place, force).map_err(|failure| {
        failure.help(format!("add this line to the hook that is run there, or use `--force`: {}", lines(&hooks)))
    })?;
    let changes = place.install(&hooks).map_err(|error| match error {
        install::Error::Foreign { hook, .. } => {
            Failure::from(error).help(format!("let it run `{}` and fail where that fails", hook.command()))
        }
        error => error.into(),
    })?;
    for (hook, change) in changes {
        let word = match change {
            Change::Created => "installed",
            Change::Added => "added to",
            Change::Updated => "brought up to date in",
            Change::Unchanged | Change::Removed | Change::Deleted => "already in",
        };
        writeln!(session.out, "{word} {}", shown(&place.directory().join(hook.name()).display().to_string()))?;
    }
    Ok(Outcome::Done)
}

fn lines(hooks: &[Hook]) -> String {
    let mut commands: Vec<String> = hooks.iter().map(|hook| format!("`{} || exit $?`", hook.command())).collect();
    commands.dedup();
    commands.join(", ")
}

fn refuse_outside(place: &HookDir, force: bool) -> Result<(), Failure> {
    if force || !place.is_outside() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "Git looks for hooks in `{}`, outside this repository; others may share them",
        place.directory().display()
    )))
}

fn uninstall(force: bool, session: &mut Session) -> Result<Outcome, Failure> {
    let (_, place) = here()?;
    refuse_outside(&place, force)
        .map_err(|failure| failure.help("use `--force` to take the blocks out of them nevertheless"))?;
    let changes = place.uninstall()?;
    if changes.is_empty() {
        session.note(&format!("note: nothing of ours is in `{}`", place.directory().display()));
    }
    for (hook, change) in changes {
        let word = if change == Change::Deleted { "deleted" } else { "taken out of" };
        writeln!(session.out, "{word} {}", shown(&place.directory().join(hook.name()).display().to_string()))?;
    }
    Ok(Outcome::Done)
}

fn status(session: &mut Session) -> Result<Outcome, Failure> {
    let (_, place) = here()?;
    let directory = place.directory().display().to_string();
    writeln!(session.out, "{:<18}{}", "hooks in", shown(&directory))?;
    if place.is_outside() {
        session.note("note: that is outside this repository; others may share them");
    }
    if let Some((_, file)) = place.runner() {
        session.note(&format!("note: `{file}` says that another program runs the hooks here"));
    }
    let mut outcome = Outcome::Done;
    for hook in Hook::ALL {
        let (word, is_well) = match place.state(hook)? {
            State::Absent => ("none", true),
            State::Foreign => ("of somebody else", true),
            State::Installed => ("installed", true),
            State::Outdated => ("installed by another version; `openness hook install` renews it", false),
            State::NotExecutable => ("installed, but not executable, so Git does not run it", false),
            State::Damaged => ("its block is damaged; mend or delete it by hand", false),
        };
        writeln!(session.out, "{:<18}{word}", hook.name())?;
        if !is_well {
            outcome = Outcome::Against;
        }
    }
    Ok(outcome)
}
