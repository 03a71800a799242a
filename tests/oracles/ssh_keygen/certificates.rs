//! OpenSSH certificates: principals, validity, authority, and critical options.

use openness::sign::{AgentKey, Envelope, PublicKey, Status};

use super::keygen::{MESSAGE, SshKeygen, allowed, now, open};
use super::questions::{Question, Stricter, ask};
use super::wire::{self, Certificate, string};

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;

/// A signature by a certificate holds the key that it is for, by which a bundle beside it can be tried.
#[test]
fn a_certificate_names_its_key_as_a_hint() {
    let Some(keygen) = SshKeygen::new() else { return };
    for name in ["id", "ca"] {
        keygen.new_key(name);
    }
    keygen.must("-q -s ca -I x -n a@b id.pub");
    let signature = keygen.signature("id-cert.pub", MESSAGE);
    let envelope = Envelope::read_sshsig(signature.as_bytes(), MESSAGE).unwrap();
    assert_eq!(envelope.claimed_key(), Some(PublicKey::parse(&keygen.public("id")).unwrap()));
    let certificate = std::fs::read_to_string(keygen.path("id-cert.pub")).unwrap();
    assert!(!AgentKey::parse(&certificate).unwrap().wants_touch());
}

/// Certificates that `ssh-keygen` makes, before lines, for identities.
#[test]
fn ssh_keygen_agrees_on_its_certificates() {
    let Some(keygen) = SshKeygen::new() else { return };
    for name in ["id", "ca", "evil"] {
        keygen.new_key(name);
    }
    keygen.must("-q -t rsa -b 2048 -N '' -f rsa");
    let (ca, key, rsa) = (keygen.public("ca"), keygen.public("id"), keygen.public("rsa"));
    let always = "-V 20200101:20991231";
    let lines = [
        format!("* cert-authority {ca}"),
        format!("*@b cert-authority {ca}"),
        format!("*@c cert-authority {ca}"),
        format!("a@b cert-authority {ca}"),
        format!("*@b,!a@b cert-authority {ca}"),
        format!("*@b {ca}"),
        format!("*@b {key}"),
        format!("*@b cert-authority {key}"),
        format!("*@b cert-authority,namespaces=\"git\" {ca}"),
        format!("*@b namespaces=\"openness@v1\",cert-authority {ca}"),
        format!("*@b cert-authority,valid-before=\"20251231235959Z\" {ca}"),
        format!("*@b cert-authority,valid-before=\"20260101000000Z\" {ca}"),
        format!("*@b cert-authority,valid-after=\"20260101000001Z\" {ca}"),
        format!("*@b {key}\n*@b cert-authority {ca}"),
        format!("*@c cert-authority {ca}\n*@b cert-authority {ca}"),
    ];
    let options = Some(Stricter::CriticalOption);
    let mut questions = Vec::new();
    for (certify, stricter) in [
        (format!("-s ca -I x -n a@b {always}"), None),
        (format!("-s ca -I x -n a@b,c@b -z 0 {always}"), None),
        (format!("-s ca -I x -n c@b,a@b -z 18446744073709551615 {always}"), None),
        (format!("-s ca -I x {always}"), None),
        (format!("-s ca -I x -n * {always}"), None),
        (format!("-s ca -I x -n *@b {always}"), None),
        (format!("-s ca -h -I x -n a@b {always}"), None),
        (format!("-s evil -I x -n a@b {always}"), None),
        ("-s ca -I x -n a@b -V 20100101:20200101".to_owned(), None),
        ("-s ca -I x -n a@b -V 20900101:20990101".to_owned(), None),
        ("-s ca -I x -n a@b -V always:forever".to_owned(), None),
        (format!("-s ca -I x -n a@b -O clear {always}"), None),
        (format!("-s ca -I x -n a@b -O extension:x@example.org=y {always}"), None),
        (format!("-s ca -I x -n a@b -O force-command=true {always}"), options),
        (format!("-s ca -I x -n a@b -O source-address=127.0.0.1/32 {always}"), options),
        (format!("-s ca -I x -n a@b -O verify-required {always}"), options),
        (format!("-s ca -I x -n a@b -O critical:x@example.org=y {always}"), options),
    ] {
        let _ = std::fs::remove_file(keygen.path("id-cert.pub"));
        keygen.must(&format!("-q {certify} id.pub"));
        let signature = keygen.signature("id-cert.pub", MESSAGE);
        for line in &lines {
            let everybody =
                if certify.contains("c@b") || certify.contains('*') { &["a@b", "c@b"][..] } else { &["a@b"] };
            for who in everybody {
                let mut question = Question::new(format!("{line}\n"), who, NOW, &signature);
                question.what = format!("`{certify}` and {}", question.what);
                question.stricter = stricter;
                questions.push(question);
            }
        }
    }
    // By an authority that we cannot verify.
    keygen.must(&format!("-q -s rsa -I x -n a@b {always} id.pub"));
    let signature = keygen.signature("id-cert.pub", MESSAGE);
    let line = format!("*@b cert-authority {rsa}\n");
    questions.push(Question::new(line, "a@b", NOW, &signature).stricter(Stricter::Algorithm));
    ask(&keygen, "certificates", &questions, 45, 180);
}

/// Without an identity, everybody is named for whom the certificate and the line speak.
#[test]
fn find_principals_agrees_on_certificates() {
    let Some(keygen) = SshKeygen::new() else { return };
    for name in ["id", "ca"] {
        keygen.new_key(name);
    }
    let ca = keygen.public("ca");
    for principals in ["a@b", "a@b,c@d", "c@d,a@b,e@b", "x"] {
        let _ = std::fs::remove_file(keygen.path("id-cert.pub"));
        keygen.must(&format!("-q -s ca -I x -n {principals} -V 20200101:20991231 id.pub"));
        let signature = keygen.signature("id-cert.pub", MESSAGE);
        for patterns in ["*", "*@b", "a@*", "*@b,c@d", "nobody", "?"] {
            let line = format!("{patterns} cert-authority {ca}\n");
            keygen.write("allowed", &line);
            let (found, said) = keygen.keygen("-Y find-principals -f allowed -s signed.sig", b"");
            let opened = open(&signature, &allowed(&line), now());
            assert_eq!(found, opened.status == Status::Good, "{principals}, {patterns}: {said}{opened:?}");
            let sorted = |text: &str, by: char| {
                let mut names: Vec<_> = text.trim().split(by).map(str::to_owned).collect();
                names.sort_unstable();
                names
            };
            if let Some(ours) = opened.principal {
                assert_eq!(sorted(&ours, ','), sorted(&said, '\n'), "{principals}, {patterns}");
            }
        }
    }
}

/// Certificates that no tool would make, though an authority may.
#[test]
fn ssh_keygen_agrees_on_handmade_certificates() {
    let Some(keygen) = SshKeygen::new() else { return };
    let (subject, authority, other) = (wire::key(1), wire::key(2), wire::key(3));
    let blob_of = |key: &ed25519_dalek::SigningKey| wire::plain_blob(key.verifying_key().as_bytes());
    let line = format!("me,you cert-authority {}\n", wire::line("ssh-ed25519", &blob_of(&authority)));
    let second = u64::try_from(NOW).unwrap();
    let certificate = Certificate::default;
    let pair = |name: &[u8], data: &[u8]| [string(name), string(data)].concat();
    let mut made: Vec<(&str, Vec<u8>, Option<Stricter>)> = Vec::new();
    let mut add = |what, certificate: Certificate, stricter| {
        made.push((what, certificate.sign(&subject, &authority), stricter));
    };
    add("a plain one", certificate(), None);
    for (what, after, before) in [
        ("from this second", second, u64::MAX),
        ("from the next second", second + 1, u64::MAX),
        ("until this second", 0, second),
        ("until the next second", 0, second + 1),
        ("this second alone", second, second + 1),
        ("of no second", second, second),
        ("of a time that ends before it begins", second + 1, second),
        ("until the end of signed seconds", 0, u64::MAX / 2),
        ("after the end of signed seconds", u64::MAX / 2 + 1, u64::MAX),
        ("of the first second", 0, 1),
    ] {
        add(what, Certificate { after, before, ..certificate() }, None);
    }
    for kind in [0, 2, 3, u32::MAX] {
        add("of another kind", Certificate { kind, ..certificate() }, None);
    }
    add("without serial", Certificate { serial: 0, ..certificate() }, None);
    add("without id", Certificate { id: Vec::new(), ..certificate() }, None);
    add("with an id that is no text", Certificate { id: b"\xff".to_vec(), ..certificate() }, Some(Stricter::Text));
    add("with an id with NUL", Certificate { id: b"a\0b".to_vec(), ..certificate() }, None);
    for (what, principals, stricter) in [
        ("for nobody", vec![], None),
        ("for an empty name", vec![&b""[..]], None),
        ("for many", vec![b"x", b"you", b"me"], None),
        ("for one twice", vec![b"me", b"me"], None),
        ("for everybody", vec![b"*"], None),
        ("for a negation", vec![b"!me"], None),
        ("for a list", vec![b"me,you"], None),
        ("for a name in capitals", vec![b"ME"], None),
        ("for a name with a blank", vec![b"me "], None),
        ("for a name with NUL", vec![b"me\0", b"me"], Some(Stricter::Text)),
        ("for a name that is no text", vec![b"\xff", b"me"], Some(Stricter::Text)),
    ] {
        let principals = principals.into_iter().map(<[u8]>::to_vec).collect();
        add(what, Certificate { principals, ..certificate() }, stricter);
    }
    let many = |count: usize| (0..count).map(|_| b"x".to_vec()).chain([b"me".to_vec()]).collect();
    add("for 256", Certificate { principals: many(255), ..certificate() }, None);
    add("for 257", Certificate { principals: many(256), ..certificate() }, None);
    add("for 1000", Certificate { principals: many(999), ..certificate() }, None);
    for (what, critical, stricter) in [
        ("with a command", pair(b"force-command", &string("true")), Some(Stricter::CriticalOption)),
        ("with an address", pair(b"source-address", &string("10.0.0.0/8")), Some(Stricter::CriticalOption)),
        ("with an unknown option", pair(b"x", b""), Some(Stricter::CriticalOption)),
        ("with half an option", string("x"), None),
        ("with a broken option", vec![0, 0, 0, 9], None),
    ] {
        add(what, Certificate { critical, ..certificate() }, stricter);
    }
    add("with an extension", Certificate { extensions: pair(b"permit-pty", b""), ..certificate() }, None);
    add("with an unknown extension", Certificate { extensions: pair(b"x", b"y"), ..certificate() }, None);
    add("with half an extension", Certificate { extensions: string("x"), ..certificate() }, None);
    add("with something reserved", Certificate { reserved: b"x".to_vec(), ..certificate() }, None);

    let authority_blob = blob_of(&authority);
    made.push(("by another than it says", certificate().sign_as(&subject, &authority_blob, &other), None));
    made.push(("by another authority", certificate().sign(&subject, &other), None));
    made.push(("by its own subject", certificate().sign(&subject, &subject), None));
    let nested = certificate().sign(&authority, &other);
    made.push(("by an authority with a certificate", certificate().sign_as(&subject, &nested, &authority), None));
    let plain = certificate().sign(&subject, &authority);
    made.push(("with a byte more", [&plain[..], &[0]].concat(), None));
    made.push(("cut short", plain[..plain.len() - 1].to_vec(), None));

    let mut questions: Vec<Question> = Vec::new();
    for (what, blob, stricter) in &made {
        let signature = wire::signature_file(blob, &subject, MESSAGE);
        for who in ["me", "you"] {
            let mut question = Question::new(line.clone(), who, NOW, &signature).named(format!("{what}, for {who}"));
            question.stricter = *stricter;
            questions.push(question);
        }
    }
    // The certificate is good, but its subject signed nothing.
    let signature = wire::signature_file(&plain, &other, MESSAGE);
    questions.push(Question::new(line.clone(), "me", NOW, &signature).named("signed by another key"));
    let signature = wire::signature_file(&plain, &authority, MESSAGE);
    questions.push(Question::new(line.clone(), "me", NOW, &signature).named("signed by the authority itself"));
    // No bit of it can change, whichever.
    for bit in (0..plain.len() * 8).step_by(37) {
        let mut flipped = plain.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let signature = wire::signature_file(&flipped, &subject, MESSAGE);
        questions.push(Question::new(line.clone(), "me", NOW, &signature).named(format!("bit {bit} flipped")));
    }
    ask(&keygen, "certificates by hand", &questions, 12, 120);
}

#[test]
fn a_certificate_outside_its_validity_has_its_own_status() {
    let (subject, authority) = (wire::key(1), wire::key(2));
    let blob = wire::plain_blob(authority.verifying_key().as_bytes());
    let trust = allowed(&format!("me cert-authority {}\n", wire::line("ssh-ed25519", &blob)));
    let status = |after, before| {
        let certificate = Certificate { after, before, ..Certificate::default() }.sign(&subject, &authority);
        open(&wire::signature_file(&certificate, &subject, MESSAGE), &trust, now()).status
    };
    let second = u64::try_from(NOW).unwrap();
    assert_eq!(status(0, u64::MAX), Status::Good);
    assert_eq!(status(0, second), Status::Expired);
    assert_eq!(status(second + 1, u64::MAX), Status::NotYetValid);
}
