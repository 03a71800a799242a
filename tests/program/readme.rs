//! The output that the README shows is what the program prints. To refresh the README: `README_UPDATE=1 cargo test --test
//! program readme`.

use std::fs;
use std::path::Path;

use crate::common::env::{Output, TestEnv, copy_tree};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns where the content of a fenced block begins and ends: the first of its language after a text.
fn block(readme: &str, after: &str, language: &str) -> std::ops::Range<usize> {
    let from = readme.find(after).unwrap_or_else(|| panic!("the README does not say `{after}`"));
    let fence = format!("```{language}\n");
    let start = from + readme[from..].find(&fence).expect("a block follows") + fence.len();
    start..start + readme[start..].find("```").expect("the block ends")
}

/// Compares what a block shows with what was printed, or writes it there.
fn shows(after: &str, printed: &str) {
    let path = root().join("README.md");
    let mut readme = fs::read_to_string(&path).unwrap();
    let range = block(&readme, after, "text");
    if std::env::var_os("README_UPDATE").is_some() {
        readme.replace_range(range, printed);
        fs::write(&path, readme).unwrap();
        return;
    }
    assert_eq!(&readme[range], printed, "the README shows another output after `{after}`");
}

#[test]
fn the_readme_shows_what_check_prints() {
    let env = TestEnv::new();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    env.write("m/OPENNESS.toml", &readme[block(&readme, "## For model developers", "toml")]);
    // A header without tensors.
    env.write("m/model-1.safetensors", "\u{8}\0\0\0\0\0\0\0{}      ");
    let mut command = env.program();
    let checked: Output = command.current_dir(env.path("m")).arg("check").output().unwrap().into();
    let checked = checked.expect(1);
    shows("For the manifest above:", &checked.out);
}

#[test]
fn the_readme_shows_what_verify_prints() {
    let env = TestEnv::new();
    copy_tree(&root().join("examples/tiny-lm"), &env.path("tiny-lm"));
    let signers = root().join("examples/keys/allowed_signers");
    let verified = env.openness(["verify", "tiny-lm", "--allowed-signers", signers.to_str().unwrap()]).expect(0);
    shows("For `examples/tiny-lm`:", &verified.out);
}

#[test]
fn every_link_of_the_readme_leads_to_a_file() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let links: Vec<&str> = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    for link in links.iter().filter(|link| !link.starts_with("https://")) {
        assert!(root().join(link.split('#').next().unwrap()).exists(), "`{link}` leads nowhere");
    }
    assert!(links.len() > 10 && links.contains(&"docs/src/picture.svg"), "{links:?}");
}

/// To draw it again: `packaging/picture/draw PROGRAM`.
#[test]
fn the_picture_shows_what_the_readme_shows() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let picture = fs::read_to_string(root().join("docs/src/picture.svg")).unwrap();
    let mut text = String::new();
    for piece in picture.split("</text>").filter_map(|element| element.rsplit('>').next()) {
        text.push_str(piece);
    }
    let text = text.replace("&quot;", "\"").replace("&#x27;", "'").replace("&lt;", "<").replace("&gt;", ">");
    let joined = |text: &str| -> String { text.replace("&amp;", "&").chars().filter(|c| !c.is_whitespace()).collect() };
    let text = joined(&text);
    for line in readme[block(&readme, "For the manifest above:", "text")].lines() {
        assert!(text.contains(&joined(line)), "the picture lacks `{line}`");
    }
    assert!(text.ends_with("verified"), "{text}");
}
