//! The digests of a file's blocks, computed along with the digest of the file, from the same pieces.

use openness_sha256::{State, compress};

use crate::manifest::Sha256Hex;

use super::blocks::{BlockSize, Blocks};
use super::piece::{Piece, Rest};

/// The blocks of a file so far.
pub(super) struct Chain {
    size: BlockSize,
    /// The state of the block that is being hashed. Pieces are compressed into it like into any other.
    pub(super) state: State,
    /// The number of bytes of that block that were compressed.
    length: u64,
    done: Vec<Sha256Hex>,
}

impl Chain {
    /// Starts at the first byte of a file. The size must be a multiple of the size of pieces, so that no piece is in two blocks.
    pub(super) fn new(size: BlockSize) -> Self {
        Self { size, state: State::INITIAL, length: 0, done: Vec::new() }
    }

    /// Compresses a new piece into the state of the whole message and into that of the block.
    pub(super) fn compress(&mut self, whole: &mut State, piece: &mut Piece, rest: Rest) {
        let (message, padding) = piece.blocks().split_at(piece.unpadded());
        compress(&mut [(&mut *whole, message), (&mut self.state, message)]);
        compress(&mut [(whole, padding)]);
        self.end_piece(piece, rest);
    }

    /// Ends a piece whose whole units were compressed into the state. Ends the block too if it is full, or nothing follows.
    pub(super) fn end_piece(&mut self, piece: &mut Piece, rest: Rest) {
        let (tail, count) = piece.take_filled();
        self.length += count;
        debug_assert!(self.length <= self.size.bytes());
        if self.length == 0 || (rest == Rest::Follows && self.length < self.size.bytes()) {
            return;
        }
        let padding = Piece::of_end(tail, self.length);
        compress(&mut [(&mut self.state, padding.blocks())]);
        self.done.push(Sha256Hex::of_bytes(&self.state.digest()));
        (self.state, self.length) = (State::INITIAL, 0);
    }

    /// Returns the digests of the blocks of a file that was read to its end.
    pub(super) fn finish(self) -> Blocks {
        Blocks { size: self.size, sha256: self.done }
    }
}
