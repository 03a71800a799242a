//! The logs and witnesses that a verifier trusts, and how many witnesses are required. <https://c2sp.org/tlog-policy>

use jiff::Timestamp;

use super::note::{VerifierKey, VkeyError};

/// The largest policy file that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 1 << 20;
/// The most members of all groups in a policy file together.
const MAX_MEMBERS: usize = 1024;

/// Why a policy cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A line of a policy file cannot be used.
    #[error("line {line}: {reason}")]
    Line {
        /// The line number, from 1.
        line: usize,
        /// The problem: one clause in lower case, without a final period.
        reason: String,
    },
    /// The file is larger than [`MAX_POLICY_BYTES`].
    #[error("it is larger than {MAX_POLICY_BYTES} bytes")]
    TooLarge,
    /// There is no quorum line (tlog-policy: "A policy file must include exactly one quorum line").
    #[error("there is no `quorum` line")]
    NoQuorum,
    /// A key that cannot be used.
    #[error("the key `{vkey}` cannot be used")]
    Key {
        /// The name of the key.
        vkey: String,
        /// The underlying error.
        source: VkeyError,
    },
    /// A key occurs twice, and would count twice.
    #[error("the key of `{0}` is given twice")]
    Duplicate(String),
    /// The threshold is higher than the number of witnesses.
    #[error("needs {threshold} witnesses, but only {known} {} configured", if *.known == 1 { "is" } else { "are" })]
    Threshold {
        /// The required number of witnesses.
        threshold: usize,
        /// The number of configured witnesses.
        known: usize,
    },
}

/// Trusted logs, trusted witnesses, and the quorum of witnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    witnesses: Vec<Witness>,
    quorum: Rule,
}

/// A witness and its name in the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The name of the witness, used only within the policy.
    pub name: String,
    /// The key of the witness.
    pub key: VerifierKey,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    /// No cosignatures are required.
    None,
    /// The witness at this index of the list.
    Witness(usize),
    /// At least this many of these.
    AtLeast(usize, Vec<Self>),
}

/// Whether the quorum is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quorum {
    /// Reached at this time; `None` if no witnesses are required.
    Reached(Option<Timestamp>),
    Missed,
}

impl Policy {
    /// Returns a policy that trusts these logs and requires cosignatures of at least `threshold` of these witnesses.
    ///
    /// # Errors
    /// [`Error::Key`] if a witness has the key of a log, [`Error::Duplicate`], [`Error::Threshold`].
    pub fn of(logs: Vec<VerifierKey>, witnesses: Vec<VerifierKey>, threshold: usize) -> Result<Self, Error> {
        let mut policy = Self { logs: Vec::new(), witnesses: Vec::new(), quorum: Rule::None };
        for key in logs {
            policy.add_log(key)?;
        }
        for key in witnesses {
            policy.add_witness(key.name().to_owned(), key)?;
        }
        let known = policy.witnesses.len();
        if threshold > known {
            return Err(Error::Threshold { threshold, known });
        }
        if threshold > 0 {
            policy.quorum = Rule::AtLeast(threshold, (0..known).map(Rule::Witness).collect());
        }
        Ok(policy)
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// [`Error::Line`], [`Error::NoQuorum`], [`Error::TooLarge`].
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_POLICY_BYTES {
            return Err(Error::TooLarge);
        }
        let mut reader = Reader::default();
        for (at, line) in bytes.split(|b| *b == b'\n').enumerate() {
            reader.line(line).map_err(|reason| Error::Line { line: at + 1, reason })?;
        }
        let quorum = reader.quorum.ok_or(Error::NoQuorum)?;
        Ok(Self { quorum, ..reader.policy })
    }

    /// Returns the keys of the logs; the name of each key is the origin of its log.
    #[must_use]
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// Returns the witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// Tells whether the quorum is reached, from the time of each witness's cosignature.
    pub(super) fn witnessed_by(&self, times: &[Option<Timestamp>]) -> Quorum {
        match &self.quorum {
            Rule::None => Quorum::Reached(None),
            rule => rule.since(times).map_or(Quorum::Missed, |time| Quorum::Reached(Some(time))),
        }
    }

    fn add_log(&mut self, key: VerifierKey) -> Result<(), Error> {
        if self.logs.iter().any(|known| known.is_same_key(&key)) {
            return Err(Error::Duplicate(key.name().to_owned()));
        }
        self.logs.push(key);
        Ok(())
    }

    fn add_witness(&mut self, name: String, key: VerifierKey) -> Result<(), Error> {
        if self.witnesses.iter().any(|known| known.key.is_same_key(&key)) {
            return Err(Error::Duplicate(key.name().to_owned()));
        }
        if !key.is_cosigner() {
            // tlog-cosignature, "Format": the vkey of a witness has the type 0x04 (or 0x06).
            return Err(Error::Key { vkey: key.name().to_owned(), source: VkeyError::NoCosigner });
        }
        self.witnesses.push(Witness { name, key });
        Ok(())
    }
}

impl Rule {
    /// Returns the time since when the rule has been met: for k of n, the k-th earliest time. If fewer than k witnesses
    /// are dishonest, at least one of these k times is honest, so the entry was in the log by the latest of them.
    fn since(&self, times: &[Option<Timestamp>]) -> Option<Timestamp> {
        match self {
            Self::None => None,
            Self::Witness(at) => times.get(*at).copied().flatten(),
            Self::AtLeast(count, members) => {
                let mut found: Vec<Timestamp> = members.iter().filter_map(|member| member.since(times)).collect();
                found.sort_unstable();
                found.get(count.checked_sub(1)?).copied()
            }
        }
    }
}

/// The part of a policy file that has been read.
struct Reader {
    policy: Policy,
    /// The names defined so far, and whether each is a member of a group.
    names: Vec<(Vec<u8>, Rule, bool)>,
    members: usize,
    quorum: Option<Rule>,
}

impl Default for Reader {
    fn default() -> Self {
        let policy = Policy { logs: Vec::new(), witnesses: Vec::new(), quorum: Rule::None };
        Self { policy, names: Vec::new(), members: 0, quorum: None }
    }
}

impl Reader {
    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        // tlog-policy, "Character set".
        if line.iter().any(|b| (*b < 0x20 && *b != b'\t') || *b == 0x7f) {
            return Err("it contains a control character".to_owned());
        }
        let items: Vec<&[u8]> = line.split(|b| matches!(b, b' ' | b'\t')).filter(|item| !item.is_empty()).collect();
        match items.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", key] | [b"log", key, _] => self.policy.add_log(vkey(key)?).map_err(with_cause),
            [b"witness", name, key] | [b"witness", name, key, _] => {
                let rule = Rule::Witness(self.policy.witnesses.len());
                self.policy.add_witness(lossy(name), vkey(key)?).map_err(with_cause)?;
                self.define(name, rule)
            }
            [b"group", name, count, members @ ..] => {
                let count = match *count {
                    b"all" => members.len(),
                    b"any" => 1,
                    count => decimal(count).ok_or("expected `all`, `any` or a number")?,
                };
                if count == 0 || count > members.len() {
                    return Err(format!("requires {count} of {} members", members.len()));
                }
                let members = members.iter().map(|member| self.member(member)).collect::<Result<_, _>>()?;
                self.define(name, Rule::AtLeast(count, members))
            }
            [b"quorum", name] => {
                if self.quorum.is_some() {
                    return Err("there is more than one `quorum` line".to_owned());
                }
                let rule =
                    if *name == b"none" { Some(Rule::None) } else { self.find(name).map(|(_, rule, _)| rule.clone()) };
                self.quorum = Some(rule.ok_or_else(|| format!("`{}` is not defined above", lossy(name)))?);
                Ok(())
            }
            _ => Err(
                "expected `log VKEY [URL]`, `witness NAME VKEY [URL]`, `group NAME all|any|K NAME…` or `quorum NAME`"
                    .to_owned(),
            ),
        }
    }

    fn find(&mut self, name: &[u8]) -> Option<&mut (Vec<u8>, Rule, bool)> {
        self.names.iter_mut().find(|(known, _, _)| known == name)
    }

    fn define(&mut self, name: &[u8], rule: Rule) -> Result<(), String> {
        if name == b"none" || self.find(name).is_some() {
            return Err(format!("the name `{}` is already used", lossy(name)));
        }
        self.names.push((name.to_vec(), rule, false));
        Ok(())
    }

    fn member(&mut self, name: &[u8]) -> Result<Rule, String> {
        self.members += 1;
        if self.members > MAX_MEMBERS {
            return Err("the groups have too many members".to_owned());
        }
        match self.find(name) {
            None => Err(format!("`{}` is not defined above", lossy(name))),
            // tlog-policy: "Each defined name can be listed as a group member at most once."
            Some((_, _, true)) => Err(format!("`{}` is already a member of a group", lossy(name))),
            Some((_, rule, is_member)) => {
                *is_member = true;
                Ok(rule.clone())
            }
        }
    }
}

/// Returns the message of an error and of its source.
fn with_cause(error: Error) -> String {
    match &error {
        Error::Key { source, .. } => format!("{error}: {source}"),
        _ => error.to_string(),
    }
}

fn vkey(item: &[u8]) -> Result<VerifierKey, String> {
    let text = std::str::from_utf8(item).map_err(|_| "the key is not UTF-8".to_owned())?;
    VerifierKey::parse(text).map_err(|error| format!("the key cannot be used: {error}"))
}

fn decimal(item: &[u8]) -> Option<usize> {
    std::str::from_utf8(item).ok().and_then(super::checkpoint::decimal).and_then(|number| usize::try_from(number).ok())
}

fn lossy(name: &[u8]) -> String {
    String::from_utf8_lossy(name).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use base64ct::{Base64, Encoding as _};
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// Returns the verifier key of a new key, by the formula of signed-note.
    fn vkey(name: &str, kind: u8) -> String {
        vkey_of(name, kind, crate::sign::SecretKey::generate().unwrap().public().as_bytes())
    }

    fn vkey_of(name: &str, kind: u8, key: &[u8]) -> String {
        let key = [&[kind], key].concat();
        let id = Sha256::new().chain_update(name).chain_update("\n").chain_update(&key).finalize();
        let id: String = id[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{name}+{id}+{}", Base64::encode_string(&key))
    }

    /// The example of the specification, with keys.
    fn example() -> String {
        let mut text = format!("log {}\n\n", vkey("log.example", 1));
        for name in ["X1", "X2", "X3"] {
            text += &format!("witness {name} {}\n", vkey(name, 4));
        }
        text += "group X-witnesses 2 X1 X2 X3\n\n";
        for name in ["Y1", "Y2", "Y3"] {
            text += &format!("witness\t {name} {} https://{name}.example/\n", vkey(name, 4));
        }
        text + "group Y-witnesses any Y1 Y2 Y3\n # a comment\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
    }

    fn at(second: i64) -> Option<Timestamp> {
        Some(Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn the_quorum_of_the_specifications_example_is_evaluated() {
        let policy = Policy::read(example().as_bytes()).unwrap();
        assert_eq!((policy.logs().len(), policy.witnesses().len()), (1, 6));
        let quorum = |times: [i64; 6]| policy.witnessed_by(&times.map(|time| (time > 0).then(|| at(time)).flatten()));
        // Two of X and one of Y; reached at the latest of the earliest times that suffice.
        assert_eq!(quorum([1, 2, 0, 9, 0, 0]), Quorum::Reached(at(9)));
        assert_eq!(quorum([1, 7, 5, 3, 4, 0]), Quorum::Reached(at(5)));
        assert_eq!(quorum([7, 7, 7, 1, 1, 1]), Quorum::Reached(at(7)));
        for missed in [[0; 6], [1, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0]] {
            assert_eq!(quorum(missed), Quorum::Missed, "{missed:?}");
        }
        let none = Policy::read(format!("log {}\nquorum none\n", vkey("a", 1)).as_bytes()).unwrap();
        assert_eq!(none.witnessed_by(&[]), Quorum::Reached(None));
        let single = Policy::read(format!("witness a {}\nquorum a", vkey("a", 4)).as_bytes()).unwrap();
        assert_eq!(
            [single.witnessed_by(&[at(3)]), single.witnessed_by(&[None])],
            [Quorum::Reached(at(3)), Quorum::Missed]
        );
    }

    #[test]
    fn malformed_lines_are_reported_with_their_number() {
        let good = example();
        let x1 = good.lines().nth(2).unwrap().to_owned();
        for (text, words) in [
            (good.replace("quorum X-and-Y\n", ""), "there is no `quorum` line"),
            (format!("{good}quorum none\n"), "line 16: there is more than one `quorum` line"),
            (good.replace("quorum X-and-Y", "quorum Z"), "line 15: `Z` is not defined above"),
            (format!("quorum X1\n{good}"), "line 1: `X1` is not defined above"),
            (good.replace("2 X1", "4 X1"), "line 6: requires 4 of 3 members"),
            (good.replace("2 X1", "0 X1"), "line 6: requires 0 of 3"),
            (good.replace("2 X1", "02 X1"), "line 6: expected `all`, `any` or a number"),
            (good.replace("2 X1", "most X1"), "line 6: expected `all`, `any` or a number"),
            (good.replace("2 X1 X2 X3", "all"), "line 6: requires 0 of 0"),
            (good.replace("any Y1 Y2 Y3", "any Y1 X1"), "line 11: `X1` is already a member of a group"),
            (good.replace("any Y1 Y2 Y3", "any Y1 Y1"), "line 11: `Y1` is already a member of a group"),
            (good.replace("any Y1 Y2 Y3", "any none"), "line 11: `none` is not defined above"),
            (good.replace("group Y-witnesses", "group X1"), "line 11: the name `X1` is already used"),
            (good.replace("group Y-witnesses", "group none"), "line 11: the name `none` is already used"),
            (
                format!("{good}{}\n", x1.replace("witness X1", "witness other")),
                "line 16: the key of `X1` is given twice",
            ),
            (good.replace("# a comment", "a comment"), "line 12: expected `log VKEY"),
            (good.replace("log ", "log\u{b}"), "line 1: it contains a control character"),
            (good.replace("log ", "log x"), "line 1: the key cannot be used"),
            (good.replace('\n', "\r\n"), "line 1: it contains a control character"),
            (good.replace("witness X1 X1+", "witness X1 X9+"), "line 3: the key cannot be used"),
            (format!("witness a {}\nquorum a\n", vkey("a", 1)), "line 1: the key `a` cannot be used"),
            (
                format!("witness a {}\nquorum a\n", vkey_of("a", 6, &[7; 1311])),
                "line 1: the key cannot be used: not a public key: an ML-DSA-44 key must have 1312 bytes",
            ),
        ] {
            let error = Policy::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(words), "{words}: {error}");
        }
        assert_eq!(Policy::read(&vec![b'#'; MAX_POLICY_BYTES + 1]), Err(Error::TooLarge));
    }
}
