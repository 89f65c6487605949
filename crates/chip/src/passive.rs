//! Passive authentication (Doc 9303-11 §5.1): the SOD's signature, its signer's way to a trusted
//! issuing state, and whether that signer might sign this document at all.

use crate::certificate::{Certificate, KeyUsage};
use crate::cms::{SignedData, SignerError, SignerNotes};
use crate::csca::{CLOCK_SKEW_SECS, Revocation, Store};
use crate::date::UnixTime;
use crate::signature::{HashAlgorithm, SignatureAlgorithm, SignatureError};
use crate::verdict::Deviation;

/// `id-icao-mrtd-security` signing purposes for lists, 2.23.136.1.1.{3,8}: such a key may not sign
/// documents.
const LIST_PURPOSES: [&[u8]; 2] = [b"\x67\x81\x08\x01\x01\x03", b"\x67\x81\x08\x01\x01\x08"];

/// A SOD whose signature verifies under a document signer's certificate; that certificate itself
/// is not believed yet.
#[derive(Clone, Debug)]
pub struct SignedBy {
    /// The document signer.
    pub document_signer: Certificate,
    /// The algorithm that was used.
    pub algorithm: Option<SignatureAlgorithm>,
    /// When it says that it signed.
    pub signed_at: Option<UnixTime>,
    /// What is odd about it.
    pub notes: SignerNotes,
}

/// Why no document signer vouches for a SOD.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SodSignatureError {
    /// Nobody signed.
    #[error("EF.SOD has no signer")]
    NoSigner,
    /// The certificate that the signer names is neither in the SOD nor in the store.
    #[error("the certificate of the document signer is not at hand")]
    NoCertificate,
    /// The signature does not count.
    #[error("the signature of EF.SOD does not count")]
    Signer(#[source] SignerError),
}

/// Checks that a document signer's key signed a SOD, or EF.CardSecurity.
///
/// # Errors
///
/// [`SodSignatureError`] with the reason; where there are several signers, of the last one.
pub fn signed_by(signed: &SignedData, store: &Store) -> Result<SignedBy, SodSignatureError> {
    let mut failure = SodSignatureError::NoSigner;
    for signer in signed.signers() {
        let candidates = signed.certificates_of(signer, store.document_signers());
        if candidates.is_empty() {
            failure = SodSignatureError::NoCertificate;
        }
        for (certificate, named) in candidates {
            match signer.verify(signed.content_type(), signed.content(), certificate) {
                Ok(verified) => {
                    return Ok(SignedBy {
                        document_signer: certificate.clone(),
                        algorithm: signer.algorithm(),
                        signed_at: signer.signing_time(),
                        notes: SignerNotes {
                            name_spelling: named.name_spelling,
                            identifier_mismatch: named.identifier_mismatch,
                            ..verified
                        },
                    });
                }
                Err(error) => failure = SodSignatureError::Signer(error),
            }
        }
    }
    Err(failure)
}

/// What an issuing state vouches for.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The trusted certificate whose key signed the document signer's.
    pub csca: Certificate,
    /// Two letters, upper case.
    pub country: String,
    /// What strays from the standard on the way.
    pub deviations: Vec<Deviation>,
}

/// Why a document signer is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// No certificate at hand may have issued the signer's: the state, or its newest key, is not
    /// in the store.
    #[error("the issuer is unknown: no trusted certificate of {issuer} is at hand")]
    UnknownIssuer {
        /// The issuer that the document signer names.
        issuer: String,
    },
    /// Certificates of that issuer are at hand, and none signed the signer's.
    #[error("no trusted certificate of {issuer} signed the document signer")]
    NotSigned {
        /// The issuer that the document signer names.
        issuer: String,
        /// What the last one tried came to.
        #[source]
        source: SignatureError,
    },
    /// The issuing certificate may not sign others, or was not valid when it did.
    #[error("the certificate of {issuer} was not valid when it signed the document signer")]
    IssuerNotValid {
        /// The issuer that the document signer names.
        issuer: String,
    },
    /// The document signer was not valid when it signed.
    #[error("the document signer was not valid when it signed")]
    SignerNotValid,
    /// The signing time lies ahead.
    #[error("the signing time lies in the future")]
    SignedInFuture,
    /// The key is not for signing documents.
    #[error("the document signer's key is not for signing documents")]
    Usage,
    /// The document signer's certificate has a critical extension that nothing here understands.
    #[error("the document signer's certificate has a critical extension that is not understood")]
    CriticalExtension,
    /// Signer and issuer are of different countries.
    #[error("the document signer is of another country than its issuer")]
    Country,
    /// The document signer is revoked.
    #[error("the document signer is revoked")]
    Revoked {
        /// Since when.
        since: UnixTime,
    },
}

/// Follows a document signer to a trusted certificate.
///
/// Validity is judged when things were signed, not now: passports outlive their signers by years
/// (CHIP-CASES 22).
///
/// # Errors
///
/// [`ChainError`] with the first step that fails.
pub fn chain(signed: &SignedBy, store: &Store, now: UnixTime) -> Result<Chain, ChainError> {
    let signer = &signed.document_signer;
    let mut deviations = Vec::new();
    check_usage(signer, &mut deviations)?;
    check_validity(signed, now, &mut deviations)?;

    let issued_at = signer.validity().from;
    let issuer = || signer.issuer().to_string();
    let fits = |candidate: &Certificate| candidate.may_issue() && candidate.valid_at(issued_at);
    let csca = match store.issuer_of(signer, fits) {
        Ok(csca) => csca,
        Err(failure) if store.issuer_of(signer, |candidate| !fits(candidate)).is_ok() => {
            // Only a certificate that may not vouch for it did.
            let _ = failure;
            return Err(ChainError::IssuerNotValid { issuer: issuer() });
        }
        Err(Some(source)) => return Err(ChainError::NotSigned { issuer: issuer(), source }),
        Err(None) if store.issuers_of(signer).is_empty() => {
            return Err(ChainError::UnknownIssuer { issuer: issuer() });
        }
        Err(None) => {
            let source = SignatureError::Mismatch;
            return Err(ChainError::NotSigned { issuer: issuer(), source });
        }
    };
    if csca.extensions().basic_constraints.is_none() {
        deviations.push(Deviation::CscaBasicConstraints);
    }
    if !csca.valid_at(now) {
        deviations.push(Deviation::CscaExpired);
    }
    if csca.algorithm().is_ok_and(|algorithm| algorithm.hash() == HashAlgorithm::Sha1)
        || signer.algorithm().is_ok_and(|algorithm| algorithm.hash() == HashAlgorithm::Sha1)
    {
        deviations.push(Deviation::Sha1);
    }
    let country = check_country(signer, csca, &mut deviations)?;
    match store.revocation_of(signer, csca, now) {
        Revocation::NoList => deviations.push(Deviation::NoRevocationList),
        Revocation::Good { stale: true } => deviations.push(Deviation::StaleRevocationList),
        Revocation::Good { stale: false } => {}
        Revocation::Revoked { since } => return Err(ChainError::Revoked { since }),
    }
    Ok(Chain { csca: csca.clone(), country, deviations })
}

fn check_usage(signer: &Certificate, deviations: &mut Vec<Deviation>) -> Result<(), ChainError> {
    let extensions = signer.extensions();
    match extensions.key_usage.map(KeyUsage::digital_signature) {
        Some(true) => {}
        Some(false) => return Err(ChainError::Usage),
        None => deviations.push(Deviation::DocumentSignerKeyUsage),
    }
    if signer.purposes().iter().any(|purpose| LIST_PURPOSES.contains(&purpose.as_bytes())) {
        return Err(ChainError::Usage);
    }
    if !extensions.unknown_critical.is_empty() {
        return Err(ChainError::CriticalExtension);
    }
    Ok(())
}

fn check_validity(
    signed: &SignedBy,
    now: UnixTime,
    deviations: &mut Vec<Deviation>,
) -> Result<(), ChainError> {
    let signer = &signed.document_signer;
    match signed.signed_at {
        Some(at) if at.as_secs() > now.as_secs().saturating_add(CLOCK_SKEW_SECS) => {
            return Err(ChainError::SignedInFuture);
        }
        Some(at) if !signer.valid_at(at) => return Err(ChainError::SignerNotValid),
        Some(_) => {}
        None => {
            deviations.push(Deviation::NoSigningTime);
            if signer.validity().from > now {
                return Err(ChainError::SignerNotValid);
            }
        }
    }
    if signer.validity().until < now {
        deviations.push(Deviation::DocumentSignerExpired);
    }
    Ok(())
}

/// The country that signer and issuer agree on. Whoever may sign for one state must not be able to
/// make another state's documents.
fn check_country(
    signer: &Certificate,
    csca: &Certificate,
    deviations: &mut Vec<Deviation>,
) -> Result<String, ChainError> {
    let trusted = csca.subject().country().or_else(|| csca.issuer().country());
    let trusted = trusted.ok_or(ChainError::Country)?;
    for named in [signer.issuer().country(), signer.subject().country()].into_iter().flatten() {
        if !same_country(&named, &trusted) {
            return Err(ChainError::Country);
        }
        if named != trusted {
            deviations.push(Deviation::CountrySpelling);
        }
    }
    Ok(two_letters(&trusted).unwrap_or(trusted))
}

/// Whether two spellings name one country: some issuers write three letters where two are due.
fn same_country(a: &str, b: &str) -> bool {
    let norm = |country: &str| two_letters(country).unwrap_or_else(|| country.to_owned());
    norm(a) == norm(b)
}

fn two_letters(country: &str) -> Option<String> {
    if country.len() == 3 { crate::country::alpha2(country).map(str::to_owned) } else { None }
}
