//! Makes signed tags, byte for byte as `git tag -s` does.

use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use super::{TagStatus, object, verify_tag};
use crate::files::ObjectId;
use crate::sign::{Status, Trust};

/// Characters that Git strips from both ends of names and email addresses, in addition to blanks and control characters
/// (`crud` in Git's `ident.c`).
const CRUD: [char; 9] = ['.', ',', ':', ';', '<', '>', '"', '\\', '\''];

/// Why a tag could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name or an address is empty after cleaning.
    #[error("the {what} `{value}` cannot be used in a tag: it contains only punctuation and blanks")]
    Identity {
        /// `name` or `email address`.
        what: &'static str,
        /// The value as given.
        value: String,
    },
    /// The message is empty after cleaning.
    #[error("the message of the tag is empty")]
    NoMessage,
    /// The message contains something where Git would end the tag or start the signature.
    #[error("the message of the tag contains {0}")]
    Message(&'static str),
    /// The signature that was just made does not verify, because the machine or the signing service is faulty.
    #[error("the tag that was just signed does not verify: {0}; do not trust this machine with keys")]
    SelfCheck(String),
}

/// The tagger and the time of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    name: String,
    mail: String,
    time: ZonedDateTime,
}

impl Identity {
    /// Cleans name and email address as Git does. The offset of `time` becomes part of the tag.
    ///
    /// # Errors
    /// [`Error::Identity`] if nothing is left after cleaning.
    pub fn new(name: &str, mail: &str, time: ZonedDateTime) -> Result<Self, Error> {
        let clean = |what: &'static str, value: &str| {
            let cleaned: String = value
                .trim_matches(|c: char| c <= ' ' || CRUD.contains(&c))
                .chars()
                .filter(|c| !matches!(c, '\n' | '<' | '>' | '\0'))
                .collect();
            if cleaned.is_empty() { Err(Error::Identity { what, value: value.to_owned() }) } else { Ok(cleaned) }
        };
        Ok(Self { name: clean("name", name)?, mail: clean("email address", mail)?, time })
    }

    fn to_line(&self) -> String {
        let minutes = self.time.offset().seconds() / 60;
        let (sign, minutes) = if minutes < 0 { ('-', -minutes) } else { ('+', minutes) };
        let seconds = self.time.timestamp().as_second();
        format!("{} <{}> {seconds} {sign}{:02}{:02}", self.name, self.mail, minutes / 60, minutes % 60)
    }
}

/// A tag to be made.
#[derive(Debug, Clone)]
pub struct NewTag<'a> {
    /// The name, which must be valid for Git.
    pub name: &'a str,
    /// The tagged commit.
    pub commit: &'a ObjectId,
    /// The tagger and the time.
    pub tagger: &'a Identity,
    /// The message. Blanks at the ends of lines and repeated empty lines are removed, as Git does.
    pub message: &'a str,
}

impl NewTag<'_> {
    /// Returns the bytes to sign.
    ///
    /// # Errors
    /// [`Error::NoMessage`], [`Error::Message`].
    pub fn payload(&self) -> Result<Vec<u8>, Error> {
        let message = cleaned(self.message);
        if message.is_empty() {
            return Err(Error::NoMessage);
        }
        if message.contains('\0') {
            return Err(Error::Message("a NUL"));
        }
        let payload = format!(
            "object {}\ntype commit\ntag {}\ntagger {}\n\n{message}",
            self.commit,
            self.name,
            self.tagger.to_line()
        );
        match object::read_tag(payload.as_bytes()) {
            Some(parts) if parts.signature == object::Signature::None => Ok(payload.into_bytes()),
            _ => Err(Error::Message("a line that begins like a signature")),
        }
    }

    /// Joins payload and signature, and verifies the tag at the time `at` by a trust in its signer.
    ///
    /// # Errors
    /// [`Error::SelfCheck`] unless the signature is good.
    pub fn finish(payload: &[u8], signature: &str, signer: &Trust, at: Timestamp) -> Result<Vec<u8>, Error> {
        let bytes = [payload, signature.as_bytes()].concat();
        match verify_tag(&bytes, signer, at) {
            Some(facts) if facts.status == TagStatus::Signature(Status::Good) => Ok(bytes),
            Some(facts) => Err(Error::SelfCheck(facts.reason)),
            None => Err(Error::SelfCheck("it cannot be read back".to_owned())),
        }
    }
}

/// Cleans a message as `git stripspace` does.
fn cleaned(message: &str) -> String {
    let mut text = String::new();
    let mut empty = 0;
    for line in message.lines().map(|line| line.trim_end_matches([' ', '\t', '\r', '\u{b}', '\u{c}'])) {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if empty > 0 && !text.is_empty() {
            text.push('\n');
        }
        empty = 0;
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Reads a date as in `GIT_COMMITTER_DATE`: Git's own `[@]SECONDS +HHMM`, RFC 2822, or ISO 8601; an ISO 8601 date
/// without an offset is in `time_zone`, and not accepted if that is unknown. Git accepts more formats than these
/// (git-commit(1), "DATE FORMATS").
#[must_use]
pub fn parse_date(text: &str, time_zone: &TimeZone) -> Option<ZonedDateTime> {
    let text = text.trim();
    if let Some((seconds, zone)) = text.strip_prefix('@').unwrap_or(text).split_once(' ')
        && let Ok(seconds) = seconds.parse::<i64>()
    {
        let (sign, digits) = zone.split_at_checked(1)?;
        let sign = match sign {
            "+" => 1,
            "-" => -1,
            _ => return None,
        };
        if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: i32 = digits.parse().ok()?;
        let offset = jiff::tz::Offset::from_seconds(sign * (number / 100 * 3600 + number % 100 * 60)).ok()?;
        return Some(Timestamp::from_second(seconds).ok()?.to_zoned_datetime(offset.to_time_zone()));
    }
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
        return Some(zoned);
    }
    if let Ok(zoned) = ZonedDateTime::strptime("%Y-%m-%d %H:%M:%S %z", text) {
        return Some(zoned);
    }
    let pieces = Pieces::parse(text).ok()?;
    let moment = DateTime::from_parts(pieces.date(), pieces.time()?);
    match pieces.to_numeric_offset() {
        Some(offset) => offset.to_time_zone().to_zoned_datetime(moment).ok(),
        // As UTC, it would be wrong by hours.
        None if time_zone.is_unknown() => None,
        None => time_zone.to_zoned_datetime(moment).ok(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn at(text: &str) -> String {
        let time = parse_date(text, &TimeZone::UTC).unwrap_or_else(|| panic!("{text}"));
        Identity::new("A", "a@b", time).unwrap().to_line()
    }

    #[test]
    fn dates_are_read_in_the_formats_of_git() {
        assert_eq!(at("1000000000 +0200"), "A <a@b> 1000000000 +0200");
        assert_eq!(at("@7 -0130"), "A <a@b> 7 -0130");
        assert_eq!(at("2001-09-09T01:46:40Z"), "A <a@b> 1000000000 +0000");
        assert_eq!(at("2001-09-09T03:46:40+02:00"), "A <a@b> 1000000000 +0200");
        assert_eq!(at("2001-09-09 03:46:40 +0200"), "A <a@b> 1000000000 +0200");
        let berlin = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(parse_date("2001-09-09T03:46:40", &berlin).unwrap().timestamp().as_second(), 1_000_000_000);
        assert_eq!(parse_date("2001-09-09T03:46:40", &TimeZone::unknown()), None);
        assert!(parse_date("2001-09-09T03:46:40+02:00", &TimeZone::unknown()).is_some());
        assert_eq!(at("Sun, 9 Sep 2001 03:46:40 +0200"), "A <a@b> 1000000000 +0200");
        for bad in ["", "yesterday", "1000000000", "1000000000 0200", "1 +02", "1 +02:0", "2001-09-09"] {
            assert_eq!(parse_date(bad, &TimeZone::UTC), None, "{bad}");
        }
    }

    #[test]
    fn names_are_cleaned_as_git_cleans_them() {
        let time = || parse_date("7 +0000", &TimeZone::UTC).unwrap();
        let clean = |name: &str| Identity::new(name, "<a@b>", time()).map(|identity| identity.to_line());
        assert_eq!(clean(" Dr. A. <Thor>, ").unwrap(), "Dr. A. Thor <a@b> 7 +0000");
        assert_eq!(clean("A\nparent x").unwrap(), "Aparent x <a@b> 7 +0000");
        for bad in ["", " ., ", "<>"] {
            assert!(matches!(clean(bad), Err(Error::Identity { what: "name", .. })), "{bad}");
        }
        assert!(matches!(Identity::new("A", "\n", time()), Err(Error::Identity { what: "email address", .. })));
    }

    #[test]
    fn messages_are_cleaned_and_must_not_contain_a_signature() {
        assert_eq!(cleaned("\n\n a  \n\n\nb\t\r\n# c\n\n"), " a\n\nb\n# c\n");
        let commit = ObjectId::from_hex(&"a".repeat(40)).unwrap();
        let tagger = Identity::new("A", "a@b", parse_date("7 +0000", &TimeZone::UTC).unwrap()).unwrap();
        let payload = |message| NewTag { name: "v1", commit: &commit, tagger: &tagger, message }.payload();
        let text = String::from_utf8(payload("m").unwrap()).unwrap();
        assert_eq!(text, format!("object {commit}\ntype commit\ntag v1\ntagger A <a@b> 7 +0000\n\nm\n"));
        assert!(matches!(payload(" \n"), Err(Error::NoMessage)));
        assert!(matches!(payload("a\0"), Err(Error::Message(_))));
        assert!(matches!(payload("a\n-----BEGIN PGP SIGNATURE-----"), Err(Error::Message(_))));
        assert!(payload("a\n -----BEGIN PGP SIGNATURE-----").is_ok());
    }
}
