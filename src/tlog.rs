//! Transparency logs, offline: that a signature stands in a public log, since when at the latest, and who has seen the log.
//!
//! A log that only grows, whose head witnesses cosign, shows everybody the same entries. A signer whose signatures stand in
//! one cannot show some people another release than the rest without leaving a trace, and a thief of the key cannot sign for
//! the past. All that is needed to check this is one text file beside the signature, a [`Proof`], and the keys of logs and
//! witnesses, which the verifier names ([`Policy`]) and never the release.
//!
//! To the letter of C2SP, each part where it is implemented:
//!
//! | | |
//! |---|---|
//! | [`proof`] | <https://c2sp.org/tlog-proof>: checkpoint, index and inclusion proof in a file |
//! | [`note`] | <https://c2sp.org/signed-note>: text, signature lines, verifier keys |
//! | [`checkpoint`] | <https://c2sp.org/tlog-checkpoint>: origin, size and root of a log |
//! | [`policy`] | <https://c2sp.org/tlog-policy>: known logs, known witnesses, which of them are enough |
//! | here | <https://c2sp.org/tlog-proof>, "Verifying a tlog proof", and <https://c2sp.org/tlog-cosignature> |
//!
//! # What is logged
//!
//! tlog-proof leaves the entry to the application. Ours is the **SSHSIG blob** of the signature: the bytes that base64 gives
//! between the first and the last line of `KEY.sshsig` (`sed '1d;$d' KEY.sshsig | base64 -d`), from `SSHSIG` to the last field.
//! It names key and namespace, is bound to the statement by the signature in it, says nothing else, is below a kilobyte for
//! plain keys, and does not depend on how the armour is wrapped or its lines end. The leaf hash is `SHA-256(0x00 || blob)`
//! (RFC 6962, 2.1).

pub mod checkpoint;
mod merkle;
pub mod note;
pub mod policy;
pub mod proof;

use jiff::{SignedDuration, Timestamp};

use note::{Line, VerifierKey};
pub use policy::Policy;
pub use proof::Proof;

/// How much a witness's clock may be ahead of ours.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// What is known of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofStatus {
    /// The entry stands in a log that the verifier names, and enough of the verifier's witnesses have cosigned it.
    Good,
    /// The proof fits the signature; the verifier names no log, so nobody vouches for it.
    Unchecked,
    /// It is from a log, or by a key of it, that the verifier does not name.
    UnknownLog,
    /// The log is known, and fewer witnesses than the verifier asks for have cosigned.
    TooFewWitnesses,
    /// It does not hold.
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

/// A witness whose cosignature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// Its key's name.
    pub name: String,
    /// When it cosigned, by its own clock; of several times, the first.
    pub time: Timestamp,
}

/// What [`judge`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What is known.
    pub status: ProofStatus,
    /// Each of the verifier's witnesses that has cosigned, once, in the order of the verifier's list.
    pub witnesses: Vec<Witnessed>,
    /// The entry stood in the log by this time: however the witnesses below the quorum may lie about theirs. Only where the
    /// status is good, and where witnesses are asked for.
    pub not_later_than: Option<Timestamp>,
    /// One clause for people: lower case, no trailing stop.
    pub reason: String,
}

impl Judgement {
    fn new(status: ProofStatus, reason: impl Into<String>) -> Self {
        Self { status, witnesses: Vec::new(), not_later_than: None, reason: reason.into() }
    }
}

/// Verifies a proof that `entry` is logged (tlog-proof, "Verifying a tlog proof").
///
/// `at` is the verifier's time; a cosignature that is later by more than five minutes does not count (tlog-cosignature,
/// "Format": "verifiers MAY reject cosignatures with timestamps in the future").
#[must_use]
pub fn judge(proof: &Proof, entry: &[u8], policy: Option<&Policy>, at: Timestamp) -> Judgement {
    // Steps 1 and 4.
    let checkpoint = &proof.checkpoint;
    if let Err(reason) = merkle::includes(&merkle::leaf_hash(entry), proof.index, &proof.path, checkpoint) {
        return Judgement::new(ProofStatus::Bad, reason);
    }
    let Some(policy) = policy else {
        return Judgement::new(
            ProofStatus::Unchecked,
            "it fits the signature; no key of a log was given to check it with",
        );
    };
    // Step 2.
    if let Err(refusal) = judge_log(proof, policy, at) {
        return refusal;
    }
    // Step 3.
    let mut times = vec![None; policy.witnesses().len()];
    for (witness, first) in policy.witnesses().iter().zip(&mut times) {
        for line in proof.note.signatures.iter().filter(|line| witness.key.is_of(line)) {
            match cosigned(&witness.key, &proof.note.text, line) {
                Ok(time) if time > at.saturating_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX) => {}
                Ok(time) => *first = Some(first.map_or(time, |first: Timestamp| first.min(time))),
                Err(reason) => return Judgement::new(ProofStatus::Bad, reason),
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
            let known = "the entry stands in a log that you know";
            (
                ProofStatus::Good,
                time,
                if time.is_some() { format!("{known}, and witnesses have seen it") } else { known.to_owned() },
            )
        }
        policy::Quorum::Missed => {
            let reason = format!("{} of your witnesses cosigned, which is not enough", witnesses.len());
            (ProofStatus::TooFewWitnesses, None, reason)
        }
    };
    Judgement { status, witnesses, not_later_than, reason }
}

/// Whether a key that is named for the origin has signed the checkpoint.
fn judge_log(proof: &Proof, policy: &Policy, at: Timestamp) -> Result<(), Judgement> {
    let origin = &proof.checkpoint.origin;
    // tlog-policy, "Defining a log": the key's name is the origin.
    let mut keys = policy.logs().iter().filter(|key| key.name() == origin).peekable();
    if keys.peek().is_none() {
        let reason = format!("it is from the log `{}`, which you do not name", origin.escape_debug());
        return Err(Judgement::new(ProofStatus::UnknownLog, reason));
    }
    let mut has_signed = false;
    for key in keys {
        for line in proof.note.signatures.iter().filter(|line| key.is_of(line)) {
            // signed-note, "Signatures": where one of a known key fails, the whole note is rejected.
            let signed = match key.is_cosigner() {
                true => cosigned(key, &proof.note.text, line)
                    .map(|time| time <= at.saturating_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX)),
                false => match key.verify(proof.note.text.as_bytes(), &line.signature) {
                    true => Ok(true),
                    false => Err(format!("the signature of the log `{}` does not hold", origin.escape_debug())),
                },
            };
            has_signed |= signed.map_err(|reason| Judgement::new(ProofStatus::Bad, reason))?;
        }
    }
    if has_signed {
        return Ok(());
    }
    let reason =
        format!("its checkpoint is not signed by the key that you name for the log `{}`", origin.escape_debug());
    Err(Judgement::new(ProofStatus::UnknownLog, reason))
}

/// Verifies a timestamped Ed25519 cosignature, and returns its time (tlog-cosignature, "Ed25519 signed message").
fn cosigned(key: &VerifierKey, text: &str, line: &Line) -> Result<Timestamp, String> {
    let fail = |what: &str| format!("the cosignature of `{}` {what}", key.name().escape_debug());
    let (time, signature) = line
        .signature
        .split_first_chunk::<8>()
        .filter(|(_, signature)| signature.len() == 64)
        .ok_or_else(|| fail("is not a time and 64 bytes"))?;
    let seconds = u64::from_be_bytes(*time);
    if !key.verify(format!("cosignature/v1\ntime {seconds}\n{text}").as_bytes(), signature) {
        return Err(fail("does not hold"));
    }
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.ok_or_else(|| fail("is of a time that no calendar has"))
}
