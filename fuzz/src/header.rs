//! The header of a file of weights, under a byte that says the format.

use openness::artifacts::header::{Format, read};

/// What is read of a file is not changed by how its bytes arrive, and no file that is cut short passes.
pub fn run(bytes: &[u8]) {
    let Some((format, file)) = bytes.split_first() else { return };
    let format = if format % 2 == 0 { Format::Safetensors } else { Format::Gguf };
    let size = u64::try_from(file.len()).expect("a length");
    let Ok(header) = read(format, &mut &file[..], size) else { return };
    let again = read(format, &mut OneByOne(file), size).expect("the same bytes");
    assert_eq!(header, again);
    for (key, text) in &header.metadata {
        assert!(header.get(key).is_some() && text.len() <= file.len());
    }
    if let Some(shorter) = size.checked_sub(1)
        && format == Format::Safetensors
    {
        // Safetensors leaves no byte without a tensor.
        assert!(read(format, &mut &file[..file.len() - 1], shorter).is_err());
    }
}

/// A reader that gives as little as a reader may.
struct OneByOne<'a>(&'a [u8]);

impl std::io::Read for OneByOne<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(1);
        std::io::Read::read(&mut self.0, &mut buffer[..count])
    }
}
