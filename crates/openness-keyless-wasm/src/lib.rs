//! Checks signatures by identities that Sigstore certified, as a WebAssembly module of its own: few releases have one, and what
//! checks them is as large as everything else. `openness-wasm` asks for it, through the page that holds both.
//!
//! The target is `wasm32-wasip1`, because Sigstore's verifier asks the system for the time; the page answers.
//!
//! # The interface
//!
//! Exported functions ([`mod@interface`], only on WebAssembly):
//!
//! | function | does |
//! |---|---|
//! | `input(length) → pointer` | makes room for bytes from the page |
//! | `call(length)` | answers the request in the input ([`Request`]) |
//! | `output() → pointer`, `output_length() → length` | the answer, until the next call |
//!
//! The answer is a JSON object with one of these keys:
//!
//! | key | value |
//! |---|---|
//! | `certified` | who signed: `identity`, `issuer`, the proven `times` in seconds since 1970, the `certificate` in Base64, and the name of the trusted `root` |
//! | `refused` | why the bundle does not hold: the `problem` (`unknown`, `time`, `bad`), the `reason`, and whom the certificate names: `claimed`, an identity and an issuer, or `null` |
//! | `error` | why the request or the trusted root cannot be used |

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a panic is a failed test"))]

mod answer;
#[cfg(target_family = "wasm")]
mod interface;

pub use answer::{Request, answer};
