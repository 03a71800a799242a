//! Recognizes Python pickles by their content, without unpickling them. The source is
//! [`pickletools`](https://docs.python.org/3/library/pickletools.html), protocols 0 to 5.

use std::io;

use crate::artifacts::window::Window;

/// The most opcodes that are followed. A stream that is still valid then is a pickle.
const MAX_OPCODES: u32 = 20_000;
/// The longest text that is read; longer ones are skipped.
const MAX_LINE_BYTES: usize = 1024;
/// The highest protocol; Python refuses a higher one.
const HIGHEST_PROTOCOL: u8 = 5;

/// Returns whether unpickling would run the bytes from the position of `file` on: they are a pickle, or start like one
/// and call something before the first mistake.
///
/// A stream without calls is recognized only if it states its protocol, as every pickle of Python 3 does: nearly any
/// file could start with a few valid opcodes.
pub(super) fn is_pickle(file: &mut Window<'_>) -> bool {
    let mut machine = Machine::default();
    for _ in 0..MAX_OPCODES {
        match machine.step(file) {
            Ok(Step::Next) => {}
            Ok(Step::Stop) => return machine.calls || machine.has_protocol,
            Err(_) => return machine.calls,
        }
    }
    true
}

/// The stack of the unpickler, as far as its depth shows that a stream is not a pickle.
#[derive(Default)]
struct Machine {
    depth: u64,
    /// The depths at which marks were set.
    marks: Vec<u64>,
    memo: bool,
    has_protocol: bool,
    /// Whether something was called or constructed.
    calls: bool,
}

enum Step {
    Next,
    Stop,
}

impl Machine {
    fn step(&mut self, file: &mut Window<'_>) -> io::Result<Step> {
        let [opcode] = file.array()?;
        match opcode {
            b'.' => {
                self.swap(1, 0)?;
                return Ok(Step::Stop);
            }
            // Protocol and framing.
            0x80 => {
                let [protocol] = file.array()?;
                check(protocol <= HIGHEST_PROTOCOL)?;
                self.has_protocol = true;
            }
            0x95 => skip(file, 8)?,
            // Marks.
            b'(' => self.marks.push(self.depth),
            b'1' => self.pop_mark(0)?,
            b'd' | b'l' | b't' | 0x91 => self.pop_mark(1)?,
            b'o' => {
                self.pop_mark(1)?;
                self.calls = true;
            }
            b'e' | b'u' | 0x90 => {
                self.pop_mark(0)?;
                self.swap(1, 1)?;
            }
            // Calls.
            b'R' | 0x81 => self.call(2, 1)?,
            0x92 => self.call(3, 1)?,
            b'b' => self.call(2, 1)?,
            b'i' => {
                global(file)?;
                self.pop_mark(1)?;
                self.calls = true;
            }
            b'c' => {
                global(file)?;
                self.depth += 1;
            }
            0x93 => self.swap(2, 1)?,
            0x82 => self.push(file, 1)?,
            0x83 => self.push(file, 2)?,
            0x84 => self.push(file, 4)?,
            // The stack.
            b'0' => self.swap(1, 0)?,
            b'2' => self.swap(1, 2)?,
            b'a' => self.swap(2, 1)?,
            b's' => self.swap(3, 1)?,
            0x85 | b'Q' | 0x98 => self.swap(1, 1)?,
            0x86 => self.swap(2, 1)?,
            0x87 => self.swap(3, 1)?,
            b'N' | b']' | b'}' | b')' | 0x88 | 0x89 | 0x8f | 0x97 => self.depth += 1,
            // The memo.
            b'p' => {
                digits(&line(file)?)?;
                self.remember()?;
            }
            b'q' => {
                skip(file, 1)?;
                self.remember()?;
            }
            b'r' => {
                skip(file, 4)?;
                self.remember()?;
            }
            0x94 => self.remember()?,
            b'g' => {
                digits(&line(file)?)?;
                check(self.memo)?;
                self.depth += 1;
            }
            b'h' => {
                check(self.memo)?;
                self.push(file, 1)?;
            }
            b'j' => {
                check(self.memo)?;
                self.push(file, 4)?;
            }
            // Numbers and texts.
            b'I' | b'L' => {
                let line = line(file)?;
                digits(line.strip_suffix(b"L").unwrap_or(&line))?;
                self.depth += 1;
            }
            b'F' => {
                let line = line(file)?;
                check(std::str::from_utf8(&line).is_ok_and(|line| line.trim().parse::<f64>().is_ok()))?;
                self.depth += 1;
            }
            b'S' => {
                let line = line(file)?;
                check(matches!(line.as_slice(), [b'\'', .., b'\''] | [b'"', .., b'"']))?;
                self.depth += 1;
            }
            b'V' | b'P' => {
                line(file)?;
                self.depth += 1;
            }
            b'K' => self.push(file, 1)?,
            b'M' => self.push(file, 2)?,
            b'J' => self.push(file, 4)?,
            b'G' => self.push(file, 8)?,
            b'U' | b'C' | 0x8a | 0x8c => self.counted::<1>(file)?,
            b'T' | b'B' | b'X' | 0x8b => self.counted::<4>(file)?,
            0x8d | 0x8e | 0x96 => self.counted::<8>(file)?,
            _ => return Err(invalid()),
        }
        Ok(Step::Next)
    }

    /// Takes `taken` values from the stack, above the last mark, and puts `put` on it.
    fn swap(&mut self, taken: u64, put: u64) -> io::Result<()> {
        let floor = self.marks.last().copied().unwrap_or_default();
        check(self.depth >= floor + taken)?;
        self.depth = self.depth - taken + put;
        Ok(())
    }

    fn call(&mut self, taken: u64, put: u64) -> io::Result<()> {
        self.swap(taken, put)?;
        self.calls = true;
        Ok(())
    }

    /// Takes everything above the last mark, and the mark.
    fn pop_mark(&mut self, put: u64) -> io::Result<()> {
        self.depth = self.marks.pop().ok_or_else(invalid)? + put;
        Ok(())
    }

    fn push(&mut self, file: &mut Window<'_>, argument: u64) -> io::Result<()> {
        skip(file, argument)?;
        self.depth += 1;
        Ok(())
    }

    /// Skips an argument that starts with its length, and pushes it.
    fn counted<const N: usize>(&mut self, file: &mut Window<'_>) -> io::Result<()> {
        let bytes = file.array::<N>()?;
        let length = bytes.iter().rev().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
        self.push(file, length)
    }

    fn remember(&mut self) -> io::Result<()> {
        self.swap(1, 1)?;
        self.memo = true;
        Ok(())
    }
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn check(holds: bool) -> io::Result<()> {
    if holds { Ok(()) } else { Err(invalid()) }
}

fn skip(file: &mut Window<'_>, count: u64) -> io::Result<()> {
    let end = file.position().checked_add(count).filter(|end| *end <= file.size()).ok_or_else(invalid)?;
    file.seek(end)
}

/// Reads an argument that ends at the end of its line.
fn line(file: &mut Window<'_>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let [byte] = file.array()?;
        match byte {
            b'\n' => {
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            _ if line.len() < MAX_LINE_BYTES => line.push(byte),
            // A text of any length is valid; no other argument is so long.
            _ => {}
        }
    }
}

fn digits(text: &[u8]) -> io::Result<()> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    check(!text.is_empty() && text.iter().all(u8::is_ascii_digit))
}

/// Reads the names of a module and of something in it.
fn global(file: &mut Window<'_>) -> io::Result<()> {
    for _ in 0..2 {
        let name = line(file)?;
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.') || !byte.is_ascii();
        check(!name.is_empty() && name.iter().all(is_name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::{Files as _, Memory};

    fn is_pickle(bytes: &[u8]) -> bool {
        let files = Memory::new([("f", bytes)]);
        super::is_pickle(&mut Window::open(&files, &files.entries()[0]).unwrap())
    }

    #[test]
    fn recognizes_pickles_of_every_protocol() {
        for pickle in [
            // `pickle.dumps(collections.OrderedDict())` in protocols 0, 2 and 4.
            &b"ccollections\nOrderedDict\np0\n(tRp1\n."[..],
            b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01.",
            b"\x80\x04\x95\x22\x00\x00\x00\x00\x00\x00\x00\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93\x94)R\x94.",
            // Numbers alone, with a protocol.
            b"\x80\x04K\x01.",
            b"\x80\x03]q\x00(K\x01K\x02e.",
            // The old form of INST.
            b"(icollections\nOrderedDict\n.",
            // What was called before the mistake has run.
            b"ccollections\nOrderedDict\n)R\xff\xff",
            b"\x80\x02ccollections\nOrderedDict\n)R",
        ] {
            assert!(is_pickle(pickle), "{pickle:?}");
        }
        // However much is put before the call.
        let padded = [&b"I1\n0".repeat(30_000)[..], b"ccollections\nOrderedDict\n)R."].concat();
        assert!(is_pickle(&padded));
        let long = [&b"X\x40\x0d\x03\x00"[..], &vec![b'x'; 200_000], b"0ccollections\nOrderedDict\n)R."].concat();
        assert!(is_pickle(&long));
    }

    #[test]
    fn other_bytes_are_not_pickles() {
        let floats: Vec<u8> = (0..4096_u16).flat_map(|n| f32::from(n).to_le_bytes()).collect();
        for other in [
            &b""[..],
            b"\x80",
            b"\x80\x09N.",
            b"\x81\xa1a\x01",
            b"\x85\xa5hello\x01",
            b"\x93NUMPY\x01\x00",
            b"lmgg\x01\x00\x00\x00",
            b"GGUF\x03\x00\x00\x00",
            b"PK\x03\x04",
            b"\x00\x00\x00\x00\x00\x00",
            b"\x0a\x0e\x0a\x05<unk>\x15\x00\x00\x00\x00\x18\x02",
            b"{\"a\": 1}",
            b"content",
            b"Text. And more.\n",
            b"I1\n.",
            b"N.",
            &floats,
        ] {
            assert!(!is_pickle(other), "{:?}", &other[..other.len().min(20)]);
        }
    }
}
