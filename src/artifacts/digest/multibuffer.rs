//! Hashing several messages at a time, each in a lane of its own.

#[cfg(feature = "internals")]
use std::io::{self, Read};
#[cfg(feature = "internals")]
use std::num::NonZero;

use openness_sha256::{State, width};

use super::chain::Chain;
use super::piece::Piece;
#[cfg(feature = "internals")]
use super::piece::{BLOCK_BYTES, Rest};

/// A message that is being hashed: the piece that was read last, and the hash value so far.
pub(super) struct Lane {
    pub(super) piece: Piece,
    pub(super) state: State,
    /// The blocks of the message, if they are hashed too.
    pub(super) chain: Option<Chain>,
}

impl Lane {
    /// Makes a lane that reads `piece_bytes` at a time, a multiple of 64.
    pub(super) fn new(piece_bytes: usize) -> Self {
        Self { piece: Piece::new(piece_bytes), state: State::INITIAL, chain: None }
    }

    /// Returns how many blocks can be compressed into every state of the message at a time.
    fn count(&self) -> usize {
        match self.piece.unpadded() {
            unpadded if self.chain.is_some() && unpadded > 0 => unpadded,
            _ => self.piece.blocks().len(),
        }
    }
}

/// Compresses until one of the first lanes, as many as the processor can compress at a time, needs more bytes. Further lanes
/// wait.
pub(super) fn compress<L: AsMut<Lane>>(lanes: &mut [L]) {
    let mut lanes: Vec<&mut Lane> = lanes.iter_mut().take(width()).map(AsMut::as_mut).collect();
    let count = lanes.iter().map(|lane| lane.count()).min().unwrap_or(0);
    let (mut messages, mut chains) = (Vec::with_capacity(lanes.len()), Vec::new());
    for lane in &mut lanes {
        let Lane { piece, state, chain } = &mut **lane;
        let blocks = &piece.blocks()[..count];
        // The padding of the message is not in any of its blocks.
        if let Some(chain) = chain.as_mut().filter(|_| piece.unpadded() >= count) {
            chains.push((&mut chain.state, blocks));
        }
        messages.push((state, blocks));
    }
    messages.append(&mut chains);
    openness_sha256::compress(&mut messages);
    lanes.into_iter().for_each(|lane| lane.piece.advance(count));
}

/// A message and its position among the arguments.
#[cfg(feature = "internals")]
struct Message<'a> {
    at: usize,
    reader: &'a mut dyn Read,
    lane: Lane,
    length: u64,
    rest: Rest,
}

#[cfg(feature = "internals")]
impl AsMut<Lane> for Message<'_> {
    fn as_mut(&mut self) -> &mut Lane {
        &mut self.lane
    }
}

/// Hashes messages in the same way as files, but each in pieces of the given number of blocks, so that the ends of
/// pieces can be compared with another implementation without large files.
///
/// # Errors
/// Any error of the readers.
#[cfg(feature = "internals")]
pub fn hash_interleaved<const N: usize>(messages: [(&mut dyn Read, NonZero<u16>); N]) -> io::Result<[[u8; 32]; N]> {
    let mut digests = [[0; 32]; N];
    let mut messages: Vec<Message<'_>> = messages
        .into_iter()
        .enumerate()
        .map(|(at, (reader, blocks))| {
            let lane = Lane::new(usize::from(blocks.get()) * BLOCK_BYTES);
            Message { at, reader, lane, length: 0, rest: Rest::Follows }
        })
        .collect();
    loop {
        for message in &mut messages {
            message.feed()?;
        }
        for ended in messages.extract_if(.., |message| message.lane.piece.blocks().is_empty()) {
            digests[ended.at] = ended.lane.state.digest();
        }
        if messages.is_empty() {
            return Ok(digests);
        }
        compress(&mut messages);
    }
}

#[cfg(feature = "internals")]
impl Message<'_> {
    /// Makes sure that there are blocks to compress, except at the end of the message.
    fn feed(&mut self) -> io::Result<()> {
        if self.lane.piece.blocks().is_empty() && self.rest == Rest::Follows {
            self.rest = self.lane.piece.fill(&mut self.reader, &mut self.length, &|_| {})?;
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "internals"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use sha2::Digest as _;

    use super::*;

    #[test]
    fn pieces_of_any_length_agree_with_sha2() {
        let text: Vec<u8> = (0..=250).cycle().take(1000).collect();
        let lengths = [0, 1, 55, 56, 64, 119, 128, 200, 511, 1000];
        // More would take Miri minutes.
        for first in (0..lengths.len()).step_by(if cfg!(miri) { 5 } else { 1 }) {
            for blocks in [[1, 1, 1, 1, 1], [1, 3, 2, 1, 4], [7, 2, 1, 9, 1]] {
                let mut messages: [&[u8]; 5] = std::array::from_fn(|at| {
                    let length = lengths[(first + 3 * at) % lengths.len()];
                    &text[at..(at + length).min(text.len())]
                });
                let expected = messages.map(|message| <[u8; 32]>::from(sha2::Sha256::digest(message)));
                let mut blocks = blocks.into_iter();
                let digests = hash_interleaved(messages.each_mut().map(|message| {
                    let reader: &mut dyn Read = message;
                    (reader, NonZero::new(blocks.next().unwrap()).unwrap())
                }));
                assert_eq!(digests.unwrap(), expected, "starting with length {}", lengths[first]);
            }
        }
    }

    /// Shows that Miri really ran the SHA instructions.
    #[test]
    #[cfg(all(target_arch = "x86_64", target_feature = "sha", target_feature = "avx"))]
    fn the_processor_has_the_enabled_instructions() {
        assert!(is_x86_feature_detected!("sha") && is_x86_feature_detected!("avx"));
    }
}
