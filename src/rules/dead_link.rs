//! `OPN315`.

use super::Repository;
use crate::finding::Finding;

super::rule! {
    /// ## What it does
    /// Reports relative links in declared Markdown documents whose target is not in the repository. Links to other
    /// sites are not checked.
    ///
    /// ## Why it matters
    /// Model cards link to the report, the evaluation, and the data card. If the target is missing, readers cannot tell
    /// whether it was moved, forgotten, or never written.
    ///
    /// ## Fails
    /// ```toml
    /// [component.model-card]
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// files = ["README.md"]
    /// ```
    /// ```files
    /// README.md: # A model\n\nSee the [report](docs/report.md#results).\n
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.model-card]
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// files = ["README.md"]
    /// ```
    /// ```files
    /// README.md: # A model\n\nSee the [report](docs/report.md#results), or [its authors](https://example.org).\n
    /// docs/report.md: # Report\n\nAll is well.\n
    /// ```
    "OPN315" "dead-link" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for (at, span) in repository.documents() {
        let Some(text) = repository.text(at) else { continue };
        let path = repository.path(at);
        let directory = path.as_str().strip_suffix(path.file_name()).unwrap_or_default();
        for (line, target) in links(&text) {
            let Some(leads_to) = resolve(directory, target) else { continue };
            if leads_to.is_empty() || repository.is_present(&leads_to) {
                continue;
            }
            let message =
                format!("line {line} of `{path}` links to `{}`, which is not in the repository", target.escape_debug());
            findings.push(Finding::new(&INFO, span, message).help("fix the link, or add the file"));
        }
    }
}

/// Returns the targets of inline links, images, and link definitions, each with its line number.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (number, line) in super::prose(text) {
        // Text between backticks is code, not a link.
        for part in line.split('`').step_by(2) {
            for (at, _) in part.match_indices("](") {
                links.extend(target(&part[at + 2..]).map(|target| (number, target)));
            }
        }
        if let Some((_, rest)) = line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "))
            && !line.trim_start().starts_with("[^")
        {
            links.extend(rest.split_whitespace().next().map(|target| (number, target.trim_matches(['<', '>']))));
        }
    }
    links
}

/// Returns the target at the start of the text after `](`, or `None` if the target does not end on this line.
fn target(rest: &str) -> Option<&str> {
    if let Some(rest) = rest.strip_prefix('<') {
        return rest.split_once('>').map(|(target, _)| target);
    }
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(&rest[..at]),
            ')' => depth -= 1,
            // The link title follows.
            c if c.is_whitespace() => return Some(&rest[..at]),
            _ => {}
        }
    }
    None
}

/// Returns the path that a relative target leads to, or `None` if the target is a URL or leaves the repository.
fn resolve(directory: &str, target: &str) -> Option<String> {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    // A URL with a scheme, a path from the root of a site, or an anchor in the same document.
    if path.is_empty() || path.starts_with('/') || path.contains(':') {
        return None;
    }
    let path = percent_decoded(path)?;
    // A text in an old encoding: what the name is cannot be told.
    if path.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn percent_decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = (*first == b'%').then(|| after.get(..2)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_links_in_prose_but_not_in_code() {
        assert_eq!(links("a [b](c.md) ![d](e.png \"t\")"), [(1, "c.md"), (1, "e.png")]);
        assert_eq!(links("[a](<b c.md>) [d](e_(f).md)"), [(1, "b c.md"), (1, "e_(f).md")]);
        assert_eq!(links("x\n[a]: b.md \"title\"\n[^1]: see there\n"), [(2, "b.md")]);
        assert_eq!(links("`[a](b)` [c](d)\n```\n[e](f)\n```\n"), [(1, "d")]);
    }

    #[test]
    fn resolves_only_targets_inside_the_repository() {
        let resolve = |target: &str| resolve("docs/a/", target);
        assert_eq!(resolve("b.md#c").as_deref(), Some("docs/a/b.md"));
        assert_eq!(resolve("../x%20y.md?plain=1").as_deref(), Some("docs/x y.md"));
        assert_eq!(resolve("./b/").as_deref(), Some("docs/a/b"));
        for elsewhere in ["#c", "https://example.org/a", "mailto:a@example.org", "/a", "../../../issues"] {
            assert_eq!(resolve(elsewhere), None, "{elsewhere}");
        }
    }
}
