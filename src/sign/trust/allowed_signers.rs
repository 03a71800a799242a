//! Reads `allowed_signers` files ([ssh-keygen(1)], "ALLOWED SIGNERS"): `PRINCIPALS [OPTIONS] TYPE BASE64 [COMMENT]`.
//!
//! Details that the manual leaves open follow `sshsig.c` of OpenSSH; the tests compare the results with those of
//! `ssh-keygen`.
//!
//! [ssh-keygen(1)]: https://man.openbsd.org/ssh-keygen.1#ALLOWED_SIGNERS

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone, TimeZoneTransition};
use jiff::{SignedDuration, Timestamp};

use super::{EcdsaEntry, Entry};
use crate::sign::EcdsaPublicKey;
use crate::sign::key::KeyError;
use crate::sign::ssh::{self, SshKey};
use crate::sign::wire;
use crate::source::Source;

/// Key types of OpenSSH whose signatures cannot be verified. A line with such a key that is malformed is reported as that,
/// and not as a line with unknown options.
const OTHER_KEY_TYPES: &[&str] = &[
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    // OpenSSH 10.6 and later; before that, with the domain, which can be verified.
    "ssh-mldsa44-ed25519",
    "ssh-xmss@openssh.com",
    "ssh-rsa-cert-v01@openssh.com",
    "ssh-dss-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ssh-mldsa44-ed25519-cert-v01",
    "ssh-mldsa44-ed25519-cert-v01@openssh.com",
    "ssh-xmss-cert-v01@openssh.com",
];

/// An `allowed_signers` file with lines that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the allowed signers in `{name}`{}", Lines(.lines))]
pub struct Error {
    /// The name of the file.
    pub name: String,
    /// The lines in the order of the file; at least one.
    pub lines: Vec<BadLine>,
}

/// A line of an `allowed_signers` file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// The line number, from 1.
    pub line: usize,
    /// Why the line cannot be used: one clause in lower case, without a final period.
    pub reason: String,
}

/// A line of an `allowed_signers` file that was passed over because of the type of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The name of the file.
    pub name: String,
    /// The line number, from 1.
    pub line: usize,
    /// The type of the key, for example `ssh-rsa`, and its use if only that is not supported: `ecdsa-sha2-nistp256 as
    /// cert-authority`. Printable ASCII.
    pub key_type: String,
}

/// What a line says.
enum Line {
    /// A blank line or a comment.
    Nothing,
    /// A key of another type.
    OtherKey(String),
    Entry(Box<Entry>),
    Ecdsa(Box<EcdsaEntry>),
}

/// The lines of a file, by what can be done with them.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) entries: Vec<Entry>,
    pub(super) ecdsa: Vec<EcdsaEntry>,
    pub(super) passed_over: Vec<PassedOver>,
}

struct Lines<'a>(&'a [BadLine]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|bad| write!(f, "; line {}: {}", bad.line, bad.reason))
    }
}

/// Reads every line. `time_zone` applies to dates without `Z`.
pub(super) fn read(source: &Source, time_zone: &TimeZone) -> Result<Read, Error> {
    let (mut read, mut bad) = (Read::default(), Vec::new());
    // Editors on Windows write it; as part of the first principal it would keep anyone from matching.
    let text = ssh::without_byte_order_mark(source.text());
    for (at, line) in text.split('\n').enumerate() {
        let line = read_line(line, time_zone);
        match line {
            Ok(Line::Nothing) => {}
            Ok(Line::Entry(entry)) => read.entries.push(*entry),
            Ok(Line::Ecdsa(entry)) => read.ecdsa.push(*entry),
            Ok(Line::OtherKey(key_type)) => {
                read.passed_over.push(PassedOver { name: source.name().to_owned(), line: at + 1, key_type });
            }
            Err(reason) => bad.push(BadLine { line: at + 1, reason }),
        }
    }
    if bad.is_empty() { Ok(read) } else { Err(Error { name: source.name().to_owned(), lines: bad }) }
}

fn read_line(line: &str, time_zone: &TimeZone) -> Result<Line, String> {
    const BLANK: [char; 3] = [' ', '\t', '\r'];
    let line = line.trim_end_matches(BLANK).trim_start_matches([' ', '\t']);
    if line.is_empty() || line.starts_with('#') {
        return Ok(Line::Nothing);
    }
    // It ends a word for OpenSSH, so what looks like the principals would be read as options.
    if line.starts_with('\r') {
        return Err("it starts with a carriage return".to_owned());
    }
    // For OpenSSH, the line ends there.
    if line.contains('\0') {
        return Err("it contains a NUL".to_owned());
    }
    let (principals, rest) = split_principals(line)?;
    if rest.is_empty() {
        return Err("there is no key after the principals".to_owned());
    }
    let (options, key) = match read_key(rest) {
        Ok(key) => (Options::default(), key),
        Err(reason) if begins_with_type(rest) => return Err(reason),
        Err(_) => {
            let (options, rest) = split_options(rest)?;
            let options = Options::read(options, time_zone)?;
            let rest = rest.trim_start_matches(BLANK);
            if rest.is_empty() {
                return Err("there is no key after the options".to_owned());
            }
            (options, read_key(rest)?)
        }
    };
    let key = match key {
        Key::Own(key) => key,
        // It certifies keys for OpenSSH alone.
        Key::Ecdsa(key_type, _) if options.authority => {
            return Ok(Line::OtherKey(format!("{key_type} as cert-authority")));
        }
        Key::Ecdsa(_, key) => {
            return Ok(Line::Ecdsa(Box::new(EcdsaEntry {
                key,
                principals,
                namespaces: options.namespaces,
                valid_after: options.valid_after,
                valid_before: options.valid_before,
            })));
        }
        Key::Other(key_type) => return Ok(Line::OtherKey(key_type)),
    };
    if matches!(key, SshKey::Certificate(_)) {
        return Err("this is a certificate, not a key; list its authority with `cert-authority`".to_owned());
    }
    Ok(Line::Entry(Box::new(Entry {
        key,
        principals: Some(principals),
        authority: options.authority,
        namespaces: options.namespaces,
        valid_after: options.valid_after,
        valid_before: options.valid_before,
    })))
}

/// Splits off the first word, which may have a part in quotes that contains blanks.
fn split_principals(line: &str) -> Result<(String, &str), String> {
    const BLANK: [char; 3] = [' ', '\t', '\r'];
    let end = line.find([' ', '\t', '\r', '"']).ok_or("there is no key after the principals")?;
    let (before, rest) = line.split_at(end);
    let (principals, rest) = match rest.strip_prefix('"') {
        None => (before.to_owned(), rest),
        Some(rest) => {
            let (quoted, rest) = rest.split_once('"').ok_or("a quote is not closed")?;
            (format!("{before}{quoted}"), rest)
        }
    };
    Ok((principals, rest.trim_start_matches(BLANK)))
}

fn begins_with_type(rest: &str) -> bool {
    let name = rest.split([' ', '\t']).next().unwrap_or("");
    OTHER_KEY_TYPES.contains(&name)
        || name.starts_with("ssh-mldsa44")
        || name.starts_with("ssh-ed25519")
        || name.starts_with("sk-ssh-ed25519")
}

/// The key of a line.
#[derive(Debug)]
enum Key {
    Own(SshKey),
    /// A key for signatures of OpenSSF Model Signing, and the name of its type.
    Ecdsa(String, EcdsaPublicKey),
    /// A key of a type whose signatures cannot be verified.
    Other(String),
}

/// Reads a key. A key of another type is one if it repeats the name of its type inside, whether or not the type is known:
/// OpenSSH adds types and changes their names.
fn read_key(text: &str) -> Result<Key, String> {
    // The name inside is the same, or the line is not that of a key.
    let name = text.split([' ', '\t']).next().unwrap_or("");
    match SshKey::from_line(text) {
        Ok(key) => Ok(Key::Own(key)),
        Err(KeyError::Type(_)) if ssh::is_algorithm_name(name) => Ok(match EcdsaPublicKey::parse(text) {
            Ok(key) => Key::Ecdsa(name.to_owned(), key),
            Err(_) => Key::Other(name.to_owned()),
        }),
        Err(_) if is_of_unknown_type(text) => Ok(Key::Other(name.to_owned())),
        Err(error) => Err(error.to_string()),
    }
}

/// Returns whether a text is `NAME BASE64` with the name of a type that nothing is known of, so not even what is inside.
/// `ssh-keygen` passes over such lines. An option of that form would have to begin like a type, or end like one.
fn is_of_unknown_type(text: &str) -> bool {
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    let (Some(name), Some(base64)) = (words.next(), words.next()) else { return false };
    let is_like_a_type = ["ssh-", "sk-", "ecdsa-", "webauthn-sk-"].iter().any(|start| name.starts_with(start))
        || name.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'));
    is_like_a_type
        && !name.contains(['"', '='])
        && ssh::is_algorithm_name(name)
        && !begins_with_type(text)
        && wire::decode_base64(base64).is_some_and(|bytes| !bytes.is_empty())
}

/// Splits at the first blank outside quotes.
fn split_options(text: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                characters.next();
            }
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => return Ok(text.split_at(at)),
            _ => {}
        }
    }
    Err(if quoted { "a quote is not closed" } else { "expected options followed by a key" }.to_owned())
}

#[derive(Debug, Default)]
struct Options {
    authority: bool,
    namespaces: Option<String>,
    valid_after: Option<i64>,
    valid_before: Option<i64>,
}

impl Options {
    fn read(mut text: &str, time_zone: &TimeZone) -> Result<Self, String> {
        let mut options = Self::default();
        loop {
            if let Some(rest) = strip_prefix_ignoring_case(text, "cert-authority") {
                options.authority = true;
                text = rest;
            } else if let Some(rest) = strip_prefix_ignoring_case(text, "namespaces=") {
                let (value, rest) = dequote(rest)?;
                once("namespaces", &mut options.namespaces, value)?;
                text = rest;
            } else if let Some(rest) = strip_prefix_ignoring_case(text, "valid-after=") {
                let (value, rest) = dequote(rest)?;
                once("valid-after", &mut options.valid_after, read_time("valid-after", &value, time_zone)?)?;
                text = rest;
            } else if let Some(rest) = strip_prefix_ignoring_case(text, "valid-before=") {
                let (value, rest) = dequote(rest)?;
                once("valid-before", &mut options.valid_before, read_time("valid-before", &value, time_zone)?)?;
                text = rest;
            }
            if text.is_empty() {
                break;
            }
            // OpenSSH accepts empty options, but not a final comma.
            text = text.strip_prefix(',').ok_or_else(|| format!("unknown option `{}`", text.escape_debug()))?;
            if text.is_empty() {
                return Err("the options end with a comma".to_owned());
            }
        }
        match (options.valid_after, options.valid_before) {
            (Some(after), Some(before)) if before <= after => {
                Err("`valid-before` is not after `valid-after`".to_owned())
            }
            _ => Ok(options),
        }
    }
}

/// Sets the value of an option that may be given only once.
fn once<T>(name: &str, option: &mut Option<T>, value: T) -> Result<(), String> {
    match option.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("`{name}` is given twice")),
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Splits off a quoted value, in which `\"` is a quote.
fn dequote(text: &str) -> Result<(String, &str), String> {
    let rest = text.strip_prefix('"').ok_or("the value of an option must be in quotes")?;
    let mut value = String::new();
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &rest[at + 1..])),
            '\\' => match characters.next_if(|(_, next)| *next == '"') {
                Some(_) => value.push('"'),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    Err("a quote is not closed".to_owned())
}

/// A text that is not a time in OpenSSH's format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TimeError(String);

/// Reads a time in OpenSSH's format, `YYYYMMDD[HHMM[SS]][Z]` (ssh-keygen(1), `verify-time`). Without `Z` it is in
/// `time_zone`.
///
/// # Errors
/// [`TimeError`] if the text is not in this format or the time is out of range, or if it has no `Z` and the time zone is
/// [`TimeZone::unknown`].
pub fn parse_time(text: &str, time_zone: &TimeZone) -> Result<Timestamp, TimeError> {
    let second = read_time("time", text, time_zone).map_err(TimeError)?;
    Timestamp::from_second(second).map_err(|error| TimeError(error.to_string()))
}

/// Reads `YYYYMMDD[HHMM[SS]][Z]` to seconds since 1970.
fn read_time(name: &str, text: &str, time_zone: &TimeZone) -> Result<i64, String> {
    let bad = || format!("`{name}` is not a time: `{}`", text.escape_debug());
    let (utc, digits) = match strip_suffix_ignoring_case(text, "Z").or_else(|| strip_suffix_ignoring_case(text, "UTC"))
    {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if !digits.is_ascii() || ![8, 12, 14].contains(&digits.len()) {
        return Err(bad());
    }
    let field = |from: usize, to: usize, least: i64, most: i64| -> Result<i64, String> {
        // strptime(3) accepts fields padded with spaces.
        let digits = digits.get(from..to).unwrap_or("0").trim_start_matches(' ');
        let value = if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None };
        value.filter(|value| (least..=most).contains(value)).ok_or_else(bad)
    };
    let (year, month, day) = (field(0, 4, 0, 9999)?, field(4, 6, 1, 12)?, field(6, 8, 1, 31)?);
    let (hour, minute, second) = (field(8, 10, 0, 23)?, field(10, 12, 0, 59)?, field(12, 14, 0, 61)?);
    let (Ok(year), Ok(month)) = (i16::try_from(year), i8::try_from(month)) else { return Err(bad()) };
    // As in mktime(3), the 31st of a shorter month is in the next month, and second 61 is in the next minute.
    let month = Date::new(year, month, 1).map_err(|_| bad())?.at(0, 0, 0, 0);
    let within = (day - 1) * 86_400 + hour * 3600 + minute * 60 + second;
    let offset = if utc {
        Offset::UTC
    } else if is_unknown(time_zone) {
        return Err(format!(
            "`{name}` is `{}`, a local time, and the local time zone is not known; write the time in UTC, with `Z` at \
             its end",
            text.escape_debug()
        ));
    } else {
        let local = month.saturating_add(SignedDuration::from_secs(within));
        standard_offset(time_zone, local)
    };
    // Not computed as a timestamp, whose range ends before the last day of the year 9999, a common end of validity.
    let since = month.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_secs();
    let second = since + within - i64::from(offset.seconds());
    // OpenSSH uses 0 for "not given" and rejects it.
    if second > 0 { Ok(second) } else { Err(bad()) }
}

/// Tells whether a time zone stands for none: it could not be determined, or is the tz database's `Factory`, which says
/// that it is not set.
fn is_unknown(time_zone: &TimeZone) -> bool {
    time_zone.is_unknown() || time_zone.iana_name() == Some("Factory")
}

/// Returns the offset of standard time at a local time. OpenSSH passes "no daylight saving time" to mktime(3) all year,
/// so its local times are an hour off in summer; both programs have to agree about when a key expires.
fn standard_offset(time_zone: &TimeZone, local: DateTime) -> Offset {
    let at = time_zone.to_timestamp(local).unwrap_or(Timestamp::MAX);
    let info = time_zone.to_offset_info(at);
    if info.dst().is_std() {
        return info.offset();
    }
    let standard = |transition: &TimeZoneTransition<'_>| transition.dst().is_std();
    let before = time_zone.preceding(at).take(4).find(standard);
    let after = time_zone.following(at).take(4).find(standard);
    after.or(before).map_or(info.offset(), |transition| transition.offset())
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    (end.eq_ignore_ascii_case(suffix) && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::sign::{NAMESPACE, SecretKey, sshsig};

    /// In summer, local times differ from civil time by an hour.
    #[test]
    fn local_times_are_standard_times_as_in_ssh_keygen() {
        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::generate().unwrap();
        std::fs::write(folder.path().join("signature"), sshsig::sign(b"", &key).unwrap()).unwrap();
        for (zone, written, expected) in [
            ("Europe/Berlin", "20200101", "2019-12-31T23:00:00Z"),
            ("Europe/Berlin", "20200701", "2020-06-30T23:00:00Z"),
            ("Europe/Berlin", "202003290230", "2020-03-29T01:30:00Z"),
            ("Europe/Berlin", "202010250230", "2020-10-25T01:30:00Z"),
            ("America/New_York", "20200701120000", "2020-07-01T17:00:00Z"),
            ("Australia/Lord_Howe", "20200101", "2019-12-31T13:30:00Z"),
            ("Asia/Kolkata", "20200701", "2020-06-30T18:30:00Z"),
            ("Asia/Kolkata", "20200701Z", "2020-07-01T00:00:00Z"),
        ] {
            let expected: Timestamp = expected.parse().unwrap();
            let ours = read_time("valid-before", written, &TimeZone::get(zone).unwrap());
            assert_eq!(ours, Ok(expected.as_second()), "{zone} {written}");

            let line = format!("me valid-before=\"{written}\" {}\n", key.public().to_openssh(""));
            std::fs::write(folder.path().join("allowed"), line).unwrap();
            for (second, valid) in [(expected.as_second(), true), (expected.as_second() + 1, false)] {
                let time = Timestamp::from_second(second).unwrap().strftime("%Y%m%d%H%M%SZ").to_string();
                let status = Command::new("ssh-keygen")
                    .args(["-Y", "verify", "-f", "allowed", "-I", "me", "-n", NAMESPACE, "-s", "signature"])
                    .args(["-O", &format!("verify-time={time}")])
                    .current_dir(folder.path())
                    .env("TZ", zone)
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status();
                match status {
                    Ok(status) => assert_eq!(status.success(), valid, "ssh-keygen: {zone} {written} at {time}"),
                    Err(_) => drop(writeln!(std::io::stderr(), "skipped: needs ssh-keygen")),
                }
            }
        }
    }

    #[test]
    fn blanks_within_quotes_do_not_end_the_options() {
        for (text, options, rest) in [
            ("cert-authority ssh-ed25519 A", "cert-authority", " ssh-ed25519 A"),
            ("namespaces=\"a b\"\tssh-ed25519 A", "namespaces=\"a b\"", "\tssh-ed25519 A"),
            ("namespaces=\"a\tb\",valid-after=\"1 2\" k", "namespaces=\"a\tb\",valid-after=\"1 2\"", " k"),
            (r#"namespaces="a\" b" k"#, r#"namespaces="a\" b""#, " k"),
            (r#"namespaces="a\b" k"#, r#"namespaces="a\b""#, " k"),
            // Of two backslashes, the second escapes the quote; before a blank, a backslash means nothing.
            (r#"namespaces="a\\" b" k"#, r#"namespaces="a\\" b""#, " k"),
            (r#"a\ k"#, r#"a\"#, " k"),
        ] {
            assert_eq!(split_options(text), Ok((options, rest)), "{text}");
        }
        assert_eq!(split_options(r#"namespaces="a\" k"#), Err("a quote is not closed".to_owned()));
        assert!(split_options("cert-authority").is_err_and(|reason| reason.contains("followed by a key")));
    }

    #[test]
    fn a_malformed_key_is_not_reported_as_an_unknown_option() {
        for kind in ["ssh-ed25519", "sk-ssh-ed25519@openssh.com", "ssh-rsa"] {
            let key = format!("{kind} AAAA");
            let expected = read_key(&key).map(drop).unwrap_err();
            let found = read_line(&format!("me {key}"), &TimeZone::UTC).map(drop).unwrap_err();
            assert_eq!(found, expected, "{kind}");
            assert!(!found.contains("option"), "{found}");
        }
        let found = read_line("me restrict AAAA", &TimeZone::UTC).map(drop).unwrap_err();
        assert_eq!(found, "unknown option `restrict`");
    }

    /// Returns the line of a key of a type, with some bytes as its only field.
    fn line_of_type(name: &str) -> String {
        let mut blob = Vec::new();
        [name.as_bytes(), b"field"].iter().for_each(|field| wire::put_string(&mut blob, field));
        format!("{name} {}", wire::encode_base64(&blob))
    }

    #[test]
    fn lines_with_keys_of_other_types_are_passed_over_and_named() {
        let key = SecretKey::generate().unwrap().public().to_openssh("");
        let types = OTHER_KEY_TYPES.iter().copied().chain(["ssh-ed448", "ssh-mldsa65@example.org"]);
        let lines: Vec<(String, &str)> = types
            .flat_map(|name| {
                let other = line_of_type(name);
                let options = "namespaces=\"openness@v1\",valid-before=\"20300101Z\"";
                [(format!("pq@example.org {other} comment"), name), (format!("*@b,c {options} {other}\r"), name)]
            })
            .collect();
        let text = lines.iter().map(|(line, _)| format!("{line}\n")).collect::<String>();
        let text = format!("# signers\n{text}\nme {key}\n");
        let Read { entries, ecdsa, passed_over } = read(&Source::new("allowed", text), &TimeZone::UTC).unwrap();
        assert_eq!((entries.len(), ecdsa.len()), (1, 0));
        let found: Vec<_> = passed_over.iter().map(|over| (over.name.as_str(), over.line, &*over.key_type)).collect();
        let expected: Vec<_> = lines.iter().enumerate().map(|(at, (_, name))| ("allowed", at + 2, *name)).collect();
        assert_eq!(found, expected);
        let blob = line_of_type("ssh-ed448");
        let (_, base64) = blob.split_once(' ').unwrap();
        for unknown in [
            format!("me ssh-ed449 {base64}"),
            "me ssh-ed448 AAAA".to_owned(),
            "me sk-ssh-mldsa44-ed25519@openssh.com AAAA comment".to_owned(),
            "me ssh-mldsa-44\tAAAA".to_owned(),
            "me namespaces=\"git\" falcon512@example.org AAAA".to_owned(),
        ] {
            assert!(matches!(read_line(&unknown, &TimeZone::UTC), Ok(Line::OtherKey(_))), "{unknown}");
        }
        for bad in [
            format!("me ssh-ed448 {}", &base64[1..]),
            "me ssh-ed448".to_owned(),
            "me ssh-ed448 key".to_owned(),
            "me ssh-ed448=\"x\" AAAA".to_owned(),
            "me no-touch-required AAAA".to_owned(),
            format!("me restrict {base64}"),
            format!("me restrict {blob}"),
            format!("me valid-before=\"never\" {blob}"),
            format!("me {}", line_of_type("ssh,ed448")),
            format!("me {}", line_of_type("ssh-\u{1b}ed448")),
            format!("me {}", line_of_type(&"x".repeat(65))),
            "me ssh-mldsa44-ed25519".to_owned(),
        ] {
            assert!(read_line(&bad, &TimeZone::UTC).is_err(), "{bad}");
        }
    }

    #[test]
    fn ecdsa_keys_are_read_for_model_signatures() {
        let key = EcdsaPublicKey::parse(include_str!("../../../tests/data/oms/p384.pub.pem")).unwrap();
        let line = key.to_openssh();
        assert_eq!(EcdsaPublicKey::parse(&line).unwrap(), key);
        let text = format!("me@b,you@b valid-before=\"20300101Z\" {line} comment\nca@b cert-authority {line}\n");
        let found = read(&Source::new("allowed", text), &TimeZone::UTC).unwrap();
        assert_eq!((found.entries.len(), found.ecdsa.len(), found.passed_over.len()), (0, 1, 1));
        assert_eq!((found.ecdsa[0].key, found.ecdsa[0].principals.as_str()), (key, "me@b,you@b"));
        assert!(found.ecdsa[0].valid_before.is_some());
    }

    #[test]
    fn a_byte_order_mark_before_the_first_line_is_skipped() {
        let key = SecretKey::generate().unwrap().public().to_openssh("");
        let principals = |text: String| {
            let Read { entries, .. } = read(&Source::new("allowed", text), &TimeZone::UTC).unwrap();
            entries.into_iter().map(|entry| entry.principals.unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(principals(format!("\u{feff}me {key}\r\n")), ["me"]);
        assert_eq!(principals(format!("\u{feff}# signers\nme {key}\n")), ["me"]);
        // Only one, and only there.
        assert_eq!(principals(format!("you {key}\n\u{feff}me {key}\n")), ["you", "\u{feff}me"]);
    }

    #[test]
    fn a_local_time_in_an_unknown_zone_is_refused() {
        let key = SecretKey::generate().unwrap().public().to_openssh("");
        let factory = TimeZone::get("Factory").ok();
        for zone in [TimeZone::unknown(), TimeZone::get("Etc/Unknown").unwrap()].into_iter().chain(factory) {
            for option in
                ["valid-before=\"20260101\"", "valid-after=\"202601010000\"", "valid-before=\"20260101000000\""]
            {
                let error = read_line(&format!("me {option} {key}"), &zone).map(drop).unwrap_err();
                assert!(error.contains("is not known") && error.contains("`Z`"), "{error}");
            }
            // What does not depend on the zone is read as ever.
            for line in [
                format!("me {key}"),
                format!("me valid-before=\"20260101Z\" {key}"),
                format!("me valid-after=\"20250101z\",valid-before=\"202601010000UTC\" {key}"),
            ] {
                assert!(matches!(read_line(&line, &zone), Ok(Line::Entry(_))), "{line}");
            }
            assert!(parse_time("20260101", &zone).is_err() && parse_time("20260101Z", &zone).is_ok());
        }
        let berlin = TimeZone::fixed(jiff::tz::offset(1));
        for zone in [
            TimeZone::UTC,
            TimeZone::get("UTC").unwrap(),
            berlin,
            TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap(),
        ] {
            assert!(matches!(read_line(&format!("me valid-before=\"20260101\" {key}"), &zone), Ok(Line::Entry(_))));
        }
    }

    #[test]
    fn text_of_a_line_is_escaped_in_messages() {
        let source = Source::new("allowed", "me \u{1b}[31m AAAA\n");
        let error = read(&source, &TimeZone::UTC).unwrap_err().to_string();
        assert!(error.contains("\\u{1b}") && !error.contains('\u{1b}'), "{error:?}");
    }
}
