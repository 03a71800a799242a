//! The hooks `pre-push` and `pre-receive`: verifying release tags that are pushed.

use std::io::Write as _;
use std::path::PathBuf;

use super::server::{self, Server};
use crate::cli::{Failure, Outcome, Session, dirs, environment, hashing, inputs, trusted};
use crate::files::{Entry, Files as _};
use crate::git::Repo;
use crate::hook::push::{self, DEFAULT_RELEASE_TAGS, ReleaseTags};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::quote;
use crate::report::{human, shown};
use crate::sign::Trust;
use crate::snapshot::Snapshot;
use crate::tag;
use crate::verify::{Requirements, verify};

/// The largest list of pushed references that is read: some hundred thousand.
const MAX_UPDATES_BYTES: usize = 64 * 1024 * 1024;

pub(super) fn pre_push(session: &mut Session) -> Result<Outcome, Failure> {
    let repo = Repo::from_hook_environment(&environment::of_hook()?)?;
    let tags = release_tags(&repo)?;
    let updates = push::parse_pre_push(&updates()?)?;
    verify_releases(&repo, &tags.pushed(&updates), None, user_trust, session)
}

pub(super) fn pre_receive(session: &mut Session) -> Result<Outcome, Failure> {
    let repo = Repo::from_hook_environment(&environment::of_hook()?)?;
    let tags = release_tags(&repo)?;
    let updates = push::parse_pre_receive(&updates()?)?;
    let releases = tags.pushed(&updates);
    let server = Server { repo: &repo, tags: &tags, allows_aliases: server::allows_aliases(&repo)? };
    let replaced = server.refuse_replacements(&updates, &releases, session)?;
    let verified = verify_releases(&repo, &releases, Some(&server), || server_trust(&repo), session)?;
    Ok(if replaced == Outcome::Failed { replaced } else { verified })
}

fn release_tags(repo: &Repo) -> Result<ReleaseTags, Failure> {
    let patterns = repo.setting("openness.releaseTags")?;
    patterns
        .as_deref()
        .unwrap_or(DEFAULT_RELEASE_TAGS)
        .parse()
        .map_err(|error| Failure::caused_by("your Git setting `openness.releaseTags`", error))
}

fn updates() -> Result<Vec<u8>, Failure> {
    let bytes = inputs::read_stdin(MAX_UPDATES_BYTES)?;
    if bytes.len() > MAX_UPDATES_BYTES {
        return Err(Failure::new(format!("the list of pushed references is larger than {MAX_UPDATES_BYTES} bytes")));
    }
    Ok(bytes)
}

/// Verifies each pushed release tag. Trust is only read if there is one. `server` is where
/// the hook runs, unless it runs before a push.
fn verify_releases(
    repo: &Repo,
    releases: &[(String, String)],
    server: Option<&Server<'_>>,
    trust: impl FnOnce() -> Result<Trust, Failure>,
    session: &mut Session,
) -> Result<Outcome, Failure> {
    if releases.is_empty() {
        return Ok(Outcome::Done);
    }
    let trust = trust()?;
    let mut outcome = Outcome::Done;
    // Whose other names the tags after them must not be.
    let mut others = match server {
        Some(server) => server.signed(releases, &trust, session.now)?,
        None => Vec::new(),
    };
    for (name, object) in releases {
        if verify_release(repo, name, object, server.map(|server| (server, &*others)), &trust, session)?
            == Outcome::Failed
        {
            outcome = Outcome::Failed;
        } else {
            others.push((name.clone(), object.clone()));
        }
    }
    Ok(outcome)
}

/// Returns the directories of the releases in a commit: the root of the repository (`None`), or those with a manifest if the root
/// has neither a manifest nor a signature.
fn directories(snapshot: &Snapshot) -> Vec<Option<RepoPath>> {
    let is_manifest = |entry: &&Entry| entry.path.is_named(FILE_NAME);
    let manifests = snapshot.entries().iter().filter(is_manifest);
    let directories: Vec<_> = manifests.map(|manifest| manifest.path.directory()).collect();
    if directories.is_empty() || directories.contains(&None) || !snapshot.openness_files().is_empty() {
        return vec![None];
    }
    directories
}

fn verify_release(
    repo: &Repo,
    name: &str,
    object: &str,
    server: Option<(&Server<'_>, &[(String, String)])>,
    trust: &Trust,
    session: &mut Session,
) -> Result<Outcome, Failure> {
    // Otherwise someone without a key could push an old release under a new name.
    if let Some(own) = tag::made_as(repo, object)?.filter(|own| own != name) {
        writeln!(
            session.out,
            "refused: release `{}`: it is the tag `{}` under another name",
            shown(name),
            shown(&own)
        )?;
        writeln!(session.out, "help: create a tag with this name, using `openness sign --tag` or `git tag -s`")?;
        return Ok(Outcome::Failed);
    }
    let snapshot = Snapshot::of_revision(repo, object, None)
        .map_err(|error| Failure::from(error).help(format!("the release tag `{name}` must point to a commit")))?;
    // Older releases are pushed too, and a server does not keep a history: no pins, no history.
    let commit = snapshot.commit().ok_or_else(|| Failure::new(format!("the release tag `{name}` has no commit")))?;
    let replaced = repo.replaced(&repo.replacements()?, object, commit)?;
    let is_replaced = !replaced.is_empty();
    let requirements = Requirements::new(trust, session.now).threads(hashing::threads()).replaced(replaced);
    let mut parts = Vec::new();
    for directory in directories(&snapshot) {
        let report = match &directory {
            None => verify(&snapshot, &requirements, &|_| {})?,
            Some(below) => verify(&Snapshot::of_revision(repo, object, Some(below))?, &requirements, &|_| {})?,
        };
        parts.push((directory, report));
    }
    let mut may_pass = parts.iter().all(|(_, report)| push::may_pass(report));
    if let Some((server, others)) = server.filter(|_| may_pass) {
        let tag = tag::inspect(repo, object, &commit.commit, trust, session.now)?;
        // Otherwise someone without a key could push an old release as a new one.
        if !tag.is_some_and(|tag| tag.status.is_good())
            && let Some(as_name) = server.name_of(name, commit, &parts, others)?
        {
            server::refuse_alias(name, &as_name, session)?;
            return Ok(Outcome::Failed);
        }
        may_pass = !is_replaced;
    }
    if may_pass && session.terminal.quiet {
        return Ok(Outcome::Done);
    }
    for (directory, report) in &parts {
        let is_good = may_pass || (push::may_pass(report) && !is_replaced);
        let below = directory.as_ref().map(|directory| format!(" in `{directory}`")).unwrap_or_default();
        write!(session.out, "{} `{}`{below}: ", if is_good { "release" } else { "refused: release" }, shown(name))?;
        human::verify::write(report, session.terminal.style, true, &mut session.out)?;
        if !is_good {
            let operand = directory.as_ref().map(|directory| format!(" {}", quote::operand(directory.as_str())));
            writeln!(
                session.out,
                "help: run `openness verify --rev {}{}` for details; sign with `openness sign{1}`, commit the signature, \
                 then create the tag",
                shown(&quote::word(name)),
                operand.unwrap_or_default()
            )?;
        }
    }
    Ok(if may_pass { Outcome::Done } else { Outcome::Failed })
}

/// Returns the signers that the user trusts by default, like `openness verify`, whatever the repository says.
fn user_trust() -> Result<Trust, Failure> {
    let trust = trusted::default_trust(dirs::store().as_ref())?;
    if trust.is_empty() {
        return Err(Failure::new("refusing to push a release tag: no trusted signers are configured").help(
            "trust the signer with `openness key trust add WHO PUBFILE`, or name an OpenSSH allowed_signers file with \
             `git config --global openness.allowedSigners FILE`; settings of the repository itself do not count",
        ));
    }
    Ok(trust)
}

/// Returns the signers that a server trusts. The settings of its repository are its own: a push cannot change them.
fn server_trust(repo: &Repo) -> Result<Trust, Failure> {
    let Some(signers) = server_path(repo, "openness.allowedSigners")? else {
        return Err(Failure::new("refusing a pushed release tag: no trusted signers are configured on this server")
            .help("on the server, name an OpenSSH allowed_signers file: `git config openness.allowedSigners FILE`"));
    };
    let trust = inputs::allowed_signers(&signers)?;
    Ok(match server_path(repo, "gpg.ssh.revocationFile")? {
        Some(revoked) => trust.revoke(inputs::revocations(&revoked)?),
        None => trust,
    })
}

fn server_path(repo: &Repo, key: &str) -> Result<Option<PathBuf>, Failure> {
    let Some(path) = repo.setting(key)?.filter(|path| !path.is_empty()).map(PathBuf::from) else { return Ok(None) };
    if path.is_absolute() {
        return Ok(Some(path));
    }
    Err(Failure::new(format!("the Git setting `{key}` on this server is `{}`", path.display()))
        .help("it must be an absolute path"))
}
