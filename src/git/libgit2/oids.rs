//! The names of objects, to and from libgit2's type.

use git2::{ErrorClass, ErrorCode, Oid};

use crate::files::ObjectId;
use crate::git::error::Error;

/// Converts the name of an object to libgit2's type.
pub(super) fn oid(id: &ObjectId) -> Result<Oid, git2::Error> {
    Oid::from_bytes(id.as_bytes())
}

/// Converts the name of an object from libgit2's type.
pub(super) fn object_id(oid: Oid) -> ObjectId {
    ObjectId::from_raw(oid.as_bytes()).expect("libgit2 names objects by 20 or 32 bytes")
}

/// Returns the error for an object that could not be read.
pub(super) fn cannot_read_object(id: &ObjectId, error: git2::Error) -> Error {
    if error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Odb {
        return Error::NotPresent { id: *id };
    }
    Error::Object { id: id.to_string(), source: error.into() }
}
