//! The files of a backup: for their owner alone, on the disk, and hashed as they are read.

use super::error::BackupError;
use super::manifest::Part;
use sha2::{Digest as _, Sha256};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

const READ_BYTES: usize = 1 << 20;

/// Makes a folder that its owner alone may enter.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file that its owner alone may read; there must be none.
pub(crate) fn make_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Takes every right from everybody but the owner.
pub(super) fn keep_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    File::open(path)?.sync_all()
}

/// Waits until the disk has the names in the folder of a path.
pub(crate) fn sync_names(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Reads a file to its end, and says what it is.
pub(super) fn part_of(folder: &Path, name: &str) -> io::Result<Part> {
    let (bytes, sha256) = passed(&mut File::open(folder.join(name))?, &mut io::sink())?;
    Ok(Part { name: name.to_owned(), bytes, sha256 })
}

/// Copies a file of a backup and checks that what was copied is what the manifest says.
///
/// # Errors
///
/// A file that is missing, too short or changed; I/O errors.
pub(crate) fn take_out(
    folder: &Path,
    part: &Part,
    to: &mut impl io::Write,
) -> Result<(), BackupError> {
    let (path, name) = (folder.join(&part.name), part.name.clone());
    let incomplete = |part| BackupError::Incomplete { folder: folder.to_owned(), part };
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(incomplete(name)),
        Err(source) => return Err(BackupError::Io { path, source }),
    };
    let (bytes, sha256) = passed(&mut file, to).map_err(BackupError::io(&path))?;
    if bytes < part.bytes {
        return Err(incomplete(name));
    }
    if bytes != part.bytes || sha256 != part.sha256 {
        return Err(BackupError::Changed { folder: folder.to_owned(), part: name });
    }
    Ok(())
}

/// Copies everything; how many bytes it was, and their SHA-256.
fn passed(from: &mut File, to: &mut impl io::Write) -> io::Result<(u64, String)> {
    let (mut count, mut hash) = (0_u64, Sha256::new());
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = from.read(&mut buffer)?;
        let part = buffer.get(..read).unwrap_or_default();
        if part.is_empty() {
            return Ok((count, hex::encode(hash.finalize())));
        }
        hash.update(part);
        to.write_all(part)?;
        count = count.saturating_add(u64::try_from(read).unwrap_or(0));
    }
}

/// Writes a small file of a backup.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = make_file(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
