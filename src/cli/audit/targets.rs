//! The targets that arguments and files name.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

#[cfg(not(feature = "remote"))]
use super::super::source_args;
use super::super::{Failure, inputs};
use crate::artifacts::glob::Glob;
use crate::audit::{self, Output, Targets};
use crate::path::RepoPath;

/// The largest list of targets that is read, in bytes.
const MAX_LIST_BYTES: usize = 1 << 30;

/// Which targets to audit
#[derive(Debug, clap::Args)]
pub(super) struct TargetArgs {
    /// Audit these: a directory, a bare repository (its HEAD), `git:REPOSITORY@REVISION`, or a pattern of such paths with `*`,
    /// `?` or `[…]` within names. Builds with the feature `remote` also read s3://, gs://, az:// and https:// URLs, and
    /// hf:org/name@REV
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Audit the targets in this file too: one a line, or a column of a Parquet file (*.parquet); `-` is standard input
    #[arg(long = "targets", value_name = "FILE")]
    targets_from: Vec<PathBuf>,
    /// The column of a Parquet file that has the targets
    #[arg(long, value_name = "NAME", default_value = "target")]
    column: String,
}

impl TargetArgs {
    /// Returns whether no target is named.
    fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.targets_from.is_empty()
    }

    /// Returns the list of targets, and how many were named more than once. If none are named, those of the run that is in
    /// the output.
    pub(super) fn read(&self, out: &Path) -> Result<(Targets, usize), Failure> {
        let mut all = Vec::new();
        if self.is_empty() {
            if Output::run_in(out)?.is_none() {
                return Err(
                    Failure::new("no target is named").help("name directories, or a list with `--targets FILE`")
                );
            }
            all.extend(Output::targets_in(out)?.lines().map(str::to_owned));
        }
        for target in &self.targets {
            expand(target, &mut all)?;
        }
        for file in &self.targets_from {
            self.read_list(file, &mut all)?;
        }
        #[cfg(not(feature = "remote"))]
        if let Some(target) = all.iter().find(|target| audit::is_remote(target)) {
            return Err(source_args::built_for_local_files(target));
        }
        let named = all.len();
        let targets = Targets::new(all)?;
        if targets.is_empty() {
            return Err(Failure::new("the list of targets is empty"));
        }
        let repeated = named - targets.len();
        Ok((targets, repeated))
    }

    fn read_list(&self, file: &Path, all: &mut Vec<String>) -> Result<(), Failure> {
        let name = file.display();
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet")) {
            return audit::text_column(file, &self.column, |target| all.push(target.to_owned())).map_err(|error| {
                let is_missing = matches!(error, audit::ColumnError::Missing { .. });
                let failure = Failure::caused_by(format!("cannot read targets from `{name}`"), error);
                if is_missing { failure.help("name the column with `--column NAME`") } else { failure }
            });
        }
        let text = match file.as_os_str() == "-" {
            true => inputs::text(inputs::read_stdin(MAX_LIST_BYTES)?, "standard input")?,
            false => inputs::read_text(file, MAX_LIST_BYTES)?,
        };
        if text.len() > MAX_LIST_BYTES {
            return Err(Failure::new(format!("`{name}` has more than {MAX_LIST_BYTES} bytes")));
        }
        let lines = text.strip_prefix('\u{feff}').unwrap_or(&text).lines();
        lines.filter(|line| !line.is_empty()).try_for_each(|line| expand(line, all))
    }
}

/// Adds a target, or those that a pattern stands for: what is on disk under the very name is never a pattern.
fn expand(target: &str, all: &mut Vec<String>) -> Result<(), Failure> {
    let is_path = !target.starts_with("git:") && !audit::is_remote(target);
    let is_pattern = target.contains(['*', '?', '[']) && is_path && !Path::new(target).exists();
    if !is_pattern {
        all.push(target.to_owned());
        return Ok(());
    }
    let mut found = vec![if target.starts_with('/') { "/".to_owned() } else { String::new() }];
    for component in target.split('/').filter(|component| !component.is_empty()) {
        let mut below = Vec::new();
        for directory in &found {
            matching(directory, component, &mut below)?;
        }
        found = below;
    }
    if found.is_empty() {
        return Err(Failure::new(format!("the pattern `{target}` matches nothing")));
    }
    all.extend(found);
    Ok(())
}

/// Adds the paths in a directory whose names match one component of a pattern.
fn matching(directory: &str, component: &str, found: &mut Vec<String>) -> Result<(), Failure> {
    let joined = |name: &str| match directory {
        "" | "/" => format!("{directory}{name}"),
        _ => format!("{directory}/{name}"),
    };
    if !component.contains(['*', '?', '[']) {
        let path = joined(component);
        found.extend(Path::new(&path).exists().then_some(path));
        return Ok(());
    }
    let glob = component.parse::<Glob>().map_err(|error| Failure::caused_by(format!("`{component}`"), error))?;
    let place = if directory.is_empty() { "." } else { directory };
    let fail = |error| Failure::caused_by(format!("cannot read `{place}`"), error);
    if !Path::new(place).is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(place).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        let matches = |name: &str| name.parse::<RepoPath>().is_ok_and(|path| glob.matches(&path));
        if let Some(name) = utf8(&name, place)?.filter(|name| matches(name)) {
            found.push(joined(name));
        }
    }
    Ok(())
}

/// Returns a name; `None` if it is hidden.
fn utf8<'n>(name: &'n OsStr, place: &str) -> Result<Option<&'n str>, Failure> {
    let shown = name.to_string_lossy();
    match name.to_str() {
        Some(name) => Ok((!name.starts_with('.')).then_some(name)),
        None => {
            Err(Failure::new(format!("`{shown}` in `{place}` is not UTF-8")).help("name the other targets one by one"))
        }
    }
}
