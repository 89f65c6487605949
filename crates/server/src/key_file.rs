//! The file of the keys outside the database: those of the store, and the OPAQUE setup.
//!
//! ```text
//! "genvej-keyfile" 01 || length of the store's keys (u32, big-endian) || keys || OPAQUE setup (128 bytes)
//! ```
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "io::ErrorKind is not closed: two kinds have words of their own"
)]

use pin::ServerSetup;
use service::Random;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::keys::{Keys, KeysError};
use zeroize::Zeroizing;

const MAGIC: &[u8; 15] = b"genvej-keyfile\x01";
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// The contents of the key file.
#[derive(Debug)]
pub struct KeyFile {
    /// The store's keys.
    pub keys: Arc<Keys>,
    /// The OPRF seed and key pair. Never rotated: every PIN record depends on it.
    pub pin: ServerSetup,
}

/// A key file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file exists. Overwriting it would make every PIN and every sealed row unreadable.
    #[error("there is a key file {} already; it is never overwritten", .0.display())]
    Exists(PathBuf),
    /// The file does not exist.
    #[error("there is no key file {}; `genvej keys init` makes one", .0.display())]
    Missing(PathBuf),
    /// Other users of this machine could read the file.
    #[error("the key file {} can be read by others; run: chmod 600 on it", .0.display())]
    Readable(PathBuf),
    /// The file cannot be read or written.
    #[error("the key file {}", path.display())]
    Io {
        /// The path of the key file.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The file is not a key file, or is damaged.
    #[error("{} is not a key file of this program, or it is damaged", .0.display())]
    NotKeys(PathBuf),
    /// The store's keys in the file are damaged.
    #[error("the keys in {} cannot be used", path.display())]
    Keys {
        /// The path of the key file.
        path: PathBuf,
        /// Why they cannot be used.
        #[source]
        source: KeysError,
    },
}

impl KeyFile {
    /// Generates new keys.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut seed = Zeroizing::new([0; 96]);
        random.fill(&mut *seed);
        let pin = ServerSetup::generate(&mut |buffer: &mut [u8]| random.fill(buffer));
        Self { keys: Arc::new(Keys::generate(&seed)), pin }
    }

    /// Creates the file, readable for its owner alone.
    ///
    /// # Errors
    ///
    /// [`KeyFileError::Exists`] where there is one, or [`KeyFileError::Io`].
    pub fn create(&self, path: &Path) -> Result<(), KeyFileError> {
        let io = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
            _ => KeyFileError::Io { path: path.to_owned(), source },
        };
        let mut file = new_file(path).map_err(io)?;
        file.write_all(&self.to_bytes()).and_then(|()| file.sync_all()).map_err(io)
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`], which shows nothing of the keys.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let io = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => KeyFileError::Missing(path.to_owned()),
            _ => KeyFileError::Io { path: path.to_owned(), source },
        };
        let file = File::open(path).map_err(io)?;
        if others_can_read(&file).map_err(io)? {
            return Err(KeyFileError::Readable(path.to_owned()));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        (&file).take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(io)?;
        Self::from_bytes(&bytes, path)
    }

    /// Adds a master key, which wraps from now on; the older ones still open what they wrapped. The file is replaced
    /// atomically.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`].
    pub fn rotate(path: &Path, random: &dyn Random) -> Result<u32, KeyFileError> {
        let old = Self::read(path)?;
        let mut secret = Zeroizing::new([0; 32]);
        random.fill(&mut *secret);
        let damaged = |source| KeyFileError::Keys { path: path.to_owned(), source };
        let keys = Keys::from_bytes(&old.keys.to_bytes()).map_err(damaged)?;
        let keys = Arc::new(keys.rotate(secret).map_err(damaged)?);
        let newest = keys.newest().0;
        let beside = path.with_extension("new");
        // What a stopped rotation left behind was never in force.
        let _ = std::fs::remove_file(&beside);
        Self { keys, pin: old.pin }.create(&beside)?;
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        std::fs::rename(&beside, path).map_err(io)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
        }
        Ok(newest)
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let (keys, pin) = (self.keys.to_bytes(), self.pin.to_bytes());
        let mut bytes =
            Zeroizing::new(Vec::with_capacity(MAGIC.len() + 4 + keys.len() + pin.len()));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&u32::try_from(keys.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(&keys);
        bytes.extend_from_slice(&*pin);
        bytes
    }

    fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, KeyFileError> {
        let not = || KeyFileError::NotKeys(path.to_owned());
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(not)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(not)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| not())?;
        let (keys, setup) = rest.split_at_checked(length).ok_or_else(not)?;
        let keys = Keys::from_bytes(keys);
        let keys = keys.map_err(|source| KeyFileError::Keys { path: path.to_owned(), source })?;
        let pin = setup.try_into().ok().and_then(|setup| ServerSetup::from_bytes(setup).ok());
        Ok(Self { keys: Arc::new(keys), pin: pin.ok_or_else(not)? })
    }
}

#[cfg(unix)]
fn new_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn others_can_read(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemRandom;

    #[test]
    fn a_key_file_is_read_back_rotated_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("genvej.keys");
        let made = KeyFile::generate(&SystemRandom);

        made.create(&path).unwrap();

        assert!(matches!(made.create(&path), Err(KeyFileError::Exists(_))));
        let read = KeyFile::read(&path).unwrap();
        assert_eq!(read.keys.to_bytes(), made.keys.to_bytes());
        assert_eq!(KeyFile::rotate(&path, &SystemRandom).unwrap(), 2);
        let rotated = KeyFile::read(&path).unwrap();
        assert_eq!(rotated.pin.to_bytes(), made.pin.to_bytes(), "PINs survive a rotation");
        assert_eq!(rotated.keys.newest().0, 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("genvej.keys");
        KeyFile::generate(&SystemRandom).create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();

        assert!(matches!(KeyFile::read(&path), Err(KeyFileError::Readable(_))));
    }

    #[test]
    fn a_damaged_key_file_is_refused() {
        let bytes = KeyFile::generate(&SystemRandom).to_bytes();
        for keep in [0, 10, 15, 19, 60, bytes.len() - 1] {
            assert!(
                KeyFile::from_bytes(&bytes[..keep], Path::new("keys")).is_err(),
                "{keep} bytes"
            );
        }
    }
}
