#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| openness_fuzz::keyless_parts::run(bytes));
