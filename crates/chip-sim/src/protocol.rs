//! The protocols that a document offers, and the object identifiers that announce them.

use num_bigint::BigUint;

use crate::curve::{Curve, CurveForm};
use crate::der;
use crate::digest::Digest;
use crate::key::{EcKey, KeyKind, KeyPair};
use crate::modp::Modp;

/// Cipher and key length of secure messaging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// Two-key 3DES in CBC mode with a retail MAC.
    TripleDes,
    /// AES in CBC mode with CMAC, 128 bit.
    Aes128,
    /// 192 bit.
    Aes192,
    /// 256 bit.
    Aes256,
}

/// Where keys are agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// A curve.
    Curve(Curve),
    /// Integers modulo a prime.
    Modp(Modp),
}

/// How PACE maps the nonce to a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapping {
    /// PACE-GM.
    Generic,
    /// PACE-IM.
    Integrated,
    /// PACE-CAM: generic mapping that also proves the chip's static key; curves and AES only.
    ChipAuthentication,
}

/// Where EF.CardAccess says which domain parameters an offer of PACE means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ParameterPlace {
    /// In the `PACEInfo`, as the standard wants it.
    #[default]
    Info,
    /// In a `PACEDomainParameterInfo` beside it (Spanish documents, case 6).
    DomainInfo,
    /// Nowhere.
    Nowhere,
}

/// One `PACEInfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceOffer {
    /// The mapping.
    pub mapping: Mapping,
    /// The standardised domain parameters.
    pub group: Group,
    /// The cipher of the session.
    pub cipher: Cipher,
    /// Where the parameters are named.
    pub parameters: ParameterPlace,
}

/// The key that answers INTERNAL AUTHENTICATE.
#[derive(Debug, Clone)]
pub enum ActiveAuthentication {
    /// Make a key.
    Generate(KeyKind, Digest),
    /// Use this key. RSA keys are slow to make, so callers may keep a few.
    Key(KeyPair, Digest),
}

/// One chip authentication key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChipAuthentication {
    /// The group of the key.
    pub group: Group,
    /// The cipher of the session after it.
    pub cipher: Cipher,
    /// The id that tells several keys apart.
    pub key_id: Option<u8>,
    /// Leaves `ChipAuthenticationInfo` out, so that a reader must infer 3DES (case 24).
    pub without_info: bool,
    /// How parameters of integers are written.
    pub form: IntegerForm,
}

/// How `AlgorithmIdentifier` writes the parameters of a group of integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IntegerForm {
    /// `dhpublicnumber` of ANSI X9.42 (RFC 3279 §2.3.3): prime, generator, order.
    #[default]
    X942,
    /// `dhKeyAgreement` of PKCS #3: prime and generator.
    Pkcs3,
}

/// A static key of the chip for chip authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AgreementKey {
    pub(crate) offer: ChipAuthentication,
    pub(crate) secret: BigUint,
}

pub(crate) const PACE: &str = "0.4.0.127.0.7.2.2.4";
pub(crate) const CHIP_AUTHENTICATION: &str = "0.4.0.127.0.7.2.2.3";
const CHIP_AUTHENTICATION_KEY: &str = "0.4.0.127.0.7.2.2.1";
const ACTIVE_AUTHENTICATION: &str = "2.23.136.1.1.5";
const STANDARDIZED_PARAMETERS: &str = "0.4.0.127.0.7.1.2";
const DH_PUBLIC_NUMBER: &str = "1.2.840.10046.2.1";
const DH_KEY_AGREEMENT: &str = "1.2.840.113549.1.3.1";

impl Cipher {
    /// Every cipher.
    pub const ALL: [Self; 4] = [Self::TripleDes, Self::Aes128, Self::Aes192, Self::Aes256];

    /// The last arc of the object identifiers.
    pub(crate) fn arc(self) -> u8 {
        match self {
            Self::TripleDes => 1,
            Self::Aes128 => 2,
            Self::Aes192 => 3,
            Self::Aes256 => 4,
        }
    }

    pub(crate) fn from_arc(arc: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|cipher| cipher.arc() == arc)
    }
}

impl Group {
    /// The standardised domain parameter id.
    #[must_use]
    pub fn parameter_id(self) -> u8 {
        match self {
            Self::Curve(curve) => curve.parameter_id(),
            Self::Modp(group) => group.parameter_id(),
        }
    }

    /// 1 for integers, 2 for curves: the arc in the identifiers of chip authentication.
    fn arc(self) -> u8 {
        match self {
            Self::Modp(_) => 1,
            Self::Curve(_) => 2,
        }
    }
}

impl PaceOffer {
    /// An offer that names its parameters.
    #[must_use]
    pub const fn new(mapping: Mapping, group: Group, cipher: Cipher) -> Self {
        Self { mapping, group, cipher, parameters: ParameterPlace::Info }
    }

    pub(crate) fn oid(&self) -> String {
        let mapping = match (self.mapping, self.group) {
            (Mapping::Generic, Group::Modp(_)) => 1,
            (Mapping::Generic, Group::Curve(_)) => 2,
            (Mapping::Integrated, Group::Modp(_)) => 3,
            (Mapping::Integrated, Group::Curve(_)) => 4,
            (Mapping::ChipAuthentication, Group::Modp(_) | Group::Curve(_)) => 6,
        };
        format!("{PACE}.{mapping}.{}", self.cipher.arc())
    }

    /// `PACEInfo` and, where wanted, `PACEDomainParameterInfo` (Doc 9303-11 §9.2.1 and §9.2.2).
    pub(crate) fn infos(&self) -> Vec<Vec<u8>> {
        let oid = self.oid();
        let id = der::small_integer(u64::from(self.group.parameter_id()));
        let version = der::small_integer(2);
        let without = || der::sequence(&[&der::oid(&oid), &version]);
        match self.parameters {
            ParameterPlace::Info => vec![der::sequence(&[&der::oid(&oid), &version, &id])],
            ParameterPlace::Nowhere => vec![without()],
            ParameterPlace::DomainInfo => {
                let protocol = oid.rsplit_once('.').map_or("", |(protocol, _)| protocol);
                let parameters = der::sequence(&[&der::oid(STANDARDIZED_PARAMETERS), &id]);
                vec![without(), der::sequence(&[&der::oid(protocol), &parameters])]
            }
        }
    }
}

impl ChipAuthentication {
    /// A single key that needs no id.
    #[must_use]
    pub const fn new(group: Group, cipher: Cipher) -> Self {
        Self { group, cipher, key_id: None, without_info: false, form: IntegerForm::X942 }
    }

    pub(crate) fn oid(&self) -> String {
        format!("{CHIP_AUTHENTICATION}.{}.{}", self.group.arc(), self.cipher.arc())
    }

    fn key_id_field(&self) -> Vec<u8> {
        self.key_id.map(|id| der::small_integer(u64::from(id))).unwrap_or_default()
    }
}

impl AgreementKey {
    /// `ChipAuthenticationPublicKeyInfo` and, where announced, `ChipAuthenticationInfo`
    /// (Doc 9303-11 §9.2.5 and §9.2.6).
    pub(crate) fn infos(&self) -> Vec<Vec<u8>> {
        let oid = format!("{CHIP_AUTHENTICATION_KEY}.{}", self.offer.group.arc());
        let id = self.offer.key_id_field();
        let mut infos = vec![der::sequence(&[&der::oid(&oid), &self.public_key_info(), &id])];
        if !self.offer.without_info {
            let oid = der::oid(&self.offer.oid());
            infos.push(der::sequence(&[&oid, &der::small_integer(1), &id]));
        }
        infos
    }

    fn public_key_info(&self) -> Vec<u8> {
        match self.offer.group {
            Group::Curve(curve) => {
                let key = EcKey::from_secret(curve, CurveForm::Explicit, self.secret.clone());
                KeyPair::Ec(key).public_key_info()
            }
            Group::Modp(group) => {
                let domain = group.domain();
                let (prime, generator) = (der::integer(&domain.p), der::integer(&domain.generator));
                let (oid, parameters) = match self.offer.form {
                    IntegerForm::X942 => (
                        DH_PUBLIC_NUMBER,
                        der::sequence(&[&prime, &generator, &der::integer(&domain.order)]),
                    ),
                    IntegerForm::Pkcs3 => (DH_KEY_AGREEMENT, der::sequence(&[&prime, &generator])),
                };
                let algorithm = der::sequence(&[&der::oid(oid), &parameters]);
                let public = domain.power(&domain.generator, &self.secret);
                der::sequence(&[&algorithm, &der::bits(&der::integer(&public))])
            }
        }
    }
}

/// `ChipAuthenticationPublicKeyInfo` of PACE-CAM in EF.CardSecurity: the curve is named by its
/// parameter id, which is the key's id too (Doc 9303-11 §9.2.6 and Appendix I).
pub(crate) fn mapping_key_info(key: &EcKey) -> Vec<u8> {
    let id = der::small_integer(u64::from(key.curve.parameter_id()));
    let algorithm = der::sequence(&[&der::oid(STANDARDIZED_PARAMETERS), &id]);
    let public = der::bits(&key.curve.domain().encode(&key.public));
    let info = der::sequence(&[&algorithm, &public]);
    der::sequence(&[&der::oid(&format!("{CHIP_AUTHENTICATION_KEY}.2")), &info, &id])
}

/// `ActiveAuthenticationInfo`, Doc 9303-11 §9.2.3: which hash a curve key signs with.
pub(crate) fn active_authentication_info(digest: Digest) -> Vec<u8> {
    let arc = match digest {
        Digest::Sha1 => 1,
        Digest::Sha224 => 2,
        Digest::Sha256 => 3,
        Digest::Sha384 => 4,
        Digest::Sha512 => 5,
    };
    let plain_ecdsa = format!("0.4.0.127.0.7.1.1.4.1.{arc}");
    der::sequence(&[
        &der::oid(ACTIVE_AUTHENTICATION),
        &der::small_integer(1),
        &der::oid(&plain_ecdsa),
    ])
}
