//! FIDO keys: signatures made here in software, with and without a touch, and recorded ones.

use std::path::Path;

use ed25519_dalek::Signer as _;
use openness::sign::{Envelope, Namespace, Status, Trust, sshsig};

use super::keygen::{MESSAGE, SshKeygen, allowed, now, open};
use super::questions::{Question, Stricter, ask};
use super::wire::{self, SK, string};
use crate::common::env::TestEnv;
use crate::common::tools::{has, shared};

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;

const TOUCHED: u8 = 0x01;
const VERIFIED: u8 = 0x04;

/// What an authenticator puts into a signature, of which anything may be wrong.
struct Authenticator {
    /// In the key, and in the trust that is put in it.
    application: Vec<u8>,
    /// That the authenticator was asked to sign for.
    signed_for: Vec<u8>,
    signed_flags: u8,
    flags: u8,
    signed_counter: [u8; 4],
    counter: [u8; 4],
    /// Changes what the authenticator is given.
    message: fn(Vec<u8>) -> Vec<u8>,
    /// Changes the signature of 64 bytes.
    raw: fn(Vec<u8>) -> Vec<u8>,
    /// Changes the signature as SSH carries it.
    wire: fn(Vec<u8>) -> Vec<u8>,
    by: u8,
}

impl Authenticator {
    fn new(flags: u8) -> Self {
        Self {
            application: b"ssh:".to_vec(),
            signed_for: b"ssh:".to_vec(),
            signed_flags: flags,
            flags,
            signed_counter: [0, 0, 0, 7],
            counter: [0, 0, 0, 7],
            message: |message| message,
            raw: |raw| raw,
            wire: |wire| wire,
            by: 1,
        }
    }

    fn for_application(self, application: &[u8]) -> Self {
        Self { application: application.to_vec(), signed_for: application.to_vec(), ..self }
    }

    fn blob(&self) -> Vec<u8> {
        wire::sk_blob(wire::key(1).verifying_key().as_bytes(), &self.application)
    }

    fn signature(&self) -> Vec<u8> {
        let message = (self.message)(sshsig::to_be_signed(Namespace::Openness, MESSAGE));
        let data = wire::authenticator_data(&self.signed_for, self.signed_flags, self.signed_counter, &message);
        let raw = (self.raw)(wire::key(self.by).sign(&data).to_bytes().to_vec());
        (self.wire)([string(SK), string(raw), vec![self.flags], self.counter.to_vec()].concat())
    }

    fn file(&self) -> String {
        sshsig::assemble(Namespace::Openness, &self.blob(), &self.signature())
    }

    fn line(&self) -> String {
        format!("me {}\n", wire::line(SK, &self.blob()))
    }
}

#[test]
fn ssh_keygen_agrees_on_security_keys_except_for_touch() {
    let Some(keygen) = SshKeygen::new() else { return };
    let new = Authenticator::new;
    let good = || new(TOUCHED);
    let untouched = Some(Stricter::Untouched);
    let mut cases: Vec<(String, Authenticator, Option<Stricter>)> = Vec::new();
    // Every flag: whatever else it says, the touch decides.
    for flags in [0x00, 0x01, 0x04, 0x05, 0x08, 0x10, 0x40, 0x41, 0x80, 0x81, 0xc5, 0xfe, 0xff] {
        let stricter = if flags & TOUCHED == 0 { untouched } else { None };
        cases.push((format!("flags {flags:#04x}"), new(flags), stricter));
    }
    for counter in [[0; 4], [0, 0, 0, 1], [0xff; 4]] {
        cases.push((
            format!("counter {counter:?}"),
            Authenticator { signed_counter: counter, counter, ..good() },
            None,
        ));
    }
    for application in ["ssh:", "ssh:openness", "", "https://example.org", "sk", "\u{fc}"] {
        cases.push((format!("for {application:?}"), good().for_application(application.as_bytes()), None));
    }
    cases.push((
        "for an application that is no text".to_owned(),
        good().for_application(b"\xff"),
        Some(Stricter::Text),
    ));
    cases.push(("for an application with NUL".to_owned(), good().for_application(b"ssh:\0"), None));
    let refused: Vec<(&str, Authenticator)> = vec![
        ("the touch is added afterwards", Authenticator { flags: TOUCHED, ..new(0) }),
        ("the touch is taken away afterwards", Authenticator { flags: 0, ..good() }),
        ("the PIN is added afterwards", Authenticator { flags: TOUCHED | VERIFIED, ..good() }),
        ("another counter", Authenticator { counter: [0, 0, 0, 8], ..good() }),
        ("the counter is turned round", Authenticator { counter: [7, 0, 0, 0], ..good() }),
        ("made for another application", Authenticator { signed_for: b"ssh:other".to_vec(), ..good() }),
        ("made for no application", Authenticator { signed_for: Vec::new(), ..good() }),
        ("made for a web site", Authenticator { signed_for: b"https://example.org".to_vec(), ..good() }),
        ("the key names another application", Authenticator { application: b"ssh:other".to_vec(), ..good() }),
        ("by another key", Authenticator { by: 2, ..good() }),
        ("over something else", Authenticator { message: |_| b"else".to_vec(), ..good() }),
        ("over nothing", Authenticator { message: |_| Vec::new(), ..good() }),
        ("over the bare statement", Authenticator { message: |_| MESSAGE.to_vec(), ..good() }),
        (
            "for another namespace",
            Authenticator {
                message: |message| String::from_utf8_lossy(&message).replace("openness@v1", "opennesS@v1").into_bytes(),
                ..good()
            },
        ),
        ("a byte less", Authenticator { raw: |raw| raw[..63].to_vec(), ..good() }),
        ("a byte more", Authenticator { raw: |raw| [&raw[..], &[0]].concat(), ..good() }),
        ("no bytes", Authenticator { raw: |_| Vec::new(), ..good() }),
        ("zeros", Authenticator { raw: |_| vec![0; 64], ..good() }),
        ("its halves exchanged", Authenticator { raw: |raw| [&raw[32..], &raw[..32]].concat(), ..good() }),
        ("a counter of three bytes", Authenticator { wire: |wire| wire[..wire.len() - 1].to_vec(), ..good() }),
        ("no counter", Authenticator { wire: |wire| wire[..wire.len() - 4].to_vec(), ..good() }),
        ("no flags and no counter", Authenticator { wire: |wire| wire[..wire.len() - 5].to_vec(), ..good() }),
        ("a counter of five bytes", Authenticator { wire: |wire| [&wire[..], &[0]].concat(), ..good() }),
        ("something after it", Authenticator { wire: |wire| [&wire[..], &string("x")[..]].concat(), ..good() }),
        (
            "called a plain signature",
            Authenticator {
                wire: |wire| [string("ssh-ed25519"), wire[string(SK).len()..].to_vec()].concat(),
                ..good()
            },
        ),
        (
            "called one of a web site",
            Authenticator {
                wire: |wire| {
                    [string("webauthn-sk-ssh-ed25519@openssh.com"), wire[string(SK).len()..].to_vec()].concat()
                },
                ..good()
            },
        ),
        (
            "called one of another curve",
            Authenticator {
                wire: |wire| [string("sk-ecdsa-sha2-nistp256@openssh.com"), wire[string(SK).len()..].to_vec()].concat(),
                ..good()
            },
        ),
        ("nothing", Authenticator { wire: |_| Vec::new(), ..good() }),
    ];
    let larger = Authenticator { raw: larger, ..good() };
    cases.push(("its S made larger by the order".to_owned(), larger, Some(Stricter::Malleable)));
    let refused_count = refused.len();
    cases.extend(refused.into_iter().map(|(what, made)| (what.to_owned(), made, None)));

    // The trust is that of a good key: only the signature differs, or the application in its key.
    let mut questions = Vec::new();
    for (what, made, stricter) in &cases {
        let line = if what.starts_with("for") { made.line() } else { good().line() };
        let mut question = Question::new(line, "me", NOW, &made.file()).named(what.clone());
        question.stricter = *stricter;
        questions.push(question);
    }
    // A signature of the same key in plain hardware clothes, and the reverse.
    let public = *wire::key(1).verifying_key().as_bytes();
    let plain = wire::signature_file(&wire::plain_blob(&public), &wire::key(1), MESSAGE);
    questions.push(Question::new(good().line(), "me", NOW, &plain).named("signed as a plain key"));
    let plain_line = format!("me {}\n", wire::line("ssh-ed25519", &wire::plain_blob(&public)));
    questions.push(Question::new(plain_line, "me", NOW, &good().file()).named("trusted as a plain key"));
    let mixed = sshsig::assemble(
        Namespace::Openness,
        &good().blob(),
        &wire::plain_signature(&wire::key(1), &sshsig::to_be_signed(Namespace::Openness, MESSAGE)),
    );
    questions.push(Question::new(good().line(), "me", NOW, &mixed).named("a plain signature under a security key"));
    let mixed = sshsig::assemble(Namespace::Openness, &wire::plain_blob(&public), &good().signature());
    questions
        .push(Question::new(good().line(), "me", NOW, &mixed).named("a security key's signature under a plain key"));
    // What `authorized_keys` knows and `allowed_signers` does not.
    for option in ["no-touch-required", "verify-required", "touch-required"] {
        let line = good().line().replacen(' ', &format!(" {option} "), 1);
        questions.push(Question::new(line, "me", NOW, &good().file()).named(option));
    }
    for (option, ends) in
        [("valid-before=\"20251231Z\"", true), ("namespaces=\"git\"", true), ("namespaces=\"*\"", false)]
    {
        let line = good().line().replacen(' ', &format!(" {option} "), 1);
        let question = Question::new(line, "me", NOW, &good().file()).named(option);
        assert_eq!(question.ours().0, !ends, "{option}");
        questions.push(question);
    }
    let bits = good().signature().len() * 8;
    for bit in (0..bits).step_by(17) {
        let mut flipped = good().signature();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let file = sshsig::assemble(Namespace::Openness, &good().blob(), &flipped);
        questions.push(Question::new(good().line(), "me", NOW, &file).named(format!("bit {bit} flipped")));
    }
    ask(&keygen, "security keys", &questions, 14, refused_count + 40);
}

/// RFC 8032, §5.1.7: a second spelling of the same S, which has to be below the order.
fn larger(mut raw: Vec<u8>) -> Vec<u8> {
    crate::common::ed25519::add_order(&mut raw[32..]);
    raw
}

/// The same signatures, without anybody else's opinion: what each is said to be.
#[test]
fn a_security_key_signature_needs_a_touch() {
    let status = |flags: u8, trust: &dyn Fn(Trust) -> Trust| {
        let made = Authenticator::new(flags);
        open(&made.file(), &trust(allowed(&made.line())), now()).status
    };
    let as_it_is = |trust: Trust| trust;
    let verified = Trust::require_user_verification;
    assert_eq!(status(TOUCHED, &as_it_is), Status::Good);
    assert_eq!(status(TOUCHED | VERIFIED, &as_it_is), Status::Good);
    assert_eq!(status(TOUCHED | VERIFIED, &verified), Status::Good);
    // It holds, and is not enough.
    assert_eq!(status(TOUCHED, &verified), Status::Untrusted);
    // A PIN without a touch is no touch.
    for flags in [0, VERIFIED, 0xfe] {
        assert_eq!(status(flags, &as_it_is), Status::Bad);
        assert_eq!(status(flags, &verified), Status::Bad);
        let made = Authenticator::new(flags);
        assert!(open(&made.file(), &allowed(&made.line()), now()).signed.is_none());
    }
    // Who demands it of security keys demands nothing of others, who cannot say.
    let plain = wire::plain_blob(wire::key(1).verifying_key().as_bytes());
    let signature = wire::signature_file(&plain, &wire::key(1), MESSAGE);
    let trust = allowed(&format!("me {}\n", wire::line("ssh-ed25519", &plain))).require_user_verification();
    assert_eq!(open(&signature, &trust, now()).status, Status::Good);
}

/// Software FIDO signatures and a recorded one of real hardware.
#[test]
fn recorded_security_key_signatures_verify() {
    let Some(folder) = shared("sshsig") else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let message = std::fs::read(folder.join("msg")).unwrap();
    let open = |name: &str, trust: &Trust| {
        Envelope::read_sshsig(read(name).as_bytes(), &message).unwrap().verify(trust, now())
    };
    let trust = || allowed(&read("allowed-sk"));
    let touched = open("sk-up.sig", &trust());
    assert_eq!((touched.status, touched.principal.as_deref()), (Status::Good, Some("sk@example.org")));
    let untouched = open("sk-none.sig", &trust());
    assert_eq!(untouched.status, Status::Bad, "{untouched:?}");
    assert!(untouched.signed.is_none());
    assert_eq!(open("sk-upuv.sig", &trust()).status, Status::Good);
    assert_eq!(open("sk-up.sig", &trust().require_user_verification()).status, Status::Untrusted);
    assert_eq!(open("sk-upuv.sig", &trust().require_user_verification()).status, Status::Good);
    assert_eq!(open("sk-up.sig", &Trust::of_key_text(&read("sk.pub")).unwrap()).status, Status::Good);
    assert_eq!(open("sk-up.sig", &Trust::none()).status, Status::Untrusted);
    let elsewhere = Envelope::read_sshsig(read("sk-up.sig").as_bytes(), b"else").unwrap().verify(&trust(), now());
    assert_eq!(elsewhere.status, Status::Bad);

    let public = read("sk.pub");
    let (fingerprint, name) = (touched.key.unwrap().to_string(), folder.join("sk.pub"));
    if has("ssh-keygen") {
        let output = TestEnv::new().command("ssh-keygen").args([Path::new("-lf"), &name]).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains(&fingerprint), "{public}");
        // Which lets the one without a touch pass.
        for name in ["sk-up.sig", "sk-none.sig"] {
            let status = TestEnv::new()
                .command("ssh-keygen")
                .args(["-Y", "verify", "-f", "allowed-sk", "-I", "sk@example.org", "-n", "openness@v1", "-s", name])
                .current_dir(&folder)
                .stdin(std::fs::File::open(folder.join("msg")).unwrap())
                .output()
                .unwrap();
            assert!(status.status.success(), "{name}: {status:?}");
        }
    }
}
