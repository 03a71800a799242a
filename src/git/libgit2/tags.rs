//! Tags, read and written by libgit2.

use git2::{ErrorCode, ObjectType};

use crate::files::{ObjectId, ObjectKind};
use crate::git::backend::{Answer, Refusal, TagBackend};
use crate::git::error::Error;
use crate::git::tags::Object;

use super::Handle;
use super::oids::{cannot_read_object, object_id, oid};

impl TagBackend for Handle {
    fn object_of(&self, revision: &str) -> Answer<Option<ObjectId>> {
        self.refuse_reftable()?;
        Ok(self.repository.revparse_single(revision).ok().map(|object| object_id(object.id())))
    }

    fn reference(&self, name: &str) -> Answer<Option<ObjectId>> {
        self.refuse_reftable()?;
        match self.repository.refname_to_id(name) {
            Ok(id) => Ok(Some(object_id(id))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => Ok(None),
            Err(error) => Err(self.cannot_read("references", error)),
        }
    }

    fn references(&self, above: &str) -> Answer<Vec<(String, ObjectId)>> {
        self.refuse_reftable()?;
        let fail = |error| self.cannot_read("references", error);
        let mut found = Vec::new();
        for reference in self.repository.references_glob(&format!("{above}*")).map_err(fail)? {
            let reference = reference.map_err(fail)?;
            // One that leads nowhere names no object.
            let Ok(id) = reference.resolve().map(|resolved| resolved.target()) else { continue };
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            found.extend(id.map(|id| (name, object_id(id))));
        }
        Ok(found)
    }

    fn object(&self, id: &ObjectId, limit: u64) -> Answer<Object> {
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
                return Err(Error::Object { id: id.to_string(), source: "its type is unknown".into() }.into());
            }
        };
        let is_small = u64::try_from(size).is_ok_and(|size| size <= limit);
        let bytes = if is_small { Some(objects.read(oid).map_err(fail)?.data().to_vec()) } else { None };
        Ok(Object { kind, bytes })
    }

    fn add_tag(&self, reference: &str, tag: &[u8]) -> Answer<ObjectId> {
        self.refuse_reftable()?;
        let cannot_write = |what, error| match self.cannot_read(what, error) {
            Refusal::Failed(Error::Read { what, path, source }) => Error::Write { what, path, source }.into(),
            refusal => refusal,
        };
        let fail = |error| cannot_write("objects", error);
        let id = self.repository.odb().and_then(|objects| objects.write(ObjectType::Tag, tag)).map_err(fail)?;
        // Without force, so that a tag created in the meantime is kept.
        match self.repository.reference(reference, id, false, "") {
            Ok(_) => Ok(object_id(id)),
            Err(error) if error.code() == ErrorCode::Exists => {
                Err(Error::TagExists { name: reference.trim_start_matches("refs/tags/").to_owned() }.into())
            }
            Err(error) if error.code() == ErrorCode::Locked => Err(Error::Locked {
                reference: reference.to_owned(),
                lock: self.repository.commondir().join(format!("{reference}.lock")),
            }
            .into()),
            Err(error) => Err(cannot_write("references", error)),
        }
    }
}
