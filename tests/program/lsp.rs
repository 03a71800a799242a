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
        let capabilities = json!({
            "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } },
            "workspace": { "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create"] } },
        });
        let answer =
            editor.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": capabilities }));
        assert_eq!(answer["result"]["capabilities"]["textDocumentSync"]["change"], 2);
        assert_eq!(answer["result"]["serverInfo"]["name"], "openness");
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

    /// Asks about a place; `|` marks it in `marked`, which is the whole text otherwise.
    fn ask_at(&mut self, method: &str, marked: &str) -> Value {
        let before = &marked[..marked.find('|').unwrap()];
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap().encode_utf16().count();
        let position = json!({ "line": line, "character": character });
        self.ask(method, json!({ "textDocument": { "uri": self.uri }, "position": position }))
    }

    /// Sets the text, in which `|` is the cursor, and returns the completions there.
    fn completions(&mut self, marked: &str) -> Vec<Value> {
        self.change(&marked.replacen('|', "", 1));
        self.ask_at("textDocument/completion", marked)["result"].as_array().unwrap().clone()
    }

    /// The actions offered for the line that contains a word.
    fn actions(&mut self, text: &str, word: &str) -> Vec<Value> {
        let line = text[..text.find(word).unwrap()].matches('\n').count();
        let (start, end) = (json!({ "line": line, "character": 0 }), json!({ "line": line, "character": 999 }));
        let params = json!({
            "textDocument": { "uri": self.uri },
            "range": { "start": start, "end": end },
            "context": { "diagnostics": [] },
        });
        self.ask("textDocument/codeAction", params)["result"].as_array().cloned().unwrap_or_default()
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

/// Makes the edits of an answer in a text.
fn edited(text: &str, edits: &Value) -> String {
    let offset = |position: &Value| {
        let number = |key: &str| usize::try_from(position[key].as_u64().unwrap()).unwrap();
        let start = text.split_inclusive('\n').take(number("line")).map(str::len).sum::<usize>();
        let mut units = 0;
        let rest = text[start..].char_indices().find(|(_, c)| {
            units += c.len_utf16();
            units > number("character")
        });
        rest.map_or(text.len(), |(at, _)| start + at)
    };
    let mut result = text.to_owned();
    for edit in edits.as_array().unwrap().iter().rev() {
        let range = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
        result.replace_range(range, edit["newText"].as_str().unwrap());
    }
    result
}

#[test]
fn changes_of_parts_add_up_to_the_text() {
    let env = TestEnv::release();
    let text = MANIFEST.replace("Tiny", "\u{1F600}");
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", &text);
    editor.findings();
    let uri = editor.uri.clone();
    let at = |line: u64, start: u64, end: u64, new: &str| {
        let (start, end) = (json!({ "line": line, "character": start }), json!({ "line": line, "character": end }));
        json!({ "range": { "start": start, "end": end }, "text": new })
    };
    // `name` becomes `naem`, letter by letter, and a key behind two UTF-16 units loses its quote.
    let changes = [at(3, 2, 3, ""), at(3, 2, 2, ""), at(3, 3, 3, "m"), at(3, 10, 11, "\"")];
    let document = json!({ "uri": uri, "version": 7 });
    editor.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    let message = editor.receive();
    assert_eq!(message["params"]["version"], 7);
    let found = message["params"]["diagnostics"].as_array().unwrap();
    assert_eq!(
        (&found[0]["code"], &found[0]["range"]["end"]["character"]),
        (&json!("OPN104"), &json!(7)),
        "{found:#?}"
    );
    assert_eq!(found[1]["code"], "OPN101", "{found:#?}");
    editor.close();
}

#[test]
fn each_finding_leads_to_its_manual() {
    let env = TestEnv::release();
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", "schema = 2\n");
    let message = editor.receive();
    let found = &message["params"]["diagnostics"][0];
    assert_eq!(found["codeDescription"]["href"], "https://openness-dev.github.io/openness/rules/OPN104");
    editor.close();
}

#[test]
fn keys_values_licenses_and_files_are_completed() {
    let env = TestEnv::release();
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", MANIFEST);
    editor.findings();
    for (before, after, label, written) in [
        ("name = \"Tiny\"", "name = \"Tiny\"\ndesc|", "description", "description = \"$0\""),
        ("license = \"Apache-2.0\"", "license = \"MIT OR Ap|\"", "Apache-2.0", "Apache-2.0"),
        ("openness = \"open\"", "openness = \"pa|\"", "partial", "partial"),
        ("weights/*.safetensors", "weights/|", "weights/b.safetensors", "weights/b.safetensors"),
        ("[component.training-data]", "[component.dat|]", "data-card", "data-card"),
        ("[release]", "[claims]\nmof = |\n[release]", "class-2", "\"class-2\""),
    ] {
        assert!(MANIFEST.contains(before), "{before}");
        let offered = editor.completions(&MANIFEST.replacen(before, after, 1));
        let item = offered.iter().find(|item| item["label"] == label).unwrap_or_else(|| panic!("{after}: {offered:?}"));
        assert_eq!(item["textEdit"]["newText"], written, "{item:#}");
    }
    // A file that Git does not track is not offered, and in prose nothing is.
    env.write("lm/weights/new.safetensors", "w");
    let offered = editor.completions(&MANIFEST.replacen("weights/*.safetensors", "weights/|", 1));
    assert!(!offered.is_empty() && !offered.iter().any(|item| item["label"] == "weights/new.safetensors"));
    assert_eq!(editor.completions(&MANIFEST.replacen("Tiny", "Ti|ny", 1)), [Value::Null; 0]);
    editor.close();
}

#[test]
fn fixes_and_comments_are_offered_where_a_finding_is() {
    let env = TestEnv::release();
    let text = MANIFEST.replace("producer", "producr").replace("reason = \"licensed from others\"\n", "");
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", &text);
    editor.findings();
    let uri = editor.uri.clone();
    let offered = editor.actions(&text, "producr");
    let fix = offered.iter().find(|action| action["kind"] == "quickfix").unwrap();
    assert_eq!((&fix["title"], &fix["isPreferred"]), (&json!("replace `producr` with `producer`"), &json!(true)));
    let fixed = edited(&text, &fix["edit"]["changes"][&uri]);
    assert_eq!(fixed, text.replace("producr", "producer"));
    assert_eq!(fix["diagnostics"][0]["code"], "OPN101");
    assert!(!offered.iter().any(|action| action["title"].as_str().unwrap().contains("allow OPN101")), "{offered:#?}");
    // Everything that is certain at once.
    let all = offered.iter().find(|action| action["kind"] == "source.fixAll.openness").unwrap();
    assert_eq!(edited(&text, &all["edit"]["changes"][&uri]), fixed);
    // A comment, which allows nothing until there is a reason.
    assert!(codes(&editor.change(&fixed)).contains(&"OPN206"));
    let offered = editor.actions(&fixed, "\"closed\"");
    let comment = offered.iter().find(|action| action["title"].as_str().unwrap().starts_with("allow OPN206")).unwrap();
    let commented = edited(&fixed, &comment["edit"]["changes"][&uri]);
    assert!(commented.contains("# openness: allow OPN206 \n"), "{commented}");
    let found = editor.change(&commented);
    assert!(codes(&found).contains(&"OPN206") && codes(&found).contains(&"OPN120"), "{found:?}");
    let reasoned = commented.replace("OPN206 \n", "OPN206 the lawyers are still at it\n");
    let found = editor.change(&reasoned);
    assert!(!codes(&found).contains(&"OPN206") && !codes(&found).contains(&"OPN120"), "{found:?}");
    editor.close();
}

#[test]
fn a_fix_can_make_a_file() {
    let env = TestEnv::release();
    env.write("lm/.gitattributes", "*.toml text\n");
    env.commit("lm");
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", MANIFEST);
    let found = editor.findings();
    assert!(codes(&found).contains(&"OPN602"), "{found:?}");
    let offered = editor.actions(MANIFEST, "schema");
    let changes = offered.iter().find_map(|action| action["edit"]["documentChanges"].as_array()).unwrap();
    let uri = editor.uri.replace("OPENNESS.toml", ".gitattributes");
    assert_eq!(changes.last().unwrap()["textDocument"]["uri"], uri, "{changes:#?}");
    editor.close();
}

#[test]
fn symbols_and_formatting_follow_the_text() {
    let env = TestEnv::release();
    let text = "schema=1\n[model]\nname =  \"x\"  # why\n[[safeguard]]\nname=\"filter\"\n[component.";
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", text);
    editor.findings();
    let document = json!({ "textDocument": { "uri": editor.uri } });
    let symbols = editor.ask("textDocument/documentSymbol", document.clone());
    let names: Vec<_> =
        symbols["result"].as_array().unwrap().iter().map(|one| (&one["name"], &one["detail"])).collect();
    let expected = [("schema", json!("1")), ("model", Value::Null), ("safeguard", json!("\"filter\""))];
    assert_eq!(names.len(), 4, "{names:?}");
    for ((name, detail), (known, value)) in names.into_iter().zip(&expected) {
        assert_eq!((name, detail), (&json!(known), value));
    }
    let mut params = document;
    params["options"] = json!({ "tabSize": 4, "insertSpaces": true });
    let edits = editor.ask("textDocument/formatting", params);
    let expected = "schema = 1\n\n[model]\nname = \"x\"  # why\n\n[[safeguard]]\nname = \"filter\"\n\n[component.\n";
    assert_eq!(edited(text, &edits["result"]), expected);
    editor.close();
}

#[test]
fn the_levels_of_the_organization_count_as_in_check() {
    let env = TestEnv::release();
    let text = MANIFEST.replace("reason = \"licensed from others\"\n", "");
    env.write("lm/.openness-lints.toml", "[lints]\nOPN206 = \"allow\"\n");
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", &text);
    let found = editor.findings();
    assert!(!codes(&found).contains(&"OPN206"), "{found:?}");
    editor.close();
}

#[test]
fn requests_for_what_is_not_open_have_empty_answers() {
    let env = TestEnv::release();
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", MANIFEST);
    editor.findings();
    editor.uri = editor.uri.replace("OPENNESS", "other");
    assert_eq!(editor.ask_at("textDocument/hover", "|")["result"], Value::Null);
    assert_eq!(editor.actions("x", "x"), [Value::Null; 0]);
    editor.close();
}

#[test]
fn hovering_shows_manuals() {
    let env = TestEnv::release();
    let text = MANIFEST.replace("\"Tiny\"", "\"\u{1F600}\u{1F600}\"").replace("model-card", "modell-card");
    let mut editor = Editor::opened(&env, "lm/OPENNESS.toml", &text);
    editor.findings();
    let component = editor.hover(12, 15).unwrap();
    assert!(component.contains("**final-weights**: ") && component.contains("mof-1.0"), "{component}");
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
