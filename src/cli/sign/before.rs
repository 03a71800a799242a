//! What was signed before in the same directory, and what the signer should know about it.

use std::path::Path;

use crate::beneath::read_regular;
use crate::cli::Failure;
use crate::files::OPENNESS_DIR;
use crate::release::{self, STATEMENT_FILE};
use crate::statement::{Body, MAX_STATEMENT_BYTES, Statement};

/// Reads the present statement and its digest; `None` if it is missing or cannot be read. Its signatures are not
/// verified.
pub(super) fn statement(directory: &Path) -> Option<(Body, String)> {
    let limit = u64::try_from(MAX_STATEMENT_BYTES).ok()?;
    let bytes = read_regular(directory, &format!("{OPENNESS_DIR}/{STATEMENT_FILE}"), limit).ok()?;
    let digest = crate::artifacts::digest::sha256(&bytes).as_str().to_owned();
    Some((Body::read_unverified(&bytes).ok()?, digest))
}

/// Refuses to drop the signatures of others, before a passphrase or a touch is asked for.
pub(super) fn refuse_others(directory: &Path, statement: &Statement, key_id: &str) -> Result<(), Failure> {
    let others = release::others(directory, statement, key_id)?;
    if others.is_empty() {
        return Ok(());
    }
    let file = directory.join(OPENNESS_DIR).join(STATEMENT_FILE);
    let theirs = self::statement(directory).map_or_else(String::new, |(theirs, _)| format!(" ({})", describe(&theirs)));
    Err(Failure::from(release::Error::Others { directory: directory.join(OPENNESS_DIR), others }).help(format!(
        "your statement is about {}; `--statement {}` signs their statement{theirs}, `--replace` deletes their \
         signatures",
        describe(statement),
        file.display()
    )))
}

/// Returns a note if this is the next release of the model that was signed here before, and `supersedes` does not name
/// that release's statement.
pub(super) fn supersedes_note(before: Option<&(Body, String)>, statement: &Body) -> Option<String> {
    let (before, digest) = before?;
    let (was, is) = (&before.predicate, &statement.predicate);
    let number = was.release.sequence?;
    let follows = is.release.sequence == number.checked_add(1);
    if !follows || (&was.model.name, &was.model.producer) != (&is.model.name, &is.model.producer) {
        return None;
    }
    match &is.release.supersedes {
        None => Some(format!(
            "note: this directory held release {number} before; to link this release to it, add \
             `supersedes = \"{digest}\"` under `[release]`"
        )),
        Some(named) if named.0.as_str() != digest => Some(format!(
            "note: `supersedes` does not name the statement of release {number}, which this directory held before: \
             {digest}"
        )),
        Some(_) => None,
    }
}

fn describe(statement: &Body) -> String {
    let predicate = &statement.predicate;
    let mut text = format!("{} {}", predicate.model.name, predicate.model.version);
    if let Some(sequence) = predicate.release.sequence {
        text.push_str(&format!(", release {sequence}"));
    }
    if let Some(commit) = predicate.git.as_ref().and_then(|git| git.commit.as_deref()) {
        text.push_str(&format!(", commit {}", commit.get(..12).unwrap_or(commit)));
    }
    text
}
