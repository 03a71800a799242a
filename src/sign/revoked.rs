//! Revoked keys and certificates: OpenSSH key revocation lists ([PROTOCOL.krl]) and plain lists of public keys.
//!
//! A list is rejected as a whole if any part of it cannot be read, because that part may revoke the key in question.
//!
//! [PROTOCOL.krl]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.krl

use std::collections::BTreeSet;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::ssh::{self, Certificate, SshKey, SshPublicKey};
use super::wire::Reader;
use crate::hex::encode as hex;

const MAGIC: &[u8] = b"SSHKRL\n\0";
const FORMAT_VERSION: u32 = 1;

/// The largest revocation list that is read, in bytes.
pub const MAX_REVOCATION_BYTES: usize = 64 << 20;

/// Why a revocation list cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The list is larger than [`MAX_REVOCATION_BYTES`].
    #[error("the revocation list `{name}` is larger than {MAX_REVOCATION_BYTES} bytes")]
    TooLarge {
        /// The name of the file.
        name: String,
    },
    /// A key revocation list that is malformed or has unknown parts.
    #[error("cannot use the key revocation list `{name}`: {reason}")]
    Krl {
        /// The name of the file.
        name: String,
        /// The problem: one clause in lower case, without a final period.
        reason: &'static str,
    },
    /// A line of a list of public keys that is not a public key.
    #[error("cannot use the revocation list `{name}`: line {line} is not a public key: {reason}")]
    Line {
        /// The name of the file.
        name: String,
        /// The line number, from 1.
        line: usize,
        /// The problem: one clause in lower case, without a final period.
        reason: String,
    },
}

/// The keys and certificates of a revocation list.
#[derive(Debug, Default)]
pub struct Revocations {
    /// Keys in the SSH wire format.
    keys: BTreeSet<Vec<u8>>,
    /// Hashes of keys in the SSH wire format.
    sha1: BTreeSet<Vec<u8>>,
    sha256: BTreeSet<Vec<u8>>,
    /// Names of keys: SHA-256 in lower-case hex, of the key in DER, of its PEM text, or of the SSH wire format.
    ids: BTreeSet<String>,
    certificates: Vec<RevokedCertificates>,
}

/// The revoked certificates of one authority.
#[derive(Debug, Default)]
struct RevokedCertificates {
    /// The authority's key in the SSH wire format; `None` for every authority.
    authority: Option<Vec<u8>>,
    /// Ranges of serial numbers, both ends included.
    serials: Vec<(u64, u64)>,
    /// Bitmaps of serial numbers: the number of the lowest bit, and the bits in big-endian order.
    bitmaps: Vec<(u64, Vec<u8>)>,
    /// Key ids of certificates.
    ids: BTreeSet<String>,
}

impl Revocations {
    /// Reads a key revocation list, or lines of public keys and `#` comments. `name` is the file name for messages.
    ///
    /// # Errors
    /// [`Error`] unless every byte of the list is understood.
    pub fn read(bytes: &[u8], name: &str) -> Result<Self, Error> {
        if bytes.len() > MAX_REVOCATION_BYTES {
            return Err(Error::TooLarge { name: name.to_owned() });
        }
        if let Some(rest) = bytes.strip_prefix(MAGIC) {
            return read_krl(rest).map_err(|reason| Error::Krl { name: name.to_owned(), reason });
        }
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let mut revocations = Self::default();
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let bad = |reason: String| Error::Line { name: name.to_owned(), line: at + 1, reason };
            let line = std::str::from_utf8(line).map_err(|_| bad("it is not UTF-8".to_owned()))?;
            let line = line.trim_start_matches([' ', '\t']);
            if line.starts_with('\r') {
                // OpenSSH does not treat it as an empty line, and rejects the list.
                return Err(bad("it starts with a carriage return".to_owned()));
            }
            let line = line.trim_end_matches([' ', '\t', '\r']);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            revocations.keys.insert(read_line(line).map_err(bad)?);
        }
        Ok(revocations)
    }

    /// Returns a list that revokes these keys.
    #[must_use]
    pub fn of_keys(keys: impl IntoIterator<Item = super::PublicKey>) -> Self {
        Self { keys: keys.into_iter().map(super::PublicKey::to_blob).collect(), ..Self::default() }
    }

    /// Returns a list that revokes the keys of these names: SHA-256 in lower-case hex, of the key in DER, of its PEM text, or of
    /// the SSH wire format.
    #[must_use]
    pub fn of_ids(ids: impl IntoIterator<Item = String>) -> Self {
        Self { ids: ids.into_iter().collect(), ..Self::default() }
    }

    /// Returns the reason why a signer is revoked, as one clause, or `None` if it is not revoked.
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

    /// Returns whether a key in the wire format of OpenSSH is revoked by itself.
    pub(super) fn has_key(&self, blob: &[u8]) -> bool {
        self.keys.contains(blob)
            || self.sha256.contains(Sha256::digest(blob).as_slice())
            || self.sha1.contains(Sha1::digest(blob).as_slice())
            || self.has_id_of(blob)
    }

    /// Returns whether a key in the wire format of OpenSSH is revoked by its name.
    fn has_id_of(&self, blob: &[u8]) -> bool {
        if self.ids.is_empty() {
            return false;
        }
        let mut ids = vec![hex(&Sha256::digest(blob))];
        if let Ok(key) = SshKey::from_blob(blob) {
            ids.push(SshPublicKey::of(&key).key_id());
            if let SshKey::Ed25519(key) = &key {
                ids.push(key.pem_id());
            }
        }
        ids.iter().any(|id| self.ids.contains(id))
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
        // Authorities that do not number their certificates use 0.
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

/// Reads a line with a key of any type and returns the wire format; of a certificate, that of the key it certifies.
fn read_line(line: &str) -> Result<Vec<u8>, String> {
    let (name, blob) = ssh::split_line(line).map_err(|error| error.to_string())?;
    if name.contains("-cert-v") {
        return SshKey::from_blob(&blob).map(|key| key.to_blob()).map_err(|error| error.to_string());
    }
    if ssh::is_well_formed(&blob) { Ok(blob) } else { Err("its fields do not match its type".to_owned()) }
}

/// Reads a key revocation list after its magic bytes.
fn read_krl(bytes: &[u8]) -> Result<Revocations, &'static str> {
    const TRUNCATED: &str = "it is truncated";
    let mut reader = Reader::new(bytes);
    if reader.u32().ok_or(TRUNCATED)? != FORMAT_VERSION {
        return Err("its format version is not supported");
    }
    // The version of the list, its date and its flags, then a reserved field and the comment.
    for _ in 0..3 {
        reader.u64().ok_or(TRUNCATED)?;
    }
    reader.string().ok_or(TRUNCATED)?;
    // OpenSSH rejects lists with a NUL in the comment.
    if reader.string().ok_or(TRUNCATED)?.contains(&0) {
        return Err("its comment contains a NUL");
    }
    let mut revocations = Revocations::default();
    while !reader.is_empty() {
        let kind = reader.byte().ok_or(TRUNCATED)?;
        let mut section = Reader::new(reader.string().ok_or(TRUNCATED)?);
        match kind {
            1 => revocations.certificates.push(read_certificates(&mut section)?),
            2 => read_blobs(&mut section, &mut revocations.keys, None)?,
            3 => read_blobs(&mut section, &mut revocations.sha1, Some(20))?,
            4 => return Err("it is signed, and its signature cannot be verified"),
            5 => read_blobs(&mut section, &mut revocations.sha256, Some(32))?,
            255 => read_extension(&mut section)?,
            _ => return Err("it has a section of an unknown type"),
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
        let blob = section.string().ok_or("a section is truncated")?;
        if length.is_some_and(|length| length != blob.len()) {
            return Err("a hash has the wrong length");
        }
        into.insert(blob.to_vec());
    }
    Ok(())
}

/// 0 means that a certificate has no serial number; there may be many of them.
const SERIAL_0: &str = "it revokes the serial number 0, which means no number";

/// Returns the position of the highest bit that is set; the last bit has position 0.
fn highest_bit(bits: &[u8]) -> Option<u64> {
    let at = bits.iter().position(|byte| *byte != 0)?;
    let below = u64::try_from(bits.len() - at - 1).ok()?;
    below.checked_mul(8)?.checked_add(u64::from(bits[at].ilog2()))
}

fn read_certificates(section: &mut Reader<'_>) -> Result<RevokedCertificates, &'static str> {
    const TRUNCATED: &str = "a section about certificates is truncated";
    let authority = section.string().ok_or(TRUNCATED)?;
    if !authority.is_empty() && !ssh::is_well_formed(authority) {
        return Err("a section about certificates names an authority that is not a key");
    }
    section.string().ok_or(TRUNCATED)?;
    let mut revoked = RevokedCertificates {
        authority: Some(authority.to_vec()).filter(|authority| !authority.is_empty()),
        ..RevokedCertificates::default()
    };
    while !section.is_empty() {
        let kind = section.byte().ok_or(TRUNCATED)?;
        let mut part = Reader::new(section.string().ok_or(TRUNCATED)?);
        match kind {
            0x20 => {
                while !part.is_empty() {
                    let serial = part.u64().ok_or(TRUNCATED)?;
                    if serial == 0 {
                        return Err(SERIAL_0);
                    }
                    revoked.serials.push((serial, serial));
                }
            }
            0x21 => {
                let range = (part.u64().ok_or(TRUNCATED)?, part.u64().ok_or(TRUNCATED)?);
                if range.0 > range.1 {
                    return Err("a range of serial numbers ends before it starts");
                }
                if range.0 == 0 {
                    return Err(SERIAL_0);
                }
                revoked.serials.push(range);
            }
            0x22 => {
                let (offset, bits) = (part.u64().ok_or(TRUNCATED)?, part.string().ok_or(TRUNCATED)?);
                // An SSH `mpint` with its top bit set would be negative.
                if bits.first().is_some_and(|byte| byte & 0x80 != 0) {
                    return Err("a bitmap of serial numbers is negative");
                }
                if offset == 0 && bits.last().is_some_and(|byte| byte & 1 == 1) {
                    return Err(SERIAL_0);
                }
                if highest_bit(bits).is_some_and(|bit| offset.checked_add(bit).is_none()) {
                    return Err("a bitmap of serial numbers extends beyond the largest number");
                }
                revoked.bitmaps.push((offset, bits.to_vec()));
            }
            0x23 => {
                while !part.is_empty() {
                    revoked.ids.insert(part.text().ok_or("a certificate's key id is not text")?.to_owned());
                }
            }
            0x39 => read_extension(&mut part)?,
            _ => return Err("it has a section about certificates of an unknown type"),
        }
        if !part.is_empty() {
            return Err("a section about certificates has bytes after its last field");
        }
    }
    Ok(revoked)
}

/// Skips an extension unless it is critical. No extensions are known.
fn read_extension(section: &mut Reader<'_>) -> Result<(), &'static str> {
    let (Some(name), Some(critical), Some(_), true) =
        (section.string(), section.byte(), section.string(), section.is_empty())
    else {
        return Err("an extension is malformed");
    };
    if name.contains(&0) {
        return Err("the name of an extension contains a NUL");
    }
    if critical == 0 { Ok(()) } else { Err("it has an unknown critical extension") }
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
    fn keys_are_revoked_directly_and_by_their_hashes() {
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
        for id in [public.key_id(), public.pem_id(), hex(&sha256)] {
            let revocations = Revocations::of_ids([id]);
            assert!(revocations.find(&SshKey::Ed25519(public)).is_some() && revocations.find(&other).is_none());
        }
        assert!(read(&list(&[])).unwrap().find(&other).is_none());
    }

    fn extension(critical: u8, rest: &[u8]) -> Vec<u8> {
        [&strings(&[b"x"])[..], &[critical], &strings(&[b""]), rest].concat()
    }

    #[test]
    fn rejects_a_list_that_is_too_large() {
        let mut bytes = vec![b'#'; 64 << 20];
        assert!(Revocations::read(&bytes, "list").is_ok());
        bytes.push(b'#');
        assert!(matches!(Revocations::read(&bytes, "list"), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn rejects_lists_that_are_not_understood_completely() {
        let mut other_version = list(&[]);
        other_version[11] = 2;
        refused(&other_version, "its format version is not supported");
        let whole = list(&[(5, &strings(&[&[0; 32]]))]);
        for end in MAGIC.len()..whole.len() {
            // A list may end after any section.
            if end != whole.len() - 41 {
                refused(&whole[..end], "it is truncated");
            }
        }
        refused(&list(&[(3, &strings(&[&[0; 19]]))]), "a hash has the wrong length");
        refused(&list(&[(5, &strings(&[&[0; 33]]))]), "a hash has the wrong length");
        refused(&list(&[(5, &[0, 0, 0])]), "a section is truncated");
        refused(&list(&[(4, b"")]), "it is signed, and its signature cannot be verified");
        refused(&list(&[(6, b"")]), "it has a section of an unknown type");
        assert!(read(&list(&[(255, &extension(0, b""))])).is_ok());
        refused(&list(&[(255, &extension(1, b""))]), "it has an unknown critical extension");
        refused(&list(&[(255, &extension(0, b"x"))]), "an extension is malformed");
        let named = [&strings(&[b"x\0"])[..], &[0], &strings(&[b""])].concat();
        refused(&list(&[(255, &named)]), "the name of an extension contains a NUL");
        let commented =
            |comment: &[u8]| [MAGIC, &FORMAT_VERSION.to_be_bytes(), &[0; 24], &strings(&[b"\0", comment])].concat();
        // The comment need not be UTF-8.
        assert!(read(&commented(b"\xff")).is_ok());
        refused(&commented(b"a\0b"), "its comment contains a NUL");
        let error = read(b"# a comment\n\nnot a key\n").unwrap_err();
        assert!(error.contains("line 3"), "{error}");
        assert!(read(b" # a comment\r\n \t\n").is_ok());
        refused(b"# a comment\r\n\r\n", "line 2 is not a public key: it starts with a carriage return");
    }

    #[test]
    fn serial_numbers_are_revoked_one_by_one_by_range_and_by_bitmap() {
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
    fn rejects_malformed_sections_about_certificates() {
        let serial = |from: u64, to: u64| [from.to_be_bytes(), to.to_be_bytes()].concat();
        let bitmap = |from: u64, bits: &[u8]| [&from.to_be_bytes()[..], &strings(&[bits])].concat();
        let zero = SERIAL_0;
        for (kind, good, bad, reason) in [
            (0x20, 1_u64.to_be_bytes().to_vec(), 0_u64.to_be_bytes().to_vec(), zero),
            (0x21, serial(1, 1), serial(0, 1), zero),
            (0x21, serial(1, 2), serial(2, 1), "a range of serial numbers ends before it starts"),
            (0x21, serial(1, 2), [serial(1, 2), vec![0]].concat(), "has bytes after its last field"),
            (0x22, bitmap(0, &[2]), bitmap(0, &[3]), zero),
            (0x22, bitmap(1, &[1]), bitmap(1, &[0x81]), "a bitmap of serial numbers is negative"),
            // The tenth bit and the eleventh, after a zero byte.
            (
                0x22,
                bitmap(u64::MAX - 9, &[0, 2, 0]),
                bitmap(u64::MAX - 9, &[0, 4, 0]),
                "a bitmap of serial numbers extends beyond the largest number",
            ),
            (0x23, strings(&[b"id"]), strings(&[b"\xff"]), "a certificate's key id is not text"),
            (0x39, extension(0, b""), extension(1, b""), "it has an unknown critical extension"),
            (0x20, vec![], vec![0; 7], "a section about certificates is truncated"),
        ] {
            assert!(read(&certificates(b"", &[(kind, &good)])).is_ok(), "{kind:#x}");
            refused(&certificates(b"", &[(kind, &bad)]), reason);
        }
        refused(&certificates(b"", &[(0x24, b"")]), "it has a section about certificates of an unknown type");
    }

    #[test]
    fn an_authority_must_be_a_key_of_a_type_that_openssh_knows() {
        let key = SecretKey::generate().unwrap().public().to_blob();
        let rsa = strings(&[b"ssh-rsa", b"\x01\x00\x01", b"\x55"]);
        for authority in [&b""[..], &key, &rsa] {
            let revocations = read(&certificates(authority, &[])).unwrap();
            let expected = Some(authority.to_vec()).filter(|authority| !authority.is_empty());
            assert_eq!(revocations.certificates[0].authority, expected);
        }
        for authority in [&key[..50], &[&key[..], &[0]].concat(), &strings(&[b"ssh-ed2551;", &[0; 32]]), b"x"] {
            refused(&certificates(authority, &[]), "a section about certificates names an authority that is not a key");
        }
    }
}
