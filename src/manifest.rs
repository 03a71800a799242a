//! The manifest: what is released, under which terms, how, and with which evidence.
//!
//! The typed model of `OPENNESS.toml`, every leaf with its place. It holds **facts**; what a taxonomy makes of them is
//! derived elsewhere. [`parse`] reads on after a mistake, so a model may be incomplete: an absent required
//! text is empty, and a finding says so. What did not parse without errors cannot be signed.

pub mod diagnostics;
pub mod parse;
mod portable;
mod table;

use crate::path::RepoPath;
use crate::source::{Span, Spanned};

/// The manifest's file name, at the root of a repository.
pub const FILE_NAME: &str = "OPENNESS.toml";
/// The schema version that this program reads and writes.
pub const SCHEMA_VERSION: i64 = 1;
/// The largest manifest that is read.
pub const MAX_MANIFEST_BYTES: usize = 1024 * 1024;

/// A whole manifest.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// `schema`: the version of the manifest's shape.
    pub schema: Spanned<i64>,
    /// `[model]`.
    pub model: Model,
    /// `[licenses.code]`, `[licenses.data]`, `[licenses.documentation]`: defaults by kind, before `model.license`.
    pub licenses: KindLicenses,
    /// `[release]`.
    pub release: Option<Release>,
    /// `[claims]`, in the order written.
    pub claims: Vec<Claim>,
    /// `[component.ID]`, in the order written.
    pub components: Vec<Component>,
    /// `[[safeguard]]`.
    pub safeguards: Vec<Safeguard>,
    /// `[risk]`.
    pub risk: Option<Risk>,
    /// `[[audit]]`.
    pub audits: Vec<Audit>,
    /// `[compute]`.
    pub compute: Option<Compute>,
    /// `[access]`.
    pub access: Option<Access>,
    /// `[access-policy]`.
    pub access_policy: Option<AccessPolicy>,
    /// `[use-policy]`.
    pub use_policy: Option<UsePolicy>,
    /// `[eu]`.
    pub eu: Option<Eu>,
    /// `[coverage]`.
    pub coverage: Coverage,
    /// `[assessment.TAXONOMY]`: what somebody else's record states, kept when it was imported.
    pub assessments: Vec<Assessment>,
}

/// Text with its place.
pub type Text = Spanned<String>;

/// `[model]`: what is released, and by whom.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The table's header; where the table is absent, the start of the file.
    pub header: Span,
    /// `name`, required.
    pub name: Text,
    /// `version`, required.
    pub version: Text,
    /// `producer`, required.
    pub producer: Text,
    /// `license`, `license-file`, `license-name`: the default for components that name none.
    pub license: Terms,
    /// `description`.
    pub description: Option<Text>,
    /// `date`.
    pub date: Option<Text>,
    /// `type`: free text as catalogues use it (`language`, `image` …).
    pub kind: Option<Text>,
    /// `architecture`: `transformer`, `diffusion` …
    pub architecture: Option<Text>,
    /// `treatment`: `pre-trained`, `instruct fine-tuned` …
    pub treatment: Option<Text>,
    /// `origin`: the family or model that this one comes from, in words.
    pub origin: Option<Text>,
    /// `contact`.
    pub contact: Option<Text>,
    /// `homepage`.
    pub homepage: Option<Text>,
    /// `repository`.
    pub repository: Option<Text>,
    /// `hub`: the page on a model hub.
    pub hub: Option<Text>,
    /// `modality`: what goes in and comes out.
    pub modality: Vec<Spanned<Modality>>,
    /// `languages`: BCP 47 tags.
    pub languages: Vec<Text>,
    /// `base`: the models that this one derives from.
    pub base: Vec<Base>,
}

/// The licence keys of a table.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// `license`: an SPDX expression, or `NONE`: released without a licence.
    pub license: Option<Text>,
    /// `license-file`: where the text stands.
    pub file: Option<Spanned<RepoPath>>,
    /// `license-name`: what people call it, where SPDX has no id.
    pub name: Option<Text>,
    /// `license-url`.
    pub url: Option<Text>,
}

/// Default licences by kind of component.
#[derive(Debug, Clone, Default)]
pub struct KindLicenses {
    /// Code.
    pub code: Option<Terms>,
    /// Data, which includes weights.
    pub data: Option<Terms>,
    /// Documentation.
    pub documentation: Option<Terms>,
}

/// One entry of `model.base`.
#[derive(Debug, Clone)]
pub struct Base {
    /// The whole entry.
    pub span: Span,
    /// `name`, required.
    pub name: Text,
    /// `url`.
    pub url: Option<Text>,
    /// `relation`.
    pub relation: Option<Spanned<Relation>>,
    /// `license`: an SPDX expression.
    pub license: Option<Text>,
    /// `digest`: hex SHA-256 of what was taken.
    pub digest: Option<Spanned<Sha256Hex>>,
}

/// `[release]`: how it is made available.
#[derive(Debug, Clone)]
pub struct Release {
    /// The table's header.
    pub header: Span,
    /// `access`, required; `None` where it could not be read.
    pub access: Option<Spanned<ReleaseAccess>>,
    /// `date`: a day, `YYYY-MM-DD`.
    pub date: Option<Text>,
    /// `sequence`: counts releases of this model, from 1, always up.
    pub sequence: Option<Spanned<u64>>,
    /// `supersedes`: hex SHA-256 of the statement before.
    pub supersedes: Option<Spanned<Sha256Hex>>,
    /// `expires`: the day after which the statement is stale.
    pub expires: Option<Text>,
    /// `notes`.
    pub notes: Option<Text>,
}

/// One line of `[claims]`: what the producer says in public.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The key as written, `mof`.
    pub key: Text,
    /// What is claimed.
    pub value: Spanned<ClaimValue>,
}

/// What a claim says.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimValue {
    /// `"class-1"`.
    Text(String),
    /// `true`.
    Flag(bool),
    /// `0.9` or `5`.
    Number(f64),
}

/// `[component.ID]`: one part of the release.
#[derive(Debug, Clone)]
pub struct Component {
    /// The id, where the table's header names it.
    pub id: Text,
    /// `openness`, required; `None` where it could not be read.
    pub openness: Option<Spanned<Openness>>,
    /// `license`, `license-file`, `license-name`.
    pub terms: Terms,
    /// `files`: globs.
    pub files: Vec<Text>,
    /// `remote`: what lies elsewhere.
    pub remote: Vec<Remote>,
    /// `documentation`: paths or URLs that describe the component.
    pub documentation: Vec<Text>,
    /// `reason`: why it is not open.
    pub reason: Option<Text>,
    /// `data-class`, of data components.
    pub data_class: Option<Spanned<DataClass>>,
    /// `description`.
    pub description: Option<Text>,
}

/// One entry of `remote`.
#[derive(Debug, Clone)]
pub struct Remote {
    /// The whole entry.
    pub span: Span,
    /// `url`, required.
    pub url: Text,
    /// `sha256`.
    pub sha256: Option<Spanned<Sha256Hex>>,
    /// `size`, in bytes.
    pub size: Option<Spanned<u64>>,
    /// `revision`: a commit, a tag, a date.
    pub revision: Option<Text>,
    /// `description`.
    pub description: Option<Text>,
}

/// Evidence: a document, or a few words, or both. `true` is no evidence, so it is none of the forms.
/// Written as a string (path or URL) or as a table.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The whole value.
    pub span: Span,
    /// `document`: a path in the repository or a URL.
    pub document: Option<Text>,
    /// `summary`.
    pub summary: Option<Text>,
    /// `by`: who did the work.
    pub by: Option<Text>,
    /// `date`.
    pub date: Option<Text>,
    /// `status`; where absent, evidence counts as `addressed`.
    pub status: Option<Spanned<Status>>,
}

/// `[[safeguard]]`: a safety measure of the model or the system.
#[derive(Debug, Clone)]
pub struct Safeguard {
    /// The whole entry.
    pub span: Span,
    /// `name`, required.
    pub name: Text,
    /// `stage`, required; `None` where it could not be read.
    pub stage: Option<Spanned<SafeguardStage>>,
    /// `kind`: filter, classifier, refusal training …
    pub kind: Option<Text>,
    /// `policy`: what it enforces, a path or a URL or words.
    pub policy: Option<Text>,
    /// `independent`: works apart from the model (PRISM).
    pub independent: Option<Spanned<bool>>,
    /// `removable`: whoever has the weights can leave it off.
    pub removable: Option<Spanned<bool>>,
    /// `files`: globs of what implements it.
    pub files: Vec<Text>,
    /// `license`.
    pub license: Option<Text>,
    /// `description`.
    pub description: Option<Text>,
}

/// `[risk]`: what was assessed before the release (Seger et al. 2023), and the marginal risk (Kapoor et al. 2024).
#[derive(Debug, Clone, Default)]
pub struct Risk {
    /// The table's header.
    pub header: Span,
    /// `date`: when the assessment was finished.
    pub date: Option<Text>,
    /// `document`: the assessment itself, a path or a URL.
    pub document: Option<Text>,
    /// `declared-capabilities`: dangerous capabilities that the producer knows of.
    pub declared_capabilities: Vec<Text>,
    /// `dangerous-capability-evaluation`.
    pub dangerous_capability_evaluation: Option<Evidence>,
    /// `fine-tuning-uplift`.
    pub fine_tuning_uplift: Option<Evidence>,
    /// `safeguard-robustness`.
    pub safeguard_robustness: Option<Evidence>,
    /// `offense-defense-effect`.
    pub offense_defense_effect: Option<Evidence>,
    /// `irreversibility-acknowledged`.
    pub irreversibility_acknowledged: Option<Evidence>,
    /// `external-review`.
    pub external_review: Option<Evidence>,
    /// `alternatives-considered`: less open options that were weighed.
    pub alternatives_considered: Vec<Text>,
    /// `benefits`: which of the three are sought.
    pub benefits: Vec<Spanned<Benefit>>,
    /// `[[risk.marginal]]`: one entry a threat.
    pub marginal: Vec<MarginalRisk>,
}

/// One threat in the six steps of Kapoor et al. 2024.
#[derive(Debug, Clone, Default)]
pub struct MarginalRisk {
    /// The whole entry.
    pub span: Span,
    /// `vector`, required: `biosecurity`, `spear-phishing` …
    pub vector: Text,
    /// `threat-identification`.
    pub threat_identification: Option<Evidence>,
    /// `existing-risk`.
    pub existing_risk: Option<Evidence>,
    /// `existing-defenses`.
    pub existing_defenses: Option<Evidence>,
    /// `marginal-risk-evidence`.
    pub marginal_risk_evidence: Option<Evidence>,
    /// `ease-of-defense`.
    pub ease_of_defense: Option<Evidence>,
    /// `uncertainty-assumptions`.
    pub uncertainty_assumptions: Option<Evidence>,
}

/// `[[audit]]`: which access the auditors had (Casper et al. 2024).
#[derive(Debug, Clone)]
pub struct Audit {
    /// The whole entry.
    pub span: Span,
    /// `auditor`, required.
    pub auditor: Text,
    /// `access`.
    pub access: Vec<Spanned<AuditAccess>>,
    /// `methods`.
    pub methods: Vec<Text>,
    /// `report`: a path or a URL.
    pub report: Option<Text>,
    /// `date`.
    pub date: Option<Text>,
    /// `independent`.
    pub independent: Option<Spanned<bool>>,
}

/// `[compute]`: what training took (Heim & Koessler 2024; AI Act Art. 51).
#[derive(Debug, Clone, Default)]
pub struct Compute {
    /// The table's header.
    pub header: Span,
    /// `training-flop`: of the training of this model.
    pub training_flop: Option<Spanned<f64>>,
    /// `cumulative-flop`: with everything meant to raise capability.
    pub cumulative_flop: Option<Spanned<f64>>,
    /// `method`: how it was estimated.
    pub method: Option<Spanned<ComputeMethod>>,
    /// `error-percent`: the estimate's uncertainty, ± percent.
    pub error_percent: Option<Spanned<f64>>,
    /// `hardware`.
    pub hardware: Option<Text>,
    /// `document`: a path or a URL.
    pub document: Option<Text>,
}

/// `[access]`: who can get at it, and what that takes (Solaiman et al. 2025).
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The table's header.
    pub header: Span,
    /// `gating`; `none` where absent.
    pub gating: Option<Spanned<Gating>>,
    /// `eligibility`: who may not, or who alone may.
    pub eligibility: Vec<Text>,
    /// `eu-disallowed`: the gate refuses people in the Union.
    pub eu_disallowed: Option<Spanned<bool>>,
    /// `verification`: what is asked of a person, in words.
    pub verification: Option<Text>,
    /// `verification-discriminates`: the check treats groups or countries differently.
    pub verification_discriminates: Option<Spanned<bool>>,
    /// `endpoints`: hosted endpoints.
    pub endpoints: Vec<Text>,
    /// `min-hardware`.
    pub min_hardware: Option<Text>,
    /// `contact`: for takedown and incidents.
    pub contact: Option<Text>,
}

/// `[access-policy]`: who gets which access to what (Kembery & Reed 2024).
#[derive(Debug, Clone, Default)]
pub struct AccessPolicy {
    /// The table's header.
    pub header: Span,
    /// `document`: a path or a URL.
    pub document: Option<Text>,
    /// `capability-tests`: per access style.
    pub capability_tests: Option<Evidence>,
    /// `risk-profiles`: per user category.
    pub risk_profiles: Option<Evidence>,
    /// `pre-commitments`: when access is granted or revoked.
    pub pre_commitments: Option<Evidence>,
    /// `[[access-policy.regime]]`.
    pub regimes: Vec<AccessRegime>,
}

/// One regime of access.
#[derive(Debug, Clone)]
pub struct AccessRegime {
    /// The whole entry.
    pub span: Span,
    /// `audience`, required.
    pub audience: Text,
    /// `style`, required: `download`, `api`, `white-box` …
    pub style: Text,
    /// `aspect`: which component or part.
    pub aspect: Option<Text>,
    /// `conditions`.
    pub conditions: Option<Text>,
    /// `revocable`.
    pub revocable: Option<Spanned<bool>>,
}

/// `[use-policy]`: what users must not do (Klyman 2024).
#[derive(Debug, Clone, Default)]
pub struct UsePolicy {
    /// The table's header.
    pub header: Span,
    /// `document`: a path or a URL.
    pub document: Option<Text>,
    /// `kind`.
    pub kind: Option<Spanned<UsePolicyKind>>,
    /// `prohibits`.
    pub prohibits: Vec<Text>,
    /// `competitor-clause`: competitors may not use it.
    pub competitor_clause: Option<Spanned<bool>>,
    /// `enforcement`: how.
    pub enforcement: Option<Text>,
}

/// `[eu]`: what the open-source route of the AI Act asks for.
#[derive(Debug, Clone, Default)]
pub struct Eu {
    /// The table's header.
    pub header: Span,
    /// `placed-on-market`: a day.
    pub placed_on_market: Option<Text>,
    /// `provider`.
    pub provider: Option<Text>,
    /// `provider-contact`.
    pub provider_contact: Option<Text>,
    /// `provider-established-in-eu`.
    pub provider_established_in_eu: Option<Spanned<bool>>,
    /// `authorised-representative`.
    pub authorised_representative: Option<Text>,
    /// `gpai`: a general-purpose AI model.
    pub gpai: Option<Spanned<bool>>,
    /// `systemic-risk`.
    pub systemic_risk: Option<Spanned<SystemicRisk>>,
    /// `copyright-policy`: a path or a URL.
    pub copyright_policy: Option<Text>,
    /// `training-summary`: the public summary of training content, a path or a URL.
    pub training_summary: Option<Text>,
    /// `architecture-information`: a path or a URL.
    pub architecture_information: Option<Text>,
    /// `[eu.modifies]`.
    pub modifies: Option<Modifies>,
    /// `[eu.monetization]`.
    pub monetization: Option<Monetization>,
    /// `[eu.usage-information]`.
    pub usage_information: Option<UsageInformation>,
}

/// `[eu.modifies]`: the model that a downstream modifier started from.
#[derive(Debug, Clone, Default)]
pub struct Modifies {
    /// The whole table.
    pub span: Span,
    /// `model`.
    pub model: Option<Text>,
    /// `modification-flop`.
    pub modification_flop: Option<Spanned<f64>>,
    /// `original-flop`.
    pub original_flop: Option<Spanned<f64>>,
    /// `original-systemic-risk`.
    pub original_systemic_risk: Option<Spanned<bool>>,
}

/// `[eu.monetization]`: what counts as payment (guidelines C(2025) 5045, paragraphs 85–89).
#[derive(Debug, Clone, Default)]
pub struct Monetization {
    /// The whole table.
    pub span: Span,
    /// `dual-licensing`.
    pub dual_licensing: Option<Spanned<bool>>,
    /// `mandatory-paid-support`.
    pub mandatory_paid_support: Option<Spanned<bool>>,
    /// `mandatory-purchase-for-access`.
    pub mandatory_purchase_for_access: Option<Spanned<bool>>,
    /// `exclusive-paid-or-ad-hosting`.
    pub exclusive_paid_or_ad_hosting: Option<Spanned<bool>>,
    /// `personal-data-required`.
    pub personal_data_required: Option<Spanned<bool>>,
}

/// `[eu.usage-information]`: each a path, a URL or words.
#[derive(Debug, Clone, Default)]
pub struct UsageInformation {
    /// The whole table.
    pub span: Span,
    /// `input-modalities`.
    pub input_modalities: Vec<Text>,
    /// `output-modalities`.
    pub output_modalities: Vec<Text>,
    /// `capabilities`.
    pub capabilities: Option<Text>,
    /// `limitations`.
    pub limitations: Option<Text>,
    /// `integration`.
    pub integration: Option<Text>,
}

/// `[coverage]`: which files are left out of the signature.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// `exclude`: globs.
    pub exclude: Vec<Text>,
    /// `reason`.
    pub reason: Option<Text>,
}

/// `[assessment.TAXONOMY]`: what a record of somebody else states.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// The taxonomy's id, where the header names it.
    pub taxonomy: Text,
    /// `source`: where the record stands.
    pub source: Option<Text>,
    /// `[assessment.TAXONOMY.stated]`: item → value, in the order written.
    pub stated: Vec<(Text, Spanned<ClaimValue>)>,
}

/// A SHA-256 digest in lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Hex([u8; 64]);

impl Sha256Hex {
    /// Writes the 32 bytes of a digest.
    #[must_use]
    pub fn of_bytes(digest: &[u8; 32]) -> Self {
        let digit = |value: u8| b"0123456789abcdef"[usize::from(value & 15)];
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(*byte)]);
        }
        Self(digits)
    }

    /// Returns 64 lower-case hex digits.
    ///
    /// # Panics
    /// Never: there is nothing else in it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits are ASCII")
    }
}

impl std::fmt::Debug for Sha256Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Sha256Hex").field(&self.as_str()).finish()
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

/// The text is no SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hex digits")]
pub struct NotSha256;

/// Declares an enum whose variants are words of the manifest, with the word list for messages and schemas.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every word, in the order of the enum.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// Returns the word that the manifest uses.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Returns the value of a word; `None` for any other.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// How far a component is open.
    Openness {
        /// Anyone may get it, under the terms named.
        Open = "open",
        /// Some of it, or with limits.
        Partial = "partial",
        /// Not released.
        Closed = "closed",
        /// This model has no such thing.
        NotApplicable = "not-applicable",
    }
}
words! {
    /// The release gradient of Solaiman 2023.
    ReleaseAccess {
        /// The developer's own use only.
        FullyClosed = "fully-closed",
        /// Growing versions, or a growing audience.
        GradualStaged = "gradual-staged",
        /// Through the developer's interface.
        Hosted = "hosted",
        /// Programmatic queries.
        CloudApi = "cloud-api",
        /// Weights can be fetched.
        Downloadable = "downloadable",
        /// Everything is public.
        FullyOpen = "fully-open",
    }
}
words! {
    /// The four classes of training data of the OSAID FAQ.
    DataClass {
        /// May be copied, kept, changed and shared again.
        Open = "open",
        /// Others can inspect it while it stays online.
        Public = "public",
        /// Can be had, perhaps for a fee.
        Obtainable = "obtainable",
        /// Cannot be shared, for reasons that can be explained.
        Unshareable = "unshareable",
    }
}
words! {
    /// What goes in and comes out.
    Modality {
        /// Text.
        Text = "text",
        /// Source code.
        Code = "code",
        /// Images.
        Image = "image",
        /// Audio, speech included.
        Audio = "audio",
        /// Video.
        Video = "video",
        /// Three-dimensional shapes.
        ThreeD = "3d",
        /// Tables.
        Tabular = "tabular",
        /// Time series.
        TimeSeries = "time-series",
        /// Anything else.
        Other = "other",
    }
}
words! {
    /// How a model derives from another; the Hub's words, and distillation.
    Relation {
        /// Trained further.
        Finetune = "finetune",
        /// An adapter.
        Adapter = "adapter",
        /// Several models merged.
        Merge = "merge",
        /// Quantised.
        Quantized = "quantized",
        /// Distilled from its outputs.
        Distilled = "distilled",
        /// Anything else.
        Other = "other",
    }
}
words! {
    /// How far a step was taken.
    Status {
        /// Done.
        Addressed = "addressed",
        /// Partly.
        Partial = "partial",
        /// Not.
        Absent = "absent",
    }
}
words! {
    /// Where a safeguard works.
    SafeguardStage {
        /// On what goes in.
        Prompt = "prompt",
        /// On what comes out.
        Output = "output",
        /// In the weights.
        Training = "training",
        /// In the system around.
        System = "system",
    }
}
words! {
    /// The benefits of Seger et al. 2023.
    Benefit {
        /// Oversight from outside.
        ExternalEvaluation = "external-evaluation",
        /// Faster progress.
        AccelerateProgress = "accelerate-progress",
        /// Control in more hands.
        DistributeControl = "distribute-control",
    }
}
words! {
    /// The access of auditors, Casper et al. 2024.
    AuditAccess {
        /// Queries and outputs.
        BlackBox = "black-box",
        /// Some internals.
        GreyBox = "grey-box",
        /// Weights, activations, gradients, fine-tuning.
        WhiteBox = "white-box",
        /// Method, code, data, documentation.
        OutsideTheBox = "outside-the-box",
    }
}
words! {
    /// How training compute was estimated (guidelines C(2025) 5045, paragraphs 123–132).
    ComputeMethod {
        /// `C = N·L·H·U`.
        Hardware = "hardware",
        /// `C ≈ 6·P·D`.
        Architecture = "architecture",
        /// Otherwise.
        Other = "other",
    }
}
words! {
    /// The gate before a download.
    Gating {
        /// No gate.
        None = "none",
        /// Terms are accepted, access is immediate.
        Automatic = "automatic",
        /// A person decides.
        Manual = "manual",
    }
}
words! {
    /// Where a use policy has its force from.
    UsePolicyKind {
        /// A clause of the licence.
        LicenseClause = "license-clause",
        /// A document beside it.
        SeparateAup = "separate-aup",
        /// The terms of a service.
        TermsOfService = "terms-of-service",
    }
}
words! {
    /// Systemic risk in the sense of AI Act Art. 51.
    SystemicRisk {
        /// No.
        No = "no",
        /// Presumed from compute.
        Presumed = "presumed",
        /// Designated by the Commission.
        Designated = "designated",
    }
}

impl Manifest {
    /// Returns the component of that id.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id.value == id)
    }

    /// Returns what an imported record states for a taxonomy.
    #[must_use]
    pub fn assessment(&self, taxonomy: &str) -> Option<&Assessment> {
        self.assessments.iter().find(|assessment| assessment.taxonomy.value == taxonomy)
    }
}

impl Component {
    /// Returns the declared openness; `closed` where it could not be read.
    #[must_use]
    pub fn openness(&self) -> Openness {
        self.openness.as_ref().map_or(Openness::Closed, |openness| openness.value)
    }

    /// Returns whether anything of the component is released.
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
    fn a_digest_is_64_digits_of_lower_case_hexadecimal() {
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
    fn an_address_has_a_host_and_no_blank() {
        assert!(is_sound("homepage = \"https://example.org/a\""));
        for bad in ["https://", "https:///a", "https://example.org/a b", "ftp://example.org", ""] {
            assert!(!is_sound(&format!("homepage = \"{bad}\"")), "{bad}");
        }
    }
}
