//! What a verification came to: who signed, are the bytes the same, what is declared, what no tool can verify.

use std::io::{self, Write};

use serde::Serialize;

use super::declaration::Reasons;
use super::evidence::{self, CommitV1, ProofV1, TagV1};
use super::human::{Paint, Style};
use super::{counted, declaration, json, shown, size};
use crate::sign::Status;
use crate::verify::{ClaimReport, FilesReport, Reason, Report, Verdict};

/// Files past this number are shown on request.
const MAX_NAMED: usize = 10;

#[derive(Serialize)]
struct ReportV1<'a> {
    version: u32,
    verdict: &'static str,
    reasons: Vec<&'static str>,
    signatures: Vec<SignatureV1<'a>>,
    statement: Option<StatementV1<'a>>,
    files: &'a FilesReport,
    claims: &'a [ClaimReport],
    tag: Option<TagV1<'a>>,
    commit: Option<CommitV1<'a>>,
    tlog: Vec<ProofV1<'a>>,
    policy: &'a [String],
    notes: Vec<&'a str>,
}

#[derive(Serialize)]
struct SignatureV1<'a> {
    status: &'static str,
    envelope: &'static str,
    key: Option<&'a str>,
    principal: Option<&'a str>,
    path: &'a str,
    detail: &'a str,
}

#[derive(Serialize)]
struct StatementV1<'a> {
    created: &'a str,
    sequence: Option<u64>,
    waived: &'a [String],
    model: &'a crate::statement::ModelFacts,
    expires: Option<&'a str>,
    sha256: Option<&'a str>,
}

/// Writes one JSON object, version 1.
///
/// # Errors
/// Those of the writer.
pub fn json(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let signatures = report.signatures.iter().map(|signature| SignatureV1 {
        status: signature.status.as_str(),
        envelope: signature.envelope.as_str(),
        key: signature.key.as_deref(),
        principal: signature.principal.as_deref(),
        path: signature.path.as_str(),
        detail: &signature.reason,
    });
    let statement = report.statement.as_ref().map(|statement| &statement.predicate).map(|predicate| StatementV1 {
        created: &predicate.created,
        sequence: predicate.release.sequence,
        waived: &predicate.waived,
        model: &predicate.model,
        expires: predicate.expires.as_deref(),
        sha256: report.statement_digest.as_ref().map(|digest| digest.0.as_str()),
    });
    let report = ReportV1 {
        version: json::VERSION,
        verdict: report.verdict.as_str(),
        reasons: report.reasons.iter().map(|reason| reason.as_str()).collect(),
        signatures: signatures.collect(),
        statement,
        files: &report.files,
        claims: &report.claims,
        tag: report.tag.as_ref().map(TagV1::from),
        commit: report.commit.as_ref().map(CommitV1::from),
        tlog: report.proofs.iter().map(ProofV1::from).collect(),
        policy: &report.policy,
        notes: report.alarms.iter().chain(&report.notes).map(String::as_str).collect(),
    };
    json::object(&report, out)
}

/// Writes a page for people.
///
/// # Errors
/// Those of the writer.
pub fn human(report: &Report, style: Style, quiet: bool, out: &mut impl Write) -> io::Result<()> {
    let paint = Paint(style);
    if !quiet {
        who(report, paint, out)?;
        bytes(report, paint, out)?;
        declared(report, paint, out)?;
        asked(report, paint, out)?;
        if report.statement.is_some() {
            limits(report, paint, out)?;
        }
        writeln!(out)?;
    }
    let word = match report.verdict {
        Verdict::Verified => paint.good("verified"),
        Verdict::Partial => paint.doubtful("partly verified"),
        Verdict::Failed => paint.bad("NOT VERIFIED"),
    };
    match report.reasons.iter().map(|reason| sentence(*reason)).collect::<Vec<_>>().as_slice() {
        [] => write!(out, "{word}")?,
        reasons => write!(out, "{word}: {}", reasons.join("; "))?,
    }
    match report.files.cached {
        0 => writeln!(out),
        cached => {
            let all = report.files.verified;
            writeln!(out, " (by digests from the cache for {cached} of {}, which were not read)", counted(all, "file"))
        }
    }
}

fn who(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", paint.bold("Who signed"))?;
    if report.signatures.is_empty() {
        writeln!(out, "  nobody: there is no signature in `.openness/signatures`")?;
    }
    for signature in &report.signatures {
        let word = evidence::word(signature.status, paint);
        let name = signature.principal.as_deref().map_or_else(String::new, |name| format!("{} ", shown(name)));
        let key = signature.key.as_deref().unwrap_or("unknown key");
        writeln!(out, "  {word}  {name}{key} ({})", signature.envelope.as_str())?;
        if signature.status != Status::Good {
            paint.wrapped(out, "    ", &format!("{} (`{}`)", shown(&signature.reason), signature.path))?;
        }
    }
    evidence::tag(report.tag.as_ref(), report.commit.as_ref(), paint, out)?;
    evidence::proofs(&report.proofs, paint, out)?;
    for alarm in &report.alarms {
        writeln!(out, "  {}", paint.bad("ATTENTION"))?;
        paint.wrapped(out, "    ", &shown(alarm))?;
    }
    Ok(())
}

fn bytes(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let Some(statement) = &report.statement else {
        if let Some(problem) = &report.statement_problem {
            writeln!(out, "\n{}", paint.bold("What is signed"))?;
            paint.wrapped(out, "  ", &shown(problem))?;
        }
        return Ok(());
    };
    let coverage = &statement.predicate.coverage;
    writeln!(out, "\n{}", paint.bold("Are the bytes what was signed"))?;
    let FilesReport { verified, cached: _, pointers, absent, changed, unsigned, excluded } = &report.files;
    let in_all = if *verified == coverage.files { "" } else { " in all" };
    let counts = format!("{verified} of {} ({}{in_all})", counted(coverage.files, "signed file"), size(coverage.bytes));
    writeln!(out, "  as signed   {counts}")?;
    if *pointers > 0 {
        writeln!(
            out,
            "  pointers    {}: the content is not here; `git lfs pull` or `hf download` fetches it",
            counted(*pointers, "file")
        )?;
    }
    for (what, names) in [("changed", changed), ("not signed", unsigned), ("absent", absent), ("excluded", excluded)] {
        named(what, names, paint, out)?;
    }
    if !coverage.exclude.is_empty() {
        let globs = coverage.exclude.iter().map(|glob| shown(glob)).collect::<Vec<_>>().join(", ");
        writeln!(out, "  the signer left out {globs}")?;
    }
    if !report.notes.is_empty() {
        for note in &report.notes {
            paint.wrapped(out, "  note: ", &shown(note))?;
        }
    }
    if let Some(problem) = &report.statement_problem {
        paint.wrapped(out, "  ", &shown(problem))?;
    }
    Ok(())
}

fn named(what: &str, names: &[String], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let most = if paint.0.verbose { usize::MAX } else { MAX_NAMED };
    for name in names.iter().take(most) {
        let label = format!("{what:<11}");
        let label = if what == "excluded" { paint.faint(&label) } else { paint.bad(&label) };
        writeln!(out, "  {label} {}", shown(name))?;
    }
    if names.len() > most {
        writeln!(out, "  {what:<11} and {} more (--verbose)", names.len() - most)?;
    }
    Ok(())
}

fn declared(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let Some(statement) = &report.statement else { return Ok(()) };
    let predicate = &statement.predicate;
    writeln!(out, "\n{}", paint.bold("What is declared"))?;
    let model = &predicate.model;
    writeln!(out, "  {} {} by {}", shown(&model.name), shown(&model.version), shown(&model.producer))?;
    let count = |word: &str| predicate.components.iter().filter(|component| component.openness == word).count();
    let counts: Vec<String> = ["open", "partial", "closed"]
        .into_iter()
        .filter(|word| count(word) > 0)
        .map(|word| format!("{} {word}", count(word)))
        .collect();
    writeln!(out, "  components: {}", counts.join(", "))?;
    for claim in &report.claims {
        let (word, derived) = match claim.holds {
            Some(true) => (paint.good("holds"), String::new()),
            Some(false) => (paint.bad("DOES NOT HOLD"), format!("; the facts yield {}", shown(&claim.derived))),
            None => (paint.doubtful("needs a person's judgement"), String::new()),
        };
        writeln!(out, "  claim {} = {}: {word}{derived}", claim.taxonomy, shown(&claim.claimed))?;
    }
    if !predicate.waived.is_empty() {
        let codes = predicate.waived.join(", ");
        writeln!(out, "  {} {codes}", paint.bad("waived by the signer"))?;
    }
    if !report.evaluations.is_empty() {
        declaration::verdicts(&report.evaluations, Reasons::Left, paint.0, out)?;
    }
    Ok(())
}

fn asked(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    if report.policy.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.bold("What your policy asks for, and is not so"))?;
    for unmet in &report.policy {
        paint.wrapped(out, "  - ", &shown(unmet))?;
    }
    Ok(())
}

fn limits(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let Some(statement) = &report.statement else { return Ok(()) };
    writeln!(out, "\n{}", paint.bold("What no tool can verify"))?;
    paint.wrapped(
        out,
        "  ",
        "Whether the declared facts are true: that the weights come from this data and this code, that nothing was \
         left out, that documents say what they should. The signature binds the signer to having said so.",
    )?;
    let created = format!("The time of signing, {}, is the signer's word.", shown(&statement.predicate.created));
    paint.wrapped(out, "  ", &created)?;
    if let Some(time) = report.logged_by() {
        paint.wrapped(out, "  ", &format!("Witnesses of a transparency log saw the signature by {time}."))?;
    }
    let remote: usize = statement.predicate.components.iter().map(|component| component.remote.len()).sum();
    if remote > 0 {
        let text = format!(
            "{} elsewhere {} not looked at.",
            counted(remote, "artifact"),
            if remote == 1 { "was" } else { "were" }
        );
        paint.wrapped(out, "  ", &text)?;
    }
    Ok(())
}

fn sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::Unsigned => "there is no signature",
        Reason::UntrustedKey => "the signer is not among those you trust",
        Reason::BadSignature => "a signature does not hold",
        Reason::ExpiredKey => "the key is not valid at this time",
        Reason::RevokedKey => "the key was revoked",
        Reason::ContentMismatch => "files are not what was signed",
        Reason::UnsignedFiles => "there are files that nobody signed",
        Reason::Incomplete => "signed files are not here",
        Reason::ClaimDoesNotHold => "a claim does not hold",
        Reason::ManifestInvalid => "the manifest is invalid",
        Reason::StatementInvalid => "the signed statement is invalid",
        Reason::ExpiredStatement => "the statement has expired",
        Reason::Rollback => "it is not the newest release",
        Reason::Policy => "your policy asks for more",
    }
}
