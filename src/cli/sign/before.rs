//! What was signed in the same place before, and what the signer should know of it.

use std::io::Read as _;
use std::path::Path;

use crate::cli::Failure;
use crate::files::OPENNESS_DIR;
use crate::release::{self, STATEMENT_FILE};
use crate::statement::{Body, MAX_STATEMENT_BYTES, Statement};

/// Reads the statement that stands there; `None` where there is none that can be read, which verifies as little as it says.
pub(super) fn statement(directory: &Path) -> Option<(Body, String)> {
    let limit = u64::try_from(MAX_STATEMENT_BYTES).ok()?.saturating_add(1);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(directory.join(OPENNESS_DIR).join(STATEMENT_FILE)).ok()?;
    file.take(limit).read_to_end(&mut bytes).ok()?;
    let digest = crate::artifacts::digest::sha256(&bytes).as_str().to_owned();
    Some((Body::read_unverified(&bytes).ok()?, digest))
}

/// Refuses to leave the signatures of others behind, before anybody types or touches anything.
pub(super) fn refuse_others(directory: &Path, statement: &Statement, key_id: &str) -> Result<(), Failure> {
    let others = release::others(directory, &statement.to_bytes()?, key_id)?;
    if others.is_empty() {
        return Ok(());
    }
    let file = directory.join(OPENNESS_DIR).join(STATEMENT_FILE);
    let theirs =
        self::statement(directory).map_or_else(String::new, |(theirs, _)| format!(" ({})", described(&theirs)));
    Err(Failure::from(release::Error::Others { directory: directory.join(OPENNESS_DIR), others }).help(format!(
        "yours is {}; `--statement {}` signs what they signed{theirs}, `--replace` takes their signatures away",
        described(statement),
        file.display()
    )))
}

/// Says how `supersedes` would tie a release to the one before it, where that was signed here.
pub(super) fn tie(before: Option<&(Body, String)>, statement: &Body) -> Option<String> {
    let (before, digest) = before?;
    let (was, is) = (&before.predicate, &statement.predicate);
    let number = was.release.sequence?;
    let follows = is.release.sequence == number.checked_add(1);
    if !follows || (&was.model.name, &was.model.producer) != (&is.model.name, &is.model.producer) {
        return None;
    }
    match &is.release.supersedes {
        None => Some(format!(
            "note: release {number} was signed here before; `supersedes = \"{digest}\"` under `[release]` would tie this one to it"
        )),
        Some(named) if named.0.as_str() != digest => Some(format!(
            "note: `supersedes` names another statement than that of release {number}, which was signed here: {digest}"
        )),
        Some(_) => None,
    }
}

fn described(statement: &Body) -> String {
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
