//! The output of `openness audit`: what a run over many targets writes, and where.
//!
//! A list of targets is [cut into shards](Plan). A shard is a pure function of its targets, the program's version and the
//! settings, so every computer that computes it writes the same bytes under the same name, however often:
//!
//! ```text
//! OUT/_RUN.json                                what the run is: targets, shard size, version, settings, time
//! OUT/rows/part-00000042-<16 hex>.parquet      one row per target
//! OUT/findings/part-00000042-<16 hex>.parquet  one row per finding
//! OUT/done/00000042.json                       written after both parts: their digests and a summary
//! OUT/tmp/                                     parts that are being written
//! OUT/_MANIFEST.json                           written when every shard is done
//! ```
//!
//! Who has the [`RunFacts`] of a run and the targets of a shard can compute the shard, on any machine that reaches the output:
//! [`Output::join`].
//!
//! [`Row`] and [`FindingRow`] are plain data. Nothing in them depends on the clock, the machine, or the order of work.
//! This crate knows nothing of what a release is.

#![allow(clippy::disallowed_methods, reason = "an output is the program's own: no release names a file in it")]

mod column;
mod forms;
mod output;
mod part;
mod plan;
mod read;
mod row;
mod table;
mod targets;

pub use column::{ColumnError, text_column};
pub use forms::{Done, Manifest, PartFacts, RunFacts, Summary};
pub use output::{Error, Output, ShardWriter};
pub use part::PartWriter;
pub use plan::Plan;
pub use read::{read_findings, read_rows};
pub use row::{FindingRow, Row, Status};
pub use targets::{TargetError, Targets};

/// The version of the JSON forms.
pub const VERSION: u32 = 1;
/// The version of the Parquet tables, in their metadata as `openness.schema`.
pub const SCHEMA: u32 = 1;

/// The error of the Parquet reader and writer.
pub use parquet::errors::ParquetError;

fn hex(bytes: impl AsRef<[u8]>) -> String {
    use std::fmt::Write as _;
    bytes.as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
