//! Keys and certificates that count no more: OpenSSH key revocation lists ([PROTOCOL.krl]) and plain lists of public keys.
//!
//! A list that cannot be read to its end is refused: what stands after the place may be the key in question.
//!
//! [PROTOCOL.krl]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.krl

use std::collections::BTreeSet;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::certificate::Certificate;
use super::ssh::{self, SshKey};
use super::wire::Reader;

const MAGIC: &[u8] = b"SSHKRL\n\0";
const FORMAT_VERSION: u32 = 1;

/// The largest revocation list that is read.
pub const MAX_REVOCATION_BYTES: usize = 64 << 20;

/// Why a revocation list cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The list is implausibly large.
    #[error("the revocation list `{name}` is larger than {MAX_REVOCATION_BYTES} bytes")]
    TooLarge {
        /// The file.
        name: String,
    },
    /// A key revocation list that is broken, or of a kind that we do not know.
    #[error("cannot use the key revocation list `{name}`: {reason}")]
    Krl {
        /// The file.
        name: String,
        /// Lower case, no trailing stop.
        reason: &'static str,
    },
    /// Neither a key revocation list nor a list of keys.
    #[error("cannot use the revocation list `{name}`: line {line} is no public key: {reason}")]
    Line {
        /// The file.
        name: String,
        /// 1-based.
        line: usize,
        /// Lower case, no trailing stop.
        reason: String,
    },
}

/// What is revoked.
#[derive(Debug, Default)]
pub struct Revocations {
    /// In the wire format.
    keys: BTreeSet<Vec<u8>>,
    sha1: BTreeSet<Vec<u8>>,
    sha256: BTreeSet<Vec<u8>>,
    certificates: Vec<RevokedCertificates>,
}

/// Certificates of one authority.
#[derive(Debug, Default)]
struct RevokedCertificates {
    /// In the wire format; `None` for every authority.
    authority: Option<Vec<u8>>,
    /// Both ends included.
    serials: Vec<(u64, u64)>,
    /// From a serial number on, one bit for each, the last bit first.
    bitmaps: Vec<(u64, Vec<u8>)>,
    ids: BTreeSet<String>,
}

impl Revocations {
    /// Reads a key revocation list, or lines of public keys with `#` comments between them.
    ///
    /// # Errors
    /// Anything that is not understood to the last byte.
    pub fn read(bytes: &[u8], name: &str) -> Result<Self, Error> {
        if bytes.len() > MAX_REVOCATION_BYTES {
            return Err(Error::TooLarge { name: name.to_owned() });
        }
        if let Some(rest) = bytes.strip_prefix(MAGIC) {
            return read_krl(rest).map_err(|reason| Error::Krl { name: name.to_owned(), reason });
        }
        let mut revocations = Self::default();
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let bad = |reason: String| Error::Line { name: name.to_owned(), line: at + 1, reason };
            let line = std::str::from_utf8(line).map_err(|_| bad("it is not text".to_owned()))?;
            let line = line.trim_start_matches([' ', '\t']);
            if line.starts_with('\r') {
                // To OpenSSH that is no empty line, and it refuses the list.
                return Err(bad("it begins with a carriage return".to_owned()));
            }
            let line = line.trim_end_matches([' ', '\t', '\r']);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            revocations.keys.insert(read_line(line).map_err(bad)?);
        }
        Ok(revocations)
    }

    /// Revokes keys, however they came to be known.
    #[must_use]
    pub fn of_keys(keys: impl IntoIterator<Item = super::PublicKey>) -> Self {
        Self { keys: keys.into_iter().map(super::PublicKey::to_blob).collect(), ..Self::default() }
    }

    /// Says in one clause why a signer is revoked; `None` where it is not.
    pub(super) fn find(&self, signer: &SshKey) -> Option<String> {
        if self.has_key(&signer.to_blob()) {
            return Some("the key is revoked".to_owned());
        }
        let SshKey::Certificate(certificate) = signer else { return None };
        if self.has_key(certificate.authority_blob()) {
            return Some("the key of the certificate's authority is revoked".to_owned());
        }
        self.certificates.iter().find_map(|list| list.find(certificate))
    }

    fn has_key(&self, blob: &[u8]) -> bool {
        self.keys.contains(blob)
            || self.sha256.contains(Sha256::digest(blob).as_slice())
            || self.sha1.contains(Sha1::digest(blob).as_slice())
    }
}

impl RevokedCertificates {
    fn find(&self, certificate: &Certificate) -> Option<String> {
        if self.authority.as_deref().is_some_and(|authority| authority != certificate.authority_blob()) {
            return None;
        }
        if self.ids.contains(certificate.id()) {
            return Some(format!("the certificate `{}` is revoked", certificate.id().escape_debug()));
        }
        // 0 is what an authority writes that does not count its certificates.
        let serial = certificate.serial();
        if serial != 0 && self.has_serial(serial) {
            return Some(format!("the certificate with serial number {serial} is revoked"));
        }
        None
    }

    fn has_serial(&self, serial: u64) -> bool {
        self.serials.iter().any(|(first, last)| (*first..=*last).contains(&serial))
            || self.bitmaps.iter().any(|(offset, bits)| {
                let Some(bit) = serial.checked_sub(*offset).and_then(|bit| usize::try_from(bit).ok()) else {
                    return false;
                };
                bits.iter().rev().nth(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
            })
    }
}

/// The key of a line in the wire format, of whatever type; of a certificate, the key it is for.
fn read_line(line: &str) -> Result<Vec<u8>, String> {
    let (name, blob) = ssh::split_line(line).map_err(|error| error.to_string())?;
    if name.contains("-cert-v") {
        return SshKey::from_blob(&blob).map(|key| key.to_blob()).map_err(|error| error.to_string());
    }
    if ssh::is_well_formed(&blob) { Ok(blob) } else { Err("its fields are not those of its type".to_owned()) }
}

/// Reads on after the magic bytes.
fn read_krl(bytes: &[u8]) -> Result<Revocations, &'static str> {
    const CUT_SHORT: &str = "it is cut short";
    let mut reader = Reader::new(bytes);
    if reader.u32().ok_or(CUT_SHORT)? != FORMAT_VERSION {
        return Err("it is of another version of the format");
    }
    // The list's version, its date and its flags; a reserved field and the comment.
    for _ in 0..3 {
        reader.u64().ok_or(CUT_SHORT)?;
    }
    reader.string().ok_or(CUT_SHORT)?;
    // OpenSSH wants no NUL in it, and so a list that has one is in force nowhere.
    if reader.string().ok_or(CUT_SHORT)?.contains(&0) {
        return Err("its comment has a NUL in it");
    }
    let mut revocations = Revocations::default();
    while !reader.is_empty() {
        let kind = reader.byte().ok_or(CUT_SHORT)?;
        let mut section = Reader::new(reader.string().ok_or(CUT_SHORT)?);
        match kind {
            1 => revocations.certificates.push(read_certificates(&mut section)?),
            2 => read_blobs(&mut section, &mut revocations.keys, None)?,
            3 => read_blobs(&mut section, &mut revocations.sha1, Some(20))?,
            4 => return Err("it is signed, and its signature cannot be checked"),
            5 => read_blobs(&mut section, &mut revocations.sha256, Some(32))?,
            255 => read_extension(&mut section)?,
            _ => return Err("it has a section of unknown kind"),
        }
    }
    Ok(revocations)
}

fn read_blobs(
    section: &mut Reader<'_>,
    into: &mut BTreeSet<Vec<u8>>,
    length: Option<usize>,
) -> Result<(), &'static str> {
    while !section.is_empty() {
        let blob = section.string().ok_or("a section is cut short")?;
        if length.is_some_and(|length| length != blob.len()) {
            return Err("a hash is not of its length");
        }
        into.insert(blob.to_vec());
    }
    Ok(())
}

/// 0 stands for a certificate that was given no number, of which there may be many.
const SERIAL_0: &str = "it revokes the serial number 0, which is none";

/// The place of the highest bit that is set, the last bit being 0.
fn highest_bit(bits: &[u8]) -> Option<u64> {
    let at = bits.iter().position(|byte| *byte != 0)?;
    let below = u64::try_from(bits.len() - at - 1).ok()?;
    below.checked_mul(8)?.checked_add(u64::from(bits[at].ilog2()))
}

fn read_certificates(section: &mut Reader<'_>) -> Result<RevokedCertificates, &'static str> {
    const CUT_SHORT: &str = "a section on certificates is cut short";
    let authority = section.string().ok_or(CUT_SHORT)?;
    if !authority.is_empty() && !ssh::is_well_formed(authority) {
        return Err("a section on certificates is of an authority that is no key");
    }
    section.string().ok_or(CUT_SHORT)?;
    let mut revoked = RevokedCertificates {
        authority: Some(authority.to_vec()).filter(|authority| !authority.is_empty()),
        ..RevokedCertificates::default()
    };
    while !section.is_empty() {
        let kind = section.byte().ok_or(CUT_SHORT)?;
        let mut part = Reader::new(section.string().ok_or(CUT_SHORT)?);
        match kind {
            0x20 => {
                while !part.is_empty() {
                    let serial = part.u64().ok_or(CUT_SHORT)?;
                    if serial == 0 {
                        return Err(SERIAL_0);
                    }
                    revoked.serials.push((serial, serial));
                }
            }
            0x21 => {
                let range = (part.u64().ok_or(CUT_SHORT)?, part.u64().ok_or(CUT_SHORT)?);
                if range.0 > range.1 {
                    return Err("a range of serial numbers ends before it begins");
                }
                if range.0 == 0 {
                    return Err(SERIAL_0);
                }
                revoked.serials.push(range);
            }
            0x22 => {
                let (offset, bits) = (part.u64().ok_or(CUT_SHORT)?, part.string().ok_or(CUT_SHORT)?);
                // An SSH `mpint` with its top bit set would be negative.
                if bits.first().is_some_and(|byte| byte & 0x80 != 0) {
                    return Err("a bitmap of serial numbers is negative");
                }
                if offset == 0 && bits.last().is_some_and(|byte| byte & 1 == 1) {
                    return Err(SERIAL_0);
                }
                if highest_bit(bits).is_some_and(|bit| offset.checked_add(bit).is_none()) {
                    return Err("a bitmap of serial numbers goes on after the largest");
                }
                revoked.bitmaps.push((offset, bits.to_vec()));
            }
            0x23 => {
                while !part.is_empty() {
                    revoked.ids.insert(part.text().ok_or("a certificate's id is no text")?.to_owned());
                }
            }
            0x39 => read_extension(&mut part)?,
            _ => return Err("it has a section on certificates of unknown kind"),
        }
        if !part.is_empty() {
            return Err("a section on certificates has bytes after its last field");
        }
    }
    Ok(revoked)
}

/// Passes over an extension that may be passed over; none is known.
fn read_extension(section: &mut Reader<'_>) -> Result<(), &'static str> {
    let (Some(name), Some(critical), Some(_), true) =
        (section.string(), section.byte(), section.string(), section.is_empty())
    else {
        return Err("an extension is not in its format");
    };
    if name.contains(&0) {
        return Err("the name of an extension has a NUL in it");
    }
    if critical == 0 { Ok(()) } else { Err("it has a critical extension, and none is known") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::sign::key::SecretKey;
    use crate::sign::wire::put_string;

    fn list(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = [MAGIC, &FORMAT_VERSION.to_be_bytes(), &[0; 24], &[0; 8]].concat();
        for (kind, body) in sections {
            bytes.push(*kind);
            put_string(&mut bytes, body);
        }
        bytes
    }

    fn strings(strings: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        strings.iter().for_each(|string| put_string(&mut bytes, string));
        bytes
    }

    fn certificates(authority: &[u8], parts: &[(u8, &[u8])]) -> Vec<u8> {
        let mut body = strings(&[authority, b""]);
        for (kind, part) in parts {
            body.push(*kind);
            put_string(&mut body, part);
        }
        list(&[(1, &body)])
    }

    fn read(bytes: &[u8]) -> Result<Revocations, String> {
        Revocations::read(bytes, "list").map_err(|error| error.to_string())
    }

    fn refused(bytes: &[u8], reason: &str) {
        let error = read(bytes).unwrap_err();
        assert!(error.ends_with(reason), "{error}, not {reason}");
    }

    #[test]
    fn keys_are_revoked_by_themselves_and_by_their_hashes() {
        let [key, other] = [(); 2].map(|()| SshKey::Ed25519(*SecretKey::generate().unwrap().public()));
        let blob = key.to_blob();
        let (sha1, sha256) = (Sha1::digest(&blob), Sha256::digest(&blob));
        for bytes in [
            list(&[(2, &strings(&[&blob]))]),
            list(&[(3, &strings(&[&sha1]))]),
            list(&[(5, &strings(&[&[0; 32], &sha256]))]),
            list(&[
                (255, &strings(&[b"x"]).into_iter().chain([0]).chain(strings(&[b""])).collect::<Vec<_>>()),
                (2, &strings(&[&blob])),
            ]),
            format!("# comment\n\n{}\n", key.to_line()).into_bytes(),
        ] {
            let revocations = read(&bytes).unwrap();
            assert_eq!(revocations.find(&key).as_deref(), Some("the key is revoked"));
            assert_eq!(revocations.find(&other), None);
        }
        let SshKey::Ed25519(public) = key else { unreachable!() };
        assert!(Revocations::of_keys([public]).find(&SshKey::Ed25519(public)).is_some());
        assert!(read(&list(&[])).unwrap().find(&other).is_none());
    }

    fn extension(critical: u8, rest: &[u8]) -> Vec<u8> {
        [&strings(&[b"x"])[..], &[critical], &strings(&[b""]), rest].concat()
    }

    #[test]
    fn a_list_larger_than_any_is_refused_unread() {
        let mut bytes = vec![b'#'; 64 << 20];
        assert!(Revocations::read(&bytes, "list").is_ok());
        bytes.push(b'#');
        assert!(matches!(Revocations::read(&bytes, "list"), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn what_is_not_understood_to_the_last_byte_is_refused() {
        let mut other_version = list(&[]);
        other_version[11] = 2;
        refused(&other_version, "it is of another version of the format");
        let whole = list(&[(5, &strings(&[&[0; 32]]))]);
        for end in MAGIC.len()..whole.len() {
            // A list may end where a section does.
            if end != whole.len() - 41 {
                refused(&whole[..end], "it is cut short");
            }
        }
        refused(&list(&[(3, &strings(&[&[0; 19]]))]), "a hash is not of its length");
        refused(&list(&[(5, &strings(&[&[0; 33]]))]), "a hash is not of its length");
        refused(&list(&[(5, &[0, 0, 0])]), "a section is cut short");
        refused(&list(&[(4, b"")]), "it is signed, and its signature cannot be checked");
        refused(&list(&[(6, b"")]), "it has a section of unknown kind");
        assert!(read(&list(&[(255, &extension(0, b""))])).is_ok());
        refused(&list(&[(255, &extension(1, b""))]), "it has a critical extension, and none is known");
        refused(&list(&[(255, &extension(0, b"x"))]), "an extension is not in its format");
        let named = [&strings(&[b"x\0"])[..], &[0], &strings(&[b""])].concat();
        refused(&list(&[(255, &named)]), "the name of an extension has a NUL in it");
        let commented =
            |comment: &[u8]| [MAGIC, &FORMAT_VERSION.to_be_bytes(), &[0; 24], &strings(&[b"\0", comment])].concat();
        // No text to us, and none to OpenSSH.
        assert!(read(&commented(b"\xff")).is_ok());
        refused(&commented(b"a\0b"), "its comment has a NUL in it");
        let error = read(b"# a comment\n\nno key\n").unwrap_err();
        assert!(error.contains("line 3"), "{error}");
        assert!(read(b" # a comment\r\n \t\n").is_ok());
        refused(b"# a comment\r\n\r\n", "line 2 is no public key: it begins with a carriage return");
    }

    #[test]
    fn serial_numbers_are_those_that_the_parts_name() {
        let range = [5_u64.to_be_bytes(), 9_u64.to_be_bytes()].concat();
        let bitmap = [&16_u64.to_be_bytes()[..], &strings(&[&[0b0000_0001, 0b1000_0010]])].concat();
        let bytes = certificates(
            b"",
            &[(0x20, &[3_u64.to_be_bytes(), 12_u64.to_be_bytes()].concat()), (0x21, &range), (0x22, &bitmap)],
        );
        let revocations = read(&bytes).unwrap();
        let revoked: Vec<u64> = (0..40).filter(|serial| revocations.certificates[0].has_serial(*serial)).collect();
        assert_eq!(revoked, [3, 5, 6, 7, 8, 9, 12, 17, 23, 24]);
        assert_eq!(revocations.certificates[0].authority, None);
        let named = read(&certificates(b"", &[(0x23, &strings(&[b"one", b"two"]))])).unwrap();
        assert_eq!(named.certificates[0].ids.iter().collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn certificates_that_cannot_be_meant_are_refused() {
        let serial = |from: u64, to: u64| [from.to_be_bytes(), to.to_be_bytes()].concat();
        let bitmap = |from: u64, bits: &[u8]| [&from.to_be_bytes()[..], &strings(&[bits])].concat();
        let zero = "it revokes the serial number 0, which is none";
        for (kind, good, bad, reason) in [
            (0x20, 1_u64.to_be_bytes().to_vec(), 0_u64.to_be_bytes().to_vec(), zero),
            (0x21, serial(1, 1), serial(0, 1), zero),
            (0x21, serial(1, 2), serial(2, 1), "a range of serial numbers ends before it begins"),
            (0x21, serial(1, 2), [serial(1, 2), vec![0]].concat(), "has bytes after its last field"),
            (0x22, bitmap(0, &[2]), bitmap(0, &[3]), zero),
            (0x22, bitmap(1, &[1]), bitmap(1, &[0x81]), "a bitmap of serial numbers is negative"),
            // The tenth bit and the eleventh, behind a byte that says nothing.
            (
                0x22,
                bitmap(u64::MAX - 9, &[0, 2, 0]),
                bitmap(u64::MAX - 9, &[0, 4, 0]),
                "a bitmap of serial numbers goes on after the largest",
            ),
            (0x23, strings(&[b"id"]), strings(&[b"\xff"]), "a certificate's id is no text"),
            (0x39, extension(0, b""), extension(1, b""), "it has a critical extension, and none is known"),
            (0x20, vec![], vec![0; 7], "a section on certificates is cut short"),
        ] {
            assert!(read(&certificates(b"", &[(kind, &good)])).is_ok(), "{kind:#x}");
            refused(&certificates(b"", &[(kind, &bad)]), reason);
        }
        refused(&certificates(b"", &[(0x24, b"")]), "it has a section on certificates of unknown kind");
    }

    #[test]
    fn an_authority_is_a_key_of_a_type_that_openssh_knows() {
        let key = SecretKey::generate().unwrap().public().to_blob();
        let rsa = strings(&[b"ssh-rsa", b"\x01\x00\x01", b"\x55"]);
        for authority in [&b""[..], &key, &rsa] {
            let revocations = read(&certificates(authority, &[])).unwrap();
            let expected = Some(authority.to_vec()).filter(|authority| !authority.is_empty());
            assert_eq!(revocations.certificates[0].authority, expected);
        }
        for authority in [&key[..50], &[&key[..], &[0]].concat(), &strings(&[b"ssh-ed2551;", &[0; 32]]), b"x"] {
            refused(&certificates(authority, &[]), "a section on certificates is of an authority that is no key");
        }
    }
}
