//! The names in a ZIP archive, from its central directory. The source is
//! [APPNOTE.TXT](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), sections 4.3.7 to 4.3.16.

use std::io::{self, Read};

use super::inflate;
use crate::artifacts::window::Window;

/// The end record has 22 bytes and a comment of at most 65,535.
const MAX_END_BYTES: u64 = 22 + 65_535;
/// The largest central directory that is read.
const MAX_DIRECTORY_BYTES: u64 = 8 * 1024 * 1024;

/// A file in an archive.
pub(super) struct Member {
    pub(super) name: String,
    /// Where its bytes are described, from the start of the archive.
    at: u64,
    /// How they are compressed (section 4.4.5).
    method: u16,
}

/// Returns the members of an archive.
///
/// # Errors
/// If it is not a whole archive, or its directory is too large.
pub(super) fn members(file: &mut Window<'_>) -> io::Result<Vec<Member>> {
    let start = file.size().saturating_sub(MAX_END_BYTES);
    file.seek(start)?;
    let end = file.vector(file.size() - start)?;
    let at = end.windows(4).rposition(|bytes| bytes == b"PK\x05\x06").ok_or_else(invalid)?;
    let record = end.get(at..at + 22).ok_or_else(invalid)?;
    let (mut length, mut offset) = (u64::from(u32_at(record, 12)?), u64::from(u32_at(record, 16)?));
    // ZIP64: the sizes are in a record that a locator before this one names.
    if offset == u64::from(u32::MAX)
        && let Some(locator) = at.checked_sub(20).and_then(|from| end.get(from..at))
        && locator.starts_with(b"PK\x06\x07")
    {
        file.seek(u64_at(locator, 8)?)?;
        let record = file.array::<56>()?;
        if !record.starts_with(b"PK\x06\x06") {
            return Err(invalid());
        }
        (length, offset) = (u64_at(&record, 40)?, u64_at(&record, 48)?);
    }
    if length > MAX_DIRECTORY_BYTES {
        return Err(invalid());
    }
    file.seek(offset)?;
    let directory = file.vector(length)?;
    let mut rest = directory.as_slice();
    let mut members = Vec::new();
    while rest.starts_with(b"PK\x01\x02") {
        let part = |at: usize| u16_at(rest, at).map(usize::from);
        let (name, extra, comment) = (part(28)?, part(30)?, part(32)?);
        let (method, at) = (u16_at(rest, 10)?, u64::from(u32_at(rest, 42)?));
        let text = rest.get(46..46 + name).ok_or_else(invalid)?;
        members.push(Member { name: String::from_utf8_lossy(text).into_owned(), at, method });
        rest = rest.get(46 + name + extra + comment..).ok_or_else(invalid)?;
    }
    Ok(members)
}

/// Reads at most the first `count` bytes of a member.
///
/// # Errors
/// If it cannot be read, or is compressed in another way than by DEFLATE.
pub(super) fn start(file: &mut Window<'_>, member: &Member, count: usize) -> io::Result<Vec<u8>> {
    file.seek(member.at)?;
    let header = file.array::<30>()?;
    if !header.starts_with(b"PK\x03\x04") {
        return Err(invalid());
    }
    let skipped = u64::from(u16_at(&header, 26)?) + u64::from(u16_at(&header, 28)?);
    file.seek(file.position() + skipped)?;
    match member.method {
        0 => {
            let (mut bytes, limit) = (Vec::new(), u64::try_from(count).map_err(io::Error::other)?);
            file.take(limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        }
        8 => inflate::start(file, count),
        _ => Err(invalid()),
    }
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> io::Result<[u8; N]> {
    bytes.get(at..at + N).and_then(|bytes| bytes.try_into().ok()).ok_or_else(invalid)
}

fn u16_at(bytes: &[u8], at: usize) -> io::Result<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> io::Result<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> io::Result<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}
