//! Tags by libgit2.

use git2::{ErrorCode, ObjectType};

use super::{Handle, cannot_read_object, object_id, oid};
use crate::git::tags::{Object, ObjectKind, Tagging};
use crate::git::{Error, ObjectId};

impl Handle {
    /// References in a format that libgit2 does not know are the program's.
    fn refuse_reftable(&self) -> Result<(), Error> {
        if self.has_reftable {
            return Err(Error::UnsupportedByLibgit2 { what: "references in the reftable format".to_owned() });
        }
        Ok(())
    }
}

impl Tagging for Handle {
    fn object_of(&self, revision: &str) -> Result<Option<ObjectId>, Error> {
        self.refuse_reftable()?;
        Ok(self.repository.revparse_single(revision).ok().map(|object| object_id(object.id())))
    }

    fn reference(&self, name: &str) -> Result<Option<ObjectId>, Error> {
        self.refuse_reftable()?;
        match self.repository.refname_to_id(name) {
            Ok(id) => Ok(Some(object_id(id))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => Ok(None),
            Err(error) => Err(self.part("references", error)),
        }
    }

    fn object(&self, id: &ObjectId, limit: u64) -> Result<Object, Error> {
        let fail = |error| cannot_read_object(id, error);
        let oid = oid(id).map_err(fail)?;
        let objects = self.repository.odb().map_err(fail)?;
        let (size, kind) = objects.read_header(oid).map_err(fail)?;
        let kind = match kind {
            ObjectType::Blob => ObjectKind::Blob,
            ObjectType::Tree => ObjectKind::Tree,
            ObjectType::Commit => ObjectKind::Commit,
            ObjectType::Tag => ObjectKind::Tag,
            ObjectType::Any => {
                return Err(Error::Object { id: id.to_string(), source: "it is of no kind that Git knows".into() });
            }
        };
        let is_small = u64::try_from(size).is_ok_and(|size| size <= limit);
        let bytes = if is_small { Some(objects.read(oid).map_err(fail)?.data().to_vec()) } else { None };
        Ok(Object { kind, bytes })
    }

    fn add_tag(&self, reference: &str, tag: &[u8]) -> Result<ObjectId, Error> {
        self.refuse_reftable()?;
        let store = |what, error| match self.part(what, error) {
            Error::Part { what, path, source } => Error::Store { what, path, source },
            beyond => beyond,
        };
        let fail = |error| store("objects", error);
        let id = self.repository.odb().and_then(|objects| objects.write(ObjectType::Tag, tag)).map_err(fail)?;
        // Not by force: who made the name in the meantime keeps it.
        match self.repository.reference(reference, id, false, "") {
            Ok(_) => Ok(object_id(id)),
            Err(error) if error.code() == ErrorCode::Exists => {
                Err(Error::TagExists { name: reference.trim_start_matches("refs/tags/").to_owned() })
            }
            Err(error) if error.code() == ErrorCode::Locked => Err(Error::Locked {
                reference: reference.to_owned(),
                lock: self.repository.commondir().join(format!("{reference}.lock")),
            }),
            Err(error) => Err(store("references", error)),
        }
    }
}
