//! A manifest: whatever its bytes, there are findings with places in the text, and taxonomies can judge what is sound.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openness::evaluate::evaluate;
use openness::manifest::parse::parse_bytes;

fuzz_target!(|bytes: &[u8]| {
    let parsed = parse_bytes("OPENNESS.toml", bytes);
    for finding in &parsed.findings {
        let span = finding.primary.span;
        let _ = parsed.source.slice(span);
        let _ = parsed.source.place(span.start);
    }
    if parsed.is_sound() {
        let _ = evaluate(&parsed.manifest);
    }
});
