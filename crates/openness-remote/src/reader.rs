//! A blocking reader over requests that may have to be made again.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::{Backend, Error, Object};

/// How many pieces may wait to be read; a piece is what the network delivers at once, at most some hundred KiB.
const PIECES: usize = 32;
/// The most requests for one read, so that a server that sends a byte at a time does not go on forever.
const MOST_REQUESTS: u32 = 1_000;

/// What a read needs besides the part to read.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) backend: Arc<Backend>,
    pub(crate) object: Object,
    pub(crate) retries: u32,
    pub(crate) stall: Duration,
}

/// The bytes of a part of an object.
pub struct Reader {
    pieces: mpsc::Receiver<Result<Bytes, Error>>,
    piece: Bytes,
    left: u64,
    /// Keeps the threads alive that fetch.
    _runtime: Arc<Runtime>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("left", &self.left).finish_non_exhaustive()
    }
}

impl Reader {
    pub(crate) fn start(runtime: Arc<Runtime>, task: Task, start: u64, end: u64) -> Self {
        let (sender, pieces) = mpsc::channel(PIECES);
        if start < end {
            runtime.spawn(async move {
                if let Err(error) = task.fetch(start, end, &sender).await {
                    // The reader may have gone.
                    let _ = sender.send(Err(error)).await;
                }
            });
        }
        Self { pieces, piece: Bytes::new(), left: end - start, _runtime: runtime }
    }
}

impl Task {
    /// Sends the bytes of the part, asking again for what is missing when a connection fails.
    async fn fetch(&self, start: u64, end: u64, sender: &mpsc::Sender<Result<Bytes, Error>>) -> Result<(), Error> {
        let (mut at, mut failures, mut requests) = (start, 0, 0);
        while at < end {
            let before = at;
            let error = match self.stream(&mut at, end, sender).await {
                Ok(true) => continue,
                Ok(false) => return Ok(()),
                Err(error) => error,
            };
            failures = if at > before { 1 } else { failures + 1 };
            requests += 1;
            if !error.is_transient() || failures > self.retries || requests > MOST_REQUESTS {
                return Err(error);
            }
            sleep(Duration::from_millis(100 << failures.min(6))).await;
        }
        Ok(())
    }

    /// Makes one request. Returns `false` if there is nobody who reads.
    async fn stream(&self, at: &mut u64, end: u64, sender: &mpsc::Sender<Result<Bytes, Error>>) -> Result<bool, Error> {
        let silent = |_| Error::Network(format!("the server was silent for {} seconds", self.stall.as_secs()));
        let request = self.backend.get(&self.object, *at, end);
        let mut stream = timeout(self.stall, request).await.map_err(silent)??;
        while let Some(piece) = timeout(self.stall, stream.next()).await.map_err(silent)? {
            let piece = piece?;
            let next = u64::try_from(piece.len()).ok().and_then(|length| at.checked_add(length));
            // More than was listed.
            let Some(next) = next.filter(|next| *next <= end) else { return Err(Error::Changed) };
            if sender.send(Ok(piece)).await.is_err() {
                return Ok(false);
            }
            *at = next;
        }
        if *at < end {
            return Err(Error::Network(format!("the connection ended {} bytes early", end - *at)));
        }
        Ok(true)
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            if self.left == 0 || buffer.is_empty() {
                return Ok(0);
            }
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let count = self.piece.len().min(buffer.len());
        let taken = self.piece.split_to(count);
        buffer[..count].copy_from_slice(&taken);
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}
