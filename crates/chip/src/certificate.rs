//! X.509 certificates of issuing states and document signers, read leniently and verified strictly.
//!
//! What real lists hold (CHIP-CASES section 2) must not stop the reading: negative and zero serial
//! numbers, lower-case countries, names in any string type, keys on curves spelled out. What cannot
//! be verified with is kept as [`Certificate::key`] error, and simply never verifies anything.

mod extensions;
mod name;
mod profile;

pub use extensions::{BasicConstraints, Extensions, KeyUsage, Period};
pub use name::{Name, NameKey};
pub(crate) use profile::{DEVIATION_LISTS, MASTER_LISTS, Role, Unfit};

use sha2::{Digest, Sha256};

use crate::asn1::{self, BIT_STRING, INTEGER, Oid, SEQUENCE};
use crate::date::UnixTime;
use crate::key::{KeyError, PublicKey};
use crate::signature::{Irregularities, SignatureAlgorithm, SignatureError};
use crate::tlv::TlvError;

/// The largest certificate that is read; real ones stay under 5 KB.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;

/// Why bytes are not a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The structure is broken.
    #[error("the certificate is malformed")]
    Malformed(#[from] TlvError),
    /// Larger than [`CERTIFICATE_BYTES_MAX`].
    #[error("the certificate is larger than {CERTIFICATE_BYTES_MAX} bytes")]
    TooLarge,
    /// The PEM armour is broken.
    #[error("the PEM armour is broken")]
    Pem,
}

/// A certificate, parsed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Box<[u8]>,
    /// Where the signed part lies in `der`.
    signed: std::ops::Range<usize>,
    fingerprint: [u8; 32],
    serial: Box<[u8]>,
    issuer: Name,
    subject: Name,
    validity: Period,
    key: Result<PublicKey, KeyError>,
    algorithm: Result<SignatureAlgorithm, SignatureError>,
    signature: Box<[u8]>,
    extensions: Extensions,
}

impl Certificate {
    /// Reads one DER certificate; nothing may follow it.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] where the structure is broken. An unknown key or algorithm is no
    /// error here.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(CertificateError::TooLarge);
        }
        let certificate = crate::tlv::single(der, SEQUENCE)?;
        let mut parts = certificate.children()?;
        let signed = parts.expect(SEQUENCE)?;
        let algorithm = asn1::algorithm(&mut parts)?;
        let signature = asn1::octets(&parts.expect(BIT_STRING)?)?;

        let mut fields = signed.children()?;
        fields.optional(asn1::explicit(0))?;
        let serial = fields.expect(INTEGER)?.value();
        let inner = asn1::algorithm(&mut fields)?;
        let issuer = Name::read(&mut fields)?;
        let mut validity = fields.expect(SEQUENCE)?.children()?;
        let validity =
            Period { from: asn1::time(&mut validity)?, until: asn1::time(&mut validity)? };
        let subject = Name::read(&mut fields)?;
        let spki = fields.expect(SEQUENCE)?;
        let key = PublicKey::from_spki(spki.raw());
        fields.optional(asn1::implicit(1))?;
        fields.optional(asn1::implicit(2))?;
        let extensions = match fields.optional(asn1::explicit(3))? {
            Some(list) => Extensions::read(&list)?,
            None => Extensions::default(),
        };
        let start = signed.offset();
        Ok(Self {
            signed: start..start.saturating_add(signed.raw().len()),
            fingerprint: Sha256::digest(der).into(),
            serial: serial.into(),
            issuer,
            subject,
            validity,
            key,
            algorithm: SignatureAlgorithm::parse_twice(&inner, &algorithm),
            signature: signature.into(),
            extensions,
            der: der.into(),
        })
    }

    /// Reads a certificate file: DER, or PEM with whatever text around it.
    ///
    /// # Errors
    ///
    /// As [`Certificate::from_der`], and [`CertificateError::Pem`].
    pub fn from_file(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.first() == Some(&0x30) {
            return Self::from_der(bytes);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| CertificateError::Pem)?;
        let (_, rest) =
            text.split_once("-----BEGIN CERTIFICATE-----").ok_or(CertificateError::Pem)?;
        let (body, _) =
            rest.split_once("-----END CERTIFICATE-----").ok_or(CertificateError::Pem)?;
        let der = crate::base64::decode(body.as_bytes()).ok_or(CertificateError::Pem)?;
        Self::from_der(&der)
    }

    /// The bytes as they were read.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the whole certificate.
    #[must_use]
    pub const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The content octets of the serial number, sign octet and all.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The serial number in lower-case hexadecimal, as it is encoded.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        let octets = match &*self.serial {
            [0, rest @ ..] if !rest.is_empty() => rest,
            whole => whole,
        };
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// Who issued it.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whom it names.
    #[must_use]
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// From when until when it is valid, both inclusive.
    #[must_use]
    pub const fn validity(&self) -> Period {
        self.validity
    }

    /// The key that it certifies.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where the key is of a kind that nothing here verifies with.
    pub const fn key(&self) -> Result<&PublicKey, &KeyError> {
        self.key.as_ref()
    }

    /// The algorithm that signed it.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] where nothing here knows it.
    pub const fn algorithm(&self) -> Result<SignatureAlgorithm, &SignatureError> {
        match &self.algorithm {
            Ok(algorithm) => Ok(*algorithm),
            Err(error) => Err(error),
        }
    }

    /// The extensions that are understood here.
    #[must_use]
    pub const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// Two letters, upper case, of the issuer's country.
    #[must_use]
    pub fn country(&self) -> Option<String> {
        self.issuer.country()
    }

    /// Whether it is valid at that instant.
    #[must_use]
    pub fn valid_at(&self, at: UnixTime) -> bool {
        self.validity.contains(at)
    }

    /// Whether issuer and subject bear one name; both roots and link certificates do.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer.key() == self.subject.key()
    }

    /// Whether `issuer`'s key signed this certificate. Nothing else is checked.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] where it did not, or where that cannot be told.
    pub fn verify_signed_by(&self, issuer: &Self) -> Result<Irregularities, SignatureError> {
        let algorithm = self.algorithm.clone()?;
        let key = issuer.key.as_ref().map_err(|_| SignatureError::KeyKind)?;
        let signed = self.der.get(self.signed.clone()).unwrap_or_default();
        algorithm.verify(key, signed, &self.signature)
    }

    /// Whether this certificate may sign others: a certificate authority, or an old one that says
    /// nothing of being one, and not one whose key usage leaves that out.
    #[must_use]
    pub fn may_issue(&self) -> bool {
        let authority = self.extensions.basic_constraints.is_none_or(|constraints| constraints.ca);
        let usage = self.extensions.key_usage.is_none_or(KeyUsage::certificate_sign);
        authority && usage
    }

    /// Whether this may be the one that `child` names as its issuer: by key identifier where both
    /// carry one and it matches, else by name.
    #[must_use]
    pub fn may_have_issued(&self, child: &Self) -> bool {
        let by_key = match (&child.extensions.authority_key, &self.extensions.subject_key) {
            (Some(authority), Some(subject)) => authority == subject,
            (Some(_), None) | (None, _) => false,
        };
        by_key || child.issuer.key() == self.subject.key()
    }

    /// Extended key usages, empty where there are none.
    #[must_use]
    pub fn purposes(&self) -> &[Oid] {
        &self.extensions.purposes
    }
}
