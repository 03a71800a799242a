//! Reading the parts of an output again.

use std::fs::File;
use std::path::Path;

use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::{Field, Row as Record};

use crate::row::{FindingRow, Row, Status};
use crate::table::verdict_column;

/// Calls `each` with every row of a part, in order. `taxonomies` are the columns of verdicts to read.
///
/// # Errors
/// [`ParquetError`] if the file cannot be read, or is not a part with rows.
pub fn read_rows(file: &Path, taxonomies: &[String], mut each: impl FnMut(Row)) -> Result<()> {
    let columns: Vec<String> = taxonomies.iter().map(|taxonomy| verdict_column(taxonomy)).collect();
    records(file, |record| {
        let fields = Fields(&record);
        each(Row {
            target: fields.word("target")?,
            revision: fields.text("revision"),
            status: Status::from_word(&fields.word("status")?).ok_or_else(|| invalid("status"))?,
            reasons: fields.list("reasons"),
            detail: fields.text("detail"),
            files: fields.long("files")?,
            bytes: fields.long("bytes")?,
            manifest_sha256: fields.digest("manifest_sha256"),
            statement_sha256: fields.digest("statement_sha256"),
            signers: fields.list("signers"),
            trusted: matches!(fields.find("trusted"), Some(Field::Bool(true))),
            license: fields.text("license"),
            claims: fields.list("claims"),
            verdicts: columns.iter().map(|column| fields.text(column)).collect(),
            errors: fields.int("errors")?,
            warnings: fields.int("warnings")?,
            codes: fields.list("codes"),
            oms: fields.text("oms"),
            model: fields.text("model"),
            model_version: fields.text("model_version"),
            producer: fields.text("producer"),
        });
        Ok(())
    })
}

/// Calls `each` with every finding of a part, in order.
///
/// # Errors
/// [`ParquetError`] if the file cannot be read, or is not a part with findings.
pub fn read_findings(file: &Path, mut each: impl FnMut(FindingRow)) -> Result<()> {
    records(file, |record| {
        let fields = Fields(&record);
        each(FindingRow {
            target: fields.word("target")?,
            code: fields.word("code")?,
            severity: fields.word("severity")?,
            path: fields.word("path")?,
            line: fields.int("line")?,
            message: fields.word("message")?,
        });
        Ok(())
    })
}

fn records(file: &Path, mut each: impl FnMut(Record) -> Result<()>) -> Result<()> {
    let reader = SerializedFileReader::new(File::open(file)?)?;
    reader.get_row_iter(None)?.try_for_each(|record| each(record?))
}

fn invalid(column: &str) -> ParquetError {
    ParquetError::General(format!("the column `{column}` is missing or of another type"))
}

struct Fields<'a>(&'a Record);

impl Fields<'_> {
    fn find(&self, column: &str) -> Option<&Field> {
        self.0.get_column_iter().find(|(name, _)| *name == column).map(|(_, field)| field)
    }

    fn text(&self, column: &str) -> Option<String> {
        match self.find(column) {
            Some(Field::Str(text)) => Some(text.clone()),
            _ => None,
        }
    }

    fn word(&self, column: &str) -> Result<String> {
        self.text(column).ok_or_else(|| invalid(column))
    }

    fn list(&self, column: &str) -> Vec<String> {
        let Some(Field::ListInternal(list)) = self.find(column) else { return Vec::new() };
        let texts = list.elements().iter().filter_map(|field| match field {
            Field::Str(text) => Some(text.clone()),
            _ => None,
        });
        texts.collect()
    }

    fn digest(&self, column: &str) -> Option<[u8; 32]> {
        let bytes = |bytes: &ByteArray| bytes.data().try_into().ok();
        match self.find(column) {
            Some(Field::Bytes(digest)) => bytes(digest),
            _ => None,
        }
    }

    fn long(&self, column: &str) -> Result<i64> {
        match self.find(column) {
            Some(Field::Long(number)) => Ok(*number),
            _ => Err(invalid(column)),
        }
    }

    fn int(&self, column: &str) -> Result<i32> {
        match self.find(column) {
            Some(Field::Int(number)) => Ok(*number),
            _ => Err(invalid(column)),
        }
    }
}
