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
//! Without the feature `oms`, nothing is read or verified: [`crate::verify()`] then reports what is a bundle as not checkable.
//!
//! [OpenSSF Model Signing]: https://github.com/ossf/model-signing-spec

// What reports hold.
mod listed;
mod signer;

#[cfg(feature = "oms")]
mod bundle;
#[cfg(feature = "oms")]
mod item;
#[cfg(feature = "oms")]
mod object;
#[cfg(feature = "oms")]
mod refusal;
#[cfg(feature = "oms")]
mod shards;
#[cfg(feature = "oms")]
mod signers;
#[cfg(feature = "oms")]
mod statement;
#[cfg(feature = "oms")]
mod subject;
#[cfg(feature = "oms")]
mod write;

pub use crate::artifacts::oms_bundle::{
    BUNDLE_ENDINGS, MAX_BUNDLE_BYTES, START_LENGTH, begins_like_bundle, may_be_bundle,
};
#[cfg(feature = "oms")]
pub use bundle::{Bundle, Material, Verification};
pub use listed::{Resource, ShardedFile};
#[cfg(feature = "oms")]
pub use refusal::Refusal;
pub use signer::Signer;
#[cfg(feature = "oms")]
pub use signers::{Signers, revoked_fingerprints};
#[cfg(feature = "oms")]
pub use statement::{Order, Statement};

/// The value of `predicateType` of an OMS statement.
pub const PREDICATE_TYPE: &str = "https://model_signing/signature/v1.0";
/// The only supported function for digests.
#[cfg(feature = "oms")]
const SHA256: &str = "sha256";
/// What is never part of a model unless it is listed: these names at its root, and what is below them (specification, section
/// "Default exclusions"; `.gitmodules` by the implementation in Go).
pub const DEFAULT_IGNORED: &[&str] = &[".git", ".gitattributes", ".github", ".gitignore", ".gitmodules"];
