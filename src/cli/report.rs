//! `openness report`.

use clap::ValueEnum;

use super::place::{self, SourceArgs};
use super::{Failure, Outcome, Session};
use crate::evaluate;
use crate::report::page::Page;
use crate::report::{badge, html, markdown};
use crate::taxonomy;

/// Write a page or a badge of what is declared, and of what each taxonomy makes of it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: SourceArgs,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
    /// The taxonomy whose verdict a badge shows
    #[arg(long, value_name = "ID", default_value = "mof-1.0")]
    taxonomy: String,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Markdown, for release notes
    Markdown,
    /// One file of HTML, without scripts and without anything from elsewhere
    Html,
    /// An SVG badge of one taxonomy's verdict
    Badge,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let parsed = place::read_manifest(&args.place)?;
    if !parsed.is_sound() {
        place::complain(&parsed, session)?;
        return Ok(Outcome::Against);
    }
    let manifest = &parsed.manifest;
    match args.format {
        Format::Badge => {
            let evaluation = evaluate::evaluate_one(manifest, &args.taxonomy).ok_or_else(|| unknown(&args.taxonomy))?;
            badge::write(&evaluation, &mut session.out)?;
        }
        Format::Markdown => markdown::write(&Page::new(manifest, &evaluate::evaluate(manifest)), &mut session.out)?,
        Format::Html => html::write(&Page::new(manifest, &evaluate::evaluate(manifest)), &mut session.out)?,
    }
    Ok(Outcome::Done)
}

fn unknown(id: &str) -> Failure {
    let known: Vec<&str> = taxonomy::all().iter().map(|taxonomy| taxonomy.id.as_str()).collect();
    Failure::new(format!("there is no taxonomy `{id}`")).help(format!("expected one of {}", known.join(", ")))
}
