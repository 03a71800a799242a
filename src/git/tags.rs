//! The object that a revision names before it is followed to a commit: tags, and creating them.

use crate::files::{ObjectId, ObjectKind};

use super::error::Error;
use super::{Repo, guard};

/// An object as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Object {
    /// The type of the object.
    pub kind: ObjectKind,
    /// The bytes, without the header; `None` if there are more than the limit.
    pub bytes: Option<Vec<u8>>,
}

/// The object that a revision names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Named {
    /// The object itself; a tag is not followed.
    pub id: ObjectId,
    /// The name that it was found under, without `refs/tags/` if that is a tag; `None` if it was named by its own hex
    /// digits or relative to another object, such as `HEAD~2`.
    pub name: Option<String>,
    /// Whether the name is that of a tag (in `refs/tags/`).
    pub is_tag: bool,
}

impl Repo {
    /// Returns the object that a revision names, without following a tag to its commit; `None` if it names nothing.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Program`] if the references cannot be read.
    pub fn named(&self, revision: &str) -> Result<Option<Named>, Error> {
        // The program would take it for an option; no reference can have such a name.
        if revision.starts_with('-') {
            return Ok(None);
        }
        self.guard(revision)?;
        let Some(id) = self.ask(|backend| backend.object_of(revision))? else { return Ok(None) };
        let spelled = ["^{tag}", "^{object}"].iter().find_map(|end| revision.strip_suffix(end)).unwrap_or(revision);
        if is_digits_of(spelled, &id) {
            return Ok(Some(Named { id, name: None, is_tag: false }));
        }
        // There are three spellings of `refs/tags/NAME`, see gitrevisions(7).
        let short = spelled.strip_prefix("refs/tags/").or_else(|| spelled.strip_prefix("tags/")).unwrap_or(spelled);
        for name in [short, spelled] {
            let found = self.ask(|backend| backend.reference(&format!("refs/tags/{name}")))?;
            if found.as_ref() == Some(&id) {
                return Ok(Some(Named { id, name: Some(name.to_owned()), is_tag: true }));
            }
        }
        let is_path = spelled.contains(['^', '~', ':']) || spelled.contains("@{");
        Ok(Some(Named { id, name: (!is_path).then(|| spelled.to_owned()), is_tag: false }))
    }

    /// Reads an object as it is stored, if it has at most `limit` bytes.
    ///
    /// # Errors
    /// [`Error::NotPresent`], [`Error::Object`].
    pub fn object(&self, id: &ObjectId, limit: u64) -> Result<Object, Error> {
        self.ask(|backend| backend.object(id, limit))
    }

    /// Returns the names of all tags, without `refs/tags/`, and the object that each leads to.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Program`] if the references cannot be read.
    pub fn tags(&self) -> Result<Vec<(String, ObjectId)>, Error> {
        self.references("refs/tags/")
    }

    /// Returns the rest of the names of the references that begin with `above`, which ends with a slash, and the object that
    /// each leads to.
    pub(super) fn references(&self, above: &str) -> Result<Vec<(String, ObjectId)>, Error> {
        guard::references(self.common_dir(), above)?;
        let found = self.ask(|backend| backend.references(above))?;
        let rest = |(name, id): (String, ObjectId)| Some((name.strip_prefix(above)?.to_owned(), id));
        Ok(found.into_iter().filter_map(rest).collect())
    }

    /// Returns whether there is a tag of that name.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Program`] if the references cannot be read.
    pub fn has_tag(&self, name: &str) -> Result<bool, Error> {
        self.guard(&format!("refs/tags/{name}"))?;
        Ok(self.ask(|backend| backend.reference(&format!("refs/tags/{name}")))?.is_some())
    }

    /// Stores a tag object under a new name, without running hooks, and returns the name of the object.
    ///
    /// # Errors
    /// [`Error::TagExists`], because no tag is ever replaced; [`Error::TagName`]; [`Error::Locked`] if another process
    /// is writing the reference; [`Error::Write`], [`Error::Program`] if the tag cannot be stored.
    pub fn add_tag(&self, name: &str, tag: &[u8]) -> Result<ObjectId, Error> {
        if !Self::is_tag_name(name) {
            return Err(Error::TagName { name: name.to_owned() });
        }
        if self.has_tag(name)? {
            return Err(Error::TagExists { name: name.to_owned() });
        }
        self.ask(|backend| backend.add_tag(&format!("refs/tags/{name}"), tag))
    }
}

/// Returns whether a revision is the object's own hex digits, all of them or the first few.
fn is_digits_of(spelled: &str, id: &ObjectId) -> bool {
    spelled.len() >= 4 && id.to_string().starts_with(&spelled.to_ascii_lowercase())
}
