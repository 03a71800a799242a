//! safetensors: a length of eight bytes, JSON, numbers.
//!
//! ```text
//! 8 bytes, little-endian: N | N bytes of JSON | the tensors, without gaps
//! {"__metadata__":{"format":"pt"},"w":{"dtype":"F16","shape":[1,16],"data_offsets":[0,32]}}
//! ```

use std::fmt;
use std::io::Read;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::{Format, Header, HeaderError, Names};

/// The limit for a header in the safetensors library, in bytes.
const MAX_HEADER_BYTES: u64 = 100_000_000;
const LENGTH_BYTES: u64 = 8;

/// Reads and checks a header.
pub(super) fn read(reader: &mut dyn Read, size: u64) -> Result<Header, HeaderError> {
    if size <= LENGTH_BYTES {
        return Err(HeaderError::Foreign(Format::Safetensors));
    }
    let mut length = [0; 8];
    let mut first = [0];
    reader.read_exact(&mut length)?;
    reader.read_exact(&mut first)?;
    let length = u64::from_le_bytes(length);
    // The format requires the brace, so that other files are not mistaken for safetensors.
    if first != *b"{" {
        if first[0].is_ascii_whitespace() && length <= size - LENGTH_BYTES && length <= MAX_HEADER_BYTES {
            let mut json = Vec::new();
            reader.take(length - 1).read_to_end(&mut json)?;
            if json.trim_ascii_start().starts_with(b"{") {
                let problem = "it starts with white space instead of `{`, which only some readers accept";
                return Err(HeaderError::Malformed(problem.to_owned()));
            }
        }
        return Err(HeaderError::Foreign(Format::Safetensors));
    }
    if length > MAX_HEADER_BYTES {
        return Err(HeaderError::TooLarge { limit: MAX_HEADER_BYTES });
    }
    let start = LENGTH_BYTES + length;
    if start > size {
        return Err(HeaderError::Truncated { what: "the header".to_owned(), needed: start, size });
    }
    let mut json = first.to_vec();
    reader.take(length.saturating_sub(1)).read_to_end(&mut json)?;
    json.truncate(usize::try_from(length).unwrap_or(usize::MAX));
    let table = parse(&json).map_err(|error| HeaderError::Malformed(error.to_string()))?;
    let (metadata, tensors) = (table.metadata, table.tensors);
    let mut names: Vec<String> = tensors.iter().map(|(name, _)| name.clone()).collect();
    names.sort_unstable();
    let mut starts: Vec<u64> = tensors.iter().map(|(_, tensor)| start.saturating_add(tensor.data_offsets.0)).collect();
    starts.sort_unstable();
    check_offsets(tensors, start, size)?;
    Ok(Header { metadata, tensors: names.len(), names, base_models: None, starts, split: None })
}

fn parse(json: &[u8]) -> Result<Table, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let table = Table::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(table)
}

/// Checks that the tensors fill the rest of the file, each starting where the one before ends.
fn check_offsets(mut tensors: Vec<(String, Tensor)>, start: u64, size: u64) -> Result<(), HeaderError> {
    tensors.sort_by_key(|(_, tensor)| tensor.data_offsets);
    let mut cursor = 0;
    for (name, tensor) in tensors {
        let (from, to) = tensor.data_offsets;
        let wrong = |problem: String| HeaderError::Tensor { name: name.clone(), problem };
        if to < from {
            return Err(wrong(format!("ends at {to}, before its start at {from}")));
        }
        if from < cursor {
            return Err(wrong(format!("overlaps another: it starts at {from}, but the one before ends at {cursor}")));
        }
        if from > cursor {
            return Err(wrong(format!("leaves a gap of {} bytes before it", from - cursor)));
        }
        let bits = tensor.bits().ok_or_else(|| wrong("has more elements than can be counted".to_owned()))?;
        if let Some(bits) = bits.filter(|bits| bits % 8 != 0) {
            return Err(wrong(format!("has {bits} bits by its shape and type, which do not fill whole bytes")));
        }
        if bits.is_some_and(|bits| bits / 8 != to - from) {
            return Err(wrong(format!("has {} bytes, which does not match its shape and type", to - from)));
        }
        let end = start.checked_add(to).filter(|end| *end <= size);
        if end.is_none() {
            let what = format!("the tensor `{}`", name.escape_debug());
            return Err(HeaderError::Truncated { what, needed: start.saturating_add(to), size });
        }
        cursor = to;
    }
    match size - start - cursor {
        0 => Ok(()),
        rest => Err(HeaderError::Trailing(rest)),
    }
}

#[derive(serde::Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

impl Tensor {
    /// Returns the number of bits by type and shape: `None` if it is too large, `Some(None)` for an unknown type.
    fn bits(&self) -> Option<Option<u64>> {
        let elements = self.shape.iter().try_fold(1_u64, |product, length| product.checked_mul(*length))?;
        let Some(bits) = bits(&self.dtype) else { return Some(None) };
        elements.checked_mul(bits).map(Some)
    }
}

/// Returns the size of an element in bits, by the `Dtype` of the safetensors library.
fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "I64" | "U64" | "F64" | "C64" => 64,
        _ => return None,
    })
}

#[derive(Default)]
struct Table {
    metadata: Vec<(String, String)>,
    tensors: Vec<(String, Tensor)>,
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TableVisitor)
    }
}

struct TableVisitor;

impl<'de> Visitor<'de> for TableVisitor {
    type Value = Table;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Table, A::Error> {
        let mut table = Table::default();
        let mut names = Names::default();
        while let Some(name) = entries.next_key::<String>()? {
            names.add("key", &name).map_err(A::Error::custom)?;
            if name == "__metadata__" {
                // MLX writes `null` for no metadata, and the reference reader accepts that.
                table.metadata =
                    entries.next_value::<Option<Metadata>>()?.map(|Metadata(pairs)| pairs).unwrap_or_default();
            } else {
                table.tensors.push((name, entries.next_value()?));
            }
        }
        Ok(table)
    }
}

struct Metadata(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MetadataVisitor)
    }
}

struct MetadataVisitor;

impl<'de> Visitor<'de> for MetadataVisitor {
    type Value = Metadata;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Metadata, A::Error> {
        let mut metadata = Vec::new();
        let mut names = Names::default();
        while let Some((name, text)) = entries.next_entry::<String, String>()? {
            names.add("key", &name).map_err(A::Error::custom)?;
            metadata.push((name, text));
        }
        Ok(Metadata(metadata))
    }
}
