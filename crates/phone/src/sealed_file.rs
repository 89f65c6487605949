//! Small files that are written whole or not at all, readable by their owner alone.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use app_core::Random;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
/// Largest file that is read back.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A file of the phone could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("cannot read or write {path}")]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is damaged or was sealed by another phone")]
    Damaged { path: PathBuf },
}

/// Seals files with a key that lies beside them: a copied data folder without its key file opens
/// nothing. A phone in the hand keeps this in hardware.
pub(crate) struct Sealer {
    key: Zeroizing<[u8; KEY_BYTES]>,
    random: Random,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer([hidden])")
    }
}

impl Sealer {
    /// Loads the local key, or draws one on a new phone.
    pub(crate) fn open(path: &Path, random: Random) -> Result<Self, FileError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        match read(path)? {
            Some(bytes) => {
                let stored = <&[u8; KEY_BYTES]>::try_from(bytes.as_slice())
                    .map_err(|_| FileError::Damaged { path: path.to_owned() })?;
                key.copy_from_slice(stored);
            }
            None => {
                random(key.as_mut_slice());
                write(path, key.as_slice())?;
            }
        }
        Ok(Self { key, random })
    }

    /// What is in a sealed file; `None` where there is none.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
        let Some(bytes) = read(path)? else { return Ok(None) };
        let damaged = || FileError::Damaged { path: path.to_owned() };
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or_else(damaged)?;
        let name = name_of(path);
        self.cipher()
            .decrypt(Nonce::from_slice(nonce), Payload { msg: sealed, aad: name.as_bytes() })
            .map(|clear| Some(Zeroizing::new(clear)))
            .map_err(|_| damaged())
    }

    /// Replaces a sealed file.
    pub(crate) fn write(&self, path: &Path, clear: &[u8]) -> Result<(), FileError> {
        let mut nonce = [0; NONCE_BYTES];
        (self.random)(&mut nonce);
        let name = name_of(path);
        let sealed = self
            .cipher()
            .encrypt(Nonce::from_slice(&nonce), Payload { msg: clear, aad: name.as_bytes() })
            .map_err(|_| FileError::Damaged { path: path.to_owned() })?;
        write(path, &[nonce.as_slice(), &sealed].concat())
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(Key::from_slice(self.key.as_slice()))
    }
}

/// A sealed file under another name does not open.
fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    let failed = |source| FileError::Io { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

/// Writes beside the file, syncs, then renames: a crash leaves the old one or the new one.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = |source| FileError::Io { path: path.to_owned(), source };
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&beside).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}
