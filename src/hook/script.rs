//! Our marked block in a hook: put into a script of somebody else, found again, and taken out.
//!
//! The block stands right below the first line. At the end, an `exit` or `exec` of the script before it would pass it by.

use std::ops::Range;

use super::Hook;

const BEGIN: &[u8] = b"# >>> openness >>>";
const END: &[u8] = b"# <<< openness <<<";
/// Interpreters that understand what the block is written in.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"];
/// What is left of a script of ours without the block.
const FIRST_LINE: &[u8] = b"#!/bin/sh\n";

/// Why a script is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another language, or a program.
    #[error("it is no shell script")]
    NoShell,
    /// Half a block, or two of them.
    #[error("its block of openness is damaged")]
    Damaged,
}

/// Returns the block of a hook, from one mark to the other.
#[must_use]
pub fn block(hook: Hook) -> &'static [u8] {
    let script = hook.script().as_bytes();
    // Every script is a first line and a block; a test says so.
    script.strip_prefix(FIRST_LINE).unwrap_or(script)
}

/// Returns the script with the block of `hook` in it, in the place of an older one if there is one.
///
/// # Errors
/// [`Refusal`]
pub fn insert(script: &[u8], hook: Hook) -> Result<Vec<u8>, Refusal> {
    let place = match find(script)? {
        Some(place) => place,
        None => {
            let end = first_line_end(script);
            if !is_shell(&script[..end]) {
                return Err(Refusal::NoShell);
            }
            end..end
        }
    };
    let (before, after) = (&script[..place.start], &script[place.end..]);
    let break_: &[u8] = if before.ends_with(b"\n") { b"" } else { b"\n" };
    Ok([before, break_, block(hook), after].concat())
}

/// Returns what is left without the block; `None` where there is no block. Nothing is left of a script that is ours alone.
///
/// # Errors
/// [`Refusal::Damaged`]
pub fn remove(script: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(place) = find(script)? else { return Ok(None) };
    let rest = [&script[..place.start], &script[place.end..]].concat();
    Ok(Some(if rest == FIRST_LINE { Vec::new() } else { rest }))
}

/// Returns where the block is, with the end of its last line.
///
/// # Errors
/// [`Refusal::Damaged`]
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

/// Reads `#!/bin/sh -e` and `#!/usr/bin/env bash`. A carriage return belongs to the name, as it does for the kernel.
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
    fn our_scripts_are_a_first_line_and_a_block() {
        for hook in Hook::ALL {
            let script = hook.script().as_bytes();
            assert_eq!(find(script).unwrap(), Some(FIRST_LINE.len()..script.len()), "{}", hook.name());
            assert_eq!(insert(FIRST_LINE, hook).unwrap(), script);
            assert_eq!(remove(script).unwrap().unwrap(), b"");
            assert!(hook.script().contains(hook.command()), "{}", hook.name());
        }
    }

    #[test]
    fn the_block_goes_below_the_first_line_and_leaves_no_trace() {
        for script in ["#!/bin/bash -e\nexec other\n", "#!/usr/bin/env -S zsh\n\nx", "#! /bin/sh\n# \u{e9}\r\n"] {
            let with = insert(script.as_bytes(), Hook::PrePush).unwrap();
            let place = find(&with).unwrap().unwrap();
            assert_eq!(place.start, script.find('\n').unwrap() + 1);
            assert_eq!(remove(&with).unwrap().unwrap(), script.as_bytes());
            assert_eq!(insert(&with, Hook::PrePush).unwrap(), with, "twice is once");
        }
        assert_eq!(remove(b"#!/bin/sh\ntrue\n").unwrap(), None);
    }

    #[test]
    fn an_older_block_is_replaced_where_it_stands() {
        let old = b"#!/bin/sh\nfirst\n# >>> openness >>>\nold\n# <<< openness <<<\nlast\n";
        let new = insert(old, Hook::PreCommit).unwrap();
        assert_eq!(new, [b"#!/bin/sh\nfirst\n", block(Hook::PreCommit), b"last\n"].concat());
    }

    #[test]
    fn what_is_no_shell_script_is_left_alone() {
        for script in ["", "true\n", "#!/usr/bin/env python3\n", "#!/bin/fish\n", "#!/bin/sh\r\n", "#!\n", "\x7fELF"] {
            assert_eq!(insert(script.as_bytes(), Hook::PreCommit), Err(Refusal::NoShell), "{script:?}");
        }
        assert_eq!(insert(b"#!\xff/sh\n", Hook::PreCommit), Err(Refusal::NoShell));
    }

    #[test]
    fn a_damaged_block_is_left_alone() {
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
