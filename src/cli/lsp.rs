//! `openness lsp`: findings in the editor, through the Language Server Protocol 3.17 on standard input and output.
//!
//! Documents are sent whole (`TextDocumentSyncKind.Full`) and positions count UTF-16 code units, which every client
//! supports. Messages that have queued up are all read before the next check, so fast typing costs one check instead of
//! many.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _};
use std::path::PathBuf;

use lsp_server::{Connection, Message, Notification, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, explain};
use crate::check::{check_alone, check_text};
use crate::finding::{Finding, Severity};
use crate::lints::Levels;
use crate::manifest::FILE_NAME;
use crate::manifest::parse::parse;
use crate::snapshot::Snapshot;
use crate::source::{Source, Span};

/// The error code for an unknown method (JSON-RPC 2.0 §5.1).
const METHOD_NOT_FOUND: i32 = -32601;
/// The error code for parameters of another shape (JSON-RPC 2.0 §5.1).
const INVALID_PARAMS: i32 = -32602;

/// The longest message that is read.
const MAX_MESSAGE_BYTES: u64 = 64 << 20;
/// The longest line of a header, and the most lines.
const MAX_HEADER_BYTES: u64 = 4096;
const MAX_HEADER_LINES: usize = 32;

/// Serve an editor through the Language Server Protocol on standard input and output
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The editor shows findings while OPENNESS.toml is edited. Hover over a finding, a component or a \
                  taxonomy to read its manual. File names are checked against the files that Git tracks, when the \
                  manifest is opened or saved."
)]
pub(super) struct Args {
    /// Use standard input and output, the only transport
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(_: Args, _: &mut Session) -> Result<Outcome, Failure> {
    let (connection, client) = Connection::memory();
    let (incoming, outgoing) = (client.sender, client.receiver);
    let reading = std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(message) = read_message(&mut input)? {
            let is_exit = matches!(&message, Message::Notification(notification) if notification.method == "exit");
            if incoming.send(message).is_err() || is_exit {
                break;
            }
        }
        Ok(())
    });
    let writing = std::thread::spawn(move || {
        let mut out = io::stdout().lock();
        outgoing.into_iter().try_for_each(|message| message.write(&mut out))
    });
    let served = speak(&connection);
    drop(connection);
    let written: io::Result<()> = writing.join().unwrap_or_else(|_| Err(io::Error::other("the writer failed")));
    // Only a reader that is done is waited for: the editor may keep its end open after the last message.
    if served.is_err() || reading.is_finished() {
        let read: io::Result<()> = reading.join().unwrap_or_else(|_| Err(io::Error::other("the reader failed")));
        read.map_err(|error| Failure::caused_by("cannot read a message of the editor", error))?;
    }
    served?;
    written?;
    Ok(Outcome::Done)
}

fn speak(connection: &Connection) -> Result<(), Failure> {
    let capabilities = json!({
        "textDocumentSync": { "openClose": true, "change": 1, "save": true },
        "hoverProvider": true,
    });
    connection.initialize(capabilities)?;
    serve(connection)
}

/// Reads a message; `None` at the end of the input.
///
/// The crate that reads messages makes room for as many bytes as a header announces, before any of them has come, and lets a
/// header be of any length. So the header is read here, and a message given to it as far as it really came.
fn read_message(input: &mut impl BufRead) -> io::Result<Option<Message>> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut length = None;
    for at in 0..MAX_HEADER_LINES {
        let mut line = Vec::new();
        input.take(MAX_HEADER_BYTES).read_until(b'\n', &mut line)?;
        if line.is_empty() && at == 0 {
            return Ok(None);
        }
        let Some(line) = line.strip_suffix(b"\r\n") else { return Err(invalid("its header is malformed".to_owned())) };
        if line.is_empty() {
            let length: u64 = length.ok_or_else(|| invalid("its header has no `Content-Length`".to_owned()))?;
            if length > MAX_MESSAGE_BYTES {
                return Err(invalid(format!("it has {length} bytes; at most {MAX_MESSAGE_BYTES} are read")));
            }
            let mut message = format!("Content-Length: {length}\r\n\r\n").into_bytes();
            input.take(length).read_to_end(&mut message)?;
            return Message::read(&mut message.as_slice());
        }
        let line = String::from_utf8_lossy(line);
        let (name, value) = line.split_once(": ").ok_or_else(|| invalid("its header is malformed".to_owned()))?;
        if name.eq_ignore_ascii_case("Content-Length") {
            length = Some(value.parse().map_err(|_| invalid(format!("`{value}` is not a length")))?);
        }
    }
    Err(invalid(format!("its header has more than {MAX_HEADER_LINES} lines")))
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
                Message::Notification(notification) => touched.extend(update(notification, &mut documents)),
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
    /// The files of its directory when it was opened or saved; `None` if they cannot be read.
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

/// A position in a document; both numbers count from 0, and `character` counts UTF-16 code units.
#[derive(Deserialize)]
struct Position {
    line: usize,
    character: usize,
}

/// Applies a change in the editor to the documents; returns the URI of the document whose findings may have changed.
fn update(notification: Notification, documents: &mut BTreeMap<String, Document>) -> Option<String> {
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
        return Response::new_err(id, METHOD_NOT_FOUND, format!("the method `{method}` is not supported"));
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
            Some(snapshot) => check_text(source, snapshot),
            None => {
                let parsed = parse(source);
                let findings = check_alone(&parsed);
                (parsed, findings)
            }
        };
        let findings = Levels::of(&parsed.manifest).apply(findings).findings;
        (parsed.source, findings)
    }

    fn diagnostics(&self, uri: &str) -> Vec<Value> {
        let (source, findings) = self.findings();
        findings.iter().map(|finding| diagnostic(uri, &source, finding)).collect()
    }

    /// Returns the manuals of the findings at a position; if there are none, the manual of the word at the position.
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
        diagnostics.dedup_by_key(|rule| rule.code);
        if !diagnostics.is_empty() {
            return Some(diagnostics.into_iter().map(explain::of_rule).collect::<Vec<_>>().join("\n"));
        }
        // In `component.final-weights`, the part after the dot has a manual.
        let word = word_at(line, at);
        [Some(word), word.split_once('.').map(|(_, rest)| rest)].into_iter().flatten().find_map(explain::of_word)
    }
}

/// Returns the ID at a byte offset of a line; empty if there is none.
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
    let label = Some(finding.primary.text.clone()).filter(|text| !text.is_empty());
    let help = finding.help.as_deref().filter(|text| !text.is_empty()).map(|text| format!("help: {text}"));
    for line in label.into_iter().chain(help) {
        message.push('\n');
        message.push_str(&line);
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
    let position = |offset| {
        let position = source.position(offset);
        json!({ "line": position.line - 1, "character": position.utf16_column - 1 })
    };
    json!({ "start": position(span.start), "end": position(span.end) })
}

/// Returns the files in a manifest's directory: the tracked ones, or in a plain directory all.
fn files_around(uri: &str) -> Option<Snapshot> {
    let path = path_of(uri)?.parent()?.to_path_buf();
    SourceArgs::of_directory(path).snapshot().ok()
}

/// Returns the path of a `file:` URI (RFC 8089); `None` for any other URI.
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
    // `/C:/model` is a path on drive C.
    let is_drive = cfg!(windows) && path.get(2..3) == Some(":");
    Some(PathBuf::from(if is_drive { &path[1..] } else { &path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_only_if_it_is_of_sane_size() {
        let read = |text: &str| read_message(&mut text.as_bytes());
        let body = r#"{"jsonrpc":"2.0","method":"x","params":[]}"#;
        let framed = format!("content-length: {}\r\nContent-Type: a\r\n\r\n{body}", body.len());
        assert!(matches!(read(&framed), Ok(Some(Message::Notification(_)))));
        assert!(matches!(read(""), Ok(None)));
        let most = MAX_MESSAGE_BYTES;
        for (text, why) in [
            (format!("Content-Length: {}\r\n\r\n", most + 1), "at most"),
            (format!("Content-Length: {}\r\n\r\n", u64::MAX), "at most"),
            (format!("Content-Length: {}0\r\n\r\n", u64::MAX), "not a length"),
            // The announced bytes do not come.
            (format!("Content-Length: {most}\r\n\r\n{{}}"), ""),
            ("\r\n".to_owned(), "no `Content-Length`"),
            (format!("X: {}\r\n\r\n", "x".repeat(5000)), "malformed"),
            ("X: x\r\n".repeat(40), "lines"),
            ("Content-Length: 2\n\n{}".to_owned(), "malformed"),
        ] {
            let error = read(&text).map(drop).expect_err(&text[..20.min(text.len())]).to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn only_file_uris_become_paths() {
        assert_eq!(path_of("file:///a%20b/OPENNESS.toml"), Some(PathBuf::from("/a b/OPENNESS.toml")));
        for other in ["untitled:Untitled-1", "file:///a%2", "file:///%zz", "https://x/OPENNESS.toml"] {
            assert_eq!(path_of(other), None, "{other}");
        }
    }
}
