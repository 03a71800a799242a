//! Bad input: a clear message, the right exit status, and no file is written.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use crate::common::env::{MANIFEST, Output, TestEnv, reasons};
use crate::common::tools::has;

/// Checks a plain directory with a manifest of these bytes.
fn check(manifest: &[u8]) -> Output {
    let env = TestEnv::with_key();
    env.write("m/OPENNESS.toml", manifest);
    env.openness(["check", "m", "--format", "json"])
}

fn codes(ran: &Output) -> Vec<String> {
    ran.json()["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_missing_manifest_directory_or_repository_is_an_error() {
    let env = TestEnv::with_key();
    fs::create_dir(env.path("empty")).unwrap();
    let ran = env.openness(["check", "empty"]).expect(2);
    assert!(
        ran.err.contains("`OPENNESS.toml` not found in `empty`") && ran.err.contains("help: ") && ran.out.is_empty(),
        "{ran:#?}"
    );
    let ran = env.openness(["check", "nowhere"]).expect(2);
    assert!(ran.err.contains("`nowhere`"), "{ran:#?}");
    env.openness(["check", "key"]).expect(2);
    env.openness(["check", "empty", "--staged"]).expect(2);
    env.openness(["check", "--no-such-flag"]).expect(2);
    env.openness(["chek"]).expect(2);
}

#[test]
fn unportable_manifests_are_findings_with_a_position() {
    for (manifest, code) in [
        (b"schema = 1\n# \xff\n".to_vec(), "OPN002"),
        (format!("\u{FEFF}{MANIFEST}").into_bytes(), "OPN003"),
        (MANIFEST.replace('\n', "\r\n").into_bytes(), "OPN004"),
        ([MANIFEST.as_bytes(), &vec![b'#'; 2 << 20]].concat(), "OPN007"),
        (b"schema = \n".to_vec(), "OPN001"),
    ] {
        let ran = check(&manifest).expect(1);
        assert!(codes(&ran).contains(&code.to_owned()), "{code}: {ran:#?}");
        let span = &ran.json()["findings"][0]["span"];
        assert!(span["start"]["line"].as_u64() >= Some(1) && span["start"]["column"].as_u64() >= Some(1), "{ran:#?}");
    }
}

#[test]
fn a_manifest_that_cannot_be_read_as_a_file_is_an_error() {
    let env = TestEnv::with_key();
    fs::create_dir_all(env.path("m/OPENNESS.toml")).unwrap();
    env.openness(["check", "m"]).expect(2);
}

#[test]
fn patterns_without_a_match_or_outside_are_findings() {
    let with = |files: &str| {
        let env = TestEnv::with_key();
        env.write("m/dir/a", "a");
        let manifest = MANIFEST
            .replace("\"weights/*.safetensors\"", files)
            .replace("files = [\"README.md\"]", "remote = [{ url = \"https://example.org\" }]");
        env.write("m/OPENNESS.toml", manifest);
        env.openness(["check", "m", "--format", "json"])
    };
    assert!(codes(&with("\"missing.bin\"").expect(1)).contains(&"OPN301".to_owned()));
    assert!(codes(&with("\"../outside\"").expect(1)).contains(&"OPN302".to_owned()));
    assert!(codes(&with("\"/etc/passwd\"").expect(1)).contains(&"OPN302".to_owned()));
    assert!(codes(&with("\"a[\"").expect(1)).contains(&"OPN302".to_owned()));
    // A directory matches the files in it.
    with("\"dir\"").expect(0);
}

#[cfg(unix)]
#[test]
fn unportable_files_are_findings_and_not_signed() {
    type Make = fn(&TestEnv);
    let ways: &[(&str, Make)] = &[
        ("fifo", |b| assert!(b.command("mkfifo").arg(b.path("m/pipe")).status().unwrap().success())),
        ("line feed", |b| b.write("m/a\nb", "x")),
        ("escape", |b| b.write("m/a\u{1b}[31mb", "x")),
        ("bidi", |b| b.write("m/a\u{202e}b", "x")),
        ("backslash", |b| b.write("m/a\\b", "x")),
        ("case", |b| {
            b.write("m/A", "x");
            b.write("m/a", "x");
        }),
        ("directories", |b| {
            b.write("m/Data/a", "x");
            b.write("m/data/b", "x");
        }),
        ("device", |b| b.write("m/aux.txt", "x")),
        ("final dot", |b| b.write("m/a.", "x")),
        ("final space", |b| b.write("m/a ", "x")),
        ("stream", |b| b.write("m/config.json:hidden", "x")),
        ("directory with a reserved character", |b| b.write("m/a?/b", "x")),
    ];
    for (what, make) in ways {
        let env = TestEnv::with_key();
        env.write("m/OPENNESS.toml", MANIFEST);
        env.write("m/weights/a.safetensors", "a");
        env.write("m/README.md", "# x\n");
        make(&env);
        let ran = env.openness(["check", "m", "--format", "json"]).expect(1);
        assert!(codes(&ran).contains(&"OPN306".to_owned()), "{what}: {ran:#?}");
        let shown = env.openness(["check", "m"]).out;
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{what}: {shown:?}");
        env.openness(["sign", "m", "--key", "key"]).expect(1);
        assert!(!env.path("m/.openness").exists(), "{what}");
    }
}

#[cfg(unix)]
#[test]
fn every_name_that_windows_does_not_have_is_named() {
    let env = TestEnv::with_key();
    let names = ["a:b", "x/c?", "d*e.txt", "f<g", "h>i", "j|k", "nul", "com1.bin", "l.", "Sub/m", "sUb/n"];
    for name in names {
        env.write(&format!("m/{name}"), "x");
    }
    env.write("m/OPENNESS.toml", MANIFEST);
    env.write("m/weights/a.safetensors", "a");
    env.write("m/README.md", "# x\n");
    for near in ["a;b", "c!d", "nul-1", "com10.bin", "other/m", "Sub-2/n"] {
        env.write(&format!("m/{near}"), "x");
    }
    let ran = env.openness(["check", "m", "--format", "json"]).expect(1);
    let messages: Vec<String> = ran.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == "OPN306")
        .map(|finding| finding["message"].as_str().unwrap().to_owned())
        .collect();
    // The two directories are one finding.
    assert_eq!(messages.len(), names.len() - 1, "{messages:#?}");
    for name in &names[..9] {
        assert!(messages.iter().any(|message| message.starts_with(&format!("`{name}`: "))), "{name}: {messages:#?}");
    }
    let same = "`sUb`: on systems that ignore case or normalize names it is the same directory as `Sub`";
    assert!(messages.iter().any(|message| message == same), "{messages:#?}");
}

#[test]
fn a_git_lfs_pointer_with_an_extension_is_refused_by_name() {
    let env = TestEnv::release();
    let digest = "e128b228fb1d2dc3e6e6710343f3badb8d3248f7c546a9c5f4c80e47899f5972";
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\next-0-gz sha256:{digest}\noid sha256:{}\nsize 9\n",
        digest.replace('e', "f")
    );
    env.write("lm/weights/b.safetensors", &pointer);
    env.commit("lm");
    let ran = env.openness(["check", "lm", "--format", "json"]);
    assert!(codes(&ran).contains(&"OPN601".to_owned()), "{ran:#?}");
    for arguments in [&["hash", "lm"][..], &["hash", "lm", "--rev", "HEAD"], &["sign", "lm", "--key", "key"]] {
        let ran = env.openness(arguments).expect(2);
        assert!(ran.err.contains("weights/b.safetensors") && ran.err.contains("with an extension"), "{ran:#?}");
        assert!(!ran.out.contains("f128f228fb1d"), "{ran:#?}");
    }
    assert!(!env.path("lm/.openness").exists());
}

#[cfg(unix)]
#[test]
fn a_symlink_is_never_followed() {
    let env = TestEnv::with_key();
    env.write("secret", "secret");
    env.write("m/OPENNESS.toml", MANIFEST);
    env.write("m/README.md", "# x\n");
    fs::create_dir(env.path("m/weights")).unwrap();
    std::os::unix::fs::symlink(env.path("secret"), env.path("m/weights/a.safetensors")).unwrap();
    let ran = env.openness(["hash", "m"]);
    assert!(ran.status == 2 && !ran.out.contains("a.safetensors"), "{ran:#?}");
    env.openness(["sign", "m", "--key", "key"]).expect(1);
}

#[test]
fn broken_signature_files_are_bad_signatures() {
    type Change = fn(&str) -> Vec<u8>;
    let ways: &[(&str, Change)] = &[
        ("empty", |_| Vec::new()),
        ("truncated", |text| text.as_bytes()[..text.len() / 2].to_vec()),
        ("not JSON", |_| b"hello".to_vec()),
        ("trailing bytes", |text| format!("{text}x").into_bytes()),
        ("two signatures", |text| {
            text.replace("\"signatures\":[{", "\"signatures\":[{\"sig\":\"AAAA\"},{").into_bytes()
        }),
        ("a repeated key", |text| text.replacen("\"payload\":", "\"payload\":\"e30=\",\"payload\":", 1).into_bytes()),
        ("another payload type", |text| text.replace("application/vnd.in-toto+json", "text/plain").into_bytes()),
        ("another payload", |text| {
            let bundle: serde_json::Value = serde_json::from_str(text).unwrap();
            text.replace(bundle["dsseEnvelope"]["payload"].as_str().unwrap(), "e30=").into_bytes()
        }),
    ];
    for (what, change) in ways {
        let env = TestEnv::signed();
        let path = env.signature("lm", ".sigstore.json");
        let text = fs::read_to_string(&path).unwrap();
        let changed = change(&text);
        assert_ne!(changed, text.as_bytes(), "{what}: the change changes nothing");
        fs::write(path, changed).unwrap();
        let ran = env.verify("lm").expect(1);
        assert_eq!(reasons(&ran), ["bad-signature"], "{what}: {ran:#?}");
    }
}

#[test]
fn unusable_keys_are_refused_for_their_own_reasons() {
    let env = TestEnv::release();
    #[cfg(unix)]
    crate::output::once("unusable keys", TestEnv::release, |t| {
        t.env.write("not-a-key", "hello\n");
        // The neutral element: signatures by it are valid for any message.
        t.env.write("weak.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
        t.run("sign lm --key not-a-key");
        t.run("sign lm --key absent");
        t.run("sign lm --key key.pub");
        t.run("verify lm --key key");
        t.run("verify lm --key weak.pub");
        t.run("key generate --no-passphrase --output key");
        assert!(!t.env.path("lm/.openness").exists());
    });
    if has("ssh-keygen") {
        let mut command = env.command("ssh-keygen");
        assert!(command.args(["-q", "-t", "ecdsa", "-N", "", "-f", "ecdsa"]).status().unwrap().success());
        let ran = env.openness(["sign", "lm", "--key", "ecdsa"]).expect(2);
        assert!(ran.err.contains("ecdsa"), "{ran:#?}");
    }
    assert!(!env.path("lm/.openness").exists());
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = TestEnv::release();
    fs::set_permissions(env.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let ran = env.openness(["sign", "lm", "--key", "key"]).expect(2);
    assert!(ran.err.contains("chmod 600"), "{ran:#?}");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_not_called_changed() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = TestEnv::signed();
    let weights = env.path("lm/weights/a.safetensors");
    fs::set_permissions(&weights, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::read(&weights).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let ran = env.verify("lm").expect(2);
    assert!(ran.out.is_empty() && ran.err.contains("`weights/a.safetensors`"), "{ran:#?}");
    assert!(ran.err.contains("ermission denied") && !ran.err.contains("changed"), "{ran:#?}");
}

#[cfg(unix)]
#[test]
fn an_unwritable_directory_is_an_error() {
    let env = TestEnv::release();
    env.write("lm/.openness", "a file where a directory should be");
    env.openness(["sign", "lm", "--key", "key"]).expect(2);
    assert_eq!(env.read("lm/.openness"), b"a file where a directory should be");
    if !std::path::Path::new("/dev/full").exists() {
        eprintln!("skipped: needs /dev/full");
        return;
    }
    let mut command = env.program();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran: Output = command.arg("explain").stdout(Stdio::from(full)).output().unwrap().into();
    assert!(ran.status == 2 && ran.err.contains("standard output"), "{ran:#?}");
}

#[test]
fn a_closed_pipe_changes_no_exit_status() {
    let env = TestEnv::with_key();
    let mut command = env.program();
    let mut child = command.arg("explain").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(status.code() == Some(0) && said.is_empty(), "{status:?} {said}");
}

#[test]
fn help_works_as_a_command() {
    let env = TestEnv::with_key();
    for (words, flags) in [
        (vec!["help"], vec!["--help"]),
        (vec!["help", "verify"], vec!["verify", "--help"]),
        (vec!["help", "key", "trust", "add"], vec!["key", "trust", "add", "--help"]),
    ] {
        let said = |arguments: &[&str]| {
            let ran: Output = env.program().args(arguments).output().unwrap().into();
            ran.expect(0).out
        };
        assert_eq!(said(&words), said(&flags));
    }
    env.openness(["help", "nothing"]).expect(2);
}

#[test]
fn a_manifest_on_standard_input_is_checked_and_shown() {
    let env = TestEnv::with_key();
    let with_input = |arguments: &[&str], input: &str| -> Output {
        let mut command = env.program();
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    };
    let report = with_input(&["show", "-", "--format", "json"], MANIFEST).expect(0).json();
    assert_eq!(report["model"]["name"], "Tiny");
    let weights = &report["components"][0];
    assert_eq!([&weights["id"], &weights["openness"], &weights["license"]], ["final-weights", "open", "Apache-2.0"]);
    assert_eq!(with_input(&["check", "-", "--format", "json"], MANIFEST).expect(0).json()["version"], 1);
    with_input(&["check", "-"], "schema = 2\n").expect(1);
    // Without files not every rule can run, and that is said in every format.
    let ran = with_input(&["check", "-"], MANIFEST).expect(0);
    assert!(ran.out.contains("no problems found by the rules that need no files"), "{ran:#?}");
    assert!(ran.out.contains("OPN301"), "{ran:#?}");
    let draft = MANIFEST.replace("version = \"1.0.0\"", "version = \"unknown\"");
    assert_ne!(draft, MANIFEST);
    let ran = with_input(&["check", "-", "--quiet"], &draft).expect(0);
    assert!(ran.out.contains("1 warning") && ran.out.contains("OPN301"), "{ran:#?}");
    let report = with_input(&["check", "-", "--format", "json"], &draft).expect(0).json();
    assert_eq!(report["findings"][0]["code"], "OPN314");
    let not_run = report["rulesNotRun"].as_array().unwrap();
    assert!(not_run.contains(&"OPN301".into()) && !not_run.contains(&"OPN201".into()), "{report:#}");
    for format in ["sarif", "github"] {
        let ran = with_input(&["check", "-", "--format", format], &draft).expect(0);
        assert!(ran.out.contains("OPN314") && ran.err.contains("OPN301"), "{ran:#?}");
    }
    let report = with_input(&["check", "-", "--format", "json"], "schema = \n").expect(1).json();
    assert!(report["rulesNotRun"].as_array().unwrap().contains(&"OPN201".into()), "{report:#}");
    with_input(&["show", "-"], "schema = \n").expect(1);
}

#[test]
fn colors_and_links_are_only_for_terminals() {
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("openness = \"closed\"", "openness = \"closd\""));
    let plain = env.openness(["check", "lm"]).expect(1).out;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let colored = env.openness(["check", "lm", "--color", "always"]).expect(1).out;
    assert!(colored.contains("\u{1b}[") && !colored.contains("\u{1b}]8"), "{colored}");
    let mut command = env.program();
    let output = command.env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1").args(["check", "lm"]).output().unwrap();
    assert!(!output.stdout.contains(&0x1b));
    assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
}
