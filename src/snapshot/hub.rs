//! The cache of the Hugging Face Hub, where a downloaded snapshot is a tree of links.
//!
//! ```text
//! hub/models--org--name/snapshots/<commit>/sub/config.json -> ../../../blobs/<etag>
//! hub/models--org--name/blobs/<etag>                          a file, or since huggingface_hub 2
//! hub/models--org--name/blobs/<etag> -> ../../blobs/<xx>/<hash>
//! hub/blobs/<xx>/<hash>                                       a file that several models share
//! ```
//!
//! Exactly these links count as the files that they lead to; any other link stays a link. The names say nothing about
//! the bytes. See [how the cache is laid out](https://huggingface.co/docs/huggingface_hub/guides/manage-cache).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::path::RepoPath;

use super::beneath::{Directory, Found};

/// The kinds of repositories that the Hub has.
const KINDS: &[&str] = &["models--", "datasets--", "spaces--", "kernels--"];
/// How many snapshots a message names.
const NAMED_SNAPSHOTS: usize = 5;

/// The cache around a snapshot.
#[derive(Debug)]
pub(super) struct Cache {
    directory: Directory,
    /// `models--org--name`.
    repository: String,
}

impl Cache {
    /// Returns the cache if a directory, given without links, is a snapshot in one.
    pub(super) fn around(root: &Path) -> io::Result<Option<Self>> {
        let Some(commit) = name_of(root) else { return Ok(None) };
        let snapshots = root.parent();
        let repository = snapshots.and_then(Path::parent);
        if !is_hex(commit, &[40]) || snapshots.and_then(name_of) != Some("snapshots") {
            return Ok(None);
        }
        match (repository.and_then(name_of), repository.and_then(Path::parent)) {
            (Some(name), Some(hub)) if is_repository(name) => {
                Ok(Some(Self { directory: Directory::open_root(hub)?, repository: name.to_owned() }))
            }
            _ => Ok(None),
        }
    }

    /// Returns where in the cache the file of a link is, its size, and whether it is executable; `None` for a link that
    /// is not of the cache's own making.
    pub(super) fn blob(&self, link: &RepoPath, target: &[u8]) -> Option<(String, u64, bool)> {
        let target = std::str::from_utf8(target).ok()?;
        // From `snapshots/<commit>/sub/x`, two up and one more for each directory.
        let up = "../".repeat(link.components().count() + 1);
        let etag = target.strip_prefix(&up)?.strip_prefix("blobs/")?;
        if !is_hex(etag, &[40, 64]) {
            return None;
        }
        let blobs = self.directory.open_directory(format!("{}/blobs", self.repository).as_bytes()).ok()?;
        match blobs.find(etag.as_bytes()).ok()? {
            Found::File { size, executable } => Some((format!("{}/blobs/{etag}", self.repository), size, executable)),
            Found::Symlink => {
                let target = String::from_utf8(blobs.link_target(etag.as_bytes()).ok()?).ok()?;
                let (shard, hash) = target.strip_prefix("../../blobs/")?.split_once('/')?;
                if !is_hex(shard, &[2]) || !is_hex(hash, &[64]) {
                    return None;
                }
                let shard_dir = self.directory.open_directory(format!("blobs/{shard}").as_bytes()).ok()?;
                match shard_dir.find(hash.as_bytes()).ok()? {
                    Found::File { size, executable } => Some((format!("blobs/{shard}/{hash}"), size, executable)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns the directory that the places of [`Cache::blob`] are beneath.
    pub(super) fn into_directory(self) -> Directory {
        self.directory
    }
}

/// A directory of the cache that holds snapshots and is none itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is {}, not a downloaded snapshot; {}", .path.display(), .what, advice(.snapshots))]
pub struct Misplaced {
    /// What was given.
    pub path: PathBuf,
    what: &'static str,
    /// What to give instead, the one that `main` points at first.
    pub snapshots: Vec<PathBuf>,
}

fn advice(snapshots: &[PathBuf]) -> String {
    match snapshots {
        [] => "it holds no snapshot; download one first".to_owned(),
        [one] => format!("give `{}`", one.display()),
        several => {
            let named: Vec<String> =
                several.iter().take(NAMED_SNAPSHOTS).map(|path| format!("`{}`", path.display())).collect();
            let more = several.len().saturating_sub(NAMED_SNAPSHOTS);
            let more = if more == 0 { String::new() } else { format!(" or one of {more} more") };
            format!("give one of {}{more}", named.join(", "))
        }
    }
}

/// Tells whether a directory is a whole cache, or one repository of it, rather than a snapshot.
pub(super) fn misplaced(root: &Path) -> Option<Misplaced> {
    if name_of(root).is_some_and(is_repository) && root.join("snapshots").is_dir() {
        let what = "the Hugging Face cache of one repository";
        return Some(Misplaced { path: root.to_path_buf(), what, snapshots: snapshots_of(root) });
    }
    let mut repositories: Vec<PathBuf> = fs::read_dir(root)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| name_of(path).is_some_and(is_repository) && path.join("snapshots").is_dir())
        .collect();
    if repositories.is_empty() {
        return None;
    }
    repositories.sort();
    let snapshots = repositories.iter().flat_map(|repository| snapshots_of(repository)).collect();
    Some(Misplaced { path: root.to_path_buf(), what: "a Hugging Face cache", snapshots })
}

/// Returns the snapshots of a repository, the one that `main` points at first.
fn snapshots_of(repository: &Path) -> Vec<PathBuf> {
    let main = fs::read_to_string(repository.join("refs/main")).unwrap_or_default();
    let mut snapshots: Vec<PathBuf> = fs::read_dir(repository.join("snapshots"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| name_of(path).is_some_and(|name| is_hex(name, &[40])))
        .collect();
    snapshots.sort_by_key(|path| (name_of(path) != Some(main.trim()), path.clone()));
    snapshots
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

fn is_repository(name: &str) -> bool {
    KINDS.iter().any(|kind| name.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()))
}

fn is_hex(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
