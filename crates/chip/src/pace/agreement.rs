//! Keys of PACE in either kind of group.

use zeroize::Zeroizing;

use super::PaceError;
use crate::curve::{Curve, Point, Scalar};
use crate::lds::security_info::{Group, Mapping, PaceOffer};
use crate::modp::{Element, Exponent, ModpGroup};
use crate::sensitive::Sensitive;
use crate::symmetric::Cipher;
use crate::tlv::Tag;

/// The reader's random values for one run; never to be used twice.
#[derive(Clone, Debug)]
pub struct PaceSecrets {
    group: Group,
    /// Generic mapping: the private mapping key. Integrated mapping: the reader's nonce.
    mapping: Sensitive<Vec<u8>>,
    /// The private ephemeral key.
    agreement: Sensitive<Vec<u8>>,
}

impl PaceSecrets {
    /// Draws the values that an offer needs from the caller's random source.
    ///
    /// # Errors
    ///
    /// [`PaceError::Unsupported`] where the offer's group is not known.
    pub fn draw(offer: &PaceOffer, random: &mut dyn FnMut(&mut [u8])) -> Result<Self, PaceError> {
        let group = offer.group.ok_or(PaceError::Unsupported)?;
        let mut draw = |bytes: usize| {
            let mut octets = Zeroizing::new(vec![0; bytes]);
            random(&mut octets);
            octets
        };
        let mut private = || -> Result<Vec<u8>, PaceError> {
            Ok(match group {
                Group::Curve(curve) => {
                    let random = draw(Scalar::random_bytes(curve));
                    Scalar::from_random(curve, &random)?.expose_bytes().to_vec()
                }
                Group::Modp(group) => {
                    Exponent::from_random(group, &draw(group.random_bytes()))?.expose().clone()
                }
            })
        };
        let agreement = Sensitive::new(private()?);
        let mapping = match offer.mapping {
            Mapping::Generic | Mapping::ChipAuthentication => private()?,
            Mapping::Integrated => draw(offer.cipher.key_bytes()).to_vec(),
        };
        Ok(Self { group, mapping: Sensitive::new(mapping), agreement })
    }

    /// The values of a recording: private keys big-endian, or for integrated mapping the reader's nonce first.
    ///
    /// # Errors
    ///
    /// [`PaceError::Unsupported`] where the offer's group is not known.
    pub fn recorded(
        offer: &PaceOffer,
        mapping: &[u8],
        agreement: &[u8],
    ) -> Result<Self, PaceError> {
        let group = offer.group.ok_or(PaceError::Unsupported)?;
        // Integrated mapping sends a nonce, which is octets and no number.
        let mapping = match offer.mapping {
            Mapping::Integrated => mapping.to_vec(),
            Mapping::Generic | Mapping::ChipAuthentication => number(group, mapping),
        };
        Ok(Self {
            group,
            mapping: Sensitive::new(mapping),
            agreement: Sensitive::new(number(group, agreement)),
        })
    }

    /// The reader's nonce of integrated mapping: as long as a key (Doc 9303-11 §4.4.3.3.2).
    pub(super) fn nonce(&self, cipher: Cipher) -> Result<&[u8], PaceError> {
        let nonce = self.mapping.expose();
        if nonce.len() == cipher.key_bytes() { Ok(nonce) } else { Err(PaceError::Unsupported) }
    }

    /// The public mapping key.
    pub(super) fn public(&self, base: Base) -> Result<Public, PaceError> {
        base.times(self.mapping.expose())
    }

    /// The public ephemeral key over the mapped base.
    pub(super) fn ephemeral(&self, base: &Base) -> Result<Public, PaceError> {
        base.times(self.agreement.expose())
    }

    /// The shared secret.
    pub(super) fn agree(&self, theirs: &Public) -> Result<Zeroizing<Vec<u8>>, PaceError> {
        let shared = theirs.times(self.agreement.expose())?;
        Ok(Zeroizing::new(match shared {
            Public::Point(point) => point.x().to_vec(),
            Public::Element(element) => element.octets().to_vec(),
        }))
    }

    /// Generic mapping: `nonce · G + H`, or `g^nonce · H`, with H agreed like a key (Doc 9303-11 §4.4.3.3.1).
    pub(super) fn generic_base(&self, nonce: &[u8], theirs: &Public) -> Result<Base, PaceError> {
        let shared = theirs.times(self.mapping.expose())?;
        let own = match self.group {
            // A nonce may be longer than the order of a small curve; the sum does not mind the reduction.
            Group::Curve(curve) => {
                let wide = Scalar::random_bytes(curve).max(nonce.len());
                let mut padded = Zeroizing::new(vec![0; wide.saturating_sub(nonce.len())]);
                padded.extend_from_slice(nonce);
                Public::Point(curve.generator().multiply(&Scalar::from_random(curve, &padded)?)?)
            }
            Group::Modp(_) => Base::standard(self.group).times(nonce)?,
        };
        match (own, shared) {
            (Public::Point(own), Public::Point(shared)) => Ok(Base::Point(own.add(&shared)?)),
            (Public::Element(own), Public::Element(shared)) => {
                Ok(Base::Element(own.multiply(&shared)?))
            }
            (Public::Point(_), Public::Element(_)) | (Public::Element(_), Public::Point(_)) => {
                Err(PaceError::PublicKey)
            }
        }
    }
}

/// A generator: the standard one, or the mapped one.
#[derive(Clone, Debug)]
pub(super) enum Base {
    Point(Point),
    Element(Element),
}

impl Base {
    pub(super) fn standard(group: Group) -> Self {
        match group {
            Group::Curve(curve) => Self::Point(curve.generator()),
            Group::Modp(group) => Self::Element(group.generator()),
        }
    }

    pub(super) const fn group(&self) -> Group {
        match self {
            Self::Point(point) => Group::Curve(point.curve()),
            Self::Element(element) => Group::Modp(element.group()),
        }
    }

    fn times(&self, private: &[u8]) -> Result<Public, PaceError> {
        match self {
            Self::Point(point) => Public::Point(point.clone()),
            Self::Element(element) => Public::Element(element.clone()),
        }
        .times(private)
    }
}

/// A recorded private key, as long as its group has them: programs write numbers with zeros in front, or without those
/// that belong there.
fn number(group: Group, octets: &[u8]) -> Vec<u8> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let stripped = octets.get(zeros..).unwrap_or_default();
    let length = match group {
        Group::Curve(curve) => curve.field_bytes(),
        Group::Modp(_) => 0,
    };
    [vec![0; length.saturating_sub(stripped.len())], stripped.to_vec()].concat()
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Public {
    Point(Point),
    Element(Element),
}

impl Public {
    /// A public key of the chip: on the curve, or in the subgroup.
    pub(super) fn parse(group: Group, octets: &[u8]) -> Result<Self, PaceError> {
        match group {
            Group::Curve(curve) => Self::point(curve, octets),
            Group::Modp(group) => Self::element(group, octets),
        }
    }

    fn point(curve: Curve, octets: &[u8]) -> Result<Self, PaceError> {
        // Doc 9303-11 §9.4.4: uncompressed only.
        if octets.first() != Some(&0x04) {
            return Err(PaceError::PublicKey);
        }
        Ok(Self::Point(Point::from_sec1(curve, octets)?))
    }

    fn element(group: ModpGroup, octets: &[u8]) -> Result<Self, PaceError> {
        Ok(Self::Element(Element::from_octets(group, octets)?))
    }

    pub(super) fn octets(&self) -> &[u8] {
        match self {
            Self::Point(point) => point.to_sec1(),
            Self::Element(element) => element.octets(),
        }
    }

    /// The tag of the key in a token's input (Doc 9303-11 §9.4.5).
    pub(super) const fn tag(&self) -> Tag {
        match self {
            Self::Point(_) => Tag::new(0x86),
            Self::Element(_) => Tag::new(0x84),
        }
    }

    fn times(&self, private: &[u8]) -> Result<Self, PaceError> {
        Ok(match self {
            Self::Point(point) => {
                Self::Point(point.multiply(&Scalar::from_bytes(point.curve(), private)?)?)
            }
            Self::Element(element) => {
                Self::Element(element.power(&Exponent::from_octets(element.group(), private)?)?)
            }
        })
    }
}
