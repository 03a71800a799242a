//! Tag and commit objects, taken apart: what is signed, and the signature. The mirror of Git's `parse_signature` (tags, where
//! the signature follows the message) and `parse_signed_commit` (commits, where it is a header).

use crate::git::{ObjectFormat, ObjectId, ObjectKind};

/// The lines that begin a signature, as Git's `gpg-interface.c` has them.
const BEGINNINGS: [(&[u8], Format); 4] = [
    (b"-----BEGIN PGP SIGNATURE-----", Format::OpenPgp),
    (b"-----BEGIN PGP MESSAGE-----", Format::OpenPgp),
    (b"-----BEGIN SIGNED MESSAGE-----", Format::X509),
    (b"-----BEGIN SSH SIGNATURE-----", Format::Ssh),
];

/// The headers that hold signatures: over the object as SHA-1 names it, and as SHA-256 does.
const SHA1_HEADER: &[u8] = b"gpgsig ";
const SHA256_HEADER: &[u8] = b"gpgsig-sha256 ";

/// What made a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// GnuPG.
    OpenPgp,
    /// `gpgsm`, gitsign.
    X509,
    /// `ssh-keygen`.
    Ssh,
}

/// The signature of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// There is none.
    None,
    /// More than one where one belongs.
    Repeated,
    /// The armoured text.
    Found(Format, Vec<u8>),
}

/// An object, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The tag's own name, not UTF-8 as U+FFFD; `None` for a commit.
    pub name: Option<String>,
    /// What a tag tags; of a commit, its tree.
    pub target: ObjectId,
    /// The kind of `target`, by the object's own word.
    pub kind: ObjectKind,
    /// The tagger or committer; `None` where none can be made out.
    pub person: Option<Person>,
    /// The bytes that are signed.
    pub payload: Vec<u8>,
    /// The signature over them.
    pub signature: Signature,
}

/// `NAME <MAIL> SECONDS ZONE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `NAME <MAIL>`, not UTF-8 as U+FFFD.
    pub who: String,
    /// Since 1970.
    pub seconds: i64,
}

/// Takes a tag object apart; `None` where it does not begin as Git writes them.
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

/// Takes a commit object apart; `None` where it does not begin as Git writes them.
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
    BEGINNINGS.iter().find(|(beginning, _)| line.starts_with(beginning)).map(|(_, format)| *format)
}

/// The last line that begins a signature begins the signature, wherever it stands; the rest of the object belongs to it.
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

/// One header, with the lines that continue it.
struct Header<'a> {
    at: usize,
    text: &'a [u8],
}

/// The headers of an object: everything before its first empty line.
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

/// The bytes without the headers that hold signatures, and how many of these there were of the commoner kind.
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
    // As Git's `split_ident_line`: the mail ends at the last `>`.
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
    const ARMOUR: &str = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n";

    fn tag(headers: &str, rest: &str) -> String {
        format!("object {ID}\ntype commit\ntag v1\ntagger A <a@b> 7 +0000\n{headers}\n{rest}")
    }

    #[test]
    fn the_last_beginning_of_a_signature_counts() {
        let text = tag("", &format!("one\n{ARMOUR}two\n{ARMOUR}"));
        let parts = read_tag(text.as_bytes()).unwrap();
        assert_eq!(parts.signature, Signature::Found(Format::Ssh, ARMOUR.as_bytes().to_vec()));
        assert_eq!(parts.payload, text.strip_suffix(ARMOUR).unwrap().as_bytes());
        assert_eq!((parts.name.as_deref(), parts.person.unwrap().seconds), (Some("v1"), 7));
        let inside = read_tag(tag("", "a -----BEGIN SSH SIGNATURE-----\n").as_bytes()).unwrap();
        assert_eq!(inside.signature, Signature::None);
        for (beginning, format) in BEGINNINGS {
            let text = tag("", &String::from_utf8_lossy(beginning));
            assert!(
                matches!(read_tag(text.as_bytes()).unwrap().signature, Signature::Found(found, _) if found == format)
            );
        }
    }

    #[test]
    fn the_signature_over_the_other_name_is_no_part_of_what_is_signed() {
        let text = tag("gpgsig-sha256 -----BEGIN\n more\n", &format!("m\n{ARMOUR}"));
        let parts = read_tag(text.as_bytes()).unwrap();
        assert_eq!(parts.payload, tag("", "m\n").as_bytes());
        let twice = tag("gpgsig x\ngpgsig y\n", &format!("m\n{ARMOUR}"));
        assert_eq!(read_tag(twice.as_bytes()).unwrap().signature, Signature::Repeated);
        // In the message it is text.
        let message = tag("", "gpgsig x\n");
        assert_eq!(read_tag(message.as_bytes()).unwrap().payload, message.as_bytes());
    }

    #[test]
    fn what_git_does_not_write_is_no_tag() {
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
        assert_eq!(parts.signature, Signature::Found(Format::Ssh, ARMOUR.as_bytes().to_vec()));
        let expected = format!("tree {ID}\ncommitter A <a@b> 7 +0000\nencoding x\n\nmessage\n");
        assert_eq!(parts.payload, expected.as_bytes());
        let parts = read_commit(text.as_bytes(), ObjectFormat::Sha256).unwrap();
        assert!(matches!(parts.signature, Signature::Found(Format::OpenPgp, _)));
        let unsigned = read_commit(expected.as_bytes(), ObjectFormat::Sha1).unwrap();
        assert_eq!((unsigned.signature, unsigned.payload), (Signature::None, expected.into_bytes()));
    }
}
