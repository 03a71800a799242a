//! `file:` URIs (RFC 8089).

use std::path::PathBuf;

/// Returns the path of a `file:` URI (RFC 8089); `None` for any other URI.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    let encoded = uri.strip_prefix("file://")?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => byte,
        });
    }
    let path = String::from_utf8(bytes).ok()?;
    // `/C:/model` is a path on drive C.
    let is_drive = cfg!(windows) && path.get(2..3) == Some(":");
    Some(PathBuf::from(if is_drive { &path[1..] } else { &path }))
}

/// Returns the URI of a file next to, or below, the file of another URI, by its path from there, which has `/` between directories.
pub(super) fn sibling(uri: &str, path: &str) -> String {
    let directory = uri.rfind('/').map_or(uri, |at| &uri[..=at]);
    let mut result = directory.to_owned();
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => result.push(char::from(byte)),
            _ => result.push_str(&format!("%{byte:02X}")),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_file_uris_become_paths() {
        assert_eq!(path_of("file:///a%20b/OPENNESS.toml"), Some(PathBuf::from("/a b/OPENNESS.toml")));
        for other in ["untitled:Untitled-1", "file:///a%2", "file:///%zz", "https://x/OPENNESS.toml"] {
            assert_eq!(path_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_file_next_to_a_manifest_has_a_uri() {
        let uri = "file:///a%20b/OPENNESS.toml";
        assert_eq!(sibling(uri, ".gitattributes"), "file:///a%20b/.gitattributes");
        assert_eq!(path_of(&sibling(uri, "w/ä b%.bin")), Some(PathBuf::from("/a b/w/ä b%.bin")));
    }
}
