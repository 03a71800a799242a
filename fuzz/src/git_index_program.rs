//! Git's index, compared with `git ls-files`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use openness::git::{Error, ObjectFormat, index_lines};

use super::git_index::{input, line_head, text};

/// If Git accepts an index, we read it the same way or leave it to Git.
pub fn run(bytes: &[u8]) {
    let Some(desk) = Desk::get() else { return };
    let Some((format, file)) = input(bytes) else { return };
    let ours = match index_lines(&file, format) {
        Ok(ours) => Ok(ours),
        Err(Error::Read { source, .. }) => Err(source.to_string()),
        // We would run Git then.
        Err(_) => return,
    };
    let Some(theirs) = desk.list(&file, format) else { return };
    match ours {
        Ok(ours) => assert!(ours == theirs, "ours:\n{}\ntheirs:\n{}", text(&ours), text(&theirs)),
        // Git reads on into the hash in this case, and past it.
        Err(why) if why.contains("it ends too early") => {}
        Err(why) => panic!("{why}, but:\n{}", text(&theirs)),
    }
}

/// One repository per hash function.
struct Desk {
    directory: tempfile::TempDir,
}

impl Desk {
    /// Returns this process's instance, or `None` if there is no `git` that supports both hash functions.
    fn get() -> Option<&'static Self> {
        static DESK: OnceLock<Option<Desk>> = OnceLock::new();
        DESK.get_or_init(|| {
            let desk = Self { directory: tempfile::tempdir().expect("a directory") };
            [ObjectFormat::Sha1, ObjectFormat::Sha256]
                .iter()
                .all(|format| desk.git(*format, &["init", "--quiet", "--object-format", format.as_str()]).is_some())
                .then_some(desk)
        })
        .as_ref()
    }

    fn place(&self, format: ObjectFormat) -> PathBuf {
        self.directory.path().join(format.as_str())
    }

    /// Runs `git` without user and system settings. Returns its output, or `None` if it fails.
    fn git(&self, format: ObjectFormat, arguments: &[&str]) -> Option<Vec<u8>> {
        fs::create_dir_all(self.place(format)).expect("a directory");
        let output = Command::new("git")
            // With several threads, Git reads blocks at the offsets given in an extension.
            .args(["-c", "index.threads=1", "-c", "core.quotePath=false"])
            .args(arguments)
            .current_dir(self.place(format))
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", self.directory.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null())
            .output()
            .ok()?;
        output.status.success().then_some(output.stdout)
    }

    /// Returns Git's listing of an index, in the format of `index_lines`.
    fn list(&self, bytes: &[u8], format: ObjectFormat) -> Option<Vec<Vec<u8>>> {
        fs::write(self.place(format).join(".git/index"), bytes).expect("a file");
        let output = self.git(format, &["ls-files", "--stage", "--debug", "-z"])?;
        let mut rest = output.as_slice();
        let mut lines = Vec::new();
        // `MODE ID STAGE TAB PATH NUL`, then five lines, the last of which ends with the flags in hex.
        while let Some(end) = rest.iter().position(|byte| *byte == 0) {
            let (line, debug) = rest.split_at(end);
            let tab = line.iter().position(|byte| *byte == b'\t').expect("a line has a tab");
            let head = std::str::from_utf8(&line[..tab]).expect("ASCII");
            let [mode, id, stage] = head.split(' ').collect::<Vec<_>>().try_into().expect("three words");
            let mut ends = debug.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
            let last = ends.nth(4).expect("five lines");
            let debug_text = std::str::from_utf8(&debug[1..last]).expect("ASCII");
            let flags = debug_text.rsplit_once("flags: ").expect("flags").1;
            let flags = u64::from_str_radix(flags, 16).expect("hex");
            // Bits as in Git's `read-cache-ll.h`.
            let flag = |bit: u32, letter| if flags >> bit & 1 == 1 { letter } else { '-' };
            let mode = u32::from_str_radix(mode, 8).expect("octal");
            let head = line_head([flag(29, 'i'), flag(30, 's')], mode, id, stage.parse().expect("a digit"))?;
            lines.push([head.as_bytes(), &line[tab + 1..]].concat());
            rest = &debug[last + 1..];
        }
        Some(lines)
    }
}
