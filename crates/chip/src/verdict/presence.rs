//! Whether the chip is here now, judged by what its signed SOD says that it can do
//! (PROTOCOLS section 7).

use super::report::{Check, Report};
use super::{Deviation, Evidence, Presence, PresenceProof, Proof};
use crate::active::{self, ActiveError, Dg15Error};
use crate::chip_authentication::{CardSecurity, CardSecurityError, Declared, Dg14Error};
use crate::csca::Store;
use crate::date::UnixTime;
use crate::passive::{self, ChainError, SodSignatureError};
use crate::sod::Sod;

/// Why presence is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresenceError {
    /// The SOD lists a data group with a key, and the reader did not deliver it.
    #[error("the signed SOD lists DG{0}, which was not delivered")]
    NotDelivered(u8),
    /// DG14 cannot be read.
    #[error("DG14 cannot be read")]
    Dg14(#[source] Dg14Error),
    /// DG15 cannot be read.
    #[error("DG15 cannot be read")]
    Dg15(#[source] Dg15Error),
    /// The answer to the challenge does not count.
    #[error("active authentication failed")]
    Active(#[source] ActiveError),
    /// A proof for a key that the signed SOD does not cover: anybody can make such a key.
    #[error("the proof is for a key that the signed SOD does not cover")]
    KeyNotCovered,
    /// The proof is for another key than the delivered one.
    #[error("the proof is for another chip's key")]
    OtherKey,
    /// EF.CardSecurity cannot be read.
    #[error("EF.CardSecurity cannot be read")]
    CardSecurity(#[source] CardSecurityError),
    /// Nobody vouches for EF.CardSecurity.
    #[error("the signature of EF.CardSecurity does not count")]
    CardSecuritySignature(#[source] SodSignatureError),
    /// The signer of EF.CardSecurity is not trusted.
    #[error("the signer of EF.CardSecurity is not trusted")]
    CardSecurityChain(#[source] ChainError),
    /// EF.CardSecurity is of another country than the SOD.
    #[error("EF.CardSecurity is of another country than the SOD")]
    CardSecurityCountry,
    /// The chip owes a proof and none was given.
    #[error("the signed SOD lists a key for proof of presence, and none was proven")]
    NotProven,
}

/// Judges presence. Data groups are taken from here only where their hashes match.
///
/// Every key that the SOD lists must be delivered; one that is proven shows that the chip is here.
/// A proof that is given and does not hold is a failure whatever else was shown.
pub(super) fn judge(
    evidence: &Evidence<'_>,
    sod: &Sod,
    trust: &Store,
    country: Option<&str>,
    now: UnixTime,
    report: &mut Report,
) -> Result<Presence, PresenceError> {
    let dg14 = signed(evidence, sod, 14);
    let dg15 = signed(evidence, sod, 15);
    for (number, deviation) in [(14, Deviation::Dg14NotCovered), (15, Deviation::Dg15NotCovered)] {
        if evidence.data_group(number).is_some() && !sod.covers(number) {
            report.deviates(deviation);
        }
    }
    let declared = dg14.map(Declared::by_file).transpose().map_err(PresenceError::Dg14);
    let mut failure = None;
    let mut proven = None;
    for proof in evidence.proofs {
        let (check, outcome) = match proof {
            Proof::ActiveAuthentication { challenge, answer } => {
                let algorithm = declared.as_ref().ok().and_then(Option::as_ref);
                let algorithm = algorithm.and_then(|declared| declared.active_authentication);
                let outcome = active(dg15, algorithm, *challenge, answer, report);
                (Check::ActiveAuthentication, outcome)
            }
            Proof::ChipAuthentication(proof) => {
                let outcome = match dg14 {
                    None => Err(PresenceError::KeyNotCovered),
                    Some(dg14) if proof.is_for(dg14) => {
                        if proof.used_inferred_protocol() {
                            report.deviates(Deviation::ChipAuthenticationInferred);
                        }
                        Ok((PresenceProof::ChipAuthentication, "the chip agreed keys".to_owned()))
                    }
                    Some(_) => Err(PresenceError::OtherKey),
                };
                (Check::ChipAuthentication, outcome)
            }
            Proof::PaceCam(proof) => {
                let outcome = match evidence.card_security {
                    Some(file) if proof.is_for(file) => card_security(file, trust, country, now),
                    Some(_) => Err(PresenceError::OtherKey),
                    None => Err(PresenceError::KeyNotCovered),
                };
                (Check::PaceCam, outcome)
            }
        };
        match outcome {
            Ok((proof, words)) => {
                report.passed(check, words);
                proven = proven.or(Some(proof));
            }
            Err(error) => {
                report.failed(check, super::examine::chain_of(&error));
                failure = failure.or(Some(error));
            }
        }
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    for number in [14, 15] {
        if sod.covers(number) && evidence.data_group(number).is_none() {
            return Err(PresenceError::NotDelivered(number));
        }
    }
    let owes_chip_authentication = declared?.is_some_and(|declared| declared.chip_authentication);
    match proven {
        Some(proof) => Ok(Presence::Proven(proof)),
        None if owes_chip_authentication || sod.covers(15) => Err(PresenceError::NotProven),
        None => Ok(Presence::NotOffered),
    }
}

/// A data group that was delivered and is the one that was signed.
fn signed<'a>(evidence: &Evidence<'a>, sod: &Sod, number: u8) -> Option<&'a [u8]> {
    evidence.data_group(number).filter(|bytes| sod.matches(number, bytes))
}

fn active(
    dg15: Option<&[u8]>,
    declared: Option<crate::signature::SignatureAlgorithm>,
    challenge: [u8; active::CHALLENGE_BYTES],
    answer: &[u8],
    report: &mut Report,
) -> Result<(PresenceProof, String), PresenceError> {
    let dg15 = dg15.ok_or(PresenceError::KeyNotCovered)?;
    let key = active::public_key(dg15).map_err(PresenceError::Dg15)?;
    let answer =
        active::verify(&key, declared, challenge, answer).map_err(PresenceError::Active)?;
    if !answer.hash_declared {
        report.deviates(Deviation::ActiveAuthenticationHash);
    }
    if answer.ecdsa_der {
        report.deviates(Deviation::EcdsaEncoding);
    }
    let words = format!("{} with {}", key.describe(), answer.hash.name());
    Ok((PresenceProof::ActiveAuthentication, words))
}

fn card_security(
    file: &[u8],
    trust: &Store,
    country: Option<&str>,
    now: UnixTime,
) -> Result<(PresenceProof, String), PresenceError> {
    let security = CardSecurity::from_file(file).map_err(PresenceError::CardSecurity)?;
    let signed = passive::signed_by(security.signed(), trust)
        .map_err(PresenceError::CardSecuritySignature)?;
    let chain = passive::chain(&signed, trust, now).map_err(PresenceError::CardSecurityChain)?;
    if country != Some(chain.country.as_str()) {
        return Err(PresenceError::CardSecurityCountry);
    }
    Ok((PresenceProof::PaceCam, "the chip proved the key of EF.CardSecurity in PACE".to_owned()))
}
