//! What a page asks (`schemas/browser-request-v1.schema.json`).

use serde::Deserialize;

/// A question of a page.
#[derive(Debug, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// `openness verify`.
    Verify(Verify),
    /// `openness check`, of a manifest among files.
    CheckFiles {
        /// The files.
        files: Vec<File>,
    },
    /// `openness check -`, of a manifest alone.
    Check {
        /// The text of the manifest.
        manifest: String,
    },
    /// `openness show -`.
    Show {
        /// The text of the manifest.
        manifest: String,
    },
    /// `openness path GOAL -`.
    Path {
        /// The text of the manifest.
        manifest: String,
        /// The goal, such as `mof=class-2`.
        goal: String,
    },
    /// `openness import FORMAT FILE`; the answer is the text of a manifest.
    Import {
        /// The format, such as `card`.
        format: String,
        /// The text of the record.
        text: String,
    },
    /// `openness explain CODE`; the answer is the manual of a rule as Markdown.
    Explain {
        /// The code of the rule, such as `OPN310`.
        code: String,
    },
}

/// What `openness verify` takes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verify {
    /// The files of the release.
    pub files: Vec<File>,
    /// The trusted keys: lines of public key files or allowed_signers files, and blocks of PEM.
    #[serde(default)]
    pub trust: String,
    /// The principal that has to be the signer.
    pub identity: Option<String>,
    /// The authorities and logs of identities without a lasting key: the `trusted_root.json` of a Sigstore instance, or
    /// `embedded:sigstore` for that of the public instance.
    pub trusted_root: Option<String>,
    /// The service that has to vouch for such an identity.
    pub issuer: Option<String>,
    /// The current time (RFC 3339). The module has no clock.
    pub at: String,
    /// The text of a policy.
    pub policy: Option<String>,
    /// Patterns of unsigned files that are allowed.
    #[serde(default)]
    pub allow_unsigned: Vec<String>,
    /// Whether texts in which every LF became CRLF are accepted.
    #[serde(default)]
    pub allow_crlf: bool,
    /// Whether missing files are accepted.
    #[serde(default)]
    pub partial: bool,
    /// The least sequence number that is accepted.
    pub require_sequence: Option<u64>,
    /// Whether the files are on a disk, where a program would load a Git LFS pointer instead of its content.
    #[serde(default)]
    pub on_disk: bool,
    /// Whether to answer with the files to hash, if their digests are missing, instead of hashing them.
    #[serde(default)]
    pub ask_for_digests: bool,
    /// The digests of files that the page hashed.
    #[serde(default)]
    pub digests: Vec<Digest>,
}

/// A file that the page can read. Its number is its position in the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The path below the directory of the release.
    pub path: String,
    /// The size in bytes.
    pub size: u64,
}

/// The digest of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// The number of the file.
    pub file: u32,
    /// SHA-256, in 64 lowercase hex digits; `null` if the file could not be read.
    pub sha256: Option<String>,
}
