//! The key that signs commits: `user.signingKey`, or what `gpg.ssh.defaultKeyCommand` prints (git-config(1)).
//!
//! The settings of the user and the system alone: a repository does not choose who signs, nor which program runs.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Signer, from_file, held_by_agent, is_public};
use crate::cli::{Failure, key};
use crate::git;

pub(super) fn signer() -> Result<Signer, Failure> {
    let nothing = |message: &str| {
        Failure::new(message).help("name one with `--key FILE`, or make one with `openness key generate --output FILE`")
    };
    let set = |name| Ok::<_, Failure>(git::user_setting(name)?.filter(|text| !text.is_empty()));
    let (key, command) = (set("user.signingKey")?, set("gpg.ssh.defaultKeyCommand")?);
    if key.is_none() && command.is_none() {
        return Err(nothing("no key to sign with"));
    }
    if git::user_setting("gpg.format")?.is_none_or(|format| format != "ssh") {
        let name = if key.is_some() { "user.signingKey" } else { "gpg.ssh.defaultKeyCommand" };
        return Err(nothing(&format!(
            "no key to sign with: Git's `{name}` is about no SSH key, as `gpg.format` is not `ssh`"
        )));
    }
    let Some(key) = key else {
        let line = printed(&command.unwrap_or_default())?;
        return held_by_agent(&line, None);
    };
    if let Some(line) = literal(&key) {
        return held_by_agent(line, None);
    }
    let path = git::user_path_setting("user.signingKey")?.unwrap_or_else(|| PathBuf::from(key));
    if is_public(&path) {
        // Git hands `~/.ssh/id_ed25519.pub` to `ssh-keygen`, which looks beside it where no agent helps.
        return held_by_agent(&key::read_key_text(&path)?, Some(&path));
    }
    from_file(&path)
}

/// The key in a setting that is no path: after `key::`, or bare, which is what Git took at first.
fn literal(key: &str) -> Option<&str> {
    key.strip_prefix("key::").or((key.starts_with("ssh-") || key.starts_with("sk-")).then_some(key))
}

/// Runs the command as Git does, without a shell, and returns the key on the first line of what it prints.
fn printed(command: &str) -> Result<String, Failure> {
    const SETTING: &str = "Git's `gpg.ssh.defaultKeyCommand`";
    let words = split(command).map_err(|problem| Failure::new(format!("{SETTING} has {problem}: `{command}`")))?;
    let (program, arguments) =
        words.split_first().ok_or_else(|| Failure::new(format!("{SETTING} names no program: `{command}`")))?;
    let ran = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let ran = ran.map_err(|error| Failure::new(format!("{SETTING}: cannot run `{program}`: {error}")))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    let said = said.lines().next().map_or_else(String::new, |line| format!(": {}", line.trim_end()));
    if !ran.status.success() {
        return Err(Failure::new(format!("{SETTING}, `{command}`, failed ({}){said}", ran.status)));
    }
    let out = String::from_utf8_lossy(&ran.stdout);
    let line = out.lines().next().and_then(literal);
    line.map(str::to_owned).ok_or_else(|| {
        Failure::new(format!("{SETTING}, `{command}`, printed no key{said}"))
            .help("its first line has to be an SSH public key, with or without `key::` before it")
    })
}

/// Splits a command line into words as Git does: blanks separate, quotes of both kinds join, a backslash takes the next
/// character as it is but within single quotes.
fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                word.get_or_insert_default().push(rest.next().ok_or("a backslash at its end")?);
            }
            (c, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_ascii_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote that is not closed");
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_split_as_by_git() {
        for (line, words) in [
            ("ssh-add -L", &["ssh-add", "-L"][..]),
            ("  a\tb  ", &["a", "b"]),
            ("'a b' \"c d\"", &["a b", "c d"]),
            ("a'b'c", &["abc"]),
            ("'a\\b'", &["a\\b"]),
            ("\"a\\\"b\"", &["a\"b"]),
            ("a\\ b", &["a b"]),
            ("'' x", &["", "x"]),
            ("a;b $(c) `d`", &["a;b", "$(c)", "`d`"]),
            ("", &[]),
        ] {
            assert_eq!(
                split(line).as_deref(),
                Ok(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()[..]),
                "{line}"
            );
        }
        for line in ["'a", "\"a", "a\\", "a 'b"] {
            assert!(split(line).is_err(), "{line}");
        }
    }
}
