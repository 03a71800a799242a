//! `openness lsp`: findings in the editor, by the Language Server Protocol 3.17 on standard input and output.
//!
//! Documents come whole (`TextDocumentSyncKind.Full`) and places count UTF-16 code units, which every client speaks. What
//! has queued up while the last answer was made is read first, so that fast typing costs one check and not many.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lsp_server::{Connection, Message, Notification, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::explain;
use super::place::SourceArgs;
use super::{Failure, Outcome, Session};
use crate::check;
use crate::finding::{Finding, Severity};
use crate::manifest::FILE_NAME;
use crate::manifest::parse::parse;
use crate::snapshot::Snapshot;
use crate::source::{Source, Span};

/// JSON-RPC 2.0 §5.1.
const METHOD_NOT_FOUND: i32 = -32601;
/// The same.
const INVALID_PARAMS: i32 = -32602;

/// Serve an editor by the Language Server Protocol on standard input and output
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Findings appear on OPENNESS.toml as it is edited; hovering over one, a component or a taxonomy \
                        shows its manual. Names of files are checked against what Git tracks, at opening and saving."
)]
pub(super) struct Args {
    /// Editors name the transport; this is the only one
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(_: Args, _: &mut Session) -> Result<Outcome, Failure> {
    let (connection, threads) = Connection::stdio();
    let capabilities = json!({
        "textDocumentSync": { "openClose": true, "change": 1, "save": true },
        "hoverProvider": true,
    });
    connection.initialize(capabilities)?;
    serve(&connection)?;
    drop(connection);
    threads.join()?;
    Ok(Outcome::Done)
}

fn serve(connection: &Connection) -> Result<(), Failure> {
    let mut documents: BTreeMap<String, Document> = BTreeMap::new();
    while let Ok(message) = connection.receiver.recv() {
        let mut next = Some(message);
        let mut touched = Vec::new();
        while let Some(message) = next {
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    connection.sender.send(Message::Response(answer(request, &documents)))?;
                }
                Message::Notification(notification) => touched.extend(heed(notification, &mut documents)),
                Message::Response(_) => {}
            }
            next = connection.receiver.try_recv().ok();
        }
        touched.sort_unstable();
        touched.dedup();
        for uri in touched {
            let diagnostics = documents.get(&uri).map_or_else(Vec::new, |document| document.diagnostics(&uri));
            let params = json!({ "uri": uri, "diagnostics": diagnostics });
            let notification = Notification::new("textDocument/publishDiagnostics".to_owned(), params);
            connection.sender.send(Message::Notification(notification))?;
        }
    }
    Ok(())
}

/// One open manifest.
struct Document {
    text: String,
    /// The files around it, as they were when it was opened or saved; `None` where it lies nowhere.
    snapshot: Option<Snapshot>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenedOrChanged {
    text_document: Identified,
    #[serde(default)]
    content_changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Identified {
    uri: String,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Change {
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HoverParams {
    text_document: Identified,
    position: Position,
}

/// Both from 0; `character` in UTF-16 code units.
#[derive(Deserialize)]
struct Position {
    line: usize,
    character: usize,
}

/// Takes note of what an editor did; returns the document whose findings may have changed.
fn heed(notification: Notification, documents: &mut BTreeMap<String, Document>) -> Option<String> {
    let Notification { method, params } = notification;
    let read = |params: Value| serde_json::from_value::<OpenedOrChanged>(params).ok();
    match method.as_str() {
        "textDocument/didOpen" => {
            let Identified { uri, text } = read(params)?.text_document;
            let path = path_of(&uri)?;
            if path.file_name()? != FILE_NAME {
                return None;
            }
            documents.insert(uri.clone(), Document { text: text?, snapshot: files_around(&uri) });
            Some(uri)
        }
        "textDocument/didChange" => {
            let OpenedOrChanged { text_document, content_changes } = read(params)?;
            documents.get_mut(&text_document.uri)?.text = content_changes.into_iter().next_back()?.text;
            Some(text_document.uri)
        }
        "textDocument/didSave" => {
            let uri = read(params)?.text_document.uri;
            documents.get_mut(&uri)?.snapshot = files_around(&uri);
            Some(uri)
        }
        "textDocument/didClose" => {
            let uri = read(params)?.text_document.uri;
            documents.remove(&uri).map(|_| uri)
        }
        _ => None,
    }
}

fn answer(request: Request, documents: &BTreeMap<String, Document>) -> Response {
    let Request { id, method, params } = request;
    if method != "textDocument/hover" {
        return Response::new_err(id, METHOD_NOT_FOUND, format!("`{method}` is not served"));
    }
    match serde_json::from_value::<HoverParams>(params) {
        Ok(HoverParams { text_document, position }) => {
            let manual = documents.get(&text_document.uri).and_then(|document| document.manual_at(&position));
            let shown = manual.map(|text| json!({ "contents": { "kind": "markdown", "value": text } }));
            Response::new_ok(id, shown)
        }
        Err(error) => Response::new_err(id, INVALID_PARAMS, error.to_string()),
    }
}

impl Document {
    fn findings(&self) -> (Source, Vec<Finding>) {
        let source = Source::new(FILE_NAME, self.text.as_str());
        let (parsed, findings) = match &self.snapshot {
            Some(snapshot) => check::check_text(source, snapshot),
            None => {
                let parsed = parse(source);
                let findings = check::check_alone(&parsed);
                (parsed, findings)
            }
        };
        (parsed.source, findings)
    }

    fn diagnostics(&self, uri: &str) -> Vec<Value> {
        let (source, findings) = self.findings();
        findings.iter().map(|finding| diagnostic(uri, &source, finding)).collect()
    }

    /// The manuals of what is found at a place, or of the word there.
    fn manual_at(&self, position: &Position) -> Option<String> {
        let line = self.text.split('\n').nth(position.line)?;
        let mut units = 0;
        let (at, _) = line.char_indices().find(|(_, c)| {
            units += c.len_utf16();
            units > position.character
        })?;
        let offset = self.text.split('\n').take(position.line).map(|line| line.len() + 1).sum::<usize>() + at;
        let (_, findings) = self.findings();
        let mut diagnostics: Vec<_> = findings
            .iter()
            .filter(|finding| finding.primary.span.range().contains(&offset))
            .map(|finding| finding.rule)
            .collect();
        diagnostics.dedup_by_key(|card| card.code);
        if !diagnostics.is_empty() {
            return Some(diagnostics.into_iter().map(explain::of_rule).collect::<Vec<_>>().join("\n"));
        }
        // `component.final-weights`: the part behind the dot has the manual.
        let word = word_at(line, at);
        [Some(word), word.split_once('.').map(|(_, rest)| rest)].into_iter().flatten().find_map(explain::of_word)
    }
}

/// The id that a place of a line lies in; empty where there is none.
fn word_at(line: &str, at: usize) -> &str {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.');
    let start =
        line[..at].rfind(ends).map_or(0, |before| before + line[before..].chars().next().map_or(1, char::len_utf8));
    let end = line[at..].find(ends).map_or(line.len(), |after| at + after);
    line.get(start..end).unwrap_or_default()
}

fn diagnostic(uri: &str, source: &Source, finding: &Finding) -> Value {
    let related: Vec<Value> = finding
        .related
        .iter()
        .map(|label| json!({ "location": { "uri": uri, "range": range(source, label.span) }, "message": label.text }))
        .collect();
    let mut message = finding.message.clone();
    for (word, text) in [("help", finding.help.as_deref()), ("here", Some(finding.primary.text.as_str()))] {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            message.push_str(&format!("\n{word}: {text}"));
        }
    }
    let severity = match finding.severity {
        Severity::Error => 1,
        Severity::Warning => 2,
        Severity::Note => 3,
    };
    json!({
        "range": range(source, finding.primary.span),
        "severity": severity,
        "code": finding.rule.code,
        "source": "openness",
        "message": message,
        "relatedInformation": related,
    })
}

fn range(source: &Source, span: Span) -> Value {
    let place = |offset| {
        let place = source.position(offset);
        json!({ "line": place.line - 1, "character": place.utf16_column - 1 })
    };
    json!({ "start": place(span.start), "end": place(span.end) })
}

/// The files that Git tracks beside a manifest, or all of a plain directory.
fn files_around(uri: &str) -> Option<Snapshot> {
    let path = path_of(uri)?.parent()?.to_path_buf();
    SourceArgs { path, staged: false, rev: None }.snapshot().ok()
}

/// The path of a `file:` URI (RFC 8089); `None` for any other.
fn path_of(uri: &str) -> Option<PathBuf> {
    let encoded = uri.strip_prefix("file://")?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => byte,
        });
    }
    let path = String::from_utf8(bytes).ok()?;
    // `/C:/model` is a drive's path.
    let is_drive = cfg!(windows) && path.get(2..3) == Some(":");
    Some(PathBuf::from(if is_drive { &path[1..] } else { &path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_becomes_a_path() {
        assert_eq!(path_of("file:///a%20b/OPENNESS.toml"), Some(PathBuf::from("/a b/OPENNESS.toml")));
        for other in ["untitled:Untitled-1", "file:///a%2", "file:///%zz", "https://x/OPENNESS.toml"] {
            assert_eq!(path_of(other), None, "{other}");
        }
    }
}
