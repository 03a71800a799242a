//! `openness lsp`: the language service in an editor, through the Language Server Protocol 3.17 on standard input and output.
//!
//! Two threads share the open documents. One talks to the editor, and answers at once what the text alone tells: completions,
//! symbols, formatting. The other one checks, and answers what needs findings. Positions count UTF-16 code units, which every
//! client supports.

mod answers;
mod checker;
mod documents;
mod framing;
mod text;
mod uri;

use std::io;
use std::sync::Arc;

use lsp_server::{Connection, Message, Notification, Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::{Failure, Outcome, Session};
use crate::manifest::FILE_NAME;
use answers::Client;
use documents::{Shared, uri_of};
use framing::read_message;
use text::Change;
use uri::path_of;

/// Serve an editor through the Language Server Protocol on standard input and output
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The editor shows findings while OPENNESS.toml is edited, offers fixes for them, and completes keys, \
                  components, values, licenses and paths. Hover over a word or a finding to read what it means. File \
                  names are those of the files that Git tracks when the manifest is opened or saved."
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
    let (id, params) = connection.initialize_start()?;
    let client = Client::of(&params);
    let server = json!({ "name": "openness", "version": env!("CARGO_PKG_VERSION") });
    connection.initialize_finish(id, json!({ "capabilities": answers::capabilities(), "serverInfo": server }))?;
    let shared = Arc::new(Shared::default());
    let checker = {
        let (shared, client, sender) = (shared.clone(), client.clone(), connection.sender.clone());
        // If the receiver is gone, so is the editor.
        move || checker::run(&shared, &client, |message| drop(sender.send(message)))
    };
    let checking = std::thread::spawn(checker);
    let served = serve(connection, &shared, &client);
    shared.update(|state| state.is_over = true);
    served?;
    checking.join().map_err(|_| Failure::internal("the thread that checks has failed"))
}

fn serve(connection: &Connection, shared: &Shared, client: &Client) -> Result<(), Failure> {
    while let Ok(message) = connection.receiver.recv() {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(());
                }
                if let Some(response) = answer(request, shared, client) {
                    connection.sender.send(Message::Response(response))?;
                }
            }
            Message::Notification(notification) => {
                if let Some(message) = update(notification, shared) {
                    connection.sender.send(message)?;
                }
            }
            Message::Response(_) => {}
        }
    }
    Ok(())
}

/// Answers a request; returns `None` if the thread that checks will.
fn answer(request: Request, shared: &Shared, client: &Client) -> Option<Response> {
    let uri = uri_of(&request.params).unwrap_or_default().to_owned();
    if answers::needs_findings(&request.method) {
        if uri.is_empty() {
            let message = "expected `textDocument.uri`".to_owned();
            return Some(Response::new_err(request.id, answers::INVALID_PARAMS, message));
        }
        shared.update(|state| state.waiting.push((uri, request)));
        return None;
    }
    let document = shared.lock().documents.get(&uri).map(|document| (document.text.clone(), document.around.clone()));
    let (text, around) = document.unwrap_or_default();
    let files = around.as_deref().map(|around| around.files.as_slice()).unwrap_or_default();
    Some(answers::from_text(request, &text, files, client))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    text_document: OpenedText,
}

#[derive(Deserialize)]
struct OpenedText {
    uri: String,
    version: Option<i64>,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    content_changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Canceled {
    id: lsp_server::RequestId,
}

/// Applies what the editor tells; returns what there is to say about it at once. What is not understood changes nothing.
fn update(notification: Notification, shared: &Shared) -> Option<Message> {
    let Notification { method, params } = notification;
    match method.as_str() {
        "textDocument/didOpen" => {
            let OpenedText { uri, version, text } = serde_json::from_value::<Opened>(params).ok()?.text_document;
            if path_of(&uri)?.file_name()? == FILE_NAME {
                shared.update(|state| state.open(uri, text, version));
            }
        }
        "textDocument/didChange" => {
            let uri = uri_of(&params)?.to_owned();
            let version = params["textDocument"]["version"].as_i64();
            let Changed { content_changes } = serde_json::from_value(params).ok()?;
            shared.update(|state| {
                state.edit(&uri, version, |text| content_changes.into_iter().for_each(|change| change.apply(text)))
            })?;
        }
        "textDocument/didSave" => shared.update(|state| state.refresh(uri_of(&params)?))?,
        "textDocument/didClose" => {
            let uri = uri_of(&params)?;
            shared.update(|state| state.documents.remove(uri))?;
            let params = json!({ "uri": uri, "diagnostics": [] });
            return Some(Message::Notification(Notification::new(
                "textDocument/publishDiagnostics".to_owned(),
                params,
            )));
        }
        "$/cancelRequest" => {
            let Canceled { id } = serde_json::from_value(params).ok()?;
            let request = shared.update(|state| state.cancel(&id))?;
            let response = Response::new_err(request.id, answers::REQUEST_CANCELED, "canceled".to_owned());
            return Some(Message::Response(response));
        }
        _ => {}
    }
    None
}
