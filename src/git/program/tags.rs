//! Tags, read and written by the `git` program, whose hooks (such as `reference-transaction`) do not run.

use crate::files::{ObjectId, ObjectKind};
use crate::git::backend::{Answer, TagBackend};
use crate::git::error::Error;
use crate::git::tags::Object;

use super::{Program, failed};

impl Program {
    fn id(&self, arguments: &[&str]) -> Result<Option<ObjectId>, Error> {
        let output = self.output(arguments, &[])?;
        Ok(ObjectId::from_hex(String::from_utf8_lossy(&output.stdout).trim()).filter(|_| output.status.success()))
    }
}

impl TagBackend for Program {
    fn object_of(&self, revision: &str) -> Answer<Option<ObjectId>> {
        Ok(self.id(&["rev-parse", "--verify", "--quiet", revision])?)
    }

    fn reference(&self, name: &str) -> Answer<Option<ObjectId>> {
        Ok(self.id(&["show-ref", "--verify", "--hash", name])?)
    }

    fn references(&self, above: &str) -> Answer<Vec<(String, ObjectId)>> {
        let bytes = self.run(&["for-each-ref", "--format=%(objectname) %(refname)", above])?;
        let text = String::from_utf8_lossy(&bytes);
        let reference = |line: &str| {
            let (id, name) = line.split_once(' ')?;
            Some((name.to_owned(), ObjectId::from_hex(id)?))
        };
        Ok(text.lines().filter_map(reference).collect())
    }

    fn object(&self, id: &ObjectId, limit: u64) -> Answer<Object> {
        let unexpected = |what: String| Error::Object { id: id.to_string(), source: what.into() };
        let answer = |question: &str| -> Result<String, Error> {
            Ok(String::from_utf8_lossy(&self.run(&["cat-file", question, &id.to_string()])?).trim().to_owned())
        };
        let kind = match answer("-t")?.as_str() {
            "blob" => ObjectKind::Blob,
            "tree" => ObjectKind::Tree,
            "commit" => ObjectKind::Commit,
            "tag" => ObjectKind::Tag,
            other => return Err(unexpected(format!("its type is `{other}`")).into()),
        };
        let size: u64 =
            answer("-s")?.parse().map_err(|error| unexpected(format!("`git cat-file` gave no size: {error}")))?;
        let bytes = if size <= limit { Some(self.run(&["cat-file", kind.as_str(), &id.to_string()])?) } else { None };
        Ok(Object { kind, bytes })
    }

    fn add_tag(&self, reference: &str, tag: &[u8]) -> Answer<ObjectId> {
        // `mktag` checks the object as `git fsck --strict` would.
        let arguments = ["mktag"];
        let output = self.output(&arguments, tag)?;
        let id = ObjectId::from_hex(String::from_utf8_lossy(&output.stdout).trim()).filter(|_| output.status.success());
        let Some(id) = id else { return Err(failed(&arguments, &output).into()) };
        // The empty old value means that the reference must not exist.
        self.run(&["update-ref", "--no-deref", reference, &id.to_string(), ""])?;
        Ok(id)
    }
}
