//! Changes to Ed25519 signatures.

/// Adds the order of the group, RFC 8032, §5.1, to a scalar of 32 little-endian bytes: the same scalar, spelt a second time.
pub(crate) fn add_order(scalar: &mut [u8]) {
    let mut order = [0_u8; 32];
    order[..16].copy_from_slice(&27_742_317_777_372_353_535_851_937_790_883_648_493_u128.to_le_bytes());
    order[31] = 0x10;
    let mut carry = 0_u16;
    for (byte, added) in scalar.iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(added) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}
