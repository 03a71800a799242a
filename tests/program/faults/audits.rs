//! Audits whose system calls fail or kill them: the next run goes on, and the output is that of a run without faults.

use std::collections::BTreeMap;
use std::fs;

use super::writing_commands::{TracedEnv, WritingCommand, chosen, has_strace, say};

/// Every file of the output but what depends on the clock, and what a killed run may leave.
fn output(env: &TracedEnv) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![env.path("out")];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(env.path("out")).unwrap().to_str().unwrap().to_owned();
            match path.is_dir() {
                true => open.push(path),
                false if name != "metrics.json" => drop(found.insert(name, fs::read(path).unwrap())),
                false => {}
            }
        }
    }
    found
}

fn sweep(faults: &[(&str, &[&str])]) -> (usize, usize) {
    let command = WritingCommand::of("audit");
    let arguments: &[&str] = &command.arguments;
    let env = command.set();
    env.run(arguments);
    let expected = output(&env);
    assert!(expected.len() > 8 && expected.contains_key("_MANIFEST.json"), "{:?}", expected.keys());
    let (mut tried, mut failures) = (0, 0);
    for (fault, calls) in faults {
        for (call, times) in command.set().calls(calls, arguments) {
            for at in chosen(times, 4) {
                let env = command.set();
                let ran = env.traced(&["-e", &format!("inject={call}:{fault}:when={at}")], arguments);
                env.take_trace();
                let place = format!("{fault} at {call} number {at} of {times}");
                let text = String::from_utf8_lossy(&ran.stderr);
                assert!(!text.contains("panicked"), "{place}: {text}");
                assert!(matches!(ran.status.code(), None | Some(0 | 2 | 127 | 137)), "{place}: {ran:?}");
                let is_complete = output(&env).contains_key("_MANIFEST.json");
                assert!(is_complete || !ran.status.success(), "{place}: success without a manifest");
                if ran.status.code() == Some(2) {
                    assert!(text.contains("error: ") || call == "write", "{place}: {text}");
                }
                failures += usize::from(!ran.status.success());
                tried += 1;
                // Whatever is in place is whole, and the next run adds the rest.
                for (name, bytes) in output(&env) {
                    let is_part = ["rows/", "findings/", "done/"].iter().any(|start| name.starts_with(start));
                    assert!(!is_part || expected.get(&name) == Some(&bytes), "{place}: {name}");
                }
                env.run(arguments);
                assert!(output(&env) == expected, "{place}: {:?}", output(&env).keys());
            }
        }
    }
    (tried, failures)
}

#[test]
fn a_full_disk_or_a_failing_one_loses_nothing() {
    if !has_strace() {
        return;
    }
    let calls = &["write", "fsync", "rename", "renameat2", "mkdir", "linkat"];
    let (tried, failures) = sweep(&[("error=ENOSPC", calls), ("error=EIO", calls)]);
    say(&format!("audit: {tried} faults | {failures} with a failing exit status"));
    assert!(tried > 15 && failures > 3, "{tried} {failures}");
}

#[test]
fn a_kill_at_any_call_loses_nothing() {
    if !has_strace() {
        return;
    }
    let calls = &["write", "fsync", "rename", "renameat2", "mkdir", "flock", "unlink"];
    let (tried, failures) = sweep(&[("signal=SIGKILL", calls)]);
    say(&format!("audit: {tried} kills | {failures} of the driver"));
    assert!(tried > 10 && failures > 5, "{tried} {failures}");
}
