//! A record of another project, after a line that names the format.

use openness::export::{self, Release};
use openness::import::{Format, import};
use openness::manifest::Manifest;
use openness::manifest::parse::parse_bytes;

/// An import yields a sound manifest, and the same one each time. Exporting that manifest and importing the result
/// loses nothing that the format can carry.
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

/// Returns the lines except comments, which list what the format cannot carry.
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
