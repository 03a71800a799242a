//! Headers of weights, tested with files written by the formats' own libraries.
//!
//! The files were written by `safetensors.numpy.save` 0.8.0 and `gguf.GGUFWriter` 0.19.0; they are small.

use openness::artifacts::header::{Format, Header, HeaderError, metadata, read};

/// Three tensors, one of them without elements; metadata with a license.
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
        // The rest is padding after the last tensor.
        assert!(header(format, &whole[..whole.len() - padding]).is_ok(), "{format}");
    }
}

#[test]
fn a_foreign_file_is_not_a_broken_header() {
    for format in [Format::Safetensors, Format::Gguf] {
        for other in ["x", "weights of a model", "{ }", "<weights>"] {
            let error = header(format, other.as_bytes()).unwrap_err();
            assert!(matches!(error, HeaderError::Foreign(_)), "{other}: {error}");
        }
        for page in [
            "<!DOCTYPE html><html></html>",
            "\u{feff}\n<HTML>",
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
            "{\"error\":\"Repository not found\"}",
            "{ \"error\": 1}",
        ] {
            let error = header(format, page.as_bytes()).unwrap_err();
            assert!(matches!(error, HeaderError::Document(_)), "{page}: {error}");
        }
        assert!(matches!(header(format, b"").unwrap_err(), HeaderError::Empty));
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
fn what_the_reference_reader_of_safetensors_accepts_is_accepted() {
    let tensor = r#""t":{"data_offsets":[0,4],"dtype":"U8","shape":[4]}"#;
    assert!(safetensors(&format!(r#"{{"__metadata__":null,{tensor}}}"#), 4).unwrap().metadata.is_empty());
    assert!(safetensors(&format!(r#"{{"__metadata__":{{}},{tensor}}}"#), 4).is_ok());
    for wrong in ["[]", "1", r#"{"a":null}"#, r#""text""#] {
        assert!(safetensors(&format!(r#"{{"__metadata__":{wrong},{tensor}}}"#), 4).is_err(), "{wrong}");
    }
    // Two numbers of four bits fill a byte, and three do not.
    assert!(safetensors(r#"{"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}"#, 2).is_ok());
    let error = safetensors(r#"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}"#, 2).unwrap_err();
    assert_eq!(error.to_string(), "the tensor `a` has 12 bits by its shape and type, which do not fill whole bytes");
}

#[test]
fn a_refusal_says_once_how_readers_differ() {
    let tensor = r#"{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#;
    let error = safetensors(&format!(r#"{{"a":{tensor},"a":{tensor}}}"#), 1).unwrap_err().to_string();
    let start = "its header is malformed: the key `a` occurs twice, and readers disagree about which one counts";
    assert!(error.starts_with(start), "{error}");
    let error = safetensors(&format!(r#" {{"a":{tensor}}}"#), 1).unwrap_err().to_string();
    assert!(error.contains("starts with white space instead of `{`"), "{error}");
}

/// A GGUF file with the keys `general.name`, of any bytes, and `general.alignment`, and one tensor without elements.
fn gguf(name: &[u8], alignment: (u32, u32), tensor: &str) -> Vec<u8> {
    let text = |text: &[u8]| [&u64::try_from(text.len()).unwrap().to_le_bytes()[..], text].concat();
    let (kind, alignment) = (alignment.0.to_le_bytes(), alignment.1.to_le_bytes());
    let pairs = [
        [text(b"general.name"), 8_u32.to_le_bytes().to_vec(), text(name)].concat(),
        [text(b"general.alignment"), kind.to_vec(), alignment.to_vec()].concat(),
    ];
    let tensor = [text(tensor.as_bytes()), vec![1, 0, 0, 0], vec![0; 8], vec![0; 4], vec![0; 8]].concat();
    let counts = [1_u64, 2].map(u64::to_le_bytes).concat();
    [&b"GGUF\x03\0\0\0"[..], &counts, &pairs.concat(), &tensor, &[0; 4096]].concat()
}

#[test]
fn what_the_readers_of_gguf_accept_is_accepted() {
    let read = |bytes: Vec<u8>| header(Format::Gguf, &bytes);
    for length in [63, 64, 82, 127] {
        assert!(read(gguf(b"n", (4, 32), &"w".repeat(length))).is_ok(), "{length}");
    }
    let error = read(gguf(b"n", (4, 32), &"w".repeat(128))).unwrap_err().to_string();
    assert!(error.contains("the name of a tensor has more than 127 bytes"), "{error}");
    for alignment in [1, 8, 24, 4096] {
        assert!(read(gguf(b"n", (4, alignment), "w")).is_ok(), "{alignment}");
    }
    for wrong in [(4, 0), (4, 12), (5, 32)] {
        assert!(read(gguf(b"n", wrong, "w")).is_err(), "{wrong:?}");
    }
    // A value may be of any bytes; readers replace what is not UTF-8.
    assert_eq!(read(gguf(b"caf\xe9", (4, 32), "w")).unwrap().get("general.name"), Some("caf\u{fffd}"));
}

#[test]
fn metadata_of_a_truncated_gguf_file_is_what_came_before() {
    let whole = bytes(GGUF);
    let size = u64::try_from(whole.len()).unwrap();
    for length in 0..whole.len() {
        let found = metadata(Format::Gguf, &mut &whole[..length], size);
        assert!(found.len() <= 2, "{length}");
    }
    assert_eq!(metadata(Format::Gguf, &mut &whole[..110], 110).len(), 1);
    let big = bytes(GGUF_BIG_ENDIAN);
    assert_eq!(metadata(Format::Gguf, &mut &*big, u64::try_from(big.len()).unwrap()).len(), 2);
    assert!(metadata(Format::Gguf, &mut &b"GGML...."[..], 8).is_empty());
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
