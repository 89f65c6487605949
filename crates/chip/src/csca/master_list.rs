//! CSCA master lists (Doc 9303-12 §9): one state's signed collection of other states' certificates.

use super::{CLOCK_SKEW_SECS, Store, path};
use crate::asn1::{INTEGER, Oid, SEQUENCE, SET};
use crate::certificate::{Certificate, CertificateError, MASTER_LISTS, Role, Unfit};
use crate::cms::{CmsError, SignedData, SignerError};
use crate::date::UnixTime;
use crate::tlv::{self, TlvError};
use crate::verdict::Severity;

/// The largest list that is read; real ones are under 2 MB.
pub const MASTER_LIST_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Certificates in one list, at most; real ones hold under a thousand.
pub const MASTER_LIST_CERTIFICATES_MAX: usize = 20_000;

/// `id-icao-cscaMasterList`, 2.23.136.1.1.2
const CONTENT_TYPE: &[u8] = b"\x67\x81\x08\x01\x01\x02";

/// Why a list is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Larger than [`MASTER_LIST_BYTES_MAX`].
    #[error("the list is larger than {MASTER_LIST_BYTES_MAX} bytes")]
    TooLarge,
    /// The signed data is broken.
    #[error("the signed data of the list cannot be read")]
    Cms(#[source] CmsError),
    /// The content is something else, such as a SOD.
    #[error("the content is {0} and not a master list")]
    ContentType(Oid),
    /// The content is broken.
    #[error("the content of the list is malformed")]
    Malformed(#[source] TlvError),
    /// More than [`MASTER_LIST_CERTIFICATES_MAX`].
    #[error("the list holds more than {MASTER_LIST_CERTIFICATES_MAX} certificates")]
    TooMany,
    /// The list does not carry the certificate of its signer.
    #[error("the list carries no certificate of its signer")]
    NoSigner,
    /// The signature over the list does not count.
    #[error("the list is not signed by the certificate that it names")]
    Signature(#[source] SignerError),
    /// The signer's certificate is not one for signing master lists.
    #[error("the signer's certificate is not for master lists")]
    Purpose,
    /// The signer's certificate was not valid when the list was signed.
    #[error("the signer's certificate was not valid when the list was signed")]
    Validity,
    /// Nobody vouches for the signer: no anchor was given, or none that it chains to.
    #[error("the list's signer does not chain to an anchor given out of band")]
    NotAnchored,
    /// The signer has another fingerprint than the one that was given.
    #[error("the list's signer has another fingerprint than the one given")]
    Fingerprint,
}

/// What makes a list believable (PROTOCOLS section 8).
#[derive(Clone, Copy, Debug)]
pub enum ListTrust<'a> {
    /// The signer must chain to one of these, which were given out of band.
    Anchors(&'a [Certificate]),
    /// The operator names the signer's certificate by its SHA-256; to be journalled.
    UnanchoredFingerprint([u8; 32]),
}

/// A master list, parsed and not yet believed.
#[derive(Clone, Debug)]
pub struct MasterList {
    signed: SignedData,
    certificates: Vec<Certificate>,
    unreadable: Vec<(usize, CertificateError)>,
}

/// Who signed a list that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSigner {
    /// The signer's subject, one line.
    pub subject: String,
    /// SHA-256 of the signer's certificate.
    pub fingerprint: [u8; 32],
    /// When it says that it signed.
    pub signed_at: Option<UnixTime>,
    /// Subjects from the signer's issuer to the anchor; empty where the operator named the signer.
    pub path: Vec<String>,
}

/// What became of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterListImport {
    /// Who signed it.
    pub signer: ListSigner,
    /// Certificates in the list that could be read.
    pub certificates: usize,
    /// Those of them that the store did not have.
    pub added: usize,
    /// Those that could not be read, by place in the list, and why.
    pub unreadable: Vec<(usize, CertificateError)>,
}

impl MasterList {
    /// Reads a list.
    ///
    /// # Errors
    ///
    /// [`ListError`] where the envelope or the list is broken; a single broken certificate is no
    /// error.
    pub fn from_ber(bytes: &[u8]) -> Result<Self, ListError> {
        if bytes.len() > MASTER_LIST_BYTES_MAX {
            return Err(ListError::TooLarge);
        }
        let signed = SignedData::from_ber(bytes).map_err(ListError::Cms)?;
        if signed.content_type().as_bytes() != CONTENT_TYPE {
            return Err(ListError::ContentType(signed.content_type().clone()));
        }
        let malformed = ListError::Malformed;
        let mut parts = tlv::Reader::new(signed.content())
            .expect(SEQUENCE)
            .and_then(|list| list.children())
            .map_err(malformed)?;
        parts.expect(INTEGER).map_err(malformed)?;
        let mut items = parts.expect(SET).and_then(|set| set.children()).map_err(malformed)?;
        let (mut certificates, mut unreadable) = (Vec::new(), Vec::new());
        while let Some(item) = items.read().map_err(malformed)? {
            let at = certificates.len() + unreadable.len();
            if at >= MASTER_LIST_CERTIFICATES_MAX {
                return Err(ListError::TooMany);
            }
            match Certificate::from_der(item.raw()) {
                Ok(certificate) => certificates.push(certificate),
                Err(error) => unreadable.push((at, error)),
            }
        }
        Ok(Self { signed, certificates, unreadable })
    }

    /// The certificates, not yet believed.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Those that could not be read, by place in the list, and why.
    #[must_use]
    pub fn unreadable(&self) -> &[(usize, CertificateError)] {
        &self.unreadable
    }

    /// Whether somebody whom the operator trusts signed the list.
    ///
    /// # Errors
    ///
    /// [`ListError`] with the step that failed.
    pub fn verify(&self, trust: ListTrust<'_>, now: UnixTime) -> Result<ListSigner, ListError> {
        let mut failure = ListError::NoSigner;
        for signer in self.signed.signers() {
            for (certificate, _) in self.signed.certificates_of(signer, &[]) {
                let verified = signer
                    .verify(self.signed.content_type(), self.signed.content(), certificate)
                    .map_err(ListError::Signature)
                    .and_then(|_| {
                        self.trust_signer(certificate, signer.signing_time(), trust, now)
                    });
                match verified {
                    Ok(path) => {
                        return Ok(ListSigner {
                            subject: certificate.subject().to_string(),
                            fingerprint: *certificate.fingerprint(),
                            signed_at: signer.signing_time(),
                            path,
                        });
                    }
                    // A signature that counts says more than one that does not.
                    Err(ListError::Signature(_)) if !matches!(failure, ListError::NoSigner) => {}
                    Err(error) => failure = error,
                }
            }
        }
        Err(failure)
    }

    fn trust_signer(
        &self,
        signer: &Certificate,
        signed_at: Option<UnixTime>,
        trust: ListTrust<'_>,
        now: UnixTime,
    ) -> Result<Vec<String>, ListError> {
        let signed_at = signed_at.unwrap_or(now);
        let ahead = signed_at.as_secs() > now.as_secs().saturating_add(CLOCK_SKEW_SECS);
        if ahead || !signer.valid_at(signed_at) {
            return Err(ListError::Validity);
        }
        match trust {
            ListTrust::UnanchoredFingerprint(fingerprint) => {
                if *signer.fingerprint() == fingerprint {
                    Ok(Vec::new())
                } else {
                    Err(ListError::Fingerprint)
                }
            }
            ListTrust::Anchors(anchors) => {
                // A document signer must not be able to sign a list: its key is used daily. An anchor that signed
                // it itself was given out of band, whatever it is for.
                let role = if anchors.contains(signer) {
                    Role::Country
                } else {
                    Role::ListSigner(MASTER_LISTS)
                };
                let odd = signer.fits(role, Some(signed_at)).map_err(|unfit| match unfit {
                    Unfit::Usage | Unfit::CriticalExtension | Unfit::Weak => ListError::Purpose,
                    Unfit::Period => ListError::Validity,
                })?;
                if odd.iter().any(|deviation| deviation.severity() == Severity::Serious) {
                    return Err(ListError::Purpose);
                }
                let pool: Vec<&Certificate> =
                    self.signed.certificates().iter().chain(&self.certificates).collect();
                let path = path::to_anchor(signer, &pool, anchors).ok_or(ListError::NotAnchored)?;
                Ok(path.iter().map(|certificate| certificate.subject().to_string()).collect())
            }
        }
    }
}

impl Store {
    /// Takes in every certificate of a list that somebody whom the operator trusts signed.
    ///
    /// # Errors
    ///
    /// [`ListError`] where the list is broken or not believed; nothing is taken in then.
    pub fn import_master_list(
        &mut self,
        bytes: &[u8],
        trust: ListTrust<'_>,
        now: UnixTime,
    ) -> Result<MasterListImport, ListError> {
        let list = MasterList::from_ber(bytes)?;
        let signer = list.verify(trust, now)?;
        let certificates = list.certificates.len();
        let added = list.certificates.into_iter().filter(|one| self.add(one.clone())).count();
        Ok(MasterListImport { signer, certificates, added, unreadable: list.unreadable })
    }
}
