//! `openness report`.

use clap::ValueEnum;

use super::source_args::SourceArgs;
use super::{Failure, Outcome, Session, manifest, values};
use crate::evaluate;
use crate::finding::closest;
use crate::report::page::Page;
use crate::report::{badge, html, markdown};
use crate::taxonomy;

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
    let parsed = manifest::read(&args.source)?;
    if !parsed.is_sound() {
        manifest::print_findings(&parsed, session)?;
        return Ok(Outcome::Failed);
    }
    let manifest = &parsed.manifest;
    match args.format {
        Format::Badge => {
            let taxonomy = taxonomy::named(&args.taxonomy).map_or(&*args.taxonomy, |taxonomy| &taxonomy.id);
            let evaluation = evaluate::evaluate_one(manifest, taxonomy).ok_or_else(|| unknown(&args.taxonomy))?;
            badge::write(&evaluation, &mut session.out.document())?;
        }
        Format::Markdown => {
            markdown::write(&Page::new(manifest, &evaluate::evaluate(manifest)), &mut session.out.document())?;
        }
        Format::Html => html::write(&Page::new(manifest, &evaluate::evaluate(manifest)), &mut session.out.document())?,
    }
    Ok(Outcome::Done)
}

fn unknown(id: &str) -> Failure {
    let known: Vec<&str> = taxonomy::all().iter().map(|taxonomy| taxonomy.id.as_str()).collect();
    let near = closest(id, taxonomy::names());
    let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    Failure::new(format!("there is no taxonomy `{id}`")).help(format!("{near}known taxonomies: {}", known.join(", ")))
}
