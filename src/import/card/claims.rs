//! What the text of a card claims about openness, and the papers that it links.

use std::ops::Range;

/// The longest quotation, in characters.
const MAX_QUOTE: usize = 100;
/// The most words between the name of a framework and the class.
const NEAR_WORDS: usize = 4;
/// The number of words before a claim that may deny it.
const DENIAL_WORDS: usize = 8;
/// What cards say of the Open Source AI Definition.
const OSAID: &[&[&str]] =
    &[&["osaid"], &["open", "source", "ai", "definition"], &["osi", "compliant"], &["osi", "approved", "model"]];
/// What cards say of their weights.
const OPEN_WEIGHTS: &[&[&str]] = &[&["open", "weights"], &["open", "weight"], &["openly", "licensed", "weights"]];
/// Words that make a statement something else than a claim.
const DENIALS: &[&str] = &[
    "not", "no", "never", "cannot", "without", "neither", "nor", "isn", "doesn", "don", "aim", "aims", "aiming",
    "goal", "plan", "plans", "planned", "will", "would", "if", "towards", "toward", "almost", "unlike", "except",
    "future",
];

/// A claim in the text of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardClaim {
    /// The key below `[claims]`.
    pub(crate) key: &'static str,
    /// The value as TOML.
    pub(crate) value: &'static str,
    /// The line of the card, cut.
    pub(crate) quote: String,
}

/// Returns the claims in the text of a card and in its tags, the first of each kind. Denials, plans and code are not
/// claims.
pub(crate) fn claims(tags: &[String], body: &str) -> Vec<CardClaim> {
    let mut found: Vec<CardClaim> = Vec::new();
    for sentence in sentences(body).iter().chain(tags) {
        let lower = sentence.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        for (key, claim) in [
            ("mof", class(&words)),
            ("osaid", find(&words, OSAID).map(|place| (place, "true"))),
            ("open-weights", find(&words, OPEN_WEIGHTS).map(|place| (place, "true"))),
            ("eu-open-source-exemption", exemption(&words)),
        ] {
            let Some((place, value)) = claim else { continue };
            if !is_denied(&words, &place) && !found.iter().any(|other| other.key == key) {
                found.push(CardClaim { key, value, quote: sentence.chars().take(MAX_QUOTE).collect() });
            }
        }
    }
    found
}

/// Returns the sentences of Markdown text, without code. A paragraph may have several lines; an item of a list is one.
fn sentences(body: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let mut is_code = false;
    for line in body.lines() {
        let text = line.trim().trim_start_matches(['-', '*', '+', '#', '>', '|', ' ']);
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if is_code || is_fence || text.len() < line.trim().len() || text.is_empty() {
            paragraphs.push(String::new());
        }
        if let Some(last) = paragraphs.last_mut().filter(|_| !is_code && !is_fence) {
            last.push_str(text);
            last.push(' ');
        }
    }
    let sentences = paragraphs.iter().flat_map(|paragraph| paragraph.split(". "));
    sentences.map(|sentence| sentence.trim().to_owned()).filter(|sentence| !sentence.is_empty()).collect()
}

/// Returns whether words shortly before or after a place say that something else is the case.
fn is_denied(words: &[&str], place: &Range<usize>) -> bool {
    let is_denial = |word: &&str| DENIALS.contains(word);
    let before = &words[place.start.saturating_sub(DENIAL_WORDS)..place.start];
    let mut after = words[place.end..].iter().take(3).take_while(|word| !["and", "or", "but"].contains(word));
    before.iter().any(is_denial) || after.any(is_denial)
}

/// Returns the class of the Model Openness Framework.
fn class(words: &[&str]) -> Option<(Range<usize>, &'static str)> {
    let framework = find(words, &[&["mof"], &["model", "openness", "framework"]])?;
    words.windows(2).enumerate().find_map(|(at, pair)| {
        let ["class", number] = *pair else { return None };
        let class = match number {
            "i" | "1" => "\"class-1\"",
            "ii" | "2" => "\"class-2\"",
            "iii" | "3" => "\"class-3\"",
            _ => return None,
        };
        let place = framework.start.min(at)..framework.end.max(at + 2);
        (place.len() <= NEAR_WORDS + framework.len() + 2).then_some((place, class))
    })
}

/// Returns the claim to be exempt as open source under the AI Act of the European Union.
fn exemption(words: &[&str]) -> Option<(Range<usize>, &'static str)> {
    find(words, &[&["ai", "act"]])?;
    find(words, &[&["open", "source", "exemption"], &["open", "source", "exception"]]).map(|place| (place, "true"))
}

/// Returns the place of the first phrase that is among the words.
fn find(words: &[&str], phrases: &[&[&str]]) -> Option<Range<usize>> {
    phrases.iter().find_map(|phrase| {
        let at = words.windows(phrase.len()).position(|window| window == *phrase)?;
        Some(at..at + phrase.len())
    })
}

/// Returns the URLs of the arXiv papers that the tags and the text of a card name, each once.
pub(crate) fn papers(tags: &[String], body: &str) -> Vec<String> {
    let tagged = tags.iter().filter_map(|tag| tag.strip_prefix("arxiv:"));
    let linked = ["arxiv.org/abs/", "arxiv.org/pdf/", "huggingface.co/papers/", "arXiv:", "arxiv:"];
    let linked = linked.iter().flat_map(|start| body.split(start).skip(1));
    let mut found: Vec<String> = Vec::new();
    for id in tagged.chain(linked).filter_map(arxiv_id) {
        let url = format!("https://arxiv.org/abs/{id}");
        if !found.contains(&url) {
            found.push(url);
        }
    }
    found
}

/// Returns the id of a paper at the start of a text, `YYMM.NNNNN` without its version:
/// <https://info.arxiv.org/help/arxiv_identifier.html>.
fn arxiv_id(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let id = text[..end].trim_end_matches('.');
    let (month, number) = id.split_once('.')?;
    let is_id = month.len() == 4 && matches!(number.len(), 4 | 5) && number.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Vec<(&'static str, &'static str)> {
        claims(&[], body).iter().map(|claim| (claim.key, claim.value)).collect()
    }

    #[test]
    fn claims_are_found_in_the_words_that_cards_use() {
        for (text, key, value) in [
            ("- MOF Class I (Open Science)", "mof", "\"class-1\""),
            ("This is a **MOF class 3** model.", "mof", "\"class-3\""),
            ("It is Class II of the Model Openness Framework.", "mof", "\"class-2\""),
            ("Model Openness Framework (MOF): Class III", "mof", "\"class-3\""),
            ("| MOF | Class-II |", "mof", "\"class-2\""),
            ("It is MOF Class III and not a toy.", "mof", "\"class-3\""),
            ("This model is of MOF\nclass 2", "mof", "\"class-2\""),
            ("- meets the Open Source AI Definition (OSAID 1.0)", "osaid", "true"),
            ("OSI-compliant", "osaid", "true"),
            ("An open-weight model.", "open-weights", "true"),
            ("It falls under the open-source exemption of the EU AI Act.", "eu-open-source-exemption", "true"),
        ] {
            assert_eq!(found(&format!("# T\n\n{text}\n")), [(key, value)], "{text}");
        }
        let both = claims(&["mof-class-3".to_owned()], "# T\n* MOF Class I\n* MOF Class II\n* OSAID\n");
        assert_eq!(both.len(), 2);
        assert_eq!(both[0].quote, "MOF Class I");
        assert_eq!(claims(&["mof-class-3".to_owned()], "# T\n")[0].value, "\"class-3\"");
    }

    #[test]
    fn denials_plans_and_other_classes_are_not_claims() {
        for text in [
            "It does not meet the Open Source AI Definition.",
            "Our goal is MOF Class I.",
            "We will reach MOF Class II.",
            "MOF Class II is not met.",
            "It does not\nmeet OSAID.",
            "The MOF has three of these: the first is for open science, and there is Class I.",
            "Class I medical device",
            "MOF Class IV",
            "MOF classes",
            "`MOFClass1`",
            "metal-organic framework (MOF) of class A",
            "Open source. AI definition.",
            "the EU AI Act",
            "```\nMOF Class I\n```",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(found("It is not ours. MOF Class I"), [("mof", "\"class-1\"")]);
    }

    #[test]
    fn papers_are_named_by_tags_links_and_ids() {
        let body = "[paper](https://arxiv.org/abs/2401.00001v2), https://arxiv.org/pdf/2401.00002.pdf, arXiv:2401.00001. See https://huggingface.co/papers/2401.00003 and arxiv.org/abs/x, arxiv:24.1";
        let tags = ["arxiv:1909.0042".to_owned(), "arxiv".to_owned()];
        let ids = ["1909.0042", "2401.00001", "2401.00002", "2401.00003"];
        assert_eq!(papers(&tags, body), ids.map(|id| format!("https://arxiv.org/abs/{id}")));
    }
}
