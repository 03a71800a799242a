//! A record of another project, under a line with the format's word.

use openness::export::{self, Release};
use openness::import::{Format, import};
use openness::manifest::Manifest;
use openness::manifest::parse::parse_bytes;

/// What is made of it is a sound manifest, and the same each time; and what is exported of that comes back from an import
/// as it was.
pub fn run(bytes: &[u8]) {
    let Some((word, text)) = super::text(bytes).split_once('\n') else { return };
    let Some(format) = Format::from_word(word) else { return };
    if let Ok(manifest) = import(format, text) {
        assert_eq!(import(format, text).as_ref(), Ok(&manifest));
        let manifest = sound(&manifest);
        for (to, from) in [(export::Format::Mot, Format::Mot), (export::Format::Card, Format::Card)] {
            let once = exported(to, &manifest);
            let back = import(from, &once).unwrap_or_else(|error| panic!("{error}\n{once}"));
            assert_eq!(without_comments(&exported(to, &sound(&back))), without_comments(&once), "{back}");
        }
    }
}

/// Comments say what the format cannot carry.
fn without_comments(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim_start().starts_with('#')).collect()
}

fn sound(text: &str) -> Manifest {
    let parsed = parse_bytes("OPENNESS.toml", text.as_bytes());
    assert!(parsed.is_sound(), "{:?}\n{text}", parsed.findings);
    parsed.manifest
}

fn exported(format: export::Format, manifest: &Manifest) -> String {
    let release = Release { manifest, files: &[], created: jiff::Timestamp::UNIX_EPOCH };
    export::export(format, &release).expect("it can be written")
}
