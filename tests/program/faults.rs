//! Runs that are killed, interrupted or concurrent, system calls that fail, and files that change: the old state or the
//! new, never a third, and an exit status and a message that say so.
//!
//! `strace` kills and fails runs at some of their system calls; with `OPENNESS_FAULTS=full`, at each. A test whose tool
//! is missing reports that it is skipped.

mod audits;
mod changing_files;
mod concurrent_runs;
mod failing_calls;
mod interrupted;
mod killed;
mod short_transfers;
mod standard_output;
mod writing_commands;
