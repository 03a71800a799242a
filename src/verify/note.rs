//! What a verification found besides reasons to fail: alarms, notes, and problems of the statement, as data.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::files::{OPENNESS_DIR, ObjectId};
use crate::finding::summarize_list;
use crate::path::RepoPath;
use crate::quote;
use crate::sign::{Fingerprint, Trust};
use crate::statement;
use crate::trust_store::Rollback;

/// A sign of a possible attack.
///
/// `Display` writes one sentence for people: lower case, no final period. Text from the release is not made safe for a
/// terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alarm {
    /// The model is pinned, and the pinned key cannot be read.
    PinnedKeyUnreadable {
        /// The name of the model.
        model: String,
    },
    /// The model is pinned, and the release is signed by another key.
    PinnedKeyChanged {
        /// The name of the model.
        model: String,
        /// The producer of the model.
        producer: String,
        /// The pinned keys.
        pinned: Vec<Fingerprint>,
        /// The keys that signed the release, where known.
        found: Vec<Fingerprint>,
    },
    /// The release is older than one that was verified before, or than required.
    Rollback(Rollback),
    /// The tag by which the release was looked up was made under another name.
    TagRenamed {
        /// The name by which it was looked up.
        name: String,
        /// The name in the tag object.
        made_as: String,
    },
    /// Git reads other objects in place of some of the revision's, so it may check out other files.
    ReplacedObjects {
        /// The objects that are replaced.
        objects: Vec<ObjectId>,
    },
    /// A transparency log signed two different trees of the same size.
    ForkedLog {
        /// The origin of the log.
        origin: String,
    },
}

impl Alarm {
    /// Returns the word of the machine format: `pinned-key-unreadable`, `pinned-key-changed`, `rollback`, `tag-renamed`,
    /// `replaced-objects` or `forked-log`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PinnedKeyUnreadable { .. } => "pinned-key-unreadable",
            Self::PinnedKeyChanged { .. } => "pinned-key-changed",
            Self::Rollback(_) => "rollback",
            Self::TagRenamed { .. } => "tag-renamed",
            Self::ReplacedObjects { .. } => "replaced-objects",
            Self::ForkedLog { .. } => "forked-log",
        }
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PinnedKeyUnreadable { model } => write!(f, "the pinned key of `{model}` cannot be read"),
            Self::PinnedKeyChanged { model, producer, pinned, found } => {
                let found = if found.is_empty() { "an unknown key".to_owned() } else { list(found) };
                write!(
                    f,
                    "`{model}` by `{producer}` is signed by another key than the pinned one: pinned {}, signed by \
                     {found}; ask the producer through a channel other than this release before you trust the new key",
                    list(pinned)
                )
            }
            Self::Rollback(rollback) => rollback.fmt(f),
            Self::TagRenamed { name, made_as } => {
                write!(f, "the tag `{name}` was made as `{made_as}`: one tag may have been substituted for another")
            }
            Self::ReplacedObjects { objects } => {
                let first = objects.first().map(ToString::to_string).unwrap_or_default();
                let rest = match objects.len() {
                    0 | 1 => String::new(),
                    count => format!(" and {} more", count - 1),
                };
                write!(
                    f,
                    "the verified content is not what Git reads and checks out: `refs/replace/{first}`{rest} replaces objects \
                     of this revision; `git replace -d {first}` removes the replacement"
                )
            }
            Self::ForkedLog { origin } => {
                write!(f, "the log `{origin}` signed two different trees of the same size")
            }
        }
    }
}

/// Information about a verification that decides nothing by itself.
///
/// `Display` writes one sentence for people: lower case, no final period. Text from the release is not made safe for a
/// terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A file in `.openness/` is too large and was not read.
    TooLarge {
        /// The file.
        path: RepoPath,
        /// The size of the largest file that is read, in bytes.
        limit: u64,
    },
    /// The statement is not in the form in which it was signed, and otherwise is as signed.
    StatementRewritten {
        /// Its path.
        path: RepoPath,
    },
    /// A Git LFS pointer is in the place of the statement, which was not downloaded.
    StatementPointer {
        /// Its path.
        path: RepoPath,
    },
    /// There are more signature files than are checked.
    SignaturesLeft {
        /// The number of files that were checked.
        checked: usize,
    },
    /// Lines of an `allowed_signers` file were passed over, because signatures by keys of their types cannot be verified.
    KeysPassedOver {
        /// The name of the file.
        name: String,
        /// The types of the keys in order, each with its lines, from 1.
        types: Vec<(String, Vec<usize>)>,
    },
    /// There are more transparency log proofs than are checked.
    ProofsLeft {
        /// The number of proofs that were checked.
        checked: usize,
    },
    /// The key has expired, and a transparency log shows that the signature is older.
    LoggedBeforeExpiry {
        /// The time by which the signature existed.
        time: Timestamp,
    },
    /// An unsigned file that the verifier allows.
    AllowedUnsigned {
        /// The file.
        path: RepoPath,
    },
    /// A signed submodule is checked out. Only its commit is signed, and not its files.
    Submodule {
        /// Where it is.
        path: RepoPath,
        /// Whether the signed commit is checked out; `None` if that could not be read.
        is_signed_commit: Option<bool>,
        /// The number of its files.
        files: usize,
    },
    /// Files have other names (hard links), through which they can be changed.
    HardLinks {
        /// The files.
        paths: Vec<RepoPath>,
    },
    /// The directory is a bare repository, so its commit was verified instead of files on disk.
    BareRepository {
        /// The commit.
        commit: ObjectId,
    },
    /// The files were read from a repository on another machine, at this commit.
    HostCommit {
        /// The commit, as the host names it.
        commit: String,
    },
    /// The digests were not stored in the cache.
    NotCached {
        /// The reason, as printed.
        reason: String,
    },
    /// Files differ from what was signed by their line endings alone.
    LineEndings {
        /// How they differ.
        difference: LineEndings,
        /// The files, in path order.
        paths: Vec<RepoPath>,
    },
    /// Symbolic links that lead nowhere are in the place of signed files.
    DanglingLinks {
        /// The links, in path order, each with its target.
        links: Vec<(RepoPath, String)>,
    },
    /// Files in `.openness/` were not read, because they are symbolic links.
    LinksNotRead {
        /// The links.
        paths: Vec<RepoPath>,
    },
    /// A file could not be read.
    Unreadable {
        /// The file.
        path: RepoPath,
        /// The reason, as printed.
        reason: String,
    },
    /// Why a downloaded file is not what was signed.
    Download(Download),
    /// The sums file is missing.
    NoSums {
        /// Its path.
        path: RepoPath,
    },
    /// The statement claims to be made after the time for which it is verified.
    MadeLater {
        /// The time that it claims.
        created: Timestamp,
        /// The time for which it is verified.
        at: Timestamp,
    },
    /// The manifest is missing or too large, so no claim was checked.
    NoManifest {
        /// Its path.
        path: RepoPath,
    },
    /// The manifest is not as signed, so nothing was derived from it.
    ManifestChanged {
        /// Its path.
        path: RepoPath,
    },
    /// The manifest has mistakes that keep parts of it from being read.
    ManifestUnsound,
    /// The manifest breaks rules that the signer did not waive.
    ManifestRules {
        /// The codes of the rules, in the order of the findings.
        codes: Vec<&'static str>,
    },
    /// The statement names a taxonomy that this version does not know.
    UnknownTaxonomy {
        /// The taxonomy's id.
        id: String,
    },
    /// The data of a taxonomy is not the same as when the statement was signed.
    TaxonomyChanged {
        /// The taxonomy's id.
        id: String,
    },
    /// Only bundles of OpenSSF Model Signing are good, which declare nothing.
    NothingDeclared,
    /// A bundle lists its files component by component.
    ListedByComponents {
        /// The name of the bundle.
        name: String,
    },
}

impl Note {
    /// Returns a note for each `allowed_signers` file of which lines were passed over.
    pub(super) fn of_passed_over(trust: &Trust) -> Vec<Self> {
        let mut files: BTreeMap<&str, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
        for line in trust.passed_over() {
            files.entry(&line.name).or_default().entry(&line.key_type).or_default().push(line.line);
        }
        let note = |(name, types): (&str, BTreeMap<&str, Vec<usize>>)| Self::KeysPassedOver {
            name: name.to_owned(),
            types: types.into_iter().map(|(name, lines)| (name.to_owned(), lines)).collect(),
        };
        files.into_iter().map(note).collect()
    }
}

/// How line endings differ from those that were signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LineEndings {
    /// Every LF became CRLF, as Git does on Windows.
    NowCrLf,
    /// The same, in a script, a program, or a format that runs code when it is loaded.
    CrLfInCode,
    /// Carriage returns were added before some line feeds only, which Git never does.
    SomeCrLf,
    /// Every CRLF became LF.
    NowLf,
}

impl LineEndings {
    /// Returns what happened and what to do, as clauses.
    fn explanation(self) -> &'static str {
        match self {
            Self::NowCrLf => {
                "every LF is now CRLF, as Git writes it on Windows; clone again with `git clone -c core.autocrlf=false`, \
                 or accept it with `--allow-crlf`; the line `* -text` in `.gitattributes` prevents it"
            }
            Self::CrLfInCode => {
                "every LF is now CRLF, which changes what a script does, so `--allow-crlf` does not accept it; clone again \
                 with `git clone -c core.autocrlf=false`; the line `* -text` in `.gitattributes` prevents it"
            }
            Self::SomeCrLf => {
                "there are now carriage returns before some line feeds, which Git does not add by itself; get the signed \
                 file again"
            }
            Self::NowLf => {
                "every CRLF is now LF, as Git writes it for a text that it normalizes; get the signed file again; the line \
                 `* -text` in `.gitattributes` prevents it"
            }
        }
    }
}

/// Writes `line 1` or `lines 1, 2`, and of many lines the number of those that are left out.
fn lines(numbers: &[usize]) -> String {
    const MOST: usize = 5;
    let named: Vec<String> = numbers.iter().take(MOST).map(usize::to_string).collect();
    let word = if numbers.len() == 1 { "line" } else { "lines" };
    let rest = match numbers.len().saturating_sub(MOST) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    format!("{word} {}{rest}", named.join(", "))
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { path, limit } => write!(f, "`{path}` is larger than {limit} bytes and was not read"),
            Self::StatementPointer { path } => write!(
                f,
                "`{path}` is a Git LFS pointer in place of the statement: run `git lfs pull`; the producer can keep it in Git \
                 itself with the line `/{OPENNESS_DIR}/** !filter !diff !merge` in `.gitattributes`"
            ),
            Self::StatementRewritten { path } => write!(
                f,
                "`{path}` was rewritten after it was signed: its signatures hold for the same content in canonical JSON; \
                 restore `{OPENNESS_DIR}/` as it was signed, and exclude it from hooks such as end-of-file-fixer and \
                 from formatters"
            ),
            Self::SignaturesLeft { checked } => write!(f, "only the first {checked} signature files were checked"),
            Self::KeysPassedOver { name, types } => {
                let types: Vec<String> = types.iter().map(|(name, at)| format!("`{name}` ({})", lines(at))).collect();
                write!(
                    f,
                    "keys in `{name}` were passed over, because signatures by keys of their types cannot be verified: {}",
                    types.join(", ")
                )
            }
            Self::ProofsLeft { checked } => write!(f, "only the first {checked} transparency log proofs were checked"),
            Self::LoggedBeforeExpiry { time } => write!(
                f,
                "according to a transparency log and its witnesses, the signature existed by {time}; \
                 `--verify-time {time}` checks the key as of that time"
            ),
            Self::Submodule { path, is_signed_commit, files } => write!(
                f,
                "`{path}` is a submodule: {}, and {}; `--allow-unsigned {}` accepts them",
                match is_signed_commit {
                    Some(true) => "the signed commit is checked out",
                    Some(false) => "another commit than the signed one is checked out",
                    None => "it cannot be read which commit is checked out",
                },
                match files {
                    1 => "its file is not signed itself".to_owned(),
                    files => format!("its {files} files are not signed themselves"),
                },
                quote::word(&format!("{path}/**"))
            ),
            Self::AllowedUnsigned { path } => write!(f, "`{path}` is not signed; allowed by --allow-unsigned"),
            Self::HardLinks { paths } => write!(
                f,
                "hard links give other names to {}, through which they can be changed; `--export` makes separate copies",
                summarize_list(paths.iter())
            ),
            Self::HostCommit { commit } => write!(f, "the files were read at commit {commit} of the host"),
            Self::BareRepository { commit } => write!(
                f,
                "the directory is a bare repository: commit {commit} (`HEAD`) was verified, and no file on disk"
            ),
            Self::NotCached { reason } => write!(f, "the digests were not stored in the cache: {reason}"),
            Self::LineEndings { difference, paths } => write!(
                f,
                "only the line endings of {} are not as signed: {}",
                summarize_list(paths.iter()),
                difference.explanation()
            ),
            Self::DanglingLinks { links } => write!(
                f,
                "symbolic links that lead nowhere are in the place of signed files: {}; copy what they lead to as well, for \
                 example with `cp -L`, or download the files again",
                summarize_list(links.iter().map(|(path, target)| format!("{path} -> {target}")))
            ),
            Self::LinksNotRead { paths } => write!(
                f,
                "{} {} not read, because links are not followed; put the files themselves there, for example with `cp -L`",
                summarize_list(paths.iter()),
                if paths.len() == 1 { "is a symbolic link and was" } else { "are symbolic links and were" },
            ),
            Self::Unreadable { path, reason } => write!(f, "cannot read `{path}`: {reason}"),
            Self::Download(download) => download.fmt(f),
            Self::NoSums { path } => write!(f, "`{path}` is missing; it is optional and can be regenerated"),
            Self::MadeLater { created, at } => write!(
                f,
                "the statement says that it was made at {created}, after the time for which it is verified, {at}"
            ),
            Self::NoManifest { path } => {
                write!(f, "the manifest `{path}` cannot be read, so no claim was checked")
            }
            Self::ManifestChanged { path } => {
                write!(f, "the manifest `{path}` is not as signed, so no claim was checked")
            }
            Self::ManifestUnsound => f.write_str("parts of the manifest cannot be read"),
            Self::ManifestRules { codes } => write!(f, "the manifest breaks its own rules: {}", codes.join(", ")),
            Self::UnknownTaxonomy { id } => write!(f, "this version of openness does not know the taxonomy `{id}`"),
            Self::TaxonomyChanged { id } => write!(f, "the data of `{id}` has changed since it was signed"),
            Self::NothingDeclared => f.write_str(
                "the signature covers the files and nothing else: no signer that you trust declares how open the model is",
            ),
            Self::ListedByComponents { name } => write!(
                f,
                "`{name}` lists its files directory by directory, as `model_signing` does; the specification sorts whole \
                 paths, so other programs may refuse it"
            ),
        }
    }
}

/// Why a downloaded file is not what was signed, going by the notes of the Hugging Face Hub client.
///
/// Anyone who can change the file can change those notes, so this is only an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Download {
    /// The file.
    pub path: RepoPath,
    /// What happened to it.
    pub state: DownloadState,
    /// One clause for people: which digests were compared, and what helps.
    pub detail: String,
}

/// What happened to a downloaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DownloadState {
    /// The Hub has the signed file; this copy was damaged or changed. Downloading it again helps.
    Damaged,
    /// The download is intact, but the Hub's file is not the signed one.
    Intact,
    /// The Hub's file is not the signed one, and this copy is neither.
    Other,
}

impl fmt::Display for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.detail)
    }
}

/// Why a signed statement is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementProblem {
    /// The bytes are not a valid statement.
    #[error(transparent)]
    Invalid(statement::Error),
    /// `expires` is not a date.
    #[error("`expires` is `{expires}`, which is not a date")]
    Expires {
        /// The text as signed.
        expires: String,
    },
    /// The statement contradicts the manifest.
    #[error("{contradiction}")]
    Contradiction {
        /// The first contradiction, one clause for people.
        contradiction: String,
    },
    /// The digest of a file and the digests of its blocks are not of the same bytes. The file that is present has the one or the
    /// other.
    #[error("the digest signed for `{path}` and the digests signed for its blocks are of different bytes")]
    DigestsDisagree {
        /// The file.
        path: RepoPath,
    },
    /// A signed verdict differs from the one that the same facts and the same taxonomy data yield.
    #[error("the verdict signed for `{taxonomy}` is not what the facts yield")]
    Verdict {
        /// The taxonomy's id.
        taxonomy: String,
    },
}

fn list(keys: &[Fingerprint]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
