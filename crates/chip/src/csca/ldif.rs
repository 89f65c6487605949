//! LDIF files of the ICAO Public Key Directory (RFC 2849): master lists, document signers and
//! revocation lists in base64.

use super::{ListError, ListTrust, MasterList, MasterListImport, Store};
use crate::base64;
use crate::certificate::{Certificate, CertificateError};
use crate::crl::CrlError;
use crate::date::UnixTime;

/// The largest value of one attribute.
pub const LDIF_VALUE_BYTES_MAX: usize = 48 * 1024 * 1024;

/// Why a file is not LDIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LdifError {
    /// A line without a colon, or a value that is no base64.
    #[error("line {0} is not LDIF")]
    Line(usize),
    /// A value larger than [`LDIF_VALUE_BYTES_MAX`].
    #[error("the value at line {0} is too large")]
    TooLarge(usize),
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LdifImport {
    /// Master lists that were believed.
    pub master_lists: Vec<MasterListImport>,
    /// Master lists that were not, by line, and why.
    pub refused_lists: Vec<(usize, ListError)>,
    /// Document signers taken in, to complete SODs that carry none.
    pub document_signers: usize,
    /// Certificates that could not be read, by line, and why.
    pub unreadable: Vec<(usize, CertificateError)>,
    /// Revocation lists that verified.
    pub revocation_lists: usize,
    /// Revocation lists that did not, by line, and why.
    pub refused_revocation_lists: Vec<(usize, CrlError)>,
}

/// Takes a file in: master lists under `trust`, then revocation lists under the certificates that
/// the store has by then. Single certificates of a directory are never trusted as issuers.
///
/// # Errors
///
/// [`LdifError`] where the file is not LDIF; nothing is taken in then.
pub fn import_ldif(
    store: &mut Store,
    bytes: &[u8],
    trust: ListTrust<'_>,
    now: UnixTime,
) -> Result<LdifImport, LdifError> {
    let values = read(bytes)?;
    let mut import = LdifImport::default();
    for (line, kind, value) in &values {
        match kind {
            Kind::MasterList => match store.import_master_list(value, trust, now) {
                Ok(list) => import.master_lists.push(list),
                Err(error) => import.refused_lists.push((*line, error)),
            },
            Kind::Certificate => match Certificate::from_der(value) {
                Ok(certificate) => {
                    store.add_document_signer(certificate);
                    import.document_signers += 1;
                }
                Err(error) => import.unreadable.push((*line, error)),
            },
            Kind::RevocationList => {}
        }
    }
    for (line, kind, value) in &values {
        if *kind == Kind::RevocationList {
            match store.import_revocation_list(value, now) {
                Ok(()) => import.revocation_lists += 1,
                Err(error) => import.refused_revocation_lists.push((*line, error)),
            }
        }
    }
    Ok(import)
}

/// What a file holds, believed by nobody: for counting.
#[derive(Clone, Debug, Default)]
pub struct LdifContents {
    /// Master lists that can be read.
    pub lists: Vec<MasterList>,
    /// Certificates beside them that can be read.
    pub certificates: Vec<Certificate>,
}

/// Reads a file without taking anything in.
///
/// # Errors
///
/// [`LdifError`] where the file is not LDIF.
pub fn read_ldif(bytes: &[u8]) -> Result<LdifContents, LdifError> {
    let mut contents = LdifContents::default();
    for (_, kind, value) in read(bytes)? {
        match kind {
            Kind::MasterList => contents.lists.extend(MasterList::from_ber(&value)),
            Kind::Certificate => contents.certificates.extend(Certificate::from_der(&value)),
            Kind::RevocationList => {}
        }
    }
    Ok(contents)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    MasterList,
    Certificate,
    RevocationList,
}

impl Kind {
    fn of(attribute: &str) -> Option<Self> {
        let name = attribute.split(';').next().unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "pkdmasterlistcontent" | "cscamasterlistdata" => Some(Self::MasterList),
            "usercertificate" | "cacertificate" => Some(Self::Certificate),
            "certificaterevocationlist" => Some(Self::RevocationList),
            _ => None,
        }
    }
}

/// The wanted values, each with the number of the line where it starts.
fn read(bytes: &[u8]) -> Result<Vec<(usize, Kind, Vec<u8>)>, LdifError> {
    let mut values = Vec::new();
    let mut lines = bytes.split(|octet| *octet == b'\n').enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        let number = at + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || line.starts_with(b"#") || line == b"-" {
            while lines.next_if(|(_, next)| next.starts_with(b" ")).is_some() {}
            continue;
        }
        let colon = line.iter().position(|octet| *octet == b':').ok_or(LdifError::Line(number))?;
        let (attribute, value) = line.split_at_checked(colon).ok_or(LdifError::Line(number))?;
        let kind = std::str::from_utf8(attribute).ok().and_then(Kind::of);
        let encoded = value.strip_prefix(b"::");
        let mut text = encoded.unwrap_or_default().to_vec();
        while let Some((_, more)) = lines.next_if(|(_, next)| next.starts_with(b" ")) {
            if kind.is_some() {
                if text.len() > LDIF_VALUE_BYTES_MAX {
                    return Err(LdifError::TooLarge(number));
                }
                text.extend_from_slice(more);
            }
        }
        if let (Some(kind), Some(_)) = (kind, encoded) {
            let value = base64::decode(&text).ok_or(LdifError::Line(number))?;
            values.push((number, kind, value));
        }
    }
    Ok(values)
}
