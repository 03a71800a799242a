//! Short names that several references have: commands of Git disagree about which of them is meant, so none is taken.

use super::{Error, Repo};
use crate::beneath::read_regular;
use crate::files::ObjectId;

/// Where Git looks for a short name, apart from the directory of the repository itself (gitrevisions(7), "refname").
const PLACES: [&str; 4] = ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
/// The largest file in the directory of the repository that is read to see whether it is a reference, in bytes.
const MAX_REFERENCE_BYTES: u64 = 4096;

impl Repo {
    /// Refuses a revision that begins with a short name of references that lead to different commits.
    pub(super) fn refuse_ambiguous(&self, revision: &str) -> Result<(), Error> {
        let end = revision.find(['^', '~', ':']).unwrap_or(revision.len());
        let name = revision.get(..end).unwrap_or_default();
        let name = name.split("@{").next().unwrap_or_default();
        if name.starts_with("refs/") || matches!(name, "" | "@" | "HEAD") || ObjectId::from_hex(name).is_some() {
            return Ok(());
        }
        let mut found: Vec<(String, Option<ObjectId>)> = Vec::new();
        let last = format!("refs/remotes/{name}/HEAD");
        for full in PLACES.iter().map(|place| format!("{place}{name}")).chain([last]) {
            if self.ask(|backend| backend.reference(&full))?.is_none() {
                continue;
            }
            match self.ask(|backend| backend.resolve(&full)) {
                Ok(commit) => found.push((full, Some(commit.commit))),
                // A tag of something else than a commit cannot be meant.
                Err(Error::UnknownRevision { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if !found.is_empty() && self.has_file_named(name) {
            found.push((format!(".git/{name}"), None));
        }
        match found.as_slice() {
            [(_, first), others @ ..] if others.iter().any(|(_, other)| other != first) => {
                Err(Error::Ambiguous { name: name.to_owned(), found })
            }
            _ => Ok(()),
        }
    }

    /// Returns whether Git would take a file in the directory of the repository for a reference of this name.
    fn has_file_named(&self, name: &str) -> bool {
        let is_reference = |bytes: Vec<u8>| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.starts_with("ref:") || ObjectId::from_hex(text.trim_end()).is_some()
        };
        read_regular(self.git_dir(), name, MAX_REFERENCE_BYTES).is_ok_and(is_reference)
    }
}
