//! What a file of any name tells of code that runs when it is loaded, and of files that it needs.

use openness::artifacts::completeness;
use openness::artifacts::format::code_on_load;
use openness::artifacts::notable::Notable;
use openness::files::{Files as _, Memory};

/// Files that say what they need in their own formats.
const NEEDY: &[&str] = &["m.onnx", "m.xml", "model.json", "ndarray-cache.json", "model_index.json", "modules.json"];

/// What runs code under a name of no format does so under a name that formats share. Every file that is missing has a name.
pub fn run(bytes: &[u8]) {
    let files = Memory::new([("m", bytes), ("m.bin", bytes)]);
    let [any, shared] = [0, 1].map(|at| code_on_load(&files, &files.entries()[at]));
    assert!(any.is_none() || shared.is_some(), "{any:?}");
    for name in NEEDY {
        let files = Memory::new([(*name, bytes)]);
        for gap in completeness::gaps(&files, &Notable::of(&files), &|_| None) {
            assert!(gap.lack.names().is_none_or(|names| names.count > 0 && !names.first.is_empty()), "{gap:?}");
        }
    }
}
