//! The numbers of the page as SQL, for DuckDB in the directory of the output.

use std::fmt::Write as _;

/// Returns the name and the text of each query: what the page counts, and whether every target has one row.
#[must_use]
pub fn queries(taxonomies: &[String]) -> Vec<(&'static str, String)> {
    let rows = "read_parquet('rows/*.parquet')";
    let by = |value: &str, from: &str, rest: &str| {
        format!(
            "SELECT {value} AS value, count(*) AS targets\nFROM {from}\n{rest}GROUP BY value\nORDER BY targets DESC, value;\n"
        )
    };
    let each = |list: &str| by("value", &format!("(SELECT unnest({list}) AS value FROM {rows})"), "");
    let mut labels = String::new();
    for taxonomy in taxonomies.iter().filter(|taxonomy| super::is_counted(taxonomy)) {
        let column = format!("verdict_{}", taxonomy.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        let union = if labels.is_empty() { "" } else { "UNION ALL\n" };
        let _ = writeln!(
            labels,
            "{union}SELECT '{taxonomy}' AS taxonomy, {column} AS verdict, count(*) AS targets FROM {rows} \
             WHERE {column} IS NOT NULL GROUP BY ALL"
        );
    }
    let complete = format!(
        "SELECT count(*) AS rows, count(DISTINCT target) AS targets, count(*) = count(DISTINCT target) AS once\nFROM {rows};\n"
    );
    let findings = "SELECT code, severity, count(DISTINCT target) AS targets, count(*) AS findings\n\
                    FROM read_parquet('findings/*.parquet')\nGROUP BY code, severity\nORDER BY targets DESC, code, severity;\n";
    let unlicensed = "WHERE manifest_sha256 IS NOT NULL\n";
    vec![
        ("complete.sql", complete),
        ("statuses.sql", by("status", rows, "")),
        ("reasons.sql", each("reasons")),
        ("labels.sql", format!("{labels}ORDER BY taxonomy, targets DESC, verdict;\n")),
        ("claims.sql", each("claims")),
        ("licenses.sql", by("coalesce(license, '(not stated)')", rows, unlicensed)),
        ("signers.sql", each("signers")),
        ("findings.sql", findings.to_owned()),
    ]
}
