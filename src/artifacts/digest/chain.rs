//! The digests of a file's blocks, computed along with the digest of the file, from the same pieces.

use std::collections::VecDeque;

use openness_sha256::{Message, State, compress, width};

use crate::manifest::Sha256Hex;

use super::blocks::{BlockSize, Blocks};
use super::piece::{BLOCK_BYTES, Piece, Rest};

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

/// The most bytes that wait to be hashed with the blocks that follow them: half of each of sixteen of the smallest blocks.
const MAX_WAITING_BYTES: u64 = 32 << 20;

/// The digests of a file's blocks, several of which are hashed at a time, while the digest of the file is computed elsewhere.
///
/// Bytes wait until there are enough of them. Of the blocks that they are from, the first is then nearly done, and the last has
/// just begun: on average half of each waits.
pub(super) struct Chains {
    size: BlockSize,
    piece_units: usize,
    /// The most units of 64 bytes that wait.
    most_waiting: usize,
    /// The number of units that wait.
    waiting: usize,
    /// The blocks that bytes wait from, in the order of the file.
    open: VecDeque<Open>,
    /// The number of pieces so far.
    count: u64,
    done: Vec<Sha256Hex>,
}

/// A block of which bytes wait.
struct Open {
    chain: Chain,
    pieces: VecDeque<(Piece, Rest)>,
}

impl Chains {
    /// Starts at the first byte of a file that is read in pieces of this size, of which a block has a whole number.
    pub(super) fn new(size: BlockSize, piece_bytes: usize) -> Self {
        let half_of_each = u64::try_from(width()).unwrap_or(u64::MAX).saturating_mul(size.bytes() / 2);
        let most_waiting = usize::try_from(half_of_each.min(MAX_WAITING_BYTES)).unwrap_or(usize::MAX) / BLOCK_BYTES;
        let piece_units = piece_bytes / BLOCK_BYTES;
        Self { size, piece_units, most_waiting, waiting: 0, open: VecDeque::new(), count: 0, done: Vec::new() }
    }

    /// Returns the number of pieces that are in use at most when [`Self::add`] returns: those that wait, and those of which a part
    /// waits.
    pub(super) fn most_in_use(&self) -> usize {
        self.most_waiting / self.piece_units + width()
    }

    /// Takes the next piece of the file, and returns those that are no longer needed.
    pub(super) fn add(&mut self, piece: Piece, rest: Rest) -> Vec<Piece> {
        let start = self.count * u64::try_from(self.piece_units * BLOCK_BYTES).unwrap_or(u64::MAX);
        self.count += 1;
        if start.is_multiple_of(self.size.bytes()) {
            self.open.push_back(Open { chain: Chain::new(self.size), pieces: VecDeque::new() });
        }
        if let Some(last) = self.open.back_mut() {
            self.waiting += piece.unpadded();
            last.pieces.push_back((piece, rest));
        }
        let most_waiting = if rest == Rest::Nothing { 0 } else { self.most_waiting };
        let mut used = self.take_used();
        while self.waiting > most_waiting {
            self.compress();
            used.append(&mut self.take_used());
        }
        used
    }

    /// Compresses some units of each block, as many in all as a piece has, so that the first blocks stay ahead of the last ones.
    fn compress(&mut self) {
        let open = self.open.iter_mut().filter(|open| !open.pieces.is_empty()).take(width());
        let mut open: Vec<(&mut State, &mut Piece)> =
            open.filter_map(|Open { chain, pieces }| Some((&mut chain.state, &mut pieces.front_mut()?.0))).collect();
        let most = self.piece_units / width();
        let with_units =
            open.iter_mut().map(|(state, piece)| (&mut **state, &piece.blocks()[..piece.unpadded().min(most.max(1))]));
        let count = compress(&mut with_units.collect::<Vec<Message<'_>>>());
        self.waiting -= count * open.len();
        open.into_iter().for_each(|(_, piece)| piece.advance(count));
    }

    /// Ends the pieces of which nothing waits, and the blocks that end with them. Returns the pieces.
    fn take_used(&mut self) -> Vec<Piece> {
        let mut used = Vec::new();
        for Open { chain, pieces } in &mut self.open {
            while let Some((mut piece, rest)) = pieces.pop_front_if(|(piece, _)| piece.unpadded() == 0) {
                chain.end_piece(&mut piece, rest);
                used.push(piece);
            }
        }
        while let Some(digest) = self.open.front_mut().and_then(|open| open.chain.done.pop()) {
            self.done.push(digest);
            self.open.pop_front();
        }
        used
    }

    /// Returns the digests of the blocks of a file that was read to its end.
    pub(super) fn finish(self) -> Blocks {
        Blocks { size: self.size, sha256: self.done }
    }
}
