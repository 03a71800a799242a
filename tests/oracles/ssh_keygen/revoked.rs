//! Revoked keys and certificates: key revocation lists by `ssh-keygen -k` and handmade ones, and plain lists of keys.

use openness::sign::{Envelope, Revocations, SecretKey, Status, Trust, dsse};

use super::keygen::{MESSAGE, SshKeygen, allowed, now, open};
use super::questions::{Laxer, Question, Stricter, ask, each};
use super::wire::{self, string};

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;

/// Keys `id`, `other`, `ca` and `evil`, an RSA key, and certificates for `id` with serials.
struct Scene {
    keygen: SshKeygen,
    allowed: String,
    /// By what they are called in messages: the public key or certificate's file, and a signature.
    signers: Vec<(&'static str, String)>,
}

impl Scene {
    fn new() -> Option<Self> {
        let keygen = SshKeygen::new()?;
        for name in ["id", "other", "ca", "evil"] {
            keygen.new_key(name);
        }
        keygen.must("-q -t rsa -b 2048 -N '' -f rsa");
        let mut signers = vec![("id.pub", keygen.signature("id", MESSAGE))];
        for (name, arguments) in [
            ("serial-23.pub", "-s ca -I the-id -z 23"),
            ("serial-0.pub", "-s ca -I no-serial"),
            ("serial-max.pub", "-s ca -I id\u{e9} -z 18446744073709551615"),
            ("by-evil.pub", "-s evil -I the-id -z 23"),
        ] {
            keygen.must(&format!("-q {arguments} -n a@b -V 20200101:20991231 id.pub"));
            signers.push((name, keygen.signature("id-cert.pub", MESSAGE)));
            std::fs::rename(keygen.path("id-cert.pub"), keygen.path(name)).unwrap();
        }
        let [id, ca, evil] = ["id", "ca", "evil"].map(|name| keygen.public(name));
        let allowed = format!("a@b {id}\na@b cert-authority {ca}\na@b cert-authority {evil}\n");
        Some(Self { keygen, allowed, signers })
    }

    /// What `ssh-keygen -k` makes of a specification.
    fn list(&self, authority: &str, specification: &str, more: &str) -> Vec<u8> {
        self.keygen.write("specification", format!("{specification}\n"));
        self.keygen.must(&format!("-q -k -f krl -s {authority}{more} specification"));
        std::fs::read(self.keygen.path("krl")).unwrap()
    }

    /// A question for each signer.
    fn questions<'a>(&'a self, list: &'a [u8], what: &'a str) -> impl Iterator<Item = Question> + 'a {
        self.signers.iter().map(move |(name, signature)| {
            let question = Question::new(self.allowed.clone(), "a@b", NOW, signature);
            question.named(format!("{name}, `{}`", what.escape_debug())).revoked(list)
        })
    }
}

#[test]
fn ssh_keygen_agrees_on_its_revocation_lists() {
    let Some(scene) = Scene::new() else { return };
    let keygen = &scene.keygen;
    let sha256 = keygen.must("-l -f id.pub").split(' ').nth(1).unwrap().to_owned();
    let [id, ca, other, rsa] = ["id", "ca", "other", "rsa"].map(|name| keygen.public(name));
    let certificate = keygen.read("serial-23.pub");
    let scattered = (0..40).map(|at| format!("serial: {}", at * at + 7)).collect::<Vec<_>>().join("\n");
    let dense = (0..200).map(|at| format!("serial: {}", at * 2 + 1)).collect::<Vec<_>>().join("\n");
    let far = (0..10).map(|at| format!("serial: {}", at * 1_000_000 + 23)).collect::<Vec<_>>().join("\n");
    let specifications = [
        "# nothing".to_owned(),
        "serial: 23".to_owned(),
        "serial: 0x17".to_owned(),
        "serial: 24".to_owned(),
        "serial: 1".to_owned(),
        "serial: 20-30".to_owned(),
        "serial: 1-22\nserial: 24-99".to_owned(),
        "serial: 1-18446744073709551615".to_owned(),
        "serial: 18446744073709551615".to_owned(),
        "serial: 18446744073709551614".to_owned(),
        "serial: 18446744073709551600-18446744073709551615".to_owned(),
        "serial: 1\nserial: 3\nserial: 21\nserial: 23\nserial: 40".to_owned(),
        "serial: 1\nserial: 3\nserial: 22\nserial: 24\nserial: 40".to_owned(),
        "serial: 1-10\nserial: 12\nserial: 14\nserial: 16-20\nserial: 23\nserial: 1000-2000".to_owned(),
        scattered,
        dense,
        far,
        "id: the-id".to_owned(),
        "id: THE-ID".to_owned(),
        "id: another-id".to_owned(),
        "id: id\u{e9}".to_owned(),
        "id: no-serial\nid: a\nid: z".to_owned(),
        "serial: 5\nid: the-id".to_owned(),
        format!("key: {id}"),
        format!("key: {ca}"),
        format!("key: {other}"),
        format!("key: {certificate}"),
        format!("key: {rsa}"),
        format!("sha1: {id}"),
        format!("sha256: {id}"),
        format!("sha256: {ca}"),
        format!("sha1: {ca}"),
        format!("hash: {sha256}"),
        format!("sha1: {other}"),
        format!("sha256: {other}"),
        format!("key: {other}\nkey: {rsa}\nsha1: {rsa}\nsha256: {other}\nserial: 23\nid: x"),
    ];
    let mut questions = Vec::new();
    let mut lists = Vec::new();
    for authority in ["ca.pub", "none", "other.pub"] {
        // Without an authority, and with another, some are enough.
        let every = if authority == "ca.pub" { 1 } else { 4 };
        for specification in specifications.iter().step_by(every) {
            let list = scene.list(authority, specification, "");
            questions.extend(scene.questions(&list, &format!("{authority}: {specification}")));
            lists.push((format!("{authority}: {specification}"), list));
        }
    }
    // A version of the list, a comment in it, and lists that were added to.
    lists.push(("numbered".to_owned(), scene.list("ca.pub", "serial: 23", " -z 4711")));
    scene.list("ca.pub", "serial: 1", "");
    lists.push(("added to".to_owned(), scene.list("ca.pub", "serial: 23", " -u")));
    lists.push(("added to by another".to_owned(), scene.list("other.pub", &format!("key: {id}"), " -u")));
    for (what, list) in &lists[lists.len() - 3..] {
        questions.extend(scene.questions(list, what));
    }
    ask(keygen, "revocation lists", &questions, 150, 80);

    // `-Q` is another question about the same, of the key rather than of a signature.
    let names: Vec<&str> = scene.signers.iter().map(|(name, _)| *name).collect();
    each(&lists, |number, (what, list)| {
        let file = format!("query{number}");
        keygen.write(&file, list);
        let (_, said) = keygen.keygen(&format!("-Q -f {file} {}", names.join(" ")), b"");
        for (name, signature) in &scene.signers {
            let line = said.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{what}: {said}"));
            let trust = allowed(&scene.allowed).revoke(Revocations::read(list, "list").unwrap());
            let expected = if line.ends_with("REVOKED") { Status::Revoked } else { Status::Good };
            assert_eq!(open(signature, &trust, now()).status, expected, "{name}, `{what}`: {line}");
        }
    });
    println!("-Q: asked {}", lists.len() * names.len());
}

#[test]
fn ssh_keygen_agrees_on_plain_revocation_lists() {
    let Some(scene) = Scene::new() else { return };
    let keygen = &scene.keygen;
    let [id, ca, other, rsa] = ["id", "ca", "other", "rsa"].map(|name| keygen.public(name));
    let certificate = keygen.read("serial-23.pub");
    let good = [
        String::new(),
        "# nothing\n\n   \n".to_owned(),
        format!("{id}\n"),
        id.clone(),
        format!("{id} a comment\r\n"),
        format!("  \t{id}\n"),
        format!("# {id}\n"),
        format!("{other}\n{rsa}\n"),
        format!("{other}\n{rsa}\n\n# x\n{id}\n"),
        format!("{rsa}\n{ca}\n"),
        certificate,
        format!("{}\n", id.replace(' ', "\t")),
        format!("{}{id}\n", "#\n".repeat(5000)),
    ];
    let bad = [
        format!("me {id}\n"),
        format!("restrict {id}\n"),
        "nonsense\n".to_owned(),
        format!("{other}\nssh-ed25519\n"),
        format!("{}\n", &other[..other.len() - 4]),
        format!("ssh-ed448 {}\n", other.split(' ').nth(1).unwrap()),
        "SSHKRL\n".to_owned(),
    ];
    let mut questions: Vec<_> = good.iter().flat_map(|list| scene.questions(list.as_bytes(), list)).collect();
    for list in &bad {
        assert!(Revocations::read(list.as_bytes(), "list").is_err(), "{list}");
        questions.extend(scene.questions(list.as_bytes(), list));
    }
    ask(keygen, "plain lists", &questions, 20, 50);
}

/// A list of every kind of section, cut and changed: what `ssh-keygen` refuses, we refuse.
#[test]
fn broken_revocation_lists_pass_no_key_that_ssh_keygen_stops() {
    let Some(scene) = Scene::new() else { return };
    let keygen = &scene.keygen;
    let other = keygen.public("other");
    let specification = format!(
        "serial: 1\nserial: 3\nserial: 5\nserial: 9\nserial: 100-200\nid: x\nkey: {other}\nsha1: {other}\nsha256: {other}"
    );
    let whole = scene.list("ca.pub", &specification, "");
    let (_, signature) = &scene.signers[1];
    let ask_of = |list: Vec<u8>, what: String| {
        Question::new(scene.allowed.clone(), "a@b", NOW, signature).named(what).revoked(list)
    };
    let mut questions: Vec<_> =
        (0..whole.len()).step_by(7).map(|end| ask_of(whole[..end].to_vec(), format!("cut at {end}"))).collect();
    for bit in (0..whole.len() * 8).step_by(29) {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        questions.push(ask_of(flipped, format!("bit {bit} flipped")));
    }
    questions.push(ask_of(whole.clone(), "whole".to_owned()));
    ask(keygen, "broken revocation lists", &questions, 15, 50);
}

/// Lists that `ssh-keygen -k` does not make: other versions, sections out of order, extensions, signatures.
#[test]
fn ssh_keygen_agrees_on_handmade_revocation_lists() {
    let Some(scene) = Scene::new() else { return };
    let keygen = &scene.keygen;
    let id = wire::unbase64(keygen.public("id").split(' ').nth(1).unwrap());
    let ca = wire::unbase64(keygen.public("ca").split(' ').nth(1).unwrap());
    let head = |version: u32, reserved: &[u8], comment: &[u8]| {
        [b"SSHKRL\n\0", &version.to_be_bytes()[..], &[0; 24], &string(reserved), &string(comment)].concat()
    };
    let section = |kind: u8, body: &[u8]| [&[kind][..], &string(body)].concat();
    let list = |sections: &[Vec<u8>]| [head(1, b"", b""), sections.concat()].concat();
    let of_certificates =
        |authority: &[u8], parts: &[Vec<u8>]| section(1, &[string(authority), string(""), parts.concat()].concat());
    let serial = |number: u64| section(0x20, &number.to_be_bytes());
    let range = |from: u64, to: u64| section(0x21, &[from.to_be_bytes(), to.to_be_bytes()].concat());
    let bitmap = |offset: u64, bits: &[u8]| section(0x22, &[&offset.to_be_bytes()[..], &string(bits)].concat());
    let ids = |ids: &[&[u8]]| section(0x23, &ids.iter().flat_map(string).collect::<Vec<_>>());
    let extension = |critical: u8| [string("x@example.org"), vec![critical], string("")].concat();
    let cases: Vec<(&str, Vec<u8>, Option<Stricter>)> = vec![
        ("empty", list(&[]), None),
        ("of another version", head(2, b"", b""), None),
        ("of version 0", head(0, b"", b""), None),
        ("with something reserved", head(1, b"x", b""), None),
        ("with a comment", head(1, b"", b"words"), None),
        ("with a comment that is no text", head(1, b"", b"\xff"), None),
        ("an explicit key", list(&[section(2, &string(&id))]), None),
        ("an explicit key after another", list(&[section(2, &[string(&ca), string(&id)].concat())]), None),
        ("keys in two sections", list(&[section(2, &string(&ca)), section(2, &string(&id))]), None),
        ("a key that is none", list(&[section(2, &string("x"))]), None),
        ("an empty key", list(&[section(2, &string(""))]), None),
        ("a section without keys", list(&[section(2, b"")]), None),
        ("a SHA-1 too short", list(&[section(3, &string([0; 19]))]), None),
        ("a SHA-256 too long", list(&[section(5, &string([0; 33]))]), None),
        ("a SHA-1 of nothing", list(&[section(3, &string([0; 20]))]), None),
        ("a SHA-256 of nothing", list(&[section(5, &string([0; 32]))]), None),
        ("an unknown section", list(&[section(6, b"")]), None),
        ("section 0", list(&[section(0, b"")]), None),
        ("an extension", list(&[section(255, &extension(0))]), None),
        ("a critical extension", list(&[section(255, &extension(1))]), None),
        ("a broken extension", list(&[section(255, b"x")]), None),
        ("a signature", list(&[section(4, &string(&ca))]), None),
        ("a serial", list(&[of_certificates(&ca, &[serial(23)])]), None),
        ("a serial of everybody", list(&[of_certificates(b"", &[serial(23)])]), None),
        ("serials and ids", list(&[of_certificates(&ca, &[serial(1), ids(&[b"a", b"the-id"])])]), None),
        ("serial 0", list(&[of_certificates(&ca, &[serial(0)])]), None),
        ("a range", list(&[of_certificates(&ca, &[range(23, 23)])]), None),
        ("a range from 0", list(&[of_certificates(&ca, &[range(0, 23)])]), None),
        ("a range that ends before it begins", list(&[of_certificates(&ca, &[range(30, 20)])]), None),
        ("all serials", list(&[of_certificates(&ca, &[range(1, u64::MAX)])]), None),
        ("a bitmap", list(&[of_certificates(&ca, &[bitmap(23, &[1])])]), None),
        ("a bitmap before it", list(&[of_certificates(&ca, &[bitmap(16, &[0x40])])]), None),
        ("a bitmap with its top bit after a zero", list(&[of_certificates(&ca, &[bitmap(16, &[0, 0x80])])]), None),
        ("a negative bitmap", list(&[of_certificates(&ca, &[bitmap(16, &[0x80])])]), None),
        ("a bitmap of bytes", list(&[of_certificates(&ca, &[bitmap(7, &[1, 0, 0])])]), None),
        ("a bitmap with zeros before it", list(&[of_certificates(&ca, &[bitmap(23, &[0, 0, 1])])]), None),
        ("an empty bitmap", list(&[of_certificates(&ca, &[bitmap(23, &[])])]), None),
        ("a bitmap from 0", list(&[of_certificates(&ca, &[bitmap(0, &[0x7f, 0xff, 0xff, 0xff])])]), None),
        ("a bitmap past the end", list(&[of_certificates(&ca, &[bitmap(u64::MAX, &[3])])]), None),
        ("an id that is no text", list(&[of_certificates(&ca, &[ids(&[b"\xff"])])]), Some(Stricter::Text)),
        ("an empty id", list(&[of_certificates(&ca, &[ids(&[b""])])]), None),
        ("an unknown part", list(&[of_certificates(&ca, &[section(0x24, b"")])]), None),
        ("an extension as part", list(&[of_certificates(&ca, &[section(0x39, &extension(0))])]), None),
        ("a critical extension as part", list(&[of_certificates(&ca, &[section(0x39, &extension(1))])]), None),
        ("a part with bytes after it", list(&[of_certificates(&ca, &[section(0x21, &[0; 17])])]), None),
        ("half a serial", list(&[of_certificates(&ca, &[section(0x20, &[0; 4])])]), None),
        ("an authority that is no key", list(&[of_certificates(b"x", &[serial(23)])]), None),
        ("a section of nothing on certificates", list(&[section(1, b"")]), None),
        ("a byte after it", [list(&[]), vec![0]].concat(), None),
    ];
    let mut questions = Vec::new();
    for (what, list, stricter) in &cases {
        questions.extend(scene.questions(list, what).map(|mut question| {
            question.stricter = *stricter;
            question.laxer = what.starts_with("an extension").then_some(Laxer::Newer);
            question
        }));
    }
    ask(keygen, "revocation lists by hand", &questions, 60, 60);
}

#[test]
fn a_revoked_key_is_revoked_in_a_bundle_too() {
    let key = SecretKey::generate().unwrap();
    let bundle = dsse::sign(MESSAGE, &key).unwrap();
    let trust = Trust::of_keys([*key.public()]).revoke(Revocations::of_keys([*key.public()]));
    let opened = Envelope::read_dsse(&bundle).unwrap().verify(&trust, now());
    assert_eq!(opened.status, Status::Revoked);
    assert!(opened.signed.unwrap().verified().is_none());
}
