//! Messages as they come over the wire: headers and bodies of a bounded size.

use std::io::{self, BufRead, Read as _};

use lsp_server::Message;

/// The longest message that is read.
const MAX_MESSAGE_BYTES: u64 = 64 << 20;
/// The longest line of a header, and the most lines.
const MAX_HEADER_BYTES: u64 = 4096;
const MAX_HEADER_LINES: usize = 32;

/// Reads a message; `None` at the end of the input.
///
/// The crate that reads messages makes room for as many bytes as a header announces, before any of them has come, and lets a
/// header be of any length. So the header is read here, and a message given to it as far as it really came.
pub(super) fn read_message(input: &mut impl BufRead) -> io::Result<Option<Message>> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut length = None;
    for at in 0..MAX_HEADER_LINES {
        let mut line = Vec::new();
        input.take(MAX_HEADER_BYTES).read_until(b'\n', &mut line)?;
        if line.is_empty() && at == 0 {
            return Ok(None);
        }
        let Some(line) = line.strip_suffix(b"\r\n") else { return Err(invalid("its header is malformed".to_owned())) };
        if line.is_empty() {
            let length: u64 = length.ok_or_else(|| invalid("its header has no `Content-Length`".to_owned()))?;
            if length > MAX_MESSAGE_BYTES {
                return Err(invalid(format!("it has {length} bytes; at most {MAX_MESSAGE_BYTES} are read")));
            }
            let mut message = format!("Content-Length: {length}\r\n\r\n").into_bytes();
            input.take(length).read_to_end(&mut message)?;
            return Message::read(&mut message.as_slice());
        }
        let line = String::from_utf8_lossy(line);
        let (name, value) = line.split_once(": ").ok_or_else(|| invalid("its header is malformed".to_owned()))?;
        if name.eq_ignore_ascii_case("Content-Length") {
            length = Some(value.parse().map_err(|_| invalid(format!("`{value}` is not a length")))?);
        }
    }
    Err(invalid(format!("its header has more than {MAX_HEADER_LINES} lines")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_only_if_it_is_of_sane_size() {
        let read = |text: &str| read_message(&mut text.as_bytes());
        let body = r#"{"jsonrpc":"2.0","method":"x","params":[]}"#;
        let framed = format!("content-length: {}\r\nContent-Type: a\r\n\r\n{body}", body.len());
        assert!(matches!(read(&framed), Ok(Some(Message::Notification(_)))));
        assert!(matches!(read(""), Ok(None)));
        let most = MAX_MESSAGE_BYTES;
        for (text, why) in [
            (format!("Content-Length: {}\r\n\r\n", most + 1), "at most"),
            (format!("Content-Length: {}\r\n\r\n", u64::MAX), "at most"),
            (format!("Content-Length: {}0\r\n\r\n", u64::MAX), "not a length"),
            // The announced bytes do not come.
            (format!("Content-Length: {most}\r\n\r\n{{}}"), ""),
            ("\r\n".to_owned(), "no `Content-Length`"),
            (format!("X: {}\r\n\r\n", "x".repeat(5000)), "malformed"),
            ("X: x\r\n".repeat(40), "lines"),
            ("Content-Length: 2\n\n{}".to_owned(), "malformed"),
        ] {
            let error = read(&text).map(drop).expect_err(&text[..20.min(text.len())]).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
