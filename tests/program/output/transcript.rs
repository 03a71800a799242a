//! Commands and their output as text for a snapshot.

use std::fmt::Write as _;

use crate::common::env::{Output, TestEnv, with_input};

/// Commands that ran in an environment, with their output.
pub(crate) struct Transcript {
    pub(crate) env: TestEnv,
    columns: usize,
    text: String,
}

/// Makes a snapshot of a session for each width; each begins with a fresh environment.
pub(crate) fn at_both_widths(name: &str, make: fn() -> TestEnv, session: impl Fn(&mut Transcript)) {
    for columns in [80, 120] {
        compare(&format!("{name} at {columns}"), make, columns, &session);
    }
}

/// The same for output whose lines do not depend on the width.
pub(crate) fn once(name: &str, make: fn() -> TestEnv, session: impl Fn(&mut Transcript)) {
    compare(name, make, 80, &session);
}

fn compare(name: &str, make: fn() -> TestEnv, columns: usize, session: &impl Fn(&mut Transcript)) {
    let mut transcript = Transcript { env: make(), columns, text: String::new() };
    session(&mut transcript);
    let mut settings = insta::Settings::new();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("../snapshots");
    settings.bind(|| insta::assert_snapshot!(name.replace(' ', "-"), transcript.text));
}

impl Transcript {
    /// A heading.
    pub(crate) fn case(&mut self, what: &str) {
        let _ = writeln!(self.text, "# {what}\n");
    }

    /// Runs `openness` with the arguments of a line, in which '…' holds blanks.
    pub(crate) fn run(&mut self, line: &str) {
        self.input_in("", line, "");
    }

    pub(crate) fn run_in(&mut self, directory: &str, line: &str) {
        self.input_in(directory, line, "");
    }

    pub(crate) fn input(&mut self, line: &str, input: &str) {
        self.input_in("", line, input);
    }

    pub(crate) fn input_in(&mut self, directory: &str, line: &str, input: &str) {
        let ran = self.output(directory, line, input);
        self.print(line, &ran.out, &ran.err, ran.status);
    }

    /// Shows only the first lines of standard output: the rest is data that other tests look at.
    pub(crate) fn cut(&mut self, line: &str, lines: usize) {
        let ran = self.output("", line, "");
        let mut out: String = ran.out.lines().take(lines).map(|line| format!("{line}\n")).collect();
        if let Some(more) = ran.out.lines().count().checked_sub(lines).filter(|more| *more > 0) {
            let _ = writeln!(out, "[{more} more lines]");
        }
        self.print(line, &out, &ran.err, ran.status);
    }

    /// The same of a command that makes a key, which is another each time.
    pub(crate) fn random(&mut self, line: &str) {
        let ran = self.output("", line, "");
        let mask = |text: &str| masked(&masked(text, "SHA256:", 43), "ssh-ed25519 ", 68);
        self.print(line, &mask(&ran.out), &mask(&ran.err), ran.status);
    }

    /// Shows a file.
    pub(crate) fn show(&mut self, name: &str) {
        let text = self.env.read_text(name);
        let _ = writeln!(self.text, "$ cat {name}\n{text}");
    }

    fn output(&self, directory: &str, line: &str, input: &str) -> Output {
        let mut command = self.env.program();
        command.current_dir(self.env.path(directory)).env("COLUMNS", self.columns.to_string()).args(words(line));
        if input.is_empty() { command.output().unwrap().into() } else { with_input(&mut command, input.as_bytes()) }
    }

    fn print(&mut self, line: &str, out: &str, err: &str, status: i32) {
        let text = &mut self.text;
        let _ = writeln!(text, "{}", format!("$ openness {line}").trim_end());
        for (name, stream) in [("", out), ("[stderr]\n", err)] {
            if !stream.is_empty() {
                let stream = stream.replace(self.env.path("").to_str().unwrap(), "[DIR]");
                let stream = stream.replace(concat!("openness ", env!("CARGO_PKG_VERSION")), "openness [VERSION]");
                let stream = without_now(&stream);
                let end = if stream.ends_with('\n') { "" } else { "[no line end]\n" };
                let _ = write!(text, "{name}{stream}{end}");
            }
        }
        let _ = writeln!(text, "[status {status}]\n");
    }
}

/// Replaces times of today, which are the times of this run; the fixed ones are midnight.
fn without_now(text: &str) -> String {
    let now = jiff::Timestamp::now();
    let mut text = text.to_owned();
    for day in [now - jiff::SignedDuration::from_mins(5), now].map(|time| time.to_string()[..10].to_owned()) {
        let mut from = 0;
        while let Some(at) = text[from..].find(&format!("{day}T")).map(|at| from + at) {
            let end = at + "2026-11-22T00:00:00Z".len();
            from = end;
            if text.get(at..end).is_some_and(|time| time.ends_with('Z') && !time.ends_with("T00:00:00Z")) {
                text.replace_range(at..end, "[……… time ………]");
                from = at;
            }
        }
    }
    text
}

/// Replaces so many characters after each occurrence of some words.
fn masked(text: &str, before: &str, length: usize) -> String {
    let mut pieces = text.split(before);
    let mut masked = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest: String = piece.chars().skip(length).collect();
        let _ = write!(masked, "{before}[…]{rest}");
    }
    masked
}

fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for (at, piece) in line.split('\'').enumerate() {
        if at % 2 == 1 { words.push(piece) } else { words.extend(piece.split_whitespace()) }
    }
    words
}
