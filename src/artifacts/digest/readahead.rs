//! Hashing one large file, with a second thread that reads ahead.
//!
//! SHA-256 of a single file cannot be split among cores, so a dominant file is limited by the speed of one core.
//! Reading it on the same core would take another tenth of the time.

use std::io::{self, Read};
use std::sync::mpsc;
use std::thread::Builder;

use openness_sha256::State;

use super::blocks::{BlockSize, Blocks};
use super::chain::Chain;
use super::piece::{Piece, Rest};

/// The size of a piece in bytes: larger than in [`super::worker`], so that the threads rarely wait for each other, and
/// small under Miri, which is slow.
const PIECE_BYTES: usize = if cfg!(miri) { 256 } else { 1024 * 1024 };
/// The number of pieces that circulate between the threads.
const PIECES: usize = 4;

/// What hashing a message gives.
#[derive(Debug)]
pub(super) struct HashedMessage {
    pub(super) digest: [u8; 32],
    /// The length in bytes.
    pub(super) length: u64,
    /// The digests of its blocks, if they were asked for.
    pub(super) blocks: Option<Blocks>,
}

/// Hashes a message, and its blocks if it has any: both fit into the lanes of one core, and take the time of one.
pub(super) fn hash(
    mut message: impl Read + Send,
    size: Option<BlockSize>,
    progress: &(dyn Fn(u64) + Sync),
) -> io::Result<HashedMessage> {
    let (filled, to_hash) = mpsc::channel::<(Piece, Rest)>();
    let (emptied, to_fill) = mpsc::channel::<Piece>();
    for _ in 0..PIECES {
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
        let mut state = State::INITIAL;
        let mut chain = size.map(Chain::new);
        while let Ok((mut piece, rest)) = to_hash.recv() {
            if let Some(chain) = &mut chain {
                chain.compress(&mut state, &mut piece, rest);
            } else {
                openness_sha256::compress(&mut [(&mut state, piece.blocks())]);
            }
            // Fails if the reader has read everything and ended.
            let _ = emptied.send(piece);
        }
        let length = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(HashedMessage { digest: state.digest(), length, blocks: chain.map(Chain::finish) })
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
            let hashed = hash(message.as_slice(), Some(size), &|_| {}).unwrap();
            assert_eq!(hashed.digest, <[u8; 32]>::from(sha2::Sha256::digest(&message)), "{length}");
            let expected = message.chunks(SIZE).map(crate::artifacts::digest::sha256).collect();
            assert_eq!(hashed.blocks, Some(Blocks { size, sha256: expected }), "{length}");
        }
    }

    #[test]
    fn a_read_error_ends_both_threads() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let message = (&[7_u8; 3 * PIECE_BYTES][..]).chain(Broken);
        assert_eq!(hash(message, None, &|_| {}).unwrap_err().to_string(), "broken");
    }
}
