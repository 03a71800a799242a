//! `openness sign --base`: names the statements that the release comes from in its manifest, and keeps copies of them.

use std::io;
use std::path::{Path, PathBuf};

use super::super::source_args::SourceArgs;
use super::super::{Failure, Session};
use crate::ancestry::{self, Copies, is_same_name};
use crate::atomic;
use crate::beneath::read_regular;
use crate::check;
use crate::files::Files as _;
use crate::manifest::parse::parse_bytes;
use crate::manifest::{Base, FILE_NAME, MAX_MANIFEST_BYTES, Sha256Hex};
use crate::path::RepoPath;
use crate::report::shown;
use crate::snapshot::Snapshot;

/// The code of the rule about a license that the statement of a base contradicts.
const CONTRADICTED: &str = "OPN414";

/// Adds `statement` to the entry of `model.base` that has the name of a signed release and names no statement yet, in the
/// manifest on disk. A commit is signed as it is, so the manifest has to be committed first.
pub(super) fn fill_in(bases: &[PathBuf], source: &SourceArgs, session: &Session) -> Result<(), Failure> {
    let directory = source.directory();
    if bases.is_empty() || source.rev.is_some() || !directory.join(FILE_NAME).is_file() {
        return Ok(());
    }
    let limit = u64::try_from(MAX_MANIFEST_BYTES).unwrap_or(u64::MAX);
    let cannot_read =
        |error: io::Error| Failure::caused_by(format!("cannot read `{}`", directory.join(FILE_NAME).display()), error);
    let present = read_regular(directory, FILE_NAME, limit).map_err(cannot_read)?;
    let Ok(mut text) = String::from_utf8(present.clone()) else { return Ok(()) };
    let mut filled = Vec::new();
    for base in bases {
        let files = Snapshot::of_directory(base)?;
        let Some(copies) = ancestry::copies(&files) else { continue };
        let own = files.read_start(&FILE_NAME.parse()?, check::read_limit())?.unwrap_or_default();
        let name = parse_bytes(FILE_NAME, &own).manifest.model.name.value;
        if let Some(with) = with_statement(&text, &name, &copies.statement) {
            text = with;
            filled.push(format!("`{}`", shown(&name)));
        }
    }
    if filled.is_empty() {
        return Ok(());
    }
    atomic::write(&directory.join(FILE_NAME), text.as_bytes())?;
    session.note(&format!("added `statement` of {} to {FILE_NAME}", filled.join(", ")));
    let signed = source.committed()?.read_start(&FILE_NAME.parse()?, check::read_limit())?;
    if signed.as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    Err(Failure::new(format!("{FILE_NAME} was changed, and Git has it as it was"))
        .help("run `git add` and `git commit`, and sign again"))
}

/// Returns the text of a manifest with the statement in the only entry that has this name and names none; `None` if there is
/// no such entry, or it is already named.
fn with_statement(text: &str, name: &str, statement: &Sha256Hex) -> Option<String> {
    let bases = |text: &str| -> Option<Vec<Base>> {
        let parsed = parse_bytes(FILE_NAME, text.as_bytes());
        parsed.is_sound().then_some(parsed.manifest.model.base)
    };
    let before = bases(text)?;
    let names = |base: &Base| base.statement.as_ref().map(|named| named.value);
    if before.iter().any(|base| names(base) == Some(*statement)) {
        return None;
    }
    let mut open =
        (0..before.len()).filter(|at| names(&before[*at]).is_none() && is_same_name(&before[*at].name, name));
    let at = open.next().filter(|_| open.next().is_none())?;
    let span = before[at].name.span;
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let is_alone = ["name", "\"name\""].iter().any(|key| text[start..].trim_start().starts_with(key));
    let entry = format!("statement = \"{}\"", statement.as_str());
    let (place, entry) = match text[span.end..].find('\n') {
        _ if !is_alone => (span.end, format!(", {entry}")),
        Some(end) => (span.end + end + 1, format!("{entry}\n")),
        None => (text.len(), format!("\n{entry}\n")),
    };
    let with = format!("{}{entry}{}", &text[..place], &text[place..]);
    let after = bases(&with)?;
    (after.len() == before.len() && names(&after[at]) == Some(*statement)).then_some(with)
}

/// Returns the files to write into `.openness/` for the releases of bases. The manifest has to name their statements, and the
/// license that each has signed unless OPN414 is waived, which no file shows before the copies are there.
pub(super) fn copies(
    bases: &[PathBuf],
    source: &SourceArgs,
    waived: &[String],
) -> Result<Vec<(RepoPath, Vec<u8>)>, Failure> {
    let mut found = Vec::new();
    if bases.is_empty() {
        return Ok(found);
    }
    let bytes = source.committed()?.read_start(&FILE_NAME.parse()?, check::read_limit())?.unwrap_or_default();
    let manifest = parse_bytes(FILE_NAME, &bytes).manifest;
    for directory in bases {
        let copies = of(directory)?;
        let names = |base: &Base| base.statement.as_ref().is_some_and(|named| named.value == copies.statement);
        let mut named = manifest.model.base.iter().filter(|base| names(base)).peekable();
        let differing =
            |base: &&Base| base.license.as_ref().is_some_and(|stated| Some(&stated.value) != copies.license.as_ref());
        if named.peek().is_none() {
            return Err(Failure::new(format!(
                "no entry of `model.base` names the statement of `{}`",
                shown(&directory.display().to_string())
            ))
            .help(format!(
                "add `statement = \"{}\"` to the entry of this base, and commit the manifest",
                copies.statement.as_str()
            )));
        }
        if let (Some(base), Some(signed), false) =
            (named.find(differing), &copies.license, waived.iter().any(|code| code.eq_ignore_ascii_case(CONTRADICTED)))
        {
            let stated = base.license.as_ref().map_or("", |license| license.as_str());
            return Err(Failure::of_manifest(format!(
                "the manifest states `{}` for the base `{}`, but its statement says `{}` ({CONTRADICTED})",
                shown(stated),
                shown(&base.name),
                shown(signed)
            ))
            .help("state the license that was signed, or sign with `--waive OPN414`"));
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";

    #[test]
    fn a_statement_is_added_to_the_only_entry_of_its_name() {
        let digest = Sha256Hex::of_bytes(&[7; 32]);
        let line = format!("statement = \"{}\"", digest.as_str());
        let of = |entries: &str| {
            let text = format!("{HEAD}{entries}");
            with_statement(&text, "Base-7B", &digest).map(|with| with[HEAD.len()..].to_owned())
        };
        let table = "[[model.base]]\nname = \"lab/base-7b\" # mine\nrelation = \"merge\"\n";
        assert_eq!(of(table).unwrap(), table.replace("# mine\n", &format!("# mine\n{line}\n")));
        assert_eq!(
            of("base = [{ name = \"Base 7B\" }]\n").unwrap(),
            format!("base = [{{ name = \"Base 7B\", {line} }}]\n")
        );
        assert_eq!(
            of("[[model.base]]\nname = \"Base-7B\"").unwrap(),
            format!("[[model.base]]\nname = \"Base-7B\"\n{line}\n")
        );
        let other = format!("statement = \"{}\"\n", "0".repeat(64));
        for entries in [
            "",
            "[[model.base]]\nname = \"Base-8B\"\n",
            &table.repeat(2),
            &format!("{table}{other}"),
            &format!("{table}{line}\n"),
            "[[model.base]]\nname = \"Base-7B\n",
            // A manifest with errors stays as it is.
            &table.replace('\n', "\r\n"),
        ] {
            assert_eq!(of(entries), None, "{entries}");
        }
    }
}
