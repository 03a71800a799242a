//! The manuals of what can be wrong with the text itself (`OPN0xx`) and with its shape (`OPN1xx`).
//!
//! These are found while the manifest is read; every other rule has a file in `rules/`.

use crate::finding::{RuleInfo, rule_info};

/// Every card of this module, in the order of codes.
pub static DIAGNOSTICS: &[&RuleInfo] = &[
    &SYNTAX,
    &NOT_UTF8,
    &BYTE_ORDER_MARK,
    &CARRIAGE_RETURN,
    &DECEPTIVE_CHARACTER,
    &NOT_TOML_1_0,
    &TOO_LARGE,
    &NOT_NORMALIZED,
    &UNKNOWN_KEY,
    &WRONG_TYPE,
    &UNKNOWN_WORD,
    &MISSING_KEY,
    &MALFORMED,
    &UNSUPPORTED_SCHEMA,
];

rule_info! {
    /// ## What it does
    /// Reports text that is not TOML, duplicate keys and tables among it.
    ///
    /// ## Why it matters
    /// What cannot be read cannot be checked, and two readers may make two things of it.
    ///
    /// ## Fails
    /// ```toml
    /// schema = 1
    /// [model]
    /// name = Tiny LM
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// schema = 1
    /// [model]
    /// name = "Tiny LM"
    /// version = "1"
    /// producer = "Example Lab"
    /// ```
    pub(super) SYNTAX = "OPN001" "syntax-error" Error
}
rule_info! {
    /// ## What it does
    /// Reports bytes that are not UTF-8.
    ///
    /// ## Why it matters
    /// TOML is UTF-8; other encodings show one text to one reader and another to the next.
    ///
    /// ## Fails
    /// ```toml escaped
    /// # caf\xe9
    /// schema = 1
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// # café
    /// schema = 1
    /// ```
    pub(super) NOT_UTF8 = "OPN002" "not-utf8" Error
}
rule_info! {
    /// ## What it does
    /// Reports a byte order mark at the start of the file.
    ///
    /// ## Why it matters
    /// Some TOML readers skip it and some refuse the file; a signed file must read alike everywhere.
    ///
    /// ## Fails
    /// ```toml escaped
    /// \xef\xbb\xbfschema = 1
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// schema = 1
    /// ```
    pub(super) BYTE_ORDER_MARK = "OPN003" "byte-order-mark" Error
}
rule_info! {
    /// ## What it does
    /// Reports carriage returns: Windows line endings, or a lone one.
    ///
    /// ## Why it matters
    /// The signature covers bytes. A manifest whose line endings change on checkout no longer is what was signed.
    /// A line `OPENNESS.toml text eol=lf` in `.gitattributes` keeps them.
    ///
    /// ## Fails
    /// ```toml escaped
    /// schema = 1\r
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// schema = 1
    /// ```
    pub(super) CARRIAGE_RETURN = "OPN004" "carriage-return" Error
}
rule_info! {
    /// ## What it does
    /// Reports control, bidirectional and invisible characters, written plainly or as an escape.
    ///
    /// ## Why it matters
    /// They let a manifest show a reviewer something else than a program reads, or drive the reviewer's terminal.
    ///
    /// ## Fails
    /// ```toml
    /// [model]
    /// name = "Tiny \u202E LM"
    /// version = "1"
    /// producer = "Example Lab"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [model]
    /// name = "Tiny LM"
    /// version = "1"
    /// producer = "Example Lab"
    /// ```
    pub(super) DECEPTIVE_CHARACTER = "OPN005" "deceptive-character" Error
}
rule_info! {
    /// ## What it does
    /// Reports what only TOML 1.1 allows: line breaks and trailing commas in inline tables, `\e` and `\x` escapes,
    /// times without seconds.
    ///
    /// ## Why it matters
    /// Many readers know TOML 1.0 only and refuse these, so that a signed manifest would be unreadable to some.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-data]
    /// openness = "open"
    /// license = "CC0-1.0"
    /// remote = [{ url = "https://example.org/data", }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-data]
    /// openness = "open"
    /// license = "CC0-1.0"
    /// remote = [{ url = "https://example.org/data" }]
    /// ```
    pub(super) NOT_TOML_1_0 = "OPN006" "not-toml-1-0" Error
}
rule_info! {
    /// ## What it does
    /// Reports a manifest of more than 1 MiB.
    ///
    /// ## Why it matters
    /// A manifest describes; whatever makes it this long belongs into a file of its own. The limit also keeps a hostile
    /// file from costing its reader anything.
    ///
    /// ## Fails
    /// ```toml oversized
    /// schema = 1
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// schema = 1
    /// ```
    pub(super) TOO_LARGE = "OPN007" "manifest-too-large" Error
}
rule_info! {
    /// ## What it does
    /// Reports strings and keys that are not in Unicode normalisation form C.
    ///
    /// ## Why it matters
    /// The same name can be written in two ways that look alike and compare unequal.
    ///
    /// ## Fails
    /// ```toml
    /// [model]
    /// name = "Cafe\u0301"
    /// version = "1"
    /// producer = "Example Lab"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [model]
    /// name = "Café"
    /// version = "1"
    /// producer = "Example Lab"
    /// ```
    pub(super) NOT_NORMALIZED = "OPN008" "not-normalized" Error
}
rule_info! {
    /// ## What it does
    /// Reports keys and tables that the manifest does not know.
    ///
    /// ## Why it matters
    /// A misspelt key would otherwise be a fact left out in silence.
    ///
    /// ## Fails
    /// ```toml
    /// [component.model-card]
    /// openess = "open"
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// remote = [{ url = "https://example.org/card" }]
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.model-card]
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// remote = [{ url = "https://example.org/card" }]
    /// ```
    pub(super) UNKNOWN_KEY = "OPN101" "unknown-key" Error
}
rule_info! {
    /// ## What it does
    /// Reports values of another type than the key takes.
    ///
    /// ## Why it matters
    /// A list where one text is meant, or a text where a list is meant, would be read differently by each reader.
    ///
    /// ## Fails
    /// ```toml
    /// [component.model-card]
    /// openness = true
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.model-card]
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// remote = [{ url = "https://example.org/card" }]
    /// ```
    pub(super) WRONG_TYPE = "OPN102" "wrong-type" Error
}
rule_info! {
    /// ## What it does
    /// Reports a word that is none of those the key allows.
    ///
    /// ## Why it matters
    /// The words are the vocabulary that releases are compared by.
    ///
    /// ## Fails
    /// ```toml
    /// [component.model-card]
    /// openness = "opne"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.model-card]
    /// openness = "open"
    /// license = "CC-BY-4.0"
    /// remote = [{ url = "https://example.org/card" }]
    /// ```
    pub(super) UNKNOWN_WORD = "OPN103" "unknown-word" Error
}
rule_info! {
    /// ## What it does
    /// Reports required keys that are absent or empty.
    ///
    /// ## Why it matters
    /// A statement has to say which model, which version, by whom, and how far each component is open.
    ///
    /// ## Fails
    /// ```toml
    /// [model]
    /// name = "Tiny LM"
    /// producer = "Example Lab"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [model]
    /// name = "Tiny LM"
    /// version = "1.0.0"
    /// producer = "Example Lab"
    /// ```
    pub(super) MISSING_KEY = "OPN104" "missing-key" Error
}
rule_info! {
    /// ## What it does
    /// Reports values of the right type and the wrong form: digests, dates, URLs, paths, numbers out of range.
    ///
    /// ## Why it matters
    /// A digest with a digit missing compares equal to nothing.
    ///
    /// ## Fails
    /// ```toml
    /// [release]
    /// access = "fully-open"
    /// date = "22.11.2026"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [release]
    /// access = "fully-open"
    /// date = 2026-11-22
    /// ```
    pub(super) MALFORMED = "OPN105" "malformed-value" Error
}
rule_info! {
    /// ## What it does
    /// Reports a `schema` that this program does not know.
    ///
    /// ## Why it matters
    /// A later version of the manifest may mean something else by the same words.
    ///
    /// ## Fails
    /// ```toml
    /// schema = 2
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// schema = 1
    /// ```
    pub(super) UNSUPPORTED_SCHEMA = "OPN106" "unsupported-schema" Error
}
