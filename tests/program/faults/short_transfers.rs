//! Short reads and writes, as pipes and network file systems make them.

use std::fs;

use super::writing_commands::{WritingCommand, say};

/// A library to preload: a call reads at most seven bytes or writes three, and every fifth call is interrupted.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/types.h>
static int turn(void) { static __thread int at; return ++at % 5 == 0; }
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define NEXT(name, ...) ((ssize_t (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))
ssize_t read(int file, void *data, size_t count) {
    if (turn()) { errno = EINTR; return -1; }
    return NEXT("read", int, void *, size_t)(file, data, MIN(count, 7));
}
ssize_t pread64(int file, void *data, size_t count, off_t offset) {
    if (turn()) { errno = EINTR; return -1; }
    return NEXT("pread64", int, void *, size_t, off_t)(file, data, MIN(count, 7), offset);
}
ssize_t write(int file, const void *data, size_t count) {
    if (turn()) { errno = EINTR; return -1; }
    return NEXT("write", int, const void *, size_t)(file, data, MIN(count, 3));
}
"#;

#[test]
fn short_and_interrupted_reads_and_writes_change_nothing() {
    let command = WritingCommand::of("sign again");
    let (env, plain) = (command.set(), command.set());
    env.write("shim.c", SHIM);
    let built = env.command("cc").args(["-shared", "-fPIC", "-w", "-o", "shim.so", "shim.c", "-ldl"]).output();
    match built {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => return say("skipped: needs cc"),
    }
    // If the library were not in effect, the rest would prove nothing.
    let mut dd = env.command("dd");
    let dd = dd.args(["if=/dev/zero", "of=/dev/null", "bs=100", "count=1"]).env("LD_PRELOAD", env.path("shim.so"));
    let text = String::from_utf8_lossy(&dd.output().unwrap().stderr).into_owned();
    assert!(text.contains("7 bytes"), "{text}");
    // The keys must be the same, so that the signatures are.
    for key in ["key", "key.pub", "lm/.openness"] {
        let (from, to) = (plain.path(key), env.path(key));
        if from.is_file() {
            fs::copy(from, to).unwrap();
        } else {
            fs::remove_dir_all(to).unwrap();
        }
    }
    let shimmed = |arguments: &[&str]| {
        let mut command = env.command(env!("CARGO_BIN_EXE_openness"));
        command.args(arguments).env("LD_PRELOAD", env.path("shim.so")).output().unwrap()
    };
    let signed = shimmed(&command.arguments);
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    plain.run(&command.arguments);
    for file in ["statement.json", "SHA256SUMS"] {
        let read = |env: &super::writing_commands::TracedEnv| fs::read(env.path("lm/.openness").join(file)).unwrap();
        assert_eq!(read(&env), read(&plain), "{file}");
    }
    let verify = ["verify", "lm", "--key", "key.pub"];
    let (short, whole) = (shimmed(&verify), plain.openness(&verify));
    assert_eq!(short.status.code(), Some(0), "{}", String::from_utf8_lossy(&short.stdout));
    assert_eq!(short.stdout, whole.stdout);
    assert_eq!(shimmed(&["hash", "lm"]).stdout, plain.openness(&["hash", "lm"]).stdout);
}
