//! The output of `openness verify`.

use std::io::{self, Write};

use super::{Paint, Screen, Style, declared, evidence};
use crate::path::RepoPath;
use crate::report::{counted, shown, size};
use crate::sign::Status;
use crate::verify::{Alarm, FilesReport, Note, Reason, Report, Verdict};

/// The number of files per list that are shown without `verbose`.
const MAX_NAMED: usize = 10;

/// Writes who signed, whether the files are as signed, what is declared, and the verdict; only the verdict if `quiet`.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(report: &Report, style: Style, quiet: bool, out: &mut impl Write) -> io::Result<()> {
    let out = &mut Screen::new(out, style.color);
    let paint = Paint(style);
    if !quiet {
        who(report, paint, out)?;
        integrity(report, paint, out)?;
        declared::write(report, paint, out)?;
        unmet(report, paint, out)?;
        limits(report, paint, out)?;
        writeln!(out)?;
    }
    write!(out, "{}{}", word(report.verdict(), paint), exceptions(report))?;
    match report.reasons().iter().map(|reason| sentence(*reason, report)).collect::<Vec<_>>().as_slice() {
        [] => {}
        reasons => write!(out, ": {}", reasons.join("; "))?,
    }
    if report.alarms().iter().any(|alarm| matches!(alarm, Alarm::ReplacedObjects { .. })) {
        write!(out, " (but Git reads other content, see `git replace --list`)")?;
    }
    for note in report.notes() {
        if let Note::BareRepository { commit } = note {
            let short = commit.abbreviated();
            write!(out, " (commit {short} of a bare repository, no file on disk)")?;
        }
    }
    if report.files().listed_only {
        write!(out, " (listed files only: this server does not say which other files it has)")?;
    }
    if let (by_blocks @ 1.., Verdict::Verified | Verdict::Partial) = (report.files().by_blocks, report.verdict()) {
        write!(out, " ({} by the digests of blocks)", counted(by_blocks, "file"))?;
    }
    match report.files().cached {
        0 => writeln!(out),
        cached => {
            let all = report.files().verified;
            writeln!(out, " (using cached digests for {cached} of {}, which were not read)", counted(all, "file"))
        }
    }
}

/// Returns the words for a verdict.
pub(super) fn word(verdict: Verdict, paint: Paint) -> String {
    match verdict {
        Verdict::Verified => paint.good("verified"),
        Verdict::Partial => paint.warn("partly verified"),
        Verdict::Failed => paint.bad("NOT VERIFIED"),
    }
}

/// What is the matter with files, or parts of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileWord {
    AsSigned,
    NotAsSigned,
    Pointers,
    Changed,
    Damaged,
    Crlf,
    Unsigned,
    Absent,
    InFlux,
    Excluded,
}

impl FileWord {
    #[cfg(test)]
    pub(super) const ALL: [Self; 10] = [
        Self::AsSigned,
        Self::NotAsSigned,
        Self::Pointers,
        Self::Changed,
        Self::Damaged,
        Self::Crlf,
        Self::Unsigned,
        Self::Absent,
        Self::InFlux,
        Self::Excluded,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::AsSigned => "as signed",
            Self::NotAsSigned => "NOT signed",
            Self::Pointers => "pointers",
            Self::Changed => "changed",
            Self::Damaged => "damaged",
            Self::Crlf => "CRLF",
            Self::Unsigned => "not signed",
            Self::Absent => "absent",
            Self::InFlux => "in flux",
            Self::Excluded => "excluded",
        }
    }

    /// Returns the word as it begins a line.
    fn label(self, paint: Paint) -> String {
        let label = format!("{:<11}", self.as_str());
        match self {
            Self::AsSigned | Self::Pointers => label,
            Self::Excluded => paint.dim(&label),
            Self::Crlf => paint.warn(&label),
            Self::NotAsSigned | Self::Changed | Self::Damaged | Self::Unsigned | Self::Absent | Self::InFlux => {
                paint.bad(&label)
            }
        }
    }
}

/// Returns what the verdict does not speak of, as a clause after it; empty if there is nothing, or if it failed.
fn exceptions(report: &Report) -> String {
    let files = report.files();
    let excluded = match files.excluded.len() {
        0 => None,
        count => Some(format!("{} that the signer left out", counted(count, "file"))),
    };
    let crlf = match files.crlf.len() {
        0 => None,
        count => Some(format!("the line endings of {}", counted(count, "file"))),
    };
    let exceptions: Vec<String> = excluded.into_iter().chain(crlf).collect();
    if exceptions.is_empty() || report.verdict() == Verdict::Failed {
        return String::new();
    }
    format!(", except {}", exceptions.join(" and "))
}

fn who(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", paint.bold("Who signed"))?;
    if report.signatures().is_empty() && report.oms().is_empty() {
        writeln!(out, "  not signed: there is no signature in `.openness/signatures`")?;
    }
    for signature in report.signatures() {
        let word = evidence::word(signature.status, paint);
        let name = signature.principal.as_deref().map_or_else(String::new, |name| format!("{} ", shown(name)));
        let key = signature.key.map_or_else(|| "unknown key".to_owned(), |key| key.to_string());
        writeln!(out, "  {word}  {name}{key} ({})", signature.envelope.as_str())?;
        if signature.status != Status::Good {
            paint.wrapped(out, "    ", &format!("{} (`{}`)", shown(&signature.reason), signature.path))?;
        }
    }
    oms(report, paint, out)?;
    evidence::tag(report.tag(), report.commit(), paint, out)?;
    evidence::proofs(report.proofs(), paint, out)?;
    for alarm in report.alarms() {
        writeln!(out, "  {}", paint.bad("ATTENTION"))?;
        paint.wrapped(out, "    ", &shown(&alarm.to_string()))?;
    }
    Ok(())
}

/// Writes a line for each bundle of OpenSSF Model Signing.
fn oms(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    for signature in report.oms() {
        // The signature holds, and what it is over is not accepted.
        let is_refused = signature.status == Status::Bad && signature.signer.is_some();
        let word = if is_refused { paint.bad("REFUSED") } else { evidence::word(signature.status, paint) };
        let signer = signature.signed_by().map_or_else(String::new, |signer| format!("{} ", shown(&signer)));
        writeln!(out, "  {word}  {signer}(OpenSSF Model Signing, `{}`)", shown(&signature.name))?;
        if signature.status != Status::Good {
            paint.wrapped(out, "    ", &shown(&signature.reason))?;
        }
    }
    Ok(())
}

/// Writes how the files compare with the bundles, where no statement of openness is good.
fn files_of_oms(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let files = report.files();
    writeln!(out, "\n{}", paint.bold("File integrity"))?;
    if !files.ranges.is_empty() {
        ranges(files, paint, out)?;
        return notes(report, paint, out);
    }
    let listed = files.verified + files.pointers + files.absent.len() + files.changed.len();
    let signed = counted(listed, "signed file");
    let label = FileWord::AsSigned.label(paint);
    writeln!(out, "  {label} {} of {signed} ({})", files.verified, size(report.oms_bytes()))?;
    differences(files, paint, out)?;
    notes(report, paint, out)
}

fn integrity(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let Some(statement) = report.statement() else {
        if report.is_signed_by_oms() {
            return files_of_oms(report, paint, out);
        }
        if let Some(problem) = report.statement_problem() {
            writeln!(out, "\n{}", paint.bold("Statement"))?;
            paint.wrapped(out, "  ", &shown(&problem.to_string()))?;
        }
        return notes(report, paint, out);
    };
    let coverage = &statement.predicate.coverage;
    writeln!(out, "\n{}", paint.bold("File integrity"))?;
    let files = report.files();
    if !files.ranges.is_empty() {
        ranges(files, paint, out)?;
        return notes(report, paint, out);
    }
    let total = if files.verified == coverage.files { "" } else { " in total" };
    let signed = counted(coverage.files, "signed file");
    let label = FileWord::AsSigned.label(paint);
    writeln!(out, "  {label} {} of {signed} ({}{total})", files.verified, size(coverage.bytes))?;
    if files.by_blocks > 0 {
        let what = "by the signed digests of their blocks; --full checks the digest of the whole file too";
        writeln!(out, "  of these    {} {what}", files.by_blocks)?;
    }
    differences(files, paint, out)?;
    if !coverage.exclude.is_empty() {
        let globs = coverage.exclude.iter().map(|glob| shown(glob)).collect::<Vec<_>>().join(", ");
        writeln!(out, "  excluded by the signer: {globs}")?;
    }
    notes(report, paint, out)?;
    if let Some(problem) = report.statement_problem() {
        paint.wrapped(out, "  ", &shown(&problem.to_string()))?;
    }
    Ok(())
}

/// Writes the parts of files that were checked.
fn ranges(files: &FilesReport, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    for range in &files.ranges {
        let word = match range.verified {
            true => paint.good(&FileWord::AsSigned.label(paint)),
            false if files.absent.contains(&range.path) => FileWord::Absent.label(paint),
            false => FileWord::NotAsSigned.label(paint),
        };
        let (path, bytes, checked) = (shown(range.path.as_str()), &range.bytes, &range.checked);
        let read = match files.absent.contains(&range.path) {
            true => String::new(),
            false => format!(" (bytes {}-{} were read)", checked.start, checked.end),
        };
        writeln!(out, "  {word} {path}:{}-{}{read}", bytes.start, bytes.end)?;
    }
    Ok(())
}

/// Writes the files that are not as signed, by what is the matter with them.
fn differences(files: &FilesReport, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    if files.pointers > 0 {
        let pointers = counted(files.pointers, "file");
        let label = FileWord::Pointers.label(paint);
        writeln!(out, "  {label} {pointers}: content missing; fetch with `git lfs pull` or `hf download`")?;
    }
    list(FileWord::Changed, &names(&files.changed), paint, out)?;
    list(FileWord::Damaged, &damaged(files), paint, out)?;
    list(FileWord::Crlf, &names(&files.crlf), paint, out)?;
    if !files.crlf.is_empty() {
        let what = "every LF is CRLF in these files; allowed by --allow-crlf, and otherwise they are as signed";
        paint.wrapped(out, "  note: ", what)?;
    }
    list(FileWord::Unsigned, &files.unsigned_names(), paint, out)?;
    list(FileWord::Absent, &names(&files.absent), paint, out)?;
    list(FileWord::InFlux, &names(&files.changed_while_read), paint, out)?;
    list(FileWord::Excluded, &names(&files.excluded), paint, out)
}

fn notes(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    for note in report.notes() {
        paint.wrapped(out, "  note: ", &shown(&note.to_string()))?;
    }
    Ok(())
}

/// Returns the places that are to be downloaded again, each in the form that `--range` takes.
fn damaged(files: &FilesReport) -> Vec<String> {
    let places = files.changes.iter().flat_map(|change| change.damaged.iter().map(move |range| (&change.path, range)));
    places.map(|(path, range)| format!("{path}:{}-{}", range.start, range.end)).collect()
}

fn names(paths: &[RepoPath]) -> Vec<&str> {
    paths.iter().map(RepoPath::as_str).collect()
}

/// Writes the first few names, or all of them if `verbose`.
fn list(what: FileWord, names: &[impl AsRef<str>], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let most = if paint.0.verbose { usize::MAX } else { MAX_NAMED };
    for name in names.iter().map(AsRef::as_ref).take(most) {
        writeln!(out, "  {} {}", what.label(paint), shown(name))?;
    }
    if names.len() > most {
        writeln!(out, "  {:<11} and {} more (--verbose)", what.as_str(), names.len() - most)?;
    }
    Ok(())
}

fn unmet(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    if report.unmet().is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.bold("Unmet policy requirements"))?;
    for unmet in report.unmet() {
        paint.wrapped(out, "  - ", &shown(&unmet.to_string()))?;
    }
    Ok(())
}

fn limits(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let Some(statement) = report.statement() else { return Ok(()) };
    writeln!(out, "\n{}", paint.bold("What no tool can verify"))?;
    paint.wrapped(
        out,
        "  ",
        "Whether the declared facts are true: that the weights come from this data and this code, that nothing was \
         left out, that documents say what they should. The signature only proves that the signer declared them.",
    )?;
    let created = format!("The time of signing, {}, is what the signer claims.", shown(&statement.predicate.created));
    paint.wrapped(out, "  ", &created)?;
    if let Some(time) = report.logged_by() {
        paint.wrapped(out, "  ", &format!("Witnesses of a transparency log had seen the signature by {time}."))?;
    }
    let remote: usize = statement.predicate.components.iter().map(|component| component.remote.len()).sum();
    if remote > 0 {
        let text =
            format!("{} {} not checked.", counted(remote, "remote artifact"), if remote == 1 { "was" } else { "were" });
        paint.wrapped(out, "  ", &text)?;
    }
    Ok(())
}

fn sentence(reason: Reason, report: &Report) -> &'static str {
    match reason {
        Reason::Incomplete if report.files().ranges.iter().any(|range| report.files().absent.contains(&range.path)) => {
            "signed files are missing"
        }
        Reason::Incomplete if !report.files().ranges.is_empty() => "only parts of files were checked",
        Reason::Unsigned => "there is no signature",
        Reason::UntrustedKey => "the signer is not trusted",
        Reason::BadSignature => "a signature does not hold",
        Reason::ExpiredKey => "the key is not valid at this time",
        Reason::RevokedKey => "the key was revoked",
        Reason::ContentMismatch => "files are not what was signed",
        Reason::UnsignedFiles => "there are unsigned files",
        Reason::Incomplete => "signed files are missing",
        Reason::ClaimDoesNotHold => "a claim does not hold",
        Reason::ManifestInvalid => manifest_sentence(report),
        Reason::StatementInvalid => "the signed statement is invalid",
        Reason::ExpiredStatement => "the statement has expired",
        Reason::Rollback => "it is not the newest release",
        Reason::PinnedKeyChanged => "the key is not the pinned one",
        Reason::SignaturesLeft => "there are more signatures than are checked",
        Reason::ChangedWhileRead => "files changed while they were read",
        Reason::Policy => "policy requirements are not met",
    }
}

fn manifest_sentence(report: &Report) -> &'static str {
    let unread = report.notes().iter().find_map(|note| match note {
        Note::NoManifest { path } => Some(path),
        _ => None,
    });
    match unread {
        None => "the manifest is invalid",
        Some(path) if report.files().absent.contains(path) => "the manifest is missing",
        Some(_) => "the manifest cannot be read",
    }
}
