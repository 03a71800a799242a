//! Installing and uninstalling hooks.

use std::io::Write as _;
use std::path::Path;

use super::Name;
use crate::cli::{Failure, Outcome, Session, environment};
use crate::git::{self, Repo};
use crate::hook::install::{self, Change, HookDir, State};
use crate::hook::{Hook, configured};
use crate::quote;
use crate::report::shown;

pub(super) fn install(names: &[Name], force: bool, session: &mut Session) -> Result<Outcome, Failure> {
    let (repo, directory) = find()?;
    let hooks: Vec<Hook> = match names {
        [] if repo.is_bare() => {
            return Err(Failure::new("commits are not made in a bare repository").help(
                "to verify release tags that are pushed to this repository, run `openness hook install pre-receive`",
            ));
        }
        [] => vec![Hook::PreCommit, Hook::PreMergeCommit],
        names => names.iter().copied().map(Hook::from).collect(),
    };
    if let Some((runner, file)) = directory.runner().filter(|_| !force) {
        session.note(&format!(
            "note: nothing was installed, because `{file}` configures another program to run the hooks of this \
             repository; add the following to that file, or use `--force`"
        ));
        session.out.document().write_all(runner.snippet().as_bytes())?;
        return Ok(Outcome::Done);
    }
    refuse_outside(&directory, force).map_err(|failure| {
        failure.help(format!("add this line to the hook in that directory, or use `--force`: {}", commands(&hooks)))
    })?;
    let hooks = without_configured(&repo, hooks, force, session)?;
    let changes = directory.install(&hooks).map_err(|error| match error {
        install::Error::Foreign { hook, .. } => {
            Failure::from(error).help(format!("let that hook run `{}`, and fail if it fails", hook.command()))
        }
        error => error.into(),
    })?;
    for (hook, change) in changes {
        let word = match change {
            Change::Created => "installed",
            Change::Added => "added to",
            Change::Updated => "updated in",
            Change::Unchanged | Change::Removed | Change::Deleted => "already in",
        };
        print_change(word, hook, &directory, session)?;
    }
    Ok(Outcome::Done)
}

pub(super) fn uninstall(names: &[Name], force: bool, session: &mut Session) -> Result<Outcome, Failure> {
    let hooks: Vec<Hook> = match names {
        [] => Hook::ALL.to_vec(),
        names => names.iter().copied().map(Hook::from).collect(),
    };
    let (_, directory) = find()?;
    refuse_outside(&directory, force)
        .map_err(|failure| failure.help("to remove the hooks from it anyway, use `--force`"))?;
    let changes = directory.uninstall(&hooks)?;
    if changes.is_empty() {
        let place = directory.directory().display();
        let which = match names {
            [] => String::new(),
            _ => format!(" as {}", hooks.iter().map(|hook| hook.name()).collect::<Vec<_>>().join(" or ")),
        };
        session.note(&format!("note: openness is not installed in `{place}`{which}"));
    }
    for (hook, change) in changes {
        print_change(if change == Change::Deleted { "deleted" } else { "removed from" }, hook, &directory, session)?;
    }
    Ok(Outcome::Done)
}

pub(super) fn status(session: &mut Session) -> Result<Outcome, Failure> {
    let (repo, directory) = find()?;
    let configured = configured::find(&repo)?;
    let name = directory.directory().display().to_string();
    writeln!(session.out, "{:<18}{}", "hooks in", shown(&name))?;
    if directory.is_outside() {
        session.note("note: that directory is outside this repository; other repositories may share it");
    }
    if let Some((_, file)) = directory.runner() {
        session.note(&format!("note: `{file}` configures another program to run the hooks of this repository"));
    }
    let mut outcome = Outcome::Done;
    for hook in Hook::ALL {
        let (word, is_good) = match directory.state(hook)? {
            State::Absent => ("not installed", true),
            State::Foreign => ("a hook without openness", true),
            State::Installed => ("installed", true),
            State::Outdated => ("installed by another version; update it with `openness hook install`", false),
            State::NotExecutable => ("installed, but not executable, so Git does not run it", false),
            State::Damaged => ("damaged; repair or delete the block of openness by hand", false),
        };
        let by_git = configured.iter().find(|found| found.hook == hook).map(|found| shown(&found.name).to_string());
        let (word, is_good) = match (by_git, word) {
            (None, word) => (word.to_owned(), is_good),
            (Some(name), "not installed") if runs_configured_hooks() => {
                (format!("configured as `hook.{name}.command`"), true)
            }
            (Some(name), "not installed") => {
                (format!("configured as `hook.{name}.command`, which Git runs from version 2.54 on only"), false)
            }
            (Some(name), word) => (format!("{word}; also configured as `hook.{name}.command`"), is_good),
        };
        writeln!(session.out, "{:<18}{word}", hook.name())?;
        if !is_good {
            outcome = Outcome::Failed;
        }
    }
    Ok(outcome)
}

/// Leaves out the hooks that the Git configuration runs already, and says so.
fn without_configured(
    repo: &Repo,
    mut hooks: Vec<Hook>,
    force: bool,
    session: &mut Session,
) -> Result<Vec<Hook>, Failure> {
    for found in configured::find(repo)? {
        if force || !hooks.contains(&found.hook) {
            continue;
        }
        let (name, hook) = (shown(&found.name), found.hook.name());
        if runs_configured_hooks() {
            hooks.retain(|hook| *hook != found.hook);
            session.note(&format!(
                "note: {hook} was not installed, because Git runs `hook.{name}.command` from its configuration; `--force` \
                 installs the file too, and then both run"
            ));
        } else {
            session.note(&format!(
                "note: from version 2.54 on, Git also runs `hook.{name}.command` as {hook}, so both run; remove one of them \
                 then: `git config --remove-section {}`",
                shown(&quote::word(&format!("hook.{}", found.name)))
            ));
        }
    }
    Ok(hooks)
}

/// Returns whether the installed Git runs hooks from its configuration.
fn runs_configured_hooks() -> bool {
    git::program_version(&environment::user()).is_some_and(|version| version >= configured::FIRST_GIT)
}

/// Finds the repository of the current directory, and its directory of hooks.
fn find() -> Result<(Repo, HookDir), Failure> {
    let repo = Repo::discover(Path::new("."), &environment::user())?.ok_or_else(|| {
        Failure::new("the current directory is not in a Git repository")
            .help("run this in the repository that the hooks are for")
    })?;
    let directory = HookDir::of(&repo)?;
    Ok((repo, directory))
}

fn refuse_outside(directory: &HookDir, force: bool) -> Result<(), Failure> {
    if force || !directory.is_outside() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "Git looks for hooks in `{}`, outside this repository; other repositories may share it",
        directory.directory().display()
    )))
}

fn commands(hooks: &[Hook]) -> String {
    let mut commands: Vec<String> = hooks.iter().map(|hook| format!("`{} || exit $?`", hook.command())).collect();
    commands.dedup();
    commands.join(", ")
}

fn print_change(word: &str, hook: Hook, directory: &HookDir, session: &mut Session) -> Result<(), Failure> {
    let file = directory.directory().join(hook.name()).display().to_string();
    writeln!(session.out, "{word} {}", shown(&file))?;
    Ok(())
}
