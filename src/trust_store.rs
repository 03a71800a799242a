//! A user's decisions and records: the trusted signers, the keys pinned to a model, the last verified release of each
//! model.
//!
//! They are stored in two directories of the user, never in a repository:
//!
//! | file | directory | content |
//! |---|---|---|
//! | `allowed_signers` | settings | the trusted signers, in OpenSSH's format |
//! | `pins.json` | settings | [`Pins`]: the only keys that are allowed to sign for a model |
//! | `seen.json` | state | [`ReleaseHistory`]: the last verified release of each model |
//!
//! What trust means is defined by [`crate::sign::Trust`]. A file that cannot be read is an error, never an empty file;
//! otherwise damaging a file would be a way to be trusted again.
//!
//! [`Pins`] and [`ReleaseHistory`] are plain data; the store needs the feature `fs`.

mod history;
mod pins;
#[cfg(feature = "fs")]
mod signers;
#[cfg(feature = "fs")]
mod store;

pub use history::{LastRelease, ReleaseHistory, Rollback};
pub use pins::{Pin, Pins};
#[cfg(feature = "fs")]
pub use signers::Signer;
#[cfg(feature = "fs")]
pub use store::{Error, Store};

/// The version of the JSON files.
const VERSION: u32 = 1;
