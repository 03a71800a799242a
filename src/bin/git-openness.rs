//! The program `git-openness`, which Git runs for `git openness …`.

fn main() -> std::process::ExitCode {
    openness::cli::main("git openness")
}
