//! The static keys of DG14 and EF.CardSecurity (Doc 9303-11 §9.2.6 and §9.2.7).

use sha2::{Digest, Sha256};

use super::Handover;
use crate::asn1::{self, BIT_STRING, INTEGER, OID, Oid, SEQUENCE, SET};
use crate::cms::{CmsError, SignedData};
use crate::curve::Point;
use crate::key::EcPublicKey;
use crate::lds::security_info::{Group, algorithm_group};
use crate::modp::Element;
use crate::signature::SignatureAlgorithm;
use crate::symmetric::Cipher;
use crate::tlv::{self, Reader, Tag, Tlv, TlvError};

const DG14: Tag = Tag::new(0x6E);

/// id-PK, 0.4.0.127.0.7.2.2.1; `.1` for DH, `.2` for ECDH
const PUBLIC_KEY: &[u8] = b"\x04\x00\x7f\x00\x07\x02\x02\x01";
/// id-CA, 0.4.0.127.0.7.2.2.3; agreement and cipher follow
const CHIP_AUTHENTICATION: &[u8] = b"\x04\x00\x7f\x00\x07\x02\x02\x03";
/// id-icao-mrtd-security-aaProtocolObject, 2.23.136.1.1.5
const ACTIVE_AUTHENTICATION: &[u8] = b"\x67\x81\x08\x01\x01\x05";
/// id-SecurityObject, 0.4.0.127.0.7.3.2.1
const SECURITY_OBJECT: &[u8] = b"\x04\x00\x7f\x00\x07\x03\x02\x01";
/// id-ecPublicKey, 1.2.840.10045.2.1
const EC_PUBLIC_KEY: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
/// Entries looked at; real files have under twelve.
const ENTRIES_MAX: usize = 64;
/// Ways of agreeing keys that are tried.
const WAYS_MAX: usize = 8;

/// Why DG14 cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Dg14Error {
    /// The structure is broken.
    #[error("DG14 is malformed")]
    Malformed(#[from] TlvError),
}

/// A chip's static public key in a known group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaticKey {
    /// A point.
    Curve(Point),
    /// An element of a subgroup modulo a prime.
    Modp(Element),
}

impl StaticKey {
    /// Its group.
    #[must_use]
    pub const fn group(&self) -> Group {
        match self {
            Self::Curve(point) => Group::Curve(point.curve()),
            Self::Modp(element) => Group::Modp(element.group()),
        }
    }
}

/// One way of chip authentication that a chip offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    oid: Vec<u8>,
    cipher: Cipher,
    key: StaticKey,
    key_id: Option<Vec<u8>>,
    inferred: bool,
    wrong_curve: bool,
}

impl Offer {
    /// The protocol's object identifier, content octets.
    #[must_use]
    pub fn oid(&self) -> &[u8] {
        &self.oid
    }

    /// The cipher of the session that it leads to.
    #[must_use]
    pub const fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// The chip's static key.
    #[must_use]
    pub const fn key(&self) -> &StaticKey {
        &self.key
    }

    /// The key's identifier, where there are several.
    #[must_use]
    pub fn key_id(&self) -> Option<&[u8]> {
        self.key_id.as_deref()
    }

    /// Whether the document lists the key without a protocol (CHIP-CASES 24).
    #[must_use]
    pub const fn is_inferred(&self) -> bool {
        self.inferred
    }
}

impl Offer {
    /// Whether the key lies on another curve than the one that the document declares for it.
    #[must_use]
    pub const fn has_wrong_curve(&self) -> bool {
        self.wrong_curve
    }
}

/// What DG14 says of chip and active authentication.
#[derive(Clone, Debug)]
pub struct Dg14 {
    digest: [u8; 32],
    offers: Vec<Offer>,
    lists_chip_authentication: bool,
    active_authentication: Option<SignatureAlgorithm>,
}

impl Dg14 {
    /// Reads the file; what follows it is tolerated (CHIP-CASES 25).
    ///
    /// # Errors
    ///
    /// [`Dg14Error`] where the structure is broken. An entry that nothing here knows is no error.
    pub fn from_file(bytes: &[u8]) -> Result<Self, Dg14Error> {
        let mut infos = Reader::new(bytes).expect(DG14)?.children()?.expect(SET)?.children()?;
        let found = Infos::read(&mut infos, Keys::Decoded)?;
        Ok(Self {
            digest: Sha256::digest(bytes).into(),
            lists_chip_authentication: found.lists_chip_authentication,
            active_authentication: found.active_authentication,
            offers: found.offers(),
        })
    }

    /// SHA-256 of the file.
    pub(super) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Whether the file has any entry of chip authentication, supported here or not: such a chip
    /// owes proof.
    #[must_use]
    pub const fn lists_chip_authentication(&self) -> bool {
        self.lists_chip_authentication
    }

    /// The ways of chip authentication that this crate can take, the strongest cipher first.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// Every key and every way to hand an ephemeral key over, in the order in which to try them: as many as real
    /// documents have (CHIP-CASES.md case 24).
    pub fn ways(&self) -> impl Iterator<Item = (&Offer, Handover)> {
        let ways = self
            .offers
            .iter()
            .flat_map(|offer| Handover::of(offer).iter().map(move |handover| (offer, *handover)));
        ways.take(WAYS_MAX)
    }

    /// The algorithm that active authentication signs with, where the file names it.
    #[must_use]
    pub const fn active_authentication(&self) -> Option<SignatureAlgorithm> {
        self.active_authentication
    }
}

/// What DG14 says that the chip can do, without its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    /// As [`Dg14::lists_chip_authentication`].
    pub(crate) chip_authentication: bool,
    /// As [`Dg14::active_authentication`].
    pub(crate) active_authentication: Option<SignatureAlgorithm>,
}

impl Declared {
    pub(crate) fn by_file(bytes: &[u8]) -> Result<Self, Dg14Error> {
        let mut infos = Reader::new(bytes).expect(DG14)?.children()?.expect(SET)?.children()?;
        let found = Infos::read(&mut infos, Keys::Skipped)?;
        Ok(Self {
            chip_authentication: found.lists_chip_authentication,
            active_authentication: found.active_authentication,
        })
    }
}

/// EF.CardSecurity (Doc 9303-10 §3.11.4): the chip's keys as signed data.
#[derive(Clone, Debug)]
pub struct CardSecurity {
    signed: SignedData,
    keys: Vec<StaticKey>,
}

/// Why EF.CardSecurity cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardSecurityError {
    /// The signed data is broken.
    #[error("the signed data of EF.CardSecurity cannot be read")]
    Cms(#[source] CmsError),
    /// The content is something else.
    #[error("EF.CardSecurity carries content {0}")]
    ContentType(Oid),
    /// The content is broken.
    #[error("the content of EF.CardSecurity is malformed")]
    Malformed(#[from] TlvError),
}

impl CardSecurity {
    /// Reads the file; its signature is not judged here.
    ///
    /// # Errors
    ///
    /// [`CardSecurityError`] with the part that is broken.
    pub fn from_file(bytes: &[u8]) -> Result<Self, CardSecurityError> {
        let signed = SignedData::from_ber(bytes).map_err(CardSecurityError::Cms)?;
        if signed.content_type().as_bytes() != SECURITY_OBJECT {
            return Err(CardSecurityError::ContentType(signed.content_type().clone()));
        }
        let mut infos = Reader::new(signed.content()).expect(SET)?.children()?;
        let keys = Infos::read(&mut infos, Keys::Decoded)?
            .keys
            .into_iter()
            // What is declared wrongly proves nothing here: no policy is asked before the chip is believed.
            .filter(|listed| !listed.wrong_curve)
            .map(|listed| listed.key)
            .collect();
        Ok(Self { signed, keys })
    }

    /// The signed data around the keys.
    #[must_use]
    pub const fn signed(&self) -> &SignedData {
        &self.signed
    }

    /// Static keys that are points.
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        self.keys.iter().filter_map(|key| match key {
            StaticKey::Curve(point) => Some(point),
            StaticKey::Modp(_) => None,
        })
    }
}

/// A static key with its identifier.
struct Listed {
    key: StaticKey,
    id: Option<Vec<u8>>,
    wrong_curve: bool,
}

/// A protocol with the identifier of the key that it is for.
struct Protocol {
    oid: Vec<u8>,
    on_curve: bool,
    cipher: Cipher,
    key_id: Option<Vec<u8>>,
}

/// Whether keys are put on their curves, which costs more than all else in the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    Decoded,
    Skipped,
}

#[derive(Default)]
struct Infos {
    keys: Vec<Listed>,
    protocols: Vec<Protocol>,
    lists_chip_authentication: bool,
    active_authentication: Option<SignatureAlgorithm>,
}

impl Infos {
    fn read(infos: &mut Reader<'_>, keys: Keys) -> Result<Self, TlvError> {
        let mut found = Self::default();
        let mut entries = 0;
        while let Some(info) = infos.read()? {
            entries += 1;
            if entries > ENTRIES_MAX {
                return Err(info.malformed());
            }
            let mut fields = info.children()?;
            let oid = fields.expect(OID)?.value();
            if let Some([_]) = oid.strip_prefix(PUBLIC_KEY) {
                found.lists_chip_authentication = true;
                if keys == Keys::Decoded {
                    found.keys.extend(listed_key(&mut fields)?);
                }
            } else if let Some([agreement, cipher]) = oid.strip_prefix(CHIP_AUTHENTICATION) {
                found.lists_chip_authentication = true;
                found.protocols.extend(protocol(oid, *agreement, *cipher, &mut fields)?);
            } else if oid == ACTIVE_AUTHENTICATION {
                fields.expect(INTEGER)?;
                let named = fields.expect(OID)?.value();
                let algorithm = asn1::Algorithm { raw: &[], oid: named, parameters: None };
                found.active_authentication = SignatureAlgorithm::parse(&algorithm, None).ok();
            }
        }
        Ok(found)
    }

    /// Every protocol with every key that it may be for; a key that no protocol is for gets 3DES,
    /// which is what chips of that kind do (CHIP-CASES 24).
    fn offers(self) -> Vec<Offer> {
        let mut offers = Vec::new();
        for Listed { key, id, wrong_curve } in self.keys {
            let on_curve = matches!(key, StaticKey::Curve(_));
            let several_ids = |protocol: &&Protocol| {
                protocol.on_curve == on_curve
                    && (protocol.key_id == id || protocol.key_id.is_none() || id.is_none())
            };
            let mut listed = false;
            for protocol in self.protocols.iter().filter(several_ids) {
                listed = true;
                offers.push(Offer {
                    oid: protocol.oid.clone(),
                    cipher: protocol.cipher,
                    key: key.clone(),
                    key_id: protocol.key_id.clone().or_else(|| id.clone()),
                    inferred: false,
                    wrong_curve,
                });
            }
            if !listed {
                let agreement = if on_curve { 2 } else { 1 };
                let oid = [CHIP_AUTHENTICATION, &[agreement, 1]].concat();
                let cipher = Cipher::TripleDes;
                offers.push(Offer { oid, cipher, key, key_id: id, inferred: true, wrong_curve });
            }
        }
        offers.sort_by_key(|offer| std::cmp::Reverse(offer.cipher.key_bytes()));
        offers
    }
}

/// `ChipAuthenticationPublicKeyInfo`; `None` for a group that no table knows.
fn listed_key(fields: &mut Reader<'_>) -> Result<Option<Listed>, TlvError> {
    let spki = fields.expect(SEQUENCE)?;
    let id = fields.optional(INTEGER)?.map(|id| asn1::magnitude(&id).to_vec());
    Ok(static_key(&spki)?.map(|(key, wrong_curve)| Listed { key, id, wrong_curve }))
}

/// The key, and whether it lies on another curve than the declared one.
fn static_key(spki: &Tlv<'_>) -> Result<Option<(StaticKey, bool)>, TlvError> {
    let mut parts = spki.children()?;
    let algorithm = parts.expect(SEQUENCE)?;
    let string = parts.expect(BIT_STRING)?;
    let octets = asn1::octets(&string)?;
    let named = asn1::algorithm(&mut Reader::new(algorithm.raw()))?;
    if named.oid == EC_PUBLIC_KEY {
        let key = EcPublicKey::read(named.parameters, octets).ok();
        return Ok(key.map(|key| {
            let wrong_curve = key.declared_curve() != Some(key.point().curve());
            (StaticKey::Curve(key.point().clone()), wrong_curve)
        }));
    }
    let key = match algorithm_group(&algorithm) {
        Some(Group::Curve(curve)) => Point::from_sec1(curve, octets).ok().map(StaticKey::Curve),
        Some(Group::Modp(group)) => {
            let number = tlv::single(octets, INTEGER)?;
            Element::from_octets(group, asn1::magnitude(&number)).ok().map(StaticKey::Modp)
        }
        None => None,
    };
    Ok(key.map(|key| (key, false)))
}

/// `ChipAuthenticationInfo`; `None` for a version or cipher that nothing here knows.
fn protocol(
    oid: &[u8],
    agreement: u8,
    cipher: u8,
    fields: &mut Reader<'_>,
) -> Result<Option<Protocol>, TlvError> {
    let version = asn1::small(&fields.expect(INTEGER)?)?;
    let key_id = fields.optional(INTEGER)?.map(|id| asn1::magnitude(&id).to_vec());
    let cipher = match cipher {
        1 => Cipher::TripleDes,
        2 => Cipher::Aes128,
        3 => Cipher::Aes192,
        4 => Cipher::Aes256,
        _ => return Ok(None),
    };
    let on_curve = match agreement {
        1 => false,
        2 => true,
        _ => return Ok(None),
    };
    Ok((version == 1).then(|| Protocol { oid: oid.to_vec(), on_curve, cipher, key_id }))
}
