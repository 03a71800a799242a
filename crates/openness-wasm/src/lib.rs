//! The portable core of `openness` as a WebAssembly module for browsers: bytes in, JSON out.
//!
//! A request is a JSON object ([`Request`], `schemas/browser-request-v1.schema.json`), and the answer is what the program
//! prints with `--format json` for the same input, byte by byte. The module has no clock, no random numbers and no network;
//! the page passes the time, and reads files on demand.
//!
//! # Four modules
//!
//! What a page loads first has to be small, so the module comes in four sizes, each of which answers everything that the one
//! before answers: without features it verifies what is signed in `.openness/`, and shows what a manifest declares; with `oms` it
//! also verifies signatures of OpenSSF Model Signing; with `workshop` it also works on manifests; with `texts` it also compares
//! the texts of licenses, which `check` needs for files, and policies.
//!
//! The smallest one answers only if there is nothing else: no bundle among the files, and no ECDSA key, certificate or trusted root
//! among what the user trusts.
//!
//! # The interface
//!
//! Exported functions ([`mod@interface`], only on WebAssembly):
//!
//! | function | does |
//! |---|---|
//! | `input(length) → pointer` | makes room for bytes from the page |
//! | `call(length) → status` | answers the request in the input: 0 and 1 as the program's exit status, 2 for an error, 3 if files have to be hashed first, 4, 5 and 7 if only the module with the feature `workshop`, `texts` or `oms` can answer, 6 if `openness-keyless-wasm` has to be loaded first |
//! | `output() → pointer`, `output_length() → length` | the answer, until the next call |
//! | `hash_start()`, `hash_update(offset, length)`, `hash_finish() → pointer` | SHA-256 of bytes in the input; the digest has 32 bytes |
//!
//! Imported functions, in the namespace `page`:
//!
//! | function | does |
//! |---|---|
//! | `read(file, offset, pointer, length) → count` | copies bytes of a file to a place in memory; the count is -1 if that fails, and smaller than `length` only at the end of the file |
//! | `certify(pointer, length) → length` | hands a request to `openness-keyless-wasm`, and returns the length of the answer; -1 if that module is not loaded |
//! | `certified(pointer, length)` | copies that answer to a place in memory |
//! | `panicked(pointer, length)` | receives the message of a bug, after which the module stops |

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a panic is a failed test"))]

mod answer;
#[cfg(feature = "oms")]
mod certified;
mod failure;
mod files;
mod request;
mod trusted;
#[cfg(feature = "workshop")]
mod workshop;
#[cfg(target_family = "wasm")]
mod interface;

pub use answer::{Answer, Status, answer};
pub use files::Page;
pub use request::Request;
