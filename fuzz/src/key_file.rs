//! A key file, private or public.

use openness::sign::{PublicKey, Trust, keyfile};

/// A public key that is read can be written and read back as the same key.
pub fn run(bytes: &[u8]) {
    let text = super::text(bytes);
    // Without a passphrase, because key derivation is slow by design.
    let _ = keyfile::parse(text, "key", &mut |_| None);
    let _ = Trust::of_key_text(text);
    if let Ok(key) = PublicKey::parse(text) {
        for form in [key.to_openssh("comment"), key.to_pem()] {
            let again = PublicKey::parse(&form).expect("what was written can be read");
            assert_eq!(again.as_bytes(), key.as_bytes());
        }
    }
}
