//! `openness sign --oms`: signs the files of a model for OpenSSF Model Signing. No manifest is needed, and nothing is declared.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Args, refuse_leftovers};
use crate::artifacts::digest::{Basis, Hashed, LfsContent, Pointers};
use crate::cli::{Failure, Outcome, Session, hashing, inputs};
use crate::files::{Entry, Files, HUB_NOTES_DIR, Kind, OPENNESS_DIR};
use crate::manifest::{FILE_NAME, Sha256Hex};
use crate::oms::{Bundle, DEFAULT_IGNORED, MAX_BUNDLE_BYTES, Material, Statement};
use crate::path::RepoPath;
use crate::report::{counted, shown, size};
use crate::sign::EcdsaPublicKey;
use crate::sign::x509::{self, Certificate};
use crate::snapshot::Snapshot;
use crate::{atomic, oms};

/// The name of the signature file if none is given.
const DEFAULT_NAME: &str = "model.sig";

pub(super) fn run(args: &Args, session: &mut Session) -> Result<Outcome, Failure> {
    let target = target(args)?;
    let lock = atomic::lock(args.source.directory(), || session.note("waiting for another run that is signing here"));
    let lock = lock.ok();
    let snapshot = match args.source.is_file() {
        true => Snapshot::of_file(args.source.directory())?,
        false => args.source.committed()?,
    };
    refuse_leftovers(&snapshot)?;
    let ignored = ignored(&args.ignore, &snapshot)?;
    let model = Model::of(&snapshot, place(&target, args.source.directory()), ignored)?;
    let hashed = hashing::hash_all(&snapshot, &model.files, Pointers::Confirm, session);
    let (statement, bytes) = model.statement(&name(args.source.directory()), hashed, session)?;
    let statement = if args.source.is_file() { statement.of_single_file() } else { statement };
    let contents = format!("{}, {}", counted(statement.resources().len(), "file"), size(bytes));
    if args.dry_run {
        let key = args.signer.see_ecdsa()?;
        writeln!(session.out, "would sign `{}` for OpenSSF Model Signing: {contents}", statement.name())?;
        key.note(session);
        return Ok(Outcome::Done);
    }
    let key = args.signer.ecdsa()?;
    let chain = chain(&args.certificate, key.public())?;
    refuse_to_replace(&target, key.public(), &chain, args.replace)?;
    let bundle = if chain.is_empty() { statement.sign(&key) } else { statement.sign_with_chain(&key, &chain) };
    atomic::write(&target, &bundle?)?;
    drop(lock);
    let public = key.public();
    writeln!(
        session.out,
        "signed `{}` by the {} key {}: {contents}",
        statement.name(),
        public.curve(),
        public.pem_id()
    )?;
    if !snapshot.entries().iter().any(|entry| entry.path.as_str() == FILE_NAME) {
        session.note(&format!("note: there is no `{FILE_NAME}`, so nothing is declared about how open the model is"));
    }
    session.note(&format!("wrote {}", target.display()));
    Ok(Outcome::Done)
}

/// Returns the file to write.
fn target(args: &Args) -> Result<PathBuf, Failure> {
    match &args.signature {
        Some(file) => Ok(file.clone()),
        None if args.output.is_none() && super::is_bare(&args.source) => {
            Err(Failure::new("cannot write `model.sig` into a bare repository")
                .help("name another file with `--signature FILE`"))
        }
        None if args.source.is_file() => {
            let mut name = args.source.directory().as_os_str().to_owned();
            name.push(".sig");
            Ok(name.into())
        }
        None => Ok(args.source.directory().join(DEFAULT_NAME)),
    }
}

/// Reads the paths within the model that the signature leaves out. One that is not there is probably misspelled.
fn ignored(paths: &[String], snapshot: &Snapshot) -> Result<Vec<RepoPath>, Failure> {
    let read = |path: &String| {
        let path: RepoPath = path
            .trim_end_matches('/')
            .parse()
            .map_err(|error| Failure::caused_by(format!("`--ignore {}`", shown(path)), error))?;
        match snapshot.entries().iter().any(|entry| entry.path.is_within(path.as_str())) {
            true => Ok(path),
            false => Err(Failure::new(format!("`--ignore {path}`: there is no such file or directory"))
                .help("name a path within the model, such as `logs`")),
        }
    };
    paths.iter().map(read).collect()
}

/// Returns the path of the signature within the model, if it will be there.
fn place(target: &Path, model: &Path) -> Option<RepoPath> {
    let above = target.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let above = above.canonicalize().ok()?;
    let below = above.strip_prefix(model.canonicalize().ok()?).ok()?.join(target.file_name()?);
    let components: Vec<&str> = below.iter().map(|component| component.to_str()).collect::<Option<_>>()?;
    components.join("/").parse().ok()
}

/// Returns the name of the model: that of its directory, or of its only file.
fn name(directory: &Path) -> String {
    let canonical = directory.canonicalize().ok();
    let name = canonical.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
    name.unwrap_or("model").to_owned()
}

/// The files of a model, and what the signature leaves out.
struct Model<'a> {
    files: Vec<&'a Entry>,
    ignored: Vec<RepoPath>,
}

impl<'a> Model<'a> {
    fn of(snapshot: &'a Snapshot, signature: Option<RepoPath>, more: Vec<RepoPath>) -> Result<Self, Failure> {
        if let Some(problem) = snapshot.problems().first() {
            return Err(Failure::new(format!("cannot sign {problem}")));
        }
        let own: Option<RepoPath> = OPENNESS_DIR.parse().ok();
        // Other tools would sign them, or find them unsigned.
        let left_out = snapshot.list().left_out().iter().map(|entry| match entry.path.is_within(HUB_NOTES_DIR) {
            true => HUB_NOTES_DIR.parse().unwrap_or_else(|_| entry.path.clone()),
            false => entry.path.clone(),
        });
        let ignored: BTreeSet<RepoPath> = signature.into_iter().chain(own).chain(more).chain(left_out).collect();
        let mut model = Self { files: Vec::new(), ignored: ignored.into_iter().collect() };
        for entry in snapshot.entries() {
            let path = &entry.path;
            if DEFAULT_IGNORED.iter().any(|name| path.is_within(name))
                || model.ignored.iter().any(|ignored| path.is_within(ignored.as_str()))
            {
                continue;
            }
            match &entry.kind {
                Kind::File { .. } if is_bundle(snapshot, path) => model.ignored.push(path.clone()),
                Kind::File { .. } => model.files.push(entry),
                Kind::Symlink { .. } => {
                    return Err(Failure::new(format!(
                        "`{path}` is a symbolic link, which OpenSSF Model Signing does not cover"
                    ))
                    .help("replace it with a copy of the file, or delete it"));
                }
                Kind::Submodule { .. } => {
                    return Err(Failure::new(format!(
                        "`{path}` is a submodule, which OpenSSF Model Signing does not cover"
                    ))
                    .help("sign a plain copy of the files"));
                }
                Kind::Missing => {}
            }
        }
        Ok(model)
    }

    /// States what was hashed, and returns the number of bytes as well.
    fn statement(
        self,
        name: &str,
        hashed: Vec<Result<Hashed, crate::artifacts::digest::Error>>,
        session: &Session,
    ) -> Result<(Statement, u64), Failure> {
        let mut files: Vec<(RepoPath, Sha256Hex)> = Vec::with_capacity(hashed.len());
        let (mut bytes, mut unconfirmed) = (0_u64, 0_usize);
        for (entry, hashed) in self.files.iter().zip(hashed) {
            let Hashed { sha256, size, basis } = hashed?;
            match basis {
                Basis::Bytes | Basis::Pointer { content: LfsContent::Confirmed, .. } => {}
                Basis::Pointer { content: LfsContent::Wrong, .. } => {
                    return Err(Failure::new(format!("`{}`: its object in Git LFS has another content", entry.path))
                        .help("`git lfs fsck` finds out which objects are damaged"));
                }
                Basis::Pointer { .. } => unconfirmed += 1,
            }
            bytes = bytes.saturating_add(size);
            files.push((entry.path.clone(), sha256));
        }
        if unconfirmed > 0 {
            session.note(&format!(
                "note: the content of {} is not on this machine; their digests come from their Git LFS pointers",
                counted(unconfirmed, "file")
            ));
        }
        let statement = Statement::of(name, files, &self.ignored).ok_or_else(|| {
            Failure::new("there are no files to sign").help("name the directory that holds the model")
        })?;
        Ok((statement, bytes))
    }
}

/// Returns whether a file at the root is a bundle itself. Signatures do not sign each other, so each can be renewed alone.
fn is_bundle(snapshot: &Snapshot, path: &RepoPath) -> bool {
    oms::may_be_bundle(path)
        && snapshot
            .read(path, MAX_BUNDLE_BYTES)
            .ok()
            .flatten()
            .is_some_and(|bytes| Bundle::read(&bytes).is_ok_and(|bundle| bundle.is_of_oms()))
}

/// Reads the certificates of the key.
fn chain(files: &[PathBuf], key: &EcdsaPublicKey) -> Result<Vec<Certificate>, Failure> {
    const MAX_BYTES: usize = 1 << 20;
    let mut chain = Vec::new();
    for file in files {
        let read = Certificate::read_pem(&inputs::read_text(file, MAX_BYTES)?);
        chain.extend(read.map_err(|error| Failure::caused_by(format!("`{}`", file.display()), error))?);
    }
    match chain.first() {
        Some(certificate) if certificate.ecdsa_key() != Some(*key) => {
            Err(Failure::new(format!("the first certificate, of `{}`, is of another key", certificate.subject()))
                .help("name the certificate of the key first, and then those above it"))
        }
        _ => check_usage(&chain).map(|()| chain),
    }
}

/// Refuses a chain that no verifier would accept, whatever it trusts.
fn check_usage(chain: &[Certificate]) -> Result<(), Failure> {
    x509::check_for_signing(chain).map_err(|error| {
        Failure::caused_by("no verifier would accept this certificate", error)
            .help("name one whose key may sign code: `digitalSignature` and `codeSigning`")
    })
}

/// Refuses to overwrite anything except an earlier signature: by the same key, or by anyone if that is to be replaced.
fn refuse_to_replace(
    target: &Path,
    key: &EcdsaPublicKey,
    chain: &[Certificate],
    is_replaced: bool,
) -> Result<(), Failure> {
    if !target.exists() {
        return Ok(());
    }
    let bytes = inputs::read_bounded(target, usize::try_from(MAX_BUNDLE_BYTES).unwrap_or(usize::MAX))?;
    let what = match Bundle::read(&bytes) {
        Ok(bundle) if *bundle.material() == (Material::Key { hint: Some(key.pem_id()) }) => return Ok(()),
        Ok(bundle) if is_of_first(bundle.material(), chain) => return Ok(()),
        Ok(_) if is_replaced => return Ok(()),
        // One that is damaged is one too, as far as can be seen.
        Err(_) if is_replaced && (bytes.is_empty() || oms::begins_like_bundle(&bytes)) => return Ok(()),
        Ok(_) => "is a signature by another signer",
        Err(_) => "is not a signature",
    };
    let help = match what {
        "is not a signature" => "name another file with `--signature FILE`, or delete it first",
        _ => "name another file with `--signature FILE`, or overwrite it with `--replace`",
    };
    Err(Failure::new(format!("`{}` exists and {what}", target.display())).help(help))
}

/// Returns whether a bundle is signed with the first certificate of a chain.
fn is_of_first(material: &Material, chain: &[Certificate]) -> bool {
    let Material::Certificates(theirs) = material else { return false };
    theirs.first().map(Vec::as_slice) == chain.first().map(Certificate::der) && !chain.is_empty()
}
