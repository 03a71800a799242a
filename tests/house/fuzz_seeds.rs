//! The fuzz targets without a fuzzer: every seed, and a bounded number of mutations from a fixed generator. `fuzz/run`
//! is the long form, with nightly Rust and coverage.
//!
//! `OPENNESS_FUZZ_ROUNDS` sets the mutations of each target.

use std::fs;
use std::panic;
use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "there it is a library of its own")]
mod targets;

use crate::common::rng::Rng;
use targets::{TARGETS, Target, WITH_PROGRAMS};

/// Bytes at which readers turn.
const TURNS: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"=",
    b",",
    b" ",
    b"#",
    b"*",
    b"-----",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    "\u{202e}".as_bytes(),
    "\u{feff}".as_bytes(),
    b"\xed\xa0\x80",
    b"..",
];

/// One to four changes: a flipped bit, a byte, a cut, a repetition, a word, a piece of another seed.
fn mutate(bytes: &[u8], other: &[u8], numbers: &mut Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        let end = (at + numbers.below(17)).min(bytes.len());
        match numbers.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            1 if at < bytes.len() => bytes[at] = numbers.byte(),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => {
                let turn = TURNS[numbers.below(TURNS.len())];
                bytes.splice(at..at, turn.iter().copied());
            }
            5 if !other.is_empty() => {
                let from = numbers.below(other.len());
                let to = (from + numbers.below(65)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// For a differential target, includes the seeds of the reader that it compares.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let compared = name.rsplit_once('_').map(|(compared, _)| compared);
    let mut paths = Vec::new();
    for directory in [Some(name), compared].into_iter().flatten() {
        let Ok(entries) = fs::read_dir(root.join(directory)) else { continue };
        paths.extend(entries.map(|entry| entry.unwrap().path()));
    }
    paths.sort();
    assert!(!paths.is_empty(), "`{name}` has no seeds");
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Returns how many inputs were tried.
fn fuzz((name, run): &Target, rounds: usize) -> usize {
    let seeds = seeds(name);
    let try_one = |bytes: &[u8]| {
        let result = panic::catch_unwind(|| run(bytes));
        assert!(result.is_ok(), "`{name}` fails; as a seed:\n{}", bytes.escape_ascii());
    };
    seeds.iter().for_each(|seed| try_one(seed));
    let mut numbers = Rng(u64::try_from(name.len()).unwrap());
    for _ in 0..rounds {
        let [seed, other] = [(); 2].map(|()| &seeds[numbers.below(seeds.len())]);
        try_one(&mutate(seed, other, &mut numbers));
    }
    seeds.len() + rounds
}

fn rounds(default: usize) -> usize {
    std::env::var("OPENNESS_FUZZ_ROUNDS").ok().map_or(default, |text| text.parse().unwrap())
}

#[test]
fn seeds_and_their_mutations_break_no_reader() {
    let tried: usize = TARGETS.iter().map(|target| fuzz(target, rounds(500))).sum();
    assert!(tried > 500 * TARGETS.len() || rounds(500) != 500);
}

#[test]
fn readers_agree_with_programs_on_mutated_seeds() {
    for target in WITH_PROGRAMS {
        fuzz(target, rounds(150));
    }
}

/// A target without a program for cargo-fuzz, or a program that no test runs, would be forgotten.
#[test]
fn every_fuzz_target_has_a_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut programs: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    programs.sort();
    let mut names: Vec<&str> = TARGETS.iter().chain(WITH_PROGRAMS).map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(programs, names);
}
