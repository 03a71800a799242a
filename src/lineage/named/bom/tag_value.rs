//! SPDX 2.3 as lines of a tag and a value, the form that the SPDX tools write by default.
//! <https://spdx.github.io/spdx-spec/v2.3/conformance/>

use super::spdx2::{Document, Package, Relationship};

/// Tags that start another section than a package.
const OTHERS: &[&str] = &["FileName", "SnippetSPDXID", "LicenseID", "SPDXVersion"];

/// Reads the packages and relationships. A text without `SPDXVersion` is in another format, and has none.
pub(super) fn read(text: &str) -> Document {
    let mut document = Document::default();
    let mut is_spdx = false;
    let mut is_package = false;
    for (tag, value) in lines(text) {
        is_spdx |= tag == "SPDXVersion";
        if tag == "PackageName" {
            document.packages.push(Package { name: value.to_owned(), ..Package::default() });
            is_package = true;
        } else if OTHERS.contains(&tag) {
            is_package = false;
        }
        if tag == "Relationship" {
            document.relationships.extend(relationship(value));
        }
        let Some(package) = document.packages.last_mut().filter(|_| is_package) else { continue };
        match tag {
            "SPDXID" => package.id = value.to_owned(),
            "PackageHomePage" => package.homepage = value.to_owned(),
            "PackageLicenseDeclared" => package.license = value.to_owned(),
            "PackageChecksum" => {
                package.sha256 =
                    value.strip_prefix("SHA256:").map(|hash| hash.trim().to_owned()).or(package.sha256.take());
            }
            "ExternalRef" => package.locators.extend(value.split_whitespace().nth(2).map(str::to_owned)),
            _ => {}
        }
    }
    if is_spdx { document } else { Document::default() }
}

fn relationship(value: &str) -> Option<Relationship> {
    let mut words = value.split_whitespace().map(str::to_owned);
    Some(Relationship { from: words.next()?, kind: words.next()?, to: words.next()? })
}

/// Returns each tag and the first line of its value. What stands between `<text>` and `</text>` has no tags.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut is_inside = false;
    text.lines().filter_map(move |line| {
        if is_inside {
            is_inside = !line.contains("</text>");
            return None;
        }
        let (tag, value) = line.split_once(':').filter(|_| !line.starts_with('#'))?;
        is_inside = value.contains("<text>") && !value.contains("</text>");
        let value = value.trim();
        let value = value.strip_prefix("<text>").and_then(|inner| inner.strip_suffix("</text>")).unwrap_or(value);
        Some((tag.trim(), value.trim()))
    })
}
