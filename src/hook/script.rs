//! The marked `openness` block in a hook script: inserting, finding, and removing it.
//!
//! The block goes right below the first line. At the end of a script, an earlier `exit` or `exec` could skip it.

use std::ops::Range;

use super::Hook;

const BEGIN: &[u8] = b"# >>> openness >>>";
const END: &[u8] = b"# <<< openness <<<";
/// The interpreters that can run the block.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"];
/// What remains of a script from `hooks/` without its block.
const FIRST_LINE: &[u8] = b"#!/bin/sh\n";

/// Why a script cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The file is not a shell script: a script in another language, or a program.
    #[error("it is not a shell script")]
    NotAShellScript,
    /// The script contains an incomplete block, or more than one.
    #[error("its openness block is damaged")]
    Damaged,
}

/// Returns the block of a hook, including both marker lines.
#[must_use]
pub fn block(hook: Hook) -> &'static [u8] {
    let script = hook.script().as_bytes();
    // Every script consists of the first line and the block, which a test checks.
    script.strip_prefix(FIRST_LINE).unwrap_or(script)
}

/// Returns the script with the block of `hook` inserted, or with an older block replaced.
///
/// # Errors
/// [`Refusal::NotAShellScript`] if the first line does not name a shell; [`Refusal::Damaged`] if a block is incomplete.
pub fn insert(script: &[u8], hook: Hook) -> Result<Vec<u8>, Refusal> {
    let range = match find(script)? {
        Some(range) => range,
        None => {
            let end = first_line_end(script);
            if !is_shell(&script[..end]) {
                return Err(Refusal::NotAShellScript);
            }
            end..end
        }
    };
    let (before, after) = (&script[..range.start], &script[range.end..]);
    let newline: &[u8] = if before.ends_with(b"\n") { b"" } else { b"\n" };
    Ok([before, newline, block(hook), after].concat())
}

/// Returns the script without its block, or `None` if it has no block. The result is empty if nothing else remains.
///
/// # Errors
/// [`Refusal::Damaged`] if the block is incomplete or there is more than one.
pub fn remove(script: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(range) = find(script)? else { return Ok(None) };
    let rest = [&script[..range.start], &script[range.end..]].concat();
    Ok(Some(if rest == FIRST_LINE { Vec::new() } else { rest }))
}

/// Returns the byte range of the block, including its last newline.
///
/// # Errors
/// [`Refusal::Damaged`] if the block is incomplete or there is more than one.
pub fn find(script: &[u8]) -> Result<Option<Range<usize>>, Refusal> {
    let mut begin = None;
    let mut found = None;
    let mut at = 0;
    for line in script.split_inclusive(|byte| *byte == b'\n') {
        let end = at + line.len();
        match line.trim_ascii_end() {
            BEGIN if begin.is_none() && found.is_none() => begin = Some(at),
            END if begin.is_some() => found = begin.take().map(|begin| begin..end),
            BEGIN | END => return Err(Refusal::Damaged),
            _ => {}
        }
        at = end;
    }
    if begin.is_some() { Err(Refusal::Damaged) } else { Ok(found) }
}

fn first_line_end(script: &[u8]) -> usize {
    script.iter().position(|byte| *byte == b'\n').map_or(script.len(), |at| at + 1)
}

/// Returns whether a first line such as `#!/bin/sh -e` or `#!/usr/bin/env bash` names a shell. As for the kernel, a
/// carriage return is part of the name.
fn is_shell(first_line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(first_line) else { return false };
    let Some(words) = line.trim_end_matches('\n').strip_prefix("#!") else { return false };
    let mut words = words.split([' ', '\t']).filter(|word| !word.is_empty());
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let Some(mut program) = words.next().map(base) else { return false };
    if program == "env" {
        let Some(word) = words.find(|word| *word != "-S") else { return false };
        program = base(word);
    }
    SHELLS.contains(&program.as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn bundled_scripts_are_a_first_line_and_a_block() {
        for hook in Hook::ALL {
            let script = hook.script().as_bytes();
            assert_eq!(find(script).unwrap(), Some(FIRST_LINE.len()..script.len()), "{}", hook.name());
            assert_eq!(insert(FIRST_LINE, hook).unwrap(), script);
            assert_eq!(remove(script).unwrap().unwrap(), b"");
            assert!(hook.script().contains(hook.command()), "{}", hook.name());
        }
    }

    #[test]
    fn inserting_and_removing_a_block_restores_the_script() {
        for script in ["#!/bin/bash -e\nexec other\n", "#!/usr/bin/env -S zsh\n\nx", "#! /bin/sh\n# \u{e9}\r\n"] {
            let with = insert(script.as_bytes(), Hook::PrePush).unwrap();
            let range = find(&with).unwrap().unwrap();
            assert_eq!(range.start, script.find('\n').unwrap() + 1);
            assert_eq!(remove(&with).unwrap().unwrap(), script.as_bytes());
            assert_eq!(insert(&with, Hook::PrePush).unwrap(), with, "inserting twice changes nothing");
        }
        assert_eq!(remove(b"#!/bin/sh\ntrue\n").unwrap(), None);
    }

    #[test]
    fn replaces_an_older_block_in_place() {
        let old = b"#!/bin/sh\nfirst\n# >>> openness >>>\nold\n# <<< openness <<<\nlast\n";
        let new = insert(old, Hook::PreCommit).unwrap();
        assert_eq!(new, [b"#!/bin/sh\nfirst\n", block(Hook::PreCommit), b"last\n"].concat());
    }

    #[test]
    fn refuses_files_that_are_not_shell_scripts() {
        for script in ["", "true\n", "#!/usr/bin/env python3\n", "#!/bin/fish\n", "#!/bin/sh\r\n", "#!\n", "\x7fELF"] {
            assert_eq!(insert(script.as_bytes(), Hook::PreCommit), Err(Refusal::NotAShellScript), "{script:?}");
        }
        assert_eq!(insert(b"#!\xff/sh\n", Hook::PreCommit), Err(Refusal::NotAShellScript));
    }

    #[test]
    fn refuses_a_damaged_block() {
        let block = "# >>> openness >>>\n# <<< openness <<<\n";
        for script in [
            "# >>> openness >>>\n",
            "# <<< openness <<<\n",
            &format!("{block}{block}"),
            &format!("# >>> openness >>>\n{block}"),
        ] {
            assert_eq!(insert(script.as_bytes(), Hook::PreCommit), Err(Refusal::Damaged), "{script:?}");
            assert_eq!(remove(script.as_bytes()), Err(Refusal::Damaged), "{script:?}");
        }
    }
}
