//! Hashing one large file, with a second thread that reads ahead.
//!
//! SHA-256 of a single file cannot be split among cores, so a dominant file is limited by the speed of one core.
//! Reading it on the same core would take another tenth of the time.

use std::io::{self, Read};
use std::sync::mpsc;
use std::thread::Builder;

use super::lanes::{self, State};
use super::piece::{Piece, Rest};

/// The size of a piece in bytes: larger than in [`super::worker`], so that the threads rarely wait for each other, and
/// small under Miri, which is slow.
const PIECE_BYTES: usize = if cfg!(miri) { 256 } else { 1024 * 1024 };
/// The number of pieces that circulate between the threads.
const PIECES: usize = 4;

/// Hashes a message. Returns its digest and its length in bytes.
pub(super) fn hash(mut message: impl Read + Send, progress: &(dyn Fn(u64) + Sync)) -> io::Result<([u8; 32], u64)> {
    let (filled, to_hash) = mpsc::channel::<Piece>();
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
                if filled.send(piece).is_err() || rest == Rest::Nothing {
                    break;
                }
            }
            Ok(length)
        })?;
        let mut state = State::INITIAL;
        while let Ok(piece) = to_hash.recv() {
            lanes::compress([(&mut state, piece.blocks())]);
            // Fails if the reader has read everything and ended.
            let _ = emptied.send(piece);
        }
        let length = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((state.digest(), length))
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
            let (digest, counted) = hash(message.as_slice(), &|_| {}).unwrap();
            assert_eq!(digest, <[u8; 32]>::from(sha2::Sha256::digest(&message)));
            assert_eq!(counted, u64::try_from(length).unwrap());
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
        assert_eq!(hash(message, &|_| {}).unwrap_err().to_string(), "broken");
    }
}
