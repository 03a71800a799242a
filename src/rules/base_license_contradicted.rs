//! `OPN414`.

use serde_json::Value;

use super::Repository;
use crate::artifacts::digest;
use crate::finding::{Finding, quotable};

/// The largest statement of a base that is read, in bytes.
const MAX_STATEMENT_BYTES: u64 = 16 << 20;

super::rule! {
    /// ## What it does
    /// Reports a base whose `license` is not the one in its statement, if a copy of that statement is in
    /// `.openness/bases/`. The signature of the statement is not checked; `verify` does that.
    ///
    /// ## Why it matters
    /// What the base was released under is said by the one who released it. A manifest that states another license for it
    /// misleads about every term that goes along.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "MIT"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/Base-7B"
    /// license = "MIT"
    /// relation = "finetune"
    /// statement = "a7bc4a0242acf70717ef2c66b1f2001876b1cece5da96200a511ae10a2677bae"
    /// ```
    /// ```files
    /// .openness/bases/a7bc4a0242acf70717ef2c66b1f2001876b1cece5da96200a511ae10a2677bae/statement.json: {"predicate":{"components":[{"id":"final-weights","license":"CC-BY-NC-4.0"}]}}
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "CC-BY-NC-4.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/Base-7B"
    /// license = "CC-BY-NC-4.0"
    /// relation = "finetune"
    /// statement = "a7bc4a0242acf70717ef2c66b1f2001876b1cece5da96200a511ae10a2677bae"
    /// ```
    /// ```files
    /// .openness/bases/a7bc4a0242acf70717ef2c66b1f2001876b1cece5da96200a511ae10a2677bae/statement.json: {"predicate":{"components":[{"id":"final-weights","license":"CC-BY-NC-4.0"}]}}
    /// ```
    "OPN414" "base-license-contradicted" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for base in &repository.manifest.model.base {
        let (Some(statement), Some(stated)) = (&base.statement, &base.license) else { continue };
        let path = format!(".openness/bases/{}/statement.json", statement.value.as_str());
        let Ok(path) = path.parse() else { continue };
        let Ok(Some(bytes)) = repository.files.read(&path, MAX_STATEMENT_BYTES) else { continue };
        if digest::sha256(&bytes) != statement.value {
            continue;
        }
        let Some(signed) = license_of_weights(&bytes).filter(|signed| *signed != stated.value) else { continue };
        let message = format!(
            "the manifest states `{}` for the base `{}`, but its statement says `{}`",
            quotable(stated),
            quotable(&base.name),
            quotable(&signed)
        );
        findings.push(
            Finding::new(&INFO, stated.span, message)
                .related(statement.span, "the statement")
                .help(format!("state `{}`, or name the statement of the release that was taken", quotable(&signed))),
        );
    }
}

fn license_of_weights(statement: &[u8]) -> Option<String> {
    let statement: Value = serde_json::from_slice(statement).ok()?;
    let components = statement.pointer("/predicate/components")?.as_array()?;
    let weights = components.iter().find(|component| component["id"] == "final-weights")?;
    weights["license"].as_str().map(str::to_owned)
}
