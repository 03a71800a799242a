//! The manuals of the rules about the text of a manifest (`OPN0xx`) and about its structure (`OPN1xx`).
//!
//! These problems are found while the manifest is read. Every other rule has its own file in `rules/`.

use crate::finding::{RuleInfo, rule_info};

/// Every rule of this module, in the order of their codes.
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
    /// Reports text that is not valid TOML, including keys and tables that are defined twice.
    ///
    /// ## Why it matters
    /// A manifest that cannot be read cannot be checked, and two programs may read a broken one differently.
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
    /// TOML files are UTF-8. In any other encoding, different programs read different text. Save the file as UTF-8.
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
    /// Some TOML readers skip the mark, others reject the file. A signed file must mean the same to every reader. Save
    /// the file as UTF-8 without a byte order mark.
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
    /// Reports carriage returns: Windows line endings (CRLF) or a CR on its own.
    ///
    /// ## Why it matters
    /// A signature covers bytes. If Git changes the line endings on checkout, the manifest no longer matches its
    /// signature. The line `OPENNESS.toml text eol=lf` in `.gitattributes` prevents that.
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
    /// Reports control characters, bidirectional controls and invisible characters, written directly or as an escape.
    ///
    /// ## Why it matters
    /// With these characters, a manifest can look different to a reviewer from what programs read, or send commands to
    /// the reviewer's terminal.
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
    /// Reports syntax that requires TOML 1.1: line breaks and trailing commas in inline tables, the escapes `\e` and
    /// `\x`, and times without seconds.
    ///
    /// ## Why it matters
    /// Many programs only support TOML 1.0 and would reject the signed manifest.
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
    /// Reports a manifest of more than 1 MiB, or of more than 400,000 words and marks.
    ///
    /// ## Why it matters
    /// A manifest is a description. Move long texts to separate files and list these under `documentation`. The limit
    /// also protects programs that read manifests from untrusted sources.
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
    /// Reports strings and keys that are not in Unicode normalization form C (NFC).
    ///
    /// ## Why it matters
    /// Without normalization, the same name can be written in two ways that look the same but do not compare as equal.
    /// In NFC, a letter and its accent are one character where Unicode has one.
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
    /// Reports keys and tables that are not part of the manifest format.
    ///
    /// ## Why it matters
    /// If misspelled keys were ignored, the facts in them would be missing without notice.
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
    /// Reports values whose type does not match the key, such as a string instead of a list.
    ///
    /// ## Why it matters
    /// A value of the wrong type cannot be interpreted reliably: `true` does not say whether a component is open in
    /// full or in part.
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
    /// Reports a word that is not one of the allowed values of its key.
    ///
    /// ## Why it matters
    /// Releases can only be compared and evaluated if they all use the same words.
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
    /// Reports required keys that are missing.
    ///
    /// ## Why it matters
    /// A signed statement must name the model, its version and its producer, and say how open each component is.
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
    /// Reports values of the right type that are malformed: empty texts, digests, dates, URLs, paths, and numbers out
    /// of range.
    ///
    /// ## Why it matters
    /// A malformed value cannot be used: a digest that is one digit short will never match a file, and a date such as
    /// `22.11.2026` is read differently in different countries.
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
    /// Reports a `schema` version that this version of the program does not support.
    ///
    /// ## Why it matters
    /// A later version of the manifest format may give the same keys a different meaning. Use a newer version of the
    /// program, or write the manifest for schema 1.
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
