//! The canonical form of JSON (RFC 8785 §3.2): no white space, keys in the order of their UTF-16 code units, numbers as
//! ECMAScript writes them.
//!
//! The members of an object are written in the order in which they are serialized, and sorted at the end of the object
//! if necessary. A statement has tens of thousands of small objects, most of which are in order already and are not
//! copied.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::io::{self, Write};
use std::ops::Range;
use std::rc::Rc;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// The largest integer up to which doubles are exact, so ECMAScript writes its digits unchanged (RFC 8785 §3.2.2.3).
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Writes a value in canonical form, without a final line feed.
///
/// A float that is not finite becomes `null`, as in `serde_json`.
///
/// # Errors
/// The error of `serde_json` if JSON cannot represent the value, such as a map whose keys are not strings.
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let text = Text::default();
    let formatter = Sorting { text: text.clone(), members: Vec::new(), objects: Vec::new() };
    value.serialize(&mut Serializer::with_formatter(text.clone(), formatter))?;
    Ok(text.0.take())
}

/// The output so far, shared by the serializer and its formatter.
#[derive(Clone, Default)]
struct Text(Rc<RefCell<Vec<u8>>>);

impl Text {
    fn len(&self) -> usize {
        self.0.borrow().len()
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tracks the positions of the members of all open objects.
struct Sorting {
    text: Text,
    /// The members of all open objects, those of the innermost object last.
    members: Vec<Member>,
    objects: Vec<Object>,
}

struct Object {
    /// The offset after the opening brace.
    start: usize,
    /// The number of members that belong to the enclosing objects.
    outer: usize,
}

/// The position of a member; `key` includes the quotes.
struct Member {
    key: Range<usize>,
    end: usize,
}

impl Member {
    /// Returns the sort key (RFC 8785 §3.2.3). Nearly all keys are plain ASCII, which sorts by its bytes.
    fn key<'a>(&self, text: &'a [u8]) -> Key<'a> {
        let quoted = &text[self.key.clone()];
        let plain = &quoted[1..quoted.len() - 1];
        if plain.is_ascii() && !plain.contains(&b'\\') {
            return Key::Plain(plain);
        }
        let key: String = serde_json::from_slice(quoted).expect("the serializer wrote it as a string");
        Key::Units(key.encode_utf16().collect())
    }
}

enum Key<'a> {
    Plain(&'a [u8]),
    Units(Vec<u16>),
}

impl Key<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Plain(one), Self::Plain(other)) => one.cmp(other),
            (Self::Units(one), Self::Units(other)) => one.cmp(other),
            (Self::Plain(one), Self::Units(other)) => one.iter().copied().map(u16::from).cmp(other.iter().copied()),
            (Self::Units(_), Self::Plain(_)) => other.compare(self).reverse(),
        }
    }
}

/// Sorts the members of the object that begins at `start` and extends to the end of the text.
fn sort(text: &mut Vec<u8>, start: usize, members: &[Member]) {
    if members.is_sorted_by(|one, other| one.key(text).compare(&other.key(text)).is_le()) {
        return;
    }
    let mut keyed: Vec<(Key<'_>, &Member)> = members.iter().map(|member| (member.key(text), member)).collect();
    keyed.sort_by(|(one, _), (other, _)| one.compare(other));
    let mut sorted = Vec::with_capacity(text.len() - start);
    for (at, (_, member)) in keyed.iter().enumerate() {
        if at > 0 {
            sorted.push(b',');
        }
        sorted.extend_from_slice(&text[member.key.start..member.end]);
    }
    text.truncate(start);
    text.append(&mut sorted);
}

/// Writes a large integer: the double next to it.
fn large(writer: &mut (impl Write + ?Sized), value: impl ToString) -> io::Result<()> {
    double(writer, value.to_string().parse().map_err(io::Error::other)?)
}

/// Writes a double as ECMAScript does (ECMA-262, `Number::toString`). The digits are those of `serde_json`, the shortest that
/// mean this double and no other.
fn double(writer: &mut (impl Write + ?Sized), value: f64) -> io::Result<()> {
    if !value.is_finite() {
        return writer.write_all(b"null");
    }
    if value == 0.0 {
        return writer.write_all(b"0");
    }
    if value < 0.0 {
        writer.write_all(b"-")?;
    }
    let text = serde_json::to_string(&value.abs())?;
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let leading_zeros = digits.len() - significant.len();
    let significant = significant.trim_end_matches('0');
    // The value is 0.DIGITS times ten to the power of `point`.
    let exponent: isize = exponent.parse().map_err(io::Error::other)?;
    let point = exponent.saturating_add_unsigned(whole.len()).saturating_sub_unsigned(leading_zeros);
    match usize::try_from(point) {
        Ok(point @ 1..=21) => match significant.split_at_checked(point) {
            Some((whole, "")) => write!(writer, "{whole}"),
            Some((whole, fraction)) => write!(writer, "{whole}.{fraction}"),
            None => write!(writer, "{significant:0<point$}"),
        },
        _ if (-5..=0).contains(&point) => {
            let zeros = point.unsigned_abs();
            write!(writer, "0.{:0<zeros$}{significant}", "")
        }
        _ => {
            let (first, rest) = significant.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            write!(writer, "{first}{dot}{rest}e{:+}", point - 1)
        }
    }
}

impl Formatter for Sorting {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"{")?;
        self.objects.push(Object { start: self.text.len(), outer: self.members.len() });
        Ok(())
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        let at = self.text.len();
        self.members.push(Member { key: at..at, end: at });
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some(member) = self.members.last_mut() {
            member.key.end = self.text.len();
        }
        Ok(())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some(member) = self.members.last_mut() {
            member.end = self.text.len();
        }
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(Object { start, outer }) = self.objects.pop() {
            sort(&mut self.text.0.borrow_mut(), start, &self.members[outer..]);
            self.members.truncate(outer);
        }
        writer.write_all(b"}")
    }

    fn write_i64<W: ?Sized + Write>(&mut self, writer: &mut W, value: i64) -> io::Result<()> {
        if value.unsigned_abs() <= MAX_SAFE_INTEGER { write!(writer, "{value}") } else { large(writer, value) }
    }

    fn write_u64<W: ?Sized + Write>(&mut self, writer: &mut W, value: u64) -> io::Result<()> {
        if value <= MAX_SAFE_INTEGER { write!(writer, "{value}") } else { large(writer, value) }
    }

    fn write_i128<W: ?Sized + Write>(&mut self, writer: &mut W, value: i128) -> io::Result<()> {
        large(writer, value)
    }

    fn write_u128<W: ?Sized + Write>(&mut self, writer: &mut W, value: u128) -> io::Result<()> {
        large(writer, value)
    }

    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        double(writer, value.into())
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        double(writer, value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;

    fn text(value: &impl Serialize) -> String {
        String::from_utf8(canonical(value).unwrap()).unwrap()
    }

    #[test]
    fn matches_the_examples_of_the_rfc() {
        // RFC 8785, §3.2.2 and §3.2.4.
        let value: Value = serde_json::from_str(
            r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
                "literals": [null, true, false]}"#,
        )
        .unwrap();
        let expected = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(text(&value), expected);
        // §3.2.3: sorted by UTF-16 code units, so the emoji precedes the Hebrew letter.
        let value: Value = serde_json::from_str(
            r#"{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
                "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}"#,
        )
        .unwrap();
        let order: Vec<_> = text(&value)
            .split('"')
            .skip(3)
            .step_by(4)
            .map(|value| value.split(' ').next().unwrap().to_owned())
            .collect();
        assert_eq!(order, ["Carriage", "One", "Control", "Latin", "Euro", "Emoji:", "Hebrew"]);
    }

    #[test]
    fn nested_objects_are_sorted_independently() {
        let value = json!({"b": {"d": 1, "c": [{"z": 0, "y": {}}]}, "a": {}, "": {"x": 1, "w": 2}});
        assert_eq!(text(&value), r#"{"":{"w":2,"x":1},"a":{},"b":{"c":[{"y":{},"z":0}],"d":1}}"#);
    }

    #[test]
    fn integers_are_written_as_doubles() {
        assert_eq!(
            text(&[9_007_199_254_740_991_u64, 9_007_199_254_740_993, u64::MAX]),
            "[9007199254740991,9007199254740992,18446744073709552000]"
        );
        assert_eq!(
            text(&[-9_007_199_254_740_991_i64, -9_007_199_254_740_993, i64::MIN]),
            "[-9007199254740991,-9007199254740992,-9223372036854776000]"
        );
        assert_eq!(text(&(0.0_f64, -0.0_f64, 1e21_f64, 0.5_f32, 5_i128, 7_u128)), "[0,0,1e+21,0.5,5,7]");
    }

    /// RFC 8785, appendix B, and the neighbors of the limits between the notations.
    #[test]
    fn doubles_have_the_notation_of_ecmascript() {
        for (bits, expected) in [
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(text(&f64::from_bits(bits)), expected);
        }
        assert_eq!(text(&(f64::NAN, f64::INFINITY, f32::NEG_INFINITY)), "[null,null,null]");
        assert_eq!(text(&(u128::MAX, i128::MIN)), "[3.402823669209385e+38,-1.7014118346046923e+38]");
    }

    /// Doubles whose bits, and whose decimal digits, are random.
    #[test]
    fn doubles_match_another_implementation() {
        let mut random = Random(2);
        for _ in 0..100_000 {
            let bits = f64::from_bits((random.next() << 16) | (random.next() % 65536));
            let exponent = random.below(48);
            let decimal: f64 = format!("{}e-{exponent}", 1 + random.next() % 100_000).parse().unwrap();
            for value in [bits, decimal, 1.0 / decimal].into_iter().filter(|value| value.is_finite()) {
                let expected = serde_json_canonicalizer::to_vec(&value).unwrap();
                assert_eq!(text(&value).as_bytes(), expected, "{value:e}");
            }
        }
    }

    #[test]
    fn a_map_whose_keys_are_not_strings_is_an_error() {
        assert!(serde_json::Number::from_f64(f64::NAN).is_none());
        assert!(canonical(&BTreeMap::from([(vec![1], 1)])).is_err());
    }

    /// Pseudo-random values, the same in every run: Knuth's MMIX generator, whose high bits are good enough.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0 >> 16
        }

        fn below(&mut self, limit: u64) -> usize {
            usize::try_from(self.next() % limit).unwrap()
        }

        fn text(&mut self) -> String {
            const SIGNS: [char; 10] = ['a', 'b', 'c', '"', '\\', '\u{1}', '\n', 'é', '\u{ffff}', '😀'];
            (0..self.below(4)).map(|_| SIGNS[self.below(10)]).collect()
        }

        fn value(&mut self, depth: u32) -> Value {
            match self.below(if depth == 0 { 6 } else { 10 }) {
                0 => Value::Null,
                1 => self.next().is_multiple_of(2).into(),
                2 => (self.next() << self.below(17)).into(),
                3 => (self.next() << self.below(17)).cast_signed().into(),
                4 => f64::from_bits((self.next() << 16) | (self.next() % 65536)).into(),
                5 => self.text().into(),
                6 | 7 => (0..self.below(5)).map(|_| self.value(depth - 1)).collect(),
                // `serde_json` keeps the order of insertion.
                _ => Value::Object((0..self.below(6)).map(|_| (self.text(), self.value(depth - 1))).collect()),
            }
        }
    }

    #[test]
    fn matches_another_implementation() {
        let mut random = Random(1);
        let mut out_of_order = 0;
        for _ in 0..5000 {
            let value = random.value(4);
            let ours = canonical(&value).unwrap();
            assert_eq!(ours, serde_json_canonicalizer::to_vec(&value).unwrap(), "{value}");
            out_of_order += usize::from(ours != serde_json::to_vec(&value).unwrap());
        }
        assert!(out_of_order > 1000, "{out_of_order}");
    }
}
