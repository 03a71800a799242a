//! Reading parts of a signed file: only signed bytes are handed on, and only the blocks that are needed are read.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Mutex;

use jiff::Timestamp;
use openness::artifacts::digest::{self, sha256};
use openness::check;
use openness::files::{Content, Entry, FileList, Files, Memory, Origin};
use openness::json;
use openness::sign::{SecretKey, Trust, sshsig};
use openness::verify::{
    BlockReader, FileRange, OpenError, RangeError, Report, Requirements, Verdict, VerifiedRelease, verify_ranges,
};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;
const BLOCK: usize = 4 * MIB;
const SIZE: usize = 9 * MIB + 5;
const NAME: &str = "w.safetensors";
const MANIFEST: &str = "schema = 1\n[model]\nname = \"Tiny LM\"\nversion = \"1\"\nproducer = \"Lab\"\n\
                        license = \"Apache-2.0\"\n[component.final-weights]\nopenness = \"open\"\n\
                        files = [\"w.safetensors\"]\n";

/// Files in memory that record what is read of them.
#[derive(Debug)]
struct Recorded {
    files: Memory,
    parts: Mutex<Vec<(String, Range<u64>)>>,
}

impl Files for Recorded {
    fn origin(&self) -> Origin {
        self.files.origin()
    }

    fn list(&self) -> &FileList {
        self.files.list()
    }

    fn size(&self, entry: &Entry) -> io::Result<u64> {
        self.files.size(entry)
    }

    fn open(&self, entry: &Entry) -> io::Result<Content> {
        let content = self.files.open(entry)?;
        self.parts.lock().unwrap().push((entry.path.to_string(), 0..content.size()));
        Ok(content)
    }

    fn open_range(&self, entry: &Entry, range: Range<u64>) -> io::Result<Content> {
        self.parts.lock().unwrap().push((entry.path.to_string(), range.clone()));
        self.files.open_range(entry, range)
    }
}

impl Recorded {
    /// Returns the parts of the weights that were read since the last call.
    fn take(&self) -> Vec<Range<u64>> {
        let parts = std::mem::take(&mut *self.parts.lock().unwrap());
        parts.into_iter().filter(|(path, _)| path == NAME).map(|(_, range)| range).collect()
    }
}

struct Release {
    files: Vec<(String, Vec<u8>)>,
    key: SecretKey,
}

impl Release {
    /// A release whose weights have blocks.
    fn new() -> Self {
        let key = SecretKey::generate().unwrap();
        let content: Vec<u8> = (0..SIZE).map(|at| u8::try_from((at / 251 + at * 7) % 256).unwrap()).collect();
        let mut files = vec![("OPENNESS.toml".to_owned(), MANIFEST.into()), (NAME.to_owned(), content.clone())];
        let unsigned = Memory::new(files.clone());
        let checked = check(&unsigned).unwrap();
        let waived: Vec<String> = checked.findings().iter().map(|finding| finding.rule.code.to_owned()).collect();
        let passed = checked.pass(&waived).unwrap();
        let statement = passed.statement(Timestamp::UNIX_EPOCH, &digest::Options::default(), &|_| {}).unwrap();
        let mut statement: Value = serde_json::from_slice(&statement.to_bytes().unwrap()).unwrap();
        let digests: Vec<String> = content.chunks(BLOCK).map(|block| sha256(block).as_str().to_owned()).collect();
        let subject = statement["subject"].as_array_mut().unwrap().last_mut().unwrap();
        assert_eq!(subject["name"], NAME);
        subject["annotations"]["blocks"] = json!({ "sha256": digests, "size": BLOCK });
        let statement = json::canonical(&statement).unwrap();
        files.push((".openness/signatures/k.sshsig".to_owned(), sshsig::sign(&statement, &key).unwrap().into_bytes()));
        files.push((".openness/statement.json".to_owned(), statement));
        Self { files, key }
    }

    fn weights(&mut self) -> &mut Vec<u8> {
        &mut self.files[1].1
    }

    fn recorded(&self) -> Recorded {
        Recorded { files: Memory::new(self.files.clone()), parts: Mutex::default() }
    }

    fn verify(&self, files: &dyn Files, ranges: &[FileRange]) -> Result<Report, RangeError> {
        let trust = Trust::of_keys([*self.key.public()]);
        verify_ranges(files, &Requirements::new(&trust, Timestamp::UNIX_EPOCH), ranges, &|_| {})
    }

    fn opened(&self, files: &dyn Files) -> VerifiedRelease {
        self.verify(files, &[]).unwrap().partially_verified().unwrap()
    }
}

fn path(name: &str) -> openness::path::RepoPath {
    name.parse().unwrap()
}

fn range(name: &str, start: usize, end: usize) -> FileRange {
    FileRange { path: path(name), bytes: place(start, end) }
}

fn place(start: usize, end: usize) -> Range<u64> {
    u64::try_from(start).unwrap()..u64::try_from(end).unwrap()
}

#[test]
fn a_reader_gives_the_signed_bytes_and_reads_only_their_blocks() {
    let mut release = Release::new();
    let content = release.weights().clone();
    let files = release.recorded();
    let verified = release.opened(&files);
    assert_eq!(files.take(), [], "nothing of the weights is read to know who signed them");
    let mut reader = BlockReader::open(&files, &verified, &path(NAME)).unwrap();
    assert_eq!(reader.size(), u64::try_from(SIZE).unwrap());
    for (start, length, blocks) in [
        (BLOCK + 7, 100, vec![place(BLOCK, 2 * BLOCK)]),
        // It is kept.
        (BLOCK + 1000, 5, vec![]),
        (2 * BLOCK - 3, 6, vec![place(2 * BLOCK, SIZE)]),
        (SIZE - 1, 1, vec![]),
        (0, SIZE, vec![place(0, BLOCK), place(BLOCK, 2 * BLOCK), place(2 * BLOCK, SIZE)]),
    ] {
        reader.seek(SeekFrom::Start(u64::try_from(start).unwrap())).unwrap();
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes).unwrap();
        assert!(bytes == content[start..start + length], "{start} {length}");
        assert_eq!(files.take(), blocks, "{start} {length}");
    }
    assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0, "the end of the file");
    assert_eq!(reader.seek(SeekFrom::End(-2)).unwrap(), u64::try_from(SIZE - 2).unwrap());
    assert_eq!(reader.seek(SeekFrom::Current(100)).unwrap(), u64::try_from(SIZE + 98).unwrap());
    assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0, "beyond the end");
    assert!(reader.seek(SeekFrom::Current(-1 - i64::try_from(SIZE + 98).unwrap())).is_err());
    // A small file is one block.
    let mut text = String::new();
    BlockReader::open(&files, &verified, &path("OPENNESS.toml")).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, MANIFEST);
}

#[test]
fn a_reader_refuses_a_damaged_block_before_a_byte_of_it_and_reads_on_elsewhere() {
    let mut release = Release::new();
    let content = release.weights().clone();
    // The last byte of the second block.
    release.weights()[2 * BLOCK - 1] ^= 1;
    let files = release.recorded();
    let verified = release.opened(&files);
    let mut reader = BlockReader::open(&files, &verified, &path(NAME)).unwrap();
    let mut bytes = Vec::new();
    let error = reader.read_to_end(&mut bytes).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(error.to_string(), "bytes 4194304-8388608 of `w.safetensors` are not what was signed");
    assert!(bytes == content[..BLOCK], "only the first block is handed on");
    assert!(reader.read(&mut [0]).is_err(), "still");
    reader.seek(SeekFrom::Start(u64::try_from(2 * BLOCK).unwrap())).unwrap();
    bytes.clear();
    reader.read_to_end(&mut bytes).unwrap();
    assert!(bytes == content[2 * BLOCK..]);
    // What follows the signed bytes is not read, and a file that ends early is refused where it ends.
    release.weights().truncate(BLOCK + 1);
    let files = release.recorded();
    let mut reader = BlockReader::open(&files, &verified, &path(NAME)).unwrap();
    assert!(reader.read_to_end(&mut Vec::new()).is_err());
    *release.weights() = [&content[..], b"more"].concat();
    let files = release.recorded();
    bytes.clear();
    BlockReader::open(&files, &verified, &path(NAME)).unwrap().read_to_end(&mut bytes).unwrap();
    assert!(bytes == content);
}

#[test]
fn only_signed_files_that_are_there_are_opened() {
    let mut release = Release::new();
    release.files.push(("extra.bin".to_owned(), b"unsigned".to_vec()));
    let files = release.recorded();
    let verified = release.opened(&files);
    let open = |files: &dyn Files, name: &str| BlockReader::open(files, &verified, &path(name)).map(drop).unwrap_err();
    assert!(matches!(open(&files, "extra.bin"), OpenError::NotSigned(_)));
    assert!(matches!(open(&files, "none.bin"), OpenError::NotSigned(_)));
    release.files.remove(1);
    assert!(matches!(open(&release.recorded(), NAME), OpenError::Absent(_)));
}

#[test]
fn without_a_trusted_signature_nothing_is_opened() {
    let release = Release::new();
    let trust = Trust::of_keys([*SecretKey::generate().unwrap().public()]);
    let requirements = Requirements::new(&trust, Timestamp::UNIX_EPOCH);
    for files in [release.files.clone(), release.files[..2].to_vec()] {
        let report = verify_ranges(&Memory::new(files), &requirements, &[], &|_| {}).unwrap();
        assert_eq!(report.verdict(), Verdict::Failed);
        assert!(report.partially_verified().is_err());
    }
}

#[test]
fn ranges_read_their_blocks_and_hold_whatever_the_rest_is() {
    let mut release = Release::new();
    release.weights()[0] ^= 1;
    let files = release.recorded();
    let all = [range(NAME, BLOCK, BLOCK + 1), range(NAME, 2 * BLOCK - 1, SIZE), range("OPENNESS.toml", 3, 5)];
    let report = release.verify(&files, &all).unwrap();
    assert_eq!(report.verdict(), Verdict::Partial, "{:?}", report.reasons());
    let found: Vec<_> = report.files().ranges.iter().map(|range| (range.checked.clone(), range.verified)).collect();
    let manifest = place(0, MANIFEST.len());
    assert_eq!(found, [(place(BLOCK, 2 * BLOCK), true), (place(BLOCK, SIZE), true), (manifest, true)]);
    assert_eq!((report.files().verified, report.files().by_blocks), (0, 0));
    let mut read = files.take();
    read.sort_by_key(|range| range.start);
    read.dedup();
    assert_eq!(read, [place(BLOCK, 2 * BLOCK), place(2 * BLOCK, SIZE)]);
    // The nearest range that needs the damaged block.
    let report = release.verify(&files, &[range(NAME, BLOCK - 1, BLOCK), all[0].clone()]).unwrap();
    assert_eq!(report.verdict(), Verdict::Failed);
    let found: Vec<bool> = report.files().ranges.iter().map(|range| range.verified).collect();
    assert_eq!(found, [false, true]);
    assert!(report.partially_verified().is_err());
}

#[test]
fn ranges_that_cannot_be_checked_are_errors_or_fail() {
    let mut release = Release::new();
    let files = release.recorded();
    let beyond = release.verify(&files, &[range(NAME, 0, SIZE + 1)]).unwrap_err();
    assert!(matches!(&beyond, RangeError::Outside { size, .. } if *size == u64::try_from(SIZE).unwrap()));
    assert!(release.verify(&files, &[range(NAME, SIZE - 1, SIZE)]).is_ok());
    assert!(matches!(release.verify(&files, &[range(NAME, 5, 5)]).unwrap_err(), RangeError::Empty(_)));
    let words = |report: &Report| report.reasons().iter().map(|reason| reason.as_str()).collect::<Vec<_>>();
    let unlisted = release.verify(&files, &[range("none.bin", 0, 1)]).unwrap_err();
    assert!(matches!(&unlisted, RangeError::NotListed(path) if path.as_str() == "none.bin"));
    release.weights().truncate(10);
    let short = release.verify(&release.recorded(), &[range(NAME, 0, 1)]).unwrap();
    assert_eq!((short.verdict(), words(&short)), (Verdict::Failed, vec!["content-mismatch", "incomplete"]));
    release.files.remove(1);
    let absent = release.verify(&release.recorded(), &[range(NAME, 0, 1)]).unwrap();
    assert_eq!((absent.verdict(), words(&absent)), (Verdict::Failed, vec!["incomplete"]));
}
