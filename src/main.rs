//! The program `openness`.

fn main() -> std::process::ExitCode {
    openness::cli::main("openness")
}
