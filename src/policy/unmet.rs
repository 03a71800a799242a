//! Requirements that a release does not meet, as data; [`std::fmt::Display`] gives one sentence each.

use std::fmt;

use crate::finding::summarize_list;
use crate::path::RepoPath;

/// A requirement of the verifier that a release does not meet, with what was found instead.
///
/// `Display` writes one sentence for people: lower case, no final period. Text from the release is not made safe for a
/// terminal.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Unmet {
    /// No statement could be read, so the policy cannot be checked.
    NoStatement,
    /// No signature of a required kind is good.
    NoSignature {
        /// The kind, such as `oms`.
        kind: &'static str,
    },
    /// `[oms]`: no trusted signer signed the model with OpenSSF Model Signing.
    NoModelSignature,
    /// `[oms]`: no pattern matches the name of the model.
    ModelNotListed {
        /// The name, as signed.
        model: String,
    },
    /// `[oms]`: the signer is not one that the policy demands for the model.
    ModelSigner {
        /// The name of the model, as signed.
        model: String,
        /// The pattern of the table.
        pattern: String,
        /// The key of the table that is not met, such as `identities`.
        what: &'static str,
    },
    /// `[signers] require`, `of`: too few signers.
    Signers {
        /// The number of signers required.
        required: usize,
        /// The number of matching signers.
        found: usize,
        /// The patterns of the principals that count; empty if every trusted signer counts.
        of: Vec<String>,
        /// All trusted signers: principals joined by commas, or fingerprints if there are none.
        signed_by: Vec<String>,
    },
    /// `[signers] roles`: too few signers in one role.
    Role {
        /// The role.
        role: String,
        /// The patterns of the principals that may fill it.
        of: Vec<String>,
        /// The number of signers required.
        required: usize,
        /// The number of matching signers.
        found: usize,
        /// All trusted signers, as in [`Unmet::Signers`].
        signed_by: Vec<String>,
    },
    /// `[signers] roles`: each role has enough signers, but only because some of them count in two roles.
    Roles {
        /// The roles.
        roles: Vec<String>,
        /// The number of different signers that the roles need together.
        required: usize,
        /// The number of places that can be filled with different signers.
        found: usize,
        /// All trusted signers, as in [`Unmet::Signers`].
        signed_by: Vec<String>,
    },
    /// `[verdicts]`: the taxonomy could not be evaluated.
    NotEvaluated {
        /// The taxonomy's id.
        taxonomy: String,
    },
    /// `[verdicts]`: the verdict is not the required one, nor better.
    Verdict {
        /// The taxonomy's id.
        taxonomy: String,
        /// The verdict required.
        required: String,
        /// The derived verdict; `None` if there is none.
        found: Option<String>,
    },
    /// `[verdicts]`: the score is too low.
    Score {
        /// The taxonomy's id.
        taxonomy: String,
        /// The lowest acceptable score, from 0 to the highest one of the taxonomy.
        required: f64,
        /// The derived score, the lowest if it is a range; `None` if there is none.
        found: Option<f64>,
    },
    /// `[verdicts]`: the class or level of one part of a taxonomy is too low.
    Part {
        /// The taxonomy's id.
        taxonomy: String,
        /// The part's id.
        part: String,
        /// The lowest acceptable class or level.
        required: String,
        /// The derived class or level; `None` if there is none.
        found: Option<String>,
    },
    /// `[files] forbid`: signed files match a forbidden pattern.
    ForbiddenFiles {
        /// The pattern.
        pattern: String,
        /// The files.
        paths: Vec<RepoPath>,
    },
    /// `[files] forbid-code-on-load`: signed files are in a format that runs code on load.
    CodeOnLoad {
        /// The files.
        paths: Vec<RepoPath>,
    },
    /// `[components] require`: a component is not released, not even in part.
    NotReleased {
        /// The component's id.
        component: String,
        /// Its declared openness; `None` if it is not declared.
        openness: Option<String>,
    },
    /// `[components] require-open`: a component is not released as `open`.
    NotOpen {
        /// The component's id.
        component: String,
        /// Its declared openness; `None` if it is not declared.
        openness: Option<String>,
    },
    /// `[licenses]`: the license of a released component does not meet the requirements.
    License {
        /// The component's id.
        component: String,
        /// What is wrong with its license.
        problem: LicenseProblem,
    },
    /// `[evidence] items`: an item of a taxonomy is not met by the declared facts.
    Item {
        /// The item, as `TAXONOMY/ITEM`.
        item: String,
        /// Why it is not met; `None` if the manifest does not state it.
        reason: Option<String>,
    },
    /// `[evidence] documentation`: the manifest cannot be read, so what documents the components is not known.
    ManifestUnreadable,
    /// `[evidence] documentation`: the component is not declared.
    NotDeclared {
        /// The component's id.
        component: String,
    },
    /// `[evidence] documentation`: the component has no documentation.
    NotDocumented {
        /// The component's id.
        component: String,
    },
    /// `[evidence] documentation`: none of the component's documents is a signed file.
    DocumentationNotSigned {
        /// The component's id.
        component: String,
        /// The first of its documents, as the manifest names it.
        document: String,
    },
    /// `[evidence] remote-digests`: a remote artifact of the component has no digest.
    NoRemoteDigest {
        /// The component's id.
        component: String,
        /// The address of the artifact.
        url: String,
    },
    /// A signed tag is required, and the release was not looked up by a tag.
    NoTag,
    /// A signed tag is required, and the tag has no good signature by a trusted key.
    UntrustedTag {
        /// The tag's name; the object's name if it has none.
        tag: String,
        /// Why its signature does not count.
        reason: String,
    },
    /// A proof of a transparency log is required, and none counts.
    NotLogged {
        /// Why each of the proofs found does not count.
        found: Vec<String>,
    },
    /// `[coverage] forbid-exclude`: matching files are excluded from the signature.
    ExcludedFiles {
        /// The pattern.
        pattern: String,
        /// The files.
        paths: Vec<RepoPath>,
    },
    /// `[lineage] declared-bases`: a file names a base that the manifest does not declare.
    UndeclaredBase {
        /// The base.
        base: String,
        /// The file.
        file: RepoPath,
    },
    /// `[lineage] declared-bases`: weights are those of a signed release that the manifest does not declare.
    UndeclaredBytes {
        /// The signed release.
        base: String,
        /// One of the files.
        file: RepoPath,
    },
    /// `[lineage] declared-bases`: a file cannot be read for the bases that it names, or no file can.
    BasesNotRead {
        /// The file; `None` if there are no files at hand.
        file: Option<RepoPath>,
    },
    /// `[lineage] base-licenses`: a base has no license.
    BaseWithoutLicense {
        /// The base.
        base: String,
    },
    /// `[lineage] signed-bases`: the verifier did not follow the bases.
    BasesNotFollowed,
    /// `[lineage] signed-bases`: no signer whom the verifier trusts signed a base, or its own bases are not known.
    BaseNotVerified {
        /// The base.
        base: String,
        /// What is known of it.
        reason: String,
    },
    /// `[lineage] no-conflict`: the terms of a base, as encoded, speak against the license of the weights, or leave a question.
    BaseLicense {
        /// The base.
        base: String,
        /// The outcome: `conflict` or `review`.
        outcome: &'static str,
        /// The first ground.
        why: String,
    },
    /// `[lineage] no-unmet-duties`: the release does not show what the license of a base asks for.
    Duty {
        /// The license.
        license: String,
        /// What it asks for.
        asks: String,
    },
    /// `[statement] maximum-age-days`: the statement's time cannot be read.
    UnreadableTime {
        /// The time as signed.
        created: String,
    },
    /// `[statement] maximum-age-days`: the statement is too old, going by the time that the signer claims.
    TooOld {
        /// The time that the signer claims.
        created: jiff::Timestamp,
        /// The maximum age in days.
        maximum_days: u32,
    },
    /// `[statement] maximum-age-days`: the statement claims a time in the future.
    FutureTime {
        /// The time that the signer claims.
        created: jiff::Timestamp,
    },
    /// `[statement] allow-waived`: the signer waived findings that the policy does not allow to be waived.
    Waived {
        /// The codes of the rules.
        codes: Vec<String>,
    },
    /// `[statement] require-expires`: the statement has no expiry date.
    NoExpiry,
    /// `[statement] minimum-sequence`: the sequence number is too low or missing.
    Sequence {
        /// The lowest acceptable number.
        required: u64,
        /// The number of this release.
        found: Option<u64>,
    },
}

/// Why the license of a released component does not meet a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LicenseProblem {
    /// The component is released without a license (`NONE`).
    Unlicensed,
    /// No SPDX expression is stated, so what the license allows is not known.
    NotStated,
    /// The expression cannot be read.
    Unreadable {
        /// What is wrong with it.
        message: String,
    },
    /// The license is not on the list.
    NotAllowed {
        /// The SPDX expression.
        license: String,
        /// The licenses on the list.
        allowed: Vec<String>,
    },
    /// No single choice among alternative licenses has every required property.
    NoSingleChoice {
        /// The SPDX expression.
        license: String,
        /// The required properties.
        required: Vec<&'static str>,
    },
    /// The license lacks required properties, or it is not known whether it has them.
    Properties {
        /// The SPDX expression.
        license: String,
        /// A remark on how the license was assessed; may be empty.
        caveat: &'static str,
        /// The properties that it does not have.
        missing: Vec<&'static str>,
        /// The properties of which it is not known.
        unknown: Vec<&'static str>,
    },
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signers { .. } | Self::Role { .. } | Self::Roles { .. } => self.signers(f),
            Self::NotEvaluated { .. } | Self::Verdict { .. } | Self::Score { .. } | Self::Part { .. } => {
                self.verdicts(f)
            }
            Self::UnreadableTime { .. }
            | Self::TooOld { .. }
            | Self::FutureTime { .. }
            | Self::Waived { .. }
            | Self::NoExpiry
            | Self::Sequence { .. } => self.statement(f),
            Self::NoSignature { kind } => {
                write!(f, "no trusted signer signed it in the form `{kind}`, which `--require` demands")
            }
            Self::NoModelSignature => f.write_str("no trusted signer signed the model with OpenSSF Model Signing"),
            Self::ModelNotListed { model } => write!(f, "no table of `[oms]` is for the model `{model}`"),
            Self::ModelSigner { model, pattern, what } => {
                write!(f, "the signature of the model `{model}` does not meet `{what}` of `[oms.\"{pattern}\"]`")
            }
            Self::NoStatement => f.write_str("no statement could be read, so the policy cannot be checked"),
            Self::ForbiddenFiles { pattern, paths } => {
                write!(f, "files match `{pattern}`: {}", summarize_list(paths.iter()))
            }
            Self::CodeOnLoad { paths } => {
                write!(f, "files run code when they are loaded: {}", summarize_list(paths.iter()))
            }
            Self::ExcludedFiles { pattern, paths } => {
                write!(f, "files that match `{pattern}` are not signed: {}", summarize_list(paths.iter()))
            }
            Self::NotReleased { component, openness } => {
                write!(f, "the component `{component}` is {}", openness.as_deref().unwrap_or("not declared"))
            }
            Self::NotOpen { component, openness } => {
                write!(f, "the component `{component}` is {}, not open", openness.as_deref().unwrap_or("not declared"))
            }
            Self::License { component, problem } => license(component, problem, f),
            Self::UndeclaredBase { .. }
            | Self::UndeclaredBytes { .. }
            | Self::BasesNotRead { .. }
            | Self::BasesNotFollowed
            | Self::BaseNotVerified { .. }
            | Self::BaseWithoutLicense { .. }
            | Self::BaseLicense { .. }
            | Self::Duty { .. } => self.lineage(f),
            _ => self.evidence(f),
        }
    }
}

impl Unmet {
    fn signers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signed_by = match self {
            Self::Signers { required, found, of, signed_by } => {
                let who = if of.is_empty() { String::new() } else { format!(" of {}", quoted(of)) };
                write!(f, "needs {}{who}, found {found}", plural(*required, "signer"))?;
                signed_by
            }
            Self::Role { role, of, required, found, signed_by } => {
                write!(f, "role `{role}` needs {}, found {found}", plural(*required, "signer"))?;
                write!(f, "; allowed: {}", quoted(of))?;
                signed_by
            }
            Self::Roles { roles, required, found, signed_by } => {
                write!(f, "roles {} need {required} different signers, found {found}", quoted(roles))?;
                signed_by
            }
            _ => return Ok(()),
        };
        match signed_by.as_slice() {
            [] => f.write_str("; no trusted signer has signed"),
            signers => write!(f, "; signed by {}", signers.join("; ")),
        }
    }

    fn verdicts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEvaluated { taxonomy } => write!(f, "`{taxonomy}` could not be evaluated"),
            Self::Verdict { taxonomy, required, found } => {
                write!(f, "`{taxonomy}` yields {}, not {required}", found.as_deref().unwrap_or("no verdict"))
            }
            Self::Score { taxonomy, required, found: Some(found) } => {
                write!(f, "`{taxonomy}` yields {found}, below {required}")
            }
            Self::Score { taxonomy, required, found: None } => {
                write!(f, "`{taxonomy}` yields no score; at least {required} is required")
            }
            Self::Part { taxonomy, part, required, found: Some(found) } => {
                write!(f, "`{part}` of `{taxonomy}` is {found}, below {required}")
            }
            Self::Part { taxonomy, part, required, found: None } => {
                write!(f, "`{part}` of `{taxonomy}` is not stated; at least {required} is required")
            }
            _ => Ok(()),
        }
    }

    fn lineage(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UndeclaredBytes { base, file } => {
                let base = base.escape_debug();
                write!(
                    f,
                    "`{file}` is, byte for byte, what `{base}` signed, and the manifest does not declare that base"
                )
            }
            Self::UndeclaredBase { base, file } => {
                write!(f, "`{file}` names `{}` as a base, and the manifest does not declare it", base.escape_debug())
            }
            Self::BasesNotRead { file: Some(file) } => write!(f, "the bases that `{file}` names could not be read"),
            Self::BasesNotRead { file: None } => f.write_str("there are no files in which bases could be named"),
            Self::BasesNotFollowed => f.write_str("the bases were not followed to their statements"),
            Self::BaseNotVerified { base, reason } => {
                write!(f, "the base `{}` is not verified to the end: {reason}", base.escape_debug())
            }
            Self::BaseWithoutLicense { base } => {
                write!(f, "the license of the base `{}` is not stated", base.escape_debug())
            }
            Self::BaseLicense { base, outcome, why } => {
                write!(f, "the license of the base `{}` yields {outcome}: {why}", base.escape_debug())
            }
            Self::Duty { license, asks } => {
                write!(f, "the terms of `{license}` ask for {asks}, and the release does not show it")
            }
            _ => Ok(()),
        }
    }

    fn evidence(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item { item, reason: None } => write!(f, "`{item}` is not met: the manifest does not state it"),
            Self::Item { item, reason: Some(reason) } => write!(f, "`{item}` is not met: {reason}"),
            Self::ManifestUnreadable => {
                f.write_str("the manifest cannot be read, so what documents the components is not known")
            }
            Self::NotDeclared { component } => write!(f, "`{component}` is not declared, so nothing documents it"),
            Self::NotDocumented { component } => write!(f, "nothing documents `{component}`"),
            Self::DocumentationNotSigned { component, document } => {
                let document = document.escape_debug();
                write!(f, "the documentation of `{component}` is not among the signed files: `{document}`")
            }
            Self::NoRemoteDigest { component, url } => {
                write!(f, "`{component}` is at `{}`, without a digest", url.escape_debug())
            }
            Self::NoTag => f.write_str("the release was not looked up by a signed tag; name one with `--rev TAG`"),
            Self::UntrustedTag { tag, reason } => {
                write!(f, "the tag `{tag}` is not signed by a trusted key: {reason}")
            }
            Self::NotLogged { found } if found.is_empty() => {
                f.write_str("there is no transparency log proof next to the signatures")
            }
            Self::NotLogged { found } => {
                write!(f, "no trusted signature is proved to be in a log that you trust: {}", found.join("; "))
            }
            _ => Ok(()),
        }
    }

    fn statement(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnreadableTime { created } => {
                write!(f, "the statement's time cannot be read: `{}`", created.escape_debug())
            }
            Self::TooOld { created, maximum_days } => {
                write!(f, "the statement claims to be from {created}, more than {maximum_days} days ago")
            }
            Self::FutureTime { created } => write!(f, "the statement claims a time in the future ({created})"),
            Self::Waived { codes } => write!(f, "the signer waived findings: {}", summarize_list(codes.iter())),
            Self::NoExpiry => f.write_str("the statement has no expiry date"),
            Self::Sequence { required, found: Some(found) } => {
                write!(f, "the release has number {found}; {required} or later is required")
            }
            Self::Sequence { required, found: None } => {
                write!(f, "the release has no number; {required} or later is required")
            }
            _ => Ok(()),
        }
    }
}

fn license(id: &str, problem: &LicenseProblem, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match problem {
        LicenseProblem::Unlicensed => write!(f, "`{id}` is released without a license"),
        LicenseProblem::NotStated => {
            write!(f, "`{id}` has no license as an SPDX expression, so what it allows is not known")
        }
        LicenseProblem::Unreadable { message } => write!(f, "`{id}`: {message}"),
        LicenseProblem::NotAllowed { license, allowed } => {
            write!(f, "`{id}` is under `{license}`, which is not among {}", quoted(allowed))
        }
        LicenseProblem::NoSingleChoice { license, required } => {
            write!(f, "`{id}` is under `{license}`, of which no single choice gives all of {}", required.join(", "))
        }
        LicenseProblem::Properties { license, caveat, missing, unknown } => {
            let missing = missing.iter().map(|word| format!("`{word}` does not hold"));
            let unknown = unknown.iter().map(|word| format!("`{word}` is not known"));
            let all: Vec<String> = missing.chain(unknown).collect();
            write!(f, "`{id}` is under `{license}`{caveat}: {}", all.join(", "))
        }
    }
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn plural(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
