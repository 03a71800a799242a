//! `OPN213`.

use super::{MAX_DOCUMENT_BYTES, Repository};
use crate::files;
use crate::finding::Finding;
use crate::import::card::FrontMatter;
use crate::import::{Error, front};

/// The number of bytes in which front matter starts if a card is too large.
const START_BYTES: u64 = 4096;

super::rule! {
    /// ## What it does
    /// Reports front matter in `README.md` that cannot be read in exactly one way: YAML with a mistake, a key that
    /// occurs twice, a license, base model or term of access of the wrong kind, no end (a second line `---`), or text
    /// that is not UTF-8.
    ///
    /// ## Why it matters
    /// The Hugging Face Hub reads the license, the base model and the terms of access from the front matter. If it cannot
    /// be read, or readers understand it in different ways, the manifest cannot be compared with it.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// README.md: ---\nlicense: mit\nlicense: apache-2.0\n---\n# A model\n
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// README.md: ---\nlicense: apache-2.0\n---\n# A model\n
    /// ```
    "OPN213" "unreadable-card" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let Some(at) = repository.find("README.md") else { return };
    let path = repository.path(at);
    let problem = match repository.files.read(path, MAX_DOCUMENT_BYTES) {
        Ok(Some(bytes)) => problem(&bytes),
        Err(files::Error::TooLarge { .. }) => {
            let start = repository.files.read_start(path, START_BYTES).ok().flatten().unwrap_or_default();
            let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&start).trim_ascii_start();
            start.starts_with(b"---").then(|| format!("it is larger than {MAX_DOCUMENT_BYTES} bytes"))
        }
        Ok(None) | Err(_) => None,
    };
    let Some(problem) = problem else { return };
    let message = format!("cannot read the front matter of `README.md`: {problem}");
    findings.push(
        Finding::new(&INFO, repository.span_of(at), message)
            .help("correct the front matter; until then, the manifest is not compared with it"),
    );
}

/// Returns what is wrong with the front matter of a card, if it has any.
fn problem(bytes: &[u8]) -> Option<String> {
    let read = front::decode(bytes).and_then(|text| {
        let has_front_matter = front::split(&text).is_some() || front::lacks_end(&text);
        has_front_matter.then(|| FrontMatter::read(&text)).transpose()
    });
    match read.err()? {
        Error::Yaml { line, column, problem } | Error::Shape { line, column, problem } => {
            Some(format!("line {line}, column {column}: {problem}"))
        }
        error @ Error::TooLarge { .. } => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::check::check;
    use crate::files::Memory;

    /// Returns the codes of what `check` finds in a release under CC0-1.0 with a card.
    fn codes(card: &[u8]) -> Vec<&'static str> {
        let manifest = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"CC0-1.0\"\n\
                        base = [{ name = \"lab/base\", relation = \"finetune\", license = \"CC0-1.0\" }]\n\
                        [release]\naccess = \"downloadable\"\n\
                        [component.model-card]\nopenness = \"open\"\nfiles = [\"**\"]\n";
        let files = Memory::new([("OPENNESS.toml", manifest.as_bytes()), ("README.md", card)]);
        let checked = check(&files).unwrap();
        let codes = checked.findings().iter().map(|finding| finding.rule.code);
        codes.filter(|code| ["OPN210", "OPN213", "OPN407"].contains(code)).collect()
    }

    #[test]
    fn a_card_is_compared_or_reported() {
        assert_eq!(codes(b"---\nlicense: mit\nbase_model: lab/other\n---\n# Caf\xe9\n"), ["OPN407", "OPN210"]);
        assert_eq!(codes(b"---\nlicense: mit\nx: [{v: .nan}, {v: -.inf}]\n---\n# T\n"), ["OPN407"]);
        assert_eq!(codes(b"---\nlicense: mit\ndatasets: [{name: x}]\n---\n# T\n"), ["OPN407"]);
        assert_eq!(codes(b"---\nlicense: mit\nname: caf\xe9\n---\n# T\n"), ["OPN213"]);
        assert_eq!(codes(b"---\nlicense: mit\n# T\n"), ["OPN213"]);
        let text = "---\nlicense: mit\n---\n# T\n";
        let utf16 = [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
        assert_eq!(codes(&utf16), ["OPN213"]);
        for base in
            ["https://huggingface.co/lab/base/tree/main", "lab/base@main", "'[More Information Needed]'", "None"]
        {
            let card = format!("---\nlicense: cc0-1.0\nbase_model: {base}\n---\n# T\n");
            assert_eq!(codes(card.as_bytes()), [""; 0], "{base}");
        }
    }

    #[test]
    fn front_matter_with_two_readings_is_a_problem() {
        for (text, start) in [
            (&b"---\nlicense: mit\nlicense: cc-by-nc-4.0\n---\n# M\n"[..], "line 3, column 1: "),
            (b"\n\n---\nlicense: mit\nlicense: apache-2.0\n---\n", "line 5, column 1: "),
            (b"---\nmodel-index:\n- name: a: b\n---\n", "line 3, "),
            (b"---\nlicense: {a: b}\n---\n", "line 2, column 10: `license` must be text"),
            (b"---\nname: \xff\n---\n", "line 2, column 7: it is not UTF-8"),
            (b"\xff\xfe-\0-\0-\0\n\0a\0:\0b\0\n\0", "line 1, column 1: it is UTF-16; save it as UTF-8"),
            (b"---\nlicense: mit\n# A model\n", "line 1, column 1: the front matter has no end"),
            (b"---\nsome words\n---\n", "line 2, column 1: the front matter must be a mapping"),
        ] {
            let found = problem(text).unwrap_or_default();
            assert!(found.starts_with(start), "{found:?} for {}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_readme_without_front_matter_is_not_a_problem() {
        for text in [
            &b""[..],
            b"# A model\n",
            b"---\n# A rule, and no second one\n",
            b"---\nWords below a rule: license and so on\n",
            b"\xff\xfe#\0 \0T\0\n\0",
            b"---\nlicense: mit\nmodel-index:\n- results: [{metrics: [{value: .nan}]}]\n---\n",
            b"---\nlicense: mit\ndatasets: [{name: x}]\n---\n",
            b"---\n---\n# Nothing between\n",
            b"---\n# a comment\n---\n",
            b"\xef\xbb\xbf---\nlicense: mit\n---\n",
            b"\n---\nlicense: mit\nversion: 1.0\n---\nCaf\xe9\n",
        ] {
            assert_eq!(problem(text), None, "{}", String::from_utf8_lossy(text));
        }
    }
}
