//! The whole examination: every check that can be done is done, and the first that fails decides.

use super::decision::VerifyError;
use super::deviation::deviations_of;
use super::policy::ChipPolicy;
use super::report::{Check, Report, chain_of};
use super::{
    Access, Deviation, Evidence, OpenedBy, Presence, Signer, VerifiedChip, VerifiedParts, contents,
    presence,
};
use crate::country;
use crate::csca::Store;
use crate::date::{Date, UnixTime};
use crate::lds::com::Com;
use crate::lds::file::DataGroup;
use crate::lds::security_info::SecurityInfos;
use crate::lds::zone;
use crate::passive::{self, Chain, SignedBy};
use crate::password::PasswordKind;
use crate::signature::{HashAlgorithm, SignatureAlgorithm};
use crate::sod::Sod;
use crate::tlv::{Reader, Tag};

/// What came of an examination.
#[derive(Clone, Debug)]
pub struct Examination {
    /// Every check.
    pub report: Report,
    /// The verified chip, or the first check that failed.
    pub result: Result<VerifiedChip, VerifyError>,
}

/// Judges what was read from a chip.
///
/// # Errors
///
/// [`VerifyError`] with the first check that fails; [`examine`] lists them all.
pub fn verify(
    evidence: &Evidence<'_>,
    trust: &Store,
    policy: &ChipPolicy,
    now: UnixTime,
) -> Result<VerifiedChip, VerifyError> {
    examine(evidence, trust, policy, now).result
}

/// Judges what was read from a chip, and lists every check: also for documents of unknown issuers.
#[must_use]
pub fn examine(
    evidence: &Evidence<'_>,
    trust: &Store,
    policy: &ChipPolicy,
    now: UnixTime,
) -> Examination {
    let mut session =
        Session { evidence, trust, policy, now, report: Report::default(), failure: None };
    let parts = session.run();
    let Session { mut report, mut failure, .. } = session;
    report.deviations.sort_unstable();
    match report.deviations.iter().copied().find(|deviation| policy.refuses(*deviation)) {
        Some(refused) => {
            report.failed(Check::Policy, format!("refuses {}", refused.name()));
            failure = failure.or(Some(VerifyError::Refused(refused)));
        }
        None => report.passed(Check::Policy, "accepts what was found"),
    }
    let result = match (failure, parts) {
        (Some(failure), _) => Err(failure),
        (None, Some(parts)) => {
            let deviations = report.deviations.clone();
            Ok(VerifiedChip { parts: VerifiedParts { deviations, ..parts } })
        }
        // Unreachable while every part that is missing also names its failure.
        (None, None) => Err(VerifyError::Missing(1)),
    };
    Examination { report, result }
}

struct Session<'a> {
    evidence: &'a Evidence<'a>,
    trust: &'a Store,
    policy: &'a ChipPolicy,
    now: UnixTime,
    report: Report,
    failure: Option<VerifyError>,
}

impl Session<'_> {
    fn fail(&mut self, check: Check, error: VerifyError) {
        self.report.failed(check, chain_of(&error));
        self.failure.get_or_insert(error);
    }

    /// A deviation of whoever signed, weighed by when that signer was made.
    fn deviates(&mut self, deviation: Deviation, signed: &SignedBy) {
        let dated = self.policy.dated(deviation, &signed.document_signer);
        self.report.deviates(dated);
    }

    fn run(&mut self) -> Option<VerifiedParts> {
        let sod = match Sod::from_file(self.evidence.sod) {
            Ok(sod) => sod,
            Err(error) => {
                self.fail(Check::Sod, VerifyError::Sod(error));
                self.describe_unsigned();
                return None;
            }
        };
        self.read_sod(&sod);
        let issuer = self.check_issuer(&sod);
        let (signed, chain) = issuer.as_ref().map_or((None, None), |(a, b)| (Some(a), Some(b)));
        self.check_hashes(&sod);
        let signed_on = signed.and_then(|signed| signed.signed_at).map(UnixTime::date);
        let holder = self.check_holder(&sod, chain, signed_on);
        if let (Some(signed), Some(chain), Some(holder)) = (signed, chain, &holder) {
            let code = &holder.document.code;
            self.check_document_type(signed, code);
            let (signer, signed_at) = (&signed.document_signer, signed.signed_at);
            let number = holder.document.number.expose();
            let mut defects =
                self.trust.defects_of(&chain.country, signer, code, number, signed_at);
            if defects.next().is_some() {
                self.report.deviates(Deviation::PublishedDefect);
            }
        }
        self.check_zone();
        let portrait = self.check_portrait();
        let access = self.check_access(&sod);
        let country = chain.map(|chain| chain.country.clone());
        let presence = self.check_presence(&sod, country.as_deref());
        let holder = holder?;
        Some(VerifiedParts {
            document: holder.document,
            personal_numbers: holder.personal_numbers,
            presence: presence?,
            deviations: Vec::new(),
            signer: self.report.signer.clone()?,
            portrait: portrait?,
            access,
        })
    }

    /// What DG1 says of itself, for a report on a document without a readable SOD.
    fn describe_unsigned(&mut self) {
        let dg1 = self.evidence.data_group(1);
        let holder = dg1.and_then(|dg1| contents::holder(dg1, None, None, self.now.date()).ok());
        self.report.document = holder.map(|holder| holder.document);
    }

    fn read_sod(&mut self, sod: &Sod) {
        let listed: Vec<String> = sod.data_groups().map(|number| number.to_string()).collect();
        let words = format!("{} over data groups {}", sod.hash().name(), listed.join(", "));
        self.report.passed(Check::Sod, words);
        if !sod.signed().is_der() {
            self.report.deviates(Deviation::SodNotDer);
        }
        if !sod.has_standard_content_type() {
            self.report.deviates(Deviation::SodContentType);
        }
        if let Some(com) = self.evidence.com
            && com_data_groups(com).is_some_and(|listed| !listed.into_iter().eq(sod.data_groups()))
        {
            self.report.deviates(Deviation::EfComDisagrees);
        }
    }

    fn check_issuer(&mut self, sod: &Sod) -> Option<(SignedBy, Chain)> {
        let signed = match passive::signed_by(sod.signed(), self.trust) {
            Ok(signed) => signed,
            Err(error) => {
                self.fail(Check::SodSignature, VerifyError::Signature(error));
                self.report.not_possible(Check::Issuer, "nobody signed EF.SOD");
                return None;
            }
        };
        for deviation in deviations_of(signed.notes) {
            self.report.deviates(deviation);
        }
        let used = signed.algorithm.map(SignatureAlgorithm::hash);
        if sod.hash() == HashAlgorithm::Sha1 || used == Some(HashAlgorithm::Sha1) {
            self.deviates(Deviation::Sha1, &signed);
        }
        let mut signer = describe(&signed);
        self.report
            .passed(Check::SodSignature, format!("{}, by {}", signer.algorithm, signer.subject));
        let chain = passive::chain(&signed, self.trust, self.now);
        match chain {
            Ok(chain) => {
                signer.csca_fingerprint = Some(*chain.csca.fingerprint());
                signer.country.clone_from(&chain.country);
                self.report.passed(Check::Issuer, chain.csca.subject().to_string());
                for deviation in &chain.deviations {
                    self.deviates(*deviation, &signed);
                }
                self.report.signer = Some(signer);
                Some((signed, chain))
            }
            Err(error) => {
                self.report.signer = Some(signer);
                self.fail(Check::Issuer, VerifyError::Issuer(error));
                None
            }
        }
    }

    fn check_hashes(&mut self, sod: &Sod) {
        for number in [1, 2] {
            if self.evidence.data_group(number).is_none() || !sod.covers(number) {
                self.fail(Check::DataGroup(number), VerifyError::Missing(number));
            }
        }
        let mut delivered: Vec<(u8, &[u8])> = self.evidence.data_groups.to_vec();
        delivered.sort_unstable_by_key(|(number, _)| *number);
        for (number, bytes) in delivered {
            let check = Check::DataGroup(number);
            if sod.matches(number, bytes) {
                self.report.passed(check, "the hash matches");
            } else if sod.covers(number) {
                self.fail(check, VerifyError::Changed(number));
            } else if number > 2 {
                let words = format!("DG{number} is not covered by the SOD");
                self.report.not_possible(check, words);
            }
        }
        for number in sod.data_groups() {
            if number > 2 && self.evidence.data_group(number).is_none() {
                let words = "listed by the SOD and not delivered";
                self.report.not_possible(Check::DataGroup(number), words);
            }
        }
    }

    fn check_holder(
        &mut self,
        sod: &Sod,
        chain: Option<&Chain>,
        signed_on: Option<Date>,
    ) -> Option<contents::Holder> {
        let dg1 = self.evidence.data_group(1)?;
        let signed =
            |number| self.evidence.data_group(number).filter(|bytes| sod.matches(number, bytes));
        let issued = signed(12).and_then(contents::issued_on).or(signed_on);
        let holder = match contents::holder(dg1, signed(11), issued, self.now.date()) {
            Ok(holder) => holder,
            Err(source) => {
                self.fail(Check::Document, VerifyError::Content { number: 1, source });
                return None;
            }
        };
        let document = &holder.document;
        self.report
            .passed(Check::Document, format!("{} of {}", document.code, document.issuing_state));
        self.report.document = Some(document.clone());
        match chain {
            None => self.report.not_possible(Check::Country, "no trusted state vouches for it"),
            Some(chain) if country::may_sign_for(&chain.country, &document.issuing_state) => {
                self.report.passed(Check::Country, chain.country.clone());
            }
            Some(_) => self.fail(Check::Country, VerifyError::Country),
        }
        if self.now.date() > document.expires_on {
            self.fail(Check::Expiry, VerifyError::Expired);
        } else if document.expires_on == Date::ENDLESS {
            self.report.passed(Check::Expiry, "valid, without an end");
        } else {
            self.report.passed(Check::Expiry, format!("valid until {}", document.expires_on));
        }
        Some(holder)
    }

    /// A chip that opens by a zone is the chip of the document with that zone (PROTOCOLS.md section 7).
    fn check_zone(&mut self) {
        let zone = self.evidence.opened_with.filter(|with| with.kind() == PasswordKind::Mrz);
        let (Some(zone), Some(dg1)) = (zone, self.evidence.data_group(1)) else { return };
        let own = zone::zone(dg1).ok().and_then(|mrz| mrz.password().ok());
        if own.is_some_and(|own| own == *zone) {
            self.report.passed(Check::Zone, "it is the one that opened the chip");
        } else {
            self.fail(Check::Zone, VerifyError::Zone);
        }
    }

    /// Doc 9303-12 §7.1.1.5: a signer may be limited to certain types of documents.
    fn check_document_type(&mut self, signed: &SignedBy, code: &str) {
        let listed = &signed.document_signer.extensions().document_types;
        let fits = |name: &String| {
            let name = name.trim_matches(['<', ' ']);
            name == code || (name.len() == 1 && code.starts_with(name))
        };
        if !listed.is_empty() && !listed.iter().any(fits) {
            self.report.deviates(Deviation::DocumentTypeNotListed);
        }
    }

    fn check_portrait(&mut self) -> Option<super::Portrait> {
        match contents::portrait(self.evidence.data_group(2)?) {
            Ok(portrait) => {
                self.report.passed(Check::Portrait, format!("{} bytes", portrait.image().len()));
                Some(portrait)
            }
            Err(source) => {
                self.fail(Check::Portrait, VerifyError::Content { number: 2, source });
                None
            }
        }
    }

    /// EF.CardAccess is not signed; DG14 repeats it and is (CHIP-CASES 3).
    fn check_access(&mut self, sod: &Sod) -> Access {
        let open = self.evidence.card_access.and_then(|file| SecurityInfos::parse(file).ok());
        let dg14 = self.evidence.data_group(14).filter(|bytes| sod.matches(14, bytes));
        let signed = dg14
            .and_then(|file| Reader::new(file).expect(Tag::new(0x6E)).ok())
            .and_then(|file| SecurityInfos::parse(file.value()).ok());
        if let Some(signed) = signed.as_ref().filter(|signed| !signed.pace().is_empty()) {
            let same = open.as_ref().map(|open| signed.offers_the_same_pace_as(open));
            let known = self.evidence.opened_by != OpenedBy::Unknown;
            if same == Some(false) || (same.is_none() && known) {
                self.report.deviates(Deviation::CardAccessDiffers);
            }
        }
        let offers_pace = [&open, &signed]
            .into_iter()
            .flatten()
            .any(|infos| infos.pace().iter().any(|offer| offer.is_supported()));
        match self.evidence.opened_by {
            OpenedBy::Pace => {
                self.report.passed(Check::Access, "PACE");
                Access::Pace
            }
            OpenedBy::Bac if offers_pace => {
                self.report.deviates(Deviation::AccessDowngraded);
                self.report.passed(Check::Access, "BAC, though the document offers PACE");
                Access::DowngradedToBac
            }
            OpenedBy::Bac => {
                self.report.passed(Check::Access, "BAC");
                Access::Bac
            }
            OpenedBy::Unknown => {
                self.report.not_possible(Check::Access, "the files came without their session");
                Access::Unknown
            }
        }
    }

    fn check_presence(&mut self, sod: &Sod, country: Option<&str>) -> Option<Presence> {
        let bench = presence::Judge {
            evidence: self.evidence,
            trust: self.trust,
            policy: self.policy,
            country,
            now: self.now,
        };
        match bench.judge(sod, &mut self.report) {
            Ok(presence) => {
                let words = match presence {
                    Presence::Proven(_) => {
                        "proven; a live relay of a chip elsewhere is not excluded"
                    }
                    Presence::NotOffered => "the chip has no means to prove it",
                };
                self.report.passed(Check::Presence, words);
                Some(presence)
            }
            Err(error) => {
                self.fail(Check::Presence, VerifyError::Presence(error));
                None
            }
        }
    }
}

fn describe(signed: &SignedBy) -> Signer {
    let certificate = &signed.document_signer;
    Signer {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        country: certificate.country().unwrap_or_default(),
        serial: certificate.serial_hex(),
        fingerprint: *certificate.fingerprint(),
        csca_fingerprint: None,
        algorithm: signed.algorithm.map(SignatureAlgorithm::describe).unwrap_or_default(),
        signed_at: signed.signed_at,
    }
}

/// The data groups that EF.COM lists, in ascending order; `None` where it cannot be read.
fn com_data_groups(com: &[u8]) -> Option<Vec<u8>> {
    let listed = Com::parse(com).ok()?.data_groups;
    let mut numbers: Vec<u8> = listed.into_iter().map(DataGroup::number).collect();
    numbers.sort_unstable();
    Some(numbers)
}
