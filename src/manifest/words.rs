//! The words of the manifest: values that are one of a fixed list.

/// A type whose values are words of a format.
pub(crate) trait Word: Copy {
    /// Every word, in the order of the enum.
    const WORDS: &'static [&'static str];

    /// Returns the value of a word, or `None` if it is not in the list.
    fn from_word(word: &str) -> Option<Self>;
}

/// A list of words with what each means.
#[cfg(feature = "cli")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defined {
    /// The words, in the order of the enum.
    pub(crate) words: &'static [&'static str],
    meanings: &'static [&'static str],
}

#[cfg(feature = "cli")]
impl Defined {
    /// Returns each word with its meaning, one or two sentences.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.words.iter().copied().zip(self.meanings.iter().map(|meaning| meaning.trim()))
    }
}

#[cfg(feature = "cli")]
macro_rules! defined {
    ($($name:ident,)+) => {
        /// The lists of words that values of the manifest are from.
        pub(crate) const DEFINED: &[Defined] =
            &[$(Defined { words: $name::WORDS, meanings: $name::MEANINGS }),+];
    };
}

#[cfg(feature = "cli")]
defined! {
    Openness,
    ReleaseAccess,
    DataClass,
    ReasonKind,
    Modality,
    Relation,
    Status,
    SafeguardStage,
    Benefit,
    AuditAccess,
    AuditStage,
    ComputeMethod,
    Disclosure,
    Gating,
    Price,
    UsePolicyKind,
    SystemicRisk,
    Level,
}

/// Declares an enum whose variants are words of a format, and implements [`Word`] for it.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[doc = $vdoc])* $variant,)+ }

        impl $name {
            /// Every word, in the order of the enum.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// What each word means, in the order of the enum, as in the documentation of its variants.
            pub const MEANINGS: &'static [&'static str] = &[$(concat!($($vdoc),*)),+];

            /// Returns the word as the format spells it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Returns the value of a word, or `None` if it is not in [`Self::WORDS`].
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl $crate::manifest::Word for $name {
            const WORDS: &'static [&'static str] = Self::WORDS;

            fn from_word(word: &str) -> Option<Self> {
                Self::from_word(word)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How findings of a rule are reported.
    Level {
        /// Findings are not reported. What `sign` demands stays the same.
        Allow = "allow",
        /// Findings are warnings, which do not fail a check.
        Warn = "warn",
        /// Findings are errors, which fail a check.
        Deny = "deny",
    }
}
words! {
    /// How open a component is.
    Openness {
        /// Available to anyone, under the stated terms. The license may still restrict what people do with it.
        Open = "open",
        /// Available in part, or only to some people. `reason` says why.
        Partial = "partial",
        /// Not released. `reason` says why.
        Closed = "closed",
        /// This model does not have such a component.
        NotApplicable = "not-applicable",
    }
}
words! {
    /// The levels of the release gradient (Solaiman 2023).
    ReleaseAccess {
        /// Used only by the developer.
        FullyClosed = "fully-closed",
        /// Released in stages, to a growing audience or in growing versions.
        GradualStaged = "gradual-staged",
        /// Used through an interface that the developer hosts.
        Hosted = "hosted",
        /// Used through an API.
        CloudApi = "cloud-api",
        /// The weights can be downloaded.
        Downloadable = "downloadable",
        /// Every component is public.
        FullyOpen = "fully-open",
    }
}
words! {
    /// The four classes of training data in the OSAID FAQ.
    DataClass {
        /// May be copied, kept, changed and shared.
        Open = "open",
        /// Can be inspected by others as long as it stays online.
        Public = "public",
        /// Can be obtained from third parties, possibly for a fee.
        Obtainable = "obtainable",
        /// Cannot be shared, for reasons that can be explained.
        Unshareable = "unshareable",
    }
}
words! {
    /// The kind of reason for which a component is not fully open.
    ReasonKind {
        /// The law does not allow sharing it.
        Legal = "legal",
        /// It cannot be shared for technical reasons, such as its size, or because it was not kept.
        Technical = "technical",
        /// It is kept back for commercial reasons.
        Commercial = "commercial",
        /// Anything else.
        Other = "other",
    }
}
words! {
    /// A kind of input or output.
    Modality {
        /// Text.
        Text = "text",
        /// Source code.
        Code = "code",
        /// Images.
        Image = "image",
        /// Audio, including speech.
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
    /// How a model is derived from another: the words of the Hugging Face Hub, and others.
    Relation {
        /// Trained further.
        Finetune = "finetune",
        /// An adapter.
        Adapter = "adapter",
        /// Several models merged.
        Merge = "merge",
        /// Quantized.
        Quantized = "quantized",
        /// Distilled from the base model's outputs.
        Distilled = "distilled",
        /// An unchanged copy.
        Copy = "copy",
        /// Trained on it as data.
        TrainedOn = "trained-on",
        /// Trained with it as code.
        TrainedWith = "trained-with",
        /// Anything else.
        Other = "other",
    }
}
words! {
    /// How far a step was taken.
    Status {
        /// Done.
        Addressed = "addressed",
        /// Partly done.
        Partial = "partial",
        /// Not done.
        Absent = "absent",
    }
}
words! {
    /// The stage at which a safeguard works.
    SafeguardStage {
        /// On the input.
        Prompt = "prompt",
        /// On the output.
        Output = "output",
        /// In the weights.
        Training = "training",
        /// In the surrounding system.
        System = "system",
    }
}
words! {
    /// The benefits of open release (Seger et al. 2023).
    Benefit {
        /// External oversight and evaluation.
        ExternalEvaluation = "external-evaluation",
        /// Faster progress.
        AccelerateProgress = "accelerate-progress",
        /// Wider distribution of control.
        DistributeControl = "distribute-control",
    }
}
words! {
    /// The access of auditors (Casper et al. 2024).
    AuditAccess {
        /// Queries and outputs.
        BlackBox = "black-box",
        /// Some internals, such as embeddings, activations or logits.
        GrayBox = "gray-box",
        /// Weights, activations, gradients and fine-tuning.
        WhiteBox = "white-box",
        /// Methods, code, data and documentation.
        OutsideTheBox = "outside-the-box",
    }
}
words! {
    /// The stage of a model's life in which an audit took place (Anderljung et al. 2023).
    AuditStage {
        /// While the model was developed.
        Development = "development",
        /// Before it was deployed.
        PreDeployment = "pre-deployment",
        /// After it was deployed.
        PostDeployment = "post-deployment",
    }
}
words! {
    /// How training compute was estimated (guidelines C(2025) 5045, paragraphs 123–132).
    ComputeMethod {
        /// From the hardware: `C = N·L·H·U`.
        Hardware = "hardware",
        /// From the architecture: `C ≈ 6·P·D`.
        Architecture = "architecture",
        /// In another way.
        Other = "other",
    }
}
words! {
    /// How much is disclosed of the way in which the model was trained.
    Disclosure {
        /// The architecture only.
        Architecture = "architecture",
        /// Some technical details, such as a part of the hyperparameters.
        Partial = "partial",
        /// All technical details: optimization, hyperparameters and algorithms of every stage.
        Full = "full",
    }
}
words! {
    /// The gate before a download.
    Gating {
        /// No gate.
        None = "none",
        /// Immediate access after accepting the terms.
        Automatic = "automatic",
        /// A person approves each request.
        Manual = "manual",
    }
}
words! {
    /// Whether the model costs money.
    Price {
        /// The weights, or the hosted model, are free of charge.
        Free = "free",
        /// They cost money.
        Paid = "paid",
    }
}
words! {
    /// What makes a use policy binding.
    UsePolicyKind {
        /// A clause of the license.
        LicenseClause = "license-clause",
        /// A separate acceptable use policy.
        SeparateAup = "separate-aup",
        /// The terms of a service.
        TermsOfService = "terms-of-service",
    }
}
words! {
    /// Systemic risk as defined in AI Act Art. 51.
    SystemicRisk {
        /// No systemic risk.
        No = "no",
        /// Presumed from the training compute.
        Presumed = "presumed",
        /// Designated by the Commission.
        Designated = "designated",
    }
}
