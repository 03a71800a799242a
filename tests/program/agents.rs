//! Keys in an ssh-agent, on a security key behind one, in an environment variable, and in Git's settings.

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

use crate::common::env::{Output, TestEnv, reasons};
use crate::common::tools::has;

/// A running OpenSSH agent, which is killed on drop.
struct SshAgent {
    process: Child,
    socket: PathBuf,
}

impl SshAgent {
    /// Starts an agent; `None` if OpenSSH is missing.
    fn start(env: &TestEnv) -> Option<Self> {
        if !has("ssh-agent") || !has("ssh-add") || !has("ssh-keygen") {
            return None;
        }
        let socket = env.path("agent.sock");
        let process = env.command("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap();
        let agent = Self { process, socket };
        for _ in 0..200 {
            if UnixStream::connect(&agent.socket).is_ok() {
                return Some(agent);
            }
            thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("ssh-agent does not answer");
    }

    fn run<S: AsRef<OsStr>>(&self, env: &TestEnv, program: &str, arguments: impl IntoIterator<Item = S>) -> Output {
        let mut command = env.command(program);
        command.env("SSH_AUTH_SOCK", &self.socket).args(arguments).output().unwrap().into()
    }

    fn openness<const N: usize>(&self, env: &TestEnv, arguments: [&str; N]) -> Output {
        self.run(env, env!("CARGO_BIN_EXE_openness"), arguments)
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
    let env = TestEnv::release();
    let Some(agent) = SshAgent::start(&env) else { return };
    agent.run(&env, "ssh-add", ["-q", "key"]).expect(0);
    fs::remove_file(env.path("key")).unwrap();
    agent.openness(&env, ["sign", "lm", "--key", "key.pub"]).expect(0);
    env.verify("lm").expect(0);

    // `ssh-keygen` signs the same bytes through the same agent, and its file is identical.
    fs::copy(env.path("lm/.openness/statement.json"), env.path("copy")).unwrap();
    let sign = ["-q", "-Y", "sign", "-f", "key.pub", "-n", "openness@v1", "copy"];
    agent.run(&env, "ssh-keygen", sign).expect(0);
    assert_eq!(fs::read(env.signature("lm", ".sshsig")).unwrap(), env.read("copy.sig"));

    agent.run(&env, "ssh-add", ["-q", "-D"]).expect(0);
    let ran = agent.openness(&env, ["sign", "lm", "--key", "key.pub"]).expect(2);
    assert!(ran.err.contains("does not have the key SHA256:"), "{ran:#?}");
    let ran = env.openness(["sign", "lm", "--key", "key.pub"]).expect(2);
    assert!(ran.err.contains("SSH_AUTH_SOCK"), "{ran:#?}");
}

#[test]
fn an_agent_signs_with_a_certificate() {
    let env = TestEnv::release();
    let Some(agent) = SshAgent::start(&env) else { return };
    let keygen = |arguments: &[&str]| -> Output {
        Output::from(env.command("ssh-keygen").args(arguments).output().unwrap()).expect(0)
    };
    keygen(&["-q", "-t", "ed25519", "-N", "", "-f", "ca"]);
    keygen(&["-q", "-s", "ca", "-I", "id", "-n", "a@example.org", "key.pub"]);
    agent.run(&env, "ssh-add", ["-q", "key"]).expect(0);
    agent.openness(&env, ["sign", "lm", "--key", "key-cert.pub"]).expect(0);
    let authority = fs::read_to_string(env.path("ca.pub")).unwrap();
    env.write("allowed", format!("*@example.org cert-authority {authority}"));
    let report = env.openness(["verify", "lm", "--allowed-signers", "allowed", "--format", "json"]).expect(0).json();
    assert_eq!(report["signatures"][0]["principal"], "a@example.org");
    env.commit("lm");
    agent.openness(&env, ["sign", "lm", "--tag", "v1", "--key", "key-cert.pub"]).expect(0);
    git_verifies(&env, "v1");
    let verify = ["verify", "lm", "--rev", "v1", "--allowed-signers", "allowed", "--require-signed-tag"];
    env.openness(verify).expect(0);
    // The key without its certificate is not the same signer.
    agent.openness(&env, ["sign", "lm", "--tag", "v2", "--key", "key.pub"]).expect(1);
}

/// Requires Git itself to accept the tag, with the signers in `allowed`.
#[track_caller]
fn git_verifies(env: &TestEnv, tag: &str) {
    let settings = ["-c", "gpg.ssh.allowedSignersFile=../allowed", "verify-tag", tag];
    Output::from(env.command("git").current_dir(env.path("lm")).args(settings).output().unwrap()).expect(0);
}

#[test]
fn an_agent_signs_tags_whose_key_file_is_gone() {
    let env = TestEnv::signed();
    let Some(agent) = SshAgent::start(&env) else { return };
    agent.run(&env, "ssh-add", ["-q", "key"]).expect(0);
    fs::remove_file(env.path("key")).unwrap();
    agent.openness(&env, ["sign", "lm", "--tag", "v1", "--key", "key.pub"]).expect(0);
    env.write("allowed", format!("me {}", fs::read_to_string(env.path("key.pub")).unwrap()));
    git_verifies(&env, "v1");
    env.openness(["verify", "lm", "--rev", "v1", "--key", "key.pub", "--require-signed-tag"]).expect(0);
}

#[test]
fn signing_by_an_agent_removes_the_stale_bundle() {
    let env = TestEnv::signed();
    let Some(agent) = SshAgent::start(&env) else { return };
    agent.run(&env, "ssh-add", ["-q", "key"]).expect(0);
    env.write("lm/README.md", "# Another\n");
    env.commit("lm");
    agent.openness(&env, ["sign", "lm", "--key", "key.pub"]).expect(0);
    let names: Vec<_> = fs::read_dir(env.path("lm/.openness/signatures")).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(env.openness(["verify", "lm", "--key", "key.pub"]).status, 0);
}

#[test]
fn a_key_in_a_variable_signs() {
    let env = TestEnv::release();
    let text = fs::read_to_string(env.path("key")).unwrap();
    let sign = |name: &str| -> Output {
        let mut command = env.program();
        command.args(["sign", "lm", "--key-env", name]).env("SIGNING_KEY", &text).env("OTHER", "hello");
        command.output().unwrap().into()
    };
    sign("SIGNING_KEY").expect(0);
    env.verify("lm").expect(0);
    assert!(sign("UNSET").expect(2).err.contains("`UNSET` is not set"));
    assert!(sign("OTHER").expect(2).err.contains("$OTHER"));
    // If the key itself is given instead of a name, it is not repeated in the log.
    let secret = text.lines().nth(2).unwrap();
    let ran = sign(&text).expect(2);
    assert!(ran.err.contains("not the key") && !ran.err.contains(secret), "{ran:#?}");
    let ran = env.openness(["sign", "lm", "--key", &text]).expect(2);
    assert!(ran.err.contains("name of a file") && !ran.err.contains(secret), "{ran:#?}");
}

#[test]
fn a_key_comes_through_a_file_descriptor() {
    let env = TestEnv::release();
    let mut command = env.program();
    command.args(["sign", "lm", "--key", "/dev/stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&env.read("key")).unwrap();
    assert!(child.wait().unwrap().success());
    env.verify("lm").expect(0);
}

#[test]
fn only_the_users_git_settings_name_keys_and_signers() {
    let env = TestEnv::release();
    env.openness(["sign", "lm"]).expect(2);
    // The repository's settings are ignored.
    let key = env.path("key");
    env.git("lm", ["config", "gpg.format", "ssh"]);
    env.git("lm", ["config", "user.signingKey", key.to_str().unwrap()]);
    env.openness(["sign", "lm"]).expect(2);
    // The user's own settings count.
    env.write(".gitconfig", "[user]\n\tsigningKey = ~/key\n");
    assert!(env.openness(["sign", "lm"]).expect(2).err.contains("gpg.format"));
    let public = fs::read_to_string(env.path("key.pub")).unwrap();
    for setting in ["~/key".to_owned(), "~/key.pub".to_owned()] {
        env.write(".gitconfig", format!("[user]\n\tsigningKey = {setting}\n[gpg]\n\tformat = ssh\n"));
        env.openness(["sign", "lm"]).expect(0);
    }
    fs::copy(env.path("key"), env.path("kept")).unwrap();
    env.openness(["key", "generate", "--no-passphrase", "--output", "unrelated"]).expect(0);
    fs::copy(env.path("unrelated"), env.path("key")).unwrap();
    assert!(env.openness(["sign", "lm"]).expect(2).err.contains("key` is not the private key of `"));
    fs::copy(env.path("kept"), env.path("key")).unwrap();
    env.write(".gitconfig", format!("[user]\n\tsigningKey = \"key::{}\"\n[gpg]\n\tformat = ssh\n", public.trim()));
    assert!(env.openness(["sign", "lm"]).expect(2).err.contains("SSH_AUTH_SOCK"));

    env.write("allowed", format!("a@example.org {public}"));
    let allowed = env.path("allowed");
    env.git("lm", ["config", "gpg.ssh.allowedSignersFile", allowed.to_str().unwrap()]);
    assert_eq!(reasons(&env.openness(["verify", "lm", "--format", "json"]).expect(1)), ["untrusted-key"]);
    env.write(".gitconfig", "[gpg \"ssh\"]\n\tallowedSignersFile = ~/allowed\n");
    env.openness(["verify", "lm"]).expect(0);
    env.openness(["verify", "lm", "--identity", "a@example.org"]).expect(0);
    env.openness(["verify", "lm", "--identity", "b@example.org"]).expect(1);
    // `--key` trusts that key alone.
    env.openness(["key", "generate", "--no-passphrase", "--output", "other"]).expect(0);
    env.openness(["verify", "lm", "--key", "other.pub"]).expect(1);
    env.write("revoked", &public);
    env.write(".gitconfig", "[gpg \"ssh\"]\n\tallowedSignersFile = ~/allowed\n\trevocationFile = ~/revoked\n");
    assert_eq!(reasons(&env.openness(["verify", "lm", "--format", "json"]).expect(1)), ["revoked-key"]);
    env.write(".gitconfig", "[gpg \"ssh\"]\n\tallowedSignersFile = ~/absent\n");
    env.openness(["verify", "lm"]).expect(2);

    // The program's own setting takes precedence over Git's, and is ignored in a repository too.
    env.git("lm", ["config", "openness.allowedSigners", allowed.to_str().unwrap()]);
    env.write(".gitconfig", "");
    assert_eq!(reasons(&env.openness(["verify", "lm", "--format", "json"]).expect(1)), ["untrusted-key"]);
    let absent = "[gpg \"ssh\"]\n\tallowedSignersFile = ~/absent\n";
    env.write(".gitconfig", format!("[openness]\n\tallowedSigners = ~/allowed\n{absent}"));
    env.openness(["verify", "lm"]).expect(0);
    env.write(".gitconfig", format!("[openness]\n\tallowedSigners = ~/nowhere\n{absent}"));
    let ran = env.openness(["verify", "lm"]).expect(2);
    assert!(ran.err.contains("your Git setting `openness.allowedSigners` names this file"), "{ran:#?}");
}

#[test]
fn a_missing_locked_or_empty_agent_is_reported() {
    let env = TestEnv::release();
    let Some(agent) = SshAgent::start(&env) else { return };
    let sign = |agent: &SshAgent| agent.openness(&env, ["sign", "lm", "--key", "key.pub"]).expect(2);
    assert!(sign(&agent).err.contains("does not have the key SHA256:"));
    agent.run(&env, "ssh-add", ["-q", "key"]).expect(0);
    // Locked, with a passphrase that a program supplies instead of the terminal.
    env.write("ask", "#!/bin/sh\necho word\n");
    fs::set_permissions(env.path("ask"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let lock = |flag: &str| {
        let mut command = env.command("ssh-add");
        command.env("SSH_AUTH_SOCK", &agent.socket).env("SSH_ASKPASS", env.path("ask"));
        Output::from(command.env("SSH_ASKPASS_REQUIRE", "force").arg(flag).output().unwrap()).expect(0);
    };
    lock("-x");
    let ran = sign(&agent);
    assert!(ran.err.contains("the ssh-agent is locked, or does not have the key SHA256:"), "{ran:#?}");
    lock("-X");
    agent.openness(&env, ["sign", "lm", "--key", "key.pub"]).expect(0);
    let socket = agent.socket.clone();
    drop(agent);
    let run = |socket: &std::path::Path| -> Output {
        let mut command = env.program();
        command.env("SSH_AUTH_SOCK", socket).args(["sign", "lm", "--key", "key.pub"]).output().unwrap().into()
    };
    // A socket without a listener, and a missing socket.
    let _ = fs::remove_file(&socket);
    drop(UnixListener::bind(&socket).unwrap());
    assert!(run(&socket).expect(2).err.contains("cannot reach the ssh-agent"));
    assert!(run(&env.path("absent.sock")).expect(2).err.contains("cannot reach the ssh-agent"));
}

#[test]
fn only_the_users_own_default_key_command_is_run() {
    let env = TestEnv::release();
    let Some(agent) = SshAgent::start(&env) else { return };
    agent.run(&env, "ssh-add", ["-q", "key"]).expect(0);
    let sign = || agent.openness(&env, ["sign", "lm"]);
    // The repository's own settings run nothing.
    env.git("lm", ["config", "gpg.format", "ssh"]);
    env.git("lm", ["config", "gpg.ssh.defaultKeyCommand", "touch ran"]);
    assert!(sign().expect(2).err.contains("no key to sign with"));
    let user = |command: &str| {
        let command = command.replace('\\', "\\\\").replace('"', "\\\"");
        env.write(".gitconfig", format!("[gpg]\n\tformat = ssh\n[gpg \"ssh\"]\n\tdefaultKeyCommand = \"{command}\"\n"));
    };
    user("ssh-add -L");
    sign().expect(0);
    env.verify("lm").expect(0);
    // Git signs with the same key by the same command.
    env.git("lm", ["config", "--unset", "gpg.ssh.defaultKeyCommand"]);
    let mut git = env.command("git");
    git.current_dir(env.path("lm")).env("SSH_AUTH_SOCK", &agent.socket);
    git.args(["-c", "commit.gpgsign=true", "commit", "-q", "--allow-empty", "-m", "signed"]);
    Output::from(git.output().unwrap()).expect(0);

    let public = fs::read_to_string(env.path("key.pub")).unwrap();
    env.write("a file", format!("key::{public}second line\n"));
    user("cat 'a file'");
    sign().expect(0);
    for (command, expected) in [
        ("cat 'a file", "an unclosed quote in `cat 'a file`"),
        ("cat absent", "`cat absent`, failed ("),
        ("no-such-program -L", "cannot run `no-such-program`"),
        ("echo hello", "did not print a key"),
        // There is no shell, so the rest of the line is arguments.
        ("echo nothing; touch ran", "did not print a key"),
    ] {
        user(command);
        let ran = sign().expect(2);
        assert!(ran.err.contains(expected), "{command}: {ran:#?}");
    }
    assert!(!env.path("ran").exists() && !env.path("lm/ran").exists());
    // `user.signingKey` takes precedence.
    let text = fs::read_to_string(env.path(".gitconfig")).unwrap();
    env.write(".gitconfig", format!("{text}[user]\n\tsigningKey = ~/key\n"));
    sign().expect(0);
    // Without `gpg.format`, the setting is not about an SSH key.
    env.write(".gitconfig", "[gpg \"ssh\"]\n\tdefaultKeyCommand = ssh-add -L\n");
    env.git("lm", ["config", "--unset", "gpg.format"]);
    assert!(sign().expect(2).err.contains("`gpg.format` is not `ssh`"));
}

#[test]
fn a_key_comes_through_a_descriptor_by_its_number() {
    let env = TestEnv::release();
    let shell = |line: &str| -> Output {
        let mut command = env.command("sh");
        command.arg("-c").arg(line).env("OPENNESS", env!("CARGO_BIN_EXE_openness")).output().unwrap().into()
    };
    shell("cat key | \"$OPENNESS\" sign lm --key-fd 3 3<&0 </dev/null").expect(0);
    env.verify("lm").expect(0);
    shell("\"$OPENNESS\" sign lm --key-fd 7 7<key").expect(0);
    assert!(shell("\"$OPENNESS\" sign lm --key-fd 7").expect(2).err.contains("--key-fd 3 3<FILE"));
    assert!(shell("cat key.pub | \"$OPENNESS\" sign lm --key-fd 3 3<&0").expect(2).err.contains("public key"));
    assert!(shell("\"$OPENNESS\" sign lm --key-fd 3 --key key 3<key").expect(2).err.contains("cannot be used with"));
    // The permissions are checked here too.
    fs::set_permissions(env.path("key"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let ran = shell("\"$OPENNESS\" sign lm --key-fd 3 3<key").expect(2);
    assert!(ran.err.contains("other users of this machine can access the key"), "{ran:#?}");
}

#[test]
fn every_public_form_of_a_key_is_shown() {
    let env = TestEnv::signed();
    let show = |file: &str, form: &str| env.openness(["key", "show", file, "--form", form]).expect(0).out;
    // The private key, the public one and its PEM are one key.
    let pem = show("key", "pem");
    env.write("key.pem", &pem);
    for form in ["all", "openssh", "pem", "allowed-signers", "fingerprint", "key-id", "files"] {
        assert_eq!(show("key", form), show("key.pub", form), "{form}");
        assert_eq!(show("key", form), show("key.pem", form), "{form}");
        assert!(show("key", "all").contains(show("key", form).lines().next().unwrap()), "{form}");
    }
    let files = show("key", "files");
    let mut there: Vec<_> = fs::read_dir(env.path("lm/.openness/signatures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut shown: Vec<&str> = files.lines().collect();
    shown.sort_unstable();
    assert_eq!(shown, there);
    if has("ssh-keygen") {
        let ran = Output::from(env.command("ssh-keygen").args(["-l", "-f", "key.pub"]).output().unwrap()).expect(0);
        assert_eq!(ran.out.split(' ').nth(1), show("key", "fingerprint").lines().next());
    }
    if has("openssl") {
        let der = ["pkey", "-pubin", "-in", "key.pem", "-outform", "DER", "-out", "key.der"];
        Output::from(env.command("openssl").args(der).output().unwrap()).expect(0);
        let digest = Sha256::digest(env.read("key.der"));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(show("key", "key-id").trim(), hex);
    }
    // `verify` accepts the line.
    env.write("allowed", show("key", "allowed-signers"));
    env.openness(["verify", "lm", "--allowed-signers", "allowed", "--identity", "you@example.org"]).expect(0);
    let spaced = env.openness(["key", "show", "key", "--principal", "a b"]).expect(2);
    assert!(spaced.err.contains("without blanks"), "{spaced:#?}");

    let (_, line) = fido_agent(&env, Answer::Refusal);
    env.write("token.pub", line);
    let shown = show("token.pub", "all");
    assert!(shown.contains("sk-ssh-ed25519@openssh.com AAAA") && !shown.contains("BEGIN PUBLIC KEY"), "{shown}");
    assert_eq!(show("token.pub", "files").lines().count(), 1);
    assert!(
        env.openness(["key", "show", "token.pub", "--form", "pem"]).expect(2).err.contains("does not have a PEM form")
    );
}

#[test]
fn a_new_key_is_named_after_the_git_user() {
    let env = TestEnv::with_key();
    env.write(".gitconfig", "[user]\n\temail = me@example.org\n");
    let made = env.openness(["key", "generate", "--no-passphrase", "--output", "mine"]).expect(0).out;
    assert!(
        made.contains("NOT encrypted") && made.contains("me@example.org namespaces=\"openness@v1\" ssh-"),
        "{made}"
    );
    assert!(made.contains("https://github.com/settings/ssh/new"), "{made}");
    assert!(fs::read_to_string(env.path("mine.pub")).unwrap().ends_with(" me@example.org\n"));
    // A comment that would not be valid in the list does not become the principal.
    let generate = ["key", "generate", "--no-passphrase", "--output", "other", "--comment", "me and you"];
    assert!(env.openness(generate).expect(0).out.contains("\nyou@example.org namespaces"));
    // Without its passphrase, no key is written at all.
    let mut command = env.program();
    command.env("OPENNESS_PASSPHRASE_FILE", env.path("absent")).args(["key", "generate", "--output", "locked"]);
    let ran: Output = command.output().unwrap().into();
    assert!(ran.status == 2 && ran.err.contains("cannot read a passphrase from"), "{ran:#?}");
    assert!(!env.path("locked").exists());
}

/// The answer of an authenticator behind an agent.
#[derive(Clone, Copy)]
enum Answer {
    /// A signature with these flags: 1 for a touch, 4 for user verification.
    Flags(u8),
    /// A signature over other bytes.
    Wrong,
    /// `SSH_AGENT_FAILURE`.
    Refusal,
    /// The header of a message of 4 GiB.
    Endless,
    /// None: the connection is closed.
    Silence,
}

/// Serves an agent with a software FIDO authenticator; returns its socket and the line of its public key.
fn fido_agent(env: &TestEnv, answer: Answer) -> (PathBuf, String) {
    fn string(bytes: &[u8]) -> Vec<u8> {
        [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
    }
    const TYPE: &[u8] = b"sk-ssh-ed25519@openssh.com";
    let key = SigningKey::from_bytes(&[9; 32]);
    let blob = [string(TYPE), string(key.verifying_key().as_bytes()), string(b"ssh:")].concat();
    let line = format!("{} {} token\n", std::str::from_utf8(TYPE).unwrap(), Base64::encode_string(&blob));
    let socket = env.path("fido.sock");
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

fn sign_by_fido(env: &TestEnv, answer: Answer) -> Output {
    let (socket, line) = fido_agent(env, answer);
    env.write("token.pub", line);
    let mut command: Command = env.program();
    command.env("SSH_AUTH_SOCK", socket).args(["sign", "lm", "--key", "token.pub"]).output().unwrap().into()
}

#[test]
fn a_security_key_signs_when_it_is_touched() {
    let env = TestEnv::release();
    let ran = sign_by_fido(&env, Answer::Flags(1)).expect(0);
    assert!(ran.err.contains("touch the security key"), "{ran:#?}");
    env.openness(["verify", "lm", "--key", "token.pub"]).expect(0);
    let strict = ["verify", "lm", "--key", "token.pub", "--require-user-verification", "--format", "json"];
    assert_eq!(reasons(&env.openness(strict).expect(1)), ["untrusted-key"]);
    if has("ssh-keygen") {
        let line = fs::read_to_string(env.path("token.pub")).unwrap();
        env.write("allowed", format!("me {line}"));
        let mut command = env.command("ssh-keygen");
        command.args(["-Y", "verify", "-f", "allowed", "-I", "me", "-n", "openness@v1", "-s"]);
        command.arg(env.signature("lm", ".sshsig"));
        command.stdin(fs::File::open(env.path("lm/.openness/statement.json")).unwrap());
        Output::from(command.output().unwrap()).expect(0);
    }
    env.commit("lm");
    let mut command = env.program();
    command.env("SSH_AUTH_SOCK", env.path("fido.sock")).args(["sign", "lm", "--tag", "v1", "--key", "token.pub"]);
    let ran = Output::from(command.output().unwrap()).expect(0);
    assert!(ran.err.contains("touch the security key"), "{ran:#?}");
    if has("ssh-keygen") {
        git_verifies(&env, "v1");
    }
    let strict = ["verify", "lm", "--rev", "v1", "--key", "token.pub", "--require-signed-tag"];
    env.openness(strict).expect(0);
}

#[test]
fn an_untouched_security_key_makes_no_tag() {
    let env = TestEnv::release();
    sign_by_fido(&env, Answer::Flags(1)).expect(0);
    env.commit("lm");
    fs::remove_file(env.path("fido.sock")).unwrap();
    let (socket, _) = fido_agent(&env, Answer::Flags(0));
    let mut command = env.program();
    command.env("SSH_AUTH_SOCK", socket).args(["sign", "lm", "--tag", "v1", "--key", "token.pub"]);
    let ran = Output::from(command.output().unwrap()).expect(2);
    assert!(ran.err.contains("the security key signed without a touch"), "{ran:#?}");
    assert_eq!(env.git("lm", ["for-each-ref", "refs/tags"]), "");
}

#[test]
fn a_pin_meets_require_user_verification() {
    let env = TestEnv::release();
    sign_by_fido(&env, Answer::Flags(1 | 4)).expect(0);
    env.openness(["verify", "lm", "--key", "token.pub", "--require-user-verification"]).expect(0);
}

#[test]
fn answers_of_an_agent_are_checked() {
    for (answer, expected) in [
        (Answer::Flags(0), "the security key signed without a touch"),
        (Answer::Wrong, "the signature that was just made does not verify"),
        (Answer::Refusal, "the ssh-agent refuses to sign with SHA256:"),
        (Answer::Endless, "the ssh-agent violates the protocol: its message is too long"),
        (Answer::Silence, "the connection to the ssh-agent failed: the agent closed it"),
    ] {
        let env = TestEnv::release();
        let ran = sign_by_fido(&env, answer).expect(2);
        assert!(ran.err.contains(expected), "{expected}: {ran:#?}");
        assert!(!env.path("lm/.openness").exists(), "{expected}");
    }
}
