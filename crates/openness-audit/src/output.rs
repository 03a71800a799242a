//! The directory that a run writes into.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::forms::{Done, Manifest, PartFacts, RunFacts, Summary};
use crate::part::PartWriter;
use crate::plan::Plan;
use crate::row::{FindingRow, Row};
use crate::{hex, table};

const RUN: &str = "_RUN.json";
const MANIFEST: &str = "_MANIFEST.json";
const TARGETS: &str = "_TARGETS.txt";
const LOCK: &str = "lock";
const TMP: &str = "tmp";
/// The names that a finished or unfinished run has at the top of its output.
const NAMES: &[&str] = &[RUN, MANIFEST, TARGETS, TMP, "rows", "findings", "done", "metrics.json", "report", "site"];

/// Why an output could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory could not be read or written.
    #[error("cannot {doing} `{}`", .path.display())]
    Io {
        /// The action, as an infinitive.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// The Parquet writer failed.
    #[error("cannot write `{}`", .path.display())]
    Parquet {
        /// The directory of the part.
        path: PathBuf,
        /// The error of the writer.
        source: ParquetError,
    },
    /// The directory holds something else.
    #[error("`{}` is not empty and contains `{name}`, which is not part of an audit", .path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// The first name of something else.
        name: String,
    },
    /// The directory holds another run.
    #[error("`{}` contains another run: {difference}", .path.display())]
    OtherRun {
        /// The directory.
        path: PathBuf,
        /// What differs, for people.
        difference: String,
    },
    /// The directory does not hold a run.
    #[error("`{}` does not contain an audit", .path.display())]
    NoRun {
        /// The directory.
        path: PathBuf,
    },
    /// The run in the directory is not complete.
    #[error("the audit in `{}` is not complete", .path.display())]
    Incomplete {
        /// The directory.
        path: PathBuf,
    },
    /// A file of the program is not what it wrote.
    #[error("`{}` is not as it was written: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl Error {
    /// Returns the error of a part that could not be written. What the disk said is not hidden in that of the writer.
    fn of_part(error: ParquetError, path: PathBuf) -> Self {
        match error {
            ParquetError::External(source) => match source.downcast::<io::Error>() {
                Ok(source) => Self::Io { doing: "write", path, source: *source },
                Err(source) => Self::Parquet { path, source: ParquetError::External(source) },
            },
            source => Self::Parquet { path, source },
        }
    }
}

/// The output of one run.
#[derive(Debug)]
pub struct Output {
    root: PathBuf,
    /// Shared by every program that is writing into the output.
    _lock: Option<File>,
}

impl Output {
    /// Opens the output of a run, which is a new or empty directory or one with an earlier part of the same run. What
    /// earlier runs left in `tmp/` is deleted, unless another program is writing into the output at the same time.
    ///
    /// # Errors
    /// [`Error::Foreign`], [`Error::OtherRun`], [`Error::Io`].
    pub fn open(root: &Path, plan: &Plan) -> Result<Self, Error> {
        create(root)?;
        let before = read_run(root)?;
        match &before {
            Some(found) => refuse_other(root, found, plan.facts())?,
            None => refuse_foreign(root)?,
        }
        for directory in [TMP, "rows", "findings", "done"] {
            create(&root.join(directory))?;
        }
        // From here on, no other program deletes what this one writes.
        let output = Self { root: root.to_owned(), _lock: clear(root) };
        if before.is_none() {
            output.put_new(RUN, &json(plan.facts())?)?;
            // Another program may have been faster.
            let found = read_run(root)?.ok_or_else(|| Error::NoRun { path: root.to_owned() })?;
            refuse_other(root, &found, plan.facts())?;
        }
        if !root.join(TARGETS).exists() {
            output.put(TARGETS, plan.targets().to_lines().as_bytes())?;
        }
        Ok(output)
    }

    /// Opens the output of a run that another program has started, to do a part of its work.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::OtherRun`], [`Error::Io`].
    pub fn join(root: &Path, run: &RunFacts) -> Result<Self, Error> {
        let found = read_run(root)?.ok_or_else(|| Error::NoRun { path: root.to_owned() })?;
        refuse_other(root, &found, run)?;
        Ok(Self { root: root.to_owned(), _lock: clear(root) })
    }

    /// Returns the directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns what identifies the run in a directory; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`].
    pub fn run_in(root: &Path) -> Result<Option<RunFacts>, Error> {
        read_run(root)
    }

    /// Returns the list of targets of the run in a directory, one a line.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn targets_in(root: &Path) -> Result<String, Error> {
        let path = root.join(TARGETS);
        fs::read_to_string(&path).map_err(|source| Error::Io { doing: "read", path, source })
    }

    /// Returns the manifest of the complete run in a directory.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Incomplete`], [`Error::Io`], [`Error::Damaged`].
    pub fn manifest_in(root: &Path) -> Result<Manifest, Error> {
        if let Some(manifest) = read_json(&root.join(MANIFEST))? {
            return Ok(manifest);
        }
        let path = root.to_owned();
        Err(if read_run(root)?.is_some() { Error::Incomplete { path } } else { Error::NoRun { path } })
    }

    /// Returns the record of a shard whose parts are in place.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Damaged`] if it is of another task.
    pub fn done(&self, run: &RunFacts, shard: u64) -> Result<Option<Done>, Error> {
        let path = self.root.join(done_file(shard));
        // A record that cannot be read is made again.
        let Ok(Some(done)) = read_json::<Done>(&path) else { return Ok(None) };
        if done.task != run.task(shard) {
            return Err(Error::Damaged { path, what: "it is of another task".to_owned() });
        }
        let is_there =
            |part: &PartFacts| fs::metadata(self.root.join(&part.file)).is_ok_and(|file| file.len() == part.bytes);
        Ok((is_there(&done.rows) && is_there(&done.findings)).then_some(done))
    }

    /// Starts the parts of a shard.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Parquet`].
    pub fn start(&self, run: &RunFacts, shard: u64) -> Result<ShardWriter<'_>, Error> {
        Ok(ShardWriter {
            output: self,
            shard,
            rows: Part::start(self, &run.program, &run.taxonomies)?,
            findings: Part::start(self, &run.program, &run.taxonomies)?,
            task: run.task(shard),
            summary: Summary::default(),
        })
    }

    /// Writes the manifest, if every shard is done and every part is as it was written.
    ///
    /// # Errors
    /// [`Error::Incomplete`], [`Error::Damaged`], [`Error::Io`].
    pub fn commit(&self, run: &RunFacts) -> Result<Manifest, Error> {
        let (mut shards, mut summary, mut rows, mut findings) = (Vec::new(), Summary::default(), 0, 0);
        for shard in 0..run.shards() {
            let Some(done) = self.done(run, shard)? else { return Err(Error::Incomplete { path: self.root.clone() }) };
            for part in [&done.rows, &done.findings] {
                self.check(part)?;
            }
            if Ok(done.rows.rows) != u64::try_from(run.range(shard).len()) {
                let path = self.root.join(done_file(shard));
                return Err(Error::Damaged { path, what: "the number of rows is not that of the targets".to_owned() });
            }
            summary.add(&done.summary);
            rows += done.rows.rows;
            findings += done.findings.rows;
            shards.push(done);
        }
        for table in ["rows", "findings"] {
            self.refuse_strangers(table, &shards)?;
        }
        let manifest = Manifest { version: crate::VERSION, run: run.clone(), rows, findings, summary, shards };
        self.put(MANIFEST, &json(&manifest)?)?;
        Ok(manifest)
    }

    /// Refuses a file next to the parts, which a reader of all files of a table would read too.
    fn refuse_strangers(&self, table: &str, shards: &[Done]) -> Result<(), Error> {
        let directory = self.root.join(table);
        let fail = |source| Error::Io { doing: "read", path: directory.clone(), source };
        for entry in fs::read_dir(&directory).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let shard = name.get(5..13).and_then(|digits| digits.parse().ok()).and_then(|at: usize| shards.get(at));
            let part = shard.map(|done| if table == "rows" { &done.rows.file } else { &done.findings.file });
            if part.is_none_or(|part| *part != format!("{table}/{name}")) {
                let what = "it is not part of this run; move it elsewhere and run the audit again".to_owned();
                return Err(Error::Damaged { path, what });
            }
        }
        Ok(())
    }

    /// Writes a file of the output in one step.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut file = self.temporary()?;
        let path = self.root.join(name);
        let fail = |source| Error::Io { doing: "write", path: path.clone(), source };
        file.write_all(bytes).map_err(fail)?;
        self.place(file, name)
    }

    /// Writes a file in one step, unless there is one.
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut file = self.temporary()?;
        let path = self.root.join(name);
        let fail = |source| Error::Io { doing: "write", path: path.clone(), source };
        file.write_all(bytes).map_err(fail)?;
        readable(file.as_file()).map_err(fail)?;
        file.as_file().sync_all().map_err(fail)?;
        match file.persist_noclobber(&path) {
            Ok(_) => sync_directory(&self.root).map_err(fail),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(fail(error.error)),
        }
    }

    fn temporary(&self) -> Result<NamedTempFile, Error> {
        let path = self.root.join(TMP);
        let file = tempfile::Builder::new().prefix("part-").suffix(".tmp").tempfile_in(&path);
        file.map_err(|source| Error::Io { doing: "write into", path, source })
    }

    /// Syncs a temporary file and moves it to its place.
    fn place(&self, file: NamedTempFile, name: &str) -> Result<(), Error> {
        let path = self.root.join(name);
        let fail = |source| Error::Io { doing: "write", path: path.clone(), source };
        readable(file.as_file()).map_err(fail)?;
        file.as_file().sync_all().map_err(fail)?;
        file.persist(&path).map_err(|error| fail(error.error))?;
        sync_directory(path.parent().unwrap_or(&self.root)).map_err(fail)
    }

    fn check(&self, part: &PartFacts) -> Result<(), Error> {
        let path = self.root.join(&part.file);
        let digest = file_sha256(&path).map_err(|source| Error::Io { doing: "read", path: path.clone(), source })?;
        if digest == part.sha256 {
            return Ok(());
        }
        Err(Error::Damaged { path, what: "its digest has changed; delete it and run the audit again".to_owned() })
    }
}

/// The parts of one shard while they are written. Nothing is in place before [`ShardWriter::finish`].
#[derive(Debug)]
pub struct ShardWriter<'a> {
    output: &'a Output,
    shard: u64,
    task: String,
    rows: Part<Row>,
    findings: Part<FindingRow>,
    summary: Summary,
}

impl ShardWriter<'_> {
    /// Adds the result for the next target.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Parquet`].
    pub fn push(&mut self, row: Row, findings: Vec<FindingRow>) -> Result<(), Error> {
        self.summary.add_row(&row, &findings);
        let fail = |error| Error::of_part(error, self.output.root.join(TMP));
        for finding in findings {
            self.findings.writer.push(finding).map_err(fail)?;
        }
        self.rows.writer.push(row).map_err(fail)
    }

    /// Puts both parts in their places, then the record that they are.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Parquet`].
    pub fn finish(self) -> Result<Done, Error> {
        let Self { output, shard, task, rows, findings, summary } = self;
        let name = format!("part-{shard:08}-{}.parquet", &task[..16]);
        let rows = rows.finish(output, format!("rows/{name}"))?;
        let findings = findings.finish(output, format!("findings/{name}"))?;
        let done = Done { version: crate::VERSION, shard, task, rows, findings, summary };
        output.put(&done_file(shard), &json(&done)?)?;
        Ok(done)
    }
}

/// A Parquet file in `tmp/`.
#[derive(Debug)]
struct Part<T> {
    writer: PartWriter<T, Hashing>,
}

impl<T: table::Table> Part<T> {
    fn start(output: &Output, program: &str, taxonomies: &[String]) -> Result<Self, Error> {
        let hashing =
            Hashing { file: BufWriter::with_capacity(1 << 16, output.temporary()?), hash: Sha256::new(), bytes: 0 };
        let writer = PartWriter::new(hashing, program, taxonomies)
            .map_err(|error| Error::of_part(error, output.root.join(TMP)))?;
        Ok(Self { writer })
    }

    fn finish(self, output: &Output, name: String) -> Result<PartFacts, Error> {
        let path = || output.root.join(&name);
        let rows = self.writer.count();
        let hashing = self.writer.finish().map_err(|error| Error::of_part(error, path()))?;
        let Hashing { file, hash, bytes } = hashing;
        let file = file.into_inner().map_err(|error| Error::Io {
            doing: "write",
            path: path(),
            source: error.into_error(),
        })?;
        output.place(file, &name)?;
        Ok(PartFacts { file: name, rows, bytes, sha256: hex(hash.finalize()) })
    }
}

/// A file whose digest is computed while it is written.
#[derive(Debug)]
struct Hashing {
    file: BufWriter<NamedTempFile>,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.file.write_all(buffer)?;
        self.hash.update(buffer);
        self.bytes += u64::try_from(buffer.len()).unwrap_or(0);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn done_file(shard: u64) -> String {
    format!("done/{shard:08}.json")
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let fail = |error: serde_json::Error| Error::Io { doing: "write", path: "JSON".into(), source: error.into() };
    let mut bytes = serde_json::to_vec_pretty(value).map_err(fail)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn create(directory: &Path) -> Result<(), Error> {
    fs::create_dir_all(directory).map_err(|source| Error::Io { doing: "create", path: directory.to_owned(), source })
}

fn read_run(root: &Path) -> Result<Option<RunFacts>, Error> {
    read_json(&root.join(RUN))
}

/// Reads a JSON file; `None` if it does not exist.
fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(source) => return Err(Error::Io { doing: "read", path: path.to_owned(), source }),
    };
    let value = serde_json::from_slice(&bytes);
    value.map(Some).map_err(|error| Error::Damaged { path: path.to_owned(), what: error.to_string() })
}

/// Refuses a directory with anything in it that no run wrote.
fn refuse_foreign(root: &Path) -> Result<(), Error> {
    let fail = |source| Error::Io { doing: "read", path: root.to_owned(), source };
    for entry in fs::read_dir(root).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        let name = name.to_string_lossy();
        if !NAMES.contains(&&*name) {
            return Err(Error::Foreign { path: root.to_owned(), name: name.escape_debug().to_string() });
        }
    }
    Ok(())
}

/// Refuses an output with another run.
fn refuse_other(root: &Path, found: &RunFacts, asked: &RunFacts) -> Result<(), Error> {
    match difference(found, asked) {
        Some(difference) => Err(Error::OtherRun { path: root.to_owned(), difference }),
        None => Ok(()),
    }
}

/// Returns what differs between the run in an output and the run that was asked for.
fn difference(found: &RunFacts, asked: &RunFacts) -> Option<String> {
    let differs = |what: &str, found: &dyn std::fmt::Display, asked: &dyn std::fmt::Display| {
        Some(format!("its {what} is {found}, this one's is {asked}"))
    };
    if found.program != asked.program {
        return differs("program", &found.program, &asked.program);
    }
    if found.targets_sha256 != asked.targets_sha256 {
        return Some(format!("it has other targets ({}, this one {})", found.targets, asked.targets));
    }
    if found.shard_size != asked.shard_size {
        return differs("shard size", &found.shard_size, &asked.shard_size);
    }
    if found.at != asked.at {
        return differs("time", &found.at, &asked.at);
    }
    if found.settings_sha256 != asked.settings_sha256 {
        return Some("it has other settings: mode, trusted signers, policy or limits".to_owned());
    }
    (found != asked).then(|| "it was written by another version".to_owned())
}

/// Deletes what killed runs left, unless another program is writing into the output. Returns the lock that keeps others
/// from deleting what this one writes; `None` on systems and file systems without locks, on which nothing is deleted.
fn clear(root: &Path) -> Option<File> {
    let open = || File::options().create(true).truncate(false).write(true).open(root.join(TMP).join(LOCK)).ok();
    // Closing the file unlocks it, also where unlocking it is reported as an error, as by Wine 8.
    let alone = open()?;
    if alone.try_lock().is_ok() {
        let left = fs::read_dir(root.join(TMP)).into_iter().flatten().flatten();
        for entry in left.filter(|entry| entry.file_name() != LOCK) {
            // What cannot be deleted does not count: it is never read.
            let _ = fs::remove_file(entry.path());
        }
    }
    drop(alone);
    let lock = open()?;
    lock.lock_shared().ok()?;
    Some(lock)
}

/// Lets others read a file that was made for its owner alone, as far as any new file.
#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
fn readable(_: &File) -> io::Result<()> {
    Ok(())
}

/// Makes a rename in a directory durable, where directories can be opened.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

fn file_sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::row::Status;
    use crate::targets::Targets;

    fn plan(program: &str) -> Plan {
        let targets = Targets::new(["a", "b", "c"]).unwrap();
        Plan::new(targets, 2, program, vec!["mof-1.0".to_owned()], "now", serde_json::Value::Null, [0; 32])
    }

    fn write(output: &Output, plan: &Plan, shard: u64) -> Done {
        let mut writer = output.start(plan.facts(), shard).unwrap();
        for target in plan.shard(shard) {
            let mut row = Row::empty(target, Status::Unsigned, 1);
            row.codes = vec!["OPN301".to_owned(), "OPN302".to_owned()];
            let finding = FindingRow {
                target: target.to_owned(),
                code: "OPN301".to_owned(),
                severity: "note".to_owned(),
                path: "OPENNESS.toml".to_owned(),
                line: 3,
                message: "é".to_owned(),
            };
            writer.push(row, vec![finding]).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn a_shard_that_is_written_twice_has_the_same_bytes_and_is_read_back() {
        let (directory, plan) = (tempfile::tempdir().unwrap(), plan("1"));
        let output = Output::open(directory.path(), &plan).unwrap();
        assert_eq!(output.done(plan.facts(), 0).unwrap(), None);
        let done = write(&output, &plan, 0);
        assert_eq!(write(&output, &plan, 0), done);
        assert_eq!(output.done(plan.facts(), 0).unwrap(), Some(done.clone()));
        assert_eq!((done.rows.rows, done.summary.statuses["unsigned"], done.summary.findings["note"]), (2, 2, 2));
        assert!(matches!(output.commit(plan.facts()), Err(Error::Incomplete { .. })));
        write(&output, &plan, 1);
        let manifest = output.commit(plan.facts()).unwrap();
        assert_eq!((manifest.rows, manifest.findings, manifest.shards.len()), (3, 3, 2));
        assert_eq!(Output::manifest_in(directory.path()).unwrap(), manifest);
        let mut rows = Vec::new();
        let file = directory.path().join(&done.rows.file);
        crate::read_rows(&file, &["mof-1.0".to_owned()], |row| rows.push(row)).unwrap();
        assert_eq!(rows.iter().map(|row| row.target.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((rows[1].codes.len(), &rows[1].reasons, &rows[1].verdicts), (2, &vec![], &vec![None]));
        let left = fs::read_dir(directory.path().join(TMP)).unwrap().count();
        assert_eq!(left, 1, "only the lock");
    }

    #[test]
    fn what_is_not_of_this_run_is_refused() {
        let (directory, plan) = (tempfile::tempdir().unwrap(), plan("1"));
        let root = directory.path();
        fs::write(root.join("other.txt"), "x").unwrap();
        assert!(matches!(Output::open(root, &plan), Err(Error::Foreign { name, .. }) if name == "other.txt"));
        fs::remove_file(root.join("other.txt")).unwrap();
        let output = Output::open(root, &plan).unwrap();
        assert!(matches!(Output::open(root, &tests::plan("2")), Err(Error::OtherRun { .. })));
        write(&output, &plan, 0);
        let done = write(&output, &plan, 1);
        fs::write(root.join("rows/part-00000001-0000000000000000.parquet"), "x").unwrap();
        assert!(matches!(output.commit(plan.facts()), Err(Error::Damaged { .. })));
        fs::remove_file(root.join("rows/part-00000001-0000000000000000.parquet")).unwrap();
        // The same size, other bytes.
        let part = root.join(&done.rows.file);
        let mut bytes = fs::read(&part).unwrap();
        bytes[10] ^= 1;
        fs::write(&part, bytes).unwrap();
        assert!(matches!(output.commit(plan.facts()), Err(Error::Damaged { .. })));
        fs::remove_file(&part).unwrap();
        assert_eq!(output.done(plan.facts(), 1).unwrap(), None);
        write(&output, &plan, 1);
        assert!(output.commit(plan.facts()).is_ok());
    }

    #[test]
    fn a_shard_can_be_written_by_who_knows_the_run_alone() {
        let (directory, plan) = (tempfile::tempdir().unwrap(), plan("1"));
        let root = directory.path();
        assert!(matches!(Output::join(root, plan.facts()), Err(Error::NoRun { .. })));
        let driver = Output::open(root, &plan).unwrap();
        assert!(matches!(Output::join(root, tests::plan("2").facts()), Err(Error::OtherRun { .. })));
        for shard in 0..2 {
            write(&Output::join(root, plan.facts()).unwrap(), &plan, shard);
        }
        assert_eq!(driver.commit(plan.facts()).unwrap().rows, 3);
    }

    #[test]
    fn leftovers_are_deleted_unless_another_program_is_writing() {
        let (directory, plan) = (tempfile::tempdir().unwrap(), plan("1"));
        let left = directory.path().join("tmp/part-x.tmp");
        let first = Output::open(directory.path(), &plan).unwrap();
        fs::write(&left, "half").unwrap();
        drop(Output::open(directory.path(), &plan).unwrap());
        assert!(left.exists());
        drop(first);
        drop(Output::open(directory.path(), &plan).unwrap());
        assert!(!left.exists());
    }
}
