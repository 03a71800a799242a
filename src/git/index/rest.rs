//! Reading the bytes of an index from the front.

use super::Error;

/// The bytes that were not read yet, without the hash at the end.
pub(super) struct Rest<'a> {
    pub(super) bytes: &'a [u8],
}

impl<'a> Rest<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(Error::Damaged("it ends too early"))?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or(Error::Damaged("it ends too early"))?;
        self.bytes = rest;
        Ok(*taken)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_be_bytes)
    }

    /// Reads up to a byte and skips that byte.
    pub(super) fn until(&mut self, last: u8) -> Result<&'a [u8], Error> {
        let end = self.bytes.iter().position(|byte| *byte == last).ok_or(Error::Damaged("a name does not end"))?;
        let name = self.take(end)?;
        self.take(1)?;
        Ok(name)
    }

    /// Reads how many bytes to drop from the end of the name before, and returns the rest of that name (version 4).
    ///
    /// The number is encoded as in pack files: seven bits per byte, the highest first, and one is added for each
    /// further byte.
    pub(super) fn shared<'b>(&mut self, above: Option<&'b [u8]>) -> Result<&'b [u8], Error> {
        let mut dropped = 0_u64;
        loop {
            let [byte] = self.array()?;
            dropped = (dropped << 7) | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
            dropped += 1;
            if dropped.leading_zeros() < 7 {
                // Git reads its bytes as part of the name.
                return Err(Error::Unsupported("an index with a number that is too large".to_owned()));
            }
        }
        let Some(above) = above else {
            // Git ignores the number then.
            let what = "an index whose first name shares bytes with a name before it";
            return if dropped == 0 { Ok(&[]) } else { Err(Error::Unsupported(what.to_owned())) };
        };
        let dropped = usize::try_from(dropped).unwrap_or(usize::MAX);
        let shared = above.len().checked_sub(dropped).and_then(|end| above.get(..end));
        shared.ok_or(Error::Damaged("a name shares more bytes with the name before than that has"))
    }
}
