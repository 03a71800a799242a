//! One thread's share of the hashing: several files at a time, the next one begun as soon as one of them ends.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::files::{Content, Entry, Files};
use crate::manifest::Sha256Hex;

use super::super::lfs::{MAX_POINTER_BYTES, Pointer};
use super::lanes::State;
use super::multibuffer::{self, Lane};
use super::piece::{Piece, Rest};
use super::plan::{LONE_FILE_BYTES, Plan};
use super::{Basis, Error, Hashed, PointedContent, Pointers, lfs_object, readahead};

/// Those of all lanes leave half of a second-level cache to the rest; of the sizes tried the fastest.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

/// A file by its place in the question, and its digest.
pub(super) type Answer = (usize, Result<Hashed, Error>);

/// What all threads work on.
pub(super) struct Work<'a> {
    pub(super) snapshot: &'a dyn Files,
    pub(super) entries: &'a [&'a Entry],
    pub(super) pointers: Pointers,
    pub(super) progress: &'a (dyn Fn(u64) + Sync),
    plan: Plan,
    /// How far the plan's order has been given out.
    next: AtomicUsize,
}

/// A lane, and the file that is in it.
struct Occupied {
    lane: Lane,
    job: Option<Job>,
}

impl AsMut<Lane> for Occupied {
    fn as_mut(&mut self) -> &mut Lane {
        &mut self.lane
    }
}

/// A file on its way.
struct Job {
    at: usize,
    content: Box<dyn Read + Send>,
    length: u64,
    rest: Rest,
    /// What the content is compared with, if it is a pointer's.
    lfs_object: Option<(Pointer, PointedContent)>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        snapshot: &'a dyn Files,
        entries: &'a [&'a Entry],
        pointers: Pointers,
        progress: &'a (dyn Fn(u64) + Sync),
        plan: Plan,
    ) -> Self {
        let next = AtomicUsize::new(plan.threads);
        Self { snapshot, entries, pointers, progress, plan, next }
    }

    /// Does the share of one thread: its own first file, then what is left.
    pub(super) fn share(&self, thread: usize) -> Vec<Answer> {
        let mut done = Vec::new();
        let empty = || Occupied { lane: Lane::new(PIECE_BYTES), job: None };
        let mut lanes: Vec<Occupied> = std::iter::repeat_with(empty).take(self.plan.lanes).collect();
        if let (Some(&at), Some(first)) = (self.plan.order.get(thread), lanes.first_mut()) {
            self.begin(at, thread < self.plan.lone, first, &mut done);
        }
        loop {
            lanes.retain_mut(|lane| self.feed(lane, &mut done));
            if lanes.is_empty() {
                return done;
            }
            multibuffer::compress(&mut lanes);
        }
    }

    /// Sees to it that a lane has blocks to compress; `false` where there is nothing left for it.
    fn feed(&self, occupied: &mut Occupied, done: &mut Vec<Answer>) -> bool {
        while occupied.lane.piece.blocks().is_empty() {
            match occupied.job.take() {
                None => {
                    let Some(&at) = self.plan.order.get(self.next.fetch_add(1, Ordering::Relaxed)) else {
                        return false;
                    };
                    self.begin(at, false, occupied, done);
                }
                Some(job) if job.rest == Rest::Nothing => done.push((job.at, Ok(job.finish(&occupied.lane.state)))),
                Some(job) => {
                    let at = job.at;
                    match self.read(job, &mut occupied.lane.piece) {
                        Ok(Step::Compress(job)) => occupied.job = Some(job),
                        Ok(Step::Done(hashed)) => done.push((at, Ok(hashed))),
                        Err(source) => done.push((at, Err(self.error(at, source)))),
                    }
                }
            }
        }
        true
    }

    /// Opens a file into a lane; one that is to be hashed alone is hashed here.
    fn begin(&self, at: usize, is_lone: bool, occupied: &mut Occupied, done: &mut Vec<Answer>) {
        match self.snapshot.open(self.entries[at]) {
            Ok(content) if is_lone && content.size() >= LONE_FILE_BYTES => {
                let hashed = readahead::hash(content, self.progress).map(|(digest, size)| Hashed {
                    sha256: Sha256Hex::of_bytes(&digest),
                    size,
                    basis: Basis::Bytes,
                });
                done.push((at, hashed.map_err(|source| self.error(at, source))));
            }
            Ok(content) => {
                occupied.job = Some(Job::new(at, content));
                occupied.lane.state = State::INITIAL;
            }
            Err(source) => done.push((at, Err(self.error(at, source)))),
        }
    }

    /// Reads the next piece of a file; of a pointer that is to be confirmed, of what it names.
    fn read(&self, mut job: Job, piece: &mut Piece) -> io::Result<Step> {
        job.rest = piece.fill(&mut job.content, &mut job.length, self.progress)?;
        let Some(pointer) = job.pointer(piece) else { return Ok(Step::Compress(job)) };
        piece.clear();
        let candidate = lfs_object::find(self.snapshot, self.entries[job.at], &pointer);
        Ok(match candidate {
            None => Step::Done(by_pointer(pointer, PointedContent::Absent)),
            Some(_) if self.pointers == Pointers::Believe => Step::Done(by_pointer(pointer, PointedContent::Unread)),
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

/// What follows the reading of a piece.
enum Step {
    Compress(Job),
    Done(Hashed),
}

impl Job {
    fn new(at: usize, content: Content) -> Self {
        let content = Box::new(content);
        Self { at, content, length: 0, rest: Rest::Follows, lfs_object: None }
    }

    /// Returns the pointer that the file is, if it is one and was read to its end.
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
                by_pointer(pointer, if is_it { PointedContent::Confirmed } else { otherwise })
            }
        }
    }
}

fn by_pointer(pointer: Pointer, content: PointedContent) -> Hashed {
    let basis = Basis::Pointer { is_canonical: pointer.is_canonical(), content };
    Hashed { sha256: pointer.oid, size: pointer.size, basis }
}
