//! SecurityInfos (Doc 9303-11 §9.2): what EF.CardAccess, EF.CardSecurity and DG14 say a chip can do.

use crate::curve::{Curve, ExplicitParameters};
use crate::modp::ModpGroup;
use crate::symmetric::Cipher;
use crate::tlv::{Reader, Tag, Tlv, TlvError};

const SET: Tag = Tag::new(0x31);
const SEQUENCE: Tag = Tag::new(0x30);
const OID: Tag = Tag::new(0x06);
const INTEGER: Tag = Tag::new(0x02);
const BIT_STRING: Tag = Tag::new(0x03);
const OCTET_STRING: Tag = Tag::new(0x04);

/// bsi-de protocols(2) smartcard(2): 0.4.0.127.0.7.2.2
const BSI: [u8; 8] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04];
/// id-ecPublicKey with explicit parameters: 1.2.840.10045.2.1
const EC_PUBLIC_KEY: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// dhpublicnumber: 1.2.840.10046.2.1
const DH_PUBLIC_NUMBER: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3E, 0x02, 0x01];
/// dhKeyAgreement of PKCS #3: 1.2.840.113549.1.3.1
const DH_KEY_AGREEMENT: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x03, 0x01];
/// standardizedDomainParameters: 0.4.0.127.0.7.1.2
const STANDARDISED: [u8; 7] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x02];

/// Entries looked at in one set; real sets have up to twelve.
pub const ENTRIES_MAX: usize = 64;

/// Where PACE's nonce is mapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mapping {
    /// Generic mapping.
    Generic,
    /// Integrated mapping.
    Integrated,
    /// Chip authentication mapping: the chip proves itself in the same breath.
    ChipAuthentication,
}

/// A group in which keys are agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// An elliptic curve.
    Curve(Curve),
    /// A subgroup modulo a prime.
    Modp(ModpGroup),
}

impl Group {
    /// The group of a standardised domain parameter id (Doc 9303-11 §9.5.1).
    #[must_use]
    pub fn from_standard_id(id: u8) -> Option<Self> {
        match ModpGroup::from_standard_id(id) {
            Some(group) => Some(Self::Modp(group)),
            None => Curve::from_standard_id(id).map(Self::Curve),
        }
    }
}

/// One way of PACE that a chip offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceOffer {
    /// The protocol's object identifier, content octets, as MSE:Set AT names it.
    pub oid: Vec<u8>,
    /// The mapping.
    pub mapping: Mapping,
    /// The cipher of secure messaging.
    pub cipher: Cipher,
    /// The group; `None` where the parameters are ones that no table knows.
    pub group: Option<Group>,
    /// The parameter id as the chip stated it.
    pub parameter_id: Option<u8>,
}

impl PaceOffer {
    /// Whether this crate can take the offer up.
    #[must_use]
    pub fn is_supported(&self) -> bool {
        let agrees = matches!(self.oid.get(8), Some(2 | 4 | 6));
        match self.group {
            Some(Group::Curve(curve)) => {
                // The integrated mapping's point encoding needs p = 3 mod 4, which P-224's is not.
                agrees && !(self.mapping == Mapping::Integrated && curve == Curve::P224)
            }
            Some(Group::Modp(_)) => !agrees,
            None => false,
        }
    }
}

/// One entry of a set, with the octets it stood in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityInfo {
    /// Object identifier, content octets.
    pub oid: Vec<u8>,
    /// The whole entry, for comparing sets.
    pub raw: Vec<u8>,
}

/// SecurityInfos taken apart as far as access control needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityInfos {
    entries: Vec<SecurityInfo>,
    pace: Vec<PaceOffer>,
}

impl SecurityInfos {
    /// Reads a set. What follows it is tolerated: Swedish ID cards pad DG14 (CHIP-CASES.md case 25).
    ///
    /// # Errors
    ///
    /// [`TlvError`] where it is no set of sequences that begin with an object identifier.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(bytes).expect(SET)?.children()?;
        let mut entries = Vec::new();
        let mut infos = Vec::new();
        let mut domains = Vec::new();
        while let Some(entry) = reader.read()? {
            if entries.len() == ENTRIES_MAX {
                return Err(entry.malformed());
            }
            if entry.tag() != SEQUENCE {
                return Err(entry.malformed());
            }
            let mut fields = entry.children()?;
            let oid = fields.expect(OID)?.value().to_vec();
            if let Some(rest) = oid.strip_prefix(&BSI) {
                match *rest {
                    [_, _] => infos.extend(pace_info(&oid, fields)),
                    [agreement] => domains.extend(domain_info(agreement, fields)),
                    _ => {}
                }
            }
            entries.push(SecurityInfo { oid, raw: entry.raw().to_vec() });
        }
        let pace = infos.into_iter().map(|info| completed(info, &domains)).collect();
        Ok(Self { entries, pace })
    }

    /// All entries.
    #[must_use]
    pub fn entries(&self) -> &[SecurityInfo] {
        &self.entries
    }

    /// The ways of PACE on offer, in the chip's order.
    #[must_use]
    pub fn pace(&self) -> &[PaceOffer] {
        &self.pace
    }

    /// Whether every PACE entry here also stands in `other` and the other way round.
    ///
    /// EF.CardAccess is not signed, DG14 is: a relay that takes PACE, or its better ways, out of the one is
    /// found out by the other (CHIP-CASES.md case 3).
    #[must_use]
    pub fn offers_the_same_pace_as(&self, other: &Self) -> bool {
        let raw = |infos: &Self| {
            let mut entries: Vec<Vec<u8>> = infos
                .entries
                .iter()
                .filter(|entry| entry.oid.starts_with(&BSI))
                .map(|entry| entry.raw.clone())
                .collect();
            entries.sort();
            entries.dedup();
            entries
        };
        raw(self) == raw(other)
    }
}

/// `PACEInfo ::= SEQUENCE { protocol, version INTEGER, parameterId INTEGER OPTIONAL }`
fn pace_info(oid: &[u8], mut fields: Reader<'_>) -> Option<PaceOffer> {
    let (agreement, cipher) = (*oid.get(8)?, *oid.get(9)?);
    let mapping = match agreement {
        1 | 2 => Mapping::Generic,
        3 | 4 => Mapping::Integrated,
        6 => Mapping::ChipAuthentication,
        _ => return None,
    };
    let cipher = match cipher {
        // Chip authentication mapping has no 3DES (Doc 9303-11 §9.2.5).
        1 if mapping != Mapping::ChipAuthentication => Cipher::TripleDes,
        2 => Cipher::Aes128,
        3 => Cipher::Aes192,
        4 => Cipher::Aes256,
        _ => return None,
    };
    let version = fields.expect(INTEGER).ok()?;
    if version.value() != [2] {
        return None;
    }
    let parameter_id = match fields.optional(INTEGER).ok()? {
        None => None,
        Some(id) => match *id.value() {
            [id] => Some(id),
            _ => return None,
        },
    };
    let group = parameter_id.and_then(Group::from_standard_id);
    Some(PaceOffer { oid: oid.to_vec(), mapping, cipher, group, parameter_id })
}

/// The group that a PACEDomainParameterInfo states, for a key agreement, under an id.
struct Domain {
    agreement: u8,
    group: Option<Group>,
    parameter_id: Option<u8>,
}

/// `PACEDomainParameterInfo ::= SEQUENCE { protocol, domainParameter AlgorithmIdentifier, parameterId INTEGER OPTIONAL }`
fn domain_info(agreement: u8, mut fields: Reader<'_>) -> Option<Domain> {
    let group = algorithm_group(&fields.expect(SEQUENCE).ok()?);
    let parameter_id = match fields.optional(INTEGER).ok()? {
        None => None,
        Some(id) => id.value().last().copied(),
    };
    Some(Domain { agreement, group, parameter_id })
}

/// The known group that an AlgorithmIdentifier names or spells out.
#[must_use]
pub fn algorithm_group(algorithm: &Tlv<'_>) -> Option<Group> {
    let mut fields = algorithm.children().ok()?;
    let oid = fields.expect(OID).ok()?.value();
    let parameters = fields.read().ok()??;
    if oid == STANDARDISED {
        return match *parameters.value() {
            [id] => Group::from_standard_id(id),
            _ => None,
        };
    }
    if oid == EC_PUBLIC_KEY {
        return if parameters.tag() == OID {
            Curve::from_oid(parameters.value()).map(Group::Curve)
        } else {
            explicit_curve(&parameters).map(Group::Curve)
        };
    }
    // X9.42 goes on with the order of the subgroup, PKCS #3 with a length of private keys; both begin with these two,
    // and those are looked up.
    if oid == DH_PUBLIC_NUMBER || oid == DH_KEY_AGREEMENT {
        let mut numbers = parameters.children().ok()?;
        let prime = numbers.expect(INTEGER).ok()?.value();
        let generator = numbers.expect(INTEGER).ok()?.value();
        return ModpGroup::from_explicit(prime, generator).map(Group::Modp);
    }
    None
}

/// `ECParameters` of X9.62, looked up in the table of known curves and never computed on.
fn explicit_curve(parameters: &Tlv<'_>) -> Option<Curve> {
    let mut fields = parameters.children().ok()?;
    fields.expect(INTEGER).ok()?;
    let mut field = fields.expect(SEQUENCE).ok()?.children().ok()?;
    field.expect(OID).ok()?;
    let prime = field.expect(INTEGER).ok()?.value();
    let mut curve = fields.expect(SEQUENCE).ok()?.children().ok()?;
    let a = curve.expect(OCTET_STRING).ok()?.value();
    let b = curve.expect(OCTET_STRING).ok()?.value();
    curve.optional(BIT_STRING).ok()?;
    let generator = fields.expect(OCTET_STRING).ok()?.value();
    let order = fields.expect(INTEGER).ok()?.value();
    let cofactor = fields.optional(INTEGER).ok()?.map(|cofactor| cofactor.value());
    Curve::from_explicit(&ExplicitParameters { prime, a, b, generator, order, cofactor })
}

/// Gives an offer without a known parameter id the group of the domain parameters beside it; Spanish
/// documents leave the id out altogether (CHIP-CASES.md case 6).
fn completed(offer: PaceOffer, domains: &[Domain]) -> PaceOffer {
    if offer.group.is_some() {
        return offer;
    }
    let agreement = offer.oid.get(8).copied().unwrap_or_default();
    let mut fitting = domains.iter().filter(|domain| domain.agreement == agreement);
    let found = match offer.parameter_id {
        Some(id) => fitting.find(|domain| domain.parameter_id == Some(id)),
        None => fitting.next(),
    };
    let group = match (found, offer.parameter_id, agreement) {
        (Some(domain), _, _) => domain.group,
        // Nothing said at all: what almost every issuer uses.
        (None, None, 2 | 4 | 6) => Some(Group::Curve(Curve::BrainpoolP256r1)),
        (None, None, _) => Some(Group::Modp(ModpGroup::P2048Q256)),
        (None, Some(_), _) => None,
    };
    PaceOffer { group, ..offer }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv;

    fn pace_info(agreement: u8, cipher: u8, id: Option<u8>) -> Vec<u8> {
        let oid = tlv::object(OID, &[&BSI[..], &[agreement, cipher]].concat());
        let version = tlv::object(INTEGER, &[2]);
        let id = id.map_or_else(Vec::new, |id| tlv::object(INTEGER, &[id]));
        tlv::constructed(SEQUENCE, [oid, version, id])
    }

    fn set(entries: &[Vec<u8>]) -> SecurityInfos {
        SecurityInfos::parse(&tlv::constructed(SET, entries)).unwrap()
    }

    #[test]
    fn offers_are_read_in_the_order_of_the_chip() {
        let infos = set(&[pace_info(4, 2, Some(13)), pace_info(2, 4, Some(16))]);

        let [integrated, generic] = infos.pace() else { panic!() };
        assert_eq!(integrated.mapping, Mapping::Integrated);
        assert_eq!(generic.cipher, Cipher::Aes256);
        assert_eq!(generic.group, Some(Group::Curve(Curve::BrainpoolP384r1)));
        assert!(generic.is_supported());
    }

    #[test]
    fn a_missing_parameter_id_takes_the_domain_parameters_beside_it_or_the_usual_ones() {
        let domain = tlv::constructed(
            SEQUENCE,
            [
                tlv::object(OID, &[&BSI[..], &[2]].concat()),
                tlv::constructed(
                    SEQUENCE,
                    [tlv::object(OID, &EC_PUBLIC_KEY), tlv::object(OID, Curve::P384.oid())],
                ),
            ],
        );

        let with = set(&[pace_info(2, 2, None), domain]);
        let without = set(&[pace_info(2, 2, None)]);

        assert_eq!(with.pace()[0].group, Some(Group::Curve(Curve::P384)));
        assert_eq!(without.pace()[0].group, Some(Group::Curve(Curve::BrainpoolP256r1)));
    }

    #[test]
    fn integers_are_known_by_x9_42_and_by_pkcs_3_parameters() {
        let group = ModpGroup::P2048Q256;
        let number = |octets: Vec<u8>| {
            let lead = octets.iter().take_while(|octet| **octet == 0).count();
            let octets = [&[0][..], &octets[lead..]].concat();
            tlv::object(INTEGER, &octets)
        };
        let base = group.generator().octets().to_vec();
        let pkcs_3 = [number(group.prime()), number(base.clone()), tlv::object(INTEGER, &[64])];
        let x9_42 = [number(group.prime()), number(base), number(group.order())];
        for (oid, parameters) in [(&DH_KEY_AGREEMENT[..], pkcs_3), (&DH_PUBLIC_NUMBER, x9_42)] {
            let domain = tlv::constructed(
                SEQUENCE,
                [
                    tlv::object(OID, &[&BSI[..], &[1]].concat()),
                    tlv::constructed(
                        SEQUENCE,
                        [tlv::object(OID, oid), tlv::constructed(SEQUENCE, parameters)],
                    ),
                ],
            );
            let infos = set(&[pace_info(1, 2, None), domain]);

            assert_eq!(infos.pace()[0].group, Some(Group::Modp(group)));
        }
    }

    #[test]
    fn an_offer_that_a_relay_took_out_is_missed() {
        let signed = set(&[pace_info(2, 2, Some(13)), pace_info(6, 4, Some(13))]);
        let relayed = set(&[pace_info(2, 2, Some(13))]);

        assert!(!relayed.offers_the_same_pace_as(&signed));
        assert!(signed.offers_the_same_pace_as(&signed.clone()));
    }

    #[test]
    fn parameters_that_no_table_knows_are_not_supported() {
        let infos = set(&[pace_info(2, 2, Some(40)), pace_info(1, 1, Some(13))]);

        assert!(infos.pace().iter().all(|offer| !offer.is_supported()));
    }
}
