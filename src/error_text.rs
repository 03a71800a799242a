//! Errors as text for people: the whole chain of causes, and what the operating system reports in plain words.

use std::error::Error;
use std::io;

/// Returns an error and its causes, joined by `: `, each cause once.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = plain(error);
    let mut next = error.source();
    while let Some(cause) = next {
        // Some errors of other crates end with the text of their cause.
        match text.strip_suffix(&cause.to_string()) {
            Some(start) => text.truncate(start.len()),
            None => text.push_str(": "),
        }
        text.push_str(&plain(cause));
        next = cause.source();
    }
    text
}

/// Returns the text of an I/O error without its number: `permission denied`, not `Permission denied (os error 13)`.
pub(crate) fn io(error: &io::Error) -> String {
    if let Some(inner) = error.get_ref() {
        let text = plain(inner);
        // `tempfile` writes the name of the temporary file after the system's text.
        return match text.split_once(" (os error ") {
            Some((system, _)) => lower_first(system),
            None => text,
        };
    }
    match error.kind() {
        io::ErrorKind::NotFound => return "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => return "permission denied".to_owned(),
        _ => {}
    }
    let text = error.to_string();
    lower_first(text.split_once(" (os error ").map_or(text.as_str(), |(text, _)| text).trim_end_matches('.'))
}

/// Returns the text with its first letter in lower case: `Is a directory`, but not `I/O error`.
fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

fn plain(error: &(dyn Error + 'static)) -> String {
    error.downcast_ref().map_or_else(|| error.to_string(), io)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read `x`")]
    struct Outer(#[source] io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("the record is broken: {0}")]
    struct Repeats(#[source] io::Error);

    #[test]
    fn system_errors_are_plain_words_without_a_number() {
        assert_eq!(io(&ErrorKind::NotFound.into()), "no such file or directory");
        assert_eq!(io(&ErrorKind::PermissionDenied.into()), "permission denied");
        assert_eq!(io(&io::Error::other("it changed")), "it changed");
        assert_eq!(io(&io::Error::other(io::Error::from(ErrorKind::NotFound))), "no such file or directory");
        let temporary = io::Error::other("Read-only file system (os error 30) at path \"/tmp/x\"");
        assert_eq!(io(&temporary), "read-only file system");
        #[cfg(unix)]
        for (code, text) in [(2, "no such file or directory"), (13, "permission denied"), (21, "is a directory")] {
            assert_eq!(io(&io::Error::from_raw_os_error(code)), text);
        }
    }

    #[test]
    fn no_system_error_shows_its_number() {
        for code in 1..200 {
            let text = io(&io::Error::from_raw_os_error(code));
            assert!(!text.contains("os error") && !text.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_chain_names_each_cause_once() {
        let denied = || io::Error::from(ErrorKind::PermissionDenied);
        assert_eq!(chain(&Outer(denied())), "cannot read `x`: permission denied");
        assert_eq!(chain(&Repeats(denied())), "the record is broken: permission denied");
        let nested = Outer(io::Error::other(Repeats(denied())));
        assert_eq!(chain(&nested), "cannot read `x`: the record is broken: permission denied");
        #[cfg(unix)]
        assert_eq!(chain(&Repeats(io::Error::from_raw_os_error(13))), "the record is broken: permission denied");
    }
}
