//! The key that signs commits: `user.signingKey`, or the key that `gpg.ssh.defaultKeyCommand` prints (git-config(1)).
//!
//! Only the settings of the user and the system count: a repository chooses neither the key nor the program that runs.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Passphrase, Signer, from_agent, from_file, is_public};
use crate::cli::{Failure, inputs};
use crate::git;

pub(super) fn signer(passphrase: Passphrase) -> Result<Signer, Failure> {
    let no_key = |message: &str| {
        Failure::new(message)
            .help("name one with `--key FILE`, or create one with `openness key generate --output FILE`")
    };
    let set = |name| Ok::<_, Failure>(git::user_setting(name)?.filter(|text| !text.is_empty()));
    let (key, command) = (set("user.signingKey")?, set("gpg.ssh.defaultKeyCommand")?);
    if key.is_none() && command.is_none() {
        return Err(no_key("no key to sign with"));
    }
    if git::user_setting("gpg.format")?.is_none_or(|format| format != "ssh") {
        let name = if key.is_some() { "user.signingKey" } else { "gpg.ssh.defaultKeyCommand" };
        return Err(no_key(&format!(
            "no key to sign with: Git's `{name}` is not about an SSH key, because `gpg.format` is not `ssh`"
        )));
    }
    let Some(key) = key else {
        let line = printed(&command.unwrap_or_default())?;
        return from_agent(&line, None, passphrase);
    };
    if let Some(line) = literal(&key) {
        return from_agent(line, None, passphrase);
    }
    let path = git::user_path_setting("user.signingKey")?.unwrap_or_else(|| PathBuf::from(key));
    if is_public(&path) {
        // Git passes `~/.ssh/id_ed25519.pub` to `ssh-keygen`, which uses the private key next to it if no agent helps.
        return from_agent(&inputs::key_text(&path)?, Some(&path), passphrase);
    }
    from_file(&path, passphrase)
}

/// Returns the key in a setting that is not a path: after `key::`, or bare, which is Git's older form.
fn literal(key: &str) -> Option<&str> {
    key.strip_prefix("key::").or((key.starts_with("ssh-") || key.starts_with("sk-")).then_some(key))
}

/// Runs the command like Git, without a shell, and returns the key on the first line of its output.
fn printed(command: &str) -> Result<String, Failure> {
    const SETTING: &str = "Git's `gpg.ssh.defaultKeyCommand`";
    let words = split(command)
        .map_err(|problem| Failure::new(format!("{SETTING} cannot be split into words: {problem} in `{command}`")))?;
    let (program, arguments) =
        words.split_first().ok_or_else(|| Failure::new(format!("{SETTING} does not name a program: `{command}`")))?;
    let ran = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let ran = ran.map_err(|error| Failure::caused_by(format!("{SETTING}: cannot run `{program}`"), error))?;
    let stderr = String::from_utf8_lossy(&ran.stderr);
    let said = stderr.lines().next().map_or_else(String::new, |line| format!(": {}", line.trim_end()));
    if !ran.status.success() {
        return Err(Failure::new(format!("{SETTING}, `{command}`, failed ({}){said}", ran.status)));
    }
    let out = String::from_utf8_lossy(&ran.stdout);
    let line = out.lines().next().and_then(literal);
    line.map(str::to_owned).ok_or_else(|| {
        Failure::new(format!("{SETTING}, `{command}`, did not print a key{said}"))
            .help("its first line must be an SSH public key, with or without the prefix `key::`")
    })
}

/// Splits a command line into words like Git: blanks separate, both kinds of quotes join, and a backslash escapes the
/// next character except inside single quotes.
fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                word.get_or_insert_default().push(rest.next().ok_or("a backslash at the end")?);
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
        return Err("an unclosed quote");
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_split_like_git_does() {
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
