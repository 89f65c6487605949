//! The keys that are kept outside the database, and the keys and hashes that are derived from them.
//!
//! A copy of the database alone reveals no name, number or code: personal data is sealed under data keys that a master
//! key wraps, and look-ups and codes are stored as HMACs. `genvej keys init` makes the key file. A rotation adds a
//! master key; the older ones still open what they wrapped.

use crate::seal::DataKey;
use crate::{Index, Kind, LookupKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// The first bytes of a key file; the last byte is the version of the layout.
const MAGIC: &[u8; 12] = b"genvej-keys\x01";
/// The most master keys in one key file.
const MASTERS_MAX: usize = 64;
/// The size of the header: first bytes, two secrets, number of master keys.
const HEADER_BYTES: usize = 12 + 32 + 32 + 1;
/// The size of one master key: its number and its secret.
const MASTER_BYTES: usize = 4 + 32;
/// The size of the checksum at the end: the first 8 bytes of the SHA-256 over all bytes before it.
const CHECK_BYTES: usize = 8;

/// The number of a master key. Numbers rise and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MasterNumber(pub u32);

struct Master {
    number: MasterNumber,
    secret: Zeroizing<[u8; 32]>,
}

/// The keys that are kept outside the database. They are never printed or saved in it, and are wiped on drop.
pub struct Keys {
    lookup: Zeroizing<[u8; 32]>,
    code: Zeroizing<[u8; 32]>,
    /// The master keys in rising order of their numbers, never empty; the last one wraps.
    masters: Vec<Master>,
    newest: MasterNumber,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} master keys, newest {})", self.masters.len(), self.newest.0)
    }
}

/// Why bytes are not a key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// The bytes are something else, or have a layout that this program does not know.
    #[error("not a key file of this program")]
    NotKeys,
    /// The length of the file does not fit the number of keys in it.
    #[error("the key file has {found} bytes, {wanted} are wanted")]
    Length {
        /// The length that fits the number of keys.
        wanted: usize,
        /// The length of the file.
        found: usize,
    },
    /// The checksum at the end does not fit: the file was damaged.
    #[error("the key file is damaged: its check does not fit")]
    Damaged,
    /// The file has no master key, or their numbers do not rise.
    #[error("the master keys of the key file are not in rising order")]
    Order,
    /// The file has no room for another master key.
    #[error("the key file holds 64 master keys already")]
    Full,
}

impl Keys {
    /// New keys from 96 fresh random bytes.
    #[must_use]
    pub fn generate(random: &Zeroizing<[u8; 96]>) -> Self {
        let mut parts = random.chunks_exact(32).map(|chunk| {
            let mut secret = Zeroizing::new([0; 32]);
            secret.copy_from_slice(chunk);
            secret
        });
        let mut next = || parts.next().unwrap_or_default();
        let (lookup, code, secret) = (next(), next(), next());
        let newest = MasterNumber(1);
        Self { lookup, code, masters: vec![Master { number: newest, secret }], newest }
    }

    /// Adds a new master key made of 32 fresh random bytes; the older ones still open what they wrapped.
    ///
    /// # Errors
    ///
    /// [`KeysError::Full`] where the file already holds the most master keys allowed.
    pub fn rotate(mut self, random: Zeroizing<[u8; 32]>) -> Result<Self, KeysError> {
        if self.masters.len() >= MASTERS_MAX {
            return Err(KeysError::Full);
        }
        let number = MasterNumber(self.newest.0.checked_add(1).ok_or(KeysError::Full)?);
        self.masters.push(Master { number, secret: random });
        self.newest = number;
        Ok(self)
    }

    /// Reads a key file.
    ///
    /// # Errors
    ///
    /// A [`KeysError`]; it shows nothing of the file's contents.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeysError> {
        let found = bytes.len();
        let rest = bytes.strip_prefix(MAGIC).ok_or(KeysError::NotKeys)?;
        let (lookup, rest) = secret(rest).ok_or(KeysError::NotKeys)?;
        let (code, rest) = secret(rest).ok_or(KeysError::NotKeys)?;
        let (&count, rest) = rest.split_first().ok_or(KeysError::NotKeys)?;
        let count = usize::from(count);
        if count > MASTERS_MAX {
            return Err(KeysError::NotKeys);
        }
        let wanted = HEADER_BYTES + count * MASTER_BYTES + CHECK_BYTES;
        if found != wanted {
            return Err(KeysError::Length { wanted, found });
        }
        let (body, check) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(KeysError::NotKeys)?;
        if checksum(body) != *check {
            return Err(KeysError::Damaged);
        }
        let mut masters: Vec<Master> = Vec::with_capacity(count);
        let mut rest = rest;
        for _ in 0..count {
            let (number, after) = rest.split_first_chunk::<4>().ok_or(KeysError::NotKeys)?;
            let number = MasterNumber(u32::from_be_bytes(*number));
            let (secret, after) = secret(after).ok_or(KeysError::NotKeys)?;
            if masters.last().is_some_and(|last| last.number >= number) {
                return Err(KeysError::Order);
            }
            masters.push(Master { number, secret });
            rest = after;
        }
        let newest = masters.last().ok_or(KeysError::Order)?.number;
        Ok(Self { lookup, code, masters, newest })
    }

    /// The bytes of the key file.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let length = HEADER_BYTES + self.masters.len() * MASTER_BYTES + CHECK_BYTES;
        let mut bytes = Zeroizing::new(Vec::with_capacity(length));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&*self.lookup);
        bytes.extend_from_slice(&*self.code);
        bytes.push(u8::try_from(self.masters.len()).unwrap_or(u8::MAX));
        for master in &self.masters {
            bytes.extend_from_slice(&master.number.0.to_be_bytes());
            bytes.extend_from_slice(&*master.secret);
        }
        let check = checksum(&bytes);
        bytes.extend_from_slice(&check);
        bytes
    }

    /// The number of the master key that wraps from now on.
    #[must_use]
    pub const fn newest(&self) -> MasterNumber {
        self.newest
    }

    /// The key under which this master key wraps data keys; `None` where its number is unknown.
    pub(crate) fn wrapping(&self, number: MasterNumber) -> Option<DataKey> {
        self.under(number, b"wrap")
    }

    /// The key that seals rows that belong to no person (staff, centres, settings), derived from the newest master key.
    ///
    /// The caller stores the number beside the sealed bytes; after a rotation [`Keys::service_key`] opens them.
    #[must_use]
    pub fn newest_service_key(&self) -> (MasterNumber, DataKey) {
        let key = self.service_key(self.newest);
        (self.newest, key.unwrap_or_else(|| unreachable!("the newest master key is in the list")))
    }

    /// The key that sealed rows that belong to no person, derived from a master key that may be older.
    #[must_use]
    pub fn service_key(&self, number: MasterNumber) -> Option<DataKey> {
        self.under(number, b"service")
    }

    fn under(&self, number: MasterNumber, purpose: &[u8]) -> Option<DataKey> {
        let master = self.masters.iter().find(|master| master.number == number)?;
        Some(DataKey::new(Zeroizing::new(mac(&master.secret, &[b"master", purpose]))))
    }

    /// The look-up key of a value: an HMAC that is bound to kind and index.
    #[must_use]
    pub fn lookup_key(&self, kind: Kind, index: Index, value: &[u8]) -> LookupKey {
        let kind = kind.code().to_be_bytes();
        LookupKey(mac(&self.lookup, &[&kind, &[index.code()], value]))
    }

    /// The keyed hash of a code, bound to all `parts` (such as person, app, case, the code itself).
    ///
    /// `purpose` separates the hashes of different sorts of codes.
    #[must_use]
    pub fn code_hash(&self, purpose: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        let head: [&[u8]; 2] = [b"code", purpose.as_bytes()];
        let all: Vec<&[u8]> = head.into_iter().chain(parts.iter().copied()).collect();
        mac(&self.code, &all)
    }

    /// A secret derived for one purpose, such as the tokens of forms.
    #[must_use]
    pub fn secret_for(&self, purpose: &'static str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(mac(&self.code, &[b"secret", purpose.as_bytes()]))
    }
}

fn secret(bytes: &[u8]) -> Option<(Zeroizing<[u8; 32]>, &[u8])> {
    let (secret, rest) = bytes.split_first_chunk::<32>()?;
    Some((Zeroizing::new(*secret), rest))
}

fn checksum(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let mut check = [0; CHECK_BYTES];
    check.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    check
}

/// HMAC-SHA-256 over the parts, each preceded by its length, so that no two lists of parts give the same input.
fn mac(secret: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        unreachable!("HMAC takes a key of any length")
    };
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::generate(&Zeroizing::new(std::array::from_fn(|i| u8::try_from(i).unwrap())))
    }

    #[test]
    fn keys_survive_their_file_and_a_rotation() {
        let rotated = keys().rotate(Zeroizing::new([9; 32])).unwrap();

        let read = Keys::from_bytes(&rotated.to_bytes()).unwrap();

        assert_eq!(read.newest(), MasterNumber(2));
        assert_eq!(read.to_bytes(), rotated.to_bytes());
        let hash = |keys: &Keys| keys.code_hash("temporary PIN", &[b"12345678"]);
        assert_eq!(hash(&read), hash(&keys()), "a rotation leaves codes and look-ups as they are");
        assert!(read.wrapping(MasterNumber(1)).is_some());
        assert!(read.wrapping(MasterNumber(3)).is_none());
    }

    #[test]
    fn a_damaged_key_file_is_refused() {
        let bytes = keys().to_bytes();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(Keys::from_bytes(&damaged).is_err(), "byte {at}");
            assert!(Keys::from_bytes(&bytes[..at]).is_err(), "{at} bytes");
        }
        assert_eq!(Keys::from_bytes(b"").unwrap_err(), KeysError::NotKeys);
    }

    #[test]
    fn hashes_are_bound_to_purpose_kind_index_and_the_borders_of_parts() {
        let keys = keys();
        let (one, two) = (Kind::new(20, "one"), Kind::new(21, "two"));
        let lookup = |kind, index| keys.lookup_key(kind, Index::shared(index), b"123456789");

        assert_ne!(lookup(one, 1), lookup(two, 1));
        assert_ne!(lookup(one, 1), lookup(one, 2));
        assert_ne!(keys.code_hash("a", &[b"12", b"3"]), keys.code_hash("a", &[b"1", b"23"]));
        assert_ne!(keys.code_hash("a", &[b"1"]), keys.code_hash("b", &[b"1"]));
    }

    #[test]
    fn a_full_key_file_takes_no_more() {
        let mut full = keys();
        for n in 1..MASTERS_MAX {
            full = full.rotate(Zeroizing::new([u8::try_from(n).unwrap(); 32])).unwrap();
        }

        assert!(Keys::from_bytes(&full.to_bytes()).is_ok());
        assert_eq!(full.rotate(Zeroizing::new([0; 32])).unwrap_err(), KeysError::Full);
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", keys()), "Keys(1 master keys, newest 1)");
    }
}
