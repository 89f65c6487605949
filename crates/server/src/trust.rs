//! The folder of trusted issuing states, which `genvej import csca` writes and the server reads.
//!
//! ```text
//! csca/SHA256.cer       certificates of issuing states, trusted
//! signers/SHA256.cer    document signers for documents that carry none; trusted only through csca/
//! crl/NAME.crl          revocation lists, verified under csca/ when read
//! ```

use chip::certificate::{Certificate, CertificateError};
use chip::crl::CrlError;
use chip::csca::Store;
use chip::date::UnixTime;
use chip::verdict::{ChipPolicy, Deviation};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of trusted issuing states cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file or folder cannot be read or written.
    #[error("the trust folder: {}", path.display())]
    Io {
        /// The path of the file or folder.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// A file is not a certificate.
    #[error("{} is no certificate", path.display())]
    Certificate {
        /// The path of the file.
        path: PathBuf,
        /// Why it is not a certificate.
        #[source]
        source: CertificateError,
    },
    /// A file is not a revocation list of a trusted state.
    #[error("{} is no revocation list of a trusted state", path.display())]
    RevocationList {
        /// The path of the file.
        path: PathBuf,
        /// Why it is not accepted.
        #[source]
        source: CrlError,
    },
    /// The configuration names a deviation that does not exist.
    #[error("configuration, chip.accept or chip.refuse: there is no deviation named {0}")]
    Deviation(String),
    /// The configuration names a day that no document can have.
    #[error("configuration, chip.weak_algorithms_before: {0} is no day of documents")]
    Day(jiff::civil::Date),
}

/// Reads the folder; missing parts of it count as empty.
///
/// # Errors
///
/// [`TrustError`] names the first file that cannot be used.
pub fn load(folder: &Path, now: UnixTime) -> Result<Store, TrustError> {
    let mut store = Store::new();
    for path in files(&folder.join("csca"))? {
        store.add(certificate(&path)?);
    }
    for path in files(&folder.join("signers"))? {
        store.add_document_signer(certificate(&path)?);
    }
    for path in files(&folder.join("crl"))? {
        let bytes = read(&path)?;
        match store.import_revocation_list(&bytes, now) {
            Ok(()) => {}
            Err(source) => return Err(TrustError::RevocationList { path, source }),
        }
    }
    Ok(store)
}

/// Writes every certificate and document signer of a store that is not in the folder yet.
///
/// # Errors
///
/// [`TrustError::Io`].
pub fn save(folder: &Path, store: &Store) -> Result<(), TrustError> {
    for (part, certificates) in
        [("csca", store.certificates()), ("signers", store.document_signers())]
    {
        let folder = folder.join(part);
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| TrustError::Io { path, source }
        };
        std::fs::create_dir_all(&folder).map_err(io(&folder))?;
        for certificate in certificates {
            let path = folder.join(format!("{}.cer", hex::encode(certificate.fingerprint())));
            if !path.exists() {
                let beside = path.with_extension("new");
                std::fs::write(&beside, certificate.der()).map_err(io(&beside))?;
                std::fs::rename(&beside, &path).map_err(io(&path))?;
            }
        }
    }
    Ok(())
}

/// The checks of chips, with the deviations that the operator accepts or refuses by name.
pub(crate) fn policy(settings: &crate::config::Chip) -> Result<ChipPolicy, TrustError> {
    let named = |names: &[String]| -> Result<BTreeSet<Deviation>, TrustError> {
        let of = |name: &String| {
            let known = Deviation::ALL.into_iter().find(|deviation| deviation.name() == name);
            known.ok_or_else(|| TrustError::Deviation(name.clone()))
        };
        names.iter().map(of).collect()
    };
    let usual = ChipPolicy::default();
    let weak_algorithms_before = match settings.weak_algorithms_before {
        Some(day) => civil(day).ok_or(TrustError::Day(day))?,
        None => usual.weak_algorithms_before,
    };
    Ok(ChipPolicy {
        accept: named(&settings.accept)?,
        refuse: named(&settings.refuse)?,
        weak_algorithms_before,
    })
}

fn civil(day: jiff::civil::Date) -> Option<chip::date::Date> {
    let part = |value: i8| u8::try_from(value).ok();
    chip::date::Date::new(u16::try_from(day.year()).ok()?, part(day.month())?, part(day.day())?)
}

fn certificate(path: &Path) -> Result<Certificate, TrustError> {
    Certificate::from_file(&read(path)?)
        .map_err(|source| TrustError::Certificate { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    std::fs::read(path).map_err(|source| TrustError::Io { path: path.to_owned(), source })
}

/// The files of a folder, ordered by name, without those that a stopped import left half written.
fn files(folder: &Path) -> Result<Vec<PathBuf>, TrustError> {
    let io = |source| TrustError::Io { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|ending| ending != "new") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
