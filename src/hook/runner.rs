//! Programs that run hooks and own the files in Git's directory of hooks; they are told what to run in files of their own.

use std::path::Path;

/// A program that runs hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// <https://pre-commit.com>, and prek, which reads the same file.
    PreCommit,
    /// <https://prek.j178.dev>
    Prek,
    /// <https://lefthook.dev>
    Lefthook,
    /// <https://typicode.github.io/husky>
    Husky,
}

/// The file or directory in the work tree that tells of each.
const SIGNS: &[(&str, Runner)] = &[
    ("prek.toml", Runner::Prek),
    (".pre-commit-config.yaml", Runner::PreCommit),
    (".pre-commit-config.yml", Runner::PreCommit),
    ("lefthook.yml", Runner::Lefthook),
    ("lefthook.yaml", Runner::Lefthook),
    ("lefthook.toml", Runner::Lefthook),
    ("lefthook.json", Runner::Lefthook),
    (".lefthook.yml", Runner::Lefthook),
    (".lefthook.yaml", Runner::Lefthook),
    (".husky", Runner::Husky),
];

impl Runner {
    /// Returns the program that a work tree is set up for, and the file that says so.
    #[must_use]
    pub fn of(work_dir: &Path) -> Option<(Self, &'static str)> {
        SIGNS.iter().find(|(sign, _)| work_dir.join(sign).exists()).map(|(sign, runner)| (*runner, *sign))
    }

    /// Returns what to write into its file.
    #[must_use]
    pub fn snippet(self) -> String {
        let repository = env!("CARGO_PKG_REPOSITORY");
        let version = env!("CARGO_PKG_VERSION");
        match self {
            Self::PreCommit => {
                format!("repos:\n  - repo: {repository}\n    rev: v{version}\n    hooks:\n      - id: openness\n")
            }
            Self::Prek => {
                format!("[[repos]]\nrepo = \"{repository}\"\nrev = \"v{version}\"\nhooks = [{{ id = \"openness\" }}]\n")
            }
            Self::Lefthook => {
                let hook = |name| format!("{name}:\n  commands:\n    openness:\n      run: openness hook run\n");
                hook("pre-commit") + &hook("pre-merge-commit")
            }
            Self::Husky => "openness hook run\n".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn each_runner_is_known_by_its_file() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Runner::of(dir.path()), None);
        std::fs::create_dir(dir.path().join(".husky")).unwrap();
        assert_eq!(Runner::of(dir.path()), Some((Runner::Husky, ".husky")));
        std::fs::write(dir.path().join("lefthook.yml"), "").unwrap();
        assert_eq!(Runner::of(dir.path()), Some((Runner::Lefthook, "lefthook.yml")));
    }
}
