//! What an authenticator says: the attestation object of a registration and the authenticator data inside (WebAuthn sections
//! 6.1 and 6.5). CBOR is read by `ciborium`; the statement of attestation is skipped.

use super::CREDENTIAL_BYTES_MAX;
use super::public_key::StoredKey;
use ciborium::Value;

/// The largest attestation object that is read: a statement may hold certificates.
const OBJECT_BYTES_MAX: usize = 32 * 1024;
const DATA_BYTES_MAX: usize = 8 * 1024;
/// How deep a value may be nested; a statement of attestation has three levels.
const DEPTH_MAX: usize = 8;
/// The bytes before what is there only at registration.
const HEAD_BYTES: usize = 37;
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const CREDENTIAL_INCLUDED: u8 = 0x40;
const EXTENSIONS_INCLUDED: u8 = 0x80;

/// Which ceremony authenticator data comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignedBy {
    /// The registration, in which a key is handed over.
    Registration,
    /// A sign-in, signed by the passkey.
    Passkey,
}

/// Authenticator data that was read and not yet checked.
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
    // Twice is once too often: two readers could take two of them.
    (rest.is_empty() && found.next().is_none()).then(|| data.into_bytes().ok()).flatten()
}

impl<'d> AuthenticatorData<'d> {
    /// Reads authenticator data to its last byte.
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

    /// Whether somebody was there and proven to the device.
    pub(super) const fn holder_was_proven(&self) -> bool {
        self.flags & USER_PRESENT != 0 && self.flags & USER_VERIFIED != 0
    }
}

fn credential<'d>(rest: &mut &'d [u8]) -> Option<Credential<'d>> {
    // The model of the authenticator, 16 bytes, says nothing that is needed.
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

/// One CBOR value from the front of what remains.
fn value(rest: &mut &[u8]) -> Option<Value> {
    ciborium::de::from_reader_with_recursion_limit(rest, DEPTH_MAX).ok()
}
