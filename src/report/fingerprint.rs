//! Names of findings that stay the same while the manifest is edited: by rule and key, not by line.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::key_path::KeyPaths;
use crate::source::{Source, Span};

/// Returns a stable fingerprint for each finding: a hash of its code, the file and the key that it is about, and a number
/// that counts findings with the same hash. Lines, messages and values may change without changing it.
pub(super) fn fingerprints(source: &Source, file: &str, findings: &[&Finding]) -> Vec<String> {
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    let mut keys = KeyPaths::new(source.text());
    let mut last: Option<((usize, &str), u64)> = None;
    let fingerprint = |finding: &&Finding| {
        let rule = finding.rule.code;
        let span = finding.primary.span;
        let at = keys.advance_to(span.start);
        let hash = match last {
            // Very many findings may be about one very long key.
            Some((known, hash)) if known == (at, rule) => hash,
            // A finding without a place stays the same when the first line changes.
            _ if span == Span::default() => fnv(&[rule, file].join("\0")),
            _ => fnv(&[rule, file, &keys.location()].join("\0")),
        };
        last = Some(((at, rule), hash));
        let number = seen.entry(hash).or_default();
        *number += 1;
        format!("{hash:016x}:{number}")
    };
    findings.iter().map(fingerprint).collect()
}

/// FNV-1a, 64 bits.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
