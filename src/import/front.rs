//! Front matter: YAML between two lines `---` at the start of a Markdown file.

use super::Error;
use super::yaml::{self, Node};

/// Reads the front matter of a text, and returns it with the rest of the text.
pub(crate) fn read(text: &str) -> Result<(Node, &str), Error> {
    let missing = |problem: &str| Error::Shape { line: 1, column: 1, problem: problem.to_owned() };
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or("");
    if first.trim_end() != "---" {
        return Err(missing("the file does not start with front matter (a line `---`)"));
    }
    let start = first.len();
    let mut end = start;
    for line in lines {
        if line.trim_end() == "---" {
            return Ok((yaml::read(&text[start..end], 2)?, &text[end + line.len()..]));
        }
        end += line.len();
    }
    Err(missing("the front matter has no end (a second line `---`)"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn front_matter_ends_at_the_second_line_of_hyphens() {
        let (node, rest) = read("---\ntitle: x\n---\n# Body\n---\n").unwrap();
        assert_eq!(node.filled("title").unwrap(), Some("x"));
        assert_eq!(rest, "# Body\n---\n");
        assert!(read("---\r\ntitle: x\r\n---").is_ok());
    }

    #[test]
    fn front_matter_needs_both_lines() {
        assert!(read("title: x\n---\n").is_err());
        assert!(read("---\ntitle: x\n").is_err());
        assert!(matches!(read("---\na: 1\na: 2\n---\n").unwrap_err(), Error::Yaml { line: 3, .. }));
    }
}
