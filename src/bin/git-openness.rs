//! The program `git-openness`, which `git openness …` runs.

fn main() -> std::process::ExitCode {
    openness::cli::main("git openness")
}
