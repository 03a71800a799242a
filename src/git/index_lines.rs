//! An index as lines of text, to compare this reader with others.

use std::fmt::Write as _;
use std::path::Path;

use crate::files::ObjectFormat;

use super::backend::{Mode, Refusal, TreeEntry};
use super::error::Error;
use super::index;

/// Reads the bytes of an index file in the same way as a repository's index, and returns its entries in order, each as
/// `git ls-files --stage -z` prints it, after two letters: `i` if only the intent to add is staged, `s` if a sparse
/// checkout leaves the file out, otherwise `-`.
///
/// # Errors
/// [`Error::Unsupported`] if only the `git` program can read it, [`Error::Read`] if the bytes are not an index,
/// [`Error::TooMany`].
pub fn index_lines(bytes: &[u8], format: ObjectFormat) -> Result<Vec<Vec<u8>>, Error> {
    let index = index::read(bytes, format).map_err(|error| Refusal::into_error(error.of_repository(Path::new(""))))?;
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
