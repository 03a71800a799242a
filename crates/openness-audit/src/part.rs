//! Writing one Parquet file, always with the same bytes for the same rows.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;

use crate::table::{Column, Table};

/// The number of rows after which a row group ends.
const GROUP_ROWS: usize = 100_000;
/// The memory that rows take after which a row group ends, in bytes.
const GROUP_BYTES: usize = 8 << 20;

/// A writer of one part, which holds at most one row group in memory.
pub struct PartWriter<T, W: Write + Send> {
    file: SerializedFileWriter<W>,
    rows: Vec<T>,
    weight: usize,
    count: u64,
}

impl<T, W: Write + Send> std::fmt::Debug for PartWriter<T, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartWriter").field("count", &self.count).finish_non_exhaustive()
    }
}

#[allow(private_bounds, reason = "the two kinds of rows are the only ones")]
impl<T: Table, W: Write + Send> PartWriter<T, W> {
    /// Starts a file. `program` is recorded as its writer, and `taxonomies` are the columns of verdicts.
    ///
    /// # Errors
    /// The error of the writer.
    pub fn new(out: W, program: &str, taxonomies: &[String]) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_created_by(program.to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_key_value_metadata(Some(vec![KeyValue::new("openness.schema".to_owned(), crate::SCHEMA.to_string())]))
            .build();
        let file = SerializedFileWriter::new(out, T::schema(taxonomies)?, Arc::new(properties))?;
        Ok(Self { file, rows: Vec::new(), weight: 0, count: 0 })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The error of the writer.
    pub fn push(&mut self, row: T) -> Result<()> {
        self.weight += row.weight();
        self.rows.push(row);
        self.count += 1;
        if self.rows.len() >= GROUP_ROWS || self.weight >= GROUP_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Returns the number of rows so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The error of the writer.
    pub fn finish(mut self) -> Result<W> {
        self.flush()?;
        self.file.into_inner()
    }

    fn flush(&mut self) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for column in T::columns(&self.rows) {
            let Some(mut writer) = group.next_column()? else {
                return Err(ParquetError::General("there are more columns than in the schema".to_owned()));
            };
            write(&column, writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
        self.rows.clear();
        self.weight = 0;
        Ok(())
    }
}

/// Writes a column. Of a value that may be missing, level 1 is that it is there; of a list, that it has an item.
fn write(column: &Column<'_>, writer: &mut ColumnWriter<'_>) -> Result<()> {
    let written = match (column, writer) {
        (Column::Word(words), ColumnWriter::ByteArrayColumnWriter(writer)) => {
            let values: Vec<ByteArray> = words.iter().map(|word| ByteArray::from(*word)).collect();
            writer.write_batch(&values, None, None)
        }
        (Column::Text(texts), ColumnWriter::ByteArrayColumnWriter(writer)) => {
            let values: Vec<ByteArray> = texts.iter().flatten().map(|text| ByteArray::from(*text)).collect();
            writer.write_batch(&values, Some(&levels(texts)), None)
        }
        (Column::Digest(digests), ColumnWriter::FixedLenByteArrayColumnWriter(writer)) => {
            let value = |digest: &&[u8; 32]| FixedLenByteArray::from(digest.to_vec());
            let values: Vec<FixedLenByteArray> = digests.iter().flatten().map(value).collect();
            writer.write_batch(&values, Some(&levels(digests)), None)
        }
        (Column::List(lists), ColumnWriter::ByteArrayColumnWriter(writer)) => {
            let (mut defined, mut repeated) = (Vec::new(), Vec::new());
            for list in lists {
                defined.extend(std::iter::repeat_n(i16::from(!list.is_empty()), list.len().max(1)));
                repeated.extend((0..list.len().max(1)).map(|at| i16::from(at > 0)));
            }
            let values: Vec<ByteArray> =
                lists.iter().copied().flatten().map(|text| ByteArray::from(text.as_str())).collect();
            writer.write_batch(&values, Some(&defined), Some(&repeated))
        }
        (Column::Long(numbers), ColumnWriter::Int64ColumnWriter(writer)) => writer.write_batch(numbers, None, None),
        (Column::Int(numbers), ColumnWriter::Int32ColumnWriter(writer)) => writer.write_batch(numbers, None, None),
        (Column::Bool(flags), ColumnWriter::BoolColumnWriter(writer)) => writer.write_batch(flags, None, None),
        _ => return Err(ParquetError::General("a column is not of the type that the schema says".to_owned())),
    };
    written.map(drop)
}

fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
    values.iter().map(|value| i16::from(value.is_some())).collect()
}
