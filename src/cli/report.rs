//! `openness report`.

use clap::ValueEnum;

use super::output_args::OutputArgs;
use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, manifest, values};
use crate::report::page::Page;
use crate::report::{badge, html, markdown};

/// Print a page or a badge with the declared components and the verdict of each taxonomy
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Print in this format
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
    /// Show the verdict of this taxonomy, such as osaid-1.0 or osaid, in the badge
    #[arg(
        long,
        value_name = "ID",
        default_value = "mof-1.0",
        value_parser = values::taxonomies(),
        hide_possible_values = true
    )]
    taxonomy: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Markdown, for release notes
    Markdown,
    /// A single HTML file, without scripts and external resources
    Html,
    /// An SVG badge with the verdict of one taxonomy
    Badge,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    let release = manifest::read_release(&args.source)?;
    let parsed = &release.parsed;
    if !parsed.is_sound() {
        manifest::print_findings(parsed, session)?;
        return Ok(Outcome::Failed);
    }
    let manifest = &parsed.manifest;
    let page = || Page::new(manifest, &release.evaluate(), &release.keys);
    match args.format {
        Format::Badge => {
            let taxonomy = values::taxonomy(&args.taxonomy)?;
            if let Some(evaluation) = release.evaluate_one(&taxonomy.id) {
                badge::write(manifest, &evaluation, &release.keys, &mut session.out.document())?;
            }
        }
        Format::Markdown => {
            markdown::write(&page(), &mut session.out.document())?;
        }
        Format::Html => html::write(&page(), &mut session.out.document())?,
    }
    Ok(Outcome::Done)
}
