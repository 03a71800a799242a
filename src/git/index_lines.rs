//! An index as lines, to be held against what other readers say of the same bytes.

use std::fmt::Write as _;
use std::path::Path;

use super::{Error, Mode, ObjectFormat, TreeEntry, index};

/// Reads the bytes of an index file as a repository's own index is read, and writes its entries in their order as
/// `git ls-files --stage -z` does, behind two letters: `i` where nothing but the intent to add is staged, `s` where the
/// work tree leaves the file out, else `-`.
///
/// # Errors
/// [`Error::Beyond`] where only the `git` program can know, [`Error::Part`] where the bytes are no index.
#[doc(hidden)]
pub fn index_lines(bytes: &[u8], format: ObjectFormat) -> Result<Vec<Vec<u8>>, Error> {
    let index = index::read(bytes, format).map_err(|error| error.of_repository(Path::new("")))?;
    Ok(index.entries.iter().map(line).collect())
}

fn line(entry: &TreeEntry) -> Vec<u8> {
    let TreeEntry { path, mode, id, stage, intent_to_add, skip_worktree } = entry;
    let mode = match mode {
        Mode::File => "100644",
        Mode::Executable => "100755",
        Mode::Symlink => "120000",
        Mode::Submodule => "160000",
    };
    let mut text = String::new();
    text.push(if *intent_to_add { 'i' } else { '-' });
    text.push(if *skip_worktree { 's' } else { '-' });
    // Writing to a string does not fail.
    let _ = write!(text, " {mode} {id} {stage}\t");
    [text.as_bytes(), path].concat()
}
