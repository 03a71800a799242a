//! Texts that stand for one that is still to be written.

/// Texts that say nothing alone, in lower case.
const WHOLE: &[&str] = &["unknown", "reason", "why", "placeholder", "please", "?", "...", "…", "-"];
/// Words that begin a text that is still to be written, in lower case.
const FIRST: &[&str] = &["todo", "tbd", "fixme", "xxx"];
/// Phrases that are found anywhere in a text, in lower case. Drafts have the first.
const PHRASES: &[&str] = &["please check", "please fill", "[insert ", "lorem ipsum", "more information needed"];

/// Returns whether a text, such as a reason, is still a placeholder, such as `please check`.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let plain = |word: &str| word.trim_matches(['.', ':', '!', ',', '(', ')', '<', '>', '[', ']', '`', '"']).to_owned();
    let first = text.split_whitespace().next().map(plain).unwrap_or_default();
    WHOLE.contains(&text.as_str())
        || WHOLE.contains(&plain(&text).as_str())
        || FIRST.contains(&first.as_str())
        || PHRASES.iter().any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn a_text_that_is_still_to_be_written_is_told_from_a_reason() {
        for text in [
            "TODO",
            "todo: ask the lawyers",
            "TBD.",
            "FIXME",
            "please check",
            "not in this repository; please check",
            "REASON",
            "<reason>",
            "Unknown",
            "...",
            "…",
            "[More Information Needed]",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "the loader reads weights only",
            "the todo list of the demo",
            "todo-lists are its training data",
            "unknown origin, which the card says",
            "upstream has no reason to change it",
            "legacy",
            "x",
            "",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
