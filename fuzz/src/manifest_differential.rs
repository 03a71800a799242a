//! A manifest, compared with an independent reader: the `toml` crate before its rewrite on `toml_parser`.

use openness::manifest::parse::parse_bytes;

/// A sound manifest is valid TOML to the other reader, with the same model fields and number of components.
pub fn run(bytes: &[u8]) {
    let parsed = parse_bytes("OPENNESS.toml", bytes);
    if !parsed.is_sound() {
        return;
    }
    let text = parsed.source.text();
    let theirs = match text.parse::<toml_before::Value>() {
        Ok(theirs) => theirs,
        Err(error) => panic!("sound to us, and to the other: {error}"),
    };
    let theirs_model = theirs.get("model").and_then(|value| value.as_table());
    let word = |key: &str| theirs_model.and_then(|model| model.get(key)).and_then(|value| value.as_str());
    let model = &parsed.manifest.model;
    assert_eq!(word("name"), Some(model.name.value.as_str()));
    assert_eq!(word("version"), Some(model.version.value.as_str()));
    assert_eq!(word("producer"), Some(model.producer.value.as_str()));
    let components = theirs.get("component").and_then(|value| value.as_table()).map_or(0, |table| table.len());
    assert_eq!(components, parsed.manifest.components.len());
}
