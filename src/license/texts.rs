//! The texts of the SPDX list. Licenses repeat each other: what two texts share is stored once, which halves what the texts take
//! and costs no more to read than a copy.
//!
//! `texts.pool` has the bytes. `texts.ids` has a line for each text, licenses before exceptions: its id, after `+` for an
//! exception. `texts.pieces` has for each of them the pieces of the pool that it consists of. All numbers are LEB128: the number
//! of bytes of the text's own list, then for each piece the distance from the end of the piece before (zigzag), and its length.
//!
//! They are computed from the texts of the crate `spdx`, which the program itself does not contain.

use std::sync::{LazyLock, OnceLock};

const POOL: &[u8] = if cfg!(feature = "license-texts") { include_bytes!("texts.pool") } else { b"" };
const PIECES: &[u8] = if cfg!(feature = "license-texts") { include_bytes!("texts.pieces") } else { b"" };
const IDS: &str = if cfg!(feature = "license-texts") { include_str!("texts.ids") } else { "" };

/// A text of the list.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) id: &'static str,
    pub(super) is_exception: bool,
    pieces: &'static [u8],
    text: OnceLock<String>,
}

/// Every text, licenses before exceptions.
pub(super) static LISTED: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let mut rest = PIECES;
    let texts = IDS.lines().map(|line| {
        let length = number(&mut rest)?;
        let (pieces, others) = rest.split_at_checked(length)?;
        rest = others;
        let id = line.strip_prefix('+');
        Some(Listed { id: id.unwrap_or(line), is_exception: id.is_some(), pieces, text: OnceLock::new() })
    });
    texts.collect::<Option<_>>().expect("the stored lists are whole: a test reads them")
});

impl Listed {
    /// Returns the text, which is put together once.
    pub(super) fn text(&self) -> &str {
        self.text.get_or_init(|| assembled(self.pieces, POOL).expect("the stored text is whole: a test reads it"))
    }
}

/// Returns the text that consists of these pieces of the pool.
fn assembled(mut pieces: &[u8], pool: &[u8]) -> Option<String> {
    let (mut text, mut end) = (Vec::new(), 0_usize);
    while !pieces.is_empty() {
        let (distance, length) = (number(&mut pieces)?, number(&mut pieces)?);
        let start = match distance % 2 {
            0 => end.checked_add(distance / 2)?,
            _ => end.checked_sub(distance / 2 + 1)?,
        };
        end = start.checked_add(length)?;
        text.extend_from_slice(pool.get(start..end)?);
    }
    String::from_utf8(text).ok()
}

/// Takes a number from the front.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    let (mut number, mut shift) = (0_usize, 0_u32);
    loop {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::collections::HashMap;

    use super::*;

    /// What two texts have to share to be stored once. Shorter pieces cost more to list than they save.
    const LEAST: usize = 64;

    /// Returns every text of the crate as it is stored: the line of `texts.ids`, and the text.
    fn published() -> Vec<(String, &'static str)> {
        let licenses = spdx::text::LICENSE_TEXTS.iter().map(|(id, text)| ((*id).to_owned(), *text));
        let exceptions = spdx::text::EXCEPTION_TEXTS.iter().map(|(id, text)| (format!("+{id}"), *text));
        licenses.chain(exceptions).collect()
    }

    /// The pool in the making.
    #[derive(Default)]
    struct Pool {
        bytes: Vec<u8>,
        /// Where a piece of [`LEAST`] bytes is first.
        places: HashMap<Vec<u8>, usize>,
    }

    impl Pool {
        fn add(&mut self, text: &[u8]) -> (usize, usize) {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(text);
            let from = (start + 1).saturating_sub(LEAST);
            for (at, piece) in self.bytes[from..].windows(LEAST).enumerate() {
                self.places.entry(piece.to_vec()).or_insert(from + at);
            }
            (start, text.len())
        }

        fn pieces(&mut self, text: &[u8]) -> Vec<(usize, usize)> {
            let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
            while at + LEAST <= text.len() {
                let Some(place) = self.places.get(&text[at..at + LEAST]).copied() else {
                    at += 1;
                    continue;
                };
                let same = |text: &[u8], pool: &[u8]| text.iter().zip(pool).take_while(|(a, b)| a == b).count();
                let before = text[from..at].iter().rev().zip(self.bytes[..place].iter().rev());
                let before = before.take_while(|(a, b)| a == b).count();
                let length = same(&text[at..], &self.bytes[place..]);
                if from < at - before {
                    pieces.push(self.add(&text[from..at - before]));
                }
                pieces.push((place - before, before + length));
                at += length;
                from = at;
            }
            if from < text.len() {
                pieces.push(self.add(&text[from..]));
            }
            pieces
        }
    }

    fn put(mut number: usize, into: &mut Vec<u8>) {
        while number > 0x7f {
            into.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
            number >>= 7;
        }
        into.push(u8::try_from(number).unwrap());
    }

    /// Returns the three files.
    fn written() -> (Vec<u8>, Vec<u8>, String) {
        let (mut pool, mut lists, mut ids) = (Pool::default(), Vec::new(), String::new());
        for (id, text) in published() {
            let (mut list, mut end) = (Vec::new(), 0);
            for (start, length) in pool.pieces(text.as_bytes()) {
                put(if start >= end { (start - end) * 2 } else { (end - start) * 2 - 1 }, &mut list);
                put(length, &mut list);
                end = start + length;
            }
            put(list.len(), &mut lists);
            lists.extend(list);
            ids.push_str(&format!("{id}\n"));
        }
        (pool.bytes, lists, ids)
    }

    #[test]
    fn the_stored_texts_are_those_of_the_list() {
        if std::env::var_os("LICENSE_INDEX_UPDATE").is_some() {
            let (pool, pieces, ids) = written();
            let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/license");
            std::fs::write(format!("{directory}/texts.pool"), pool).unwrap();
            std::fs::write(format!("{directory}/texts.pieces"), pieces).unwrap();
            std::fs::write(format!("{directory}/texts.ids"), ids).unwrap();
            return;
        }
        let help = "the stored texts are out of date: run `LICENSE_INDEX_UPDATE=1 cargo test --lib license::texts`";
        let published = published();
        assert_eq!(LISTED.len(), published.len(), "{help}");
        for (listed, (id, text)) in LISTED.iter().zip(published) {
            let own = if listed.is_exception { format!("+{}", listed.id) } else { listed.id.to_owned() };
            assert_eq!(own, id, "{help}");
            assert_eq!(listed.text(), text, "{id}: {help}");
        }
    }

    #[test]
    fn what_texts_share_is_stored_once() {
        let size: usize = LISTED.iter().map(|listed| listed.text().len()).sum();
        assert!(POOL.len() + PIECES.len() < size / 2, "{} bytes for {size}", POOL.len() + PIECES.len());
    }

    #[test]
    fn broken_lists_are_refused() {
        let text = |pieces: &[u8]| assembled(pieces, b"abcdef");
        assert_eq!(text(&[0, 3, 2, 2]).as_deref(), Some("abcef"));
        assert_eq!(text(&[6, 3, 11, 1]).as_deref(), Some("defa"));
        assert_eq!(text(&[]).as_deref(), Some(""));
        for broken in [&[0, 7][..], &[0], &[1, 1], &[12, 1], &[0x80], &[0, 0x80], &[0xff; 12]] {
            assert_eq!(text(broken), None, "{broken:?}");
        }
        assert_eq!(assembled(&[0, 1], b"\xff"), None);
    }
}
