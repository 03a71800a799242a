//! The subject of a certificate as text, which tools write in different ways (RFC 4514, RFC 2253).

/// A part of a name: its type in capitals, and its value without escapes; and whether another part of the same set follows.
type Part = (String, Vec<u8>, bool);

/// Returns whether two texts are the same name: types in any case and by any of their usual names, and values with any escapes.
pub(super) fn is_same_subject(one: &str, other: &str) -> bool {
    one == other || parse(one).is_some_and(|one| Some(one) == parse(other))
}

/// Reads a name; `None` if it is not one.
fn parse(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let equals = rest.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (rest.get(..equals)?, rest.get(equals + 1..)?);
        let name = std::str::from_utf8(name).ok()?.trim_start_matches(' ').to_ascii_uppercase();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-') {
            return None;
        }
        let (value, length) = unescape(value)?;
        let ending = value_end(rest, equals + 1 + length);
        parts.push((known(name), value, ending == Some(b'+')));
        rest = rest.get(equals + 1 + length + usize::from(ending.is_some())..)?;
        if ending.is_some() && rest.is_empty() {
            return None;
        }
    }
    (!parts.is_empty()).then_some(parts)
}

fn value_end(rest: &[u8], at: usize) -> Option<u8> {
    rest.get(at).copied()
}

/// Returns one name for types that have several.
fn known(name: String) -> String {
    match &*name {
        "EMAILADDRESS" | "E" | "1.2.840.113549.1.9.1" => "EMAIL".to_owned(),
        "S" => "ST".to_owned(),
        _ => name,
    }
}

/// Returns the bytes of a value up to its end, and the length of its text.
fn unescape(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (mut value, mut at) = (Vec::new(), 0);
    while let Some(byte) = text.get(at).copied() {
        match byte {
            b',' | b'+' => break,
            b'\\' => {
                let next = *text.get(at + 1)?;
                match (digit(next), text.get(at + 2).copied().and_then(digit)) {
                    (Some(high), Some(low)) => {
                        value.push(high << 4 | low);
                        at += 3;
                    }
                    (None, _) => {
                        value.push(next);
                        at += 2;
                    }
                    (Some(_), None) => return None,
                }
            }
            _ => {
                value.push(byte);
                at += 1;
            }
        }
    }
    Some((value, at))
}

#[cfg(test)]
mod tests {
    use super::is_same_subject;

    #[test]
    fn the_same_name_may_be_written_in_several_ways() {
        let shown = "SERIALNUMBER=5,DC=x,UID=u1,EMAIL=a@b.example,CN=Lab ü,O=Lab\\, Inc.,C=CH";
        for (one, other, is_same) in [
            // As OpenSSL writes it.
            (shown, "serialNumber=5,DC=x,UID=u1,emailAddress=a@b.example,CN=Lab \\C3\\BC,O=Lab\\, Inc.,C=CH", true),
            (shown, "serialNumber=5,DC=x,UID=u1,emailAddress=a@b.example,CN=Lab ü,O=Lab\\2C Inc.,C=CH", true),
            ("CN=a", "cn=a", true),
            ("CN=a", "CN=A", false),
            ("CN=a,O=b", "O=b,CN=a", false),
            ("CN=a,O=b", "CN=a+O=b", false),
            ("CN=a\\,O=b", "CN=a,O=b", false),
            ("CN=a", "CN=a,", false),
            ("CN=a", "", false),
            ("", "", true),
            ("release@example.org", "release@example.org", true),
            ("CN=a\\", "CN=a", false),
            ("CN=a\\4", "CN=a", false),
        ] {
            assert_eq!(is_same_subject(one, other), is_same, "{one} {other}");
        }
    }
}
