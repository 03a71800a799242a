//! The header of a weight file, after a byte that selects the format.

use openness::artifacts::header::{Format, read};

/// The result does not depend on how many bytes each read returns, and a truncated safetensors file is refused.
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
        // In safetensors, every byte belongs to a tensor.
        assert!(read(format, &mut &file[..file.len() - 1], shorter).is_err());
    }
}

/// A reader that returns one byte at a time.
struct OneByOne<'a>(&'a [u8]);

impl std::io::Read for OneByOne<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(1);
        std::io::Read::read(&mut self.0, &mut buffer[..count])
    }
}
