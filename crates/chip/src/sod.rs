//! EF.SOD: the issuing state's signed list of data-group hashes (Doc 9303-10 §4.6.2).

#[cfg(test)]
mod tests;

use crate::asn1;
use crate::asn1::{INTEGER, OCTET_STRING, Oid, SEQUENCE};
use crate::cms::{CmsError, SignedData};
use crate::signature::HashAlgorithm;
use crate::tlv::{self, Tag, TlvError};

/// The largest SOD that is read; real ones stay under 4 KB.
pub const SOD_BYTES_MAX: usize = 64 * 1024;

const FILE: Tag = Tag::new(0x77);

/// `id-icao-mrtd-security-ldsSecurityObject`, 2.23.136.1.1.1
const CONTENT_TYPE: &[u8] = b"\x67\x81\x08\x01\x01\x01";
/// What Belgium and France wrote (1.3.27.1.1.1), and the Netherlands (1.2.528.1.1006.1.20.1):
/// CHIP-CASES 18.
const ODD_CONTENT_TYPES: [&[u8]; 2] =
    [b"\x2b\x1b\x01\x01\x01", b"\x2a\x84\x10\x01\x87\x6e\x01\x14\x01"];

/// Why a file is not an EF.SOD.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SodError {
    /// Larger than [`SOD_BYTES_MAX`].
    #[error("EF.SOD is larger than {SOD_BYTES_MAX} bytes")]
    TooLarge,
    /// The file's own structure is broken.
    #[error("EF.SOD is malformed")]
    Malformed(#[source] TlvError),
    /// The signed data is broken.
    #[error("the signed data of EF.SOD cannot be read")]
    Cms(#[source] CmsError),
    /// The content is something else, such as a master list: a signature over one must never
    /// count as a signature over the other.
    #[error("EF.SOD carries content {0}")]
    ContentType(Oid),
    /// The list of hashes is broken.
    #[error("the list of hashes in EF.SOD is malformed")]
    List(#[source] TlvError),
    /// A version that nothing here knows.
    #[error("the list of hashes in EF.SOD has version {0}")]
    Version(u32),
    /// The hash function is not known.
    #[error("hash function {0} of EF.SOD is not known")]
    Hash(Oid),
    /// A data group is listed twice, has an impossible number, or a hash of the wrong length.
    #[error("the entry for data group {0} in EF.SOD is impossible")]
    Entry(u32),
}

/// A SOD, parsed and not yet believed.
#[derive(Clone, Debug)]
pub struct Sod {
    signed: SignedData,
    hash: HashAlgorithm,
    hashes: Vec<(u8, Vec<u8>)>,
    lds_version: Option<String>,
}

impl Sod {
    /// Reads the file, with or without its outer tag `77`.
    ///
    /// # Errors
    ///
    /// [`SodError`] with the part that is broken.
    pub fn from_file(bytes: &[u8]) -> Result<Self, SodError> {
        if bytes.len() > SOD_BYTES_MAX {
            return Err(SodError::TooLarge);
        }
        let signed = match bytes.first() {
            Some(0x77) => {
                // An indefinite length may stand here too.
                let definite = asn1::definite(bytes).map_err(SodError::Malformed)?;
                let mut reader = tlv::Reader::new(&definite);
                let value = reader.expect(FILE).map_err(SodError::Malformed)?.value();
                SignedData::from_ber(value)
            }
            Some(_) | None => SignedData::from_ber(bytes),
        }
        .map_err(SodError::Cms)?;
        if !is_content_type(signed.content_type()) {
            return Err(SodError::ContentType(signed.content_type().clone()));
        }
        let list = List::read(signed.content())?;
        Ok(Self { hash: list.hash, hashes: list.hashes, lds_version: list.lds_version, signed })
    }

    /// The signed data around the list.
    #[must_use]
    pub const fn signed(&self) -> &SignedData {
        &self.signed
    }

    /// The hash function over the data groups.
    #[must_use]
    pub const fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    /// The data groups that the document has, in ascending order.
    pub fn data_groups(&self) -> impl Iterator<Item = u8> {
        self.hashes.iter().map(|(number, _)| *number)
    }

    /// Whether the list covers a data group.
    #[must_use]
    pub fn covers(&self, number: u8) -> bool {
        self.hash_of(number).is_some()
    }

    /// The signed hash of a data group.
    #[must_use]
    pub fn hash_of(&self, number: u8) -> Option<&[u8]> {
        self.hashes.iter().find(|(listed, _)| *listed == number).map(|(_, hash)| hash.as_slice())
    }

    /// Whether these are the bytes of the data group that was signed. Raw bytes are hashed, never
    /// what a parser made of them (CHIP-CASES 25).
    #[must_use]
    pub fn matches(&self, number: u8, bytes: &[u8]) -> bool {
        self.hash_of(number).is_some_and(|hash| *hash == self.hash.digest(&[bytes]))
    }

    /// The version of the data structure, in lists of version 1.
    #[must_use]
    pub fn lds_version(&self) -> Option<&str> {
        self.lds_version.as_deref()
    }

    /// Whether the content type is the one that Doc 9303 names.
    #[must_use]
    pub fn has_standard_content_type(&self) -> bool {
        self.signed.content_type().as_bytes() == CONTENT_TYPE
    }
}

/// Whether this is one of the content types that SODs are found under.
pub(crate) fn is_content_type(kind: &Oid) -> bool {
    kind.as_bytes() == CONTENT_TYPE || ODD_CONTENT_TYPES.contains(&kind.as_bytes())
}

/// `LDSSecurityObject`.
struct List {
    hash: HashAlgorithm,
    hashes: Vec<(u8, Vec<u8>)>,
    lds_version: Option<String>,
}

impl List {
    fn read(bytes: &[u8]) -> Result<Self, SodError> {
        let malformed = SodError::List;
        let mut reader = tlv::Reader::new(bytes);
        let mut parts = reader.expect(SEQUENCE).and_then(|v| v.children()).map_err(malformed)?;
        let version = parts.expect(INTEGER).and_then(|v| asn1::small(&v)).map_err(malformed)?;
        if version > 1 {
            return Err(SodError::Version(version));
        }
        let hash = asn1::algorithm(&mut parts).map_err(malformed)?.oid;
        let hash = HashAlgorithm::from_oid(hash).ok_or_else(|| SodError::Hash(Oid::new(hash)))?;
        let mut hashes: Vec<(u8, Vec<u8>)> = Vec::new();
        let mut items = parts.expect(SEQUENCE).and_then(|v| v.children()).map_err(malformed)?;
        while let Some(item) = items.read().map_err(malformed)? {
            let mut entry = item.children().map_err(malformed)?;
            let number = entry.expect(INTEGER).and_then(|v| asn1::small(&v)).map_err(malformed)?;
            let value = entry.expect(OCTET_STRING).map_err(malformed)?.value();
            let known = u8::try_from(number).ok().filter(|number| (1..=16).contains(number));
            let listed = hashes.iter().any(|(listed, _)| Some(*listed) == known);
            match known {
                Some(known) if !listed && value.len() == hash.digest_bytes() => {
                    hashes.push((known, value.to_vec()));
                }
                Some(_) | None => return Err(SodError::Entry(number)),
            }
        }
        hashes.sort_unstable();
        let lds_version = parts
            .optional(SEQUENCE)
            .map_err(malformed)?
            .and_then(|info| info.children().ok()?.read().ok()?)
            .map(|version| String::from_utf8_lossy(version.value()).into_owned());
        Ok(Self { hash, hashes, lds_version })
    }
}
