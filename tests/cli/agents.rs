//! Keys where people have them: in an agent, in an authenticator behind one, in a variable, in Git's settings.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

use super::bench::{Bench, Ran, has, reasons};

/// OpenSSH's agent, ended with the value.
struct SshAgent {
    process: Child,
    socket: PathBuf,
}

impl SshAgent {
    /// `None` where there is no OpenSSH.
    fn start(bench: &Bench) -> Option<Self> {
        if !has("ssh-agent") || !has("ssh-add") || !has("ssh-keygen") {
            return None;
        }
        let socket = bench.path("agent.sock");
        let process =
            bench.command("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap();
        let agent = Self { process, socket };
        for _ in 0..200 {
            if UnixStream::connect(&agent.socket).is_ok() {
                return Some(agent);
            }
            thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("ssh-agent does not answer");
    }

    fn run<S: AsRef<OsStr>>(&self, bench: &Bench, program: &str, arguments: impl IntoIterator<Item = S>) -> Ran {
        let mut command = bench.command(program);
        command.env("SSH_AUTH_SOCK", &self.socket).args(arguments).output().unwrap().into()
    }

    fn openness<const N: usize>(&self, bench: &Bench, arguments: [&str; N]) -> Ran {
        self.run(bench, env!("CARGO_BIN_EXE_openness"), arguments)
    }
}

impl Drop for SshAgent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_agent_signs_with_a_key_whose_file_is_gone() {
    let bench = Bench::release();
    let Some(agent) = SshAgent::start(&bench) else { return };
    agent.run(&bench, "ssh-add", ["-q", "key"]).expect(0);
    fs::remove_file(bench.path("key")).unwrap();
    agent.openness(&bench, ["sign", "lm", "--key", "key.pub"]).expect(0);
    bench.verify("lm").expect(0);

    // What ssh-keygen makes of the same bytes through the same agent is the same file, byte for byte.
    fs::copy(bench.path("lm/.openness/statement.json"), bench.path("copy")).unwrap();
    let sign = ["-q", "-Y", "sign", "-f", "key.pub", "-n", "openness@v1", "copy"];
    agent.run(&bench, "ssh-keygen", sign).expect(0);
    assert_eq!(fs::read(bench.signature("lm", ".sshsig")).unwrap(), bench.read("copy.sig"));

    agent.run(&bench, "ssh-add", ["-q", "-D"]).expect(0);
    let ran = agent.openness(&bench, ["sign", "lm", "--key", "key.pub"]).expect(2);
    assert!(ran.err.contains("does not hold"), "{ran:#?}");
    let ran = bench.openness(["sign", "lm", "--key", "key.pub"]).expect(2);
    assert!(ran.err.contains("SSH_AUTH_SOCK"), "{ran:#?}");
}

#[test]
fn an_agent_signs_with_a_certificate() {
    let bench = Bench::release();
    let Some(agent) = SshAgent::start(&bench) else { return };
    let keygen = |arguments: &[&str]| -> Ran {
        Ran::from(bench.command("ssh-keygen").args(arguments).output().unwrap()).expect(0)
    };
    keygen(&["-q", "-t", "ed25519", "-N", "", "-f", "ca"]);
    keygen(&["-q", "-s", "ca", "-I", "id", "-n", "a@example.org", "key.pub"]);
    agent.run(&bench, "ssh-add", ["-q", "key"]).expect(0);
    agent.openness(&bench, ["sign", "lm", "--key", "key-cert.pub"]).expect(0);
    let authority = fs::read_to_string(bench.path("ca.pub")).unwrap();
    bench.write("allowed", format!("*@example.org cert-authority {authority}"));
    let report = bench.openness(["verify", "lm", "--allowed-signers", "allowed", "--format", "json"]).expect(0).json();
    assert_eq!(report["signatures"][0]["principal"], "a@example.org");
    bench.commit("lm");
    agent.openness(&bench, ["sign", "lm", "--tag", "v1", "--key", "key-cert.pub"]).expect(0);
    git_verifies(&bench, "v1");
    let verify = ["verify", "lm", "--rev", "v1", "--allowed-signers", "allowed", "--require-signed-tag"];
    bench.openness(verify).expect(0);
    // The key alone is another signer than the key with its certificate.
    agent.openness(&bench, ["sign", "lm", "--tag", "v2", "--key", "key.pub"]).expect(1);
}

/// Git's own word on a tag, by the signers in `allowed`.
#[track_caller]
fn git_verifies(bench: &Bench, tag: &str) {
    let settings = ["-c", "gpg.ssh.allowedSignersFile=../allowed", "verify-tag", tag];
    Ran::from(bench.command("git").current_dir(bench.path("lm")).args(settings).output().unwrap()).expect(0);
}

#[test]
fn an_agent_signs_tags_whose_key_file_is_gone() {
    let bench = Bench::signed();
    let Some(agent) = SshAgent::start(&bench) else { return };
    agent.run(&bench, "ssh-add", ["-q", "key"]).expect(0);
    fs::remove_file(bench.path("key")).unwrap();
    agent.openness(&bench, ["sign", "lm", "--tag", "v1", "--key", "key.pub"]).expect(0);
    bench.write("allowed", format!("me {}", fs::read_to_string(bench.path("key.pub")).unwrap()));
    git_verifies(&bench, "v1");
    bench.openness(["verify", "lm", "--rev", "v1", "--key", "key.pub", "--require-signed-tag"]).expect(0);
}

#[test]
fn signing_by_an_agent_leaves_no_stale_bundle_of_the_same_key() {
    let bench = Bench::signed();
    let Some(agent) = SshAgent::start(&bench) else { return };
    agent.run(&bench, "ssh-add", ["-q", "key"]).expect(0);
    bench.write("lm/README.md", "# Another\n");
    bench.commit("lm");
    agent.openness(&bench, ["sign", "lm", "--key", "key.pub"]).expect(0);
    let names: Vec<_> = fs::read_dir(bench.path("lm/.openness/signatures")).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(bench.openness(["verify", "lm", "--key", "key.pub"]).status, 0);
}

#[test]
fn a_key_in_a_variable_signs_and_its_text_is_never_an_argument() {
    let bench = Bench::release();
    let text = fs::read_to_string(bench.path("key")).unwrap();
    let sign = |name: &str| -> Ran {
        let mut command = bench.command(env!("CARGO_BIN_EXE_openness"));
        command.args(["sign", "lm", "--key-env", name]).env("SIGNING_KEY", &text).env("OTHER", "hello");
        command.output().unwrap().into()
    };
    sign("SIGNING_KEY").expect(0);
    bench.verify("lm").expect(0);
    assert!(sign("UNSET").expect(2).err.contains("`UNSET` is not set"));
    assert!(sign("OTHER").expect(2).err.contains("$OTHER"));
    // Whoever confuses the two does not find the key in the log.
    let secret = text.lines().nth(2).unwrap();
    let ran = sign(&text).expect(2);
    assert!(ran.err.contains("not the key") && !ran.err.contains(secret), "{ran:#?}");
    let ran = bench.openness(["sign", "lm", "--key", &text]).expect(2);
    assert!(ran.err.contains("name of a file") && !ran.err.contains(secret), "{ran:#?}");
}

#[test]
fn a_key_comes_through_a_file_descriptor() {
    let bench = Bench::release();
    let mut command = bench.command(env!("CARGO_BIN_EXE_openness"));
    command.args(["sign", "lm", "--key", "/dev/stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&bench.read("key")).unwrap();
    assert!(child.wait().unwrap().success());
    bench.verify("lm").expect(0);
}

#[test]
fn the_users_git_names_the_key_and_whom_to_trust_and_the_repositorys_own_does_not() {
    let bench = Bench::release();
    bench.openness(["sign", "lm"]).expect(2);
    // In the repository: heard by nobody.
    let key = bench.path("key");
    bench.git("lm", ["config", "gpg.format", "ssh"]);
    bench.git("lm", ["config", "user.signingKey", key.to_str().unwrap()]);
    bench.openness(["sign", "lm"]).expect(2);
    // The user's own.
    bench.write(".gitconfig", "[user]\n\tsigningKey = ~/key\n");
    assert!(bench.openness(["sign", "lm"]).expect(2).err.contains("gpg.format"));
    let public = fs::read_to_string(bench.path("key.pub")).unwrap();
    for setting in ["~/key".to_owned(), "~/key.pub".to_owned()] {
        bench.write(".gitconfig", format!("[user]\n\tsigningKey = {setting}\n[gpg]\n\tformat = ssh\n"));
        bench.openness(["sign", "lm"]).expect(0);
    }
    fs::copy(bench.path("key"), bench.path("kept")).unwrap();
    bench.openness(["key", "generate", "--no-passphrase", "--output", "stranger"]).expect(0);
    fs::copy(bench.path("stranger"), bench.path("key")).unwrap();
    assert!(bench.openness(["sign", "lm"]).expect(2).err.contains("not the private half"));
    fs::copy(bench.path("kept"), bench.path("key")).unwrap();
    bench.write(".gitconfig", format!("[user]\n\tsigningKey = \"key::{}\"\n[gpg]\n\tformat = ssh\n", public.trim()));
    assert!(bench.openness(["sign", "lm"]).expect(2).err.contains("SSH_AUTH_SOCK"));

    bench.write("allowed", format!("a@example.org {public}"));
    let allowed = bench.path("allowed");
    bench.git("lm", ["config", "gpg.ssh.allowedSignersFile", allowed.to_str().unwrap()]);
    assert_eq!(reasons(&bench.openness(["verify", "lm", "--format", "json"]).expect(1)), ["untrusted-key"]);
    bench.write(".gitconfig", "[gpg \"ssh\"]\n\tallowedSignersFile = ~/allowed\n");
    bench.openness(["verify", "lm"]).expect(0);
    bench.openness(["verify", "lm", "--identity", "a@example.org"]).expect(0);
    bench.openness(["verify", "lm", "--identity", "b@example.org"]).expect(1);
    // Whoever names a key trusts that one alone.
    bench.openness(["key", "generate", "--no-passphrase", "--output", "other"]).expect(0);
    bench.openness(["verify", "lm", "--key", "other.pub"]).expect(1);
    bench.write("revoked", &public);
    bench.write(".gitconfig", "[gpg \"ssh\"]\n\tallowedSignersFile = ~/allowed\n\trevocationFile = ~/revoked\n");
    assert_eq!(reasons(&bench.openness(["verify", "lm", "--format", "json"]).expect(1)), ["revoked-key"]);
    bench.write(".gitconfig", "[gpg \"ssh\"]\n\tallowedSignersFile = ~/absent\n");
    bench.openness(["verify", "lm"]).expect(2);
}

/// How an authenticator behind an agent answers.
#[derive(Clone, Copy)]
enum Answer {
    /// The flags of the signature: touched, and perhaps verified.
    Flags(u8),
    /// A signature of other bytes.
    Wrong,
    /// `SSH_AGENT_FAILURE`.
    Refusal,
    /// Four gigabytes announced.
    Endless,
    /// The connection is closed.
    Silence,
}

/// An agent in front of a FIDO authenticator made of software, for as many connections as come.
fn fido_agent(bench: &Bench, answer: Answer) -> (PathBuf, String) {
    fn string(bytes: &[u8]) -> Vec<u8> {
        [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
    }
    const TYPE: &[u8] = b"sk-ssh-ed25519@openssh.com";
    let key = SigningKey::from_bytes(&[9; 32]);
    let blob = [string(TYPE), string(key.verifying_key().as_bytes()), string(b"ssh:")].concat();
    let line = format!("{} {} token\n", std::str::from_utf8(TYPE).unwrap(), Base64::encode_string(&blob));
    let socket = bench.path("fido.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let (key, blob) = (Arc::new(key), Arc::new(blob));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut length = [0; 4];
            while stream.read_exact(&mut length).is_ok() {
                let mut request = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
                stream.read_exact(&mut request).unwrap();
                let reply = match (request[0], answer) {
                    (11, _) => [&[12][..], &1_u32.to_be_bytes(), &string(&blob), &string(b"a comment")].concat(),
                    (_, Answer::Refusal) => vec![5],
                    (_, Answer::Silence) => break,
                    (_, Answer::Endless) => {
                        let _ = stream.write_all(&u32::MAX.to_be_bytes());
                        break;
                    }
                    (_, answer) => {
                        let data = &request[1 + 4 + blob.len() + 4..request.len() - 4];
                        let flags = if let Answer::Flags(flags) = answer { flags } else { 1 };
                        let data = if matches!(answer, Answer::Wrong) { b"other" } else { data };
                        let signed =
                            [&Sha256::digest(b"ssh:")[..], &[flags], &7_u32.to_be_bytes(), &Sha256::digest(data)[..]]
                                .concat();
                        let signature =
                            [&string(TYPE)[..], &string(&key.sign(&signed).to_bytes()), &[flags], &7_u32.to_be_bytes()]
                                .concat();
                        [&[14][..], &string(&signature)].concat()
                    }
                };
                stream.write_all(&string(&reply)).unwrap();
            }
        }
    });
    (socket, line)
}

fn sign_by_fido(bench: &Bench, answer: Answer) -> Ran {
    let (socket, line) = fido_agent(bench, answer);
    bench.write("token.pub", line);
    let mut command: Command = bench.command(env!("CARGO_BIN_EXE_openness"));
    command.env("SSH_AUTH_SOCK", socket).args(["sign", "lm", "--key", "token.pub"]).output().unwrap().into()
}

#[test]
fn a_security_key_signs_when_it_is_touched() {
    let bench = Bench::release();
    let ran = sign_by_fido(&bench, Answer::Flags(1)).expect(0);
    assert!(ran.err.contains("touch the security key"), "{ran:#?}");
    bench.openness(["verify", "lm", "--key", "token.pub"]).expect(0);
    let strict = ["verify", "lm", "--key", "token.pub", "--require-user-verification", "--format", "json"];
    assert_eq!(reasons(&bench.openness(strict).expect(1)), ["untrusted-key"]);
    if has("ssh-keygen") {
        let line = fs::read_to_string(bench.path("token.pub")).unwrap();
        bench.write("allowed", format!("me {line}"));
        let mut command = bench.command("ssh-keygen");
        command.args(["-Y", "verify", "-f", "allowed", "-I", "me", "-n", "openness@v1", "-s"]);
        command.arg(bench.signature("lm", ".sshsig"));
        command.stdin(fs::File::open(bench.path("lm/.openness/statement.json")).unwrap());
        Ran::from(command.output().unwrap()).expect(0);
    }
    bench.commit("lm");
    let mut command = bench.command(env!("CARGO_BIN_EXE_openness"));
    command.env("SSH_AUTH_SOCK", bench.path("fido.sock")).args(["sign", "lm", "--tag", "v1", "--key", "token.pub"]);
    let ran = Ran::from(command.output().unwrap()).expect(0);
    assert!(ran.err.contains("touch the security key"), "{ran:#?}");
    if has("ssh-keygen") {
        git_verifies(&bench, "v1");
    }
    let strict = ["verify", "lm", "--rev", "v1", "--key", "token.pub", "--require-signed-tag"];
    bench.openness(strict).expect(0);
}

#[test]
fn a_tag_that_a_security_key_signed_untouched_is_not_made() {
    let bench = Bench::release();
    sign_by_fido(&bench, Answer::Flags(1)).expect(0);
    bench.commit("lm");
    fs::remove_file(bench.path("fido.sock")).unwrap();
    let (socket, _) = fido_agent(&bench, Answer::Flags(0));
    let mut command = bench.command(env!("CARGO_BIN_EXE_openness"));
    command.env("SSH_AUTH_SOCK", socket).args(["sign", "lm", "--tag", "v1", "--key", "token.pub"]);
    let ran = Ran::from(command.output().unwrap()).expect(2);
    assert!(ran.err.contains("without being touched"), "{ran:#?}");
    assert_eq!(bench.git("lm", ["for-each-ref", "refs/tags"]), "");
}

#[test]
fn a_security_key_that_asked_for_a_pin_satisfies_who_wants_that() {
    let bench = Bench::release();
    sign_by_fido(&bench, Answer::Flags(1 | 4)).expect(0);
    bench.openness(["verify", "lm", "--key", "token.pub", "--require-user-verification"]).expect(0);
}

#[test]
fn what_an_agent_answers_is_not_believed() {
    for (answer, expected) in [
        (Answer::Flags(0), "without being touched"),
        (Answer::Wrong, "does not verify"),
        (Answer::Refusal, "refuses to sign"),
        (Answer::Endless, "too long"),
        (Answer::Silence, "went silent"),
    ] {
        let bench = Bench::release();
        let ran = sign_by_fido(&bench, answer).expect(2);
        assert!(ran.err.contains(expected), "{expected}: {ran:#?}");
        assert!(!bench.path("lm/.openness").exists(), "{expected}");
    }
}
