//! Two messages hashed side by side, in pieces of any length.

use std::io::{self, Read};
use std::num::NonZero;

use super::lanes::{self, State};
use super::piece::{BLOCK_BYTES, Piece, Rest};

/// A message on its way.
struct Lane<'a> {
    message: &'a mut dyn Read,
    piece: Piece,
    state: State,
    length: u64,
    rest: Rest,
}

/// Hashes two messages as files are hashed, but in pieces of so many blocks, so that what happens at the ends of pieces
/// can be held against another implementation without large files.
///
/// # Errors
/// Those of the readers.
#[doc(hidden)]
pub fn hash_two(messages: [&mut dyn Read; 2], blocks: [NonZero<u16>; 2]) -> io::Result<[[u8; 32]; 2]> {
    let [mut left, mut right] = {
        let [left, right] = messages;
        [Lane::new(left, blocks[0]), Lane::new(right, blocks[1])]
    };
    loop {
        match [left.feed()?, right.feed()?] {
            [true, true] => {
                let count = lanes::compress_two(
                    [&mut left.state, &mut right.state],
                    [left.piece.blocks(), right.piece.blocks()],
                );
                left.piece.advance(count);
                right.piece.advance(count);
            }
            [true, false] => left.compress(),
            [false, true] => right.compress(),
            [false, false] => return Ok([left.state.digest(), right.state.digest()]),
        }
    }
}

impl<'a> Lane<'a> {
    fn new(message: &'a mut dyn Read, blocks: NonZero<u16>) -> Self {
        let piece = Piece::new(usize::from(blocks.get()) * BLOCK_BYTES);
        Self { message, piece, state: State::INITIAL, length: 0, rest: Rest::Follows }
    }

    /// Sees to it that there are blocks to compress; `false` at the end of the message.
    fn feed(&mut self) -> io::Result<bool> {
        if self.piece.blocks().is_empty() && self.rest == Rest::Follows {
            self.rest = self.piece.fill(&mut self.message, &mut self.length, &|_| {})?;
        }
        Ok(!self.piece.blocks().is_empty())
    }

    fn compress(&mut self) {
        lanes::compress(&mut self.state, self.piece.blocks());
        self.piece.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use sha2::Digest as _;

    use super::*;

    #[test]
    fn pieces_of_any_length_say_what_sha2_says() {
        let message: Vec<u8> = (0..=250).cycle().take(1000).collect();
        // Miri takes minutes for more.
        let lengths: &[usize] = if cfg!(miri) { &[0, 56, 200] } else { &[0, 1, 55, 56, 64, 119, 128, 200, 511, 1000] };
        let mut compared = 0;
        for (at, left) in lengths.iter().enumerate() {
            for right in lengths.iter().skip(at % 3).step_by(3) {
                for blocks in [[1, 1], [1, 3], [7, 2]] {
                    let messages = [&message[..*left], &message[1000 - right..]];
                    let [mut a, mut b] = messages;
                    let digests =
                        hash_two([&mut a, &mut b], blocks.map(|blocks| NonZero::new(blocks).unwrap())).unwrap();
                    let expected: [[u8; 32]; 2] = messages.map(|message| sha2::Sha256::digest(message).into());
                    assert_eq!(digests, expected, "{left} and {right} bytes, {blocks:?} blocks at a time");
                    compared += 1;
                }
            }
        }
        assert!(compared > if cfg!(miri) { 5 } else { 80 }, "{compared}");
    }

    /// So that whoever has Miri run the SHA instructions knows that it did.
    #[test]
    #[cfg(all(target_arch = "x86_64", target_feature = "sha", target_feature = "avx"))]
    fn the_instructions_that_the_compiler_was_told_of_are_found() {
        assert!(is_x86_feature_detected!("sha") && is_x86_feature_detected!("avx"));
    }
}
