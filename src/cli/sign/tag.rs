//! `openness sign --tag`: Git's own signed tag, for a commit that contains a good signature by the same key.

use std::io::Write as _;

use crate::beneath::read_regular;
use crate::cli::progress::Progress;
use crate::cli::signer::SignerArgs;
use crate::cli::source_args::SourceArgs;
use crate::cli::{Failure, Outcome, Session, environment, hashing};
use crate::files::{Files, OPENNESS_DIR};
use crate::git::{self, Repo};
use crate::hook::push::may_pass;
use crate::quote;
use crate::release::STATEMENT_FILE;
use crate::report::{human, shown};
use crate::sign::Trust;
use crate::snapshot::Snapshot;
use crate::statement::{Body, MAX_STATEMENT_BYTES};
use crate::tag::{Identity, NewTag, parse_date};
use crate::verify::{Reason, Report, Requirements, verify};

pub(super) fn run(
    name: &str,
    messages: &[String],
    source: &SourceArgs,
    signer: &SignerArgs,
    session: &mut Session,
) -> Result<Outcome, Failure> {
    let repo = Repo::discover(&source.path, &environment::user())?.ok_or_else(|| {
        Failure::new(format!("cannot create a tag: `{}` is not in a Git repository", source.path.display()))
    })?;
    check_name(name, &repo)?;
    let tagger = tagger(&repo, session)?;
    let snapshot = source.committed()?;
    let mut signer = signer.signer()?;
    let trust = signer.trust();
    let report = verified(&snapshot, &trust, session)?;
    let commit = snapshot.commit().ok_or_else(|| Failure::new("only a commit can be tagged"))?.commit;
    let Some(statement) = report.statement().filter(|_| may_pass(&report)) else {
        write!(session.out, "not tagged: commit {}: ", commit.abbreviated())?;
        human::verify::write(&report, session.terminal.style, true, &mut session.out)?;
        writeln!(session.out, "help: {}", help(&report, &snapshot, source))?;
        return Ok(Outcome::Failed);
    };
    let model = &statement.predicate.model;
    let message = match messages {
        [] => default_message(statement),
        paragraphs => paragraphs.join("\n\n"),
    };
    let payload = NewTag { name, commit: &commit, tagger: &tagger, message: &message }.payload()?;
    let signature = signer.sign_tag(&payload, session)?;
    let object = repo.add_tag(name, &NewTag::finish(&payload, &signature, &trust, session.now)?)?;
    writeln!(
        session.out,
        "tagged {} {} as {}: commit {}, signed by {}",
        shown(&model.name),
        shown(&model.version),
        shown(name),
        commit.abbreviated(),
        signer.fingerprint()
    )?;
    session.note(&format!(
        "wrote the tag object {object}; publish it with `git push REMOTE {}`",
        shown(&quote::word(name))
    ));
    if !name.contains(&model.version) {
        session.note(&format!("note: the version of the release is `{}`", shown(&model.version)));
    }
    Ok(Outcome::Done)
}

fn check_name(name: &str, repo: &Repo) -> Result<(), git::Error> {
    let name_owned = || name.to_owned();
    if !Repo::is_tag_name(name) {
        return Err(git::Error::TagName { name: name_owned() });
    }
    if repo.has_tag(name)? {
        return Err(git::Error::TagExists { name: name_owned() });
    }
    Ok(())
}

fn verified(snapshot: &Snapshot, trust: &Trust, session: &Session) -> Result<Report, Failure> {
    let progress = Progress::new(&session.terminal, "verifying", None);
    let requirements = Requirements::new(trust, session.now).threads(hashing::threads());
    Ok(verify(snapshot, &requirements, &|bytes| progress.advance(bytes))?)
}

/// Returns a message like the ones that people write. It is one line, whatever the statement contains.
fn default_message(statement: &Body) -> String {
    let model = &statement.predicate.model;
    let line = format!("{} {}", model.name, model.version);
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Returns what to do about a commit that cannot be tagged.
fn help(report: &Report, snapshot: &Snapshot, source: &SourceArgs) -> String {
    const NEXT: &str = "commit `.openness` (`git add .openness && git commit`), and tag that commit";
    if is_uncommitted(snapshot, source) {
        return format!("the signature in the working tree is not committed; {NEXT}");
    }
    if report.reasons().contains(&Reason::UntrustedKey) {
        return format!(
            "the release is signed, but not by this key; add its signature with `openness sign --statement \
             {OPENNESS_DIR}/{STATEMENT_FILE}`, {NEXT}"
        );
    }
    let sign = if report.reasons().contains(&Reason::Unsigned) { "sign it" } else { "sign the present files" };
    format!("the tagged commit must contain a good signature; {sign} with `openness sign`, {NEXT}")
}

/// Returns whether `.openness/` on disk contains a statement that is not the one in the commit.
fn is_uncommitted(snapshot: &Snapshot, source: &SourceArgs) -> bool {
    if source.rev.is_some() {
        return false;
    }
    let file = format!("{OPENNESS_DIR}/{STATEMENT_FILE}");
    let limit = u64::try_from(MAX_STATEMENT_BYTES).unwrap_or(u64::MAX);
    let Ok(on_disk) = read_regular(source.directory(), &file, limit) else { return false };
    let committed = file.parse().ok().and_then(|path| snapshot.read(&path, limit).ok().flatten());
    committed.is_none_or(|committed| committed != on_disk)
}

/// Returns the tagger as Git determines it: from the environment, then from the settings, but never from the name of
/// the machine.
fn tagger(repo: &Repo, session: &Session) -> Result<Identity, Failure> {
    let find = |name: &str, keys: [&str; 2]| -> Result<Option<String>, Failure> {
        if let Some(value) = environment::text(name) {
            return Ok(Some(value));
        }
        for key in keys {
            if let Some(value) = repo.setting(key)?.filter(|value| !value.is_empty()) {
                return Ok(Some(value));
            }
        }
        Ok(None)
    };
    let name = find("GIT_COMMITTER_NAME", ["committer.name", "user.name"])?;
    let mail = find("GIT_COMMITTER_EMAIL", ["committer.email", "user.email"])?.or_else(|| environment::text("EMAIL"));
    let (Some(name), Some(mail)) = (name, mail) else {
        return Err(Failure::new("cannot create a tag: Git does not know your name and email address")
            .help("set them with `git config --global user.name NAME` and `git config --global user.email ADDRESS`"));
    };
    let time = match environment::text("GIT_COMMITTER_DATE") {
        None => session.now.to_zoned_datetime(environment::time_zone()),
        Some(text) => parse_date(&text, &environment::time_zone()).ok_or_else(|| {
            Failure::new(format!("GIT_COMMITTER_DATE is `{text}`"))
                .help("expected `1700000000 +0100` or 2026-11-22T00:00:00Z")
        })?,
    };
    Ok(Identity::new(&name, &mail, time)?)
}
