//! Hook managers: programs that own the files in Git's hooks directory and have configuration files of their own.

use std::path::Path;

/// A hook manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// <https://pre-commit.com>; prek reads the same configuration file.
    PreCommit,
    /// <https://prek.j178.dev>
    Prek,
    /// <https://lefthook.dev>
    Lefthook,
    /// <https://typicode.github.io/husky>
    Husky,
}

/// The files and directories in a working tree that show which hook manager is used, by precedence.
const CONFIG_FILES: &[(&str, Runner)] = &[
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
    /// Returns the hook manager that a working tree is set up for, and the name of the file that shows it.
    #[must_use]
    pub fn of(work_dir: &Path) -> Option<(Self, &'static str)> {
        CONFIG_FILES.iter().find(|(file, _)| work_dir.join(file).exists()).map(|(file, runner)| (*runner, *file))
    }

    /// Returns what to add to its configuration so that it runs `openness`.
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
    fn detects_hook_managers_by_their_files() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Runner::of(dir.path()), None);
        std::fs::create_dir(dir.path().join(".husky")).unwrap();
        assert_eq!(Runner::of(dir.path()), Some((Runner::Husky, ".husky")));
        std::fs::write(dir.path().join("lefthook.yml"), "").unwrap();
        assert_eq!(Runner::of(dir.path()), Some((Runner::Lefthook, "lefthook.yml")));
    }
}
