//! Reads and verifies every signature file, and returns the bytes that the best signature signs.

use std::sync::{Mutex, PoisonError};

use super::{
    MAX_ENVELOPE_BYTES, Note, Reason, Report, Requirements, SignatureReport, own_path, read_own, without_crlf,
};
use crate::files::{Error, Files};
use crate::path::RepoPath;
use crate::release::{BUNDLE_ENDING, SIGNATURES_DIR, SSHSIG_ENDING, STATEMENT_FILE};
use crate::sign::{Envelope, EnvelopeKind, PublicKey, Signed, Status, Trust, Verification};
use crate::threads;

/// The largest number of envelopes that are read.
const MAX_ENVELOPES: usize = 64;

/// The size of a statement, in bytes, from which its envelopes are verified in parallel: hashing it then takes longer than
/// starting a thread.
const WORTH_A_THREAD: usize = 256 << 10;
/// The number of envelopes verified in parallel: one of each kind. More would take more memory than most files are worth.
const MAX_THREADS: usize = 2;

/// An envelope that was read, or why it could not be.
type Read = (RepoPath, EnvelopeKind, Result<Envelope, String>);

/// Verifies every envelope and returns the bytes that the best one signs.
pub(super) fn signatures(
    files: &dyn Files,
    trust: &Trust,
    requirements: &Requirements<'_>,
) -> Result<(Report, Option<Signed>), Error> {
    let mut report = Report::new();
    let statement = read_own(files, &own_path(STATEMENT_FILE), &mut report)?;
    let statement = statement.as_deref();
    let found = find(files, &mut report);
    if found.is_empty() {
        report.add_reason(Reason::Unsigned);
        return Ok((report, None));
    }
    let is_long = statement.is_some_and(|statement| statement.len() >= WORTH_A_THREAD);
    let threads = if is_long { requirements.threads.get().min(MAX_THREADS) } else { 1 };
    let envelopes = in_parallel(threads, found, |(path, kind)| read(files, path, kind, statement));
    let envelopes = envelopes.into_iter().collect::<Result<Vec<Read>, Error>>()?;
    // A bundle names its key by digest only. With the keys inside the other envelopes, the report can say more than "unknown".
    let hints: Vec<PublicKey> =
        envelopes.iter().filter_map(|(_, _, read)| read.as_ref().ok().and_then(Envelope::claimed_key)).collect();
    let verified = in_parallel(threads, envelopes, |(path, kind, read)| match read {
        Ok(envelope) => (path, envelope.verify_with_hints(trust, requirements.at, &hints)),
        Err(reason) => {
            let (key, public_key, principal, signed) = (None, None, None, None);
            (path, Verification { kind, key, public_key, principal, status: Status::Bad, signed, reason })
        }
    });
    let mut best: Option<Signed> = None;
    for (path, verification) in verified {
        let (signature, signed) = same_statement(path, verification, statement, best.as_ref());
        report.signatures.push(signature);
        if let Some(signed) = signed
            && best.as_ref().is_none_or(|best| signed.is_trusted() && !best.is_trusted())
        {
            best = Some(signed);
        }
    }
    add_reasons(&mut report);
    Ok((report, best))
}

/// Lists the signature files.
fn find(files: &dyn Files, report: &mut Report) -> Vec<(RepoPath, EnvelopeKind)> {
    let mut found = Vec::new();
    let signatures = own_path(SIGNATURES_DIR);
    for entry in files.openness_files().iter().filter(|entry| entry.path.is_within(signatures.as_str())) {
        let path = entry.path.clone();
        let kind = match path.as_str() {
            name if name.ends_with(BUNDLE_ENDING) => EnvelopeKind::Dsse,
            name if name.ends_with(SSHSIG_ENDING) => EnvelopeKind::SshSig,
            // Reported as an unsigned file.
            _ => continue,
        };
        if found.len() == MAX_ENVELOPES {
            report.notes.push(Note::SignaturesLeft { checked: MAX_ENVELOPES });
            break;
        }
        found.push((path, kind));
    }
    found
}

/// Reads an envelope. The file's bytes are dropped before the next file is read.
fn read(files: &dyn Files, path: RepoPath, kind: EnvelopeKind, statement: Option<&[u8]>) -> Result<Read, Error> {
    let bytes = match files.read(&path, MAX_ENVELOPE_BYTES) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(error @ Error::TooLarge { .. }) => return Ok((path, kind, Err(error.to_string()))),
        Err(error) => return Err(error),
    };
    // Armor is text and not itself signed: Git may have changed its line endings.
    let envelope = parse(kind, &without_crlf(&bytes), statement);
    Ok((path, kind, envelope))
}

/// Refuses a signature over another statement than the one in `.openness/`, or than that of an earlier signature.
fn same_statement(
    path: RepoPath,
    verification: Verification,
    statement: Option<&[u8]>,
    best: Option<&Signed>,
) -> (SignatureReport, Option<Signed>) {
    let Verification { kind, key, public_key, principal, mut status, mut signed, mut reason } = verification;
    let expected = statement.or_else(|| best.map(Signed::payload));
    if let (Some(found), Some(expected)) = (&signed, expected)
        && found.payload() != expected
    {
        status = Status::Bad;
        reason = match statement {
            Some(_) => format!("it signs another statement than `{STATEMENT_FILE}`"),
            None => "it signs another statement than the other signatures".to_owned(),
        };
        signed = None;
    }
    (SignatureReport { path, status, envelope: kind, key, public_key, principal, reason }, signed)
}

/// Parses an envelope, or says why it cannot be parsed.
fn parse(kind: EnvelopeKind, bytes: &[u8], statement: Option<&[u8]>) -> Result<Envelope, String> {
    match (kind, statement) {
        (EnvelopeKind::Dsse, None) => Envelope::read_dsse(bytes).map_err(|error| error.to_string()),
        (EnvelopeKind::Dsse, Some(statement)) => {
            Envelope::read_dsse_expecting(bytes, statement).map_err(|error| error.to_string())
        }
        (EnvelopeKind::SshSig, Some(statement)) => {
            Envelope::read_sshsig(bytes, statement).map_err(|error| error.to_string())
        }
        (EnvelopeKind::SshSig, None) => Err(format!("`{STATEMENT_FILE}`, which it signs, is missing")),
    }
}

/// Does the same work on each item, several at a time. The results are in the order of the items.
fn in_parallel<T: Send, R: Send>(threads: usize, items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let shares = threads.min(items.len()).max(1);
    let waiting = Mutex::new(items.into_iter().enumerate());
    // Nothing can panic while it is locked.
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let share = |_| std::iter::from_fn(next).map(|(at, item)| (at, work(item))).collect::<Vec<_>>();
    let mut done: Vec<_> = threads::run_on_threads(shares, share).into_iter().flatten().collect();
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A bad signature counts even next to a good one, because it means that files were tampered with. Anything else counts only
/// if no signature is good: there may be other signers whom this verifier does not know.
fn add_reasons(report: &mut Report) {
    let statuses: Vec<Status> = report.signatures.iter().map(|signature| signature.status).collect();
    if statuses.contains(&Status::Bad) {
        report.add_reason(Reason::BadSignature);
    }
    if statuses.contains(&Status::Good) {
        return;
    }
    for status in statuses {
        match status {
            Status::Good | Status::Bad => {}
            Status::Untrusted => report.add_reason(Reason::UntrustedKey),
            Status::Expired | Status::NotYetValid => report.add_reason(Reason::ExpiredKey),
            Status::Revoked => report.add_reason(Reason::RevokedKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_for_any_number_of_threads() {
        let squares: Vec<u32> = (0..100).map(|number| number * number).collect();
        for threads in [0, 1, 2, 7, 1000] {
            assert_eq!(in_parallel(threads, (0..100).collect(), |number: u32| number * number), squares);
        }
        assert!(in_parallel(2, Vec::new(), |number: u32| number).is_empty());
    }
}
