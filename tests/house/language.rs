//! Plain American English in everything that people read: string literals and comments of the sources, data files, schemas,
//! documents. CONTRIBUTING.md has the rules; this bans the worst markers.

use std::fs;
use std::path::{Path, PathBuf};

/// Phrases that read like a translation, and what to write instead.
const PHRASES: &[(&str, &str)] = &[
    ("is told", "is reported"),
    ("are told", "are reported"),
    ("what is so", "name it"),
    ("what is asked for", "what is required"),
    ("by another way", "separately, independently"),
    ("nobody whom", "no one who"),
    ("in spite of", "despite"),
    ("anew", "again"),
    ("nobody", "no one, or the actor"),
    ("somebody", "the actor: the signer, an attacker"),
    ("whoever", "the actor"),
    ("a stranger", "an untrusted party"),
    ("strangers", "untrusted parties"),
    ("lies in", "is in"),
    ("lies beside", "is next to"),
    ("beside", "next to, along with"),
    ("judged", "checked, evaluated"),
    ("judgement", "decision, evaluation"),
    ("is believed", "is trusted"),
    ("spelt", "spelled"),
    ("the one word", "the verdict"),
    ("why not", "the reason"),
    ("whom to trust", "who is trusted"),
    ("worth knowing", "notable"),
];

/// British spellings, as the beginnings of words.
const BRITISH: &[&str] = &[
    "licence",
    "artefact",
    "normalis",
    "recognis",
    "organis",
    "behaviour",
    "colour",
    "defence",
    "offence",
    "honour",
    "favour",
    "catalogue",
    "unauthoris",
    "authoris",
    "monetis",
    "summaris",
    "minimis",
    "maximis",
    "serialis",
    "neighbour",
    "centre",
    "labelled",
    "cancelled",
];

/// File, marker, why it may be there.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("src/init/license.rs", "licence", "names of files that people write"),
    ("src/artifacts/housekeeping.rs", "licence", "names of files that people write"),
    ("src/rules/license_without_text.rs", "licence", "names of files that people write"),
    ("src/license/suggest.rs", "licence", "words that people write"),
    ("src/license/stated.rs", "licence", "words that people write"),
    ("src/license/surplus.rs", "*", "phrases of license conditions"),
    ("src/license/words.rs", "*", "spellings that license texts use for the same word"),
    ("src/license/corpus.rs", "*", "conditions as people write them"),
    ("src/taxonomy/", "colour", "titles of publications"),
    ("CONTRIBUTING.md", "*", "it names what not to write"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(directory: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(directory)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Returns the comments and the string literals of a line of Rust, without the code.
fn prose_of_rust(line: &str) -> String {
    let trimmed = line.trim_start();
    if trimmed.starts_with("//") {
        return trimmed.to_owned();
    }
    let mut prose = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '/']) {
        if rest[at..].starts_with("//") {
            prose.push_str(&rest[at..]);
            break;
        }
        if !rest[at..].starts_with('"') {
            rest = &rest[at + 1..];
            continue;
        }
        let text = &rest[at + 1..];
        let end = text.char_indices().find(|(at, c)| *c == '"' && !text[..*at].ends_with('\\'));
        let end = end.map_or(text.len(), |(at, _)| at);
        prose.push_str(&text[..end]);
        prose.push(' ');
        rest = text.get(end + 1..).unwrap_or_default();
    }
    // A literal that goes on over several lines.
    if prose.is_empty() && !line.contains([';', '{', '(', '=']) && line.contains(' ') { line.to_owned() } else { prose }
}

fn is_word_boundary(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '`' | '"'))
}

fn markers(prose: &str) -> Vec<String> {
    let text = prose.to_lowercase();
    let mut found = Vec::new();
    for (phrase, instead) in PHRASES {
        for (at, _) in text.match_indices(phrase) {
            let after = &text[at + phrase.len()..];
            let ends = !after.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
            // "to tell apart" is English.
            let is_apart = phrase.ends_with("told") && after.starts_with(" apart");
            if is_word_boundary(&text, at) && ends && !is_apart {
                found.push(format!("`{phrase}` (write: {instead})"));
            }
        }
    }
    for verb in ["is no ", "are no ", "was no "] {
        for (at, _) in text.match_indices(verb) {
            let after = &text[at + verb.len()..];
            let is_fine =
                ["longer", "more", "other", "less", "later", "such", "need"].iter().any(|word| after.starts_with(word));
            if is_word_boundary(&text, at) && !text[..at].trim_end().ends_with("there") && !is_fine {
                found.push(format!("`{verb}…` (write: is not a)"));
            }
        }
    }
    for word in BRITISH {
        if text.match_indices(word).any(|(at, _)| is_word_boundary(&text, at)) {
            found.push((*word).to_owned());
        }
    }
    found
}

fn complaints(path: &Path, text: &str, prose: fn(&str) -> String) -> Vec<String> {
    let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
    let shipped = if name.ends_with(".rs") {
        let test = text.find("#[cfg(test)]").or_else(|| text.find("#[cfg(all(test"));
        &text[..test.unwrap_or(text.len())]
    } else {
        text
    };
    let mut found = Vec::new();
    for (at, line) in shipped.lines().enumerate() {
        for marker in markers(&prose(line)) {
            let is_allowed = ALLOWED
                .iter()
                .any(|(file, allowed, _)| name.starts_with(file) && (*allowed == "*" || marker.starts_with(allowed)));
            if !is_allowed {
                found.push(format!("{name}:{}: {marker}: {}", at + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn what_people_read_is_plain_american_english() {
    let mut found = Vec::new();
    for path in files_below("src", &["rs"]) {
        found.extend(complaints(&path, &fs::read_to_string(&path).unwrap(), prose_of_rust));
    }
    let mut others = files_below("src", &["toml"]);
    others.extend(files_below("schemas", &["json"]));
    others.extend(files_below("docs/src", &["md"]));
    others.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(|name| root().join(name)));
    for path in others {
        found.extend(complaints(&path, &fs::read_to_string(&path).unwrap(), str::to_owned));
    }
    assert!(found.is_empty(), "{} markers:\n{}", found.len(), found.join("\n"));
}

#[test]
fn markers_are_found_in_prose_and_not_in_code() {
    assert_eq!(markers(&prose_of_rust("    /// It is no key.")).len(), 1);
    assert_eq!(markers(&prose_of_rust("    // There is no key, and it is no longer here.")).len(), 0);
    assert_eq!(markers(&prose_of_rust("let beside = x; // next to it")).len(), 0);
    assert_eq!(markers(&prose_of_rust("fail(\"the Licence is told\");")).len(), 2);
    assert_eq!(markers(&prose_of_rust("let licence = \"LICENSE\";")).len(), 0);
    assert_eq!(markers("they cannot be told apart").len(), 0);
}
