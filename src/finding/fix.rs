//! Changes of text that remove findings.

use std::sync::Arc;

use super::limited;
use crate::source::{Source, Span};

/// Whether a fix may be applied unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Safety {
    /// What was meant is certain, or does not matter to what the files say.
    Safe,
    /// The most likely meaning. A person has to agree.
    Unsafe,
}

impl Safety {
    /// Returns `safe` or `unsafe`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }

    /// Returns [`Safety::Safe`] if it is certain what was meant.
    #[must_use]
    pub(crate) fn of_certain(is_certain: bool) -> Self {
        if is_certain { Self::Safe } else { Self::Unsafe }
    }
}

/// A change that removes a finding and leaves everything else as it is, comments, order and quotes included.
///
/// Its edits belong together: either all of them are made or none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fix {
    /// What is done, such as ``replace `lisense` with `license` ``.
    pub title: String,
    /// Whether it may be applied unseen.
    pub safety: Safety,
    /// The edits, by file and position. They do not overlap, and their spans are those of the text before the fix.
    pub edits: Vec<Edit>,
}

/// Another text in place of a part of a file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Edit {
    /// The file as it was when the fix was made, named by its path from the root of the release; `None` for the manifest. A
    /// file that does not exist yet is empty.
    pub file: Option<Arc<Source>>,
    /// The part that is replaced, in bytes; empty for an insertion.
    pub span: Span,
    /// The text that replaces it.
    pub text: String,
}

impl Edit {
    /// Returns the path of the file; `None` for the manifest.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.file.as_deref().map(Source::name)
    }

    /// Makes an edit of the manifest.
    pub(crate) fn of_manifest(span: Span, text: impl Into<String>) -> Self {
        Self { file: None, span, text: text.into() }
    }
}

impl PartialEq for Edit {
    fn eq(&self, other: &Self) -> bool {
        (self.path(), self.span, &self.text) == (other.path(), other.span, &other.text)
    }
}

impl Eq for Edit {}

/// A fix before its edits are known: a rule has positions in the manifest, but not its text.
#[derive(Debug, Clone)]
pub(crate) struct Proposal {
    pub(crate) title: String,
    pub(crate) safety: Safety,
    pub(crate) change: Change,
}

/// What a rule proposes to change.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Gives a key another name, wherever the manifest writes it.
    RenameKey {
        /// One place of the key.
        key: Span,
        /// The new name, without quotes.
        to: String,
    },
    /// Puts another string in place of one.
    ReplaceString {
        /// The string with its quotes.
        value: Span,
        /// The new string, without quotes.
        to: String,
    },
    /// Puts TOML in place of a value.
    ReplaceValue {
        /// The value.
        value: Span,
        /// The new value as TOML.
        toml: String,
    },
    /// Puts TOML around a value.
    Surround {
        /// The value.
        value: Span,
        before: String,
        after: &'static str,
    },
    /// Adds a key below another one of the same table.
    InsertKey {
        /// The value of the other key.
        after: Span,
        /// The new key.
        key: &'static str,
        /// Its value, a string, without quotes.
        value: String,
    },
    /// Removes an item of a list.
    RemoveItem {
        /// The item.
        item: Span,
    },
    /// Removes text that means nothing to a reader of TOML: a comment, a mark, a needless comma.
    RemoveText {
        /// The text.
        text: Span,
    },
    /// Ends each line in LF.
    EndLinesInLf,
    /// Changes other files, whose text the rule has read.
    Other(Vec<Edit>),
}

impl Proposal {
    pub(crate) fn new(title: impl Into<String>, safety: Safety, change: Change) -> Self {
        Self { title: limited(title), safety, change }
    }

    /// Proposes another name for a key.
    pub(crate) fn rename(key: Span, from: &str, to: &str, safety: Safety) -> Self {
        let title = replacing(from, to);
        Self::new(title, safety, Change::RenameKey { key, to: to.to_owned() })
    }

    /// Proposes another string.
    pub(crate) fn replace(value: Span, from: &str, to: &str, safety: Safety) -> Self {
        let title = replacing(from, to);
        Self::new(title, safety, Change::ReplaceString { value, to: to.to_owned() })
    }
}

fn replacing(from: &str, to: &str) -> String {
    format!("replace `{}` with `{}`", super::quotable(from), super::quotable(to))
}
