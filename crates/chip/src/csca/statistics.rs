//! What lists hold, counted; nothing is trusted for it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::MasterList;
use crate::certificate::{Certificate, CertificateError, NameKey};
use crate::date::UnixTime;
use crate::key::{CurveForm, PublicKey};

/// What a collection of certificates holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Certificates in all sources together, repeated ones included.
    pub certificates: usize,
    /// Different certificates.
    pub distinct: usize,
    /// Certificates for each country, two letters, upper case; `?` for none.
    pub countries: BTreeMap<String, usize>,
    /// Keys by kind: `RSA` or `EC`.
    pub key_types: BTreeMap<String, usize>,
    /// RSA keys by length in bits.
    pub rsa_bits: BTreeMap<usize, usize>,
    /// Elliptic-curve keys by curve.
    pub curves: BTreeMap<String, usize>,
    /// Elliptic-curve keys that spell their curve out.
    pub explicit_curves: usize,
    /// Elliptic-curve keys that name their curve.
    pub named_curves: usize,
    /// Signature algorithms, in words.
    pub signature_algorithms: BTreeMap<String, usize>,
    /// Subjects that more than one certificate bears, with how many.
    pub shared_names: BTreeMap<String, usize>,
    /// Self-issued certificates that another key signed.
    pub link_certificates: usize,
    /// Certificates that their own key signed.
    pub self_signed: usize,
    /// Certificates past their end at the given instant.
    pub expired: usize,
    /// What could not be read or verified, and why.
    pub failures: Vec<Failure>,
}

/// One certificate that something is wrong with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The subject where it could be read, else the place in its list.
    pub certificate: String,
    /// What is wrong.
    pub reason: String,
}

impl Statistics {
    /// Counts lists and single certificates.
    #[must_use]
    pub fn of(lists: &[MasterList], singles: &[Certificate], now: UnixTime) -> Self {
        let mut statistics = Self::default();
        let mut names: HashMap<NameKey, (String, HashSet<[u8; 32]>)> = HashMap::new();
        let mut distinct = HashSet::new();
        let all: Vec<&Certificate> =
            lists.iter().flat_map(MasterList::certificates).chain(singles).collect();
        for certificate in &all {
            statistics.count(certificate, now);
            distinct.insert(*certificate.fingerprint());
            names
                .entry(certificate.subject().key().clone())
                .or_insert_with(|| (certificate.subject().to_string(), HashSet::new()))
                .1
                .insert(*certificate.fingerprint());
        }
        for (at, error) in lists.iter().flat_map(MasterList::unreadable) {
            statistics.certificates += 1;
            statistics.unreadable(*at, error);
        }
        statistics.distinct = distinct.len();
        statistics.shared_names = names
            .into_values()
            .filter(|(_, bearers)| bearers.len() > 1)
            .map(|(name, bearers)| (name, bearers.len()))
            .collect();
        statistics
    }

    fn unreadable(&mut self, at: usize, error: &CertificateError) {
        self.failures.push(Failure {
            certificate: format!("certificate {} of the list", at + 1),
            reason: chain(error),
        });
    }

    fn count(&mut self, certificate: &Certificate, now: UnixTime) {
        self.certificates += 1;
        let country = certificate.subject().country().or_else(|| certificate.country());
        add(&mut self.countries, country.unwrap_or_else(|| "?".to_owned()));
        let mut failures = Vec::new();
        let mut fail = |reason: String| {
            failures.push(Failure { certificate: certificate.subject().to_string(), reason });
        };
        match certificate.key() {
            Ok(PublicKey::Rsa(key)) => {
                add(&mut self.key_types, "RSA".to_owned());
                add(&mut self.rsa_bits, key.bits());
            }
            Ok(PublicKey::Ec(key)) => {
                add(&mut self.key_types, "EC".to_owned());
                add(&mut self.curves, key.point().curve().name().to_owned());
                match key.form() {
                    CurveForm::Named => self.named_curves += 1,
                    CurveForm::Explicit => self.explicit_curves += 1,
                }
                if key.declared_curve().is_none() {
                    fail("the key declares a curve that it does not lie on".to_owned());
                }
            }
            Err(error) => {
                add(&mut self.key_types, "unknown".to_owned());
                fail(chain(error));
            }
        }
        match certificate.algorithm() {
            Ok(algorithm) => add(&mut self.signature_algorithms, algorithm.describe()),
            Err(error) => {
                add(&mut self.signature_algorithms, "unknown".to_owned());
                fail(chain(error));
            }
        }
        if certificate.validity().until < now {
            self.expired += 1;
        }
        let own = certificate.extensions();
        let names_own_key = own.authority_key.is_some() && own.authority_key == own.subject_key;
        if certificate.is_self_issued() && certificate.verify_signed_by(certificate).is_ok() {
            self.self_signed += 1;
        } else if certificate.is_self_issued() && names_own_key {
            fail("it names its own key as its issuer's, which did not sign it".to_owned());
        } else {
            self.link_certificates += 1;
        }
        self.failures.append(&mut failures);
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, usize>, key: K) {
    *counts.entry(key).or_default() += 1;
}

/// An error with everything that caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}
