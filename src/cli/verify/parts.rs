//! Checking parts of files, repairing damaged ones from another copy, and writing what a verified manifest declares.

use std::path::Path;

use super::{Args, Failure, Inputs, Progress, Session};
use crate::atomic;
use crate::path::RepoPath;
use crate::report::{json, shown, size};
use crate::snapshot::Snapshot;
use crate::verify::{FileRange, OtherCopy, RepairError, Report, repair, verify};

/// Parses `FILE:START-END`; the last colon ends the name.
pub(super) fn file_range(text: &str) -> Result<FileRange, String> {
    const FORM: &str = "expected FILE:START-END, such as `model.safetensors:0-4096`";
    let (name, range) = text.rsplit_once(':').ok_or(FORM)?;
    let path: RepoPath = name.parse().map_err(|error| format!("`{name}`: {error}"))?;
    let (start, end) = range.split_once('-').ok_or(FORM)?;
    // `parse` would accept a plus sign.
    let number = |digits: &str| digits.parse::<u64>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let (start, end) = number(start).zip(number(end)).ok_or(FORM)?;
    if start >= end {
        return Err(format!("{start}-{end} is empty; END is the first byte after the range"));
    }
    Ok(FileRange { path, bytes: start..end })
}

/// Writes what the manifest declares, as `show` does; nothing if there is none that is as signed.
pub(super) fn write_facts(file: &Path, report: &Report) -> Result<(), Failure> {
    let Some(manifest) = report.manifest() else { return Ok(()) };
    let mut text = Vec::new();
    json::show::write(manifest, report.evaluations(), &mut text)?;
    Ok(atomic::write(file, &text)?)
}

/// Repairs the files of the release that are not as signed.
pub(super) fn repair_from(source: &Path, args: &Args, inputs: &Inputs, session: &mut Session) -> Result<(), Failure> {
    let place = &args.place;
    let not_a_directory = || {
        Failure::new("`--repair-from` repairs files in a directory").help("name the directory that holds the release")
    };
    if place.is_file() {
        return Err(not_a_directory());
    }
    let lock = atomic::lock(place.directory(), || session.note("waiting for another run that is writing there"))?;
    let files = place.on_disk()?.ok_or_else(not_a_directory)?;
    let root = files.root().ok_or_else(not_a_directory)?;
    let requirements = args.evidence.add_to(inputs.requirements(args), &files, place)?;
    let progress = Progress::new(&session.terminal, "verifying", None);
    let report = verify(&files, &requirements, &|bytes| progress.advance(bytes))?;
    drop(progress);
    let is_single = source.is_file();
    let from = if is_single { Snapshot::of_file(source)? } else { Snapshot::of_directory(source)? };
    let progress = Progress::new(&session.terminal, "repairing", None);
    let from = OtherCopy { files: &from, is_single };
    let repaired = repair(&files, &root, &report, from, &|bytes| progress.advance(bytes));
    drop((progress, lock));
    let failed = |error: RepairError| {
        let help = match &error {
            RepairError::NotKnown(_) => {
                "files are repaired by what a trusted key signed; run `verify` without --repair-from"
            }
            RepairError::SingleFile(_) => "name a directory that holds all of them",
            _ => "the file is as before; try another copy",
        };
        Failure::caused_by(format!("cannot repair from `{}`", source.display()), error).help(help)
    };
    for file in repaired.map_err(failed)? {
        let (fetched, whole) = (size(file.fetched), size(file.size));
        session.note(&format!("repaired {}: {fetched} of {whole} came from the other copy", shown(file.path.as_str())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn a_range_ends_the_name_at_the_last_colon() {
        for (text, name, bytes) in [
            ("w.bin:0-1", "w.bin", 0..1),
            ("a/b b:10-20", "a/b b", 10..20),
            ("w:0-18446744073709551615", "w", 0..u64::MAX),
        ] {
            let range = file_range(text).unwrap();
            assert_eq!((range.path.as_str(), range.bytes), (name, bytes));
        }
        for (text, message) in [
            ("w.bin", "expected FILE:START-END"),
            ("w.bin:5", "expected FILE:START-END"),
            ("w.bin:5-", "expected FILE:START-END"),
            ("w.bin:-5", "expected FILE:START-END"),
            ("w.bin:+1-5", "expected FILE:START-END"),
            ("w.bin:1-5-9", "expected FILE:START-END"),
            ("w.bin:0x1-5", "expected FILE:START-END"),
            ("w.bin:0-18446744073709551616", "expected FILE:START-END"),
            ("a:b:1-5", "`a:b`: "),
            ("w.bin:5-5", "5-5 is empty"),
            ("w.bin:6-5", "6-5 is empty"),
            ("../w.bin:0-5", "`../w.bin`: "),
            (":0-5", "``: "),
        ] {
            let error = file_range(text).unwrap_err();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }
}
