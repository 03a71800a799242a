//! Headers of weights, with files written by the formats' own libraries as oracles.
//!
//! The files are those of `safetensors.numpy.save` 0.8.0 and of `gguf.GGUFWriter` 0.19.0, small enough to stand here.

use openness::artifacts::header::{Format, Header, HeaderError, read};

/// Three tensors, one of them without elements; metadata with a licence.
const SAFETENSORS: &str = "e0000000000000007b225f5f6d657461646174615f5f223a7b226c6963656e7365223a226170616368652d322e30222c22666f726d61 \
     74223a227074227d2c2273223a7b226474797065223a22493634222c227368617065223a5b5d2c22646174615f6f666673657473223a \
     5b302c385d7d2c22656d707479223a7b226474797065223a22463332222c227368617065223a5b302c345d2c22646174615f6f666673 \
     657473223a5b382c385d7d2c2277223a7b226474797065223a22463136222c227368617065223a5b322c335d2c22646174615f6f6666 \
     73657473223a5b382c32305d7d7d20200500000000000000000000000000000000000000";

/// Three tensors, F32, F16 and Q8_0; texts, arrays, a flag, a number.
const GGUF: &str = "474755460300000003000000000000000600000000000000140000000000000067656e6572616c2e6172636869746563747572650800 \
     000005000000000000006c6c616d610f0000000000000067656e6572616c2e6c6963656e7365080000000a0000000000000061706163 \
     68652d322e301500000000000000746f6b656e697a65722e67676d6c2e746f6b656e7309000000080000000200000000000000010000 \
     000000000061020000000000000062631500000000000000746f6b656e697a65722e67676d6c2e73636f726573090000000600000002 \
     000000000000000000803f000000400600000000000000782e666c616707000000010500000000000000782e7536340a000000050000 \
     000000000002000000000000007431020000000300000000000000020000000000000000000000000000000000000002000000000000 \
     007432010000000500000000000000010000002000000000000000020000000000000074330200000040000000000000000200000000 \
     00000008000000400000000000000000000000000000000000000000000000000000000000000000803f0000803f0000803f0000803f \
     0000803f0000803f0000000000000000003c003c003c003c003c0000000000000000000000000000000000000000000008207f7f7f7f \
     7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f08207f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f \
     7f7f7f7f7f7f7f7f08207f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f08207f7f7f7f7f7f7f7f7f7f \
     7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f000000000000000000000000000000000000000000000000";

/// Version 3 in big-endian order, aligned to 64.
const GGUF_BIG_ENDIAN: &str = "474755460000000300000000000000010000000000000003000000000000001467656e6572616c2e6172636869746563747572650000 \
     000800000000000000056c6c616d61000000000000000f67656e6572616c2e6c6963656e73650000000800000000000000036d697400 \
     0000000000001167656e6572616c2e616c69676e6d656e74000000040000004000000000000000017400000001000000000000000300 \
     0000000000000000000000000000000000000000000000000000000000003f8000003f8000003f800000000000000000000000000000 \
     00000000000000000000000000000000000000000000000000000000000000000000000000000000";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn header(format: Format, bytes: &[u8]) -> Result<Header, HeaderError> {
    read(format, &mut &*bytes, u64::try_from(bytes.len()).unwrap())
}

fn safetensors(json: &str, numbers: usize) -> Result<Header, HeaderError> {
    let length = u64::try_from(json.len()).unwrap().to_le_bytes();
    header(Format::Safetensors, &[&length[..], json.as_bytes(), &vec![0; numbers]].concat())
}

#[test]
fn headers_written_by_the_libraries_are_read() {
    let of = |format, hex| header(format, &bytes(hex)).unwrap();
    let read = of(Format::Safetensors, SAFETENSORS);
    assert_eq!((read.tensors, read.get("license"), read.get("format")), (3, Some("apache-2.0"), Some("pt")));
    let read = of(Format::Gguf, GGUF);
    assert_eq!((read.tensors, read.get("general.license")), (3, Some("apache-2.0")));
    let read = of(Format::Gguf, GGUF_BIG_ENDIAN);
    assert_eq!((read.tensors, read.get("general.license")), (1, Some("mit")));
}

#[test]
fn a_truncated_header_is_refused() {
    for (format, hex, padding) in
        [(Format::Safetensors, SAFETENSORS, 0), (Format::Gguf, GGUF, 24), (Format::Gguf, GGUF_BIG_ENDIAN, 52)]
    {
        let whole = bytes(hex);
        for length in 0..whole.len() - padding {
            assert!(header(format, &whole[..length]).is_err(), "{format} of {length} bytes");
        }
        // What follows the last tensor is padding.
        assert!(header(format, &whole[..whole.len() - padding]).is_ok(), "{format}");
    }
}

#[test]
fn a_foreign_file_is_not_a_broken_header() {
    for other in ["", "x", "weights of a model", "<!DOCTYPE html><html></html>"] {
        for format in [Format::Safetensors, Format::Gguf] {
            let error = header(format, other.as_bytes()).unwrap_err();
            assert!(matches!(error, HeaderError::Foreign(_)), "{other}: {error}");
        }
    }
    assert!(!matches!(safetensors("{", 8).unwrap_err(), HeaderError::Foreign(_)));
}

#[test]
fn an_oversized_header_is_refused_unread() {
    let mut bomb = 100_000_001_u64.to_le_bytes().to_vec();
    bomb.push(b'{');
    // The file claims to be large enough.
    let error = read(Format::Safetensors, &mut &*bomb, 1 << 40).unwrap_err();
    assert!(matches!(error, HeaderError::TooLarge { .. }), "{error}");
    // One key of 2^40 bytes.
    let gguf =
        [&b"GGUF"[..], &3_u32.to_le_bytes(), &0_u64.to_le_bytes(), &1_u64.to_le_bytes(), &(1_u64 << 40).to_le_bytes()];
    let error = read(Format::Gguf, &mut &*gguf.concat(), 1 << 41).unwrap_err();
    assert!(matches!(error, HeaderError::TooLarge { .. }), "{error}");
}

#[test]
fn tensors_must_not_overlap_or_leave_gaps() {
    let pair = |first: &str, second: &str| {
        format!(
            r#"{{"a":{{"dtype":"U8","shape":[4],"data_offsets":{first}}},"b":{{"dtype":"U8","shape":[4],"data_offsets":{second}}}}}"#
        )
    };
    assert!(safetensors(&pair("[0,4]", "[4,8]"), 8).is_ok());
    assert!(safetensors(&pair("[4,8]", "[0,4]"), 8).is_ok());
    for (first, second, numbers) in [
        ("[0,4]", "[2,6]", 6),
        ("[0,4]", "[0,4]", 4),
        ("[0,4]", "[5,9]", 9),
        ("[0,4]", "[4,8]", 9),
        ("[0,4]", "[4,8]", 7),
        ("[0,4]", "[4,9]", 9),
        ("[4,0]", "[0,4]", 4),
        ("[0,4]", "[4,18446744073709551615]", 8),
    ] {
        assert!(safetensors(&pair(first, second), numbers).is_err(), "{first} {second} {numbers}");
    }
}

#[test]
fn an_unknown_tensor_type_is_not_an_error() {
    assert!(safetensors(r#"{"a":{"dtype":"F3","shape":[7],"data_offsets":[0,4]}}"#, 4).is_ok());
    assert!(safetensors(r#"{"a":{"dtype":"F32","shape":[7],"data_offsets":[0,4]}}"#, 4).is_err());
}

#[test]
fn ambiguous_json_is_refused() {
    let tensor = r#"{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#;
    assert!(safetensors(&format!(r#"{{"a":{tensor}}}   "#), 1).is_ok());
    assert!(safetensors(&format!(r#"{{"a":{tensor},"a":{tensor}}}"#), 1).is_err());
    assert!(safetensors(&format!(r#"{{"a":{tensor},"\u0061":{tensor}}}"#), 1).is_err());
    assert!(safetensors(&format!(r#"{{"a":{tensor}}}{{}}"#), 1).is_err());
    assert!(safetensors(r#"{"__metadata__":{"license":"MIT","license":"Apache-2.0"}}"#, 0).is_err());
    assert!(safetensors(r#"{"__metadata__":{"license":1}}"#, 0).is_err());
    assert!(safetensors(r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0).is_err());
}

#[test]
fn no_wrong_byte_in_a_gguf_header_panics() {
    let whole = bytes(GGUF);
    for at in 0..420 {
        for value in [0, 1, 0x7f, 0xff] {
            let mut changed = whole.clone();
            changed[at] = value;
            let _ = header(Format::Gguf, &changed);
        }
    }
}
