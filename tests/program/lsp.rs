//! `lsp`: an editor opens, changes, saves and closes a manifest.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::common::env::{MANIFEST, TestEnv};

/// The other side of the protocol, with frames of its own making (LSP 3.17, *Base Protocol*).
struct Editor {
    child: Child,
    out: BufReader<ChildStdout>,
    uri: String,
}

impl Editor {
    fn opened(env: &TestEnv, file: &str, text: &str) -> Self {
        let mut command = env.program();
        let mut child = command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut editor = Self { child, out, uri: format!("file://{}", env.path(file).display()) };
        let answer = editor.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }));
        assert_eq!(answer["result"]["capabilities"]["textDocumentSync"]["change"], 1);
        editor.tell("initialized", json!({}));
        let item = json!({ "uri": editor.uri, "languageId": "toml", "version": 1, "text": text });
        editor.tell("textDocument/didOpen", json!({ "textDocument": item }));
        editor
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let to = self.child.stdin.as_mut().unwrap();
        write!(to, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        to.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == method {
                return message;
            }
        }
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(self.out.read_line(&mut line).unwrap(), 0, "the server is gone");
            match line.trim_end() {
                "" => break,
                header => {
                    if let Some(value) = header.strip_prefix("Content-Length: ") {
                        length = value.parse().unwrap();
                    }
                }
            }
        }
        let mut body = vec![0; length];
        self.out.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The next findings, by code, line and column as the protocol counts.
    fn findings(&mut self) -> Vec<(String, u64, u64)> {
        let message = self.receive();
        assert_eq!(message["method"], "textDocument/publishDiagnostics");
        assert_eq!(message["params"]["uri"], self.uri.as_str());
        let of = |found: &Value| {
            let start = &found["range"]["start"];
            let number = |key: &str| start[key].as_u64().unwrap();
            (found["code"].as_str().unwrap().to_owned(), number("line"), number("character"))
        };
        message["params"]["diagnostics"].as_array().unwrap().iter().map(of).collect()
    }

    fn change(&mut self, text: &str) -> Vec<(String, u64, u64)> {
        let document = json!({ "uri": self.uri, "version": 2 });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
        self.findings()
    }

    fn hover(&mut self, line: u64, character: u64) -> Option<String> {
        let position = json!({ "line": line, "character": character });
        let answer =
            self.ask("textDocument/hover", json!({ "textDocument": { "uri": self.uri }, "position": position }));
        answer["result"]["contents"]["value"].as_str().map(str::to_owned)
    }

    fn close(mut self) {
        assert!(self.ask("shutdown", Value::Null)["result"].is_null());
        self.tell("exit", Value::Null);
        assert!(self.child.wait().unwrap().success());
    }
}

fn codes(findings: &[(String, u64, u64)]) -> Vec<&str> {
    findings.iter().map(|(code, ..)| code.as_str()).collect()
}

#[test]
fn findings_follow_what_is_typed_and_what_is_saved() {
    let env = TestEnv::release();
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", MANIFEST);
    let at_first = editor.findings();
    assert!(!codes(&at_first).contains(&"OPN201"), "{at_first:?}");
    // `[component.final-weights]` is line 13 for people.
    let misspelt = editor.change(&MANIFEST.replace("final-weights", "finale-weights"));
    assert!(misspelt.contains(&("OPN201".to_owned(), 12, 11)), "{misspelt:?}");
    // The files are those that Git tracks.
    let without = editor.change(&MANIFEST.replace("weights/*.safetensors", "weights/*.gguf"));
    assert!(codes(&without).contains(&"OPN301"), "{without:?}");
    env.write("lm/weights/c.gguf", "weights");
    env.git("lm", ["add", "-A"]);
    let uri = editor.uri.clone();
    editor.tell("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    assert!(!codes(&editor.findings()).contains(&"OPN301"));
    // Half a manifest is what editors see most of the time.
    assert!(codes(&editor.change("schema = 1\n[model\n")).contains(&"OPN001"));
    let uri = editor.uri.clone();
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(editor.findings(), []);
    editor.close();
}

#[test]
fn hovering_shows_manuals() {
    let env = TestEnv::release();
    let text = MANIFEST.replace("\"Tiny\"", "\"\u{1F600}\u{1F600}\"").replace("model-card", "modell-card");
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", &text);
    editor.findings();
    let component = editor.hover(12, 15).unwrap();
    assert!(component.contains("final-weights: ") && component.contains("mof-1.0"), "{component}");
    let finding = editor.hover(16, 14).unwrap();
    assert!(finding.starts_with("# OPN201 unknown-component (error)\n\n## What it does\n"), "{finding}");
    // Places that no word stands at, or that no line has.
    for (line, character) in [(1, 0), (12, 400), (4000, 0), (3, 9)] {
        assert_eq!(editor.hover(line, character), None);
    }
    editor.close();
}

#[test]
fn unknown_requests_are_refused_without_stopping() {
    let env = TestEnv::release();
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", MANIFEST);
    editor.findings();
    assert_eq!(editor.ask("textDocument/rename", json!({}))["error"]["code"], -32601);
    assert_eq!(editor.ask("textDocument/hover", json!({ "position": 1 }))["error"]["code"], -32602);
    editor.tell("textDocument/didChange", json!({ "textDocument": 1 }));
    editor.tell("$/setTrace", json!({ "value": "off" }));
    assert!(codes(&editor.change("=")).contains(&"OPN001"));
    editor.close();
}
