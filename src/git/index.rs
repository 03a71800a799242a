//! Reading the index as Git writes it: versions 2, 3 and 4, see
//! [gitformat-index](https://git-scm.com/docs/gitformat-index).
//!
//! A hook reads the index at every commit, and libgit2 would first hash the whole file with a collision-detecting
//! implementation, which takes longer than everything else. The hash at the end is not checked, because nothing depends
//! on it. Git does not check it either (only `git fsck` sets `verify_index_checksum`), and `index.skipHash` leaves it
//! out. Whatever is not supported is [`Error::Unsupported`], and the `git` program is asked instead.

mod rest;
mod window;

use std::io::{self, Read};
use std::path::Path;

use crate::files::{MAX_ENTRIES, ObjectFormat, ObjectId};
use crate::path::MAX_COMPONENTS;

use super::backend::{Mode, Refusal, TreeEntry};
use super::error;
use rest::Rest;
use window::Window;

/// The length of the stat data before the mode: ctime, mtime, device, inode.
const STAT_BYTES: usize = 24;
/// The length of user, group and size, after the mode.
const OWNER_BYTES: usize = 12;
/// The length in the flags that means "this or more".
const LONG_NAME: u16 = 0x0fff;
/// Flags of `ondisk_cache_entry` in Git.
const EXTENDED: u16 = 1 << 14;
const SKIP_WORKTREE: u16 = 1 << 14;
const INTENT_TO_ADD: u16 = 1 << 13;
/// The limit for all names together, in bytes; in version 4 three bytes can stand for a name of any length.
const MAX_NAMES_BYTES: usize = 512 * 1024 * 1024;
/// Entries are padded with NUL to a multiple of this many bytes.
const ALIGNMENT: usize = 8;
/// The unsupported feature if a name does not end where its length says.
const WRONG_LENGTH: &str = "an index with a name of another length than recorded";

/// Why an index could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    /// Something that Git may support, as a noun phrase.
    #[error("{0}")]
    Unsupported(String),
    /// Something that Git does not accept either.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// There are more than [`MAX_ENTRIES`] entries.
    #[error("more than {MAX_ENTRIES} entries")]
    TooMany,
}

impl Error {
    /// Adds whose index it is.
    pub(super) fn of_repository(self, path: &Path) -> Refusal {
        match self {
            Self::Unsupported(what) => Refusal::Unsupported(what),
            Self::TooMany => error::Error::TooMany.into(),
            damaged @ Self::Damaged(_) => {
                error::Error::Read { what: "index", path: path.to_path_buf(), source: damaged.into() }.into()
            }
        }
    }
}

/// The content of an index.
#[derive(Debug)]
pub(super) struct Index {
    /// Every entry in all stages, in the order of the file.
    pub(super) entries: Vec<TreeEntry>,
    /// The trees that the directories would become, if Git recorded them (the `TREE` extension).
    pub(super) trees: Option<CachedTree>,
}

/// A directory, with the tree that it would become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CachedTree {
    /// One component of the path; empty for the root.
    pub(super) name: Vec<u8>,
    /// The tree; `None` if an entry below has changed since it was recorded.
    pub(super) id: Option<ObjectId>,
    pub(super) children: Vec<Self>,
}

/// Why there is no index: the file could not be read, or it is not an index that is supported.
#[derive(Debug)]
pub(super) enum Failure {
    Io(io::Error),
    Index(Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Index(error)
    }
}

/// Reads the bytes of an index file.
#[cfg(any(test, feature = "internals"))]
pub(super) fn read(bytes: &[u8], format: ObjectFormat) -> Result<Index, Error> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    read_from(bytes, size, format).map_err(|failure| match failure {
        Failure::Index(error) => error,
        Failure::Io(_) => Error::Damaged("it ends too early"),
    })
}

/// Reads an index file of this many bytes. Only a part of it is in memory at a time.
pub(super) fn read_from(file: impl Read, size: u64, format: ObjectFormat) -> Result<Index, Failure> {
    read_in_parts(file, size, format, window::PART)
}

fn read_in_parts(file: impl Read, size: u64, format: ObjectFormat, part: usize) -> Result<Index, Failure> {
    let hash_bytes = match format {
        ObjectFormat::Sha1 => 20,
        ObjectFormat::Sha256 => 32,
    };
    let hash_size = u64::try_from(hash_bytes).unwrap_or_default();
    let end = size.checked_sub(hash_size).ok_or(Error::Damaged("it is too short"))?;
    let mut window = Window::new(file, end, part);
    let (version, count) = window.read(&mut header)?;
    // An entry has at least 64 bytes, or 63 in version 4, so a wrong count reserves no more than the file is long.
    let most = usize::try_from(end / 60).unwrap_or(usize::MAX);
    let mut listed: Vec<TreeEntry> = Vec::with_capacity(count.min(most));
    let layout = EntryFormat { version, hash_bytes };
    let mut names_bytes = 0_usize;
    for _ in 0..count {
        let previous = listed.last();
        let entry = window.read(&mut |rest| layout.entry(rest, previous))?;
        names_bytes += entry.path.len();
        if names_bytes > MAX_NAMES_BYTES {
            return Err(Error::Damaged("its names are too long").into());
        }
        listed.push(entry);
    }
    let trees = extensions(window.rest()?, hash_bytes)?;
    window.finish()?;
    Ok(Index { entries: listed, trees })
}

/// Reads the version and the number of entries.
fn header(rest: &mut Rest<'_>) -> Result<(u32, usize), Error> {
    if rest.take(4)? != b"DIRC" {
        return Err(Error::Damaged("it does not begin with `DIRC`"));
    }
    let version = rest.u32()?;
    if !matches!(version, 2..=4) {
        return Err(Error::Unsupported(format!("an index of version {version}")));
    }
    let count = usize::try_from(rest.u32()?).unwrap_or(usize::MAX);
    if count > MAX_ENTRIES { Err(Error::TooMany) } else { Ok((version, count)) }
}

/// The format of entries in one index.
struct EntryFormat {
    version: u32,
    /// The length of the names of objects, in bytes.
    hash_bytes: usize,
}

impl EntryFormat {
    /// Reads the next entry; `previous` is the one before.
    fn entry(&self, rest: &mut Rest<'_>, previous: Option<&TreeEntry>) -> Result<TreeEntry, Error> {
        let before = rest.bytes.len();
        rest.take(STAT_BYTES)?;
        let bits = rest.u32()?;
        rest.take(OWNER_BYTES)?;
        let id = ObjectId::from_raw(rest.take(self.hash_bytes)?).ok_or(Error::Damaged("an entry has no object"))?;
        let flags = rest.u16()?;
        let extended = match (flags & EXTENDED, self.version) {
            (0, _) => 0,
            // Version 2 has no such flags, but Git reads them anyway.
            (_, 2) => return Err(Error::Unsupported("an index of version 2 with flags of version 3".to_owned())),
            _ => rest.u16()?,
        };
        if extended & !(SKIP_WORKTREE | INTENT_TO_ADD) != 0 {
            return Err(Error::Unsupported("an index with unknown flags".to_owned()));
        }
        let length = flags & LONG_NAME;
        let path = if self.version == 4 {
            compressed_name(rest, length, previous.map(|entry| entry.path.as_slice()))?
        } else {
            let name = name(rest, length)?;
            let taken = before - rest.bytes.len();
            // One NUL was read; up to seven more follow.
            rest.take(taken.next_multiple_of(ALIGNMENT) - taken)?;
            name
        };
        if path.is_empty() {
            return Err(Error::Unsupported("an index entry without a name".to_owned()));
        }
        let Some(mode) = Mode::from_bits(bits) else {
            return Err(Error::Unsupported(format!("an index entry with mode {bits:o}")));
        };
        Ok(TreeEntry {
            path,
            mode,
            id,
            stage: u8::try_from((flags >> 12) & 3).unwrap_or_default(),
            intent_to_add: extended & INTENT_TO_ADD != 0,
            skip_worktree: extended & SKIP_WORKTREE != 0,
        })
    }
}

/// Reads a name of version 2 or 3 and the NUL after it.
fn name(rest: &mut Rest<'_>, length: u16) -> Result<Vec<u8>, Error> {
    if length == LONG_NAME {
        return rest.until(0).map(<[u8]>::to_vec);
    }
    let name = rest.take(usize::from(length))?;
    // Always looks at every byte: without an early exit, the compiler can vectorize the loop.
    let has_nul = name.iter().fold(false, |has, byte| has | (*byte == 0));
    if has_nul || rest.take(1)? != [0] {
        // Git sometimes relies on the NUL and sometimes on the length.
        return Err(Error::Unsupported(WRONG_LENGTH.to_owned()));
    }
    Ok(name.to_vec())
}

/// Reads a name of version 4, which may start like the name before it.
fn compressed_name(rest: &mut Rest<'_>, length: u16, previous: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    let shared = rest.shared(previous)?;
    let name = [shared, rest.until(0)?].concat();
    if length != u16::try_from(name.len()).unwrap_or(u16::MAX).min(LONG_NAME) {
        // Git relies on the length.
        return Err(Error::Unsupported(WRONG_LENGTH.to_owned()));
    }
    Ok(name)
}

/// Looks for the cached trees in the extensions, which follow the entries. An extension that begins with a capital
/// letter may be ignored; others change what the entries mean: `link` (a split index), `sdir` (a sparse index).
fn extensions(mut rest: Rest<'_>, hash_bytes: usize) -> Result<Option<CachedTree>, Error> {
    // Git accepts truncated extensions, and a few extra bytes.
    let cut = |_| Error::Unsupported("an index with a truncated extension".to_owned());
    let mut trees = None;
    while !rest.bytes.is_empty() {
        let signature = rest.take(4).map_err(cut)?;
        if !signature[0].is_ascii_uppercase() {
            return Err(Error::Unsupported(format!("the index extension `{}`", signature.escape_ascii())));
        }
        let size = usize::try_from(rest.u32().map_err(cut)?).unwrap_or(usize::MAX);
        let bytes = rest.take(size).map_err(cut)?;
        if signature == b"TREE" {
            // Like Git, ignore a damaged one.
            trees = cached_tree(&mut Rest { bytes }, hash_bytes, 0).ok();
        }
    }
    Ok(trees)
}

/// Reads `NAME NUL COUNT SP SUBTREES LF ID`, then the subtrees. A negative count means that there is no id.
fn cached_tree(rest: &mut Rest<'_>, hash_bytes: usize, depth: usize) -> Result<CachedTree, Error> {
    let damaged = || Error::Damaged("a cached tree is malformed");
    if depth > MAX_COMPONENTS {
        return Err(damaged());
    }
    let name = rest.until(0)?.to_vec();
    let mut number = |end| {
        let digits = rest.until(end)?;
        std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<i64>().ok()).ok_or_else(damaged)
    };
    let (entries, subtrees) = (number(b' ')?, number(b'\n')?);
    let id = if entries < 0 { None } else { ObjectId::from_raw(rest.take(hash_bytes)?) };
    let children = (0..subtrees).map(|_| cached_tree(rest, hash_bytes, depth + 1)).collect::<Result<_, _>>()?;
    Ok(CachedTree { name, id, children })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    /// Returns an entry of version 2 or 3, written from the description of the format.
    fn entry(path: &[u8], mode: u32, flags: u16, extended: Option<u16>) -> Vec<u8> {
        let mut bytes = vec![7; STAT_BYTES];
        bytes.extend(mode.to_be_bytes());
        bytes.extend([9; OWNER_BYTES]);
        bytes.extend([0xab; 20]);
        let length = u16::try_from(path.len()).unwrap().min(LONG_NAME);
        bytes.extend((flags | length).to_be_bytes());
        bytes.extend(extended.map(u16::to_be_bytes).into_iter().flatten());
        bytes.extend(path);
        bytes.extend(vec![0; 8 - bytes.len() % 8]);
        bytes
    }

    /// Returns an entry of version 4 up to its name.
    fn compressed(length: u16) -> Vec<u8> {
        let mut bytes = vec![0; STAT_BYTES];
        bytes.extend(0o100_644_u32.to_be_bytes());
        bytes.extend([0; OWNER_BYTES + 20]);
        bytes.extend(length.to_be_bytes());
        bytes
    }

    fn file(version: u32, count: u32, body: &[&[u8]]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend(count.to_be_bytes());
        bytes.extend(body.concat());
        // `index.skipHash` writes zeros.
        bytes.extend([0; 20]);
        bytes
    }

    fn read_sha1(bytes: &[u8]) -> Result<Vec<TreeEntry>, Error> {
        read(bytes, ObjectFormat::Sha1).map(|index| index.entries)
    }

    #[test]
    fn reads_entries_with_flags_and_skips_optional_extensions() {
        let long = vec![b'x'; 5000];
        let bytes = file(
            3,
            4,
            &[
                &entry(b"a", 0o100_644, 0, None),
                &entry(b"bb/c", 0o100_755, EXTENDED | 2 << 12, Some(SKIP_WORKTREE)),
                &entry(b"link", 0o120_000, EXTENDED, Some(INTENT_TO_ADD)),
                &entry(&long, 0o160_000, 0, None),
                b"TREE\0\0\0\x03abc",
                b"ZZZZ\0\0\0\0",
            ],
        );
        let read = read_sha1(&bytes).unwrap();
        let short: Vec<_> = read.iter().map(|e| (e.path.len(), e.mode, e.stage, e.skip_worktree)).collect();
        assert_eq!(
            short,
            [
                (1, Mode::File, 0, false),
                (4, Mode::Executable, 2, true),
                (4, Mode::Symlink, 0, false),
                (5000, Mode::Submodule, 0, false)
            ]
        );
        assert!(read[2].intent_to_add && !read[1].intent_to_add);
        assert_eq!(read[0].id.to_string(), "ab".repeat(20));
        assert_eq!(read_sha1(&file(2, 0, &[])), Ok(vec![]));
    }

    #[test]
    fn unsupported_indexes_are_left_to_git() {
        let one = entry(b"a", 0o100_644, 0, None);
        // The name continues where it should end.
        let mut longer = one.clone();
        longer[STAT_BYTES + 4 + OWNER_BYTES + 20 + 2 + 1] = b'b';
        for (bytes, what) in [
            (file(5, 1, &[&one]), "an index of version 5"),
            (file(2, 1, &[&one, b"link\0\0\0\0"]), "the index extension `link`"),
            (file(2, 1, &[&one, b"sdir\0\0\0\0"]), "the index extension `sdir`"),
            (file(2, 1, &[&entry(b"d/", 0o040_000, 0, None)]), "an index entry with mode 40000"),
            (file(3, 1, &[&entry(b"a", 0o100_644, EXTENDED, Some(1 << 15))]), "an index with unknown flags"),
            (
                file(2, 1, &[&entry(b"a", 0o100_644, EXTENDED, Some(0))]),
                "an index of version 2 with flags of version 3",
            ),
            (file(2, 1, &[&entry(b"a\0b", 0o100_644, 0, None)]), WRONG_LENGTH),
            (file(2, 1, &[&entry(b"", 0o100_644, 0, None)]), "an index entry without a name"),
            (file(2, 1, &[&longer]), WRONG_LENGTH),
            (file(4, 1, &[&compressed(2), b"\0b\0"]), WRONG_LENGTH),
            (file(4, 1, &[&compressed(1), b"\x01b\0"]), "an index whose first name shares bytes with a name before it"),
            (
                file(4, 2, &[&compressed(1), b"\0a\0", &compressed(1), &[0xff; 9], b"\x7fb\0"]),
                "an index with a number that is too large",
            ),
            (file(2, 1, &[&one, b"TREE\xff\xff\xff\xff"]), "an index with a truncated extension"),
            (file(2, 1, &[&one, b"TRE"]), "an index with a truncated extension"),
        ] {
            assert_eq!(read_sha1(&bytes), Err(Error::Unsupported(what.to_owned())));
        }
    }

    #[test]
    fn a_truncated_index_is_damaged() {
        let whole = file(2, 2, &[&entry(b"a", 0o100_644, 0, None), &entry(b"b", 0o100_644, 0, None)]);
        assert_eq!(read_sha1(&whole).unwrap().len(), 2);
        for end in 0..whole.len() {
            assert!(matches!(read_sha1(&whole[..end]), Err(Error::Damaged(_))), "{end}");
        }
        for sharing in [b"\x02b\0".as_slice(), b"\xff\xff\xff\xff\x7fb\0"] {
            let bytes = file(4, 2, &[&compressed(1), b"\0a\0", &compressed(1), sharing]);
            assert!(matches!(read_sha1(&bytes), Err(Error::Damaged(_))));
        }
        assert_eq!(read_sha1(&file(2, u32::MAX, &[])), Err(Error::TooMany));
    }

    #[test]
    fn random_changes_never_cause_a_panic() {
        let seed = file(
            3,
            3,
            &[
                &entry(b"a/b", 0o100_644, 0, None),
                &entry(b"bb/c", 0o100_755, EXTENDED | 2 << 12, Some(SKIP_WORKTREE)),
                &entry(b"link", 0o120_000, 0, None),
                b"TREE\0\0\0\x20\x003 1\n0123456789abcdefghija\x00-1 0\n",
            ],
        );
        let mut state = 7_u64;
        let mut below = |end: usize| {
            // Knuth's MMIX generator; its high half is random enough for this test.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % end
        };
        let mut sound = 0;
        for round in 0..20_000 {
            let mut bytes = seed.clone();
            for _ in 0..=below(3) {
                let at = below(bytes.len());
                match below(4) {
                    0 => bytes[at] ^= 1 << below(8),
                    1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(5)],
                    2 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, 0),
                }
            }
            // The version decides how names are encoded.
            if let Some(version) = bytes.get_mut(7).filter(|_| round % 3 == 0) {
                *version = 4;
            }
            sound += usize::from(read(&bytes, ObjectFormat::Sha1).is_ok());
            sound += usize::from(read(&bytes, ObjectFormat::Sha256).is_ok());
        }
        assert!(sound > 1000, "only {sound} were read");
    }

    #[test]
    fn reads_cached_trees_and_ignores_damaged_ones() {
        let trees = |body: &[u8]| {
            let size = u32::try_from(body.len()).unwrap().to_be_bytes();
            read(&file(2, 0, &[b"TREE", &size, body]), ObjectFormat::Sha1).unwrap().trees
        };
        let (one, two) = (&[1; 20], &[2; 20]);
        let root = trees(&[b"\0-1 2\n", b"a\x003 0\n".as_slice(), one, b"b\x004 0\n", two].concat()).unwrap();
        let child =
            |name: &[u8], id: &[u8]| CachedTree { name: name.to_vec(), id: ObjectId::from_raw(id), children: vec![] };
        assert_eq!(root, CachedTree { name: vec![], id: None, children: vec![child(b"a", one), child(b"b", two)] });
        for body in [b"".as_slice(), b"\x003 0\n", b"\x003 9\n01234567890123456789", b"\0x 0\n", b"\x003"] {
            assert_eq!(trees(body), None);
        }
        assert_eq!(trees(&b"\0-1 1\n".repeat(100_000)), None);
    }

    #[test]
    fn the_size_of_the_parts_does_not_matter() {
        let trees = b"TREE\0\0\0\x1b\x003 0\n0123456789abcdefghijXX";
        let long = vec![b'x'; 5000];
        let whole = file(3, 2, &[&entry(b"a", 0o100_644, 0, None), &entry(&long, 0o100_644, 0, None), trees]);
        let shared =
            file(4, 2, &[&compressed(7), b"\0dir/one\0", &compressed(7), b"\x03two\0", trees, b"ZZZZ\0\0\0\x03abc"]);
        for bytes in [&whole, &shared] {
            let expected = read(bytes, ObjectFormat::Sha1).unwrap();
            for part in [1, 7, 64, 4096] {
                let size = u64::try_from(bytes.len()).unwrap();
                let read = read_in_parts(bytes.as_slice(), size, ObjectFormat::Sha1, part).unwrap();
                assert_eq!((read.entries, read.trees), (expected.entries.clone(), expected.trees.clone()), "{part}");
                // The file is shorter than it was.
                for end in [0, 3, 11, 12, 80, bytes.len() - 21] {
                    let failed = read_in_parts(&bytes[..end], size, ObjectFormat::Sha1, part).unwrap_err();
                    assert!(
                        matches!(failed, Failure::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof),
                        "{end}"
                    );
                }
            }
        }
    }

    #[test]
    fn names_in_version_4_share_prefixes() {
        let long = vec![b'y'; 300];
        let bytes = file(
            4,
            4,
            &[
                &compressed(7),
                b"\0dir/one\0",
                &compressed(7),
                b"\x03two\0",
                &compressed(300),
                b"\x07",
                &long,
                b"\0",
                &compressed(1),
                b"\x81\x2cz\0",
            ],
        );
        let read = read_sha1(&bytes).unwrap();
        let paths: Vec<&[u8]> = read.iter().map(|entry| entry.path.as_slice()).collect();
        // 300 = ((1 + 1) << 7) | 44
        assert_eq!(paths, [b"dir/one", b"dir/two".as_slice(), &long, b"z"]);
    }
}
