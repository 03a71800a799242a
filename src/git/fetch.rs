//! Fetching the objects that a partial clone left out, if the caller asks for it. Nothing else in this crate lets Git use the
//! network.

use std::collections::BTreeSet;

use crate::files::ObjectId;
use crate::path::RepoPath;

use super::backend::Mode;
use super::error::Error;
use super::location::TreeSource;
use super::{Repo, program};

impl Repo {
    /// Fetches the content of files of a state that a partial clone left out, and returns the number of objects that were
    /// fetched: files below `prefix`, and for a working tree only those that a sparse checkout leaves out, because the
    /// others are on disk.
    ///
    /// Runs `git fetch` once, with the settings of the repository, some of which name programs. Only for a repository that
    /// is trusted.
    ///
    /// # Errors
    /// [`Error::NoPromisor`] if no remote promises the objects, [`Error::Unsupported`] if the program cannot be run,
    /// [`Error::Program`] if it fails, and the errors of [`Repo::resolve`].
    pub fn fetch_missing(&self, state: TreeSource<'_>, prefix: Option<&RepoPath>) -> Result<usize, Error> {
        let missing = self.missing(state, prefix)?;
        if missing.is_empty() {
            return Ok(0);
        }
        let remote = self.promisor()?;
        program::fetch(&self.0.location, &remote, &missing)?;
        Ok(missing.len())
    }

    fn missing(&self, state: TreeSource<'_>, prefix: Option<&RepoPath>) -> Result<BTreeSet<ObjectId>, Error> {
        let mut missing = BTreeSet::new();
        if !self.is_partial() {
            return Ok(missing);
        }
        let entries = match state {
            TreeSource::Revision(revision) => self.tree(&self.resolve(revision)?.tree)?,
            TreeSource::Staged | TreeSource::WorkTree => self.index()?,
        };
        let is_below = |path: &[u8]| {
            prefix.is_none_or(|prefix| {
                path.strip_prefix(prefix.as_str().as_bytes()).is_some_and(|rest| rest.starts_with(b"/"))
            })
        };
        for entry in entries {
            let is_read = state != TreeSource::WorkTree || entry.skip_worktree;
            if is_read && entry.mode != Mode::Submodule && is_below(&entry.path) && !self.has(&entry.id)? {
                missing.insert(entry.id);
            }
        }
        Ok(missing)
    }

    /// Returns the name of the remote that promised to have what is missing
    /// ([partial clone](https://git-scm.com/docs/partial-clone)).
    fn promisor(&self) -> Result<String, Error> {
        // The older form of the setting.
        if let Some(name) = self.setting("extensions.partialClone")? {
            return Ok(name);
        }
        let settings = self.settings_of("remote")?;
        let promisor = settings.iter().rev().find_map(|(key, value)| {
            let name = key.strip_prefix("remote.")?.strip_suffix(".promisor")?;
            matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "1").then(|| name.to_owned())
        });
        promisor.ok_or_else(|| Error::NoPromisor { path: self.git_dir().to_path_buf() })
    }
}
