//! A loader that reads single tensors of a safetensors file from a disk or a mount that is not trusted.
//!
//! Only the blocks that hold the header and the tensors are read, and each is compared with its signed digest before a byte
//! of it is used. A file of 40 GB is ready in the time that its header takes, and what is loaded is what was signed.
//!
//! ```sh
//! cargo run --no-default-features --features fs --example lazy_tensors -- DIR PUBKEY FILE TENSOR…
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]
#![allow(clippy::disallowed_methods, reason = "the key is a file that the user names")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use openness::jiff::Timestamp;
use openness::verify::{BlockReader, verify_ranges};
use openness::{Requirements, Snapshot, Trust};
use serde::Deserialize;

/// The largest header that is read, in bytes.
const MAX_HEADER_BYTES: u64 = 100 << 20;

/// A tensor as the header of the file describes it.
#[derive(Debug, Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<u64>,
    /// The bytes of the tensor, counted from the end of the header.
    data_offsets: [u64; 2],
}

/// A safetensors file, of which only the header was read.
struct Tensors<R> {
    file: R,
    tensors: BTreeMap<String, Tensor>,
    /// Where the first tensor begins.
    data: u64,
}

impl<R: Read + Seek> Tensors<R> {
    fn open(mut file: R) -> Result<Self, Box<dyn Error>> {
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER_BYTES {
            return Err(format!("the header has {length} bytes; the limit is {MAX_HEADER_BYTES}").into());
        }
        let mut header = String::new();
        file.by_ref().take(length).read_to_string(&mut header)?;
        let mut entries: BTreeMap<String, serde_json::Value> = serde_json::from_str(&header)?;
        entries.remove("__metadata__");
        let tensor = |(name, value)| Ok((name, serde_json::from_value(value)?));
        let tensors = entries.into_iter().map(tensor).collect::<Result<_, serde_json::Error>>()?;
        Ok(Self { file, tensors, data: 8 + length })
    }

    /// Reads one tensor.
    fn read(&mut self, name: &str) -> Result<(&Tensor, Vec<u8>), Box<dyn Error>> {
        let tensor = self.tensors.get(name).ok_or_else(|| format!("there is no tensor `{name}`"))?;
        let [start, end] = tensor.data_offsets;
        let length = end.checked_sub(start).ok_or("a tensor ends before it begins")?;
        self.file.seek(SeekFrom::Start(self.data.checked_add(start).ok_or("a tensor is out of range")?))?;
        let mut bytes = Vec::new();
        self.file.by_ref().take(length).read_to_end(&mut bytes)?;
        Ok((tensor, bytes))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, key, file, names @ ..] = arguments.as_slice() else {
        return Err("usage: lazy_tensors DIR PUBKEY FILE TENSOR…".into());
    };
    let trust = Trust::of_key_text(&std::fs::read_to_string(key)?)?;
    let files = Snapshot::of_directory(Path::new(directory))?;
    // Who signed what; none of the weights are read.
    let report = verify_ranges(&files, &Requirements::new(&trust, Timestamp::now()), &[], &|_| {})?;
    let release = match report.partially_verified() {
        Ok(release) => release,
        Err(report) => {
            let reasons: Vec<&str> = report.reasons().iter().map(|reason| reason.as_str()).collect();
            return Err(format!("not verified: {}", reasons.join(", ")).into());
        }
    };
    let mut tensors = Tensors::open(BlockReader::open(&files, &release, &file.parse()?)?)?;
    println!("{} tensors", tensors.tensors.len());
    for name in names {
        let (tensor, bytes) = tensors.read(name)?;
        println!("{name}: {} {:?}, {} signed bytes", tensor.dtype, tensor.shape, bytes.len());
    }
    Ok(())
}
