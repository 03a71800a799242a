//! Ctrl-C at a prompt and during a long hash, and an agent that goes away.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::{fs, thread};

use rustix::process::Signal;

use super::changing_files::{begun, long_file, signal};
use super::writing_commands::{WritingCommand, say};

#[test]
fn an_interrupt_during_a_long_hash_leaves_the_old_state() {
    let command = WritingCommand::of("sign again");
    for stop in [Signal::INT, Signal::TERM] {
        let env = command.set();
        // Too large to be read to its end.
        let long = env.path("lm/w/long.bin");
        long_file(&long);
        fs::OpenOptions::new().write(true).open(&long).unwrap().set_len(16 << 30).unwrap();
        let old = fs::read(env.path("lm/.openness/statement.json")).unwrap();
        let Some(child) = begun(&env, &command.arguments) else {
            return say("skipped: an interrupt during a long hash; the machine is too quick");
        };
        signal(&child, stop);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(stop.as_raw()));
        assert_eq!(fs::read(env.path("lm/.openness/statement.json")).unwrap(), old);
        assert!(env.leftovers().is_empty());
    }
}

/// Runs the program on a terminal, waits for the prompt, presses Ctrl-C or sends a signal, and prints how it ended and
/// the terminal's settings afterwards: echo, signals from keys, and line editing.
const AT_A_TERMINAL: &str = r#"
import os, pty, signal, sys, termios, time
way, arguments = sys.argv[1], sys.argv[2:]
# Held open, so that the terminal stays when the program ends.
leader, follower = pty.openpty()
child = os.fork()
if child == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.login_tty(follower) if hasattr(os, "login_tty") else (os.setsid(), __import__("fcntl").ioctl(follower, termios.TIOCSCTTY, 0), [os.dup2(follower, fd) for fd in range(3)])
    os.execv(arguments[0], arguments)
said = b""
while b"assphrase" not in said:
    said += os.read(leader, 1000)
deadline = time.time() + 10
while termios.tcgetattr(follower)[3] & termios.ECHO and time.time() < deadline:
    time.sleep(0.01)
asked = termios.tcgetattr(follower)[3]
assert not asked & termios.ECHO, "the passphrase would be shown"
time.sleep(0.1)
if way == "key":
    os.write(leader, b"\x03")
else:
    os.kill(child, getattr(signal, way))
_, status = os.waitpid(child, 0)
after = termios.tcgetattr(follower)[3]
print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else "exit %d" % os.WEXITSTATUS(status), bool(after & termios.ECHO), bool(after & termios.ISIG), bool(after & termios.ICANON))
"#;

#[test]
fn an_interrupt_at_the_passphrase_prompt_restores_echo() {
    let command = WritingCommand::of("sign");
    let env = command.set();
    env.write("passphrase", "correct horse");
    let mut generate = env.command(env!("CARGO_BIN_EXE_openness"));
    generate.args(["key", "generate", "--output", "locked"]).env("OPENNESS_PASSPHRASE_FILE", "passphrase");
    assert!(generate.status().unwrap().success());
    let mut sign = command.arguments.clone();
    *sign.last_mut().unwrap() = "locked";
    let generate = ["key", "generate", "--output", "another"];
    for arguments in [&sign[..], &generate] {
        for (way, number) in [("key", 2), ("SIGINT", 2), ("SIGTERM", 15), ("SIGHUP", 1)] {
            let mut command = env.command("python3");
            command.args(["-c", AT_A_TERMINAL, way, env!("CARGO_BIN_EXE_openness")]).args(arguments);
            let Ok(output) = command.output() else { return say("skipped: needs python3") };
            let text = String::from_utf8_lossy(&output.stdout);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(text.trim(), format!("{number} True True True"), "{way} {arguments:?}: {errors}");
        }
    }
    assert!(!env.path("lm/.openness").exists() && !env.path("another").exists());
}

/// The agent lists the key, then closes the connection: when asked to sign, or in the middle of its answer.
#[test]
fn an_agent_that_goes_away_is_an_error() {
    for answer in [&b""[..], b"\0\0", b"\0\0\0\x10\x0e\0\0\0"] {
        let command = WritingCommand::of("sign");
        let env = command.set();
        let socket = env.path("agent.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let line = fs::read_to_string(env.path("key.pub")).unwrap();
        let blob = {
            use base64ct::Encoding as _;
            base64ct::Base64::decode_vec(line.split(' ').nth(1).unwrap()).unwrap()
        };
        let agent = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = false;
            loop {
                let mut length = [0; 4];
                if stream.read_exact(&mut length).is_err() {
                    return asked;
                }
                let mut request = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
                stream.read_exact(&mut request).unwrap();
                if request[0] != 11 {
                    stream.write_all(answer).unwrap();
                    return true;
                }
                asked = true;
                let string = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
                let keys = [&[12][..], &1_u32.to_be_bytes(), &string(&blob), &string(b"")].concat();
                stream.write_all(&string(&keys)).unwrap();
            }
        });
        fs::remove_file(env.path("key")).unwrap();
        let mut arguments = command.arguments.clone();
        *arguments.last_mut().unwrap() = "key.pub";
        let mut command = env.command(env!("CARGO_BIN_EXE_openness"));
        let output = command.args(&arguments).env("SSH_AUTH_SOCK", &socket).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("the connection to the ssh-agent failed: the agent closed it"), "{text}");
        assert!(!env.path("lm/.openness").exists());
        assert!(agent.join().unwrap());
    }
}
