//! Signed notes: text followed by signature lines of named keys. <https://c2sp.org/signed-note>

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

use crate::sign::{KeyError, PublicKey, mldsa};

/// The most signature lines that are read; the specification requires support for at least 16.
pub const MAX_SIGNATURES: usize = 128;

/// "Signature types": Ed25519 over the text.
const ED25519: u8 = 0x01;
/// "Signature types": timestamped Ed25519 cosignatures.
const COSIGNATURE: u8 = 0x04;
/// "Signature types": timestamped ML-DSA-44 cosignatures.
const ML_DSA_44: u8 = 0x06;

/// A text that is not a signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedNote(pub(super) &'static str);

/// A note whose signatures have not been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The signed text, with its final line feed but without the empty line.
    pub text: String,
    /// The signature lines in the order of the note.
    pub signatures: Vec<Line>,
}

/// A signature line: `— NAME BASE64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The name of the key.
    pub name: String,
    /// The id of the key.
    pub id: [u8; 4],
    /// The bytes after the id.
    pub signature: Vec<u8>,
}

impl Note {
    /// Splits a note into text and signature lines (signed-note, "Format").
    ///
    /// # Errors
    /// [`MalformedNote`].
    pub fn read(note: &str) -> Result<Self, MalformedNote> {
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(MalformedNote("the signed note contains a control character"));
        }
        let at = note.rfind("\n\n").ok_or(MalformedNote("the signed note has no empty line before its signatures"))?;
        let (text, signatures) = (&note[..=at], &note[at + 2..]);
        let signatures = signatures.strip_suffix('\n');
        let signatures = signatures.ok_or(MalformedNote("the signed note does not end with a signature line"))?;
        let signatures = signatures.split('\n').map(Line::read).collect::<Option<Vec<_>>>();
        let signatures = signatures.ok_or(MalformedNote("the signed note has a malformed signature line"))?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(MalformedNote("the signed note has too many signatures"));
        }
        Ok(Self { text: text.to_owned(), signatures })
    }
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        let signature = decode(signature)?;
        let (id, signature) = signature.split_first_chunk()?;
        let is_whole = is_name(name) && !signature.is_empty();
        is_whole.then(|| Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }
}

/// Why a text cannot be used as a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VkeyError {
    /// The text does not have the three parts.
    #[error("expected `NAME+ID+KEY`: a name without blanks, eight hex digits, and a key in base64")]
    Syntax,
    /// The id does not belong to the key.
    #[error("its key id is `{found}`, but the id of the key is `{expected}`")]
    Id {
        /// The id in the text, in hex.
        found: String,
        /// The id computed from name and key, in hex.
        expected: String,
    },
    /// An unsupported signature type (signed-note, "Signature types").
    #[error(
        "its signature type is 0x{0:02x}; only Ed25519 (0x01), and cosignatures of Ed25519 (0x04) and ML-DSA-44 (0x06), are supported"
    )]
    Type(u8),
    /// The key of a log instead of a witness.
    #[error("its signature type is 0x01; witnesses need keys of type 0x04 or 0x06")]
    NoCosigner,
    /// The public key is invalid.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A named public key (signed-note, "Verifier keys").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    material: Material,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Ed25519(PublicKey),
    Cosigner(PublicKey),
    PostQuantumCosigner(Box<[u8; mldsa::KEY_BYTES]>),
}

/// How a key signs a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// The text of the note.
    Text,
    /// A time and the text of the note (tlog-cosignature, "Ed25519 signed message").
    TimedText,
    /// A time, the names of cosigner and log, and the tree (tlog-cosignature, "ML-DSA-44 signed message").
    TimedTree,
}

impl Scheme {
    /// Returns the length of a signature in bytes, without the time.
    pub(super) fn signature_bytes(self) -> usize {
        match self {
            Self::Text | Self::TimedText => 64,
            Self::TimedTree => mldsa::SIGNATURE_BYTES,
        }
    }
}

impl VerifierKey {
    /// Reads a vkey, `NAME+ID+KEY`.
    ///
    /// # Errors
    /// [`VkeyError`].
    pub fn parse(vkey: &str) -> Result<Self, VkeyError> {
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(VkeyError::Syntax);
        };
        let is_id = id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let key = decode(key).filter(|_| is_id && is_name(name)).ok_or(VkeyError::Syntax)?;
        let (kind, material) = key.split_first().ok_or(VkeyError::Syntax)?;
        let ed25519 = || -> Result<PublicKey, VkeyError> {
            Ok(PublicKey::from_bytes(material.try_into().map_err(|_| VkeyError::Syntax)?)?)
        };
        let digest = Sha256::new().chain_update(name).chain_update("\n").chain_update(&key).finalize();
        let computed = [digest[0], digest[1], digest[2], digest[3]];
        let expected: String = computed.iter().map(|byte| format!("{byte:02x}")).collect();
        let material = match *kind {
            ED25519 => Material::Ed25519(ed25519()?),
            COSIGNATURE => Material::Cosigner(ed25519()?),
            ML_DSA_44 => {
                const LENGTH: KeyError = KeyError::Syntax("an ML-DSA-44 key must have 1312 bytes");
                Material::PostQuantumCosigner(Box::new(material.try_into().map_err(|_| LENGTH)?))
            }
            other => return Err(VkeyError::Type(other)),
        };
        if expected != id {
            return Err(VkeyError::Id { found: id.to_owned(), expected });
        }
        Ok(Self { name: name.to_owned(), id: computed, material })
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells whether the key makes timestamped cosignatures.
    #[must_use]
    pub fn is_cosigner(&self) -> bool {
        !matches!(self.material, Material::Ed25519(_))
    }

    /// Tells whether both contain the same public key, regardless of name and type (tlog-policy, "Public key
    /// representation").
    #[must_use]
    pub fn is_same_key(&self, other: &Self) -> bool {
        match (&self.material, &other.material) {
            (Material::PostQuantumCosigner(a), Material::PostQuantumCosigner(b)) => a == b,
            (Material::Ed25519(a) | Material::Cosigner(a), Material::Ed25519(b) | Material::Cosigner(b)) => a == b,
            _ => false,
        }
    }

    /// Tells whether a line has the name and the id of this key; neither alone is enough.
    pub(super) fn is_of(&self, line: &Line) -> bool {
        self.name == line.name && self.id == line.id
    }

    pub(super) fn scheme(&self) -> Scheme {
        match self.material {
            Material::Ed25519(_) => Scheme::Text,
            Material::Cosigner(_) => Scheme::TimedText,
            Material::PostQuantumCosigner(_) => Scheme::TimedTree,
        }
    }

    /// Tells whether `signature` is a signature of exactly `message` by this key.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Ed25519(key) | Material::Cosigner(key) => key.verify(message, signature),
            Material::PostQuantumCosigner(key) => mldsa::verify(key.as_slice(), message, &[], signature),
        }
    }
}

/// Tells whether a text can be the name of a key (signed-note: "Key names MUST be non-empty and MUST NOT contain any
/// Unicode spaces or plus").
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+' || c.is_control())
}

/// Decodes canonical padded standard base64 (RFC 4648 §4).
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = Base64::decode_vec(text).ok()?;
    (Base64::encode_string(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    /// The example of the specification (signed-note, "Verifier keys").
    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n— example.com/foo \
        Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    #[test]
    fn the_example_of_the_specification_verifies() {
        let (key, note) = (VerifierKey::parse(VKEY).unwrap(), Note::read(NOTE).unwrap());
        assert_eq!((note.text.as_str(), note.signatures.len()), ("This is an example message.\n", 1));
        let line = &note.signatures[0];
        assert!(key.is_of(line) && key.verify(note.text.as_bytes(), &line.signature));
        assert!(!key.verify(b"This is an example message.", &line.signature));
        let other = Line { id: [0; 4], ..line.clone() };
        assert!(!key.is_of(&other) && !key.is_of(&Line { name: "example.com/bar".to_owned(), ..line.clone() }));
    }

    #[test]
    fn the_text_ends_at_the_last_empty_line() {
        let note = Note::read(&NOTE.replace("This", "one\n\n— two\n\nThis")).unwrap();
        assert_eq!(note.text, "one\n\n— two\n\nThis is an example message.\n");
        let twice = Note::read(&format!("{NOTE}{}\n", NOTE.lines().last().unwrap())).unwrap();
        assert_eq!(twice.signatures.len(), 2);
    }

    #[test]
    fn rejects_malformed_notes() {
        for other in [
            "",
            "text\n",
            "text\n\n",
            "\n\n— a AAAAAAA=\n",
            &NOTE[..NOTE.len() - 1],
            &NOTE.replace("aQM=", "aQM"),
            &NOTE.replace("aQM=", "aQN="),
            &NOTE.replace("— ", "- "),
            &NOTE.replace("foo Uw", "foo  Uw"),
            &NOTE.replace("example.com/foo ", "example.com/f+o "),
            &NOTE.replace("example.com/foo ", "example.com/f\u{2003}o "),
            &NOTE.replace("message.\n", "message.\r\n"),
            &NOTE.replace("message", "mess\tage"),
            &format!("{NOTE}\n"),
            "text\n\n— a AAAA\n",
            "text\n\n— a AAAAAA==\n",
        ] {
            let read = Note::read(other);
            // After an empty first line, the text is one line feed, which is valid.
            assert!(read.is_err() || other.starts_with('\n'), "{other:?}");
        }
        assert!(Note::read(&format!("{NOTE}{}", "— a AAAAAAA=\n".repeat(MAX_SIGNATURES))).is_err());
    }

    #[test]
    fn rejects_malformed_and_weak_verifier_keys() {
        for (vkey, error) in [
            ("", VkeyError::Syntax),
            ("example.com/foo", VkeyError::Syntax),
            (&VKEY.replace("530d903a", "530D903A"), VkeyError::Syntax),
            (&VKEY.replace("530d903a", "30d903a"), VkeyError::Syntax),
            (&VKEY.replace("foo+", " foo+"), VkeyError::Syntax),
            (&VKEY.replace("U2k", "U2k="), VkeyError::Syntax),
            (&VKEY.replace("+Aeky", "+Auky"), VkeyError::Type(2)),
            (&format!("{}+AA==", &VKEY[..24]), VkeyError::Type(0)),
            (
                &VKEY.replace("foo", "bar"),
                VkeyError::Id { found: "530d903a".to_owned(), expected: "6e23f0c4".to_owned() },
            ),
        ] {
            let found = VerifierKey::parse(vkey).unwrap_err();
            match (&found, &error) {
                (VkeyError::Id { .. }, VkeyError::Id { .. }) => {}
                _ => assert_eq!(found, error, "{vkey}"),
            }
        }
        // A weak key, for which anyone can sign.
        let weak = Base64::encode_string(&[&[1][..], &[1], &[0; 31]].concat());
        assert!(matches!(VerifierKey::parse(&format!("a+00000000+{weak}")), Err(VkeyError::Key(_))));
    }
}
