#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| openness_fuzz::format::run(bytes));
