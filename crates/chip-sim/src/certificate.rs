//! X.509 certificates and revocation lists in the profile of Doc 9303-12 §7.

use num_bigint::BigUint;

use crate::date::{Date, Validity};
use crate::der::{self, SEQUENCE};
use crate::digest::Digest;
use crate::key::KeyPair;
use crate::random::{self, Random};
use crate::signature::{self, Scheme};

/// What a certificate is for; it decides the extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Country signing CA, self-signed or a link from the key before.
    Country,
    /// Signs documents.
    Document,
    /// Signs a master list.
    MasterList,
}

/// A key with its certificate.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    pub(crate) key: KeyPair,
    pub(crate) scheme: Scheme,
    pub(crate) certificate: Vec<u8>,
    /// The subject's name, as encoded in the certificate.
    pub(crate) name: Vec<u8>,
}

/// The fields of a certificate that is to be signed.
pub(crate) struct Request<'a> {
    pub(crate) subject: &'a [u8],
    pub(crate) subject_key: &'a KeyPair,
    pub(crate) role: Role,
    pub(crate) validity: Validity,
    /// Written in place of the role's own with the same identifier, or beside them.
    pub(crate) oddities: &'a [Extension],
}

/// A certificate extension that a test wants.
#[derive(Debug, Clone)]
pub struct Extension {
    /// Dotted.
    pub oid: String,
    /// Whether it is critical.
    pub critical: bool,
    /// DER; empty leaves the extension out.
    pub value: Vec<u8>,
}

/// The parts of a certificate that a signer's own work needs.
pub(crate) struct Parts {
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) scheme: Option<Scheme>,
}

/// `C=XX, O=organisation, CN=common`; without a country where that is empty.
pub(crate) fn name(country: &str, organisation: &str, common: &str) -> Vec<u8> {
    let attribute = |oid: &str, tag: u16, text: &str| {
        let value = der::sequence(&[&der::oid(oid), &der::tlv(tag, text.as_bytes())]);
        der::tlv(der::SET, &value)
    };
    let country = match country {
        "" => Vec::new(),
        country => attribute("2.5.4.6", 0x13, country),
    };
    der::sequence(&[
        &country,
        &attribute("2.5.4.10", 0x0C, organisation),
        &attribute("2.5.4.3", 0x0C, common),
    ])
}

/// Signs a certificate. `issuer` is `None` for a self-signed one.
pub(crate) fn certify(
    issuer: Option<&Authority>,
    request: &Request<'_>,
    scheme: Scheme,
    random: &mut dyn Random,
) -> Vec<u8> {
    let (issuer_name, issuer_key, scheme) = match issuer {
        Some(authority) => (authority.name.as_slice(), &authority.key, authority.scheme),
        None => (request.subject, request.subject_key, scheme),
    };
    let mut serial: [u8; 12] = random::array(random);
    serial[0] = serial[0] & 0x3F | 0x40;
    let tbs = der::sequence(&[
        &der::tlv(0xA0, &der::small_integer(2)),
        &der::integer(&BigUint::from_bytes_be(&serial)),
        &scheme.algorithm_identifier(),
        issuer_name,
        &der::sequence(&[
            &request.validity.from.asn1("000000"),
            &request.validity.until.asn1("235959"),
        ]),
        request.subject,
        &request.subject_key.public_key_info(),
        &der::tlv(0xA3, &extensions(request, issuer_key)),
    ]);
    signed(issuer_key, scheme, &tbs, random)
}

fn signed(key: &KeyPair, scheme: Scheme, tbs: &[u8], random: &mut dyn Random) -> Vec<u8> {
    let signature = signature::sign(key, scheme, tbs, random);
    der::sequence(&[tbs, &scheme.algorithm_identifier(), &der::bits(&signature)])
}

fn extensions(request: &Request<'_>, issuer_key: &KeyPair) -> Vec<u8> {
    let key_usage: &[u8] = match request.role {
        Role::Country => &[0x03, 0x02, 0x01, 0x06],
        Role::Document | Role::MasterList => &[0x03, 0x02, 0x07, 0x80],
    };
    let of = |oid: &str, critical, value: &[u8]| Extension {
        oid: oid.to_owned(),
        critical,
        value: value.to_vec(),
    };
    let mut all = vec![
        of("2.5.29.35", false, &authority_key_identifier(issuer_key)),
        of("2.5.29.14", false, &der::octets(&key_identifier(request.subject_key))),
        of("2.5.29.15", true, key_usage),
    ];
    match request.role {
        Role::Country => {
            let constraints = der::sequence(&[&der::tlv(0x01, &[0xFF]), &der::small_integer(0)]);
            all.push(of("2.5.29.19", true, &constraints));
        }
        Role::MasterList => {
            let purpose = der::sequence(&[&der::oid("2.23.136.1.1.3")]);
            all.push(of("2.5.29.37", true, &purpose));
        }
        Role::Document => {}
    }
    all.retain(|own| request.oddities.iter().all(|odd| odd.oid != own.oid));
    all.extend(request.oddities.iter().cloned());
    let written: Vec<Vec<u8>> = all
        .iter()
        .filter(|one| !one.value.is_empty())
        .map(|one| extension(&one.oid, one.critical, &one.value))
        .collect();
    der::tlv(SEQUENCE, &written.concat())
}

fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { der::tlv(0x01, &[0xFF]) } else { Vec::new() };
    der::sequence(&[&der::oid(oid), &critical, &der::octets(value)])
}

fn authority_key_identifier(issuer_key: &KeyPair) -> Vec<u8> {
    der::sequence(&[&der::tlv(0x80, &key_identifier(issuer_key))])
}

/// SHA-1 of the public key, RFC 5280 §4.2.1.2 method 1.
pub(crate) fn key_identifier(key: &KeyPair) -> Vec<u8> {
    Digest::Sha1.of(&[&key.public_key()])
}

/// Signs a revocation list over serial numbers (content of the INTEGER).
pub(crate) fn revocation_list(
    authority: &Authority,
    serials: &[Vec<u8>],
    number: u64,
    validity: Validity,
    random: &mut dyn Random,
) -> Vec<u8> {
    let entries: Vec<Vec<u8>> = serials
        .iter()
        .map(|s| der::sequence(&[&der::tlv(der::INTEGER, s), &validity.from.asn1("000000")]))
        .collect();
    let revoked = if entries.is_empty() { Vec::new() } else { der::sequence(&[&entries.concat()]) };
    let extensions = der::sequence(&[
        &extension("2.5.29.35", false, &authority_key_identifier(&authority.key)),
        &extension("2.5.29.20", false, &der::small_integer(number)),
    ]);
    let tbs = der::sequence(&[
        &der::small_integer(1),
        &authority.scheme.algorithm_identifier(),
        &authority.name,
        &validity.from.asn1("000000"),
        &validity.until.asn1("235959"),
        &revoked,
        &der::tlv(0xA0, &extensions),
    ]);
    signed(&authority.key, authority.scheme, &tbs, random)
}

/// Takes a certificate apart.
pub(crate) fn parts(certificate: &[u8]) -> Option<Parts> {
    let outer = der::open(certificate, SEQUENCE)?;
    let tbs = der::children(outer.first()?.value)?;
    let fields = match tbs.first()? {
        version if version.tag == 0xA0 => tbs.get(1..)?,
        _ => tbs.as_slice(),
    };
    let [serial, algorithm, issuer, _validity, subject, ..] = fields else { return None };
    Some(Parts {
        serial: serial.value.to_vec(),
        issuer: issuer.raw.to_vec(),
        subject: subject.raw.to_vec(),
        scheme: Scheme::from_algorithm_identifier(algorithm.value),
    })
}

/// The day as the value of a signing-time attribute.
pub(crate) fn signing_time(day: Date) -> Vec<u8> {
    day.asn1("120000")
}
