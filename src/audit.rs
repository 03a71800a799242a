//! Auditing many releases: one row for each, whatever is wrong with it.
//!
//! [`Auditor::audit`] is a pure function of a target, the files that it names and the [`Settings`]: the time by which keys are
//! checked is one of them, and nothing in a row depends on the clock, the machine or the order of work. So a row can be
//! computed again, anywhere, with the same result.
//!
//! ```no_run
//! use openness::audit::{Auditor, Mode, Settings};
//!
//! let settings = Settings::new(Mode::CheckOnly, openness::jiff::Timestamp::now());
//! let auditor = Auditor::new(settings)?;
//! for target in ["models/tiny-lm", "git:mirror/large-lm.git@v1.0"] {
//!     let audited = auditor.audit(target);
//!     println!("{target}: {}, {} errors", audited.row.status, audited.row.errors);
//! }
//! # Ok::<(), openness::audit::SettingsError>(())
//! ```
//!
//! Where rows are written, shard by shard and each exactly once, is the crate `openness-audit`'s business: [`Output`] and
//! [`Plan`]. [`run`] does all of it with a pool of worker processes, so that a target that makes one crash or hang is a row
//! too. A [`Task`] is one shard of it, for engines that spread the work over machines.

mod auditor;
mod pool;
mod protocol;
mod run;
mod settings;
mod target;
mod task;

pub use auditor::{Audited, Auditor, taxonomies};
pub use openness_audit::{
    ColumnError, Done, Error as OutputError, FindingRow, Manifest, Output, ParquetError, PartFacts, PartWriter, Plan,
    Row, RunFacts, ShardWriter, Status, Summary, TargetError, Targets, read_findings, read_rows, text_column,
};
pub use pool::Workers;
pub use protocol::serve;
pub use run::{Error as RunError, Progress, plan, run};
pub use settings::{Document, Limits, Mode, Settings, SettingsError};
pub use target::is_remote;
pub use task::Task;
