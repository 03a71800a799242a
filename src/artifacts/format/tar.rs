//! The names in a TAR archive, and where the bytes are, from the headers of its first members:
//! <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html> and
//! <https://www.gnu.org/software/tar/manual/html_node/Standard.html>.

use std::io;

use crate::artifacts::window::Window;

const BLOCK_BYTES: u64 = 512;
/// Where a header has the word `ustar`.
pub(super) const MAGIC: std::ops::Range<usize> = 257..262;
/// The most members that are looked at; a data set in an archive has many more.
const MAX_MEMBERS: usize = 256;
/// The longest name that is read from a member of its own.
const MAX_NAME_BYTES: u64 = 64 * 1024;

/// A file in an archive.
pub(super) struct Member {
    pub(super) name: String,
    /// Where its bytes are, from the start of the archive.
    pub(super) at: u64,
}

/// Returns the first members.
///
/// # Errors
/// If the file cannot be read. An archive that is cut off or broken has the members before the fault.
pub(super) fn members(file: &mut Window<'_>) -> io::Result<Vec<Member>> {
    let mut members = Vec::new();
    let mut long_name = None;
    let mut at = 0_u64;
    for _ in 0..MAX_MEMBERS {
        if at.saturating_add(BLOCK_BYTES) > file.size() {
            break;
        }
        file.seek(at)?;
        let header = file.array::<512>()?;
        let Some(size) = number(&header[124..136]).filter(|_| &header[MAGIC] == b"ustar") else { break };
        let text = if size <= MAX_NAME_BYTES && b"Lx".contains(&header[156]) { file.vector(size).ok() } else { None };
        match (header[156], text) {
            (b'L', Some(text)) => long_name = Some(until_zero(&text)),
            (b'x', Some(text)) => long_name = pax_path(&text).or(long_name),
            (b'L' | b'x' | b'g', _) => {}
            _ => {
                let (prefix, name) = (until_zero(&header[345..500]), until_zero(&header[..100]));
                let own = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
                members.push(Member { name: long_name.take().unwrap_or(own), at: at + BLOCK_BYTES });
            }
        }
        let Some(next) = size.checked_next_multiple_of(BLOCK_BYTES).and_then(|size| size.checked_add(at + BLOCK_BYTES))
        else {
            break;
        };
        at = next;
    }
    Ok(members)
}

/// Reads a number in octal digits, or in base 256 if its first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    match field.split_first() {
        Some((0x80, rest)) => {
            rest.iter().try_fold(0_u64, |value, byte| value.checked_mul(256).map(|value| value | u64::from(*byte)))
        }
        _ => {
            let digits = until_zero(field);
            u64::from_str_radix(digits.trim(), 8).ok()
        }
    }
}

fn until_zero(field: &[u8]) -> String {
    let text = field.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// Returns the `path` among lines `LENGTH KEY=VALUE`.
fn pax_path(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let (_, path) = text.lines().find_map(|line| line.split_once(" path="))?;
    Some(path.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::{Files as _, Memory};

    /// An archive, as far as it is read: without checksums, owners and times.
    pub(in crate::artifacts::format) fn archive(members: &[(&str, u8, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, kind, content) in members {
            let mut header = vec![0; 512];
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            header[156] = *kind;
            header[257..263].copy_from_slice(b"ustar\0");
            bytes.extend(header);
            bytes.extend(*content);
            bytes.resize(bytes.len().next_multiple_of(512), 0);
        }
        bytes.resize(bytes.len() + 1024, 0);
        bytes
    }

    fn names(bytes: &[u8]) -> Vec<String> {
        let files = Memory::new([("a.tar", bytes)]);
        let members = members(&mut Window::open(&files, &files.entries()[0]).unwrap()).unwrap();
        members.into_iter().map(|member| member.name).collect()
    }

    #[test]
    fn names_are_read_also_if_they_are_long() {
        let bytes = archive(&[
            ("a/b.txt", b'0', b"content"),
            ("././@LongLink", b'L', b"long/name.pkl\0"),
            ("long/na", b'0', &[1; 600]),
            ("PaxHeaders/x", b'x', b"20 path=other.ckpt\n"),
            ("other", b'0', b""),
            ("last", b'0', b""),
        ]);
        assert_eq!(names(&bytes), ["a/b.txt", "long/name.pkl", "other.ckpt", "last"]);
        assert_eq!(names(&bytes[..600]), ["a/b.txt"]);
        assert_eq!(names(b"content"), Vec::<String>::new());
    }

    #[test]
    fn sizes_may_be_in_base_256_and_never_overflow() {
        let mut bytes = archive(&[("a", b'0', b"content"), ("b", b'0', b"")]);
        bytes[124..136].copy_from_slice(b"\x80\0\0\0\0\0\0\0\0\0\0\x07");
        assert_eq!(names(&bytes), ["a", "b"]);
        bytes[124..136].copy_from_slice(b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff");
        assert_eq!(names(&bytes), ["a"]);
        bytes[124..136].copy_from_slice(b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
        assert_eq!(names(&bytes), Vec::<String>::new());
    }

    #[test]
    fn only_the_first_members_are_looked_at() {
        let many = vec![("a", b'0', &b"x"[..]); 2 * MAX_MEMBERS];
        assert_eq!(names(&archive(&many)).len(), MAX_MEMBERS);
    }
}
