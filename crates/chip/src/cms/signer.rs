//! One signer of signed data.

use crate::asn1::{self, INTEGER, OCTET_STRING, OID, Oid, SEQUENCE, SET};
use crate::certificate::{Certificate, Name};
use crate::date::UnixTime;
use crate::signature::{HashAlgorithm, SignatureAlgorithm, SignatureError};
use crate::tlv::{self, Tlv, TlvError};

/// 1.2.840.113549.1.9.{3,4,5}
const CONTENT_TYPE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
const MESSAGE_DIGEST: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";
const SIGNING_TIME: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05";

/// Why a signer's signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The digest algorithm is not known.
    #[error("digest algorithm {0} is not known")]
    Digest(Oid),
    /// The signed attributes name no digest of the content.
    #[error("the signed attributes hold no message digest")]
    NoMessageDigest,
    /// The content is not the one that was signed.
    #[error("the content does not match its signed digest")]
    ContentDigest,
    /// The signed attributes do not name the type of the content (RFC 5652 §5.3): a signature over one kind of content
    /// would count as one over another.
    #[error("the signed attributes do not name the content type")]
    NoContentType,
    /// The signed attributes name another type of content.
    #[error("the signed attributes name another content type")]
    ContentType,
    /// The signature itself.
    #[error("the signature over the content does not count")]
    Signature(#[source] SignatureError),
}

/// How a signer names its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerIdentifier {
    /// By issuer and serial number.
    IssuerAndSerial {
        /// The issuer's name.
        issuer: Name,
        /// The content octets of the serial number.
        serial: Box<[u8]>,
    },
    /// By the subject's key identifier.
    SubjectKey(Box<[u8]>),
}

impl SignerIdentifier {
    /// Whether it names this certificate octet by octet.
    pub(super) fn names_exactly(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                issuer.raw() == certificate.issuer().raw() && **serial == *certificate.serial()
            }
            Self::SubjectKey(_) => self.names(certificate),
        }
    }

    /// Whether it names this certificate under the comparison of [`crate::certificate::NameKey`].
    pub(super) fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                issuer.key() == certificate.issuer().key()
                    && without_zeros(serial) == without_zeros(certificate.serial())
            }
            Self::SubjectKey(key) => {
                certificate.extensions().subject_key.as_ref().is_some_and(|own| own == key)
            }
        }
    }
}

fn without_zeros(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    serial.get(zeros..).unwrap_or_default()
}

/// What is odd about a signature that counts all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignerNotes {
    /// The signer's name is spelt otherwise than in its certificate.
    pub name_spelling: bool,
    /// The signer is named wrongly, and the only certificate at hand was taken.
    pub identifier_mismatch: bool,
    /// The signature was made with another hash function than the one that is named.
    pub algorithm_mismatch: bool,
    /// ECDSA in the other encoding than the one that is named.
    pub ecdsa_encoding: bool,
    /// The signer's key declares a wrong curve.
    pub wrong_curve: bool,
}

/// One signer, parsed and not yet believed.
#[derive(Clone, Debug)]
pub struct SignerInfo {
    identifier: SignerIdentifier,
    digest: Result<HashAlgorithm, Oid>,
    attributes: Option<Attributes>,
    algorithm: Result<SignatureAlgorithm, SignatureError>,
    signature: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Attributes {
    /// As they stood, without their tag and length.
    value: Vec<u8>,
    content_type: Option<Oid>,
    message_digest: Option<Vec<u8>>,
    signing_time: Option<UnixTime>,
}

impl SignerInfo {
    pub(super) fn read(info: &Tlv<'_>) -> Result<Self, TlvError> {
        let mut parts = info.children()?;
        let version = parts.expect(INTEGER)?;
        if !matches!(asn1::small(&version)?, 1 | 3) {
            return Err(version.malformed());
        }
        let identifier = match parts.optional(asn1::implicit(0))? {
            Some(key) => SignerIdentifier::SubjectKey(key.value().into()),
            None => {
                let mut named = parts.expect(SEQUENCE)?.children()?;
                let issuer = Name::read(&mut named)?;
                let serial = named.expect(INTEGER)?.value().into();
                SignerIdentifier::IssuerAndSerial { issuer, serial }
            }
        };
        let digest = asn1::algorithm(&mut parts)?.oid;
        let digest = HashAlgorithm::from_oid(digest).ok_or_else(|| Oid::new(digest));
        let attributes =
            parts.optional(asn1::explicit(0))?.map(|list| Attributes::read(&list)).transpose()?;
        let algorithm = asn1::algorithm(&mut parts)?;
        let algorithm = SignatureAlgorithm::parse(&algorithm, digest.clone().ok());
        let signature = parts.expect(OCTET_STRING)?.value().to_vec();
        Ok(Self { identifier, digest, attributes, algorithm, signature })
    }

    /// How it names its certificate.
    #[must_use]
    pub const fn identifier(&self) -> &SignerIdentifier {
        &self.identifier
    }

    /// When it says that it signed; believed once the signature counts.
    #[must_use]
    pub fn signing_time(&self) -> Option<UnixTime> {
        self.attributes.as_ref()?.signing_time
    }

    /// The algorithm that signed, where it is known.
    #[must_use]
    pub fn algorithm(&self) -> Option<SignatureAlgorithm> {
        self.algorithm.as_ref().ok().copied()
    }

    /// The hash function over the content, where it is known.
    #[must_use]
    pub fn digest(&self) -> Option<HashAlgorithm> {
        self.digest.as_ref().ok().copied()
    }

    /// Verifies that `certificate`'s key signed this content.
    ///
    /// The algorithm and its parameters are the signer's own, never those of the certificate
    /// (CHIP-CASES 20).
    ///
    /// # Errors
    ///
    /// [`SignerError`] with the step that failed.
    pub fn verify(
        &self,
        content_type: &Oid,
        content: &[u8],
        certificate: &Certificate,
    ) -> Result<SignerNotes, SignerError> {
        let digest = self.digest.clone().map_err(SignerError::Digest)?;
        let key = certificate.key().map_err(|_| SignerError::Signature(SignatureError::KeyKind))?;
        let algorithm = self.algorithm.clone().map_err(SignerError::Signature)?;
        let message = match &self.attributes {
            None => vec![content.to_vec()],
            Some(attributes) => attributes.messages(content_type, content, digest)?,
        };
        // First as named; then with the hash function that is named for the content, which some
        // signers use for both.
        let mut algorithms = vec![algorithm];
        if algorithm.hash() != digest {
            algorithms.push(algorithm.with_hash(digest));
        }
        let mut failure = SignatureError::Mismatch;
        for tried in algorithms {
            for message in &message {
                match tried.verify(key, message, &self.signature) {
                    Ok(irregularities) => {
                        return Ok(SignerNotes {
                            algorithm_mismatch: tried != algorithm || algorithm.hash() != digest,
                            ecdsa_encoding: irregularities.ecdsa_encoding,
                            wrong_curve: irregularities.wrong_curve,
                            ..SignerNotes::default()
                        });
                    }
                    Err(error) => failure = error,
                }
            }
        }
        Err(SignerError::Signature(failure))
    }
}

impl Attributes {
    fn read(list: &Tlv<'_>) -> Result<Self, TlvError> {
        let mut attributes = Self { value: list.value().to_vec(), ..Self::default() };
        let mut items = list.children()?;
        while let Some(item) = items.read()? {
            let mut parts = item.children()?;
            let kind = parts.expect(OID)?.value();
            let mut values = parts.expect(SET)?.children()?;
            match kind {
                CONTENT_TYPE if attributes.content_type.is_some() => return Err(item.malformed()),
                CONTENT_TYPE => attributes.content_type = Some(asn1::oid(&mut values)?),
                MESSAGE_DIGEST => {
                    // Two digests would let one be checked and the other be meant.
                    if attributes.message_digest.is_some() {
                        return Err(item.malformed());
                    }
                    attributes.message_digest = Some(values.expect(OCTET_STRING)?.value().to_vec());
                }
                SIGNING_TIME if attributes.signing_time.is_some() => return Err(item.malformed()),
                SIGNING_TIME => attributes.signing_time = Some(asn1::time(&mut values)?),
                _ => {}
            }
        }
        Ok(attributes)
    }

    /// What may have been signed: the attributes as they stood under the tag of a SET, and in the
    /// order that DER wants (RFC 5652 §5.4), where that is another one.
    fn messages(
        &self,
        content_type: &Oid,
        content: &[u8],
        digest: HashAlgorithm,
    ) -> Result<Vec<Vec<u8>>, SignerError> {
        let expected = self.message_digest.as_ref().ok_or(SignerError::NoMessageDigest)?;
        if digest.digest(&[content]) != *expected {
            return Err(SignerError::ContentDigest);
        }
        // A SOD with one of the odd content types may still say the right one here.
        let own = self.content_type.as_ref().ok_or(SignerError::NoContentType)?;
        if own != content_type
            && !(crate::sod::is_content_type(own) && crate::sod::is_content_type(content_type))
        {
            return Err(SignerError::ContentType);
        }
        let as_it_stood = tlv::object(SET, &self.value);
        let mut items = Vec::new();
        let mut reader = tlv::Reader::new(&self.value);
        while let Ok(Some(item)) = reader.read() {
            items.push(item.raw());
        }
        items.sort_unstable();
        let sorted = tlv::constructed(SET, items);
        Ok(if sorted == as_it_stood { vec![as_it_stood] } else { vec![as_it_stood, sorted] })
    }
}
