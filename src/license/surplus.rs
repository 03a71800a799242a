//! What a license file says besides the texts that were recognized: notices, which any copy has, and conditions.

use super::traits::HubLicense;
use super::{License, stated};

/// Starts of lines that state who wrote or owns something, or where something is, and no terms.
const NOTICES: &[&str] = &[
    "copyright",
    "©",
    "(c)",
    "copr.",
    "portions copyright",
    "portions ©",
    "portions (c)",
    "all rights reserved",
    "spdx-",
    "author:",
    "authors:",
    "author(s):",
    "contributors:",
    "written by",
    "developed by",
    "maintained by",
    "maintainer:",
    "http://",
    "https://",
    "www.",
    "url:",
    "source:",
    "homepage:",
    "upstream:",
    "版权所有",
    "urheberrecht ©",
];

/// Phrases that make a condition even in a line that looks like a notice.
const CONDITIONS: &[&str] = &[
    "may not",
    "must not",
    "shall not",
    "cannot",
    "not permitted",
    "not allowed",
    "not be used",
    "not for",
    "no license",
    "no licence",
    "no right",
    "no rights",
    "no permission",
    "not granted",
    "prohibited",
    "prohibits",
    "forbidden",
    "must",
    "shall",
    "required to",
    "is required",
    "are required",
    "requires",
    "non commercial",
    "noncommercial",
    "commercial use",
    "commercial usage",
    "commercial purpose",
    "commercial purposes",
    "commercially",
    "research only",
    "research use",
    "research purposes",
    "academic use",
    "academic purposes",
    "educational use",
    "educational purposes",
    "evaluation only",
    "evaluation purposes",
    "personal use",
    "internal use",
    "private use",
    "use only",
    "only for",
    "only be",
    "only if",
    "only with",
    "only to",
    "solely",
    "exclusively",
    "provided that",
    "on condition",
    "condition that",
    "prior written",
    "written permission",
    "permission from",
    "consent",
    "separate license",
    "commercial license",
    "you agree",
    "monthly active",
    "revenue",
    "licensed for",
    "internal evaluation",
    "also apply",
    "license fee",
];

/// Phrases that make a condition in a sentence.
const TERMS: &[&str] = &[
    "should not",
    "can not",
    "do not",
    "dont",
    "not granted",
    "not to be",
    "not to use",
    "not use",
    "not authorized",
    "not licensed",
    "not intended",
    "not available",
    "not apply",
    "no permission",
    "no right",
    "no rights",
    "no one may",
    "no use",
    "nobody may",
    "prohibit",
    "prohibition",
    "forbid",
    "forbids",
    "disallowed",
    "barred",
    "banned",
    "ban",
    "refrain",
    "obliged",
    "obligation",
    "obligations",
    "mandatory",
    "has to",
    "have to",
    "need to",
    "needs to",
    "needs a",
    "need a",
    "ask for",
    "ask the",
    "contact us before",
    "commercial product",
    "commercial products",
    "commercial service",
    "commercial services",
    "commercial users",
    "commercial entities",
    "business use",
    "business purposes",
    "enterprise use",
    "by nc",
    "by nd",
    "nc nd",
    "nc sa",
    "nonprofit use",
    "for profit",
    "profit",
    "for research",
    "scientific use",
    "scientific research",
    "subject to",
    "additional terms",
    "additional condition",
    "additional conditions",
    "additional restriction",
    "additional restrictions",
    "additional requirement",
    "additional requirements",
    "further condition",
    "further conditions",
    "further restrictions",
    "special condition",
    "special conditions",
    "restricted to",
    "restricted from",
    "restriction",
    "restrictions",
    "is limited to",
    "are limited to",
    "limited to use",
    "prior permission",
    "permission of",
    "obtain a license",
    "obtain a commercial",
    "request a license",
    "another license",
    "different license",
    "paid license",
    "licensed separately",
    "separately licensed",
    "separate terms",
    "model license",
    "weights license",
    "license for weights",
    "license for the weights",
    "license of the weights",
    "weights are covered",
    "belong to",
    "belongs to",
    "proprietary",
    "confidential",
    // Who may use it.
    "everyone except",
    "anyone except",
    "except for the following",
    "granted to",
    "for customers",
    "for employees",
    "for members",
    "for students",
    "for partners",
    "registered users",
    "registered participants",
    "registered members",
    // For how long.
    "granted for",
    "granted until",
    "licensed until",
    "valid for",
    "valid until",
    "expire",
    "expires",
    "ends on",
    "ends at",
    "end on",
    "months after",
    "months from",
    "year after",
    "years after",
    "year from",
    "years from",
    "within 30 days",
    "days of",
    "evaluation copy",
    "evaluation version",
    "trial version",
    // Duties to tell or to register.
    "please register",
    "register at",
    "register before",
    "register with",
    "before you download",
    "before downloading",
    "before using",
    "before you use",
    "send a copy",
    "send copies",
    "send your",
    "talk to us",
    "contact us for",
    "contact us first",
    "contact the authors for",
    "is acknowledged",
    "are acknowledged",
    "be acknowledged",
    "owe us",
    "military",
    "weapon",
    "weapons",
    "weaponry",
    "warfare",
    "armed forces",
    "defense industry",
    "surveillance",
    "facial recognition",
    "law enforcement",
    "police",
    "nuclear",
    "active users",
    "million users",
    "million monthly",
    "billion",
    "users per month",
    "users a month",
    "users in a month",
    "users each month",
    "million us dollars",
    "royalty",
    "royalties",
    "fee",
    "fees",
    "pay",
    "acceptable use",
    "use policy",
    "usage policy",
    "use restrictions",
    "use based restrictions",
    "prominently",
    "display",
    "displays",
    "visibly",
    "visible",
    "user interface",
    "built with",
    "powered by",
    "attribution",
    "give credit",
    "credit the",
    "logo",
    "terminate",
    "terminates",
    "terminated",
    "revoke",
    "revoked",
    "revocable",
    "void",
    "excluded",
    "excludes",
    "except for use",
    "european union",
    "sanctioned",
    "embargo",
    "export control",
    "residents of",
    "citizens of",
    "competitor",
    "competitors",
    "competing",
    "compete",
    "competes",
    "train other",
    "train any",
    "train another",
    "training other",
    "training of other",
    "improve any other",
    "distill",
    "distillation",
    "resell",
    "resold",
    "sell",
    "sold",
    "redistribute",
    "redistribution",
    "sublicense",
    "derivatives",
    "derivative works",
    "agree to",
    "agrees to",
    "by using",
    "by downloading",
    "adult content",
    "illegal",
    "unlawful",
    "unethical",
    "harm",
    "harmful",
    "indemnify",
    "governed by",
    "ethical",
    "evil",
    "commons clause",
    "does not extend",
    "do not extend",
    "reserved to",
    "reserved for",
    "withdraw",
    "withdraws",
    "withdrawn",
    "outside the scope",
    "out of scope",
    "runs out",
    "lapse",
    "lapses",
    "turnover",
    "more than 100 employees",
    "employees than",
    "mau",
    "model terms",
    "terms of use",
    "terms of service",
    "due credit",
    "at cost",
    // Other languages.
    "gewerbliche",
    "gewerblich",
    "kostenpflichtig",
    "fines de investigación",
    "fines comerciales",
    "для исследований",
    "nicht",
    "keine",
    "nur für",
    "nur zu",
    "nur mit",
    "nur bei",
    "ausschließlich",
    "forschungszwecke",
    "forschungszwecken",
    "nichtkommerziell",
    "nichtkommerzielle",
    "nichtkommerziellen",
    "darf",
    "dürfen",
    "verboten",
    "untersagt",
    "kommerzielle",
    "kommerziell",
    "militärische",
    "ne peut",
    "ne doit",
    "interdit",
    "interdite",
    "interdits",
    "uniquement",
    "seulement",
    "exclusivement",
    "réservé",
    "réservée",
    "commerciale",
    "commerciales",
    "militaire",
    "militaires",
    "prohibido",
    "prohibida",
    "comercial",
    "comerciales",
    "solamente",
    "solo para",
    "sólo para",
    "únicamente",
    "exclusivamente",
    "militares",
    "vietato",
    "vietata",
    "solo per",
    "soltanto",
    "esclusivamente",
    "commerciali",
    "militari",
    "proibido",
    "proibida",
    "apenas para",
    "somente para",
    "unicamente",
    "запрещено",
    "запрещается",
    "только",
    "нельзя",
    "военных",
];

/// The same in scripts without spaces.
const TERMS_WITHOUT_SPACES: &[&str] = &[
    "不得",
    "禁止",
    "禁じ",
    "只能",
    "只可",
    "不可",
    "不能用于",
    "非商用",
    "のみ",
    "研究目的",
    "許可なく",
    "비상업",
    "연구용",
    "연구 목적",
    "коммерческ",
    "商业",
    "商用",
    "商業",
    "仅限",
    "僅限",
    "仅供",
    "军事",
    "軍事",
    "必须",
    "必須",
    "学术研究",
    "企业使用",
    "获得许可",
    "授权",
    "许可证",
    "非営利",
    "軍用",
    "できません",
    "금지",
    "상업적",
];

/// Words that limit in company of a word of use.
const LIMITS: &[&str] = &[
    "only",
    "except",
    "unless",
    "not",
    "no",
    "never",
    "without",
    "commercial",
    "academic",
    "research",
    "private",
    "exceed",
    "exceeds",
    "exceeding",
    "million",
];
const USES: &[&str] = &[
    "use",
    "uses",
    "used",
    "using",
    "user",
    "users",
    "usage",
    "copy",
    "deploy",
    "deployed",
    "distribute",
    "share",
    "modify",
    "host",
    "train",
    "training",
];

/// Words that change a sentence of a license when they are added to it or taken from it.
const WEIGHTY: &[&str] = &[
    "not",
    "no",
    "non",
    "never",
    "nor",
    "only",
    "solely",
    "exclusively",
    "except",
    "excluding",
    "unless",
    "without",
    "with or",
    "must",
    "shall",
    "may",
    "cannot",
    "prohibited",
    "forbidden",
    "restricted",
    "restriction",
    "restrictions",
    "limited",
    "commercial",
    "noncommercial",
    "nonprofit",
    "profit",
    "military",
    "civil",
    "civilian",
    "peaceful",
    "research",
    "academic",
    "educational",
    "scientific",
    "personal",
    "private",
    "internal",
    "evaluation",
    "permission",
    "consent",
    "fee",
    "fees",
    "royalty",
    "paid",
    "users",
    "revenue",
    "revocable",
    "terminate",
    "individual",
    "individuals",
    "student",
    "students",
    "employees",
    "customers",
    "members",
    "everyone",
    "anyone",
    "lawful",
    "sell",
    "sublicense",
    "distribute",
    "modify",
    "modification",
    "merge",
    "publish",
    "binary",
    "object",
    "perpetual",
    "irrevocable",
    "worldwide",
    "exclusive",
    "unmodified",
    "unchanged",
    "verbatim",
    "year",
    "years",
    "month",
    "months",
    "days",
    "until",
    "expires",
    "anniversary",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "granted",
    "denied",
    "bearing",
    "cost",
    "price",
    "purchase",
    "purchasing",
    "licensee",
    "universities",
    "schools",
    "teaching",
    "hobby",
    "permanently",
    "temporarily",
    "reproduce",
    "prepare",
    "ethical",
    "nicht",
    "nur",
    "non-commercial",
];

/// Returns whether a line states authorship, a place or a tag, and no condition.
pub(super) fn is_notice(line: &str) -> bool {
    let start = line.trim_start_matches(|c: char| {
        !c.is_alphanumeric() && !matches!(c, '(' | '©') || matches!(c, '(') && !line.to_lowercase().contains("(c)")
    });
    let lower = start.to_lowercase();
    NOTICES.iter().any(|notice| lower.starts_with(notice)) && !has_any(&spaced(line), CONDITIONS)
}

/// Returns lower-case words with one space around each.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for c in text.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !matches!(c, '\'' | '’') && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// Returns whether one of the phrases occurs in text with one space around each word.
fn has_any(spaced: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        spaced
            .match_indices(phrase)
            .any(|(at, _)| spaced[..at].ends_with(' ') && spaced[at + phrase.len()..].starts_with(' '))
    })
}

/// Returns whether a sentence, or a few words of one, limits what a license allows or asks for something.
pub(super) fn is_condition(sentence: &str) -> bool {
    let words = spaced(&without_look_alikes(sentence));
    let words = words.replace(" but not limited to ", " ").replace(" commercial aircraft ", " ");
    let words = if is_title(&words) { words.replace(" attribution ", " ") } else { words };
    let words =
        if has_any(&words, &["funded", "supported", "grant"]) { words.replace(" european union ", " ") } else { words };
    if TERMS_WITHOUT_SPACES.iter().any(|term| words.contains(term))
        || has_any(&words, CONDITIONS)
        || has_any(&words, TERMS)
        || is_for_some_only(&words)
        || has_price(sentence) && has_any(&words, &["more than", "less than", "over", "above", "exceeds", "exceeding"])
    {
        return true;
    }
    let is_scope =
        has_any(&words, &["unless otherwise", "except where", "except as", "otherwise noted", "otherwise stated"]);
    !is_scope && has_any(&words, LIMITS) && has_any(&words, USES)
}

/// Returns whether words say for whom or for what alone something is: `For members only`, `Only for members`.
fn is_for_some_only(spaced: &str) -> bool {
    let count = spaced.split_whitespace().count();
    (2..=12).contains(&count) && (spaced.ends_with(" only ") || spaced.starts_with(" only "))
}

/// Returns whether text names a sum of money.
fn has_price(text: &str) -> bool {
    let mut signs = text.match_indices(['$', '€', '£', '¥']);
    signs.any(|(at, sign)| text[at + sign.len()..].trim_start().starts_with(|c: char| c.is_ascii_digit()))
}

/// Returns text in which Cyrillic and Greek letters within Latin words are the Latin letters that they look like.
fn without_look_alikes(text: &str) -> std::borrow::Cow<'_, str> {
    const LOOK_ALIKES: &[(char, char)] = &[
        ('а', 'a'),
        ('с', 'c'),
        ('ԁ', 'd'),
        ('е', 'e'),
        ('һ', 'h'),
        ('і', 'i'),
        ('ј', 'j'),
        ('к', 'k'),
        ('м', 'm'),
        ('о', 'o'),
        ('р', 'p'),
        ('ѕ', 's'),
        ('т', 't'),
        ('у', 'y'),
        ('х', 'x'),
        ('α', 'a'),
        ('ι', 'i'),
        ('ν', 'v'),
        ('ο', 'o'),
        ('ρ', 'p'),
        ('υ', 'u'),
    ];
    let latin = |c: char| {
        let lower = c.to_lowercase().next().unwrap_or(c);
        LOOK_ALIKES.iter().find(|(other, _)| *other == lower).map(|(_, latin)| *latin)
    };
    let is_mixed =
        |word: &str| word.contains(|c: char| c.is_ascii_alphabetic()) && word.contains(|c| latin(c).is_some());
    if text.is_ascii() || !text.split_whitespace().any(is_mixed) {
        return text.into();
    }
    let words = text.split_inclusive(char::is_whitespace);
    let plain = |word: &str| word.chars().map(|c| latin(c).unwrap_or(c)).collect::<String>();
    words.map(|word| if is_mixed(word) { plain(word) } else { word.to_owned() }).collect::<String>().into()
}

/// Returns whether words are the name of a license.
fn is_title(spaced: &str) -> bool {
    let names = ["license", "licence", "agreement"];
    let verbs =
        ["is", "are", "may", "not", "no", "only", "apply", "applies", "need", "needs", "requires", "use", "any", "for"];
    spaced.split_whitespace().count() <= 10 && has_any(spaced, &names) && !has_any(spaced, &verbs)
}

/// Returns whether words of a license that are missing are only a notice of who owns it.
pub(super) fn is_credit(text: &str, is_at_edge: bool) -> bool {
    let words = spaced(text);
    (is_at_edge || has_any(&words, &["copyright", "all rights reserved"])) && !is_condition(text)
}

/// Returns whether one text has a word of the list that another has not.
pub(super) fn is_weighty(text: &str, other: &str) -> bool {
    let (text, other) = (spaced(text), spaced(other));
    WEIGHTY.iter().any(|word| has_any(&text, &[word]) && !has_any(&other, &[word]))
}

/// Returns whether words are only numbers and letters of a list, or the `c` of a copyright sign.
pub(super) fn is_markers(text: &str) -> bool {
    const ROMAN: &[&str] = &["ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii"];
    let words = spaced(text);
    let mut words = words.split_whitespace();
    words.all(|word| {
        word.chars().count() == 1
            || ROMAN.contains(&word)
            || (word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// What a part of a license file says that is not part of a license, quoted and cut.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// What limits the license or asks for something.
    pub(super) conditions: Vec<String>,
    /// Other sentences that are not notices.
    pub(super) remarks: Vec<String>,
}

/// Returns what a part of a license file says.
///
/// `is_inside` tells whether the part begins or ends in the middle of a line of recognized text.
pub(super) fn said(text: &str, is_inside: bool) -> Said {
    let mut said = Said::default();
    if is_markers(text) {
        return said;
    }
    if is_inside && !text.contains("\n\n") {
        let count = text.split_whitespace().count();
        let adds = !is_address(text) && !is_notice(text) && (count >= 5 || is_weighty(text, ""));
        if adds || is_condition(text) {
            said.conditions.push(squeezed(text));
        }
        return said;
    }
    for sentence in sentences(text).into_iter().filter(|sentence| !is_address(sentence)) {
        // What follows a notice on its line is not part of it.
        let rest = if is_notice(sentence) { sentence.split_once(". ").map(|(_, rest)| rest) } else { Some(sentence) };
        let Some(rest) = rest else { continue };
        if is_condition(rest) || names_terms(rest) {
            said.conditions.push(squeezed(sentence));
        } else if is_remark(rest) {
            said.remarks.push(squeezed(rest));
        }
    }
    said
}

/// Returns whether text is only web addresses.
fn is_address(text: &str) -> bool {
    text.split_whitespace().all(|word| word.contains("://") || word.contains("www."))
}

/// Returns whether a sentence says something that is not a title, a rule of dashes, or the sentence that introduces a license.
fn is_remark(sentence: &str) -> bool {
    const INTRODUCTIONS: &[&str] = &[
        "license applies",
        "licence applies",
        "licensed under",
        "license below",
        "following license",
        "terms below",
        "license text",
        "text of the license",
        "copy of the license",
        "for details",
        "for more information",
        "see license",
        "see the license",
    ];
    let words = spaced(sentence);
    let is_long_enough = words.split_whitespace().count() >= 4
        || words.chars().filter(|c| c.is_alphabetic() && !c.is_ascii()).count() >= 6;
    is_long_enough && !is_title(&words) && !has_any(&words, INTRODUCTIONS)
}

/// Returns whether a line says that something is under a license that is not open: `Weights: Llama 3.1 Community License`.
fn names_terms(line: &str) -> bool {
    const WHAT: &[&str] = &["license", "licence", "terms", "weights", "outputs", "data", "dataset", "checkpoints"];
    let Some((what, name)) = line.split_once(':') else { return false };
    let is_about = what.split_whitespace().count() <= 4 && has_any(&spaced(what), WHAT);
    let is_base = has_any(&spaced(what), &["base", "based", "parent"]);
    let named = stated::named(name.trim().trim_end_matches('.'));
    is_about && !is_base && matches!(named, Some(HubLicense::Named { id, .. }) if !super::is_open(&id))
}

/// Returns the lines of a text that say, as an [SPDX tag], that it is under terms that are not open, nor those that it contains.
///
/// [SPDX tag]: https://spdx.github.io/spdx-spec/v3.0.1/annexes/using-SPDX-short-identifiers-in-source-files/
pub(super) fn contradicting_tags(text: &str, is_contained: impl Fn(&str) -> bool) -> Vec<String> {
    const TAG: &str = "SPDX-License-Identifier:";
    let contradicts = |line: &&str| {
        let stated =
            line.split_once(TAG).map_or("", |(_, stated)| stated.trim().trim_end_matches(['*', '/', '-', '>', '#']));
        let read = super::read(stated.trim());
        matches!(read, Ok(License::Expression(expression)) if !expression.is_open() && !expression.grants(|id| is_contained(id)))
    };
    text.lines().filter(|line| line.contains(TAG)).filter(contradicts).map(squeezed).collect()
}

/// Splits prose at ends of sentences, empty lines, and notices.
fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut was_notice = false;
    for line in text.split_inclusive('\n') {
        let is_notice = is_notice(line);
        if is_notice || was_notice || line.trim().is_empty() {
            sentences.push(&text[start..at]);
            start = at;
        }
        was_notice = is_notice;
        let end = at + line.len();
        if !is_notice {
            for (place, _) in line.match_indices(['.', '。', ';', '!', '?']) {
                let place = at + place;
                let next = text.ceil_char_boundary(place + 1);
                if text[next..].starts_with(char::is_whitespace) || text[place..].starts_with('。') {
                    sentences.push(&text[start..next]);
                    start = next;
                }
            }
        }
        at = end;
    }
    sentences.push(&text[start..]);
    sentences.retain(|sentence| !sentence.trim().is_empty());
    sentences
}

/// The number of characters of a quotation.
const QUOTED: usize = 160;

/// Returns text on one line, cut to the length of a quotation.
pub(super) fn squeezed(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !c.is_control()));
        if line.chars().count() > QUOTED {
            let mut cut: String = line.chars().take(QUOTED - 1).collect();
            cut.push('…');
            return cut;
        }
    }
    line
}
