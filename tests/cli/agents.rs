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

    // Our own setting comes before Git's, and counts as little in a repository.
    bench.git("lm", ["config", "openness.allowedSigners", allowed.to_str().unwrap()]);
    bench.write(".gitconfig", "");
    assert_eq!(reasons(&bench.openness(["verify", "lm", "--format", "json"]).expect(1)), ["untrusted-key"]);
    let absent = "[gpg \"ssh\"]\n\tallowedSignersFile = ~/absent\n";
    bench.write(".gitconfig", format!("[openness]\n\tallowedSigners = ~/allowed\n{absent}"));
    bench.openness(["verify", "lm"]).expect(0);
    bench.write(".gitconfig", format!("[openness]\n\tallowedSigners = ~/nowhere\n{absent}"));
    assert!(bench.openness(["verify", "lm"]).expect(2).err.contains("`openness.allowedSigners` of your Git settings"));
}

#[test]
fn an_agent_that_is_gone_locked_or_without_the_key_is_told_as_such() {
    let bench = Bench::release();
    let Some(agent) = SshAgent::start(&bench) else { return };
    let sign = |agent: &SshAgent| agent.openness(&bench, ["sign", "lm", "--key", "key.pub"]).expect(2);
    assert!(sign(&agent).err.contains("does not hold the key SHA256:"));
    agent.run(&bench, "ssh-add", ["-q", "key"]).expect(0);
    // Locked, with a word that a program of the environment gives in place of the terminal.
    bench.write("ask", "#!/bin/sh\necho word\n");
    fs::set_permissions(bench.path("ask"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let lock = |flag: &str| {
        let mut command = bench.command("ssh-add");
        command.env("SSH_AUTH_SOCK", &agent.socket).env("SSH_ASKPASS", bench.path("ask"));
        Ran::from(command.env("SSH_ASKPASS_REQUIRE", "force").arg(flag).output().unwrap()).expect(0);
    };
    lock("-x");
    let ran = sign(&agent);
    assert!(ran.err.contains("does not hold the key") && ran.err.contains("locked"), "{ran:#?}");
    lock("-X");
    agent.openness(&bench, ["sign", "lm", "--key", "key.pub"]).expect(0);
    let socket = agent.socket.clone();
    drop(agent);
    let run = |socket: &std::path::Path| -> Ran {
        let mut command = bench.command(env!("CARGO_BIN_EXE_openness"));
        command.env("SSH_AUTH_SOCK", socket).args(["sign", "lm", "--key", "key.pub"]).output().unwrap().into()
    };
    // A socket that nobody serves any more, and none.
    let _ = fs::remove_file(&socket);
    drop(UnixListener::bind(&socket).unwrap());
    assert!(run(&socket).expect(2).err.contains("cannot reach the ssh-agent"));
    assert!(run(&bench.path("absent.sock")).expect(2).err.contains("cannot reach the ssh-agent"));
}

#[test]
fn a_command_of_the_users_own_git_names_the_key_and_no_other_is_run() {
    let bench = Bench::release();
    let Some(agent) = SshAgent::start(&bench) else { return };
    agent.run(&bench, "ssh-add", ["-q", "key"]).expect(0);
    let sign = || agent.openness(&bench, ["sign", "lm"]);
    // The repository's own settings run nothing.
    bench.git("lm", ["config", "gpg.format", "ssh"]);
    bench.git("lm", ["config", "gpg.ssh.defaultKeyCommand", "touch ran"]);
    assert!(sign().expect(2).err.contains("no key to sign with"));
    let user = |command: &str| {
        let command = command.replace('\\', "\\\\").replace('"', "\\\"");
        bench.write(
            ".gitconfig",
            format!("[gpg]\n\tformat = ssh\n[gpg \"ssh\"]\n\tdefaultKeyCommand = \"{command}\"\n"),
        );
    };
    user("ssh-add -L");
    sign().expect(0);
    bench.verify("lm").expect(0);
    // Git signs with the same key by the same command.
    bench.git("lm", ["config", "--unset", "gpg.ssh.defaultKeyCommand"]);
    let mut git = bench.command("git");
    git.current_dir(bench.path("lm")).env("SSH_AUTH_SOCK", &agent.socket);
    git.args(["-c", "commit.gpgsign=true", "commit", "-q", "--allow-empty", "-m", "signed"]);
    Ran::from(git.output().unwrap()).expect(0);

    let public = fs::read_to_string(bench.path("key.pub")).unwrap();
    bench.write("a file", format!("key::{public}second line\n"));
    user("cat 'a file'");
    sign().expect(0);
    for (command, expected) in [
        ("cat 'a file", "a quote that is not closed"),
        ("cat absent", "failed"),
        ("no-such-program -L", "cannot run `no-such-program`"),
        ("echo hello", "printed no key"),
        // No shell: what follows is a word.
        ("echo nothing; touch ran", "printed no key"),
    ] {
        user(command);
        let ran = sign().expect(2);
        assert!(ran.err.contains(expected), "{command}: {ran:#?}");
    }
    assert!(!bench.path("ran").exists() && !bench.path("lm/ran").exists());
    // A key that is named comes first.
    let text = fs::read_to_string(bench.path(".gitconfig")).unwrap();
    bench.write(".gitconfig", format!("{text}[user]\n\tsigningKey = ~/key\n"));
    sign().expect(0);
    // And without `gpg.format` it is about no SSH key.
    bench.write(".gitconfig", "[gpg \"ssh\"]\n\tdefaultKeyCommand = ssh-add -L\n");
    bench.git("lm", ["config", "--unset", "gpg.format"]);
    assert!(sign().expect(2).err.contains("`gpg.format` is not `ssh`"));
}

#[test]
fn a_key_comes_through_a_descriptor_by_its_number() {
    let bench = Bench::release();
    let shell = |line: &str| -> Ran {
        let mut command = bench.command("sh");
        command.arg("-c").arg(line).env("OPENNESS", env!("CARGO_BIN_EXE_openness")).output().unwrap().into()
    };
    shell("cat key | \"$OPENNESS\" sign lm --key-fd 3 3<&0 </dev/null").expect(0);
    bench.verify("lm").expect(0);
    shell("\"$OPENNESS\" sign lm --key-fd 7 7<key").expect(0);
    assert!(shell("\"$OPENNESS\" sign lm --key-fd 7").expect(2).err.contains("--key-fd 3 3<FILE"));
    assert!(shell("cat key.pub | \"$OPENNESS\" sign lm --key-fd 3 3<&0").expect(2).err.contains("public key"));
    assert!(shell("\"$OPENNESS\" sign lm --key-fd 3 --key key 3<key").expect(2).err.contains("cannot be used with"));
    // What others can read is as wrong here as in a name.
    fs::set_permissions(bench.path("key"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(shell("\"$OPENNESS\" sign lm --key-fd 3 3<key").expect(2).err.contains("open to others"));
}

#[test]
fn every_public_form_of_a_key_is_shown() {
    let bench = Bench::signed();
    let show = |file: &str, form: &str| bench.openness(["key", "show", file, "--form", form]).expect(0).out;
    // The private key, the public one and its PEM are one key.
    let pem = show("key", "pem");
    bench.write("key.pem", &pem);
    for form in ["all", "openssh", "pem", "allowed-signers", "fingerprint", "key-id", "files"] {
        assert_eq!(show("key", form), show("key.pub", form), "{form}");
        assert_eq!(show("key", form), show("key.pem", form), "{form}");
        assert!(show("key", "all").contains(show("key", form).lines().next().unwrap()), "{form}");
    }
    let files = show("key", "files");
    let mut there: Vec<_> = fs::read_dir(bench.path("lm/.openness/signatures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut shown: Vec<&str> = files.lines().collect();
    shown.sort_unstable();
    assert_eq!(shown, there);
    if has("ssh-keygen") {
        let ran = Ran::from(bench.command("ssh-keygen").args(["-l", "-f", "key.pub"]).output().unwrap()).expect(0);
        assert_eq!(ran.out.split(' ').nth(1), show("key", "fingerprint").lines().next());
    }
    if has("openssl") {
        let der = ["pkey", "-pubin", "-in", "key.pem", "-outform", "DER", "-out", "key.der"];
        Ran::from(bench.command("openssl").args(der).output().unwrap()).expect(0);
        let digest = Sha256::digest(bench.read("key.der"));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(show("key", "key-id").trim(), hex);
    }
    // The line is one that `verify` takes.
    bench.write("allowed", show("key", "allowed-signers"));
    bench.openness(["verify", "lm", "--allowed-signers", "allowed", "--identity", "you@example.org"]).expect(0);
    let spaced = bench.openness(["key", "show", "key", "--principal", "a b"]).expect(2);
    assert!(spaced.err.contains("without blanks"), "{spaced:#?}");

    let (_, line) = fido_agent(&bench, Answer::Refusal);
    bench.write("token.pub", line);
    let shown = show("token.pub", "all");
    assert!(shown.contains("sk-ssh-ed25519@openssh.com AAAA") && !shown.contains("BEGIN PUBLIC KEY"), "{shown}");
    assert_eq!(show("token.pub", "files").lines().count(), 1);
    assert!(bench.openness(["key", "show", "token.pub", "--form", "pem"]).expect(2).err.contains("no PEM form"));
}

#[test]
fn a_new_key_is_named_after_its_owner_and_told_how_to_publish() {
    let bench = Bench::new();
    bench.write(".gitconfig", "[user]\n\temail = me@example.org\n");
    let made = bench.openness(["key", "generate", "--no-passphrase", "--output", "mine"]).expect(0).out;
    assert!(
        made.contains("NOT encrypted") && made.contains("me@example.org namespaces=\"openness@v1\" ssh-"),
        "{made}"
    );
    assert!(made.contains("https://github.com/settings/ssh/new"), "{made}");
    assert!(fs::read_to_string(bench.path("mine.pub")).unwrap().ends_with(" me@example.org\n"));
    // A comment that could not stand in the list is no principal.
    let generate = ["key", "generate", "--no-passphrase", "--output", "other", "--comment", "me and you"];
    assert!(bench.openness(generate).expect(0).out.contains("\nyou@example.org namespaces"));
    // What was to be locked is not left open.
    let mut command = bench.command(env!("CARGO_BIN_EXE_openness"));
    command.env("OPENNESS_PASSPHRASE_FILE", bench.path("absent")).args(["key", "generate", "--output", "locked"]);
    let ran: Ran = command.output().unwrap().into();
    assert!(ran.status == 2 && ran.err.contains("cannot be read or is empty"), "{ran:#?}");
    assert!(!bench.path("locked").exists());
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
