//! Finding the entries of the index that differ from the last commit, and the files that are gone.
//!
//! Git records in the index which tree each directory would become. If that is the tree in the last commit, nothing
//! below it has changed, and neither is read.

use std::collections::HashSet;

use git2::{ObjectType, Repository, Tree};

use crate::files::ObjectId;
use crate::git::backend::{Mode, TreeEntry};
use crate::git::error::Error;
use crate::git::index::CachedTree;
use crate::path::MAX_COMPONENTS;

use super::oids::{cannot_read_object, object_id, oid};

/// Returns the positions in `entries`, those of an index, of entries that the tree does not contain in the same form, and the
/// paths of files that only the tree contains. The files of directories of which nothing is left are not listed.
///
/// Without a `tree`, every entry is new. `cached` is what Git recorded for the root.
pub(super) fn changed(
    repository: &Repository,
    tree: Option<&ObjectId>,
    entries: &[TreeEntry],
    cached: Option<&CachedTree>,
) -> Result<(Vec<usize>, Vec<Vec<u8>>), Error> {
    let (mut changed, mut deleted) = (Vec::new(), Vec::new());
    let mut comparison = Comparison { repository, changed: &mut changed, deleted: &mut deleted };
    comparison.directory(entries, 0, 0, tree.copied(), cached)?;
    Ok((changed, deleted))
}

struct Comparison<'a> {
    repository: &'a Repository,
    changed: &'a mut Vec<usize>,
    deleted: &'a mut Vec<Vec<u8>>,
}

impl Comparison<'_> {
    /// Compares the entries of one directory, whose path including the last slash has `above` bytes. `first` is the
    /// position of the first entry in the index.
    fn directory(
        &mut self,
        entries: &[TreeEntry],
        first: usize,
        above: usize,
        tree: Option<ObjectId>,
        cached: Option<&CachedTree>,
    ) -> Result<(), Error> {
        let depth = entries.first().map_or(0, |entry| entry.path[..above].iter().filter(|b| **b == b'/').count());
        let Some(id) = tree.filter(|_| depth <= MAX_COMPONENTS) else {
            self.changed.extend(first..first + entries.len());
            return Ok(());
        };
        if cached.is_some_and(|cached| cached.id == Some(id)) {
            return Ok(());
        }
        let tree = oid(&id).and_then(|oid| self.repository.find_tree(oid)).map_err(|e| cannot_read_object(&id, e))?;
        self.add_deleted(&tree, entries, above);
        let mut at = 0;
        while let Some(entry) = entries.get(at) {
            let name = &entry.path[above..];
            let Some(slash) = name.iter().position(|byte| *byte == b'/') else {
                if !is_in(&tree, name, entry) {
                    self.changed.push(first + at);
                }
                at += 1;
                continue;
            };
            let directory = &entry.path[..=above + slash];
            let count = entries[at..].iter().take_while(|entry| entry.path.starts_with(directory)).count();
            let name = &name[..slash];
            let found = tree.get_name_bytes(name).filter(|found| found.kind() == Some(ObjectType::Tree));
            let cached = cached.and_then(|cached| cached.children.iter().find(|child| child.name == name));
            let found = found.map(|found| object_id(found.id()));
            self.directory(&entries[at..at + count], first + at, directory.len(), found, cached)?;
            at += count;
        }
        Ok(())
    }

    /// Adds the files of a directory that have no entry. `entries` are those in the directory and below it.
    fn add_deleted(&mut self, tree: &Tree<'_>, entries: &[TreeEntry], above: usize) {
        let directory = entries.first().map_or(&[][..], |entry| &entry.path[..above]);
        let staged = entries.iter().filter(|entry| !entry.intent_to_add).map(|entry| &entry.path[above..]);
        let staged: HashSet<&[u8]> = staged.filter(|name| !name.contains(&b'/')).collect();
        let files = tree.iter().filter(|found| found.kind() != Some(ObjectType::Tree));
        let gone = files.filter(|found| !staged.contains(found.name_bytes()));
        self.deleted.extend(gone.map(|found| [directory, found.name_bytes()].concat()));
    }
}

fn is_in(tree: &Tree<'_>, name: &[u8], entry: &TreeEntry) -> bool {
    tree.get_name_bytes(name).is_some_and(|found| {
        let bits = u32::try_from(found.filemode_raw()).unwrap_or_default();
        entry.stage == 0 && object_id(found.id()) == entry.id && Mode::from_bits(bits) == Some(entry.mode)
    })
}
