//! The cache of the Hugging Face Hub, in which a downloaded snapshot is a tree of symbolic links.
//!
//! ```text
//! hub/models--org--name/snapshots/<commit>/sub/config.json -> ../../../blobs/<etag>
//! hub/models--org--name/blobs/<etag>                          a file, or since huggingface_hub 2:
//! hub/models--org--name/blobs/<etag> -> ../../blobs/<xx>/<hash>
//! hub/blobs/<xx>/<hash>                                       a file that several models share
//! ```
//!
//! Only these links count as the files that they point to; any other link is listed as a link. The names prove nothing
//! about the bytes. See [the layout of the cache](https://huggingface.co/docs/huggingface_hub/guides/manage-cache).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::beneath::{Directory, Found, read_regular};
use crate::path::RepoPath;

/// The prefixes of the directories of repositories, by kind.
const KINDS: &[&str] = &["models--", "datasets--", "spaces--", "kernels--"];
/// The largest `refs/main` that is read; it holds 40 digits.
const MAX_REF_BYTES: u64 = 256;
/// The limit for the number of snapshots that a message names.
const NAMED_SNAPSHOTS: usize = 5;

/// The cache around a snapshot.
#[derive(Debug)]
pub(super) struct Cache {
    directory: Directory,
    /// `models--org--name`.
    repository: String,
    /// The commit of the snapshot, 40 hex digits.
    commit: String,
}

impl Cache {
    /// Returns the cache around a directory if that is a snapshot in one. `root` has no symbolic links in its path.
    pub(super) fn around(root: &Path) -> io::Result<Option<Self>> {
        let Some(commit) = name_of(root) else { return Ok(None) };
        let snapshots = root.parent();
        let repository = snapshots.and_then(Path::parent);
        if !is_hex(commit, &[40]) || snapshots.and_then(name_of) != Some("snapshots") {
            return Ok(None);
        }
        match (repository.and_then(name_of), repository.and_then(Path::parent)) {
            (Some(name), Some(hub)) if is_repository(name) => {
                let directory = Directory::open_root(hub)?;
                Ok(Some(Self { directory, repository: name.to_owned(), commit: commit.to_owned() }))
            }
            _ => Ok(None),
        }
    }

    /// Returns the path in the cache, the size in bytes and the executable bit of the file that a link points to;
    /// `None` for a link that is not part of the cache's layout.
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
            Found::File { size, executable, .. } => {
                Some((format!("{}/blobs/{etag}", self.repository), size, executable))
            }
            Found::Symlink => {
                let target = String::from_utf8(blobs.link_target(etag.as_bytes()).ok()?).ok()?;
                let (shard, hash) = target.strip_prefix("../../blobs/")?.split_once('/')?;
                if !is_hex(shard, &[2]) || !is_hex(hash, &[64]) {
                    return None;
                }
                let shard_dir = self.directory.open_directory(format!("blobs/{shard}").as_bytes()).ok()?;
                match shard_dir.find(hash.as_bytes()).ok()? {
                    Found::File { size, executable, .. } => Some((format!("blobs/{shard}/{hash}"), size, executable)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns the root of the cache, to which the paths of [`Cache::blob`] are relative.
    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Returns the path in the cache of the client's list of the files of the snapshot.
    pub(super) fn tree(&self) -> String {
        format!("{}/trees/{}.json", self.repository, self.commit)
    }
}

/// The directory contains snapshots but is not one itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is {}, not a downloaded snapshot; {}", .path.display(), .what, advice(.snapshots))]
pub struct NotASnapshot {
    /// The directory that was given.
    pub path: PathBuf,
    what: &'static str,
    /// The snapshots in it, starting with the one that `main` points to.
    pub snapshots: Vec<PathBuf>,
}

fn advice(snapshots: &[PathBuf]) -> String {
    match snapshots {
        [] => "it contains no snapshot; download one first".to_owned(),
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

/// Returns an error if a directory is a whole cache, or one repository in it, instead of a snapshot.
pub(super) fn not_a_snapshot(root: &Path) -> Option<NotASnapshot> {
    if name_of(root).is_some_and(is_repository) && root.join("snapshots").is_dir() {
        let what = "the Hugging Face cache of one repository";
        return Some(NotASnapshot { path: root.to_path_buf(), what, snapshots: snapshots_of(root) });
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
    Some(NotASnapshot { path: root.to_path_buf(), what: "a Hugging Face cache", snapshots })
}

/// Returns the snapshots of a repository, starting with the one that `main` points to.
fn snapshots_of(repository: &Path) -> Vec<PathBuf> {
    let main = read_regular(repository, "refs/main", MAX_REF_BYTES).unwrap_or_default();
    let main = String::from_utf8_lossy(&main);
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

/// Returns whether a text consists of lowercase hex digits and has one of these lengths.
pub(super) fn is_hex(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::io::Read;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::files::{Files as _, Kind};
    use crate::snapshot::{Error, Snapshot};

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    const SHA1: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    /// A cache in the layout of huggingface_hub 2, with one file of the repository and one in the shared store.
    fn cache() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let hub = dir.path().canonicalize().unwrap().join("hub");
        let repository = hub.join("models--org--name");
        let snapshot = repository.join("snapshots").join(COMMIT);
        let hash = "b".repeat(64);
        fs::create_dir_all(snapshot.join("sub")).unwrap();
        fs::create_dir_all(repository.join("blobs")).unwrap();
        fs::create_dir_all(hub.join("blobs/bb")).unwrap();
        fs::create_dir_all(repository.join("refs")).unwrap();
        fs::write(repository.join("refs/main"), COMMIT).unwrap();
        fs::write(repository.join("blobs").join(SHA1), "{}").unwrap();
        fs::write(hub.join("blobs/bb").join(&hash), "weights").unwrap();
        symlink(format!("../../blobs/bb/{hash}"), repository.join("blobs").join("c".repeat(64))).unwrap();
        symlink(format!("../../../blobs/{SHA1}"), snapshot.join("sub/config.json")).unwrap();
        symlink(format!("../../blobs/{}", "c".repeat(64)), snapshot.join("model.safetensors")).unwrap();
        (dir, snapshot)
    }

    #[test]
    fn links_of_the_cache_are_read_as_files() {
        let (_keep, root) = cache();
        let snapshot = Snapshot::of_directory(&root).unwrap();
        assert_eq!(snapshot.problems(), []);
        let read = |at: usize| {
            let mut text = String::new();
            snapshot.open(&snapshot.entries()[at]).unwrap().read_to_string(&mut text).unwrap();
            (snapshot.entries()[at].path.to_string(), text)
        };
        assert_eq!(read(0), ("model.safetensors".to_owned(), "weights".to_owned()));
        assert_eq!(read(1), ("sub/config.json".to_owned(), "{}".to_owned()));
        let path = "sub/config.json".parse().unwrap();
        assert_eq!(snapshot.read(&path, 10).unwrap().unwrap(), b"{}");
    }

    #[test]
    fn other_links_in_a_snapshot_stay_links() {
        let (_keep, root) = cache();
        let repository = root.parent().unwrap().parent().unwrap();
        fs::write(repository.join("secret"), "x").unwrap();
        symlink("../../../../secret", repository.join("blobs").join("d".repeat(64))).unwrap();
        for (name, target) in [
            ("too-far", format!("../../../blobs/{SHA1}")),
            ("no-etag", "../../secret".to_owned()),
            ("upper", format!("../../blobs/{}", SHA1.to_uppercase())),
            ("through", format!("../../blobs/../blobs/{SHA1}")),
            ("absolute", repository.join("blobs").join(SHA1).display().to_string()),
            ("second-hop", format!("../../blobs/{}", "d".repeat(64))),
            ("dangling", format!("../../blobs/{}", "e".repeat(64))),
        ] {
            let link = root.join(name);
            symlink(&target, &link).unwrap();
            let snapshot = Snapshot::of_directory(&root).unwrap();
            let entry = snapshot.find(&name.parse().unwrap()).unwrap();
            assert_eq!(entry.kind, Kind::Symlink { target }, "{name}");
            assert!(snapshot.open(entry).is_err());
            assert_eq!(snapshot.problems().len(), 1, "{name}");
            fs::remove_file(link).unwrap();
        }
    }

    #[test]
    fn the_same_links_outside_a_snapshot_stay_links() {
        let (_keep, root) = cache();
        let moved = root.with_file_name("not-a-commit");
        fs::rename(&root, &moved).unwrap();
        let snapshot = Snapshot::of_directory(&moved).unwrap();
        assert!(snapshot.entries().iter().all(|entry| matches!(entry.kind, Kind::Symlink { .. })));
    }

    #[test]
    fn a_cache_is_refused_and_its_snapshots_are_named() {
        let (_keep, root) = cache();
        let repository = root.parent().unwrap().parent().unwrap();
        for directory in [repository, repository.parent().unwrap()] {
            let error = Snapshot::of_directory(directory).unwrap_err();
            assert!(error.to_string().ends_with(&format!("give `{}`", root.display())), "{error}");
            assert!(matches!(error, Error::Hub(hub) if hub.snapshots == [root.as_path()]));
        }
    }
}
