//! Offline verification that a signature is in a transparency log, and since when at the latest.
//!
//! An append-only log whose checkpoints are cosigned by witnesses shows the same entries to everyone. A signer whose
//! signatures are logged cannot show a different release to some people without leaving a trace, and a stolen key
//! cannot make back-dated signatures. Verification needs one text file next to the signature, a [`Proof`], and the keys
//! of logs and witnesses that the verifier trusts, a [`Policy`], which never comes from the release.
//!
//! This implements the C2SP specifications:
//!
//! | | |
//! |---|---|
//! | [`proof`] | <https://c2sp.org/tlog-proof>: checkpoint, index and inclusion proof in a file |
//! | [`note`] | <https://c2sp.org/signed-note>: text, signature lines, verifier keys |
//! | [`checkpoint`] | <https://c2sp.org/tlog-checkpoint>: origin, size and root of a log |
//! | [`policy`] | <https://c2sp.org/tlog-policy>: known logs, known witnesses, and the quorum |
//! | [`verify`] | <https://c2sp.org/tlog-proof>, "Verifying a tlog proof", and <https://c2sp.org/tlog-cosignature> |
//!
//! # Log entries
//!
//! tlog-proof leaves the format of entries to the application. The entry of a signature is its **SSHSIG blob**: the
//! decoded base64 between the first and the last line of `KEY.sshsig` (`sed '1d;$d' KEY.sshsig | base64 -d`), from
//! `SSHSIG` to the last field. It contains the key and the namespace, is bound to the statement by its signature,
//! contains nothing else, is smaller than a kilobyte for plain keys, and does not depend on line wrapping or line
//! endings. The leaf hash is `SHA-256(0x00 || blob)` (RFC 6962 §2.1).

pub mod checkpoint;
mod merkle;
pub mod note;
pub mod policy;
pub mod proof;

use jiff::{SignedDuration, Timestamp};

use note::{Line, Scheme, VerifierKey};
pub use policy::Policy;
pub use proof::Proof;

/// The most that a witness's clock may be ahead of the verifier's time.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The status of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofStatus {
    /// The entry is in a log that the verifier trusts, and enough of the verifier's witnesses have cosigned the
    /// checkpoint.
    Good,
    /// The proof matches the entry, but the verifier has no policy, so the log's own signature was not checked.
    Unchecked,
    /// The checkpoint is not signed by a log key that the verifier trusts.
    UnknownLog,
    /// The log is trusted, but fewer witnesses than the policy requires have cosigned.
    TooFewWitnesses,
    /// The proof does not match the entry, or a signature in it is invalid.
    Bad,
}

impl ProofStatus {
    /// Returns `good`, `unchecked`, `unknown-log`, `too-few-witnesses` or `bad`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unchecked => "unchecked",
            Self::UnknownLog => "unknown-log",
            Self::TooFewWitnesses => "too-few-witnesses",
            Self::Bad => "bad",
        }
    }
}

/// A witness with a valid cosignature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// The name of its key.
    pub name: String,
    /// The time of its cosignature, by its own clock; the earliest if there are several.
    pub time: Timestamp,
}

/// The result of [`verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProofVerification {
    /// The status of the proof.
    pub status: ProofStatus,
    /// The verifier's witnesses that have cosigned, each once, in the order of the policy.
    pub witnesses: Vec<Witnessed>,
    /// The time by which the entry was in the log, even if any number of witnesses below the quorum are wrong about the
    /// time. Only if the status is good and the policy requires witnesses.
    pub not_later_than: Option<Timestamp>,
    /// The reason for the status: one clause in lower case, without a final period.
    pub reason: String,
}

impl ProofVerification {
    fn new(status: ProofStatus, reason: impl Into<String>) -> Self {
        Self { status, witnesses: Vec::new(), not_later_than: None, reason: reason.into() }
    }
}

/// Verifies a proof that `entry` is in a log (tlog-proof, "Verifying a tlog proof"). Without a policy, the best
/// possible status is [`ProofStatus::Unchecked`].
///
/// `at` is the verifier's time. Cosignatures more than five minutes later do not count (tlog-cosignature, "Format":
/// "verifiers MAY reject cosignatures with timestamps in the future").
#[must_use]
pub fn verify(proof: &Proof, entry: &[u8], policy: Option<&Policy>, at: Timestamp) -> ProofVerification {
    // Steps 1 and 4.
    let checkpoint = &proof.checkpoint;
    if let Err(reason) = merkle::includes(&merkle::leaf_hash(entry), proof.index, &proof.path, checkpoint) {
        return ProofVerification::new(ProofStatus::Bad, reason);
    }
    let Some(policy) = policy else {
        return ProofVerification::new(
            ProofStatus::Unchecked,
            "it matches the signature, but no log key was given to check the log's own signature",
        );
    };
    // Step 2.
    if let Err(refusal) = check_log(proof, policy, at) {
        return refusal;
    }
    // Step 3.
    let mut times = vec![None; policy.witnesses().len()];
    for (witness, first) in policy.witnesses().iter().zip(&mut times) {
        for line in proof.note.signatures.iter().filter(|line| witness.key.is_of(line)) {
            match cosigned(&witness.key, proof, line) {
                Ok(time) if time > at.saturating_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX) => {}
                // tlog-cosignature, "ML-DSA-44 signed message": without a time, it does not say that the tree is the largest.
                Ok(time) if time == Timestamp::UNIX_EPOCH => {}
                Ok(time) => *first = Some(first.map_or(time, |first: Timestamp| first.min(time))),
                Err(reason) => return ProofVerification::new(ProofStatus::Bad, reason),
            }
        }
    }
    let quorum = policy.witnessed_by(&times);
    let witnesses: Vec<Witnessed> = policy
        .witnesses()
        .iter()
        .zip(&times)
        .filter_map(|(witness, time)| Some(Witnessed { name: witness.key.name().to_owned(), time: (*time)? }))
        .collect();
    let (status, not_later_than, reason) = match quorum {
        policy::Quorum::Reached(time) => {
            let known = "the entry is in a log that you trust";
            (
                ProofStatus::Good,
                time,
                if time.is_some() { format!("{known}, and witnesses have cosigned it") } else { known.to_owned() },
            )
        }
        policy::Quorum::Missed => {
            let reason = format!("not enough of your witnesses have cosigned: {}", witnesses.len());
            (ProofStatus::TooFewWitnesses, None, reason)
        }
    };
    ProofVerification { status, witnesses, not_later_than, reason }
}

/// Checks that a key of the policy for this origin has signed the checkpoint.
fn check_log(proof: &Proof, policy: &Policy, at: Timestamp) -> Result<(), ProofVerification> {
    let origin = &proof.checkpoint.origin;
    // tlog-policy, "Defining a log": the name of the key is the origin.
    let mut keys = policy.logs().iter().filter(|key| key.name() == origin).peekable();
    if keys.peek().is_none() {
        let reason = format!("it is from the log `{}`, which you do not trust", origin.escape_debug());
        return Err(ProofVerification::new(ProofStatus::UnknownLog, reason));
    }
    let mut has_signed = false;
    for key in keys {
        for line in proof.note.signatures.iter().filter(|line| key.is_of(line)) {
            // signed-note, "Signatures": if a signature by a known key fails, the whole note is rejected.
            let signed = match key.is_cosigner() {
                true => cosigned(key, proof, line)
                    .map(|time| time <= at.saturating_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX)),
                false => match key.verify(proof.note.text.as_bytes(), &line.signature) {
                    true => Ok(true),
                    false => Err(format!("the signature of the log `{}` is invalid", origin.escape_debug())),
                },
            };
            has_signed |= signed.map_err(|reason| ProofVerification::new(ProofStatus::Bad, reason))?;
        }
    }
    if has_signed {
        return Ok(());
    }
    let reason =
        format!("its checkpoint is not signed by the key that you trust for the log `{}`", origin.escape_debug());
    Err(ProofVerification::new(ProofStatus::UnknownLog, reason))
}

/// Verifies a timestamped cosignature and returns its time (tlog-cosignature, "Format").
fn cosigned(key: &VerifierKey, proof: &Proof, line: &Line) -> Result<Timestamp, String> {
    let fail = |what: &str| format!("the cosignature of `{}` {what}", key.name().escape_debug());
    let length = key.scheme().signature_bytes();
    let (time, signature) = line
        .signature
        .split_first_chunk::<8>()
        .filter(|(_, signature)| signature.len() == length)
        .ok_or_else(|| fail(&format!("is not a timestamp and {length} bytes")))?;
    let seconds = u64::from_be_bytes(*time);
    let message = match key.scheme() {
        Scheme::TimedTree => tree_message(key.name(), seconds, &proof.checkpoint)
            .ok_or_else(|| fail("is by a name, or of a log with a name, of more than 255 bytes"))?,
        Scheme::Text | Scheme::TimedText => format!("cosignature/v1\ntime {seconds}\n{}", proof.note.text).into_bytes(),
    };
    if !key.verify(&message, signature) {
        return Err(fail("is invalid"));
    }
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.ok_or_else(|| fail("has an out-of-range timestamp"))
}

/// Returns what an ML-DSA-44 cosignature of a checkpoint is over, `cosigned_message` of tlog-cosignature. Extension lines are
/// not part of it. `None` if a name has more than 255 bytes.
fn tree_message(cosigner: &str, seconds: u64, checkpoint: &checkpoint::Checkpoint) -> Option<Vec<u8>> {
    const LABEL: &[u8; 12] = b"subtree/v1\n\0";
    // The first leaf of the signed part of the tree: a checkpoint is over the whole.
    const START: u64 = 0;
    let length = |name: &str| u8::try_from(name.len()).ok().map(|length| [length]);
    let origin = checkpoint.origin.as_str();
    Some(
        [
            LABEL.as_slice(),
            &length(cosigner)?,
            cosigner.as_bytes(),
            &seconds.to_be_bytes(),
            &length(origin)?,
            origin.as_bytes(),
            &START.to_be_bytes(),
            &checkpoint.size.to_be_bytes(),
            &checkpoint.root,
        ]
        .concat(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::print_stdout,
        reason = "a panic is a failed test, and a skipped one is named"
    )]
    use super::*;

    /// The log of the test of a witness that others wrote: `cmd/litewitness/testdata/mldsa.txt` of `filippo.io/torchwood`.
    #[test]
    fn the_signature_of_the_log_in_torchwoods_test_holds() {
        let Some(file) = std::env::var_os("OPENNESS_TORCHWOOD_MLDSA") else {
            println!("SKIPPED: mldsa.txt of filippo.io/torchwood in OPENNESS_TORCHWOOD_MLDSA");
            return;
        };
        let text = std::fs::read_to_string(file).unwrap();
        let key = text
            .lines()
            .find_map(|line| line.strip_prefix("exec witnessctl add-key -origin example.com/mldsa-log -key "));
        let body = text.split("```\n").nth(1).unwrap().split_once("\n\n").unwrap().1;
        let policy = Policy::of(vec![VerifierKey::parse(key.unwrap()).unwrap()], Vec::new(), 0).unwrap();
        let judge = |note: &str| {
            let proof = Proof::read(format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{note}").as_bytes()).unwrap();
            check_log(&proof, &policy, Timestamp::UNIX_EPOCH).map_err(|refused| refused.status)
        };
        assert_eq!(judge(body), Ok(()));
        assert_eq!(judge(&body.replace("\n1\n", "\n2\n")), Err(ProofStatus::Bad));
        assert_eq!(judge(&body.replace("/mldsa-log", "/other-log")), Err(ProofStatus::UnknownLog));
    }
}
