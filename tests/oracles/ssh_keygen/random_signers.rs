//! Random `allowed_signers` files of words of the format, with and without typos; the same ones in every run.

use std::sync::Mutex;

use openness::sign::Trust;
use openness::source::Source;

use super::keygen::{MESSAGE, SshKeygen};
use super::questions::{Question, Stricter, ask};
use crate::common::rng::Rng;

const NOON: i64 = 1_748_779_200;

const PATTERNS: &[&str] =
    &["me", "you", "*", "m*", "?e", "!me", "!you", "*@b", "a@b", "!*@b", "", "ME", "m\u{e9}", "\\*"];
const NAMES: &[&str] = &["me", "you", "a@b", "c@b", "ME", "m\u{e9}", "meme", "*"];
const NAMESPACES: &[&str] =
    &["openness@v1", "openness@*", "git", "*", "!git", "!openness@v1", "", "a\\\"b", "a b", "\\"];
const TIMES: &[&str] = &[
    "20250601",
    "20250601Z",
    "20250601120000Z",
    "202506011200Z",
    "20250601115959Z",
    "20250601120001Z",
    "20240101",
    "20260101Z",
    "99991231Z",
    "2025",
    "",
    "20251301",
    "20250631Z",
    "20250601120061Z",
    "19700101Z",
    "yesterday",
    "2025 6 1Z",
    "20250601utc",
];
const SPACES: &[&str] = &[" ", " ", " ", "\t", "  ", " \t ", "\r"];

struct Author<'a> {
    numbers: &'a mut Rng,
    key: &'a str,
    others: &'a [String],
}

impl Author<'_> {
    fn list(&mut self, of: &[&str]) -> String {
        let count = 1 + self.numbers.below(3);
        (0..count).map(|_| self.numbers.of(of)).collect::<Vec<_>>().join(",")
    }

    fn principals(&mut self) -> String {
        let list = self.list(PATTERNS);
        match self.numbers.below(8) {
            0 => format!("\"{list}\""),
            1 => format!("\"{list} x\""),
            2 => format!("x\"{list}\""),
            3 if self.numbers.often(20) => format!("\"{list}"),
            _ => list,
        }
    }

    fn option(&mut self) -> String {
        let name = match self.numbers.below(10) {
            0 => {
                return (self.numbers.of(&[
                    "cert-authority",
                    "Cert-Authority",
                    "touch-required",
                    "",
                    "cert-authority=x",
                ]))
                .to_owned();
            }
            1..=4 => "namespaces",
            5 | 6 => "valid-after",
            7 | 8 => "valid-before",
            _ => self.numbers.of(&["NAMESPACES", "Valid-After", "valid_before", "namespace"]),
        };
        let value = if name.eq_ignore_ascii_case("namespaces") || name == "namespace" {
            self.list(NAMESPACES)
        } else {
            self.numbers.of(TIMES).to_owned()
        };
        match self.numbers.below(30) {
            0 => format!("{name}={value}"),
            1 => format!("{name}=\"{value}"),
            2 => name.to_owned(),
            _ => format!("{name}=\"{value}\""),
        }
    }

    fn key(&mut self) -> String {
        let key =
            if self.numbers.often(80) { self.key } else { self.others[self.numbers.below(self.others.len())].as_str() };
        match self.numbers.below(40) {
            0 => key[..key.len() - 1].to_owned(),
            1 => format!("{key}="),
            2 => key.to_uppercase(),
            3 => key.replacen(' ', "  ", 1),
            4 => key.replacen(' ', "\t", 1),
            _ => key.to_owned(),
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        if self.numbers.often(10) {
            line += self.numbers.of(SPACES);
        }
        if self.numbers.often(4) {
            line.push('#');
        }
        line += &self.principals();
        line += self.numbers.of(SPACES);
        if self.numbers.often(60) {
            let count = 1 + self.numbers.below(3);
            line += &(0..count).map(|_| self.option()).collect::<Vec<_>>().join(",");
            line += self.numbers.of(SPACES);
        }
        line += &self.key();
        if self.numbers.often(30) {
            line += self.numbers.of(SPACES);
            line += self.numbers.of(&["comment", "two words", "\"quoted", "#", "\u{1b}[2J"]);
        }
        line
    }
}

/// Of a file, the lines that we can use get the answer of `ssh-keygen`; those that we cannot use, it cannot either.
#[test]
fn ssh_keygen_agrees_on_random_signer_lists() {
    let Some(keygen) = SshKeygen::new() else { return };
    for name in ["id", "other"] {
        keygen.new_key(name);
    }
    keygen.must("-q -t ecdsa -N '' -f ecdsa");
    let (signature, key) = (keygen.signature("id", MESSAGE), keygen.public("id"));
    let others = [keygen.public("other"), keygen.public("ecdsa")];
    let mut numbers = Rng(1);
    let (mut whole, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..400 {
        let mut author = Author { numbers: &mut numbers, key: &key, others: &others };
        let count = 1 + author.numbers.below(3);
        let lines: Vec<String> = (0..count).map(|_| author.line()).collect();
        let ending = numbers.of(&["\n", "\n", "\n", "\r\n"]);
        let bad = |lines: &[String]| match Trust::of_allowed_signers(
            &Source::new("allowed", lines.join(ending)),
            &jiff::tz::TimeZone::system(),
        ) {
            Ok(_) => Vec::new(),
            Err(error) => error.lines.iter().map(|bad| bad.line - 1).collect(),
        };
        let unusable: Vec<usize> = bad(&lines);
        let usable: Vec<&String> = (0..lines.len()).filter(|at| !unusable.contains(at)).map(|at| &lines[at]).collect();
        let who = numbers.of(NAMES);
        if !usable.is_empty() {
            let file: String = usable.iter().map(|line| format!("{line}{ending}")).collect();
            whole.push(Question::new(file, who, NOON, &signature));
        }
        for at in unusable {
            alone.push(Question::new(format!("{}{ending}", lines[at]), "me", NOON, &signature));
        }
    }
    ask(&keygen, "files by chance", &whole, 40, 100);
    ask(&keygen, "bad lines by chance", &alone, 0, 80);
}

/// Bytes of a good list changed by chance: the two agree, or we refuse the list.
#[test]
fn ssh_keygen_agrees_on_lists_with_a_changed_byte() {
    let Some(keygen) = SshKeygen::new() else { return };
    keygen.new_key("id");
    let (signature, key) = (keygen.signature("id", MESSAGE), keygen.public("id"));
    let list = format!("*,!you namespaces=\"openness@v1\",valid-after=\"20250601Z\" {key} c\n");
    let mut numbers = Rng(2);
    let refused = Mutex::new(0);
    let mut questions = Vec::new();
    for at in 0..list.len() {
        let mut bytes = list.clone().into_bytes();
        match numbers.below(3) {
            0 => drop(bytes.remove(at)),
            1 => bytes[at] = numbers.of(b" \t\"\\,!*?=#aZ0\r"),
            _ => bytes.insert(at, numbers.of(b" \t\"\\,!*?=#aZ0\r")),
        }
        let within = bytes.contains(&b'\r');
        let mut question = Question::new(bytes, "me", NOON, &signature);
        if within {
            question = question.stricter(Stricter::Base64);
        }
        if question.ours().1.starts_with("cannot use") {
            *refused.lock().unwrap() += 1;
        }
        questions.push(question);
    }
    ask(&keygen, "lists with a byte changed", &questions, 6, 80);
    assert!(refused.into_inner().unwrap() > 20);
}
