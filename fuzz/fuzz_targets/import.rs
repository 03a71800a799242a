//! A record of another project, under a line with the format's word: what is made of it is a sound manifest.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openness::import::{Format, import};
use openness::manifest::parse::parse_bytes;

fuzz_target!(|input: &str| {
    let Some((word, text)) = input.split_once('\n') else { return };
    let Some(format) = Format::from_word(word) else { return };
    if let Ok(manifest) = import(format, text) {
        let parsed = parse_bytes("OPENNESS.toml", manifest.as_bytes());
        assert!(parsed.is_sound(), "{:?}\n{manifest}", parsed.findings);
    }
});
