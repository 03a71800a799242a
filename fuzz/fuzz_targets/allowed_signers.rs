//! A file of allowed signers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openness::sign::Trust;
use openness::source::Source;

fuzz_target!(|text: &str| {
    let _ = Trust::of_allowed_signers(&Source::new("allowed_signers", text));
});
