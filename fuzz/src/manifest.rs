//! A manifest.

use openness::evaluate::evaluate;
use openness::manifest::parse::parse_bytes;

/// Every finding has a position inside the text, and every taxonomy can evaluate a sound manifest.
pub fn run(bytes: &[u8]) {
    let parsed = parse_bytes("OPENNESS.toml", bytes);
    for finding in &parsed.findings {
        let span = finding.primary.span;
        let _ = parsed.source.slice(span);
        let _ = parsed.source.position(span.start);
    }
    if parsed.is_sound() {
        let _ = evaluate(&parsed.manifest);
    }
}
