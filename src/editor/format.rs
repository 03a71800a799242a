//! Formatting: the space between words, and nothing else. Comments, order, quotes and line breaks within lists stay.
//!
//! The edits lie between the words of the lexer, so that they cannot change a word, and what is half written is formatted too.
//! (A writer such as `toml_edit` prints a parsed document, which a manifest that is being written is not.)

use toml_parser::lexer::{Token, TokenKind};

use super::syntax::is_header;
use crate::finding::Edit;

/// Returns the edits that give a text one space around `=` and after commas, none inside headers and lists on one line, two
/// at the start of a line for each list that is open, one empty line before a table, and never two.
#[must_use]
pub fn formatting(text: &str) -> Vec<Edit> {
    let tokens = toml_parser::Source::new(text).lex().into_vec();
    let mut edits = Vec::new();
    let mut state = State { open: 0, is_header: false, is_comment_line: false };
    let mut before: Option<&Token> = None;
    for (at, token) in tokens.iter().enumerate() {
        if matches!(token.kind(), TokenKind::Whitespace | TokenKind::Newline) {
            continue;
        }
        let begins_table = is_header(&tokens, at);
        let (start, end) = (before.map_or(0, |before| before.span().end()), token.span().start());
        let gap = text.get(start..end).unwrap_or_default();
        let wanted = state.gap(before.map(Token::kind), token.kind(), gap, begins_table);
        if wanted != gap && gap.chars().all(char::is_whitespace) {
            edits.push(Edit::of_manifest((start..end).into(), wanted));
        }
        before = Some(token);
    }
    edits
}

struct State {
    /// The number of brackets that are open, outside of headers.
    open: usize,
    is_header: bool,
    /// Whether nothing but a comment is on the line.
    is_comment_line: bool,
}

impl State {
    /// Returns what is to be written before a word.
    fn gap(&mut self, before: Option<TokenKind>, kind: TokenKind, gap: &str, begins_table: bool) -> String {
        use TokenKind::{Comment, Eof, LeftCurlyBracket, LeftSquareBracket, RightCurlyBracket, RightSquareBracket};
        let breaks = gap.matches('\n').count();
        let is_first = before.is_none() || breaks > 0;
        if begins_table {
            (self.is_header, self.open) = (true, 0);
        } else if is_first {
            self.is_header = false;
        }
        let is_bracket = !self.is_header;
        if is_bracket && matches!(kind, RightSquareBracket | RightCurlyBracket) {
            self.open = self.open.saturating_sub(1);
        }
        let wanted = match before {
            None => String::new(),
            Some(_) if kind == Eof => "\n".to_owned(),
            Some(before) if !is_first => self.within_line(before, kind, gap).to_owned(),
            Some(_) => {
                let is_apart = breaks > 1 || begins_table && !self.is_comment_line;
                let breaks = if is_apart && self.open == 0 { "\n\n" } else { "\n" };
                format!("{breaks}{}", "  ".repeat(self.open))
            }
        };
        if is_bracket && matches!(kind, LeftSquareBracket | LeftCurlyBracket) {
            self.open += 1;
        }
        self.is_comment_line = is_first && kind == Comment;
        wanted
    }

    fn within_line<'g>(&self, before: TokenKind, kind: TokenKind, gap: &'g str) -> &'g str {
        use TokenKind::{
            Comma, Comment, Equals, LeftCurlyBracket, LeftSquareBracket, RightCurlyBracket, RightSquareBracket,
        };
        match (before, kind) {
            // People line comments up.
            (_, Comment) => {
                if gap.is_empty() {
                    " "
                } else {
                    gap
                }
            }
            _ if self.is_header => "",
            (LeftSquareBracket, _) | (_, RightSquareBracket | Comma) | (LeftCurlyBracket, RightCurlyBracket) => "",
            (Comma | LeftCurlyBracket | Equals, _) | (_, RightCurlyBracket | Equals) => " ",
            _ => {
                if gap.is_empty() {
                    ""
                } else {
                    " "
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str) -> String {
        let mut result = String::new();
        let mut at = 0;
        for edit in formatting(text) {
            result.push_str(&text[at..edit.span.start]);
            result.push_str(&edit.text);
            at = edit.span.end;
        }
        result + &text[at..]
    }

    #[test]
    fn only_the_space_between_words_changes() {
        let text = "\n#:schema x  \nschema=1\n[ model ]   # one\nname   =  'a  b'#two\nfiles=[ \"x\" ,\"y\",]\n\n\n\nlist = [\n\"a\", # three\n      # four\n\n  { url=\"u\",size = 1_0 }\n ]\n# about audits\n[[ audit ]]\ndate = 2026-11-22   07:00:00\ntext = \"\"\"\n  a\n\n\n b \"\"\"\n\n";
        let expected = "#:schema x  \nschema = 1\n\n[model]   # one\nname = 'a  b' #two\nfiles = [\"x\", \"y\",]\n\nlist = [\n  \"a\", # three\n  # four\n  { url = \"u\", size = 1_0 }\n]\n# about audits\n[[audit]]\ndate = 2026-11-22 07:00:00\ntext = \"\"\"\n  a\n\n\n b \"\"\"\n";
        assert_eq!(formatted(text), expected);
        assert_eq!(formatting(expected), [], "what is formatted stays");
        let words = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(words(text), words(expected));
    }

    #[test]
    fn what_is_half_written_is_formatted() {
        assert_eq!(formatted("a=\n[model\nname =\"x"), "a =\n\n[model\nname = \"x\n");
        // A list without an end does not go beyond its table.
        assert_eq!(formatted("a=[ \"x\",\n[model]\nname=1\n"), "a = [\"x\",\n\n[model]\nname = 1\n");
        assert_eq!((formatted(""), formatted("\u{FEFF}a=1\n")), (String::new(), "\u{FEFF}a = 1\n".to_owned()));
    }
}
