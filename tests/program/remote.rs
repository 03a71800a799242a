//! Releases that are read over a network: from a web server and a Hub on this machine.

#[cfg(not(feature = "remote"))]
mod without {
    use crate::common::env::TestEnv;

    #[test]
    fn a_build_without_remote_sources_says_how_to_get_one() {
        let env = TestEnv::with_key();
        for url in ["https://example.org/a", "s3://bucket/a", "hf:org/name@main", "gs://bucket/a", "az://container/a"] {
            for arguments in [&["verify", url, "--key", "key.pub"][..], &["check", url], &["show", url], &["hash", url]]
            {
                let ran = env.openness(arguments).expect(2);
                assert!(
                    ran.err.contains(&format!("cannot read `{url}`: this build of openness reads local files only")),
                    "{ran:#?}"
                );
                assert!(ran.err.contains("--features remote"), "{ran:#?}");
            }
        }
    }

    #[test]
    fn an_audit_refuses_targets_that_this_build_cannot_read_before_anything_is_written() {
        let env = TestEnv::with_key();
        env.write("list", "lm\nhf:org/name@main\n");
        for target in [&["s3://bucket/*"][..], &["https://example.org/a?b=1"], &["--targets", "list"]] {
            let ran = env.openness([&["audit", "--out", "out"][..], target].concat()).expect(2);
            assert!(ran.err.contains("this build of openness reads local files only"), "{ran:#?}");
            assert!(ran.err.contains("--features remote"), "{ran:#?}");
            assert!(!env.path("out").exists());
        }
    }

    #[test]
    fn a_bare_name_of_the_hub_is_named_as_a_url() {
        let env = TestEnv::with_key();
        let ran = env.openness(["verify", "org/model", "--key", "key.pub"]).expect(2);
        assert!(ran.err.contains("hf:org/model@REV"), "{ran:#?}");
    }
}

#[cfg(feature = "remote")]
mod with {
    use std::collections::BTreeMap;
    use std::fs;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::path::Path;
    use std::process::Stdio;
    use std::sync::{Arc, Mutex};

    use openness::audit::{Row, Status, read_rows, taxonomies};

    use crate::common::env::{Output, TestEnv};
    use crate::common::http::{header, path_of, read_head};
    use crate::common::tools::has;

    /// The commit of the Hub on this machine.
    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    type Served = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

    /// Serves files, each at its path, and changes what `at_read` says once a weight file is read.
    struct Server {
        url: String,
        requests: Arc<Mutex<Vec<String>>>,
    }

    impl Server {
        fn start(files: BTreeMap<String, Vec<u8>>, replaced: Option<&'static str>) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let files: Served = Arc::new(Mutex::new(files));
            let requests = Arc::new(Mutex::new(Vec::new()));
            let log = Arc::clone(&requests);
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    let (files, log) = (Arc::clone(&files), Arc::clone(&log));
                    std::thread::spawn(move || drop(serve(&stream.unwrap(), &files, &log, replaced)));
                }
            });
            Self { url, requests }
        }
    }

    fn serve(
        stream: &TcpStream,
        files: &Served,
        log: &Mutex<Vec<String>>,
        replaced: Option<&str>,
    ) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        while let Some(head) = read_head(&mut reader)? {
            let path = path_of(&head);
            let is_get = head.starts_with("GET ");
            log.lock().unwrap().push(head.lines().next().unwrap().to_owned());
            let mut found = files.lock().unwrap().get(path).cloned();
            let mut etag = "\"one\"";
            if is_get && replaced.is_some_and(|name| path.ends_with(name)) {
                etag = "\"two\"";
                found.iter_mut().for_each(|bytes| bytes.reverse());
            }
            let mut out = stream;
            let Some(bytes) = found else {
                out.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?;
                continue;
            };
            if header(&head, "if-match").is_some_and(|wanted| wanted != etag) {
                out.write_all(b"HTTP/1.1 412 Precondition Failed\r\ncontent-length: 0\r\n\r\n")?;
                continue;
            }
            write!(out, "HTTP/1.1 200 OK\r\netag: {etag}\r\ncontent-length: {}\r\n\r\n", bytes.len())?;
            if is_get {
                out.write_all(&bytes)?;
            }
        }
        Ok(())
    }

    /// Returns every file below a directory, by its path from there.
    fn files_below(directory: &Path) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![directory.to_path_buf()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(&next).unwrap() {
                let path = entry.unwrap().path();
                if path.ends_with(".git") {
                    continue;
                }
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        found
    }

    /// A web server with a signed release at `/m`.
    fn web(
        env: &TestEnv,
        change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>),
        replaced: Option<&'static str>,
    ) -> Server {
        let mut files = files_below(&env.path("lm"));
        change(&mut files);
        Server::start(files.into_iter().map(|(name, bytes)| (format!("/m/{name}"), bytes)).collect(), replaced)
    }

    /// A Hub with a signed release, `org/model`.
    fn hub(env: &TestEnv, change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Server {
        let mut files = files_below(&env.path("lm"));
        change(&mut files);
        let siblings: Vec<serde_json::Value> =
            files.iter().map(|(name, bytes)| serde_json::json!({ "rfilename": name, "size": bytes.len() })).collect();
        let list = serde_json::json!({ "sha": COMMIT, "siblings": siblings }).to_string().into_bytes();
        let mut served: BTreeMap<String, Vec<u8>> =
            files.into_iter().map(|(name, bytes)| (format!("/org/model/resolve/{COMMIT}/{name}"), bytes)).collect();
        served.insert("/api/models/org/model/revision/v1?blobs=true".to_owned(), list);
        Server::start(served, None)
    }

    fn run(env: &TestEnv, server: &Server, arguments: &[&str]) -> Output {
        let mut command = env.program();
        command.args(arguments).env("HF_ENDPOINT", &server.url).env("OPENNESS_REMOTE_TIMEOUT", "5");
        command.env("NO_PROXY", "127.0.0.1").output().expect("the program").into()
    }

    fn reasons(output: &Output) -> Vec<String> {
        let json = output.json();
        json["reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_release_on_a_web_server_is_verified_as_far_as_its_statement_lists_it() {
        let env = TestEnv::signed();
        let server = web(
            &env,
            |files| {
                files.insert("stray.bin".to_owned(), b"not signed".to_vec());
            },
            None,
        );
        let url = format!("{}/m", server.url);
        let verified = run(&env, &server, &["verify", &url, "--key", "key.pub"]).expect(0);
        assert!(
            verified.out.trim_end().ends_with("(listed files only: this server does not say which other files it has)"),
            "{verified:#?}"
        );
        let json = run(&env, &server, &["verify", &url, "--key", "key.pub", "--format", "json"]).expect(0).json();
        assert_eq!((&json["verdict"], &json["files"]["listedOnly"]), (&"verified".into(), &true.into()));
        // Another signer's key leads to other names of signatures, and to none here.
        env.add_key("other");
        let other = run(&env, &server, &["verify", &url, "--key", "other.pub", "--format", "json"]).expect(1);
        assert_eq!(reasons(&other), ["unsigned"]);
    }

    /// A server with TLS for the directory of a test, which redirects what is below `/elsewhere/`. It ends with its input.
    struct Tls {
        url: String,
        server: std::process::Child,
    }

    impl Tls {
        fn start(env: &TestEnv, elsewhere: &str) -> Self {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/https.py");
            let mut command = env.command("python3");
            command.arg(script).args([".", "tls.pem", "tls.key", elsewhere]);
            let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let mut port = String::new();
            BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
            Self { url: format!("https://127.0.0.1:{}", port.trim()), server }
        }
    }

    impl Drop for Tls {
        fn drop(&mut self) {
            drop(self.server.stdin.take());
            // Nothing is left to do if it cannot be waited for.
            let _ = self.server.wait();
        }
    }

    #[test]
    fn a_redirect_from_https_to_http_is_refused_and_not_followed() {
        if !has("openssl") || !has("python3") {
            return;
        }
        let env = TestEnv::signed();
        let plain = web(&env, |_| {}, None);
        let request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=tests \
                       -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
                       -keyout tls.key -out tls.pem";
        Output::from(env.command("openssl").args(request.split_whitespace()).output().unwrap()).expect(0);
        let tls = Tls::start(&env, &plain.url);
        let run = |arguments: &[&str]| {
            let mut command = env.program();
            command.args(arguments).envs([("NO_PROXY", "127.0.0.1"), ("OPENNESS_REMOTE_TIMEOUT", "5")]);
            Output::from(command.env("SSL_CERT_FILE", env.path("tls.pem")).output().unwrap())
        };
        // The same server and certificate serve a release that is verified.
        let verified = run(&["verify", &format!("{}/lm", tls.url), "--key", "key.pub"]).expect(0);
        assert!(verified.out.contains("\nverified (listed files only"), "{verified:#?}");
        let url = format!("{}/elsewhere/m", tls.url);
        for arguments in [&["verify", &url, "--key", "key.pub"][..], &["check", &url], &["show", &url]] {
            let refused = run(arguments).expect(2);
            assert!(refused.err.contains("a redirect leads from `https` to `http`"), "{refused:#?}");
        }
        run(&["audit", &url, "--key", "key.pub", "--out", "out"]).expect(0);
        let row = &rows(&env, "out")[&url];
        assert_eq!(row.status, Status::CouldNotRead, "{row:?}");
        assert!(row.detail.as_ref().unwrap().contains("from `https` to `http`"), "{row:?}");
        assert_eq!(*plain.requests.lock().unwrap(), [""; 0], "nothing is asked of the other server");
    }

    #[test]
    fn changed_absent_and_replaced_files_are_told_apart() {
        let env = TestEnv::signed();
        let verify = |server: &Server| {
            run(&env, server, &["verify", &format!("{}/m", server.url), "--key", "key.pub", "--format", "json"])
                .expect(1)
        };
        let name = || "weights/a.safetensors".to_owned();
        let changed = web(
            &env,
            |files| {
                files.insert(name(), b"weights b".to_vec());
            },
            None,
        );
        assert_eq!(reasons(&verify(&changed)), ["content-mismatch"]);
        let absent = web(
            &env,
            |files| {
                files.remove(&name());
            },
            None,
        );
        assert_eq!(reasons(&verify(&absent)), ["incomplete"]);
        let replaced = web(&env, |_| {}, Some("a.safetensors"));
        let output = verify(&replaced);
        assert_eq!(reasons(&output), ["changed-while-read"]);
        assert_eq!(output.json()["files"]["changedWhileRead"], serde_json::json!(["weights/a.safetensors"]));
    }

    #[test]
    fn a_repository_of_the_hub_is_checked_shown_hashed_verified_and_exported() {
        let env = TestEnv::signed();
        let server = hub(&env, |_| {});
        let url = "hf:org/model@v1";
        run(&env, &server, &["check", url]).expect(0);
        let local = env.openness(["hash", "lm", "--all"]).expect(0).out;
        assert_eq!(run(&env, &server, &["hash", url, "--all"]).expect(0).out, local);
        let shown = run(&env, &server, &["show", url, "--format", "json"]).expect(0).json();
        assert_eq!(shown["model"], env.openness(["show", "lm", "--format", "json"]).expect(0).json()["model"]);
        let verified = run(&env, &server, &["verify", url, "--key", "key.pub", "--export", "copy"]).expect(0);
        assert!(verified.text().contains(COMMIT), "the commit is printed: {verified:#?}");
        assert!(verified.out.ends_with("\nverified\n"), "{verified:#?}");
        assert_eq!(env.read("copy/weights/a.safetensors"), env.read("lm/weights/a.safetensors"));
        let more = hub(&env, |files| {
            files.insert("stray.bin".to_owned(), b"not signed".to_vec());
        });
        let output = run(&env, &more, &["verify", url, "--key", "key.pub", "--format", "json"]).expect(1);
        assert_eq!(reasons(&output), ["unsigned-files"], "a Hub lists everything");
    }

    #[test]
    fn what_is_not_there_is_an_error_that_names_it() {
        let env = TestEnv::signed();
        let server = hub(&env, |_| {});
        for (arguments, expected) in [
            (
                &["verify", "hf:org/model@v2", "--key", "key.pub"][..],
                "revision `v2` of `org/model` at 127.0.0.1 does not exist",
            ),
            (&["check", "hf:model"], "`hf:model` is not the name of a repository"),
            (
                &["check", "hf:org/model@v1", "--rev", "v1"],
                "the revision of a repository of the Hub is part of its URL",
            ),
            (&["check", "http://example.org/a"], "`http://` is only for servers on this machine"),
            (&["check", "https://huggingface.co/org/model"], "use `hf:org/model@REV`"),
        ] {
            let ran = run(&env, &server, arguments).expect(2);
            assert!(ran.err.contains(expected), "{arguments:?}: {ran:#?}");
        }
        assert!(server.requests.lock().unwrap().len() < 10, "a missing revision is not asked for again and again");
    }

    /// The rows of an output with one part, by target.
    fn rows(env: &TestEnv, out: &str) -> BTreeMap<String, Row> {
        let mut rows = BTreeMap::new();
        for part in fs::read_dir(env.path(&format!("{out}/rows"))).unwrap() {
            read_rows(&part.unwrap().path(), &taxonomies(), |row| drop(rows.insert(row.target.clone(), row))).unwrap();
        }
        rows
    }

    #[test]
    fn an_audit_reads_releases_where_they_are_as_verify_does() {
        let env = TestEnv::signed();
        let hub = hub(&env, |_| {});
        let (good, replaced) = (web(&env, |_| {}, None), web(&env, |_| {}, Some("a.safetensors")));
        let (good, replaced) = (format!("{}/m", good.url), format!("{}/m", replaced.url));
        let targets = ["lm", "hf:org/model@v1", &good, &replaced];
        let all = [&["audit", "--key", "key.pub", "--out", "out"][..], &targets].concat();
        run(&env, &hub, &all).expect(0);
        let rows = rows(&env, "out");
        let (local, at_hub, at_web) = (&rows["lm"], &rows["hf:org/model@v1"], &rows[&good]);
        assert_eq!(local.status, Status::Verified);
        assert_eq!(at_hub.revision.as_deref(), Some(COMMIT));
        let moved = |row: &Row| Row { target: "lm".to_owned(), revision: None, detail: None, ..row.clone() };
        assert_eq!((&moved(at_hub), &moved(at_web)), (local, local));
        assert_eq!(at_hub.detail, None, "a Hub lists everything");
        assert!(at_web.detail.as_ref().unwrap().starts_with("listed files only"), "{at_web:?}");
        let replaced = &rows[&replaced];
        assert_eq!(
            (replaced.status, &replaced.reasons[..]),
            (Status::NotVerified, &["changed-while-read".to_owned()][..])
        );
        // The same, so nothing is done twice.
        let asked = hub.requests.lock().unwrap().len();
        run(&env, &hub, &[&all[..], &["--verify-time", &time_of_run(&env)]].concat()).expect(0);
        assert_eq!(hub.requests.lock().unwrap().len(), asked);
    }

    fn time_of_run(env: &TestEnv) -> String {
        let run: serde_json::Value = serde_json::from_str(&env.read_text("out/_RUN.json")).unwrap();
        run["at"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_target_that_cannot_be_had_from_its_server_is_a_row_that_says_why() {
        let env = TestEnv::signed();
        let hub = hub(&env, |files| {
            files.insert("../outside".to_owned(), b"leaves the root".to_vec());
        });
        let closed = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
        let expected = [
            ("hf:org/model@v2", "not-found"),
            ("hf:model", "not-a-release"),
            ("http://example.org/a", "not-a-release"),
            ("https://huggingface.co/org/model", "not-a-release"),
            ("s3://no-such-bucket/a", "network"),
            (&closed, "network"),
        ];
        let mut command = env.program();
        command.args(["audit", "--key", "key.pub", "--out", "out", "lm", "hf:org/model@v1"]);
        command.args(expected.iter().map(|(target, _)| target)).args(["--threads", "8"]);
        command.envs([("HF_ENDPOINT", hub.url.as_str()), ("AWS_ENDPOINT", &closed), ("AWS_ALLOW_HTTP", "true")]);
        command.envs([("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_REGION", "us-east-1")]);
        command.envs([("OPENNESS_REMOTE_TIMEOUT", "2"), ("NO_PROXY", "127.0.0.1")]);
        Output::from(command.output().unwrap()).expect(0);
        let rows = rows(&env, "out");
        for (target, reason) in expected {
            let row = &rows[target];
            assert_eq!((row.status, &row.reasons[..]), (Status::CouldNotRead, &[reason.to_owned()][..]), "{row:?}");
            assert!(row.detail.is_some(), "{row:?}");
        }
        assert_eq!(rows["lm"].status, Status::Verified, "the others are not held up");
        let outside = &rows["hf:org/model@v1"];
        assert_eq!(outside.status, Status::NotVerified, "{outside:?}");
        assert!(outside.reasons.contains(&"unsigned-files".to_owned()), "a name that leaves the root: {outside:?}");
    }

    #[test]
    fn a_listing_over_the_limit_is_a_row() {
        let env = TestEnv::signed();
        let server = hub(&env, |files| {
            files.extend((0..2000).map(|number| (format!("{number}.bin"), Vec::new())));
        });
        run(&env, &server, &["audit", "--max-files", "500", "--out", "out", "hf:org/model@v1"]).expect(0);
        assert_eq!(rows(&env, "out")["hf:org/model@v1"].reasons, ["too-many-files"]);
    }
}
