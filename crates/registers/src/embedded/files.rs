//! Loads the tables from a folder of CSV files, and saves them there.

use std::{fs, io, path::Path};

use super::{Freshness, Tables, TablesError};
use crate::{
    Places,
    import::{ImportError, centres, documents, places, population},
};

const POPULATION: &str = "population.csv";
const DOCUMENTS: &str = "documents.csv";
const CENTRES: &str = "centres.csv";
const PLACES: &str = "places.csv";

/// Why the folder could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file could not be read or written.
    #[error("the file {file} could not be read or written")]
    Io {
        /// The name of the file in the folder.
        file: &'static str,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The contents of a file were refused.
    #[error("the file {file} was refused")]
    Refused {
        /// The name of the file in the folder.
        file: &'static str,
        /// The errors in the file.
        #[source]
        source: ImportError,
    },
    /// The tables of the folder contradict each other.
    #[error("the tables of the folder contradict each other")]
    Contradiction(#[source] TablesError),
}

impl Tables {
    /// Loads the tables from the folder; a missing file is read as an empty table.
    ///
    /// # Errors
    ///
    /// [`FileError`] where a file cannot be read or is refused.
    pub fn load(folder: &Path, freshness: Freshness) -> Result<Self, FileError> {
        let people = file(folder, POPULATION, population::read)?.unwrap_or_default();
        let documents = file(folder, DOCUMENTS, documents::read)?.unwrap_or_default();
        let centres = file(folder, CENTRES, centres::read)?.unwrap_or_default();
        let places = file(folder, PLACES, places::read)?.unwrap_or_else(Places::built_in);
        let tables = Self::new(people, documents, places, freshness);
        tables.map(|tables| tables.with_centres(centres)).map_err(FileError::Contradiction)
    }

    /// Saves all tables into the folder. Each file is written under another name and then renamed, so that after a
    /// crash either the old or the new file is there.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`] where a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), FileError> {
        let io = |file| move |source| FileError::Io { file, source };
        fs::create_dir_all(folder).map_err(io("."))?;
        let files = [
            (POPULATION, population::write(&self.people)),
            (DOCUMENTS, documents::write(&self.documents)),
            (CENTRES, centres::write(&self.centres)),
            (PLACES, places::write(&self.places)),
        ];
        for (name, bytes) in files {
            let beside = folder.join(format!("{name}.new"));
            write_private(&beside, &bytes).map_err(io(name))?;
            fs::rename(&beside, folder.join(name)).map_err(io(name))?;
        }
        Ok(())
    }
}

/// Writes a file that only its owner can read, because it holds personal data of a register.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn file<T>(
    folder: &Path,
    name: &'static str,
    read: impl Fn(&[u8]) -> Result<T, ImportError>,
) -> Result<Option<T>, FileError> {
    match fs::read(folder.join(name)) {
        Ok(bytes) => {
            read(&bytes).map(Some).map_err(|source| FileError::Refused { file: name, source })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::Io { file: name, source }),
    }
}
