//! What the server says, in the words of the protocol (LSP 3.17).
//!
//! The few shapes are written out here: the crate with types of the protocol has had no release since 2024, and brings old
//! versions of crates that are in use here.

use lsp_server::{Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::documents::Checked;
use super::text::{Position, Range, range};
use super::uri::sibling;
use crate::editor::{self, Action, Completion, CompletionKind, Symbol, SymbolKind};
use crate::finding::{Edit, Finding, Safety, Severity};
use crate::fix::Changes;
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::report::manual_url;
use crate::source::{Source, Span};

/// The error code for an unknown method (JSON-RPC 2.0 §5.1).
const METHOD_NOT_FOUND: i32 = -32601;
/// The error code for parameters of another shape (JSON-RPC 2.0 §5.1).
pub(super) const INVALID_PARAMS: i32 = -32602;
/// The error code for a request that the editor no longer needs (LSP 3.17, *Response Message*).
pub(super) const REQUEST_CANCELED: i32 = -32800;

const FIX: &str = "quickfix";
const FIX_ALL: &str = "source.fixAll.openness";

/// What the editor can do.
#[derive(Debug, Clone, Default)]
pub(super) struct Client {
    /// It puts the cursor where a completion says.
    has_snippets: bool,
    /// It makes files that an edit needs.
    can_create: bool,
}

impl Client {
    pub(super) fn of(params: &Value) -> Self {
        let capabilities = &params["capabilities"];
        let edits = &capabilities["workspace"]["workspaceEdit"];
        let operations = edits["resourceOperations"].as_array().into_iter().flatten();
        Self {
            has_snippets: capabilities["textDocument"]["completion"]["completionItem"]["snippetSupport"] == true,
            can_create: edits["documentChanges"] == true && { operations }.any(|operation| operation == "create"),
        }
    }
}

/// Returns what the server can do.
pub(super) fn capabilities() -> Value {
    json!({
        "positionEncoding": "utf-16",
        "textDocumentSync": { "openClose": true, "change": 2, "save": true },
        "completionProvider": { "triggerCharacters": ["[", ".", "\"", "'", "/", " ", "#", ":"] },
        "hoverProvider": true,
        "documentSymbolProvider": true,
        "documentFormattingProvider": true,
        "codeActionProvider": { "codeActionKinds": [FIX, FIX_ALL] },
    })
}

/// Returns whether a request is answered from the findings.
pub(super) fn needs_findings(method: &str) -> bool {
    matches!(method, "textDocument/hover" | "textDocument/codeAction")
}

/// Answers a request from the text alone.
pub(super) fn from_text(request: Request, text: &str, files: &[RepoPath], client: &Client) -> Response {
    match request.method.as_str() {
        "textDocument/completion" => answered(request, |params: AtPosition| completions(&params, text, files, client)),
        "textDocument/documentSymbol" => answered(request, |_: Value| {
            let source = Source::new(FILE_NAME, text);
            editor::Document::of(text).symbols().iter().map(|found| symbol(&source, found)).collect()
        }),
        "textDocument/formatting" => answered(request, |_: Value| {
            let source = Source::new(FILE_NAME, text);
            editor::formatting(text).iter().map(|edit| text_edit(&source, edit)).collect()
        }),
        other => {
            let message = format!("the method `{other}` is not supported");
            Response::new_err(request.id, METHOD_NOT_FOUND, message)
        }
    }
}

/// Answers a request from the findings and the text that they are about.
pub(super) fn with_findings(request: Request, uri: &str, checked: &Checked, client: &Client) -> Response {
    match request.method.as_str() {
        "textDocument/hover" => answered(request, |params: AtPosition| hover(&params, checked)),
        _ => answered(request, |params: ActionParams| actions(&params, uri, checked, client)),
    }
}

fn answered<P: DeserializeOwned>(request: Request, answer: impl FnOnce(P) -> Value) -> Response {
    match serde_json::from_value(request.params) {
        Ok(params) => Response::new_ok(request.id, answer(params)),
        Err(error) => Response::new_err(request.id, INVALID_PARAMS, error.to_string()),
    }
}

#[derive(Deserialize)]
struct AtPosition {
    position: Position,
}

#[derive(Deserialize)]
struct ActionParams {
    range: Range,
    #[serde(default)]
    context: ActionContext,
}

#[derive(Default, Deserialize)]
struct ActionContext {
    only: Option<Vec<String>>,
}

impl ActionContext {
    fn wants(&self, kind: &str) -> bool {
        let includes = |wanted: &String| {
            kind == wanted || kind.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        self.only.as_ref().is_none_or(|only| only.iter().any(includes))
    }
}

fn completions(params: &AtPosition, text: &str, files: &[RepoPath], client: &Client) -> Value {
    let offset = params.position.offset(text);
    let found = editor::Document::of(text).completions(offset, files);
    let source = Source::new(FILE_NAME, text);
    // Most completions replace the same part, and a list of licenses is long.
    let mut last: Option<(Span, Value)> = None;
    let items = found.iter().enumerate().map(|(number, completion)| {
        let place = match &last {
            Some((span, place)) if *span == completion.span => place.clone(),
            _ => last.insert((completion.span, range(&source, completion.span))).1.clone(),
        };
        item(number, completion, place, source.slice(completion.span), client)
    });
    items.collect()
}

/// `before` is the text that is replaced.
fn item(number: usize, completion: &Completion, place: Value, before: &str, client: &Client) -> Value {
    let kind = match completion.kind {
        CompletionKind::Table => 9,
        CompletionKind::Key => 10,
        CompletionKind::Word => 20,
        CompletionKind::File => 17,
        CompletionKind::Rule => 21,
        _ => 12,
    };
    let mut item = json!({
        "label": completion.label,
        "kind": kind,
        // In the order in which they were found.
        "sortText": format!("{number:04}"),
        "textEdit": { "range": place, "newText": completion.text },
    });
    if before.starts_with(['"', '\'', '#']) {
        // Editors compare with the text that is replaced.
        item["filterText"] = completion.text.clone().into();
    }
    if let Some(detail) = &completion.detail {
        item["detail"] = detail.as_str().into();
    }
    if let Some(documentation) = &completion.documentation {
        item["documentation"] = json!({ "kind": "markdown", "value": documentation });
    }
    if completion.is_deprecated {
        item["tags"] = json!([1]);
    }
    if let Some(cursor) = completion.cursor.filter(|_| client.has_snippets) {
        let (start, end) = completion.text.split_at(cursor);
        let literal = |text: &str| text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}");
        item["textEdit"]["newText"] = format!("{}$0{}", literal(start), literal(end)).into();
        item["insertTextFormat"] = 2.into();
    }
    item
}

/// Returns the manuals of the findings at a position, and what the word there means.
fn hover(params: &AtPosition, checked: &Checked) -> Value {
    let source = &checked.source;
    let offset = params.position.offset(source.text());
    let mut rules: Vec<_> = checked
        .findings
        .iter()
        .filter(|finding| finding.primary.span.range().contains(&offset))
        .map(|finding| finding.rule)
        .collect();
    rules.dedup_by_key(|rule| rule.code);
    let word = editor::Document::of(source.text()).hover(offset);
    let span = word.as_ref().map(|word| word.span);
    let texts: Vec<String> = rules.into_iter().map(editor::manual).chain(word.map(|word| word.text)).collect();
    if texts.is_empty() {
        return Value::Null;
    }
    let mut hover = json!({ "contents": { "kind": "markdown", "value": texts.join("\n\n---\n\n") } });
    if let Some(span) = span {
        hover["range"] = range(source, span);
    }
    hover
}

fn actions(params: &ActionParams, uri: &str, checked: &Checked, client: &Client) -> Value {
    let source = &checked.source;
    let mut found = Vec::new();
    if params.context.wants(FIX) {
        let actions = editor::actions(source, &checked.findings, params.range.span(source.text()));
        found.extend(actions.iter().filter_map(|action| quick_fix(action, uri, checked, client)));
    }
    if params.context.wants(FIX_ALL) {
        let changes = Changes::of(&checked.findings, |fix| {
            fix.safety == Safety::Safe && fix.edits.iter().all(|edit| edit.path().is_none())
        });
        if !changes.is_empty() {
            let edits: Vec<Value> = changes.edits().iter().map(|edit| text_edit(source, edit)).collect();
            let title = "fix everything that is certain";
            found.push(json!({ "title": title, "kind": FIX_ALL, "edit": { "changes": { uri: edits } } }));
        }
    }
    found.into()
}

fn quick_fix(action: &Action, uri: &str, checked: &Checked, client: &Client) -> Option<Value> {
    let finding = checked.findings.get(action.finding)?;
    Some(json!({
        "title": action.title,
        "kind": FIX,
        "isPreferred": action.is_certain,
        "diagnostics": [diagnostic(uri, &checked.source, finding)],
        "edit": workspace_edit(&action.edits, uri, &checked.source, client)?,
    }))
}

/// Returns edits by file; `None` if they need a file that the editor cannot make.
fn workspace_edit(edits: &[Edit], uri: &str, source: &Source, client: &Client) -> Option<Value> {
    if edits.iter().all(|edit| edit.path().is_none()) {
        let edits: Vec<Value> = edits.iter().map(|edit| text_edit(source, edit)).collect();
        return Some(json!({ "changes": { uri: edits } }));
    }
    let mut changes = Vec::new();
    for edit in edits {
        let (source, uri) = match &edit.file {
            None => (source, uri.to_owned()),
            Some(file) => (&**file, sibling(uri, file.name())),
        };
        if source.text().is_empty() {
            changes.push(json!({ "kind": "create", "uri": uri, "options": { "ignoreIfExists": true } }));
        }
        let document = json!({ "uri": uri, "version": null });
        changes.push(json!({ "textDocument": document, "edits": [text_edit(source, edit)] }));
    }
    client.can_create.then(|| json!({ "documentChanges": changes }))
}

fn text_edit(source: &Source, edit: &Edit) -> Value {
    json!({ "range": range(source, edit.span), "newText": edit.text })
}

fn symbol(source: &Source, found: &Symbol) -> Value {
    let kind = match found.kind {
        SymbolKind::Table => 3,
        SymbolKind::Item => 19,
        SymbolKind::List => 18,
        _ => 20,
    };
    let children: Vec<Value> = found.children.iter().map(|child| symbol(source, child)).collect();
    // An editor refuses an empty name.
    let name = if found.name.is_empty() { "?" } else { &found.name };
    let mut symbol = json!({
        "name": name,
        "kind": kind,
        "range": range(source, found.span),
        "selectionRange": range(source, found.name_span),
        "children": children,
    });
    if let Some(detail) = &found.detail {
        symbol["detail"] = detail.as_str().into();
    }
    symbol
}

/// Returns the findings in a document.
pub(super) fn diagnostics(uri: &str, checked: &Checked) -> Vec<Value> {
    checked.findings.iter().map(|finding| diagnostic(uri, &checked.source, finding)).collect()
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
        "codeDescription": { "href": manual_url(finding.rule) },
        "source": "openness",
        "message": message,
        "relatedInformation": related,
    })
}
