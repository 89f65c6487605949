//! CMS `SignedData` (RFC 5652): the envelope of SODs, master lists, deviation lists and
//! EF.CardSecurity.

mod signer;
#[cfg(test)]
mod tests;

pub use signer::{SignerError, SignerIdentifier, SignerInfo, SignerNotes};

use std::borrow::Cow;

use crate::asn1::{self, INTEGER, OCTET_STRING, OID, Oid, SEQUENCE, SET};
use crate::certificate::{Certificate, CertificateError};
use crate::tlv::{self, TlvError};

/// `id-signedData`, 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

/// How many certificates an envelope may carry beside its content; real ones carry up to three.
pub const ENVELOPE_CERTIFICATES_MAX: usize = 64;
/// How many signers an envelope may have; real ones have one, one list has two.
pub const ENVELOPE_SIGNERS_MAX: usize = 8;

/// Certificates that are tried for one signer, at most.
const CANDIDATES_MAX: usize = 8;

/// Why bytes are not signed data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmsError {
    /// The structure is broken.
    #[error("the signed data is malformed")]
    Malformed(#[from] TlvError),
    /// A content of another kind.
    #[error("the content is {0} and not signed data")]
    NotSignedData(Oid),
    /// Nothing is inside.
    #[error("the signed data carries no content")]
    NoContent,
    /// More certificates or signers than any real structure has.
    #[error("the signed data carries too many {0}")]
    TooMany(&'static str),
}

/// Signed data, parsed and not yet believed.
#[derive(Clone, Debug)]
pub struct SignedData {
    content_type: Oid,
    content: Vec<u8>,
    certificates: Vec<Certificate>,
    unreadable_certificates: Vec<CertificateError>,
    revocation_lists: Vec<Vec<u8>>,
    signers: Vec<SignerInfo>,
    is_der: bool,
}

impl SignedData {
    /// Reads a `ContentInfo` with `SignedData`, in DER or in BER with indefinite lengths and
    /// strings in pieces. What follows it is ignored: files on chips have slack.
    ///
    /// # Errors
    ///
    /// [`CmsError`] where the structure is broken or oversized.
    pub fn from_ber(bytes: &[u8]) -> Result<Self, CmsError> {
        // Almost every one is in DER, and then nothing is copied.
        let first = tlv::Reader::new(bytes).expect(SEQUENCE);
        let is_der = first.is_ok_and(|info| asn1::is_der(info.raw()));
        let definite = if is_der { Cow::Borrowed(bytes) } else { asn1::definite(bytes)? };
        let mut parts = tlv::Reader::new(&definite).expect(SEQUENCE)?.children()?;
        let kind = parts.expect(OID)?.value();
        if kind != SIGNED_DATA {
            return Err(CmsError::NotSignedData(Oid::new(kind)));
        }
        let mut parts =
            parts.expect(asn1::explicit(0))?.children()?.expect(SEQUENCE)?.children()?;
        let version = parts.expect(INTEGER)?;
        if !matches!(asn1::small(&version)?, 1 | 3..=5) {
            return Err(version.malformed().into());
        }
        parts.expect(SET)?;
        let mut encapsulated = parts.expect(SEQUENCE)?.children()?;
        let content_type = asn1::oid(&mut encapsulated)?;
        let content = encapsulated
            .optional(asn1::explicit(0))?
            .ok_or(CmsError::NoContent)?
            .children()?
            .expect(OCTET_STRING)?
            .value()
            .to_vec();

        let (mut certificates, mut unreadable_certificates) = (Vec::new(), Vec::new());
        if let Some(set) = parts.optional(asn1::explicit(0))? {
            let mut items = set.children()?;
            while let Some(item) = items.read()? {
                if certificates.len() + unreadable_certificates.len() >= ENVELOPE_CERTIFICATES_MAX {
                    return Err(CmsError::TooMany("certificates"));
                }
                match Certificate::from_der(item.raw()) {
                    Ok(certificate) => certificates.push(certificate),
                    Err(error) => unreadable_certificates.push(error),
                }
            }
        }
        let mut revocation_lists = Vec::new();
        if let Some(set) = parts.optional(asn1::explicit(1))? {
            let mut items = set.children()?;
            while let Some(item) = items.read()? {
                revocation_lists.push(item.raw().to_vec());
            }
        }
        let mut signers = Vec::new();
        let mut items = parts.expect(SET)?.children()?;
        while let Some(item) = items.read()? {
            if signers.len() >= ENVELOPE_SIGNERS_MAX {
                return Err(CmsError::TooMany("signers"));
            }
            signers.push(SignerInfo::read(&item)?);
        }
        Ok(Self {
            content_type,
            content,
            certificates,
            unreadable_certificates,
            revocation_lists,
            signers,
            is_der,
        })
    }

    /// What kind of content it says it carries.
    #[must_use]
    pub const fn content_type(&self) -> &Oid {
        &self.content_type
    }

    /// The content, not yet believed.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The certificates that came along and could be read.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Why others could not be read.
    #[must_use]
    pub fn unreadable_certificates(&self) -> &[CertificateError] {
        &self.unreadable_certificates
    }

    /// Revocation lists that came along.
    #[must_use]
    pub fn revocation_lists(&self) -> &[Vec<u8>] {
        &self.revocation_lists
    }

    /// Who signed.
    #[must_use]
    pub fn signers(&self) -> &[SignerInfo] {
        &self.signers
    }

    /// Whether everything was in DER.
    #[must_use]
    pub const fn is_der(&self) -> bool {
        self.is_der
    }

    /// The certificates that a signer may mean, from those that came along and `others`, the
    /// likeliest first, each with what is odd about the way it is named.
    ///
    /// Issuer and serial number are not always unique, so that there may be several. Where nothing
    /// matches and one certificate alone came along, that one is meant (CHIP-CASES 19). The
    /// signature still has to verify.
    #[must_use]
    pub fn certificates_of<'a>(
        &'a self,
        signer: &SignerInfo,
        others: &'a [Certificate],
    ) -> Vec<(&'a Certificate, SignerNotes)> {
        let identifier = signer.identifier();
        let all = || self.certificates.iter().chain(others);
        let exact = all()
            .filter(|one| identifier.names_exactly(one))
            .map(|one| (one, SignerNotes::default()));
        let respelt = SignerNotes { name_spelling: true, ..SignerNotes::default() };
        let spelt = all()
            .filter(|one| identifier.names(one) && !identifier.names_exactly(one))
            .map(|one| (one, respelt));
        let found: Vec<_> = exact.chain(spelt).take(CANDIDATES_MAX).collect();
        match (found.is_empty(), self.certificates.as_slice()) {
            (true, [only]) => {
                vec![(only, SignerNotes { identifier_mismatch: true, ..SignerNotes::default() })]
            }
            _ => found,
        }
    }
}
