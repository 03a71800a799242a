//! Reading targets from a column of a Parquet file.

use std::fs::File;
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::data_type::ByteArrayType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

/// Why a column of texts could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// The file could not be opened.
    #[error("cannot open the file")]
    Open(#[from] std::io::Error),
    /// It is not a Parquet file, or is compressed in a way that is not supported.
    #[error("cannot read the Parquet file")]
    Parquet(#[from] ParquetError),
    /// There is no such column.
    #[error("the Parquet file has no column `{column}`; it has {found}")]
    Missing {
        /// The name that was asked for.
        column: String,
        /// The names that are there.
        found: String,
    },
    /// The column has values of another type.
    #[error("the column `{0}` does not contain text")]
    NotText(String),
    /// A value is not UTF-8.
    #[error("row {row} of the column `{column}` is not UTF-8")]
    NotUtf8 {
        /// The column.
        column: String,
        /// The row, from 1, without those that are empty.
        row: usize,
    },
}

/// Calls `each` with every value of a column of texts; values that are missing are left out.
///
/// # Errors
/// [`ColumnError`].
pub fn text_column(file: &Path, column: &str, mut each: impl FnMut(&str)) -> Result<(), ColumnError> {
    const BATCH: usize = 8192;
    let reader = SerializedFileReader::new(File::open(file)?)?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let found = schema.columns().iter().position(|found| found.path().string() == column);
    let Some(at) = found else {
        let names: Vec<String> =
            schema.columns().iter().take(20).map(|column| format!("`{}`", column.path().string())).collect();
        return Err(ColumnError::Missing { column: column.to_owned(), found: names.join(", ") });
    };
    let description = schema.column(at);
    let is_text = matches!(description.logical_type_ref(), Some(LogicalType::String))
        || description.converted_type() == ConvertedType::UTF8;
    if description.physical_type() != Physical::BYTE_ARRAY || !is_text || description.max_rep_level() > 0 {
        return Err(ColumnError::NotText(column.to_owned()));
    }
    let mut row = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        let mut values_reader =
            parquet::column::reader::get_typed_column_reader::<ByteArrayType>(group.get_column_reader(at)?);
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        loop {
            values.clear();
            levels.clear();
            let (records, ..) = values_reader.read_records(BATCH, Some(&mut levels), None, &mut values)?;
            if records == 0 {
                break;
            }
            for value in &values {
                row += 1;
                let text = std::str::from_utf8(value.data());
                each(text.map_err(|_| ColumnError::NotUtf8 { column: column.to_owned(), row })?);
            }
        }
    }
    Ok(())
}
