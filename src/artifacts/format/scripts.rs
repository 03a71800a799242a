//! The table of scripts and build files: what is a script is said only here.
//!
//! A *script* is run by an interpreter as it is. Like other code, it cannot be left out of a signature. A *build file*
//! tells a tool what to do with the other files, in a working tree that the user has checked out to build it, and no loader
//! of models opens it. It may be left out, but a carriage return changes what it does, so that its line endings count as those
//! of a script do.

use super::CodeKind::Source;
use super::table::{NAMES_LANGUAGE, Row, row};
use crate::path::RepoPath;

const SHELL: &str = "it is a shell script";
pub(super) const SCRIPT: &str = "it is a script";
const POWER_SHELL: &str = "it is a PowerShell script";
const VISUAL_BASIC: &str = "it is a Visual Basic script";

/// Extensions of scripts.
pub(super) const SCRIPTS: &[Row] = &[
    row("sh", Source, SHELL, NAMES_LANGUAGE),
    row("bash", Source, SHELL, NAMES_LANGUAGE),
    row("bats", Source, SHELL, "https://bats-core.readthedocs.io/en/stable/"),
    row("csh", Source, SHELL, NAMES_LANGUAGE),
    row("dash", Source, SHELL, NAMES_LANGUAGE),
    row("elv", Source, SHELL, "https://elv.sh/"),
    row("fish", Source, SHELL, NAMES_LANGUAGE),
    row("ksh", Source, SHELL, NAMES_LANGUAGE),
    row("nu", Source, SHELL, "https://www.nushell.sh/book/scripts.html"),
    row("tcsh", Source, SHELL, NAMES_LANGUAGE),
    row("zsh", Source, SHELL, NAMES_LANGUAGE),
    // macOS runs it in a terminal.
    row(
        "command",
        Source,
        SHELL,
        "https://developer.apple.com/library/archive/documentation/OpenSource/Conceptual/ShellScripting/",
    ),
    row("bat", Source, SCRIPT, NAMES_LANGUAGE),
    row("cmd", Source, SCRIPT, NAMES_LANGUAGE),
    row("ps1", Source, POWER_SHELL, NAMES_LANGUAGE),
    row(
        "psm1",
        Source,
        POWER_SHELL,
        "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_modules",
    ),
    row(
        "vbs",
        Source,
        VISUAL_BASIC,
        "https://learn.microsoft.com/windows-server/administration/windows-commands/wscript",
    ),
    row(
        "vbe",
        Source,
        VISUAL_BASIC,
        "https://learn.microsoft.com/windows-server/administration/windows-commands/wscript",
    ),
    row("wsf", Source, SCRIPT, "https://learn.microsoft.com/windows-server/administration/windows-commands/wscript"),
    row("py", Source, "it is Python", NAMES_LANGUAGE),
    row("pyw", Source, "it is Python", "https://docs.python.org/3/using/windows.html"),
    row(
        "pyx",
        Source,
        "it is Cython",
        "https://cython.readthedocs.io/en/latest/src/userguide/source_files_and_compilation.html",
    ),
    row("ipynb", Source, "a notebook contains code", "https://nbformat.readthedocs.io/en/latest/"),
    row("js", Source, "it is JavaScript", NAMES_LANGUAGE),
    row("mjs", Source, "it is JavaScript", NAMES_LANGUAGE),
    row("cjs", Source, "it is JavaScript", NAMES_LANGUAGE),
    row("coffee", Source, "it is CoffeeScript", NAMES_LANGUAGE),
    row("lua", Source, "it is Lua", NAMES_LANGUAGE),
    row("pl", Source, "it is Perl", NAMES_LANGUAGE),
    row("pm", Source, "it is Perl", NAMES_LANGUAGE),
    row("rb", Source, "it is Ruby", NAMES_LANGUAGE),
    row("r", Source, "it is R", NAMES_LANGUAGE),
    row("jl", Source, "it is Julia", NAMES_LANGUAGE),
    row("php", Source, "it is PHP", NAMES_LANGUAGE),
    row("tcl", Source, "it is Tcl", NAMES_LANGUAGE),
    row("expect", Source, "it is Tcl", "https://core.tcl-lang.org/expect/index"),
    row("awk", Source, "it is AWK", NAMES_LANGUAGE),
    row("sed", Source, SCRIPT, NAMES_LANGUAGE),
    row("el", Source, "it is Emacs Lisp", NAMES_LANGUAGE),
    row("scm", Source, "it is Scheme", NAMES_LANGUAGE),
    row("vim", Source, "it is Vim script", NAMES_LANGUAGE),
    row("groovy", Source, "it is Groovy", NAMES_LANGUAGE),
    row("kts", Source, "it is a Kotlin script", "https://kotlinlang.org/docs/custom-script-deps-tutorial.html"),
];

/// Names of files that shells run when they start or when a user enters the directory, all of which start with a dot.
pub(super) const HIDDEN: &[Row] = &[
    row(".bash_profile", Source, SHELL, "https://www.gnu.org/software/bash/manual/html_node/Bash-Startup-Files.html"),
    row(".bashrc", Source, SHELL, "https://www.gnu.org/software/bash/manual/html_node/Bash-Startup-Files.html"),
    row(".profile", Source, SHELL, "https://www.gnu.org/software/bash/manual/html_node/Bash-Startup-Files.html"),
    row(".zshrc", Source, SHELL, "https://zsh.sourceforge.io/Doc/Release/Files.html"),
    row(".envrc", Source, SHELL, "https://direnv.net/"),
];

/// Extensions of build files, and of source code that has to be compiled first or is only read. TypeScript is among them,
/// because `.ts` is also the extension of video.
const BUILD_EXTENSIONS: &[&str] = &[
    "ac",
    "ahk",
    "am",
    "applescript",
    "bzl",
    "clj",
    "cmake",
    "ebuild",
    "exs",
    "gemspec",
    "gradle",
    "hta",
    "jsx",
    "m4",
    "mak",
    "mk",
    "mojo",
    "nf",
    "ninja",
    "nix",
    "podspec",
    "ps1xml",
    "psd1",
    "pyi",
    "rake",
    "rkt",
    "smk",
    "sql",
    "star",
    "ts",
    "tsx",
];
/// Names of build files and of settings that a shell or a debugger runs, without such an extension, in lower case.
const BUILD_NAMES: &[&str] = &[
    ".bash_aliases",
    ".bash_login",
    ".env",
    ".gdbinit",
    ".lldbinit",
    ".rprofile",
    ".vimrc",
    ".zprofile",
    ".zshenv",
    "apptainer",
    "brewfile",
    "build",
    "capfile",
    "cmakelists.txt",
    "configure",
    "containerfile",
    "dockerfile",
    "earthfile",
    "fastfile",
    "gemfile",
    "gnumakefile",
    "guardfile",
    "jenkinsfile",
    "justfile",
    "makefile",
    "meson.build",
    "podfile",
    "procfile",
    "rakefile",
    "sconscript",
    "sconstruct",
    "singularity",
    "snakefile",
    "tiltfile",
    "vagrantfile",
    "workspace",
    "wscript",
];

/// Returns whether a name is that of a build file.
pub(super) fn is_build_file(path: &RepoPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    let extension = path.extension().unwrap_or_default();
    // `Dockerfile.gpu` and the like.
    let first = name.split(['.', '-']).next().unwrap_or_default();
    BUILD_EXTENSIONS.contains(&extension.as_str())
        || BUILD_NAMES.contains(&name.as_str())
        || (["dockerfile", "makefile"].contains(&first) && extension != "md")
}

/// Returns whether a file starts with the line that names its interpreter, perhaps after a byte order mark. Other formats
/// start with `#!` as well, such as AMR audio (`#!AMR`), and so do attributes of Rust (`#![`).
pub(super) fn starts_script(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    start.strip_prefix(b"#!").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn a_script_is_not_a_build_file() {
        for row in SCRIPTS {
            assert!(!BUILD_EXTENSIONS.contains(&row.extension), "{}", row.extension);
        }
        for row in HIDDEN {
            assert!(row.extension.starts_with('.') && !BUILD_NAMES.contains(&row.extension), "{}", row.extension);
        }
        for name in
            ["Makefile", "sub/Dockerfile.gpu", "rules.mk", "CMakeLists.txt", "x.ts", "SConstruct", ".zshenv", "a.bzl"]
        {
            assert!(is_build_file(&name.parse().unwrap()), "{name}");
        }
        for name in ["dockerfile.md", "make.txt", "file", "x.sh"] {
            assert!(!is_build_file(&name.parse().unwrap()), "{name}");
        }
    }

    #[test]
    fn the_first_line_names_an_interpreter_by_its_path() {
        for start in [&b"#!/bin/sh\n"[..], b"#! /usr/bin/env python3\n", b"\xef\xbb\xbf#!/bin/sh\n"] {
            assert!(starts_script(start), "{start:?}");
        }
        for start in [&b"#!AMR\n"[..], b"#!MLF!#\n", b"#![no_std]\n", b"# /bin/sh\n", b"#!", b" #!/bin/sh\n", b""] {
            assert!(!starts_script(start), "{start:?}");
        }
    }
}
