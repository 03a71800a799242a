//! The bundles of the conformance suite of OpenSSF Model Signing. `OPENNESS_OMS_CONFORMANCE` names a copy of the suite.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::env::{Output, TestEnv, copy_tree};
use crate::common::tools::skipped;

/// Cases that are decided otherwise than by the suite, and why.
const OTHERWISE: &[(&str, &str)] =
    &[("historical-v0.2.0-certificate", "it is signed over a faulty encoding, which later versions replaced")];

/// Copies the model of a case, with the changes that it asks for.
fn model(env: &TestEnv, from: &Path, case: &Value) -> PathBuf {
    let model = env.path("model").join(from.file_name().unwrap());
    let _ = fs::remove_dir_all(env.path("model"));
    fs::create_dir_all(env.path("model")).unwrap();
    if from.is_dir() {
        copy_tree(from, &model);
    } else {
        fs::copy(from, &model).unwrap();
    }
    let changes = &case["model_modifications"];
    for name in changes["delete"].as_array().into_iter().flatten() {
        fs::remove_file(model.join(name.as_str().unwrap())).unwrap();
    }
    for kind in ["tamper", "inject"] {
        for (name, text) in changes[kind].as_object().into_iter().flatten() {
            fs::write(model.join(name), text.as_str().unwrap()).unwrap();
        }
    }
    model
}

/// Verifies a case with the flags that mean what it asks for.
fn verify(env: &TestEnv, directory: &Path, assets: &Path, case: &Value) -> Output {
    let from = if case["model_relative_to"] == "test_dir" { directory } else { assets };
    let mut command = env.program();
    command.arg("verify").arg(model(env, &from.join(case["model"].as_str().unwrap()), case));
    command.arg("--signature").arg(directory.join("bundle.sig"));
    let asked = &case["verify"];
    if let Some(key) = asked["public_key"].as_str() {
        command.arg("--key").arg(assets.join(key));
    }
    for root in asked["cert_chain"].as_array().into_iter().flatten() {
        command.arg("--root").arg(assets.join(root.as_str().unwrap()));
    }
    if let (Some(identity), Some(issuer)) = (asked["identity"].as_str(), asked["identity_provider"].as_str()) {
        command.args(["--trusted-root", "embedded:sigstore", "--identity", identity, "--issuer", issuer]);
    }
    for path in asked["ignore_paths"].as_array().into_iter().flatten() {
        command.arg("--allow-unsigned").arg(path.as_str().unwrap());
    }
    if asked["ignore_unsigned_files"] == true {
        command.args(["--allow-unsigned", "**"]);
    }
    command.output().unwrap().into()
}

#[test]
fn bundles_of_the_suite_are_decided_as_it_demands() {
    let Some(root) = std::env::var_os("OPENNESS_OMS_CONFORMANCE").map(PathBuf::from) else {
        return skipped("the conformance suite of OpenSSF Model Signing in OPENNESS_OMS_CONFORMANCE");
    };
    let env = TestEnv::new();
    let (mut passed, mut keyless, mut wrong) = (0, 0, Vec::new());
    for kind in ["positive", "historical", "negative"] {
        let directory = root.join("test/test-cases/verify").join(kind);
        for entry in fs::read_dir(directory).unwrap() {
            let directory = entry.unwrap().path();
            let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
            let case: Value = serde_json::from_slice(&fs::read(directory.join("config.json")).unwrap()).unwrap();
            keyless += usize::from(case["method"] == "sigstore");
            let expected = case["expect"] != "fail" && !OTHERWISE.iter().any(|(other, _)| *other == name);
            let ran = verify(&env, &directory, &root.join("test/assets"), &case);
            if (ran.status == 0) == expected {
                passed += 1;
            } else {
                wrong.push(format!("{name}: {ran:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{passed} cases as expected, {keyless} of them keyless");
    assert!(passed >= 40 && keyless >= 7, "{passed}, {keyless}");
}
