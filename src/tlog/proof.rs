//! Proof files, `.tlog-proof`. <https://c2sp.org/tlog-proof>, "Format".

use super::checkpoint::{Checkpoint, decimal};
use super::merkle::Hash;
use super::note::{Note, decode};

/// The largest proof file that is read, in bytes: enough for 16 signatures of 5 kB, the longest path, and extra data.
pub const MAX_PROOF_BYTES: usize = 256 << 10;
/// The longest path in a tree of 2^64 leaves.
const MAX_PATH: usize = 64;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A file that is not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the proof cannot be read: {0}")]
pub struct Malformed(&'static str);

/// A proof that has not been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Extra data, which is not authenticated and not used.
    pub extra: Option<Vec<u8>>,
    /// The entry's index in the log, from zero.
    pub index: u64,
    /// The inclusion path, from the sibling of the leaf to the child of the root.
    pub(super) path: Vec<Hash>,
    /// The checkpoint with its signatures.
    pub(super) note: Note,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
}

impl Proof {
    /// Reads a proof file.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_PROOF_BYTES {
            return Err(Malformed("it is too large"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed("it is not UTF-8"))?;
        let (head, note) = text.split_once("\n\n").ok_or(Malformed("it has no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(Malformed("its first line is not `c2sp.org/tlog-proof@v1`"));
        }
        let mut line = lines.next();
        let mut extra = None;
        if let Some(text) = line.and_then(|line| line.strip_prefix("extra ")) {
            // Without data, the line must be left out.
            let data = decode(text).filter(|data| !data.is_empty());
            extra = Some(data.ok_or(Malformed("its extra data is not in canonical base64"))?);
            line = lines.next();
        }
        let index = line.and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(Malformed("it has no `index` in decimal without leading zeros"))?;
        let path = lines.map(|line| decode(line).and_then(|hash| hash.try_into().ok())).collect::<Option<Vec<Hash>>>();
        let path = path.ok_or(Malformed("its inclusion proof has a line that is not 32 bytes in base64"))?;
        Ok(Self { extra, ..Self::of(index, path, note)? })
    }

    /// Returns the proof that an entry is at this index of the tree of a checkpoint, which is given as a signed note.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn of(index: u64, path: Vec<Hash>, checkpoint: &str) -> Result<Self, Malformed> {
        if path.len() > MAX_PATH {
            return Err(Malformed("its inclusion proof is too long"));
        }
        let note = Note::read(checkpoint).map_err(|error| Malformed(error.0))?;
        let checkpoint = Checkpoint::read(&note.text).map_err(|error| Malformed(error.0))?;
        Ok(Self { extra: None, index, path, note, checkpoint })
    }

    /// Tells whether the inclusion proof leads from `entry` to the root hash in the file, regardless of who signed
    /// that.
    #[must_use]
    pub fn is_of(&self, entry: &[u8]) -> bool {
        super::merkle::includes(&super::merkle::leaf_hash(entry), self.index, &self.path, &self.checkpoint).is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    const PROOF: &str = "c2sp.org/tlog-proof@v1\nextra AAEC\nindex 7\n\
        gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n\n\
        example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n\
        — example.com/fancylog hI2DJwAA\n";

    #[test]
    fn a_proof_is_read_with_or_without_extra_data_and_path() {
        let proof = Proof::read(PROOF.as_bytes()).unwrap();
        assert_eq!((proof.extra.as_deref(), proof.index, proof.path.len()), (Some(&[0, 1, 2][..]), 7, 2));
        assert_eq!((proof.checkpoint.origin.as_str(), proof.checkpoint.size), ("example.com/fancylog", 109_482));
        let bare = PROOF.replace("extra AAEC\n", "").replacen("gSKy", "", 0);
        assert_eq!(Proof::read(bare.as_bytes()).unwrap().extra, None);
        let alone: String = PROOF
            .lines()
            .filter(|line| !line.ends_with("PlQ=") && !line.ends_with("XmA="))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(Proof::read(alone.as_bytes()).unwrap().path.len(), 0);
    }

    #[test]
    fn rejects_malformed_proofs() {
        for other in [
            String::new(),
            PROOF.replace("@v1", "@v2"),
            format!(" {PROOF}"),
            PROOF.replace("extra AAEC", "extra "),
            PROOF.replace("extra AAEC", "extra AAE"),
            PROOF.replace("extra AAEC\nindex 7", "index 7\nextra AAEC"),
            PROOF.replace("index 7", "index 07"),
            PROOF.replace("index 7", "index -7"),
            PROOF.replace("index 7", "index 7 "),
            PROOF.replace("index 7\n", ""),
            PROOF.replace("PlQ=", "PlR="),
            PROOF.replace("gSKy", ""),
            PROOF.replace("\n\nexample", "\nexample"),
            PROOF.replace('\n', "\r\n"),
            PROOF.replace("\n— example.com/fancylog hI2DJwAA\n", ""),
            PROOF.replace("109482", "0109482"),
        ] {
            assert!(Proof::read(other.as_bytes()).is_err(), "{other:?}");
        }
        assert!(Proof::read(&[0xff]).is_err());
        let hash = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n";
        assert!(Proof::read(PROOF.replace(hash, &hash.repeat(MAX_PATH)).as_bytes()).is_err());
        assert!(Proof::read(&vec![b'\n'; MAX_PROOF_BYTES + 1]).is_err());
    }
}
