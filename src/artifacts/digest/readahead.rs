//! Hashing one large file, with a second thread that reads ahead, and a third for the blocks if a core is idle.
//!
//! SHA-256 of a single file cannot be split among cores, so a dominant file is limited by the speed of one core.
//! Reading it on the same core would take another tenth of the time, and its blocks up to half.

use std::io::{self, Read};
use std::sync::mpsc;
use std::thread::Builder;

use openness_sha256::State;

use crate::threads;

use super::blocks::{BlockSize, Blocks};
use super::chain::{Chain, Chains};
use super::piece::{Piece, Rest};

/// The size of a piece in bytes: larger than in [`super::worker`], so that the threads rarely wait for each other, and
/// small under Miri, which is slow.
const PIECE_BYTES: usize = if cfg!(miri) { 256 } else { 512 * 1024 };
/// The number of pieces that circulate between the threads.
const PIECES: usize = 8;

/// What hashing a message gives.
#[derive(Debug)]
pub(super) struct HashedMessage {
    pub(super) digest: [u8; 32],
    /// The length in bytes.
    pub(super) length: u64,
    /// The digests of its blocks, if they were asked for.
    pub(super) blocks: Option<Blocks>,
}

/// Where the blocks of a message are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the thread that hashes the message, if no other has time: both fit into the lanes of one core, which takes as long as one
    /// of them (AMD) or half as long again (Intel).
    Along,
    /// In a thread of their own, several blocks at a time.
    Aside,
}

/// Hashes a message, and its blocks if a size is given.
pub(super) fn hash(
    mut message: impl Read + Send,
    blocks: Option<(BlockSize, Place)>,
    progress: &(dyn Fn(u64) + Sync),
) -> io::Result<HashedMessage> {
    let mut along = blocks.filter(|(_, place)| *place == Place::Along).map(|(size, _)| Chain::new(size));
    let aside = blocks.filter(|(_, place)| *place == Place::Aside).map(|(size, _)| Chains::new(size, PIECE_BYTES));
    // Each piece goes around: from the thread that reads to the one that hashes the message, to the one that hashes blocks, and
    // back.
    let (filled, to_hash) = mpsc::channel::<(Piece, Rest)>();
    let (hashed, to_divide) = mpsc::channel::<(Piece, Rest)>();
    let (emptied, to_fill) = mpsc::channel::<Piece>();
    for _ in 0..PIECES + aside.as_ref().map_or(0, Chains::most_in_use) {
        // Fails only without a receiver, but there is one.
        let _ = emptied.send(Piece::new(PIECE_BYTES));
    }
    std::thread::scope(|scope| {
        let reader = Builder::new().spawn_scoped(scope, move || -> io::Result<u64> {
            let mut length = 0;
            while let Ok(mut piece) = to_fill.recv() {
                let rest = piece.fill(&mut message, &mut length, progress)?;
                if filled.send((piece, rest)).is_err() || rest == Rest::Nothing {
                    break;
                }
            }
            Ok(length)
        })?;
        let is_aside = aside.is_some();
        let divided = emptied.clone();
        let divider = aside.map(|mut chains| {
            Builder::new().spawn_scoped(scope, move || {
                while let Ok((piece, rest)) = to_divide.recv() {
                    for piece in chains.add(piece, rest) {
                        // Fails if the reader has read everything and ended.
                        let _ = divided.send(piece);
                    }
                }
                chains.finish()
            })
        });
        let divider = divider.transpose()?;
        let mut state = State::INITIAL;
        while let Ok((mut piece, rest)) = to_hash.recv() {
            match &mut along {
                Some(chain) => chain.compress(&mut state, &mut piece, rest),
                None => _ = openness_sha256::compress(&mut [(&mut state, piece.blocks())]),
            }
            if !is_aside {
                // Fails if the reader has read everything and ended.
                let _ = emptied.send(piece);
            } else if hashed.send((piece, rest)).is_err() {
                break;
            }
        }
        // A thread ends when the one next to it has ended, which only a panic causes before the end of the message.
        drop((hashed, emptied, to_hash));
        let length = threads::result_of(reader)?;
        let blocks = divider.map(threads::result_of).or(along.map(Chain::finish));
        Ok(HashedMessage { digest: state.digest(), length, blocks })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use sha2::Digest as _;

    use super::*;

    #[test]
    fn agrees_with_sha2() {
        for length in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES * PIECES + 1, PIECE_BYTES * 9] {
            let message: Vec<u8> = (0..=250).cycle().take(length).collect();
            let hashed = hash(message.as_slice(), None, &|_| {}).unwrap();
            assert_eq!(hashed.digest, <[u8; 32]>::from(sha2::Sha256::digest(&message)));
            assert_eq!((hashed.length, hashed.blocks), (u64::try_from(length).unwrap(), None));
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "blocks of 4 MiB; the worker's tests run the same code")]
    fn blocks_and_message_agree_with_sha2() {
        const SIZE: usize = 4 << 20;
        let size = BlockSize::new(4 << 20).unwrap();
        for length in [0, 1, 63, SIZE - 1, SIZE, SIZE + 1, SIZE + 56, 2 * SIZE, 2 * SIZE + 64] {
            let message: Vec<u8> = (0..=250).cycle().take(length).collect();
            let hashed = hash(message.as_slice(), Some((size, Place::Along)), &|_| {}).unwrap();
            assert_eq!(hashed.digest, <[u8; 32]>::from(sha2::Sha256::digest(&message)), "{length}");
            let expected = message.chunks(SIZE).map(crate::artifacts::digest::sha256).collect();
            assert_eq!(hashed.blocks, Some(Blocks { size, sha256: expected }), "{length}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "blocks of 4 MiB; the worker's tests run the same code")]
    fn blocks_that_are_hashed_aside_agree_with_sha2() {
        // Four blocks at a time, and two; the message ends in each of them, in its first piece or at its end.
        for (mib, lengths) in [
            (4, vec![0, 1, 4 << 20, (4 << 20) + 64, (9 << 20) + 77, 16 << 20, (28 << 20) + 1]),
            (16, vec![(16 << 20) + 1, (33 << 20) + 5]),
        ] {
            let size = BlockSize::new(mib << 20).unwrap();
            for length in lengths {
                let message: Vec<u8> = (0..=250).cycle().take(length).collect();
                let hashed = hash(message.as_slice(), Some((size, Place::Aside)), &|_| {}).unwrap();
                assert_eq!(hashed.digest, <[u8; 32]>::from(sha2::Sha256::digest(&message)), "{length}");
                let block = usize::try_from(size.bytes()).unwrap();
                let expected = message.chunks(block).map(crate::artifacts::digest::sha256).collect();
                assert_eq!(hashed.blocks, Some(Blocks { size, sha256: expected }), "{length} in {mib} MiB");
            }
        }
    }

    #[test]
    fn a_read_error_ends_all_threads() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let size = BlockSize::new(4 << 20).unwrap();
        for blocks in [None, Some((size, Place::Along)), Some((size, Place::Aside))] {
            let message = (&[7_u8; 3 * PIECE_BYTES][..]).chain(Broken);
            assert_eq!(hash(message, blocks, &|_| {}).unwrap_err().to_string(), "broken");
        }
    }
}
