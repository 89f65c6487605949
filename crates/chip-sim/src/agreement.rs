//! Key agreement over curves and over integers, behind one face.

use num_bigint::BigUint;

use crate::curve::{Domain, Point, padded};
use crate::modp::ModpDomain;
use crate::protocol::Group;
use crate::random::Random;

/// A group ready to compute in.
#[derive(Clone)]
pub(crate) enum Arithmetic {
    Curve(Domain),
    Modp(ModpDomain),
}

/// A member of the group.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Element {
    Point(Point),
    Number(BigUint),
}

impl Arithmetic {
    pub(crate) fn of(group: Group) -> Self {
        match group {
            Group::Curve(curve) => Self::Curve(curve.domain()),
            Group::Modp(group) => Self::Modp(group.domain()),
        }
    }

    pub(crate) fn generator(&self) -> Element {
        match self {
            Self::Curve(domain) => Element::Point(domain.generator.clone()),
            Self::Modp(domain) => Element::Number(domain.generator.clone()),
        }
    }

    pub(crate) fn order(&self) -> &BigUint {
        match self {
            Self::Curve(domain) => &domain.order,
            Self::Modp(domain) => &domain.order,
        }
    }

    /// `None` for bytes that are no member of the group.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Option<Element> {
        match self {
            Self::Curve(domain) => domain.decode(bytes).map(Element::Point),
            Self::Modp(domain) => domain.decode(bytes).map(Element::Number),
        }
    }

    pub(crate) fn encode(&self, element: &Element) -> Vec<u8> {
        match (self, element) {
            (Self::Curve(domain), Element::Point(point)) => domain.encode(point),
            (Self::Modp(domain), Element::Number(number)) => domain.encode(number),
            (Self::Curve(_), Element::Number(_)) | (Self::Modp(_), Element::Point(_)) => Vec::new(),
        }
    }

    /// The element taken `exponent` times; `None` where that is the neutral element.
    pub(crate) fn raise(&self, element: &Element, exponent: &BigUint) -> Option<Element> {
        match (self, element) {
            (Self::Curve(domain), Element::Point(point)) => {
                domain.multiply(exponent, point).map(Element::Point)
            }
            (Self::Modp(domain), Element::Number(number)) => {
                let power = domain.power(number, exponent);
                (power > BigUint::from(1u32)).then_some(Element::Number(power))
            }
            (Self::Curve(_), Element::Number(_)) | (Self::Modp(_), Element::Point(_)) => None,
        }
    }

    pub(crate) fn combine(&self, left: &Element, right: &Element) -> Option<Element> {
        match (self, left, right) {
            (Self::Curve(domain), Element::Point(left), Element::Point(right)) => {
                domain.add(left, right).map(Element::Point)
            }
            (Self::Modp(domain), Element::Number(left), Element::Number(right)) => {
                Some(Element::Number(left * right % &domain.p))
            }
            (Self::Curve(_) | Self::Modp(_), _, _) => None,
        }
    }

    pub(crate) fn key_pair(
        &self,
        generator: &Element,
        random: &mut dyn Random,
    ) -> Option<(BigUint, Element)> {
        match (self, generator) {
            (Self::Curve(domain), Element::Point(generator)) => {
                let secret = domain.random_scalar(random);
                let public = domain.multiply(&secret, generator)?;
                Some((secret, Element::Point(public)))
            }
            (Self::Modp(domain), Element::Number(generator)) => {
                let (secret, public) = domain.key_pair(generator, random);
                Some((secret, Element::Number(public)))
            }
            (Self::Curve(_), Element::Number(_)) | (Self::Modp(_), Element::Point(_)) => None,
        }
    }

    /// What keys are derived from: the x coordinate, or the number at the length of the prime.
    pub(crate) fn shared_secret(&self, secret: &BigUint, public: &Element) -> Option<Vec<u8>> {
        match (self, self.raise(public, secret)?) {
            (Self::Curve(domain), Element::Point(point)) => {
                Some(padded(&point.x, domain.field_bytes()))
            }
            (Self::Modp(domain), Element::Number(number)) => Some(domain.encode(&number)),
            (Self::Curve(_), Element::Number(_)) | (Self::Modp(_), Element::Point(_)) => None,
        }
    }

    /// The tag of a public key in a public key data object (Doc 9303-11 §9.4.5).
    pub(crate) fn public_key_tag(&self) -> u16 {
        match self {
            Self::Curve(_) => 0x86,
            Self::Modp(_) => 0x84,
        }
    }
}
