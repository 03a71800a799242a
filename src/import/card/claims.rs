//! What the text of a card claims about openness, and the papers that it links.

use std::ops::Range;

/// The longest quotation in a draft, in characters.
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
/// Words that make a sentence something else than a claim: a denial, a comparison, a plan, a question.
#[rustfmt::skip]
const DENIALS: &[&str] = &[
    "not", "no", "non", "never", "neither", "nor", "without", "unlike", "cannot", "isn't", "aren't", "doesn't", "don't",
    "wasn't", "won't", "than", "instead", "versus", "vs", "if", "whether", "would", "could", "should", "may", "will",
    "plan", "plans", "planned", "aim", "aims", "aiming", "goal", "future", "towards", "toward", "almost", "nearly",
    "partially", "partly", "previous", "other", "others", "except",
];
/// Words after which `open source` is about the model as a whole.
const WHOLE: &[&str] = &["fully", "completely", "entirely", "truly", "wholly", "totally", "100%"];
/// What a sentence may say that the model does with the definition.
#[rustfmt::skip]
const AGREES: &[&str] = &[
    "compliant", "compliance", "complies", "comply", "meets", "meet", "conforms", "conformant", "conform", "satisfies",
    "fulfills", "fulfils", "certified", "approved", "adheres", "qualifies", "compatible", "✓", "✅", "yes",
];
/// What else may be open source, although the model is not.
#[rustfmt::skip]
const OTHER_THINGS: &[&str] = &[
    "data", "dataset", "datasets", "code", "codebase", "software", "library", "libraries", "tool", "tools", "toolkit",
    "stack", "framework", "frameworks", "community", "project", "projects", "models", "llms", "alternatives", "inference",
    "training", "corpus", "corpora", "tokenizer", "evaluation", "benchmark", "benchmarks", "script", "scripts",
    "implementation",
];
/// What a sentence about the model has before `is open source`.
const SUBJECTS: &[&str] = &["model", "it", "this", "weights", "llm", "checkpoint", "checkpoints", "release"];

/// What comes before the id of a paper.
#[rustfmt::skip]
const PAPERS: &[&str] = &[
    "arxiv.org/abs/", "arxiv.org/pdf/", "arxiv.org/html/", "10.48550/arXiv.", "10.48550/arxiv.", "huggingface.co/papers/",
    "hf.co/papers/", "arXiv:", "arxiv:",
];

/// What a sentence claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claimed {
    /// A class of the Model Openness Framework, from 1 (best) to 3.
    Class(u8),
    /// Agreement with the Open Source AI Definition.
    Definition,
    /// That the weights are open.
    OpenWeights,
    /// That the model is exempt as open source under the AI Act of the European Union.
    Exemption,
    /// That the model is open source.
    OpenSource,
}

impl Claimed {
    /// Returns the key below `[claims]` and the value as TOML; `None` for what no key is about.
    fn entry(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Class(1) => Some(("mof", "\"class-1\"")),
            Self::Class(2) => Some(("mof", "\"class-2\"")),
            Self::Class(_) => Some(("mof", "\"class-3\"")),
            Self::Definition => Some(("osaid", "true")),
            Self::OpenWeights => Some(("open-weights", "true")),
            Self::Exemption => Some(("eu-open-source-exemption", "true")),
            Self::OpenSource => None,
        }
    }
}

/// A claim, and where a card makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// The claim.
    pub(crate) claimed: Claimed,
    /// The line on which the sentence starts, from 1.
    pub(crate) line: usize,
    /// The sentence.
    pub(crate) sentence: String,
    /// Whether nothing in the whole sentence makes it a denial, a comparison, a plan or a mere mention.
    pub(crate) is_plain: bool,
}

/// A claim for the table `[claims]` of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardClaim {
    /// The key below `[claims]`.
    pub(crate) key: &'static str,
    /// The value as TOML.
    pub(crate) value: &'static str,
    /// The sentence of the card, cut.
    pub(crate) quote: String,
}

/// Returns the claims in the text of a card and in its tags that `[claims]` has a key for, the first of each kind.
pub(crate) fn claims(tags: &[String], body: &str) -> Vec<CardClaim> {
    let mut found: Vec<CardClaim> = Vec::new();
    let of_tags = tags.iter().flat_map(|tag| of_sentence(tag, 0, ""));
    for said in said(body, 0, "").into_iter().chain(of_tags) {
        let Some((key, value)) = said.claimed.entry() else { continue };
        if !found.iter().any(|other| other.key == key) {
            found.push(CardClaim { key, value, quote: said.sentence.chars().take(MAX_QUOTE).collect() });
        }
    }
    found
}

/// Returns what the text of a card claims about the model of this name, in its order. Denials shortly before or after a
/// claim, plans and code are not claims. `lines_before` is the number of lines of the file before the text.
pub(crate) fn said(body: &str, lines_before: usize, name: &str) -> Vec<Said> {
    let sentences = sentences(body).into_iter();
    sentences.flat_map(|(line, sentence)| of_sentence(&sentence, lines_before + line, name)).collect()
}

fn of_sentence(sentence: &str, line: usize, name: &str) -> Vec<Said> {
    let words = words(sentence);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_plain = !words.iter().any(|word| DENIALS.contains(word));
    let agrees = words.iter().any(|word| AGREES.contains(word));
    let found = [
        class(&words).map(|(place, class)| (place, Claimed::Class(class), true)),
        find(&words, OSAID).map(|place| (place, Claimed::Definition, agrees)),
        find(&words, OPEN_WEIGHTS).map(|place| (place, Claimed::OpenWeights, true)),
        exemption(&words).map(|place| (place, Claimed::Exemption, true)),
        called_open_source(&words, &name.to_lowercase()).map(|place| (place, Claimed::OpenSource, true)),
    ];
    let found = found.into_iter().flatten().filter(|(place, ..)| !is_denied(&words, place));
    let said = |(_, claimed, is_stated)| {
        let sentence = sentence.to_owned();
        Said { claimed, line, sentence, is_plain: is_plain && is_stated }
    };
    found.map(said).collect()
}

/// Returns the sentences of Markdown text, without code, and the line on which each starts, from 1. A paragraph may have
/// several lines; an item of a list and a row of a table are one.
fn sentences(body: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut fence: Option<&str> = None;
    let mut starts = true;
    for (at, line) in body.lines().enumerate() {
        let line = line.trim();
        if let Some(mark) = fence {
            fence = fence.filter(|_| !line.starts_with(mark));
            continue;
        }
        fence = ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark));
        let text = without_mark(line);
        starts |= fence.is_some() || text.len() < line.len() || text.is_empty();
        if fence.is_some() || text.is_empty() {
            continue;
        }
        for part in text.split_inclusive(['!', '?', ';']).flat_map(|part| part.split_inclusive(". ")) {
            match found.last_mut().filter(|_| !starts) {
                Some((_, last)) => {
                    last.push(' ');
                    last.push_str(part.trim());
                }
                None => found.push((at + 1, part.trim().to_owned())),
            }
            starts = part.ends_with(['!', '?', ';']) || part.ends_with(". ");
        }
        // The end of a sentence, or of a heading.
        starts |= text.ends_with('.') || line.starts_with('#');
    }
    found.retain(|(_, sentence)| !sentence.is_empty());
    found
}

/// Returns a line without the mark of a heading, a quotation, a row, or an item of a list.
fn without_mark(line: &str) -> &str {
    let mut text = line;
    loop {
        let mark = text.trim_start_matches('#');
        let mark = if mark.len() < text.len() { Some(mark) } else { text.strip_prefix(['-', '*', '+', '>']) };
        match mark.filter(|rest| rest.starts_with(' ')).or_else(|| text.strip_prefix('|')) {
            Some(rest) => text = rest.trim_start(),
            None => return text,
        }
    }
}

/// Returns the words of a sentence in lower case, without markup; `open-source` is two words.
fn words(sentence: &str) -> Vec<String> {
    let lower = sentence.to_lowercase().replace("n’t", "n't").replace("opensource", "open source");
    let is_between = |c: char| c.is_whitespace() || "-–—/*_`#()[]<>\"“”:,;!?|".contains(c);
    let words = lower.split(is_between).map(|word| word.trim_matches('.')).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Returns whether words shortly before or after a place say that something else is the case.
fn is_denied(words: &[&str], place: &Range<usize>) -> bool {
    let is_denial = |word: &&str| DENIALS.contains(word);
    let before = &words[place.start.saturating_sub(DENIAL_WORDS)..place.start];
    let mut after = words[place.end..].iter().take(3).take_while(|word| !["and", "or", "but"].contains(word));
    before.iter().any(is_denial) || after.any(is_denial)
}

/// Returns the class of the Model Openness Framework.
fn class(words: &[&str]) -> Option<(Range<usize>, u8)> {
    let framework = find(words, &[&["mof"], &["model", "openness", "framework"]])?;
    words.windows(2).enumerate().find_map(|(at, pair)| {
        let ["class", number] = *pair else { return None };
        let class = match number {
            "i" | "1" => 1,
            "ii" | "2" => 2,
            "iii" | "3" => 3,
            _ => return None,
        };
        let place = framework.start.min(at)..framework.end.max(at + 2);
        (place.len() <= NEAR_WORDS + framework.len() + 2).then_some((place, class))
    })
}

/// Returns the claim to be exempt as open source under the AI Act of the European Union.
fn exemption(words: &[&str]) -> Option<Range<usize>> {
    find(words, &[&["ai", "act"]])?;
    find(words, &[&["open", "source", "exemption"], &["open", "source", "exception"]])
}

/// Returns the place of the words that call the model as a whole open source, rather than something that it is made with.
fn called_open_source(words: &[&str], name: &str) -> Option<Range<usize>> {
    (0..words.len()).find_map(|at| {
        let (before, rest) = words.split_at(at);
        let ["open", "source" | "sourced", after @ ..] = rest else { return None };
        if after.iter().take(3).any(|word| OTHER_THINGS.contains(word)) || after.first() == Some(&"ai") {
            return None;
        }
        let is_whole = before.last().is_some_and(|word| WHOLE.contains(word));
        let verb = before.iter().rposition(|word| matches!(*word, "is" | "are"));
        let is_about_model = verb.is_some_and(|verb| {
            let is_near = before[verb + 1..].iter().all(|word| matches!(*word, "a" | "an" | "released" | "as" | "now"));
            let subject = &before[..verb];
            is_near && subject.iter().any(|word| SUBJECTS.contains(word) || name.contains(*word))
        });
        let is_called = (is_whole
            && before.iter().all(|word| !matches!(*word, "on" | "with" | "by" | "using" | "from")))
            || is_about_model;
        is_called.then_some(at..at + 2)
    })
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
    let linked = PAPERS.iter().flat_map(|start| body.split(start).skip(1));
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

    fn plain(sentence: &str) -> Vec<Claimed> {
        said(sentence, 0, "Tiny LM").into_iter().filter(|said| said.is_plain).map(|said| said.claimed).collect()
    }

    #[test]
    fn plain_claims_about_the_model_are_recognized() {
        use Claimed::{Class, Definition, OpenSource};
        for (sentence, expected) in [
            ("- Fully open source!", OpenSource),
            ("Tiny is a **100% open-source** language model", OpenSource),
            ("This model is open source.", OpenSource),
            ("Tiny is an open-source model", OpenSource),
            ("The weights are open-sourced", OpenSource),
            ("- MOF Class I (Open Science)", Class(1)),
            ("| Model Openness Framework | class 2 |", Class(2)),
            ("It is in Class III of the [Model Openness Framework](https://x)", Class(3)),
            ("OSI-compliant, meets the Open Source AI Definition (OSAID 1.0)", Definition),
            ("OSAID: ✅", Definition),
        ] {
            assert_eq!(plain(sentence), [expected], "{sentence}");
        }
    }

    #[test]
    fn denials_mentions_and_what_is_said_of_others_are_not_plain_claims() {
        for sentence in [
            "This model is not open source",
            "It isn’t fully open-source.",
            "Unlike fully open source models, its data is secret",
            "It is trained on fully open source data",
            "Built with open-source tools",
            "The training code is open source",
            "We plan to make it fully open source",
            "It does not meet the Open Source AI Definition",
            "See the Open Source AI Definition",
            "MOF defines Class I as open science, which this model does not reach",
            "It beats other fully open source models",
            "Class I error",
            "an open model",
        ] {
            assert_eq!(plain(sentence), [], "{sentence}");
        }
    }

    #[test]
    fn a_claim_has_the_line_on_which_its_sentence_starts() {
        let body = "# T\n\nIt is small. This model is\nfully open source. It is in\nMOF Class I!\n~~~\nMOF Class 2\n~~~\n* OSAID: yes\n";
        let lines: Vec<(usize, Claimed)> = said(body, 10, "T").iter().map(|said| (said.line, said.claimed)).collect();
        assert_eq!(lines, [(13, Claimed::OpenSource), (14, Claimed::Class(1)), (19, Claimed::Definition)]);
    }

    #[test]
    fn papers_are_named_by_tags_links_and_ids() {
        let body = "[paper](https://arxiv.org/abs/2401.00001v2), https://arxiv.org/pdf/2401.00002.pdf, arXiv:2401.00001. See https://huggingface.co/papers/2401.00003 and arxiv.org/abs/x, arxiv:24.1";
        for link in [
            "https://doi.org/10.48550/arXiv.2404.33333",
            "https://arxiv.org/html/2404.33333v3",
            "https://hf.co/papers/2404.33333",
        ] {
            assert_eq!(papers(&[], link), ["https://arxiv.org/abs/2404.33333"], "{link}");
        }
        assert_eq!(papers(&[], "https://doi.org/10.1000/arXiv.2404.33333, https://hf.co/lab/2404.33333"), [""; 0]);
        let tags = ["arxiv:1909.0042".to_owned(), "arxiv".to_owned()];
        let ids = ["1909.0042", "2401.00001", "2401.00002", "2401.00003"];
        assert_eq!(papers(&tags, body), ids.map(|id| format!("https://arxiv.org/abs/{id}")));
    }
}
