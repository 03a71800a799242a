//! Messages in pieces: bytes read into a reused buffer, ready to be compressed.
//!
//! A piece is filled with a whole number of blocks, and at the end of the message, padding is added after the last
//! bytes. Nothing is carried over to the next piece, and the last blocks are compressed like all others.

use std::io::{self, Read};
use std::ops::Range;

use openness_sha256::Block;

/// The size of a block in bytes.
pub(super) const BLOCK_BYTES: usize = size_of::<Block>();

/// A buffer, with the range of its blocks that are not compressed yet.
pub(super) struct Piece {
    /// Has room for the padding after a piece that is full except for one byte.
    bytes: Vec<u8>,
    ready: Range<usize>,
    /// The number of bytes of the message, which is without the padding.
    filled: usize,
}

/// Whether more of the message follows the piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Follows,
    Nothing,
}

impl Piece {
    /// Makes an empty piece for up to `capacity` bytes, a multiple of 64.
    pub(super) fn new(capacity: usize) -> Self {
        debug_assert!(capacity.is_multiple_of(BLOCK_BYTES) && capacity > 0);
        Self { bytes: vec![0; capacity + BLOCK_BYTES], ready: 0..0, filled: 0 }
    }

    /// Makes the end of a message of this length: its bytes after the last whole block, and the padding.
    pub(super) fn of_end(tail: &[u8], length: u64) -> Self {
        let mut piece = Self::new(BLOCK_BYTES);
        piece.bytes[..tail.len()].copy_from_slice(tail);
        piece.pad(tail.len(), length);
        piece
    }

    /// Replaces the content by the next bytes of a message. Their number is added to `length`.
    pub(super) fn fill(
        &mut self,
        message: &mut impl Read,
        length: &mut u64,
        progress: &(dyn Fn(u64) + Sync),
    ) -> io::Result<Rest> {
        self.clear();
        let capacity = self.bytes.len() - BLOCK_BYTES;
        let mut filled = 0;
        while filled < capacity {
            match message.read(&mut self.bytes[filled..capacity]) {
                Ok(0) => {
                    self.pad(filled, *length);
                    return Ok(Rest::Nothing);
                }
                Ok(count) => {
                    filled += count;
                    let count = u64::try_from(count).map_err(io::Error::other)?;
                    *length += count;
                    progress(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.ready = 0..capacity;
        self.filled = capacity;
        Ok(Rest::Follows)
    }

    /// Adds the padding after the last byte: a 1 bit, zeros, and the length in bits (FIPS 180-4, §5.1.1).
    fn pad(&mut self, filled: usize, length: u64) {
        const LENGTH_BYTES: usize = size_of::<u64>();
        let end = (filled + 1 + LENGTH_BYTES).next_multiple_of(BLOCK_BYTES);
        let padding = &mut self.bytes[filled..end];
        padding.fill(0);
        padding[0] = 0x80;
        // Modulo 2^64: the standard defines no digest for longer messages, and no file is that large.
        self.bytes[end - LENGTH_BYTES..end].copy_from_slice(&length.wrapping_mul(8).to_be_bytes());
        self.ready = 0..end;
        self.filled = filled;
    }

    /// Returns the number of blocks that are not compressed yet and hold bytes of the message alone.
    pub(super) fn unpadded(&self) -> usize {
        (self.filled / BLOCK_BYTES).saturating_sub(self.ready.start / BLOCK_BYTES)
    }

    /// Returns the bytes of the message.
    pub(super) fn message(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Returns the bytes after the last whole block, and the number of all bytes of the message, which is 0 the next time.
    pub(super) fn take_filled(&mut self) -> (&[u8], u64) {
        let filled = std::mem::take(&mut self.filled);
        (&self.bytes[filled / BLOCK_BYTES * BLOCK_BYTES..filled], u64::try_from(filled).unwrap_or(u64::MAX))
    }

    /// Returns the first bytes of the content.
    pub(super) fn start(&self, count: usize) -> &[u8] {
        &self.bytes[..count]
    }

    /// Returns the blocks that are not compressed yet.
    pub(super) fn blocks(&self) -> &[Block] {
        self.bytes[self.ready.clone()].as_chunks().0
    }

    /// Marks the first blocks as compressed.
    pub(super) fn advance(&mut self, blocks: usize) {
        self.ready.start += blocks * BLOCK_BYTES;
        debug_assert!(self.ready.start <= self.ready.end);
    }

    /// Marks all blocks as compressed.
    pub(super) fn clear(&mut self) {
        (self.ready, self.filled) = (0..0, 0);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use openness_sha256::{State, compress};
    use sha2::Digest as _;

    use super::*;

    /// Reads a few bytes at a time, and is interrupted in between.
    struct Sips<'a>(&'a [u8], usize, bool);

    impl Read for Sips<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.2 = !self.2;
            if self.2 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = self.1.min(buffer.len());
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn pieces_make_up_the_padded_message() {
        let message: Vec<u8> = (0..=255).cycle().take(700).collect();
        // Under Miri only lengths near the ends of blocks and pieces.
        let lengths = if cfg!(miri) { vec![0, 1, 55, 56, 63, 64, 127, 128, 129, 260] } else { (0..700).collect() };
        for length in lengths {
            let message = &message[..length];
            for sip in [1, 63, 64, 1000] {
                let mut piece = Piece::new(128);
                let mut reader = Sips(message, sip, false);
                let mut state = State::INITIAL;
                let mut counted = 0;
                loop {
                    let rest = piece.fill(&mut reader, &mut counted, &|_| {}).unwrap();
                    compress(&mut [(&mut state, piece.blocks())]);
                    if rest == Rest::Nothing {
                        break;
                    }
                }
                assert_eq!(state.digest(), <[u8; 32]>::from(sha2::Sha256::digest(message)), "{length} by {sip}");
                assert_eq!(counted, u64::try_from(length).unwrap());
            }
        }
    }
}
