//! A manifest, held against the crate `toml-span`, a reader of TOML 1.0 that shares nothing with ours.

use openness::manifest::parse::parse_bytes;

/// A sound manifest is sound TOML to the other reader, with the same words in the same places.
pub fn run(bytes: &[u8]) {
    let parsed = parse_bytes("OPENNESS.toml", bytes);
    if !parsed.is_sound() {
        return;
    }
    let text = parsed.source.text();
    let theirs = match toml_span::parse(text) {
        Ok(theirs) => theirs,
        Err(error) => panic!("sound to us, and to the other: {error}"),
    };
    let word = |path: &str| theirs.pointer(path).and_then(|value| value.as_str());
    let model = &parsed.manifest.model;
    assert_eq!(word("/model/name"), Some(model.name.value.as_str()));
    assert_eq!(word("/model/version"), Some(model.version.value.as_str()));
    assert_eq!(word("/model/producer"), Some(model.producer.value.as_str()));
    let components = theirs.pointer("/component").and_then(|value| value.as_table()).map_or(0, |table| table.len());
    assert_eq!(components, parsed.manifest.components.len());
}
