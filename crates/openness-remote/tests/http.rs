//! Web servers and a Hub on this machine, good and bad.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openness_remote::{Error, Object, Options, Remote, is_change};

/// What a server does with a request besides answering it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Nothing.
    None,
    /// Sends so many bytes of the first answer with a body, then ends the connection.
    CutAt(usize),
    /// Answers the first GET with 503.
    BusyOnce,
    /// Sends nothing in answer to the first GET.
    SilentOnce,
    /// Sends nothing in answer to any GET.
    Silent,
    /// Has another file, with another ETag, from the first GET on.
    Replaced,
    /// Has a longer file, with the same ETag, from the first GET on.
    Longer,
    /// Ignores ranges.
    NoRanges,
    /// Redirects each GET to a URL.
    RedirectTo(&'static str),
}

struct Server {
    url: String,
    /// Each request: the first line and the headers.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(files: &[(&str, &[u8])], fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let files = Arc::new(files);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (files, log) = (Arc::clone(&files), Arc::clone(&log));
                // The client closes connections whenever it likes.
                std::thread::spawn(move || drop(serve(&stream.unwrap(), &files, fault, &log)));
            }
        });
        Self { url, seen }
    }

    fn gets(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().filter(|request| request.starts_with("GET ")).cloned().collect()
    }
}

fn serve(
    stream: &TcpStream,
    files: &BTreeMap<String, Vec<u8>>,
    fault: Fault,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let earlier = {
            let mut log = log.lock().unwrap();
            let earlier = log.iter().filter(|request: &&String| request.starts_with("GET ")).count();
            log.push(head.clone());
            earlier
        };
        let is_get = head.starts_with("GET ");
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let header = |name: &str| {
            let start = format!("{name}: ");
            head.lines().find_map(|line| line.strip_prefix(start.as_str()).map(str::to_owned))
        };
        let mut out = stream;
        let Some(bytes) = files.get(&path) else {
            out.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?;
            continue;
        };
        let mut bytes = bytes.clone();
        let mut etag = "\"one\"";
        match fault {
            Fault::BusyOnce if is_get && earlier == 0 => {
                out.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")?;
                continue;
            }
            Fault::SilentOnce if is_get && earlier == 0 => {
                std::thread::sleep(Duration::from_secs(20));
                return Ok(());
            }
            Fault::Silent if is_get => {
                std::thread::sleep(Duration::from_secs(20));
                return Ok(());
            }
            Fault::RedirectTo(location) if is_get => {
                write!(out, "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")?;
                continue;
            }
            Fault::Replaced if is_get => {
                etag = "\"two\"";
                bytes.reverse();
            }
            Fault::Longer if is_get => bytes.push(b'!'),
            _ => {}
        }
        if header("if-match").is_some_and(|wanted| wanted != etag) {
            out.write_all(b"HTTP/1.1 412 Precondition Failed\r\ncontent-length: 0\r\n\r\n")?;
            continue;
        }
        let size = bytes.len();
        let range = header("range").filter(|_| fault != Fault::NoRanges).map(|range| {
            let (start, end) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            (start.parse::<usize>().unwrap(), end.parse::<usize>().unwrap() + 1)
        });
        let body = range.map_or(&bytes[..], |(start, end)| &bytes[start..end]);
        match range {
            Some((start, end)) => {
                write!(out, "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {start}-{}/{size}\r\n", end - 1)?;
            }
            None => write!(out, "HTTP/1.1 200 OK\r\n")?,
        }
        write!(out, "etag: {etag}\r\ncontent-length: {}\r\n\r\n", body.len())?;
        if !is_get {
            continue;
        }
        if let Fault::CutAt(count) = fault
            && earlier == 0
        {
            out.write_all(&body[..count])?;
            return stream.shutdown(std::net::Shutdown::Both);
        }
        out.write_all(body)?;
    }
}

fn options() -> Options {
    let mut options = Options::default();
    options.stall = Duration::from_secs(1);
    options.retries = 2;
    options
}

/// Asks a server for `/a/file`, and returns it with the connection.
fn probe(server: &Server) -> (Remote, Object) {
    let mut remote = Remote::open(&format!("{}/a", server.url).parse().unwrap(), &options()).unwrap();
    remote.probe(["file", "absent"]).unwrap();
    let [object] = remote.objects() else { panic!("{:?}", remote.objects()) };
    let object = object.clone();
    (remote, object)
}

fn read(remote: &Remote, object: &Object, start: u64, end: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    remote.read(object, start, end).read_to_end(&mut bytes)?;
    Ok(bytes)
}

const BYTES: &[u8] = b"0123456789abcdef";

#[test]
fn reads_a_file_and_parts_of_it_with_the_pin_of_the_listing() {
    for fault in [Fault::None, Fault::NoRanges] {
        let server = Server::start(&[("/a/file", BYTES)], fault);
        let (remote, object) = probe(&server);
        assert_eq!((object.name.as_str(), object.size), ("file", 16));
        assert!(!remote.is_complete());
        for (start, end, expected) in
            [(0, 16, BYTES), (0, u64::MAX, BYTES), (0, 4, b"0123"), (4, 8, b"4567"), (12, 99, b"cdef"), (16, 99, b"")]
        {
            assert_eq!(read(&remote, &object, start, end).unwrap(), expected, "{fault:?} {start}..{end}");
        }
        let gets = server.gets();
        assert_eq!(gets.len(), 5, "an empty part is not asked for");
        assert!(gets.iter().all(|request| request.contains("if-match: \"one\"\r\n")), "{gets:?}");
        assert!(gets.iter().all(|request| request.contains("accept-encoding: identity\r\n")), "{gets:?}");
    }
}

#[test]
fn a_cut_connection_is_resumed_at_the_offset() {
    let server = Server::start(&[("/a/file", BYTES)], Fault::CutAt(5));
    let (remote, object) = probe(&server);
    assert_eq!(read(&remote, &object, 0, 16).unwrap(), BYTES);
    let gets = server.gets();
    assert_eq!(gets.len(), 2);
    assert!(!gets[0].contains("range: "), "{gets:?}");
    assert!(gets[1].contains("range: bytes=5-15\r\n") && gets[1].contains("if-match: \"one\"\r\n"), "{gets:?}");
}

#[test]
fn a_busy_or_silent_server_is_asked_again() {
    for fault in [Fault::BusyOnce, Fault::SilentOnce] {
        let server = Server::start(&[("/a/file", BYTES)], fault);
        let (remote, object) = probe(&server);
        assert_eq!(read(&remote, &object, 0, 16).unwrap(), BYTES, "{fault:?}");
        assert_eq!(server.gets().len(), 2, "{fault:?}");
    }
}

#[test]
fn a_server_that_stays_silent_is_given_up() {
    let server = Server::start(&[("/a/file", BYTES)], Fault::Silent);
    let (remote, object) = probe(&server);
    let error = read(&remote, &object, 0, 16).unwrap_err();
    assert_eq!(error.to_string(), "the server was silent for 1 seconds");
    assert!(!is_change(&error));
    assert_eq!(server.gets().len(), 3, "once, and two more times");
}

#[test]
fn another_file_or_another_length_is_a_change() {
    for fault in [Fault::Replaced, Fault::Longer] {
        let server = Server::start(&[("/a/file", BYTES)], fault);
        let (remote, object) = probe(&server);
        for (start, end) in [(0, 16), (4, 8)] {
            let error = read(&remote, &object, start, end).unwrap_err();
            assert!(is_change(&error), "{fault:?} {start}..{end}: {error}");
        }
    }
}

#[test]
fn a_redirect_away_from_this_machine_without_tls_is_refused() {
    let other = Server::start(&[("/b", BYTES)], Fault::None);
    let location: &'static str = format!("{}/b", other.url).leak();
    let server = Server::start(&[("/a/file", BYTES)], Fault::RedirectTo(location));
    let (remote, object) = probe(&server);
    assert_eq!(read(&remote, &object, 0, 16).unwrap(), BYTES, "on this machine it is followed");
    for (location, expected) in [
        ("http://192.0.2.1/b", "a redirect leads from `http` to `http` on another machine"),
        ("ftp://127.0.0.1/b", "a redirect leads from `http` to `ftp`"),
    ] {
        let server = Server::start(&[("/a/file", BYTES)], Fault::RedirectTo(location));
        let (remote, object) = probe(&server);
        assert_eq!(read(&remote, &object, 0, 16).unwrap_err().to_string(), expected);
        assert_eq!(server.gets().len(), 1, "it is not asked again");
    }
}

/// Starts a Hub with one model, whose files are on another server.
fn hub(sha: &str) -> (Server, Server) {
    let storage = Server::start(&[("/blob", BYTES)], Fault::None);
    let list = format!(
        r#"{{"sha":"{sha}","siblings":[{{"rfilename":"a b/c#d","size":16,"lfs":{{"sha256":"{}","size":16}}}}]}}"#,
        "0".repeat(64)
    );
    let location: &'static str = format!("{}/blob", storage.url).leak();
    (hub_with(list, location), storage)
}

/// Starts a Hub with this list of the files of `org/name`, which are all at one place.
fn hub_with(list: String, location: &'static str) -> Server {
    // One server cannot answer and redirect, so the list comes from a server of its own in front.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let mut reader = BufReader::new(&stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
            let (status, extra, body) = if head
                .starts_with("GET /api/models/org/name/revision/refs%2Fpr%2F1?blobs=true ")
                || head.starts_with("GET /api/models/org/name?blobs=true ")
            {
                ("200 OK", String::new(), list.as_str())
            } else if head.starts_with("GET /org/name/resolve/") {
                ("302 Found", format!("location: {location}\r\n"), "")
            } else {
                ("404 Not Found", String::new(), "")
            };
            log.lock().unwrap().push(head);
            let mut out = &stream;
            let _ = write!(
                out,
                "HTTP/1.1 {status}\r\n{extra}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    Server { url, seen }
}

#[test]
fn a_million_files_are_listed_and_more_than_the_limit_are_refused() {
    const FILES: usize = 1_000_000;
    let mut list = format!(r#"{{"sha":"{}","siblings":["#, "0".repeat(40));
    for number in 0..FILES {
        list.push_str(&format!(r#"{{"rfilename":"data/{number}.bin","size":{number}}},"#));
    }
    list.pop();
    list.push_str("]}");
    let hub = hub_with(list, "http://127.0.0.1/never-asked-for");
    let mut options = options();
    // The list takes as long as it takes.
    options.stall = Duration::from_secs(60);
    options.hub.clone_from(&hub.url);
    let open = |options: &Options| Remote::open(&"hf:org/name".parse().unwrap(), options);
    assert_eq!(open(&options).unwrap().objects().len(), FILES);
    options.most_objects = FILES - 1;
    assert_eq!(open(&options).unwrap_err(), Error::TooMany(FILES - 1));
}

#[test]
fn a_repository_of_the_hub_is_pinned_to_its_commit_and_the_token_stays_there() {
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let (hub, storage) = hub(sha);
    let mut options = options();
    options.hub.clone_from(&hub.url);
    options.hub_token = Some("secret".to_owned());
    let remote = Remote::open(&"hf:org/name@refs/pr/1".parse().unwrap(), &options).unwrap();
    assert_eq!(remote.commit(), Some(sha));
    assert!(remote.is_complete());
    let [object] = remote.objects() else { panic!("{:?}", remote.objects()) };
    assert_eq!((object.name.as_str(), object.size), ("a b/c#d", 16));
    assert_eq!(object.claimed_sha256, Some("0".repeat(64)));
    assert_eq!(read(&remote, object, 4, 8).unwrap(), b"4567");
    let (at_hub, at_storage) = (hub.gets(), storage.gets());
    assert!(at_hub[1].starts_with(&format!("GET /org/name/resolve/{sha}/a%20b/c%23d HTTP/1.1")), "{at_hub:?}");
    assert!(at_hub.iter().all(|request| request.contains("authorization: Bearer secret\r\n")), "{at_hub:?}");
    assert_eq!(at_storage.len(), 1);
    assert!(!at_storage[0].contains("secret"), "{at_storage:?}");
    assert!(at_storage[0].contains("range: bytes=4-7\r\n"), "{at_storage:?}");
}

#[test]
fn a_hub_without_the_repository_or_the_commit_is_an_error() {
    let (hub, _storage) = hub("main");
    let mut options = options();
    options.hub.clone_from(&hub.url);
    let open = |url: &str| Remote::open(&url.parse().unwrap(), &options).unwrap_err();
    assert_eq!(open("hf:org/name"), Error::Answer("the Hub does not name the commit".to_owned()));
    assert_eq!(open("hf:org/other@v1"), Error::NotFound("revision `v1` of `org/other` at 127.0.0.1".to_owned()));
}
