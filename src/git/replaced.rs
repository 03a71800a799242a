//! Objects that `refs/replace/` gives other content to ([git-replace](https://git-scm.com/docs/git-replace)).
//!
//! This crate always reads the objects themselves. Git reads the replacements, so it may check out other files.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{CommitFacts, ObjectId, ObjectKind};

use super::error::Error;
use super::{Repo, TreeEntry};

/// The most tags of tags, and replacements of replacements, that are followed.
const MAX_DEPTH: usize = 32;
/// The largest tag or commit that is read, in bytes.
const MAX_OBJECT_BYTES: u64 = 1 << 20;

/// The replacements of a repository, or of a push: the object that Git reads in place of another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replacements(BTreeMap<ObjectId, ObjectId>);

impl Replacements {
    /// Adds a replacement; `name` is that of the reference without `refs/replace/`. Git ignores a name that is not an
    /// object's.
    pub fn add(&mut self, name: &str, by: ObjectId) {
        self.0.extend(ObjectId::from_hex(name).map(|id| (id, by)));
    }

    /// Returns whether nothing is replaced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Repo {
    /// Returns the replacements in this repository.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Program`] if the references cannot be read.
    pub fn replacements(&self) -> Result<Replacements, Error> {
        let mut found = Replacements::default();
        for (name, by) in self.references("refs/replace/")? {
            found.add(&name, by);
        }
        Ok(found)
    }

    /// Returns the objects whose replacements give a revision other files: the tags that lead to its commit, the commit,
    /// its trees and its blobs. A commit whose replacement has the same files, such as one with other parents, does not
    /// count.
    ///
    /// # Errors
    /// The errors of [`Repo::named`] and [`Repo::object`].
    pub fn replaced(
        &self,
        replacements: &Replacements,
        revision: &str,
        commit: &CommitFacts,
    ) -> Result<Vec<ObjectId>, Error> {
        let Replacements(by) = replacements;
        if by.is_empty() {
            return Ok(Vec::new());
        }
        let mut found: Vec<ObjectId> = Vec::new();
        let tags = self.tags_to(revision)?;
        found.extend(tags.into_iter().filter(|id| *id != commit.commit && by.contains_key(id)));
        if by.contains_key(&commit.commit) && self.tree_of_replacement(by, &commit.commit)? != Some(commit.tree) {
            found.push(commit.commit);
        }
        found.extend(by.contains_key(&commit.tree).then_some(commit.tree));
        let entries = self.tree(&commit.tree)?;
        let blobs: BTreeSet<ObjectId> = entries.iter().map(|entry| entry.id).collect();
        found.extend(by.keys().filter(|id| blobs.contains(*id)));
        let mut has_tree = false;
        for id in by.keys() {
            // One that is not there cannot be part of the commit.
            has_tree |= self.object(id, 0).is_ok_and(|object| object.kind == ObjectKind::Tree);
        }
        if has_tree {
            found.extend(self.subtrees(&commit.tree, &entries)?.into_iter().filter(|id| by.contains_key(id)));
        }
        Ok(found)
    }

    /// Returns the objects from the one that a revision names to the first that is not a tag.
    fn tags_to(&self, revision: &str) -> Result<Vec<ObjectId>, Error> {
        let mut passed = Vec::new();
        let mut next = self.named(revision)?.map(|named| named.id);
        while let Some(id) = next.filter(|_| passed.len() < MAX_DEPTH) {
            passed.push(id);
            let object = self.object(&id, MAX_OBJECT_BYTES)?;
            next = object.bytes.filter(|_| object.kind == ObjectKind::Tag).and_then(|bytes| header(&bytes, "object "));
        }
        Ok(passed)
    }

    /// Returns the tree of the commit that Git reads in place of another; `None` if it is not a commit.
    fn tree_of_replacement(
        &self,
        by: &BTreeMap<ObjectId, ObjectId>,
        commit: &ObjectId,
    ) -> Result<Option<ObjectId>, Error> {
        let mut id = *commit;
        for _ in 0..MAX_DEPTH {
            match by.get(&id) {
                Some(next) => id = *next,
                None => break,
            }
        }
        let object = self.object(&id, MAX_OBJECT_BYTES)?;
        Ok(object.bytes.filter(|_| object.kind == ObjectKind::Commit).and_then(|bytes| header(&bytes, "tree ")))
    }

    /// Returns the trees below a tree, by the directories of its entries.
    fn subtrees(&self, tree: &ObjectId, entries: &[TreeEntry]) -> Result<Vec<ObjectId>, Error> {
        let mut directories = BTreeSet::new();
        for entry in entries {
            let slashes = entry.path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
            directories.extend(slashes.map(|at| &entry.path[..at]));
        }
        let mut found = Vec::new();
        for directory in directories {
            let revision = format!("{tree}:{}", String::from_utf8_lossy(directory));
            found.extend(self.ask(|backend| backend.object_of(&revision))?);
        }
        Ok(found)
    }
}

/// Reads the object that the first line of a commit or tag names after a word.
fn header(bytes: &[u8], word: &str) -> Option<ObjectId> {
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    ObjectId::from_hex(std::str::from_utf8(line.strip_prefix(word.as_bytes())?).ok()?)
}
