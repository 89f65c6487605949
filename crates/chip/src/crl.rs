//! Certificate revocation lists of issuing states (Doc 9303-12 §7.1.4).

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::asn1::{self, BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, OID, Oid, SEQUENCE};
use crate::certificate::{Certificate, KeyUsage, Name};
use crate::date::UnixTime;
use crate::signature::{SignatureAlgorithm, SignatureError};
use crate::tlv::{self, Tlv, TlvError};

/// The largest list that is read; the largest real ones hold a few thousand entries.
pub const CRL_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why bytes are not a revocation list that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlError {
    /// Larger than [`CRL_BYTES_MAX`].
    #[error("the revocation list is larger than {CRL_BYTES_MAX} bytes")]
    TooLarge,
    /// The structure is broken.
    #[error("the revocation list is malformed")]
    Malformed(#[from] TlvError),
    /// A critical extension that nothing here understands, such as that of a delta list: what the
    /// list leaves out would pass for good.
    #[error("the revocation list has critical extension {0}, which is not understood")]
    Critical(Oid),
    /// No certificate at hand may have signed it.
    #[error("no trusted certificate may have issued the revocation list")]
    UnknownIssuer,
    /// Those that may have signed it did not.
    #[error("the signature of the revocation list does not count")]
    Signature(#[source] SignatureError),
    /// It claims to be from the future.
    #[error("the revocation list is dated in the future")]
    NotYet,
    /// A newer one of the same issuer is known already.
    #[error("a newer revocation list of this issuer is known")]
    Older,
}

/// A revocation list, parsed and not yet believed.
#[derive(Clone, Debug)]
pub struct RevocationList {
    der: Box<[u8]>,
    signed: std::ops::Range<usize>,
    issuer: Name,
    authority_key: Option<Box<[u8]>>,
    this_update: UnixTime,
    next_update: Option<UnixTime>,
    revoked: HashMap<Box<[u8]>, UnixTime>,
    algorithm: Result<SignatureAlgorithm, SignatureError>,
    signature: Box<[u8]>,
}

impl RevocationList {
    /// Reads one DER list.
    ///
    /// # Errors
    ///
    /// [`CrlError`] where it is broken, or more than a plain full list.
    pub fn from_der(der: &[u8]) -> Result<Self, CrlError> {
        if der.len() > CRL_BYTES_MAX {
            return Err(CrlError::TooLarge);
        }
        let mut parts = tlv::single(der, SEQUENCE)?.children()?;
        let signed = parts.expect(SEQUENCE)?;
        let algorithm = asn1::algorithm(&mut parts)?;
        let signature = asn1::octets(&parts.expect(BIT_STRING)?)?;

        let mut fields = signed.children()?;
        fields.optional(INTEGER)?;
        let inner = asn1::algorithm(&mut fields)?;
        let issuer = Name::read(&mut fields)?;
        let this_update = asn1::time(&mut fields)?;
        let mut next_update = None;
        let mut revoked = HashMap::new();
        let mut authority_key = None;
        while let Some(field) = fields.read()? {
            match field.tag() {
                asn1::UTC_TIME | asn1::GENERALIZED_TIME => {
                    next_update = Some(asn1::time_of(&field)?);
                }
                SEQUENCE => revoked = read_revoked(&field)?,
                _ => authority_key = read_extensions(&field)?,
            }
        }
        let start = signed.offset();
        Ok(Self {
            signed: start..start.saturating_add(signed.raw().len()),
            issuer,
            authority_key,
            this_update,
            next_update,
            revoked,
            algorithm: SignatureAlgorithm::parse_twice(&inner, &algorithm),
            signature: signature.into(),
            der: der.into(),
        })
    }

    /// Who issued it.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// The issuer's key identifier, where it says so.
    #[must_use]
    pub fn authority_key(&self) -> Option<&[u8]> {
        self.authority_key.as_deref()
    }

    /// When it was issued.
    #[must_use]
    pub const fn this_update(&self) -> UnixTime {
        self.this_update
    }

    /// When the next is due.
    #[must_use]
    pub const fn next_update(&self) -> Option<UnixTime> {
        self.next_update
    }

    /// How many certificates it revokes.
    #[must_use]
    pub fn revoked_count(&self) -> usize {
        self.revoked.len()
    }

    /// Since when a serial number is revoked.
    #[must_use]
    pub fn revoked_since(&self, serial: &[u8]) -> Option<UnixTime> {
        self.revoked.get(without_zeros(serial)).copied()
    }

    /// Whether `issuer`'s key signed this list, and may.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] where it did not.
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), SignatureError> {
        let may_sign = issuer
            .extensions()
            .key_usage
            .is_none_or(|usage: KeyUsage| usage.crl_sign() || usage.certificate_sign());
        let key = issuer.key().ok().filter(|_| may_sign).ok_or(SignatureError::KeyKind)?;
        let signed = self.der.get(self.signed.clone()).unwrap_or_default();
        self.algorithm.clone()?.verify(key, signed, &self.signature).map(|_| ())
    }
}

fn without_zeros(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    serial.get(zeros..).unwrap_or_default()
}

fn read_revoked(list: &Tlv<'_>) -> Result<HashMap<Box<[u8]>, UnixTime>, CrlError> {
    let mut revoked = HashMap::new();
    let mut items = list.children()?;
    while let Some(item) = items.read()? {
        let mut parts = item.children()?;
        let serial = parts.expect(INTEGER)?;
        let since = asn1::time(&mut parts)?;
        if let Some(extensions) = parts.optional(SEQUENCE)? {
            refuse_critical(&extensions, |_, _| Ok(false))?;
        }
        revoked.insert(without_zeros(serial.value()).into(), since);
    }
    Ok(revoked)
}

/// `[0] EXPLICIT Extensions` of the list: the issuer's key identifier is wanted.
fn read_extensions(field: &Tlv<'_>) -> Result<Option<Box<[u8]>>, CrlError> {
    let list = field.children()?.expect(SEQUENCE)?;
    let mut authority_key = None;
    refuse_critical(&list, |kind, value| {
        if kind == b"\x55\x1d\x23" {
            let mut parts = tlv::single(value, SEQUENCE)?.children()?;
            authority_key = parts.find(asn1::implicit(0))?.map(|key| Box::from(key.value()));
            return Ok(true);
        }
        // 2.5.29.20, the number of the list
        Ok(kind == b"\x55\x1d\x14")
    })?;
    Ok(authority_key)
}

/// Walks extensions; one that is critical must be taken, or be the reason code (2.5.29.21) or the
/// invalidity date (2.5.29.24) of an entry.
fn refuse_critical(
    list: &Tlv<'_>,
    mut take: impl FnMut(&[u8], &[u8]) -> Result<bool, TlvError>,
) -> Result<(), CrlError> {
    let mut items = list.children()?;
    while let Some(item) = items.read()? {
        let mut parts = item.children()?;
        let kind = parts.expect(OID)?.value();
        let critical =
            parts.optional(BOOLEAN)?.is_some_and(|flag| flag.value().iter().any(|b| *b != 0));
        let value = parts.expect(OCTET_STRING)?.value();
        let harmless = matches!(kind, b"\x55\x1d\x15" | b"\x55\x1d\x18");
        if !take(kind, value)? && critical && !harmless {
            return Err(CrlError::Critical(Oid::new(kind)));
        }
    }
    Ok(())
}
