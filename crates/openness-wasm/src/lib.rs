//! The portable core of `openness` as a WebAssembly module for browsers: bytes in, JSON out.
//!
//! A request is a JSON object ([`Request`], `schemas/browser-request-v1.schema.json`), and the answer is what the program
//! prints with `--format json` for the same input, byte by byte. The module has no clock, no random numbers and no network;
//! the page passes the time, and reads files on demand.
//!
//! # The interface
//!
//! Exported functions ([`mod@interface`], only on WebAssembly):
//!
//! | function | does |
//! |---|---|
//! | `input(length) → pointer` | makes room for bytes from the page |
//! | `call(length) → status` | answers the request in the input: 0 and 1 as the program's exit status, 2 for an error, 3 if files have to be hashed first, 4 if only the module with the feature `texts` can answer |
//! | `output() → pointer`, `output_length() → length` | the answer, until the next call |
//! | `hash_start()`, `hash_update(offset, length)`, `hash_finish() → pointer` | SHA-256 of bytes in the input; the digest has 32 bytes |
//!
//! Imported functions, in the namespace `page`:
//!
//! | function | does |
//! |---|---|
//! | `read(file, offset, pointer, length) → count` | copies bytes of a file to a place in memory; the count is -1 if that fails, and smaller than `length` only at the end of the file |
//! | `panicked(pointer, length)` | receives the message of a bug, after which the module stops |

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a panic is a failed test"))]

mod answer;
mod failure;
mod files;
mod request;
mod trusted;
#[cfg(target_family = "wasm")]
mod interface;

pub use answer::{Answer, Status, answer};
pub use files::Bytes;
pub use request::Request;
