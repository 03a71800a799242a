//! Converting the results of system calls to stat data.

#[cfg(unix)]
use crate::files::FileStat;

#[cfg(unix)]
impl From<&std::fs::Metadata> for FileStat {
    fn from(metadata: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }
}

#[cfg(unix)]
impl From<&rustix::fs::Stat> for FileStat {
    #[allow(clippy::useless_conversion, reason = "the types of the fields differ from system to system")]
    fn from(stat: &rustix::fs::Stat) -> Self {
        let nanoseconds = |count| i64::try_from(count).unwrap_or_default();
        Self {
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            modified: (i64::from(stat.st_mtime), nanoseconds(stat.st_mtime_nsec)),
            changed: (i64::from(stat.st_ctime), nanoseconds(stat.st_ctime_nsec)),
            inode: u64::from(stat.st_ino),
            device: u64::try_from(stat.st_dev).unwrap_or_default(),
        }
    }
}
