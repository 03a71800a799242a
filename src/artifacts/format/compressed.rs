//! What is in a compressed file: [joblib] unpickles it, whatever the file is called, and SageMaker keeps models in [`model.tar.gz`].
//!
//! [joblib]: https://joblib.readthedocs.io/en/stable/persistence.html#compressed-joblib-pickles
//! [`model.tar.gz`]: https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html

use std::io::{self, Read as _};

use super::{COMPRESSED, CodeKind, CodeOnLoad, extension, inflate, known, tar};
use crate::artifacts::window::Window;
use crate::path::RepoPath;

/// The most bytes that are unpacked of a file, and of an archive whose members have to be listed.
const MAX_BYTES: usize = 1024 * 1024;
const MAX_ARCHIVE_BYTES: usize = 16 * 1024 * 1024;

/// Beginnings of the other formats that joblib writes: bzip2, xz, and frames of LZ4.
const CLOSED: &[&[u8]] = &[b"BZh", b"\xfd7zXZ\0", b"\x04\x22\x4d\x18"];
/// The beginning of what `lzma` writes in its older format, which other files may have as well.
const LZMA: &[u8] = b"\x5d\0\0";
/// Where `lzma` writes eight bytes 0xff in that format, because it does not know the size of what will follow:
/// <https://github.com/tukaani-project/xz/blob/master/doc/lzma-file-format.txt>, section 1.1.
const LZMA_SIZE: std::ops::Range<usize> = 5..13;

/// What a compressed file has.
pub(super) enum Compressed {
    /// The beginning of what is in it.
    Start(Vec<u8>),
    /// Something that cannot be looked at.
    Closed,
}

/// The reason for a file that cannot be looked into.
pub(super) const UNSEEN: CodeOnLoad =
    CodeOnLoad { kind: CodeKind::Data, why: "joblib loads compressed files like this one as Python pickles" };

/// Returns what a file that starts with `start` contains; `None` if it is not compressed, or not as it says.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn open(file: &mut Window<'_>, start: &[u8], extension: &str) -> io::Result<Option<Compressed>> {
    let data = match start {
        // RFC 1952 §2.3.
        [0x1f, 0x8b, 8, flags, ..] => gzip_header(start, *flags),
        // RFC 1950 §2.2, without a dictionary.
        [first @ (0x08 | 0x18 | 0x28 | 0x38 | 0x48 | 0x58 | 0x68 | 0x78), second, ..]
            if u16::from_be_bytes([*first, *second]).is_multiple_of(31) && second & 0x20 == 0 =>
        {
            Some(2)
        }
        _ if CLOSED.iter().any(|magic| start.starts_with(magic)) => return Ok(Some(Compressed::Closed)),
        _ if is_lzma(start, extension) => return Ok(Some(Compressed::Closed)),
        _ => None,
    };
    let Some(data) = data else { return Ok(None) };
    let mut unpack = |limit: usize| {
        file.seek(data)?;
        match inflate::start(file.by_ref(), limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => Ok(None),
            Err(error) => Err(error),
        }
    };
    let Some(bytes) = unpack(MAX_BYTES)? else { return Ok(None) };
    let is_cut = bytes.len() == MAX_BYTES && bytes.get(tar::MAGIC) == Some(b"ustar");
    Ok((if is_cut { unpack(MAX_ARCHIVE_BYTES)? } else { Some(bytes) }).map(Compressed::Start))
}

/// Returns whether a file is compressed in the older format of `lzma`: its name or its header says so.
fn is_lzma(start: &[u8], extension: &str) -> bool {
    let has_header = || start.get(LZMA_SIZE) == Some(&[0xff; 8]);
    start.starts_with(LZMA) && (["lzma", "xz"].contains(&extension) || has_header())
}

/// Returns where the data of a gzip file starts; `None` if it has more in its header than the start of the file shows.
fn gzip_header(start: &[u8], flags: u8) -> Option<u64> {
    let mut at = 10;
    // FEXTRA.
    if flags & 4 != 0 {
        at += 2 + usize::from(u16::from_le_bytes([*start.get(at)?, *start.get(at + 1)?]));
    }
    // FNAME, FCOMMENT.
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += start.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    // FHCRC.
    if flags & 2 != 0 {
        at += 2;
    }
    u64::try_from(at).ok()
}

/// Returns whether a compressed file that cannot be looked into may be saved by joblib, by its name: nothing in it says what else
/// it is, as `lm.arpa.xz` and `corpus.tar.bz2` do. `model.bin` says only that it is saved.
pub(super) fn may_be_saved_data(path: &RepoPath) -> bool {
    let is_data = |extension: &str| known(extension).flatten().is_some_and(|row| row.kind == CodeKind::Data);
    let extension = extension(path).unwrap_or_default();
    if !COMPRESSED.contains(&extension.as_ref()) {
        return known(&extension).is_none() || is_data(&extension);
    }
    let name = path.file_name();
    let inner = name.len().checked_sub(extension.len() + 1).and_then(|end| name.get(..end)?.rsplit_once('.'));
    inner.is_none_or(|(_, inner)| is_data(&inner.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::{Files as _, Memory};

    fn opened(bytes: &[u8]) -> Option<Compressed> {
        let files = Memory::new([("x.gz", bytes.to_vec())]);
        let mut file = Window::open(&files, &files.entries()[0]).unwrap();
        open(&mut file, bytes, "gz").unwrap()
    }

    /// A stored block of DEFLATE data with these bytes.
    fn stored(bytes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(bytes.len()).unwrap();
        [&[1], &length.to_le_bytes()[..], &(!length).to_le_bytes(), bytes].concat()
    }

    #[test]
    fn every_header_of_gzip_is_skipped() {
        let data = stored(b"content");
        for (flags, more) in [
            (0, &b""[..]),
            (8, b"name\0"),
            (4, b"\x02\0ab"),
            (16, b"a comment\0"),
            (2, b"\x12\x34"),
            (31, b"\x02\0abname\0comment\0\x12\x34"),
        ] {
            let bytes = [b"\x1f\x8b\x08", &[flags][..], &[0; 6], more, &data].concat();
            let Some(Compressed::Start(found)) = opened(&bytes) else { panic!("{flags}") };
            assert_eq!(found, b"content", "{flags}");
        }
        let zlib = [&b"\x78\x9c"[..], &data].concat();
        assert!(matches!(opened(&zlib), Some(Compressed::Start(found)) if found == b"content"));
    }

    #[test]
    fn what_is_not_compressed_or_cut_off_is_not_opened() {
        let data = stored(b"content");
        for bytes in [
            // Text that starts with `x`, another check value, a preset dictionary, another method of gzip, and a cut.
            &b"xyz"[..],
            &[&b"\x78\x9d"[..], &data].concat(),
            &[&b"\x78\xbb"[..], &data].concat(),
            &[&b"\x1f\x8b\x07\0\0\0\0\0\0\0"[..], &data].concat(),
            &[&b"\x1f\x8b\x08\0\0\0\0\0\0\0"[..], &data[..8]].concat(),
            b"\x1f\x8b\x08\x08\0\0\0\0\0\0name without an end",
            b"\x5d\0\0\x80\0",
            b"",
        ] {
            assert!(opened(bytes).is_none(), "{bytes:?}");
        }
        assert!(matches!(opened(b"BZh91AY"), Some(Compressed::Closed)));
    }

    #[test]
    fn the_older_format_of_lzma_is_known_by_its_header_or_its_name() {
        // `lzma.compress(b"x", format=lzma.FORMAT_ALONE)` of Python 3.11.
        let written = b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x3c\x41\xfb";
        for extension in ["bin", "", "lzma"] {
            assert!(is_lzma(written, extension), "{extension}");
        }
        let sized = [&written[..5], &1_u64.to_le_bytes(), &written[13..]].concat();
        assert!(is_lzma(&sized, "lzma") && is_lzma(&sized, "xz"));
        assert!(!is_lzma(&sized, "bin") && !is_lzma(&written[..12], "bin") && !is_lzma(&written[1..], "lzma"));
    }

    #[test]
    fn a_name_that_says_what_is_compressed_is_believed() {
        for name in ["model.xz", "a/m.bz2", "emb.bin.xz", "m.compressed", "state.lz4", "model", "a/m.bin", "m.SAV"] {
            assert!(may_be_saved_data(&name.parse().unwrap()), "{name}");
        }
        for name in ["lm.arpa.xz", "corpus.tar.bz2", "train.jsonl.xz", "vocab.txt.bz2", "notes.txt", "a.png", "m.gguf"]
        {
            assert!(!may_be_saved_data(&name.parse().unwrap()), "{name}");
        }
    }
}
