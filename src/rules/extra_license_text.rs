//! `OPN417`.

use std::collections::BTreeSet;

use super::Repository;
use super::invalid_license::quoted;
use super::license_text_mismatch::{Compared, compared, quotations};
use crate::finding::Finding;
use crate::license::text::{Likeness, is_known_model_license};

super::rule! {
    /// ## What it does
    /// Quotes what a license file says besides the text of the declared license, if it is not known to be a condition
    /// (`OPN409`) and is not a notice.
    ///
    /// ## Why it matters
    /// No list of words knows every way to say "but not you". What is left over is for a person to read.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "0BSD"
    /// license-file = "LICENSE"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// LICENSE: @spdx 0BSD @and \nThe weights were computed on a machine of the university.\n
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "0BSD"
    /// license-file = "LICENSE"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// LICENSE: @spdx 0BSD @and \nCopyright 2026 Example Lab\n
    /// ```
    "OPN417" "extra-license-text" Note => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    // A file that several components name is read once.
    let mut seen = BTreeSet::new();
    for Compared { stated, file, names, likeness, contents, .. } in compared(repository) {
        // What differs from the declared license is reported, and the text of a private license is not known.
        let is_private = |name: &String| name.starts_with("LicenseRef-") && !is_known_model_license(name);
        let is_compared = likeness == Likeness::Same && !names.iter().any(is_private);
        if !is_compared || contents.remarks.is_empty() || !seen.insert(&file.value) {
            continue;
        }
        let message =
            format!("`{}` also says, besides {}: {}", file.value, quoted(&names), quotations(&contents.remarks));
        let help = "if this limits or asks for anything, declare `LicenseRef-NAME` with this text as `license-file`; \
                    otherwise it can move to another file";
        findings.push(Finding::new(&INFO, stated.span, message).help(help).related(file.span, "the license text"));
    }
}
