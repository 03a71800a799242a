//! Which files of a release are bundles of OpenSSF Model Signing. Their content decides: other tools use the same names.

use base64ct::{Base64, Encoding as _};
use serde_json::Value;

use crate::files::Files;
use crate::path::RepoPath;

/// The largest bundle that is read, in bytes. A bundle of half a million files fits.
pub const MAX_BUNDLE_BYTES: u64 = 128 << 20;
/// How much of a file is looked at to see whether it is meant as a bundle, in bytes.
pub const START_LENGTH: usize = 4096;
/// The endings of files at the root of a model that may be bundles.
pub const BUNDLE_ENDINGS: &[&str] = &[".sig", ".sigstore.json"];
/// What the predicate types of all versions start with.
const ANY_PREDICATE_TYPE: &str = "https://model_signing/";

/// Returns whether a file may be a bundle by its place and name.
#[must_use]
pub fn may_be_bundle(path: &RepoPath) -> bool {
    let name = path.as_str();
    !name.contains('/') && BUNDLE_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Returns whether a file is a bundle, or would be if it were well formed.
pub(super) fn is_bundle(files: &dyn Files, path: &RepoPath) -> bool {
    may_be_bundle(path) && files.read(path, MAX_BUNDLE_BYTES).ok().flatten().is_some_and(|bytes| is_likely(&bytes))
}

/// Returns whether the start of a file looks like that of a Sigstore bundle, in either order of its members.
#[must_use]
pub fn begins_like_bundle(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(bytes.get(..START_LENGTH).unwrap_or(bytes));
    ["vnd.dev.sigstore.bundle", "\"dsseEnvelope\""].iter().any(|mark| start.contains(mark))
}

/// Returns whether bytes are a bundle or would be if they were well formed, which nothing else says for sure.
pub(crate) fn is_likely(bytes: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return false };
    let payload = value.pointer("/dsseEnvelope/payload").and_then(Value::as_str);
    payload.and_then(|payload| Base64::decode_vec(payload).ok()).is_some_and(|payload| is_of_oms(&payload))
}

/// Returns whether a statement of in-toto says that it is one of OMS, of any version.
pub(crate) fn is_of_oms(payload: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "predicateType", borrow)]
        predicate: std::borrow::Cow<'a, str>,
    }
    let kind: Result<Kind<'_>, _> = serde_json::from_slice(payload);
    match kind {
        Ok(kind) => kind.predicate.starts_with(ANY_PREDICATE_TYPE),
        // One that repeats the key, for example, is refused, and not passed over.
        Err(_) => payload.windows(ANY_PREDICATE_TYPE.len()).any(|window| window == ANY_PREDICATE_TYPE.as_bytes()),
    }
}
