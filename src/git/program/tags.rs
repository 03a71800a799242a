//! Tags by the `git` program. Its own hooks are off, `reference-transaction` among them.

use super::{Program, failed};
use crate::git::tags::{Object, ObjectKind, Tagging};
use crate::git::{Error, ObjectId};

impl Program {
    fn id(&self, arguments: &[&str]) -> Result<Option<ObjectId>, Error> {
        let output = self.output(arguments, &[])?;
        Ok(ObjectId::from_hex(String::from_utf8_lossy(&output.stdout).trim()).filter(|_| output.status.success()))
    }
}

impl Tagging for Program {
    fn object_of(&self, revision: &str) -> Result<Option<ObjectId>, Error> {
        self.id(&["rev-parse", "--verify", "--quiet", revision])
    }

    fn reference(&self, name: &str) -> Result<Option<ObjectId>, Error> {
        self.id(&["show-ref", "--verify", "--hash", name])
    }

    fn object(&self, id: &ObjectId, limit: u64) -> Result<Object, Error> {
        let odd = |what: String| Error::Object { id: id.to_string(), source: what.into() };
        let answer = |question: &str| {
            Ok(String::from_utf8_lossy(&self.run(&["cat-file", question, id.as_str()])?).trim().to_owned())
        };
        let kind = match answer("-t")?.as_str() {
            "blob" => ObjectKind::Blob,
            "tree" => ObjectKind::Tree,
            "commit" => ObjectKind::Commit,
            "tag" => ObjectKind::Tag,
            other => return Err(odd(format!("`git cat-file` says that it is `{other}`"))),
        };
        let size: u64 = answer("-s")?.parse().map_err(|error| odd(format!("`git cat-file` told no size: {error}")))?;
        let bytes = if size <= limit { Some(self.run(&["cat-file", kind.as_str(), id.as_str()])?) } else { None };
        Ok(Object { kind, bytes })
    }

    fn add_tag(&self, reference: &str, tag: &[u8]) -> Result<ObjectId, Error> {
        // `mktag` looks over what it stores, as `git fsck --strict` would.
        let arguments = ["mktag"];
        let output = self.output(&arguments, tag)?;
        let id = ObjectId::from_hex(String::from_utf8_lossy(&output.stdout).trim()).filter(|_| output.status.success());
        let Some(id) = id else { return Err(failed(&arguments, &output)) };
        // The empty old value: only where there is no such reference.
        self.run(&["update-ref", "--no-deref", reference, id.as_str(), ""])?;
        Ok(id)
    }
}
