//! The columns of both tables.

use std::sync::Arc;

use parquet::errors::Result;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::Type;

use crate::row::{FindingRow, Row};

/// The values of one column, in the order of the rows.
pub(crate) enum Column<'a> {
    Text(Vec<Option<&'a str>>),
    /// A column that has a value in each row.
    Word(Vec<&'a str>),
    List(Vec<&'a [String]>),
    Digest(Vec<Option<&'a [u8; 32]>>),
    Long(Vec<i64>),
    Int(Vec<i32>),
    Bool(Vec<bool>),
}

/// A kind of row.
pub(crate) trait Table: Sized {
    /// The schema, with a column of verdicts for each taxonomy if the table has such columns.
    fn schema(taxonomies: &[String]) -> Result<Arc<Type>>;
    /// The columns, in the order of the schema.
    fn columns(rows: &[Self]) -> Vec<Column<'_>>;
    /// About how much memory a row takes, in bytes.
    fn weight(&self) -> usize;
}

const LIST: &str = "(LIST) { REPEATED group list { REQUIRED BYTE_ARRAY element (STRING); } }";

/// Returns the name of the column with a taxonomy's verdicts: letters, digits and `_` alone, so that SQL needs no quotes.
pub(crate) fn verdict_column(taxonomy: &str) -> String {
    format!("verdict_{}", taxonomy.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
}

impl Table for Row {
    fn schema(taxonomies: &[String]) -> Result<Arc<Type>> {
        let verdicts: String = taxonomies
            .iter()
            .map(|taxonomy| format!("OPTIONAL BYTE_ARRAY {} (STRING);\n", verdict_column(taxonomy)))
            .collect();
        let message = format!(
            "message row {{
                REQUIRED BYTE_ARRAY target (STRING);
                OPTIONAL BYTE_ARRAY revision (STRING);
                REQUIRED BYTE_ARRAY status (STRING);
                REQUIRED group reasons {LIST}
                OPTIONAL BYTE_ARRAY detail (STRING);
                REQUIRED INT64 files;
                REQUIRED INT64 bytes;
                OPTIONAL FIXED_LEN_BYTE_ARRAY (32) manifest_sha256;
                OPTIONAL FIXED_LEN_BYTE_ARRAY (32) statement_sha256;
                REQUIRED group signers {LIST}
                REQUIRED BOOLEAN trusted;
                OPTIONAL BYTE_ARRAY license (STRING);
                REQUIRED group claims {LIST}
                REQUIRED INT32 errors;
                REQUIRED INT32 warnings;
                REQUIRED group codes {LIST}
                OPTIONAL BYTE_ARRAY oms (STRING);
                OPTIONAL BYTE_ARRAY model (STRING);
                OPTIONAL BYTE_ARRAY model_version (STRING);
                OPTIONAL BYTE_ARRAY producer (STRING);
                {verdicts}
            }}"
        );
        parse_message_type(&message).map(Arc::new)
    }

    fn columns(rows: &[Self]) -> Vec<Column<'_>> {
        let verdicts = rows.first().map_or(0, |row| row.verdicts.len());
        let text = |of: fn(&Self) -> &Option<String>| Column::Text(rows.iter().map(|row| of(row).as_deref()).collect());
        let list = |of: fn(&Self) -> &Vec<String>| Column::List(rows.iter().map(|row| of(row).as_slice()).collect());
        let mut columns = vec![
            Column::Word(rows.iter().map(|row| row.target.as_str()).collect()),
            text(|row| &row.revision),
            Column::Word(rows.iter().map(|row| row.status.as_str()).collect()),
            list(|row| &row.reasons),
            text(|row| &row.detail),
            Column::Long(rows.iter().map(|row| row.files).collect()),
            Column::Long(rows.iter().map(|row| row.bytes).collect()),
            Column::Digest(rows.iter().map(|row| row.manifest_sha256.as_ref()).collect()),
            Column::Digest(rows.iter().map(|row| row.statement_sha256.as_ref()).collect()),
            list(|row| &row.signers),
            Column::Bool(rows.iter().map(|row| row.trusted).collect()),
            text(|row| &row.license),
            list(|row| &row.claims),
            Column::Int(rows.iter().map(|row| row.errors).collect()),
            Column::Int(rows.iter().map(|row| row.warnings).collect()),
            list(|row| &row.codes),
            text(|row| &row.oms),
            text(|row| &row.model),
            text(|row| &row.model_version),
            text(|row| &row.producer),
        ];
        columns.extend(
            (0..verdicts).map(|at| {
                Column::Text(rows.iter().map(|row| row.verdicts.get(at).and_then(Option::as_deref)).collect())
            }),
        );
        columns
    }

    fn weight(&self) -> usize {
        let lists = [&self.reasons, &self.signers, &self.claims, &self.codes].into_iter().flatten();
        let texts =
            [&self.detail, &self.license, &self.model, &self.model_version, &self.producer].into_iter().flatten();
        size_of::<Self>() + self.target.len() + lists.chain(texts).map(|text| text.len() + 24).sum::<usize>()
    }
}

impl Table for FindingRow {
    fn schema(_: &[String]) -> Result<Arc<Type>> {
        parse_message_type(
            "message finding {
                REQUIRED BYTE_ARRAY target (STRING);
                REQUIRED BYTE_ARRAY code (STRING);
                REQUIRED BYTE_ARRAY severity (STRING);
                REQUIRED BYTE_ARRAY path (STRING);
                REQUIRED INT32 line;
                REQUIRED BYTE_ARRAY message (STRING);
            }",
        )
        .map(Arc::new)
    }

    fn columns(rows: &[Self]) -> Vec<Column<'_>> {
        let word = |of: fn(&Self) -> &String| Column::Word(rows.iter().map(|row| of(row).as_str()).collect());
        vec![
            word(|row| &row.target),
            word(|row| &row.code),
            word(|row| &row.severity),
            word(|row| &row.path),
            Column::Int(rows.iter().map(|row| row.line).collect()),
            word(|row| &row.message),
        ]
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.target.len() + self.path.len() + self.message.len()
    }
}
