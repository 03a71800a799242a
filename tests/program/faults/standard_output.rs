//! Standard output that is full or closed.

use std::fs::OpenOptions;
use std::process::Stdio;

use super::writing_commands::WritingCommand;

const COMMANDS: &[&[&str]] = &[
    &["verify", "lm", "--key", "key.pub"],
    &["show", "lm"],
    &["hash", "lm"],
    &["key", "show", "key.pub"],
    &["explain", "OPN301"],
    &["--help"],
];

#[test]
fn a_full_standard_output_is_an_error() {
    let env = WritingCommand::of("verify, remembering").set();
    for arguments in COMMANDS {
        assert_eq!(env.openness(arguments).status.code(), Some(0), "{arguments:?}");
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = env.command(env!("CARGO_BIN_EXE_openness")).args(*arguments).stdout(full).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(!text.contains("panicked"), "{arguments:?}: {text}");
        assert!(text.contains("no space left") || arguments[0] == "--help", "{arguments:?}: {text}");
    }
}

#[test]
fn a_closed_standard_output_changes_nothing_else() {
    let env = WritingCommand::of("verify, remembering").set();
    for (arguments, status) in
        COMMANDS.iter().map(|command| (*command, 0)).chain([(&["verify", "lm", "--key", "key2.pub"][..], 1)])
    {
        let mut child = env
            .command(env!("CARGO_BIN_EXE_openness"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {text}");
        assert!(!text.contains("error") && !text.contains("panicked"), "{arguments:?}: {text}");
    }
}
