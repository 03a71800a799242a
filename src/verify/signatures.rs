//! Who signed: every envelope beside the statement, and the bytes that the best one signs.

use jiff::Timestamp;

use super::{Reason, Report, SignatureReport, own_path, read_own, without_crlf};
use crate::release::{BUNDLE_ENDING, SIGNATURES_DIR, SSHSIG_ENDING, STATEMENT_FILE};
use crate::sign::{Envelope, EnvelopeKind, Opened, PublicKey, Signed, Status, Trust};
use crate::snapshot::Snapshot;

/// The most envelopes that are looked at.
const MAX_ENVELOPES: usize = 64;

/// Opens every envelope and returns the bytes that the best one signs.
pub(super) fn signatures(
    snapshot: &Snapshot,
    trust: &Trust,
    at: Timestamp,
) -> Result<(Report, Option<Signed>), crate::snapshot::Error> {
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
    let mut envelopes = Vec::new();
    for (path, kind) in found {
        // Armour is text, and none of it is signed: Git may have given it other line endings.
        let bytes = without_crlf(&read_own(snapshot, &path, &mut report)?.unwrap_or_default());
        let read = match (kind, &statement_bytes) {
            (EnvelopeKind::Dsse, _) => Envelope::read_dsse(&bytes).map_err(|error| error.to_string()),
            (EnvelopeKind::SshSig, Some(statement)) => {
                Envelope::read_sshsig(&bytes, statement).map_err(|error| error.to_string())
            }
            (EnvelopeKind::SshSig, None) => Err(format!("`{STATEMENT_FILE}`, which it signs, is absent")),
        };
        envelopes.push((path, kind, read));
    }
    // A bundle names its key by digest only. The keys inside the other envelopes let us say more than "unknown".
    let hints: Vec<PublicKey> =
        envelopes.iter().filter_map(|(_, _, read)| read.as_ref().ok().and_then(Envelope::claimed_key)).collect();
    let mut best: Option<Signed> = None;
    for (path, kind, read) in envelopes {
        let opened = match read {
            Ok(envelope) => envelope.open_with_hints(trust, at, &hints),
            Err(reason) => {
                Opened { kind, key: None, public_key: None, principal: None, status: Status::Bad, signed: None, reason }
            }
        };
        let Opened { mut status, mut reason, mut signed, .. } = opened;
        if let (Some(bytes), Some(statement)) = (&signed, &statement_bytes)
            && bytes.payload() != statement.as_slice()
        {
            status = Status::Bad;
            reason = format!("it signs another statement than `{STATEMENT_FILE}`");
            signed = None;
        }
        if let (Some(bytes), Some(best)) = (&signed, &best)
            && bytes.payload() != best.payload()
        {
            status = Status::Bad;
            reason = "it signs another statement than a signature beside it".to_owned();
            signed = None;
        }
        report.signatures.push(SignatureReport {
            path,
            status,
            envelope: kind,
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
