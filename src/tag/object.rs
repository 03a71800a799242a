//! Splits tag and commit objects into the signed bytes and the signature, like Git's `parse_signature` (in tags, the
//! signature follows the message) and `parse_signed_commit` (in commits, it is a header).

use crate::files::{ObjectFormat, ObjectId, ObjectKind};

/// The lines that start a signature, as in Git's `gpg-interface.c`.
const SIGNATURE_STARTS: [(&[u8], Format); 4] = [
    (b"-----BEGIN PGP SIGNATURE-----", Format::OpenPgp),
    (b"-----BEGIN PGP MESSAGE-----", Format::OpenPgp),
    (b"-----BEGIN SIGNED MESSAGE-----", Format::X509),
    (b"-----BEGIN SSH SIGNATURE-----", Format::Ssh),
];

/// The headers with signatures: over the object in SHA-1 form, and in SHA-256 form (gitformat-signature(5)).
const SHA1_HEADER: &[u8] = b"gpgsig ";
const SHA256_HEADER: &[u8] = b"gpgsig-sha256 ";

/// The format of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// OpenPGP, such as by GnuPG.
    OpenPgp,
    /// X.509, such as by `gpgsm` or gitsign.
    X509,
    /// SSHSIG, as by `ssh-keygen`.
    Ssh,
}

/// The signature of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// There is no signature.
    None,
    /// There is more than one signature of the same kind.
    Repeated,
    /// The armored text of the signature.
    Found(Format, Vec<u8>),
}

/// The parts of a tag or commit object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The name inside a tag, with U+FFFD for bytes that are not UTF-8; `None` for a commit.
    pub name: Option<String>,
    /// The object that a tag points to; of a commit, its tree.
    pub target: ObjectId,
    /// The kind of `target`, as the object claims.
    pub kind: ObjectKind,
    /// The tagger or committer, or `None` if there is no well-formed one.
    pub person: Option<Person>,
    /// The signed bytes.
    pub payload: Vec<u8>,
    /// The signature over the payload.
    pub signature: Signature,
}

/// A tagger or committer, from a header `NAME <MAIL> SECONDS ZONE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `NAME <MAIL>`, with U+FFFD for bytes that are not UTF-8.
    pub who: String,
    /// The time in seconds since 1970.
    pub seconds: i64,
}

/// Splits a tag object into its parts; returns `None` if it does not start with the headers that Git writes.
#[must_use]
pub fn read_tag(bytes: &[u8]) -> Option<Parts> {
    let mut lines = bytes.split_inclusive(|b| *b == b'\n');
    let mut header = |key: &str| lines.next()?.strip_suffix(b"\n")?.strip_prefix(key.as_bytes()).map(<[u8]>::to_vec);
    let target = id(&header("object ")?)?;
    let kind = match header("type ")?.as_slice() {
        b"blob" => ObjectKind::Blob,
        b"tree" => ObjectKind::Tree,
        b"commit" => ObjectKind::Commit,
        b"tag" => ObjectKind::Tag,
        _ => return None,
    };
    let name = String::from_utf8_lossy(&header("tag ")?).into_owned();
    let (before, signature) = split_at_signature(bytes);
    let (payload, others) = without_headers(before);
    let signature = match (signature, others) {
        (_, 2..) => Signature::Repeated,
        (None, _) => Signature::None,
        (Some((format, text)), _) => Signature::Found(format, text.to_vec()),
    };
    let person = person(&payload, b"tagger ");
    Some(Parts { name: Some(name), target, kind, person, payload, signature })
}

/// Splits a commit object into its parts; returns `None` if it does not start with the header that Git writes.
#[must_use]
pub fn read_commit(bytes: &[u8], format: ObjectFormat) -> Option<Parts> {
    let target = id(bytes.split(|b| *b == b'\n').next()?.strip_prefix(b"tree ")?)?;
    let own = match format {
        ObjectFormat::Sha1 => SHA1_HEADER,
        ObjectFormat::Sha256 => SHA256_HEADER,
    };
    let (payload, _) = without_headers(bytes);
    let mut found = headers(bytes).filter(|header| header.text.starts_with(own));
    let signature = match (found.next(), found.next()) {
        (None, _) => Signature::None,
        (Some(_), Some(_)) => Signature::Repeated,
        (Some(header), None) => {
            let mut text = Vec::new();
            for line in header.text.split_inclusive(|b| *b == b'\n') {
                text.extend_from_slice(line.strip_prefix(own).or_else(|| line.strip_prefix(b" ")).unwrap_or(line));
            }
            let format = format_of(&text)?;
            Signature::Found(format, text)
        }
    };
    let person = person(&payload, b"committer ");
    Some(Parts { name: None, target, kind: ObjectKind::Tree, person, payload, signature })
}

fn id(hex: &[u8]) -> Option<ObjectId> {
    std::str::from_utf8(hex).ok().and_then(ObjectId::from_hex)
}

fn format_of(line: &[u8]) -> Option<Format> {
    SIGNATURE_STARTS.iter().find(|(start, _)| line.starts_with(start)).map(|(_, format)| *format)
}

/// Splits before the last line that starts a signature, wherever it is. The rest of the object belongs to the
/// signature.
fn split_at_signature(bytes: &[u8]) -> (&[u8], Option<(Format, &[u8])>) {
    let mut found = None;
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if let Some(format) = format_of(line) {
            found = Some((at, format));
        }
        at += line.len();
    }
    match found {
        None => (bytes, None),
        Some((at, format)) => (&bytes[..at], Some((format, &bytes[at..]))),
    }
}

/// A header with its continuation lines.
struct Header<'a> {
    at: usize,
    text: &'a [u8],
}

/// Returns the headers of an object: everything before its first empty line.
fn headers(bytes: &[u8]) -> impl Iterator<Item = Header<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty() && !rest.starts_with(b"\n"))?;
        let mut end = 0;
        for line in rest.split_inclusive(|b| *b == b'\n') {
            if end > 0 && !line.starts_with(b" ") {
                break;
            }
            end += line.len();
        }
        let header = Header { at, text: &rest[..end] };
        at += end;
        Some(header)
    })
}

/// Returns the bytes without the headers with signatures, and the larger of the numbers of such headers by kind.
fn without_headers(bytes: &[u8]) -> (Vec<u8>, usize) {
    let mut kept = Vec::with_capacity(bytes.len());
    let (mut end, mut sha1, mut sha256) = (0, 0, 0);
    for header in headers(bytes) {
        end = header.at + header.text.len();
        if header.text.starts_with(SHA1_HEADER) {
            sha1 += 1;
        } else if header.text.starts_with(SHA256_HEADER) {
            sha256 += 1;
        } else {
            kept.extend_from_slice(header.text);
        }
    }
    kept.extend_from_slice(&bytes[end..]);
    (kept, sha1.max(sha256))
}

fn person(bytes: &[u8], key: &[u8]) -> Option<Person> {
    let header = headers(bytes).find(|header| header.text.starts_with(key))?;
    let line = header.text.strip_prefix(key)?;
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    // As in Git's `split_ident_line`, the email address ends at the last `>`.
    let mail_end = line.iter().rposition(|b| *b == b'>')?;
    let (who, rest) = line.split_at(mail_end + 1);
    who.contains(&b'<').then_some(())?;
    let seconds = std::str::from_utf8(rest).ok()?.split_ascii_whitespace().next()?.parse().ok()?;
    Some(Person { who: String::from_utf8_lossy(who).into_owned(), seconds })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    const ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const ARMOR: &str = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n";

    fn tag(headers: &str, rest: &str) -> String {
        format!("object {ID}\ntype commit\ntag v1\ntagger A <a@b> 7 +0000\n{headers}\n{rest}")
    }

    #[test]
    fn the_last_start_of_a_signature_counts() {
        let text = tag("", &format!("one\n{ARMOR}two\n{ARMOR}"));
        let parts = read_tag(text.as_bytes()).unwrap();
        assert_eq!(parts.signature, Signature::Found(Format::Ssh, ARMOR.as_bytes().to_vec()));
        assert_eq!(parts.payload, text.strip_suffix(ARMOR).unwrap().as_bytes());
        assert_eq!((parts.name.as_deref(), parts.person.unwrap().seconds), (Some("v1"), 7));
        let inside = read_tag(tag("", "a -----BEGIN SSH SIGNATURE-----\n").as_bytes()).unwrap();
        assert_eq!(inside.signature, Signature::None);
        for (start, format) in SIGNATURE_STARTS {
            let text = tag("", &String::from_utf8_lossy(start));
            assert!(
                matches!(read_tag(text.as_bytes()).unwrap().signature, Signature::Found(found, _) if found == format)
            );
        }
    }

    #[test]
    fn the_signature_over_the_other_object_format_is_not_signed() {
        let text = tag("gpgsig-sha256 -----BEGIN\n more\n", &format!("m\n{ARMOR}"));
        let parts = read_tag(text.as_bytes()).unwrap();
        assert_eq!(parts.payload, tag("", "m\n").as_bytes());
        let twice = tag("gpgsig x\ngpgsig y\n", &format!("m\n{ARMOR}"));
        assert_eq!(read_tag(twice.as_bytes()).unwrap().signature, Signature::Repeated);
        // In the message, it is text.
        let message = tag("", "gpgsig x\n");
        assert_eq!(read_tag(message.as_bytes()).unwrap().payload, message.as_bytes());
    }

    #[test]
    fn rejects_tags_that_git_does_not_write() {
        let good = tag("", "m\n");
        assert!(read_tag(good.as_bytes()).is_some());
        for bad in [
            String::new(),
            good.replace("object ", "object  "),
            good.replace("type commit", "type note"),
            good.replace("tag v1", "name v1"),
            good.replacen('\n', "\ntype commit\n", 1).replace("type commit\ntype", "x\ntype"),
            format!("object {ID}\ntype commit\ntag v1"),
            good.replace("aaaa", "AAAA"),
        ] {
            assert_eq!(read_tag(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(read_tag(good.replace("tagger", "maker").as_bytes()).unwrap().person, None);
    }

    #[test]
    fn a_commit_has_the_signature_of_its_own_format() {
        let text = format!(
            "tree {ID}\ncommitter A <a@b> 7 +0000\ngpgsig -----BEGIN SSH SIGNATURE-----\n AAAA\n \
             -----END SSH SIGNATURE-----\ngpgsig-sha256 -----BEGIN PGP SIGNATURE-----\n B\nencoding x\n\nmessage\n"
        );
        let parts = read_commit(text.as_bytes(), ObjectFormat::Sha1).unwrap();
        assert_eq!(parts.signature, Signature::Found(Format::Ssh, ARMOR.as_bytes().to_vec()));
        let expected = format!("tree {ID}\ncommitter A <a@b> 7 +0000\nencoding x\n\nmessage\n");
        assert_eq!(parts.payload, expected.as_bytes());
        let parts = read_commit(text.as_bytes(), ObjectFormat::Sha256).unwrap();
        assert!(matches!(parts.signature, Signature::Found(Format::OpenPgp, _)));
        let unsigned = read_commit(expected.as_bytes(), ObjectFormat::Sha1).unwrap();
        assert_eq!((unsigned.signature, unsigned.payload), (Signature::None, expected.into_bytes()));
    }
}
