//! Arguments of commands in advice. The names in them may come from an untrusted party, and people paste such commands into a
//! shell.

use std::borrow::Cow;

/// Returns a text as one word of a POSIX shell, which expands nothing in it (XCU 2.2.2, "Single-Quotes").
#[must_use]
pub(crate) fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

/// Returns a path as an operand of a Git command, which takes it neither for an option nor for a pattern with "magic"
/// (gitglossary(7), "pathspec").
#[must_use]
pub(crate) fn operand(path: &str) -> String {
    match path.as_bytes().first() {
        Some(b'-') => format!("-- {}", word(path)),
        Some(b':') => word(&format!("./{path}")).into_owned(),
        _ => word(path).into_owned(),
    }
}

/// Returns paths as operands of a Git command.
#[must_use]
pub(crate) fn operands(paths: &[&str]) -> String {
    if paths.iter().any(|path| path.starts_with('-')) {
        let words: Vec<Cow<'_, str>> = paths.iter().map(|path| word(path)).collect();
        return format!("-- {}", words.join(" "));
    }
    paths.iter().map(|path| operand(path)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_expands_nothing_in_a_word() {
        for (text, quoted) in [
            ("data/model-00001-of-00002.safetensors", "data/model-00001-of-00002.safetensors"),
            ("$(touch pwned).json", "'$(touch pwned).json'"),
            ("a;b", "'a;b'"),
            ("it's", r"'it'\''s'"),
            ("~", "'~'"),
            ("ü", "'ü'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), quoted);
        }
    }

    #[test]
    fn an_operand_is_no_option_and_no_magic() {
        for (path, operand_of_it) in
            [("a.json", "a.json"), ("-f", "-- -f"), ("-a b", "-- '-a b'"), (":!x", "'./:!x'"), (":x", "./:x")]
        {
            assert_eq!(operand(path), operand_of_it);
        }
    }

    #[test]
    fn several_operands_are_one_list() {
        assert_eq!(operands(&["a.json", "b c"]), "a.json 'b c'");
        assert_eq!(operands(&["a.json", "-f"]), "-- a.json -f");
        assert_eq!(operands(&["-f"]), "-- -f");
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_a_word_back() {
        for text in ["$(touch pwned)", "a'b\"c`d\\e\n$f!", "*", "ü b", "-n", "#x", "{a,b}"] {
            let echoed = std::process::Command::new("sh").arg("-c").arg(format!("printf %s X{}", word(text))).output();
            let read = echoed.map(|echoed| String::from_utf8_lossy(&echoed.stdout).into_owned());
            assert_eq!(read.ok().as_deref(), Some(format!("X{text}").as_str()));
        }
    }
}
