//! The attestation object of a registration, and authenticator data (WebAuthn sections 6.1 and 6.5). `ciborium` parses
//! CBOR; the attestation statement is ignored.

use super::CREDENTIAL_BYTES_MAX;
use super::public_key::StoredKey;
use ciborium::Value;

/// The largest attestation object, in bytes: its statement may contain certificates.
const OBJECT_BYTES_MAX: usize = 32 * 1024;
const DATA_BYTES_MAX: usize = 8 * 1024;
/// The greatest depth of a value; an attestation statement has three levels.
const DEPTH_MAX: usize = 8;
/// The number of bytes before the parts that only a registration has.
const HEAD_BYTES: usize = 37;
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const CREDENTIAL_INCLUDED: u8 = 0x40;
const EXTENSIONS_INCLUDED: u8 = 0x80;

/// The ceremony from which authenticator data comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignedBy {
    /// A registration, in which the authenticator supplies a new key.
    Registration,
    /// A sign-in, which the passkey signs.
    Passkey,
}

/// Parsed authenticator data that are not verified yet.
#[derive(Debug)]
pub(super) struct AuthenticatorData<'d> {
    pub(super) party_hash: [u8; 32],
    flags: u8,
    pub(super) sign_count: u32,
    pub(super) credential: Option<Credential<'d>>,
}

/// A new credential.
#[derive(Debug)]
pub(super) struct Credential<'d> {
    pub(super) id: &'d [u8],
    pub(super) key: StoredKey,
}

/// The authenticator data inside an attestation object.
pub(super) fn data_of(object: &[u8]) -> Option<Vec<u8>> {
    if object.len() > OBJECT_BYTES_MAX {
        return None;
    }
    let mut rest = object;
    let Value::Map(members) = value(&mut rest)? else { return None };
    let mut found = members.into_iter().filter(|(name, _)| name.as_text() == Some("authData"));
    let (_, data) = found.next()?;
    // A duplicate is refused, because two parsers could use different ones.
    (rest.is_empty() && found.next().is_none()).then(|| data.into_bytes().ok()).flatten()
}

impl<'d> AuthenticatorData<'d> {
    /// Parses authenticator data, without any bytes left over.
    pub(super) fn read(data: &'d [u8], by: SignedBy) -> Option<Self> {
        if data.len() > DATA_BYTES_MAX {
            return None;
        }
        let (fixed, mut rest) = data.split_first_chunk::<HEAD_BYTES>()?;
        let (party_hash, [flags, count @ ..]) = fixed.split_first_chunk::<32>()? else {
            return None;
        };
        let included = flags & CREDENTIAL_INCLUDED != 0;
        if included != (by == SignedBy::Registration) {
            return None;
        }
        let credential = if included { Some(credential(&mut rest)?) } else { None };
        if flags & EXTENSIONS_INCLUDED != 0 {
            value(&mut rest)?.as_map()?;
        }
        let backup_is_odd = flags & BACKED_UP != 0 && flags & BACKUP_ELIGIBLE == 0;
        (rest.is_empty() && !backup_is_odd).then_some(Self {
            party_hash: *party_hash,
            flags: *flags,
            sign_count: u32::from_be_bytes(count.try_into().ok()?),
            credential,
        })
    }

    /// Whether the device verified its present holder.
    pub(super) const fn holder_was_proven(&self) -> bool {
        self.flags & USER_PRESENT != 0 && self.flags & USER_VERIFIED != 0
    }
}

fn credential<'d>(rest: &mut &'d [u8]) -> Option<Credential<'d>> {
    // The id of the authenticator's model, 16 bytes, is not needed.
    let (_, after) = rest.split_first_chunk::<16>()?;
    let (length, after) = after.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > CREDENTIAL_BYTES_MAX {
        return None;
    }
    let (id, after) = after.split_at_checked(length)?;
    let mut end = after;
    value(&mut end)?;
    let key = after.get(..after.len().checked_sub(end.len())?)?;
    *rest = end;
    Some(Credential { id, key: StoredKey::from_cose(key)? })
}

/// Parses one CBOR value from the front of the remaining bytes.
fn value(rest: &mut &[u8]) -> Option<Value> {
    ciborium::de::from_reader_with_recursion_limit(rest, DEPTH_MAX).ok()
}
