//! What an audit writes, read by DuckDB and by Arrow, which know nothing of this program.
//!
//! `OPENNESS_PYTHON` names a Python with the packages `duckdb` and `pyarrow`; default `python3`.

use std::fs;

use serde_json::Value;

use crate::common::env::{Output, TestEnv};
use crate::common::tools::{has, python_with, skipped};

/// Two signed releases, an unsigned one, one with a broken manifest, and one that is not there.
fn audited() -> TestEnv {
    let env = TestEnv::signed();
    for name in ["a", "b", "unsigned", "broken"] {
        env.git("", ["clone", "-q", "lm", name]);
    }
    env.git("unsigned", ["rm", "-q", "-r", ".openness"]);
    env.git("broken", ["rm", "-q", "-r", ".openness"]);
    env.write("broken/OPENNESS.toml", "schema = 1\n[model]\nname = \"<b>\"\nlicence = \"x\"\n");
    env.write("list", "a\nb\nbroken\nunsigned\ngone\n");
    let common = ["audit", "--targets", "list", "--key", "key.pub", "--verify-time", "2026-11-30", "--shard-size", "2"];
    env.openness([&common[..], &["--out", "out"]].concat()).expect(0);
    env.openness(["audit", "report", "out"]).expect(0);
    env
}

fn python(env: &TestEnv, python: &str, script: &str, arguments: &[&str]) -> Output {
    env.command(python).args(["-c", script]).args(arguments).output().unwrap().into()
}

#[test]
fn the_queries_of_a_report_count_what_it_counts() {
    const SCRIPT: &str = "
import duckdb, json, os, pathlib, sys
os.chdir(sys.argv[1])
print(json.dumps({f.name: duckdb.sql(f.read_text()).fetchall() for f in pathlib.Path('report/sql').iterdir()}))";
    let Some(interpreter) = python_with("duckdb") else { return };
    let env = audited();
    let answers = python(&env, &interpreter, SCRIPT, &["out"]).expect(0).json();
    let data: Value = serde_json::from_str(&env.read_text("out/report/data.json")).unwrap();
    assert_eq!(answers["complete.sql"], serde_json::json!([[5, 5, true]]));
    let counts = |name: &str| -> Value {
        let rows = answers[name].as_array().unwrap().iter();
        rows.map(|row| (row[0].as_str().unwrap().to_owned(), row[1].clone())).collect::<serde_json::Map<_, _>>().into()
    };
    for (query, key) in [
        ("statuses.sql", "statuses"),
        ("reasons.sql", "reasons"),
        ("licenses.sql", "licenses"),
        ("signers.sql", "signers"),
        ("claims.sql", "claims"),
    ] {
        assert_eq!(counts(query), data[key], "{query}");
    }
    assert_eq!(data["statuses"]["verified"], 2);
    assert_eq!(data["signers"].as_object().unwrap().len(), 1);
    let labels = answers["labels.sql"].as_array().unwrap();
    assert!(!labels.is_empty());
    for row in labels {
        assert_eq!(row[2], data["verdicts"][row[0].as_str().unwrap()][row[1].as_str().unwrap()], "{row}");
    }
    let listed: usize =
        data["verdicts"].as_object().unwrap().values().map(|counts| counts.as_object().unwrap().len()).sum();
    assert_eq!(labels.len(), listed);
    let mut findings = 0;
    for row in answers["findings.sql"].as_array().unwrap() {
        findings += row[3].as_u64().unwrap();
        assert!(data["codes"][row[0].as_str().unwrap()]["findings"].as_u64().unwrap() > 0, "{row}");
    }
    let counted = data["codes"].as_object().unwrap().values().map(|count| count["findings"].as_u64().unwrap());
    assert_eq!(findings, counted.sum::<u64>());
}

#[test]
fn arrow_reads_the_types_that_the_documentation_promises() {
    const SCRIPT: &str = "
import json, pathlib, sys
import pyarrow.parquet as pq
rows, types, parts = [], {}, sorted(pathlib.Path(sys.argv[1], 'rows').iterdir())
for part in parts:
    table = pq.read_table(part)
    assert table.schema.metadata[b'openness.schema'] == b'1', table.schema.metadata
    types = {field.name: str(field.type) + ('' if field.nullable else '!') for field in table.schema}
    rows += table.to_pylist()
    assert pq.ParquetFile(part).metadata.created_by.startswith('openness '), part
for row in rows:
    for key in ('manifest_sha256', 'statement_sha256'):
        row[key] = row[key] and row[key].hex()
print(json.dumps([types, rows]))";
    let Some(interpreter) = python_with("pyarrow") else { return };
    let env = audited();
    let answer = python(&env, &interpreter, SCRIPT, &["out"]).expect(0).json();
    let (types, rows) = (&answer[0], answer[1].as_array().unwrap());
    for (column, expected) in [
        ("target", "string!"),
        ("revision", "string"),
        ("status", "string!"),
        ("reasons", "list<element: string not null>!"),
        ("files", "int64!"),
        ("manifest_sha256", "fixed_size_binary[32]"),
        ("trusted", "bool!"),
        ("errors", "int32!"),
        ("verdict_mof_1_0", "string"),
    ] {
        assert_eq!(types[column], expected, "{column}");
    }
    let of = |target: &str| rows.iter().find(|row| row["target"] == target).unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(
        (&of("gone")["status"], &of("gone")["reasons"]),
        (&"could_not_read".into(), &serde_json::json!(["not-found"]))
    );
    assert_eq!((&of("a")["reasons"], &of("a")["trusted"]), (&serde_json::json!([]), &true.into()));
    let sum: Output = env.command("sha256sum").arg("a/OPENNESS.toml").output().unwrap().into();
    assert_eq!(of("a")["manifest_sha256"], sum.out[..64]);
    let sum: Output = env.command("sha256sum").arg("a/.openness/statement.json").output().unwrap().into();
    assert_eq!(of("a")["statement_sha256"], sum.out[..64]);
    assert_eq!(of("unsigned")["statement_sha256"], Value::Null);
}

/// The index of a site runs its script under its own policy, and filters by what the address says.
#[test]
fn a_browser_filters_the_index_without_a_server() {
    if !has("chromium") {
        skipped("chromium");
        return;
    }
    let env = audited();
    env.openness(["audit", "site", "out", "--output", "site"]).expect(0);
    let shown = |filter: &str| {
        let address = format!("file://{}{filter}", env.path("site/index.html").display());
        let browser =
            ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom", &address];
        let ran: Output = env.command("chromium").args(browser).output().unwrap().into();
        let rows = ran.out.split_once("id=\"rows\">").unwrap_or_else(|| panic!("{ran:#?}")).1;
        let rows = rows.split_once("</tbody>").unwrap().0.to_owned();
        let count = ran.out.split_once("aria-live=\"polite\">").unwrap().1;
        (count.split_once('<').unwrap().0.to_owned(), rows)
    };
    let (count, rows) = shown("");
    assert_eq!((count.as_str(), rows.matches("<tr>").count()), ("5 of 5", 5), "{rows}");
    // A name that is markup is shown as text.
    assert!(rows.contains("&lt;b&gt;") && !rows.contains("<b>"), "{rows}");
    let (count, rows) = shown("#status=verified");
    assert_eq!((count.as_str(), rows.matches("<tr>").count()), ("2 of 5", 2), "{rows}");
    let (count, rows) = shown("#text=go%20ne");
    assert!(count == "1 of 5" && rows.contains("could_not_read"), "{count} {rows}");
    // Each row leads to its page.
    let page = rows.split_once("href=\"").unwrap().1.split_once('"').unwrap().0;
    assert!(env.read_text(&format!("site/{page}")).contains("not-found"));
}

/// Lists of targets as other programs write them.
#[test]
fn a_column_of_a_parquet_file_is_a_list_of_targets() {
    const SCRIPT: &str = "
import duckdb, pyarrow as pa, pyarrow.parquet as pq
table = pa.table({'repo': ['lm', None, 'gone', 'lm'], 'target': [1, 2, 3, 4], 'bytes': [b'a', b'b', b'c', b'd']})
for codec in ['none', 'snappy', 'zstd']:
    pq.write_table(table, codec + '.parquet', compression=codec)
pq.write_table(table, 'paged.parquet', data_page_version='2.0', use_dictionary=False, row_group_size=1)
duckdb.sql(\"COPY (SELECT * FROM 'none.parquet') TO 'duck.parquet'\")
pq.write_table(table, 'brotli.parquet', compression='brotli')";
    let Some(interpreter) = python_with("pyarrow") else { return };
    if python_with("duckdb").is_none() {
        return;
    }
    let env = TestEnv::release();
    python(&env, &interpreter, SCRIPT, &[]).expect(0);
    for name in ["none", "snappy", "zstd", "paged", "duck"] {
        let list = format!("{name}.parquet");
        let ran =
            env.openness(["audit", "--targets", &list, "--column", "repo", "--check-only", "--out", name]).expect(0);
        assert!(ran.err.contains("1 target is named more than once"), "{name}: {ran:#?}");
        assert_eq!(fs::read_to_string(env.path(&format!("{name}/_TARGETS.txt"))).unwrap(), "gone\nlm\n", "{name}");
    }
    for (arguments, words) in [
        (["none.parquet", "none"], "has no column `none`; it has `repo`, `target`, `bytes`"),
        (["none.parquet", "target"], "does not contain text"),
        (["none.parquet", "bytes"], "does not contain text"),
        (["brotli.parquet", "repo"], "cannot read targets from `brotli.parquet`"),
        (["list.parquet", "repo"], "cannot read targets from `list.parquet`"),
    ] {
        env.write("list.parquet", "lm\n");
        let [list, column] = arguments;
        let ran = env.openness(["audit", "--targets", list, "--column", column, "--out", "refused"]).expect(2);
        assert!(ran.err.contains(words), "{ran:#?}");
        assert!(!env.path("refused").exists());
    }
}
