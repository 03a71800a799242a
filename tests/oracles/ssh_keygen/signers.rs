//! Lines of `allowed_signers`: every kind of principal, option and key against identities and times.

use openness::sign::{Namespace, SecretKey, Status, Trust, sshsig};
use openness::source::Source;

use super::keygen::{MESSAGE, SshKeygen, allowed, now, open};
use super::questions::{Question, Stricter, ask, each};
use super::wire;

/// 2025-06-01T12:00:00Z, the time of most questions.
const NOON: i64 = 1_748_779_200;

const PRINCIPALS: &[&str] = &[
    "me",
    "you",
    "ME,me",
    "*",
    "m?",
    "??",
    "me*",
    "*e",
    "m*e",
    "**",
    "*@b",
    "*@b,!a@b",
    "!a@b,*@b",
    "!me",
    "!me,*",
    "*,!me",
    "!*,me",
    "!!me",
    "me,",
    ",me",
    ",",
    "you,me,a@b",
    "\"me\"",
    "\"you,me\"",
    "m\"e,you\"",
    "\"\"",
    "\"me ,you\"",
    "me\\",
    "[m]e",
    "a@B",
    "?@b",
    "\u{fc}@b",
];

const IDENTITIES: &[&str] = &["me", "you", "Me", "a@b", "c@b", "\u{fc}@b"];

#[test]
fn ssh_keygen_agrees_on_principals() {
    let Some(keygen) = SshKeygen::new() else { return };
    keygen.new_key("id");
    let (signature, key) = (keygen.signature("id", MESSAGE), keygen.public("id"));
    let mut questions = Vec::new();
    for principals in PRINCIPALS {
        for who in IDENTITIES {
            questions.push(Question::new(format!("{principals} {key}\n"), who, NOON, &signature));
        }
    }
    // Longer than any pattern that OpenSSH matches, and one that is not.
    for length in [1000, 1021, 1022, 1023, 1024, 2000, 100_000] {
        let who = "a".repeat(length);
        questions.push(Question::new(format!("{who} {key}\n"), &who, NOON, &signature).named(format!("{length} a")));
        let line = format!("{who},me {key}\n");
        questions.push(Question::new(line, "me", NOON, &signature).named(format!("{length} a before it")));
        let line = format!("me,{who} {key}\n");
        questions.push(Question::new(line, "me", NOON, &signature).named(format!("{length} a after it")));
    }
    for who in ["e", "!me", "me,you", "*", "me\\"] {
        for principals in ["me", "*", "!me,*", "me,you", "me\\", "\\*"] {
            questions.push(Question::new(format!("{principals} {key}\n"), who, NOON, &signature));
        }
    }
    for principals in ["\"\"", "!me", "x"] {
        questions.push(Question::new(format!("{principals} {key}\n"), "", NOON, &signature));
    }
    for principals in ["*", "!me,*", ","] {
        let question = Question::new(format!("{principals} {key}\n"), "", NOON, &signature);
        questions.push(question.stricter(Stricter::Nobody));
    }
    ask(&keygen, "principals", &questions, 60, 120);
}

/// `-Y match-principals` needs no signature: a file either has a line for somebody, or not.
#[test]
fn match_principals_agrees_on_lines() {
    let Some(keygen) = SshKeygen::new() else { return };
    keygen.new_key("id");
    let (signature, key) = (keygen.signature("id", MESSAGE), keygen.public("id"));
    let mut pairs = Vec::new();
    for principals in PRINCIPALS {
        for who in ["me", "a@b", "c@b", "two words"] {
            pairs.push((format!("{principals} {key}\n"), who));
        }
    }
    each(&pairs, |number, (line, who)| {
        let name = format!("match{number}");
        keygen.write(&name, line);
        let output = keygen.command().args(["-Y", "match-principals", "-f", &name, "-I", who]).output().unwrap();
        let ours = open(&signature, &allowed(line).with_identity((*who).to_owned()), now()).status == Status::Good;
        assert_eq!(output.status.success(), ours, "`{line}` for {who}: {output:?}");
        // What it prints is the principals of the line, which is what we show without an identity.
        if ours {
            let printed = String::from_utf8(output.stdout).unwrap();
            assert_eq!(
                open(&signature, &allowed(line), now()).principal.as_deref(),
                Some(printed.trim_end_matches('\n'))
            );
        }
    });
    println!("match-principals: asked {}", pairs.len());
}

#[test]
fn find_principals_agrees_on_keys() {
    let Some(keygen) = SshKeygen::new() else { return };
    for name in ["id", "other"] {
        keygen.new_key(name);
    }
    keygen.signature("id", MESSAGE);
    let signature = keygen.read("signed.sig");
    let (key, other) = (keygen.public("id"), keygen.public("other"));
    let mut files = Vec::new();
    for principals in PRINCIPALS {
        files.push(format!("{principals} {key}\n"));
        files.push(format!("nobody {other}\n# x\n{principals} {key}\nlast {key}\n"));
        files.push(format!("{principals} cert-authority {key}\n"));
        files.push(format!("{principals} {other}\n"));
    }
    each(&files, |number, file| {
        let name = format!("find{number}");
        keygen.write(&name, file);
        let (found, said) = keygen.keygen(&format!("-Y find-principals -f {name} -s signed.sig"), b"");
        let opened = open(&signature, &allowed(file), now());
        assert_eq!(found, opened.status == Status::Good, "`{file}`: {said} {opened:?}");
        // One a line, up to the first that is empty; ours are as they stand in the file.
        let ours = opened.principal.map(|principals| {
            let named: Vec<_> = principals.split(',').take_while(|pattern| !pattern.is_empty()).collect();
            named.iter().map(|pattern| format!("{pattern}\n")).collect::<String>()
        });
        assert!(ours.is_none_or(|ours| ours == said), "`{file}`: {said}");
    });
    println!("find-principals: asked {}", files.len());
}

/// Options, of which the first word is missing or in another case or twice or spelt in another way.
const OPTIONS: &[&str] = &[
    "",
    "cert-authority",
    "CERT-authority",
    "cert-authority,namespaces=\"openness@v1\"",
    "namespaces=\"openness@v1\",cert-authority",
    "cert-authority,cert-authority",
    "namespaces=\"openness@v1\"",
    "NameSpaces=\"openness@v1\"",
    "namespaces=\"OPENNESS@v1\"",
    "namespaces=\"openness@*\"",
    "namespaces=\"openness@v?\"",
    "namespaces=\"git\"",
    "namespaces=\"git,openness@v1\"",
    "namespaces=\"git, openness@v1\"",
    "namespaces=\"openness@v1,\"",
    "namespaces=\",openness@v1\"",
    "namespaces=\"\"",
    "namespaces=\"*\"",
    "namespaces=\"*,!openness@v1\"",
    "namespaces=\"!openness@v1\"",
    "namespaces=\"!git,*\"",
    "namespaces=\"a\\\"b,openness@v1\"",
    "namespaces=\"a\\b,openness@v1\"",
    "namespaces=\"a b,openness@v1\"",
    "namespaces=\"a\\\" b,openness@v1\"",
    "namespaces=\"a\tb,openness@v1\"",
    ",namespaces=\"openness@v1\"",
    ",,namespaces=\"openness@v1\"",
    "namespaces=\"openness@v1\",,valid-after=\"20200101Z\"",
    "valid-before=\"20250601120000Z\"",
    "valid-after=\"20250601120000Z\"",
    "VALID-AFTER=\"20250601120000z\"",
    "valid-after=\"202506011200Z\"",
    "valid-before=\"202506011200Z\"",
    "valid-after=\"20250601120000Z\",valid-before=\"20250601120001Z\"",
    "valid-before=\"20250601120001Z\",valid-after=\"20250601120000Z\"",
    "valid-after=\"20250101Z\",valid-before=\"20260101Z\"",
    "valid-after=\"20250101Z\",valid-before=\"20260101Z\",namespaces=\"git\"",
    "valid-after=\"2019 1 1Z\"",
    "valid-before=\"99991231Z\"",
    "valid-before=\"99991231235961Z\"",
    "valid-after=\"99991231235959Z\"",
    "valid-after=\"19700101000001Z\"",
    "valid-before=\"19700101000001Z\"",
];

/// What ssh-keygen complains of, and passes over.
const BAD_OPTIONS: &[&str] = &[
    ",",
    "no-touch-required",
    "verify-required",
    "cert-authority,",
    "cert-authority;",
    "cert-authority namespaces=\"openness@v1\"",
    "cert-authoritynamespaces=\"openness@v1\"",
    "namespaces",
    "namespaces=",
    "namespaces=openness@v1",
    "namespaces=\"openness@v1",
    "namespaces =\"openness@v1\"",
    "namespaces=\"openness@v1\"x",
    "namespaces=\"openness@v1\",x",
    "namespaces=\"openness@v1\",namespaces=\"openness@v1\"",
    "namespaces=\"a\",NAMESPACES=\"openness@v1\"",
    "namespaces='openness@v1'",
    "namespace=\"openness@v1\"",
    "principals=\"me\"",
    "restrict",
    "from=\"*\"",
    "valid-after=\"20200101Z\",valid-after=\"20200101Z\"",
    "valid-before=\"20990101Z\",valid-before=\"20990101Z\"",
    "valid-after=\"20200101Z\",valid-before=\"20200101Z\"",
    "valid-after=\"20210101Z\",valid-before=\"20200101Z\"",
    "valid-before=20990101Z",
    "valid-before=\"2099\"",
    "valid-before=\"209901\"",
    "valid-before=\"2099010\"",
    "valid-before=\"2099010112\"",
    "valid-before=\"209901011\"",
    "valid-before=\"20990101120000Z0\"",
    "valid-before=\"209901011200000\"",
    "valid-before=\"20991301Z\"",
    "valid-before=\"20990001Z\"",
    "valid-before=\"20990132Z\"",
    "valid-before=\"20990100Z\"",
    "valid-before=\"209901012400Z\"",
    "valid-before=\"209901011260Z\"",
    "valid-before=\"20990101120062Z\"",
    "valid-before=\"2099-01-01\"",
    "valid-before=\"2099-01-01T00:00:00Z\"",
    "valid-before=\"always\"",
    "valid-before=\"forever\"",
    "valid-before=\"+52w\"",
    "valid-before=\"0x7fffffff\"",
    "valid-before=\"\"",
    "valid-before=\"Z\"",
    "valid-before=\" 20990101Z\"",
    "valid-before=\"20990101Z \"",
    "valid-before=\"20990101ZZ\"",
    "valid-before=\"20990101GMT\"",
    "valid-after=\"19700101Z\"",
    "valid-before=\"19690101Z\"",
    "valid-after=\"-0010101Z\"",
    // The quote is escaped, and so not closed.
    "namespaces=\"a\\\\\",namespaces=\"openness@v1\"",
];

#[test]
fn ssh_keygen_agrees_on_options() {
    let Some(keygen) = SshKeygen::new() else { return };
    for name in ["id", "other"] {
        keygen.new_key(name);
    }
    keygen.must("-q -t rsa -b 2048 -N '' -f rsa");
    keygen.must("-q -t ecdsa -N '' -f ecdsa");
    let signature = keygen.signature("id", MESSAGE);
    let [key, other, rsa, ecdsa] = ["id", "other", "rsa", "ecdsa"].map(|name| keygen.public(name));
    let mut questions = Vec::new();
    for options in OPTIONS {
        let times = if options.contains("2025") { &[NOON - 1, NOON, NOON + 1][..] } else { &[NOON] };
        for at in times {
            questions.push(Question::new(format!("me {options} {key}\n"), "me", *at, &signature));
        }
        questions.push(Question::new(format!("you {options} {key}\n"), "me", NOON, &signature));
        questions.push(Question::new(format!("me {options} {other}\n"), "me", NOON, &signature));
        // A line that lets it pass is enough, wherever it stands, and one that does not spoils nothing.
        for line in [format!("me {options} {rsa}\nme {key}\n"), format!("me {options} {key}\nme {ecdsa}\nme {key}\n")] {
            questions.push(Question::new(line, "me", NOON, &signature));
        }
        // The line alone decides, whatever its words stand apart by.
        let spread = format!("\t me \t {options}\t  {} \t comment with \"quotes\r\n", key.replace(' ', " \t "));
        questions.push(Question::new(spread, "me", NOON, &signature));
    }
    ask(&keygen, "options", &questions, 120, 100);
}

#[test]
fn bad_options_that_ssh_keygen_ignores_are_errors() {
    let Some(keygen) = SshKeygen::new() else { return };
    keygen.new_key("id");
    let (signature, key) = (keygen.signature("id", MESSAGE), keygen.public("id"));
    let mut questions = Vec::new();
    for options in BAD_OPTIONS {
        let line = format!("me {options} {key}");
        let error = Trust::of_allowed_signers(
            &Source::new("allowed", format!("# here\n{line}\n")),
            &jiff::tz::TimeZone::system(),
        )
        .map(drop);
        let error = error.expect_err(&line);
        assert_eq!((error.lines.len(), error.lines[0].line), (1, 2), "{error}");
        questions.push(Question::new(format!("{line}\n"), "me", NOON, &signature));
        let beside = format!("{line}\nme {key}\n");
        questions.push(Question::new(beside, "me", NOON, &signature).stricter(Stricter::BadLine));
    }
    ask(&keygen, "bad options", &questions, 0, 50);
}

/// Whole files, some with lines that are no lines: what `ssh-keygen` says to the line, alone and before a good one.
#[test]
fn ssh_keygen_agrees_on_how_lists_are_split() {
    let Some(keygen) = SshKeygen::new() else { return };
    for name in ["id", "other"] {
        keygen.new_key(name);
    }
    keygen.must("-q -s other -I x -n me -V 20200101:20991231 id.pub");
    let signature = keygen.signature("id", MESSAGE);
    let (key, other) = (keygen.public("id"), keygen.public("other"));
    let (kind, base64) = key.split_once(' ').unwrap();
    let blob = wire::unbase64(base64);
    let good = [
        String::new(),
        "\n".to_owned(),
        format!("me {key}"),
        format!("me {key}\r\n"),
        format!("me {key} comment\r\n"),
        format!("me {key}\r\nyou {other}\r\n"),
        format!("  \tme\t {key} a comment with \"quotes\n"),
        "\r\n\r\n".to_owned(),
        format!("\"me\"{key}\n"),
        format!("me\t{}\n", key.replace(' ', "\t")),
        format!("# me {key}\n"),
        format!("  # me {key}\n"),
        format!("#me {key}\n"),
        format!("#\n\n   \n# x\nme {other}\nme {key}\n"),
        format!("me {other}\n"),
        format!("you {key}\nme {key}\n"),
        format!("me {key} # comment\n"),
        format!("me namespaces=\"git\" {key}\nme {key}\n"),
        format!("me {key}\nme namespaces=\"git\" {key}\n"),
        format!("me valid-before=\"20200101Z\" {key}\nme {key}\n"),
        format!("me cert-authority {key}\nme {key}\n"),
        format!("!me,* {key}\nme {key}\n"),
        format!("me {key} {}\n", "x".repeat(100_000)),
        format!("# {}\nme {key}\n", "x".repeat(100_000)),
        format!("{}me {key}\n", " ".repeat(100_000)),
        format!("{}me {key}\n", "\n".repeat(10_000)),
        format!("{}me {key}\n", format!("you {other}\n").repeat(1000)),
        // Types that we cannot verify with are no mistake, nor are those that nothing is known of.
        format!("me ssh-ed448 {base64}\nme {key}\n"),
        format!("me sk-ssh-mldsa44-ed25519@openssh.com AAAA\nme {key}\n"),
        format!("me {}\nme {key}\n", wire::line("ssh-rsa", &[wire::string("ssh-rsa"), vec![0; 9]].concat())),
    ];
    let bad = [
        "me".to_owned(),
        "me ".to_owned(),
        format!("\r me {key}"),
        key.clone(),
        "me cert-authority".to_owned(),
        "me cert-authority ".to_owned(),
        format!("\"me {key}"),
        format!("me \"{key}"),
        format!("me {kind}"),
        format!("me {base64}"),
        format!("me {} {base64}", kind.to_uppercase()),
        format!("me ssh-rsa {base64}"),
        format!("me ssh-ed25519-cert-v01@openssh.com {base64}"),
        format!("me sk-ssh-ed25519@openssh.com {base64}"),
        format!("me {}", &key[..key.len() - 4]),
        format!("me {key}AAAA"),
        format!("me {kind} !{base64}"),
        format!("me {}", wire::line(kind, &[&blob[..], &[0]].concat())),
        format!("me {}", wire::line(kind, &blob[..50])),
        format!("me {}", wire::line(kind, &wire::plain_blob(&[1; 31]))),
        format!("me {}", wire::line(kind, &wire::plain_blob(&[1; 33]))),
        format!("me {}", wire::line(kind, &wire::string(kind))),
        format!("me {}", wire::line(kind, b"")),
        format!("me {kind}{base64}"),
        format!("me: {kind}:{base64}"),
        "me -----BEGIN PUBLIC KEY-----".to_owned(),
        "\u{1b}[2J".to_owned(),
    ];
    let mut questions: Vec<_> = good.iter().map(|file| Question::new(file.clone(), "me", NOON, &signature)).collect();
    for line in &bad {
        let error = Trust::of_allowed_signers(
            &Source::new("allowed", format!("# here\n{line}")),
            &jiff::tz::TimeZone::system(),
        )
        .map(drop);
        let error = error.expect_err(line);
        assert_eq!((error.lines.len(), error.lines[0].line), (1, 2), "{error}");
        questions.push(Question::new(format!("{line}\n"), "me", NOON, &signature));
        let beside = format!("{line}\nme {key}\n");
        questions.push(Question::new(beside, "me", NOON, &signature).stricter(Stricter::BadLine));
    }
    // A certificate on a line is compared with the signer's certificate, which is more than it seems to say.
    let certificate = keygen.read("id-cert.pub");
    let signed = keygen.signature("id-cert.pub", MESSAGE);
    let line = format!("me {certificate}");
    questions.push(Question::new(line.clone(), "me", NOON, &signed).stricter(Stricter::CertificateIsNoKey));
    questions.push(Question::new(line, "me", NOON, &signature));
    // Keys that we let nobody have.
    for (what, bytes) in weak_keys() {
        let line = format!("me {}\nme {key}\n", wire::line(kind, &wire::plain_blob(&bytes)));
        questions.push(Question::new(line, "me", NOON, &signature).named(what).stricter(Stricter::WeakKey));
    }
    ask(&keygen, "files", &questions, 18, 30);
}

/// Points of small order, among them the neutral one; a signature by such a key holds for whatever one likes.
fn weak_keys() -> Vec<(&'static str, [u8; 32])> {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut order_two = [0xff; 32];
    (order_two[0], order_two[31]) = (0xec, 0x7f);
    vec![("the neutral key", neutral), ("the key of order two", order_two), ("a key of order four", [0; 32])]
}

/// The neutral key signs everything with one signature, and `ssh-keygen` believes it.
#[test]
fn a_signature_by_a_weak_key_is_refused() {
    let Some(keygen) = SshKeygen::new() else { return };
    let (_, neutral) = weak_keys()[0];
    let blob = wire::plain_blob(&neutral);
    // R is the neutral point too, S is nothing.
    let signature = [wire::string("ssh-ed25519"), wire::string([&neutral[..], &[0; 32]].concat())].concat();
    let signature = sshsig::assemble(Namespace::Openness, &blob, &signature);
    let line = format!("me {}\n", wire::line("ssh-ed25519", &blob));
    let mut questions = Vec::new();
    for message in [MESSAGE, b"", b"anything"] {
        let mut question = Question::new(line.clone(), "me", NOON, &signature).stricter(Stricter::WeakKey);
        question.message = message.to_vec();
        questions.push(question);
    }
    ask(&keygen, "weak keys", &questions, 0, 0);
}

#[test]
fn every_bad_line_is_reported_at_once() {
    let source = Source::new("allowed", "me\n\n# fine\nyou nonsense AAAA\n");
    let error = Trust::of_allowed_signers(&source, &jiff::tz::TimeZone::system()).unwrap_err();
    assert_eq!(error.lines.iter().map(|bad| bad.line).collect::<Vec<_>>(), [1, 4]);
}

#[test]
fn times_outside_validity_have_their_own_status() {
    let Some(keygen) = SshKeygen::new() else { return };
    keygen.new_key("id");
    let (key, signature) = (keygen.public("id"), keygen.signature("id", MESSAGE));
    let status = |line: String| open(&signature, &allowed(&line), now()).status;
    assert_eq!(status(format!("me {key}")), Status::Good);
    assert_eq!(status(format!("me valid-before=\"20200101Z\" {key}")), Status::Expired);
    assert_eq!(status(format!("me valid-after=\"20990101Z\" {key}")), Status::NotYetValid);
    assert_eq!(status(format!("me namespaces=\"git\" {key}")), Status::Untrusted);
    assert_eq!(status(String::new()), Status::Untrusted);
    let principal = open(&signature, &allowed(&format!("a,*@b {key}")), now()).principal;
    assert_eq!(principal.as_deref(), Some("a,*@b"));
}

#[test]
fn a_bare_key_has_no_principal() {
    let key = SecretKey::generate().unwrap();
    let signature = sshsig::sign(MESSAGE, &key).unwrap();
    let trust = || Trust::of_keys([*key.public()]);
    let opened = open(&signature, &trust(), now());
    assert_eq!((opened.status, opened.principal), (Status::Good, None));
    assert_eq!(open(&signature, &trust().with_identity("me".to_owned()), now()).status, Status::Untrusted);
    assert_eq!(open(&signature, &Trust::none(), now()).status, Status::Untrusted);
    assert!(open(&signature, &Trust::none(), now()).signed.is_some_and(|signed| signed.verified().is_none()));
}
