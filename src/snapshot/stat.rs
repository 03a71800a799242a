//! What the file system says of a file, by which a changed one is told without reading it.

/// Size, times and identity of a file on disk, as Git's index keeps them.
///
/// Whoever changes a file changes its `changed` time with it, and cannot set that back; `modified` can be set to anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStat {
    /// In bytes.
    pub size: u64,
    /// When the bytes last changed, in seconds since 1970 and nanoseconds; what programs make of it.
    pub modified: (i64, i64),
    /// When bytes, name or rights last changed, likewise; what the kernel makes of it.
    pub changed: (i64, i64),
    /// The number of the file in its file system.
    pub inode: u64,
    /// The file system.
    pub device: u64,
}

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
