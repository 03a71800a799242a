//! Questions put to `ssh-keygen` and to this program, and how many of the answers agree.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use openness::sign::{Envelope, NAMESPACE, Revocations, Status, Trust};
use openness::source::Source;

use super::keygen::{MESSAGE, SshKeygen};
use crate::common::env::with_input;

/// Where we say no and `ssh-keygen` says yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stricter {
    BadLine,
    Untouched,
    CriticalOption,
    Algorithm,
    WeakKey,
    CertificateIsNoKey,
    Text,
    Armour,
    Base64,
    Malleable,
    Nobody,
}

/// Where we say yes and `ssh-keygen` says no, or did so once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Laxer {
    LineEnds,
    Newer,
}

pub(crate) const LAXER_REASONS: &[(Laxer, &str)] = &[
    (
        Laxer::LineEnds,
        "Git may have checked a signature file out with Windows' line ends; the bytes within are the same",
    ),
    (Laxer::Newer, "OpenSSH reads extensions of revocation lists that are not critical only from 9.4 on"),
];

/// Why. Each must be met by at least one question of the table that names it.
pub(crate) const REASONS: &[(Stricter, &str)] = &[
    (Stricter::BadLine, "a list with a line that cannot be used is refused whole; ssh-keygen passes over the line"),
    (Stricter::Untouched, "a FIDO key must have been touched; ssh-keygen does not look at the flag"),
    (
        Stricter::CriticalOption,
        "a certificate's critical option cannot be obeyed here; ssh-keygen does not look at them",
    ),
    (Stricter::Algorithm, "only Ed25519 is verified, not RSA, DSA and ECDSA"),
    (Stricter::WeakKey, "keys and commitments of small or mixed order have more than one meaning"),
    (
        Stricter::CertificateIsNoKey,
        "a line of a list that names a certificate as key says another thing than it seems to",
    ),
    (Stricter::Text, "names and applications are UTF-8 without NUL"),
    (Stricter::Armour, "a signature file is its armour and nothing after it, in one spelling of base64"),
    (Stricter::Base64, "a key has one spelling, without a carriage return within"),
    (
        Stricter::Malleable,
        "the S of a signature is below the order of the group; ssh-keygen lets the second spelling pass",
    ),
    (Stricter::Nobody, "an identity of no letters is a variable that was not set, and nobody"),
];

/// May `who` sign at that time, by this list, without being on that one?
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// For the message of a failure.
    pub(crate) what: String,
    pub(crate) allowed: Vec<u8>,
    pub(crate) who: String,
    /// Seconds since 1970.
    pub(crate) at: i64,
    pub(crate) signature: String,
    pub(crate) message: Vec<u8>,
    pub(crate) revoked: Option<Vec<u8>>,
    /// We may say no for that reason, though `ssh-keygen` says yes.
    pub(crate) stricter: Option<Stricter>,
    /// The reverse.
    pub(crate) laxer: Option<Laxer>,
}

impl Question {
    pub(crate) fn new(allowed: impl Into<Vec<u8>>, who: &str, at: i64, signature: &str) -> Self {
        let allowed = allowed.into();
        Self {
            what: format!("`{}` for {who:?} at {at}", String::from_utf8_lossy(&allowed).escape_debug()),
            allowed,
            who: who.to_owned(),
            at,
            signature: signature.to_owned(),
            message: MESSAGE.to_vec(),
            revoked: None,
            stricter: None,
            laxer: None,
        }
    }

    pub(crate) fn named(mut self, what: impl Into<String>) -> Self {
        self.what = what.into();
        self
    }

    pub(crate) fn stricter(mut self, why: Stricter) -> Self {
        self.stricter = Some(why);
        self
    }

    pub(crate) fn laxer(mut self, why: Laxer) -> Self {
        self.laxer = Some(why);
        self
    }

    pub(crate) fn revoked(mut self, list: impl Into<Vec<u8>>) -> Self {
        self.revoked = Some(list.into());
        self
    }

    /// Our answer, and why.
    pub(crate) fn ours(&self) -> (bool, String) {
        let trust = match std::str::from_utf8(&self.allowed) {
            Ok(text) => Trust::of_allowed_signers(&Source::new("allowed", text), &jiff::tz::TimeZone::system()),
            Err(_) => return (false, "the list is no text".to_owned()),
        };
        let mut trust = match trust {
            Ok(trust) => trust.with_identity(self.who.clone()),
            Err(error) => return (false, error.to_string()),
        };
        if let Some(list) = &self.revoked {
            match Revocations::read(list, "revoked") {
                Ok(list) => trust = trust.revoke(list),
                Err(error) => return (false, error.to_string()),
            }
        }
        let opened = match Envelope::read_sshsig(self.signature.as_bytes(), &self.message) {
            Ok(envelope) => envelope.verify(&trust, Timestamp::from_second(self.at).unwrap()),
            Err(error) => return (false, error.to_string()),
        };
        if opened.status == Status::Good {
            assert_eq!(opened.principal.as_deref(), Some(self.who.as_str()), "{}", self.what);
        }
        (opened.status == Status::Good, format!("{}: {}", opened.status.as_str(), opened.reason))
    }

    /// The answer of `ssh-keygen`, and what it said.
    pub(crate) fn theirs(&self, keygen: &SshKeygen, number: usize) -> (bool, String) {
        let name = |kind: &str| format!("{kind}{number}");
        let time = Timestamp::from_second(self.at).unwrap().strftime("%Y%m%d%H%M%SZ");
        keygen.write(&name("allowed"), &self.allowed);
        keygen.write(&name("signature"), &self.signature);
        let mut command = keygen.command();
        command.args(["-Y", "verify", "-f", &name("allowed"), "-I", &self.who, "-n", NAMESPACE]);
        command.args(["-s", &name("signature"), "-O", &format!("verify-time={time}")]);
        if let Some(list) = &self.revoked {
            keygen.write(&name("revoked"), list);
            command.args(["-r", &name("revoked")]);
        }
        let ran = with_input(&mut command, &self.message);
        for kind in ["allowed", "signature", "revoked"] {
            let _ = std::fs::remove_file(keygen.path(&name(kind)));
        }
        (ran.status == 0, ran.text())
    }
}

/// How many answers were what.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) yes: usize,
    pub(crate) no: usize,
    stricter: BTreeMap<Stricter, usize>,
    laxer: BTreeMap<Laxer, usize>,
    wrong: Vec<String>,
}

/// Gives every item to several threads, as `ssh-keygen` is mostly waited for.
pub(crate) fn each<T: Sync>(items: &[T], work: impl Fn(usize, &T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let at = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(item) = items.get(at)
                {
                    work(at, item);
                }
            });
        }
    });
}

/// Asks all, and wants agreement. `yes` and `no` are the least of each that the two must agree on: a table that is refused
/// whole, or let pass whole, says nothing.
pub(crate) fn ask(keygen: &SshKeygen, about: &str, questions: &[Question], yes: usize, no: usize) {
    let tally = Mutex::new(Tally::default());
    each(questions, |number, question| {
        let (theirs, said) = question.theirs(keygen, number);
        let (ours, reason) = question.ours();
        let mut tally = tally.lock().unwrap();
        match (theirs, ours, question.stricter, question.laxer) {
            (true, true, ..) => tally.yes += 1,
            (false, false, ..) => tally.no += 1,
            (true, false, Some(why), _) => *tally.stricter.entry(why).or_default() += 1,
            (false, true, _, Some(why)) => *tally.laxer.entry(why).or_default() += 1,
            _ => {
                let mut text = question.what.clone();
                let _ = write!(text, "\n  ssh-keygen: {theirs}: {}\n  we: {ours}: {reason}", said.trim());
                tally.wrong.push(text);
            }
        }
    });
    let tally = tally.into_inner().unwrap();
    report(about, questions.len(), &tally);
    assert!(tally.wrong.is_empty(), "{about}: {} differ:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
    assert!(tally.yes >= yes && tally.no >= no, "{about}: too few are left of the table: {tally:?}");
    for why in questions.iter().filter_map(|question| question.stricter) {
        assert!(tally.stricter.contains_key(&why), "{about}: {why:?} explains no difference");
    }
}

fn report(about: &str, asked: usize, tally: &Tally) {
    let mut text = format!("{about}: asked {asked}, both yes {}, both no {}", tally.yes, tally.no);
    for (why, count) in &tally.stricter {
        let (_, reason) = REASONS.iter().find(|(other, _)| other == why).unwrap();
        let _ = write!(text, "\n  stricter on purpose {count}: {reason}");
    }
    for (why, count) in &tally.laxer {
        let (_, reason) = LAXER_REASONS.iter().find(|(other, _)| other == why).unwrap();
        let _ = write!(text, "\n  laxer on purpose {count}: {reason}");
    }
    println!("{text}");
}
