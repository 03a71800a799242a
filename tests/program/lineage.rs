//! Releases that come from others, followed from statement to statement: three generations by three signers.

use serde_json::Value;

use crate::common::env::TestEnv;

/// Writes a signed release in `directory`, made from the release in `base`, and returns the digest of its statement.
fn release(env: &TestEnv, directory: &str, license: &str, base: Option<(&str, &str)>, key: &str) -> String {
    let of_base = base.map_or_else(String::new, |(name, statement)| {
        format!("[[model.base]]\nname = \"lab/{name}\"\nrelation = \"finetune\"\nlicense = \"OpenMDW-1.0\"\nstatement = \"{statement}\"\n")
    });
    env.write(
        &format!("{directory}/OPENNESS.toml"),
        format!(
            "schema = 1\n[model]\nname = \"{directory}\"\nversion = \"1\"\nproducer = \"Lab\"\n[release]\naccess = \"downloadable\"\n{of_base}[component.final-weights]\nopenness = \"open\"\nlicense = \"{license}\"\nfiles = [\"w/**\"]\n"
        ),
    );
    env.write(&format!("{directory}/w/{directory}.bin"), directory);
    env.write(&format!("{directory}/w/shared.bin"), "the same in all");
    let mut arguments = vec!["sign", directory, "--key", key, "--created", "2026-01-01T00:00:00Z", "--waive", "OPN303"];
    if let Some((name, _)) = base {
        arguments.extend(["--base", name]);
    }
    env.openness(arguments).ok();
    digest(env, directory)
}

fn digest(env: &TestEnv, directory: &str) -> String {
    let bytes = env.read(&format!("{directory}/.openness/statement.json"));
    openness::artifacts::digest::sha256(&bytes).as_str().to_owned()
}

/// Three generations, signed by three keys; the bytes of each base's statement are with the release that comes from it.
fn three() -> (TestEnv, [String; 3]) {
    let env = TestEnv::new();
    for key in ["key", "other", "third"] {
        env.openness(["key", "generate", "--no-passphrase", "--output", key]).ok();
    }
    let first = release(&env, "First", "OpenMDW-1.0", None, "key");
    let second = release(&env, "Second", "OpenMDW-1.0", Some(("First", &first)), "other");
    let third = release(&env, "Third", "MIT", Some(("Second", &second)), "third");
    (env, [first, second, third])
}

/// The links as "name standing reasons".
fn links(env: &TestEnv, arguments: &[&str]) -> (Vec<String>, Value) {
    let mut all = vec!["verify", "Third", "--format", "json", "--no-track-releases"];
    all.extend(arguments);
    let report = env.openness(all).json();
    let link = |link: &Value| {
        let reasons: Vec<&str> =
            link["reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap()).collect();
        format!("{} {} {}", link["name"].as_str().unwrap(), link["standing"].as_str().unwrap(), reasons.join(" "))
            .trim_end()
            .to_owned()
    };
    (report["lineage"].as_array().unwrap().iter().map(link).collect(), report)
}

const ALL: &[&str] = &["--key", "third.pub", "--key", "other.pub", "--key", "key.pub", "--base", "Second"];

#[test]
fn three_generations_are_verified_by_the_verifiers_own_trust() {
    let (env, [first, second, _]) = three();
    let (found, report) = links(&env, ALL);
    assert_eq!(found, ["lab/Second verified", "lab/First verified"]);
    assert_eq!(report["verdict"], "verified");
    assert_eq!(report["lineage"][0]["statement"], second.as_str());
    assert_eq!(
        (&report["lineage"][1]["statement"], &report["lineage"][1]["depth"]),
        (&first.as_str().into(), &2.into())
    );
    assert_eq!(report["lineage"][0]["sharedFiles"], 1);
    // Without the directory, the copies in the release lead one link far.
    assert_eq!(links(&env, &ALL[..6]).0, ["lab/Second verified", "lab/First named statement-not-found"]);
    // A signer that is not trusted makes a link weaker, and not the release.
    let (found, report) = links(&env, &["--key", "third.pub", "--key", "key.pub", "--base", "Second"]);
    assert_eq!(found, ["lab/Second signed untrusted-key", "lab/First verified"]);
    assert_eq!(report["verdict"], "verified");
    let text = env.openness([&["verify", "Third", "--no-track-releases"], ALL].concat()).ok();
    assert!(text.contains("weakest link: verified") && text.contains("1 file is the base's own"), "{text}");
}

#[test]
fn tampering_shows_at_its_link() {
    let (env, [first, second, _]) = three();
    let copy = format!("Third/.openness/bases/{second}");
    let bytes = env.read(&format!("{copy}/statement.json"));
    let restore = |name: &str, bytes: &[u8]| env.write(&format!("{copy}/{name}"), bytes);
    // Without --base Second, only the copy counts.
    let with_copy = || links(&env, &ALL[..6]).0[0].clone();
    assert_eq!(with_copy(), "lab/Second verified");
    restore("statement.json", &[bytes.as_slice(), b" "].concat());
    assert_eq!(with_copy(), "lab/Second named statement-differs");
    restore("statement.json", &bytes);
    let manifest = env.read(&format!("{copy}/OPENNESS.toml"));
    restore("OPENNESS.toml", b"schema = 1\n");
    assert_eq!(with_copy(), "lab/Second named manifest-differs");
    std::fs::remove_file(env.path(&format!("{copy}/OPENNESS.toml"))).unwrap();
    assert_eq!(with_copy(), "lab/Second verified manifest-not-found");
    restore("OPENNESS.toml", &manifest);
    std::fs::remove_dir_all(env.path(&format!("{copy}/signatures"))).unwrap();
    assert_eq!(with_copy(), "lab/Second named unsigned");
    std::fs::remove_dir_all(env.path("Third/.openness/bases")).unwrap();
    assert_eq!(with_copy(), "lab/Second named statement-not-found");
    // A revoked key, one link further.
    let revoked = [ALL, &["--revoked", "key.pub"]].concat();
    let (found, _) = links(&env, &revoked);
    assert_eq!(found, ["lab/Second verified", "lab/First named revoked-key"]);
    assert_eq!(first.len(), 64);
}

/// Every file of every link, changed, emptied and removed: its link says so, those before it hold, and nothing is followed
/// behind it.
#[test]
fn tampering_shows_at_each_link_and_only_there() {
    let (env, [first, second, _]) = three();
    let places = [
        (format!("Third/.openness/bases/{second}"), 0, &ALL[..6]),
        (format!("Second/.openness/bases/{first}"), 1, ALL),
    ];
    for (place, at, arguments) in places {
        let all = links(&env, arguments).0;
        assert!(all[..=at].iter().all(|link| link.ends_with(" verified")), "{all:?}");
        let signatures: Vec<String> = std::fs::read_dir(env.path(&format!("{place}/signatures")))
            .unwrap()
            .map(|entry| format!("signatures/{}", entry.unwrap().file_name().to_str().unwrap()))
            .collect();
        assert!(!signatures.is_empty());
        for name in signatures.iter().map(String::as_str).chain(["statement.json", "OPENNESS.toml"]) {
            let path = format!("{place}/{name}");
            let bytes = env.read(&path);
            let mut changed = bytes.clone();
            let middle = changed.len() / 2;
            changed[middle] ^= 1;
            for (how, content) in [("changed", Some(changed)), ("emptied", Some(Vec::new())), ("removed", None)] {
                match content {
                    Some(content) => env.write(&path, content),
                    None => std::fs::remove_file(env.path(&path)).unwrap(),
                }
                // One of two signatures may be gone; what is left is good.
                let others = name.starts_with("signatures/") && how == "removed" && signatures.len() > 1;
                // A base whose manifest is gone is verified, but not followed.
                let is_manifest_gone = name == "OPENNESS.toml" && how == "removed";
                let found = links(&env, arguments).0;
                assert_eq!(found[..at], all[..at], "{path} {how}");
                if others {
                    assert_eq!(found[at], all[at], "{path} {how}");
                } else if is_manifest_gone {
                    assert!(found[at].ends_with(" verified manifest-not-found"), "{path} {how}: {found:?}");
                    assert_eq!(found.len(), at + 1, "{path} {how}: {found:?}");
                } else {
                    assert!(!found[at].contains(" verified"), "{path} {how}: {found:?}");
                    assert_eq!(found.len(), at + 1, "{path} {how}: {found:?}");
                }
                env.write(&path, &bytes);
            }
        }
        assert_eq!(links(&env, arguments).0, all);
    }
}

#[test]
fn a_statement_of_another_model_or_license_is_not_the_base() {
    let (env, [first, ..]) = three();
    let sign = |name: &str, license: &str, more: &str| {
        let text = env.read_text("Third/OPENNESS.toml");
        let start = text.find("[[model.base]]").unwrap();
        let end = text.find("[component").unwrap();
        let entry = format!(
            "[[model.base]]\nname = \"{name}\"\nrelation = \"finetune\"\nlicense = \"{license}\"\nstatement = \"{first}\"\n{more}"
        );
        env.write("Third/OPENNESS.toml", format!("{}{entry}{}", &text[..start], &text[end..]));
        env.openness([
            "sign",
            "Third",
            "--key",
            "third",
            "--replace",
            "--base",
            "First",
            "--waive",
            "OPN303",
            "OPN414",
            "--created",
            "2026-01-01T00:00:00Z",
        ])
        .ok();
        links(&env, ALL).0
    };
    assert_eq!(sign("lab/First", "OpenMDW-1.0", ""), ["lab/First verified"]);
    assert_eq!(sign("lab/Other", "OpenMDW-1.0", ""), ["lab/Other named other-model"]);
    assert_eq!(sign("lab/First", "MIT", ""), ["lab/First verified license-contradicted"]);
    let digest = format!("digest = \"{}\"\n", "0".repeat(64));
    assert_eq!(sign("lab/First", "OpenMDW-1.0", &digest), ["lab/First named digest-not-signed"]);
    assert_eq!(sign("lab/Third", "OpenMDW-1.0", ""), ["lab/Third named other-model cycle-of-names"]);
    let report = {
        sign("lab/First", "MIT", "");
        env.openness(["check", "Third", "--format", "json"]).json()
    };
    assert!(report["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "OPN414"), "{report}");
}

/// Whatever the label between: what binds is the license of every ancestor.
#[test]
fn a_label_between_does_not_wash_off_the_terms_of_an_ancestor() {
    let env = TestEnv::with_key();
    let made = |directory: &str, base: &str, relation: &str| {
        let text = env.read_text(&format!("{directory}/OPENNESS.toml"));
        env.write(&format!("{directory}/OPENNESS.toml"), text.replacen("[release]", &format!("{base}[release]"), 1));
        let text = env.read_text(&format!("{directory}/OPENNESS.toml"));
        env.write(&format!("{directory}/OPENNESS.toml"), text.replace("RELATION", relation));
    };
    for name in ["Mid", "Leaf"] {
        env.write(
            &format!("{name}/OPENNESS.toml"),
            format!(
                "schema = 1\n[model]\nname = \"{name}\"\nversion = \"1\"\nproducer = \"Lab\"\n[release]\naccess = \"downloadable\"\n[component.final-weights]\nopenness = \"open\"\nlicense = \"MIT\"\nfiles = [\"w/**\"]\n"
            ),
        );
        env.write(&format!("{name}/w/{name}.safetensors"), name);
    }
    made(
        "Mid",
        "[[model.base]]\nname = \"meta/Llama-3.1-8B\"\nrelation = \"finetune\"\nlicense = \"LicenseRef-Llama-3.1-Community\"\n",
        "",
    );
    let created = ["--created", "2026-01-01T00:00:00Z"];
    let signed = ["sign", "Mid", "--key", "key", "--waive", "OPN303", "OPN410", "OPN308"];
    env.openness([&signed[..], &created].concat()).ok();
    let statement = digest(&env, "Mid");
    made(
        "Leaf",
        &format!(
            "[[model.base]]\nname = \"lab/Mid\"\nrelation = \"RELATION\"\nlicense = \"MIT\"\nstatement = \"{statement}\"\n"
        ),
        "quantized",
    );
    let report = || env.openness(["licenses", "Leaf", "--format", "json"]).json();
    // Without the manifest of the base, its label is all that is known.
    assert_eq!(report()["outcome"], "obligations");
    for name in ["statement.json", "OPENNESS.toml"] {
        let from =
            if name == "OPENNESS.toml" { "Mid/OPENNESS.toml".to_owned() } else { format!("Mid/.openness/{name}") };
        env.write(&format!("Leaf/.openness/bases/{statement}/{name}"), env.read(&from));
    }
    let found = report();
    assert_eq!(found["outcome"], "conflict");
    let step = &found["steps"][1];
    assert_eq!(
        [&step["base"], &step["through"], &step["relation"], &step["outcome"]],
        ["meta/Llama-3.1-8B", "lab/Mid", "finetune", "conflict"]
    );
    let check = env.openness(["check", "Leaf", "--format", "json"]).json();
    let finding = check["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "OPN410").unwrap();
    assert!(finding["message"].as_str().unwrap().contains("`meta/Llama-3.1-8B (through lab/Mid)`"), "{finding}");
    // An adapter contains nothing of it, so it is a question; a manifest that is not the signed one says nothing.
    let text = env.read_text("Leaf/OPENNESS.toml");
    env.write("Leaf/OPENNESS.toml", text.replace("quantized", "adapter"));
    assert_eq!(report()["outcome"], "review");
    env.write(&format!("Leaf/.openness/bases/{statement}/OPENNESS.toml"), "schema = 1\n");
    assert_eq!(report()["outcome"], "obligations");
}

#[test]
fn weights_that_are_the_base_own_are_told_from_what_the_manifest_says() {
    let (env, [first, ..]) = three();
    // What `First` signed is in the release, and its statement is next to it.
    let copy = format!("lm/.openness/bases/{first}/statement.json");
    env.write(&copy, env.read("First/.openness/statement.json"));
    env.write("lm/w/shared.bin", "the same in all");
    let manifest = |license: &str, bases: &str| {
        env.write(
            "lm/OPENNESS.toml",
            format!(
                "schema = 1\n[model]\nname = \"Lm\"\nversion = \"1\"\nproducer = \"Lab\"\nlicense = \"{license}\"\n{bases}[component.final-weights]\nopenness = \"open\"\nfiles = [\"w/**\"]\n"
            ),
        );
    };
    let messages = |code: &str| {
        let report = env.openness(["check", "lm", "--format", "json"]).json();
        let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] == code);
        findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let base = |relation: &str, license: &str| {
        format!(
            "[[model.base]]\nname = \"lab/First\"\nrelation = \"{relation}\"\nlicense = \"{license}\"\nstatement = \"{first}\"\n"
        )
    };
    manifest("MIT", "");
    assert_eq!(
        messages("OPN416"),
        ["`w/shared.bin` is, byte for byte, what `First` signed, but `model.base` does not list it"]
    );
    manifest("MIT", &base("copy", "OpenMDW-1.0"));
    assert_eq!(messages("OPN416"), Vec::<String>::new());
    manifest("MIT", &base("distilled", "OpenMDW-1.0"));
    assert_eq!(
        messages("OPN416"),
        ["`w/shared.bin` is, byte for byte, what the base `First` signed, but `relation` is `distilled`"]
    );
    // An adapter with the weights of its base contains the base: what would be a question is a conflict.
    let outcome =
        || env.openness(["licenses", "lm", "--format", "json"]).json()["outcome"].as_str().unwrap().to_owned();
    manifest("MIT", &base("adapter", "LicenseRef-Llama-3.3-Community"));
    assert_eq!((outcome().as_str(), messages("OPN416").len()), ("conflict", 1));
    env.write("lm/w/shared.bin", "other weights!!");
    assert_eq!((outcome().as_str(), messages("OPN416").len()), ("review", 0));
    manifest("MIT", &base("copy", "OpenMDW-1.0"));
    assert_eq!(messages("OPN416").len(), 1, "none of the weights are a copy");
}

#[test]
fn other_files_next_to_the_copies_are_unsigned() {
    let (env, [_, second, _]) = three();
    let verdict = || links(&env, ALL).1["verdict"].as_str().unwrap().to_owned();
    assert_eq!(verdict(), "verified");
    for name in [
        "model.bin".to_owned(),
        format!("{second}/model.bin"),
        format!("{second}/signatures/x/y.sshsig"),
        "x/statement.json".to_owned(),
    ] {
        let path = format!("Third/.openness/bases/{name}");
        env.write(&path, "x");
        assert_eq!(verdict(), "failed", "{name}");
        std::fs::remove_file(env.path(&path)).unwrap();
    }
}

#[test]
fn a_policy_requires_what_holds_of_bases() {
    let (env, _) = three();
    let verdict = |policy: &str| {
        env.write("policy.toml", format!("policy = 1\n[lineage]\n{policy}\n"));
        let report = links(&env, &[ALL, &["--policy", "policy.toml"]].concat()).1;
        let unmet = report["policy"].as_array().unwrap().iter().map(|unmet| unmet.as_str().unwrap().to_owned());
        (report["verdict"].as_str().unwrap().to_owned(), unmet.collect::<Vec<_>>())
    };
    let all = "require = [\"declared-bases\", \"base-licenses\", \"no-conflict\"]\nreview = \"refuse\"";
    assert_eq!(verdict(all), ("verified".to_owned(), Vec::new()));
    let (failed, unmet) = verdict("require = [\"no-unmet-duties\"]");
    assert!(failed == "failed" && unmet.len() == 1 && unmet[0].contains("OpenMDW-1.0"), "{unmet:?}");
}

/// The verdict and what is not met, for one policy and the trusted keys of `arguments`.
fn policy_verdict(env: &TestEnv, policy: &str, arguments: &[&str]) -> (String, Vec<String>) {
    env.write("policy.toml", format!("policy = 1\n[lineage]\n{policy}\n"));
    let report = links(env, &[arguments, &["--policy", "policy.toml"]].concat()).1;
    let unmet = report["policy"].as_array().unwrap().iter().map(|unmet| unmet.as_str().unwrap().to_owned());
    (report["verdict"].as_str().unwrap().to_owned(), unmet.collect())
}

#[test]
fn a_policy_requires_signed_bases_by_the_verifiers_own_trust() {
    let (env, _) = three();
    let verified = ("verified".to_owned(), Vec::new());
    let only_direct: &[&str] = &["--key", "third.pub", "--key", "other.pub", "--base", "Second"];
    for (bases, keys, names) in [
        ("none", &["--key", "third.pub"][..], &[][..]),
        ("direct", ALL, &[]),
        ("all", ALL, &[]),
        ("direct", only_direct, &[]),
        ("all", only_direct, &["lab/First"]),
        ("direct", &["--key", "third.pub", "--key", "key.pub", "--base", "Second"], &["lab/Second"]),
        ("all", &ALL[..6], &["lab/First"]),
        ("direct", &[ALL, &["--revoked", "other.pub"]].concat(), &["lab/Second"]),
    ] {
        let found = policy_verdict(&env, &format!("signed-bases = \"{bases}\""), keys);
        if names.is_empty() {
            assert_eq!(found, verified, "{bases} {keys:?}");
            continue;
        }
        assert_eq!((found.0.as_str(), found.1.len()), ("failed", names.len()), "{bases} {keys:?}: {:?}", found.1);
        assert!(std::iter::zip(names, &found.1).all(|(name, unmet)| unmet.contains(name)), "{:?}", found.1);
    }
    // A base whose manifest is not there is verified, but what it comes from is not known.
    let second = digest(&env, "Second");
    std::fs::remove_file(env.path(&format!("Third/.openness/bases/{second}/OPENNESS.toml"))).unwrap();
    let (verdict, unmet) = policy_verdict(&env, "signed-bases = \"all\"", &ALL[..6]);
    assert!(verdict == "failed" && unmet[0].contains("its own bases are not known"), "{unmet:?}");
    assert_eq!(policy_verdict(&env, "signed-bases = \"direct\"", &ALL[..6]), verified);
}

#[test]
fn a_policy_says_which_findings_about_bases_may_be_waived() {
    let (env, [first, ..]) = three();
    let text = env.read_text("Third/OPENNESS.toml");
    let entry = format!(
        "[[model.base]]\nname = \"lab/First\"\nrelation = \"finetune\"\nlicense = \"GPL-3.0-only\"\nstatement = \"{first}\"\n"
    );
    let (start, end) = (text.find("[[model.base]]").unwrap(), text.find("[component").unwrap());
    env.write("Third/OPENNESS.toml", format!("{}{entry}{}", &text[..start], &text[end..]));
    let signed =
        ["sign", "Third", "--key", "third", "--replace", "--base", "First", "--created", "2026-01-01T00:00:00Z"];
    env.openness([&signed[..], &["--waive", "OPN303", "OPN410"]].concat())
        .fails_with("but its statement says `OpenMDW-1.0`");
    let waived = [&signed[..], &["--waive", "OPN303", "OPN410", "OPN414"]].concat();
    env.openness(&waived).ok();
    // With the copy of the statement in place, the finding is one of the release, and is recorded.
    env.openness(&waived).ok();
    let unmet = |policy: &str| policy_verdict(&env, policy, ALL).1;
    assert_eq!(unmet("review = \"accept\""), Vec::<String>::new());
    assert_eq!(unmet("allow-waived = [\"opn410\", \"OPN414\"]"), Vec::<String>::new());
    // OPN303 is a matter of `[statement]`.
    assert_eq!(unmet("allow-waived = [\"OPN414\"]"), ["the signer waived findings: `OPN410`"]);
    assert_eq!(unmet("allow-waived = []"), ["the signer waived findings: `OPN410`, `OPN414`"]);
}

#[test]
fn a_base_is_compared_by_each_entry_that_names_it() {
    let (env, [first, ..]) = three();
    let text = env.read_text("Third/OPENNESS.toml");
    let entry = |more: &str| {
        format!(
            "[[model.base]]\nname = \"lab/First\"\nrelation = \"finetune\"\nlicense = \"OpenMDW-1.0\"\nstatement = \"{first}\"\n{more}"
        )
    };
    let (start, end) = (text.find("[[model.base]]").unwrap(), text.find("[component").unwrap());
    let both = [entry(""), entry(&format!("digest = \"{}\"\n", "0".repeat(64)))].concat();
    env.write("Third/OPENNESS.toml", format!("{}{both}{}", &text[..start], &text[end..]));
    let signed =
        ["sign", "Third", "--key", "third", "--replace", "--base", "First", "--created", "2026-01-01T00:00:00Z"];
    env.openness([&signed[..], &["--waive", "OPN303"]].concat()).ok();
    assert_eq!(links(&env, ALL).0, ["lab/First verified", "lab/First named digest-not-signed"]);
}

#[test]
fn releases_that_were_verified_before_are_known_when_a_model_is_made_from_them() {
    let (env, _) = three();
    let links = |arguments: &[&str]| {
        let report = env.openness([&["verify", "Third", "--format", "json"], arguments].concat()).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        report["lineage"].as_array().unwrap().iter().map(|link| text(&link["standing"])).collect::<Vec<_>>()
    };
    let trusted = &ALL[..6];
    assert_eq!(links(&[trusted, &["--track-releases"]].concat()), ["verified", "named"]);
    // Neither a run that remembers nothing nor a release that is not verified is kept.
    env.openness(["verify", "First", "--key", "key.pub"]).ok();
    env.openness(["verify", "First", "--key", "other.pub", "--track-releases"]).expect(1);
    assert_eq!(links(&[trusted, &["--track-releases"]].concat()), ["verified", "named"]);
    env.openness(["verify", "First", "--key", "key.pub", "--track-releases"]).ok();
    assert_eq!(links(&[trusted, &["--track-releases"]].concat()), ["verified", "verified"]);
    assert_eq!(links(trusted), ["verified", "named"]);
    // What is kept is trusted by the verifier's own trust only.
    assert_eq!(links(&["--key", "third.pub", "--key", "other.pub", "--track-releases"]), ["verified", "signed"]);
}

#[test]
fn sign_adds_the_statement_of_a_base_to_the_manifest() {
    let (env, [_, second, _]) = three();
    let text = env.read_text("Third/OPENNESS.toml");
    let line = format!("statement = \"{second}\"\n");
    assert!(text.contains(&line));
    env.write("Third/OPENNESS.toml", text.replace(&line, ""));
    let sign = |directory: &str| {
        let all = ["sign", directory, "--key", "third", "--waive", "OPN303", "--base", "Second", "--replace"];
        env.openness([&all[..], &["--created", "2026-01-01T00:00:00Z"]].concat())
    };
    let ran = sign("Third").expect(0);
    assert!(ran.err.contains("added `statement` of `Second` to OPENNESS.toml"), "{}", ran.err);
    assert!(env.read_text("Third/OPENNESS.toml").contains(&line));
    assert_eq!(links(&env, ALL).0, ["lab/Second verified", "lab/First verified"]);
    // Git has the manifest as it was, and a commit is signed.
    env.write("Third/OPENNESS.toml", text.replace(&line, ""));
    std::fs::remove_dir_all(env.path("Third/.openness")).unwrap();
    env.git("Third", ["init", "-q"]);
    env.commit("Third");
    sign("Third").fails_with("Git has it as it was");
    assert!(env.read_text("Third/OPENNESS.toml").contains(&line));
    assert!(!env.path("Third/.openness").exists());
    env.commit("Third");
    sign("Third").ok();
}

#[test]
fn sign_keeps_only_statements_that_the_manifest_names() {
    let (env, _) = three();
    let sign = |base: &str| {
        env.openness([
            "sign",
            "Third",
            "--key",
            "third",
            "--waive",
            "OPN303",
            "--created",
            "2026-01-01T00:00:00Z",
            "--base",
            base,
        ])
    };
    sign("First").fails_with("names the statement of `First`");
    env.write("plain/x", "x");
    sign("plain").fails_with("is not a signed release");
    sign("Second").ok();
}
