//! Checking parts of files, repairing damaged ones from another copy, and writing what a verified manifest declares.

use std::path::Path;

use super::{Args, Failure, Inputs, Progress, Session, SourceArgs};
use crate::atomic;
use crate::files::{Files, Kind};
use crate::path::RepoPath;
use crate::report::{counted, json, shown, size};
use crate::snapshot::Snapshot;
use crate::verify::{FileRange, OtherCopy, RepairError, Report, export, repair, verify};

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

/// Refuses to copy a release into itself: there the copy would be files that are not signed.
pub(super) fn refuse_within(directory: &Path, place: &SourceArgs) -> Result<(), Failure> {
    if place.rev.is_some() || place.staged || place.url().is_some() || place.is_file() {
        return Ok(());
    }
    let above = directory.ancestors().find_map(|above| match above.as_os_str().is_empty() {
        true => Path::new(".").canonicalize().ok(),
        false => above.canonicalize().ok(),
    });
    match (place.directory().canonicalize(), above) {
        (Ok(release), Some(above)) if above.starts_with(&release) => {
            Err(Failure::new(format!("`{}` is in the release itself", directory.display()))
                .help("name a directory outside of it"))
        }
        _ => Ok(()),
    }
}

/// Copies a verified release to the directory that the arguments name. Returns the report, which fails after all if hashing
/// every byte again shows that the signed digests of a file disagree, and the result of the copy if there is one.
pub(super) fn export_verified(
    args: &Args,
    files: &Snapshot,
    report: Report,
) -> (Report, Option<Result<export::Exported, export::Error>>) {
    let Some(directory) = &args.export else { return (report, None) };
    let release = if args.is_partial_enough() { report.partially_verified() } else { report.verified() };
    let release = match release {
        Ok(release) => release,
        Err(report) => return (*report, None),
    };
    let answer = export::export(files, &release, directory);
    let report = release.into_report();
    match answer {
        Err(export::Error::DigestsDisagree { path }) => (report.with_disagreeing_digests(path), None),
        answer => (report, Some(answer)),
    }
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
    let linked = if is_single { Vec::new() } else { linked(source, &from, &report) };
    let progress = Progress::new(&session.terminal, "repairing", None);
    let from = OtherCopy { files: &from, is_single, linked: &linked };
    let repaired = repair(&files, &root, &report, from, &|bytes| progress.advance(bytes));
    drop((progress, lock));
    if report.files().pointers > 0 {
        let files = counted(report.files().pointers, "file");
        session.note(&format!(
            "note: of {files} there is only the Git LFS pointer, which stays; `git lfs pull` fetches the content"
        ));
    }
    let failed = |error: RepairError| {
        let help = match &error {
            RepairError::NotKnown(_) => {
                "files are repaired by what a trusted key signed; run `verify` without --repair-from"
            }
            RepairError::OmsOnly => "copy the files again, then run `verify` without --repair-from",
            RepairError::SingleFile(_) => "name a directory that holds all of them",
            RepairError::Write { .. } => "the file is as before; see that you may write to its directory",
            RepairError::Read { .. } => "the file is as before; see that you may read the other copy",
            _ => "the file is as before; try another copy",
        };
        Failure::caused_by(format!("cannot repair from `{}`", source.display()), error).help(help)
    };
    for file in repaired.map_err(failed)? {
        match file {
            Ok(file) => {
                let (fetched, whole) = (size(file.fetched), size(file.size));
                let path = shown(file.path.as_str());
                session.note(&format!("repaired {path}: {fetched} of {whole} came from the other copy"));
            }
            // What stays damaged is in the verdict that follows.
            Err(error @ (RepairError::Absent(_) | RepairError::Damaged { .. })) => {
                session.note(&format!("not repaired: {}", shown(&error.to_string())));
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// Returns the files to repair that are links in the other copy, as in a snapshot in the cache of the Hub's client. The user names
/// that copy, and every block of it is compared with what was signed, so links in it may lead anywhere.
fn linked(source: &Path, from: &Snapshot, report: &Report) -> Vec<(RepoPath, Box<dyn Files>)> {
    let found = report.files();
    let paths = found.changed.iter().chain(&found.absent);
    let is_file = |path: &&RepoPath| from.find(path).is_some_and(|entry| matches!(entry.kind, Kind::File { .. }));
    let links = paths.filter(|path| !is_file(path)).filter_map(|path| {
        let target = path.below(source).canonicalize().ok().filter(|target| target.is_file())?;
        let file: Box<dyn Files> = Box::new(Snapshot::of_file(&target).ok()?);
        Some((path.clone(), file))
    });
    links.collect()
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
