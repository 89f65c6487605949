//! CMS `SignedData` (RFC 5652): the envelope of a SOD, of EF.CardSecurity and of a master list.

use crate::certificate::{self, Authority};
use crate::date::Date;
use crate::der::{self, SEQUENCE};
use crate::random::Random;
use crate::signature::{self, Scheme};

/// How the signer is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignerId {
    /// Issuer and serial number, the issuer's name as in the certificate.
    #[default]
    IssuerAndSerial,
    /// Issuer and serial number, but the name has its parts in the opposite order and its strings
    /// in other types and other case (seen in Ukrainian and other documents).
    IssuerRespelled,
    /// The subject key identifier.
    KeyIdentifier,
}

/// What is signed, and how.
pub(crate) struct Content<'a> {
    pub(crate) content_type: &'a str,
    pub(crate) content: &'a [u8],
    pub(crate) signed_on: Option<Date>,
    pub(crate) signer_id: SignerId,
    pub(crate) scheme: Scheme,
    /// Certificates beside the signer's own.
    pub(crate) more_certificates: &'a [Vec<u8>],
}

/// Signs a content; returns the `ContentInfo`.
pub(crate) fn signed_data(
    signer: &Authority,
    content: &Content<'_>,
    random: &mut dyn Random,
) -> Vec<u8> {
    let digest = content.scheme.digest();
    let digest_algorithm = der::sequence(&[&der::oid(digest.oid()), &der::null()]);
    let attributes = signed_attributes(content);
    // The signature is over the SET, the field carries it under an implicit tag (§5.4).
    let signature = signature::sign(
        &signer.key,
        content.scheme,
        &der::set_of(der::SET, attributes.clone()),
        random,
    );
    let (version, signer_id) = signer_identifier(signer, content.signer_id);
    let signer_info = der::sequence(&[
        &der::small_integer(version),
        &signer_id,
        &digest_algorithm,
        &der::set_of(0xA0, attributes),
        &content.scheme.algorithm_identifier(),
        &der::octets(&signature),
    ]);
    let mut certificates = vec![signer.certificate.clone()];
    certificates.extend(content.more_certificates.iter().cloned());
    let signed_data = der::sequence(&[
        &der::small_integer(3),
        &der::set_of(der::SET, vec![digest_algorithm]),
        &der::sequence(&[
            &der::oid(content.content_type),
            &der::tlv(0xA0, &der::octets(content.content)),
        ]),
        &der::set_of(0xA0, certificates),
        &der::set_of(der::SET, vec![signer_info]),
    ]);
    der::sequence(&[&der::oid("1.2.840.113549.1.7.2"), &der::tlv(0xA0, &signed_data)])
}

fn signed_attributes(content: &Content<'_>) -> Vec<Vec<u8>> {
    let attribute =
        |oid: &str, value: &[u8]| der::sequence(&[&der::oid(oid), &der::tlv(der::SET, value)]);
    let hash = content.scheme.digest().of(&[content.content]);
    let mut attributes = vec![
        attribute("1.2.840.113549.1.9.3", &der::oid(content.content_type)),
        attribute("1.2.840.113549.1.9.4", &der::octets(&hash)),
    ];
    if let Some(day) = content.signed_on {
        attributes.push(attribute("1.2.840.113549.1.9.5", &certificate::signing_time(day)));
    }
    attributes
}

fn signer_identifier(signer: &Authority, form: SignerId) -> (u64, Vec<u8>) {
    let parts = certificate::parts(&signer.certificate);
    match (form, parts) {
        (SignerId::IssuerAndSerial, Some(parts)) => {
            (1, der::sequence(&[&parts.issuer, &der::tlv(der::INTEGER, &parts.serial)]))
        }
        (SignerId::IssuerRespelled, Some(parts)) => {
            let name = respelled(&parts.issuer).unwrap_or(parts.issuer);
            (1, der::sequence(&[&name, &der::tlv(der::INTEGER, &parts.serial)]))
        }
        (SignerId::KeyIdentifier, _) | (_, None) => {
            (3, der::tlv(0x80, &certificate::key_identifier(&signer.key)))
        }
    }
}

/// The same name in another spelling: order reversed, PrintableString and UTF8String swapped,
/// letters of the text in lower case.
fn respelled(name: &[u8]) -> Option<Vec<u8>> {
    let mut sets = Vec::new();
    for set in der::open(name, SEQUENCE)? {
        let attribute = der::open(set.value, SEQUENCE)?;
        let [oid, value] = attribute.as_slice() else { return None };
        let tag = if value.tag == 0x0C { 0x13 } else { 0x0C };
        let value = der::tlv(tag, &value.value.to_ascii_lowercase());
        sets.push(der::tlv(der::SET, &der::sequence(&[oid.raw, &value])));
    }
    sets.reverse();
    Some(der::sequence(&[&sets.concat()]))
}
