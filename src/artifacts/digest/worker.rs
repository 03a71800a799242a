//! The work of one thread: several files or blocks at a time, with the next one started as soon as one of them ends.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use openness_sha256::State;

use crate::files::{Content, Entry, Files};
use crate::manifest::Sha256Hex;

use super::super::lfs::{MAX_POINTER_BYTES, Pointer};
use super::blocks::{BlockSize, Blocks};
use super::chain::Chain;
use super::multibuffer::{self, Lane};
use super::piece::{Piece, Rest};
use super::plan::{DEDICATED_FILE_BYTES, Plan};
use super::readahead::{self, Place};
use super::{Basis, Error, Hashed, LfsContent, Pointers, lfs_object};

/// The size of a piece in bytes. The pieces of all lanes fill half of a second-level cache; this was the fastest of the
/// sizes that were tried.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

/// Why a Git LFS pointer with extensions has no digest.
const EXTENSION: &str = "it is a Git LFS pointer with an extension: it states the digest of what Git LFS stores, not of \
     the file; store the file without the extension, or use a directory that holds the file itself";

/// The position of a message among the arguments, and its digests.
pub(super) type Answer = (usize, Result<(Hashed, Option<Blocks>), Error>);

/// What is hashed: a file, or a part of one.
pub(super) struct Message<'a> {
    pub(super) entry: &'a Entry,
    /// The part; `None` for the whole file, which may be a Git LFS pointer.
    pub(super) part: Option<Range<u64>>,
    /// The size of its blocks, if they are hashed too.
    pub(super) blocks: Option<BlockSize>,
}

/// The work of all threads.
pub(super) struct Work<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) messages: &'a [Message<'a>],
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
    is_part: bool,
    /// The pointer, if the content is the one that it names, and the state of the content if the digests differ.
    lfs_object: Option<(Pointer, LfsContent)>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        files: &'a dyn Files,
        messages: &'a [Message<'a>],
        pointers: Pointers,
        progress: &'a (dyn Fn(u64) + Sync),
        plan: Plan,
    ) -> Self {
        let next = AtomicUsize::new(plan.threads);
        Self { files, messages, pointers, progress, plan, next }
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
            if let (Some(chain), Some(job)) = (&mut slot.lane.chain, &slot.job) {
                chain.end_piece(&mut slot.lane.piece, job.rest);
            }
            match slot.job.take() {
                None => {
                    let Some(&at) = self.plan.order.get(self.next.fetch_add(1, Ordering::Relaxed)) else {
                        return false;
                    };
                    self.begin(at, false, slot, done);
                }
                Some(job) if job.rest == Rest::Nothing => done.push((job.at, Ok(job.finish(&mut slot.lane)))),
                Some(job) => {
                    let at = job.at;
                    match self.read(job, &mut slot.lane) {
                        Ok(Step::Compress(job)) => slot.job = Some(job),
                        Ok(Step::Done(hashed)) => done.push((at, Ok((hashed, None)))),
                        Err(source) => done.push((at, Err(self.error(at, source)))),
                    }
                }
            }
        }
        true
    }

    /// Opens a message into a lane, or hashes it at once if it has a dedicated thread.
    fn begin(&self, at: usize, is_dedicated: bool, slot: &mut Slot, done: &mut Vec<Answer>) {
        let message = &self.messages[at];
        match self.open(message) {
            Ok(content) if is_dedicated && content.size() >= DEDICATED_FILE_BYTES => {
                let place = if self.plan.blocks_aside { Place::Aside } else { Place::Along };
                let blocks = message.blocks.map(|size| (size, place));
                let hashed = readahead::hash(content, blocks, self.progress).map(|message| {
                    let sha256 = Sha256Hex::of_bytes(&message.digest);
                    (Hashed { sha256, size: message.length, basis: Basis::Bytes }, message.blocks)
                });
                done.push((at, hashed.map_err(|source| self.error(at, source))));
            }
            Ok(content) => {
                slot.job = Some(Job::new(at, content, message.part.is_some()));
                slot.lane.piece.clear();
                (slot.lane.state, slot.lane.chain) = (State::INITIAL, message.blocks.map(Chain::new));
            }
            Err(source) => done.push((at, Err(self.error(at, source)))),
        }
    }

    fn open(&self, message: &Message<'_>) -> io::Result<Content> {
        let Some(part) = &message.part else { return self.files.open(message.entry) };
        let content = self.files.open_range(message.entry, part.clone())?;
        // It is cut at the end of the file.
        if content.size() == part.end - part.start { Ok(content) } else { Err(changed()) }
    }

    /// Reads the next piece of a file. If the file turns out to be a pointer that is to be confirmed, continues with
    /// the content that it names.
    fn read(&self, mut job: Job, lane: &mut Lane) -> io::Result<Step> {
        let piece = &mut lane.piece;
        job.rest = piece.fill(&mut job.content, &mut job.length, self.progress)?;
        let Some(pointer) = job.pointer(piece) else { return Ok(Step::Compress(job)) };
        if pointer.has_extensions() {
            return Err(io::Error::other(EXTENSION));
        }
        piece.clear();
        // The blocks are those of the content.
        lane.chain = self.messages[job.at].blocks.map(Chain::new);
        let candidate = lfs_object::find(self.files, self.messages[job.at].entry, &pointer);
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
        Error { path: self.messages[at].entry.path.clone(), source }
    }
}

/// The next step after reading a piece.
enum Step {
    Compress(Job),
    Done(Hashed),
}

impl Job {
    fn new(at: usize, content: Content, is_part: bool) -> Self {
        let content = Box::new(content);
        Self { at, content, length: 0, rest: Rest::Follows, is_part, lfs_object: None }
    }

    /// Returns the pointer if the file is one and was read to its end.
    fn pointer(&self, piece: &Piece) -> Option<Pointer> {
        let length = usize::try_from(self.length).ok().filter(|length| *length <= MAX_POINTER_BYTES)?;
        if self.lfs_object.is_some() || self.is_part || self.rest == Rest::Follows {
            return None;
        }
        Pointer::parse(piece.start(length))
    }

    fn finish(self, lane: &mut Lane) -> (Hashed, Option<Blocks>) {
        let sha256: Sha256Hex = Sha256Hex::of_bytes(&lane.state.digest());
        let blocks = lane.chain.take().map(Chain::finish);
        match self.lfs_object {
            None => (Hashed { sha256, size: self.length, basis: Basis::Bytes }, blocks),
            Some((pointer, _)) if sha256 == pointer.oid => (by_pointer(pointer, LfsContent::Confirmed), blocks),
            // These are the blocks of another file.
            Some((pointer, otherwise)) => (by_pointer(pointer, otherwise), None),
        }
    }
}

/// Returns the error for a file that is no longer as it was listed or opened.
pub(super) fn changed() -> io::Error {
    io::Error::other("it changed while it was read")
}

fn by_pointer(pointer: Pointer, content: LfsContent) -> Hashed {
    let basis = Basis::Pointer { is_canonical: pointer.is_canonical(), content };
    Hashed { sha256: pointer.oid, size: pointer.size, basis }
}
