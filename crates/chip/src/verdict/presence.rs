//! Whether the chip is here now, judged by what its signed SOD says that it can do
//! (PROTOCOLS section 7).

use super::deviation::{Deviation, deviations_of};
use super::policy::ChipPolicy;
use super::report::{Check, Report, chain_of};
use super::{Evidence, Presence, PresenceProof, Proof};
use crate::active::{self, ActiveError, Dg15Error};
use crate::chip_authentication::{
    CardSecurity, CardSecurityError, Declared, Dg14Error, PaceCamProof,
};
use crate::csca::Store;
use crate::date::UnixTime;
use crate::passive::{self, ChainError, SodSignatureError};
use crate::signature::{HashAlgorithm, SignatureAlgorithm};
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
    /// A proof was given and does not hold.
    #[error("the proof that the chip gave does not hold")]
    DoesNotHold,
    /// The chip refused a key that the SOD lists, and proved no other one of the SOD.
    #[error("the chip refused to prove a key that the signed SOD lists")]
    KeyRefused,
    /// A chip proved itself in another session than the one in which the SOD was read.
    #[error("nothing shows that the chip which proved itself is the document's")]
    OtherSession,
    /// The chip owes a proof and none was given.
    #[error("the signed SOD lists a key for proof of presence, and none was proven")]
    NotProven,
}

/// What proofs are judged by.
pub(super) struct Judge<'a, 'e> {
    pub(super) evidence: &'e Evidence<'a>,
    pub(super) trust: &'e Store,
    pub(super) policy: &'e ChipPolicy,
    pub(super) country: Option<&'e str>,
    pub(super) now: UnixTime,
}

impl Judge<'_, '_> {
    /// Judges presence. Data groups are taken from here only where their hashes match.
    ///
    /// Every key that the SOD lists must be delivered. A proof counts for such a key, or, with chip
    /// authentication mapping, for the SOD that was read in the session that it opened; one that counts
    /// shows that the chip is here. A proof that is given and does not hold is a failure whatever else
    /// was shown, and where the chip refused a listed key only another listed key can prove.
    pub(super) fn judge(&self, sod: &Sod, report: &mut Report) -> Result<Presence, PresenceError> {
        let evidence = self.evidence;
        for (number, deviation) in
            [(14, Deviation::Dg14NotCovered), (15, Deviation::Dg15NotCovered)]
        {
            if evidence.data_group(number).is_some() && !sod.covers(number) {
                report.deviates(deviation);
            }
        }
        let dg14 = signed(evidence, sod, 14);
        let declared = dg14.map(Declared::by_file).transpose().map_err(PresenceError::Dg14);
        let bench = Bench {
            judge: self,
            dg14,
            dg15: signed(evidence, sod, 15),
            lists_active: sod.covers(15),
            declared: declared.as_ref().ok().copied().flatten(),
        };
        let mut shown = Shown::default();
        for proof in evidence.proofs {
            let (check, weight) = bench.weigh(proof, report);
            shown.take(check, weight, report);
        }
        if let Some(failure) = shown.failure {
            return Err(failure);
        }
        for number in [14, 15] {
            if sod.covers(number) && evidence.data_group(number).is_none() {
                return Err(PresenceError::NotDelivered(number));
            }
        }
        let owed = declared?.is_some_and(|declared| declared.chip_authentication) || sod.covers(15);
        match shown {
            Shown { listed: Some(proof), .. } => Ok(Presence::Proven(proof)),
            Shown { refused: true, .. } => Err(PresenceError::KeyRefused),
            Shown { mapped: true, .. } => Ok(Presence::Proven(PresenceProof::PaceCam)),
            Shown { unbound: true, .. } => Err(PresenceError::OtherSession),
            Shown { .. } if owed => Err(PresenceError::NotProven),
            Shown { .. } => Ok(Presence::NotOffered),
        }
    }
}

/// What one proof, or its refusal, comes to.
enum Weight {
    /// It counts.
    Holds(PresenceProof, String),
    /// The chip refused a key that the SOD lists.
    Refused,
    /// It holds, and nothing shows that the chip which gave it is the document's.
    Unbound,
    /// Nothing follows from it.
    Nothing,
    /// It does not hold.
    Fails(PresenceError),
}

/// What all proofs together come to.
#[derive(Default)]
struct Shown {
    /// The first that holds for a key of the SOD.
    listed: Option<PresenceProof>,
    /// Chip authentication mapping counts for this SOD.
    mapped: bool,
    refused: bool,
    unbound: bool,
    failure: Option<PresenceError>,
}

impl Shown {
    fn take(&mut self, check: Check, weight: Weight, report: &mut Report) {
        match weight {
            Weight::Holds(proof, words) => {
                report.passed(check, words);
                match proof {
                    PresenceProof::PaceCam => self.mapped = true,
                    PresenceProof::ActiveAuthentication | PresenceProof::ChipAuthentication => {
                        self.listed = self.listed.or(Some(proof));
                    }
                }
            }
            Weight::Refused => {
                report.failed(check, "the chip refused");
                self.refused = true;
            }
            Weight::Unbound => {
                let words = "the SOD was read in another session than the one that this opened";
                report.not_possible(check, words);
                self.unbound = true;
            }
            Weight::Nothing => {}
            Weight::Fails(error) => {
                report.failed(check, chain_of(&error));
                self.failure.get_or_insert(error);
            }
        }
    }
}

/// What proofs are weighed against.
struct Bench<'j, 'a, 'e> {
    judge: &'j Judge<'a, 'e>,
    /// Signed.
    dg14: Option<&'a [u8]>,
    /// Signed.
    dg15: Option<&'a [u8]>,
    lists_active: bool,
    declared: Option<Declared>,
}

impl Bench<'_, '_, '_> {
    fn weigh(&self, proof: &Proof<'_>, report: &mut Report) -> (Check, Weight) {
        match proof {
            Proof::ActiveAuthentication { challenge, answer } => {
                let algorithm = self.declared.and_then(|declared| declared.active_authentication);
                let outcome = active(self.dg15, algorithm, *challenge, answer, report);
                (Check::ActiveAuthentication, weight(outcome))
            }
            Proof::ChipAuthentication(proof) => {
                let outcome = match self.dg14 {
                    None => Err(PresenceError::KeyNotCovered),
                    Some(dg14) if proof.is_for(dg14) => {
                        if proof.used_inferred_protocol() {
                            report.deviates(Deviation::ChipAuthenticationInferred);
                        }
                        if proof.is_on_wrong_curve() {
                            report.deviates(Deviation::WrongCurveDeclared);
                        }
                        Ok((PresenceProof::ChipAuthentication, "the chip agreed keys".to_owned()))
                    }
                    Some(_) => Err(PresenceError::OtherKey),
                };
                (Check::ChipAuthentication, weight(outcome))
            }
            Proof::PaceCam(proof) => (Check::PaceCam, self.mapping(proof, report)),
            Proof::Refused(kind) => {
                let listed = match kind {
                    PresenceProof::ActiveAuthentication => self.lists_active,
                    PresenceProof::ChipAuthentication => {
                        self.declared.is_some_and(|declared| declared.chip_authentication)
                    }
                    PresenceProof::PaceCam => false,
                };
                (check_of(*kind), if listed { Weight::Refused } else { Weight::Nothing })
            }
            Proof::Fails(kind) => (check_of(*kind), Weight::Fails(PresenceError::DoesNotHold)),
        }
    }

    /// Chip authentication mapping proves the key of EF.CardSecurity, which no SOD lists: what makes the
    /// chip the document's is the SOD that was read under its keys, or the same key in the signed DG14.
    fn mapping(&self, proof: &PaceCamProof, report: &mut Report) -> Weight {
        let evidence = self.judge.evidence;
        let outcome = match evidence.card_security {
            Some(file) if proof.is_for(file) => self.judge.card_security(file, report),
            Some(_) => Err(PresenceError::OtherKey),
            None => Err(PresenceError::KeyNotCovered),
        };
        let bound = || {
            proof.read_in_session(evidence.sod)
                || self.dg14.is_some_and(|dg14| proof.key_stands_in(dg14))
        };
        if outcome.is_ok() && !bound() { Weight::Unbound } else { weight(outcome) }
    }
}

fn weight(outcome: Result<(PresenceProof, String), PresenceError>) -> Weight {
    match outcome {
        Ok((proof, words)) => Weight::Holds(proof, words),
        Err(error) => Weight::Fails(error),
    }
}

const fn check_of(kind: PresenceProof) -> Check {
    match kind {
        PresenceProof::ActiveAuthentication => Check::ActiveAuthentication,
        PresenceProof::ChipAuthentication => Check::ChipAuthentication,
        PresenceProof::PaceCam => Check::PaceCam,
    }
}

/// A data group that was delivered and is the one that was signed.
fn signed<'a>(evidence: &Evidence<'a>, sod: &Sod, number: u8) -> Option<&'a [u8]> {
    evidence.data_group(number).filter(|bytes| sod.matches(number, bytes))
}

fn active(
    dg15: Option<&[u8]>,
    declared: Option<SignatureAlgorithm>,
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
    if answer.wrong_curve {
        report.deviates(Deviation::WrongCurveDeclared);
    }
    let words = format!("{} with {}", key.describe(), answer.hash.name());
    Ok((PresenceProof::ActiveAuthentication, words))
}

impl Judge<'_, '_> {
    /// The signer of EF.CardSecurity is held to what a signer of SODs is held to.
    fn card_security(
        &self,
        file: &[u8],
        report: &mut Report,
    ) -> Result<(PresenceProof, String), PresenceError> {
        let security = CardSecurity::from_file(file).map_err(PresenceError::CardSecurity)?;
        let signed = passive::signed_by(security.signed(), self.trust)
            .map_err(PresenceError::CardSecuritySignature)?;
        let chain = passive::chain(&signed, self.trust, self.now)
            .map_err(PresenceError::CardSecurityChain)?;
        if self.country != Some(chain.country.as_str()) {
            return Err(PresenceError::CardSecurityCountry);
        }
        let used = signed.algorithm.map(SignatureAlgorithm::hash);
        let sha1 = (used == Some(HashAlgorithm::Sha1)).then_some(Deviation::Sha1);
        let of_signature = deviations_of(signed.notes).chain(sha1);
        for deviation in of_signature.chain(chain.deviations) {
            report.deviates(self.policy.dated(deviation, &signed.document_signer));
        }
        let words = "the chip proved the key of EF.CardSecurity in PACE".to_owned();
        Ok((PresenceProof::PaceCam, words))
    }
}
