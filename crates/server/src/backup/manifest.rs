//! The manifest of a backup: what is in it, and of which house and moment it is.

use super::error::BackupError;
use crate::authentic;
use serde::{Deserialize, Serialize};
use std::path::Path;
use store::keys::Keys;

const PURPOSE: &str = "manifest of a backup";
/// The one form of manifests that there is.
const FORM: u32 = 1;
/// The line before the authentication.
const SIGNED: &str = "\n\u{2014} genvej ";

/// What a backup is, in TOML, with its authentication below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    form: u32,
    /// The authority of the public site, by which people know the house.
    pub house: String,
    /// A keyed hash that tells key files apart.
    key_file: String,
    /// The newest master key: one that is newer than the key file's opens nothing.
    master: u32,
    /// When the backup was made.
    pub taken: jiff::Timestamp,
    /// The layout of the database.
    pub layout: u32,
    /// The epoch of the evidence about rows.
    pub epoch: u32,
    /// The number of rows that the journal has with a position.
    pub journal: u64,
    /// The last commit in the backup.
    pub committed: Option<jiff::Timestamp>,
    /// The number of persons on the list of erasures.
    pub erased: u64,
    /// The files of the backup.
    pub part: Vec<Part>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The name of the file.
    pub name: String,
    /// Its length, in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// A manifest without files, of the house with these keys.
    pub(super) fn of(keys: &Keys, house: String, taken: jiff::Timestamp) -> Self {
        Self {
            form: FORM,
            house,
            key_file: mark_of(keys),
            master: keys.newest().0,
            taken,
            layout: 0,
            epoch: 0,
            journal: 0,
            committed: None,
            erased: 0,
            part: Vec::new(),
        }
    }

    /// The file with this name; `None` where the manifest names none.
    pub(super) fn part(&self, name: &str) -> Option<&Part> {
        self.part.iter().find(|part| part.name == name)
    }

    /// The text of the manifest, with its authentication.
    pub(super) fn signed(&self, keys: &Keys) -> Result<String, toml::ser::Error> {
        Ok(authentic::sign(keys, PURPOSE, &toml::to_string(self)?))
    }

    /// Reads a manifest that was made under these keys.
    ///
    /// # Errors
    ///
    /// Another house's, one that was changed, or one that needs a newer key file.
    pub(super) fn read(text: &str, keys: &Keys, folder: &Path) -> Result<Self, BackupError> {
        let (folder, part) = (folder.to_owned(), "the manifest".to_owned());
        let body = text.split_once(SIGNED).map_or(text, |(body, _)| body);
        let Ok(found) = toml::from_str::<Self>(body) else {
            return Err(BackupError::Changed { folder, part });
        };
        // Said first: of another house's nothing else is checked, since nothing of it can be opened.
        if found.key_file != mark_of(keys) {
            return Err(BackupError::AnotherHouse { folder, house: found.house });
        }
        if authentic::open(keys, PURPOSE, text).is_err() || found.form != FORM {
            return Err(BackupError::Changed { folder, part });
        }
        let (needed, known) = (found.master, keys.newest().0);
        if needed > known {
            return Err(BackupError::KeyFileOlder { folder, needed, known });
        }
        Ok(found)
    }
}

/// Tells key files apart and says nothing of their keys. It stays when a master key is added.
fn mark_of(keys: &Keys) -> String {
    let hash = keys.code_hash("mark of a key file", &[]);
    hex::encode(hash.get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[test]
    fn a_manifest_is_believed_by_its_own_house_and_as_it_was_written() {
        let keys = |fill| Keys::generate(&Zeroizing::new([fill; 96]));
        let rotated = keys(1).rotate(Zeroizing::new([9; 32])).unwrap();
        let at = jiff::Timestamp::UNIX_EPOCH;
        let mut made = Manifest::of(&keys(1), "recovery.example".to_owned(), at);
        made.part.push(Part { name: "a".to_owned(), bytes: 7, sha256: "00".to_owned() });
        let text = made.signed(&keys(1)).unwrap();
        let code = |text: &str, keys: &Keys| {
            Manifest::read(text, keys, Path::new("b")).map_err(|error| error.code())
        };

        assert_eq!(code(&text, &keys(1)), Ok(made.clone()));
        assert_eq!(code(&text, &rotated), Ok(made.clone()), "a master key was added since");
        assert_eq!(code(&text, &keys(2)), Err("backup-of-another-house"));
        assert_eq!(code(&text.replace("bytes = 7", "bytes = 8"), &keys(1)), Err("backup-changed"));
        assert_eq!(code(&text[..text.len() / 2], &keys(1)), Err("backup-changed"));
        let newer = Manifest::of(&rotated, made.house, at).signed(&rotated).unwrap();
        assert_eq!(code(&newer, &keys(1)), Err("key-file-older"));
    }
}
