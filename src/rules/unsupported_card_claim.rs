//! `OPN316`.

use super::{Repository, prose};
use crate::evaluate::{self, Verdict};
use crate::finding::{Finding, quotable};
use crate::license::{self, Effective, License};
use crate::manifest::{Manifest, Openness};

super::rule! {
    /// ## What it does
    /// Reports claims in the text of `README.md` that the facts in the manifest do not support: a class of the Model
    /// Openness Framework, agreement with the Open Source AI Definition, or that the model is open source although the
    /// license of its weights is not.
    ///
    /// ## Why it matters
    /// Users read the card, not the manifest. Claims in `[claims]` are checked and signed; those in the card should not
    /// say more.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "CC-BY-NC-4.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// README.md: # A model\n\nThis model is fully open source (MOF Class I).\n
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "CC-BY-NC-4.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// README.md: # A model\n\nThis model is not open source: its license forbids commercial use.\n
    /// ```
    "OPN316" "unsupported-card-claim" Warning => Repository(check)
}

/// What a sentence claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claimed {
    /// A class of the Model Openness Framework, from 1 (best) to 3.
    Class(usize),
    /// Agreement with the Open Source AI Definition.
    Definition,
    /// That the model is open source.
    OpenSource,
}

/// Words that make a sentence something else than a claim: a denial, a comparison, a plan, a question.
const NOT_A_CLAIM: &[&str] = &[
    "not",
    "no",
    "non",
    "never",
    "neither",
    "nor",
    "without",
    "unlike",
    "cannot",
    "isn't",
    "aren't",
    "doesn't",
    "don't",
    "wasn't",
    "won't",
    "than",
    "instead",
    "versus",
    "vs",
    "if",
    "whether",
    "would",
    "could",
    "should",
    "may",
    "will",
    "plan",
    "plans",
    "planned",
    "aim",
    "aims",
    "goal",
    "towards",
    "toward",
    "almost",
    "nearly",
    "partially",
    "partly",
    "previous",
    "other",
    "others",
    "except",
];
/// Words after which `open source` is about the model as a whole.
const WHOLE: &[&str] = &["fully", "completely", "entirely", "truly", "wholly", "totally", "100%"];
/// What a sentence may say that the model does with the definition.
const AGREES: &[&str] = &[
    "compliant",
    "compliance",
    "complies",
    "comply",
    "meets",
    "meet",
    "conforms",
    "conformant",
    "conform",
    "satisfies",
    "fulfills",
    "fulfils",
    "certified",
    "approved",
    "adheres",
    "qualifies",
    "compatible",
    "✓",
    "✅",
    "yes",
];
/// What else may be open source, although the model is not.
const OTHER_THINGS: &[&str] = &[
    "data",
    "dataset",
    "datasets",
    "code",
    "codebase",
    "software",
    "library",
    "libraries",
    "tool",
    "tools",
    "toolkit",
    "stack",
    "framework",
    "frameworks",
    "community",
    "project",
    "projects",
    "models",
    "llms",
    "alternatives",
    "inference",
    "training",
    "corpus",
    "corpora",
    "tokenizer",
    "evaluation",
    "benchmark",
    "benchmarks",
    "script",
    "scripts",
    "implementation",
];
/// What a sentence about the model has before `is open source`.
const SUBJECTS: &[&str] = &["model", "it", "this", "weights", "llm", "checkpoint", "checkpoints", "release"];

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let Some(at) = repository.find("README.md") else { return };
    let Some(text) = repository.text(at) else { return };
    let mut reported = Vec::new();
    for (line, sentence) in prose(&text).flat_map(|(line, text)| sentences(text).map(move |sentence| (line, sentence)))
    {
        for claim in claims(sentence, &repository.manifest.model.name.value) {
            if reported.contains(&claim) {
                continue;
            }
            let Some(facts) = contradiction(repository.manifest, claim) else { continue };
            reported.push(claim);
            let said = quotable(sentence.trim());
            let message = format!("line {line} of `README.md` says “{said}”, but {facts}");
            findings.push(
                Finding::new(&INFO, repository.span_of(at), message)
                    .help("correct the sentence, or the facts in the manifest"),
            );
        }
    }
}

/// Divides a line where a sentence, an item or a cell of a table ends.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    line.split(['!', '?', ';', '|']).flat_map(|part| part.split(". ")).filter(|part| !part.trim().is_empty())
}

/// Returns the words of a sentence in lower case, without markup; `open-source` is two words.
fn words(sentence: &str) -> Vec<String> {
    let lower = sentence.to_lowercase().replace("n’t", "n't").replace("opensource", "open source");
    let is_between = |c: char| c.is_whitespace() || "-–—/*_`#()[]<>\"“”:,".contains(c);
    let words = lower.split(is_between).map(|word| word.trim_matches('.')).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Returns what a sentence claims about the model with this name.
fn claims(sentence: &str, name: &str) -> Vec<Claimed> {
    let words = words(sentence);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.iter().any(|word| NOT_A_CLAIM.contains(word)) {
        return Vec::new();
    }
    let has = |phrase: &[&str]| words.windows(phrase.len()).any(|window| window == phrase);
    let mut found = Vec::new();
    if has(&["mof"]) || has(&["model", "openness", "framework"]) {
        found.extend(class(&words).map(Claimed::Class));
    }
    let names_definition = has(&["osaid"]) || has(&["open", "source", "ai", "definition"]);
    if names_definition && words.iter().any(|word| AGREES.contains(word)) {
        found.push(Claimed::Definition);
    }
    if is_called_open_source(&words, &name.to_lowercase()) {
        found.push(Claimed::OpenSource);
    }
    found
}

/// Returns the class that follows the word `class`, in Roman or Arabic numerals.
fn class(words: &[&str]) -> Option<usize> {
    let after = words.windows(2).filter(|pair| pair[0] == "class").map(|pair| pair[1]);
    let number = |word: &str| match word {
        "1" | "i" => Some(1),
        "2" | "ii" => Some(2),
        "3" | "iii" => Some(3),
        _ => None,
    };
    after.filter_map(number).min()
}

/// Returns whether the words call the model as a whole open source, rather than something that it is made with.
fn is_called_open_source(words: &[&str], name: &str) -> bool {
    (0..words.len()).any(|at| {
        let (before, rest) = words.split_at(at);
        let ["open", "source" | "sourced", after @ ..] = rest else { return false };
        if after.iter().take(3).any(|word| OTHER_THINGS.contains(word)) || after.first() == Some(&"ai") {
            return false;
        }
        let is_whole = before.last().is_some_and(|word| WHOLE.contains(word));
        let verb = before.iter().rposition(|word| matches!(*word, "is" | "are"));
        let is_about_model = verb.is_some_and(|verb| {
            let is_near = before[verb + 1..].iter().all(|word| matches!(*word, "a" | "an" | "released" | "as" | "now"));
            let subject = &before[..verb];
            is_near && subject.iter().any(|word| SUBJECTS.contains(word) || name.contains(*word))
        });
        (is_whole && before.iter().all(|word| !matches!(*word, "on" | "with" | "by" | "using" | "from")))
            || is_about_model
    })
}

/// Returns the fact that contradicts a claim, as a clause.
fn contradiction(manifest: &Manifest, claim: Claimed) -> Option<String> {
    match claim {
        Claimed::Class(claimed) => {
            let verdict = evaluate::evaluate_one(manifest, "mof-1.0")?.verdict?;
            let reached =
                [Verdict::Class1, Verdict::Class2, Verdict::Class3].iter().position(|class| *class == verdict);
            let is_reached = reached.is_some_and(|reached| reached < claimed);
            (!is_reached).then(|| format!("the declared facts yield `{verdict}` under `mof-1.0`"))
        }
        Claimed::Definition => {
            let verdict = evaluate::evaluate_one(manifest, "osaid-1.0")?.verdict?;
            (verdict == Verdict::Fails).then(|| "the declared facts do not meet `osaid-1.0`".to_owned())
        }
        Claimed::OpenSource => {
            let weights = manifest.component("final-weights")?;
            if weights.openness() != Openness::Open {
                return Some(format!("`final-weights` is declared `{}`", weights.openness().as_str()));
            }
            let (Effective::Stated(text, _) | Effective::None(text, _)) = license::effective(manifest, weights) else {
                return None;
            };
            let is_open = match license::read(text) {
                Ok(License::Expression(expression)) => expression.is_open(),
                Ok(License::None) => false,
                Err(_) => return None,
            };
            (!is_open).then(|| format!("the license of the weights, `{}`, is not an open one", quotable(text)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sentence: &str) -> Vec<Claimed> {
        sentences(sentence).flat_map(|sentence| claims(sentence, "Tiny LM")).collect()
    }

    #[test]
    fn claims_about_the_model_are_recognized() {
        use Claimed::{Class, Definition, OpenSource};
        for (sentence, expected) in [
            ("- Fully open source!", OpenSource),
            ("Tiny is a **100% open-source** language model", OpenSource),
            ("This model is open source.", OpenSource),
            ("Tiny is an open-source model", OpenSource),
            ("The weights are open-sourced", OpenSource),
            ("- MOF Class I (Open Science)", Class(1)),
            ("| Model Openness Framework | class 2 |".trim_matches('|'), Class(2)),
            ("It is in Class III of the [Model Openness Framework](https://x)", Class(3)),
            ("OSI-compliant, meets the Open Source AI Definition (OSAID 1.0)", Definition),
            ("OSAID: ✅", Definition),
        ] {
            let sentence = sentence.replace("Framework | class", "Framework class");
            assert_eq!(found(&sentence), [expected], "{sentence}");
        }
    }

    #[test]
    fn denials_and_what_is_said_of_others_are_no_claims() {
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
            assert_eq!(found(sentence), [], "{sentence}");
        }
    }
}
