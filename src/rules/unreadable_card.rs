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
    /// occurs twice, or a value of the wrong kind.
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
    let text = String::from_utf8_lossy(bytes);
    let parts = front::split(&text)?;
    if parts.yaml.contains('\u{fffd}') && std::str::from_utf8(bytes).is_err() {
        return Some("it is not UTF-8".to_owned());
    }
    match FrontMatter::read(&text).err()? {
        Error::Yaml { line, column, problem } | Error::Shape { line, column, problem } => {
            Some(format!("line {line}, column {column}: {problem}"))
        }
        error @ Error::TooLarge { .. } => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_with_two_readings_is_a_problem() {
        for (text, start) in [
            (&b"---\nlicense: mit\nlicense: cc-by-nc-4.0\n---\n# M\n"[..], "line 3, column 1: "),
            (b"\n\n---\nlicense: mit\nlicense: apache-2.0\n---\n", "line 5, column 1: "),
            (b"---\nmodel-index:\n- name: a: b\n---\n", "line 3, "),
            (b"---\nlicense: {a: b}\n---\n", "line 2, column 10: `license` must be text"),
            (b"---\nname: \xff\n---\n", "it is not UTF-8"),
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
            b"---\n---\n# Nothing between\n",
            b"---\n# a comment\n---\n",
            b"\xef\xbb\xbf---\nlicense: mit\n---\n",
            b"\n---\nlicense: mit\nversion: 1.0\n---\nCaf\xe9\n",
        ] {
            assert_eq!(problem(text), None, "{}", String::from_utf8_lossy(text));
        }
    }
}
