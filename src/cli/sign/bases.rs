//! `openness sign --base`: keeps copies of the statements that the release comes from.

use std::path::{Path, PathBuf};

use super::super::Failure;
use super::super::source_args::SourceArgs;
use crate::ancestry::{self, Copies};
use crate::check;
use crate::files::Files as _;
use crate::manifest::FILE_NAME;
use crate::manifest::parse::parse_bytes;
use crate::path::RepoPath;
use crate::report::shown;
use crate::snapshot::Snapshot;

/// Returns the files to write into `.openness/` for the releases of bases. The manifest has to name their statements.
pub(super) fn copies(bases: &[PathBuf], source: &SourceArgs) -> Result<Vec<(RepoPath, Vec<u8>)>, Failure> {
    let mut found = Vec::new();
    if bases.is_empty() {
        return Ok(found);
    }
    let bytes = source.committed()?.read_start(&FILE_NAME.parse()?, check::read_limit())?.unwrap_or_default();
    let manifest = parse_bytes(FILE_NAME, &bytes).manifest;
    for directory in bases {
        let copies = of(directory)?;
        let names =
            |base: &crate::manifest::Base| base.statement.as_ref().is_some_and(|named| named.value == copies.statement);
        if !manifest.model.base.iter().any(names) {
            return Err(Failure::new(format!(
                "no entry of `model.base` names the statement of `{}`",
                shown(&directory.display().to_string())
            ))
            .help(format!(
                "add `statement = \"{}\"` to the entry of this base, and commit the manifest",
                copies.statement.as_str()
            )));
        }
        found.extend(copies.files);
    }
    Ok(found)
}

fn of(directory: &Path) -> Result<Copies, Failure> {
    let files = Snapshot::of_directory(directory)?;
    ancestry::copies(&files).ok_or_else(|| {
        Failure::new(format!("`{}` is not a signed release", directory.display()))
            .help("`--base` takes the directory of a base that contains `.openness/statement.json`")
    })
}
