//! Passive authentication (Doc 9303-11 §5.1): the SOD's signature, its signer's way to a trusted
//! issuing state, and whether that signer might sign this document at all.

use crate::certificate::{Certificate, Role, Unfit};
use crate::cms::{SignedData, SignerError, SignerNotes};
use crate::csca::{CLOCK_SKEW_SECS, NoIssuer, Revocation, Store, same_country, two_letters};
use crate::date::UnixTime;
use crate::signature::{SignatureAlgorithm, SignatureError};
use crate::verdict::Deviation;

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
    /// A certificate on the way has a critical extension that nothing here understands.
    #[error("a certificate has a critical extension that is not understood")]
    CriticalExtension,
    /// The issuing-state certificate names no country, so that nothing says for whom it may sign.
    #[error("the issuing-state certificate names no country")]
    IssuerCountry,
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
    let unfit = |unfit: Unfit| match unfit {
        Unfit::CriticalExtension => ChainError::CriticalExtension,
        Unfit::Usage | Unfit::Period | Unfit::Weak => ChainError::Usage,
    };
    let mut deviations = signer.fits(Role::DocumentSigner, signed.signed_at).map_err(unfit)?;
    check_validity(signed, now, &mut deviations)?;

    let issued_at = signer.validity().from;
    let issuer = || signer.issuer().to_string();
    let fits = |candidate: &Certificate| candidate.may_issue() && candidate.valid_at(issued_at);
    let found = store.issuer_of(signer, fits).map_err(|failure| {
        if store.issuer_of(signer, |candidate| !fits(candidate)).is_ok() {
            // Only a certificate that may not vouch for it did.
            return ChainError::IssuerNotValid { issuer: issuer() };
        }
        match failure {
            NoIssuer::Unknown => ChainError::UnknownIssuer { issuer: issuer() },
            NoIssuer::NotSigned(source) => ChainError::NotSigned { issuer: issuer(), source },
        }
    })?;
    let csca = found.certificate;
    deviations.extend(csca.fits(Role::Country, Some(issued_at)).map_err(|it| match it {
        Unfit::CriticalExtension => ChainError::CriticalExtension,
        Unfit::Usage | Unfit::Period | Unfit::Weak => {
            ChainError::IssuerNotValid { issuer: issuer() }
        }
    })?);
    let odd = [
        (!found.named, Deviation::IssuerNotNamed),
        (found.irregularities.wrong_curve, Deviation::WrongCurveDeclared),
        (found.irregularities.ecdsa_encoding, Deviation::EcdsaEncoding),
        (!csca.valid_at(now), Deviation::CscaExpired),
    ];
    deviations.extend(odd.into_iter().filter_map(|(found, deviation)| found.then_some(deviation)));
    let country = check_country(signer, csca, &mut deviations)?;
    match store.revocation_of(signer, csca, now) {
        Revocation::NoList => deviations.push(Deviation::NoRevocationList),
        Revocation::Good { stale: true } => deviations.push(Deviation::StaleRevocationList),
        Revocation::Good { stale: false } => {}
        Revocation::Revoked { since } => return Err(ChainError::Revoked { since }),
    }
    Ok(Chain { csca: csca.clone(), country, deviations })
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
    let trusted = trusted.filter(|country| !country.is_empty()).ok_or(ChainError::IssuerCountry)?;
    for named in [signer.issuer().country(), signer.subject().country()] {
        let Some(named) = named else {
            deviations.push(Deviation::SignerCountryMissing);
            continue;
        };
        if !same_country(&named, &trusted) {
            return Err(ChainError::Country);
        }
        if named != trusted {
            deviations.push(Deviation::CountrySpelling);
        }
    }
    Ok(two_letters(&trusted).unwrap_or(trusted))
}
