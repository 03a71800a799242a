//! The manifests that are open, shared by the thread that talks to the editor and the one that checks.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use lsp_server::{Request, RequestId};
use serde_json::Value;

use crate::finding::Finding;
use crate::lints::Organization;
use crate::path::RepoPath;
use crate::snapshot::Snapshot;
use crate::source::Source;

/// One open manifest.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) text: String,
    /// The version as the editor counts.
    pub(super) version: Option<i64>,
    /// Differs for each text of every document.
    pub(super) revision: u64,
    /// The revision with which it was opened or saved.
    pub(super) saved: u64,
    /// What is around it, since it was opened or saved; `None` until it is listed.
    pub(super) around: Option<Arc<Around>>,
    /// What was found in the text, if it is checked.
    pub(super) checked: Option<Arc<Checked>>,
}

/// The directory of a manifest when it was opened or saved.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// `None` if the files cannot be read.
    pub(super) snapshot: Option<Snapshot>,
    /// The paths of the files, in byte order.
    pub(super) files: Vec<RepoPath>,
    pub(super) organization: Organization,
}

/// The findings in a text.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) source: Source,
    pub(super) findings: Vec<Finding>,
}

/// What both threads know.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) documents: BTreeMap<String, Document>,
    /// Requests that are answered when the document that they are about is checked, by URI.
    pub(super) waiting: Vec<(String, Request)>,
    pub(super) is_over: bool,
    revisions: u64,
}

/// The state, and a signal that it has changed.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one step, so a thread that failed left it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes the other thread.
    pub(super) fn update<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }
}

impl State {
    pub(super) fn open(&mut self, uri: String, text: String, version: Option<i64>) {
        let revision = self.next_revision();
        self.documents.insert(uri, Document { text, version, revision, saved: revision, around: None, checked: None });
    }

    /// Changes a text; returns `None` if it is not open.
    pub(super) fn edit(&mut self, uri: &str, version: Option<i64>, edit: impl FnOnce(&mut String)) -> Option<()> {
        let revision = self.next_revision();
        let document = self.documents.get_mut(uri)?;
        edit(&mut document.text);
        (document.version, document.revision, document.checked) = (version, revision, None);
        Some(())
    }

    /// Has the files around a document listed again.
    pub(super) fn refresh(&mut self, uri: &str) -> Option<()> {
        let revision = self.next_revision();
        let document = self.documents.get_mut(uri)?;
        (document.revision, document.saved) = (revision, revision);
        (document.around, document.checked) = (None, None);
        Some(())
    }

    /// Takes a request that waits off the list.
    pub(super) fn cancel(&mut self, id: &RequestId) -> Option<Request> {
        let at = self.waiting.iter().position(|(_, request)| request.id == *id)?;
        Some(self.waiting.remove(at).1)
    }

    fn next_revision(&mut self) -> u64 {
        self.revisions += 1;
        self.revisions
    }
}

/// Returns the URI of the document that a request or a notification is about.
pub(super) fn uri_of(params: &Value) -> Option<&str> {
    params["textDocument"]["uri"].as_str()
}
