//! Releases in an object store: a small fake of the XML API of Google Cloud Storage on this machine, good and bad.

#![cfg(feature = "remote")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openness::audit::{Row, Status, read_rows, taxonomies};

use crate::common::env::{Output, TestEnv};
use crate::common::http::{header, path_of, read_head};

/// How many objects are in one answer to a list request.
const PAGE: usize = 2;
const WEIGHTS: &str = "weights/a.safetensors";

/// What is wrong with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    /// Answers the first list request and the first read with 503.
    Busy,
    /// Ends the connection in the middle of the weights, once.
    Cut,
    /// Sends the half of the weights and then nothing, once.
    Stall,
    /// Has weights of another length than it lists.
    OtherLength,
    /// Has other weights, with another ETag, than it lists.
    Replaced,
    /// Sends fewer bytes of the weights than it says, always.
    AlwaysCut,
    /// Lets nobody read.
    Denied,
}

struct Store {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

struct Served {
    objects: BTreeMap<String, Vec<u8>>,
    fault: Fault,
    /// How many reads of weights there were.
    reads: AtomicUsize,
    /// How many requests were refused as too many.
    busy: AtomicUsize,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Store {
    /// Starts a store with a bucket `models`, in which the signed release is below `lab/lm`.
    fn start(env: &TestEnv, fault: Fault) -> Self {
        let mut objects = BTreeMap::from([
            // What consoles make in the place of a directory, and another release whose name starts the same.
            ("lab/lm/weights/".to_owned(), Vec::new()),
            ("lab/lm2/x".to_owned(), vec![1]),
        ]);
        let list = env.openness(["hash", "lm", "--all"]).expect(0).out;
        let listed = list.lines().filter_map(|line| line.split_once("  ")).map(|(_, name)| name.to_owned());
        let own = fs::read_dir(env.path("lm/.openness/signatures")).unwrap();
        let own = own.map(|entry| format!(".openness/signatures/{}", entry.unwrap().file_name().to_str().unwrap()));
        for name in listed.chain(own).chain([".openness/statement.json", ".openness/SHA256SUMS"].map(str::to_owned)) {
            let bytes = fs::read(env.path(&format!("lm/{name}"))).unwrap();
            objects.insert(format!("lab/lm/{name}"), bytes);
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let served = Arc::new(Served {
            objects,
            fault,
            reads: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            requests: Arc::clone(&requests),
        });
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let served = Arc::clone(&served);
                // The client closes connections whenever it likes.
                std::thread::spawn(move || drop(served.serve(&stream.unwrap())));
            }
        });
        Self { url, requests }
    }

    fn run(&self, env: &TestEnv, arguments: &[&str]) -> Output {
        let mut command = env.program();
        command.args(arguments).env("GOOGLE_BASE_URL", &self.url).env("GOOGLE_SKIP_SIGNATURE", "true");
        command.envs([("OPENNESS_REMOTE_TIMEOUT", "1"), ("NO_PROXY", "127.0.0.1")]).output().unwrap().into()
    }

    fn reads_of_weights(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .filter(|request| request.starts_with("GET /models/") && request.contains("a%2Esafetensors"))
            .cloned()
            .collect()
    }
}

impl Served {
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        while let Some(head) = read_head(&mut reader)? {
            self.requests.lock().unwrap().push(head.clone());
            let target = path_of(&head);
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let path = decode(path);
            let refused = match self.fault {
                Fault::Denied => Some("403 Forbidden"),
                // The first list request and the first read.
                Fault::Busy if self.busy.fetch_add(1, Ordering::SeqCst) % 7 == 0 => Some("503 Service Unavailable"),
                _ if !path.starts_with("/models") => Some("404 Not Found"),
                _ => None,
            };
            let mut out = stream;
            if let Some(status) = refused {
                write!(out, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")?;
                continue;
            }
            match path.strip_prefix("/models/") {
                None | Some("") => self.list(query, out)?,
                Some(name) => {
                    if !self.read(name, &head, out)? {
                        return stream.shutdown(Shutdown::Both);
                    }
                }
            }
        }
        Ok(())
    }

    fn list(&self, query: &str, mut out: &TcpStream) -> std::io::Result<()> {
        let parameter = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(|value| decode(value))
        };
        let (prefix, start) = (parameter("prefix").unwrap_or_default(), parameter("continuation-token"));
        let below = self.objects.iter().filter(|(name, _)| name.starts_with(&prefix));
        let mut left = below.skip_while(|(name, _)| start.as_ref().is_some_and(|start| *name < start)).peekable();
        let mut xml = String::from("<?xml version='1.0' encoding='UTF-8'?><ListBucketResult>");
        for (name, bytes) in left.by_ref().take(PAGE) {
            xml.push_str(&format!(
                "<Contents><Key>{name}</Key><Generation>7</Generation><Size>{}</Size>\
                 <LastModified>2026-11-30T00:00:00.000Z</LastModified><ETag>\"one\"</ETag></Contents>",
                bytes.len()
            ));
        }
        if let Some((next, _)) = left.peek() {
            xml.push_str(&format!("<NextContinuationToken>{next}</NextContinuationToken>"));
        }
        xml.push_str("</ListBucketResult>");
        write!(out, "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: {}\r\n\r\n{xml}", xml.len())
    }

    /// Answers a read. Returns whether the connection goes on.
    fn read(&self, name: &str, head: &str, mut out: &TcpStream) -> std::io::Result<bool> {
        let Some(bytes) = self.objects.get(name) else {
            out.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?;
            return Ok(true);
        };
        let (mut bytes, mut etag) = (bytes.clone(), "\"one\"");
        let is_weights = name.ends_with(WEIGHTS);
        let earlier = if is_weights { self.reads.fetch_add(1, Ordering::SeqCst) } else { 0 };
        match self.fault {
            Fault::OtherLength if is_weights => bytes.push(b'!'),
            Fault::Replaced if is_weights => {
                bytes.reverse();
                etag = "\"two\"";
            }
            _ => {}
        }
        if header(head, "if-match").is_some_and(|wanted| wanted != etag) {
            out.write_all(b"HTTP/1.1 412 Precondition Failed\r\ncontent-length: 0\r\n\r\n")?;
            return Ok(true);
        }
        let size = bytes.len();
        let range = header(head, "range").map(|range| {
            let (start, end) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            (start.parse::<usize>().unwrap(), end.parse::<usize>().map_or(size, |end| size.min(end + 1)))
        });
        let (start, end) = range.unwrap_or((0, size));
        match range {
            Some(_) => {
                write!(out, "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {start}-{}/{size}\r\n", end - 1)?
            }
            None => write!(out, "HTTP/1.1 200 OK\r\n")?,
        }
        let dates = "last-modified: Mon, 30 Nov 2026 00:00:00 GMT\r\nx-goog-generation: 7";
        write!(out, "etag: {etag}\r\n{dates}\r\ncontent-length: {}\r\n\r\n", end - start)?;
        let half = start + (end - start) / 2;
        match self.fault {
            Fault::Cut if is_weights && earlier == 0 => {
                out.write_all(&bytes[start..half])?;
                Ok(false)
            }
            Fault::AlwaysCut if is_weights => {
                // Not a byte, so that nothing is gained by asking again.
                Ok(false)
            }
            Fault::Stall if is_weights && earlier == 0 => {
                out.write_all(&bytes[start..half])?;
                std::thread::sleep(Duration::from_secs(20));
                Ok(false)
            }
            _ => {
                out.write_all(&bytes[start..end])?;
                Ok(true)
            }
        }
    }
}

/// Decodes `%2F` and the like.
fn decode(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(part[2..].as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}

const URL: &str = "gs://models/lab/lm";

#[test]
fn a_release_in_a_bucket_is_read_like_a_directory() {
    let env = TestEnv::signed();
    let store = Store::start(&env, Fault::Nothing);
    let run = |arguments: &[&str]| store.run(&env, arguments);
    assert_eq!(run(&["hash", URL, "--all"]).expect(0).out, env.openness(["hash", "lm", "--all"]).expect(0).out);
    run(&["check", URL]).expect(0);
    let verified = run(&["verify", URL, "--key", "key.pub", "--export", "copy"]).expect(0);
    assert!(verified.out.ends_with("\nverified\n"), "a bucket lists everything: {verified:#?}");
    assert_eq!(env.read(&format!("copy/{WEIGHTS}")), env.read(&format!("lm/{WEIGHTS}")));
    let reads = store.reads_of_weights();
    assert!(!reads.is_empty() && reads.iter().all(|read| read.contains("if-match: \"one\"")), "{reads:#?}");
    let lists = store.requests.lock().unwrap().iter().filter(|request| request.contains("continuation-token=")).count();
    assert!(lists > 3, "the list comes in pages");
    for (url, words) in [
        ("gs://no-such-bucket/lm", "does not exist"),
        ("gs://models/lab/none", "does not exist"),
        ("gs://models/lab/l", "does not exist"),
    ] {
        let ran = run(&["check", url]).expect(2);
        assert!(ran.err.contains(words), "{url}: {ran:#?}");
    }
    let ran = Store::start(&env, Fault::Denied).run(&env, &["check", URL]).expect(2);
    assert!(ran.err.contains("access to `gs://models/lab/lm` is denied"), "{ran:#?}");
}

#[test]
fn faults_that_pass_leave_no_trace_in_the_verdict() {
    let env = TestEnv::signed();
    for (fault, reads) in [(Fault::Busy, 1), (Fault::Cut, 2), (Fault::Stall, 2)] {
        let store = Store::start(&env, fault);
        let verified = store.run(&env, &["verify", URL, "--key", "key.pub"]).expect(0);
        assert!(verified.out.ends_with("\nverified\n"), "{fault:?}: {verified:#?}");
        let read = store.reads_of_weights();
        assert!(read.len() >= reads, "{fault:?}: {read:#?}");
        assert!(read.iter().all(|read| read.contains("if-match: \"one\"")), "{fault:?}: {read:#?}");
        if fault != Fault::Busy {
            assert!(read[1].to_ascii_lowercase().contains("range: bytes="), "resumed at the offset: {read:#?}");
        }
    }
}

#[test]
fn faults_that_stay_are_told_apart_from_changed_files() {
    let env = TestEnv::signed();
    for (fault, reason) in [(Fault::OtherLength, "changed-while-read"), (Fault::Replaced, "changed-while-read")] {
        let store = Store::start(&env, fault);
        let json = store.run(&env, &["verify", URL, "--key", "key.pub", "--format", "json"]).expect(1).json();
        assert_eq!(json["reasons"], serde_json::json!([reason]), "{fault:?}");
        assert_eq!(json["files"]["changedWhileRead"], serde_json::json!([WEIGHTS]), "{fault:?}");
    }
    // A connection that never holds says nothing about the release: no verdict, and in an audit a row.
    let store = Store::start(&env, Fault::AlwaysCut);
    let ran = store.run(&env, &["verify", URL, "--key", "key.pub"]).expect(2);
    assert!(ran.err.contains(WEIGHTS), "{ran:#?}");
    store.run(&env, &["audit", URL, "gs://no-such-bucket/lm", "lm", "--key", "key.pub", "--out", "out"]).expect(0);
    let mut rows: Vec<Row> = Vec::new();
    for part in fs::read_dir(env.path("out/rows")).unwrap() {
        read_rows(&part.unwrap().path(), &taxonomies(), |row| rows.push(row)).unwrap();
    }
    let found: Vec<_> =
        rows.iter().map(|row| (&*row.target, row.status, row.reasons.first().map(String::as_str))).collect();
    assert_eq!(
        found,
        [
            (URL, Status::CouldNotRead, Some("network")),
            ("gs://no-such-bucket/lm", Status::CouldNotRead, Some("not-found")),
            ("lm", Status::Verified, None)
        ]
    );
}
