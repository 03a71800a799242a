//! The words that outputs for people have and machine formats have not, with their meanings, so that `explain` knows them.

/// Words that one command prints.
#[derive(Debug)]
#[non_exhaustive]
pub struct Printed {
    /// The command.
    pub command: &'static str,
    /// Each word, and a sentence that says what it means.
    pub words: &'static [(&'static str, &'static str)],
}

/// The words of every command.
pub const PRINTED: &[Printed] = &[
    Printed {
        command: "verify",
        words: &[
            ("trusted", "The signature is intact, and you trust its key."),
            ("unknown signer", "The signature is by a key that you do not trust."),
            ("BAD SIGNATURE", "The signature does not match the signed bytes."),
            (
                "REFUSED",
                "The signature is intact and by a signer whom you trust, but what it is over must not be accepted; the reason follows.",
            ),
            ("expired key", "The signature is intact, but you trust its key only until an earlier time."),
            ("key not yet valid", "The signature is intact, but you trust its key only from a later time on."),
            ("REVOKED KEY", "The signature is intact, but its key is revoked."),
            (
                "not checked",
                "This program cannot check such a signature, which counts neither for nor against the release.",
            ),
            ("MADE UNDER ANOTHER NAME", "The tag has a good signature, but was made as another tag."),
            ("logged", "A transparency log that you trust has the signature."),
            ("log not checked", "There is a proof of a transparency log, and you name no log to check it with."),
            ("unknown log", "The proof is of a transparency log that you do not trust."),
            ("too few witnesses", "Fewer witnesses than you require have seen the state of the log."),
            ("BAD PROOF", "The proof of the transparency log does not hold."),
            ("ATTENTION", "A sign of a possible attack follows."),
            ("as signed", "The bytes of the files are those that were signed."),
            ("NOT signed", "The bytes of this part of a file are not those that were signed."),
            ("pointers", "Only the Git LFS pointers of these files are here; they name what was signed."),
            ("changed", "The bytes of the file are not those that were signed."),
            ("damaged", "This part of a file is not as signed; the other parts are."),
            ("CRLF", "Every line feed of the file became CR LF, which `--allow-crlf` accepts."),
            ("not signed", "The file is here, and is not signed; or there is no signature."),
            ("absent", "The file was signed, and is not here."),
            ("in flux", "The file changed while it was read."),
            ("excluded", "The signer left the file out; nothing was signed about it."),
            ("waived", "`check` has findings of these rules, and the signer chose to sign with them."),
            ("allowed", "The manifest allows the finding, with this reason."),
            (
                "verified",
                "A trusted signer signed the release, every file is as signed, every claim holds, and every requirement is met.",
            ),
            (
                "partly verified",
                "The same, except that signed files are absent or only their Git LFS pointers are here.",
            ),
            ("NOT VERIFIED", "Something keeps the release from being verified; the reasons follow."),
        ],
    },
    Printed {
        command: "show",
        words: &[
            ("holds", "The declared facts support the claim."),
            ("does not hold", "The declared facts contradict the claim."),
            ("needs human review", "A person has to decide whether the claim holds."),
            ("not applicable", "The release has no such component, for the reason that is stated."),
            ("not declared", "The manifest does not mention the component, which counts as not stated."),
            ("not stated", "The manifest says nothing about it."),
            (
                "score",
                "What the taxonomy gives in place of a verdict: a number, or the lowest and the highest that are possible.",
            ),
            ("level", "What the taxonomy gives to each part of the pipeline in place of one verdict."),
            ("none crossed", "The training compute is stated, and is above no threshold."),
            ("crosses", "The training compute is above these thresholds."),
            ("limits use", "The license of an open part limits what it may be used for, or by whom."),
            ("label", "What people call a release, such as open source, as a taxonomy defines it."),
            ("disagreement", "Taxonomies come to different results about the same release."),
        ],
    },
    Printed {
        command: "check",
        words: &[
            ("no problems found", "No rule that ran has a finding."),
            ("allowed", "A finding that the manifest, the command line or the baseline keeps from being reported."),
            ("baseline", "A file with findings that are known, so that only new ones are reported."),
            ("fix", "A change that removes a finding: `--fix` makes those that are certain."),
        ],
    },
    Printed {
        command: "diff",
        words: &[
            ("more open", "The change makes more available, or removes a limit."),
            ("less open", "The change makes less available, or adds a limit."),
            ("otherwise different", "The change is about openness, and in neither direction."),
        ],
    },
    Printed {
        command: "weigh",
        words: &[
            ("kept back", "The stated reason for not opening a part."),
            ("our reading", "The publication does not say which part it is about."),
        ],
    },
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::super::{Paint, Style, evidence, overview, verify};
    use super::PRINTED;
    use crate::evaluate::Holds;
    use crate::manifest::Openness;
    use crate::report::{declared, verdict};
    use crate::sign::Status;
    use crate::tag::TagStatus;
    use crate::tlog::ProofStatus;
    use crate::verify::Verdict;

    const PLAIN: Paint = Paint(Style { color: false, unicode: true, width: 80, verbose: false });

    fn statuses() -> [Status; 7] {
        use Status::{Bad, Expired, Good, NotCheckable, NotYetValid, Revoked, Untrusted};
        [Good, Untrusted, Bad, Expired, NotYetValid, Revoked, NotCheckable]
    }

    /// The words of every type whose words people see.
    fn words() -> Vec<String> {
        use ProofStatus as Proof;
        let signatures = statuses().map(|status| evidence::word(status, PLAIN));
        let tags = [TagStatus::Misnamed, TagStatus::Unsigned, TagStatus::Lightweight, TagStatus::NotCheckable];
        let tags = tags.map(|status| evidence::tag_word(status, PLAIN));
        let proofs = [Proof::Good, Proof::Unchecked, Proof::UnknownLog, Proof::TooFewWitnesses, Proof::Bad];
        let proofs = proofs.map(|status| evidence::proof_word(status, PLAIN));
        let verdicts =
            [Verdict::Verified, Verdict::Partial, Verdict::Failed].map(|verdict| verify::word(verdict, PLAIN));
        let holds = [Holds::Yes, Holds::No, Holds::Undecidable].map(|holds| declared::outcome(holds).to_owned());
        let openness = Openness::WORDS.iter().filter_map(|word| Openness::from_word(word)).map(overview::in_words);
        let files = verify::FileWord::ALL.map(|word| word.as_str().to_owned());
        let summaries = verdict::WORDS.iter().map(|word| (*word).to_owned());
        let all = signatures.into_iter().chain(tags).chain(proofs).chain(verdicts).chain(holds).chain(files);
        all.chain(openness.map(str::to_owned)).chain(summaries).collect()
    }

    #[test]
    fn every_word_of_a_type_has_a_meaning() {
        let printed = || PRINTED.iter().flat_map(|printed| printed.words);
        let of_manifest = |word: &str| Openness::WORDS.contains(&word);
        for word in words() {
            assert!(printed().any(|(known, _)| *known == word) || of_manifest(&word), "{word}");
        }
        for (word, meaning) in printed() {
            assert!(meaning.ends_with('.') && meaning.len() > 20, "{word}: {meaning}");
        }
    }
}
