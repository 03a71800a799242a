//! Several that sign at once.

use std::process::Stdio;
use std::thread;

use super::scene::Scene;

#[test]
fn who_signs_one_statement_at_once_signs_beside_the_others() {
    const SIGNERS: usize = 6;
    let scene = Scene::of("sign --statement");
    let stage = scene.set();
    let keys: Vec<String> = (0..SIGNERS).map(|at| format!("signer{at}")).collect();
    for key in &keys {
        stage.run(&["key", "generate", "--no-passphrase", "--output", key]);
    }
    for _ in 0..3 {
        let _ = std::fs::remove_dir_all(stage.path("lm/.openness"));
        thread::scope(|scope| {
            for key in &keys {
                let mut arguments = scene.arguments.clone();
                *arguments.last_mut().unwrap() = key;
                let stage = &stage;
                let mut command = stage.command(env!("CARGO_BIN_EXE_openness"));
                command.args(&arguments);
                scope.spawn(move || {
                    let output = command.output().unwrap();
                    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                });
            }
        });
        let signatures = std::fs::read_dir(stage.path("lm/.openness/signatures")).unwrap().count();
        assert_eq!(signatures, 2 * SIGNERS);
        for key in &keys {
            stage.run(&["verify", "lm", "--key", &format!("{key}.pub")]);
        }
        assert!(stage.leftovers().is_empty());
    }
}

#[test]
fn of_two_that_sign_different_statements_at_once_one_is_there_whole() {
    let scene = Scene::of("sign again");
    let stage = scene.set();
    for _ in 0..5 {
        let children: Vec<_> = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"]
            .map(|time| {
                let mut arguments = scene.arguments.clone();
                let created = arguments.iter().position(|argument| *argument == "--created").unwrap();
                arguments[created + 1] = time;
                let mut command = stage.command(env!("CARGO_BIN_EXE_openness"));
                command.args(arguments).stderr(Stdio::piped()).spawn().unwrap()
            })
            .into_iter()
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(stage.verdict(), "\"verified\" []");
        assert!(stage.leftovers().is_empty());
    }
}
