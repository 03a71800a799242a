//! Several runs that sign at the same time.

use std::process::Stdio;
use std::thread;

use super::writing_commands::WritingCommand;

#[test]
fn concurrent_signers_of_one_statement_all_sign() {
    const SIGNERS: usize = 6;
    let command = WritingCommand::of("sign --statement");
    let env = command.set();
    let keys: Vec<String> = (0..SIGNERS).map(|at| format!("signer{at}")).collect();
    for key in &keys {
        env.run(&["key", "generate", "--no-passphrase", "--output", key]);
    }
    for _ in 0..3 {
        let _ = std::fs::remove_dir_all(env.path("lm/.openness"));
        thread::scope(|scope| {
            for key in &keys {
                let mut arguments = command.arguments.clone();
                *arguments.last_mut().unwrap() = key;
                let env = &env;
                let mut command = env.command(env!("CARGO_BIN_EXE_openness"));
                command.args(&arguments);
                scope.spawn(move || {
                    let output = command.output().unwrap();
                    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                });
            }
        });
        let signatures = std::fs::read_dir(env.path("lm/.openness/signatures")).unwrap().count();
        assert_eq!(signatures, 2 * SIGNERS);
        for key in &keys {
            env.run(&["verify", "lm", "--key", &format!("{key}.pub")]);
        }
        assert!(env.leftovers().is_empty());
    }
}

#[test]
fn of_two_concurrent_statements_one_is_complete() {
    let command = WritingCommand::of("sign again");
    let env = command.set();
    for _ in 0..5 {
        let children: Vec<_> = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"]
            .map(|time| {
                let mut arguments = command.arguments.clone();
                let created = arguments.iter().position(|argument| *argument == "--created").unwrap();
                arguments[created + 1] = time;
                let mut command = env.command(env!("CARGO_BIN_EXE_openness"));
                command.args(arguments).stderr(Stdio::piped()).spawn().unwrap()
            })
            .into_iter()
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(env.verdict(), "\"verified\" []");
        assert!(env.leftovers().is_empty());
    }
}
