//! The few forms of DER that certificates and timestamps need (X.690).

/// A tag, the length and the content.
pub(crate) fn tlv(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let mut bytes = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        Ok(short) => bytes.extend([0x81, short]),
        Err(_) => {
            bytes.push(0x82);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    bytes.extend(content);
    bytes
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, parts)
}

pub(crate) fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut sorted = parts.to_vec();
    sorted.sort();
    tlv(0x31, &sorted)
}

pub(crate) fn octets(bytes: &[u8]) -> Vec<u8> {
    tlv(0x04, &[bytes.to_vec()])
}

pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[vec![0], bytes.to_vec()])
}

pub(crate) fn integer(number: u8) -> Vec<u8> {
    tlv(0x02, &[vec![number]])
}

pub(crate) fn boolean() -> Vec<u8> {
    tlv(0x01, &[vec![0xff]])
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    tlv(0x0c, &[text.as_bytes().to_vec()])
}

/// `YYYYMMDDHHMMSSZ`.
pub(crate) fn time(text: &str) -> Vec<u8> {
    tlv(0x18, &[text.as_bytes().to_vec()])
}

/// The same as UTCTime, which certificates use before 2050.
pub(crate) fn utc_time(text: &str) -> Vec<u8> {
    tlv(0x17, &[text.as_bytes()[2..].to_vec()])
}

pub(crate) fn oid(text: &str) -> Vec<u8> {
    let arcs: Vec<u64> = text.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut content = Vec::new();
    for arc in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let mut digits = vec![u8::try_from(arc & 0x7f).unwrap()];
        let mut rest = arc >> 7;
        while rest > 0 {
            digits.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        digits.reverse();
        content.extend(digits);
    }
    tlv(0x06, &[content])
}
