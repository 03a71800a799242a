//! What could be written at a place of a manifest.

use std::collections::BTreeSet;

use super::Document;
use super::license::term_at;
use super::place::Place;
use super::shape::{Kind, Shape};
use crate::license;
use crate::manifest::SCHEMA_URL;
use crate::path::RepoPath;
use crate::rules;
use crate::source::Span;
use crate::taxonomy;

/// The most files and patterns that are offered at once.
const MAX_FILES: usize = 500;

/// What a completion writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompletionKind {
    /// The header of a table, or a part of it.
    Table,
    /// A key.
    Key,
    /// One of a list of words.
    Word,
    /// A license or an operator.
    License,
    /// A path or a pattern.
    File,
    /// The code or name of a rule.
    Rule,
}

/// Something that could be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completion {
    /// What is shown, and what is compared with what is written already.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// A few words about it.
    pub detail: Option<String>,
    /// More about it, in Markdown.
    pub documentation: Option<String>,
    /// The part of the text that is replaced.
    pub span: Span,
    /// The text that replaces it.
    pub text: String,
    /// Where the cursor belongs in `text`, if not at its end.
    pub cursor: Option<usize>,
    /// Whether it should not be written any more.
    pub is_deprecated: bool,
}

impl Completion {
    fn new(kind: CompletionKind, label: impl Into<String>, span: Span) -> Self {
        let label = label.into();
        let text = label.clone();
        Self { label, kind, detail: None, documentation: None, span, text, cursor: None, is_deprecated: false }
    }

    fn detail(mut self, detail: Option<impl Into<String>>) -> Self {
        self.detail = detail.map(Into::into).filter(|detail| !detail.is_empty());
        self
    }

    /// Writes a text that has the cursor in the place of `|`, once.
    fn writing(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self.cursor = self.text.find('|');
        if let Some(at) = self.cursor {
            self.text.remove(at);
        }
        self
    }
}

pub(super) fn at(document: &Document<'_>, place: &Place<'_>, offset: usize, files: &[RepoPath]) -> Vec<Completion> {
    match place {
        Place::Comment(span) => in_comment(document, *span, offset),
        Place::Header { table, above, word } => {
            let is_list = table.header.as_ref().is_some_and(|header| header.is_list);
            let end = document.text[word.end..].find('\n').map_or(document.text.len(), |at| word.end + at);
            let is_closed = document.text[word.end..end].contains(']');
            in_header(document, above, *word, is_list, is_closed)
        }
        Place::Key { above, word, others, is_followed, is_inline } => {
            let mut found = keys(document, above, *word, others, *is_followed);
            // A table can begin where a key can begin on a line of its own.
            if !is_inline && !is_followed && begins_line(document.text, *word) {
                found.extend(tables(document, *word));
            }
            found
        }
        Place::Value { path, span, is_item, others } => {
            let others = others.iter().map(|span| unquoted(document.slice(*span))).collect();
            let value = Written { path, span: *span, raw: document.slice(*span), is_item: *is_item, others, offset };
            value.completions(document, files)
        }
    }
}

fn unquoted(raw: &str) -> &str {
    raw.trim_matches(['"', '\''])
}

/// Writes a key as TOML.
fn key_of(name: &str) -> String {
    let is_bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if is_bare { name.to_owned() } else { format!("\"{name}\"") }
}

fn begins_line(text: &str, word: Span) -> bool {
    text[..word.start].rfind('\n').map_or(&text[..word.start], |at| &text[at + 1..word.start]).trim().is_empty()
}

fn in_comment(document: &Document<'_>, span: Span, offset: usize) -> Vec<Completion> {
    let written = document.text.get(span.start..offset).unwrap_or_default();
    if written.starts_with("#:") && span.start == 0 {
        let whole = Completion::new(CompletionKind::Word, format!("#:schema {SCHEMA_URL}"), span);
        return vec![whole.detail(Some("the schema of manifests, for other editors"))];
    }
    let Some(words) = written.strip_prefix('#') else { return Vec::new() };
    let word: Span = (offset - written.rsplit(' ').next().unwrap_or_default().len()..offset).into();
    match words.split_whitespace().collect::<Vec<_>>().as_slice() {
        [] | ["openness:"] if !words.ends_with("openness: ") => {
            vec![Completion::new(CompletionKind::Word, "# openness: allow ", (span.start..offset).into())]
        }
        ["openness:", "allow"] if words.ends_with(' ') => suppressible(word).collect(),
        ["openness:", "allow", _] if !words.ends_with(' ') => suppressible(word).collect(),
        _ => Vec::new(),
    }
}

/// Returns the rules that a comment can allow.
fn suppressible(span: Span) -> impl Iterator<Item = Completion> {
    let rules = rules::all_rules().filter(|rule| !rules::has_fixed_level(rule));
    rules.map(move |rule| {
        let code = Completion::new(CompletionKind::Rule, rule.code, span).detail(Some(rule.name));
        let code = Completion { documentation: Some(rule.summary()), ..code };
        code.writing(format!("{} ", rule.code))
    })
}

fn in_header(document: &Document<'_>, above: &[&str], word: Span, is_list: bool, is_closed: bool) -> Vec<Completion> {
    let close = match (is_closed, is_list) {
        (true, _) => "",
        (false, true) => "]]",
        (false, false) => "]",
    };
    let mut found = Vec::new();
    let written = |name: &str| format!("{}{close}", key_of(name));
    match above {
        ["component"] => found.extend(components(document, word, word).map(|one| {
            let text = written(&one.label);
            one.writing(text)
        })),
        ["assessment"] => found.extend(taxonomy::all().map(|taxonomy| {
            let one = Completion::new(CompletionKind::Table, taxonomy.id.as_str(), word);
            one.detail(Some(taxonomy.title.as_str())).writing(written(&taxonomy.id))
        })),
        _ => {
            let Some(shape) = Shape::at(above) else { return found };
            for (name, key) in shape.keys() {
                let kind = key.kind();
                let has_lists = key.keys().any(|(_, inner)| inner.kind() == Kind::Tables);
                let fits = match is_list {
                    true => kind == Kind::Tables || kind == Kind::Table && has_lists,
                    false => matches!(kind, Kind::Table | Kind::Evidence),
                };
                if fits {
                    let goes_on = is_list && kind == Kind::Table || above.is_empty() && HAVE_NO_KEYS.contains(&name);
                    let one = Completion::new(CompletionKind::Table, name, word).detail(key.meaning());
                    found.push(one.writing(if goes_on { format!("{name}.") } else { written(name) }));
                }
            }
        }
    }
    found
}

/// Returns the components that have no table yet, except for the one in a word.
fn components(document: &Document<'_>, word: Span, span: Span) -> impl Iterator<Item = Completion> {
    let headers = document.syntax.tables.iter().filter_map(|table| table.header.as_ref());
    let declared: BTreeSet<&str> = headers
        .filter_map(|header| match header.keys.as_slice() {
            [table, id] if table.name == "component" && id.span != word => Some(id.name.as_str()),
            _ => None,
        })
        .collect();
    let items = taxonomy::vocabulary().components().iter().filter(move |item| !declared.contains(item.id.as_str()));
    items.map(move |item| {
        let one = Completion::new(CompletionKind::Table, item.id.as_str(), span).detail(Some(item.name.as_str()));
        Completion { documentation: item.description.clone(), ..one }
    })
}

/// Returns the headers of tables that are not there yet.
fn tables(document: &Document<'_>, word: Span) -> Vec<Completion> {
    let headers = document.syntax.tables.iter().filter_map(|table| table.header.as_ref());
    let declared: BTreeSet<&str> =
        headers.filter_map(|header| header.keys.first()).map(|key| key.name.as_str()).collect();
    let mut found = Vec::new();
    for (name, shape) in Shape::root().keys() {
        // The label has no bracket, because it is compared with what is written.
        let table =
            |text: String| Completion::new(CompletionKind::Table, name, word).detail(shape.meaning()).writing(text);
        match (name, shape.kind()) {
            ("component", _) => found.extend(components(document, word, word).map(|component| {
                let label = format!("component.{}", component.label);
                let text = format!("[{label}]\nopenness = \"|\"");
                Completion { label, ..component }.writing(text)
            })),
            (_, Kind::Tables) => found.push(table(format!("[[{name}]]\n"))),
            (_, Kind::Table) if !declared.contains(name) && !HAVE_NO_KEYS.contains(&name) => {
                found.push(table(format!("[{name}]\n")));
            }
            _ => {}
        }
    }
    found
}

/// The tables that hold only tables.
const HAVE_NO_KEYS: &[&str] = &["assessment", "component", "licenses"];

fn keys(document: &Document<'_>, above: &[&str], word: Span, others: &[&str], is_followed: bool) -> Vec<Completion> {
    let mut found = Vec::new();
    let Some(table) = Shape::at(above) else { return found };
    for (name, shape) in table.keys() {
        let is_table = matches!(shape.kind(), Kind::Table | Kind::Tables);
        if others.contains(&name) || is_table && above.is_empty() || above == ["component"] {
            continue;
        }
        let one = Completion::new(CompletionKind::Key, name, word);
        let one = one.detail(table.requires(name).then_some("required"));
        let written = if is_followed { key_of(name) } else { format!("{} = {}", key_of(name), empty_value(shape)) };
        found.push(Completion { documentation: shape.meaning().map(str::to_owned), ..one }.writing(written));
    }
    match above {
        ["lints"] => found.extend(rules::all_rules().map(|rule| {
            let one = Completion::new(CompletionKind::Rule, rule.code, word).detail(Some(rule.name));
            let written = if is_followed { rule.code.to_owned() } else { format!("{} = \"|\"", rule.code) };
            Completion { documentation: Some(rule.summary()), ..one }.writing(written)
        })),
        ["component"] => found.extend(components(document, word, word)),
        ["assessment", id, "stated"] => {
            let items = taxonomy::named(id).map(|taxonomy| taxonomy.items.as_slice()).unwrap_or_default();
            found.extend(items.iter().filter(|item| !others.contains(&item.id.as_str())).map(|item| {
                let one = Completion::new(CompletionKind::Key, item.id.as_str(), word).detail(Some(item.name.as_str()));
                let end = if is_followed { "" } else { " = " };
                one.writing(format!("{}{end}", key_of(&item.id)))
            }));
        }
        _ => {}
    }
    found.sort_by_key(|completion| completion.detail.as_deref() != Some("required"));
    found
}

/// Returns an empty value of the right form, with the cursor at `|`.
fn empty_value(shape: Shape) -> &'static str {
    match shape.kind() {
        Kind::List => "[\"|\"]",
        Kind::Tables => "[{ | }]",
        Kind::Table => "{ | }",
        Kind::Text | Kind::Evidence => "\"|\"",
        Kind::Date | Kind::Number | Kind::Flag | Kind::Scalar => "",
    }
}

/// A value as far as it is written.
struct Written<'p, 't> {
    path: &'p [&'p str],
    span: Span,
    raw: &'t str,
    is_item: bool,
    /// The other items of its list.
    others: Vec<&'t str>,
    offset: usize,
}

impl Written<'_, '_> {
    fn completions(&self, document: &Document<'_>, files: &[RepoPath]) -> Vec<Completion> {
        let Some(shape) = Shape::at(self.path).filter(|_| !self.raw.contains('\n')) else { return Vec::new() };
        let key = self.path.last().copied().unwrap_or_default();
        if shape.kind() == Kind::Flag {
            return ["true", "false"].map(|flag| Completion::new(CompletionKind::Word, flag, self.span)).into();
        }
        let words = shape.words();
        if !words.is_empty() {
            let free = words.into_iter().filter(|(word, _)| !self.others.contains(word));
            return free
                .map(|(word, meaning)| self.text(shape, CompletionKind::Word, word).detail(Some(meaning)))
                .collect();
        }
        match (key, shape.kind()) {
            ("license", _) => self.licenses(),
            ("files" | "exclude", _) => self.files(shape, files, true),
            ("safeguards", _) => self.safeguards(document, shape),
            _ if shape.is_path() => self.files(shape, files, false),
            _ => Vec::new(),
        }
    }

    /// Returns the part of the text between the quotes.
    fn inner(&self) -> Span {
        let quote = self.raw.chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else { return self.span };
        let is_ended = self.raw.len() > 1 && self.raw.ends_with(quote);
        (self.span.start + 1..self.span.end - usize::from(is_ended)).into()
    }

    /// Writes a text between the quotes that are there, or in quotes; in brackets too if a list is expected and there is none.
    fn text(&self, shape: Shape, kind: CompletionKind, word: &str) -> Completion {
        let inner = self.inner();
        if inner != self.span {
            let end = if inner.end < self.span.end { "" } else { &self.raw[..1] };
            return Completion::new(kind, word, inner).writing(format!("{word}{end}"));
        }
        let needs_list = !self.is_item && shape.kind() == Kind::List;
        let text = if needs_list { format!("[\"{word}\"]") } else { format!("\"{word}\"") };
        Completion::new(kind, word, self.span).writing(text)
    }

    /// Returns licenses, exceptions after `WITH`, and operators after a license, in the place of the term at the cursor.
    fn licenses(&self) -> Vec<Completion> {
        let inner = self.inner();
        let text = &self.raw[inner.start - self.span.start..inner.end - self.span.start];
        let term = term_at(text, self.offset.saturating_sub(inner.start));
        let before = &text[..term.start];
        let is_quoted = inner != self.span;
        let is_ended = !is_quoted || inner.end < self.span.end;
        let write = |kind: CompletionKind, word: &str, goes_on: bool| {
            let span: Span = match is_quoted {
                true => (inner.start + term.start..inner.start + term.end).into(),
                false => self.span,
            };
            let end = match (goes_on, is_ended) {
                (true, _) => " ",
                (false, true) => "",
                (false, false) => "\"",
            };
            let one = Completion::new(kind, word, span);
            match is_quoted {
                true => one.writing(format!("{word}{end}")),
                false => one.writing(format!("\"{word}\"")),
            }
        };
        let last = before.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).rfind(|word| !word.is_empty());
        match last {
            Some("WITH") => license::exceptions().map(|id| write(CompletionKind::License, id, false)).collect(),
            None | Some("AND" | "OR") => {
                let none = last.is_none().then(|| {
                    write(CompletionKind::License, license::NONE, false).detail(Some("released without a license"))
                });
                let named = license::all_named().map(|named| {
                    let one = write(CompletionKind::License, named.id, false).detail(Some(named.name));
                    Completion { is_deprecated: named.is_deprecated, ..one }
                });
                named.chain(none).collect()
            }
            Some(_) => ["AND", "OR", "WITH"].map(|word| write(CompletionKind::License, word, true)).into(),
        }
    }

    fn safeguards(&self, document: &Document<'_>, shape: Shape) -> Vec<Completion> {
        let tables = document.syntax.tables.iter();
        let safeguards = tables.filter(|table| {
            table.header.as_ref().is_some_and(|header| header.keys.first().is_some_and(|key| key.name == "safeguard"))
        });
        let names =
            safeguards.flat_map(|table| &table.entries).filter(|entry| entry.keys.iter().any(|key| key.name == "name"));
        let names = names.filter_map(|entry| entry.value.as_ref()).map(|value| unquoted(document.slice(value.span)));
        let free = names.chain(["none"]).filter(|name| !name.is_empty() && !self.others.contains(name));
        free.map(|name| self.text(shape, CompletionKind::Word, name)).collect()
    }

    /// Returns what is in the directory that is written: files and directories, and patterns if these are expected.
    fn files(&self, shape: Shape, files: &[RepoPath], with_patterns: bool) -> Vec<Completion> {
        let inner = self.inner();
        let written = self
            .offset
            .checked_sub(inner.start)
            .and_then(|end| self.raw.get(inner.start - self.span.start..inner.start - self.span.start + end));
        let directory = written.and_then(|written| written.rfind('/').map(|at| &written[..=at])).unwrap_or_default();
        let (mut names, mut endings, mut directories) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let start = files.partition_point(|path| path.as_str() < directory);
        for path in &files[start..] {
            let Some(rest) = path.as_str().strip_prefix(directory) else { break };
            match rest.split_once('/') {
                Some((below, _)) => {
                    directories.insert(below);
                }
                None => {
                    names.insert(rest);
                    endings
                        .extend(rest.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ending)| ending));
                }
            }
        }
        let mut found: Vec<(String, &str)> = Vec::new();
        if with_patterns {
            found.extend(endings.iter().map(|ending| (format!("{directory}*.{ending}"), "files of this kind")));
            found.extend(directories.iter().map(|below| (format!("{directory}{below}/**"), "everything below")));
        }
        found.extend(directories.iter().map(|below| (format!("{directory}{below}/"), "directory")));
        found.extend(names.iter().map(|name| (format!("{directory}{name}"), "file")));
        let free = found.into_iter().filter(|(path, _)| !self.others.contains(&path.as_str()) && is_plain(path));
        free.take(MAX_FILES)
            .map(|(path, what)| self.text(shape, CompletionKind::File, &path).detail(Some(what)))
            .collect()
    }
}

/// Returns whether a path can be written in quotes as it is.
fn is_plain(path: &str) -> bool {
    !path.contains(['"', '\'', '\\']) && !path.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    const FILES: &[&str] = &["LICENSE", "README.md", "docs/card.md", "weights/a.safetensors", "weights/b.safetensors"];

    /// Completes a text at `|`.
    fn found(marked: &str) -> Vec<Completion> {
        let at = marked.find('|').unwrap();
        let files: Vec<RepoPath> = FILES.iter().map(|path| path.parse().unwrap()).collect();
        Document::of(&marked.replacen('|', "", 1)).completions(at, &files)
    }

    /// Completes a text at `|` with the completion of a label.
    fn completed(marked: &str, label: &str) -> String {
        let text = marked.replacen('|', "", 1);
        let found = found(marked);
        let labels: Vec<&str> = found.iter().map(|one| one.label.as_str()).collect();
        let one = found.iter().find(|one| one.label == label).unwrap_or_else(|| panic!("{marked:?}: {labels:?}"));
        let mut written = one.text.clone();
        if let Some(cursor) = one.cursor {
            written.insert(cursor, '|');
        }
        [&text[..one.span.start], &written, &text[one.span.end..]].concat()
    }

    #[test]
    fn each_place_is_completed_with_what_fits_there() {
        for (marked, label, expected) in [
            // Keys.
            ("sch|", "schema", "schema = "),
            ("[model]\nna|\nversion = \"1\"", "name", "[model]\nname = \"|\"\nversion = \"1\""),
            ("[model]\nna| = \"x\"", "name", "[model]\nname = \"x\""),
            ("[model]\n|", "modality", "[model]\nmodality = [\"|\"]"),
            ("[[model.base]]\nrel|", "relation", "[[model.base]]\nrelation = \"|\""),
            ("[risk]\nexternal-review = { s|", "summary", "[risk]\nexternal-review = { summary = \"|\""),
            (
                "[component.model-card]\nremote = [{ url = \"u\", | }]",
                "size",
                "[component.model-card]\nremote = [{ url = \"u\", size =  }]",
            ),
            ("[claims]\nm|", "mof-1.0", "[claims]\n\"mof-1.0\" = \"|\""),
            ("[lints]\nOPN3|", "OPN310", "[lints]\nOPN310 = \"|\""),
            (
                "[assessment.osai-index.stated]\n|",
                "datasources_basemodel",
                "[assessment.osai-index.stated]\ndatasources_basemodel = ",
            ),
            // Headers.
            ("[mod|", "model", "[model]"),
            ("[mod|]\n", "model", "[model]\n"),
            ("[component.fi|\nopenness = \"open\"", "final-weights", "[component.final-weights]\nopenness = \"open\""),
            ("[comp|]", "component", "[component.]"),
            ("[[saf|", "safeguard", "[[safeguard]]"),
            ("[[model.|]]", "base", "[[model.base]]"),
            ("[assessment.|]", "mof-1.0", "[assessment.\"mof-1.0\"]"),
            ("schema = 1\n|", "model", "schema = 1\n[model]\n"),
            ("schema = 1\nfin|", "component.final-weights", "schema = 1\n[component.final-weights]\nopenness = \"|\""),
            // Words.
            ("[component.final-weights]\nopenness = |", "open", "[component.final-weights]\nopenness = \"open\""),
            (
                "[component.final-weights]\nopenness = \"pa|\n",
                "partial",
                "[component.final-weights]\nopenness = \"partial\"\n",
            ),
            ("[model]\nmodality = |", "text", "[model]\nmodality = [\"text\"]"),
            ("[model]\nmodality = [\"text\", '|']", "code", "[model]\nmodality = [\"text\", 'code']"),
            ("[claims]\nmof = cla|", "class-2", "[claims]\nmof = \"class-2\""),
            ("[claims]\nosaid = |", "true", "[claims]\nosaid = true"),
            ("[lints]\nOPN310 = \"|\"", "allow", "[lints]\nOPN310 = \"allow\""),
            (
                "[[safeguard]]\nname = \"filter\"\n[component.final-weights]\nsafeguards = [\"|\"]",
                "filter",
                "[[safeguard]]\nname = \"filter\"\n[component.final-weights]\nsafeguards = [\"filter\"]",
            ),
            // Licenses.
            ("[model]\nlicense = \"Ap|\"", "Apache-2.0", "[model]\nlicense = \"Apache-2.0\""),
            ("[model]\nlicense = |", "MIT", "[model]\nlicense = \"MIT\""),
            (
                "[model]\nlicense = \"MIT OR (Ap| AND X)\"",
                "Apache-2.0",
                "[model]\nlicense = \"MIT OR (Apache-2.0 AND X)\"",
            ),
            ("[model]\nlicense = \"MIT |\"", "OR", "[model]\nlicense = \"MIT OR \""),
            (
                "[model]\nlicense = \"GPL-3.0-only WITH |",
                "GCC-exception-3.1",
                "[model]\nlicense = \"GPL-3.0-only WITH GCC-exception-3.1\"",
            ),
            // Files.
            (
                "[component.final-weights]\nfiles = [\"wei|\"]",
                "weights/**",
                "[component.final-weights]\nfiles = [\"weights/**\"]",
            ),
            (
                "[component.final-weights]\nfiles = [\"weights/|\"]",
                "weights/*.safetensors",
                "[component.final-weights]\nfiles = [\"weights/*.safetensors\"]",
            ),
            (
                "[component.model-card]\ndocumentation = [\"docs/|",
                "docs/card.md",
                "[component.model-card]\ndocumentation = [\"docs/card.md\"",
            ),
            ("[model]\nlicense-file = \"|\"", "LICENSE", "[model]\nlicense-file = \"LICENSE\""),
            ("[risk]\nexternal-review = \"|\"", "README.md", "[risk]\nexternal-review = \"README.md\""),
            // Comments.
            ("#|", "# openness: allow ", "# openness: allow "),
            ("# openness: allow OPN3|", "OPN310", "# openness: allow OPN310 "),
        ] {
            assert_eq!(completed(marked, label), expected, "{marked}");
        }
        assert_eq!(completed("#:|", &format!("#:schema {SCHEMA_URL}")), format!("#:schema {SCHEMA_URL}"));
    }

    #[test]
    fn what_does_not_fit_is_not_offered() {
        for (marked, label) in [
            ("[model]\nname = \"x\"\nna|", "name"),
            ("[model]\nopen|", "openness"),
            ("[component.final-weights]\n[component.|]", "final-weights"),
            ("[saf|", "safeguard"),
            ("[[mod|", "compute"),
            ("[model]\nmodality = [\"text\", \"|\"]", "text"),
            ("[model]\nlicense = \"MIT |\"", "Apache-2.0"),
            ("[model]\nlicense = \"|\"", "GCC-exception-3.1"),
            ("[model]\nlicense-file = \"|\"", "weights/**"),
            ("[component.final-weights]\nfiles = [\"docs/|\"]", "weights/**"),
            ("# openness: allow |", "OPN101"),
            ("# words |", "OPN310"),
        ] {
            let labels: Vec<String> = found(marked).into_iter().map(|one| one.label).collect();
            assert!(!labels.iter().any(|other| other == label), "{marked}: {labels:?}");
        }
        for marked in [
            "[model]\nname = \"x\" |",
            "[model] |",
            "[model]\nname |= 1",
            "a = \"\"\"\nx|\n\"\"\"",
            "[unknown]\n\nx = |",
        ] {
            let found = found(marked);
            assert!(
                found.iter().all(|one| one.kind == CompletionKind::Table || marked.starts_with("[model]\nname |")),
                "{marked}: {found:?}"
            );
        }
    }

    #[test]
    fn every_prefix_of_a_manifest_can_be_completed() {
        let text = include_str!("../../examples/tiny-lm/OPENNESS.toml");
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).step_by(7).collect();
        for end in ends {
            let document = Document::of(&text[..end]);
            let offered = document.completions(end, &[]).len();
            assert!(offered < 2000, "{offered}: {:?}", document.hover(end));
            assert!(document.symbols().len() <= text.lines().count());
        }
    }
}
