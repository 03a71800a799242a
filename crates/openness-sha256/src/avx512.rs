//! Sixteen messages at a time: each register holds the same word of all of them, in instructions of AVX-512.
//!
//! Rotations and functions of three inputs are one instruction each, which takes a round from thirty instructions to
//! eighteen.

use core::arch::x86_64::{
    __m512i, _mm256_extract_epi32, _mm512_add_epi32, _mm512_castsi512_si256, _mm512_ror_epi32, _mm512_set_epi32,
    _mm512_set_epi64, _mm512_set1_epi32, _mm512_set4_epi32, _mm512_setzero_si512, _mm512_shuffle_epi8,
    _mm512_shuffle_i32x4, _mm512_srli_epi32, _mm512_ternarylogic_epi32, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::{Block, K, State, WIDE_LANES};

/// A word of each message.
type Word = __m512i;

/// The exclusive or of three inputs, as the number that the instruction takes: its result for each combination of bits.
const XOR: i32 = 0x96;
/// The function `Ch` (§4.1.2).
const CH: i32 = 0xca;
/// The function `Maj` (§4.1.2).
const MAJ: i32 = 0xe8;

/// Does something for the numbers from 0 to 15. Compilers leave a loop of this size as one, with the words in memory, and then
/// it is half as fast.
macro_rules! sixteen_times {
    ($at:ident => $body:block) => {
        sixteen_times!($at => $body; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    ($at:ident => $body:block; $($number:literal)*) => {
        $({ const $at: usize = $number; $body })*
    };
}

/// Compresses the first `count` blocks of each message.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn compress(states: &mut [State; WIDE_LANES], blocks: [&[Block]; WIDE_LANES], count: usize) {
    let swap = _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203);
    let mut words = load_states(states);
    for at in 0..count {
        let before = words;
        let mut schedule = [_mm512_setzero_si512(); 16];
        for (row, blocks) in schedule.iter_mut().zip(&blocks) {
            *row = load(&blocks[at]);
        }
        schedule = transpose(&schedule);
        for word in &mut schedule {
            *word = _mm512_shuffle_epi8(*word, swap);
        }
        for constants in K.as_flattened().as_chunks::<16>().0 {
            sixteen_times!(AT => {
                round::<AT>(&mut words, schedule[AT], constants[AT]);
                // It is not read after the last rounds. Leaving it out there makes the code longer, and not faster.
                schedule[AT] = later::<AT>(&schedule);
            });
        }
        for (word, before) in words.iter_mut().zip(before) {
            *word = _mm512_add_epi32(*word, before);
        }
    }
    store_states(states, &words);
}

/// Computes a round (§6.2.2, step 3). What the standard calls `a` is at 0 in the first round, at 7 in the second, and so on, so
/// that no word moves.
#[inline]
#[target_feature(enable = "avx512f")]
fn round<const AT: usize>(words: &mut [Word; 8], word: Word, constant: u32) {
    let at = |name: usize| (name + 16 - AT) % 8;
    let [a, b, c, e, f, g, h] = [0, 1, 2, 4, 5, 6, 7].map(|name| words[at(name)]);
    let input = _mm512_add_epi32(word, _mm512_set1_epi32(constant.cast_signed()));
    let sum1 = xor(_mm512_ror_epi32::<6>(e), _mm512_ror_epi32::<11>(e), _mm512_ror_epi32::<25>(e));
    let choice = _mm512_ternarylogic_epi32::<CH>(e, f, g);
    let t1 = _mm512_add_epi32(_mm512_add_epi32(h, input), _mm512_add_epi32(sum1, choice));
    let sum0 = xor(_mm512_ror_epi32::<2>(a), _mm512_ror_epi32::<13>(a), _mm512_ror_epi32::<22>(a));
    let majority = _mm512_ternarylogic_epi32::<MAJ>(a, b, c);
    words[at(3)] = _mm512_add_epi32(words[at(3)], t1);
    words[at(7)] = _mm512_add_epi32(t1, _mm512_add_epi32(sum0, majority));
}

/// Returns the word of the schedule that is sixteen words later than the one at `AT` (§6.2.2, step 1).
#[inline]
#[target_feature(enable = "avx512f")]
fn later<const AT: usize>(schedule: &[Word; 16]) -> Word {
    let [w0, w1, w9, w14] = [0, 1, 9, 14].map(|after| schedule[(AT + after) % 16]);
    let sum0 = xor(_mm512_ror_epi32::<7>(w1), _mm512_ror_epi32::<18>(w1), _mm512_srli_epi32::<3>(w1));
    let sum1 = xor(_mm512_ror_epi32::<17>(w14), _mm512_ror_epi32::<19>(w14), _mm512_srli_epi32::<10>(w14));
    _mm512_add_epi32(_mm512_add_epi32(w0, w9), _mm512_add_epi32(sum0, sum1))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor(a: Word, b: Word, c: Word) -> Word {
    _mm512_ternarylogic_epi32::<XOR>(a, b, c)
}

/// Returns rows for columns, and the other way around.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose(rows: &[Word; 16]) -> [Word; 16] {
    let (mut pairs, mut fours, mut columns) = (*rows, *rows, *rows);
    for at in 0..8 {
        pairs[2 * at] = _mm512_unpacklo_epi32(rows[2 * at], rows[2 * at + 1]);
        pairs[2 * at + 1] = _mm512_unpackhi_epi32(rows[2 * at], rows[2 * at + 1]);
    }
    // Each quarter of a register now gets a part of a column: four words from four rows.
    for at in [0, 4, 8, 12] {
        fours[at] = _mm512_unpacklo_epi64(pairs[at], pairs[at + 2]);
        fours[at + 1] = _mm512_unpackhi_epi64(pairs[at], pairs[at + 2]);
        fours[at + 2] = _mm512_unpacklo_epi64(pairs[at + 1], pairs[at + 3]);
        fours[at + 3] = _mm512_unpackhi_epi64(pairs[at + 1], pairs[at + 3]);
    }
    /// Takes the even quarters of both.
    const EVEN: i32 = 0x88;
    /// Takes the odd quarters of both.
    const ODD: i32 = 0xdd;
    for at in 0..4 {
        let [a, b, c, d] = [fours[at], fours[at + 4], fours[at + 8], fours[at + 12]];
        let (even1, odd1) = (_mm512_shuffle_i32x4::<EVEN>(a, b), _mm512_shuffle_i32x4::<ODD>(a, b));
        let (even2, odd2) = (_mm512_shuffle_i32x4::<EVEN>(c, d), _mm512_shuffle_i32x4::<ODD>(c, d));
        columns[at] = _mm512_shuffle_i32x4::<EVEN>(even1, even2);
        columns[at + 4] = _mm512_shuffle_i32x4::<EVEN>(odd1, odd2);
        columns[at + 8] = _mm512_shuffle_i32x4::<ODD>(even1, even2);
        columns[at + 12] = _mm512_shuffle_i32x4::<ODD>(odd1, odd2);
    }
    columns
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(block: &Block) -> Word {
    let [a, b, c, d, e, f, g, h] = std::array::from_fn(|at| block.as_chunks::<8>().0[at]).map(i64::from_le_bytes);
    _mm512_set_epi64(h, g, f, e, d, c, b, a)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_states(states: &[State; WIDE_LANES]) -> [Word; 8] {
    let mut words = [_mm512_setzero_si512(); 8];
    for (at, word) in words.iter_mut().enumerate() {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = states.map(|state| state.0[at].cast_signed());
        *word = _mm512_set_epi32(p, o, n, m, l, k, j, i, h, g, f, e, d, c, b, a);
    }
    words
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store_states(states: &mut [State; WIDE_LANES], words: &[Word; 8]) {
    let mut rows = [_mm512_setzero_si512(); 16];
    rows[..8].copy_from_slice(words);
    for (state, column) in states.iter_mut().zip(transpose(&rows)) {
        let column = _mm512_castsi512_si256(column);
        state.0 = [
            _mm256_extract_epi32::<0>(column),
            _mm256_extract_epi32::<1>(column),
            _mm256_extract_epi32::<2>(column),
            _mm256_extract_epi32::<3>(column),
            _mm256_extract_epi32::<4>(column),
            _mm256_extract_epi32::<5>(column),
            _mm256_extract_epi32::<6>(column),
            _mm256_extract_epi32::<7>(column),
        ]
        .map(i32::cast_unsigned);
    }
}
