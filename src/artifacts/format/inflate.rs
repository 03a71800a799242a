//! Decompresses the beginning of a stream of DEFLATE data: <https://www.rfc-editor.org/rfc/rfc1951>.

use std::io::{self, Read};

/// The longest code of a symbol, in bits.
const MAX_BITS: usize = 15;
/// The order in which the lengths of the codes for lengths are written (section 3.2.7).
const LENGTH_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// The first length of each symbol from 257 on, and the number of bits that are added to it (section 3.2.5).
const LENGTHS: [(usize, u32); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// Returns the first `limit` bytes of the data, or fewer if the stream ends before.
///
/// # Errors
/// If the stream cannot be read, ends too early, or is not DEFLATE data.
pub(super) fn start(stream: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bits = Bits { stream, value: 0, count: 0 };
    let mut found = Vec::new();
    while found.len() < limit {
        let is_last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(&mut bits, &mut found, limit)?,
            1 => {
                let lengths: Vec<u8> = (0..288).map(fixed_length).collect();
                compressed(&mut bits, &mut found, limit, &Code::of(&lengths)?, &Code::of(&[5; 30])?)?;
            }
            2 => {
                let (literals, distances) = codes(&mut bits)?;
                compressed(&mut bits, &mut found, limit, &literals, &distances)?;
            }
            _ => return Err(invalid()),
        }
        if is_last {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// The bits of a stream, the least significant of each byte first.
struct Bits<R> {
    stream: R,
    value: u32,
    count: u32,
}

impl<R: Read> Bits<R> {
    /// Returns the next bits, of which the first is the least significant; at most 16.
    fn take(&mut self, count: u32) -> io::Result<usize> {
        while self.count < count {
            self.value |= u32::from(self.byte()?) << self.count;
            self.count += 8;
        }
        let taken = self.value & ((1 << count) - 1);
        self.value >>= count;
        self.count -= count;
        usize::try_from(taken).map_err(io::Error::other)
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.stream.read_exact(&mut byte)?;
        Ok(byte[0])
    }
}

/// A code, of which shorter words come before longer ones, and words of the same length in the order of their symbols
/// (section 3.2.2).
struct Code {
    /// The number of words of each length.
    counts: [usize; MAX_BITS + 1],
    /// The symbols, in the order of their words.
    symbols: Vec<usize>,
}

impl Code {
    fn of(lengths: &[u8]) -> io::Result<Self> {
        let mut counts = [0; MAX_BITS + 1];
        let mut symbols = Vec::new();
        for (length, count) in counts.iter_mut().enumerate().skip(1) {
            let own = lengths.iter().enumerate().filter(|(_, own)| usize::from(**own) == length);
            let before = symbols.len();
            symbols.extend(own.map(|(symbol, _)| symbol));
            *count = symbols.len() - before;
        }
        // More words than there are.
        let mut free = 1_usize;
        for count in &counts[1..] {
            free = (free * 2).checked_sub(*count).ok_or_else(invalid)?;
        }
        Ok(Self { counts, symbols })
    }

    fn symbol<R: Read>(&self, bits: &mut Bits<R>) -> io::Result<usize> {
        let (mut word, mut first, mut index) = (0, 0, 0);
        for count in &self.counts[1..] {
            word |= bits.take(1)?;
            if word < first + count {
                return self.symbols.get(index + word - first).copied().ok_or_else(invalid);
            }
            index += count;
            first = (first + count) << 1;
            word <<= 1;
        }
        Err(invalid())
    }
}

/// Returns the length of the word of a literal or length in a block with fixed codes (section 3.2.6).
fn fixed_length(symbol: u16) -> u8 {
    match symbol {
        0..144 => 8,
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    }
}

/// Reads the codes at the start of a block: of literals and lengths, and of distances (section 3.2.7).
fn codes<R: Read>(bits: &mut Bits<R>) -> io::Result<(Code, Code)> {
    let (literals, distances, count) = (bits.take(5)? + 257, bits.take(5)? + 1, bits.take(4)? + 4);
    let mut of_lengths = [0; LENGTH_ORDER.len()];
    for at in &LENGTH_ORDER[..count] {
        of_lengths[*at] = u8::try_from(bits.take(3)?).map_err(io::Error::other)?;
    }
    let code = Code::of(&of_lengths)?;
    let mut lengths: Vec<u8> = Vec::new();
    while lengths.len() < literals + distances {
        let (length, times) = match code.symbol(bits)? {
            16 => (*lengths.last().ok_or_else(invalid)?, bits.take(2)? + 3),
            17 => (0, bits.take(3)? + 3),
            18 => (0, bits.take(7)? + 11),
            length => (u8::try_from(length).map_err(io::Error::other)?, 1),
        };
        lengths.extend(std::iter::repeat_n(length, times));
    }
    if lengths.len() > literals + distances {
        return Err(invalid());
    }
    Ok((Code::of(&lengths[..literals])?, Code::of(&lengths[literals..])?))
}

/// Reads a block that is not compressed (section 3.2.4).
fn stored<R: Read>(bits: &mut Bits<R>, found: &mut Vec<u8>, limit: usize) -> io::Result<()> {
    // Up to the next byte.
    (bits.value, bits.count) = (0, 0);
    let length = u16::from_le_bytes([bits.byte()?, bits.byte()?]);
    let check = u16::from_le_bytes([bits.byte()?, bits.byte()?]);
    if length != !check {
        return Err(invalid());
    }
    for _ in 0..usize::from(length).min(limit - found.len()) {
        found.push(bits.byte()?);
    }
    Ok(())
}

/// Reads a block of literals, and of lengths and distances that repeat what was found before.
fn compressed<R: Read>(
    bits: &mut Bits<R>,
    found: &mut Vec<u8>,
    limit: usize,
    literals: &Code,
    distances: &Code,
) -> io::Result<()> {
    while found.len() < limit {
        let symbol = literals.symbol(bits)?;
        if let Ok(literal) = u8::try_from(symbol) {
            found.push(literal);
            continue;
        }
        let Some(number) = symbol.checked_sub(257) else { return Ok(()) };
        let (length, extra) = LENGTHS.get(number).copied().ok_or_else(invalid)?;
        let length = length + bits.take(extra)?;
        let distance = match distances.symbol(bits)? {
            number @ 0..4 => number + 1,
            number @ 4..30 => {
                let extra = number / 2 - 1;
                let first = (2 + number % 2) << extra;
                first + 1 + bits.take(u32::try_from(extra).map_err(io::Error::other)?)?
            }
            _ => return Err(invalid()),
        };
        for _ in 0..length {
            let at = found.len().checked_sub(distance).ok_or_else(invalid)?;
            found.push(found[at]);
        }
    }
    Ok(())
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
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
    fn what_is_cut_off_or_not_compressed_is_an_error() {
        for whole in [FIXED, DYNAMIC] {
            for length in 0..whole.len() - 1 {
                assert!(start(&whole[..length], 1000).is_err(), "{length}");
            }
        }
        // The third kind of block, a length that differs from its complement, and a repetition of nothing.
        for bytes in [&b"\x07"[..], b"\x01\x03\0\xfc\xfeabc", b"\x03\x02\0"] {
            assert!(start(bytes, 1000).is_err(), "{bytes:?}");
        }
    }
}
