//! What becomes of files when a run is killed, when the system says no, when files change under it, when it is interrupted
//! or when two run at once: the old state or the new, never a third; and an exit status and a message that say so.
//!
//! Runs are killed and failed by `strace`, at some of their system calls; with `OPENNESS_FAULTS=full`, at each. What needs a
//! program that is not here says so and is skipped.

mod changing_files;
mod concurrent_runs;
mod failing_calls;
mod interrupted;
mod killed;
mod short_transfers;
mod standard_output;
mod writing_commands;
