//! The operator's trust store: certificates of issuing states (CSCA), parsed once.
//!
//! One name may stand for many certificates and one key for several: a root, its renewals, the link
//! certificates between them. Nothing is looked up by name alone; every certificate that may have
//! issued another is tried, and the signature decides.

mod deviation_list;
mod ldif;
mod master_list;
mod path;
mod statistics;

pub use deviation_list::{
    DEVIATION_LIST_BYTES_MAX, DEVIATIONS_MAX, DefectSigner, DeviationListError, PublishedDefect,
};
pub use ldif::{LDIF_VALUE_BYTES_MAX, LdifContents, LdifError, LdifImport, import_ldif, read_ldif};
pub use master_list::{
    ListError, ListSigner, ListTrust, MASTER_LIST_BYTES_MAX, MASTER_LIST_CERTIFICATES_MAX,
    MasterList, MasterListImport,
};
pub use statistics::Statistics;

use std::collections::{HashMap, HashSet};

use crate::certificate::{Certificate, NameKey};
use crate::crl::{CrlError, RevocationList};
use crate::date::UnixTime;
use crate::signature::{Irregularities, SignatureError};

/// How far a signing time may lie ahead of the caller's clock.
pub(crate) const CLOCK_SKEW_SECS: i64 = 300;

/// Certificates that the operator trusts to speak for their states.
#[derive(Clone, Debug, Default)]
pub struct Store {
    certificates: Vec<Certificate>,
    by_subject: HashMap<NameKey, Vec<usize>>,
    by_subject_key: HashMap<Box<[u8]>, Vec<usize>>,
    by_country: HashMap<String, Vec<usize>>,
    fingerprints: HashSet<[u8; 32]>,
    document_signers: Vec<Certificate>,
    revocation_lists: Vec<HeldList>,
    defects: Vec<PublishedDefect>,
}

/// A revocation list with the fingerprint of the certificate that it verified under.
#[derive(Clone, Debug)]
struct HeldList {
    list: RevocationList,
    issuer: usize,
}

/// What the revocation lists at hand say of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// No list of its issuer is at hand.
    NoList,
    /// The list at hand does not name it.
    Good {
        /// Whether the list is past its next update.
        stale: bool,
    },
    /// It is revoked.
    Revoked {
        /// Since when.
        since: UnixTime,
    },
}

impl Store {
    /// An empty store: every document has an unknown issuer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a certificate in that the operator trusts; `false` where it was there already.
    pub fn add(&mut self, certificate: Certificate) -> bool {
        if !self.fingerprints.insert(*certificate.fingerprint()) {
            return false;
        }
        let at = self.certificates.len();
        self.by_subject.entry(certificate.subject().key().clone()).or_default().push(at);
        if let Some(key) = &certificate.extensions().subject_key {
            self.by_subject_key.entry(key.clone()).or_default().push(at);
        }
        if let Some(country) = certificate.subject().country() {
            let country = two_letters(&country).unwrap_or(country);
            self.by_country.entry(country).or_default().push(at);
        }
        self.certificates.push(certificate);
        true
    }

    /// Takes a document signer in, for SODs that carry none. It is not trusted: like every signer
    /// it must chain to a certificate of this store.
    pub fn add_document_signer(&mut self, certificate: Certificate) {
        self.document_signers.push(certificate);
    }

    /// Every certificate.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Document signers that came from a directory.
    #[must_use]
    pub fn document_signers(&self) -> &[Certificate] {
        &self.document_signers
    }

    /// How many certificates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Every certificate that may have issued `child`: those with the key identifier that it names
    /// first, then those that bear the issuer's name.
    #[must_use]
    pub fn issuers_of(&self, child: &Certificate) -> Vec<&Certificate> {
        self.issuer_indices(child).filter_map(|at| self.certificates.get(at)).collect()
    }

    fn issuer_indices(&self, child: &Certificate) -> impl Iterator<Item = usize> {
        let by_key = child
            .extensions()
            .authority_key
            .as_ref()
            .and_then(|key| self.by_subject_key.get(key))
            .map(Vec::as_slice)
            .unwrap_or_default();
        let by_name =
            self.by_subject.get(child.issuer().key()).map(Vec::as_slice).unwrap_or_default();
        by_key.iter().chain(by_name.iter().filter(|at| !by_key.contains(at))).copied()
    }

    /// Verifies a revocation list under this store and keeps it, in place of older ones of the
    /// same issuing key.
    ///
    /// # Errors
    ///
    /// [`CrlError`] where no certificate here signed it, or where a newer one is known: an old
    /// list must not take a revocation back.
    pub fn import_revocation_list(&mut self, der: &[u8], now: UnixTime) -> Result<(), CrlError> {
        let list = RevocationList::from_der(der)?;
        if list.this_update().as_secs() > now.as_secs().saturating_add(CLOCK_SKEW_SECS) {
            return Err(CrlError::NotYet);
        }
        let mut failure = CrlError::UnknownIssuer;
        let mut found = None;
        for (at, candidate) in self.certificates.iter().enumerate() {
            let by_key = candidate
                .extensions()
                .subject_key
                .as_deref()
                .is_some_and(|key| Some(key) == list.authority_key());
            if !by_key && candidate.subject().key() != list.issuer().key() {
                continue;
            }
            match list.verify_signed_by(candidate) {
                Ok(()) => {
                    found = Some(at);
                    break;
                }
                Err(error) => failure = CrlError::Signature(error),
            }
        }
        let issuer = found.ok_or(failure)?;
        let same_key = |held: &HeldList| self.same_key(held.issuer, issuer);
        if self
            .revocation_lists
            .iter()
            .any(|held| same_key(held) && held.list.this_update() > list.this_update())
        {
            return Err(CrlError::Older);
        }
        let kept: Vec<HeldList> =
            self.revocation_lists.iter().filter(|held| !same_key(held)).cloned().collect();
        self.revocation_lists = kept;
        self.revocation_lists.push(HeldList { list, issuer });
        Ok(())
    }

    fn same_key(&self, a: usize, b: usize) -> bool {
        let key = |at: usize| self.certificates.get(at).and_then(|one| one.key().ok());
        a == b || key(a).is_some_and(|own| Some(own) == key(b))
    }

    /// How many revocation lists there are.
    #[must_use]
    pub fn revocation_list_count(&self) -> usize {
        self.revocation_lists.len()
    }

    /// What the lists at hand say of a certificate that `issuer` signed.
    #[must_use]
    pub fn revocation_of(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        now: UnixTime,
    ) -> Revocation {
        let mut answer = Revocation::NoList;
        for held in &self.revocation_lists {
            let Some(signer) = self.certificates.get(held.issuer) else { continue };
            // A state may sign its lists with a renewed key under the same name; serial numbers
            // are unique below one name.
            let same_issuer = signer.key().ok().is_some_and(|key| issuer.key() == Ok(key))
                || signer.subject().key() == issuer.subject().key();
            if !same_issuer {
                continue;
            }
            if let Some(since) = held.list.revoked_since(certificate.serial()) {
                return Revocation::Revoked { since };
            }
            let stale = held.list.next_update().is_some_and(|due| due < now);
            let fresher = matches!(answer, Revocation::Good { stale: false });
            if !fresher {
                answer = Revocation::Good { stale };
            }
        }
        answer
    }

    /// The certificate of this store that signed `child`, among those that `fits` accepts: first those that it
    /// names by key identifier or by name, then every other one of its country.
    ///
    /// # Errors
    ///
    /// [`NoIssuer`] with the reason.
    pub(crate) fn issuer_of(
        &self,
        child: &Certificate,
        fits: impl Fn(&Certificate) -> bool,
    ) -> Result<FoundIssuer<'_>, NoIssuer> {
        let named: Vec<usize> = self.issuer_indices(child).collect();
        let country = child.issuer().country().or_else(|| child.subject().country());
        let country = country.map(|country| two_letters(&country).unwrap_or(country));
        let others = self.by_country(country.as_deref());
        let others = others.iter().filter(|at| !named.contains(at)).take(UNNAMED_ISSUERS_MAX);
        let mut failure = NoIssuer::Unknown;
        for (at, is_named) in named.iter().map(|at| (at, true)).chain(others.map(|at| (at, false)))
        {
            let Some(candidate) = self.certificates.get(*at).filter(|one| fits(one)) else {
                continue;
            };
            match child.verify_signed_by(candidate) {
                Ok(irregularities) => {
                    return Ok(FoundIssuer {
                        certificate: candidate,
                        named: is_named,
                        irregularities,
                    });
                }
                Err(error) if is_named => failure = NoIssuer::NotSigned(error),
                Err(_) => {}
            }
        }
        if matches!(failure, NoIssuer::Unknown) && !named.is_empty() {
            failure = NoIssuer::NotSigned(SignatureError::Mismatch);
        }
        Err(failure)
    }

    fn by_country(&self, country: Option<&str>) -> &[usize] {
        country
            .and_then(|country| self.by_country.get(country))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// Certificates of a country that are tried for a signer that names none of them, at most: no state has half as many.
const UNNAMED_ISSUERS_MAX: usize = 64;

/// The certificate that signed another.
pub(crate) struct FoundIssuer<'a> {
    pub(crate) certificate: &'a Certificate,
    /// The other names it, by key identifier or by name.
    pub(crate) named: bool,
    pub(crate) irregularities: Irregularities,
}

/// Why no certificate counts as the issuer of another.
pub(crate) enum NoIssuer {
    /// None is at hand that the other names.
    Unknown,
    /// Some are, and none signed it.
    NotSigned(SignatureError),
}

/// Two letters for a country that is written in three, as some issuers do.
pub(crate) fn two_letters(country: &str) -> Option<String> {
    if country.len() == 3 { crate::country::alpha2(country).map(str::to_owned) } else { None }
}

/// Whether two spellings name one country: some issuers write three letters where two are due.
pub(crate) fn same_country(a: &str, b: &str) -> bool {
    let norm = |country: &str| two_letters(country).unwrap_or_else(|| country.to_owned());
    let (a, b) = (norm(a), norm(b));
    // ISO 3166-1 has no code for Kosovo, whose certificates write several.
    let kosovo = |country: &str| matches!(country, "KS" | "XK" | "KV" | "XKX");
    a == b || (kosovo(&a) && kosovo(&b))
}
