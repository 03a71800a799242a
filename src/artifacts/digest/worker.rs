//! The work of one thread: several files at a time, with the next one started as soon as one of them ends.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::files::{Content, Entry, Files};
use crate::manifest::Sha256Hex;

use super::super::lfs::{MAX_POINTER_BYTES, Pointer};
use super::lanes::State;
use super::multibuffer::{self, Lane};
use super::piece::{Piece, Rest};
use super::plan::{DEDICATED_FILE_BYTES, Plan};
use super::{Basis, Error, Hashed, LfsContent, Pointers, lfs_object, readahead};

/// The size of a piece in bytes. The pieces of all lanes fill half of a second-level cache; this was the fastest of the
/// sizes that were tried.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

/// Why a Git LFS pointer with extensions has no digest.
const EXTENSION: &str = "it is a Git LFS pointer with an extension: it states the digest of what Git LFS stores, not of \
     the file; store the file without the extension, or use a directory that holds the file itself";

/// The position of a file among the arguments, and its digest.
pub(super) type Answer = (usize, Result<Hashed, Error>);

/// The work of all threads.
pub(super) struct Work<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) entries: &'a [&'a Entry],
    pub(super) pointers: Pointers,
    pub(super) progress: &'a (dyn Fn(u64) + Sync),
    plan: Plan,
    /// The position in the plan's order of the next file to take.
    next: AtomicUsize,
}

/// A lane with the file that it hashes.
struct Slot {
    lane: Lane,
    job: Option<Job>,
}

impl AsMut<Lane> for Slot {
    fn as_mut(&mut self) -> &mut Lane {
        &mut self.lane
    }
}

/// A file that is being hashed.
struct Job {
    at: usize,
    content: Box<dyn Read + Send>,
    length: u64,
    rest: Rest,
    /// The pointer, if the content is the one that it names, and the state of the content if the digests differ.
    lfs_object: Option<(Pointer, LfsContent)>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        files: &'a dyn Files,
        entries: &'a [&'a Entry],
        pointers: Pointers,
        progress: &'a (dyn Fn(u64) + Sync),
        plan: Plan,
    ) -> Self {
        let next = AtomicUsize::new(plan.threads);
        Self { files, entries, pointers, progress, plan, next }
    }

    /// Does the share of one thread: its first file, then whatever is left.
    pub(super) fn share(&self, thread: usize) -> Vec<Answer> {
        let mut done = Vec::new();
        let empty = || Slot { lane: Lane::new(PIECE_BYTES), job: None };
        let mut lanes: Vec<Slot> = std::iter::repeat_with(empty).take(self.plan.lanes).collect();
        if let (Some(&at), Some(first)) = (self.plan.order.get(thread), lanes.first_mut()) {
            self.begin(at, thread < self.plan.dedicated, first, &mut done);
        }
        loop {
            lanes.retain_mut(|lane| self.feed(lane, &mut done));
            if lanes.is_empty() {
                return done;
            }
            multibuffer::compress(&mut lanes);
        }
    }

    /// Makes sure that a lane has blocks to compress; returns `false` if there is no file left for it.
    fn feed(&self, slot: &mut Slot, done: &mut Vec<Answer>) -> bool {
        while slot.lane.piece.blocks().is_empty() {
            match slot.job.take() {
                None => {
                    let Some(&at) = self.plan.order.get(self.next.fetch_add(1, Ordering::Relaxed)) else {
                        return false;
                    };
                    self.begin(at, false, slot, done);
                }
                Some(job) if job.rest == Rest::Nothing => done.push((job.at, Ok(job.finish(&slot.lane.state)))),
                Some(job) => {
                    let at = job.at;
                    match self.read(job, &mut slot.lane.piece) {
                        Ok(Step::Compress(job)) => slot.job = Some(job),
                        Ok(Step::Done(hashed)) => done.push((at, Ok(hashed))),
                        Err(source) => done.push((at, Err(self.error(at, source)))),
                    }
                }
            }
        }
        true
    }

    /// Opens a file into a lane, or hashes it at once if it has a dedicated thread.
    fn begin(&self, at: usize, is_dedicated: bool, slot: &mut Slot, done: &mut Vec<Answer>) {
        match self.files.open(self.entries[at]) {
            Ok(content) if is_dedicated && content.size() >= DEDICATED_FILE_BYTES => {
                let hashed = readahead::hash(content, self.progress).map(|(digest, size)| Hashed {
                    sha256: Sha256Hex::of_bytes(&digest),
                    size,
                    basis: Basis::Bytes,
                });
                done.push((at, hashed.map_err(|source| self.error(at, source))));
            }
            Ok(content) => {
                slot.job = Some(Job::new(at, content));
                slot.lane.state = State::INITIAL;
            }
            Err(source) => done.push((at, Err(self.error(at, source)))),
        }
    }

    /// Reads the next piece of a file. If the file turns out to be a pointer that is to be confirmed, continues with
    /// the content that it names.
    fn read(&self, mut job: Job, piece: &mut Piece) -> io::Result<Step> {
        job.rest = piece.fill(&mut job.content, &mut job.length, self.progress)?;
        let Some(pointer) = job.pointer(piece) else { return Ok(Step::Compress(job)) };
        if pointer.has_extensions() {
            return Err(io::Error::other(EXTENSION));
        }
        piece.clear();
        let candidate = lfs_object::find(self.files, self.entries[job.at], &pointer);
        Ok(match candidate {
            None => Step::Done(by_pointer(pointer, LfsContent::Absent)),
            Some(_) if self.pointers == Pointers::Trust => Step::Done(by_pointer(pointer, LfsContent::Unread)),
            Some(candidate) => Step::Compress(Job {
                content: candidate.content,
                length: 0,
                rest: Rest::Follows,
                lfs_object: Some((pointer, candidate.otherwise)),
                ..job
            }),
        })
    }

    fn error(&self, at: usize, source: io::Error) -> Error {
        Error { path: self.entries[at].path.clone(), source }
    }
}

/// The next step after reading a piece.
enum Step {
    Compress(Job),
    Done(Hashed),
}

impl Job {
    fn new(at: usize, content: Content) -> Self {
        let content = Box::new(content);
        Self { at, content, length: 0, rest: Rest::Follows, lfs_object: None }
    }

    /// Returns the pointer if the file is one and was read to its end.
    fn pointer(&self, piece: &Piece) -> Option<Pointer> {
        let length = usize::try_from(self.length).ok().filter(|length| *length <= MAX_POINTER_BYTES)?;
        if self.lfs_object.is_some() || self.rest == Rest::Follows {
            return None;
        }
        Pointer::parse(piece.start(length))
    }

    fn finish(self, state: &State) -> Hashed {
        let sha256: Sha256Hex = Sha256Hex::of_bytes(&state.digest());
        match self.lfs_object {
            None => Hashed { sha256, size: self.length, basis: Basis::Bytes },
            Some((pointer, otherwise)) => {
                let is_it = sha256 == pointer.oid;
                by_pointer(pointer, if is_it { LfsContent::Confirmed } else { otherwise })
            }
        }
    }
}

fn by_pointer(pointer: Pointer, content: LfsContent) -> Hashed {
    let basis = Basis::Pointer { is_canonical: pointer.is_canonical(), content };
    Hashed { sha256: pointer.oid, size: pointer.size, basis }
}
