//! Receipts: a file outside the database that records what this process committed and no checkpoint covers yet.
//!
//! A commit is acknowledged after its receipt was written. The system keeps what was written when the process is killed, so
//! that nothing that was acknowledged can be dropped from the database unnoticed. (A receipt is not flushed to the disk by
//! itself: when the machine loses its power, those of the last half second may be lost. docs/adr/evidence-about-rows.md.)
//!
//! ```text
//! record = length of the rest (u32, big-endian) || id (16 bytes) || sealed row of evidence
//! ```
//!
//! Each process writes to a file of its own and holds a lock on it; another process reads the files that no process has
//! locked.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::keeper::Receipts;

/// The largest size of all files together that are read at a start, in bytes.
const READ_BYTES_MAX: usize = 256 * 1024 * 1024;
const RECORD_BYTES_MAX: usize = 1024 * 1024;
const ID_BYTES: usize = 16;

/// One receipt file of this process.
#[derive(Debug)]
struct Written {
    file: File,
    path: PathBuf,
    /// The ids of the rows of evidence whose receipts it holds.
    ids: Vec<u128>,
}

/// The receipt files that this process writes or has found.
#[derive(Debug)]
struct Files {
    /// The number of files that this process has created.
    count: u64,
    current: Written,
    /// The file from before the round that is under way.
    before: Option<Written>,
    /// The files of processes that have ended.
    left: Vec<PathBuf>,
}

/// The id of a row of evidence, and its sealed content.
type Receipt = (u128, Vec<u8>);

/// The receipt files of one process.
#[derive(Debug)]
pub struct ReceiptFiles {
    /// The folder and the beginning of the files' names.
    stem: PathBuf,
    holder: String,
    files: Mutex<Files>,
}

impl ReceiptFiles {
    /// Creates a file for this process, and reads the files that ended processes have left in this epoch.
    ///
    /// # Errors
    ///
    /// I/O errors. A process that cannot write receipts must not serve.
    pub fn open(checkpoint: &Path, epoch: u32, holder: u128) -> io::Result<(Self, Vec<Receipt>)> {
        let stem = stem(checkpoint);
        let holder = format!("{epoch}-{holder:032x}");
        let (mut left, mut receipts) = (Vec::new(), Vec::new());
        for path in all(&stem)? {
            let Some(of) = epoch_of(&stem, &path) else { continue };
            let file = File::open(&path)?;
            // The lock of a process that runs: what it has committed it watches itself.
            if file.try_lock().is_err() {
                continue;
            }
            if of == epoch {
                read(&path, &mut receipts)?;
            }
            left.push(path);
        }
        let current = create(&stem, &holder, 0)?;
        let files = Files { count: 1, current, before: None, left };
        Ok((Self { stem, holder, files: Mutex::new(files) }, receipts))
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a round: its checkpoint will cover all receipts that were written so far.
    ///
    /// # Errors
    ///
    /// I/O errors.
    pub fn begin_round(&self) -> io::Result<()> {
        let mut files = self.files();
        if files.before.is_some() || files.current.ids.is_empty() {
            return Ok(());
        }
        let next = create(&self.stem, &self.holder, files.count)?;
        files.count = files.count.saturating_add(1);
        files.before = Some(std::mem::replace(&mut files.current, next));
        Ok(())
    }

    /// Ends a round whose checkpoint was written: receipts that it covers are deleted. `waits` says whether one is not
    /// covered.
    pub fn end_round(&self, waits: impl Fn(&[u128]) -> bool) {
        let mut files = self.files();
        for path in std::mem::take(&mut files.left) {
            let _ = std::fs::remove_file(path);
        }
        if files.before.as_ref().is_some_and(|before| !waits(&before.ids))
            && let Some(before) = files.before.take()
        {
            let _ = std::fs::remove_file(before.path);
        }
    }

    /// Deletes the files of this process when it ends and everything is covered.
    pub fn remove(&self) {
        let mut files = self.files();
        let _ = std::fs::remove_file(&files.current.path);
        if let Some(before) = files.before.take() {
            let _ = std::fs::remove_file(before.path);
        }
    }

    /// Deletes the files of all epochs, when the rows as they are were accepted as what was saved last.
    ///
    /// # Errors
    ///
    /// I/O errors.
    pub fn remove_all(checkpoint: &Path) -> io::Result<()> {
        all(&stem(checkpoint))?.into_iter().try_for_each(std::fs::remove_file)
    }
}

impl Receipts for ReceiptFiles {
    fn add(&self, id: u128, sealed: &[u8]) -> io::Result<()> {
        let length = u32::try_from(sealed.len().saturating_add(ID_BYTES)).unwrap_or(u32::MAX);
        let mut record = Vec::with_capacity(sealed.len().saturating_add(ID_BYTES + 4));
        record.extend_from_slice(&length.to_be_bytes());
        record.extend_from_slice(&id.to_be_bytes());
        record.extend_from_slice(sealed);
        let mut files = self.files();
        files.current.file.write_all(&record)?;
        files.current.ids.push(id);
        Ok(())
    }
}

fn stem(checkpoint: &Path) -> PathBuf {
    checkpoint.with_extension("receipts")
}

fn create(stem: &Path, holder: &str, count: u64) -> io::Result<Written> {
    let mut name = stem.as_os_str().to_owned();
    name.push(format!("-{holder}-{count}"));
    let path = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.create_new(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    file.lock()?;
    Ok(Written { file, path, ids: Vec::new() })
}

fn all(stem: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = stem.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if epoch_of(stem, &path).is_some() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn epoch_of(stem: &Path, path: &Path) -> Option<u32> {
    let stem = stem.file_name()?.to_str()?;
    let rest = path.file_name()?.to_str()?.strip_prefix(stem)?.strip_prefix('-')?;
    rest.split('-').next()?.parse().ok()
}

/// Reads the records of a file. A record that was cut off when the process was killed was never acknowledged.
fn read(path: &Path, receipts: &mut Vec<Receipt>) -> io::Result<()> {
    let bytes = std::fs::read(path)?;
    if bytes.len() > READ_BYTES_MAX {
        return Err(io::Error::other(
            "a file of receipts is larger than any that this program writes",
        ));
    }
    let mut rest = bytes.as_slice();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > RECORD_BYTES_MAX {
            return Err(io::Error::other("a receipt is larger than any that this program writes"));
        }
        let Some((record, after)) = after.split_at_checked(length) else { break };
        let Some((id, sealed)) = record.split_first_chunk::<ID_BYTES>() else { break };
        receipts.push((u128::from_be_bytes(*id), sealed.to_vec()));
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(found: &[(u128, Vec<u8>)]) -> Vec<u128> {
        found.iter().map(|(id, _)| *id).collect()
    }

    #[test]
    fn what_a_killed_process_left_is_read_by_the_next_and_what_is_covered_goes() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = folder.path().join("genvej.checkpoint");
        let count = || std::fs::read_dir(folder.path()).unwrap().count();
        let (first, none) = ReceiptFiles::open(&checkpoint, 1, 5).unwrap();
        first.add(1, b"one").unwrap();
        first.begin_round().unwrap();
        first.add(2, b"two").unwrap();
        first.end_round(|ids| ids.contains(&1));
        let beside = ReceiptFiles::open(&checkpoint, 1, 6).unwrap().1;
        // Killed in the middle of a record.
        first.files().current.file.write_all(&[0, 0, 0, 40, 1, 2]).unwrap();
        drop(first);

        let (next, left) = ReceiptFiles::open(&checkpoint, 1, 7).unwrap();

        assert!(none.is_empty());
        assert!(beside.is_empty(), "a process that runs watches its own");
        assert_eq!(ids(&left), [1, 2]);
        assert!(ReceiptFiles::open(&checkpoint, 2, 8).unwrap().1.is_empty(), "another epoch");
        next.add(3, b"three").unwrap();
        next.begin_round().unwrap();
        next.end_round(|_| false);
        next.remove();
        drop(next);
        assert!(ids(&ReceiptFiles::open(&checkpoint, 1, 9).unwrap().1).is_empty());
        ReceiptFiles::remove_all(&checkpoint).unwrap();
        assert_eq!(count(), 0);
    }
}
