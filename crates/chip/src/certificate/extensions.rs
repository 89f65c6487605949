//! The certificate extensions that decide something here.

use crate::asn1::{self, BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, OID, Oid, SEQUENCE};
use crate::date::UnixTime;
use crate::tlv::{Reader, Tlv, TlvError, single};

/// A span of time, both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first instant.
    pub from: UnixTime,
    /// The last instant.
    pub until: UnixTime,
}

impl Period {
    /// Whether the instant lies inside.
    #[must_use]
    pub fn contains(&self, at: UnixTime) -> bool {
        self.from <= at && at <= self.until
    }
}

/// `BasicConstraints` (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a certificate authority.
    pub ca: bool,
    /// How many authorities may follow below it.
    pub path_length: Option<u32>,
}

/// `KeyUsage` (RFC 5280 §4.2.1.3), bit 0 first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Whether the key may sign data.
    #[must_use]
    pub const fn digital_signature(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether the key may sign certificates.
    #[must_use]
    pub const fn certificate_sign(self) -> bool {
        self.0 & 1 << 5 != 0
    }

    /// Whether the key may sign revocation lists.
    #[must_use]
    pub const fn crl_sign(self) -> bool {
        self.0 & 1 << 6 != 0
    }
}

/// What a certificate's extensions say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// The subject's key identifier.
    pub subject_key: Option<Box<[u8]>>,
    /// The issuer's key identifier.
    pub authority_key: Option<Box<[u8]>>,
    /// Whether the subject is a certificate authority.
    pub basic_constraints: Option<BasicConstraints>,
    /// What the key may be used for.
    pub key_usage: Option<KeyUsage>,
    /// Extended key usages.
    pub purposes: Vec<Oid>,
    /// Whether there is an extension of extended key usages at all, readable or not.
    pub limits_purposes: bool,
    /// When the private key may be used; either end may be open.
    pub private_key_usage: Option<(Option<UnixTime>, Option<UnixTime>)>,
    /// Document types that the signer may sign (Doc 9303-12 §7.1.1.5), such as `P` or `ID`.
    pub document_types: Vec<String>,
    /// Critical extensions that nothing here understands.
    pub unknown_critical: Vec<Oid>,
}

impl Extensions {
    /// Reads `[3] EXPLICIT Extensions`. A known extension that is broken counts as absent where it
    /// is not critical, and as not understood where it is.
    pub(super) fn read(list: &Tlv<'_>) -> Result<Self, TlvError> {
        let mut extensions = Self::default();
        let mut items = list.children()?.expect(SEQUENCE)?.children()?;
        while let Some(item) = items.read()? {
            let mut parts = item.children()?;
            let kind = parts.expect(OID)?.value();
            let critical =
                parts.optional(BOOLEAN)?.is_some_and(|flag| flag.value().iter().any(|b| *b != 0));
            let value = parts.expect(OCTET_STRING)?.value();
            if !extensions.take(kind, value).unwrap_or(false) && critical {
                extensions.unknown_critical.push(Oid::new(kind));
            }
        }
        Ok(extensions)
    }

    /// Takes one extension in; `false` where it is not known.
    fn take(&mut self, kind: &[u8], value: &[u8]) -> Result<bool, TlvError> {
        match kind {
            // 2.5.29.14 SubjectKeyIdentifier
            b"\x55\x1d\x0e" => self.subject_key = Some(single(value, OCTET_STRING)?.value().into()),
            // 2.5.29.35 AuthorityKeyIdentifier
            b"\x55\x1d\x23" => {
                let mut parts = single(value, SEQUENCE)?.children()?;
                self.authority_key =
                    parts.find(asn1::implicit(0))?.map(|identifier| identifier.value().into());
            }
            // 2.5.29.19 BasicConstraints
            b"\x55\x1d\x13" => {
                let mut parts = single(value, SEQUENCE)?.children()?;
                let ca = parts
                    .optional(BOOLEAN)?
                    .is_some_and(|flag| flag.value().iter().any(|octet| *octet != 0));
                let path_length =
                    parts.optional(INTEGER)?.map(|value| asn1::small(&value)).transpose()?;
                self.basic_constraints = Some(BasicConstraints { ca, path_length });
            }
            // 2.5.29.15 KeyUsage
            b"\x55\x1d\x0f" => {
                let string = single(value, BIT_STRING)?;
                let (_, octets) = asn1::bits(&string)?;
                let usage =
                    octets.iter().take(2).enumerate().fold(0, |sum, (at, octet)| {
                        sum | u16::from(octet.reverse_bits()) << (8 * at)
                    });
                self.key_usage = Some(KeyUsage(usage));
            }
            // 2.5.29.37 ExtendedKeyUsage
            b"\x55\x1d\x25" => {
                self.limits_purposes = true;
                let mut parts = single(value, SEQUENCE)?.children()?;
                while !parts.is_empty() {
                    self.purposes.push(asn1::oid(&mut parts)?);
                }
            }
            // 2.5.29.16 PrivateKeyUsagePeriod
            b"\x55\x1d\x10" => {
                let mut parts = single(value, SEQUENCE)?.children()?;
                let from = implicit_time(&mut parts, 0)?;
                let until = implicit_time(&mut parts, 1)?;
                self.private_key_usage = Some((from, until));
            }
            // 2.23.136.1.1.6.2 DocumentTypeList
            b"\x67\x81\x08\x01\x01\x06\x02" => {
                let mut parts = single(value, SEQUENCE)?.children()?;
                parts.expect(INTEGER)?;
                if let Some(types) = parts.read()? {
                    let mut types = types.children()?;
                    while let Some(name) = types.read()? {
                        self.document_types.push(String::from_utf8_lossy(name.value()).into());
                    }
                }
            }
            // Known, and nothing here depends on them: subject and issuer alternative names,
            // distribution points, policies, name change (2.23.136.1.1.6.1), Netscape type.
            b"\x55\x1d\x11"
            | b"\x55\x1d\x12"
            | b"\x55\x1d\x1f"
            | b"\x55\x1d\x20"
            | b"\x67\x81\x08\x01\x01\x06\x01"
            | b"\x60\x86\x48\x01\x86\xf8\x42\x01\x01" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// `[n] IMPLICIT GeneralizedTime`.
fn implicit_time(parts: &mut Reader<'_>, n: u8) -> Result<Option<UnixTime>, TlvError> {
    parts
        .optional(asn1::implicit(n))?
        .map(|time| asn1::generalized_time(time.value()).ok_or_else(|| time.malformed()))
        .transpose()
}
