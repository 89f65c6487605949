//! The tables as a folder of CSV files.

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

/// The folder could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Reading or writing a file failed.
    #[error("the file {file} could not be read or written")]
    Io {
        /// Its name in the folder.
        file: &'static str,
        /// What the layer below says.
        #[source]
        source: io::Error,
    },
    /// A file was refused.
    #[error("the file {file} was refused")]
    Refused {
        /// Its name in the folder.
        file: &'static str,
        /// What the layer below says.
        #[source]
        source: ImportError,
    },
    /// The files contradict each other.
    #[error("the tables of the folder contradict each other")]
    Contradiction(#[source] TablesError),
}

impl Tables {
    /// Loads the folder; a file that is not there is an empty table.
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

    /// Saves all tables into the folder. Each file is written beside the old one and put in its
    /// place whole, so that a crash leaves the old or the new one.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`].
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

/// Writes a file that only its owner can read: it holds a register.
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
