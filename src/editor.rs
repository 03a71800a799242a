//! The language service: what an editor shows at a place of a manifest, and what it can change there.
//!
//! Everything is a function of the text, byte offsets in it, and the paths of the files around it. It knows no editor and no
//! protocol, and reads no file, so the program's server and a page in a browser can both use it.
//!
//! ```
//! use openness::editor::Document;
//!
//! let text = "schema = 1\n[component.final-weights]\nopenness = \"pa\"\n";
//! let document = Document::of(text);
//! let found = document.completions(text.find("pa\"").unwrap() + 2, &[]);
//! assert!(found.iter().any(|completion| completion.label == "partial"));
//! ```

mod action;
mod checking;
mod completion;
mod format;
mod hover;
mod license;
mod place;
mod shape;
mod symbol;
mod syntax;

use crate::path::RepoPath;
use crate::source::Span;

pub use action::{Action, actions};
pub use checking::check;
pub use completion::{Completion, CompletionKind};
pub use format::formatting;
pub use hover::{Hover, manual};
pub use symbol::{Symbol, SymbolKind};

use place::Place;
use syntax::Syntax;

/// A manifest that is being written; it may be incomplete.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    syntax: Syntax,
}

impl<'t> Document<'t> {
    /// Reads a text.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        Self { text, syntax: Syntax::of(text) }
    }

    /// Returns what could be written at an offset, best first. `files` are those around the manifest, in byte order.
    #[must_use]
    pub fn completions(&self, offset: usize, files: &[RepoPath]) -> Vec<Completion> {
        match Place::at(self.text, &self.syntax, offset) {
            Some(place) => completion::at(self, &place, offset, files),
            None => Vec::new(),
        }
    }

    /// Returns what the word at an offset means.
    #[must_use]
    pub fn hover(&self, offset: usize) -> Option<Hover> {
        hover::at(self.text, &Place::at(self.text, &self.syntax, offset)?, offset)
    }

    /// Returns the tables and keys.
    #[must_use]
    pub fn symbols(&self) -> Vec<Symbol> {
        symbol::of(self.text, &self.syntax)
    }

    fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or_default()
    }
}
