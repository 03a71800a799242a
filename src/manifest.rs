//! The manifest: what is released, under which terms, how, and with which evidence.
//!
//! [`Manifest`] is the typed model of `OPENNESS.toml`; every value carries its position in the text. It holds
//! **facts**; how a taxonomy evaluates them is derived elsewhere. [`parse`] continues after a mistake, so a model may
//! be incomplete: a missing required text is empty, and a finding reports it. A manifest with errors cannot be signed.
//! [`Manifest::to_toml`] writes a model back.

mod comments;
pub mod diagnostics;
pub mod draft;
mod follow_up;
mod form;
mod indicators;
pub mod parse;
mod placeholder;
mod portable;
mod table;
pub mod training_summary;
mod words;
mod write;

use std::path::Path;

use serde::Serialize;

use crate::finding::Finding;
use crate::hex;
use crate::path::RepoPath;
use crate::source::{Span, Spanned};

pub(crate) use indicators::INDICATORS;
pub(crate) use placeholder::is_placeholder;
pub use words::{
    AuditAccess, AuditStage, Benefit, ComputeMethod, DataClass, Disclosure, Gating, Level, Modality, Openness, Price,
    ReasonKind, Relation, ReleaseAccess, SafeguardStage, Status, SystemicRisk, UsePolicyKind,
};
#[cfg(feature = "cli")]
pub(crate) use words::{DEFINED, Defined};
pub(crate) use words::{Word, words};

/// The file name of the manifest, at the root of a repository.
pub const FILE_NAME: &str = "OPENNESS.toml";
/// The file name of the levels of rules that an organization sets, at the top of a working tree.
pub const LINTS_FILE_NAME: &str = ".openness-lints.toml";
/// The address of the manifest's schema, which a manifest can name in a comment: `#:schema URL`.
pub const SCHEMA_URL: &str = "https://openness-dev.github.io/openness/schemas/openness.schema.json";
/// The version of the manifest format that this program reads and writes.
pub const SCHEMA_VERSION: i64 = 1;
/// The largest manifest that is read, in bytes.
pub const MAX_MANIFEST_BYTES: usize = 1024 * 1024;

/// Returns the path of the manifest of a directory, as reports name it and a user can open it.
#[must_use]
pub fn path_in(directory: &Path) -> String {
    match directory.as_os_str() == "." {
        true => FILE_NAME.to_owned(),
        false => directory.join(FILE_NAME).display().to_string(),
    }
}

/// A whole manifest.
///
/// Serializes in the shape of `OPENNESS.toml`: the same keys and tables, without comments and positions.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Manifest {
    /// `schema`: the version of the manifest format.
    pub schema: Spanned<i64>,
    /// `[model]`: what is released, and by whom.
    pub model: Model,
    /// `[licenses.code]`, `[licenses.data]`, `[licenses.documentation]`: defaults by kind, which override
    /// `model.license`.
    #[serde(skip_serializing_if = "KindLicenses::is_empty")]
    pub licenses: KindLicenses,
    /// `[release]`: how the model is made available.
    pub release: Option<Release>,
    /// `[claims]`, in the order of the text.
    #[serde(serialize_with = "write::claims", skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// `[component.ID]`, in the order of the text.
    #[serde(rename = "component", serialize_with = "write::components", skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// `[[safeguard]]`: the safety measures of the model or of the system around it.
    #[serde(rename = "safeguard", skip_serializing_if = "Vec::is_empty")]
    pub safeguards: Vec<Safeguard>,
    /// `[risk]`: the risk assessment before the release.
    pub risk: Option<Risk>,
    /// `[[audit]]`: audits of the model.
    #[serde(rename = "audit", skip_serializing_if = "Vec::is_empty")]
    pub audits: Vec<Audit>,
    /// `[safety-case]`: the argument that the release is safe enough.
    pub safety_case: Option<SafetyCase>,
    /// `[training]`: what is disclosed of the training.
    pub training: Option<Training>,
    /// `[transparency]`: what is disclosed, by indicator of the Foundation Model Transparency Index.
    #[serde(serialize_with = "write::transparency", skip_serializing_if = "Vec::is_empty")]
    pub transparency: Vec<(&'static str, Text)>,
    /// `[compute]`: the compute used for training.
    pub compute: Option<Compute>,
    /// `[access]`: who can use the model, and what they need for it.
    pub access: Option<Access>,
    /// `[access-policy]`: which audience gets which access to which part.
    pub access_policy: Option<AccessPolicy>,
    /// `[use-policy]`: the acceptable use policy.
    pub use_policy: Option<UsePolicy>,
    /// `[eu]`: the facts on which the open-source exemption of the EU AI Act depends.
    pub eu: Option<Eu>,
    /// `[coverage]`: the files that the signature does not cover.
    #[serde(skip_serializing_if = "Coverage::is_empty")]
    pub coverage: Coverage,
    /// `[assessment.TAXONOMY]`: what imported third-party records state.
    #[serde(rename = "assessment", serialize_with = "write::assessments", skip_serializing_if = "Vec::is_empty")]
    pub assessments: Vec<Assessment>,
    /// `[lints]`: how `check` reports the findings of rules, in the order of the text.
    #[serde(serialize_with = "write::lints", skip_serializing_if = "Vec::is_empty")]
    pub lints: Vec<Lint>,
    /// The comments that allow findings, in the order of the text.
    #[serde(skip)]
    pub suppressions: Vec<Suppression>,
}

/// A comment that allows findings: `# openness: allow OPN310 reason`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Suppression {
    /// The comment.
    pub span: Span,
    /// The code or name of the rule as written.
    pub rule: Text,
    /// The reason as written; empty if there is none. See [`has_reason`](Self::has_reason).
    pub reason: String,
    /// The key or table that it concerns, such as `component.final-weights.files`.
    pub place: String,
    /// The part of the text that it concerns.
    pub covers: Span,
}

impl Suppression {
    /// Returns whether the comment gives a reason. One without, or with a placeholder such as `please check`, allows nothing.
    #[must_use]
    pub fn has_reason(&self) -> bool {
        !self.reason.is_empty() && !is_placeholder(&self.reason)
    }

    /// Returns whether a finding, of whatever rule, is about the part of the text that the comment concerns.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        let span = finding.primary.span;
        span != Span::default() && self.covers.range().contains(&span.start)
    }
}

/// One line of `[lints]`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Lint {
    /// The key as written: the code or name of a rule, a family of rules, or `all`.
    pub rule: Text,
    /// The level.
    pub level: Spanned<Level>,
}

/// Text with its position.
pub type Text = Spanned<String>;

/// `[model]`: what is released, and by whom.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Model {
    /// The header of the table; the start of the file if there is no table.
    #[serde(skip)]
    pub header: Span,
    /// `name`, required: the name of the model.
    pub name: Text,
    /// `version`, required: the version of the model.
    pub version: Text,
    /// `producer`, required: the person or organization that releases the model.
    pub producer: Text,
    /// `license`, `license-file`, `license-name`, `license-url`: the default for components without a license of their
    /// own.
    #[serde(flatten)]
    pub license: Terms,
    /// `description`: a description of the model.
    pub description: Option<Text>,
    /// `date`: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    pub date: Option<Text>,
    /// `type`: free text as catalogs use it (`language`, `image` …).
    #[serde(rename = "type")]
    pub kind: Option<Text>,
    /// `architecture`: `transformer`, `diffusion` …
    pub architecture: Option<Text>,
    /// `treatment`: `pre-trained`, `instruct fine-tuned` …
    pub treatment: Option<Text>,
    /// `origin`: the family or model that this one comes from, as free text.
    pub origin: Option<Text>,
    /// `contact`: an address for questions.
    pub contact: Option<Text>,
    /// `homepage`: the URL of the model's home page.
    pub homepage: Option<Text>,
    /// `repository`: the URL of the source repository.
    pub repository: Option<Text>,
    /// `hub`: the page on a model hub.
    pub hub: Option<Text>,
    /// `modality`: the kinds of input and output.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modality: Vec<Spanned<Modality>>,
    /// `parameters`: the number of parameters.
    pub parameters: Option<Spanned<u64>>,
    /// `languages`: BCP 47 tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Text>,
    /// `[[model.base]]`: the models that this one is derived from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub base: Vec<Base>,
}

/// The license keys of a table.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Terms {
    /// `license`: an SPDX expression, or `NONE` if it is released without a license.
    pub license: Option<Text>,
    /// `license-file`: the path of the license text.
    #[serde(rename = "license-file")]
    pub file: Option<Spanned<RepoPath>>,
    /// `license-name`: the usual name of a license without an SPDX id.
    #[serde(rename = "license-name")]
    pub name: Option<Text>,
    /// `license-url`: the URL of the license text.
    #[serde(rename = "license-url")]
    pub url: Option<Text>,
}

/// Default licenses by kind of component.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct KindLicenses {
    /// The default for code.
    pub code: Option<Terms>,
    /// The default for data, which includes weights.
    pub data: Option<Terms>,
    /// The default for documentation.
    pub documentation: Option<Terms>,
}

/// One entry of `model.base`.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Base {
    /// The whole entry.
    #[serde(skip)]
    pub span: Span,
    /// `name`, required: the name of the base model.
    pub name: Text,
    /// `url`: the URL of the base model.
    pub url: Option<Text>,
    /// `relation`: how this model is derived from the base model.
    pub relation: Option<Spanned<Relation>>,
    /// `license`: an SPDX expression.
    pub license: Option<Text>,
    /// `digest`: SHA-256 of the base model as it was used.
    pub digest: Option<Spanned<Sha256Hex>>,
    /// `statement`: SHA-256 of the signed statement of the base model.
    pub statement: Option<Spanned<Sha256Hex>>,
}

/// `[release]`: how the model is made available.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Release {
    /// The table's header.
    #[serde(skip)]
    pub header: Span,
    /// `access`, required; `None` if it could not be read.
    pub access: Option<Spanned<ReleaseAccess>>,
    /// `date`: `YYYY-MM-DD`.
    pub date: Option<Text>,
    /// `sequence`: the number of this release, from 1; each release of a model has a higher one.
    pub sequence: Option<Spanned<u64>>,
    /// `supersedes`: SHA-256 of the statement of the previous release.
    pub supersedes: Option<Spanned<Sha256Hex>>,
    /// `expires`: the last day on which the statement is current, `YYYY-MM-DD`.
    pub expires: Option<Text>,
    /// `notes`: the changes since the previous release.
    pub notes: Option<Text>,
    /// `[[release.stage]]`: the stages of a staged release, in their order.
    #[serde(rename = "stage", skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
}

/// One stage of a staged release.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Stage {
    /// The whole entry.
    #[serde(skip)]
    pub span: Span,
    /// `access`, required; `None` if it could not be read.
    pub access: Option<Spanned<ReleaseAccess>>,
    /// `date`: YYYY-MM-DD, YYYY-MM or YYYY.
    pub date: Option<Text>,
    /// `audience`: the people or organizations that get the access.
    pub audience: Option<Text>,
    /// `criteria`: the conditions for entering the stage.
    pub criteria: Option<Text>,
}

/// One line of `[claims]`: what the producer claims in public.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The key as written, such as `mof`.
    pub key: Text,
    /// The claimed verdict.
    pub value: Spanned<ClaimValue>,
}

/// The value of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimValue {
    /// `"class-1"`.
    Text(String),
    /// `true`.
    Flag(bool),
    /// `0.9` or `5`.
    Number(f64),
}

/// The value as text, without quotes.
impl std::fmt::Display for ClaimValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// `[component.ID]`: one part of the release.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Component {
    /// The id, with the position of the table's header.
    #[serde(skip)]
    pub id: Text,
    /// `openness`, required; `None` if it could not be read.
    pub openness: Option<Spanned<Openness>>,
    /// `license`, `license-file`, `license-name`, `license-url`.
    #[serde(flatten)]
    pub terms: Terms,
    /// `files`: patterns of the paths that belong to the component.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Text>,
    /// `remote`: the parts that are hosted elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remote: Vec<Remote>,
    /// `documentation`: paths or URLs of documents about the component.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documentation: Vec<Text>,
    /// `safeguards`: the names of the safeguards that apply to the component, or `none`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub safeguards: Vec<Text>,
    /// `reason`: why the component is not fully open.
    pub reason: Option<Text>,
    /// `reason-kind`: the kind of that reason.
    pub reason_kind: Option<Spanned<ReasonKind>>,
    /// `data-class`, for data components.
    pub data_class: Option<Spanned<DataClass>>,
    /// `released-tokens`: the number of tokens that are released of training data that is only partially open.
    pub released_tokens: Option<Spanned<u64>>,
    /// `description`: a description of the component.
    pub description: Option<Text>,
}

/// One entry of `remote`.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Remote {
    /// The whole entry.
    #[serde(skip)]
    pub span: Span,
    /// `url`, required: the URL of the content.
    pub url: Text,
    /// `sha256`: the digest of the content.
    pub sha256: Option<Spanned<Sha256Hex>>,
    /// `size`, in bytes.
    pub size: Option<Spanned<u64>>,
    /// `revision`: a commit, tag or date.
    pub revision: Option<Text>,
    /// `description`: a description of the content.
    pub description: Option<Text>,
}

/// Evidence: a document, a short summary, or both.
///
/// Written as a string (a path or URL) or as a table. `true` alone is not evidence, so it is not allowed.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Evidence {
    /// The whole value.
    #[serde(skip)]
    pub span: Span,
    /// `document`: a path in the repository or a URL.
    pub document: Option<Text>,
    /// `summary`: the evidence in a few words.
    pub summary: Option<Text>,
    /// `by`: the person or organization that did the work.
    pub by: Option<Text>,
    /// `date`: the date of the work: YYYY-MM-DD, YYYY-MM or YYYY.
    pub date: Option<Text>,
    /// `status`; evidence without one counts as `addressed`.
    pub status: Option<Spanned<Status>>,
}

/// `[[safeguard]]`: a safety measure of the model or the system.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Safeguard {
    /// The whole entry.
    #[serde(skip)]
    pub span: Span,
    /// `name`, required: the name of the safeguard.
    pub name: Text,
    /// `stage`, required; `None` if it could not be read.
    pub stage: Option<Spanned<SafeguardStage>>,
    /// `kind`: filter, classifier, refusal training …
    pub kind: Option<Text>,
    /// `policy`: the policy that it enforces, as a path, a URL or free text.
    pub policy: Option<Text>,
    /// `independent`: the safeguard works independently of the model (PRISM).
    pub independent: Option<Spanned<bool>>,
    /// `removable`: anyone who has the weights can turn it off.
    pub removable: Option<Spanned<bool>>,
    /// `files`: patterns of the files that implement it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Text>,
    /// `license`: the license of the safeguard as an SPDX expression.
    pub license: Option<Text>,
    /// `description`: a description of the safeguard.
    pub description: Option<Text>,
}

/// `[risk]`: the risk assessment before the release (Seger et al. 2023) and the marginal risk (Kapoor et al. 2024).
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Risk {
    /// The table's header.
    #[serde(skip)]
    pub header: Span,
    /// `date`: the day on which the assessment was finished.
    pub date: Option<Text>,
    /// `document`: a path or URL of the assessment.
    pub document: Option<Text>,
    /// `declared-capabilities`: dangerous capabilities that the producer is aware of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub declared_capabilities: Vec<Text>,
    /// `dangerous-capability-evaluation`: the evaluation of dangerous capabilities.
    pub dangerous_capability_evaluation: Option<Evidence>,
    /// `fine-tuning-uplift`: how much fine-tuning can increase dangerous capabilities.
    pub fine_tuning_uplift: Option<Evidence>,
    /// `safeguard-robustness`: how well the safeguards resist being removed or circumvented.
    pub safeguard_robustness: Option<Evidence>,
    /// `offense-defense-effect`: whether the release helps attackers or defenders more.
    pub offense_defense_effect: Option<Evidence>,
    /// `irreversibility-acknowledged`: the producer's acknowledgment that open weights cannot be taken back.
    pub irreversibility_acknowledged: Option<Evidence>,
    /// `external-review`: the review of the assessment by third parties.
    pub external_review: Option<Evidence>,
    /// `alternatives-considered`: less open release options that were considered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives_considered: Vec<Text>,
    /// `benefits`: the benefits that the release is meant to bring.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub benefits: Vec<Spanned<Benefit>>,
    /// `[[risk.alternative]]`: less open release options, each with the benefits that it would also bring.
    #[serde(rename = "alternative", skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// `[[risk.marginal]]`: one entry per threat.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marginal: Vec<MarginalRisk>,
}

/// A less open release option that was weighed.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Alternative {
    /// The whole entry.
    #[serde(skip)]
    pub span: Span,
    /// `name`, required: the option, such as `staged-release` or `research-api`.
    pub name: Text,
    /// `serves`: the benefits that the option would bring too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub serves: Vec<Spanned<Benefit>>,
    /// `reason`: why it was chosen, or not.
    pub reason: Option<Text>,
}

/// The marginal risk of one threat, in the six steps of Kapoor et al. 2024.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct MarginalRisk {
    /// The whole entry.
    #[serde(skip)]
    pub span: Span,
    /// `vector`, required: the threat, such as `biosecurity` or `spear-phishing`.
    pub vector: Text,
    /// `threat-identification`: the threat that was analyzed, and who could pose it.
    pub threat_identification: Option<Evidence>,
    /// `existing-risk`: the risk that exists without open models.
    pub existing_risk: Option<Evidence>,
    /// `existing-defenses`: the defenses that exist without open models.
    pub existing_defenses: Option<Evidence>,
    /// `marginal-risk-evidence`: the evidence of additional risk from open models.
    pub marginal_risk_evidence: Option<Evidence>,
    /// `ease-of-defense`: how easily the additional risk can be defended against.
    pub ease_of_defense: Option<Evidence>,
    /// `uncertainty-assumptions`: the uncertainties and assumptions of the analysis.
    pub uncertainty_assumptions: Option<Evidence>,
}

/// `[[audit]]`: an audit, and the access that the auditors had (Casper et al. 2024).
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Audit {
    /// The whole entry.
    #[serde(skip)]
    pub span: Span,
    /// `auditor`, required: the person or organization that audited the model.
    pub auditor: Text,
    /// `access`: the access that the auditors had (Casper et al. 2024).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<Spanned<AuditAccess>>,
    /// `methods`: the methods that the auditors used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Text>,
    /// `report`: a path or URL.
    pub report: Option<Text>,
    /// `date`: the date of the audit: YYYY-MM-DD, YYYY-MM or YYYY.
    pub date: Option<Text>,
    /// `independent`: the auditors do not belong to the producer.
    pub independent: Option<Spanned<bool>>,
    /// `stage`: the stage of the model's life in which the audit took place.
    pub stage: Option<Spanned<AuditStage>>,
    /// `adversarial`: the auditors looked for failures on purpose.
    pub adversarial: Option<Spanned<bool>>,
    /// `scope-justification`: why the scope of the audit is proportionate to the risks.
    pub scope_justification: Option<Text>,
    /// `funding`: the resources of the audit, and who paid for them.
    pub funding: Option<Text>,
    /// `expertise`: the expertise of the auditors.
    pub expertise: Option<Text>,
}

/// `[safety-case]`: the argument that the release is safe enough (Buhl et al. 2024). Each value is a path, a URL or text.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct SafetyCase {
    /// The table's header.
    #[serde(skip)]
    pub header: Span,
    /// `document`: a path or URL of the whole case.
    pub document: Option<Text>,
    /// `scope`: the model and the use that the case is about.
    pub scope: Option<Text>,
    /// `objectives`: the safety that it has to show.
    pub objectives: Option<Text>,
    /// `arguments`: why the evidence shows it.
    pub arguments: Option<Text>,
    /// `evidence`: the evidence.
    pub evidence: Option<Text>,
}

/// `[training]`: what is disclosed of the training.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Training {
    /// The table's header.
    #[serde(skip)]
    pub header: Span,
    /// `disclosure`: how much the released documents tell about the training.
    pub disclosure: Option<Spanned<Disclosure>>,
}

/// `[compute]`: the compute used for training (Heim & Koessler 2024; AI Act Art. 51).
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Compute {
    /// The table's header.
    #[serde(skip)]
    pub header: Span,
    /// `training-flop`: floating-point operations for training this model.
    pub training_flop: Option<Spanned<f64>>,
    /// `cumulative-flop`: floating-point operations for everything meant to increase the model's capabilities.
    pub cumulative_flop: Option<Spanned<f64>>,
    /// `method`: how it was estimated.
    pub method: Option<Spanned<ComputeMethod>>,
    /// `error-percent`: the uncertainty of the estimate, ± percent.
    pub error_percent: Option<Spanned<f64>>,
    /// `hardware`: the hardware that the model was trained on.
    pub hardware: Option<Text>,
    /// `document`: a path or URL.
    pub document: Option<Text>,
}

/// `[access]`: who can use the model, and what they need for it (Solaiman et al. 2025).
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Access {
    /// The table's header.
    #[serde(skip)]
    pub header: Span,
    /// `gating`; counts as `none` if absent.
    pub gating: Option<Spanned<Gating>>,
    /// `price`: whether the model is free of charge.
    pub price: Option<Spanned<Price>>,
    /// `eligibility`: who is excluded, or who is exclusively admitted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub eligibility: Vec<Text>,
    /// `eu-disallowed`: the gate rejects users in the European Union.
    pub eu_disallowed: Option<Spanned<bool>>,
    /// `verification`: what applicants have to provide, as free text.
    pub verification: Option<Text>,
    /// `verification-discriminates`: the verification treats groups or countries differently.
    pub verification_discriminates: Option<Spanned<bool>>,
    /// `endpoints`: hosted endpoints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Text>,
    /// `api-hides-tokens`: the endpoints do not show all tokens that the model generates, such as its reasoning.
    pub api_hides_tokens: Option<Spanned<bool>>,
    /// `min-hardware`: the least hardware that runs the model.
    pub min_hardware: Option<Text>,
    /// `memory-gib`: the memory that running the model takes, in GiB.
    pub memory_gib: Option<Spanned<f64>>,
    /// `storage-gib`: the storage that the model takes, in GiB.
    pub storage_gib: Option<Spanned<f64>>,
    /// `software`: the software that runs the model.
    pub software: Option<Text>,
    /// `contact`: where to send takedown requests and report incidents.
    pub contact: Option<Text>,
}

/// `[access-policy]`: which audience gets which access to which part (Kembery & Reed 2024).
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct AccessPolicy {
    /// The table's header.
    #[serde(skip)]
    pub header: Span,
    /// `document`: a path or URL.
    pub document: Option<Text>,
    /// `capability-tests`: capability tests for each style of access.
    pub capability_tests: Option<Evidence>,
    /// `risk-profiles`: risk profiles of each category of users.
    pub risk_profiles: Option<Evidence>,
    /// `pre-commitments`: the conditions for granting and revoking access.
    pub pre_commitments: Option<Evidence>,
    /// `[[access-policy.regime]]`: the access regimes, one table per audience and style of access.
    #[serde(rename = "regime", skip_serializing_if = "Vec::is_empty")]
    pub regimes: Vec<AccessRegime>,
}

/// One access regime.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct AccessRegime {
    /// The whole entry.
    #[serde(skip)]
    pub span: Span,
    /// `audience`, required: the people or organizations that get the access.
    pub audience: Text,
    /// `style`, required: `download`, `api`, `white-box` …
    pub style: Text,
    /// `aspect`: the component or part that is accessed.
    pub aspect: Option<Text>,
    /// `conditions`: the conditions of the access.
    pub conditions: Option<Text>,
    /// `revocable`: the access can be revoked.
    pub revocable: Option<Spanned<bool>>,
}

/// `[use-policy]`: the acceptable use policy (Klyman 2024).
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct UsePolicy {
    /// The table's header.
    #[serde(skip)]
    pub header: Span,
    /// `document`: a path or URL.
    pub document: Option<Text>,
    /// `kind`: what makes the policy binding.
    pub kind: Option<Spanned<UsePolicyKind>>,
    /// `prohibits`: the uses that it prohibits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prohibits: Vec<Text>,
    /// `competitor-clause`: competitors may not use the model.
    pub competitor_clause: Option<Spanned<bool>>,
    /// `enforcement`: how the policy is enforced.
    pub enforcement: Option<Text>,
}

/// `[eu]`: the facts on which the open-source exemption of the AI Act depends.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Eu {
    /// The table's header.
    #[serde(skip)]
    pub header: Span,
    /// `placed-on-market`: the day, `YYYY-MM-DD`.
    pub placed_on_market: Option<Text>,
    /// `provider`: the provider in the sense of the AI Act.
    pub provider: Option<Text>,
    /// `provider-contact`: the contact address of the provider.
    pub provider_contact: Option<Text>,
    /// `provider-established-in-eu`: whether the provider is established in the European Union.
    pub provider_established_in_eu: Option<Spanned<bool>>,
    /// `authorized-representative`: the authorized representative in the European Union.
    pub authorized_representative: Option<Text>,
    /// `gpai`: it is a general-purpose AI model.
    pub gpai: Option<Spanned<bool>>,
    /// `systemic-risk`: systemic risk as defined in Art. 51.
    pub systemic_risk: Option<Spanned<SystemicRisk>>,
    /// `copyright-policy`: a path or URL.
    pub copyright_policy: Option<Text>,
    /// `training-summary`: a path or URL of the public summary of the training content.
    pub training_summary: Option<Text>,
    /// `architecture-information`: a path or URL.
    pub architecture_information: Option<Text>,
    /// `[eu.modifies]`: the original model, if the provider is a downstream modifier.
    pub modifies: Option<Modifies>,
    /// `[eu.monetization]`: what counts as monetization (guidelines C(2025) 5045, paragraphs 85–89).
    pub monetization: Option<Monetization>,
    /// `[eu.form]`: answers for the Model Documentation Form that no other key gives.
    pub form: Option<EuForm>,
    /// `[eu.usage-information]`: information for those who integrate the model into their systems.
    pub usage_information: Option<UsageInformation>,
}

/// `[eu.form]`: answers for the Model Documentation Form of the code of practice. Each value is a path, a URL or text.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct EuForm {
    /// The whole table.
    #[serde(skip)]
    pub span: Span,
    /// `design`: the design of the model, with its rationale and assumptions.
    pub design: Option<Text>,
    /// `training`: the design of the training process.
    pub training: Option<Text>,
    /// `rationale`: the rationale of the decisions on training.
    pub rationale: Option<Text>,
    /// `intended-uses`: the uses that the model is meant for.
    pub intended_uses: Option<Text>,
    /// `systems`: the kinds of AI systems that the model can be integrated into.
    pub systems: Option<Text>,
}

/// `[eu.modifies]`: the model that a downstream modifier started from.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Modifies {
    /// The whole table.
    #[serde(skip)]
    pub span: Span,
    /// `model`: the name of the original model.
    pub model: Option<Text>,
    /// `modification-flop`: floating-point operations for the modification.
    pub modification_flop: Option<Spanned<f64>>,
    /// `original-flop`: floating-point operations for training the original model.
    pub original_flop: Option<Spanned<f64>>,
    /// `original-systemic-risk`: the original model has systemic risk.
    pub original_systemic_risk: Option<Spanned<bool>>,
}

/// `[eu.monetization]`: what counts as monetization (guidelines C(2025) 5045, paragraphs 85–89).
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Monetization {
    /// The whole table.
    #[serde(skip)]
    pub span: Span,
    /// `dual-licensing`: whether some uses require a paid license.
    pub dual_licensing: Option<Spanned<bool>>,
    /// `mandatory-paid-support`: whether use requires paid support.
    pub mandatory_paid_support: Option<Spanned<bool>>,
    /// `mandatory-purchase-for-access`: whether access requires a purchase.
    pub mandatory_purchase_for_access: Option<Spanned<bool>>,
    /// `exclusive-paid-or-ad-hosting`: whether the model is only available from a host that is paid or funded by ads.
    pub exclusive_paid_or_ad_hosting: Option<Spanned<bool>>,
    /// `personal-data-required`: whether users pay with personal data.
    pub personal_data_required: Option<Spanned<bool>>,
}

/// `[eu.usage-information]`: each value is a path, a URL or free text.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct UsageInformation {
    /// The whole table.
    #[serde(skip)]
    pub span: Span,
    /// `input-modalities`: the kinds of input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub input_modalities: Vec<Text>,
    /// `output-modalities`: the kinds of output.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_modalities: Vec<Text>,
    /// `capabilities`: what the model can do: a path, a URL or free text.
    pub capabilities: Option<Text>,
    /// `limitations`: what the model cannot do: a path, a URL or free text.
    pub limitations: Option<Text>,
    /// `integration`: how to integrate the model: a path, a URL or free text.
    pub integration: Option<Text>,
}

/// `[coverage]`: the files that the signature does not cover.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Coverage {
    /// `exclude`: patterns of the excluded paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Text>,
    /// `reason`: why they are excluded.
    pub reason: Option<Text>,
}

/// `[assessment.TAXONOMY]`: what a third-party record states.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Assessment {
    /// The id of the taxonomy, with the position of the table's header.
    #[serde(skip)]
    pub taxonomy: Text,
    /// `source`: where the record is published.
    pub source: Option<Text>,
    /// `[assessment.TAXONOMY.stated]`: item and value, in the order of the text.
    #[serde(serialize_with = "write::pairs", skip_serializing_if = "Vec::is_empty")]
    pub stated: Vec<(Text, Spanned<ClaimValue>)>,
}

/// A SHA-256 digest in lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Hex([u8; 64]);

impl Sha256Hex {
    /// Converts the 32 bytes of a digest.
    #[must_use]
    pub fn of_bytes(digest: &[u8; 32]) -> Self {
        let mut digits = [0; 64];
        for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(digest) {
            *pair = hex::digits(*byte);
        }
        Self(digits)
    }

    /// Returns the 32 bytes of the digest.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        let value = |digit: u8| if digit.is_ascii_digit() { digit - b'0' } else { digit - b'a' + 10 };
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(self.0.as_chunks().0) {
            *byte = value(*high) << 4 | value(*low);
        }
        bytes
    }

    /// Returns the 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Sha256Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Sha256Hex").field(&self.as_str()).finish()
    }
}

impl Serialize for Sha256Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl std::str::FromStr for Sha256Hex {
    type Err = NotSha256;

    fn from_str(text: &str) -> Result<Self, NotSha256> {
        let digits: [u8; 64] = text.as_bytes().try_into().map_err(|_| NotSha256)?;
        let is_good = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if is_good { Ok(Self(digits)) } else { Err(NotSha256) }
    }
}

/// The text is not a SHA-256 digest in lower-case hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hex digits")]
pub struct NotSha256;

impl Manifest {
    /// Returns the component with that id.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id.value == id)
    }

    /// Returns what an imported record states about a taxonomy.
    #[must_use]
    pub fn assessment(&self, taxonomy: &str) -> Option<&Assessment> {
        self.assessments.iter().find(|assessment| assessment.taxonomy.value == taxonomy)
    }
}

impl KindLicenses {
    fn is_empty(&self) -> bool {
        self.code.is_none() && self.data.is_none() && self.documentation.is_none()
    }
}

impl Coverage {
    fn is_empty(&self) -> bool {
        self.exclude.is_empty() && self.reason.is_none()
    }
}

impl Component {
    /// Returns the declared openness; [`Openness::Closed`] if it could not be read.
    #[must_use]
    pub fn openness(&self) -> Openness {
        self.openness.as_ref().map_or(Openness::Closed, |openness| openness.value)
    }

    /// Returns whether the component is released, at least in part.
    #[must_use]
    pub fn is_released(&self) -> bool {
        matches!(self.openness(), Openness::Open | Openness::Partial)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::parse::parse;
    use super::*;

    #[test]
    fn a_digest_is_64_lower_case_hex_digits() {
        let good = "0123456789abcdef".repeat(4);
        let read: Sha256Hex = good.parse().unwrap();
        assert_eq!((read.as_str(), format!("{read:?}")), (good.as_str(), format!("Sha256Hex({good:?})")));
        let bytes = std::array::from_fn(|at| [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef][at % 8]);
        assert_eq!(Sha256Hex::of_bytes(&bytes), read);
        for bad in [&good[1..], &format!("{good}0"), &good.to_uppercase(), &good.replace('0', "g"), ""] {
            assert!(bad.parse::<Sha256Hex>().is_err(), "{bad}");
        }
    }

    fn is_sound(line: &str) -> bool {
        let text = format!("schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n{line}\n");
        parse(crate::source::Source::new("OPENNESS.toml", text)).is_sound()
    }

    #[test]
    fn a_url_has_a_host_and_no_white_space() {
        assert!(is_sound("homepage = \"https://example.org/a\""));
        for bad in ["https://", "https:///a", "https://example.org/a b", "ftp://example.org", ""] {
            assert!(!is_sound(&format!("homepage = \"{bad}\"")), "{bad}");
        }
    }
}
