//! One large file by itself: a second thread reads ahead, so that hashing waits for no copy.
//!
//! SHA-256 has no tree: a file that outweighs all others is bound by one core, and reading it on that core would cost
//! another tenth.

use std::io::{self, Read};
use std::sync::mpsc;
use std::thread::Builder;

use super::lanes::{self, State};
use super::piece::{Piece, Rest};

/// Larger than those of [`super::worker`], so that the two threads meet rarely; small under Miri, which is slow.
const PIECE_BYTES: usize = if cfg!(miri) { 256 } else { 1024 * 1024 };
/// How many pieces are on their way.
const PIECES: usize = 4;

/// Hashes a message, and returns its digest and length.
pub(super) fn hash(mut message: impl Read + Send, progress: &(dyn Fn(u64) + Sync)) -> io::Result<([u8; 32], u64)> {
    let (filled, to_hash) = mpsc::channel::<Piece>();
    let (emptied, to_fill) = mpsc::channel::<Piece>();
    for _ in 0..PIECES {
        // Fails only without a receiver, and it stands two lines above.
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
            // The reader leaves as soon as it has read all.
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
    fn a_file_read_ahead_has_the_digest_that_sha2_says() {
        for length in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES * PIECES + 1, PIECE_BYTES * 9] {
            let message: Vec<u8> = (0..=250).cycle().take(length).collect();
            let (digest, counted) = hash(message.as_slice(), &|_| {}).unwrap();
            assert_eq!(digest, <[u8; 32]>::from(sha2::Sha256::digest(&message)));
            assert_eq!(counted, u64::try_from(length).unwrap());
        }
    }

    #[test]
    fn a_read_that_fails_is_an_error_and_ends_both_threads() {
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
