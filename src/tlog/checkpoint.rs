//! Checkpoints: the size and root hash of a log. <https://c2sp.org/tlog-checkpoint>, "Note text".

use super::note::decode;

/// A text that is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedCheckpoint(pub(super) &'static str);

/// The first three lines of a checkpoint. Extension lines are signed too, but ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The root hash of the Merkle tree (RFC 6962 §2.1).
    pub root: [u8; 32],
}

impl Checkpoint {
    /// Reads the text of a signed note.
    ///
    /// # Errors
    /// [`MalformedCheckpoint`] for the first malformed line.
    pub fn read(text: &str) -> Result<Self, MalformedCheckpoint> {
        let text =
            text.strip_suffix('\n').ok_or(MalformedCheckpoint("the checkpoint does not end with a line feed"))?;
        let mut lines = text.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty());
        let origin = line().ok_or(MalformedCheckpoint("the checkpoint has no origin"))?.to_owned();
        let size = line().and_then(decimal);
        let size = size.ok_or(MalformedCheckpoint("the checkpoint has no size in decimal without leading zeros"))?;
        let root = line().and_then(decode).and_then(|root| root.try_into().ok());
        let root = root.ok_or(MalformedCheckpoint("the checkpoint has no root hash of 32 bytes in base64"))?;
        if lines.any(str::is_empty) {
            return Err(MalformedCheckpoint("the checkpoint has an empty extension line"));
        }
        Ok(Self { origin, size, root })
    }
}

/// Reads an ASCII decimal number without leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let is_decimal = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (is_decimal && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_example_of_the_specification_is_read() {
        let read = Checkpoint::read(EXAMPLE).map(|checkpoint| (checkpoint.origin, checkpoint.size, checkpoint.root[0]));
        assert_eq!(read, Ok(("example.com/behind-the-sofa".to_owned(), 20_852_163, 0x0a)));
        assert_eq!(Checkpoint::read(&format!("{EXAMPLE}extension\nanother\n")), Checkpoint::read(EXAMPLE));
    }

    #[test]
    fn rejects_malformed_checkpoints() {
        for other in [
            String::new(),
            "\n".to_owned(),
            EXAMPLE.trim_end().to_owned(),
            format!("\n{EXAMPLE}"),
            EXAMPLE.replace("20852163", "020852163"),
            EXAMPLE.replace("20852163", "+20852163"),
            EXAMPLE.replace("20852163", "18446744073709551616"),
            EXAMPLE.replace("q2I=", "q2I"),
            EXAMPLE.replace("q2I=", "q2J="),
            EXAMPLE.replace("CsUY", ""),
            format!("{EXAMPLE}\n"),
            format!("{EXAMPLE}a\n\nb\n"),
        ] {
            assert!(Checkpoint::read(&other).is_err(), "{other:?}");
        }
        assert_eq!([decimal("0"), decimal("00"), decimal("10"), decimal("")], [Some(0), None, Some(10), None]);
    }
}
