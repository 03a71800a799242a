//! What a server refuses besides releases that do not verify: pushes that would give a release another name or other content.

use std::io::Write as _;

use jiff::Timestamp;

use crate::artifacts::digest;
use crate::cli::{Failure, Outcome, Session};
use crate::files::{CommitFacts, ObjectKind};
use crate::git::{self, Replacements, Repo};
use crate::hook::push::{ReleaseTags, Update};
use crate::path::RepoPath;
use crate::release::STATEMENT_FILE;
use crate::report::shown;
use crate::sign::Trust;
use crate::tag;
use crate::verify::Report;

/// The setting that accepts further tags on a release.
const ALLOW_ALIASES: &str = "openness.allowAliasTags";
/// The largest statement that is compared, in bytes.
const MAX_STATEMENT_BYTES: u64 = 64 << 20;

/// A repository on a server, and what its settings say.
pub(super) struct Server<'a> {
    pub(super) repo: &'a Repo,
    pub(super) tags: &'a ReleaseTags,
    pub(super) allows_aliases: bool,
}

/// What was verified of a pushed release: the directory, `None` for the root of the repository, and the report about it.
pub(super) type Parts = [(Option<RepoPath>, Report)];

impl Server<'_> {
    /// Returns the release tags, each with the object that it leads to.
    fn releases(&self) -> Result<Vec<(String, String)>, Failure> {
        let tags = self.repo.tags()?.into_iter();
        Ok(tags.filter(|(name, _)| self.tags.contains(name)).map(|(name, id)| (name, id.to_string())).collect())
    }

    /// Returns the pushed releases whose tags a trusted signer made. The others must not be further names of one of them.
    pub(super) fn signed(
        &self,
        pushed: &[(String, String)],
        trust: &Trust,
        at: Timestamp,
    ) -> Result<Vec<(String, String)>, Failure> {
        let mut signed = Vec::new();
        for (name, object) in pushed.iter().filter(|_| pushed.len() > 1 && !self.allows_aliases) {
            // What leads to no commit is refused when its turn comes.
            let Ok(commit) = self.repo.resolve(object) else { continue };
            if tag::inspect(self.repo, object, &commit.commit, trust, at)?.is_some_and(|tag| tag.status.is_good()) {
                signed.push((name.clone(), object.clone()));
            }
        }
        Ok(signed)
    }

    /// Returns another release tag with the same commit, the same files, or the same statements; `None` if that is allowed.
    /// `pushed` are other tags of the same push.
    pub(super) fn name_of(
        &self,
        new: &str,
        commit: &CommitFacts,
        parts: &Parts,
        pushed: &[(String, String)],
    ) -> Result<Option<String>, Failure> {
        if self.allows_aliases {
            return Ok(None);
        }
        let all = self.releases()?.into_iter().chain(pushed.iter().cloned());
        for (name, object) in all.filter(|(name, _)| name != new) {
            let old = match self.repo.resolve(&object) {
                Ok(old) => old,
                // A tag of something else than a commit is not a release.
                Err(git::Error::UnknownRevision { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            if old.commit == commit.commit || old.tree == commit.tree || self.has_statements(&old, parts)? {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// Returns whether a commit has every statement. One of several may be that of an earlier release.
    fn has_statements(&self, old: &CommitFacts, parts: &Parts) -> Result<bool, Failure> {
        for (directory, report) in parts {
            if !self.has_statement(old, directory.as_ref(), report)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn has_statement(&self, old: &CommitFacts, directory: Option<&RepoPath>, report: &Report) -> Result<bool, Failure> {
        let Some(digest) = report.statement_digest() else { return Ok(false) };
        let above = directory.map(|directory| format!("{directory}/")).unwrap_or_default();
        let path = format!("{}:{above}{STATEMENT_FILE}", old.commit);
        let Some(named) = self.repo.named(&path)? else { return Ok(false) };
        let object = self.repo.object(&named.id, MAX_STATEMENT_BYTES)?;
        let bytes = object.bytes.filter(|_| object.kind == ObjectKind::Blob);
        Ok(bytes.is_some_and(|bytes| digest::sha256(&bytes) == digest.0))
    }

    /// Refuses replacements of objects that belong to a release, whether the server has it or it is pushed as well.
    pub(super) fn refuse_replacements(
        &self,
        updates: &[Update],
        pushed: &[(String, String)],
        session: &mut Session,
    ) -> Result<Outcome, Failure> {
        let mut replacements = Replacements::default();
        for update in updates {
            let by = update.object.as_deref().and_then(git::ObjectId::from_hex);
            if let (Some(name), Some(by)) = (update.reference.strip_prefix("refs/replace/"), by) {
                replacements.add(name, by);
            }
        }
        if replacements.is_empty() {
            return Ok(Outcome::Done);
        }
        let mut outcome = Outcome::Done;
        for (name, object) in self.releases()?.iter().chain(pushed) {
            let Ok(commit) = self.repo.resolve(object) else { continue };
            for id in self.repo.replaced(&replacements, object, &commit)? {
                writeln!(
                    session.out,
                    "refused: `refs/replace/{id}`: it would give release `{}` other content",
                    shown(name)
                )?;
                outcome = Outcome::Failed;
            }
        }
        if outcome == Outcome::Failed {
            writeln!(session.out, "help: publish other content as a release of its own, with a signature and a tag")?;
        }
        Ok(outcome)
    }
}

/// Returns whether the server's settings accept further tags on a release.
pub(super) fn allows_aliases(repo: &Repo) -> Result<bool, Failure> {
    let Some(value) = repo.setting(ALLOW_ALIASES)? else { return Ok(false) };
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" | "" => Ok(false),
        _ => Err(Failure::new(format!("the Git setting `{ALLOW_ALIASES}` on this server is `{}`", shown(&value)))
            .help("it must be `true` or `false`")),
    }
}

pub(super) fn refuse_alias(name: &str, released_as: &str, session: &mut Session) -> Result<(), Failure> {
    writeln!(
        session.out,
        "refused: release `{}`: it is the release `{}` under another name",
        shown(name),
        shown(released_as)
    )?;
    writeln!(
        session.out,
        "help: sign a new release, or push a tag that a trusted signer made with this name (`openness sign --tag`); on the \
         server, `git config {ALLOW_ALIASES} true` accepts further tags on a release"
    )?;
    Ok(())
}
