//! Explains signatures that do not hold only because a program gave the statement another form.
//!
//! The statement has no line feed at its end, as canonical JSON demands. The hook `end-of-file-fixer` of pre-commit (6.0.0)
//! and prek (0.5.11) adds one to every text file of a commit, and formatters of JSON break the line. Both run on the very
//! commit that adds `.openness/`.

use std::sync::OnceLock;

use super::super::{Note, Report, Requirements};
use super::{read, same_statement};
use crate::files::{Error, Files};
use crate::json;
use crate::release::STATEMENT_FILE;
use crate::sign::{Status, Trust};

/// Adds a note if a signature that does not hold would hold over the canonical form of the statement.
///
/// It only explains: the bytes on disk are not the signed ones, so the signature stays bad.
pub(super) fn explain(
    files: &dyn Files,
    trust: &Trust,
    requirements: &Requirements<'_>,
    statement: &[u8],
    report: &mut Report,
) -> Result<(), Error> {
    let bad = report.signatures.iter().filter(|signature| signature.status == Status::Bad);
    let bad: Vec<_> = bad.map(|signature| (signature.path.clone(), signature.envelope)).collect();
    if bad.is_empty() {
        return Ok(());
    }
    let Some(canonical) = canonical_form(statement).filter(|canonical| canonical != statement) else { return Ok(()) };
    for (path, kind) in bad {
        let (envelope, _) = read(files, &path, kind, Some(&canonical), (trust, &OnceLock::new()))?;
        let Ok(envelope) = envelope else { continue };
        let verification = envelope.verify(trust, requirements.at);
        let (signature, _) = same_statement(path, verification, Some(&canonical), Some(&canonical));
        if !matches!(signature.status, Status::Bad | Status::NotCheckable) {
            report.notes.push(Note::StatementRewritten { path: super::own_path(STATEMENT_FILE) });
            break;
        }
    }
    Ok(())
}

/// Returns the content of a JSON text in canonical form; `None` if it is not exactly one JSON value.
fn canonical_form(text: &[u8]) -> Option<Vec<u8>> {
    json::canonical(&json::read(text).ok()?).ok()
}

#[cfg(all(test, feature = "keygen"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use jiff::Timestamp;

    use super::*;
    use crate::files::Memory;
    use crate::sign::{SecretKey, dsse, sshsig};
    use crate::verify::{Reason, verify};

    const STATEMENT: &str = r#"{"a":[1,"\u000f é"],"b":{"size":9007199254740991}}"#;

    /// Verifies two signatures over `STATEMENT` next to `text`, and returns the report.
    fn verified(text: &str, only: Option<&str>) -> Report {
        let key = SecretKey::generate().unwrap();
        let mut files = vec![(".openness/statement.json", text.as_bytes().to_vec())];
        let signatures = [
            (".openness/signatures/k.sshsig", sshsig::sign(STATEMENT.as_bytes(), &key).unwrap().into_bytes()),
            (".openness/signatures/k.sigstore.json", dsse::sign(STATEMENT.as_bytes(), &key).unwrap()),
        ];
        files.extend(signatures.into_iter().filter(|(name, _)| only.is_none_or(|only| name.ends_with(only))));
        let trust = Trust::of_keys([*key.public()]);
        verify(&Memory::new(files), &Requirements::new(&trust, Timestamp::UNIX_EPOCH), &|_| {}).unwrap()
    }

    fn is_explained(report: &Report) -> bool {
        report.notes().iter().any(|note| matches!(note, Note::StatementRewritten { .. }))
    }

    #[test]
    fn a_statement_in_another_form_is_explained_and_stays_bad() {
        assert!(!verified(STATEMENT, None).reasons().contains(&Reason::BadSignature));
        let pretty = serde_json::to_string_pretty(&json::read(STATEMENT.as_bytes()).unwrap()).unwrap();
        for (what, text) in [
            ("end-of-file-fixer", format!("{STATEMENT}\n")),
            ("mixed-line-ending", format!("{STATEMENT}\r\n")),
            ("a formatter of JSON", pretty),
            ("sorted keys and escapes", r#"{"b":{"size":9007199254740991},"a":[1,"\u000F \u00e9"]}"#.to_owned()),
        ] {
            for only in [None, Some("sshsig"), Some("json")] {
                let report = verified(&text, only);
                assert!(report.reasons().contains(&Reason::BadSignature), "{what}: {only:?}");
                assert!(is_explained(&report), "{what}: {only:?}");
                assert_eq!(report.notes().len(), 1, "{what}: {only:?}");
            }
        }
    }

    #[test]
    fn other_content_is_not_explained_away() {
        for text in [
            r#"{"a":[1,"\u000f é"],"b":{"size":9007199254740990}}"#,
            r#"{"a":[1,"\u000f é"],"b":{"size":9007199254740991},"b":{"size":9007199254740991}}"#,
            "{\"a\":[1,\"\\u000f é\"],\"b\":{\"size\":9007199254740991}}\n{}",
            "{}\n",
            "",
        ] {
            let report = verified(text, None);
            assert!(report.reasons().contains(&Reason::BadSignature), "{text}");
            assert!(!is_explained(&report), "{text}");
        }
    }
}
