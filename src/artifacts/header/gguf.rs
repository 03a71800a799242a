//! GGUF: magic, version, counts, keys and values, descriptions of tensors, padding, numbers.
//!
//! Versions 2 and 3 are read. A big-endian file is recognized by its version, whose bytes are swapped.

use std::io::{self, Read};

use super::{Format, Header, HeaderError, Names, Split};

/// The limit for a header, in bytes. Vocabularies take tens of megabytes.
const MAX_HEADER_BYTES: u64 = 64 * 1024 * 1024;
/// The limit for a text that is kept, such as a license or a URL, in bytes; longer ones are skipped.
const MAX_TEXT_BYTES: u64 = 64 * 1024;
/// The limit for a key in the specification, in bytes.
const MAX_KEY_BYTES: u64 = 65_535;
/// The limit for the name of a tensor, in bytes. The specification says 64; but programs such as stable-diffusion.cpp
/// build ggml with `GGML_MAX_NAME=128`, which includes a final NUL, and write such names.
const MAX_NAME_BYTES: u64 = 127;
const MAX_DIMENSIONS: u32 = 4;
/// The specification allows arrays of arrays of any depth, but none occur in practice.
const MAX_NESTING: u8 = 4;
const DEFAULT_ALIGNMENT: u32 = 32;

/// Reads and checks a header.
pub(super) fn read(reader: &mut dyn Read, size: u64) -> Result<Header, HeaderError> {
    let mut header = Header::default();
    let (mut file, tensors, alignment) = read_metadata(reader, size, &mut header)?;
    let mut ranges = Vec::new();
    let mut names = Names::default();
    for _ in 0..tensors {
        let range = file.tensor_range()?;
        names.add("tensor", &range.name).map_err(HeaderError::Malformed)?;
        ranges.push(range);
    }
    header.tensors = ranges.len();
    header.names = names.sorted();
    check_ranges(ranges, file.position.next_multiple_of(u64::from(alignment)), u64::from(alignment), size)?;
    Ok(header)
}

/// Reads the keys and values into `header`, and returns the file at the first description of a tensor, the number of
/// tensors, and the alignment.
pub(super) fn read_metadata<'r>(
    reader: &'r mut dyn Read,
    size: u64,
    header: &mut Header,
) -> Result<(File<'r>, u64, u32), HeaderError> {
    let mut file = File { reader, size, position: 0, order: Order::Little };
    if size < 8 || file.bytes::<4>()? != *b"GGUF" {
        return Err(HeaderError::Foreign(Format::Gguf));
    }
    let mut version = file.u32()?;
    if version.trailing_zeros() >= 16 {
        file.order = Order::Big;
        version = version.swap_bytes();
    }
    if !matches!(version, 2 | 3) {
        return Err(HeaderError::Malformed(format!("its version is {version}; versions 2 and 3 are supported")));
    }
    let tensors = file.u64()?;
    let pairs = file.u64()?;
    let mut split = [None; 3];
    let mut alignment = DEFAULT_ALIGNMENT;
    let mut names = Names::default();
    for _ in 0..pairs {
        let key = file.text("a key", MAX_KEY_BYTES, "which the specification forbids")?;
        names.add("key", &key).map_err(HeaderError::Malformed)?;
        let kind = file.u32()?;
        if let Some(at) = SPLIT_KEYS.iter().position(|known| *known == key) {
            split[at] = file.whole_number(kind)?;
            continue;
        }
        if key == BASE_COUNT_KEY {
            header.base_models = file.whole_number(kind)?;
            continue;
        }
        match (key.as_str(), kind) {
            ("general.alignment", UINT32) => alignment = file.u32()?,
            ("general.alignment", _) => {
                let problem = format!("`general.alignment` has the type {kind} instead of {UINT32}, a 32-bit number");
                return Err(HeaderError::Malformed(problem));
            }
            (_, STRING) if key.starts_with("general.") => {
                if let Some(text) = file.text_or_skip(MAX_TEXT_BYTES)? {
                    header.metadata.push((key, text));
                }
            }
            _ => file.skip_value(kind, MAX_NESTING)?,
        }
    }
    // The specification demands a multiple of 8, and llama.cpp a power of two.
    if !alignment.is_power_of_two() && (alignment == 0 || !alignment.is_multiple_of(8)) {
        let problem = format!("its alignment is {alignment}, which is neither a multiple of 8 nor a power of two");
        return Err(HeaderError::Malformed(problem));
    }
    if let [number, Some(count), tensors] = split {
        header.split = Some(Split { number: number.unwrap_or_default(), count, tensors });
    }
    Ok((file, tensors, alignment))
}

/// Checks that each tensor is within the file, starts at a multiple of the alignment and shares no bytes with another.
fn check_ranges(mut ranges: Vec<TensorRange>, start: u64, alignment: u64, size: u64) -> Result<(), HeaderError> {
    ranges.sort_by_key(|range| (range.offset, range.bytes));
    let mut cursor = 0;
    for range in ranges {
        let wrong = |problem: String| HeaderError::Tensor { name: range.name.clone(), problem };
        if !range.offset.is_multiple_of(alignment) {
            return Err(wrong(format!("starts at {}, which is not a multiple of {alignment}", range.offset)));
        }
        if range.offset < cursor {
            return Err(wrong(format!(
                "overlaps another: it starts at {}, but the one before ends at {cursor}",
                range.offset
            )));
        }
        let end = range.offset.saturating_add(range.bytes.unwrap_or(0));
        let needed = start.saturating_add(end);
        if needed > size {
            let what = format!("the tensor `{}`", range.name.escape_debug());
            return Err(HeaderError::Truncated { what, needed, size });
        }
        cursor = end;
    }
    Ok(())
}

/// The bytes of a tensor, relative to the start of the numbers.
struct TensorRange {
    name: String,
    offset: u64,
    /// The length in bytes; `None` for an unknown type of numbers.
    bytes: Option<u64>,
}

/// The keys of a split model, in the order of the fields of [`Split`].
const SPLIT_KEYS: [&str; 3] = ["split.no", "split.count", "split.tensors.count"];

/// The key of the number of base models.
const BASE_COUNT_KEY: &str = "general.base_model.count";

const UINT32: u32 = 4;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// Returns the size in bytes of a value of a type with a fixed size (`gguf_metadata_value_type`).
fn fixed(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// Returns the number of elements and bytes in a block, by `ggml_type`. The source is `GGML_QUANT_SIZES` of gguf-py
/// without Q8_1, which ggml defines differently and no file contains.
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 | 26 => (1, 4),
        1 | 25 | 30 => (1, 2),
        2 | 20 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 | 21 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        15 => (256, 292),
        16 | 35 => (256, 66),
        17 => (256, 74),
        18 => (256, 98),
        19 => (256, 50),
        22 => (256, 82),
        23 => (256, 136),
        24 => (1, 1),
        27 | 28 => (1, 8),
        29 => (256, 56),
        34 => (256, 54),
        39 => (32, 17),
        40 => (64, 36),
        41 => (128, 18),
        _ => return None,
    })
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// A file, read from its start to the end of the header.
pub(super) struct File<'r> {
    reader: &'r mut dyn Read,
    size: u64,
    position: u64,
    order: Order,
}

impl File<'_> {
    /// Announces that `count` bytes are read next.
    fn advance(&mut self, count: u64) -> Result<(), HeaderError> {
        let needed = self.position.saturating_add(count);
        if needed > self.size {
            return Err(HeaderError::Truncated { what: "the header".to_owned(), needed, size: self.size });
        }
        if needed > MAX_HEADER_BYTES {
            return Err(HeaderError::TooLarge { limit: MAX_HEADER_BYTES });
        }
        self.position = needed;
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], HeaderError> {
        self.advance(u64::try_from(N).unwrap_or(u64::MAX))?;
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u16(&mut self) -> Result<u16, HeaderError> {
        let bytes = self.bytes()?;
        Ok(match self.order {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        })
    }

    fn u32(&mut self) -> Result<u32, HeaderError> {
        let bytes = self.bytes()?;
        Ok(match self.order {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        })
    }

    fn u64(&mut self) -> Result<u64, HeaderError> {
        let bytes = self.bytes()?;
        Ok(match self.order {
            Order::Little => u64::from_le_bytes(bytes),
            Order::Big => u64::from_be_bytes(bytes),
        })
    }

    fn skip(&mut self, count: u64) -> Result<(), HeaderError> {
        self.advance(count)?;
        let skipped = io::copy(&mut self.reader.take(count), &mut io::sink())?;
        if skipped < count {
            return Err(HeaderError::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(())
    }

    /// Reads a text of at most `limit` bytes. `whose` says whose limit it is, as a clause.
    fn text(&mut self, what: &str, limit: u64, whose: &str) -> Result<String, HeaderError> {
        match self.bytes_or_skip(limit)? {
            Some(bytes) => String::from_utf8(bytes).map_err(|_| HeaderError::Malformed(format!("{what} is not UTF-8"))),
            None => Err(HeaderError::Malformed(format!("{what} has more than {limit} bytes, {whose}"))),
        }
    }

    /// Reads a text, in which readers replace what is not UTF-8; `None` if it has more than `limit` bytes.
    fn text_or_skip(&mut self, limit: u64) -> Result<Option<String>, HeaderError> {
        Ok(self.bytes_or_skip(limit)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn bytes_or_skip(&mut self, limit: u64) -> Result<Option<Vec<u8>>, HeaderError> {
        let length = self.u64()?;
        if length > limit {
            self.skip(length)?;
            return Ok(None);
        }
        self.advance(length)?;
        let mut bytes = Vec::new();
        self.reader.take(length).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Reads a number of any type without a sign or with one; `None` if it is negative or another value.
    fn whole_number(&mut self, kind: u32) -> Result<Option<u64>, HeaderError> {
        let is_signed = matches!(kind, 1 | 3 | 5 | 11);
        let (value, bits) = match kind {
            0 | 1 => (u64::from(self.bytes::<1>()?[0]), 8),
            2 | 3 => (u64::from(self.u16()?), 16),
            4 | 5 => (u64::from(self.u32()?), 32),
            10 | 11 => (self.u64()?, 64),
            _ => {
                self.skip_value(kind, MAX_NESTING)?;
                return Ok(None);
            }
        };
        Ok(Some(value).filter(|value| !is_signed || value >> (bits - 1) == 0))
    }

    fn skip_value(&mut self, kind: u32, nesting: u8) -> Result<(), HeaderError> {
        if let Some(size) = fixed(kind) {
            return self.skip(size);
        }
        match kind {
            STRING => {
                let length = self.u64()?;
                self.skip(length)
            }
            ARRAY if nesting > 0 => {
                let kind = self.u32()?;
                let count = self.u64()?;
                match fixed(kind) {
                    Some(size) => self.skip(size.saturating_mul(count)),
                    None => (0..count).try_for_each(|_| self.skip_value(kind, nesting - 1)),
                }
            }
            ARRAY => Err(HeaderError::Malformed(format!("arrays are nested more than {MAX_NESTING} levels deep"))),
            _ => Err(HeaderError::Malformed(format!("{kind} is not a type of value"))),
        }
    }

    fn tensor_range(&mut self) -> Result<TensorRange, HeaderError> {
        let name = self.text("the name of a tensor", MAX_NAME_BYTES, "which llama.cpp does not load")?;
        let wrong = |problem: String| HeaderError::Tensor { name: name.clone(), problem };
        let count = self.u32()?;
        if count > MAX_DIMENSIONS {
            return Err(wrong(format!("has {count} dimensions; ggml supports at most {MAX_DIMENSIONS}")));
        }
        let mut lengths = Vec::new();
        for _ in 0..count {
            lengths.push(self.u64()?);
        }
        let kind = self.u32()?;
        let offset = self.u64()?;
        let elements = lengths.iter().try_fold(1_u64, |product, length| product.checked_mul(*length));
        let elements = elements.ok_or_else(|| wrong("has more elements than can be counted".to_owned()))?;
        let bytes = match block(kind) {
            None => None,
            Some((per_block, size)) => {
                if lengths.first().is_some_and(|row| row % per_block != 0) {
                    return Err(wrong(format!("has rows that do not divide into blocks of {per_block}")));
                }
                let bytes = (elements / per_block).checked_mul(size);
                Some(bytes.ok_or_else(|| wrong("has more bytes than can be counted".to_owned()))?)
            }
        };
        Ok(TensorRange { name, offset, bytes })
    }
}
