//! Decompresses the beginning of a stream of DEFLATE data: <https://www.rfc-editor.org/rfc/rfc1951>.

use std::io::{self, Read};

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

/// The number of compressed bytes that are read at once.
const PIECE_BYTES: usize = 4096;
/// The number of compressed bytes that are read in excess of twice what they give. A stream can go on without end and contain
/// nothing.
const MAX_IDLE_BYTES: usize = 4096;

/// Returns the first `limit` bytes of the data, or fewer if the stream ends before.
///
/// # Errors
/// If the stream cannot be read, ends too early, is not DEFLATE data, or contains little for its length.
pub(super) fn start(stream: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let most = limit.saturating_mul(2).saturating_add(MAX_IDLE_BYTES);
    let mut stream = stream.take(u64::try_from(most).unwrap_or(u64::MAX));
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    let mut found = vec![0; limit];
    let mut piece = [0; PIECE_BYTES];
    let (mut length, mut next, mut end) = (0, 0, 0);
    while length < limit {
        if next == end {
            (next, end) = (0, stream.read(&mut piece)?);
            if end == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let step = inflate(&mut state, &piece[next..end], &mut found[length..], MZFlush::None);
        next += step.bytes_consumed;
        length += step.bytes_written;
        match step.status {
            Ok(MZStatus::StreamEnd) => break,
            Ok(MZStatus::Ok) | Err(MZError::Buf) if step.bytes_consumed + step.bytes_written > 0 => {}
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    found.truncate(length);
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    // Compressed by zlib 1.3 (Python's `zlib.compressobj` without a header).
    const FIXED: &[u8] = b"\xab\x56\x4f\x49\x2d\x4e\x2e\x52\xb7\x52\x50\xaf\xf1\x57\xd7\x51\x40\xe1\xd6\x72\x01\x00";
    const DYNAMIC: &[u8] = b"\x15\x8e\xc1\x01\xc0\x30\x08\x02\x57\x61\x04\x51\x6b\x74\xff\xc5\x0a\x2f\x12\x05\xbc\x00\xd1\x38\x70\x90\
                \x1f\x6a\xd0\x87\x69\x2c\xc1\x08\x30\xa5\xdd\xda\xca\x71\xb2\xc8\x93\x9f\x74\x0f\x95\x2d\xbf\xd2\xf2\x75\
                \x4b\xb7\xf1\xe5\xe1\x7b\x83\x91\x6f\xa4\x4f\xff\xa7\xf9\x6a\x7f\xf2\xdd\xb8\x57\x41\x86\x1a\x48\x55\xd1\
                \x9d\x4c\x95\xb3\x7c\xa5\x7d\xee\xf3\xdd\x31\xc0\x98\xe4\x89\x88\xdb\x66\x10\x61\x86\x29\x68\xe2\x8c\x43\
                \x56\x34\xb2\x83\x22\x53\x22\xc7\xaf\xe7\xd9\x7a\x7b\xf2\x95\x13\xa5\x7e\x43\x8b\xbc\xd4\x57\xbd\xfc\x01";

    #[test]
    fn every_kind_of_block_is_read() {
        let text = b"{'descr': '|O', 'descr': '|O'}\n";
        assert_eq!(start(FIXED, 1000).unwrap(), text);
        let numbers = (0..60).map(|number: u32| (number * number).to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(start(DYNAMIC, 1000).unwrap(), numbers.as_bytes());
        assert_eq!(start(&b"\x01\x03\0\xfc\xffabc"[..], 1000).unwrap(), b"abc");
        // A block that is not the last, and the last.
        assert_eq!(start(&b"\0\x01\0\xfe\xffa\x01\x01\0\xfe\xffb"[..], 1000).unwrap(), b"ab");
    }

    #[test]
    fn no_more_is_read_than_is_asked_for() {
        assert_eq!(start(FIXED, 3).unwrap(), b"{'d");
        assert_eq!(start(&DYNAMIC[..DYNAMIC.len() - 20], 5).unwrap(), b"0 1 4");
        assert_eq!(start(&b"\x01\x03\0\xfc\xffab"[..], 2).unwrap(), b"ab");
        assert_eq!(start(&b""[..], 0).unwrap(), b"");
    }

    #[test]
    fn a_stream_without_content_is_not_read_to_its_end() {
        // Empty blocks, none of which is the last.
        let empty = [0, 0, 0, 0xff, 0xff];
        let mut endless = empty.repeat(100_000).into_iter().collect::<std::collections::VecDeque<u8>>();
        assert!(start(&mut endless, 1000).is_err());
        assert_eq!(endless.len(), 5 * 100_000 - 2 * 1000 - MAX_IDLE_BYTES);
        let few = [empty.repeat(100), b"\x01\x03\0\xfc\xffabc".to_vec()].concat();
        assert_eq!(start(&few[..], 1000).unwrap(), b"abc");
    }

    #[test]
    fn what_is_cut_off_or_not_compressed_is_an_error() {
        for whole in [FIXED, DYNAMIC] {
            for length in 0..whole.len() - 1 {
                assert!(start(&whole[..length], 1000).is_err(), "{length}");
            }
        }
        // The third kind of block, and a length that differs from its complement.
        for bytes in [&b"\x07"[..], b"\x01\x03\0\xfc\xfeabc"] {
            assert!(start(bytes, 1000).is_err(), "{bytes:?}");
        }
    }
}
