//! The files in which an ONNX model keeps its tensors, see
//! [external data](https://onnx.ai/onnx/repo-docs/ExternalData.html). Only what describes tensors is read, not their
//! numbers. Field numbers are those of
//! [`onnx.proto`](https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

use std::collections::BTreeMap;
use std::io;

use super::window::Window;

/// The most fields that are read; nodes and tensors of the largest models are far fewer.
const MAX_FIELDS: u32 = 20_000_000;
/// The most levels of graphs within nodes.
const MAX_DEPTH: usize = 64;
/// The longest key or value of a description of external data.
const MAX_TEXT_BYTES: u64 = 4096;
/// The most ranges that are kept of a file; further ones are not looked at.
const MAX_RANGES: usize = 1_000_000;

/// What tensors need of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct External {
    /// The size in bytes that it has at least.
    pub(super) size: u64,
    /// The bytes of each tensor: offset and length; only of a safetensors file, which has tensors of its own.
    pub(super) ranges: Vec<(u64, u64)>,
}

/// The messages in which tensors are described.
#[derive(Debug, Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Function,
    SparseTensor,
    TrainingInfo,
    Tensor,
}

/// Returns the type of the message in a field; `None` for a field that describes no tensor.
fn message(parent: Message, field: u64) -> Option<Message> {
    Some(match (parent, field) {
        (Message::Model, 7) => Message::Graph,
        (Message::Model, 20) => Message::TrainingInfo,
        (Message::Model, 25) => Message::Function,
        (Message::TrainingInfo, 1 | 2) => Message::Graph,
        (Message::Graph, 1) | (Message::Function, 7) => Message::Node,
        (Message::Graph, 5) => Message::Tensor,
        (Message::Graph, 15) => Message::SparseTensor,
        (Message::Node, 5) | (Message::Function, 11) => Message::Attribute,
        (Message::Attribute, 5 | 10) => Message::Tensor,
        (Message::Attribute, 6 | 11) => Message::Graph,
        (Message::Attribute, 22 | 23) => Message::SparseTensor,
        (Message::SparseTensor, 1 | 2) => Message::Tensor,
        _ => return None,
    })
}

/// Returns the files that tensors name as their `location`, each with what the tensors need of it.
///
/// # Errors
/// If the file is not an ONNX model, is truncated, or nests graphs too deep.
pub(super) fn locations(file: &mut Window<'_>) -> io::Result<BTreeMap<String, External>> {
    let mut found = BTreeMap::new();
    // The messages that are open, each with the position of its end.
    let mut open = vec![(Message::Model, file.size())];
    for _ in 0..MAX_FIELDS {
        while open.last().is_some_and(|(_, end)| file.position() >= *end) {
            open.pop();
        }
        let Some(&(parent, end)) = open.last() else { return Ok(found) };
        let Some((tag, next)) = field(file, end)? else { continue };
        match message(parent, tag >> 3) {
            Some(Message::Tensor) => tensor(file, next, &mut found)?,
            Some(child) if tag & 7 == 2 => {
                if open.len() >= MAX_DEPTH {
                    return Err(invalid());
                }
                open.push((child, next));
            }
            _ => file.seek(next)?,
        }
    }
    Err(invalid())
}

/// Returns the position where the last field of a model ends, if the file ends before it; `None` if it does not start as a model
/// does, with a version of the format, or is whole.
pub(super) fn cut_before(file: &mut Window<'_>) -> Option<u64> {
    file.seek(0).ok()?;
    let starts_with_version = file.array::<1>().ok()? == [1 << 3];
    file.seek(0).ok()?;
    while starts_with_version && file.position() < file.size() {
        if let Some((_, next)) = field(file, u64::MAX).ok()? {
            if next > file.size() {
                return Some(next);
            }
            file.seek(next).ok()?;
        }
    }
    None
}

/// Reads the start of a field of a message that ends at `end`: its tag, and the position where the field ends. `None` for a
/// number, which is read and dropped.
fn field(file: &mut Window<'_>, end: u64) -> io::Result<Option<(u64, u64)>> {
    let tag = varint(file)?;
    let length = match tag & 7 {
        0 => {
            varint(file)?;
            return Ok(None);
        }
        1 => 8,
        2 => varint(file)?,
        5 => 4,
        _ => return Err(invalid()),
    };
    let next = file.position().checked_add(length).filter(|next| *next <= end).ok_or_else(invalid)?;
    Ok(Some((tag, next)))
}

/// Reads a tensor up to `end`.
fn tensor(file: &mut Window<'_>, end: u64, found: &mut BTreeMap<String, External>) -> io::Result<()> {
    let (mut location, mut offset, mut length) = (None, 0_u64, 0_u64);
    while file.position() < end {
        let Some((tag, next)) = field(file, end)? else { continue };
        // `external_data`: a list of keys and values.
        if tag == 13 << 3 | 2 {
            let (key, value) = pair(file, next)?;
            match key.as_str() {
                "location" => location = Some(value),
                "offset" => offset = value.parse().unwrap_or_default(),
                "length" => length = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
        file.seek(next)?;
    }
    if let Some(location) = location {
        let has_tensors = location.ends_with(".safetensors");
        let external: &mut External = found.entry(location).or_default();
        external.size = external.size.max(offset.saturating_add(length));
        if has_tensors && length > 0 && external.ranges.len() < MAX_RANGES {
            external.ranges.push((offset, length));
        }
    }
    Ok(())
}

/// Reads a `StringStringEntryProto` up to `end`.
fn pair(file: &mut Window<'_>, end: u64) -> io::Result<(String, String)> {
    let mut pair = (String::new(), String::new());
    while file.position() < end {
        let tag = varint(file)?;
        let length = varint(file)?;
        if tag & 7 != 2 || length > MAX_TEXT_BYTES {
            return Err(invalid());
        }
        let text = String::from_utf8_lossy(&file.vector(length)?).into_owned();
        match tag >> 3 {
            1 => pair.0 = text,
            2 => pair.1 = text,
            _ => {}
        }
    }
    Ok(pair)
}

fn varint(file: &mut Window<'_>) -> io::Result<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let [byte] = file.array()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(invalid())
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::{Files as _, Memory};

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2];
        if number >= 16 {
            bytes = vec![(number << 3 | 2) | 0x80, number >> 4];
        }
        let mut length = content.len();
        while length >= 0x80 {
            bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap());
        [bytes, content.to_vec()].concat()
    }

    fn external(location: &str, offset: u64, length: u64) -> Vec<u8> {
        let pair = |key: &str, value: &str| field(13, &[field(1, key.as_bytes()), field(2, value.as_bytes())].concat());
        let (offset, length) = (offset.to_string(), length.to_string());
        // dims, data_type and name come first, data_location last.
        [
            &[8, 4, 16, 1][..],
            &field(8, b"w"),
            &pair("location", location),
            &pair("offset", &offset),
            &pair("length", &length),
            &[14 << 3, 1],
        ]
        .concat()
    }

    /// A model with one initializer of `length` bytes at `offset` in another file, one with its own numbers, and one in a
    /// subgraph.
    pub(in super::super) fn model(location: &str, offset: u64, length: u64) -> Vec<u8> {
        let own = [&field(8, b"b")[..], &field(9, &[7; 70_000])].concat();
        let inner = field(6, &field(5, &external("inner.data", 0, 4)));
        let node = field(1, &[field(4, b"If"), field(5, &inner)].concat());
        let graph = [node, field(2, b"g"), field(5, &own), field(5, &external(location, offset, length))].concat();
        [&[8, 10][..], &field(2, b"pytorch"), &field(7, &graph), &field(8, b"")].concat()
    }

    fn locations(bytes: &[u8]) -> io::Result<BTreeMap<String, External>> {
        let files = Memory::new([("m.onnx", bytes)]);
        super::locations(&mut Window::open(&files, &files.entries()[0]).unwrap())
    }

    #[test]
    fn finds_the_files_of_tensors_in_every_graph() {
        let found = locations(&model("m.onnx_data", 4096, 100)).unwrap();
        let external = |size| External { size, ranges: Vec::new() };
        let expected = [("inner.data".to_owned(), external(4)), ("m.onnx_data".to_owned(), external(4196))];
        assert_eq!(found, BTreeMap::from(expected));
        let found = locations(&model("m.safetensors", 4096, 100)).unwrap();
        assert_eq!(found["m.safetensors"], External { size: 4196, ranges: vec![(4096, 100)] });
    }

    #[test]
    fn other_bytes_are_an_error_and_an_empty_model_has_no_files() {
        assert!(locations(b"").unwrap().is_empty());
        assert!(locations(b"content").is_err());
        let whole = model("d", 0, 1);
        for length in 1..whole.len() {
            let _ = locations(&whole[..length]);
        }
    }
}
