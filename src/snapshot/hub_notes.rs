//! The digests that the Hugging Face Hub stated for downloaded files, as its client recorded them next to the download.
//!
//! ```text
//! snapshots/<commit>/f -> ../../blobs/<etag>                  the name of the blob
//! .cache/huggingface/download/f.metadata                      lines: commit, etag, time
//! models--org--name/trees/<commit>.json                       {"format_version": 1, "files": {"f": {"blob_id", "lfs_sha256"}}}
//! .cache/huggingface/trees/<commit>.json                      the same next to a folder
//! ```
//!
//! An etag of 64 digits is the SHA-256 of the content, one of 40 digits the name of the Git blob. `xet_hash`, and the
//! names in the store that models share, are of another hash function and are never read.
//!
//! Anyone who can change the files can change the notes. They only explain why a file differs from the signed one; they
//! are never trusted. A note that is too large or malformed is ignored. See [`super::hub`] for the layouts.

use std::fmt;
use std::io::Read as _;
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::files::{ClaimSource, ClaimedDigest, Entry, HUB_NOTES_DIR, HostDigest};
use crate::path::RepoPath;

use super::hub::{Cache, is_hex};
use crate::beneath::Directory;

/// The limit for a `.metadata` file, in bytes; it usually has about 130.
const MAX_METADATA_BYTES: u64 = 4096;
/// The limit for a list of files, in bytes, enough for a few hundred thousand files.
const MAX_TREE_BYTES: u64 = 32 * 1024 * 1024;
/// The only format of these lists so far.
const TREE_FORMAT: u32 = 1;

/// The notes of the Hub's client.
#[derive(Debug)]
pub(super) struct Notes {
    /// Whether the files are in a cache instead of a folder.
    is_cache: bool,
    /// The commit and the list of its files. If a folder has files of several commits, the list of the first.
    tree: OnceLock<Option<(String, Vec<u8>)>>,
}

impl Notes {
    /// Looks for the notes next to a snapshot.
    pub(super) fn of(cache: Option<&Cache>) -> Self {
        let tree = OnceLock::new();
        if let Some(cache) = cache {
            let list = read(cache.directory(), &cache.tree(), MAX_TREE_BYTES);
            // The lock is new, so it is still empty.
            let _ = tree.set(list.map(|list| (String::new(), list)));
        }
        Self { is_cache: cache.is_some(), tree }
    }

    /// Returns the digest recorded for a file: in the name of its blob, otherwise in its own notes or in the list.
    pub(super) fn find(&self, root: &Directory, entry: &Entry) -> Option<ClaimedDigest> {
        if self.is_cache {
            if let Some(digest) = blob_name(root, &entry.path) {
                return Some(ClaimedDigest { source: ClaimSource::BlobName, digest });
            }
            return self.listed(ClaimSource::TreeOfCopies, "", &entry.path);
        }
        let file = format!("{HUB_NOTES_DIR}/download/{}.metadata", entry.path);
        let notes = String::from_utf8(read(root, &file, MAX_METADATA_BYTES)?).ok()?;
        let mut lines = notes.lines();
        let (commit, etag) = (lines.next()?.trim(), lines.next()?.trim());
        if let Some(digest) = digest_of(etag) {
            return Some(ClaimedDigest { source: ClaimSource::Metadata, digest });
        }
        if !is_hex(commit, &[40]) {
            return None;
        }
        self.tree.get_or_init(|| {
            let list = format!("{HUB_NOTES_DIR}/trees/{commit}.json");
            Some((commit.to_owned(), read(root, &list, MAX_TREE_BYTES)?))
        });
        self.listed(ClaimSource::Tree, commit, &entry.path)
    }

    fn listed(&self, source: ClaimSource, commit: &str, path: &RepoPath) -> Option<ClaimedDigest> {
        let (of, list) = self.tree.get()?.as_ref()?;
        let mut reader = serde_json::Deserializer::from_slice(list);
        let found = List(path.as_str()).deserialize(&mut reader).ok().filter(|_| of == commit)??;
        let etag = found.lfs_sha256.or(found.blob_id)?;
        Some(ClaimedDigest { source, digest: digest_of(&etag)? })
    }
}

fn digest_of(etag: &str) -> Option<HostDigest> {
    if is_hex(etag, &[64]) {
        Some(HostDigest::Sha256(etag.to_owned()))
    } else if is_hex(etag, &[40]) {
        Some(HostDigest::GitBlob(etag.to_owned()))
    } else {
        None
    }
}

fn blob_name(directory: &Directory, path: &RepoPath) -> Option<HostDigest> {
    let target = match path.as_str().rsplit_once('/') {
        Some((above, name)) => directory.open_directory(above.as_bytes()).ok()?.link_target(name.as_bytes()),
        None => directory.link_target(path.as_str().as_bytes()),
    };
    digest_of(std::str::from_utf8(&target.ok()?).ok()?.rsplit_once('/')?.1)
}

/// Reads a small file; `None` if it is not a regular file, or larger than the limit.
fn read(directory: &Directory, path: &str, limit: u64) -> Option<Vec<u8>> {
    let file = directory.open_file(path).ok().filter(|file| file.size() <= limit)?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The digests in the list for one file.
#[derive(Debug, Deserialize)]
struct TreeEntry {
    blob_id: Option<String>,
    lfs_sha256: Option<String>,
}

/// Finds one file in the list and keeps nothing else in memory, because a crafted list may contain millions.
struct List<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Option<TreeEntry>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Option<TreeEntry>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of the files of a commit")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut format, mut found) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "format_version" => format = Some(map.next_value::<u32>()?),
                "files" => found = map.next_value_seed(Files(self.0))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found.filter(|_| format == Some(TREE_FORMAT)))
    }
}

struct Files<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Files<'_> {
    type Value = Option<TreeEntry>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Files<'_> {
    type Value = Option<TreeEntry>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("files by path")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;
    use crate::files::Files as _;
    use crate::snapshot::Snapshot;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn hint(root: &Path, path: &str) -> Option<ClaimedDigest> {
        let snapshot = Snapshot::of_directory(root).unwrap();
        let entry = snapshot.find(&path.parse().unwrap()).unwrap();
        snapshot.claimed_digest(entry)
    }

    /// A folder with one file and the given notes about it.
    fn folder(metadata: &[u8], tree: &[u8]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let notes = dir.path().join(HUB_NOTES_DIR);
        fs::create_dir_all(notes.join("download/sub")).unwrap();
        fs::create_dir_all(notes.join("trees")).unwrap();
        fs::create_dir_all(dir.path().join("sub")).unwrap();
        fs::write(dir.path().join("sub/f"), "x").unwrap();
        fs::write(notes.join("download/sub/f.metadata"), metadata).unwrap();
        fs::write(notes.join(format!("trees/{COMMIT}.json")), tree).unwrap();
        dir
    }

    #[test]
    fn etags_are_distinguished_by_length() {
        let (long, short) = ("a".repeat(64), "b".repeat(40));
        for (etag, digest) in
            [(&long, Some(HostDigest::Sha256(long.clone()))), (&short, Some(HostDigest::GitBlob(short.clone())))]
        {
            let dir = folder(format!("{COMMIT}\n{etag}\n1.5\n").as_bytes(), b"");
            assert_eq!(hint(dir.path(), "sub/f").map(|hint| hint.digest), digest);
        }
    }

    #[test]
    fn the_list_is_used_if_the_notes_have_no_etag() {
        let sha256 = "c".repeat(64);
        let tree = format!(
            "{{\"format_version\": 1, \"files\": {{\"f\": {{\"size\": 1, \"blob_id\": \"{}\"}},
             \"sub/f\": {{\"size\": 1, \"blob_id\": \"{}\", \"lfs_sha256\": \"{sha256}\", \"xet_hash\": \"{}\"}}}}}}",
            "1".repeat(40),
            "2".repeat(40),
            "d".repeat(64)
        );
        let metadata = format!("{COMMIT}\nnone\n1.5\n");
        let dir = folder(metadata.as_bytes(), tree.as_bytes());
        let expected = ClaimedDigest { source: ClaimSource::Tree, digest: HostDigest::Sha256(sha256) };
        assert_eq!(hint(dir.path(), "sub/f"), Some(expected));
        let other = tree.replace("\"format_version\": 1", "\"format_version\": 2");
        assert_eq!(hint(folder(metadata.as_bytes(), other.as_bytes()).path(), "sub/f"), None);
        // A Xet hash alone is of no use.
        let xet =
            format!("{{\"format_version\": 1, \"files\": {{\"sub/f\": {{\"xet_hash\": \"{}\"}}}}}}", "d".repeat(64));
        assert_eq!(hint(folder(metadata.as_bytes(), xet.as_bytes()).path(), "sub/f"), None);
    }

    #[test]
    fn malformed_notes_are_ignored() {
        let digest = "a".repeat(64);
        let deep = "[".repeat(100_000);
        for metadata in [
            String::new(),
            COMMIT.to_owned(),
            format!("{COMMIT}\n{}\n", digest.to_uppercase()),
            format!("{COMMIT}\n\u{1b}[2J{digest}\n"),
            format!("../../../../etc/passwd\n../{digest}\n"),
            format!("{COMMIT}\n{digest}\n{}", " ".repeat(5000)),
        ] {
            for tree in ["", "{", "[]", "null", &deep, "{\"format_version\": 1, \"files\": [\"sub/f\"]}"] {
                let dir = folder(metadata.as_bytes(), tree.as_bytes());
                assert_eq!(hint(dir.path(), "sub/f"), None, "{metadata:?} {}", tree.len());
            }
        }
        assert_eq!(hint(folder(b"\xff\xfe\n\xff\n", b"").path(), "sub/f"), None);
        let dir = folder(b"", b"");
        let notes = dir.path().join(HUB_NOTES_DIR).join("download/sub/f.metadata");
        fs::remove_file(&notes).unwrap();
        fs::write(dir.path().join("elsewhere"), format!("{COMMIT}\n{digest}\n")).unwrap();
        symlink(dir.path().join("elsewhere"), &notes).unwrap();
        assert_eq!(hint(dir.path(), "sub/f"), None, "a symbolic link was followed");
    }

    #[test]
    fn a_huge_list_is_not_read() {
        let dir = folder(format!("{COMMIT}\nx\n").as_bytes(), b"");
        let list = dir.path().join(HUB_NOTES_DIR).join(format!("trees/{COMMIT}.json"));
        fs::File::create(list).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(hint(dir.path(), "sub/f"), None);
    }
}
