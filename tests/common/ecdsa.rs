//! ECDSA keys and certificates that are only for tests: `tests/data/oms`.

use super::env::TestEnv;

const FILES: &[(&str, &str)] = &[
    ("p256.pem", include_str!("../data/oms/p256.pem")),
    ("p256.pub.pem", include_str!("../data/oms/p256.pub.pem")),
    ("p256-sec1.pem", include_str!("../data/oms/p256-sec1.pem")),
    ("p256-encrypted.pem", include_str!("../data/oms/p256-encrypted.pem")),
    ("p384.pem", include_str!("../data/oms/p384.pem")),
    ("p384.pub.pem", include_str!("../data/oms/p384.pub.pem")),
    ("p521.pem", include_str!("../data/oms/p521.pem")),
    ("p521.pub.pem", include_str!("../data/oms/p521.pub.pem")),
    ("root.pem", include_str!("../data/oms/pki/root.pem")),
    ("other.pem", include_str!("../data/oms/pki/other.pem")),
    ("intermediate.pem", include_str!("../data/oms/pki/intermediate.pem")),
    ("leaf.pem", include_str!("../data/oms/pki/leaf.pem")),
    ("short.pem", include_str!("../data/oms/pki/short.pem")),
    ("rsa-root.pem", include_str!("../data/oms/pki/rsa-root.pem")),
    ("by-rsa.pem", include_str!("../data/oms/pki/by-rsa.pem")),
];

/// Writes every key and certificate to `ec/`, the private ones for this user alone.
pub(crate) fn add_to(env: &TestEnv) {
    for (name, text) in FILES {
        let name = format!("ec/{name}");
        env.write(&name, text);
        #[cfg(unix)]
        env.set_mode(&name, 0o600);
    }
}

/// A directory with a model that has no manifest, and the keys.
pub(crate) fn model() -> TestEnv {
    let env = TestEnv::with_key();
    add_to(&env);
    env.write("m/config.json", "{}\n");
    env.write("m/weights/a.safetensors", "weights");
    env.write("m/weights-b/a.safetensors", "weights b");
    env.write("m/.env", "X=1\n");
    env.write("m/.gitattributes", "* -text\n");
    env
}
