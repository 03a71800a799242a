//! `model_signing`, the reference implementation of OpenSSF Model Signing: what it signs is verified, and what is signed for it
//! it verifies, on three curves and with certificates. `OPENNESS_PYTHON` names a Python that has it.

use std::process::Command;

use crate::common::ecdsa;
use crate::common::env::{Output, TestEnv};
use crate::common::tools::python_with;

/// Runs `model_signing` in the directory.
fn reference(env: &TestEnv, python: &str, arguments: &[&str]) -> Output {
    let mut command: Command = env.command(python);
    command.args(["-m", "model_signing"]).args(arguments).output().unwrap().into()
}

#[test]
fn key_signatures_are_verified_both_ways() {
    let Some(python) = python_with("model_signing") else { return };
    for curve in ["p256", "p384", "p521"] {
        let env = ecdsa::model();
        let (private, public) = (format!("ec/{curve}.pem"), format!("ec/{curve}.pub.pem"));
        let theirs = ["sign", "key", "m", "--private_key", &private, "--signature", "m/theirs.sig"];
        reference(&env, &python, &theirs).expect(0);
        // `weights/` before `weights-b/`: their order is not that of the specification.
        let ran = env.openness(["verify", "m", "--key", &public]).expect(0);
        assert!(ran.out.contains("directory by directory"), "{ran:#?}");
        std::fs::remove_file(env.path("m/theirs.sig")).unwrap();
        env.openness(["sign", "m", "--oms", "--key", &private]).expect(0);
        let ours = ["verify", "key", "m", "--public_key", &public, "--signature", "m/model.sig"];
        reference(&env, &python, &ours).expect(0);
        env.write("m/config.json", "{ }\n");
        assert_ne!(reference(&env, &python, &ours).status, 0);
    }
}

#[test]
fn certificate_signatures_are_verified_both_ways() {
    let Some(python) = python_with("model_signing") else { return };
    let env = ecdsa::model();
    let chain = ["--certificate_chain", "ec/intermediate.pem"];
    let theirs = [
        "sign",
        "certificate",
        "m",
        "--private_key",
        "ec/p256.pem",
        "--signing_certificate",
        "ec/leaf.pem",
        "--signature",
        "theirs.sig",
    ];
    reference(&env, &python, &[&theirs[..], &chain].concat()).expect(0);
    let time = ["--verify-time", "2040-01-01"];
    let mut command = env.program();
    command.args(["verify", "m", "--root", "ec/root.pem", "--signature", "theirs.sig"]).args(time);
    Output::from(command.output().unwrap()).expect(0);
    let mut command = env.program();
    command.args(["sign", "m", "--oms", "--key", "ec/p256.pem"]);
    command.args(["--certificate", "ec/leaf.pem", "--certificate", "ec/intermediate.pem"]);
    Output::from(command.output().unwrap()).expect(0);
    let ours = ["verify", "certificate", "m", "--signature", "m/model.sig", "--certificate_chain", "ec/root.pem"];
    reference(&env, &python, &ours).expect(0);
}

#[test]
fn a_statement_and_a_bundle_do_not_invalidate_each_other() {
    let Some(python) = python_with("model_signing") else { return };
    let env = TestEnv::signed();
    ecdsa::add_to(&env);
    env.openness(["sign", "lm", "--oms", "--key", "ec/p256.pem"]).expect(0);
    let verify = ["verify", "key", "lm", "--public_key", "ec/p256.pub.pem", "--signature", "lm/model.sig"];
    reference(&env, &python, &verify).expect(0);
    // A second signer of the statement, afterwards.
    env.add_key("other");
    env.openness(["sign", "lm", "--statement", "lm/.openness/statement.json", "--key", "other"]).expect(0);
    reference(&env, &python, &verify).expect(0);
    env.openness(["verify", "lm", "--key", "key.pub", "--key", "ec/p256.pub.pem", "--require", "openness,oms"])
        .expect(0);
}

/// Signs by the library of the reference implementation, whose program cannot list parts of files.
const SIGN_SHARDS: &str = "
import sys
from model_signing import hashing, signing
model, key, signature, size = sys.argv[1:]
serialization = hashing.Config().use_shard_serialization(shard_size=int(size)).set_ignored_paths(paths=[signature])
signing.Config().use_elliptic_key_signer(private_key=key).set_hashing_config(serialization).sign(model, signature)
";

#[test]
fn signatures_over_parts_of_files_are_verified() {
    let Some(python) = python_with("model_signing") else { return };
    for size in ["200", "1000", "1000000000"] {
        let env = ecdsa::model();
        env.write("m/large.bin", (0..=255).cycle().take(1000).collect::<Vec<u8>>());
        let arguments = ["-c", SIGN_SHARDS, "m", "ec/p256.pem", "m/shards.sig", size];
        Output::from(env.command(&python).args(arguments).output().unwrap()).expect(0);
        let verify = ["verify", "m", "--key", "ec/p256.pub.pem", "--format", "json"];
        let found = env.openness(verify).expect(0).json();
        assert_eq!((&found["verdict"], &found["files"]["verified"]), (&"verified".into(), &5.into()), "{size}");
        env.openness(["verify", "m", "--key", "ec/p256.pub.pem", "--export", "copy"]).expect(0);
        assert!(env.read("copy/large.bin") == env.read("m/large.bin"));
        // A byte of a part, a byte more, a byte less, and an empty file, which such a signature cannot cover.
        let large = env.read("m/large.bin");
        let mut changed = large.clone();
        changed[999] ^= 1;
        for bytes in [changed, [&large[..], b"x"].concat(), large[..999].to_vec(), Vec::new()] {
            env.write("m/large.bin", bytes);
            let found = env.openness(verify).expect(1).json();
            assert_eq!(found["files"]["changed"], serde_json::json!(["large.bin"]), "{size}");
        }
        env.write("m/large.bin", large);
        env.write("m/__init__.py", "");
        let found = env.openness(verify).expect(1).json();
        assert_eq!(found["files"]["unsigned"], serde_json::json!(["__init__.py"]), "{size}");
    }
}
