//! [OpenSSF Model Signing] (OMS) 1.0: one signature over the digests of all files of a model, in a Sigstore bundle.
//!
//! Other tools sign models so. A bundle holds an in-toto statement that lists the files; this module reads it, verifies the
//! signature by the keys that the verifier trusts, and only then reads what it lists. What the files on disk are is for
//! [`crate::verify()`] to compare.
//!
//! ```text
//! bytes ─Bundle::read→ Bundle ─verify(&Signers)→ Verification ─statement→ Statement
//! entries ─Statement::of→ Statement ─sign(&key)→ bytes
//! ```
//!
//! The reader accepts less than the reference implementation does: no paths that leave the model, no repeated names or JSON
//! keys, no lists out of order, no parts that are not a whole file, no empty models. Each refused form is a [`Refusal`].
//!
//! [OpenSSF Model Signing]: https://github.com/ossf/model-signing-spec

mod bundle;
mod item;
mod object;
mod refusal;
mod shards;
mod signers;
mod statement;
mod write;

pub use crate::artifacts::oms_bundle::{BUNDLE_ENDINGS, MAX_BUNDLE_BYTES, may_be_bundle};
pub use bundle::{Bundle, Material, Verification};
pub use refusal::Refusal;
pub use shards::ShardedFile;
pub use signers::{Signer, Signers, revoked_fingerprints};
pub use statement::{Order, Resource, Statement};

/// The value of `predicateType` of an OMS statement.
pub const PREDICATE_TYPE: &str = "https://model_signing/signature/v1.0";
/// The only supported function for digests.
const SHA256: &str = "sha256";
/// What is never part of a model unless it is listed: these names at its root, and what is below them (specification, section
/// "Default exclusions"; `.gitmodules` by the implementation in Go).
pub const DEFAULT_IGNORED: &[&str] = &[".git", ".gitattributes", ".github", ".gitignore", ".gitmodules"];
