//! A record of another project, under a line with the format's word.

use openness::import::{Format, import};
use openness::manifest::parse::parse_bytes;

/// What is made of it is a sound manifest, and the same each time.
pub fn run(bytes: &[u8]) {
    let Some((word, text)) = super::text(bytes).split_once('\n') else { return };
    let Some(format) = Format::from_word(word) else { return };
    if let Ok(manifest) = import(format, text) {
        let parsed = parse_bytes("OPENNESS.toml", manifest.as_bytes());
        assert!(parsed.is_sound(), "{:?}\n{manifest}", parsed.findings);
        assert_eq!(import(format, text).as_ref(), Ok(&manifest));
    }
}
