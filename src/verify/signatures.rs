//! Who signed: every envelope beside the statement, and the bytes that the best one signs.

use std::sync::{Mutex, PoisonError};

use super::{MAX_ENVELOPE_BYTES, Reason, Report, Request, SignatureReport, own_path, read_own, without_crlf};
use crate::files::Files;
use crate::release::{BUNDLE_ENDING, SIGNATURES_DIR, SSHSIG_ENDING, STATEMENT_FILE};
use crate::sign::{Envelope, EnvelopeKind, PublicKey, Signed, Status, Trust, Verification};
use crate::threads;

/// The most envelopes that are looked at.
const MAX_ENVELOPES: usize = 64;

/// How long a statement has to be, in bytes, for its envelopes to be opened side by side: hashing it takes longer then than
/// to start a thread.
const WORTH_A_THREAD: usize = 256 << 10;
/// How many are opened side by side: one of each kind. More would take more room at once than most files are worth.
const MAX_THREADS: usize = 2;

/// Opens every envelope and returns the bytes that the best one signs.
pub(super) fn signatures(
    snapshot: &dyn Files,
    trust: &Trust,
    request: &Request<'_>,
) -> Result<(Report, Option<Signed>), crate::files::Error> {
    let mut report = Report::new();
    let statement_bytes = read_own(snapshot, &own_path(STATEMENT_FILE), &mut report)?;
    let mut found = Vec::new();
    let signatures = own_path(SIGNATURES_DIR);
    for entry in snapshot.openness_files().iter().filter(|entry| entry.path.is_within(signatures.as_str())) {
        let path = entry.path.clone();
        let envelope = match path.as_str() {
            name if name.ends_with(BUNDLE_ENDING) => EnvelopeKind::Dsse,
            name if name.ends_with(SSHSIG_ENDING) => EnvelopeKind::SshSig,
            // Reported with the files that nobody signed.
            _ => continue,
        };
        if found.len() == MAX_ENVELOPES {
            report.notes.push(format!("only the first {MAX_ENVELOPES} signature files were looked at"));
            break;
        }
        found.push((path, envelope));
    }
    if found.is_empty() {
        report.against(Reason::Unsigned);
        return Ok((report, None));
    }
    let statement = statement_bytes.as_deref();
    let is_long = statement.is_some_and(|statement| statement.len() >= WORTH_A_THREAD);
    let threads = if is_long { request.threads.get().min(MAX_THREADS) } else { 1 };
    // Each file is let go of before the next is read.
    let envelopes = side_by_side(threads, found, |(path, kind)| {
        let bytes = match snapshot.read(&path, MAX_ENVELOPE_BYTES) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error @ crate::files::Error::TooLarge { .. }) => return Ok((path, kind, Err(error.to_string()))),
            Err(error) => return Err(error),
        };
        // Armour is text, and none of it is signed: Git may have given it other line endings.
        let envelope = read(kind, &without_crlf(&bytes), statement);
        Ok((path, kind, envelope))
    });
    let envelopes = envelopes.into_iter().collect::<Result<Vec<_>, _>>()?;
    // A bundle names its key by digest only. The keys inside the other envelopes let us say more than "unknown".
    let hints: Vec<PublicKey> =
        envelopes.iter().filter_map(|(_, _, read)| read.as_ref().ok().and_then(Envelope::claimed_key)).collect();
    let opened = side_by_side(threads, envelopes, |(path, kind, read)| match read {
        Ok(envelope) => (path, envelope.verify_with_hints(trust, request.at, &hints)),
        Err(reason) => {
            let (key, public_key, principal, signed) = (None, None, None, None);
            (path, Verification { kind, key, public_key, principal, status: Status::Bad, signed, reason })
        }
    });
    let mut best: Option<Signed> = None;
    for (path, opened) in opened {
        let Verification { mut status, mut reason, mut signed, .. } = opened;
        if let (Some(bytes), Some(statement)) = (&signed, statement)
            && bytes.payload() != statement
        {
            status = Status::Bad;
            reason = format!("it signs another statement than `{STATEMENT_FILE}`");
            signed = None;
        }
        // Where there is a statement beside them, both are that one.
        if let (Some(bytes), Some(best), None) = (&signed, &best, statement)
            && bytes.payload() != best.payload()
        {
            status = Status::Bad;
            reason = "it signs another statement than a signature beside it".to_owned();
            signed = None;
        }
        report.signatures.push(SignatureReport {
            path,
            status,
            envelope: opened.kind,
            key: opened.key.map(|key| key.to_string()),
            public_key: opened.public_key,
            principal: opened.principal,
            reason,
        });
        if let Some(signed) = signed
            && best.as_ref().is_none_or(|best| signed.is_trusted() && !best.is_trusted())
        {
            best = Some(signed);
        }
    }
    judge_signatures(&mut report);
    Ok((report, best))
}

/// Reads an envelope; where it cannot be, says why.
fn read(kind: EnvelopeKind, bytes: &[u8], statement: Option<&[u8]>) -> Result<Envelope, String> {
    match (kind, statement) {
        (EnvelopeKind::Dsse, None) => Envelope::read_dsse(bytes).map_err(|error| error.to_string()),
        (EnvelopeKind::Dsse, Some(statement)) => {
            Envelope::read_dsse_expecting(bytes, statement).map_err(|error| error.to_string())
        }
        (EnvelopeKind::SshSig, Some(statement)) => {
            Envelope::read_sshsig(bytes, statement).map_err(|error| error.to_string())
        }
        (EnvelopeKind::SshSig, None) => Err(format!("`{STATEMENT_FILE}`, which it signs, is absent")),
    }
}

/// Does the same with each of some things, several at a time; the answers are in the order of the things.
fn side_by_side<T: Send, R: Send>(threads: usize, things: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let shares = threads.min(things.len()).max(1);
    let waiting = Mutex::new(things.into_iter().enumerate());
    // Nothing that panics is done while it is locked.
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let share = |_| std::iter::from_fn(next).map(|(at, thing)| (at, work(thing))).collect::<Vec<_>>();
    let mut done: Vec<_> = threads::run_on_threads(shares, share).into_iter().flatten().collect();
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}

/// A bad signature counts even beside a good one: somebody has been at the files. Anything else counts only where no
/// signature is good, because others may sign whom this verifier does not know.
fn judge_signatures(report: &mut Report) {
    let statuses: Vec<Status> = report.signatures.iter().map(|signature| signature.status).collect();
    if statuses.contains(&Status::Bad) {
        report.against(Reason::BadSignature);
    }
    if statuses.contains(&Status::Good) {
        return;
    }
    for status in statuses {
        match status {
            Status::Good | Status::Bad => {}
            Status::Untrusted => report.against(Reason::UntrustedKey),
            Status::Expired | Status::NotYetValid => report.against(Reason::ExpiredKey),
            Status::Revoked => report.against(Reason::RevokedKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_in_the_order_of_the_things_however_many_threads_there_are() {
        let squares: Vec<u32> = (0..100).map(|number| number * number).collect();
        for threads in [0, 1, 2, 7, 1000] {
            assert_eq!(side_by_side(threads, (0..100).collect(), |number: u32| number * number), squares);
        }
        assert!(side_by_side(2, Vec::new(), |number: u32| number).is_empty());
    }
}
