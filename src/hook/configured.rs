//! Hooks that the Git configuration names: `hook.NAME.event` and `hook.NAME.command`
//! ([git-hook](https://git-scm.com/docs/git-hook)), which Git runs from version 2.54 on, before the file in the hooks
//! directory.

use std::collections::BTreeMap;

use super::Hook;
use crate::git::{self, Repo};

/// The first version of Git that runs configured hooks.
pub const FIRST_GIT: (u32, u32) = (2, 54);

/// A configured hook that runs this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredHook {
    /// The name, between `hook.` and `.command`.
    pub name: String,
    /// The hook that it runs as.
    pub hook: Hook,
}

/// Returns the configured hooks that run the command of a hook of this crate, in the order of names.
///
/// # Errors
/// The errors of [`Repo::settings_of`].
pub fn find(repo: &Repo) -> Result<Vec<ConfiguredHook>, git::Error> {
    Ok(of_settings(repo.settings_of("hook")?))
}

/// What the settings say about one name.
#[derive(Debug, Default)]
struct Settings {
    events: Vec<String>,
    command: String,
    is_off: bool,
}

fn of_settings(settings: Vec<(String, String)>) -> Vec<ConfiguredHook> {
    let mut hooks: BTreeMap<String, Settings> = BTreeMap::new();
    for (key, value) in settings {
        let Some((name, key)) = key.strip_prefix("hook.").and_then(|rest| rest.rsplit_once('.')) else { continue };
        let hook = hooks.entry(name.to_owned()).or_default();
        match key {
            // An empty value takes back the events before it.
            "event" if value.is_empty() => hook.events.clear(),
            "event" => hook.events.push(value),
            "command" => hook.command = value,
            "enabled" => hook.is_off = matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0" | ""),
            _ => {}
        }
    }
    // The name of an event switches off all of its hooks.
    let off: Vec<String> = hooks.iter().filter(|(_, hook)| hook.is_off).map(|(name, _)| name.clone()).collect();
    let mut found = Vec::new();
    for (name, settings) in hooks.into_iter().filter(|(_, settings)| !settings.is_off) {
        let runs = |hook: &Hook| {
            let is_named = settings.events.iter().any(|event| event == hook.name());
            is_named && !off.iter().any(|name| name == hook.name()) && settings.command.contains(hook.command())
        };
        found.extend(Hook::ALL.into_iter().filter(runs).map(|hook| ConfiguredHook { name: name.clone(), hook }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(settings: &[(&str, &str)]) -> Vec<(String, &'static str)> {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        of_settings(settings).into_iter().map(|found| (found.name, found.hook.name())).collect()
    }

    #[test]
    fn finds_hooks_that_run_the_command() {
        let both = [
            ("hook.a.b.event", "pre-commit"),
            ("hook.a.b.event", "pre-merge-commit"),
            ("hook.a.b.command", "/opt/bin/openness hook run"),
        ];
        assert_eq!(found(&both), [("a.b".to_owned(), "pre-commit"), ("a.b".to_owned(), "pre-merge-commit")]);
        let push = [("hook.p.event", "pre-push"), ("hook.p.command", "git openness hook pre-push \"$@\"")];
        assert_eq!(found(&push), [("p".to_owned(), "pre-push")]);
    }

    #[test]
    fn passes_over_hooks_that_do_something_else() {
        let command = ("hook.x.command", "openness hook run");
        let event = ("hook.x.event", "pre-commit");
        assert_eq!(found(&[command]), []);
        assert_eq!(found(&[event]), []);
        assert_eq!(found(&[("hook.x.event", "commit-msg"), command]), []);
        assert_eq!(found(&[event, ("hook.x.command", "linter")]), []);
        assert_eq!(found(&[event, command, ("hook.x.command", "linter")]), [], "the last one counts");
        assert_eq!(found(&[event, ("hook.x.event", ""), command]), [], "the events were taken back");
        assert_eq!(found(&[event, command, ("hook.x.enabled", "false")]), []);
        assert_eq!(found(&[event, command, ("hook.pre-commit.enabled", "off")]), []);
        assert_eq!(found(&[event, command, ("hook.x.enabled", "true")]).len(), 1);
    }
}
