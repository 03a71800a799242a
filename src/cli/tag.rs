//! `openness sign --tag`: Git's own signed tag, for a commit that holds a good signature by the same key.

use std::io::Write as _;

use jiff::ZonedDateTime;

use super::place::SourceArgs;
use super::progress::Progress;
use super::signer::SignerArgs;
use super::{Failure, Outcome, Session};
use crate::files::{Files, OPENNESS_DIR};
use crate::git::Repo;
use crate::hook::push::may_pass;
use crate::release::STATEMENT_FILE;
use crate::report::{human, shown};
use crate::snapshot::Snapshot;
use crate::statement::{MAX_STATEMENT_BYTES, Statement};
use crate::tag::{Identity, NewTag, parse_date};
use crate::verify::{Reason, Report, Requirements, verify};

pub(super) fn run(
    name: &str,
    messages: &[String],
    place: &SourceArgs,
    signer: &SignerArgs,
    session: &mut Session,
) -> Result<Outcome, Failure> {
    let repo = Repo::discover(&place.path)?.ok_or_else(|| {
        Failure::new(format!("`{}` is in no Git repository, so there is nothing to tag", place.path.display()))
    })?;
    if !Repo::is_tag_name(name) {
        return Err(crate::git::Error::TagName { name: name.to_owned() }.into());
    }
    if repo.has_tag(name)? {
        return Err(crate::git::Error::TagExists { name: name.to_owned() }.into());
    }
    let tagger = tagger(&repo)?;
    let snapshot = place.committed()?;
    let mut signer = signer.signer()?;
    let trust = signer.trust();
    let progress = Progress::new(&session.terminal, "verifying", None);
    let requirements = Requirements::new(&trust, jiff::Timestamp::now()).threads(super::sign::threads());
    let report = verify(&snapshot, &requirements, &|bytes| progress.advance(bytes))?;
    drop(progress);
    let commit = snapshot.commit().ok_or_else(|| Failure::new("only a commit can be tagged"))?.commit;
    let Some(statement) = report.statement().filter(|_| may_pass(&report)) else {
        write!(session.out, "not tagged: the commit {}: ", abbreviated(&commit))?;
        human::verify::write(&report, session.terminal.style, true, &mut session.out)?;
        writeln!(session.out, "help: {}", help(&report, &snapshot, place))?;
        return Ok(Outcome::Against);
    };
    let model = &statement.predicate.model;
    let message = match messages {
        [] => default_message(statement),
        paragraphs => paragraphs.join("\n\n"),
    };
    let payload = NewTag { name, commit: &commit, tagger: &tagger, message: &message }.payload()?;
    let signature = signer.seal_tag(&payload, session)?;
    let object = repo.add_tag(name, &NewTag::finish(&payload, &signature, &trust, jiff::Timestamp::now())?)?;
    writeln!(
        session.out,
        "tagged {} {} as {}: commit {}, signed by {}",
        shown(&model.name),
        shown(&model.version),
        shown(name),
        abbreviated(&commit),
        signer.fingerprint()
    )?;
    session.note(&format!("wrote the tag object {object}; `git push REMOTE {}` publishes it", shown(name)));
    if !name.contains(&model.version) {
        session.note(&format!("note: the release calls itself `{}`", shown(&model.version)));
    }
    Ok(Outcome::Done)
}

fn abbreviated(commit: &crate::git::ObjectId) -> &str {
    commit.as_str().get(..12).unwrap_or(commit.as_str())
}

/// What a person would write; whatever the statement holds, it is one line.
fn default_message(statement: &Statement) -> String {
    let model = &statement.predicate.model;
    let line = format!("{} {}", model.name, model.version);
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What stands in the way, and how to go on.
fn help(report: &Report, snapshot: &Snapshot, place: &SourceArgs) -> String {
    const GO_ON: &str = "commit `.openness` (`git add .openness && git commit`), and tag that commit";
    if is_uncommitted(snapshot, place) {
        return format!("there is a signature in the work tree that is not committed; {GO_ON}");
    }
    if report.reasons().contains(&Reason::UntrustedKey) {
        return format!(
            "others signed the release, this key did not; add its signature with `openness sign --statement \
             {OPENNESS_DIR}/{STATEMENT_FILE}`, {GO_ON}"
        );
    }
    let sign =
        if report.reasons().contains(&Reason::Unsigned) { "sign it with" } else { "sign what is there now with" };
    format!("the tag has to lead to a commit that holds a good signature; {sign} `openness sign`, {GO_ON}")
}

/// Whether `.openness/` on disk holds another statement than the commit.
fn is_uncommitted(snapshot: &Snapshot, place: &SourceArgs) -> bool {
    use std::io::Read as _;
    if place.rev.is_some() {
        return false;
    }
    let Ok(limit) = u64::try_from(MAX_STATEMENT_BYTES) else { return false };
    let mut on_disk = Vec::new();
    let file = std::fs::File::open(place.directory().join(OPENNESS_DIR).join(STATEMENT_FILE));
    let read = file.and_then(|file| file.take(limit).read_to_end(&mut on_disk));
    let committed = format!("{OPENNESS_DIR}/{STATEMENT_FILE}").parse().ok();
    let committed = committed.and_then(|path| snapshot.read(&path, limit).ok().flatten());
    read.is_ok() && committed.is_none_or(|committed| committed != on_disk)
}

/// As Git finds it: what the environment says, then the settings; never a guess from the machine's name.
fn tagger(repo: &Repo) -> Result<Identity, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let find = |name: &str, keys: [&str; 2]| -> Result<Option<String>, Failure> {
        if let Some(value) = variable(name) {
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
    let mail = find("GIT_COMMITTER_EMAIL", ["committer.email", "user.email"])?.or_else(|| variable("EMAIL"));
    let (Some(name), Some(mail)) = (name, mail) else {
        return Err(Failure::new("Git does not know who makes the tag")
            .help("`git config --global user.name NAME` and `git config --global user.email ADDRESS` tell it"));
    };
    let time = match variable("GIT_COMMITTER_DATE") {
        None => ZonedDateTime::now(),
        Some(text) => parse_date(&text, &jiff::tz::TimeZone::system()).ok_or_else(|| {
            Failure::new(format!("GIT_COMMITTER_DATE is `{text}`"))
                .help("expected `1700000000 +0100`, or 2026-11-22T00:00:00Z")
        })?,
    };
    Ok(Identity::new(&name, &mail, time)?)
}
