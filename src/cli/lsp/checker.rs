//! The thread that checks: it lists files, publishes findings, and answers what needs findings.
//!
//! It always takes the newest text. What comes of a text that has changed in the meantime is dropped, so fast typing costs no
//! more checks than there is time for, and the thread that talks to the editor never waits.

use std::sync::Arc;

use lsp_server::{Message, Notification, Request, Response};
use serde_json::json;

use super::super::levels;
use super::super::source_args::SourceArgs;
use super::answers::{self, Client};
use super::documents::{Around, Checked, Shared};
use super::uri::path_of;
use crate::editor;
use crate::files::Files;
use crate::lints::Levels;
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::source::Source;

/// What is to be done next.
enum Job {
    List { uri: String, saved: u64 },
    Check { uri: String, revision: u64, text: String, around: Arc<Around> },
    Answer { request: Request, uri: String, checked: Option<Arc<Checked>> },
}

/// Works until the editor has ended the session.
pub(super) fn run(shared: &Shared, client: &Client, send: impl Fn(Message)) {
    let notify = |method: &str, params| send(Message::Notification(Notification::new(method.to_owned(), params)));
    while let Some(job) = next(shared) {
        match job {
            Job::List { uri, saved } => {
                let (around, warning) = list(&uri);
                let mut state = shared.lock();
                if let Some(document) = state.documents.get_mut(&uri).filter(|document| document.saved == saved) {
                    document.around = Some(Arc::new(around));
                }
                drop(state);
                if let Some(message) = warning {
                    notify("window/showMessage", json!({ "type": 2, "message": message }));
                }
            }
            Job::Check { uri, revision, text, around } => {
                let checked = Arc::new(check(&text, &around));
                let diagnostics = answers::diagnostics(&uri, &checked);
                let mut state = shared.lock();
                let document = state.documents.get_mut(&uri).filter(|document| document.revision == revision);
                if let Some(document) = document {
                    document.checked = Some(checked);
                    let mut params = json!({ "uri": uri, "diagnostics": diagnostics });
                    if let Some(version) = document.version {
                        params["version"] = version.into();
                    }
                    // While no other thread can close the document.
                    notify("textDocument/publishDiagnostics", params);
                }
            }
            Job::Answer { request, uri, checked } => send(Message::Response(match checked {
                Some(checked) => answers::with_findings(request, &uri, &checked, client),
                None => Response::new_ok(request.id, ()),
            })),
        }
    }
}

/// Waits for a job; `None` at the end.
fn next(shared: &Shared) -> Option<Job> {
    let mut state = shared.lock();
    loop {
        if state.is_over {
            return None;
        }
        for (uri, document) in &state.documents {
            let (uri, revision) = (uri.clone(), document.revision);
            match &document.around {
                None => return Some(Job::List { uri, saved: document.saved }),
                Some(around) if document.checked.is_none() => {
                    return Some(Job::Check { uri, revision, text: document.text.clone(), around: around.clone() });
                }
                Some(_) => {}
            }
        }
        // Every document is checked, or is not open.
        if !state.waiting.is_empty() {
            let (uri, request) = state.waiting.remove(0);
            let checked = state.documents.get(&uri).and_then(|document| document.checked.clone());
            return Some(Job::Answer { request, uri, checked });
        }
        state = shared.wait(state);
    }
}

/// Lists the files around a manifest: the tracked ones, or in a plain directory all; and reads the levels of the organization.
/// Also returns what is wrong with those.
fn list(uri: &str) -> (Around, Option<String>) {
    let Some(directory) = path_of(uri).and_then(|path| path.parent().map(ToOwned::to_owned)) else {
        return (Around::default(), None);
    };
    let (organization, warning) = match levels::of_directory(&directory) {
        Ok(found) => (found.map(|(organization, _)| organization).unwrap_or_default(), None),
        Err(failure) => (<_>::default(), Some(failure.to_string())),
    };
    let snapshot = SourceArgs::of_directory(directory).snapshot().ok();
    let entries = snapshot.iter().flat_map(|snapshot| snapshot.entries());
    let files: Vec<RepoPath> =
        entries.map(|entry| entry.path.clone()).filter(|path| path.as_str() != FILE_NAME).collect();
    (Around { snapshot, files, organization }, warning)
}

fn check(text: &str, around: &Around) -> Checked {
    let files = around.snapshot.as_ref().map(|snapshot| -> &dyn Files { snapshot });
    let (parsed, findings) = editor::check(Source::new(FILE_NAME, text), files);
    let levels = Levels::of(&parsed.manifest).under(&around.organization);
    Checked { findings: levels.apply(findings).findings, source: parsed.source }
}
