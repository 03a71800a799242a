//! Trusted roots: the authorities and logs of a Sigstore instance.

use sigstore_trust_root::{SigstoreInstance, TrustedRoot};

use crate::Verifier;
use crate::error::{Error, Problem};

/// The largest trusted root that is read, in bytes. Those of the public instances have less than a hundredth of it.
pub const MAX_ROOT_BYTES: usize = 4 << 20;
/// The media types of the versions of trusted roots start with this.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.trustedroot";

/// Returns the trusted root of the public instance of the Sigstore project in JSON, as it was when this crate's dependencies
/// were published.
#[must_use]
pub fn embedded() -> &'static str {
    SigstoreInstance::PublicGood.embedded_trusted_root_json()
}

/// Reads a root. The provider is installed before.
pub(crate) fn read(text: &str) -> Result<Verifier, Error> {
    let refuse = |why: &str| Err(Error::trusted_root(why));
    if text.len() > MAX_ROOT_BYTES {
        return refuse("it is larger than 4 MiB, the limit");
    }
    let root = TrustedRoot::from_json(text).map_err(|error| Error::new(Problem::TrustedRoot, &error))?;
    if !root.media_type.starts_with(MEDIA_TYPE) {
        return refuse("it does not have the media type of a trusted root");
    }
    if root.certificate_authorities.is_empty() {
        return refuse("it names no certificate authority");
    }
    if root.tlogs.is_empty() {
        return refuse("it names no transparency log");
    }
    if root.ctlogs.is_empty() {
        return refuse("it names no log of certificates");
    }
    let starts = (root.certificate_authorities.iter().map(|authority| authority.valid_for))
        .chain(root.timestamp_authorities.iter().map(|authority| authority.valid_for))
        .chain(root.tlogs.iter().map(|log| log.public_key.valid_for))
        .chain(root.ctlogs.iter().map(|log| log.public_key.valid_for));
    let newest = starts.flatten().map(|window| window.start.as_second()).max();
    let verifier = sigstore_verify::Verifier::new(&root).map_err(|error| Error::new(Problem::TrustedRoot, &error))?;
    Ok(Verifier { verifier, newest })
}
