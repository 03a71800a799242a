//! Tools of editors: a client of the language server, and readers of the manifest's schema.
//!
//! `OPENNESS_PYTHON` names a Python with the packages `pytest-lsp`, `tombi`, `taplo` and `check-jsonschema`; default `python3`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::env::{MANIFEST, TestEnv};
use crate::common::tools::{python_program, python_with};

/// What a client of another project makes of a session. It checks each message against the types of the protocol.
#[test]
fn the_server_speaks_with_a_client_of_others() {
    let Some(python) = python_with("pytest_lsp") else { return };
    let env = TestEnv::release();
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/lsp_client/client.py");
    let mut session = env.command(&python);
    session.arg(client).arg(env!("CARGO_BIN_EXE_openness")).arg(env.path("lm/OPENNESS.toml"));
    let ran = session.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let expected = "\
opened: ['OPN313', 'OPN313', 'OPN314']
changed: OPN103 https://openness-dev.github.io/openness/rules/OPN103
completed: partial | Available in part, or only to some people. `reason` says why.
license: Apache License 2.0
hover: markdown # OPN401 invalid-license (error)
action: quickfix | replace `producr` with `producer` | producer
action: source.fixAll.openness | fix everything that is certain | producer
symbols: ['schema', 'model', 'release', 'component.final-weights', 'component.model-card', 'component.training-data']
formatting: [' ', ' ']
";
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), expected);
}

/// Judges a manifest by its schema.
type Judge = fn(&Path, program: &Path, schema: &Path) -> Command;

const JUDGES: [(&str, Judge); 3] = [
    ("check-jsonschema", |manifest, program, schema| {
        let mut command = Command::new(program);
        command.arg("--schemafile").arg(schema).arg(manifest);
        command
    }),
    ("taplo", |manifest, program, schema| {
        let mut command = Command::new(program);
        command.args(["lint", "--schema"]).arg(format!("file://{}", schema.display())).arg(manifest);
        command
    }),
    // It reads the schema that the manifest names.
    ("tombi", |manifest, program, _| {
        let mut command = Command::new(program);
        command.args(["lint", "--offline"]).arg(manifest);
        command
    }),
];

#[test]
fn readers_of_the_schema_agree_with_check() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = root.join("schemas/openness.schema.json");
    let mut manifests = vec![("MANIFEST".to_owned(), MANIFEST.to_owned(), true)];
    for name in ["tiny-lm/OPENNESS.toml", "open-washed/OPENNESS.toml", "known/olmo-7b.toml", "known/llama-2-70b.toml"] {
        manifests.push((name.to_owned(), fs::read_to_string(root.join("examples").join(name)).unwrap(), true));
    }
    for (from, to) in [
        ("openness = \"open\"", "openness = \"opne\""),
        ("producer =", "producr ="),
        ("[component.final-weights]", "[component.finale-weights]"),
        ("[release]", "[claims]\nmof = \"class-4\"\n[release]"),
        ("[release]", "[lints]\nOPN310 = \"alow\"\n[release]"),
        ("access = \"downloadable\"", "access = \"downloadable\"\nsequence = 0"),
        ("access = \"downloadable\"", "access = 1"),
    ] {
        assert!(MANIFEST.contains(from), "{from}");
        manifests.push((to.to_owned(), MANIFEST.replacen(from, to, 1), false));
    }
    let directory = tempfile::tempdir().unwrap();
    for (name, judge) in JUDGES {
        let Some(program) = python_program(name) else { continue };
        for (title, text, is_good) in &manifests {
            let manifest = directory.path().join("OPENNESS.toml");
            fs::write(&manifest, format!("#:schema file://{}\n{text}", schema.display())).unwrap();
            let ran = judge(&manifest, &program, &schema).current_dir(directory.path()).output().unwrap();
            let said = [ran.stdout, ran.stderr].concat();
            assert_eq!(ran.status.success(), *is_good, "{name}: {title}: {}", String::from_utf8_lossy(&said));
        }
    }
}
