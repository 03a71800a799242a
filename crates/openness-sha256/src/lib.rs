//! The compression function of SHA-256 ([FIPS 180-4](https://doi.org/10.6028/NIST.FIPS.180-4), §6.2.2), for one message
//! or several at a time.
//!
//! Each round waits for the one before, so that a processor with SHA instructions is idle most of the time with only
//! one message. Independent messages fill the gaps: compressing four at a time is 1.4 (Intel) to 2.4 times (AMD) as fast as one
//! after another. A fifth would need more registers than there are, and gains nothing.
//!
//! Registers of 512 bits hold a word of sixteen messages, which is twice as fast as one after another with SHA instructions, and
//! many times as fast without them.
//!
//! Padding and buffers are the caller's. A single message is left to `sha2`, which is as fast, and so are several messages,
//! one after another, if the processor has no such instructions.
//!
//! It is a crate of its own because it is unusably slow without optimization: the profile for development optimizes it, and
//! so nothing that a caller calls is generic, which would be compiled with the caller.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "calls functions for certain processors after checking the processor")
)]

#[cfg(target_arch = "x86_64")]
use std::sync::LazyLock;

#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod sha_ni;

/// The number of messages that SHA instructions compress best at a time.
pub const LANES: usize = 4;
/// The number of messages that are compressed at a time in the widest registers.
#[cfg(target_arch = "x86_64")]
const WIDE_LANES: usize = 16;
/// From how many messages the widest registers are faster than SHA instructions.
#[cfg(target_arch = "x86_64")]
const WORTH_WIDE: usize = 12;
/// From how many messages the widest registers are faster than a processor without SHA instructions is otherwise.
#[cfg(target_arch = "x86_64")]
const WORTH_WIDE_WITHOUT_SHA: usize = 3;

/// The input of one compression step.
pub type Block = [u8; 64];

/// A message that is compressed: its hash value, and its next blocks.
pub type Message<'a> = (&'a mut State, &'a [Block]);

/// The hash value of a message so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State([u32; 8]);

impl State {
    /// The state before the first block (§5.3.3).
    pub const INITIAL: Self =
        Self([0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19]);

    /// Returns the digest of a message whose last, padded block was compressed.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.0) {
            *bytes = word.to_be_bytes();
        }
        digest
    }
}

/// Returns the number of messages that this processor compresses best at a time.
#[must_use]
pub fn width() -> usize {
    #[cfg(target_arch = "x86_64")]
    if has_wide_registers() {
        return WIDE_LANES;
    }
    LANES
}

/// Returns whether the processor computes more in its widest registers than in SHA instructions.
///
/// AMD's Zen 4 does not: it computes each half of a register after the other, and four messages at a time in SHA instructions
/// 2.4 times as fast as one.
#[cfg(target_arch = "x86_64")]
fn has_wide_registers() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") && !is_zen_4()
}

#[cfg(target_arch = "x86_64")]
fn is_zen_4() -> bool {
    static IS_ZEN_4: LazyLock<bool> = LazyLock::new(|| {
        use core::arch::x86_64::__cpuid;
        let vendor = __cpuid(0);
        let name = [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes);
        let version = __cpuid(1).eax;
        let (family, extended_family) = (version >> 8 & 0xf, version >> 20 & 0xff);
        name.as_flattened() == b"AuthenticAMD" && family + extended_family == 0x19
    });
    *IS_ZEN_4
}

/// Compresses as many blocks of each message as the shortest one has, [`width`] messages at a time, and returns that number.
pub fn compress(messages: &mut [Message<'_>]) -> usize {
    let count = messages.iter().map(|(_, blocks)| blocks.len()).min().unwrap_or(0);
    for messages in messages.chunks_mut(width()) {
        #[cfg(target_arch = "x86_64")]
        if compress_wide(messages, count) {
            continue;
        }
        for together in messages.chunks_mut(LANES) {
            match together {
                [a, b, c, d] => compress_lanes([a, b, c, d], count),
                [a, b, c] => compress_lanes([a, b, c], count),
                [a, b] => compress_lanes([a, b], count),
                others => others.iter_mut().for_each(|message| compress_lanes([message], count)),
            }
        }
    }
    count
}

/// Compresses the first `count` blocks of up to [`WIDE_LANES`] messages at once; returns `false` if that is not possible or not
/// faster.
#[cfg(target_arch = "x86_64")]
fn compress_wide(messages: &mut [Message<'_>], count: usize) -> bool {
    let least = if is_x86_feature_detected!("sha") { WORTH_WIDE } else { WORTH_WIDE_WITHOUT_SHA };
    let Some((_, first)) = messages.first().filter(|_| messages.len() >= least && has_wide_registers()) else {
        return false;
    };
    // Lanes without a message repeat the first.
    let (mut states, mut blocks) = ([State::INITIAL; WIDE_LANES], [&first[..count]; WIDE_LANES]);
    for (at, (state, rest)) in messages.iter().enumerate() {
        (states[at], blocks[at]) = (**state, &rest[..count]);
    }
    // SAFETY: the processor has the features that the function is compiled for. That is its only condition: it takes
    // references and contains only safe code.
    unsafe { avx512::compress(&mut states, blocks, count) };
    messages.iter_mut().zip(states).for_each(|((state, _), result)| **state = result);
    true
}

/// Compresses the first `count` blocks of each message.
fn compress_lanes<const N: usize>(messages: [&mut Message<'_>; N], count: usize) {
    let messages = messages.map(|(state, blocks)| (&mut **state, &blocks[..count]));
    #[cfg(target_arch = "x86_64")]
    // AVX only for its three-operand forms of older instructions, which save a tenth of the time.
    if N > 1 && is_x86_feature_detected!("sha") && is_x86_feature_detected!("avx") {
        // SAFETY: the line above checked that the processor has the features that the function is compiled for. That is
        // its only condition: it takes references and contains only safe code.
        return unsafe { sha_ni::compress(messages, count) };
    }
    for (state, blocks) in messages {
        sha2::block_api::compress256(&mut state.0, blocks);
    }
}

/// The constants of the 64 rounds (§4.2.2), four rounds per row.
#[rustfmt::skip]
const K: [[u32; 4]; 16] = [
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5], [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
    [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3], [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc], [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
    [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7], [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13], [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
    [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3], [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5], [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
    [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208], [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
];

#[cfg(test)]
mod tests {
    #![allow(clippy::print_stderr, reason = "a measurement is printed")]
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use sha2::Digest as _;

    use super::*;

    /// Returns pseudorandom bytes, the same each time.
    fn bytes(count: usize, seed: usize) -> Vec<u8> {
        let mut state = u64::try_from(seed).unwrap();
        let next = || {
            // Knuth's MMIX generator; its high bits are random enough for this test.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    /// Pads a message in the simplest way (§5.1.1).
    fn padded(message: &[u8]) -> Vec<Block> {
        let mut bytes = message.to_vec();
        bytes.push(0x80);
        while bytes.len() % 64 != 56 {
            bytes.push(0);
        }
        bytes.extend((u64::try_from(message.len()).unwrap() * 8).to_be_bytes());
        bytes.as_chunks().0.to_vec()
    }

    fn reference(message: &[u8]) -> [u8; 32] {
        sha2::Sha256::digest(message).into()
    }

    /// Hashes messages, `piece` blocks of the first at a time and more of the others.
    fn hash<const N: usize>(messages: [&[u8]; N], piece: usize) -> [[u8; 32]; N] {
        let mut states = [State::INITIAL; N];
        let blocks = messages.map(padded);
        let mut rest = blocks.each_ref().map(Vec::as_slice);
        while rest.iter().all(|rest| !rest.is_empty()) {
            let mut lane = 0;
            let next = rest.map(|rest| {
                lane += 1;
                &rest[..(lane * piece).min(rest.len())]
            });
            let shortest = next.iter().map(|blocks| blocks.len()).min().unwrap();
            let mut next = next.into_iter();
            let count = compress(&mut states.each_mut().map(|state| (state, next.next().unwrap())));
            assert_eq!(count, shortest);
            rest = rest.map(|rest| &rest[count..]);
        }
        for (state, rest) in states.iter_mut().zip(rest) {
            assert_eq!(compress(&mut [(state, rest)]), rest.len());
        }
        states.map(|state| state.digest())
    }

    /// Hashes a message in every lane of every number of lanes, along with others, and checks that the results are
    /// equal.
    fn in_every_lane(message: &[u8], piece: usize) -> [u8; 32] {
        fn with_others<const N: usize>(message: &[u8], piece: usize) -> [u8; 32] {
            let digests: [[u8; 32]; N] = std::array::from_fn(|lane| {
                let others: [Vec<u8>; N] =
                    std::array::from_fn(|other| bytes((message.len() + 61 * other) % 300, other));
                let mut messages = others.each_ref().map(Vec::as_slice);
                messages[lane] = message;
                let digests = hash(messages, piece);
                for other in (0..N).filter(|other| *other != lane) {
                    assert_eq!(digests[other], reference(&others[other]), "lane {other} of {N}");
                }
                digests[lane]
            });
            assert_eq!(digests, [digests[0]; N]);
            digests[0]
        }
        let digest = with_others::<1>(message, piece);
        assert_eq!(with_others::<2>(message, piece), digest);
        assert_eq!(with_others::<3>(message, piece), digest);
        assert_eq!(with_others::<4>(message, piece), digest);
        digest
    }

    #[test]
    fn matches_the_examples_of_fips_180_in_every_lane() {
        // FIPS 180-4's examples, as NIST publishes them.
        let vectors: &[(&[u8], &str)] = &[
            (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
            // Miri takes an hour for a million bytes.
            #[cfg(not(miri))]
            (&[b'a'; 1_000_000], "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ];
        let hex = |digest: [u8; 32]| digest.map(|byte| format!("{byte:02x}")).concat();
        for (message, expected) in vectors {
            assert_eq!(hex(in_every_lane(message, 1000)), *expected);
        }
        let last = vectors[vectors.len() - 1];
        let [a, b, c] = [vectors[0], vectors[1], vectors[2]];
        assert_eq!(hash([a.0, b.0, c.0, last.0], 1).map(hex), [a.1, b.1, c.1, last.1]);
    }

    fn from_hex(hex: &str) -> Vec<u8> {
        hex.as_bytes()
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn matches_the_short_messages_of_cavp_in_every_lane() {
        // NIST CAVP, SHA256ShortMsg.rsp, of 8, 16, 24, 32, 64 and 512 bits.
        let vectors = [
            ("d3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
            ("11af", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"),
            ("b4190e", "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"),
            ("74ba2521", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"),
            ("5738c929c4f4ccb6", "963bb88f27f512777aab6c8b1a02c70ec0ad651d428f870036e1917120fb48bf"),
            (
                "5a86b737eaea8ee976a0a24da63e7ed7eefad18a101c1211e2b3650c5187c2a8\
                 a650547208251f6d4237e661c7bf4c77f335390394c37fa1a9f9be836ac28509",
                "42e61e174fbb3897d6dd6cef3dd2802fe67b331953b06114a65c772859dfc1aa",
            ),
        ];
        for (message, expected) in vectors {
            assert_eq!(in_every_lane(&from_hex(message), 1).to_vec(), from_hex(expected));
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "four hundred thousand digests; the other tests run the same code")]
    fn matches_the_monte_carlo_test_of_cavp_in_all_lanes() {
        // NIST CAVP, SHA256Monte.rsp; the procedure is that of SHAVS, §6.4.
        let mut seed: [u8; 32] =
            from_hex("6d1e72ad03ddeb5de891e572e2396f8da015d899ef0e79503152d6010a3fe691").try_into().unwrap();
        for count in 0..100 {
            let mut last = [seed; 3];
            for _ in 0..1000 {
                let message = last.concat();
                let digests = hash([message.as_slice(); LANES], 2);
                assert_eq!(digests, [digests[0]; LANES]);
                last = [last[1], last[2], digests[0]];
            }
            seed = last[2];
            let expected = match count {
                0 => "e93c330ae5447738c8aa85d71a6c80f2a58381d05872d26bdd39f1fcd4f2b788",
                99 => "6a912ba4188391a78e6f13d88ed2d14e13afce9db6f7dcbf4a48c24f3db02778",
                _ => continue,
            };
            assert_eq!(seed.to_vec(), from_hex(expected));
        }
    }

    #[test]
    fn lanes_of_any_length_agree_with_sha2() {
        let lengths = bytes(120, 1);
        for (round, lengths) in lengths.as_chunks::<4>().0.iter().enumerate().step_by(if cfg!(miri) { 5 } else { 1 }) {
            // Near the ends of blocks, where the padding needs another block, and far from them.
            let factors = [1, round % 7, 3, (round + 2) % 5];
            let messages: [Vec<u8>; 4] =
                std::array::from_fn(|lane| bytes(usize::from(lengths[lane]) * factors[lane], lane));
            let expected = messages.each_ref().map(|message| reference(message));
            for piece in [1, 2, 5, 100] {
                assert_eq!(hash(messages.each_ref().map(Vec::as_slice), piece), expected, "{lengths:?} × {factors:?}");
            }
        }
        for length in (0..=130).step_by(if cfg!(miri) { 13 } else { 1 }) {
            let message = bytes(length, 4);
            assert_eq!(in_every_lane(&message, 1), reference(&message), "{length} bytes");
        }
    }

    #[test]
    fn any_number_of_messages_agrees_with_sha2() {
        for count in 0..=2 * width() + 1 {
            let messages: Vec<Vec<Block>> = (0..count).map(|at| padded(&bytes(3 * 64 + 5, at))).collect();
            let mut states = vec![State::INITIAL; count];
            // In two steps, so that the second starts with other states.
            for range in [0..3, 3..4] {
                let of_range = messages.iter().map(|blocks| &blocks[range.clone()]);
                compress(&mut states.iter_mut().zip(of_range).collect::<Vec<_>>());
            }
            for (at, state) in states.iter().enumerate() {
                assert_eq!(state.digest(), reference(&bytes(3 * 64 + 5, at)), "message {at} of {count}");
            }
        }
    }

    #[test]
    fn a_lane_without_blocks_stops_all_lanes() {
        let mut states = [State::INITIAL; 3];
        let [a, b, c] = states.each_mut();
        assert_eq!(compress(&mut [(a, &[[1; 64]]), (b, &[]), (c, &[[2; 64], [3; 64]])]), 0);
        assert_eq!(states, [State::INITIAL; 3]);
        assert_eq!(compress(&mut []), 0);
    }

    /// `cargo test --release --package openness-sha256 lanes_are_faster -- --ignored --nocapture`
    #[test]
    #[ignore = "a measurement, which needs optimized code and an idle core"]
    fn four_lanes_are_faster_than_one_after_another() {
        /// Returns the speed in GB/s, the best of many runs.
        fn rate(rounds: u32, work: &mut dyn FnMut() -> usize) -> f64 {
            let once = || {
                let start = std::time::Instant::now();
                let blocks: usize = (0..rounds).map(|_| work()).sum();
                f64::from(u32::try_from(blocks * 64).unwrap()) / 1e9 / start.elapsed().as_secs_f64()
            };
            std::iter::repeat_with(once).take(20).fold(0.0, f64::max)
        }
        fn lanes<const N: usize>(blocks: &[Block]) -> f64 {
            let mut states = [State::INITIAL; N];
            rate(100, &mut || N * compress(&mut states.each_mut().map(|state| (state, blocks))))
        }
        let blocks = vec![[7; 64]; 4096];
        let mut state = State::INITIAL.0;
        let reference = rate(100, &mut || {
            sha2::block_api::compress256(&mut state, &blocks);
            blocks.len()
        });
        let rates = [lanes::<1>(&blocks), lanes::<2>(&blocks), lanes::<3>(&blocks), lanes::<4>(&blocks)];
        #[expect(clippy::print_stderr, reason = "prints the result of the measurement")]
        {
            eprintln!("sha2 {reference:.2} GB/s; one to four lanes {rates:.2?} GB/s");
        }
        #[cfg(target_arch = "x86_64")]
        assert!(!is_x86_feature_detected!("sha") || rates[3] > 1.3 * reference);
    }
}
