//! Recognizes Python pickles by their content, without unpickling them. The source is
//! [`pickletools`](https://docs.python.org/3/library/pickletools.html), protocols 0 to 5.

use std::io;
use std::sync::LazyLock;

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

/// What follows an opcode in the stream.
#[derive(Clone, Copy)]
enum Argument {
    Nothing,
    /// This many bytes.
    Bytes(u64),
    /// A length in this many bytes, least significant first, and so many bytes.
    Counted(u64),
    Protocol,
    /// The lines of a module's name and of the name of something in it.
    Global,
    /// A line with a number in digits.
    Digits,
    /// A line with a number in digits, after which Python 2 wrote `L`.
    Long,
    /// A line with a number that may have a fraction.
    Float,
    /// A line with a text in quotes.
    Quoted,
    /// A line with anything.
    Line,
}

/// What an opcode does.
#[derive(Clone, Copy)]
enum Effect {
    /// Takes this many values from the stack, above the last mark, and puts this many on it.
    Swap(u64, u64),
    /// The same, by calling or constructing something.
    Call(u64, u64),
    Mark,
    /// Takes everything above the last mark, and the mark, and puts this many values on the stack.
    PopMark(u64),
    /// The same, by constructing something.
    Construct,
    /// Adds everything above the last mark to the value below it.
    AddToValue,
    /// Writes the value on top into the memo.
    Remember,
    /// Puts a value of the memo on the stack.
    Recall,
    Stop,
}

/// The opcodes that have an argument and an effect in common.
const OPCODES: &[(&[u8], Argument, Effect)] = {
    use Argument::{Bytes, Counted, Digits, Float, Global, Line, Long, Nothing, Protocol, Quoted};
    use Effect::{AddToValue, Call, Construct, Mark, PopMark, Recall, Remember, Stop, Swap};
    &[
        (b".", Nothing, Stop),
        // Protocol and framing.
        (b"\x80", Protocol, Swap(0, 0)),
        (b"\x95", Bytes(8), Swap(0, 0)),
        // Marks.
        (b"(", Nothing, Mark),
        (b"1", Nothing, PopMark(0)),
        (b"dlt\x91", Nothing, PopMark(1)),
        (b"eu\x90", Nothing, AddToValue),
        // Calls.
        (b"Rb\x81", Nothing, Call(2, 1)),
        (b"\x92", Nothing, Call(3, 1)),
        (b"o", Nothing, Construct),
        (b"i", Global, Construct),
        (b"c", Global, Swap(0, 1)),
        (b"\x93", Nothing, Swap(2, 1)),
        (b"\x82", Bytes(1), Swap(0, 1)),
        (b"\x83", Bytes(2), Swap(0, 1)),
        (b"\x84", Bytes(4), Swap(0, 1)),
        // The stack.
        (b"0", Nothing, Swap(1, 0)),
        (b"2", Nothing, Swap(1, 2)),
        (b"Q\x85\x98", Nothing, Swap(1, 1)),
        (b"a\x86", Nothing, Swap(2, 1)),
        (b"s\x87", Nothing, Swap(3, 1)),
        (b"N)]}\x88\x89\x8f\x97", Nothing, Swap(0, 1)),
        // The memo.
        (b"p", Digits, Remember),
        (b"q", Bytes(1), Remember),
        (b"r", Bytes(4), Remember),
        (b"\x94", Nothing, Remember),
        (b"g", Digits, Recall),
        (b"h", Bytes(1), Recall),
        (b"j", Bytes(4), Recall),
        // Numbers and texts.
        (b"IL", Long, Swap(0, 1)),
        (b"F", Float, Swap(0, 1)),
        (b"S", Quoted, Swap(0, 1)),
        (b"PV", Line, Swap(0, 1)),
        (b"K", Bytes(1), Swap(0, 1)),
        (b"M", Bytes(2), Swap(0, 1)),
        (b"J", Bytes(4), Swap(0, 1)),
        (b"G", Bytes(8), Swap(0, 1)),
        (b"CU\x8a\x8c", Counted(1), Swap(0, 1)),
        (b"BTX\x8b", Counted(4), Swap(0, 1)),
        (b"\x8d\x8e\x96", Counted(8), Swap(0, 1)),
    ]
};

/// [`OPCODES`] by opcode.
static BY_CODE: LazyLock<[Option<(Argument, Effect)>; 256]> = LazyLock::new(|| {
    let mut by_code = [None; 256];
    for (codes, argument, effect) in OPCODES {
        codes.iter().for_each(|code| by_code[usize::from(*code)] = Some((*argument, *effect)));
    }
    by_code
});

impl Machine {
    fn step(&mut self, file: &mut Window<'_>) -> io::Result<Step> {
        let [opcode] = file.array()?;
        let (argument, effect) = BY_CODE[usize::from(opcode)].ok_or_else(invalid)?;
        argument.read(file)?;
        self.has_protocol |= matches!(argument, Argument::Protocol);
        match effect {
            Effect::Swap(taken, put) => self.swap(taken, put)?,
            Effect::Call(taken, put) => {
                self.swap(taken, put)?;
                self.calls = true;
            }
            Effect::Mark => self.marks.push(self.depth),
            Effect::PopMark(put) => self.pop_mark(put)?,
            Effect::Construct => {
                self.pop_mark(1)?;
                self.calls = true;
            }
            Effect::AddToValue => {
                self.pop_mark(0)?;
                self.swap(1, 1)?;
            }
            Effect::Remember => {
                self.swap(1, 1)?;
                self.memo = true;
            }
            Effect::Recall => {
                check(self.memo)?;
                self.depth += 1;
            }
            Effect::Stop => {
                self.swap(1, 0)?;
                return Ok(Step::Stop);
            }
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

    /// Takes everything above the last mark, and the mark.
    fn pop_mark(&mut self, put: u64) -> io::Result<()> {
        self.depth = self.marks.pop().ok_or_else(invalid)? + put;
        Ok(())
    }
}

impl Argument {
    /// Reads the argument, and refuses one that no pickler writes.
    fn read(self, file: &mut Window<'_>) -> io::Result<()> {
        match self {
            Self::Nothing => Ok(()),
            Self::Bytes(count) => skip(file, count),
            Self::Counted(width) => {
                let mut length = 0_u64;
                for place in 0..width {
                    let [byte] = file.array()?;
                    length |= u64::from(byte) << (8 * place);
                }
                skip(file, length)
            }
            Self::Protocol => {
                let [protocol] = file.array()?;
                check(protocol <= HIGHEST_PROTOCOL)
            }
            Self::Global => global(file),
            Self::Digits => digits(&line(file)?),
            Self::Long => {
                let line = line(file)?;
                digits(line.strip_suffix(b"L").unwrap_or(&line))
            }
            Self::Float => {
                let line = line(file)?;
                check(std::str::from_utf8(&line).is_ok_and(|line| line.trim().parse::<f64>().is_ok()))
            }
            Self::Quoted => {
                let line = line(file)?;
                check(matches!(line.as_slice(), [b'\'', .., b'\''] | [b'"', .., b'"']))
            }
            Self::Line => line(file).map(drop),
        }
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
    fn every_opcode_of_pickletools_is_in_one_row() {
        // `"".join(sorted(opcode.code for opcode in pickletools.opcodes))`
        let known = b"().012BCFGIJKLMNPQRSTUVX]abcdeghijlopqrstu}\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98";
        let mut codes: Vec<u8> = OPCODES.iter().flat_map(|(codes, ..)| codes.iter().copied()).collect();
        codes.sort_unstable();
        assert_eq!(codes, known);
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
