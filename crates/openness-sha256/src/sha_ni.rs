//! A few messages at a time, in SHA instructions, following Intel's
//! [description](https://www.intel.com/content/dam/develop/external/us/en/documents/intel-sha-extensions-white-paper.pdf).

use core::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x, _mm_sha256msg1_epu32,
    _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8, _mm_shuffle_epi32,
};

use super::{Block, K, State};

/// The state of a message in the order that the instructions need: the words a, b, e, f and c, d, g, h.
#[derive(Clone, Copy)]
struct Words {
    abef: __m128i,
    cdgh: __m128i,
}

/// The message schedule of a block, four words per row.
type Schedule = [__m128i; 16];

/// Compresses the first `count` blocks of several messages.
#[target_feature(enable = "sha,avx")]
pub(super) fn compress<const N: usize>(messages: [(&mut State, &[Block]); N], count: usize) {
    let mut lanes = messages.each_ref().map(|(state, _)| load(state));
    // In memory, which leaves the registers to the states: reading rows again is cheaper than the code that
    // compilers produce to keep the schedules of all lanes in registers.
    let mut schedules: [Schedule; N] = [[_mm_set_epi64x(0, 0); 16]; N];
    for at in 0..count {
        let before = lanes;
        for (schedule, (_, blocks)) in schedules.iter_mut().zip(&messages) {
            begin(schedule, &blocks[at]);
        }
        // A later row is computed along with the rounds of this one, lane after lane. This was the fastest of the
        // orders that were tried.
        for row in 0..12 {
            for (lane, schedule) in lanes.iter_mut().zip(&mut schedules) {
                rounds(lane, schedule[row], &K[row]);
                schedule[row + 4] = later(schedule, row);
            }
        }
        for row in 12..16 {
            for (lane, schedule) in lanes.iter_mut().zip(&schedules) {
                rounds(lane, schedule[row], &K[row]);
            }
        }
        for (lane, before) in lanes.iter_mut().zip(&before) {
            lane.abef = _mm_add_epi32(lane.abef, before.abef);
            lane.cdgh = _mm_add_epi32(lane.cdgh, before.cdgh);
        }
    }
    for ((state, _), lane) in messages.into_iter().zip(&lanes) {
        store(state, lane);
    }
}

/// Returns the row of the schedule that is four rows later (§6.2.2, step 1).
#[inline]
#[target_feature(enable = "sha,avx")]
fn later(schedule: &Schedule, row: usize) -> __m128i {
    let [w0, w1, w2, w3] = [schedule[row], schedule[row + 1], schedule[row + 2], schedule[row + 3]];
    let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
    _mm_sha256msg2_epu32(sum, w3)
}

/// Computes four rounds (§6.2.2, step 3).
#[inline]
#[target_feature(enable = "sha,avx")]
fn rounds(lane: &mut Words, words: __m128i, constants: &[u32; 4]) {
    let [k0, k1, k2, k3] = constants.map(u32::cast_signed);
    let input = _mm_add_epi32(words, _mm_set_epi32(k3, k2, k1, k0));
    lane.cdgh = _mm_sha256rnds2_epu32(lane.cdgh, lane.abef, input);
    lane.abef = _mm_sha256rnds2_epu32(lane.abef, lane.cdgh, _mm_shuffle_epi32(input, 0x0e));
}

/// Starts a schedule with the sixteen words of a block, which are big-endian.
#[inline]
#[target_feature(enable = "avx")]
fn begin(schedule: &mut Schedule, block: &Block) {
    let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let (halves, _) = block.as_chunks::<8>();
    for (row, halves) in schedule.iter_mut().zip(halves.as_chunks::<2>().0) {
        let [low, high] = halves.map(i64::from_le_bytes);
        *row = _mm_shuffle_epi8(_mm_set_epi64x(high, low), swap);
    }
}

#[inline]
#[target_feature(enable = "avx")]
fn load(state: &State) -> Words {
    let [a, b, c, d, e, f, g, h] = state.0.map(u32::cast_signed);
    Words { abef: _mm_set_epi32(a, b, e, f), cdgh: _mm_set_epi32(c, d, g, h) }
}

#[inline]
#[target_feature(enable = "avx")]
fn store(state: &mut State, lane: &Words) {
    let (abef, cdgh) = (lane.abef, lane.cdgh);
    state.0 = [
        _mm_extract_epi32::<3>(abef),
        _mm_extract_epi32::<2>(abef),
        _mm_extract_epi32::<3>(cdgh),
        _mm_extract_epi32::<2>(cdgh),
        _mm_extract_epi32::<1>(abef),
        _mm_extract_epi32::<0>(abef),
        _mm_extract_epi32::<1>(cdgh),
        _mm_extract_epi32::<0>(cdgh),
    ]
    .map(i32::cast_unsigned);
}
