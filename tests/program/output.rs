//! Everything that the program prints for people, on good and bad input, in terminals of 80 and of 120 columns.
//!
//! Each test is a session: commands one after another with their standard output, standard error and exit status, kept
//! whole in `snapshots/`. After a change of wording, `INSTA_UPDATE=always cargo test --test program output` writes them
//! again; the diff shows what users will see.

mod transcript;

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::env::{MANIFEST, TestEnv, copy_tree};
use crate::common::examples::example;
use transcript::at_both_widths;
pub(crate) use transcript::once;

/// All commands, with the arguments that lead to their help.
const COMMANDS: &[&str] = &[
    "",
    "init",
    "check",
    "show",
    "path",
    "weigh",
    "audit",
    "audit report",
    "audit site",
    "audit task",
    "what-if",
    "hash",
    "sign",
    "statement",
    "verify",
    "licenses",
    "diff",
    "import",
    "export",
    "report",
    "explain",
    "hook",
    "hook run",
    "hook pre-push",
    "hook pre-receive",
    "hook install",
    "hook uninstall",
    "hook status",
    "key",
    "key generate",
    "key show",
    "key trust",
    "key trust add",
    "key trust list",
    "key trust remove",
    "key trust pin",
    "key trust unpin",
    "key trust forget",
    "schema",
    "completions",
    "man",
    "lsp",
];

/// A manifest with a mistake of every kind that a person makes.
const BROKEN: &str = r#"schema = 1

[model]
name = "Tiny"
version = "1.0.0"
producer = "Example Lab"
licence = "Apache-2.0"

[release]
access = "downloadble"
date = 2026-02-30

[component.final-weight]
openness = "open"
files = ["weights/*.safetensors"]

[component.training-data]
openness = "closed"

[component.model-card]
openness = "open"
license = "CC-BY-4"
files = ["CARD.md", "../outside"]
"#;

/// A manifest that can be read, and says what is not so.
const WRONG: &str = r#"schema = 1

[model]
name = "Tiny"
version = "1.0.0"
producer = "Example Lab"
license = "Apache 2"

[release]
access = "downloadable"
date = 2027-01-01
expires = 2026-01-01
sequence = 3

[component.final-weights]
openness = "open"
files = ["wieghts/*.safetensors", "weights/a.safetensors"]

[component.training-data]
openness = "closed"
reason = "licensed from others"
license = "CC-BY-NC-4.0"

[component.model-card]
openness = "open"
license = "CC-BY-4.0"
files = ["README.md", "../outside"]

[claims]
"mof-1.0" = "class-1"
"osaid-1.0" = "meets"

[coverage]
exclude = ["weights/**"]
"#;

/// The examples, without the repository that they are in.
fn examples() -> TestEnv {
    let env = TestEnv::with_key();
    for name in ["tiny-lm", "open-washed", "known", "policies", "keys"] {
        copy_tree(&example(name), &env.path(name));
    }
    env
}

/// A signed release and another one by another key.
fn signed() -> TestEnv {
    let env = TestEnv::signed();
    env.add_key("other");
    env.write("allowed", format!("lab@example.org {}", env.read_text("key.pub")));
    env
}

#[test]
fn help() {
    for (flag, name) in [("-h", "short help"), ("--help", "long help")] {
        at_both_widths(name, TestEnv::new, |t| {
            for command in COMMANDS {
                t.run(format!("{command} {flag}").trim_start());
            }
        });
    }
}

/// A command that is not in [`COMMANDS`] would have no snapshot.
#[test]
fn the_help_of_every_command_has_a_snapshot() {
    let env = TestEnv::new();
    let mut found = vec![String::new()];
    let mut at = 0;
    while let Some(command) = found.get(at).cloned() {
        at += 1;
        let help = env.openness(command.split_whitespace().chain(["-h"])).expect(0).out;
        let Some((_, list)) = help.split_once("\nCommands:\n") else { continue };
        for line in list.lines().take_while(|line| !line.is_empty()) {
            let Some(name) = line.strip_prefix("  ").and_then(|line| line.split(' ').next()) else { continue };
            if !name.is_empty() {
                found.push(format!("{command} {name}").trim_start().to_owned());
            }
        }
    }
    found.sort_unstable();
    let mut known: Vec<&str> = COMMANDS.to_vec();
    known.sort_unstable();
    assert_eq!(found, known);
}

#[test]
fn usage() {
    at_both_widths("usage", TestEnv::with_key, |t| {
        for line in [
            "",
            "--version",
            "chek",
            "help nothing",
            "check --no-such-flag",
            "check --format xml",
            "check --staged --rev HEAD",
            "check -q -v",
            "check one two",
            "sign --key",
            "sign --created yesterday",
            "sign --no-cache",
            "sign --statement s.json --dry-run",
            "verify --memory --no-memory",
            "verify --witness x",
            "verify --require-sequence -1",
            "import",
            "import mot",
            "import nothing record.yml",
            "export",
            "export nothing",
            "report --format pdf",
            "diff",
            "diff a",
            "diff a b --fail-on anything",
            "hook",
            "hook install nothing",
            "key",
            "key generate",
            "key show key.pub --form nothing",
            "key trust",
            "key trust add lab@example.org",
            "key trust pin key.pub",
            "schema nothing",
            "completions",
            "completions nothing",
            "man nothing",
        ] {
            t.run(line);
        }
    });
}

#[test]
fn check() {
    at_both_widths("check", TestEnv::release, |t| {
        t.run("check lm");
        t.run("check lm --verbose");
        t.run("check lm --quiet");
        t.run("check lm --staged");
        t.run("check lm --rev HEAD");
        t.run_in("lm", "check");
        t.input("check -", MANIFEST);
        t.case("A manifest with many mistakes");
        t.env.write("lm/OPENNESS.toml", BROKEN);
        t.run("check lm");
        t.run("check lm --quiet");
        t.run("check lm --format json");
        t.run("check lm --format github");
        t.run("check lm --rev HEAD");
        t.input("check -", BROKEN);
        t.case("A manifest that says what is not so");
        t.env.write("lm/OPENNESS.toml", WRONG);
        t.run("check lm");
        t.input("check -", WRONG);
        t.case("Not TOML");
        t.env.write("lm/OPENNESS.toml", "schema = 1\n[model\nname = \"Tiny\"\n");
        t.run("check lm");
        t.case("Not UTF-8, a byte order mark, other line endings");
        t.env.write("lm/OPENNESS.toml", b"schema = 1\n# \xff\n");
        t.run("check lm");
        t.env.write("lm/OPENNESS.toml", format!("\u{FEFF}{MANIFEST}"));
        t.run("check lm");
        t.env.write("lm/OPENNESS.toml", MANIFEST.replace('\n', "\r\n"));
        t.run("check lm");
        t.case("Nothing to check");
        fs::remove_file(t.env.path("lm/OPENNESS.toml")).unwrap();
        t.run("check lm");
        t.run("check lm --staged");
        t.run("check nowhere");
        t.run("check key");
        t.run("check lm --rev nothing");
        t.run("check lm --rev HEAD~9");
        fs::create_dir(t.env.path("empty")).unwrap();
        t.run("check empty");
        t.run("check empty --staged");
        t.run("check empty --rev HEAD");
        t.case("A directory in place of the manifest");
        fs::create_dir(t.env.path("lm/OPENNESS.toml")).unwrap();
        t.run("check lm");
    });
}

#[test]
fn check_of_files() {
    at_both_widths("check of files", TestEnv::release, |t| {
        t.case("Files of which rules have something to say");
        t.env.write("lm/weights/c.bin", b"\x80\x02}q\0.");
        t.env.write("lm/weights/A.safetensors", "another");
        t.env.write("lm/modeling_tiny.py", "import os\n");
        t.env.write("lm/extra.txt", "not declared\n");
        t.env.write("lm/a\u{1b}[31mb", "x");
        t.env.write("lm/config.json", "{\"auto_map\": {\"AutoModel\": \"modeling_tiny.Tiny\"}}\n");
        symlink("/etc/hostname", t.env.path("lm/link")).unwrap();
        let more =
            "\n[component.x-code]\nopenness = \"open\"\nlicense = \"MIT\"\nfiles = [\"*.py\", \"weights/*.bin\"]\n";
        t.env.write("lm/OPENNESS.toml", format!("{MANIFEST}{more}"));
        t.run("check lm");
        t.run("check lm --verbose");
    });
}

#[test]
fn check_of_examples() {
    at_both_widths("check of examples", examples, |t| {
        t.run("check tiny-lm");
        t.run("check open-washed");
        for known in ["olmo-7b", "pythia-70m", "llama-2-70b"] {
            let text = t.env.read_text(&format!("known/{known}.toml"));
            t.input("check -", &text);
        }
    });
}

#[test]
fn sarif() {
    once("sarif", TestEnv::release, |t| {
        t.env.write("lm/OPENNESS.toml", BROKEN);
        t.cut("check lm --format sarif", 60);
    });
}

#[test]
fn show() {
    at_both_widths("show", examples, |t| {
        t.run("show tiny-lm");
        t.run("show tiny-lm --all");
        t.run("show tiny-lm --verbose");
        t.run("show tiny-lm --taxonomy columbia,g7");
        t.run("show open-washed");
        t.run("show open-washed --all");
        let text = t.env.read_text("known/llama-2-70b.toml");
        t.input("show -", &text);
        t.input("show -", MANIFEST);
        t.input("show - --format json", MANIFEST);
        t.case("What cannot be shown");
        t.input("show -", BROKEN);
        t.input("show -", "schema = ");
        t.input("show -", "");
        t.run("show known");
    });
}

#[test]
fn path() {
    at_both_widths("path", examples, |t| {
        t.run("path mof=class-3 open-washed");
        t.run("path osaid open-washed");
        t.run("path mof tiny-lm");
        t.run("path marginal-risk open-washed");
        t.run("path seger tiny-lm --format json");
        let text = t.env.read_text("known/llama-2-70b.toml");
        t.input("path open-weights -", &text);
        t.input("path eu -", &format!("{}\n[compute]\ncumulative-flop = 2e25\n", MANIFEST));
        t.case("What is not a level");
        t.run("path moff tiny-lm");
        t.run("path mof=class2 tiny-lm");
        t.run("path osai=2 tiny-lm");
        t.run("path eiras tiny-lm");
        t.input("path mof -", BROKEN);
    });
}

#[test]
fn weigh() {
    at_both_widths("weigh", examples, |t| {
        t.run("weigh tiny-lm");
        t.run("weigh open-washed");
        t.run("weigh open-washed --format markdown");
    });
}

#[test]
fn what_if() {
    at_both_widths("what-if", examples, |t| {
        t.run("what-if tiny-lm --set component.training-data.openness=closed --set access.gating=manual");
        t.run("what-if open-washed --set release.access=hosted --set compute.cumulative-flop=2e25");
        t.run("what-if open-washed --set release.access=gradual-staged --set eu.copyright-policy=copyright.md");
        t.run("what-if open-washed --set model.version=2.0");
        t.run("what-if open-washed --set model.license=Apache-2.0 --format json");
        t.case("What cannot be set");
        t.run("what-if tiny-lm --set component.trainng-data.openness=open");
        t.run("what-if tiny-lm --set component.training-data.openness=opne");
        t.run("what-if tiny-lm --set release.access=");
        t.run("what-if tiny-lm --set audit.7.report=x");
        t.run("what-if tiny-lm");
    });
}

#[test]
fn hash() {
    once("hash", TestEnv::release, |t| {
        t.run("hash lm");
        t.run("hash lm --all");
        t.run("hash lm --rev HEAD");
        t.run("hash lm --format json");
        t.case("A symlink in place of the weights");
        fs::remove_file(t.env.path("lm/weights/a.safetensors")).unwrap();
        symlink(t.env.path("key"), t.env.path("lm/weights/a.safetensors")).unwrap();
        t.run("hash lm");
        t.run("hash lm --all");
        t.case("A manifest with mistakes");
        t.env.write("lm/OPENNESS.toml", BROKEN);
        t.run("hash lm");
    });
}

#[test]
fn sign() {
    once("sign", TestEnv::release, |t| {
        t.env.add_key("other");
        t.run("sign lm --dry-run");
        t.run("sign lm --dry-run --verbose");
        t.run("sign lm --key key");
        t.run("sign lm --key key");
        t.run("sign lm --key key --quiet");
        t.run("sign lm --key key --verbose");
        t.case("The working tree differs from the commit");
        t.env.commit("lm");
        t.env.write("lm/README.md", "# Tiny, changed\n");
        t.env.write("lm/new.txt", "new\n");
        t.run("sign lm --key key");
        t.run("sign lm --key key --rev HEAD");
        t.run("sign lm --key key --staged");
        t.case("A second signer");
        t.env.git("lm", ["checkout", "-q", "."]);
        t.run("sign lm --key other");
        t.case("Another statement than the one that is signed");
        t.env.write("lm/OPENNESS.toml", MANIFEST.replace("sequence = 3", "sequence = 4"));
        t.env.commit("lm");
        t.run("sign lm --dry-run");
        t.run("sign lm --key key");
        t.run("sign lm --key key --replace");
        t.case("A plain directory");
        copy_tree(&t.env.path("lm"), &t.env.path("plain"));
        fs::remove_dir_all(t.env.path("plain/.git")).unwrap();
        fs::remove_dir_all(t.env.path("plain/.openness")).unwrap();
        t.run("sign plain --key key --created 2026-11-22T00:00:00Z");
        t.run("sign plain --key key --created 2026-11-22T00:00:00Z --output elsewhere");
        t.case("Elsewhere than the statement was made");
        t.run("statement lm --output s.json");
        t.run("statement lm --output s.json --verbose");
        t.run("sign lm --statement s.json --key other");
        t.run("sign lm --statement key.pub --key other");
        t.run("sign lm --statement nowhere.json --key other");
    });
}

#[test]
fn sign_refused() {
    at_both_widths("sign refused", TestEnv::release, |t| {
        t.case("No key, and what is not one");
        t.run("sign lm");
        t.run("sign lm --key nowhere");
        t.run("sign lm --key key.pub");
        t.run("sign lm --key lm");
        t.env.write("not-a-key", "hello\n");
        t.run("sign lm --key not-a-key");
        t.env.set_mode("not-a-key", 0o600);
        t.run("sign lm --key not-a-key");
        t.run("sign lm --key lm/OPENNESS.toml");
        t.run("sign lm --key-env NOT_SET");
        t.run("sign lm --key-fd 9");
        t.run("sign lm --key lm/weights/a.safetensors");
        t.case("A key that others can read");
        t.env.set_mode("key", 0o644);
        t.run("sign lm --key key");
        t.env.set_mode("key", 0o600);
        t.case("An encrypted key, and no terminal to ask at");
        t.env.write("word", "secret\n");
        t.env.set_mode("word", 0o600);
        let mut command = t.env.program();
        command.env("OPENNESS_PASSPHRASE_FILE", "word").args(["key", "generate", "--output", "locked"]);
        assert!(command.output().unwrap().status.success());
        t.run("sign lm --key locked");
        t.case("Findings of error level");
        t.env.write("lm/OPENNESS.toml", MANIFEST.replace("weights/*", "wieghts/*"));
        t.run("sign lm --key key");
        t.run("sign lm --dry-run");
        t.run("sign lm --key key --waive OPN999");
        t.run("sign lm --key key --waive OPN001");
        t.run("sign lm --key key --waive OPN301 --dry-run");
        t.run("sign lm --key key --waive OPN301");
        t.run("verify lm --key key.pub");
        t.case("A manifest with mistakes");
        t.env.write("lm/OPENNESS.toml", BROKEN);
        t.run("sign lm --key key");
        t.run("sign lm --dry-run");
        t.run("statement lm");
        t.case("A file where a directory should be");
        t.env.write("lm/OPENNESS.toml", MANIFEST);
        fs::remove_dir_all(t.env.path("lm/.openness")).unwrap();
        t.env.write("lm/.openness", "");
        t.run("sign lm --key key");
        t.case("Not a repository");
        t.run("sign . --key key");
        t.run("sign nowhere --key key");
        t.run("sign lm --rev nothing --key key");
    });
}

#[test]
fn tags() {
    at_both_widths("tags", TestEnv::release, |t| {
        t.run("sign lm --tag v1 --key key");
        t.run("sign lm --key key");
        t.env.commit("lm");
        t.run("sign lm --tag v1 --key key");
        t.run("sign lm --tag v1 --key key");
        t.run("sign lm --tag 'not a name' --key key");
        t.run("sign lm --tag v2 --key nowhere");
        t.run("verify lm --rev v1 --key key.pub");
        t.run("verify lm --rev v1 --key key.pub --verbose");
        t.case("A tag without a signature, and a tag copied under another name");
        t.env.git("lm", ["tag", "-a", "-m", "plain", "plain"]);
        t.run("verify lm --rev plain --key key.pub");
        let tag = t.env.git("lm", ["rev-parse", "v1"]);
        t.env.git("lm", ["update-ref", "refs/tags/v9", tag.trim()]);
        t.run("verify lm --rev v9 --key key.pub");
        t.case("A signer whom nobody trusts");
        t.env.add_key("other");
        t.run("verify lm --rev v1 --key other.pub");
    });
}

#[test]
fn verify() {
    at_both_widths("verify", signed, |t| {
        t.run("verify lm --key key.pub");
        t.run("verify lm --key key.pub --verbose");
        t.run("verify lm --key key.pub --quiet");
        t.run("verify lm --key key.pub --format json");
        t.run("verify lm --key key.pub --rev HEAD");
        t.run("verify lm --key key.pub --staged");
        t.run("verify lm --allowed-signers allowed");
        t.run("verify lm --allowed-signers allowed --identity lab@example.org");
        t.run("verify lm --allowed-signers allowed --identity other@example.org");
        t.run("verify lm --key key.pub --export out");
        t.run("verify lm --key key.pub --export out");
        t.case("A byte of the weights was changed");
        t.env.write("lm/weights/a.safetensors", "weights A");
        t.run("verify lm --key key.pub");
        t.run("verify lm --key key.pub --verbose");
        t.run("verify lm --key key.pub --quiet");
        t.run("verify lm --key key.pub --format json");
        t.run("verify lm --key key.pub --export out2");
        t.run("verify lm --key key.pub --rev HEAD");
        t.case("A file that was cut short, one in place of which a web page came, and one with other line endings");
        t.env.write("lm/weights/a.safetensors", "weig");
        t.env.write("lm/weights/b.safetensors", "<!DOCTYPE html><html><title>404</title></html>");
        t.env.write("lm/README.md", "# Tiny\r\n");
        t.run("verify lm --key key.pub");
        t.case("A Git LFS pointer in place of the weights");
        let digest = openness::artifacts::digest::sha256(b"weights a");
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 9\n", digest.as_str());
        t.env.write("lm/weights/a.safetensors", pointer);
        t.run("verify lm --key key.pub");
        t.case("A file that nobody signed");
        t.env.git("lm", ["checkout", "-q", "."]);
        t.env.write("lm/extra.py", "import os\n");
        t.run("verify lm --key key.pub");
        t.run("verify lm --key key.pub --allow-unsigned '*.py'");
        t.run("verify lm --key key.pub --allow-unsigned '['");
        t.case("A missing file");
        fs::remove_file(t.env.path("lm/extra.py")).unwrap();
        fs::remove_file(t.env.path("lm/weights/a.safetensors")).unwrap();
        t.run("verify lm --key key.pub");
        t.run("verify lm --key key.pub --partial");
        t.case("A changed manifest");
        t.env.git("lm", ["checkout", "-q", "."]);
        t.env.write("lm/OPENNESS.toml", MANIFEST.replace("closed", "open"));
        t.run("verify lm --key key.pub");
        t.case("SHA256SUMS that says something else, and none");
        t.env.git("lm", ["checkout", "-q", "."]);
        t.env.write("lm/.openness/SHA256SUMS", "");
        t.run("verify lm --key key.pub");
        fs::remove_file(t.env.path("lm/.openness/SHA256SUMS")).unwrap();
        t.run("verify lm --key key.pub");
    });
}

#[test]
fn verify_signatures() {
    at_both_widths("verify signatures", signed, |t| {
        t.case("A key that is not trusted");
        t.run("verify lm --key other.pub");
        t.run("verify lm");
        t.case("Keys that cannot be read");
        t.run("verify lm --key nowhere.pub");
        t.run("verify lm --key key");
        t.run("verify lm --key lm/README.md");
        t.env.write("weak.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
        t.run("verify lm --key weak.pub");
        t.run("verify lm --allowed-signers nowhere");
        t.env.write("bad-allowed", "lab@example.org valid-before=\"tomorrow\" ssh-ed25519 AAAA\n");
        t.run("verify lm --allowed-signers bad-allowed");
        t.case("A revoked and an expired key, and a key for something else");
        t.run("verify lm --key key.pub --revoked key.pub");
        t.run("verify lm --key key.pub --revoked nowhere");
        let key = t.env.read_text("key.pub");
        t.env.write("expired", format!("lab@example.org valid-before=\"20261101Z\" {key}"));
        t.run("verify lm --allowed-signers expired");
        t.run("verify lm --allowed-signers expired --verify-time 2026-10-01T00:00:00Z");
        t.run("verify lm --key key.pub --verify-time 2026-10-01T00:00:00Z");
        t.run("verify lm --key key.pub --verify-time yesterday");
        t.env.write("for-git", format!("lab@example.org namespaces=\"git\" {key}"));
        t.run("verify lm --allowed-signers for-git");
        t.case("Two signatures, and one of them");
        t.run("sign lm --key other");
        t.run("verify lm --key key.pub");
        t.run("verify lm --key key.pub --key other.pub");
        fs::remove_file(t.env.path("lm/.openness/signatures/").join(own_file(&t.env, ".sshsig"))).unwrap();
        t.run("verify lm --key key.pub");
        t.case("A bad signature");
        t.env.git("lm", ["clean", "-qfd"]);
        t.env.git("lm", ["checkout", "-q", "."]);
        let bundle = t.env.signature("lm", ".sigstore.json");
        let text = fs::read_to_string(&bundle).unwrap().replace("\"sig\":\"", "\"sig\":\"AAAA");
        fs::write(&bundle, text).unwrap();
        t.run("verify lm --key key.pub");
        fs::write(&bundle, "{").unwrap();
        t.run("verify lm --key key.pub");
        t.case("A changed statement");
        t.env.git("lm", ["checkout", "-q", "."]);
        let statement = t.env.read_text("lm/.openness/statement.json");
        t.env.write("lm/.openness/statement.json", statement.replace("Example Lab", "Another Lab"));
        t.run("verify lm --key key.pub");
        t.case("A statement without a signature");
        t.env.git("lm", ["checkout", "-q", "."]);
        fs::remove_dir_all(t.env.path("lm/.openness/signatures")).unwrap();
        t.run("verify lm --key key.pub");
        t.case("No statement");
        fs::remove_dir_all(t.env.path("lm/.openness")).unwrap();
        t.run("verify lm --key key.pub");
        t.run("verify lm");
        t.case("No manifest either, and no release at all");
        fs::remove_file(t.env.path("lm/OPENNESS.toml")).unwrap();
        t.run("verify lm --key key.pub");
        t.run("verify nowhere --key key.pub");
        t.run("verify lm --rev nothing --key key.pub");
    });
}

/// The name of the signature of `key`, where `other` has signed too.
fn own_file(env: &TestEnv, ending: &str) -> String {
    let id = env.openness(["key", "show", "key.pub", "--form", "files"]).expect(0).out;
    let name = id.split_whitespace().find(|word| word.ends_with(ending)).unwrap();
    name.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn trust() {
    at_both_widths("trust", signed, |t| {
        t.run("key trust list");
        t.run("key trust add lab@example.org key.pub");
        t.run("key trust add lab@example.org key.pub");
        t.run("key trust add '*' key.pub");
        t.run("key trust add lab@example.org key");
        t.run("key trust add lab@example.org nowhere.pub");
        t.run("key trust add ca@example.org other.pub --cert-authority");
        t.run("key trust list");
        t.run("verify lm");
        t.run("key trust list");
        t.run("key trust remove nobody@example.org");
        t.run("key trust remove ca@example.org");
        t.case("A pinned key that has changed");
        t.run("key trust pin --producer 'Example Lab' --model Tiny key.pub");
        t.run("key trust pin --producer 'Example Lab' --model Tiny key.pub");
        t.run("key trust list");
        t.run("verify lm");
        t.run("key trust add other@example.org other.pub");
        t.env.write("lm/OPENNESS.toml", MANIFEST.replace("sequence = 3", "sequence = 4"));
        t.env.commit("lm");
        t.run("sign lm --key other --replace");
        t.run("verify lm");
        t.run("key trust pin --producer 'Example Lab' --model Tiny other.pub --replace");
        t.run("verify lm");
        t.run("key trust unpin --producer 'Example Lab' --model Tiny");
        t.run("key trust unpin --producer 'Example Lab' --model Tiny");
        t.case("An older release than the one that was verified last");
        t.env.git("lm", ["checkout", "-q", "HEAD~1", "."]);
        t.run("verify lm");
        t.run("verify lm --no-memory");
        t.run("verify lm --key key.pub --memory");
        t.run("verify lm --key key.pub --require-sequence 4");
        t.run("key trust forget --producer 'Example Lab' --model Tiny");
        t.run("key trust forget --producer 'Example Lab' --model Tiny");
        t.case("A store that is damaged");
        t.env.write(".config/openness/pins.json", "{");
        t.env.write(".local/state/openness/seen.json", "{");
        t.run("verify lm");
        t.run("key trust list");
        fs::remove_file(t.env.path(".config/openness/pins.json")).unwrap();
        t.run("verify lm");
        t.run("key trust list");
    });
}

#[test]
fn policies() {
    at_both_widths("policies", examples, |t| {
        t.env.write("allowed", format!("release@example.org {}", t.env.read_text("keys/example_key.pub")));
        for policy in ["research-archive", "community-hub", "company-intake"] {
            t.run(&format!("verify tiny-lm --allowed-signers allowed --policy policies/{policy}.toml"));
        }
        t.case("Policies that cannot be read");
        t.run("verify tiny-lm --allowed-signers allowed --policy nowhere.toml");
        t.env.write("p.toml", "policy = 1\n[signers]\ncuont = 1\n");
        t.run("verify tiny-lm --allowed-signers allowed --policy p.toml");
        t.env.write("p.toml", "policy = \n");
        t.run("verify tiny-lm --allowed-signers allowed --policy p.toml");
        t.case("Transparency logs that cannot be read");
        t.run("verify tiny-lm --allowed-signers allowed --log nothing");
        t.env.write("tlog", "quorum none\nwitness\n");
        t.run("verify tiny-lm --allowed-signers allowed --tlog-policy tlog");
        t.run("verify tiny-lm --allowed-signers allowed --tlog-policy nowhere");
        t.run("sign tiny-lm --tlog-proof nowhere");
        t.run("sign tiny-lm --tlog-proof p.toml");
    });
}

#[test]
fn verify_of_examples() {
    at_both_widths("verify of examples", examples, |t| {
        t.run("verify tiny-lm --allowed-signers keys/allowed_signers");
        t.run("verify tiny-lm --allowed-signers keys/allowed_signers --verbose");
        t.run("verify open-washed --allowed-signers keys/allowed_signers");
    });
}

#[test]
fn diff() {
    at_both_widths("diff", examples, |t| {
        t.run("diff tiny-lm tiny-lm");
        t.run("diff tiny-lm open-washed");
        t.run("diff tiny-lm/.openness/statement.json open-washed");
        t.run("diff known/olmo-7b.toml known/llama-2-70b.toml");
        t.run("diff known/olmo-7b.toml known/llama-2-70b.toml --fail-on less-open");
        t.run("diff known/llama-2-70b.toml known/olmo-7b.toml --fail-on less-open");
        t.case("What cannot be compared");
        t.run("diff tiny-lm nowhere");
        t.run("diff HEAD HEAD~1");
        t.run("diff tiny-lm key.pub");
        t.env.write("broken.toml", BROKEN);
        t.run("diff tiny-lm broken.toml");
    });
}

#[test]
fn diff_of_commits() {
    once("diff of commits", TestEnv::release, |t| {
        t.env.write("lm/OPENNESS.toml", MANIFEST.replace("Apache-2.0", "LicenseRef-Own").replace("1.0.0", "2.0.0"));
        t.env.write("lm/weights/a.safetensors", "other weights");
        t.env.commit("lm");
        t.run("diff HEAD~1 HEAD --path lm");
        t.run("diff HEAD~1 HEAD --path lm --format json");
        t.run("diff HEAD~1 nothing --path lm");
    });
}

#[test]
fn import() {
    once("import", TestEnv::new, |t| {
        t.env.write(
            "card.md",
            "---\nlicense: apache-2.0\nlanguage: en\ndatasets:\n- lab/corpus\nextra_gated_prompt: agree\nmodel_name: Tiny\n---\n# Tiny\n",
        );
        t.run("import card card.md");
        t.env.write(
            "mot.yml",
            "framework:\n  name: Model Openness Framework\n  version: '1.0'\nrelease:\n  name: Tiny\n  version: '1'\n  \
             producer: Example Lab\n  license: {}\n  components:\n  - name: Model card\n    license: CC-BY-4.0\n",
        );
        t.run("import mot mot.yml");
        t.case("What cannot be imported");
        t.env.write("bad.yml", "a: [\n");
        t.run("import mot bad.yml");
        t.run("import mot card.md");
        t.run("import card mot.yml");
        t.run("import osai mot.yml");
        t.run("import eiras mot.yml");
        t.run("import mot nowhere.yml");
        t.input("import card -", "no front matter\n");
        t.input("import mot -", "");
    });
}

#[test]
fn export() {
    once("export", TestEnv::release, |t| {
        t.run("export mot lm");
        t.run("export card lm");
        t.cut("export statement lm", 5);
        t.cut("export cyclonedx lm", 40);
        t.cut("export spdx lm", 40);
        t.case("What cannot be exported");
        t.env.write("lm/OPENNESS.toml", BROKEN);
        t.run("export card lm");
        t.run("export statement lm");
        t.run("export card nowhere");
    });
}

#[test]
fn report() {
    once("report", examples, |t| {
        t.run("report tiny-lm");
        t.run("report open-washed");
        t.run("report open-washed --format html");
        t.run("report tiny-lm --format badge");
        t.run("report open-washed --format badge --taxonomy osaid-1.0");
        t.run("report tiny-lm --format badge --taxonomy osai-index");
        t.case("What cannot be reported");
        t.run("report tiny-lm --format badge --taxonomy nothing");
        t.run("report known");
        t.input("report -", BROKEN);
        t.input("report -", "schema = ");
    });
}

#[test]
fn explain() {
    at_both_widths("explain", TestEnv::new, |t| {
        t.run("explain");
        t.run("explain vocabulary");
        t.run("explain final-weights");
        t.run("explain mof-1.0");
        t.run("explain osaid-1.0");
        t.run("explain opn202");
        t.run("explain final-wieghts");
        t.run("explain OPN999");
        t.run("explain nothing-like-it");
        t.cut("explain --format json", 20);
    });
}

/// The manual of every rule.
#[test]
fn explain_rules() {
    once("explain rules", TestEnv::new, |t| {
        for card in openness::rules::all_rules() {
            t.run(&format!("explain {}", card.code));
        }
    });
}

#[test]
fn init() {
    once("init", TestEnv::new, |t| {
        t.case("An empty directory");
        fs::create_dir(t.env.path("empty")).unwrap();
        t.run("init empty");
        t.case("A model");
        t.env.write("lm/README.md", "---\nlicense: apache-2.0\nmodel_name: Tiny\n---\n# Tiny\n");
        t.env.write("lm/model.safetensors", "weights");
        t.env.write("lm/LICENSE", include_str!("../../LICENSE-APACHE"));
        t.env.write("lm/config.json", "{\"model_type\": \"llama\", \"architectures\": [\"LlamaForCausalLM\"]}\n");
        t.env.write("lm/train.py", "print()\n");
        t.env.write("lm/data/corpus.jsonl", "{}\n");
        t.env.write("lm/what.xyz", "?\n");
        t.run("init lm");
        t.show("lm/OPENNESS.toml");
        t.run("init lm");
        t.run("init nowhere");
    });
}

#[test]
fn hooks() {
    at_both_widths("hooks", signed, |t| {
        t.run_in("lm", "hook status");
        t.run_in("lm", "hook install");
        t.run_in("lm", "hook install");
        t.run_in("lm", "hook install pre-push pre-receive");
        t.run_in("lm", "hook status");
        t.run_in("lm", "hook run");
        t.case("A manifest with mistakes is staged");
        t.env.write("lm/OPENNESS.toml", BROKEN);
        t.env.git("lm", ["add", "-A"]);
        t.run_in("lm", "hook run");
        t.env.git("lm", ["reset", "-q", "--hard"]);
        t.case("A release tag is pushed");
        let head = t.env.git("lm", ["rev-parse", "HEAD"]).trim().to_owned();
        let zero = "0".repeat(40);
        t.env.git("lm", ["tag", "v1"]);
        t.input_in("lm", "hook pre-push origin url", &format!("refs/tags/v1 {head} refs/tags/v1 {zero}\n"));
        t.run("key trust add lab@example.org key.pub");
        t.input_in("lm", "hook pre-push origin url", &format!("refs/tags/v1 {head} refs/tags/v1 {zero}\n"));
        t.env.git("lm", ["tag", "v0", "HEAD~1"]);
        let before = t.env.git("lm", ["rev-parse", "HEAD~1"]).trim().to_owned();
        t.input_in("lm", "hook pre-push origin url", &format!("refs/tags/v0 {before} refs/tags/v0 {zero}\n"));
        t.input_in("lm", "hook pre-push origin url", "nonsense\n");
        t.input_in("lm", "hook pre-receive", &format!("{zero} {head} refs/tags/v1\n"));
        t.case("Hooks of others");
        t.run_in("lm", "hook uninstall");
        t.run_in("lm", "hook uninstall");
        t.env.write("lm/.git/hooks/pre-commit", "#!/bin/sh\necho mine\n");
        t.env.set_mode("lm/.git/hooks/pre-commit", 0o755);
        t.run_in("lm", "hook install");
        t.run_in("lm", "hook status");
        t.run_in("lm", "hook uninstall");
        t.env.write("lm/.git/hooks/pre-commit", "#!/usr/bin/env python3\nprint()\n");
        t.run_in("lm", "hook install");
        t.run_in("lm", "hook install --force");
        fs::remove_file(t.env.path("lm/.git/hooks/pre-commit")).unwrap();
        t.env.write("lm/.pre-commit-config.yaml", "repos: []\n");
        t.run_in("lm", "hook install");
        t.case("Not a repository");
        t.run("hook install");
        t.run("hook uninstall");
        t.run("hook status");
        t.run("hook run");
    });
}

#[test]
fn keys() {
    once("keys", TestEnv::with_key, |t| {
        t.run("key show key.pub");
        t.run("key show key");
        for form in ["openssh", "pem", "allowed-signers", "fingerprint", "key-id", "files"] {
            t.run(&format!("key show key.pub --form {form}"));
        }
        t.run("key show key.pub --principal team@example.org --form allowed-signers");
        t.case("What is not a key");
        t.env.write("text", "hello\n");
        t.env.write("empty", "");
        t.env.write("bytes", [0xff, 0xfe]);
        t.env.write("rsa.pub", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== a@example.org\n");
        for file in ["text", "empty", "bytes", "rsa.pub", "nowhere", "."] {
            t.run(&format!("key show {file}"));
        }
        t.case("A new key");
        t.run("key generate --output key --no-passphrase");
        t.run("key generate --output nowhere/key --no-passphrase");
        t.run("key generate --output locked");
        t.random("key generate --output new --no-passphrase --comment me@example.org");
        t.random("key generate --output new2 --no-passphrase --quiet");
    });
}

#[test]
fn statement() {
    once("statement", TestEnv::release, |t| {
        t.run("statement lm");
        t.run("statement lm --output s.json");
        t.run("statement lm --output nowhere/s.json");
        t.run("statement lm --created yesterday");
    });
}

#[test]
fn documents() {
    once("documents", TestEnv::new, |t| {
        for subject in ["", "policy", "check", "verify"] {
            t.cut(format!("schema {subject}").trim_end(), 8);
        }
        t.cut("completions fish", 30);
        t.run("man key trust pin");
        t.run("man");
        t.run("man key nothing");
    });
}
