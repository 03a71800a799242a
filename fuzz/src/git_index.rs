//! Git's index, compared with libgit2. The input is a byte that selects the hash function, and an index without the
//! hash at its end.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use git2::{Index, IndexEntryExtendedFlag};
use openness::git::{ObjectFormat, index_lines};

/// If we accept an index, libgit2 reads it the same way or not at all. We don't ask libgit2 about an index that we
/// refuse, because it reads past the end of a damaged one.
pub fn run(bytes: &[u8]) {
    let Some((format, file)) = input(bytes) else { return };
    let Ok(mut ours) = index_lines(&file, format) else { return };
    let Some(mut theirs) = read_by_libgit2(&file, format) else { return };
    ours.sort_unstable();
    theirs.sort_unstable();
    assert!(ours == theirs, "ours:\n{}\ntheirs:\n{}", text(&ours), text(&theirs));
}

/// Returns the hash function and the file, with the all-zero hash that `index.skipHash` writes, which is never checked.
pub(super) fn input(bytes: &[u8]) -> Option<(ObjectFormat, Vec<u8>)> {
    let (format, body) = bytes.split_first()?;
    let (format, hash_bytes) = if format % 2 == 0 { (ObjectFormat::Sha1, 20) } else { (ObjectFormat::Sha256, 32) };
    Some((format, [body, &vec![0; hash_bytes]].concat()))
}

pub(super) fn text(lines: &[Vec<u8>]) -> String {
    lines.iter().map(|line| format!("{}\n", line.escape_ascii())).collect()
}

/// Returns this process's own index file; libgit2 reads only from files.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, file) = FILE.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("index");
        (directory, file)
    });
    file
}

fn read_by_libgit2(bytes: &[u8], format: ObjectFormat) -> Option<Vec<Vec<u8>>> {
    fs::write(file(), bytes).expect("a file");
    let format = match format {
        ObjectFormat::Sha1 => git2::ObjectFormat::Sha1,
        ObjectFormat::Sha256 => git2::ObjectFormat::Sha256,
    };
    let index = Index::open_ext(file(), format).ok()?;
    let line = |entry: git2::IndexEntry| {
        let flags = IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended);
        let flag = |flag, letter| if flags.contains(flag) { letter } else { '-' };
        let flags =
            [flag(IndexEntryExtendedFlag::INTENT_TO_ADD, 'i'), flag(IndexEntryExtendedFlag::SKIP_WORKTREE, 's')];
        let stage = (entry.flags >> 12) & 3;
        Some([line_head(flags, entry.mode, &entry.id.to_string(), stage)?.as_bytes(), &entry.path].concat())
    };
    // `None` if an entry has a mode that no file can have, because then there is no correct answer.
    index.iter().map(line).collect()
}

/// Returns a line without the path. Of the mode, only the type and the owner's executable bit count, as in a tree.
pub(super) fn line_head(flags: [char; 2], mode: u32, id: &str, stage: u16) -> Option<String> {
    let mode = match mode & 0o170_000 {
        0o100_000 if mode & 0o100 != 0 => "100755",
        0o100_000 => "100644",
        0o120_000 => "120000",
        0o160_000 => "160000",
        _ => return None,
    };
    Some(format!("{}{} {mode} {id} {stage}\t", flags[0], flags[1]))
}
