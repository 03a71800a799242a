//! What a revision names before it is followed to a commit: tags, their objects, and new ones.

use super::{Error, ObjectId, Repo};

pub use crate::files::ObjectKind;

/// An object as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its bytes; `None` where they are more than was asked for.
    pub bytes: Option<Vec<u8>>,
}

/// What a revision names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The object, not followed any further.
    pub id: ObjectId,
    /// The name that it was found under, less `refs/tags/` where it is a tag's; `None` where it was named by its own
    /// digits or by a path from elsewhere, such as `HEAD~2`.
    pub name: Option<String>,
    /// `refs/tags/` leads from the name to the object.
    pub is_tag: bool,
}

/// What both backends answer about single objects and the references of tags.
pub(super) trait Tagging {
    /// Returns the object that a revision names; `None` where it names none.
    fn object_of(&self, revision: &str) -> Result<Option<ObjectId>, Error>;
    /// Returns the object that a full reference name leads to; `None` where there is no such reference.
    fn reference(&self, name: &str) -> Result<Option<ObjectId>, Error>;
    /// Reads an object of at most `limit` bytes.
    fn object(&self, id: &ObjectId, limit: u64) -> Result<Object, Error>;
    /// Stores a tag object and lets a new reference of this full name lead to it.
    fn add_tag(&self, reference: &str, tag: &[u8]) -> Result<ObjectId, Error>;
}

impl Repo {
    /// Returns what a revision names, before anything is followed to a commit; `None` where it names nothing.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    pub fn named(&self, revision: &str) -> Result<Option<Named>, Error> {
        // The program would take it for an option; no reference can be called so.
        if revision.starts_with('-') {
            return Ok(None);
        }
        let Some(id) = self.ask(|backend| backend.object_of(revision))? else { return Ok(None) };
        let spelled = ["^{tag}", "^{object}"].iter().find_map(|end| revision.strip_suffix(end)).unwrap_or(revision);
        if is_digits_of(spelled, &id) {
            return Ok(Some(Named { id, name: None, is_tag: false }));
        }
        // gitrevisions: `refs/tags/NAME` may be spelled in three ways.
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

    /// Reads an object of at most `limit` bytes, as it is stored.
    ///
    /// # Errors
    /// [`Error::NotPresent`], [`Error::Object`].
    pub fn object(&self, id: &ObjectId, limit: u64) -> Result<Object, Error> {
        self.ask(|backend| backend.object(id, limit))
    }

    /// Returns whether Git takes it for the name of a tag.
    #[must_use]
    pub fn is_tag_name(name: &str) -> bool {
        super::libgit2::is_tag_name(name)
    }

    /// Returns whether there is a tag of that name.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    pub fn has_tag(&self, name: &str) -> Result<bool, Error> {
        Ok(self.ask(|backend| backend.reference(&format!("refs/tags/{name}")))?.is_some())
    }

    /// Stores a tag object under a new name. Runs no hook.
    ///
    /// # Errors
    /// [`Error::TagExists`]: no tag is ever replaced. [`Error::TagName`]. [`Error::Locked`] where another
    /// process writes it. [`Error::Store`] and [`Error::Program`] where it cannot be stored.
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

/// Whether the user wrote the object's own digits, all or the first of them.
fn is_digits_of(spelled: &str, id: &ObjectId) -> bool {
    spelled.len() >= 4 && id.as_str().starts_with(&spelled.to_ascii_lowercase())
}
