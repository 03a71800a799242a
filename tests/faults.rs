//! What becomes of files when a run is killed, when the system says no, when files change under it, when it is interrupted
//! or when two run at once: the old state or the new, never a third; and an exit status and a message that say so.
//!
//! Runs are killed and failed by `strace`, at some of their system calls; with `OPENNESS_FAULTS=full`, at each. What needs a
//! program that is not here says so and is skipped.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

mod common;

#[path = "faults/changing.rs"]
mod changing;
#[path = "faults/errors.rs"]
mod errors;
#[path = "faults/interrupted.rs"]
mod interrupted;
#[path = "faults/killed.rs"]
mod killed;
#[path = "faults/scene.rs"]
mod scene;
#[path = "faults/short.rs"]
mod short;
#[path = "faults/streams.rs"]
mod streams;
#[path = "faults/together.rs"]
mod together;
