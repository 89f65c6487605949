//! The header of the file, read without SQLite, which would take a write-ahead log for its own wherever one lies beside a file.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;
/// The header of a write-ahead log; one that is no longer holds no commit.
const LOG_HEADER_BYTES: u64 = 32;

/// What the first bytes of a file of SQLite say (<https://www.sqlite.org/fileformat2.html>, section 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Whose file it is.
    pub(crate) application: u32,
    /// The number of changes of the file; it never falls.
    pub(crate) changes: u32,
    /// The length that the whole file has, in bytes; `None` where the header does not know it.
    pub(crate) bytes: Option<u64>,
}

impl Header {
    /// Reads the header; `None` for a file that is missing, empty, shorter than a header, or none of SQLite.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        file.take(HEADER_BYTES as u64).read_to_end(&mut bytes)?;
        Ok(Self::of(&bytes))
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < HEADER_BYTES || !bytes.starts_with(MAGIC) {
            return None;
        }
        let number = |at: usize| -> Option<u32> {
            bytes.get(at..)?.first_chunk().map(|it| u32::from_be_bytes(*it))
        };
        let page = bytes.get(16..)?.first_chunk().map(|it| u16::from_be_bytes(*it))?;
        // 1 stands for 65,536, which two bytes do not hold.
        let page = if page == 1 { 65_536 } else { u64::from(page) };
        let changes = number(24)?;
        let is_counted = number(92)? == changes;
        let bytes = is_counted.then_some(number(28)?).map(|pages| page * u64::from(pages));
        Some(Self { application: number(68)?, changes, bytes })
    }
}

/// The write-ahead log of a file.
pub(crate) fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Whether a write-ahead log lies beside a file and holds anything.
pub(crate) fn has_log(path: &Path) -> bool {
    std::fs::metadata(log_of(path)).is_ok_and(|log| log.len() > LOG_HEADER_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn the_header_says_what_sqlite_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let db = Connection::open(&path).unwrap();
        db.execute_batch(
            "PRAGMA application_id = 77; CREATE TABLE t (a); INSERT INTO t VALUES (1)",
        )
        .unwrap();
        drop(db);

        let header = Header::read(&path).unwrap().unwrap();

        assert_eq!(header.application, 77);
        assert_eq!(header.bytes, Some(std::fs::metadata(&path).unwrap().len()));
        assert!(!has_log(&path));
        assert_eq!(Header::read(&folder.path().join("none")).unwrap(), None);
        std::fs::write(&path, "no database at all, however long the text may be ".repeat(9))
            .unwrap();
        assert_eq!(Header::read(&path).unwrap(), None);
    }
}
